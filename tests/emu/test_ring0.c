/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_ring0.c - what a kernel-mode program reads of its own address space: the working-set list through hyperspace and
 * PTEs through the self-map, at the addresses of nt-reference 1.10 and 7.1, against what the model says.
 *
 * The program walks the list: for each entry up to LastEntry it stores the entry and, where that is valid, the PTE of
 * its page.  It runs at ring 0 on the emulated CPU; every load goes through the page tables in guest RAM. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "emu/cpu_internal.h" /* ring 0 is entered as ring3.c does it */
#include "tests/emu/cpu_world.h"

enum {
    FRAMES = 8192,
    PAGES = 2600, /* more entries than two pages of them hold, in each format */
    RECORDS = 4096,
    OUTPUT_PAGES = RECORDS * 16 / MMU_PAGE_SIZE,
    WSLE_VALID = 1,
    WSLE_LOCKED = 2,
    WSLE_DIRECT = 0x200,
    SYSTEM_ENTRIES = 64, /* pages in the list that are not the program's: tables, hyperspace */
};
#define BIG UINT64_C(0x10000000) /* PAGES pages, PAGE_READWRITE */

/* Addresses as the documents have them, not as the model's headers do. */
static const struct layout {
    va_t pte_base, pde_base, working_set_list, system_code, output;
    unsigned entry, pte, vpn_bits, va_bits;
    uint8_t length, code[48];
} layouts[PAGING_FORMAT_COUNT] = {
    [PAGING_X86] = {0xC0000000,
                    0xC0300000,
                    0xC0503000,
                    0x80200000,
                    0x80300000,
                    4,
                    4,
                    20,
                    32,
                    0x1D, /* mov ecx,[ebx+8]; inc ecx; mov esi,[ebx+10]; next: lodsd; stosd; mov edx,eax; shr edx,0C;
                             and eax,1; jz skip; mov eax,[ebp+4*edx]; skip: stosd; xor eax,eax; stosd; loop next */
                    {0x8B, 0x4B, 0x08, 0x41, 0x8B, 0x73, 0x10, 0xAD, 0xAB, 0x89, 0xC2, 0xC1, 0xEA, 0x0C, 0x83,
                     0xE0, 0x01, 0x74, 0x04, 0x8B, 0x44, 0x95, 0x00, 0xAB, 0x31, 0xC0, 0xAB, 0xE2, 0xEA}},
    [PAGING_PAE] =
        {0xC0000000,
         0xC0600000,
         0xC0903000,
         0x80200000,
         0x80300000,
         4,
         8,
         20,
         32,
         0x20, /* the same, but: mov eax,[ebp+8*edx]; mov edx,[ebp+8*edx+4]; skip: stosd; xchg eax,edx; ... */
         {0x8B, 0x4B, 0x08, 0x41, 0x8B, 0x73, 0x10, 0xAD, 0xAB, 0x89, 0xC2, 0xC1, 0xEA, 0x0C, 0x83, 0xE0,
          0x01, 0x74, 0x08, 0x8B, 0x44, 0xD5, 0x00, 0x8B, 0x54, 0xD5, 0x04, 0xAB, 0x92, 0xAB, 0xE2, 0xE7}},
    [PAGING_X64] = {0xFFFFF68000000000,
                    0xFFFFF6FB40000000,
                    0xFFFFF70001080000,
                    0xFFFFF80000200000,
                    0xFFFFF80000300000,
                    8,
                    8,
                    36,
                    48,
                    0x26, /* mov ecx,[rbx+8]; inc ecx; mov rsi,[rbx+10]; next: lodsq; stosq; mov rdx,rax; shl rdx,10;
                             shr rdx,1C; and eax,1; jz skip; mov rax,[rbp+8*rdx]; skip: stosq; loop next */
                    {0x8B, 0x4B, 0x08, 0xFF, 0xC1, 0x48, 0x8B, 0x73, 0x10, 0x48, 0xAD, 0x48, 0xAB,
                     0x48, 0x89, 0xC2, 0x48, 0xC1, 0xE2, 0x10, 0x48, 0xC1, 0xEA, 0x1C, 0x83, 0xE0,
                     0x01, 0x74, 0x05, 0x48, 0x8B, 0x44, 0xD5, 0x00, 0x48, 0xAB, 0xE2, 0xE3}},
};

struct record {
    uint64_t entry, pte;
};

static struct kernel {
    struct world *world;
    const struct layout *layout;
    struct record records[RECORDS];
    struct mm_ws_page pages[RECORDS];
    unsigned system_entries, user_entries;
} k;

