/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fault.c - mm_access_fault: classify the PTE, ask the resolver of its kind, at most a few times.
 *
 *   no page table    a VAD: make the table, RETRY         no VAD: access violation
 *   EMPTY            what the VAD promised, RETRY
 *   DEMAND_ZERO      a zeroed private page                 guard: clear it, raise (or grow the stack)
 *   PROTOTYPE, LOOKUP  the page of the section, or RETRY as demand zero
 *   TRANSITION       the page again, from its list
 *   VALID            dirty, copy-on-write; else a violation
 *   PAGED_OUT        read from the page file: in transition until then
 *   DECOMMITTED      access violation
 *
 * A resolver changes nothing before it has everything it needs (frame, working-set entry, page): a fault that fails or
 * waits can be repeated. */
#include <assert.h>

#include "mm/mi.h"

static uint64_t violation_information(const struct mi_fault *fault)
{
    switch (fault->f->access) {
    case MMU_WRITE: return EXCEPTION_WRITE_FAULT;
    case MMU_EXECUTE:
        if (fault->process->nx == PTE_NX_ON || (pte_is_valid(fault->pte) && pte_is_no_execute(fault->pte)))
            return EXCEPTION_EXECUTE_FAULT; /* the latter: built before the process was allowed to */
        break;
    case MMU_READ: break;
    }
    return EXCEPTION_READ_FAULT;
}

enum mm_fault_result mi_raise_violation(struct mi_fault *fault)
{
    struct mm_fault *f = fault->f;
    f->status = STATUS_ACCESS_VIOLATION;
    f->parameter_count = 2;
    f->information[0] = violation_information(fault);
    f->information[1] = f->va;
    f->type = f->information[0] == EXCEPTION_EXECUTE_FAULT ? MM_FAULT_TYPE_NO_EXECUTE : MM_FAULT_TYPE_ACCESS_VIOLATION;
    return MM_FAULT_RAISE;
}

enum mm_fault_result mi_raise_in_page_error(struct mi_fault *fault, ntstatus_t why)
{
    struct mm_fault *f = fault->f;
    f->type = MM_FAULT_TYPE_IN_PAGE_ERROR;
    f->status = STATUS_IN_PAGE_ERROR;
    f->parameter_count = 3;
    f->information[0] = violation_information(fault);
    f->information[1] = f->va;
    f->information[2] = why;
    return MM_FAULT_RAISE;
}

enum mm_fault_result mi_raise_no_memory(struct mi_fault *fault)
{
    struct mm *mm = fault->mm;

    if (mm->frames_refused && mi_can_relieve(mm)) {
        mm->wait_key = MM_WAIT_FREE_PAGE;
        return MM_FAULT_WAIT;
    }
    if (mm->failed_writes == 0) /* else it is the disk's fault, and whoever failed the writes has said so */
        fault->f->not_modelled = mi_can_write(mm)
                                     ? "RAM is full of pages that cannot leave it: give the machine more with --ram"
                                     : "RAM and page files are full: give the machine more with --ram or --pagefile";
    return mi_raise_in_page_error(fault, STATUS_NO_MEMORY);
}

/* A page-table entry that the memory manager cannot have written. */
enum mm_fault_result mi_corrupt(struct mi_fault *fault)
{
    struct mm_fault *f = fault->f;
    f->bugcheck.code = BUGCHECK_MEMORY_MANAGEMENT;
    f->bugcheck.parameter[0] = 0x41792; /* PTE corrupt (nt-reference 10.7) */
    f->bugcheck.parameter[1] = pte_address(f->va);
    f->bugcheck.parameter[2] = fault->pte.raw;
    f->bugcheck.parameter[3] = 0;
    return MM_FAULT_BUGCHECK;
}

static enum mm_fault_result bad_kernel_access(struct mi_fault *fault, uint32_t code)
{
    static const uint64_t how[] = {[MMU_READ] = 0, [MMU_WRITE] = 1, [MMU_EXECUTE] = 8};
    struct mm_fault *f = fault->f;
    bool irql = code == BUGCHECK_IRQL_NOT_LESS_OR_EQUAL;

    f->bugcheck.code = code;
    f->bugcheck.parameter[0] = f->va;
    f->bugcheck.parameter[1] = irql ? f->irql : f->access == MMU_WRITE;
    f->bugcheck.parameter[2] = irql ? how[f->access] : 0;
    f->bugcheck.parameter[3] = irql ? 0 : 2; /* no page table (nt-reference 10.7) */
    return MM_FAULT_BUGCHECK;
}

