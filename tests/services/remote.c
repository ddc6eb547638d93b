/* SPDX-License-Identifier: GPL-2.0-or-later */
/* remote.c - the memory services on another process: a copy of this program that was made suspended, then runs
 * (nt-reference 5.2 for the rights, 5.3 to 5.7). */
#include "service.h"

enum { COMMON = 0x30000000 };

static PROCESS_INFORMATION child;

static NTSTATUS allocate(HANDLE process, void **base, SIZE_T *size, ULONG type, ULONG protect)
{
    return NtAllocateVirtualMemory(process, base, 0, size, type, protect);
}

static void *remote_commit(SIZE_T bytes, ULONG protect)
{
    void *base = NULL;
    SIZE_T size = bytes;
    allocate(child.hProcess, &base, &size, MEM_RESERVE | MEM_COMMIT, protect);
    return base;
}

static const char *remote_state(const void *page)
{
    static char text[32];
    MEMORY_BASIC_INFORMATION info;
    NTSTATUS status = NtQueryVirtualMemory(child.hProcess, page, 0, &info, sizeof info, NULL);
    if (!NT_SUCCESS(status))
        return status_name(status);
    if (info.State != MEM_COMMIT)
        return info.State == MEM_RESERVE ? "RESERVE" : "FREE";
    snprintf(text, sizeof text, "COMMIT %lx", (unsigned long)info.Protect);
    return text;
}

/* --- The child ----------------------------------------------------------------------------------------------- */

/* Adds up what its parent put at a place that both know. */
static int be_child(void)
{
    const unsigned char *page = (const unsigned char *)COMMON;
    int sum = 0;
    for (int i = 0; i < 16; i++)
        sum += page[i];
    return sum;
}

static bool start_child(void)
{
    char command[MAX_PATH + 16];
    STARTUPINFOA startup = {.cb = sizeof startup};
    GetModuleFileNameA(NULL, command, MAX_PATH);
    strcat(command, " child");
    return CreateProcessA(NULL, command, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &startup, &child);
}

/* --- Rights -------------------------------------------------------------------------------------------------- */

static NTSTATUS try_allocate(HANDLE process)
{
    void *base = NULL;
    SIZE_T size = PAGE;
    return allocate(process, &base, &size, MEM_RESERVE, PAGE_READWRITE);
}

static NTSTATUS try_free(HANDLE process)
{
    void *base = (void *)0x20000000;
    SIZE_T size = 0;
    return NtFreeVirtualMemory(process, &base, &size, MEM_RELEASE);
}

static NTSTATUS try_protect(HANDLE process)
{
    void *base = (void *)0x20000000;
    SIZE_T size = PAGE;
    ULONG old;
    return NtProtectVirtualMemory(process, &base, &size, PAGE_READONLY, &old);
}

static NTSTATUS try_query(HANDLE process)
{
    MEMORY_BASIC_INFORMATION info;
    return NtQueryVirtualMemory(process, NULL, 0, &info, sizeof info, NULL);
}

static NTSTATUS try_working_set(HANDLE process)
{
    ULONG_PTR entry[2] = {0};
    return NtQueryVirtualMemory(process, NULL, 4, entry, sizeof entry, NULL);
}

static NTSTATUS try_read(HANDLE process)
{
    char byte;
    return NtReadVirtualMemory(process, (void *)0x7FFE0000, &byte, 1, NULL);
}

static NTSTATUS try_write(HANDLE process)
{
    char byte = 0;
    return NtWriteVirtualMemory(process, (void *)0x20000000, &byte, 1, NULL);
}

static NTSTATUS try_lock(HANDLE process)
{
    void *base = (void *)0x20000000;
    SIZE_T size = PAGE;
    return NtLockVirtualMemory(process, &base, &size, 1);
}

static NTSTATUS try_flush(HANDLE process)
{
    void *base = (void *)0x20000000;
    SIZE_T size = PAGE;
    ULONG_PTR io[2];
    return NtFlushVirtualMemory(process, &base, &size, io);
}

static NTSTATUS try_watch(HANDLE process)
{
    return NtResetWriteWatch(process, (void *)0x20000000, PAGE);
}

static NTSTATUS try_flush_code(HANDLE process)
{
    return NtFlushInstructionCache(process, NULL, 0);
}

static NTSTATUS try_counters(HANDLE process)
{
    SIZE_T counters[11];
    return NtQueryInformationProcess(process, 3, counters, sizeof counters, NULL);
}

static NTSTATUS try_limits(HANDLE process)
{
    SIZE_T limits[8] = {0, 0, 60 * PAGE, 400 * PAGE};
    return NtSetInformationProcess(process, 1, limits, sizeof(void *) == 8 ? 0x30 : 0x20);
}

