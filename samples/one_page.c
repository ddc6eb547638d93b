/* SPDX-License-Identifier: GPL-2.0-or-later */
/* one_page.c - the life of one page: written, pushed out by others, read back.  With `--ram 4M` it goes to the page
 * file and comes back; docs/life-of-a-page.md follows it in the trace. */
#include <stdio.h>
#include <windows.h>

#define PAGE 4096u
#define OTHERS (8u << 20)

int main(void)
{
    char *page = VirtualAlloc((void *)0x10000000, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    char *others = VirtualAlloc((void *)0x20000000, OTHERS, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    if (!page || !others)
        return 1;
    page[0] = 42;
    for (unsigned i = 0; i < OTHERS; i += PAGE)
        others[i] = 1;
    printf("the page has %d\n", page[0]);
    page[0]++;
    printf("and now %d\n", page[0]);
    return 0;
}
