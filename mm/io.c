/* SPDX-License-Identifier: GPL-2.0-or-later */
/* io.c - pages on their way: in-page reads and writes to page files (nt-reference 3.4, 7.6, 7.7).
 *
 *   fault -> mi_begin_read()   frames in TRANSITION with PFN_READ_BIT, their PTEs in transition format: who faults on
 *                              one meanwhile finds it and waits for the same transfer (a collided fault)
 *         -> mi_io_done()      bytes move; the page that was asked for keeps a reference until its thread has run an
 *                              instruction (mm_thread_moved), its neighbours go to the standby list
 *   writer -> mi_begin_write() frames in TRANSITION with PFN_WRITE_BIT, Modified clear; a soft fault may take one
 *         -> mi_io_done()      standby; or modified again, where it was written to, or the write failed
 *
 * No cost here depends on how many transfers there are: a transfer's id says where it is, the record of a frame that is
 * being read names its transfer, and what is kept for threads is found by thread.
 *
 * A page that is deleted under way is freed when its transfer is over.  A failed read puts the PTE back; its thread
 * finds the status when it comes again (MI_IO_FAILED). */
#include <assert.h>
#include <string.h>

#include "mm/mi.h"

static struct mi_io *io_at(const struct mm *mm, arena_ref ref)
{
    return arena_at(mm->arena, ref);
}

/* => NULL: the arena is full. */
static struct mi_io *new_io(struct mm *mm)
{
    arena_ref ref = arena_alloc(mm->arena, sizeof(struct mi_io));
    if (!ref && (ref = mm->io_spare))
        mm->io_spare = io_at(mm, ref)->next;
    if (!ref)
        return NULL;
    struct mi_io *io = io_at(mm, ref);
    *io = (struct mi_io){.previous = mm->youngest_io};
    mm->last_io = (mm->last_io + 1) % MI_IO_NUMBERS;
    io->io.id = mm->last_io << MI_IO_REF_BITS | ref;
    *(mm->youngest_io ? &io_at(mm, mm->youngest_io)->next : &mm->ios) = ref;
    mm->youngest_io = ref;
    return io;
}

static arena_ref *kept_list(struct mm *mm, uint32_t thread)
{
    return &mm->kept[thread / 4 % MI_KEPT_LISTS]; /* ids of threads are multiples of 4 */
}

static void unlink_io(struct mm *mm, struct mi_io *io)
{
    bool in_flight = io->state == MI_IO_IN_FLIGHT;
    arena_ref *first = in_flight ? &mm->ios : kept_list(mm, io->io.thread);

    *(io->previous ? &io_at(mm, io->previous)->next : first) = io->next;
    if (io->next)
        io_at(mm, io->next)->previous = io->previous;
    else if (in_flight)
        mm->youngest_io = io->previous;
    mm->kept_count -= !in_flight;
}

/* A read has ended, and its thread is to find it (MI_IO_KEPT, MI_IO_FAILED). */
static void keep_io(struct mm *mm, struct mi_io *io, enum mi_io_state state)
{
    arena_ref ref = arena_ref_of(mm->arena, io), *first = kept_list(mm, io->io.thread);

    unlink_io(mm, io);
    io->state = state;
    io->previous = 0;
    io->next = *first;
    if (*first)
        io_at(mm, *first)->previous = ref;
    *first = ref;
    mm->kept_count++;
}

static void end_io(struct mm *mm, struct mi_io *io)
{
    arena_ref ref = arena_ref_of(mm->arena, io);

    unlink_io(mm, io);
    io->io.id = 0;
    io->next = mm->io_spare; /* a few are kept: a full arena must not stop paging */
    uint32_t spares = 0;
    for (arena_ref at = mm->io_spare; at; at = io_at(mm, at)->next)
        spares++;
    if (spares < MI_IO_SPARE)
        mm->io_spare = ref;
    else
        arena_free(mm->arena, ref, sizeof *io);
}

static bool is_write(const struct mi_io *io)
{
    return io->io.kind == MM_IO_PAGEFILE_WRITE || io->io.kind == MM_IO_FILE_WRITE;
}

