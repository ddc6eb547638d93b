/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect_pte.c - !pte: the entries on the way to an address, and what they say. */
#include <inttypes.h>
#include <stdarg.h>

#include "emu/inspect.h"
#include "emu/machine_internal.h"
#include "mm/inspect.h"
#include "mmu/view.h"

enum { COLUMN = 34, CELL_SIZE = 96 };

/* A word that is not valid, in lines as the debugger prints them. */
static void print_invalid(const struct inspect *inspect, mmpte_t pte, enum pte_home home);

static void print_prototype(const struct inspect *inspect, va_t address)
{
    mmpte_t pte;
    unsigned digits = inspect->digits;
    enum paging_format format = mm_inspect_format(inspect->mm);
    char flags[PTE_FLAGS_TEXT_SIZE];

    fprintf(inspect->out, " Proto: %0*" PRIX64 "\n", digits, address);
    if (!mm_inspect_prototype(inspect->mm, address, &pte)) {
        fprintf(inspect->out, "\nno prototype PTE at %0*" PRIX64 "\n", digits, address);
        return;
    }
    fprintf(inspect->out, "\nprototype PTE at %0*" PRIX64 "\ncontains %0*" PRIX64 "\n", digits, address,
            format == PAGING_X86 ? 8 : 16, pte.raw);
    if (pte.raw & 1)
        fprintf(inspect->out, "pfn %-5" PRIx64 " %s\n", pte_decode_format(format, pte, PTE_OF_SEGMENT).frame,
                pte_flags_text_format(format, pte, flags));
    else
        print_invalid(inspect, pte, PTE_OF_SEGMENT);
}

static void print_invalid(const struct inspect *inspect, mmpte_t pte, enum pte_home home)
{
    struct pte_view view = pte_decode_format(mm_inspect_format(inspect->mm), pte, home);
    FILE *out = inspect->out;
    char text[48];
    bool has_protection = true;

    fputs("not valid\n", out);
    switch (view.kind) {
    case PTE_KIND_EMPTY:
    case PTE_KIND_VALID:
    case PTE_KIND_COUNT: return;
    case PTE_KIND_TRANSITION: fprintf(out, " Transition: %" PRIx64 "\n", view.frame); break;
    case PTE_KIND_PROTOTYPE: print_prototype(inspect, view.address); return;
    case PTE_KIND_LOOKUP: fputs(" Proto: VAD\n", out); break;
    case PTE_KIND_SUBSECTION: fprintf(out, " Subsection: %0*" PRIX64 "\n", inspect->digits, view.address); break;
    case PTE_KIND_PAGED_OUT:
        fprintf(out, " PageFile: %2u\n Offset: %" PRIx32 "\n", view.pagefile, view.pagefile_offset);
        break;
    case PTE_KIND_DEMAND_ZERO: fputs(" DemandZero\n", out); break;
    case PTE_KIND_DECOMMITTED:
        fputs(" Decommitted\n", out);
        has_protection = false;
        break;
    }
    if (has_protection)
        fprintf(out, " Protect: %x - %s\n", view.protection, inspect_protection(view.protection, text));
}

/* One line of cells in columns. */
static void print_cells(const struct inspect *inspect, char cells[][CELL_SIZE], unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        fprintf(inspect->out, i + 1 < count ? "%-*s" : "%.0d%s", i + 1 < count ? COLUMN : 0, cells[i]);
    fputc('\n', inspect->out);
}

/* How far the way down goes: the number of entries that can be read; a large page ends it. */
static unsigned depth_of(const struct mm *mm, const struct mm_inspect_entry *entries, unsigned count)
{
    for (unsigned i = 0; i + 1 < count; i++)
        if (!entries[i].is_table_or_page || !entries[i + 1].there ||
            (i + 2 == count && pte_decode_format(mm_inspect_format(mm), entries[i].pte, PTE_OF_PROCESS).large_page))
            return i + 1;
    return count;
}

bool inspect_pte(const struct inspect *inspect, const struct inspect_call *call)
{
    static const char *const names[MM_INSPECT_LEVELS] = {"PXE", "PPE", "PDE", "PTE"};
    enum paging_format format = mm_inspect_format(inspect->mm);
    struct mm_inspect_entry entries[MM_INSPECT_LEVELS];
    unsigned count = mm_inspect_entries(inspect->mm, inspect->space, call->argument, entries);
    char cells[MM_INSPECT_LEVELS][CELL_SIZE], flags[PTE_FLAGS_TEXT_SIZE];
    bool wide = format == PAGING_X64;
    int word = format == PAGING_X86 ? 8 : 16, digits = (int)inspect->digits;

    if (count == 0) {
        snprintf(inspect->error, INSPECT_ERROR_SIZE, "pte 0x%" PRIx64 ": no address of %s", call->argument,
                 wide ? "x64 (not canonical)" : "32 bits");
        return false;
    }
    unsigned depth = depth_of(inspect->mm, entries, count);
    const struct mm_inspect_entry *last = &entries[depth - 1];
    if (wide)
        fprintf(inspect->out, "%*sVA %016" PRIx64 "\n", 43, "", call->argument);
    else
        fprintf(inspect->out, "%08" PRIX64 "  - ", call->argument);
    for (unsigned i = 0; i < count; i++)
        snprintf(cells[i], CELL_SIZE, "%s at %0*" PRIX64, names[MM_INSPECT_LEVELS - count + i], digits,
                 entries[i].address);
    print_cells(inspect, cells, count);
    fprintf(inspect->out, "%*s", wide ? 0 : 12, "");
    for (unsigned i = 0; i < depth; i++)
        snprintf(cells[i], CELL_SIZE, "contains %0*" PRIX64, word, entries[i].pte.raw);
    print_cells(inspect, cells, depth);
    bool valid = last->there && (last->pte.raw & 1);
    fprintf(inspect->out, "%*s", wide ? 0 : 12, "");
    for (unsigned i = 0; i < depth - !valid; i++) {
        struct pte_view view = pte_decode_format(format, entries[i].pte, PTE_OF_PROCESS);
        snprintf(cells[i], CELL_SIZE, "pfn %-5" PRIx64 " %s%s", view.frame,
                 pte_flags_text_format(format, entries[i].pte, flags),
                 i + 2 == count && view.large_page ? "  LARGE PAGE" : "");
    }
    if (valid) {
        print_cells(inspect, cells, depth);
        return true;
    }
    for (unsigned i = 0; i + 1 < depth; i++)
        fprintf(inspect->out, "%-*s", COLUMN, cells[i]);
    print_invalid(inspect, last->pte, PTE_OF_PROCESS);
    return true;
}
