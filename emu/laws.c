/* SPDX-License-Identifier: GPL-2.0-or-later */
/* laws.c - --check: the memory manager's laws, after every service and every fault. */
#include "emu/machine_internal.h"

bool machine_check_laws(struct machine *machine)
{
    if (!machine->options.check || !machine->started || machine->next == MACHINE_OVER)
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
