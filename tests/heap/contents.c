// SPDX-License-Identifier: GPL-2.0-or-later
/* contents.c - what stands in a block: each word depends on the block and on its place. */
#include "run.h"

static uint32_t word_of(const struct block *block, SIZE_T index)
{
    return block->pattern + (uint32_t)index * 0x9E3779B1u;
}

void fill(struct block *block, SIZE_T from)
{
    uint32_t *words = (uint32_t *)block->data;
    SIZE_T i = from / 4;
    for (; (i + 1) * 4 <= block->size; i++)
        words[i] = word_of(block, i);
    for (SIZE_T at = i * 4; at < block->size; at++)
        block->data[at] = (uint8_t)(word_of(block, i) >> (8 * (at & 3)));
}

void compare(struct worker *w, const struct block *block, SIZE_T size)
{
    const uint32_t *words = (const uint32_t *)block->data;
    SIZE_T i = 0;
    for (; (i + 1) * 4 <= size; i++)
        if (words[i] != word_of(block, i))
            differ(w, "contents", word_of(block, i), words[i]);
    for (SIZE_T at = i * 4; at < size; at++)
        if (block->data[at] != (uint8_t)(word_of(block, i) >> (8 * (at & 3))))
            differ(w, "contents of the last bytes", at, block->data[at]);
}

void compare_zero(struct worker *w, const uint8_t *data, SIZE_T from, SIZE_T to)
{
    for (; from < to && (from & 3) != 0; from++)
        if (data[from] != 0)
            differ(w, "HEAP_ZERO_MEMORY", 0, data[from]);
    for (; from + 4 <= to; from += 4)
        if (*(const uint32_t *)(data + from) != 0)
            differ(w, "HEAP_ZERO_MEMORY", 0, *(const uint32_t *)(data + from));
    for (; from < to; from++)
        if (data[from] != 0)
            differ(w, "HEAP_ZERO_MEMORY", 0, data[from]);
}
