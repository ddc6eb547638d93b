#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Print ntdll.def: the exports of ntdll.def.in and, for each line of services.inc, its Nt and Zw names."""
import re
import sys

services, exports = sys.argv[1:]
with open(exports, encoding='ascii') as f:
    print(f.read(), end='')
with open(services, encoding='ascii') as f:
    for name, count in re.findall(r'^SERVICE (\w+), (\d+)$', f.read(), re.MULTILINE):
        for prefix in ('Nt', 'Zw'):
            print(f'{prefix}{name}@{int(count) * 4}')
