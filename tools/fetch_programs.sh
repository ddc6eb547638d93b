#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# fetch_programs.sh - the programs of others that tests/compat runs: 7za and rcedit, from the packages of npm.
# usage: fetch_programs.sh FOLDER
#
# => FOLDER/7zip-bin-5.2.0/... and FOLDER/rcedit-4.0.1/...; give FOLDER to the tests as SOFTFAULT_PE.
set -eu
folder=${1:?usage: fetch_programs.sh FOLDER}
mkdir -p "$folder"
cd "$folder"
for package in 7zip-bin@5.2.0 rcedit@4.0.1; do
    name=$(echo "$package" | tr @ -)
    [ -d "$name" ] && continue
    archive=$(npm pack --silent "$package")
    mkdir "$name.part"
    tar -xzf "$archive" -C "$name.part"
    mv "$name.part" "$name"
    rm -f "$archive"
done
