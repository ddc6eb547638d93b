/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - the command line program: options in, a machine, its run, an exit status out.
 *
 * Whatever keeps the program from starting is found before the machine is made, and told in one line on stderr that
 * names the thing and what to do (exit 125). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "emu/options.h"
#include "emu/output.h"
#include "loader/image.h"

#ifndef SOFTFAULT_VERSION
#define SOFTFAULT_VERSION "unknown"
#endif
#ifndef SOFTFAULT_BUILD_DLLS /* where meson puts the guest DLLs */
#define SOFTFAULT_BUILD_DLLS ""
#endif
#ifndef SOFTFAULT_INSTALLED_DLLS /* where it installs them, from the program's folder */
#define SOFTFAULT_INSTALLED_DLLS "../lib/softfault"
#endif

__attribute__((format(printf, 1, 2))) static bool complain(const char *format, ...)
{
    char line[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    for (char *at = line; *at; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
    }
    fprintf(stderr, "softfault: %s\n", line);
    return false;
}

static const char *advice_on(int error)
{
    switch (error) {
    case ENOENT: return "give the path of a Windows program";
    case EACCES: return "you need the right to read it";
    default: return "give another file";
    }
}

/* Look at the program before anything is made for it. */
static bool check_program(const struct options *options, enum paging_format *ret_paging)
{
    const char *program = options->machine.program;
    struct image_error error;
    int descriptor = open(program, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (descriptor < 0)
        return complain("%s: %s; %s", program, strerror(errno), advice_on(errno));
    struct image *image = image_open(descriptor, &error);
    if (!image)
        return complain("%s: %s; give a Windows program", program, error.text);
    struct image_info info = *image_info(image);
    image_close(image);
    if (info.is_dll)
        return complain("%s: this is a DLL; give a program that uses it", program);
    const char *why;
    return machine_choose_paging(&options->machine, &info, ret_paging, &why) ||
           complain("%s: %s; leave --paging out", program, why);
}

/* In the folder, or for 64-bit programs in x64 below it. */
static bool holds_ntdll(const char *folder, enum paging_format paging)
{
    char path[OPTIONS_PATH_SIZE + 16];

    snprintf(path, sizeof(path), "%s/x64/ntdll.dll", folder);
    if (paging == PAGING_X64 && access(path, R_OK) == 0)
        return true;
    snprintf(path, sizeof(path), "%s/ntdll.dll", folder);
    return access(path, R_OK) == 0;
}

/* The guest DLLs: beside this program in the build tree, in the library folder where it is installed. */
static bool find_dlls(const struct options *options, enum paging_format paging, char folder[OPTIONS_PATH_SIZE])
{
    static const char *const places[] = {"loader/dll", "../loader/dll", SOFTFAULT_INSTALLED_DLLS};
    char self[OPTIONS_PATH_SIZE - 32];

    if (options->machine.dll_path) {
        snprintf(folder, OPTIONS_PATH_SIZE, "%s", options->machine.dll_path);
        return holds_ntdll(folder, paging) || complain("--dll-path %s: no ntdll.dll there", folder);
    }
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[length > 0 ? length : 0] = 0;
    char *slash = strrchr(self, '/');
    if (slash)
        *slash = 0;
    for (size_t i = 0; slash && i < sizeof(places) / sizeof(places[0]); i++) {
        snprintf(folder, OPTIONS_PATH_SIZE, "%s/%s", self, places[i]);
        if (holds_ntdll(folder, paging))
            return true;
    }
    snprintf(folder, OPTIONS_PATH_SIZE, "%s", SOFTFAULT_BUILD_DLLS);
    return (folder[0] && holds_ntdll(folder, paging)) ||
           complain("the guest's ntdll.dll is not where it was built or installed; give --dll-path DIR");
}

/* Make the machine and run the program in it; trace NULL: none.  => false: it never started. */
static bool run_program(const struct machine_options *options, struct trace *trace, int *ret_status)
{
    char error[MACHINE_ERROR_SIZE] = "";
    struct machine *machine = machine_create(options, error);

    if (!machine)
        return complain("%s", error);
    machine_set_trace(machine, trace);
    bool loaded = machine_load(machine, error);
    if (loaded) {
        *ret_status = machine_run(machine);
        fflush(stdout);
        if (options->show_stats)
            machine_print_stats(machine, stderr);
    } else {
        complain("%s", error);
    }
    machine_destroy(machine);
    return loaded;
}

static int run_command(const struct options *options)
{
    int status;
    return run_program(&options->machine, NULL, &status) ? status : MACHINE_EXIT_CANNOT;
}

static int trace_command(const struct options *options, enum paging_format paging)
{
    struct output output;
    int status = MACHINE_EXIT_CANNOT;

    if (!output_open(&output, options->output)) {
        complain("-o %s: %s; choose a place that you can write to", options->output, strerror(errno));
        return MACHINE_EXIT_CANNOT;
    }
    if (output.kind == OUTPUT_STDOUT) /* the program's own output comes between the lines */
        setvbuf(output.file, NULL, _IOLBF, BUFSIZ);
    struct trace *trace = trace_create(options->format, options->events, output.file, paging);
    bool started = trace ? run_program(&options->machine, trace, &status) : complain("out of memory");
    if (started)
        trace_totals(trace);
    trace_destroy(trace);
    if (!started) {
        output_abandon(&output);
    } else if (!output_finish(&output)) {
        complain("%s: %s; the trace is lost", options->output ? options->output : "standard output", strerror(errno));
        return MACHINE_EXIT_CANNOT;
    }
    return status;
}

/* The views appear when all of them can be printed. */
static int inspect_command(const struct options *options)
{
    char error[MACHINE_ERROR_SIZE] = "", *text = NULL;
    size_t length = 0;
    struct machine *machine = machine_create(&options->machine, error);
    FILE *out = machine ? open_memstream(&text, &length) : NULL;
    bool good = out && inspect_run(machine, &options->inspect, out, error);

    good = out && fclose(out) == 0 && good;
    if (good) {
        fflush(stdout);
        good = fwrite(text, 1, length, stdout) == length && fflush(stdout) == 0;
        if (!good)
            snprintf(error, sizeof error, "standard output: %s", strerror(errno));
    }
    if (!good)
        complain("%s", error[0] ? error : "out of memory");
    free(text);
    machine_destroy(machine);
    return good ? 0 : MACHINE_EXIT_CANNOT;
}

static int do_command(struct options *options)
{
    char dlls[OPTIONS_PATH_SIZE];
    enum paging_format paging = PAGING_PAE;

    switch (options->command) {
    case OPTIONS_HELP: options_print_help(stdout); return 0;
    case OPTIONS_USAGE: options_print_usage(stderr); return MACHINE_EXIT_CANNOT;
    case OPTIONS_VERSION: puts("softfault " SOFTFAULT_VERSION); return 0;
    case OPTIONS_BAD: complain("%s", options->error); return MACHINE_EXIT_CANNOT;
    case OPTIONS_RUN:
    case OPTIONS_TRACE:
    case OPTIONS_INSPECT: break;
    }
    if (!check_program(options, &paging) || !find_dlls(options, paging, dlls))
        return MACHINE_EXIT_CANNOT;
    options->machine.dll_path = dlls;
    switch (options->command) {
    case OPTIONS_TRACE: return trace_command(options, paging);
    case OPTIONS_INSPECT: return inspect_command(options);
    default: return run_command(options);
    }
}

/* Open files of the guest, private ones and mapped ones are descriptors of ours: as many as the host allows. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char **argv)
{
    struct options options;

    raise_file_limit();
    signal(SIGXFSZ, SIG_IGN); /* a trace, too, may become longer than ulimit -f lets it: it is told */
    options_parse(&options, argc, argv);
    int status = do_command(&options);
    options_free(&options);
    return status;
}
