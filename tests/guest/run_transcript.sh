#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run_transcript.sh - run a sample and compare with its transcript.
# usage: run_transcript.sh SOFTFAULT PAGING SAMPLE.exe TRANSCRIPT
#
# A transcript line is one of
#   # ...         why the lines below are as they are (a public source for each fact)
#   > text        a line of the program's output
#   report> text  the report on stderr holds this text
#   exit> N       softfault's exit status
#   options> ...  softfault's own, separated by blanks
#   arguments> ...  the program's own, likewise
#   input> text   a line of D:\input.txt (D: is a folder that the program may write to)
#   output> text  a line that D:\output.txt has at the end
# "x86 >", "pae report>", "x86 exit>"... hold under that paging alone.
set -u
softfault=$1 paging=$2 sample=$3 transcript=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The lines of a kind that hold under this paging, without their marks.
lines() {
    sed -n -e "s/^\($paging \)\{0,1\}$1> \{0,1\}//p" "$transcript"
}

lines '' >"$work/want"
lines input >"$work/input"
if [ -s "$work/input" ]; then
    mkdir "$work/D"
    sed 's/$/\r/' "$work/input" >"$work/D/input.txt"
fi
# shellcheck disable=SC2046 # options and arguments are words
"$softfault" run --paging "$paging" --wall-limit 60 $(lines options) \
    $([ -d "$work/D" ] && echo "--dir=D:=$work/D:rw") "$sample" $(lines arguments) >"$work/out.crlf" 2>"$work/err" </dev/null
status=$?
tr -d '\r' <"$work/out.crlf" >"$work/out"

failed=0
if ! diff -u "$work/want" "$work/out"; then
    echo "output differs from $transcript under $paging (- expected, + printed)"
    failed=1
fi
lines output >"$work/output"
if [ -s "$work/output" ] && ! tr -d '\r' <"$work/D/output.txt" | diff -u "$work/output" -; then
    echo 'D:\output.txt differs (- expected, + written)'
    failed=1
fi
want=$(lines exit)
if [ "$status" != "${want:-0}" ]; then
    echo "exit status $status, expected ${want:-0}"
    failed=1
fi
lines report >"$work/report"
while IFS= read -r text; do
    if ! grep -qF -- "$text" "$work/err"; then
        echo "stderr does not say: $text"
        failed=1
    fi
done <"$work/report"
if [ ! -s "$work/report" ] && [ -s "$work/err" ]; then
    echo "stderr should be empty"
    failed=1
fi
[ $failed = 0 ] || sed 's/^/stderr: /' "$work/err"
exit $failed
