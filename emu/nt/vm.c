/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm.c - NtAllocate-, NtFree- and NtProtectVirtualMemory: arguments in, mm's answer out (nt-reference 5.3 to 5.5).
 *
 * The order is NT's: what can be told from the arguments alone, the probe of the pointers, the range, the handle; then
 * mm, which makes its checks again and adds those that need the address space. */
#include "emu/nt/vm.h"

#include "emu/machine_internal.h"
#include "emu/token.h"

/* --- Base and size, in and out ----------------------------------------------------------------------------- */

ntstatus_t nt_capture_range(struct nt_call *call, unsigned base, unsigned size, struct nt_range *ret_range)
{
    ntstatus_t status;
    *ret_range = (struct nt_range){.base_at = call->arguments[base], .size_at = call->arguments[size]};
    if ((status = nt_output_pointer(call, ret_range->base_at, &ret_range->base_output)) != STATUS_SUCCESS ||
        (status = nt_output_pointer(call, ret_range->size_at, &ret_range->size_output)) != STATUS_SUCCESS)
        return status;
    ret_range->base = nt_get_pointer(call, ret_range->base_output);
    ret_range->size = nt_get_pointer(call, ret_range->size_output);
    return STATUS_SUCCESS;
}

void nt_put_range(struct nt_call *call, const struct nt_range *range, struct mm_range done)
{
    nt_put_pointer(call, range->base_output, done.base);
    nt_put_pointer(call, range->size_output, done.size);
}

/* A result of the call, to be stored after the act. */
struct result {
    unsigned output;
    va_t va;
    uint64_t value;
    uint32_t length;
};

/* Store results in order.  The act may have taken from the caller the very page that a result lies in: then the store
 * faults as the kernel's own does, and so do those after it.  => STATUS_SUCCESS, or that fault's status. */
static ntstatus_t put_results(struct nt_call *call, struct mm_range changed, const struct result *results,
                              unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct result *result = &results[i];
        if (result->va + result->length > changed.base && result->va < changed.base + changed.size) {
            struct mm_hold *hold = &call->outputs[result->output];
            mm_release(call->machine->mm, hold);
            ntstatus_t status = guest_hold(call->machine, result->va, result->length, MMU_WRITE, hold);
            if (status != STATUS_SUCCESS)
                return status;
        }
        nt_put(call, result->output, 0, &result->value, result->length);
    }
    return STATUS_SUCCESS;
}

/* Size, then base, then what the service has more: the kernel's own order. */
static ntstatus_t put_all(struct nt_call *call, const struct process *process, const struct nt_range *range,
                          struct mm_range done, const struct result *more)
{
    uint32_t pointer = call->machine->layout->pointer;
    struct mm_range changed = process == machine_process(call->machine) ? done : (struct mm_range){0};
    struct result results[3] = {{range->size_output, range->size_at, done.size, pointer},
                                {range->base_output, range->base_at, done.base, pointer}};
    if (more)
        results[2] = *more;
    return put_results(call, changed, results, more ? 3 : 2);
}

/* --- NtAllocateVirtualMemory ------------------------------------------------------------------------------- */

/* Arguments: 0 process 1 *base 2 zero bits 3 *size 4 type 5 protect. */
enum { ZERO_BITS_MAX = 21, MASK_BITS_MIN = 10, GRANULARITY = 64 << 10 };

/* A count of high bits of a 32-bit address; in 64 bits from 32 on a mask of the bits allowed.  => false: too many. */
bool nt_check_zero_bits(const struct nt_call *call, uint64_t bits)
{
    return bits <= ZERO_BITS_MAX || (call->machine->layout->pointer == 8 && bits >> MASK_BITS_MIN);
}

