#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# io.sh - arguments, input, output, folders and exit codes between the guest and the host: TAP.
# usage: io.sh SOFTFAULT IO.exe
softfault=$1 program=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
mkdir "$work/data"
printf 'line 1\nline 2\n' >"$work/data/in.txt"
: >"$work/empty"

# check NAME GOT WANT
check() {
    count=$((count + 1))
    if [ "$2" = "$3" ]; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        printf 'got: %s\nwant: %s\n' "$2" "$3" | sed 's/^/# /'
        sed 's/^/# stderr: /' "$work/err"
    fi
}

# guest [OPTION...] -- ARGUMENT...: stdout without CR; status in $work/status.
guest() {
    options=
    while [ "$1" != -- ]; do options="$options $1"; shift; done
    shift
    # shellcheck disable=SC2086
    { "$softfault" run $options --wall-limit 60 "$program" "$@" 2>"$work/err"; echo $? >"$work/status"; } | tr -d '\r'
}
status() { cat "$work/status"; }

# shellcheck disable=SC1003
check 'arguments' "$(guest -- args a 'b c' '' 'd"e' 'f\' 'g\"h' </dev/null)" "[a]
[b c]
[]
[d\"e]
[f\\]
[g\\\"h]"
check 'options after the program are its own' "$(guest -- args --ram --help -o </dev/null)" '[--ram]
[--help]
[-o]'
check 'standard input' "$(guest -- cat <"$work/data/in.txt")" 'line 1
line 2'
check 'empty standard input' "$(guest -- cat <"$work/empty")" ''
for code in 0 1 3 200; do
    guest -- exit $code </dev/null
    check "exit code $code" "$(status)" $code
done
guest -- exit 300 </dev/null
check 'exit code 300 modulo 256' "$(status)" 44

guest --dir "D:=$work/data" -- copy 'D:\in.txt' NUL </dev/null
check 'a folder is read' "$(status)" 0
guest --dir "D:=$work/data" -- copy 'D:\in.txt' 'D:\out.txt' </dev/null
check 'a folder takes writes' "$(status)" 0
check 'that vanish' "$(ls "$work/data")" 'in.txt'
guest --dir "D:=$work/data:ro" -- copy 'D:\in.txt' 'D:\out.txt' </dev/null
check 'a read-only folder refuses writes' "$(status)" 2
check 'and stays as it was' "$(ls "$work/data")" 'in.txt'
guest --dir "D:=$work/data:rw" -- copy 'D:\in.txt' 'D:\out.txt' </dev/null
check 'a folder with :rw is written' "$(cat "$work/data/out.txt" 2>/dev/null)" 'line 1
line 2'
guest --dir "C:\\data=$work/data" -- copy 'C:\data\in.txt' 'NUL' </dev/null
check 'a folder inside of C:' "$(status)" 0
guest --dir "D:=$work/data" -- copy 'D:\..\empty' NUL </dev/null
check 'no way out of the folder' "$(status)" 1
guest -- copy 'D:\in.txt' NUL </dev/null
check 'no drive that was not given' "$(status)" 1
echo "1..$count"
