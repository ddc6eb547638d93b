/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_guest.c - see bench_guest.h. */
#include "tests/emu/bench_guest.h"

#include <string.h>

#include "emu/machine_internal.h"
#include "tests/emu/bench.h"

struct machine_options bench_options(const char *program, int argc, char **argv)
{
    return (struct machine_options){.dll_path = getenv("SOFTFAULT_DLLS"),
                                    .program = program,
                                    .paging_auto = true,
                                    .pagefiles = {{128ull << 20, 128ull << 20}},
                                    .pagefile_count = 1,
                                    .argc = argc,
                                    .argv = argv};
}

static struct bench_marks *marks_of_run; /* a service is told of no more than its call */

static ntstatus_t note_mark(struct nt_call *call)
{
    if (marks_of_run->count < marks_of_run->room)
        marks_of_run->times[marks_of_run->count++] = bench_now();
    return STATUS_SUCCESS;
}

static void take_marks(struct machine *machine, struct bench_marks *marks)
{
    static const struct nt_service service = {"NtDisplayString", 1, note_mark};
    marks->count = 0;
    marks_of_run = marks;
    for (unsigned i = 0; i < SERVICE_NUMBERS_MAX; i++)
        if (strcmp(machine->services[i].name, service.name) == 0)
            machine->services[i].service = &service;
}

struct machine *bench_run(const struct machine_options *options, struct bench_marks *marks)
{
    char error[MACHINE_ERROR_SIZE] = "";
    struct machine *machine = machine_create(options, error);
    bool loaded = machine && machine_load(machine, error);
    if (loaded && marks)
        take_marks(machine, marks);
    int status = loaded ? machine_run(machine) : -1;
    if (status == 0)
        return machine;
    fprintf(stderr, "Bail out! %s: exit status %d %s\n", options->program, status, error);
    exit(EXIT_FAILURE);
}

double bench_life(const struct machine_options *options)
{
    double start = bench_now();
    machine_destroy(bench_run(options, NULL));
    return bench_now() - start;
}
