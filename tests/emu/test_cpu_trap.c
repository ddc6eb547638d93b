/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cpu_trap.c - the trap table of design.md: status, address and parameters of what the CPU raises by itself, each
 * three times in a row (unicorn.md fact 9: an exception must not spoil the next one). */
#include <check.h>
#include <string.h>

#include "tests/emu/cpu_world.h"

enum { CODE_MAX = 24, REPEATS = 3 };

#define ALL_ONES 0xFFFFFFFFu

struct trap {
    const char *name;
    uint8_t code[CODE_MAX]; /* begins with inc ebx, so that the address is not the block's */
    uint32_t length;
    ntstatus_t status;
    uint64_t offset; /* of the exception's address */
    unsigned parameters;
    uint64_t information[2];
};

static const struct trap traps[] = {
    {"div by zero", {0x43, 0xF7, 0xF1}, 3, STATUS_INTEGER_DIVIDE_BY_ZERO, 1, 0, {0}},
    {"aam 0", {0x43, 0xD4, 0x00}, 3, STATUS_INTEGER_DIVIDE_BY_ZERO, 1, 0, {0}},
    {"div after bytes CD 00", {0x43, 0xB8, 0, 0, 0xCD, 0x00, 0xF7, 0xF1}, 8, STATUS_INTEGER_DIVIDE_BY_ZERO, 6, 0, {0}},
    {"into", {0x43, 0xB0, 0x7F, 0x04, 0x01, 0xCE}, 6, STATUS_INTEGER_OVERFLOW, 5, 0, {0}},
    {"int3", {0x43, 0xCC}, 2, STATUS_BREAKPOINT, 1, 3, {0}},
    {"int 2D", {0x43, 0xCD, 0x2D, 0x90}, 4, STATUS_BREAKPOINT, 3, 3, {0}},
    {"ud2", {0x43, 0x0F, 0x0B}, 3, STATUS_ILLEGAL_INSTRUCTION, 1, 0, {0}},
    {"lock nop", {0x43, 0xF0, 0x90}, 3, STATUS_INVALID_LOCK_SEQUENCE, 1, 0, {0}},
    {"hlt", {0x43, 0xF4}, 2, STATUS_PRIVILEGED_INSTRUCTION, 1, 0, {0}},
    {"cli", {0x43, 0xFA}, 2, STATUS_PRIVILEGED_INSTRUCTION, 1, 0, {0}},
    {"sti", {0x43, 0xFB}, 2, STATUS_PRIVILEGED_INSTRUCTION, 1, 0, {0}},
    {"mov eax, cr0", {0x43, 0x0F, 0x20, 0xC0}, 4, STATUS_PRIVILEGED_INSTRUCTION, 1, 0, {0}},
    {"mov eax, dr7", {0x43, 0x0F, 0x21, 0xF8}, 4, STATUS_PRIVILEGED_INSTRUCTION, 1, 0, {0}},
    {"lgdt", {0x43, 0x0F, 0x01, 0x15, 0, 0, 0x50, 0}, 8, STATUS_PRIVILEGED_INSTRUCTION, 1, 0, {0}},
    {"lldt ax", {0x43, 0x0F, 0x00, 0xD0}, 4, STATUS_PRIVILEGED_INSTRUCTION, 1, 0, {0}},
    {"rdmsr", {0x43, 0x0F, 0x32}, 3, STATUS_PRIVILEGED_INSTRUCTION, 1, 0, {0}},
    {"rdpmc", {0x43, 0x0F, 0x33}, 3, STATUS_PRIVILEGED_INSTRUCTION, 1, 0, {0}},
    {"invd", {0x43, 0x0F, 0x08}, 3, STATUS_PRIVILEGED_INSTRUCTION, 1, 0, {0}},
    {"in al, 80", {0x43, 0xE4, 0x80}, 3, STATUS_PRIVILEGED_INSTRUCTION, 1, 0, {0}},
    {"out dx, eax", {0x43, 0xEF}, 2, STATUS_PRIVILEGED_INSTRUCTION, 1, 0, {0}},
    {"insb to nowhere", {0x43, 0x6C}, 2, STATUS_PRIVILEGED_INSTRUCTION, 1, 0, {0}},
    {"rep outsb from nowhere", {0x43, 0x41, 0xF3, 0x6E}, 4, STATUS_PRIVILEGED_INSTRUCTION, 2, 0, {0}},
    {"sysenter", {0x43, 0x0F, 0x34}, 3, STATUS_ILLEGAL_INSTRUCTION, 1, 0, {0}},
    {"syscall", {0x43, 0x0F, 0x05}, 3, STATUS_ILLEGAL_INSTRUCTION, 1, 0, {0}},
    {"icebp", {0x43, 0xF1, 0x90}, 3, STATUS_SINGLE_STEP, 2, 0, {0}},
    {"int 80", {0x43, 0xCD, 0x80}, 3, STATUS_ACCESS_VIOLATION, 1, 2, {0, ALL_ONES}},
    {"int 0", {0x43, 0xCD, 0x00, 0x90}, 4, STATUS_ACCESS_VIOLATION, 1, 2, {0, ALL_ONES}},
    {"int 1", {0x43, 0xCD, 0x01, 0x90}, 4, STATUS_ACCESS_VIOLATION, 1, 2, {0, ALL_ONES}},
    {"int 6", {0x43, 0xCD, 0x06, 0x90}, 4, STATUS_ACCESS_VIOLATION, 1, 2, {0, ALL_ONES}},
    {"int 0D", {0x43, 0xCD, 0x0D, 0x90}, 4, STATUS_ACCESS_VIOLATION, 1, 2, {0, ALL_ONES}},
    {"int 0E", {0x43, 0xCD, 0x0E, 0x90}, 4, STATUS_ACCESS_VIOLATION, 1, 2, {0, ALL_ONES}},
    {"mov ds, kernel data", {0x43, 0xB8, 0x10, 0, 0, 0, 0x8E, 0xD8}, 8, STATUS_ACCESS_VIOLATION, 6, 2, {0, ALL_ONES}},
    {"mov ds, LDT", {0x43, 0xB8, 0x27, 0, 0, 0, 0x8E, 0xD8}, 8, STATUS_ACCESS_VIOLATION, 6, 2, {0, ALL_ONES}},
    {"mov ss, 0", {0x43, 0x8E, 0xD0}, 3, STATUS_ACCESS_VIOLATION, 1, 2, {0, ALL_ONES}},
    {"jmp to ring 0", {0x43, 0xEA, 0, 0, 0x40, 0, 8, 0}, 8, STATUS_ACCESS_VIOLATION, 1, 2, {0, ALL_ONES}},
    {"fdiv by zero, unmasked", /* push 27B; fldcw [esp]; fld1; fldz; fdivp; wait: reported at the fdivp */
     {0x43, 0x68, 0x7B, 0x02, 0, 0, 0xD9, 0x2C, 0x24, 0xD9, 0xE8, 0xD9, 0xEE, 0xDE, 0xF9, 0x9B},
     16,
     0xC000008Eu,
     13,
     1,
     {0}},
    {"read address 10", {0x43, 0xA1, 0x10, 0, 0, 0}, 6, STATUS_ACCESS_VIOLATION, 1, 2, {0, 0x10}},
    {"write address 14", {0x43, 0xA3, 0x14, 0, 0, 0}, 6, STATUS_ACCESS_VIOLATION, 1, 2, {1, 0x14}},
    {"read the GDT", {0x43, 0xA1, 0x18, 0xF0, 3, 0x80}, 6, STATUS_ACCESS_VIOLATION, 1, 2, {0, 0x8003F018}},
    {"mov gs, [the GDT]", {0x43, 0x8E, 0x2D, 0x18, 0xF0, 3, 0x80}, 7, STATUS_ACCESS_VIOLATION, 1, 2, {0, 0x8003F018}},
    {"jmp rel to high address",
     {0x43, 0xE9, 0, 0, 0, 0x90},
     6,
     STATUS_ACCESS_VIOLATION,
     0x90000006,
     2,
     {0, 0x90400006}},
    {"ret to high address",
     {0x43, 0x68, 5, 0, 0, 0xC0, 0xC3},
     7,
     STATUS_ACCESS_VIOLATION,
     0xC0000005 - WORLD_CODE,
     2,
     {0, 0xC0000005}},
    {"write the GDT", {0x43, 0xA3, 0x18, 0xF0, 3, 0x80}, 6, STATUS_ACCESS_VIOLATION, 1, 2, {1, 0x8003F018}},
};

