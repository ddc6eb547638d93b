// SPDX-License-Identifier: GPL-2.0-or-later
/* seh_corrupt.c - an exception on a damaged chain of frames; CORRUPT says which damage.
 *
 * The search ends at the damage, nobody handles the exception, and the report is as for any other. */
#include "guard.h"

static int *volatile nowhere;

static LONG CALLBACK vectored(EXCEPTION_POINTERS *pointers)
{
    printf("vectored handler: %08lx, flags %s\n", pointers->ExceptionRecord->ExceptionCode,
           guard_flags(pointers->ExceptionRecord));
    fflush(stdout);
    return EXCEPTION_CONTINUE_SEARCH;
}

static EXCEPTION_DISPOSITION asked(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *user)
{
    (void)frame;
    (void)context;
    printf("%s handler, flags %s\n", (const char *)user, guard_flags(record));
    fflush(stdout);
    return ExceptionContinueSearch;
}

#ifdef _WIN64
/* A function whose frame is found by rbp, and that has lost rbp. */
void fault_without_frame(void *pointer);
__asm__(".text\n"
        ".globl fault_without_frame\n"
        ".seh_proc fault_without_frame\n"
        "fault_without_frame:\n"
        "    pushq %rbp\n"
        "    .seh_pushreg %rbp\n"
        "    movq %rsp, %rbp\n"
        "    .seh_setframe %rbp, 0\n"
        "    .seh_endprologue\n"
        "    movq $0x1234, %rbp\n"
        "    movl (%rcx), %eax\n"
        "    popq %rbp\n"
        "    ret\n"
        "    .seh_endproc\n");

static void damage(void *unused)
{
    (void)unused;
    fault_without_frame(nowhere);
}
#else
struct frame {
    struct frame *next;
    void *handler;
};

static struct frame *head(void)
{
    struct frame *frame;
    __asm__ volatile("movl %%fs:0, %0" : "=r"(frame));
    return frame;
}

static void link_frame(struct frame *frame)
{
    __asm__ volatile("movl %0, %%fs:0" : : "r"(frame) : "memory");
}

static EXCEPTION_DISPOSITION local_handler(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *dispatcher)
{
    (void)dispatcher;
    return asked(record, frame, context, "local");
}

static struct frame outside;

static void damage(void *unused)
{
    volatile struct frame local = {head(), (void *)local_handler};
    (void)unused;
    switch (CORRUPT) {
    case 1: local.next = (struct frame *)((ULONG_PTR)&local + 2); break; /* not aligned */
    case 2: local.next = (struct frame *)&local; break;                  /* a circle */
    case 3: local.next = &outside; break;                                /* not on the stack */
    case 4: local.handler = (void *)&local; break;                       /* a handler on the stack */
    case 5: local.handler = NULL; break;
    default: break;
    }
    link_frame((struct frame *)&local);
    printf("%d\n", *nowhere);
}
#endif

int main(void)
{
    AddVectoredExceptionHandler(1, vectored);
    guard_call(damage, NULL, asked, "outer");
    printf("not reached\n");
    return 0;
}
