/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack.c - SetThreadStackGuarantee: how much of the stack is left when STATUS_STACK_OVERFLOW is raised.
 *
 *     DeallocationStack                                  current page
 *     | never committed | guaranteed | guard page | ... | in use ...
 *
 * The kernel reads TEB.GuaranteedStackBytes when the guard page is touched: it moves down no further than this. */
#include "k32.h"

enum { PAGE = 4096 };

/* The guard page of the stack, if it stands below end. => end: it does not. */
static ULONG_PTR find_guard(ULONG_PTR start, ULONG_PTR end)
{
    MEMORY_BASIC_INFORMATION info;

    for (ULONG_PTR at = start; at < end; at = (ULONG_PTR)info.BaseAddress + info.RegionSize) {
        if (VirtualQuery((void *)at, &info, sizeof info) == 0)
            break;
        if (info.State == MEM_COMMIT && (info.Protect & PAGE_GUARD))
            return at;
    }
    return end;
}

/* A guard page that stands too low for the guarantee goes up to where it ends. */
static bool raise_guard(ULONG_PTR lowest, ULONG_PTR end)
{
    ULONG_PTR guard = find_guard(lowest, end);
    DWORD old;

    if (guard == end)
        return true;
    return VirtualAlloc((void *)end, PAGE, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD) != NULL &&
           VirtualProtect((void *)guard, PAGE, PAGE_READWRITE, &old);
}

/* => *size: what it was before; 0 only asks, and less than before changes nothing.  ERROR_INVALID_PARAMETER: the stack
 *    is not as large, or in use where the guarantee would be. */
BOOL WINAPI SetThreadStackGuarantee(ULONG *size)
{
    TEB *teb = NtCurrentTeb();
    ULONGLONG wanted = ((ULONGLONG)*size + PAGE - 1) & ~(ULONGLONG)(PAGE - 1);
    ULONG_PTR lowest = (ULONG_PTR)teb->DeallocationStack + PAGE;
    ULONG_PTR current = (ULONG_PTR)__builtin_frame_address(0) & ~(ULONG_PTR)(PAGE - 1);
    ULONG before = teb->GuaranteedStackBytes;

    if (wanted > before) {
        if (wanted + PAGE > current - lowest)
            return k32_fail_with(ERROR_INVALID_PARAMETER);
        if (!raise_guard(lowest, lowest + (ULONG_PTR)wanted))
            return FALSE;
        teb->GuaranteedStackBytes = (ULONG)wanted;
    }
    *size = before;
    return TRUE;
}
