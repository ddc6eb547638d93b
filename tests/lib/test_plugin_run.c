/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_plugin_run.c - sf_run(): refused faults are exact, fetches are not made ahead of the program, stops are told
 * apart, and the engine shows no trace of it.  Machine code here means the same at 32 and 64 bits. */
#include <stdlib.h>
#include <string.h>

#include "tests/lib/plugin_world.h"

enum { PAGE = 0x1000 };
#define DATA (WORLD_CLAIM + 0x10000)  /* 4 pages READWRITE */
#define CONST (WORLD_CLAIM + 0x20000) /* READONLY */
#define GUARD (WORLD_CLAIM + 0x30000) /* READWRITE, GUARD */
#define CODE (WORLD_CLAIM + 0x40000)  /* 4 pages EXECUTE_READWRITE */
#define NOTHING (WORLD_CLAIM + 0x100000)
#define OWN WORLD_OWN

static struct world *new_world(int format)
{
    struct world *world = world_new(format);
    world_alloc(world, DATA, 4 * PAGE, SF_PAGE_READWRITE);
    world_alloc(world, CONST, PAGE, SF_PAGE_READONLY);
    world_alloc(world, GUARD, PAGE, SF_PAGE_READWRITE | SF_PAGE_GUARD);
    world_alloc(world, CODE, 4 * PAGE, SF_PAGE_EXECUTE_READWRITE);
    return world;
}

/* --- Refused faults ---------------------------------------------------------------------------------------- */

#define AV 0xC0000005u
#define GP 0x80000001u

static const struct {
    const char *name;
    uint8_t code[12];
    uint8_t length, at; /* at: offset of the instruction that faults */
    uint64_t di, si;
    const char *access, *type;
    uint32_t status;
    uint64_t va;
    unsigned information;
} refused[] = {
    {"read of nothing", {0x8B, 0x47, 0x10}, 3, 0, NOTHING + 4, 0, "read", "AccessViolation", AV, NOTHING + 0x14, 0},
    {"write, later in the block",
     {0xFF, 0xC3, 0x90, 0x89, 0x07},
     5,
     3,
     NOTHING + 0xFFC,
     0,
     "write",
     "AccessViolation",
     AV,
     NOTHING + 0xFFC,
     1},
    {"byte", {0x88, 0x07}, 2, 0, NOTHING + 0xABC, 0, "write", "AccessViolation", AV, NOTHING + 0xABC, 1},
    {"write to READONLY", {0x89, 0x07}, 2, 0, CONST + 8, 0, "write", "AccessViolation", AV, CONST + 8, 1},
    {"add to memory is a write", {0x01, 0x07}, 2, 0, NOTHING + 8, 0, "write", "AccessViolation", AV, NOTHING + 8, 1},
    {"xchg is a write", {0x87, 0x07}, 2, 0, NOTHING + 8, 0, "write", "AccessViolation", AV, NOTHING + 8, 1},
    {"add to READONLY", {0x01, 0x07}, 2, 0, CONST + 8, 0, "write", "AccessViolation", AV, CONST + 8, 1},
    {"add from memory is a read", {0x03, 0x07}, 2, 0, NOTHING + 8, 0, "read", "AccessViolation", AV, NOTHING + 8, 0},
    {"compare is a read", {0x39, 0x07}, 2, 0, NOTHING + 8, 0, "read", "AccessViolation", AV, NOTHING + 8, 0},
    {"straddling out of DATA",
     {0x89, 0x07},
     2,
     0,
     DATA + 4 * PAGE - 2,
     0,
     "write",
     "AccessViolation",
     AV,
     DATA + 4 * PAGE,
     1},
    {"straddling into DATA", {0x89, 0x07}, 2, 0, DATA - 2, 0, "write", "AccessViolation", AV, DATA - 2, 1},
    {"stored across into the claim",
     {0x89, 0x07},
     2,
     0,
     WORLD_CLAIM - 2,
     0,
     "write",
     "AccessViolation",
     AV,
     WORLD_CLAIM,
     1},
    {"straddling into the claim",
     {0x8B, 0x07},
     2,
     0,
     WORLD_CLAIM - 2,
     0,
     "read",
     "AccessViolation",
     AV,
     WORLD_CLAIM,
     0},
    {"movs reads nothing", {0xA4}, 1, 0, DATA, NOTHING + 5, "read", "AccessViolation", AV, NOTHING + 5, 0},
    {"movs writes nothing", {0xA4}, 1, 0, NOTHING + 5, DATA, "write", "AccessViolation", AV, NOTHING + 5, 1},
    {"movups", {0x0F, 0x11, 0x47, 0x01}, 4, 0, NOTHING + 0x18, 0, "write", "AccessViolation", AV, NOTHING + 0x19, 1},
    {"push of nothing", {0xFF, 0x37}, 2, 0, NOTHING + 0x18, 0, "read", "AccessViolation", AV, NOTHING + 0x18, 0},
    {"guard page", {0x8B, 0x07}, 2, 0, GUARD + 0x123, 0, "read", "GuardPage", GP, GUARD + 0x123, 0},
    {"softfault's RAM, by identity",
     {0x8B, 0x07},
     2,
     0,
     WORLD_RAM + 0x123,
     0,
     "read",
     "AccessViolation",
     AV,
     WORLD_RAM + 0x123,
     0},
    {"RAM written",
     {0x89, 0x07},
     2,
     0,
     WORLD_RAM + WORLD_RAM_SIZE - 8,
     0,
     "write",
     "AccessViolation",
     AV,
     WORLD_RAM + WORLD_RAM_SIZE - 8,
     1},
    {"jump to nothing", {0xFF, 0xE7}, 2, 0, NOTHING + 0x77, 0, "execute", "AccessViolation", AV, NOTHING + 0x77, 0},
};
enum { REFUSED = sizeof refused / sizeof *refused };

