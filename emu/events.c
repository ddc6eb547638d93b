/* SPDX-License-Identifier: GPL-2.0-or-later */
/* events.c - trace events other than page faults, made from the machine's own structures. */
#include <stdio.h>
#include <string.h>

#include "emu/machine_internal.h"

/* An event of the running thread. */
static struct trace_event begin(const struct machine *machine, enum trace_kind kind)
{
    const struct thread *thread = machine->thread;
    return (struct trace_event){.kind = kind,
                                .time = machine->clock.now,
                                .pid = thread ? thread->process->id : 0,
                                .tid = thread ? thread->id : 0};
}

static const struct process *process_now(const struct machine *machine)
{
    return machine->thread ? machine->thread->process : NULL;
}

static void set_pc(struct machine *machine, struct trace_event *event)
{
    if (!machine->started || !machine->thread || machine->loaded != machine->thread)
        return;
    struct cpu_registers registers;
    cpu_get_registers(machine->cpu, &registers);
    module_place(machine, process_now(machine), registers.ip, &event->pc);
}

void event_process(struct machine *machine, const struct process *process, const char *what, ntstatus_t status)
{
    if (!trace_wants(machine->trace, TRACE_PROCESS))
        return;
    struct trace_event event = begin(machine, TRACE_PROCESS);
    event.pid = process->id;
    event.what = what;
    event.name = machine->images[process->exe - 1].name;
    event.status = status;
    trace_emit(machine->trace, &event);
}

void event_thread(struct machine *machine, const struct thread *thread, const char *what, ntstatus_t status)
{
    if (!trace_wants(machine->trace, TRACE_THREAD))
        return;
    struct trace_event event = begin(machine, TRACE_THREAD);
    event.pid = thread->process->id;
    event.tid = thread->id;
    event.what = what;
    event.status = status;
    if (thread->daemon)
        event.name = daemon_name(thread->daemon - 1);
    module_place(machine, thread->process, thread->teb, &event.address);
    trace_emit(machine->trace, &event);
}

/* "press.exe", "pagefile0.sys" */
static const char *file_of(const struct machine *machine, const struct mm_io *io, char *text, size_t size)
{
    if (io->kind == MM_IO_FILE_READ || io->kind == MM_IO_FILE_WRITE)
        return machine_file_name(machine, io->file);
    snprintf(text, size, "pagefile%u.sys", (unsigned)io->file);
    return text;
}

void event_memory(void *context, const struct mm_event *memory)
{
    static const enum trace_kind kinds[] = {[MM_EVENT_PFN] = TRACE_PFN,
                                            [MM_EVENT_TRIM] = TRACE_EVICT,
                                            [MM_EVENT_PAGE_WRITE] = TRACE_PAGEWRITE,
                                            [MM_EVENT_PAGE_READ] = TRACE_PAGEREAD,
                                            [MM_EVENT_LOST_WRITE] = TRACE_LOSTWRITE,
                                            [MM_EVENT_SECTION] = TRACE_SECTION};
    struct machine *machine = context;
    char text[32];
    if (!trace_wants(machine->trace, kinds[memory->kind]))
        return;
    struct trace_event event = begin(machine, kinds[memory->kind]);
    const struct process *target = NULL;
    if (memory->process)
        target = memory->process == mm_system_process(machine->mm) ? machine->daemons.system
                                                                   : process_of_space(machine, memory->process);
    event.memory = memory;
    event.target = target ? target->id : 0;
    if (memory->kind == MM_EVENT_SECTION)
        event.name = memory->file ? machine_file_name(machine, memory->file) : NULL;
    else if (memory->kind != MM_EVENT_PFN && memory->kind != MM_EVENT_TRIM)
        event.name = file_of(machine, &memory->io, text, sizeof text);
    trace_emit(machine->trace, &event);
}

