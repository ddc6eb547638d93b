/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_services.c - system services called directly, with arguments that no sane program passes.
 *
 * A machine is loaded and its thread's memory used as a scratch page; nt_dispatch() is then called as the CPU would.
 * The tables say what a service answers; the random test says that whatever is passed, nothing breaks and mm_check()
 * holds. */
#include <check.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/machine_internal.h"

enum {
    SCRATCH_SIZE = 0x20000,
    STEPS = 50000,
    CHECK_EVERY = 1000,
};

static struct machine *machine;
static uint32_t scratch; /* committed, read-write */
static uint32_t readonly_page, guard_page, reserved_page;

static uint32_t allocate(uint32_t type, uint32_t size, uint32_t protect)
{
    struct mm_allocation request = {.size = size, .type = type, .protect = protect};
    ck_assert_uint_eq(mm_allocate(machine->mm, machine->process.space, &request), STATUS_SUCCESS);
    return (uint32_t)request.base;
}

static void set_up(void)
{
    char error[MACHINE_ERROR_SIZE] = "";
    struct machine_options options = {.dll_path = getenv("SOFTFAULT_DLLS"),
                                      .program = getenv("SOFTFAULT_TINY"),
                                      .paging_auto = true,
                                      .pagefile_bytes = 16 << 20,
                                      .ram_bytes = 16 << 20};
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    machine = machine_create(&options, error);
    ck_assert_msg(machine != NULL, "%s", error);
    ck_assert_msg(machine_load(machine, error), "%s", error);
    scratch = allocate(MEM_COMMIT, SCRATCH_SIZE, PAGE_READWRITE);
    readonly_page = allocate(MEM_COMMIT, 4096, PAGE_READONLY);
    guard_page = allocate(MEM_COMMIT, 4096, PAGE_READWRITE | PAGE_GUARD);
    reserved_page = allocate(MEM_RESERVE, 4096, PAGE_READWRITE);
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

static void poke(uint32_t va, const void *bytes, uint32_t length)
{
    ck_assert_uint_eq(guest_write_now(machine, va, bytes, length), STATUS_SUCCESS);
}

static uint32_t peek32(uint32_t va)
{
    uint32_t value = 0;
    ck_assert_uint_eq(guest_read(machine, va, &value, sizeof value), STATUS_SUCCESS);
    return value;
}

/* => the service's status, waits included. */
static ntstatus_t call_number(uint32_t number, const uint32_t *arguments, unsigned count)
{
    struct cpu_registers registers;
    struct cpu_system_call call = {.number = number, .stack_arguments = scratch};
    poke(scratch, arguments, 4 * count);
    while (nt_dispatch(machine, &call) == CPU_REWIND)
        machine_wait(machine);
    machine->next = MACHINE_RUN;
    cpu_get_registers(machine->cpu, &registers);
    return (ntstatus_t)registers.general[CPU_RAX];
}

#define CALL(name, ...)                                                                                                \
    call_number(number_of(name), (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

START_TEST(unknown_number)
{
    ck_assert_uint_eq(call_number(0xFFFFFFFF, (const uint32_t[]){0}, 1), STATUS_INVALID_SYSTEM_SERVICE);
    ck_assert_uint_eq(call_number(SERVICE_NUMBERS_MAX - 1, (const uint32_t[]){0}, 1), STATUS_INVALID_SYSTEM_SERVICE);
}
END_TEST

START_TEST(not_modelled)
{
    ck_assert_uint_eq(CALL("NtCreateToken", 0), STATUS_NOT_IMPLEMENTED);
}
END_TEST

/* Where a service is told to put a handle or a number. */
enum where { SCRATCH, NULL_PAGE, SYSTEM, PROBE_LIMIT, READONLY, GUARD, RESERVED, STRADDLES };

static uint32_t place_of(enum where where)
{
    switch (where) {
    case SCRATCH: return scratch + 0x1000;
    case NULL_PAGE: return 0;
    case SYSTEM: return 0x80000000;
    case PROBE_LIMIT: return 0x7FFEFFFE;
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
    uint32_t place = place_of(outputs[_i].where);
    ntstatus_t status = CALL("NtCreateEvent", place, 0, 0, 0, 0);
    ck_assert_msg(status == outputs[_i].status, "%s: %08x", outputs[_i].name, status);
    if (status != STATUS_SUCCESS) /* a failed call leaves no handle behind: the next one is the first free */
        ck_assert_uint_eq(CALL("NtCreateEvent", scratch + 0x1000, 0, 0, 0, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(peek32(scratch + 0x1000), 16);
    if (outputs[_i].where == GUARD) /* consumed: the second call works */
        ck_assert_uint_eq(CALL("NtCreateEvent", place, 0, 0, 0, 0), STATUS_SUCCESS);
}
END_TEST

START_TEST(arguments_unreadable)
{
    uint32_t number = number_of("NtClose");
    struct cpu_registers registers;
    static const uint32_t places[] = {0, 0x7FFF0000, 0x80000000, 0xFFFFFFFC};
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct cpu_system_call call = {.number = number, .stack_arguments = places[i]};
        ck_assert_int_eq(nt_dispatch(machine, &call), CPU_CONTINUE);
        cpu_get_registers(machine->cpu, &registers);
        ck_assert_uint_eq((uint32_t)registers.general[CPU_RAX], STATUS_ACCESS_VIOLATION);
    }
}
END_TEST

START_TEST(allocate_writes_back)
{
    const uint32_t range[] = {0x50008000, 1};
    poke(scratch + 0x1000, range, sizeof range);
    ck_assert_uint_eq(
        CALL("NtAllocateVirtualMemory", -1u, scratch + 0x1000, 0, scratch + 0x1004, MEM_RESERVE, PAGE_READWRITE),
        STATUS_SUCCESS);
    ck_assert_uint_eq(peek32(scratch + 0x1000), 0x50000000);
    ck_assert_uint_eq(peek32(scratch + 0x1004), 0x9000);
}
END_TEST

static const struct {
    const char *name;
    uint32_t handle, zero_bits, type, protect;
    ntstatus_t status;
} allocations[] = {
    {"zero bits", -1u, 22, MEM_RESERVE, PAGE_READWRITE, STATUS_INVALID_PARAMETER_3},
    {"no type", -1u, 0, 0, PAGE_READWRITE, STATUS_INVALID_PARAMETER_5},
    {"top down alone", -1u, 0, MEM_TOP_DOWN, PAGE_READWRITE, STATUS_INVALID_PARAMETER_5},
    {"unknown type", -1u, 0, MEM_RESERVE | 0x40, PAGE_READWRITE, STATUS_INVALID_PARAMETER_5},
    {"reset and commit", -1u, 0, MEM_RESET | MEM_COMMIT, PAGE_READWRITE, STATUS_INVALID_PARAMETER_5},
    {"two protections", -1u, 0, MEM_RESERVE, PAGE_READWRITE | PAGE_READONLY, STATUS_INVALID_PAGE_PROTECTION},
    {"no such handle", 0x1234, 0, MEM_RESERVE, PAGE_READWRITE, STATUS_INVALID_HANDLE},
    {"handle of another type", 4, 0, MEM_RESERVE, PAGE_READWRITE, STATUS_OBJECT_TYPE_MISMATCH},
    {"good", -1u, 0, MEM_RESERVE, PAGE_READWRITE, STATUS_SUCCESS},
};

START_TEST(allocation_status)
{
    const uint32_t range[] = {0, 0x1000};
    poke(scratch + 0x1000, range, sizeof range);
    ntstatus_t status =
        CALL("NtAllocateVirtualMemory", allocations[_i].handle, scratch + 0x1000, allocations[_i].zero_bits,
             scratch + 0x1004, allocations[_i].type, allocations[_i].protect);
    ck_assert_msg(status == allocations[_i].status, "%s: %08x", allocations[_i].name, status);
}
END_TEST

/* NtReadVirtualMemory stops at the first bad page and says how far it came. */
START_TEST(copy_stops_at_bad_page)
{
    ck_assert_uint_eq(
        CALL("NtReadVirtualMemory", -1u, readonly_page + 0x800, scratch + 0x2000, 0x1000, scratch + 0x1000),
        STATUS_PARTIAL_COPY);
    ck_assert_uint_eq(peek32(scratch + 0x1000), 0x800);
    ck_assert_uint_eq(CALL("NtWriteVirtualMemory", -1u, readonly_page, scratch, 16, scratch + 0x1000),
                      STATUS_PARTIAL_COPY);
    ck_assert_uint_eq(peek32(scratch + 0x1000), 0);
    ck_assert_uint_eq(CALL("NtReadVirtualMemory", -1u, 0xFFFFFFF0, scratch, 0x20, 0), STATUS_ACCESS_VIOLATION);
    ck_assert_uint_eq(CALL("NtReadVirtualMemory", -1u, 0, scratch, 0, 0), STATUS_SUCCESS);
}
END_TEST

START_TEST(long_copy)
{
    uint32_t big = allocate(MEM_COMMIT, 0x60000, PAGE_READWRITE);
    for (uint32_t i = 0; i < 0x30000; i += 4096)
        poke(big + i, &i, sizeof i);
    ck_assert_uint_eq(CALL("NtWriteVirtualMemory", -1u, big + 0x30000, big, 0x30000, scratch + 0x1000), STATUS_SUCCESS);
    ck_assert_uint_eq(peek32(scratch + 0x1000), 0x30000);
    for (uint32_t i = 0; i < 0x30000; i += 4096)
        ck_assert_uint_eq(peek32(big + 0x30000 + i), i);
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

static uint32_t random_argument(void)
{
    static const uint32_t odd[] = {0,          1,          2,          4,          8,          12,         16,
                                   -1u,        -2u,        0x7FFEFFFF, 0x7FFDE000, 0x7FFDF000, 0x7FFE0000, 0x80000000,
                                   0x00400000, 0x7C900000, 0x1000,     0x2000,     0x3000,     0x4000,     0x8000,
                                   0x10000,    0x10,       0x40,       0x104,      0x20,       0x1000000,  0x100000};
    switch (random32() % 8) {
    case 0: return random32();
    case 1:
    case 2: return odd[random32() % (sizeof odd / sizeof odd[0])];
    case 3: return random32() % 64;
    case 4: return place_of((enum where)(random32() % 8));
    default: return scratch + 0x100 + random32() % 0x400 * 4;
    }
}

/* Pointers to pointers: the scratch page is full of arguments too. */
static void fill_scratch(void)
{
    uint32_t words[0x440];
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        words[i] = random_argument();
    if (guest_write_now(machine, scratch + 0x100, words, sizeof words) != STATUS_SUCCESS)
        scratch = allocate(MEM_COMMIT, SCRATCH_SIZE, PAGE_READWRITE); /* freed or protected by a service */
}

START_TEST(anything_goes)
{
    random_state = 0x9E3779B97F4A7C15u * (uint64_t)(_i + 1);
    int null = open("/dev/null", O_RDWR), out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
    uint32_t numbers[SERVICE_NUMBERS_MAX], count = 0;
    for (uint32_t i = 0; i < SERVICE_NUMBERS_MAX; i++)
        if (machine->services[i].service)
            numbers[count++] = i;
    ck_assert_uint_gt(count, 30);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    const char *broken = NULL;
    unsigned step = 0;
    for (; step < STEPS && !broken; step++) {
        uint32_t arguments[NT_ARGUMENTS_MAX];
        if (step % 16 == 0)
            fill_scratch();
        for (unsigned i = 0; i < NT_ARGUMENTS_MAX; i++)
            arguments[i] = random_argument();
        if (guest_write_now(machine, scratch, arguments, sizeof arguments) != STATUS_SUCCESS)
            scratch = allocate(MEM_COMMIT, SCRATCH_SIZE, PAGE_READWRITE);
        struct cpu_system_call call = {.number = numbers[random32() % count], .stack_arguments = scratch};
        if (nt_dispatch(machine, &call) == CPU_REWIND)
            machine_wait(machine);
        machine->next = MACHINE_RUN;
        if (step % CHECK_EVERY == 0)
            broken = mm_check(machine->mm);
    }
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    ck_assert_msg(!broken, "seed %d, step %u: %s", _i, step, broken);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("services");
    TCase *tcase = tcase_create("services");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, unknown_number);
    tcase_add_test(tcase, not_modelled);
    tcase_add_loop_test(tcase, output_pointer, 0, (int)(sizeof outputs / sizeof outputs[0]));
    tcase_add_test(tcase, arguments_unreadable);
    tcase_add_test(tcase, allocate_writes_back);
    tcase_add_loop_test(tcase, allocation_status, 0, (int)(sizeof allocations / sizeof allocations[0]));
    tcase_add_test(tcase, copy_stops_at_bad_page);
    tcase_add_test(tcase, long_copy);
    tcase_add_loop_test(tcase, anything_goes, 0, 4);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
