/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtual_memory.c - the Virtual calls as Win32 programs see them: results, and the error of each wrong argument. */
#include "win32.h"

#ifdef _WIN64
#define SYSTEM_ADDRESS ((void *)0xFFFFF80000000000ull)
#else
#define SYSTEM_ADDRESS ((void *)0x80000000u)
#endif

static void allocate(void)
{
    char *free_place = VirtualAlloc(NULL, UNIT, MEM_RESERVE, PAGE_NOACCESS);

    TRY("reserve", free_place);
    TRY("size 0", VirtualAlloc(NULL, 0, MEM_COMMIT, PAGE_READWRITE));
    TRY("below 64 KB", VirtualAlloc((void *)0x1000, PAGE, MEM_RESERVE, PAGE_READWRITE));
    TRY("no type", VirtualAlloc(NULL, PAGE, 0, PAGE_READWRITE));
    TRY("top down alone", VirtualAlloc(NULL, PAGE, MEM_TOP_DOWN, PAGE_READWRITE));
    TRY("protection 0", VirtualAlloc(NULL, PAGE, MEM_COMMIT, 0));
    TRY("two protections", VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_READONLY | PAGE_READWRITE));
    TRY("write-copy", VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_WRITECOPY));
    TRY("guard and no access", VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_NOACCESS | PAGE_GUARD));
    TRY("taken place", VirtualAlloc(free_place, UNIT, MEM_RESERVE, PAGE_READWRITE));
    TRY("system address", VirtualAlloc(SYSTEM_ADDRESS, PAGE, MEM_RESERVE, PAGE_READWRITE));
    TRY("too much", VirtualAlloc(NULL, (SIZE_T)-1 / 2, MEM_RESERVE, PAGE_READWRITE));
    TRY("large pages without privilege",
        VirtualAlloc(NULL, 0x400000, MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE));
    TRY("bad process", VirtualAllocEx((HANDLE)0x7770, NULL, PAGE, MEM_COMMIT, PAGE_READWRITE));
    check("commit of part of it", VirtualAlloc(free_place + 5, 1, MEM_COMMIT, PAGE_READWRITE) == free_place);
    VirtualFree(free_place, 0, MEM_RELEASE);
    TRY("commit of nothing reserved", VirtualAlloc(free_place, PAGE, MEM_COMMIT, PAGE_READWRITE));
}

static void protect(void)
{
    char *pages = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE, PAGE_READWRITE);
    DWORD old = 0;

    VirtualAlloc(pages, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    if (TRY("protect", VirtualProtect(pages, PAGE, PAGE_READONLY, &old)))
        printf("before: %lx\n", (unsigned long)old);
    VirtualProtect(pages, 2 * PAGE, PAGE_READWRITE | PAGE_GUARD, &old);
    printf("of two pages the first counts: %lx\n", (unsigned long)old);
    TRY("reserved page", VirtualProtect(pages + 2 * PAGE, PAGE, PAGE_READONLY, &old));
    TRY("write-copy of private memory", VirtualProtect(pages, PAGE, PAGE_WRITECOPY, &old));
    TRY("no place for the old one", VirtualProtect(pages, PAGE, PAGE_READONLY, NULL));
    TRY("protection 0", VirtualProtect(pages, PAGE, 0, &old));
    TRY("size 0", VirtualProtect(pages, 0, PAGE_READONLY, &old));
    TRY("bad process", VirtualProtectEx((HANDLE)0x7770, pages, PAGE, PAGE_READONLY, &old));
}

static void query(void)
{
    MEMORY_BASIC_INFORMATION info;
    char *pages = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE, PAGE_READWRITE);

    check("query", VirtualQuery(pages + 5, &info, sizeof info) == sizeof info);
    printf("state %lx, of %lu pages\n", (unsigned long)info.State, (unsigned long)(info.RegionSize / PAGE));
    TRY("short", VirtualQuery(pages, &info, sizeof info - 1));
    TRY("system address", VirtualQuery(SYSTEM_ADDRESS, &info, sizeof info));
    TRY("no place", VirtualQuery(pages, NULL, sizeof info));
    TRY("bad process", VirtualQueryEx((HANDLE)0x7770, pages, &info, sizeof info));
}

static void lock(void)
{
    char *pages = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE, PAGE_READWRITE);

    VirtualAlloc(pages, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    VirtualAlloc(pages + 2 * PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
    TRY("lock", VirtualLock(pages, 2 * PAGE));
    TRY("lock again", VirtualLock(pages, 2 * PAGE));
    TRY("unlock", VirtualUnlock(pages, 2 * PAGE));
    TRY("unlock again", VirtualUnlock(pages, 2 * PAGE));
    TRY("lock a guard page", VirtualLock(pages + 2 * PAGE, PAGE));
    TRY("lock it again", VirtualLock(pages + 2 * PAGE, PAGE));
    TRY("lock a reserved page", VirtualLock(pages + 3 * PAGE, PAGE));
    TRY("lock nothing", VirtualLock(pages, 0));
}

static void release(void)
{
    char *pages = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    TRY("free without a type", VirtualFree(pages, 0, 0));
    TRY("free with both types", VirtualFree(pages, 0, MEM_RELEASE | MEM_DECOMMIT));
    TRY("release with a size", VirtualFree(pages, PAGE, MEM_RELEASE));
    TRY("release of an inner page", VirtualFree(pages + PAGE, 0, MEM_RELEASE));
    TRY("decommit", VirtualFree(pages, PAGE, MEM_DECOMMIT));
    TRY("decommit again", VirtualFree(pages, PAGE, MEM_DECOMMIT));
    TRY("decommit all", VirtualFree(pages, 0, MEM_DECOMMIT));
    TRY("release", VirtualFree(pages, 0, MEM_RELEASE));
    TRY("release again", VirtualFree(pages, 0, MEM_RELEASE));
    TRY("bad process", VirtualFreeEx((HANDLE)0x7770, pages, 0, MEM_RELEASE));
}

static void write_watch(void)
{
    char *pages = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
    char *plain = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    void *written[4];
    ULONG_PTR count = 4;
    DWORD granularity;

    pages[PAGE] = pages[3 * PAGE] = 1;
    check("write watch", GetWriteWatch(0, pages, 4 * PAGE, written, &count, &granularity) == 0);
    printf("%lu pages of %lu bytes: %ld and %ld\n", (unsigned long)count, (unsigned long)granularity,
           (long)(((char *)written[0] - pages) / PAGE), (long)(((char *)written[1] - pages) / PAGE));
    check("reset", ResetWriteWatch(pages, 4 * PAGE) == 0);
    count = 4;
    check("asked again", GetWriteWatch(0, pages, 4 * PAGE, written, &count, &granularity) == 0);
    printf("%lu pages\n", (unsigned long)count);
    TRY_NOT("bad flag", ~0u, GetWriteWatch(2, pages, PAGE, written, &count, &granularity));
    TRY_NOT("not watched", ~0u, GetWriteWatch(0, plain, PAGE, written, &count, &granularity));
    TRY_NOT("no array", ~0u, (count = 4, GetWriteWatch(0, pages, PAGE, NULL, &count, &granularity)));
    TRY_NOT("no count", ~0u, GetWriteWatch(0, pages, PAGE, written, NULL, &granularity));
    TRY_NOT("count 0", ~0u, (count = 0, GetWriteWatch(0, pages, PAGE, written, &count, &granularity)));
    TRY_NOT("reset of what is not watched", ~0u, ResetWriteWatch(plain, PAGE));
}

int main(void)
{
    allocate();
    protect();
    query();
    lock();
    release();
    write_watch();
    return 0;
}
