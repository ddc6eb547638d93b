/* SPDX-License-Identifier: GPL-2.0-or-later */
/* locks.c - LockFileEx that waits: who gets the lock, and what wakes it.
 * usage: locks SCENARIO; a file is on D:.  Times are virtual: a thread that sleeps lets the others come first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { SHARED = 0, EXCLUSIVE = LOCKFILE_EXCLUSIVE_LOCK };

static HANDLE holder; /* has bytes 0 to 9 */

static HANDLE open_file(void)
{
    HANDLE file = CreateFileA("D:\\locked", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                              OPEN_ALWAYS, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        printf("error %lu\n", GetLastError());
        ExitProcess(9);
    }
    return file;
}

static DWORD lock(HANDLE file, DWORD offset, DWORD length, DWORD flags)
{
    OVERLAPPED at = {.Offset = offset};
    return LockFileEx(file, flags, 0, length, 0, &at) ? 0 : GetLastError();
}

static DWORD unlock(HANDLE file, DWORD offset, DWORD length)
{
    return UnlockFile(file, offset, 0, length, 0) ? 0 : GetLastError();
}

struct waiter {
    const char *name;
    DWORD flags;
    HANDLE file, thread;
};

static DWORD WINAPI wait_for_lock(void *argument)
{
    struct waiter *waiter = argument;
    DWORD error = lock(waiter->file, 5, 10, waiter->flags);
    printf("%s: %lu\n", waiter->name, error);
    if (error == 0) {
        Sleep(50);
        printf("%s gives it back: %lu\n", waiter->name, unlock(waiter->file, 5, 10));
    }
    return 0;
}

/* It waits when this returns. */
static void start(struct waiter *waiter)
{
    waiter->file = open_file();
    waiter->thread = CreateThread(NULL, 0, wait_for_lock, waiter, 0, NULL);
    Sleep(20);
}

static void end(struct waiter *waiter)
{
    WaitForSingleObject(waiter->thread, INFINITE);
    CloseHandle(waiter->thread);
    CloseHandle(waiter->file);
}

static void hold(void)
{
    holder = open_file();
    printf("held: %lu\n", lock(holder, 0, 10, EXCLUSIVE));
}

/* The thread waits for itself. */
static void by_itself(void)
{
    hold();
    fflush(stdout);
    lock(open_file(), 5, 10, SHARED);
    printf("not to be had\n");
}

/* Two threads wait for each other, a third one for one of them. */
static void by_two(void)
{
    struct waiter waiter = {.name = "waiter", .flags = EXCLUSIVE};
    hold();
    fflush(stdout);
    start(&waiter);
    WaitForSingleObject(waiter.thread, INFINITE);
}

static void in_order(void)
{
    struct waiter a = {.name = "a", .flags = EXCLUSIVE}, b = {.name = "b", .flags = SHARED},
                  c = {.name = "c", .flags = SHARED}, d = {.name = "d", .flags = EXCLUSIVE};
    hold();
    start(&a);
    start(&b);
    start(&c);
    start(&d);
    printf("at once: %lu\n", lock(d.file, 5, 1, EXCLUSIVE | LOCKFILE_FAIL_IMMEDIATELY));
    printf("others' bytes: %lu\n", lock(d.file, 20, 1, EXCLUSIVE));
    printf("unlocked: %lu\n", unlock(holder, 0, 10));
    end(&a);
    end(&b);
    end(&c);
    end(&d);
}

static void closed(void)
{
    struct waiter waiter = {.name = "waiter", .flags = EXCLUSIVE};
    hold();
    start(&waiter);
    printf("closed: %d\n", CloseHandle(holder));
    end(&waiter);
    hold();
    start(&waiter);
    printf("the waiter's: %d\n", CloseHandle(waiter.file));
    WaitForSingleObject(waiter.thread, INFINITE);
}

