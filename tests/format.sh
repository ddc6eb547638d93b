#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# format.sh - every C source is laid out as .clang-format says; those that are not are named.
# usage: format.sh CLANG-FORMAT SOURCE_ROOT
# Mend them: clang-format -i FILE...
cd "$2" || exit 1
work=$(mktemp) || exit 1
trap 'rm -f "$work"' EXIT
find emu loader mm mmu samples tests -name '*.[ch]' -exec "$1" --dry-run -Werror {} + 2>"$work"
status=$?
sed -n 's/^\([^ :]*\):[0-9]*:[0-9]*: error:.*/\1/p' "$work" | sort -u
exit $status
