/* SPDX-License-Identifier: GPL-2.0-or-later */
/* start.c - bring-up of the first process: an address space with two images, PEB, TEB, parameters, a stack, and a first
 * thread that is about to run the user APC that starts the loader.
 *
 * The usual first layout comes out of the order of the steps: environment at 10000, parameters at 20000, stack at 30000
 * (nt-reference 4.1).  Sources: nt-reference 6.3, 14.1, 14.2, 14.6, 14.7. */
#include <string.h>

#include "emu/machine_internal.h"
#include "emu/nt/access.h"

enum {
    ALLOCATION_GRANULARITY = 64 << 10,
    DEFAULT_STACK_RESERVE = 1 << 20,
};

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

static ntstatus_t commit(struct machine *machine, va_t base, uint64_t size, uint32_t protect)
{
    struct mm_allocation request = {.base = base, .size = size, .type = MEM_COMMIT, .protect = protect};
    return mm_allocate(machine->mm, machine->main_process->space, &request);
}

/* BaseCreateStack: reserve, commit the top, one guard page below where there is room. */
static ntstatus_t make_stack(struct machine *machine, const struct image_info *info, struct stack *ret_stack)
{
    uint64_t reserve = info->stack_reserve ? info->stack_reserve : DEFAULT_STACK_RESERVE;
    uint64_t committed = info->stack_commit ? info->stack_commit : MMU_PAGE_SIZE;
    if (reserve > machine->layout->probe_address || committed > machine->layout->probe_address)
        return STATUS_NO_MEMORY;
    committed = round_up(committed, MMU_PAGE_SIZE);
    if (committed >= reserve)
        reserve = round_up(committed, DEFAULT_STACK_RESERVE);
    reserve = round_up(reserve, ALLOCATION_GRANULARITY);

    struct mm_allocation request = {.size = reserve, .type = MEM_RESERVE, .protect = PAGE_READWRITE};
    ntstatus_t status = mm_allocate(machine->mm, machine->main_process->space, &request);
    if (status != STATUS_SUCCESS)
        return status;
    ret_stack->deallocation = request.base;
    ret_stack->base = request.base + request.size;
    ret_stack->limit = ret_stack->base - committed;
    status = commit(machine, ret_stack->limit, committed, PAGE_READWRITE);
    if (status != STATUS_SUCCESS || ret_stack->limit - ret_stack->deallocation < MMU_PAGE_SIZE)
        return status;
    return commit(machine, ret_stack->limit - MMU_PAGE_SIZE, MMU_PAGE_SIZE, PAGE_READWRITE | PAGE_GUARD);
}

/* Where the first thread begins, after the user APC that it starts with. */
static void set_start(struct machine *machine, struct thread *thread, const struct stack *stack)
{
    const struct process *process = thread->process;
    const struct image_info *info = image_info(machine->images[process->exe - 1].image);
    bool wide = machine->layout->pointer == 8;
    struct cpu_registers *registers = &thread->saved.registers;
    thread->start_address = process_entry(machine, process, NTDLL_THREAD_START);
    thread->win32_start = info->entry_point ? process->image_base + info->entry_point : 0;
    registers->ip = thread->start_address;
    registers->general[wide ? CPU_RCX : CPU_RAX] = thread->win32_start;
    registers->general[wide ? CPU_RDX : CPU_RBX] = process->peb;
    registers->general[CPU_RSP] = stack->base - (wide ? 0x28 : 4);
}

static ntstatus_t make_shared_page(struct machine *machine)
{
    ntstatus_t status =
        mm_system_allocate(machine->mm, machine->layout->shared_data_system, MMU_PAGE_SIZE, MM_READWRITE);
    if (status == STATUS_SUCCESS)
        shared_data_init(machine);
    return status;
}

/* Process and thread without anything; the machine keeps a reference on the process. */
static ntstatus_t make_first(struct machine *machine)
{
    struct process *process;
    struct thread *thread;
    ntstatus_t status = process_make(machine, NULL, &process);
    if (status != STATUS_SUCCESS)
        return status;
    machine->main_process = process;
    process->exe = machine->exe;
    if ((status = thread_make(machine, process, &thread)) != STATUS_SUCCESS)
        return status;
    machine_set_thread(machine, thread);
    object_release(&machine->objects, thread->object); /* the running thread has its own */
    thread_join(machine, thread);
    return STATUS_SUCCESS;
}

