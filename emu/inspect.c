/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect.c - stop a machine at a moment and print views of it.
 *
 * The moment is found with a trace of our own that prints nothing and counts: events have the same numbers as in
 * "softfault trace" with the same --events.  The views are printed right there; then the machine is over. */
#include "emu/inspect.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emu/machine_internal.h"
#include "emu/trace/trace_internal.h"
#include "mm/inspect.h"

enum argument { ARGUMENT_NONE, ARGUMENT_MAY, ARGUMENT_MUST };

static const struct view {
    const char *name;
    enum argument argument;
    const char *what; /* the argument is */
    inspect_fn *print;
} views[] = {
    {"pte", ARGUMENT_MUST, "an address, such as 0x401000", inspect_pte},
    {"pfn", ARGUMENT_MUST, "the number of a frame, such as 0x154", inspect_pfn},
    {"memusage", ARGUMENT_NONE, NULL, inspect_memusage},
    {"vm", ARGUMENT_NONE, NULL, inspect_vm},
    {"vad", ARGUMENT_MAY, "an address, such as 0x401000", inspect_vad},
    {"wsle", ARGUMENT_NONE, NULL, inspect_wsle},
    {"ca", ARGUMENT_MAY, "a control area's address, as memusage shows it", inspect_ca},
    {"filecache", ARGUMENT_NONE, NULL, inspect_filecache},
    {"address", ARGUMENT_MAY, "an address, such as 0x401000", inspect_address},
};
enum { VIEW_COUNT = sizeof views / sizeof *views };

/* --- Words ----------------------------------------------------------------------------------------------------- */

static bool parse_number(const char *text, uint64_t *ret_value)
{
    char *rest;

    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    *ret_value = strtoull(text, &rest, 0);
    return errno == 0 && *rest == 0;
}

bool inspect_parse_moment(struct inspect_request *request, const char *text, char error[INSPECT_ERROR_SIZE])
{
    const char *colon = strchr(text, ':'), *number = colon ? colon + 1 : text, *bad;
    char kind[32];

    if (strcmp(text, "exit") == 0) {
        request->moment = INSPECT_AT_EXIT;
        return true;
    }
    if (colon) {
        snprintf(kind, sizeof kind, "%.*s", (int)(colon - text < 31 ? colon - text : 31), text);
        if (strchr(kind, ',') || !trace_parse_events(kind, &request->events, &bad)) {
            snprintf(error, INSPECT_ERROR_SIZE, "--at %.60s: \"%.40s\" is no event; softfault --help lists them", text,
                     kind);
            return false;
        }
    }
    if (!parse_number(number, &request->number) || request->number == 0) {
        snprintf(error, INSPECT_ERROR_SIZE,
                 "--at %.60s: give exit, an event's number such as 17, or its kind and number such as exception:1",
                 text);
        return false;
    }
    request->moment = INSPECT_AT_EVENT;
    snprintf(request->asked, sizeof request->asked, "%s", text);
    return true;
}

static const struct view *find_view(const char *word)
{
    for (unsigned i = 0; i < VIEW_COUNT; i++)
        if (strcmp(views[i].name, word) == 0)
            return &views[i];
    return NULL;
}

static bool no_such_view(const char *word, char error[INSPECT_ERROR_SIZE])
{
    int used = snprintf(error, INSPECT_ERROR_SIZE, "\"%.40s\" is no view; there are", word);
    for (unsigned i = 0; i < VIEW_COUNT; i++)
        used += snprintf(error + used, (size_t)(INSPECT_ERROR_SIZE - used), "%s %s",
                         i == 0               ? ""
                         : i + 1 < VIEW_COUNT ? ","
                                              : " and",
                         views[i].name);
    return false;
}

