/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output.h - a file that appears under its name when it is whole, and not before. */
#ifndef SOFTFAULT_EMU_OUTPUT_H
#define SOFTFAULT_EMU_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

enum { OUTPUT_PATH_SIZE = 4096 };

struct output {
    FILE *file;
    enum output_kind {
        OUTPUT_STDOUT,    /* no name was given */
        OUTPUT_DIRECT,    /* a device or pipe: written as it comes */
        OUTPUT_NAMELESS,  /* a file without a name (O_TMPFILE), linked at the end */
        OUTPUT_TEMPORARY, /* where the file system has none: a file beside it, renamed at the end */
    } kind;
    char path[OUTPUT_PATH_SIZE];
    char temporary[OUTPUT_PATH_SIZE + 32];
};

/* path NULL: stdout.  => false: errno says why. */
bool output_open(struct output *output, const char *path);

/* All is written: let it appear.  => false: errno says why, nothing appears. */
bool output_finish(struct output *output);

/* Nothing shall appear. */
void output_abandon(struct output *output);

#endif
