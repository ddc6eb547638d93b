/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resource_tree.c - a resource directory from a sorted list of resources.
 *
 *     root | a directory for each type | one for each name | names | data entries | data
 *
 * A list that is sorted has the resources of a type, and in it those of a name, next to each other: so every directory
 * is a run of the list. */
#include "resource_file.h"

enum { DIRECTORY = 16, ENTRY = 8, DATA_ENTRY = 16, NAME_ALIGNMENT = 4, DATA_ALIGNMENT = 8, LARGEST = 0x40000000 };

int k32_compare_keys(const struct resource_key *a, const struct resource_key *b)
{
    if (a->text == NULL || b->text == NULL)
        return a->text == b->text ? (int)a->id - b->id : a->text != NULL ? -1 : 1;
    for (WORD i = 0; i < a->length && i < b->length; i++) {
        if (a->text[i] != b->text[i])
            return (int)a->text[i] - b->text[i];
    }
    return (int)a->length - b->length;
}

int k32_compare_resources(const struct resource *a, const struct resource *b)
{
    int order = k32_compare_keys(&a->type, &b->type);

    if (order == 0)
        order = k32_compare_keys(&a->name, &b->name);
    return order != 0 ? order : (int)a->language - b->language;
}

static bool same_type(const struct resource *a, const struct resource *b)
{
    return k32_compare_keys(&a->type, &b->type) == 0;
}

static bool same_name(const struct resource *a, const struct resource *b)
{
    return same_type(a, b) && k32_compare_keys(&a->name, &b->name) == 0;
}

/* Where each part begins. */
struct layout {
    DWORD type_directories, name_directories, names, data_entries, data, end;
};

static DWORD name_bytes(const struct resource_key *key)
{
    return key->text != NULL ? sizeof(WORD) + key->length * (DWORD)sizeof(WCHAR) : 0;
}

static ULONGLONG align(ULONGLONG value, DWORD to)
{
    return (value + to - 1) / to * to;
}

/* => false: too large. */
static bool lay_out(const struct resource *r, DWORD count, struct layout *ret)
{
    ULONGLONG types = 0, names = 0, text = 0, data = 0;

    for (DWORD i = 0; i < count; i++) {
        if (i == 0 || !same_type(&r[i - 1], &r[i])) {
            types++;
            text += name_bytes(&r[i].type);
        }
        if (i == 0 || !same_name(&r[i - 1], &r[i])) {
            names++;
            text += name_bytes(&r[i].name);
        }
        data = align(data, DATA_ALIGNMENT) + r[i].size;
    }
    ULONGLONG type_directories = DIRECTORY + ENTRY * types;
    ULONGLONG name_directories = type_directories + DIRECTORY * types + ENTRY * names;
    ULONGLONG text_at = name_directories + DIRECTORY * names + (ULONGLONG)ENTRY * count;
    ULONGLONG entries = align(text_at + text, NAME_ALIGNMENT);
    ULONGLONG data_at = align(entries + (ULONGLONG)DATA_ENTRY * count, DATA_ALIGNMENT);
    if (data_at + data > LARGEST)
        return false;
    *ret = (struct layout){(DWORD)type_directories, (DWORD)name_directories, (DWORD)text_at,
                           (DWORD)entries,          (DWORD)data_at,          (DWORD)(data_at + data)};
    return true;
}

DWORD k32_resources_size(const struct resource *resources, DWORD count)
{
    struct layout l;

    return lay_out(resources, count, &l) ? l.end : 0;
}

struct writer {
    BYTE *to;
    DWORD rva;
    struct layout next; /* the free place of each part */
};

static void put32(struct writer *w, DWORD at, DWORD value)
{
    k32_memcpy(w->to + at, &value, sizeof value);
}

/* An entry of the directory at `directory`, which counts it; names are written on the way. */
static void put_entry(struct writer *w, DWORD directory, const struct resource_key *key, DWORD target)
{
    WORD counts[2]; /* names, numbers */
    DWORD name = key->id;

    k32_memcpy(counts, w->to + directory + 12, sizeof counts);
    DWORD at = directory + DIRECTORY + ENTRY * ((DWORD)counts[0] + counts[1]);
    counts[key->text != NULL ? 0 : 1]++;
    k32_memcpy(w->to + directory + 12, counts, sizeof counts);
    if (key->text != NULL) {
        name = w->next.names | IMAGE_RESOURCE_NAME_IS_STRING;
        k32_memcpy(w->to + w->next.names, &key->length, sizeof key->length);
        k32_memcpy(w->to + w->next.names + sizeof key->length, key->text, key->length * sizeof(WCHAR));
        w->next.names += name_bytes(key);
    }
    put32(w, at, name);
    put32(w, at + 4, target);
}

static DWORD put_data(struct writer *w, const struct resource *r)
{
    DWORD entry = w->next.data_entries, data = (DWORD)align(w->next.data, DATA_ALIGNMENT);

    put32(w, entry, w->rva + data);
    put32(w, entry + 4, r->size);
    put32(w, entry + 8, r->code_page);
    k32_memcpy(w->to + data, r->data, r->size);
    w->next.data_entries = entry + DATA_ENTRY;
    w->next.data = data + r->size;
    return entry;
}

/* => how many entries a directory has that begins with resource i. */
static DWORD run(const struct resource *r, DWORD count, DWORD i, bool names)
{
    DWORD entries = 0;

    for (DWORD j = i; j < count && (names ? same_type(&r[i], &r[j]) : same_name(&r[i], &r[j])); j++)
        entries += !names || j == i || !same_name(&r[j - 1], &r[j]);
    return entries;
}

void k32_write_resources(const struct resource *resources, DWORD count, DWORD rva, BYTE *to)
{
    struct writer w = {.to = to, .rva = rva};
    DWORD type = 0, name = 0;

    if (!lay_out(resources, count, &w.next))
        return;
    RtlZeroMemory(to, w.next.end);
    for (DWORD i = 0; i < count; i++) {
        const struct resource *r = &resources[i];
        struct resource_key language = {.id = r->language};
        if (i == 0 || !same_type(&r[-1], r)) {
            type = w.next.type_directories;
            put_entry(&w, 0, &r->type, type | IMAGE_RESOURCE_DATA_IS_DIRECTORY);
            w.next.type_directories += DIRECTORY + ENTRY * run(resources, count, i, true);
        }
        if (i == 0 || !same_name(&r[-1], r)) {
            name = w.next.name_directories;
            put_entry(&w, type, &r->name, name | IMAGE_RESOURCE_DATA_IS_DIRECTORY);
            w.next.name_directories += DIRECTORY + ENTRY * run(resources, count, i, false);
        }
        put_entry(&w, name, &language, put_data(&w, r));
    }
}
