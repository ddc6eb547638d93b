/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect_pfn.c - !pfn: the record of a frame. */
#include <inttypes.h>

#include "emu/inspect.h"
#include "emu/machine_internal.h"
#include "mm/inspect.h"

/* All ones at a list's end, as wide as addresses are. */
static void print_link(const struct inspect *inspect, uint32_t link)
{
    uint64_t value = link == UINT32_MAX && inspect->digits == 16 ? UINT64_MAX : link;
    fprintf(inspect->out, "%0*" PRIX64, (int)inspect->digits, value);
}

static const char *list_name(enum mm_inspect_list list)
{
    static const char *const names[MM_LIST_COUNT] = {"Zeroed",     "Free", "Standby", "Modified",
                                                     "ModNoWrite", "Bad",  "Active",  "Transition"};
    return names[list];
}

static void print_flags(const struct inspect *inspect, const struct mm_inspect_frame *frame)
{
    const struct {
        bool set;
        char letter;
        const char *word;
    } flags[] = {{frame->modified, 'M', "Modified"},
                 {frame->prototype, 'P', "Shared"},
                 {frame->read_in_progress, 'R', "ReadInProgress"},
                 {frame->write_in_progress, 'W', "WriteInProgress"}};
    bool any = false;

    if (frame->modified || frame->prototype || frame->read_in_progress || frame->write_in_progress)
        fputs("     ", inspect->out);
    for (unsigned i = 0; i < 4; i++)
        if (flags[i].set)
            fputc(flags[i].letter, inspect->out);
    for (unsigned i = 0; i < 4; i++) {
        if (!flags[i].set)
            continue;
        fprintf(inspect->out, "%s%s", any ? " " : "\n    ", flags[i].word);
        any = true;
    }
    fputc('\n', inspect->out);
}

bool inspect_pfn(const struct inspect *inspect, const struct inspect_call *call)
{
    struct mm_inspect_frame frame;
    int digits = (int)inspect->digits, word = mm_inspect_format(inspect->mm) == PAGING_X86 ? 8 : 16;

    if (!mm_inspect_frame(inspect->mm, call->argument, &frame)) {
        snprintf(inspect->error, INSPECT_ERROR_SIZE, "pfn 0x%" PRIx64 ": the machine has frames 0 to 0x%x",
                 call->argument, mm_inspect_frames(inspect->mm) - 1);
        return false;
    }
    fprintf(inspect->out, "    PFN %08" PRIX64 " at address %0*" PRIX64 "\n    flink       ", call->argument, digits,
            frame.record);
    print_link(inspect, frame.flink);
    fputs("  blink / share count ", inspect->out);
    print_link(inspect, frame.blink_or_share_count);
    fprintf(inspect->out, "  pteaddress %0*" PRIX64 "\n", digits, frame.pte_address);
    fprintf(inspect->out, "    reference count %04X   color 0\n", frame.reference_count);
    fprintf(inspect->out, "    restore pte %0*" PRIX64 "  containing page        %06X  %s", word,
            frame.original_pte.raw, frame.containing, list_name(frame.list));
    print_flags(inspect, &frame);
    return true;
}
