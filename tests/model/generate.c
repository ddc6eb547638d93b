// SPDX-License-Identifier: GPL-2.0-or-later
/* generate.c - memory_model.exe: random memory operations, each compared with the model of model.h.
 *
 *   memory_model SEED OPERATIONS [EVERY [OPTION...]]
 *
 * EVERY (512): operations between two comparisons of the whole window.  Options:
 *   nx, no-nx   what no-execute must be here (64 bits: always nx); else it is found out
 *   coarse      of a service that must fail, do not compare with which status
 *   lie=N       make the model lie in operation N, to see the report
 *   collect     go on after a difference, list the kinds at the end (for other systems than NT 5.2)
 *   count       tell how often each operation ended with each status
 *   real-handles  the pseudo handle of the thread is not used as one of another type
 *   verbose     print each operation
 *   unmodelled  STATUS_NOT_IMPLEMENTED is no difference; how many there were is told
 *   without=NAME  no operation of the kind NAME
 *   only=NAME   no other kind of operation than NAME, allocate and fill
 * Ends with status 1 at the first difference: the operation, what was expected, what came, the last operations. */
#include "nt.h"
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kind {
    const char *name;
    unsigned weight;
    void (*operate)(struct run *r);
};

static const struct kind kinds[] = {
    {"allocate", 18, operate_allocate},  {"free", 10, operate_free},
    {"protect", 12, operate_protect},    {"query", 6, operate_query},
    {"lock", 4, operate_lock},           {"unlock", 4, operate_unlock},
    {"flush", 1, operate_flush},         {"copy", 10, operate_copy},
    {"get_watch", 5, operate_get_watch}, {"reset_watch", 2, operate_reset_watch},
    {"touch", 22, operate_touch},        {"fill", 6, operate_fill},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

struct options {
    unsigned weight[KINDS];
    int no_execute; /* -1 = find out */
};

/* Where tables meet: 4 MB and 2 MB always lie inside the window; 1 GB has its own directory in PAE and in 64 bits,
 * 512 GB an upper table. */
static va find_window(uint32_t seed)
{
#ifdef _WIN64
    static const va centres[] = {(va)1 << 39, (va)5 << 30, (va)1 << 40, (va)0x12345 << 22};
#else
    static const va centres[] = {(va)1 << 30, (va)0x30000000, (va)0x50000000, (va)0x20200000};
#endif
    const va size = (va)WINDOW_PAGES * PAGE;
    MEMORY_BASIC_INFORMATION info;
    for (unsigned i = 0; i < 4; i++) {
        va base = centres[(seed + i) % 4] - size / 2;
        if (VirtualQuery((void *)base, &info, sizeof(info)) != 0 && info.State == MEM_FREE && info.RegionSize >= size)
            return base;
    }
    for (va at = 0x1000000; VirtualQuery((void *)at, &info, sizeof(info)) != 0; at += info.RegionSize) { /* elsewhere */
        va base = (at + 0x3FFFFF) & ~(va)0x3FFFFF;
        if (info.State == MEM_FREE && info.RegionSize >= size + 0x800000)
            return base;
    }
    return 0;
}

/* A reservation of 64 KB at each end, so that free runs end where the model knows. */
static bool fence(struct run *r, va at)
{
    if (VirtualAlloc((void *)at, GRANULE, MEM_RESERVE, PAGE_NOACCESS) != (void *)at)
        return false;
    model_add(&r->model, at, at + GRANULE, PAGE_NOACCESS, false);
    return true;
}

/* Whether a page that may not be executed is executed. */
static bool no_execute_works(va at)
{
    struct fault fault;
    uint64_t value = 0;
    uint8_t *page = VirtualAlloc((void *)at, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    page[15] = 0xC3;
    touch_run(ACCESS_EXECUTE, 1, (va)page + 15, &value, &fault);
    VirtualFree(page, 0, MEM_RELEASE);
    return fault.code != 0;
}

static void weigh(struct options *options, const char *name)
{
    for (unsigned i = 0; i < KINDS; i++) {
        if (strcmp(kinds[i].name, name) != 0 && strcmp(kinds[i].name, "allocate") != 0 &&
            strcmp(kinds[i].name, "fill") != 0)
            options->weight[i] = 0;
    }
}

static bool read_options(struct run *r, struct options *options, int count, char **arguments)
{
    options->no_execute = -1;
    for (unsigned i = 0; i < KINDS; i++)
        options->weight[i] = kinds[i].weight;
    for (int i = 0; i < count; i++) {
        if (strcmp(arguments[i], "nx") == 0)
            options->no_execute = 1;
        else if (strcmp(arguments[i], "no-nx") == 0)
            options->no_execute = 0;
        else if (strcmp(arguments[i], "collect") == 0)
            r->policy = COLLECT_DIFFERENCES;
        else if (strcmp(arguments[i], "coarse") == 0)
            r->coarse = true;
        else if (strcmp(arguments[i], "count") == 0)
            r->tell_tallies = true;
        else if (strcmp(arguments[i], "real-handles") == 0)
            r->real_handles = true;
        else if (strcmp(arguments[i], "verbose") == 0)
            r->verbose = true;
        else if (strcmp(arguments[i], "unmodelled") == 0)
            r->unmodelled_passes = true;
        else if (strncmp(arguments[i], "lie=", 4) == 0)
            r->lie = strtoul(arguments[i] + 4, NULL, 10);
        else if (strncmp(arguments[i], "only=", 5) == 0)
            weigh(options, arguments[i] + 5);
        else if (strncmp(arguments[i], "without=", 8) == 0) {
            for (unsigned k = 0; k < KINDS; k++)
                if (strcmp(kinds[k].name, arguments[i] + 8) == 0)
                    options->weight[k] = 0;
        } else
            return false;
    }
    return true;
}

static bool prepare(struct run *r, const struct options *options)
{
    SYSTEM_INFO system;
    va window = find_window(r->seed);
    GetSystemInfo(&system);
    r->event = CreateEventA(NULL, TRUE, FALSE, NULL);
    touch_install();
    if (window == 0) {
        printf("no window of %u pages is free\n", WINDOW_PAGES);
        return false;
    }
    bool no_execute = no_execute_works(window);
    if (options->no_execute >= 0 && no_execute != (options->no_execute == 1)) {
        printf("no-execute: expected %d, is %d\n", options->no_execute, no_execute);
        return false;
    }
    model_init(&r->model, window, (va)system.lpMaximumApplicationAddress, no_execute);
    if (!fence(r, window) || !fence(r, window + (va)WINDOW_PAGES * PAGE - GRANULE)) {
        printf("the window's ends cannot be reserved\n");
        return false;
    }
    return true;
}

static void run_all(struct run *r, const struct options *options)
{
    unsigned total = 0;
    for (unsigned i = 0; i < KINDS; i++)
        total += options->weight[i];
    for (r->number = 1; r->number <= r->operations; r->number++) {
        unsigned chosen = pick(r, total), i = 0;
        while (chosen >= options->weight[i])
            chosen -= options->weight[i++];
        kinds[i].operate(r);
        if (r->verbose)
            print_operation(&r->history[r->number % HISTORY]), fflush(stdout);
        if (r->number % r->every == 0 || r->number == r->operations)
            verify_all(r);
        if (r->diverged)
            learn_window(r);
    }
}

int main(int argc, char **argv)
{
    static struct run run;
    struct options options;
    if (argc < 3 || !read_options(&run, &options, argc > 4 ? argc - 4 : 0, argv + 4)) {
        printf("usage: memory_model SEED OPERATIONS [EVERY [nx|no-nx|collect|lie=N|only=NAME|without=NAME...]]\n");
        return 2;
    }
    run.seed = (uint32_t)strtoul(argv[1], NULL, 10);
    run.random = run.seed * 2654435761u + 1;
    run.operations = strtoul(argv[2], NULL, 10);
    run.every = argc > 3 ? strtoul(argv[3], NULL, 10) : 512;
    if (run.random == 0)
        run.random = 1;
    if (run.every == 0)
        run.every = 512;
    if (!prepare(&run, &options))
        return 2;
    run_all(&run, &options);
    summary(&run);
    return run.differences > 0;
}
