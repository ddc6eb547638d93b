/* SPDX-License-Identifier: GPL-2.0-or-later */
/* machine.c - the machine as a whole: its memory, the callbacks of CPU and memory manager, what it is made of.
 *
 * Faults are resolved and services served inside cpu_run(), through the callbacks here; only exceptions, waits and
 * switches between threads leave it (run.c). */
#include "emu/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/host_memory.h"
#include "emu/machine_internal.h"
#include "emu/nt/file.h"

#define DEFAULT_RAM (64ull << 20)
#define LEAST_RAM (1ull << 20)
#define SYSTEM_FOLDER "C:\\WINDOWS\\system32"

/* --- Callbacks of the memory manager ----------------------------------------------------------------------- */

static void on_flush_tlb(void *context)
{
    struct machine *machine = context;
    if (machine->cpu)
        cpu_flush_tlb(machine->cpu);
}

static void on_drop_code(void *context, pfn_t frame)
{
    struct machine *machine = context;
    if (machine->cpu)
        cpu_drop_code(machine->cpu, frame);
}

static bool on_user_stack(void *context, mm_process process, struct mm_user_stack *ret_stack)
{
    struct machine *machine = context;
    struct thread *thread = machine->thread;
    const struct guest_layout *layout = machine->layout;
    va_t bounds[2] = {0}, deallocation = 0;
    const struct {
        unsigned offset;
        va_t *value;
    } fields[] = {{layout->teb.StackBase, &bounds[0]},
                  {layout->teb.StackLimit, &bounds[1]},
                  {layout->teb.DeallocationStack, &deallocation}};
    if (!thread->teb || thread->process->space != process)
        return false; /* attached to another process: guard pages there are nobody's stack */
    for (unsigned i = 0; i < 3; i++)
        if (mm_peek(machine->mm, process, thread->teb + fields[i].offset, fields[i].value, layout->pointer) !=
            layout->pointer) {
            *ret_stack = (struct mm_user_stack){.missing = thread->teb + fields[i].offset};
            return true;
        }
    uint32_t guarantee = 0;
    va_t guaranteed = thread->teb + layout->teb.GuaranteedStackBytes;
    if (mm_peek(machine->mm, process, guaranteed, &guarantee, sizeof guarantee) != sizeof guarantee) {
        *ret_stack = (struct mm_user_stack){.missing = guaranteed};
        return true;
    }
    *ret_stack = (struct mm_user_stack){
        .base = bounds[0],
        .limit = thread->stack_limit_moved ? thread->stack_limit : bounds[1],
        .deallocation = deallocation,
        .guarantee = guarantee,
    };
    return true;
}

/* Stored in the TEB by machine_after_fault(): mm is in the middle of a fault here. */
static void on_set_stack_limit(void *context, va_t limit)
{
    struct machine *machine = context;
    machine->thread->stack_limit = limit;
    machine->thread->stack_limit_moved = true;
}

/* --- Faults ------------------------------------------------------------------------------------------------ */

void machine_after_fault(struct machine *machine)
{
    struct thread *thread = machine->thread;
    if (!thread->stack_limit_moved)
        return;
    thread->stack_limit_moved = false;
    struct mm_hold hold;
    struct mm_fault template = {.mode = MMU_KERNEL, .process = thread->process->space, .thread = thread->id};
    if (mm_hold(machine->mm, &template, thread->teb + machine->layout->teb.StackLimit, machine->layout->pointer,
                MMU_WRITE, NULL, NULL, &hold) != STATUS_SUCCESS)
        return; /* a TEB that cannot be written keeps its old limit, as on NT */
    mm_hold_write(machine->mm, &hold, 0, &thread->stack_limit, machine->layout->pointer);
    mm_release(machine->mm, &hold);
}