static NTSTATUS try_start_watch(HANDLE process)
{
    return NtSetInformationProcess(process, 15, NULL, 0);
}

static const struct {
    const char *name;
    DWORD right;
    NTSTATUS (*service)(HANDLE process);
} rights[] = {
    {"allocate", PROCESS_VM_OPERATION, try_allocate},
    {"free", PROCESS_VM_OPERATION, try_free},
    {"protect", PROCESS_VM_OPERATION, try_protect},
    {"query", PROCESS_QUERY_INFORMATION, try_query},
    {"working set", PROCESS_QUERY_INFORMATION, try_working_set},
    {"read", PROCESS_VM_READ, try_read},
    {"write", PROCESS_VM_WRITE, try_write},
    {"lock", PROCESS_VM_OPERATION, try_lock},
    {"flush", PROCESS_VM_OPERATION, try_flush},
    {"reset write watch", PROCESS_VM_OPERATION, try_watch},
    {"flush code", PROCESS_VM_WRITE, try_flush_code},
    {"counters", PROCESS_QUERY_INFORMATION, try_counters},
    {"working-set limits", PROCESS_SET_QUOTA, try_limits},
    {"watch faults", PROCESS_SET_INFORMATION, try_start_watch},
};

/* With the right alone, and with all others. */
static void check_rights(void)
{
    const DWORD all = PROCESS_ALL_ACCESS & 0xFFF;
    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
        HANDLE with = OpenProcess(rights[i].right, FALSE, child.dwProcessId);
        HANDLE without = OpenProcess(all & ~rights[i].right, FALSE, child.dwProcessId);
        printf("%s: %s, ", rights[i].name, parameter_name(rights[i].service(with)));
        printf("without the right %s\n", status_name(rights[i].service(without)));
        CloseHandle(with);
        CloseHandle(without);
    }
}

/* --- Memory -------------------------------------------------------------------------------------------------- */

