# SPDX-License-Identifier: GPL-2.0-or-later
# common.sh - what the tests of others' programs share.  Sourced.
#
# The programs are in SOFTFAULT_PE (tools/fetch_programs.sh); without it, or without a program, a test is skipped.

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

skip() {
    echo "skipped: $1"
    exit 77
}

# need FILE: skip without it.
need() {
    [ -f "$1" ] || skip "$1 is not there"
}

# guest STATUS OPTION... -- PROGRAM ARGUMENT...: run it; output goes to $work/out without carriage returns.
guest() {
    want=$1
    shift
    options=
    while [ "$1" != -- ]; do
        options="$options $1"
        shift
    done
    shift
    # shellcheck disable=SC2086 # options are words without blanks
    "$softfault" run --wall-limit 280 $options "$@" >"$work/raw" 2>"$work/err" </dev/null
    status=$?
    tr -d '\r' <"$work/raw" >"$work/out"
    if [ $status != "$want" ]; then
        echo "not ok: $(basename "$1") $2: exit status $status, expected $want"
        sed 's/^/  /' "$work/out" "$work/err" | tail -12
        failures=$((failures + 1))
    fi
}

# check WHAT COMMAND...: it succeeds.
check() {
    what=$1
    shift
    if "$@" >"$work/check" 2>&1; then
        echo "ok: $what"
    else
        echo "not ok: $what"
        sed 's/^/  /' "$work/check" "$work/out" | tail -20
        failures=$((failures + 1))
    fi
}

finish() {
    [ $failures = 0 ]
    exit
}
