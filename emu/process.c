/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process.c - bring-up: an address space with two images, PEB, TEB, parameters, a stack, and a first thread that is
 * about to run the user APC that starts the loader.
 *
 * The usual first layout comes out of the order of the steps: environment at 10000, parameters at 20000, stack at 30000
 * (nt-reference 4.1).  Sources: nt-reference 6.3, 14.1, 14.2, 14.6, 14.7. */
#include <string.h>

#include "emu/machine_internal.h"

enum {
    PROCESS_ID = 4,
    THREAD_ID = 8,
    ALLOCATION_GRANULARITY = 64 << 10,
    DEFAULT_STACK_RESERVE = 1 << 20,
};

struct stack {
    va_t deallocation, limit, base;
};

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

static ntstatus_t commit(struct machine *machine, va_t base, uint64_t size, uint32_t protect)
{
    struct mm_allocation request = {.base = base, .size = size, .type = MEM_COMMIT, .protect = protect};
    return mm_allocate(machine->mm, machine->process.space, &request);
}

/* BaseCreateStack: reserve, commit the top, one guard page below where there is room. */
static ntstatus_t make_stack(struct machine *machine, const struct image_info *info, struct stack *ret_stack)
{
    uint64_t reserve = info->stack_reserve ? info->stack_reserve : DEFAULT_STACK_RESERVE;
    uint64_t committed = info->stack_commit ? info->stack_commit : MMU_PAGE_SIZE;
    if (reserve > machine->layout->probe_address || committed > machine->layout->probe_address)
        return STATUS_NO_MEMORY;
    committed = round_up(committed, MMU_PAGE_SIZE);
    if (committed >= reserve)
        reserve = round_up(committed, DEFAULT_STACK_RESERVE);
    reserve = round_up(reserve, ALLOCATION_GRANULARITY);

    struct mm_allocation request = {.size = reserve, .type = MEM_RESERVE, .protect = PAGE_READWRITE};
    ntstatus_t status = mm_allocate(machine->mm, machine->process.space, &request);
    if (status != STATUS_SUCCESS)
        return status;
    ret_stack->deallocation = request.base;
    ret_stack->base = request.base + request.size;
    ret_stack->limit = ret_stack->base - committed;
    status = commit(machine, ret_stack->limit, committed, PAGE_READWRITE);
    if (status != STATUS_SUCCESS || ret_stack->limit - ret_stack->deallocation < MMU_PAGE_SIZE)
        return status;
    return commit(machine, ret_stack->limit - MMU_PAGE_SIZE, MMU_PAGE_SIZE, PAGE_READWRITE | PAGE_GUARD);
}

static ntstatus_t write_peb(struct machine *machine, va_t parameters)
{
    const struct image_info *info = image_info(machine->images[machine->exe - 1].image);
    const struct guest_layout *layout = machine->layout;
    uint8_t peb[GUEST_PEB_MAX] = {0};
    put_pointer(layout, peb, layout->peb.Mutant, UINT64_MAX);
    put_pointer(layout, peb, layout->peb.ImageBaseAddress, machine->process.image_base);
    put_pointer(layout, peb, layout->peb.ProcessParameters, parameters);
    put32(peb, layout->peb.NumberOfProcessors, 1);
    put64(peb, layout->peb.CriticalSectionTimeout, (uint64_t)(-2592000ll * 10000000)); /* 30 days */
    put_pointer(layout, peb, layout->peb.HeapSegmentReserve, 0x100000);
    put_pointer(layout, peb, layout->peb.HeapSegmentCommit, 0x2000);
    put_pointer(layout, peb, layout->peb.HeapDeCommitTotalFreeThreshold, 0x10000);
    put_pointer(layout, peb, layout->peb.HeapDeCommitFreeBlockThreshold, 0x1000);
    put32(peb, layout->peb.MaximumNumberOfHeaps, (MMU_PAGE_SIZE - layout->peb.size) / layout->pointer);
    put_pointer(layout, peb, layout->peb.ProcessHeaps, layout->peb_address + layout->peb.size);
    put32(peb, layout->peb.OSMajorVersion, 5);
    put32(peb, layout->peb.OSMinorVersion, 2);
    put16(peb, layout->peb.OSBuildNumber, 3790);
    put16(peb, layout->peb.OSCSDVersion, 0x100);
    put32(peb, layout->peb.OSPlatformId, 2);
    put32(peb, layout->peb.ImageSubsystem, info->subsystem);
    put32(peb, layout->peb.ImageSubsystemMajorVersion, info->subsystem_major);
    put32(peb, layout->peb.ImageSubsystemMinorVersion, info->subsystem_minor);
    put_pointer(layout, peb, layout->peb.ImageProcessAffinityMask, 1);
    return guest_write_now(machine, layout->peb_address, peb, layout->peb.size);
}

