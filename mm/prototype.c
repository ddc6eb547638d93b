/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prototype.c - faults on pages of sections, through their prototype PTEs (nt-reference 2.1).
 *
 * The prototype PTE says where the page is; the protection comes from the segment, or, for a LOOKUP word, from the
 * word itself.  First the prototype PTE is made valid, then the process's PTE maps the same frame:
 *
 *   SUBSECTION    read the page from the file            HardFault   (with neighbours that follow it)
 *   DEMAND_ZERO   a zeroed page; for a write to a write-copy page a private one at once
 *   TRANSITION    the frame comes back from its list     Prototype
 *   VALID         one more share                         Prototype
 *   PAGED_OUT     read the page from its page file       HardFault   (the same)
 *
 * Of data sections there may be no prototype PTE yet: it is made first, with its chunk (segment.c).  Its page may be
 * out of memory: it comes back first (protopage.c).
 *
 * A read leaves the prototype PTE in transition; when it is over, the fault comes again and finds it there. */
#include "mm/mi.h"

/* One fault and the prototype PTE behind it. */
struct proto_fault {
    struct mi_fault *fault;
    const struct mmvad *vad;
    struct mi_slot slot;     /* of the prototype PTE */
    va_t address;            /* of the prototype PTE; 0: not made yet */
    mmpte_t pte;             /* its word */
    unsigned protection;     /* that this process has */
    unsigned own_protection; /* the same where it is not the segment's, else 0 */
};

static enum mm_fault_result map_frame(struct proto_fault *p, pfn_t frame, enum mm_fault_type type)
{
    struct mm *mm = p->fault->mm;
    mi_write_pte(mm, p->fault->slot, mi_valid_pte(p->fault, frame, p->protection));
    if (p->fault->f->access == MMU_WRITE && mi_is_writable_protection(p->protection))
        mi_mark_modified(mm, mi_pfn(mm, frame));
    mi_ws_insert(mm, p->fault->process, p->fault->f->va, frame, p->own_protection << MI_WSLE_PROTECTION_SHIFT);
    p->fault->f->type = type;
    p->fault->f->status =
        type == MM_FAULT_TYPE_HARD_FAULT ? STATUS_PAGE_FAULT_PAGING_FILE : STATUS_PAGE_FAULT_TRANSITION;
    p->fault->f->frame = frame;
    return MM_FAULT_RESOLVED;
}

/* The prototype PTE's valid word.  Nobody reads through it: its rights are those of the segment as far as hardware has
 * such rights. */
static mmpte_t valid_prototype(const struct proto_fault *p, pfn_t frame)
{
    unsigned protection = pte_protection(p->pte);
    if ((protection & MM_PROTECT_ACCESS_MASK) == MM_ZERO_ACCESS || mi_is_guard_protection(protection))
        protection = MM_READONLY;
    return pte_make_valid(frame, protection, PTE_SUPERVISOR, PTE_NX_OFF);
}

/* Is the frame that the prototype PTE names the one that was given to it? */
static bool is_of_prototype(const struct proto_fault *p, pfn_t frame)
{
    const struct mm *mm = p->fault->mm;
    return frame.index < mm->pfn.frame_count && (mi_pfn(mm, frame)->flags & PFN_PROTOTYPE_BIT) &&
           pfn_pte_address(mi_pfn(mm, frame)) == p->address;
}

/* The prototype PTE becomes valid for a frame that was just filled. */
static void claim_for_segment(struct proto_fault *p, pfn_t frame, unsigned flags)
{
    struct mm *mm = p->fault->mm;
    mi_claim_frame(mm, frame, p->address, p->slot.table, p->pte, flags | PFN_PROTOTYPE_BIT);
    mi_write_pte(mm, p->slot, valid_prototype(p, frame));
}

/* The subsection that a SUBSECTION word names; NULL where somebody wrote over the word. */
static const struct subsection *subsection_of(const struct proto_fault *p)
{
    const struct mm *mm = p->fault->mm;
    const struct control_area *area = arena_at(mm->arena, p->vad->control_area);
    arena_ref ref = (arena_ref)((pte_subsection_va(p->pte) - MI_SUBSECTION_BASE) / ARENA_GRAIN);

    if (p->vad->kind == VAD_MAPPED) {
        const struct subsection *chunk = mi_find_chunk(mm, area, mi_page_in_view(p->vad, p->fault->f->va));
        return chunk && area->kind == AREA_FILE && arena_ref_of(mm->arena, chunk) == ref ? chunk : NULL;
    }
    for (uint32_t i = 0; i < area->subsection_count; i++)
        if (area->subsections[i] == ref)
            return arena_at(mm->arena, ref);
    return NULL;
}

