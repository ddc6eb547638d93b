/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_unicorn_facts.c - each fact about Unicorn that emu/ relies on, by itself: when a new version changes one, the
 * test that fails says which part of the CPU must be looked at. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

enum {
    PAGES = 64,
    PAGE = 0x1000,
    CODE = 0x10000, /* page 16; identity-mapped like all below RAM_SIZE */
    DATA = 0x20000,
    RAM_SIZE = PAGES * PAGE,
    LOG = 32,
    NEVER = -1,
};
#define WINDOW (1ull << 40)
#define NOWHERE (1ull << 41)

struct fill {
    uint64_t va;
    uc_mem_type type;
    uint32_t ip;
};

struct engine {
    uc_engine *uc;
    uint8_t *ram;
    struct fill fills[LOG];
    unsigned fill_count;
    int absent;         /* page number for which fills fail */
    int nowhere;        /* page number that leads to an unmapped physical address */
    bool writable_code; /* writes are filled R+W+X */
    bool closed;        /* after port_hook(): every fill fails */
    bool flush_in_fill;
    uint32_t interrupts[LOG], interrupt_ip[LOG];
    unsigned interrupt_count;
    unsigned invalid_count;
    uint32_t port_ip, port_ebx;
    uint64_t unmapped_address;
    unsigned unmapped_count;
};

static uint32_t reg(struct engine *e, int name)
{
    uint32_t value = 0;
    uc_reg_read(e->uc, name, &value);
    return value;
}

static void set(struct engine *e, int name, uint32_t value)
{
    uc_reg_write(e->uc, name, &value);
}

static bool fill_hook(uc_engine *uc, uint64_t va, uc_mem_type type, uc_tlb_entry *entry, void *context)
{
    struct engine *e = context;
    if (va >= WINDOW) {
        entry->paddr = va - WINDOW;
        entry->perms = UC_PROT_READ | UC_PROT_EXEC;
        return true;
    }
    if (e->fill_count < LOG)
        e->fills[e->fill_count] = (struct fill){va, type, reg(e, UC_X86_REG_EIP)};
    e->fill_count++;
    if (e->flush_in_fill)
        uc_ctl_flush_tlb(uc);
    int page = (int)(va / PAGE);
    if (e->closed || page == e->absent || page >= PAGES)
        return false;
    entry->paddr = page == e->nowhere ? NOWHERE : va & ~(uint64_t)(PAGE - 1);
    if (type == UC_MEM_FETCH)
        entry->perms = UC_PROT_READ | UC_PROT_EXEC;
    else if (type == UC_MEM_WRITE)
        entry->perms = e->writable_code ? UC_PROT_ALL : UC_PROT_READ | UC_PROT_WRITE;
    else
        entry->perms = page == e->nowhere ? UC_PROT_READ | UC_PROT_WRITE : UC_PROT_READ;
    return true;
}

static void interrupt_hook(uc_engine *uc, uint32_t number, void *context)
{
    struct engine *e = context;
    if (e->interrupt_count < LOG) {
        e->interrupts[e->interrupt_count] = number;
        e->interrupt_ip[e->interrupt_count] = reg(e, UC_X86_REG_EIP);
    }
    e->interrupt_count++;
    if (number != 0x2D && (number != 1 || e->interrupt_count == LOG))
        uc_emu_stop(uc);
}

static bool invalid_hook(uc_engine *uc, void *context)
{
    struct engine *e = context;
    e->invalid_count++;
    uc_emu_stop(uc);
    return true;
}

static uint32_t port_hook(uc_engine *uc, uint32_t port, int size, void *context)
{
    struct engine *e = context;
    e->port_ip = reg(e, UC_X86_REG_EIP);
    e->port_ebx = reg(e, UC_X86_REG_EBX);
    e->closed = true;
    uc_ctl_flush_tlb(uc);
    uc_emu_stop(uc);
    return 0;
}

static bool unmapped_hook(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value, void *context)
{
    struct engine *e = context;
    if (e->unmapped_count++ == 0)
        e->unmapped_address = address;
    return false;
}

typedef void hook_fn(void);

static uc_hook add_hook(struct engine *e, int type, hook_fn *function, int instruction)
{
    uc_hook hook;
    void *pointer;
    memcpy(&pointer, &function, sizeof pointer);
    ck_assert_int_eq(uc_hook_add(e->uc, &hook, type, pointer, e, 1, 0, instruction), UC_ERR_OK);
    return hook;
}

