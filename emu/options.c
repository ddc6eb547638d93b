/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options.c - the command line.
 *
 * softfault COMMAND [OPTION...] PROGRAM [ARGUMENT...]: popt stops at the first word that is no option, so that the
 * program's own options are never ours, but for "softfault inspect PROGRAM --at MOMENT VIEW [ARGUMENT]...", which is
 * accepted where no view was asked for before the program.  The first mistake ends the parse with one line that names
 * it. */
#include "emu/options.h"

#include <errno.h>
#include <inttypes.h>
#include <popt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum option {
    OPTION_RAM = 1,
    OPTION_PAGEFILE,
    OPTION_PAGING,
    OPTION_SEED,
    OPTION_DIR,
    OPTION_DLL_PATH,
    OPTION_TIME_LIMIT,
    OPTION_WALL_LIMIT,
    OPTION_STATS,
    OPTION_DEP,
    OPTION_CHECK,
    OPTION_CHECK_EVERY,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_REPLACEMENT,
    OPTION_INJECT,
    OPTION_FORMAT, /* from here on: not for all commands */
    OPTION_OUTPUT,
    OPTION_EVENTS,
    OPTION_AT,
    OPTION_PID,
    OPTION_VIEW,
    OPTION_3GB, /* from here on: not there yet */
    OPTION_USERVA,
    OPTION_FIRST_LATER = OPTION_3GB,
};

static const struct poptOption table[] = {
    {"ram", 0, POPT_ARG_STRING, NULL, OPTION_RAM, NULL, NULL},
    {"pagefile", 0, POPT_ARG_STRING, NULL, OPTION_PAGEFILE, NULL, NULL},
    {"paging", 0, POPT_ARG_STRING, NULL, OPTION_PAGING, NULL, NULL},
    {"seed", 0, POPT_ARG_STRING, NULL, OPTION_SEED, NULL, NULL},
    {"dir", 0, POPT_ARG_STRING, NULL, OPTION_DIR, NULL, NULL},
    {"dll-path", 0, POPT_ARG_STRING, NULL, OPTION_DLL_PATH, NULL, NULL},
    {"time-limit", 0, POPT_ARG_STRING, NULL, OPTION_TIME_LIMIT, NULL, NULL},
    {"wall-limit", 0, POPT_ARG_STRING, NULL, OPTION_WALL_LIMIT, NULL, NULL},
    {"stats", 0, POPT_ARG_NONE, NULL, OPTION_STATS, NULL, NULL},
    {"dep", 0, POPT_ARG_STRING, NULL, OPTION_DEP, NULL, NULL},
    {"replacement", 0, POPT_ARG_STRING, NULL, OPTION_REPLACEMENT, NULL, NULL},
    {"inject", 0, POPT_ARG_STRING, NULL, OPTION_INJECT, NULL, NULL},
    {"check", 0, POPT_ARG_NONE, NULL, OPTION_CHECK, NULL, NULL},
    {"check-every", 0, POPT_ARG_STRING, NULL, OPTION_CHECK_EVERY, NULL, NULL},
    {"help", 'h', POPT_ARG_NONE, NULL, OPTION_HELP, NULL, NULL},
    {"version", 0, POPT_ARG_NONE, NULL, OPTION_VERSION, NULL, NULL},
    {"format", 0, POPT_ARG_STRING, NULL, OPTION_FORMAT, NULL, NULL},
    {"output", 'o', POPT_ARG_STRING, NULL, OPTION_OUTPUT, NULL, NULL},
    {"events", 0, POPT_ARG_STRING, NULL, OPTION_EVENTS, NULL, NULL},
    {"at", 0, POPT_ARG_STRING, NULL, OPTION_AT, NULL, NULL},
    {"pid", 0, POPT_ARG_STRING, NULL, OPTION_PID, NULL, NULL},
    {"view", 0, POPT_ARG_STRING, NULL, OPTION_VIEW, NULL, NULL},
    {"3gb", 0, POPT_ARG_NONE, NULL, OPTION_3GB, NULL, NULL},
    {"userva", 0, POPT_ARG_STRING, NULL, OPTION_USERVA, NULL, NULL},
    POPT_TABLEEND,
};

static const char *option_name(enum option option)
{
    for (const struct poptOption *entry = table; entry->longName; entry++) {
        if (entry->val == (int)option)
            return entry->longName;
    }
    return "?";
}

