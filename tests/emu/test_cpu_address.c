/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cpu_address.c - exact fault addresses (unicorn.md facts 1 and 4): those raised to the guest, found by running
 * the instruction again, and those of resolved faults, computed from the decoded operand. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/emu/cpu_world.h"

enum {
    DATA_SIZE = 0x10000,
    HOLE_OFFSET = 0x4000, /* decommitted, between committed pages */
    WORLD_HOLE = WORLD_DATA + HOLE_OFFSET,
    ROUNDS = 60,
};
#define DATA_64 0x7F012340000u /* nothing but 64-bit arithmetic finds it */

enum { BITS_32 = 1, BITS_64 = 2, BOTH = 3 };
enum { ALIGNED = 0x20, INDEX_8 = 0x40, BY_GS = 0x80, REGISTER = 0x0F }; /* in a form's reg */

/* An instruction that accesses size bytes at (register) + bias.  Names are those of 32-bit code; where the row is for
 * both widths the registers of the address are 64 bits wide in the other. */
static const struct {
    const char *name;
    uint8_t code[12];
    uint8_t length;
    uint8_t reg;
    int16_t bias;
    uint16_t size;
    enum mmu_access access;
    uint8_t bits;
} forms[] = {
    {"mov eax, [esi]", {0x8B, 0x06}, 2, CPU_RSI, 0, 4, MMU_READ, BOTH},
    {"mov al, [esi+12345678]", {0x8A, 0x86, 0x78, 0x56, 0x34, 0x12}, 6, CPU_RSI, 0, 1, MMU_READ, BOTH},
    {"mov [edi-7], ax", {0x66, 0x89, 0x47, 0xF9}, 4, CPU_RDI, -7, 2, MMU_WRITE, BOTH},
    {"mov [edi+4*eax], edx", {0x89, 0x14, 0x87}, 3, CPU_RDI, 0, 4, MMU_WRITE, BOTH},
    {"mov dword [ebp+10], 5", {0xC7, 0x45, 0x10, 5, 0, 0, 0}, 7, CPU_RBP, 0x10, 4, MMU_WRITE, BOTH},
    {"add [esi], ecx", {0x01, 0x0E}, 2, CPU_RSI, 0, 4, MMU_WRITE, BOTH},
    {"inc byte [esi]", {0xFE, 0x06}, 2, CPU_RSI, 0, 1, MMU_WRITE, BOTH},
    {"lock xadd [esi], eax", {0xF0, 0x0F, 0xC1, 0x06}, 4, CPU_RSI, 0, 4, MMU_WRITE, BOTH},
    {"xchg [esi], eax", {0x87, 0x06}, 2, CPU_RSI, 0, 4, MMU_WRITE, BOTH},
    {"cmpxchg8b [esi]", {0x0F, 0xC7, 0x0E}, 3, CPU_RSI, 0, 8, MMU_WRITE, BOTH},
    {"shl dword [esi], 3", {0xC1, 0x26, 3}, 3, CPU_RSI, 0, 4, MMU_WRITE, BOTH},
    {"cmp [esi], eax", {0x39, 0x06}, 2, CPU_RSI, 0, 4, MMU_READ, BOTH},
    {"test byte [esi], 1", {0xF6, 0x06, 1}, 3, CPU_RSI, 0, 1, MMU_READ, BOTH},
    {"movsb from", {0xA4}, 1, CPU_RSI, 0, 1, MMU_READ, BOTH},
    {"movsd to", {0xA5}, 1, CPU_RDI, 0, 4, MMU_WRITE, BOTH},
    {"stosd", {0xAB}, 1, CPU_RDI, 0, 4, MMU_WRITE, BOTH},
    {"stosw", {0x66, 0xAB}, 2, CPU_RDI, 0, 2, MMU_WRITE, BOTH},
    {"lodsd", {0xAD}, 1, CPU_RSI, 0, 4, MMU_READ, BOTH},
    {"scasb", {0xAE}, 1, CPU_RDI, 0, 1, MMU_READ, BOTH},
    {"cmpsd, first", {0xA7}, 1, CPU_RSI, 0, 4, MMU_READ, BOTH},
    {"cmpsd, second", {0xA7}, 1, CPU_RDI, 0, 4, MMU_READ, BOTH},
    {"push eax", {0x50}, 1, CPU_RSP, -4, 4, MMU_WRITE, BITS_32},
    {"push word 1", {0x66, 0x6A, 1}, 3, CPU_RSP, -2, 2, MMU_WRITE, BOTH},
    {"push [esi]", {0xFF, 0x36}, 2, CPU_RSI, 0, 4, MMU_READ, BITS_32},
    {"pop eax", {0x58}, 1, CPU_RSP, 0, 4, MMU_READ, BITS_32},
    {"pop [edi]", {0x8F, 0x07}, 2, CPU_RDI, 0, 4, MMU_WRITE, BITS_32},
    {"pushfd", {0x9C}, 1, CPU_RSP, -4, 4, MMU_WRITE, BITS_32},
    {"call next", {0xE8, 0, 0, 0, 0}, 5, CPU_RSP, -4, 4, MMU_WRITE, BITS_32},
    {"ret", {0xC3}, 1, CPU_RSP, 0, 4, MMU_READ, BITS_32},
    {"leave", {0xC9}, 1, CPU_RBP, 0, 4, MMU_READ, BITS_32},
    {"xlat", {0xD7}, 1, CPU_RBX, 0, 1, MMU_READ, BOTH},
    {"movups xmm0, [esi]", {0x0F, 0x10, 0x06}, 3, CPU_RSI, 0, 16, MMU_READ, BOTH},
    {"movups [esi], xmm0", {0x0F, 0x11, 0x06}, 3, CPU_RSI, 0, 16, MMU_WRITE, BOTH},
    {"movq [esi], mm1", {0x0F, 0x7F, 0x0E}, 3, CPU_RSI, 0, 8, MMU_WRITE, BOTH},
    {"movss xmm1, [esi]", {0xF3, 0x0F, 0x10, 0x0E}, 4, CPU_RSI, 0, 4, MMU_READ, BOTH},
    {"fld qword [esi]", {0xDD, 0x06}, 2, CPU_RSI, 0, 8, MMU_READ, BOTH},
    {"fnstcw [esi]", {0xD9, 0x3E}, 2, CPU_RSI, 0, 2, MMU_WRITE, BOTH},
    {"bt [esi], ecx (ecx = -1)", {0x0F, 0xA3, 0x0E}, 3, CPU_RSI, -4, 4, MMU_READ, BOTH},
    {"bts [esi], ecx (ecx = -1)", {0x0F, 0xAB, 0x0E}, 3, CPU_RSI, -4, 4, MMU_WRITE, BOTH},
    {"setz [esi]", {0x0F, 0x94, 0x06}, 3, CPU_RSI, 0, 1, MMU_WRITE, BOTH},
    {"jmp [esi]", {0xFF, 0x26}, 2, CPU_RSI, 0, 4, MMU_READ, BITS_32},
    {"push rax", {0x50}, 1, CPU_RSP, -8, 8, MMU_WRITE, BITS_64},
    {"push r9", {0x41, 0x51}, 2, CPU_RSP, -8, 8, MMU_WRITE, BITS_64},
    {"push [rsi]", {0xFF, 0x36}, 2, CPU_RSI, 0, 8, MMU_READ, BITS_64},
    {"pop rax", {0x58}, 1, CPU_RSP, 0, 8, MMU_READ, BITS_64},
    {"pop [rdi]", {0x8F, 0x07}, 2, CPU_RDI, 0, 8, MMU_WRITE, BITS_64},
    {"pushfq", {0x9C}, 1, CPU_RSP, -8, 8, MMU_WRITE, BITS_64},
    {"call next, 64 bits", {0xE8, 0, 0, 0, 0}, 5, CPU_RSP, -8, 8, MMU_WRITE, BITS_64},
    {"ret, 64 bits", {0xC3}, 1, CPU_RSP, 0, 8, MMU_READ, BITS_64},
    {"leave, 64 bits", {0xC9}, 1, CPU_RBP, 0, 8, MMU_READ, BITS_64},
    {"jmp [rsi]", {0xFF, 0x26}, 2, CPU_RSI, 0, 8, MMU_READ, BITS_64},
    {"mov rax, [rsi]", {0x48, 0x8B, 0x06}, 3, CPU_RSI, 0, 8, MMU_READ, BITS_64},
    {"mov [r8], r15", {0x4D, 0x89, 0x38}, 3, 8, 0, 8, MMU_WRITE, BITS_64},
    {"mov [r13+10], cl", {0x41, 0x88, 0x4D, 0x10}, 4, 13, 16, 1, MMU_WRITE, BITS_64},
    {"mov eax, [r12]", {0x41, 0x8B, 0x04, 0x24}, 4, 12, 0, 4, MMU_READ, BITS_64},
    {"mov rax, [rcx+8*r9] (rcx = 0)", {0x4A, 0x8B, 0x04, 0xC9}, 4, 9 | INDEX_8, 0, 8, MMU_READ, BITS_64},
    {"add [r10], rcx", {0x49, 0x01, 0x0A}, 3, 10, 0, 8, MMU_WRITE, BITS_64},
    {"lock cmpxchg16b [rsi]", {0xF0, 0x48, 0x0F, 0xC7, 0x0E}, 5, CPU_RSI | ALIGNED, 0, 16, MMU_WRITE, BITS_64},
    {"bts [rsi], rcx (ecx = -1)", {0x48, 0x0F, 0xAB, 0x0E}, 4, CPU_RSI, -8, 8, MMU_WRITE, BITS_64},
    {"movsq from", {0x48, 0xA5}, 2, CPU_RSI, 0, 8, MMU_READ, BITS_64},
    {"stosq", {0x48, 0xAB}, 2, CPU_RDI, 0, 8, MMU_WRITE, BITS_64},
    {"movups [r11], xmm9", {0x45, 0x0F, 0x11, 0x0B}, 4, 11, 0, 16, MMU_WRITE, BITS_64},
    {"cvtsi2sd xmm0, qword [rsi]", {0xF2, 0x48, 0x0F, 0x2A, 0x06}, 5, CPU_RSI, 0, 8, MMU_READ, BITS_64},
    {"movsxd rax, [rsi]", {0x48, 0x63, 0x06}, 3, CPU_RSI, 0, 4, MMU_READ, BITS_64},
    {"gs mov rax, [rsi]", {0x65, 0x48, 0x8B, 0x06}, 4, CPU_RSI | BY_GS, 0, 8, MMU_READ, BITS_64},
};

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

