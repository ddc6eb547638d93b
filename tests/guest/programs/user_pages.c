/* SPDX-License-Identifier: GPL-2.0-or-later */
/* user_pages.c - Address Windowing Extensions for a program that may not lock pages in memory. */
#include "win32.h"

int main(void)
{
    ULONG_PTR count = 4, pages[4] = {0};
    char *plain = VirtualAlloc(NULL, UNIT, MEM_RESERVE, PAGE_READWRITE);

    TRY("allocate", AllocateUserPhysicalPages(GetCurrentProcess(), &count, pages));
    TRY("allocate with a bad handle", AllocateUserPhysicalPages((HANDLE)0x7770, &count, pages));
    TRY("no count", AllocateUserPhysicalPages(GetCurrentProcess(), NULL, pages));
    TRY("no array", AllocateUserPhysicalPages(GetCurrentProcess(), &count, NULL));
    TRY("map into no window", MapUserPhysicalPages(plain, 1, pages));
    TRY("map nowhere", MapUserPhysicalPages(NULL, 1, pages));
    return 0;
}
