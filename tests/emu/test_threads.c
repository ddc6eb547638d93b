/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_threads.c - threads, waits, processes and objects as a program sees them, in both widths: guest_threads.c,
 * guest_processes.c and guest_objects.c do something for each letter and say what came of it.  Each case runs twice:
 * the same output, and the same trace byte for byte.
 */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/machine_internal.h"

enum { OUTPUT_MAX = 4096, REPORT_MAX = 8192, WALL_LIMIT = 60 };

#define OVER_AND_STUCK "waits for ever (suspended), and so do all threads there are (1); the program itself has ended\n"

enum program { THREADS, PROCESSES, OBJECTS };

static const struct {
    const char *name;
    enum program program;
    const char *letter;
    int status;
    const char *output;
    const char *report; /* part of stderr; "": nothing may be there */
} cases[] = {
    {"start and end", THREADS, "a", 0, "ids 40 48\nstatus 103\nresult 77\nid 1252\nteb in the first place: 1\n", ""},
    {"two threads in turn", THREADS, "b", 0, "end 0, counter 1000\n", ""},
    {"quanta", THREADS, "c", 0, "both ran: 1, about the same: 1\nthe lower one: 0\nended\n", ""},
    {"starvation", THREADS, "d", 0, "after three seconds: 0\nafter six: 1\n", ""},
    {"priorities", THREADS, "e", 0, "order 254163\n", ""},
    {"mutants", THREADS, "f", 0,
     "thread 5\nabandoned 1, count 1\nwait 80\nagain 0\nrelease ffffffff\nnot the owner c0000046\nbusy 102\n"
     "release 0\nnot mine c0000046\ntaken 0\n",
     ""},
    {"semaphores", THREADS, "g", 0,
     "first any 0\nsecond 102\ntoo many c0000047\nrelease 0\nthird 0\nall 102\nall 0\nleft 1 of 3\n", ""},
    {"timeouts", THREADS, "h", 0,
     "relative 102\ntook 6\nabsolute 102\ntook 31\npast 102\nnone 102\nsignalled 0\nbad handle c0000008\n"
     "twice c0000030\nnone at all c00000ef\ntoo many c00000ef\n",
     ""},
    {"suspension", THREADS, "i", 0,
     "was 1\nwas 2\nwas 1\nsuspended in its wait 102\ntakes nothing 0\nresult 0\ntoo often c000004a\nkilled 3\n", ""},
    {"kills", THREADS, "j", 0, "running 1\nwaiting 2\nfree again 0\nreading 3\nnot started 4\n", ""},
    {"APCs", THREADS, "k", 0,
     "not alertable 0\napc 1 2 3\napc 4 5 6\nalertable c0\napc 7 0 0\ntest 0\napc 8 0 0\nother thread c0\n"
     "alerted 101\napc 9 0 0\nbefore its start 2\n",
     ""},
    {"timers", THREADS, "l", 0,
     "was 0\nwait 0\nagain 0\ntook 6\nwas 1\ntimer apc 3, time given: 1\ndelay c0\ntimer apc 3, time given: 1\n"
     "delay c0\ntimer apc 3, time given: 1\ndelay c0\ncancelled 0\nperiod 0\nperiod 0\nperiod 0\ntaken 102\n",
     ""},
    {"contexts", THREADS, "m", 0, "get 0\nin its loop: 1\nset 0\nresult 55\n", ""},
    {"keyed events", THREADS, "n", 0,
     "nobody 102\nodd c00000ef\nsecond 0\nended 0\nstill there 102\nfirst 0\nended 0\n", ""},
    {"stacks", THREADS, "o", 0, "grown 1\noverflow c00000fd\n", ""},
    {"floats", THREADS, "p", 0, "floats 200\nfloats 600\nfloats 1000\nfloats 1400\n", ""},
    {"handles", THREADS, "q", 0,
     "copy 0\none object 0\nweak 0\nmay wait 0\nmay not set c0000022\nhandles 3, access 1f0003\nprotected c0000235\n"
     "moved 0\ngone c0000008\nmyself 1\n",
     ""},
    {"parent and child", PROCESSES, "a", 0,
     "events 10 14\nchild 48 of 40, status 103\nits own memory: 1234\nchild: word 9abc\nchild: hidden c0000008\n"
     "event set 0\nchild: event 0\nended 0\nstatus 42, parent's word 5678\nthread 42\ntoo late c000010a\n",
     ""},
    {"a child from outside", PROCESSES, "b", 0,
     "visitor 77\nsuspend 0\nnew ones run: 78\nresume 0\nopen 0\nno right c0000022\nkill 0\nkilled 0\nstatus 99\n"
     "again c000010a\nno such c000000d\n",
     ""},
    {"a child that outlives its parent", PROCESSES, "c", 7, "parent ends\nchild ends\n", ""},
    {"a child that dies", PROCESSES, "d", 0, "child died: c0000005\n", "died of an unhandled exception"},
    {"all wait", THREADS, "v", MACHINE_EXIT_LIMIT, "",
     "waits for ever (NtWaitForSingleObject), and so do all threads there are (4)"},
    {"64 objects", THREADS, "w", 0, "all 0\n", ""},
    {"leaks", PROCESSES, "e", 0, "leaks\n", OVER_AND_STUCK},
    {"reads at once", THREADS, "y", 0, "two pages 1, one page 1, none 1\n", ""},
    {"names", OBJECTS, "a", 0,
     "directory 0\nnothing there c0000034\ncreate 0\nagain c0000035\nor open 40000000\nthe same one 0\nwhole path 0\n"
     "global 0\nother case c0000034\nany case 0\nother type c0000024\nother type or open c0000024\n"
     "no directory c000003a\nin an event c0000024\nrelative to nothing c000003b\nrelative to an event c0000024\n"
     "no component c0000024\nown directory 0\nin it 0\nstill there 0\ngone with the last handle c0000034\n"
     "system's own 0\n",
     ""},
    {"a name for two", OBJECTS, "b", 0, "set by the child 0\nkept by the child 0\ngone c0000034\n", ""},
    {"tokens", OBJECTS, "c", 0,
     "open 0\nnone of its own c000007c\ntoo short c0000023\nneeds 28\nuser 0\nrevision 1, 5 parts, the last 500\n"
     "change notify 3, debug 0, tcb ff\nadjust 0\nbefore 1: 20 0\ndebug 2, has 1\nnot all 106\nlock memory 2\n"
     "no right c0000022\nnone 0\ndebug 0, has 0\n",
     ""},
    {"access lists", OBJECTS, "d", 0,
     "readable 0\nits maker may 0\nwait 0\nchange c0000022\nall c0000022\nwhat there is 0\nno more than that c0000022\n"
     "nor by a copy c0000022\ndenied 0\nwait c0000022\nbad list c0000077\nbad descriptor c0000079\n",
     ""},
    {"privileges", OBJECTS, "e", 0,
     "high 0\nbase 13\nreal time c0000061\nthread c0000061\nreal time 0\nthread 0\nbase 24\n", ""},
};
enum { CASES = sizeof cases / sizeof *cases };

