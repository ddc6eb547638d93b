/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_section_random.c - random operations on data sections against plain arrays of bytes: files, page-file memory,
 * shared and write-copy views of two processes, views of the cache, flushes, other sizes; under pressure, with
 * transfers that take time and transfers that fail.  At the end the file holds what the arrays say. */
#include "tests/mm/support.h"

enum {
    FRAMES = 160,
    OBJECTS = 4, /* two files, a committed and a reserved page-file section */
    FILES = 2,
    COMMITTED = 2,
    RESERVED = 3,
    PAGES = 48, /* of each, at most */
    VIEWS = 8,
    PROBES = 2, /* bytes of a page */
    STEPS = 6000,
    FLIGHTS = 32,
    TAIL = 100,
    HOG = 150, /* private pages of each process: there is not RAM for all */
};
static const unsigned probe_at[PROBES] = {37, PAGE - 1};

/* What all views of an object see. */
struct object {
    uint8_t byte[PAGES][PROBES];
    bool committed[PAGES];
    uint64_t size;
    mm_section section; /* 0: closed */
};

struct view {
    mm_process process; /* 0: free; the system's for views of the cache */
    unsigned which, process_index;
    va_t base;
    unsigned first, pages;
    uint32_t protect;
    bool cache;
    bool copied[PAGES];
    uint8_t copy[PAGES][PROBES];
};

static struct play {
    struct world w;
    mm_process process[2];
    uint8_t hog[2][HOG];
    struct object object[OBJECTS];
    struct view view[VIEWS];
    uint32_t flight[FLIGHTS];
    unsigned flights;
    bool failures, forced;
    uint64_t random, out;
    unsigned reads, writes, waits, errors, flushes, cuts, refused, copies, shortages, grown, failed_flushes;
} p;

static unsigned below(unsigned n)
{
    return (unsigned)random_below(&p.random, n);
}

/* --- Transfers ------------------------------------------------------------------------------------------------- */

static ntstatus_t begin(void *context, const struct mm_io *io)
{
    if (p.flights == FLIGHTS || below(4) == 0)
        return p.failures && below(16) == 0 ? STATUS_IO_DEVICE_ERROR : STATUS_SUCCESS;
    p.flight[p.flights++] = io->id;
    return STATUS_PENDING;
}

static void end_one(unsigned i)
{
    uint32_t id = p.flight[i];
    p.flight[i] = p.flight[--p.flights];
    bool fails = p.failures && below(8) == 0;
    p.w.pagefile_answer = p.w.file_read_answer = fails ? STATUS_IO_DEVICE_ERROR : STATUS_SUCCESS;
    p.w.file_write_answer = fails ? STATUS_DISK_FULL : STATUS_SUCCESS;
    mm_io_done(p.w.mm, id);
    p.w.pagefile_answer = p.w.file_read_answer = p.w.file_write_answer = STATUS_SUCCESS;
}

static void await(uint32_t key)
{
    p.waits++;
    for (unsigned i = 0; i < p.flights; i++)
        if (p.flight[i] == key) {
            end_one(i);
            return;
        }
    ck_assert_msg(p.flights > 0, "a thread waits for %#x, which is not on its way", key);
    end_one(below(p.flights));
}

/* --- What should be --------------------------------------------------------------------------------------------- */

static unsigned pages_of(const struct object *o)
{
    return (unsigned)((o->size + PAGE - 1) / PAGE);
}

static bool has_probe(const struct object *o, unsigned page, unsigned probe)
{
    return (uint64_t)page * PAGE + probe_at[probe] < o->size;
}

/* Is the page there, for a view? */
static bool is_there(const struct view *v, unsigned page)
{
    const struct object *o = &p.object[v->which];
    return page < pages_of(o) && o->committed[page];
}

