/* SPDX-License-Identifier: GPL-2.0-or-later */
/* machine_internal.h - the machine from inside: what emu/'s sources share.
 *
 * One struct machine owns it all.  One process with one thread in this delivery; their state is in structs of their own
 * so that more can follow. */
#ifndef SOFTFAULT_EMU_MACHINE_INTERNAL_H
#define SOFTFAULT_EMU_MACHINE_INTERNAL_H

#include <signal.h>
#include <stdatomic.h>

#include "emu/clock.h"
#include "emu/context.h"
#include "emu/cpu.h"
#include "emu/exception.h"
#include "emu/guest.h"
#include "emu/guest_layout.h"
#include "emu/host_file.h"
#include "emu/machine.h"
#include "emu/nt/service.h"
#include "emu/object.h"
#include "emu/ws_watch.h"
#include "loader/image.h"

enum {
    IMAGE_FILES_MAX = 256,
    MODULES_MAX = 512,
    MODULE_NAME_MAX = 64,
    IMAGE_PATH_MAX = 520,
    SERVICE_NUMBERS_MAX = 4096,
    SERVICE_NAME_MAX = 48,
};

/* An image file of the host, open for as long as the machine lives.  mm's name for it: index + 1. */
struct image_file {
    struct image *image;
    uint64_t device, inode;
    char name[MODULE_NAME_MAX]; /* lower case */
    char path[IMAGE_PATH_MAX];  /* \Device\HarddiskVolume1\... */
};

/* A mapped image. */
struct module {
    va_t base;
    uint64_t size;
    uint32_t file; /* index + 1 of the image file */
};

/* ProcessExecuteFlags (nt-reference 6.4). */
enum {
    EXECUTE_DISABLE = 0x1, /* of data: DEP is on */
    EXECUTE_ENABLE = 0x2,
    EXECUTE_PERMANENT = 0x8,
    EXECUTE_OPTIONS = 0x3F,
};

struct process {
    mm_process space;
    uint32_t id;
    va_t peb, image_base;
    enum pte_nx_policy nx;
    uint32_t execute_options; /* EXECUTE_*: ProcessExecuteFlags as last set; nx follows from it */
};

/* A transfer of more than one hold, repeated from where it stopped when its service had to wait. */
struct transfer {
    const struct nt_service *service; /* NULL: none under way */
    uint64_t arguments[NT_ARGUMENTS_MAX];
    uint64_t done;
};

struct thread {
    uint32_t id;
    va_t teb;
    struct transfer transfer;
    uint64_t debug_registers[6]; /* Dr0 to Dr3, Dr6, Dr7: kept, not armed */
    bool stack_limit_moved;      /* stack_limit is to be stored in the TEB */
    va_t stack_limit;
};

/* Why the machine leaves the CPU's loop after a service asked it to stop. */
enum machine_next {
    MACHINE_RUN,   /* go on with the registers as they are */
    MACHINE_RAISE, /* deliver machine.raise to the thread */
    MACHINE_OVER,  /* exit_status is final */
};

/* The one read that may be in flight. */
struct page_read {
    bool pending, complete;
    struct mm_page_in request;
    uint64_t due;
};

struct fault_observer {
    void (*observe)(void *context, const struct mm_fault *fault, va_t pc);
    void *context;
};

struct machine_regions {
    void *ram, *stamp, *state;
    size_t ram_size, stamp_size, state_size;
};

struct machine {
    struct machine_options options;
    const char *program_name; /* "hello.exe", within options.program */
    struct trace *trace;
    struct fault_observer observer;

    const struct guest_layout *layout;
    enum paging_format paging;
    struct machine_regions regions;
    struct mmu_ram ram;
    struct mm_env mm_env;
    struct cpu_env cpu_env;
    struct mm *mm;
    struct cpu *cpu;
    struct clock clock;
    struct page_read read;

