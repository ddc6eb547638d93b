#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# demo.sh - from a fresh machine to a trace: set up, build, show the page faults of a sample.
# usage: sh tools/demo.sh [PROGRAM.exe [ARGUMENT...]]
set -eu
cd "$(dirname "$0")/.."

sh tools/setup.sh
[ -f build/build.ninja ] || meson setup build >build-setup.log || { cat build-setup.log; exit 1; }
rm -f build-setup.log
ninja -C build >build/demo.log || { cat build/demo.log; exit 1; }

if [ $# -gt 0 ]; then
    exec build/softfault trace "$@"
fi
cat <<'END'

samples/tour.c is a Windows program, built by mingw-w64. softfault runs it on an emulated x86 CPU, with page tables and
a memory manager as Windows Server 2003 has them, and prints each page fault:
  SOFT   resolved from memory: DemandZero (a page of zeroes), Prototype (a page of an image or shared memory),
         CopyOnWrite (a private copy of an image page), StackGrowth, Transition
  HARD   read from a file
  RAISE  not resolved: the program gets an exception (and may handle it, as this one does)
What the program itself prints stands between the lines.

END
build/softfault trace build/samples/tour.exe
cat <<'END'

Next: build/softfault --help, the samples in build/samples, docs/using.md; sh tools/check.sh runs the tests.
END
