/* SPDX-License-Identifier: GPL-2.0-or-later */
/* string.c - the lstr calls: faults in them give NULL or 0, never an exception. */
#include "k32.h"

struct job {
    void *to;
    const void *from;
    int limit;
    int length;
};

static void WINAPI length_narrow(void *argument)
{
    struct job *j = argument;
    const char *s = j->from;
    int n = 0;

    while (s[n] != '\0')
        n++;
    j->length = n;
}

static void WINAPI length_wide(void *argument)
{
    struct job *j = argument;
    const WCHAR *s = j->from;
    int n = 0;

    while (s[n] != L'\0')
        n++;
    j->length = n;
}

/* Copy at most limit characters, the terminator among them. */
static void WINAPI copy_narrow(void *argument)
{
    struct job *j = argument;
    char *to = j->to;
    const char *from = j->from;

    if (j->limit <= 0)
        return;
    while (--j->limit > 0 && *from != '\0')
        *to++ = *from++;
    *to = '\0';
}

static void WINAPI copy_wide(void *argument)
{
    struct job *j = argument;
    WCHAR *to = j->to;
    const WCHAR *from = j->from;

    if (j->limit <= 0)
        return;
    while (--j->limit > 0 && *from != L'\0')
        *to++ = *from++;
    *to = L'\0';
}

enum { NO_LIMIT = 0x7FFFFFFF };

int WINAPI lstrlenA(const char *s)
{
    struct job j = {.from = s};

    if (s != NULL)
        RtlGuardedCall(length_narrow, &j);
    return j.length;
}

int WINAPI lstrlenW(const WCHAR *s)
{
    struct job j = {.from = s};

    if (s != NULL)
        RtlGuardedCall(length_wide, &j);
    return j.length;
}

char *WINAPI lstrcpynA(char *to, const char *from, int limit)
{
    struct job j = {.to = to, .from = from, .limit = limit};

    return RtlGuardedCall(copy_narrow, &j) == 0 ? to : NULL;
}

WCHAR *WINAPI lstrcpynW(WCHAR *to, const WCHAR *from, int limit)
{
    struct job j = {.to = to, .from = from, .limit = limit};

    return RtlGuardedCall(copy_wide, &j) == 0 ? to : NULL;
}

char *WINAPI lstrcpyA(char *to, const char *from)
{
    return lstrcpynA(to, from, NO_LIMIT);
}

WCHAR *WINAPI lstrcpyW(WCHAR *to, const WCHAR *from)
{
    return lstrcpynW(to, from, NO_LIMIT);
}

char *WINAPI lstrcatA(char *to, const char *from)
{
    return to != NULL && lstrcpynA(to + lstrlenA(to), from, NO_LIMIT) != NULL ? to : NULL;
}

WCHAR *WINAPI lstrcatW(WCHAR *to, const WCHAR *from)
{
    return to != NULL && lstrcpynW(to + lstrlenW(to), from, NO_LIMIT) != NULL ? to : NULL;
}

enum compare { IGNORE_CASE, MIND_CASE };

/* In the order of the locale, words sorted as CompareString does; NULL comes first. */
static int compare_wide(const WCHAR *a, const WCHAR *b, enum compare compare)
{
    if (a == NULL || b == NULL)
        return (a != NULL) - (b != NULL);
    return k32_compare(compare == IGNORE_CASE ? NORM_IGNORECASE : 0, a, (int)k32_wcslen(a), b, (int)k32_wcslen(b));
}

static int compare_narrow(const char *a, const char *b, enum compare compare)
{
    WCHAR *x = k32_wide(a), *y = k32_wide(b);
    int result = compare_wide(x, y, compare);

    k32_free(x);
    k32_free(y);
    return result;
}

int WINAPI lstrcmpA(const char *a, const char *b)
{
    return compare_narrow(a, b, MIND_CASE);
}

int WINAPI lstrcmpiA(const char *a, const char *b)
{
    return compare_narrow(a, b, IGNORE_CASE);
}

int WINAPI lstrcmpW(const WCHAR *a, const WCHAR *b)
{
    return compare_wide(a, b, MIND_CASE);
}

int WINAPI lstrcmpiW(const WCHAR *a, const WCHAR *b)
{
    return compare_wide(a, b, IGNORE_CASE);
}
