/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/emu/cpu_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/host_memory.h"

static void on_flush(void *context)
{
    struct world *world = context;
    if (world->cpu)
        cpu_flush_tlb(world->cpu);
}

static void on_drop(void *context, pfn_t frame)
{
    struct world *world = context;
    if (world->cpu)
        cpu_drop_code(world->cpu, frame);
}

static ntstatus_t on_page_in(void *context, const struct mm_page_in *request, uint8_t *page)
{
    return STATUS_SUCCESS;
}

static bool on_user_stack(void *context, mm_process process, struct mm_user_stack *ret_stack)
{
    return false;
}

static void on_stack_limit(void *context, va_t limit)
{
}

static enum cpu_action on_system_call(void *context, const struct cpu_system_call *call)
{
    struct world *world = context;
    if (call->number == WORLD_CALL_EXIT)
        return CPU_STOP;
    world->calls++;
    return world->on_call ? world->on_call(world, call) : CPU_CONTINUE;
}

static enum mm_fault_result on_page_fault(void *context, struct mm_fault *fault, va_t pc)
{
    struct world *world = context;
    enum mm_fault_result result = world->on_fault ? world->on_fault(world, fault) : mm_access_fault(world->mm, fault);
    if (world->fault_count < WORLD_FAULTS)
        world->faults[world->fault_count] = (struct world_fault){*fault, result, pc};
    world->fault_count++;
    return result;
}

static void on_time_passes(void *context)
{
    struct world *world = context;
    if (world->on_time)
        world->on_time(world);
}

static uint64_t on_time_stamp(void *context)
{
    struct world *world = context;
    world->time_stamps++;
    return (uint64_t)world->time_stamps << 32 | world->time_stamps;
}

static void must(bool ok, const char *what)
{
    if (!ok) {
        printf("Bail out! cpu_world: %s\n", what);
        exit(1);
    }
}

void world_allocate(struct world *world, va_t va, uint64_t size, uint32_t protect)
{
    struct mm_allocation request = {.base = va, .size = size, .type = MEM_RESERVE | MEM_COMMIT, .protect = protect};
    must(mm_allocate(world->mm, world->process, &request) == STATUS_SUCCESS && request.base == va, "mm_allocate");
}

void world_protect(struct world *world, va_t va, uint64_t size, uint32_t protect)
{
    uint32_t old;
    must(mm_protect(world->mm, world->process, &va, &size, protect, &old) == STATUS_SUCCESS, "mm_protect");
}

void world_decommit(struct world *world, va_t va, uint64_t size)
{
    must(mm_free(world->mm, world->process, &va, &size, MEM_DECOMMIT) == STATUS_SUCCESS, "mm_free");
}

static void make_space(struct world *world, enum pte_nx_policy nx)
{
    must(mm_process_create(world->mm, nx, &world->process) == STATUS_SUCCESS, "mm_process_create");
    cpu_attach(world->cpu, world->process, 8);
    must(mm_allocate_secured(world->mm, world->process, WORLD_TEB, MMU_PAGE_SIZE) == STATUS_SUCCESS, "TEB");
    must(cpu_enter_user(world->cpu, WORLD_TEB), "cpu_enter_user");
    world_allocate(world, WORLD_CODE, WORLD_CODE_SIZE, PAGE_EXECUTE_READWRITE);
    world_decommit(world, WORLD_ABSENT, MMU_PAGE_SIZE);
    world_allocate(world, WORLD_DATA, WORLD_DATA_SIZE, PAGE_READWRITE);
    world_allocate(world, WORLD_CONST, MMU_PAGE_SIZE, PAGE_READONLY);
    world_allocate(world, WORLD_STACK - 0x10000, 0x10000, PAGE_READWRITE);
}

