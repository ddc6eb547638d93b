/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock.c - NtLockVirtualMemory and NtUnlockVirtualMemory: errors, boundaries, what a lock is (nt-reference 5.7). */
#include "service.h"

enum { MAP_PROCESS = 1, MAP_SYSTEM = 2 };

typedef NTSTATUS(NTAPI *lock_service)(HANDLE, void **base, SIZE_T *size, ULONG map);

static const struct {
    const char *name;
    lock_service call;
} services[2] = {{"lock", NtLockVirtualMemory}, {"unlock", NtUnlockVirtualMemory}};

static NTSTATUS lock(void *place, SIZE_T bytes)
{
    return NtLockVirtualMemory(THIS_PROCESS, &place, &bytes, MAP_PROCESS);
}

static NTSTATUS unlock(void *place, SIZE_T bytes)
{
    return NtUnlockVirtualMemory(THIS_PROCESS, &place, &bytes, MAP_PROCESS);
}

/* What the working set says of a page: PSAPI_WORKING_SET_EX_BLOCK. */
static const char *resident(void *page)
{
    ULONG_PTR entry[2] = {(ULONG_PTR)page, 0};
    NtQueryVirtualMemory(THIS_PROCESS, NULL, 4, entry, sizeof entry, NULL);
    if (!(entry[1] & 1))
        return "out";
    return entry[1] >> 22 & 1 ? "locked" : "in";
}

/* --- Arguments ----------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    ULONG_PTR base; /* 0: a good page */
    SIZE_T size;
    ULONG map;
} arguments[] = {
    {"map 0", 0, PAGE, 0},
    {"map 4", 0, PAGE, 4},
    {"map 5", 0, PAGE, 5},
    {"map system", 0, PAGE, MAP_SYSTEM},
    {"map process and system", 0, PAGE, MAP_PROCESS | MAP_SYSTEM},
    {"size 0", 0, 0, MAP_PROCESS},
    {"size 0, map 0", 0, 0, 0},
    {"size 0, map system", 0, 0, MAP_SYSTEM},
    {"base at the end of user space", USER_END, PAGE, MAP_PROCESS},
    {"base in system space", (ULONG_PTR)-PAGE, PAGE, MAP_PROCESS},
    {"end one byte beyond user space", USER_END - PAGE, PAGE + 1, MAP_PROCESS},
    {"size all ones", 0x10000000, (SIZE_T)-1, MAP_PROCESS},
    {"free memory", 0x10000000, PAGE, MAP_PROCESS},
};

static void check_arguments(void)
{
    void *good = commit(PAGE, PAGE_READWRITE);
    for (int service = 0; service < 2; service++)
        for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++) {
            void *base = arguments[i].base ? (void *)arguments[i].base : good;
            SIZE_T size = arguments[i].size;
            printf("%s: ", services[service].name);
            say(arguments[i].name, services[service].call(THIS_PROCESS, &base, &size, arguments[i].map));
        }
}

static void check_pointers(void)
{
    void *good = commit(PAGE, PAGE_READWRITE);
    lock(good, 1);
    for (int service = 1; service >= 0; service--)
        for (enum place place = 0; place < PLACES; place++) {
            SIZE_T one = 1, size = 1;
            void **base_at = make_place(place, &good, sizeof good);
            SIZE_T *size_at = make_place(place, &one, sizeof one);
            printf("%s: base in a %s: ", services[service].name, place_names[place]);
            printf("%s\n", status_name(services[service].call(THIS_PROCESS, base_at, &size, MAP_PROCESS)));
            printf("%s: size in a %s: ", services[service].name, place_names[place]);
            printf("%s\n", status_name(services[service].call(THIS_PROCESS, &good, size_at, MAP_PROCESS)));
        }
}

static void check_handles(void)
{
    void *good = commit(PAGE, PAGE_READWRITE), *bad = SYSTEM_ADDRESS, *nowhere = (void *)0x10000000;
    SIZE_T size = PAGE;
    for (int service = 0; service < 2; service++) {
        lock_service call = services[service].call;
        printf("%s: handle 0: %s\n", services[service].name, status_name(call(NULL, &good, &size, MAP_PROCESS)));
        printf("%s: handle of an event: %s\n", services[service].name,
               status_name(call(make_event(), &good, &size, MAP_PROCESS)));
        printf("%s: handle and base wrong: %s\n", services[service].name,
               status_name(call(NULL, &bad, &size, MAP_PROCESS)));
        printf("%s: handle wrong, nothing there: %s\n", services[service].name,
               status_name(call(NULL, &nowhere, &size, MAP_PROCESS)));
        printf("%s: handle wrong, map system: %s\n", services[service].name,
               status_name(call(NULL, &good, &size, MAP_SYSTEM)));
    }
}

/* --- Kinds of pages ------------------------------------------------------------------------------------------ */