struct snapshot {
    uint64_t ax, bx, cx, dx, si, di, bp, sp, flags;
    uint8_t xmm[16];
};

static struct snapshot look(struct world *world)
{
    struct snapshot shot = {.ax = GET(world, AX),
                            .bx = GET(world, BX),
                            .cx = GET(world, CX),
                            .dx = GET(world, DX),
                            .si = GET(world, SI),
                            .di = GET(world, DI),
                            .bp = GET(world, BP),
                            .sp = GET(world, SP),
                            .flags = world_get(world, UC_X86_REG_EFLAGS, UC_X86_REG_RFLAGS)};
    uc_reg_read(world->uc, UC_X86_REG_XMM0, shot.xmm);
    return shot;
}

/* => the instruction has left no mark. */
static void check_refused(struct world *world, int i, uint64_t base, const struct snapshot *before)
{
    const char *name = refused[i].name;
    const struct sf_fault *fault = &world->refused;
    bool executes = refused[i].access[0] == 'e', no_nx = world->paging == SF_PAGING_X86;
    uint64_t pc = executes ? refused[i].va : base + refused[i].at;

    ck_assert_msg(fault->va == refused[i].va, "%s: va %llx", name, (unsigned long long)fault->va);
    ck_assert_msg(fault->pc == pc, "%s: pc %llx", name, (unsigned long long)fault->pc);
    ck_assert_str_eq(fault->access, refused[i].access);
    ck_assert_uint_eq(fault->status, refused[i].status);
    if (!executes)
        ck_assert_str_eq(fault->type, refused[i].type);
    ck_assert_uint_eq(fault->information_count, 2);
    ck_assert_uint_eq(fault->information[0], executes ? (no_nx ? 0 : 8) : refused[i].information);
    ck_assert_msg(fault->information[1] == refused[i].va, "%s: information %llx", name,
                  (unsigned long long)fault->information[1]);
    ck_assert_uint_eq(GET(world, IP), pc);
    ck_assert_uint_eq(world->faults[world->fault_count - 1].va, fault->va); /* observed, too */
    struct snapshot after = look(world);
    if (refused[i].at > 0)
        after.bx--; /* the inc before it */
    after.flags = refused[i].at > 0 ? before->flags : after.flags;
    ck_assert_msg(memcmp(&after, before, sizeof after) == 0, "%s: registers", name);
}

