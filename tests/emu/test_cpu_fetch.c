/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cpu_fetch.c - instruction fetches at page edges are exact (unicorn.md fact 3): where EIP is when the absent page
 * is asked for, what has happened before, and that nobody notices the stepping. */
#include <check.h>
#include <string.h>

#include "tests/emu/cpu_world.h"

enum { CODE_MAX = 24 };

/* Each ends at WORLD_ABSENT unless it says otherwise; the fault is an execute fault there.  EDI is WORLD_DATA; the code
 * means the same in both widths, but for the system call, which is put in where SYSTEM_CALL stands. */
#define SYSTEM_CALL 0xCD, 0x2E
#define INC_EBX 0xFF, 0xC3
#define STORE_EBX 0x89, 0x1F

static const struct {
    const char *name;
    uint8_t code[CODE_MAX];
    uint32_t length;
    uint32_t inside; /* bytes of the code before the edge */
    uint32_t ip;     /* at the exception */
    uint32_t ebx;
    uint32_t stored; /* at WORLD_DATA */
} edges[] = {
    {"block ends at the edge", {INC_EBX, INC_EBX}, 4, 4, WORLD_ABSENT, 2, 0},
    {"store before the edge", {INC_EBX, STORE_EBX, INC_EBX}, 6, 6, WORLD_ABSENT, 2, 1},
    {"straddling instruction", {INC_EBX, 0xB8}, 3, 3, WORLD_ABSENT - 1, 1, 0},
    {"straddling after a store", {INC_EBX, STORE_EBX, 0x81, 0xC3}, 6, 6, WORLD_ABSENT - 2, 1, 1},
    {"straddling system call", {INC_EBX, STORE_EBX, 0x0F}, 5, 5, WORLD_ABSENT - 1, 1, 1},
    {"call over the edge: pop, back to the last page",
     {0x68, 0, 0x50, 0x40, 0, INC_EBX, 0xC3},
     8,
     8,
     WORLD_ABSENT,
     1,
     0},
    {"pushf is clean", {0x9C, 0x5B, 0x81, 0xE3, 0, 1, 0, 0, STORE_EBX}, 10, 10, WORLD_ABSENT, 0, 0},
    {"popf keeps stepping", {0x9C, 0x9D, INC_EBX, INC_EBX}, 6, 6, WORLD_ABSENT, 2, 0},
    {"rep stosd while stepping",
     {0xBF, 0, 0, 0x50, 0, 0xB9, 9, 0, 0, 0, 0xB0, 5, 0xF3, 0xAB, INC_EBX},
     16,
     16,
     WORLD_ABSENT,
     1,
     5},
    {"mov ss while stepping", {0x8C, 0xD0, 0x8E, 0xD0, INC_EBX, INC_EBX}, 8, 8, WORLD_ABSENT, 2, 0},
    {"direct jump", {INC_EBX, STORE_EBX, 0xE9, 0xF7, 0, 0, 0}, 9, 0x100, WORLD_ABSENT, 1, 1},
    {"conditional jump", {INC_EBX, 0x31, 0xC0, STORE_EBX, 0x0F, 0x84, 0xF4, 0, 0, 0}, 12, 0x100, WORLD_ABSENT, 1, 1},
    {"system call while stepping", {0xFF, 0xC0, SYSTEM_CALL, INC_EBX}, 6, 6, WORLD_ABSENT, 1, 0},
};

/* The row's code in a format. */
static void load_edge(struct world *world, enum paging_format format, int row, va_t start)
{
    static const uint8_t int_2e[] = {SYSTEM_CALL}, syscall[] = {0x0F, 0x05};
    uint8_t code[CODE_MAX];
    memcpy(code, edges[row].code, sizeof code);
    for (unsigned i = 0; format == PAGING_X64 && i + 1 < CODE_MAX; i++)
        if (memcmp(code + i, int_2e, sizeof int_2e) == 0)
            memcpy(code + i, syscall, sizeof syscall);
    world_load(world, start, code, edges[row].length);
}

START_TEST(edge_is_exact)
{
    for (enum paging_format format = 0; format < PAGING_FORMAT_COUNT; format++) {
        struct world *world = world_new(&(struct world_options){.format = format});
        uint32_t start = WORLD_ABSENT - edges[_i].inside;
        load_edge(world, format, _i, start);
        for (unsigned n = 0; n < 3; n++) {
            world->registers = (struct cpu_registers){.ip = start, .flags = 0x202};
            world->registers.general[CPU_RSP] = WORLD_STACK - WORLD_STACK_ROOM;
            world->registers.general[CPU_RDI] = WORLD_DATA;
            world_run(world);
            ck_assert_msg(world->stop.reason == CPU_STOP_EXCEPTION, "%s: reason %d", edges[_i].name,
                          world->stop.reason);
            ck_assert_msg(world->stop.status == STATUS_ACCESS_VIOLATION, "%s: %08x", edges[_i].name,
                          world->stop.status);
            ck_assert_msg(world->registers.ip == edges[_i].ip, "%s: ip %llx", edges[_i].name,
                          (unsigned long long)world->registers.ip);
            ck_assert_msg(world->stop.address == edges[_i].ip, "%s: address", edges[_i].name);
            ck_assert_msg(world->stop.information[1] == WORLD_ABSENT, "%s: information %llx", edges[_i].name,
                          (unsigned long long)world->stop.information[1]);
            ck_assert_msg(world->registers.general[CPU_RBX] == edges[_i].ebx, "%s: ebx %llx", edges[_i].name,
                          (unsigned long long)world->registers.general[CPU_RBX]);
            ck_assert_msg((world_read32(world, WORLD_DATA) & 0xFF) == edges[_i].stored, "%s: store", edges[_i].name);
            ck_assert_msg(!(world->registers.flags & 0x100), "%s: TF shows", edges[_i].name);
        }
        world_free(world);
    }
}
END_TEST

