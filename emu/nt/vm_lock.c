/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm_lock.c - NtLock-, NtUnlock- and NtFlushVirtualMemory (nt-reference 5.7). */
#include "emu/machine_internal.h"
#include "emu/nt/vm.h"
#include "emu/token.h"

static ntstatus_t check_lock_privilege(const struct nt_call *call, uint32_t map)
{
    bool may = !(map & MM_LOCK_SYSTEM) || token_has(machine_process(call->machine), SE_LOCK_MEMORY_PRIVILEGE);
    return may ? STATUS_SUCCESS : STATUS_PRIVILEGE_NOT_HELD;
}

/* Arguments of both: 0 process 1 *base 2 *size 3 map. */
static ntstatus_t plan_lock(struct nt_call *call, struct nt_range *range, struct process **ret_process)
{
    uint32_t map = nt_ulong(call, 3);
    va_t end = call->machine->layout->probe_address;
    ntstatus_t status;
    if (!map || (map & ~(uint32_t)(MM_LOCK_PROCESS | MM_LOCK_SYSTEM)))
        return STATUS_INVALID_PARAMETER;
    if ((status = nt_capture_range(call, 1, 2, range)) != STATUS_SUCCESS)
        return status;
    if (range->base >= end || range->size == 0 || end - 1 - range->base < range->size)
        return STATUS_INVALID_PARAMETER;
    if ((status = nt_process(call, 0, PROCESS_VM_OPERATION, ret_process)) != STATUS_SUCCESS)
        return status;
    return check_lock_privilege(call, map);
}

/* => status. */
static ntstatus_t tell(struct nt_call *call, enum trace_kind kind, const struct process *process, struct mm_range range,
                       ntstatus_t status)
{
    if (status != STATUS_MM_WAIT)
        event_region(call->machine, &(struct event_region){.kind = kind,
                                                           .process = process,
                                                           .base = range.base,
                                                           .size = range.size,
                                                           .type = nt_ulong(call, 3),
                                                           .status = status});
    return status;
}

ntstatus_t nt_lock_virtual_memory(struct nt_call *call)
{
    struct machine *machine = call->machine;
    struct process *process;
    struct nt_range range;
    ntstatus_t status = plan_lock(call, &range, &process);
    if (status != STATUS_SUCCESS)
        return status;
    struct mm_range done = {range.base, range.size};
    struct mm_fault template = guest_fault(machine, process);
    status = mm_lock(machine->mm, &template, &done, nt_ulong(call, 3), guest_observe, machine);
    machine_after_fault(machine);
    if (nt_success(status))
        nt_put_range(call, &range, done);
    return tell(call, TRACE_LOCK, process, done, status);
}

ntstatus_t nt_unlock_virtual_memory(struct nt_call *call)
{
    struct process *process;
    struct nt_range range;
    ntstatus_t status = plan_lock(call, &range, &process);
    if (status != STATUS_SUCCESS)
        return status;
    struct mm_range done = {range.base, range.size};
    status = mm_unlock(call->machine->mm, process->space, &done, nt_ulong(call, 3));
    if (nt_success(status))
        nt_put_range(call, &range, done);
    return tell(call, TRACE_UNLOCK, process, done, status);
}

/* Arguments: 0 process 1 *base 2 *size 3 *io status. */
ntstatus_t nt_flush_virtual_memory(struct nt_call *call)
{
    struct process *process;
    struct nt_range range;
    unsigned io_output;
    va_t end = call->machine->layout->probe_address;
    ntstatus_t status;
    if ((status = nt_capture_range(call, 1, 2, &range)) != STATUS_SUCCESS ||
        (status = nt_output_io(call, call->arguments[3], &io_output)) != STATUS_SUCCESS)
        return status;
    if (range.base >= end)
        return STATUS_INVALID_PARAMETER_2;
    if (end - 1 - range.base < range.size)
        return STATUS_INVALID_PARAMETER_3;
    if ((status = nt_process(call, 0, PROCESS_VM_OPERATION, &process)) != STATUS_SUCCESS)
        return status;
    struct mm_range done = {range.base, range.size};
    ntstatus_t io = STATUS_SUCCESS;
    status =
        mm_flush_virtual(call->machine->mm, process->space, call->machine->thread->id, &done.base, &done.size, &io);
    if (nt_success(status)) {
        nt_put_range(call, &range, done);
        nt_put_io(call, io_output, io, 0);
    }
    return status;
}
