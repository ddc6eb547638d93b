#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh - run the generator with some seeds; all must agree with the model.
# usage: run.sh SOFTFAULT PAGING MEMORY_MODEL.exe "SEED..." OPERATIONS EVERY [OPTION...]
# SOFTFAULT_OPTIONS in the environment: further options of softfault run, such as --check.
set -u
softfault=$1 paging=$2 program=$3 seeds=$4 operations=$5 every=$6
shift 6
failed=0
for seed in $seeds; do
    # shellcheck disable=SC2086 # the options are several words
    output=$("$softfault" run --paging "$paging" ${SOFTFAULT_OPTIONS-} "$program" "$seed" "$operations" "$every" "$@" 2>&1)
    status=$?
    output=$(printf '%s' "$output" | tr -d '\r')
    if [ "$status" != 0 ] || [ "$output" != "seed $seed: $operations operations agree" ]; then
        echo "seed $seed under $paging: exit status $status"
        printf '%s\n' "$output"
        failed=1
    fi
done
exit $failed
