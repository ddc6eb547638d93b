/* SPDX-License-Identifier: GPL-2.0-or-later */
/* softfault.c - the library's face: machine.h in terms that need no other header. */
#include "emu/softfault.h"

#include <assert.h>
#include <stdlib.h>

#include "emu/machine_internal.h"

#define DEFAULT_PAGEFILE (128ull << 20)

static_assert((int)SF_ERROR_SIZE == (int)MACHINE_ERROR_SIZE, "errors pass through");
static_assert((int)SF_EXIT_LIMIT == (int)MACHINE_EXIT_LIMIT && (int)SF_EXIT_BUGCHECK == (int)MACHINE_EXIT_BUGCHECK,
              "exit statuses pass through");

struct sf_machine {
    struct machine *machine;
    void (*observe)(void *context, const struct sf_fault *fault);
    void *context;
};

struct sf_machine *sf_create(const struct sf_options *options, char error[SF_ERROR_SIZE])
{
    struct machine_options inner = {
        .ram_bytes = options->ram_bytes,
        .pagefile_bytes = options->pagefile_bytes ? options->pagefile_bytes : DEFAULT_PAGEFILE,
        .paging_auto = !options->no_pae,
        .paging = PAGING_X86,
        .seed = options->seed,
        .dll_path = options->dll_path,
        .time_limit_ns = options->time_limit_ns,
        .wall_limit_seconds = options->wall_limit_seconds,
        .program = options->program,
        .argc = options->argument_count,
        .argv = options->arguments,
    };
    struct sf_machine *machine = calloc(1, sizeof *machine);
    if (!machine) {
        snprintf(error, SF_ERROR_SIZE, "no memory");
        return NULL;
    }
    machine->machine = machine_create(&inner, error);
    if (machine->machine)
        return machine;
    free(machine);
    return NULL;
}

static void pass_on(void *context, const struct mm_fault *fault, va_t pc)
{
    static const char *const access[] = {[MMU_READ] = "read", [MMU_WRITE] = "write", [MMU_EXECUTE] = "execute"};
    struct sf_machine *machine = context;
    struct trace_place place;
    module_place(machine->machine, pc, &place);
    struct sf_fault out = {
        .time = machine->machine->clock.now,
        .va = fault->va,
        .pc = pc,
        .type = mm_fault_type_name(fault->type),
        .access = access[fault->access],
        .vad = fault->vad,
        .module = place.module,
        .offset = place.offset,
        .pte_before = fault->pte_before.raw,
        .pte_after = fault->pte_after.raw,
        .frame = fault->frame.index,
        .status = fault->status,
    };
    machine->observe(machine->context, &out);
}

void sf_on_fault(struct sf_machine *machine, void (*observe)(void *context, const struct sf_fault *fault),
                 void *context)
{
    machine->observe = observe;
    machine->context = context;
    machine_observe_faults(machine->machine, observe ? pass_on : NULL, machine);
}

bool sf_load(struct sf_machine *machine, char error[SF_ERROR_SIZE])
{
    return machine_load(machine->machine, error);
}

int sf_run(struct sf_machine *machine)
{
    return machine_run(machine->machine);
}

uint32_t sf_exit_code(const struct sf_machine *machine)
{
    return machine_exit_code(machine->machine);
}

void sf_query_counters(struct sf_machine *machine, struct sf_counters *ret_counters)
{
    struct machine *inner = machine->machine;
    struct mm_counters counters;
    struct mm_process_counters process;
    mm_query_counters(inner->mm, &counters);
    mm_process_query(inner->mm, inner->process.space, &process);
    *ret_counters = (struct sf_counters){
        .time = inner->clock.now,
        .demand_zero = counters.faults[MM_FAULT_TYPE_DEMAND_ZERO],
        .copy_on_write = counters.faults[MM_FAULT_TYPE_COPY_ON_WRITE],
        .prototype = counters.faults[MM_FAULT_TYPE_PROTOTYPE],
        .hard = counters.faults[MM_FAULT_TYPE_HARD_FAULT],
        .access_violations = counters.faults[MM_FAULT_TYPE_ACCESS_VIOLATION],
        .pages_read = counters.page_reads,
        .working_set_pages = process.working_set,
        .private_pages = process.private_pages,
        .committed_pages = counters.committed,
    };
    for (unsigned i = 0; i < MM_FAULT_TYPE_COUNT; i++)
        ret_counters->faults += counters.faults[i];
}

uint64_t sf_peek(struct sf_machine *machine, uint64_t va, void *buffer, uint64_t length)
{
    return mm_peek(machine->machine->mm, machine->machine->process.space, va, buffer, length);
}

const char *sf_check(struct sf_machine *machine)
{
    return mm_check(machine->machine->mm);
}

struct mm *sf_mm(struct sf_machine *machine)
{
    return machine->machine->mm;
}

void sf_destroy(struct sf_machine *machine)
{
    if (!machine)
        return;
    machine_destroy(machine->machine);
    free(machine);
}
