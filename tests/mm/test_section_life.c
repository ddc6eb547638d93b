/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_section_life.c - how long pages of sections live and where they go: kept control areas, the mapped page writer,
 * flushes, files that are cut, discarded and deleted. */
#include "tests/mm/file_view.h"

/* --- Kept for their pages ----------------------------------------------------------------------------------------- */

START_TEST(a_file_is_known_while_a_page_is_in_memory)
{
    struct fixture x;
    struct mm_fault f;
    open_fixture(&x, _i);
    world_read_alone(&x.w);
    read_byte(&x.w, x.p, x.view);
    read_byte(&x.w, x.p, x.view + PAGE);
    let_go(&x);
    ck_assert(is_known(&x));
    ck_assert_uint_eq(resident(&x), 2);
    unsigned reads = x.w.file_reads;
    x.section = make_data_section(&x.w, 0, MM_READWRITE); /* opened again: the pages are there */
    x.view = map_data(&x.w, x.p, x.section, HERE, PAGE_READWRITE);
    touch(&x.w, x.p, x.view, MMU_READ, &f);
    ck_assert_int_eq(f.type, MM_FAULT_TYPE_PROTOTYPE);
    ck_assert_uint_eq(x.w.file_reads, reads);
    let_go(&x);
    ck_assert_uint_eq(x.w.file[0].forgotten, 0);
    take_standby(&x.w);
    ck_assert_uint_eq(resident(&x), 0);
    run_daemon(&x.w, MM_DEREFERENCE_SEGMENT);
    ck_assert(!is_known(&x));
    ck_assert_uint_eq(x.w.file[0].forgotten, 1);
    close_fixture(&x);
}
END_TEST

START_TEST(a_file_without_pages_is_forgotten_at_once)
{
    struct fixture x;
    open_fixture(&x, _i);
    let_go(&x);
    ck_assert_uint_eq(x.w.file[0].forgotten, 1);
    close_fixture(&x);
}
END_TEST

START_TEST(an_image_is_kept_but_not_its_shared_data)
{
    struct mm_image_subsection run[] = {{"header", 0, 1, 0, 0x400, MM_READONLY},
                                        {".text", 1, 2, 0x400, 0x2000, MM_EXECUTE_READ}};
    struct mm_image image = {.file = 9,
                             .preferred_base = IMAGE_BASE,
                             .page_count = 3,
                             .relocatable = true,
                             .subsection_count = 2,
                             .subsections = run};
    struct fixture x;
    struct mm_fault f;
    open_fixture(&x, _i);
    for (unsigned shared = 0; shared < 2; shared++) {
        struct mm_view view = {0};
        mm_section section;
        run[1].protection = shared ? MM_EXECUTE_READWRITE : MM_EXECUTE_READ;
        image.file = 9 + shared;
        for (unsigned turn = 0; turn < 2; turn++) {
            ck_assert_uint_eq(mm_section_create_image(x.w.mm, &image, &section), STATUS_SUCCESS);
            view.base = 0;
            ck_assert_uint_eq(mm_map_image(x.w.mm, x.p, section, &view), STATUS_SUCCESS);
            mm_section_close(x.w.mm, section);
            ck_assert_uint_eq(mm_file_can_delete(x.w.mm, image.file), false); /* in use */
            touch(&x.w, x.p, view.base + PAGE, shared ? MMU_WRITE : MMU_READ, &f);
            bool soft = turn == 1 && !shared;
            ck_assert_int_eq(f.type, soft ? MM_FAULT_TYPE_PROTOTYPE : MM_FAULT_TYPE_HARD_FAULT);
            ck_assert_uint_eq(mm_unmap_view(x.w.mm, x.p, view.base), STATUS_SUCCESS);
            check_laws(&x.w);
        }
        ck_assert(mm_file_can_delete(x.w.mm, image.file));
        check_laws(&x.w);
    }
    ck_assert_uint_eq(mi_area(x.w.mm, x.w.mm->control_areas)->kind, AREA_FILE); /* no image is left */
    ck_assert_uint_eq(mi_area(x.w.mm, x.w.mm->control_areas)->next, 0);
    close_fixture(&x);
}
END_TEST

