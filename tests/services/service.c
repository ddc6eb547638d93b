/* SPDX-License-Identifier: GPL-2.0-or-later */
/* service.c - see service.h. */
#include "service.h"

static const struct {
    NTSTATUS status;
    const char *name;
} names[] = {
    {0x00000000, "SUCCESS"},
    {0x40000000, "OBJECT_NAME_EXISTS"},
    {0x40000003, "IMAGE_NOT_AT_BASE"},
    {0x4000000E, "IMAGE_MACHINE_TYPE_MISMATCH"},
    {0x40000019, "WAS_LOCKED"},
    {(LONG)0x80000001, "GUARD_PAGE_VIOLATION"},
    {(LONG)0x80000002, "DATATYPE_MISALIGNMENT"},
    {(LONG)0x80000005, "BUFFER_OVERFLOW"},
    {(LONG)0x80000006, "NO_MORE_FILES"},
    {(LONG)0x8000000D, "PARTIAL_COPY"},
    {(LONG)0x8000001A, "NO_MORE_ENTRIES"},
    {(LONG)0xC0000001, "UNSUCCESSFUL"},
    {(LONG)0xC0000002, "NOT_IMPLEMENTED"},
    {(LONG)0xC0000003, "INVALID_INFO_CLASS"},
    {(LONG)0xC0000004, "INFO_LENGTH_MISMATCH"},
    {(LONG)0xC0000005, "ACCESS_VIOLATION"},
    {(LONG)0xC0000006, "IN_PAGE_ERROR"},
    {(LONG)0xC0000008, "INVALID_HANDLE"},
    {(LONG)0xC000000D, "INVALID_PARAMETER"},
    {(LONG)0xC000000F, "NO_SUCH_FILE"},
    {(LONG)0xC0000010, "INVALID_DEVICE_REQUEST"},
    {(LONG)0xC0000011, "END_OF_FILE"},
    {(LONG)0xC0000017, "NO_MEMORY"},
    {(LONG)0xC0000018, "CONFLICTING_ADDRESSES"},
    {(LONG)0xC0000019, "NOT_MAPPED_VIEW"},
    {(LONG)0xC000001A, "UNABLE_TO_FREE_VM"},
    {(LONG)0xC000001B, "UNABLE_TO_DELETE_SECTION"},
    {(LONG)0xC000001F, "INVALID_VIEW_SIZE"},
    {(LONG)0xC0000020, "INVALID_FILE_FOR_SECTION"},
    {(LONG)0xC0000021, "ALREADY_COMMITTED"},
    {(LONG)0xC0000022, "ACCESS_DENIED"},
    {(LONG)0xC0000023, "BUFFER_TOO_SMALL"},
    {(LONG)0xC0000024, "OBJECT_TYPE_MISMATCH"},
    {(LONG)0xC000002A, "NOT_LOCKED"},
    {(LONG)0xC000002D, "NOT_COMMITTED"},
    {(LONG)0xC0000030, "INVALID_PARAMETER_MIX"},
    {(LONG)0xC0000033, "OBJECT_NAME_INVALID"},
    {(LONG)0xC0000034, "OBJECT_NAME_NOT_FOUND"},
    {(LONG)0xC0000035, "OBJECT_NAME_COLLISION"},
    {(LONG)0xC000003A, "OBJECT_PATH_NOT_FOUND"},
    {(LONG)0xC000003B, "OBJECT_PATH_SYNTAX_BAD"},
    {(LONG)0xC0000040, "SECTION_TOO_BIG"},
    {(LONG)0xC0000043, "SHARING_VIOLATION"},
    {(LONG)0xC0000045, "INVALID_PAGE_PROTECTION"},
    {(LONG)0xC0000049, "SECTION_NOT_IMAGE"},
    {(LONG)0xC000004C, "BAD_WORKING_SET_LIMIT"},
    {(LONG)0xC000004D, "INCOMPATIBLE_FILE_MAP"},
    {(LONG)0xC000004E, "SECTION_PROTECTION"},
    {(LONG)0xC000004F, "EAS_NOT_SUPPORTED"},
    {(LONG)0xC0000054, "FILE_LOCK_CONFLICT"},
    {(LONG)0xC0000055, "LOCK_NOT_GRANTED"},
    {(LONG)0xC0000056, "DELETE_PENDING"},
    {(LONG)0xC0000061, "PRIVILEGE_NOT_HELD"},
    {(LONG)0xC000007B, "INVALID_IMAGE_FORMAT"},
    {(LONG)0xC000007E, "RANGE_NOT_LOCKED"},
    {(LONG)0xC000007F, "DISK_FULL"},
    {(LONG)0xC0000087, "SECTION_NOT_EXTENDED"},
    {(LONG)0xC0000088, "NOT_MAPPED_DATA"},
    {(LONG)0xC0000097, "TOO_MANY_PAGING_FILES"},
    {(LONG)0xC0000098, "FILE_INVALID"},
    {(LONG)0xC000009A, "INSUFFICIENT_RESOURCES"},
    {(LONG)0xC000009F, "FREE_VM_NOT_AT_BASE"},
    {(LONG)0xC00000A0, "MEMORY_NOT_ALLOCATED"},
    {(LONG)0xC00000A1, "WORKING_SET_QUOTA"},
    {(LONG)0xC00000BA, "FILE_IS_A_DIRECTORY"},
    {(LONG)0xC00000BB, "NOT_SUPPORTED"},
    {(LONG)0xC00000BE, "BAD_NETWORK_PATH"},
    {(LONG)0xC00000D4, "NOT_SAME_DEVICE"},
    {(LONG)0xC00000EF, "INVALID_PARAMETER_1"},
    {(LONG)0xC00000F0, "INVALID_PARAMETER_2"},
    {(LONG)0xC00000F1, "INVALID_PARAMETER_3"},
    {(LONG)0xC00000F2, "INVALID_PARAMETER_4"},
    {(LONG)0xC00000F3, "INVALID_PARAMETER_5"},
    {(LONG)0xC00000F4, "INVALID_PARAMETER_6"},
    {(LONG)0xC0000101, "DIRECTORY_NOT_EMPTY"},
    {(LONG)0xC0000103, "NOT_A_DIRECTORY"},
    {(LONG)0xC000010A, "PROCESS_IS_TERMINATING"},
    {(LONG)0xC000011E, "MAPPED_FILE_SIZE_ZERO"},
    {(LONG)0xC0000121, "CANNOT_DELETE"},
    {(LONG)0xC000012D, "COMMITMENT_LIMIT"},
    {(LONG)0xC000012F, "INVALID_IMAGE_NOT_MZ"},
    {(LONG)0xC0000141, "INVALID_ADDRESS"},
    {(LONG)0xC0000185, "IO_DEVICE_ERROR"},
    {(LONG)0xC00001A1, "INVALID_LOCK_RANGE"},
    {(LONG)0xC0000220, "MAPPED_ALIGNMENT"},
    {(LONG)0xC0000243, "USER_MAPPED_FILE"},
    {(LONG)0xC0000275, "NOT_A_REPARSE_POINT"},
};

