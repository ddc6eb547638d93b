/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugin_memory.c - the claim's memory: the caller's services and copies, and pages that come from the caller.
 *
 * Every service checks that it stays in the claim (what lies below it in the address space is our own reservation) and
 * settles the flush that it owes: the caller may be inside a hook, with the guest running on afterwards. */
#include <stdlib.h>

#include "emu/plugin_internal.h"
#include "emu/public.h"
#include "mm/section.h"

static bool in_claim(const struct sf_plugin *plugin, va_t va, uint64_t size)
{
    va_t end;
    return plugin_claims(plugin, va, &end) && size <= end - va;
}

static uint32_t settled(struct sf_plugin *plugin, ntstatus_t status)
{
    cpu_settle(&plugin->cpu);
    return status;
}

/* --- Observing --------------------------------------------------------------------------------------------- */

void plugin_observe(void *context, const struct mm_fault *fault, va_t pc)
{
    struct sf_plugin *plugin = context;
    struct sf_fault out;
    if (!plugin->observe || fault->type == MM_FAULT_TYPE_NONE)
        return;
    public_fault(fault, pc, &out);
    plugin->observe(plugin->observe_context, &out);
}

void sf_on_fault(struct sf_plugin *plugin, sf_fault_fn *observe, void *context)
{
    plugin->observe = observe;
    plugin->observe_context = context;
    plugin->cpu.config.lazy_address = observe == NULL;
}

/* --- VirtualAlloc and its family --------------------------------------------------------------------------- */

uint32_t sf_alloc(struct sf_plugin *plugin, uint64_t *va, uint64_t *bytes, uint32_t type, uint32_t protect)
{
    struct mm_allocation request = {.base = *va, .size = *bytes, .type = type, .protect = protect};
    if (request.base && !in_claim(plugin, request.base, request.size))
        return STATUS_CONFLICTING_ADDRESSES;
    ntstatus_t status = mm_allocate(plugin->mm, plugin->process, &request);
    if (status == STATUS_SUCCESS) {
        *va = request.base;
        *bytes = request.size;
    }
    return settled(plugin, status);
}

uint32_t sf_free(struct sf_plugin *plugin, uint64_t *va, uint64_t *bytes, uint32_t type)
{
    va_t base = *va;
    uint64_t size = *bytes;
    if (!in_claim(plugin, base, size))
        return STATUS_MEMORY_NOT_ALLOCATED;
    ntstatus_t status = mm_free(plugin->mm, plugin->process, &base, &size, type);
    if (status == STATUS_SUCCESS) {
        *va = base;
        *bytes = size;
    }
    return settled(plugin, status);
}

uint32_t sf_protect(struct sf_plugin *plugin, uint64_t *va, uint64_t *bytes, uint32_t protect, uint32_t *ret_old)
{
    va_t base = *va;
    uint64_t size = *bytes;
    uint32_t old = 0;
    if (!in_claim(plugin, base, size))
        return STATUS_CONFLICTING_ADDRESSES;
    ntstatus_t status = mm_protect(plugin->mm, plugin->process, &base, &size, protect, &old);
    if (status == STATUS_SUCCESS) {
        *va = base;
        *bytes = size;
        if (ret_old)
            *ret_old = old;
    }
    return settled(plugin, status);
}

/* --- Pages from the caller --------------------------------------------------------------------------------- */

ntstatus_t plugin_page_in(void *context, const struct mm_page_in *request, uint8_t *page)
{
    struct sf_plugin *plugin = context;
    const struct plugin_mapping *mapping = plugin->mappings;

    while (mapping && mapping->file != request->file)
        mapping = mapping->next;
    if (!mapping)
        return STATUS_INVALID_DEVICE_REQUEST;
    plugin->reading = true;
    uint32_t status = mapping->source.read(mapping->source.context, request->file_offset, page, request->valid_bytes);
    plugin->reading = false;
    return status == STATUS_PENDING ? STATUS_INVALID_DEVICE_REQUEST : status;
}

