// SPDX-License-Identifier: GPL-2.0-or-later
/* tls_callbacks.c - the TLS directory of a program: its data, copied for the thread, and its callbacks, called before
 * the entry point and when the process ends. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

/* The linker sorts the sections of the template, and mingw's start-up code bounds them and names the index. */
static int initialised __attribute__((section(".tls$BBB"), used)) = 1234;
extern ULONG _tls_index;
extern char _tls_start[], _tls_end[];

/* The C library may be gone: write without it. */
static void say(const char *text)
{
    DWORD done;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, (DWORD)strlen(text), &done, NULL);
}

static int *copy_for_thread(void)
{
    char **vector = *(char ***)((char *)NtCurrentTeb() + (sizeof(void *) == 8 ? 0x58 : 0x2C));
    return (int *)(vector[_tls_index] + ((char *)&initialised - _tls_start));
}

static void NTAPI first(void *module, DWORD reason, void *reserved)
{
    (void)reserved;
    if (module != (void *)GetModuleHandleA(NULL))
        say("first callback: another module?\r\n");
    if (reason == DLL_PROCESS_ATTACH)
        say("first callback: process attach\r\n");
    if (reason == DLL_PROCESS_DETACH)
        say("first callback: process detach\r\n");
    if (reason == DLL_PROCESS_ATTACH)
        *copy_for_thread() += 1;
}

static void NTAPI second(void *module, DWORD reason, void *reserved)
{
    (void)module;
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH)
        say("second callback: process attach\r\n");
    if (reason == DLL_PROCESS_DETACH)
        say("second callback: process detach\r\n");
}

PIMAGE_TLS_CALLBACK first_callback __attribute__((section(".CRT$XLB"), used)) = first;
PIMAGE_TLS_CALLBACK second_callback __attribute__((section(".CRT$XLBA"), used)) = second;

int main(void)
{
    printf("main: the thread's copy is %d, the template is %d\n", *copy_for_thread(), *(volatile int *)&initialised);
    printf("index %lu\n", _tls_index);
    return 0;
}
