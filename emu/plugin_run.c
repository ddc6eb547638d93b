/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugin_run.c - sf_run(): uc_emu_start() that comes back only for the caller.
 *
 * Unicorn fetches ahead of the program (unicorn.md fact 3): a fetch fill for a page that the program has not reached
 * fails with CPU_STEP.  Then instructions are run one at a time, each with its own end as `until`, which keeps the
 * translator from looking further: no trap flag, so that the caller's flags and interrupt hooks see nothing.  Stepping
 * ends where the page is reached, where the instruction itself straddles into it, or at a branch, which ends its block.
 *
 * A count is kept in the same way; Unicorn's own would fetch one instruction more.
 *
 * A refused fault knows its page; address.c runs the instruction once more to learn the address.  That must leave no
 * mark: the engine's whole context is put back. */
#include <time.h>

#include "emu/plugin_internal.h"
#include "emu/public.h"

enum { WIDEST_STORE = 512 }; /* bytes: fxsave */

struct run {
    struct sf_plugin *plugin;
    uint64_t until;
    uint64_t deadline; /* microseconds; 0: none */
    size_t count;      /* instructions left; 0: no end */
    bool counting;
    uc_err error; /* of the last entry */
};

static struct sf_plugin *plugin_of(struct cpu *cpu)
{
    return cpu->config.env->context;
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

/* --- Code, wherever it is ---------------------------------------------------------------------------------- */

static size_t peek_claim(struct cpu *cpu, va_t va, uint8_t *bytes, size_t length)
{
    struct mmu_result page = cpu->look(&cpu->config.ram, cpu->root, va, MMU_EXECUTE, MMU_USER);
    if (page.outcome != MMU_OK)
        return 0;
    memcpy(bytes, mm_frame_read(cpu->config.mm, page.frame) + (va & MMU_PAGE_MASK), length);
    return length;
}

size_t plugin_peek_code(struct cpu *cpu, va_t ip, uint8_t *bytes, size_t length)
{
    size_t done = 0, got = 1;
    va_t end;
    for (; done < length && got > 0; done += got) {
        va_t va = cpu_is_64(cpu) ? ip + done : (uint32_t)(ip + done);
        size_t run = MMU_PAGE_SIZE - (va & MMU_PAGE_MASK);
        if (run > length - done)
            run = length - done;
        if (plugin_claims(plugin_of(cpu), va, &end))
            got = peek_claim(cpu, va, bytes + done, run);
        else
            got = uc_mem_read(cpu->uc, va, bytes + done, run) == UC_ERR_OK ? run : 0;
    }
    return done;
}

/* --- Refusing ---------------------------------------------------------------------------------------------- */

/* An address that is nobody's, though it could be seen. */
static void refuse(struct cpu *cpu, va_t va, enum mmu_access access)
{
    static const uint64_t kind[] = {[MMU_READ] = EXCEPTION_READ_FAULT,
                                    [MMU_WRITE] = EXCEPTION_WRITE_FAULT,
                                    [MMU_EXECUTE] = EXCEPTION_EXECUTE_FAULT};
    struct mm_fault fault = {.va = va,
                             .access = access,
                             .mode = MMU_USER,
                             .type = MM_FAULT_TYPE_ACCESS_VIOLATION,
                             .vad = "none",
                             .status = STATUS_ACCESS_VIOLATION,
                             .parameter_count = 2,
                             .information = {kind[access], va}};
    cpu->next = CPU_LEAVE;
    cpu->stop = (struct cpu_stop){.reason = CPU_STOP_EXCEPTION,
                                  .status = fault.status,
                                  .address = cpu_ip(cpu),
                                  .parameter_count = 2,
                                  .information = {kind[access], va},
                                  .fault = fault};
    cpu->exact_address_wanted = access != MMU_EXECUTE;
}

bool plugin_hide_ram(uc_engine *uc, uint64_t va, uc_mem_type type, uc_tlb_entry *entry, void *context)
{
    struct sf_plugin *plugin = context;
    struct cpu *cpu = &plugin->cpu;
    va_t page = cpu_page(va), end;
    enum mmu_access access = type == UC_MEM_FETCH ? MMU_EXECUTE : type == UC_MEM_WRITE ? MMU_WRITE : MMU_READ;

    if (cpu->phase == CPU_PROBING && page == cpu->probe_page) {
        entry->paddr = CPU_NOWHERE;
        entry->perms = UC_PROT_READ | UC_PROT_WRITE;
        return true;
    }
    if (plugin_claims(plugin, page, &end) || cpu->phase != CPU_RUNNING || cpu->next != CPU_GO_ON)
        return false; /* the claim's own hook has answered */
    va_t ip = cpu_ip(cpu);
    if (access == MMU_EXECUTE && page != cpu_page(ip)) {
        cpu->next = CPU_STEP;
    } else {
        refuse(cpu, access == MMU_EXECUTE ? ip : page, access);
        if (plugin_is_ahead(plugin, access, ip))
            cpu->stop.reason = CPU_STOP_WAIT;
    }
    return false;
}

/* Bytes of the caller's, beside a page. */
struct border {
    va_t va;
    bool saved;
    uint8_t bytes[WIDEST_STORE];
};

static void save_border(struct cpu *cpu, va_t va, struct border *border)
{
    va_t end;
    border->va = va;
    border->saved = !plugin_claims(plugin_of(cpu), va, &end) &&
                    uc_mem_read(cpu->uc, va, border->bytes, sizeof border->bytes) == UC_ERR_OK;
}

static void restore_border(struct cpu *cpu, const struct border *border)
{
    uint8_t now[WIDEST_STORE];
    if (border->saved && uc_mem_read(cpu->uc, border->va, now, sizeof now) == UC_ERR_OK &&
        memcmp(border->bytes, now, sizeof now) != 0)
        uc_mem_write(cpu->uc, border->va, border->bytes, sizeof border->bytes);
}

/* cpu_probe_address(), with the engine as before after it.  A store that straddles between page and the caller's memory
 * does a part there, where the probe cannot lead it astray: those bytes are put back. */
static bool probe(struct cpu *cpu, va_t page, va_t *ret_va)
{
    struct border below, above;
    uc_context *whole;

    if (uc_context_alloc(cpu->uc, &whole) != UC_ERR_OK)
        return false;
    uc_context_save(cpu->uc, whole);
    save_border(cpu, page - WIDEST_STORE, &below);
    save_border(cpu, page + MMU_PAGE_SIZE, &above);
    bool known = cpu_probe_address(cpu, page, ret_va);
    restore_border(cpu, &below);
    restore_border(cpu, &above);
    uc_context_restore(cpu->uc, whole);
    uc_context_free(whole);
    return known;
}

/* The address of the fault becomes exact. */
static void make_exact(struct cpu *cpu)
{
    struct cpu_stop *stop = &cpu->stop;
    va_t page = cpu_page(stop->fault.va), va;

    cpu->exact_address_wanted = false;
    if (!probe(cpu, page, &va)) {
        const struct instruction *instruction = cpu_instruction_at(cpu, stop->address);
        if (!instruction || !cpu_operand_in_page(cpu, instruction, page, stop->fault.access, &va))
            return;
    }
    stop->fault.va = va;
    if (stop->fault.parameter_count >= 2 && cpu_page(stop->fault.information[1]) == page)
        stop->fault.information[1] = va;
}

/* A general protection fault (a non-canonical address) has no struct mm_fault: make one. */
static void complete(struct cpu_stop *stop)
{
    struct mm_fault *fault = &stop->fault;
    if (stop->reason == CPU_STOP_BUGCHECK) {
        fault->status = fault->bugcheck.code;
        fault->parameter_count = 3;
        memcpy(fault->information, fault->bugcheck.parameter, sizeof fault->information);
    } else if (fault->type == MM_FAULT_TYPE_NONE) {
        fault->type = MM_FAULT_TYPE_ACCESS_VIOLATION;
        fault->vad = "none";
        fault->status = stop->status;
        fault->parameter_count = stop->parameter_count;
        memcpy(fault->information, stop->information, sizeof fault->information);
        fault->va = stop->information[1];
    }
}

/* --- Entering ---------------------------------------------------------------------------------------------- */

/* Enter Unicorn once; cpu->next says what became of it. */
static void enter(struct run *run, va_t until, size_t count)
{
    struct cpu *cpu = &run->plugin->cpu;
    uint64_t timeout = 0;

    if (run->deadline) {
        uint64_t time = now();
        timeout = time < run->deadline ? run->deadline - time : 1;
    }
    cpu->next = CPU_GO_ON;
    cpu_settle(cpu);
    run->error = uc_emu_start(cpu->uc, cpu_ip(cpu), until, timeout, count);
}

/* The page that a fill was refused for because the program is not there yet: the next one after EIP's. */
static va_t page_ahead(struct cpu *cpu)
{
    va_t page = cpu_page(cpu_ip(cpu)) + MMU_PAGE_SIZE;
    return cpu_is_64(cpu) ? page : (uint32_t)page;
}

/* The program fetches at va. */
static void reach(struct sf_plugin *plugin, va_t va)
{
    struct mmu_result result;
    va_t end;
    plugin->cpu.next = CPU_GO_ON;
    if (!plugin_claims(plugin, va, &end))
        refuse(&plugin->cpu, va, MMU_EXECUTE);
    else
        cpu_make_valid(&plugin->cpu, va, MMU_EXECUTE, MMU_USER, &result);
}

bool plugin_is_ahead(const struct sf_plugin *plugin, enum mmu_access access, va_t ip)
{
    return plugin->branching && access == MMU_EXECUTE && ip != plugin->branch;
}

/* One instruction that goes elsewhere: the fetch of what is there is not part of it, and is refused with WAIT. */
static void enter_branch(struct run *run)
{
    struct sf_plugin *plugin = run->plugin;
    plugin->branching = true;
    plugin->branch = cpu_ip(&plugin->cpu);
    enter(run, run->until, 1);
    plugin->branching = false;
    if (plugin->cpu.next == CPU_LEAVE && plugin->cpu.stop.reason == CPU_STOP_WAIT) {
        plugin->cpu.next = CPU_GO_ON;
        run->error = UC_ERR_OK;
    }
}

enum advance {
    ADVANCE_STRAIGHT,  /* to the next instruction in memory */
    ADVANCE_ELSEWHERE, /* it ends its block: nothing is fetched ahead */
    ADVANCE_STRADDLES, /* it ends in a page that is not there */
    ADVANCE_ABSENT,    /* it begins in one */
};

/* What the instruction at EIP will do.  => *ret_end: the address after it, where it goes straight on. */
static enum advance look(struct cpu *cpu, va_t *ret_end)
{
    static const uint8_t branches[] = {CS_GRP_JUMP, CS_GRP_CALL, CS_GRP_RET, CS_GRP_INT, CS_GRP_IRET};
    uint8_t bytes[INSTRUCTION_MAX];
    va_t ip = cpu_ip(cpu);
    size_t length = plugin_peek_code(cpu, ip, bytes, sizeof bytes);
    const uint8_t *code = bytes;
    uint64_t address = ip;

