/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stat.c - _stat and its family: one engine learns, a function for each layout gives. */
#include "crt.h"
#include "win32_file.h"

#ifdef _WIN64
typedef int64_t crt_time_native;
#else
typedef int32_t crt_time_native;
#endif

#define STAT_RECORD(type, size, time)                                                                                  \
    struct type {                                                                                                      \
        uint32_t st_dev;                                                                                               \
        uint16_t st_ino, st_mode;                                                                                      \
        int16_t st_nlink, st_uid, st_gid;                                                                              \
        uint32_t st_rdev;                                                                                              \
        size st_size;                                                                                                  \
        time when_accessed, when_written, when_created;                                                                \
    }
STAT_RECORD(stat_plain, int32_t, crt_time_native);
STAT_RECORD(stat_i64, int64_t, crt_time_native);
STAT_RECORD(stat_64, int64_t, int64_t);

enum {
    MODE_DIRECTORY = 0x4000,
    MODE_REGULAR = 0x8000,
    MODE_CHARACTER = 0x2000,
    MODE_PIPE = 0x1000,
    MODE_READ = 0x100,
    MODE_WRITE = 0x80,
    MODE_EXECUTE = 0x40,
};

struct facts {
    uint32_t device;
    unsigned mode;
    int links;
    uint64_t size;
    int64_t accessed, written, created;
};

/* ---- learning ---- */

static bool is_program(const wchar_t *name)
{
    static const wchar_t *const extensions[] = {L".exe", L".com", L".bat", L".cmd"};
    size_t length = wcslen(name);

    for (unsigned i = 0; i < 4; i++)
        if (length >= 4 && _wcsnicmp(name + length - 4, extensions[i], 4) == 0)
            return true;
    return false;
}

/* The owner's rights are everybody's. */
static unsigned mode_of(uint32_t attributes, bool program)
{
    unsigned mode = MODE_READ | (attributes & ATTRIBUTE_READONLY ? 0 : MODE_WRITE);

    if ((attributes & ATTRIBUTE_DIRECTORY) || program)
        mode |= MODE_EXECUTE;
    mode |= mode >> 3 | mode >> 6;
    return mode | (attributes & ATTRIBUTE_DIRECTORY ? MODE_DIRECTORY : MODE_REGULAR);
}

/* 0 is A:. */
static uint32_t drive_of(const wchar_t *name)
{
    wchar_t full[260];
    uint32_t length = GetFullPathNameW(name, 260, full, NULL);

    return length != 0 && length < 260 && full[1] == L':' ? (uint32_t)(toupper(full[0]) - 'A') : 0;
}

enum { ERROR_FILE_NOT_FOUND = 2 };

static int look(const wchar_t *name, struct facts *facts)
{
    struct win32_attributes data;

    for (const wchar_t *at = name; *at != 0; at++)
        if (*at == L'*' || *at == L'?')
            return crt_fail(ERROR_FILE_NOT_FOUND);
    if (!GetFileAttributesExW(name, 0, &data))
        return crt_fail(GetLastError());
    *facts = (struct facts){
        .device = drive_of(name),
        .mode = mode_of(data.attributes, is_program(name)),
        .links = 1,
        .size = (uint64_t)data.size_high << 32 | data.size_low,
        .accessed = crt_time_of(data.accessed),
        .written = crt_time_of(data.written),
        .created = crt_time_of(data.created),
    };
    return 0;
}

static int look_narrow(const char *name, struct facts *facts)
{
    wchar_t *wide = crt_file_name(name);
    int result = wide != NULL ? look(wide, facts) : -1;

    free(wide);
    return result;
}

CRT_API(intptr_t, _get_osfhandle, int fd);

static int look_at(int fd, struct facts *facts)
{
    enum { TYPE_DISK = 1, TYPE_CHARACTER = 2 };
    struct win32_information data;
    HANDLE handle = (HANDLE)_get_osfhandle(fd);

    if (handle == INVALID_HANDLE_VALUE)
        return -1;
    uint32_t type = GetFileType(handle) & 0x7FFF;
    if (type != TYPE_DISK) {
        *facts = (struct facts){
            .device = (uint32_t)fd, .mode = type == TYPE_CHARACTER ? MODE_CHARACTER : MODE_PIPE, .links = 1};
        return 0;
    }
    if (!GetFileInformationByHandle(handle, &data))
        return crt_fail(GetLastError());
    *facts = (struct facts){
        .mode = mode_of(data.attributes, false),
        .links = 1,
        .size = (uint64_t)data.size_high << 32 | data.size_low,
        .accessed = crt_time_of(data.accessed),
        .written = crt_time_of(data.written),
        .created = crt_time_of(data.created),
    };
    return 0;
}

/* ---- giving ---- */

#define STAT_FUNCTION(function, record, first_type, learn)                                                             \
    CRT_API(int, function, first_type what, struct record *to)                                                         \
    {                                                                                                                  \
        struct facts facts;                                                                                            \
        if (learn(what, &facts) != 0)                                                                                  \
            return -1;                                                                                                 \
        *to = (struct record){                                                                                         \
            .st_dev = facts.device,                                                                                    \
            .st_mode = (uint16_t)facts.mode,                                                                           \
            .st_nlink = (int16_t)facts.links,                                                                          \
            .st_rdev = facts.device,                                                                                   \
            .st_size = (__typeof__(to->st_size))facts.size,                                                            \
            .when_accessed = (__typeof__(to->when_accessed))facts.accessed,                                            \
            .when_written = (__typeof__(to->when_written))facts.written,                                               \
            .when_created = (__typeof__(to->when_created))facts.created,                                               \
        };                                                                                                             \
        return 0;                                                                                                      \
    }

STAT_FUNCTION(_stat, stat_plain, const char *, look_narrow)
STAT_FUNCTION(_stati64, stat_i64, const char *, look_narrow)
STAT_FUNCTION(_stat64, stat_64, const char *, look_narrow)
STAT_FUNCTION(_wstat, stat_plain, const wchar_t *, look)
STAT_FUNCTION(_wstati64, stat_i64, const wchar_t *, look)
STAT_FUNCTION(_wstat64, stat_64, const wchar_t *, look)
STAT_FUNCTION(_fstat, stat_plain, int, look_at)
STAT_FUNCTION(_fstati64, stat_i64, int, look_at)
STAT_FUNCTION(_fstat64, stat_64, int, look_at)
