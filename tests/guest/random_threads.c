/* SPDX-License-Identifier: GPL-2.0-or-later */
/* random_threads.c - threads and processes that do to one another what a seed says; then what must hold is looked at.
 * usage: random_threads SEED [child]
 *
 * Workers wait, signal, queue calls, suspend each other, look at each other's registers, change priorities, use memory;
 * with an odd seed they also kill each other.  The first thread makes them and, where it is no child itself, children,
 * and kills some of those.  Workers call nothing that takes a lock of the process, so that one can be killed anywhere.
 *
 * Laws: two counters behind a mutant agree, but where its owner was killed; semaphores get back what was taken; no call
 * runs that nobody queued; all end; no handle is left (but of those that were killed, and of contended locks). */
#include "programs/win32.h"

enum {
    WORKERS = 4,
    STEPS = 40,
    CHILD_STEPS = 12,
    PAGES = 32,
    TOKENS = 3,
    CHILDREN = 2,
    CONTENDED = 3 /* locks of the process that make an event when somebody waits for the first time */
};

enum state { NONE, BEGINS, RUNS, ENDS };

struct worker {
    HANDLE thread;
    volatile LONG state; /* enum state; killed only while RUNS */
    unsigned random;
};

static const volatile char cold[PAGES * PAGE] = {1};
static struct worker workers[WORKERS];
static HANDLE lock, kill_lock, tokens, pulse, nul;
static volatile LONG left, right; /* behind lock */
static volatile LONG queued, called, broken, stop;
static BOOL killing;

static unsigned draw(unsigned *random, unsigned bound)
{
    *random = *random * 1664525u + 1013904223u;
    return (*random >> 8) % bound;
}

static void expect(BOOL holds, LONG law)
{
    if (!holds && !broken)
        broken = law;
}

static void CALLBACK call(ULONG_PTR argument)
{
    (void)argument;
    InterlockedIncrement(&called);
}

static void CALLBACK timer_call(void *argument, DWORD low, DWORD high)
{
    (void)low;
    (void)high;
    ++*(volatile LONG *)argument;
}

/* --- What a worker does ---------------------------------------------------------------------------------------- */

static HANDLE other(struct worker *me)
{
    struct worker *target = &workers[draw(&me->random, WORKERS)];
    return target != me && target->state == RUNS ? target->thread : NULL;
}

static void inside_lock(struct worker *me, DWORD how)
{
    if (how == WAIT_ABANDONED)
        right = left;
    expect(left == right, 1);
    left++;
    if (draw(&me->random, 3) == 0)
        SleepEx(draw(&me->random, 2), draw(&me->random, 2));
    else
        (void)cold[draw(&me->random, PAGES) * PAGE];
    right++;
    expect(ReleaseMutex(lock), 2);
}

static void take_lock(struct worker *me)
{
    DWORD how = WaitForSingleObject(lock, draw(&me->random, 6));
    if (how != WAIT_TIMEOUT)
        inside_lock(me, how);
}

static void take_token(struct worker *me)
{
    if (WaitForSingleObject(tokens, draw(&me->random, 4)) != WAIT_OBJECT_0)
        return;
    if (draw(&me->random, 2))
        SwitchToThread();
    expect(ReleaseSemaphore(tokens, 1, NULL), 3);
}

static void take_several(struct worker *me)
{
    HANDLE all[] = {lock, tokens, pulse};
    BOOL every = (BOOL)draw(&me->random, 2);
    DWORD how = WaitForMultipleObjectsEx(2 + !every, all, every, draw(&me->random, 5), draw(&me->random, 2));
    if (how == WAIT_TIMEOUT || how == WAIT_IO_COMPLETION)
        return;
    BOOL abandoned = how >= WAIT_ABANDONED_0;
    DWORD which = abandoned ? how - WAIT_ABANDONED_0 : how;
    if (every || which == 1)
        expect(ReleaseSemaphore(tokens, 1, NULL), 4);
    if (every || which == 0)
        inside_lock(me, abandoned ? WAIT_ABANDONED : WAIT_OBJECT_0);
}