void machine_note_fault(struct machine *machine, const struct mm_fault *fault, va_t pc)
{
    if (fault->type == MM_FAULT_TYPE_NONE)
        return;
    machine_advance(machine, CLOCK_COST_FAULT);
    ws_watch_note(&machine->ws_watches, fault, pc);
    if (!trace_wants(machine->trace, TRACE_FAULT))
        return;
    const struct process *process = process_of_space(machine, fault->process);
    struct trace_event event = {.kind = TRACE_FAULT,
                                .time = machine->clock.now,
                                .pid = process ? process->id : machine->thread->process->id, /* or the system */
                                .tid = machine->thread->id,
                                .fault = fault};
    module_place(machine, machine->thread->process, pc, &event.pc);
    module_place(machine, process, fault->va, &event.address);
    event_place_in_file(machine, fault, &event);
    trace_emit(machine->trace, &event);
}

/* Time has passed: does somebody else run now, or nobody? */
static void stop_if_wanted(struct machine *machine)
{
    if (machine->sched.switch_wanted || clock_limit_reached(&machine->clock))
        cpu_request_stop(machine->cpu);
}

/* cpu_env.page_fault. */
static enum mm_fault_result on_page_fault(void *context, struct mm_fault *fault, va_t pc)
{
    struct machine *machine = context;
    inject_before_fault(machine);
    enum mm_fault_result result = mm_access_fault(machine->mm, fault);
    daemon_poll(machine);
    machine_after_fault(machine);
    if (result != MM_FAULT_WAIT)
        inject_after_fault(machine);
    stats_note(machine);
    if (!machine_check_laws(machine))
        cpu_request_stop(machine->cpu);
    if (fault->not_modelled && fault->not_modelled != machine->not_modelled) {
        machine->not_modelled = fault->not_modelled; /* once in a row */
        machine_say(machine, "not modelled: %s", fault->not_modelled);
    }
    if (result == MM_FAULT_RESOLVED || result == MM_FAULT_RAISE)
        machine_note_fault(machine, fault, pc);
    stop_if_wanted(machine);
    return result;
}

/* --- Time -------------------------------------------------------------------------------------------------- */

/* Blocks until something may happen. */
static uint64_t block_budget(const struct machine *machine)
{
    const struct due *due = machine->sched.due.first;
    uint64_t left = clock_until_event(&machine->clock), now = machine->clock.now;
    if (due && due->when < now + left)
        left = due->when > now ? due->when - now : 0;
    return left / CLOCK_COST_BLOCK + 1;
}

void machine_advance(struct machine *machine, uint64_t nanoseconds)
{
    struct cpu *cpu = machine->cpu;
    struct thread *thread = machine->thread;
    uint64_t computed = cpu ? cpu_take_blocks(cpu) * CLOCK_COST_BLOCK : 0, ticks;
    if (thread) {
        thread->kernel_time += nanoseconds;
        thread->user_time += computed;
    }
    if ((ticks = clock_advance(&machine->clock, nanoseconds + computed)) != 0) {
        shared_data_tick(machine);
        sched_tick(machine, ticks);
    }
    if (machine->sched.due.first && machine->sched.due.first->when <= machine->clock.now)
        sched_run_due(machine);
    if (cpu && cpu_counts_blocks(cpu))
        cpu_set_block_budget(cpu, block_budget(machine));
}

/* cpu_env.time_passes. */
static void on_time_passes(void *context)
{
    struct machine *machine = context;
    machine_advance(machine, 0);
    stop_if_wanted(machine);
}

/* cpu_env.time_stamp. */
static uint64_t on_time_stamp(void *context)
{
    struct machine *machine = context;
    machine_advance(machine, CLOCK_COST_TIME_STAMP);
    stop_if_wanted(machine);
    return clock_time_stamp(&machine->clock);
}

void machine_set_thread(struct machine *machine, struct thread *thread)
{
    struct thread *old = machine->thread;
    if (thread)
        object_keep(thread->object);
    machine->thread = thread;
    if (old)
        object_release(&machine->objects, old->object);
}

uint32_t machine_next_id(struct machine *machine)
{
    return machine->last_id += 4;
}

/* --- Creation ---------------------------------------------------------------------------------------------- */

