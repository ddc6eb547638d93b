#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# bad_dll.sh - a program whose DLL is no image for it does not start: one line names the DLL, exit status 125.  TAP.
# usage: bad_dll.sh SOFTFAULT PROGRAM.exe DLL DLL_OF_THE_OTHER_WIDTH
softfault=$1 program=$2 dll=$3 other=$4
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cp "$(dirname "$dll")"/*.dll "$work" && cp "$program" "$work/program.exe"
name=$(basename "$dll")
count=0
echo 1..5

# expect STATUS WORDS: what the run ends with, and what its line says.
expect() {
    count=$((count + 1))
    "$softfault" run --wall-limit 60 "$work/program.exe" >/dev/null 2>"$work/err" </dev/null
    status=$?
    [ $status = "$1" ] && { [ -z "$2" ] || grep -qF "$name $2" "$work/err"; } && [ "$(wc -l <"$work/err")" -le 1 ] || printf 'not '
    echo "ok $count - $3 (exit $status: $(cat "$work/err"))"
}

cp "$dll" "$work/$name"
expect 0 '' "the DLL as it is"
: >"$work/$name"
expect 125 'is no valid image' "an empty file"
head -c 700 "$dll" >"$work/$name"
expect 125 'is no valid image' "a truncated one"
cp "$other" "$work/$name"
expect 125 'is no valid image' "one of the other width"
rm "$work/$name"
"$softfault" run --wall-limit 60 "$work/program.exe" >/dev/null 2>"$work/err" </dev/null
[ $? = 125 ] && grep -qF "needs $name" "$work/err" || printf 'not '
echo "ok 5 - none ($(cat "$work/err"))"
