/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kill_points.c - threads and processes that are ended from outside, wherever they are: in a page read, in a service
 * that waits for a page, in each kind of wait, suspended, not started, computing; what they held, others get. */
#include "win32.h"

enum { PAGES = 64, WRITES = 8 };

static const volatile char cold[PAGES * PAGE] = {1}; /* of the image, a page for each read */

static HANDLE event, never, lock, nul;
static volatile LONG alive;

static void begin(void)
{
    alive++;
    SetEvent(event);
}

static void reads(void)
{
    for (int i = 0; i < PAGES; i++)
        alive += cold[i * PAGE];
}

/* The service's own access to the page waits. */
static void writes(void)
{
    DWORD done;
    for (int i = PAGES - 1; i > 0; i -= WRITES)
        WriteFile(nul, (const char *)(LONG_PTR)cold + (i - WRITES + 1) * PAGE, WRITES * PAGE, &done, NULL);
}

static void waits(void)
{
    WaitForSingleObject(never, INFINITE);
}

static void waits_for_two(void)
{
    HANDLE both[] = {never, event};
    WaitForMultipleObjects(2, both, TRUE, INFINITE);
}

static void waits_alertably(void)
{
    WaitForSingleObjectEx(never, 1000000, TRUE);
}

static void sleeps(void)
{
    Sleep(1000000);
}

static void holds(void)
{
    WaitForSingleObject(lock, INFINITE);
    Sleep(INFINITE);
}

static void computes(void)
{
    for (volatile unsigned n = 0;; n++)
        ;
}

static void CALLBACK sleeps_in_call(ULONG_PTR argument)
{
    Sleep((DWORD)argument);
}

static void in_a_call(void)
{
    QueueUserAPC(sleeps_in_call, GetCurrentThread(), INFINITE);
    SleepEx(INFINITE, TRUE);
}

static LONG CALLBACK sleeps_in_handler(EXCEPTION_POINTERS *pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode == 0x1234)
        Sleep(INFINITE);
    return EXCEPTION_CONTINUE_SEARCH;
}

static void in_a_handler(void)
{
    AddVectoredExceptionHandler(1, sleeps_in_handler);
    RaiseException(0x1234, 0, 0, NULL);
}

static const struct {
    const char *name;
    void (*place)(void);
} places[] = {
    {"a page read", reads},
    {"a page read inside a service", writes},
    {"a wait", waits},
    {"a wait for two", waits_for_two},
    {"an alertable wait with a timeout", waits_alertably},
    {"a sleep", sleeps},
    {"a lock held", holds},
    {"a computation", computes},
    {"a procedure call", in_a_call},
    {"an exception handler", in_a_handler},
};
enum { PLACES = sizeof places / sizeof places[0] };

static DWORD WINAPI thread(void *place)
{
    begin();
    places[(INT_PTR)place].place();
    return 1;
}

static DWORD WINAPI touch_all(void *argument)
{
    (void)argument;
    reads();
    return 2;
}

static const char *code_of_thread(HANDLE handle)
{
    DWORD code = 0;
    GetExitCodeThread(handle, &code);
    return code == 77 ? "killed" : code == 1 ? "ended" : code == STILL_ACTIVE ? "still there" : "another code";
}

static void kill_threads(void)
{
    for (int i = 0; i < PLACES; i++) {
        HANDLE victim = CreateThread(NULL, 0, thread, (void *)(INT_PTR)i, 0, NULL);
        WaitForSingleObject(event, INFINITE);
        Sleep(1);
        if (i % 2) {
            SuspendThread(victim); /* dead is dead */
            SuspendThread(victim);
        }
        TerminateThread(victim, 77);
        WaitForSingleObject(victim, INFINITE);
        printf("thread in %s: %s\n", places[i].name, code_of_thread(victim));
        CloseHandle(victim);
    }
    check("the lock was abandoned", WaitForSingleObject(lock, 0) == WAIT_ABANDONED);
    ReleaseMutex(lock);
    HANDLE victim = CreateThread(NULL, 0, touch_all, NULL, CREATE_SUSPENDED, NULL);
    TerminateThread(victim, 77);
    WaitForSingleObject(victim, INFINITE);
    printf("thread that has not started: %s\n", code_of_thread(victim));
}

static void run_child(const char *program, int place, PROCESS_INFORMATION *information)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    char line[MAX_PATH + 64];

    snprintf(line, sizeof line, "\"%s\" %d", program, place);
    if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, place < 0 ? CREATE_SUSPENDED : 0, NULL, NULL, &startup,
                        information))
        exit(1);
    CloseHandle(information->hThread);
}

static void kill_children(const char *program)
{
    PROCESS_INFORMATION information;
    DWORD code, before = 0, after = 0;

    for (int i = -1; i < PLACES; i++) {
        run_child(program, i, &information);
        if (i >= 0)
            WaitForSingleObject(event, INFINITE);
        Sleep(1);
        TerminateProcess(information.hProcess, 78);
        WaitForSingleObject(information.hProcess, INFINITE);
        GetExitCodeProcess(information.hProcess, &code);
        printf("process in %s: %s\n", i < 0 ? "its beginning" : places[i].name, code == 78 ? "killed" : "ended");
        CloseHandle(information.hProcess);
        GetProcessHandleCount(GetCurrentProcess(), i < 0 ? &before : &after);
    }
    check("the lock was abandoned", WaitForSingleObject(lock, 0) == WAIT_ABANDONED);
    ReleaseMutex(lock);
    check("no handle is left", before == after);
}

int main(int argc, char **argv)
{
    event = CreateEventA(NULL, FALSE, FALSE, "event");
    never = CreateEventA(NULL, TRUE, FALSE, NULL);
    lock = CreateMutexA(NULL, FALSE, "lock");
    nul = CreateFileA("NUL", GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (argc > 1) {
        thread((void *)(INT_PTR)atoi(argv[1]));
        return 1;
    }
    kill_threads();
    kill_children(argv[0]);
    WaitForSingleObject(CreateThread(NULL, 0, touch_all, NULL, 0, NULL), INFINITE);
    int sum = 0;
    for (int i = 0; i < PAGES; i++)
        sum += cold[i * PAGE];
    check("every page can be read", sum == 1);
    return 0;
}
