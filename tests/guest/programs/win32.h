/* SPDX-License-Identifier: GPL-2.0-or-later */
/* win32.h - what the programs that call Win32 share: results in words.
 *
 *     TRY("what", Call(...));     what: yes          or   what: error 87
 */
#ifndef SOFTFAULT_TESTS_WIN32_H
#define SOFTFAULT_TESTS_WIN32_H

#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0601 /* newer calls are declared, too */
#endif
#define WIN32_LEAN_AND_MEAN
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { PAGE = 4096, UNIT = 0x10000 };

static inline bool say(const char *what, bool succeeded)
{
    DWORD error = GetLastError();

    if (succeeded)
        printf("%s: yes\n", what);
    else
        printf("%s: error %lu\n", what, (unsigned long)error);
    return succeeded;
}

#define TRY(what, call) (SetLastError(0), say(what, (call) != 0))
/* For calls whose failure is another value than 0. */
#define TRY_NOT(what, failure, call) (SetLastError(0), say(what, (call) != (failure)))

static inline void check(const char *what, bool holds)
{
    printf("%s: %s\n", what, holds ? "yes" : "NO");
}

#endif
