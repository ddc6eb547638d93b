#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# build.sh - build a program as Microsoft's compilers would, against our msvcrt, with clang and lld.
# usage: build.sh x86|x64 SOURCE OUTPUT.exe START.c MSVCRT.DEF MKDEF.py PYTHON CLANG LLD_LINK LLVM_DLLTOOL
set -eu
width=$1 source=$2 output=$3 start=$4 def=$5 mkdef=$6 python=$7 clang=$8 lld=$9
shift 9
dlltool=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

case $width in
x86) target=i686-pc-windows-msvc machine=i386 mark=_ ;;
x64) target=x86_64-pc-windows-msvc machine=i386:x86-64 mark= ;;
esac
"$python" "$mkdef" "$width" "$mkdef" "$def" >"$work/msvcrt.def"
"$dlltool" -m "$machine" -k -d "$work/msvcrt.def" -l "$work/msvcrt.lib"
for file in "$source" "$start"; do
    "$clang" --target=$target -O1 -fms-extensions -fexceptions -fcxx-exceptions -Wno-unused-command-line-argument \
        -c "$file" -o "$work/$(basename "$file").obj"
done
# clang names version 7.1's routine; for what it writes, version 6's does the same.
"$lld" /nologo /subsystem:console /entry:mainCRTStartup /nodefaultlib /safeseh:no /Brepro \
    "/alternatename:${mark}__CxxFrameHandler3=${mark}__CxxFrameHandler" "$work"/*.obj "$work/msvcrt.lib" "/out:$output"
