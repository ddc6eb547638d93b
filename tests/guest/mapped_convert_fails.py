#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""mapped_convert_fails.py - samples/mapped_convert with reads that fail, over a range of seeds: the output is whole or not
there, whatever page it is that cannot be had.  TAP.
usage: mapped_convert_fails.py SOFTFAULT PAGING MAPPED_CONVERT.exe

learn.microsoft.com, "Reading and Writing From a File View": "a page fault ... EXCEPTION_IN_PAGE_ERROR"; EXCEPTION_RECORD: its
third parameter is the NTSTATUS that caused it, here STATUS_IO_DEVICE_ERROR (C0000185).

Which read fails depends on the seed and on what the machine reads before; what may come of it does not:
  handled  a page of a view: the handler of the slides says so and deletes the output
  died     a page of the program's or a DLL's code: nobody can handle that; exit status 126 and a report
  done     none that mattered"""
import os
import subprocess
import sys
import tempfile

softfault, paging, program = sys.argv[1:4]
SEEDS, LINES, PERMILLE = 24, 40000, 20  # some 120 reads of the views' pages, 10 of code
INPUT = "".join(f"{i:07d} abcdefghijklmnopqrstuvw\n" for i in range(LINES)).encode()
HANDLED = "exception c0000006, status c0000185, {}\nthe output is deleted: yes\n"
DONE = f"{32 * LINES} characters, {64 * LINES} bytes of Unicode, 0 wrong\n"
count = failures = 0


def check(name, good, why):
    global count, failures
    count += 1
    failures += not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}")
    if not good:
        print("# " + str(why).replace("\n", "\n# "))


def contents(folder, name):
    try:
        with open(os.path.join(folder, name), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def run(seed):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "made.txt"), "wb") as file:
            file.write(INPUT)  # by the host: what the program wrote itself would be in the file cache, and not be read
        done = subprocess.run([softfault, "run", "--paging", paging, "--wall-limit", "60", "--dir", f"D:={folder}:rw", "--inject",
                               f"pagein-error={PERMILLE},seed={seed}", program, r"D:\made.txt", r"D:\output.txt"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr, contents(folder, "made.txt"), contents(folder, "output.txt")


def judge(seed, result):
    status, said, report, made, output = result
    for which in "input", "output":
        if status == 0 and said == HANDLED.format(which):
            check(f"seed {seed}: a page of the {which}: handled", not report and made == INPUT and output is None, result[:3])
            return which
    if status == 126:
        check(f"seed {seed}: a page of code: died of it", "in-page error (C0000006)" in report and
              (made is None or INPUT.startswith(made)), result[:3])
        return "died"
    check(f"seed {seed}: done", (status, said, report, made) == (0, DONE, "", INPUT) and output == INPUT.decode().encode("utf-16-le"),
          result[:3])
    return "done"


ends = [judge(seed, run(seed)) for seed in range(1, SEEDS + 1)]
figures = ", ".join(f"{end}: {ends.count(end)}" for end in sorted(set(ends)))
print(f"# {figures}")
check("pages of the input failed, and of the output", {"input", "output"} <= set(ends), figures)
check("the handler had its say in most runs", ends.count("input") + ends.count("output") > SEEDS // 2, figures)
check("the same seed, the same end", run(1) == run(1), "")
print(f"1..{count}")
sys.exit(failures != 0)
