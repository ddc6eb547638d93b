/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect_vad.c - !vad: what was promised for which range of an address space. */
#include <inttypes.h>

#include "emu/inspect.h"
#include "emu/machine_internal.h"
#include "mm/inspect.h"

static uint32_t file_of(const struct mm *mm, arena_ref section)
{
    struct mm_inspect_area area = {0};
    while (mm_inspect_area(mm, area.section, &area))
        if (area.section == section)
            return area.file;
    return 0;
}

static void print_vad(const struct inspect *inspect, const struct mm_inspect_vad *vad)
{
    int digits = (int)inspect->digits, page = digits == 8 ? 8 : 12;
    char text[128];

    fprintf(inspect->out, "%0*" PRIx64 " (%2u) %*" PRIx64 " %*" PRIx64 " %9" PRIu64 " ", digits, vad->address,
            vad->level, page, vad->start >> MMU_PAGE_SHIFT, page, vad->end >> MMU_PAGE_SHIFT, vad->commit);
    fprintf(inspect->out, "%-7s %-4s %s", vad->mapped ? "Mapped" : "Private", vad->image ? "Exe" : "",
            inspect_protection(vad->protection, text));
    if (vad->no_change)
        fputs(" NoChange", inspect->out);
    if (vad->write_watch)
        fputs(" WriteWatch", inspect->out);
    if (vad->section)
        fprintf(inspect->out, "  %s", inspect_file_name(inspect, file_of(inspect->mm, vad->section), text));
    fputc('\n', inspect->out);
}

/* With an address, the VAD of it alone. */
bool inspect_vad(const struct inspect *inspect, const struct inspect_call *call)
{
    struct mm_inspect_vad vad;
    uint64_t count = 0, levels = 0;
    unsigned deepest = 0;
    va_t from = call->has_argument ? call->argument : 0;
    int page = inspect->digits == 8 ? 8 : 12;

    if (call->has_argument && (!mm_inspect_vad(inspect->mm, inspect->space, from, &vad) || vad.start > from)) {
        snprintf(inspect->error, INSPECT_ERROR_SIZE, "vad 0x%" PRIx64 ": no VAD holds that address", from);
        return false;
    }
    fprintf(inspect->out, "%-*s level %*s %*s    commit\n", (int)inspect->digits - 1, "VAD", page, "start", page,
            "end");
    while (mm_inspect_vad(inspect->mm, inspect->space, from, &vad)) {
        print_vad(inspect, &vad);
        if (call->has_argument)
            return true;
        count++;
        levels += vad.level;
        deepest = vad.level > deepest ? vad.level : deepest;
        if (vad.end >= mm_inspect_highest_user(inspect->mm))
            break;
        from = vad.end + 1;
    }
    fprintf(inspect->out, "\nTotal VADs: %5" PRIu64 "  average level: %4" PRIu64 "  maximum depth: %2u\n", count,
            count ? levels / count + 1 : 0, deepest);
    return true;
}
