/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wstring.c - strings of 16-bit characters.  string.c has the same functions for bytes. */
#include "crt.h"

wint_t towupper(wint_t c);

size_t wcslen(const wchar_t *s)
{
    size_t n = 0;

    while (s[n] != L'\0')
        n++;
    return n;
}

CRT_API(size_t, wcsnlen, const wchar_t *s, size_t limit)
{
    size_t n = 0;

    while (n < limit && s[n] != L'\0')
        n++;
    return n;
}

wchar_t *wcscpy(wchar_t *to, const wchar_t *from)
{
    wchar_t *t = to;

    while ((*t++ = *from++) != L'\0')
        continue;
    return to;
}

CRT_API(wchar_t *, wcscat, wchar_t *to, const wchar_t *from)
{
    wcscpy(to + wcslen(to), from);
    return to;
}

CRT_API(wchar_t *, wcsncpy, wchar_t *to, const wchar_t *from, size_t n)
{
    size_t i = 0;

    for (; i < n && from[i] != L'\0'; i++)
        to[i] = from[i];
    for (; i < n; i++)
        to[i] = L'\0';
    return to;
}

CRT_API(wchar_t *, wcsncat, wchar_t *to, const wchar_t *from, size_t n)
{
    wchar_t *t = to + wcslen(to);

    while (n-- != 0 && *from != L'\0')
        *t++ = *from++;
    *t = L'\0';
    return to;
}

CRT_API(int, wcscmp, const wchar_t *a, const wchar_t *b)
{
    while (*a == *b && *a != L'\0') {
        a++;
        b++;
    }
    return *a == *b ? 0 : (wchar_t)*a < (wchar_t)*b ? -1 : 1;
}

CRT_API(int, wcsncmp, const wchar_t *a, const wchar_t *b, size_t n)
{
    for (; n != 0; n--, a++, b++) {
        if (*a != *b)
            return (wchar_t)*a < (wchar_t)*b ? -1 : 1;
        if (*a == L'\0')
            break;
    }
    return 0;
}

int _wcsnicmp(const wchar_t *a, const wchar_t *b, size_t n)
{
    for (; n != 0; n--, a++, b++) {
        int x = towlower((wchar_t)*a), y = towlower((wchar_t)*b);
        if (x != y || x == 0)
            return x - y;
    }
    return 0;
}

CRT_API(int, _wcsicmp, const wchar_t *a, const wchar_t *b)
{
    return _wcsnicmp(a, b, SIZE_MAX);
}

/* In the "C" locale the order of characters is that of their codes. */
CRT_API(int, wcscoll, const wchar_t *a, const wchar_t *b)
{
    return wcscmp(a, b);
}

CRT_API(int, _wcsicoll, const wchar_t *a, const wchar_t *b)
{
    return _wcsnicmp(a, b, SIZE_MAX);
}

CRT_API(size_t, wcsxfrm, wchar_t *to, const wchar_t *from, size_t n)
{
    size_t length = wcslen(from);

    if (n != 0 && to != NULL)
        wcsncpy(to, from, n);
    return length;
}

CRT_API(wchar_t *, wcschr, const wchar_t *s, wchar_t c)
{
    for (; *s != (wchar_t)c; s++) {
        if (*s == L'\0')
            return NULL;
    }
    return (wchar_t *)(uintptr_t)s;
}

CRT_API(wchar_t *, wcsrchr, const wchar_t *s, wchar_t c)
{
    const wchar_t *last = NULL;

    do {
        if (*s == (wchar_t)c)
            last = s;
    } while (*s++ != L'\0');
    return (wchar_t *)(uintptr_t)last;
}

CRT_API(wchar_t *, wcsstr, const wchar_t *s, const wchar_t *what)
{
    size_t n = wcslen(what);

    for (;; s++) {
        if (wcsncmp(s, what, n) == 0)
            return (wchar_t *)(uintptr_t)s;
        if (*s == L'\0')
            return NULL;
    }
}

CRT_API(size_t, wcsspn, const wchar_t *s, const wchar_t *set)
{
    size_t n = 0;

    while (s[n] != L'\0' && wcschr(set, s[n]) != NULL)
        n++;
    return n;
}

CRT_API(size_t, wcscspn, const wchar_t *s, const wchar_t *set)
{
    size_t n = 0;

    while (s[n] != L'\0' && wcschr(set, s[n]) == NULL)
        n++;
    return n;
}

CRT_API(wchar_t *, wcspbrk, const wchar_t *s, const wchar_t *set)
{
    s += wcscspn(s, set);
    return *s != L'\0' ? (wchar_t *)(uintptr_t)s : NULL;
}

CRT_API(wchar_t *, wcstok_s, wchar_t *s, const wchar_t *set, wchar_t **next)
{
    if (s == NULL)
        s = *next;
    if (s == NULL)
        return NULL;
    s += wcsspn(s, set);
    wchar_t *end = s + wcscspn(s, set);
    *next = end;
    if (end == s)
        return NULL;
    if (*end != L'\0') {
        *end = L'\0';
        *next = end + 1;
    }
    return s;
}

CRT_API(wchar_t *, wcstok, wchar_t *s, const wchar_t *set)
{
    return wcstok_s(s, set, &crt_thread()->wcstok_next);
}

CRT_API(wchar_t *, _wcsdup, const wchar_t *s)
{
    if (s == NULL)
        return NULL;
    size_t bytes = (wcslen(s) + 1) * sizeof *s;
    wchar_t *copy = malloc(bytes);
    return copy != NULL ? memcpy(copy, s, bytes) : NULL;
}

CRT_API(wchar_t *, _wcslwr, wchar_t *s)
{
    for (wchar_t *p = s; *p != L'\0'; p++)
        *p = (wchar_t)towlower((wchar_t)*p);
    return s;
}

CRT_API(wchar_t *, _wcsupr, wchar_t *s)
{
    for (wchar_t *p = s; *p != L'\0'; p++)
        *p = (wchar_t)towupper((wchar_t)*p);
    return s;
}

CRT_API(wchar_t *, _wcsrev, wchar_t *s)
{
    for (size_t i = 0, j = wcslen(s); i + 1 < j; i++) {
        wchar_t c = s[i];
        s[i] = s[--j];
        s[j] = c;
    }
    return s;
}

CRT_API(wchar_t *, _wcsset, wchar_t *s, wchar_t c)
{
    for (wchar_t *p = s; *p != L'\0'; p++)
        *p = (wchar_t)c;
    return s;
}

CRT_API(wchar_t *, _wcsnset, wchar_t *s, wchar_t c, size_t n)
{
    for (wchar_t *p = s; n-- != 0 && *p != L'\0'; p++)
        *p = (wchar_t)c;
    return s;
}
