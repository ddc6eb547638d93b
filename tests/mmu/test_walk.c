/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_walk.c - the walk of one paging format: outcomes, rights, and what it writes. */
#include "tests/mmu/world.h"

enum {
    RW_FLAGS = 0x807, /* what world.h gives each entry: V, W, U and software Write */
    LARGE_FRAMES = LARGE_PAGE_SIZE / MMU_PAGE_SIZE,
};

#define NX PTE_NO_EXECUTE
#define RESERVED (PTE_FRAME_MASK & ~PTE_PFN_MASK)
#define IF_NX(outcome) (NX ? (outcome) : MMU_OK)
#define IF_RESERVED(outcome) (RESERVED ? (outcome) : MMU_OK)
#define FRAME(n) ((uint64_t)(n) << MMU_PAGE_SHIFT)

static const unsigned rights_of[] = {
    [MMU_READ] = MMU_RIGHT_READ,
    [MMU_WRITE] = MMU_RIGHT_READ | MMU_RIGHT_WRITE,
    [MMU_EXECUTE] = MMU_RIGHT_READ | MMU_RIGHT_EXECUTE,
};

/* One entry on the way differs; each row is tried at each level. */
static const struct {
    const char *name;
    uint64_t clear, set;
    enum mmu_access access;
    enum mmu_mode mode;
    enum mmu_outcome want;
} entry_cases[] = {
    {"read", 0, 0, MMU_READ, MMU_USER, MMU_OK},
    {"write", 0, 0, MMU_WRITE, MMU_USER, MMU_OK},
    {"execute", 0, 0, MMU_EXECUTE, MMU_USER, MMU_OK},
    {"kernel read", 0, 0, MMU_READ, MMU_KERNEL, MMU_OK},
    {"kernel write", 0, 0, MMU_WRITE, MMU_KERNEL, MMU_OK},
    {"kernel execute", 0, 0, MMU_EXECUTE, MMU_KERNEL, MMU_OK},
    {"absent, read", 1, 0, MMU_READ, MMU_USER, MMU_NOT_PRESENT},
    {"absent, write", 1, 0, MMU_WRITE, MMU_USER, MMU_NOT_PRESENT},
    {"absent, execute", 1, 0, MMU_EXECUTE, MMU_USER, MMU_NOT_PRESENT},
    {"absent, kernel", 1, 0, MMU_READ, MMU_KERNEL, MMU_NOT_PRESENT},
    {"absent, all other bits", 1, PTE_FRAME_MASK | NX | 0xFFE, MMU_WRITE, MMU_USER, MMU_NOT_PRESENT},
    {"absent, no other bits", PTE_FRAME_MASK | 0xFFF, 0, MMU_READ, MMU_USER, MMU_NOT_PRESENT},
    {"supervisor, user read", 4, 0, MMU_READ, MMU_USER, MMU_SUPERVISOR},
    {"supervisor, user write", 4, 0, MMU_WRITE, MMU_USER, MMU_SUPERVISOR},
    {"supervisor, user execute", 4, 0, MMU_EXECUTE, MMU_USER, MMU_SUPERVISOR},
    {"supervisor before write", 6, 0, MMU_WRITE, MMU_USER, MMU_SUPERVISOR},
    {"supervisor before no-execute", 4, NX, MMU_EXECUTE, MMU_USER, MMU_SUPERVISOR},
    {"supervisor, kernel write", 4, 0, MMU_WRITE, MMU_KERNEL, MMU_OK},
    {"read-only, read", 2, 0, MMU_READ, MMU_USER, MMU_OK},
    {"read-only, write", 2, 0, MMU_WRITE, MMU_USER, MMU_WRITE_PROTECTED},
    {"read-only, execute", 2, 0, MMU_EXECUTE, MMU_USER, MMU_OK},
    {"read-only, kernel write", 2, 0, MMU_WRITE, MMU_KERNEL, MMU_WRITE_PROTECTED},
    {"read-only, dirty", 2, 0x40, MMU_WRITE, MMU_KERNEL, MMU_WRITE_PROTECTED},
    {"no-execute, execute", 0, NX, MMU_EXECUTE, MMU_USER, IF_NX(MMU_NO_EXECUTE)},
    {"no-execute, kernel execute", 0, NX, MMU_EXECUTE, MMU_KERNEL, IF_NX(MMU_NO_EXECUTE)},
    {"no-execute, read", 0, NX, MMU_READ, MMU_USER, MMU_OK},
    {"no-execute, write", 0, NX, MMU_WRITE, MMU_USER, MMU_OK},
    {"no-execute and read-only, write", 2, NX, MMU_WRITE, MMU_USER, MMU_WRITE_PROTECTED},
    {"first frame past the end", PTE_PFN_MASK, FRAME(WORLD_FRAMES), MMU_READ, MMU_USER, MMU_BAD_FRAME},
    {"largest frame", PTE_PFN_MASK, PTE_PFN_MASK, MMU_WRITE, MMU_USER, MMU_BAD_FRAME},
    {"bad frame before rights", PTE_PFN_MASK | 6, PTE_PFN_MASK, MMU_WRITE, MMU_USER, MMU_BAD_FRAME},
    {"lowest reserved bit", 0, RESERVED & -RESERVED, MMU_READ, MMU_KERNEL, IF_RESERVED(MMU_BAD_FRAME)},
    {"all reserved bits", 0, RESERVED, MMU_READ, MMU_USER, IF_RESERVED(MMU_BAD_FRAME)},
    {"working-set index", 0, PTE_WS_INDEX_MASK, MMU_WRITE, MMU_USER, MMU_OK},
    {"software and cache bits", 0, 0xF18, MMU_WRITE, MMU_USER, MMU_OK},
    {"no software bits", 0x800, 0, MMU_WRITE, MMU_USER, MMU_OK},
    {"accessed", 0, 0x20, MMU_READ, MMU_USER, MMU_OK},
    {"accessed, write", 0, 0x20, MMU_WRITE, MMU_USER, MMU_OK},
    {"accessed and dirty, write", 0, 0x60, MMU_WRITE, MMU_USER, MMU_OK},
};

