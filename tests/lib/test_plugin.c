/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_plugin.c - attaching and leaving, the claim's memory, copies, and pages that come from the caller. */
#include <stdlib.h>
#include <string.h>

#include "tests/lib/plugin_world.h"

enum { PAGE = 0x1000, INVALID_PARAMETER = (int)0xC000000D };
#define OWN WORLD_OWN
#define DATA (WORLD_CLAIM + 0x10000)

/* di: where to begin; cx: how many.  mov [di], ecx; add di, 4 KB; dec cx; jnz */
static const uint8_t stores[] = {0x89, 0x0F, 0x81, 0xC7, 0, 0x10, 0, 0, 0xFF, 0xC9, 0x75, 0xF4};

struct source {
    unsigned reads;
    uint32_t status;
};

static uint32_t read_page(void *context, uint64_t offset, void *buffer, uint32_t bytes)
{
    struct source *source = context;
    source->reads++;
    if (source->status)
        return source->status;
    memset(buffer, (int)(offset / PAGE) + 1, bytes);
    return 0;
}

static struct sf_mapping mapping_of(struct source *source, uint32_t protect)
{
    return (struct sf_mapping){.size = sizeof(struct sf_mapping),
                               .va = DATA,
                               .bytes = 3 * PAGE + 100,
                               .protect = protect,
                               .read = read_page,
                               .context = source};
}

/* --- Demand zero ------------------------------------------------------------------------------------------- */

START_TEST(demand_zero)
{
    enum { PAGES = 200 };
    struct world *world = world_new(_i);
    struct sf_counters counters = {.size = sizeof counters};
    uint64_t va = 0, bytes = PAGES * PAGE, pte;
    ck_assert_uint_eq(sf_alloc(world->plugin, &va, &bytes, SF_MEM_RESERVE | SF_MEM_COMMIT, SF_PAGE_READWRITE), 0);
    ck_assert_uint_eq(va, WORLD_CLAIM); /* the first place in the claim */
    world_put(world, OWN, stores, sizeof stores);
    SET(world, DI, va + 0x10);
    SET(world, CX, PAGES);
    ck_assert_int_eq(world_run(world, OWN, OWN + sizeof stores), SF_STOP_UNTIL);
    ck_assert_uint_eq(world->fault_count, PAGES);
    for (unsigned i = 0; i < PAGES; i++) {
        uint32_t value = 0;
        ck_assert_str_eq(world->faults[i].type, "DemandZero");
        ck_assert_str_eq(world->faults[i].access, "write");
        ck_assert_str_eq(world->faults[i].vad, "private");
        ck_assert_uint_eq(world->faults[i].va, va + i * PAGE + 0x10);
        ck_assert_uint_eq(world->faults[i].pc, OWN);
        ck_assert_uint_eq(sf_peek(world->plugin, va + i * PAGE + 0x10, &value, 4), 4);
        ck_assert_uint_eq(value, PAGES - i);
        ck_assert(sf_query_pte(world->plugin, va + i * PAGE, &pte) && pte == world->faults[i].pte_after);
    }
    ck_assert(sf_query_counters(world->plugin, &counters));
    ck_assert_uint_eq(counters.demand_zero, PAGES);
    ck_assert_uint_eq(counters.faults, PAGES);
    ck_assert_int_eq(world_run(world, OWN, OWN + 2), SF_STOP_FAULT); /* one page more */
    world_free(world);
}
END_TEST

/* Nobody observes: resolved all the same, and refused ones are as exact. */
START_TEST(unobserved)
{
    struct world *world = world_new(_i);
    sf_on_fault(world->plugin, NULL, NULL);
    world_alloc(world, DATA, 16 * PAGE, SF_PAGE_READWRITE);
    world_put(world, OWN, stores, sizeof stores);
    SET(world, DI, DATA + 0x10);
    SET(world, CX, 17);
    ck_assert_int_eq(world_run(world, OWN, OWN + sizeof stores), SF_STOP_FAULT);
    ck_assert_uint_eq(world->refused.va, DATA + 16 * PAGE + 0x10);
    ck_assert_uint_eq(world->refused.pc, OWN);
    ck_assert_str_eq(world->refused.access, "write");
    ck_assert_uint_eq(world->fault_count, 0);
    world_free(world);
}
END_TEST