/* Checks 2 to 7. */
static ntstatus_t check_type(uint32_t type, uint32_t protect)
{
    const uint32_t known =
        MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_TOP_DOWN | MEM_WRITE_WATCH | MEM_PHYSICAL | MEM_LARGE_PAGES;
    const uint32_t large_not = MEM_PHYSICAL | MEM_RESET | MEM_WRITE_WATCH;
    const uint32_t physical_may = MEM_PHYSICAL | MEM_RESERVE | MEM_TOP_DOWN;
    unsigned protection;
    bool good = !(type & ~known) && (type & (MEM_COMMIT | MEM_RESERVE | MEM_RESET));
    if (type & MEM_RESET)
        good = type == MEM_RESET;
    if (type & MEM_LARGE_PAGES)
        good = good && (type & MEM_COMMIT) && !(type & large_not);
    if (type & MEM_WRITE_WATCH)
        good = good && (type & MEM_RESERVE);
    if (type & MEM_PHYSICAL)
        good = good && (type & MEM_RESERVE) && !(type & ~physical_may);
    if (!good)
        return STATUS_INVALID_PARAMETER_5;
    if ((type & MEM_PHYSICAL) && protect != PAGE_READWRITE)
        return STATUS_INVALID_PARAMETER_6;
    return mm_protection_from_page(protect, &protection) ? STATUS_SUCCESS : STATUS_INVALID_PAGE_PROTECTION;
}

/* Checks 9 and 10. */
static ntstatus_t check_allocation_range(const struct nt_call *call, const struct nt_range *range)
{
    va_t highest = call->machine->layout->probe_address - GRANULARITY - 1; /* MM_HIGHEST_VAD_ADDRESS */
    if (range->base > highest)
        return STATUS_INVALID_PARAMETER_2;
    return range->size == 0 || highest - range->base < range->size ? STATUS_INVALID_PARAMETER_4 : STATUS_SUCCESS;
}

/* The call's arguments, checked as far as they can be without the address space. */
static ntstatus_t plan_allocation(struct nt_call *call, struct nt_range *range, struct mm_allocation *request,
                                  struct process **ret_process)
{
    ntstatus_t status;
    *request = (struct mm_allocation){
        .zero_bits = call->arguments[2], .type = nt_ulong(call, 4), .protect = nt_ulong(call, 5)};
    if (!nt_check_zero_bits(call, request->zero_bits))
        return STATUS_INVALID_PARAMETER_3;
    if ((status = check_type(request->type, request->protect)) != STATUS_SUCCESS ||
        (status = nt_capture_range(call, 1, 3, range)) != STATUS_SUCCESS ||
        (status = check_allocation_range(call, range)) != STATUS_SUCCESS ||
        (status = nt_process(call, 0, PROCESS_VM_OPERATION, ret_process)) != STATUS_SUCCESS)
        return status;
    request->base = range->base;
    request->size = range->size;
    return STATUS_SUCCESS;
}

static ntstatus_t allocate(struct nt_call *call)
{
    struct machine *machine = call->machine;
    struct process *process;
    struct nt_range range;
    struct mm_allocation request;
    ntstatus_t status = plan_allocation(call, &range, &request, &process);
    if (status != STATUS_SUCCESS)
        return status;
    if (request.type & MEM_LARGE_PAGES) /* check 12 */
        return token_has(machine_process(machine), SE_LOCK_MEMORY_PRIVILEGE) ? nt_not_modelled(call, "large pages")
                                                                             : STATUS_PRIVILEGE_NOT_HELD;
    bool commits = range.base && !(request.type & MEM_RESERVE);
    status = mm_allocate(machine->mm, process->space, &request);
    if (status == STATUS_MM_WAIT)
        return status;
    event_region(machine, &(struct event_region){.kind = TRACE_ALLOC,
                                                 .process = process,
                                                 .base = request.base,
                                                 .size = request.size,
                                                 .type = request.type,
                                                 .protect = request.protect,
                                                 .status = status});
    if (status == STATUS_MM_NOT_MODELLED)
        return nt_not_modelled(call, "this kind of allocation");
    if (!nt_success(status))
        return status;
    /* A fault on the way out is swallowed after a reservation, and the answer after a commit. */
    ntstatus_t stored = put_all(call, process, &range, (struct mm_range){request.base, request.size}, NULL);
    return commits && stored != STATUS_SUCCESS ? stored : status;
}

/* --- NtFreeVirtualMemory ----------------------------------------------------------------------------------- */