#define INC_EBX 0xFF, 0xC3
#define MOV_RAX 0x48, 0xB8
#define GDT_64 0xFFFFF80000100000u
#define GDT_64_18 0x18, 0, 0x10, 0, 0, 0xF8, 0xFF, 0xFF /* its address + 18 */
#define NOT_CANONICAL 0, 0, 0, 0, 0, 0, 1, 0
#define ALL_ONES_64 UINT64_MAX

/* The same for 64-bit code; a general protection fault unless something else is said. */
static const struct trap traps_64[] = {
    {"div by zero", {INC_EBX, 0xF7, 0xF1}, 4, STATUS_INTEGER_DIVIDE_BY_ZERO, 2, 0, {0}},
    {"div r9 by zero", {INC_EBX, 0x49, 0xF7, 0xF1}, 5, STATUS_INTEGER_DIVIDE_BY_ZERO, 2, 0, {0}},
    {"idiv overflow", /* mov edx, 80000000; mov ecx, 1 */
     {INC_EBX, 0xBA, 0, 0, 0, 0x80, 0xB9, 1, 0, 0, 0, 0xF7, 0xF9},
     14,
     STATUS_INTEGER_DIVIDE_BY_ZERO,
     12,
     0,
     {0}},
    {"aam is gone", {INC_EBX, 0xD4, 0x0A}, 4, STATUS_ILLEGAL_INSTRUCTION, 2, 0, {0}},
    {"into is gone", {INC_EBX, 0xCE}, 3, STATUS_ILLEGAL_INSTRUCTION, 2, 0, {0}},
    {"pusha is gone", {INC_EBX, 0x60}, 3, STATUS_ILLEGAL_INSTRUCTION, 2, 0, {0}},
    {"far jump immediate is gone", {INC_EBX, 0xEA, 0, 0, 0x40, 0, 8, 0}, 9, STATUS_ILLEGAL_INSTRUCTION, 2, 0, {0}},
    {"int3", {INC_EBX, 0xCC}, 3, STATUS_BREAKPOINT, 2, 1, {0}},
    {"int 2D", {INC_EBX, 0xCD, 0x2D, 0x90}, 5, STATUS_BREAKPOINT, 4, 1, {0}},
    {"ud2", {INC_EBX, 0x0F, 0x0B}, 4, STATUS_ILLEGAL_INSTRUCTION, 2, 0, {0}},
    {"rdgsbase rax", {INC_EBX, 0xF3, 0x48, 0x0F, 0xAE, 0xC8}, 7, STATUS_ILLEGAL_INSTRUCTION, 2, 0, {0}},
    {"lock nop", {INC_EBX, 0xF0, 0x90}, 4, STATUS_INVALID_LOCK_SEQUENCE, 2, 0, {0}},
    {"hlt", {INC_EBX, 0xF4}, 3, STATUS_PRIVILEGED_INSTRUCTION, 2, 0, {0}},
    {"cli", {INC_EBX, 0xFA}, 3, STATUS_PRIVILEGED_INSTRUCTION, 2, 0, {0}},
    {"sti", {INC_EBX, 0xFB}, 3, STATUS_PRIVILEGED_INSTRUCTION, 2, 0, {0}},
    {"mov rax, cr0", {INC_EBX, 0x0F, 0x20, 0xC0}, 5, STATUS_PRIVILEGED_INSTRUCTION, 2, 0, {0}},
    {"mov rax, cr8", {INC_EBX, 0x44, 0x0F, 0x20, 0xC0}, 6, STATUS_PRIVILEGED_INSTRUCTION, 2, 0, {0}},
    {"mov rax, dr7", {INC_EBX, 0x0F, 0x21, 0xF8}, 5, STATUS_PRIVILEGED_INSTRUCTION, 2, 0, {0}},
    {"lgdt", {INC_EBX, 0x0F, 0x01, 0x14, 0x25, 0, 0, 0x50, 0}, 10, STATUS_PRIVILEGED_INSTRUCTION, 2, 0, {0}},
    {"lldt ax", {INC_EBX, 0x0F, 0x00, 0xD0}, 5, STATUS_PRIVILEGED_INSTRUCTION, 2, 0, {0}},
    {"rdmsr", {INC_EBX, 0x0F, 0x32}, 4, STATUS_PRIVILEGED_INSTRUCTION, 2, 0, {0}},
    {"wrmsr", {INC_EBX, 0x0F, 0x30}, 4, STATUS_PRIVILEGED_INSTRUCTION, 2, 0, {0}},
    {"rdpmc", {INC_EBX, 0x0F, 0x33}, 4, STATUS_PRIVILEGED_INSTRUCTION, 2, 0, {0}},
    {"invd", {INC_EBX, 0x0F, 0x08}, 4, STATUS_PRIVILEGED_INSTRUCTION, 2, 0, {0}},
    {"swapgs", {INC_EBX, 0x0F, 0x01, 0xF8}, 5, STATUS_PRIVILEGED_INSTRUCTION, 2, 0, {0}},
    {"sysret", {INC_EBX, 0x48, 0x0F, 0x07}, 5, STATUS_PRIVILEGED_INSTRUCTION, 2, 0, {0}},
    {"in al, 80", {INC_EBX, 0xE4, 0x80}, 4, STATUS_PRIVILEGED_INSTRUCTION, 2, 0, {0}},
    {"out dx, eax", {INC_EBX, 0xEF}, 3, STATUS_PRIVILEGED_INSTRUCTION, 2, 0, {0}},
    {"insb to nowhere", {INC_EBX, 0x6C}, 3, STATUS_PRIVILEGED_INSTRUCTION, 2, 0, {0}},
    {"sysenter", {INC_EBX, 0x0F, 0x34}, 4, STATUS_ILLEGAL_INSTRUCTION, 2, 0, {0}},
    {"icebp", {INC_EBX, 0xF1, 0x90}, 4, STATUS_SINGLE_STEP, 3, 0, {0}},
    {"int 80", {INC_EBX, 0xCD, 0x80}, 4, STATUS_ACCESS_VIOLATION, 2, 2, {0, ALL_ONES_64}},
    {"int 2E", {INC_EBX, 0xCD, 0x2E}, 4, STATUS_ACCESS_VIOLATION, 2, 2, {0, ALL_ONES_64}},
    {"int 0", {INC_EBX, 0xCD, 0x00, 0x90}, 5, STATUS_ACCESS_VIOLATION, 2, 2, {0, ALL_ONES_64}},
    {"int 1", {INC_EBX, 0xCD, 0x01, 0x90}, 5, STATUS_ACCESS_VIOLATION, 2, 2, {0, ALL_ONES_64}},
    {"int 6", {INC_EBX, 0xCD, 0x06, 0x90}, 5, STATUS_ACCESS_VIOLATION, 2, 2, {0, ALL_ONES_64}},
    {"int 0D", {INC_EBX, 0xCD, 0x0D, 0x90}, 5, STATUS_ACCESS_VIOLATION, 2, 2, {0, ALL_ONES_64}},
    {"mov ds, kernel data",
     {INC_EBX, 0xB8, 0x18, 0, 0, 0, 0x8E, 0xD8},
     9,
     STATUS_ACCESS_VIOLATION,
     7,
     2,
     {0, ALL_ONES_64}},
    {"mov ds, LDT", {INC_EBX, 0xB8, 0x27, 0, 0, 0, 0x8E, 0xD8}, 9, STATUS_ACCESS_VIOLATION, 7, 2, {0, ALL_ONES_64}},
    {"mov ss, 0", {INC_EBX, 0x8E, 0xD0}, 4, STATUS_ACCESS_VIOLATION, 2, 2, {0, ALL_ONES_64}},
    {"jmp to 32-bit code", /* jmp far [rip] */
     {INC_EBX, 0xFF, 0x2D, 0, 0, 0, 0, 0, 0, 0x40, 0, 0x23, 0},
     14,
     STATUS_ACCESS_VIOLATION,
     2,
     2,
     {0, ALL_ONES_64}},
    {"jmp to ring 0",
     {INC_EBX, 0xFF, 0x2D, 0, 0, 0, 0, 0, 0, 0x40, 0, 0x10, 0},
     14,
     STATUS_ACCESS_VIOLATION,
     2,
     2,
     {0, ALL_ONES_64}},
    {"iretq to ring 0", /* push 18; push 8000; push 2; push 10; push 400000; iretq */
     {INC_EBX, 0x6A, 0x18, 0x6A, 0x40, 0x6A, 2, 0x6A, 0x10, 0x6A, 0, 0x48, 0xCF},
     14,
     STATUS_ACCESS_VIOLATION,
     12,
     2,
     {0, ALL_ONES_64}},
    {"read beyond the canonical addresses",
     {INC_EBX, MOV_RAX, NOT_CANONICAL, 0x48, 0x8B, 0x08},
     15,
     STATUS_ACCESS_VIOLATION,
     12,
     2,
     {0, ALL_ONES_64}},
    {"write there",
     {INC_EBX, MOV_RAX, NOT_CANONICAL, 0x48, 0x89, 0x08},
     15,
     STATUS_ACCESS_VIOLATION,
     12,
     2,
     {0, ALL_ONES_64}},
    {"push there", {INC_EBX, 0x48, 0xBC, NOT_CANONICAL, 0x50}, 13, STATUS_ACCESS_VIOLATION, 12, 2, {0, ALL_ONES_64}},
    {"jmp there",
     {INC_EBX, MOV_RAX, NOT_CANONICAL, 0xFF, 0xE0},
     14,
     STATUS_ACCESS_VIOLATION,
     0x1000000000000u - WORLD_CODE,
     2,
     {0, ALL_ONES_64}},
    {"cmpxchg16b misaligned",
     {INC_EBX, 0xBE, 8, 0, 0x50, 0, 0x48, 0x0F, 0xC7, 0x0E},
     11,
     STATUS_ACCESS_VIOLATION,
     7,
     2,
     {0, ALL_ONES_64}},
    {"fdiv by zero, unmasked",
     {INC_EBX, 0x68, 0x7B, 0x02, 0, 0, 0xD9, 0x2C, 0x24, 0xD9, 0xE8, 0xD9, 0xEE, 0xDE, 0xF9, 0x9B},
     17,
     0xC000008Eu,
     14,
     1,
     {0}},
    {"read address 10", {INC_EBX, 0x8B, 0x04, 0x25, 0x10, 0, 0, 0}, 9, STATUS_ACCESS_VIOLATION, 2, 2, {0, 0x10}},
    {"write address 14", {INC_EBX, 0x89, 0x04, 0x25, 0x14, 0, 0, 0}, 9, STATUS_ACCESS_VIOLATION, 2, 2, {1, 0x14}},
    {"read fs:[10]", {INC_EBX, 0x64, 0x8B, 0x04, 0x25, 0x10, 0, 0, 0}, 10, STATUS_ACCESS_VIOLATION, 2, 2, {0, 0x10}},
    {"read gs:[2000]",
     {INC_EBX, 0x65, 0x8B, 0x04, 0x25, 0, 0xF0, 0xFF, 0xFF},
     10,
     STATUS_ACCESS_VIOLATION,
     2,
     2,
     {0, WORLD_TEB - 0x1000}},
    {"read the GDT",
     {INC_EBX, MOV_RAX, GDT_64_18, 0x48, 0x8B, 0x08},
     15,
     STATUS_ACCESS_VIOLATION,
     12,
     2,
     {0, GDT_64 + 0x18}},
    {"mov gs, [the GDT]",
     {INC_EBX, MOV_RAX, GDT_64_18, 0x8E, 0x28},
     14,
     STATUS_ACCESS_VIOLATION,
     12,
     2,
     {0, GDT_64 + 0x18}},
    {"write the GDT",
     {INC_EBX, MOV_RAX, GDT_64_18, 0x48, 0x89, 0x08},
     15,
     STATUS_ACCESS_VIOLATION,
     12,
     2,
     {1, GDT_64 + 0x18}},
    {"jmp to system space",
     {INC_EBX, MOV_RAX, GDT_64_18, 0xFF, 0xE0},
     14,
     STATUS_ACCESS_VIOLATION,
     GDT_64 + 0x18 - WORLD_CODE,
     2,
     {8, GDT_64 + 0x18}},
    {"read the self-map",
     {INC_EBX, MOV_RAX, 0, 0, 0, 0, 0x80, 0xF6, 0xFF, 0xFF, 0x8B, 0x08},
     14,
     STATUS_ACCESS_VIOLATION,
     12,
     2,
     {0, 0xFFFFF68000000000u}},
};

