/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ended_readers.c - threads that are ended while a page is read for them: the page comes in for nobody, and its frame
 * can be used for something else. */
#include <stdio.h>
#include <windows.h>

enum {
    PAGE = 4096,
    STEP = 4,
    READERS = 128,
    FEW = 32
}; /* STEP: more than a hard fault brings along with 4 MB of RAM */

static const volatile char cold[READERS * STEP * PAGE] = {1}; /* of the image, touched by nobody yet */
static volatile LONG begun, done;

static DWORD WINAPI reader(void *page)
{
    InterlockedIncrement(&begun);
    char byte = *(volatile char *)page;
    InterlockedIncrement(&done);
    return (DWORD)byte;
}

static unsigned available(void)
{
    MEMORYSTATUS status = {.dwLength = sizeof status};
    GlobalMemoryStatus(&status);
    return (unsigned)(status.dwAvailPhys / PAGE);
}

static DWORD WINAPI sleeper(void *unused)
{
    Sleep(INFINITE);
    return unused != NULL;
}

/* A thread of a higher priority runs at once, until it waits.  Its stack stays behind (TerminateThread). */
static void end_one(LPTHREAD_START_ROUTINE routine, void *argument)
{
    HANDLE thread = CreateThread(NULL, 0, routine, argument, 0, NULL);
    TerminateThread(thread, 0);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

/* => available pages that it takes to end so many threads. */
static unsigned cost(LPTHREAD_START_ROUTINE routine)
{
    unsigned before = available();
    for (unsigned i = 0; i < READERS; i++)
        end_one(routine, (void *)(ULONG_PTR)&cold[i * STEP * PAGE]);
    Sleep(1000); /* the reads are over */
    return before - available();
}

int main(void)
{
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_LOWEST);
    unsigned sleeping = cost(sleeper), reading = cost(reader);
    printf("%ld threads began to read, and nearly all were ended in it: %s\n", begun, done < FEW ? "yes" : "no");
    if (reading < sleeping + FEW)
        printf("their pages can be used again\n");
    else
        printf("%u threads that slept cost %u pages, those that read %u\n", READERS, sleeping, reading);
    return 0;
}
