/* SPDX-License-Identifier: GPL-2.0-or-later */
/* messages.c - FormatMessage, control handlers, the console's answers. */
#include "win32.h"

static void show(const char *what, DWORD flags, const void *source, DWORD code, ...)
{
    char text[256];
    va_list arguments;

    va_start(arguments, code);
    SetLastError(0);
    DWORD n = FormatMessageA(flags, source, code, 0, text, sizeof text, &arguments);
    va_end(arguments);
    if (n == 0)
        printf("%s: error %lu\n", what, (unsigned long)GetLastError());
    else
        printf("%s: %lu [%s]\n", what, (unsigned long)n, text);
}

static void show_messages(void)
{
    const DWORD string = FORMAT_MESSAGE_FROM_STRING, raw = FORMAT_MESSAGE_IGNORE_INSERTS;
    DWORD_PTR array[] = {(DWORD_PTR) "x", 42};
    char *allocated = NULL, small[4];

    show("plain", string, "text", 0);
    show("inserts", string, "%2 and %1", 0, "a", "b");
    show("formats", string, "%1!s!|%2!5d!|%3!-5u!|%4!08x!|%5!c!", 0, "s", 42, 7, 0xBEEF, 'z');
    show("width from an argument", string, "[%1!*s!]", 0, 6, "ab");
    show("wide in narrow", string, "%1!ls!", 0, L"wide");
    show("escapes", string, "a%%b%!c% d%.e", 0);
    show("the end", string, "seen%0unseen", 0);
    show("left alone", string | raw, "%1 100%%", 0);
    show("lines joined", string | FORMAT_MESSAGE_MAX_WIDTH_MASK, "a\r\nb%nc", 0);
    show("lines broken", string | 10, "one two three", 0);
    show("no such format", string, "%1!q!", 0, "a");
    show("no such message", FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0x3FFFFFFF);
    show("no table", FORMAT_MESSAGE_FROM_HMODULE, NULL, 5);
    show("an insert without arguments", FORMAT_MESSAGE_FROM_SYSTEM | string, "x", 5);
    printf("array: %lu",
           (unsigned long)FormatMessageA(string | FORMAT_MESSAGE_ARGUMENT_ARRAY | FORMAT_MESSAGE_ALLOCATE_BUFFER,
                                         "%1 %2!u!", 0, 0, (char *)&allocated, 0, (va_list *)array));
    printf(" [%s]\n", allocated);
    LocalFree(allocated);
    TRY("too small", FormatMessageA(string, "text", 0, 0, small, sizeof small, NULL));
    check("the system's end a line", FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL,
                                                    ERROR_ACCESS_DENIED, 0, (char *)&allocated, 0, NULL) > 2 &&
                                         strcmp(allocated + strlen(allocated) - 2, "\r\n") == 0);
}

static volatile LONG asked;

static BOOL WINAPI first(DWORD event)
{
    InterlockedIncrement(&asked);
    printf("first handler: %lu\n", (unsigned long)event);
    fflush(stdout);
    return TRUE;
}

static BOOL WINAPI second(DWORD event)
{
    InterlockedIncrement(&asked);
    printf("second handler: %lu\n", (unsigned long)event);
    fflush(stdout);
    return FALSE;
}

static void show_console(void)
{
    CONSOLE_SCREEN_BUFFER_INFO info;
    char path[MAX_PATH];

    GetModuleFileNameA(NULL, path, MAX_PATH);
    HANDLE file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    DWORD mode;
    TRY("screen of a file", GetConsoleScreenBufferInfo(file, &info));
    TRY("mode of a file", GetConsoleMode(file, &mode));
    TRY("title", SetConsoleTitleA("a title"));
    printf("title: %lu [%s]\n", (unsigned long)GetConsoleTitleA(path, sizeof path), path);
    TRY("no such handler", SetConsoleCtrlHandler(first, FALSE));
    TRY("handlers", SetConsoleCtrlHandler(first, TRUE) && SetConsoleCtrlHandler(second, TRUE));
    TRY("break", GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, 0));
    while (asked < 2)
        Sleep(1);
    TRY("ignore", SetConsoleCtrlHandler(NULL, TRUE));
    TRY("ctrl-c, ignored", GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0));
    Sleep(10);
    TRY("no such event", GenerateConsoleCtrlEvent(7, 0));
    TRY("drop", SetConsoleCtrlHandler(first, FALSE));
    printf("last break\n");
    fflush(stdout);
    GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, 0);
    Sleep(1000);
    printf("not reached\n");
}

int main(void)
{
    show_messages();
    show_console();
    return 0;
}