START_TEST(what_is_kept_goes_when_memory_or_the_pool_is_short)
{
    struct fixture x;
    mm_section section;
    open_fixture(&x, _i);
    world_read_alone(&x.w);
    struct mm_section_request request = {
        .file = 0, .file_size = PAGE, .protection = MM_READONLY, .attributes = SEC_COMMIT};
    for (unsigned i = 1; i < DATA_FILES; i++) {
        make_file(&x.w, i, PAGE);
        request.file = DATA_FILE + i;
        ck_assert_uint_eq(mm_section_create(x.w.mm, &request, &section), STATUS_SUCCESS);
        va_t view = map_data(&x.w, x.p, section, 0, PAGE_READONLY);
        read_byte(&x.w, x.p, view);
        ck_assert_uint_eq(mm_unmap_view(x.w.mm, x.p, view), STATUS_SUCCESS);
        mm_section_close(x.w.mm, section);
    }
    mm_fail_objects_after(x.w.mm, 0); /* the pool: the oldest goes, and the next, but nothing comes of it */
    request.file = DATA_FILE;
    request.file_size = FILE_SIZE;
    ck_assert_uint_eq(mm_section_create(x.w.mm, &request, &section), STATUS_INSUFFICIENT_RESOURCES);
    mm_fail_objects_after(x.w.mm, UINT32_MAX);
    for (unsigned i = 1; i < DATA_FILES; i++)
        ck_assert_uint_eq(x.w.file[i].forgotten, 1);
    ck_assert_uint_eq(x.w.file[0].forgotten, 0); /* it has a view */
    read_byte(&x.w, x.p, x.view);
    let_go(&x);
    x.w.mm->tuning.minimum = x.w.mm->pfn.frame_count; /* memory */
    run_daemon(&x.w, MM_DEREFERENCE_SEGMENT);
    ck_assert_uint_eq(x.w.file[0].forgotten, 1);
    close_fixture(&x);
}
END_TEST

/* --- The mapped page writer ----------------------------------------------------------------------------------- */

START_TEST(what_nobody_uses_is_written)
{
    struct fixture x;
    open_fixture(&x, _i);
    for (unsigned page = 0; page < 18; page++)
        write_byte(&x.w, x.p, x.view + page * PAGE, (uint8_t)(page + 1));
    mm_take_signals(x.w.mm);
    run_daemon(&x.w, MM_MAPPED_WRITER); /* in use, and memory is plentiful */
    ck_assert_uint_eq(x.w.file_writes, 0);
    let_go(&x);
    ck_assert_uint_eq(x.w.file[0].forgotten, 0);
    ck_assert(mm_take_signals(x.w.mm) & MM_SIGNAL(MM_MAPPED_WRITER));
    ck_assert_uint_eq(x.w.mm->mapped_modified, 18);
    ck_assert(mm_daemon_step(x.w.mm, MM_MAPPED_WRITER, MM_WAKE_SIGNAL) == MM_STEP_MORE);
    ck_assert_int_eq(x.w.io.kind, MM_IO_FILE_WRITE);
    ck_assert_uint_eq(x.w.io.pages, 16); /* neighbours together */
    ck_assert_uint_eq(x.w.io.file, DATA_FILE);
    run_daemon(&x.w, MM_MAPPED_WRITER);
    ck_assert_uint_eq(x.w.file_writes, 18);
    for (unsigned page = 0; page < 18; page++)
        ck_assert_uint_eq(x.w.file[0].bytes[page * PAGE], page + 1);
    ck_assert_uint_eq(x.w.mm->mapped_modified, 0);
    ck_assert(is_known(&x));
    close_fixture(&x);
}
END_TEST

START_TEST(pages_are_written_after_300_seconds)
{
    struct fixture x;
    open_fixture(&x, _i);
    write_byte(&x.w, x.p, x.view, 1);
    ck_assert(trim(&x.w, x.p, x.view));
    for (unsigned second = 0; second < 300; second++) {
        ck_assert_uint_eq(x.w.file_writes, 0);
        while (mm_daemon_step(x.w.mm, MM_WORKING_SET_MANAGER, MM_WAKE_TIMER) == MM_STEP_MORE && false)
            ;
        run_daemon(&x.w, MM_WORKING_SET_MANAGER);
        run_daemon(&x.w, MM_MAPPED_WRITER);
    }
    ck_assert_uint_eq(x.w.file_writes, 1);
    close_fixture(&x);
}
END_TEST

