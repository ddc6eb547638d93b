#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# random_threads.sh - random programs with threads and children: with every law of softfault checked after every
# service and fault, and again without, which must make no difference to what happens.
# usage: random_threads.sh SOFTFAULT PAGING PROGRAM FIRST LAST
set -u
softfault=$1 paging=$2 program=$3 first=$4 last=$5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

run() {
    name=$1 seed=$2
    shift 2
    "$softfault" trace --paging "$paging" --ram 16M --seed "$seed" --wall-limit 60 --events all --format jsonl "$@" \
        -o "$work/$name.trace" "$program" "$seed" >"$work/$name.out" 2>"$work/$name.err" </dev/null
}

failed=0
for seed in $(seq "$first" "$last"); do
    run checked "$seed" --check
    status=$?
    run plain "$seed"
    if [ $status != 0 ] || ! grep -q '^all laws hold: [1-9]' "$work/checked.out" || [ -s "$work/checked.err" ]; then
        echo "seed $seed: exit status $status"
        cat "$work/checked.out" "$work/checked.err"
        failed=1
    fi
    for what in trace out err; do
        cmp "$work/checked.$what" "$work/plain.$what" || failed=1
    done
done
exit $failed
