/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_services.c - system services called directly, with arguments that no sane program passes.
 *
 * A machine is loaded and its thread's memory used as a scratch page; nt_dispatch() is then called as the CPU would.
 * The tables say what a service answers; the random test says that whatever is passed, nothing breaks and mm_check()
 * holds. */
#define _GNU_SOURCE /* memfd_create */
#include <check.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu/machine_internal.h"

enum {
    SCRATCH_SIZE = 0x20000,
    STEPS = 50000,
    CHECK_EVERY = 1000,
};

#define THIS_PROCESS UINT64_MAX /* NtCurrentProcess(), in either width */

static struct machine *machine;
static va_t scratch; /* committed, read-write */
static va_t readonly_page, guard_page, reserved_page;
static unsigned waits; /* of the last call */

static va_t allocate(uint32_t type, uint32_t size, uint32_t protect)
{
    struct mm_allocation request = {.size = size, .type = type, .protect = protect};
    ck_assert_uint_eq(mm_allocate(machine->mm, machine_process(machine)->space, &request), STATUS_SUCCESS);
    return request.base;
}

static void set_up(const char *program)
{
    char error[MACHINE_ERROR_SIZE] = "";
    struct machine_options options = {.dll_path = getenv("SOFTFAULT_DLLS"),
                                      .program = program,
                                      .paging_auto = true,
                                      .pagefiles = {{16 << 20, 16 << 20}},
                                      .pagefile_count = 1,
                                      .ram_bytes = 16 << 20};
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    close(null);
    machine = machine_create(&options, error);
    ck_assert_msg(machine != NULL, "%s", error);
    ck_assert_msg(machine_load(machine, error), "%s", error);
    scratch = allocate(MEM_COMMIT, SCRATCH_SIZE, PAGE_READWRITE);
    readonly_page = allocate(MEM_COMMIT, 4096, PAGE_READONLY);
    guard_page = allocate(MEM_COMMIT, 4096, PAGE_READWRITE | PAGE_GUARD);
    reserved_page = allocate(MEM_RESERVE, 4096, PAGE_READWRITE);
}

static void set_up_x86(void)
{
    set_up(getenv("SOFTFAULT_TINY"));
}

static void set_up_x64(void)
{
    set_up(getenv("SOFTFAULT_TINY64"));
}

static void tear_down(void)
{
    const char *broken = mm_check(machine->mm);
    ck_assert_msg(broken == NULL, "%s", broken);
    machine_destroy(machine);
}

static uint32_t number_of(const char *name)
{
    for (uint32_t i = 0; i < SERVICE_NUMBERS_MAX; i++)
        if (strcmp(machine->services[i].name, name) == 0)
            return i;
    ck_abort_msg("%s: ntdll has no such service", name);
    return 0;
}

static void poke(va_t va, const void *bytes, uint32_t length)
{
    ck_assert_uint_eq(guest_write_now(machine, va, bytes, length), STATUS_SUCCESS);
}

static uint64_t peek(va_t va)
{
    uint64_t value = 0;
    ck_assert_uint_eq(guest_read(machine, va, &value, machine->layout->pointer), STATUS_SUCCESS);
    return value;
}

static void poke_pointer(va_t va, uint64_t value)
{
    poke(va, &value, machine->layout->pointer);
}

/* The call as the CPU passes it, its stack arguments at scratch.  => false: they could not be put there. */
static bool prepare(struct cpu_system_call *call, uint32_t number, const uint64_t *arguments, unsigned count)
{
    uint8_t stack[NT_ARGUMENTS_MAX * 8];
    const struct guest_layout *layout = machine->layout;
    unsigned in_registers = layout->pointer == 8 ? 4 : 0;
    *call = (struct cpu_system_call){.number = number, .register_count = in_registers, .stack_arguments = scratch};
    for (unsigned i = 0; i < count && i < in_registers; i++)
        call->register_arguments[i] = arguments[i];
    for (unsigned i = in_registers; i < count; i++)
        put_pointer(layout, stack, (i - in_registers) * layout->pointer, arguments[i]);
    return count <= in_registers ||
           guest_write_now(machine, scratch, stack, (count - in_registers) * layout->pointer) == STATUS_SUCCESS;
}

