/* SPDX-License-Identifier: GPL-2.0-or-later */
/* awe.c - address windowing and large pages: what a caller without SeLockMemoryPrivilege is told (nt-reference 12). */
#include "service.h"

static void check_frames(const char *name, NTSTATUS(NTAPI *service)(HANDLE, ULONG_PTR *, ULONG_PTR *))
{
    ULONG_PTR count = 4, frames[4] = {0}, many = ~(ULONG_PTR)0 / 2;
    printf("%s: %s\n", name, status_name(service(THIS_PROCESS, &count, frames)));
    printf("%s, handle 0: %s\n", name, status_name(service(NULL, &count, frames)));
    printf("%s, handle of an event: %s\n", name, status_name(service(make_event(), &count, frames)));
    printf("%s, frames misaligned: %s\n", name,
           status_name(service(THIS_PROCESS, &count, (void *)((char *)frames + 1))));
    printf("%s, more than can be named: %s\n", name, status_name(service(THIS_PROCESS, &many, frames)));
    for (enum place place = 0; place < PLACES; place++) {
        ULONG_PTR *count_at = make_place(place, &count, sizeof count);
        ULONG_PTR *frames_at = make_place(place, frames, sizeof frames);
        printf("%s, count in a %s: ", name, place_names[place]);
        printf("%s\n", status_name(service(THIS_PROCESS, count_at, frames)));
        printf("%s, frames in a %s: ", name, place_names[place]);
        printf("%s\n", status_name(service(THIS_PROCESS, &count, frames_at)));
    }
}

static void check_map(void)
{
    ULONG_PTR frames[2] = {0};
    void *place = commit(2 * PAGE, PAGE_READWRITE), *places[2] = {place, (char *)place + PAGE};
    say("map in private memory", NtMapUserPhysicalPages(place, 2, frames));
    say("map in free memory", NtMapUserPhysicalPages((void *)0x10000000, 2, frames));
    say("unmap", NtMapUserPhysicalPages(place, 2, NULL));
    say("map none", NtMapUserPhysicalPages(place, 0, frames));
    say("map too many", NtMapUserPhysicalPages(place, ~(ULONG_PTR)0, frames));
    say("map in system space", NtMapUserPhysicalPages(SYSTEM_ADDRESS, 2, frames));
    say("map beyond user space", NtMapUserPhysicalPages((void *)(ULONG_PTR)(USER_END - PAGE), 2, frames));
    say("scatter in private memory", NtMapUserPhysicalPagesScatter(places, 2, frames));
    say("scatter none", NtMapUserPhysicalPagesScatter(places, 0, frames));
    say("scatter too many", NtMapUserPhysicalPagesScatter(places, ~(ULONG_PTR)0, frames));
    say("scatter, addresses in system space", NtMapUserPhysicalPagesScatter(SYSTEM_ADDRESS, 2, frames));
}

/* With the privilege: what is not modelled is said. */
static void check_privileged(void)
{
    ULONG_PTR count = 4, frames[4] = {0};
    void *base = NULL;
    SIZE_T size = 4 << 20;
    say("privilege on", set_privilege(4, PRIVILEGE_ON));
    say("frames", NtAllocateUserPhysicalPages(THIS_PROCESS, &count, frames));
    say("large pages", NtAllocateVirtualMemory(THIS_PROCESS, &base, 0, &size,
                                               MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE));
    say("a window", NtAllocateVirtualMemory(THIS_PROCESS, &base, 0, &size, MEM_RESERVE | MEM_PHYSICAL, PAGE_READWRITE));
}

int main(void)
{
    check_frames("allocate", NtAllocateUserPhysicalPages);
    check_frames("free", NtFreeUserPhysicalPages);
    check_map();
    check_privileged();
    return 0;
}