/* One at a time, so that frames are given in the usual order. */
static ntstatus_t make_space(struct machine *machine)
{
    struct process *process = machine->main_process;
    ntstatus_t status = process_make_space(machine, process);
    if (status != STATUS_SUCCESS)
        return status;
    cpu_attach(machine->cpu, process->space, machine->thread->id);
    status = make_shared_page(machine);
    return status == STATUS_SUCCESS ? process_map_shared_page(machine, process) : status;
}

static ntstatus_t make_standard_handles(struct machine *machine, uint32_t handles[3])
{
    for (int fd = 0; fd < 3; fd++) {
        struct object *object = object_create(&machine->objects, OBJECT_CONSOLE);
        if (!object)
            return STATUS_INSUFFICIENT_RESOURCES;
        struct handle_entry entry = {object, object_map_access(OBJECT_CONSOLE, GENERIC_ALL), HANDLE_INHERIT};
        object->console.fd = fd;
        handles[fd] = handle_insert(&machine->objects, &machine->main_process->handles, &entry);
        object_release(&machine->objects, object);
        if (!handles[fd])
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    return STATUS_SUCCESS;
}

/* The thread becomes the running one, on the CPU, with the loader's APC on its stack. */
static ntstatus_t enter(struct machine *machine)
{
    struct thread *thread = machine->thread;
    if (!cpu_enter_user(machine->cpu, thread->teb))
        return STATUS_UNSUCCESSFUL;
    event_thread(machine, thread, "start", 0);
    event_state(machine, thread);
    sched_ready(machine, thread);
    if (sched_pick(machine) != thread || machine->next == MACHINE_OVER)
        return STATUS_UNSUCCESSFUL;
    ntstatus_t status = apc_deliver_start(machine, thread);
    thread->starts = false;
    return status;
}

struct step_failure {
    const char *what;
    ntstatus_t status;
};

/* All steps in order; what and status tell of the one that failed. */
static struct step_failure bring_up(struct machine *machine)
{
    struct stack stack = {0};
    uint32_t handles[3];
    va_t parameters = 0;
    ntstatus_t status;
    const struct image_info *info = image_info(machine->images[machine->exe - 1].image);
#define STEP(text, call)                                                                                               \
    if ((status = (call)) != STATUS_SUCCESS)                                                                           \
        return (struct step_failure){text, status};
    STEP("make the process", make_first(machine))
    struct process *process = machine->main_process;
    struct thread *thread = machine->thread;
    STEP("make the address space", make_space(machine))
    event_process(machine, process, "start", 0);
    STEP("map the program", process_map_image(machine, process, machine->exe, &process->image_base))
    STEP("map ntdll.dll", process_map_image(machine, process, machine->ntdll, &process->ntdll_base))
    STEP("make the PEB", process_make_peb(machine, process))
    STEP("make the TEB", thread_allocate_teb(machine, thread))
    STEP("make handles", make_standard_handles(machine, handles))
    STEP("write the parameters", process_write_parameters(machine, handles, &parameters))
    STEP("make the stack that its header asks for", make_stack(machine, info, &stack))
    STEP("write the PEB", process_write_peb(machine, process, parameters))
    STEP("write the TEB", thread_write_teb(machine, thread, &stack))
    set_start(machine, thread, &stack);
    STEP("start the program", enter(machine))
#undef STEP
    return (struct step_failure){0};
}

bool process_bring_up(struct machine *machine, char error[MACHINE_ERROR_SIZE])
{
    static const char *const needed[NTDLL_ENTRY_COUNT] = {[NTDLL_APC] = "KiUserApcDispatcher",
                                                          [NTDLL_LOADER] = "LdrInitializeThunk",
                                                          [NTDLL_THREAD_START] = "RtlUserThreadStart",
                                                          [NTDLL_EXCEPTION] = "KiUserExceptionDispatcher"};
    for (size_t i = 0; i < NTDLL_ENTRY_COUNT; i++) {
        machine->entries[i] = image_export(machine->images[machine->ntdll - 1].image, needed[i]);
        if (!machine->entries[i]) {
            snprintf(error, MACHINE_ERROR_SIZE, "ntdll.dll does not export %s", needed[i]);
            return false;
        }
    }
    struct step_failure failure = bring_up(machine);
    if (!failure.what)
        return true;
    const char *why = "";
    if (failure.status == STATUS_COMMITMENT_LIMIT)
        why = ": RAM and page file are too small for it; give more with --ram or --pagefile";
    else if (failure.status == STATUS_NO_MEMORY)
        why = ": it does not fit in memory or address space";
    snprintf(error, MACHINE_ERROR_SIZE, "%.80s: cannot %s (status 0x%08X)%s", machine->program_name, failure.what,
             failure.status, why);
    return false;
}