/* The first in the queue goes without the lock, or gets it while it is suspended. */
static void interrupted(void)
{
    struct waiter a = {.name = "a", .flags = EXCLUSIVE}, b = {.name = "b", .flags = EXCLUSIVE};
    hold();
    start(&a);
    start(&b);
    printf("killed: %d\n", TerminateThread(a.thread, 1));
    unlock(holder, 0, 10);
    end(&b);
    printf("held: %lu\n", lock(holder, 0, 10, EXCLUSIVE));
    start(&b);
    printf("suspended: %lu\n", SuspendThread(b.thread));
    unlock(holder, 0, 10);
    Sleep(100);
    printf("meanwhile: %lu\n", lock(holder, 0, 10, EXCLUSIVE | LOCKFILE_FAIL_IMMEDIATELY));
    printf("resumed: %lu\n", ResumeThread(b.thread));
    end(&b);
}

static HANDLE start_child(const char *what, HANDLE file)
{
    char line[MAX_PATH];
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    snprintf(line, sizeof line, "locks.exe %s %lu", what, (DWORD)(ULONG_PTR)file);
    fflush(stdout);
    char own[MAX_PATH];
    GetModuleFileNameA(NULL, own, sizeof own);
    if (!CreateProcessA(own, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process)) {
        printf("no child: %lu\n", GetLastError());
        ExitProcess(9);
    }
    CloseHandle(process.hThread);
    Sleep(1000);
    return process.hProcess;
}

/* Children hold the lock: one by an open of its own, one by the parent's. */
static void of_children(void)
{
    HANDLE file = open_file(), shared = open_file();
    SetHandleInformation(shared, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    HANDLE child = start_child("child", 0);
    printf("at once: %lu\n", lock(file, 5, 10, EXCLUSIVE | LOCKFILE_FAIL_IMMEDIATELY));
    printf("when it ends: %lu\n", lock(file, 5, 10, EXCLUSIVE));
    WaitForSingleObject(child, INFINITE);
    unlock(file, 5, 10);
    child = start_child("child", shared);
    printf("at once: %lu\n", lock(file, 5, 10, EXCLUSIVE | LOCKFILE_FAIL_IMMEDIATELY));
    printf("the open's other owner: %lu\n", lock(shared, 5, 10, EXCLUSIVE | LOCKFILE_FAIL_IMMEDIATELY));
    TerminateProcess(child, 1);
    printf("when it is killed: %lu\n", lock(file, 5, 10, EXCLUSIVE));
}

static void child(HANDLE file)
{
    file = file ? file : open_file();
    printf("child: %lu\n", lock(file, 0, 10, EXCLUSIVE));
    fflush(stdout);
    Sleep(5000);
}

/* What the caller gets: the event, and the status behind it. */
static DWORD WINAPI unlock_later(void *argument)
{
    (void)argument;
    Sleep(3000);
    unlock(holder, 0, 10);
    return 0;
}

static void told(void)
{
    OVERLAPPED at = {.Offset = 5, .Internal = 77, .hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    HANDLE file = open_file();
    hold();
    DWORD begin = GetTickCount();
    CloseHandle(CreateThread(NULL, 0, unlock_later, NULL, 0, NULL));
    BOOL good = LockFileEx(file, EXCLUSIVE, 0, 1, 0, &at);
    DWORD waited = GetTickCount() - begin;
    printf("%d, status %lx, event %lx, %s\n", good, (DWORD)at.Internal, WaitForSingleObject(at.hEvent, 0),
           waited >= 3000 && waited < 3100 ? "after 3 seconds" : "at another time");
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    setvbuf(stdout, NULL, _IOFBF, 4096);
    if (!strcmp(what, "itself"))
        by_itself();
    else if (!strcmp(what, "two"))
        by_two();
    else if (!strcmp(what, "order"))
        in_order();
    else if (!strcmp(what, "closed"))
        closed();
    else if (!strcmp(what, "interrupted"))
        interrupted();
    else if (!strcmp(what, "children"))
        of_children();
    else if (!strcmp(what, "child"))
        child((HANDLE)(ULONG_PTR)strtoul(argv[2], NULL, 0));
    else if (!strcmp(what, "told"))
        told();
    else
        return 2;
    return 0;
}
