/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapper.c - threads that wait for a long time, and a child that does nothing else, while the first thread walks
 * through more memory than there is; then all of them go on with what they had.
 * usage: swapper MEGABYTES SECONDS.  What it prints depends on nothing but that. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum {
    SLEEPERS = 3,
    WORDS = 8192, /* of the child's: 32 KB */
};

static HANDLE go, never, both[2];
static DWORD seconds;

static uint32_t mix(uint32_t x)
{
    return (x ^ x >> 15) * 2654435761u + 1;
}

/* Waits in the way of its number; then sums what is on its stack. */
static DWORD WINAPI sleeper(void *argument)
{
    DWORD number = (DWORD)(uintptr_t)argument, status = 0;
    volatile uint32_t words[600];
    uint32_t sum = number;
    for (unsigned i = 0; i < 600; i++)
        words[i] = mix(i * 31 + number);
    switch (number) {
    case 0: Sleep(seconds * 1000 - 500); break;
    case 1: status = WaitForSingleObject(go, INFINITE); break;
    case 2: status = WaitForMultipleObjects(2, both, FALSE, INFINITE); break;
    }
    for (unsigned i = 0; i < 600; i++)
        sum = mix(sum + words[i]);
    return sum + status;
}

static int child(void)
{
    uint32_t *words = VirtualAlloc(NULL, WORDS * 4, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), sum = 0;
    if (!words)
        return 1;
    for (uint32_t i = 0; i < WORDS; i++)
        words[i] = mix(i);
    Sleep(seconds * 1000 - 1000);
    for (uint32_t i = 0; i < WORDS; i++)
        sum = mix(sum + words[i]);
    return (int)(sum & 0x7F);
}

static HANDLE start_child(const char *program)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    char line[400];
    snprintf(line, sizeof line, "\"%s\" child %lu", program, seconds);
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process)) {
        printf("no child: %lu\n", GetLastError());
        exit(2);
    }
    CloseHandle(process.hThread);
    return process.hProcess;
}

/* Every page of it, again and again, with a rest between. */
static uint32_t walk(volatile uint32_t *words, size_t pages)
{
    DWORD until = GetTickCount() + seconds * 1000;
    uint32_t sum = 0;
    for (size_t i = 0; i < pages; i++)
        words[i * 1024] = mix((uint32_t)i);
    while ((LONG)(GetTickCount() - until) < 0) {
        sum = 0;
        for (size_t i = 0; i < pages; i++) {
            sum = mix(sum + words[i * 1024]);
            words[i * 1024 + 1]++;
        }
        Sleep(100);
    }
    return sum;
}

int main(int argc, char **argv)
{
    HANDLE threads[SLEEPERS], process;
    DWORD code;
    seconds = argc > 2 ? (DWORD)atoi(argv[2]) : 12;
    if (argc > 1 && strcmp(argv[1], "child") == 0)
        return child();
    size_t bytes = (size_t)(argc > 1 ? atoi(argv[1]) : 5) << 20;
    go = CreateEventA(NULL, TRUE, FALSE, NULL);
    never = CreateEventA(NULL, TRUE, FALSE, NULL);
    both[0] = never;
    both[1] = go;
    process = start_child(argv[0]);
    for (unsigned i = 0; i < SLEEPERS; i++)
        threads[i] = CreateThread(NULL, 0, sleeper, (void *)(uintptr_t)i, 0, NULL);
    uint32_t *words = VirtualAlloc(NULL, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!words)
        return 3;
    printf("walked: %08x\n", (unsigned)walk(words, bytes / 4096));
    SetEvent(go);
    for (unsigned i = 0; i < SLEEPERS; i++) {
        WaitForSingleObject(threads[i], INFINITE);
        GetExitCodeThread(threads[i], &code);
        printf("thread %u: %08lx\n", i, code);
    }
    WaitForSingleObject(process, INFINITE);
    GetExitCodeProcess(process, &code);
    printf("child: %lu\n", code);
    return 0;
}
