/* SPDX-License-Identifier: GPL-2.0-or-later */
/* machine_internal.h - the machine from inside: what emu/'s sources share.
 *
 * One struct machine owns it all; processes and threads are in kernel.h. */
#ifndef SOFTFAULT_EMU_MACHINE_INTERNAL_H
#define SOFTFAULT_EMU_MACHINE_INTERNAL_H

#include <signal.h>
#include <stdatomic.h>

#include "emu/cache.h"
#include "emu/clock.h"
#include "emu/context.h"
#include "emu/cpu.h"
#include "emu/daemon.h"
#include "emu/exception.h"
#include "emu/guest.h"
#include "emu/guest_layout.h"
#include "emu/host_file.h"
#include "emu/kernel.h"
#include "emu/machine.h"
#include "emu/mapped.h"
#include "emu/names.h"
#include "emu/nt/file.h"
#include "emu/paging.h"
#include "emu/security.h"
#include "emu/stats.h"
#include "emu/ws_watch.h"
#include "loader/image.h"

enum {
    IMAGE_FILES_MAX = 256,
    MODULE_NAME_MAX = 64,
    IMAGE_PATH_MAX = 520,
    SERVICE_NUMBERS_MAX = 4096,
    SERVICE_NAME_MAX = 48,
};

/* An image file of the host, open for as long as the machine lives.  mm's name for it: index + 1. */
struct image_file {
    struct image *image;
    uint64_t device, inode;
    bool stale; /* the file's data was written: the next section of it is a new image, as soon as this one is unused */
    char name[MODULE_NAME_MAX]; /* lower case */
    char path[IMAGE_PATH_MAX];  /* \Device\HarddiskVolume1\... */
};

enum machine_next {
    MACHINE_RUN,
    MACHINE_OVER, /* exit_status is final */
};

struct machine_regions {
    void *ram, *stamp, *state;
    size_t ram_size, stamp_size, state_size;
};

struct machine {
    struct machine_options options;
    const char *program_name; /* "hello.exe", within options.program */
    struct trace *trace;

    const struct guest_layout *layout;
    enum paging_format paging;
    struct machine_regions regions;
    struct mmu_ram ram;
    struct mm_env mm_env;
    struct cpu_env cpu_env;
    struct mm *mm;
    struct cpu *cpu;
    struct clock clock;
    struct paging paging_io; /* transfers in flight, page files */
    struct daemons daemons;
    struct swapper swapper;
    struct inject inject;
    struct stats stats;
    uint64_t moves_checked; /* --check-every: mm's count of moves at the last check */

    struct host_files files;
    struct file_table file_table;
    struct mapped_files mapped;
    struct cache cache; /* of files */
    struct image_file images[IMAGE_FILES_MAX];
    unsigned image_count;
    uint32_t ntdll, exe;                 /* image files; exe: the first process's */
    uint32_t entries[NTDLL_ENTRY_COUNT]; /* RVAs */

    struct ws_watches ws_watches;
    struct object_table objects;
    struct pool processes, threads, apcs, securities;
    struct object *root_directory;                /* of names */
    struct process *first_process, *last_process; /* all, ended ones too while somebody refers to them */
    struct process *main_process;                 /* the first one made: its exit code is the run's */
    struct thread *thread; /* that runs, or made way for nobody yet; with a reference; NULL: none */
    struct thread *loaded; /* whose registers are in the CPU; NULL: nobody's */
    struct sched sched;
    uint32_t last_id; /* of processes and threads */
    uint32_t live_threads;

    /* Services by number: name as exported; handler where modelled. */
    struct {
        char name[SERVICE_NAME_MAX]; /* "": no such number */
        const struct nt_service *service;
        bool reported;
    } services[SERVICE_NUMBERS_MAX];
    uint64_t service_count;
    bool in_service;

    enum machine_next next;
    uint64_t exceptions;
    const char *not_modelled; /* said last */
    bool breakpoints_reported;
    bool started; /* bring-up is over */
    int exit_status;
    uint32_t exit_code;
    atomic_bool wall_limit_reached;
};

/* The process of the running thread.  => one runs. */
static inline struct process *machine_process(struct machine *machine)
{
    return machine->thread->process;
}

/* --- machine.c --- */

/* Virtual time passes; the shared user page follows the clock. */
void machine_advance(struct machine *machine, uint64_t nanoseconds);

/* One step: who runs, prepared for user mode.  => false: nobody yet; look again, or the run is over. */
bool machine_schedule(struct machine *machine);

/* The program is over: run no more, softfault answers exit_status. */
void machine_end(struct machine *machine, int exit_status);

/* Another thread runs, or none (NULL). */
void machine_set_thread(struct machine *machine, struct thread *thread);

/* A client id that was never given before. */
uint32_t machine_next_id(struct machine *machine);

/* Let what the last STATUS_MM_WAIT waited for come to pass, while no other thread runs: bring-up, tests. */
void machine_wait(struct machine *machine);

/* After any call into mm that may have faulted: what mm asked for and could not be done inside. */
void machine_after_fault(struct machine *machine);

/* A fault was resolved or refused: clock, trace. */
void machine_note_fault(struct machine *machine, const struct mm_fault *fault, va_t pc);

