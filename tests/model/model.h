// SPDX-License-Identifier: GPL-2.0-or-later
/* model.h - what the documentation says about one process's private memory, as plainly as can be.
 *
 * An array of page states and nothing else: no descriptors of regions, no page tables.  An allocation is the pages that
 * carry the same number; where it begins and ends is found by looking at its neighbours.  Written from
 * docs/nt-reference (sections named at each rule: 1.6, 5, 6, 7.2, 12.3) and the seeds; it shares no line and no header
 * with the memory manager that it judges.
 *
 * For each service there are two functions:
 *   expect_X  fills an expectation: the statuses that the documentation allows, in const view of the model;
 *   settle_X  takes what really came, returns NULL or the difference, and moves the model on.
 * Where the documentation is silent or two sources disagree the expectation holds more than one status, and what cannot
 * be known is MAYBE until something shows it. */
#ifndef TESTS_MODEL_MODEL_H
#define TESTS_MODEL_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

typedef ULONG_PTR va;

enum {
    PAGE = 0x1000,
    GRANULE = 0x10000, /* allocation granularity */
    GRANULE_PAGES = 16,
    WINDOW_PAGES = 4096, /* 16 MB: several page tables in each paging format */
    OTHER_GRANULES = 256,
    SHADOW_PAGES = 1024,
};

/* NTSTATUS values by their public numbers. */
enum {
    ST_SUCCESS = 0,
    ST_WAS_UNLOCKED = 0x40000017,
    ST_WAS_LOCKED = 0x40000019,
    ST_GUARD = (int)0x80000001,
    ST_PARTIAL_COPY = (int)0x8000000D,
    ST_NOT_IMPLEMENTED = (int)0xC0000002,
    ST_INVALID_INFO_CLASS = (int)0xC0000003,
    ST_INFO_LENGTH_MISMATCH = (int)0xC0000004,
    ST_ACCESS_VIOLATION = (int)0xC0000005,
    ST_INVALID_HANDLE = (int)0xC0000008,
    ST_INVALID_PARAMETER = (int)0xC000000D,
    ST_NO_MEMORY = (int)0xC0000017,
    ST_CONFLICTING_ADDRESSES = (int)0xC0000018,
    ST_NOT_MAPPED_VIEW = (int)0xC0000019,
    ST_UNABLE_TO_FREE_VM = (int)0xC000001A,
    ST_OBJECT_TYPE_MISMATCH = (int)0xC0000024,
    ST_NOT_LOCKED = (int)0xC000002A,
    ST_NOT_COMMITTED = (int)0xC000002D,
    ST_INVALID_PAGE_PROTECTION = (int)0xC0000045,
    ST_PRIVILEGE_NOT_HELD = (int)0xC0000061,
    ST_NOT_SUPPORTED = (int)0xC00000BB,
    ST_INSUFFICIENT_RESOURCES = (int)0xC000009A,
    ST_FREE_VM_NOT_AT_BASE = (int)0xC000009F,
    ST_MEMORY_NOT_ALLOCATED = (int)0xC00000A0,
    ST_WORKING_SET_QUOTA = (int)0xC00000A1,
    ST_INVALID_PARAMETER_1 = (int)0xC00000EF, /* _2 is one more, and so on */
    ST_INVALID_PARAMETER_2,
    ST_INVALID_PARAMETER_3,
    ST_INVALID_PARAMETER_4,
    ST_INVALID_PARAMETER_5,
    ST_INVALID_PARAMETER_6,
    ST_COMMITMENT_LIMIT = (int)0xC000012D,
};

enum page_state { PAGE_STATE_FREE, PAGE_STATE_RESERVED, PAGE_STATE_COMMITTED };
enum belief { NO, YES, MAYBE };
enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_EXECUTE, ACCESS_MODIFY };

