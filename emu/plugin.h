/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugin.h - the MMU model and memory manager for a uc_engine that the caller owns.
 *
 *     struct sf_claim claim = {.size = sizeof claim, .ram_base = 0x40000000, .ram_bytes = 16 << 20,
 *                              .va_begin = 0x10000000, .va_end = 0x20000000};
 *     struct sf_plugin *plugin = sf_attach(uc, &claim, error);
 *     uint64_t va = 0, bytes = 1 << 20;
 *     sf_alloc(plugin, &va, &bytes, SF_MEM_RESERVE | SF_MEM_COMMIT, SF_PAGE_READWRITE);
 *     stop = sf_run(plugin, begin, until, 0, 0, &fault);
 *     sf_detach(plugin);
 *
 * Who owns what:
 *   - addresses in [va_begin, va_end) are softfault's: translated by NT page tables, empty until sf_alloc() or
 * sf_map();
 *   - all other addresses are the caller's, as before: identity, or what the caller's own UC_HOOK_TLB_FILL says;
 *   - physical memory [ram_base, ram_base + ram_bytes) must be free, and is softfault's: mapped by sf_attach(), not to
 * be seen by identity.  With the engine in virtual-TLB mode uc_mem_read() and its kin take physical addresses.
 *
 * The engine is at ring 0 as Unicorn starts it, or wherever the caller put it: the model judges every access to the
 * claim as a user access, so that protection, guard pages and no-execute mean the same at every ring.
 *
 * While attached, run the engine with sf_run(): claimed addresses answer nothing to uc_emu_start().  One plugin for one
 * engine; both belong to one host thread at a time.  Stops are exact: pc, address and access of a refused fault are
 * those of the instruction, which has not happened. */
#ifndef SOFTFAULT_PLUGIN_H
#define SOFTFAULT_PLUGIN_H

#include "softfault.h"

