/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpu.c - one virtual CPU: making it, running it, stopping it.
 *
 * cpu_run() enters Unicorn, which stays inside for as long as page faults can be resolved and system calls answered by
 * the callbacks.  A callback that wants out records why (cpu->next, cpu->stop); from then on every TLB fill fails and
 * every other callback does nothing, until Unicorn has come back. */
#include <stdlib.h>
#include <string.h>

#include "emu/cpu_internal.h"
#include "emu/host_memory.h"

/* NT 5.2 knows no rdgsbase and its kin: #UD. */
static uc_err hide_fsgsbase(struct cpu *cpu)
{
    const uint64_t fsgsbase = UINT64_C(1) << 16;
    uint64_t cr4 = 0;
    uc_err error = uc_reg_read(cpu->uc, UC_X86_REG_CR4, &cr4);
    if (error != UC_ERR_OK || !(cr4 & fsgsbase))
        return error;
    cr4 &= ~fsgsbase;
    return uc_reg_write(cpu->uc, UC_X86_REG_CR4, &cr4);
}

static const char *open_engine(struct cpu *cpu)
{
    const struct mmu_ram *ram = &cpu->config.ram;
    uc_err error = uc_open(UC_ARCH_X86, cpu_is_64(cpu) ? UC_MODE_64 : UC_MODE_32, &cpu->uc);

    if (error == UC_ERR_OK)
        error = uc_ctl_tlb_mode(cpu->uc, UC_TLB_VIRTUAL);
    if (error == UC_ERR_OK)
        error = uc_mem_map_ptr(cpu->uc, 0, (uint64_t)ram->frame_count * MMU_PAGE_SIZE, UC_PROT_ALL, ram->base);
    if (error == UC_ERR_OK)
        error = uc_mem_map(cpu->uc, CPU_SCRATCH, MMU_PAGE_SIZE, UC_PROT_ALL);
    if (error == UC_ERR_OK)
        error = uc_ctl_exits_enable(cpu->uc); /* with no exits: an `until` address would be fetched at every return */
    if (error == UC_ERR_OK)
        error = hide_fsgsbase(cpu);
    if (error == UC_ERR_OK)
        error = cpu_install_tlb(cpu);
    if (error == UC_ERR_OK)
        error = cpu_install_clock(cpu);
    if (error == UC_ERR_OK)
        error = uc_context_alloc(cpu->uc, &cpu->boot);
    if (error == UC_ERR_OK)
        error = uc_context_alloc(cpu->uc, &cpu->user);
    return error == UC_ERR_OK ? NULL : uc_strerror(error);
}

static size_t coherence_size(const struct cpu *cpu)
{
    return (size_t)cpu->config.ram.frame_count * sizeof *cpu->frames;
}

bool cpu_coherence_open(struct cpu *cpu)
{
    cpu->frames = host_memory_map(coherence_size(cpu), HOST_MEMORY_SPARSE);
    return cpu->frames != NULL;
}

void cpu_coherence_close(struct cpu *cpu)
{
    host_memory_unmap(cpu->frames, coherence_size(cpu));
}

struct cpu *cpu_create(const struct cpu_config *config, const char **ret_error)
{
    struct cpu *cpu = calloc(1, sizeof *cpu);
    const char *error = "not enough memory";

    if (cpu) {
        cpu->config = *config;
        cpu->walk = mmu_walker(config->format);
        cpu->look = mmu_looker(config->format);
        cpu->walk_end = mmu_walk_ender(config->format);
        cpu->ring3 = cpu_is_64(cpu) ? &ring3_x64 : &ring3_x86;
        cpu->mode = MMU_USER;
        cpu->generation = 1;
    }
    if (cpu && cpu_coherence_open(cpu)) {
        error = open_engine(cpu);
        if (!error)
            error = cpu_install_traps(cpu);
        if (!error && !cpu_operands_open(cpu))
            error = "Capstone cannot be opened";
    }
    if (error) {
        cpu_destroy(cpu);
        if (ret_error)
            *ret_error = error;
        return NULL;
    }
    return cpu;
}

void cpu_destroy(struct cpu *cpu)
{
    if (!cpu)
        return;
    cpu_operands_close(cpu);
    if (cpu->boot)
        uc_context_free(cpu->boot);
    if (cpu->user)
        uc_context_free(cpu->user);
    if (cpu->uc)
        uc_close(cpu->uc);
    cpu_coherence_close(cpu);
    free(cpu);
}

