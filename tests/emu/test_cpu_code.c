/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cpu_code.c - writes to code: what runs is what memory holds (unicorn.md facts 6 and 7). */
#include <check.h>
#include <string.h>

#include "mmu/walk.h"
#include "tests/emu/cpu_world.h"

enum { LOOPS = 200 };

static const enum paging_format both[] = {PAGING_PAE, PAGING_X64};

START_TEST(code_rewrites_its_own_block)
{
    static const uint8_t code[] = {
        0xC6, 0x47, 0x06, 1, /* mov byte [edi+6], 1: the immediate below */
        0x83, 0xC3, 0,       /* add ebx, 0 -> 1 */
    };
    struct world *world = world_new(&(struct world_options){.format = both[_i]});
    world_load_exit(world, WORLD_CODE, code, sizeof code);
    world->registers.general[CPU_RDI] = WORLD_CODE;
    world_run(world);
    ck_assert_uint_eq(world->stop.reason, CPU_STOP_REQUESTED);
    ck_assert_uint_eq(world->registers.general[CPU_RBX], 1);
    world_free(world);
}
END_TEST

/* The same where the block runs into the next page and rewrites that. */
START_TEST(code_rewrites_its_block_on_the_next_page)
{
    static const uint8_t code[] = {
        0xC6, 0x47, 0x02, 1, /* mov byte [edi+2], 1 */
        0x83, 0xC3, 0,       /* at 401000: add ebx, 0 -> 1 */
    };
    struct world *world = world_new(&(struct world_options){.format = both[_i]});
    for (unsigned warm = 0; warm < 2; warm++) {
        world_load_exit(world, WORLD_CODE + 0x1000 - 4, code, sizeof code);
        world->registers.general[CPU_RDI] = WORLD_CODE + 0x1000;
        world_run(world);
        ck_assert_uint_eq(world->stop.reason, CPU_STOP_REQUESTED);
        ck_assert_uint_eq(world->registers.general[CPU_RBX], 1);
    }
    world_free(world);
}
END_TEST

/* A loop that generates code on another page and calls it: each call runs the newest. */
START_TEST(generated_code_is_the_newest)
{
    static const uint8_t code[] = {
        0xB9, LOOPS, 0,    0,    0, /* mov ecx, LOOPS */
        0xC6, 0x07,  0x05,          /* loop: mov byte [edi], 05: add eax, imm32 */
        0x89, 0x4F,  1,             /* mov [edi+1], ecx */
        0xC6, 0x47,  5,    0xC3,    /* mov byte [edi+5], C3: ret */
        0xFF, 0xD7,                 /* call edi */
        0xE2, 0xF2,                 /* loop */
        0x89, 0xC3,                 /* mov ebx, eax */
    };
    struct world *world = world_new(&(struct world_options){.format = both[_i]});
    world_load_exit(world, WORLD_CODE, code, sizeof code);
    world->registers.general[CPU_RDI] = WORLD_CODE + 0x2000;
    world_run(world);
    ck_assert_uint_eq(world->stop.reason, CPU_STOP_REQUESTED);
    ck_assert_uint_eq(world->registers.general[CPU_RBX], LOOPS * (LOOPS + 1) / 2);
    world_free(world);
}
END_TEST

START_TEST(data_beside_code_works)
{
    static const uint8_t code[] = {
        0xB9, LOOPS, 0, 0, 0,    /* mov ecx, LOOPS */
        0x01, 0x8F,  0, 1, 0, 0, /* loop: add [edi+100], ecx */
        0xE2, 0xF8,              /* loop */
    };
    struct world *world = world_new(&(struct world_options){.format = both[_i]});
    world_load_exit(world, WORLD_CODE, code, sizeof code);
    world->registers.general[CPU_RDI] = WORLD_CODE;
    world_run(world);
    ck_assert_uint_eq(world->stop.reason, CPU_STOP_REQUESTED);
    ck_assert_uint_eq(world_read32(world, WORLD_CODE + 0x100), LOOPS * (LOOPS + 1) / 2);
    world_free(world);
}
END_TEST

/* The leaf page-table entry of va, in guest RAM. */
static uint64_t *leaf(struct world *world, va_t va)
{
    struct mmu_result walk =
        mmu_walker(world->format)(&world->ram, mm_process_root(world->mm, world->process), va, MMU_READ, MMU_USER);
    ck_assert_int_eq(walk.level, 1);
    return (uint64_t *)(void *)(world->ram.base + (size_t)walk.table.index * MMU_PAGE_SIZE + (va >> 12 & 511) * 8);
}

