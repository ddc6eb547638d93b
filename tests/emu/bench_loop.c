/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_loop.c - see bench_loop.h. */
#include "tests/emu/bench_loop.h"

#include "tests/emu/bench.h"

const struct bench_width bench_widths[BENCH_WIDTHS] = {{"32 bits", PAGING_PAE}, {"64 bits", PAGING_X64}};

/* mov [edi], eax (mov eax, [edi]); add edi, 1000; dec ecx; jnz; xor eax, eax */
const uint8_t bench_touch_code[BENCH_LOOP_SIZE] = {0x89, 0x07, 0x81, 0xC7, 0,    0x10, 0,
                                                   0,    0xFF, 0xC9, 0x75, 0xF4, 0x31, 0xC0};
static const uint8_t look_code[BENCH_LOOP_SIZE] = {0x8B, 0x07, 0x81, 0xC7, 0,    0x10, 0,
                                                   0,    0xFF, 0xC9, 0x75, 0xF4, 0x31, 0xC0};

void bench_load_loops(struct world *world)
{
    world_load_exit(world, BENCH_LOOK, look_code, sizeof look_code);
    world_load_exit(world, BENCH_TOUCH, bench_touch_code, sizeof bench_touch_code);
}

double bench_run_loop(struct world *world, enum bench_loop loop, va_t base, uint32_t pages)
{
    world->registers.ip = loop;
    world->registers.general[CPU_RDI] = base;
    world->registers.general[CPU_RCX] = pages;
    world->registers.general[CPU_RAX] = 1;
    double start = bench_now();
    world_run(world);
    double elapsed = bench_now() - start;
    bench_must(world->stop.reason == CPU_STOP_REQUESTED && world->fault_count >= pages, "the guest loop");
    return elapsed;
}
