/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exit.c - the ways a program ends, and what runs before it does. */
#include "crt.h"

typedef void (*exit_function)(void);
typedef int (*onexit_function)(void);

static exit_function *registered; /* last in, first called */
static size_t n_registered, n_room;

int atexit(void (*function)(void))
{
    int result = -1;

    crt_lock(LOCK_EXIT);
    if (n_registered == n_room) {
        size_t room = n_room != 0 ? 2 * n_room : 32;
        exit_function *more = realloc(registered, room * sizeof *more);
        if (more != NULL) {
            registered = more;
            n_room = room;
        }
    }
    if (n_registered < n_room) {
        registered[n_registered++] = function;
        result = 0;
    }
    crt_unlock(LOCK_EXIT);
    return result;
}

CRT_API(onexit_function, _onexit, onexit_function function)
{
    return atexit((exit_function)(void *)function) == 0 ? function : NULL;
}

/* The same for a table that a DLL keeps for itself: [*start, *end) is a block of the heap. */
CRT_API(onexit_function, __dllonexit, onexit_function function, onexit_function **start, onexit_function **end)
{
    if (start == NULL || end == NULL || *start == NULL || *end < *start)
        return NULL;
    size_t count = (size_t)(*end - *start);
    crt_lock(LOCK_EXIT);
    onexit_function *table = realloc(*start, (count + 1) * sizeof *table);
    if (table != NULL) {
        table[count] = function;
        *start = table;
        *end = table + count + 1;
    }
    crt_unlock(LOCK_EXIT);
    return table != NULL ? function : NULL;
}

/* Each function is taken off before it is called: one that itself calls exit() goes on with the rest. */
static void run_registered(void)
{
    for (;;) {
        crt_lock(LOCK_EXIT);
        exit_function next = n_registered != 0 ? registered[--n_registered] : NULL;
        bool none = next == NULL && n_registered == 0;
        crt_unlock(LOCK_EXIT);
        if (none)
            return;
        if (next != NULL)
            next();
    }
}

CRT_API(void, _cexit, void)
{
    run_registered();
    crt_flush_all();
}

CRT_API(void, _c_exit, void)
{
}

void exit(int status)
{
    run_registered();
    crt_flush_all();
    ExitProcess((uint32_t)status);
}

void _exit(int status)
{
    ExitProcess((uint32_t)status);
}

CRT_API(void, _Exit, int status)
{
    ExitProcess((uint32_t)status);
}

void crt_message(const char *text)
{
    uint32_t done;

    crt_flush_all();
    WriteFile(GetStdHandle((uint32_t)-12), text, (uint32_t)strlen(text), &done, NULL);
}

void abort(void)
{
    enum { SIGABRT = 22 };

    crt_message("\r\nThis application has requested the Runtime to terminate it in an unusual way.\r\n"
                "Please contact the application's support team for more information.\r\n");
    raise(SIGABRT);
    _exit(3);
}

CRT_API(void, _amsg_exit, int number)
{
    char text[] = "\r\nruntime error R60xx\r\n";

    text[sizeof "\r\nruntime error R60" - 1] = (char)('0' + number / 10 % 10);
    text[sizeof "\r\nruntime error R60x" - 1] = (char)('0' + number % 10);
    crt_message(text);
    _exit(255);
}

CRT_API(void, _purecall, void)
{
    _amsg_exit(25);
}

int fprintf(FILE *stream, const char *format, ...);

CRT_API(void, _assert, const char *expression, const char *file, unsigned line)
{
    fprintf(crt_stderr, "Assertion failed: %s, file %s, line %u\n", expression, file, line);
    fflush(crt_stderr);
    abort();
}

CRT_API(void, _wassert, const wchar_t *expression, const wchar_t *file, unsigned line)
{
    fprintf(crt_stderr, "Assertion failed: %ls, file %ls, line %u\n", expression, file, line);
    fflush(crt_stderr);
    abort();
}