/* Make page to show the frame of page from; returns what was there. */
static uint64_t alias(struct world *world, va_t from, va_t to)
{
    uint64_t old = *leaf(world, to);
    *leaf(world, to) = *leaf(world, from);
    cpu_flush_tlb(world->cpu);
    return old;
}

/* Code runs through one view while it is written through another. */
START_TEST(two_views_agree)
{
    static const uint8_t body[] = {0xB8, 0, 0, 0, 0, 0xC3}; /* at 402000: mov eax, imm32; ret */
    static const uint8_t code[] = {
        0xB9, LOOPS, 0, 0, 0, /* mov ecx, LOOPS */
        0x89, 0x4E,  1,       /* loop: mov [esi+1], ecx: the other view */
        0xFF, 0xD7,           /* call edi */
        0x01, 0xC3,           /* add ebx, eax */
        0xE2, 0xF7,           /* loop */
    };
    struct world *world = world_new(&(struct world_options){.format = both[_i]});
    uint32_t zero = 0;
    world_load(world, WORLD_CODE + 0x2000, body, sizeof body);
    world_write(world, WORLD_DATA, &zero, sizeof zero);
    uint64_t old = alias(world, WORLD_CODE + 0x2000, WORLD_DATA);
    world_load_exit(world, WORLD_CODE, code, sizeof code);
    world->registers.general[CPU_RSI] = WORLD_DATA;
    world->registers.general[CPU_RDI] = WORLD_CODE + 0x2000;
    world_run(world);
    ck_assert_uint_eq(world->stop.reason, CPU_STOP_REQUESTED);
    ck_assert_uint_eq(world->registers.general[CPU_RBX], LOOPS * (LOOPS + 1) / 2);
    *leaf(world, WORLD_DATA) = old;
    world_free(world);
}
END_TEST

/* Host writes (page-in, services) reach code that has run. */
START_TEST(host_write_drops_translations)
{
    uint8_t code[] = {0xBB, 1, 0, 0, 0}; /* mov ebx, n; exit */
    struct world *world = world_new(&(struct world_options){.format = both[_i]});
    for (uint8_t n = 1; n < 50; n++) {
        code[1] = n;
        world_load_exit(world, WORLD_CODE, code, sizeof code);
        world_run(world);
        ck_assert_uint_eq(world->registers.general[CPU_RBX], n);
    }
    world_free(world);
}
END_TEST

/* A frame freed and used again holds other code. */
START_TEST(recycled_frame_runs_new_code)
{
    uint8_t code[] = {0xBB, 1, 0, 0, 0};
    struct world *world = world_new(&(struct world_options){.format = both[_i], .frames = 256});
    for (uint8_t n = 1; n < 100; n++) {
        va_t base = 0x00800000 + n % 3 * 0x10000, start = base;
        uint64_t size = 0;
        world_allocate(world, base, MMU_PAGE_SIZE, PAGE_EXECUTE_READWRITE);
        code[1] = n;
        world_load_exit(world, base, code, sizeof code);
        world_run(world);
        ck_assert_uint_eq(world->registers.general[CPU_RBX], n);
        ck_assert_uint_eq(mm_free(world->mm, world->process, &start, &size, MEM_RELEASE), STATUS_SUCCESS);
    }
    ck_assert_ptr_null(mm_check(world->mm));
    world_free(world);
}
END_TEST

/* NX on: data is not code, even where it was just written. */
START_TEST(no_execute_is_kept)
{
    static const uint8_t code[] = {0xC7, 0x07, 0xCD, 0x2E, 0, 0, 0xFF, 0xE7}; /* mov [edi], ...; jmp edi */
    struct world *world = world_new(&(struct world_options){.format = both[_i], .nx = PTE_NX_ON});
    for (unsigned n = 0; n < 3; n++) {
        world_load(world, WORLD_CODE, code, sizeof code);
        world->registers.general[CPU_RDI] = WORLD_DATA;
        world_run(world);
        ck_assert_uint_eq(world->stop.reason, CPU_STOP_EXCEPTION);
        ck_assert_uint_eq(world->stop.status, STATUS_ACCESS_VIOLATION);
        ck_assert_uint_eq(world->stop.information[0], EXCEPTION_EXECUTE_FAULT);
        ck_assert_uint_eq(world->stop.information[1], WORLD_DATA);
        ck_assert_uint_eq(world->registers.ip, WORLD_DATA);
    }
    world_free(world);
}
END_TEST

