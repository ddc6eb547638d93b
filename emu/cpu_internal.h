/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpu_internal.h - shared by the files that make up the CPU: cpu.c, tlb.c, fetch.c, address.c, operand.c, ring3.c,
 * cpu_trap.c, cpu_registers.c, cpu_blocks.c.  Nobody else includes it, or Unicorn. */
#ifndef SOFTFAULT_EMU_CPU_INTERNAL_H
#define SOFTFAULT_EMU_CPU_INTERNAL_H

#include <capstone/capstone.h>
#include <string.h>
#include <unicorn/unicorn.h>

#include "emu/cpu.h"

#define CPU_WINDOW (1ull << 47)  /* host's private view of RAM (unicorn.md fact 6); not canonical: nobody else's */
#define CPU_NOWHERE (1ull << 41) /* a physical address that no RAM has: fact 1 */

#define CPU_SCRATCH (1ull << 42) /* physical page for the stores of a probe that must not happen */
#define CPU_CLOCK (1ull << 43)   /* physical page that tells which field of the clock's page is read: cpu_blocks.c */

#define EFLAGS_FIXED 0x00000002ull
#define EFLAGS_TF 0x00000100ull
#define EFLAGS_IF 0x00000200ull
#define EFLAGS_USER 0x00244DD5ull /* what ring 3 may have: CF PF AF ZF SF TF DF OF NT AC ID */

/* What ring 3 looks like in a width (ring3.c). */
struct ring3 {
    va_t gdt, stub;                                               /* pages of system space */
    uint16_t kernel_code, kernel_data, user_code, user_data, teb; /* selectors; teb: FS */
    uint8_t code_flags;                                           /* of the code segments */
    uint8_t code[40];                                             /* the stub: loads segments, goes to ring 3 */
};
extern const struct ring3 ring3_x86, ring3_x64;

enum {
    CPU_FAULT_ROUNDS = 8, /* walk, resolve, walk again: at most so often for one access */
    INSTRUCTION_MAX = 15,
    INSTRUCTION_CACHE = 1024,
};

/* Whom the TLB-fill hook works for. */
enum cpu_phase {
    CPU_IDLE,     /* the host: nothing runs */
    CPU_ENTERING, /* ring 0: the stub that goes to ring 3, and loads of segment registers by the host */
    CPU_RUNNING,  /* ring 3 */
    CPU_PROBING,  /* ring 3, one instruction, to learn the address of its fault (address.c) */
};

/* What cpu_run() does after Unicorn has come back. */
enum cpu_next {
    CPU_GO_ON, /* nobody wanted to come back */
    CPU_AGAIN, /* run on, from pending registers if there are any */
    CPU_STEP,  /* run on instruction by instruction (fetch.c) */
    CPU_LEAVE, /* cpu->stop says why */
};

/* --- Instructions (operand.c) -------------------------------------------------------------------------------- */

enum {
    OPERAND_READ = 1,
    OPERAND_WRITE = 2,
};

enum { NO_REGISTER = 0xFF, OPERANDS_MAX = 4 };

/* Where an instruction accesses memory, as a function of the registers. */
struct operand {
    uint8_t base, index; /* CPU_R*, or NO_REGISTER */
    uint8_t scale;
    uint8_t segment;      /* X86_REG_FS or X86_REG_GS; 0: base 0 */
    uint8_t access;       /* OPERAND_* */
    uint8_t address_bits; /* 16, 32, 64 */
    uint8_t bit_register; /* bt and its kin: bit number that moves the address, or NO_REGISTER */
    uint8_t unit;         /* bytes of one access where the operand is made of several; descending: size of each */
    bool descending;      /* accessed from its high end downwards (pusha) */
    bool modified;        /* read, then written */
    bool index_low_byte;  /* xlat: only AL counts */
    uint16_t size;        /* bytes */
    int64_t displacement;
};

