/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_trace.c - events as the two views print them, byte for byte. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "emu/trace/trace.h"

static struct mm_fault demand_zero = {
    .va = 0x12ff7c,
    .access = MMU_WRITE,
    .mode = MMU_USER,
    .type = MM_FAULT_TYPE_DEMAND_ZERO,
    .pte_before = {0x80},
    .pte_after = {0x0123e867},
    .frame = {4670},
    .vad = "private",
    .status = STATUS_PAGE_FAULT_DEMAND_ZERO,
};
static struct mm_fault violation = {
    .va = 0,
    .access = MMU_READ,
    .mode = MMU_USER,
    .type = MM_FAULT_TYPE_ACCESS_VIOLATION,
    .vad = "none",
    .status = STATUS_ACCESS_VIOLATION,
};
static struct mm_fault hard = {
    .va = 0x402010,
    .access = MMU_EXECUTE,
    .mode = MMU_KERNEL,
    .type = MM_FAULT_TYPE_HARD_FAULT,
    .pte_after = {0x8000000001234025},
    .frame = {0x1234},
    .vad = "image",
};

static const struct trace_event faulting = {
    .kind = TRACE_FAULT,
    .time = 48210,
    .pid = 4,
    .tid = 8,
    .pc = {.va = 0x401512, .module = "hello.exe", .offset = 0x1512},
    .address = {.va = 0x12ff7c},
    .fault = &demand_zero,
};

/* What trace prints for one event, without the first line of the view. */
static char *print_event(enum trace_format format, enum paging_format paging, const struct trace_event *event)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    struct trace *trace = trace_create(format, (1u << TRACE_KIND_COUNT) - 1, out, paging);

    ck_assert_ptr_nonnull(trace);
    trace_emit(trace, event);
    trace_destroy(trace);
    fclose(out);
    char *end = strchr(text, '\n');
    ck_assert_ptr_nonnull(end);
    memmove(text, end + 1, strlen(end + 1) + 1);
    return text;
}

START_TEST(fault_is_as_documented)
{
    char *line = print_event(TRACE_JSONL, PAGING_X86, &faulting);
    ck_assert_str_eq(line, "{\"n\":1,\"t\":48210,\"ev\":\"fault\",\"type\":\"DemandZero\",\"va\":\"0x0012ff7c\","
                           "\"access\":\"write\",\"mode\":\"user\",\"pid\":4,\"tid\":8,\"pc\":\"0x00401512\","
                           "\"module\":\"hello.exe\",\"offset\":\"0x1512\",\"vad\":\"private\","
                           "\"pte_before\":\"0x00000080\",\"pte_after\":\"0x0123e867\",\"pfn\":4670,"
                           "\"status\":\"0x00000111\"}\n");
    free(line);
}
END_TEST

START_TEST(fault_with_symbols_under_pae)
{
    struct trace_event event = faulting;

    event.fault = &hard;
    event.pc.symbol = "_main";
    event.pc.symbol_offset = 0x12;
    event.address = (struct trace_place){
        .va = 0x402010, .module = "hello.exe", .offset = 0x2010, .symbol = "_next", .symbol_offset = 0};
    char *line = print_event(TRACE_JSONL, PAGING_PAE, &event);
    ck_assert_str_eq(line, "{\"n\":1,\"t\":48210,\"ev\":\"fault\",\"type\":\"HardFault\",\"va\":\"0x00402010\","
                           "\"access\":\"execute\",\"mode\":\"kernel\",\"pid\":4,\"tid\":8,\"pc\":\"0x00401512\","
                           "\"module\":\"hello.exe\",\"offset\":\"0x1512\",\"vad\":\"image\","
                           "\"pte_before\":\"0x0000000000000000\",\"pte_after\":\"0x8000000001234025\",\"pfn\":4660,"
                           "\"status\":\"0x00000000\",\"symbol\":\"_main\",\"symbol_offset\":\"0x12\","
                           "\"va_module\":\"hello.exe\",\"va_offset\":\"0x2010\",\"va_symbol\":\"_next\","
                           "\"va_symbol_offset\":\"0x0\"}\n");
    free(line);
}
END_TEST