static void signal_pulse(struct worker *me)
{
    switch (draw(&me->random, 3)) {
    case 0: SetEvent(pulse); break;
    case 1: PulseEvent(pulse); break;
    default: WaitForSingleObjectEx(pulse, draw(&me->random, 4), TRUE); break;
    }
}

static void queue_call(struct worker *me)
{
    HANDLE target = draw(&me->random, 4) ? other(me) : GetCurrentThread();
    InterlockedIncrement(&queued);
    if (!target || !QueueUserAPC(call, target, 0))
        InterlockedDecrement(&queued);
    if (draw(&me->random, 2))
        SleepEx(0, TRUE);
}

static void suspend_other(struct worker *me)
{
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};
    HANDLE target = other(me);
    if (!target || SuspendThread(target) == (DWORD)-1)
        return;
    if (draw(&me->random, 2) && GetThreadContext(target, &context))
        SetThreadContext(target, &context);
    if (draw(&me->random, 2))
        Sleep(draw(&me->random, 3));
    ResumeThread(target);
}

static void set_priority(struct worker *me)
{
    HANDLE target = draw(&me->random, 2) ? other(me) : GetCurrentThread();
    if (target)
        SetThreadPriority(target, (int)draw(&me->random, 5) - 2);
}

static void use_memory(struct worker *me)
{
    DWORD done;
    char *page = VirtualAlloc(NULL, 4 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    if (!page)
        return;
    page[draw(&me->random, 4 * PAGE)] = cold[draw(&me->random, PAGES) * PAGE];
    WriteFile(nul, page, 4 * PAGE, &done, NULL);
    expect(VirtualFree(page, 0, MEM_RELEASE), 5);
}

static void use_timer(struct worker *me)
{
    LARGE_INTEGER due = {.QuadPart = -10 * (LONGLONG)draw(&me->random, 2000)};
    volatile LONG count = 0;
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL);
    if (!timer)
        return;
    SetWaitableTimer(timer, &due, (LONG)draw(&me->random, 2), timer_call, (void *)(LONG_PTR)&count, FALSE);
    SleepEx(draw(&me->random, 3), TRUE);
    CancelWaitableTimer(timer);
    CloseHandle(timer);
}

static void kill_other(struct worker *me)
{
    if (!killing || draw(&me->random, 8) != 0 || WaitForSingleObject(kill_lock, 1) == WAIT_TIMEOUT)
        return;
    struct worker *target = &workers[draw(&me->random, WORKERS)];
    if (target->state == RUNS)
        TerminateThread(target->thread, 77);
    ReleaseMutex(kill_lock);
}

static void compute(struct worker *me)
{
    for (volatile unsigned i = draw(&me->random, 20000); i > 0; i--)
        ;
}

static DWORD WINAPI work(void *argument)
{
    static void (*const deeds[])(struct worker *) = {take_lock,  take_token,    take_several, signal_pulse,
                                                     queue_call, suspend_other, set_priority, use_memory,
                                                     use_timer,  kill_other,    compute};
    struct worker *me = argument;
    me->state = RUNS;
    while (!stop && draw(&me->random, 40) != 0)
        deeds[draw(&me->random, sizeof deeds / sizeof deeds[0])](me);
    WaitForSingleObject(kill_lock, INFINITE);
    me->state = ENDS;
    ReleaseMutex(kill_lock);
    return 7;
}

/* --- The first thread ------------------------------------------------------------------------------------------ */

static unsigned random;

static void end_worker(struct worker *worker)
{
    DWORD code = 0;
    GetExitCodeThread(worker->thread, &code);
    expect(code == 7 || (killing && code == 77), 10);
    CloseHandle(worker->thread);
    *worker = (struct worker){0};
}

