/* SPDX-License-Identifier: GPL-2.0-or-later */
/* protect.c - NtProtectVirtualMemory: each argument error, each boundary, each protection (nt-reference 5.5, 6.1). */
#include "service.h"

static NTSTATUS protect(void *place, SIZE_T bytes, ULONG wanted, ULONG *ret_old)
{
    return NtProtectVirtualMemory(THIS_PROCESS, &place, &bytes, wanted, ret_old);
}

static void say_old(const char *name, void *place, SIZE_T bytes, ULONG wanted)
{
    ULONG old = 0x999;
    NTSTATUS status = protect(place, bytes, wanted, &old);
    printf("%s: %s", name, status_name(status));
    printf(NT_SUCCESS(status) ? ", was %lx\n" : "\n", (unsigned long)old);
}

/* --- Arguments ----------------------------------------------------------------------------------------------- */

static const ULONG bad_protections[] = {
    0,
    PAGE_READONLY | PAGE_READWRITE,
    0x800 | PAGE_READWRITE,
    PAGE_GUARD,
    PAGE_NOACCESS | PAGE_GUARD,
    PAGE_NOACCESS | PAGE_NOCACHE,
    PAGE_READWRITE | PAGE_GUARD | PAGE_NOCACHE,
    PAGE_READWRITE | PAGE_NOCACHE | PAGE_WRITECOMBINE,
    PAGE_WRITECOPY,
    PAGE_EXECUTE_WRITECOPY,
};

static const struct {
    const char *name;
    ULONG_PTR base;
    SIZE_T size;
} ranges[] = {
    {"base at the end of user space", USER_END, PAGE},
    {"base in system space", (ULONG_PTR)-PAGE, PAGE},
    {"end one byte beyond user space", USER_END - PAGE, PAGE + 1},
    {"size all ones", 0x10000000, (SIZE_T)-1},
    {"free memory", 0x10000000, PAGE},
    {"the page shared with the system", 0x7FFE0000, PAGE},
};

static void check_arguments(void)
{
    char *page = commit(2 * PAGE, PAGE_READWRITE), *reserved = reserve(2 * PAGE);
    for (size_t i = 0; i < sizeof bad_protections / sizeof *bad_protections; i++) {
        printf("protection %lx: ", (unsigned long)bad_protections[i]);
        ULONG old;
        printf("%s\n", status_name(protect(page, PAGE, bad_protections[i], &old)));
    }
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        say_old(ranges[i].name, (void *)ranges[i].base, ranges[i].size, PAGE_READONLY);
    say_old("size 0", page, 0, PAGE_READONLY);
    say_old("one byte beyond the end", page, 2 * PAGE + 1, PAGE_READONLY);
    say_old("reserved memory", reserved, PAGE, PAGE_READONLY);
    say_old("reserved memory, write copy", reserved, PAGE, PAGE_WRITECOPY);
    say_old("reserved memory, one byte beyond the end", reserved, 2 * PAGE + 1, PAGE_READONLY);
    say_old("the PEB", *(void **)((char *)NtCurrentTeb() + 12 * sizeof(void *)), PAGE, PAGE_READONLY);
    printf("nothing of it happened: %s\n", page_state(page));
}

static void check_pointers(void)
{
    for (enum place place = 0; place < PLACES; place++) {
        void *page = commit(PAGE, PAGE_READWRITE), *page_2 = page;
        SIZE_T one = 1, size = 1;
        ULONG old = 0;
        void **base_at = make_place(place, &page, sizeof page);
        SIZE_T *size_at = make_place(place, &one, sizeof one);
        ULONG *old_at = make_place(place, &old, sizeof old);
        printf("base in a %s: ", place_names[place]);
        printf("%s\n", status_name(NtProtectVirtualMemory(THIS_PROCESS, base_at, &size, PAGE_READONLY, &old)));
        printf("size in a %s: ", place_names[place]);
        printf("%s\n", status_name(NtProtectVirtualMemory(THIS_PROCESS, &page_2, size_at, PAGE_READONLY, &old)));
        printf("old in a %s: ", place_names[place]);
        printf("%s\n", status_name(NtProtectVirtualMemory(THIS_PROCESS, &page_2, &size, PAGE_READONLY, old_at)));
    }
    say("pointers and protection wrong", NtProtectVirtualMemory(THIS_PROCESS, NULL, NULL, 0, NULL));
}

static void check_handles(void)
{
    void *page = commit(PAGE, PAGE_READWRITE), *bad = SYSTEM_ADDRESS, *nowhere = (void *)0x10000000;
    SIZE_T size = PAGE;
    ULONG old;
    say("handle 0", NtProtectVirtualMemory(NULL, &page, &size, PAGE_READONLY, &old));
    say("handle of an event", NtProtectVirtualMemory(make_event(), &page, &size, PAGE_READONLY, &old));
    say("handle and base wrong", NtProtectVirtualMemory(NULL, &bad, &size, PAGE_READONLY, &old));
    say("handle wrong, nothing there", NtProtectVirtualMemory(NULL, &nowhere, &size, PAGE_READONLY, &old));
}

/* --- What each protection allows ----------------------------------------------------------------------------- */