static ntstatus_t write_teb(struct machine *machine, const struct stack *stack)
{
    const struct guest_layout *layout = machine->layout;
    uint8_t teb[GUEST_TEB_MAX] = {0};
    va_t self = layout->teb_address;
    put_pointer(layout, teb, layout->teb.ExceptionList, UINT64_MAX);
    put_pointer(layout, teb, layout->teb.StackBase, stack->base);
    put_pointer(layout, teb, layout->teb.StackLimit, stack->limit);
    put32(teb, layout->teb.Version, 0x1E00);
    put_pointer(layout, teb, layout->teb.Self, self);
    put_pointer(layout, teb, layout->teb.ProcessEnvironmentBlock, layout->peb_address);
    put32(teb, layout->teb.CurrentLocale, 0x409);
    for (unsigned i = 0; i < 2; i++) {
        const unsigned at[] = {layout->teb.ClientId, layout->teb.RealClientId};
        put_pointer(layout, teb, at[i], PROCESS_ID);
        put_pointer(layout, teb, at[i] + layout->pointer, THREAD_ID);
    }
    put16(teb, layout->teb.StaticUnicodeString + layout->unicode_string.MaximumLength, 261 * 2);
    put_pointer(layout, teb, layout->teb.StaticUnicodeString + layout->unicode_string.Buffer,
                self + layout->teb.StaticUnicodeBuffer);
    put_pointer(layout, teb, layout->teb.DeallocationStack, stack->deallocation);
    return guest_write_now(machine, self, teb, layout->teb.size);
}

/* The address of something that ntdll exports; 0: it does not. */
static va_t ntdll_address(const struct machine *machine, const char *name)
{
    uint32_t rva = image_export(machine->images[machine->ntdll - 1].image, name);
    return rva ? machine->ntdll_base + rva : 0;
}

static void reset_float_state(struct machine *machine)
{
    struct cpu_float_state state = {0};
    put16(state.fxsave, 0, 0x27F);
    put32(state.fxsave, 24, 0x1F80);
    put32(state.fxsave, 28, 0xFFBF);
    cpu_set_float_state(machine->cpu, &state);
}

/* Where a new thread begins, after the user APC that it starts with. */
static void set_start(struct machine *machine, const struct stack *stack, struct thread_context *context)
{
    const struct image_info *info = image_info(machine->images[machine->exe - 1].image);
    bool wide = machine->layout->pointer == 8;
    uint64_t *general = context->registers.general;
    context->registers.ip = ntdll_address(machine, "RtlUserThreadStart");
    general[wide ? CPU_RCX : CPU_RAX] = info->entry_point ? machine->process.image_base + info->entry_point : 0;
    general[wide ? CPU_RDX : CPU_RBX] = machine->layout->peb_address;
    general[CPU_RSP] = stack->base - (wide ? 0x28 : 4);
}

/* KiUserApcDispatcher's frame (nt-reference 14.6): four words before the CONTEXT, or in its home area.
 * => *ret_sp: where it begins. */
static ntstatus_t write_apc_frame(struct machine *machine, const struct thread_context *context, va_t *ret_sp)
{
    enum { ROUTINE, CONTEXT, ARGUMENT1, ARGUMENT2, WORDS };
    const struct guest_layout *layout = machine->layout;
    bool wide = layout->pointer == 8;
    unsigned before = wide ? 0 : WORDS * layout->pointer, size = before + layout->context->size;
    uint8_t frame[WORDS * 8 + CONTEXT_RECORD_MAX];
    va_t sp = (context->registers.general[CPU_RSP] - size) & ~(va_t)(wide ? 15 : 3);
    uint64_t words[WORDS] = {[ROUTINE] = ntdll_address(machine, "LdrInitializeThunk"),
                             [CONTEXT] = sp + before,
                             [ARGUMENT1] = machine->ntdll_base};
    static const uint8_t home[WORDS] = {CONTEXT, ARGUMENT1, ARGUMENT2, ROUTINE};
    layout->context->encode(context, frame + before);
    put32(frame, before + layout->context->flags_offset, layout->context->full);
    for (unsigned i = 0; i < WORDS; i++)
        put_pointer(layout, frame, i * layout->pointer, words[wide ? home[i] : i]);
    *ret_sp = sp;
    return guest_write_now(machine, sp, frame, size);
}

/* The stack and registers of a thread that will run the loader in a user APC, then its start address. */
static ntstatus_t start_thread(struct machine *machine, const struct stack *stack)
{
    struct thread_context context;
    struct cpu_registers registers = {.flags = CONTEXT_INTERRUPT_FLAG};
    cpu_set_registers(machine->cpu, &registers);
    reset_float_state(machine);
    context_capture(machine, &context);
    set_start(machine, stack, &context);
    ntstatus_t status = write_apc_frame(machine, &context, &registers.general[CPU_RSP]);
    registers.ip = ntdll_address(machine, "KiUserApcDispatcher");
    cpu_set_registers(machine->cpu, &registers);
    return status;
}

