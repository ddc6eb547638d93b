#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Print the tables of characters that the guest DLLs include: case (ntdll), types and sorting and code pages (kernel32).

The source is Python's unicodedata in its version 3.2, the one that NT 5.2 is nearest to and that no newer Python
changes.  A table is two levels: an index of 256 blocks, and the blocks that differ; entries that a whole block shares are
differences from the character itself, so that most blocks are the same."""
import sys
import unicodedata

UCD = unicodedata.ucd_3_2_0
BMP = range(0x10000)
BIDI = {'L': 1, 'R': 2, 'AL': 2, 'EN': 3, 'ES': 4, 'ET': 5, 'AN': 6, 'CS': 7, 'B': 8, 'S': 9, 'WS': 10, 'ON': 11}
CATEGORY = [UCD.category(chr(c)) for c in BMP]


def assigned(c):
    return CATEGORY[c] not in ('Cn', 'Cs', 'Co')


def mapped(c, to, back):
    """The other case of a character, where the way back leads to it again."""
    other = to(chr(c))
    if not assigned(c) or len(other) != 1 or ord(other) > 0xFFFF or not assigned(ord(other)) or back(other) != chr(c):
        return c
    return ord(other)


UPPER = [mapped(c, str.upper, str.lower) for c in BMP]
LOWER = [mapped(c, str.lower, str.upper) for c in BMP]


def print_table(name, kind, entries):
    """entries: 65536 initialisers."""
    blocks, index = [], []
    for start in range(0, 0x10000, 256):
        block = entries[start:start + 256]
        if block not in blocks:
            blocks.append(block)
        index.append(blocks.index(block))
    assert len(blocks) < 256
    print(f'static const UCHAR {name}_index[256] = {{{", ".join(map(str, index))}}};')
    print(f'static const {kind} {name}_blocks[{len(blocks)}][256] = {{')
    for block in blocks:
        print('{' + ', '.join(map(str, block)) + '},')
    print('};')


def type_1(c):
    """CT_CTYPE1: C1_UPPER 1, LOWER 2, DIGIT 4, SPACE 8, PUNCT 10, CNTRL 20, BLANK 40, XDIGIT 80, ALPHA 100, DEFINED 200."""
    category, bits = CATEGORY[c], 0
    if category == 'Cn':
        return 0
    if c in range(9, 14):
        bits |= 0x28
    elif category == 'Cc':
        bits |= 0x20
    if category in ('Zs', 'Zl', 'Zp'):
        bits |= 0x08
    if category == 'Zs' or c == 9:
        bits |= 0x40
    if category == 'Nd':
        bits |= 0x04
    elif UCD.digit(chr(c), None) is not None and c < 0x100:
        bits |= 0x14
    if category[0] in 'PS':
        bits |= 0x10
    if category[0] == 'L':
        bits |= 0x100 | {'Lu': 1, 'Ll': 2, 'Lt': 3}.get(category, 0)
    if c < 0x80 and chr(c) in '0123456789abcdefABCDEF':
        bits |= 0x80
    return bits or 0x200


def type_3(c):
    """CT_CTYPE3: NONSPACING 1, SYMBOL 8, KATAKANA 10, HIRAGANA 20, HALFWIDTH 40, FULLWIDTH 80, IDEOGRAPH 100, ALPHA 8000."""
    category, name = CATEGORY[c], UCD.name(chr(c), '')
    bits = 0
    if category in ('Cn', 'Cc'):
        return 0
    if category in ('Mn', 'Me'):
        bits |= 1
    if category[0] in 'PS':
        bits |= 8
    if 'KATAKANA' in name:
        bits |= 0x10
    if 'HIRAGANA' in name:
        bits |= 0x20
    width = UCD.east_asian_width(chr(c))
    bits |= 0x40 if width in ('Na', 'H') else 0x80 if width in ('F', 'W') else 0
    if name.startswith('CJK UNIFIED') or name.startswith('CJK COMPAT'):
        bits |= 0x100
    return bits | (0x8000 if category[0] == 'L' else 0)


def print_types():
    entries, records = [], []
    numbers = {}
    for c in BMP:
        record = (type_1(c), BIDI.get(UCD.bidirectional(chr(c)), 0) if CATEGORY[c] != 'Cc' or c in range(9, 14) or
                  c in range(0x1C, 0x20) else 0, type_3(c))
        if record not in numbers:
            numbers[record] = len(records)
            records.append(record)
        entries.append(numbers[record])
    assert len(records) <= 256
    print(f'static const USHORT type_records[{len(records)}][3] = {{')
    for record in records:
        print('{%d, %d, %d},' % record)
    print('};')
    print_table('type', 'UCHAR', entries)


MARKS = {c: 1 + n % 253 for n, c in enumerate(c for c in BMP if CATEGORY[c] == 'Mn')}
COMPATIBLE = 254    # another form of the same character


def sort_class(c):
    """The groups of characters in the order in which they sort; 0: no weight."""
    category = CATEGORY[c]
    if category in ('Cn', 'Cc', 'Cf', 'Cs', 'Co', 'Mn', 'Me'):
        return 0
    if category in ('Zs', 'Zl', 'Zp'):
        return 1
    if category == 'Sm' and chr(c) not in '|~':
        return 3
    if category[0] in 'PS':
        return 2
    return 4 if category[0] == 'N' else 5


def sort_entry(c):
    """{difference to the character that it sorts with, weight of its marks, class, 1 capital + 2 wide}"""
    if CATEGORY[c] == 'Mn':
        return '{0, %d, 0, 0}' % MARKS[c]
    if not sort_class(c):
        return '{0, 0, 0, 0}'
    if 0xAC00 <= c < 0xD7A4:
        return '{0, 0, 5, 0}'
    form = UCD.decomposition(chr(c)).split(' ')[0]
    text = [ord(x) for x in UCD.normalize('NFKD', chr(c))]
    base = [x for x in text if x not in MARKS]
    marks = sum(MARKS[x] for x in text if x in MARKS) & 0xFF
    flags = (1 if LOWER[c] != c else 0) | (2 if form == '<wide>' else 0)
    if len(base) != 1 or not sort_class(base[0]):
        base, marks = [c], 0
    elif form.startswith('<') and form not in ('<wide>', '<narrow>'):
        marks = COMPATIBLE
    low = LOWER[base[0]]
    return '{%d, %d, %d, %d}' % ((low - c) & 0xFFFF, marks, sort_class(low), flags)


def print_code_page(number, codec):
    high = [b for b in range(0x80, 0x100)]
    for i, b in enumerate(high):
        try:
            high[i] = ord(bytes([b]).decode(codec))
        except UnicodeDecodeError:
            pass    # stands for the control character of the same number
    print(f'static const WCHAR high_{number}[128] = {{{", ".join(map(hex, high))}}};')


print('/* Generated by mknls.py. */')
if sys.argv[1] == 'case':
    print_table('upper', 'USHORT', [(UPPER[c] - c) & 0xFFFF for c in BMP])
    print_table('lower', 'USHORT', [(LOWER[c] - c) & 0xFFFF for c in BMP])
elif sys.argv[1] == 'types':
    print_types()
elif sys.argv[1] == 'sort':
    print('struct sort_entry { USHORT difference; UCHAR marks; UCHAR class : 4, flags : 4; };')
    print_table('sort', 'struct sort_entry', [sort_entry(c) for c in BMP])
else:
    print_code_page(1252, 'cp1252')
    print_code_page(437, 'cp437')
