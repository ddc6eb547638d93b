/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch.c - what a run needs of the host around it: the wall-clock limit, and no death by SIGPIPE or SIGXFSZ.
 *
 * The limit is a thread that sleeps until the deadline and then asks the CPU to stop, again and again until the run is
 * over, because a request that comes between two runs of the CPU is lost. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "emu/machine_internal.h"

enum { REPEAT_NS = 20000000 };

struct watch {
    struct machine *machine;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct timespec deadline;
    bool over;
};

static void *watch_main(void *argument)
{
    struct watch *watch = argument;
    pthread_mutex_lock(&watch->lock);
    while (!watch->over) {
        if (pthread_cond_timedwait(&watch->changed, &watch->lock, &watch->deadline) != ETIMEDOUT)
            continue;
        atomic_store(&watch->machine->wall_limit_reached, true);
        cpu_request_stop(watch->machine->cpu);
        watch->deadline.tv_nsec += REPEAT_NS;
        if (watch->deadline.tv_nsec >= 1000000000) {
            watch->deadline.tv_nsec -= 1000000000;
            watch->deadline.tv_sec++;
        }
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

struct watch *watch_start(struct machine *machine, unsigned seconds)
{
    struct watch *watch = seconds ? calloc(1, sizeof *watch) : NULL;
    if (!watch)
        return NULL;
    watch->machine = machine;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&watch->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&watch->lock, NULL);
    clock_gettime(CLOCK_MONOTONIC, &watch->deadline);
    watch->deadline.tv_sec += seconds;
    sigset_t all, old; /* the helper thread takes no signals of the caller's */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int failed = pthread_create(&watch->thread, NULL, watch_main, watch);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (failed) {
        machine_say(machine, "no thread for --wall-limit: the limit is not enforced");
        free(watch);
        return NULL;
    }
    return watch;
}

void watch_stop(struct watch *watch)
{
    if (!watch)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->over = true;
    pthread_cond_signal(&watch->changed);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->thread, NULL);
    pthread_cond_destroy(&watch->changed);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}

/* A pipe without a reader; a file that grows beyond the host's limit for files (RLIMIT_FSIZE). */
static void fill_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGPIPE);
    sigaddset(signals, SIGXFSZ);
}

void sigpipe_block(struct sigpipe_guard *ret_guard)
{
    sigset_t signals;
    fill_signals(&signals);
    sigpending(&ret_guard->pending);
    pthread_sigmask(SIG_BLOCK, &signals, &ret_guard->mask);
}

void sigpipe_unblock(const struct sigpipe_guard *guard)
{
    const struct timespec now = {0};
    sigset_t signals;
    fill_signals(&signals);
    for (int signal = 1; signal < NSIG; signal++)
        if (sigismember(&guard->pending, signal) == 1)
            sigdelset(&signals, signal); /* that one is the caller's */
    while (sigtimedwait(&signals, NULL, &now) >= 0)
        continue;
    pthread_sigmask(SIG_SETMASK, &guard->mask, NULL);
}