static void check_trap(const struct trap *trap, enum paging_format format)
{
    struct world *world =
        world_new(&(struct world_options){.format = format, .nx = format == PAGING_X64 ? PTE_NX_ON : PTE_NX_OFF});
    uint8_t code[CODE_MAX + 1];
    memcpy(code, trap->code, CODE_MAX);
    for (unsigned n = 0; n < REPEATS; n++) {
        world_load(world, WORLD_CODE, code, trap->length);
        world->registers.general[CPU_RBX] = 41;
        world_run(world);
        const struct cpu_stop *stop = &world->stop;
        ck_assert_msg(stop->reason == CPU_STOP_EXCEPTION, "%s: reason %d (%s)", trap->name, stop->reason,
                      stop->text ? stop->text : "");
        ck_assert_msg(stop->status == trap->status, "%s, time %u: status %08x", trap->name, n, stop->status);
        ck_assert_msg(stop->address == WORLD_CODE + trap->offset, "%s: address %llx", trap->name,
                      (unsigned long long)stop->address);
        ck_assert_msg(stop->parameter_count == trap->parameters, "%s: %u parameters", trap->name,
                      stop->parameter_count);
        if (trap->status == STATUS_ACCESS_VIOLATION)
            for (unsigned i = 0; i < 2; i++)
                ck_assert_msg(stop->information[i] == trap->information[i], "%s: information[%u] = %llx", trap->name, i,
                              (unsigned long long)stop->information[i]);
        ck_assert_msg(world->registers.general[CPU_RBX] == 42, "%s: ebx", trap->name);
        ck_assert_msg(!(world->registers.flags & 0x100), "%s: TF shows", trap->name);
    }
    world_free(world);
}