/* With nobody else between: a thread that is killed now was looked at before. */
static void tend(struct worker *worker)
{
    if (worker->thread && WaitForSingleObject(worker->thread, 0) == WAIT_OBJECT_0) {
        while (WaitForSingleObject(kill_lock, INFINITE) != WAIT_OBJECT_0)
            ReleaseMutex(kill_lock);
        end_worker(worker);
        ReleaseMutex(kill_lock);
    }
    if (worker->thread || stop)
        return;
    worker->random = random + draw(&random, 1000);
    worker->state = BEGINS;
    worker->thread = CreateThread(NULL, 0, work, worker, CREATE_SUSPENDED, NULL);
    expect(worker->thread != NULL, 11);
    ResumeThread(worker->thread);
}

static HANDLE children[CHILDREN];

static void tend_child(const char *program, HANDLE *child)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION information;
    char line[MAX_PATH + 32];
    DWORD code = 0;

    if (*child) {
        bool killed = draw(&random, 2) && TerminateProcess(*child, 78);
        if (!stop && !killed && WaitForSingleObject(*child, draw(&random, 5)) == WAIT_TIMEOUT)
            return;
        WaitForSingleObject(*child, INFINITE);
        GetExitCodeProcess(*child, &code);
        expect(code == 0 || (killed && code == 78), 12);
        CloseHandle(*child);
        *child = NULL;
    }
    if (stop || draw(&random, 4) != 0)
        return;
    snprintf(line, sizeof line, "\"%s\" %u child", program, draw(&random, 100000));
    if (CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &information)) {
        CloseHandle(information.hThread);
        *child = information.hProcess;
    }
}

static void wait_for_all(void)
{
    for (bool again = true; again;) {
        again = false;
        for (int i = 0; i < WORKERS; i++) {
            if (!workers[i].thread)
                continue;
            ResumeThread(workers[i].thread); /* who suspended it may be dead */
            WaitForSingleObject(workers[i].thread, 1);
            tend(&workers[i]);
            again = true;
        }
    }
}

static void check_end(DWORD handles_before)
{
    DWORD how = WaitForSingleObject(lock, 0), handles = 0;
    int free_tokens = 0;
    expect(how == WAIT_OBJECT_0 || (killing && how == WAIT_ABANDONED), 20);
    expect(left == right || how == WAIT_ABANDONED, 21);
    ReleaseMutex(lock);
    while (WaitForSingleObject(tokens, 0) == WAIT_OBJECT_0)
        free_tokens++;
    expect(free_tokens == TOKENS || (killing && free_tokens < TOKENS), 22);
    expect(called <= queued, 23);
    GetProcessHandleCount(GetCurrentProcess(), &handles);
    expect(handles >= handles_before && (killing || handles <= handles_before + CONTENDED), 24);
}

int main(int argc, char **argv)
{
    DWORD handles = 0;
    bool is_child = argc > 2;

    random = (unsigned)strtoul(argc > 1 ? argv[1] : "0", NULL, 10);
    killing = random & 1;
    lock = CreateMutexA(NULL, FALSE, NULL);
    kill_lock = CreateMutexA(NULL, FALSE, NULL);
    tokens = CreateSemaphoreA(NULL, TOKENS, TOKENS, NULL);
    pulse = CreateEventA(NULL, FALSE, FALSE, NULL);
    nul = CreateFileA("NUL", GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    GetProcessHandleCount(GetCurrentProcess(), &handles);
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_ABOVE_NORMAL);
    for (int i = 0; i < (is_child ? CHILD_STEPS : STEPS); i++) {
        for (int j = 0; j < WORKERS; j++)
            tend(&workers[j]);
        for (int j = 0; j < CHILDREN && !is_child; j++)
            tend_child(argv[0], &children[j]);
        SleepEx(draw(&random, 3), TRUE);
    }
    stop = 1;
    wait_for_all();
    for (int j = 0; j < CHILDREN; j++)
        tend_child(argv[0], &children[j]);
    check_end(handles);
    if (broken)
        printf("law %ld is broken\n", broken);
    else if (!is_child)
        printf("all laws hold: %ld in the lock, %ld calls\n", left, called);
    return broken != 0;
}