enum {                                        /* struct instruction.flags */
       INSTRUCTION_READS_DESCRIPTOR = 1 << 0, /* the CPU looks into the GDT on its behalf */
       INSTRUCTION_PRIVILEGED = 1 << 1,
       INSTRUCTION_PORT = 1 << 2, /* in, out, ins, outs */
       INSTRUCTION_PUSHES_FLAGS = 1 << 3,
       INSTRUCTION_LOADS_FLAGS = 1 << 4, /* popf, iret */
       INSTRUCTION_DIVIDES = 1 << 5,
       INSTRUCTION_BOUND = 1 << 6,
       INSTRUCTION_LOCKED = 1 << 7,
       INSTRUCTION_X87 = 1 << 8,
};

struct instruction {
    va_t ip;
    uint8_t length; /* 0: empty cache entry */
    uint8_t bytes[INSTRUCTION_MAX];
    uint8_t operand_count;
    uint8_t mode_bits; /* of the code: 32, 64 */
    uint16_t flags;
    struct operand operands[OPERANDS_MAX];
};

struct cpu_coherence {         /* for each frame: unicorn.md facts 6 and 7 */
    uint32_t writable_at : 30; /* TLB generation in which a writable translation without X was filled */
    uint32_t flips : 2;        /* between W and X; 2: filled R+W+X from now on */
};
#define CPU_GENERATIONS (1u << 30)

/* That of all frames: memory that the host gives as it is touched.  => false: it has none. */
bool cpu_coherence_open(struct cpu *cpu);
void cpu_coherence_close(struct cpu *cpu);

struct cpu {
    struct cpu_config config;
    uc_engine *uc;
    uint64_t ram_base; /* physical address of frame 0 in uc */
    /* Reads code where not all of it is in the model's RAM (plugin); NULL: cpu_peek_code() looks. */
    size_t (*peek_code)(struct cpu *cpu, va_t ip, uint8_t *bytes, size_t length);
    csh disassembler;
    cs_insn *scratch_instruction;
    mmu_walk_fn *walk;
    mmu_walk_fn *look; /* the host's looks at guest memory: they set no Accessed bit */
    mmu_walk_end_fn *walk_end;
    mm_process process;
    uint32_t thread;
    pfn_t root;
    bool attached;

    enum cpu_phase phase;
    enum mmu_mode mode; /* of accesses, by phase */
    enum cpu_next next;
    struct cpu_stop stop;
    bool exact_address_wanted; /* stop.fault.va and information[1] know only the page */
    volatile bool stop_requested;
    bool in_callback;   /* env->system_call or env->page_fault is running */
    unsigned ip_behind; /* in env->system_call: bytes of a syscall instruction that Unicorn's RIP has not passed */

    /* Registers that replace Unicorn's when it comes back. */
    bool pending;
    struct cpu_registers pending_registers;
    bool undo; /* pending_registers and pending_float undo what ran after an instruction */
    struct cpu_float_state pending_float;

    const struct ring3 *ring3;
    uc_context *boot; /* ring 0, before the stub */
    uc_context *user; /* ring 3, clean: no exception remembered */
    bool entered;
    bool poisoned; /* Unicorn remembers an exception: fact 9 */
    va_t teb;

    /* TLB and coherence of translations */
    uint32_t generation; /* of the TLB: moves with each flush */
    bool flush_wanted;
    bool window_open;
    struct cpu_coherence *frames;

    /* Stepping (fetch.c): TF is ours, and the guest's own TF is clear. */
    bool stepping;
    va_t step_ip;
    unsigned step_flags; /* INSTRUCTION_* of the instruction at step_ip */

    /* Probing (address.c) */
    va_t probe_page;
    bool probe_hit;
    va_t probe_address;

    /* Counting (cpu_blocks.c) */
    bool counting, count_wanted;
    uint64_t blocks;       /* begun since cpu_take_blocks() */
    uint64_t block_budget; /* until env->time_passes */

    struct instruction cache[INSTRUCTION_CACHE];
};