static struct engine *engine_new(void)
{
    struct engine *e = calloc(1, sizeof *e);
    e->ram = aligned_alloc(PAGE, RAM_SIZE);
    memset(e->ram, 0, RAM_SIZE);
    e->absent = e->nowhere = NEVER;
    ck_assert_int_eq(uc_open(UC_ARCH_X86, UC_MODE_32, &e->uc), UC_ERR_OK);
    ck_assert_int_eq(uc_ctl_tlb_mode(e->uc, UC_TLB_VIRTUAL), UC_ERR_OK);
    ck_assert_int_eq(uc_mem_map_ptr(e->uc, 0, RAM_SIZE, UC_PROT_ALL, e->ram), UC_ERR_OK);
    ck_assert_int_eq(uc_ctl_exits_enable(e->uc), UC_ERR_OK);
    add_hook(e, UC_HOOK_TLB_FILL, (hook_fn *)fill_hook, 0);
    add_hook(e, UC_HOOK_INTR, (hook_fn *)interrupt_hook, 0);
    add_hook(e, UC_HOOK_INSN_INVALID, (hook_fn *)invalid_hook, 0);
    add_hook(e, UC_HOOK_INSN, (hook_fn *)port_hook, UC_X86_INS_IN);
    return e;
}

static void engine_free(struct engine *e)
{
    uc_close(e->uc);
    free(e->ram);
    free(e);
}

static void put(struct engine *e, uint32_t at, const void *code, size_t length)
{
    memcpy(e->ram + at, code, length);
}

static uc_err run(struct engine *e, uint32_t at)
{
    e->fill_count = e->interrupt_count = e->invalid_count = 0;
    return uc_emu_start(e->uc, at, 0, 0, 0);
}

#define PUT(e, at, ...)                                                                                                \
    do {                                                                                                               \
        const uint8_t bytes_[] = {__VA_ARGS__};                                                                        \
        put(e, at, bytes_, sizeof bytes_);                                                                             \
    } while (0)

START_TEST(no_exits_no_fetch_of_until)
{
    struct engine *e = engine_new();
    PUT(e, CODE, 0x43, 0xCD, 0x2E);
    ck_assert_int_eq(run(e, CODE), UC_ERR_OK);
    ck_assert_uint_eq(e->interrupts[0], 0x2E);
    ck_assert_uint_eq(e->interrupt_ip[0], CODE + 3);
    ck_assert_uint_eq(e->fill_count, 1);
    engine_free(e);
}
END_TEST

START_TEST(fill_gets_the_page_and_exact_ip)
{
    struct engine *e = engine_new();
    PUT(e, CODE, 0x43, 0x43, 0xA1, 0x34, 2, 2, 0, 0xCD, 0x2E); /* mov eax, [20234] */
    run(e, CODE);
    ck_assert_uint_eq(e->fill_count, 2);
    ck_assert_uint_eq(e->fills[1].va, DATA);
    ck_assert_int_eq(e->fills[1].type, UC_MEM_READ);
    ck_assert_uint_eq(e->fills[1].ip, CODE + 2);
    engine_free(e);
}
END_TEST

START_TEST(failed_data_fill_is_precise_and_leaves_no_trace)
{
    struct engine *e = engine_new();
    PUT(e, CODE, 0x43, 0xA3, 0, 0, 2, 0, 0x43);
    PUT(e, CODE + 0x100, 0x31, 0xC9, 0xF7, 0xF1); /* div by zero */
    e->absent = DATA / PAGE;
    for (unsigned n = 0; n < 3; n++) {
        set(e, UC_X86_REG_EBX, 0);
        ck_assert_int_eq(run(e, CODE), UC_ERR_EXCEPTION);
        ck_assert_uint_eq(reg(e, UC_X86_REG_EIP), CODE + 1);
        ck_assert_uint_eq(reg(e, UC_X86_REG_EBX), 1);
        ck_assert_uint_eq(e->interrupt_count, 0);
    }
    run(e, CODE + 0x100); /* an exception after it is itself: no clean context needed */
    ck_assert_uint_eq(e->interrupts[0], 0);
    ck_assert_uint_eq(e->interrupt_ip[0], CODE + 0x102);
    engine_free(e);
}
END_TEST

START_TEST(straddling_store_writes_nothing)
{
    struct engine *e = engine_new();
    PUT(e, CODE, 0x89, 0x1D, 0xFE, 0xFF, 1, 0); /* mov [1FFFE], ebx */
    set(e, UC_X86_REG_EBX, UINT32_MAX);
    e->absent = DATA / PAGE;
    ck_assert_int_eq(run(e, CODE), UC_ERR_EXCEPTION);
    ck_assert_uint_eq(e->ram[DATA - 1], 0);
    engine_free(e);
}
END_TEST

