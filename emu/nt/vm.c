/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm.c - virtual memory services: arguments in, mm's answer out (nt-reference 5.3 to 5.7). */
#include <string.h>

#include "emu/machine_internal.h"


/* PVOID *Base and PSIZE_T Size, both read and written back. */
struct range {
    uint64_t base, size;
    unsigned base_output, size_output;
};

static ntstatus_t capture_range(struct nt_call *call, va_t base_at, va_t size_at, struct range *ret_range)
{
    ntstatus_t status;
    if ((status = nt_output_pointer(call, base_at, &ret_range->base_output)) != STATUS_SUCCESS ||
        (status = nt_output_pointer(call, size_at, &ret_range->size_output)) != STATUS_SUCCESS)
        return status;
    ret_range->base = nt_get_pointer(call, ret_range->base_output);
    ret_range->size = nt_get_pointer(call, ret_range->size_output);
    return STATUS_SUCCESS;
}

static void put_range(struct nt_call *call, const struct range *range, va_t base, uint64_t size)
{
    nt_put_pointer(call, range->base_output, base);
    nt_put_pointer(call, range->size_output, size);
}

/* Checks 1, 2 and 7 of nt-reference 5.3, which come before the probe; mm makes all of them again. */
static ntstatus_t check_allocation(const struct nt_call *call)
{
    unsigned protection;
    uint32_t type = nt_ulong(call, 4);
    const uint32_t known =
        MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_TOP_DOWN | MEM_WRITE_WATCH | MEM_PHYSICAL | MEM_LARGE_PAGES;
    if (call->arguments[2] > 21)
        return STATUS_INVALID_PARAMETER_3;
    if ((type & ~known) || !(type & (MEM_COMMIT | MEM_RESERVE | MEM_RESET)))
        return STATUS_INVALID_PARAMETER_5;
    if ((type & MEM_RESET) && type != MEM_RESET)
        return STATUS_INVALID_PARAMETER_5;
    return mm_protection_from_page(nt_ulong(call, 5), &protection) ? STATUS_SUCCESS : STATUS_INVALID_PAGE_PROTECTION;
}

static ntstatus_t allocate(struct nt_call *call)
{
    struct machine *machine = call->machine;
    struct range range;
    ntstatus_t status;
    if ((status = check_allocation(call)) != STATUS_SUCCESS ||
        (status = capture_range(call, call->arguments[1], call->arguments[3], &range)) != STATUS_SUCCESS ||
        (status = nt_check_process(call, 0)) != STATUS_SUCCESS)
        return status;
    struct mm_allocation request = {.base = range.base,
                                    .size = range.size,
                                    .zero_bits = (unsigned)call->arguments[2],
                                    .type = nt_ulong(call, 4),
                                    .protect = nt_ulong(call, 5)};
    status = mm_allocate(machine->mm, machine_process(machine)->space, &request);
    if (status == STATUS_MM_WAIT)
        return status;
    if (nt_success(status))
        put_range(call, &range, request.base, request.size);
    event_region(machine, &(struct event_region){.kind = TRACE_ALLOC,
                                                 .base = request.base,
                                                 .size = request.size,
                                                 .type = request.type,
                                                 .protect = request.protect,
                                                 .status = status});
    if (status == STATUS_MM_NOT_MODELLED)
        return nt_not_modelled(call, "this kind of allocation");
    return status;
}

static ntstatus_t free_memory(struct nt_call *call)
{
    struct machine *machine = call->machine;
    struct range range;
    uint32_t type = nt_ulong(call, 3);
    ntstatus_t status;
    if (type != MEM_DECOMMIT && type != MEM_RELEASE)
        return STATUS_INVALID_PARAMETER_4;
    if ((status = capture_range(call, call->arguments[1], call->arguments[2], &range)) != STATUS_SUCCESS ||
        (status = nt_check_process(call, 0)) != STATUS_SUCCESS)
        return status;
    va_t base = range.base;
    uint64_t size = range.size;
    status = mm_free(machine->mm, machine_process(machine)->space, &base, &size, type);
    if (status == STATUS_MM_WAIT)
        return status;
    if (nt_success(status))
        put_range(call, &range, base, size);
    event_region(machine, &(struct event_region){
                              .kind = TRACE_FREE, .base = base, .size = size, .type = type, .status = status});
    return status;
}

static ntstatus_t protect(struct nt_call *call)
{
    struct machine *machine = call->machine;
    struct range range;
    unsigned protection, old_output;
    uint32_t old = 0, wanted = nt_ulong(call, 3);
    ntstatus_t status;
    if (!mm_protection_from_page(wanted, &protection))
        return STATUS_INVALID_PAGE_PROTECTION;
    if ((status = capture_range(call, call->arguments[1], call->arguments[2], &range)) != STATUS_SUCCESS ||
        (status = nt_output(call, call->arguments[4], 4, &old_output)) != STATUS_SUCCESS ||
        (status = nt_check_process(call, 0)) != STATUS_SUCCESS)
        return status;
    va_t base = range.base;
    uint64_t size = range.size;
    status = mm_protect(machine->mm, machine_process(machine)->space, &base, &size, wanted, &old);
    if (status == STATUS_MM_WAIT)
        return status;
    if (nt_success(status)) {
        put_range(call, &range, base, size);
        nt_put32(call, old_output, old);
    }
    event_region(machine, &(struct event_region){.kind = TRACE_PROTECT,
                                                 .base = base,
                                                 .size = size,
                                                 .protect = wanted,
                                                 .old_protect = old,
                                                 .status = status});
    return status;
}

