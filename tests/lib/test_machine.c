/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_machine.c - the machine API as a program sees it that links the shared library: nothing but its exports. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/softfault.h"

struct seen {
    unsigned kinds[SF_EVENT_KINDS];
    unsigned bad;
    char image[64];
    uint64_t image_base;
};

static void note(void *context, const struct sf_event *event)
{
    struct seen *seen = context;
    seen->kinds[event->kind]++;
    seen->bad += (event->kind == SF_EVENT_FAULT) != (event->fault != NULL);
    if (event->fault)
        seen->bad += event->fault->va == 0 || event->fault->pc != event->pc.va || !event->fault->type;
    if (event->kind == SF_EVENT_IMAGE && !seen->image_base) {
        strncpy(seen->image, event->name, sizeof seen->image - 1);
        seen->image_base = event->address.va;
    }
}

static void set_up(void)
{
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDOUT_FILENO);
    close(null);
}

static struct sf_machine *create(void)
{
    char error[SF_ERROR_SIZE] = "";
    struct sf_options options = {
        .size = sizeof options, .program = getenv("SOFTFAULT_HELLO"), .dll_path = getenv("SOFTFAULT_DLLS")};
    struct sf_machine *machine = sf_machine_create(&options, error);
    ck_assert_msg(machine != NULL, "%s", error);
    return machine;
}

static const struct {
    const char *name;
    unsigned events;
} masks[] = {
    {"faults", SF_EVENT_BIT(SF_EVENT_FAULT)},
    {"images and processes", SF_EVENT_BIT(SF_EVENT_IMAGE) | SF_EVENT_BIT(SF_EVENT_PROCESS)},
    {"all", SF_EVENT_ALL},
    {"none", 0},
};

START_TEST(events_by_callback)
{
    char error[SF_ERROR_SIZE] = "";
    struct seen seen = {.bad = 0};
    struct sf_machine *machine = create();
    unsigned events = masks[_i].events;
    sf_machine_on_event(machine, events, note, &seen);
    ck_assert_msg(sf_machine_load(machine, error), "%s", error);
    ck_assert_int_eq(sf_machine_run(machine), 0);
    ck_assert_uint_eq(seen.bad, 0);
    for (unsigned kind = 0; kind < SF_EVENT_KINDS; kind++)
        ck_assert(events & SF_EVENT_BIT(kind) || seen.kinds[kind] == 0);
    ck_assert_int_eq(seen.kinds[SF_EVENT_FAULT] > 20, !!(events & SF_EVENT_BIT(SF_EVENT_FAULT)));
    ck_assert_int_eq(seen.kinds[SF_EVENT_IMAGE] >= 3, !!(events & SF_EVENT_BIT(SF_EVENT_IMAGE)));
    ck_assert_int_eq(seen.kinds[SF_EVENT_PROCESS] == 2, !!(events & SF_EVENT_BIT(SF_EVENT_PROCESS)));
    if (seen.image_base) {
        uint8_t bytes[2] = {0};
        struct sf_region region = {.size = sizeof region};
        uint64_t pte = 0;
        ck_assert_int_ne(seen.image[0], 0);
        ck_assert(sf_machine_query_region(machine, seen.image_base, &region));
        ck_assert_uint_eq(region.allocation_base, seen.image_base);
        ck_assert_uint_eq(region.type, 0x1000000);
        ck_assert_uint_eq(sf_machine_peek(machine, seen.image_base, bytes, 2), 2);
        ck_assert_mem_eq(bytes, "MZ", 2);
        ck_assert(sf_machine_query_pte(machine, seen.image_base, &pte) && pte & 1);
    }
    ck_assert_ptr_null(sf_machine_check(machine));
    sf_machine_destroy(machine);
}
END_TEST

struct text {
    unsigned calls;
    char bytes[64 << 10];
};

static void keep_text(void *context, const char *bytes, size_t length)
{
    struct text *text = context;
    text->calls++;
    ck_assert_uint_lt(length, sizeof text->bytes);
    memcpy(text->bytes, bytes, length);
    text->bytes[length] = 0;
}

static const struct {
    const char *view, *holds; /* holds NULL: refused */
} inspections[] = {
    {"memusage", "Usage Summary in KiloBytes"},
    {"vm", "Commit limit:"},
    {"vad", "Total VADs:"},
    {"wsle", "LastEntry"},
    {"address", "MEM_IMAGE"},
    {"address 0", "MEM_FREE"},
    {"pte 0x7ffe0000", "PTE at "},
    {"pfn 0", "PFN 00000000"},
    {"pfn 0xffffffff", NULL},
    {"pte 0xffffffffffffffffff", NULL},
    {"address 0xffffffffffffffff", NULL},
    {"address 0 1", NULL},
    {"nothing", NULL},
    {"", NULL},
};

