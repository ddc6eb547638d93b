// SPDX-License-Identifier: GPL-2.0-or-later
/* guest_launch.c - starts D:\hello.exe as often as its argument says, one after another, and waits for each: see
 * bench_processes.c. */
#include <windows.h>

static unsigned number_of_command_line(void)
{
    const char *line = GetCommandLineA(), *at = line;
    unsigned number = 0;
    while (*at)
        at++;
    while (at > line && at[-1] != ' ')
        at--;
    for (; *at >= '0' && *at <= '9'; at++)
        number = number * 10 + (unsigned)(*at - '0');
    return number;
}

/* => its exit code. */
static DWORD run_hello(void)
{
    static STARTUPINFOA startup = {.cb = sizeof startup};
    static PROCESS_INFORMATION information;
    DWORD code = 1;
    if (!CreateProcessA("D:\\hello.exe", NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &information))
        return 2;
    WaitForSingleObject(information.hProcess, INFINITE);
    GetExitCodeProcess(information.hProcess, &code);
    CloseHandle(information.hThread);
    CloseHandle(information.hProcess);
    return code;
}

void start(void)
{
    DWORD code = 0;
    for (unsigned i = number_of_command_line(); i > 0 && code == 0; i--)
        code = run_hello();
    ExitProcess(code);
}
