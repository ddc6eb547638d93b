/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest_services.c - memory calls in loops, for bench_services.c, which notes the host's time at each mark().
 *
 * argv[1] is one letter: p pairs of VirtualAlloc and VirtualFree; q VirtualQuery; h pairs of HeapAlloc and HeapFree on
 * the process heap, n on one that is not serialized, e the same loop without them; r reservations that stay, argv[2] of
 * them, with a mark around each of the first and of the last. */
#include <stdbool.h>
#include <stdlib.h>
#include <windows.h>

enum { WARM_UP = 16, MARKS = 100, LOOPS = 20000, UNIT = 64 << 10, LIVE = 64 };

/* A service that nobody else calls: the host has put a clock behind it. */
LONG NTAPI NtDisplayString(void *text);

static void mark(void)
{
    NtDisplayString(NULL);
}

static void pairs(void)
{
    for (int i = 0; i < LOOPS; i++) {
        void *p = VirtualAlloc(NULL, UNIT, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        if (!p || !VirtualFree(p, 0, MEM_RELEASE))
            ExitProcess(1);
    }
}

static void queries(const void *where)
{
    MEMORY_BASIC_INFORMATION info;
    for (int i = 0; i < LOOPS; i++)
        if (!VirtualQuery(where, &info, sizeof info))
            ExitProcess(1);
}

static void *no_call(HANDLE heap, DWORD flags, SIZE_T size)
{
    (void)flags;
    return (char *)heap + size;
}

/* LIVE blocks of 1 to 256 bytes; in each turn one of them goes and another comes. => heap NULL: no calls. */
static void blocks(HANDLE heap)
{
    static void *live[LIVE];
    DWORD random = 1;
    for (int i = 0; i < LOOPS + LIVE; i++) {
        random = random * 1664525 + 1013904223;
        void **slot = &live[i < LIVE ? (DWORD)i : random >> 26];
        SIZE_T size = 1 + (random >> 16 & 255);
        if (heap == NULL) {
            *slot = no_call(live, 0, size);
            continue;
        }
        if (*slot != NULL && !HeapFree(heap, 0, *slot))
            ExitProcess(1);
        *slot = HeapAlloc(heap, 0, size);
        if (*slot == NULL)
            ExitProcess(1);
    }
    for (int i = 0; i < LIVE; i++) {
        if (heap != NULL)
            HeapFree(heap, 0, live[i]);
        live[i] = NULL;
    }
}

static void reserve(void)
{
    if (!VirtualAlloc(NULL, UNIT, MEM_RESERVE, PAGE_READWRITE))
        ExitProcess(1);
}

static void reservations(int count)
{
    for (int i = 0; i < count; i++) {
        bool marked = i < MARKS || i >= count - MARKS;
        if (marked)
            mark();
        reserve();
        if (marked)
            mark();
    }
}

int main(int argc, char **argv)
{
    char what = argc > 1 ? argv[1][0] : 'p';
    void *page = VirtualAlloc(NULL, UNIT, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    HANDLE heap = what == 'h' ? GetProcessHeap() : what == 'n' ? HeapCreate(HEAP_NO_SERIALIZE, 0, 0) : NULL;
    if (what == 'p')
        pairs();
    else if (what == 'h' || what == 'n' || what == 'e')
        blocks(heap);
    for (int i = 0; i < WARM_UP; i++)
        mark(); /* shows what a mark costs */
    switch (what) {
    case 'p': pairs(); break;
    case 'q': queries(page); break;
    case 'h':
    case 'n':
    case 'e': blocks(heap); break;
    case 'r': reservations(atoi(argv[2])); break;
    }
    mark();
    return 0;
}
