#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh - a fuzz target for some seconds; fails when it finds something, which it keeps as crash-* (timeout-*, leak-*,
# oom-*) in the current folder.  The corpus stays as it is: what is new goes into a folder that vanishes.
# usage: run.sh TARGET CORPUS SECONDS
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/new"
"$1" -max_total_time="$3" -max_len=262144 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
    "$work/new" "$2" >"$work/log" 2>&1
status=$?
grep -v -e '^#[0-9]' -e '# Uses: ' "$work/log"
exit $status
