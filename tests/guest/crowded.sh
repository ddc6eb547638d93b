#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# crowded.sh - programs that use all they are promised come to their end in little memory, with right results: nobody
# waits for ever, dies, or stops the machine.
# usage: crowded.sh SOFTFAULT PAGING CROWDED.exe
set -u
softfault=$1 paging=$2 program=$3
failed=0

# want RAM-and-options -- arguments -- line
want() {
    # shellcheck disable=SC2086 # options and arguments are words
    got=$("$softfault" run --paging "$paging" --check-every 5000 $1 "$program" $2 2>&1)
    status=$?
    got=$(printf '%s' "$got" | tr -d '\r')
    if [ $status != 0 ] || [ "$got" != "$3" ]; then
        echo "$1 $2: exit $status, $got"
        failed=1
    fi
}

want '--ram 4M' 'hogs 12' 'hogs started, wrong 0'
want '--ram 4M --inject trim=50' 'hogs 12' 'hogs started, wrong 0'
want '--ram 5M --replacement fifo' 'hogs 12' 'hogs started, wrong 0'
want '--ram 5M' 'tables 4' 'tables wrong 0, hogs started, wrong 0'
want '--ram 4M' 'tables 6' 'tables wrong 0, hogs started, wrong 0'
want '--ram 4M' 'threads' 'threads many, more yes, wrong 0'
exit $failed
