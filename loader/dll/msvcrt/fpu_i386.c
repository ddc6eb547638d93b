/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fpu_i386.c - 32-bit programs compute with the x87: its control and status words. */
#include "crt.h"

/* Precision of the interface (0: 64 bits, 1: 53, 2: 24) and of the control word (0: 24 bits, 2: 53, 3: 64). */
static const unsigned char precision_of_word[] = {2, 0, 1, 0}, word_of_precision[] = {3, 2, 0, 0};

struct crt_fpu_control crt_fpu_get(void)
{
    uint16_t word;

    __asm__ volatile("fnstcw %0" : "=m"(word));
    return (struct crt_fpu_control){
        .masks = word & 0x3F, .rounding = word >> 10 & 3, .precision = precision_of_word[word >> 8 & 3]};
}

void crt_fpu_set(struct crt_fpu_control c)
{
    uint16_t word = (uint16_t)(c.masks | (unsigned)word_of_precision[c.precision] << 8 | c.rounding << 10);

    __asm__ volatile("fldcw %0" : : "m"(word));
}

unsigned crt_fpu_status(void)
{
    uint16_t word;

    __asm__ volatile("fnstsw %0" : "=m"(word));
    return word & 0x3F;
}

void crt_fpu_clear(void)
{
    __asm__ volatile("fnclex");
}

/* As a thread starts: all exceptions masked, 53 bits. */
void crt_fpu_reset(void)
{
    uint16_t word = 0x27F;

    __asm__ volatile("fninit\n\tfldcw %0" : : "m"(word));
}

/* st(0), truncated, into edx:eax: what version 6 calls for a cast. */
__asm__(".text\n"
        ".globl __ftol\n"
        ".globl __ftol2\n"
        "__ftol:\n"
        "__ftol2:\n"
        "    subl  $12, %esp\n"
        "    fnstcw (%esp)\n"
        "    movl  (%esp), %eax\n"
        "    orl   $0xC00, %eax\n"
        "    movl  %eax, 4(%esp)\n"
        "    fldcw 4(%esp)\n"
        "    fistpll 4(%esp)\n"
        "    fldcw (%esp)\n"
        "    movl  4(%esp), %eax\n"
        "    movl  8(%esp), %edx\n"
        "    addl  $12, %esp\n"
        "    ret\n");