static ntstatus_t begin(struct mm *mm, struct mi_io *io)
{
    const struct mm_env *env = mm->config.env;
    bool at_once = mm->synchronous || mm->no_waiting || !env->io_begin;
    ntstatus_t status = at_once ? STATUS_SUCCESS : env->io_begin(env->context, &io->io);

    if (mm->synchronous) {
        mm->synchronous_pages += io->io.pages;
        mm->signals |= MM_SIGNAL_ATTENTION;
    }
    if (status == STATUS_PENDING) {
        mm->wait_key = io->io.id;
        return STATUS_PENDING;
    }
    bool read = !is_write(io);
    status = mi_finish_io(mm, io, status);
    if (read) /* nobody had to wait; a write has ended */
        mi_forget_read(mm, io);
    return status;
}

/* --- Reads ------------------------------------------------------------------------------------------------- */

ntstatus_t mi_begin_read(struct mm *mm, const struct mi_read *read)
{
    struct mi_io *io = new_io(mm);
    uint32_t pages = 0;

    if (!io)
        return STATUS_INSUFFICIENT_RESOURCES;
    io->io.kind = read->kind;
    io->io.file = read->file;
    io->io.thread = read->thread;
    io->area = read->area;
    io->subsection = read->subsection;
    for (; pages < read->pages; pages++) {
        const struct mi_read_page *page = &read->page[pages];
        pfn_t frame;
        if (pages > 0 && !mi_has_room(mm)) /* neighbours are taken along only where there is room */
            break;
        if (!mi_take_frame(mm, MI_TO_READ, &frame))
            break;
        mi_claim_for_read(mm, frame, page->pte_address, page->slot.table, page->original, read->flags);
        mi_pfn(mm, frame)->io = arena_ref_of(mm->arena, io);
        mi_write_pte(mm, page->slot, pte_make_transition(frame, pte_protection(page->original)));
        io->frame[pages] = frame;
    }
    io->io.pages = pages;
    io->io.offset = read->offset;
    if (pages == 0) {
        end_io(mm, io);
        return STATUS_NO_MEMORY;
    }
    return begin(mm, io);
}

/* What the file of an image has of the page behind a prototype PTE. */
static struct mm_page_in page_in_request(const struct mm *mm, const struct mi_io *io, va_t prototype)
{
    const struct control_area *area = arena_at(mm->arena, io->area);
    const struct subsection *subsection = arena_at(mm->arena, area->subsections[io->subsection]);
    uint32_t page = (uint32_t)((prototype - area->prototypes) / PTE_SIZE);
    uint32_t offset = (page - subsection->run.first_page) * MMU_PAGE_SIZE;
    uint32_t left = subsection->run.file_bytes - offset;

    return (struct mm_page_in){
        .file = area->file,
        .subsection = io->subsection,
        .file_offset = subsection->run.file_offset + offset,
        .valid_bytes = left < MMU_PAGE_SIZE ? left : MMU_PAGE_SIZE,
        .image_page = page,
        .image_base = area->base,
        .preferred_base = area->preferred_base,
    };
}

/* Bytes of a data file's page that are in the file; beyond its end: 0. */
static uint32_t bytes_in_file(const struct control_area *area, uint64_t offset)
{
    uint64_t left = offset < area->bytes ? area->bytes - offset : 0;
    return left < MMU_PAGE_SIZE ? (uint32_t)left : MMU_PAGE_SIZE;
}

static ntstatus_t read_data(struct mm *mm, const struct control_area *area, const struct mmpfn *pfn, uint8_t *bytes)
{
    const struct mm_env *env = mm->config.env;
    uint64_t offset = mi_page_of_frame(mm, pfn) << MMU_PAGE_SHIFT;
    uint32_t length = bytes_in_file(area, offset);

    if (length == 0)
        return STATUS_SUCCESS;
    if (!env->file_read)
        return STATUS_INVALID_DEVICE_REQUEST;
    ntstatus_t status = env->file_read(env->context, area->file, offset, bytes, length);
    if (length < MMU_PAGE_SIZE)
        memset(bytes + length, 0, MMU_PAGE_SIZE - length);
    return status;
}

static ntstatus_t read_bytes(struct mm *mm, const struct mi_io *io, pfn_t frame)
{
    const struct mm_env *env = mm->config.env;
    const struct mmpfn *pfn = mi_pfn(mm, frame);
    uint8_t *bytes = mm_frame_write(mm, frame);

    if (io->io.kind == MM_IO_FILE_READ) {
        const struct control_area *area = mi_area(mm, io->area);
        memset(bytes, 0, MMU_PAGE_SIZE);
        if (area->kind == AREA_FILE)
            return read_data(mm, area, pfn, bytes);
        struct mm_page_in request = page_in_request(mm, io, pfn_pte_address(pfn));
        return env->page_in(env->context, &request, bytes);
    }
    uint64_t offset = pte_pagefile_offset(pfn->original_pte);
    return env->pagefile_read(env->context, io->io.file, offset, bytes);
}

