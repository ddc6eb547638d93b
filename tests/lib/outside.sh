#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The installed library, seen from outside the tree: outside.sh BUILD_DIR SOURCE_DIR HELLO.exe HELLO64.exe [CFLAGS]
# Installs into a temporary folder; compiles the host samples against it with pkg-config alone; runs them.
set -eu
build=$1 source=$2 program=$3 wide=$4 flags=${5-}
stage=$(mktemp -d "${TMPDIR:-/tmp}/softfault-stage.XXXXXX")
trap 'rm -rf "$stage"' EXIT
trap 'exit 1' HUP INT TERM

echo 1..8
number=0
report() { # report "not " or "", name
    number=$((number + 1))
    echo "${1}ok $number - $2"
}
check() { # check NAME FILE PATTERN: does a line of FILE match?
    if grep -Eq -- "$3" "$2"; then report "" "$1"; else sed 's/^/# /' "$2"; report "not " "$1"; fi
}

"${MESON:-meson}" install -C "$build" --no-rebuild --quiet --destdir "$stage" >"$stage/install.log" 2>&1 ||
    { sed 's/^/# /' "$stage/install.log"; exit 1; }
pc=$(dirname "$(find "$stage" -name softfault.pc)")
libraries=$(dirname "$pc")
export PKG_CONFIG_SYSROOT_DIR="$stage"
export PKG_CONFIG_PATH="$pc${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
export LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
cp "$source/samples/host/run_pe.c" "$source/samples/host/plugin.c" "$stage"
cp "$program" "$stage/hello.exe"
cp "$wide" "$stage/hello64.exe"
cd "$stage"

compile() { # compile NAME SOURCE PACKAGE
    # shellcheck disable=SC2046,SC2086
    ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror $flags "$2" $(pkg-config --cflags --libs "$3") -o "$1"
}
compile run_pe run_pe.c softfault
compile plugin plugin.c softfault
compile plugin_alone plugin.c softfault-plugin

for program in hello hello64; do
    ./run_pe $program.exe >run_pe.out 2>&1 || echo "status $?" >run_pe.out
    check "run_pe runs $program" run_pe.out '^hello'
    check "run_pe counts the faults of $program" run_pe.out '^DemandZero +[1-9]'
done
for name in plugin plugin_alone; do
    ./$name >$name.out 2>&1 || echo "status $?" >>$name.out
    check "$name resolves demand-zero faults, and reports the refused one exactly" $name.out \
        '^256 faults resolved; then AccessViolation: write of 0x10100008 at pc 0x100a, status 0xc0000005$'
done
check "plugin goes on" plugin.out '^257 faults resolved; the last store was 1, edi is 0x10101000$'

# The program finds the DLLs that were installed with it: take one away, and it is missed.
mv "$libraries/softfault/msvcrt.dll" .
if "$(find "$stage" -path '*/bin/softfault')" run hello.exe >moved.out 2>&1; then
    report "not " "the installed program uses the installed DLLs"
else
    check "the installed program uses the installed DLLs" moved.out 'msvcrt'
fi