/* => false: the thread was told of a failed transfer or a shortage. */
static bool reach(const struct view *v, va_t va, enum mmu_access access, pfn_t *ret_frame)
{
    enum mmu_mode mode = v->cache ? MMU_KERNEL : MMU_USER;

    for (unsigned round = 0; round < 300; round++) {
        struct mmu_result walk = p.w.walk(&p.w.mm->config.ram, mm_process_root(p.w.mm, v->process), va, access, mode);
        if (walk.outcome == MMU_OK) {
            *ret_frame = walk.frame;
            mm_thread_moved(p.w.mm, 1);
            return true;
        }
        struct mm_fault f = {.va = va, .access = access, .mode = mode, .process = v->process, .thread = 1};
        enum mm_fault_result result = mm_access_fault(p.w.mm, &f);
        if (result == MM_FAULT_WAIT) {
            await(mm_wait_key(p.w.mm));
        } else if (result != MM_FAULT_RESOLVED) {
            ck_assert_msg(result == MM_FAULT_RAISE && f.status == STATUS_IN_PAGE_ERROR, "%#" PRIx64 ": %d %#x", va,
                          result, f.status);
            ck_assert(f.information[2] == STATUS_NO_MEMORY || p.failures);
            p.errors++;
            return false;
        }
    }
    ck_abort_msg("the access to %#" PRIx64 " waits for ever", va);
}

static bool may_write(const struct view *v)
{
    return v->cache || v->protect != PAGE_READONLY;
}

/* --- Operations -------------------------------------------------------------------------------------------------- */

static struct view *random_view(void)
{
    struct view *v = &p.view[below(VIEWS)];
    return v->process ? v : NULL;
}

static void refuse(const struct view *v, va_t va, enum mmu_access access)
{
    struct mm_fault f = {.va = va, .access = access, .mode = MMU_USER, .process = v->process, .thread = 1};
    if (v->cache)
        return;
    enum mm_fault_result result;
    while ((result = mm_access_fault(p.w.mm, &f)) == MM_FAULT_WAIT)
        await(mm_wait_key(p.w.mm));
    ck_assert_int_eq(result, MM_FAULT_RAISE);
    ck_assert_uint_eq(f.status, STATUS_ACCESS_VIOLATION);
    p.refused++;
}

static void access_view(void)
{
    struct view *v = random_view();
    if (!v)
        return;
    unsigned at = below(v->pages), page = v->first + at, probe = below(PROBES);
    bool write = below(2);
    va_t va = v->base + (va_t)at * PAGE + probe_at[probe];
    struct object *o = &p.object[v->which];
    pfn_t frame;

    if (!is_there(v, page) || (write && !may_write(v))) {
        refuse(v, va, write ? MMU_WRITE : MMU_READ);
        return;
    }
    if (!reach(v, va, write ? MMU_WRITE : MMU_READ, &frame))
        return;
    uint8_t *seen = v->copied[at] ? v->copy[at] : o->byte[page];
    uint8_t byte = mm_frame_read(p.w.mm, frame)[probe_at[probe]];
    bool in_file = has_probe(o, page, probe);
    ck_assert_msg(!in_file || byte == seen[probe], "%s: object %u page %u (%s) has %#x and should have %#x",
                  format_name(p.w.format), v->which, page, v->copied[at] ? "copy" : "shared", byte, seen[probe]);
    p.reads++;
    if (!write || !in_file)
        return;
    if (v->protect == PAGE_WRITECOPY && !v->copied[at]) {
        v->copied[at] = true;
        memcpy(v->copy[at], o->byte[page], PROBES);
        seen = v->copy[at];
        p.copies++;
    }
    seen[probe] = (uint8_t)random_word(&p.random);
    mm_frame_write(p.w.mm, frame)[probe_at[probe]] = seen[probe];
    p.writes++;
}

/* Private memory, so that there is never enough. */
static void use_hog(void)
{
    unsigned which = below(2), page = below(HOG);
    struct view self = {.process = p.process[which]};
    pfn_t frame;
    va_t va = HERE + (va_t)page * PAGE;

    if (!reach(&self, va, MMU_WRITE, &frame))
        return;
    ck_assert_uint_eq(mm_frame_read(p.w.mm, frame)[1], p.hog[which][page]);
    p.hog[which][page] = (uint8_t)random_word(&p.random);
    mm_frame_write(p.w.mm, frame)[1] = p.hog[which][page];
}

