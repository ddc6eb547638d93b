/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugin.c - the model joins a caller's engine, and leaves it.
 *
 * The memory manager gets one process whose user range is the claim: addresses below and just above it are taken by
 * reservations, the rest lies beyond the highest user address.  struct cpu works over the caller's engine as it does
 * over the machine's own, but for three things: translations are asked for by hooks of limited ranges, so that all
 * other addresses stay as they were; physical addresses begin at ram_base; and nothing of ring 3 or of traps is set up.
 */
#include "emu/plugin.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "emu/host_memory.h"
#include "emu/plugin_internal.h"
#include "emu/public.h"

#define GRANULARITY 0x10000ull
#define LEAST_RAM (1ull << 20)

static_assert((int)SF_PAGE_EXECUTE_WRITECOPY == PAGE_EXECUTE_WRITECOPY && (int)SF_MEM_TOP_DOWN == MEM_TOP_DOWN,
              "Windows's values");

bool plugin_claims(const struct sf_plugin *plugin, va_t va, va_t *ret_end)
{
    const struct sf_claim *claim = &plugin->claim;
    bool inside = va >= claim->va_begin && va < claim->va_end;
    *ret_end = inside ? claim->va_end : va < claim->va_begin ? claim->va_begin : UINT64_MAX;
    return inside;
}

/* --- Callbacks --------------------------------------------------------------------------------------------- */

static void on_flush_tlb(void *context)
{
    struct sf_plugin *plugin = context;
    cpu_flush_tlb(&plugin->cpu);
}

static void on_drop_code(void *context, pfn_t frame)
{
    struct sf_plugin *plugin = context;
    if (plugin->hook_count == PLUGIN_HOOKS)
        cpu_drop_code(&plugin->cpu, frame);
}

static bool on_user_stack(void *context, mm_process process, struct mm_user_stack *ret_stack)
{
    return false; /* guard pages are the program's own affair */
}

static void on_stack_limit(void *context, va_t limit)
{
}

static enum mm_fault_result on_page_fault(void *context, struct mm_fault *fault, va_t pc)
{
    struct sf_plugin *plugin = context;
    if (plugin_is_ahead(plugin, fault->access, pc))
        return MM_FAULT_WAIT;
    enum mm_fault_result result = mm_access_fault(plugin->mm, fault);
    if (result == MM_FAULT_RESOLVED) /* a refused one is told when its address is exact */
        plugin_observe(plugin, fault, pc);
    return result;
}

/* --- Checking ---------------------------------------------------------------------------------------------- */

static const char *choose_format(uc_engine *uc, enum sf_paging paging, enum paging_format *ret_format)
{
    size_t arch = 0, mode = 0;
    if (uc_query(uc, UC_QUERY_ARCH, &arch) != UC_ERR_OK || uc_query(uc, UC_QUERY_MODE, &mode) != UC_ERR_OK)
        return "the engine does not tell its mode";
    bool wide = mode & UC_MODE_64;
    if (arch != UC_ARCH_X86 || !(mode & (UC_MODE_32 | UC_MODE_64)))
        return "the engine is not x86 of 32 or 64 bits";
    switch (paging) {
    case SF_PAGING_DEFAULT: *ret_format = wide ? PAGING_X64 : PAGING_PAE; return NULL;
    case SF_PAGING_X86: *ret_format = PAGING_X86; break;
    case SF_PAGING_PAE: *ret_format = PAGING_PAE; break;
    case SF_PAGING_X64: *ret_format = PAGING_X64; break;
    default: return "no such paging";
    }
    return wide == (*ret_format == PAGING_X64) ? NULL : "the paging is not of the engine's width";
}

static const char *check_claim(const struct sf_claim *claim, enum paging_format format)
{
    uint64_t end = format == PAGING_X64 ? SF_VA_END_64 : SF_VA_END_32;
    if ((claim->ram_base | claim->ram_bytes) & MMU_PAGE_MASK)
        return "RAM must begin and end on a page boundary";
    if (claim->ram_bytes < LEAST_RAM || claim->ram_bytes > mm_most_ram(format))
        return "RAM must be 1 MB to what the paging can name: x86 4 GB, PAE 64 GB, x64 1 TB";
    if (claim->ram_base >= CPU_NOWHERE || claim->ram_base + claim->ram_bytes > CPU_NOWHERE)
        return "RAM must lie below 2 TB";
    if ((claim->va_begin | claim->va_end) & (GRANULARITY - 1))
        return "the claim must begin and end on a 64 KB boundary";
    if (claim->va_begin < GRANULARITY || claim->va_begin >= claim->va_end || claim->va_end > end)
        return "the claim must lie in the user range";
    if (claim->flags & ~(uint32_t)(SF_CLAIM_NO_NX | SF_CLAIM_KEEP_VIRTUAL_TLB))
        return "unknown flags";
    return NULL;
}