    if (length == 0)
        return ADVANCE_ABSENT;
    bool whole = length == sizeof bytes;
    if (!cs_disasm_iter(cpu->disassembler, &code, &length, &address, cpu->scratch_instruction))
        return whole ? ADVANCE_ELSEWHERE : ADVANCE_STRADDLES; /* whatever it is */
    for (size_t i = 0; i < sizeof branches; i++)
        if (cs_insn_group(cpu->disassembler, cpu->scratch_instruction, branches[i]))
            return ADVANCE_ELSEWHERE;
    *ret_end = ip + cpu->scratch_instruction->size;
    return cpu->scratch_instruction->id == X86_INS_HLT ? ADVANCE_ELSEWHERE : ADVANCE_STRAIGHT;
}

enum stepped {
    STEPPED_NOWHERE, /* the page that the instruction reaches into was made valid, or refused */
    STEPPED_ONE,     /* straight on */
    STEPPED_OUT,     /* as if the caller had entered Unicorn */
};

static enum stepped step_straight(struct run *run, va_t end)
{
    struct cpu *cpu = &run->plugin->cpu;
    enter(run, end, 0);
    bool arrived = cpu->next == CPU_GO_ON && run->error == UC_ERR_OK && cpu_ip(cpu) == end;
    return arrived ? STEPPED_ONE : STEPPED_OUT;
}

/* One instruction, and nothing that it does not need. */
static enum stepped step(struct run *run)
{
    struct cpu *cpu = &run->plugin->cpu;
    enum stepped stepped = STEPPED_OUT;
    va_t end = 0;

