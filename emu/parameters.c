/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parameters.c - what a new process is told: environment, command line, RTL_USER_PROCESS_PARAMETERS.
 *
 * Everything here is fixed or comes from the command line; nothing comes from the host's environment. */
#include <stdlib.h>
#include <string.h>

#include "emu/machine_internal.h"

enum {
    COMMAND_LINE_MAX = 32767, /* UTF-16 code units, NT's limit of a UNICODE_STRING */
    BLOCK_MAX = 256 << 10,
};

/* Sorted without regard to case, as NT keeps them. */
static const char *const environment[] = {
    "ComSpec=C:\\WINDOWS\\system32\\cmd.exe",
    "COMPUTERNAME=SOFTFAULT",
    "NUMBER_OF_PROCESSORS=1",
    "OS=Windows_NT",
    "Path=C:\\WINDOWS\\system32;C:\\WINDOWS",
    "PATHEXT=.COM;.EXE;.BAT;.CMD",
    "PROCESSOR_ARCHITECTURE=", /* and the layout's name for it */
    "PROCESSOR_LEVEL=6",
    "SystemDrive=C:",
    "SystemRoot=C:\\WINDOWS",
    "TEMP=C:\\work",
    "TMP=C:\\work",
    "USERNAME=guest",
    "windir=C:\\WINDOWS",
};

/* A block of guest memory in the making. */
struct block {
    const struct guest_layout *layout;
    uint8_t *bytes;
    uint32_t used;
    bool full;
    va_t base;
};

static uint32_t append_units(struct block *block, const uint16_t *units, uint32_t count)
{
    uint32_t at = block->used;
    if (count * 2 + 2 > BLOCK_MAX - at) {
        block->full = true;
        return 0;
    }
    memcpy(block->bytes + at, units, count * 2);
    block->used += count * 2 + 2; /* a zero ends it */
    return at;
}

/* --- Command line ------------------------------------------------------------------------------------------ */

struct text {
    char *bytes;
    size_t used, room;
};

static void put_char(struct text *text, char c)
{
    if (text->used + 1 < text->room)
        text->bytes[text->used] = c;
    text->used++;
}

static void put_repeated(struct text *text, char c, size_t count)
{
    while (count--)
        put_char(text, c);
}

/* One argument such that Microsoft's C run-time parses it back: backslashes count double before a quote. */
static void put_argument(struct text *text, const char *argument)
{
    if (*argument && !strpbrk(argument, " \t\"")) {
        while (*argument)
            put_char(text, *argument++);
        return;
    }
    put_char(text, '"');
    for (;;) {
        size_t slashes = strspn(argument, "\\");
        argument += slashes;
        if (*argument == 0) {
            put_repeated(text, '\\', slashes * 2);
            break;
        }
        put_repeated(text, '\\', *argument == '"' ? slashes * 2 + 1 : slashes);
        put_char(text, *argument++);
    }
    put_char(text, '"');
}

static void make_command_line(const struct machine *machine, const char *image_path, struct text *text)
{
    put_argument(text, image_path);
    for (int i = 0; i < machine->options.argc; i++) {
        put_char(text, ' ');
        put_argument(text, machine->options.argv[i]);
    }
    text->bytes[text->used < text->room ? text->used : text->room - 1] = 0;
}

/* --- Blocks ------------------------------------------------------------------------------------------------ */

/* A UNICODE_STRING at offset of the parameters, its text appended. */
static void put_string(struct block *block, unsigned offset, const char *text)
{
    uint16_t *units = malloc((COMMAND_LINE_MAX + 1) * sizeof *units);
    if (!units) {
        block->full = true;
        return;
    }
    uint32_t count = utf16_from_utf8(text, units, COMMAND_LINE_MAX);
    uint32_t at = append_units(block, units, count);
    uint32_t maximum = count * 2 + 2;
    const struct guest_layout *layout = block->layout;
    put16(block->bytes, offset + layout->unicode_string.Length, (uint16_t)(count * 2));
    put16(block->bytes, offset + layout->unicode_string.MaximumLength, (uint16_t)(maximum < 0xFFFF ? maximum : 0xFFFE));
    put_pointer(layout, block->bytes, offset + layout->unicode_string.Buffer, block->base + at);
    free(units);
}