const char *status_name(NTSTATUS status)
{
    static char number[16];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].status == status)
            return names[i].name;
    snprintf(number, sizeof number, "%08lX", (unsigned long)status);
    return number;
}

const char *parameter_name(NTSTATUS status)
{
    bool numbered = (ULONG)status >= 0xC00000EF && (ULONG)status <= 0xC00000FA;
    return numbered || (ULONG)status == 0xC000000D ? "an invalid parameter" : status_name(status);
}

void say(const char *name, NTSTATUS status)
{
    printf("%s: %s\n", name, status_name(status));
}

static void *allocate(SIZE_T size, ULONG type, ULONG protect)
{
    void *base = NULL;
    NTSTATUS status = NtAllocateVirtualMemory(THIS_PROCESS, &base, 0, &size, type, protect);
    if (NT_SUCCESS(status))
        return base;
    say("out of memory", status);
    ExitProcess(99);
}

void *reserve(SIZE_T size)
{
    return allocate(size, MEM_RESERVE, PAGE_READWRITE);
}

void *commit(SIZE_T size, ULONG protect)
{
    return allocate(size, MEM_RESERVE | MEM_COMMIT, protect);
}

const char *const place_names[PLACES] = {"good page",      "null",          "system space", "read-only page",
                                         "no-access page", "reserved page", "guard page"};