    switch (look(cpu, &end)) {
    case ADVANCE_STRAIGHT: stepped = step_straight(run, end); break;
    case ADVANCE_ELSEWHERE:
        if (run->counting)
            enter_branch(run);
        else
            enter(run, run->until, 0);
        break;
    case ADVANCE_STRADDLES: reach(run->plugin, page_ahead(cpu)); return STEPPED_NOWHERE;
    case ADVANCE_ABSENT:
        if (!plugin_claims(run->plugin, cpu_ip(cpu), &end)) {
            enter(run, run->until, 0); /* Unicorn says what it thinks of it */
            break;
        }
        reach(run->plugin, cpu_ip(cpu));
        return STEPPED_NOWHERE;
    }
    if (cpu->next != CPU_STEP)
        return stepped;
    reach(run->plugin, page_ahead(cpu)); /* it is longer than we thought */
    return STEPPED_NOWHERE;
}

/* Step to the page that is not there yet, or to where the program turns away from it. */
static enum stepped step_to_page(struct run *run)
{
    struct cpu *cpu = &run->plugin->cpu;
    va_t page = page_ahead(cpu);
    enum stepped stepped;

    do
        stepped = step(run);
    while (stepped == STEPPED_ONE && !cpu->stop_requested && cpu_ip(cpu) != run->until &&
           cpu_page(cpu_ip(cpu)) != page);
    return stepped;
}

/* --- Stopping ---------------------------------------------------------------------------------------------- */

static enum sf_stop by_fault(struct sf_plugin *plugin, struct sf_fault *ret_fault)
{
    struct cpu_stop *stop = &plugin->cpu.stop;
    struct sf_fault fault;