static bool is_mappable(uint32_t protect)
{
    switch (protect) {
    case PAGE_READONLY:
    case PAGE_WRITECOPY:
    case PAGE_EXECUTE_READ:
    case PAGE_EXECUTE_WRITECOPY: return true;
    default: return false;
    }
}

static ntstatus_t check_mapping(const struct sf_plugin *plugin, const struct sf_mapping *source)
{
    if (!source->read || source->bytes == 0 || source->bytes > UINT32_MAX - MMU_PAGE_MASK || source->va & 0xFFFF)
        return STATUS_INVALID_PARAMETER;
    if (!is_mappable(source->protect))
        return STATUS_INVALID_PAGE_PROTECTION;
    return in_claim(plugin, source->va, source->bytes) ? STATUS_SUCCESS : STATUS_CONFLICTING_ADDRESSES;
}

static ntstatus_t map_pages(struct sf_plugin *plugin, struct plugin_mapping *mapping)
{
    const struct sf_mapping *source = &mapping->source;
    uint32_t pages = (uint32_t)((source->bytes + MMU_PAGE_MASK) >> MMU_PAGE_SHIFT);
    struct mm_image_subsection run = {.name = "data", .page_count = pages, .file_bytes = (uint32_t)source->bytes};
    struct mm_image image = {.file = mapping->file,
                             .preferred_base = source->va,
                             .page_count = pages,
                             .subsection_count = 1,
                             .subsections = &run};
    struct mm_view view = {.base = source->va};
    mm_section section;

    mm_protection_from_page(source->protect, &run.protection);
    ntstatus_t status = mm_section_create_image(plugin->mm, &image, &section);
    if (status != STATUS_SUCCESS)
        return status;
    status = mm_map_image(plugin->mm, plugin->process, section, &view);
    mm_section_close(plugin->mm, section); /* the view keeps it */
    mapping->base = view.base;
    mapping->size = (uint64_t)pages << MMU_PAGE_SHIFT;
    return status;
}

uint32_t sf_map(struct sf_plugin *plugin, const struct sf_mapping *source)
{
    struct plugin_mapping *mapping = calloc(1, sizeof *mapping);
    ntstatus_t status = STATUS_NO_MEMORY;

    if (mapping && !public_take(&mapping->source, sizeof mapping->source, source))
        status = STATUS_INVALID_PARAMETER;
    else if (mapping)
        status = check_mapping(plugin, &mapping->source);
    if (status == STATUS_SUCCESS) {
        mapping->file = ++plugin->last_file;
        status = map_pages(plugin, mapping);
    }
    if (status == STATUS_SUCCESS) {
        mapping->next = plugin->mappings;
        plugin->mappings = mapping;
    } else {
        free(mapping);
    }
    return settled(plugin, status);
}

uint32_t sf_unmap(struct sf_plugin *plugin, uint64_t va)
{
    struct plugin_mapping **link = &plugin->mappings;

    while (*link && va - (*link)->base >= (*link)->size)
        link = &(*link)->next;
    struct plugin_mapping *mapping = *link;
    if (!mapping)
        return STATUS_NOT_MAPPED_VIEW;
    ntstatus_t status = mm_unmap_view(plugin->mm, plugin->process, mapping->base);
    if (status == STATUS_SUCCESS) {
        *link = mapping->next;
        free(mapping);
    }
    return settled(plugin, status);
}

void plugin_forget_mappings(struct sf_plugin *plugin)
{
    while (plugin->mappings) {
        struct plugin_mapping *next = plugin->mappings->next;
        free(plugin->mappings);
        plugin->mappings = next;
    }
}

/* --- Copies ------------------------------------------------------------------------------------------------ */

static void observe_copy(void *context, const struct mm_fault *fault)
{
    plugin_observe(context, fault, 0);
}

