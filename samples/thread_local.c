// SPDX-License-Identifier: GPL-2.0-or-later
/* thread_local.c - data of which each thread has its own copy, and the callbacks that see threads come and go.
 *
 * The linker gathers the sections .tls$* into a template, and .CRT$XL* into a list of callbacks; the TLS directory of
 * the image names both.  The loader copies the template for each thread before its start routine runs.
 *
 * In the trace: each copy is heap memory, written before the thread's own first instruction; the template is only read,
 * so its page of the image stays shared. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static volatile int number __attribute__((section(".tls$BBB"), used)) = 100;
extern ULONG _tls_index; /* of mingw's start-up code, as is the template's beginning */
extern char _tls_start[];

static volatile int *number_of_thread(void)
{
    char **copies = *(char ***)((char *)NtCurrentTeb() + (sizeof(void *) == 8 ? 0x58 : 0x2C));
    return (volatile int *)(copies[_tls_index] + ((char *)&number - _tls_start));
}

/* Callbacks run when the C library is not there yet, or not any more. */
static void say(const char *text)
{
    DWORD done;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, (DWORD)strlen(text), &done, NULL);
}

static void tell(const char *who, DWORD reason)
{
    static const char *const reasons[] = {"process detach", "process attach", "thread attach", "thread detach"};
    char line[64];
    say(strcat(strcat(strcat(strcpy(line, who), ": "), reasons[reason & 3]), "\r\n"));
}

static void NTAPI first(void *module, DWORD reason, void *reserved)
{
    (void)module;
    (void)reserved;
    tell("first callback", reason);
    if (reason == DLL_THREAD_ATTACH)
        *number_of_thread() += 10; /* the copy is there already */
}

static void NTAPI second(void *module, DWORD reason, void *reserved)
{
    (void)module;
    (void)reserved;
    tell("second callback", reason);
}

PIMAGE_TLS_CALLBACK first_callback __attribute__((section(".CRT$XLB"), used)) = first;
PIMAGE_TLS_CALLBACK second_callback __attribute__((section(".CRT$XLBA"), used)) = second;

static DWORD WINAPI thread(void *step)
{
    *number_of_thread() += (int)(INT_PTR)step;
    printf("thread: its number is %d\n", *number_of_thread());
    fflush(stdout);
    return 0;
}

static DWORD WINAPI killed(void *event)
{
    SetEvent(event);
    Sleep(INFINITE);
    return 0;
}

int main(void)
{
    for (int step = 1; step <= 2; step++) {
        HANDLE one = CreateThread(NULL, 0, thread, (void *)(INT_PTR)step, 0, NULL);
        WaitForSingleObject(one, INFINITE);
    }
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL), victim = CreateThread(NULL, 0, killed, event, 0, NULL);
    WaitForSingleObject(event, INFINITE);
    TerminateThread(victim, 0);
    WaitForSingleObject(victim, INFINITE);
    printf("killed: no thread detach\nmain: its number is %d, the template's %d\n", *number_of_thread(), number);
    fflush(stdout);
    return 0;
}