/* A test's row: form and width. */
struct row {
    unsigned form;
    enum paging_format format;
    va_t data, hole;
};
enum { ROWS = 2 * sizeof forms / sizeof *forms };

/* => false: the form does not exist in this width. */
static bool take_row(int index, enum paging_format narrow, struct row *ret_row)
{
    bool wide = index & 1;
    *ret_row = (struct row){(unsigned)index / 2, wide ? PAGING_X64 : narrow, wide ? DATA_64 : WORLD_DATA, 0};
    ret_row->hole = ret_row->data + HOLE_OFFSET;
    uint8_t bits = forms[ret_row->form].bits;
    return bits & (wide ? BITS_64 : BITS_32);
}

static struct world *new_world(const struct row *row, bool lazy)
{
    struct world *world = world_new(&(struct world_options){.format = row->format, .lazy_address = lazy});
    if (row->data == DATA_64)
        world_allocate(world, DATA_64, DATA_SIZE, PAGE_READWRITE);
    return world;
}

/* Registers that make form access address; the others are harmless places. */
static void aim(struct world *world, const struct row *row, va_t address)
{
    struct cpu_registers *r = &world->registers;
    const char *name = forms[row->form].name;
    unsigned reg = forms[row->form].reg;
    *r = (struct cpu_registers){.ip = WORLD_CODE, .flags = 0x202};
    r->general[CPU_RSI] = r->general[CPU_RBP] = r->general[CPU_RBX] = row->data + 0x100;
    r->general[CPU_RDI] = row->data + 0x200;
    r->general[CPU_RSP] = WORLD_STACK - WORLD_STACK_ROOM;
    if (strstr(name, "ecx = -1"))
        r->general[CPU_RCX] = row->format == PAGING_X64 ? UINT64_MAX : UINT32_MAX;
    va_t bias = (va_t)(int64_t)forms[row->form].bias;
    if (strstr(name, "12345678"))
        bias = 0x12345678;
    if (reg & BY_GS)
        bias = WORLD_TEB;
    va_t value = address - bias;
    if (row->format != PAGING_X64)
        value = (uint32_t)value;
    r->general[reg & REGISTER] = reg & INDEX_8 ? value / 8 : value;
}