static enum mm_fault_result begin_read(struct proto_fault *p, struct mi_read *read)
{
    read->thread = p->fault->f->thread;
    read->flags = PFN_PROTOTYPE_BIT;
    return mi_answer_read(p->fault, mi_begin_read(p->fault->mm, read));
}

/* The pages after the faulting one whose prototype PTEs say that they follow it on the disk: those of a file have the
 * same word, for they are in the file and nowhere else; those of a page file the next places.
 * => read has the first; at most `limit` pages in all. */
static void add_neighbours(const struct proto_fault *p, uint64_t limit, struct mi_read *read)
{
    const struct mm *mm = p->fault->mm;
    struct mi_slot slot = p->slot;
    mmpte_t before = read->page[0].original;

    while (read->pages < limit && slot.offset + PTE_SIZE < MMU_PAGE_SIZE) {
        slot.offset += PTE_SIZE;
        mmpte_t pte = mi_read_pte(mm, slot);
        bool follows = read->kind == MM_IO_FILE_READ ? pte.raw == before.raw : mi_follows_in_pagefile(mm, pte, before);
        if (!follows)
            break;
        read->page[read->pages] = (struct mi_read_page){slot, p->address + (va_t)read->pages * PTE_SIZE, pte};
        read->pages++;
        before = pte;
    }
}

static enum mm_fault_result zero_page(struct proto_fault *p)
{
    struct mm *mm = p->fault->mm;
    pfn_t frame;

    if (p->fault->f->access == MMU_WRITE && mi_is_copy_protection(p->protection))
        return mi_make_private_page(p->fault, mi_private_protection(p->protection), NULL, MM_FAULT_TYPE_DEMAND_ZERO);
    if (!mi_take_frame(mm, MI_ZEROED, &frame))
        return mi_raise_no_memory(p->fault);
    claim_for_segment(p, frame, 0);
    return map_frame(p, frame, MM_FAULT_TYPE_PROTOTYPE);
}

