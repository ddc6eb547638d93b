/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer.c - answers that are longer than one record or than one hold. */
#include <stdlib.h>
#include <string.h>

#include "emu/machine_internal.h"
#include "emu/nt/vm.h"

ntstatus_t nt_probe_all(struct nt_call *call, va_t va, uint64_t length)
{
    if (length && !guest_is_user_range(call->machine, va, length))
        return STATUS_ACCESS_VIOLATION;
    for (uint64_t done = 0; done < length;) {
        struct mm_hold hold;
        ntstatus_t status = guest_hold(call->machine, va + done, length - done, MMU_WRITE, &hold);
        if (status != STATUS_SUCCESS)
            return status;
        done += hold.length;
        mm_release(call->machine->mm, &hold);
    }
    return STATUS_SUCCESS;
}

ntstatus_t nt_probe_write(struct nt_call *call, va_t va, uint64_t length)
{
    if (length <= NT_OUTPUT_MAX)
        return STATUS_SUCCESS;
    return nt_probe_all(call, va, length);
}

ntstatus_t nt_hold_long(struct nt_call *call, va_t va, uint64_t length, struct nt_long_output *ret_output)
{
    uint64_t pieces = (length + NT_OUTPUT_MAX - 1) / NT_OUTPUT_MAX;
    ntstatus_t status = STATUS_SUCCESS;
    *ret_output = (struct nt_long_output){.holds = calloc(pieces + 1, sizeof *ret_output->holds)};
    if (!ret_output->holds)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (uint64_t i = 0; i < pieces && status == STATUS_SUCCESS; i++) {
        uint64_t left = length - i * NT_OUTPUT_MAX;
        status = guest_hold(call->machine, va + i * NT_OUTPUT_MAX, left < NT_OUTPUT_MAX ? left : NT_OUTPUT_MAX,
                            MMU_WRITE, &ret_output->holds[i]);
        ret_output->count += status == STATUS_SUCCESS;
    }
    if (status != STATUS_SUCCESS)
        nt_release_long(call, ret_output);
    return status;
}

void nt_put_long(struct nt_call *call, const struct nt_long_output *output, uint64_t offset, const void *bytes,
                 uint32_t length)
{
    for (const uint8_t *from = bytes; length;) {
        uint32_t at = (uint32_t)(offset % NT_OUTPUT_MAX);
        uint32_t part = length < NT_OUTPUT_MAX - at ? length : NT_OUTPUT_MAX - at;
        mm_hold_write(call->machine->mm, &output->holds[offset / NT_OUTPUT_MAX], at, from, part);
        from += part;
        offset += part;
        length -= part;
    }
}

void nt_release_long(struct nt_call *call, struct nt_long_output *output)
{
    while (output->count)
        mm_release(call->machine->mm, &output->holds[--output->count]);
    free(output->holds);
    output->holds = NULL;
}

uint32_t nt_describe_name(const struct guest_layout *layout, const char *name, va_t va, uint8_t *bytes)
{
    uint16_t units[NT_NAME_MAX];
    uint32_t length = 2 * utf16_from_utf8(name, units, NT_NAME_MAX);
    put16(bytes, layout->unicode_string.Length, (uint16_t)length);
    put16(bytes, layout->unicode_string.MaximumLength, (uint16_t)(length + 2));
    put_pointer(layout, bytes, layout->unicode_string.Buffer, va + layout->unicode_string.size);
    memcpy(bytes + layout->unicode_string.size, units, length);
    put16(bytes, layout->unicode_string.size + length, 0);
    return layout->unicode_string.size + length + 2;
}
