// SPDX-License-Identifier: GPL-2.0-or-later
/* remote_thread.c - a thread in another process, with data that was put there for it.
 *
 * In the trace: WriteProcessMemory touches the child's page for it (the fault names the child's pid and the parent's
 * tid); the new thread has the child's pid, and the loader's thread start runs in the child. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static volatile LONG visits;

struct message {
    char text[32];
    DWORD sum;
};

/* At the same address in the child, which runs the same image. */
static DWORD WINAPI visitor(void *argument)
{
    struct message *message = argument;
    for (char *c = message->text; *c; c++)
        message->sum += (unsigned char)*c;
    visits++;
    return GetCurrentProcessId();
}

static int child(void)
{
    while (visits < 3)
        Sleep(10);
    return (int)visits;
}

int main(int argc, char **argv)
{
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION information;
    struct message message = {.text = "softfault"}, back = {0};
    char line[MAX_PATH + 32];
    DWORD code = 0;

    if (argc > 1)
        return child();
    snprintf(line, sizeof(line), "\"%s\" child", argv[0]);
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &information))
        return 1;
    struct message *there =
        VirtualAllocEx(information.hProcess, NULL, sizeof(message), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    WriteProcessMemory(information.hProcess, there, &message, sizeof(message), NULL);
    for (int i = 1; i <= 3; i++) {
        DWORD id;
        HANDLE thread = CreateRemoteThread(information.hProcess, NULL, 0, visitor, there, 0, &id);
        WaitForSingleObject(thread, INFINITE);
        GetExitCodeThread(thread, &code);
        printf("visit %d: ran in %s\n", i, code == information.dwProcessId ? "the child" : "another process");
        if (i == 1) {
            ReadProcessMemory(information.hProcess, there, &back, sizeof(back), NULL);
            printf("its sum: %lu\n", back.sum);
        }
    }
    WaitForSingleObject(information.hProcess, INFINITE);
    GetExitCodeProcess(information.hProcess, &code);
    printf("the child counted %lu visits, the parent %ld\n", code, visits);
    return 0;
}
