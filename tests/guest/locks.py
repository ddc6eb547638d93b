# SPDX-License-Identifier: GPL-2.0-or-later
"""locks.py - waiting for locks of files: who gets them, and what is said where nobody can.
usage: locks.py SOFTFAULT PAGING locks.exe"""
import json
import subprocess
import sys
import tempfile

softfault, paging, program = sys.argv[1:4]
count = failures = 0
HELD = ["held: 0"]
NAME = program.rsplit("/", 1)[-1]


def check(name, scenario, out, status=0, said=None):
    global count, failures
    with tempfile.TemporaryDirectory() as drive:
        result = subprocess.run([softfault, "run", "--paging", paging, "--wall-limit", "60", "--check", "--dir", f"D:={drive}:rw", program, scenario],
                                capture_output=True, text=True, check=False)
    err = result.stderr.splitlines()
    good = result.returncode == status and result.stdout.splitlines() == out and err == ([f"softfault: {NAME} {said}"] if said else [])
    count += 1
    failures += not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}{'' if good else ': ' + str((result.returncode, result.stdout.splitlines(), err))}")


LOCKED = f"NtLockFile: bytes 5 to 14 of locked are locked, by {NAME} through another handle"
check("a thread that waits for itself", "itself", HELD, 124, f"waits for ever ({LOCKED}): nothing can wake its only thread")
check("and one that waits for it", "two", HELD, 124, f"waits for ever ({LOCKED}), and so do all threads there are (2)")
check("in the order of asking, shared ones together", "order", [
    *HELD, "at once: 33", "others' bytes: 0", "unlocked: 0", "a: 0", "a gives it back: 0", "b: 0", "c: 0", "b gives it back: 0",
    "c gives it back: 0", "d: 0", "d gives it back: 0"])
check("a handle that is closed", "closed", [
    *HELD, "closed: 1", "waiter: 0", "waiter gives it back: 0", *HELD, "the waiter's: 1", "waiter: 6"])
check("waiters that are killed and suspended", "interrupted", [
    *HELD, "killed: 1", "b: 0", "b gives it back: 0", *HELD, "suspended: 0", "meanwhile: 33", "resumed: 1", "b: 0", "b gives it back: 0"])
check("processes that end", "children", [
    "child: 0", "at once: 33", "when it ends: 0", "child: 0", "at once: 33", "the open's other owner: 33", "when it is killed: 0"])
check("what the caller is told", "told", [*HELD, "1, status 0, event 0, after 3 seconds"])
with tempfile.TemporaryDirectory() as drive:
    trace = f"{drive}/trace"
    subprocess.run([softfault, "trace", "--paging", paging, "--format", "jsonl", "--events", "state", "-o", trace, "--dir", f"D:={drive}:rw", program, "two"],
                   capture_output=True, check=False)
    with open(trace, encoding="utf-8") as lines:
        states = [e for e in map(json.loads, lines) if e["ev"] == "state"]
count += 1
good = states[-1]["state"] == "Waiting"
failures += not good
print(f"{'ok' if good else 'not ok'} {count} - they wait to the end{'' if good else ': ' + str(states[-3:])}")
print(f"1..{count}")
sys.exit(failures != 0)
