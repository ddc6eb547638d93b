#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# synced.sh - what is flushed, or written through, is on the disk (fsync), with the names of new and renamed files.
# usage: synced.sh SOFTFAULT PAGING synced.exe count_syncs.so
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/top"
cat >"$work/want" <<'END'
a plain write
flushed, with its name
fsync plain
fsync top
flushed again
fsync plain
a view of it is flushed
renamed and flushed
fsync moved
fsync folder
fsync top
written through
fsync through
fsync top
end
END
LD_PRELOAD=$4 "$1" run --paging "$2" --dir "D:=$work/top:rw" "$3" | tr -d '\r' >"$work/got"
diff -u "$work/want" "$work/got"
