/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard.c - guard pages: an alarm once, or a stack that grows (nt-reference 6.3).
 *
 *   StackBase      +-----------------+
 *                  | committed       |
 *   StackLimit     +-----------------+
 *                  | guard           |  <- touched: becomes plain, the page below it becomes the guard
 *                  +-----------------+
 *                  | reserved        |
 *   Deallocation   +-----------------+  the lowest page is never committed
 *
 * STATUS_STACK_OVERFLOW is raised when no more than a page, or what SetThreadStackGuarantee asked for, is left above
 * the lowest page: that is committed then, without a guard; and where the page below cannot be committed.
 *
 * A page table for it is had as in any fault: who finds no frame waits for one, the guard page unchanged. */
#include "mm/mi.h"

/* The page stops being a guard page. */
static void clear_guard(struct mi_fault *fault, unsigned protection)
{
    mi_protect_invalid(fault->mm, fault->slot, protection & ~(unsigned)MM_PROTECT_MODIFIER_MASK);
}

static enum mm_fault_result raise(struct mi_fault *fault, ntstatus_t status)
{
    struct mm_fault *f = fault->f;
    mi_raise_violation(fault); /* the same two parameters */
    f->type = MM_FAULT_TYPE_GUARD_PAGE;
    f->status = status;
    return MM_FAULT_RAISE;
}

static bool is_overflow(const struct mi_fault *fault, enum mm_fault_result result)
{
    return result == MM_FAULT_RAISE && fault->f->status == STATUS_STACK_OVERFLOW;
}

/* Commit was refused.  Page files that can grow do that first (nt-reference 8). */
static enum mm_fault_result refuse(struct mi_fault *fault)
{
    struct mm *mm = fault->mm;

    if (mm->commit_refused == 0 || !pagefile_can_extend(mm) || mm->cannot_extend)
        return raise(fault, STATUS_STACK_OVERFLOW);
    mm->extension_wanted += mm->commit_refused;
    mm->signals |= MM_SIGNAL(MM_DEREFERENCE_SEGMENT);
    mm->wait_key = MM_WAIT_FREE_PAGE;
    return MM_FAULT_WAIT;
}

/* Commit one reserved page of the stack's VAD.
 * => RESOLVED: it is; RAISE: STATUS_STACK_OVERFLOW, it cannot be, or an in-page error: no frame for its page table;
 *    WAIT. */
static enum mm_fault_result commit_stack_page(struct mi_fault *fault, va_t va, unsigned protection)
{
    struct mm *mm = fault->mm;
    struct mmprocess *process = fault->process;
    struct mmvad *vad = vad_find(mm->arena, &process->vads, mi_vpn(va));
    struct mi_slot slot;

    if (!vad || vad->kind != VAD_PRIVATE)
        return raise(fault, STATUS_STACK_OVERFLOW);
    mm->commit_refused = 0;
    if (!vad->mem_commit && mi_count_missing_tables(mm, process, va, va) > 0 && /* so that the page is not committed */
        !mi_has_table_commit(mm, process, vad, va, va, 1))
        return refuse(fault);
    if (mi_make_page_table(mm, process, va) != STATUS_SUCCESS)
        return mi_raise_no_memory(fault);
    if (mi_hold_page_table(mm, process, va, &slot) != MI_HELD)
        return mi_corrupt(fault);
    bool committed = mi_page_state(mm, process, vad, va, mi_read_pte(mm, slot)).committed;
    if (!committed && mi_charge_commit(mm, process, 1, MI_MAY_FAIL)) {
        vad->commit_charge++;
        mi_write_pte(mm, slot, pte_make_demand_zero(protection));
        committed = true;
    }
    mi_release_page_table(mm, slot);
    if (committed)
        return MM_FAULT_RESOLVED;
    mi_delete_empty_tables(mm, process, va, va); /* made for nothing */
    return refuse(fault);
}

/* What is left of the stack below page, for the handler.  What was committed before a WAIT stays: the same fault goes
 * on from there. */