/* RAM is full: an in-page error, not an accident. */
/* Pages that can be read again make room: a mapping may be larger than RAM. */
START_TEST(a_mapping_may_be_larger_than_ram)
{
    struct world *world = world_new(_i);
    struct source source = {0};
    struct sf_mapping mapping = mapping_of(&source, SF_PAGE_READONLY);
    uint64_t more = DATA + 4 * WORLD_RAM_SIZE, bytes = WORLD_RAM_SIZE;
    mapping.bytes = 2 * WORLD_RAM_SIZE;
    ck_assert_uint_eq(sf_map(world->plugin, &mapping), 0); /* not charged: it can be read again */
    ck_assert_uint_ne(sf_alloc(world->plugin, &more, &bytes, SF_MEM_RESERVE | SF_MEM_COMMIT, SF_PAGE_READWRITE), 0);
    uint8_t loads[sizeof stores];
    memcpy(loads, stores, sizeof stores);
    loads[0] = 0x8B; /* mov ecx, [di] */
    loads[8] = 0x90;
    loads[9] = 0xF8;  /* clc */
    loads[10] = 0x73; /* jnc */
    world_put(world, OWN, loads, sizeof loads);
    SET(world, DI, DATA);
    ck_assert_int_eq(world_run(world, OWN, OWN + sizeof stores), SF_STOP_FAULT);
    ck_assert_uint_eq(world->refused.status, 0xC0000005); /* behind its end */
    ck_assert_uint_eq(world->refused.va, DATA + 2 * WORLD_RAM_SIZE);
    world_free(world);
}
END_TEST

/* --- Services ---------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    uint64_t va, bytes;
    uint32_t type, protect, status;
} allocations[] = {
    {"below the claim", WORLD_CLAIM - 0x10000, PAGE, 0x3000, 4, 0xC0000018},
    {"across its beginning", WORLD_CLAIM - PAGE, 2 * PAGE, 0x3000, 4, 0xC0000018},
    {"across its end", WORLD_CLAIM_END - PAGE, 2 * PAGE, 0x3000, 4, 0xC0000018},
    {"above it", WORLD_CLAIM_END, PAGE, 0x3000, 4, 0xC0000018},
    {"the last page", WORLD_CLAIM_END - 0x10000, 0x10000, 0x3000, 4, 0},
    {"the whole claim", WORLD_CLAIM, WORLD_CLAIM_END - WORLD_CLAIM, 0x2000, 1, 0},
    {"anywhere, too much", 0, WORLD_CLAIM_END - WORLD_CLAIM + PAGE, 0x2000, 1, 0xC0000017},
    {"anywhere, from the top", 0, PAGE, 0x103000, 4, 0},
    {"huge", WORLD_CLAIM, UINT64_MAX - 5, 0x3000, 4, 0xC0000018},
    {"no such protection", 0, PAGE, 0x3000, 3, 0xC0000045},
};
enum { ALLOCATIONS = sizeof allocations / sizeof *allocations };

START_TEST(allocates_in_the_claim)
{
    int row = _i % ALLOCATIONS;
    struct world *world = world_new(_i / ALLOCATIONS);
    struct sf_region region = {.size = sizeof region};
    uint64_t va = allocations[row].va, bytes = allocations[row].bytes;
    uint32_t status = sf_alloc(world->plugin, &va, &bytes, allocations[row].type, allocations[row].protect);
    ck_assert_msg(status == allocations[row].status, "%s: %08x", allocations[row].name, status);
    if (status == 0) {
        ck_assert(va >= WORLD_CLAIM && va + bytes <= WORLD_CLAIM_END);
        ck_assert(sf_query_region(world->plugin, va, &region));
        ck_assert_uint_eq(region.base, va);
        ck_assert_uint_eq(region.bytes, bytes);
        ck_assert_uint_eq(region.state, allocations[row].type & 0x3000 & ~(allocations[row].type & 0x1000) << 1);
        bytes = 0;
        ck_assert_uint_eq(sf_free(world->plugin, &va, &bytes, SF_MEM_RELEASE), 0);
    }
    ck_assert(sf_query_region(world->plugin, WORLD_CLAIM, &region));
    ck_assert_uint_eq(region.state, SF_MEM_FREE);
    ck_assert_uint_eq(region.bytes, WORLD_CLAIM_END - WORLD_CLAIM);
    ck_assert(!sf_query_region(world->plugin, WORLD_CLAIM - 1, &region));
    ck_assert(!sf_query_region(world->plugin, WORLD_CLAIM_END, &region));
    world_free(world);
}
END_TEST

/* What is not the caller's to free. */
START_TEST(frees_in_the_claim)
{
    struct world *world = world_new(_i);
    uint64_t va = 0x10000, bytes = 0;
    uint32_t old;
    ck_assert_uint_ne(sf_free(world->plugin, &va, &bytes, SF_MEM_RELEASE), 0);
    bytes = PAGE;
    ck_assert_uint_ne(sf_protect(world->plugin, &va, &bytes, SF_PAGE_READWRITE, &old), 0);
    ck_assert_uint_eq(sf_unmap(world->plugin, va), 0xC0000019);
    world_free(world);
}
END_TEST