static const enum paging_format both[] = {PAGING_PAE, PAGING_X64};

/* A page after the edge that is never reached is never asked for. */
START_TEST(page_not_reached_is_not_faulted)
{
    static const uint8_t code[] = {INC_EBX, 0xF7, 0xF1, INC_EBX}; /* div ecx traps before the edge */
    struct world *world = world_new(&(struct world_options){.format = both[_i]});
    world_load(world, WORLD_CODE + 0x2000 - sizeof code, code, sizeof code);
    world_run(world);
    ck_assert_uint_eq(world->stop.status, STATUS_INTEGER_DIVIDE_BY_ZERO);
    ck_assert_uint_eq(world->stop.address, WORLD_CODE + 0x2000 - 4);
    ck_assert_uint_eq(world->registers.general[CPU_RBX], 1);
    ck_assert(!world_resident(world, WORLD_CODE + 0x2000));
    ck_assert_uint_eq(world->fault_count, 0);
    world_free(world);
}
END_TEST

/* A committed page beyond the edge is faulted in when EIP gets there, once, with EIP on it. */
START_TEST(page_reached_is_faulted_once)
{
    static const uint8_t code[] = {INC_EBX, STORE_EBX, INC_EBX}; /* then the next page */
    struct world *world = world_new(&(struct world_options){.format = both[_i]});
    world_load(world, WORLD_CODE + 0x2000 - sizeof code, code, sizeof code);
    world->registers.general[CPU_RDI] = WORLD_DATA;
    world_run(world); /* a page of 00 00: add [eax], al with eax 0 */
    ck_assert_uint_eq(world->stop.status, STATUS_ACCESS_VIOLATION);
    ck_assert_uint_eq(world->stop.address, WORLD_CODE + 0x2000);
    ck_assert_uint_eq(world->stop.information[0], 1);
    ck_assert_uint_eq(world->fault_count, 3);
    ck_assert_uint_eq(world->faults[0].fault.va, WORLD_DATA);
    ck_assert_uint_eq(world->faults[0].pc, WORLD_CODE + 0x2000 - 4);
    ck_assert_uint_eq(world->faults[1].fault.va, WORLD_CODE + 0x2000);
    ck_assert_uint_eq(world->faults[1].fault.access, MMU_EXECUTE);
    ck_assert_uint_eq(world->faults[1].pc, WORLD_CODE + 0x2000);
    world_free(world);
}
END_TEST

static enum mm_fault_result wait_once(struct world *world, struct mm_fault *fault)
{
    return world->fault_count == 0 ? MM_FAULT_WAIT : mm_access_fault(world->mm, fault);
}

START_TEST(wait_restarts_the_instruction)
{
    static const uint8_t code[] = {INC_EBX, 0xFF, 0x07}; /* inc dword [edi]; exit */
    struct world *world = world_new(&(struct world_options){.format = both[_i]});
    world->on_fault = wait_once;
    world_load_exit(world, WORLD_CODE, code, sizeof code);
    world->registers.general[CPU_RDI] = WORLD_DATA;
    world_run(world);
    ck_assert_uint_eq(world->stop.reason, CPU_STOP_WAIT);
    ck_assert_uint_eq(world->registers.ip, WORLD_CODE + 2);
    ck_assert_uint_eq(world->registers.general[CPU_RBX], 1);
    world->on_fault = NULL;
    world_run(world);
    ck_assert_uint_eq(world->stop.reason, CPU_STOP_REQUESTED);
    ck_assert_uint_eq(world->registers.general[CPU_RBX], 1);
    ck_assert_uint_eq(world_read32(world, WORLD_DATA), 1);
    world_free(world);
}
END_TEST

static enum mm_fault_result stop_too(struct world *world, struct mm_fault *fault)
{
    cpu_request_stop(world->cpu);
    return mm_access_fault(world->mm, fault);
}

/* Asked to stop from within each fault, the CPU stops soon, and goes on where it was. */
START_TEST(requested_stops_lose_nothing)
{
    enum { TOUCHED = 14 };
    static const uint8_t code[] = {0xFF, 0x07, 0x81, 0xC7, 0, 0x10, 0, 0, /* inc dword [edi]; add edi, 1000 */
                                   0xFF, 0xC9, 0x75, 0xF4};               /* dec ecx; jnz; exit */
    struct world *world = world_new(&(struct world_options){.format = both[_i]});
    unsigned runs = 0;
    va_t end = world_load_exit(world, WORLD_CODE, code, sizeof code);
    world->on_fault = stop_too;
    world->registers.general[CPU_RDI] = WORLD_DATA;
    world->registers.general[CPU_RCX] = TOUCHED;
    do {
        world_run(world);
        ck_assert_uint_eq(world->stop.reason, CPU_STOP_REQUESTED);
    } while (world->registers.ip != end && ++runs < 100);
    ck_assert_uint_ge(runs, TOUCHED - 1);
    for (unsigned i = 0; i < TOUCHED; i++)
        ck_assert_uint_eq(world_read32(world, WORLD_DATA + i * 0x1000), 1);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cpu_fetch");
    TCase *tc = tcase_create("fetch");
    tcase_add_loop_test(tc, edge_is_exact, 0, sizeof edges / sizeof *edges);
    tcase_add_loop_test(tc, page_not_reached_is_not_faulted, 0, 2);
    tcase_add_loop_test(tc, page_reached_is_faulted_once, 0, 2);
    tcase_add_loop_test(tc, wait_restarts_the_instruction, 0, 2);
    tcase_add_loop_test(tc, requested_stops_lose_nothing, 0, 2);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
