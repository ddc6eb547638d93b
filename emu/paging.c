/* SPDX-License-Identifier: GPL-2.0-or-later */
/* paging.c - see paging.h.
 *
 * A page file is an unlinked file of the host, in $TMPDIR or /var/tmp: nobody else can open it, and it is gone with the
 * machine, however that ends.  Its blocks are made as pages are written to them: the host's disk may be full then, or
 * fail.  To the guest that is a disk that fails; the user is told whose it is, once for writes and once for reads. */
#define _GNU_SOURCE /* O_TMPFILE */
#include "emu/paging.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/daemon.h"
#include "emu/machine_internal.h"

enum {
    IOS_MAX = THREADS_MAX + 256,
    PAGING_WHY_SIZE = 256,
    DISK_INCREMENT = 1, /* the boost for a read that is done: IO_DISK_INCREMENT */
};

struct page_io {
    struct due due;
    struct page_io *next, *previous;
    struct dispatcher done; /* threads that wait */
    uint32_t id;            /* mm's */
    uint32_t thread;        /* that asked for it; 0: the system */
    ntstatus_t status;      /* how it will end, as far as that is known now */
};

bool paging_open(struct machine *machine)
{
    return pool_open(&machine->paging_io.pool, sizeof(struct page_io), IOS_MAX);
}

void paging_close(struct machine *machine)
{
    for (unsigned i = 0; i < MM_PAGEFILES_MAX; i++)
        if (machine->paging_io.pagefile[i])
            close(machine->paging_io.pagefile[i] - 1);
    pool_close(&machine->paging_io.pool);
}

/* --- Transfers ----------------------------------------------------------------------------------------------- */

static struct page_io **bucket_of(struct paging *paging, uint32_t id)
{
    return &paging->bucket[id * UINT32_C(0x9E3779B1) >> 24];
}

static void insert(struct paging *paging, struct page_io *io)
{
    struct page_io **first = bucket_of(paging, io->id);
    io->previous = NULL;
    io->next = *first;
    if (*first)
        (*first)->previous = io;
    *first = io;
}

ntstatus_t paging_begin(void *context, const struct mm_io *io)
{
    struct machine *machine = context;
    struct paging *paging = &machine->paging_io;
    struct page_io *new = machine->started ? pool_take(&paging->pool) : NULL;
    ntstatus_t status = inject_transfer(machine, io);
    if (!new)
        return status;
    new->id = io->id;
    new->thread = io->thread;
    new->status = status;
    insert(paging, new);
    new->due.kind = DUE_PAGE_IO;
    uint64_t cost =
        io->kind == MM_IO_PAGEFILE_WRITE || io->kind == MM_IO_FILE_WRITE ? CLOCK_COST_PAGE_WRITE : CLOCK_COST_PAGE_READ;
    due_insert(&machine->sched.due, &new->due, machine->clock.now + cost + (io->pages - 1) * 4 * CLOCK_COST_IO_KB);
    return STATUS_PENDING;
}

static void forget(struct paging *paging, struct page_io *io)
{
    *(io->previous ? &io->previous->next : bucket_of(paging, io->id)) = io->next;
    if (io->next)
        io->next->previous = io->previous;
    pool_give(&paging->pool, io);
}

static void wake_all(struct machine *machine, struct dispatcher *head, int increment)
{
    struct wait_block *block = head->first;
    for (struct wait_block *next; block; block = next) {
        next = block->next;
        struct thread *thread = block->thread;
        wait_cancel(machine, thread);
        sched_boost(thread, increment);
        sched_ready(machine, thread);
    }
}

/* Has the thread that a transfer was begun for ended?  System threads wait in daemons.io. */
static bool has_ended(const struct machine *machine, uint32_t id)
{
    for (unsigned i = 0; i < DAEMON_COUNT; i++)
        if (machine->daemons.thread[i] && machine->daemons.thread[i]->id == id)
            return false;
    return !thread_of_id(machine, id);
}

void paging_complete(struct machine *machine, struct due *due)
{
    struct page_io *io = (struct page_io *)due; /* its first member */
    if (io->status == STATUS_SUCCESS)
        mm_io_done(machine->mm, io->id);
    else
        mm_io_failed(machine->mm, io->id, io->status);
    if (!io->done.first && io->thread && has_ended(machine, io->thread))
        mm_thread_moved(machine->mm, io->thread); /* it has ended: nothing is kept for it */
    stats_note(machine);
    machine_check_laws(machine);
    wake_all(machine, &io->done, DISK_INCREMENT);
    daemon_io_done(machine, io->id);
    forget(&machine->paging_io, io);
    daemon_poll(machine);
}

void paging_wake(struct machine *machine)
{
    wake_all(machine, &machine->paging_io.frames, 0);
}

bool paging_has_waiters(const struct machine *machine)
{
    return machine->paging_io.frames.first;
}

static struct page_io *in_flight(struct machine *machine, uint32_t id)
{
    struct page_io *io = *bucket_of(&machine->paging_io, id);
    while (io && io->id != id)
        io = io->next;
    return io;
}

/* --- Waiting ------------------------------------------------------------------------------------------------- */

