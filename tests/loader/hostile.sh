#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# hostile.sh - malformed programs end in an orderly way: the right exit status, one clear line where they cannot run,
# never a crash of softfault or a hang.  TAP, one test for each program of make_hostile.
# usage: hostile.sh SOFTFAULT MAKE_HOSTILE 32|64
softfault=$1 make=$2 form=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0

"$make" "$work" "$form" >"$work/list" || { echo "Bail out! cannot make the programs"; exit 1; }
while read -r name want text; do
    count=$((count + 1))
    case $name in import-itself.exe | export-*) cp "$work/$name" "$work/self.exe"; program=self.exe ;; *) program=$name ;; esac
    timeout 60 "$softfault" run --wall-limit 30 "$work/$program" >"$work/out" 2>"$work/err" </dev/null
    status=$?
    why=
    [ $status = "$want" ] || why="exit status $status, not $want"
    [ "$text" = - ] || grep -qF -- "$text" "$work/err" || why="$why; does not say: $text"
    [ $status != 125 ] || [ "$(wc -l <"$work/err")" = 1 ] || why="$why; not one line on stderr"
    if [ -z "$why" ]; then
        echo "ok $count - $name"
    else
        echo "not ok $count - $name: $why"
        sed 's/^/# stderr: /' "$work/err"
    fi
done <"$work/list"
echo "1..$count"
