/* SPDX-License-Identifier: GPL-2.0-or-later */
/* growth.c - files on D: that become longer in every way there is, on a disk that growth.py makes small.
 * usage: growth SCENARIO [MEGABYTES] */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { KILOBYTE = 1024, PAGE = 4096, BLOCK = 64 << 10 };
#define DISK_FULL ((LONG)0xC000007F)

LONG NTAPI NtExtendSection(HANDLE section, LARGE_INTEGER *size);
LONG NTAPI NtCreateSection(HANDLE *, ULONG access, void *attributes, LARGE_INTEGER *size, ULONG protection, ULONG kind,
                           HANDLE file);

static uint8_t block[BLOCK] __attribute__((aligned(4096)));

static HANDLE open_file(const char *name, DWORD disposition, DWORD flags)
{
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, disposition,
                              flags, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        printf("%s: error %lu\n", name, GetLastError());
        ExitProcess(9);
    }
    return file;
}

static unsigned long long size_of(HANDLE file)
{
    LARGE_INTEGER size = {.QuadPart = -1};
    GetFileSizeEx(file, &size);
    return (unsigned long long)size.QuadPart;
}

/* What was tried, the error or 0, and how long the file is. */
static void say(const char *what, BOOL good, HANDLE file)
{
    DWORD error = good ? 0 : GetLastError();
    printf("%s: %lu, size %llu\n", what, error, size_of(file));
}

static BOOL set_end(HANDLE file, uint64_t size)
{
    LARGE_INTEGER at = {.QuadPart = (LONGLONG)size};
    return SetFilePointerEx(file, at, NULL, FILE_BEGIN) && SetEndOfFile(file);
}

static BOOL put(HANDLE file, uint64_t offset, DWORD length)
{
    OVERLAPPED at = {.Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32)};
    DWORD done = 0;
    memset(block, 'p', sizeof block);
    if (WriteFile(file, block, length, &done, &at) && done == length)
        return TRUE;
    if (done)
        printf("only %lu bytes: ", done);
    return FALSE;
}

static HANDLE map(HANDLE file, uint64_t size)
{
    SetLastError(0);
    return CreateFileMappingA(file, NULL, PAGE_READWRITE, (DWORD)(size >> 32), (DWORD)size, NULL);
}

/* The same with the right to extend it, which CreateFileMapping does not ask for. */
static HANDLE map_to_extend(HANDLE file, uint64_t size)
{
    LARGE_INTEGER length = {.QuadPart = (LONGLONG)size};
    HANDLE section = NULL;
    NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &length, PAGE_READWRITE, SEC_COMMIT, file);
    return section;
}

static BOOL extend(HANDLE section, uint64_t size)
{
    LARGE_INTEGER to = {.QuadPart = (LONGLONG)size};
    LONG status = NtExtendSection(section, &to);
    SetLastError(status == DISK_FULL ? ERROR_DISK_FULL : (DWORD)status);
    return status >= 0;
}

/* A disk of 64 KB: what does not fit changes nothing, what fits goes on. */
static void all_ways(void)
{
    HANDLE file = open_file("D:\\a", CREATE_ALWAYS, 0), raw = open_file("D:\\a", OPEN_EXISTING, FILE_FLAG_NO_BUFFERING);
    say("a section of 1 MB", map(file, 1 << 20) != NULL, file);
    HANDLE section = map_to_extend(file, 16 * KILOBYTE);
    say("a section of 16 KB", section != NULL, file);
    say("extended to 1 MB", extend(section, 1 << 20), file);
    say("extended to 32 KB", extend(section, 32 * KILOBYTE), file);
    say("64 KB around the cache", put(raw, 32 * KILOBYTE, BLOCK), file);
    say("8 KB around the cache", put(raw, 32 * KILOBYTE, 8 * KILOBYTE), file);
    say("an end at 1 MB", set_end(file, 1 << 20), file);
    say("an end at 48 KB", set_end(file, 48 * KILOBYTE), file);
    say("32 KB", put(file, 48 * KILOBYTE, 32 * KILOBYTE), file);
    say("16 KB", put(file, 48 * KILOBYTE, 16 * KILOBYTE), file);
    say("a byte more", put(file, BLOCK, 1), file);
    say("512 bytes more, around the cache", put(raw, BLOCK, 512), file);
    say("a section of a byte more", map(file, BLOCK + 1) != NULL, file);
    say("what is there", put(file, 0, BLOCK), file);
    say("and around the cache", put(raw, 0, BLOCK), file);
    say("flushed", FlushFileBuffers(file), file);
}

