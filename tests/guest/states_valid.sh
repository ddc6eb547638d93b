#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# states_valid.sh - the thread states in a real trace obey docs/trace-format.md and the rules of emu/sched.h.
# usage: states_valid.sh PYTHON SOFTFAULT PAGING STATE... -- SAMPLE.exe...
#
# All samples together must show each STATE.
set -u
python=$1 softfault=$2 paging=$3
shift 3
states=
while [ "$1" != -- ]; do
    states="$states $1"
    shift
done
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

number=0
for sample in "$@"; do
    number=$((number + 1))
    "$softfault" trace --paging "$paging" --events state,thread --format jsonl -o "$work/$number" "$sample" \
        >/dev/null 2>&1 </dev/null
done
# shellcheck disable=SC2086 # states are words
"$python" - "$work" "$number" $states <<'END'
import json, sys

folder, count, wanted = sys.argv[1], int(sys.argv[2]), set(sys.argv[3:])
moves = {
    None: {"Initialized"},
    "Initialized": {"DeferredReady", "Waiting", "Transition", "Terminated"},
    "DeferredReady": {"Ready"},
    "Ready": {"Standby", "Waiting", "Terminated"},
    "Standby": {"Running"},
    "Running": {"Ready", "Waiting", "Terminated"},
    "Waiting": {"DeferredReady", "Transition", "Terminated"},
    "Transition": {"DeferredReady", "Terminated"},
}
reasons = {"Executive", "UserRequest", "DelayExecution", "Suspended", "WrFreePage", "WrPageIn", "WrKeyedEvent"}
woken_by = {"timer", "memory low", "page awaited", "modified list long", "page file has room", "file to write",
            "commit awaited", "segment unused", "free pages", "stack to bring", "stacks to send", "transfer over"}
seen, checked = set(), 0

for number in range(1, count + 1):
    state, priority, started, ended = {}, {}, set(), set()
    for line in map(json.loads, open(f"{folder}/{number}")):
        tid = line.get("tid")
        if line["ev"] == "thread":
            assert tid not in (started if line["what"] == "start" else ended), line
            (started if line["what"] == "start" else ended).add(tid)
        if line["ev"] != "state":
            continue
        assert tid in started and tid not in ended, line
        assert line["state"] in moves.get(state.get(tid), set()), (state.get(tid), line)
        if line["state"] == "Waiting":
            assert line["reason"] in reasons, line
        elif line["pid"] == 4 and line["state"] == "DeferredReady":
            assert line["reason"] in woken_by, line
        else:
            assert "reason" not in line, line
        assert 0 <= line["priority"] <= 31, line
        state[tid], priority[tid] = line["state"], line["priority"]
        if line["state"] == "Running":
            assert list(state.values()).count("Running") == 1, line
        if line["state"] == "Standby":  # nobody who waits in a queue is more important
            queued = [priority[t] for t in state if state[t] == "Ready"]
            assert not queued or max(queued) <= priority[tid], line
        seen.add(line["state"])
        checked += 1
    assert started and started == ended, (started, ended)
assert wanted <= seen, wanted - seen
print(checked, "moves checked")
END