START_TEST(protects)
{
    struct world *world = world_new(_i);
    uint64_t va = DATA, bytes = PAGE;
    uint32_t old = 0;
    world_alloc(world, DATA, PAGE, SF_PAGE_READWRITE);
    world_put(world, OWN, stores, sizeof stores);
    SET(world, DI, DATA);
    ck_assert_int_eq(world_run(world, OWN, OWN + 2), SF_STOP_UNTIL);
    ck_assert_uint_eq(sf_protect(world->plugin, &va, &bytes, SF_PAGE_READONLY, &old), 0);
    ck_assert_uint_eq(old, SF_PAGE_READWRITE);
    ck_assert_int_eq(world_run(world, OWN, OWN + 2), SF_STOP_FAULT);
    ck_assert_uint_eq(sf_write(world->plugin, DATA, stores, 4), 0xC0000005);
    ck_assert_uint_eq(sf_protect(world->plugin, &va, &bytes, SF_PAGE_READWRITE, NULL), 0);
    ck_assert_int_eq(world_run(world, OWN, OWN + 2), SF_STOP_UNTIL);
    world_free(world);
}
END_TEST

/* Copies of any length, across the border between the caller's memory and the claim. */
START_TEST(copies)
{
    enum { LENGTH = 300 * 1024 };
    struct world *world = world_new(_i);
    uint8_t *out = malloc(LENGTH), *in = calloc(1, LENGTH);
    uint64_t va = WORLD_CLAIM - 5;
    for (unsigned i = 0; i < LENGTH; i++)
        out[i] = (uint8_t)(i * 7 + (i >> 8));
    world_alloc(world, WORLD_CLAIM, LENGTH, SF_PAGE_READWRITE);
    ck_assert_uint_eq(sf_write(world->plugin, va, out, LENGTH), 0);
    ck_assert_uint_eq(sf_read(world->plugin, va, in, LENGTH), 0);
    ck_assert_mem_eq(in, out, LENGTH);
    ck_assert_uint_eq(world->fault_count, (LENGTH - 5 + PAGE - 1) / PAGE);
    ck_assert_uint_eq(uc_mem_read(world->uc, WORLD_CLAIM - 5, in, 5), UC_ERR_OK);
    ck_assert_mem_eq(in, out, 5);
    ck_assert_uint_eq(sf_read(world->plugin, WORLD_CLAIM + 0x1000000, in, 1), 0xC0000005);
    ck_assert_uint_eq(sf_read(world->plugin, 0x30000000, in, 1), 0xC0000005);
    ck_assert_uint_eq(sf_read(world->plugin, WORLD_RAM, in, 1), 0xC0000005);
    ck_assert_uint_eq(sf_write(world->plugin, WORLD_RAM - 1, in, 2), 0xC0000005);
    ck_assert_uint_eq(sf_read(world->plugin, UINT64_MAX, in, 2), 0xC0000005);
    ck_assert_uint_eq(sf_read(world->plugin, UINT64_MAX, in, 0), 0);
    ck_assert_uint_eq(sf_peek(world->plugin, OWN, in, 1), 0);
    free(out);
    free(in);
    world_free(world);
}
END_TEST

