/* SPDX-License-Identifier: GPL-2.0-or-later */
/* working_set.c - what is in the working set, its limits, and watching it grow. */
#include "win32.h"
#include <psapi.h>

static HANDLE self;

static void limits(void)
{
    SIZE_T minimum, maximum;
    DWORD flags;

    TRY("limits", GetProcessWorkingSetSize(self, &minimum, &maximum));
    printf("%lu to %lu pages\n", (unsigned long)(minimum / PAGE), (unsigned long)(maximum / PAGE));
    TRY("set", SetProcessWorkingSetSize(self, 60 * PAGE, 400 * PAGE));
    TRY("read back", GetProcessWorkingSetSizeEx(self, &minimum, &maximum, &flags));
    printf("%lu to %lu pages, flags %lx\n", (unsigned long)(minimum / PAGE), (unsigned long)(maximum / PAGE),
           (unsigned long)flags);
    TRY("minimum 0", SetProcessWorkingSetSize(self, 0, 400 * PAGE));
    TRY("maximum below minimum", SetProcessWorkingSetSize(self, 300 * PAGE, 200 * PAGE));
    TRY("hard both ways", SetProcessWorkingSetSizeEx(self, 60 * PAGE, 400 * PAGE,
                                                     QUOTA_LIMITS_HARDWS_MIN_ENABLE | QUOTA_LIMITS_HARDWS_MIN_DISABLE));
    TRY("unknown flag", SetProcessWorkingSetSizeEx(self, 60 * PAGE, 400 * PAGE, 0x100));
    TRY("bad handle", SetProcessWorkingSetSize((HANDLE)0x7770, 60 * PAGE, 400 * PAGE));
}

static PSAPI_WORKING_SET_EX_BLOCK look(void *page)
{
    PSAPI_WORKING_SET_EX_INFORMATION info = {.VirtualAddress = page};

    if (!QueryWorkingSetEx(self, &info, sizeof info))
        printf("QueryWorkingSetEx: error %lu\n", (unsigned long)GetLastError());
    return info.VirtualAttributes;
}

static void show(const char *when, void *page)
{
    PSAPI_WORKING_SET_EX_BLOCK block = look(page);

    if (block.Valid)
        printf("%s: there, protection %u, shared %u, locked %u\n", when, (unsigned)block.Win32Protection,
               (unsigned)block.Shared, (unsigned)block.Locked);
    else
        printf("%s: not there\n", when);
}

static void contents(void)
{
    static ULONG_PTR list[8192];
    char *page = VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_READWRITE);
    bool found = false;

    show("committed", page);
    page[0] = 1;
    show("written", page);
    VirtualLock(page, PAGE);
    show("locked", page);
    VirtualUnlock(page, PAGE);
    TRY("list with no room", QueryWorkingSet(self, list, sizeof list[0]));
    check("it says how many", list[0] > 50 && list[0] < 8000);
    page[0] = 1;
    TRY("list", QueryWorkingSet(self, list, sizeof list));
    for (ULONG_PTR i = 1; i <= list[0]; i++)
        found = found || (list[i] & ~(ULONG_PTR)(PAGE - 1)) == (ULONG_PTR)page;
    check("the page is on it", found);
    TRY("empty it", EmptyWorkingSet(self));
    show("emptied", page);
    check("its contents are kept", page[0] == 1);
    show("read", page);
}

static void watch(void)
{
    static PSAPI_WS_WATCH_INFORMATION seen[4096];
    char *pages = VirtualAlloc(NULL, 4 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    int found = 0;

    memset(seen, 1, sizeof seen);
    memset(seen, 0, sizeof seen);
    TRY("changes before the watch", GetWsChanges(self, seen, sizeof seen));
    TRY("watch", InitializeProcessForWsWatch(self));
    pages[PAGE] = pages[3 * PAGE] = 1;
    TRY("changes with no room", GetWsChanges(self, seen, sizeof seen[0]));
    TRY("changes", GetWsChanges(self, seen, sizeof seen));
    for (int i = 0; seen[i].FaultingPc != NULL; i++) {
        ULONG_PTR va = (ULONG_PTR)seen[i].FaultingVa & ~(ULONG_PTR)1;
        found += va - (ULONG_PTR)pages < 4 * PAGE;
    }
    printf("of the pages written: %d\n", found);
}

int main(void)
{
    self = GetCurrentProcess();
    limits();
    contents();
    watch();
    return 0;
}
