/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_memory.h - large zeroed regions of host memory that cost nothing until touched. */
#ifndef SOFTFAULT_EMU_HOST_MEMORY_H
#define SOFTFAULT_EMU_HOST_MEMORY_H

#include <stddef.h>

enum host_memory_use {
    HOST_MEMORY_SPARSE, /* touched here and there: small pages */
    HOST_MEMORY_RAM,    /* guest RAM: huge pages where the host gives them (first touch costs a quarter) */
};

/* Zeroed memory of size bytes, or NULL with errno set.  Give it back with host_memory_unmap(). */
void *host_memory_map(size_t size, enum host_memory_use use);
void host_memory_unmap(void *memory, size_t size);

#endif
