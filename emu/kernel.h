/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel.h - processes and threads: what they are made of.
 *
 *     machine -- processes (in order of creation) -- threads (in order of creation)
 *
 * Both are objects and live until the last reference has gone: a thread that has not ended holds one on itself, each
 * thread one on its process, each handle one.  What a process owns (handles, memory) goes when its last thread has
 * ended; what stays then is what can be asked of it.
 *
 * One thread at most is RUNNING.  Its registers are in the CPU, and stay there while it waits as long as no other
 * thread runs (machine.loaded); those of all others are in thread.saved. */
#ifndef SOFTFAULT_EMU_KERNEL_H
#define SOFTFAULT_EMU_KERNEL_H

#include "emu/context.h"
#include "emu/exception.h"
#include "emu/host_file.h"
#include "emu/nt/service.h"
#include "emu/object.h"
#include "emu/sched.h"
#include "emu/swapper.h"
#include "emu/wait.h"

enum {
    MODULES_MAX = 512,
    PROCESSES_MAX = 256,
    THREADS_MAX = 2048,
    APCS_MAX = 16 << 10,
    SUSPEND_COUNT_MAX = 0x7F,
};

/* A mapped image. */
struct module {
    va_t base;
    uint64_t size;
    uint32_t file; /* index + 1 of the image file */
};

/* What a service has found behind a handle. */
struct found_handle {
    const struct handle_table *table;
    uint32_t handle;
    struct handle_entry entry; /* as it was then */
};

enum { SYSTEM_CALL_LENGTH = 2 }; /* bytes of the instruction: int 2E, syscall */

/* A thread's service that had to wait and is repeated from its start: what it has found and done.  Between two attempts
 * each object found has a reference, so that a handle that is closed or used anew meanwhile means what it meant. */
struct repetition {
    const struct nt_service *service; /* NULL: none under way */
    uint64_t arguments[NT_ARGUMENTS_MAX];
    va_t ip;                   /* of the instruction that calls it again */
    uint64_t done;             /* bytes of a transfer */
    uint64_t offset;           /* where a file's began; UINT64_MAX: not known yet */
    bool at_end;               /* that is the file's end, which moves until the file has grown for the call */
    struct host_growth growth; /* that a write has made; to 0: none */
    struct object *grown;      /* its file, which is among those found */
    uint64_t others_end;       /* since then: how far others have use for the file */
    struct object *turn;       /* the file of which it has the turn, with a reference; NULL: none */
    struct object *takes_turn; /* by this attempt, if it has to wait; borrowed */
    struct object *wants_turn; /* it must wait for that; borrowed until it does */
    struct found_handle found[NT_HANDLES_MAX];
    unsigned found_count, kept_count; /* the first of them are referenced; the others were found by this attempt */
};

/* ProcessExecuteFlags (nt-reference 6.4). */
enum {
    EXECUTE_DISABLE = 0x1, /* of data: DEP is on */
    EXECUTE_ENABLE = 0x2,
    EXECUTE_PERMANENT = 0x8,
    EXECUTE_OPTIONS = 0x3F,
};

enum process_life {
    PROCESS_YOUNG, /* no thread yet */
    PROCESS_ALIVE,
    PROCESS_OVER, /* its last thread has ended */
};

struct process {
    struct object *object;
    struct process *next, *previous;
    struct thread *first, *last; /* not ended */
    uint32_t thread_count;
    enum process_life life;
    bool injected; /* --inject: from its first own instruction on */

    mm_process space;
    enum process_residence residence;
    bool cleaned;                             /* its memory has gone */
    struct mm_process_counters last_counters; /* what it was then */
    uint32_t id, parent_id;
    va_t peb, image_base, ntdll_base;
    uint32_t exe; /* image file */
    enum pte_nx_policy nx;
    uint32_t execute_options; /* EXECUTE_*: ProcessExecuteFlags as last set; nx follows from it */
    struct module modules[MODULES_MAX];
    unsigned module_count;
    uint64_t tebs[THREADS_MAX / 64]; /* places below the PEB in use */

    struct handle_table handles;
    struct object *token;   /* with a reference */
    struct object *job;     /* with a reference; NULL: none */
    uint8_t priority_class; /* PROCESS_PRIORITY_CLASS_* */
    int8_t base_priority;
    bool boost_disabled;
    uint32_t hard_error_mode;        /* kept and given back */
    ntstatus_t exit_status;          /* STATUS_PENDING: not ended */
    int verdict;                     /* softfault's own exit status for it; 0: from exit_status */
    uint64_t create_time, exit_time; /* NT's */
    uint64_t kernel_time, user_time; /* ns, of threads that have ended */
};

