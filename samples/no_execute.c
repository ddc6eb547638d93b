// SPDX-License-Identifier: GPL-2.0-or-later
/* no_execute.c - the same program with and without NX: code in memory that is not PAGE_EXECUTE_*.
 *
 *     softfault trace --paging x86 no_execute.exe    without: the old page tables have no bit that forbids execution,
 * and the copied function runs and gives 42 softfault trace --paging pae no_execute.exe    with: the fetch is a
 * NoExecute fault, an access violation whose first softfault trace x64/no_execute.exe             information word is 8
 *
 * The vectored handler reports the violation and returns to the caller with -1.  In PAGE_EXECUTE_READ the function runs
 * everywhere. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

/* What the handler changes, in the names of both widths. */
#ifdef _WIN64
#define PROGRAM_COUNTER(context) ((context)->Rip)
#define STACK_POINTER(context) ((context)->Rsp)
#define RESULT(context) ((context)->Rax)
#else
#define PROGRAM_COUNTER(context) ((context)->Eip)
#define STACK_POINTER(context) ((context)->Esp)
#define RESULT(context) ((context)->Eax)
#endif

static const unsigned char code[] = {0xB8, 42, 0, 0, 0, 0xC3}; /* mov eax, 42; ret */
static unsigned char *copy;

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *pointers)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    CONTEXT *context = pointers->ContextRecord;
    if (record->ExceptionCode != EXCEPTION_ACCESS_VIOLATION || PROGRAM_COUNTER(context) != (ULONG_PTR)copy)
        return EXCEPTION_CONTINUE_SEARCH;
    printf("access violation, kind %lu, at copy+0x%lx\n", (unsigned long)record->ExceptionInformation[0],
           (unsigned long)(record->ExceptionInformation[1] - (ULONG_PTR)copy));
    PROGRAM_COUNTER(context) = *(ULONG_PTR *)STACK_POINTER(context); /* as if the function had returned -1 */
    STACK_POINTER(context) += sizeof(ULONG_PTR);
    RESULT(context) = (DWORD)-1;
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