/* An unresolved fault has no frame; unknown places are left out. */
START_TEST(violation_has_no_frame)
{
    struct trace_event event = {.kind = TRACE_FAULT, .fault = &violation, .pid = 4, .tid = 8};
    char *line = print_event(TRACE_JSONL, PAGING_X86, &event);

    ck_assert_ptr_null(strstr(line, "\"pfn\""));
    ck_assert_ptr_null(strstr(line, "module"));
    ck_assert_ptr_nonnull(strstr(line, "\"status\":\"0xc0000005\"}"));
    free(line);
}
END_TEST

#define HEAD "{\"n\":1,\"t\":5,\"ev\":"
#define WHO ",\"pid\":4,\"tid\":8,"
static const struct {
    struct trace_event event;
    const char *json, *text;
} others[] = {
    {{.kind = TRACE_IMAGE, .name = "hello.exe", .address = {.va = 0x400000}, .size = 45056},
     "\"image\"" WHO "\"name\":\"hello.exe\",\"va\":\"0x00400000\",\"size\":45056,\"status\":\"0x00000000\"}\n",
     "image hello.exe at 00400000, 45056 bytes\n"},
    {{.kind = TRACE_PROCESS, .what = "start", .name = "hello.exe"},
     "\"process\"" WHO "\"what\":\"start\",\"name\":\"hello.exe\"}\n",
     "process start 4 hello.exe\n"},
    {{.kind = TRACE_THREAD, .what = "exit", .status = 3},
     "\"thread\"" WHO "\"what\":\"exit\",\"status\":\"0x00000003\"}\n",
     "thread exit 8 with 00000003\n"},
    {{.kind = TRACE_EXCEPTION,
      .status = STATUS_ACCESS_VIOLATION,
      .pc = {.va = 0x401000, .module = "a.exe", .offset = 0x1000},
      .parameter_count = 2,
      .information = {1, 0x10}},
     "\"exception\"" WHO "\"status\":\"0xc0000005\",\"pc\":\"0x00401000\",\"module\":\"a.exe\",\"offset\":\"0x1000\","
     "\"information\":[\"0x00000001\",\"0x00000010\"]}\n",
     "exception c0000005 at 00401000 a.exe+1000 information 1, 10\n"},
    {{.kind = TRACE_ALLOC, .address = {.va = 0x20000}, .size = 65536, .type = 0x3000, .protect = 4},
     "\"alloc\"" WHO "\"va\":\"0x00020000\",\"size\":65536,\"type\":\"0x3000\",\"protect\":\"0x4\","
     "\"status\":\"0x00000000\",\"pc\":\"0x00000000\"}\n",
     "alloc 00020000, 65536 bytes, type 3000, protection 4\n"},
    {{.kind = TRACE_PROTECT,
      .address = {.va = 0x20000},
      .size = 4096,
      .protect = 2,
      .old_protect = 4,
      .status = STATUS_NOT_COMMITTED},
     "\"protect\"" WHO "\"va\":\"0x00020000\",\"size\":4096,\"protect\":\"0x2\",\"old_protect\":\"0x4\","
     "\"status\":\"0xc000002d\",\"pc\":\"0x00000000\"}\n",
     "protect 00020000, 4096 bytes, protection 2 (was 4): refused\n"},
    {{.kind = TRACE_UNMAP, .address = {.va = 0x20000}, .size = 4096},
     "\"unmap\"" WHO "\"va\":\"0x00020000\",\"size\":4096,\"status\":\"0x00000000\",\"pc\":\"0x00000000\"}\n",
     "unmap 00020000, 4096 bytes\n"},
    {{.kind = TRACE_LOCK, .address = {.va = 0x20000}, .size = 4096, .type = 1, .status = STATUS_WAS_LOCKED},
     "\"lock\"" WHO "\"va\":\"0x00020000\",\"size\":4096,\"type\":\"0x1\",\"status\":\"0x40000019\","
     "\"pc\":\"0x00000000\"}\n",
     "lock 00020000, 4096 bytes, type 1\n"},
    {{.kind = TRACE_UNLOCK,
      .target = 99,
      .address = {.va = 0x20000},
      .size = 4096,
      .type = 1,
      .status = STATUS_NOT_LOCKED},
     "\"unlock\"" WHO "\"target\":99,\"va\":\"0x00020000\",\"size\":4096,\"type\":\"0x1\","
     "\"status\":\"0xc000002a\",\"pc\":\"0x00000000\"}\n",
     "unlock 00020000, 4096 bytes of process 99, type 1: refused\n"},
    {{.kind = TRACE_TRIM, .size = 40960},
     "\"trim\"" WHO "\"size\":40960,\"status\":\"0x00000000\",\"pc\":\"0x00000000\"}\n",
     "trim 40960 bytes\n"},
    {{.kind = TRACE_BUGCHECK, .status = 0x50, .information = {1, 2, 3, 4}},
     "\"bugcheck\"" WHO "\"code\":\"0x00000050\",\"information\":[\"0x00000001\",\"0x00000002\",\"0x00000003\","
     "\"0x00000004\"]}\n",
     "bugcheck 00000050 (1, 2, 3, 4)\n"},
};

