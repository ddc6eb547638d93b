/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_waiters.c - hard faults while many threads wait for theirs: no cost of a transfer may depend on how many others
 * there are.  Every thread faults on a page of its own that is in the page file, all wait, two of them for one page;
 * the transfers end, in another order; each thread finds its page and runs on.
 *
 * Target: a hard fault with 200 threads waiting at most 1.3 times one with 2. */
#include "tests/emu/bench.h"
#include "tests/mm/support.h"

enum { FEW = 2, MANY = 200, PAGES = 2 * MANY, APART = 16, TURNS = MANY / FEW, FRAMES = PAGES + 512 };

/* The support code's own asserts each time, which costs more than all the rest. */
static ntstatus_t on_read(void *context, uint32_t pagefile, uint64_t offset, uint8_t *page)
{
    const struct world *w = context;
    memcpy(page, (const uint8_t *)w->pagefile + offset * PAGE, PAGE);
    return STATUS_SUCCESS;
}

/* No two pages are neighbours, so that none comes along with another. */
static va_t page_of(unsigned i)
{
    return 0x10000000 + (va_t)i * APART * PAGE;
}

static enum mm_fault_result fault(struct world *w, mm_process p, unsigned thread, unsigned page, enum mmu_access access)
{
    struct mm_fault f = {
        .va = page_of(page), .access = access, .mode = MMU_USER, .process = p, .thread = 4 * (thread + 1)};
    return mm_access_fault(w->mm, &f);
}

/* The pages [first, first + count) are touched by twice as many threads at once. */
static void read_back(struct world *w, mm_process p, unsigned first, unsigned count)
{
    uint32_t key[MANY];
    for (unsigned i = 0; i < count; i++) {
        bench_must(fault(w, p, i, first + i, MMU_READ) == MM_FAULT_WAIT, "the fault waits");
        key[i] = mm_wait_key(w->mm);
        bench_must(fault(w, p, i + count, first + i, MMU_READ) == MM_FAULT_WAIT && mm_wait_key(w->mm) == key[i],
                   "they meet");
    }
    for (unsigned i = 0; i < count; i++)
        mm_io_done(w->mm, key[(i * 7 + 3) % count]);
    for (unsigned i = 0; i < count; i++) {
        bench_must(fault(w, p, i, first + i, MMU_READ) == MM_FAULT_RESOLVED, "the page has come");
        mm_thread_moved(w->mm, 4 * (i + 1));
        mm_thread_moved(w->mm, 4 * (i + count + 1));
    }
}

/* All pages are in the page file, and the frames that had them are somebody else's. */
static void page_out(struct world *w, mm_process p)
{
    struct mm_counters c;
    w->io_answer = STATUS_SUCCESS;
    mm_ws_empty(w->mm, p);
    while (mm_daemon_step(w->mm, MM_MODIFIED_WRITER, MM_WAKE_SIGNAL) == MM_STEP_MORE)
        ;
    mm_query_counters(w->mm, &c);
    bench_must(c.modified == 0 && c.transition == 0, "pages are written");
    va_t base = 0;
    uint64_t size = (uint64_t)FRAMES * PAGE, all = 0;
    bench_must(allocate(w, p, &base, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) == STATUS_SUCCESS, "mm_allocate");
    for (uint64_t at = 0; w->mm->pfn.in_state[PFN_STANDBY] > 0; at += PAGE)
        write_byte(w, p, base + at, 1);
    bench_must(mm_free(w->mm, p, &base, &all, MEM_RELEASE) == STATUS_SUCCESS, "mm_free");
    w->io_answer = STATUS_PENDING;
}

static mm_process populate(struct world *w, enum paging_format format)
{
    world_open(w, format, FRAMES);
    world_stop_watching(w);
    w->mm->tuning = (struct mi_tuning){.cluster = 1}; /* nothing but what is asked for */
    w->env.pagefile_read = on_read;
    mm_process p = new_process(w, PTE_NX_ON);
    allocate_at(w, p, page_of(0), (uint64_t)PAGES * APART * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    for (unsigned i = 0; i < PAGES; i++)
        write_byte(w, p, page_of(i), (uint8_t)i);
    return p;
}

static bool bench(enum paging_format format)
{
    static double few[BENCH_ROUNDS], many[BENCH_ROUNDS];
    struct world w;
    mm_process p = populate(&w, format);
    for (unsigned round = 0; round < BENCH_ROUNDS + 2; round++) {
        unsigned at = round < 2 ? 0 : round - 2; /* the first two are for the host's caches */
        page_out(&w, p);
        uint64_t reads = w.mm->page_reads;
        double start = bench_now();
        for (unsigned turn = 0; turn < TURNS; turn++)
            read_back(&w, p, turn * FEW, FEW);
        double middle = bench_now();
        read_back(&w, p, MANY, MANY);
        few[at] = (middle - start) / MANY;
        many[at] = (bench_now() - middle) / MANY;
        bench_must(w.mm->page_reads - reads == PAGES, "every page is read, alone");
        check_laws(&w);
    }
    double little = bench_figure(few), much = bench_figure(many), ratio = much / little;
    printf("%-4s a hard fault that two threads wait for: %u on their way %5.0f ns, %u %5.0f ns: %.2f times (target "
           "1.3%s)\n",
           format_name(format), FEW, little, MANY, much, ratio, ratio <= 1.3 ? "" : ": MISSED");
    world_close(&w);
    return ratio <= 1.3;
}

START_TEST(figures) /* the support code asserts, which Check allows in a test only */
{
    ck_assert_msg(bench((enum paging_format)_i), "TARGET MISSED");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bench_waiters");
    TCase *tc = tcase_create("figures");
    tcase_set_timeout(tc, 0);
    tcase_add_loop_test(tc, figures, 0, PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    return figures_main(suite);
}
