#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# rcedit.sh - rcedit 4.0.1 changes the version and the icon of a program.
# usage: rcedit.sh SOFTFAULT PYTHON LIST_RESOURCES NAME.exe SUBJECT.exe
set -u
softfault=$1 python=$2 list=$3 name=$4 subject=$5
[ -n "${SOFTFAULT_PE:-}" ] || skip=1
. "$(dirname "$0")/common.sh"
[ -z "${skip:-}" ] || skip 'SOFTFAULT_PE is not set'
rcedit=$SOFTFAULT_PE/rcedit-4.0.1/package/bin/$name
need "$rcedit"
mkdir "$work/data"
cp "$subject" "$work/data/subject.exe"

# An icon of 16 by 16 points.
"$python" - "$work/data/a.ico" <<'END'
import struct
import sys
image = struct.pack('<IiiHHIIiiII', 40, 16, 32, 1, 32, 0, 16 * 16 * 4 + 64, 0, 0, 0, 0) + bytes(range(256)) * 4 + bytes(64)
with open(sys.argv[1], 'wb') as f:
    f.write(struct.pack('<HHH', 0, 1, 1) + struct.pack('<BBBBHHII', 16, 16, 0, 0, 1, 32, len(image), 22) + image)
END

rw="--dir D:=$work/data:rw"
# shellcheck disable=SC2086
guest 0 $rw -- "$rcedit" 'D:\subject.exe' --set-version-string FileDescription 'Hello, world' \
    --set-version-string CompanyName 'Nobody' --set-file-version 1.2.3.4 --set-icon 'D:\a.ico'
check 'the headers and the directory are right' "$python" "$list" "$work/data/subject.exe"

"$python" "$list" "$work/data/subject.exe" >"$work/listed"
check 'icon' grep -q '^3 1 1033 1128 ' "$work/listed"
check 'group of icons' grep -q '^14 .* 20 ' "$work/listed"
check 'version' grep -q '^16 1 1033 ' "$work/listed"
# shellcheck disable=SC2086
guest 0 $rw -- "$rcedit" 'D:\subject.exe' --get-version-string FileDescription
check 'description' grep -qx 'Hello, world' "$work/out"
# shellcheck disable=SC2086
guest 0 $rw -- "$rcedit" 'D:\subject.exe' --get-version-string CompanyName
check 'company' grep -qx 'Nobody' "$work/out"
check 'the version in the file' "$python" -c "
import sys
data = open(sys.argv[1], 'rb').read()
at = data.index(bytes.fromhex('bd04effe'))
assert data[at + 8:at + 16] == bytes.fromhex('0200010004000300'), data[at:at + 16]" "$work/data/subject.exe"
# shellcheck disable=SC2086
guest 1 $rw -- "$rcedit" 'D:\none.exe' --get-version-string FileDescription
# The program with its new resources still runs.
guest 0 -- "$work/data/subject.exe"
check 'it runs' test -s "$work/out"
finish
