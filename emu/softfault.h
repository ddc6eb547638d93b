/* SPDX-License-Identifier: GPL-2.0-or-later */
/* softfault.h - the library: make a machine, run a Windows program on it, and watch its page faults.
 *
 *     char error[SF_ERROR_SIZE];
 *     struct sf_options options = {.program = "hello.exe", .dll_path = "/usr/lib/softfault"};
 *     struct sf_machine *machine = sf_create(&options, error);
 *     sf_on_fault(machine, print_fault, NULL);
 *     if (sf_load(machine, error))
 *         status = sf_run(machine);
 *     sf_destroy(machine);
 *
 * This header stands alone.  Machines are independent of each other; one machine belongs to one host thread at a time.
 * The program writes to the host's stdout and stderr, and so does softfault's report of an unhandled exception. */
#ifndef SOFTFAULT_EMU_SOFTFAULT_H
#define SOFTFAULT_EMU_SOFTFAULT_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sf_machine;

enum { SF_ERROR_SIZE = 200 };

/* What sf_run() answers beside the program's exit code modulo 256. */
enum sf_exit {
    SF_EXIT_LIMIT = 124,     /* a time limit was reached */
    SF_EXIT_CANNOT = 125,    /* softfault could not do it */
    SF_EXIT_EXCEPTION = 126, /* the program died of an unhandled exception */
    SF_EXIT_BUGCHECK = 127,
};

/* Zero means the default of each field; strings are borrowed until sf_destroy(). */
struct sf_options {
    const char *program; /* host path of the PE file; its folder is the guest's C:\work, read-only */
    int argument_count;  /* of the program, after its name */
    char **arguments;
    const char *dll_path;    /* host folder with ntdll.dll, kernel32.dll, ... */
    uint64_t ram_bytes;      /* 64 MB */
    uint64_t pagefile_bytes; /* 128 MB */
    bool no_pae;             /* two-level page tables without no-execute */
    uint64_t seed;
    uint64_t time_limit_ns;      /* of virtual time; none */
    unsigned wall_limit_seconds; /* none */
};

/* One page fault, as it was resolved or refused.  Strings live as long as the machine. */
struct sf_fault {
    uint64_t time; /* virtual nanoseconds */
    uint64_t va, pc;
    const char *type;   /* "DemandZero", "CopyOnWrite", "AccessViolation", ... */
    const char *access; /* "read", "write" or "execute" */
    const char *vad;    /* "private", "image", "mapped", "shared", "system" or "none" */
    const char *module; /* of pc; NULL: none */
    uint64_t offset;    /* in the module */
    uint64_t pte_before, pte_after;
    uint32_t frame;  /* where resolved */
    uint32_t status; /* NTSTATUS; an error: the program gets an exception */
};

struct sf_counters {
    uint64_t time; /* virtual nanoseconds */
    uint64_t faults, demand_zero, copy_on_write, prototype, hard, access_violations;
    uint64_t pages_read, working_set_pages, private_pages, committed_pages;
};

/* => NULL: error says why, in one clause. */
struct sf_machine *sf_create(const struct sf_options *options, char error[SF_ERROR_SIZE]);

/* Call observe for every page fault; before sf_load(). */
void sf_on_fault(struct sf_machine *machine, void (*observe)(void *context, const struct sf_fault *fault),
                 void *context);

/* Map the program and make its first thread.  => false: error says why. */
bool sf_load(struct sf_machine *machine, char error[SF_ERROR_SIZE]);

/* Run to the end.  => the program's exit code modulo 256, or enum sf_exit. */
int sf_run(struct sf_machine *machine);

/* The program's whole exit code, after sf_run(). */
uint32_t sf_exit_code(const struct sf_machine *machine);

/* After sf_load(). */
void sf_query_counters(struct sf_machine *machine, struct sf_counters *ret_counters);

/* Copy guest memory as it stands, changing nothing.  => bytes copied before the first page that is not resident. */
uint64_t sf_peek(struct sf_machine *machine, uint64_t va, void *buffer, uint64_t length);

/* Does the whole memory model hold?  => NULL, or the first law that is broken. */
const char *sf_check(struct sf_machine *machine);

void sf_destroy(struct sf_machine *machine);

#ifdef __cplusplus
}
#endif

#endif
