/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crt_threads.c - threads of the C library: what each has of its own, and lines that stay whole. */
#include "win32.h"
#include <errno.h>
#include <process.h>

enum { THREADS = 3, LINES = 50 };

/* Whose line comes when is the scheduler's business: all are the same. */
static unsigned __stdcall print_lines(void *argument)
{
    for (int i = 0; i < LINES; i++)
        printf("a line of %s, which is long enough to be cut in two\n", (const char *)argument);
    return 11;
}

static unsigned __stdcall own_state(void *argument)
{
    char text[] = "a b c";

    errno = (int)(INT_PTR)argument;
    srand((unsigned)(INT_PTR)argument);
    int first = rand();
    char *token = strtok(text, " ");
    Sleep(10);
    token = strtok(NULL, " ");
    srand((unsigned)(INT_PTR)argument);
    check("errno, rand and strtok are its own",
          errno == (int)(INT_PTR)argument && rand() == first && strcmp(token, "b") == 0);
    _endthreadex(22);
    return 0;
}

static HANDLE plain_done;

static void __cdecl plain(void *argument)
{
    printf("plain: %s\n", (const char *)argument);
    SetEvent(plain_done);
    _endthread();
}

int main(void)
{
    static const char name[] = "a thread";
    HANDLE threads[THREADS];
    unsigned id;
    DWORD code;

    for (int i = 0; i < THREADS; i++)
        threads[i] = (HANDLE)_beginthreadex(NULL, 0, print_lines, (void *)(LONG_PTR)name, 0, &id);
    WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
    GetExitCodeThread(threads[0], &code);
    printf("code %lu\n", (unsigned long)code);
    for (int i = 0; i < THREADS; i++)
        threads[i] = (HANDLE)_beginthreadex(NULL, 0, own_state, (void *)(INT_PTR)(i + 5), CREATE_SUSPENDED, &id);
    for (int i = 0; i < THREADS; i++)
        ResumeThread(threads[i]);
    WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
    GetExitCodeThread(threads[0], &code);
    printf("code %lu\n", (unsigned long)code);
    plain_done = CreateEventA(NULL, FALSE, FALSE, NULL);
    check("plain thread", _beginthread(plain, 0, (void *)(LONG_PTR) "an argument") != (uintptr_t)-1);
    WaitForSingleObject(plain_done, INFINITE);
    check("no routine", _beginthreadex(NULL, 0, NULL, NULL, 0, NULL) == 0 && errno == EINVAL);
    return 0;
}
