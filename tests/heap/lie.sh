#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# lie.sh - a test that the test can fail: where the table of blocks is made wrong, the program stops and says where.
# usage: lie.sh SOFTFAULT HEAP_MODEL.exe
set -u
output=$("$1" run "$2" 1 2000 500 lie=300 2>&1 </dev/null | tr -d '\r')
case $output in
"seed 1, thread "*", operation "*": expected "*", got "*) exit 0 ;;
esac
printf '%s\n' "$output"
exit 1
