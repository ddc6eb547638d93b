// SPDX-License-Identifier: GPL-2.0-or-later
/* guest_threads.c - threads and waits by native services, a case for each letter: see test_threads.c, which
 * has what each must print. */
#include "guest_nt.h"

static volatile ULONG counter, stop;
static HANDLE event_a, event_b;

static ULONG now_ms(void)
{
    LARGE_INTEGER now;
    NtQuerySystemTime(&now);
    return (ULONG)(now.QuadPart / 10000);
}

static void start_and_end(void)
{
    struct client_id id;
    HANDLE thread = start_thread(answer, (void *)77, NULL, &id);
    struct thread_basic basic;
    NtQueryInformationThread(thread, 0, &basic, sizeof basic, NULL);
    say("ids %u %u", (ULONG)(ULONG_PTR)id.process, (ULONG)(ULONG_PTR)id.thread);
    say("status %x", (ULONG)basic.exit_status);
    say("result %u", end_of_thread(thread));
    for (ULONG i = 0; i < 300; i++)
        if (end_of_thread(start_thread(answer, (void *)(ULONG_PTR)i, NULL, NULL)) != i)
            say("wrong %u", i);
    thread = start_thread(answer, NULL, NULL, &id);
    say("id %u", (ULONG)(ULONG_PTR)id.thread);
    NtQueryInformationThread(thread, 0, &basic, sizeof basic, NULL);
    say("teb in the first place: %u", basic.teb == (char *)NtCurrentTeb() - (sizeof(void *) == 8 ? 0x2000 : 0x1000));
    end_of_thread(thread);
}

static DWORD WINAPI ping(void *argument)
{
    for (ULONG i = 0; i < (ULONG)(ULONG_PTR)argument; i++) {
        WAIT(event_a);
        counter++;
        NtSetEvent(event_b, NULL);
    }
    return 0;
}

static void play(ULONG rounds)
{
    event_a = new_event(1, FALSE);
    event_b = new_event(1, FALSE);
    HANDLE thread = start_thread(ping, (void *)(ULONG_PTR)rounds, NULL, NULL);
    for (ULONG i = 0; i < rounds; i++)
        NtSignalAndWaitForSingleObject(event_a, event_b, FALSE, NULL);
    say("end %u, counter %u", end_of_thread(thread), counter);
}

static void ping_pong(void)
{
    play(1000);
}

static void long_ping_pong(void) /* for bench_threads.c */
{
    play(100000);
}

static void calls(void)
{
    for (ULONG i = 0; i < 200000; i++)
        NtTestAlert();
}

static DWORD WINAPI spin(void *argument)
{
    volatile ULONG *mine = argument;
    while (!stop)
        ++*mine;
    return 0;
}

/* Two of the same priority share the CPU; one below gets nothing while they run. */
static void share(void)
{
    static volatile ULONG turns[3];
    HANDLE threads[3];
    for (ULONG i = 0; i < 3; i++)
        threads[i] = start_thread(spin, (void *)&turns[i], &(struct thread_options){.priority = i == 2 ? -2 : 0}, NULL);
    NtDelayExecution(FALSE, MS(300));
    stop = 1;
    say("both ran: %u, about the same: %u", turns[0] > 1000 && turns[1] > 1000,
        turns[0] / 2 < turns[1] && turns[1] / 2 < turns[0]);
    say("the lower one: %u", turns[2]);
    NtWaitForMultipleObjects(3, threads, 0, FALSE, NULL);
    say("ended");
}

