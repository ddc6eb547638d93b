// SPDX-License-Identifier: GPL-2.0-or-later
/* single_step.c - the trap flag: one STATUS_SINGLE_STEP for each time that it is set. */
#include "guard.h"

void step_begin(void);  /* the instruction after popf */
void stepped(void);     /* set the trap flag and run some one-byte instructions */
static int steps, more; /* how many to ask for from the handler */

#ifdef _WIN64
#define PREFIX ""
#define POP "popfq\n"
#define PUSH "pushfq\n orq $0x100, (%rsp)\n"
#else
#define PREFIX "_"
#define POP "popfl\n"
#define PUSH "pushfl\n orl $0x100, (%esp)\n"
#endif
__asm__(".text\n"
        ".globl " PREFIX "stepped, " PREFIX "step_begin\n" PREFIX "stepped:\n" PUSH POP PREFIX "step_begin:\n"
        "nop\n nop\n nop\n nop\n nop\n nop\n ret\n");

enum { TRAP_FLAG = 0x100 };

static LONG CALLBACK on_step(EXCEPTION_POINTERS *pointers)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    CONTEXT *context = pointers->ContextRecord;
    if (record->ExceptionCode != EXCEPTION_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    steps++;
    printf("  single step at +%ld, trap flag %s\n", (long)((ULONG_PTR)record->ExceptionAddress - (ULONG_PTR)step_begin),
           context->EFlags & TRAP_FLAG ? "set" : "clear");
    if (more > 0) {
        more--;
        context->EFlags |= TRAP_FLAG;
    }
    return EXCEPTION_CONTINUE_EXECUTION;
}

int main(void)
{
    AddVectoredExceptionHandler(1, on_step);
    printf("once:\n");
    stepped();
    printf("and twice more:\n");
    more = 2;
    stepped();
    printf("steps: %d\n", steps);
    return 0;
}
