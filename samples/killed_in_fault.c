// SPDX-License-Identifier: GPL-2.0-or-later
/* killed_in_fault.c - a child that its parent ends while a page is being read for it.
 *
 * The child touches one page of its image after another; each must be read from the file, so that it nearly always
 * waits for one.  The parent looks at the child's thread, ends the process, and then needs the same page itself.
 *
 * In the trace (--events fault,state,process): the child's last state is Waiting (WrPageIn), then Terminated; its read
 * comes in with nobody waiting; the parent's fault on that page reads it anew, or finds it. */
#include <stdio.h>
#include <windows.h>

#define PAGE 4096
#define PAGES 256

static const volatile char cold[PAGES * PAGE] = {1}; /* of the image, touched by nobody yet */

/* Of SYSTEM_PROCESS_INFORMATION and SYSTEM_THREAD_INFORMATION, what is asked for here. */
#ifdef _WIN64
enum { ID_AT = 0x50, THREADS_AT = 0x100, STATE_AT = 0x44 };
#else
enum { ID_AT = 0x44, THREADS_AT = 0xB8, STATE_AT = 0x34 };
#endif
enum { SYSTEM_PROCESSES = 5, WAITING = 5, WR_PAGE_IN = 9 };

typedef LONG WINAPI query_system(int what, void *buffer, ULONG size, ULONG *done);

/* State and wait reason of a process's first thread. */
static int thread_state(DWORD process, int *ret_reason)
{
    static ULONG_PTR buffer[4096];
    query_system *query =
        (query_system *)(void (*)(void))GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtQuerySystemInformation");
    if (query(SYSTEM_PROCESSES, buffer, sizeof(buffer), NULL) != 0)
        return -1;
    for (char *at = (char *)buffer;; at += *(ULONG *)at) {
        if (*(ULONG_PTR *)(at + ID_AT) == process) {
            *ret_reason = *(int *)(at + THREADS_AT + STATE_AT + 4);
            return *(int *)(at + THREADS_AT + STATE_AT);
        }
        if (*(ULONG *)at == 0)
            return -1;
    }
}

static int child(HANDLE event)
{
    int sum = 0;
    SetEvent(event);
    for (int i = 0; i < PAGES; i++)
        sum += cold[i * PAGE];
    return sum; /* much later */
}

int main(int argc, char **argv)
{
    SECURITY_ATTRIBUTES inheritable = {sizeof(inheritable), NULL, TRUE};
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION information;
    char line[MAX_PATH + 32];
    DWORD code = 0;
    int reason = 0, sum = 0;

    HANDLE event = CreateEventA(&inheritable, FALSE, FALSE, NULL);
    if (argc > 1) {
        HANDLE theirs;
        sscanf(argv[1], "%p", &theirs);
        return child(theirs);
    }
    snprintf(line, sizeof(line), "\"%s\" %p", argv[0], event);
    if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &information))
        return 1;
    WaitForSingleObject(event, INFINITE);
    Sleep(5);
    int state = thread_state(information.dwProcessId, &reason);
    printf("the child's thread waits for a page: %s\n", state == WAITING && reason == WR_PAGE_IN ? "yes" : "no");
    TerminateProcess(information.hProcess, 33);
    WaitForSingleObject(information.hProcess, INFINITE);
    GetExitCodeProcess(information.hProcess, &code);
    printf("it ended with %lu\n", code);
    for (int i = 0; i < PAGES; i++)
        sum += cold[i * PAGE];
    printf("the pages are all there: %s\n", sum == 1 ? "yes" : "no");
    return 0;
}
