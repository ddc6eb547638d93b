/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fpu_x64.c - 64-bit programs compute with SSE: MXCSR is control and status in one.  It has no precision. */
#include "crt.h"

enum { STATUS = 0x3F, MASKS_AT = 7, ROUNDING_AT = 13, START = 0x1F80 };

static uint32_t get(void)
{
    uint32_t word;

    __asm__ volatile("stmxcsr %0" : "=m"(word));
    return word;
}

static void set(uint32_t word)
{
    __asm__ volatile("ldmxcsr %0" : : "m"(word));
}

struct crt_fpu_control crt_fpu_get(void)
{
    uint32_t word = get();

    return (struct crt_fpu_control){.masks = word >> MASKS_AT & 0x3F, .rounding = word >> ROUNDING_AT & 3};
}

void crt_fpu_set(struct crt_fpu_control c)
{
    uint32_t word = get() & ~(uint32_t)(0x3F << MASKS_AT | 3 << ROUNDING_AT);

    set(word | c.masks << MASKS_AT | c.rounding << ROUNDING_AT);
}

unsigned crt_fpu_status(void)
{
    return get() & STATUS;
}

void crt_fpu_clear(void)
{
    set(get() & ~(uint32_t)STATUS);
}

/* As a thread starts: all exceptions masked. */
void crt_fpu_reset(void)
{
    __asm__ volatile("fninit");
    set(START);
}
