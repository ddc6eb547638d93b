/* SPDX-License-Identifier: GPL-2.0-or-later */
/* written.h - which pages of a run were written: a bitmap in the arena, in chunks.
 *
 * One bit for a page: 64 KB of the modelled pool for 2 GB of address space, all taken when it is made (as NT takes it
 * from nonpaged pool), so that marking a page cannot fail. */
#ifndef SOFTFAULT_MM_WRITTEN_H
#define SOFTFAULT_MM_WRITTEN_H

#include "mm/arena.h"

/* Nothing written yet. => 0: the arena has no room, or the run is longer than WRITTEN_PAGES_MAX. */
#define WRITTEN_PAGES_MAX (UINT64_C(1) << 28) /* 1 TB */
arena_ref written_create(struct arena *arena, uint64_t first_vpn, uint64_t pages);
void written_delete(struct arena *arena, arena_ref ref);

/* => vpn is in the run. */
void written_mark(struct arena *arena, arena_ref ref, uint64_t vpn);
void written_clear(struct arena *arena, arena_ref ref, uint64_t vpn);

/* The first marked page of [vpn, end), or end.  => the range is in the run. */
uint64_t written_next(const struct arena *arena, arena_ref ref, uint64_t vpn, uint64_t end);

/* Does the run hold all of [first_vpn, last_vpn]? */
bool written_covers(const struct arena *arena, arena_ref ref, uint64_t first_vpn, uint64_t last_vpn);

#endif
