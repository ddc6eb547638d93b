/* SPDX-License-Identifier: GPL-2.0-or-later */
/* thread_storage.c - what each thread has of its own: slots, few and many; fibre slots with callbacks; the last error.
 */
#include "win32.h"

enum { MANY = 100 };
static DWORD slots[MANY], fibre_slot;

static DWORD WINAPI use_slots(void *argument)
{
    LONG_PTR number = (LONG_PTR)argument, clean = 0, kept = 0;

    for (int i = 0; i < MANY; i++)
        clean += TlsGetValue(slots[i]) == NULL;
    for (int i = 0; i < MANY; i++)
        TlsSetValue(slots[i], (void *)(number * 1000 + i));
    SetLastError((DWORD)number);
    Sleep(10);
    DWORD error = GetLastError();
    for (int i = 0; i < MANY; i++)
        kept += TlsGetValue(slots[i]) == (void *)(number * 1000 + i);
    printf("thread %ld: %ld slots clean, %ld kept, last error %lu\n", (long)number, (long)clean, (long)kept,
           (unsigned long)error);
    return 0;
}

static void WINAPI gone(void *value)
{
    printf("callback: %s\n", (const char *)value);
}

static DWORD WINAPI use_fibre_slot(void *argument)
{
    printf("clean: %s\n", FlsGetValue(fibre_slot) == NULL ? "yes" : "no");
    FlsSetValue(fibre_slot, argument);
    return 0;
}

static HANDLE start(LPTHREAD_START_ROUTINE routine, LONG_PTR argument)
{
    return CreateThread(NULL, 0, routine, (void *)argument, 0, NULL);
}

static void thread_slots(void)
{
    HANDLE threads[2];
    DWORD again;

    for (int i = 0; i < MANY; i++)
        slots[i] = TlsAlloc();
    check("distinct", slots[0] != slots[1] && slots[MANY - 1] >= TLS_MINIMUM_AVAILABLE);
    use_slots(NULL);
    for (int i = 0; i < 2; i++) { /* one after the other, so that the lines have an order */
        threads[i] = start(use_slots, i + 1);
        WaitForSingleObject(threads[i], INFINITE);
    }
    check("ours are as before", TlsGetValue(slots[MANY - 1]) == (void *)(MANY - 1));
    TRY("free", TlsFree(slots[50]));
    TRY("free again", TlsFree(slots[50]));
    again = TlsAlloc();
    check("given again, clean", again == slots[50] && TlsGetValue(again) == NULL);
    TRY("beyond the last", TlsSetValue(TLS_MINIMUM_AVAILABLE + 1024, NULL));
    while (TlsAlloc() != TLS_OUT_OF_INDEXES)
        continue;
    printf("when all are taken: error %lu\n", (unsigned long)GetLastError());
}

static void fibre_slots(void)
{
    fibre_slot = FlsAlloc(gone);
    TRY_NOT("slot", FLS_OUT_OF_INDEXES, fibre_slot);
    HANDLE thread = start(use_fibre_slot, (LONG_PTR) "a thread's value");
    WaitForSingleObject(thread, INFINITE);
    FlsSetValue(fibre_slot, (void *)(LONG_PTR) "the first thread's value");
    TRY("free", FlsFree(fibre_slot));
    TRY("free again", FlsFree(fibre_slot));
    TRY("slot 0", FlsSetValue(0, NULL));
}

int main(void)
{
    thread_slots();
    fibre_slots();
    return 0;
}
