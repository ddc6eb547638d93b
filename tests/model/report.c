// SPDX-License-Identifier: GPL-2.0-or-later
/* report.c - the last operations, and the first difference. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct operation *begin_operation(struct run *r, const char *name, const char *names)
{
    struct operation *operation = &r->history[r->number % HISTORY];
    *operation = (struct operation){.name = name, .names = names, .number = r->number};
    if (r->verbose) {
        printf("  %lu %s\n", r->number, name);
        fflush(stdout);
    }
    return operation;
}

void print_operation(const struct operation *operation)
{
    const char *names = operation->names;
    printf("  %lu %s(", operation->number, operation->name);
    for (unsigned i = 0; i < ARGUMENTS && *names != '\0'; i++) {
        size_t length = strcspn(names, ",");
        printf("%s%.*s %I64X", i > 0 ? ", " : "", (int)length, names, (unsigned long long)operation->argument[i]);
        names += length + (names[length] == ',');
    }
    printf(") -> %08X base %I64X size %I64X\n", (unsigned)operation->status, (unsigned long long)operation->base,
           (unsigned long long)operation->size);
}

static void print_history(const struct run *r)
{
    printf("the last operations:\n");
    for (unsigned long i = r->number >= HISTORY ? r->number - HISTORY + 1 : 1; i <= r->number; i++)
        print_operation(&r->history[i % HISTORY]);
}

static void collect(struct run *r, const char *name, const char *what, int wanted, int got)
{
    r->diverged = true;
    for (unsigned i = 0; i < r->differences; i++) {
        struct difference *seen = &r->difference[i];
        if (strcmp(seen->name, name) == 0 && strcmp(seen->what, what) == 0 && seen->wanted == wanted &&
            seen->got == got) {
            seen->count++;
            return;
        }
    }
    if (r->differences < KNOWN_DIFFERENCES)
        r->difference[r->differences++] = (struct difference){
            .name = name, .what = what, .wanted = wanted, .got = got, .first = r->number, .count = 1};
}

static void print_place(const struct run *r)
{
    printf("seed %u: operation %lu differs\n", (unsigned)r->seed, r->number);
    print_operation(&r->history[r->number % HISTORY]);
}

void differ(struct run *r, const char *what, va wanted, va got)
{
    if (r->policy == COLLECT_DIFFERENCES) {
        if (r->verbose)
            printf("  differs: %s: expected %I64X, came %I64X\n", what, (unsigned long long)wanted,
                   (unsigned long long)got);
        collect(r, r->history[r->number % HISTORY].name, what, 0, 0);
        return;
    }
    print_place(r);
    printf("%s: expected %I64X, came %I64X\n", what, (unsigned long long)wanted, (unsigned long long)got);
    print_history(r);
    exit(1);
}

static void print_information(const char *who, const MEMORY_BASIC_INFORMATION *info)
{
    printf("  %s: base %I64X allocation %I64X protect %X size %I64X state %X protect %X type %X\n", who,
           (unsigned long long)(va)info->BaseAddress, (unsigned long long)(va)info->AllocationBase,
           (unsigned)info->AllocationProtect, (unsigned long long)info->RegionSize, (unsigned)info->State,
           (unsigned)info->Protect, (unsigned)info->Type);
}

void differ_query(struct run *r, const char *what, const MEMORY_BASIC_INFORMATION *wanted,
                  const MEMORY_BASIC_INFORMATION *got)
{
    if (r->policy == COLLECT_DIFFERENCES)
        return collect(r, "query", what, 0, 0);
    printf("a query of the page %I64X:\n", (unsigned long long)(va)wanted->BaseAddress);
    print_information("expected", wanted);
    print_information("came", got);
    differ(r, what, wanted->RegionSize, got->RegionSize);
}

static void tally(struct run *r, const char *name, int status)
{
    unsigned i = 0;
    while (i < r->tallies && (r->tally[i].name != name || r->tally[i].status != status))
        i++;
    if (i == TALLIES)
        return;
    if (i == r->tallies)
        r->tally[r->tallies++] = (struct tally){name, status, 0};
    r->tally[i].count++;
}

/* Failures that change nothing, not even a guard. */
static bool only_fails(const struct expectation *expect, int got)
{
    if (got >= 0 || got == ST_GUARD || got == ST_PARTIAL_COPY)
        return false;
    for (unsigned i = 0; i < expect->count; i++) {
        if (expect->status[i] >= 0 || expect->status[i] == ST_GUARD || expect->status[i] == ST_PARTIAL_COPY)
            return false;
    }
    return true;
}

bool judge_status(struct run *r, const struct expectation *expect, int got)
{
    if (!r->coarse || allowed(expect, got) || !only_fails(expect, got))
        return judge_exception(r, expect, got);
    r->history[r->number % HISTORY].status = got;
    return false;
}

bool judge_exception(struct run *r, const struct expectation *expect, int got)
{
    bool lie = r->lie != 0 && r->number == r->lie;
    r->history[r->number % HISTORY].status = got;
    tally(r, r->history[r->number % HISTORY].name, got);
    if (allowed(expect, got) && !lie)
        return true;
    if ((got == ST_NOT_IMPLEMENTED || got == ST_NOT_SUPPORTED) && r->unmodelled_passes) {
        r->unmodelled++;
        return false;
    }
    if (r->policy == COLLECT_DIFFERENCES) {
        collect(r, r->history[r->number % HISTORY].name, "status", expect->status[0], got);
        return false;
    }
    print_place(r);
    printf("status: expected");
    for (unsigned i = 0; i < expect->count; i++)
        printf("%s %08X", i > 0 ? " or" : "", (unsigned)(lie ? ~expect->status[i] : expect->status[i]));
    printf(", came %08X\n", (unsigned)got);
    print_history(r);
    exit(1);
}

void summary(struct run *r)
{
    for (unsigned i = 0; i < r->differences; i++) {
        const struct difference *seen = &r->difference[i];
        printf("difference: %s: %s: expected %08X, came %08X (%lu times, first in operation %lu)\n", seen->name,
               seen->what, (unsigned)seen->wanted, (unsigned)seen->got, seen->count, seen->first);
    }
    for (unsigned i = 0; i < r->tallies && r->tell_tallies; i++)
        printf("%s %08X: %lu\n", r->tally[i].name, (unsigned)r->tally[i].status, r->tally[i].count);
    if (r->unmodelled > 0)
        printf("seed %u: %lu operations are not modelled\n", (unsigned)r->seed, r->unmodelled);
    if (r->policy == COLLECT_DIFFERENCES)
        printf("seed %u: %lu operations done, %u kinds of differences\n", (unsigned)r->seed, r->operations,
               r->differences);
    if (r->differences == 0)
        printf("seed %u: %lu operations agree\n", (unsigned)r->seed, r->operations);
}