/* --- Pages from the caller --------------------------------------------------------------------------------- */

START_TEST(maps_pages)
{
    struct world *world = world_new(_i);
    struct source source = {0};
    struct sf_mapping mapping = mapping_of(&source, SF_PAGE_WRITECOPY);
    uint8_t byte[2];
    ck_assert_uint_eq(sf_map(world->plugin, &mapping), 0);
    ck_assert_uint_eq(sf_map(world->plugin, &mapping), 0xC0000018);
    ck_assert_uint_eq(source.reads, 0);
    world_put(world, OWN, (uint8_t[]){0x8A, 0x07, 0x88, 0x07}, 4); /* mov al, [di]; mov [di], al */
    SET(world, DI, DATA + 2 * PAGE + 9);
    ck_assert_int_eq(world_run(world, OWN, OWN + 4), SF_STOP_UNTIL);
    ck_assert_uint_eq(GET(world, AX) & 0xFF, 3);
    ck_assert_uint_eq(source.reads, 1);
    ck_assert_uint_eq(world->fault_count, 2);
    ck_assert_str_eq(world->faults[0].type, "HardFault");
    ck_assert_str_eq(world->faults[1].type, "CopyOnWrite");
    ck_assert_uint_eq(sf_read(world->plugin, DATA + 3 * PAGE + 99, byte, 2), 0);
    ck_assert_uint_eq(byte[0], 4);
    ck_assert_uint_eq(byte[1], 0); /* beyond the end of the last page */
    ck_assert_uint_eq(sf_unmap(world->plugin, DATA + PAGE), 0);
    ck_assert_uint_eq(sf_unmap(world->plugin, DATA + PAGE), 0xC0000019);
    ck_assert_int_eq(world_run(world, OWN, OWN + 4), SF_STOP_FAULT);
    ck_assert_uint_eq(sf_map(world->plugin, &mapping), 0); /* again, afresh */
    ck_assert_int_eq(world_run(world, OWN, OWN + 4), SF_STOP_UNTIL);
    ck_assert_uint_eq(source.reads, 3);
    world_free(world); /* with the mapping in place */
}
END_TEST

START_TEST(reading_fails)
{
    struct world *world = world_new(_i);
    struct source source = {.status = 0xC0000011};
    struct sf_mapping mapping = mapping_of(&source, SF_PAGE_READONLY);
    ck_assert_uint_eq(sf_map(world->plugin, &mapping), 0);
    world_put(world, OWN, (uint8_t[]){0x8A, 0x07}, 2);
    SET(world, DI, DATA + 0x123);
    ck_assert_int_eq(world_run(world, OWN, OWN + 2), SF_STOP_FAULT);
    ck_assert_uint_eq(world->refused.status, 0xC0000006);
    ck_assert_uint_eq(world->refused.information_count, 3);
    ck_assert_uint_eq(world->refused.information[1], DATA + 0x123);
    ck_assert_uint_eq(world->refused.information[2], 0xC0000011);
    source.status = 0;
    ck_assert_int_eq(world_run(world, OWN, OWN + 2), SF_STOP_UNTIL);
    ck_assert_uint_eq(GET(world, AX) & 0xFF, 1);
    world_free(world);
}
END_TEST

