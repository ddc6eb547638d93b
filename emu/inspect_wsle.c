/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect_wsle.c - !wsle 3: the working-set list of a process. */
#include <inttypes.h>

#include "emu/inspect.h"
#include "emu/machine_internal.h"
#include "mm/inspect.h"

bool inspect_wsle(const struct inspect *inspect, const struct inspect_call *call)
{
    struct mm_inspect_wsl list;
    int digits = (int)inspect->digits;

    mm_inspect_wsl(inspect->mm, inspect->space, &list);
    fprintf(inspect->out, "Working Set @ %0*" PRIx64 "\n", digits, list.address);
    fprintf(inspect->out, "    FirstFree: %8x  FirstDynamic: %8x\n", list.first_free, list.first_dynamic);
    fprintf(inspect->out, "    LastEntry %9x  NextSlot: %12x  LastInitialized %8x\n", list.last_entry, list.next_slot,
            list.last_initialized);
    fprintf(inspect->out, "    NonDirect %9x  HashTable: %11x  HashTableSize: %9x\n\n", list.non_direct, 0u, 0u);
    fprintf(inspect->out, "%*s  Age  Locked  ReferenceCount\n", digits > 15 ? digits : 15, "Virtual Address");
    for (uint32_t i = 0; i < list.entries; i++) {
        struct mm_inspect_wsle entry = mm_inspect_wsle(inspect->mm, inspect->space, i);
        if (entry.valid)
            fprintf(inspect->out, "%*s%0*" PRIx64 "  %3u  %6u  %14u\n", digits > 15 ? 0 : 15 - digits, "", digits,
                    entry.word, entry.age, (unsigned)entry.locked, entry.reference_count);
    }
    return true;
}
