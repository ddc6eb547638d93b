/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kill_paging.c - children and threads that need more memory than there is, killed while their pages are on their way
 * to and from the page file: what others have there stays, and the space is given back. */
#include "win32.h"
#include <psapi.h>

enum { PAGES = 1200, OWN = 200, STEPS = 7, CODE_KILLED = 78, THREADS = 3 };

static DWORD *page_at(char *memory, int i)
{
    return (DWORD *)(void *)(memory + (SIZE_T)i * PAGE);
}

static void write_all(char *memory, int pages, DWORD salt)
{
    for (int i = 0; i < pages; i++)
        page_at(memory, i)[0] = page_at(memory, i)[1023] = salt + (DWORD)i;
}

static bool read_all(char *memory, int pages, DWORD salt)
{
    for (int i = 0; i < pages; i++) {
        if (page_at(memory, i)[0] != salt + (DWORD)i || page_at(memory, i)[1023] != salt + (DWORD)i)
            return false;
    }
    return true;
}

static char *memory_of(int pages)
{
    return VirtualAlloc(NULL, (SIZE_T)pages * PAGE, MEM_COMMIT, PAGE_READWRITE);
}

/* Ends only where a page has not what was written to it. */
static int child(void)
{
    char *memory = memory_of(PAGES);
    for (DWORD salt = 1;; salt++) {
        write_all(memory, PAGES, salt);
        if (!read_all(memory, PAGES, salt))
            return 1;
    }
}

static DWORD WINAPI reader(void *memory)
{
    while (read_all(memory, PAGES, 7))
        ;
    return 1;
}

static HANDLE start(const char *program)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION information;
    char line[MAX_PATH + 16];

    snprintf(line, sizeof line, "\"%s\" child", program);
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &information))
        exit(1);
    CloseHandle(information.hThread);
    return information.hProcess;
}

static void kill_children(const char *program)
{
    PERFORMANCE_INFORMATION before, after;
    char *own = memory_of(OWN);
    int killed = 0, whole = 0;

    write_all(own, OWN, 1000);
    for (int i = 0; i < STEPS; i++) {
        DWORD code = 0;
        HANDLE process = start(program);
        Sleep((DWORD)(20 + 16 * i));
        TerminateProcess(process, CODE_KILLED);
        WaitForSingleObject(process, INFINITE);
        GetExitCodeProcess(process, &code);
        CloseHandle(process);
        killed += code == CODE_KILLED;
        whole += read_all(own, OWN, 1000);
        if (i == 0) /* what the first one has cost the parent itself stays */
            GetPerformanceInfo(&before, sizeof before);
    }
    GetPerformanceInfo(&after, sizeof after);
    printf("children killed: %s, own pages whole: %s\n", killed == STEPS ? "all" : "NOT ALL",
           whole == STEPS ? "always" : "NOT ALWAYS");
    check("their memory is given back", after.CommitTotal == before.CommitTotal);
    VirtualFree(own, 0, MEM_RELEASE);
}

static void kill_threads(void)
{
    char *memory = memory_of(PAGES);
    int killed = 0;

    write_all(memory, PAGES, 7);
    for (int i = 0; i < STEPS; i++) {
        HANDLE threads[THREADS];
        for (int j = 0; j < THREADS; j++)
            threads[j] = CreateThread(NULL, 0, reader, memory, 0, NULL);
        Sleep((DWORD)(5 + 7 * i));
        for (int j = 0; j < THREADS; j++) {
            DWORD code = 0;
            TerminateThread(threads[j], CODE_KILLED);
            WaitForSingleObject(threads[j], INFINITE);
            GetExitCodeThread(threads[j], &code);
            CloseHandle(threads[j]);
            killed += code == CODE_KILLED;
        }
    }
    check("threads killed", killed == STEPS * THREADS);
    check("every page has what was written", read_all(memory, PAGES, 7));
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return child();
    kill_children(argv[0]);
    kill_threads();
    return 0;
}
