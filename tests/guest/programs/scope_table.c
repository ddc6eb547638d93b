// SPDX-License-Identifier: GPL-2.0-or-later
/* scope_table.c - __try, __except and __finally as a compiler would lay them out, here by hand: on x64 a scope table
 * for
 * __C_specific_handler, on x86 one for _except_handler3.  Both mean
 *
 *     __try {
 *         __try {
 *             __try { body(argument); } __finally { inner(); }
 *         } __except (filter()) { code = GetExceptionCode(); }
 *     } __finally { outer(); }      (the normal way does not run it here)
 */
#include "guard.h"

enum { FIRST = 0xE0000001, SECOND = 0xE0000002 };

/* => 0, or 1 when the __except block ran. */
int scoped(void (*body)(void *), void *argument);
LONG filter(EXCEPTION_POINTERS *pointers);
void inner(void);
void outer(void);

#ifdef _WIN64
LONG filter_of_scope(EXCEPTION_POINTERS *pointers, void *frame);
void inner_of_scope(BOOLEAN abnormal, void *frame);
void outer_of_scope(BOOLEAN abnormal, void *frame);

LONG filter_of_scope(EXCEPTION_POINTERS *pointers, void *frame)
{
    (void)frame;
    return filter(pointers);
}

void inner_of_scope(BOOLEAN abnormal, void *frame)
{
    (void)frame;
    if (abnormal)
        inner();
}

void outer_of_scope(BOOLEAN abnormal, void *frame)
{
    (void)frame;
    if (abnormal)
        outer();
}

__asm__(".text\n"
        ".globl scoped\n"
        ".seh_proc scoped\n"
        "scoped:\n"
        "    .seh_handler __C_specific_handler, @unwind, @except\n"
        "    subq $0x28, %rsp\n"
        "    .seh_stackalloc 0x28\n"
        "    .seh_endprologue\n"
        "    movq %rcx, %rax\n"
        "    movq %rdx, %rcx\n"
        "scoped_begin:\n"
        "    call *%rax\n"
        "    nop\n"
        "scoped_end:\n"
        "    xorl %eax, %eax\n"
        "scoped_out:\n"
        "    addq $0x28, %rsp\n"
        "    ret\n"
        "scoped_except:\n"
        "    movl $1, %eax\n"
        "    jmp scoped_out\n"
        "scoped_limit:\n"
        "    nop\n"
        "    .seh_handlerdata\n"
        "    .long 3\n"
        "    .rva scoped_begin, scoped_end, inner_of_scope\n"
        "    .long 0\n"
        "    .rva scoped_begin, scoped_end, filter_of_scope, scoped_except\n"
        "    .rva scoped_begin, scoped_limit, outer_of_scope\n"
        "    .long 0\n"
        "    .text\n"
        "    .seh_endproc\n");
#else
__asm__(".text\n"
        ".globl _scoped\n"
        "_scoped:\n"
        "    pushl %ebp\n"
        "    movl %esp, %ebp\n"
        "    pushl $2\n" /* try level: the innermost scope */
        "    pushl $scopes\n"
        "    movl __imp___except_handler3, %eax\n"
        "    pushl %eax\n"
        "    pushl %fs:0\n"
        "    movl %esp, %fs:0\n"
        "    subl $8, %esp\n"
        "    pushl %ebx\n"
        "    pushl %esi\n"
        "    pushl %edi\n"
        "    movl %esp, -0x18(%ebp)\n"
        "    pushl 12(%ebp)\n"
        "    call *8(%ebp)\n"
        "    xorl %eax, %eax\n"
        "1:  movl -0x18(%ebp), %esp\n"
        "    movl -0x10(%ebp), %ecx\n"
        "    movl %ecx, %fs:0\n"
        "    popl %edi\n"
        "    popl %esi\n"
        "    popl %ebx\n"
        "    movl %ebp, %esp\n"
        "    popl %ebp\n"
        "    ret\n"
        "scoped_filter:\n"
        "    pushl -0x14(%ebp)\n"
        "    call _filter\n"
        "    popl %ecx\n"
        "    ret\n"
        "scoped_except:\n"
        "    movl $1, %eax\n"
        "    jmp 1b\n"
        ".section .rdata, \"dr\"\n"
        ".balign 4\n"
        "scopes:\n"
        "    .long -1, 0, _outer\n"
        "    .long 0, scoped_filter, scoped_except\n"
        "    .long 1, 0, _inner\n"
        ".text\n");
#endif

static LONG answer;        /* of the filter to FIRST */
static int raise_in_inner; /* in the next unwind */
static int continued;

static const char *name_of(DWORD code)
{
    return code == FIRST ? "first" : code == SECOND ? "second" : "other";
}

LONG filter(EXCEPTION_POINTERS *pointers)
{
    DWORD code = pointers->ExceptionRecord->ExceptionCode;
    LONG mine = code == FIRST ? answer : EXCEPTION_EXECUTE_HANDLER;
    printf("  filter: %s, answers %ld\n", name_of(code), mine);
    return mine;
}

void inner(void)
{
    printf("  inner __finally\n");
    if (raise_in_inner) {
        raise_in_inner = 0;
        RaiseException(SECOND, 0, 0, NULL);
    }
}

void outer(void)
{
    printf("  outer __finally\n");
}

static void raise_first(void *unused)
{
    (void)unused;
    RaiseException(FIRST, 0, 0, NULL);
    continued = 1;
}

static void nothing(void *unused)
{
    (void)unused;
}

static int block_ran;

static void call_scoped(void *body)
{
    block_ran = scoped((void (*)(void *))body, NULL);
}

static void run(const char *name, void (*body)(void *), LONG filter_answer, int raise)
{
    printf("%s:\n", name);
    answer = filter_answer;
    raise_in_inner = raise;
    continued = block_ran = 0;
    ULONG_PTR code = guard_call(call_scoped, (void *)body, guard_take_all, NULL);
    if (code != 0)
        printf("  left for the caller: %s\n", name_of((DWORD)code));
    else
        printf("  returned, __except block %s%s\n", block_ran ? "ran" : "did not run",
               continued ? ", execution was continued" : "");
}

int main(void)
{
    run("no exception", nothing, 0, 0);
    run("the filter takes it", raise_first, EXCEPTION_EXECUTE_HANDLER, 0);
    run("the filter continues the execution", raise_first, EXCEPTION_CONTINUE_EXECUTION, 0);
    run("the filter passes it on", raise_first, EXCEPTION_CONTINUE_SEARCH, 0);
    run("the inner __finally raises while the caller unwinds", raise_first, EXCEPTION_CONTINUE_SEARCH, 1);
    run("the filter takes it, again", raise_first, EXCEPTION_EXECUTE_HANDLER, 0);
    return 0;
}
