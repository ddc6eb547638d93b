// SPDX-License-Identifier: GPL-2.0-or-later
/* structured_handler.c - structured exception handling without a compiler that knows __try.
 *
 * On x86 a function links a record with its handler at FS:[0]; on x64 the function's unwind data names the handler. The
 * first handler repairs the cause (it commits the page that is missing) and continues; the second one gives up and
 * jumps out.
 *
 * In the trace: three AccessViolation faults in reserved memory, each followed by a DemandZero fault at the same
 * instruction; then one at address 0x10. */
#include <setjmp.h>
#include <stdio.h>
#include <windows.h>

#define PAGE 4096
#define PAGES 16

/* ENTER puts the function that it stands in under the handler, LEAVE takes it out. */
#ifdef _WIN64
#define ENTER(handler) __asm__ volatile(".seh_handler " #handler ", @except")
#define LEAVE() ((void)0)
#else
struct registration {
    struct registration *next;
    void *handler;
};
#define ENTER(routine)                                                                                                 \
    volatile struct registration frame = {.handler = (void *)(routine)};                                               \
    __asm__ volatile("movl %%fs:0, %0" : "=r"(frame.next));                                                            \
    __asm__ volatile("movl %0, %%fs:0" : : "r"(&frame) : "memory")
#define LEAVE() __asm__ volatile("movl %0, %%fs:0" : : "r"(frame.next) : "memory")
#endif

EXCEPTION_DISPOSITION commit_page(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *dispatcher);
EXCEPTION_DISPOSITION give_up(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *dispatcher);

static char *memory;
static jmp_buf out;
static unsigned repaired;

EXCEPTION_DISPOSITION commit_page(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *dispatcher)
{
    (void)frame;
    (void)context;
    (void)dispatcher;
    char *address = (char *)record->ExceptionInformation[1];
    if (record->ExceptionCode != EXCEPTION_ACCESS_VIOLATION || address < memory || address >= memory + PAGES * PAGE)
        return ExceptionContinueSearch;
    if (VirtualAlloc(address, 1, MEM_COMMIT, PAGE_READWRITE) == NULL)
        return ExceptionContinueSearch;
    printf("  committed page %lu\n", (unsigned long)((address - memory) / PAGE));
    repaired++;
    return ExceptionContinueExecution;
}

EXCEPTION_DISPOSITION give_up(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *dispatcher)
{
    (void)frame;
    (void)context;
    (void)dispatcher;
    if (record->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND))
        return ExceptionContinueSearch;
    printf("  code %08lx, kind %lu, address %lx\n", (unsigned long)record->ExceptionCode,
           (unsigned long)record->ExceptionInformation[0], (unsigned long)record->ExceptionInformation[1]);
    longjmp(out, 1);
}

static __attribute__((noinline)) void write_here_and_there(void)
{
    static const unsigned pages[] = {3, 9, 3, 0, 9};
    ENTER(commit_page);
    for (unsigned i = 0; i < sizeof(pages) / sizeof(*pages); i++)
        ((volatile char *)memory)[pages[i] * PAGE] += 1;
    LEAVE();
}

static __attribute__((noinline)) void read_nowhere(void)
{
    ENTER(give_up);
    printf("  the value is %d\n", *(volatile int *)(ULONG_PTR)0x10);
    LEAVE();
}

int main(void)
{
    memory = VirtualAlloc(NULL, PAGES * PAGE, MEM_RESERVE, PAGE_READWRITE);
    if (memory == NULL)
        return 1;
    printf("a handler that repairs:\n");
    write_here_and_there();
    printf("  repaired %u, values %d %d %d\n", repaired, memory[0], memory[3 * PAGE], memory[9 * PAGE]);
    printf("a handler that gives up:\n");
    if (setjmp(out) == 0)
        read_nowhere();
    printf("  back in main\n");
    return 0;
}