struct page {
    unsigned allocation; /* its number; 0 = free */
    uint16_t protect;    /* of a committed page */
    uint16_t allocation_protect;
    uint16_t shadow; /* its contents: model.shadow[shadow - 1]; 0 = all zero */
    uint8_t state;   /* enum page_state */
    uint8_t locked;  /* enum belief */
    uint8_t written; /* enum belief: since the allocation or the last reset of its write watch */
    bool write_watch;
    bool known;  /* outside the window: that the page is the model's; others live in the same 64 KB */
    bool unsure; /* after MEM_RESET: the contents are the shadow's, or zero */
};

struct granule {
    va base;
    struct page page[GRANULE_PAGES];
};

struct model {
    va window;       /* base of the window; the model knows every page in it */
    va highest_user; /* MmHighestUserAddress */
    va highest_vad;  /* MM_HIGHEST_VAD_ADDRESS, 64 KB below */
    bool no_execute; /* NX is enforced */
    unsigned last_allocation;
    struct page page[WINDOW_PAGES];
    struct granule other[OTHER_GRANULES]; /* what was allocated outside the window, ascending */
    unsigned others;
    unsigned shadows_free;
    uint16_t shadow_free[SHADOW_PAGES];
    uint8_t shadow[SHADOW_PAGES][PAGE];
};

/* What a call may answer.  guard: the page whose guard goes if the answer says so; 0 = none. */
struct expectation {
    unsigned count;
    int status[12];
    va guard;
};

/* => m is all zero before. */
void model_init(struct model *m, va window, va highest_user, bool no_execute);

/* The page that holds the address, NULL where the model knows nothing. */
struct page *model_page(const struct model *m, va address);
enum page_state model_state(const struct model *m, va address);

/* The first byte, and the first byte after, of the allocation that holds the address.
 * => the page is known and not free. */
va model_allocation_begin(const struct model *m, va address);
va model_allocation_end(const struct model *m, va address);

/* Whether all pages from start to last (inclusive) belong to one allocation; are known; are free. */
bool model_one_allocation(const struct model *m, va start, va last);
bool model_knows(const struct model *m, va start, va last);
bool model_all_free(const struct model *m, va start, va last);

/* What NtQueryVirtualMemory (class 0) says of a known page (5.6).  Returns whether the size is exact; otherwise the
 * free run leaves what the model knows, and it is at least that size. */
bool model_query(const struct model *m, va address, MEMORY_BASIC_INFORMATION *info);

/* Whether the value is a legal PAGE_* (1.6). */
bool model_valid_protection(ULONG protect);

/* The fault that an access raises at this page: 0, ST_ACCESS_VIOLATION or ST_GUARD (6.1).  Unknown pages do not fault:
 * they are the program's own. */
int model_fault(const struct model *m, va address, enum access access);

/* ExceptionInformation[0] of such a fault. */
unsigned model_access_information(const struct model *m, enum access access);

/* Turn the guard of the page off, as an access does; 0 is no page. */
void model_drop_guard(struct model *m, va guard);

/* Contents. => the pages are known and committed. */
uint8_t model_byte(const struct model *m, va address);
bool model_can_store(const struct model *m, size_t bytes);
void model_store(struct model *m, va address, const void *bytes, size_t count);
void model_touch_maybe(struct model *m, va address, size_t count); /* probed for writing, perhaps dirtied */

/* Changes of state, for the settle functions. => ranges are whole pages. */
unsigned model_add(struct model *m, va start, va end, ULONG protect, bool write_watch);
void model_commit(struct model *m, va start, va end, ULONG protect);
void model_decommit(struct model *m, va start, va end);
void model_release(struct model *m, va start, va end);
void model_set_protection(struct model *m, va start, va end, ULONG protect);

/* Expectations. */
void allow(struct expectation *e, int status);
void only(struct expectation *e, int status);
bool allowed(const struct expectation *e, int status);

static inline va page_of(va address)
{
    return address & ~(va)(PAGE - 1);
}

/* The last byte of the page that holds the last byte of the range. */
static inline va last_of(va address, va size)
{
    return (address + size - 1) | (PAGE - 1);
}

#endif