static bool is_shortage(ntstatus_t status)
{
    bool is =
        status == STATUS_NO_MEMORY || status == STATUS_INSUFFICIENT_RESOURCES || status == STATUS_COMMITMENT_LIMIT;
    p.shortages += is;
    return is;
}

static void open_section(unsigned which)
{
    struct object *o = &p.object[which];
    struct mm_section_request request = {.protection = MM_READWRITE, .attributes = SEC_COMMIT};
    ntstatus_t status;

    if (which < FILES) {
        request.file = DATA_FILE + which;
        request.file_size = o->size;
    } else {
        request.size = o->size;
        request.attributes = which == RESERVED ? SEC_RESERVE : SEC_COMMIT;
    }
    while ((status = mm_section_create(p.w.mm, &request, &o->section)) == STATUS_MM_WAIT)
        await(mm_wait_key(p.w.mm));
    if (status != STATUS_SUCCESS) {
        ck_assert_msg(is_shortage(status), "create: %#x", status);
        o->section = 0;
        return;
    }
    for (unsigned page = 0; which >= FILES && page < PAGES; page++) {
        memset(o->byte[page], 0, PROBES);
        o->committed[page] = which == COMMITTED;
    }
}

static bool has_views(unsigned which)
{
    for (unsigned i = 0; i < VIEWS; i++)
        if (p.view[i].process && p.view[i].which == which)
            return true;
    return false;
}

static void map_one(void)
{
    unsigned slot = below(VIEWS), which = below(OBJECTS);
    struct view *v = &p.view[slot];
    struct object *o = &p.object[which];
    static const uint32_t protects[] = {PAGE_READONLY, PAGE_READWRITE, PAGE_READWRITE, PAGE_WRITECOPY};

    if (v->process)
        return;
    if (!o->section) {
        if (which >= FILES && has_views(which)) /* the views' pages have no section to be asked for again */
            return;
        open_section(which);
    }
    if (!o->section)
        return;
    *v = (struct view){.which = which, .process_index = below(2), .protect = protects[below(4)]};
    struct mm_section_info info; /* a section keeps its size where the file grows without it */
    mm_section_query(p.w.mm, o->section, &info);
    unsigned section_pages = (unsigned)((info.size + PAGE - 1) / PAGE);
    v->first = below(section_pages) / 16 * 16;
    v->pages = 1 + below(section_pages - v->first);
    ntstatus_t status;
    if (which < FILES && below(4) == 0) {
        v->cache = true;
        v->protect = PAGE_READWRITE;
        while ((status = mm_map_system_view(p.w.mm, o->section, (uint64_t)v->first * PAGE, v->pages * PAGE,
                                            &v->base)) == STATUS_MM_WAIT)
            await(mm_wait_key(p.w.mm));
    } else {
        uint64_t size = (uint64_t)v->pages * PAGE, left = info.size - (uint64_t)v->first * PAGE;
        while ((status = map_part(&p.w, p.process[v->process_index], o->section, &v->base, (uint64_t)v->first * PAGE,
                                  size < left ? size : left, 0, v->protect)) == STATUS_MM_WAIT)
            await(mm_wait_key(p.w.mm));
    }
    if (status == STATUS_SUCCESS)
        v->process = p.process[v->process_index];
    else
        ck_assert_msg(is_shortage(status), "map: %#x", status);
}

static void unmap_one(void)
{
    struct view *v = random_view();
    if (!v)
        return;
    if (v->cache)
        mm_unmap_system_view(p.w.mm, v->base);
    else
        ck_assert_uint_eq(mm_unmap_view(p.w.mm, v->process, v->base + below(v->pages) * PAGE), STATUS_SUCCESS);
    v->process = 0;
}

