/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm_copy.c - NtReadVirtualMemory and NtWriteVirtualMemory: bytes between the caller and any process
 * (nt-reference 5.7).
 *
 * Both sides of a chunk are held at once and then copied, so that the bytes go from one address space to the other
 * without either being the current one.  A chunk lies within one page on both sides: what fails is then exactly the
 * page that ends the transfer, and a guard page that it consumed is told of.  A long transfer keeps its progress in the
 * thread while a page is read. */
#include "emu/machine_internal.h"
#include "emu/nt/vm.h"

/* One end of a transfer. */
struct end {
    struct process *process;
    va_t va;
};

static ntstatus_t copy_chunk(struct machine *machine, struct end to, struct end from, uint32_t length)
{
    uint8_t buffer[MMU_PAGE_SIZE];
    struct mm_hold source, target;
    ntstatus_t status = guest_hold_in(machine, from.process, from.va, length, MMU_READ, &source);
    if (status != STATUS_SUCCESS)
        return status;
    status = guest_hold_in(machine, to.process, to.va, length, MMU_WRITE, &target);
    if (status == STATUS_SUCCESS) {
        mm_hold_read(machine->mm, &source, 0, buffer, length);
        mm_hold_write(machine->mm, &target, 0, buffer, length);
        mm_release(machine->mm, &target);
    }
    mm_release(machine->mm, &source);
    return status;
}

static uint32_t chunk_length(va_t to, va_t from, uint64_t left)
{
    uint32_t from_room = MMU_PAGE_SIZE - (from & MMU_PAGE_MASK), to_room = MMU_PAGE_SIZE - (to & MMU_PAGE_MASK);
    uint32_t room = from_room < to_room ? from_room : to_room;
    return left < room ? (uint32_t)left : room;
}

/* => bytes copied; *ret_status: why it ended. */
static uint64_t copy_all(struct nt_call *call, struct end to, struct end from, uint64_t size, ntstatus_t *ret_status)
{
    uint64_t done = nt_resume(call);
    *ret_status = STATUS_SUCCESS;
    while (done < size) {
        struct end next_to = {to.process, to.va + done}, next_from = {from.process, from.va + done};
        uint32_t length = chunk_length(next_to.va, next_from.va, size - done);
        bool out_of_time = atomic_load(&call->machine->wall_limit_reached);
        *ret_status = out_of_time ? STATUS_MM_WAIT : copy_chunk(call->machine, next_to, next_from, length);
        if (*ret_status != STATUS_SUCCESS)
            break;
        done += length;
    }
    return done;
}

static bool is_in_user_space(const struct nt_call *call, va_t va, uint64_t size)
{
    va_t end = call->machine->layout->probe_address;
    return va <= end && size <= end - va;
}

enum direction { COPY_READ, COPY_WRITE };

/* Arguments: 0 process 1 its address 2 the caller's buffer 3 size 4 *done. */
static ntstatus_t copy_memory(struct nt_call *call, enum direction direction)
{
    const uint64_t *a = call->arguments;
    struct end there = {.va = a[1]}, here = {machine_process(call->machine), a[2]};
    uint64_t size = a[3];
    unsigned count_output = 0;
    ntstatus_t status;
    if (!is_in_user_space(call, there.va, size) || !is_in_user_space(call, here.va, size))
        return STATUS_ACCESS_VIOLATION;
    if (a[4] && (status = nt_output_pointer(call, a[4], &count_output)) != STATUS_SUCCESS)
        return status;
    uint32_t access = direction == COPY_READ ? PROCESS_VM_READ : PROCESS_VM_WRITE;
    if (size && (status = nt_process(call, 0, access, &there.process)) != STATUS_SUCCESS)
        return status;
    uint64_t done = direction == COPY_READ ? copy_all(call, here, there, size, &status)
                                           : copy_all(call, there, here, size, &status);
    if (status == STATUS_MM_WAIT)
        return nt_suspend(call, done);
    if (a[4])
        nt_put_pointer(call, count_output, done);
    return done == size ? STATUS_SUCCESS : STATUS_PARTIAL_COPY;
}

ntstatus_t nt_read_virtual_memory(struct nt_call *call)
{
    return copy_memory(call, COPY_READ);
}

ntstatus_t nt_write_virtual_memory(struct nt_call *call)
{
    return copy_memory(call, COPY_WRITE);
}

/* Arguments: 0 process 1 base 2 size.  Writes drop translations by themselves: there is nothing to flush. */
ntstatus_t nt_flush_instruction_cache(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    struct process *process;
    ntstatus_t status = nt_process(call, 0, PROCESS_VM_WRITE, &process);
    if (status != STATUS_SUCCESS)
        return status;
    return a[1] && a[2] && !is_in_user_space(call, a[1], a[2]) ? STATUS_ACCESS_VIOLATION : STATUS_SUCCESS;
}