void mi_abandon_read(struct mm *mm, pfn_t frame)
{
    struct mmpfn *pfn = mi_pfn(mm, frame);
    struct mi_slot slot = mi_slot_of(pfn);
    mmpte_t pte = mi_read_pte(mm, slot);

    if (!pte_is_valid(pte) && pte_has_frame(pte) && pte_pfn(pte).index == frame.index)
        mi_write_pte(mm, slot, pfn->original_pte);
    pfn->original_pte = pte_make_demand_zero(MM_READWRITE); /* the PTE has its place in the page file now */
    pfn->flags |= PFN_DELETED_BIT;
}

static ntstatus_t finish_read(struct mm *mm, struct mi_io *io, uint32_t i, ntstatus_t status)
{
    pfn_t frame = io->frame[i];
    struct mmpfn *pfn = mi_pfn(mm, frame);
    bool wanted = i == 0;

    pfn->flags &= (uint8_t)~PFN_READ_BIT;
    pfn->ws_index = 0;
    if (!(pfn->flags & PFN_DELETED_BIT)) {
        if (status == STATUS_SUCCESS)
            status = read_bytes(mm, io, frame);
        if (status != STATUS_SUCCESS)
            mi_abandon_read(mm, frame);
        else if (wanted)
            pfn->flags |= PFN_HARD_BIT;
    }
    if (!wanted || status != STATUS_SUCCESS) /* else kept with its reference */
        mi_dereference_frame(mm, frame);
    return status;
}

/* --- Writes ------------------------------------------------------------------------------------------------ */

/* => pages are on the modified list; place: of the first in the page file, pages of it are taken. */
ntstatus_t mi_begin_write(struct mm *mm, const pfn_t *frame, uint32_t pages, uint32_t pagefile, uint64_t place)
{
    struct mi_io *io = new_io(mm);

    if (!io)
        return STATUS_INSUFFICIENT_RESOURCES;
    io->io.kind = MM_IO_PAGEFILE_WRITE;
    io->io.file = pagefile;
    io->io.offset = place * MMU_PAGE_SIZE;
    io->io.pages = pages;
    for (uint32_t i = 0; i < pages; i++) {
        struct mmpfn *pfn = mi_pfn(mm, frame[i]);
        io->frame[i] = frame[i];
        mi_hold_listed_frame(mm, frame[i]);
        pfn->flags = (uint8_t)((pfn->flags & ~PFN_MODIFIED_BIT) | PFN_WRITE_BIT);
        pfn->original_pte = pte_make_paged_out(pagefile, (uint32_t)(place + i), pte_protection(pfn->original_pte));
    }
    mm->writes_in_flight++;
    mm->pages_in_flight += pages;
    return begin(mm, io);
}

bool mi_begin_file_write(struct mm *mm, struct control_area *area, const pfn_t *frame, uint32_t pages, uint64_t offset,
                         arena_ref flush)
{
    struct mi_io *io = new_io(mm);

    if (!io)
        return false;
    io->io.kind = MM_IO_FILE_WRITE;
    io->io.file = area->file;
    io->io.offset = offset;
    io->io.pages = pages;
    io->area = arena_ref_of(mm->arena, area);
    io->flush = flush;
    for (uint32_t i = 0; i < pages; i++) {
        struct mmpfn *pfn = mi_pfn(mm, frame[i]);
        io->frame[i] = frame[i];
        if (pfn->reference_count > 0)
            mi_reference_frame(mm, frame[i]);
        else
            mi_hold_listed_frame(mm, frame[i]);
        pfn->flags = (uint8_t)((pfn->flags & ~PFN_MODIFIED_BIT) | PFN_WRITE_BIT);
    }
    area->in_flight++;
    if (flush) {
        struct mi_flush *asked = arena_at(mm->arena, flush);
        io->io.thread = asked->thread;
        asked->in_flight++;
    } else {
        mm->mapped_in_flight++;
    }
    begin(mm, io);
    return true;
}

