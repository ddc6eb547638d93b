/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_context.c - CONTEXT records: x87 tags, the parts that flags select, what user mode may not set.
 *
 * The CPU is a pair of structs here: cpu.h's register functions are defined below, in front of the library's. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "emu/machine_internal.h"

static struct cpu_registers registers;
static struct cpu_float_state floats;
static struct machine machine;

void cpu_get_registers(struct cpu *cpu, struct cpu_registers *ret_registers)
{
    *ret_registers = registers;
}

void cpu_set_registers(struct cpu *cpu, const struct cpu_registers *from)
{
    registers = *from;
}

void cpu_get_float_state(struct cpu *cpu, struct cpu_float_state *ret_state)
{
    *ret_state = floats;
}

void cpu_set_float_state(struct cpu *cpu, const struct cpu_float_state *from)
{
    floats = *from;
}

static void set_up(void)
{
    memset(&registers, 0, sizeof registers);
    memset(&floats, 0, sizeof floats);
}

/* One register in ST(0) with the given top of stack, and the two tag bits of its physical register. */
static const struct {
    const char *name;
    unsigned top;
    uint64_t mantissa;
    uint16_t exponent;
    uint32_t tags;
} tags[] = {
    {"one", 7, 0x8000000000000000u, 0x3FFF, 0x3FFF},
    {"minus one", 7, 0x8000000000000000u, 0xBFFF, 0x3FFF},
    {"zero", 7, 0, 0, 0x7FFF},
    {"minus zero", 7, 0, 0x8000, 0x7FFF},
    {"infinity", 7, 0x8000000000000000u, 0x7FFF, 0xBFFF},
    {"denormal", 7, 1, 0, 0xBFFF},
    {"unnormal", 7, 1, 0x3FFF, 0xBFFF},
    {"one, top 0", 0, 0x8000000000000000u, 0x3FFF, 0xFFFC},
    {"zero, top 3", 3, 0, 0, 0xFF7F},
};

START_TEST(tag_word)
{
    struct x86_context context;
    put16(floats.fxsave, 2, (uint16_t)(tags[_i].top << 11));
    floats.fxsave[4] = (uint8_t)(1u << tags[_i].top);
    put64(floats.fxsave, 32, tags[_i].mantissa);
    put16(floats.fxsave, 40, tags[_i].exponent);
    struct cpu_float_state before = floats;
    context_capture(&machine, &context);
    ck_assert_msg((context.FloatSave.TagWord & 0xFFFF) == tags[_i].tags, "%s: %04x", tags[_i].name,
                  context.FloatSave.TagWord);

    context.ContextFlags = CONTEXT_FLOATING_POINT; /* and back, from the FNSAVE form alone */
    memset(floats.fxsave, 0, 160);
    context_apply(&machine, &context);
    ck_assert_msg(memcmp(&before, &floats, sizeof before) == 0, "%s: does not come back", tags[_i].name);
}
END_TEST

START_TEST(user_flags_only)
{
    struct x86_context context = {.ContextFlags = CONTEXT_CONTROL, .EFlags = 0xFFFFFFFF, .Eip = 0x401000};
    context_apply(&machine, &context);
    ck_assert_uint_eq(registers.flags & 0x3000, 0);  /* IOPL */
    ck_assert_uint_eq(registers.flags & 0x20000, 0); /* VM */
    ck_assert_uint_eq(registers.flags & 0x4000, 0);  /* NT */
    ck_assert_uint_eq(registers.flags & 0x200, 0x200);
    context.EFlags = 0;
    context_apply(&machine, &context);
    ck_assert_uint_eq(registers.flags, 0x202);
}
END_TEST

START_TEST(mxcsr_is_masked)
{
    struct x86_context context = {.ContextFlags = CONTEXT_EXTENDED_REGISTERS};
    memset(context.ExtendedRegisters, 0xFF, sizeof context.ExtendedRegisters);
    context_apply(&machine, &context);
    uint32_t mxcsr;
    memcpy(&mxcsr, floats.fxsave + 24, sizeof mxcsr);
    ck_assert_uint_eq(mxcsr, 0xFFBF);
}
END_TEST

/* Which registers a part carries. */
static const struct {
    const char *name;
    uint32_t flags;
    bool eax, eip;
} parts[] = {
    {"nothing", 0, false, false},
    {"i386 alone", 0x10000, false, false},
    {"integer", CONTEXT_INTEGER, true, false},
    {"control", CONTEXT_CONTROL, false, true},
    {"full", CONTEXT_FULL, true, true},
    {"parts without i386", 7, false, false},
};

START_TEST(part_is_applied)
{
    struct x86_context context = {.ContextFlags = parts[_i].flags, .Eax = 1, .Eip = 2};
    context_apply(&machine, &context);
    ck_assert_msg((registers.general[CPU_RAX] == 1) == parts[_i].eax, "%s: eax", parts[_i].name);
    ck_assert_msg((registers.ip == 2) == parts[_i].eip, "%s: eip", parts[_i].name);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("context");
    TCase *tcase = tcase_create("context");
    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_loop_test(tcase, tag_word, 0, (int)(sizeof tags / sizeof tags[0]));
    tcase_add_loop_test(tcase, part_is_applied, 0, (int)(sizeof parts / sizeof parts[0]));
    tcase_add_test(tcase, user_flags_only);
    tcase_add_test(tcase, mxcsr_is_masked);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