START_TEST(failed_fetch_fill_is_at_the_start_of_the_block)
{
    struct engine *e = engine_new();
    PUT(e, CODE + PAGE - 2, 0x43, 0x43);
    e->absent = CODE / PAGE + 1;
    ck_assert_int_eq(run(e, CODE + PAGE - 2), UC_ERR_EXCEPTION);
    ck_assert_uint_eq(reg(e, UC_X86_REG_EIP), CODE + PAGE - 2);
    ck_assert_uint_eq(reg(e, UC_X86_REG_EBX), 0);
    engine_free(e);
}
END_TEST

START_TEST(trap_flag_steps_one_instruction)
{
    struct engine *e = engine_new();
    PUT(e, CODE + PAGE - 3, 0x43, 0x43, 0x43);
    e->absent = CODE / PAGE + 1;
    set(e, UC_X86_REG_EFLAGS, 0x302);
    ck_assert_int_eq(run(e, CODE + PAGE - 3), UC_ERR_EXCEPTION);
    ck_assert_uint_eq(e->interrupt_count, 3);
    for (unsigned n = 0; n < 3; n++) {
        ck_assert_uint_eq(e->interrupts[n], 1);
        ck_assert_uint_eq(e->interrupt_ip[n], CODE + PAGE - 2 + n);
    }
    ck_assert_uint_eq(reg(e, UC_X86_REG_EIP), CODE + PAGE);
    ck_assert_uint_eq(reg(e, UC_X86_REG_EBX), 3);
    engine_free(e);
}
END_TEST

START_TEST(read_modify_write_asks_for_read_first)
{
    struct engine *e = engine_new();
    PUT(e, CODE, 0xF0, 0xFF, 0x05, 0, 0, 2, 0, 0xCD, 0x2E); /* lock inc dword [20000] */
    run(e, CODE);
    ck_assert_uint_eq(e->fill_count, 3);
    ck_assert_int_eq(e->fills[1].type, UC_MEM_READ);
    ck_assert_int_eq(e->fills[2].type, UC_MEM_WRITE);
    ck_assert_uint_eq(e->fills[2].ip, CODE);
    engine_free(e);
}
END_TEST

START_TEST(host_writes_need_remove_cache)
{
    struct engine *e = engine_new();
    PUT(e, CODE, 0xBB, 1, 0, 0, 0, 0xCD, 0x2E); /* mov ebx, 1 */
    run(e, CODE);
    e->ram[CODE + 1] = 2;
    uc_ctl_flush_tlb(e->uc);
    run(e, CODE);
    ck_assert_uint_eq(reg(e, UC_X86_REG_EBX), 1); /* stale: the reason for cpu_drop_code() */
    uc_ctl_remove_cache(e->uc, WINDOW + CODE, WINDOW + CODE + PAGE);
    uc_ctl_flush_tlb(e->uc);
    run(e, CODE);
    ck_assert_uint_eq(reg(e, UC_X86_REG_EBX), 2);
    engine_free(e);
}
END_TEST

START_TEST(rwx_page_sees_its_own_block_change)
{
    struct engine *e = engine_new();
    PUT(e, CODE, 0xC6, 0x05, 8, 0, 1, 0, 0x43, 0x90, 0x90, 0xCD, 0x2E); /* mov byte [10008], 43; nop; nop */
    e->writable_code = true;
    run(e, CODE);
    ck_assert_uint_eq(reg(e, UC_X86_REG_EBX), 1);
    engine_free(e);
}
END_TEST

START_TEST(exception_poisons_the_next_until_context_restore)
{
    struct engine *e = engine_new();
    uc_context *clean;
    uc_context_alloc(e->uc, &clean);
    uc_context_save(e->uc, clean);
    PUT(e, CODE, 0x31, 0xC9, 0xF7, 0xF1);
    run(e, CODE);
    ck_assert_uint_eq(e->interrupts[0], 0);
    run(e, CODE);
    ck_assert_uint_eq(e->interrupts[0], 8); /* poisoned: the reason for cpu_cleanse() */
    uc_context_restore(e->uc, clean);
    run(e, CODE);
    ck_assert_uint_eq(e->interrupts[0], 0);
    uc_context_free(clean);
    engine_free(e);
}
END_TEST