static inline bool cpu_is_64(const struct cpu *cpu)
{
    return cpu->config.format == PAGING_X64;
}

static inline va_t cpu_page(va_t va)
{
    return va & ~(va_t)MMU_PAGE_MASK;
}

/* uc_hook_add() takes functions as data pointers. */
typedef void cpu_hook_fn(void);
static inline void *cpu_hook_pointer(cpu_hook_fn *function)
{
    void *pointer;
    memcpy(&pointer, &function, sizeof pointer);
    return pointer;
}

/* tlb.c */
uc_err cpu_install_tlb(struct cpu *cpu);
/* The same for virtual addresses first to last alone. */
uc_err cpu_install_tlb_range(struct cpu *cpu, va_t first, va_t last, uc_hook *ret_hook);
/* Do the flush that is owed, if any. */
void cpu_settle(struct cpu *cpu);
/* Make va accessible (walk, resolve, walk again) for mode; false: cpu->next and cpu->stop say why. */
bool cpu_make_valid(struct cpu *cpu, va_t va, enum mmu_access access, enum mmu_mode mode,
                    struct mmu_result *ret_result);

/* fetch.c */
/* A fetch fill for another page than EIP's, or EIP's: resolved only where the program has come. */
bool cpu_fetch(struct cpu *cpu, va_t page, struct mmu_result *ret_result);
void cpu_begin_stepping(struct cpu *cpu);
void cpu_end_stepping(struct cpu *cpu);
/* Interrupt 1 while stepping. */
void cpu_stepped(struct cpu *cpu);

/* address.c */
/* The exact address of the fault on page that the instruction at EIP has just had and will have again; false: the
 * instruction did not touch the page again. */
bool cpu_probe_address(struct cpu *cpu, va_t page, va_t *ret_va);

/* operand.c */
bool cpu_operands_open(struct cpu *cpu);
void cpu_operands_close(struct cpu *cpu);
/* The instruction at ip, or NULL where its bytes cannot be read or make no instruction.  Valid until the next call. */
const struct instruction *cpu_instruction_at(struct cpu *cpu, va_t ip);
/* Where, in page, the instruction at EIP accesses memory in the way of access; false: not known. */
bool cpu_operand_in_page(struct cpu *cpu, const struct instruction *instruction, va_t page, enum mmu_access access,
                         va_t *ret_va);
/* Does the instruction read page and write the same operand too? */
bool cpu_operand_modified(struct cpu *cpu, const struct instruction *instruction, va_t page);
/* Copy up to INSTRUCTION_MAX resident bytes at ip. */
size_t cpu_peek_code(struct cpu *cpu, va_t ip, uint8_t *bytes, size_t length);

/* cpu_blocks.c */
uc_err cpu_install_clock(struct cpu *cpu);
/* Count from now on; outside uc_emu_start(). */
void cpu_begin_counting(struct cpu *cpu);
/* Is page the clock's, and are its readers to be watched? */
bool cpu_watches_clock(const struct cpu *cpu, va_t page);

/* cpu_trap.c */
const char *cpu_install_traps(struct cpu *cpu);
/* Stop with an exception at address (ip := address where no other place is said). */
void cpu_raise(struct cpu *cpu, ntstatus_t status, va_t address);
void cpu_raise_general_protection(struct cpu *cpu, va_t address);

/* cpu_registers.c */
va_t cpu_ip(struct cpu *cpu);
uint64_t cpu_flags(struct cpu *cpu);
void cpu_write_flags(struct cpu *cpu, uint64_t flags);
void cpu_read_registers(struct cpu *cpu, struct cpu_registers *ret_registers);
void cpu_write_registers(struct cpu *cpu, const struct cpu_registers *registers);
uint16_t cpu_selector(struct cpu *cpu, int unicorn_register);

/* ring3.c */
/* Put back a state that remembers no exception, keeping registers and floats; segment registers become NT's. */
void cpu_cleanse(struct cpu *cpu);

#endif
