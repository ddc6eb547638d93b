#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# resources.sh - a program that gives a copy of itself resources, and runs it; the copy seen by a parser of our own.
# usage: resources.sh PYTHON SOFTFAULT PAGING resources.exe TRANSCRIPT
set -u
python=$1 softfault=$2 paging=$3 program=$4 transcript=$5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/data"

"$softfault" run --paging "$paging" --wall-limit 60 --dir "D:=$work/data:rw" "$program" >"$work/out" </dev/null
status=$?
tr -d '\r' <"$work/out" >"$work/got"
"$python" "$(dirname "$0")/list_resources.py" "$work/data/copy.exe" >>"$work/got" 2>&1
echo "listed: $?" >>"$work/got"
sed -n -e 's/^> \{0,1\}//p' "$transcript" >"$work/want"
if [ $status != 0 ]; then
    echo "exit status $status"
    exit 1
fi
diff -u "$work/want" "$work/got"
