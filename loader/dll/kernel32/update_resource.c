/* SPDX-License-Identifier: GPL-2.0-or-later */
/* update_resource.c - BeginUpdateResource, UpdateResource, EndUpdateResource.
 *
 * The file is read when the update begins, and its resources are listed; changes change the list; the end writes the
 * file anew, or forgets everything. */
#include "resource_file.h"

enum { SIGNATURE = 0x52445055, RESOURCES_MAX = 0x10000, STEPS_MAX = 4 * RESOURCES_MAX };

struct update {
    DWORD signature;
    HMODULE file; /* a data file */
    DWORD size;
    struct resource *resources; /* sorted */
    DWORD count, room;
    DWORD steps; /* of reading; a directory that lies about itself must not go on for ever */
    WCHAR path[MAX_PATH];
};

static const BYTE *file_bytes(const struct update *u)
{
    return (const BYTE *)((ULONG_PTR)u->file & ~(ULONG_PTR)3);
}

/* ---- keys ---- */

static bool make_key_of_text(const WCHAR *text, SIZE_T length, struct resource_key *ret_key)
{
    WCHAR *copy = length <= 0xFFFF ? RtlAllocateHeap(RtlProcessHeap(), 0, (length + 1) * sizeof(WCHAR)) : NULL;

    if (copy == NULL)
        return k32_fail_with(length <= 0xFFFF ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_PARAMETER);
    for (SIZE_T i = 0; i < length; i++)
        copy[i] = text[i];
    copy[length] = L'\0';
    *ret_key = (struct resource_key){.text = copy, .length = (WORD)length};
    return true;
}

/* A name that a program gives: in capitals; "#123" is a number. */
static bool make_key(const WCHAR *name, struct resource_key *ret_key)
{
    UNICODE_STRING digits;
    ULONG number;

    if (IS_INTRESOURCE(name)) {
        *ret_key = (struct resource_key){.id = (WORD)(ULONG_PTR)name};
        return true;
    }
    RtlInitUnicodeString(&digits, name + 1);
    if (name[0] == L'#' && NT_SUCCESS(RtlUnicodeStringToInteger(&digits, 10, &number)) && number <= 0xFFFF) {
        *ret_key = (struct resource_key){.id = (WORD)number};
        return true;
    }
    if (!make_key_of_text(name, k32_wcslen(name), ret_key))
        return false;
    for (WORD i = 0; i < ret_key->length; i++)
        ret_key->text[i] = RtlUpcaseUnicodeChar(ret_key->text[i]);
    return true;
}

static void free_resource(struct resource *r)
{
    k32_free(r->type.text);
    k32_free(r->name.text);
    if (r->owned)
        k32_free((void *)(ULONG_PTR)r->data);
}

/* ---- the list ---- */