START_TEST(runs_mapped_code)
{
    struct world *world = world_new(_i);
    struct source source = {0};
    struct sf_mapping mapping = mapping_of(&source, SF_PAGE_EXECUTE_READ);
    mapping.read = NULL;
    ck_assert_uint_eq(sf_map(world->plugin, &mapping), (uint32_t)INVALID_PARAMETER);
    mapping.read = read_page;
    mapping.protect = SF_PAGE_READWRITE;
    ck_assert_uint_eq(sf_map(world->plugin, &mapping), 0xC0000045);
    mapping.protect = SF_PAGE_EXECUTE_READ;
    mapping.va = WORLD_CLAIM_END - 0x10000;
    mapping.bytes = 0x10001;
    ck_assert_uint_eq(sf_map(world->plugin, &mapping), 0xC0000018);
    mapping = mapping_of(&source, SF_PAGE_EXECUTE_READ);
    ck_assert_uint_eq(sf_map(world->plugin, &mapping), 0);
    SET(world, AX, DATA + 0x100); /* the page is all 01 C1-like: page 1 holds 02 02: add al, [dx] */
    SET(world, DX, DATA);
    ck_assert_int_eq(world_run(world, DATA + PAGE, DATA + PAGE + 6), SF_STOP_UNTIL);
    ck_assert_uint_eq(GET(world, AX) & 0xFF, 3); /* three times [dx], which is 1 */
    ck_assert_uint_eq(source.reads, 2);
    world_free(world);
}
END_TEST

/* --- Coming and going -------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    struct sf_claim claim;
    bool wide;
} bad_claims[] = {
    {"no size", {0, WORLD_RAM, 1 << 20, 0x10000, 0x20000, 0, 0}, false},
    {"RAM on the caller's", {sizeof(struct sf_claim), OWN, 1 << 20, 0x10000, 0x20000, 0, 0}, false},
    {"RAM not aligned", {sizeof(struct sf_claim), WORLD_RAM + 1, 1 << 20, 0x10000, 0x20000, 0, 0}, false},
    {"too little RAM", {sizeof(struct sf_claim), WORLD_RAM, 1 << 16, 0x10000, 0x20000, 0, 0}, false},
    {"too much RAM", {sizeof(struct sf_claim), WORLD_RAM, 1ull << 40, 0x10000, 0x20000, 0, 0}, false},
    {"RAM out of reach", {sizeof(struct sf_claim), 1ull << 60, 1 << 20, 0x10000, 0x20000, 0, 0}, false},
    {"page 0", {sizeof(struct sf_claim), WORLD_RAM, 1 << 20, 0, 0x20000, 0, 0}, false},
    {"empty", {sizeof(struct sf_claim), WORLD_RAM, 1 << 20, 0x20000, 0x20000, 0, 0}, false},
    {"not aligned", {sizeof(struct sf_claim), WORLD_RAM, 1 << 20, 0x11000, 0x20000, 0, 0}, false},
    {"kernel addresses", {sizeof(struct sf_claim), WORLD_RAM, 1 << 20, 0x10000, 0x80000000, 0, 0}, false},
    {"x64 tables at 32 bits", {sizeof(struct sf_claim), WORLD_RAM, 1 << 20, 0x10000, 0x20000, SF_PAGING_X64, 0}, false},
    {"PAE at 64 bits", {sizeof(struct sf_claim), WORLD_RAM, 1 << 20, 0x10000, 0x20000, SF_PAGING_PAE, 0}, true},
    {"no such paging", {sizeof(struct sf_claim), WORLD_RAM, 1 << 20, 0x10000, 0x20000, (enum sf_paging)9, 0}, false},
    {"no such flags", {sizeof(struct sf_claim), WORLD_RAM, 1 << 20, 0x10000, 0x20000, 0, 0x80}, false},
};

START_TEST(refuses_claims)
{
    char error[SF_ERROR_SIZE] = "";
    uc_engine *uc;
    uint32_t value = 0;
    uc_open(UC_ARCH_X86, bad_claims[_i].wide ? UC_MODE_64 : UC_MODE_32, &uc);
    uc_mem_map(uc, OWN, 0x10000, UC_PROT_ALL);
    ck_assert_msg(!sf_attach(uc, &bad_claims[_i].claim, error), "%s", bad_claims[_i].name);
    ck_assert_msg(error[0] && !strchr(error, '\n'), "%s", error);
    uc_mem_write(uc, OWN, (uint8_t[]){0xB8, 7, 0, 0, 0}, 5); /* the engine is as before */
    ck_assert_int_eq(uc_emu_start(uc, OWN, OWN + 5, 0, 0), UC_ERR_OK);
    uc_reg_read(uc, UC_X86_REG_EAX, &value);
    ck_assert_uint_eq(value, 7);
    uc_close(uc);
}
END_TEST