/* Arguments: 0 process 1 *base 2 *size 3 type. */
static ntstatus_t free_memory(struct nt_call *call)
{
    struct machine *machine = call->machine;
    struct process *process;
    struct nt_range range;
    uint32_t type = nt_ulong(call, 3);
    va_t end = machine->layout->probe_address;
    ntstatus_t status;
    if (type != MEM_DECOMMIT && type != MEM_RELEASE)
        return STATUS_INVALID_PARAMETER_4;
    if ((status = nt_capture_range(call, 1, 2, &range)) != STATUS_SUCCESS)
        return status;
    if (range.base >= end)
        return STATUS_INVALID_PARAMETER_2;
    if (end - 1 - range.base < range.size)
        return STATUS_INVALID_PARAMETER_3;
    if ((status = nt_process(call, 0, PROCESS_VM_OPERATION, &process)) != STATUS_SUCCESS)
        return status;
    struct mm_range done = {range.base, range.size};
    status = mm_free(machine->mm, process->space, &done.base, &done.size, type);
    if (status == STATUS_MM_WAIT)
        return status;
    if (nt_success(status))
        put_all(call, process, &range, done, NULL);
    event_region(machine, &(struct event_region){.kind = TRACE_FREE,
                                                 .process = process,
                                                 .base = done.base,
                                                 .size = done.size,
                                                 .type = type,
                                                 .status = status});
    return status;
}

/* --- NtProtectVirtualMemory -------------------------------------------------------------------------------- */

/* Arguments: 0 process 1 *base 2 *size 3 protect 4 *old. */
static ntstatus_t plan_protection(struct nt_call *call, struct nt_range *range, unsigned *old_output,
                                  struct process **ret_process)
{
    va_t end = call->machine->layout->probe_address;
    unsigned protection;
    ntstatus_t status;
    if (!mm_protection_from_page(nt_ulong(call, 3), &protection))
        return STATUS_INVALID_PAGE_PROTECTION;
    if ((status = nt_capture_range(call, 1, 2, range)) != STATUS_SUCCESS ||
        (status = nt_output(call, call->arguments[4], sizeof(uint32_t), old_output)) != STATUS_SUCCESS)
        return status;
    if (range->base >= end)
        return STATUS_INVALID_PARAMETER_2;
    if (range->size == 0 || end - 1 - range->base < range->size)
        return STATUS_INVALID_PARAMETER_3;
    return nt_process(call, 0, PROCESS_VM_OPERATION, ret_process);
}

static ntstatus_t protect(struct nt_call *call)
{
    struct machine *machine = call->machine;
    struct process *process;
    struct nt_range range;
    unsigned old_output;
    uint32_t old = 0, wanted = nt_ulong(call, 3);
    ntstatus_t status = plan_protection(call, &range, &old_output, &process);
    if (status != STATUS_SUCCESS)
        return status;
    struct mm_range done = {range.base, range.size};
    status = mm_protect(machine->mm, process->space, &done.base, &done.size, wanted, &old);
    if (status == STATUS_MM_WAIT)
        return status;
    if (nt_success(status))
        put_all(call, process, &range, done, &(struct result){old_output, call->arguments[4], old, sizeof old});
    event_region(machine, &(struct event_region){.kind = TRACE_PROTECT,
                                                 .process = process,
                                                 .base = done.base,
                                                 .size = done.size,
                                                 .protect = wanted,
                                                 .old_protect = old,
                                                 .status = status});
    return status;
}

const struct nt_service nt_services_vm[] = {
    {"NtAllocateVirtualMemory", 6, allocate},
    {"NtFreeVirtualMemory", 4, free_memory},
    {"NtProtectVirtualMemory", 5, protect},
    {"NtQueryVirtualMemory", 6, nt_query_virtual_memory},
    {"NtReadVirtualMemory", 5, nt_read_virtual_memory},
    {"NtWriteVirtualMemory", 5, nt_write_virtual_memory},
    {"NtFlushInstructionCache", 3, nt_flush_instruction_cache},
    {"NtLockVirtualMemory", 4, nt_lock_virtual_memory},
    {"NtUnlockVirtualMemory", 4, nt_unlock_virtual_memory},
    {"NtFlushVirtualMemory", 4, nt_flush_virtual_memory},
    {"NtGetWriteWatch", 7, nt_get_write_watch},
    {"NtResetWriteWatch", 3, nt_reset_write_watch},
    {"NtAreMappedFilesTheSame", 2, nt_are_mapped_files_the_same},
    {"NtAllocateUserPhysicalPages", 3, nt_allocate_user_physical_pages},
    {"NtFreeUserPhysicalPages", 3, nt_free_user_physical_pages},
    {"NtMapUserPhysicalPages", 3, nt_map_user_physical_pages},
    {"NtMapUserPhysicalPagesScatter", 3, nt_map_user_physical_pages_scatter},
    {0},
};
