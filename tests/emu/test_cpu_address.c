/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cpu_address.c - exact fault addresses (unicorn.md facts 1 and 4): those raised to the guest, found by running
 * the instruction again, and those of resolved faults, computed from the decoded operand. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/emu/cpu_world.h"

enum {
    HOLE = WORLD_DATA + 0x4000, /* decommitted, between committed pages */
    ROUNDS = 60,
    FXSAVE_SIZE = 512,
};

/* An instruction that accesses size bytes at (register) + bias. */
static const struct {
    const char *name;
    uint8_t code[12];
    uint8_t length;
    uint8_t reg;
    int16_t bias;
    uint16_t size;
    enum mmu_access access;
} forms[] = {
    {"mov eax, [esi]", {0x8B, 0x06}, 2, CPU_RSI, 0, 4, MMU_READ},
    {"mov al, [esi+12345678]", {0x8A, 0x86, 0x78, 0x56, 0x34, 0x12}, 6, CPU_RSI, 0, 1, MMU_READ},
    {"mov [edi-7], ax", {0x66, 0x89, 0x47, 0xF9}, 4, CPU_RDI, -7, 2, MMU_WRITE},
    {"mov [edi+4*eax], edx", {0x89, 0x14, 0x87}, 3, CPU_RDI, 0, 4, MMU_WRITE},
    {"mov dword [ebp+10], 5", {0xC7, 0x45, 0x10, 5, 0, 0, 0}, 7, CPU_RBP, 0x10, 4, MMU_WRITE},
    {"add [esi], ecx", {0x01, 0x0E}, 2, CPU_RSI, 0, 4, MMU_WRITE},
    {"inc byte [esi]", {0xFE, 0x06}, 2, CPU_RSI, 0, 1, MMU_WRITE},
    {"lock xadd [esi], eax", {0xF0, 0x0F, 0xC1, 0x06}, 4, CPU_RSI, 0, 4, MMU_WRITE},
    {"xchg [esi], eax", {0x87, 0x06}, 2, CPU_RSI, 0, 4, MMU_WRITE},
    {"cmpxchg8b [esi]", {0x0F, 0xC7, 0x0E}, 3, CPU_RSI, 0, 8, MMU_WRITE},
    {"shl dword [esi], 3", {0xC1, 0x26, 3}, 3, CPU_RSI, 0, 4, MMU_WRITE},
    {"cmp [esi], eax", {0x39, 0x06}, 2, CPU_RSI, 0, 4, MMU_READ},
    {"test byte [esi], 1", {0xF6, 0x06, 1}, 3, CPU_RSI, 0, 1, MMU_READ},
    {"movsb from", {0xA4}, 1, CPU_RSI, 0, 1, MMU_READ},
    {"movsd to", {0xA5}, 1, CPU_RDI, 0, 4, MMU_WRITE},
    {"stosd", {0xAB}, 1, CPU_RDI, 0, 4, MMU_WRITE},
    {"stosw", {0x66, 0xAB}, 2, CPU_RDI, 0, 2, MMU_WRITE},
    {"lodsd", {0xAD}, 1, CPU_RSI, 0, 4, MMU_READ},
    {"scasb", {0xAE}, 1, CPU_RDI, 0, 1, MMU_READ},
    {"cmpsd, first", {0xA7}, 1, CPU_RSI, 0, 4, MMU_READ},
    {"cmpsd, second", {0xA7}, 1, CPU_RDI, 0, 4, MMU_READ},
    {"push eax", {0x50}, 1, CPU_RSP, -4, 4, MMU_WRITE},
    {"push word 1", {0x66, 0x6A, 1}, 3, CPU_RSP, -2, 2, MMU_WRITE},
    {"push [esi]", {0xFF, 0x36}, 2, CPU_RSI, 0, 4, MMU_READ},
    {"pop eax", {0x58}, 1, CPU_RSP, 0, 4, MMU_READ},
    {"pop [edi]", {0x8F, 0x07}, 2, CPU_RDI, 0, 4, MMU_WRITE},
    {"pushfd", {0x9C}, 1, CPU_RSP, -4, 4, MMU_WRITE},
    {"call next", {0xE8, 0, 0, 0, 0}, 5, CPU_RSP, -4, 4, MMU_WRITE},
    {"ret", {0xC3}, 1, CPU_RSP, 0, 4, MMU_READ},
    {"leave", {0xC9}, 1, CPU_RBP, 0, 4, MMU_READ},
    {"xlat", {0xD7}, 1, CPU_RBX, 0, 1, MMU_READ},
    {"movups xmm0, [esi]", {0x0F, 0x10, 0x06}, 3, CPU_RSI, 0, 16, MMU_READ},
    {"movups [esi], xmm0", {0x0F, 0x11, 0x06}, 3, CPU_RSI, 0, 16, MMU_WRITE},
    {"movq [esi], mm1", {0x0F, 0x7F, 0x0E}, 3, CPU_RSI, 0, 8, MMU_WRITE},
    {"movss xmm1, [esi]", {0xF3, 0x0F, 0x10, 0x0E}, 4, CPU_RSI, 0, 4, MMU_READ},
    {"fld qword [esi]", {0xDD, 0x06}, 2, CPU_RSI, 0, 8, MMU_READ},
    {"fnstcw [esi]", {0xD9, 0x3E}, 2, CPU_RSI, 0, 2, MMU_WRITE},
    {"bt [esi], ecx (ecx = -1)", {0x0F, 0xA3, 0x0E}, 3, CPU_RSI, -4, 4, MMU_READ},
    {"bts [esi], ecx (ecx = -1)", {0x0F, 0xAB, 0x0E}, 3, CPU_RSI, -4, 4, MMU_WRITE},
    {"setz [esi]", {0x0F, 0x94, 0x06}, 3, CPU_RSI, 0, 1, MMU_WRITE},
    {"jmp [esi]", {0xFF, 0x26}, 2, CPU_RSI, 0, 4, MMU_READ},
};

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

