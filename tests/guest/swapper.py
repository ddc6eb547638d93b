# SPDX-License-Identifier: GPL-2.0-or-later
"""swapper.py - kernel stacks and processes that leave memory, in real traces.
usage: swapper.py SOFTFAULT PAGING SWAPPER.exe

With plenty of RAM nothing of it happens.  With 4 MB the threads that wait lose their stacks after three seconds, at a
look of the swapper; the child, that has one thread, leaves altogether; who becomes ready is in transition until the
swapper has run; and the program prints the same."""
import json, os, subprocess, sys, tempfile

softfault, paging, program = sys.argv[1:4]
EVENTS = "state,thread,process,evict,pagewrite,pageread"
STACK_PAGES = 6 if paging == "x64" else 3
SECOND = 10**9


def run(folder, ram, more=()):
    name = os.path.join(folder, "trace")
    done = subprocess.run([softfault, "trace", "--paging", paging, "--ram", ram, "--events", EVENTS, "--format", "jsonl",
                           "-o", name, *more, program, "5", "12"], capture_output=True, text=True)
    with open(name) as file:
        return done, file.read()


def need(condition, what):
    print("ok" if condition else "not ok", "-", what)
    need.failed |= not condition


need.failed = False


def follow(lines):
    """Each thread's states, in order, and what happened to stacks in between."""
    swapper = next(l["tid"] for l in lines if l["ev"] == "thread" and l.get("name") == "Swapper")
    state, since, runs, waiting_out, transition = {}, {}, 0, 0, {}
    stacks, reads, brought = [], 0, []
    ran = False
    for line in lines:
        if line["ev"] == "evict" and line["why"] == "stack":
            stacks.append(line)
            need_swapper = state.get(swapper) == "Running"
            waiting_out += not need_swapper
        if line["ev"] == "pageread" and line["name"].startswith("pagefile") and transition:
            reads += 1
        if line["ev"] != "state":
            continue
        tid = line["tid"]
        if tid == swapper and line["state"] == "Running":
            runs += 1
            assert line["priority"] == 23, line
            for thread in transition:
                transition[thread] = True
        if line["state"] == "Transition":
            assert state[tid] == "Waiting", line
            transition[tid] = False
        if state.get(tid) == "Transition":
            assert line["state"] in ("DeferredReady", "Terminated"), line
            brought.append((tid, transition.pop(tid), line["t"] - since[tid]))
        state[tid], since[tid] = line["state"], line["t"]
    return {"stacks": stacks, "outside": waiting_out, "runs": runs, "brought": brought, "reads": reads}


with tempfile.TemporaryDirectory() as folder:
    plenty, text = run(folder, "128M")
    found = follow([json.loads(l) for l in text.splitlines()])
    need(plenty.returncode == 0 and plenty.stdout.count("thread") == 3, "the program runs")
    need(not found["stacks"] and not found["brought"] and found["runs"] == 0, "with plenty of RAM the swapper never runs")

    little, text = run(folder, "4M")
    lines = [json.loads(l) for l in text.splitlines()]
    found = follow(lines)
    need(little.returncode == 0 and little.stdout == plenty.stdout, "with 4 MB it prints the same")
    need(len(found["stacks"]) >= 4 * STACK_PAGES and len(found["stacks"]) % STACK_PAGES == 0, "whole stacks leave")
    need(found["outside"] == 0, "it is the swapper that takes them")
    need(all(l["to"] == "Modified" and l["target"] == 0 for l in found["stacks"]), "to the modified list, of no process")
    need(len(found["brought"]) >= 4, "threads are in transition")
    need(all(ran for _, ran, _ in found["brought"]), "until the swapper has run")
    need(any(took >= 200000 for _, _, took in found["brought"]), "a stack that is read takes its time")
    need(found["reads"] > 0, "stacks come from the page file")
    first = min(l["t"] for l in found["stacks"])
    need(first > 3 * SECOND, "nobody loses a stack in the first three seconds")

    processes = [l["pid"] for l in lines if l["ev"] == "process" and l["what"] == "start"]
    left = [l for l in lines if l["ev"] == "evict" and l["why"] == "outswap"]
    need(left and {l["target"] for l in left} == {processes[1]}, "the child leaves, and it alone")
    back = [l["t"] for l in lines if l["ev"] == "state" and l["pid"] == processes[1] and l["state"] == "Transition"]
    need(back and all(l["t"] < back[-1] for l in left), "and comes back when its thread is ready")

    stats = subprocess.run([softfault, "run", "--paging", paging, "--ram", "4M", "--stats", program, "5", "12"],
                           capture_output=True, text=True).stderr
    of = dict(line.rsplit(": ", 1) for line in stats.splitlines() if ": " in line)
    need(int(of["stacks paged out"]) * STACK_PAGES == len(found["stacks"]) and int(of["processes out-swapped"]) > 0 and
         int(of["stacks paged in"]) == int(of["stacks paged out"]) and int(of["trims at out-swap"]) == len(left),
         "--stats counts the same")
    again, same = run(folder, "4M")
    need(same == text and again.stdout == little.stdout, "the same again")

sys.exit(need.failed)