static bool add_roots(struct machine *machine, char error[MACHINE_ERROR_SIZE])
{
    const struct machine_options *options = &machine->options;
    char folder[4096];
    int length = (int)(machine->program_name - options->program);
    snprintf(folder, sizeof folder, "%.*s", length ? length : 2, length ? options->program : "./");
    const char *why = host_files_add(&machine->files, "C:\\work", folder, HOST_PRIVATE);
    if (why)
        snprintf(error, MACHINE_ERROR_SIZE, "%.100s: %s", folder, why);
    if (!why && (why = host_files_add(&machine->files, SYSTEM_FOLDER, options->dll_path, HOST_READ_ONLY)))
        snprintf(error, MACHINE_ERROR_SIZE, "the folder of the guest DLLs, %.100s: %s", options->dll_path, why);
    for (unsigned i = 0; !why && i < options->dir_count; i++) {
        const struct machine_dir *dir = &options->dirs[i];
        if ((why = host_files_add(&machine->files, dir->guest, dir->host, dir->mode)))
            snprintf(error, MACHINE_ERROR_SIZE, "%.60s=%.80s: %s", dir->guest, dir->host, why);
    }
    return !why;
}

struct machine *machine_create(const struct machine_options *options, char error[MACHINE_ERROR_SIZE])
{
    struct machine *machine = calloc(1, sizeof *machine);
    if (!machine) {
        snprintf(error, MACHINE_ERROR_SIZE, "no memory");
        return NULL;
    }
    machine->options = *options;
    if (!machine->options.ram_bytes)
        machine->options.ram_bytes = DEFAULT_RAM;
    machine->options.ram_bytes &= ~(uint64_t)MMU_PAGE_MASK;
    machine->clock.limit = options->time_limit_ns;
    machine->sched.next_scan = SCHED_SCAN_INTERVAL;
    inject_open(machine);
    const char *slash = strrchr(options->program, '/');
    machine->program_name = slash ? slash + 1 : options->program;
    if (machine->options.ram_bytes < LEAST_RAM || machine->options.ram_bytes > mm_most_ram(PAGING_X64)) {
        snprintf(error, MACHINE_ERROR_SIZE, "RAM must be 1 MB to 1 TB");
    } else if (!options->dll_path) {
        snprintf(error, MACHINE_ERROR_SIZE, "no folder with the guest DLLs given");
    } else if (add_roots(machine, error)) {
        return machine;
    }
    machine_destroy(machine);
    return NULL;
}

static bool make_pagefiles(struct machine *machine, char error[MACHINE_ERROR_SIZE])
{
    ntstatus_t status = STATUS_SUCCESS;
    for (unsigned i = 0; i < machine->options.pagefile_count && status == STATUS_SUCCESS; i++) {
        const struct machine_pagefile *file = &machine->options.pagefiles[i];
        uint32_t number;
        status = mm_pagefile_create(machine->mm, file->bytes >> MMU_PAGE_SHIFT, file->most >> MMU_PAGE_SHIFT, &number);
        if (status == STATUS_SUCCESS) {
            paging_name(machine, number, i);
            continue;
        }
        bool host = status == STATUS_DISK_FULL || status == STATUS_IO_DEVICE_ERROR;
        char why[MACHINE_ERROR_SIZE - 64];
        snprintf(why, sizeof why, "status %08x", status);
        if (host)
            paging_explain(why, sizeof why);
        snprintf(error, MACHINE_ERROR_SIZE, "no page file of %u MB%s%s", (unsigned)(file->bytes >> 20),
                 host ? " in " : ": ", why);
    }
    return status == STATUS_SUCCESS;
}

