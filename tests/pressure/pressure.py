#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""pressure.py - programs whose data is 2, 8 and 32 times RAM print what they print with plenty, whatever is done to them.
usage: pressure.py short|whole SOFTFAULT WORK32.exe WORK64.exe

whole runs a pairwise covering array over the factors below, each row with a seed of its own, for the program and for what
is injected; short runs the first rows that have each value of each factor once, but for the large sizes.  The laws of the
memory manager are checked at each list move where the data is twice 4 MB (short: each 100), each 1,000 elsewhere.  TAP."""
import concurrent.futures
import os
import subprocess
import sys

import covering

FACTORS = {
    "program": ["sort", "matrix", "hash", "list", "text", "family"],
    "paging": ["x86", "pae", "x64"],
    "size": [(4, 2), (4, 8), (4, 32), (8, 2), (8, 8), (16, 2), (16, 8)],  # MB of RAM; data is so many times as much
    "policy": ["aged", "fifo"],
    "injection": ["none", "trim", "read errors", "small page file", "page files", "commit", "full", "all"],
}
SHORT = dict(FACTORS, size=[(4, 2), (8, 2)])
INJECT = {
    "trim": "trim=40",
    "read errors": "pagein-error=30",
    "commit": "commit-fail=500",
    "full": "pagefile-full",
    "all": "trim=100,pagein-error=20,commit-fail=300",
}
FELT = {  # what --stats must say of a run, or of one of them (commit is charged but a few times in each)
    "trim": ["trims injected"],
    "read errors": ["read errors injected", "in-page errors"],
    "commit": ["commit refusals injected"],
    "all": ["trims injected", "read errors injected"],
}
NO_MEMORY = "000005af"
FIRST_SEED = 1000


def short_rows():
    """Rows of SHORT's array until each value has been there."""
    chosen, seen = [], set()
    for row in covering.rows(SHORT):
        if not set(row.items()) <= seen:
            chosen.append(row)
            seen |= set(row.items())
    return chosen


def start(softfault, options, program, arguments):
    run = subprocess.run([softfault, "run", "--stats", "--wall-limit", "300", *options, program, *map(str, arguments)],
                         stdin=subprocess.DEVNULL, capture_output=True, text=True)
    figures = {}
    for line in run.stderr.splitlines():
        name, separator, number = line.rpartition(": ")
        if separator and number.isdigit():
            figures[name] = int(number)
    return run, figures


def page_files(row, data):
    enough = data + 32
    if row["injection"] == "small page file":
        return [f"--pagefile=1M,{enough}M"]
    if row["injection"] == "page files":
        return ["--pagefile=1M", f"--pagefile={data // 2}M", f"--pagefile=2M,{enough}M"]
    return [f"--pagefile={enough}M"]


def differs(row, got, want):
    """None, or why the output is not right."""
    if row["injection"] == "full" and row["program"] == "family":
        good = all(g == w or (g.split()[:2] == w.split()[:2] and g.split()[2] == NO_MEMORY) for g, w in zip(got, want))
        refused = any(line.endswith(NO_MEMORY) for line in got)
        return None if good and refused and len(got) == len(want) else f"{got}, wanted {want} or {NO_MEMORY}, once at least"
    return None if got == want and got else f"{got}, wanted {want}"


def prove(softfault, programs, row, seed, moves):
    """=> (None or why not, figures, command)"""
    ram, times = row["size"]
    data, program = ram * times, programs["x64" if row["paging"] == "x64" else "x86"]
    options = ["--paging", row["paging"], "--ram", f"{ram}M", *page_files(row, data), "--replacement", row["policy"],
               "--check-every", str(moves)]
    if row["injection"] in INJECT:
        options += ["--inject", f"{INJECT[row['injection']]},seed={seed}"]
    arguments = [row["program"], data << 10, seed]
    run, figures = start(softfault, options, program, arguments)
    command = " ".join(["softfault", "run", *options, os.path.basename(program), *map(str, arguments)])
    if run.returncode:
        return f"exit {run.returncode}: {run.stdout} {run.stderr[:1000]}", figures, command
    got = run.stdout.splitlines()
    if row["injection"] == "full" and row["program"] != "family":
        smaller = int(got[0].split()[1])
        if smaller >= data << 10:
            return f"{smaller} KB fitted, though page files were full", figures, command
        arguments[1] = smaller
    plenty, _ = start(softfault, ["--paging", row["paging"], "--ram", f"{data + 96}M"], program, arguments)
    why = differs(row, got, plenty.stdout.splitlines())
    if not why and row["injection"] not in ("full",) and figures.get("hard faults", 0) < data * 16:
        why = f"no pressure: {figures.get('hard faults')} hard faults"
    return why, figures, command


def main():
    what, softfault, work32, work64 = sys.argv[1:5]
    programs = {"x86": work32, "x64": work64}
    factors = FACTORS if what == "whole" else SHORT
    rows = covering.rows(FACTORS) if what == "whole" else short_rows()
    jobs, felt, failures, count = [], {}, 0, 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for i, row in enumerate(rows):
            moves = 1000 if row["size"] != (4, 2) else 1 if what == "whole" else 100
            jobs.append((row, FIRST_SEED + i, pool.submit(prove, softfault, programs, row, FIRST_SEED + i, moves)))
        for row, seed, job in jobs:
            why, figures, command = job.result()
            count += 1
            failures += why is not None
            for name in FELT.get(row["injection"], []):
                felt.setdefault((row["injection"], name), []).append(figures.get(name, 0))
            name = f"{row['program']}, {row['paging']}, {row['size'][1]} times {row['size'][0]} MB, {row['policy']}, {row['injection']}"
            print(f"{'not ok' if why else 'ok'} {count} - {name}", flush=True)
            print(f"# {command}: {figures.get('hard faults')} hard faults, {figures.get('list moves')} list moves")
            if why:
                print("# " + why.replace("\n", "\n# "))
    more = [(f"injected: {injection}, {name}", any(numbers) if injection == "commit" else all(numbers), numbers)
            for (injection, name), numbers in felt.items()]
    if what == "whole":
        more.append(("each pair of values", not covering.uncovered(factors, rows), len(rows)))
        more.append(("50 seeds and more", len(rows) >= 50, len(rows)))
    for name, good, why in more:
        count += 1
        failures += not good
        print(f"{'ok' if good else 'not ok'} {count} - {name}\n# {why}")
    print(f"1..{count}")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