/* Registers that make form access address; the others are harmless places. */
static void aim(struct world *world, unsigned form, uint32_t address)
{
    struct cpu_registers *r = &world->registers;
    *r = (struct cpu_registers){.ip = WORLD_CODE, .flags = 0x202};
    r->general[CPU_RSI] = r->general[CPU_RBP] = r->general[CPU_RBX] = WORLD_DATA + 0x100;
    r->general[CPU_RDI] = WORLD_DATA + 0x200;
    r->general[CPU_RSP] = WORLD_STACK - WORLD_STACK_ROOM;
    if (strstr(forms[form].name, "ecx = -1"))
        r->general[CPU_RCX] = UINT32_MAX;
    uint32_t bias = (uint32_t)(int32_t)forms[form].bias;
    if (strstr(forms[form].name, "12345678"))
        bias = 0x12345678;
    r->general[forms[form].reg] = address - bias;
}

/* An access that touches page, perhaps from the page before. */
static uint32_t choose(uint32_t *random, uint32_t page, uint32_t size)
{
    return page - (size - 1) + next_random(random) % (MMU_PAGE_SIZE + size - 1);
}

START_TEST(raised_address_is_exact)
{
    struct world *world = world_new(&(struct world_options){.format = PAGING_PAE});
    uint32_t random = 1 + (uint32_t)_i;
    world_decommit(world, HOLE, MMU_PAGE_SIZE);
    for (unsigned n = 0; n < ROUNDS; n++) {
        uint32_t address = choose(&random, HOLE, forms[_i].size), want = address < HOLE ? HOLE : address;
        world_load(world, WORLD_CODE, forms[_i].code, forms[_i].length);
        aim(world, (unsigned)_i, address);
        struct cpu_registers before = world->registers;
        world_run(world);
        ck_assert_msg(world->stop.status == STATUS_ACCESS_VIOLATION, "%s: %08x", forms[_i].name, world->stop.status);
        ck_assert_msg(world->stop.information[1] == want, "%s: %" PRIx64 ", want %x", forms[_i].name,
                      world->stop.information[1], want);
        ck_assert_msg(world->stop.fault.va == want, "%s: fault.va", forms[_i].name);
        ck_assert_msg(world->stop.information[0] == (forms[_i].access == MMU_WRITE), "%s: access", forms[_i].name);
        ck_assert_msg(memcmp(&before, &world->registers, sizeof before) == 0, "%s: registers", forms[_i].name);
        va_t traced = world->faults[world->fault_count - 1].fault.va; /* computed from the operand */
        ck_assert_msg(traced == want, "%s: traced %" PRIx64 ", want %x", forms[_i].name, traced, want);
    }
    world_free(world);
}
END_TEST

/* Without anybody looking at resolved faults the raised ones are still exact, and say how they were meant. */
START_TEST(lazy_address_is_exact_when_raised)
{
    struct world *world = world_new(&(struct world_options){.format = PAGING_X86, .lazy_address = true});
    uint32_t random = 77;
    world_decommit(world, HOLE, MMU_PAGE_SIZE);
    uint32_t address = choose(&random, HOLE, forms[_i].size), want = address < HOLE ? HOLE : address;
    world_load(world, WORLD_CODE, forms[_i].code, forms[_i].length);
    aim(world, (unsigned)_i, address);
    world_run(world);
    ck_assert_msg(world->stop.information[1] == want, "%s: %" PRIx64 ", want %x", forms[_i].name,
                  world->stop.information[1], want);
    ck_assert_msg(world->stop.information[0] == (forms[_i].access == MMU_WRITE), "%s: access", forms[_i].name);
    ck_assert_msg(world->faults[world->fault_count - 1].fault.va == HOLE, "%s: lazy", forms[_i].name);
    world_free(world);
}
END_TEST

