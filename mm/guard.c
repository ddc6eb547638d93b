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
 * the lowest page: that is committed then, without a guard. */
#include "mm/mi.h"

/* The page stops being a guard page. */
static void clear_guard(struct mi_fault *fault, unsigned protection)
{
    mi_protect_invalid(fault->mm, fault->slot, protection & ~(unsigned)MM_PROTECT_MODIFIER_MASK);
}

/* Commit one reserved page of the stack's VAD. */
static ntstatus_t commit_stack_page(struct mi_fault *fault, va_t va, unsigned protection)
{
    struct mm *mm = fault->mm;
    struct mmvad *vad = vad_find(mm->arena, &fault->process->vads, mi_vpn(va));
    struct mi_slot slot;

    if (!vad || vad->kind != VAD_PRIVATE)
        return STATUS_STACK_OVERFLOW;
    if (mi_make_page_table(mm, fault->process, va) != STATUS_SUCCESS ||
        mi_hold_page_table(mm, fault->process, va, &slot) != MI_HELD)
        return STATUS_STACK_OVERFLOW;
    mmpte_t pte = mi_read_pte(mm, slot);
    ntstatus_t status = STATUS_SUCCESS;
    if (!mi_page_state(mm, fault->process, vad, va, pte).committed) {
        if (mi_charge_commit(mm, fault->process, 1, MI_MAY_FAIL)) {
            vad->commit_charge++;
            mi_write_pte(mm, slot, pte_make_demand_zero(protection));
        } else {
            status = STATUS_STACK_OVERFLOW;
        }
    }
    mi_release_page_table(mm, slot);
    return status;
}

static enum mm_fault_result raise(struct mi_fault *fault, ntstatus_t status)
{
    struct mm_fault *f = fault->f;
    mi_raise_violation(fault); /* the same two parameters */
    f->type = MM_FAULT_TYPE_GUARD_PAGE;
    f->status = status;
    return MM_FAULT_RAISE;
}

/* What is left of the stack below page, for the handler. */
static void commit_rest(struct mi_fault *fault, const struct mm_user_stack *stack, va_t page)
{
    const struct mm_env *env = fault->mm->config.env;
    va_t lowest = page;
    while (lowest >= stack->deallocation + 2 * MMU_PAGE_SIZE &&
           commit_stack_page(fault, lowest - MMU_PAGE_SIZE, MM_READWRITE) == STATUS_SUCCESS)
        lowest -= MMU_PAGE_SIZE;
    if (lowest < page)
        env->set_stack_limit(env->context, lowest);
}

static enum mm_fault_result grow_stack(struct mi_fault *fault, const struct mm_user_stack *stack)
{
    struct mm *mm = fault->mm;
    va_t page = fault->f->va & ~(va_t)MMU_PAGE_MASK;
    va_t next = page - MMU_PAGE_SIZE;
    void *context = mm->config.env->context;

    va_t kept = ((va_t)stack->guarantee + MMU_PAGE_MASK) & ~(va_t)MMU_PAGE_MASK;
    if (kept < MMU_PAGE_SIZE)
        kept = MMU_PAGE_SIZE;

    if (next < stack->deallocation + MMU_PAGE_SIZE + kept) {
        commit_rest(fault, stack, page);
        return raise(fault, STATUS_STACK_OVERFLOW);
    }
    if (commit_stack_page(fault, next, MM_READWRITE | MM_GUARDPAGE) != STATUS_SUCCESS)
        return raise(fault, STATUS_STACK_OVERFLOW);
    mm->config.env->set_stack_limit(context, page);
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
    clear_guard(fault, protection);
    if (there && fault->f->va >= stack.deallocation && fault->f->va < stack.base)
        return grow_stack(fault, &stack);
    return raise(fault, STATUS_GUARD_PAGE_VIOLATION);
}
