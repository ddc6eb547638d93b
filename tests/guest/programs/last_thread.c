/* SPDX-License-Identifier: GPL-2.0-or-later */
/* last_thread.c - the first thread ends before the others: the process lives on, and its exit code is the last one's.
 */
#include "win32.h"

static DWORD WINAPI last(void *first)
{
    DWORD code = 0;

    printf("the first thread has ended: %lu\n", (unsigned long)WaitForSingleObject(first, INFINITE));
    GetExitCodeThread(first, &code);
    printf("its code: %lu\n", (unsigned long)code);
    return 9;
}

int main(void)
{
    HANDLE self = GetCurrentProcess(), me;

    DuplicateHandle(self, GetCurrentThread(), self, &me, 0, FALSE, DUPLICATE_SAME_ACCESS);
    CreateThread(NULL, 0, last, me, 0, NULL);
    ExitThread(5);
}
