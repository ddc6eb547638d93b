/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fpcontrol.c - the floating-point environment in the words of the interface: masks of exceptions in bits 0-4 (and
 * 0x80000 for denormals), rounding in 0x300, precision in 0x30000.  fpu_*.c reads and writes the processor's own. */
#include "crt.h"

enum { EXCEPTIONS = 0x8001F, DENORMAL = 0x80000 };

/* Six exception bits in the processor's order, from invalid to inexact. */
static unsigned abstract_exceptions(unsigned bits)
{
    static const unsigned names[] = {0x10, DENORMAL, 0x08, 0x04, 0x02, 0x01};
    unsigned a = 0;

    for (unsigned i = 0; i < 6; i++)
        a |= bits >> i & 1 ? names[i] : 0;
    return a;
}

static unsigned exception_bits(unsigned a)
{
    static const unsigned names[] = {0x10, DENORMAL, 0x08, 0x04, 0x02, 0x01};
    unsigned bits = 0;

    for (unsigned i = 0; i < 6; i++)
        bits |= a & names[i] ? 1u << i : 0;
    return bits;
}

CRT_API(unsigned, _control87, unsigned value, unsigned mask)
{
    struct crt_fpu_control c = crt_fpu_get();
    unsigned a = (abstract_exceptions(c.masks) | c.rounding << 8 | c.precision << 16);

    a = (a & ~mask) | (value & mask);
    c = (struct crt_fpu_control){.masks = exception_bits(a), .rounding = a >> 8 & 3, .precision = a >> 16 & 3};
    if (mask != 0)
        crt_fpu_set(c);
    return a;
}

CRT_API(unsigned, _controlfp, unsigned value, unsigned mask)
{
    return _control87(value, mask & ~(unsigned)DENORMAL);
}

CRT_API(unsigned, _statusfp, void)
{
    return abstract_exceptions(crt_fpu_status()) & EXCEPTIONS;
}

CRT_API(unsigned, _clearfp, void)
{
    unsigned status = _statusfp();

    crt_fpu_clear();
    return status;
}

CRT_API(void, _fpreset, void)
{
    crt_fpu_reset();
}
