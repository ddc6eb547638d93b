/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_waits.c - scheduler and waits against a plain model: random operations of threads that never execute anything.
 *
 * After each operation who runs, what each thread does and what its last wait gave, and each object's signal are as in
 * the model, and kernel_check() holds. */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/machine_internal.h"
#include "wait_model.h"

enum { STEPS = 10000, SEEDS = 6 };

static struct machine *machine;
static struct model model;
static struct thread *threads[THREADS];
static struct object *objects[OBJECTS];
static uint64_t random_state;
static unsigned helps;

static uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 16) % limit;
}

/* --- Both sides -------------------------------------------------------------------------------------------------- */

static void make_machine(void)
{
    char error[MACHINE_ERROR_SIZE] = "";
    struct machine_options options = {.dll_path = getenv("SOFTFAULT_DLLS"),
                                      .program = getenv("SOFTFAULT_TINY"),
                                      .paging_auto = true,
                                      .ram_bytes = 16 << 20};
    machine = machine_create(&options, error);
    ck_assert_msg(machine && machine_load(machine, error), "%s", error);
}

static void make_thread(int t)
{
    struct thread_context context;
    struct thread_request request = {.process = machine->main_process, .context = &context};
    thread_initial_context(&context);
    ck_assert_uint_eq(thread_create(machine, &request, &threads[t]), STATUS_SUCCESS);
    model_advance(&model, machine->clock.now - model.now); /* its TEB was touched */
    threads[t]->starts = false;                            /* it never sees user mode */
    threads[t]->sched.boost_disabled = true;
    model.thread[t] = (struct model_thread){.priority = threads[t]->sched.priority, .quantum = QUANTUM_UNITS};
    sched_ready(machine, threads[t]);
    model_ready(&model, t);
}

static void make_object(int o)
{
    static const enum object_type types[] = {OBJECT_EVENT, OBJECT_EVENT, OBJECT_MUTANT, OBJECT_SEMAPHORE};
    enum object_kind kind = (enum object_kind)(o % 4);
    objects[o] = object_create(&machine->objects, types[kind]);
    model.object[o] = (struct model_object){.kind = kind, .owner = -1, .limit = 3};
    if (kind == KIND_SYNCHRONIZATION)
        objects[o]->event.type = EVENT_SYNCHRONIZATION;
    if (kind == KIND_SEMAPHORE)
        objects[o]->semaphore.limit = 3;
    if (kind == KIND_MUTANT)
        objects[o]->wait.signal = model.object[o].signal = 1;
}

/* The program's own thread is thread 0. */
static void set_up(void)
{
    memset(&model, 0, sizeof model);
    make_machine();
    machine->daemons = (struct daemons){0}; /* the model knows of no system threads */
    threads[0] = machine->thread;
    object_keep(threads[0]->object);
    threads[0]->sched.boost_disabled = true;
    model.now = machine->clock.now;
    model.thread[0] = (struct model_thread){
        .state = MODEL_RUNNING, .priority = threads[0]->sched.priority, .quantum = threads[0]->sched.quantum};
    for (int t = 1; t < THREADS; t++)
        make_thread(t);
    for (int o = 0; o < OBJECTS; o++)
        make_object(o);
}

static void tear_down(void)
{
    machine_destroy(machine);
}

/* --- Operations -------------------------------------------------------------------------------------------------- */

static bool is_named(const struct model_thread *request, int o)
{
    for (int i = 0; i < request->count; i++)
        if (request->object[i] == o)
            return true;
    return false;
}

static void do_wait(void)
{
    struct object *wanted[WAIT_MAX];
    struct model_thread request = {.kind = (enum model_wait)random_below(3),
                                   .timed = random_below(3) > 0,
                                   .alertable = random_below(4) == 0,
                                   .when = model.now + random_below(40) * 1000000ull};
    int count = request.kind == MODEL_DELAY ? 0 : 1 + (int)random_below(WAIT_MAX - 1);
    while (request.count < count) {
        int o = (int)random_below(OBJECTS);
        if (request.kind == MODEL_ALL && is_named(&request, o))
            continue;
        wanted[request.count] = objects[o];
        request.object[request.count++] = o;
    }
    static const enum wait_kind kinds[] = {WAIT_ANY, WAIT_ALL, WAIT_DELAY};
    struct wait_request real = {.kind = kinds[request.kind],
                                .alertable = request.alertable,
                                .timed = request.timed,
                                .when = request.when,
                                .count = (unsigned)count,
                                .objects = wanted};
    uint32_t got = wait_begin(machine, &real), want = model_wait(&model, &request);
    ck_assert_msg(got == (want == MODEL_PENDING ? STATUS_KERNEL_WAITS : want), "a wait gave %x, not %x", got, want);
}

static void do_signal(void)
{
    int o = (int)random_below(OBJECTS), count = 1 + (int)random_below(3);
    struct object *object = objects[o];
    int32_t previous;
    if (model.object[o].kind == KIND_MUTANT) {
        bool released = mutant_release(machine, object, machine->thread, &previous) == STATUS_SUCCESS;
        ck_assert_int_eq(released, model_release(&model, o, 1));
    } else if (model.object[o].kind == KIND_SEMAPHORE) {
        if (!model_release(&model, o, count))
            return;
        object->wait.signal += count;
        wait_signal(machine, object, 1);
    } else if (random_below(4) == 0) {
        object->wait.signal = 0;
        model_reset(&model, o);
    } else {
        bool pulse = random_below(4) == 0;
        object->wait.signal = 1;
        wait_signal(machine, object, 1);
        if (pulse)
            object->wait.signal = 0;
        (pulse ? model_pulse : model_set)(&model, o);
    }
}

