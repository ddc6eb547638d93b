/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pool.h - items of one size in one region of host memory that never moves: pointers to items stay good, untouched
 * items cost nothing, and the number of items is bounded.
 *
 * What the kernel half keeps of its objects, processes and threads lives in pools owned by the machine, so that a copy
 * of the regions is a copy of the kernel's state. */
#ifndef SOFTFAULT_EMU_POOL_H
#define SOFTFAULT_EMU_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pool {
    uint8_t *items;
    size_t item_size;
    uint32_t bound; /* items at most */
    uint32_t top;   /* items [0, top) have been taken at least once */
    uint32_t free;  /* index + 1 of the first item given back; its first bytes name the next */
    uint32_t in_use;
};

/* => false: the host has no address space for it. */
bool pool_open(struct pool *pool, size_t item_size, uint32_t bound);
void pool_close(struct pool *pool);

/* A zeroed item; NULL: all are in use. */
void *pool_take(struct pool *pool);
void pool_give(struct pool *pool, void *item);

uint32_t pool_index(const struct pool *pool, const void *item);

#endif