START_TEST(resolved_fault_is_once_and_exact)
{
    struct world *world = world_new(&(struct world_options){.format = PAGING_PAE});
    uint32_t address = HOLE + 0x123;
    uint8_t code[16] = {0};
    memcpy(code, forms[_i].code, forms[_i].length);
    code[forms[_i].length] = 0xF4; /* hlt */
    world_load(world, WORLD_CODE, code, forms[_i].length + 1u);
    aim(world, (unsigned)_i, address);
    world_run(world);
    unsigned seen = 0;
    for (unsigned i = 0; i < world->fault_count; i++) {
        if ((world->faults[i].fault.va & ~0xFFFull) != HOLE || world->faults[i].result != MM_FAULT_RESOLVED)
            continue;
        seen++;
        ck_assert_msg(world->faults[i].fault.va == address, "%s: %" PRIx64, forms[_i].name, world->faults[i].fault.va);
        ck_assert_msg(world->faults[i].fault.access == forms[_i].access, "%s: access", forms[_i].name);
        ck_assert_msg(world->faults[i].pc == WORLD_CODE, "%s: pc", forms[_i].name);
    }
    ck_assert_msg(seen == 1, "%s: %u faults", forms[_i].name, seen);
    world_free(world);
}
END_TEST

/* Read-modify-write of a read-only page: one fault, a write. */
START_TEST(read_only_page_refuses_rmw_as_write)
{
    struct world *world = world_new(&(struct world_options){.format = PAGING_PAE});
    static const uint8_t code[] = {0xA1, 8, 0, 0x60, 0, 0xF0, 0xFF, 0x05, 8, 0, 0x60, 0}; /* mov eax; lock inc */
    world_load(world, WORLD_CODE, code, sizeof code);
    world_run(world);
    ck_assert_uint_eq(world->stop.status, STATUS_ACCESS_VIOLATION);
    ck_assert_uint_eq(world->stop.address, WORLD_CODE + 5);
    ck_assert_uint_eq(world->stop.information[0], 1);
    ck_assert_uint_eq(world->stop.information[1], WORLD_CONST + 8);
    world_free(world);
}
END_TEST

/* rep movsd into a hole: the elements done are done, and the registers show them. */
START_TEST(rep_movs_stops_in_the_middle)
{
    static const uint8_t code[] = {0xF3, 0xA5};
    enum { DONE = 37 };
    struct world *world = world_new(&(struct world_options){.format = PAGING_PAE});
    uint32_t value = 0xA5A5A5A5;
    world_decommit(world, HOLE, MMU_PAGE_SIZE);
    world_write(world, WORLD_DATA + 4 * (DONE - 1), &value, sizeof value);
    world_load(world, WORLD_CODE, code, sizeof code);
    world->registers.general[CPU_RSI] = WORLD_DATA;
    world->registers.general[CPU_RDI] = HOLE - 4 * DONE;
    world->registers.general[CPU_RCX] = 100;
    world_run(world);
    ck_assert_uint_eq(world->stop.information[0], 1);
    ck_assert_uint_eq(world->stop.information[1], HOLE);
    ck_assert_uint_eq(world->registers.general[CPU_RCX], 100 - DONE);
    ck_assert_uint_eq(world->registers.general[CPU_RDI], HOLE);
    ck_assert_uint_eq(world->registers.general[CPU_RSI], WORLD_DATA + 4 * DONE);
    ck_assert_uint_eq(world_read32(world, HOLE - 4), value);
    world_free(world);
}
END_TEST

START_TEST(straddling_store_writes_nothing)
{
    static const uint8_t code[] = {0x89, 0x06}; /* mov [esi], eax */
    struct world *world = world_new(&(struct world_options){.format = PAGING_PAE});
    uint32_t value = 0x11223344;
    world_decommit(world, HOLE, MMU_PAGE_SIZE);
    world_write(world, HOLE - 4, &value, sizeof value);
    world_load(world, WORLD_CODE, code, sizeof code);
    world->registers.general[CPU_RSI] = HOLE - 2;
    world->registers.general[CPU_RAX] = UINT32_MAX;
    world_run(world);
    ck_assert_uint_eq(world->stop.information[1], HOLE);
    ck_assert_uint_eq(world_read32(world, HOLE - 4), value);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cpu_address");
    TCase *tc = tcase_create("address");
    int count = sizeof forms / sizeof *forms;
    tcase_add_loop_test(tc, raised_address_is_exact, 0, count);
    tcase_add_loop_test(tc, lazy_address_is_exact_when_raised, 0, count);
    tcase_add_loop_test(tc, resolved_fault_is_once_and_exact, 0, count);
    tcase_add_test(tc, read_only_page_refuses_rmw_as_write);
    tcase_add_test(tc, rep_movs_stops_in_the_middle);
    tcase_add_test(tc, straddling_store_writes_nothing);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
