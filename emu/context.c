/* SPDX-License-Identifier: GPL-2.0-or-later */
/* context.c - a thread's registers, and what CONTEXT records of both widths have in common.
 *
 * Segment selectors are fixed in this flat model.  DrN are kept and given back, but no breakpoint is armed: a program
 * that enables one is told so once. */
#include "emu/context.h"

#include <string.h>

#include "emu/machine_internal.h"

bool context_has(const struct context_format *format, const uint8_t *record, uint32_t part)
{
    return (get32(record, format->flags_offset) & part) == part;
}

uint32_t context_size(const struct context_format *format, uint32_t flags)
{
    bool extended = format->extended && (flags & format->extended) == format->extended;
    return extended ? format->size : format->short_size;
}

void context_merge(const struct context_format *format, uint8_t *to, const uint8_t *from, uint32_t flags)
{
    for (const struct context_part *part = format->parts; part->flag; part++)
        if ((flags & part->flag) == part->flag)
            memcpy(to + part->begin, from + part->begin, part->end - part->begin);
}

uint64_t context_flags(uint64_t flags)
{
    return (flags & CONTEXT_USER_FLAGS) | CONTEXT_INTERRUPT_FLAG | 2;
}

void context_capture(struct machine *machine, const struct thread *thread, struct thread_context *ret_context)
{
    *ret_context = thread->saved;
    if (machine->loaded != thread)
        return;
    cpu_get_registers(machine->cpu, &ret_context->registers);
    cpu_get_float_state(machine->cpu, &ret_context->floats);
}

void context_load(struct machine *machine, struct thread *thread, const struct thread_context *context)
{
    thread->saved = *context;
    if (machine->loaded == thread) {
        cpu_set_float_state(machine->cpu, &context->floats);
        cpu_set_registers(machine->cpu, &context->registers);
    }
    if ((context->debug[DEBUG_DR7] & DR7_ENABLE_MASK) && !machine->breakpoints_reported) {
        machine->breakpoints_reported = true;
        machine_say(machine, "%s sets a hardware breakpoint; those are not modelled, it will never be hit",
                    process_name(machine, thread->process));
    }
}
