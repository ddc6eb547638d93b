/* SPDX-License-Identifier: GPL-2.0-or-later */
/* string.c - strings of bytes.  wstring.c has the same functions for wide strings. */
#include "crt.h"

size_t strlen(const char *s)
{
    size_t n = 0;

    while (s[n] != '\0')
        n++;
    return n;
}

CRT_API(size_t, strnlen, const char *s, size_t limit)
{
    size_t n = 0;

    while (n < limit && s[n] != '\0')
        n++;
    return n;
}

char *strcpy(char *to, const char *from)
{
    char *t = to;

    while ((*t++ = *from++) != '\0')
        continue;
    return to;
}

CRT_API(char *, strcat, char *to, const char *from)
{
    strcpy(to + strlen(to), from);
    return to;
}

CRT_API(char *, strncpy, char *to, const char *from, size_t n)
{
    size_t i = 0;

    for (; i < n && from[i] != '\0'; i++)
        to[i] = from[i];
    for (; i < n; i++)
        to[i] = '\0';
    return to;
}

CRT_API(char *, strncat, char *to, const char *from, size_t n)
{
    char *t = to + strlen(to);

    while (n-- != 0 && *from != '\0')
        *t++ = *from++;
    *t = '\0';
    return to;
}

int strcmp(const char *a, const char *b)
{
    while (*a == *b && *a != '\0') {
        a++;
        b++;
    }
    return *a == *b ? 0 : (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n != 0; n--, a++, b++) {
        if (*a != *b)
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        if (*a == '\0')
            break;
    }
    return 0;
}

int _strnicmp(const char *a, const char *b, size_t n)
{
    for (; n != 0; n--, a++, b++) {
        int x = tolower((unsigned char)*a), y = tolower((unsigned char)*b);
        if (x != y || x == 0)
            return x - y;
    }
    return 0;
}

CRT_API(int, _stricmp, const char *a, const char *b)
{
    return _strnicmp(a, b, SIZE_MAX);
}

/* In the "C" locale the order of characters is that of their codes. */
CRT_API(int, strcoll, const char *a, const char *b)
{
    return strcmp(a, b);
}

CRT_API(int, _stricoll, const char *a, const char *b)
{
    return _strnicmp(a, b, SIZE_MAX);
}

CRT_API(size_t, strxfrm, char *to, const char *from, size_t n)
{
    size_t length = strlen(from);

    if (n != 0 && to != NULL)
        strncpy(to, from, n);
    return length;
}

char *strchr(const char *s, int c)
{
    for (; *s != (char)c; s++) {
        if (*s == '\0')
            return NULL;
    }
    return (char *)(uintptr_t)s;
}

CRT_API(char *, strrchr, const char *s, int c)
{
    const char *last = NULL;

    do {
        if (*s == (char)c)
            last = s;
    } while (*s++ != '\0');
    return (char *)(uintptr_t)last;
}

CRT_API(char *, strstr, const char *s, const char *what)
{
    size_t n = strlen(what);

    for (;; s++) {
        if (strncmp(s, what, n) == 0)
            return (char *)(uintptr_t)s;
        if (*s == '\0')
            return NULL;
    }
}

CRT_API(size_t, strspn, const char *s, const char *set)
{
    size_t n = 0;

    while (s[n] != '\0' && strchr(set, s[n]) != NULL)
        n++;
    return n;
}

CRT_API(size_t, strcspn, const char *s, const char *set)
{
    size_t n = 0;

    while (s[n] != '\0' && strchr(set, s[n]) == NULL)
        n++;
    return n;
}

CRT_API(char *, strpbrk, const char *s, const char *set)
{
    s += strcspn(s, set);
    return *s != '\0' ? (char *)(uintptr_t)s : NULL;
}

CRT_API(char *, strtok_s, char *s, const char *set, char **next)
{
    if (s == NULL)
        s = *next;
    if (s == NULL)
        return NULL;
    s += strspn(s, set);
    char *end = s + strcspn(s, set);
    *next = end;
    if (end == s)
        return NULL;
    if (*end != '\0') {
        *end = '\0';
        *next = end + 1;
    }
    return s;
}

CRT_API(char *, strtok, char *s, const char *set)
{
    return strtok_s(s, set, &crt_thread()->strtok_next);
}

CRT_API(char *, _strdup, const char *s)
{
    if (s == NULL)
        return NULL;
    size_t bytes = (strlen(s) + 1) * sizeof *s;
    char *copy = malloc(bytes);
    return copy != NULL ? memcpy(copy, s, bytes) : NULL;
}

CRT_API(char *, _strlwr, char *s)
{
    for (char *p = s; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
    return s;
}

CRT_API(char *, _strupr, char *s)
{
    for (char *p = s; *p != '\0'; p++)
        *p = (char)toupper((unsigned char)*p);
    return s;
}

CRT_API(char *, _strrev, char *s)
{
    for (size_t i = 0, j = strlen(s); i + 1 < j; i++) {
        char c = s[i];
        s[i] = s[--j];
        s[j] = c;
    }
    return s;
}

CRT_API(char *, _strset, char *s, int c)
{
    for (char *p = s; *p != '\0'; p++)
        *p = (char)c;
    return s;
}

CRT_API(char *, _strnset, char *s, int c, size_t n)
{
    for (char *p = s; n-- != 0 && *p != '\0'; p++)
        *p = (char)c;
    return s;
}

CRT_API(int, _strcmpi, const char *a, const char *b)
{
    return _strnicmp(a, b, SIZE_MAX);
}
