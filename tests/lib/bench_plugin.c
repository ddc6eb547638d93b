/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_plugin.c - what the plugin costs a caller's engine: the same loops with and without it, in 32 and in 64 bits;
 * the bytes of the loops are the same in both.
 * Target: the register loop at least 0.95 as fast as without. */
#include <stdio.h>
#include <string.h>
#include <unicorn/unicorn.h>

#include "emu/plugin.h"
#include "tests/emu/bench.h"

enum { ITERATIONS = 500000, CODE = 0x1000000, CLAIM = 0x10000000, PAGES = 1024 };
enum { PLAIN, OUTSIDE, INSIDE, PLACES }; /* not attached; attached, code in the caller's memory; in the claim */

/* mov ecx, ITERATIONS; l: add eax, ebx; xor edx, eax; inc esi; sub edx, edi; dec ecx; jnz l; xor eax, eax */
static const uint8_t registers[] = {0xB9, 0x20, 0xA1, 7,    0,    0x01, 0xD8, 0x31, 0xC2, 0xFF,
                                    0xC6, 0x29, 0xFA, 0xFF, 0xC9, 0x75, 0xF4, 0x31, 0xC0};
/* mov edi, CLAIM; mov ecx, PAGES; l: mov [edi], ecx; add edi, 1000h; dec ecx; jnz l; xor eax, eax */
static const uint8_t pages[] = {0xBF, 0,    0, 0,    0x10, 0xB9, 0,    4,    0,    0,    0x89, 0x0F,
                                0x81, 0xC7, 0, 0x10, 0,    0,    0xFF, 0xC9, 0x75, 0xF4, 0x31, 0xC0};

static const struct width {
    const char *name;
    uc_mode mode;
} widths[] = {{"32 bits", UC_MODE_32}, {"64 bits", UC_MODE_64}};

static double run(uc_engine *uc, struct sf_plugin *plugin, uint32_t va, size_t length)
{
    double start = bench_now();
    int status = plugin ? (int)sf_run(plugin, va, va + length, 0, 0, NULL) != SF_STOP_UNTIL
                        : (int)uc_emu_start(uc, va, va + length, 0, 0);
    double elapsed = bench_now() - start;
    if (status)
        printf("# did not finish\n");
    return elapsed;
}

static uc_engine *open_engine(uc_mode mode, const uint8_t *code, size_t length)
{
    uc_engine *uc;
    if (uc_open(UC_ARCH_X86, mode, &uc) != UC_ERR_OK || uc_mem_map(uc, CODE, 0x10000, UC_PROT_ALL) != UC_ERR_OK ||
        uc_mem_write(uc, CODE, code, length) != UC_ERR_OK)
        exit(EXIT_FAILURE);
    return uc;
}

static struct sf_plugin *attach(uc_engine *uc)
{
    char error[SF_ERROR_SIZE];
    struct sf_claim claim = {
        .size = sizeof claim, .ram_base = 0x40000000, .ram_bytes = 64 << 20, .va_begin = CLAIM, .va_end = 2 * CLAIM};
    struct sf_plugin *plugin = sf_attach(uc, &claim, error);
    if (!plugin) {
        printf("# %s\n", error);
        exit(EXIT_FAILURE);
    }
    return plugin;
}

static bool bench_registers(const struct width *width)
{
    static const char *const names[PLACES] = {"without", "attached, caller's code", "attached, claimed code"};
    double times[PLACES][BENCH_ROUNDS], ns[PLACES];
    uc_engine *plain = open_engine(width->mode, registers, sizeof registers);
    uc_engine *uc = open_engine(width->mode, registers, sizeof registers);
    struct sf_plugin *plugin = attach(uc);
    uint64_t va = CLAIM, bytes = 4096;
    sf_alloc(plugin, &va, &bytes, SF_MEM_RESERVE | SF_MEM_COMMIT, SF_PAGE_EXECUTE_READWRITE);
    sf_write(plugin, CLAIM, registers, sizeof registers);
    for (int round = -1; round < BENCH_ROUNDS; round++) { /* the first one translates */
        double now[PLACES] = {run(plain, NULL, CODE, sizeof registers), run(uc, plugin, CODE, sizeof registers),
                              run(uc, plugin, CLAIM, sizeof registers)};
        for (unsigned i = 0; round >= 0 && i < PLACES; i++)
            times[i][round] = now[i];
    }
    for (unsigned i = 0; i < PLACES; i++) {
        ns[i] = bench_figure(times[i]) / ITERATIONS;
        printf("%s: register loop, %-24s %6.2f ns/iteration: %.2f of without\n", width->name, names[i], ns[i],
               ns[PLAIN] / ns[i]);
    }
    sf_detach(plugin);
    uc_close(plain);
    uc_close(uc);
    return ns[PLAIN] / ns[OUTSIDE] >= 0.95 && ns[PLAIN] / ns[INSIDE] >= 0.95;
}

static void bench_faults(const struct width *width)
{
    double times[BENCH_ROUNDS];
    uc_engine *uc = open_engine(width->mode, pages, sizeof pages);
    struct sf_plugin *plugin = attach(uc);
    for (unsigned round = 0; round < BENCH_ROUNDS; round++) {
        uint64_t va = CLAIM, bytes = PAGES * 4096;
        sf_alloc(plugin, &va, &bytes, SF_MEM_RESERVE | SF_MEM_COMMIT, SF_PAGE_READWRITE);
        times[round] = run(uc, plugin, CODE, sizeof pages);
        bytes = 0;
        sf_free(plugin, &va, &bytes, SF_MEM_RELEASE);
    }
    printf("%s: demand-zero fault                       %6.0f ns\n", width->name, bench_figure(times) / PAGES);
    sf_detach(plugin);
    uc_close(uc);
}

int main(void)
{
    bool ok = true;
    for (unsigned i = 0; i < sizeof widths / sizeof *widths; i++) {
        ok = bench_registers(&widths[i]) && ok;
        bench_faults(&widths[i]);
    }
    printf("%s\n", ok ? "target met" : "TARGET MISSED");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
