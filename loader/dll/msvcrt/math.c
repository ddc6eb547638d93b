/* SPDX-License-Identifier: GPL-2.0-or-later */
/* math.c - what libmingwex has only for long double, and the x87 control word.  The rest of the mathematics (sin, pow,
 * floor and so on) is libmingwex's, linked in and exported. */
#include "crt.h"

long double tanl(long double x);
long double asinl(long double x);
long double acosl(long double x);
long double atanl(long double x);
long double sinhl(long double x);
long double coshl(long double x);
long double tanhl(long double x);
long double log10l(long double x);
long double frexpl(long double x, int *exponent);
double hypot(double x, double y);
double ldexp(double x, int exponent);

#define FROM_LONG(name, long_name)                                                                                     \
    double name(double x);                                                                                             \
    double name(double x)                                                                                              \
    {                                                                                                                  \
        return (double)long_name(x);                                                                                   \
    }

FROM_LONG(tan, tanl)
FROM_LONG(asin, asinl)
FROM_LONG(acos, acosl)
FROM_LONG(atan, atanl)
FROM_LONG(sinh, sinhl)
FROM_LONG(cosh, coshl)
FROM_LONG(tanh, tanhl)
FROM_LONG(log10, log10l)

CRT_API(double, frexp, double x, int *exponent)
{
    return (double)frexpl(x, exponent);
}

CRT_API(double, _hypot, double x, double y)
{
    return hypot(x, y);
}

CRT_API(double, _scalb, double x, long exponent)
{
    return ldexp(x, (int)exponent);
}

static uint64_t bits_of(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double from_bits(uint64_t bits)
{
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

#define SIGN_BIT ((uint64_t)1 << 63)

CRT_API(int, _finite, double x)
{
    return (bits_of(x) >> 52 & 0x7FF) != 0x7FF;
}

CRT_API(int, _isnan, double x)
{
    return (bits_of(x) & ~SIGN_BIT) > (uint64_t)0x7FF << 52;
}

CRT_API(double, _copysign, double x, double sign)
{
    return from_bits((bits_of(x) & ~SIGN_BIT) | (bits_of(sign) & SIGN_BIT));
}

CRT_API(double, _chgsign, double x)
{
    return from_bits(bits_of(x) ^ SIGN_BIT);
}

/* ---- errors of the library, told to the program ---- */
struct math_error {
    int type;
    char *name;
    double arg1, arg2, retval;
};

static int (*user_handler)(struct math_error *error);

CRT_API(void, __setusermatherr, int (*handler)(struct math_error *error))
{
    user_handler = handler;
}

/* libmingwex calls this, and goes on with its own result. */
CRT_API(void, __mingw_raise_matherr, int type, const char *name, double arg1, double arg2, double result)
{
    struct math_error error = {type, (char *)(uintptr_t)name, arg1, arg2, result};

    if (user_handler != NULL)
        user_handler(&error);
}

/* ---- the x87 control word ---- */
/* The bits of the interface: masks of exceptions 0-4 (and 0x80000 for denormals), rounding 0x300, precision 0x30000. */
static unsigned abstract_of(unsigned word)
{
    static const unsigned precision[] = {0x20000, 0, 0x10000, 0}; /* 24, -, 53, 64 bits */
    unsigned a = precision[word >> 8 & 3] | (word >> 10 & 3) << 8;

    a |= word & 0x01 ? 0x10 : 0;    /* invalid */
    a |= word & 0x02 ? 0x80000 : 0; /* denormal */
    a |= word & 0x04 ? 0x08 : 0;    /* division by zero */
    a |= word & 0x08 ? 0x04 : 0;    /* overflow */
    a |= word & 0x10 ? 0x02 : 0;    /* underflow */
    a |= word & 0x20 ? 0x01 : 0;    /* inexact */
    return a;
}

static unsigned word_of(unsigned a)
{
    unsigned precision = a & 0x20000 ? 0 : a & 0x10000 ? 2 : 3;
    unsigned word = precision << 8 | (a >> 8 & 3) << 10;

    word |= a & 0x10 ? 0x01 : 0;
    word |= a & 0x80000 ? 0x02 : 0;
    word |= a & 0x08 ? 0x04 : 0;
    word |= a & 0x04 ? 0x08 : 0;
    word |= a & 0x02 ? 0x10 : 0;
    word |= a & 0x01 ? 0x20 : 0;
    return word;
}

CRT_API(unsigned, _control87, unsigned value, unsigned mask)
{
    uint16_t word;

    __asm__ volatile("fnstcw %0" : "=m"(word));
    unsigned a = (abstract_of(word) & ~mask) | (value & mask);
    word = (uint16_t)word_of(a);
    if (mask != 0)
        __asm__ volatile("fldcw %0" : : "m"(word));
    return a;
}

CRT_API(unsigned, _controlfp, unsigned value, unsigned mask)
{
    return _control87(value, mask & ~0x80000u);
}

CRT_API(unsigned, _statusfp, void)
{
    uint16_t word;

    __asm__ volatile("fnstsw %0" : "=m"(word));
    return abstract_of(word & 0x3F) & 0x8001F;
}

CRT_API(unsigned, _clearfp, void)
{
    unsigned status = _statusfp();

    __asm__ volatile("fnclex");
    return status;
}

/* As a thread starts: all exceptions masked, 53 bits. */
CRT_API(void, _fpreset, void)
{
    uint16_t word = 0x27F;

    __asm__ volatile("fninit\n\tfldcw %0" : : "m"(word));
}
