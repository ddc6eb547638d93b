/* SPDX-License-Identifier: GPL-2.0-or-later */
/* operand.c - what memory the instruction at EIP accesses, and how.
 *
 * Capstone decodes an instruction once; what it says about memory is kept as a small list of operands, functions of the
 * registers, in a cache by EIP that is checked against the bytes.  Implicit accesses (stack, string instructions, xlat)
 * are added here, and whether an operand is read and then written is decided here: Capstone is not sure of it. */
#include <string.h>

#include "emu/cpu_internal.h"

bool cpu_operands_open(struct cpu *cpu)
{
    if (cs_open(CS_ARCH_X86, cpu_is_64(cpu) ? CS_MODE_64 : CS_MODE_32, &cpu->disassembler) != CS_ERR_OK)
        return false;
    cs_option(cpu->disassembler, CS_OPT_DETAIL, CS_OPT_ON);
    cpu->scratch_instruction = cs_malloc(cpu->disassembler);
    return cpu->scratch_instruction != NULL;
}

void cpu_operands_close(struct cpu *cpu)
{
    if (cpu->scratch_instruction)
        cs_free(cpu->scratch_instruction, 1);
    if (cpu->disassembler)
        cs_close(&cpu->disassembler);
}

size_t cpu_peek_code(struct cpu *cpu, va_t ip, uint8_t *bytes, size_t length)
{
    size_t done = 0;
    if (cpu->peek_code)
        return cpu->peek_code(cpu, ip, bytes, length);
    while (done < length) {
        va_t va = cpu_is_64(cpu) ? ip + done : (uint32_t)(ip + done);
        size_t run = MMU_PAGE_SIZE - (va & MMU_PAGE_MASK);
        struct mmu_result page = cpu->look(&cpu->config.ram, cpu->root, va, MMU_EXECUTE, MMU_USER);
        if (page.outcome != MMU_OK)
            break;
        if (run > length - done)
            run = length - done;
        memcpy(bytes + done, mm_frame_read(cpu->config.mm, page.frame) + (va & MMU_PAGE_MASK), run);
        done += run;
    }
    return done;
}

/* --- Classes of instructions --------------------------------------------------------------------------------- */

static uint16_t flags_of(const cs_insn *insn)
{
    const cs_x86 *x86 = &insn->detail->x86;
    switch (insn->id) {
    case X86_INS_MOV:
        for (unsigned i = 0; i < x86->op_count; i++) {
            x86_reg reg = x86->operands[i].type == X86_OP_REG ? x86->operands[i].reg : X86_REG_INVALID;
            if ((reg >= X86_REG_CR0 && reg <= X86_REG_CR15) || (reg >= X86_REG_DR0 && reg <= X86_REG_DR15))
                return INSTRUCTION_PRIVILEGED;
        }
        return x86->opcode[0] == 0x8E ? INSTRUCTION_READS_DESCRIPTOR : 0;
    case X86_INS_POP:
        return x86->op_count == 1 && x86->operands[0].type == X86_OP_REG &&
                       (x86->operands[0].reg == X86_REG_DS || x86->operands[0].reg == X86_REG_ES ||
                        x86->operands[0].reg == X86_REG_FS || x86->operands[0].reg == X86_REG_GS ||
                        x86->operands[0].reg == X86_REG_SS)
                   ? INSTRUCTION_READS_DESCRIPTOR
                   : 0;
    case X86_INS_LDS:
    case X86_INS_LES:
    case X86_INS_LFS:
    case X86_INS_LGS:
    case X86_INS_LSS:
    case X86_INS_LAR:
    case X86_INS_LSL:
    case X86_INS_VERR:
    case X86_INS_VERW:
    case X86_INS_LCALL:
    case X86_INS_LJMP:
    case X86_INS_RETF:
    case X86_INS_RETFQ: return INSTRUCTION_READS_DESCRIPTOR;
    case X86_INS_IRET:
    case X86_INS_IRETD:
    case X86_INS_IRETQ: return INSTRUCTION_READS_DESCRIPTOR | INSTRUCTION_LOADS_FLAGS;
    case X86_INS_POPF:
    case X86_INS_POPFD:
    case X86_INS_POPFQ: return INSTRUCTION_LOADS_FLAGS;
    case X86_INS_PUSHF:
    case X86_INS_PUSHFD:
    case X86_INS_PUSHFQ: return INSTRUCTION_PUSHES_FLAGS;
    case X86_INS_IN:
    case X86_INS_OUT:
    case X86_INS_INSB:
    case X86_INS_INSW:
    case X86_INS_INSD:
    case X86_INS_OUTSB:
    case X86_INS_OUTSW:
    case X86_INS_OUTSD: return INSTRUCTION_PRIVILEGED | INSTRUCTION_PORT;
    case X86_INS_HLT:
    case X86_INS_CLI:
    case X86_INS_STI:
    case X86_INS_CLTS:
    case X86_INS_LGDT:
    case X86_INS_LIDT:
    case X86_INS_LLDT:
    case X86_INS_LTR:
    case X86_INS_LMSW:
    case X86_INS_INVD:
    case X86_INS_WBINVD:
    case X86_INS_INVLPG:
    case X86_INS_RDMSR:
    case X86_INS_WRMSR:
    case X86_INS_RDPMC:
    case X86_INS_SWAPGS:
    case X86_INS_SYSRET:
    case X86_INS_SYSEXIT: return INSTRUCTION_PRIVILEGED;
    case X86_INS_DIV:
    case X86_INS_IDIV:
    case X86_INS_AAM: return INSTRUCTION_DIVIDES;
    case X86_INS_BOUND: return INSTRUCTION_BOUND;
    case X86_INS_WAIT: return INSTRUCTION_X87;
    default: return x86->opcode[0] >= 0xD8 && x86->opcode[0] <= 0xDF ? INSTRUCTION_X87 : 0;
    }
}