START_TEST(trap_is_exact_again_and_again)
{
    check_trap(&traps[_i], PAGING_PAE);
}
END_TEST

START_TEST(trap_64_is_exact_again_and_again)
{
    check_trap(&traps_64[_i], PAGING_X64);
}
END_TEST

static const enum paging_format both[] = {PAGING_PAE, PAGING_X64};

/* Nothing after a port instruction in its block happens, in registers or in memory. */
START_TEST(port_instruction_stops_at_once)
{
    static const uint8_t code[] = {
        0x89,    0x07, /* mov [edi], eax: makes the page resident and the TLB warm */
        0xE4,    0x80, /* in al, 80 */
        INC_EBX,       /* inc ebx */
        0xD9,    0xE8, /* fld1 */
        0x89,    0x1F, /* mov [edi], ebx */
    };
    struct world *world = world_new(&(struct world_options){.format = both[_i]});
    world_load_exit(world, WORLD_CODE, code, sizeof code);
    world->registers.general[CPU_RAX] = 7;
    world->registers.general[CPU_RDI] = WORLD_DATA;
    world_run(world);
    struct cpu_float_state floats;
    cpu_get_float_state(world->cpu, &floats);
    ck_assert_uint_eq(world->stop.status, STATUS_PRIVILEGED_INSTRUCTION);
    ck_assert_uint_eq(world->stop.address, WORLD_CODE + 2);
    ck_assert_uint_eq(world->registers.general[CPU_RBX], 0);
    ck_assert_uint_eq(world->registers.general[CPU_RAX], 7);
    ck_assert_uint_eq(world_read32(world, WORLD_DATA), 7);
    ck_assert_uint_eq(floats.fxsave[4], 0);
    world_free(world);
}
END_TEST

