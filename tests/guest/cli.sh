#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# cli.sh - what the command line answers: TAP, one test for each row.
# usage: cli.sh SOFTFAULT HELLO.exe X64.exe SOME.dll HUGE_STACK.exe HUGE_STACK_64.exe
softfault=$1 hello=$2 x64=$3 dll=$4 huge_stack=$5 huge_stack_64=$6
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0

ok() { count=$((count + 1)); echo "ok $count - $1"; }
not_ok() {
    count=$((count + 1))
    echo "not ok $count - $1: $2"
    sed 's/^/# stderr: /' "$work/err"
}

# refused TEXT ARGUMENT...: exit 125, nothing on stdout, one line on stderr that holds TEXT.
refused() {
    text=$1
    shift
    "$softfault" "$@" >"$work/out" 2>"$work/err" </dev/null
    status=$?
    if [ $status != 125 ]; then not_ok "softfault $*" "exit status $status"
    elif [ -s "$work/out" ]; then not_ok "softfault $*" "wrote to stdout"
    elif [ "$(wc -l <"$work/err")" != 1 ]; then not_ok "softfault $*" "not one line on stderr"
    elif ! grep -qF -- "$text" "$work/err"; then not_ok "softfault $*" "does not say: $text"
    else ok "softfault $*"
    fi
}

# answers STATUS TEXT ARGUMENT...: this exit status, TEXT on stdout.
answers() {
    want=$1 text=$2
    shift 2
    "$softfault" "$@" >"$work/out" 2>"$work/err" </dev/null
    status=$?
    if [ $status != "$want" ]; then not_ok "softfault $*" "exit status $status, not $want"
    elif ! grep -qF -- "$text" "$work/out"; then not_ok "softfault $*" "does not print: $text"
    else ok "softfault $*"
    fi
}

absent() { if [ -e "$2" ]; then not_ok "$1" "$2 exists"; else ok "$1"; fi; }

: >"$work/empty.exe"
echo 'hello, I am text' >"$work/text.exe"
head -c 600 "$hello" >"$work/cut.exe"
{ printf 'MZ'; head -c 200 /dev/zero; } >"$work/dos.exe"
mkdir "$work/folder"
mkfifo "$work/pipe.exe"

# Command and options
answers 0 'softfault run' --help
answers 0 'Exit status' run --help
answers 0 'softfault ' --version
"$softfault" >"$work/out" 2>"$work/err" </dev/null
if [ $? = 125 ] && [ ! -s "$work/out" ] && grep -q '^usage: softfault run' "$work/err" && grep -q -e '--help' "$work/err"
then ok 'softfault alone prints its usage on stderr'
else not_ok 'softfault alone prints its usage on stderr' 'it does not'
fi
refused 'frobnicate: no such command' frobnicate
refused '--ram: a command comes first' --ram 64M run "$hello"
refused 'which program?' run
refused 'which program?' trace
refused '--frobnicate: unknown option' run --frobnicate "$hello"
refused '--ram: missing argument' run --ram
refused '--ram 12X: give a size' run --ram 12X "$hello"
refused '--ram -1: give a size' run --ram=-1 "$hello"
refused '--ram 1: give a size' run --ram 1 "$hello"
refused '--ram 99999999999999999999: give a size' run --ram 99999999999999999999 "$hello"
refused '--ram 17179869184G: give a size' run --ram 17179869184G "$hello"
refused '--ram 4194305: give a multiple of the page size, 4K' run --ram 4194305 "$hello"
refused '--pagefile lots: give a size' run --pagefile lots "$hello"
refused '--pagefile 0: 0 means none' run --pagefile 1M --pagefile 0 "$hello"
refused '--pagefile 1M: 0 means none' run --pagefile 0 --pagefile 1M "$hello"
answers 0 'hello, world' run --pagefile 0 "$hello"
TMPDIR=$work/none
export TMPDIR
refused "no page file of 128 MB in $work/none: " run "$hello"
unset TMPDIR
refused '--paging ia64: give x86, pae or x64' run --paging ia64 "$hello"
for moves in 0 -1 x 1x ''; do
    refused "--check-every $moves: give a number of moves" run "--check-every=$moves" "$hello"
done
answers 0 'hello, world' run --check-every 1 "$hello"
for word in 1 '' trim trim= trim=0 trim=x trim=3x trim=-1 pagein-error=1001 commit-fail=5% pagefile-full=1 seed=18446744073709551616 Trim=1; do
    refused "--inject $word: \"$word\" is none of trim=N" run "--inject=$word" "$hello"
