/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpu.h - one virtual CPU over Unicorn, with softfault's MMU behind it.
 *
 * cpu.c, tlb.c and their neighbours (fetch.c, address.c, ring3.c) are the only files that include Unicorn.  Page
 * misses walk the page tables in guest RAM (mmu/walk.h) and ask the memory manager; what cannot be resolved, and what
 * the CPU raises by itself, comes back from cpu_run() as one struct cpu_stop with exact registers and address.
 * Sources: unicorn.md (facts 1 to 15), design.md "The fault path" and the trap table. */
#ifndef SOFTFAULT_EMU_CPU_H
#define SOFTFAULT_EMU_CPU_H

#include "mm/mm.h"

struct cpu;

/* Integer state of a thread; 32-bit guests use the low halves.  Order: x86 register numbers. */
struct cpu_registers {
    uint64_t general[16]; /* rax rcx rdx rbx rsp rbp rsi rdi r8..r15 */
    uint64_t ip;
    uint64_t flags;
};
enum { CPU_RAX, CPU_RCX, CPU_RDX, CPU_RBX, CPU_RSP, CPU_RBP, CPU_RSI, CPU_RDI };

/* x87 and SSE state in FXSAVE layout (512 bytes used). */
struct cpu_float_state {
    uint8_t fxsave[512];
};

enum cpu_action {
    CPU_CONTINUE, /* the hook has done its work; go on after the instruction */
    CPU_STOP,     /* leave cpu_run() with CPU_STOP_REQUESTED; ip is after the instruction unless cpu_set_registers() */
    CPU_REWIND,   /* leave cpu_run() with CPU_STOP_WAIT and ip at the instruction: it will be executed again */
};

/* A system call: `int 0x2e` in 32-bit code, `syscall` in 64-bit code. */
struct cpu_system_call {
    uint32_t number;                /* EAX */
    unsigned register_count;        /* arguments in registers: 0 (x86), 4 (x64) */
    uint64_t register_arguments[4]; /* R10, RDX, R8, R9 */
    va_t stack_arguments;           /* the ones after those: EDX (x86), RSP + 28 (x64) */
};

/* Calls out of cpu_run(), with context. */
struct cpu_env {
    void *context;
    /* A system call at ring 3.  The result goes into EAX by cpu_set_result(). */
    enum cpu_action (*system_call)(void *context, const struct cpu_system_call *call);
    /* A fault that the walk found: resolve it (mm_access_fault) and trace it.  fault->va is exact where it could be
     * computed from the instruction's operand, else the page; pc is exact, or 0 for a write with lazy_address. */
    enum mm_fault_result (*page_fault)(void *context, struct mm_fault *fault, va_t pc);
    /* The block budget is used up (cpu_set_block_budget()): give it another. */
    void (*time_passes)(void *context);
    /* rdtsc: the time-stamp counter.  Blocks are counted when this is called.  NULL: rdtsc changes nothing. */
    uint64_t (*time_stamp)(void *context);
};

struct cpu_config {
    struct mm *mm;
    enum paging_format format;
    struct mmu_ram ram;
    const struct cpu_env *env;
    bool lazy_address; /* nobody looks at resolved faults' exact addresses: give the page's */
    bool count_blocks; /* from the start; otherwise from the first rdtsc or read of a field that the clock moves */
    struct {           /* a user page with such fields (KUSER_SHARED_DATA); page 0: none */
        va_t page;
        const struct cpu_clock_field {
            uint16_t begin, end; /* offsets; begin == end ends the list */
        } * fields;
    } clock;
};

enum cpu_stop_reason {
    CPU_STOP_REQUESTED, /* a system_call said CPU_STOP, or cpu_request_stop() */
    CPU_STOP_WAIT,      /* a fault or a service must wait: block on mm_wait_key() */
    CPU_STOP_EXCEPTION, /* deliver .status at .address to the thread */
    CPU_STOP_BUGCHECK,
    CPU_STOP_BROKEN, /* Unicorn failed in a way that the guest cannot cause: .text says how */
};

struct cpu_stop {
    enum cpu_stop_reason reason;
    ntstatus_t status; /* EXCEPTION */
    va_t address;      /* EXCEPTION: of the instruction (int3: of the int3 itself) */
    unsigned parameter_count;
    uint64_t information[3];
    struct mm_fault fault; /* EXCEPTION by a page fault, BUGCHECK: how it came (type NONE otherwise) */
    const char *text;      /* BROKEN */
};

/* NULL where the host cannot provide it; *ret_error then names the reason. */
struct cpu *cpu_create(const struct cpu_config *config, const char **ret_error);
void cpu_destroy(struct cpu *cpu);

/* Prepare ring 3: GDT and start stub in system space, FS = 3B over the TEB at teb (x86) or GS base (x64).  Once before
 * the first cpu_run() and again whenever another thread's TEB must be current.  A 64-bit CPU has no 32-bit code
 * segment: a far jump to one is a general protection fault. */
bool cpu_enter_user(struct cpu *cpu, va_t teb);

/* Another thread: its TEB and its registers, all at once.  => cpu_enter_user() came before.
 * => false: the descriptor table cannot be read. */
bool cpu_switch(struct cpu *cpu, va_t teb, const struct cpu_registers *registers, const struct cpu_float_state *floats);

/* The address space in which accesses are translated from now on (flushes where it is another). */
void cpu_attach(struct cpu *cpu, mm_process process, uint32_t thread);
/* The address space goes: if it is attached, nothing is. */
void cpu_detach(struct cpu *cpu, mm_process process);

void cpu_get_registers(struct cpu *cpu, struct cpu_registers *ret_registers);
void cpu_set_registers(struct cpu *cpu, const struct cpu_registers *registers);
void cpu_get_float_state(struct cpu *cpu, struct cpu_float_state *ret_state);
void cpu_set_float_state(struct cpu *cpu, const struct cpu_float_state *state);

/* The service's NTSTATUS (EAX): inside system_call, or before the next cpu_run(). */
void cpu_set_result(struct cpu *cpu, ntstatus_t status);

/* Run at ring 3 from the registers as set until something needs the machine.  A clean exception state is restored
 * first (unicorn.md fact 9). */
void cpu_run(struct cpu *cpu, struct cpu_stop *ret_stop);

/* Blocks of code begun since this was last asked; 0 while they are not counted (it costs 3 ns a block).  Counting is
 * deterministic: the same program counts the same. */
uint64_t cpu_take_blocks(struct cpu *cpu);

/* Call env->time_passes when so many more blocks have begun. */
void cpu_set_block_budget(struct cpu *cpu, uint64_t blocks);

bool cpu_counts_blocks(const struct cpu *cpu);
/* Count from the next time on that the CPU runs; soon, where it runs now. */
void cpu_start_counting(struct cpu *cpu);

/* From a signal handler or another thread: stop soon (--wall-limit). */
void cpu_request_stop(struct cpu *cpu);

/* From now on somebody looks at resolved faults: lazy_address is over. */
void cpu_want_exact_faults(struct cpu *cpu);

/* For mm_env: translations must go (whole TLB, on this CPU) / translated code of a frame must go. */
void cpu_flush_tlb(struct cpu *cpu);
void cpu_drop_code(struct cpu *cpu, pfn_t frame);

#endif
