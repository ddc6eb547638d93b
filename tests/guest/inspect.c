/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect.c - a page of each kind, left as it is for "softfault inspect"; prints NAME ADDRESS for each. */
#include <stdio.h>
#include <windows.h>

enum { PAGE = 4096 };
#define BASE ((char *)0x10000000)

__attribute__((aligned(4096))) static char written[PAGE] = {1}, only_read[PAGE] = {2}, untouched[PAGE] = {3},
                                           trimmed[PAGE] = {4};
__attribute__((aligned(4096))) static const char constant[PAGE] = {5};

static void row(const char *name, const volatile void *address)
{
    printf("%s 0x%llx\n", name, (unsigned long long)(ULONG_PTR)address);
}

/* Pages of a range that is reserved, and committed one by one. */
static void make_reserved(void)
{
    volatile char *base = VirtualAlloc(BASE, 16 * PAGE, MEM_RESERVE, PAGE_NOACCESS);
    DWORD old;

    VirtualAlloc((void *)base, 7 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    base[0] = 1;
    (void)base[PAGE];
    row("private_written", base);
    row("private_read", base + PAGE);
    row("demand_zero", base + 2 * PAGE);
    VirtualAlloc((void *)(base + 3 * PAGE), PAGE, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
    VirtualProtect((void *)(base + 3 * PAGE), PAGE, PAGE_READWRITE | PAGE_GUARD, &old);
    row("guard", base + 3 * PAGE);
    VirtualProtect((void *)(base + 4 * PAGE), PAGE, PAGE_NOACCESS, &old);
    row("no_access", base + 4 * PAGE);
    base[5 * PAGE] = 2;
    VirtualUnlock((void *)(base + 5 * PAGE), PAGE);
    row("transition", base + 5 * PAGE);
    VirtualLock((void *)(base + 6 * PAGE), PAGE);
    row("locked", base + 6 * PAGE);
    row("reserved", base + 8 * PAGE);
}

/* A range committed as a whole. */
static void make_committed(void)
{
    char *base = VirtualAlloc(BASE + 0x100000, 4 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READWRITE);

    base[0] = 1;
    VirtualFree(base + PAGE, PAGE, MEM_DECOMMIT);
    row("committed_written", base);
    row("decommitted", base + PAGE);
    row("committed_untouched", base + 2 * PAGE);
}

int main(void)
{
    volatile char *trim = trimmed;

    make_reserved();
    make_committed();
    *(volatile char *)written = 9;
    (void)*(volatile char *)only_read;
    (void)*(const volatile char *)constant;
    (void)*trim;
    VirtualUnlock((void *)trim, PAGE);
    row("image_code", (void *)(ULONG_PTR)main);
    row("image_constant", constant);
    row("image_written", written);
    row("image_read", only_read);
    row("image_untouched", untouched);
    row("image_trimmed", trim);
    row("nothing", (void *)0x20000000);
    row("shared_user_data", (void *)0x7FFE0000);
    return 0;
}
