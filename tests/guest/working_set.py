#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""working_set.py SOFTFAULT PAGING PROGRAM - working_set.exe, and the balance set manager in its trace.

The manager runs once each second of virtual time; it trims nobody while memory is plenty, and who is idle when it is
short.
"""
import json
import os
import subprocess
import sys
import tempfile

WANT = """it grows beyond its maximum of 345 pages: yes
hard maximum: yes
it holds at once: yes
contents are kept: yes
and it holds still: yes
soft again: yes
contents are kept: yes
it grows beyond its maximum: yes
lock pages: yes
empty it: yes
it is small: yes
faults of locked pages: 0
faults of 20 others: 20
faults of the same again: 0
faults of 50 new pages: 50
"""
WANT_SHORT = """idle process: yes
contents are kept: yes
contents are kept: yes
contents are kept: yes
the idle one's too: yes
"""
SECOND = 1000000000
failed = False
number = 0


def ok(holds, what, detail=""):
    global failed, number
    number += 1
    print("%s %d - %s" % ("ok" if holds else "not ok", number, what))
    if not holds:
        failed = True
        print("\n".join("# " + line for line in str(detail).split("\n")))


def run(options, arguments):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "trace")
        done = subprocess.run([softfault, "trace", "--paging", paging, "--wall-limit", "100", "--check", "--format",
                               "jsonl", "--events", "all", "-o", path] + options + [program] + arguments,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with open(path) as trace:
            events = [json.loads(line) for line in trace]
    return done, events


def manager_wakes(events):
    """When the manager was made ready, and why."""
    tid = next(e["tid"] for e in events if e["ev"] == "thread" and e.get("name") == "BalanceSetManager")
    return [(e["t"], e["reason"]) for e in events
            if e["ev"] == "state" and e["tid"] == tid and e["state"] == "DeferredReady"]


def manager_starts(events):
    return [t for t, _ in manager_wakes(events)]


def gaps(times):
    return [after - before for before, after in zip(times, times[1:])]


softfault, paging, program = sys.argv[1:4]
print("1..9")
done, events = run([], [])
text = done.stdout.decode().replace("\r", "")
ok(done.returncode == 0 and text == WANT, "the program sees its limits", "exit %d\n%s%s" % (
    done.returncode, text, done.stderr.decode()))
times = manager_starts(events)
ok(len([t for t in times if t > events[-1]["t"] - 3.4 * SECOND]) in (3, 4) and
   all(abs(gap - SECOND) < SECOND / 100 for gap in gaps(times)), "the manager runs each second", times)
ok({why for _, why in manager_wakes(events)} == {"timer"}, "its timer wakes it", manager_wakes(events))
why = {e["why"] for e in events if e["ev"] == "evict"}
ok("trimmed" not in why, "it takes nothing while memory is plenty", why)
ok({"replaced", "emptied"} <= why, "pages went by replacement and by emptying", why)

done, events = run(["--ram", "4M"], ["short"])
text = done.stdout.decode().replace("\r", "")
ok(done.returncode == 0 and text == WANT_SHORT, "more pages than RAM has", "exit %d\n%s%s" % (
    done.returncode, text, done.stderr.decode()))
child = max(e["pid"] for e in events if e["ev"] == "process" and e["what"] == "start")
evicted = [(e["target"], e["why"]) for e in events if e["ev"] == "evict" and e["why"] != "emptied"]
ok((child, "trimmed") in evicted and all(who == child for who, why in evicted if why == "trimmed"),
   "the manager trims the process that is idle", set(evicted))
times = manager_starts(events)
ok(all(gap <= SECOND * 1.01 for gap in gaps(times)), "the manager runs each second", times)
ok({why for _, why in manager_wakes(events)} >= {"timer", "memory low"}, "its timer wakes it, and need",
   {why for _, why in manager_wakes(events)})
sys.exit(1 if failed else 0)
