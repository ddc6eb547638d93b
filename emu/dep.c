/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dep.c - data execution prevention: what --dep, the paging and the program's width make of it (nt-reference 6.4).
 *
 *              32 bits, pae                64 bits               32 bits, x86
 *   alwayson   on, for good                on, for good          off, for good: there is no such bit
 *   optout     on, the program may change  "                     "
 *   optin      off, the program may change "                     "
 *   alwaysoff  off, for good               "                     "  */
#include "emu/machine_internal.h"

enum machine_dep machine_dep_in_force(const struct machine *machine)
{
    if (machine->paging == PAGING_X86)
        return MACHINE_DEP_ALWAYS_OFF;
    return machine->options.dep == MACHINE_DEP_DEFAULT ? MACHINE_DEP_OPT_OUT : machine->options.dep;
}

static uint32_t options_of(const struct machine *machine)
{
    if (machine->paging == PAGING_X64)
        return EXECUTE_DISABLE | EXECUTE_PERMANENT;
    switch (machine_dep_in_force(machine)) {
    case MACHINE_DEP_ALWAYS_ON: return EXECUTE_DISABLE | EXECUTE_PERMANENT;
    case MACHINE_DEP_ALWAYS_OFF: return EXECUTE_ENABLE | EXECUTE_PERMANENT;
    case MACHINE_DEP_OPT_IN: return EXECUTE_ENABLE;
    case MACHINE_DEP_DEFAULT:
    case MACHINE_DEP_OPT_OUT: break;
    }
    return EXECUTE_DISABLE;
}

void machine_set_dep(const struct machine *machine, struct process *process)
{
    process->execute_options = options_of(machine);
    process->nx = process->execute_options & EXECUTE_ENABLE ? PTE_NX_OFF : PTE_NX_ON;
}
