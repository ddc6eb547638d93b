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
    PEB_ADDRESS = 0x7FFDF000,
    TEB_ADDRESS = 0x7FFDE000,
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
    if (reserve > GUEST_PROBE_ADDRESS || committed > GUEST_PROBE_ADDRESS)
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
    uint8_t peb[PEB_size] = {0};
    put32(peb, PEB_Mutant, UINT32_MAX);
    put32(peb, PEB_ImageBaseAddress, (uint32_t)machine->process.image_base);
    put32(peb, PEB_ProcessParameters, (uint32_t)parameters);
    put32(peb, PEB_NumberOfProcessors, 1);
    put64(peb, PEB_CriticalSectionTimeout, (uint64_t)(-2592000ll * 10000000)); /* 30 days */
    put32(peb, PEB_HeapSegmentReserve, 0x100000);
    put32(peb, PEB_HeapSegmentCommit, 0x2000);
    put32(peb, PEB_HeapDeCommitTotalFreeThreshold, 0x10000);
    put32(peb, PEB_HeapDeCommitFreeBlockThreshold, 0x1000);
    put32(peb, PEB_MaximumNumberOfHeaps, (MMU_PAGE_SIZE - PEB_size) / 4);
    put32(peb, PEB_ProcessHeaps, PEB_ADDRESS + PEB_size);
    put32(peb, PEB_OSMajorVersion, 5);
    put32(peb, PEB_OSMinorVersion, 2);
    put16(peb, PEB_OSBuildNumber, 3790);
    put16(peb, PEB_OSCSDVersion, 0x100);
    put32(peb, PEB_OSPlatformId, 2);
    put32(peb, PEB_ImageSubsystem, info->subsystem);
    put32(peb, PEB_ImageSubsystemMajorVersion, info->subsystem_major);
    put32(peb, PEB_ImageSubsystemMinorVersion, info->subsystem_minor);
    put32(peb, PEB_ImageProcessAffinityMask, 1);
    return guest_write_now(machine, PEB_ADDRESS, peb, sizeof peb);
}

static ntstatus_t write_teb(struct machine *machine, const struct stack *stack)
{
    uint8_t teb[0xFBC] = {0};
    put32(teb, TEB_ExceptionList, UINT32_MAX);
    put32(teb, TEB_StackBase, (uint32_t)stack->base);
    put32(teb, TEB_StackLimit, (uint32_t)stack->limit);
    put32(teb, TEB_Version, 0x1E00);
    put32(teb, TEB_Self, TEB_ADDRESS);
    put32(teb, TEB_ClientId, PROCESS_ID);
    put32(teb, TEB_ClientId + 4, THREAD_ID);
    put32(teb, TEB_ProcessEnvironmentBlock, PEB_ADDRESS);
    put32(teb, TEB_CurrentLocale, 0x409);
    put32(teb, TEB_RealClientId, PROCESS_ID);
    put32(teb, TEB_RealClientId + 4, THREAD_ID);
    put16(teb, TEB_StaticUnicodeString + 2, 261 * 2);
    put32(teb, TEB_StaticUnicodeString + 4, TEB_ADDRESS + TEB_StaticUnicodeBuffer);
    put32(teb, TEB_DeallocationStack, (uint32_t)stack->deallocation);
    return guest_write_now(machine, TEB_ADDRESS, teb, sizeof teb);
}

/* The address of something that ntdll exports; 0: it does not. */
static uint32_t ntdll_address(const struct machine *machine, const char *name)
{
    uint32_t rva = image_export(machine->images[machine->ntdll - 1].image, name);
    return rva ? (uint32_t)machine->ntdll_base + rva : 0;
}

static void reset_float_state(struct machine *machine)
{
    struct cpu_float_state state = {0};
    put16(state.fxsave, 0, 0x27F);
    put32(state.fxsave, 24, 0x1F80);
    put32(state.fxsave, 28, 0xFFBF);
    cpu_set_float_state(machine->cpu, &state);
}

/* The stack and registers of a thread that will run the loader in a user APC, then its start address. */
static ntstatus_t start_thread(struct machine *machine, const struct stack *stack)
{
    const struct image_info *info = image_info(machine->images[machine->exe - 1].image);
    uint32_t entry = info->entry_point ? (uint32_t)machine->process.image_base + info->entry_point : 0;
    struct x86_context context;
    struct cpu_registers registers = {.flags = EFLAGS_IF};
    cpu_set_registers(machine->cpu, &registers);
    reset_float_state(machine);
    context_capture(machine, &context);
    context.ContextFlags = CONTEXT_FULL;
    context.Eip = ntdll_address(machine, "RtlUserThreadStart");
    context.Eax = entry;
    context.Ebx = PEB_ADDRESS;
    context.Esp = (uint32_t)stack->base - 4;

    struct {
        uint32_t normal_routine, normal_context, argument1, argument2;
        struct x86_context context;
    } apc = {.normal_routine = ntdll_address(machine, "LdrInitializeThunk"),
             .argument1 = (uint32_t)machine->ntdll_base,
             .context = context};
    uint32_t esp = (context.Esp - (uint32_t)sizeof apc) & ~3u;
    apc.normal_context = esp + offsetof(__typeof__(apc), context);
    ntstatus_t status = guest_write_now(machine, esp, &apc, sizeof apc);
    registers.general[CPU_RSP] = esp;
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
    process->nx = machine->paging == PAGING_X86 ? PTE_NX_OFF : PTE_NX_ON; /* OPTOUT, the default of Server 2003 */
    ntstatus_t status = mm_process_create(machine->mm, process->nx, &process->space);
    if (status != STATUS_SUCCESS)
        return status;
    process->id = PROCESS_ID;
    process->peb = PEB_ADDRESS;
    machine->thread.id = THREAD_ID;
    cpu_attach(machine->cpu, process->space, THREAD_ID);
    status = mm_system_allocate(machine->mm, SHARED_DATA_SYSTEM, MMU_PAGE_SIZE, MM_READWRITE);
    if (status != STATUS_SUCCESS)
        return status;
    shared_data_init(machine);
    return mm_map_shared_page(machine->mm, process->space, SHARED_DATA_USER, SHARED_DATA_SYSTEM);
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
    STEP("make the PEB", mm_allocate_secured(machine->mm, machine->process.space, PEB_ADDRESS, MMU_PAGE_SIZE))
    STEP("make the TEB", mm_allocate_secured(machine->mm, machine->process.space, TEB_ADDRESS, MMU_PAGE_SIZE))
    STEP("make handles", make_standard_handles(machine, handles))
    STEP("write the parameters", process_write_parameters(machine, handles, &parameters))
    STEP("make the stack", make_stack(machine, info, &stack))
    STEP("write the PEB", write_peb(machine, parameters))
    STEP("write the TEB", write_teb(machine, &stack))
    machine->thread.teb = TEB_ADDRESS;
    STEP("enter user mode", cpu_enter_user(machine->cpu, TEB_ADDRESS) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL)
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
    struct step_failure failure = bring_up(machine);
    if (!failure.what)
        return true;
    const char *why =
        failure.status == STATUS_NO_MEMORY || failure.status == STATUS_COMMITMENT_LIMIT ? ": not enough memory" : "";
    snprintf(error, MACHINE_ERROR_SIZE, "%.80s: cannot %s (status 0x%08X)%s", machine->program_name, failure.what,
             failure.status, why);
    return false;
}
