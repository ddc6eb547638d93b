/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cached.c - file calls whose way through the file cache cached.py looks at in the trace.
 * usage: cached SCENARIO [NUMBER...]; files are on D:.  What the program sees wrong ends it with a line and status 9.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { PAGE = 4096, VIEW = 256 << 10, BLOCK_MAX = 256 << 10 };

static uint8_t block[BLOCK_MAX] __attribute__((aligned(4096)));

static void fail(const char *what, unsigned long long at)
{
    printf("%s at %llx, error %lu\n", what, at, GetLastError());
    fflush(stdout);
    ExitProcess(9);
}

static uint8_t byte_at(uint64_t offset)
{
    return (uint8_t)(offset * 7 + (offset >> 12) * 13 + (offset >> 20));
}

static HANDLE open_file(const char *name, DWORD disposition, DWORD flags)
{
    HANDLE file =
        CreateFileA(name, disposition == OPEN_EXISTING && !(flags & 1) ? GENERIC_READ : GENERIC_READ | GENERIC_WRITE,
                    FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, disposition, flags & ~1u, NULL);
    if (file == INVALID_HANDLE_VALUE)
        fail(name, 0);
    return file;
}

static DWORD transfer(HANDLE file, BOOL writes, uint64_t offset, DWORD length)
{
    OVERLAPPED at = {.Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32)};
    DWORD done = 0;
    BOOL good = writes ? WriteFile(file, block, length, &done, &at) : ReadFile(file, block, length, &done, &at);
    return good && done == length ? 0 : good ? ERROR_HANDLE_EOF : GetLastError();
}

static void put(HANDLE file, uint64_t offset, DWORD length)
{
    for (DWORD i = 0; i < length; i++)
        block[i] = byte_at(offset + i);
    DWORD error = transfer(file, TRUE, offset, length);
    if (error)
        SetLastError(error), fail("write", offset);
}

static void get(HANDLE file, uint64_t offset, DWORD length)
{
    memset(block, 0xEE, length);
    DWORD error = transfer(file, FALSE, offset, length);
    if (error)
        SetLastError(error), fail("read", offset);
    for (DWORD i = 0; i < length; i++)
        if (block[i] != byte_at(offset + i))
            fail("other bytes", offset + i);
}

/* read FLAGS BLOCK STEP COUNT PASSES */
static void read_file(const unsigned *n)
{
    HANDLE file = open_file("D:\\data", OPEN_EXISTING, n[0]);
    for (unsigned pass = 0; pass < n[4]; pass++) {
        for (unsigned i = 0; i < n[3]; i++)
            get(file, (uint64_t)i * n[2], n[1]);
        Sleep(1000);
        OutputDebugStringA("pass");
    }
}

/* dirty FLAGS PAGES SECONDS: and then it is closed, for three seconds more */
static void write_and_wait(const unsigned *n)
{
    HANDLE file = open_file("D:\\out", CREATE_ALWAYS, n[0]);
    for (unsigned i = 0; i < n[1]; i++)
        put(file, (uint64_t)i * PAGE, PAGE);
    Sleep(n[2] * 1000);
    CloseHandle(file);
    Sleep(3000);
}

/* through PAGES: after each write the file's pages are on the disk */
static void write_through(const unsigned *n)
{
    HANDLE file = open_file("D:\\out", CREATE_ALWAYS, FILE_FLAG_WRITE_THROUGH);
    for (unsigned i = 0; i < n[0]; i++)
        put(file, (uint64_t)i * PAGE, PAGE);
    for (unsigned i = 0; i < n[0]; i++)
        get(file, (uint64_t)i * PAGE, PAGE);
    Sleep(3000);
}

static void unbuffered(void)
{
    HANDLE cached = open_file("D:\\data", OPEN_EXISTING, 1),
           raw = open_file("D:\\data", OPEN_EXISTING, 1 | FILE_FLAG_NO_BUFFERING);
    printf("length: %lu\n", transfer(raw, FALSE, 0, 100));
    printf("offset: %lu\n", transfer(raw, FALSE, 100, 512));
    printf("write: %lu\n", transfer(raw, TRUE, 0, 511));
    get(raw, 512, 1024);
    memset(block, 'c', PAGE);
    transfer(cached, TRUE, 0, PAGE);
    memset(block, 0, PAGE);
    DWORD error = transfer(raw, FALSE, 0, PAGE);
    printf("after a cached write: %lu %c\n", error, block[4095]);
    memset(block, 'r', 512);
    transfer(raw, TRUE, 512, 512);
    error = transfer(cached, FALSE, 0, PAGE);
    printf("after an unbuffered one: %lu %c\n", error, block[512]);
    HANDLE section = CreateFileMappingA(cached, NULL, PAGE_READWRITE, 0, 0, NULL);
    volatile uint8_t *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    printf("in a view: %c\n", view[512]);
    memset(block, 's', 512);
    transfer(raw, TRUE, 1024, 512);
    view[1536] = 'v';
    printf("in the view: %c\n", view[1024]);
    error = transfer(raw, FALSE, 0, PAGE);
    printf("unbuffered: %lu %c%c\n", error, block[1024], block[1536]);
    uint64_t end = 1 << 20;
    memset(block, 'e', 512);
    printf("beyond the end: %lu\n", transfer(raw, TRUE, end, 512));
    error = transfer(cached, FALSE, end, 512);
    printf("and cached: %lu %c\n", error, block[0]);
}

