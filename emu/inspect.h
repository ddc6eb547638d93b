/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect.h - views of a machine in the layout of the kernel debugger's commands (nt-reference 15.2).
 *
 * A view is an entry of a table (inspect.c): a name, what argument it takes, and a function that prints.  Views only
 * read (mm/inspect.h, the machine's own lists), so they may be printed at any moment. */
#ifndef SOFTFAULT_EMU_INSPECT_H
#define SOFTFAULT_EMU_INSPECT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct machine;
struct process;
struct mm;

enum { INSPECT_VIEWS_MAX = 64, INSPECT_ERROR_SIZE = 200 };

/* A view that was asked for. */
struct inspect_call {
    unsigned view; /* index in the table */
    bool has_argument;
    uint64_t argument;
};

/* Where the machine stops. */
enum inspect_moment {
    INSPECT_AT_EXIT,  /* the first process's last thread ends; its memory is still there */
    INSPECT_AT_EVENT, /* the number-th event of .events */
};

struct inspect_request {
    enum inspect_moment moment;
    unsigned events; /* bit mask of 1 << enum trace_kind: those that are counted */
    uint64_t number; /* 1 and up, as "n" in the trace */
    char asked[40];  /* the moment in the user's words, for messages */
    uint32_t pid;    /* whose memory; 0: that of the event's process, else the first one's */
    struct inspect_call calls[INSPECT_VIEWS_MAX];
    unsigned call_count;
};

/* "exit", "17", "exception:2".  => false: error says what is wrong, in one clause. */
bool inspect_parse_moment(struct inspect_request *request, const char *text, char error[INSPECT_ERROR_SIZE]);

/* The views that words name, "memusage", "pte" "0x401000": appended to the request.
 * => false: error says what is wrong, in one clause. */
bool inspect_parse_words(struct inspect_request *request, char *const *words, int count,
                         char error[INSPECT_ERROR_SIZE]);

/* The same for one view in one text, "pte 0x401000". */
bool inspect_parse_view(struct inspect_request *request, const char *text, char error[INSPECT_ERROR_SIZE]);

/* Run a machine that was made and not loaded yet, silently, up to the moment asked for; print the views.
 * => false: it never came, or an argument names nothing; error says so.  The machine is of no more use. */
bool inspect_run(struct machine *machine, const struct inspect_request *request, FILE *out,
                 char error[INSPECT_ERROR_SIZE]);

/* Print one view of a machine that is loaded; process NULL: its first.  => false: error says why not. */
bool inspect_print(struct machine *machine, const struct process *process, const struct inspect_call *call, FILE *out,
                   char error[INSPECT_ERROR_SIZE]);

/* --- Inside: the views ---------------------------------------------------------------------------------------- */

struct inspect {
    const struct machine *machine;
    const struct mm *mm;
    const struct process *process;
    uint32_t space;  /* mm_process */
    unsigned digits; /* of an address: 8 or 16 */
    FILE *out;
    char *error; /* INSPECT_ERROR_SIZE: set where false is returned */
};

/* call->argument where the view takes one.  => false: it names nothing. */
typedef bool inspect_fn(const struct inspect *inspect, const struct inspect_call *call);
inspect_fn inspect_pte, inspect_pfn, inspect_memusage, inspect_vm, inspect_vad, inspect_wsle, inspect_address,
    inspect_ca, inspect_filecache;

/* "READWRITE", "EXECUTE_WRITECOPY", "READWRITE GUARD" as !vad shows a protection. */
const char *inspect_protection(unsigned protection, char text[48]);

/* A name that the guest had a say in, safe to print. */
const char *inspect_file_name(const struct inspect *inspect, uint32_t file, char text[128]);
const char *inspect_process_name(const struct inspect *inspect, const struct process *process, char text[128]);

#endif
