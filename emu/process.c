/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process.c - processes: made from an image, ended, looked up.  See kernel.h.
 *
 * The run goes on until every process has ended.  The memory of a process goes when it ends, but for the last one:
 * whoever looks at the machine afterwards finds it. */
#include <assert.h>
#include <string.h>

#include "emu/job.h"
#include "emu/machine_internal.h"
#include "emu/nt/access.h"

/* --- Creation ------------------------------------------------------------------------------------------------ */

static ntstatus_t new_process(struct machine *machine, const struct process *parent, struct process **ret_process)
{
    struct object *object = object_create(&machine->objects, OBJECT_PROCESS);
    struct object *token = object ? object_create(&machine->objects, OBJECT_TOKEN) : NULL;
    struct process *process = token ? pool_take(&machine->processes) : NULL;
    if (!process) {
        if (token)
            object_release(&machine->objects, token);
        if (object)
            object_release(&machine->objects, object);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    object->process = process;
    process->object = object;
    process->id = machine_next_id(machine);
    process->parent_id = parent ? parent->id : 0;
    process->peb = machine->layout->peb_address;
    machine_set_dep(machine, process);
    process->priority_class = PRIORITY_CLASS_NORMAL;
    process->base_priority = PRIORITY_NORMAL;
    if (parent &&
        (parent->priority_class == PRIORITY_CLASS_IDLE || parent->priority_class == PRIORITY_CLASS_BELOW_NORMAL)) {
        process->priority_class = parent->priority_class; /* the low ones are inherited */
        process->base_priority = parent->base_priority;
    }
    process->exit_status = STATUS_PENDING;
    process->create_time = clock_system_time(&machine->clock);
    token_init(&token->token, parent ? &parent->token->token : NULL, process->id);
    process->token = token;
    *ret_process = process;
    return STATUS_SUCCESS;
}

ntstatus_t process_make_system(struct machine *machine, struct process **ret_process)
{
    return new_process(machine, NULL, ret_process);
}

ntstatus_t process_make(struct machine *machine, struct process *parent, struct process **ret_process)
{
    struct process *process;
    ntstatus_t status = new_process(machine, parent, &process);
    if (status != STATUS_SUCCESS)
        return status;
    process->previous = machine->last_process;
    *(machine->last_process ? &machine->last_process->next : &machine->first_process) = process;
    machine->last_process = process;
    *ret_process = process;
    return STATUS_SUCCESS;
}

/* 64-bit programs that are not large-address-aware have 2 GB (nt-reference 4.2). */
ntstatus_t process_make_space(struct machine *machine, struct process *process)
{
    enum { LARGE_ADDRESS_AWARE = 0x20 };
    ntstatus_t status = mm_process_create(machine->mm, process->nx, &process->space);
    bool aware = image_info(machine->images[process->exe - 1].image)->characteristics & LARGE_ADDRESS_AWARE;
    if (status == STATUS_SUCCESS && machine->paging == PAGING_X64 && !aware)
        mm_process_limit(machine->mm, process->space, SHARED_DATA_USER | 0xFFFF);
    return status;
}

ntstatus_t process_map_shared_page(struct machine *machine, struct process *process)
{
    return mm_map_shared_page(machine->mm, process->space, SHARED_DATA_USER, machine->layout->shared_data_system);
}

static ntstatus_t map_section(struct machine *machine, struct process *process, mm_section section, uint32_t file,
                              va_t *ret_base)
{
    struct mm_view view = {0};
    ntstatus_t status = module_map(machine, process, section, file, &view);
    *ret_base = view.base;
    return nt_success(status) ? STATUS_SUCCESS : status;
}

ntstatus_t process_map_image(struct machine *machine, struct process *process, uint32_t file, va_t *ret_base)
{
    mm_section section;
    ntstatus_t status = module_create_section(machine, file, &section);
    if (status != STATUS_SUCCESS)
        return status;
    status = map_section(machine, process, section, file, ret_base);
    mm_section_close(machine->mm, section); /* the view keeps it */
    return status;
}

ntstatus_t process_make_peb(struct machine *machine, struct process *process)
{
    return mm_allocate_secured(machine->mm, process->space, process->peb, MMU_PAGE_SIZE);
}

ntstatus_t process_write_peb(struct machine *machine, struct process *process, va_t parameters)
{
    const struct image_info *info = image_info(machine->images[process->exe - 1].image);
    const struct guest_layout *layout = machine->layout;
    uint8_t peb[GUEST_PEB_MAX] = {0};
    put_pointer(layout, peb, layout->peb.Mutant, UINT64_MAX);
    put_pointer(layout, peb, layout->peb.ImageBaseAddress, process->image_base);
    put_pointer(layout, peb, layout->peb.ProcessParameters, parameters);
    put32(peb, layout->peb.NumberOfProcessors, 1);
    put64(peb, layout->peb.CriticalSectionTimeout, (uint64_t)(-2592000ll * 10000000)); /* 30 days */
    put_pointer(layout, peb, layout->peb.HeapSegmentReserve, 0x100000);
    put_pointer(layout, peb, layout->peb.HeapSegmentCommit, 0x2000);
    put_pointer(layout, peb, layout->peb.HeapDeCommitTotalFreeThreshold, 0x10000);
    put_pointer(layout, peb, layout->peb.HeapDeCommitFreeBlockThreshold, 0x1000);
    put32(peb, layout->peb.MaximumNumberOfHeaps, (MMU_PAGE_SIZE - layout->peb.size) / layout->pointer);
    put_pointer(layout, peb, layout->peb.ProcessHeaps, process->peb + layout->peb.size);
    put32(peb, layout->peb.OSMajorVersion, 5);
    put32(peb, layout->peb.OSMinorVersion, 2);
    put16(peb, layout->peb.OSBuildNumber, 3790);
    put16(peb, layout->peb.OSCSDVersion, 0x100);
    put32(peb, layout->peb.OSPlatformId, 2);
    put32(peb, layout->peb.ImageSubsystem, info->subsystem);
    put32(peb, layout->peb.ImageSubsystemMajorVersion, info->subsystem_major);
    put32(peb, layout->peb.ImageSubsystemMinorVersion, info->subsystem_minor);
    put_pointer(layout, peb, layout->peb.ImageProcessAffinityMask, 1);
    return guest_write_to(machine, process, process->peb, peb, layout->peb.size);
}

/* The steps that may fail; the caller undoes them all by letting the object go. */
static ntstatus_t fill(struct machine *machine, struct process *process, const struct process_request *request)
{
    ntstatus_t status = process_make_space(machine, process);
    if (status != STATUS_SUCCESS || (status = process_map_shared_page(machine, process)) != STATUS_SUCCESS)
        return status;
    event_process(machine, process, "start", 0);
    if ((status = map_section(machine, process, request->section, request->image, &process->image_base)) !=
            STATUS_SUCCESS ||
        (status = process_map_image(machine, process, machine->ntdll, &process->ntdll_base)) != STATUS_SUCCESS ||
        (status = process_make_peb(machine, process)) != STATUS_SUCCESS ||
        (status = process_write_peb(machine, process, 0)) != STATUS_SUCCESS)
        return status;
    if (request->inherit_handles && !handle_inherit(&machine->objects, &request->parent->handles, &process->handles))
        return STATUS_INSUFFICIENT_RESOURCES;
    return STATUS_SUCCESS;
}

ntstatus_t process_create(struct machine *machine, const struct process_request *request, struct process **ret_process)
{
    struct process *process;
    struct object *job;
    ntstatus_t status = job_of_child(machine, request->parent, request->leaves_job ? JOB_BREAKAWAY : JOB_STAY, &job);
    if (status != STATUS_SUCCESS || (status = process_make(machine, request->parent, &process)) != STATUS_SUCCESS)
        return status;
    process->exe = request->image;
    status = fill(machine, process, request);
    if (status != STATUS_SUCCESS) {
        object_release(&machine->objects, process->object);
        return status;
    }
    if (job)
        job_enter(job, process);
    *ret_process = process;
    return status;
}

/* --- End ----------------------------------------------------------------------------------------------------- */

static bool is_last(const struct machine *machine, const struct process *process)
{
    for (const struct process *other = machine->first_process; other; other = other->next)
        if (other != process && other->life == PROCESS_ALIVE)
            return false;
    return true;
}

static void clean(struct machine *machine, struct process *process)
{
    mm_process_query(machine->mm, process->space, &process->last_counters);
    mm_process_clean(machine->mm, process->space);
    process->module_count = 0;
    process->cleaned = true;
}

void process_end(struct machine *machine, struct process *process, ntstatus_t status)
{
    if (process->life == PROCESS_OVER)
        return;
    process->life = PROCESS_OVER;
    process->exit_status = status;
    process->exit_time = clock_system_time(&machine->clock);
    event_process(machine, process, "exit", status);
    job_note_end(machine, process);
    handle_close_all(&machine->objects, &process->handles);
    job_kill_closed(machine);
    bool last = is_last(machine, process);
    if (!last)
        clean(machine, process);
    process->object->wait.signal = 1;
    wait_signal(machine, process->object, 0);
    if (process == machine->main_process) {
        machine->exit_code = status;
        machine->exit_status = process->verdict ? process->verdict : (int)(status & 0xFF);
    }
    if (last && machine->next != MACHINE_OVER)
        machine_end(machine, machine->exit_status);
}

void process_terminate(struct machine *machine, struct process *process, ntstatus_t status)
{
    object_keep(process->object);
    while (process->first)
        thread_terminate(machine, process->first, status);
    if (process->life == PROCESS_YOUNG)
        process_end(machine, process, status);
    object_release(&machine->objects, process->object);
}

void process_destroy(struct machine *machine, struct process *process)
{
    *(process->previous ? &process->previous->next : &machine->first_process) = process->next;
    *(process->next ? &process->next->previous : &machine->last_process) = process->previous;
    if (process->life == PROCESS_YOUNG && process->space)
        event_process(machine, process, "exit", STATUS_SUCCESS); /* it never ran */
    handle_close_all(&machine->objects, &process->handles);
    if (process->space) {
        cpu_detach(machine->cpu, process->space);
        ws_watch_end(&machine->ws_watches, process->space);
        mm_process_clean(machine->mm, process->space);
        mm_process_delete(machine->mm, process->space);
    }
    job_leave(machine, process);
    object_release(&machine->objects, process->token);
    pool_give(&machine->processes, process);
}

/* --- Looking up ---------------------------------------------------------------------------------------------- */

struct process *process_of_id(const struct machine *machine, uint32_t id)
{
    struct process *process = machine->first_process;
    while (process && process->id != id)
        process = process->next;
    return process;
}

struct process *process_of_space(const struct machine *machine, mm_process space)
{
    if (machine->thread && machine->thread->process->space == space)
        return machine->thread->process;
    struct process *process = machine->first_process;
    while (process && process->space != space)
        process = process->next;
    return process;
}

const char *process_name(const struct machine *machine, const struct process *process)
{
    return process == machine->main_process || !process ? machine->program_name
                                                        : machine->images[process->exe - 1].name;
}

va_t process_entry(const struct machine *machine, const struct process *process, enum ntdll_entry entry)
{
    return process->ntdll_base + machine->entries[entry];
}