/* Does the instruction write the memory operand that it has read? */
static bool modifies(unsigned id)
{
    static const uint16_t ids[] = {
        X86_INS_ADD,  X86_INS_ADC, X86_INS_SUB,     X86_INS_SBB,       X86_INS_AND,        X86_INS_OR,
        X86_INS_XOR,  X86_INS_INC, X86_INS_DEC,     X86_INS_NEG,       X86_INS_NOT,        X86_INS_XCHG,
        X86_INS_XADD, X86_INS_SHL, X86_INS_SAL,     X86_INS_SHR,       X86_INS_SAR,        X86_INS_ROL,
        X86_INS_ROR,  X86_INS_RCL, X86_INS_RCR,     X86_INS_SHLD,      X86_INS_SHRD,       X86_INS_BTS,
        X86_INS_BTR,  X86_INS_BTC, X86_INS_CMPXCHG, X86_INS_CMPXCHG8B, X86_INS_CMPXCHG16B,
    };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (ids[i] == id)
            return true;
    return false;
}

/* How the explicit operand may be accessed, as opposed to the stack that the instruction accesses too. */
static uint8_t explicit_access(unsigned id)
{
    switch (id) {
    case X86_INS_PUSH:
    case X86_INS_CALL:
    case X86_INS_LCALL: return OPERAND_READ;
    case X86_INS_POP: return OPERAND_WRITE;
    default: return OPERAND_READ | OPERAND_WRITE;
    }
}

static uint16_t size_of_state(unsigned id)
{
    switch (id) {
    case X86_INS_FXSAVE:
    case X86_INS_FXRSTOR:
    case X86_INS_FXSAVE64:
    case X86_INS_FXRSTOR64: return 512;
    case X86_INS_FNSAVE:
    case X86_INS_FRSTOR: return 108;
    case X86_INS_FNSTENV:
    case X86_INS_FLDENV: return 28;
    default: return 1;
    }
}

/* --- Operands ------------------------------------------------------------------------------------------------ */

static uint8_t register_number(x86_reg reg)
{
    static const struct {
        uint16_t reg;
        uint8_t number;
    } table[] = {
        {X86_REG_AX, 0},  {X86_REG_CX, 1},  {X86_REG_DX, 2},  {X86_REG_BX, 3},  {X86_REG_SP, 4},  {X86_REG_BP, 5},
        {X86_REG_SI, 6},  {X86_REG_DI, 7},  {X86_REG_EAX, 0}, {X86_REG_ECX, 1}, {X86_REG_EDX, 2}, {X86_REG_EBX, 3},
        {X86_REG_ESP, 4}, {X86_REG_EBP, 5}, {X86_REG_ESI, 6}, {X86_REG_EDI, 7}, {X86_REG_RAX, 0}, {X86_REG_RCX, 1},
        {X86_REG_RDX, 2}, {X86_REG_RBX, 3}, {X86_REG_RSP, 4}, {X86_REG_RBP, 5}, {X86_REG_RSI, 6}, {X86_REG_RDI, 7},
    };
    if (reg >= X86_REG_R8 && reg <= X86_REG_R15)
        return (uint8_t)(8 + reg - X86_REG_R8);
    if (reg >= X86_REG_R8D && reg <= X86_REG_R15D)
        return (uint8_t)(8 + reg - X86_REG_R8D);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].reg == (uint16_t)reg)
            return table[i].number;
    return NO_REGISTER;
}