/* An access that touches page, perhaps from the page before. */
static va_t choose(uint32_t *random, const struct row *row)
{
    uint32_t size = forms[row->form].size;
    va_t address = row->hole - (size - 1) + next_random(random) % (MMU_PAGE_SIZE + size - 1);
    if (forms[row->form].reg & (INDEX_8 | ALIGNED))
        address = (address + size - 1) & ~(va_t)(size - 1);
    return address < row->hole + MMU_PAGE_SIZE ? address : row->hole;
}

static va_t first_bad(const struct row *row, va_t address)
{
    return address < row->hole ? row->hole : address;
}

START_TEST(raised_address_is_exact)
{
    struct row row;
    if (!take_row(_i, PAGING_PAE, &row))
        return;
    const char *name = forms[row.form].name;
    struct world *world = new_world(&row, false);
    uint32_t random = 1 + row.form;
    world_decommit(world, row.hole, MMU_PAGE_SIZE);
    for (unsigned n = 0; n < ROUNDS; n++) {
        va_t address = choose(&random, &row), want = first_bad(&row, address);
        world_load(world, WORLD_CODE, forms[row.form].code, forms[row.form].length);
        aim(world, &row, address);
        struct cpu_registers before = world->registers;
        world_run(world);
        ck_assert_msg(world->stop.status == STATUS_ACCESS_VIOLATION, "%s: %08x", name, world->stop.status);
        ck_assert_msg(world->stop.information[1] == want, "%s: %" PRIx64 ", want %" PRIx64, name,
                      world->stop.information[1], want);
        ck_assert_msg(world->stop.fault.va == want, "%s: fault.va", name);
        ck_assert_msg(world->stop.information[0] == (forms[row.form].access == MMU_WRITE), "%s: access", name);
        ck_assert_msg(memcmp(&before, &world->registers, sizeof before) == 0, "%s: registers", name);
        va_t traced = world->faults[world->fault_count - 1].fault.va; /* computed from the operand */
        ck_assert_msg(traced == want, "%s: traced %" PRIx64 ", want %" PRIx64, name, traced, want);
    }
    world_free(world);
}
END_TEST

