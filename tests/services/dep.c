/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dep.c - data execution prevention: what the policy says, what the process may change, and what then happens
 * (nt-reference 6.4).  One transcript for each --dep. */
#include "service.h"

enum { EXECUTE_FLAGS = 0x22, DISABLE = 1, ENABLE = 2, NO_THUNKS = 4, PERMANENT = 8, DISPATCH = 0x30 };

static unsigned char *data_page(void)
{
    unsigned char *page = commit(PAGE, PAGE_READWRITE);
    *page = 0xC3; /* ret */
    return page;
}

static void say_state(const char *when)
{
    ULONG options = 0x999;
    NTSTATUS status = NtQueryInformationProcess(THIS_PROCESS, EXECUTE_FLAGS, &options, sizeof options, NULL);
    printf("%s: %s, options %lx, data executes: %08lX\n", when, status_name(status), (unsigned long)options,
           (unsigned long)call(data_page()));
}

static void set(const char *name, HANDLE process, ULONG options)
{
    NTSTATUS status = NtSetInformationProcess(process, EXECUTE_FLAGS, &options, sizeof options);
    printf("%s: %s\n", name, status_name(status));
}

int main(void)
{
    const unsigned char *shared = (const unsigned char *)0x7FFE0000;
    unsigned char *before = data_page();
    printf("policy %u, processor can: %d\n", shared[0x2D5], IsProcessorFeaturePresent(12));
    say_state("at first");
    set("unknown option", THIS_PROCESS, 0x40 | DISABLE);
    set("on and off at once", THIS_PROCESS, DISABLE | ENABLE);
    set("another process", make_event(), ENABLE);
    set("off", THIS_PROCESS, ENABLE);
    say_state("then");
    set("on", THIS_PROCESS, DISABLE | NO_THUNKS);
    say_state("then");
    set("off, with image and stack dispatch", THIS_PROCESS, ENABLE | DISPATCH);
    say_state("then");
    set("on for good", THIS_PROCESS, DISABLE | PERMANENT);
    say_state("then");
    set("off", THIS_PROCESS, ENABLE);
    set("on", THIS_PROCESS, DISABLE);
    say_state("at last");
    void *none = commit(PAGE, PAGE_NOACCESS);
    call(none);
    printf("execution of a page without access: kind %lu\n", (unsigned long)fault_kind());
    unsigned char *code = commit(PAGE, PAGE_EXECUTE_READWRITE);
    *code = 0xC3;
    printf("code executes: %08lX, a page that was there before: %s\n", (unsigned long)call(code),
           *before == 0xC3 ? "the same" : "changed");
    return 0;
}
