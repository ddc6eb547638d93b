/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect_filecache.c - !filecache: the views of the file cache, file by file, and what the cache as a whole has. */
#include <inttypes.h>

#include "emu/inspect.h"
#include "emu/machine_internal.h"
#include "emu/trace/trace_internal.h"
#include "mm/inspect.h"
#include "mmu/view.h"

enum { KB = MMU_PAGE_SIZE / 1024 };

/* Pages of the view that are in the system's working set. */
static unsigned valid_pages(const struct inspect *inspect, const struct cache_view *view)
{
    unsigned count = 0;
    mmpte_t pte;

    for (unsigned i = 0; i < CACHE_VIEW_PAGES; i++)
        count += mm_peek_pte(inspect->mm, mm_system_process(inspect->mm), view->base + (va_t)i * MMU_PAGE_SIZE, &pte) &&
                 pte_decode_format(mm_inspect_format(inspect->mm), pte, PTE_OF_PROCESS).kind == PTE_KIND_VALID;
    return count;
}

/* By offset. */
static const struct cache_view *next_view(const struct cache_map *map, const struct cache_view *after)
{
    const struct cache_view *next = NULL;

    for (const struct cache_view *view = map->views; view; view = view->next)
        if ((!after || view->offset > after->offset) && (!next || view->offset < next->offset))
            next = view;
    return next;
}

static void print_views(const struct inspect *inspect, const struct cache_map *map, va_t area)
{
    const struct cache_view *view = NULL;
    char text[128];
    bool first = true;

    while ((view = next_view(map, view))) {
        fprintf(inspect->out, "%0*" PRIx64 " %10" PRIx64 " %6u %6u %6u  ", (int)inspect->digits, view->base,
                view->offset, view->active, valid_pages(inspect, view) * KB,
                (unsigned)__builtin_popcountll(view->dirty) * KB);
        if (first)
            fprintf(inspect->out, "%0*" PRIx64 " mapped_file( %s )", (int)inspect->digits, area,
                    inspect_file_name(inspect, map->file, text));
        fputc('\n', inspect->out);
        first = false;
    }
    if (first)
        fprintf(inspect->out, "%*s %10s %6s %6s %6s  %0*" PRIx64 " mapped_file( %s )\n", (int)inspect->digits, "-", "-",
                "-", "-", "-", (int)inspect->digits, area, inspect_file_name(inspect, map->file, text));
}

static va_t area_of(const struct inspect *inspect, uint32_t file)
{
    struct mm_inspect_area area = {0};

    while (mm_inspect_area(inspect->mm, area.section, &area))
        if (area.kind == MM_AREA_FILE && area.file == file)
            return area.address;
    return 0;
}

bool inspect_filecache(const struct inspect *inspect, const struct inspect_call *call)
{
    const struct cache *cache = &inspect->machine->cache;
    const struct cache_counts *counts = &cache->counts;

    (void)call;
    fprintf(inspect->out, "***** Dump file cache******\n");
    fprintf(inspect->out, "  Max views %u, in use %u, mapped %" PRIu64 ", reused %" PRIu64 "\n", cache->view_bound,
            cache->views.in_use, counts->views_mapped, counts->views_reused);
    fprintf(inspect->out, "  Dirty %" PRIu64 " Kb, threshold %" PRIu64 " Kb\n", cache->dirty * KB,
            cache->dirty_threshold * KB);
    fprintf(inspect->out, "  Reads %" PRIu64 ", misses %" PRIu64 ", read-aheads %" PRIu64 ", lazy writes %" PRIu64 "\n",
            counts->reads, counts->read_misses, counts->aheads, counts->lazy_writes);
    fprintf(inspect->out, "\n%-*s %10s %6s %6s %6s  %-*s Section file\n", (int)inspect->digits, "View", "Offset",
            "Active", "Valid", "Dirty", (int)inspect->digits, "Control");
    for (const struct cache_map *map = cache->first; map; map = map->next)
        print_views(inspect, map, area_of(inspect, map->file));
    return true;
}