/* As much of [va, va + length) as one hold reaches; *ret_done bytes were copied. */
static ntstatus_t copy_claim(struct sf_plugin *plugin, va_t va, void *to, const void *from, uint64_t length,
                             uint64_t *ret_done)
{
    struct mm_fault template = {.mode = MMU_USER, .process = plugin->process, .thread = PLUGIN_THREAD};
    struct mm_hold hold;
    ntstatus_t status =
        mm_hold(plugin->mm, &template, va, length, from ? MMU_WRITE : MMU_READ, observe_copy, plugin, &hold);
    if (status != STATUS_SUCCESS)
        return status;
    if (from)
        mm_hold_write(plugin->mm, &hold, 0, from, hold.length);
    else
        mm_hold_read(plugin->mm, &hold, 0, to, hold.length);
    *ret_done = hold.length;
    mm_release(plugin->mm, &hold);
    return STATUS_SUCCESS;
}

/* The caller's memory is seen by identity, and softfault's RAM not at all. */
static ntstatus_t copy_outside(struct sf_plugin *plugin, va_t va, void *to, const void *from, uint64_t length)
{
    const struct sf_claim *claim = &plugin->claim;
    if (va < claim->ram_base + claim->ram_bytes && va + length > claim->ram_base)
        return STATUS_ACCESS_VIOLATION;
    uc_err error = from ? uc_mem_write(plugin->cpu.uc, va, from, length) : uc_mem_read(plugin->cpu.uc, va, to, length);
    return error == UC_ERR_OK ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION;
}

static uint32_t copy(struct sf_plugin *plugin, va_t va, uint8_t *to, const uint8_t *from, size_t length)
{
    ntstatus_t status = STATUS_SUCCESS;
    if (length > 0 && va + (length - 1) < va)
        return STATUS_ACCESS_VIOLATION;
    while (length > 0 && status == STATUS_SUCCESS) {
        va_t end;
        bool claimed = plugin_claims(plugin, va, &end);
        uint64_t done = length < end - va ? length : end - va;
        status = claimed ? copy_claim(plugin, va, to, from, done, &done) : copy_outside(plugin, va, to, from, done);
        va += done;
        length -= done;
        if (to)
            to += done;
        if (from)
            from += done;
    }
    return settled(plugin, status);
}

uint32_t sf_read(struct sf_plugin *plugin, uint64_t va, void *buffer, size_t length)
{
    return copy(plugin, va, buffer, NULL, length);
}

uint32_t sf_write(struct sf_plugin *plugin, uint64_t va, const void *bytes, size_t length)
{
    return copy(plugin, va, NULL, bytes, length);
}

/* --- Inspecting -------------------------------------------------------------------------------------------- */

size_t sf_peek(struct sf_plugin *plugin, uint64_t va, void *buffer, size_t length)
{
    va_t end;
    if (!plugin_claims(plugin, va, &end))
        return 0;
    return mm_peek(plugin->mm, plugin->process, va, buffer, length < end - va ? length : end - va);
}

bool sf_query_region(struct sf_plugin *plugin, uint64_t va, struct sf_region *ret_region)
{
    struct mm_region region;
    va_t end;
    if (!plugin_claims(plugin, va, &end) || mm_query(plugin->mm, plugin->process, va, &region) != STATUS_SUCCESS)
        return false;
    if (region.size > end - region.base) /* what is free above the claim is not softfault's */
        region.size = end - region.base;
    return public_region(&region, ret_region);
}

bool sf_query_pte(struct sf_plugin *plugin, uint64_t va, uint64_t *ret_pte)
{
    mmpte_t pte;
    va_t end;
    if (!plugin_claims(plugin, va, &end) || !mm_peek_pte(plugin->mm, plugin->process, va, &pte))
        return false;
    *ret_pte = pte.raw;
    return true;
}

bool sf_query_counters(struct sf_plugin *plugin, struct sf_counters *ret_counters)
{
    return public_counters(plugin->mm, plugin->process, 0, ret_counters);
}

const char *sf_check(struct sf_plugin *plugin)
{
    return mm_check(plugin->mm);
}
