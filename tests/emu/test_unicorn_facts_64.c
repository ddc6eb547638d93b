/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_unicorn_facts_64.c - facts about Unicorn that 64-bit guests and the counting of blocks rely on; see
 * test_unicorn_facts.c.  Flat engines at ring 0 unless a fact is about rings or the TLB hook. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

enum { CODE = 0x10000, DATA = 0x20000, RAM_SIZE = 0x40000, PAGE = 0x1000 };
#define MMIO (1ull << 43)

struct engine {
    uc_engine *uc;
    uint8_t *ram;
    uint64_t syscall_ip, syscall_rcx, time_stamp_ip;
    uint64_t read_offset, last_fill;
    uc_mem_type last_fill_type;
    unsigned read_size, reads, blocks, stop_at;
    bool mmio; /* DATA's page leads to the MMIO page */
};

static uint64_t reg(struct engine *e, int name)
{
    uint64_t value = 0;
    uc_reg_read(e->uc, name, &value);
    return value;
}

static bool fill_hook(uc_engine *uc, uint64_t va, uc_mem_type type, uc_tlb_entry *entry, void *context)
{
    struct engine *e = context;
    uint64_t page = va & ~(uint64_t)(PAGE - 1);
    e->last_fill = va;
    e->last_fill_type = type;
    entry->paddr = e->mmio && page == DATA ? MMIO : page;
    entry->perms = type == UC_MEM_FETCH   ? UC_PROT_READ | UC_PROT_EXEC
                   : type == UC_MEM_WRITE ? UC_PROT_READ | UC_PROT_WRITE
                                          : UC_PROT_READ;
    return page < RAM_SIZE;
}

static void syscall_hook(uc_engine *uc, void *context)
{
    struct engine *e = context;
    e->syscall_ip = reg(e, UC_X86_REG_RIP);
    e->syscall_rcx = reg(e, UC_X86_REG_RCX);
}

static int time_stamp_hook(uc_engine *uc, void *context)
{
    struct engine *e = context;
    uint64_t low = 0x11111111, high = 0x22222222;
    e->time_stamp_ip = reg(e, UC_X86_REG_RIP);
    uc_reg_write(uc, UC_X86_REG_RAX, &low);
    uc_reg_write(uc, UC_X86_REG_RDX, &high);
    uc_emu_stop(uc);
    return 1;
}

static uint64_t read_hook(uc_engine *uc, uint64_t offset, unsigned size, void *context)
{
    struct engine *e = context;
    e->read_offset = offset;
    e->read_size = size;
    e->reads++;
    return 0x1122334455667788u;
}

static void write_hook(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *context)
{
}

static void block_hook(uc_engine *uc, uint64_t address, uint32_t size, void *context)
{
    struct engine *e = context;
    if (++e->blocks == e->stop_at)
        uc_emu_stop(uc);
}

typedef void hook_fn(void);

static void add_hook(struct engine *e, int type, hook_fn *function, int instruction)
{
    uc_hook hook;
    void *pointer;
    memcpy(&pointer, &function, sizeof pointer);
    ck_assert_int_eq(uc_hook_add(e->uc, &hook, type, pointer, e, 1, 0, instruction), UC_ERR_OK);
}

static struct engine *engine_new(const void *code, size_t length)
{
    struct engine *e = calloc(1, sizeof *e);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(posix_memalign((void **)&e->ram, PAGE, RAM_SIZE), 0);
    memset(e->ram, 0, RAM_SIZE);
    memcpy(e->ram + CODE, code, length);
    ck_assert_int_eq(uc_open(UC_ARCH_X86, UC_MODE_64, &e->uc), UC_ERR_OK);
    ck_assert_int_eq(uc_ctl_tlb_mode(e->uc, UC_TLB_VIRTUAL), UC_ERR_OK);
    ck_assert_int_eq(uc_mem_map_ptr(e->uc, 0, RAM_SIZE, UC_PROT_ALL, e->ram), UC_ERR_OK);
    ck_assert_int_eq(uc_mmio_map(e->uc, MMIO, PAGE, read_hook, e, write_hook, e), UC_ERR_OK);
    add_hook(e, UC_HOOK_TLB_FILL, (hook_fn *)fill_hook, 0);
    add_hook(e, UC_HOOK_INSN, (hook_fn *)syscall_hook, UC_X86_INS_SYSCALL);
    return e;
}

static void engine_free(struct engine *e)
{
    uc_close(e->uc);
    free(e->ram);
    free(e);
}

