// SPDX-License-Identifier: GPL-2.0-or-later
/* guard_page.c - a guard page as a one-shot alarm.
 *
 * In the trace: the first write to the page is a GuardPage fault; it raises STATUS_GUARD_PAGE_VIOLATION, which the
 * vectored handler below counts and continues, and it takes PAGE_GUARD off.  The write is then repeated: a DemandZero
 * fault.  The second write of the program faults no more. */
#include <stdio.h>
#include <windows.h>

#ifndef STATUS_GUARD_PAGE_VIOLATION
#define STATUS_GUARD_PAGE_VIOLATION 0x80000001
#endif

static volatile unsigned char *page;
static unsigned alarms;

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *pointers)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    if (record->ExceptionCode != (DWORD)STATUS_GUARD_PAGE_VIOLATION)
        return EXCEPTION_CONTINUE_SEARCH;
    alarms++;
    printf("alarm %u: STATUS_GUARD_PAGE_VIOLATION, %s, page+0x%lx\n", alarms,
           record->ExceptionInformation[0] == 1 ? "write" : "read",
           (unsigned long)(record->ExceptionInformation[1] - (ULONG_PTR)page));
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void show(const char *when)
{
    MEMORY_BASIC_INFORMATION info = {0};
    VirtualQuery((void *)page, &info, sizeof(info));
    printf("%s: %s%s\n", when, (info.Protect & 0xFF) == PAGE_READWRITE ? "PAGE_READWRITE" : "something else",
           info.Protect & PAGE_GUARD ? " | PAGE_GUARD" : "");
}

int main(void)
{
    page = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
    if (page == NULL || AddVectoredExceptionHandler(1, on_exception) == NULL) {
        printf("set-up failed: %lu\n", GetLastError());
        return 1;
    }
    show("before");
    page[16] = 1;
    show("after the first write");
    page[32] = 2;
    printf("alarms: %u, values: %u %u\n", alarms, page[16], page[32]);
    return 0;
}