/* A user APC, waiting to be delivered. */
struct apc {
    struct apc *next;
    va_t routine;
    uint64_t arguments[3];
    struct timer *timer;      /* that queued it; NULL: nobody */
    bool context_is_argument; /* arguments[0]: the address of the CONTEXT in the frame */
};

struct thread {
    struct object *object;
    struct process *process;
    struct thread *next, *previous; /* of the process */
    uint32_t id;
    const char *woken_by; /* a system thread: why it was made ready; a constant */
    unsigned daemon;      /* enum mm_daemon, DAEMON_*, + 1: a system thread; 0: one of a program */
    va_t teb;
    unsigned teb_place; /* below the PEB */

    /* CPU state; registers and floats are in the CPU where machine.loaded says so. */
    struct thread_context saved;
    struct repetition repetition;
    struct thread_context after; /* what another thread has set it to, for when its service is over */
    bool has_after;
    bool stack_limit_moved; /* stack_limit is to be stored in the TEB */
    va_t stack_limit;

    /* What is done before it runs on in user mode. */
    bool result_due;                /* wait.status goes into EAX */
    bool starts;                    /* the loader's APC comes first */
    bool raise_due;                 /* raise is to be delivered */
    bool raise_announced;           /* it is in the trace already */
    bool apc_pending;               /* the first of apcs is to be delivered */
    bool alerted;                   /* NtAlertThread */
    struct raise raise, last_raise; /* to deliver; delivered last, for the report */
    struct apc *apcs, *last_apc;

    struct scheduling sched;
    struct kernel_stack kernel_stack;
    struct thread_wait wait;
    struct file_lock *lock; /* that its NtLockFile is queued for; NULL: none */
    bool lock_asked;        /* it has been queued just now, and does not wait yet */
    enum lock_answer lock_answer;
    struct object *mutants; /* owned */
    struct timer *timers;   /* whose APCs come here */
    uint32_t suspend_count;

    va_t start_address, win32_start;
    ntstatus_t exit_status;          /* STATUS_PENDING: not ended */
    uint64_t create_time, exit_time; /* NT's */
    uint64_t kernel_time, user_time; /* ns */
};

/* --- process.c ----------------------------------------------------------------------------------------------- */

struct machine;

struct process_request {
    struct process *parent; /* NULL: none */
    mm_section section;     /* of the image */
    uint32_t image;
    bool inherit_handles;
    bool leaves_job;
};

/* An address space with image, ntdll and PEB (not written yet); no thread.
 * => *ret_process: with the one reference of its object.  Failures leave nothing behind. */
ntstatus_t process_create(struct machine *machine, const struct process_request *request, struct process **ret_process);

/* Its steps, for the first process: the object with its one reference; the rest. */
ntstatus_t process_make(struct machine *machine, struct process *parent, struct process **ret_process);
/* The System process: no address space, not in the list. */
ntstatus_t process_make_system(struct machine *machine, struct process **ret_process);
/* => process->exe and nx are set. */
ntstatus_t process_make_space(struct machine *machine, struct process *process);
ntstatus_t process_map_shared_page(struct machine *machine, struct process *process);
ntstatus_t process_map_image(struct machine *machine, struct process *process, uint32_t file, va_t *ret_base);
ntstatus_t process_make_peb(struct machine *machine, struct process *process);
ntstatus_t process_write_peb(struct machine *machine, struct process *process, va_t parameters);

/* All its threads end; handles and memory go. */
void process_terminate(struct machine *machine, struct process *process, ntstatus_t status);

/* Its last thread has gone, or it never had one. */
void process_end(struct machine *machine, struct process *process, ntstatus_t status);

/* The last reference has gone. */
void process_destroy(struct machine *machine, struct process *process);

struct process *process_of_id(const struct machine *machine, uint32_t id);
struct process *process_of_space(const struct machine *machine, mm_process space);

/* As messages call it. */
const char *process_name(const struct machine *machine, const struct process *process);

/* Where the kernel enters ntdll. */
enum ntdll_entry {
    NTDLL_APC,          /* KiUserApcDispatcher */
    NTDLL_LOADER,       /* LdrInitializeThunk */
    NTDLL_THREAD_START, /* RtlUserThreadStart */
    NTDLL_EXCEPTION,    /* KiUserExceptionDispatcher */
    NTDLL_ENTRY_COUNT
};
va_t process_entry(const struct machine *machine, const struct process *process, enum ntdll_entry entry);

