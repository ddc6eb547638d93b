/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pressure.c - programs whose data is larger than RAM: sort, matrix, hash table, list, text search, all results summed.
 * usage: pressure MEGABYTES.  What it prints depends on nothing but that. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static uint32_t seed = 1;
static uint32_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    return seed ^= seed << 5;
}

static void *take(size_t bytes)
{
    void *memory = VirtualAlloc(NULL, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!memory) {
        printf("no memory: %lu\n", GetLastError());
        exit(2);
    }
    return memory;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static uint32_t sum_of(const uint32_t *words, size_t count)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum = sum * 31 + words[i];
    return sum;
}

/* A page's first word each: the pages are what counts, not the words. */
static uint32_t sort(uint8_t *memory, size_t bytes)
{
    size_t count = bytes / 64;
    uint32_t *words = (uint32_t *)(void *)memory;
    for (size_t i = 0; i < count; i++)
        words[i * 16] = next_random();
    qsort(words, count, 64, compare);
    for (size_t i = 1; i < count; i++)
        if (words[i * 16] < words[(i - 1) * 16])
            return 0xBAD;
    return sum_of(words, count);
}

static uint32_t matrix(uint8_t *memory, size_t bytes)
{
    uint32_t *m = (uint32_t *)(void *)memory, side = 1, sum = 0;
    while ((size_t)(side + 1) * (side + 1) * 4 <= bytes)
        side++;
    for (uint32_t y = 0; y < side; y++)
        for (uint32_t x = 0; x < side; x++)
            m[(size_t)y * side + x] = y * 7 + x;
    for (uint32_t x = 0; x < side; x += side / 3)
        for (uint32_t y = 0; y < side; y++) /* by column: each step another page */
            sum = sum * 17 + m[(size_t)y * side + x];
    return sum;
}

static uint32_t hash(uint8_t *memory, size_t bytes)
{
    uint32_t *table = (uint32_t *)(void *)memory, found = 0;
    size_t places = bytes / 4;
    memset(memory, 0, bytes);
    uint32_t first = seed;
    for (int i = 0; i < 3000; i++) {
        uint32_t key = next_random() | 1;
        size_t at = (size_t)(key * 2654435761u) % places;
        while (table[at] && table[at] != key)
            at = (at + 1) % places;
        table[at] = key;
    }
    seed = first;
    for (int i = 0; i < 3000; i++) {
        uint32_t key = next_random() | 1;
        size_t at = (size_t)(key * 2654435761u) % places;
        while (table[at] && table[at] != key)
            at = (at + 1) % places;
        found += table[at] == key;
    }
    return found;
}

static uint32_t list(uint8_t *memory, size_t bytes)
{
    uint32_t pages = (uint32_t)(bytes / 4096), at = 0, sum = 0;
    for (uint32_t i = 0; i < pages; i++)
        *(uint32_t *)(void *)(memory + (size_t)i * 4096 + 8) = (i * 5 + 3) % pages;
    for (uint32_t i = 0; i < pages; i++) {
        at = *(uint32_t *)(void *)(memory + (size_t)at * 4096 + 8);
        sum = sum * 33 + at;
    }
    return sum;
}

static uint32_t text(uint8_t *memory, size_t bytes)
{
    uint32_t found = 0;
    for (size_t i = 0; i < bytes; i++)
        memory[i] = (uint8_t)('a' + (i * i / 7 + i / 4096) % 26);
    for (size_t i = 0; i + 4 < bytes; i += 61)
        found += memory[i] == 's' && memory[i + 1] > 'm';
    return found;
}

int main(int argc, char **argv)
{
    static uint32_t (*const works[])(uint8_t *, size_t) = {sort, matrix, hash, list, text};
    static const char *const names[] = {"sort", "matrix", "hash", "list", "text"};
    size_t bytes = (size_t)(argc > 1 ? atoi(argv[1]) : 8) << 20;
    uint8_t *memory = take(bytes);

    for (unsigned i = 0; i < 5; i++)
        printf("%s %08x\n", names[i], (unsigned)works[i](memory, bytes));
    VirtualFree(memory, 0, MEM_RELEASE);
    return 0;
}