/* One line on stderr, "softfault: " first; control characters of the guest's names are masked. */
void machine_say(struct machine *machine, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- laws.c --- */

/* Where --check wants it, look at the whole memory manager.
 * => false: a law is broken; it was said and the machine is over. */
bool machine_check_laws(struct machine *machine);

/* --- kernel_check.c --- */

/* NULL, or the first law of processes, threads, queues and handles that does not hold. */
const char *kernel_check(const struct machine *machine);

/* --- dep.c --- */

/* KUSER_SHARED_DATA.NXSupportPolicy: what the system does, which is nothing where the paging has no such bit. */
enum machine_dep machine_dep_in_force(const struct machine *machine);
/* A new process: its options, and what they mean for its PTEs. */
void machine_set_dep(const struct machine *machine, struct process *process);

/* --- module.c --- */

/* The image file behind fd (taken over): opened, or found again.  => *ret_file: index + 1. */
ntstatus_t module_open_file(struct machine *machine, int fd, const char *name, struct image_error *ret_error,
                            uint32_t *ret_file);
/* mm's section for an image file. */
ntstatus_t module_create_section(struct machine *machine, uint32_t file, mm_section *ret_section);
/* Map it and remember the module; *ret_base.  => success or STATUS_IMAGE_NOT_AT_BASE; mm_map_image()'s failures. */
ntstatus_t module_map(struct machine *machine, struct process *process, mm_section section, uint32_t file,
                      struct mm_view *view);
/* What was mapped is a module of the process.  => there is room. */
void module_note(struct machine *machine, struct process *process, const struct module *module);
void module_forget(struct process *process, va_t va);
const struct module *module_at(const struct process *process, va_t va);
struct image *module_image(const struct machine *machine, const struct module *module);
/* A file by mm's name for it, image or data; NULL: no such name. */
const char *machine_file_name(const struct machine *machine, uint32_t file);
const char *machine_file_path(const struct machine *machine, uint32_t file);
/* => false: no such name, or the image is not the file's any more. */
bool machine_file_identity(const struct machine *machine, uint32_t file, uint64_t *ret_device, uint64_t *ret_inode);
const char *module_name(const struct machine *machine, const struct module *module);
/* Where va is in the process (NULL: in none), for events and reports. */
void module_place(struct machine *machine, const struct process *process, va_t va, struct trace_place *ret_place);

/* --- events.c --- */

void event_process(struct machine *machine, const struct process *process, const char *what, ntstatus_t status);
void event_thread(struct machine *machine, const struct thread *thread, const char *what, ntstatus_t status);
/* mm_env.event. */
void event_memory(void *context, const struct mm_event *memory);
/* The thread's state is what it is now. */
void event_state(struct machine *machine, const struct thread *thread);
void event_image(struct machine *machine, const struct process *process, const struct module *module);
void event_exception(struct machine *machine, const struct exception_record *record);
void event_bugcheck(struct machine *machine, const struct mm_fault *fault);
/* ALLOC, FREE, PROTECT, MAP, UNMAP. */
struct event_region {
    enum trace_kind kind;
    const struct process *process; /* whose memory; NULL: the running thread's process */
    va_t base;
    uint64_t size;
    uint32_t type, protect, old_protect;
    const char *file; /* MAP: of data; NULL: no file */
    uint64_t file_offset;
    ntstatus_t status;
};
void event_region(struct machine *machine, const struct event_region *region);
/* READAHEAD, LAZYWRITE. */
struct event_cache {
    enum trace_kind kind;
    uint32_t file; /* mm's name for it */
    uint64_t offset, length;
    const char *why;
};
void event_cache(struct machine *machine, const struct event_cache *cache);
/* A fault in a view of data: the file that its page was to come from. */
void event_place_in_file(const struct machine *machine, const struct mm_fault *fault, struct trace_event *event);

/* --- start.c, parameters.c --- */

bool process_bring_up(struct machine *machine, char error[MACHINE_ERROR_SIZE]);

/* Environment block and RTL_USER_PROCESS_PARAMETERS into the first process.  => *ret_parameters. */
ntstatus_t process_write_parameters(struct machine *machine, const uint32_t handles[3], va_t *ret_parameters);

/* KUSER_SHARED_DATA: all of it, then what moves with the clock. */
void shared_data_init(struct machine *machine);
void shared_data_tick(struct machine *machine);
extern const struct cpu_clock_field shared_data_clock_fields[];

/* --- report.c --- */

enum report_end {
    REPORT_UNHANDLED, /* second chance */
    REPORT_NO_STACK,  /* the frame for the handler did not fit */
};
void report_exception(struct machine *machine, const struct raise *raise, const struct thread_context *context,
                      enum report_end end);
void report_bugcheck(struct machine *machine, const struct mm_fault *fault);

/* --- softfault.c: for tests of the library --- */

struct sf_machine;
struct mm *sf_mm(struct sf_machine *machine);

/* --- watch.c --- */

struct watch; /* the thread that enforces --wall-limit */
struct watch *watch_start(struct machine *machine, unsigned seconds);
void watch_stop(struct watch *watch);

/* While held, writing to a closed pipe fails with EPIPE and raises nothing. */
struct sigpipe_guard {
    sigset_t mask, pending; /* before */
};
void sigpipe_block(struct sigpipe_guard *ret_guard);
void sigpipe_unblock(const struct sigpipe_guard *guard);

#endif