__attribute__((format(printf, 2, 3))) static bool bad(struct options *options, const char *format, ...)
{
    va_list arguments;

    options->command = OPTIONS_BAD;
    va_start(arguments, format);
    vsnprintf(options->error, sizeof(options->error), format, arguments);
    va_end(arguments);
    return false;
}

/* Keep a string that the fields borrow. */
static char *keep(struct options *options, char *string)
{
    if (string && options->string_count < sizeof(options->strings) / sizeof(options->strings[0]))
        options->strings[options->string_count++] = string;
    return string;
}

/* A number with nothing behind it but *ret_rest. */
static bool parse_number(const char *text, uint64_t *ret_value, const char **ret_rest)
{
    char *rest;

    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    *ret_value = strtoull(text, &rest, 0);
    *ret_rest = rest;
    return errno == 0;
}

static bool parse_size(const char *text, uint64_t *ret_bytes)
{
    static const char suffixes[] = "kKmMgGtT";
    const char *rest, *suffix;
    uint64_t value;

    if (!parse_number(text, &value, &rest))
        return false;
    suffix = *rest ? strchr(suffixes, *rest) : NULL;
    unsigned shift = suffix ? 10 * (unsigned)((suffix - suffixes) / 2 + 1) : 0;
    if ((*rest && !suffix) || (suffix && rest[1]) || value > UINT64_MAX >> 20 >> shift)
        return false;
    *ret_bytes = value << shift;
    return true;
}

static bool take_ram(struct options *options, const char *text)
{
    uint64_t bytes;

    if (!parse_size(text, &bytes) || bytes < 4ull << 20 || bytes > 1ull << 40)
        return bad(options, "--ram %s: give a size from 4M to 1T, such as 64M", text);
    if (bytes % 4096)
        return bad(options, "--ram %s: give a multiple of the page size, 4K", text);
    options->machine.ram_bytes = bytes;
    return true;
}

/* SIZE or SIZE,MAX; the first one given replaces the default, further ones are further page files. */
static bool take_pagefile(struct options *options, const char *text)
{
    const uint64_t most = 4095ull << 20, least = 1ull << 20;
    const char *comma = strchr(text, ',');
    char first[32];
    struct machine_pagefile file;
    size_t length = comma ? (size_t)(comma - text) : strlen(text);

    if (length >= sizeof first)
        length = sizeof first - 1;
    memcpy(first, text, length);
    first[length] = '\0';
    bool good = parse_size(first, &file.bytes) && file.bytes <= most && (file.bytes == 0 || file.bytes >= least);
    file.most = file.bytes;
    if (good && comma)
        good = parse_size(comma + 1, &file.most) && file.most >= file.bytes && file.most <= most && file.bytes;
    if (!good)
        return bad(options,
                   "--pagefile %s: give a size from 1M to 4095M, or 0 for none; or the first size and the largest, "
                   "such as 16M,128M",
                   text);
    if (options->pagefile_given && (options->machine.pagefile_count == 0) != (file.bytes == 0))
        return bad(options, "--pagefile %s: 0 means none, and another --pagefile gives one: leave one of them out",
                   text);
    if (!options->pagefile_given)
        options->machine.pagefile_count = 0;
    options->pagefile_given = true;
    if (file.bytes == 0)
        return true;
    if (options->machine.pagefile_count == MACHINE_PAGEFILES_MAX)
        return bad(options, "--pagefile %s: there can be 16 page files, no more", text);
    options->machine.pagefiles[options->machine.pagefile_count++] = file;
    return true;
}

static bool take_replacement(struct options *options, const char *text)
{
    if (strcmp(text, "aged") == 0)
        options->machine.replacement = MM_REPLACE_AGED;
    else if (strcmp(text, "fifo") == 0)
        options->machine.replacement = MM_REPLACE_FIFO;
    else
        return bad(options, "--replacement %s: give aged or fifo", text);
    return true;
}

static bool take_paging(struct options *options, const char *text)
{
    options->machine.paging_auto = false;
    if (strcmp(text, "x86") == 0)
        options->machine.paging = PAGING_X86;
    else if (strcmp(text, "pae") == 0)
        options->machine.paging = PAGING_PAE;
    else if (strcmp(text, "x64") == 0)
        options->machine.paging = PAGING_X64;
    else
        return bad(options, "--paging %s: give x86, pae or x64", text);
    return true;
}

