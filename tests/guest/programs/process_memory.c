/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process_memory.c - ReadProcessMemory and WriteProcessMemory on pages of every kind. */
#include "win32.h"

static HANDLE self;

static char *make(DWORD protect)
{
    char *pages = VirtualAlloc(NULL, 2 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    DWORD old;

    memset(pages, 'x', 2 * PAGE);
    VirtualProtect(pages, PAGE, protect, &old);
    return pages;
}

static DWORD protection(const void *page)
{
    MEMORY_BASIC_INFORMATION info = {0};

    VirtualQuery(page, &info, sizeof info);
    return info.Protect;
}

static void write_to(const char *name, DWORD protect)
{
    char *page = make(protect);
    SIZE_T done = 77;

    SetLastError(0);
    bool written = WriteProcessMemory(self, page, "abcd", 4, &done);
    DWORD error = GetLastError();
    printf("write %s: %s, %lu bytes, error %lu, then protection %lx\n", name, written ? "yes" : "no",
           (unsigned long)done, (unsigned long)error, (unsigned long)protection(page));
}

static void read_from(const char *name, DWORD protect)
{
    char *page = make(protect), buffer[8];
    SIZE_T done = 77;

    SetLastError(0);
    bool read = ReadProcessMemory(self, page, buffer, sizeof buffer, &done);
    DWORD error = GetLastError();
    printf("read %s: %s, %lu bytes, error %lu\n", name, read ? "yes" : "no", (unsigned long)done, (unsigned long)error);
}

int main(void)
{
    char *two = make(PAGE_READWRITE), *reserved = VirtualAlloc(NULL, UNIT, MEM_RESERVE, PAGE_READWRITE), buffer[64];
    SIZE_T done = 77;
    DWORD old;

    self = GetCurrentProcess();
    write_to("read and write", PAGE_READWRITE);
    write_to("read only", PAGE_READONLY);
    write_to("execute", PAGE_EXECUTE);
    write_to("execute and read", PAGE_EXECUTE_READ);
    write_to("execute, read and write", PAGE_EXECUTE_READWRITE);
    write_to("no access", PAGE_NOACCESS);
    write_to("guard", PAGE_READWRITE | PAGE_GUARD);
    read_from("read only", PAGE_READONLY);
    read_from("no access", PAGE_NOACCESS);

    TRY("write to reserved memory", WriteProcessMemory(self, reserved, "a", 1, NULL));
    TRY("write to nowhere", WriteProcessMemory(self, NULL, "a", 1, NULL));
    TRY("write with a bad handle", WriteProcessMemory((HANDLE)0x7770, two, "a", 1, NULL));
    TRY("read from a bad handle", ReadProcessMemory((HANDLE)0x7770, two, buffer, 1, NULL));
    VirtualProtect(two + PAGE, PAGE, PAGE_NOACCESS, &old);
    TRY("read over the edge", ReadProcessMemory(self, two + PAGE - 16, buffer, 32, &done));
    printf("%lu bytes\n", (unsigned long)done);
    TRY("read of nothing", ReadProcessMemory(self, two, buffer, 0, &done));
    printf("%lu bytes\n", (unsigned long)done);
    return 0;
}