START_TEST(refused_is_exact)
{
    int row = _i % REFUSED, format = _i / REFUSED % WORLD_FORMATS;
    bool own = _i / REFUSED / WORLD_FORMATS == 0;
    struct world *world = new_world(format);
    uint64_t base = own ? OWN + 0x100 : CODE + 0x100;
    world_put(world, base, refused[row].code, refused[row].length);
    SET(world, DI, refused[row].di);
    SET(world, SI, refused[row].si);
    SET(world, AX, 0x11);
    world_set(world, UC_X86_REG_EFLAGS, UC_X86_REG_RFLAGS, 0x3002); /* IOPL 3, no interrupts: a caller may */
    uint8_t xmm[16] = {1, 2, 3};
    uc_reg_write(world->uc, UC_X86_REG_XMM0, xmm);
    struct snapshot before = look(world);
    uint8_t border[16], still[16];
    memset(border, 0xEE, sizeof border);
    uc_mem_write(world->uc, WORLD_OWN_END - sizeof border, border, sizeof border);
    ck_assert_int_eq(world_run(world, base, base + refused[row].length), SF_STOP_FAULT);
    uc_mem_read(world->uc, WORLD_OWN_END - sizeof still, still, sizeof still);
    ck_assert_mem_eq(still, border, sizeof border);
    check_refused(world, row, base, &before);
    world_free(world);
}
END_TEST

static const struct {
    const char *name;
    uint8_t code[3], length;
    uint64_t va; /* of the store */
} across[] = {
    {"a word, from below", {0x89, 0x07}, 2, WORLD_CLAIM - 1},
    {"8 bytes, from below", {0x0F, 0x13, 0x07}, 3, WORLD_CLAIM - 7},
    {"a word, out above", {0x89, 0x07}, 2, WORLD_CLAIM_END - 3},
    {"10 bytes in two stores, out above", {0xDB, 0x3F}, 2, WORLD_CLAIM_END - 8},
    {"28 bytes, out above", {0xD9, 0x37}, 2, WORLD_CLAIM_END - 5},
    {"a word, into RAM from below", {0x89, 0x07}, 2, WORLD_RAM - 1},
};
enum { ACROSS = sizeof across / sizeof *across };

/* The caller's part of a store that straddles and is refused does not happen, nor does learning the address do it. */
START_TEST(callers_part_is_kept)
{
    static const uint64_t own[] = {WORLD_CLAIM - PAGE, WORLD_CLAIM_END, WORLD_RAM - PAGE};
    int row = _i % ACROSS;
    struct world *world = new_world(_i / ACROSS);
    uint8_t filled[PAGE], now[PAGE];
    memset(filled, 0xEE, sizeof filled);
    uc_mem_map(world->uc, WORLD_CLAIM_END, PAGE, UC_PROT_ALL);
    uc_mem_map(world->uc, WORLD_RAM - PAGE, PAGE, UC_PROT_ALL);
    for (unsigned i = 0; i < 3; i++)
        uc_mem_write(world->uc, own[i], filled, PAGE);
    world_put(world, OWN, across[row].code, across[row].length);
    SET(world, DI, across[row].va);
    ck_assert_int_eq(world_run(world, OWN, OWN + across[row].length), SF_STOP_FAULT);
    bool below = across[row].va < WORLD_CLAIM || across[row].va > WORLD_CLAIM_END;
    ck_assert_uint_eq(world->refused.va, below ? (across[row].va | (PAGE - 1)) + 1 : across[row].va);
    for (unsigned i = 0; i < 3; i++) {
        uc_mem_read(world->uc, own[i], now, PAGE);
        ck_assert_msg(memcmp(now, filled, PAGE) == 0, "%s", across[row].name);
    }
    world_free(world);
}
END_TEST