static bool take_dep(struct options *options, const char *text)
{
    static const struct {
        const char *name;
        enum machine_dep dep;
    } policies[] = {{"optin", MACHINE_DEP_OPT_IN},
                    {"optout", MACHINE_DEP_OPT_OUT},
                    {"alwayson", MACHINE_DEP_ALWAYS_ON},
                    {"alwaysoff", MACHINE_DEP_ALWAYS_OFF}};
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        if (strcmp(text, policies[i].name) != 0)
            continue;
        options->machine.dep = policies[i].dep;
        return true;
    }
    return bad(options, "--dep %s: give optin, optout, alwayson or alwaysoff", text);
}

static bool take_seed(struct options *options, const char *text)
{
    const char *rest;

    if (!parse_number(text, &options->machine.seed, &rest) || *rest)
        return bad(options, "--seed %s: give a number", text);
    return true;
}

static bool is_folder(const char *path)
{
    struct stat entry;

    return stat(path, &entry) == 0 && S_ISDIR(entry.st_mode);
}

static bool is_guest_folder(const char *name)
{
    bool drive = ((name[0] | 0x20) >= 'a' && (name[0] | 0x20) <= 'z') && name[1] == ':';
    return drive && (name[2] == 0 || name[2] == '\\');
}

/* HOST[:rw|:ro]: the ending goes. */
static enum host_mode take_mode(char *host)
{
    size_t length = strlen(host);
    enum host_mode mode = HOST_PRIVATE;

    if (length > 3 && strcmp(host + length - 3, ":rw") == 0)
        mode = HOST_WRITABLE;
    else if (length > 3 && strcmp(host + length - 3, ":ro") == 0)
        mode = HOST_READ_ONLY;
    if (mode != HOST_PRIVATE)
        host[length - 3] = 0;
    return mode;
}

/* GUEST=HOST[:rw|:ro] */
static bool take_dir(struct options *options, const char *text)
{
    struct machine_dir *dir = &options->dirs[options->machine.dir_count];
    const char *equals = strchr(text, '=');

    if (options->machine.dir_count == MACHINE_DIRS_MAX)
        return bad(options, "--dir %s: at most %d folders can be given", text, MACHINE_DIRS_MAX);
    if (!equals)
        return bad(options, "--dir %s: give GUEST=HOST or GUEST=HOST:rw, such as D:=/tmp/data", text);
    char *guest = keep(options, strndup(text, (size_t)(equals - text)));
    char *host = keep(options, strdup(equals + 1));
    if (!guest || !host)
        return bad(options, "out of memory");
    dir->mode = take_mode(host);
    if (!is_guest_folder(guest))
        return bad(options, "--dir %s: the guest's side must be a drive or a folder, such as D: or C:\\work", text);
    if (!is_folder(host))
        return bad(options, "--dir %s: %s is no folder of this computer", text, host);
    dir->guest = guest;
    dir->host = host;
    options->machine.dir_count++;
    return true;
}

static bool take_dll_path(struct options *options, const char *text)
{
    if (!is_folder(text))
        return bad(options, "--dll-path %s: no such folder", text);
    options->machine.dll_path = keep(options, strdup(text));
    return options->machine.dll_path || bad(options, "out of memory");
}

/* Seconds with up to nine decimals, in nanoseconds. */
static bool take_time_limit(struct options *options, const char *text)
{
    const char *rest;
    uint64_t seconds, unit = 1000000000, nanoseconds = 0;
    bool good = parse_number(text, &seconds, &rest) && seconds < 1000000000;

    if (good && *rest == '.' && rest[1]) {
        for (rest++; *rest >= '0' && *rest <= '9' && unit > 1; rest++) {
            unit /= 10;
            nanoseconds += (uint64_t)(*rest - '0') * unit;
        }
    }
    if (!good || *rest || seconds + nanoseconds == 0)
        return bad(options, "--time-limit %s: give seconds, such as 10 or 0.5", text);
    options->machine.time_limit_ns = seconds * 1000000000 + nanoseconds;
    return true;
}

static bool take_wall_limit(struct options *options, const char *text)
{
    const char *rest;
    uint64_t seconds;

    if (!parse_number(text, &seconds, &rest) || *rest || seconds == 0 || seconds > 1000000)
        return bad(options, "--wall-limit %s: give whole seconds, such as 10", text);
    options->machine.wall_limit_seconds = (unsigned)seconds;
    return true;
}

