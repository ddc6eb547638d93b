#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# flat.sh - run a program that is one copy-on-write run: it writes to the page that it runs from.
# usage: flat.sh SOFTFAULT PROGRAM.exe
out=$("$1" trace --wall-limit 30 "$2" 2>&1 </dev/null)
status=$?
fail() { printf '%s\nexit %s\n%s\n' "$1" "$status" "$out"; exit 1; }

[ $status = 7 ] || fail "exit status $status, not 7"
printf '%s\n' "$out" | grep -qx flat || fail "printed nothing"
case $out in *CopyOnWrite*flat*) ;; *) fail "no page was copied" ;; esac
