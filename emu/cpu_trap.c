/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpu_trap.c - what the CPU raises by itself: system calls and the trap table of design.md (unicorn.md fact 10).
 *
 * Unicorn reports a software interrupt (CD nn) and the exception of the same number alike, except that EIP is after the
 * one and at the other.  NT's gates for nearly all numbers are closed to ring 3, so that `int nn` is a #GP at the
 * instruction; which of the two happened is told by what the instruction at EIP can raise at all. */
#include "emu/cpu_internal.h"

enum {
    TRAP_DIVIDE = 0,
    TRAP_DEBUG = 1,
    TRAP_BREAKPOINT = 3,
    TRAP_OVERFLOW = 4,
    TRAP_BOUND = 5,
    TRAP_INVALID = 6,
    TRAP_PROTECTION = 13,
    TRAP_X87 = 16,
    TRAP_DEBUG_SERVICE = 0x2D,
    TRAP_SYSTEM_CALL = 0x2E,
    INT_LENGTH = 2, /* CD nn */
    INT_OPCODE = 0xCD,
    ICEBP_OPCODE = 0xF1,
};

#define STATUS_FLOAT_DENORMAL_OPERAND 0xC000008Du
#define STATUS_FLOAT_DIVIDE_BY_ZERO 0xC000008Eu
#define STATUS_FLOAT_INEXACT_RESULT 0xC000008Fu
#define STATUS_FLOAT_INVALID_OPERATION 0xC0000090u
#define STATUS_FLOAT_OVERFLOW 0xC0000091u
#define STATUS_FLOAT_STACK_CHECK 0xC0000092u
#define STATUS_FLOAT_UNDERFLOW 0xC0000093u

/* Leave Unicorn after this callback. */
static void leave(struct cpu *cpu, enum cpu_next next)
{
    cpu->next = next;
    uc_emu_stop(cpu->uc);
}

/* The registers with which the thread is seen from now on: ip. */
static void set_ip_on_leaving(struct cpu *cpu, va_t ip)
{
    if (!cpu->pending) {
        cpu_get_registers(cpu, &cpu->pending_registers);
        cpu->pending = true;
    }
    cpu->pending_registers.ip = ip;
}

void cpu_raise(struct cpu *cpu, ntstatus_t status, va_t address)
{
    cpu->stop = (struct cpu_stop){.reason = CPU_STOP_EXCEPTION, .status = status, .address = address};
    leave(cpu, CPU_LEAVE);
}

void cpu_raise_general_protection(struct cpu *cpu, va_t address)
{
    cpu_raise(cpu, STATUS_ACCESS_VIOLATION, address);
    cpu->stop.parameter_count = 2;
    cpu->stop.information[0] = EXCEPTION_READ_FAULT;
    cpu->stop.information[1] = cpu_is_64(cpu) ? UINT64_MAX : UINT32_MAX;
}

/* --- Interrupts ---------------------------------------------------------------------------------------------- */

/* next: the address behind the instruction. */
static void system_call(struct cpu *cpu, const struct cpu_system_call *call, va_t next)
{
    cpu->in_callback = true;
    enum cpu_action action = cpu->config.env->system_call(cpu->config.env->context, call);
    cpu->in_callback = false;
    switch (action) {
    case CPU_CONTINUE:
        cpu_settle(cpu);
        if (cpu->pending || cpu->stop_requested || cpu->count_wanted)
            leave(cpu, CPU_AGAIN);
        return;
    case CPU_STOP:
        cpu->stop = (struct cpu_stop){.reason = CPU_STOP_REQUESTED, .address = next};
        leave(cpu, CPU_LEAVE);
        return;
    case CPU_REWIND:
        cpu->pending = false;
        set_ip_on_leaving(cpu, next - INT_LENGTH); /* syscall has the same length; prefixes mean nothing */
        cpu->stop = (struct cpu_stop){.reason = CPU_STOP_WAIT, .address = next - INT_LENGTH};
        leave(cpu, CPU_LEAVE);
        return;
    }
}

