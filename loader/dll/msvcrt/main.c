/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - start and end of the DLL, the state of each thread, the locks. */
#include "crt.h"

enum { DLL_PROCESS_DETACH, DLL_PROCESS_ATTACH, DLL_THREAD_ATTACH, DLL_THREAD_DETACH };
enum { TLS_NONE = 0xFFFFFFFF };

static uint32_t thread_slot = TLS_NONE;
static struct crt_thread first_thread = {.seed = 1};
static struct crt_section locks[LOCK_COUNT];
static struct crt_section numbered_locks[64]; /* _lock(): the DLL's own numbers */

int __stdcall DllMainCRTStartup(void *module, uint32_t reason, void *reserved);

struct crt_thread *crt_thread(void)
{
    uint32_t error = GetLastError(); /* TlsGetValue clears it */
    struct crt_thread *thread = TlsGetValue(thread_slot);

    if (thread == NULL) {
        thread = HeapAlloc(GetProcessHeap(), 0x8 /* HEAP_ZERO_MEMORY */, sizeof *thread);
        if (thread == NULL || !TlsSetValue(thread_slot, thread))
            thread = &first_thread;
        thread->seed = 1;
    }
    SetLastError(error);
    return thread;
}

void crt_lock(enum crt_lock lock)
{
    EnterCriticalSection(&locks[lock]);
}

void crt_unlock(enum crt_lock lock)
{
    LeaveCriticalSection(&locks[lock]);
}

CRT_API(void, _lock, int number)
{
    if (number >= 0 && number < (int)(sizeof numbered_locks / sizeof *numbered_locks))
        EnterCriticalSection(&numbered_locks[number]);
}

CRT_API(void, _unlock, int number)
{
    if (number >= 0 && number < (int)(sizeof numbered_locks / sizeof *numbered_locks))
        LeaveCriticalSection(&numbered_locks[number]);
}

static bool process_attach(void)
{
    for (size_t i = 0; i < LOCK_COUNT; i++)
        InitializeCriticalSection(&locks[i]);
    for (size_t i = 0; i < sizeof numbered_locks / sizeof *numbered_locks; i++)
        InitializeCriticalSection(&numbered_locks[i]);
    thread_slot = TlsAlloc();
    if (thread_slot == TLS_NONE || !TlsSetValue(thread_slot, &first_thread))
        return false;
    crt_ctype_init();
    if (!crt_lowio_init())
        return false;
    crt_stdio_init();
    return crt_environ_init();
}

static void thread_detach(void)
{
    struct crt_thread *thread = TlsGetValue(thread_slot);

    if (thread != NULL && thread != &first_thread)
        HeapFree(GetProcessHeap(), 0, thread);
    TlsSetValue(thread_slot, NULL);
}

int __stdcall DllMainCRTStartup(void *module, uint32_t reason, void *reserved)
{
    (void)module;
    (void)reserved;
    switch (reason) {
    case DLL_PROCESS_ATTACH: return process_attach();
    case DLL_THREAD_DETACH: thread_detach(); return 1;
    case DLL_PROCESS_DETACH: crt_flush_all(); return 1;
    default: return 1;
    }
}
