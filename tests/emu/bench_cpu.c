/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_cpu.c - what the MMU model costs where nothing misses: the same loops on a flat Unicorn engine and on ours.
 * Targets: register loop >= 0.95 of flat, loads >= 0.9, stores at most 1.2 times the time of loads. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unicorn/unicorn.h>

#include "tests/emu/bench.h"
#include "tests/emu/cpu_world.h"

enum { ITERATIONS = 500000, FLAT_SIZE = 0x01000000, CODE_MAX = 48 };

/* Each starts with mov ecx, ITERATIONS and ends where eax = 0 and int 2E follow. */
static const struct {
    const char *name;
    uint8_t body[CODE_MAX];
    uint8_t length;
} loops[] = {
    {"registers", {0x01, 0xD8, 0x31, 0xC2, 0x46, 0x29, 0xFA}, 7}, /* add eax,ebx; xor edx,eax; inc esi; sub edx,edi */
    {"loads", /* mov eax,[esi]; mov edx,[esi+40]; mov ebx,[esi+1000]; mov eax,[esi+2004] */
     {0x8B, 0x06, 0x8B, 0x56, 0x40, 0x8B, 0x9E, 0, 0x10, 0, 0, 0x8B, 0x86, 4, 0x20, 0, 0},
     17},
    {"stores", {0x89, 0x06, 0x89, 0x56, 0x40, 0x89, 0x9E, 0, 0x10, 0, 0, 0x89, 0x86, 4, 0x20, 0, 0}, 17},
};
enum { LOOPS = sizeof loops / sizeof *loops };

/* => returns the length. */
static uint32_t assemble(unsigned loop, uint8_t *code)
{
    uint32_t n = 0, count = ITERATIONS;
    code[n++] = 0xB9;
    memcpy(code + n, &count, 4);
    n += 4;
    memcpy(code + n, loops[loop].body, loops[loop].length);
    n += loops[loop].length;
    code[n++] = 0x49; /* dec ecx */
    code[n++] = 0x75; /* jnz */
    code[n] = (uint8_t) - (loops[loop].length + 3);
    n++;
    code[n++] = 0x31; /* xor eax, eax; int 2E */
    code[n++] = 0xC0;
    code[n++] = 0xCD;
    code[n++] = 0x2E;
    return n;
}

static double run_flat(uc_engine *uc, unsigned loop)
{
    uint8_t code[CODE_MAX + 16];
    uint32_t length = assemble(loop, code), esi = WORLD_DATA;
    uc_reg_write(uc, UC_X86_REG_ESI, &esi);
    double start = bench_now();
    uc_emu_start(uc, WORLD_CODE + loop * 0x1000, WORLD_CODE + loop * 0x1000 + length - 2, 0, 0);
    return bench_now() - start;
}

static double run_ours(struct world *world, unsigned loop)
{
    world->registers = (struct cpu_registers){.ip = WORLD_CODE + loop * 0x1000, .flags = 0x202};
    world->registers.general[CPU_RSI] = WORLD_DATA;
    double start = bench_now();
    world_run(world);
    double elapsed = bench_now() - start;
    if (world->stop.reason != CPU_STOP_REQUESTED)
        printf("# %s did not finish\n", loops[loop].name);
    return elapsed;
}

/* Once: what is timed is the running of code that has been translated. */
static void load(uc_engine *uc, struct world *world)
{
    uint8_t code[CODE_MAX + 16];
    for (unsigned loop = 0; loop < LOOPS; loop++) {
        uint32_t length = assemble(loop, code);
        uc_mem_write(uc, WORLD_CODE + loop * 0x1000, code, length);
        world_load(world, WORLD_CODE + loop * 0x1000, code, length);
        run_flat(uc, loop);
        run_ours(world, loop);
    }
}

int main(void)
{
    double flat[LOOPS][BENCH_ROUNDS], ours[LOOPS][BENCH_ROUNDS], flat_ns[LOOPS], our_ns[LOOPS];
    struct world *world = world_new(&(struct world_options){.format = PAGING_PAE, .lazy_address = true});
    uc_engine *uc;
    if (uc_open(UC_ARCH_X86, UC_MODE_32, &uc) != UC_ERR_OK || uc_mem_map(uc, 0, FLAT_SIZE, UC_PROT_ALL) != UC_ERR_OK)
        return EXIT_FAILURE;
    load(uc, world);
    for (unsigned round = 0; round < BENCH_ROUNDS; round++) {
        for (unsigned loop = 0; loop < LOOPS; loop++) {
            flat[loop][round] = run_flat(uc, loop);
            ours[loop][round] = run_ours(world, loop);
        }
    }
    for (unsigned loop = 0; loop < LOOPS; loop++) {
        flat_ns[loop] = bench_figure(flat[loop]) / ITERATIONS;
        our_ns[loop] = bench_figure(ours[loop]) / ITERATIONS;
        printf("%-10s flat %6.2f ns/iteration, ours %6.2f: speed %.2f of flat\n", loops[loop].name, flat_ns[loop],
               our_ns[loop], flat_ns[loop] / our_ns[loop]);
    }
    printf("stores take %.2f times the time of loads (flat: %.2f)\n", our_ns[2] / our_ns[1], flat_ns[2] / flat_ns[1]);
    bool ok = flat_ns[0] / our_ns[0] >= 0.95 && flat_ns[1] / our_ns[1] >= 0.9 && our_ns[2] / our_ns[1] <= 1.2;
    printf("%s\n", ok ? "targets met" : "TARGETS MISSED");
    uc_close(uc);
    world_free(world);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