/* Busy with what takes much virtual time and little of the host's. */
static DWORD WINAPI write_nothing(void *argument)
{
    HANDLE nul = CreateFileA("NUL", GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    volatile ULONG *mine = argument;
    DWORD done;
    while (!stop) {
        WriteFile(nul, &done, sizeof done, &done, NULL);
        ++*mine;
    }
    return 0;
}

/* A thread that never gets the CPU gets it for a while after four seconds. */
static void starve(void)
{
    static volatile ULONG turns[2];
    HANDLE threads[2];
    for (ULONG i = 0; i < 2; i++)
        threads[i] =
            start_thread(write_nothing, (void *)&turns[i], &(struct thread_options){.priority = i ? -2 : 0}, NULL);
    NtDelayExecution(FALSE, MS(3000));
    say("after three seconds: %u", turns[1] > 0);
    NtDelayExecution(FALSE, MS(3000));
    say("after six: %u", turns[1] > 0);
    stop = 1;
    NtWaitForMultipleObjects(2, threads, 0, FALSE, NULL);
}

static DWORD WINAPI note_order(void *argument)
{
    WAIT(event_a);
    counter = counter * 10 + (ULONG)(ULONG_PTR)argument;
    return 0;
}

/* The highest first, equal ones in their order of arrival. */
static void priorities(void)
{
    static const LONG base[] = {0, 2, -1, 1, 2, 0};
    HANDLE threads[6];
    event_a = new_event(0, FALSE);
    for (ULONG i = 0; i < 6; i++)
        threads[i] =
            start_thread(note_order, (void *)(ULONG_PTR)(i + 1), &(struct thread_options){.priority = base[i]}, NULL);
    NtDelayExecution(FALSE, MS(20)); /* all wait */
    NtSetEvent(event_a, NULL);
    NtWaitForMultipleObjects(6, threads, 0, FALSE, NULL);
    say("order %u", counter);
}

static DWORD WINAPI take_and_die(void *argument)
{
    WAIT((HANDLE)argument);
    WAIT((HANDLE)argument);
    return 5;
}

static DWORD WINAPI release_it(void *argument)
{
    return (DWORD)NtReleaseMutant((HANDLE)argument, NULL);
}

static DWORD WINAPI try_it(void *argument)
{
    return (DWORD)NtWaitForSingleObject((HANDLE)argument, FALSE, MS(0));
}

struct mutant_state {
    LONG count;
    BOOLEAN owned, abandoned;
};

static void mutants(void)
{
    HANDLE mutant;
    LONG previous = 9;
    struct mutant_state state;
    NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, FALSE);
    say("thread %u", end_of_thread(start_thread(take_and_die, mutant, NULL, NULL)));
    NtQueryMutant(mutant, 0, &state, sizeof state, NULL);
    say("abandoned %u, count %u", state.abandoned, (ULONG)state.count);
    say("wait %x", (ULONG)WAIT(mutant));
    say("again %x", (ULONG)WAIT(mutant));
    NtReleaseMutant(mutant, &previous);
    say("release %x", (ULONG)previous);
    say("not the owner %x", end_of_thread(start_thread(release_it, mutant, NULL, NULL)));
    say("busy %x", end_of_thread(start_thread(try_it, mutant, NULL, NULL)));
    HANDLE thread = start_thread(wait_for_it, mutant, NULL, NULL);
    NtDelayExecution(FALSE, MS(1));
    NtReleaseMutant(mutant, &previous);
    say("release %x", (ULONG)previous);
    say("not mine %x", (ULONG)NtReleaseMutant(mutant, NULL));
    say("taken %x", end_of_thread(thread));
}

static void semaphores(void)
{
    HANDLE semaphore, threads[4];
    LONG previous, state[2];
    NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 1, 3);
    for (unsigned i = 0; i < 4; i++)
        threads[i] = start_thread(wait_for_it, semaphore, NULL, NULL);
    NtDelayExecution(FALSE, MS(1));
    say("first any %x", (ULONG)NtWaitForMultipleObjects(4, threads, 1, FALSE, MS(1)));
    say("second %x", (ULONG)NtWaitForSingleObject(threads[1], FALSE, MS(1)));
    say("too many %x", (ULONG)NtReleaseSemaphore(semaphore, 4, NULL));
    NtReleaseSemaphore(semaphore, 2, &previous);
    say("release %u", (ULONG)previous);
    say("third %x", (ULONG)WAIT(threads[2]));
    say("all %x", (ULONG)NtWaitForMultipleObjects(4, threads, 0, FALSE, MS(1)));
    NtReleaseSemaphore(semaphore, 2, NULL);
    say("all %x", (ULONG)NtWaitForMultipleObjects(4, threads, 0, FALSE, NULL));
    NtQuerySemaphore(semaphore, 0, state, sizeof state, NULL);
    say("left %u of %u", (ULONG)state[0], (ULONG)state[1]);
}

