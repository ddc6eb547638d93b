// SPDX-License-Identifier: GPL-2.0-or-later
/* debug.c - DbgPrint: without a debugger to talk to, the text goes to the standard error stream. */
#include "ntdll.h"

#define DBG_TEXT_MAX 512

static void write_text(const char *text, size_t length)
{
    IO_STATUS_BLOCK io;
    PRTL_USER_PROCESS_PARAMETERS parameters = NtCurrentPeb()->ProcessParameters;
    if (parameters != NULL && length > 0)
        NtWriteFile(parameters->StandardError, NULL, NULL, NULL, &io, text, (ULONG)length, NULL, NULL);
}

ULONG NTAPI vDbgPrintExWithPrefix(PCSZ prefix, ULONG component, ULONG level, PCSZ format, va_list args)
{
    char text[DBG_TEXT_MAX];
    size_t start = strnlen_in(prefix, DBG_TEXT_MAX - 1);
    (void)component;
    (void)level;
    memcpy(text, prefix, start);
    size_t length = start + format_string(text + start, DBG_TEXT_MAX - start, format, args);
    write_text(text, length < DBG_TEXT_MAX ? length : DBG_TEXT_MAX);
    return STATUS_SUCCESS;
}

ULONG NTAPI vDbgPrintEx(ULONG component, ULONG level, PCSZ format, va_list args)
{
    return vDbgPrintExWithPrefix("", component, level, format, args);
}

ULONG __cdecl DbgPrint(PCSZ format, ...)
{
    va_list args;
    va_start(args, format);
    ULONG status = vDbgPrintEx(0, 0, format, args);
    va_end(args);
    return status;
}

ULONG __cdecl DbgPrintEx(ULONG component, ULONG level, PCSZ format, ...)
{
    va_list args;
    va_start(args, format);
    ULONG status = vDbgPrintEx(component, level, format, args);
    va_end(args);
    return status;
}
