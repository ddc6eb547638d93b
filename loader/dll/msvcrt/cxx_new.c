/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cxx_new.c - operators new and delete, and who is asked for memory when there is none. */
#include "crt.h"

typedef int (*new_handler)(size_t size);

static new_handler handler; /* of the program: 0 means "give up" */
static int mode;            /* 1: malloc asks it too */

void *cxx_new(size_t size);
void cxx_delete(void *block);
new_handler cxx_set_new_handler(new_handler routine);
new_handler cxx_query_new_handler(void);
int cxx_set_new_mode(int value);
int cxx_query_new_mode(void);

/* => NULL: there is no memory, as the library of version 6 has it. */
void *cxx_new(size_t size)
{
    void *block;
    while ((block = malloc(size != 0 ? size : 1)) == NULL)
        if (handler == NULL || handler(size) == 0)
            return NULL;
    return block;
}

void cxx_delete(void *block)
{
    free(block);
}

new_handler cxx_set_new_handler(new_handler routine)
{
    new_handler before = handler;
    handler = routine;
    return before;
}

new_handler cxx_query_new_handler(void)
{
    return handler;
}

int cxx_set_new_mode(int value)
{
    int before = mode;
    if (value != 0 && value != 1)
        return -1;
    mode = value;
    return before;
}

int cxx_query_new_mode(void)
{
    return mode;
}
