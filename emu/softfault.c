/* SPDX-License-Identifier: GPL-2.0-or-later */
/* softfault.c - the library's face: machine.h in terms that need no other header.
 *
 * Events reach the caller as a view of the trace (trace/trace_internal.h) that prints nothing and calls back. */
#define _GNU_SOURCE /* dladdr */
#include "emu/softfault.h"

#include <assert.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/inspect.h"
#include "emu/machine_internal.h"
#include "emu/public.h"
#include "emu/trace/trace_internal.h"

#ifndef SOFTFAULT_DLL_FOLDER /* where they are installed */
#define SOFTFAULT_DLL_FOLDER ""
#endif

#define DEFAULT_PAGEFILE (128ull << 20)

static_assert((int)SF_ERROR_SIZE == (int)MACHINE_ERROR_SIZE, "errors pass through");
static_assert((int)SF_ERROR_SIZE == (int)INSPECT_ERROR_SIZE, "these too");
static_assert((int)SF_EXIT_LIMIT == (int)MACHINE_EXIT_LIMIT && (int)SF_EXIT_BUGCHECK == (int)MACHINE_EXIT_BUGCHECK,
              "exit statuses pass through");
static_assert((int)SF_EVENT_FAULT == (int)TRACE_FAULT && (int)SF_EVENT_EXCEPTION == (int)TRACE_EXCEPTION &&
                  (int)SF_EVENT_BUGCHECK == (int)TRACE_BUGCHECK && (int)SF_EVENT_TRIM == (int)TRACE_TRIM &&
                  (int)SF_EVENT_STATE == (int)TRACE_STATE && (int)SF_EVENT_KINDS == (int)TRACE_KIND_COUNT,
              "event kinds pass through");

enum progress { MADE, LOADED, RUN };

struct sf_machine {
    struct trace trace; /* first: the view finds us by it */
    struct machine *machine;
    struct machine_dir dirs[MACHINE_DIRS_MAX];
    char dll_folder[PATH_MAX];
    enum progress progress;
    sf_event_fn *observe;
    void *context;
};

/* --- Making ------------------------------------------------------------------------------------------------ */

/* Beside this library: a tree that was installed and then moved is found too. */
static bool find_beside_library(char folder[PATH_MAX])
{
    Dl_info library;
    void *self;
    struct sf_machine *(*function)(const struct sf_options *, char *) = sf_machine_create;
    memcpy(&self, &function, sizeof self);
    if (!dladdr(self, &library) || !library.dli_fname)
        return false;
    const char *slash = strrchr(library.dli_fname, '/');
    size_t length = slash ? (size_t)(slash - library.dli_fname) : 0;
    return slash && snprintf(folder, PATH_MAX, "%.*s/softfault", (int)length, library.dli_fname) < PATH_MAX &&
           access(folder, R_OK | X_OK) == 0;
}

static const char *default_dlls(struct sf_machine *machine)
{
    if (find_beside_library(machine->dll_folder))
        return machine->dll_folder;
    return SOFTFAULT_DLL_FOLDER[0] ? SOFTFAULT_DLL_FOLDER : NULL;
}

static bool set_paging(struct machine_options *inner, enum sf_paging paging)
{
    switch (paging) {
    case SF_PAGING_DEFAULT: inner->paging_auto = true; return true;
    case SF_PAGING_X86: inner->paging = PAGING_X86; return true;
    case SF_PAGING_PAE: inner->paging = PAGING_PAE; return true;
    case SF_PAGING_X64: inner->paging = PAGING_X64; return true;
    }
    return false;
}

static const char *translate(struct sf_machine *machine, const struct sf_options *options,
                             struct machine_options *ret_inner)
{
    if (!options->program)
        return "no program given";
    if (options->argument_count < 0 || (options->argument_count > 0 && !options->arguments))
        return "bad arguments for the program";
    if (options->folder_count > MACHINE_DIRS_MAX || (options->folder_count > 0 && !options->folders))
        return "too many folders";
    for (unsigned i = 0; i < options->folder_count; i++) {
        const struct sf_folder *folder = &options->folders[i];
        machine->dirs[i] =
            (struct machine_dir){folder->guest, folder->host, folder->writable ? HOST_WRITABLE : HOST_PRIVATE};
    }
    uint64_t pagefile = options->pagefile_bytes ? options->pagefile_bytes : DEFAULT_PAGEFILE;
    *ret_inner = (struct machine_options){
        .ram_bytes = options->ram_bytes,
        .pagefiles = {{pagefile, pagefile}},
        .pagefile_count = 1,
        .seed = options->seed,
        .dll_path = options->dll_path ? options->dll_path : default_dlls(machine),
        .dirs = machine->dirs,
        .dir_count = options->folder_count,
        .time_limit_ns = options->time_limit_ns,
        .wall_limit_seconds = options->wall_limit_seconds,
        .program = options->program,
        .argc = options->argument_count,
        .argv = options->arguments,
    };
    return set_paging(ret_inner, options->paging) ? NULL : "no such paging";
}

struct sf_machine *sf_machine_create(const struct sf_options *options, char error[SF_ERROR_SIZE])
{
    struct sf_machine *machine = calloc(1, sizeof *machine);
    struct sf_options known;
    struct machine_options inner;
    const char *why = !machine                                      ? "no memory"
                      : !public_take(&known, sizeof known, options) ? "the options have no size"
                                                                    : translate(machine, &known, &inner);
    if (why)
        snprintf(error, SF_ERROR_SIZE, "%s", why);
    else
        machine->machine = machine_create(&inner, error);
    if (machine && machine->machine)
        return machine;
    free(machine);
    return NULL;
}