static bool take_check_every(struct options *options, const char *text)
{
    const char *rest;

    if (!parse_number(text, &options->machine.check_moves, &rest) || *rest || options->machine.check_moves == 0)
        return bad(options, "--check-every %s: give a number of moves between page lists, 1 or more", text);
    options->machine.check = true;
    return true;
}

static bool take_inject(struct options *options, const char *text)
{
    const char *word;

    if (inject_parse(text, &options->machine.inject, &word))
        return true;
    return bad(options,
               "--inject %s: \"%.*s\" is none of trim=N, pagein-error=PERMILLE, write-error=PERMILLE, disk-full=BYTES, "
               "pagefile-full, commit-fail=PERMILLE, seed=N",
               text, (int)strcspn(word, ","), word);
}

static bool take_format(struct options *options, const char *text)
{
    if (strcmp(text, "text") && strcmp(text, "jsonl"))
        return bad(options, "--format %s: give text or jsonl", text);
    options->format = strcmp(text, "jsonl") ? TRACE_TEXT : TRACE_JSONL;
    return true;
}

static bool take_output(struct options *options, const char *text)
{
    if (!*text)
        return bad(options, "-o: the file needs a name");
    options->output = keep(options, strdup(text));
    return options->output || bad(options, "out of memory");
}

static bool take_events(struct options *options, const char *text)
{
    const char *word;

    if (!trace_parse_events(text, &options->events, &word))
        return bad(options, "--events %s: \"%.*s\" is no event; softfault --help lists them", text,
                   (int)strcspn(word, ","), word);
    return true;
}

static bool take_at(struct options *options, const char *text)
{
    char error[INSPECT_ERROR_SIZE];
    return inspect_parse_moment(&options->inspect, text, error) || bad(options, "%s", error);
}

static bool take_view(struct options *options, const char *text)
{
    char error[INSPECT_ERROR_SIZE];
    return inspect_parse_view(&options->inspect, text, error) || bad(options, "--view %s", error);
}

static bool take_pid(struct options *options, const char *text)
{
    const char *rest;
    uint64_t pid;

    if (!parse_number(text, &pid, &rest) || *rest || pid == 0 || pid > UINT32_MAX)
        return bad(options, "--pid %s: give the number of a process, as \"pid\" in the trace", text);
    options->inspect.pid = (uint32_t)pid;
    return true;
}

/* Is the option one of the command's? */
static bool belongs(struct options *options, enum option option)
{
    bool inspects = option == OPTION_AT || option == OPTION_PID || option == OPTION_VIEW;
    bool traces = option >= OPTION_FORMAT && option < OPTION_FIRST_LATER && !inspects;

    if (inspects && options->command != OPTIONS_INSPECT)
        return bad(options, "--%s belongs to softfault inspect", option_name(option));
    if (traces && options->command != OPTIONS_TRACE &&
        !(option == OPTION_EVENTS && options->command == OPTIONS_INSPECT))
        return bad(options, "--%s belongs to softfault trace", option_name(option));
    return true;
}

static bool take_option(struct options *options, enum option option, const char *text)
{
    if (!belongs(options, option))
        return false;
    switch (option) {
    case OPTION_RAM: return take_ram(options, text);
    case OPTION_PAGEFILE: return take_pagefile(options, text);
    case OPTION_PAGING: return take_paging(options, text);
    case OPTION_SEED: return take_seed(options, text);
    case OPTION_DIR: return take_dir(options, text);
    case OPTION_DLL_PATH: return take_dll_path(options, text);
    case OPTION_TIME_LIMIT: return take_time_limit(options, text);
    case OPTION_WALL_LIMIT: return take_wall_limit(options, text);
    case OPTION_STATS: options->machine.show_stats = true; return true;
    case OPTION_DEP: return take_dep(options, text);
    case OPTION_REPLACEMENT: return take_replacement(options, text);
    case OPTION_INJECT: return take_inject(options, text);
    case OPTION_CHECK_EVERY: return take_check_every(options, text);
    case OPTION_CHECK: options->machine.check = true; return true;
    case OPTION_HELP: options->command = OPTIONS_HELP; return false;
    case OPTION_VERSION: options->command = OPTIONS_VERSION; return false;
    case OPTION_FORMAT: return take_format(options, text);
    case OPTION_OUTPUT: return take_output(options, text);
    case OPTION_EVENTS: return take_events(options, text);
    case OPTION_AT: return take_at(options, text);
    case OPTION_PID: return take_pid(options, text);
    case OPTION_VIEW: return take_view(options, text);
    case OPTION_3GB:
    case OPTION_USERVA: break;
    }
    return true;
}