done
refused '--inject trim=5,,seed=1: "" is none of' run --inject trim=5,,seed=1 "$hello"
refused '--inject trim=5,seed=1,: "" is none of' run --inject trim=5,seed=1, "$hello"
refused '--inject seed=1,frim=5,x: "frim=5" is none of' run --inject seed=1,frim=5,x "$hello"
refused '--inject: missing argument' run --inject
answers 0 'hello, world' run --inject trim=5,pagein-error=0,pagefile-full,commit-fail=0,seed=0x10 "$hello"
answers 0 'hello, world' run --check --inject seed=7,trim=1,seed=8 "$hello"
refused '--dep maybe: give optin' run --dep maybe "$hello"
refused '--dep : give optin' run --dep= "$hello"
refused '--seed dice: give a number' run --seed dice "$hello"
refused '--dir D: give GUEST=HOST' run --dir D "$hello"
refused "--dir data=$work: the guest's side" run --dir "data=$work" "$hello"
refused "$work/nothing is no folder" run --dir "D:=$work/nothing" "$hello"
refused '--time-limit soon: give seconds' run --time-limit soon "$hello"
refused '--time-limit 0: give seconds' run --time-limit 0 "$hello"
refused '--wall-limit 1.5: give whole seconds' run --wall-limit 1.5 "$hello"
refused '--format belongs to softfault trace' run --format text "$hello"
refused '--format xml: give text or jsonl' trace --format xml "$hello"
refused '"faults" is no event' trace --events image,faults "$hello"
refused "--dll-path $work/folder: no ntdll.dll there" run --dll-path "$work/folder" "$hello"
refused "--dll-path $work/nothing: no such folder" run --dll-path "$work/nothing" "$hello"

# Not there yet
refused 'a 32-bit program, which needs x86 or pae paging' run --paging x64 "$hello"
for option in --3gb --userva=3000; do
    refused "${option%%=*}: not there yet" run "$option" "$hello"
done

# The program
refused 'nothing.exe: No such file or directory' run "$work/nothing.exe"
refused 'this is a directory' run "$work/folder"
refused 'not a regular file' run "$work/pipe.exe"
refused 'the file is empty' run "$work/empty.exe"
refused 'text.exe: not a PE file (no MZ signature)' run "$work/text.exe"
refused 'dos.exe: a DOS program' run "$work/dos.exe"
refused 'cut.exe: ' run "$work/cut.exe"
refused 'a 64-bit program, which needs x64 paging' run --paging pae "$x64"
refused 'a 64-bit program, which needs x64 paging' run --paging x86 "$x64"
answers 0 'hello, world' run --check --dep alwayson "$hello"
answers 0 'hello, world' run "$x64"
answers 0 'hello, world' run --paging x64 "$x64"
answers 0 'hello, world' run --ram 64G "$hello"
answers 0 'hello, world' run --paging x86 --ram 4G "$hello"
answers 0 'hello, world' run --ram 1T "$x64"
refused '--ram 2T: give a size' run --ram 2T "$x64"
refused 'PAE page tables reach 64 GB of RAM at most' run --ram 65G "$hello"
refused 'x86 page tables reach 4 GB of RAM at most' run --paging x86 --ram 8G "$hello"
refused 'this is a DLL' run "$dll"
refused 'cannot make the stack that its header asks for (status 0xC0000017): it does not fit' run "$huge_stack"
refused 'RAM and page file are too small for it; give more with --ram or --pagefile' run "$huge_stack_64"
answers 0 'hello, world' run --ram 64M --pagefile 2200M "$huge_stack_64"
if [ "$(id -u)" != 0 ]; then
    cp "$hello" "$work/secret.exe"
    chmod 0 "$work/secret.exe"
    refused 'Permission denied; you need the right to read it' run "$work/secret.exe"
fi

# -o
refused "-o $work/nowhere/trace: No such file or directory" trace -o "$work/nowhere/trace" "$hello"
refused "-o $work/folder: Is a directory" trace -o "$work/folder" "$hello"
"$softfault" trace -o /dev/full "$hello" >"$work/out" 2>"$work/err" </dev/null
if [ $? = 125 ] && grep -q '/dev/full: No space left on device' "$work/err"; then ok 'a full disk is told'
else not_ok 'a full disk is told' 'it is not'
fi
refused 'text.exe: not a PE file' trace -o "$work/never" "$work/text.exe"
absent 'a program that never ran leaves no trace file' "$work/never"
"$softfault" trace -o "$work/trace" "$hello" >"$work/out" 2>"$work/err" </dev/null
if [ -s "$work/trace" ] && tail -n 1 "$work/trace" | grep -q '^  all '; then ok 'the trace file is whole'
else not_ok 'the trace file is whole' 'no totals at its end'
fi
left=$(find "$work" -name '*partial*')
if [ -n "$left" ]; then not_ok 'no partial file is left' "$left"; else ok 'no partial file is left'; fi

echo "1..$count"