/* What is there when all programs have ended; all zero where some have not. */
struct census {
    uint32_t objects, processes, threads, apcs, securities, handles;
};

struct outcome {
    int status;
    uint64_t time;
    struct census census;
    char output[OUTPUT_MAX], report[REPORT_MAX];
    char *trace;
    size_t trace_length;
};

static FILE *redirect(int fd, int *ret_saved)
{
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    *ret_saved = dup(fd);
    dup2(fileno(file), fd);
    return file;
}

static void take_back(FILE *file, int fd, int saved, char *text, size_t room)
{
    dup2(saved, fd);
    close(saved);
    ssize_t length = pread(fileno(file), text, room - 1, 0);
    text[length > 0 ? length : 0] = 0;
    fclose(file);
}

static struct census count(const struct machine *machine)
{
    if (machine->live_threads > 0)
        return (struct census){0};
    /* The machine keeps the last thread with its process, and the first process with its token. */
    unsigned more = machine->thread && machine->thread->process != machine->main_process;
    return (struct census){.objects = machine->objects.pool.in_use - 2 * more,
                           .processes = machine->processes.in_use - more,
                           .threads = machine->threads.in_use,
                           .apcs = machine->apcs.in_use,
                           .securities = machine->securities.in_use,
                           .handles = machine->objects.handle_count};
}

static int run_machine(const struct machine_options *options, struct trace *trace, uint64_t *ret_time,
                       struct census *ret_census)
{
    char error[MACHINE_ERROR_SIZE] = "";
    struct machine *machine = machine_create(options, error);
    if (machine)
        machine_set_trace(machine, trace);
    if (!machine || !machine_load(machine, error)) {
        fprintf(stderr, "%s\n", error);
        return -1;
    }
    int status = machine_run(machine);
    const char *broken = mm_check(machine->mm);
    if (broken)
        fprintf(stderr, "broken: %s\n", broken);
    *ret_time = machine->clock.now;
    *ret_census = count(machine);
    machine_destroy(machine);
    return status;
}

static const char *program_of(enum program program, bool wide)
{
    static const char *const names[][2] = {[THREADS] = {"SOFTFAULT_THREADS", "SOFTFAULT_THREADS64"},
                                           [PROCESSES] = {"SOFTFAULT_PROCESSES", "SOFTFAULT_PROCESSES64"},
                                           [OBJECTS] = {"SOFTFAULT_OBJECTS", "SOFTFAULT_OBJECTS64"}};
    return getenv(names[program][wide]);
}