static const char *reason_name(enum wait_reason reason)
{
    switch (reason) {
    case REASON_EXECUTIVE: return "Executive";
    case REASON_FREE_PAGE: return "WrFreePage";
    case REASON_DELAY_EXECUTION: return "DelayExecution";
    case REASON_SUSPENDED: return "Suspended";
    case REASON_USER_REQUEST: return "UserRequest";
    case REASON_PAGE_IN: return "WrPageIn";
    case REASON_KEYED_EVENT: return "WrKeyedEvent";
    }
    return NULL;
}

void event_state(struct machine *machine, const struct thread *thread)
{
    if (!trace_wants(machine->trace, TRACE_STATE))
        return;
    struct trace_event event = begin(machine, TRACE_STATE);
    event.pid = thread->process->id;
    event.tid = thread->id;
    event.what = thread_state_name(thread->sched.state);
    event.name = thread->sched.state == THREAD_WAITING          ? reason_name(thread->wait.reason)
                 : thread->sched.state == THREAD_DEFERRED_READY ? thread->woken_by
                                                                : NULL;
    event.priority = (unsigned)thread->sched.priority;
    trace_emit(machine->trace, &event);
}

void event_image(struct machine *machine, const struct process *process, const struct module *module)
{
    if (!trace_wants(machine->trace, TRACE_IMAGE))
        return;
    struct trace_event event = begin(machine, TRACE_IMAGE);
    event.pid = process->id;
    event.name = module_name(machine, module);
    event.address.va = module->base;
    event.size = module->size;
    set_pc(machine, &event);
    trace_emit(machine->trace, &event);
}

void event_exception(struct machine *machine, const struct exception_record *record)
{
    if (!trace_wants(machine->trace, TRACE_EXCEPTION))
        return;
    struct trace_event event = begin(machine, TRACE_EXCEPTION);
    event.status = record->code;
    module_place(machine, process_now(machine), record->address, &event.pc);
    module_place(machine, process_now(machine), record->address, &event.address);
    event.parameter_count = record->parameter_count < 4 ? record->parameter_count : 4;
    for (unsigned i = 0; i < event.parameter_count; i++)
        event.information[i] = record->information[i];
    trace_emit(machine->trace, &event);
}

void event_bugcheck(struct machine *machine, const struct mm_fault *fault)
{
    if (!trace_wants(machine->trace, TRACE_BUGCHECK))
        return;
    struct trace_event event = begin(machine, TRACE_BUGCHECK);
    event.status = fault->bugcheck.code;
    event.parameter_count = 4;
    memcpy(event.information, fault->bugcheck.parameter, sizeof event.information);
    set_pc(machine, &event);
    trace_emit(machine->trace, &event);
}

void event_place_in_file(const struct machine *machine, const struct mm_fault *fault, struct trace_event *event)
{
    struct mm_vad_info vad;
    if ((fault->type != MM_FAULT_TYPE_HARD_FAULT && fault->type != MM_FAULT_TYPE_IN_PAGE_ERROR) ||
        event->address.module || !mm_vad_at(machine->mm, fault->process, fault->va, &vad) || !vad.file)
        return;
    event->file = machine_file_name(machine, vad.file);
    event->file_offset = vad.offset + ((fault->va & ~(va_t)MMU_PAGE_MASK) - vad.start);
}

void event_cache(struct machine *machine, const struct event_cache *cache)
{
    if (!trace_wants(machine->trace, cache->kind))
        return;
    struct trace_event event = begin(machine, cache->kind);
    event.file = machine_file_name(machine, cache->file);
    event.file_offset = cache->offset;
    event.size = cache->length;
    event.what = cache->why;
    trace_emit(machine->trace, &event);
}

void event_region(struct machine *machine, const struct event_region *region)
{
    if (!trace_wants(machine->trace, region->kind))
        return;
    struct trace_event event = begin(machine, region->kind);
    set_pc(machine, &event);
    module_place(machine, region->process ? region->process : process_now(machine), region->base, &event.address);
    event.target = region->process ? region->process->id : 0;
    event.size = region->size;
    event.type = region->type;
    event.protect = region->protect;
    event.old_protect = region->old_protect;
    event.file = region->file;
    event.file_offset = region->file_offset;
    event.status = region->status;
    trace_emit(machine->trace, &event);
}