static ntstatus_t place(struct machine *machine, uint32_t size, va_t *ret_base)
{
    struct mm_allocation request = {.size = size, .type = MEM_COMMIT | MEM_RESERVE, .protect = PAGE_READWRITE};
    ntstatus_t status = mm_allocate(machine->mm, machine->main_process->space, &request);
    *ret_base = request.base;
    return status;
}

static ntstatus_t write_environment(struct machine *machine, struct block *block)
{
    uint16_t units[256];
    char line[256];
    for (size_t i = 0; i < sizeof environment / sizeof environment[0]; i++) {
        bool open = environment[i][strlen(environment[i]) - 1] == '=';
        snprintf(line, sizeof line, "%s%s", environment[i], open ? machine->layout->architecture : "");
        append_units(block, units, utf16_from_utf8(line, units, 256));
    }
    append_units(block, units, 0);
    ntstatus_t status = place(machine, block->used, &block->base);
    return status == STATUS_SUCCESS ? guest_write_now(machine, block->base, block->bytes, block->used) : status;
}

/* The parameters proper; block->base is where they will be. */
static void make_parameters(const struct machine *machine, struct block *block, const uint32_t handles[3],
                            va_t environment_base)
{
    const struct guest_layout *layout = block->layout;
    char image_path[512];
    char *line = malloc(COMMAND_LINE_MAX * 3);
    if (!line) {
        block->full = true;
        return;
    }
    struct text text = {.bytes = line, .room = (size_t)COMMAND_LINE_MAX * 3};
    snprintf(image_path, sizeof image_path, "C:\\work\\%s", machine->program_name);
    make_command_line(machine, image_path, &text);
    block->full |= text.used >= COMMAND_LINE_MAX;
    block->used = layout->parameters.size;
    for (unsigned i = 0; i < 3; i++)
        put_pointer(layout, block->bytes, layout->parameters.StandardInput + layout->pointer * i, handles[i]);
    put_string(block, layout->parameters.CurrentDirectory, "C:\\work\\");
    put_string(block, layout->parameters.DllPath, "C:\\work;C:\\WINDOWS\\system32;C:\\WINDOWS");
    put_string(block, layout->parameters.ImagePathName, image_path);
    put_string(block, layout->parameters.CommandLine, line);
    put_string(block, layout->parameters.WindowTitle, image_path);
    put_string(block, layout->parameters.DesktopInfo, "WinSta0\\Default");
    put_string(block, layout->parameters.ShellInfo, "");
    put_string(block, layout->parameters.RuntimeData, "");
    put_pointer(layout, block->bytes, layout->parameters.Environment, environment_base);
    put32(block->bytes, layout->parameters.MaximumLength, block->used);
    put32(block->bytes, layout->parameters.Length, block->used);
    put32(block->bytes, layout->parameters.Flags, PARAMETERS_NORMALIZED);
    free(line);
}

ntstatus_t process_write_parameters(struct machine *machine, const uint32_t handles[3], va_t *ret_parameters)
{
    struct block variables = {.layout = machine->layout, .bytes = calloc(1, BLOCK_MAX)};
    struct block parameters = {.layout = machine->layout, .bytes = calloc(1, BLOCK_MAX)};
    ntstatus_t status = STATUS_NO_MEMORY;
    if (variables.bytes && parameters.bytes)
        status = write_environment(machine, &variables);
    if (status == STATUS_SUCCESS) { /* once for the size, once with the right addresses */
        make_parameters(machine, &parameters, handles, variables.base);
        status = parameters.full ? STATUS_BUFFER_TOO_SMALL : place(machine, parameters.used, &parameters.base);
    }
    if (status == STATUS_SUCCESS) {
        make_parameters(machine, &parameters, handles, variables.base);
        status = guest_write_now(machine, parameters.base, parameters.bytes, parameters.used);
    }
    *ret_parameters = parameters.base;
    free(variables.bytes);
    free(parameters.bytes);
    return status;
}
