#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# missing_import.sh - a missing import is reported by name when it is called, not before.
# usage: missing_import.sh SOFTFAULT PROGRAM.exe
out=$("$1" run --wall-limit 60 "$2" 2>"${TMPDIR:-/tmp}/missing.$$" </dev/null)
status=$?
err=$(cat "${TMPDIR:-/tmp}/missing.$$")
rm -f "${TMPDIR:-/tmp}/missing.$$"
fail() { printf '%s\nexit %s\nstdout: %s\nstderr: %s\n' "$1" "$status" "$out" "$err"; exit 1; }

case $out in *"after the call"*) fail "the call returned" ;; esac
case $out in *"before the call"*) ;; *) fail "ended before the call" ;; esac
case $err in *NoSuchFunctionAnywhere*) ;; *) fail "the function is not named" ;; esac
case $err in *kernel32*) ;; *) fail "the DLL is not named" ;; esac
[ $status != 0 ] || fail "looks like a success"