/* What was refused is mended, and the program goes on where it was; again and again on one engine. */
START_TEST(mended_and_resumed)
{
    static const uint8_t code[] = {0x89, 0x07, 0x81, 0xC7, 0, 0, 1, 0, 0xFF, 0xC9, 0x75, 0xF4};
    struct world *world = new_world(_i); /* store; add di, 64 KB; dec cx; jnz */
    world_put(world, OWN, code, sizeof code);
    SET(world, DI, NOTHING + 0x44);
    SET(world, CX, 300);
    uint64_t begin = OWN;
    for (unsigned n = 0; n < 300; n++) {
        ck_assert_int_eq(world_run(world, begin, OWN + sizeof code), SF_STOP_FAULT);
        ck_assert_uint_eq(world->refused.va, NOTHING + 0x10000 * n + 0x44);
        ck_assert_uint_eq(world->refused.pc, OWN);
        world_alloc(world, NOTHING + 0x10000 * n, PAGE, SF_PAGE_READWRITE);
        begin = world->refused.pc;
    }
    ck_assert_int_eq(world_run(world, begin, OWN + sizeof code), SF_STOP_UNTIL);
    ck_assert_uint_eq(GET(world, CX), 0);
    world_free(world);
}
END_TEST

START_TEST(no_execute)
{
    static const uint8_t code[] = {0xFF, 0xC3};
    struct world *world = new_world(_i);
    world_put(world, DATA, code, sizeof code);
    enum sf_stop stop = world_run(world, DATA, DATA + 2);
    if (world->paging == SF_PAGING_X86) {
        ck_assert_int_eq(stop, SF_STOP_UNTIL);
    } else {
        ck_assert_int_eq(stop, SF_STOP_FAULT);
        ck_assert_str_eq(world->refused.type, "NoExecute");
        ck_assert_uint_eq(world->refused.information[0], 8);
        ck_assert_uint_eq(world->refused.va, DATA);
    }
    world_free(world);
}
END_TEST

START_TEST(rep_stops_at_the_element)
{
    static const uint8_t code[] = {0xF3, 0xAA};
    struct world *world = new_world(_i);
    world_put(world, OWN, code, sizeof code);
    SET(world, DI, DATA + 4 * PAGE - 10);
    SET(world, CX, 25);
    SET(world, AX, 0x5A);
    ck_assert_int_eq(world_run(world, OWN, OWN + 2), SF_STOP_FAULT);
    ck_assert_uint_eq(world->refused.va, DATA + 4 * PAGE);
    ck_assert_uint_eq(GET(world, CX), 15);
    ck_assert_uint_eq(GET(world, DI), DATA + 4 * PAGE);
    world_free(world);
}
END_TEST

START_TEST(non_canonical)
{
    static const uint8_t code[] = {0x8B, 0x07};
    struct world *world = new_world(2);
    world_put(world, OWN, code, sizeof code);
    SET(world, DI, 0x0000800000001000u); /* where the host's own window is */
    ck_assert_int_eq(world_run(world, OWN, OWN + 2), SF_STOP_FAULT);
    ck_assert_uint_eq(world->refused.va, UINT64_MAX);
    ck_assert_uint_eq(world->refused.pc, OWN);
    world_free(world);
}
END_TEST

/* --- Fetches ----------------------------------------------------------------------------------------------- */

enum { NEXT_ABSENT, NEXT_DEMAND_ZERO };

