/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ws_watch.c - see ws_watch.h. */
#include "emu/ws_watch.h"

struct ws_watch *ws_watch_of(struct ws_watches *watches, mm_process process)
{
    for (unsigned i = 0; watches->used && i < WS_WATCHES_MAX; i++)
        if (watches->table[i].process == process)
            return &watches->table[i];
    return NULL;
}

ntstatus_t ws_watch_start(struct ws_watches *watches, mm_process process)
{
    if (ws_watch_of(watches, process))
        return STATUS_SUCCESS;
    for (unsigned i = 0; i < WS_WATCHES_MAX; i++) {
        struct ws_watch *watch = &watches->table[i];
        if (watch->process)
            continue;
        watch->process = process;
        watch->count = 0;
        watches->used++;
        return STATUS_SUCCESS;
    }
    return STATUS_INSUFFICIENT_RESOURCES;
}

void ws_watch_end(struct ws_watches *watches, mm_process process)
{
    struct ws_watch *watch = ws_watch_of(watches, process);
    if (!watch)
        return;
    watch->process = 0;
    watches->used--;
}

/* From memory, or by making a page of zeroes: nothing was read, nothing was copied. */
static bool is_soft(ntstatus_t status)
{
    return status <= STATUS_PAGE_FAULT_DEMAND_ZERO;
}

void ws_watch_note(struct ws_watches *watches, const struct mm_fault *fault, va_t pc)
{
    struct ws_watch *watch = ws_watch_of(watches, fault->process);
    if (!watch || watch->count == WS_WATCH_ENTRIES_MAX || fault->status >= STATUS_GUARD_PAGE_VIOLATION)
        return;
    bool soft = is_soft(fault->status) && fault->type != MM_FAULT_TYPE_HARD_FAULT;
    watch->entries[watch->count++] = (struct ws_watch_entry){pc, soft ? fault->va | 1 : fault->va & ~(va_t)1};
}