static EXCEPTION_RECORD last;

static LONG CALLBACK note(EXCEPTION_POINTERS *pointers)
{
    last = *pointers->ExceptionRecord;
    printf("exception %08lx (%lu, %08lx)\n", last.ExceptionCode, last.NumberParameters,
           (unsigned long)last.ExceptionInformation[2]);
    fflush(stdout);
    ExitProcess(0);
}

/* Some reads of pages fail. */
static void read_errors(void)
{
    HANDLE file = open_file("D:\\data", OPEN_EXISTING, FILE_FLAG_RANDOM_ACCESS);
    unsigned errors = 0;
    for (uint64_t at = 0; at < 512 << 10; at += 32 << 10) {
        DWORD error;
        while ((error = transfer(file, FALSE, at, PAGE)) == ERROR_IO_DEVICE)
            errors++;
        if (error)
            fail("read", error);
        get(file, at, PAGE);
    }
    HANDLE fresh = open_file("D:\\out", CREATE_ALWAYS, 0);
    put(fresh, 0, PAGE); /* is not read, so it goes well */
    get(fresh, 0, PAGE);
    printf("%u errors\n", errors);
    fflush(stdout);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL);
    volatile uint8_t *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    AddVectoredExceptionHandler(1, note);
    for (unsigned at = 512 << 10; at < 1 << 20; at += 32 << 10)
        if (view[at] != byte_at(at))
            fail("other bytes in a view", at);
    printf("no exception\n");
}

/* Every write of a page fails. */
static void write_errors(void)
{
    HANDLE file = open_file("D:\\out", CREATE_ALWAYS, 0);
    for (unsigned i = 0; i < 20; i++)
        put(file, (uint64_t)i * PAGE, PAGE);
    Sleep(5000);
    BOOL good = FlushFileBuffers(file);
    printf("flush: %d, error %lu\n", good, GetLastError());
    for (unsigned i = 0; i < 20; i++)
        get(file, (uint64_t)i * PAGE, PAGE);
}

/* flood COUNT STEP LENGTH DISPOSITION: more than may be dirty, where nothing, or not all, can be written */
static void flood(const unsigned *n)
{
    static uint8_t good[1 << 16];
    HANDLE file = open_file("D:\\flood", n[3], 1);
    DWORD refused = 0, first = 0, last = 0;
    for (unsigned i = 0; i < n[0]; i++) {
        uint64_t at = (uint64_t)i * n[1];
        for (DWORD k = 0; k < n[2]; k++)
            block[k] = byte_at(at + k);
        DWORD error = transfer(file, TRUE, at, n[2]);
        good[i] = error == 0;
        if (error && !refused++)
            first = i;
        last = error ? error : last;
    }
    printf("%lu refused, error %lu; the first one %lu\n", refused, last, first);
    for (unsigned i = 0; i < n[0]; i++)
        if (good[i])
            get(file, (uint64_t)i * n[1], n[2]);
    HANDLE other = open_file("D:\\small", CREATE_ALWAYS, 0);
    memset(block, 's', PAGE);
    printf("another file: %lu\n", transfer(other, TRUE, 0, PAGE));
    put(file, 0, PAGE); /* it is dirty already */
    BOOL flushed = FlushFileBuffers(file);
    printf("flush: %d, error %lu\n", flushed, flushed ? 0 : GetLastError());
}

/* The disk takes 64 KB more. */
static void full_disk(void)
{
    HANDLE file = open_file("D:\\out", CREATE_ALWAYS, 0), data = open_file("D:\\data", OPEN_EXISTING, 1);
    uint64_t size = 0;
    DWORD error = 0;
    for (; size < 1 << 20; size += PAGE) {
        for (DWORD i = 0; i < PAGE; i++)
            block[i] = byte_at(size + i);
        if ((error = transfer(file, TRUE, size, PAGE)) != 0)
            break;
    }
    printf("%lu bytes, then error %lu\n", (unsigned long)size, error);
    for (uint64_t at = 0; at < size; at += PAGE)
        get(file, at, PAGE);
    put(data, 0, PAGE); /* what is there can be written */
    get(data, 8 * PAGE, PAGE);
    SetFilePointer(file, 1 << 20, NULL, FILE_BEGIN);
    BOOL good = SetEndOfFile(file);
    printf("end: %d, error %lu\n", good, GetLastError());
}

