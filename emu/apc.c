/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apc.c - user APCs: queued to a thread, delivered one at a time on its way back to user mode when it asked for them
 * (an alertable wait, NtTestAlert, NtContinue), each by a frame for KiUserApcDispatcher (nt-reference 14.6). */
#include <string.h>

#include "emu/machine_internal.h"

bool apc_queue(struct machine *machine, struct thread *thread, const struct apc *apc)
{
    struct apc *queued = pool_take(&machine->apcs);
    if (!queued)
        return false;
    *queued = *apc;
    queued->next = NULL;
    *(thread->apcs ? &thread->last_apc->next : &thread->apcs) = queued;
    thread->last_apc = queued;
    wait_interrupt(machine, thread);
    return true;
}

static void drop(struct machine *machine, struct thread *thread, struct apc *apc, struct apc *before)
{
    *(before ? &before->next : &thread->apcs) = apc->next;
    if (thread->last_apc == apc)
        thread->last_apc = before;
    thread->apc_pending = thread->apc_pending && thread->apcs;
    pool_give(&machine->apcs, apc);
}

void apc_drop_first(struct machine *machine, struct thread *thread)
{
    drop(machine, thread, thread->apcs, NULL);
}

void apc_drop_all(struct machine *machine, struct thread *thread)
{
    while (thread->apcs)
        apc_drop_first(machine, thread);
    thread->apc_pending = false;
}

void apc_drop_of_timer(struct machine *machine, struct thread *thread, const struct timer *timer)
{
    struct apc *before = NULL;
    for (struct apc *apc = thread->apcs, *next; apc; apc = next) {
        next = apc->next;
        if (apc->timer == timer)
            drop(machine, thread, apc, before);
        else
            before = apc;
    }
}

/* Four words before the CONTEXT, or in its home area.  => *ret_sp: where the frame begins. */
static ntstatus_t write_frame(struct machine *machine, const struct apc *apc, const struct thread_context *context,
                              va_t *ret_sp)
{
    enum { ROUTINE, CONTEXT, ARGUMENT1, ARGUMENT2, WORDS };
    const struct guest_layout *layout = machine->layout;
    bool wide = layout->pointer == 8;
    unsigned before = wide ? 0 : WORDS * layout->pointer, size = before + layout->context->size;
    uint8_t frame[WORDS * 8 + CONTEXT_RECORD_MAX];
    va_t sp = (context->registers.general[CPU_RSP] - size) & ~(va_t)(wide ? 15 : 3);
    uint64_t words[WORDS] = {[ROUTINE] = apc->routine,
                             [CONTEXT] = apc->arguments[0],
                             [ARGUMENT1] = apc->arguments[1],
                             [ARGUMENT2] = apc->arguments[2]};
    static const uint8_t home[WORDS] = {CONTEXT, ARGUMENT1, ARGUMENT2, ROUTINE};
    if (apc->context_is_argument)
        words[CONTEXT] = sp + before;
    layout->context->encode(context, frame + before);
    put32(frame, before + layout->context->flags_offset, layout->context->full);
    for (unsigned i = 0; i < WORDS; i++)
        put_pointer(layout, frame, i * layout->pointer, words[wide ? home[i] : i]);
    *ret_sp = sp;
    return guest_put_frame(machine, sp, frame, size);
}

ntstatus_t apc_deliver(struct machine *machine, struct thread *thread, const struct apc *apc)
{
    struct thread_context context;
    context_capture(machine, thread, &context);
    struct cpu_registers registers = context.registers;
    ntstatus_t status = write_frame(machine, apc, &context, &registers.general[CPU_RSP]);
    if (status != STATUS_SUCCESS)
        return status;
    registers.ip = process_entry(machine, thread->process, NTDLL_APC);
    registers.flags = context_flags(registers.flags) & ~(uint64_t)CONTEXT_TRAP_FLAG;
    cpu_set_registers(machine->cpu, &registers);
    return STATUS_SUCCESS;
}

ntstatus_t apc_deliver_start(struct machine *machine, struct thread *thread)
{
    struct apc apc = {.routine = process_entry(machine, thread->process, NTDLL_LOADER),
                      .arguments = {0, thread->process->ntdll_base},
                      .context_is_argument = true};
    return apc_deliver(machine, thread, &apc);
}
