#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run_files.sh - run a file program over folders made for it, compare with its transcript, and look that nothing outside
# of them was touched.
# usage: run_files.sh SOFTFAULT PAGING PROGRAM.exe TRANSCRIPT [private]
#
# D: is a folder that may be written, E: one that may not; beside them lies "outside".  private: what is written to D: is
# the program's alone: it sees the same, and the host's folder stays as it was.  The transcript is that of
# run_transcript.sh, and has lines of one more kind:
#   host> NAME SIZE   what D: holds in the end; a folder has no size, a link " -> TARGET"
set -u
softfault=$1 paging=$2 program=$3 transcript=$4 private=${5:-}
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
mkdir "$work/d" "$work/e" "$work/outside" "$work/program"
cp "$program" "$work/program/program.exe"

if [ "$(basename "$transcript")" = file_escape.txt ]; then
    mkdir "$work/d/sub"
    echo file >"$work/d/sub/file"
    ln -s ../outside "$work/d/out"
    ln -s ../outside/file "$work/d/secret"
    ln -s "$work/outside/file" "$work/d/absolute"
    ln -s .. "$work/d/up"
    ln -s loop "$work/d/loop"
    ln -s ../outside/none "$work/d/dangling"
    ln -s sub "$work/d/in"
    mkfifo "$work/d/fifo"
fi
limit=unlimited
[ "$(basename "$transcript")" = file_full.txt ] && limit=$((64 * 1024 / 512))
echo old >"$work/e/old"
echo precious >"$work/outside/file"
mkdir "$work/outside/folder"
touch -d '2001-01-01 00:00 UTC' "$work/e/old" "$work/outside/file"

# Everything but D: names, kinds, sizes, times, links, contents.
outside() {
    (cd "$work" && find e outside program -printf '%p %y %m %s %T@ %l\n' && find . -maxdepth 1 -printf '%p\n' &&
        find e outside program -type f -exec cksum {} +) | grep -v '^\./\(want\|out\|err\|before\|after\|host\|holds\|report\)' |
        LC_ALL=C sort
}

lines() {
    sed -n -e "s/^\($paging \)\{0,1\}$1> \{0,1\}//p" "$transcript"
}

holds() {
    (cd "$work/d" && find . -mindepth 1 \( -type f -printf '%P %s\n' -o -type l -printf '%P -> %f\n' -o -printf '%P\n' \)) |
        LC_ALL=C sort
}

way=:rw
if [ "$private" ]; then
    way=
    holds >"$work/holds_before"
fi
outside >"$work/before"
lines '' >"$work/want"
# shellcheck disable=SC2046,SC3045 # options are words; ulimit -f is POSIX
(ulimit -f $limit && exec "$softfault" run --paging "$paging" --wall-limit 60 --dir "D:=$work/d$way" --dir "E:=$work/e:ro" $(lines options) \
    "$work/program/program.exe") >"$work/out.crlf" 2>"$work/err" </dev/null
status=$?
tr -d '\r' <"$work/out.crlf" >"$work/out"
rm -f "$work/out.crlf"

failed=0
check() {
    if ! diff -u "$1" "$2"; then
        echo "$3 under $paging"
        failed=1
    fi
}
outside >"$work/after"
check "$work/before" "$work/after" "something outside of D: was touched"
check "$work/want" "$work/out" "output differs from $transcript (- expected, + printed)"
lines host >"$work/host"
[ "$private" ] && mv "$work/holds_before" "$work/host"
holds >"$work/holds"
check "$work/host" "$work/holds" "D: holds something else (- expected, + there)"
if [ $status != 0 ]; then
    echo "exit status $status"
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
