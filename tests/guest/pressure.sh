#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# pressure.sh - a program whose data does not fit in RAM computes what it computes with plenty, whatever makes room.
# usage: pressure.sh SOFTFAULT PAGING PRESSURE.exe MEGABYTES
set -u
softfault=$1 paging=$2 program=$3 megabytes=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

"$softfault" run --paging "$paging" --ram 128M "$program" "$megabytes" >"$work/want" || failed=1
[ "$(wc -l <"$work/want")" = 5 ] || failed=1
for options in '--ram 4M' '--ram 4M --replacement fifo' '--ram 5M --pagefile 2M,128M' '--ram 4M --pagefile 8M --pagefile 128M'; do
    # shellcheck disable=SC2086 # options are words
    "$softfault" trace --paging "$paging" $options --events pagewrite,pageread -o "$work/trace" "$program" "$megabytes" >"$work/got"
    status=$?
    if [ $status != 0 ] || ! cmp -s "$work/want" "$work/got"; then
        echo "$options: exit $status, or other results:"
        diff "$work/want" "$work/got"
        failed=1
    fi
    for event in pagewrite pageread; do
        if ! grep -q "$event .*pagefile" "$work/trace"; then
            echo "$options: no $event"
            failed=1
        fi
    done
done
exit $failed