static bool make_memory(struct machine *machine, char error[MACHINE_ERROR_SIZE])
{
    static const char *const paging[PAGING_FORMAT_COUNT] = {"x86", "PAE", "x64"};
    struct machine_regions *regions = &machine->regions;
    if (machine->options.ram_bytes > mm_most_ram(machine->paging)) {
        snprintf(
            error, MACHINE_ERROR_SIZE, "%s page tables reach %u GB of RAM at most, and %" PRIu64 " MB were asked for",
            paging[machine->paging], (unsigned)(mm_most_ram(machine->paging) >> 30), machine->options.ram_bytes >> 20);
        return false;
    }
    uint32_t frames = (uint32_t)(machine->options.ram_bytes >> MMU_PAGE_SHIFT);
    regions->ram_size = machine->options.ram_bytes;
    regions->stamp_size = (size_t)frames * sizeof(uint32_t);
    regions->state_size = mm_state_size(frames);
    regions->ram = host_memory_map(regions->ram_size, HOST_MEMORY_RAM);
    regions->stamp = host_memory_map(regions->stamp_size, HOST_MEMORY_SPARSE);
    regions->state = host_memory_map(regions->state_size, HOST_MEMORY_SPARSE);
    if (!regions->ram || !regions->stamp || !regions->state) {
        snprintf(error, MACHINE_ERROR_SIZE, "the host has no memory for %u MB of RAM: %s",
                 (unsigned)(machine->options.ram_bytes >> 20), strerror(errno));
        return false;
    }
    machine->ram = (struct mmu_ram){.base = regions->ram, .frame_count = frames, .epoch = 1, .stamp = regions->stamp};
    machine->mm_env = (struct mm_env){.context = machine,
                                      .flush_tlb = on_flush_tlb,
                                      .drop_code = on_drop_code,
                                      .io_begin = paging_begin,
                                      .may_commit = inject_may_commit,
                                      .page_in = paging_read_image,
                                      .file_read = mapped_read,
                                      .file_write = mapped_write,
                                      .file_forgotten = mapped_forgotten,
                                      .pagefile_read = paging_read,
                                      .pagefile_write = paging_write,
                                      .pagefile_look = paging_read,
                                      .pagefile_resize = paging_resize,
                                      .user_stack = on_user_stack,
                                      .set_stack_limit = on_set_stack_limit};
    bool listens = trace_wants(machine->trace, TRACE_PFN) || trace_wants(machine->trace, TRACE_EVICT) ||
                   trace_wants(machine->trace, TRACE_PAGEWRITE) || trace_wants(machine->trace, TRACE_PAGEREAD) ||
                   trace_wants(machine->trace, TRACE_LOSTWRITE) || trace_wants(machine->trace, TRACE_SECTION);
    machine->mm_env.event = listens ? event_memory : NULL;
    struct mm_config config = {.format = machine->paging,
                               .daemons = MM_DAEMONS_ARE_THREADS,
                               .replacement = machine->options.replacement,
                               .ram = machine->ram,
                               .env = &machine->mm_env};
    machine->mm = mm_init(regions->state, &config);
    if (!machine->mm)
        snprintf(error, MACHINE_ERROR_SIZE, "%u MB of RAM are too little",
                 (unsigned)(machine->options.ram_bytes >> 20));
    return machine->mm && make_pagefiles(machine, error);
}

static bool make_cpu(struct machine *machine, char error[MACHINE_ERROR_SIZE])
{
    machine->cpu_env = (struct cpu_env){.context = machine,
                                        .system_call = nt_dispatch,
                                        .page_fault = on_page_fault,
                                        .time_passes = on_time_passes,
                                        .time_stamp = on_time_stamp};
    struct cpu_config config = {.mm = machine->mm,
                                .format = machine->paging,
                                .ram = machine->ram,
                                .env = &machine->cpu_env,
                                .lazy_address = !trace_wants(machine->trace, TRACE_FAULT),
                                .count_blocks = machine->options.time_limit_ns != 0,
                                .clock = {SHARED_DATA_USER, shared_data_clock_fields}};
    const char *why = NULL;
    machine->cpu = cpu_create(&config, &why);
    if (!machine->cpu)
        snprintf(error, MACHINE_ERROR_SIZE, "the CPU emulator: %s", why ? why : "failed");
    return machine->cpu != NULL;
}

/* Open an image of the guest's folders.  fd < 0: host is its name for the message. */
static uint32_t open_image(struct machine *machine, int fd, const char *name, char error[MACHINE_ERROR_SIZE])
{
    struct image_error why;
    uint32_t file = 0;
    if (fd < 0) {
        snprintf(error, MACHINE_ERROR_SIZE, "%.100s: %s", name, strerror(errno));
        return 0;
    }
    if (module_open_file(machine, fd, name, &why, &file) != STATUS_SUCCESS)
        snprintf(error, MACHINE_ERROR_SIZE, "%.80s: %.110s", name, why.text);
    return file;
}