/* Rights are not looked at in PAE's page-directory pointers. */
static enum mmu_outcome want_at(enum mmu_outcome want, unsigned level)
{
    bool judged = want == MMU_SUPERVISOR || want == MMU_WRITE_PROTECTED || want == MMU_NO_EXECUTE;
    return judged && level > PTE_RIGHTS_LEVELS ? MMU_OK : want;
}

/* Apply to the remembered copies what a successful walk has to write. */
static void expect_marks(struct world *world, enum mmu_access access)
{
    for (unsigned level = 1; level <= PTE_RIGHTS_LEVELS; level++) {
        uint8_t *slot = world_slot_in(world, world->ram_before, level);
        mmpte_t pte = pte_load(slot);
        uint64_t bits = level == 1 && access == MMU_WRITE ? 0x60 : 0x20;
        if ((pte.raw & bits) != bits)
            world->stamp_before[world->table[level].index] = WORLD_EPOCH;
        pte_store(slot, (mmpte_t){pte.raw | bits});
    }
}

START_TEST(one_entry_differs)
{
    unsigned level = (unsigned)_i % PTE_LEVELS + 1;
    int row = _i / PTE_LEVELS;
    enum mmu_access access = entry_cases[row].access;
    enum mmu_outcome want = want_at(entry_cases[row].want, level);
    bool ends_there = want == MMU_NOT_PRESENT || want == MMU_BAD_FRAME;
    struct world world = world_create(WORLD_FRAMES);

    uint64_t raw = world_entry(&world, level).raw;
    world_set_entry(&world, level, (raw & ~entry_cases[row].clear) | entry_cases[row].set);
    world_remember(&world);
    struct mmu_result seen = PTE_NAME(mmu_look)(&world.ram, world.root, world.va, access, entry_cases[row].mode);
    ck_assert_msg(world_is_unchanged(&world), "%s at level %u: a look leaves marks", entry_cases[row].name, level);
    if (want == MMU_OK)
        expect_marks(&world, access);

    struct mmu_result got = world_walk(&world, world.va, access, entry_cases[row].mode);
    ck_assert_msg(seen.outcome == got.outcome && seen.level == got.level && seen.rights == got.rights &&
                      seen.frame.index == got.frame.index && seen.table.index == got.table.index,
                  "%s at level %u: a look sees something else", entry_cases[row].name, level);
    unsigned end = ends_there ? level : 1;
    ck_assert_msg(got.outcome == want, "%s at level %u: outcome %d", entry_cases[row].name, level, (int)got.outcome);
    ck_assert_msg(got.level == end, "%s at level %u: ends at %u", entry_cases[row].name, level, got.level);
    ck_assert_uint_eq(got.table.index, world.table[end].index);
    ck_assert_uint_eq(got.pte.raw, world_entry(&world, end).raw);
    ck_assert_msg(world_is_unchanged(&world), "%s at level %u: wrong writes", entry_cases[row].name, level);
    ck_assert_uint_eq(got.rights, want == MMU_OK ? rights_of[access] : 0);
    ck_assert_uint_eq(got.frame.index, want == MMU_OK ? WORLD_PAGE : 0);
    world_destroy(&world);
}
END_TEST