/* --- Making ------------------------------------------------------------------------------------------------ */

static bool map_region(struct plugin_region *region, size_t size, enum host_memory_use use)
{
    region->memory = host_memory_map(size, use);
    region->size = size;
    return region->memory != NULL;
}

static bool reserve(struct sf_plugin *plugin, va_t base, uint64_t size)
{
    struct mm_allocation request = {.base = base, .size = size, .type = MEM_RESERVE, .protect = PAGE_NOACCESS};
    return mm_allocate(plugin->mm, plugin->process, &request) == STATUS_SUCCESS;
}

/* The address space: nothing but the claim is free in it.  The highest user byte is 128 KB above the claim: NT keeps
 * the last 64 KB free, and of the 64 KB below them no service may name the last byte. */
static bool make_space(struct sf_plugin *plugin)
{
    const struct sf_claim *claim = &plugin->claim;
    enum pte_nx_policy nx = claim->flags & SF_CLAIM_NO_NX ? PTE_NX_OFF : PTE_NX_ON;
    return mm_process_create(plugin->mm, nx, &plugin->process) == STATUS_SUCCESS &&
           (claim->va_begin == GRANULARITY || reserve(plugin, GRANULARITY, claim->va_begin - GRANULARITY)) &&
           reserve(plugin, claim->va_end, GRANULARITY - MMU_PAGE_SIZE);
}

static const char *make_memory(struct sf_plugin *plugin, enum paging_format format)
{
    uint32_t frames = (uint32_t)(plugin->claim.ram_bytes >> MMU_PAGE_SHIFT);
    if (!map_region(&plugin->ram, plugin->claim.ram_bytes, HOST_MEMORY_RAM) ||
        !map_region(&plugin->stamp, frames * sizeof(uint32_t), HOST_MEMORY_SPARSE) ||
        !map_region(&plugin->state, mm_state_size(frames), HOST_MEMORY_SPARSE))
        return "the host has no memory";
    plugin->mm_env = (struct mm_env){.context = plugin,
                                     .flush_tlb = on_flush_tlb,
                                     .drop_code = on_drop_code,
                                     .page_in = plugin_page_in,
                                     .user_stack = on_user_stack,
                                     .set_stack_limit = on_stack_limit};
    struct mm_config config = {
        .format = format,
        .read_ahead = MM_READ_ALONE, /* the caller's callback is asked for what is touched */
        .ram = {.base = plugin->ram.memory, .frame_count = frames, .epoch = 1, .stamp = plugin->stamp.memory},
        .env = &plugin->mm_env,
        .highest_user_address = plugin->claim.va_end + 2 * GRANULARITY - 1,
    };
    plugin->mm = mm_init(plugin->state.memory, &config);
    if (!plugin->mm || !make_space(plugin))
        return "the RAM is too little";
    plugin->cpu.config = (struct cpu_config){
        .mm = plugin->mm, .format = format, .ram = config.ram, .env = &plugin->cpu_env, .lazy_address = true};
    return NULL;
}

static const char *make_cpu(struct sf_plugin *plugin, uc_engine *uc)
{
    struct cpu *cpu = &plugin->cpu;
    plugin->cpu_env = (struct cpu_env){.context = plugin, .page_fault = on_page_fault};
    cpu->uc = uc;
    cpu->ram_base = plugin->claim.ram_base;
    cpu->peek_code = plugin_peek_code;
    cpu->walk = mmu_walker(cpu->config.format);
    cpu->look = mmu_looker(cpu->config.format);
    cpu->walk_end = mmu_walk_ender(cpu->config.format);
    cpu->mode = MMU_USER;
    cpu->generation = 1;
    if (!cpu_coherence_open(cpu))
        return "the host has no memory";
    return cpu_operands_open(cpu) ? NULL : "Capstone cannot be opened";
}

