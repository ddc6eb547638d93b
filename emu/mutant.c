/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mutant.c - mutants: a signal of 1 is free; the owner may take it again and again, each time one less. */
#include "emu/machine_internal.h"

static void disown(struct object *mutant)
{
    struct object *next = mutant->mutant.next, *previous = mutant->mutant.previous;
    *(previous ? &previous->mutant.next : &mutant->mutant.owner->mutants) = next;
    if (next)
        next->mutant.previous = previous;
    mutant->mutant.next = mutant->mutant.previous = NULL;
    mutant->mutant.owner = NULL;
}

void mutant_acquire(struct object *mutant, struct thread *thread)
{
    mutant->wait.signal--;
    mutant->mutant.abandoned = false;
    if (mutant->mutant.owner)
        return;
    mutant->mutant.owner = thread;
    mutant->mutant.previous = NULL;
    mutant->mutant.next = thread->mutants;
    if (thread->mutants)
        thread->mutants->mutant.previous = mutant;
    thread->mutants = mutant;
}

ntstatus_t mutant_release(struct machine *machine, struct object *mutant, struct thread *thread, int32_t *ret_previous)
{
    if (mutant->mutant.owner != thread)
        return STATUS_MUTANT_NOT_OWNED;
    *ret_previous = mutant->wait.signal++;
    if (mutant->wait.signal == 1) {
        disown(mutant);
        wait_signal(machine, mutant, 1);
    }
    return STATUS_SUCCESS;
}

void mutant_abandon_all(struct machine *machine, struct thread *thread)
{
    while (thread->mutants) {
        struct object *mutant = thread->mutants;
        disown(mutant);
        mutant->wait.signal = 1;
        mutant->mutant.abandoned = true;
        wait_signal(machine, mutant, 1);
    }
}

void mutant_forget(struct object *mutant)
{
    if (mutant->mutant.owner)
        disown(mutant);
}