START_TEST(refuses_engines)
{
    char error[SF_ERROR_SIZE] = "";
    struct sf_claim claim = {sizeof claim, WORLD_RAM, 1 << 20, 0x10000, 0x20000, SF_PAGING_DEFAULT, 0};
    uc_engine *uc;
    ck_assert_int_eq(_i ? uc_open(UC_ARCH_ARM64, UC_MODE_ARM, &uc) : uc_open(UC_ARCH_X86, UC_MODE_16, &uc), UC_ERR_OK);
    ck_assert(!sf_attach(uc, &claim, error) && error[0]);
    uc_close(uc);
}
END_TEST

/* The engine is the caller's again: same code, same data, claimed addresses are what they were; and attached anew,
 * nothing old comes to light. */
START_TEST(leaves_no_trace)
{
    struct world *world = world_new(_i);
    struct sf_claim claim = {sizeof claim, WORLD_RAM, WORLD_RAM_SIZE, WORLD_CLAIM, WORLD_CLAIM_END, world->paging, 0};
    char error[SF_ERROR_SIZE] = "";
    world_alloc(world, WORLD_CLAIM, PAGE, SF_PAGE_EXECUTE_READWRITE);
    world_put(world, WORLD_CLAIM, (uint8_t[]){0xBB, 1, 0, 0, 0}, 5);
    world_put(world, OWN, (uint8_t[]){0xBB, 2, 0, 0, 0}, 5);
    ck_assert_int_eq(world_run(world, WORLD_CLAIM, WORLD_CLAIM + 5), SF_STOP_UNTIL);
    ck_assert_int_eq(world_run(world, OWN, OWN + 5), SF_STOP_UNTIL);
    for (unsigned round = 0; round < 3; round++) {
        sf_detach(world->plugin);
        ck_assert_int_eq(uc_emu_start(world->uc, OWN, OWN + 5, 0, 0), UC_ERR_OK);
        ck_assert_uint_eq(GET(world, BX), 2);
        ck_assert_int_eq(uc_emu_start(world->uc, WORLD_CLAIM, WORLD_CLAIM + 5, 0, 0), UC_ERR_FETCH_UNMAPPED);
        ck_assert_int_eq(uc_mem_map(world->uc, WORLD_CLAIM, PAGE, UC_PROT_ALL), UC_ERR_OK);
        uc_mem_write(world->uc, WORLD_CLAIM, (uint8_t[]){0xBB, 3, 0, 0, 0}, 5);
        ck_assert_int_eq(uc_emu_start(world->uc, WORLD_CLAIM, WORLD_CLAIM + 5, 0, 0), UC_ERR_OK);
        ck_assert_uint_eq(GET(world, BX), 3);
        ck_assert_int_eq(uc_mem_unmap(world->uc, WORLD_CLAIM, PAGE), UC_ERR_OK);
        world->plugin = sf_attach(world->uc, &claim, error);
        ck_assert_msg(world->plugin != NULL, "%s", error);
        ck_assert_int_eq(world_run(world, WORLD_CLAIM, WORLD_CLAIM + 5), SF_STOP_FAULT);
        world_alloc(world, WORLD_CLAIM, PAGE, SF_PAGE_EXECUTE_READWRITE);
        world_put(world, WORLD_CLAIM, (uint8_t[]){0xBB, 4, 0, 0, 0}, 5);
        ck_assert_int_eq(world_run(world, WORLD_CLAIM, WORLD_CLAIM + 5), SF_STOP_UNTIL);
        ck_assert_uint_eq(GET(world, BX), 4);
    }
    world_free(world);
}
END_TEST

