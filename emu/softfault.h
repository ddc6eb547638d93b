/* SPDX-License-Identifier: GPL-2.0-or-later */
/* softfault.h - the library: make a machine, run a Windows program on it, and watch its page faults.
 *
 *     char error[SF_ERROR_SIZE];
 *     struct sf_options options = {.size = sizeof options, .program = "hello.exe"};
 *     struct sf_machine *machine = sf_machine_create(&options, error);
 *     sf_machine_on_event(machine, SF_EVENT_BIT(SF_EVENT_FAULT), print_fault, NULL);
 *     if (sf_machine_load(machine, error))
 *         status = sf_machine_run(machine);
 *     sf_machine_destroy(machine);
 *
 * This header stands alone; plugin.h has the other half of the library.  Machines are independent of each other; one
 * machine belongs to one host thread at a time.  The program writes to the host's stdout and stderr, and so does
 * softfault's report of an unhandled exception.
 *
 * Versions: structs that the caller fills in, or has filled in, begin with their size as the caller's header knows it
 * (.size = sizeof); they only ever grow at the end.  So do structs that callbacks are shown, which have no size. */
#ifndef SOFTFAULT_SOFTFAULT_H
#define SOFTFAULT_SOFTFAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sf_machine;

enum { SF_ERROR_SIZE = 200 };

/* What sf_machine_run() answers beside the program's exit code modulo 256. */
enum sf_exit {
    SF_EXIT_LIMIT = 124,     /* a time limit was reached */
    SF_EXIT_CANNOT = 125,    /* softfault could not do it */
    SF_EXIT_EXCEPTION = 126, /* the program died of an unhandled exception */
    SF_EXIT_BUGCHECK = 127
};

enum sf_paging {
    SF_PAGING_DEFAULT, /* what NT uses: PAE for 32 bits, x64 for 64 */
    SF_PAGING_X86,     /* two levels, no no-execute */
    SF_PAGING_PAE,
    SF_PAGING_X64
};

/* A folder of the host that the guest sees. */
struct sf_folder {
    const char *guest; /* "D:" or "C:\\data" */
    const char *host;
    bool writable; /* false: what the guest changes there, it alone sees, and it is gone with the run */
};

/* Zero means the default of each field but size and program; strings are borrowed until sf_machine_destroy(). */
struct sf_options {
    size_t size;         /* sizeof(struct sf_options) */
    const char *program; /* host path of the PE file; its folder is the guest's C:\work, not writable */
    int argument_count;  /* of the program, after its name */
    char **arguments;
    const char *dll_path;    /* host folder with ntdll.dll, kernel32.dll, ...; default: where they were installed */
    uint64_t ram_bytes;      /* 64 MB */
    uint64_t pagefile_bytes; /* 128 MB */
    enum sf_paging paging;
    uint64_t seed;
    uint64_t time_limit_ns;          /* of virtual time; none */
    unsigned wall_limit_seconds;     /* none */
    const struct sf_folder *folders; /* beside C:\work and C:\WINDOWS\system32 */
    unsigned folder_count;           /* at most 32 */
};

/* --- What callbacks are shown ------------------------------------------------------------------------------ */

/* One page fault, as it was resolved or refused.  type, access and vad are constants; module lives as long as the
 * callback. */
struct sf_fault {
    uint64_t time;      /* virtual nanoseconds; 0 with a plugin */
    uint64_t va;        /* refused: exact; resolved: exact where the instruction tells it, else the page */
    uint64_t pc;        /* of the instruction */
    const char *type;   /* "DemandZero", "CopyOnWrite", "HardFault", "AccessViolation", ... */
    const char *access; /* "read", "write" or "execute" */
    const char *vad;    /* "private", "image", "mapped", "cache", "shared", "system" or "none" */
    const char *module; /* of pc; NULL: none */
    uint64_t offset;    /* in the module */
    uint64_t pte_before, pte_after;
    uint32_t frame;             /* where resolved */
    uint32_t status;            /* NTSTATUS; an error (0x80000000 and above): refused */
    unsigned information_count; /* refused: ExceptionInformation */
    uint64_t information[3];
};

enum sf_event_kind {
    SF_EVENT_FAULT,
    SF_EVENT_IMAGE,   /* an image was mapped */
    SF_EVENT_PROCESS, /* start, exit */
    SF_EVENT_THREAD,
    SF_EVENT_EXCEPTION, /* delivered to the program */
    SF_EVENT_ALLOC,
    SF_EVENT_FREE,
    SF_EVENT_PROTECT,
    SF_EVENT_MAP,
    SF_EVENT_UNMAP,
    SF_EVENT_BUGCHECK,
    SF_EVENT_LOCK,
    SF_EVENT_UNLOCK,
    SF_EVENT_TRIM,      /* a working set was emptied by a service */
    SF_EVENT_STATE,     /* a thread's state changed: .what, and .name for what it waits for */
    SF_EVENT_PFN,       /* a frame went from one list, or state, to another */
    SF_EVENT_EVICT,     /* a page left a working set */
    SF_EVENT_PAGEWRITE, /* pages went to a page file */
    SF_EVENT_PAGEREAD,  /* pages came from a file or page file */
    SF_EVENT_LOSTWRITE, /* a file does not take its modified pages: they are tried again */
    SF_EVENT_SECTION,   /* the life of what sections and views of the same pages share */
    SF_EVENT_READAHEAD, /* the file cache's read-ahead thread begins to read a piece of a file */
    SF_EVENT_LAZYWRITE, /* the file cache's lazy writer begins to write pages of a file */
    SF_EVENT_KINDS
};
#define SF_EVENT_BIT(kind) (1u << (kind))
#define SF_EVENT_ALL (~0u)

