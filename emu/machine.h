/* SPDX-License-Identifier: GPL-2.0-or-later */
/* machine.h - the machine as the command line and the tests use it.
 *
 * One struct machine owns everything: guest RAM, memory manager, CPU, clock, objects, the process and its thread.
 * Several machines can live in one host process.  What the parts share among themselves is in machine_internal.h. */
#ifndef SOFTFAULT_EMU_MACHINE_H
#define SOFTFAULT_EMU_MACHINE_H

#include <stdio.h>

#include "emu/host_file.h"
#include "emu/inject.h"
#include "emu/trace/trace.h"
#include "mm/mm.h"

struct machine;

/* softfault's own exit statuses; a program's exit code comes modulo 256. */
enum machine_exit {
    MACHINE_EXIT_LIMIT = 124,     /* --time-limit or --wall-limit reached */
    MACHINE_EXIT_CANNOT = 125,    /* softfault could not do it: one clear line on stderr */
    MACHINE_EXIT_EXCEPTION = 126, /* the program died of an unhandled exception: report on stderr */
    MACHINE_EXIT_BUGCHECK = 127,
};

/* A folder of the host that the guest sees. */
struct machine_dir {
    const char *guest; /* "D:" or "C:\\data" */
    const char *host;
    enum host_mode mode;
};

/* Data execution prevention: which programs' data cannot be executed (nt-reference 6.4).  64-bit programs' never can,
 * and with x86 paging everything can.  The values follow KUSER_SHARED_DATA.NXSupportPolicy, but for the default. */
enum machine_dep {
    MACHINE_DEP_DEFAULT, /* MACHINE_DEP_OPTOUT */
    MACHINE_DEP_ALWAYS_OFF,
    MACHINE_DEP_ALWAYS_ON,
    MACHINE_DEP_OPT_IN,  /* system programs alone */
    MACHINE_DEP_OPT_OUT, /* all that did not opt out */
};

enum { MACHINE_DIRS_MAX = 32, MACHINE_PAGEFILES_MAX = 16, MACHINE_ERROR_SIZE = 200 };

/* A page file: how large it is at first, and may become. */
struct machine_pagefile {
    uint64_t bytes, most; /* 1 MB to 4095 MB */
};

/* All strings are borrowed until machine_destroy(). */
struct machine_options {
    uint64_t ram_bytes;                                       /* 0: 64 MB */
    struct machine_pagefile pagefiles[MACHINE_PAGEFILES_MAX]; /* the command line's default is one of 128 MB */
    unsigned pagefile_count;
    enum mm_replacement replacement;
    struct inject_options inject;
    bool paging_auto; /* pae for PE32, x64 for PE32+; otherwise .paging */
    enum paging_format paging;
    uint64_t seed;
    const char *dll_path; /* host folder with ntdll.dll, kernel32.dll, ...: the guest's system32.  PE32+ programs
                           * take its subfolder x64 where that has an ntdll.dll. */
    const struct machine_dir *dirs; /* in addition to C:\work and C:\WINDOWS\system32 */
    unsigned dir_count;             /* <= MACHINE_DIRS_MAX */
    uint64_t time_limit_ns;         /* virtual; 0: none */
    unsigned wall_limit_seconds;    /* 0: none */
    bool show_stats;
    enum machine_dep dep;
    bool check; /* mm_check() after every service, fault, transfer and step of a system thread; a broken law ends the
                 * run with MACHINE_EXIT_CANNOT */
    uint64_t check_moves; /* only where so many frames or more went from one list or state to another since the last */
    const char *program;  /* host path of the EXE; its folder is the guest's C:\work */
    int argc;             /* guest arguments after the program's name */
    char **argv;
};

/* The parts that need no program yet.  => NULL: error says why, in one clause. */
struct machine *machine_create(const struct machine_options *options, char error[MACHINE_ERROR_SIZE]);
void machine_destroy(struct machine *machine);

/* Events go to trace from now on (borrowed; NULL: none).  Before machine_load(), so that it sees the images. */
void machine_set_trace(struct machine *machine, struct trace *trace);

/* The paging that a program runs with.  => false: *ret_why it cannot, "a 64-bit program, which ...". */
struct image_info;
bool machine_choose_paging(const struct machine_options *options, const struct image_info *info,
                           enum paging_format *ret_paging, const char **ret_why);

/* Open program and ntdll, make the process and its first thread.  => false: error says why, in one clause. */
bool machine_load(struct machine *machine, char error[MACHINE_ERROR_SIZE]);

/* Run until the program is over.  => the exit status of softfault (enum machine_exit or the guest's code). */
int machine_run(struct machine *machine);

struct mm *machine_mm(struct machine *machine);

/* The whole exit code of the program (32 bits), meaningful after machine_run(). */
uint32_t machine_exit_code(const struct machine *machine);

/* Virtual time and counters, human readable (--stats). */
void machine_print_stats(struct machine *machine, FILE *out);

#endif
