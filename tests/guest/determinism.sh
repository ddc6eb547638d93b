#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# determinism.sh - same program, options and seed: the same trace, byte for byte.
# usage: determinism.sh SOFTFAULT PAGING SAMPLE.exe
#
# The second run differs in all that must not matter: time, environment, current folder, file descriptors.
set -u
softfault=$(realpath "$1") paging=$2 sample=$(realpath "$3")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

same() {
    cmp "$work/$1" "$work/$2" || { diff "$work/$1" "$work/$2" | head -n 10; exit 1; }
}

for format in text jsonl; do
    "$softfault" trace --paging "$paging" --events all --format $format -o "$work/first" "$sample" \
        >"$work/out1" 2>"$work/err1" </dev/null
    first=$?
    (cd / && exec env -i NOISE="$(date)$$" "$softfault" trace --paging "$paging" --events all --format $format \
        -o "$work/second" "$sample" >"$work/out2" 2>"$work/err2" </dev/null 7</dev/null)
    second=$?
    if [ $first != $second ]; then
        echo "exit statuses $first and $second"
        exit 1
    fi
    same first second
    same out1 out2
    same err1 err2
    [ "$(wc -l <"$work/first")" -gt 20 ] || { echo "the $format trace is suspiciously short"; exit 1; }
done
