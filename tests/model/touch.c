// SPDX-License-Identifier: GPL-2.0-or-later
/* touch.c - one access by a real instruction, and the exception that it raises. */
#include "run.h"

#ifdef _WIN64
#define PROGRAM_COUNTER Rip
enum { WIDTHS = 4 };
#else
#define PROGRAM_COUNTER Eip
enum { WIDTHS = 3 };
#endif

extern int touch_begin(void (*routine)(void), va address, uint64_t *value);
extern void touch_failed(void);
extern void touch_read_1(void), touch_read_2(void), touch_read_4(void);
extern void touch_write_1(void), touch_write_2(void), touch_write_4(void);
extern void touch_modify_1(void), touch_modify_2(void), touch_modify_4(void);
extern void touch_execute(void);
#ifdef _WIN64
extern void touch_read_8(void), touch_write_8(void), touch_modify_8(void);
#define EIGHT(f) f
#else
#define EIGHT(f) 0
#endif

static void (*const routines[4][4])(void) = {
    [ACCESS_READ] = {touch_read_1, touch_read_2, touch_read_4, EIGHT(touch_read_8)},
    [ACCESS_WRITE] = {touch_write_1, touch_write_2, touch_write_4, EIGHT(touch_write_8)},
    [ACCESS_MODIFY] = {touch_modify_1, touch_modify_2, touch_modify_4, EIGHT(touch_modify_8)},
    [ACCESS_EXECUTE] = {touch_execute, touch_execute, touch_execute, touch_execute},
};

/* A vectored handler has no argument of ours, hence this. Set only while an access is under way. */
static struct fault *awaited;

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *pointers)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    if (awaited == NULL)
        return EXCEPTION_CONTINUE_SEARCH;
    awaited->code = (int)record->ExceptionCode;
    awaited->pc = (va)record->ExceptionAddress;
    if (record->NumberParameters >= 2) {
        awaited->information = (unsigned)record->ExceptionInformation[0];
        awaited->address = record->ExceptionInformation[1];
    }
    awaited = NULL;
    pointers->ContextRecord->PROGRAM_COUNTER = (va)touch_failed;
    return EXCEPTION_CONTINUE_EXECUTION;
}

void touch_install(void)
{
    AddVectoredExceptionHandler(1, on_exception);
}

void touch_run(enum access access, unsigned width, va address, uint64_t *value, struct fault *fault)
{
    unsigned index = 0;
    while (1u << index < width && index + 1 < WIDTHS)
        index++;
    *fault = (struct fault){0};
    awaited = fault;
    touch_begin(routines[access][index], address, value);
    awaited = NULL;
}
