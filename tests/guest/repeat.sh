#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# repeat.sh - programs with threads, run again and again: one trace, byte for byte, for each seed.
# usage: repeat.sh SOFTFAULT PAGING RUNS SAMPLE.exe...
#
# The environment differs from run to run.
set -u
softfault=$(realpath "$1") paging=$2 runs=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# run SEED NOISE SAMPLE: the sum of all that it says and does.
run() {
    NOISE="$2" "$softfault" trace --paging "$paging" --seed "$1" --events all --format jsonl -o "$work/trace" "$3" \
        >"$work/out" 2>"$work/err" </dev/null
    echo "exit $?"
    cat "$work/trace" "$work/out" "$work/err" | sha256sum
}

failed=0
for sample in "$@"; do
    for seed in 1 2 77; do
        first=$(run "$seed" "" "$sample")
        [ "$(wc -l <"$work/trace")" -gt 100 ] || { echo "$sample: the trace is suspiciously short"; failed=1; }
        cp "$work/trace" "$work/first"
        noise=
        for number in $(seq 2 "$runs"); do
            noise="$noise$number"
            if [ "$(run "$seed" "$noise" "$sample")" != "$first" ]; then
                echo "$sample: seed $seed: run $number differs"
                cmp "$work/first" "$work/trace"
                failed=1
                break
            fi
        done
    done
done
exit $failed