static const struct {
    const char *name;
    uint8_t code[12];
    uint8_t before; /* bytes of it in the first page, at its end */
    int next;       /* the second page */
    enum sf_stop stop;
    uint64_t bx;  /* incs done */
    uint64_t va;  /* of the refused fault, from the second page on */
    uint64_t pc;  /* from the second page on: negative is before */
    bool touched; /* the second page */
} fetches[] = {
    {"runs off its end", {0xFF, 0xC3, 0xFF, 0xC3}, 4, NEXT_ABSENT, SF_STOP_FAULT, 2, 0, 0, false},
    {"jumps away before it", {0xFF, 0xC3, 0xEB, 0x80}, 4, NEXT_DEMAND_ZERO, SF_STOP_UNTIL, 1, 0, 0, false},
    {"jumps away before nothing", {0xFF, 0xC3, 0xEB, 0x80}, 4, NEXT_ABSENT, SF_STOP_UNTIL, 1, 0, 0, false},
    {"straddles into nothing",
     {0xFF, 0xC3, 0x81, 0xC3, 1, 0, 0, 0},
     4,
     NEXT_ABSENT,
     SF_STOP_FAULT,
     1,
     0,
     (uint64_t)-2,
     false},
    {"stores first, then runs off", {0x89, 0x1F, 0xFF, 0xC3}, 4, NEXT_ABSENT, SF_STOP_FAULT, 1, 0, 0, false},
    {"pushes flags on the way", {0x9C, 0xFF, 0xC3, 0x90}, 4, NEXT_ABSENT, SF_STOP_FAULT, 1, 0, 0, false},
    {"a call, then nothing", {0xFF, 0xC3, 0xFF, 0xE6}, 4, NEXT_ABSENT, SF_STOP_UNTIL, 1, 0, 0, false},
};
enum { FETCHES = sizeof fetches / sizeof *fetches };

/* Begins in the caller's own page before the claim, or in the claim. */
START_TEST(fetches_not_ahead)
{
    int row = _i % FETCHES, format = _i / FETCHES % WORLD_FORMATS;
    bool own = _i / FETCHES / WORLD_FORMATS == 0;
    struct world *world = new_world(format);
    uint64_t second = own ? WORLD_CLAIM : CODE + PAGE, begin = second - fetches[row].before;
    uint64_t until = second - 0x80; /* where the jumps go */

    if (fetches[row].next == NEXT_DEMAND_ZERO && own)
        world_alloc(world, WORLD_CLAIM, PAGE, SF_PAGE_EXECUTE_READWRITE);
    if (fetches[row].next == NEXT_ABSENT && !own)
        world_free_pages(world, second, PAGE);
    world_put(world, begin, fetches[row].code, fetches[row].before);
    SET(world, BX, 0);
    SET(world, DI, DATA);
    SET(world, SI, until);
    uint64_t flags = world_get(world, UC_X86_REG_EFLAGS, UC_X86_REG_RFLAGS);
    ck_assert_msg(world_run(world, begin, until) == fetches[row].stop, "%s", fetches[row].name);
    ck_assert_uint_eq(GET(world, BX), fetches[row].bx);
    ck_assert_uint_eq(world_resident(world, second), fetches[row].touched);
    if (fetches[row].stop == SF_STOP_FAULT) {
        ck_assert_str_eq(world->refused.access, "execute");
        ck_assert_uint_eq(world->refused.va, second + fetches[row].va);
        ck_assert_uint_eq(world->refused.pc, second + fetches[row].pc);
    }
    ck_assert_uint_eq(world_get(world, UC_X86_REG_EFLAGS, UC_X86_REG_RFLAGS) & 0x700, flags & 0x700);
    world_free(world);
}
END_TEST

/* Many pages of straight code, each a demand-zero fault at its turn. */
START_TEST(runs_through_pages)
{
    struct world *world = new_world(_i);
    uint8_t page[PAGE];
    for (unsigned i = 0; i < PAGE; i += 2)
        memcpy(page + i, (uint8_t[]){0xFF, 0xC3}, 2);
    world_put(world, OWN + 0xF001, page, PAGE - 1); /* the inc at its end straddles into the claim */
    world_alloc(world, WORLD_CLAIM, 4 * PAGE, SF_PAGE_EXECUTE_READWRITE);
    for (unsigned i = 0; i < 4; i++)
        world_put(world, WORLD_CLAIM + 1 + i * PAGE, page, PAGE - 1 - (i == 3));
    world_put(world, WORLD_CLAIM, (uint8_t[]){0xC3}, 1);
    for (unsigned i = 1; i < 4; i++)
        world_put(world, WORLD_CLAIM + i * PAGE, (uint8_t[]){0xC3}, 1);
    SET(world, BX, 0);
    ck_assert_int_eq(world_run(world, OWN + 0xF001, WORLD_CLAIM + 4 * PAGE - 1), SF_STOP_UNTIL);
    ck_assert_uint_eq(GET(world, BX), (5 * PAGE - 2) / 2);
    world_free(world);
}
END_TEST