static enum mm_fault_result commit_rest(struct mi_fault *fault, const struct mm_user_stack *stack, va_t page)
{
    const struct mm_env *env = fault->mm->config.env;
    enum mm_fault_result result = MM_FAULT_RESOLVED;
    va_t lowest = page;

    while (lowest >= stack->deallocation + 2 * MMU_PAGE_SIZE) {
        result = commit_stack_page(fault, lowest - MMU_PAGE_SIZE, MM_READWRITE);
        if (result != MM_FAULT_RESOLVED)
            break;
        lowest -= MMU_PAGE_SIZE;
    }
    if (result != MM_FAULT_RESOLVED && !is_overflow(fault, result))
        return result;
    if (lowest < page)
        env->set_stack_limit(env->context, lowest);
    return MM_FAULT_RESOLVED;
}

static enum mm_fault_result grow_stack(struct mi_fault *fault, const struct mm_user_stack *stack, unsigned protection)
{
    const struct mm_env *env = fault->mm->config.env;
    va_t page = fault->f->va & ~(va_t)MMU_PAGE_MASK;
    va_t next = page - MMU_PAGE_SIZE;
    enum mm_fault_result result;

    va_t kept = ((va_t)stack->guarantee + MMU_PAGE_MASK) & ~(va_t)MMU_PAGE_MASK;
    if (kept < MMU_PAGE_SIZE)
        kept = MMU_PAGE_SIZE;

    if (next < stack->deallocation + MMU_PAGE_SIZE + kept) {
        result = commit_rest(fault, stack, page);
        if (result == MM_FAULT_RESOLVED)
            result = raise(fault, STATUS_STACK_OVERFLOW);
    } else {
        result = commit_stack_page(fault, next, MM_READWRITE | MM_GUARDPAGE);
    }
    if (result == MM_FAULT_RESOLVED || is_overflow(fault, result))
        clear_guard(fault, protection);
    if (result != MM_FAULT_RESOLVED)
        return result;
    env->set_stack_limit(env->context, page);
    fault->f->type = MM_FAULT_TYPE_STACK_GROWTH;
    fault->f->status = STATUS_PAGE_FAULT_GUARD_PAGE;
    return MM_FAULT_RESOLVED;
}

/* The TEB's page comes first, and stays until this fault is over: its fields may lie on two.
 * => RESOLVED: it cannot come. */
static enum mm_fault_result bring_teb(struct mi_fault *fault, va_t teb)
{
    struct mm_fault inner = {.va = teb,
                             .access = MMU_READ,
                             .mode = MMU_USER,
                             .irql = fault->f->irql,
                             .process = fault->f->process,
                             .thread = fault->f->thread};
    switch (mi_inner_fault(fault->mm, &inner)) {
    case MM_FAULT_RESOLVED:
    case MM_FAULT_RETRY: return MM_FAULT_RETRY; /* anything may have changed */
    case MM_FAULT_WAIT: return MM_FAULT_WAIT;
    case MM_FAULT_RAISE: break;
    case MM_FAULT_BUGCHECK: fault->f->bugcheck = inner.bugcheck; return MM_FAULT_BUGCHECK;
    }
    return MM_FAULT_RESOLVED;
}

enum mm_fault_result mi_hit_guard(struct mi_fault *fault, unsigned protection)
{
    const struct mm_env *env = fault->mm->config.env;
    struct mm_user_stack stack = {0};
    bool there = env->user_stack && env->user_stack(env->context, fault->f->process, &stack);

    if (there && stack.missing) {
        enum mm_fault_result result = bring_teb(fault, stack.missing);
        if (result != MM_FAULT_RESOLVED)
            return result;
        there = false;
    }
    if (there && fault->f->va >= stack.deallocation && fault->f->va < stack.base)
        return grow_stack(fault, &stack, protection);
    clear_guard(fault, protection);
    return raise(fault, STATUS_GUARD_PAGE_VIOLATION);
}
