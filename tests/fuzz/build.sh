#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# build.sh - compile the fuzz target and what it tests (mmu, mm, loader) with clang's sanitizers, whatever the project's
# compiler is.
# usage: build.sh CLANG SOURCE_ROOT OUTPUT DEPFILE TARGET.c PER_FORMAT.c...
#   PER_FORMAT.c: what is compiled once for each paging format; the other sources of the three folders once.
set -e
clang=$1 root=$2 output=$3 depfile=$4 target=$5
shift 5
objects=$output.objects
rm -rf "$objects"
mkdir -p "$objects"

name_of() { echo "$(basename "$(dirname "$1")")_$(basename "$1" .c)"; }

# A line for each object: SOURCE OBJECT FLAGS.  The fuzzer sees where all code goes, but what it compares only in the
# loader and the target: loops over page-table entries would take half of the time.
blind=-fsanitize-coverage=inline-8bit-counters,pc-table
per_format=' '
{
    for source; do
        name=$(name_of "$source")
        per_format="$per_format$name "
        for format in 0 1 2; do echo "$source $objects/${name}_$format.o $blind -DPTE_FORMAT=$format"; done
    done
    for source in "$target" "$root"/mmu/*.c "$root"/mm/*.c "$root"/loader/*.c; do
        name=$(name_of "$source")
        case $per_format/$name in
        *" $name "*) ;;
        */fuzz_* | */loader_*) echo "$source $objects/$name.o -fsanitize=fuzzer-no-link" ;;
        *) echo "$source $objects/$name.o $blind" ;;
        esac
    done
} >"$objects/list"

export clang root
xargs -P "$(nproc)" -L 1 sh -c '
    source=$1 object=$2
    shift 2
    exec "$clang" -std=gnu11 -O2 -g -MMD -fno-omit-frame-pointer -fno-sanitize-recover=all \
        -fsanitize=address,undefined -I"$root" "$@" -c "$source" -o "$object"' sh <"$objects/list"
"$clang" -fsanitize=fuzzer,address,undefined "$objects"/*.o -o "$output"

# One rule for the output out of the rules for the objects.
{ printf '%s: ' "$output"; cat "$objects"/*.d | tr -d '\\' | tr -s ' \n' '\n\n' | grep '\.[ch]$' | sort -u | tr '\n' ' '; echo; } \
    >"$depfile"
