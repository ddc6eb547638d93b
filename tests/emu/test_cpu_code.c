/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cpu_code.c - writes to code: what runs is what memory holds (unicorn.md facts 6 and 7). */
#include <check.h>
#include <string.h>

#include "mmu/walk.h"
#include "tests/emu/cpu_world.h"

enum { LOOPS = 200 };

START_TEST(code_rewrites_its_own_block)
{
    static const uint8_t code[] = {
        0xC6, 0x05, 0x08, 0,    0x40, 0, 0x43, /* mov byte [400008], 43: the opcode after the nop */
        0x90, 0x90, 0xCD, 0x2E,                /* nop; nop -> inc ebx; exit */
    };
    struct world *world = world_new(&(struct world_options){.format = PAGING_PAE});
    world_load(world, WORLD_CODE, code, sizeof code);
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
        0xC6, 0x05, 0x01, 0x10, 0x40, 0, 0x43, /* mov byte [401001], 43 */
        0x90, 0x90, 0xCD, 0x2E,                /* at 401000: nop; nop -> inc ebx; exit */
    };
    struct world *world = world_new(&(struct world_options){.format = PAGING_PAE});
    for (unsigned warm = 0; warm < 2; warm++) {
        world_load(world, WORLD_CODE + 0x1000 - 7, code, sizeof code);
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
        0xB9, LOOPS, 0,    0,    0,                /* mov ecx, LOOPS */
        0xC6, 0x05,  0,    0x20, 0x40, 0,    0x05, /* loop: mov byte [402000], 05: add eax, imm32 */
        0x89, 0x0D,  1,    0x20, 0x40, 0,          /* mov [402001], ecx */
        0xC6, 0x05,  5,    0x20, 0x40, 0,    0xC3, /* mov byte [402005], C3: ret */
        0xE8, 0xE2,  0x1F, 0,    0,                /* call 402000 */
        0xE2, 0xE1,                                /* loop */
        0x89, 0xC3,  0x31, 0xC0, 0xCD, 0x2E,       /* mov ebx, eax; exit */
    };
    struct world *world = world_new(&(struct world_options){.format = PAGING_PAE});
    world_load(world, WORLD_CODE, code, sizeof code);
    world_run(world);
    ck_assert_uint_eq(world->stop.reason, CPU_STOP_REQUESTED);
    ck_assert_uint_eq(world->registers.general[CPU_RBX], LOOPS * (LOOPS + 1) / 2);
    world_free(world);
}
END_TEST

START_TEST(data_beside_code_works)
{
    static const uint8_t code[] = {
        0xB9, LOOPS, 0, 0,    0,       /* mov ecx, LOOPS */
        0x01, 0x0D,  0, 0x01, 0x40, 0, /* loop: add [400100], ecx */
        0xE2, 0xF8,                    /* loop */
        0xCD, 0x2E,
    };
    struct world *world = world_new(&(struct world_options){.format = PAGING_PAE});
    world_load(world, WORLD_CODE, code, sizeof code);
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
        mmu_walk_pae(&world->ram, mm_process_root(world->mm, world->process), va, MMU_READ, MMU_USER);
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
        0xB9, LOOPS, 0,    0,    0,       /* mov ecx, LOOPS */
        0x89, 0x0D,  1,    0,    0x50, 0, /* loop: mov [500001], ecx: the other view */
        0xE8, 0xF0,  0x1F, 0,    0,       /* call 402000 */
        0x01, 0xC3,                       /* add ebx, eax */
        0xE2, 0xF1,                       /* loop */
        0x31, 0xC0,  0xCD, 0x2E,          /* exit */
    };
    struct world *world = world_new(&(struct world_options){.format = PAGING_PAE});
    uint32_t zero = 0;
    world_load(world, WORLD_CODE + 0x2000, body, sizeof body);
    world_write(world, WORLD_DATA, &zero, sizeof zero);
    uint64_t old = alias(world, WORLD_CODE + 0x2000, WORLD_DATA);
    world_load(world, WORLD_CODE, code, sizeof code);
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
    uint8_t code[] = {0xBB, 1, 0, 0, 0, 0xCD, 0x2E}; /* mov ebx, n; exit */
    struct world *world = world_new(&(struct world_options){.format = PAGING_PAE});
    for (uint8_t n = 1; n < 50; n++) {
        code[1] = n;
        world_load(world, WORLD_CODE, code, sizeof code);
        world_run(world);
        ck_assert_uint_eq(world->registers.general[CPU_RBX], n);
    }
    world_free(world);
}
END_TEST

