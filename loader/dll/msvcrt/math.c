/* SPDX-License-Identifier: GPL-2.0-or-later */
/* math.c - what libmingwex has only for long double, and the bits of a double.  The rest of the mathematics (sin, pow,
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
