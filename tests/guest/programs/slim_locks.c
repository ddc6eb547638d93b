/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slim_locks.c - critical sections, slim locks, condition variables, one-time initialisation, lists: in contention. */
#define _WIN32_WINNT 0x0601
#include "win32.h"

enum { THREADS = 4, ROUNDS = 300 };

static CRITICAL_SECTION section;
static SRWLOCK slim = SRWLOCK_INIT;
static volatile LONG counter, readers;

static void run(const char *what, LPTHREAD_START_ROUTINE routine)
{
    HANDLE threads[THREADS];

    counter = 0;
    for (LONG_PTR i = 0; i < THREADS; i++)
        threads[i] = CreateThread(NULL, 0, routine, (void *)i, 0, NULL);
    printf("%s: %lu", what, (unsigned long)WaitForMultipleObjects(THREADS, threads, TRUE, 60000));
    printf(", counter %ld\n", (long)counter);
}

/* Read, let others run, write: without a lock most of it would be lost. */
static void slow_increment(void)
{
    LONG now = counter;

    SwitchToThread();
    counter = now + 1;
}

static DWORD WINAPI in_section(void *argument)
{
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        EnterCriticalSection(&section);
        EnterCriticalSection(&section);
        slow_increment();
        LeaveCriticalSection(&section);
        LeaveCriticalSection(&section);
    }
    return 0;
}

static DWORD WINAPI reading_together(void *argument)
{
    (void)argument;
    AcquireSRWLockShared(&slim);
    InterlockedIncrement(&counter);
    while (counter < THREADS) /* all of them are inside */
        Sleep(1);
    ReleaseSRWLockShared(&slim);
    return 0;
}

static DWORD WINAPI in_slim_lock(void *argument)
{
    bool writes = (LONG_PTR)argument % 2 == 0;

    for (int i = 0; i < ROUNDS; i++) {
        if (writes) {
            AcquireSRWLockExclusive(&slim);
            slow_increment();
            if (readers != 0)
                printf("a reader while one writes\n");
            ReleaseSRWLockExclusive(&slim);
        } else {
            AcquireSRWLockShared(&slim);
            InterlockedIncrement(&readers);
            SwitchToThread();
            InterlockedDecrement(&readers);
            ReleaseSRWLockShared(&slim);
        }
    }
    return 0;
}

static CONDITION_VARIABLE not_empty = CONDITION_VARIABLE_INIT, not_full = CONDITION_VARIABLE_INIT;
static LONG queue[4], queued;

/* Threads 0 and 1 produce, 2 and 3 consume. */
static DWORD WINAPI through_queue(void *argument)
{
    bool produces = (LONG_PTR)argument < 2;

    for (int i = 0; i < ROUNDS; i++) {
        EnterCriticalSection(&section);
        while (produces ? queued == 4 : queued == 0)
            SleepConditionVariableCS(produces ? &not_full : &not_empty, &section, INFINITE);
        if (produces)
            queue[queued++] = i + 1;
        else
            counter += queue[--queued];
        LeaveCriticalSection(&section);
        WakeConditionVariable(produces ? &not_empty : &not_full);
    }
    return 0;
}

static INIT_ONCE once = INIT_ONCE_STATIC_INIT;

static BOOL CALLBACK initialise(INIT_ONCE *o, void *parameter, void **context)
{
    (void)o;
    InterlockedIncrement(&counter);
    Sleep(20);
    *context = parameter;
    return TRUE;
}

static DWORD WINAPI ask_once(void *argument)
{
    static char the_context[8] __attribute__((aligned(8)));
    void *context = NULL;

    (void)argument;
    if (!InitOnceExecuteOnce(&once, initialise, the_context, &context) || context != the_context)
        printf("not initialised\n");
    return 0;
}

static SLIST_HEADER list;
static struct {
    SLIST_ENTRY link;
} entries[THREADS * 8] __attribute__((aligned(16)));

static DWORD WINAPI through_list(void *argument)
{
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        SLIST_ENTRY *entry = InterlockedPopEntrySList(&list);
        if (entry == NULL)
            continue;
        InterlockedIncrement(&counter);
        if (i % 16 == 0)
            SwitchToThread();
        InterlockedPushEntrySList(&list, entry);
    }
    return 0;
}

static DWORD WINAPI wait_to_be_woken(void *event)
{
    EnterCriticalSection(&section);
    SetEvent(event);
    BOOL woken = SleepConditionVariableCS(&not_empty, &section, INFINITE);
    counter++;
    LeaveCriticalSection(&section);
    return (DWORD)woken;
}

static void conditions(void)
{
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL), threads[3];

    EnterCriticalSection(&section);
    TRY("nobody wakes us", SleepConditionVariableCS(&not_empty, &section, 20));
    LeaveCriticalSection(&section);
    AcquireSRWLockShared(&slim);
    TRY("nor here", SleepConditionVariableSRW(&not_empty, &slim, 20, CONDITION_VARIABLE_LOCKMODE_SHARED));
    ReleaseSRWLockShared(&slim);
    counter = 0;
    for (int i = 0; i < 3; i++) {
        threads[i] = CreateThread(NULL, 0, wait_to_be_woken, event, 0, NULL);
        WaitForSingleObject(event, INFINITE);
    }
    WakeConditionVariable(&not_empty);
    Sleep(20);
    printf("one woken: %ld\n", (long)counter);
    WakeAllConditionVariable(&not_empty);
    WaitForMultipleObjects(3, threads, TRUE, INFINITE);
    printf("all woken: %ld\n", (long)counter);
}

int main(void)
{
    InitializeCriticalSection(&section);
    run("critical section", in_section);
    run("slim lock", in_slim_lock);
    run("readers at the same time", reading_together);
    TRY("try it", TryAcquireSRWLockExclusive(&slim));
    check("taken for all", !TryAcquireSRWLockExclusive(&slim) && !TryAcquireSRWLockShared(&slim));
    ReleaseSRWLockExclusive(&slim);
    run("condition variables", through_queue);
    conditions();
    run("once", ask_once);
    InitializeSListHead(&list);
    for (int i = 0; i < THREADS * 8; i++)
        InterlockedPushEntrySList(&list, &entries[i].link);
    run("list", through_list);
    printf("on it: %u\n", QueryDepthSList(&list));
    int flushed = 0;
    for (SLIST_ENTRY *at = InterlockedFlushSList(&list); at != NULL; at = at->Next)
        flushed++;
    printf("flushed: %d, left %u\n", flushed, QueryDepthSList(&list));
    return 0;
}