/* Without anybody looking at resolved faults the raised ones are still exact, and say how they were meant. */
START_TEST(lazy_address_is_exact_when_raised)
{
    struct row row;
    if (!take_row(_i, PAGING_X86, &row))
        return;
    const char *name = forms[row.form].name;
    struct world *world = new_world(&row, true);
    uint32_t random = 77;
    world_decommit(world, row.hole, MMU_PAGE_SIZE);
    va_t address = choose(&random, &row), want = first_bad(&row, address);
    world_load(world, WORLD_CODE, forms[row.form].code, forms[row.form].length);
    aim(world, &row, address);
    world_run(world);
    ck_assert_msg(world->stop.information[1] == want, "%s: %" PRIx64 ", want %" PRIx64, name,
                  world->stop.information[1], want);
    ck_assert_msg(world->stop.information[0] == (forms[row.form].access == MMU_WRITE), "%s: access", name);
    ck_assert_msg(world->faults[world->fault_count - 1].fault.va == row.hole, "%s: lazy", name);
    world_free(world);
}
END_TEST

START_TEST(resolved_fault_is_once_and_exact)
{
    struct row row;
    if (!take_row(_i, PAGING_PAE, &row))
        return;
    const char *name = forms[row.form].name;
    struct world *world = new_world(&row, false);
    va_t address = row.hole + 0x120;
    uint8_t code[16] = {0};
    memcpy(code, forms[row.form].code, forms[row.form].length);
    code[forms[row.form].length] = 0xF4; /* hlt */
    world_load(world, WORLD_CODE, code, forms[row.form].length + 1u);
    aim(world, &row, address);
    world_run(world);
    unsigned seen = 0;
    for (unsigned i = 0; i < world->fault_count; i++) {
        const struct world_fault *fault = &world->faults[i];
        if ((fault->fault.va & ~0xFFFull) != row.hole || fault->result != MM_FAULT_RESOLVED)
            continue;
        seen++;
        ck_assert_msg(fault->fault.va == address, "%s: %" PRIx64, name, fault->fault.va);
        ck_assert_msg(fault->fault.access == forms[row.form].access, "%s: access", name);
        ck_assert_msg(fault->pc == WORLD_CODE, "%s: pc", name);
    }
    ck_assert_msg(seen == 1, "%s: %u faults", name, seen);
    world_free(world);
}
END_TEST