#ifdef __cplusplus
extern "C" {
#endif

struct uc_struct; /* uc_engine */
struct sf_plugin;

enum {                                /* struct sf_claim.flags */
       SF_CLAIM_NO_NX = 1,            /* every page can be executed */
       SF_CLAIM_KEEP_VIRTUAL_TLB = 2, /* the caller uses UC_TLB_VIRTUAL itself: sf_detach() leaves it on */
};

struct sf_claim {
    size_t size;               /* sizeof(struct sf_claim) */
    uint64_t ram_base;         /* a multiple of 4 KB */
    uint64_t ram_bytes;        /* a multiple of 4 KB, 1 MB to 4 GB (x86), 64 GB (PAE), 1 TB (x64); lazy */
    uint64_t va_begin, va_end; /* multiples of 64 KB, from 64 KB up to SF_VA_END_32 or SF_VA_END_64 */
    enum sf_paging paging;     /* x86 or PAE for an engine of 32 bits, x64 for one of 64 */
    uint32_t flags;            /* SF_CLAIM_* */
};
#define SF_VA_END_32 UINT64_C(0x7FFD0000)
#define SF_VA_END_64 UINT64_C(0x7FFFFFD0000)

/* Put the model behind uc's addresses.  => NULL: error says why; uc is as before. */
struct sf_plugin *sf_attach(struct uc_struct *uc, const struct sf_claim *claim, char error[SF_ERROR_SIZE]);

/* Take everything back from the engine, before uc_close(); not from a callback.  NULL is nothing to detach. */
void sf_detach(struct sf_plugin *plugin);

/* --- Running ----------------------------------------------------------------------------------------------- */

enum sf_stop {
    SF_STOP_UNTIL, /* the address until was reached */
    SF_STOP_ASKED, /* sf_request_stop(), uc_emu_stop(), or the CPU halted */
    SF_STOP_COUNT, /* count instructions were done */
    SF_STOP_TIMEOUT,
    SF_STOP_FAULT, /* a fault that could not be resolved: the instruction at fault->pc has not happened */
    SF_STOP_ERROR  /* sf_error() is what uc_emu_start() would have returned */
};

/* uc_emu_start(uc, begin, until, timeout, count) with page faults: those that the model can resolve are resolved on the
 * way, hard ones included.
 * => timeout in microseconds of the host, 0: none; count of instructions, 0: no end.  With a count each instruction
 *    is started for itself (some microseconds), and nothing is fetched beyond the last one.
 * => ret_fault is written for SF_STOP_FAULT; may be NULL.
 * => after SF_STOP_FAULT the caller may mend the cause and sf_run() again from fault.pc.
 * => not from a callback; not with uc_ctl_exits_enable(). */
enum sf_stop sf_run(struct sf_plugin *plugin, uint64_t begin, uint64_t until, uint64_t timeout, size_t count,
                    struct sf_fault *ret_fault);

/* From a callback of the engine or the plugin: sf_run() comes back with SF_STOP_ASKED after the instruction.
 * (A uc_emu_stop() is overlooked where it comes while instructions are run one at a time: at the end of a page that is
 * followed by an absent one.) */
void sf_request_stop(struct sf_plugin *plugin);

/* The uc_err of the last SF_STOP_ERROR. */
int sf_error(const struct sf_plugin *plugin);

/* Call observe for every page fault, resolved or refused, of sf_run(), sf_read() and sf_write(); NULL: for none.
 * => observe may inspect; it must not run or detach. */
typedef void sf_fault_fn(void *context, const struct sf_fault *fault);
void sf_on_fault(struct sf_plugin *plugin, sf_fault_fn *observe, void *context);

/* --- Memory: answers are NTSTATUS, 0 is success ------------------------------------------------------------ */

/* Copy between the host and virtual addresses, the caller's own included, with the rights of the guest: pages come in
 * as they would for the guest.  A failure may leave the first part done. */
uint32_t sf_read(struct sf_plugin *plugin, uint64_t va, void *buffer, size_t length);
uint32_t sf_write(struct sf_plugin *plugin, uint64_t va, const void *bytes, size_t length);

enum { /* Windows's values */
       SF_MEM_COMMIT = 0x1000,
       SF_MEM_RESERVE = 0x2000,
       SF_MEM_DECOMMIT = 0x4000,
       SF_MEM_RELEASE = 0x8000,
       SF_MEM_FREE = 0x10000,
       SF_MEM_PRIVATE = 0x20000,
       SF_MEM_TOP_DOWN = 0x100000,
       SF_MEM_IMAGE = 0x1000000
};
enum {
    SF_PAGE_NOACCESS = 0x01,
    SF_PAGE_READONLY = 0x02,
    SF_PAGE_READWRITE = 0x04,
    SF_PAGE_WRITECOPY = 0x08,
    SF_PAGE_EXECUTE = 0x10,
    SF_PAGE_EXECUTE_READ = 0x20,
    SF_PAGE_EXECUTE_READWRITE = 0x40,
    SF_PAGE_EXECUTE_WRITECOPY = 0x80,
    SF_PAGE_GUARD = 0x100
};

/* VirtualAlloc: *va 0 is anywhere in the claim; base and size come back rounded. */
uint32_t sf_alloc(struct sf_plugin *plugin, uint64_t *va, uint64_t *bytes, uint32_t type, uint32_t protect);
/* VirtualFree and VirtualProtect. */
uint32_t sf_free(struct sf_plugin *plugin, uint64_t *va, uint64_t *bytes, uint32_t type);
uint32_t sf_protect(struct sf_plugin *plugin, uint64_t *va, uint64_t *bytes, uint32_t protect, uint32_t *ret_old);

/* Pages whose bytes come from the caller at their first touch: hard faults, then shared prototype pages, with a private
 * copy at the first write where protect is a WRITECOPY form. */
struct sf_mapping {
    size_t size;      /* sizeof(struct sf_mapping) */
    uint64_t va;      /* a multiple of 64 KB */
    uint64_t bytes;   /* below 4 GB; the rest of the last page is zero */
    uint32_t protect; /* READONLY, WRITECOPY, EXECUTE_READ or EXECUTE_WRITECOPY */
    /* Write bytes (at most 4096) at buffer, from offset; done when it returns.  => 0, or the NTSTATUS that becomes the
     * third parameter of an in-page error.  It must not call the plugin. */
    uint32_t (*read)(void *context, uint64_t offset, void *buffer, uint32_t bytes);
    void *context;
};
uint32_t sf_map(struct sf_plugin *plugin, const struct sf_mapping *mapping);
/* The whole mapping, by any address in it. */
uint32_t sf_unmap(struct sf_plugin *plugin, uint64_t va);

/* --- Inspecting: changes nothing --------------------------------------------------------------------------- */

/* => bytes copied before the first page that is not resident in the claim. */
size_t sf_peek(struct sf_plugin *plugin, uint64_t va, void *buffer, size_t length);
/* => false: va is outside the claim. */
bool sf_query_region(struct sf_plugin *plugin, uint64_t va, struct sf_region *ret_region);
/* => false: there is no page table.  Frame numbers count from ram_base. */
bool sf_query_pte(struct sf_plugin *plugin, uint64_t va, uint64_t *ret_pte);
bool sf_query_counters(struct sf_plugin *plugin, struct sf_counters *ret_counters);
/* => NULL, or the first law of the memory model that is broken. */
const char *sf_check(struct sf_plugin *plugin);

#ifdef __cplusplus
}
#endif

#endif