/* The caller's own translations stay in force beside ours. */
static bool callers_fill(uc_engine *uc, uint64_t va, uc_mem_type type, uc_tlb_entry *entry, void *context)
{
    entry->paddr = OWN + (va & 0xFFFF);
    entry->perms = UC_PROT_READ | UC_PROT_WRITE;
    return true;
}

START_TEST(callers_translations)
{
    enum { ELSEWHERE = 0x60000000 };
    struct world *world = world_new(_i);
    struct sf_claim claim = {sizeof claim,    WORLD_RAM,     WORLD_RAM_SIZE,           WORLD_CLAIM,
                             WORLD_CLAIM_END, world->paging, SF_CLAIM_KEEP_VIRTUAL_TLB};
    char error[SF_ERROR_SIZE] = "";
    uc_hook hook;
    sf_detach(world->plugin);
    uc_ctl_tlb_mode(world->uc, UC_TLB_VIRTUAL);
    uc_hook_add(world->uc, &hook, UC_HOOK_TLB_FILL, (void *)(uintptr_t)callers_fill, NULL, ELSEWHERE,
                ELSEWHERE + 0xFFFF);
    world->plugin = sf_attach(world->uc, &claim, error);
    ck_assert_msg(world->plugin != NULL, "%s", error);
    world_put(world, OWN, stores, sizeof stores);
    for (unsigned round = 0; round < 2; round++) {
        uint32_t value = 0;
        SET(world, DI, ELSEWHERE + 0x2000);
        SET(world, CX, 77 + round);
        ck_assert_int_eq(round ? (int)uc_emu_start(world->uc, OWN, OWN + 2, 0, 0) : (int)world_run(world, OWN, OWN + 2),
                         0);
        uc_mem_read(world->uc, OWN + 0x2000, &value, 4);
        ck_assert_uint_eq(value, 77 + round);
        sf_detach(round ? NULL : world->plugin);
    }
    uc_close(world->uc);
    free(world);
}
END_TEST

/* RAM may lie where claimed addresses lie, and claims at both ends of the user range. */
static const struct {
    uint64_t ram, begin, end;
    int format; /* -1: both of 32 bits */
} places[] = {
    {0x10000000, 0x10000000, 0x10100000, 0}, {0x10000000, 0x10000000, 0x18000000, 1},
    {0, 0x10000, SF_VA_END_32, 0},           {0x100000000, 0x10000, SF_VA_END_32, 1},
    {0, 0x10000, SF_VA_END_64, 2},           {0x1000000000, SF_VA_END_64 - 0x10000, SF_VA_END_64, 2},
};