static void system_call_x86(struct cpu *cpu)
{
    struct cpu_registers registers;

    cpu_end_stepping(cpu);
    cpu_read_registers(cpu, &registers);
    system_call(cpu,
                &(struct cpu_system_call){.number = (uint32_t)registers.general[CPU_RAX],
                                          .stack_arguments = registers.general[CPU_RDX]},
                registers.ip);
}

/* Bytes of the syscall instruction at rip, prefixes included. */
static unsigned syscall_length(struct cpu *cpu, va_t rip)
{
    uint8_t bytes[INT_LENGTH];
    const struct instruction *instruction;
    if (cpu_peek_code(cpu, rip, bytes, INT_LENGTH) == INT_LENGTH && bytes[0] == 0x0F)
        return INT_LENGTH;
    instruction = cpu_instruction_at(cpu, rip);
    return instruction ? instruction->length : INT_LENGTH;
}

/* Unicorn calls with RIP at the instruction, and leaves it to us to set RCX and R11. */
static void system_call_x64(struct cpu *cpu)
{
    static const int names[] = {UC_X86_REG_RAX, UC_X86_REG_R10, UC_X86_REG_RDX, UC_X86_REG_R8,
                                UC_X86_REG_R9,  UC_X86_REG_RSP, UC_X86_REG_RIP, UC_X86_REG_RFLAGS};
    static const int clobbered[] = {UC_X86_REG_RCX, UC_X86_REG_R11};
    enum { HOME_AND_RETURN = 0x28 };
    struct cpu_system_call call = {.register_count = 4};
    uint64_t *r = call.register_arguments;
    uint64_t rax, rsp, rip, flags;
    void *places[] = {&rax, &r[0], &r[1], &r[2], &r[3], &rsp, &rip, &flags};

    cpu_end_stepping(cpu);
    uc_reg_read_batch(cpu->uc, names, places, sizeof names / sizeof *names);
    cpu->ip_behind = syscall_length(cpu, rip);
    rip += cpu->ip_behind;
    uc_reg_write_batch(cpu->uc, clobbered, (void *const[]){&rip, &flags}, 2);
    call.number = (uint32_t)rax;
    call.stack_arguments = rsp + HOME_AND_RETURN;
    system_call(cpu, &call, rip);
    cpu->ip_behind = 0;
}

/* Is the interrupt that of an `int nn` before ip rather than of the instruction at ip? */
static bool is_software_interrupt(struct cpu *cpu, uint32_t number, va_t ip)
{
    static const uint16_t cause[TRAP_X87 + 1] = {
        [TRAP_DIVIDE] = INSTRUCTION_DIVIDES,
        [TRAP_BOUND] = INSTRUCTION_BOUND,
        [TRAP_PROTECTION] = INSTRUCTION_PRIVILEGED | INSTRUCTION_READS_DESCRIPTOR,
        [TRAP_X87] = INSTRUCTION_X87,
    };
    uint8_t bytes[INT_LENGTH];

    if (number > TRAP_X87 && number != 17 && number != 19)
        return true; /* no exception has such a number */
    if (cpu_peek_code(cpu, ip - INT_LENGTH, bytes, INT_LENGTH) != INT_LENGTH || bytes[0] != INT_OPCODE ||
        bytes[1] != number)
        return false;
    if (number > TRAP_X87 || cause[number] == 0)
        return true;
    const struct instruction *instruction = cpu_instruction_at(cpu, ip);
    return instruction && !(instruction->flags & cause[number]);
}