static struct operand *new_operand(struct instruction *instruction, uint8_t base, int64_t displacement, unsigned size,
                                   uint8_t access)
{
    if (instruction->operand_count == OPERANDS_MAX)
        return NULL;
    struct operand *operand = &instruction->operands[instruction->operand_count++];
    *operand = (struct operand){.base = base,
                                .index = NO_REGISTER,
                                .bit_register = NO_REGISTER,
                                .scale = 1,
                                .address_bits = instruction->mode_bits,
                                .access = access,
                                .size = (uint16_t)size,
                                .displacement = displacement};
    return operand;
}

static void add_explicit(struct instruction *instruction, const cs_insn *insn, const cs_x86_op *op)
{
    const cs_x86 *x86 = &insn->detail->x86;
    uint8_t access = explicit_access(insn->id);
    unsigned size = op->size ? op->size : size_of_state(insn->id);
    struct operand *operand = new_operand(instruction, register_number(op->mem.base), op->mem.disp, size, access);
    if (!operand)
        return;
    operand->modified = modifies(insn->id) && (op == x86->operands || insn->id == X86_INS_XCHG); /* not add eax, [m] */
    operand->index = register_number(op->mem.index);
    operand->scale = (uint8_t)op->mem.scale;
    operand->address_bits = (uint8_t)(x86->addr_size * 8);
    if (op->mem.segment == X86_REG_FS || op->mem.segment == X86_REG_GS)
        operand->segment = (uint8_t)op->mem.segment;
    if (op->mem.base == X86_REG_RIP || op->mem.base == X86_REG_EIP)
        operand->displacement += (int64_t)insn->address + insn->size;
    if ((insn->id == X86_INS_BT || insn->id == X86_INS_BTS || insn->id == X86_INS_BTR || insn->id == X86_INS_BTC) &&
        x86->operands[1].type == X86_OP_REG)
        operand->bit_register = register_number(x86->operands[1].reg);
    if (insn->id == X86_INS_POP && operand->base == CPU_RSP) /* its address is computed after the pop */
        operand->displacement += size;
}

static uint8_t segment_override(const cs_x86 *x86)
{
    return x86->prefix[1] == X86_PREFIX_FS ? X86_REG_FS : x86->prefix[1] == X86_PREFIX_GS ? X86_REG_GS : 0;
}

/* String instructions by opcode.  => true: it was one. */
static bool add_string(struct instruction *instruction, const cs_insn *insn, unsigned word)
{
    enum { SOURCE = 1, TARGET_READ = 2, TARGET_WRITE = 4 };
    const cs_x86 *x86 = &insn->detail->x86;
    unsigned use;
    switch (x86->opcode[0] & 0xFE) {
    case 0xA4: use = SOURCE | TARGET_WRITE; break; /* movs */
    case 0xA6: use = SOURCE | TARGET_READ; break;  /* cmps */
    case 0xAA: use = TARGET_WRITE; break;          /* stos */
    case 0xAC:                                     /* lods */
    case 0x6E: use = SOURCE; break;                /* outs */
    case 0xAE: use = TARGET_READ; break;           /* scas */
    case 0x6C: use = TARGET_WRITE; break;          /* ins */
    default: return false;
    }
    unsigned size = x86->opcode[0] & 1 ? word : 1;
    struct operand *operand;
    if (use & SOURCE && (operand = new_operand(instruction, CPU_RSI, 0, size, OPERAND_READ)) != NULL) {
        operand->segment = segment_override(x86);
        operand->address_bits = (uint8_t)(x86->addr_size * 8);
    }
    if (use & (TARGET_READ | TARGET_WRITE)) {
        operand = new_operand(instruction, CPU_RDI, 0, size, use & TARGET_READ ? OPERAND_READ : OPERAND_WRITE);
        if (operand)
            operand->address_bits = (uint8_t)(x86->addr_size * 8);
    }
    return true;
}

