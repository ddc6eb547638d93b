#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""stats.py - the page summary of --stats: every line there, the sums right, and what the trace of the same run says.
usage: stats.py SOFTFAULT PAGING PRESSURE.exe ONE_PAGE.exe SPREAD.exe"""
import json
import os
import subprocess
import sys
import tempfile

softfault, paging, program, one_page, spread = sys.argv[1:6]
OPTIONS = ["--paging", paging, "--ram", "4M", "--pagefile", "4M,32M", "--pagefile", "8M", "--inject", "trim=50,pagein-error=0,seed=3"]
LISTS = ["zeroed list", "free list", "standby list", "modified list", "modified-no-write list", "bad list", "active pages",
         "transition pages"]
count = failures = 0


def check(name, good, why=""):
    global count, failures
    count += 1
    failures += not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}{'' if good else ': ' + str(why)}")


def summary(text):
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if line.startswith("hard faults: ")), len(lines))
    return [line.rsplit(": ", 1) for line in lines[start:]]


run = subprocess.run([softfault, "run", "--stats", *OPTIONS, program, "5"], capture_output=True, text=True)
lines = summary(run.stderr)
check("the program is as it was", run.returncode == 0 and len(run.stdout.splitlines()) == 5, run.stdout + run.stderr)
check("one figure a line", bool(lines) and all(len(line) == 2 and line[1].isdigit() for line in lines), lines)
check("no name twice", len({name for name, _ in lines}) == len(lines))
of = {name: int(number) for name, number in lines if number.isdigit()}
wanted = ["hard faults", "soft faults", "raised faults", "transition faults", "demand-zero faults", "copy-on-write faults",
          "prototype faults", "stack-growth faults", "first-write faults", "guard-page faults", "access violations",
          "no-execute faults", "in-page errors", "pages read", "page read I/Os", "pages written", "page write I/Os",
          "trims at the limit", "trims by the manager", "trims on request", "trims injected", "trims at out-swap", "trims of the system", "system working set", "system working set peak", "processes out-swapped", "stacks paged out",
          "stacks paged in", "read errors injected", "write errors injected", "commit refusals injected", "list moves", "commit", "commit peak", "commit limit", "page files",
          *[f"page file {i} {what}" for i in range(2) for what in ("size", "used", "peak")],
          "cache reads", "cache read misses", "cache writes", "uncached transfers", "read-aheads", "read-ahead bytes", "lazy writes",
          "lazy write pages", "writers throttled", "cache views mapped", "cache views reused", "cache dirty pages",
          *[name + what for name in LISTS for what in ("", " minimum", " maximum", " average")],
          *[name + " runs" for name in ("BalanceSetManager", "Swapper", "ModifiedPageWriter", "MappedPageWriter",
                                        "DereferenceSegment", "ZeroPage", "LazyWriter", "ReadAhead")]]
check("all of them, in their order", [name for name, _ in lines] == wanted, [name for name, _ in lines])
if failures:
    print(f"1..{count}")
    sys.exit(1)
check("soft faults by kind", of["soft faults"] == sum(of[name] for name in wanted[3:9]))
check("raised faults by kind", of["raised faults"] == sum(of[name] for name in wanted[9:13]))
check("frames are somewhere", sum(of[name] for name in LISTS) == (4 << 20) // 4096, [of[name] for name in LISTS])
for name in LISTS:
    low, average, high, now = (of[name + what] for what in (" minimum", " average", " maximum", ""))
    check(f"{name} within its bounds", low <= average <= high and low <= now <= high, (low, average, high, now))
check("averages sum up to the frames", 1024 - len(LISTS) <= sum(of[name + " average"] for name in LISTS) <= 1024)
check("page files", of["page files"] == 2 and of["page file 1 size"] == 2048 and
      all(of[f"page file {i} used"] <= of[f"page file {i} peak"] <= of[f"page file {i} size"] for i in range(2)))
check("pressure was felt", min(of[name] for name in ("hard faults", "pages written", "page file 0 peak", "trims injected",
                                                     "ModifiedPageWriter runs", "standby list maximum")) > 0)
check("pages come in clusters", of["pages read"] > of["page read I/Os"] and of["pages written"] > of["page write I/Os"])

# The trace of the same run counts the same.
with tempfile.TemporaryDirectory() as work:
    path = os.path.join(work, "trace")
    traced = subprocess.run([softfault, "trace", "--format", "jsonl", "--events", "fault,evict,pageread,pagewrite", "-o", path,
                             "--stats", *OPTIONS, program, "5"], capture_output=True, text=True)
    counted = {}
    with open(path, encoding="utf-8") as trace:
        for line in trace:
            event = json.loads(line)
            kind = event["ev"]
            key = kind + ":" + (event["type"] if kind == "fault" else event["why"] if kind == "evict" else "")
            counted[key] = counted.get(key, 0) + 1
            if kind in ("pageread", "pagewrite"):
                counted[kind + " pages"] = counted.get(kind + " pages", 0) + event["pages"]
again = {name: int(number) for name, number in summary(traced.stderr)}
check("tracing changes no figure", again == of,
      [(name, of[name], again.get(name)) for name in of if again.get(name) != of[name]])
for name, key in {"hard faults": "fault:HardFault", "transition faults": "fault:Transition", "demand-zero faults": "fault:DemandZero",
                  "trims at the limit": "evict:replaced", "trims injected": "evict:injected",
                  "trims by the manager": "evict:trimmed"}.items():
    check(f"{name} as in the trace", of[name] >= counted.get(key, 0) >= of[name] * 99 // 100, (of[name], counted.get(key)))
for name, key in {"page read I/Os": "pageread:", "page write I/Os": "pagewrite:", "pages read": "pageread pages",
                  "pages written": "pagewrite pages"}.items():
    check(f"{name} as in the trace", of[name] == counted.get(key, 0), (of[name], counted.get(key)))

# Tracing changes nothing of the run: neither a figure, its time included, nor what the program prints.
LITTLE = ["--paging", paging, "--ram", "4M", "--stats"]
SPREAD = ["300", "4"] if paging != "x64" else ["500", "1024"]  # a page table for each page
for command in ([one_page], ["--replacement", "fifo", one_page], [spread, *SPREAD], ["--inject", "trim=3", spread, *SPREAD]):
    shown = " ".join(os.path.basename(word) for word in command)
    plain = subprocess.run([softfault, "run", *LITTLE, *command], capture_output=True, text=True)
    check(f"{shown} runs", plain.returncode == 0 and "soft faults: " in plain.stderr, plain.stderr)
    for events in ("fault", "all"):
        traced = subprocess.run([softfault, "trace", "--format", "jsonl", "--events", events, "-o", os.devnull, *LITTLE, *command],
                                capture_output=True, text=True)
        check(f"{shown}: tracing {events} changes nothing", (traced.stdout, traced.stderr) == (plain.stdout, plain.stderr),
              [pair for pair in zip(plain.stderr.splitlines(), traced.stderr.splitlines()) if pair[0] != pair[1]])
print(f"1..{count}")
sys.exit(failures != 0)
