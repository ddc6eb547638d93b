/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_context.c - CONTEXT records of both widths: what is carried there and back, x87 tags, the parts that flags
 * select, what user mode may not set. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "emu/context.h"
#include "emu/guest_layout.h"
#include "emu/x64_layout.h"
#include "emu/x86_layout.h"

static const struct context_format *const formats[] = {&context_format_x86, &context_format_x64};
enum { FORMATS = 2 };

/* Every byte of the state different, within what a record can hold. */
static void fill(struct thread_context *context, bool wide)
{
    memset(context, 0, sizeof *context);
    for (unsigned i = 0; i < (wide ? 16u : 8u); i++)
        context->registers.general[i] = (wide ? 0x1122334400000000u : 0) + 0xA0000001u * (i + 1) % 0xFFFFFFFFu;
    context->registers.ip = wide ? 0x7FF12345678 : 0x401234;
    context->registers.flags = 0xA93;
    for (unsigned i = 0; i < 6; i++)
        context->debug[i] = 0x1000 * (i + 1);
    for (unsigned i = 0; i < 416; i++)
        context->floats.fxsave[i] = (uint8_t)(i * 7 + 1);
    put16(context->floats.fxsave, FX_FCW, 0x27F);
    put32(context->floats.fxsave, FX_MXCSR, 0x1F80);
    if (!wide)
        return;
    put64(context->floats.fxsave, FX_FIP, 0x7FF00401000); /* wider than the record's */
    put64(context->floats.fxsave, FX_FDP, 0x7FF00402000);
}

START_TEST(all_comes_back)
{
    const struct context_format *format = formats[_i];
    struct thread_context before, after;
    uint8_t record[CONTEXT_RECORD_MAX];
    fill(&before, format == &context_format_x64);
    format->encode(&before, record);
    ck_assert(context_has(format, record, format->all));
    after = before;
    memset(&after.registers, 0, sizeof after.registers);
    memset(after.floats.fxsave + FX_ST, 0, 480);
    memset(after.debug, 0, sizeof after.debug);
    format->decode(record, &after);
    ck_assert_mem_eq(&before.registers, &after.registers, sizeof before.registers);
    ck_assert_mem_eq(&before.floats, &after.floats, sizeof before.floats);
    ck_assert_mem_eq(before.debug, after.debug, sizeof before.debug);
}
END_TEST

/* The parts in the list make up the record: merging all of them copies all that encode() writes. */
START_TEST(parts_cover_the_record)
{
    const struct context_format *format = formats[_i];
    struct thread_context context;
    uint8_t whole[CONTEXT_RECORD_MAX] = {0}, merged[CONTEXT_RECORD_MAX] = {0};
    fill(&context, format == &context_format_x64);
    format->encode(&context, whole);
    memcpy(merged + format->flags_offset, whole + format->flags_offset, 4);
    context_merge(format, merged, whole, format->all);
    ck_assert_mem_eq(merged, whole, format->size);
    memset(merged, 0xEE, sizeof merged);
    context_merge(format, merged, whole, format->all & 0xFFFFFF00); /* the family alone: nothing */
    for (unsigned i = 0; i < sizeof merged; i++)
        ck_assert_uint_eq(merged[i], 0xEE);
}
END_TEST

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
    struct thread_context context = {0};
    struct x86_context record;
    put16(context.floats.fxsave, FX_FSW, (uint16_t)(tags[_i].top << 11));
    context.floats.fxsave[FX_FTW] = (uint8_t)(1u << tags[_i].top);
    put64(context.floats.fxsave, FX_ST, tags[_i].mantissa);
    put16(context.floats.fxsave, FX_ST + 8, tags[_i].exponent);
    struct cpu_float_state before = context.floats;
    context_format_x86.encode(&context, (uint8_t *)&record);
    ck_assert_msg((record.FloatSave.TagWord & 0xFFFF) == tags[_i].tags, "%s: %04x", tags[_i].name,
                  record.FloatSave.TagWord);

    record.ContextFlags = X86_CONTEXT_FLOATING_POINT; /* and back, from the FNSAVE form alone */
    memset(context.floats.fxsave, 0, 160);
    context_format_x86.decode((uint8_t *)&record, &context);
    ck_assert_msg(memcmp(&before, &context.floats, sizeof before) == 0, "%s: does not come back", tags[_i].name);
}
END_TEST

