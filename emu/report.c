/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.c - why a program died, on stderr, for somebody who has never seen softfault.
 *
 *     softfault: crash.exe died of an unhandled exception
 *       what:   access violation (C0000005): tried to write to address 00000010
 *       where:  00401512  crash.exe!_main+22
 *       code:   mov dword ptr [eax + 0x10], 1
 *       page:   00000000..00000FFF: free, belongs to no allocation
 *       pte:    no page table
 *       ...
 *
 * Reading the guest for it changes nothing (mm_peek). */
#include <capstone/capstone.h>
#include <inttypes.h>
#include <string.h>

#include "emu/machine_internal.h"
#include "mmu/view.h"

enum {
    STACK_WORDS = 4096, /* searched for return addresses */
    RETURNS_MAX = 8,    /* of them shown */
    PLACE_MAX = 200,
};

/* "hello.exe!_main+22", "hello.exe+1512" or "no module". */
static const char *place_text(struct machine *machine, va_t va, char text[PLACE_MAX])
{
    struct trace_place place;
    module_place(machine, machine_process(machine), va, &place);
    if (!place.module)
        return "in no module";
    if (!place.symbol)
        snprintf(text, PLACE_MAX, "%s+%" PRIX64, place.module, place.offset);
    else if (place.symbol_offset)
        snprintf(text, PLACE_MAX, "%s!%.120s+%" PRIX64, place.module, place.symbol, place.symbol_offset);
    else
        snprintf(text, PLACE_MAX, "%s!%.120s", place.module, place.symbol);
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 || (unsigned char)*at >= 0x7F)
            *at = '?';
    return text;
}

/* Does the record tell of one address, and is it a page's? */
static bool concerns_page(const struct exception_record *record)
{
    return (record->code == STATUS_ACCESS_VIOLATION || record->code == STATUS_IN_PAGE_ERROR ||
            record->code == STATUS_GUARD_PAGE_VIOLATION) &&
           record->parameter_count >= 2;
}

static const char *access_text(uint64_t information)
{
    switch (information) {
    case EXCEPTION_READ_FAULT: return "read from";
    case EXCEPTION_WRITE_FAULT: return "write to";
    case EXCEPTION_EXECUTE_FAULT: return "execute at";
    default: return "use";
    }
}

static void print_what(const struct machine *machine, const struct exception_record *record)
{
    int digits = machine->layout->digits;
    const char *name = exception_name(record->code);
    fprintf(stderr, "  what:   %s (%08X)", name ? name : "exception", record->code);
    if (concerns_page(record)) {
        fprintf(stderr, ": tried to %s address %0*" PRIX64, access_text(record->information[0]), digits,
                record->information[1]);
        if (record->code == STATUS_IN_PAGE_ERROR && record->parameter_count >= 3)
            fprintf(stderr, ", reading the page failed with status %08" PRIX64, record->information[2]);
    } else {
        for (uint32_t i = 0; i < record->parameter_count && i < EXCEPTION_MAXIMUM_PARAMETERS; i++)
            fprintf(stderr, "%s%0*" PRIX64, i ? ", " : ", parameters ", digits, record->information[i]);
    }
    fputc('\n', stderr);
}

static void print_instruction(struct machine *machine, va_t va)
{
    uint8_t bytes[16];
    csh handle;
    cs_insn *insn;
    size_t got = mm_peek(machine->mm, machine_process(machine)->space, va, bytes, sizeof bytes);
    if (got == 0) {
        fprintf(stderr, "  code:   not resident\n");
        return;
    }
    if (cs_open(CS_ARCH_X86, machine->layout->pointer == 8 ? CS_MODE_64 : CS_MODE_32, &handle) != CS_ERR_OK)
        return;
    if (cs_disasm(handle, bytes, got, va, 1, &insn) == 1) {
        fprintf(stderr, "  code:   %s %s\n", insn->mnemonic, insn->op_str);
        cs_free(insn, 1);
    } else {
        fprintf(stderr, "  code:   no instruction: %02X %02X %02X %02X\n", bytes[0], got > 1 ? bytes[1] : 0,
                got > 2 ? bytes[2] : 0, got > 3 ? bytes[3] : 0);
    }
    cs_close(&handle);
}

static const char *protect_name(uint32_t protect)
{
    switch (protect & 0xFF) {
    case PAGE_NOACCESS: return "PAGE_NOACCESS";
    case PAGE_READONLY: return "PAGE_READONLY";
    case PAGE_READWRITE: return "PAGE_READWRITE";
    case PAGE_WRITECOPY: return "PAGE_WRITECOPY";
    case PAGE_EXECUTE: return "PAGE_EXECUTE";
    case PAGE_EXECUTE_READ: return "PAGE_EXECUTE_READ";
    case PAGE_EXECUTE_READWRITE: return "PAGE_EXECUTE_READWRITE";
    case PAGE_EXECUTE_WRITECOPY: return "PAGE_EXECUTE_WRITECOPY";
    default: return "no protection";
    }
}