START_TEST(inspects)
{
    static struct text text;
    char error[SF_ERROR_SIZE] = "";
    const char *view = inspections[_i].view, *holds = inspections[_i].holds;
    struct sf_machine *machine = create();
    ck_assert(!sf_machine_inspect(machine, view, keep_text, &text, error) && error[0]);
    ck_assert_msg(sf_machine_load(machine, error), "%s", error);
    for (unsigned run = 0; run < 2; run++) {
        error[0] = 0;
        text.calls = 0;
        ck_assert_int_eq(sf_machine_inspect(machine, view, keep_text, &text, error), holds != NULL);
        ck_assert_uint_eq(text.calls, holds != NULL);
        ck_assert_msg(holds ? !!strstr(text.bytes, holds) : !!error[0], "%s: %s", view, text.bytes);
        ck_assert_ptr_null(sf_machine_check(machine));
        if (run == 0)
            ck_assert_int_eq(sf_machine_run(machine), 0);
    }
    sf_machine_destroy(machine);
}
END_TEST

/* Out of order is answered, not suffered. */
START_TEST(order)
{
    char error[SF_ERROR_SIZE] = "";
    struct sf_counters counters = {.size = sizeof counters};
    struct sf_region region = {.size = sizeof region};
    uint64_t pte;
    uint8_t byte;
    struct sf_machine *machine = create();
    ck_assert_int_eq(sf_machine_run(machine), SF_EXIT_CANNOT);
    ck_assert(!sf_machine_query_counters(machine, &counters));
    ck_assert(!sf_machine_query_region(machine, 0x400000, &region));
    ck_assert(!sf_machine_query_pte(machine, 0x400000, &pte));
    ck_assert_uint_eq(sf_machine_peek(machine, 0x400000, &byte, 1), 0);
    ck_assert_ptr_null(sf_machine_check(machine));
    ck_assert_msg(sf_machine_load(machine, error), "%s", error);
    ck_assert(!sf_machine_load(machine, error) && error[0]);
    ck_assert_int_eq(sf_machine_run(machine), 0);
    ck_assert_int_eq(sf_machine_run(machine), SF_EXIT_CANNOT);
    ck_assert(sf_machine_query_counters(machine, &counters));
    ck_assert_uint_gt(counters.time, 0);
    ck_assert(!sf_machine_query_pte(machine, UINT64_C(0x100000000), &pte));
    ck_assert_uint_eq(sf_machine_peek(machine, UINT64_C(0x100400000), &byte, 1), 0);
    sf_machine_destroy(machine);
    sf_machine_destroy(NULL);
}
END_TEST

static const struct {
    const char *name;
    struct sf_options options;
} bad[] = {
    {"no size", {.program = "/a.exe"}},
    {"no program", {.size = sizeof(struct sf_options)}},
    {"no arguments", {.size = sizeof(struct sf_options), .program = "/a.exe", .argument_count = 1}},
    {"negative", {.size = sizeof(struct sf_options), .program = "/a.exe", .argument_count = -1}},
    {"no folders", {.size = sizeof(struct sf_options), .program = "/a.exe", .folder_count = 1}},
    {"too many", {.size = sizeof(struct sf_options), .program = "/a.exe", .folder_count = 1000}},
    {"paging", {.size = sizeof(struct sf_options), .program = "/a.exe", .paging = (enum sf_paging)9}},
};

START_TEST(bad_options)
{
    char error[SF_ERROR_SIZE] = "";
    ck_assert_msg(!sf_machine_create(&bad[_i].options, error), "%s", bad[_i].name);
    ck_assert_msg(error[0] && !strchr(error, '\n'), "%s: %s", bad[_i].name, error);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("machine");
    TCase *tcase = tcase_create("machine");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_loop_test(tcase, events_by_callback, 0, (int)(sizeof masks / sizeof *masks));
    tcase_add_loop_test(tcase, inspects, 0, (int)(sizeof inspections / sizeof *inspections));
    tcase_add_test(tcase, order);
    tcase_add_loop_test(tcase, bad_options, 0, (int)(sizeof bad / sizeof *bad));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
