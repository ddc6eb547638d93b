// SPDX-License-Identifier: GPL-2.0-or-later
/* guest_nt.c - see guest_nt.h. */
#include "guest_nt.h"

#include <stdarg.h>

enum { RESERVE = 0x40000, COMMIT = 0x2000, PAGE = 0x1000 };

#ifdef _WIN64
enum {
    PEB_PARAMETERS = 0x20,
    PARAMETERS_SIZE = 0x3F0,
    AT_STDIN = 0x20,
    AT_IMAGE = 0x60,
    AT_COMMAND = 0x70,
    AT_DIRECTORY = 0x38,
    AT_DLL_PATH = 0x50,
    AT_ENVIRONMENT = 0x80
};
#define PEB ((char *)__readgsqword(0x60))
#else
enum {
    PEB_PARAMETERS = 0x10,
    PARAMETERS_SIZE = 0x290,
    AT_STDIN = 0x18,
    AT_IMAGE = 0x38,
    AT_COMMAND = 0x40,
    AT_DIRECTORY = 0x24,
    AT_DLL_PATH = 0x30,
    AT_ENVIRONMENT = 0x48
};
#define PEB ((char *)__readfsdword(0x30))
#endif

/* gcc makes calls of them. */
void *memset(void *to, int value, size_t length)
{
    for (volatile char *at = to; length--;)
        *at++ = (char)value;
    return to;
}

void *memcpy(void *to, const void *from, size_t length)
{
    volatile char *at = to;
    for (const char *source = from; length--;)
        *at++ = *source++;
    return to;
}

static void put_number(char *line, unsigned *length, ULONG value, ULONG base)
{
    char digits[12];
    unsigned count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (count)
        line[(*length)++] = digits[--count];
}

void say(const char *format, ...)
{
    char line[400];
    unsigned length = 0;
    DWORD done;
    va_list arguments;
    va_start(arguments, format);
    for (; *format && length < sizeof line - 20; format++) {
        if (*format != '%') {
            line[length++] = *format;
            continue;
        }
        format++;
        if (*format == 'u')
            put_number(line, &length, va_arg(arguments, ULONG), 10);
        else if (*format == 'x')
            put_number(line, &length, va_arg(arguments, ULONG), 16);
        else
            for (const char *text = va_arg(arguments, const char *); *text && length < sizeof line - 20; text++)
                line[length++] = *text;
    }
    va_end(arguments);
    line[length++] = '\n';
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), line, length, &done, NULL);
}

/* --- Threads ------------------------------------------------------------------------------------------------- */

static NTSTATUS make_stack(HANDLE process, struct initial_teb *teb)
{
    void *base = NULL, *top;
    SIZE_T size = RESERVE, committed = COMMIT + PAGE;
    NTSTATUS status = NtAllocateVirtualMemory(process, &base, 0, &size, MEM_RESERVE, PAGE_READWRITE);
    if (status)
        return status;
    *teb = (struct initial_teb){.base = (char *)base + size, .allocation = base};
    teb->limit = (char *)teb->base - COMMIT;
    top = (char *)teb->limit - PAGE;
    status = NtAllocateVirtualMemory(process, &top, 0, &committed, MEM_COMMIT, PAGE_READWRITE);
    if (status)
        return status;
    committed = PAGE;
    return NtAllocateVirtualMemory(process, &top, 0, &committed, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
}

HANDLE new_event(ULONG type, BOOLEAN signalled)
{
    HANDLE event = NULL;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, type, signalled);
    return event;
}

DWORD WINAPI answer(void *argument)
{
    return (DWORD)(ULONG_PTR)argument;
}

DWORD WINAPI wait_for_it(void *argument)
{
    return (DWORD)WAIT((HANDLE)argument);
}

ULONG_PTR thread_start(void)
{
    return (ULONG_PTR)GetProcAddress(GetModuleHandleA("ntdll.dll"), "RtlUserThreadStart");
}

static void make_context(CONTEXT *context, void *routine, void *argument, void *stack)
{
    memset(context, 0, sizeof *context);
    context->ContextFlags = CONTEXT_FULL;
    context->EFlags = 0x202;
#ifdef _WIN64
    context->Rip = thread_start();
    context->Rcx = (ULONG_PTR)routine;
    context->Rdx = (ULONG_PTR)argument;
    context->Rsp = (ULONG_PTR)stack - 0x28;
#else
    context->Eip = thread_start();
    context->Eax = (ULONG_PTR)routine;
    context->Ebx = (ULONG_PTR)argument;
    context->Esp = (ULONG_PTR)stack - 4;
#endif
}

HANDLE start_thread(thread_fn *routine, void *argument, const struct thread_options *options, struct client_id *ret_id)
{
    static const struct thread_options none;
    const struct thread_options *o = options ? options : &none;
    HANDLE process = o->process ? o->process : THIS_PROCESS, thread = NULL;
    struct initial_teb teb;
    struct client_id id;
    CONTEXT context;
    if (make_stack(process, &teb))
        return NULL;
    make_context(&context, (void *)(ULONG_PTR)routine, argument, teb.base);
    if (NtCreateThread(&thread, THREAD_ALL_ACCESS, NULL, process, &id, &context, &teb, TRUE))
        return NULL;
    if (o->priority)
        NtSetInformationThread(thread, 3, (void *)&o->priority, sizeof o->priority);
    if (!o->suspended)
        NtResumeThread(thread, NULL);
    if (ret_id)
        *ret_id = id;
    return thread;
}

