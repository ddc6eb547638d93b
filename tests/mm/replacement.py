#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Replacement quality: which references of recorded strings fault, in the memory manager and by exact FIFO, LRU, OPT.

    replacement.py PLAY_REFERENCES            check, TAP output
    replacement.py PLAY_REFERENCES --table    the numbers, as the table of docs/replacement.md
    replacement.py PLAY_REFERENCES --keep DIR also leave the strings there

The three exact algorithms here know nothing of the memory manager: a string of page numbers and a number of frames in,
the list of references that fault out.  The program plays the same string from the same file through the real one.

Claims: FIFO faults at the very references of exact FIFO; aged has at most 15% more faults than LRU on zipf and
working-set-shift strings; nobody has fewer than OPT.
"""
import argparse
import bisect
import collections
import concurrent.futures
import heapq
import os
import random
import subprocess
import sys
import tempfile

WITHIN = 1.15
FORMATS = ("x86", "pae", "x64")
ALGORITHMS = ("fifo", "aged", "exact fifo", "lru", "opt")


# --- the exact algorithms: indices of the references that fault ---------------------------------------------------

def exact_fifo(string, frames):
    resident, order, faults = set(), collections.deque(), []
    for index, page in enumerate(string):
        if page in resident:
            continue
        faults.append(index)
        if len(resident) == frames:
            resident.remove(order.popleft())
        resident.add(page)
        order.append(page)
    return faults


def exact_lru(string, frames):
    recency, faults = collections.OrderedDict(), []
    for index, page in enumerate(string):
        if page in recency:
            recency.move_to_end(page)
            continue
        faults.append(index)
        if len(recency) == frames:
            recency.popitem(last=False)
        recency[page] = True
    return faults


def exact_opt(string, frames):
    """Belady: the page whose next use is farthest away goes."""
    never = len(string)
    next_use, upcoming = [never] * len(string), {}
    for index in range(len(string) - 1, -1, -1):
        next_use[index] = upcoming.get(string[index], never)
        upcoming[string[index]] = index
    due, farthest, faults = {}, [], []
    for index, page in enumerate(string):
        if page not in due:
            faults.append(index)
            if len(due) == frames:
                while True:
                    use, victim = heapq.heappop(farthest)
                    if due.get(victim) == -use:
                        break
                del due[victim]
        due[page] = next_use[index]
        heapq.heappush(farthest, (-next_use[index], page))
    return faults


# --- the strings ----------------------------------------------------------------------------------------------------

def sequential(pages, length):
    return [index * pages // length for index in range(length)]


def loop(pages, length):
    return [index % pages for index in range(length)]


def zipf(rng, pages, length, exponent):
    names = list(range(pages))
    rng.shuffle(names)
    total, sums = 0.0, []
    for rank in range(pages):
        total += (rank + 1) ** -exponent
        sums.append(total)
    return [names[min(bisect.bisect(sums, rng.random() * total), pages - 1)] for _ in range(length)]


def shift(rng, pages, length, inside, phase, stray):
    """A working set of `inside` pages for `phase` references; then half of it gives way to others."""
    current = rng.sample(range(pages), inside)
    string = []
    while len(string) < length:
        for _ in range(phase):
            string.append(rng.randrange(pages) if rng.random() < stray else rng.choice(current))
        others = [page for page in range(pages) if page not in set(current)]
        rng.shuffle(current)
        current = current[inside // 2:] + rng.sample(others, inside - len(current[inside // 2:]))
    return string[:length]


Case = collections.namedtuple("Case", "kind seed pages frames string")


def cases():
    result = []
    for pages, frames in ((300, 64), (900, 256)):
        result.append(Case("sequential", 0, pages, frames, sequential(pages, 6000)))
    for pages, frames in ((72, 64), (300, 256), (700, 64)):
        result.append(Case("loop", 0, pages, frames, loop(pages, 6000)))
    for seed in (1, 2, 3):
        for pages, exponent in ((256, 0.8), (500, 1.0), (1200, 1.2)):
            string = zipf(random.Random("zipf %d %d" % (seed, pages)), pages, 12000, exponent)
            for frames in sorted({40, pages // 8, pages // 4, pages // 2}):
                result.append(Case("zipf %.1f" % exponent, seed, pages, frames, string))
    for seed in (4, 5, 6):
        for pages, inside, phase, stray in ((400, 50, 1500, 0.0), (800, 120, 2000, 0.02), (1200, 300, 4000, 0.01)):
            string = shift(random.Random("shift %d %d" % (seed, pages)), pages, 12000, inside, phase, stray)
            for frames in (inside * 3 // 4, inside, inside * 3 // 2):
                result.append(Case("shift %d" % inside, seed, pages, frames, string))
    return result


def write_string(case, folder):
    """Every fourth reference is a write: a page of its own for each number, so that who writes does not matter."""
    name = "%s-%d-%d.txt" % (case.kind.replace(" ", "-"), case.seed, case.pages)
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        with open(path, "w") as file:
            print(case.pages, file=file)
            for index, page in enumerate(case.string):
                print(page if index % 4 else -page - 1, file=file)
    return path


# --- the comparison --------------------------------------------------------------------------------------------------

def play(program, path, form, policy, frames, tick=0):
    with open(path) as string:
        run = subprocess.run([program, form, policy, str(frames), str(tick)], stdin=string, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, universal_newlines=True)
    lines = run.stdout.split("\n")
    if run.returncode != 0 or len(lines) < 2 or not lines[-2].startswith("checked "):
        sys.exit("Bail out! %s %s %s %d: exit %d\n%s%s" % (path, form, policy, frames, run.returncode, run.stderr,
                                                            "\n".join(lines[-4:])))
    return [int(line) for line in lines[:-2]]


def measure(program, case, path, form):
    return {"case": case, "format": form, "fifo": play(program, path, form, "fifo", case.frames),
            "aged": play(program, path, form, "aged", case.frames),
            "exact fifo": exact_fifo(case.string, case.frames), "lru": exact_lru(case.string, case.frames),
            "opt": exact_opt(case.string, case.frames)}


def complaints(result):
    case, count = result["case"], {name: len(value) for name, value in result.items() if isinstance(value, list)}
    if result["fifo"] != result["exact fifo"]:
        pairs = zip(result["fifo"] + [None], result["exact fifo"] + [None])
        at = next((pair for pair in pairs if pair[0] != pair[1]), None)
        yield "fifo differs from exact FIFO (%d, %d faults), first at references %s" % (
            count["fifo"], count["exact fifo"], at)
    if case.kind.split()[0] in ("zipf", "shift") and count["aged"] > WITHIN * count["lru"]:
        yield "aged has %d faults, LRU %d: %+.1f%%" % (count["aged"], count["lru"],
                                                        100 * (count["aged"] / count["lru"] - 1))
    for name in ("fifo", "aged", "lru"):
        if count[name] < count["opt"]:
            yield "%s has %d faults, fewer than OPT, %d" % (name, count[name], count["opt"])


def self_check():
    """Belady's string: 9 and 10 faults by FIFO, 10 and 8 by LRU, 7 and 6 by OPT, with 3 and 4 frames."""
    string = [1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5]
    got = [[len(exact(string, frames)) for frames in (3, 4)] for exact in (exact_fifo, exact_lru, exact_opt)]
    return got == [[9, 10], [10, 8], [7, 6]]


