/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack.c - _resetstkoflw: after a stack overflow that was handled, the guard page again.
 *
 *     allocation base                                    current page
 *     | never committed | kept free | guard page | ... | in use ...
 *
 * What is kept free is a page, or what SetThreadStackGuarantee asked for. */
#include "crt.h"

enum { PAGE = 4096, COMMIT = 0x1000, READWRITE = 0x04, GUARD = 0x100 };

struct memory_information {
    uintptr_t base, allocation_base;
    uint32_t allocation_protect;
    size_t size;
    uint32_t state, protect, type;
};

K32 size_t WINAPI VirtualQuery(const void *address, struct memory_information *info, size_t length);
K32 void *WINAPI VirtualAlloc(void *address, size_t size, uint32_t type, uint32_t protect);
K32 int WINAPI SetThreadStackGuarantee(uint32_t *size);
K32 int WINAPI VirtualProtect(void *address, size_t size, uint32_t protect, uint32_t *old);

/* => returns 1, or 0 when the stack is still too deep for a guard page below it. */
CRT_API(int, _resetstkoflw, void)
{
    struct memory_information info;
    uintptr_t current = (uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)(PAGE - 1);
    uint32_t old, kept = 0;

    SetThreadStackGuarantee(&kept);
    if (VirtualQuery((void *)current, &info, sizeof info) == 0)
        return 0;
    uintptr_t lowest = info.allocation_base + PAGE + (kept > PAGE ? kept : PAGE);
    for (uintptr_t at = info.allocation_base;; at = info.base + info.size) {
        if (at > current || VirtualQuery((void *)at, &info, sizeof info) == 0)
            return 0;
        if (info.state == COMMIT)
            break;
    }
    if (info.protect & GUARD)
        return 1;
    uintptr_t guard = info.base > lowest ? info.base : lowest;
    if (guard >= current)
        return 0;
    return VirtualAlloc((void *)guard, PAGE, COMMIT, READWRITE) != NULL &&
           VirtualProtect((void *)guard, PAGE, READWRITE | GUARD, &old);
}
