/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options.h - the command line, parsed and checked before anything runs. */
#ifndef SOFTFAULT_EMU_OPTIONS_H
#define SOFTFAULT_EMU_OPTIONS_H

#include <stdio.h>

#include "emu/inspect.h"
#include "emu/machine.h"

enum options_command {
    OPTIONS_RUN,
    OPTIONS_TRACE,
    OPTIONS_INSPECT,
    OPTIONS_HELP,    /* print the help on stdout, exit 0 */
    OPTIONS_USAGE,   /* no word at all: print the usage on stderr */
    OPTIONS_VERSION, /* the version likewise */
    OPTIONS_BAD,     /* .error says what is wrong and what to do */
};

enum { OPTIONS_ERROR_SIZE = 512, OPTIONS_PATH_SIZE = 4096 };

struct options {
    enum options_command command;
    struct machine_options machine;
    enum trace_format format;
    unsigned events;    /* bit mask of 1 << enum trace_kind */
    const char *output; /* trace file; NULL: stdout */
    struct inspect_request inspect;
    struct machine_dir dirs[MACHINE_DIRS_MAX];
    char *strings[2 * MACHINE_DIRS_MAX + 4]; /* what the fields above borrow */
    unsigned string_count;
    char error[OPTIONS_ERROR_SIZE];
};

/* argv is borrowed.  => every field is set; free with options_free(), also after OPTIONS_BAD. */
void options_parse(struct options *options, int argc, char **argv);
void options_free(struct options *options);

void options_print_help(FILE *out);
void options_print_usage(FILE *out); /* its first lines */

#endif
