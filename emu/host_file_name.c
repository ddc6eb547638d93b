/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_file_name.c - names of files as NT has them: which are valid, which are the same, which a pattern means.
 *
 * Case is that of NT's own table for the alphabets that have one in it: Latin, Greek, Cyrillic, Armenian, and the
 * full-width forms.  It is no matter of the host's locale. */
#include "emu/host_file.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "emu/guest.h"

/* Ranges of small letters: each is by away from its capital; step 2: every second one, from first on. */
static const struct {
    uint16_t first, last, step;
    int by;
} small_letters[] = {
    {0x61, 0x7A, 1, -0x20},     {0xE0, 0xF6, 1, -0x20},   {0xF8, 0xFE, 1, -0x20},   {0xFF, 0xFF, 1, 0x79},
    {0x101, 0x12F, 2, -1},      {0x133, 0x137, 2, -1},    {0x13A, 0x148, 2, -1},    {0x14B, 0x177, 2, -1},
    {0x17A, 0x17E, 2, -1},      {0x3AC, 0x3AC, 1, -0x26}, {0x3AD, 0x3AF, 1, -0x25}, {0x3B1, 0x3C1, 1, -0x20},
    {0x3C2, 0x3C2, 1, -0x1F},   {0x3C3, 0x3CB, 1, -0x20}, {0x3CC, 0x3CC, 1, -0x40}, {0x3CD, 0x3CE, 1, -0x3F},
    {0x430, 0x44F, 1, -0x20},   {0x451, 0x45C, 1, -0x50}, {0x45E, 0x45F, 1, -0x50}, {0x461, 0x481, 2, -1},
    {0x491, 0x4BF, 2, -1},      {0x561, 0x586, 1, -0x30}, {0x1E01, 0x1E95, 2, -1},  {0x1EA1, 0x1EF9, 2, -1},
    {0xFF41, 0xFF5A, 1, -0x20},
};

static uint16_t upcase(uint16_t unit)
{
    for (size_t i = 0; i < sizeof small_letters / sizeof small_letters[0]; i++) {
        if (unit < small_letters[i].first)
            return unit;
        if (unit <= small_letters[i].last && (unit - small_letters[i].first) % small_letters[i].step == 0)
            return (uint16_t)(unit + small_letters[i].by);
    }
    return unit;
}

static bool is_ascii(const char *name)
{
    while (*name && (unsigned char)*name < 0x80)
        name++;
    return *name == 0;
}

bool host_name_equal(const char *a, const char *b)
{
    if (strcasecmp(a, b) == 0) /* the host's locale is C's: ASCII alone */
        return true;
    return !is_ascii(a) && !is_ascii(b) && host_name_compare(a, b) == 0;
}

int host_name_compare(const char *a, const char *b)
{
    uint16_t first[HOST_COMPONENT_UNITS], second[HOST_COMPONENT_UNITS];
    uint32_t na = utf16_from_utf8(a, first, HOST_COMPONENT_UNITS),
             nb = utf16_from_utf8(b, second, HOST_COMPONENT_UNITS);
    for (uint32_t i = 0; i < na && i < nb; i++) {
        int difference = (int)upcase(first[i]) - (int)upcase(second[i]);
        if (difference)
            return difference;
    }
    return na == nb ? 0 : na < nb ? -1 : 1;
}

/* UTF-8 that is well formed comes back from UTF-16 as it was. */
static bool is_utf8(const char *name, size_t length)
{
    char copy[HOST_COMPONENT_MAX], again[HOST_COMPONENT_MAX];
    uint16_t units[HOST_COMPONENT_UNITS];
    memcpy(copy, name, length);
    copy[length] = 0;
    uint32_t count = utf16_from_utf8(copy, units, HOST_COMPONENT_UNITS);
    return utf8_from_utf16(units, count, again, sizeof again) && strcmp(copy, again) == 0;
}

ntstatus_t host_name_check(const char *name, size_t length)
{
    if (length == 0 || length >= HOST_COMPONENT_MAX)
        return STATUS_OBJECT_NAME_INVALID;
    if (name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.')))
        return STATUS_OBJECT_NAME_INVALID;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)name[i] < 0x20 || strchr("\\/<>:\"|?*", name[i]))
            return STATUS_OBJECT_NAME_INVALID;
    return is_utf8(name, length) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_INVALID;
}

/* --- Patterns ------------------------------------------------------------------------------------------------
 *
 * The rules are those of FsRtlIsNameInExpression's documentation.  All places of the pattern where the name read so far
 * may stand are kept in one set, so that no pattern takes longer than its length times the name's. */

enum wildcard {
    DOS_STAR = '<', /* any characters but the last dot */
    DOS_QM = '>',   /* one character; none at a dot or at the end */
    DOS_DOT = '"',  /* a dot; nothing at the end */
};

struct pattern {
    const uint16_t *units;
    uint32_t length;
};

/* Places that can be reached from those in the set without reading anything; next: what comes, 0 at the end. */
static void skip(const struct pattern *pattern, bool set[HOST_COMPONENT_UNITS + 1], uint16_t next)
{
    for (uint32_t i = 0; i < pattern->length; i++) {
        uint16_t unit = pattern->units[i];
        bool may = unit == '*' || unit == DOS_STAR || (unit == DOS_QM && (next == '.' || next == 0)) ||
                   (unit == DOS_DOT && next == 0);
        if (set[i] && may)
            set[i + 1] = true;
    }
}

/* May the element take the character, and does it stay in its place then? */
static bool takes(uint16_t element, uint16_t unit, bool last_dot, bool *ret_stays)
{
    *ret_stays = element == '*' || element == DOS_STAR;
    switch (element) {
    case '*':
    case '?': return true;
    case DOS_STAR: return !last_dot;
    case DOS_QM: return unit != '.';
    case DOS_DOT: return unit == '.';
    default: return upcase(element) == upcase(unit);
    }
}

static void read_unit(const struct pattern *pattern, bool set[HOST_COMPONENT_UNITS + 1], uint16_t unit, bool last_dot)
{
    bool before[HOST_COMPONENT_UNITS + 1];
    memcpy(before, set, sizeof before);
    memset(set, 0, sizeof before);
    for (uint32_t i = 0; i < pattern->length; i++) {
        bool stays;
        if (before[i] && takes(pattern->units[i], unit, last_dot, &stays))
            set[stays ? i : i + 1] = true;
    }
}

bool host_name_matches(const char *pattern_text, const char *name)
{
    uint16_t pattern_units[HOST_COMPONENT_UNITS], units[HOST_COMPONENT_UNITS];
    bool set[HOST_COMPONENT_UNITS + 1] = {true};
    struct pattern pattern = {pattern_units, utf16_from_utf8(pattern_text, pattern_units, HOST_COMPONENT_UNITS)};
    uint32_t count = utf16_from_utf8(name, units, HOST_COMPONENT_UNITS), last_dot = count;
    for (uint32_t i = 0; i < count; i++)
        if (units[i] == '.')
            last_dot = i;
    for (uint32_t i = 0; i < count; i++) {
        skip(&pattern, set, units[i]);
        read_unit(&pattern, set, units[i], i == last_dot);
    }
    skip(&pattern, set, 0);
    return set[pattern.length];
}
