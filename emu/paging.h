/* SPDX-License-Identifier: GPL-2.0-or-later */
/* paging.h - pages on their way between memory and files, and threads that wait for them: mm_env's side of paging.
 *
 * A transfer takes virtual time; meanwhile the thread that needs it waits and others run.  Threads that find no frame
 * wait until the system threads have made one available (daemon.h).  Until the program runs (machine.started), and
 * where there is no room to remember one more, transfers are done at once. */
#ifndef SOFTFAULT_EMU_PAGING_H
#define SOFTFAULT_EMU_PAGING_H

#include "emu/due.h"
#include "emu/pool.h"
#include "emu/wait.h"
#include "mm/mm.h"

struct machine;
struct thread;
struct page_io; /* a transfer in flight */

enum { PAGEFILE_NAME_MAX = 264 };

struct paging {
    struct pool pool;
    struct page_io *bucket[256];                    /* all of them, by mm's id */
    struct dispatcher frames;                       /* threads that wait for a frame, or for commit */
    int pagefile[MM_PAGEFILES_MAX];                 /* host files + 1; 0: none */
    char name[MM_PAGEFILES_MAX][PAGEFILE_NAME_MAX]; /* as the guest knows them: "C:\\pagefile.sys" */
    bool write_failed, read_failed;                 /* the host's disk, and the user was told */
};

bool paging_open(struct machine *machine);
void paging_close(struct machine *machine);

/* mm_env: io_begin, page_in, pagefile_read, pagefile_write, pagefile_resize. */
ntstatus_t paging_begin(void *context, const struct mm_io *io);
ntstatus_t paging_read_image(void *context, const struct mm_page_in *request, uint8_t *page);
ntstatus_t paging_read(void *context, uint32_t pagefile, uint64_t offset, uint8_t *page);
ntstatus_t paging_write(void *context, uint32_t pagefile, uint64_t offset, const uint8_t *page);
ntstatus_t paging_resize(void *context, uint32_t pagefile, uint64_t pages);

/* Why the host gave no page file, and the remedy: after a refusal of paging_resize(), while errno is its. */
void paging_explain(char *ret_text, size_t size);

/* The page file is the given one of those that the machine has from the start: its name follows. */
void paging_name(struct machine *machine, uint32_t pagefile, unsigned given);

/* The thread waits for what mm_wait_key() says.  => false: that has come to pass already. */
bool paging_wait(struct machine *machine, struct thread *thread);

/* A transfer's time has come: its bytes move, who waits for it is ready. */
void paging_complete(struct machine *machine, struct due *due);

/* Threads wait for a frame. */
bool paging_has_waiters(const struct machine *machine);

/* Frames are available again. */
void paging_wake(struct machine *machine);

#endif