static void close_one(void)
{
    struct object *o = &p.object[below(OBJECTS)];
    if (!o->section)
        return;
    mm_section_close(p.w.mm, o->section);
    o->section = 0;
}

static void check_disk(unsigned which, unsigned first, unsigned last)
{
    const struct object *o = &p.object[which];
    for (unsigned page = first; page <= last && page < pages_of(o); page++)
        for (unsigned probe = 0; probe < PROBES; probe++)
            if (has_probe(o, page, probe)) {
                uint8_t byte = p.w.file[which].bytes[page * PAGE + probe_at[probe]];
                ck_assert_msg(byte == o->byte[page][probe], "%s: file %u page %u has %#x and should have %#x",
                              format_name(p.w.format), which, page, byte, o->byte[page][probe]);
            }
}

static void flush_some(void)
{
    struct view *v = random_view();
    unsigned which = below(FILES), first = below(PAGES), pages = 1 + below(PAGES);
    ntstatus_t status, io = 0xdead;

    if (v && !v->cache && below(2)) {
        unsigned at = below(v->pages);
        va_t base;
        uint64_t size;
        pages = 1 + below(v->pages - at);
        do {
            base = v->base + (va_t)at * PAGE;
            size = (uint64_t)pages * PAGE;
            status = mm_flush_virtual(p.w.mm, v->process, 1, &base, &size, &io);
        } while (status == STATUS_MM_WAIT && (await(mm_wait_key(p.w.mm)), true));
        if (v->which >= FILES) {
            ck_assert_uint_eq(status, STATUS_NOT_MAPPED_DATA);
            return;
        }
        which = v->which;
        first = v->first + at;
    } else {
        while ((status = mm_file_flush(p.w.mm, DATA_FILE + which, 1, (uint64_t)first * PAGE, (uint64_t)pages * PAGE,
                                       &io)) == STATUS_MM_WAIT)
            await(mm_wait_key(p.w.mm));
    }
    ck_assert_uint_eq(io, status);
    if (status == STATUS_SUCCESS)
        check_disk(which, first, first + pages - 1);
    else
        ck_assert(p.failures || status == STATUS_INSUFFICIENT_RESOURCES);
    p.flushes++;
    p.failed_flushes += status != STATUS_SUCCESS;
}

/* The file gets another size. */
static void resize(void)
{
    unsigned which = below(FILES), before = pages_of(&p.object[which]);
    struct object *o = &p.object[which];
    uint64_t size = (uint64_t)(1 + below(PAGES - 1)) * PAGE + (below(2) ? TAIL : 0);

    if (size < o->size) {
        bool can = mm_file_can_truncate(p.w.mm, DATA_FILE + which, size), users = o->section != 0;
        for (unsigned i = 0; i < VIEWS; i++)
            users |= p.view[i].process && p.view[i].which == which && !p.view[i].cache;
        ck_assert(can == !users);
        if (!can)
            return;
        p.cuts++;
    }
    for (uint64_t at = size < o->size ? size : o->size; at < (uint64_t)PAGES * PAGE; at++)
        p.w.file[which].bytes[at] = 0;
    for (unsigned page = 0; page < PAGES; page++)
        for (unsigned probe = 0; probe < PROBES; probe++) {
            uint64_t at = (uint64_t)page * PAGE + probe_at[probe];
            if (at >= size || at >= o->size)
                o->byte[page][probe] = 0;
        }
    p.grown += size > o->size;
    p.w.file[which].size = o->size = size;
    (void)before;
    mm_file_size_changed(p.w.mm, DATA_FILE + which, size);
}

static void extend(void)
{
    unsigned which = below(FILES);
    struct object *o = &p.object[which];
    uint64_t size = o->size + below(4 * PAGE);

    if (!o->section || size > (uint64_t)PAGES * PAGE)
        return;
    p.w.file[which].size = o->size = size;
    uint64_t got = size;
    ck_assert_uint_eq(mm_section_extend(p.w.mm, o->section, &got), STATUS_SUCCESS);
    ck_assert_uint_ge(got, size);
}