static enum mm_fault_result resolve_and_stop(struct world *world, struct mm_fault *fault)
{
    enum mm_fault_result result = mm_access_fault(world->mm, fault);
    cpu_request_stop(world->cpu);
    return result;
}

/* Read the page, so that the next fault is for a store alone; then the form's
 * instruction, to the hlt behind it. */
static struct world *run_to_halt(const struct row *row, bool lazy, bool stops)
{
    struct world *world = new_world(row, lazy);
    uint32_t address = (uint32_t)row->hole + 0x120;
    uint8_t code[24] = {0x38, 0x05}; /* cmp [address], al */
    memcpy(code + 2, &address, sizeof address);
    memcpy(code + 6, forms[row->form].code, forms[row->form].length);
    code[6 + forms[row->form].length] = 0xF4; /* hlt */
    world_load(world, WORLD_CODE, code, forms[row->form].length + 7u);
    aim(world, row, row->hole + 0x120);
    world->on_fault = stops ? resolve_and_stop : NULL;
    do
        world_run(world);
    while (world->stop.reason == CPU_STOP_REQUESTED && world->fault_count < WORLD_FAULTS);
    return world;
}

/* A stop that is asked for while a fault is resolved comes before the instruction or behind it, not in between: what
 * reads and writes memory is done once. */
START_TEST(stop_in_fault_does_nothing_twice)
{
    struct row row;
    for (int lazy = 0; lazy < 2; lazy++) {
        if (!take_row(_i, PAGING_PAE, &row))
            return;
        const char *name = forms[row.form].name;
        struct world *plain = run_to_halt(&row, lazy, false), *stopped = run_to_halt(&row, lazy, true);
        ck_assert_msg(stopped->stop.reason == plain->stop.reason && stopped->stop.address == plain->stop.address,
                      "%s: end", name);
        ck_assert_msg(memcmp(plain->registers.general, stopped->registers.general, sizeof plain->registers.general) ==
                          0,
                      "%s: registers", name);
        for (uint32_t at = 0x100; at < 0x140; at += 4)
            ck_assert_msg(world_read32(plain, row.hole + at) == world_read32(stopped, row.hole + at),
                          "%s: memory at %x", name, at);
        world_free(plain);
        world_free(stopped);
    }
}
END_TEST

/* RIP-relative operands, whose displacement counts from the next instruction. */
static const struct {
    const char *name;
    uint8_t code[12];
    uint8_t length, at; /* where the displacement is */
    enum mmu_access access;
} relative[] = {
    {"mov eax, [rip+d]", {0x8B, 0x05}, 6, 2, MMU_READ},
    {"mov [rip+d], rax", {0x48, 0x89, 0x05}, 7, 3, MMU_WRITE},
    {"mov dword [rip+d], imm32", {0xC7, 0x05, 0, 0, 0, 0, 1, 2, 3, 4}, 10, 2, MMU_WRITE},
    {"add byte [rip+d], imm8", {0x80, 0x05, 0, 0, 0, 0, 1}, 7, 2, MMU_WRITE},
    {"mov eax, [eip+d]", {0x67, 0x8B, 0x05}, 7, 3, MMU_READ},
    {"call [rip+d]", {0xFF, 0x15}, 6, 2, MMU_READ},
};

START_TEST(rip_relative_is_exact)
{
    struct world *world = world_new(&(struct world_options){.format = PAGING_X64});
    va_t want = WORLD_DATA + HOLE_OFFSET + 0x234;
    uint32_t displacement = (uint32_t)(want - WORLD_CODE - relative[_i].length);
    uint8_t code[12];
    memcpy(code, relative[_i].code, sizeof code);
    memcpy(code + relative[_i].at, &displacement, 4);
    world_decommit(world, WORLD_DATA + HOLE_OFFSET, MMU_PAGE_SIZE);
    world_load(world, WORLD_CODE, code, relative[_i].length);
    world_run(world);
    ck_assert_msg(world->stop.information[1] == want, "%s: %" PRIx64, relative[_i].name, world->stop.information[1]);
    ck_assert_msg(world->stop.information[0] == (relative[_i].access == MMU_WRITE), "%s: access", relative[_i].name);
    va_t traced = world->faults[world->fault_count - 1].fault.va;
    ck_assert_msg(traced == want, "%s: traced %" PRIx64, relative[_i].name, traced);
    world_free(world);
}
END_TEST

