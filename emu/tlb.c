/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tlb.c - Unicorn asks for a translation: walk the tables in guest RAM, have what is missing resolved, and answer with
 * the least permission that the access needs.
 *
 *   fetch -> R+X    read -> R    write -> R+W      never W with X on one frame, except where the strict rule would
 *                                                  be wrong or slow: a frame that holds EIP's own code, or that has
 *                                                  flipped twice, is filled R+W+X (slow stores that Unicorn checks
 *                                                  against its translations) where the page tables allow X.
 *
 * Invariants (unicorn.md facts 6 and 7):
 *   - a frame with translated code (mm_frame_has_code) has no writable translation without X in the TLB;
 *   - the window onto RAM answers only inside drop_translations(), and the TLB is flushed before the guest runs on.
 *
 * Flushes that others ask for are done once, before the guest runs on: at the end of a fill or callback. */
#include "emu/cpu_internal.h"

static void flush(struct cpu *cpu)
{
    uc_ctl_flush_tlb(cpu->uc);
    cpu->flush_wanted = false;
    if (++cpu->generation == CPU_GENERATIONS) { /* wrapped: old stamps would look new */
        for (uint32_t i = 0; i < cpu->config.ram.frame_count; i++)
            if (cpu->frames[i].writable_at) /* most were never touched, and stay so */
                cpu->frames[i].writable_at = 0;
        cpu->generation = 1;
    }
}

void cpu_settle(struct cpu *cpu)
{
    if (cpu->flush_wanted)
        flush(cpu);
}

void cpu_want_exact_faults(struct cpu *cpu)
{
    cpu->config.lazy_address = false;
}

void cpu_flush_tlb(struct cpu *cpu)
{
    cpu->flush_wanted = true;
}

/* Translated code of a frame goes; the caller flushes the TLB. */
static void drop_translations(struct cpu *cpu, pfn_t frame)
{
    va_t window = CPU_WINDOW + (va_t)frame.index * MMU_PAGE_SIZE;
    cpu->window_open = true;
    uc_ctl_remove_cache(cpu->uc, window, window + MMU_PAGE_SIZE);
    cpu->window_open = false;
    cpu->flush_wanted = true;
}

void cpu_drop_code(struct cpu *cpu, pfn_t frame)
{
    if (frame.index >= cpu->config.ram.frame_count)
        return;
    drop_translations(cpu, frame);
    cpu->frames[frame.index].flips = 0;
}

/* --- Resolving ----------------------------------------------------------------------------------------------- */

/* A stop was asked for during the fault: the instruction must not be done.  Unicorn would do its store and leave EIP at
 * it, so that one which reads and writes (xadd, inc, cmpxchg) would be done twice. */
static bool stop_before(struct cpu *cpu, va_t pc)
{
    cpu->stop_requested = false;
    cpu->next = CPU_LEAVE;
    cpu->stop = (struct cpu_stop){.reason = CPU_STOP_REQUESTED, .address = pc};
    return false;
}

static bool stop_by_fault(struct cpu *cpu, enum mm_fault_result result, const struct mm_fault *fault, va_t pc)
{
    cpu->next = CPU_LEAVE;
    cpu->stop = (struct cpu_stop){.address = pc, .fault = *fault};
    switch (result) {
    case MM_FAULT_WAIT: cpu->stop.reason = CPU_STOP_WAIT; return false;
    case MM_FAULT_BUGCHECK: cpu->stop.reason = CPU_STOP_BUGCHECK; return false;
    case MM_FAULT_RAISE:
        cpu->stop.reason = CPU_STOP_EXCEPTION;
        cpu->stop.status = fault->status;
        cpu->stop.parameter_count = fault->parameter_count;
        for (unsigned i = 0; i < fault->parameter_count; i++)
            cpu->stop.information[i] = fault->information[i];
        return false;
    case MM_FAULT_RESOLVED:
    case MM_FAULT_RETRY: break;
    }
    cpu->stop.reason = CPU_STOP_BROKEN;
    cpu->stop.text = "a page fault was resolved again and again without effect";
    return false;
}

/* Have va made valid, after a walk that failed (*ret_result), and walk again. */
static bool resolve(struct cpu *cpu, va_t va, enum mmu_access access, enum mmu_mode mode, va_t pc,
                    struct mmu_result *ret_result)
{
    const struct cpu_env *env = cpu->config.env;
    enum mm_fault_result result = MM_FAULT_RESOLVED;
    struct mm_fault fault;