/* --- Code that changes ------------------------------------------------------------------------------------- */

START_TEST(written_by_the_host)
{
    uint8_t code[] = {0xBB, 1, 0, 0, 0};
    struct world *world = new_world(_i);
    for (unsigned n = 1; n < 20; n++) {
        code[1] = (uint8_t)n;
        world_put(world, CODE, code, sizeof code);
        ck_assert_int_eq(world_run(world, CODE, CODE + sizeof code), SF_STOP_UNTIL);
        ck_assert_uint_eq(GET(world, BX), n);
    }
    world_free(world);
}
END_TEST

/* inc byte [di]; mov ebx, N; dec ecx; jnz - where di is at N. */
START_TEST(writes_its_own_block)
{
    static const uint8_t code[] = {0xFE, 0x07, 0xBB, 0, 0, 0, 0, 0xFF, 0xC9, 0x75, 0xF5};
    struct world *world = new_world(_i % WORLD_FORMATS);
    uint64_t base = _i < WORLD_FORMATS ? OWN : CODE;
    world_put(world, base, code, sizeof code);
    SET(world, DI, base + 3);
    SET(world, CX, 100);
    ck_assert_int_eq(world_run(world, base, base + sizeof code), SF_STOP_UNTIL);
    ck_assert_uint_eq(GET(world, BX), 100);
    world_free(world);
}
END_TEST

/* --- Stops ------------------------------------------------------------------------------------------------- */

START_TEST(counts_instructions)
{
    struct world *world = new_world(_i);
    uint64_t begin = CODE + PAGE - 8; /* four incs, and the next page comes at its turn */
    uint8_t incs[16];
    for (unsigned i = 0; i < sizeof incs; i += 2)
        memcpy(incs + i, (uint8_t[]){0xFF, 0xC3}, 2);
    world_put(world, begin, incs, sizeof incs);
    for (size_t n = 1; n <= 8; n++) {
        SET(world, BX, 0);
        enum sf_stop stop = sf_run(world->plugin, begin, begin + 16, 0, n, NULL);
        ck_assert_int_eq(stop, n == 8 ? SF_STOP_UNTIL : SF_STOP_COUNT);
        ck_assert_uint_eq(GET(world, BX), n);
        ck_assert_uint_eq(GET(world, IP), begin + 2 * n);
    }
    world_free_pages(world, CODE + PAGE, PAGE);
    SET(world, BX, 0);
    ck_assert_int_eq(sf_run(world->plugin, begin, begin + 16, 0, 4, NULL), SF_STOP_COUNT);
    ck_assert_uint_eq(GET(world, BX), 4);
    ck_assert_int_eq(sf_run(world->plugin, begin, begin + 16, 0, 5, &world->refused), SF_STOP_FAULT);
    ck_assert_uint_eq(world->refused.pc, CODE + PAGE);
    world_free(world);
}
END_TEST

