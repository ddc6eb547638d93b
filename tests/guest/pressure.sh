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

# The host has no room for the page file: the user is told so, once, and where; the machine's own size is not blamed.
(
    ulimit -f 1000
    TMPDIR=$work "$softfault" run --paging "$paging" --ram 4M "$program" "$megabytes" >/dev/null 2>"$work/full"
)
if [ "$(grep -c "page file fails on this computer, in $work: .*ulimit -f" "$work/full")" != 1 ] || grep -q 'are full' "$work/full"; then
    echo "a limit of file sizes:"
    cat "$work/full"
    failed=1
fi
TMPDIR=$work/none "$softfault" run --paging "$paging" "$program" "$megabytes" >"$work/got" 2>"$work/err"
if [ $? != 125 ] || ! grep -q "^softfault: no page file of 128 MB in $work/none: .*set TMPDIR" "$work/err"; then
    echo "no folder for the page file:"
    cat "$work/err"
    failed=1
fi
exit $failed