/* All writes fail. */
static void raw_errors(void)
{
    HANDLE raw = open_file("D:\\data", OPEN_EXISTING, FILE_FLAG_NO_BUFFERING);
    say("over what is there", put(raw, 0, PAGE), raw);
    say("behind it", put(raw, BLOCK, PAGE), raw);
}

/* big MEGABYTES: a page now and then in a file so long, stored and read through views. */
static void big_file(unsigned megabytes)
{
    uint64_t size = (uint64_t)megabytes << 20, step = size / 16;
    HANDLE file = open_file("D:\\big", CREATE_ALWAYS, 0), section = map(file, size);
    say("a section", section != NULL, file);
    for (uint64_t at = 0; section && at < size; at += step) {
        uint8_t *view = MapViewOfFile(section, FILE_MAP_WRITE, (DWORD)(at >> 32), (DWORD)at, BLOCK);
        if (!view) {
            say("a view", FALSE, file);
            return;
        }
        view[PAGE] = (uint8_t)(at / step + 1);
        if (!FlushViewOfFile(view, BLOCK)) {
            say("flush", FALSE, file);
            return;
        }
        UnmapViewOfFile(view);
    }
}

/* sparse: a page at the end of a file that the host has */
static void sparse_file(void)
{
    HANDLE file = open_file("D:\\large", OPEN_EXISTING, 0), section = map(file, 0);
    uint64_t at = size_of(file) - BLOCK;
    uint8_t *view = MapViewOfFile(section, FILE_MAP_WRITE, (DWORD)(at >> 32), (DWORD)at, BLOCK);
    view[PAGE] = 's';
    say("flushed", FlushViewOfFile(view, BLOCK) && put(file, at / 2, PAGE) && FlushFileBuffers(file), file);
}

/* small MEGABYTES: more than the disk has, in every way */
static void small_disk(unsigned megabytes)
{
    uint64_t size = (uint64_t)megabytes << 20;
    HANDLE file = open_file("D:\\small", CREATE_ALWAYS, 0);
    HANDLE raw = open_file("D:\\small", OPEN_EXISTING, FILE_FLAG_NO_BUFFERING);
    say("100 bytes", put(file, 0, 100), file);
    say("an end", set_end(file, size), file);
    say("a section", map(file, size) != NULL, file);
    HANDLE section = map_to_extend(file, 0);
    say("extended", extend(section, size), file);
    say("a byte there", put(file, size, 1), file);
    say("a sector there", put(raw, size, 512), file);
    say("64 KB", put(file, 0, BLOCK), file);
    say("an end at 128 KB", set_end(file, 128 * KILOBYTE), file);
    say("flushed", FlushFileBuffers(file), file);
}

/* beyond: a page of a file that is longer than the host lets one write; nobody flushes it */
static void beyond_limit(void)
{
    HANDLE file = open_file("D:\\large", OPEN_EXISTING, 0), section = map(file, 0);
    uint8_t *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    view[0] = view[512 * KILOBYTE] = 'v';
    say("stored", TRUE, file);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    unsigned megabytes = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 0;
    if (!strcmp(what, "ways"))
        all_ways();
    else if (!strcmp(what, "raw-errors"))
        raw_errors();
    else if (!strcmp(what, "big"))
        big_file(megabytes);
    else if (!strcmp(what, "sparse"))
        sparse_file();
    else if (!strcmp(what, "small"))
        small_disk(megabytes);
    else if (!strcmp(what, "beyond"))
        beyond_limit();
    else
        return 2;
    return 0;
}