START_TEST(both_writers_relieve_a_long_list)
{
    struct fixture x;
    open_fixture(&x, _i);
    mm_section memory = make_pagefile_section(&x.w, 8 * PAGE, SEC_COMMIT);
    va_t other = map_data(&x.w, x.p, memory, 0, PAGE_READWRITE);
    for (unsigned page = 0; page < 8; page++) {
        write_byte(&x.w, x.p, x.view + page * PAGE, 1);
        write_byte(&x.w, x.p, other + page * PAGE, (uint8_t)(page + 2));
    }
    x.w.mm->tuning.modified_maximum = 10;
    x.w.mm->tuning.modified_goal = 0;
    mm_take_signals(x.w.mm);
    mm_ws_empty(x.w.mm, x.p);
    unsigned signals = mm_take_signals(x.w.mm);
    ck_assert(signals & MM_SIGNAL(MM_MAPPED_WRITER));
    ck_assert(signals & MM_SIGNAL(MM_MODIFIED_WRITER));
    check_laws(&x.w);
    run_daemon(&x.w, MM_MODIFIED_WRITER);
    check_laws(&x.w);
    ck_assert_uint_eq(x.w.pagefile_writes, 8); /* only what is its own */
    ck_assert_uint_eq(x.w.file_writes, 0);
    run_daemon(&x.w, MM_MAPPED_WRITER);
    ck_assert_uint_eq(x.w.file_writes, 8);
    check_laws(&x.w);
    take_standby(&x.w); /* the section's words now say where its pages are */
    world_read_alone(&x.w);
    for (unsigned page = 0; page < 8; page++) {
        struct mm_fault f;
        touch(&x.w, x.p, other + page * PAGE, MMU_READ, &f);
        ck_assert_int_eq(f.type, MM_FAULT_TYPE_HARD_FAULT);
        ck_assert_uint_eq(mm_frame_read(x.w.mm, f.frame)[0], page + 2);
    }
    ck_assert_uint_eq(x.w.pagefile_reads, 8);
    ck_assert_uint_eq(read_byte(&x.w, x.p, x.view), 1);
    mm_section_close(x.w.mm, memory);
    close_fixture(&x);
}
END_TEST

START_TEST(a_write_that_fails_is_told_once_and_tried_again)
{
    struct fixture x;
    open_fixture(&x, _i);
    write_byte(&x.w, x.p, x.view, 0x77);
    let_go(&x);
    x.w.file_write_answer = STATUS_DISK_FULL;
    run_daemon(&x.w, MM_MAPPED_WRITER);
    check_laws(&x.w);
    ck_assert_uint_eq(x.w.file_writes, MI_MAPPED_FAILURES); /* not for ever */
    ck_assert_uint_eq(x.w.lost_writes, 1);
    ck_assert_uint_eq(x.w.mm->mapped_modified, 1);
    mm_daemon_step(x.w.mm, MM_WORKING_SET_MANAGER, MM_WAKE_TIMER); /* a second later */
    run_daemon(&x.w, MM_MAPPED_WRITER);
    ck_assert_uint_gt(x.w.file_writes, MI_MAPPED_FAILURES);
    ck_assert_uint_eq(x.w.lost_writes, 1);
    ck_assert_uint_eq(mm_file_flush_all(x.w.mm), 1);
    x.w.file_write_answer = STATUS_SUCCESS;
    ck_assert_uint_eq(mm_file_flush_all(x.w.mm), 0);
    ck_assert_uint_eq(x.w.file[0].bytes[0], 0x77);
    check_laws(&x.w);
    close_fixture(&x);
}
END_TEST

/* --- Flushing ------------------------------------------------------------------------------------------------- */

START_TEST(a_flush_waits_for_its_writes)
{
    struct fixture x;
    ntstatus_t io = 1;
    open_fixture(&x, _i);
    for (unsigned page = 0; page < 5; page += 2)
        write_byte(&x.w, x.p, x.view + page * PAGE, (uint8_t)(0x50 + page));
    x.w.io_answer = STATUS_PENDING;
    va_t base = x.view + 5;
    uint64_t size = 0;
    ck_assert_uint_eq(mm_flush_virtual(x.w.mm, x.p, 4, &base, &size, &io), STATUS_MM_WAIT);
    uint32_t last = x.w.io.id;
    ck_assert(mm_wait_key(x.w.mm) != 0 && mm_wait_key(x.w.mm) != MM_WAIT_FREE_PAGE);
    ck_assert_uint_eq(base, x.view + 5);
    check_laws(&x.w);
    write_byte(&x.w, x.p, x.view, 0x99); /* again, while it is written */
    check_laws(&x.w);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(mm_flush_virtual(x.w.mm, x.p, 4, &base, &size, &io), STATUS_MM_WAIT);
        mm_io_done(x.w.mm, mm_wait_key(x.w.mm));
        check_laws(&x.w);
    }
    (void)last;
    ck_assert_uint_eq(mm_flush_virtual(x.w.mm, x.p, 4, &base, &size, &io), STATUS_SUCCESS);
    ck_assert_uint_eq(io, STATUS_SUCCESS);
    ck_assert_uint_eq(base, x.view);
    ck_assert_uint_eq(size, 21 * PAGE);
    ck_assert_uint_eq(x.w.file_writes, 3);
    for (unsigned page = 0; page < 5; page += 2)
        ck_assert_uint_eq(x.w.file[0].bytes[page * PAGE], page ? 0x50 + page : 0x99);
    x.w.io_answer = STATUS_SUCCESS;
    ck_assert_uint_eq(mm_file_flush(x.w.mm, DATA_FILE, 4, 0, 0, &io), STATUS_SUCCESS); /* the store in between */
    ck_assert_uint_eq(x.w.file_writes, 4);
    close_fixture(&x);
}
END_TEST

