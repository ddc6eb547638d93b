/* SPDX-License-Identifier: GPL-2.0-or-later */
/* message.c - FormatMessage for the texts that test programs ask for: the system's errors, and a plain source string.
 *
 * Inserts are replaced in source strings when the arguments are strings (%1, or %1!s!); other insert formats are
 * refused. */
#include "k32.h"

static const struct {
    DWORD code;
    const char *text;
} texts[] = {
    {0, "The operation completed successfully."},
    {1, "Incorrect function."},
    {2, "The system cannot find the file specified."},
    {3, "The system cannot find the path specified."},
    {5, "Access is denied."},
    {6, "The handle is invalid."},
    {8, "Not enough storage is available to process this command."},
    {14, "Not enough storage is available to complete this operation."},
    {24, "The program issued a command but the command length is incorrect."},
    {32, "The process cannot access the file because it is being used by another process."},
    {38, "Reached the end of the file."},
    {50, "The request is not supported."},
    {87, "The parameter is incorrect."},
    {120, "This function is not supported on this system."},
    {122, "The data area passed to a system call is too small."},
    {126, "The specified module could not be found."},
    {127, "The specified procedure could not be found."},
    {158, "The segment is already unlocked."},
    {183, "Cannot create a file when that file already exists."},
    {193, "%1 is not a valid Win32 application."},
    {203, "The system could not find the environment option that was entered."},
    {299, "Only part of a ReadProcessMemory or WriteProcessMemory request was completed."},
    {487, "Attempt to access invalid address."},
    {998, "Invalid access to memory location."},
    {999, "Error performing inpage operation."},
    {1455, "The paging file is too small for this operation to complete."},
};

static const char *system_text(DWORD code)
{
    for (SIZE_T i = 0; i < ARRAYSIZE(texts); i++) {
        if (texts[i].code == code)
            return texts[i].text;
    }
    return NULL;
}

struct output {
    char *buffer;
    DWORD size;
    DWORD used;
};

static void give(struct output *o, char c)
{
    if (o->used < o->size)
        o->buffer[o->used] = c;
    o->used++;
}

static const char *argument(DWORD flags, va_list *arguments, DWORD number)
{
    if (arguments == NULL)
        return NULL;
    if (flags & FORMAT_MESSAGE_ARGUMENT_ARRAY)
        return ((const char **)arguments)[number - 1];
    va_list copy;
    const char *text = NULL;
    va_copy(copy, *arguments);
    while (number-- != 0)
        text = va_arg(copy, const char *);
    va_end(copy);
    return text;
}

/* => returns what follows the escape, or NULL when it is one we do not do. */
static const char *expand_escape(struct output *o, const char *s, DWORD flags, va_list *arguments)
{
    if (*s < '1' || *s > '9') {
        give(o, *s == 'n' ? '\n' : *s == 't' ? '\t' : *s == 'r' ? '\r' : *s == 'b' ? ' ' : *s);
        return *s != '\0' ? s + 1 : s;
    }
    DWORD number = (DWORD)(*s++ - '0');
    if (*s >= '0' && *s <= '9')
        number = number * 10 + (DWORD)(*s++ - '0');
    if (*s == '!') {
        if (s[1] != 's' || s[2] != '!')
            return NULL;
        s += 3;
    }
    const char *text = argument(flags, arguments, number);
    for (text = text != NULL ? text : "(null)"; *text != '\0'; text++)
        give(o, *text);
    return s;
}

/* => false when an insert is not one we do. */
static bool expand(struct output *o, const char *s, DWORD flags, va_list *arguments)
{
    while (s != NULL && *s != '\0') {
        if (*s != '%' || (flags & FORMAT_MESSAGE_IGNORE_INSERTS))
            give(o, *s++);
        else
            s = expand_escape(o, s + 1, flags, arguments);
    }
    return s != NULL;
}

DWORD WINAPI FormatMessageA(DWORD flags, const void *source, DWORD code, DWORD language, char *buffer, DWORD size,
                            va_list *arguments)
{
    bool from_string = flags & FORMAT_MESSAGE_FROM_STRING;
    const char *text = from_string ? source : system_text(code);
    struct output o = {.size = 0};
    (void)language;

    if (buffer == NULL || (!from_string && !(flags & FORMAT_MESSAGE_FROM_SYSTEM)) || (from_string && source == NULL))
        return (DWORD)k32_fail_with(ERROR_INVALID_PARAMETER);
    if (text == NULL)
        return (DWORD)k32_fail_with(ERROR_MR_MID_NOT_FOUND);
    if (!from_string && !(flags & FORMAT_MESSAGE_IGNORE_INSERTS) && arguments == NULL)
        flags |= FORMAT_MESSAGE_IGNORE_INSERTS;
    if (!expand(&o, text, flags, arguments))
        return (DWORD)k32_fail_with(ERROR_CALL_NOT_IMPLEMENTED);
    DWORD length = o.used + (from_string ? 0 : 2);
    if (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
        char *block = LocalAlloc(0, length + 1 > size ? length + 1 : size);
        if (block == NULL)
            return 0;
        *(char **)buffer = block;
        buffer = block;
    } else if (length + 1 > size) {
        return (DWORD)k32_fail_with(ERROR_INSUFFICIENT_BUFFER);
    }
    o = (struct output){.buffer = buffer, .size = length};
    expand(&o, text, flags, arguments);
    if (!from_string) {
        give(&o, '\r');
        give(&o, '\n');
    }
    buffer[length] = '\0';
    return length;
}