bool machine_choose_paging(const struct machine_options *options, const struct image_info *info,
                           enum paging_format *ret_paging, const char **ret_why)
{
    bool wide = info->machine == IMAGE_MACHINE_AMD64;
    *ret_why = NULL;
    if (!wide && info->machine != IMAGE_MACHINE_I386)
        *ret_why = "not a program for x86 or x64";
    else if (options->paging_auto)
        *ret_paging = wide ? PAGING_X64 : PAGING_PAE;
    else if (wide && options->paging != PAGING_X64)
        *ret_why = "a 64-bit program, which needs x64 paging";
    else if (!wide && options->paging == PAGING_X64)
        *ret_why = "a 32-bit program, which needs x86 or pae paging (WOW64 is not modelled)";
    else
        *ret_paging = options->paging;
    return !*ret_why;
}

/* What follows from the program: its width, and with it the DLLs. */
static bool choose_width(struct machine *machine, char error[MACHINE_ERROR_SIZE])
{
    const struct image_info *info = image_info(machine->images[machine->exe - 1].image);
    const char *why = info->is_dll ? "a DLL, not a program" : NULL;
    if (why || !machine_choose_paging(&machine->options, info, &machine->paging, &why)) {
        snprintf(error, MACHINE_ERROR_SIZE, "%.100s: %s", machine->program_name, why);
        return false;
    }
    machine->layout = machine->paging == PAGING_X64 ? &guest_layout_x64 : &guest_layout_x86;
    if (machine->paging == PAGING_X64)
        host_files_narrow(&machine->files, SYSTEM_FOLDER, "x64/ntdll.dll");
    return true;
}

/* The DLLs must be of the program's width. */
static bool check_ntdll(const struct machine *machine, char error[MACHINE_ERROR_SIZE])
{
    bool fits = image_info(machine->images[machine->ntdll - 1].image)->machine == machine->layout->machine;
    if (!fits)
        snprintf(error, MACHINE_ERROR_SIZE, "%.100s: the ntdll.dll there is not for %d-bit programs",
                 machine->options.dll_path, (int)machine->layout->pointer * 8);
    return fits;
}

/* object_table.destroy: the last reference has gone. */
static void on_destroy(void *context, struct object *object)
{
    struct machine *machine = context;
    if (object->security)
        pool_give(&machine->securities, object->security);
    switch (object->type) {
    case OBJECT_FILE: file_destroy(machine, object); return;
    case OBJECT_SECTION:
        if (object->section.section)
            mm_section_close(machine->mm, object->section.section);
        return;
    case OBJECT_MUTANT: mutant_forget(object); return;
    case OBJECT_TIMER: timer_cancel(machine, object); return;
    case OBJECT_PROCESS:
        if (object->process)
            process_destroy(machine, object->process);
        return;
    case OBJECT_THREAD:
        if (object->thread)
            thread_destroy(machine, object->thread);
        return;
    case OBJECT_NONE:
    case OBJECT_CONSOLE:
    case OBJECT_NUL:
    case OBJECT_EVENT:
    case OBJECT_SEMAPHORE:
    case OBJECT_KEYED_EVENT:
    case OBJECT_TOKEN:
    case OBJECT_JOB:
    case OBJECT_DIRECTORY:
    case OBJECT_LINK:
    case OBJECT_TYPE_COUNT: return;
    }
}

