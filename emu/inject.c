/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inject.c - see inject.h.
 *
 * The generator is SplitMix64: the seed and the kind choose where a sequence starts. */
#include "emu/inject.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/machine_internal.h"

enum {
    TRIM_PAGES = 16,
    TRIM_PART = 4,   /* of a working set: at most the fourth part */
    TRIM_LEAST = 32, /* pages of a working set that may lose some */
    TRIM_FAULTS_MAX = 1000000000,
};

/* --- The option ---------------------------------------------------------------------------------------------- */

/* word is "name=number", with nothing behind the number. => false: it is not, or the number is out of [least, most]. */
static bool number_of(const char *word, size_t length, const char *name, uint64_t least, uint64_t most,
                      uint64_t *ret_value)
{
    size_t name_length = strlen(name);
    char *rest;

    if (length <= name_length + 1 || strncmp(word, name, name_length) != 0 || word[name_length] != '=')
        return false;
    const char *digits = word + name_length + 1;
    if (*digits < '0' || *digits > '9')
        return false;
    errno = 0;
    *ret_value = strtoull(digits, &rest, 0);
    return errno == 0 && rest == word + length && *ret_value >= least && *ret_value <= most;
}

static bool take_word(const char *word, size_t length, struct inject_options *options)
{
    static const char full[] = "pagefile-full";
    uint64_t value;

    if (length == sizeof full - 1 && memcmp(word, full, length) == 0)
        options->pagefile_full = true;
    else if (number_of(word, length, "trim", 1, TRIM_FAULTS_MAX, &value))
        options->trim = (uint32_t)value;
    else if (number_of(word, length, "pagein-error", 0, INJECT_PERMILLE, &value))
        options->pagein_error = (uint32_t)value;
    else if (number_of(word, length, "commit-fail", 0, INJECT_PERMILLE, &value))
        options->commit_fail = (uint32_t)value;
    else if (number_of(word, length, "write-error", 0, INJECT_PERMILLE, &value))
        options->write_error = (uint32_t)value;
    else if (number_of(word, length, "disk-full", 0, UINT64_MAX - 1, &value))
        options->disk_room = value + 1;
    else if (number_of(word, length, "seed", 0, UINT64_MAX, &value))
        options->seed = value;
    else
        return false;
    return true;
}

bool inject_parse(const char *text, struct inject_options *ret_options, const char **ret_word)
{
    struct inject_options options = {0};

    for (const char *word = text;; word++) {
        size_t length = strcspn(word, ",");
        *ret_word = word;
        if (!take_word(word, length, &options))
            return false;
        word += length;
        if (!*word)
            break;
    }
    *ret_options = options;
    return true;
}

/* --- The sequences ------------------------------------------------------------------------------------------- */

static uint64_t draw(struct machine *machine, enum inject_kind kind)
{
    uint64_t z = machine->inject.state[kind] += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static bool happens(struct machine *machine, enum inject_kind kind, uint32_t permille)
{
    bool yes = permille && draw(machine, kind) % INJECT_PERMILLE < permille;
    machine->inject.done[kind] += yes;
    return yes;
}

void inject_open(struct machine *machine)
{
    for (unsigned kind = 0; kind < INJECT_KIND_COUNT; kind++) {
        machine->inject.state[kind] = machine->options.inject.seed;
        machine->inject.state[kind] = draw(machine, kind) + kind; /* neighbouring seeds have nothing in common */
    }
}

void inject_begin(struct machine *machine, struct process *process)
{
    process->injected = true;
    if (machine->options.inject.pagefile_full && !machine->inject.begun)
        mm_pagefile_fill(machine->mm);
    machine->inject.begun = true;
}

/* --- Trims --------------------------------------------------------------------------------------------------- */

static bool is_target(const struct process *process)
{
    return process->injected && process->life == PROCESS_ALIVE;
}

static struct process *choose(struct machine *machine)
{
    uint32_t count = 0;
    for (struct process *p = machine->first_process; p; p = p->next)
        count += is_target(p);
    if (count == 0)
        return NULL;
    uint64_t which = draw(machine, INJECT_TRIM) % count;
    struct process *process = machine->first_process;
    while (!is_target(process) || which-- > 0)
        process = process->next;
    return process;
}

void inject_before_fault(struct machine *machine)
{
    struct mm_process_counters counters;
    struct inject *inject = &machine->inject;
    uint32_t every = machine->options.inject.trim;
    if (__builtin_expect(every == 0, 1) || inject->faults < every)
        return;
    inject->faults = 0;
    struct process *process = choose(machine);
    if (!process)
        return;
    mm_process_query(machine->mm, process->space, &counters);
    uint64_t pages = draw(machine, INJECT_TRIM) % TRIM_PAGES + 1, most = counters.working_set / TRIM_PART;
    uint64_t first = draw(machine, INJECT_TRIM);
    if (counters.working_set < TRIM_LEAST)
        return;
    inject->done[INJECT_TRIM]++;
    mm_ws_trim(machine->mm, process->space, first, (uint32_t)(pages < most ? pages : most));
}

void inject_after_fault(struct machine *machine)
{
    machine->inject.faults += machine->thread->process->injected;
}

/* --- Failures ------------------------------------------------------------------------------------------------ */

static const struct process *asking(const struct machine *machine, uint32_t thread)
{
    const struct thread *now = machine->thread;
    return thread && now && now->id == thread ? now->process : NULL;
}

ntstatus_t inject_write(struct machine *machine)
{
    bool fails = machine->inject.begun && happens(machine, INJECT_WRITE_ERROR, machine->options.inject.write_error);
    return fails ? STATUS_IO_DEVICE_ERROR : STATUS_SUCCESS;
}

ntstatus_t inject_transfer(struct machine *machine, const struct mm_io *io)
{
    if (io->kind == MM_IO_PAGEFILE_WRITE)
        return STATUS_SUCCESS;
    if (io->kind == MM_IO_FILE_WRITE)
        return inject_write(machine);
    const struct process *process = asking(machine, io->thread);
    bool fails =
        process && process->injected && happens(machine, INJECT_PAGEIN_ERROR, machine->options.inject.pagein_error);
    return fails ? STATUS_IO_DEVICE_ERROR : STATUS_SUCCESS;
}

ntstatus_t inject_grow(struct machine *machine, uint64_t bytes)
{
    struct inject *inject = &machine->inject;
    uint64_t room = machine->options.inject.disk_room;
    if (!room || !inject->begun)
        return STATUS_SUCCESS;
    if (bytes > room - 1 - inject->disk_used)
        return STATUS_DISK_FULL;
    inject->disk_used += bytes;
    return STATUS_SUCCESS;
}

void inject_shrink(struct machine *machine, uint64_t bytes)
{
    struct inject *inject = &machine->inject;
    inject->disk_used -= bytes < inject->disk_used ? bytes : inject->disk_used;
}

bool inject_may_commit(void *context, mm_process space, uint64_t pages)
{
    struct machine *machine = context;
    const struct process *process = space ? process_of_space(machine, space) : NULL;
    (void)pages;
    return !process || !process->injected || !happens(machine, INJECT_COMMIT_FAIL, machine->options.inject.commit_fail);
}
