/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_cpu.c - what the MMU model costs where nothing misses: the same loops on a flat Unicorn engine and on ours, in
 * 32 bits (PAE) and in 64.  The bytes of the loops are the same in both widths.
 * Targets, for each width: register loop >= 0.95 of flat, loads >= 0.9, stores at most 1.2 times the time of loads. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unicorn/unicorn.h>

#include "tests/emu/bench.h"
#include "tests/emu/cpu_world.h"

enum { ITERATIONS = 500000, FLAT_SIZE = 0x01000000, CODE_MAX = 48 };

/* Each starts with mov ecx, ITERATIONS and ends with dec ecx; jnz; xor eax, eax. */
static const struct {
    const char *name;
    uint8_t body[CODE_MAX];
    uint8_t length;
} loops[] = {
    {"registers",
     {0x01, 0xD8, 0x31, 0xC2, 0xFF, 0xC6, 0x29, 0xFA},
     8},      /* add eax,ebx; xor edx,eax; inc esi; sub edx,edi */
    {"loads", /* mov eax,[esi]; mov edx,[esi+40]; mov ebx,[esi+1000]; mov eax,[esi+2004] */
     {0x8B, 0x06, 0x8B, 0x56, 0x40, 0x8B, 0x9E, 0, 0x10, 0, 0, 0x8B, 0x86, 4, 0x20, 0, 0},
     17},
    {"stores", {0x89, 0x06, 0x89, 0x56, 0x40, 0x89, 0x9E, 0, 0x10, 0, 0, 0x89, 0x86, 4, 0x20, 0, 0}, 17},
};
enum { REGISTERS, LOADS, STORES, LOOPS = sizeof loops / sizeof *loops };

struct width {
    const char *name;
    uc_mode mode;
    enum paging_format format;
    int source; /* Unicorn's name for esi */
    uc_engine *uc;
    struct world *world;
    uint32_t length[LOOPS];
    double flat[LOOPS][BENCH_ROUNDS], ours[LOOPS][BENCH_ROUNDS];
};

/* => returns the length. */
static uint32_t assemble(unsigned loop, uint8_t *code)
{
    uint32_t n = 0, count = ITERATIONS;
    code[n++] = 0xB9;
    memcpy(code + n, &count, 4);
    n += 4;
    memcpy(code + n, loops[loop].body, loops[loop].length);
    n += loops[loop].length;
    code[n++] = 0xFF; /* dec ecx; jnz */
    code[n++] = 0xC9;
    code[n++] = 0x75;
    code[n] = (uint8_t) - (loops[loop].length + 4);
    n++;
    code[n++] = 0x31; /* xor eax, eax: an end of the flat run right behind the jump would slow the jump down */
    code[n++] = 0xC0;
    return n;
}

static double run_flat(struct width *width, unsigned loop)
{
    uint64_t source = WORLD_DATA, begin = WORLD_CODE + loop * 0x1000;
    uc_reg_write(width->uc, width->source, &source);
    double start = bench_now();
    uc_emu_start(width->uc, begin, begin + width->length[loop], 0, 0);
    return bench_now() - start;
}

static double run_ours(struct width *width, unsigned loop)
{
    struct world *world = width->world;
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
static void open_width(struct width *width)
{
    uint8_t code[CODE_MAX + 16];
    if (uc_open(UC_ARCH_X86, width->mode, &width->uc) != UC_ERR_OK ||
        uc_mem_map(width->uc, 0, FLAT_SIZE, UC_PROT_ALL) != UC_ERR_OK)
        exit(EXIT_FAILURE);
    width->world = world_new(&(struct world_options){.format = width->format, .lazy_address = true});
    for (unsigned loop = 0; loop < LOOPS; loop++) {
        width->length[loop] = assemble(loop, code);
        uc_mem_write(width->uc, WORLD_CODE + loop * 0x1000, code, width->length[loop]);
        world_load_exit(width->world, WORLD_CODE + loop * 0x1000, code, width->length[loop]);
        run_flat(width, loop);
        run_ours(width, loop);
    }
}

static bool report(struct width *width)
{
    double flat[LOOPS], ours[LOOPS];
    for (unsigned loop = 0; loop < LOOPS; loop++) {
        flat[loop] = bench_figure(width->flat[loop]) / ITERATIONS;
        ours[loop] = bench_figure(width->ours[loop]) / ITERATIONS;
        printf("%s: %-10s flat %6.2f ns/iteration, ours %6.2f: speed %.2f of flat\n", width->name, loops[loop].name,
               flat[loop], ours[loop], flat[loop] / ours[loop]);
    }
    printf("%s: stores take %.2f times the time of loads (flat: %.2f)\n", width->name, ours[STORES] / ours[LOADS],
           flat[STORES] / flat[LOADS]);
    return flat[REGISTERS] / ours[REGISTERS] >= 0.95 && flat[LOADS] / ours[LOADS] >= 0.9 &&
           ours[STORES] / ours[LOADS] <= 1.2;
}

int main(void)
{
    static struct width widths[] = {
        {.name = "32 bits", .mode = UC_MODE_32, .format = PAGING_PAE, .source = UC_X86_REG_ESI},
        {.name = "64 bits", .mode = UC_MODE_64, .format = PAGING_X64, .source = UC_X86_REG_RSI},
    };
    enum { WIDTHS = sizeof widths / sizeof *widths };
    bool ok = true;
    for (unsigned w = 0; w < WIDTHS; w++)
        open_width(&widths[w]);
    for (unsigned round = 0; round < BENCH_ROUNDS; round++) {
        for (unsigned w = 0; w < WIDTHS; w++) {
            for (unsigned loop = 0; loop < LOOPS; loop++) {
                widths[w].flat[loop][round] = run_flat(&widths[w], loop);
                widths[w].ours[loop][round] = run_ours(&widths[w], loop);
            }
        }
    }
    for (unsigned w = 0; w < WIDTHS; w++) {
        ok = report(&widths[w]) && ok;
        uc_close(widths[w].uc);
        world_free(widths[w].world);
    }
    printf("%s\n", ok ? "targets met" : "TARGETS MISSED");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
