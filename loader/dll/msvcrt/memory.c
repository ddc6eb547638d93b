/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory.c - blocks of bytes.  The copies are string instructions: one guest instruction for a run of bytes. */
#include "crt.h"

#ifdef __x86_64__
#define COPY_WORDS "rep movsq"
#define FILL_WORDS "rep stosq"
#else
#define COPY_WORDS "rep movsl"
#define FILL_WORDS "rep stosl"
#endif

void *memcpy(void *to, const void *from, size_t n)
{
    void *t = to;
    size_t words = n / sizeof(size_t);

    __asm__ volatile(COPY_WORDS : "+D"(t), "+S"(from), "+c"(words) : : "memory");
    n %= sizeof(size_t);
    __asm__ volatile("rep movsb" : "+D"(t), "+S"(from), "+c"(n) : : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    if ((uintptr_t)to - (uintptr_t)from >= n)
        return memcpy(to, from, n);
    volatile char *t = to;
    const char *f = from;
    while (n-- != 0)
        t[n] = f[n];
    return to;
}

void *memset(void *to, int byte, size_t n)
{
    void *t = to;
    size_t words = n / sizeof(size_t);

    __asm__ volatile(FILL_WORDS : "+D"(t), "+c"(words) : "a"((size_t)-1 / 0xFF * (unsigned char)byte) : "memory");
    n %= sizeof(size_t);
    __asm__ volatile("rep stosb" : "+D"(t), "+c"(n) : "a"(byte) : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;

    for (size_t i = 0; i < n; i++) {
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    }
    return 0;
}

void *memchr(const void *s, int byte, size_t n)
{
    const unsigned char *p = s;

    for (; n-- != 0; p++) {
        if (*p == (unsigned char)byte)
            return (void *)(uintptr_t)p;
    }
    return NULL;
}

CRT_API(void *, _memccpy, void *to, const void *from, int byte, size_t n)
{
    char *t = to;
    const char *f = from;

    while (n-- != 0) {
        *t++ = *f;
        if ((unsigned char)*f++ == (unsigned char)byte)
            return t;
    }
    return NULL;
}

CRT_API(int, _memicmp, const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;

    for (size_t i = 0; i < n; i++) {
        int d = tolower(x[i]) - tolower(y[i]);
        if (d != 0)
            return d;
    }
    return 0;
}
