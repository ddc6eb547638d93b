/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_services.c - what the virtual-memory services cost without a CPU, and what a crowded address space adds.
 *
 * Targets: an allocation and its release at most 3 us, a query at most 1 us (both with the system call, which is not in
 * here), and with 30,000 reservations (x64: 100,000) the median further one at most 4 times the first hundred's. */
#include <time.h>

#include "tests/emu/bench.h"
#include "tests/mm/support.h"

enum { ROUNDS = 401, FIRST = 100, FRAMES = 16384, REPEAT = 32 };

static double now_ns(void) /* cheap to read; medians do not mind other load */
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static va_t reserve(struct world *w, mm_process p, uint64_t size, uint32_t type)
{
    va_t base = 0;
    if (allocate(w, p, &base, &size, type, PAGE_READWRITE) != STATUS_SUCCESS) {
        printf("# allocation failed\n");
        exit(EXIT_FAILURE);
    }
    return base;
}

static void release(struct world *w, mm_process p, va_t base)
{
    uint64_t size = 0;
    if (mm_free(w->mm, p, &base, &size, MEM_RELEASE) != STATUS_SUCCESS)
        exit(EXIT_FAILURE);
}

static bool report(enum paging_format format, const char *what, double ns, double target)
{
    return bench_report(format_name(format), what, ns, target, "ns");
}

static double time_pair(struct world *w, mm_process p, uint64_t size, bool touched)
{
    double times[ROUNDS];
    for (unsigned i = 0; i < ROUNDS; i++) {
        double elapsed = 0;
        for (unsigned j = 0; j < REPEAT; j++) {
            double start = now_ns();
            va_t base = reserve(w, p, size, MEM_RESERVE | MEM_COMMIT);
            elapsed += now_ns() - start;
            for (uint64_t at = 0; touched && at < size; at += PAGE)
                write_byte(w, p, base + at, 1);
            start = now_ns();
            release(w, p, base);
            elapsed += now_ns() - start;
        }
        times[i] = elapsed / REPEAT;
    }
    return bench_median(times, ROUNDS);
}

static double time_query(struct world *w, mm_process p, va_t va)
{
    double times[ROUNDS];
    struct mm_region region;
    for (unsigned i = 0; i < ROUNDS; i++) {
        double start = now_ns();
        for (unsigned j = 0; j < REPEAT; j++)
            mm_query(w->mm, p, va, &region);
        times[i] = (now_ns() - start) / REPEAT;
    }
    return bench_median(times, ROUNDS);
}

static bool bench_queries(struct world *w, mm_process p)
{
    bool met = true;
    uint64_t huge = w->format == PAGING_X64 ? UINT64_C(1) << 42 : 1u << 30;
    va_t hole = reserve(w, p, huge, MEM_RESERVE), small = reserve(w, p, 64 * K, MEM_RESERVE | MEM_COMMIT),
         large = reserve(w, p, 1024 * K, MEM_RESERVE | MEM_COMMIT);
    allocate_at(w, p, hole + huge / 2, PAGE, MEM_COMMIT, PAGE_READWRITE);
    for (unsigned i = 0; i < 16; i++)
        write_byte(w, p, small + i * PAGE, 1);
    for (unsigned i = 0; i < 256; i++)
        write_byte(w, p, large + i * PAGE, 1);
    met &= report(w->format, "query, 64 KB committed and touched", time_query(w, p, small), 1000);
    met &= report(w->format, "query, 1 MB committed and touched", time_query(w, p, large), 0);
    met &= report(w->format, "query, 1 GB (x64: 4 TB) reserved, a page in it", time_query(w, p, hole), 1000);
    met &= report(w->format, "query, image, untouched", time_query(w, p, map_section(w, p, make_section(w))), 1000);
    met &= report(w->format, "query, free", time_query(w, p, 0x10000 + large + (1 << 20)), 1000);
    release(w, p, hole);
    release(w, p, small);
    release(w, p, large);
    return met;
}

static bool bench_crowd(struct world *w, mm_process p, uint64_t random)
{
    unsigned count = w->format == PAGING_X64 ? 100000 : 30000;
    va_t *base = calloc(count, sizeof *base);
    double first[FIRST], further[ROUNDS], pair[ROUNDS], query[ROUNDS];
    struct mm_region region;

    for (unsigned i = 0; i < count; i++) {
        double start = now_ns();
        base[i] = reserve(w, p, 64 * K, MEM_RESERVE);
        if (i < FIRST)
            first[i] = now_ns() - start;
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        va_t victim = base[random_below(&random, count)]; /* the next one goes into a hole somewhere */
        release(w, p, victim);
        double start = now_ns();
        va_t again = reserve(w, p, 64 * K, MEM_RESERVE);
        further[i] = now_ns() - start;
        if (again != victim)
            exit(EXIT_FAILURE);
        start = now_ns();
        va_t more = reserve(w, p, PAGE, MEM_RESERVE | MEM_COMMIT); /* and this one at the end */
        release(w, p, more);
        pair[i] = now_ns() - start;
        start = now_ns();
        mm_query(w->mm, p, victim, &region);
        query[i] = now_ns() - start;
    }
    double before = bench_median(first, FIRST), after = bench_median(further, ROUNDS);
    report(w->format, "reservation, of the first hundred", before, 0);
    bool met = report(w->format, "reservation, with a crowd of 30,000 (x64: 100,000)", after, 4 * before);
    met &= report(w->format, "allocation and release, in the crowd", bench_median(pair, ROUNDS), 3000);
    met &= report(w->format, "query, in the crowd", bench_median(query, ROUNDS), 1000);
    printf("%-4s ratio %.2f\n", format_name(w->format), after / before);
    free(base);
    return met;
}

static bool bench_watch(struct world *w, mm_process p)
{
    static va_t address[4096];
    double times[ROUNDS];
    size_t count = 0;
    uint64_t size = 256 << 20;
    va_t base = reserve(w, p, size, MEM_RESERVE | MEM_WRITE_WATCH);

    allocate_at(w, p, base, 16 << 20, MEM_COMMIT, PAGE_READWRITE);
    for (unsigned i = 0; i < ROUNDS; i++) {
        for (unsigned page = 0; page < 64; page++)
            write_byte(w, p, base + page * 61 * PAGE, 1);
        double start = now_ns();
        mm_get_write_watch(w->mm, p, (struct mm_range){base, size}, MM_WATCH_RESET, address, 4096, &count);
        times[i] = now_ns() - start;
        if (count != 64)
            exit(EXIT_FAILURE);
    }
    bool met = report(w->format, "write watch of 256 MB, 64 pages written, reset", bench_median(times, ROUNDS), 0);
    release(w, p, base);
    return met;
}

START_TEST(figures) /* the support code asserts, which Check allows in a test only */
{
    struct world w;
    bool met = true;
    world_open(&w, _i, FRAMES);
    world_stop_watching(&w);
    mm_process p = new_process(&w, PTE_NX_ON);
    met &= report(_i, "64 KB allocated and released", time_pair(&w, p, 64 * K, false), 3000);
    met &= report(_i, "a page allocated and released, touched", time_pair(&w, p, PAGE, true), 3000);
    met &= bench_queries(&w, p);
    met &= bench_watch(&w, p);
    met &= bench_crowd(&w, p, 7);
    world_close(&w);
    ck_assert_msg(met, "TARGET MISSED");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bench_services");
    TCase *tc = tcase_create("figures");
    tcase_set_timeout(tc, 0);
    tcase_add_loop_test(tc, figures, 0, PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    return figures_main(suite);
}
