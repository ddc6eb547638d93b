/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inject.h - --inject: pressure and failures on demand, the same for the same seed.
 *
 * A process is subject to it from its first own instruction on: its loader has mapped and bound its images by then, and
 * hands over with NtContinue(context, TRUE).  Before that, and for the system's own threads, nothing is injected; what
 * is shared (page files) is from the first process's first own instruction on.  Each kind draws from a sequence of its
 * own that depends on the seed alone, so that one does not change when another is added or left out.
 *
 * trim=N: after N page faults of instructions of such processes (before the next one is resolved) 1 to 16 pages, but at
 * most a quarter, leave the working set of one of these processes; one of fewer than 32 pages is left alone, so that
 * programs come forward.
 *
 * pagein-error=PERMILLE: a read from a file or page file that a page fault or a service waits for fails with
 * STATUS_IO_DEVICE_ERROR, all pages of it.
 *
 * write-error=PERMILLE: a write of pages to their file, or of bytes around the cache, fails with
 * STATUS_IO_DEVICE_ERROR, whoever began it; but not when the run is over.
 *
 * disk-full=BYTES: files grow by so many bytes in all; what needs more is refused with STATUS_DISK_FULL.
 *
 * pagefile-full: page files take no more pages than they hold, and the commit limit counts no more of them.
 *
 * commit-fail=PERMILLE: a charge of commit that may fail is refused. */
#ifndef SOFTFAULT_EMU_INJECT_H
#define SOFTFAULT_EMU_INJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm/mm.h"

struct machine;
struct process;

enum { INJECT_PERMILLE = 1000 };

/* What is wanted.  All zero: nothing. */
struct inject_options {
    uint32_t trim;         /* faults between two trims; 0: none */
    uint32_t pagein_error; /* per mille */
    uint32_t commit_fail;  /* per mille */
    uint32_t write_error;  /* per mille */
    uint64_t disk_room;    /* bytes + 1 that files may still grow by; 0: no limit */
    bool pagefile_full;
    uint64_t seed;
};

/* Any subset of the list above, and seed=N, separated by commas.
 * => false: *ret_word is the part that is wrong; *ret_options is not touched. */
bool inject_parse(const char *text, struct inject_options *ret_options, const char **ret_word);

enum inject_kind { INJECT_TRIM, INJECT_PAGEIN_ERROR, INJECT_COMMIT_FAIL, INJECT_WRITE_ERROR, INJECT_KIND_COUNT };

struct inject {
    uint64_t state[INJECT_KIND_COUNT]; /* of the sequences */
    uint64_t faults;                   /* since the last trim */
    uint64_t done[INJECT_KIND_COUNT];  /* trims (not pages), reads, charges */
    bool begun;                        /* a process has */
    uint64_t disk_used;                /* bytes that files have grown by since then */
};

void inject_open(struct machine *machine);

/* The process's loader is done. */
void inject_begin(struct machine *machine, struct process *process);

/* A fault of an instruction of the running thread will be resolved; was resolved or raised. */
void inject_before_fault(struct machine *machine);
void inject_after_fault(struct machine *machine);

/* How a transfer ends.  => STATUS_SUCCESS: as it will. */
ntstatus_t inject_transfer(struct machine *machine, const struct mm_io *io);

/* A file is to grow by so many bytes.  => STATUS_DISK_FULL: there is no room for them. */
ntstatus_t inject_grow(struct machine *machine, uint64_t bytes);
/* So many of them were not needed. */
void inject_shrink(struct machine *machine, uint64_t bytes);

/* Bytes are going to be written to a file around the cache.  => STATUS_IO_DEVICE_ERROR: the write fails. */
ntstatus_t inject_write(struct machine *machine);

/* mm_env.may_commit. */
bool inject_may_commit(void *context, mm_process process, uint64_t pages);

#endif
