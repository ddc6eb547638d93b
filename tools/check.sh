#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check.sh - set up, build, run the test suite (all but "slow"), then again under AddressSanitizer and UndefinedBehaviorSanitizer.
# The last line is "N passed, N failed", summed over both; the exit status is 0 only where nothing failed.
set -eu
cd "$(dirname "$0")/.."

sh tools/setup.sh

passed=0
failed=0

# sum LOG WORD...: the numbers behind these words in meson's summary ("Ok:  12").
sum() {
    log=$1
    shift
    words=$(printf '%s|' "$@")
    awk -F: -v words="^(${words%|}):" '$0 ~ words { n += $2 } END { print n + 0 }' "$log"
}

# suite FOLDER SETUP-OPTION...: build in FOLDER and run every test there but the slow ones (meson test --suite slow).
suite() {
    folder=$1
    shift
    echo "== $folder"
    mkdir -p "$folder"
    log=$folder/check.log
    if { [ -f "$folder/build.ninja" ] || meson setup "$folder" "$@"; } && ninja -C "$folder"; then
        meson test -C "$folder" --no-rebuild --no-suite slow --print-errorlogs >"$log" 2>&1 || true
        cat "$log"
        passed=$((passed + $(sum "$log" 'Ok' 'Expected Fail')))
        failed=$((failed + $(sum "$log" 'Fail' 'Unexpected Pass' 'Timeout')))
        grep -q '^Ok: ' "$log" && return
    fi
    echo "== $folder: the tests did not run"
    failed=$((failed + 1))
}

suite build
export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1"
suite build-asan -Db_sanitize=address,undefined -Db_lundef=false

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
