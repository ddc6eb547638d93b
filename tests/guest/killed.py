# SPDX-License-Identifier: GPL-2.0-or-later
"""killed.py - softfault is killed (SIGKILL) at random points: what the guest was told to be flushed is in the host's
files, nothing else of the host has changed, and the next run goes on from there.
usage: killed.py SOFTFAULT PAGING keeper.exe RUNS SEED"""
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

RECORD, STATE, TABLE = 32, 20000, 256
softfault, paging, program, runs, seed = *sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5])
dice = random.Random(seed)
print(f"seed={seed} runs={runs}")


def facts(folder):
    """All below a folder but the data: names, modes, sizes, times, contents."""
    found = []
    for top, folders, files in os.walk(folder):
        if top == folder:
            folders[:] = [name for name in folders if name != "data"]
            files = [name for name in files if name != "errors"]
        for name in sorted(folders + files):
            path = os.path.join(top, name)
            info = os.lstat(path)
            content = open(path, "rb").read() if os.path.isfile(path) else None
            found.append((path, info.st_mode, info.st_size, info.st_mtime_ns, content))
    return sorted(found, key=lambda fact: fact[0])


def run_and_kill(work, first):
    """Start from a record, kill at some moment.  => the last record that was kept, or first - 1."""
    command = [softfault, "run", "--paging", paging, "--dir", f"D:={work}/data:rw", "--dir", f"E:={work}/beside",
               f"{work}/program/keeper.exe", str(first)]
    environment = dict(os.environ, TMPDIR=f"{work}/tmp")
    with open(f"{work}/errors", "wb") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=environment)
    wanted, kept = dice.randrange(0, 12), first - 1
    while kept - first + 1 < wanted:
        line = process.stdout.readline().split()
        if len(line) != 2 or line[0] != b"kept":
            process.kill()
            sys.exit(f"softfault ended by itself: {line} {open(f'{work}/errors').read()}")
        kept = int(line[1])
    time.sleep(dice.random() * 0.02)
    process.kill()
    for line in process.stdout.read().splitlines(keepends=True):
        if line.startswith(b"kept ") and line.endswith(b"\n"):  # the last one may have been cut
            kept = max(kept, int(line.split()[1]))
    process.wait()
    return kept


def check(work, kept):
    """What was kept is there."""
    data = f"{work}/data"
    extra = set(os.listdir(data)) - {"log", "state", "new", "table"}
    assert not extra, f"D: holds {extra}"
    if kept < 0:
        return
    log = open(f"{data}/log", "rb").read()
    for record in range(kept + 1):
        line = log[record * RECORD:(record + 1) * RECORD]
        assert line == b"record %-24u\n" % record, f"record {record} of {kept}: {line}"
    state = open(f"{data}/state", "rb").read()
    assert len(state) == STATE and len(set(state)) == 1, "the state is torn"
    assert state[:1] in [bytes([97 + record % 26]) for record in (kept, kept + 1)], f"the state is older than {kept}"
    if os.path.exists(f"{data}/table"):
        table = open(f"{data}/table", "rb").read()
        for record in range(max(0, kept + 1 - TABLE + 2), kept + 1):
            page = table[record % TABLE * 4096:][:4096]
            first, last = int.from_bytes(page[:4], "little"), int.from_bytes(page[4092:], "little")
            assert first == last == record + 1, f"page {record}: {first}, {last}"


def main():
    work = tempfile.mkdtemp()
    try:
        for name in ("data", "beside", "program", "tmp"):
            os.mkdir(f"{work}/{name}")
        shutil.copy(program, f"{work}/program/keeper.exe")
        with open(f"{work}/beside/precious", "w") as file:
            file.write("precious")
        before, kept = facts(work), -1
        for run in range(runs):
            kept = run_and_kill(work, kept + 1)
            check(work, kept)
            after = facts(work)
            assert before == after, f"run {run}: something else has changed: {before} {after}"
        assert kept >= runs, f"only {kept + 1} records were kept"
        print(f"{kept + 1} records kept in {runs} runs")
    finally:
        shutil.rmtree(work)


main()
