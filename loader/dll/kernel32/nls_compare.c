/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nls_compare.c - strings in the order of the locale.
 *
 * A string is a row of elements.  An element has a group (space, punctuation, symbols, digits, letters) with the small
 * letter without marks that the character comes from, the weight of its marks, and its form (capital, wide).  Strings
 * differ first in groups and letters, then in marks, then in forms.  In a word sort the hyphen and the apostrophe count
 * last of all.  CompareString and the sort keys of LCMapString use the same elements, so that they agree. */
#include "k32.h"
#include "nls_sort.inc"

struct element {
    ULONG primary; /* 0: marks without a letter */
    UCHAR marks;
    UCHAR form;
};

enum { FORM_CAPITAL = 1, FORM_WIDE = 2, FORM_KATAKANA = 4 };

struct walk {
    const WCHAR *text;
    int left;
    DWORD flags;
    WCHAR pending; /* the second letter of one that stands for two */
    UCHAR pending_form;
    ULONG last_words; /* hyphens and apostrophes passed over: a weight */
};

static const struct sort_entry *entry_of(WCHAR c)
{
    return &sort_blocks[sort_index[c >> 8]][c & 0xFF];
}

/* Letters that sort as two. */
static WCHAR expand(WCHAR *c)
{
    static const struct {
        WCHAR c, first, second;
    } pairs[] = {
        {0xE6, 'a', 'e'}, {0xC6, 'A', 'E'},  {0xDF, 's', 's'},  {0xFE, 't', 'h'},
        {0xDE, 'T', 'H'}, {0x153, 'o', 'e'}, {0x152, 'O', 'E'},
    };

    for (unsigned i = 0; *c >= 0xC6 && i < ARRAYSIZE(pairs); i++) {
        if (pairs[i].c == *c) {
            *c = pairs[i].first;
            return pairs[i].second;
        }
    }
    return 0;
}

static bool is_passed_over(struct walk *w, WCHAR c, const struct sort_entry *entry)
{
    if ((w->flags & NORM_IGNORESYMBOLS) && entry->class >= 1 && entry->class <= 3)
        return true;
    if ((w->flags & SORT_STRINGSORT) || (c != L'-' && c != L'\'' && c != 0xAD))
        return false;
    w->last_words = w->last_words * 31 + (c == L'\'' ? 1 : 2) + (ULONG)w->left * 8;
    return true;
}

/* Katakana sorts as the hiragana of the same sound. */
static WCHAR without_kana(WCHAR c, UCHAR *form)
{
    if (c < 0x30A1 || c > 0x30F6)
        return c;
    *form |= FORM_KATAKANA;
    return (WCHAR)(c - 0x60);
}

/* => false: the end. */
static bool next_element(struct walk *w, struct element *ret)
{
    while (w->pending != 0 || w->left > 0) {
        WCHAR c = w->pending;
        bool second = c != 0;
        if (second) {
            w->pending = 0;
        } else {
            c = *w->text++;
            w->left--;
            w->pending = expand(&c);
        }
        const struct sort_entry *entry = entry_of(c);
        if ((entry->class == 0 && entry->marks == 0) || is_passed_over(w, c, entry))
            continue;
        UCHAR form = entry->flags;
        WCHAR letter = without_kana((WCHAR)(c + entry->difference), &form);
        ret->primary = entry->class != 0 ? (ULONG)entry->class << 16 | letter : 0;
        ret->marks = entry->marks;
        ret->form = form;
        while (w->pending == 0 && w->left > 0 && entry_of(*w->text)->class == 0) {
            ret->marks = (UCHAR)(ret->marks + entry_of(*w->text++)->marks);
            w->left--;
        }
        if (w->flags & NORM_IGNORENONSPACE) {
            ret->marks = 0;
            if (ret->primary == 0)
                continue;
        }
        if (w->flags & NORM_IGNORECASE)
            ret->form &= (UCHAR)~FORM_CAPITAL;
        if (w->flags & NORM_IGNOREWIDTH)
            ret->form &= (UCHAR)~FORM_WIDE;
        if (w->flags & NORM_IGNOREKANATYPE)
            ret->form &= (UCHAR)~FORM_KATAKANA;
        return true;
    }
    return false;
}

