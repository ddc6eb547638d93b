// SPDX-License-Identifier: GPL-2.0-or-later
/* no_execute.c - code in memory that is not PAGE_EXECUTE_*.
 *
 * Run it twice.  With --paging x86 there is no bit that forbids execution: the copied function runs and gives 42.  With
 * --paging pae and data execution prevention the fetch ends in a NoExecute fault, an access violation whose first
 * information word is 8; the vectored handler reports it and returns to the caller with -1. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static const unsigned char code[] = {0xB8, 42, 0, 0, 0, 0xC3}; /* mov eax, 42; ret */
static unsigned char *copy;

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *pointers)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    CONTEXT *context = pointers->ContextRecord;
    if (record->ExceptionCode != EXCEPTION_ACCESS_VIOLATION || context->Eip != (DWORD)(ULONG_PTR)copy)
        return EXCEPTION_CONTINUE_SEARCH;
    printf("access violation, kind %lu, at copy+0x%lx\n", (unsigned long)record->ExceptionInformation[0],
           (unsigned long)(record->ExceptionInformation[1] - (ULONG_PTR)copy));
    context->Eip = *(DWORD *)(ULONG_PTR)context->Esp; /* as if the function had returned -1 */
    context->Esp += 4;
    context->Eax = (DWORD)-1;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static int call(const char *what)
{
    int (*function)(void) = (int (*)(void))(ULONG_PTR)copy;
    int result = function();
    printf("%s: %d\n", what, result);
    return result;
}

int main(void)
{
    DWORD old;
    copy = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (copy == NULL || AddVectoredExceptionHandler(1, on_exception) == NULL) {
        printf("set-up failed: %lu\n", GetLastError());
        return 1;
    }
    memcpy(copy, code, sizeof(code));
    call("in PAGE_READWRITE");
    if (!VirtualProtect(copy, 4096, PAGE_EXECUTE_READ, &old)) {
        printf("VirtualProtect failed: %lu\n", GetLastError());
        return 1;
    }
    FlushInstructionCache(GetCurrentProcess(), copy, sizeof(code));
    return call("in PAGE_EXECUTE_READ") == 42 ? 0 : 1;
}