START_TEST(any_place)
{
    char error[SF_ERROR_SIZE] = "";
    uc_engine *uc;
    struct sf_claim claim = {.size = sizeof claim,
                             .ram_base = places[_i].ram,
                             .ram_bytes = 4 << 20,
                             .va_begin = places[_i].begin,
                             .va_end = places[_i].end,
                             .paging = (enum sf_paging)(SF_PAGING_X86 + places[_i].format)};
    ck_assert_int_eq(uc_open(UC_ARCH_X86, places[_i].format == 2 ? UC_MODE_64 : UC_MODE_32, &uc), UC_ERR_OK);
    struct sf_plugin *plugin = sf_attach(uc, &claim, error);
    ck_assert_msg(plugin != NULL, "%s", error);
    uint64_t va = 0, bytes = 0x10000, value = 5;
    ck_assert_uint_eq(
        sf_alloc(plugin, &va, &bytes, SF_MEM_RESERVE | SF_MEM_COMMIT | SF_MEM_TOP_DOWN, SF_PAGE_EXECUTE_READWRITE), 0);
    ck_assert_uint_eq(va, places[_i].end - 0x10000);
    ck_assert_uint_eq(sf_write(plugin, va, (uint8_t[]){0xB8, 9, 0, 0, 0}, 5), 0);
    ck_assert_int_eq(sf_run(plugin, va, va + 5, 0, 0, NULL), SF_STOP_UNTIL);
    uc_reg_read(uc, UC_X86_REG_EAX, &value);
    ck_assert_uint_eq(value & 0xFFFFFFFF, 9);
    ck_assert_ptr_null(sf_check(plugin));
    sf_detach(plugin);
    uc_close(uc);
}
END_TEST

/* A caller's struct may be younger or older than the library. */
START_TEST(sizes)
{
    struct world *world = world_new(_i);
    struct {
        struct sf_counters counters;
        uint64_t future;
    } young = {.counters = {.size = sizeof young}, .future = 7};
    struct {
        size_t size;
        uint64_t time, faults, guard;
    } old = {.size = 24, .guard = 7};
    struct sf_counters none = {0};
    ck_assert(sf_query_counters(world->plugin, &young.counters));
    ck_assert_uint_eq(young.future, 0);
    ck_assert_uint_eq(young.counters.size, sizeof young);
    ck_assert(sf_query_counters(world->plugin, (struct sf_counters *)(void *)&old));
    ck_assert_uint_eq(old.guard, 7);
    ck_assert(!sf_query_counters(world->plugin, &none));
    sf_detach(NULL);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plugin");
    TCase *tcase = tcase_create("plugin");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, demand_zero, 0, WORLD_FORMATS);
    tcase_add_loop_test(tcase, unobserved, 0, WORLD_FORMATS);
    tcase_add_loop_test(tcase, a_mapping_may_be_larger_than_ram, 0, WORLD_FORMATS);
    tcase_add_loop_test(tcase, allocates_in_the_claim, 0, ALLOCATIONS * WORLD_FORMATS);
    tcase_add_loop_test(tcase, frees_in_the_claim, 0, WORLD_FORMATS);
    tcase_add_loop_test(tcase, protects, 0, WORLD_FORMATS);
    tcase_add_loop_test(tcase, copies, 0, WORLD_FORMATS);
    tcase_add_loop_test(tcase, maps_pages, 0, WORLD_FORMATS);
    tcase_add_loop_test(tcase, reading_fails, 0, WORLD_FORMATS);
    tcase_add_loop_test(tcase, runs_mapped_code, 0, WORLD_FORMATS);
    tcase_add_loop_test(tcase, refuses_claims, 0, (int)(sizeof bad_claims / sizeof *bad_claims));
    tcase_add_loop_test(tcase, refuses_engines, 0, 2);
    tcase_add_loop_test(tcase, leaves_no_trace, 0, WORLD_FORMATS);
    tcase_add_loop_test(tcase, callers_translations, 0, WORLD_FORMATS);
    tcase_add_loop_test(tcase, any_place, 0, (int)(sizeof places / sizeof *places));
    tcase_add_loop_test(tcase, sizes, 0, WORLD_FORMATS);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
