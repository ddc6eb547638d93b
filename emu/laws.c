/* SPDX-License-Identifier: GPL-2.0-or-later */
/* laws.c - --check: the memory manager's laws, whenever it is at rest: after every service, fault, transfer and step
 * of a system thread; --check-every N: then, where N frames or more have moved since the last time. */
#include "emu/machine_internal.h"

static bool is_time(struct machine *machine)
{
    struct mm_counters counters;
    if (!machine->options.check_moves)
        return true;
    mm_query_counters(machine->mm, &counters);
    if (counters.moves - machine->moves_checked < machine->options.check_moves)
        return false;
    machine->moves_checked = counters.moves;
    return true;
}

bool machine_check_laws(struct machine *machine)
{
    if (!machine->options.check || !machine->started || machine->next == MACHINE_OVER || !is_time(machine))
        return true;
    const char *broken = mm_check(machine->mm), *who = "memory manager";
    if (!broken) {
        broken = kernel_check(machine);
        who = "kernel";
    }
    if (!broken)
        return true;
    machine_say(machine, "the %s broke a law: %s", who, broken);
    machine_end(machine, MACHINE_EXIT_CANNOT);
    return false;
}
