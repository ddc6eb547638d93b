/* SPDX-License-Identifier: GPL-2.0-or-later */
/* working_set.c - which pages a process has in its working set: two classes of NtQueryVirtualMemory
 * (nt-reference 14.5). */
#include <stdlib.h>

#include "emu/machine_internal.h"
#include "emu/nt/vm.h"

enum { SHARE_COUNT_MAX = 7 /* three bits */ };

static uint64_t share_count(const struct mm_ws_page *page)
{
    return page->share_count < SHARE_COUNT_MAX ? page->share_count : SHARE_COUNT_MAX;
}

/* Entry of MEMORY_WORKING_SET_INFORMATION. */
static uint64_t list_entry(const struct mm_ws_page *page)
{
    return (page->va & ~(va_t)MMU_PAGE_MASK) | (uint64_t)page->shared << 8 | share_count(page) << 5 |
           (page->protection & 31);
}

/* PSAPI_WORKING_SET_EX_BLOCK. */
static uint64_t ex_block(const struct mm_ws_page *page)
{
    return 1 | share_count(page) << 1 | (uint64_t)(mm_page_from_protection(page->protection) & 0x7FF) << 4 |
           (uint64_t)page->shared << 15 | (uint64_t)page->locked << 22;
}

static void put_list(struct nt_call *call, const struct nt_long_output *output, const struct mm_ws_page *pages,
                     size_t count)
{
    uint32_t pointer = call->machine->layout->pointer;
    nt_put_long(call, output, 0, &count, pointer);
    for (size_t i = 0; i < count; i++) {
        uint64_t entry = list_entry(&pages[i]);
        nt_put_long(call, output, (i + 1) * pointer, &entry, pointer);
    }
}

/* The count is stored also where the entries do not fit.  The buffer was probed: its pages count already. */
ntstatus_t nt_answer_working_set(struct nt_call *call, const struct nt_query *query)
{
    struct mm *mm = call->machine->mm;
    uint32_t pointer = call->machine->layout->pointer;
    struct nt_long_output output;
    size_t count = mm_ws_list(mm, query->process->space, NULL, 0);
    nt_put(call, query->buffer_output, 0, &count, pointer);
    if (query->room / pointer - 1 < count)
        return STATUS_INFO_LENGTH_MISMATCH;
    ntstatus_t status = nt_hold_long(call, query->buffer, (count + 1) * pointer, &output);
    if (status != STATUS_SUCCESS)
        return status;
    struct mm_ws_page *pages = malloc((count + 1) * sizeof *pages);
    if (pages && mm_ws_list(mm, query->process->space, pages, count) == count)
        put_list(call, &output, pages, count);
    else
        status = pages ? STATUS_UNSUCCESSFUL : STATUS_INSUFFICIENT_RESOURCES;
    free(pages);
    nt_release_long(call, &output);
    if (status == STATUS_SUCCESS)
        nt_put_query_length(call, query, (count + 1) * pointer);
    return status;
}

static uint64_t ex_word(struct machine *machine, const struct process *process, va_t va)
{
    struct mm_ws_page page = {.va = va};
    if (va < machine->layout->probe_address && mm_ws_page_at(machine->mm, process->space, va, &page))
        return ex_block(&page);
    return (uint64_t)page.shared << 15;
}

/* In and out: {address, block} for each page asked about; what is left over at the end is not touched. */
ntstatus_t nt_answer_working_set_ex(struct nt_call *call, const struct nt_query *query)
{
    struct machine *machine = call->machine;
    uint32_t pointer = machine->layout->pointer, entry = 2 * pointer;
    uint64_t count = query->room / entry;
    for (uint64_t i = 0; i < count; i++) {
        va_t at = query->buffer + i * entry;
        struct mm_hold hold;
        uint64_t va = 0;
        ntstatus_t status = guest_hold(machine, at, entry, MMU_WRITE, &hold);
        if (status != STATUS_SUCCESS)
            return status;
        mm_hold_read(machine->mm, &hold, 0, &va, pointer);
        uint64_t word = ex_word(machine, query->process, va);
        mm_hold_write(machine->mm, &hold, pointer, &word, pointer);
        mm_release(machine->mm, &hold);
    }
    nt_put_query_length(call, query, count * entry);
    return STATUS_SUCCESS;
}