static void check_regions(void)
{
    void *base = (void *)COMMON, *own = (void *)COMMON;
    SIZE_T size = 4 * PAGE;
    ULONG old = 0;
    NTSTATUS status = allocate(child.hProcess, &base, &size, MEM_RESERVE, PAGE_READWRITE);
    printf("reserve: %s, there %s, here %s\n", status_name(status), remote_state(base), page_state(own));
    size = PAGE;
    status = allocate(child.hProcess, &base, &size, MEM_COMMIT, PAGE_READWRITE);
    printf("commit: %s, there %s\n", status_name(status), remote_state(base));
    status = NtProtectVirtualMemory(child.hProcess, &base, &size, PAGE_READONLY, &old);
    printf("protect: %s, there %s, was %lx\n", status_name(status), remote_state(base), (unsigned long)old);
    NtProtectVirtualMemory(child.hProcess, &base, &size, PAGE_READWRITE, &old);
    say("the same place here", allocate(THIS_PROCESS, &own, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
    base = (char *)base + PAGE;
    status = NtFreeVirtualMemory(child.hProcess, &base, &size, MEM_RELEASE);
    printf("release a part: %s, there %s, here %s\n", status_name(status), remote_state(base), page_state(own));
}

static void check_copy(void)
{
    unsigned char *own = (unsigned char *)COMMON, back[16] = {0};
    SIZE_T done = 0;
    for (int i = 0; i < 16; i++)
        own[i] = (unsigned char)i;
    NTSTATUS status = NtReadVirtualMemory(child.hProcess, own, back, sizeof back, &done);
    printf("read: %s, %lx, zeroes: %d\n", status_name(status), (unsigned long)done, back[15] == 0);
    status = NtWriteVirtualMemory(child.hProcess, own, own, 16, &done);
    printf("write: %s, %lx\n", status_name(status), (unsigned long)done);
    own[15] = 99;
    status = NtReadVirtualMemory(child.hProcess, own, back, sizeof back, &done);
    printf("read: %s, %lx, own memory is another: %d\n", status_name(status), (unsigned long)done, back[15] == 15);
    say("beyond the end there", NtReadVirtualMemory(child.hProcess, own + PAGE - 4, back, 8, &done));
    printf("bytes: %lx\n", (unsigned long)done);
    unsigned char *image = (unsigned char *)GetModuleHandle(NULL);
    status = NtReadVirtualMemory(child.hProcess, image, back, 2, &done);
    printf("its image: %s, %c%c\n", status_name(status), back[0], back[1]);
    say("its code", NtWriteVirtualMemory(child.hProcess, (void *)be_child, back, 2, &done));
}

static void check_long_copy(void)
{
    const SIZE_T size = (1 << 20) + 77;
    unsigned char *from = commit(2 << 20, PAGE_READWRITE), *to = commit(2 << 20, PAGE_READWRITE);
    unsigned char *there = remote_commit(2 << 20, PAGE_READWRITE);
    SIZE_T done = 0, back = 0;
    for (SIZE_T i = 0; i < size; i++)
        from[i + 5] = (unsigned char)(i * 3 + (i >> 8));
    NTSTATUS status = NtWriteVirtualMemory(child.hProcess, there + 1001, from + 5, size, &done);
    printf("write a megabyte: %s, ", status_name(status));
    status = NtReadVirtualMemory(child.hProcess, there + 1001, to + 9, size, &back);
    printf("read it: %s, %s\n", status_name(status),
           done == size && back == size && memcmp(from + 5, to + 9, size) == 0 ? "the same" : "different");
}

static void check_guard(void)
{
    char *there = remote_commit(PAGE, PAGE_READWRITE | PAGE_GUARD), *none = remote_commit(PAGE, PAGE_NOACCESS);
    char *here = commit(PAGE, PAGE_READWRITE | PAGE_GUARD), buffer[8] = "";
    say("read its guard page", NtReadVirtualMemory(child.hProcess, there, buffer, 8, NULL));
    printf("there %s\n", remote_state(there));
    say("again", NtReadVirtualMemory(child.hProcess, there, buffer, 8, NULL));
    say("into a guard page of ours", NtReadVirtualMemory(child.hProcess, there, here, 8, NULL));
    say("again", NtReadVirtualMemory(child.hProcess, there, here, 8, NULL));
    say("its page without access", NtReadVirtualMemory(child.hProcess, none, here, 8, NULL));
    say("write it", NtWriteVirtualMemory(child.hProcess, none, here, 8, NULL));
    /* The guard page of its stack is no stack of ours. */
    MEMORY_BASIC_INFORMATION info = {0};
    char *place = NULL;
    do {
        if (!NT_SUCCESS(NtQueryVirtualMemory(child.hProcess, place, 0, &info, sizeof info, NULL)))
            break;
        place = (char *)info.BaseAddress + info.RegionSize;
    } while (!(info.Protect & PAGE_GUARD));
    say("the guard page of its stack", NtReadVirtualMemory(child.hProcess, info.BaseAddress, buffer, 8, NULL));
    printf("there %s, ", remote_state(info.BaseAddress));
    printf("below it %s\n", remote_state((char *)info.BaseAddress - PAGE));
}

static void check_working_set(void)
{
    char *there = remote_commit(2 * PAGE, PAGE_READWRITE);
    ULONG_PTR entries[2][2] = {{(ULONG_PTR)there, 0}, {(ULONG_PTR)there + PAGE, 0}};
    void *base = there;
    SIZE_T size = 1;
    NTSTATUS status = NtLockVirtualMemory(child.hProcess, &base, &size, 1);
    NtQueryVirtualMemory(child.hProcess, NULL, 4, entries, sizeof entries, NULL);
    printf("lock: %s, locked %d, the next page there: %d\n", status_name(status), (int)(entries[0][1] >> 22 & 1),
           (int)(entries[1][1] & 1));
    entries[0][0] = (ULONG_PTR)there;
    NtQueryVirtualMemory(THIS_PROCESS, NULL, 4, entries, sizeof *entries, NULL);
    printf("here: %d\n", (int)(entries[0][1] & 1));
    /* Pages of ntdll that both have touched. */
    entries[0][0] = (ULONG_PTR)GetModuleHandleA("ntdll.dll");
    char byte;
    NtReadVirtualMemory(child.hProcess, (void *)entries[0][0], &byte, 1, NULL);
    NtReadVirtualMemory(THIS_PROCESS, (void *)entries[0][0], &byte, 1, NULL);
    NtQueryVirtualMemory(child.hProcess, NULL, 4, entries, sizeof *entries, NULL);
    printf("ntdll's header: there %d, shared %d, by %d\n", (int)(entries[0][1] & 1), (int)(entries[0][1] >> 15 & 1),
           (int)(entries[0][1] >> 1 & 7));
}

static void check_watch(void)
{
    void *base = NULL, *found[4];
    SIZE_T size = 4 * PAGE, done;
    ULONG_PTR count = 4;
    ULONG granularity;
    allocate(child.hProcess, &base, &size, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
    NtWriteVirtualMemory(child.hProcess, (char *)base + 2 * PAGE, "w", 1, &done);
    NTSTATUS status = NtGetWriteWatch(child.hProcess, 0, base, 4 * PAGE, found, &count, &granularity);
    printf("write watch: %s, %lu, the third page: %d\n", status_name(status), (unsigned long)count,
           found[0] == (char *)base + 2 * PAGE);
}

static SIZE_T pagefile_usage(HANDLE process)
{
    SIZE_T counters[11];
    NtQueryInformationProcess(process, 3, counters, sizeof counters, NULL);
    return counters[9] / PAGE;
}

static void check_process(void)
{
    SIZE_T there = pagefile_usage(child.hProcess), here = pagefile_usage(THIS_PROCESS);
    remote_commit(8 * PAGE, PAGE_READWRITE);
    printf("commit is charged there: %d, not here: %d\n", pagefile_usage(child.hProcess) >= there + 8,
           pagefile_usage(THIS_PROCESS) == here);
    struct {
        USHORT Length, MaximumLength;
        WCHAR *Buffer;
        WCHAR text[260];
    } name = {0}, own = {0};
    NtQueryInformationProcess(child.hProcess, 27, &name, sizeof name, NULL);
    NtQueryInformationProcess(THIS_PROCESS, 27, &own, sizeof own, NULL);
    printf("its name is ours: %d\n", name.Length > 0 && wcscmp(name.text, own.text) == 0);
    NtQueryVirtualMemory(child.hProcess, GetModuleHandle(NULL), 2, &name, sizeof name, NULL);
    printf("its image's name: %d\n", wcscmp(name.text, own.text) == 0);
    ULONG options = 1;
    say("its execute options", NtSetInformationProcess(child.hProcess, 0x22, &options, sizeof options));
}

/* --- Processes in a list ------------------------------------------------------------------------------------- */

struct list_entry { /* SYSTEM_PROCESS_INFORMATION */
    ULONG next, threads;
    LONG64 reserved[3], create, user, kernel;
    struct {
        USHORT Length, MaximumLength;
        WCHAR *Buffer;
    } name;
    LONG priority;
    HANDLE id, parent;
    ULONG handles, session;
    ULONG_PTR page_directory;
    SIZE_T peak_virtual, virtual;
    ULONG faults;
    SIZE_T peak_working_set, working_set, pools[4], page_file, peak_page_file, private;
};

static void check_list(void)
{
    static ULONG64 buffer[0x4000];
    ULONG needed = 0, told = 0;
    NTSTATUS status = NtQuerySystemInformation(5, buffer, sizeof buffer, &needed);
    printf("list: %s\n", status_name(status));
    int count = 0;
    for (const struct list_entry *at = (const void *)buffer;; at = (const void *)((const char *)at + at->next)) {
        if ((DWORD)(ULONG_PTR)at->id == child.dwProcessId)
            printf("the child: threads %lu, our child: %d, page file %s, name ends in .exe: %d\n",
                   (unsigned long)at->threads, (DWORD)(ULONG_PTR)at->parent == GetCurrentProcessId(),
                   at->page_file / PAGE == pagefile_usage(child.hProcess) ? "as told" : "another",
                   wcscmp(at->name.Buffer + at->name.Length / 2 - 4, L".exe") == 0);
        if ((DWORD)(ULONG_PTR)at->id == GetCurrentProcessId())
            printf("this process: threads %lu, handles told: %d\n", (unsigned long)at->threads, at->handles > 0);
        count++;
        if (!at->next)
            break;
    }
    printf("processes: %d\n", count);
    status = NtQuerySystemInformation(5, buffer, needed - 1, &told);
    printf("list, one byte short: %s, %s\n", status_name(status), told == needed ? "needed is told" : "not told");
    say("list, just enough", NtQuerySystemInformation(5, buffer, needed, NULL));
}

/* --- Its end ------------------------------------------------------------------------------------------------- */

static void check_end(void)
{
    DWORD code = 0;
    unsigned char add = 100;
    SIZE_T done;
    NtWriteVirtualMemory(child.hProcess, (void *)COMMON, &add, 1, &done);
    ResumeThread(child.hThread);
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    printf("the child saw what was written: %lu\n", (unsigned long)code); /* 100 + 1 + ... + 15 */
    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++)
        printf("then %s: %s\n", rights[i].name, status_name(rights[i].service(child.hProcess)));
}

int main(int argc, char **argv __attribute__((unused)))
{
    if (argc > 1)
        return be_child();
    if (!start_child()) {
        printf("no child: %lu\n", (unsigned long)GetLastError());
        return 1;
    }
    check_rights();
    check_regions();
    check_copy();
    check_long_copy();
    check_guard();
    check_working_set();
    check_watch();
    check_process();
    check_list();
    check_end();
    return 0;
}
