/* SPDX-License-Identifier: GPL-2.0-or-later */
/* public.h - what the two halves of the library share: the model's structs in the terms of softfault.h. */
#ifndef SOFTFAULT_EMU_PUBLIC_H
#define SOFTFAULT_EMU_PUBLIC_H

#include "emu/softfault.h"
#include "mm/mm.h"

/* A struct that the caller filled in, its size being its first member: what the caller's header did not know yet is
 * zero.  => false: the size is not set. */
bool public_take(void *ours, size_t our_size, const void *theirs);

/* The other way: as much of ours as the caller's header knows.  => false: the size is not set. */
bool public_give(void *theirs, const void *ours, size_t our_size);

void public_fault(const struct mm_fault *fault, va_t pc, struct sf_fault *ret_fault);
bool public_region(const struct mm_region *region, struct sf_region *ret_region);
bool public_counters(const struct mm *mm, mm_process process, uint64_t time, struct sf_counters *ret_counters);

#endif
