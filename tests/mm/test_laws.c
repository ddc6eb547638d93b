/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_laws.c - each law of mm_check() is broken by hand in a living world, and is the one that is named.
 *
 * A row is a way to break a law: in a PFN record, a PTE, a VAD, a working-set entry or a charge. */
#include "mm/written.h"
#include "tests/mm/support.h"

struct victim {
    struct world w;
    mm_process p;
    mm_section section;
    struct mm_hold hold;
};

#define PRIVATE (HERE + 3 * PAGE)
#define TRIMMED (HERE + 4 * PAGE)
#define LOCKED (HERE + 5 * PAGE)
#define WATCHED UINT64_C(0x20000000)
#define CODE image_va(IMAGE_TEXT)
#define TRIMMED_CODE image_va(IMAGE_TEXT + 1)

static void open_victim(struct victim *v, enum paging_format format)
{
    struct mm_fault f = {.mode = MMU_USER};

    world_open(&v->w, format, WORLD_FRAMES);
    v->p = f.process = new_process(&v->w, PTE_NX_ON);
    v->section = make_section(&v->w);
    map_section(&v->w, v->p, v->section);
    allocate_at(&v->w, v->p, HERE, 64 * K, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    write_byte(&v->w, v->p, PRIVATE, 1);
    write_byte(&v->w, v->p, TRIMMED, 1);
    ck_assert(trim(&v->w, v->p, TRIMMED));
    read_byte(&v->w, v->p, CODE);
    read_byte(&v->w, v->p, TRIMMED_CODE);
    ck_assert(trim(&v->w, v->p, TRIMMED_CODE));
    struct mm_range range = {LOCKED, PAGE};
    ck_assert_uint_eq(mm_lock(v->w.mm, &f, &range, MM_LOCK_SYSTEM, NULL, NULL), STATUS_SUCCESS);
    allocate_at(&v->w, v->p, WATCHED, 64 * K, MEM_RESERVE | MEM_WRITE_WATCH, PAGE_READWRITE);
    ck_assert_uint_eq(mm_hold(v->w.mm, &f, HERE, 1, MMU_READ, NULL, NULL, &v->hold), STATUS_SUCCESS);
    check_laws(&v->w);
}

static struct mmprocess *process_of(struct victim *v)
{
    return mi_process(v->w.mm, v->p);
}

static struct mmpfn *record_of(struct victim *v, uint64_t word)
{
    return &v->w.mm->pfn.record[(word & UINT64_C(0xFFFFFFF000)) >> 12];
}

static struct mmpfn *frame_of(struct victim *v, va_t va)
{
    return record_of(v, pte_word(&v->w, v->p, va));
}

static struct mmvad *private_vad(struct victim *v)
{
    return vad_find(v->w.mm->arena, &process_of(v)->vads, HERE >> MMU_PAGE_SHIFT);
}

static struct mmvad *watched_vad(struct victim *v)
{
    return vad_find(v->w.mm->arena, &process_of(v)->vads, WATCHED >> MMU_PAGE_SHIFT);
}

/* An entry of the working-set list, in guest RAM. */
static uint8_t *entry_of(struct victim *v, uint32_t index)
{
    uint32_t size = v->w.format == PAGING_X64 ? 8 : 4;
    return (uint8_t *)v->w.ram + (size_t)process_of(v)->working_set_page.index * PAGE + 0x698 + index * size;
}

static void pfn_count(struct victim *v)
{
    v->w.mm->pfn.in_state[PFN_ACTIVE]++;
}
static void vad_height(struct victim *v)
{
    private_vad(v)->height += 5;
}
static void vad_count(struct victim *v)
{
    process_of(v)->vads.count++;
}
static void valid_to_a_listed_frame(struct victim *v)
{
    poke_entry(&v->w, v->p, PRIVATE, 1, valid_word(&v->w, 1000, 0x867, PTE_NX_ON));
}
static void valid_to_no_frame(struct victim *v)
{
    poke_entry(&v->w, v->p, PRIVATE, 1, valid_word(&v->w, WORLD_FRAMES, 0x867, PTE_NX_ON));
}
static void valid_to_a_page_table(struct victim *v)
{
    poke_entry(&v->w, v->p, PRIVATE, 1, valid_word(&v->w, mm_process_root(v->w.mm, v->p).index, 0x867, PTE_NX_ON));
}
static void valid_forgotten_by_its_frame(struct victim *v)
{
    frame_of(v, PRIVATE)->pte_low += 8;
}
static void valid_in_another_table(struct victim *v)
{
    frame_of(v, PRIVATE)->pte_frame++;
}
static void valid_upper_entry_is_none(struct victim *v)
{
    poke_entry(&v->w, v->p, PRIVATE, 2, 0x80);
}
static void valid_table_forgotten(struct victim *v)
{
    record_of(v, peek_entry(&v->w, v->p, PRIVATE, 2))->pte_low += 8;
}
static void valid_shared_by_another_prototype(struct victim *v)
{
    frame_of(v, CODE)->pte_low += 8;
}
static void transition_of_another_state(struct victim *v)
{
    struct mm *mm = v->w.mm;
    pfn_move(&mm->pfn, (pfn_t){(uint32_t)(frame_of(v, TRIMMED) - mm->pfn.record)}, PFN_STANDBY);
}
static void transition_without_modified_bit(struct victim *v)
{
    frame_of(v, TRIMMED)->flags &= (uint8_t)~PFN_MODIFIED_BIT;
}
static void transition_forgotten_by_its_frame(struct victim *v)
{
    frame_of(v, TRIMMED)->pte_low += 8;
}
static void prototype_without_bit(struct victim *v)
{
    record_of(v, peek_prototype(&v->w, v->section, IMAGE_TEXT + 1))->flags &= (uint8_t)~PFN_PROTOTYPE_BIT;
}
static void prototype_to_no_frame(struct victim *v)
{
    poke_prototype(&v->w, v->section, IMAGE_TEXT + 1, valid_word(&v->w, WORLD_FRAMES, 0x821, PTE_NX_OFF));
}
static void prototype_transition_forgotten(struct victim *v)
{
    record_of(v, peek_prototype(&v->w, v->section, IMAGE_TEXT + 1))->pte_frame++;
}
static void prototype_views(struct victim *v)
{
    mi_area(v->w.mm, section_area(&v->w, v->section))->views++;
}
static void prototype_valid_of_a_listed_frame(struct victim *v)
{
    uint64_t word = peek_prototype(&v->w, v->section, IMAGE_TEXT + 1); /* transition: make it say valid */
    poke_prototype(&v->w, v->section, IMAGE_TEXT + 1, (word & UINT64_C(0xFFFFFFF000)) | 0x21);
}
static void wset_entry_of_nothing(struct victim *v)
{
    uint32_t index = frame_of(v, PRIVATE)->ws_index, word;
    memcpy(&word, entry_of(v, index), sizeof word);
    word += 0x5000; /* five pages on */
    memcpy(entry_of(v, index), &word, sizeof word);
}
static void wset_entry_lost(struct victim *v)
{
    memset(entry_of(v, frame_of(v, PRIVATE)->ws_index), 0, 4);
}
static void wset_entry_of_a_table_lost(struct victim *v)
{
    memset(entry_of(v, record_of(v, peek_entry(&v->w, v->p, PRIVATE, 2))->ws_index), 0, 4);
}
static void wset_entry_too_many(struct victim *v)
{
    uint32_t word = (uint32_t)(TRIMMED & 0xFFFFF000) | 1;
    memcpy(entry_of(v, 100), &word, sizeof word);
}
static void wset_size(struct victim *v)
{
    process_of(v)->ws_size++;
}
static void wset_free(struct victim *v)
{
    process_of(v)->ws_free--;
}
static void wset_locked_count(struct victim *v)
{
    process_of(v)->locked_pages++;
}
static void wset_lock_planted(struct victim *v)
{
    entry_of(v, frame_of(v, PRIVATE)->ws_index)[0] ^= 2; /* LockedInWs */
}
static void wset_lock_lost(struct victim *v)
{
    entry_of(v, frame_of(v, LOCKED)->ws_index)[0] &= (uint8_t)~4; /* LockedInMemory */
}
static void wset_entries(struct victim *v)
{
    process_of(v)->ws_entries--;
}
static void watch_count(struct victim *v)
{
    process_of(v)->watches++;
}
static void watch_lost(struct victim *v)
{
    watched_vad(v)->watch = 0;
}
static void watch_too_small(struct victim *v)
{
    watched_vad(v)->watch = written_create(v->w.mm->arena, WATCHED >> MMU_PAGE_SHIFT, 15);
}
static void watch_of_other_pages(struct victim *v)
{
    watched_vad(v)->watch = written_create(v->w.mm->arena, (WATCHED >> MMU_PAGE_SHIFT) + 1, 16);
}
static void transition_would_leave_another_protection(struct victim *v)
{
    frame_of(v, TRIMMED)->original_pte.raw ^= 0x20;
}
static void charge_view(struct victim *v)
{
    vad_find(v->w.mm->arena, &process_of(v)->vads, IMAGE_BASE >> MMU_PAGE_SHIFT)->commit_charge++;
}
static void charge_view_protection(struct victim *v)
{
    poke_entry(&v->w, v->p, TRIMMED_CODE, 1, v->w.format == PAGING_X86 ? 0xFFFFF4A0 : 0xFFFFFFFF000004A0); /* LOOKUP */
}
static void table_used(struct victim *v)
{
    record_of(v, peek_entry(&v->w, v->p, PRIVATE, 2))->used_entries++;
}
static void table_word_planted(struct victim *v)
{
    poke_entry(&v->w, v->p, PRIVATE + PAGE * 5, 1, 0x80); /* demand zero */
}
static void share_private(struct victim *v)
{
    frame_of(v, PRIVATE)->share_count++;
}
static void share_image(struct victim *v)
{
    frame_of(v, CODE)->share_count++;
}
static void share_table(struct victim *v)
{
    record_of(v, peek_entry(&v->w, v->p, PRIVATE, 2))->share_count--;
}
static void share_root(struct victim *v)
{
    v->w.mm->pfn.record[mm_process_root(v->w.mm, v->p).index].share_count++;
}
static void reference_more(struct victim *v)
{
    frame_of(v, PRIVATE)->reference_count++;
}
static void reference_none(struct victim *v)
{
    frame_of(v, PRIVATE)->reference_count = 0;
}
static void reference_held(struct victim *v)
{
    frame_of(v, HERE)->reference_count--;
}
/* A read that does not end. => the frame that it goes to */
static struct mmpfn *begin_read(struct victim *v)
{
    struct mm_fault f;
    v->w.io_answer = STATUS_PENDING;
    ck_assert_int_eq(touch(&v->w, v->p, image_va(IMAGE_RDATA), MMU_READ, &f), MM_FAULT_WAIT);
    check_laws(&v->w);
    struct mmpfn *pfn = v->w.mm->pfn.record;
    while (!(pfn->flags & PFN_READ_BIT))
        pfn++;
    return pfn;
}
static void io_forgotten(struct victim *v)
{
    begin_read(v)->io++;
}
static void io_not_reading(struct victim *v)
{
    begin_read(v)->flags &= (uint8_t)~PFN_READ_BIT;
}
static void io_reading_alone(struct victim *v)
{
    frame_of(v, PRIVATE)->flags |= PFN_READ_BIT;
}
static void io_lost(struct victim *v)
{
    begin_read(v);
    v->w.mm->youngest_io = 0;
}
static void io_kept(struct victim *v)
{
    v->w.mm->kept_count++;
}
static void charge_vad(struct victim *v)
{
    private_vad(v)->commit_charge--;
}
static void charge_process(struct victim *v)
{
    process_of(v)->commit++;
}
static void charge_all(struct victim *v)
{
    v->w.mm->committed++;
}
static void charge_system(struct victim *v)
{
    v->w.mm->system_commit--;
}
static void charge_virtual_size(struct victim *v)
{
    process_of(v)->virtual_size++;
}
static void charge_page_tables(struct victim *v)
{
    process_of(v)->page_tables--;
}
static void charge_decommitted(struct victim *v)
{
    poke_entry(&v->w, v->p, PRIVATE + PAGE * 5, 1, 0x200); /* MM_DECOMMIT, and the table's count with it */
    record_of(v, peek_entry(&v->w, v->p, PRIVATE, 2))->used_entries++;
}

/* --- The system ----------------------------------------------------------------------------------------------- */

static struct mmprocess *system_of(struct victim *v)
{
    return mi_process(v->w.mm, v->w.mm->system);
}

static va_t pool_page(struct victim *v)
{
    return mi_area(v->w.mm, section_area(&v->w, v->section))->prototypes;
}

static struct mmpfn *frame_of_system(struct victim *v, va_t va)
{
    mmpte_t pte = {0};
    ck_assert(mm_peek_pte(v->w.mm, v->w.mm->system, va, &pte));
    return record_of(v, pte.raw);
}

static uint8_t *system_entry(struct victim *v, uint32_t index)
{
    uint32_t size = v->w.format == PAGING_X64 ? 8 : 4;
    return (uint8_t *)v->w.ram + (size_t)system_of(v)->working_set_page.index * PAGE + 0x698 + index * size;
}

static void system_size(struct victim *v)
{
    system_of(v)->ws_size--;
}
static void system_entry_lost(struct victim *v)
{
    memset(system_entry(v, frame_of_system(v, pool_page(v))->ws_index), 0, 4);
}
/* An entry for a page that does not leave memory. */
static void system_entry_of_a_page_that_stays(struct victim *v)
{
    va_t va = v->w.format == PAGING_X64 ? UINT64_C(0xFFFFF78000000000) : 0xFFDF0000;
    ck_assert_uint_eq(mm_system_allocate(v->w.mm, va, PAGE, MM_READWRITE), STATUS_SUCCESS);
    va |= 1;
    memcpy(system_entry(v, 50), &va, v->w.format == PAGING_X64 ? 8 : 4);
    system_of(v)->ws_size++;
    system_of(v)->ws_free--;
}
static void pool_page_of_nobody(struct victim *v)
{
    v->w.mm->pool_map[20] |= 1;
}
static void pool_page_free(struct victim *v)
{
    v->w.mm->pool_map[0] &= ~UINT64_C(1);
}
static void prototype_entries(struct victim *v)
{
    frame_of_system(v, pool_page(v))->used_entries--;
}
/* Prototype PTEs that are out of memory. => their first word */
static uint8_t *send_prototypes(struct victim *v)
{
    mm_section section = make_pagefile_section(&v->w, 64 * K, SEC_RESERVE);
    va_t base = map_data(&v->w, v->p, section, UINT64_C(0x30000000), PAGE_READWRITE);
    allocate_at(&v->w, v->p, base, PAGE, MEM_COMMIT, PAGE_READWRITE);
    const struct control_area *area = mi_area(v->w.mm, section_area(&v->w, section));
    va_t page = ((struct subsection *)arena_at(v->w.mm->arena, area->chunks))->prototypes;
    ck_assert_uint_eq(mm_ws_trim(v->w.mm, v->w.mm->system, 0, 100), 1);
    check_laws(&v->w);
    return (uint8_t *)v->w.ram + (size_t)(frame_of_system(v, page) - v->w.mm->pfn.record) * PAGE;
}
static void prototype_out_with_its_page(struct victim *v)
{
    send_prototypes(v)[0] |= 1; /* valid */
}
static void prototype_out_and_lost(struct victim *v)
{
    uint64_t word = v->w.format == PAGING_X86 ? 0x5080 : UINT64_C(0x500000080); /* in the page file */
    memcpy(send_prototypes(v), &word, entry_size(v->w.format));
}

#define LAW(function, text)                                                                                            \
    {                                                                                                                  \
#function, function, text                                                                                      \
    }

static const struct {
    const char *name;
    void (*sabotage)(struct victim *v);
    const char *law;
} laws[] = {
    LAW(pfn_count, "pfn: "),
    LAW(vad_height, "vad: "),
    LAW(vad_count, "vad: "),
    LAW(valid_to_a_listed_frame, "valid: "),
    LAW(valid_to_no_frame, "valid: "),
    LAW(valid_to_a_page_table, "valid: "),
    LAW(valid_forgotten_by_its_frame, "valid: "),
    LAW(valid_in_another_table, "valid: "),
    LAW(valid_upper_entry_is_none, "valid: "),
    LAW(valid_table_forgotten, "valid: "),
    LAW(valid_shared_by_another_prototype, "valid: "),
    LAW(transition_of_another_state, "transition: "),
    LAW(transition_without_modified_bit, "transition: "),
    LAW(transition_forgotten_by_its_frame, "transition: "),
    LAW(prototype_without_bit, "prototype: "),
    LAW(prototype_to_no_frame, "prototype: "),
    LAW(prototype_transition_forgotten, "transition: "),
    LAW(prototype_views, "section: "),
    LAW(prototype_valid_of_a_listed_frame, "prototype: "),
    LAW(wset_entry_of_nothing, "wset: "),
    LAW(wset_entry_lost, "wset: "),
    LAW(wset_entry_of_a_table_lost, "wset: "),
    LAW(wset_entry_too_many, "wset: "),
    LAW(wset_size, "wset: "),
    LAW(wset_free, "wset: "),
    LAW(wset_locked_count, "wset: "),
    LAW(wset_lock_planted, "wset: "),
    LAW(wset_lock_lost, "wset: "),
    LAW(wset_entries, "wset: "),
    LAW(watch_count, "watch: "),
    LAW(watch_lost, "watch: "),
    LAW(watch_too_small, "watch: "),
    LAW(watch_of_other_pages, "watch: "),
    LAW(transition_would_leave_another_protection, "transition: "),
    LAW(charge_view, "charge: "),
    LAW(charge_view_protection, "charge: "),
    LAW(table_used, "table: "),
    LAW(table_word_planted, "table: "),
    LAW(share_private, "share: "),
    LAW(share_image, "share: "),
    LAW(share_table, "share: "),
    LAW(share_root, "share: "),
    LAW(io_forgotten, "io: "),
    LAW(io_not_reading, "io: "),
    LAW(io_reading_alone, "io: "),
    LAW(io_lost, "io: "),
    LAW(io_kept, "io: "),
    LAW(reference_more, "reference: "),
    LAW(reference_none, "reference: "),
    LAW(reference_held, "reference: "),
    LAW(charge_vad, "charge: "),
    LAW(charge_process, "charge: "),
    LAW(charge_all, "charge: "),
    LAW(charge_system, "charge: "),
    LAW(charge_virtual_size, "charge: "),
    LAW(charge_page_tables, "charge: "),
    LAW(charge_decommitted, "charge: "),
    LAW(system_size, "wset: "),
    LAW(system_entry_lost, "wset: "),
    LAW(system_entry_of_a_page_that_stays, "wset: "),
    LAW(pool_page_of_nobody, "pool: "),
    LAW(pool_page_free, "pool: "),
    LAW(prototype_entries, "prototype: "),
    LAW(prototype_out_with_its_page, "prototype: "),
    LAW(prototype_out_and_lost, "pagefile: "),
};

START_TEST(a_broken_law_is_named)
{
    struct victim v;
    int row = _i / PAGING_FORMAT_COUNT;
    open_victim(&v, _i % PAGING_FORMAT_COUNT);
    laws[row].sabotage(&v);
    const char *broken = mm_check(v.w.mm);
    ck_assert_msg(broken != NULL, "%s, %s: nobody noticed", format_name(v.w.format), laws[row].name);
    ck_assert_msg(strncmp(broken, laws[row].law, strlen(laws[row].law)) == 0, "%s, %s: \"%s\"", format_name(v.w.format),
                  laws[row].name, broken);
    world_close(&v.w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm/laws");
    TCase *tc = tcase_create("laws");
    tcase_add_loop_test(tc, a_broken_law_is_named, 0, N_ELEMENTS(laws) * PAGING_FORMAT_COUNT);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
