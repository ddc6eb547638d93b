#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""readerror.py - 10,000 hard faults and more, each of which fails with probability 1/2: exceptions and statuses, no
corruption, no error of the host; and the same again for the same seed.  TAP.
usage: readerror.py SOFTFAULT PAGING READERROR.exe [SEEDS]"""
import subprocess
import sys

softfault, paging, program = sys.argv[1:4]
seeds = int(sys.argv[4]) if len(sys.argv) > 4 else 2
FAILURES = 5500  # in the data; as many reads go well
GOOD = "data wrong: 0, exceptions strange: 0, elsewhere than touched: 0\n"
count = failures = 0


def check(name, good, why):
    global count, failures
    count += 1
    failures += not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}")
    print("# " + str(why).replace("\n", "\n# "))


def run(seed):
    done = subprocess.run([softfault, "run", "--stats", "--check-every", "1000", "--paging", paging, "--ram", "4M", "--inject",
                           f"pagein-error=500,seed={seed}", program, "8192", str(FAILURES), str(seed)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    figures = {}
    for line in done.stderr.splitlines():
        name, separator, number = line.rpartition(": ")
        if separator and number.isdigit():
            figures[name] = int(number)
    return done, figures


before = None
for seed in range(1, seeds + 1):
    done, figures = run(seed)
    failed, read = figures.get("in-page errors", 0), figures.get("hard faults", 0)
    check(f"seed {seed}: data and exceptions are right", done.returncode == 0 and done.stdout == GOOD,
          f"exit {done.returncode}: {done.stdout}")
    check(f"seed {seed}: nothing is said but figures", "softfault" not in done.stderr and "rror:" not in done.stderr,
          [line for line in done.stderr.splitlines() if "softfault" in line or "rror:" in line])
    check(f"seed {seed}: 10,000 hard faults, half of which failed", failed + read >= 10000 and 0.47 < failed / (failed + read) < 0.53,
          f"{failed} failed, {read} read")
    check(f"seed {seed}: each failure is an exception", failed == figures.get("read errors injected"), figures.get("read errors injected"))
    if before:
        check("another seed, other places", before != figures, "")
    before = figures
check("the same again", run(seeds)[1] == before, "")
print(f"1..{count}")
sys.exit(failures != 0)