static const struct {
    const char *name;
    ULONG protect;
} protections[] = {
    {"no access", PAGE_NOACCESS},
    {"read-only", PAGE_READONLY},
    {"read-write", PAGE_READWRITE},
    {"execute", PAGE_EXECUTE},
    {"execute, read", PAGE_EXECUTE_READ},
    {"execute, read, write", PAGE_EXECUTE_READWRITE},
    {"read-write, no cache", PAGE_READWRITE | PAGE_NOCACHE},
    {"read-write, write combine", PAGE_READWRITE | PAGE_WRITECOMBINE},
};

static void check_protections(void)
{
    unsigned char *code = commit(PAGE, PAGE_READWRITE);
    code[0] = 0xC3; /* ret */
    for (size_t i = 0; i < sizeof protections / sizeof *protections; i++) {
        ULONG old;
        NTSTATUS status = protect(code, PAGE, protections[i].protect, &old);
        printf("%s: %s, was %lx, is %s; read %08lX, ", protections[i].name, status_name(status), (unsigned long)old,
               page_state(code), (unsigned long)touch(code));
        printf("write %08lX, ", (unsigned long)poke(code + 1));
        printf("execute %08lX\n", (unsigned long)call(code));
    }
}

static void check_guard(void)
{
    char *page = commit(PAGE, PAGE_READWRITE);
    say_old("guard", page, PAGE, PAGE_READONLY | PAGE_GUARD);
    printf("read %08lX, ", (unsigned long)touch(page));
    printf("read again %08lX, %s\n", (unsigned long)touch(page), page_state(page));
    say_old("guard again", page, PAGE, PAGE_READWRITE | PAGE_GUARD);
    say_old("cleared by the service", page, PAGE, PAGE_READWRITE);
    printf("read %08lX\n", (unsigned long)touch(page));
}

/* --- Ranges -------------------------------------------------------------------------------------------------- */

static void check_ranges(void)
{
    char *place = commit(4 * PAGE, PAGE_READWRITE);
    void *base = place + PAGE - 1;
    SIZE_T size = 2;
    ULONG old;
    memset(place, 7, 4 * PAGE);
    NTSTATUS status = NtProtectVirtualMemory(THIS_PROCESS, &base, &size, PAGE_READONLY, &old);
    printf("two bytes on two pages: %s +%lx, %lx, was %lx\n", status_name(status),
           (unsigned long)((char *)base - place), (unsigned long)size, (unsigned long)old);
    say_old("the second page and the third", place + PAGE, 2 * PAGE, PAGE_EXECUTE);
    printf("%s, ", page_state(place));
    printf("%s, ", page_state(place + 2 * PAGE));
    printf("%s\n", page_state(place + 3 * PAGE));
    base = place + 2 * PAGE;
    size = PAGE;
    NtFreeVirtualMemory(THIS_PROCESS, &base, &size, MEM_DECOMMIT);
    say_old("with a page that is not committed", place, 4 * PAGE, PAGE_READWRITE);
    printf("nothing of it happened: %s\n", page_state(place));
    printf("contents: %d, %d\n", place[0], place[4 * PAGE - 1]);
}

/* --- Images: section protection and copy on write ------------------------------------------------------------ */

__attribute__((section(".data$z"), aligned(4096))) static volatile char untouched[2 * PAGE] = {1};

static void check_image(void)
{
    char *page = (char *)untouched + PAGE;
    char *code = (char *)((ULONG_PTR)check_image & ~(ULONG_PTR)(PAGE - 1));
    printf("data of an image: %s\n", page_state(page));
    say_old("read-only", page, PAGE, PAGE_READONLY);
    say_old("read-write", page, PAGE, PAGE_READWRITE);
    printf("is %s\n", page_state(page));
    *page = 1;
    printf("written: %s\n", page_state(page));
    say_old("read-only again", page, PAGE, PAGE_READONLY);
    say_old("read-write again", page, PAGE, PAGE_READWRITE);
    printf("is %s\n", page_state(page));
    say_old("no cache", page, PAGE, PAGE_READWRITE | PAGE_NOCACHE);
    say_old("write combine", page, PAGE, PAGE_READWRITE | PAGE_WRITECOMBINE);
    say_old("code, to be written", code, PAGE, PAGE_EXECUTE_READWRITE);
    printf("is %s\n", page_state(code));
    say_old("code, as it was", code, PAGE, PAGE_EXECUTE_READ);
}

/* The page of the results becomes read-only: they cannot be told, and the answer is success. */
static void check_write_back(void)
{
    struct {
        void *base;
        SIZE_T size;
        ULONG old;
    } *page = commit(PAGE, PAGE_READWRITE);
    page->base = (char *)page + 8;
    page->size = 1;
    page->old = 0x999;
    say("protect the page of the results",
        NtProtectVirtualMemory(THIS_PROCESS, &page->base, &page->size, PAGE_READONLY, &page->old));
    printf("%s, base %s, size %lx, was %lx\n", page_state(page),
           page->base == (char *)page + 8 ? "as given" : "rounded", (unsigned long)page->size,
           (unsigned long)page->old);
}

int main(void)
{
    check_arguments();
    check_pointers();
    check_handles();
    check_protections();
    check_guard();
    check_ranges();
    check_image();
    check_write_back();
    return 0;
}