/* The callback sees RIP at the instruction, RCX is left alone, and the program goes on after it. */
START_TEST(syscall_is_reported_before_it)
{
    static const uint8_t code[] = {0xFF, 0xC3, 0x0F, 0x05, 0xFF, 0xC3};
    struct engine *e = engine_new(code, sizeof code);
    uint64_t rcx = 99;
    uc_reg_write(e->uc, UC_X86_REG_RCX, &rcx);
    ck_assert_int_eq(uc_emu_start(e->uc, CODE, CODE + sizeof code, 0, 0), UC_ERR_OK);
    ck_assert_uint_eq(e->syscall_ip, CODE + 2);
    ck_assert_uint_eq(e->syscall_rcx, 99);
    ck_assert_uint_eq(reg(e, UC_X86_REG_RCX), 99);
    ck_assert_uint_eq(reg(e, UC_X86_REG_RBX), 2);
    engine_free(e);
}
END_TEST

/* rdtsc and rdtscp have a callback each, before them, which may take their place; a stop that it asks for comes only
 * when the block is over. */
static const struct {
    const char *name;
    uint8_t code[8], length, at;
    int instruction;
} stamps[] = {
    {"rdtsc", {0xFF, 0xC3, 0x0F, 0x31, 0xFF, 0xC3, 0xEB, 0xF8}, 8, 2, UC_X86_INS_RDTSC},
    {"rdtscp", {0x0F, 0x01, 0xF9, 0xFF, 0xC3, 0xFF, 0xC3, 0xF4}, 8, 0, UC_X86_INS_RDTSCP},
};

START_TEST(time_stamp_is_ours)
{
    struct engine *e = engine_new(stamps[_i].code, stamps[_i].length);
    add_hook(e, UC_HOOK_INSN, (hook_fn *)time_stamp_hook, stamps[_i].instruction);
    ck_assert_int_eq(uc_emu_start(e->uc, CODE, 0, 0, 0), UC_ERR_OK);
    ck_assert_msg(e->time_stamp_ip - CODE == stamps[_i].at, "%s: RIP", stamps[_i].name);
    ck_assert_msg(reg(e, UC_X86_REG_RAX) == 0x11111111, "%s: RAX", stamps[_i].name);
    ck_assert_msg(reg(e, UC_X86_REG_RDX) == 0x22222222, "%s: RDX", stamps[_i].name);
    ck_assert_msg(reg(e, UC_X86_REG_RBX) == 2, "%s: stopped at %u", stamps[_i].name, (unsigned)reg(e, UC_X86_REG_RIP));
    engine_free(e);
}
END_TEST

/* GS's base is a register of its own, and is in saved contexts. */
START_TEST(gs_base_is_kept)
{
    static const uint8_t code[] = {0x65, 0x48, 0x8B, 0x1C, 0x25, 0x10, 0, 0, 0}; /* mov rbx, gs:[10] */
    struct engine *e = engine_new(code, sizeof code);
    uint64_t base = DATA, none = 0, value = 0x123456789ABCDEF;
    uc_context *saved;
    memcpy(e->ram + DATA + 0x10, &value, sizeof value);
    uc_reg_write(e->uc, UC_X86_REG_GS_BASE, &base);
    uc_context_alloc(e->uc, &saved);
    uc_context_save(e->uc, saved);
    uc_reg_write(e->uc, UC_X86_REG_GS_BASE, &none);
    uc_context_restore(e->uc, saved);
    ck_assert_int_eq(uc_emu_start(e->uc, CODE, CODE + sizeof code, 0, 0), UC_ERR_OK);
    ck_assert_uint_eq(reg(e, UC_X86_REG_RBX), value);
    uc_context_free(saved);
    engine_free(e);
}
END_TEST

/* A translation may lead to a page of callbacks, which learn offset and size of every read, TLB hit or not; wide reads
 * come in halves. */
static const struct {
    const char *name;
    uint8_t code[5];
    uint64_t offset, value;
    unsigned size, count;
} reads[] = {
    {"byte", {0x0F, 0xB6, 0x5E, 0x11}, 0x11, 0x88, 1, 1},
    {"dword", {0x8B, 0x5E, 0x20, 0x90}, 0x20, 0x55667788, 4, 1},
    {"qword", {0x48, 0x8B, 0x5E, 0x30}, 0x34, 0x5566778855667788u, 4, 2},
};

START_TEST(page_of_callbacks)
{
    uint8_t code[8];
    memcpy(code, reads[_i].code, 4);
    memcpy(code + 4, reads[_i].code, 4);
    struct engine *e = engine_new(code, sizeof code);
    uint64_t rsi = DATA;
    e->mmio = true;
    uc_reg_write(e->uc, UC_X86_REG_RSI, &rsi);
    ck_assert_int_eq(uc_emu_start(e->uc, CODE, CODE + sizeof code, 0, 0), UC_ERR_OK);
    ck_assert_msg(e->reads == 2 * reads[_i].count, "%s: %u reads", reads[_i].name, e->reads);
    ck_assert_msg(e->read_offset == reads[_i].offset && e->read_size == reads[_i].size, "%s", reads[_i].name);
    ck_assert_msg(reg(e, UC_X86_REG_RBX) == reads[_i].value, "%s", reads[_i].name);
    engine_free(e);
}
END_TEST