DWORD end_of_thread(HANDLE thread)
{
    struct thread_basic basic = {.exit_status = -1};
    WAIT(thread);
    NtQueryInformationThread(thread, 0, &basic, sizeof basic, NULL);
    NtClose(thread);
    return (DWORD)basic.exit_status;
}

/* --- Processes ----------------------------------------------------------------------------------------------- */

static char *parameters(void)
{
    return *(char **)(PEB + PEB_PARAMETERS);
}

static const struct unicode_string *string_at(const char *block, unsigned at)
{
    return (const struct unicode_string *)(block + at);
}

/* The image of this program, as a section. */
static HANDLE open_self(void)
{
    static WCHAR path[300] = L"\\??\\";
    const struct unicode_string *image = string_at(parameters(), AT_IMAGE);
    struct unicode_string name = {(USHORT)(image->length + 8), (USHORT)(image->length + 8), path};
    struct object_attributes attributes = {.length = sizeof attributes, .name = &name, .attributes = 0x40};
    ULONG_PTR io[2];
    HANDLE file, section = NULL;
    memcpy(path + 4, image->buffer, image->length);
    if (NtOpenFile(&file, GENERIC_READ | GENERIC_EXECUTE | SYNCHRONIZE, &attributes, io, FILE_SHARE_READ, 0x60))
        return NULL;
    NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_EXECUTE, SEC_IMAGE, file);
    NtClose(file);
    return section;
}

/* Parameters like this program's, but for the command line. */
static NTSTATUS write_parameters(HANDLE process, char *peb, const char *arguments)
{
    static const unsigned strings[] = {AT_DIRECTORY, AT_DLL_PATH, AT_IMAGE, AT_COMMAND};
    static char block[0x1000];
    const char *own = parameters();
    void *there = NULL;
    SIZE_T size = sizeof block, used = PARAMETERS_SIZE;
    NTSTATUS status = NtAllocateVirtualMemory(process, &there, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    memset(block, 0, sizeof block);
    ((ULONG *)block)[0] = ((ULONG *)block)[1] = sizeof block;
    ((ULONG *)block)[2] = 1; /* normalised */
    memcpy(block + AT_STDIN, own + AT_STDIN, 3 * sizeof(HANDLE));
    for (unsigned i = 0; i < 4; i++) {
        struct unicode_string *to = (struct unicode_string *)(block + strings[i]);
        *to = *string_at(own, strings[i]);
        WCHAR *text = (WCHAR *)(block + used);
        if (strings[i] == AT_COMMAND) {
            to->length = 0;
            text[to->length++] = 'x';
            text[to->length++] = ' ';
            while (*arguments)
                text[to->length++] = *arguments++;
            to->length *= 2;
        } else {
            memcpy(text, to->buffer, to->length);
        }
        to->maximum = (USHORT)(to->length + 2);
        to->buffer = (WCHAR *)((char *)there + used);
        used += (SIZE_T)(to->length + 2 + 7) & ~(SIZE_T)7;
    }
    memcpy(block + used, L"A=B\0", 10); /* an environment */
    *(void **)(block + AT_ENVIRONMENT) = (char *)there + used;
    if (!status)
        status = NtWriteVirtualMemory(process, there, block, sizeof block, NULL);
    return status ? status : NtWriteVirtualMemory(process, peb + PEB_PARAMETERS, &there, sizeof there, NULL);
}

static void *entry_of(HANDLE process, char *peb)
{
    char *base, header[0x400];
    NtReadVirtualMemory(process, peb + 2 * sizeof(void *), &base, sizeof base, NULL);
    NtReadVirtualMemory(process, base, header, sizeof header, NULL);
    const IMAGE_NT_HEADERS *nt = (const void *)(header + ((const IMAGE_DOS_HEADER *)(const void *)header)->e_lfanew);
    return base + nt->OptionalHeader.AddressOfEntryPoint;
}

HANDLE start_child(const char *arguments, BOOLEAN inherit, HANDLE *ret_thread)
{
    HANDLE section = open_self(), process = NULL;
    struct process_basic basic;
    NTSTATUS status =
        NtCreateProcessEx(&process, PROCESS_ALL_ACCESS, NULL, THIS_PROCESS, inherit ? 4 : 0, section, NULL, NULL, 0);
    NtClose(section);
    if (!status)
        status = NtQueryInformationProcess(process, 0, &basic, sizeof basic, NULL);
    if (!status)
        status = write_parameters(process, basic.peb, arguments);
    if (status) {
        say("no child: %x", (ULONG)status);
        return NULL;
    }
    struct thread_options options = {.process = process, .suspended = TRUE};
    *ret_thread = start_thread((thread_fn *)entry_of(process, basic.peb), basic.peb, &options, NULL);
    return process;
}

const char *arguments_of_program(void)
{
    const char *line = GetCommandLineA();
    BOOL quoted = FALSE;
    for (; *line && (*line != ' ' || quoted); line++)
        quoted ^= *line == '"';
    while (*line == ' ')
        line++;
    return line;
}

void run_case(void (*const *cases)(void), size_t count, const char *arguments)
{
    unsigned char which = (unsigned char)*arguments;
    if (which < count && cases[which])
        cases[which]();
    else
        say("no case %s", arguments);
}

void start(void)
{
    run(arguments_of_program());
    NtTerminateProcess(THIS_PROCESS, 0);
}
