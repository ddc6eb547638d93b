/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run_pe.c - the machine from a program of your own: run a PE file and count its page faults by type.
 *
 *     gcc run_pe.c $(pkg-config --cflags --libs softfault) -o run_pe
 *     ./run_pe hello.exe
 *
 * The library finds the guest DLLs where it was installed. */
#include <inttypes.h>
#include <softfault/softfault.h>
#include <stdio.h>
#include <string.h>

enum { TYPES_MAX = 32 };

struct count {
    const char *type; /* borrowed: names of types live in the library */
    unsigned faults;
};

struct counts {
    struct count types[TYPES_MAX];
    unsigned used;
};

static void count_fault(void *context, const struct sf_event *event)
{
    struct counts *counts = context;
    unsigned i = 0;
    while (i < counts->used && strcmp(counts->types[i].type, event->fault->type) != 0)
        i++;
    if (i == TYPES_MAX)
        return;
    if (i == counts->used)
        counts->types[counts->used++].type = event->fault->type;
    counts->types[i].faults++;
}

int main(int argc, char **argv)
{
    char error[SF_ERROR_SIZE] = "";
    struct counts counts = {.used = 0};
    struct sf_options options = {.size = sizeof options};
    int status = SF_EXIT_CANNOT;

    if (argc < 2) {
        fprintf(stderr, "usage: run_pe PROGRAM.exe [ARGUMENT...]\n");
        return SF_EXIT_CANNOT;
    }
    options.program = argv[1];
    options.argument_count = argc - 2;
    options.arguments = argv + 2;

    struct sf_machine *machine = sf_machine_create(&options, error);
    if (machine) {
        sf_machine_on_event(machine, SF_EVENT_BIT(SF_EVENT_FAULT), count_fault, &counts);
        if (sf_machine_load(machine, error)) {
            struct sf_counters totals = {.size = sizeof totals};
            status = sf_machine_run(machine);
            fflush(stdout);
            sf_machine_query_counters(machine, &totals);
            for (unsigned i = 0; i < counts.used; i++)
                printf("%-16s %u\n", counts.types[i].type, counts.types[i].faults);
            printf("%" PRIu64 " pages read, %" PRIu64 " pages in the working set\n", totals.pages_read,
                   totals.working_set_pages);
        }
    }
    if (error[0])
        fprintf(stderr, "run_pe: %s\n", error);
    sf_machine_destroy(machine);
    return status;
}