/* Absolute addresses of 64 bits. */
START_TEST(moffs_is_exact)
{
    uint8_t code[10] = {0x48, 0xA1}; /* mov rax, [imm64] */
    struct world *world = world_new(&(struct world_options){.format = PAGING_X64});
    va_t want = DATA_64 + 0x123;
    memcpy(code + 2, &want, sizeof want);
    world_load(world, WORLD_CODE, code, sizeof code);
    world_run(world);
    ck_assert_uint_eq(world->stop.information[1], want);
    ck_assert_uint_eq(world->faults[world->fault_count - 1].fault.va, want);
    world_free(world);
}
END_TEST

static const enum paging_format both[] = {PAGING_PAE, PAGING_X64};

/* Read-modify-write of a read-only page: one fault, a write. */
START_TEST(read_only_page_refuses_rmw_as_write)
{
    struct world *world = world_new(&(struct world_options){.format = both[_i]});
    static const uint8_t code[] = {0x8B, 0x06, 0xF0, 0xFF, 0x06}; /* mov eax, [esi]; lock inc dword [esi] */
    world_load(world, WORLD_CODE, code, sizeof code);
    world->registers.general[CPU_RSI] = WORLD_CONST + 8;
    world_run(world);
    ck_assert_uint_eq(world->stop.status, STATUS_ACCESS_VIOLATION);
    ck_assert_uint_eq(world->stop.address, WORLD_CODE + 2);
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
    struct world *world = world_new(&(struct world_options){.format = both[_i]});
    uint32_t value = 0xA5A5A5A5;
    world_decommit(world, WORLD_HOLE, MMU_PAGE_SIZE);
    world_write(world, WORLD_DATA + 4 * (DONE - 1), &value, sizeof value);
    world_load(world, WORLD_CODE, code, sizeof code);
    world->registers.general[CPU_RSI] = WORLD_DATA;
    world->registers.general[CPU_RDI] = WORLD_HOLE - 4 * DONE;
    world->registers.general[CPU_RCX] = 100;
    world_run(world);
    ck_assert_uint_eq(world->stop.information[0], 1);
    ck_assert_uint_eq(world->stop.information[1], WORLD_HOLE);
    ck_assert_uint_eq(world->registers.general[CPU_RCX], 100 - DONE);
    ck_assert_uint_eq(world->registers.general[CPU_RDI], WORLD_HOLE);
    ck_assert_uint_eq(world->registers.general[CPU_RSI], WORLD_DATA + 4 * DONE);
    ck_assert_uint_eq(world_read32(world, WORLD_HOLE - 4), value);
    world_free(world);
}
END_TEST

START_TEST(straddling_store_writes_nothing)
{
    static const uint8_t code[] = {0x89, 0x06}; /* mov [esi], eax */
    struct world *world = world_new(&(struct world_options){.format = both[_i]});
    uint32_t value = 0x11223344;
    world_decommit(world, WORLD_HOLE, MMU_PAGE_SIZE);
    world_write(world, WORLD_HOLE - 4, &value, sizeof value);
    world_load(world, WORLD_CODE, code, sizeof code);
    world->registers.general[CPU_RSI] = WORLD_HOLE - 2;
    world->registers.general[CPU_RAX] = UINT32_MAX;
    world_run(world);
    ck_assert_uint_eq(world->stop.information[1], WORLD_HOLE);
    ck_assert_uint_eq(world_read32(world, WORLD_HOLE - 4), value);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cpu_address");
    TCase *tc = tcase_create("address");
    tcase_add_loop_test(tc, raised_address_is_exact, 0, ROWS);
    tcase_add_loop_test(tc, lazy_address_is_exact_when_raised, 0, ROWS);
    tcase_add_loop_test(tc, resolved_fault_is_once_and_exact, 0, ROWS);
    tcase_add_loop_test(tc, stop_in_fault_does_nothing_twice, 0, ROWS);
    tcase_add_loop_test(tc, rip_relative_is_exact, 0, sizeof relative / sizeof *relative);
    tcase_add_test(tc, moffs_is_exact);
    tcase_add_loop_test(tc, read_only_page_refuses_rmw_as_write, 0, 2);
    tcase_add_loop_test(tc, rep_movs_stops_in_the_middle, 0, 2);
    tcase_add_loop_test(tc, straddling_store_writes_nothing, 0, 2);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
