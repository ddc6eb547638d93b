// SPDX-License-Identifier: GPL-2.0-or-later
/* ldr_stub.c - a missing import is bound to a stub, and the program dies only if it calls it.
 *
 * A stub is a call of report_missing(struct missing *); pages of them are written while imports are bound and made
 * executable, not writable, before any code of the new modules runs (ldr_seal_stubs). */
#include "ldr.h"

#define STUB_PAGE 0x1000
#define STUB_SIZE 32

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

static void write_stub(PUCHAR stub, const struct missing *missing)
{
#ifdef __i386__
    ULONG_PTR distance = (ULONG_PTR)report_missing - ((ULONG_PTR)stub + 10);
    stub[0] = 0x68; /* push imm32 */
    memcpy(stub + 1, &missing, 4);
    stub[5] = 0xE8; /* call rel32 */
    memcpy(stub + 6, &distance, 4);
#else
    ULONG_PTR report = (ULONG_PTR)report_missing;
    memcpy(stub, "\x48\xB9", 2); /* mov rcx, imm64 */
    memcpy(stub + 2, &missing, 8);
    memcpy(stub + 10, "\x48\xB8", 2); /* mov rax, imm64 */
    memcpy(stub + 12, &report, 8);
    memcpy(stub + 20, "\xFF\xE0", 2); /* jmp rax */
#endif
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
    memset(stub, 0xCC, STUB_SIZE);
    write_stub(stub, missing);
    return stub;
}
