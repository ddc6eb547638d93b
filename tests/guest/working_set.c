/* SPDX-License-Identifier: GPL-2.0-or-later */
/* working_set.c - the size of a working set as its process sees it: growth, a hard maximum, emptying, locked pages, and
 * faults counted one by one.  working_set.py reads what the trace says of the same run.
 *
 *   working_set.exe        memory is plenty
 *   working_set.exe short  there is little: one process sleeps over its pages (working_set.exe idle), the other goes
 *                          round more pages than RAM has */
#include "programs/win32.h"
#include <psapi.h>

enum { PAGES = 600, MAXIMUM = 150, LOCKED = 5, IDLE_PAGES = 250, SHORT_PAGES = 1200 };

static HANDLE self;

static PROCESS_MEMORY_COUNTERS counters(void)
{
    PROCESS_MEMORY_COUNTERS c = {.cb = sizeof c};
    GetProcessMemoryInfo(self, &c, sizeof c);
    return c;
}

static unsigned size(void)
{
    return (unsigned)(counters().WorkingSetSize / PAGE);
}

static volatile char *fill(unsigned pages)
{
    volatile char *memory = VirtualAlloc(NULL, pages * PAGE, MEM_COMMIT, PAGE_READWRITE);
    for (unsigned i = 0; i < pages; i++)
        memory[i * PAGE] = (char)(i * 7);
    return memory;
}

static bool is_filled(volatile char *memory, unsigned pages)
{
    bool right = true;
    for (unsigned i = 0; i < pages; i++)
        right = right && memory[i * PAGE] == (char)(i * 7);
    return right;
}

/* Time and again, for long enough that the manager looks. */
static bool stays_filled(volatile char *memory, unsigned pages)
{
    bool right = true;
    DWORD start = GetTickCount();
    do
        right = right && is_filled(memory, pages);
    while (GetTickCount() - start < 150);
    return right;
}

/* Faults that reading so many pages takes. */
static unsigned faults(volatile char *memory, unsigned pages)
{
    counters(); /* its own pages are there now */
    DWORD before = counters().PageFaultCount;
    for (unsigned i = 0; i < pages; i++)
        (void)memory[i * PAGE];
    return (unsigned)(counters().PageFaultCount - before);
}

static void with_plenty(void)
{
    volatile char *memory = fill(PAGES);

    check("it grows beyond its maximum of 345 pages", size() > PAGES);
    TRY("hard maximum", SetProcessWorkingSetSizeEx(self, 50 * PAGE, MAXIMUM * PAGE, QUOTA_LIMITS_HARDWS_MAX_ENABLE));
    check("it holds at once", size() <= MAXIMUM);
    check("contents are kept", is_filled(memory, PAGES));
    check("and it holds still", size() <= MAXIMUM);
    TRY("soft again", SetProcessWorkingSetSizeEx(self, 50 * PAGE, MAXIMUM * PAGE, QUOTA_LIMITS_HARDWS_MAX_DISABLE));
    check("contents are kept", is_filled(memory, PAGES));
    check("it grows beyond its maximum", size() > PAGES);
    TRY("lock pages", VirtualLock((void *)memory, LOCKED * PAGE));
    TRY("empty it", SetProcessWorkingSetSize(self, (SIZE_T)-1, (SIZE_T)-1));
    check("it is small", size() < 100);
    printf("faults of locked pages: %u\n", faults(memory, LOCKED));
    printf("faults of %u others: %u\n", 20, faults(memory + LOCKED * PAGE, 20));
    printf("faults of the same again: %u\n", faults(memory + LOCKED * PAGE, 20));
    volatile char *fresh = VirtualAlloc(NULL, 50 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    printf("faults of 50 new pages: %u\n", faults(fresh, 50));
    Sleep(3500);
}

static void sleep_over_pages(void)
{
    volatile char *memory = fill(IDLE_PAGES);
    HANDLE ready = OpenEventA(EVENT_MODIFY_STATE, FALSE, "ready"), done = OpenEventA(SYNCHRONIZE, FALSE, "done");
    SetEvent(ready);
    WaitForSingleObject(done, INFINITE);
    if (!is_filled(memory, IDLE_PAGES))
        ExitProcess(1);
}

static void when_short(const char *program)
{
    HANDLE ready = CreateEventA(NULL, FALSE, FALSE, "ready"), done = CreateEventA(NULL, TRUE, FALSE, "done");
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION child;
    char line[MAX_PATH + 8];
    DWORD code = 99;

    snprintf(line, sizeof line, "\"%s\" idle", program);
    TRY("idle process", CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child));
    WaitForSingleObject(ready, INFINITE);
    Sleep(1900); /* it is seen idle when the manager looks for the second time */
    volatile char *memory = fill(SHORT_PAGES);
    for (unsigned round = 0; round < 3; round++)
        check("contents are kept", stays_filled(memory, SHORT_PAGES));
    SetEvent(done);
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    check("the idle one's too", code == 0);
}

int main(int argc, char **argv)
{
    self = GetCurrentProcess();
    if (argc > 1 && strcmp(argv[1], "short") == 0)
        when_short(argv[0]);
    else if (argc > 1)
        sleep_over_pages();
    else
        with_plenty();
    return 0;
}
