/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest_cache.c - reads D:\data in blocks of 4 KB from its beginning to its end, argv[1] times, for bench_cache.c,
 * which notes the host's time at each mark(). */
#include <stdlib.h>
#include <windows.h>

enum { BLOCK = 4096 };

/* A service that nobody else calls: the host has put a clock behind it. */
LONG NTAPI NtDisplayString(void *text);

static unsigned char block[BLOCK] __attribute__((aligned(4096)));

int main(int argc, char **argv)
{
    HANDLE file = CreateFileA("D:\\data", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    int passes = argc > 1 ? atoi(argv[1]) : 1;
    if (file == INVALID_HANDLE_VALUE)
        return 1;
    for (int pass = 0; pass < passes; pass++) {
        DWORD done;
        NtDisplayString(NULL);
        SetFilePointer(file, 0, NULL, FILE_BEGIN);
        while (ReadFile(file, block, BLOCK, &done, NULL) && done == BLOCK)
            ;
        if (done)
            return 2;
    }
    NtDisplayString(NULL);
    return 0;
}
