/* SPDX-License-Identifier: GPL-2.0-or-later */
/* machine.c - see machine.h. */
#include "machine.h"

#include <stdarg.h>

NTSYSAPI LONG NTAPI RtlEnterCriticalSection(void *section);
NTSYSAPI LONG NTAPI RtlLeaveCriticalSection(void *section);

enum { STACK_LOCKED = 96 << 10, ARGUMENTS_MAX = 8 };

struct errors errors;

/* => true: the instruction is to run again. */
static BOOL retry(const EXCEPTION_RECORD *record)
{
    if (record->ExceptionCode != IN_PAGE_ERROR)
        return FALSE;
    if (record->NumberParameters == 3 && record->ExceptionInformation[2] == DEVICE_ERROR)
        InterlockedIncrement(&errors.in_page);
    else
        InterlockedIncrement(&errors.strange);
    if (errors.look)
        errors.look(record);
    return TRUE;
}

/* Up to start(). */
static LONG CALLBACK on_early_exception(EXCEPTION_POINTERS *pointers)
{
    return retry(pointers->ExceptionRecord) ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH;
}

EXCEPTION_DISPOSITION on_exception(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *dispatcher);
EXCEPTION_DISPOSITION on_exception(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *dispatcher)
{
    (void)frame;
    (void)context;
    (void)dispatcher;
    return retry(record) ? ExceptionContinueExecution : ExceptionContinueSearch;
}

/* ENTER puts the function that it stands in under the handler. */
#ifdef _WIN64
#define ENTER(handler) __asm__ volatile(".seh_handler " #handler ", @except")
#else
struct registration {
    struct registration *next;
    void *handler;
};
#define ENTER(routine)                                                                                                 \
    volatile struct registration frame = {.handler = (void *)(routine)};                                               \
    __asm__ volatile("movl %%fs:0, %0" : "=r"(frame.next));                                                            \
    __asm__ volatile("movl %0, %%fs:0" : : "r"(&frame) : "memory")
#endif

static void *early;

uint32_t number(const char *text)
{
    uint32_t value = 0;
    while (*text >= '0' && *text <= '9')
        value = value * 10 + (uint32_t)(*text++ - '0');
    return value;
}

int same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static char *put_number(char *to, uint32_t value, uint32_t base, unsigned digits)
{
    char text[16];
    unsigned length = 0;
    do
        text[length++] = "0123456789abcdef"[value % base];
    while ((value /= base) || length < digits);
    while (length)
        *to++ = text[--length];
    return to;
}

void say(const char *format, ...)
{
    static char line[512];
    char *to = line;
    va_list arguments;
    va_start(arguments, format);
    for (; *format; format++) {
        if (*format != '%') {
            *to++ = *format;
            continue;
        }
        format++;
        if (*format == 's')
            for (const char *from = va_arg(arguments, const char *); *from;)
                *to++ = *from++;
        else
            to = put_number(to, va_arg(arguments, uint32_t), *format == 'x' ? 16 : 10, *format == 'x' ? 8 : 1);
    }
    va_end(arguments);
    for (const char *from = line; from < to;) {
        DWORD done = 0;
        for (int tries = 0; !WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), from, (DWORD)(to - from), &done, NULL); tries++)
            if (tries == TRIES)
                ExitProcess(98);
        from += done;
    }
}

void *take(size_t bytes)
{
    void *memory = NULL;
    for (int tries = 0; !memory && tries < TRIES; tries++)
        memory = VirtualAlloc(NULL, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    return memory;
}

static unsigned split(char *line, const char **words)
{
    unsigned count = 0;
    while (*line && count < ARGUMENTS_MAX) {
        char end = *line == '"' ? '"' : ' ';
        line += end == '"';
        words[count++] = line;
        while (*line && *line != end)
            line++;
        while (*line == ' ' || *line == end)
            *line++ = 0;
    }
    return count;
}

static BOOL lock(const void *address, size_t size)
{
    return VirtualLock((void *)(uintptr_t)address, size);
}

/* ntdll's locks, and the code that takes them: see machine.h. */
static BOOL lock_locks(void)
{
    const uint8_t *ntdll = (const uint8_t *)GetModuleHandleA("ntdll.dll");
    const IMAGE_NT_HEADERS *headers = (const void *)(ntdll + ((const IMAGE_DOS_HEADER *)ntdll)->e_lfanew);
    const IMAGE_SECTION_HEADER *section = IMAGE_FIRST_SECTION(headers);
    for (unsigned i = 0; i < headers->FileHeader.NumberOfSections; i++)
        if ((section[i].Characteristics & IMAGE_SCN_MEM_WRITE) &&
            !lock(ntdll + section[i].VirtualAddress, section[i].Misc.VirtualSize))
            return FALSE;
    return lock((const void *)RtlEnterCriticalSection, 512) && lock((const void *)RtlLeaveCriticalSection, 512) &&
           lock(NtCurrentTeb(), 4096);
}

/* Before --inject begins. */
static void NTAPI prepare(void *image, DWORD reason, void *reserved)
{
    char here, *top = (char *)((uintptr_t)&here & ~(uintptr_t)4095) + 4096;
    (void)image;
    (void)reserved;
    if (reason != DLL_PROCESS_ATTACH)
        return;
    early = AddVectoredExceptionHandler(1, on_early_exception);
    if (!early || !lock(top - STACK_LOCKED, STACK_LOCKED) || !lock_locks())
        ExitProcess(97);
}

static const PIMAGE_TLS_CALLBACK callbacks[] = {prepare, NULL};
static DWORD tls_index;
extern const IMAGE_TLS_DIRECTORY _tls_used; /* what the linker looks for */
const IMAGE_TLS_DIRECTORY _tls_used = {.AddressOfIndex = (ULONG_PTR)&tls_index,
                                       .AddressOfCallBacks = (ULONG_PTR)callbacks};

void start(void)
{
    const char *words[ARGUMENTS_MAX] = {0};
    ENTER(on_exception);
    RemoveVectoredExceptionHandler(early);
    unsigned count = split(GetCommandLineA(), words);
    ExitProcess(run(count, words));
}
