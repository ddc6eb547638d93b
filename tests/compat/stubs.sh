#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# stubs.sh - the stubs of setuptools (cli) and distlib (t), which start the python.exe that a script names.
# usage: stubs.sh SOFTFAULT PYTHON BITS PYTHON.exe
#
# They are looked for in SOFTFAULT_PE/stubs and where the host's Python keeps setuptools and pip.
set -u
softfault=$1 python=$2 bits=$3 guest_python=$4
. "$(dirname "$0")/common.sh"

# stub NAME: its path.
stub() {
    "$python" - "$1" "${SOFTFAULT_PE:-}" <<'END'
import glob
import os
import sys
import sysconfig
name, folder = sys.argv[1:]
site = sysconfig.get_paths()['purelib']
places = [folder + '/stubs', site + '/setuptools', site + '/pip/_vendor/distlib', '/usr/lib/python3/dist-packages/*',
          '/usr/lib/python3/dist-packages/pip/_vendor/distlib', os.path.expanduser('~/.pyenv/versions/*/lib/python3*/site-packages/*'),
          os.path.expanduser('~/.pyenv/versions/*/lib/python3*/site-packages/pip/_vendor/distlib')]
found = [f for place in places for f in glob.glob(f'{place}/{name}')]
print(found[0] if found else '')
END
}

cli=$(stub "cli-$bits.exe")
t=$(stub "t$bits.exe")
[ -n "$cli$t" ] || skip "neither cli-$bits.exe nor t$bits.exe is there"
mkdir "$work/data"
cp "$guest_python" "$work/data/python.exe"

# expect WHAT SCRIPT FLAG: what python.exe says that it was given.
expect() {
    printf 'python: 5 arguments\n  [%s]\n  [C:\\work\\%s]\n  [one]\n  [two words]\n  [q"uote]\n' "$3" "$2" >"$work/want"
    check "$1" diff "$work/want" "$work/out"
}

if [ -n "$cli" ]; then
    cp "$cli" "$work/data/cli.exe"
    printf '#!C:\\work\\python.exe -u\nprint(1)\n' >"$work/data/cli-script.py"
    guest 7 -- "$work/data/cli.exe" one 'two words' 'q"uote'
    expect "cli-$bits.exe" cli-script.py -u
    rm "$work/data/cli-script.py"
    guest 2 -- "$work/data/cli.exe" one
fi
if [ -n "$t" ]; then
    "$python" - "$t" "$work/data/tool.exe" <<'END'
import io
import sys
import zipfile
archive = io.BytesIO()
with zipfile.ZipFile(archive, 'w') as z:
    z.writestr('__main__.py', 'print(1)\n')
with open(sys.argv[1], 'rb') as stub, open(sys.argv[2], 'wb') as tool:
    tool.write(stub.read() + b'#!C:\\work\\python.exe -E\n' + archive.getvalue())
END
    guest 7 -- "$work/data/tool.exe" one 'two words' 'q"uote'
    expect "t$bits.exe" tool.exe -E
fi
finish
