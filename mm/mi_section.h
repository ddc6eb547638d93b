/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mi_section.h - allocations, control areas, prototype PTEs, views, stacks. */
#ifndef SOFTFAULT_MM_MI_SECTION_H
#define SOFTFAULT_MM_MI_SECTION_H

#include "mm/mi_fault.h"

/* --- virtual.c, section.c ------------------------------------------------------------------------------------- */

/* Zero bits that must be known.  => false: out of range. */
bool mi_highest_by_zero_bits(uint64_t zero_bits, va_t *ret_highest);
struct mmvad *mi_new_vad(struct mm *mm, uint64_t start_vpn, uint64_t end_vpn, enum vad_kind kind, unsigned protection);
void mi_insert_vad(struct mm *mm, struct mmprocess *process, struct mmvad *vad);

/* Before [first, last] is deleted.  => STATUS_NO_MEMORY (mi_bring_tables). */
ntstatus_t mi_bring_edges(struct mm *mm, struct mmprocess *process, va_t first, va_t last);

/* Delete [first, last] of a VAD's pages and page tables; not the VAD.
 * => mi_bring_edges() went well, or the range is all of user space. */
void mi_delete_range(struct mm *mm, struct mmprocess *process, va_t first, va_t last);

/* The whole VAD: pages, charges, the view's reference, the VAD. */
void mi_delete_vad(struct mm *mm, struct mmprocess *process, struct mmvad *vad);

/* --- area.c: control areas ------------------------------------------------------------------------------------- */

/* A new one, in the list; NULL: the arena is full, whatever was kept. */
struct control_area *mi_new_area(struct mm *mm, enum area_kind kind, uint32_t file);
/* Off the list, and the object. => it owns nothing any more. */
void mi_drop_area(struct mm *mm, struct control_area *area);
/* Pages and prototype PTEs go with it, in whatever state. */
void mi_delete_area(struct mm *mm, struct control_area *area);
uint64_t mi_area_resident(const struct mm *mm, const struct control_area *area);
/* A section has been made of it: say so where it had none, and no view. */
void mi_announce_area(struct mm *mm, struct control_area *area);
void mi_reference_view(struct mm *mm, struct control_area *area, enum mm_section_owner owner);
void mi_release_view(struct mm *mm, arena_ref control_area, enum mm_section_owner owner);
void mi_delete_area_if_unused(struct mm *mm, struct control_area *area);

/* An unused control area goes, the oldest first, if that loses nothing: there is need of the pool.  => false: none. */
bool mi_reclaim_area(struct mm *mm);

/* The word of one prototype PTE goes: off its frame, or its place in the page file. => address is the slot's. */
void mi_clear_prototype(struct mm *mm, struct mi_slot slot, va_t address, mmpte_t replacement);

/* The frame in transition that a prototype PTE names, where it is its own. */
bool mi_prototype_frame(const struct mm *mm, mmpte_t pte, va_t address, pfn_t *ret_frame);

/* --- segment.c: prototype PTEs of data ---------------------------------------------------------------------------- */

/* The chunk of prototype PTEs around a page; NULL: not made yet. */
struct subsection *mi_find_chunk(const struct mm *mm, const struct control_area *area, uint64_t page);
/* => STATUS_NO_MEMORY: no frame; STATUS_INSUFFICIENT_RESOURCES. */
ntstatus_t mi_make_chunk(struct mm *mm, struct control_area *area, uint64_t page);
ntstatus_t mi_make_chunks(struct mm *mm, struct control_area *area, uint64_t first, uint64_t last);
void mi_free_chunks(struct mm *mm, struct control_area *area);
/* Of a page that is not in RAM and never was. */
mmpte_t mi_chunk_template(const struct mm *mm, const struct subsection *chunk);
static inline va_t mi_chunk_address(const struct subsection *chunk, uint64_t page)
{
    return chunk->prototypes + (va_t)(page - chunk->first_page) * PTE_SIZE;
}
/* Is the page there, and committed? */
bool mi_is_committed(const struct mm *mm, const struct control_area *area, uint64_t page);
/* Pages of [first, last] that are not committed. */
uint64_t mi_count_uncommitted(struct mm *mm, const struct control_area *area, uint64_t first, uint64_t last);
/* => there are chunks for all of them. */
void mi_commit_prototypes(struct mm *mm, struct control_area *area, uint64_t first, uint64_t last);

/* The data file whose page is in a frame; NULL: none. */
struct control_area *mi_file_of_frame(const struct mm *mm, const struct mmpfn *pfn);
/* The number of that page in its file. => it is a file's */
uint64_t mi_page_of_frame(const struct mm *mm, const struct mmpfn *pfn);

ntstatus_t mi_image_area(struct mm *mm, const struct mm_image *image, struct control_area **ret_area);

/* --- view.c, flush.c, system_view.c, mapped_writer.c ------------------------------------------------------------- */

/* Commit [first, last] (pages of the view's section) of a SEC_RESERVE section through a view. */
ntstatus_t mi_commit_view(struct mm *mm, struct mmprocess *process, struct mmvad *vad, va_t first, va_t last,
                          unsigned protection);

static inline uint64_t mi_page_in_view(const struct mmvad *vad, va_t va)
{
    return vad->first_page + (mi_vpn(va) - vad->start_vpn);
}

/* Dirty bits of the PTEs of all views of [first, last] go to their frames. */
void mi_capture_dirty(struct mm *mm, const struct control_area *area, uint64_t first, uint64_t last);

/* The run of modified pages around the one at slot. => its length, at least 1; its frames. */
uint32_t mi_find_cluster(const struct mm *mm, struct mi_slot slot, pfn_t frame[MM_IO_PAGES]);

/* The thread will not repeat its flush. */
void mi_forget_flush(struct mm *mm, struct mi_flush *flush);

/* A write of an area's pages has ended. */
void mi_file_write_done(struct mm *mm, const struct mi_io *io, ntstatus_t status);

/* --- stack.c ---------------------------------------------------------------------------------------------------- */

/* The law that a kernel stack breaks, or NULL. */
const char *mi_check_stacks(struct mm *mm);

#endif
