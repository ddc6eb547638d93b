/* SPDX-License-Identifier: GPL-2.0-or-later */
/* repetition.c - a service that had to wait goes on with what it began with.
 *
 * NT references what a handle names once, at the start of a service, and works with the object to its end.  Here a
 * service that must wait is called again from its start; so its thread remembers what each handle was when the service
 * looked it up first.  Nothing else runs within one attempt, so that references are needed only between two. */
#include <string.h>

#include "emu/machine_internal.h"

void repetition_begin(struct nt_call *call)
{
    struct repetition *repetition = &call->machine->thread->repetition;
    repetition->takes_turn = repetition->wants_turn = NULL;
    if (repetition->service == call->service &&
        memcmp(repetition->arguments, call->arguments, sizeof repetition->arguments) == 0)
        return;
    repetition_end(call->machine, call->machine->thread);
}

/* Where the running thread called the service that is at work. */
static va_t ip_of_call(struct machine *machine)
{
    struct cpu_registers registers;
    cpu_get_registers(machine->cpu, &registers);
    return registers.ip - SYSTEM_CALL_LENGTH;
}

void repetition_suspend(struct nt_call *call)
{
    struct repetition *repetition = &call->machine->thread->repetition;
    repetition->service = call->service;
    memcpy(repetition->arguments, call->arguments, sizeof repetition->arguments);
    repetition->ip = ip_of_call(call->machine);
    while (repetition->kept_count < repetition->found_count)
        object_keep(repetition->found[repetition->kept_count++].entry.object);
    if (repetition->takes_turn && !repetition->turn) {
        repetition->turn = object_keep(repetition->takes_turn);
        repetition->turn->file.turn = call->machine->thread;
    }
}

bool repetition_is_under_way(struct machine *machine, const struct thread *thread)
{
    struct thread_context context;
    if (!thread->repetition.service)
        return false;
    context_capture(machine, thread, &context);
    return context.registers.ip == thread->repetition.ip;
}

bool repetition_take_context(struct machine *machine, ntstatus_t status)
{
    struct thread *thread = machine->thread;
    if (!thread->has_after)
        return false;
    thread->has_after = false;
    thread->after.registers.general[CPU_RAX] = status;
    context_load(machine, thread, &thread->after);
    return true;
}

void repetition_look(struct machine *machine, struct thread *thread)
{
    if (thread->repetition.service && !repetition_is_under_way(machine, thread))
        repetition_end(machine, thread);
}

void repetition_end(struct machine *machine, struct thread *thread)
{
    struct repetition *repetition = &thread->repetition;
    struct object *file = repetition->turn;
    file_cut_unwritten(machine, repetition);
    repetition->turn = repetition->takes_turn = repetition->wants_turn = NULL;
    if (file) {
        file_pass_turn(machine, file);
        object_release(&machine->objects, file);
    }
    repetition->service = NULL;
    repetition->done = 0;
    repetition->offset = UINT64_MAX;
    repetition->at_end = false;
    repetition->found_count = 0;
    while (repetition->kept_count > 0)
        object_release(&machine->objects, repetition->found[--repetition->kept_count].entry.object);
}

const struct handle_entry *repetition_find(struct machine *machine, const struct handle_table *table, uint32_t handle)
{
    struct repetition *repetition = &machine->thread->repetition;
    for (unsigned i = 0; i < repetition->found_count; i++)
        if (repetition->found[i].table == table && repetition->found[i].handle == handle)
            return &repetition->found[i].entry;
    const struct handle_entry *entry = handle_entry(table, handle);
    if (!entry || repetition->found_count == NT_HANDLES_MAX)
        return entry;
    struct found_handle *found = &repetition->found[repetition->found_count++];
    *found = (struct found_handle){table, handle, *entry};
    return &found->entry;
}
