/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sort.c - sorting, searching, random numbers, absolute values and quotients. */
#include "crt.h"

typedef int (*compare)(const void *a, const void *b);

static void swap(char *a, char *b, size_t size)
{
    while (size-- != 0) {
        char c = *a;
        *a++ = *b;
        *b++ = c;
    }
}

static void sift_down(char *base, size_t root, size_t count, size_t size, compare order)
{
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && order(base + child * size, base + (child + 1) * size) < 0)
            child++;
        if (order(base + root * size, base + child * size) >= 0)
            return;
        swap(base + root * size, base + child * size, size);
    }
}

/* A heap sort: no recursion and no memory, whatever the program's comparison says. */
CRT_API(void, qsort, void *base, size_t count, size_t size, compare order)
{
    if (base == NULL || size == 0 || order == NULL)
        return;
    for (size_t i = count / 2; i-- > 0;)
        sift_down(base, i, count, size, order);
    for (size_t end = count; end > 1;) {
        end--;
        swap(base, (char *)base + end * size, size);
        sift_down(base, 0, end, size, order);
    }
}

CRT_API(void *, bsearch, const void *key, const void *base, size_t count, size_t size, compare order)
{
    const char *low = base;

    if (base == NULL || size == 0 || order == NULL)
        return NULL;
    while (count != 0) {
        const char *middle = low + count / 2 * size;
        int d = order(key, middle);
        if (d == 0)
            return (void *)(uintptr_t)middle;
        if (d > 0) {
            low = middle + size;
            count--;
        }
        count /= 2;
    }
    return NULL;
}

CRT_API(void, srand, unsigned seed)
{
    crt_thread()->seed = seed;
}

CRT_API(int, rand, void)
{
    struct crt_thread *thread = crt_thread();

    thread->seed = thread->seed * 214013 + 2531011;
    return (int)(thread->seed >> 16 & 0x7FFF);
}

CRT_API(int, abs, int value)
{
    return value < 0 ? (int)-(unsigned)value : value;
}

CRT_API(long, labs, long value)
{
    return value < 0 ? (long)-(unsigned long)value : value;
}

CRT_API(int64_t, _abs64, int64_t value)
{
    return value < 0 ? (int64_t) - (uint64_t)value : value;
}

struct quotient {
    int quot, rem;
};

CRT_API(struct quotient, div, int a, int b)
{
    return (struct quotient){a / b, a % b};
}

CRT_API(struct quotient, ldiv, long a, long b)
{
    return (struct quotient){(int)(a / b), (int)(a % b)};
}

CRT_API(unsigned, _rotl, unsigned value, int by)
{
    by &= 31;
    return by == 0 ? value : value << by | value >> (32 - by);
}

CRT_API(unsigned, _rotr, unsigned value, int by)
{
    by &= 31;
    return by == 0 ? value : value >> by | value << (32 - by);
}
