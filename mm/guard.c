/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard.c - guard pages: an alarm once, or a stack that grows (nt-reference 6.3).
 *
 *   StackBase      +-----------------+
 *                  | committed       |
 *   StackLimit     +-----------------+
 *                  | guard           |  <- touched: becomes plain, the page below it becomes the guard
 *                  +-----------------+
 *                  | reserved        |
 *   Deallocation   +-----------------+  the lowest page is never committed */
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

static enum mm_fault_result grow_stack(struct mi_fault *fault, const struct mm_user_stack *stack)
{
    struct mm *mm = fault->mm;
    va_t page = fault->f->va & ~(va_t)MMU_PAGE_MASK;
    va_t next = page - MMU_PAGE_SIZE;
    void *context = mm->config.env->context;

    if (next < stack->deallocation + 2 * MMU_PAGE_SIZE) { /* the last page above the one that is never committed */
        va_t last = stack->deallocation + MMU_PAGE_SIZE;
        if (last < page && commit_stack_page(fault, last, MM_READWRITE) == STATUS_SUCCESS)
            mm->config.env->set_stack_limit(context, last);
        return raise(fault, STATUS_STACK_OVERFLOW);
    }
    if (commit_stack_page(fault, next, MM_READWRITE | MM_GUARDPAGE) != STATUS_SUCCESS)
        return raise(fault, STATUS_STACK_OVERFLOW);
    mm->config.env->set_stack_limit(context, page);
    fault->f->type = MM_FAULT_TYPE_STACK_GROWTH;
    fault->f->status = STATUS_PAGE_FAULT_GUARD_PAGE;
    return MM_FAULT_RESOLVED;
}

enum mm_fault_result mi_hit_guard(struct mi_fault *fault, unsigned protection)
{
    const struct mm_env *env = fault->mm->config.env;
    struct mm_user_stack stack;

    clear_guard(fault, protection);
    if (env->user_stack && env->user_stack(env->context, fault->f->process, &stack) &&
        fault->f->va >= stack.deallocation && fault->f->va < stack.base)
        return grow_stack(fault, &stack);
    return raise(fault, STATUS_GUARD_PAGE_VIOLATION);
}
