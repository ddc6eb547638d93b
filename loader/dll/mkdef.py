#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Print the .def file of a DLL for one width, x86 or x64.

Name@8 (the bytes that a stdcall function pops) is plain Name on x64; an ordinal (Name @8) stays.  A line marked "; x86 only" or "; x64 only" is left
out of the other width.  services.inc adds the Nt and Zw name of each system service."""
import re
import sys

_, width, _, *inputs = sys.argv


def entry(line):
    return line if width == 'x86' else re.sub(r'(?<=\w)@\d+', '', line)


for path in inputs:
    with open(path, encoding='ascii') as f:
        text = f.read()
    if path.endswith('.inc'):
        for name, count in re.findall(r'^SERVICE (\w+), (\d+)$', text, re.MULTILINE):
            for prefix in ('Nt', 'Zw'):
                print(entry(f'{prefix}{name}@{int(count) * 4}'))
        continue
    for line in text.splitlines():
        only = re.search(r'; (x\d\d) only$', line)
        if not line.startswith(';') and (only is None or only.group(1) == width):
            print(entry(line.split(';')[0].rstrip()))
