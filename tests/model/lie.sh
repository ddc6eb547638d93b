#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# lie.sh - a test that the test can fail: where the model is made to lie, the generator stops, tells the operation and
# the ten last ones.
# usage: lie.sh SOFTFAULT MEMORY_MODEL.exe
set -u
output=$("$1" run "$2" 1 60 60 lie=40 without=touch without=fill without=copy 2>/dev/null </dev/null)
status=$?
lines=$(printf '%s\n' "$output" | grep -c '^  [0-9]* Nt')
if [ "$status" != 1 ] || [ "$lines" -lt 10 ] || ! printf '%s\n' "$output" | grep -q '^seed 1: operation 40 differs' ||
    ! printf '%s\n' "$output" | grep -q '^status: expected .*, came '; then
    echo "exit status $status, output:"
    printf '%s\n' "$output"
    exit 1
fi
