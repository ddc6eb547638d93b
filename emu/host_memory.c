/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_memory.c - see host_memory.h.  A huge page needs an aligned 2 MB: map that much more, unmap the ends. */
#include "emu/host_memory.h"

#include <stdint.h>
#include <sys/mman.h>

static const size_t huge = 2u << 20;

void *host_memory_map(size_t size, enum host_memory_use use)
{
    size_t slack = use == HOST_MEMORY_RAM ? huge : 0;
    uint8_t *memory =
        mmap(NULL, size + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    if (use != HOST_MEMORY_RAM)
        return memory;
    size_t before = -(uintptr_t)memory & (huge - 1), after = slack - before;
    if (before)
        munmap(memory, before);
    memory += before;
    uint8_t *end = memory + ((size + 4095) & ~(size_t)4095);
    if (after)
        munmap(end, after);
    madvise(memory, size, MADV_HUGEPAGE); /* a wish: it may be refused */
    return memory;
}

void host_memory_unmap(void *memory, size_t size)
{
    if (memory)
        munmap(memory, size);
}