struct world *world_new(const struct world_options *options)
{
    uint32_t frames = options->frames ? options->frames : 4096;
    struct world *world = calloc(1, sizeof *world);
    must(world != NULL, "calloc");
    world->format = options->format;
    world->ram = (struct mmu_ram){
        .base = host_memory_map((size_t)frames * MMU_PAGE_SIZE, HOST_MEMORY_RAM), .frame_count = frames, .epoch = 1};
    world->ram.stamp = host_memory_map(frames * sizeof *world->ram.stamp, HOST_MEMORY_SPARSE);
    world->state_size = mm_state_size(frames);
    world->state = host_memory_map(world->state_size, HOST_MEMORY_SPARSE);
    must(world->ram.base && world->ram.stamp && world->state, "mmap");

    world->mm_env = (struct mm_env){.context = world,
                                    .flush_tlb = on_flush,
                                    .drop_code = on_drop,
                                    .page_in = on_page_in,
                                    .user_stack = on_user_stack,
                                    .set_stack_limit = on_stack_limit};
    struct mm_config mm_config = {.format = options->format, .ram = world->ram, .env = &world->mm_env};
    world->mm = mm_init(world->state, &mm_config);
    must(world->mm != NULL, "mm_init");

    world->cpu_env = (struct cpu_env){world, on_system_call, on_page_fault, on_time_passes, on_time_stamp};
    struct cpu_config cpu_config = {.mm = world->mm,
                                    .format = options->format,
                                    .ram = world->ram,
                                    .env = &world->cpu_env,
                                    .lazy_address = options->lazy_address,
                                    .count_blocks = options->count_blocks,
                                    .clock = {options->clock_page, options->clock_fields}};
    const char *why = "";
    world->cpu = cpu_create(&cpu_config, &why);
    must(world->cpu != NULL, why);
    make_space(world, options->nx);
    world->fault_count = 0;
    return world;
}

void world_free(struct world *world)
{
    cpu_destroy(world->cpu);
    host_memory_unmap(world->ram.base, (size_t)world->ram.frame_count * MMU_PAGE_SIZE);
    host_memory_unmap(world->ram.stamp, world->ram.frame_count * sizeof *world->ram.stamp);
    host_memory_unmap(world->state, world->state_size);
    free(world);
}

bool world_write(struct world *world, va_t va, const void *bytes, uint32_t length)
{
    const uint8_t *from = bytes;
    while (length > 0) {
        struct mm_hold hold;
        struct mm_fault template = {.mode = MMU_USER, .process = world->process, .thread = 8};
        if (mm_hold(world->mm, &template, va, length, MMU_WRITE, NULL, NULL, &hold) != STATUS_SUCCESS)
            return false;
        mm_hold_write(world->mm, &hold, 0, from, hold.length);
        uint32_t done = hold.length;
        mm_release(world->mm, &hold);
        va += done;
        from += done;
        length -= done;
    }
    return true;
}

uint32_t world_read32(struct world *world, va_t va)
{
    uint32_t value = 0;
    mm_peek(world->mm, world->process, va, &value, sizeof value);
    return value;
}

bool world_resident(struct world *world, va_t va)
{
    uint8_t byte;
    return mm_peek(world->mm, world->process, va, &byte, 1) == 1;
}

void world_load(struct world *world, va_t va, const void *code, uint32_t length)
{
    must(world_write(world, va, code, length), "world_load");
    world->registers = (struct cpu_registers){.ip = va, .flags = 0x202};
    world->registers.general[CPU_RSP] = WORLD_STACK - WORLD_STACK_ROOM;
}

va_t world_load_exit(struct world *world, va_t va, const void *code, uint32_t length)
{
    static const uint8_t exits[2][4] = {{0x31, 0xC0, 0xCD, 0x2E}, {0x31, 0xC0, 0x0F, 0x05}}; /* xor eax, eax */
    must(world_write(world, va + length, exits[world->format == PAGING_X64], 4), "world_load_exit");
    world_load(world, va, code, length);
    return va + length + 4;
}

void world_run(struct world *world)
{
    world->fault_count = 0;
    memset(world->faults, 0, sizeof world->faults);
    cpu_set_registers(world->cpu, &world->registers);
    cpu_run(world->cpu, &world->stop);
    cpu_get_registers(world->cpu, &world->registers);
}
