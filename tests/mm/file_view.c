/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_view.c - see file_view.h. */
#include "tests/mm/file_view.h"

void open_fixture(struct fixture *x, int format)
{
    world_open(&x->w, format, WORLD_FRAMES);
    x->p = new_process(&x->w, PTE_NX_ON);
    make_file(&x->w, 0, FILE_SIZE);
    x->section = make_data_section(&x->w, 0, MM_READWRITE);
    x->view = map_data(&x->w, x->p, x->section, HERE, PAGE_READWRITE);
}

void let_go(struct fixture *x)
{
    ck_assert_uint_eq(mm_unmap_view(x->w.mm, x->p, x->view), STATUS_SUCCESS);
    mm_section_close(x->w.mm, x->section);
    x->section = 0;
    check_laws(&x->w);
}

void close_fixture(struct fixture *x)
{
    check_laws(&x->w);
    end_process(&x->w, x->p);
    if (x->section)
        mm_section_close(x->w.mm, x->section);
    check_laws(&x->w);
    world_close(&x->w);
}

bool is_known(struct fixture *x)
{
    struct mm_file_info info;
    return mm_file_query(x->w.mm, DATA_FILE, &info);
}

uint64_t resident(struct fixture *x)
{
    struct mm_file_info info;
    return mm_file_query(x->w.mm, DATA_FILE, &info) ? info.resident : 0;
}