bool paging_wait(struct machine *machine, struct thread *thread)
{
    uint32_t key = mm_wait_key(machine->mm);
    struct page_io *io = key == MM_WAIT_FREE_PAGE ? NULL : in_flight(machine, key);
    struct dispatcher *head = key == MM_WAIT_FREE_PAGE ? &machine->paging_io.frames : io ? &io->done : NULL;
    struct wait_block *block = &thread->wait.blocks[0];
    if (!head)
        return false;
    *block = (struct wait_block){.head = head, .thread = thread, .previous = head->last};
    *(head->last ? &head->last->next : &head->first) = block;
    head->last = block;
    thread->wait.kind = WAIT_PAGE;
    thread->wait.reason = io ? REASON_PAGE_IN : REASON_FREE_PAGE;
    thread->wait.count = 1;
    thread->wait.service = io ? "a page read" : "a free page";
    sched_set_state(machine, thread, THREAD_WAITING);
    if (!io)
        mm_await_free_page(machine->mm);
    daemon_poll(machine);
    return true;
}

void machine_wait(struct machine *machine)
{
    uint32_t key = mm_wait_key(machine->mm);
    if (key == MM_WAIT_FREE_PAGE) {
        daemon_run_all(machine);
        return;
    }
    const struct page_io *io = in_flight(machine, key);
    if (io && io->due.when > machine->clock.now)
        machine_advance(machine, io->due.when - machine->clock.now);
}

/* --- Files --------------------------------------------------------------------------------------------------- */

ntstatus_t paging_read_image(void *context, const struct mm_page_in *request, uint8_t *page)
{
    struct machine *machine = context;
    if (request->file == 0 || request->file > machine->image_count)
        return STATUS_INVALID_DEVICE_REQUEST;
    return image_page_in(machine->images[request->file - 1].image, request, page);
}

static const char *folder_of_files(void)
{
    const char *folder = getenv("TMPDIR");
    return folder && folder[0] == '/' ? folder : "/var/tmp";
}

void paging_explain(char *ret_text, size_t size)
{
    const char *remedy = errno == ENOSPC || errno == EDQUOT ? "make room there, or set TMPDIR to another folder"
                         : errno == EFBIG                   ? "raise the limit of file sizes (ulimit -f)"
                                                            : "set TMPDIR to another folder";
    snprintf(ret_text, size, "%.80s: %s; %s", folder_of_files(), strerror(errno), remedy);
}

/* => -1 and errno. */
static int open_unlinked(void)
{
    const char *folder = folder_of_files();
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    char name[4096];
    if ((size_t)snprintf(name, sizeof name, "%s/softfault.XXXXXX", folder) >= sizeof name) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        unlink(name);
    return fd;
}

ntstatus_t paging_resize(void *context, uint32_t pagefile, uint64_t pages)
{
    struct machine *machine = context;
    int *fd = &machine->paging_io.pagefile[pagefile];
    if (!*fd)
        *fd = open_unlinked() + 1;
    (void)pages; /* the host's file grows with what is written to it */
    if (*fd)
        return STATUS_SUCCESS;
    if (machine->started) {
        char why[PAGING_WHY_SIZE];
        int error = errno;
        paging_explain(why, sizeof why);
        machine_say(machine, "no page file in %s", why);
        errno = error;
    }
    return errno == ENOSPC ? STATUS_DISK_FULL : STATUS_IO_DEVICE_ERROR;
}

void paging_name(struct machine *machine, uint32_t pagefile, unsigned given)
{
    char *name = machine->paging_io.name[pagefile];
    if (given == 0)
        snprintf(name, PAGEFILE_NAME_MAX, "C:\\pagefile.sys");
    else
        snprintf(name, PAGEFILE_NAME_MAX, "C:\\pagefile%u.sys", given);
}

/* errno says why; 0: the file is shorter than it was. */
static ntstatus_t host_failed(struct machine *machine, const char *what, bool *told)
{
    char why[PAGING_WHY_SIZE];
    bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    if (errno == 0)
        errno = EIO;
    paging_explain(why, sizeof why);
    if (!*told)
        machine_say(machine, "%s page file fails on this computer, in %s", what, why);
    *told = true;
    return full ? STATUS_DISK_FULL : STATUS_IO_DEVICE_ERROR;
}

ntstatus_t paging_read(void *context, uint32_t pagefile, uint64_t offset, uint8_t *page)
{
    struct machine *machine = context;
    int fd = machine->paging_io.pagefile[pagefile] - 1;
    errno = 0;
    ssize_t done = pread(fd, page, MMU_PAGE_SIZE, (off_t)(offset * MMU_PAGE_SIZE));
    return done == MMU_PAGE_SIZE ? STATUS_SUCCESS
                                 : host_failed(machine, "a read from the", &machine->paging_io.read_failed);
}

ntstatus_t paging_write(void *context, uint32_t pagefile, uint64_t offset, const uint8_t *page)
{
    struct machine *machine = context;
    int fd = machine->paging_io.pagefile[pagefile] - 1;
    ssize_t done = 0, more = 1;
    for (errno = 0; done < MMU_PAGE_SIZE && more > 0; done += more > 0 ? more : 0)
        more = pwrite(fd, page + done, (size_t)(MMU_PAGE_SIZE - done), (off_t)(offset * MMU_PAGE_SIZE) + done);
    return done == MMU_PAGE_SIZE ? STATUS_SUCCESS
                                 : host_failed(machine, "a write to the", &machine->paging_io.write_failed);
}
