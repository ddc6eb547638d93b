/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bad_pointers.c - the IsBadXxxPtr family on pages of every kind. */
#include "win32.h"

static void *make(DWORD protect)
{
    char *pages = VirtualAlloc(NULL, 2 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    DWORD old;

    memset(pages, 'x', 2 * PAGE);
    VirtualProtect(pages, PAGE, protect, &old);
    return pages;
}

/* How many of each kind of question find it bad. */
static void ask(const char *name, void *p)
{
    printf("%s: read %d, write %d, code %d, text %d, wide text %d\n", name, IsBadReadPtr(p, 8), IsBadWritePtr(p, 8),
           IsBadCodePtr((FARPROC)p), IsBadStringPtrA(p, 8), IsBadStringPtrW(p, 8));
}

int main(void)
{
    char *guard = make(PAGE_READWRITE | PAGE_GUARD), *edge = make(PAGE_READWRITE);
    DWORD old;

    ask("read and write", make(PAGE_READWRITE));
    ask("read only", make(PAGE_READONLY));
    ask("no access", make(PAGE_NOACCESS));
    ask("execute and read", make(PAGE_EXECUTE_READ));
    ask("reserved", VirtualAlloc(NULL, PAGE, MEM_RESERVE, PAGE_READWRITE));
    ask("null", NULL);
    printf("guard page: %d\n", IsBadReadPtr(guard, 1));
    printf("the same again: %d\n", IsBadReadPtr(guard, 1));

    VirtualProtect(edge + PAGE, PAGE, PAGE_NOACCESS, &old);
    printf("up to the edge: %d, over it: %d\n", IsBadReadPtr(edge, PAGE), IsBadReadPtr(edge, PAGE + 1));
    edge[PAGE - 2] = 0;
    edge[PAGE - 1] = 0;
    printf("text that ends at the edge: %d, wide: %d\n", IsBadStringPtrA(edge + PAGE - 4, 100),
           IsBadStringPtrW((WCHAR *)(edge + PAGE - 4), 100));
    edge[PAGE - 2] = edge[PAGE - 1] = 'x';
    printf("text without an end: %d, of 4 characters: %d\n", IsBadStringPtrA(edge + PAGE - 4, 100),
           IsBadStringPtrA(edge + PAGE - 4, 4));
    printf("nothing of a bad place: %d %d %d\n", IsBadReadPtr(NULL, 0), IsBadWritePtr(NULL, 0),
           IsBadStringPtrA(NULL, 0));
    printf("around the end of memory: %d\n", IsBadReadPtr((void *)(UINT_PTR)-16, 32));
    return 0;
}