/* #MF: the first exception that is pending and not masked, at the instruction that caused it. */
static void raise_x87(struct cpu *cpu)
{
    static const struct {
        uint16_t bit;
        ntstatus_t status;
    } table[] = {{0x01, STATUS_FLOAT_INVALID_OPERATION}, {0x04, STATUS_FLOAT_DIVIDE_BY_ZERO},
                 {0x02, STATUS_FLOAT_DENORMAL_OPERAND},  {0x08, STATUS_FLOAT_OVERFLOW},
                 {0x10, STATUS_FLOAT_UNDERFLOW},         {0x20, STATUS_FLOAT_INEXACT_RESULT}};
    uint16_t status = 0, control = 0;
    uint64_t address = 0;
    uc_reg_read(cpu->uc, UC_X86_REG_FPSW, &status);
    uc_reg_read(cpu->uc, UC_X86_REG_FPCW, &control);
    uc_reg_read(cpu->uc, UC_X86_REG_FIP, &address);
    unsigned pending = status & ~control;
    ntstatus_t code = STATUS_FLOAT_INVALID_OPERATION;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (pending & table[i].bit) {
            code = table[i].status;
            break;
        }
    }
    if (code == STATUS_FLOAT_INVALID_OPERATION && (status & 0x40))
        code = STATUS_FLOAT_STACK_CHECK;
    cpu_raise(cpu, code, address);
    cpu->stop.parameter_count = 1;
}

static void raise_protection(struct cpu *cpu, va_t ip)
{
    const struct instruction *instruction = cpu_instruction_at(cpu, ip);
    if (instruction && (instruction->flags & INSTRUCTION_PRIVILEGED))
        cpu_raise(cpu, STATUS_PRIVILEGED_INSTRUCTION, ip);
    else
        cpu_raise_general_protection(cpu, ip);
}

static void raise_breakpoint(struct cpu *cpu, va_t address)
{
    struct cpu_registers registers;
    cpu_read_registers(cpu, &registers);
    cpu_raise(cpu, STATUS_BREAKPOINT, address);
    if (cpu_is_64(cpu)) {
        cpu->stop.parameter_count = 1; /* BREAKPOINT_BREAK */
    } else {
        cpu->stop.parameter_count = 3; /* and ecx, edx */
        cpu->stop.information[1] = registers.general[CPU_RCX];
        cpu->stop.information[2] = registers.general[CPU_RDX];
    }
    set_ip_on_leaving(cpu, address);
}

/* The guest's own trap flag: the handler's context has it clear. */
static void raise_single_step(struct cpu *cpu, va_t ip)
{
    cpu_raise(cpu, STATUS_SINGLE_STEP, ip);
    set_ip_on_leaving(cpu, ip);
    cpu->pending_registers.flags &= ~EFLAGS_TF;
}

static void debug_trap(struct cpu *cpu, va_t ip)
{
    if (cpu->stepping)
        cpu_stepped(cpu);
    else if (cpu_flags(cpu) & EFLAGS_TF || !is_software_interrupt(cpu, TRAP_DEBUG, ip))
        raise_single_step(cpu, ip);
    else {
        cpu_raise_general_protection(cpu, ip - INT_LENGTH);
        set_ip_on_leaving(cpu, ip - INT_LENGTH);
    }
}

static void raise_trap(struct cpu *cpu, uint32_t number, va_t ip)
{
    switch (number) {
    case TRAP_BREAKPOINT: raise_breakpoint(cpu, ip - 1); return;
    case TRAP_DEBUG_SERVICE: raise_breakpoint(cpu, ip); return;
    case TRAP_OVERFLOW:
        cpu_raise(cpu, STATUS_INTEGER_OVERFLOW, ip - 1);
        set_ip_on_leaving(cpu, ip - 1);
        return;
    }
    if (is_software_interrupt(cpu, number, ip)) {
        cpu_raise_general_protection(cpu, ip - INT_LENGTH);
        set_ip_on_leaving(cpu, ip - INT_LENGTH);
        return;
    }
    switch (number) {
    case TRAP_DIVIDE: cpu_raise(cpu, STATUS_INTEGER_DIVIDE_BY_ZERO, ip); return;
    case TRAP_BOUND: cpu_raise(cpu, STATUS_ARRAY_BOUNDS_EXCEEDED, ip); return;
    case TRAP_INVALID: cpu_raise(cpu, STATUS_ILLEGAL_INSTRUCTION, ip); return;
    case TRAP_X87: raise_x87(cpu); return;
    default: raise_protection(cpu, ip); return;
    }
}