static void run(int row, bool wide, struct outcome *ret_outcome)
{
    char *arguments[] = {(char *)(uintptr_t)cases[row].letter};
    struct machine_options options = {.dll_path = getenv("SOFTFAULT_DLLS"),
                                      .program = program_of(cases[row].program, wide),
                                      .paging_auto = true,
                                      .ram_bytes = 32 << 20,
                                      .pagefiles = {{64 << 20, 64 << 20}},
                                      .pagefile_count = 1,
                                      .wall_limit_seconds = WALL_LIMIT,
                                      .argc = 1,
                                      .argv = arguments};
    int saved_out, saved_err;
    FILE *lines = open_memstream(&ret_outcome->trace, &ret_outcome->trace_length);
    struct trace *trace = trace_create(TRACE_JSONL, UINT32_MAX, lines, wide ? PAGING_X64 : PAGING_PAE);
    fflush(stdout);
    FILE *out = redirect(STDOUT_FILENO, &saved_out), *err = redirect(STDERR_FILENO, &saved_err);
    ret_outcome->status = run_machine(&options, trace, &ret_outcome->time, &ret_outcome->census);
    fflush(stderr);
    take_back(err, STDERR_FILENO, saved_err, ret_outcome->report, REPORT_MAX);
    take_back(out, STDOUT_FILENO, saved_out, ret_outcome->output, OUTPUT_MAX);
    trace_destroy(trace);
    fclose(lines);
}

START_TEST(case_is_right)
{
    static struct outcome outcome[2];
    bool wide = _i & 1;
    int row = _i / 2;
    const char *name = cases[row].name;
    for (unsigned i = 0; i < 2; i++)
        run(row, wide, &outcome[i]);
    const struct outcome *o = &outcome[0];
    ck_assert_msg(o->status == cases[row].status, "%s: exit status %d\n%s%s", name, o->status, o->output, o->report);
    ck_assert_msg(strcmp(o->output, cases[row].output) == 0, "%s:\n%s%s", name, o->output, o->report);
    ck_assert_msg(strstr(o->report, cases[row].report) && (*cases[row].report || !*o->report), "%s: stderr has\n%s",
                  name, o->report);
    ck_assert_msg(o->time == outcome[1].time, "%s: another time", name);
    ck_assert_msg(o->trace_length > 1000 && o->trace_length == outcome[1].trace_length &&
                      memcmp(o->trace, outcome[1].trace, o->trace_length) == 0,
                  "%s: another trace", name);
    for (unsigned i = 0; i < 2; i++)
        free(outcome[i].trace);
}
END_TEST

/* Whatever programs leave behind, nothing of it stays: there is as much as after the simplest one. */
START_TEST(nothing_is_left)
{
    static struct outcome simplest, outcome;
    bool wide = _i & 1;
    int row = _i / 2;
    const struct census none = {0}, *s = &simplest.census, *o = &outcome.census;
    run(0, wide, &simplest);
    run(row, wide, &outcome);
    ck_assert_uint_gt(s->objects, 0);
    ck_assert_uint_eq(s->handles, 0);
    if (strstr(outcome.report, "waits for ever"))
        ck_assert(memcmp(o, &none, sizeof none) == 0);
    else
        ck_assert_msg(memcmp(s, o, sizeof none) == 0,
                      "%s: %u objects, %u processes, %u threads, %u APCs, %u lists, %u handles; should be %u, %u, %u, "
                      "%u, %u, %u",
                      cases[row].name, o->objects, o->processes, o->threads, o->apcs, o->securities, o->handles,
                      s->objects, s->processes, s->threads, s->apcs, s->securities, s->handles);
    free(simplest.trace);
    free(outcome.trace);
}
END_TEST

/* --- Several machines at once ---------------------------------------------------------------------------------- */

enum { MACHINES = 6 };

struct side {
    bool wide;
    int status;
    uint64_t time;
};

static void *run_side(void *context)
{
    struct side *side = context;
    char letter[] = "p", *arguments[] = {letter};
    struct machine_options options = {.dll_path = getenv("SOFTFAULT_DLLS"),
                                      .program = program_of(THREADS, side->wide),
                                      .paging_auto = true,
                                      .ram_bytes = 16 << 20,
                                      .wall_limit_seconds = WALL_LIMIT,
                                      .argc = 1,
                                      .argv = arguments};
    struct census census;
    side->status = run_machine(&options, NULL, &side->time, &census);
    return NULL;
}

START_TEST(machines_side_by_side)
{
    struct side sides[MACHINES] = {0};
    pthread_t hosts[MACHINES];
    int saved;
    static char output[OUTPUT_MAX];
    fflush(stdout);
    FILE *out = redirect(STDOUT_FILENO, &saved);
    for (unsigned i = 0; i < MACHINES; i++) {
        sides[i].wide = i & 1;
        ck_assert_int_eq(pthread_create(&hosts[i], NULL, run_side, &sides[i]), 0);
    }
    for (unsigned i = 0; i < MACHINES; i++)
        pthread_join(hosts[i], NULL);
    take_back(out, STDOUT_FILENO, saved, output, sizeof output);
    for (unsigned i = 0; i < MACHINES; i++) {
        ck_assert_int_eq(sides[i].status, 0);
        ck_assert_msg(sides[i].time == sides[i & 1].time, "machine %u took another time", i);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("threads");
    TCase *tc = tcase_create("threads");
    tcase_set_timeout(tc, 2 * WALL_LIMIT);
    tcase_add_loop_test(tc, case_is_right, 0, 2 * CASES);
    tcase_add_loop_test(tc, nothing_is_left, 0, 2 * CASES);
    tcase_add_test(tc, machines_side_by_side);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