static ntstatus_t map_image(struct machine *machine, uint32_t file, va_t *ret_base)
{
    mm_section section;
    struct mm_view view = {0};
    ntstatus_t status = module_create_section(machine, file, &section);
    if (status != STATUS_SUCCESS)
        return status;
    status = module_map(machine, section, file, &view);
    mm_section_close(machine->mm, section); /* the view keeps it */
    *ret_base = view.base;
    return nt_success(status) ? STATUS_SUCCESS : status;
}

static ntstatus_t make_address_space(struct machine *machine)
{
    struct process *process = &machine->process;
    machine_set_dep(machine, process);
    ntstatus_t status = mm_process_create(machine->mm, process->nx, &process->space);
    if (status != STATUS_SUCCESS)
        return status;
    process->id = PROCESS_ID;
    process->peb = machine->layout->peb_address;
    machine->thread.id = THREAD_ID;
    cpu_attach(machine->cpu, process->space, THREAD_ID);
    status = mm_system_allocate(machine->mm, machine->layout->shared_data_system, MMU_PAGE_SIZE, MM_READWRITE);
    if (status != STATUS_SUCCESS)
        return status;
    shared_data_init(machine);
    return mm_map_shared_page(machine->mm, process->space, SHARED_DATA_USER, machine->layout->shared_data_system);
}

static ntstatus_t make_standard_handles(struct machine *machine, uint32_t handles[3])
{
    for (int fd = 0; fd < 3; fd++) {
        struct object *object = object_create(&machine->objects, OBJECT_CONSOLE);
        object->console.fd = fd;
        handles[fd] = object_insert(&machine->objects, object);
        object_release(&machine->objects, object);
    }
    return STATUS_SUCCESS;
}

struct step_failure {
    const char *what;
    ntstatus_t status;
};

/* All steps in order; what and status tell of the one that failed. */
static struct step_failure bring_up(struct machine *machine)
{
    const struct guest_layout *layout = machine->layout;
    struct stack stack = {0};
    uint32_t handles[3];
    va_t parameters = 0;
    ntstatus_t status;
    const struct image_info *info = image_info(machine->images[machine->exe - 1].image);
#define STEP(text, call)                                                                                               \
    if ((status = (call)) != STATUS_SUCCESS)                                                                           \
        return (struct step_failure){text, status};
    STEP("make the address space", make_address_space(machine))
    event_process(machine, "start", 0);
    STEP("map the program", map_image(machine, machine->exe, &machine->process.image_base))
    STEP("map ntdll.dll", map_image(machine, machine->ntdll, &machine->ntdll_base))
    STEP("make the PEB", mm_allocate_secured(machine->mm, machine->process.space, layout->peb_address, MMU_PAGE_SIZE))
    STEP("make the TEB",
         mm_allocate_secured(machine->mm, machine->process.space, layout->teb_address, layout->teb_region))
    STEP("make handles", make_standard_handles(machine, handles))
    STEP("write the parameters", process_write_parameters(machine, handles, &parameters))
    STEP("make the stack that its header asks for", make_stack(machine, info, &stack))
    STEP("write the PEB", write_peb(machine, parameters))
    STEP("write the TEB", write_teb(machine, &stack))
    machine->thread.teb = layout->teb_address;
    STEP("enter user mode", cpu_enter_user(machine->cpu, layout->teb_address) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL)
    STEP("write the first stack frame", start_thread(machine, &stack))
#undef STEP
    event_thread(machine, "start", 0);
    return (struct step_failure){0};
}

bool process_bring_up(struct machine *machine, char error[MACHINE_ERROR_SIZE])
{
    static const char *const needed[] = {"KiUserApcDispatcher", "LdrInitializeThunk", "RtlUserThreadStart",
                                         "KiUserExceptionDispatcher"};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (!image_export(machine->images[machine->ntdll - 1].image, needed[i])) {
            snprintf(error, MACHINE_ERROR_SIZE, "ntdll.dll does not export %s", needed[i]);
            return false;
        }
    }
    machine->exception_dispatcher =
        image_export(machine->images[machine->ntdll - 1].image, "KiUserExceptionDispatcher");
    struct step_failure failure = bring_up(machine);
    if (!failure.what)
        return true;
    const char *why = "";
    if (failure.status == STATUS_COMMITMENT_LIMIT)
        why = ": RAM and page file are too small for it; give more with --ram or --pagefile";
    else if (failure.status == STATUS_NO_MEMORY)
        why = ": it does not fit in memory or address space";
    snprintf(error, MACHINE_ERROR_SIZE, "%.80s: cannot %s (status 0x%08X)%s", machine->program_name, failure.what,
             failure.status, why);
    return false;
}