/* The same rows: a walk ends at the leaf, which is absent; the leaf comes; the end of the walk is as the whole walk. */
START_TEST(the_end_of_a_walk)
{
    unsigned level = (unsigned)_i % PTE_LEVELS + 1;
    int row = _i / PTE_LEVELS;
    enum mmu_access access = entry_cases[row].access;
    enum mmu_mode mode = entry_cases[row].mode;
    struct world world = world_create(WORLD_FRAMES);

    uint64_t leaf = world_entry(&world, 1).raw, raw = world_entry(&world, level).raw;
    raw = (raw & ~entry_cases[row].clear) | entry_cases[row].set;
    leaf = level == 1 ? raw : leaf;
    world_set_entry(&world, level, raw);
    world_set_entry(&world, 1, 0);
    struct mmu_result before = world_walk(&world, world.va, MMU_READ, mode);
    if (before.outcome != MMU_NOT_PRESENT || before.level != 1) { /* it ends above: there is no such end */
        ck_assert_uint_gt(level, 1);
        world_destroy(&world);
        return;
    }
    world_set_entry(&world, 1, leaf);
    world_remember(&world);
    struct mmu_result whole = world_walk(&world, world.va, access, mode);
    for (unsigned at = 1; at <= PTE_LEVELS; at++) { /* as it was: the end of the walk leaves what the whole one did */
        uint8_t *slot = world_slot_in(&world, world.ram_before, at);
        mmpte_t old = pte_load(slot);
        pte_store(slot, world_entry(&world, at));
        world_set_entry(&world, at, old.raw);
    }
    uint32_t *stamp = world.ram.stamp;
    for (uint32_t i = 0; i < world.ram.frame_count; i++) {
        uint32_t old = world.stamp_before[i];
        world.stamp_before[i] = stamp[i];
        stamp[i] = old;
    }
    struct mmu_result got = before;
    PTE_NAME(mmu_walk_end)(&world.ram, world.root, world.va, access, mode, &got);
    ck_assert_msg(got.outcome == whole.outcome && got.level == whole.level && got.rights == whole.rights &&
                      got.frame.index == whole.frame.index && got.table.index == whole.table.index &&
                      got.pte.raw == whole.pte.raw,
                  "%s at level %u: the end is not as the whole", entry_cases[row].name, level);
    ck_assert_msg(world_is_unchanged(&world), "%s at level %u: wrong writes", entry_cases[row].name, level);
    world_destroy(&world);
}
END_TEST

START_TEST(first_missing_entry_ends_the_walk)
{
    unsigned level = (unsigned)_i + 1;
    struct world world = world_create(WORLD_FRAMES);
    for (unsigned at = 1; at <= PTE_LEVELS; at++) {
        uint64_t raw = world_entry(&world, at).raw;
        if (at <= level)
            world_set_entry(&world, at, at % 2 ? 0 : PTE_PFN_MASK);
        else if (at <= PTE_RIGHTS_LEVELS) /* these rights no longer matter */
            world_set_entry(&world, at, (raw & ~UINT64_C(6)) | NX);
    }
    world_remember(&world);

    struct mmu_result got = world_walk(&world, world.va, MMU_WRITE, MMU_USER);
    ck_assert_int_eq(got.outcome, MMU_NOT_PRESENT);
    ck_assert_uint_eq(got.level, level);
    ck_assert(world_is_unchanged(&world));
    world_destroy(&world);
}
END_TEST

START_TEST(second_walk_writes_nothing)
{
    enum mmu_access access = (enum mmu_access)_i;
    struct world world = world_create(WORLD_FRAMES);
    world_walk(&world, world.va, access, MMU_USER);
    world.ram.epoch++;
    world_remember(&world);
    struct mmu_result got = world_walk(&world, world.va, access, MMU_USER);
    ck_assert_int_eq(got.outcome, MMU_OK);
    ck_assert(world_is_unchanged(&world));

    if (access != MMU_WRITE) { /* then a write touches the leaf only */
        world.stamp_before[world.table[1].index] = world.ram.epoch;
        pte_store(world_slot_in(&world, world.ram_before, 1), (mmpte_t){FRAME(WORLD_PAGE) | RW_FLAGS | 0x60});
        world_walk(&world, world.va, MMU_WRITE, MMU_KERNEL);
        ck_assert(world_is_unchanged(&world));
    }
    world_destroy(&world);
}
END_TEST

