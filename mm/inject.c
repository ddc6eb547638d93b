/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inject.c - trouble on demand: pages that leave a working set, transfers that fail.  Who wants it, and when, is the
 * caller's business; page files that are full are in pagefile.c. */
#include "mm/mi.h"

uint32_t mm_ws_trim(struct mm *mm, mm_process process, uint64_t entry, uint32_t pages)
{
    uint32_t done = mm->ops->ws_trim(mm, mi_process(mm, process), entry, pages);
    mi_settle(mm);
    return done;
}

void mm_io_failed(struct mm *mm, uint32_t id, ntstatus_t status)
{
    mm->ops->io_done(mm, id, status);
    mi_settle(mm);
}