/* --- Ring 0 ---------------------------------------------------------------------------------------------------- */

static void put_system(va_t va, const void *bytes, size_t length)
{
    pfn_t frame;
    ck_assert(mm_system_frame(k.world->mm, va, &frame));
    memcpy(mm_frame_write(k.world->mm, frame) + (va & MMU_PAGE_MASK), bytes, length);
}

/* The code at layout->system_code, at ring 0, until its end.  => the registers as they are then. */
static void run_kernel(struct cpu_registers *registers)
{
    struct cpu *cpu = k.world->cpu;
    const uint64_t end = k.layout->system_code + k.layout->length;

    cpu->phase = CPU_ENTERING;
    cpu->mode = MMU_KERNEL;
    cpu->next = CPU_GO_ON;
    cpu_settle(cpu);
    uc_context_restore(cpu->uc, cpu->boot);
    cpu_write_registers(cpu, registers);
    uc_ctl_set_exits(cpu->uc, &end, 1);
    uc_err error = uc_emu_start(cpu->uc, k.layout->system_code, 0, 0, 0);
    uc_ctl_set_exits(cpu->uc, &end, 0);
    ck_assert_msg(error == UC_ERR_OK && cpu_ip(cpu) == end, "ring 0 stops at %#" PRIx64 " (fault at %#" PRIx64 "): %s",
                  cpu_ip(cpu), cpu->stop.fault.va, uc_strerror(error));
    ck_assert_uint_eq(cpu_selector(cpu, UC_X86_REG_CS) & 3, 0);
    cpu_read_registers(cpu, registers);
    cpu->phase = CPU_IDLE;
    cpu->mode = MMU_USER;
    uc_context_restore(cpu->uc, cpu->user);
    cpu->flush_wanted = true;
}

static uint64_t read_output(unsigned offset, unsigned size)
{
    uint64_t value = 0;
    pfn_t frame;
    ck_assert(mm_system_frame(k.world->mm, k.layout->output + offset, &frame));
    memcpy(&value, mm_frame_read(k.world->mm, frame) + (offset & MMU_PAGE_MASK), size);
    return value;
}

/* => how many entries the program found, up to LastEntry. */
static unsigned walk_list(void)
{
    const struct layout *layout = k.layout;
    struct cpu_registers registers = {0};
    unsigned size = layout->entry + 8;

    registers.general[CPU_RBX] = layout->working_set_list;
    registers.general[CPU_RBP] = layout->pte_base;
    registers.general[CPU_RDI] = layout->output;
    run_kernel(&registers);
    unsigned count = (unsigned)(registers.general[CPU_RDI] - layout->output) / size;
    ck_assert_uint_le(count, RECORDS);
    for (unsigned i = 0; i < count; i++)
        k.records[i] = (struct record){read_output(i * size, layout->entry), read_output(i * size + layout->entry, 8)};
    return count;
}

/* --- What the model says --------------------------------------------------------------------------------------- */

static void lawful(void)
{
    const char *broken = mm_check(k.world->mm);
    ck_assert_msg(broken == NULL, "%s", broken);
}

static va_t page_of(uint64_t entry)
{
    va_t va = entry & ~UINT64_C(0xFFF);
    return k.layout->va_bits == 32 ? (uint32_t)va : va;
}

static int by_address(const void *a, const void *b)
{
    va_t x = page_of(((const struct record *)a)->entry), y = page_of(((const struct record *)b)->entry);
    return x < y ? -1 : x > y;
}

/* Pages of the kernel's own in the list: page tables in the self-map, and hyperspace. */
static void check_system_entry(const struct record *record)
{
    va_t va = page_of(record->entry), end = k.layout->working_set_list + (16 << MMU_PAGE_SHIFT);
    ck_assert_msg(va >= k.layout->pte_base && va < end, "an entry of %#" PRIx64, va);
    ck_assert_msg(record->pte & 1, "the page table at %#" PRIx64 " is not valid: %#" PRIx64, va, record->pte);
    k.system_entries++;
}

static void check_user_entry(const struct record *record)
{
    struct mm_ws_page want;
    mmpte_t pte;
    va_t va = page_of(record->entry);

    ck_assert_uint_lt(k.user_entries, RECORDS);
    want = k.pages[k.user_entries++];
    ck_assert_msg(va == want.va, "the program finds %#" PRIx64 ", the model %#" PRIx64, va, want.va);
    ck_assert_int_eq((record->entry & WSLE_LOCKED) != 0, want.locked);
    ck_assert_int_eq((record->entry & WSLE_DIRECT) != 0, 1); /* nothing is shared here */
    ck_assert(mm_peek_pte(k.world->mm, k.world->process, va, &pte));
    ck_assert_msg(record->pte == pte.raw, "the PTE of %#" PRIx64 " is %#" PRIx64 " in the self-map, %#" PRIx64, va,
                  record->pte, pte.raw);
    ck_assert_uint_eq(pte.raw & 1, 1);
}