static bool make_kernel(struct machine *machine, char error[MACHINE_ERROR_SIZE])
{
    machine->objects.destroy = on_destroy;
    machine->objects.closed = file_handle_closed;
    machine->objects.context = machine;
    bool made = object_table_open(&machine->objects) && paging_open(machine) &&
                pool_open(&machine->processes, sizeof(struct process), PROCESSES_MAX) &&
                pool_open(&machine->threads, sizeof(struct thread), THREADS_MAX) &&
                pool_open(&machine->apcs, sizeof(struct apc), APCS_MAX) &&
                pool_open(&machine->securities, sizeof(struct security), SECURITIES_MAX) &&
                file_table_open(&machine->file_table) && mapped_open(machine) && cache_open(machine) &&
                names_open(machine);
    if (!made)
        snprintf(error, MACHINE_ERROR_SIZE, "the host has no memory for the kernel's objects: %s", strerror(errno));
    return made;
}

bool machine_load(struct machine *machine, char error[MACHINE_ERROR_SIZE])
{
    int fd = open(machine->options.program, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    machine->exe = open_image(machine, fd, machine->program_name, error);
    if (!machine->exe || !choose_width(machine, error))
        return false;
    struct host_open request = {.path = "\\??\\C:\\WINDOWS\\system32\\ntdll.dll", .disposition = FILE_OPEN};
    if (host_file_open(&machine->files, &request) != STATUS_SUCCESS) {
        snprintf(error, MACHINE_ERROR_SIZE, "no ntdll.dll in %.120s", machine->options.dll_path);
        return false;
    }
    machine->ntdll = open_image(machine, request.fd, "ntdll.dll", error);
    if (!machine->ntdll || !check_ntdll(machine, error) || !make_memory(machine, error) ||
        !make_kernel(machine, error) || !make_cpu(machine, error))
        return false;
    nt_read_numbers(machine);
    if (!daemon_start(machine)) {
        snprintf(error, MACHINE_ERROR_SIZE, "no room for the system threads");
        return false;
    }
    if (!process_bring_up(machine, error))
        return false;
    machine->started = true;
    return true;
}

/* Who waits for a turn or a lock is not told any more. */
static void end_all_services(struct machine *machine)
{
    for (struct process *process = machine->first_process; process; process = process->next)
        for (struct thread *thread = process->first; thread; thread = thread->next) {
            file_leave_lock(machine, thread);
            if (thread->wait.kind == WAIT_TURN)
                wait_cancel(machine, thread);
        }
    for (struct process *process = machine->first_process; process; process = process->next)
        for (struct thread *thread = process->first; thread; thread = thread->next)
            repetition_end(machine, thread);
}

/* Files are the host's; the rest goes with its regions.  A handle may be the last reference on another process. */
static void close_all_handles(struct machine *machine)
{
    struct process *process = machine->first_process;
    while (process) {
        bool any = process->handles.entries;
        object_keep(process->object);
        handle_close_all(&machine->objects, &process->handles);
        object_release(&machine->objects, process->object);
        process = any ? machine->first_process : process->next;
    }
}

void machine_destroy(struct machine *machine)
{
    if (!machine)
        return;
    end_all_services(machine);
    close_all_handles(machine);
    if (machine->cpu)
        cpu_destroy(machine->cpu);
    for (unsigned i = 0; i < machine->image_count; i++)
        image_close(machine->images[i].image);
    mapped_close(machine);
    cache_close(machine);
    host_files_close(&machine->files);
    file_table_close(&machine->file_table);
    paging_close(machine);
    pool_close(&machine->apcs);
    pool_close(&machine->securities);
    pool_close(&machine->threads);
    pool_close(&machine->processes);
    object_table_close(&machine->objects);
    host_memory_unmap(machine->regions.ram, machine->regions.ram_size);
    host_memory_unmap(machine->regions.stamp, machine->regions.stamp_size);
    host_memory_unmap(machine->regions.state, machine->regions.state_size);
    free(machine);
}

/* --- Looking at it ----------------------------------------------------------------------------------------- */

void machine_set_trace(struct machine *machine, struct trace *trace)
{
    machine->trace = trace;
}

struct mm *machine_mm(struct machine *machine)
{
    return machine->mm;
}

uint32_t machine_exit_code(const struct machine *machine)
{
    return machine->exit_code;
}

void machine_say(struct machine *machine, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    for (char *at = line; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            *at = '?';
    fprintf(stderr, "softfault: %s\n", line);
}