static void do_suspension(void)
{
    int t = (int)random_below(THREADS);
    if (random_below(5) < 2 && model.thread[t].suspended < 3) {
        ck_assert_uint_eq(thread_suspend(machine, threads[t]), STATUS_SUCCESS);
        model_suspend(&model, t);
    } else {
        thread_resume(machine, threads[t]);
        model_resume(&model, t);
    }
}

static void do_alert(void)
{
    int t = (int)random_below(THREADS);
    threads[t]->alerted = true;
    wait_interrupt(machine, threads[t]);
    model_alert(&model, t);
}

static void do_priority(void)
{
    int t = (int)random_below(THREADS), priority = 6 + (int)random_below(5);
    thread_set_base_priority(machine, threads[t], priority);
    model_set_priority(&model, t, priority);
}

/* One dies, and another comes in its place. */
static void do_death(void)
{
    int t = 1 + (int)random_below(THREADS - 1);
    thread_terminate(machine, threads[t], 0);
    object_release(&machine->objects, threads[t]->object);
    model_kill(&model, t);
    make_thread(t);
}

static void do_time(void)
{
    uint64_t ns = random_below(3) ? random_below(2000000) : random_below(60000000);
    machine_advance(machine, ns);
    model_advance(&model, ns);
}

static void do_something(void)
{
    uint32_t which = random_below(100);
    if (which < 38)
        do_wait();
    else if (which < 70)
        do_signal();
    else if (which < 80)
        do_suspension();
    else if (which < 83)
        do_alert();
    else if (which < 88)
        do_priority();
    else if (which < 90)
        do_death();
    else if (which < 96)
        do_time();
    else
        ck_assert_int_eq(sched_yield_running(machine), model_yield(&model));
}

/* --- Comparison -------------------------------------------------------------------------------------------------- */

/* From outside, on both sides. */
static void help(void)
{
    int o = (int)random_below(OBJECTS), t = (int)random_below(THREADS);
    if (model.thread[t].state == MODEL_WAITING && !model.thread[t].parked) {
        wait_finish(machine, threads[t], STATUS_SUCCESS, 0);
        model_finish(&model, t, STATUS_SUCCESS);
        return;
    }
    if (model.object[o].kind <= KIND_SYNCHRONIZATION) {
        objects[o]->wait.signal = 1;
        wait_signal(machine, objects[o], 1);
        model_set(&model, o);
    }
    thread_resume(machine, threads[t]);
    model_resume(&model, t);
}

/* Somebody runs; where nobody ever would, with help. */
static void schedule(void)
{
    for (;;) {
        int want = model_pick(&model);
        while (want >= 0 && !machine_schedule(machine))
            ck_assert_int_eq(machine->next, MACHINE_RUN);
        if (want >= 0)
            return;
        while (sched_pick(machine)) /* those that suspended themselves stop */
            ck_assert(!thread_prepare(machine, machine->thread));
        ck_assert_ptr_null(machine->sched.due.first);
        help();
        helps++;
    }
}

static void compare_thread(int t)
{
    static const enum thread_state states[] = {[MODEL_READY] = THREAD_READY,
                                               [MODEL_RUNNING] = THREAD_RUNNING,
                                               [MODEL_WAITING] = THREAD_WAITING,
                                               [MODEL_SUSPENDED] = THREAD_WAITING};
    const struct model_thread *want = &model.thread[t];
    const struct thread *got = threads[t];
    ck_assert_msg(got->sched.state == states[want->state], "thread %d is %s", t, thread_state_name(got->sched.state));
    ck_assert_msg(got->sched.priority == want->priority && got->sched.quantum == want->quantum,
                  "thread %d: priority %d, quantum %d, not %d and %d", t, got->sched.priority, got->sched.quantum,
                  want->priority, want->quantum);
    ck_assert_msg(got->suspend_count == (uint32_t)want->suspended, "thread %d: suspended %u", t, got->suspend_count);
    ck_assert_msg((got->wait.kind == WAIT_SUSPENDED) == (want->state == MODEL_SUSPENDED), "thread %d: suspended", t);
    ck_assert_msg(got->wait.status == want->status, "thread %d: its wait gave %x, not %x", t, got->wait.status,
                  want->status);
}

static void compare(void)
{
    ck_assert_ptr_eq(machine->thread, threads[model.running]);
    ck_assert_uint_eq(machine->clock.now, model.now);
    for (int t = 0; t < THREADS; t++)
        compare_thread(t);
    for (int o = 0; o < OBJECTS; o++)
        ck_assert_msg(objects[o]->wait.signal == model.object[o].signal, "object %d: signal %d, not %d", o,
                      objects[o]->wait.signal, model.object[o].signal);
    const char *broken = kernel_check(machine);
    ck_assert_msg(!broken, "%s", broken);
}

START_TEST(as_the_model)
{
    random_state = 0x9E3779B97F4A7C15u * (uint64_t)(_i + 1);
    schedule();
    for (unsigned step = 0; step < STEPS; step++) {
        do_something();
        schedule();
        compare();
    }
    ck_assert_uint_gt(machine->sched.switches, STEPS / 10);
    ck_assert_uint_lt(helps, STEPS / 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("waits");
    TCase *tc = tcase_create("waits");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, as_the_model, 0, SEEDS);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