static void timeouts(void)
{
    HANDLE event = new_event(0, FALSE);
    LARGE_INTEGER when;
    ULONG before = now_ms();
    say("relative %x", (ULONG)NtWaitForSingleObject(event, FALSE, MS(100)));
    say("took %u", (now_ms() - before + 8) / 16);
    NtQuerySystemTime(&when);
    when.QuadPart += 500 * 10000;
    before = now_ms();
    say("absolute %x", (ULONG)NtWaitForSingleObject(event, FALSE, &when));
    say("took %u", (now_ms() - before + 8) / 16);
    say("past %x", (ULONG)NtWaitForSingleObject(event, FALSE, &(LARGE_INTEGER){.QuadPart = 1}));
    say("none %x", (ULONG)NtWaitForSingleObject(event, FALSE, MS(0)));
    NtSetEvent(event, NULL);
    say("signalled %x", (ULONG)NtWaitForSingleObject(event, FALSE, MS(0)));
    say("bad handle %x", (ULONG)NtWaitForSingleObject((HANDLE)0x1230, FALSE, MS(0)));
    HANDLE both[2] = {event, event};
    say("twice %x", (ULONG)NtWaitForMultipleObjects(2, both, 0, FALSE, MS(0)));
    say("none at all %x", (ULONG)NtWaitForMultipleObjects(0, both, 0, FALSE, MS(0)));
    say("too many %x", (ULONG)NtWaitForMultipleObjects(65, both, 0, FALSE, MS(0)));
}

static void suspension(void)
{
    ULONG previous = 9;
    HANDLE event = new_event(1, FALSE);
    HANDLE thread = start_thread(wait_for_it, event, &(struct thread_options){.suspended = TRUE}, NULL);
    NtSuspendThread(thread, &previous);
    say("was %u", previous);
    NtResumeThread(thread, &previous);
    say("was %u", previous);
    NtResumeThread(thread, &previous);
    say("was %u", previous);
    NtDelayExecution(FALSE, MS(1)); /* it waits */
    NtSuspendThread(thread, NULL);
    NtSetEvent(event, NULL);
    say("suspended in its wait %x", (ULONG)NtWaitForSingleObject(thread, FALSE, MS(50)));
    say("takes nothing %x", (ULONG)NtWaitForSingleObject(event, FALSE, MS(0)));
    NtSetEvent(event, NULL);
    NtResumeThread(thread, NULL);
    say("result %x", end_of_thread(thread));
    thread = start_thread(answer, NULL, &(struct thread_options){.suspended = TRUE}, NULL);
    for (unsigned i = 0; i < 126; i++)
        NtSuspendThread(thread, NULL);
    say("too often %x", (ULONG)NtSuspendThread(thread, &previous));
    NtTerminateThread(thread, 3);
    say("killed %u", end_of_thread(thread));
}

static DWORD WINAPI touch_images(void *argument)
{
    volatile char *module = (char *)GetModuleHandleA("kernel32.dll");
    ULONG sum = 0;
    for (;;)
        for (ULONG at = 0; at < 0x8000; at += 0x1000)
            sum += module[at];
    return sum;
}

/* Killed while it runs, sleeps, waits for an object, reads a page, and before it has run at all. */
static void kills(void)
{
    HANDLE mutant, thread;
    NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, TRUE);
    stop = 0;
    thread = start_thread(spin, (void *)&counter, NULL, NULL);
    NtDelayExecution(FALSE, MS(10));
    NtTerminateThread(thread, 1);
    say("running %u", end_of_thread(thread));
    thread = start_thread(wait_for_it, mutant, NULL, NULL);
    NtDelayExecution(FALSE, MS(1));
    NtTerminateThread(thread, 2);
    say("waiting %u", end_of_thread(thread));
    NtReleaseMutant(mutant, NULL);
    say("free again %x", (ULONG)NtWaitForSingleObject(mutant, FALSE, MS(0)));
    thread = start_thread(touch_images, NULL, NULL, NULL);
    NtDelayExecution(FALSE, &(LARGE_INTEGER){.QuadPart = -1000}); /* its page is on its way */
    NtTerminateThread(thread, 3);
    say("reading %u", end_of_thread(thread));
    thread = start_thread(answer, NULL, &(struct thread_options){.suspended = TRUE}, NULL);
    NtTerminateThread(thread, 4);
    say("not started %u", end_of_thread(thread));
}

