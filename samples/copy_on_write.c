// SPDX-License-Identifier: GPL-2.0-or-later
/* copy_on_write.c - the first write to a page of an image gives the process its own copy.
 *
 * In the trace: the first reads of page 0 and page 1 bring them in from the file (HardFault; Prototype if they are in
 * memory already), for they belong to the image section.  The write to page 0 is a CopyOnWrite fault; its protection
 * changes from PAGE_WRITECOPY to PAGE_READWRITE, that of page 1 does not. */
#include <stdio.h>
#include <windows.h>

#define PAGE 4096

/* Two pages in a section of their own. */
static volatile char pages[2][PAGE] __attribute__((section(".cow"), aligned(PAGE))) = {"first", "second"};

static const char *protection(volatile void *address)
{
    MEMORY_BASIC_INFORMATION info;
    if (VirtualQuery((void *)address, &info, sizeof(info)) != sizeof(info))
        return "VirtualQuery failed";
    if (info.State != MEM_COMMIT || info.Type != MEM_IMAGE)
        return "not an image page";
    switch (info.Protect) {
    case PAGE_READONLY: return "PAGE_READONLY";
    case PAGE_READWRITE: return "PAGE_READWRITE";
    case PAGE_WRITECOPY: return "PAGE_WRITECOPY";
    default: return "something else";
    }
}

int main(void)
{
    printf("read:    page 0 '%c', page 1 '%c'\n", pages[0][0], pages[1][0]);
    printf("before:  page 0 %s, page 1 %s\n", protection(pages[0]), protection(pages[1]));
    pages[0][0] = 'F';
    printf("written: page 0 '%c'\n", pages[0][0]);
    printf("after:   page 0 %s, page 1 %s\n", protection(pages[0]), protection(pages[1]));
    return 0;
}