static uc_err hook_in(struct sf_plugin *plugin, uc_engine *uc)
{
    const struct sf_claim *claim = &plugin->claim;
    struct cpu *cpu = &plugin->cpu;
    uc_err error = uc_mem_map_ptr(uc, claim->ram_base, claim->ram_bytes, UC_PROT_ALL, plugin->ram.memory);
    plugin->ram_mapped = error == UC_ERR_OK;
    if (error == UC_ERR_OK)
        error = uc_mem_map(uc, CPU_SCRATCH, MMU_PAGE_SIZE, UC_PROT_ALL);
    plugin->scratch_mapped = plugin->ram_mapped && error == UC_ERR_OK;
    if (error == UC_ERR_OK)
        error = uc_ctl_tlb_mode(uc, UC_TLB_VIRTUAL);
    plugin->tlb_virtual = plugin->scratch_mapped && error == UC_ERR_OK;
    if (error == UC_ERR_OK)
        error = cpu_install_tlb_range(cpu, claim->va_begin, claim->va_end - 1, &plugin->hooks[0]);
    plugin->hook_count = error == UC_ERR_OK;
    if (error == UC_ERR_OK)
        error = cpu_install_tlb_range(cpu, CPU_WINDOW, CPU_WINDOW + claim->ram_bytes - 1, &plugin->hooks[1]);
    plugin->hook_count += error == UC_ERR_OK;
    if (error == UC_ERR_OK)
        error = uc_hook_add(uc, &plugin->hooks[2], UC_HOOK_TLB_FILL, cpu_hook_pointer((cpu_hook_fn *)plugin_hide_ram),
                            plugin, claim->ram_base, claim->ram_base + claim->ram_bytes - 1);
    plugin->hook_count += error == UC_ERR_OK;
    uc_ctl_flush_tlb(uc);
    return error;
}

static const char *attach(struct sf_plugin *plugin, uc_engine *uc)
{
    enum paging_format format;
    const char *why = choose_format(uc, plugin->claim.paging, &format);
    if (!why)
        why = check_claim(&plugin->claim, format);
    if (!why)
        why = make_memory(plugin, format);
    if (!why)
        why = make_cpu(plugin, uc);
    if (why)
        return why;
    uc_err error = hook_in(plugin, uc);
    if (error == UC_ERR_OK) {
        cpu_attach(&plugin->cpu, plugin->process, PLUGIN_THREAD);
        cpu_settle(&plugin->cpu);
        return NULL;
    }
    return plugin->ram_mapped ? uc_strerror(error) : "the physical range for RAM is not free";
}

struct sf_plugin *sf_attach(struct uc_struct *uc, const struct sf_claim *claim, char error[SF_ERROR_SIZE])
{
    struct sf_plugin *plugin = calloc(1, sizeof *plugin);
    const char *why = !plugin                                                     ? "no memory"
                      : !public_take(&plugin->claim, sizeof plugin->claim, claim) ? "the claim has no size"
                                                                                  : attach(plugin, uc);
    if (!why)
        return plugin;
    snprintf(error, SF_ERROR_SIZE, "%s", why);
    sf_detach(plugin);
    return NULL;
}

/* --- Leaving ----------------------------------------------------------------------------------------------- */

/* The translations of softfault's frames go while the window still leads to them. */
static void hook_out(struct sf_plugin *plugin)
{
    uc_engine *uc = plugin->cpu.uc;
    if (plugin->hook_count == PLUGIN_HOOKS) {
        for (uint32_t i = 0; i < mm_frames_untouched_from(plugin->mm); i++)
            if (mm_frame_has_code(plugin->mm, (pfn_t){i}))
                cpu_drop_code(&plugin->cpu, (pfn_t){i});
    }
    for (unsigned i = 0; i < plugin->hook_count; i++)
        uc_hook_del(uc, plugin->hooks[i]);
    if (plugin->tlb_virtual && !(plugin->claim.flags & SF_CLAIM_KEEP_VIRTUAL_TLB))
        uc_ctl_tlb_mode(uc, UC_TLB_CPU);
    if (plugin->scratch_mapped)
        uc_mem_unmap(uc, CPU_SCRATCH, MMU_PAGE_SIZE);
    if (plugin->ram_mapped)
        uc_mem_unmap(uc, plugin->claim.ram_base, plugin->claim.ram_bytes);
    if (plugin->ram_mapped)
        uc_ctl_flush_tlb(uc);
}

void sf_detach(struct sf_plugin *plugin)
{
    if (!plugin)
        return;
    if (plugin->cpu.uc)
        hook_out(plugin);
    plugin_forget_mappings(plugin);
    cpu_operands_close(&plugin->cpu);
    cpu_coherence_close(&plugin->cpu);
    host_memory_unmap(plugin->ram.memory, plugin->ram.size);
    host_memory_unmap(plugin->stamp.memory, plugin->stamp.size);
    host_memory_unmap(plugin->state.memory, plugin->state.size);
    free(plugin);
}
