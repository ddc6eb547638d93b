#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# wine.sh - the generator under Wine, on a real processor: a second judge of the model.
# usage: wine.sh MEMORY_MODEL.exe "SEED..." OPERATIONS DIFFERENCES
# Copies are left out: Wine writes through the host's view even into reserved pages, so that contents differ from then on.
# Differences that match no line of DIFFERENCES fail the test; exit status 77 (skipped) where there is no Wine.
set -u
program=$1 seeds=$2 operations=$3 known=$4
command -v "${WINE:=wine}" >/dev/null || exit 77
work=$(mktemp -d)
# Wine's server goes some seconds after the last program.
trap 'rm -rf "$work" 2>/dev/null || { sleep 5; rm -rf "$work"; }' EXIT
export WINEPREFIX="$work/prefix" WINEDEBUG=-all HOME="$work"

# Does a line of the list, a shell pattern, match?
is_known() {
    while IFS= read -r pattern; do
        case $pattern in '' | '#'*) continue ;; esac
        # shellcheck disable=SC2254 # it is a pattern
        case $1 in $pattern) return 0 ;; esac
    done <"$known"
    return 1
}

failed=0
for seed in $seeds; do
    "$WINE" "$program" "$seed" "$operations" 500 collect coarse without=copy >"$work/out.crlf" 2>"$work/err"
    status=$?
    tr -d '\r' <"$work/out.crlf" >"$work/out"
    if [ "$status" -gt 1 ] || ! grep -q '^seed [0-9]*: [0-9]* operations done' "$work/out"; then
        grep -q 'Bad EXE format\|not supported on this' "$work/err" && exit 77 # Wine of the other width alone
        echo "seed $seed: exit status $status"
        cat "$work/out" "$work/err"
        failed=1
    fi
    sed -n 's/^difference: //p' "$work/out" >"$work/differences"
    while IFS= read -r difference; do
        if ! is_known "$difference"; then
            echo "seed $seed: $difference"
            failed=1
        fi
    done <"$work/differences"
done
exit $failed