START_TEST(a_flush_tells_of_the_write_that_failed)
{
    struct fixture x;
    ntstatus_t io = 1;
    open_fixture(&x, _i);
    write_byte(&x.w, x.p, x.view + PAGE, 3);
    x.w.file_write_answer = STATUS_DISK_FULL;
    va_t base = x.view;
    uint64_t size = PAGE;
    ck_assert_uint_eq(mm_flush_virtual(x.w.mm, x.p, 4, &base, &size, &io), STATUS_SUCCESS); /* nothing to write there */
    ck_assert_uint_eq(x.w.file_writes, 0);
    size = 2 * PAGE;
    ck_assert_uint_eq(mm_flush_virtual(x.w.mm, x.p, 4, &base, &size, &io), STATUS_DISK_FULL);
    ck_assert_uint_eq(io, STATUS_DISK_FULL);
    ck_assert_uint_eq(x.w.lost_writes, 0); /* who asked knows */
    x.w.file_write_answer = STATUS_SUCCESS;
    ck_assert_uint_eq(mm_flush_virtual(x.w.mm, x.p, 4, &base, &size, &io), STATUS_SUCCESS);
    ck_assert_uint_eq(x.w.file[0].bytes[PAGE], 3);
    close_fixture(&x);
}
END_TEST

START_TEST(a_flush_that_nobody_waits_for_is_forgotten)
{
    struct fixture x;
    ntstatus_t io = 1;
    open_fixture(&x, _i);
    write_byte(&x.w, x.p, x.view, 1);
    write_byte(&x.w, x.p, x.view + 2 * PAGE, 1);
    x.w.io_answer = STATUS_PENDING;
    ck_assert_uint_eq(mm_file_flush(x.w.mm, DATA_FILE, 4, 0, 0, &io), STATUS_MM_WAIT);
    mm_thread_moved(x.w.mm, 4); /* it died */
    check_laws(&x.w);
    ck_assert_uint_eq(x.w.mm->flushes, 0);
    let_go(&x);
    while (x.w.mm->ios) {
        mm_io_done(x.w.mm, mi_first_io(x.w.mm));
        check_laws(&x.w);
    }
    ck_assert_uint_eq(x.w.file_writes, 2);
    ck_assert_uint_eq(x.w.mm->mapped_in_flight, 0);
    close_fixture(&x);
}
END_TEST

START_TEST(what_cannot_be_flushed)
{
    struct fixture x;
    ntstatus_t io = 1;
    open_fixture(&x, _i);
    mm_section memory = make_pagefile_section(&x.w, PAGE, SEC_COMMIT);
    va_t at = map_data(&x.w, x.p, memory, 0, PAGE_READWRITE);
    allocate_at(&x.w, x.p, HERE + 0x1000000, PAGE, MEM_RESERVE, PAGE_READWRITE);
    const struct {
        va_t base;
        uint64_t size;
        ntstatus_t status;
    } rows[] = {
        {at, 0, STATUS_NOT_MAPPED_DATA},
        {HERE + 0x1000000, 0, STATUS_NOT_MAPPED_VIEW},
        {HERE + 0x2000000, 0, STATUS_NOT_MAPPED_VIEW},
        {x.view, 22 * PAGE, STATUS_NOT_MAPPED_VIEW},
        {UINT64_MAX - 5, 0, STATUS_INVALID_PARAMETER_2},
    };
    for (int i = 0; i < N_ELEMENTS(rows); i++) {
        va_t base = rows[i].base;
        uint64_t size = rows[i].size;
        ck_assert_uint_eq(mm_flush_virtual(x.w.mm, x.p, 1, &base, &size, &io), rows[i].status);
    }
    ck_assert_uint_eq(mm_file_flush(x.w.mm, DATA_FILE + 3, 1, 0, 0, &io), STATUS_SUCCESS); /* nothing known */
    mm_section_close(x.w.mm, memory);
    close_fixture(&x);
}
END_TEST