static void print_page(struct machine *machine, va_t va)
{
    struct mm_region region;
    struct mm_vad_info vad;
    va_t page = va & ~(va_t)MMU_PAGE_MASK;
    int digits = machine->layout->digits;
    if (va >= machine->layout->probe_address) {
        fprintf(stderr, "  page:   %0*" PRIX64 ": above user space, not for programs\n", digits, page);
        return;
    }
    fprintf(stderr, "  page:   %0*" PRIX64 ": ", digits, page);
    if (mm_query(machine->mm, machine_process(machine)->space, va, &region) != STATUS_SUCCESS ||
        region.state == MEM_FREE)
        fprintf(stderr, "free%s\n", page == 0 ? " (a null pointer?)" : ", it belongs to no allocation");
    else if (region.state == MEM_RESERVE)
        fprintf(stderr, "reserved, not committed\n");
    else
        fprintf(stderr, "committed, %s%s\n", protect_name(region.protect),
                region.protect & PAGE_GUARD ? " with PAGE_GUARD" : "");
    if (mm_vad_at(machine->mm, machine_process(machine)->space, va, &vad)) {
        char text[PLACE_MAX];
        const struct module *module = module_at(machine_process(machine), va);
        fprintf(stderr, "  vad:    %0*" PRIX64 "..%0*" PRIX64 " %s %s%s%s\n", digits, vad.start, digits, vad.end,
                vad.kind ? vad.kind : "", protect_name(vad.protect), module ? ", " : "",
                module ? place_text(machine, va, text) : "");
    }
}

/* One entry as the debugger's !pte shows it. */
static void print_entry(struct machine *machine, const char *title, mmpte_t pte)
{
    char flags[PTE_FLAGS_TEXT_SIZE];
    struct pte_view view = pte_decode_format(machine->paging, pte, PTE_OF_PROCESS);
    int digits = machine->paging == PAGING_X86 ? 8 : 16;
    fprintf(stderr, "  %-8scontains %0*" PRIX64 "  ", title, digits, pte.raw);
    if (view.kind == PTE_KIND_VALID)
        fprintf(stderr, "pfn %" PRIx64 " %s\n", view.frame, pte_flags_text_format(machine->paging, pte, flags));
    else if (view.kind == PTE_KIND_TRANSITION)
        fprintf(stderr, "not valid, Transition: pfn %" PRIx64 ", Protect: %x\n", view.frame, view.protection);
    else if (view.kind == PTE_KIND_PROTOTYPE)
        fprintf(stderr, "not valid, Proto: %0*" PRIX64 "\n", machine->layout->digits, view.address);
    else if (view.kind == PTE_KIND_LOOKUP)
        fprintf(stderr, "not valid, Proto: VAD, Protect: %x\n", view.protection);
    else if (view.kind == PTE_KIND_PAGED_OUT)
        fprintf(stderr, "not valid, PageFile: %u, Offset: %x, Protect: %x\n", view.pagefile, view.pagefile_offset,
                view.protection);
    else if (view.kind == PTE_KIND_EMPTY)
        fprintf(stderr, "not valid, never used\n");
    else
        fprintf(stderr, "not valid, %s, Protect: %x\n", pte_kind_name(view.kind), view.protection);
}

static void print_pte(struct machine *machine, va_t va, const struct mm_fault *fault)
{
    mmpte_t pte;
    bool at_fault = fault && fault->type != MM_FAULT_TYPE_NONE && (fault->va ^ va) <= MMU_PAGE_MASK;
    if (!mm_peek_pte(machine->mm, machine_process(machine)->space, va, &pte))
        fprintf(stderr, "  pte:    no page table\n");
    else
        print_entry(machine, "pte:", pte);
    if (at_fault && fault->pte_before.raw != pte.raw)
        print_entry(machine, "before:", fault->pte_before);
}

static void print_registers(const struct machine *machine, const struct cpu_registers *registers)
{
    static const uint8_t order[] = {CPU_RAX, CPU_RBX, CPU_RCX, CPU_RDX, CPU_RSI, CPU_RDI, CPU_RBP, CPU_RSP,
                                    8,       9,       10,      11,      12,      13,      14,      15};
    static const char *const names[] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
    bool wide = machine->layout->pointer == 8;
    int digits = machine->layout->digits;
    unsigned count = wide ? 16 : 8, row = wide ? 3 : 4;
    for (unsigned i = 0; i < count; i++) {
        unsigned number = order[i];
        fputs("  ", stderr);
        if (number < 8)
            fprintf(stderr, "%c%s ", wide ? 'r' : 'e', names[number]);
        else
            fprintf(stderr, "r%-2u ", number);
        fprintf(stderr, "%0*" PRIX64 "%s", digits, registers->general[number], (i + 1) % row ? "" : "\n");
    }
    fprintf(stderr, "%s  %cip %0*" PRIX64 "  eflags %08" PRIX64 "\n", count % row ? "\n" : "", wide ? 'r' : 'e', digits,
            registers->ip, registers->flags);
}