/* The program walks the list; every entry is what the model says, and nothing is missing.  => user entries. */
static unsigned compare(void)
{
    struct mm_process_counters c;
    unsigned valid = 0;
    unsigned count = walk_list();

    lawful();
    for (unsigned i = 0; i < count; i++)
        if (k.records[i].entry & WSLE_VALID)
            k.records[valid++] = k.records[i];
    qsort(k.records, valid, sizeof k.records[0], by_address);
    size_t listed = mm_ws_list(k.world->mm, k.world->process, k.pages, RECORDS);
    k.user_entries = k.system_entries = 0;
    for (unsigned i = 0; i < valid; i++)
        if (page_of(k.records[i].entry) < k.layout->pte_base)
            check_user_entry(&k.records[i]);
        else
            check_system_entry(&k.records[i]);
    mm_process_query(k.world->mm, k.world->process, &c);
    ck_assert_uint_eq(k.user_entries, listed);
    ck_assert_uint_eq(valid, c.working_set);
    ck_assert_uint_lt(k.system_entries, SYSTEM_ENTRIES);
    return k.user_entries;
}

static const struct record *record_of(va_t va)
{
    for (unsigned i = 0; i < k.user_entries + k.system_entries; i++)
        if (page_of(k.records[i].entry) == va)
            return &k.records[i];
    return NULL;
}

static unsigned age_of(const struct record *record)
{
    return record->entry >> 10 & 3;
}

/* --- The guest's side at ring 3 -------------------------------------------------------------------------------- */

/* mov [esi], al; add esi, 1000; loop */
static void touch_pages(unsigned first, unsigned count)
{
    static const uint8_t code_32[] = {0x88, 0x06, 0x81, 0xC6, 0x00, 0x10, 0x00, 0x00, 0xE2, 0xF6};
    static const uint8_t code_64[] = {0x88, 0x06, 0x48, 0x81, 0xC6, 0x00, 0x10, 0x00, 0x00, 0xE2, 0xF5};
    bool is_64 = k.world->format == PAGING_X64;
    world_load_exit(k.world, WORLD_CODE, is_64 ? code_64 : code_32, is_64 ? sizeof code_64 : sizeof code_32);
    k.world->registers.general[CPU_RSI] = BIG + (va_t)first * MMU_PAGE_SIZE;
    k.world->registers.general[CPU_RCX] = count;
    world_run(k.world);
    ck_assert_int_eq(k.world->stop.reason, CPU_STOP_REQUESTED);
}

static void pass_second(void)
{
    enum mm_wake wake = MM_WAKE_TIMER;
    while (mm_daemon_step(k.world->mm, MM_WORKING_SET_MANAGER, wake) == MM_STEP_MORE)
        wake = MM_WAKE_SIGNAL;
}