    struct host_files files;
    struct object_table objects;
    struct image_file images[IMAGE_FILES_MAX];
    unsigned image_count;
    struct module modules[MODULES_MAX];
    unsigned module_count;
    uint32_t ntdll, exe; /* image files */
    va_t ntdll_base;
    uint32_t exception_dispatcher; /* RVA of KiUserExceptionDispatcher */

    struct process process;
    struct thread thread;
    struct ws_watches ws_watches;

    /* Services by number: name as exported; handler where modelled. */
    struct {
        char name[SERVICE_NAME_MAX]; /* "": no such number */
        const struct nt_service *service;
        bool reported;
    } services[SERVICE_NUMBERS_MAX];
    uint64_t service_count;
    bool in_service;
    const struct process *attached; /* whose pages mm faults in for a service; NULL: none */

    enum machine_next next;
    struct raise raise;      /* MACHINE_RAISE: to deliver */
    struct raise last_raise; /* delivered last, for the report */
    uint64_t exceptions;
    const char *not_modelled; /* said last */
    bool breakpoints_reported;
    bool loaded;
    int exit_status;
    uint32_t exit_code;
    atomic_bool wall_limit_reached;
};

/* The process of the running thread. */
static inline struct process *machine_process(struct machine *machine)
{
    return &machine->process;
}

/* --- machine.c --- */

/* Virtual time passes; the shared user page follows the clock. */
void machine_advance(struct machine *machine, uint64_t nanoseconds);

/* The program is over: run no more, softfault answers exit_status. */
void machine_end(struct machine *machine, int exit_status);

/* Let what the last STATUS_MM_WAIT waited for come to pass. */
void machine_wait(struct machine *machine);

/* After any call into mm that may have faulted: what mm asked for and could not be done inside. */
void machine_after_fault(struct machine *machine);

/* A fault was resolved or refused: clock, trace, observer. */
void machine_note_fault(struct machine *machine, const struct mm_fault *fault, va_t pc);

void machine_observe_faults(struct machine *machine,
                            void (*observe)(void *context, const struct mm_fault *fault, va_t pc), void *context);

/* One line on stderr, "softfault: " first; control characters of the guest's names are masked. */
void machine_say(struct machine *machine, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- laws.c --- */

/* Where --check wants it, look at the whole memory manager.
 * => false: a law is broken; it was said and the machine is over. */
bool machine_check_laws(struct machine *machine);

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
ntstatus_t module_map(struct machine *machine, mm_section section, uint32_t file, struct mm_view *view);
void module_forget(struct machine *machine, va_t va);
const struct module *module_at(const struct machine *machine, va_t va);
struct image *module_image(const struct machine *machine, const struct module *module);
const char *module_name(const struct machine *machine, const struct module *module);
/* Where va is, for events and reports. */
void module_place(struct machine *machine, va_t va, struct trace_place *ret_place);

/* --- events.c --- */

void event_process(struct machine *machine, const char *what, ntstatus_t status);
void event_thread(struct machine *machine, const char *what, ntstatus_t status);
void event_image(struct machine *machine, const struct module *module);
void event_exception(struct machine *machine, const struct exception_record *record);
void event_bugcheck(struct machine *machine, const struct mm_fault *fault);
/* ALLOC, FREE, PROTECT, MAP, UNMAP. */
struct event_region {
    enum trace_kind kind;
    va_t base;
    uint64_t size;
    uint32_t type, protect, old_protect;
    ntstatus_t status;
};
void event_region(struct machine *machine, const struct event_region *region);

/* --- process.c, parameters.c --- */

bool process_bring_up(struct machine *machine, char error[MACHINE_ERROR_SIZE]);

/* Environment block and RTL_USER_PROCESS_PARAMETERS into the new process.  => *ret_parameters. */
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
    sigset_t mask;
    bool was_pending;
};
void sigpipe_block(struct sigpipe_guard *ret_guard);
void sigpipe_unblock(const struct sigpipe_guard *guard);

#endif