/* Is va what a call instruction may have pushed: code of a module with a call before it? */
static bool may_be_return(struct machine *machine, va_t va)
{
    uint8_t before[7];
    const struct module *module = module_at(machine_process(machine), va);
    if (!module || va - module->base < sizeof before)
        return false;
    if (mm_peek(machine->mm, machine_process(machine)->space, va - sizeof before, before, sizeof before) !=
        sizeof before)
        return false;
    if (before[2] == 0xE8)
        return true;
    for (unsigned i = 0; i <= 5; i++) /* FF /2 of 2 to 7 bytes */
        if (before[i] == 0xFF && (before[i + 1] >> 3 & 7) == 2)
            return true;
    return false;
}

static void print_stack(struct machine *machine, va_t sp)
{
    const struct guest_layout *layout = machine->layout;
    uint8_t stack[STACK_WORDS * 8];
    unsigned shown = 0, size = layout->pointer;
    va_t aligned = sp & ~(va_t)(size - 1);
    size_t got = mm_peek(machine->mm, machine_process(machine)->space, aligned, stack, STACK_WORDS * size) / size;
    for (size_t i = 0; i < got && shown < RETURNS_MAX; i++) {
        char text[PLACE_MAX];
        va_t word = get_pointer(layout, stack, (unsigned)i * size);
        if (!may_be_return(machine, word))
            continue;
        fprintf(stderr, "  %s %0*" PRIX64 "  %s\n", shown++ ? "       " : "stack: ", layout->digits, word,
                place_text(machine, word, text));
    }
}

/* The fault behind a record that comes back at second chance, if it is the one that was delivered. */
static const struct mm_fault *fault_behind(const struct machine *machine, const struct raise *raise)
{
    const struct exception_record *last = &machine->thread->last_raise.record, *record = &raise->record;
    if (raise->fault.type != MM_FAULT_TYPE_NONE)
        return &raise->fault;
    if (last->code != record->code || last->address != record->address)
        return NULL;
    return &machine->thread->last_raise.fault;
}

void report_exception(struct machine *machine, const struct raise *raise, const struct thread_context *context,
                      enum report_end end)
{
    char text[PLACE_MAX];
    const struct exception_record *record = &raise->record;
    const struct mm_fault *fault = fault_behind(machine, raise);
    fflush(stdout);
    machine_say(machine, "%s died of an unhandled exception", process_name(machine, machine_process(machine)));
    print_what(machine, record);
    fprintf(stderr, "  where:  %0*" PRIX64 "  %s\n", machine->layout->digits, record->address,
            place_text(machine, record->address, text));
    print_instruction(machine, record->address);
    if (concerns_page(record)) {
        print_page(machine, record->information[1]);
        print_pte(machine, record->information[1], fault);
    }
    if (fault && fault->not_modelled)
        fprintf(stderr, "  note:   not modelled: %s\n", fault->not_modelled);
    print_registers(machine, &context->registers);
    print_stack(machine, context->registers.general[CPU_RSP]);
    if (record->flags & EXCEPTION_STACK_INVALID)
        fprintf(stderr, "  note:   the stack is damaged: the search for a handler met a frame that cannot be one\n");
    if (end == REPORT_NO_STACK)
        fprintf(stderr, "  note:   the stack had no room to tell the program about it\n");
}

void report_bugcheck(struct machine *machine, const struct mm_fault *fault)
{
    static const struct {
        uint32_t code;
        const char *name;
    } names[] = {
        {BUGCHECK_IRQL_NOT_LESS_OR_EQUAL, "IRQL_NOT_LESS_OR_EQUAL"},
        {BUGCHECK_MEMORY_MANAGEMENT, "MEMORY_MANAGEMENT"},
        {BUGCHECK_KERNEL_STACK_INPAGE_ERROR, "KERNEL_STACK_INPAGE_ERROR"},
        {BUGCHECK_NO_PAGES_AVAILABLE, "NO_PAGES_AVAILABLE"},
        {BUGCHECK_PAGE_FAULT_IN_NONPAGED_AREA, "PAGE_FAULT_IN_NONPAGED_AREA"},
        {BUGCHECK_KERNEL_DATA_INPAGE_ERROR, "KERNEL_DATA_INPAGE_ERROR"},
        {BUGCHECK_ATTEMPTED_WRITE_TO_READONLY_MEMORY, "ATTEMPTED_WRITE_TO_READONLY_MEMORY"},
        {BUGCHECK_ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY, "ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY"},
    };
    const uint64_t *p = fault->bugcheck.parameter;
    const char *name = "";
    struct cpu_registers registers;
    char text[PLACE_MAX];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].code == fault->bugcheck.code)
            name = names[i].name;
    machine_say(machine, "bug check 0x%X %s (%" PRIX64 ", %" PRIX64 ", %" PRIX64 ", %" PRIX64 ")", fault->bugcheck.code,
                name, p[0], p[1], p[2], p[3]);
    cpu_get_registers(machine->cpu, &registers);
    fprintf(stderr, "  where:  %0*" PRIX64 "  %s\n", machine->layout->digits, registers.ip,
            place_text(machine, registers.ip, text));
    print_page(machine, fault->va);
    print_pte(machine, fault->va, fault);
    print_registers(machine, &registers);
}
