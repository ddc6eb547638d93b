#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# corpus.sh - the images to start from: those of make_corpus, and what mingw made.
# usage: corpus.sh MAKE_CORPUS FOLDER IMAGE...
set -e
make=$1 folder=$2
shift 2
rm -rf "$folder"
mkdir -p "$folder"
"$make" "$folder"
number=0
for image; do # numbered: both widths use the same names
    number=$((number + 1))
    cp "$image" "$folder/$number-$(basename "$image")"
done
