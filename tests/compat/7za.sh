#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# 7za.sh - 7za (7zip-bin 5.2.0) makes an archive, tests it, lists it and extracts it.
# usage: 7za.sh SOFTFAULT PYTHON WIDTH
set -u
softfault=$1 python=$2 width=$3
[ -n "${SOFTFAULT_PE:-}" ] || skip=1
. "$(dirname "$0")/common.sh"
[ -z "${skip:-}" ] || skip 'SOFTFAULT_PE is not set'
program=$SOFTFAULT_PE/7zip-bin-5.2.0/package/win/$width/7za.exe
need "$program"
mkdir -p "$work/data/in/folder"
printf 'hello\n' >"$work/data/in/a.txt"
: >"$work/data/in/empty"
"$python" -c "
import random, sys
sys.stdout.buffer.write(random.Random(1).randbytes(50000) + b'repeat me ' * 5000)" >"$work/data/in/folder/b.bin"

rw="--dir D:=$work/data:rw"
for kind in 7z zip; do
    # shellcheck disable=SC2086
    guest 0 $rw -- "$program" a -bd -mx1 "D:\\x.$kind" 'D:\in\*'
    check "$kind: made" grep -q 'Everything is Ok' "$work/out"
    # shellcheck disable=SC2086
    guest 0 $rw -- "$program" t -bd "D:\\x.$kind"
    check "$kind: tested" grep -q 'Everything is Ok' "$work/out"
    # shellcheck disable=SC2086
    guest 0 $rw -- "$program" l "D:\\x.$kind"
    check "$kind: listed" grep -q '100000 .*folder.b.bin$' "$work/out"
    # shellcheck disable=SC2086
    guest 0 $rw -- "$program" x -bd -y "-oD:\\out_$kind" "D:\\x.$kind"
    check "$kind: extracted" diff -r "$work/data/in" "$work/data/out_$kind"
done
check 'zip: as Python reads it' "$python" -c "
import sys, zipfile
z = zipfile.ZipFile(sys.argv[1] + '/x.zip')
assert z.testzip() is None
assert z.read('folder/b.bin') == open(sys.argv[1] + '/in/folder/b.bin', 'rb').read()" "$work/data"
# A damaged archive is no archive.
printf 'damaged' | dd of="$work/data/x.7z" bs=1 seek=40 conv=notrunc 2>/dev/null
# shellcheck disable=SC2086
guest 2 $rw -- "$program" t -bd 'D:\x.7z'
finish