/* Where an address is, as far as the machine knows; NULL: not known. */
struct sf_place {
    uint64_t va;
    const char *module; /* "hello.exe" */
    uint64_t offset;    /* from the module's base */
    const char *symbol; /* "_main" */
    uint64_t symbol_offset;
};

struct sf_event {
    enum sf_event_kind kind;
    uint64_t time; /* virtual nanoseconds */
    uint32_t pid, tid;
    struct sf_place pc, address;  /* address: of the fault, exception, allocation, image, ... */
    const struct sf_fault *fault; /* FAULT */
    const char *what;             /* PROCESS, THREAD: "start" or "exit" */
    const char *name;             /* IMAGE, PROCESS: file name */
    uint64_t size;                /* ALLOC, FREE, PROTECT, MAP, IMAGE: bytes */
    uint32_t type, protect, old_protect;
    uint32_t status; /* EXCEPTION: its code; BUGCHECK: the code; exit: exit status; else the service's NTSTATUS */
    unsigned information_count;
    uint64_t information[4]; /* EXCEPTION, BUGCHECK */
};
typedef void sf_event_fn(void *context, const struct sf_event *event);

/* --- Inspecting -------------------------------------------------------------------------------------------- */

struct sf_counters {
    size_t size;   /* in: sizeof(struct sf_counters) */
    uint64_t time; /* virtual nanoseconds */
    uint64_t faults, demand_zero, copy_on_write, prototype, hard, access_violations;
    uint64_t pages_read, working_set_pages, private_pages, committed_pages;
};

/* MEMORY_BASIC_INFORMATION; the values of state, type and protect are Windows's. */
struct sf_region {
    size_t size; /* in: sizeof(struct sf_region) */
    uint64_t base, allocation_base, bytes;
    uint32_t allocation_protect, state, protect, type;
};

/* --- The machine ------------------------------------------------------------------------------------------- */

/* => NULL: error says why, in one clause. */
struct sf_machine *sf_machine_create(const struct sf_options *options, char error[SF_ERROR_SIZE]);

/* Call observe for the events whose SF_EVENT_BIT()s are in events; NULL: for none.  Before sf_machine_load().
 * => observe may inspect the machine; it must not run or destroy it. */
void sf_machine_on_event(struct sf_machine *machine, unsigned events, sf_event_fn *observe, void *context);

/* Map the program and make its first thread; once.  => false: error says why. */
bool sf_machine_load(struct sf_machine *machine, char error[SF_ERROR_SIZE]);

/* Run to the end; once, after sf_machine_load().  => the program's exit code modulo 256, or enum sf_exit. */
int sf_machine_run(struct sf_machine *machine);

/* The program's whole exit code, after sf_machine_run(). */
uint32_t sf_machine_exit_code(const struct sf_machine *machine);

/* Inspecting changes nothing, and is possible after sf_machine_load(); before, there is nothing to see. */
bool sf_machine_query_counters(struct sf_machine *machine, struct sf_counters *ret_counters);

/* Copy guest memory as it stands.  => bytes copied before the first page that is not resident. */
size_t sf_machine_peek(struct sf_machine *machine, uint64_t va, void *buffer, size_t length);

/* The region around va, as VirtualQuery tells it.  => false: va is no user address. */
bool sf_machine_query_region(struct sf_machine *machine, uint64_t va, struct sf_region *ret_region);

/* The page-table entry of va as it stands.  => false: there is no page table. */
bool sf_machine_query_pte(struct sf_machine *machine, uint64_t va, uint64_t *ret_pte);

/* A view of the memory of the first process as "softfault inspect" prints it (docs/inspect.md): "memusage", "vm",
 * "wsle", "vad", "address", "pte 0x401000", "pfn 100".  write gets the text, once.
 * => false: error says why, in one clause; write was not called. */
typedef void sf_write_fn(void *context, const char *text, size_t length);
bool sf_machine_inspect(struct sf_machine *machine, const char *view, sf_write_fn *write, void *context,
                        char error[SF_ERROR_SIZE]);

/* Does the whole memory model hold?  => NULL, or the first law that is broken. */
const char *sf_machine_check(struct sf_machine *machine);

/* NULL is nothing to destroy. */
void sf_machine_destroy(struct sf_machine *machine);

#ifdef __cplusplus
}
#endif

#endif