/* One page to a data file: also where it was stored to since the write began, for then it is newer still. */
static ntstatus_t write_data(struct mm *mm, const struct mi_io *io, uint32_t i)
{
    const struct mm_env *env = mm->config.env;
    uint64_t offset = io->io.offset + (uint64_t)i * MMU_PAGE_SIZE;
    uint32_t length = bytes_in_file(mi_area(mm, io->area), offset);

    if (length == 0)
        return STATUS_SUCCESS;
    if (!env->file_write)
        return STATUS_INVALID_DEVICE_REQUEST;
    return env->file_write(env->context, io->io.file, offset, mi_frame_read(mm, io->frame[i]), length);
}

/* The file was written as far as that. */
static void note_valid(struct control_area *area, uint64_t end)
{
    end = end < area->bytes ? end : area->bytes;
    if (end > area->valid)
        area->valid = end;
}

static ntstatus_t finish_file_write(struct mm *mm, struct mi_io *io, uint32_t i, ntstatus_t status)
{
    pfn_t frame = io->frame[i];
    struct mmpfn *pfn = mi_pfn(mm, frame);

    pfn->flags &= (uint8_t)~PFN_WRITE_BIT;
    if (!(pfn->flags & PFN_DELETED_BIT)) {
        if (status == STATUS_SUCCESS)
            status = write_data(mm, io, i);
        if (status != STATUS_SUCCESS)
            pfn->flags |= PFN_MODIFIED_BIT;
        else
            note_valid(mi_area(mm, io->area), io->io.offset + (uint64_t)(i + 1) * MMU_PAGE_SIZE);
    }
    mi_dereference_frame(mm, frame);
    return status;
}

static ntstatus_t finish_write(struct mm *mm, struct mi_io *io, uint32_t i, ntstatus_t status)
{
    const struct mm_env *env = mm->config.env;
    pfn_t frame = io->frame[i];
    struct mmpfn *pfn = mi_pfn(mm, frame);

    pfn->flags &= (uint8_t)~PFN_WRITE_BIT;
    if (!(pfn->flags & (PFN_DELETED_BIT | PFN_MODIFIED_BIT)) && status == STATUS_SUCCESS)
        status =
            env->pagefile_write(env->context, io->io.file, io->io.offset / MMU_PAGE_SIZE + i, mi_frame_read(mm, frame));
    if (status != STATUS_SUCCESS)
        pfn->flags |= PFN_MODIFIED_BIT;
    if (pfn->flags & PFN_MODIFIED_BIT)
        mi_free_backing(mm, pfn);
    mi_dereference_frame(mm, frame);
    return status;
}

/* --- Both -------------------------------------------------------------------------------------------------- */

static void announce(const struct mm *mm, const struct mi_io *io, ntstatus_t status)
{
    const struct mm_env *env = mm->config.env;
    if (!env->event)
        return;
    struct mm_event event = {.kind = is_write(io) ? MM_EVENT_PAGE_WRITE : MM_EVENT_PAGE_READ,
                             .frame = io->frame[0],
                             .io = io->io,
                             .status = status};
    env->event(env->context, &event);
}

/* An instruction needs no more than that many pages; who runs on without a service or another wait keeps no more. */
static void forget_oldest(struct mm *mm, uint32_t thread)
{
    uint32_t kept = 0;

    for (arena_ref ref = *kept_list(mm, thread), next; ref; ref = next) {
        struct mi_io *io = io_at(mm, ref);
        next = io->next;
        if (io->io.thread == thread && io->state == MI_IO_KEPT && ++kept > MI_KEPT_READS)
            mi_forget_read(mm, io);
    }
}

static ntstatus_t finish_page(struct mm *mm, struct mi_io *io, uint32_t i, ntstatus_t status)
{
    switch (io->io.kind) {
    case MM_IO_FILE_READ:
    case MM_IO_PAGEFILE_READ: break;
    case MM_IO_PAGEFILE_WRITE: return finish_write(mm, io, i, status);
    case MM_IO_FILE_WRITE: return finish_file_write(mm, io, i, status);
    }
    return finish_read(mm, io, i, status);
}

static void count_write(struct mm *mm, const struct mi_io *io, ntstatus_t status)
{
    mm->page_writes += status == STATUS_SUCCESS;
    mm->pages_written += status == STATUS_SUCCESS ? io->io.pages : 0;
    if (io->io.kind == MM_IO_FILE_WRITE) {
        mi_file_write_done(mm, io, status);
        return;
    }
    mm->writes_in_flight--;
    mm->pages_in_flight -= io->io.pages;
    mm->failed_writes = status == STATUS_SUCCESS ? 0 : mm->failed_writes + 1;
}

