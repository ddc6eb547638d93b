#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# trace_valid.sh - the JSON Lines of a real run obey docs/trace-format.md.
# usage: trace_valid.sh PYTHON SOFTFAULT PAGING SAMPLE.exe
set -u
python=$1 softfault=$2 paging=$3 sample=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$softfault" trace --paging "$paging" --events all --format jsonl --stats -o "$work/trace" "$sample" \
    >/dev/null 2>"$work/stats" </dev/null
"$python" - "$work/trace" "$paging" "$work/stats" <<'END'
import json, re, sys

lines = [json.loads(line) for line in open(sys.argv[1])]
paging = sys.argv[2]
types = {"Transition", "DemandZero", "CopyOnWrite", "GuardPage", "HardFault", "Prototype", "AccessViolation",
         "NoExecute", "StackGrowth", "InPageError", "Dirty"}
events = {"trace", "fault", "image", "process", "thread", "exception", "alloc", "free", "protect", "map", "unmap",
          "lock", "unlock", "trim", "bugcheck", "state", "pfn", "evict", "pagewrite", "pageread", "lostwrite", "readahead", "lazywrite", "section", "totals"}
states = {"Zeroed", "Free", "Standby", "Modified", "ModNoWrite", "Bad", "Active", "Transition"}
va = re.compile(r"0x[0-9a-f]{%d}$" % (16 if paging == "x64" else 8))
pte = re.compile(r"0x[0-9a-f]{%d}$" % (8 if paging == "x86" else 16))
first = ["n", "t", "ev", "type", "va", "access", "mode", "pid", "tid", "pc"]

assert lines[0]["ev"] == "trace" and lines[0]["schema"] == 1 and lines[0]["paging"] == paging, lines[0]
assert lines[-1]["ev"] == "totals", lines[-1]
faults = [line for line in lines if line["ev"] == "fault"]
assert faults
for number, line in enumerate(lines):
    assert line["n"] == number, line
    assert line["ev"] in events, line
assert [line["t"] for line in lines] == sorted(line["t"] for line in lines)
for line in faults:
    assert list(line)[:10] == first, line
    assert line["type"] in types and line["access"] in ("read", "write", "execute"), line
    assert line["mode"] in ("user", "kernel"), line
    assert va.match(line["va"]) and va.match(line["pc"]), line
    assert pte.match(line["pte_before"]) and pte.match(line["pte_after"]), line
    raised = int(line["status"], 16) >= 0x80000000
    assert ("pfn" in line) != raised, line
    if not raised:
        assert int(line["pte_after"], 16) >> 12 & 0xffffff == line["pfn"], line
where = {}  # every frame's moves follow each other
for line in lines:
    if line["ev"] == "pfn":
        assert line["from"] in states and line["to"] in states and line["from"] != line["to"], line
        assert where.get(line["pfn"], "Zeroed") == line["from"], line
        where[line["pfn"]] = line["to"]
after = {"created": ("unused", "deleted"), "unused": ("reused", "deleted"), "reused": ("unused", "deleted"),
         "deleted": ("created",)}
sections = {}
for line in lines:
    if line["ev"] == "section" and line["of"] != "pagefile":
        key = line["of"], line["name"]
        assert line["what"] in after[sections.get(key, "deleted")], line
        sections[key] = line["what"]
assert sections and "created" in sections.values(), sections
totals = lines[-1]
assert sum(totals["faults"].values()) == len(faults), totals
assert sum(sum(t.values()) for t in totals["types"].values()) == len(faults), totals
# Nothing is read before its first fault, and nothing twice.
hard = [line["va"][:-3] for line in faults if line["type"] == "HardFault"]
read = int(re.search(r"^page read I/Os +(\d+)", open(sys.argv[3]).read(), re.M).group(1))
assert len(hard) == read, (len(hard), read)
assert len(hard) == len(set(hard)), hard
print(len(faults), "faults checked")
END