static void open_kernel(enum paging_format format)
{
    memset(&k, 0, sizeof k);
    k.layout = &layouts[format];
    k.world = world_new(&(struct world_options){.frames = FRAMES, .format = format});
    world_allocate(k.world, BIG, (uint64_t)PAGES * MMU_PAGE_SIZE, PAGE_READWRITE);
    ck_assert_uint_eq(mm_system_allocate(k.world->mm, k.layout->system_code, MMU_PAGE_SIZE, MM_EXECUTE_READ),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(mm_system_allocate(k.world->mm, k.layout->output, OUTPUT_PAGES * MMU_PAGE_SIZE, MM_READWRITE),
                      STATUS_SUCCESS);
    put_system(k.layout->system_code, k.layout->code, k.layout->length);
}

static void close_kernel(void)
{
    mm_process_clean(k.world->mm, k.world->process);
    mm_process_delete(k.world->mm, k.world->process);
    lawful();
    world_free(k.world);
}

/* --- Tests ------------------------------------------------------------------------------------------------------ */

START_TEST(the_list_and_the_ptes)
{
    open_kernel(_i);
    unsigned before = compare();
    ck_assert_ptr_null(record_of(BIG));
    touch_pages(0, 3);
    compare();
    ck_assert_uint_ge(k.user_entries, before + 3);
    ck_assert_ptr_nonnull(record_of(BIG + 2 * MMU_PAGE_SIZE));
    ck_assert_ptr_null(record_of(BIG + 3 * MMU_PAGE_SIZE));
    close_kernel();
}
END_TEST

/* The list grows by pages of its own, which are in it. */
START_TEST(growth_over_several_pages)
{
    open_kernel(_i);
    for (unsigned first = 0; first < PAGES; first += 200) {
        touch_pages(first, 200);
        compare();
        ck_assert_uint_ge(k.user_entries, first + 200);
    }
    unsigned list_pages = 0;
    while (record_of(k.layout->working_set_list + list_pages * MMU_PAGE_SIZE))
        list_pages++;
    ck_assert_uint_gt(list_pages, 2);
    ck_assert_uint_eq(record_of(k.layout->working_set_list)->entry & (WSLE_VALID | WSLE_LOCKED),
                      WSLE_VALID | WSLE_LOCKED);
    close_kernel();
}
END_TEST

START_TEST(trimming)
{
    struct mm_range range = {BIG + 7 * MMU_PAGE_SIZE, MMU_PAGE_SIZE};
    open_kernel(_i);
    struct mm_fault f = {.process = k.world->process, .thread = 8};
    touch_pages(0, 1000);
    ck_assert_uint_eq(mm_lock(k.world->mm, &f, &range, MM_LOCK_PROCESS, NULL, NULL), STATUS_SUCCESS);
    compare();
    mm_ws_empty(k.world->mm, k.world->process);
    ck_assert_uint_eq(compare(), 1);
    ck_assert_ptr_nonnull(record_of(range.base));
    touch_pages(500, 20);
    compare();
    ck_assert_ptr_null(record_of(BIG + 499 * MMU_PAGE_SIZE));
    ck_assert_ptr_nonnull(record_of(BIG + 500 * MMU_PAGE_SIZE));
    close_kernel();
}
END_TEST

/* Pages that are not accessed grow older with each second, up to 3; one that is accessed is of age 0 again. */
START_TEST(aging)
{
    open_kernel(_i);
    touch_pages(0, 100);
    pass_second();
    compare();
    ck_assert_uint_eq(age_of(record_of(BIG)), 0); /* it was accessed since it came */
    ck_assert_uint_eq(record_of(BIG)->pte & 0x20, 0);
    for (unsigned second = 1; second <= 5; second++) {
        touch_pages(50, 10);
        pass_second();
        compare();
        for (unsigned i = 0; i < 100; i++)
            ck_assert_uint_eq(age_of(record_of(BIG + i * MMU_PAGE_SIZE)), i / 10 == 5 ? 0 : second < 3 ? second : 3);
    }
    touch_pages(0, 1);
    compare();
    ck_assert_uint_eq(record_of(BIG)->pte & 0x20, 0x20); /* Accessed, and its age is asked for in the next second */
    close_kernel();
}
END_TEST

/* Hyperspace and the self-map are those of the process that is attached. */
START_TEST(another_process)
{
    mm_process other, own;
    open_kernel(_i);
    touch_pages(0, 400);
    unsigned many = compare();
    own = k.world->process;
    ck_assert_uint_eq(mm_process_create(k.world->mm, PTE_NX_OFF, &other), STATUS_SUCCESS);
    cpu_attach(k.world->cpu, other, 8);
    k.world->process = other;
    ck_assert_uint_eq(compare(), 0);
    cpu_attach(k.world->cpu, own, 8);
    k.world->process = own;
    ck_assert_uint_eq(compare(), many);
    mm_process_clean(k.world->mm, other);
    mm_process_delete(k.world->mm, other);
    close_kernel();
}
END_TEST

/* Ring 3 sees none of it. */
START_TEST(ring_3_is_kept_out)
{
    static const uint8_t code[] = {0x8B, 0x06}; /* mov eax, [esi] */
    open_kernel(_i);
    const va_t places[] = {k.layout->pte_base, k.layout->pde_base, k.layout->working_set_list, k.layout->output};
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        world_load(k.world, WORLD_CODE, code, sizeof code);
        k.world->registers.general[CPU_RSI] = places[i];
        world_run(k.world);
        ck_assert_int_eq(k.world->stop.reason, CPU_STOP_EXCEPTION);
        ck_assert_uint_eq(k.world->stop.status, STATUS_ACCESS_VIOLATION);
        ck_assert_uint_eq(k.world->stop.information[1], places[i]);
    }
    lawful();
    close_kernel();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("emu/ring0");
    TCase *tc = tcase_create("ring0");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, the_list_and_the_ptes, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, growth_over_several_pages, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, trimming, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, aging, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, another_process, 0, PAGING_FORMAT_COUNT);
    tcase_add_loop_test(tc, ring_3_is_kept_out, 0, PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