static ntstatus_t query(struct nt_call *call)
{
    enum { BASIC, CLASSES_END = 5 };
    struct machine *machine = call->machine;
    const uint64_t *a = call->arguments;
    uint32_t class = nt_ulong(call, 2);
    struct mm_region region;
    ntstatus_t status;
    if (class >= CLASSES_END)
        return STATUS_INVALID_INFO_CLASS;
    if (class != BASIC)
        return nt_not_modelled(call, "an information class other than MemoryBasicInformation");
    if (a[4] < (machine->layout->pointer == 8 ? 0x30 : 0x1C))
        return STATUS_INFO_LENGTH_MISMATCH;
    if ((status = nt_check_process(call, 0)) != STATUS_SUCCESS ||
        (status = mm_query(machine->mm, machine_process(machine)->space, a[1], &region)) != STATUS_SUCCESS)
        return status;
    struct guest_record answer = record_begin(machine->layout); /* MEMORY_BASIC_INFORMATION */
    record_pointer(&answer, region.base);
    record_pointer(&answer, region.allocation_base);
    record_u32(&answer, region.allocation_protect);
    record_pointer(&answer, region.size);
    record_u32(&answer, region.state);
    record_u32(&answer, region.protect);
    record_u32(&answer, region.type);
    return nt_answer_record(
        call, &answer,
        (struct nt_information){
            .buffer = a[3], .room = a[4], .returned = a[5], .returned_size = machine->layout->pointer});
}

static uint32_t least(uint64_t a, uint32_t b)
{
    return a < b ? (uint32_t)a : b;
}

/* Copy as much of one chunk as both sides hold at once. */
static ntstatus_t copy_chunk(struct machine *machine, va_t to, va_t from, uint32_t length, uint32_t *ret_copied)
{
    uint8_t buffer[MMU_PAGE_SIZE];
    struct mm_hold source, target;
    ntstatus_t status = guest_hold(machine, from, length, MMU_READ, &source);
    if (status != STATUS_SUCCESS)
        return status;
    status = guest_hold(machine, to, source.length, MMU_WRITE, &target);
    if (status == STATUS_SUCCESS) {
        uint32_t whole = least(source.length, target.length);
        for (uint32_t done = 0, part; done < whole; done += part) {
            part = least(whole - done, sizeof buffer);
            mm_hold_read(machine->mm, &source, done, buffer, part);
            mm_hold_write(machine->mm, &target, done, buffer, part);
        }
        *ret_copied = whole;
        mm_release(machine->mm, &target);
    }
    mm_release(machine->mm, &source);
    return status;
}

/* As much as lies in one page on both sides: what fails is then exactly the page that ends the transfer, and a guard
 * page that it consumed is told of. */
static uint32_t chunk_length(va_t to, va_t from, uint64_t left)
{
    uint32_t from_room = MMU_PAGE_SIZE - (from & MMU_PAGE_MASK), to_room = MMU_PAGE_SIZE - (to & MMU_PAGE_MASK);
    return least(left, least(from_room, to_room));
}

/* NtRead/WriteVirtualMemory; both sides are in the one process. */
static ntstatus_t copy_memory(struct nt_call *call, va_t to, va_t from)
{
    const uint64_t *a = call->arguments;
    uint64_t size = a[3];
    unsigned count_output = 0;
    ntstatus_t status;
    if (size && (!guest_is_user_range(call->machine, to, size) || !guest_is_user_range(call->machine, from, size)))
        return STATUS_ACCESS_VIOLATION;
    if ((a[4] && (status = nt_output_pointer(call, a[4], &count_output)) != STATUS_SUCCESS) ||
        (status = nt_check_process(call, 0)) != STATUS_SUCCESS)
        return status;
    uint64_t done = nt_resume(call);
    while (done < size) {
        uint32_t copied = 0;
        status = copy_chunk(call->machine, to + done, from + done, chunk_length(to + done, from + done, size - done),
                            &copied);
        if (status == STATUS_MM_WAIT)
            return nt_suspend(call, done);
        if (status != STATUS_SUCCESS)
            break;
        done += copied;
    }
    if (a[4])
        nt_put_pointer(call, count_output, done);
    return done == size ? STATUS_SUCCESS : STATUS_PARTIAL_COPY;
}

static ntstatus_t read_memory(struct nt_call *call)
{
    return copy_memory(call, call->arguments[2], call->arguments[1]);
}

static ntstatus_t write_memory(struct nt_call *call)
{
    return copy_memory(call, call->arguments[1], call->arguments[2]);
}

/* Writes drop translations by themselves: there is nothing to flush. */
static ntstatus_t flush_instruction_cache(struct nt_call *call)
{
    return nt_check_process(call, 0);
}

const struct nt_service nt_services_vm[] = {
    {"NtAllocateVirtualMemory", 6, allocate},
    {"NtFreeVirtualMemory", 4, free_memory},
    {"NtProtectVirtualMemory", 5, protect},
    {"NtQueryVirtualMemory", 6, query},
    {"NtReadVirtualMemory", 5, read_memory},
    {"NtWriteVirtualMemory", 5, write_memory},
    {"NtFlushInstructionCache", 3, flush_instruction_cache},
    {0},
};
