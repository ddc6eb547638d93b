/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pool.c - see pool.h. */
#include "emu/pool.h"

#include <assert.h>
#include <string.h>

#include "emu/host_memory.h"

bool pool_open(struct pool *pool, size_t item_size, uint32_t bound)
{
    *pool = (struct pool){.item_size = (item_size + 15) & ~(size_t)15, .bound = bound};
    pool->items = host_memory_map(pool->item_size * bound, HOST_MEMORY_SPARSE);
    return pool->items != NULL;
}

void pool_close(struct pool *pool)
{
    host_memory_unmap(pool->items, pool->item_size * pool->bound);
    pool->items = NULL;
}

static uint8_t *item_at(const struct pool *pool, uint32_t index)
{
    return pool->items + pool->item_size * index;
}

void *pool_take(struct pool *pool)
{
    uint8_t *item;
    if (pool->free) {
        item = item_at(pool, pool->free - 1);
        memcpy(&pool->free, item, sizeof pool->free);
        memset(item, 0, pool->item_size);
    } else if (pool->top < pool->bound) {
        item = item_at(pool, pool->top++);
    } else {
        return NULL;
    }
    pool->in_use++;
    return item;
}

void pool_give(struct pool *pool, void *item)
{
    assert(pool->in_use > 0);
    memcpy(item, &pool->free, sizeof pool->free);
    pool->free = pool_index(pool, item) + 1;
    pool->in_use--;
}

uint32_t pool_index(const struct pool *pool, const void *item)
{
    return (uint32_t)((size_t)((const uint8_t *)item - pool->items) / pool->item_size);
}
