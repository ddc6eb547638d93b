/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect_ca.c - !ca: control areas, with their segment and subsections.
 *
 * Without an address all of them, one after the other.  Fields of !ca that the model does not have (the flush count,
 * pool usage, based sections' list) are left out rather than invented; segment and control area are one object here. */
#include <inttypes.h>
#include <string.h>

#include "emu/inspect.h"
#include "emu/machine_internal.h"
#include "emu/nt/file.h"
#include "emu/trace/trace_internal.h"
#include "mm/inspect.h"

/* Flags of _MMSECTION_FLAGS, of those that the model knows. */
enum ca_flag {
    CA_IMAGE = 0x20,
    CA_FILE = 0x80,
    CA_COMMIT = 0x1000,
    CA_HAD_USER_REFERENCE = 0x80000,
    CA_NO_WRITES = 0x40
};

static const struct {
    uint32_t flag;
    const char *name;
} flags[] = {{CA_IMAGE, "Image"},
             {CA_NO_WRITES, "NoModifiedWriting"},
             {CA_FILE, "File"},
             {CA_COMMIT, "Commit"},
             {CA_HAD_USER_REFERENCE, "HadUserReference"}};

static uint32_t flags_of(const struct mm_inspect_area *area)
{
    uint32_t word = area->kind == MM_AREA_IMAGE ? CA_IMAGE | CA_FILE : area->kind == MM_AREA_FILE ? CA_FILE : CA_COMMIT;
    word |= area->user_references ? CA_HAD_USER_REFERENCE : 0;
    return word | (area->no_modified_writes ? CA_NO_WRITES : 0);
}

static void print_flags(const struct inspect *inspect, const struct mm_inspect_area *area)
{
    uint32_t word = flags_of(area);

    fprintf(inspect->out, "\n      Flags (%x)", word);
    for (unsigned i = 0; i < sizeof flags / sizeof *flags; i++)
        if (word & flags[i].flag)
            fprintf(inspect->out, " %s", flags[i].name);
    fputc('\n', inspect->out);
}

static uint32_t subsection_count(const struct inspect *inspect, const struct mm_inspect_area *area)
{
    struct mm_inspect_subsection subsection;
    uint32_t count = 0;

    while (mm_inspect_subsection(inspect->mm, area->section, count, &subsection))
        count++;
    return count;
}

/* Views in system cache space. */
static uint32_t system_views(const struct inspect *inspect, const struct mm_inspect_area *area)
{
    for (const struct cache_map *map = inspect->machine->cache.first; map && area->kind == MM_AREA_FILE;
         map = map->next)
        if (map->file == area->file)
            return map->view_count;
    return 0;
}

static void print_segment(const struct inspect *inspect, const struct mm_inspect_area *area)
{
    int digits = (int)inspect->digits;

    fprintf(inspect->out, "\nSegment @ %0*" PRIx64 "\n", digits, area->address);
    fprintf(inspect->out, "  Base address  %0*" PRIx64 "  Total Ptes %8" PRIx64 "  Resident   %8" PRIx64 "\n", digits,
            area->base, area->page_count, area->resident);
    fprintf(inspect->out, "  SizeOfSegment %8" PRIx64 "  Valid data %8" PRIx64 "  Committed  %8" PRIx64 "\n",
            area->kind == MM_AREA_FILE ? area->bytes : area->page_count << MMU_PAGE_SHIFT,
            area->kind == MM_AREA_FILE ? area->valid : area->page_count << MMU_PAGE_SHIFT, area->commit);
}

static void print_subsections(const struct inspect *inspect, const struct mm_inspect_area *area)
{
    struct mm_inspect_subsection s;
    int digits = (int)inspect->digits;
    char text[48], name[128];

    uint32_t count = subsection_count(inspect, area);
    for (uint32_t i = 0; i < count; i++) {
        mm_inspect_subsection(inspect->mm, area->section, area->kind == MM_AREA_IMAGE ? i : count - 1 - i, &s);
        fprintf(inspect->out, "\nSubsection %u. @ %0*" PRIx64 "\n", i + 1, digits, s.address);
        fprintf(inspect->out,
                "  ControlArea: %0*" PRIx64 "  Starting Sector %" PRIx64 "  Number Of Sectors %" PRIx64 "\n", digits,
                area->address, s.file_offset / FILE_SECTOR, (s.file_bytes + FILE_SECTOR - 1) / FILE_SECTOR);
        fprintf(inspect->out, "  Base Pte     %0*" PRIx64 "  Ptes In subsect %8" PRIx64 "  First page %8" PRIx64 "\n",
                digits, s.prototypes, s.pages, s.first_page);
        fprintf(inspect->out, "  Sector Offset %x  Protection %x %s%s%s\n", (unsigned)(s.file_offset % FILE_SECTOR),
                s.protection, inspect_protection(s.protection, text), s.name[0] ? "  " : "", trace_clean(s.name, name));
    }
}

static void print_area(const struct inspect *inspect, const struct mm_inspect_area *area)
{
    char name[128];

    fprintf(inspect->out, "ControlArea @ %0*" PRIx64 "\n", (int)inspect->digits, area->address);
    fprintf(inspect->out, "  Section Ref  %8x  Pfn Ref      %8" PRIx64 "  Mapped Views %8x\n", area->section_references,
            area->resident, area->views);
    fprintf(inspect->out, "  User Ref     %8x  Subsections  %8x  System Views %8x\n", area->user_references,
            subsection_count(inspect, area), system_views(inspect, area));
    fprintf(inspect->out, "  Modified     %8x  ModWriteCount%8x\n", area->modified, area->in_flight);
    print_flags(inspect, area);
    if (area->file)
        fprintf(inspect->out, "\n      File: %s\n", inspect_file_name(inspect, area->file, name));
    print_segment(inspect, area);
    print_subsections(inspect, area);
}

bool inspect_ca(const struct inspect *inspect, const struct inspect_call *call)
{
    struct mm_inspect_area area = {0};
    unsigned printed = 0;

    while (mm_inspect_area(inspect->mm, area.section, &area)) {
        if (call->has_argument && call->argument != area.address)
            continue;
        if (printed++)
            fputc('\n', inspect->out);
        print_area(inspect, &area);
    }
    if (!printed && call->has_argument)
        snprintf(inspect->error, INSPECT_ERROR_SIZE, "there is no control area at 0x%" PRIx64, call->argument);
    else if (!printed)
        fprintf(inspect->out, "no control areas\n");
    return printed || !call->has_argument;
}
