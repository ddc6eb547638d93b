/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect_ops.h - what inspecting asks of the instance for one paging format (inspect_format.c). */
#ifndef SOFTFAULT_MM_INSPECT_OPS_H
#define SOFTFAULT_MM_INSPECT_OPS_H

#include "mm/inspect.h"
#include "mm/mi.h"

struct mi_inspect_ops {
    va_t object_base; /* address of an arena's object with reference 0 */
    unsigned pfn_size, pte_size;
    unsigned (*entries)(const struct mm *mm, const struct mmprocess *process, va_t va,
                        struct mm_inspect_entry entries[MM_INSPECT_LEVELS]);
    bool (*prototype)(const struct mm *mm, va_t address, mmpte_t *ret_pte);
    struct mm_inspect_owner (*owner)(const struct mm *mm, uint32_t frame);
    void (*region)(const struct mm *mm, const struct mmprocess *process, const struct mmvad *vad, va_t va,
                   struct mm_region *ret_region);
    void (*wsl)(const struct mm *mm, const struct mmprocess *process, struct mm_inspect_wsl *ret_list);
    struct mm_inspect_wsle (*wsle)(const struct mm *mm, const struct mmprocess *process, uint32_t index);
};
extern const struct mi_inspect_ops mi_inspect_ops_x86, mi_inspect_ops_pae, mi_inspect_ops_x64;

#endif
