/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm_awe.c - the services of address windowing: none is modelled.  A caller without SeLockMemoryPrivilege is refused as
 * by NT; nobody can have pages or windows, and the other services say so (nt-reference 12.1). */
#include "emu/machine_internal.h"
#include "emu/nt/vm.h"
#include "emu/token.h"

/* Arguments: 0 process 1 *count 2 frames.  Both are probed before the handle. */
static ntstatus_t plan_frames(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    uint32_t pointer = call->machine->layout->pointer;
    struct process *process;
    unsigned count_output;
    ntstatus_t status = nt_output_pointer(call, a[1], &count_output);
    if (status != STATUS_SUCCESS)
        return status;
    uint64_t count = nt_get_pointer(call, count_output);
    if (count > UINT64_MAX / 8 || (pointer == 4 && count > UINT32_MAX / 4))
        return STATUS_INVALID_PARAMETER_2;
    if (a[2] & (pointer - 1))
        return STATUS_DATATYPE_MISALIGNMENT;
    if ((status = nt_probe_all(call, a[2], count * pointer)) != STATUS_SUCCESS)
        return status;
    return nt_process(call, 0, PROCESS_VM_OPERATION, &process);
}

ntstatus_t nt_allocate_user_physical_pages(struct nt_call *call)
{
    ntstatus_t status = plan_frames(call);
    if (status != STATUS_SUCCESS)
        return status;
    return token_has(machine_process(call->machine), SE_LOCK_MEMORY_PRIVILEGE)
               ? nt_not_modelled(call, "memory outside of working sets (AWE)")
               : STATUS_PRIVILEGE_NOT_HELD;
}

ntstatus_t nt_free_user_physical_pages(struct nt_call *call)
{
    ntstatus_t status = plan_frames(call);
    return status == STATUS_SUCCESS ? STATUS_INVALID_PARAMETER_1 : status; /* the process has none */
}

static bool is_too_many(const struct nt_call *call, uint64_t count)
{
    uint64_t most = call->machine->layout->pointer == 8 ? UINT64_MAX : UINT32_MAX;
    return count == 0 || count > most >> MMU_PAGE_SHIFT;
}

/* Arguments: 0 address 1 count 2 frames. */
ntstatus_t nt_map_user_physical_pages(struct nt_call *call)
{
    va_t va = call->arguments[0] & ~(va_t)MMU_PAGE_MASK, end = call->machine->layout->probe_address;
    uint64_t count = call->arguments[1];
    if (is_too_many(call, count))
        return STATUS_INVALID_PARAMETER_2;
    if (va >= end)
        return STATUS_INVALID_PARAMETER_1;
    return count > (end - va) >> MMU_PAGE_SHIFT ? STATUS_INVALID_PARAMETER_2 : STATUS_INVALID_PARAMETER_1;
}

/* Arguments: 0 addresses 1 count 2 frames. */
ntstatus_t nt_map_user_physical_pages_scatter(struct nt_call *call)
{
    const struct machine *machine = call->machine;
    uint64_t count = call->arguments[1];
    if (is_too_many(call, count))
        return STATUS_INVALID_PARAMETER_2;
    if (!guest_is_user_range(machine, call->arguments[0], count * machine->layout->pointer))
        return STATUS_ACCESS_VIOLATION;
    return STATUS_INVALID_PARAMETER_1;
}
