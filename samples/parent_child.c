// SPDX-License-Identifier: GPL-2.0-or-later
/* parent_child.c - a program that starts itself: one image, two address spaces.
 *
 * In the trace: the child's first faults on code that the parent has used are soft: the pages are in memory and shared.
 * Its data pages become its own when it writes to them (copy-on-write), so the parent's variable stays as it is.  The
 * event is one object with a handle in each process, under the same number: the child inherited it. */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

static int shared_until_written = 1;

static int child(HANDLE event)
{
    shared_until_written += 41;
    printf("child: variable %d\n", shared_until_written);
    fflush(stdout);
    return SetEvent(event) ? shared_until_written : 0;
}

int main(int argc, char **argv)
{
    SECURITY_ATTRIBUTES inheritable = {sizeof(inheritable), NULL, TRUE};
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION information;
    char line[MAX_PATH + 32];
    DWORD code = 0;

    if (argc > 1)
        return child((HANDLE)(LONG_PTR)atoi(argv[1]));
    HANDLE event = CreateEventA(&inheritable, TRUE, FALSE, NULL);
    snprintf(line, sizeof(line), "\"%s\" %d", argv[0], (int)(LONG_PTR)event);
    if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &information)) {
        printf("CreateProcess failed: %lu\n", GetLastError());
        return 1;
    }
    WaitForSingleObject(information.hProcess, INFINITE);
    GetExitCodeProcess(information.hProcess, &code);
    printf("parent: exit code %lu, the event is %s, variable %d\n", code,
           WaitForSingleObject(event, 0) == WAIT_OBJECT_0 ? "set" : "not set", shared_until_written);
    return 0;
}
