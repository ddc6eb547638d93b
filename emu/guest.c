/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.c - probe and copy.  See guest.h. */
#include "emu/guest.h"

#include <assert.h>
#include <string.h>

#include "emu/machine_internal.h"

enum { COPY_MAX = 64 << 10 };

/* Its program counter is the system call's, which the CPU has passed. */
void guest_observe(void *context, const struct mm_fault *fault)
{
    struct machine *machine = context;
    if (!machine->started)
        return; /* bring-up: the program has not begun */
    struct cpu_registers registers;
    cpu_get_registers(machine->cpu, &registers);
    machine_note_fault(machine, fault, registers.ip - (machine->in_service ? SYSTEM_CALL_LENGTH : 0));
}

bool guest_is_user_range(const struct machine *machine, va_t va, uint64_t length)
{
    va_t end = machine->layout->probe_address;
    return va < end && length <= end - va;
}

struct mm_fault guest_fault(const struct machine *machine, const struct process *process)
{
    return (struct mm_fault){.mode = MMU_KERNEL, .process = process->space, .thread = machine->thread->id};
}

ntstatus_t guest_hold_in(struct machine *machine, const struct process *process, va_t va, uint64_t length,
                         enum mmu_access access, struct mm_hold *ret_hold)
{
    *ret_hold = (struct mm_hold){.va = va};
    if (length == 0)
        return STATUS_SUCCESS;
    if (!guest_is_user_range(machine, va, length))
        return STATUS_ACCESS_VIOLATION;
    struct mm_fault template = guest_fault(machine, process);
    ntstatus_t status = mm_hold(machine->mm, &template, va, length, access, guest_observe, machine, ret_hold);
    machine_after_fault(machine);
    return status;
}

ntstatus_t guest_hold(struct machine *machine, va_t va, uint64_t length, enum mmu_access access,
                      struct mm_hold *ret_hold)
{
    return guest_hold_in(machine, machine_process(machine), va, length, access, ret_hold);
}

ntstatus_t guest_read(struct machine *machine, va_t va, void *buffer, uint32_t length)
{
    struct mm_hold hold;
    assert(length <= COPY_MAX);
    ntstatus_t status = guest_hold(machine, va, length, MMU_READ, &hold);
    if (status == STATUS_INSUFFICIENT_RESOURCES && /* no pool for a hold: a resident page can be read without */
        mm_peek(machine->mm, machine_process(machine)->space, va, buffer, length) == length)
        return STATUS_SUCCESS;
    if (status != STATUS_SUCCESS || length == 0)
        return status;
    mm_hold_read(machine->mm, &hold, 0, buffer, length);
    mm_release(machine->mm, &hold);
    return STATUS_SUCCESS;
}

ntstatus_t guest_put_frame(struct machine *machine, va_t va, const void *bytes, uint32_t length)
{
    struct mm_hold hold;
    assert(length <= COPY_MAX);
    ntstatus_t status = guest_hold(machine, va, length, MMU_WRITE, &hold);
    if (status != STATUS_SUCCESS)
        return status;
    mm_hold_write(machine->mm, &hold, 0, bytes, length);
    mm_release(machine->mm, &hold);
    return STATUS_SUCCESS;
}

ntstatus_t guest_write_to(struct machine *machine, const struct process *process, va_t va, const void *bytes,
                          uint64_t length)
{
    const uint8_t *from = bytes;
    while (length) {
        struct mm_hold hold;
        ntstatus_t status = guest_hold_in(machine, process, va, length, MMU_WRITE, &hold);
        if (status == STATUS_MM_WAIT) {
            machine_wait(machine);
            continue;
        }
        if (status != STATUS_SUCCESS)
            return status;
        mm_hold_write(machine->mm, &hold, 0, from, hold.length);
        from += hold.length;
        va += hold.length;
        length -= hold.length;
        mm_release(machine->mm, &hold);
    }
    return STATUS_SUCCESS;
}

ntstatus_t guest_write_now(struct machine *machine, va_t va, const void *bytes, uint64_t length)
{
    return guest_write_to(machine, machine_process(machine), va, bytes, length);
}

ntstatus_t guest_read_string(struct machine *machine, va_t va, char *buffer, uint32_t room)
{
    const struct guest_layout *layout = machine->layout;
    uint8_t string[16];
    uint16_t units[2048];
    ntstatus_t status = guest_read(machine, va, string, layout->unicode_string.size);
    if (status != STATUS_SUCCESS)
        return status;
    uint32_t length = get16(string, layout->unicode_string.Length);
    if (length % 2 || length > sizeof units)
        return STATUS_OBJECT_NAME_INVALID;
    status = guest_read(machine, get_pointer(layout, string, layout->unicode_string.Buffer), units, length);
    if (status != STATUS_SUCCESS)
        return status;
    return utf8_from_utf16(units, length / 2, buffer, room) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_INVALID;
}

static unsigned utf8_put(uint32_t point, char bytes[4])
{
    if (point < 0x80) {
        bytes[0] = (char)point;
        return 1;
    }
    unsigned extra = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    for (unsigned i = extra; i > 0; i--) {
        bytes[i] = (char)(0x80 | (point & 0x3F));
        point >>= 6;
    }
    bytes[0] = (char)((0xF00 >> (extra + 1) & 0xFF) | point);
    return extra + 1;
}

bool utf8_from_utf16(const uint16_t *units, uint32_t count, char *buffer, uint32_t room)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t point = units[i];
        if (point >= 0xD800 && point < 0xDC00 && i + 1 < count && units[i + 1] >= 0xDC00 && units[i + 1] < 0xE000)
            point = 0x10000 + ((point - 0xD800) << 10) + (units[++i] - 0xDC00u);
        else if (point == 0 || (point >= 0xD800 && point < 0xE000))
            point = '?';
        char bytes[4];
        unsigned length = utf8_put(point, bytes);
        if (used + length + 1 > room)
            return false;
        memcpy(buffer + used, bytes, length);
        used += length;
    }
    buffer[used] = 0;
    return true;
}

/* One code point from text; malformed: '?' and one byte. */
static unsigned utf8_get(const unsigned char *text, uint32_t *ret_point)
{
    static const uint32_t least[4] = {0, 0x80, 0x800, 0x10000};
    unsigned extra = *text < 0x80 ? 0 : *text >= 0xF0 && *text < 0xF8 ? 3 : *text >= 0xE0 ? 2 : 1;
    uint32_t point = extra ? *text & (0x3Fu >> extra) : *text;
    *ret_point = '?';
    if (*text >= 0xF8 || (*text >= 0x80 && *text < 0xC0))
        return 1;
    for (unsigned i = 1; i <= extra; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 1;
        point = point << 6 | (text[i] & 0x3F);
    }
    if (point < least[extra] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000))
        return 1;
    *ret_point = point;
    return extra + 1;
}

uint32_t utf16_from_utf8(const char *text, uint16_t *units, uint32_t room)
{
    uint32_t count = 0;
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        uint32_t point;
        at += utf8_get(at, &point);
        if (count + (point >= 0x10000 ? 2 : 1) > room)
            break;
        if (point >= 0x10000) {
            units[count++] = (uint16_t)(0xD800 + ((point - 0x10000) >> 10));
            units[count++] = (uint16_t)(0xDC00 + ((point - 0x10000) & 0x3FF));
        } else {
            units[count++] = (uint16_t)point;
        }
    }
    return count;
}