/* --- What is told of it --------------------------------------------------------------------------------------- */

static char told[200];

static void note_life(void *context, const struct mm_event *event)
{
    size_t length = strlen(told);
    (void)context;
    if (event->kind == MM_EVENT_SECTION)
        snprintf(told + length, sizeof told - length, "%s %s %u\n", event->of, event->what, (unsigned)event->pages);
}

START_TEST(a_life_is_told)
{
    struct fixture x;
    open_fixture(&x, _i);
    let_go(&x);
    make_file(&x.w, 1, 3 * PAGE);
    x.w.env.event = note_life;
    told[0] = 0;
    for (unsigned i = 0; i < 2; i++) {
        x.section = make_data_section(&x.w, 1, MM_READWRITE);
        mm_section another = make_data_section(&x.w, 1, MM_READONLY); /* no other life */
        x.view = map_data(&x.w, x.p, x.section, HERE, PAGE_READWRITE);
        read_byte(&x.w, x.p, x.view);
        mm_section_close(x.w.mm, another);
        let_go(&x);
    }
    take_standby(&x.w);
    run_daemon(&x.w, MM_DEREFERENCE_SEGMENT);
    mm_section_close(x.w.mm, make_pagefile_section(&x.w, 2 * PAGE, SEC_COMMIT));
    ck_assert_str_eq(told, "file created 3\nfile unused 3\nfile reused 3\nfile unused 3\nfile deleted 3\n"
                           "pagefile created 2\npagefile deleted 2\n");
    close_fixture(&x);
}
END_TEST

/* --- Other sizes ---------------------------------------------------------------------------------------------- */

START_TEST(a_mapped_file_is_not_cut)
{
    struct fixture x;
    open_fixture(&x, _i);
    ck_assert(!mm_file_can_truncate(x.w.mm, DATA_FILE, FILE_SIZE - 1));
    ck_assert(mm_file_can_truncate(x.w.mm, DATA_FILE, FILE_SIZE));
    ck_assert(mm_file_can_truncate(x.w.mm, DATA_FILE + 1, 0));
    for (unsigned page = 0; page < 21; page++)
        write_byte(&x.w, x.p, x.view + page * PAGE + 50, 0xEE);
    ck_assert_uint_eq(mm_unmap_view(x.w.mm, x.p, x.view), STATUS_SUCCESS);
    ck_assert(!mm_file_can_truncate(x.w.mm, DATA_FILE, 0)); /* there is a section */
    mm_section_close(x.w.mm, x.section);
    ck_assert(mm_file_can_truncate(x.w.mm, DATA_FILE, 0));
    ck_assert_uint_eq(resident(&x), 21);
    x.w.file[0].size = 3 * PAGE + 20;
    mm_file_size_changed(x.w.mm, DATA_FILE, 3 * PAGE + 20);
    check_laws(&x.w);
    ck_assert_uint_eq(resident(&x), 4);
    ck_assert_uint_eq(mm_file_flush_all(x.w.mm), 0);
    ck_assert_uint_eq(x.w.file_writes, 4);
    memset(x.w.file[0].bytes + 3 * PAGE + 20, 0, DATA_PAGES * PAGE - 3 * PAGE - 20);
    x.w.file[0].size = FILE_SIZE; /* longer again: zero behind the cut */
    mm_file_size_changed(x.w.mm, DATA_FILE, FILE_SIZE);
    x.section = make_data_section(&x.w, 0, MM_READONLY);
    x.view = map_data(&x.w, x.p, x.section, HERE, PAGE_READONLY);
    ck_assert_uint_eq(read_byte(&x.w, x.p, x.view + 2 * PAGE + 50), 0xEE);
    ck_assert_uint_eq(read_byte(&x.w, x.p, x.view + 3 * PAGE + 50), 0);
    ck_assert_uint_eq(read_byte(&x.w, x.p, x.view + 4 * PAGE + 50), 0);
    close_fixture(&x);
}
END_TEST