START_TEST(any_offset_in_the_page)
{
    struct world world = world_create(WORLD_FRAMES);
    va_t page = world.va & ~(va_t)MMU_PAGE_MASK;
    for (va_t offset = 0; offset < MMU_PAGE_SIZE; offset += 0xFF)
        ck_assert_uint_eq(world_walk(&world, page + offset, MMU_READ, MMU_USER).frame.index, WORLD_PAGE);
    ck_assert_int_eq(world_walk(&world, page - 1, MMU_READ, MMU_USER).outcome, MMU_NOT_PRESENT);
    ck_assert_int_eq(world_walk(&world, page + MMU_PAGE_SIZE, MMU_READ, MMU_USER).outcome, MMU_NOT_PRESENT);
    world_destroy(&world);
}
END_TEST

START_TEST(last_frame_exists)
{
    struct world world = world_create(WORLD_FRAMES);
    world_set_entry(&world, 1, FRAME(WORLD_FRAMES - 1) | RW_FLAGS);
    struct mmu_result got = world_walk(&world, world.va, MMU_READ, MMU_USER);
    ck_assert_int_eq(got.outcome, MMU_OK);
    ck_assert_uint_eq(got.frame.index, WORLD_FRAMES - 1);
    world_destroy(&world);
}
END_TEST

START_TEST(root_that_does_not_exist)
{
    static const uint32_t roots[] = {WORLD_FRAMES, UINT32_MAX};
    struct world world = world_create(WORLD_FRAMES);
    world.root.index = roots[_i];
    world_remember(&world);
    struct mmu_result got = world_walk(&world, world.va, MMU_READ, MMU_KERNEL);
    ck_assert_int_eq(got.outcome, MMU_BAD_FRAME);
    ck_assert_uint_eq(got.level, PTE_LEVELS);
    ck_assert_uint_eq(got.table.index, roots[_i]);
    ck_assert_uint_eq(got.pte.raw, 0);
    ck_assert(world_is_unchanged(&world));
    world_destroy(&world);
}
END_TEST

/* Bits to flip in the upper half of the address. */
static const struct {
    const char *name;
    uint64_t flip;
    bool canonical_in_x64;
} canonical_cases[] = {
    {"none", 0, true},
    {"bit 47", UINT64_C(1) << 47, false},
    {"bit 48", UINT64_C(1) << 48, false},
    {"bit 63", UINT64_C(1) << 63, false},
    {"bits 63 to 48", UINT64_C(0xFFFF000000000000), false},
    {"bits 63 to 47", UINT64_C(0xFFFF800000000000), true},
};

START_TEST(canonical_addresses)
{
    bool is_x64 = PTE_FORMAT_ID == PAGING_X64;
    struct world world = world_create(WORLD_FRAMES);
    va_t va = world.va ^ canonical_cases[_i].flip;
    world_remember(&world);
    struct mmu_result got = world_walk(&world, va, MMU_READ, MMU_USER);

    bool canonical = canonical_cases[_i].canonical_in_x64 || !is_x64;
    ck_assert_int_eq(pte_is_canonical(va), canonical);
    if (!canonical) {
        ck_assert_msg(got.outcome == MMU_NON_CANONICAL, "%s: %d", canonical_cases[_i].name, (int)got.outcome);
        ck_assert_uint_eq(got.level, PTE_LEVELS);
        ck_assert_uint_eq(got.pte.raw, 0);
        ck_assert(world_is_unchanged(&world));
    } else {
        bool same = !is_x64 || va == world.va; /* 32-bit formats ignore the upper half */
        ck_assert_msg(got.outcome == (same ? MMU_OK : MMU_NOT_PRESENT), "%s", canonical_cases[_i].name);
    }
    world_destroy(&world);
}
END_TEST