START_TEST(float_state_survives)
{
    static const uint8_t code[] = {0xD9, 0xEB, 0x0F, 0x57, 0xC0, 0x0F,
                                   0x10, 0x0E, 0xF7, 0xF1};              /* fldpi; xorps xmm0;
                                                   movups xmm1, [esi]; div ecx: trap */
    static const uint8_t store[] = {0xDD, 0x1E, 0x0F, 0x11, 0x4E, 0x10}; /* fstp [esi]; movups [esi+16] */
    struct world *world = world_new(&(struct world_options){.format = both[_i]});
    const double pi = 3.14159265358979323846;
    uint8_t vector[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, out[32];
    struct cpu_float_state state, again;
    world_write(world, WORLD_DATA, vector, sizeof vector);
    world_load(world, WORLD_CODE, code, sizeof code);
    world->registers.general[CPU_RSI] = WORLD_DATA;
    world_run(world);
    ck_assert_uint_eq(world->stop.status, STATUS_INTEGER_DIVIDE_BY_ZERO);
    cpu_get_float_state(world->cpu, &state);
    ck_assert_uint_eq(state.fxsave[0] | state.fxsave[1] << 8, 0x27F);
    ck_assert_uint_eq(state.fxsave[4], 0x80);
    cpu_set_float_state(world->cpu, &state);
    cpu_get_float_state(world->cpu, &again);
    ck_assert_mem_eq(&state, &again, sizeof state);
    world_load_exit(world, WORLD_CODE, store, sizeof store);
    world->registers.general[CPU_RSI] = WORLD_DATA + 0x100;
    world_run(world);
    mm_peek(world->mm, world->process, WORLD_DATA + 0x100, out, sizeof out);
    ck_assert_mem_eq(out, &pi, sizeof pi);
    ck_assert_mem_eq(out + 16, vector, sizeof vector);
    world_free(world);
}
END_TEST

/* The other half of the vector registers. */
START_TEST(high_vectors_survive)
{
    static const uint8_t code[] = {0x44, 0x0F, 0x10, 0x3E, 0xF7, 0xF1}; /* movups xmm15, [rsi]; div ecx: trap */
    static const uint8_t store[] = {0x44, 0x0F, 0x11, 0x7E, 0x10};      /* movups [rsi+16], xmm15 */
    struct world *world = world_new(&(struct world_options){.format = PAGING_X64});
    uint8_t vector[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, out[16];
    struct cpu_float_state state;
    world_write(world, WORLD_DATA, vector, sizeof vector);
    world_load(world, WORLD_CODE, code, sizeof code);
    world->registers.general[CPU_RSI] = WORLD_DATA;
    world_run(world);
    ck_assert_uint_eq(world->stop.status, STATUS_INTEGER_DIVIDE_BY_ZERO);
    cpu_get_float_state(world->cpu, &state);
    ck_assert_mem_eq(state.fxsave + 160 + 15 * 16, vector, sizeof vector);
    world_load_exit(world, WORLD_CODE, store, sizeof store);
    world->registers.general[CPU_RSI] = WORLD_DATA;
    world_run(world);
    mm_peek(world->mm, world->process, WORLD_DATA + 16, out, sizeof out);
    ck_assert_mem_eq(out, vector, sizeof vector);
    world_free(world);
}
END_TEST

/* FS or GS follows the TEB; segment registers survive what is invisible to the guest. */
static const struct {
    const char *name;
    enum paging_format format;
    uint8_t code[20];
    uint8_t length;
} tebs[] = {
    {"mov ebx, fs:[18]", PAGING_PAE, {0x64, 0x8B, 0x1D, 0x18, 0, 0, 0}, 7},
    {"mov gs, 3B; mov ebx, gs:[18]",
     PAGING_PAE,
     {0xB8, 0x3B, 0, 0, 0, 0x8E, 0xE8, 0x65, 0x8B, 0x1D, 0x18, 0, 0, 0},
     14},
    {"mov ebx, gs:[18]", PAGING_X64, {0x65, 0x8B, 0x1C, 0x25, 0x18, 0, 0, 0}, 8},
    {"div by zero before it", PAGING_X64, {0x65, 0x8B, 0x1C, 0x25, 0x18, 0, 0, 0}, 8},
};

START_TEST(another_teb)
{
    struct world *world = world_new(&(struct world_options){.format = tebs[_i].format});
    const bool trap = strstr(tebs[_i].name, "div") != NULL;
    uint32_t one = 1, two = 2;
    world_write(world, WORLD_TEB + 0x18, &one, 4);
    world_write(world, WORLD_DATA + 0x18, &two, 4);
    for (uint32_t n = 0; n < 6; n++) {
        ck_assert(cpu_enter_user(world->cpu, n & 1 ? WORLD_DATA : WORLD_TEB));
        if (trap) { /* the clean state that is put back has the base too */
            world_load(world, WORLD_CODE, (const uint8_t[]){0xF7, 0xF1}, 2);
            world_run(world);
        }
        world_load_exit(world, WORLD_CODE, tebs[_i].code, tebs[_i].length);
        world_run(world);
        ck_assert_msg(world->stop.reason == CPU_STOP_REQUESTED, "%s", tebs[_i].name);
        ck_assert_msg(world->registers.general[CPU_RBX] == (n & 1 ? two : one), "%s", tebs[_i].name);
    }
    world_free(world);
}
END_TEST

/* --- Counting ------------------------------------------------------------------------------------------------ */

enum { BUDGET = 1000 };

static void count_budgets(struct world *world)
{
    world->calls++;
    cpu_set_block_budget(world->cpu, BUDGET);
    if (world->calls == 100)
        cpu_request_stop(world->cpu);
}

/* A loop that does nothing ends when its budgets are used up, each time after the same blocks. */
START_TEST(counted_loop_ends)
{
    static const uint8_t code[] = {0xFF, 0xC3, 0xEB, 0xFC}; /* inc ebx; jmp */
    uint64_t blocks = 0, ebx = 0;
    for (unsigned n = 0; n < 3; n++) {
        struct world *world = world_new(&(struct world_options){.format = both[_i], .count_blocks = true});
        world->on_time = count_budgets;
        world_load(world, WORLD_CODE, code, sizeof code);
        world_run(world);
        ck_assert_uint_eq(world->stop.reason, CPU_STOP_REQUESTED);
        ck_assert(cpu_counts_blocks(world->cpu));
        uint64_t now = cpu_take_blocks(world->cpu);
        ck_assert_uint_ge(now, 99 * BUDGET);
        ck_assert_uint_le(now, 99 * BUDGET + 2);
        ck_assert_uint_eq(cpu_take_blocks(world->cpu), 0);
        if (n > 0) {
            ck_assert_uint_eq(now, blocks);
            ck_assert_uint_eq(world->registers.general[CPU_RBX], ebx);
        }
        blocks = now;
        ebx = world->registers.general[CPU_RBX];
        world_free(world);
    }
}
END_TEST

/* Reading the clock's page starts the counting, but only where the clock moves; the page may be in the TLB. */
static const struct cpu_clock_field clock_fields[] = {{0x10, 0x14}, {0x20, 0x28}, {0, 0}};
static const struct {
    const char *name;
    uint8_t offset;
    bool counts;
} polls[] = {
    {"before", 0x0C, false},  {"first field", 0x10, true},          {"its middle", 0x12, true},
    {"between", 0x18, false}, {"across its beginning", 0x1E, true}, {"second field", 0x24, true},
    {"behind", 0x28, false},
};

START_TEST(polling_is_noticed)
{
    /* mov eax, [esi+38]; mov eax, [esi+offset]; mov ebx, eax */
    uint8_t code[] = {0x8B, 0x46, 0x38, 0x8B, 0x46, polls[_i].offset, 0x89, 0xC3};
    for (unsigned f = 0; f < 2; f++) {
        struct world *world = world_new(
            &(struct world_options){.format = both[f], .clock_page = WORLD_DATA, .clock_fields = clock_fields});
        uint8_t bytes[64];
        for (unsigned i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)(i + 1);
        world_write(world, WORLD_DATA, bytes, sizeof bytes);
        for (unsigned n = 0; n < 3; n++) {
            world_load_exit(world, WORLD_CODE, code, sizeof code);
            world->registers.general[CPU_RSI] = WORLD_DATA;
            world_run(world);
            ck_assert_msg(world->stop.reason == CPU_STOP_REQUESTED, "%s: %d", polls[_i].name, world->stop.reason);
            uint32_t want;
            memcpy(&want, bytes + polls[_i].offset, sizeof want);
            ck_assert_msg(world->registers.general[CPU_RBX] == want, "%s: value", polls[_i].name);
            ck_assert_msg(cpu_counts_blocks(world->cpu) == polls[_i].counts, "%s", polls[_i].name);
        }
        world_free(world);
    }
}
END_TEST

/* rdtsc gives what the machine says, starts the counting, and leaves all else as it is: the first one is run again
 * after its block ran on, with a store, a push, an x87 load and the system call behind it. */
/* inc [esi]; rdtsc; mov ebx, eax; mov ebp, edx; inc [esi]; fld1; push ebp */
#define STAMPED 0xFF, 6, 0x0F, 0x31, 0x89, 0xC3, 0x89, 0xD5, 0xFF, 6, 0xD9, 0xE8, 0x55
#define MOV_EDI_ECX 0x89, 0xCF
static const struct {
    const char *name;
    uint32_t at;
    uint8_t code[20], length;
    bool count;
    uint32_t ecx;
} stamps[] = {
    {"rdtsc", 0, {STAMPED, 0x0F, 0x31, MOV_EDI_ECX}, 17, false, 99},
    {"counting", 0, {STAMPED, 0x0F, 0x31, MOV_EDI_ECX}, 17, true, 99},
    {"straddling", 0xFFD, {STAMPED, 0x0F, 0x31, MOV_EDI_ECX}, 17, false, 99},
    {"next page", 0xFFA, {STAMPED, 0x0F, 0x31, MOV_EDI_ECX}, 17, false, 99},
    {"rdtscp", 0, {STAMPED, 0x0F, 0x01, 0xF9, MOV_EDI_ECX}, 18, false, 0},
};

START_TEST(time_stamp_counter)
{
    for (unsigned f = 0; f < 2; f++) {
        struct world *world = world_new(&(struct world_options){.format = both[f], .count_blocks = stamps[_i].count});
        struct cpu_float_state floats;
        world_load_exit(world, WORLD_CODE + stamps[_i].at, stamps[_i].code, stamps[_i].length);
        world->registers.general[CPU_RSI] = WORLD_DATA;
        world->registers.general[CPU_RCX] = 99;
        const uint64_t sp = world->registers.general[CPU_RSP], *general = world->registers.general;
        world_run(world);
        ck_assert_msg(world->stop.reason == CPU_STOP_REQUESTED, "%s: %d", stamps[_i].name, world->stop.reason);
        ck_assert_msg(world->time_stamps == 2, "%s: %u readings", stamps[_i].name, world->time_stamps);
        ck_assert_msg(general[CPU_RBX] == 1 && general[CPU_RBP] == 1 && general[CPU_RDX] == 2, "%s", stamps[_i].name);
        ck_assert_msg(general[CPU_RDI] == stamps[_i].ecx, "%s: ecx", stamps[_i].name);
        ck_assert_msg(sp - general[CPU_RSP] == (both[f] == PAGING_X64 ? 8 : 4), "%s: the push", stamps[_i].name);
        ck_assert_msg(world_read32(world, WORLD_DATA) == 2, "%s: the stores", stamps[_i].name);
        cpu_get_float_state(world->cpu, &floats);
        ck_assert_msg(floats.fxsave[4] == 0x80, "%s: x87 tags %02x", stamps[_i].name, floats.fxsave[4]);
        ck_assert(cpu_counts_blocks(world->cpu));
        ck_assert(!(world->registers.flags & 0x100));
        world_free(world);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cpu_code");
    TCase *tc = tcase_create("code");
    tcase_add_loop_test(tc, code_rewrites_its_own_block, 0, 2);
    tcase_add_loop_test(tc, code_rewrites_its_block_on_the_next_page, 0, 2);
    tcase_add_loop_test(tc, generated_code_is_the_newest, 0, 2);
    tcase_add_loop_test(tc, data_beside_code_works, 0, 2);
    tcase_add_loop_test(tc, two_views_agree, 0, 2);
    tcase_add_loop_test(tc, host_write_drops_translations, 0, 2);
    tcase_add_loop_test(tc, recycled_frame_runs_new_code, 0, 2);
    tcase_add_loop_test(tc, no_execute_is_kept, 0, 2);
    tcase_add_loop_test(tc, float_state_survives, 0, 2);
    tcase_add_test(tc, high_vectors_survive);
    tcase_add_loop_test(tc, another_teb, 0, sizeof tebs / sizeof *tebs);
    tcase_add_loop_test(tc, counted_loop_ends, 0, 2);
    tcase_add_loop_test(tc, polling_is_noticed, 0, sizeof polls / sizeof *polls);
    tcase_add_loop_test(tc, time_stamp_counter, 0, sizeof stamps / sizeof *stamps);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
