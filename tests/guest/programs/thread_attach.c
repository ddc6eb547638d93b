/* SPDX-License-Identifier: GPL-2.0-or-later */
/* thread_attach.c - what is called when a thread begins and ends, and the copy that it gets of the program's
 * thread-local data.  notify_b uses notify_a; notify_c does not want to know. */
#include "win32.h"

__declspec(dllimport) int notify_b_value(void);
__declspec(dllimport) int notify_c_value(void);

/* The linker sorts the sections of the template, and mingw's start-up code bounds them and names the index. */
static int initialised __attribute__((section(".tls$BBB"), used)) = 1234;
extern ULONG _tls_index;
extern char _tls_start[];

static int *copy_for_thread(void)
{
    char **vector = *(char ***)((char *)NtCurrentTeb() + (sizeof(void *) == 8 ? 0x58 : 0x2C));
    return (int *)(vector[_tls_index] + ((char *)&initialised - _tls_start));
}

static void NTAPI callback(void *module, DWORD reason, void *reserved)
{
    (void)module;
    (void)reserved;
    if (reason == DLL_THREAD_ATTACH)
        printf("  program: thread attach, its copy is %d\n", *copy_for_thread());
    if (reason == DLL_THREAD_DETACH)
        printf("  program: thread detach, its copy is %d\n", *copy_for_thread());
}

PIMAGE_TLS_CALLBACK the_callback __attribute__((section(".CRT$XLB"), used)) = callback;

static DWORD WINAPI routine(void *argument)
{
    printf("  thread: copy is %d\n", *copy_for_thread());
    *copy_for_thread() = (int)(LONG_PTR)argument;
    return 0;
}

static DWORD WINAPI sleeper(void *argument)
{
    (void)argument;
    Sleep(INFINITE);
    return 0;
}

static void run(const char *what, LPTHREAD_START_ROUTINE start, int argument)
{
    printf("%s:\n", what);
    HANDLE thread = CreateThread(NULL, 0, start, (void *)(LONG_PTR)argument, 0, NULL);
    if (start == sleeper) {
        Sleep(20);
        TerminateThread(thread, 0);
    }
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

int main(void)
{
    *copy_for_thread() = 5;
    run("a thread", routine, 77);
    run("another", routine, 88);
    run("one that is killed", sleeper, 0);
    printf("main: copy is %d, values %d %d\n", *copy_for_thread(), notify_b_value(), notify_c_value());
    return 0;
}