static void on_interrupt(uc_engine *uc, uint32_t number, void *context)
{
    struct cpu *cpu = context;

    if (cpu->phase != CPU_RUNNING || cpu->next != CPU_GO_ON) {
        cpu->poisoned = true;
        uc_emu_stop(uc);
    } else if (number == TRAP_SYSTEM_CALL && !cpu_is_64(cpu)) {
        system_call_x86(cpu);
    } else if (number == TRAP_DEBUG) {
        debug_trap(cpu, cpu_ip(cpu));
    } else {
        cpu->poisoned = true;
        raise_trap(cpu, number, cpu_ip(cpu));
    }
}

/* --- Instructions that Unicorn reports in other ways --------------------------------------------------------- */

/* Is 0xF0 among the prefixes? */
static bool is_locked(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bool segment = (bytes[i] & 0xE7) == 0x26 || (bytes[i] & 0xFE) == 0x64;
        bool size = (bytes[i] & 0xFE) == 0x66, repeat = (bytes[i] & 0xFE) == 0xF2;
        if (bytes[i] == 0xF0)
            return true;
        if (!segment && !size && !repeat)
            return false;
    }
    return false;
}

static void raise_invalid(struct cpu *cpu, va_t ip)
{
    uint8_t bytes[INSTRUCTION_MAX];
    size_t length = cpu_peek_code(cpu, ip, bytes, sizeof bytes);
    const struct instruction *instruction = cpu_instruction_at(cpu, ip);

    if (length >= INT_LENGTH && bytes[0] == INT_OPCODE && bytes[1] == TRAP_INVALID) {
        cpu_raise_general_protection(cpu, ip); /* int 6: the only one that Unicorn reports with EIP at it */
    } else if (length > 0 && bytes[0] == ICEBP_OPCODE) {
        raise_single_step(cpu, ip + 1);
    } else if (instruction && (instruction->flags & INSTRUCTION_PRIVILEGED)) {
        cpu_raise(cpu, STATUS_PRIVILEGED_INSTRUCTION, ip);
    } else {
        cpu_raise(cpu, is_locked(bytes, length) ? STATUS_INVALID_LOCK_SEQUENCE : STATUS_ILLEGAL_INSTRUCTION, ip);
    }
}

static bool on_invalid_instruction(uc_engine *uc, void *context)
{
    struct cpu *cpu = context;

    cpu->poisoned = true;
    if (cpu->phase == CPU_RUNNING && cpu->next == CPU_GO_ON)
        raise_invalid(cpu, cpu_ip(cpu));
    uc_emu_stop(uc);
    return true;
}

/* After the callback of some instructions the block runs on: remember everything as it is now, at the instruction, and
 * let nothing reach memory until Unicorn comes back.  The caller sets cpu->next. */
static void leave_undone(struct cpu *cpu)
{
    cpu_get_registers(cpu, &cpu->pending_registers);
    cpu_get_float_state(cpu, &cpu->pending_float);
    cpu->pending = cpu->undo = true;
    uc_ctl_flush_tlb(cpu->uc);
    uc_emu_stop(cpu->uc);
}

/* in and out never raise by themselves. */
static void port_instruction(struct cpu *cpu)
{
    if (cpu->phase == CPU_RUNNING && cpu->next == CPU_GO_ON) {
        leave_undone(cpu);
        cpu_raise(cpu, STATUS_PRIVILEGED_INSTRUCTION, cpu->pending_registers.ip);
    } else {
        uc_ctl_flush_tlb(cpu->uc);
        uc_emu_stop(cpu->uc);
    }
}

static uint32_t on_in(uc_engine *uc, uint32_t port, int size, void *context)
{
    port_instruction(context);
    return 0;
}

static void on_out(uc_engine *uc, uint32_t port, int size, uint32_t value, void *context)
{
    port_instruction(context);
}