/* => -1, 0, 1 */
int k32_compare(DWORD flags, const WCHAR *a, int a_length, const WCHAR *b, int b_length)
{
    struct walk x = {.text = a, .left = a_length, .flags = flags}, y = {.text = b, .left = b_length, .flags = flags};
    int marks = 0, form = 0;

    for (;;) {
        struct element i = {0}, j = {0};
        bool more_x = next_element(&x, &i), more_y = next_element(&y, &j);
        if (!more_x && !more_y)
            break;
        if (more_x != more_y)
            return more_x ? 1 : -1;
        if (i.primary != j.primary)
            return i.primary < j.primary ? -1 : 1;
        if (marks == 0 && i.marks != j.marks)
            marks = i.marks < j.marks ? -1 : 1;
        if (form == 0 && i.form != j.form)
            form = i.form < j.form ? -1 : 1;
    }
    int words = x.last_words == y.last_words ? 0 : x.last_words < y.last_words ? -1 : 1;
    return marks != 0 ? marks : form != 0 ? form : words;
}

enum {
    COMPARE_FLAGS = NORM_IGNORECASE | NORM_IGNORENONSPACE | NORM_IGNORESYMBOLS | NORM_IGNOREKANATYPE |
                    NORM_IGNOREWIDTH | SORT_STRINGSORT | LOCALE_USE_CP_ACP,
    LINGUISTIC = 0x30, /* LINGUISTIC_IGNORECASE, LINGUISTIC_IGNOREDIACRITIC: the other two under newer names */
};

static DWORD plain_flags(DWORD flags)
{
    return flags | (flags & 0x10 ? NORM_IGNORECASE : 0) | (flags & 0x20 ? NORM_IGNORENONSPACE : 0);
}

int WINAPI CompareStringW(LCID locale, DWORD flags, const WCHAR *a, int a_length, const WCHAR *b, int b_length)
{
    if (a == NULL || b == NULL || !k32_is_locale(locale))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (flags & ~(DWORD)(COMPARE_FLAGS | LINGUISTIC))
        return k32_fail_with(ERROR_INVALID_FLAGS);
    if (a_length < 0)
        a_length = (int)k32_wcslen(a);
    if (b_length < 0)
        b_length = (int)k32_wcslen(b);
    return CSTR_EQUAL + k32_compare(plain_flags(flags), a, a_length, b, b_length);
}

int WINAPI CompareStringA(LCID locale, DWORD flags, const char *a, int a_length, const char *b, int b_length)
{
    int result = 0;

    if (a == NULL || b == NULL)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (a_length < 0)
        a_length = lstrlenA(a);
    if (b_length < 0)
        b_length = lstrlenA(b);
    WCHAR *x = k32_wide_counted(a, a_length), *y = k32_wide_counted(b, b_length);
    if (x != NULL && y != NULL)
        result = CompareStringW(locale, flags, x, a_length, y, b_length);
    k32_free(x);
    k32_free(y);
    return result;
}

/* ---- sort keys ---- */

struct key {
    BYTE *buffer;
    int size, used;
};

static void give(struct key *key, ULONG byte)
{
    if (key->used < key->size)
        key->buffer[key->used] = (BYTE)byte;
    key->used++;
}

/* One byte for each element from 2 on; what the last elements have in common with plain ones is left out. */
static void give_weights(struct key *key, struct walk walk, bool forms)
{
    struct element e;
    int plain = 0;

    while (next_element(&walk, &e)) {
        UCHAR weight = forms ? e.form : e.marks;
        if (weight == 0) {
            plain++;
            continue;
        }
        for (; plain > 0; plain--)
            give(key, 2);
        give(key, weight < 0xFC ? weight + 3u : 0xFF);
    }
}

/* Primary weights, 01, marks, 01, forms, 01, hyphens and apostrophes, 00: keys compare as bytes.
 * => the bytes of the key; more than size: it did not fit. */
int k32_sort_key(DWORD flags, const WCHAR *text, int length, BYTE *buffer, int size)
{
    struct key key = {buffer, size, 0};
    struct walk start = {.text = text, .left = length, .flags = plain_flags(flags)}, walk = start;
    struct element e;

    while (next_element(&walk, &e)) {
        ULONG low = e.primary & 0xFFFF;
        give(&key, 2 + (e.primary >> 16));
        give(&key, 2 + low / (253 * 253)); /* three bytes that are none of the marks 00 and 01 */
        give(&key, 2 + low / 253 % 253);
        give(&key, 2 + low % 253);
    }
    give(&key, 1);
    give_weights(&key, start, false);
    give(&key, 1);
    give_weights(&key, start, true);
    give(&key, 1);
    for (ULONG words = walk.last_words; words != 0; words /= 253)
        give(&key, 2 + words % 253);
    give(&key, 0);
    return key.used;
}
