#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""many_views.py SOFTFAULT PAGING PROGRAM - more sections than RAM has room for their prototype PTEs.

The program must print what it prints with plenty of RAM; pages of prototype PTEs must have left memory and come back;
the trace and --stats must say so, of the system (process 4).
"""
import json
import os
import subprocess
import sys
import tempfile

SECTIONS = "200"
POOL = {"x86": 0xE1000000, "pae": 0xE1000000, "x64": 0xFFFFFA8000000000}
POOL_SIZE = 32 << 20
failed = False
number = 0


def ok(holds, what, detail=""):
    global failed, number
    number += 1
    print("%s %d - %s" % ("ok" if holds else "not ok", number, what))
    if not holds:
        failed = True
        print("\n".join("# " + line for line in str(detail).split("\n")))


def run(command, options):
    with tempfile.TemporaryDirectory() as folder:
        path, work = os.path.join(folder, "trace"), os.path.join(folder, "work")
        os.mkdir(work)
        trace = ["--format", "jsonl", "--events", "evict,pagewrite,pageread", "-o", path] if command == "trace" else []
        done = subprocess.run([softfault, command, "--paging", paging, "--wall-limit", "200", "--stats", "--dir",
                               "D:=" + work + ":rw"] + options + trace + [program, SECTIONS, "D:"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        events = []
        if trace:
            with open(path) as lines:
                events = [json.loads(line) for line in lines]
    figures = dict(line.split(": ", 1) for line in done.stderr.decode().split("\n") if ": " in line)
    return done, figures, events


def in_pool(va):
    return POOL[paging] <= int(va, 16) < POOL[paging] + POOL_SIZE


softfault, paging, program = sys.argv[1:4]
print("1..8")
plenty, figures, _ = run("run", ["--ram", "64M"])
ok(plenty.returncode == 0, "it runs with plenty of RAM", plenty.stdout + plenty.stderr)
ok(figures.get("trims of the system") == "0", "nothing of the system is trimmed then", figures)
peak = int(figures["system working set peak"])
ok(peak > 200, "its prototype PTEs take a page for each section", peak)

short, figures, events = run("trace", ["--ram", "4M"])
ok(short.returncode == 0 and short.stdout == plenty.stdout, "the same with 4 MB", "exit %d\n%s%s" % (
    short.returncode, short.stdout.decode(), short.stderr.decode()))
trims = [e for e in events if e["ev"] == "evict" and e["target"] == 4]
ok(len(trims) == int(figures["trims of the system"]) and len(trims) > 100, "pages of the system left its working set",
   (len(trims), figures.get("trims of the system")))
ok(all(in_pool(e["va"]) for e in trims), "they are of paged pool", [e["va"] for e in trims if not in_pool(e["va"])])
pages = [e["va"] for e in trims]
ok(len(pages) > len(set(pages)), "and some came back and went again", len(set(pages)))

fifo, figures, _ = run("run", ["--ram", "4M", "--replacement", "fifo"])
ok(fifo.returncode == 0 and fifo.stdout == plenty.stdout and int(figures["trims of the system"]) > 100,
   "the same with FIFO", "exit %d\n%s%s" % (fifo.returncode, fifo.stdout.decode(), fifo.stderr.decode()))
sys.exit(1 if failed else 0)