START_TEST(other_events)
{
    struct trace_event event = others[_i].event;

    event.time = 5;
    event.pid = 4;
    event.tid = 8;
    char *line = print_event(TRACE_JSONL, PAGING_X86, &event);
    ck_assert_uint_eq(strncmp(line, HEAD, sizeof(HEAD) - 1), 0);
    ck_assert_str_eq(line + sizeof(HEAD) - 1, others[_i].json);
    free(line);
    line = print_event(TRACE_TEXT, PAGING_X86, &event);
    ck_assert_str_eq(line + 19, others[_i].text);
    free(line);
}
END_TEST

START_TEST(text_line_of_a_fault)
{
    struct trace_event event = faulting;

    event.pc.symbol = "_main";
    event.pc.symbol_offset = 0x12;
    char *line = print_event(TRACE_TEXT, PAGING_X86, &event);
    ck_assert_str_eq(line, "      48.210    8  SOFT  DemandZero      write   00401512 hello.exe!_main+12"
                           "                 0012ff7c [private]                              4670\n");
    free(line);
    event.fault = &violation;
    line = print_event(TRACE_TEXT, PAGING_X86, &event);
    ck_assert_ptr_nonnull(strstr(line, "  RAISE AccessViolation read    "));
    ck_assert_ptr_nonnull(strstr(line, " c0000005\n"));
    free(line);
}
END_TEST

/* Names come from the guest: no control character may reach a terminal, and JSON must stay UTF-8. */
static const struct {
    const char *name, *printed;
} names[] = {
    {"plain", "plain"},           {"a\x1b[31m", "a?[31m"},
    {"\xff\xfe", "??"},           {"\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9"},
    {"\xc0\xaf", "??"},           /* overlong */
    {"\xed\xa0\x80", "???"},      /* a surrogate */
    {"\xf4\x90\x80\x80", "????"}, /* beyond Unicode */
    {"\xc2\x9b", "??"},           /* C1 control */
    {"\xe2\x82", "??"},           /* cut short */
};

START_TEST(names_are_cleaned)
{
    struct trace_event event = {.kind = TRACE_PROCESS, .what = "start", .name = names[_i].name};
    char want[64];
    char *line = print_event(TRACE_TEXT, PAGING_X86, &event);

    snprintf(want, sizeof(want), "process start 0 %s\n", names[_i].printed);
    ck_assert_str_eq(line + 19, want);
    free(line);
    line = print_event(TRACE_JSONL, PAGING_X86, &event);
    snprintf(want, sizeof(want), "\"name\":\"%s\"}\n", names[_i].printed);
    ck_assert_ptr_nonnull(strstr(line, want));
    free(line);
}
END_TEST

START_TEST(long_names_are_cut)
{
    char name[1000] = "";
    struct trace_event event = {.kind = TRACE_PROCESS, .what = "start", .name = name};

    memset(name, 'x', sizeof(name) - 1);
    char *line = print_event(TRACE_JSONL, PAGING_X86, &event);
    ck_assert_uint_lt(strlen(line), 250);
    free(line);
}
END_TEST

