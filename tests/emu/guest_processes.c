// SPDX-License-Identifier: GPL-2.0-or-later
/* guest_processes.c - parents and children by native services, a case for each letter: see test_threads.c. */
#include "guest_nt.h"

static volatile ULONG counter;

static DWORD WINAPI spin(void *argument)
{
    for (volatile ULONG *mine = argument;;)
        ++*mine;
}

static volatile ULONG shared_word = 0x1234;

static void family(void)
{
    struct process_basic basic;
    struct object_attributes attributes = {.length = sizeof attributes, .attributes = 2};
    HANDLE event, hidden, thread, process;
    ULONG word = 0;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, 0, FALSE);
    hidden = new_event(0, FALSE);
    say("events %x %x", (ULONG)(ULONG_PTR)event, (ULONG)(ULONG_PTR)hidden);
    process = start_child("1", TRUE, &thread);
    NtQueryInformationProcess(process, 0, &basic, sizeof basic, NULL);
    say("child %u of %u, status %x", (ULONG)basic.id, (ULONG)basic.parent, (ULONG)basic.exit_status);
    shared_word = 0x5678;
    NtReadVirtualMemory(process, (void *)(ULONG_PTR)&shared_word, &word, sizeof word, NULL);
    say("its own memory: %x", word);
    word = 0x9ABC;
    NtWriteVirtualMemory(process, (void *)(ULONG_PTR)&shared_word, &word, sizeof word, NULL);
    NtResumeThread(thread, NULL);
    say("event set %x", (ULONG)WAIT(event));
    say("ended %x", (ULONG)WAIT(process));
    NtQueryInformationProcess(process, 0, &basic, sizeof basic, NULL);
    say("status %u, parent's word %x", (ULONG)basic.exit_status, shared_word);
    say("thread %u", end_of_thread(thread));
    say("too late %x", (ULONG)NtReadVirtualMemory(process, (void *)(ULONG_PTR)&shared_word, &word, sizeof word, NULL));
    NtClose(process);
    NtClose(hidden);
}

static void child_of_family(void)
{
    say("child: word %x", shared_word);
    say("child: hidden %x", (ULONG)NtClose((HANDLE)0x14));
    say("child: event %x", (ULONG)NtSetEvent((HANDLE)0x10, NULL));
    NtTerminateProcess(THIS_PROCESS, 42);
}

/* A remote thread; suspension of all of it; an end from outside. */
static void remote(void)
{
    HANDLE thread, process = start_child("2", FALSE, &thread), own, visitor, opened;
    struct process_basic basic;
    NtQueryInformationProcess(process, 0, &basic, sizeof basic, NULL);
    NtResumeThread(thread, NULL);
    NtDelayExecution(FALSE, MS(20));
    visitor = start_thread(answer, (void *)0x77, &(struct thread_options){.process = process}, NULL);
    say("visitor %x", end_of_thread(visitor));
    say("suspend %x", (ULONG)NtSuspendProcess(process));
    visitor = start_thread(answer, (void *)0x78, &(struct thread_options){.process = process}, NULL);
    say("new ones run: %x", end_of_thread(visitor));
    say("resume %x", (ULONG)NtResumeProcess(process));
    struct client_id id = {(HANDLE)basic.id, NULL};
    struct object_attributes none = {.length = sizeof none};
    say("open %x", (ULONG)NtOpenProcess(&opened, PROCESS_TERMINATE, &none, &id));
    say("no right %x", (ULONG)NtReadVirtualMemory(opened, (void *)(ULONG_PTR)&counter, &basic, 4, NULL));
    NtDuplicateObject(THIS_PROCESS, THIS_PROCESS, process, &own, 0, 0, DUPLICATE_SAME_ACCESS);
    say("kill %x", (ULONG)NtTerminateProcess(opened, 99));
    say("killed %x", (ULONG)WAIT(process));
    say("status %u", end_of_thread(thread));
    say("again %x", (ULONG)NtTerminateProcess(opened, 98));
    id.process = (HANDLE)0x5554;
    say("no such %x", (ULONG)NtOpenProcess(&opened, PROCESS_TERMINATE, &none, &id));
}

static void busy_child(void)
{
    for (;;) { /* faults for ever */
        volatile char *memory = VirtualAlloc(NULL, 0x100000, MEM_COMMIT, PAGE_READWRITE);
        for (ULONG at = 0; at < 0x100000; at += 0x1000)
            memory[at] = 1;
        VirtualFree((void *)(ULONG_PTR)memory, 0, MEM_RELEASE);
    }
}

/* Children that go on when their parent has ended. */
static void orphan(void)
{
    HANDLE thread;
    start_child("3", TRUE, &thread);
    NtResumeThread(thread, NULL);
    say("parent ends");
    NtTerminateProcess(THIS_PROCESS, 7);
}

static void late_child(void)
{
    NtDelayExecution(FALSE, MS(1000));
    say("child ends");
    NtTerminateProcess(THIS_PROCESS, 9);
}

static void crash_child(void)
{
    HANDLE thread, process = start_child("4", TRUE, &thread);
    NtResumeThread(thread, NULL);
    WAIT(process);
    say("child died: %x", end_of_thread(thread));
}

static void crash(void)
{
    *(volatile int *)16 = 1;
}

/* What a leaking program leaves. */
static void leak(void)
{
    HANDLE thread;
    for (unsigned i = 0; i < 20; i++) {
        start_thread(wait_for_it, new_event(0, FALSE), NULL, NULL);
    }
    for (unsigned i = 0; i < 3; i++)
        start_thread(spin, (void *)&counter, NULL, NULL);
    start_child("2", TRUE, &thread);
    HANDLE child = start_child("2", TRUE, &thread);
    NtResumeThread(thread, NULL);
    NtDelayExecution(FALSE, MS(50));
    NtTerminateProcess(child, 1);
    say("leaks");
}

/* For the clock. */
static void children(void)
{
    for (unsigned i = 0; i < 100; i++) {
        HANDLE thread, process = start_child("6", FALSE, &thread);
        NtResumeThread(thread, NULL);
        WAIT(process);
        NtClose(thread);
        NtClose(process);
    }
    say("a hundred children");
}

static void nothing(void)
{
}

void run(const char *arguments)
{
    static void (*const cases[])(void) = {
        ['a'] = family,     ['b'] = remote,   ['c'] = orphan,          ['d'] = crash_child,
        ['e'] = leak,       ['D'] = children, ['1'] = child_of_family, ['2'] = busy_child,
        ['3'] = late_child, ['4'] = crash,    ['6'] = nothing,
    };
    run_case(cases, sizeof cases / sizeof *cases, arguments);
}