    for (unsigned round = 0; round < CPU_FAULT_ROUNDS && result == MM_FAULT_RESOLVED; round++) {
        fault.va = va; /* field by field: to clear what mm_access_fault() sets costs as much as a walk */
        fault.access = access;
        fault.mode = mode;
        fault.irql = 0;
        fault.process = cpu->process;
        fault.thread = cpu->thread;
        fault.read_pages = 0;
        fault.replaces = false;
        bool leaf = ret_result->outcome == MMU_NOT_PRESENT && ret_result->level == 1 && !cpu->flush_wanted;
        cpu->in_callback = true;
        result = env->page_fault(env->context, &fault, pc);
        cpu->in_callback = false;
        if (leaf && !cpu->flush_wanted) /* a page table that went would be flushed */
            cpu->walk_end(&cpu->config.ram, cpu->root, va, access, mode, ret_result);
        else
            *ret_result = cpu->walk(&cpu->config.ram, cpu->root, va, access, mode);
        if (result == MM_FAULT_RESOLVED && ret_result->outcome == MMU_OK)
            return !cpu->stop_requested || cpu->phase != CPU_RUNNING || stop_before(cpu, pc ? pc : cpu_ip(cpu));
    }
    return stop_by_fault(cpu, result, &fault, pc ? pc : cpu_ip(cpu));
}

bool cpu_make_valid(struct cpu *cpu, va_t va, enum mmu_access access, enum mmu_mode mode, struct mmu_result *ret_result)
{
    *ret_result = cpu->walk(&cpu->config.ram, cpu->root, va, access, mode);
    return ret_result->outcome == MMU_OK || resolve(cpu, va, access, mode, cpu_ip(cpu), ret_result);
}

/* A read or write at ring 3 that the tables do not allow as they stand. */
static bool resolve_data(struct cpu *cpu, va_t page, enum mmu_access *access, struct mmu_result *ret_result)
{
    va_t pc = 0, va = page; /* asking for EIP is a tenth of a demand-zero fault: not where nobody looks */
    const struct instruction *instruction = NULL;

    if (ret_result->outcome == MMU_NON_CANONICAL) {
        cpu_raise_general_protection(cpu, cpu_ip(cpu));
        return false;
    }
    if (*access == MMU_READ || !cpu->config.lazy_address) {
        pc = cpu_ip(cpu);
        instruction = cpu_instruction_at(cpu, pc);
    }
    if (instruction && cpu->ring3 && page == cpu->ring3->gdt && (instruction->flags & INSTRUCTION_READS_DESCRIPTOR) &&
        *access == MMU_READ && !cpu_operand_in_page(cpu, instruction, page, MMU_READ, &va))
        return cpu_make_valid(cpu, page, MMU_READ, MMU_KERNEL, ret_result);
    va = page;
    if (instruction && *access == MMU_READ && cpu_operand_modified(cpu, instruction, page))
        *access = MMU_WRITE; /* a real CPU faults once, as a write: fact 4 */
    if (instruction && !cpu->config.lazy_address)
        cpu_operand_in_page(cpu, instruction, page, *access, &va);
    if (resolve(cpu, va, *access, MMU_USER, pc, ret_result))
        return true;
    cpu->exact_address_wanted = cpu->stop.reason == CPU_STOP_EXCEPTION;
    return false;
}

/* --- Filling ------------------------------------------------------------------------------------------------- */

/* After a flush the CPU fetches anew, which sets Accessed in the entries of EIP's page.  Unicorn does not: it goes on
 * in the block it is in, and from there into others of the same page. */
static void flush_in_fill(struct cpu *cpu)
{
    flush(cpu);
    if (cpu->phase == CPU_RUNNING)
        cpu->walk(&cpu->config.ram, cpu->root, cpu_ip(cpu), MMU_EXECUTE, cpu->mode);
}

/* Does EIP's page, or the next one that its block may run into, lie in frame? */
static bool holds_own_code(struct cpu *cpu, pfn_t frame)
{
    va_t page = cpu_page(cpu_ip(cpu));
    for (unsigned i = 0; i < 2; i++, page += MMU_PAGE_SIZE) {
        struct mmu_result code = cpu->look(&cpu->config.ram, cpu->root, page, MMU_EXECUTE, cpu->mode);
        if (code.outcome == MMU_OK && code.frame.index == frame.index)
            return true;
    }
    return false;
}

/* Rights for a write to a frame that has translated code. */
static unsigned write_beside_code(struct cpu *cpu, va_t page, pfn_t frame)
{
    struct cpu_coherence *coherence = &cpu->frames[frame.index];
    if ((coherence->flips >= 2 || holds_own_code(cpu, frame)) &&
        cpu->walk(&cpu->config.ram, cpu->root, page, MMU_EXECUTE, cpu->mode).outcome == MMU_OK)
        return UC_PROT_ALL;
    drop_translations(cpu, frame);
    mm_frame_forget_code(cpu->config.mm, frame);
    flush_in_fill(cpu);
    if (coherence->flips < 2)
        coherence->flips++;
    coherence->writable_at = cpu->generation;
    return UC_PROT_READ | UC_PROT_WRITE;
}