/* What was never written to the file is zero and not read; from there on where it was written last, it is read. */
START_TEST(beyond_what_was_written)
{
    struct fixture x;
    ntstatus_t io;
    open_fixture(&x, _i);
    world_read_alone(&x.w);
    write_byte(&x.w, x.p, x.view + 20 * PAGE + 200, 0x55); /* beyond the end: never the file's */
    memset(x.w.file[0].bytes + FILE_SIZE, 0x77, 24 * PAGE - FILE_SIZE);
    x.w.file[0].size = 24 * PAGE;
    mm_section_zeroes_added(x.w.mm, x.section, 24 * PAGE);
    check_laws(&x.w);
    ck_assert_uint_eq(read_byte(&x.w, x.p, x.view + 20 * PAGE + 200), 0);
    let_go(&x);
    x.section = make_data_section(&x.w, 0, MM_READWRITE);
    x.view = map_data(&x.w, x.p, x.section, HERE, PAGE_READWRITE);
    unsigned reads = x.w.file_reads;
    ck_assert_uint_eq(read_byte(&x.w, x.p, x.view + 22 * PAGE + 5), 0);
    ck_assert_uint_eq(x.w.file_reads, reads);
    write_byte(&x.w, x.p, x.view + 22 * PAGE, 0xEE);
    ck_assert_uint_eq(mm_file_flush(x.w.mm, DATA_FILE, 1, 0, 0, &io), STATUS_SUCCESS);
    mm_thread_moved(x.w.mm, 1);
    ck_assert(trim(&x.w, x.p, x.view + 22 * PAGE));
    ck_assert(mm_file_purge(x.w.mm, DATA_FILE, 22 * PAGE, PAGE));
    ck_assert_uint_eq(read_byte(&x.w, x.p, x.view + 22 * PAGE), 0xEE);
    ck_assert_uint_eq(x.w.file_reads, reads + 1);
    mm_file_written(x.w.mm, DATA_FILE, 24 * PAGE); /* around the pages */
    ck_assert_uint_eq(read_byte(&x.w, x.p, x.view + 23 * PAGE), 0x77);
    close_fixture(&x);
}
END_TEST

START_TEST(purging)
{
    struct fixture x;
    ntstatus_t io;
    open_fixture(&x, _i);
    world_read_alone(&x.w);
    for (unsigned page = 0; page < 4; page++)
        read_byte(&x.w, x.p, x.view + page * PAGE);
    write_byte(&x.w, x.p, x.view + 2 * PAGE, 1);
    ck_assert(trim(&x.w, x.p, x.view + PAGE) && trim(&x.w, x.p, x.view + 2 * PAGE));
    ck_assert(!mm_file_purge(x.w.mm, DATA_FILE, 0, 0)); /* mapped: 0 and 3; modified: 2 */
    check_laws(&x.w);
    ck_assert_uint_eq(resident(&x), 3);
    ck_assert(mm_file_purge(x.w.mm, DATA_FILE, PAGE, PAGE));
    mm_ws_empty(x.w.mm, x.p);
    ck_assert_uint_eq(mm_file_flush(x.w.mm, DATA_FILE, 1, 0, 0, &io), STATUS_SUCCESS);
    ck_assert(mm_file_purge(x.w.mm, DATA_FILE, 0, 0));
    check_laws(&x.w);
    ck_assert_uint_eq(resident(&x), 0);
    x.w.file[0].bytes[2 * PAGE] = 9; /* the file changed behind: seen, since nothing is kept */
    ck_assert_uint_eq(read_byte(&x.w, x.p, x.view + 2 * PAGE), 9);
    close_fixture(&x);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_file_is_known_while_a_page_is_in_memory,
        a_file_without_pages_is_forgotten_at_once,
        an_image_is_kept_but_not_its_shared_data,
        what_is_kept_goes_when_memory_or_the_pool_is_short,
        what_nobody_uses_is_written,
        pages_are_written_after_300_seconds,
        both_writers_relieve_a_long_list,
        a_write_that_fails_is_told_once_and_tried_again,
        a_flush_waits_for_its_writes,
        a_flush_tells_of_the_write_that_failed,
        a_flush_that_nobody_waits_for_is_forgotten,
        what_cannot_be_flushed,
        a_life_is_told,
        a_mapped_file_is_not_cut,
        beyond_what_was_written,
        purging,
    };
    Suite *suite = suite_create("mm/section_life");
    TCase *tc = tcase_create("life");
    for (int i = 0; i < N_ELEMENTS(tests); i++)
        tcase_add_loop_test(tc, tests[i], 0, PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
