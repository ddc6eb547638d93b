/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpu_world.h - for tests: a CPU over a real memory manager, one process, and a program in its memory. */
#ifndef SOFTFAULT_TESTS_EMU_CPU_WORLD_H
#define SOFTFAULT_TESTS_EMU_CPU_WORLD_H

#include "emu/cpu.h"

enum {
    WORLD_CODE = 0x00400000, /* PAGE_EXECUTE_READWRITE, 8 pages committed; page 5 (ABSENT) is decommitted */
    WORLD_CODE_SIZE = 0x8000,
    WORLD_ABSENT = 0x00405000,
    WORLD_DATA = 0x00500000, /* PAGE_READWRITE, 16 pages committed, untouched */
    WORLD_DATA_SIZE = 0x10000,
    WORLD_CONST = 0x00600000, /* PAGE_READONLY, one page committed */
    WORLD_STACK = 0x00710000, /* initial ESP, minus WORLD_STACK_ROOM; 16 pages committed below */
    WORLD_STACK_ROOM = 0x100,
    WORLD_TEB = 0x7FFDE000,
    WORLD_FAULTS = 64,
    WORLD_CALL_EXIT = 0, /* a system call with EAX = 0 leaves cpu_run() */
};

struct world_fault {
    struct mm_fault fault;
    enum mm_fault_result result;
    va_t pc;
};

struct world {
    enum paging_format format;
    struct mm *mm;
    struct cpu *cpu;
    struct mmu_ram ram;
    void *state;
    size_t state_size;
    mm_process process;
    struct mm_env mm_env;
    struct cpu_env cpu_env;
    struct world_fault faults[WORLD_FAULTS]; /* the first of them */
    unsigned fault_count;
    unsigned calls; /* system calls other than EXIT */
    enum cpu_action (*on_call)(struct world *world, const struct cpu_system_call *call); /* NULL: CPU_CONTINUE */
    enum mm_fault_result (*on_fault)(struct world *world, struct mm_fault *fault);       /* NULL: mm_access_fault() */
    void (*on_time)(struct world *world);
    unsigned time_stamps;           /* rdtsc: this number, in both halves */
    struct cpu_registers registers; /* with which the next run starts; then as they were at the stop */
    struct cpu_stop stop;
};

struct world_options {
    uint32_t frames; /* 0: 4096 */
    bool lazy_address;
    enum pte_nx_policy nx;
    enum paging_format format;
    bool count_blocks;
    va_t clock_page;
    const struct cpu_clock_field *clock_fields;
};

/* => NULL if the host cannot provide it. */
struct world *world_new(const struct world_options *options);
void world_free(struct world *world);

/* Write guest memory as a service would (faults pages in).  => false: not writable. */
bool world_write(struct world *world, va_t va, const void *bytes, uint32_t length);
uint32_t world_read32(struct world *world, va_t va);
/* Is the page of va resident? */
bool world_resident(struct world *world, va_t va);
/* Commit size bytes at va. */
void world_allocate(struct world *world, va_t va, uint64_t size, uint32_t protect);
void world_protect(struct world *world, va_t va, uint64_t size, uint32_t protect);
void world_decommit(struct world *world, va_t va, uint64_t size);

/* Put code at va and set registers: EIP there, ESP at the stack, the rest 0. */
void world_load(struct world *world, va_t va, const void *code, uint32_t length);
/* The same, followed by the system call that leaves cpu_run().  => the address after it. */
va_t world_load_exit(struct world *world, va_t va, const void *code, uint32_t length);
/* Run from world->registers; fills stop and registers. */
void world_run(struct world *world);

#endif