def table(results):
    """A row for each kind of string and number of frames: faults of all seeds together, and the worst seed."""
    groups = collections.OrderedDict()
    for result in results:
        case = result["case"]
        groups.setdefault((case.kind, case.pages, case.frames), []).append(result)
    print("| string | pages | frames | seeds | OPT | LRU | aged | to LRU | worst seed | FIFO | exact FIFO |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for (kind, pages, frames), group in groups.items():
        count = {name: sum(len(result[name]) for result in group) for name in group[0] if name in ALGORITHMS}
        worst = max(len(result["aged"]) / len(result["lru"]) for result in group)
        print("| %s | %d | %d | %d | %d | %d | %d | %+.1f%% | %+.1f%% | %d | %d |" % (
            kind, pages, frames, len(group), count["opt"], count["lru"], count["aged"],
            100 * (count["aged"] / count["lru"] - 1), 100 * (worst - 1), count["fifo"], count["exact fifo"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--keep", metavar="DIR")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, concurrent.futures.ThreadPoolExecutor(2) as pool:
        folder = options.keep or temporary
        jobs = []
        for number, case in enumerate(cases()):
            path = write_string(case, folder)
            forms = FORMATS[2:] if options.table else (FORMATS[number % len(FORMATS)],)
            jobs += [pool.submit(measure, options.program, case, path, form) for form in forms]
        results = [job.result() for job in jobs]
    if options.table:
        table(results)
        return 0
    print("1..%d" % (len(results) + 1))
    print("%s 1 - the exact algorithms on Belady's string" % ("ok" if self_check() else "not ok"))
    bad = not self_check()
    for number, result in enumerate(results, 2):
        case, wrong = result["case"], list(complaints(result))
        bad = bad or bool(wrong)
        print("%s %d - %s, seed %d, %d pages, %d frames, %s" % ("not ok" if wrong else "ok", number, case.kind,
                                                                case.seed, case.pages, case.frames, result["format"]))
        for line in wrong:
            print("# " + line)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
