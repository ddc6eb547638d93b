/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flat.c - a program for a section alignment below a page: imports, data that it writes, code, all on one page. */
#include <windows.h>

volatile int counter = 5;

void start(void)
{
    DWORD written;

    counter += 2;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "flat\n", 5, &written, NULL);
    ExitProcess(counter);
}