/* Is there nothing to be read: never written to the file, or about to be replaced? */
static bool is_unread(const struct proto_fault *p)
{
    const struct control_area *area = mi_area(p->fault->mm, p->vad->control_area);
    uint64_t offset = mi_page_in_view(p->vad, p->fault->f->va) << MMU_PAGE_SHIFT;

    return p->vad->kind == VAD_MAPPED &&
           (offset >= area->valid || (p->fault->f->replaces && p->fault->f->access == MMU_WRITE));
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* A page of a data file. */
static enum mm_fault_result read_data(struct proto_fault *p, const struct subsection *chunk)
{
    const struct mm *mm = p->fault->mm;
    const struct control_area *area = mi_area(mm, chunk->control_area);
    uint64_t page = mi_page_in_view(p->vad, p->fault->f->va);
    struct mi_read read = {.kind = MM_IO_FILE_READ,
                           .file = area->file,
                           .offset = page << MMU_PAGE_SHIFT,
                           .area = chunk->control_area,
                           .pages = 1};

    read.page[0] = (struct mi_read_page){p->slot, p->address, mi_chunk_template(mm, chunk)};
    uint64_t wanted = p->fault->f->read_pages ? p->fault->f->read_pages : mm->tuning.cluster;
    add_neighbours(p, smaller(smaller(wanted, MM_IO_PAGES), mi_vpn(area->valid + MMU_PAGE_MASK) - page), &read);
    return begin_read(p, &read);
}

/* A page of an image, and those that follow it in its section of the image. */
static enum mm_fault_result read_image(struct proto_fault *p, const struct subsection *subsection)
{
    const struct mm *mm = p->fault->mm;
    const struct mi_tuning *tuning = &mm->tuning;
    const struct control_area *area = mi_area(mm, subsection->control_area);
    uint64_t page = (p->address - area->prototypes) / PTE_SIZE - subsection->run.first_page;
    uint64_t in_file = mi_vpn((uint64_t)subsection->run.file_bytes + MMU_PAGE_MASK);
    uint32_t cluster = mi_is_copy_protection(subsection->run.protection) ? tuning->data_cluster : tuning->code_cluster;
    struct mi_read read = {.kind = MM_IO_FILE_READ,
                           .file = area->file,
                           .offset = subsection->run.file_offset + page * MMU_PAGE_SIZE,
                           .area = p->vad->control_area,
                           .subsection = subsection->index,
                           .pages = 1};

    if (page >= in_file) /* somebody wrote another page's word over it */
        return mi_corrupt(p->fault);
    read.page[0] = (struct mi_read_page){p->slot, p->address, p->pte};
    add_neighbours(p, smaller(cluster, in_file - page), &read);
    return begin_read(p, &read);
}

static enum mm_fault_result read_page(struct proto_fault *p)
{
    const struct subsection *subsection = subsection_of(p);
    enum mm_fault_result result;

    if (!subsection)
        return mi_corrupt(p->fault);
    if (is_unread(p))
        return zero_page(p);
    if (mi_take_failed_read(p->fault, p->address, &result))
        return result;
    return p->vad->kind == VAD_MAPPED ? read_data(p, subsection) : read_image(p, subsection);
}

static enum mm_fault_result read_paged_out(struct proto_fault *p)
{
    enum mm_fault_result result;

    if (mi_take_failed_read(p->fault, p->address, &result))
        return result;
    if (!pagefile_is_taken(p->fault->mm, pte_pagefile_number(p->pte), pte_pagefile_offset(p->pte)))
        return mi_corrupt(p->fault);
    struct mi_read read = {.kind = MM_IO_PAGEFILE_READ,
                           .file = pte_pagefile_number(p->pte),
                           .offset = (uint64_t)pte_pagefile_offset(p->pte) * MMU_PAGE_SIZE,
                           .pages = 1};
    read.page[0] = (struct mi_read_page){p->slot, p->address, p->pte};
    add_neighbours(p, p->fault->mm->tuning.cluster, &read);
    return begin_read(p, &read);
}

static enum mm_fault_result share_page(struct proto_fault *p)
{
    pfn_t frame = pte_pfn(p->pte);
    if (!is_of_prototype(p, frame) || mi_pfn(p->fault->mm, frame)->state != PFN_ACTIVE)
        return mi_corrupt(p->fault);
    mi_share_frame(p->fault->mm, frame);
    return map_frame(p, frame, MM_FAULT_TYPE_PROTOTYPE);
}

static enum mm_fault_result revive_page(struct proto_fault *p)
{
    struct mm *mm = p->fault->mm;
    pfn_t frame = pte_pfn(p->pte);

    if (!is_of_prototype(p, frame) || !pfn_may_move(mi_pfn(mm, frame)->state, PFN_ACTIVE))
        return mi_corrupt(p->fault);
    if (mi_pfn(mm, frame)->flags & PFN_READ_BIT) {
        mm->wait_key = mi_io_of_frame(mm, frame);
        return mm->wait_key ? MM_FAULT_WAIT : mi_corrupt(p->fault);
    }
    mi_activate_frame(mm, frame);
    mi_write_pte(mm, p->slot, valid_prototype(p, frame));
    map_frame(p, frame, MM_FAULT_TYPE_PROTOTYPE);
    mi_report_transition(p->fault, mi_pfn(mm, frame), MM_FAULT_TYPE_PROTOTYPE);
    return MM_FAULT_RESOLVED;
}

static enum mm_fault_result resolve(struct proto_fault *p)
{
    switch (pte_kind(p->pte, PTE_OF_SEGMENT)) {
    case PTE_KIND_SUBSECTION: return read_page(p);
    case PTE_KIND_DEMAND_ZERO: return zero_page(p);
    case PTE_KIND_VALID: return share_page(p);
    case PTE_KIND_TRANSITION: return revive_page(p);
    case PTE_KIND_PAGED_OUT: return read_paged_out(p);
    case PTE_KIND_EMPTY:
    case PTE_KIND_DECOMMITTED: return mi_raise_violation(p->fault);
    case PTE_KIND_PROTOTYPE:
    case PTE_KIND_LOOKUP:
    case PTE_KIND_COUNT: break;
    }
    return mi_corrupt(p->fault);
}

/* The chunk of a page of data, made where there is none yet. => RESOLVED, or how the fault ends. */
static enum mm_fault_result find_chunk(struct proto_fault *p, const struct subsection **ret_chunk)
{
    struct mm *mm = p->fault->mm;
    struct control_area *area = mi_area(mm, p->vad->control_area);
    uint64_t page = mi_page_in_view(p->vad, p->fault->f->va);

    *ret_chunk = mi_find_chunk(mm, area, page);
    if (__builtin_expect(*ret_chunk != NULL, 1))
        return MM_FAULT_RESOLVED;
    ntstatus_t status = mi_make_chunk(mm, area, page);
    if (status != STATUS_SUCCESS)
        return status == STATUS_NO_MEMORY ? mi_raise_no_memory(p->fault) : mi_raise_in_page_error(p->fault, status);
    *ret_chunk = mi_find_chunk(mm, area, page);
    return MM_FAULT_RESOLVED;
}

/* The prototype PTE of the faulting page: there is one, and its page is in memory (have_prototypes), or it is made now.
 * => RESOLVED, or how the fault ends. */
static enum mm_fault_result find_prototype(struct proto_fault *p)
{
    struct mi_fault *fault = p->fault;

    if (!p->address) {
        const struct subsection *chunk;
        enum mm_fault_result result = find_chunk(p, &chunk);
        if (result != MM_FAULT_RESOLVED)
            return result;
        p->address = mi_chunk_address(chunk, mi_page_in_view(p->vad, fault->f->va));
        if (!mi_prototype_slot(fault->mm, p->address, &p->slot))
            return mi_corrupt(fault);
    }
    if (pte_kind(fault->pte, PTE_OF_PROCESS) == PTE_KIND_PROTOTYPE && pte_prototype_va(fault->pte) != p->address)
        return mi_corrupt(fault);
    return MM_FAULT_RESOLVED;
}

/* What this process has of a page of data. => false: nothing, the page is not committed or behind the section's end. */
static bool find_data_protection(struct proto_fault *p)
{
    const struct mi_fault *fault = p->fault;
    const struct control_area *area = mi_area(fault->mm, p->vad->control_area);
    struct mi_page page = {true, p->vad->protection};

    if (mi_page_in_view(p->vad, fault->f->va) >= area->page_count)
        return false;
    if (fault->pte.raw != 0 || area->reserved)
        page = mi_page_state(fault->mm, fault->process, p->vad, fault->f->va, fault->pte);
    p->protection = page.protection;
    p->own_protection = page.protection == area->protection ? 0 : page.protection;
    return page.committed;
}

/* The protection that this process has of the page, and whether the access may go on. */
static enum mm_fault_result find_protection(struct proto_fault *p)
{
    struct mi_fault *fault = p->fault;

    if (p->vad->kind == VAD_MAPPED) {
        if (!find_data_protection(p))
            return mi_raise_violation(fault);
    } else {
        bool own = pte_kind(fault->pte, PTE_OF_PROCESS) == PTE_KIND_LOOKUP;
        p->protection = mi_page_state(fault->mm, fault->process, p->vad, fault->f->va, fault->pte).protection;
        p->own_protection = own ? p->protection : 0;
    }
    return mi_check_protection(fault, p->protection);
}

/* The page of the prototype PTE is in memory, or there is none yet. => RESOLVED, or how the fault ends or goes on. */
static enum mm_fault_result have_prototypes(struct proto_fault *p)
{
    p->address = mi_prototype_of(p->fault->mm, p->vad, mi_vpn(p->fault->f->va));
    return p->address ? mi_resolve_prototypes(p->fault, p->address, &p->slot) : MM_FAULT_RESOLVED;
}

/* => p->slot's page is referenced. */
static enum mm_fault_result make_room_and_resolve(struct proto_fault *p)
{
    struct mi_fault *fault = p->fault;

    if (mi_ws_reserve(fault->mm, fault->process, MI_WS_SPARE) != STATUS_SUCCESS)
        return mi_raise_no_memory(fault);
    if (mi_read_pte(fault->mm, fault->slot).raw != fault->pte.raw)
        return MM_FAULT_RETRY;
    p->pte = mi_read_pte(fault->mm, p->slot); /* only now: growing the list may have taken the page's standby frame */
    return resolve(p);
}

/* => the word is PROTOTYPE or LOOKUP; in a view of data also EMPTY. */
enum mm_fault_result mi_resolve_prototype(struct mi_fault *fault)
{
    struct proto_fault p = {.fault = fault, .vad = fault->vad};

    if (!p.vad || !mi_is_view(p.vad))
        return mi_corrupt(fault);
    enum mm_fault_result result = have_prototypes(&p);
    if (result != MM_FAULT_RESOLVED)
        return result;
    result = find_protection(&p);
    if (result != MM_FAULT_RESOLVED || fault->f->type != MM_FAULT_TYPE_NONE)
        return result;
    result = find_prototype(&p);
    if (result != MM_FAULT_RESOLVED)
        return result;
    mi_reference_frame(fault->mm, p.slot.table); /* making room must not take it */
    result = make_room_and_resolve(&p);
    mi_release_page_table(fault->mm, p.slot);
    return result;
}
