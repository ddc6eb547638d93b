/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probe.c - IsBadXxxPtr: touch the memory and see; a guard page is consumed by it, as on Windows. */
#include "k32.h"

enum { PAGE = 4096 };

struct probe {
    volatile char *first;
    volatile char *last;
    SIZE_T limit; /* of characters */
};

static void WINAPI read_pages(void *argument)
{
    struct probe *p = argument;

    for (volatile char *at = p->first; at < p->last; at = (char *)(((ULONG_PTR)at | (PAGE - 1)) + 1)) {
        (void)*at;
        if (((ULONG_PTR)at | (PAGE - 1)) >= (ULONG_PTR)p->last)
            break;
    }
    (void)*p->last;
}

static void WINAPI write_pages(void *argument)
{
    struct probe *p = argument;

    for (volatile char *at = p->first; at < p->last; at = (char *)(((ULONG_PTR)at | (PAGE - 1)) + 1)) {
        *at = *at;
        if (((ULONG_PTR)at | (PAGE - 1)) >= (ULONG_PTR)p->last)
            break;
    }
    *p->last = *p->last;
}

static void WINAPI read_string(void *argument)
{
    struct probe *p = argument;

    for (SIZE_T i = 0; i < p->limit && p->first[i] != '\0'; i++)
        continue;
}

static void WINAPI read_wide_string(void *argument)
{
    struct probe *p = argument;
    volatile WCHAR *s = (volatile WCHAR *)p->first;

    for (SIZE_T i = 0; i < p->limit && s[i] != L'\0'; i++)
        continue;
}

static BOOL range_is_bad(const void *start, UINT_PTR size, void(WINAPI *body)(void *))
{
    if (size == 0)
        return FALSE;
    struct probe p = {.first = (volatile char *)(ULONG_PTR)start, .last = (volatile char *)(ULONG_PTR)start + size - 1};
    if (start == NULL || p.last < p.first)
        return TRUE;
    return RtlGuardedCall(body, &p) != 0;
}

BOOL WINAPI IsBadReadPtr(const void *start, UINT_PTR size)
{
    return range_is_bad(start, size, read_pages);
}

BOOL WINAPI IsBadWritePtr(void *start, UINT_PTR size)
{
    return range_is_bad(start, size, write_pages);
}

BOOL WINAPI IsBadHugeReadPtr(const void *start, UINT_PTR size)
{
    return range_is_bad(start, size, read_pages);
}

BOOL WINAPI IsBadHugeWritePtr(void *start, UINT_PTR size)
{
    return range_is_bad(start, size, write_pages);
}

BOOL WINAPI IsBadCodePtr(FARPROC start)
{
    return range_is_bad((const void *)(ULONG_PTR)start, 1, read_pages);
}

BOOL WINAPI IsBadStringPtrA(const char *string, UINT_PTR limit)
{
    struct probe p = {.first = (volatile char *)(ULONG_PTR)string, .limit = limit};

    if (limit == 0)
        return FALSE;
    return string == NULL || RtlGuardedCall(read_string, &p) != 0;
}

BOOL WINAPI IsBadStringPtrW(const WCHAR *string, UINT_PTR limit)
{
    struct probe p = {.first = (volatile char *)(ULONG_PTR)string, .limit = limit};

    if (limit == 0)
        return FALSE;
    return string == NULL || RtlGuardedCall(read_wide_string, &p) != 0;
}
