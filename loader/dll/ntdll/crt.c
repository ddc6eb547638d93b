// SPDX-License-Identifier: GPL-2.0-or-later
/* crt.c - the part of the C library that NT's ntdll has: memory, strings, numbers.
 *
 * Compiled without built-ins, so that no loop here becomes a call of itself. */
#include "ntdll.h"

#ifdef _WIN64
#define COPY_WORDS "rep movsq"
#define FILL_WORDS "rep stosq"
#else
#define COPY_WORDS "rep movsl"
#define FILL_WORDS "rep stosl"
#endif

void *__cdecl memcpy(void *to, const void *from, size_t size)
{
    void *result = to;
    size_t words = size / sizeof(size_t), rest = size % sizeof(size_t);
    __asm__ volatile(COPY_WORDS "\n\tmov %3, %2\n\trep movsb"
                     : "+D"(to), "+S"(from), "+c"(words)
                     : "r"(rest)
                     : "memory");
    return result;
}

void *__cdecl memmove(void *to, const void *from, size_t size)
{
    unsigned char *d = to;
    const unsigned char *s = from;
    if ((size_t)(d - s) >= size)
        return memcpy(to, from, size);
    while (size >= 4 && d - s >= 4) {
        size -= 4;
        *(uint32_t __attribute__((may_alias, aligned(1))) *)(d + size) =
            *(const uint32_t __attribute__((may_alias, aligned(1))) *)(s + size);
    }
    while (size-- > 0)
        d[size] = s[size];
    return to;
}

void *__cdecl memset(void *to, int value, size_t size)
{
    void *result = to;
    size_t words = size / sizeof(size_t), rest = size % sizeof(size_t);
    size_t pattern = (unsigned char)value * ((size_t)-1 / 0xFF);
    __asm__ volatile(FILL_WORDS "\n\tmov %3, %1\n\trep stosb"
                     : "+D"(to), "+c"(words)
                     : "a"(pattern), "r"(rest)
                     : "memory");
    return result;
}

int __cdecl memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *p = a, *q = b;
    for (; size > 0; size--, p++, q++)
        if (*p != *q)
            return *p < *q ? -1 : 1;
    return 0;
}

void *__cdecl memchr(const void *memory, int value, size_t size)
{
    for (const unsigned char *p = memory; size > 0; size--, p++)
        if (*p == (unsigned char)value)
            return (void *)p;
    return NULL;
}

size_t strnlen_in(const char *s, size_t limit)
{
    size_t length = 0;
    while (length < limit && s[length] != 0)
        length++;
    return length;
}

/* ---- characters: ASCII only, as the C locale ---- */

int __cdecl isdigit(int c)
{
    return c >= '0' && c <= '9';
}

int __cdecl islower(int c)
{
    return c >= 'a' && c <= 'z';
}

int __cdecl isupper(int c)
{
    return c >= 'A' && c <= 'Z';
}

int __cdecl isalpha(int c)
{
    return islower(c) || isupper(c);
}

int __cdecl isalnum(int c)
{
    return isalpha(c) || isdigit(c);
}

int __cdecl isxdigit(int c)
{
    return isdigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

int __cdecl isspace(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

int __cdecl isprint(int c)
{
    return c >= ' ' && c <= '~';
}

int __cdecl ispunct(int c)
{
    return c > ' ' && c <= '~' && !isalnum(c);
}

int __cdecl iscntrl(int c)
{
    return (c >= 0 && c < ' ') || c == 127;
}

int __cdecl tolower(int c)
{
    return isupper(c) ? c + 32 : c;
}

int __cdecl toupper(int c)
{
    return islower(c) ? c - 32 : c;
}

wint_t __cdecl towlower(wint_t c)
{
    return RtlDowncaseUnicodeChar(c);
}

wint_t __cdecl towupper(wint_t c)
{
    return RtlUpcaseUnicodeChar(c);
}

/* ---- numbers ---- */

static int digit_value(int c)
{
    if (isdigit(c))
        return c - '0';
    return isalpha(c) ? tolower(c) - 'a' + 10 : 99;
}

/* => the magnitude, saturated at 2^32; sign told apart. */
static uint64_t parse_number(const char *s, const char **ret_end, int base, bool *ret_negative)
{
    const char *start = s;
    uint64_t value = 0;
    bool any = false;
    while (isspace((unsigned char)*s))
        s++;
    *ret_negative = *s == '-';
    if (*s == '-' || *s == '+')
        s++;
    if ((base == 0 || base == 16) && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && isxdigit((unsigned char)s[2])) {
        s += 2;
        base = 16;
    }
    if (base == 0)
        base = *s == '0' ? 8 : 10;
    for (; digit_value((unsigned char)*s) < base; s++) {
        any = true;
        value = value * base + digit_value((unsigned char)*s);
        if (value > 0xFFFFFFFF)
            value = 0x100000000;
    }
    *ret_end = any ? s : start;
    return value;
}

long __cdecl strtol(const char *s, char **end, int base)
{
    const char *stop;
    bool negative;
    uint64_t value = parse_number(s, &stop, base, &negative);
    if (end != NULL)
        *end = (char *)stop;
    if (value > 0x7FFFFFFFu + (negative ? 1u : 0u))
        return negative ? (long)0x80000000 : 0x7FFFFFFF;
    return negative ? (long)-(int64_t)value : (long)value;
}

unsigned long __cdecl strtoul(const char *s, char **end, int base)
{
    const char *stop;
    bool negative;
    uint64_t value = parse_number(s, &stop, base, &negative);
    if (end != NULL)
        *end = (char *)stop;
    if (value > 0xFFFFFFFF)
        return 0xFFFFFFFF;
    return negative ? -(unsigned long)value : (unsigned long)value;
}

long __cdecl atol(const char *s)
{
    return strtol(s, NULL, 10);
}

int __cdecl atoi(const char *s)
{
    return (int)strtol(s, NULL, 10);
}

int __cdecl abs(int value)
{
    return value < 0 ? -value : value;
}

long __cdecl labs(long value)
{
    return value < 0 ? -value : value;
}

/* ---- sorting and searching ---- */

static void swap_bytes(char *a, char *b, size_t width)
{
    for (; width > 0; width--, a++, b++) {
        char t = *a;
        *a = *b;
        *b = t;
    }
}

/* Heap sort: no recursion, no bad case. */
void __cdecl qsort(void *array, size_t count, size_t width, int(__cdecl *compare)(const void *, const void *))
{
    char *base = array;
    if (count < 2)
        return;
    for (size_t start = count / 2, end = count; end > 1;) {
        if (start > 0)
            start--;
        else
            swap_bytes(base, base + --end * width, width);
        for (size_t root = start, child; (child = 2 * root + 1) < end; root = child) {
            if (child + 1 < end && compare(base + child * width, base + (child + 1) * width) < 0)
                child++;
            if (compare(base + root * width, base + child * width) >= 0)
                break;
            swap_bytes(base + root * width, base + child * width, width);
        }
    }
}

void *__cdecl bsearch(const void *key, const void *array, size_t count, size_t width,
                      int(__cdecl *compare)(const void *, const void *))
{
    const char *base = array;
    while (count > 0) {
        const char *middle = base + count / 2 * width;
        int order = compare(key, middle);
        if (order == 0)
            return (void *)middle;
        if (order > 0) {
            base = middle + width;
            count = (count - 1) / 2;
        } else {
            count /= 2;
        }
    }
    return NULL;
}