/* Every block calls, chained or not; a stop asked for in the callback is exact: RIP is at the beginning of a block. */
START_TEST(blocks_are_counted)
{
    static const uint8_t code[] = {0xFF, 0xC3, 0xEB, 0xFC}; /* inc ebx; jmp */
    struct engine *e = engine_new(code, sizeof code);
    add_hook(e, UC_HOOK_BLOCK, (hook_fn *)block_hook, 0);
    e->stop_at = 100000;
    ck_assert_int_eq(uc_emu_start(e->uc, CODE, 0, 0, 0), UC_ERR_OK);
    ck_assert_uint_eq(reg(e, UC_X86_REG_RIP), CODE);
    ck_assert_uint_ge(e->blocks, 100000);
    ck_assert_uint_le(e->blocks, 100001);
    ck_assert_uint_ge(reg(e, UC_X86_REG_RBX), e->blocks - 1);
    ck_assert_uint_le(reg(e, UC_X86_REG_RBX), e->blocks);
    engine_free(e);
}
END_TEST

/* A hook added later is called by code that is translated later, not before: a flush of translations makes it seen.
 * (With an `until` address Unicorn itself drops what it has translated around that; the CPU runs without.) */
START_TEST(late_block_hook)
{
    static const uint8_t code[] = {0xFF, 0xC3, 0xFF, 0xC9, 0x75, 0xFA, 0xF4}; /* inc ebx; dec ecx; jnz; hlt */
    struct engine *e = engine_new(code, sizeof code);
    ck_assert_int_eq(uc_ctl_exits_enable(e->uc), UC_ERR_OK);
    for (unsigned n = 0; n < 3; n++) {
        uint64_t rcx = 10;
        const unsigned want = n == 2 ? 11 : 0;
        if (n == 1)
            add_hook(e, UC_HOOK_BLOCK, (hook_fn *)block_hook, 0);
        if (n == 2)
            uc_ctl_flush_tb(e->uc);
        uc_reg_write(e->uc, UC_X86_REG_RCX, &rcx);
        ck_assert_int_eq(uc_emu_start(e->uc, CODE, 0, 0, 0), UC_ERR_OK);
        ck_assert_uint_eq(reg(e, UC_X86_REG_RBX), 10 * (n + 1));
        ck_assert_uint_eq(e->blocks, want);
    }
    engine_free(e);
}
END_TEST

/* Addresses that no 64-bit CPU has reach the TLB hook like others, as pages; what it refuses has not happened. */
static const struct {
    const char *name;
    uint8_t code[4], length;
    uint64_t address;
    uc_mem_type type;
} holes[] = {
    {"read", {0x8B, 0x1E}, 2, 0x0000800000000123, UC_MEM_READ},
    {"write", {0x89, 0x1E}, 2, 0xFFFF7FFFFFFFFFFC, UC_MEM_WRITE},
    {"fetch", {0xFF, 0xE6}, 2, 0x0123456789ABCDEF, UC_MEM_FETCH},
};

START_TEST(no_canonical_address)
{
    struct engine *e = engine_new(holes[_i].code, holes[_i].length);
    uint64_t rsi = holes[_i].address, rbx = 7, cr2 = 0;
    uc_reg_write(e->uc, UC_X86_REG_RSI, &rsi);
    uc_reg_write(e->uc, UC_X86_REG_RBX, &rbx);
    ck_assert_int_eq(uc_emu_start(e->uc, CODE, CODE + PAGE - 1, 0, 0), UC_ERR_EXCEPTION);
    ck_assert_msg(e->last_fill == (rsi & ~(uint64_t)(PAGE - 1)), "%s: %llx", holes[_i].name,
                  (unsigned long long)e->last_fill);
    ck_assert_msg(e->last_fill_type == holes[_i].type, "%s: type %d", holes[_i].name, (int)e->last_fill_type);
    ck_assert_msg(reg(e, UC_X86_REG_RIP) == (holes[_i].type == UC_MEM_FETCH ? rsi : CODE), "%s: RIP %llx",
                  holes[_i].name, (unsigned long long)reg(e, UC_X86_REG_RIP));
    ck_assert_uint_eq(reg(e, UC_X86_REG_RBX), 7);
    uc_reg_read(e->uc, UC_X86_REG_CR2, &cr2);
    ck_assert_uint_eq(cr2, 0);
    engine_free(e);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("unicorn_facts_64");
    TCase *tc = tcase_create("facts");
    tcase_add_test(tc, syscall_is_reported_before_it);
    tcase_add_loop_test(tc, time_stamp_is_ours, 0, sizeof stamps / sizeof *stamps);
    tcase_add_test(tc, gs_base_is_kept);
    tcase_add_loop_test(tc, page_of_callbacks, 0, sizeof reads / sizeof *reads);
    tcase_add_test(tc, blocks_are_counted);
    tcase_add_test(tc, late_block_hook);
    tcase_add_loop_test(tc, no_canonical_address, 0, sizeof holes / sizeof *holes);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