bool inspect_parse_words(struct inspect_request *request, char *const *words, int count, char error[INSPECT_ERROR_SIZE])
{
    for (int i = 0; i < count; i++) {
        const struct view *view = find_view(words[i]);
        if (!view)
            return no_such_view(words[i], error);
        if (request->call_count == INSPECT_VIEWS_MAX) {
            snprintf(error, INSPECT_ERROR_SIZE, "%s: at most %d views can be printed", words[i], INSPECT_VIEWS_MAX);
            return false;
        }
        struct inspect_call call = {.view = (unsigned)(view - views)};
        const char *word = i + 1 < count ? words[i + 1] : NULL;
        if (view->argument != ARGUMENT_NONE && word && !find_view(word)) {
            call.has_argument = parse_number(word, &call.argument);
            i++;
        }
        if (!call.has_argument &&
            (view->argument == ARGUMENT_MUST || (view->argument == ARGUMENT_MAY && words[i] == word))) {
            snprintf(error, INSPECT_ERROR_SIZE, "%s%s%.60s: the argument must be %s", view->name, word ? " " : "",
                     word ? word : "", view->what);
            return false;
        }
        request->calls[request->call_count++] = call;
    }
    return true;
}

bool inspect_parse_view(struct inspect_request *request, const char *text, char error[INSPECT_ERROR_SIZE])
{
    enum { WORDS_MAX = 3 };
    char copy[128], *words[WORDS_MAX], *rest;
    int count = 0;

    snprintf(copy, sizeof copy, "%s", text);
    for (char *word = strtok_r(copy, " \t", &rest); word && count < WORDS_MAX; word = strtok_r(NULL, " \t", &rest))
        words[count++] = word;
    if (count == 0)
        return no_such_view("", error);
    if (count == WORDS_MAX || strlen(text) >= sizeof copy) {
        snprintf(error, INSPECT_ERROR_SIZE, "%.60s: one view and one argument at most; give --view again", text);
        return false;
    }
    return inspect_parse_words(request, words, count, error);
}

/* --- Printing -------------------------------------------------------------------------------------------------- */

bool inspect_print(struct machine *machine, const struct process *process, const struct inspect_call *call, FILE *out,
                   char error[INSPECT_ERROR_SIZE])
{
    if (!process)
        process = machine->main_process;
    mm_process space = !process                             ? 0
                       : process == machine->daemons.system ? mm_system_process(machine->mm)
                                                            : process->space;
    if (!space) {
        snprintf(error, INSPECT_ERROR_SIZE, "there is no process yet");
        return false;
    }
    struct inspect inspect = {.machine = machine,
                              .mm = machine->mm,
                              .process = process,
                              .space = space,
                              .digits = machine->paging == PAGING_X64 ? 16 : 8,
                              .out = out,
                              .error = error};
    return views[call->view].print(&inspect, call);
}

const char *inspect_protection(unsigned protection, char text[48])
{
    static const char *const names[] = {"NO_ACCESS", "READONLY",  "EXECUTE",           "EXECUTE_READ",
                                        "READWRITE", "WRITECOPY", "EXECUTE_READWRITE", "EXECUTE_WRITECOPY"};
    static const char *const modifiers[] = {"", " NOCACHE", " GUARD", " WRITECOMBINE"};
    unsigned access = protection & MM_PROTECT_ACCESS_MASK;

    snprintf(text, 48, "%s%s", names[access], access ? modifiers[protection >> 3 & 3] : "");
    return text;
}

const char *inspect_file_name(const struct inspect *inspect, uint32_t file, char text[128])
{
    const char *name = machine_file_name(inspect->machine, file);
    return name ? trace_clean(name, text) : "?";
}

const char *inspect_process_name(const struct inspect *inspect, const struct process *process, char text[128])
{
    return trace_clean(process_name(inspect->machine, process), text);
}

/* --- Stopping -------------------------------------------------------------------------------------------------- */