START_TEST(guest_trap_flag_steps)
{
    static const uint8_t code[] = {
        0x9C, 0x81,    0x0C,    0x24, 0, 1, 0, 0, /* pushf; or dword [esp], 100 */
        0x9D, INC_EBX, INC_EBX,                   /* popf; inc ebx; inc ebx; exit */
    };
    struct world *world = world_new(&(struct world_options){.format = both[_i]});
    va_t end = world_load_exit(world, WORLD_CODE, code, sizeof code);
    world_run(world);
    ck_assert_uint_eq(world->stop.reason, CPU_STOP_EXCEPTION);
    ck_assert_uint_eq(world->stop.status, STATUS_SINGLE_STEP);
    ck_assert_uint_eq(world->stop.address, WORLD_CODE + 11);
    ck_assert_uint_eq(world->registers.general[CPU_RBX], 1);
    ck_assert_uint_eq(world->registers.flags & 0x100, 0);
    world->registers.flags |= 0x100; /* a handler steps on */
    world_run(world);
    ck_assert_uint_eq(world->stop.status, STATUS_SINGLE_STEP);
    ck_assert_uint_eq(world->stop.address, WORLD_CODE + 13);
    world_run(world);
    ck_assert_uint_eq(world->stop.reason, CPU_STOP_REQUESTED);
    ck_assert_uint_eq(world->registers.ip, end);
    world_free(world);
}
END_TEST

