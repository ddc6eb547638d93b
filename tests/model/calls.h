// SPDX-License-Identifier: GPL-2.0-or-later
/* calls.h - what the model expects of each service and of each touch: see model.h. */
#ifndef TESTS_MODEL_CALLS_H
#define TESTS_MODEL_CALLS_H

#include "model.h"

/* The handle argument, as the status that it earns. */
enum handle_kind { HANDLE_GOOD, HANDLE_BAD, HANDLE_OTHER_TYPE };

/* A service with an in-out base and size: allocate, free, protect, lock, unlock.  The two words, and for protect the
 * old protection, lie at base_at, size_at, old_at: in the program's own memory (unknown to the model) or in the arena.
 */
struct range_call {
    enum handle_kind handle;
    va base, size;
    va base_at, size_at, old_at;
    va zero_bits;
    ULONG type, protect;
    struct expectation expect;
    va got_base, got_size; /* what the words hold afterwards */
    ULONG got_old;
};

void expect_allocate(const struct model *m, struct range_call *c);
void expect_free(const struct model *m, struct range_call *c);
void expect_protect(const struct model *m, struct range_call *c);
void expect_lock(const struct model *m, struct range_call *c);
void expect_unlock(const struct model *m, struct range_call *c);
void expect_flush(const struct model *m, struct range_call *c);

const char *settle_allocate(struct model *m, const struct range_call *c, int got);
const char *settle_free(struct model *m, const struct range_call *c, int got);
const char *settle_protect(struct model *m, const struct range_call *c, int got);
const char *settle_lock(struct model *m, const struct range_call *c, int got);
const char *settle_unlock(struct model *m, const struct range_call *c, int got);
const char *settle_flush(struct model *m, const struct range_call *c, int got);

struct query_call {
    enum handle_kind handle;
    va address, buffer, length;
    int class;
    MEMORY_BASIC_INFORMATION want;
    bool exact_size;
    struct expectation expect;
};
void expect_query(const struct model *m, struct query_call *c);
const char *settle_query(struct model *m, const struct query_call *c, int got, const MEMORY_BASIC_INFORMATION *info);

/* NtReadVirtualMemory (from = the other side, to = the caller's buffer) and NtWriteVirtualMemory.
 * remote: the argument BaseAddress. bytes: what is copied, count long, in the order of the addresses. */
struct copy_call {
    enum handle_kind handle;
    va from, to, size;
    va want_done;
    struct expectation expect;
};
void expect_copy(const struct model *m, struct copy_call *c);
const char *settle_copy(struct model *m, const struct copy_call *c, int got, va done, const uint8_t *bytes);

struct watch_call {
    enum handle_kind handle;
    ULONG flags;
    va base, size;
    va array, capacity, count_at, granularity_at; /* 0 = NULL pointer */
    struct expectation expect;
};
void expect_get_watch(const struct model *m, struct watch_call *c);
const char *settle_get_watch(struct model *m, const struct watch_call *c, int got, const va *list, va count,
                             ULONG granularity);
void expect_reset_watch(const struct model *m, struct watch_call *c);
const char *settle_reset_watch(struct model *m, const struct watch_call *c, int got);

/* What one instruction raises; no exception = 0. */
struct raised {
    int code;
    unsigned information;
    va address;
};

/* One instruction. other differs from raised only where the documentation leaves the choice. */
struct touch {
    enum access access;
    va address;
    unsigned width; /* bytes; 1 for execute */
    struct raised raised, other;
};
bool model_canonical(va address);
void expect_touch(const struct model *m, struct touch *t);

#endif