static void NTAPI apc(void *a, void *b, void *c)
{
    say("apc %u %u %u", (ULONG)(ULONG_PTR)a, (ULONG)(ULONG_PTR)b, (ULONG)(ULONG_PTR)c);
}

static DWORD WINAPI wait_alertable(void *argument)
{
    return (DWORD)NtWaitForSingleObject((HANDLE)argument, TRUE, NULL);
}

static void apcs(void)
{
    HANDLE event = new_event(0, FALSE), thread;
    NtQueueApcThread(THIS_THREAD, apc, (void *)1, (void *)2, (void *)3);
    NtQueueApcThread(THIS_THREAD, apc, (void *)4, (void *)5, (void *)6);
    say("not alertable %x", (ULONG)NtDelayExecution(FALSE, MS(1)));
    say("alertable %x", (ULONG)NtDelayExecution(TRUE, MS(1000)));
    NtQueueApcThread(THIS_THREAD, apc, (void *)7, NULL, NULL);
    say("test %x", (ULONG)NtTestAlert());
    thread = start_thread(wait_alertable, event, NULL, NULL);
    NtDelayExecution(FALSE, MS(1));
    NtQueueApcThread(thread, apc, (void *)8, NULL, NULL);
    say("other thread %x", end_of_thread(thread));
    thread = start_thread(wait_alertable, event, NULL, NULL);
    NtDelayExecution(FALSE, MS(1));
    NtAlertThread(thread);
    say("alerted %x", end_of_thread(thread));
    thread = start_thread(answer, (void *)2, &(struct thread_options){.suspended = TRUE}, NULL);
    NtQueueApcThread(thread, apc, (void *)9, NULL, NULL);
    NtResumeThread(thread, NULL);
    say("before its start %u", end_of_thread(thread));
}

static void NTAPI timer_apc(void *context, ULONG low, LONG high)
{
    say("timer apc %u, time given: %u", (ULONG)(ULONG_PTR)context, low != 0 && high != 0);
}

static void timers(void)
{
    HANDLE timer;
    BOOLEAN state = 9;
    ULONG before = now_ms();
    NtCreateTimer(&timer, TIMER_ALL_ACCESS, NULL, 0);
    NtSetTimer(timer, MS(100), NULL, NULL, FALSE, 0, &state);
    say("was %u", state);
    say("wait %x", (ULONG)WAIT(timer));
    say("again %x", (ULONG)NtWaitForSingleObject(timer, FALSE, MS(0)));
    say("took %u", (now_ms() - before + 8) / 16);
    NtSetTimer(timer, MS(50), timer_apc, (void *)3, FALSE, 30, &state);
    say("was %u", state);
    for (unsigned i = 0; i < 3; i++)
        say("delay %x", (ULONG)NtDelayExecution(TRUE, MS(1000)));
    NtCancelTimer(timer, &state);
    say("cancelled %x", (ULONG)NtDelayExecution(TRUE, MS(200)));
    NtClose(timer);
    NtCreateTimer(&timer, TIMER_ALL_ACCESS, NULL, 1);
    NtSetTimer(timer, MS(10), NULL, NULL, FALSE, 10, NULL);
    for (unsigned i = 0; i < 3; i++)
        say("period %x", (ULONG)WAIT(timer));
    say("taken %x", (ULONG)NtWaitForSingleObject(timer, FALSE, MS(0)));
}

static DWORD WINAPI meet(void *argument)
{
    return (DWORD)NtWaitForKeyedEvent(event_a, argument, FALSE, NULL);
}