static enum cpu_action set_registers(struct world *world, const struct cpu_system_call *call)
{
    struct cpu_registers registers;
    cpu_get_registers(world->cpu, &registers);
    switch (call->number) {
    case 1: cpu_set_result(world->cpu, 0x1234); return CPU_CONTINUE;
    case 2:
        registers.ip = WORLD_CODE + 0x100;
        registers.general[CPU_RCX] = 99;
        cpu_set_registers(world->cpu, &registers);
        cpu_set_result(world->cpu, 5);
        return CPU_CONTINUE;
    case 3: return world->calls == 1 ? CPU_REWIND : CPU_CONTINUE;
    default: return CPU_STOP;
    }
}

static const struct {
    const char *name;
    uint32_t number;
    enum cpu_stop_reason reason;
    uint32_t ip, eax, ecx;
} calls[] = {
    {"result, continue", 1, CPU_STOP_REQUESTED, WORLD_CODE + 0x04, 0x1234, 0},
    {"new registers", 2, CPU_STOP_REQUESTED, WORLD_CODE + 0x102, 5, 99},
    {"rewind", 3, CPU_STOP_WAIT, WORLD_CODE, 3, 0},
    {"stop", 4, CPU_STOP_REQUESTED, WORLD_CODE + 2, 4, 0},
};

