/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cpu_trap.c - the trap table of design.md: status, address and parameters of what the CPU raises by itself, each
 * three times in a row (unicorn.md fact 9: an exception must not spoil the next one). */
#include <check.h>
#include <string.h>

#include "tests/emu/cpu_world.h"

enum { CODE_MAX = 24, REPEATS = 3 };

#define ALL_ONES 0xFFFFFFFFu

static const struct {
    const char *name;
    uint8_t code[CODE_MAX]; /* begins with inc ebx, so that the address is not the block's */
    uint32_t length;
    ntstatus_t status;
    unsigned offset; /* of the exception's address */
    unsigned parameters;
    uint32_t information[2];
} traps[] = {
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

START_TEST(trap_is_exact_again_and_again)
{
    struct world *world = world_new(&(struct world_options){.format = PAGING_PAE});
    uint8_t code[CODE_MAX + 1];
    memcpy(code, traps[_i].code, CODE_MAX);
    for (unsigned n = 0; n < REPEATS; n++) {
        world_load(world, WORLD_CODE, code, traps[_i].length);
        world->registers.general[CPU_RBX] = 41;
        world_run(world);
        const struct cpu_stop *stop = &world->stop;
        ck_assert_msg(stop->reason == CPU_STOP_EXCEPTION, "%s: reason %d (%s)", traps[_i].name, stop->reason,
                      stop->text ? stop->text : "");
        ck_assert_msg(stop->status == traps[_i].status, "%s, time %u: status %08x", traps[_i].name, n, stop->status);
        ck_assert_msg(stop->address == WORLD_CODE + traps[_i].offset, "%s: address %llx", traps[_i].name,
                      (unsigned long long)stop->address);
        ck_assert_msg(stop->parameter_count == traps[_i].parameters, "%s: %u parameters", traps[_i].name,
                      stop->parameter_count);
        if (traps[_i].status == STATUS_ACCESS_VIOLATION)
            for (unsigned i = 0; i < 2; i++)
                ck_assert_msg(stop->information[i] == traps[_i].information[i], "%s: information[%u] = %llx",
                              traps[_i].name, i, (unsigned long long)stop->information[i]);
        ck_assert_msg(world->registers.general[CPU_RBX] == 42, "%s: ebx", traps[_i].name);
        ck_assert_msg(!(world->registers.flags & 0x100), "%s: TF shows", traps[_i].name);
    }
    world_free(world);
}
END_TEST

/* Nothing after a port instruction in its block happens, in registers or in memory. */
START_TEST(port_instruction_stops_at_once)
{
    static const uint8_t code[] = {
        0xA3, 0,    0, 0x50, 0,       /* mov [500000], eax: makes the page resident and the TLB warm */
        0xE4, 0x80,                   /* in al, 80 */
        0x43,                         /* inc ebx */
        0xD9, 0xE8,                   /* fld1 */
        0x89, 0x1D, 0, 0,    0x50, 0, /* mov [500000], ebx */
        0xCD, 0x2E,
    };
    struct world *world = world_new(&(struct world_options){.format = PAGING_PAE});
    world_load(world, WORLD_CODE, code, sizeof code);
    world->registers.general[CPU_RAX] = 7;
    world_run(world);
    struct cpu_float_state floats;
    cpu_get_float_state(world->cpu, &floats);
    ck_assert_uint_eq(world->stop.status, STATUS_PRIVILEGED_INSTRUCTION);
    ck_assert_uint_eq(world->stop.address, WORLD_CODE + 5);
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
        0x9C, 0x81, 0x0C, 0x24, 0,    1, 0, 0, /* pushf; or dword [esp], 100 */
        0x9D, 0x43, 0x43, 0xCD, 0x2E,          /* popf; inc ebx; inc ebx */
    };
    struct world *world = world_new(&(struct world_options){.format = PAGING_PAE});
    world_load(world, WORLD_CODE, code, sizeof code);
    world_run(world);
    ck_assert_uint_eq(world->stop.reason, CPU_STOP_EXCEPTION);
    ck_assert_uint_eq(world->stop.status, STATUS_SINGLE_STEP);
    ck_assert_uint_eq(world->stop.address, WORLD_CODE + 10);
    ck_assert_uint_eq(world->registers.general[CPU_RBX], 1);
    ck_assert_uint_eq(world->registers.flags & 0x100, 0);
    world->registers.flags |= 0x100; /* a handler steps on */
    world_run(world);
    ck_assert_uint_eq(world->stop.status, STATUS_SINGLE_STEP);
    ck_assert_uint_eq(world->stop.address, WORLD_CODE + 11);
    world_run(world);
    ck_assert_uint_eq(world->stop.reason, CPU_STOP_REQUESTED);
    ck_assert_uint_eq(world->registers.ip, WORLD_CODE + 13);
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
    static const uint8_t twice[] = {0xCD, 0x2E, 0xCD, 0x30}, once[] = {0xCD, 0x30};
    struct world *world = world_new(&(struct world_options){.format = PAGING_PAE});
    world->on_call = set_registers;
    world_load(world, WORLD_CODE + 0x100, once, sizeof once);
    world_load(world, WORLD_CODE, twice, sizeof twice);
    world->registers.general[CPU_RAX] = calls[_i].number;
    world_run(world);
    if (calls[_i].number <= 2) { /* they ran on to int 30 */
        ck_assert_msg(world->stop.reason == CPU_STOP_EXCEPTION, "%s: %d", calls[_i].name, world->stop.reason);
        ck_assert_uint_eq(world->stop.address, calls[_i].ip - 2);
    } else {
        ck_assert_msg(world->stop.reason == calls[_i].reason, "%s: %d", calls[_i].name, world->stop.reason);
        ck_assert_uint_eq(world->registers.ip, calls[_i].ip);
    }
    ck_assert_msg(world->registers.general[CPU_RAX] == calls[_i].eax, "%s: eax", calls[_i].name);
    ck_assert_msg(world->registers.general[CPU_RCX] == calls[_i].ecx, "%s: ecx", calls[_i].name);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cpu_trap");
    TCase *tc = tcase_create("traps");
    tcase_add_loop_test(tc, trap_is_exact_again_and_again, 0, sizeof traps / sizeof *traps);
    tcase_add_test(tc, port_instruction_stops_at_once);
    tcase_add_test(tc, guest_trap_flag_steps);
    tcase_add_loop_test(tc, system_call_acts, 0, sizeof calls / sizeof *calls);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