/* A large page in va's page directory. */
static const struct {
    const char *name;
    uint64_t raw; /* with LARGE_FRAMES as the first frame, unless bad */
    enum mmu_access access;
    enum mmu_mode mode;
    enum mmu_outcome want;
} large_cases[] = {
    {"read", FRAME(LARGE_FRAMES) | 0x87, MMU_READ, MMU_USER, MMU_OK},
    {"write", FRAME(LARGE_FRAMES) | 0x87, MMU_WRITE, MMU_USER, MMU_OK},
    {"execute", FRAME(LARGE_FRAMES) | 0x87, MMU_EXECUTE, MMU_USER, MMU_OK},
    {"PAT is no address", FRAME(LARGE_FRAMES) | 0x1087, MMU_READ, MMU_USER, MMU_OK},
    {"read-only", FRAME(LARGE_FRAMES) | 0x85, MMU_WRITE, MMU_KERNEL, MMU_WRITE_PROTECTED},
    {"supervisor", FRAME(LARGE_FRAMES) | 0x83, MMU_READ, MMU_USER, MMU_SUPERVISOR},
    {"kernel", FRAME(LARGE_FRAMES) | 0x83, MMU_WRITE, MMU_KERNEL, MMU_OK},
    {"no-execute", FRAME(LARGE_FRAMES) | 0x87 | NX, MMU_EXECUTE, MMU_USER, IF_NX(MMU_NO_EXECUTE)},
    {"no-execute, read", FRAME(LARGE_FRAMES) | 0x87 | NX, MMU_READ, MMU_USER, MMU_OK},
    {"absent", FRAME(LARGE_FRAMES) | 0x86, MMU_READ, MMU_USER, MMU_NOT_PRESENT},
    {"reserved bit 13", FRAME(LARGE_FRAMES) | 0x2087, MMU_READ, MMU_USER, MMU_BAD_FRAME},
    {"highest reserved bit below the frame", FRAME(LARGE_FRAMES) | LARGE_PAGE_SIZE / 2 | 0x87, MMU_READ, MMU_USER,
     MMU_BAD_FRAME},
    {"upper reserved bits", FRAME(LARGE_FRAMES) | RESERVED | 0x87, MMU_READ, MMU_USER, IF_RESERVED(MMU_BAD_FRAME)},
    {"past the end", FRAME(4 * LARGE_FRAMES) | 0x87, MMU_READ, MMU_USER, MMU_BAD_FRAME},
};

START_TEST(large_page)
{
    struct world world = world_create(3 * LARGE_FRAMES);
    uint64_t raw = large_cases[_i].raw;
    enum mmu_access access = large_cases[_i].access;
    bool ok = large_cases[_i].want == MMU_OK;
    world_set_entry(&world, 2, raw);

    struct mmu_result got = world_walk(&world, world.va, access, large_cases[_i].mode);
    uint64_t marks = !ok ? 0 : access == MMU_WRITE ? 0x60 : 0x20;
    uint32_t inside = (uint32_t)(world.va / MMU_PAGE_SIZE) & (LARGE_FRAMES - 1);
    ck_assert_msg(got.outcome == large_cases[_i].want, "%s: %d", large_cases[_i].name, (int)got.outcome);
    ck_assert_uint_eq(got.level, 2);
    ck_assert_uint_eq(got.table.index, world.table[2].index);
    ck_assert_uint_eq(got.pte.raw, raw | marks);
    ck_assert_uint_eq(world_entry(&world, 2).raw, raw | marks);
    ck_assert_uint_eq(got.frame.index, ok ? LARGE_FRAMES + inside : 0);
    ck_assert_uint_eq(got.rights, ok ? rights_of[access] : 0);
    ck_assert_uint_eq(world.ram.stamp[world.table[2].index], ok ? WORLD_EPOCH : WORLD_OLD_EPOCH);
    ck_assert_uint_eq(world_entry(&world, 1).raw, FRAME(WORLD_PAGE) | RW_FLAGS);
    world_destroy(&world);
}
END_TEST

START_TEST(large_page_across_the_end)
{
    struct world world = world_create(2 * LARGE_FRAMES + 3);
    va_t base = world.va & ~(LARGE_PAGE_SIZE - 1);
    world_set_entry(&world, 2, FRAME(2 * LARGE_FRAMES) | 0x87);
    struct mmu_result in = world_walk(&world, base + 2 * MMU_PAGE_SIZE, MMU_READ, MMU_USER);
    struct mmu_result out = world_walk(&world, base + 3 * MMU_PAGE_SIZE, MMU_READ, MMU_USER);
    ck_assert_int_eq(in.outcome, MMU_OK);
    ck_assert_uint_eq(in.frame.index, 2 * LARGE_FRAMES + 2);
    ck_assert_int_eq(out.outcome, MMU_BAD_FRAME);
    world_destroy(&world);
}
END_TEST