static void check_kinds(void)
{
    char *guarded = commit(PAGE, PAGE_READWRITE | PAGE_GUARD), *mixed = reserve(2 * PAGE);
    void *base = mixed;
    SIZE_T size = PAGE;
    NtAllocateVirtualMemory(THIS_PROCESS, &base, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    say("reserved", lock(reserve(PAGE), PAGE));
    say("no access", lock(commit(PAGE, PAGE_NOACCESS), PAGE));
    say("read-only", lock(commit(PAGE, PAGE_READONLY), PAGE));
    say("execute", lock(commit(PAGE, PAGE_EXECUTE), PAGE));
    say("an image", lock(GetModuleHandle(NULL), PAGE));
    say("guard", lock(guarded, PAGE));
    printf("the guard: %s\n", page_state(guarded));
    say("guard again", lock(guarded, PAGE));
    say("a committed page and a reserved one", lock(mixed, 2 * PAGE));
    printf("the committed one is not locked: %s\n", strcmp(resident(mixed), "locked") ? "right" : "wrong");
}

/* --- What a lock is ------------------------------------------------------------------------------------------ */

static void check_lock(void)
{
    char *place = commit(4 * PAGE, PAGE_READWRITE);
    void *base = place + 2 * PAGE - 1;
    SIZE_T size = 2;
    NTSTATUS status = NtLockVirtualMemory(THIS_PROCESS, &base, &size, MAP_PROCESS);
    printf("lock two bytes on two pages: %s +%lx, %lx\n", status_name(status), (unsigned long)((char *)base - place),
           (unsigned long)size);
    for (int i = 0; i < 4; i++)
        printf("%s%s", resident(place + i * PAGE), i < 3 ? ", " : "\n");
    say("lock one again", lock(place + PAGE, PAGE));
    say("lock all four", lock(place, 4 * PAGE));
    say("unlock all four: there is no count", unlock(place, 4 * PAGE));
    printf("%s, %s\n", resident(place), resident(place + 3 * PAGE));
    say("unlock again", unlock(place, PAGE));
    printf("then: %s, %s\n", resident(place), resident(place + PAGE));
    say("lock the first", lock(place, PAGE));
    place[PAGE] = 1;
    base = place;
    size = 2 * PAGE;
    say("unlock it and the second", NtUnlockVirtualMemory(THIS_PROCESS, &base, &size, MAP_PROCESS));
    printf("then: %s, %s\n", resident(place), resident(place + PAGE));
    base = place + 1;
    size = PAGE - 1;
    status = NtUnlockVirtualMemory(THIS_PROCESS, &base, &size, MAP_PROCESS);
    printf("unlock the first: %s +%lx, %lx\n", status_name(status), (unsigned long)((char *)base - place),
           (unsigned long)size);
}

static void check_ends(void)
{
    char *place = commit(4 * PAGE, PAGE_READWRITE);
    void *base = place + PAGE;
    SIZE_T size = PAGE;
    ULONG old;
    lock(place, 4 * PAGE);
    NtFreeVirtualMemory(THIS_PROCESS, &base, &size, MEM_DECOMMIT);
    base = place + PAGE;
    NtAllocateVirtualMemory(THIS_PROCESS, &base, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    place[PAGE] = 1;
    printf("decommitted and committed again: %s\n", resident(place + PAGE));
    VirtualProtect(place + 2 * PAGE, PAGE, PAGE_READONLY, &old);
    printf("protected read-only: %s\n", resident(place + 2 * PAGE));
    SIZE_T limits[] = {0, 0, (SIZE_T)-1, (SIZE_T)-1, 0, 0, 0, 0};
    NtSetInformationProcess(THIS_PROCESS, 1, limits, sizeof(void *) == 8 ? 0x30 : 0x20);
    printf("working set emptied: %s, %s\n", resident(place), resident(place + PAGE));
    SIZE_T none = 0;
    base = place;
    NtFreeVirtualMemory(THIS_PROCESS, &base, &none, MEM_RELEASE);
    say("released", unlock(place, PAGE));
}

/* 50 pages are the least working set, and a few of them are never locked. */
static void check_quota(void)
{
    char *place = commit(100 * PAGE, PAGE_READWRITE);
    say("lock 60 pages", lock(place, 60 * PAGE));
    printf("%s\n", resident(place));
    say("lock 30 pages", lock(place, 30 * PAGE));
    say("lock 30 more", lock(place + 30 * PAGE, 30 * PAGE));
    say("lock the same again", lock(place, 30 * PAGE));
    SIZE_T limits[] = {0, 0, 100 * PAGE, 200 * PAGE, 0, 0, 0, 0};
    say("a least working set of 100 pages",
        NtSetInformationProcess(THIS_PROCESS, 1, limits, sizeof(void *) == 8 ? 0x30 : 0x20));
    say("lock 60 pages now", lock(place, 60 * PAGE));
}

/* SeLockMemoryPrivilege: locks in memory, beside those in the working set. */
static void check_system(void)
{
    char *place = commit(2 * PAGE, PAGE_READWRITE);
    void *base = place;
    SIZE_T size = 2 * PAGE;
    say("privilege on", set_privilege(4, PRIVILEGE_ON));
    say("lock in memory", NtLockVirtualMemory(THIS_PROCESS, &base, &size, MAP_SYSTEM));
    printf("%s\n", resident(place));
    say("lock in the working set as well", lock(place, 2 * PAGE));
    say("lock both ways again", NtLockVirtualMemory(THIS_PROCESS, &base, &size, MAP_PROCESS | MAP_SYSTEM));
    say("unlock from the working set", unlock(place, 2 * PAGE));
    printf("%s\n", resident(place));
    say("unlock from memory", NtUnlockVirtualMemory(THIS_PROCESS, &base, &size, MAP_SYSTEM));
    printf("%s\n", resident(place));
    say("unlock both ways", NtUnlockVirtualMemory(THIS_PROCESS, &base, &size, MAP_PROCESS | MAP_SYSTEM));
    say("privilege off", set_privilege(4, PRIVILEGE_OFF));
    say("lock in memory", NtLockVirtualMemory(THIS_PROCESS, &base, &size, MAP_SYSTEM));
}

int main(void)
{
    check_arguments();
    check_pointers();
    check_handles();
    check_kinds();
    check_lock();
    check_ends();
    check_system();
    check_quota();
    return 0;
}