/* Options up to the program; false: .command says what to do instead. */
static bool take_options(struct options *options, poptContext context)
{
    int option;

    while ((option = poptGetNextOpt(context)) > 0) {
        if (option >= OPTION_FIRST_LATER)
            return bad(options, "--%s: not there yet; leave it out", option_name((enum option)option));
        char *text = poptGetOptArg(context);
        bool good = take_option(options, (enum option)option, text ? text : "");
        free(text);
        if (!good)
            return false;
    }
    if (option < -1)
        return bad(options, "%s: %s; softfault --help lists the options",
                   poptBadOption(context, POPT_BADOPTION_NOALIAS), poptStrerror(option));
    return true;
}

static const char *command_name(enum options_command command)
{
    return command == OPTIONS_TRACE ? "trace" : command == OPTIONS_INSPECT ? "inspect" : "run";
}

/* What inspect needs beside the program; "--at MOMENT VIEW..." behind it is ours where no view came before. */
static void take_views(struct options *options)
{
    struct machine_options *machine = &options->machine;
    char error[INSPECT_ERROR_SIZE];

    if (options->inspect.call_count == 0 && machine->argc > 0 && strcmp(machine->argv[0], "--at") == 0) {
        if (machine->argc > 1 && !take_at(options, machine->argv[1]))
            return;
        if (machine->argc > 2 && !inspect_parse_words(&options->inspect, machine->argv + 2, machine->argc - 2, error)) {
            bad(options, "%s", error);
            return;
        }
        machine->argc = 0;
    }
    if (options->inspect.call_count == 0)
        bad(options, "which view? softfault inspect --at exit --view memusage %s; softfault --help lists them",
            machine->program);
    if (options->inspect.events == 0)
        options->inspect.events = options->events;
}

/* Where the program and its arguments begin in argv: the last words, which popt left alone. */
static void take_program(struct options *options, poptContext context, int argc, char **argv)
{
    const char **rest = poptGetArgs(context);
    int count = 0;

    while (rest && rest[count])
        count++;
    if (count == 0) {
        bad(options, "which program? softfault %s [OPTION...] PROGRAM.exe [ARGUMENT...]; softfault --help says more",
            command_name(options->command));
        return;
    }
    options->machine.program = argv[argc - count];
    options->machine.argc = count - 1;
    options->machine.argv = argv + argc - count + 1;
    if (options->command == OPTIONS_INSPECT)
        take_views(options);
}

static bool take_command(struct options *options, int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : NULL;

    if (!word)
        options->command = OPTIONS_USAGE;
    else if (strcmp(word, "run") == 0)
        options->command = OPTIONS_RUN;
    else if (strcmp(word, "trace") == 0)
        options->command = OPTIONS_TRACE;
    else if (strcmp(word, "inspect") == 0)
        options->command = OPTIONS_INSPECT;
    else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
        options->command = OPTIONS_HELP;
    else if (strcmp(word, "--version") == 0)
        options->command = OPTIONS_VERSION;
    else if (word[0] == '-')
        return bad(options, "%s: a command comes first: softfault run, trace or inspect", word);
    else
        return bad(options, "%s: no such command; use softfault run, trace or inspect", word);
    return options->command == OPTIONS_RUN || options->command == OPTIONS_TRACE || options->command == OPTIONS_INSPECT;
}

void options_parse(struct options *options, int argc, char **argv)
{
    memset(options, 0, sizeof(*options));
    options->machine.ram_bytes = 64ull << 20;
    options->machine.pagefile_count = 1;
    options->machine.pagefiles[0] = (struct machine_pagefile){128ull << 20, 128ull << 20};
    options->machine.paging_auto = true;
    options->machine.dirs = options->dirs;
    options->events = 1u << TRACE_FAULT;
    if (!take_command(options, argc, argv))
        return;
    /* popt takes the command for the program's name */
    poptContext context =
        poptGetContext("softfault", argc - 1, (const char **)argv + 1, table, POPT_CONTEXT_POSIXMEHARDER);
    if (!context)
        bad(options, "out of memory");
    else if (take_options(options, context))
        take_program(options, context, argc, argv);
    poptFreeContext(context);
}

void options_free(struct options *options)
{
    for (unsigned i = 0; i < options->string_count; i++)
        free(options->strings[i]);
}
