/* SPDX-License-Identifier: GPL-2.0-or-later */
/* critsect.h - a critical section entered and left in place where nobody contends for it; critsect.c owns the rules. */
#ifndef SOFTFAULT_GUEST_CRITSECT_H
#define SOFTFAULT_GUEST_CRITSECT_H

#include "ntdll.h"

enum { CRITSECT_FREE = -1, CRITSECT_OWNED_ALONE = -2 }; /* LockCount without waiters */

NTSTATUS critsect_let_go(PRTL_CRITICAL_SECTION section); /* of an owner who has cleared OwningThread */

/* TEB.ClientId.UniqueThread, in one access. */
static inline HANDLE critsect_this_thread(void)
{
#ifdef _WIN64
    return (HANDLE)__readgsqword(offsetof(TEB, ClientId.UniqueThread));
#else
    return (HANDLE)__readfsdword(offsetof(TEB, ClientId.UniqueThread));
#endif
}

static inline void critsect_enter(PRTL_CRITICAL_SECTION section)
{
    if (InterlockedCompareExchange(&section->LockCount, CRITSECT_OWNED_ALONE, CRITSECT_FREE) != CRITSECT_FREE) {
        RtlEnterCriticalSection(section);
        return;
    }
    section->OwningThread = critsect_this_thread();
    section->RecursionCount = 1;
}

static inline void critsect_leave(PRTL_CRITICAL_SECTION section)
{
    if (--section->RecursionCount > 0)
        return;
    section->OwningThread = NULL;
    if (InterlockedCompareExchange(&section->LockCount, CRITSECT_FREE, CRITSECT_OWNED_ALONE) != CRITSECT_OWNED_ALONE)
        critsect_let_go(section);
}

#endif