/* A jump is over before its target is fetched. */
START_TEST(counts_branches)
{
    static const uint8_t code[] = {0xFF, 0xE7, 0xFF, 0xE6, 0xEB, 0xFE}; /* jmp di; jmp si; jmp $ */
    struct world *world = new_world(_i);
    world_put(world, CODE, code, sizeof code);
    SET(world, DI, NOTHING + 5);
    SET(world, SI, WORLD_RAM + 5);
    ck_assert_int_eq(sf_run(world->plugin, CODE, 0, 0, 1, NULL), SF_STOP_COUNT);
    ck_assert_uint_eq(GET(world, IP), NOTHING + 5);
    ck_assert_int_eq(sf_run(world->plugin, CODE, 0, 0, 2, &world->refused), SF_STOP_FAULT);
    ck_assert_uint_eq(world->refused.pc, NOTHING + 5);
    ck_assert_int_eq(sf_run(world->plugin, CODE + 2, 0, 0, 1, NULL), SF_STOP_COUNT);
    ck_assert_uint_eq(GET(world, IP), WORLD_RAM + 5);
    ck_assert_int_eq(sf_run(world->plugin, CODE + 2, 0, 0, 2, &world->refused), SF_STOP_FAULT);
    ck_assert_uint_eq(world->refused.va, WORLD_RAM + 5);
    ck_assert_int_eq(sf_run(world->plugin, CODE + 4, 0, 0, 10, NULL), SF_STOP_COUNT);
    ck_assert_uint_eq(GET(world, IP), CODE + 4);
    ck_assert_int_eq(sf_run(world->plugin, 0x30000000, 0, 0, 1, NULL), SF_STOP_ERROR);
    ck_assert_int_eq(sf_error(world->plugin), UC_ERR_FETCH_UNMAPPED);
    world_free(world);
}
END_TEST

START_TEST(times_out)
{
    static const uint8_t forever[] = {0xEB, 0xFE};
    struct world *world = new_world(_i);
    world_put(world, CODE, forever, sizeof forever);
    ck_assert_int_eq(sf_run(world->plugin, CODE, 0, 20000, 0, NULL), SF_STOP_TIMEOUT);
    world_free(world);
}
END_TEST

static void stop_engine(uc_engine *uc, uint32_t number, void *context)
{
    uc_emu_stop(uc);
}

static void stop_plugin(uc_engine *uc, uint64_t address, uint32_t size, void *context)
{
    struct world *world = context;
    sf_request_stop(world->plugin);
}

static void reenter(uc_engine *uc, uint32_t number, void *context)
{
    struct world *world = context;
    ck_assert_int_eq(sf_run(world->plugin, OWN, OWN, 0, 0, NULL), SF_STOP_ERROR);
    uint64_t va = DATA, bytes = PAGE;
    ck_assert_uint_eq(sf_free(world->plugin, &va, &bytes, SF_MEM_DECOMMIT), 0);
}

START_TEST(stops_for_the_caller)
{
    static const uint8_t code[] = {0xCD, 0x80, 0xFF, 0xC3, 0xF4, 0x90};
    struct world *world = new_world(_i);
    uc_hook hook;
    world_put(world, CODE, code, sizeof code);
    ck_assert_int_eq(world_run(world, CODE, CODE + 6), SF_STOP_ERROR); /* nobody takes the interrupt */
    ck_assert_int_eq(sf_error(world->plugin), UC_ERR_EXCEPTION);
    uc_hook_add(world->uc, &hook, UC_HOOK_INTR, (void *)(uintptr_t)stop_engine, world, 1, 0);
    ck_assert_int_eq(world_run(world, CODE, CODE + 6), SF_STOP_ASKED);
    ck_assert_uint_eq(GET(world, IP), CODE + 2);
    SET(world, BX, 0);
    ck_assert_int_eq(world_run(world, CODE + 2, CODE + 6), SF_STOP_ASKED); /* hlt */
    ck_assert_uint_eq(GET(world, BX), 1);
    world_free(world);
}
END_TEST

