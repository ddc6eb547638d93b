// SPDX-License-Identifier: GPL-2.0-or-later
/* ldr_stub.c - a missing import is bound to a stub, and the program dies only if it calls it.
 *
 * A stub is `push <struct missing>; call report`; pages of them are written while imports are bound and made
 * executable, not writable, before any code of the new modules runs (ldr_seal_stubs). */
#include "ldr.h"

#define STUB_PAGE 0x1000
#define STUB_SIZE 16

struct missing {
    UNICODE_STRING function;
    UNICODE_STRING dll;
};

static PUCHAR page;
static ULONG page_used;
static bool page_open; /* writable, not yet sealed */

static void NTAPI report_missing(const struct missing *missing)
{
    ULONG_PTR parameters[2] = {(ULONG_PTR)&missing->function, (ULONG_PTR)&missing->dll};
    ULONG response;
    NtRaiseHardError(STATUS_ENTRYPOINT_NOT_FOUND, 2, 3, parameters, 1, &response);
    for (;;)
        NtTerminateProcess(NtCurrentProcess(), STATUS_ENTRYPOINT_NOT_FOUND);
}

static bool set_protection(ULONG protect)
{
    PVOID base = page;
    SIZE_T size = STUB_PAGE;
    ULONG old;
    return NT_SUCCESS(NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, protect, &old));
}

static bool open_page(void)
{
    if (page != NULL && page_used + STUB_SIZE <= STUB_PAGE) {
        page_open = page_open || set_protection(PAGE_READWRITE);
        return page_open;
    }
    PVOID base = NULL;
    SIZE_T size = STUB_PAGE;
    ldr_seal_stubs();
    if (!NT_SUCCESS(
            NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE)))
        return false;
    page = base;
    page_used = 0;
    page_open = true;
    return true;
}

void ldr_seal_stubs(void)
{
    if (!page_open)
        return;
    set_protection(PAGE_EXECUTE_READ);
    NtFlushInstructionCache(NtCurrentProcess(), page, STUB_PAGE);
    page_open = false;
}

static bool make_string(PUNICODE_STRING target, const char *s)
{
    ANSI_STRING ansi;
    RtlInitString(&ansi, s);
    return NT_SUCCESS(RtlAnsiStringToUnicodeString(target, &ansi, TRUE));
}

/* => NULL: no memory. */
PVOID ldr_make_stub(const char *dll, const struct ldr_symbol *symbol)
{
    char ordinal[12] = "#";
    struct missing *missing = heap_zalloc(sizeof(*missing));
    if (symbol->name == NULL)
        RtlIntegerToChar(symbol->ordinal, 10, sizeof(ordinal) - 1, ordinal + 1);
    if (missing == NULL || !make_string(&missing->function, symbol->name != NULL ? symbol->name : ordinal) ||
        !make_string(&missing->dll, dll) || !open_page())
        return NULL;
    PUCHAR stub = page + page_used;
    page_used += STUB_SIZE;
#ifdef __i386__
    ULONG argument = (ULONG)(ULONG_PTR)missing, distance = (ULONG)((ULONG_PTR)report_missing - ((ULONG_PTR)stub + 10));
    stub[0] = 0x68; /* push imm32 */
    memcpy(stub + 1, &argument, 4);
    stub[5] = 0xE8; /* call rel32 */
    memcpy(stub + 6, &distance, 4);
    memset(stub + 10, 0xCC, STUB_SIZE - 10);
#else
    (void)report_missing;
    memset(stub, 0xCC, STUB_SIZE);
#endif
    return stub;
}
