/* SPDX-License-Identifier: GPL-2.0-or-later */
/* find.c - _findfirst and its family.
 *
 * The structures differ in the widths of times and size, and in that of the name: one engine finds, four pairs of
 * functions give. */
#include "crt.h"
#include "win32_file.h"

#ifdef _WIN64
typedef int64_t crt_time_native;
#else
typedef int32_t crt_time_native;
#endif

#define FIND_RECORD(type, time, size, char_type)                                                                       \
    struct type {                                                                                                      \
        unsigned attrib;                                                                                               \
        time time_create, time_access, time_write;                                                                     \
        size bytes;                                                                                                    \
        char_type name[260];                                                                                           \
    }
FIND_RECORD(find_plain, crt_time_native, uint32_t, char);
FIND_RECORD(find_i64, crt_time_native, int64_t, char);
FIND_RECORD(find_64, int64_t, int64_t, char);
FIND_RECORD(find_wide, crt_time_native, uint32_t, wchar_t);
FIND_RECORD(find_wide_i64, crt_time_native, int64_t, wchar_t);
FIND_RECORD(find_wide_64, int64_t, int64_t, wchar_t);

int64_t crt_time_of(struct win32_time time)
{
    int64_t ticks = (int64_t)((uint64_t)time.high << 32 | time.low);

    return ticks != 0 ? ticks / 10000000 - 11644473600 : 0;
}

/* Without an attribute a file has none at all for the C library. */
static unsigned attributes_of(const struct win32_find *found)
{
    return found->attributes == ATTRIBUTE_NORMAL ? 0 : found->attributes;
}

static void put_name(const struct win32_find *found, char *name)
{
    crt_narrow_name(found->name, name, 260);
}

static void put_wide_name(const struct win32_find *found, wchar_t *name)
{
    wcscpy(name, found->name);
}

enum { ERROR_NO_MORE_FILES = 18, ERROR_FILE_NOT_FOUND = 2 };

static intptr_t first(const wchar_t *pattern, struct win32_find *found)
{
    HANDLE find = FindFirstFileW(pattern, found);

    return find != INVALID_HANDLE_VALUE ? (intptr_t)find : crt_fail(GetLastError());
}

static intptr_t first_narrow(const char *pattern, struct win32_find *found)
{
    wchar_t *wide = crt_file_name(pattern);
    intptr_t find = wide != NULL ? first(wide, found) : -1;

    free(wide);
    return find;
}

static int next(intptr_t find, struct win32_find *found)
{
    if (FindNextFileW((HANDLE)find, found))
        return 0;
    uint32_t error = GetLastError();
    crt_fail(error == ERROR_NO_MORE_FILES ? ERROR_FILE_NOT_FOUND : error);
    return -1;
}

#define FIND_FUNCTIONS(first_name, next_name, record, char_type, first_call, put)                                      \
    static void fill_##record(const struct win32_find *found, struct record *data)                                     \
    {                                                                                                                  \
        data->attrib = attributes_of(found);                                                                           \
        data->time_create = (__typeof__(data->time_create))crt_time_of(found->created);                                \
        data->time_access = (__typeof__(data->time_access))crt_time_of(found->accessed);                               \
        data->time_write = (__typeof__(data->time_write))crt_time_of(found->written);                                  \
        data->bytes = (__typeof__(data->bytes))((uint64_t)found->size_high << 32 | found->size_low);                   \
        put(found, data->name);                                                                                        \
    }                                                                                                                  \
    CRT_API(intptr_t, first_name, const char_type *pattern, struct record *data)                                       \
    {                                                                                                                  \
        struct win32_find found;                                                                                       \
        intptr_t find = first_call(pattern, &found);                                                                   \
        if (find != -1)                                                                                                \
            fill_##record(&found, data);                                                                               \
        return find;                                                                                                   \
    }                                                                                                                  \
    CRT_API(int, next_name, intptr_t find, struct record *data)                                                        \
    {                                                                                                                  \
        struct win32_find found;                                                                                       \
        int result = next(find, &found);                                                                               \
        if (result == 0)                                                                                               \
            fill_##record(&found, data);                                                                               \
        return result;                                                                                                 \
    }

FIND_FUNCTIONS(_findfirst, _findnext, find_plain, char, first_narrow, put_name)
FIND_FUNCTIONS(_findfirsti64, _findnexti64, find_i64, char, first_narrow, put_name)
FIND_FUNCTIONS(_findfirst64, _findnext64, find_64, char, first_narrow, put_name)
FIND_FUNCTIONS(_wfindfirst, _wfindnext, find_wide, wchar_t, first, put_wide_name)
FIND_FUNCTIONS(_wfindfirsti64, _wfindnexti64, find_wide_i64, wchar_t, first, put_wide_name)
FIND_FUNCTIONS(_wfindfirst64, _wfindnext64, find_wide_64, wchar_t, first, put_wide_name)

CRT_API(int, _findclose, intptr_t find)
{
    if (FindClose((HANDLE)find))
        return 0;
    crt_set_errno(EINVAL);
    return -1;
}