/* sysenter, and syscall in 32-bit code. */
static void on_unknown_system_call(uc_engine *uc, void *context)
{
    struct cpu *cpu = context;
    if (cpu->phase == CPU_RUNNING && cpu->next == CPU_GO_ON) {
        va_t ip = cpu_ip(cpu);
        set_ip_on_leaving(cpu, ip);
        cpu_raise(cpu, STATUS_ILLEGAL_INSTRUCTION, ip);
    }
    uc_emu_stop(uc);
}

static void on_syscall(uc_engine *uc, void *context)
{
    struct cpu *cpu = context;
    if (!cpu_is_64(cpu))
        on_unknown_system_call(uc, context);
    else if (cpu->phase == CPU_RUNNING && cpu->next == CPU_GO_ON)
        system_call_x64(cpu);
    else
        uc_emu_stop(uc);
}

/* rdtsc must not show the host's clock: it is told the machine's time.  The first one starts the counting of blocks, so
 * that what the program computes between two takes time, and is run again.  => 1: Unicorn is to do nothing itself. */
static int on_time_stamp(uc_engine *uc, void *context)
{
    struct cpu *cpu = context;
    uint64_t now, low, high;

    if (cpu->phase != CPU_RUNNING || cpu->next != CPU_GO_ON || !cpu->config.env->time_stamp)
        return 1;
    if (!cpu->counting) {
        leave_undone(cpu);
        cpu->count_wanted = true;
        cpu->next = CPU_AGAIN;
        return 1;
    }
    cpu->in_callback = true;
    now = cpu->config.env->time_stamp(cpu->config.env->context);
    cpu->in_callback = false;
    low = now & UINT32_MAX;
    high = now >> 32;
    uc_reg_write(uc, cpu_is_64(cpu) ? UC_X86_REG_RAX : UC_X86_REG_EAX, &low);
    uc_reg_write(uc, cpu_is_64(cpu) ? UC_X86_REG_RDX : UC_X86_REG_EDX, &high);
    return 1;
}

/* The same, with the processor's number in ECX. */
static int on_time_stamp_and_processor(uc_engine *uc, void *context)
{
    struct cpu *cpu = context;
    uint64_t processor = 0;
    int done = on_time_stamp(uc, context);
    if (cpu->next == CPU_GO_ON)
        uc_reg_write(uc, cpu_is_64(cpu) ? UC_X86_REG_RCX : UC_X86_REG_ECX, &processor);
    return done;
}

const char *cpu_install_traps(struct cpu *cpu)
{
    static const struct {
        int type, instruction;
        cpu_hook_fn *function;
    } hooks[] = {
        {UC_HOOK_INTR, 0, (cpu_hook_fn *)on_interrupt},
        {UC_HOOK_INSN_INVALID, 0, (cpu_hook_fn *)on_invalid_instruction},
        {UC_HOOK_INSN, UC_X86_INS_IN, (cpu_hook_fn *)on_in},
        {UC_HOOK_INSN, UC_X86_INS_OUT, (cpu_hook_fn *)on_out},
        {UC_HOOK_INSN, UC_X86_INS_SYSENTER, (cpu_hook_fn *)on_unknown_system_call},
        {UC_HOOK_INSN, UC_X86_INS_SYSCALL, (cpu_hook_fn *)on_syscall},
        {UC_HOOK_INSN, UC_X86_INS_RDTSC, (cpu_hook_fn *)on_time_stamp},
        {UC_HOOK_INSN, UC_X86_INS_RDTSCP, (cpu_hook_fn *)on_time_stamp_and_processor},
    };
    for (size_t i = 0; i < sizeof hooks / sizeof *hooks; i++) {
        uc_hook hook;
        uc_err error = uc_hook_add(cpu->uc, &hook, hooks[i].type, cpu_hook_pointer(hooks[i].function), cpu, 1, 0,
                                   hooks[i].instruction);
        if (error != UC_ERR_OK)
            return uc_strerror(error);
    }
    return NULL;
}