void sf_machine_destroy(struct sf_machine *machine)
{
    if (!machine)
        return;
    machine_destroy(machine->machine);
    trace_totals_free(&machine->trace.totals);
    free(machine);
}

/* --- Events ------------------------------------------------------------------------------------------------ */

static struct sf_place public_place(const struct trace_place *place)
{
    return (struct sf_place){place->va, place->module, place->offset, place->symbol, place->symbol_offset};
}

static void view_nothing(struct trace *trace)
{
}

static void view_event(struct trace *trace, const struct trace_event *event)
{
    struct sf_machine *machine = (struct sf_machine *)(void *)trace;
    struct sf_fault fault;
    struct sf_event out = {
        .kind = (enum sf_event_kind)event->kind,
        .time = event->time,
        .pid = event->pid,
        .tid = event->tid,
        .pc = public_place(&event->pc),
        .address = public_place(&event->address),
        .what = event->what,
        .name = event->name,
        .size = event->size,
        .type = event->type,
        .protect = event->protect,
        .old_protect = event->old_protect,
        .status = event->status,
        .information_count = event->parameter_count,
    };
    memcpy(out.information, event->information, sizeof out.information);
    if (event->fault) {
        public_fault(event->fault, event->pc.va, &fault);
        fault.time = event->time;
        fault.module = event->pc.module;
        fault.offset = event->pc.offset;
        out.fault = &fault;
        out.status = fault.status;
    }
    machine->observe(machine->context, &out);
}

static const struct trace_view event_view = {view_nothing, view_event, view_nothing};

void sf_machine_on_event(struct sf_machine *machine, unsigned events, sf_event_fn *observe, void *context)
{
    machine->observe = observe;
    machine->context = context;
    machine->trace.view = &event_view;
    machine->trace.head.events = events & (SF_EVENT_BIT(SF_EVENT_KINDS) - 1);
    machine_set_trace(machine->machine, observe ? &machine->trace : NULL);
}

/* --- Running ----------------------------------------------------------------------------------------------- */

bool sf_machine_load(struct sf_machine *machine, char error[SF_ERROR_SIZE])
{
    if (machine->progress != MADE) {
        snprintf(error, SF_ERROR_SIZE, "loaded before");
        return false;
    }
    machine->progress = RUN; /* a load that failed cannot be repeated */
    if (!machine_load(machine->machine, error))
        return false;
    machine->progress = LOADED;
    return true;
}

int sf_machine_run(struct sf_machine *machine)
{
    if (machine->progress != LOADED)
        return SF_EXIT_CANNOT;
    machine->progress = RUN;
    return machine_run(machine->machine);
}

uint32_t sf_machine_exit_code(const struct sf_machine *machine)
{
    return machine_exit_code(machine->machine);
}

/* --- Inspecting -------------------------------------------------------------------------------------------- */

/* NULL: there is no address space, or no such address in it. */
static struct mm *space_of(const struct sf_machine *machine, va_t va, mm_process *ret_process)
{
    const struct process *first = machine->machine->main_process;
    *ret_process = first ? first->space : 0;
    bool exists = machine->machine->paging == PAGING_X64 || va <= UINT32_MAX;
    return *ret_process && exists ? machine->machine->mm : NULL;
}

bool sf_machine_query_counters(struct sf_machine *machine, struct sf_counters *ret_counters)
{
    mm_process process;
    struct mm *mm = space_of(machine, 0, &process);
    return mm && public_counters(mm, process, machine->machine->clock.now, ret_counters);
}

size_t sf_machine_peek(struct sf_machine *machine, uint64_t va, void *buffer, size_t length)
{
    mm_process process;
    struct mm *mm = space_of(machine, va, &process);
    return mm ? mm_peek(mm, process, va, buffer, length) : 0;
}

bool sf_machine_query_region(struct sf_machine *machine, uint64_t va, struct sf_region *ret_region)
{
    mm_process process;
    struct mm_region region;
    struct mm *mm = space_of(machine, va, &process);
    return mm && mm_query(mm, process, va, &region) == STATUS_SUCCESS && public_region(&region, ret_region);
}

bool sf_machine_query_pte(struct sf_machine *machine, uint64_t va, uint64_t *ret_pte)
{
    mm_process process;
    mmpte_t pte;
    struct mm *mm = space_of(machine, va, &process);
    if (!mm || !mm_peek_pte(mm, process, va, &pte))
        return false;
    *ret_pte = pte.raw;
    return true;
}

bool sf_machine_inspect(struct sf_machine *machine, const char *view, sf_write_fn *write, void *context,
                        char error[SF_ERROR_SIZE])
{
    struct inspect_request request = {0};
    char *text = NULL;
    size_t length = 0;

    if (!inspect_parse_view(&request, view, error))
        return false;
    FILE *out = open_memstream(&text, &length);
    bool good = out && inspect_print(machine->machine, NULL, &request.calls[0], out, error);
    bool whole = out && fclose(out) == 0;
    if (!whole)
        snprintf(error, SF_ERROR_SIZE, "no memory");
    if (good && whole)
        write(context, text, length);
    free(text);
    return good && whole;
}

const char *sf_machine_check(struct sf_machine *machine)
{
    return machine->machine->mm ? mm_check(machine->machine->mm) : NULL;
}

struct mm *sf_mm(struct sf_machine *machine)
{
    return machine->machine->mm;
}