/* => where the resource is, or would be; *ret_found says which. */
static DWORD find(const struct update *u, const struct resource *r, bool *ret_found)
{
    DWORD low = 0, high = u->count;

    while (low < high) {
        DWORD middle = (low + high) / 2;
        if (k32_compare_resources(&u->resources[middle], r) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_found = low < u->count && k32_compare_resources(&u->resources[low], r) == 0;
    return low;
}

/* => false with the last error set; r is not taken then. */
static bool insert(struct update *u, const struct resource *r)
{
    bool found;
    DWORD at = find(u, r, &found);

    if (found) {
        free_resource(&u->resources[at]);
        u->resources[at] = *r;
        return true;
    }
    if (u->count == RESOURCES_MAX)
        return k32_fail_with(ERROR_NOT_ENOUGH_MEMORY);
    if (u->count == u->room) {
        DWORD room = u->room != 0 ? u->room * 2 : 64;
        struct resource *larger = u->resources != NULL
                                      ? RtlReAllocateHeap(RtlProcessHeap(), 0, u->resources, room * sizeof *larger)
                                      : RtlAllocateHeap(RtlProcessHeap(), 0, room * sizeof *larger);
        if (larger == NULL)
            return k32_fail_with(ERROR_NOT_ENOUGH_MEMORY);
        u->resources = larger;
        u->room = room;
    }
    for (DWORD i = u->count++; i > at; i--)
        u->resources[i] = u->resources[i - 1];
    u->resources[at] = *r;
    return true;
}

static bool drop(struct update *u, const struct resource *r)
{
    bool found;
    DWORD at = find(u, r, &found);

    if (!found)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    free_resource(&u->resources[at]);
    for (u->count--; at < u->count; at++)
        u->resources[at] = u->resources[at + 1];
    return true;
}

/* ---- what the file has already ---- */

struct path {
    ULONG_PTR keys[3];
    struct resource_key own[2]; /* of the type and the name */
};

static bool read_one(struct update *u, const struct path *path)
{
    IMAGE_RESOURCE_DATA_ENTRY *entry;
    struct resource r = {.language = (WORD)path->keys[2]};
    void *data;
    ULONG size;

    NTSTATUS status = LdrFindResource_U(u->file, path->keys, 3, &entry);
    if (NT_SUCCESS(status))
        status = LdrAccessResource(u->file, entry, &data, &size);
    if (!NT_SUCCESS(status))
        return k32_fail_with(ERROR_BAD_EXE_FORMAT);
    r.data = data;
    r.size = size;
    r.code_page = entry->CodePage;
    r.type = path->own[0];
    r.name = path->own[1];
    r.type.text = r.name.text = NULL;
    if ((path->own[0].text == NULL || make_key_of_text(path->own[0].text, path->own[0].length, &r.type)) &&
        (path->own[1].text == NULL || make_key_of_text(path->own[1].text, path->own[1].length, &r.name)) &&
        insert(u, &r))
        return true;
    free_resource(&r);
    return false;
}

/* The entries below the first `level` keys; the levels are three. */
static bool read_level(struct update *u, struct path *path, ULONG level)
{
    for (ULONG i = 0;; i++) {
        const WCHAR *name;
        ULONG id, length;
        NTSTATUS status = RtlResourceEntry(u->file, path->keys, level, i, &id, &name, &length);
        if (status == STATUS_NO_MORE_ENTRIES || (level == 0 && i == 0 && status == STATUS_RESOURCE_DATA_NOT_FOUND))
            return true;
        if (!NT_SUCCESS(status) || ++u->steps > STEPS_MAX || (name != NULL && level == 2))
            return k32_fail_with(ERROR_BAD_EXE_FORMAT);
        if (level == 2) {
            path->keys[2] = (WORD)id;
            if (!read_one(u, path))
                return false;
            continue;
        }
        path->own[level] = (struct resource_key){.id = (WORD)id};
        path->keys[level] = (WORD)id;
        if (name != NULL && !make_key_of_text(name, length, &path->own[level]))
            return false;
        if (name != NULL)
            path->keys[level] = (ULONG_PTR)path->own[level].text;
        bool read = read_level(u, path, level + 1);
        k32_free(path->own[level].text);
        if (!read)
            return false;
    }
}

static void forget(struct update *u)
{
    for (DWORD i = 0; i < u->count; i++)
        free_resource(&u->resources[i]);
    k32_free(u->resources);
    if (u->file != NULL)
        k32_free_data_file(u->file);
    u->signature = 0;
    k32_free(u);
}

/* ---- the calls ---- */

/* => the file can be written, and its size. */
static bool try_file(const WCHAR *path, DWORD *ret_size)
{
    DWORD high = 0;
    HANDLE file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);

    if (file == INVALID_HANDLE_VALUE)
        return false;
    *ret_size = GetFileSize(file, &high);
    CloseHandle(file);
    return high == 0 || k32_fail_with(ERROR_BAD_EXE_FORMAT);
}

HANDLE WINAPI BeginUpdateResourceW(const WCHAR *name, BOOL delete_existing)
{
    struct update *u = RtlAllocateHeap(RtlProcessHeap(), HEAP_ZERO_MEMORY, sizeof *u);
    struct path path = {{0}, {{0}}};

    if (u == NULL || name == NULL) {
        k32_fail_with(u == NULL ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_PARAMETER);
        k32_free(u);
        return NULL;
    }
    u->signature = SIGNATURE;
    DWORD length = GetFullPathNameW(name, MAX_PATH, u->path, NULL);
    if (length == 0 || length >= MAX_PATH) {
        k32_fail_with(length == 0 ? ERROR_PATH_NOT_FOUND : ERROR_FILENAME_EXCED_RANGE);
    } else if (try_file(u->path, &u->size)) {
        u->file = k32_load_data_file(u->path, LOAD_LIBRARY_AS_DATAFILE);
        if (u->file != NULL && (delete_existing || read_level(u, &path, 0)))
            return u;
    }
    DWORD error = RtlGetLastWin32Error();
    forget(u);
    k32_fail_with(error);
    return NULL;
}

HANDLE WINAPI BeginUpdateResourceA(const char *name, BOOL delete_existing)
{
    WCHAR *wide = k32_wide(name);
    HANDLE update = NULL;

    if (name == NULL)
        k32_fail_with(ERROR_INVALID_PARAMETER);
    else if (wide != NULL)
        update = BeginUpdateResourceW(wide, delete_existing);
    k32_free(wide);
    return update;
}

static struct update *update_of(HANDLE handle)
{
    struct update *u = handle;

    if (u != NULL && !IsBadReadPtr(u, sizeof *u) && u->signature == SIGNATURE)
        return u;
    k32_fail_with(ERROR_INVALID_HANDLE);
    return NULL;
}

BOOL WINAPI UpdateResourceW(HANDLE update, const WCHAR *type, const WCHAR *name, WORD language, void *data, DWORD size)
{
    struct update *u = update_of(update);
    struct resource r = {.language = language, .size = size};
    bool done = false;

    if (u == NULL)
        return FALSE;
    if (data == NULL && size != 0)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (make_key(type, &r.type) && make_key(name, &r.name)) {
        if (data == NULL) {
            done = drop(u, &r);
            free_resource(&r);
            return done;
        }
        void *copy = RtlAllocateHeap(RtlProcessHeap(), 0, size != 0 ? size : 1);
        if (copy == NULL) {
            k32_fail_with(ERROR_NOT_ENOUGH_MEMORY);
        } else {
            k32_memcpy(copy, data, size);
            r.data = copy;
            r.owned = true;
            done = insert(u, &r);
        }
    }
    if (!done)
        free_resource(&r);
    return done;
}

BOOL WINAPI UpdateResourceA(HANDLE update, const char *type, const char *name, WORD language, void *data, DWORD size)
{
    WCHAR *wide_type = IS_INTRESOURCE(type) ? NULL : k32_wide(type);
    WCHAR *wide_name = IS_INTRESOURCE(name) ? NULL : k32_wide(name);
    BOOL done = FALSE;

    if ((IS_INTRESOURCE(type) || wide_type != NULL) && (IS_INTRESOURCE(name) || wide_name != NULL))
        done = UpdateResourceW(update, wide_type != NULL ? wide_type : (const WCHAR *)type,
                               wide_name != NULL ? wide_name : (const WCHAR *)name, language, data, size);
    k32_free(wide_type);
    k32_free(wide_name);
    return done;
}

static bool write_file(const WCHAR *path, const BYTE *bytes, DWORD size)
{
    HANDLE file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, TRUNCATE_EXISTING, 0, NULL);
    DWORD written = 0;

    if (file == INVALID_HANDLE_VALUE)
        return false;
    bool done = WriteFile(file, bytes, size, &written, NULL) && written == size;
    DWORD error = RtlGetLastWin32Error();
    CloseHandle(file);
    return done || k32_fail_with(error);
}

BOOL WINAPI EndUpdateResourceW(HANDLE update, BOOL discard)
{
    struct update *u = update_of(update);
    DWORD size = 0;

    if (u == NULL)
        return FALSE;
    bool done = true;
    if (!discard) {
        BYTE *made = k32_rebuild_file(file_bytes(u), u->size, u->resources, u->count, &size);
        done = made != NULL && write_file(u->path, made, size);
        k32_free(made);
    }
    DWORD error = RtlGetLastWin32Error();
    forget(u);
    return done || k32_fail_with(error);
}

BOOL WINAPI EndUpdateResourceA(HANDLE update, BOOL discard)
{
    return EndUpdateResourceW(update, discard);
}
