#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""List the resources of a PE file and check what its headers say: an implementation of its own, from the PE specification.

usage: list_resources.py FILE"""
import struct
import sys

with open(sys.argv[1], 'rb') as f:
    data = f.read()
pe, = struct.unpack_from('<I', data, 0x3C)
assert data[pe:pe + 4] == b'PE\0\0', 'signature'
count, = struct.unpack_from('<H', data, pe + 6)
optional_size, = struct.unpack_from('<H', data, pe + 20)
optional = pe + 24
wide = struct.unpack_from('<H', data, optional)[0] == 0x20B
section_alignment, file_alignment = struct.unpack_from('<II', data, optional + 32)
image_size, headers_size, checksum = struct.unpack_from('<III', data, optional + 56)
directories = optional + (112 if wide else 96)
sections = [struct.unpack_from('<8s4I', data, optional + optional_size + 40 * i) for i in range(count)]

end = headers_size
raw_end = headers_size
for name, size, rva, raw_size, raw in sections:
    assert rva >= end and rva % section_alignment == 0, f'{name}: overlaps'
    assert raw_size == 0 or raw >= raw_end, f'{name}: overlaps in the file'
    assert raw % file_alignment == 0 and raw_size % file_alignment == 0, f'{name}: alignment'
    assert raw + raw_size <= len(data), f'{name}: ends behind the file'
    end = rva + size
    raw_end = max(raw_end, raw + raw_size)
assert image_size == -(-end // section_alignment) * section_alignment, 'SizeOfImage'


def at(rva):
    for _, _, start, raw_size, raw in sections:
        if start <= rva < start + raw_size:
            return raw + rva - start
    raise AssertionError(f'{rva:#x} is in no section')


relocations, relocations_size = struct.unpack_from('<II', data, directories + 5 * 8)
position = 0
while position < relocations_size: # the blocks follow each other to the very end
    page, size = struct.unpack_from('<II', data, at(relocations) + position)
    assert page % 4096 == 0 and page < image_size and size >= 8, 'relocations'
    position += size
assert position == relocations_size, 'relocations'

total = 0
for i in range(0, len(data), 2):
    word = int.from_bytes(data[i:i + 2], 'little')
    total += 0 if i in (optional + 64, optional + 66) else word
    total = (total & 0xFFFF) + (total >> 16)
assert checksum in (0, total + len(data)), 'CheckSum'

root_rva, root_size = struct.unpack_from('<II', data, directories + 2 * 8)
root = at(root_rva)


def walk(offset, path):
    names, numbers = struct.unpack_from('<HH', data, root + offset + 12)
    last = None
    for i in range(names + numbers):
        name, target = struct.unpack_from('<II', data, root + offset + 16 + 8 * i)
        assert (name >> 31 == 1) == (i < names), 'names come first'
        if name >> 31:
            name_at = root + (name & 0x7FFFFFFF)
            length, = struct.unpack_from('<H', data, name_at)
            key = data[name_at + 2:name_at + 2 + 2 * length].decode('utf-16-le')
        else:
            key = name
        assert i in (0, names) or last < key, 'not sorted'
        last = key
        if target >> 31:
            walk(target & 0x7FFFFFFF, path + [key])
            continue
        assert len(path) == 2, 'depth'
        rva, size, _, reserved = struct.unpack_from('<4I', data, root + target)
        assert rva % 4 == 0 and reserved == 0 and root_rva <= rva and rva + size <= root_rva + root_size, 'data'
        print(*path, key, size, data[at(rva):at(rva) + min(size, 8)])


walk(0, [])
