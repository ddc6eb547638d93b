/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_view.h - a world in which one process has a view of one file, data file 0, and holds its section. */
#ifndef SOFTFAULT_TESTS_MM_FILE_VIEW_H
#define SOFTFAULT_TESTS_MM_FILE_VIEW_H

#include "tests/mm/support.h"

enum { FILE_SIZE = 20 * PAGE + 100 };

struct fixture {
    struct world w;
    mm_process p;
    mm_section section; /* 0: let go */
    va_t view;          /* of the whole file, at HERE, read-write */
};
void open_fixture(struct fixture *x, int format);
void close_fixture(struct fixture *x);

/* View and section go. */
void let_go(struct fixture *x);

/* Does mm know the file, and how many pages of it are in memory? */
bool is_known(struct fixture *x);
uint64_t resident(struct fixture *x);

#endif