void cpu_attach(struct cpu *cpu, mm_process process, uint32_t thread)
{
    cpu->thread = thread;
    if (cpu->attached && cpu->process == process)
        return;
    cpu->process = process;
    cpu->root = mm_process_root(cpu->config.mm, process);
    cpu->attached = true;
    cpu->flush_wanted = true;
}

void cpu_detach(struct cpu *cpu, mm_process process)
{
    if (cpu->process == process)
        cpu->attached = false;
}

void cpu_request_stop(struct cpu *cpu)
{
    cpu->stop_requested = true;
    uc_emu_stop(cpu->uc);
}

static void broken(struct cpu *cpu, const char *text)
{
    cpu->next = CPU_LEAVE;
    cpu->stop = (struct cpu_stop){.reason = CPU_STOP_BROKEN, .text = text, .address = cpu_ip(cpu)};
}

/* Write the registers that a callback has left for us. */
static void apply_pending(struct cpu *cpu)
{
    if (cpu->pending) {
        cpu->stepping = false;
        cpu_write_registers(cpu, &cpu->pending_registers);
    }
    if (cpu->undo)
        cpu_set_float_state(cpu, &cpu->pending_float);
    cpu->pending = cpu->undo = false;
}

static void requested(struct cpu *cpu)
{
    cpu->stop_requested = false;
    cpu->next = CPU_LEAVE;
    cpu->stop = (struct cpu_stop){.reason = CPU_STOP_REQUESTED, .address = cpu_ip(cpu)};
}

/* Enter Unicorn once. */
static void run_once(struct cpu *cpu)
{
    cpu->next = CPU_GO_ON;
    if (cpu->poisoned)
        cpu_cleanse(cpu);
    if (cpu->count_wanted)
        cpu_begin_counting(cpu);
    cpu_settle(cpu);
    uc_err error = uc_emu_start(cpu->uc, cpu_ip(cpu), 0, 0, 0);
    apply_pending(cpu);
    switch (cpu->next) {
    case CPU_STEP: cpu_begin_stepping(cpu); break;
    case CPU_AGAIN:
    case CPU_LEAVE: break;
    case CPU_GO_ON:
        if (cpu->stop_requested)
            requested(cpu);
        else
            broken(cpu, error == UC_ERR_OK ? "the CPU stopped by itself" : uc_strerror(error));
        break;
    }
}

/* A fault that only knows its page becomes exact. */
static void make_exact(struct cpu *cpu)
{
    struct cpu_stop *stop = &cpu->stop;
    va_t page = cpu_page(stop->fault.va), va;
    const struct instruction *instruction = cpu_instruction_at(cpu, stop->address);

    cpu->exact_address_wanted = false;
    if (instruction && (instruction->flags & INSTRUCTION_PORT)) {
        /* ins and outs are refused before they touch memory */
        *stop = (struct cpu_stop){
            .reason = CPU_STOP_EXCEPTION, .status = STATUS_PRIVILEGED_INSTRUCTION, .address = stop->address};
        return;
    }
    if (!cpu_probe_address(cpu, page, &va) &&
        !(instruction && cpu_operand_in_page(cpu, instruction, page, stop->fault.access, &va)))
        return;
    stop->fault.va = va;
    if (stop->parameter_count >= 2 && cpu_page(stop->information[1]) == page) {
        stop->information[1] = va;
        stop->fault.information[1] = va;
    }
}

void cpu_run(struct cpu *cpu, struct cpu_stop *ret_stop)
{
    cpu->stop = (struct cpu_stop){0};
    cpu->exact_address_wanted = false;
    cpu->phase = CPU_RUNNING;
    cpu->mode = MMU_USER;
    if (!cpu->entered || !cpu->attached)
        broken(cpu, "cpu_run() before cpu_enter_user()");
    else
        do {
            if (cpu->stop_requested)
                requested(cpu);
            else
                run_once(cpu);
        } while (cpu->next != CPU_LEAVE);
    cpu_end_stepping(cpu);
    cpu->phase = CPU_IDLE;
    if (cpu->exact_address_wanted)
        make_exact(cpu);
    *ret_stop = cpu->stop;
}