static void commit_some(void)
{
    struct view *v = random_view();
    if (!v || v->which != RESERVED || v->cache)
        return;
    unsigned at = below(v->pages), pages = 1 + below(v->pages - at);
    ntstatus_t status;
    do {
        va_t base = v->base + (va_t)at * PAGE;
        uint64_t size = (uint64_t)pages * PAGE;
        uint32_t protect = v->protect == PAGE_WRITECOPY ? PAGE_READONLY : v->protect;
        if (v->protect == PAGE_WRITECOPY)
            return;
        status = allocate(&p.w, v->process, &base, &size, MEM_COMMIT, protect);
    } while (status == STATUS_MM_WAIT && (await(mm_wait_key(p.w.mm)), true));
    if (status != STATUS_SUCCESS) {
        ck_assert_msg(is_shortage(status), "commit: %#x", status);
        return;
    }
    for (unsigned i = 0; i < pages; i++)
        p.object[RESERVED].committed[v->first + at + i] = true;
}

static void daemons(void)
{
    enum mm_daemon which = below(MM_DAEMON_COUNT);
    for (unsigned i = below(6); i > 0; i--)
        if (mm_daemon_step(p.w.mm, which, below(3) ? MM_WAKE_SIGNAL : MM_WAKE_TIMER) == MM_STEP_WAIT)
            await(mm_wait_key(p.w.mm));
}

static void trim_one(void)
{
    struct view *v = random_view();
    if (v && !v->cache)
        trim(&p.w, v->process, v->base + (va_t)below(v->pages) * PAGE);
    if (below(40) == 0)
        mm_ws_empty(p.w.mm, p.process[below(2)]);
}

static void purge(void)
{
    mm_file_purge(p.w.mm, DATA_FILE + below(FILES), (uint64_t)below(PAGES) * PAGE, (uint64_t)below(PAGES) * PAGE);
}