/* The page is there, and does not allow it. */
static enum mm_fault_result bad_kernel_right(struct mi_fault *fault, uint32_t code)
{
    struct mm_fault *f = fault->f;
    f->bugcheck.code = code;
    f->bugcheck.parameter[0] = f->va;
    f->bugcheck.parameter[1] = f->pte_before.raw;
    f->bugcheck.parameter[2] = f->bugcheck.parameter[3] = 0;
    return MM_FAULT_BUGCHECK;
}

static bool allows(unsigned protection, enum mmu_access access, enum pte_nx_policy nx)
{
    if ((protection & MM_PROTECT_ACCESS_MASK) == MM_ZERO_ACCESS)
        return false;
    switch (access) {
    case MMU_READ: break;
    case MMU_WRITE: return mi_is_writable_protection(protection) || mi_is_copy_protection(protection);
    case MMU_EXECUTE: return nx == PTE_NX_OFF || mi_is_execute_protection(protection);
    }
    return true;
}

enum mm_fault_result mi_check_protection(struct mi_fault *fault, unsigned protection)
{
    if (mi_is_guard_protection(protection))
        return mi_hit_guard(fault, protection);
    if (!allows(protection, fault->f->access, fault->process->nx))
        return mi_raise_violation(fault);
    return MM_FAULT_RESOLVED;
}

mmpte_t mi_valid_pte(const struct mi_fault *fault, pfn_t frame, unsigned protection)
{
    enum pte_owner owner = fault->f->va < MI_SYSTEM_START ? PTE_USER : PTE_SUPERVISOR;
    mmpte_t pte = pte_make_valid(frame, protection, owner, fault->process->nx);
    return fault->f->access == MMU_WRITE && pte_is_write(pte) ? pte_set_dirty(pte) : pte;
}

static enum mm_fault_result dispatch(struct mi_fault *fault)
{
    switch (pte_kind(fault->pte, PTE_OF_PROCESS)) { /* no default: -Wswitch guards us */
    case PTE_KIND_EMPTY: return mi_resolve_empty(fault);
    case PTE_KIND_VALID: return mi_resolve_valid(fault);
    case PTE_KIND_TRANSITION: return mi_resolve_transition(fault);
    case PTE_KIND_PROTOTYPE:
    case PTE_KIND_LOOKUP: return mi_resolve_prototype(fault);
    case PTE_KIND_PAGED_OUT: return mi_resolve_paged_out(fault);
    case PTE_KIND_DEMAND_ZERO: return mi_resolve_demand_zero(fault);
    case PTE_KIND_DECOMMITTED: return mi_raise_violation(fault);
    case PTE_KIND_SUBSECTION:
    case PTE_KIND_COUNT: break;
    }
    return mi_corrupt(fault);
}

/* There is no page table: is anything promised here? */
static enum mm_fault_result make_table(struct mi_fault *fault)
{
    const struct mmvad *vad = fault->vad;

    if (!vad || (vad->kind == VAD_PRIVATE && !vad->mem_commit))
        return mi_raise_violation(fault);
    if (mi_make_page_table(fault->mm, fault->process, fault->f->va) != STATUS_SUCCESS)
        return mi_raise_no_memory(fault);
    return MM_FAULT_RETRY;
}

static enum mm_fault_result fault_once(struct mi_fault *fault)
{
    struct mm_fault *f = fault->f;

    switch (mi_hold_page_table(fault->mm, fault->process, f->va, &fault->slot)) {
    case MI_ABSENT: return make_table(fault);
    case MI_OUT: return mi_resolve_table(fault);
    case MI_CORRUPT: return mi_corrupt(fault);
    case MI_HELD: break;
    }
    fault->pte = mi_read_pte(fault->mm, fault->slot);
    if (!fault->seen)
        f->pte_before = fault->pte;
    fault->seen = true;
    enum mm_fault_result result = dispatch(fault);
    f->pte_after = mi_read_pte(fault->mm, fault->slot);
    mi_release_page_table(fault->mm, fault->slot);
    return result;
}

/* Others took again and again what it brought: nothing is wrong with the PTE.  Where memory is short it waits, else its
 * instruction runs into the same fault anew. */
static enum mm_fault_result refault(struct mi_fault *fault)
{
    struct mm *mm = fault->mm;

    mm->flush_wanted = true;
    if (!mi_is_scarce(mm) || !mi_can_relieve(mm))
        return MM_FAULT_RESOLVED;
    mm->wait_key = MM_WAIT_FREE_PAGE;
    return MM_FAULT_WAIT;
}