static unsigned fill_write(struct cpu *cpu, va_t page, pfn_t frame)
{
    cpu->config.ram.stamp[frame.index] = cpu->config.ram.epoch;
    if (mm_frame_has_code(cpu->config.mm, frame))
        return write_beside_code(cpu, page, frame);
    cpu->frames[frame.index].writable_at = cpu->generation;
    return UC_PROT_READ | UC_PROT_WRITE;
}

static unsigned fill_fetch(struct cpu *cpu, pfn_t frame)
{
    struct cpu_coherence *coherence = &cpu->frames[frame.index];
    if (coherence->writable_at == cpu->generation) {
        flush_in_fill(cpu);
        if (coherence->flips < 2)
            coherence->flips++;
    }
    mm_frame_note_fetch(cpu->config.mm, frame);
    return UC_PROT_READ | UC_PROT_EXEC;
}

static uint64_t physical_of(const struct cpu *cpu, pfn_t frame)
{
    return cpu->ram_base + (uint64_t)frame.index * MMU_PAGE_SIZE;
}

static bool answer(struct cpu *cpu, uc_tlb_entry *entry, uint64_t physical, unsigned rights)
{
    if (cpu->flush_wanted)
        flush_in_fill(cpu);
    entry->paddr = physical;
    entry->perms = (uc_prot)rights;
    return true;
}

/* While probing nothing is resolved, and the page in question leads nowhere. */
static bool fill_probe(struct cpu *cpu, va_t page, enum mmu_access access, uc_tlb_entry *entry)
{
    if (page == cpu->probe_page && access != MMU_EXECUTE)
        return answer(cpu, entry, CPU_NOWHERE, UC_PROT_READ | UC_PROT_WRITE);
    struct mmu_result result = cpu->walk(&cpu->config.ram, cpu->root, page, access, MMU_USER);
    if (result.outcome != MMU_OK)
        return false;
    uint64_t physical = physical_of(cpu, result.frame);
    if (access == MMU_EXECUTE)
        return answer(cpu, entry, physical, fill_fetch(cpu, result.frame));
    if (access == MMU_WRITE) /* the part of a straddling store that could be done is not done */
        return answer(cpu, entry, CPU_SCRATCH, UC_PROT_READ | UC_PROT_WRITE);
    return answer(cpu, entry, physical, UC_PROT_READ);
}

static bool fill(struct cpu *cpu, va_t page, enum mmu_access access, uc_tlb_entry *entry)
{
    struct mmu_result result;

    if (access == MMU_EXECUTE) {
        if (!cpu_fetch(cpu, page, &result))
            return false;
        return answer(cpu, entry, physical_of(cpu, result.frame), fill_fetch(cpu, result.frame));
    }
    result = cpu->walk(&cpu->config.ram, cpu->root, page, access, cpu->mode);
    if (result.outcome != MMU_OK) {
        bool valid = cpu->phase == CPU_RUNNING ? resolve_data(cpu, page, &access, &result)
                                               : cpu_make_valid(cpu, page, access, cpu->mode, &result);
        if (!valid)
            return false;
    }
    if (access == MMU_READ && cpu_watches_clock(cpu, page))
        return answer(cpu, entry, CPU_CLOCK, UC_PROT_READ);
    unsigned rights = access == MMU_WRITE ? fill_write(cpu, page, result.frame) : UC_PROT_READ;
    return answer(cpu, entry, physical_of(cpu, result.frame), rights);
}

static bool on_tlb_fill(uc_engine *uc, uint64_t va, uc_mem_type type, uc_tlb_entry *entry, void *context)
{
    struct cpu *cpu = context;
    va_t page = cpu_page(va);
    enum mmu_access access = type == UC_MEM_FETCH ? MMU_EXECUTE : type == UC_MEM_WRITE ? MMU_WRITE : MMU_READ;

    if (cpu->window_open && page >= CPU_WINDOW) {
        entry->paddr = page - CPU_WINDOW + cpu->ram_base;
        entry->perms = UC_PROT_READ | UC_PROT_EXEC;
        return true;
    }
    if (!cpu_is_64(cpu))
        page = (uint32_t)page; /* some jumps arrive sign-extended */
    switch (cpu->phase) {
    case CPU_IDLE: return false;
    case CPU_PROBING: return fill_probe(cpu, page, access, entry);
    case CPU_ENTERING:
    case CPU_RUNNING: break;
    }
    if (cpu->next != CPU_GO_ON) /* on the way out: nothing may happen any more */
        return false;
    return fill(cpu, page, access, entry);
}

uc_err cpu_install_tlb_range(struct cpu *cpu, va_t first, va_t last, uc_hook *ret_hook)
{
    return uc_hook_add(cpu->uc, ret_hook, UC_HOOK_TLB_FILL, cpu_hook_pointer((cpu_hook_fn *)on_tlb_fill), cpu, first,
                       last);
}

uc_err cpu_install_tlb(struct cpu *cpu)
{
    uc_hook hook;
    return cpu_install_tlb_range(cpu, 1, 0, &hook);
}