void *make_place(enum place place, const void *value, SIZE_T size)
{
    static const ULONG protect[PLACES] = {[PLACE_READONLY] = PAGE_READONLY,
                                          [PLACE_NOACCESS] = PAGE_NOACCESS,
                                          [PLACE_GUARD] = PAGE_READWRITE | PAGE_GUARD};
    void *page;
    ULONG old;
    switch (place) {
    case PLACE_NULL: return NULL;
    case PLACE_SYSTEM: return SYSTEM_ADDRESS;
    case PLACE_RESERVED: return reserve(PAGE);
    default: break;
    }
    page = commit(PAGE, PAGE_READWRITE);
    memcpy(page, value, size);
    if (protect[place])
        VirtualProtect(page, PAGE, protect[place], &old);
    return page;
}

NTSTATUS set_privilege(ULONG privilege, enum privilege_state state)
{
    TOKEN_PRIVILEGES news = {1, {{{privilege, 0}, (DWORD)state}}};
    HANDLE token = NULL;
    NTSTATUS status = NtOpenProcessToken(THIS_PROCESS, TOKEN_ADJUST_PRIVILEGES, &token);
    return NT_SUCCESS(status) ? NtAdjustPrivilegesToken(token, FALSE, &news, 0, NULL, NULL) : status;
}

HANDLE make_event(void)
{
    HANDLE event = NULL;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, 0, FALSE);
    return event;
}

const char *page_state(const void *page)
{
    static char text[32];
    MEMORY_BASIC_INFORMATION info;
    NTSTATUS status = NtQueryVirtualMemory(THIS_PROCESS, page, 0, &info, sizeof info, NULL);
    if (!NT_SUCCESS(status))
        return status_name(status);
    if (info.State != MEM_COMMIT)
        return info.State == MEM_RESERVE ? "RESERVE" : "FREE";
    snprintf(text, sizeof text, "COMMIT %lx", (unsigned long)info.Protect);
    return text;
}

/* --- Exceptions: the handler goes on after the instruction --------------------------------------------------- */

static struct {
    void *resume[5]; /* __builtin_setjmp's */
    DWORD code;
    ULONG_PTR kind;
} trap;

static LONG CALLBACK handler(EXCEPTION_POINTERS *pointers)
{
    trap.code = pointers->ExceptionRecord->ExceptionCode;
    trap.kind = pointers->ExceptionRecord->ExceptionInformation[0];
    __builtin_longjmp(trap.resume, 1);
}

static DWORD guarded(void (*body)(void *), void *argument)
{
    void *registration = AddVectoredExceptionHandler(1, handler);
    trap.code = 0;
    if (__builtin_setjmp(trap.resume) == 0)
        body(argument);
    RemoveVectoredExceptionHandler(registration);
    return trap.code;
}

ULONG_PTR fault_kind(void)
{
    return trap.kind;
}

static void do_touch(void *address)
{
    (void)*(volatile char *)address;
}

static void do_poke(void *address)
{
    *(volatile char *)address = 1;
}

static void do_call(void *address)
{
    ((void (*)(void))(ULONG_PTR)address)();
}

DWORD touch(const void *address)
{
    return guarded(do_touch, (void *)(ULONG_PTR)address);
}

DWORD poke(void *address)
{
    return guarded(do_poke, address);
}

DWORD call(const void *address)
{
    return guarded(do_call, (void *)(ULONG_PTR)address);
}