struct stop {
    struct trace trace; /* first: the view finds us by it */
    struct machine *machine;
    const struct inspect_request *request;
    FILE *out;
    char *error;
    uint64_t seen;
    enum { STOP_WAITS, STOP_DUE, STOP_PRINTED, STOP_FAILED } state;
};

static const struct process *whose(const struct stop *stop, uint32_t pid)
{
    const struct process *process = pid ? process_of_id(stop->machine, pid) : NULL;
    return process && process->space && !process->cleaned ? process : stop->machine->main_process;
}

static void print_all(struct stop *stop, const struct trace_event *event)
{
    const struct inspect_request *request = stop->request;
    const struct process *process = whose(stop, !event ? 0 : event->target ? event->target : event->pid);

    stop->state = STOP_PRINTED;
    const struct process *system = stop->machine->daemons.system;
    if (request->pid)
        process = system && request->pid == system->id ? system : process_of_id(stop->machine, request->pid);
    if (!process || (!process->space && process != system) || process->cleaned) {
        if (request->pid)
            snprintf(stop->error, INSPECT_ERROR_SIZE, "--pid %u: there is no process of that number then",
                     request->pid);
        else
            snprintf(stop->error, INSPECT_ERROR_SIZE, "the process has ended then; choose another with --pid");
        stop->state = STOP_FAILED;
    }
    for (unsigned i = 0; i < request->call_count && stop->state == STOP_PRINTED; i++) {
        if (i > 0)
            fputc('\n', stop->out);
        if (!inspect_print(stop->machine, process, &request->calls[i], stop->out, stop->error))
            stop->state = STOP_FAILED;
    }
}

/* Does the first process end here? */
static bool is_exit(const struct stop *stop, const struct trace_event *event)
{
    const struct process *first = stop->machine->main_process;
    return event->kind == TRACE_THREAD && strcmp(event->what, "exit") == 0 && first && first->id == event->pid &&
           first->thread_count == 1;
}

static void on_event(struct trace *trace, const struct trace_event *event)
{
    struct stop *stop = (struct stop *)(void *)trace;
    const struct inspect_request *request = stop->request;
    struct machine *machine = stop->machine;

    stop->seen += request->events >> event->kind & 1;
    if (stop->state == STOP_WAITS &&
        (request->moment == INSPECT_AT_EXIT ? is_exit(stop, event) : stop->seen == request->number))
        stop->state = STOP_DUE;
    /* Events before there is a process: its first moment. */
    if (stop->state != STOP_DUE || !machine->mm || !machine->main_process || !machine->main_process->space)
        return;
    print_all(stop, event);
    machine_end(machine, 0);
    if (machine->cpu)
        cpu_request_stop(machine->cpu);
}

static void view_nothing(struct trace *trace)
{
}

static const struct trace_view counting_view = {view_nothing, on_event, view_nothing};

bool inspect_run(struct machine *machine, const struct inspect_request *request, FILE *out,
                 char error[INSPECT_ERROR_SIZE])
{
    struct stop stop = {.machine = machine, .request = request, .out = out, .error = error};
    unsigned extra = request->moment == INSPECT_AT_EXIT ? 1u << TRACE_THREAD : 0;

    stop.trace.view = &counting_view;
    stop.trace.head.events = request->events | extra;
    machine_set_trace(machine, &stop.trace);
    bool loaded = machine_load(machine, error);
    int status = loaded && stop.state == STOP_WAITS ? machine_run(machine) : 0;
    if (loaded && request->moment == INSPECT_AT_EXIT && stop.state == STOP_WAITS && status != MACHINE_EXIT_CANNOT)
        print_all(&stop, NULL); /* a limit or a bug check came first */
    machine_set_trace(machine, NULL);
    trace_totals_free(&stop.trace.totals);
    if (loaded && stop.state == STOP_WAITS)
        snprintf(error, INSPECT_ERROR_SIZE, "--at %s: the program ended after event %" PRIu64, request->asked,
                 stop.seen);
    return stop.state == STOP_PRINTED;
}