/* => the service's status, waits included. */
static ntstatus_t call_number(uint32_t number, const uint64_t *arguments, unsigned count)
{
    struct cpu_registers registers;
    struct cpu_system_call call;
    ck_assert(prepare(&call, number, arguments, count));
    for (waits = 0; nt_dispatch(machine, &call) == CPU_REWIND; waits++)
        machine_wait(machine);
    while (machine->next == MACHINE_RUN && !machine_schedule(machine))
        continue;
    cpu_get_registers(machine->cpu, &registers);
    ck_assert_uint_eq(registers.general[CPU_RAX] >> 32, 0);
    return (ntstatus_t)registers.general[CPU_RAX];
}

#define CALL(name, ...)                                                                                                \
    call_number(number_of(name), (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / 8)

START_TEST(unknown_number)
{
    ck_assert_uint_eq(call_number(0xFFFFFFFF, (const uint64_t[]){0}, 1), STATUS_INVALID_SYSTEM_SERVICE);
    ck_assert_uint_eq(call_number(SERVICE_NUMBERS_MAX - 1, (const uint64_t[]){0}, 1), STATUS_INVALID_SYSTEM_SERVICE);
}
END_TEST

START_TEST(not_modelled)
{
    ck_assert_uint_eq(CALL("NtCreateToken", 0), STATUS_NOT_IMPLEMENTED);
}
END_TEST

/* Where a service is told to put a handle or a number. */
enum where { SCRATCH, NULL_PAGE, SYSTEM, PROBE_LIMIT, READONLY, GUARD, RESERVED, STRADDLES };

static va_t place_of(enum where where)
{
    switch (where) {
    case SCRATCH: return scratch + 0x1000;
    case NULL_PAGE: return 0;
    case SYSTEM: return machine->layout->shared_data_system;
    case PROBE_LIMIT: return machine->layout->probe_address - 2;
    case READONLY: return readonly_page;
    case GUARD: return guard_page;
    case RESERVED: return reserved_page;
    case STRADDLES: return scratch + SCRATCH_SIZE - 2;
    }
    return 0;
}

static const struct {
    const char *name;
    enum where where;
    ntstatus_t status;
} outputs[] = {
    {"good", SCRATCH, STATUS_SUCCESS},
    {"null", NULL_PAGE, STATUS_ACCESS_VIOLATION},
    {"system space", SYSTEM, STATUS_ACCESS_VIOLATION},
    {"across the probe limit", PROBE_LIMIT, STATUS_ACCESS_VIOLATION},
    {"read-only", READONLY, STATUS_ACCESS_VIOLATION},
    {"guard", GUARD, STATUS_GUARD_PAGE_VIOLATION},
    {"reserved", RESERVED, STATUS_ACCESS_VIOLATION},
    {"end of a region", STRADDLES, STATUS_ACCESS_VIOLATION},
};

START_TEST(output_pointer)
{
    va_t place = place_of(outputs[_i].where);
    ntstatus_t status = CALL("NtCreateEvent", place, 0, 0, 0, 0);
    ck_assert_msg(status == outputs[_i].status, "%s: %08x", outputs[_i].name, status);
    if (status != STATUS_SUCCESS) /* a failed call leaves no handle behind: the next one is the first free */
        ck_assert_uint_eq(CALL("NtCreateEvent", scratch + 0x1000, 0, 0, 0, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(peek(scratch + 0x1000), 16);
    if (outputs[_i].where == GUARD) /* consumed: the second call works */
        ck_assert_uint_eq(CALL("NtCreateEvent", place, 0, 0, 0, 0), STATUS_SUCCESS);
}
END_TEST

START_TEST(arguments_unreadable)
{
    uint32_t number = number_of("NtAllocateVirtualMemory"); /* six: some are on the stack in both widths */
    struct cpu_registers registers;
    const va_t limit = machine->layout->probe_address;
    const va_t places[] = {0, limit, limit - 4, 0xFFFFFFFC, UINT64_MAX - 3, 0x800000000000};
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct cpu_system_call call;
        ck_assert(prepare(&call, number, (const uint64_t[]){THIS_PROCESS, scratch + 0x1000}, 2));
        call.stack_arguments = places[i];
        ck_assert_int_eq(nt_dispatch(machine, &call), CPU_CONTINUE);
        cpu_get_registers(machine->cpu, &registers);
        ck_assert_uint_eq((uint32_t)registers.general[CPU_RAX], STATUS_ACCESS_VIOLATION);
    }
}
END_TEST

/* The upper half of a ULONG in a register is anything; a handle's is not. */
START_TEST(upper_halves)
{
    if (machine->layout->pointer == 4)
        return;
    const uint64_t dirt = 0xABCD000000000000u;
    poke_pointer(scratch + 0x1000, 0);
    poke_pointer(scratch + 0x1008, 0x1000);
    ck_assert_uint_eq(CALL("NtAllocateVirtualMemory", THIS_PROCESS, scratch + 0x1000, 0, scratch + 0x1008,
                           MEM_RESERVE | dirt, PAGE_READWRITE | dirt),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL("NtClose", 4 | dirt), STATUS_INVALID_HANDLE);
    ck_assert_uint_eq(CALL("NtClose", 4), STATUS_SUCCESS);
}
END_TEST

START_TEST(allocate_writes_back)
{
    va_t where = machine->layout->pointer == 8 ? 0x65050008000 : 0x50008000;
    poke_pointer(scratch + 0x1000, where);
    poke_pointer(scratch + 0x1008, 1);
    ck_assert_uint_eq(CALL("NtAllocateVirtualMemory", THIS_PROCESS, scratch + 0x1000, 0, scratch + 0x1008, MEM_RESERVE,
                           PAGE_READWRITE),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(peek(scratch + 0x1000), where & ~(va_t)0xFFFF);
    ck_assert_uint_eq(peek(scratch + 0x1008), 0x9000);
}
END_TEST

static const struct {
    const char *name;
    uint64_t handle;
    uint32_t zero_bits, type, protect;
    ntstatus_t status;
} allocations[] = {
    {"zero bits", THIS_PROCESS, 22, MEM_RESERVE, PAGE_READWRITE, STATUS_INVALID_PARAMETER_3},
    {"no type", THIS_PROCESS, 0, 0, PAGE_READWRITE, STATUS_INVALID_PARAMETER_5},
    {"top down alone", THIS_PROCESS, 0, MEM_TOP_DOWN, PAGE_READWRITE, STATUS_INVALID_PARAMETER_5},
    {"unknown type", THIS_PROCESS, 0, MEM_RESERVE | 0x40, PAGE_READWRITE, STATUS_INVALID_PARAMETER_5},
    {"reset and commit", THIS_PROCESS, 0, MEM_RESET | MEM_COMMIT, PAGE_READWRITE, STATUS_INVALID_PARAMETER_5},
    {"two protections", THIS_PROCESS, 0, MEM_RESERVE, PAGE_READWRITE | PAGE_READONLY, STATUS_INVALID_PAGE_PROTECTION},
    {"no such handle", 0x1234, 0, MEM_RESERVE, PAGE_READWRITE, STATUS_INVALID_HANDLE},
    {"handle of another type", 4, 0, MEM_RESERVE, PAGE_READWRITE, STATUS_OBJECT_TYPE_MISMATCH},
    {"good", THIS_PROCESS, 0, MEM_RESERVE, PAGE_READWRITE, STATUS_SUCCESS},
};

START_TEST(allocation_status)
{
    poke_pointer(scratch + 0x1000, 0);
    poke_pointer(scratch + 0x1008, 0x1000);
    ntstatus_t status =
        CALL("NtAllocateVirtualMemory", allocations[_i].handle, scratch + 0x1000, allocations[_i].zero_bits,
             scratch + 0x1008, allocations[_i].type, allocations[_i].protect);
    ck_assert_msg(status == allocations[_i].status, "%s: %08x", allocations[_i].name, status);
}
END_TEST

/* Sizes and places of structures: the last byte of the guest's is written, the one after it is not. */
static const struct {
    const char *name, *service;
    uint64_t class;
    uint32_t size_x86, size_x64;
} structures[] = {
    {"PROCESS_BASIC_INFORMATION", "NtQueryInformationProcess", 0, 0x18, 0x30},
    {"VM_COUNTERS", "NtQueryInformationProcess", 3, 0x2C, 0x58},
    {"VM_COUNTERS_EX", "NtQueryInformationProcess", 3, 0x30, 0x60},
    {"ProcessExecuteFlags", "NtQueryInformationProcess", 0x22, 4, 4},
    {"ProcessDebugPort", "NtQueryInformationProcess", 7, 4, 8},
    {"THREAD_BASIC_INFORMATION", "NtQueryInformationThread", 0, 0x1C, 0x30},
};

START_TEST(structure_size)
{
    bool wide = machine->layout->pointer == 8;
    uint32_t size = wide ? structures[_i].size_x64 : structures[_i].size_x86, returned = 0;
    uint64_t handle = strstr(structures[_i].service, "Thread") ? UINT64_MAX - 1 : THIS_PROCESS;
    uint8_t bytes[0x80];
    memset(bytes, 0xEE, sizeof bytes);
    poke(scratch + 0x2000, bytes, sizeof bytes);
    ck_assert_msg(CALL(structures[_i].service, handle, structures[_i].class, scratch + 0x2000, size,
                       scratch + 0x1000) == STATUS_SUCCESS,
                  "%s", structures[_i].name);
    ck_assert_uint_eq(guest_read(machine, scratch + 0x1000, &returned, 4), STATUS_SUCCESS);
    ck_assert_msg(returned == size, "%s: %x", structures[_i].name, returned);
    ck_assert_uint_eq(guest_read(machine, scratch + 0x2000, bytes, sizeof bytes), STATUS_SUCCESS);
    ck_assert_msg(bytes[size - 1] != 0xEE && bytes[size] == 0xEE, "%s", structures[_i].name);
    ck_assert_msg(CALL(structures[_i].service, handle, structures[_i].class, scratch + 0x2000, size - 1, 0) ==
                      STATUS_INFO_LENGTH_MISMATCH,
                  "%s: too short", structures[_i].name);
}
END_TEST

START_TEST(memory_information)
{
    bool wide = machine->layout->pointer == 8;
    const uint32_t size = wide ? 0x30 : 0x1C, at_state = wide ? 0x20 : 0x10, at_size = wide ? 0x18 : 0xC;
    uint8_t bytes[0x30];
    ck_assert_uint_eq(
        CALL("NtQueryVirtualMemory", THIS_PROCESS, readonly_page + 0x123, 0, scratch + 0x2000, size, scratch + 0x1000),
        STATUS_SUCCESS);
    ck_assert_uint_eq(peek(scratch + 0x1000), size);
    ck_assert_uint_eq(guest_read(machine, scratch + 0x2000, bytes, size), STATUS_SUCCESS);
    ck_assert_uint_eq(get_pointer(machine->layout, bytes, 0), readonly_page);
    ck_assert_uint_eq(get_pointer(machine->layout, bytes, at_size), 0x1000);
    ck_assert_uint_eq(get32(bytes, at_state), MEM_COMMIT);
    ck_assert_uint_eq(get32(bytes, at_state + 4), PAGE_READONLY);
    ck_assert_uint_eq(get32(bytes, at_state + 8), MEM_PRIVATE);
}
END_TEST

/* NtReadVirtualMemory stops at the first bad page and says how far it came. */
START_TEST(copy_stops_at_bad_page)
{
    ck_assert_uint_eq(
        CALL("NtReadVirtualMemory", THIS_PROCESS, readonly_page + 0x800, scratch + 0x2000, 0x1000, scratch + 0x1000),
        STATUS_PARTIAL_COPY);
    ck_assert_uint_eq(peek(scratch + 0x1000), 0x800);
    ck_assert_uint_eq(CALL("NtWriteVirtualMemory", THIS_PROCESS, readonly_page, scratch, 16, scratch + 0x1000),
                      STATUS_PARTIAL_COPY);
    ck_assert_uint_eq(peek(scratch + 0x1000), 0);
    ck_assert_uint_eq(CALL("NtReadVirtualMemory", THIS_PROCESS, 0xFFFFFFFFFFFFFFF0, scratch, 0x20, 0),
                      STATUS_ACCESS_VIOLATION);
    ck_assert_uint_eq(CALL("NtReadVirtualMemory", THIS_PROCESS, 0, scratch, 0, 0), STATUS_SUCCESS);
}
END_TEST

START_TEST(long_copy)
{
    va_t big = allocate(MEM_COMMIT, 0x60000, PAGE_READWRITE);
    for (uint32_t i = 0; i < 0x30000; i += 4096)
        poke(big + i, &i, sizeof i);
    ck_assert_uint_eq(CALL("NtWriteVirtualMemory", THIS_PROCESS, big + 0x30000, big, 0x30000, scratch + 0x1000),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(peek(scratch + 0x1000), 0x30000);
    for (uint32_t i = 0; i < 0x30000; i += 4096)
        ck_assert_uint_eq(peek(big + 0x30000 + i), i);
}
END_TEST

/* A guard page ends a copy like any bad page, and has given its alarm: the same call then goes through. */
enum copy_side { SOURCE, TARGET };

static const struct {
    const char *name, *service;
    enum copy_side side;           /* where the guard page is */
    uint32_t page;                 /* its number there */
    uint32_t source_at, target_at; /* offsets of the copy from the two regions' starts */
    uint64_t copied;
} guards[] = {
    {"read, first page of the source", "NtReadVirtualMemory", SOURCE, 0, 0, 0, 0},
    {"read, second page of the source", "NtReadVirtualMemory", SOURCE, 1, 0x800, 0x800, 0x800},
    {"read, third page of the source, sides askew", "NtReadVirtualMemory", SOURCE, 2, 0xFF0, 0x123, 0x1010},
    {"read, first page of the target", "NtReadVirtualMemory", TARGET, 0, 0x10, 0x20, 0},
    {"read, second page of the target, sides askew", "NtReadVirtualMemory", TARGET, 1, 0x123, 0xFFF, 1},
    {"read, last page of the target", "NtReadVirtualMemory", TARGET, 3, 0, 0, 0x3000},
    {"write, first page of the source", "NtWriteVirtualMemory", SOURCE, 0, 0x7FF, 0, 0},
    {"write, third page of the source", "NtWriteVirtualMemory", SOURCE, 2, 0, 0, 0x2000},
    {"write, first page of the target", "NtWriteVirtualMemory", TARGET, 0, 0, 0, 0},
    {"write, third page of the target, sides askew", "NtWriteVirtualMemory", TARGET, 2, 0x800, 0x7FF, 0x1801},
};

static uint32_t protection_of(va_t va)
{
    struct mm_region region;
    ck_assert_uint_eq(mm_query(machine->mm, machine_process(machine)->space, va, &region), STATUS_SUCCESS);
    return region.protect;
}

START_TEST(guard_page_ends_copy)
{
    enum { PAGES = 5, SIZE = 0x3100 };
    static uint8_t sent[SIZE], got[SIZE];
    const va_t source = allocate(MEM_COMMIT, PAGES << 12, PAGE_READWRITE);
    const va_t target = allocate(MEM_COMMIT, PAGES << 12, PAGE_READWRITE);
    const va_t from = source + guards[_i].source_at, to = target + guards[_i].target_at;
    va_t guarded = (guards[_i].side == SOURCE ? source : target) + (guards[_i].page << 12);
    const va_t guard = guarded;
    uint64_t size = 1;
    uint32_t old;
    for (uint32_t i = 0; i < SIZE; i++)
        sent[i] = (uint8_t)(i % 251 + 1);
    poke(from, sent, SIZE);
    ck_assert_uint_eq(
        mm_protect(machine->mm, machine_process(machine)->space, &guarded, &size, PAGE_READWRITE | PAGE_GUARD, &old),
        STATUS_SUCCESS);
    const bool reads = strcmp(guards[_i].service, "NtReadVirtualMemory") == 0;
    const va_t base = reads ? from : to, buffer = reads ? to : from;

    ntstatus_t status = CALL(guards[_i].service, THIS_PROCESS, base, buffer, SIZE, scratch + 0x1000);
    ck_assert_msg(status == STATUS_PARTIAL_COPY, "%s: %08x", guards[_i].name, status);
    ck_assert_msg(peek(scratch + 0x1000) == guards[_i].copied, "%s: %" PRIx64 " bytes", guards[_i].name,
                  peek(scratch + 0x1000));
    ck_assert_msg(protection_of(guard) == PAGE_READWRITE, "%s: the guard stays", guards[_i].name);
    ck_assert_uint_eq(guest_read(machine, to, got, SIZE), STATUS_SUCCESS);
    ck_assert_msg(memcmp(got, sent, guards[_i].copied) == 0, "%s: the bytes before", guards[_i].name);
    for (uint32_t i = (uint32_t)guards[_i].copied; i < SIZE; i++)
        ck_assert_msg(got[i] == 0, "%s: went on at %x", guards[_i].name, i);

    ck_assert_uint_eq(CALL(guards[_i].service, THIS_PROCESS, base, buffer, SIZE, scratch + 0x1000), STATUS_SUCCESS);
    ck_assert_uint_eq(peek(scratch + 0x1000), SIZE);
    ck_assert_uint_eq(guest_read(machine, to, got, SIZE), STATUS_SUCCESS);
    ck_assert_mem_eq(got, sent, SIZE);
}
END_TEST

/* --- Transfers that wait ----------------------------------------------------------------------------------- */

/* A handle to an unnamed file of the host that holds text; *ret_fd is borrowed. */
static uint32_t handle_of_file(const char *text, int *ret_fd)
{
    struct object *object = object_create(&machine->objects, OBJECT_FILE);
    ck_assert(object != NULL);
    int fd = memfd_create("file", MFD_CLOEXEC);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    object->file.fd = *ret_fd = fd;
    const struct handle_entry entry = {.object = object, .access = UINT32_MAX};
    uint32_t handle = handle_insert(&machine->objects, &machine_process(machine)->handles, &entry);
    object_release(&machine->objects, object);
    ck_assert_uint_ne(handle, 0);
    return handle;
}

static const struct {
    const char *name;
    uint64_t offset, position; /* ByteOffset; the file's own before */
    size_t begin;              /* where the bytes must be */
} writes[] = {
    {"appended", UINT64_MAX, 2, 4},            /* FILE_WRITE_TO_END_OF_FILE */
    {"at the position", UINT64_MAX - 1, 2, 2}, /* FILE_USE_FILE_POINTER_POSITION */
    {"at an offset", 3, 1, 3},
};

/* More than a hold, of an image that nobody has touched: every cluster is waited for, and the service called again. */
START_TEST(write_of_cold_pages)
{
    static const char head[] = "head";
    const struct image *image = machine->images[machine->ntdll - 1].image;
    const uint32_t size = image_info(image)->size_of_image;
    uint8_t *want = calloc(1, size), *got = calloc(1, size);
    int fd;
    const uint32_t handle = handle_of_file(head, &fd);
    ck_assert_uint_gt(size, (MM_HOLD_PAGES + 1) * MMU_PAGE_SIZE);
    ck_assert_uint_eq(image_read(image, 0, want, size), size);
    object_of_handle(&machine_process(machine)->handles, handle)->file.position = writes[_i].position;
    poke(scratch + 0x1000, &writes[_i].offset, 8);

    ck_assert_uint_eq(CALL("NtWriteFile", handle, 0, 0, 0, scratch + 0x2000, machine_process(machine)->ntdll_base, size,
                           scratch + 0x1000, 0),
                      STATUS_SUCCESS);
    ck_assert_uint_ge(waits, size / MMU_PAGE_SIZE / MM_IO_PAGES);
    ck_assert_uint_eq(peek(scratch + 0x2000 + machine->layout->pointer), size);
    ck_assert_msg(lseek(fd, 0, SEEK_END) == (off_t)(writes[_i].begin + size), "%s: the file's end is at %jd",
                  writes[_i].name, (intmax_t)lseek(fd, 0, SEEK_END));
    ck_assert_int_eq(pread(fd, got, writes[_i].begin, 0), (ssize_t)writes[_i].begin);
    ck_assert_mem_eq(got, head, writes[_i].begin);
    ck_assert_int_eq(pread(fd, got, size, (off_t)writes[_i].begin), (ssize_t)size);
    ck_assert_msg(memcmp(got, want, size) == 0, "%s: other bytes", writes[_i].name);
    ck_assert_uint_eq(object_of_handle(&machine_process(machine)->handles, handle)->file.position,
                      writes[_i].begin + size);
    free(want);
    free(got);
}
END_TEST

/* --- Rights ------------------------------------------------------------------------------------------------- */

/* A handle, with all rights, to an open of the file behind fd (taken over). */
static uint32_t handle_of_open(int fd, struct file_node *node)
{
    static const struct host_place nowhere;
    struct object *object = object_create(&machine->objects, OBJECT_FILE);
    ck_assert(object && file_attach(machine, object, node, &nowhere));
    object->file.fd = fd;
    const struct handle_entry entry = {.object = object, .access = UINT32_MAX};
    uint32_t handle = handle_insert(&machine->objects, &machine_process(machine)->handles, &entry);
    object_release(&machine->objects, object);
    return handle;
}

static ntstatus_t write_word(uint32_t handle, const char *word)
{
    const uint64_t start = 0;
    poke(scratch + 0x1000, &start, sizeof start);
    poke(scratch + 0x3000, word, 4);
    return CALL("NtWriteFile", handle, 0, 0, 0, scratch + 0x2000, scratch + 0x3000, 4, scratch + 0x1000, 0);
}

/* Whatever a handle says: what the host gave for reading is not written, neither where nobody may write the file nor
 * where another open may. */
START_TEST(write_needs_open_for_writing)
{
    char name[32], got[5] = "";
    struct host_info info;
    int fd = memfd_create("file", MFD_CLOEXEC);
    ck_assert_int_eq(write(fd, "text", 4), 4);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ck_assert_uint_eq(host_look_at(fd, &info), STATUS_SUCCESS);
    struct file_node *node = file_node_get(machine, (struct file_key){info.device, info.inode});
    const uint32_t reader = handle_of_open(open(name, O_RDONLY | O_CLOEXEC), node), writer = handle_of_open(fd, node);

    ck_assert_uint_eq(write_word(reader, "lost"), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(write_word(writer, "word"), STATUS_SUCCESS);
    ck_assert_uint_eq(write_word(reader, "more"), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL("NtFlushBuffersFile", writer, scratch + 0x2000), STATUS_SUCCESS);
    ck_assert_int_eq(pread(fd, got, 4, 0), 4);
    ck_assert_str_eq(got, "word");
}
END_TEST

/* --- Anything goes ----------------------------------------------------------------------------------------- */

static uint64_t random_state;

static uint32_t random32(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 16);
}

static uint64_t random_argument(void)
{
    static const uint64_t odd[4][8] = {
        {0, 1, 2, 3, 4, 8, 12, 0x10},
        {0x20, 0x40, 0x104, 0x1000, 0x2000, 0x3000, 0x4000, 0x8000},
        {0x10000, 0x100000, 0x1000000, 0x00400000, 0x7C900000, 0x7FFDE000, 0x7FFDF000, 0x7FFE0000},
        {0x7FFEFFFF, 0x80000000, 0x7FFFFFDD000, 0x7FFFFFF0000, 0x800000000000, 0xFFFFF68000000000, -2ull, UINT64_MAX},
    };
    switch (random32() % 8) {
    case 0: return random32() | (uint64_t)random32() << 32;
    case 1:
    case 2: return odd[random32() % 4][random32() % 8];
    case 3: return random32() % 64;
    case 4: return place_of((enum where)(random32() % 8));
    default: return scratch + 0x100 + random32() % 0x400 * 4;
    }
}

/* Pointers to pointers: the scratch page is full of arguments too. */
static void fill_scratch(void)
{
    uint8_t words[0x1100];
    unsigned size = machine->layout->pointer;
    for (unsigned i = 0; i < sizeof words / size; i++)
        put_pointer(machine->layout, words, i * size, random_argument());
    if (guest_write_now(machine, scratch + 0x100, words, sizeof words) != STATUS_SUCCESS)
        scratch = allocate(MEM_COMMIT, SCRATCH_SIZE, PAGE_READWRITE); /* freed or protected by a service */
}

static void anything(int seed, void (*make)(void))
{
    random_state = 0x9E3779B97F4A7C15u * (uint64_t)(seed + 1);
    int null = open("/dev/null", O_RDWR), out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
    uint32_t numbers[SERVICE_NUMBERS_MAX], count = 0;
    for (uint32_t i = 0; i < SERVICE_NUMBERS_MAX; i++)
        if (machine->services[i].service)
            numbers[count++] = i;
    ck_assert_uint_gt(count, 30);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    const char *broken = NULL;
    unsigned step = 0, ends = 0;
    for (; step < STEPS && !broken; step++) {
        uint64_t arguments[NT_ARGUMENTS_MAX];
        struct cpu_system_call call;
        if (step % 16 == 0)
            fill_scratch();
        for (unsigned i = 0; i < NT_ARGUMENTS_MAX; i++)
            arguments[i] = random_argument();
        if (!prepare(&call, numbers[random32() % count], arguments, NT_ARGUMENTS_MAX))
            scratch = allocate(MEM_COMMIT, SCRATCH_SIZE, PAGE_READWRITE);
        if (nt_dispatch(machine, &call) == CPU_REWIND)
            machine_wait(machine);
        while (machine->next == MACHINE_RUN && !machine_schedule(machine))
            continue;
        if (step % CHECK_EVERY == 0 || machine->next == MACHINE_OVER)
            broken = mm_check(machine->mm);
        if (machine->next == MACHINE_OVER) { /* ended, or waits for ever: another one */
            machine_destroy(machine);
            make();
            ends++;
        }
    }
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    ck_assert_msg(!broken, "seed %d, step %u: %s", seed, step, broken);
    ck_assert_uint_lt(ends, STEPS / 10); /* most calls do something else */
}

START_TEST(anything_goes)
{
    anything(_i, machine->layout->pointer == 8 ? set_up_x64 : set_up_x86);
}
END_TEST

static TCase *new_case(const char *name, void (*make)(void))
{
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, make, tear_down);
    tcase_add_test(tcase, unknown_number);
    tcase_add_test(tcase, not_modelled);
    tcase_add_loop_test(tcase, output_pointer, 0, (int)(sizeof outputs / sizeof outputs[0]));
    tcase_add_test(tcase, arguments_unreadable);
    tcase_add_test(tcase, upper_halves);
    tcase_add_test(tcase, allocate_writes_back);
    tcase_add_loop_test(tcase, allocation_status, 0, (int)(sizeof allocations / sizeof allocations[0]));
    tcase_add_loop_test(tcase, structure_size, 0, (int)(sizeof structures / sizeof structures[0]));
    tcase_add_test(tcase, memory_information);
    tcase_add_test(tcase, copy_stops_at_bad_page);
    tcase_add_test(tcase, long_copy);
    tcase_add_loop_test(tcase, guard_page_ends_copy, 0, (int)(sizeof guards / sizeof guards[0]));
    tcase_add_loop_test(tcase, write_of_cold_pages, 0, (int)(sizeof writes / sizeof writes[0]));
    tcase_add_test(tcase, write_needs_open_for_writing);
    tcase_add_loop_test(tcase, anything_goes, 0, 4);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("services");
    suite_add_tcase(suite, new_case("x86", set_up_x86));
    suite_add_tcase(suite, new_case("x64", set_up_x64));
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