static char *print_totals(enum trace_format format)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    struct trace *trace = trace_create(format, 1u << TRACE_FAULT, out, PAGING_X86);
    struct trace_event event = faulting;

    trace_emit(trace, &event);
    trace_emit(trace, &event);
    event.fault = &hard;
    event.pc.module = "ntdll.dll";
    trace_emit(trace, &event);
    event.fault = &violation;
    event.pc.module = NULL;
    trace_emit(trace, &event);
    event.kind = TRACE_PROCESS; /* not wanted: not printed, not counted */
    trace_emit(trace, &event);
    trace_totals(trace);
    trace_destroy(trace);
    fclose(out);
    return text;
}

START_TEST(totals_as_json)
{
    char *text = print_totals(TRACE_JSONL);

    ck_assert_ptr_eq(strstr(text, "{\"n\":0,\"t\":0,\"ev\":\"trace\",\"schema\":1,\"paging\":\"x86\"}\n"), text);
    ck_assert_ptr_nonnull(strstr(
        text, "{\"n\":5,\"t\":48210,\"ev\":\"totals\",\"faults\":{\"soft\":2,\"hard\":1,\"raised\":1},\"types\":{"
              "\"DemandZero\":{\"soft\":2,\"hard\":0,\"raised\":0},\"HardFault\":{\"soft\":0,\"hard\":1,\"raised\":0},"
              "\"AccessViolation\":{\"soft\":0,\"hard\":0,\"raised\":1}},\"modules\":["
              "{\"module\":\"hello.exe\",\"soft\":2,\"hard\":0,\"raised\":0},"
              "{\"module\":\"ntdll.dll\",\"soft\":0,\"hard\":1,\"raised\":0},"
              "{\"soft\":0,\"hard\":0,\"raised\":1}]}\n"));
    free(text);
}
END_TEST

START_TEST(totals_as_text)
{
    char *text = print_totals(TRACE_TEXT);

    ck_assert_ptr_nonnull(strstr(text, "\n  DemandZero                      2        0        0\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n  ntdll.dll                       0        1        0\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n  (no module)                     0        0        1\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n  all                             2        1        1\n"));
    free(text);
}
END_TEST

static const struct {
    const char *list;
    unsigned events; /* 0: refused */
    const char *bad;
} lists[] = {
    {"fault", 1u << TRACE_FAULT, NULL},
    {"fault,exception", 1u << TRACE_FAULT | 1u << TRACE_EXCEPTION, NULL},
    {"all", (1u << TRACE_KIND_COUNT) - 1, NULL},
    {"fault,faults", 0, "faults"},
    {"", 0, ""},
    {"fault,", 0, ""},
    {",fault", 0, ",fault"},
    {"FAULT", 0, "FAULT"},
    {"fault, image", 0, " image"},
};

START_TEST(event_lists)
{
    unsigned events = 0;
    const char *word = NULL;

    ck_assert_int_eq(trace_parse_events(lists[_i].list, &events, &word), lists[_i].events != 0);
    ck_assert_uint_eq(events, lists[_i].events);
    if (!lists[_i].events)
        ck_assert_str_eq(word, lists[_i].bad);
}
END_TEST

START_TEST(no_trace_wants_nothing)
{
    ck_assert(!trace_wants(NULL, TRACE_FAULT));
    trace_destroy(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trace");
    TCase *cases = tcase_create("trace");

    tcase_add_test(cases, fault_is_as_documented);
    tcase_add_test(cases, fault_with_symbols_under_pae);
    tcase_add_test(cases, violation_has_no_frame);
    tcase_add_loop_test(cases, other_events, 0, sizeof(others) / sizeof(others[0]));
    tcase_add_test(cases, text_line_of_a_fault);
    tcase_add_loop_test(cases, names_are_cleaned, 0, sizeof(names) / sizeof(names[0]));
    tcase_add_test(cases, long_names_are_cut);
    tcase_add_test(cases, totals_as_json);
    tcase_add_test(cases, totals_as_text);
    tcase_add_loop_test(cases, event_lists, 0, sizeof(lists) / sizeof(lists[0]));
    tcase_add_test(cases, no_trace_wants_nothing);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