static void keyed_events(void)
{
    NtCreateKeyedEvent(&event_a, 3, NULL, 0);
    HANDLE one = start_thread(meet, (void *)0x100, NULL, NULL), two = start_thread(meet, (void *)0x200, NULL, NULL);
    NtDelayExecution(FALSE, MS(1));
    say("nobody %x", (ULONG)NtReleaseKeyedEvent(event_a, (void *)0x300, FALSE, MS(1)));
    say("odd %x", (ULONG)NtReleaseKeyedEvent(event_a, (void *)0x301, FALSE, MS(1)));
    say("second %x", (ULONG)NtReleaseKeyedEvent(event_a, (void *)0x200, FALSE, NULL));
    say("ended %x", end_of_thread(two));
    say("still there %x", (ULONG)NtWaitForSingleObject(one, FALSE, MS(1)));
    say("first %x", (ULONG)NtReleaseKeyedEvent(event_a, (void *)0x100, FALSE, NULL));
    say("ended %x", end_of_thread(one));
}

static DWORD WINAPI count_up(void *argument)
{
    while (!stop)
        counter++;
    return counter;
}

static DWORD WINAPI elsewhere(void *argument)
{
    return 0x55;
}

static void contexts(void)
{
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};
    HANDLE thread = start_thread(count_up, NULL, NULL, NULL);
    NtDelayExecution(FALSE, MS(20));
    NtSuspendThread(thread, NULL);
    say("get %x", (ULONG)NtGetContextThread(thread, &context));
#ifdef _WIN64
    ULONG_PTR ip = context.Rip;
    context.Rip = thread_start();
    context.Rcx = (ULONG_PTR)elsewhere;
#else
    ULONG_PTR ip = context.Eip;
    context.Eip = thread_start();
    context.Eax = (ULONG_PTR)elsewhere;
#endif
    say("in its loop: %u", ip >= (ULONG_PTR)count_up && ip < (ULONG_PTR)count_up + 0x40);
    say("set %x", (ULONG)NtSetContextThread(thread, &context));
    NtResumeThread(thread, NULL);
    say("result %x", end_of_thread(thread));
}

static DWORD WINAPI grow(void *argument)
{
    volatile char pages[0x20000];
    for (int i = sizeof pages - 1; i >= 0; i -= 0x800)
        pages[i] = 1;
    return pages[0] + pages[0x800 - 1];
}

static DWORD WINAPI overflow(void *argument)
{
    volatile char pages[0x1000];
    pages[0] = 1;
    return argument ? pages[0] : overflow(argument) + pages[0];
}

static LONG CALLBACK end_thread(EXCEPTION_POINTERS *pointers)
{
    NtTerminateThread(THIS_THREAD, (NTSTATUS)pointers->ExceptionRecord->ExceptionCode);
    return EXCEPTION_CONTINUE_SEARCH;
}

/* Each thread's own stack grows. */
static void stacks(void)
{
    say("grown %u", end_of_thread(start_thread(grow, NULL, NULL, NULL)));
    AddVectoredExceptionHandler(1, end_thread);
    say("overflow %x", end_of_thread(start_thread(overflow, NULL, NULL, NULL)));
}

static DWORD WINAPI use_floats(void *argument)
{
    volatile double sum = (double)(ULONG_PTR)argument;
    for (unsigned i = 0; i < 200; i++) {
        double before = sum;
        NtYieldExecution();
        sum = before + 0.25;
    }
    return (DWORD)(sum * 4);
}

static void floats(void)
{
    HANDLE threads[4];
    for (ULONG_PTR i = 0; i < 4; i++)
        threads[i] = start_thread(use_floats, (void *)(i * 100), NULL, NULL);
    for (unsigned i = 0; i < 4; i++)
        say("floats %u", end_of_thread(threads[i]));
}