static enum mm_fault_result resolve_rounds(struct mi_fault *fault)
{
    enum mm_fault_result result = MM_FAULT_RETRY;

    for (unsigned round = 0; result == MM_FAULT_RETRY && round < MI_FAULT_ROUNDS; round++)
        result = fault_once(fault);
    return result == MM_FAULT_RETRY ? refault(fault) : result;
}

/* Kernel-mode code reads or writes a page of paged pool that is out. */
static enum mm_fault_result bring_pool_page(struct mi_fault *fault)
{
    enum mm_fault_result result = MM_FAULT_RETRY;
    struct mi_slot slot;

    fault->process = mi_process(fault->mm, fault->mm->system);
    fault->f->vad = "pool";
    for (unsigned round = 0; result == MM_FAULT_RETRY && round < MI_FAULT_ROUNDS; round++)
        result = mi_resolve_prototypes(fault, fault->f->va, &slot);
    fault->mm->flush_wanted |= result == MM_FAULT_RESOLVED;
    return result == MM_FAULT_RETRY ? refault(fault) : result;
}

/* A fault above the user range: page tables of the system half that this process has not met, or a mistake. */
static enum mm_fault_result system_fault(struct mi_fault *fault)
{
    struct mm_fault *f = fault->f;
    f->vad = "system";
    if (f->mode == MMU_USER)
        return mi_raise_violation(fault);
    if (mi_sync_system_tables(fault->mm, fault->process, f->va))
        return MM_FAULT_RESOLVED;
    if (f->irql < 2 && mi_is_cache_address(f->va)) {
        fault->process = mi_process(fault->mm, fault->mm->system);
        fault->vad = vad_find(fault->mm->arena, &fault->process->vads, mi_vpn(f->va));
        if (fault->vad) {
            f->vad = "cache";
            return resolve_rounds(fault);
        }
    }
    if (f->irql < 2 && mi_is_prototype_out(fault->mm, f->va))
        return bring_pool_page(fault);
    if (mi_peek_pte(fault->mm, fault->process, f->va, &f->pte_before) && pte_is_valid(f->pte_before)) {
        if (f->access == MMU_WRITE && !pte_is_writable(f->pte_before))
            return bad_kernel_right(fault, BUGCHECK_ATTEMPTED_WRITE_TO_READONLY_MEMORY);
        if (f->access == MMU_EXECUTE && pte_is_no_execute(f->pte_before))
            return bad_kernel_right(fault, BUGCHECK_ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY);
    }
    if (f->irql >= 2)
        return bad_kernel_access(fault, BUGCHECK_IRQL_NOT_LESS_OR_EQUAL);
    return bad_kernel_access(fault, BUGCHECK_PAGE_FAULT_IN_NONPAGED_AREA);
}

static void find_vad(struct mi_fault *fault)
{
    static const char *const kind[VAD_KIND_COUNT] = {"private", "image", "shared", "mapped"};
    fault->vad = vad_find(fault->mm->arena, &fault->process->vads, mi_vpn(fault->f->va));
    fault->f->vad = fault->vad ? kind[fault->vad->kind] : "none";
}

static enum mm_fault_result user_fault(struct mi_fault *fault)
{
    find_vad(fault);
    if (fault->f->irql >= 2)
        return bad_kernel_access(fault, BUGCHECK_IRQL_NOT_LESS_OR_EQUAL);
    return resolve_rounds(fault);
}

enum mm_fault_result mi_access_fault(struct mm *mm, struct mm_fault *f)
{
    mm->fault_began = mm->insertions;
    return mi_inner_fault(mm, f);
}

enum mm_fault_result mi_inner_fault(struct mm *mm, struct mm_fault *f)
{
    struct mi_fault fault = {.mm = mm, .process = mi_process(mm, f->process), .f = f};
    enum mm_fault_result result;

    f->type = MM_FAULT_TYPE_NONE;
    f->status = STATUS_SUCCESS;
    f->parameter_count = 0;
    f->frame = (pfn_t){0};
    f->pte_before = f->pte_after = (mmpte_t){0};
    f->not_modelled = NULL;
    if (f->va > mm->config.highest_user_address)
        result = f->va < MI_SYSTEM_START ? (f->vad = "none", mi_raise_violation(&fault)) : system_fault(&fault);
    else
        result = user_fault(&fault);
    if (result != MM_FAULT_WAIT && f->type != MM_FAULT_TYPE_NONE) {
        fault.process->page_faults++;
        mm->fault_count[f->type]++;
    }
    return result;
}