/* big MEGABYTES: a page in each view, and again */
static void large_file(const unsigned *n)
{
    HANDLE file = open_file("D:\\out", CREATE_ALWAYS, 0);
    uint64_t size = (uint64_t)n[0] << 20;
    for (uint64_t at = 0; at < size; at += VIEW)
        put(file, at + (at / VIEW % 64) * PAGE + 100, PAGE);
    for (uint64_t at = 0; at < size; at += VIEW)
        get(file, at + (at / VIEW % 64) * PAGE + 100, PAGE);
}

static void set_time(void)
{
    FILETIME when = {0xD53E8000, 0x01C4F000}; /* some day in 2005 */
    HANDLE file = open_file("D:\\out", CREATE_ALWAYS, 0);
    put(file, 0, 2 * PAGE);
    if (!SetFileTime(file, NULL, NULL, &when))
        fail("SetFileTime", 0);
    CloseHandle(file);
    Sleep(3000);
}

/* shrink: what is cut off is not written, and is zero when the file grows again */
static void shrink(void)
{
    HANDLE file = open_file("D:\\out", CREATE_ALWAYS, 0);
    put(file, 0, 8 * PAGE);
    SetFilePointer(file, PAGE + 10, NULL, FILE_BEGIN);
    if (!SetEndOfFile(file))
        fail("SetEndOfFile", PAGE);
    SetFilePointer(file, 4 * PAGE, NULL, FILE_BEGIN);
    SetEndOfFile(file);
    DWORD error = transfer(file, FALSE, 0, 4 * PAGE), nonzero = 0;
    for (unsigned i = PAGE + 10; i < 4 * PAGE; i++)
        nonzero += block[i] != 0;
    printf("%lu %lu %d\n", error, nonzero, block[PAGE + 9] == byte_at(PAGE + 9));
    HANDLE doomed = open_file("D:\\gone", CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE);
    put(doomed, 0, 4 * PAGE);
    CloseHandle(doomed);
}

/* gap: what is written around the cache, into a part of the file that has no data yet, is there for everybody */
static void gap(void)
{
    HANDLE cached = open_file("D:\\out", CREATE_ALWAYS, 0),
           raw = open_file("D:\\out", OPEN_EXISTING, 1 | FILE_FLAG_NO_BUFFERING);
    put(cached, 0, 1);
    put(cached, 64 * PAGE, 1);
    put(raw, 16 * PAGE, PAGE);
    get(cached, 16 * PAGE, PAGE);
    put(cached, 16 * PAGE + 100, 3);
    FlushFileBuffers(cached);
    get(raw, 16 * PAGE, PAGE);
}

/* tail: what a view stores beyond the end is not in the file when it grows */
static void tail(void)
{
    HANDLE file = open_file("D:\\out", CREATE_ALWAYS, 0);
    put(file, 0, 10);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    volatile uint8_t *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    view[2048] = 'T';
    SetFilePointer(file, PAGE, NULL, FILE_BEGIN);
    SetEndOfFile(file);
    DWORD error = transfer(file, FALSE, 0, PAGE);
    printf("%lu %d %d\n", error, block[2048], view[2048]);
}

/* beside PAGES: dirty pages, and an unbuffered write beside them */
static void beside(const unsigned *n)
{
    HANDLE cached = open_file("D:\\out", CREATE_ALWAYS, 0);
    for (unsigned i = 0; i <= n[0]; i++)
        put(cached, (uint64_t)i * PAGE, PAGE);
    put(open_file("D:\\out", OPEN_EXISTING, 1 | FILE_FLAG_NO_BUFFERING), (uint64_t)n[0] * PAGE, PAGE);
    Sleep(30000);
}

int main(int argc, char **argv)
{
    unsigned n[8] = {0};
    for (int i = 2; i < argc && i < 10; i++)
        n[i - 2] = (unsigned)strtoul(argv[i], NULL, 0);
    const char *what = argc > 1 ? argv[1] : "";
    if (!strcmp(what, "read"))
        read_file(n);
    else if (!strcmp(what, "dirty"))
        write_and_wait(n);
    else if (!strcmp(what, "through"))
        write_through(n);
    else if (!strcmp(what, "unbuffered"))
        unbuffered();
    else if (!strcmp(what, "read-errors"))
        read_errors();
    else if (!strcmp(what, "write-errors"))
        write_errors();
    else if (!strcmp(what, "flood"))
        flood(n);
    else if (!strcmp(what, "full"))
        full_disk();
    else if (!strcmp(what, "large"))
        large_file(n);
    else if (!strcmp(what, "time"))
        set_time();
    else if (!strcmp(what, "shrink"))
        shrink();
    else if (!strcmp(what, "gap"))
        gap();
    else if (!strcmp(what, "beside"))
        beside(n);
    else if (!strcmp(what, "tail"))
        tail();
    else
        return 2;
    return 0;
}