ntstatus_t mi_finish_io(struct mm *mm, struct mi_io *io, ntstatus_t status)
{
    bool write = is_write(io);
    ntstatus_t first = status;

    io->pte_address = pfn_pte_address(mi_pfn(mm, io->frame[0]));
    for (uint32_t i = 0; i < io->io.pages; i++) {
        ntstatus_t result = finish_page(mm, io, i, status);
        if (i == 0 || (write && first == STATUS_SUCCESS))
            first = result;
    }
    announce(mm, io, first);
    if (write) {
        count_write(mm, io, first);
        end_io(mm, io);
        mi_note_lists(mm); /* it may have been the last hope of those who wait, and its pages in use again */
        return first;
    }
    mm->page_reads += first == STATUS_SUCCESS;
    mm->pages_read += first == STATUS_SUCCESS ? io->io.pages : 0;
    io->status = first;
    keep_io(mm, io, first == STATUS_SUCCESS ? MI_IO_KEPT : MI_IO_FAILED);
    if (first == STATUS_SUCCESS)
        forget_oldest(mm, io->io.thread);
    return first;
}

void mi_forget_read(struct mm *mm, struct mi_io *io)
{
    if (io->state == MI_IO_KEPT)
        mi_dereference_frame(mm, io->frame[0]);
    end_io(mm, io);
}

void mi_io_done(struct mm *mm, uint32_t id, ntstatus_t status)
{
    arena_ref ref = id & ((1u << MI_IO_REF_BITS) - 1);
    if (ref && io_at(mm, ref)->io.id == id && io_at(mm, ref)->state == MI_IO_IN_FLIGHT)
        mi_finish_io(mm, io_at(mm, ref), status);
}

static void forget_kept(struct mm *mm, struct mi_io *io)
{
    if (io->state == MI_IO_KEPT) /* nobody asked for it again: what comes now is a soft fault */
        mi_pfn(mm, io->frame[0])->flags &= (uint8_t)~PFN_HARD_BIT;
    mi_forget_read(mm, io);
}

bool mi_forget_kept(struct mm *mm)
{
    uint32_t before = mm->kept_count;

    for (unsigned i = 0; i < MI_KEPT_LISTS && mm->kept_count; i++)
        for (arena_ref ref = mm->kept[i], next; ref; ref = next) {
            struct mi_io *io = io_at(mm, ref);
            next = io->next;
            if (io->state == MI_IO_KEPT)
                forget_kept(mm, io);
        }
    return mm->kept_count < before;
}

void mi_thread_moved(struct mm *mm, uint32_t thread)
{
    for (arena_ref ref = *kept_list(mm, thread), next; ref; ref = next) {
        struct mi_io *io = io_at(mm, ref);
        next = io->next;
        if (io->io.thread != thread)
            continue;
        forget_kept(mm, io);
    }
    for (arena_ref ref = mm->flushes, next; ref; ref = next) {
        struct mi_flush *flush = arena_at(mm->arena, ref);
        next = flush->next;
        if (flush->thread == thread)
            mi_forget_flush(mm, flush);
    }
}

struct mi_io *mi_failed_read(struct mm *mm, uint32_t thread, va_t pte_address)
{
    if (mm->kept_count == 0)
        return NULL;
    for (arena_ref ref = *kept_list(mm, thread); ref; ref = io_at(mm, ref)->next) {
        struct mi_io *io = io_at(mm, ref);
        if (io->state == MI_IO_FAILED && io->io.thread == thread && io->pte_address == pte_address)
            return io;
    }
    return NULL;
}

uint32_t mi_kept_reads(const struct mm *mm, pfn_t frame)
{
    uint32_t count = 0;
    for (unsigned i = 0; i < MI_KEPT_LISTS && mm->kept_count; i++)
        for (arena_ref ref = mm->kept[i]; ref; ref = io_at(mm, ref)->next)
            count += io_at(mm, ref)->state == MI_IO_KEPT && io_at(mm, ref)->frame[0].index == frame.index;
    return count;
}

uint32_t mi_io_of_frame(const struct mm *mm, pfn_t frame)
{
    return io_at(mm, mi_pfn(mm, frame)->io)->io.id;
}