static void add_stack(struct instruction *instruction, const cs_insn *insn, unsigned word)
{
    struct operand *operand;
    switch (insn->id) {
    case X86_INS_PUSH:
    case X86_INS_PUSHF:
    case X86_INS_PUSHFD:
    case X86_INS_PUSHFQ:
    case X86_INS_CALL: new_operand(instruction, CPU_RSP, -(int64_t)word, word, OPERAND_WRITE); break;
    case X86_INS_POP:
    case X86_INS_POPF:
    case X86_INS_POPFD:
    case X86_INS_POPFQ:
    case X86_INS_RET: new_operand(instruction, CPU_RSP, 0, word, OPERAND_READ); break;
    case X86_INS_LEAVE: new_operand(instruction, CPU_RBP, 0, word, OPERAND_READ); break;
    case X86_INS_ENTER:
    case X86_INS_LCALL:
        operand = new_operand(instruction, CPU_RSP, -2 * (int64_t)word, 2 * word, OPERAND_WRITE);
        if (operand) {
            operand->descending = true;
            operand->unit = (uint8_t)word;
        }
        break;
    case X86_INS_PUSHAL:
    case X86_INS_PUSHAW:
        operand = new_operand(instruction, CPU_RSP, -8 * (int64_t)word, 8 * word, OPERAND_WRITE);
        if (operand) {
            operand->descending = true;
            operand->unit = (uint8_t)word;
        }
        break;
    case X86_INS_POPAL:
    case X86_INS_POPAW: new_operand(instruction, CPU_RSP, 0, 8 * word, OPERAND_READ); break;
    case X86_INS_RETF:
    case X86_INS_RETFQ: new_operand(instruction, CPU_RSP, 0, 2 * word, OPERAND_READ); break;
    case X86_INS_IRET:
    case X86_INS_IRETD: new_operand(instruction, CPU_RSP, 0, 3 * word, OPERAND_READ); break;
    case X86_INS_IRETQ: new_operand(instruction, CPU_RSP, 0, 5 * word, OPERAND_READ); break;
    default: break;
    }
}

/* Bytes that the instruction pushes or pops at once; far transfers do not default to 64 bits. */
static unsigned stack_word(const struct instruction *instruction, const cs_insn *insn, unsigned word)
{
    bool far_transfer =
        insn->id == X86_INS_RETF || insn->id == X86_INS_RETFQ || insn->id == X86_INS_IRETD || insn->id == X86_INS_LCALL;
    return instruction->mode_bits == 64 && word == 4 && !far_transfer ? 8 : word;
}

static void describe(struct instruction *instruction, const cs_insn *insn)
{
    const cs_x86 *x86 = &insn->detail->x86;
    unsigned word = x86->rex & 8 ? 8 : x86->prefix[2] == X86_PREFIX_OPSIZE ? 2 : 4;
    struct operand *operand;

    instruction->flags = flags_of(insn);
    if (add_string(instruction, insn, word))
        return;
    if (x86->opcode[0] == 0xD7) { /* xlat */
        operand = new_operand(instruction, CPU_RBX, 0, 1, OPERAND_READ);
        operand->index = CPU_RAX;
        operand->index_low_byte = true;
        operand->address_bits = (uint8_t)(x86->addr_size * 8);
        operand->segment = segment_override(x86);
        return;
    }
    if (insn->id == X86_INS_MASKMOVQ || insn->id == X86_INS_MASKMOVDQU) {
        operand = new_operand(instruction, CPU_RDI, 0, insn->id == X86_INS_MASKMOVQ ? 8 : 16, OPERAND_WRITE);
        operand->segment = segment_override(x86);
        operand->address_bits = (uint8_t)(x86->addr_size * 8);
        return;
    }
    for (unsigned i = 0; i < x86->op_count; i++)
        if (x86->operands[i].type == X86_OP_MEM && insn->id != X86_INS_LEA && insn->id != X86_INS_NOP)
            add_explicit(instruction, insn, &x86->operands[i]);
    add_stack(instruction, insn, stack_word(instruction, insn, word));
}

