/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest_tiny.c - the smallest guest program: no C run-time, one line of output, exit code 3. */
#include <windows.h>

void start(void)
{
    static const char text[] = "tiny\n";
    DWORD done;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, sizeof text - 1, &done, NULL);
    ExitProcess(3);
}
