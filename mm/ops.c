/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ops.c - the entry points of the instance for one paging format. */
#include "mm/mi.h"

/* Take the page at va out of the working set, as the working-set manager would.  false: it is not valid. */
static bool trim(struct mm *mm, struct mmprocess *process, va_t va)
{
    struct mi_slot slot;
    va_t end;
    bool done = false;
    const struct mmvad *vad = vad_find(mm->arena, &process->vads, mi_vpn(va));

    if (!vad || mi_hold_page_table(mm, process, va, &slot, &end) != MI_HELD)
        return false;
    mmpte_t pte = mi_read_pte(mm, slot);
    if (pte_is_valid(pte) && vad->kind != VAD_SHARED && mi_frame_knows(mm, va, pte)) {
        mi_trim_page(mm, process, slot, va, mi_page_state(mm, process, vad, va, pte).protection);
        done = true;
    }
    mi_release_page_table(mm, slot);
    return done;
}

const struct mi_ops PTE_NAME(mi_ops) = {
    .start = mi_start,
    .process_create = mi_process_create,
    .process_clean = mi_process_clean,
    .process_delete = mi_process_delete,
    .access_fault = mi_access_fault,
    .hold = mi_hold,
    .release = mi_release,
    .peek_pte = mi_peek_pte,
    .peek_frame = mi_peek_frame,
    .allocate = mi_allocate,
    .free = mi_free,
    .protect = mi_protect,
    .query = mi_query,
    .allocate_secured = mi_allocate_secured,
    .free_secured = mi_free_secured,
    .map_shared_page = mi_map_shared_page,
    .system_allocate = mi_system_allocate,
    .system_frame = mi_system_frame,
    .section_create_image = mi_section_create_image,
    .section_close = mi_section_close,
    .map_image = mi_map_image,
    .unmap_view = mi_unmap_view,
    .check = mi_check,
    .trim = trim,
};
