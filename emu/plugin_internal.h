/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugin_internal.h - shared by plugin.c (coming and going), plugin_run.c and plugin_memory.c. */
#ifndef SOFTFAULT_EMU_PLUGIN_INTERNAL_H
#define SOFTFAULT_EMU_PLUGIN_INTERNAL_H

#include "emu/cpu_internal.h"
#include "emu/plugin.h"

enum {
    PLUGIN_HOOKS = 3, /* the claim, the window, RAM seen by identity */
    PLUGIN_THREAD = 1,
};

/* Pages that come from the caller (sf_map). */
struct plugin_mapping {
    struct plugin_mapping *next;
    uint32_t file; /* mm's name for it */
    va_t base;
    uint64_t size; /* whole pages */
    struct sf_mapping source;
};

struct plugin_region {
    void *memory;
    size_t size;
};

struct sf_plugin {
    struct cpu cpu; /* over the caller's engine: never entered through cpu_run() */
    struct cpu_env cpu_env;
    struct mm_env mm_env;
    struct mm *mm;
    mm_process process;
    struct sf_claim claim;
    struct plugin_region ram, stamp, state;
    struct plugin_mapping *mappings;
    uint32_t last_file;

    uc_hook hooks[PLUGIN_HOOKS];
    unsigned hook_count;
    bool ram_mapped, scratch_mapped, tlb_virtual;
    bool running, reading; /* in sf_run(), in a mapping's read() */
    bool branching;        /* nothing but the instruction at branch may be fetched */
    va_t branch;
    uc_err error;
    sf_fault_fn *observe;
    void *observe_context;
};

/* Is va softfault's?  => *ret_end: where that changes. */
bool plugin_claims(const struct sf_plugin *plugin, va_t va, va_t *ret_end);

/* plugin_run.c */
size_t plugin_peek_code(struct cpu *cpu, va_t ip, uint8_t *bytes, size_t length);
/* Does a fetch with EIP at ip belong to an instruction that is not to be run yet? */
bool plugin_is_ahead(const struct sf_plugin *plugin, enum mmu_access access, va_t ip);
/* UC_HOOK_TLB_FILL over softfault's RAM where it would be seen by identity. */
bool plugin_hide_ram(uc_engine *uc, uint64_t va, uc_mem_type type, uc_tlb_entry *entry, void *context);

/* plugin_memory.c: callbacks of the memory manager, and what must go in the end */
ntstatus_t plugin_page_in(void *context, const struct mm_page_in *request, uint8_t *page);
void plugin_observe(void *context, const struct mm_fault *fault, va_t pc);
void plugin_forget_mappings(struct sf_plugin *plugin);

#endif