/* Also where instructions are run one at a time. */
START_TEST(request_is_heard_in_steps)
{
    struct world *world = new_world(_i);
    uc_hook hook;
    uint8_t incs[16];
    for (unsigned i = 0; i < sizeof incs; i += 2)
        memcpy(incs + i, (uint8_t[]){0xFF, 0xC3}, 2);
    uint64_t begin = CODE + PAGE - sizeof incs;
    world_put(world, begin, incs, sizeof incs);
    world_free_pages(world, CODE + PAGE, PAGE);
    uc_hook_add(world->uc, &hook, UC_HOOK_CODE, (void *)(uintptr_t)stop_plugin, world, begin + 6, begin + 6);
    ck_assert_int_eq(world_run(world, begin, 0), SF_STOP_ASKED);
    ck_assert_uint_ge(GET(world, IP), begin + 6);
    ck_assert_uint_le(GET(world, IP), begin + 8);
    world_free(world);
}
END_TEST

/* Services inside a hook of the caller are in force when the guest runs on; nesting is refused. */
START_TEST(services_inside_a_hook)
{
    static const uint8_t code[] = {0x89, 0x07, 0xCD, 0x80, 0x89, 0x07};
    struct world *world = new_world(_i);
    uc_hook hook;
    world_put(world, CODE, code, sizeof code);
    SET(world, DI, DATA + 4);
    uc_hook_add(world->uc, &hook, UC_HOOK_INTR, (void *)(uintptr_t)reenter, world, 1, 0);
    ck_assert_int_eq(world_run(world, CODE, CODE + 6), SF_STOP_FAULT);
    ck_assert_uint_eq(world->refused.pc, CODE + 4);
    ck_assert_uint_eq(world->refused.va, DATA + 4);
    world_free(world);
}
END_TEST

START_TEST(errors_outside_are_unicorns)
{
    static const uint8_t code[] = {0x8B, 0x07};
    struct world *world = new_world(_i);
    world_put(world, OWN, code, sizeof code);
    SET(world, DI, 0x30000000);
    ck_assert_int_eq(world_run(world, OWN, OWN + 2), SF_STOP_ERROR);
    ck_assert_int_eq(sf_error(world->plugin), UC_ERR_READ_UNMAPPED);
    ck_assert_int_eq(world_run(world, OWN, OWN), SF_STOP_UNTIL);
    uc_ctl_exits_enable(world->uc);
    ck_assert_int_eq(world_run(world, OWN, OWN + 2), SF_STOP_ERROR);
    ck_assert_int_eq(sf_error(world->plugin), UC_ERR_ARG);
    uc_ctl_exits_disable(world->uc);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plugin_run");
    TCase *tcase = tcase_create("plugin_run");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, refused_is_exact, 0, REFUSED * WORLD_FORMATS * 2);
    tcase_add_loop_test(tcase, callers_part_is_kept, 0, ACROSS * WORLD_FORMATS);
    tcase_add_loop_test(tcase, mended_and_resumed, 0, WORLD_FORMATS);
    tcase_add_loop_test(tcase, no_execute, 0, WORLD_FORMATS);
    tcase_add_loop_test(tcase, rep_stops_at_the_element, 0, WORLD_FORMATS);
    tcase_add_test(tcase, non_canonical);
    tcase_add_loop_test(tcase, fetches_not_ahead, 0, FETCHES * WORLD_FORMATS * 2);
    tcase_add_loop_test(tcase, runs_through_pages, 0, WORLD_FORMATS);
    tcase_add_loop_test(tcase, written_by_the_host, 0, WORLD_FORMATS);
    tcase_add_loop_test(tcase, writes_its_own_block, 0, 2 * WORLD_FORMATS);
    tcase_add_loop_test(tcase, counts_instructions, 0, WORLD_FORMATS);
    tcase_add_loop_test(tcase, counts_branches, 0, WORLD_FORMATS);
    tcase_add_loop_test(tcase, times_out, 0, WORLD_FORMATS);
    tcase_add_loop_test(tcase, stops_for_the_caller, 0, WORLD_FORMATS);
    tcase_add_loop_test(tcase, request_is_heard_in_steps, 0, WORLD_FORMATS);
    tcase_add_loop_test(tcase, services_inside_a_hook, 0, WORLD_FORMATS);
    tcase_add_loop_test(tcase, errors_outside_are_unicorns, 0, WORLD_FORMATS);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