static mm_process new_hog(unsigned which)
{
    mm_process fresh = 0;
    ntstatus_t status;
    mm_fail_objects_after(p.w.mm, UINT32_MAX);
    while ((status = mm_process_create(p.w.mm, PTE_NX_ON, &fresh)) == STATUS_MM_WAIT)
        await(mm_wait_key(p.w.mm));
    ck_assert_uint_eq(status, STATUS_SUCCESS);
    allocate_at(&p.w, fresh, HERE, HOG * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    memset(p.hog[which], 0, HOG);
    return fresh;
}

static void kill_one(void)
{
    unsigned which = below(2);
    for (unsigned i = 0; i < VIEWS; i++)
        if (p.view[i].process == p.process[which] && !p.view[i].cache)
            p.view[i].process = 0;
    mm_process old = p.process[which];
    end_process(&p.w, old);
    mm_process fresh = new_hog(which);
    p.process[which] = fresh;
    for (unsigned i = 0; i < VIEWS; i++) /* views of the cache are looked at from some process */
        if (p.view[i].process == old)
            p.view[i].process = fresh;
}

/* Pages of the cache, and of prototype PTEs that nothing keeps, leave memory. */
static void trim_system(void)
{
    const struct mmprocess *system = mi_process(p.w.mm, p.w.mm->system);
    mm_ws_trim(p.w.mm, mm_system_process(p.w.mm), below(100), p.forced ? UINT32_MAX : below(8));
    uint64_t pool = mi_pool_pages(p.w.mm), in_set = system->ws_size - 1 - system->ws_page_count;
    p.out += pool > in_set ? pool - in_set : 0;
}

static void step(void)
{
    static const struct {
        unsigned weight;
        void (*run)(void);
    } operations[] = {{60, access_view}, {60, use_hog}, {8, map_one},  {5, unmap_one},   {2, close_one},
                      {4, flush_some},   {2, resize},   {2, extend},   {4, commit_some}, {6, daemons},
                      {6, trim_one},     {2, purge},    {1, kill_one}, {4, trim_system}};
    unsigned total = 0, chosen;
    for (int i = 0; i < N_ELEMENTS(operations); i++)
        total += operations[i].weight;
    chosen = below(total);
    if (p.failures && below(12) == 0)
        mm_fail_objects_after(p.w.mm, below(3));
    for (int i = 0; i < N_ELEMENTS(operations); i++) {
        if (chosen < operations[i].weight) {
            operations[i].run();
            break;
        }
        chosen -= operations[i].weight;
    }
    mm_fail_objects_after(p.w.mm, UINT32_MAX);
    if (p.forced)
        trim_system();
    if (p.flights && below(3) == 0)
        end_one(below(p.flights));
}

static void open_play(enum paging_format format, uint64_t seed, bool failures, bool forced)
{
    memset(&p, 0, sizeof p);
    world_open(&p.w, format, FRAMES);
    p.w.env.io_begin = begin;
    p.random = seed;
    p.failures = failures;
    p.forced = forced;
    p.process[0] = new_hog(0);
    p.process[1] = new_hog(1);
    for (unsigned i = 0; i < OBJECTS; i++) {
        struct object *o = &p.object[i];
        o->size = (uint64_t)(i < FILES ? 24 + 12 * i : PAGES) * PAGE + (i < FILES ? TAIL : 0);
        if (i >= FILES)
            continue;
        make_file(&p.w, i, o->size);
        memset(p.w.file[i].bytes + o->size, 0, (size_t)DATA_PAGES * PAGE - o->size);
        for (unsigned page = 0; page < PAGES; page++) {
            o->committed[page] = true;
            for (unsigned probe = 0; probe < PROBES; probe++)
                o->byte[page][probe] = p.w.file[i].bytes[page * PAGE + probe_at[probe]];
        }
    }
}

static void close_play(void)
{
    for (unsigned i = 0; i < VIEWS; i++)
        if (p.view[i].process && p.view[i].cache)
            mm_unmap_system_view(p.w.mm, p.view[i].base);
    end_process(&p.w, p.process[0]);
    end_process(&p.w, p.process[1]);
    for (unsigned i = 0; i < OBJECTS; i++)
        if (p.object[i].section)
            mm_section_close(p.w.mm, p.object[i].section);
    check_laws(&p.w);
    p.w.env.io_begin = NULL;
    p.flights = 0;
    ck_assert_uint_eq(mm_file_flush_all(p.w.mm), 0);
    check_laws(&p.w);
    for (unsigned i = 0; i < FILES; i++)
        check_disk(i, 0, PAGES);
    world_close(&p.w);
}

START_TEST(random_views)
{
    bool failures = _i / PAGING_FORMAT_COUNT % 2;
    bool forced = _i / PAGING_FORMAT_COUNT >= 4; /* out of memory at once what can be */
    uint64_t seed = seed_of(failures ? "sections, failures" : "sections", 50 + (unsigned)_i);
    open_play(_i % PAGING_FORMAT_COUNT, seed, failures, forced);
    for (unsigned i = 0; i < STEPS; i++) {
        step();
        check_laws(&p.w);
    }
    printf("# %s: %u reads, %u writes, %u copies, %u waits, %u errors, %u flushes (%u failed), %u cuts, %u grown, %u "
           "refused, "
           "%u shortages, %u lost, %u to the page file, %" PRIu64 " pages of prototypes out\n",
           format_name(p.w.format), p.reads, p.writes, p.copies, p.waits, p.errors, p.flushes, p.failed_flushes, p.cuts,
           p.grown, p.refused, p.shortages, p.w.lost_writes, p.w.pagefile_writes, p.out);
    ck_assert(p.writes > 150 && p.copies > 5 && p.waits > 50 && p.flushes > 20 && p.refused > 5);
    ck_assert(!failures || p.errors > 0);
    ck_assert(!forced || p.out > 100);
    close_play();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm/section_random");
    TCase *tc = tcase_create("random");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, random_views, 0, 6 * PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