START_TEST(large_bit_elsewhere)
{
    unsigned level = (unsigned)_i % PTE_LEVELS + 1;
    if (level == 2)
        return;
    struct world world = world_create(WORLD_FRAMES);
    world_set_entry(&world, level, world_entry(&world, level).raw | 0x80);
    world_remember(&world);
    struct mmu_result got = world_walk(&world, world.va, MMU_READ, MMU_USER);
    bool reserved = level > 2 && level <= PTE_RIGHTS_LEVELS;
    ck_assert_int_eq(got.outcome, reserved ? MMU_BAD_FRAME : MMU_OK);
    ck_assert_uint_eq(got.level, reserved ? level : 1);
    ck_assert(!reserved || world_is_unchanged(&world));
    world_destroy(&world);
}
END_TEST

/* What ring 0 finds through the self-map at the address of an entry is that entry. */
START_TEST(self_map_shows_entry)
{
    unsigned level = (unsigned)_i + 1;
    struct world world = world_create(WORLD_FRAMES);
    va_t va = pte_address_at(world.va, level);
    struct mmu_result got = world_walk(&world, va, MMU_READ, MMU_KERNEL);
    ck_assert_int_eq(got.outcome, MMU_OK);
    ck_assert_uint_eq(got.frame.index, world.table[level].index);
    const uint8_t *seen = world.ram.base + (size_t)got.frame.index * MMU_PAGE_SIZE + (va & MMU_PAGE_MASK);
    ck_assert_ptr_eq(seen, world_slot_in(&world, world.ram.base, level));
    ck_assert_int_eq(world_walk(&world, va, MMU_READ, MMU_USER).outcome, MMU_SUPERVISOR);
    world_destroy(&world);
}
END_TEST

/* A write through the self-map makes the entry above dirty; the top table is above itself. */
START_TEST(self_map_write_marks_entry_above)
{
    unsigned level = (unsigned)_i + 1;
    struct world world = world_create(WORLD_FRAMES);
    va_t va = pte_address_at(world.va, level);
    struct mmu_result got = world_walk(&world, va, MMU_WRITE, MMU_KERNEL);
    ck_assert_int_eq(got.outcome, MMU_OK);
    ck_assert_uint_eq(got.level, 1);
    ck_assert_uint_eq(got.pte.raw & 0x60, 0x60);
    if (level < PTE_RIGHTS_LEVELS) {
        ck_assert_uint_eq(got.table.index, world.table[level + 1].index);
        ck_assert_uint_eq(world_entry(&world, level + 1).raw & 0x60, 0x60);
    }
    ck_assert_uint_eq(world.ram.stamp[got.table.index], WORLD_EPOCH);
    ck_assert_uint_eq(world_walk(&world, pte_address(va), MMU_READ, MMU_KERNEL).frame.index, got.table.index);
    world_destroy(&world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("walk");
    TCase *entries = tcase_create("entries");
    tcase_add_loop_test(entries, one_entry_differs, 0, N_ELEMENTS(entry_cases) * PTE_LEVELS);
    tcase_add_loop_test(entries, the_end_of_a_walk, 0, N_ELEMENTS(entry_cases) * PTE_LEVELS);
    tcase_add_loop_test(entries, first_missing_entry_ends_the_walk, 0, PTE_LEVELS);
    tcase_add_loop_test(entries, second_walk_writes_nothing, 0, N_ELEMENTS(rights_of));
    tcase_add_test(entries, any_offset_in_the_page);
    tcase_add_test(entries, last_frame_exists);
    tcase_add_loop_test(entries, root_that_does_not_exist, 0, 2);
    tcase_add_loop_test(entries, canonical_addresses, 0, N_ELEMENTS(canonical_cases));
    suite_add_tcase(suite, entries);

    TCase *large = tcase_create("large pages");
    tcase_add_loop_test(large, large_page, 0, N_ELEMENTS(large_cases));
    tcase_add_test(large, large_page_across_the_end);
    tcase_add_loop_test(large, large_bit_elsewhere, 0, PTE_LEVELS);
    suite_add_tcase(suite, large);

    TCase *self = tcase_create("self-map");
    tcase_add_loop_test(self, self_map_shows_entry, 0, PTE_RIGHTS_LEVELS);
    tcase_add_loop_test(self, self_map_write_marks_entry_above, 0, PTE_RIGHTS_LEVELS);
    suite_add_tcase(suite, self);
    return suite_main(suite);
}