/* A frame freed and used again holds other code. */
START_TEST(recycled_frame_runs_new_code)
{
    uint8_t code[] = {0xBB, 1, 0, 0, 0, 0xCD, 0x2E};
    struct world *world = world_new(&(struct world_options){.format = PAGING_PAE, .frames = 256});
    for (uint8_t n = 1; n < 100; n++) {
        va_t base = 0x00800000 + n % 3 * 0x10000, start = base;
        uint64_t size = 0;
        world_allocate(world, base, MMU_PAGE_SIZE, PAGE_EXECUTE_READWRITE);
        code[1] = n;
        world_load(world, base, code, sizeof code);
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
    static const uint8_t code[] = {0xC7, 0x05, 0, 0, 0x50, 0, 0xCD, 0x2E, 0, 0, 0xB8, 0, 0, 0x50, 0, 0xFF, 0xE0};
    struct world *world = world_new(&(struct world_options){.format = PAGING_PAE, .nx = PTE_NX_ON});
    for (unsigned n = 0; n < 3; n++) {
        world_load(world, WORLD_CODE, code, sizeof code);
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
                                   0x10, 0x0E, 0xF7, 0xF1};                          /* fldpi; xorps xmm0;
                                                               movups xmm1, [esi]; div ecx: trap */
    static const uint8_t store[] = {0xDD, 0x1E, 0x0F, 0x11, 0x4E, 0x10, 0xCD, 0x2E}; /* fstp [esi]; movups [esi+16] */
    struct world *world = world_new(&(struct world_options){.format = PAGING_PAE});
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
    world_load(world, WORLD_CODE, store, sizeof store);
    world->registers.general[CPU_RSI] = WORLD_DATA + 0x100;
    world_run(world);
    mm_peek(world->mm, world->process, WORLD_DATA + 0x100, out, sizeof out);
    ck_assert_mem_eq(out, &pi, sizeof pi);
    ck_assert_mem_eq(out + 16, vector, sizeof vector);
    world_free(world);
}
END_TEST

/* FS follows the TEB; segment registers survive what is invisible to the guest. */
START_TEST(another_teb)
{
    static const uint8_t code[] = {0x64, 0x8B, 0x1D, 0x18, 0, 0, 0, 0xCD, 0x2E}; /* mov ebx, fs:[18] */
    static const uint8_t reload[] = {0xB8, 0x3B, 0, 0, 0, 0x8E, 0xE8, 0x65, 0x8B,
                                     0x1D, 0x18, 0, 0, 0, 0x31, 0xC0, 0xCD, 0x2E}; /* mov gs, 3B; mov ebx, gs:[18] */
    struct world *world = world_new(&(struct world_options){.format = PAGING_PAE});
    uint32_t one = 1, two = 2;
    world_write(world, WORLD_TEB + 0x18, &one, 4);
    world_write(world, WORLD_DATA + 0x18, &two, 4);
    for (uint32_t n = 0; n < 6; n++) {
        ck_assert(cpu_enter_user(world->cpu, n & 1 ? WORLD_DATA : WORLD_TEB));
        world_load(world, WORLD_CODE, n & 2 ? reload : code, n & 2 ? sizeof reload : sizeof code);
        world_run(world);
        ck_assert_uint_eq(world->stop.reason, CPU_STOP_REQUESTED);
        ck_assert_uint_eq(world->registers.general[CPU_RBX], n & 1 ? two : one);
    }
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cpu_code");
    TCase *tc = tcase_create("code");
    tcase_add_test(tc, code_rewrites_its_own_block);
    tcase_add_test(tc, code_rewrites_its_block_on_the_next_page);
    tcase_add_test(tc, generated_code_is_the_newest);
    tcase_add_test(tc, data_beside_code_works);
    tcase_add_test(tc, two_views_agree);
    tcase_add_test(tc, host_write_drops_translations);
    tcase_add_test(tc, recycled_frame_runs_new_code);
    tcase_add_test(tc, no_execute_is_kept);
    tcase_add_test(tc, float_state_survives);
    tcase_add_test(tc, another_teb);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