START_TEST(user_flags_only)
{
    static const unsigned offsets[FORMATS] = {offsetof(struct x86_context, EFlags),
                                              offsetof(struct x64_context, EFlags)};
    const struct context_format *format = formats[_i];
    struct thread_context context = {0};
    uint8_t record[CONTEXT_RECORD_MAX] = {0};
    put32(record, format->flags_offset, format->control);
    put32(record, offsets[_i], 0xFFFFFFFF);
    format->decode(record, &context);
    ck_assert_uint_eq(context.registers.flags & 0x3000, 0);  /* IOPL */
    ck_assert_uint_eq(context.registers.flags & 0x20000, 0); /* VM */
    ck_assert_uint_eq(context.registers.flags & 0x4000, 0);  /* NT */
    ck_assert_uint_eq(context.registers.flags & 0x200, 0x200);
    put32(record, offsets[_i], 0);
    format->decode(record, &context);
    ck_assert_uint_eq(context.registers.flags, 0x202);
}
END_TEST

START_TEST(mxcsr_is_masked)
{
    const struct context_format *format = formats[_i];
    struct thread_context context = {0};
    uint8_t record[CONTEXT_RECORD_MAX];
    memset(record, 0xFF, sizeof record);
    put32(record, format->flags_offset, format->all);
    format->decode(record, &context);
    ck_assert_uint_eq(get32(context.floats.fxsave, FX_MXCSR), 0xFFBF);
}
END_TEST

/* Which registers a part carries. */
static const struct {
    const char *name;
    unsigned format;
    uint32_t flags;
    bool ax, sp, ip;
} parts[] = {
    {"x86 nothing", 0, 0, false, false, false},
    {"x86 family alone", 0, 0x10000, false, false, false},
    {"x86 integer", 0, X86_CONTEXT_INTEGER, true, false, false},
    {"x86 control", 0, X86_CONTEXT_CONTROL, false, true, true},
    {"x86 full", 0, X86_CONTEXT_FULL, true, true, true},
    {"x86 parts without the family", 0, 7, false, false, false},
    {"x64 nothing", 1, 0, false, false, false},
    {"x64 family alone", 1, 0x100000, false, false, false},
    {"x64 integer", 1, X64_CONTEXT_INTEGER, true, false, false},
    {"x64 control", 1, X64_CONTEXT_CONTROL, false, true, true},
    {"x64 full", 1, X64_CONTEXT_FULL, true, true, true},
    {"x64 parts of the other family", 1, X86_CONTEXT_FULL, false, false, false},
};

START_TEST(part_is_applied)
{
    const struct context_format *format = formats[parts[_i].format];
    struct thread_context from, to = {0};
    uint8_t record[CONTEXT_RECORD_MAX];
    fill(&from, false);
    format->encode(&from, record);
    put32(record, format->flags_offset, parts[_i].flags);
    format->decode(record, &to);
    const struct cpu_registers *a = &from.registers, *b = &to.registers;
    ck_assert_msg((a->general[CPU_RAX] == b->general[CPU_RAX]) == parts[_i].ax, "%s: ax", parts[_i].name);
    ck_assert_msg((a->general[CPU_RSP] == b->general[CPU_RSP]) == parts[_i].sp, "%s: sp", parts[_i].name);
    ck_assert_msg((a->ip == b->ip) == parts[_i].ip, "%s: ip", parts[_i].name);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("context");
    TCase *tcase = tcase_create("context");
    tcase_add_loop_test(tcase, all_comes_back, 0, FORMATS);
    tcase_add_loop_test(tcase, parts_cover_the_record, 0, FORMATS);
    tcase_add_loop_test(tcase, tag_word, 0, (int)(sizeof tags / sizeof tags[0]));
    tcase_add_loop_test(tcase, part_is_applied, 0, (int)(sizeof parts / sizeof parts[0]));
    tcase_add_loop_test(tcase, user_flags_only, 0, FORMATS);
    tcase_add_loop_test(tcase, mxcsr_is_masked, 0, FORMATS);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
