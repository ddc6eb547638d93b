/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm_watch.c - NtGetWriteWatch and NtResetWriteWatch: which pages were written (nt-reference 12.3).
 *
 * A reset forgets what it reports, so the whole array is held before it is asked for: nothing can fail after. */
#include <stdlib.h>

#include "emu/machine_internal.h"
#include "emu/nt/vm.h"

enum { WRITE_WATCH_FLAG_RESET = 1 };

static ntstatus_t check_watch_range(const struct nt_call *call, struct mm_range range)
{
    va_t end = call->machine->layout->probe_address;
    if (range.base >= end)
        return STATUS_INVALID_PARAMETER_2;
    return range.size == 0 || end - 1 - range.base < range.size ? STATUS_INVALID_PARAMETER_3 : STATUS_SUCCESS;
}

struct watch_request {
    struct process *process;
    struct mm_range range;
    uint64_t room; /* entries of the array that may be needed */
    unsigned count_output, granularity_output;
};

/* Arguments: 0 process 1 flags 2 base 3 size 4 addresses 5 *count 6 *granularity. */
static ntstatus_t plan_watch(struct nt_call *call, struct watch_request *request)
{
    const uint64_t *a = call->arguments;
    uint32_t pointer = call->machine->layout->pointer;
    ntstatus_t status;
    if (nt_ulong(call, 1) & ~(uint32_t)WRITE_WATCH_FLAG_RESET)
        return STATUS_INVALID_PARAMETER_2;
    request->range = (struct mm_range){a[2], a[3]};
    if ((status = check_watch_range(call, request->range)) != STATUS_SUCCESS ||
        (status = nt_output_pointer(call, a[5], &request->count_output)) != STATUS_SUCCESS)
        return status;
    uint64_t count = nt_get_pointer(call, request->count_output);
    uint64_t pages = (request->range.size >> MMU_PAGE_SHIFT) + 2;
    if (count == 0 || count > UINT64_MAX / 8 || (pointer == 4 && count > UINT32_MAX / 4))
        return STATUS_INVALID_PARAMETER_5;
    if (a[4] & (pointer - 1))
        return STATUS_DATATYPE_MISALIGNMENT;
    if ((status = nt_probe_all(call, a[4], count * pointer)) != STATUS_SUCCESS ||
        (status = nt_output(call, a[6], sizeof(uint32_t), &request->granularity_output)) != STATUS_SUCCESS)
        return status;
    request->room = count < pages ? count : pages;
    return nt_process(call, 0, PROCESS_VM_OPERATION, &request->process);
}

/* => STATUS_SUCCESS: *ret_count addresses. */
static ntstatus_t find_written(struct nt_call *call, const struct watch_request *request, va_t *addresses,
                               struct nt_long_output *array)
{
    const struct guest_layout *layout = call->machine->layout;
    enum mm_watch_mode mode = nt_ulong(call, 1) & WRITE_WATCH_FLAG_RESET ? MM_WATCH_RESET : MM_WATCH_READ;
    size_t count = 0;
    ntstatus_t status = mm_get_write_watch(call->machine->mm, request->process->space, request->range, mode, addresses,
                                           request->room, &count);
    if (status != STATUS_SUCCESS)
        return status;
    for (size_t i = 0; i < count; i++)
        nt_put_long(call, array, i * layout->pointer, &addresses[i], layout->pointer);
    nt_put_pointer(call, request->count_output, count);
    nt_put32(call, request->granularity_output, MMU_PAGE_SIZE);
    return STATUS_SUCCESS;
}

ntstatus_t nt_get_write_watch(struct nt_call *call)
{
    struct watch_request request;
    struct nt_long_output array;
    ntstatus_t status = plan_watch(call, &request);
    if (status != STATUS_SUCCESS)
        return status;
    status = nt_hold_long(call, call->arguments[4], request.room * call->machine->layout->pointer, &array);
    if (status != STATUS_SUCCESS)
        return status;
    va_t *addresses = malloc(request.room * sizeof *addresses);
    status = addresses ? find_written(call, &request, addresses, &array) : STATUS_INSUFFICIENT_RESOURCES;
    free(addresses);
    nt_release_long(call, &array);
    return status;
}

/* Arguments: 0 process 1 base 2 size. */
ntstatus_t nt_reset_write_watch(struct nt_call *call)
{
    struct mm_range range = {call->arguments[1], call->arguments[2]};
    struct process *process;
    ntstatus_t status;
    if ((status = check_watch_range(call, range)) != STATUS_SUCCESS ||
        (status = nt_process(call, 0, PROCESS_VM_OPERATION, &process)) != STATUS_SUCCESS)
        return status;
    return mm_reset_write_watch(call->machine->mm, process->space, range);
}