START_TEST(unmapped_physical_page_tells_the_address)
{
    struct engine *e = engine_new();
    PUT(e, CODE, 0xA1, 0x34, 2, 2, 0);
    e->nowhere = DATA / PAGE;
    uc_hook hook = add_hook(e, UC_HOOK_MEM_READ_UNMAPPED | UC_HOOK_MEM_WRITE_UNMAPPED, (hook_fn *)unmapped_hook, 0);
    run(e, CODE);
    ck_assert_uint_eq(e->unmapped_count, 1);
    ck_assert_uint_eq(e->unmapped_address & (PAGE - 1), 0x234);
    ck_assert_uint_eq(reg(e, UC_X86_REG_EIP), CODE);
    ck_assert_int_eq(uc_hook_del(e->uc, hook), UC_ERR_OK);
    engine_free(e);
}
END_TEST

START_TEST(port_callback_runs_on_but_failing_fills_stop_it)
{
    struct engine *e = engine_new();
    PUT(e, CODE, 0xA3, 0, 0, 2, 0, 0x43, 0xE4, 0x80, 0x43, 0x89, 0x1D, 0, 0, 2, 0, 0x43, 0xCD, 0x2E);
    run(e, CODE);
    ck_assert_uint_eq(e->port_ip, CODE + 6);
    ck_assert_uint_eq(e->port_ebx, 1);
    ck_assert_uint_eq(e->ram[DATA], 0);           /* the store after it did not happen */
    ck_assert_uint_eq(reg(e, UC_X86_REG_EBX), 2); /* but the inc did: the reason for cpu->undo */
    engine_free(e);
}
END_TEST

static const struct {
    const char *name;
    uint8_t code[4];
    uint32_t number; /* of UC_HOOK_INTR; 256: UC_HOOK_INSN_INVALID */
    uint32_t offset; /* of EIP */
} reports[] = {
    {"int3", {0xCC}, 3, 1},
    {"int 2E", {0xCD, 0x2E}, 0x2E, 2},
    {"int 80", {0xCD, 0x80}, 0x80, 2},
    {"int 0D", {0xCD, 0x0D}, 13, 2},
    {"int 6", {0xCD, 6}, 256, 0},
    {"ud2", {0x0F, 0x0B}, 256, 0},
    {"lock nop", {0xF0, 0x90}, 256, 0},
    {"icebp", {0xF1}, 256, 0},
};

START_TEST(exception_is_reported)
{
    struct engine *e = engine_new();
    put(e, CODE, reports[_i].code, sizeof reports[_i].code);
    run(e, CODE);
    if (reports[_i].number == 256)
        ck_assert_msg(e->invalid_count == 1 && e->interrupt_count == 0, "%s", reports[_i].name);
    else
        ck_assert_msg(e->interrupts[0] == reports[_i].number, "%s: %u", reports[_i].name, e->interrupts[0]);
    ck_assert_msg(reg(e, UC_X86_REG_EIP) == CODE + reports[_i].offset, "%s: ip", reports[_i].name);
    engine_free(e);
}
END_TEST

START_TEST(flush_inside_the_fill_is_safe)
{
    struct engine *e = engine_new();
    PUT(e, CODE, 0xB9, 100, 0, 0, 0, 0xFF, 0x05, 0xFE, 0xFF, 1, 0, 0xE2, 0xF8, 0xCD, 0x2E); /* straddling inc */
    e->flush_in_fill = true;
    run(e, CODE);
    ck_assert_uint_eq(e->ram[DATA - 2], 100);
    engine_free(e);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("unicorn_facts");
    TCase *tc = tcase_create("facts");
    tcase_add_test(tc, no_exits_no_fetch_of_until);
    tcase_add_test(tc, fill_gets_the_page_and_exact_ip);
    tcase_add_test(tc, failed_data_fill_is_precise_and_leaves_no_trace);
    tcase_add_test(tc, straddling_store_writes_nothing);
    tcase_add_test(tc, failed_fetch_fill_is_at_the_start_of_the_block);
    tcase_add_test(tc, trap_flag_steps_one_instruction);
    tcase_add_test(tc, read_modify_write_asks_for_read_first);
    tcase_add_test(tc, host_writes_need_remove_cache);
    tcase_add_test(tc, rwx_page_sees_its_own_block_change);
    tcase_add_test(tc, exception_poisons_the_next_until_context_restore);
    tcase_add_test(tc, unmapped_physical_page_tells_the_address);
    tcase_add_test(tc, port_callback_runs_on_but_failing_fills_stop_it);
    tcase_add_loop_test(tc, exception_is_reported, 0, sizeof reports / sizeof *reports);
    tcase_add_test(tc, flush_inside_the_fill_is_safe);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
