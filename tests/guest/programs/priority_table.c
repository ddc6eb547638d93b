/* SPDX-License-Identifier: GPL-2.0-or-later */
/* priority_table.c - the priority of a thread for each class of its process and each level of its own. */
#include "win32.h"

struct basic_information { /* THREAD_BASIC_INFORMATION */
    LONG status;
    void *teb;
    ULONG_PTR process, thread, affinity;
    LONG priority, base_priority;
};

typedef LONG WINAPI query_thread(HANDLE thread, int what, void *buffer, ULONG size, ULONG *done);

static query_thread *query;

static LONG priority_of(HANDLE thread)
{
    struct basic_information basic = {.priority = -1};
    query(thread, 0, &basic, sizeof basic, NULL);
    return basic.priority;
}

static DWORD WINAPI nothing(void *argument)
{
    (void)argument;
    return 0;
}

static const struct {
    const char *name;
    DWORD class;
} classes[] = {
    {"idle", IDLE_PRIORITY_CLASS},     {"below normal", BELOW_NORMAL_PRIORITY_CLASS},
    {"normal", NORMAL_PRIORITY_CLASS}, {"above normal", ABOVE_NORMAL_PRIORITY_CLASS},
    {"high", HIGH_PRIORITY_CLASS},     {"real time", REALTIME_PRIORITY_CLASS},
};

static const int levels[] = {THREAD_PRIORITY_IDLE,         THREAD_PRIORITY_LOWEST,       THREAD_PRIORITY_BELOW_NORMAL,
                             THREAD_PRIORITY_NORMAL,       THREAD_PRIORITY_ABOVE_NORMAL, THREAD_PRIORITY_HIGHEST,
                             THREAD_PRIORITY_TIME_CRITICAL};

int main(void)
{
    HANDLE thread = CreateThread(NULL, 0, nothing, NULL, CREATE_SUSPENDED, NULL), late;

    query = (query_thread *)(void (*)(void))GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtQueryInformationThread");
    for (unsigned i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        SetPriorityClass(GetCurrentProcess(), classes[i].class);
        printf("%s:", classes[i].name);
        for (unsigned j = 0; j < sizeof levels / sizeof levels[0]; j++) {
            SetThreadPriority(thread, levels[j]);
            printf(" %ld", (long)priority_of(thread));
        }
        SetThreadPriority(thread, THREAD_PRIORITY_NORMAL);
        late = CreateThread(NULL, 0, nothing, NULL, CREATE_SUSPENDED, NULL);
        printf(", a new thread %ld, class again: %s\n", (long)priority_of(late),
               GetPriorityClass(GetCurrentProcess()) == classes[i].class ? "yes" : "no");
        TerminateThread(late, 0);
        CloseHandle(late);
    }
    TRY("real time level 5", SetThreadPriority(thread, 5));
    printf("it is %ld\n", (long)priority_of(thread));
    SetThreadPriority(thread, THREAD_PRIORITY_NORMAL);
    SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS);
    printf("back: %ld\n", (long)priority_of(thread));
    TRY("level 5 of a normal process", SetThreadPriority(thread, 5));
    SetThreadPriority(thread, THREAD_PRIORITY_TIME_CRITICAL);
    SetPriorityClass(GetCurrentProcess(), IDLE_PRIORITY_CLASS);
    printf("time critical stays so in another class: %ld, level %d\n", (long)priority_of(thread),
           GetThreadPriority(thread));
    TRY("no class", SetPriorityClass(GetCurrentProcess(), 3));
    return 0;
}