    if (stop->reason == CPU_STOP_REQUESTED)
        return SF_STOP_ASKED;
    if (stop->reason == CPU_STOP_BROKEN || stop->reason == CPU_STOP_WAIT) {
        plugin->error = UC_ERR_EXCEPTION;
        return SF_STOP_ERROR;
    }
    if (plugin->cpu.exact_address_wanted)
        make_exact(&plugin->cpu);
    complete(stop);
    public_fault(&stop->fault, stop->address, &fault);
    if (stop->reason == CPU_STOP_BUGCHECK)
        fault.type = "BugCheck";
    if (plugin->observe)
        plugin->observe(plugin->observe_context, &fault);
    if (ret_fault)
        *ret_fault = fault;
    return SF_STOP_FAULT;
}

/* Unicorn came back of its own: for whom?  => false: nobody, run on. */
static bool is_over(struct run *run, enum stepped stepped, enum sf_stop *ret_stop)
{
    struct cpu *cpu = &run->plugin->cpu;
    size_t timed_out = 0;

    if (run->error != UC_ERR_OK) {
        run->plugin->error = run->error;
        *ret_stop = SF_STOP_ERROR;
        return true;
    }
    uc_query(cpu->uc, UC_QUERY_TIMEOUT, &timed_out);
    bool done = run->counting && --run->count == 0;
    *ret_stop = cpu->stop_requested                                      ? SF_STOP_ASKED
                : cpu_ip(cpu) == run->until                              ? SF_STOP_UNTIL
                : done                                                   ? SF_STOP_COUNT
                : run->deadline && (timed_out || now() >= run->deadline) ? SF_STOP_TIMEOUT
                                                                         : SF_STOP_ASKED;
    return *ret_stop != SF_STOP_ASKED || cpu->stop_requested || (stepped == STEPPED_OUT && !run->counting);
}

static enum sf_stop run_on(struct run *run, struct sf_fault *ret_fault)
{
    struct cpu *cpu = &run->plugin->cpu;
    enum sf_stop stop;

    for (;;) {
        enum stepped stepped = STEPPED_OUT;
        if (run->counting) {
            stepped = step(run);
        } else {
            enter(run, run->until, 0);
            if (cpu->next == CPU_STEP)
                stepped = step_to_page(run);
        }
        if (cpu->next == CPU_LEAVE)
            return by_fault(run->plugin, ret_fault);
        if (stepped != STEPPED_NOWHERE && is_over(run, stepped, &stop))
            return stop;
    }
}

/* uc_ctl_get_exits_cnt(), which shifts into the sign bit. */
static bool has_exits(uc_engine *uc)
{
    const unsigned one_argument = 1u << 26;
    size_t exits; /* can be asked only where they are enabled */
    return uc_ctl(uc, (uc_control_type)(UC_CTL_UC_EXITS_CNT | one_argument | (unsigned)UC_CTL_IO_READ << 30), &exits) ==
           UC_ERR_OK;
}

enum sf_stop sf_run(struct sf_plugin *plugin, uint64_t begin, uint64_t until, uint64_t timeout, size_t count,
                    struct sf_fault *ret_fault)
{
    struct run run = {.plugin = plugin, .until = until, .count = count, .counting = count > 0};
    struct cpu *cpu = &plugin->cpu;

    plugin->error = UC_ERR_ARG;
    if (plugin->running || plugin->reading || has_exits(cpu->uc))
        return SF_STOP_ERROR;
    plugin->error = UC_ERR_OK;
    if (timeout)
        run.deadline = now() + timeout;
    uc_reg_write(cpu->uc, cpu_is_64(cpu) ? UC_X86_REG_RIP : UC_X86_REG_EIP, &begin);
    cpu->stop = (struct cpu_stop){0};
    cpu->exact_address_wanted = false;
    cpu->stop_requested = false;
    cpu->phase = CPU_RUNNING;
    plugin->running = true;
    enum sf_stop stop = run_on(&run, ret_fault);
    cpu->phase = CPU_IDLE;
    plugin->running = false;
    cpu_settle(cpu);
    return stop;
}

void sf_request_stop(struct sf_plugin *plugin)
{
    plugin->cpu.stop_requested = true;
    uc_emu_stop(plugin->cpu.uc);
}

int sf_error(const struct sf_plugin *plugin)
{
    return (int)plugin->error;
}