START_TEST(system_call_acts)
{
    static const uint8_t twice[2][4] = {{0xCD, 0x2E, 0xCD, 0x30}, {0x0F, 0x05, 0xCD, 0x30}}, once[] = {0xCD, 0x30};
    bool wide = _i & 1;
    int row = _i / 2;
    struct world *world = world_new(&(struct world_options){.format = both[wide]});
    world->on_call = set_registers;
    world_load(world, WORLD_CODE + 0x100, once, sizeof once);
    world_load(world, WORLD_CODE, twice[wide], sizeof twice[wide]);
    world->registers.general[CPU_RAX] = calls[row].number;
    world_run(world);
    if (calls[row].number <= 2) { /* they ran on to int 30 */
        ck_assert_msg(world->stop.reason == CPU_STOP_EXCEPTION, "%s: %d", calls[row].name, world->stop.reason);
        ck_assert_uint_eq(world->stop.address, calls[row].ip - 2);
    } else {
        ck_assert_msg(world->stop.reason == calls[row].reason, "%s: %d", calls[row].name, world->stop.reason);
        ck_assert_uint_eq(world->registers.ip, calls[row].ip);
    }
    uint32_t ecx = wide && calls[row].ecx == 0 ? WORLD_CODE + 2 : calls[row].ecx; /* syscall leaves it there */
    ck_assert_msg(world->registers.general[CPU_RAX] == calls[row].eax, "%s: eax", calls[row].name);
    ck_assert_msg(world->registers.general[CPU_RCX] == ecx, "%s: ecx", calls[row].name);
    world_free(world);
}
END_TEST

