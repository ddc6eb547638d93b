/* SPDX-License-Identifier: GPL-2.0-or-later */
/* meanwhile_append.c - two that write to one file, which becomes longer. */
#include "meanwhile.h"

#include <string.h>

enum { APPENDS = 50 };

static BOOL at_end; /* by the offset; else by the open */

static DWORD WINAPI append_lines(void *count)
{
    for (int i = 0; i < (int)(uintptr_t)count; i++) {
        overtook |= calling;
        append(other, line, sizeof line, at_end);
        SwitchToThread();
    }
    return 0;
}

/* Two opens for appending alone; the first one's bytes are not in memory. */
static void append_both(DWORD length, uintptr_t lines)
{
    uint8_t *cold = map_cold();
    memset(line, 'B', sizeof line);
    file = open_file("D:\\log", FILE_APPEND_DATA | SYNCHRONIZE, OPEN_EXISTING, 0);
    other = open_file("D:\\log", FILE_APPEND_DATA | SYNCHRONIZE, OPEN_EXISTING, 0);
    HANDLE thread = start(append_lines, (void *)lines);
    append(file, cold, length, FALSE);
    finish(thread);
}

void append_short(void)
{
    append_both(512, 1);
}

void append_long(void)
{
    append_both(LENGTH, APPENDS);
}

/* The same with opens that may write anywhere, and write at the end. */
static void append_both_at_end(DWORD flags)
{
    uint8_t *cold = map_cold();
    memset(line, 'B', sizeof line);
    file = open_file("D:\\log", GENERIC_WRITE, OPEN_EXISTING, FILE_FLAG_OVERLAPPED | flags);
    other = open_file("D:\\log", GENERIC_WRITE, OPEN_EXISTING, FILE_FLAG_OVERLAPPED | flags);
    at_end = TRUE;
    HANDLE thread = start(append_lines, (void *)APPENDS);
    append(file, cold, LENGTH, TRUE);
    finish(thread);
}

void append_at_end(void)
{
    append_both_at_end(0);
}

void append_unbuffered(void)
{
    append_both_at_end(FILE_FLAG_NO_BUFFERING);
}

/* What a call could not write is not in the file. */
void append_fails(void)
{
    uint8_t *pages = VirtualAlloc(NULL, 5 * PAGE, MEM_RESERVE, PAGE_READWRITE);
    VirtualAlloc(pages, 3 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    memset(pages, 'P', 3 * PAGE);
    DWORD done = 0;
    file = open_file("D:\\log", FILE_APPEND_DATA | SYNCHRONIZE, OPEN_ALWAYS, 0);
    check(!WriteFile(file, pages, 5 * PAGE, &done, NULL), "a buffer without its end was written", done);
    OVERLAPPED at = {.Offset = 70000};
    other = open_file("D:\\log", GENERIC_WRITE, OPEN_EXISTING, 0);
    SetFilePointer(other, 5, NULL, FILE_BEGIN);
    check(!WriteFile(other, pages, 5 * PAGE, &done, &at), "a buffer without its end was written", done);
    check(SetFilePointer(other, 0, NULL, FILE_CURRENT) == 5, "position", SetFilePointer(other, 0, NULL, FILE_CURRENT));
}

/* A buffer of which all is there but the last page. */
static uint8_t *map_cold_before_nothing(void)
{
    HANDLE cold = open_file("D:\\cold", GENERIC_READ, OPEN_EXISTING, 0);
    uint8_t *place = VirtualAlloc(NULL, 2 * LENGTH, MEM_RESERVE, PAGE_READWRITE);
    VirtualFree(place, 0, MEM_RELEASE);
    uint8_t *view =
        MapViewOfFileEx(CreateFileMappingA(cold, NULL, PAGE_READONLY, 0, 0, NULL), FILE_MAP_READ, 0, 0, 0, place);
    check(view != NULL && VirtualAlloc(view + LENGTH, LENGTH, MEM_RESERVE, PAGE_READWRITE), "view", 0);
    return view;
}

static DWORD WINAPI write_beyond(void *cold)
{
    DWORD done = 0;
    calling = 1;
    check(!WriteFile(file, cold, LENGTH + PAGE, &done, NULL), "a buffer without its end was written", done);
    calling = 0;
    return 0;
}

/* A write fails that has made the file longer; what another one has written there stays. */
void others_bytes_stay(void)
{
    enum { AT = LENGTH + 1000 };
    OVERLAPPED at = {.Offset = AT};
    DWORD done = 0;
    memset(line, 'B', sizeof line);
    file = open_file("D:\\mine", GENERIC_WRITE, CREATE_ALWAYS, 0);
    other = open_file("D:\\mine", GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING, 0);
    writer = CreateThread(NULL, 0, write_beyond, map_cold_before_nothing(), 0, NULL);
    while (!GetFileSize(other, NULL))
        SwitchToThread();
    check(WriteFile(other, line, sizeof line, &done, &at), "write", done);
    check(calling, "the writer was too fast", 0);
    WaitForSingleObject(writer, INFINITE);
    check(GetFileSize(other, NULL) == AT + sizeof line, "size", GetFileSize(other, NULL));
    check(ReadFile(other, bytes, sizeof line, &done, &at) && done == sizeof line, "read", done);
    check(memcmp(bytes, line, sizeof line) == 0, "other bytes", 0);
    CloseHandle(file);
    CloseHandle(other);
    check(DeleteFileA("D:\\mine"), "delete", 0);
}

/* Two append; the second one fails. */
void append_beside(void)
{
    uint8_t *cold = map_cold();
    DWORD done = 0;
    file = open_file("D:\\log", FILE_APPEND_DATA | SYNCHRONIZE, OPEN_EXISTING, 0);
    other = open_file("D:\\log", FILE_APPEND_DATA | SYNCHRONIZE, OPEN_EXISTING, 0);
    writer = CreateThread(NULL, 0, write_beyond, map_cold_before_nothing(), 0, NULL);
    check(WriteFile(other, cold, LENGTH, &done, NULL) && done == LENGTH, "append", done);
    WaitForSingleObject(writer, INFINITE);
}