static void duplicates(void)
{
    HANDLE event = new_event(0, FALSE), copy = NULL, weak = NULL;
    UCHAR flags[2] = {0, 1}, basic[0x38];
    say("copy %x", (ULONG)NtDuplicateObject(THIS_PROCESS, event, THIS_PROCESS, &copy, 0, 0, DUPLICATE_SAME_ACCESS));
    NtSetEvent(copy, NULL);
    say("one object %x", (ULONG)NtWaitForSingleObject(event, FALSE, MS(0)));
    say("weak %x", (ULONG)NtDuplicateObject(THIS_PROCESS, event, THIS_PROCESS, &weak, SYNCHRONIZE, 0, 0));
    say("may wait %x", (ULONG)NtWaitForSingleObject(weak, FALSE, MS(0)));
    say("may not set %x", (ULONG)NtSetEvent(weak, NULL));
    NtQueryObject(event, 0, basic, sizeof basic, NULL);
    say("handles %u, access %x", *(ULONG *)(basic + 8), *(ULONG *)(basic + 4));
    NtSetInformationObject(event, 4, flags, sizeof flags);
    say("protected %x", (ULONG)NtClose(event));
    say("moved %x", (ULONG)NtDuplicateObject(THIS_PROCESS, copy, NULL, NULL, 0, 0, DUPLICATE_CLOSE_SOURCE));
    say("gone %x", (ULONG)NtClose(copy));
    NtDuplicateObject(THIS_PROCESS, THIS_THREAD, THIS_PROCESS, &copy, 0, 0, DUPLICATE_SAME_ACCESS);
    struct thread_basic mine;
    NtQueryInformationThread(copy, 0, &mine, sizeof mine, NULL);
    say("myself %u", mine.teb == NtCurrentTeb());
}

/* For ever: nobody sets the event. */
static void stuck(void)
{
    event_a = new_event(0, FALSE);
    for (unsigned i = 0; i < 3; i++)
        start_thread(wait_for_it, event_a, NULL, NULL);
    WAIT(event_a);
}

/* --- Page reads ---------------------------------------------------------------------------------------------- */

static const volatile char cold[0x30000] = {1}; /* of the image, touched by nobody else */

static DWORD WINAPI touch(void *argument)
{
    WAIT(event_a);
    return (DWORD)(((const volatile char *)argument)[0] & 0);
}

/* => microseconds until two threads have touched a page each. */
static ULONG touch_both(ULONG first, ULONG second)
{
    LARGE_INTEGER before, after;
    HANDLE threads[2];
    NtResetEvent(event_a, NULL);
    threads[0] = start_thread(touch, (void *)(ULONG_PTR)&cold[first], NULL, NULL);
    threads[1] = start_thread(touch, (void *)(ULONG_PTR)&cold[second], NULL, NULL);
    NtDelayExecution(FALSE, MS(10)); /* both wait */
    QueryPerformanceCounter(&before);
    NtSetEvent(event_a, NULL);
    NtWaitForMultipleObjects(2, threads, 0, FALSE, NULL);
    QueryPerformanceCounter(&after);
    return (ULONG)(after.QuadPart - before.QuadPart) / 10;
}

/* A read takes 200 us, and a little more for the pages that follow: two at once hardly longer, a page that is there
 * nothing. */
static void reads(void)
{
    event_a = new_event(0, FALSE);
    touch_both(0x1000, 0x1000); /* what the calls themselves need is read with it */
    ULONG apart = touch_both(0x12000, 0x1E000), same = touch_both(0x28000, 0x28800),
          there = touch_both(0x12000, 0x28000);
    say("two pages %u, one page %u, none %u", apart > 200 && apart<300, same> 200 && same < 300, there < 100);
}

static void many(void)
{
    enum { COUNT = 64 };
    HANDLE threads[COUNT];
    event_a = new_event(0, FALSE);
    for (ULONG i = 0; i < COUNT; i++)
        threads[i] = start_thread(note_order, NULL, NULL, NULL);
    NtSetEvent(event_a, NULL);
    say("all %x", (ULONG)NtWaitForMultipleObjects(COUNT, threads, 0, FALSE, NULL));
}

void run(const char *arguments)
{
    static void (*const cases[])(void) = {
        ['a'] = start_and_end,  ['b'] = ping_pong,  ['c'] = share,    ['d'] = starve,       ['e'] = priorities,
        ['f'] = mutants,        ['g'] = semaphores, ['h'] = timeouts, ['i'] = suspension,   ['j'] = kills,
        ['k'] = apcs,           ['l'] = timers,     ['m'] = contexts, ['n'] = keyed_events, ['o'] = stacks,
        ['p'] = floats,         ['q'] = duplicates, ['v'] = stuck,    ['w'] = many,         ['y'] = reads,
        ['B'] = long_ping_pong, ['C'] = calls,
    };
    run_case(cases, sizeof cases / sizeof *cases, arguments);
}