const struct instruction *cpu_instruction_at(struct cpu *cpu, va_t ip)
{
    struct instruction *entry = &cpu->cache[(ip ^ ip >> 10) % INSTRUCTION_CACHE];
    uint8_t bytes[INSTRUCTION_MAX];
    size_t length = cpu_peek_code(cpu, ip, bytes, sizeof bytes);

    if (entry->length && entry->ip == ip && entry->length <= length && memcmp(entry->bytes, bytes, entry->length) == 0)
        return entry;
    const uint8_t *code = bytes;
    uint64_t address = ip;
    entry->length = 0;
    if (!cs_disasm_iter(cpu->disassembler, &code, &length, &address, cpu->scratch_instruction))
        return NULL;
    *entry = (struct instruction){
        .ip = ip, .length = (uint8_t)cpu->scratch_instruction->size, .mode_bits = cpu_is_64(cpu) ? 64 : 32};
    memcpy(entry->bytes, bytes, entry->length);
    describe(entry, cpu->scratch_instruction);
    return entry;
}

/* --- Addresses ----------------------------------------------------------------------------------------------- */

static va_t segment_base(struct cpu *cpu, const struct operand *operand)
{
    if (operand->segment == 0)
        return 0;
    int name = operand->segment == X86_REG_FS ? UC_X86_REG_FS : UC_X86_REG_GS;
    if (cpu_is_64(cpu)) {
        va_t base = 0;
        uc_reg_read(cpu->uc, operand->segment == X86_REG_FS ? UC_X86_REG_FS_BASE : UC_X86_REG_GS_BASE, &base);
        return base;
    }
    return cpu->ring3 && (cpu_selector(cpu, name) & ~7u) == (cpu->ring3->teb & ~7u) ? cpu->teb : 0;
}

static va_t address_of(struct cpu *cpu, const struct operand *operand, const struct cpu_registers *registers)
{
    uint64_t address = (uint64_t)operand->displacement;
    if (operand->base != NO_REGISTER)
        address += registers->general[operand->base];
    if (operand->index != NO_REGISTER) {
        uint64_t index = registers->general[operand->index];
        address += operand->index_low_byte ? index & 0xFF : index * operand->scale;
    }
    if (operand->bit_register != NO_REGISTER && operand->size) {
        uint64_t bits = registers->general[operand->bit_register];
        int64_t bit = operand->size == 2 ? (int16_t)bits : operand->size == 4 ? (int32_t)bits : (int64_t)bits;
        int64_t width = operand->size * 8;
        int64_t word = bit >= 0 ? bit / width : -((-(bit + 1)) / width) - 1;
        address += (uint64_t)(word * operand->size);
    }
    if (operand->address_bits < 64)
        address &= (1ull << operand->address_bits) - 1;
    address += segment_base(cpu, operand);
    return cpu_is_64(cpu) ? address : (uint32_t)address;
}

/* The first address in page that the operand at start touches. */
static bool first_in_page(const struct operand *operand, va_t start, va_t page, va_t *ret_va)
{
    va_t end = start + operand->size; /* may pass 4 GB: then the pages at 0 are not asked for */
    if (start >= page + MMU_PAGE_SIZE || end <= page)
        return false;
    if (!operand->descending) {
        *ret_va = start > page ? start : page;
        return true;
    }
    va_t last = end - operand->unit;
    while (last >= page + MMU_PAGE_SIZE && last > start)
        last -= operand->unit;
    *ret_va = last > page ? last : page;
    return true;
}

bool cpu_operand_in_page(struct cpu *cpu, const struct instruction *instruction, va_t page, enum mmu_access access,
                         va_t *ret_va)
{
    uint8_t wanted = access == MMU_WRITE ? OPERAND_WRITE : OPERAND_READ;
    struct cpu_registers registers;

    if (instruction->operand_count == 0)
        return false;
    cpu_read_registers(cpu, &registers);
    for (unsigned i = 0; i < instruction->operand_count; i++) {
        const struct operand *operand = &instruction->operands[i];
        if ((operand->access & wanted) && first_in_page(operand, address_of(cpu, operand, &registers), page, ret_va))
            return true;
    }
    return false;
}

bool cpu_operand_modified(struct cpu *cpu, const struct instruction *instruction, va_t page)
{
    struct cpu_registers registers;
    va_t va;

    for (unsigned i = 0; i < instruction->operand_count; i++) {
        const struct operand *operand = &instruction->operands[i];
        if (!operand->modified)
            continue;
        cpu_read_registers(cpu, &registers);
        if (first_in_page(operand, address_of(cpu, operand, &registers), page, &va))
            return true;
    }
    return false;
}