/* --- thread.c ------------------------------------------------------------------------------------------------ */

struct stack {
    va_t deallocation, limit, base;
};

struct thread_request {
    struct process *process;
    struct stack stack;
    const struct thread_context *context; /* where it begins, after the loader */
    bool suspended;
};

/* A thread with its TEB, INITIALIZED; it becomes ready by sched_ready().
 * => *ret_thread: with one reference for the caller beside its own. */
ntstatus_t thread_create(struct machine *machine, const struct thread_request *request, struct thread **ret_thread);

/* Its steps, for the first thread: with one reference for the caller; the TEB; a member of its process. */
ntstatus_t thread_make(struct machine *machine, struct process *process, struct thread **ret_thread);
ntstatus_t thread_allocate_teb(struct machine *machine, struct thread *thread);
ntstatus_t thread_write_teb(struct machine *machine, const struct thread *thread, const struct stack *stack);
void thread_join(struct machine *machine, struct thread *thread);

/* It runs no more: waits are left, mutants abandoned, APCs dropped, the TEB goes; with the last one the process ends.
 */
void thread_terminate(struct machine *machine, struct thread *thread, ntstatus_t status);
void thread_destroy(struct machine *machine, struct thread *thread);

struct thread *thread_of_id(const struct machine *machine, uint32_t id);

/* How a new thread's registers are before its creator says anything. */
void thread_initial_context(struct thread_context *ret_context);

/* => STATUS_SUCCESS; STATUS_SUSPEND_COUNT_EXCEEDED. */
ntstatus_t thread_suspend(struct machine *machine, struct thread *thread);
/* Suspended, it waits where it would be READY; in no queue. */
void thread_stop(struct machine *machine, struct thread *thread);
void thread_resume(struct machine *machine, struct thread *thread);

/* What must happen before the running thread runs in user mode.  => false: it must wait, or has ended. */
bool thread_prepare(struct machine *machine, struct thread *thread);

/* Another priority: in its ready queue, and against the running thread. */
void thread_set_base_priority(struct machine *machine, struct thread *thread, int base);

/* It does not run on while it is suspended, but for a service that others of the same file wait for: NT suspends no
 * thread within a file system. */
static inline bool thread_is_held(const struct thread *thread)
{
    return thread->suspend_count > 0 && !thread->repetition.turn && !thread->repetition.growth.to;
}

/* --- nt/repetition.c ----------------------------------------------------------------------------------------- */

/* The running thread calls a service: it goes on with it where it had to wait in the very same call; another one that
 * was under way is given up. */
void repetition_begin(struct nt_call *call);
/* The call must wait: what it has found is referenced until it is repeated. */
void repetition_suspend(struct nt_call *call);
/* The thread's service is over or given up: what it holds is let go.  None under way: nothing is done. */
void repetition_end(struct machine *machine, struct thread *thread);

/* Is it between two attempts of a service? */
bool repetition_is_under_way(struct machine *machine, const struct thread *thread);
/* The running thread's service is over: it goes on with the context that was set meanwhile, and the service's result.
 * => false: none was. */
bool repetition_take_context(struct machine *machine, ntstatus_t status);
/* The running thread stopped: a service that waits is given up where the thread is no longer at the instruction that
 * calls it again (somebody wrote other code there). */
void repetition_look(struct machine *machine, struct thread *thread);

/* handle_entry() for the running thread's service: what it found before, also where the handle is no more, or another
 * object's.  Borrowed for the call. */
const struct handle_entry *repetition_find(struct machine *machine, const struct handle_table *table, uint32_t handle);

/* --- apc.c --------------------------------------------------------------------------------------------------- */

/* => false: too many. */
bool apc_queue(struct machine *machine, struct thread *thread, const struct apc *apc);
void apc_drop_first(struct machine *machine, struct thread *thread);
void apc_drop_all(struct machine *machine, struct thread *thread);
/* The APCs that a timer has queued and that were not delivered. */
void apc_drop_of_timer(struct machine *machine, struct thread *thread, const struct timer *timer);

/* KiUserApcDispatcher's frame on the running thread's stack, registers at the dispatcher.
 * => STATUS_MM_WAIT: repeat; else a failure to write the stack. */
ntstatus_t apc_deliver(struct machine *machine, struct thread *thread, const struct apc *apc);
/* The same for the loader's: LdrInitializeThunk, with the address of the CONTEXT. */
ntstatus_t apc_deliver_start(struct machine *machine, struct thread *thread);

#endif