static const struct {
    const char *name;
    enum paging_format format;
    uint8_t code[4];
    uint32_t length;
} system_calls[] = {
    {"int 2E", PAGING_PAE, {0xCD, 0x2E}, 2},
    {"syscall", PAGING_X64, {0x0F, 0x05}, 2},
    {"syscall with prefixes", PAGING_X64, {0x66, 0x48, 0x0F, 0x05}, 4},
};

static uint32_t call_length;

static enum cpu_action check_call(struct world *world, const struct cpu_system_call *call)
{
    struct cpu_registers registers;
    cpu_get_registers(world->cpu, &registers);
    ck_assert_uint_eq(call->number, 0x55667788);
    ck_assert_uint_eq(registers.ip, WORLD_CODE + call_length); /* behind the instruction */
    if (world->format != PAGING_X64) {
        ck_assert_uint_eq(call->register_count, 0);
        ck_assert_uint_eq(call->stack_arguments, 0x12345678);
        return CPU_STOP;
    }
    ck_assert_uint_eq(call->register_count, 4);
    static const uint8_t sources[] = {10, CPU_RDX, 8, 9};
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(call->register_arguments[i], 0xA1B2C3D400000000u + sources[i]);
    ck_assert_uint_eq(call->stack_arguments, WORLD_STACK - WORLD_STACK_ROOM + 0x28);
    ck_assert_uint_eq(registers.general[CPU_RCX], registers.ip);
    ck_assert_uint_eq(registers.general[11], registers.flags);
    return CPU_STOP;
}

START_TEST(system_call_is_passed_whole)
{
    struct world *world = world_new(&(struct world_options){.format = system_calls[_i].format});
    world->on_call = check_call;
    call_length = system_calls[_i].length;
    world_load(world, WORLD_CODE, system_calls[_i].code, system_calls[_i].length);
    for (unsigned i = 0; i < 16; i++)
        if (i != CPU_RSP)
            world->registers.general[i] = 0xA1B2C3D400000000u + i;
    world->registers.general[CPU_RAX] = 0xFFFFFFFF55667788u;
    if (_i == 0)
        world->registers.general[CPU_RDX] = 0x12345678;
    world->registers.flags = 0xA97;
    world_run(world);
    ck_assert_uint_eq(world->calls, 1);
    ck_assert_uint_eq(world->registers.ip, WORLD_CODE + call_length);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cpu_trap");
    TCase *tc = tcase_create("traps");
    tcase_add_loop_test(tc, trap_is_exact_again_and_again, 0, sizeof traps / sizeof *traps);
    tcase_add_loop_test(tc, trap_64_is_exact_again_and_again, 0, sizeof traps_64 / sizeof *traps_64);
    tcase_add_loop_test(tc, port_instruction_stops_at_once, 0, 2);
    tcase_add_loop_test(tc, guest_trap_flag_steps, 0, 2);
    tcase_add_loop_test(tc, system_call_acts, 0, 2 * sizeof calls / sizeof *calls);
    tcase_add_loop_test(tc, system_call_is_passed_whole, 0, sizeof system_calls / sizeof *system_calls);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
