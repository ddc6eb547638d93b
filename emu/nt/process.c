/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process.c - process services: end, hard errors, information. */
#include <string.h>

#include "emu/machine_internal.h"
#include "emu/nt/access.h"

enum {
    HARD_ERROR_PARAMETERS_MAX = 5,
    HARD_ERROR_TEXT_MAX = 256,
    RESPONSE_NOT_HANDLED = 1,
};

static void terminate_others(struct machine *machine, ntstatus_t status)
{
    const struct thread *own = machine->thread;
    for (struct thread *thread = own->process->first, *next; thread; thread = next) {
        next = thread->next;
        if (thread != own)
            thread_terminate(machine, thread, status);
    }
}

/* Arguments: 0 process 1 status.  No handle: all threads of the caller's process but this one. */
static ntstatus_t terminate_process(struct nt_call *call)
{
    struct machine *machine = call->machine;
    struct process *process;
    if (call->arguments[0] == 0) {
        terminate_others(machine, nt_ulong(call, 1));
        return STATUS_SUCCESS;
    }
    ntstatus_t status = nt_process(call, 0, PROCESS_TERMINATE, &process);
    if (status != STATUS_SUCCESS)
        return status;
    if (process->life == PROCESS_OVER)
        return STATUS_PROCESS_IS_TERMINATING;
    call->keeps_registers = process == machine_process(machine);
    process_terminate(machine, process, nt_ulong(call, 1));
    return STATUS_SUCCESS;
}

static ntstatus_t suspend_process(struct nt_call *call)
{
    struct process *process;
    ntstatus_t status = nt_process(call, 0, PROCESS_SUSPEND_RESUME, &process);
    if (status != STATUS_SUCCESS)
        return status;
    for (struct thread *thread = process->first; thread; thread = thread->next)
        thread_suspend(call->machine, thread);
    return process->life == PROCESS_OVER ? STATUS_PROCESS_IS_TERMINATING : STATUS_SUCCESS;
}

static ntstatus_t resume_process(struct nt_call *call)
{
    struct process *process;
    ntstatus_t status = nt_process(call, 0, PROCESS_SUSPEND_RESUME, &process);
    if (status != STATUS_SUCCESS)
        return status;
    for (struct thread *thread = process->first; thread; thread = thread->next)
        thread_resume(call->machine, thread);
    return process->life == PROCESS_OVER ? STATUS_PROCESS_IS_TERMINATING : STATUS_SUCCESS;
}

/* --- Hard errors ------------------------------------------------------------------------------------------- */

struct hard_error {
    ntstatus_t status;
    uint32_t count;
    char text[2][HARD_ERROR_TEXT_MAX]; /* of the first two parameters, where they are strings */
};

static ntstatus_t capture_hard_error(struct nt_call *call, struct hard_error *error)
{
    const uint64_t *a = call->arguments;
    const struct guest_layout *layout = call->machine->layout;
    uint8_t values[HARD_ERROR_PARAMETERS_MAX * 8];
    error->status = nt_ulong(call, 0);
    error->count = nt_ulong(call, 1);
    if (error->count > HARD_ERROR_PARAMETERS_MAX)
        return STATUS_INVALID_PARAMETER_2;
    ntstatus_t status = guest_read(call->machine, a[3], values, layout->pointer * error->count);
    for (uint32_t i = 0; i < error->count && i < 2 && status == STATUS_SUCCESS; i++) {
        if (!(a[2] >> i & 1))
            continue;
        va_t string = get_pointer(layout, values, i * layout->pointer);
        status = guest_read_string(call->machine, string, error->text[i], sizeof error->text[i]);
        if (status == STATUS_OBJECT_NAME_INVALID) {
            strcpy(error->text[i], "?");
            status = STATUS_SUCCESS;
        }
    }
    return status;
}

/* One line for the user.  => true: the program cannot go on. */
static bool say_hard_error(struct machine *machine, const struct hard_error *error)
{
    const char *program = process_name(machine, machine_process(machine)), *first = error->text[0],
               *second = error->text[1];
    switch (error->status) {
    case STATUS_ENTRYPOINT_NOT_FOUND:
    case STATUS_ORDINAL_NOT_FOUND:
        machine_say(machine, "%s called %s!%s, which is not provided", program, second, first);
        return true;
    case STATUS_DLL_NOT_FOUND: machine_say(machine, "%s needs %s, which was not found", program, first); return true;
    case STATUS_DLL_INIT_FAILED:
        machine_say(machine, "%s cannot start: %s failed to initialise", program, *first ? first : "a DLL");
        return true;
    case STATUS_INVALID_IMAGE_FORMAT:
    case STATUS_INVALID_IMAGE_NOT_MZ:
    case STATUS_INVALID_IMAGE_PROTECT:
    case STATUS_INVALID_IMAGE_WIN_16:
    case STATUS_INVALID_FILE_FOR_SECTION:
        machine_say(machine, "%s cannot start: %s is no valid image for it (status 0x%08X)", program,
                    *first ? first : "a DLL", error->status);
        return true;
    case STATUS_NO_MEMORY:
    case STATUS_COMMITMENT_LIMIT:
    case STATUS_INSUFFICIENT_RESOURCES:
    case STATUS_CONFLICTING_ADDRESSES:
        machine_say(machine, "%s cannot start: there is no room for %s (status 0x%08X)", program,
                    *first ? first : "a DLL", error->status);
        return true;
    default:
        machine_say(machine, "%s raised hard error 0x%08X %s %s", program, error->status, first, second);
        return !nt_success(error->status);
    }
}

/* Arguments: 0 status 1 count 2 string mask 3 parameters 4 options 5 *response. */
static ntstatus_t raise_hard_error(struct nt_call *call)
{
    struct machine *machine = call->machine;
    struct hard_error error = {0};
    unsigned response;
    ntstatus_t status;
    if ((status = nt_output(call, call->arguments[5], 4, &response)) != STATUS_SUCCESS ||
        (status = capture_hard_error(call, &error)) != STATUS_SUCCESS)
        return status;
    nt_put32(call, response, RESPONSE_NOT_HANDLED);
    if (!say_hard_error(machine, &error))
        return STATUS_SUCCESS;
    call->keeps_registers = true;
    nt_release_outputs(call); /* before its memory goes */
    machine_process(machine)->verdict = MACHINE_EXIT_CANNOT;
    process_terminate(machine, machine_process(machine), error.status);
    return STATUS_SUCCESS;
}

/* --- Information --------------------------------------------------------------------------------------------- */

enum process_class {
    PROCESS_BASIC = 0,
    PROCESS_TIMES = 4,
    PROCESS_BASE_PRIORITY = 5,
    PROCESS_DEBUG_PORT = 7,
    PROCESS_DEFAULT_HARD_ERROR_MODE = 12,
    PROCESS_PRIORITY_CLASS = 18,
    PROCESS_HANDLE_COUNT = 20,
    PROCESS_AFFINITY_MASK = 21,
    PROCESS_PRIORITY_BOOST = 22,
    PROCESS_SESSION = 24,
    PROCESS_WOW64 = 26,
};

/* PROCESS_BASIC_INFORMATION. */
static void put_basic(const struct process *process, struct guest_record *record)
{
    record_u32(record, process->exit_status);
    record_pointer(record, process->peb);
    record_pointer(record, 1); /* AffinityMask */
    record_u32(record, (uint32_t)process->base_priority);
    record_pointer(record, process->id);
    record_pointer(record, process->parent_id);
}

/* KERNEL_USER_TIMES: those of threads that have ended, and of the others. */
static void put_times(const struct process *process, struct guest_record *record)
{
    uint64_t kernel = process->kernel_time, user = process->user_time;
    for (const struct thread *thread = process->first; thread; thread = thread->next) {
        kernel += thread->kernel_time;
        user += thread->user_time;
    }
    record_u64(record, process->create_time);
    record_u64(record, process->exit_time);
    record_u64(record, kernel / 100);
    record_u64(record, user / 100);
}

/* Arguments: 0 process 1 class 2 buffer 3 length 4 *returned length. */
static ntstatus_t query_process(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    struct nt_information answer = {.buffer = a[2], .room = nt_ulong(call, 3), .returned = a[4]};
    struct guest_record record = record_begin(call->machine->layout);
    struct process *process;
    ntstatus_t status;
    if (nt_query_process_memory(call, &status))
        return status;
    if ((status = nt_process(call, 0, PROCESS_QUERY_INFORMATION, &process)) != STATUS_SUCCESS)
        return status;
    switch (nt_ulong(call, 1)) {
    case PROCESS_BASIC: put_basic(process, &record); break;
    case PROCESS_TIMES: put_times(process, &record); break;
    case PROCESS_PRIORITY_CLASS:
        record_u8(&record, 0);
        record_u8(&record, process->priority_class);
        break;
    case PROCESS_HANDLE_COUNT: record_u32(&record, process->handles.count); break;
    case PROCESS_PRIORITY_BOOST: record_u32(&record, process->boost_disabled); break;
    case PROCESS_SESSION: record_u32(&record, 0); break;
    case PROCESS_DEFAULT_HARD_ERROR_MODE: record_u32(&record, process->hard_error_mode); break;
    case PROCESS_DEBUG_PORT:
    case PROCESS_WOW64: record_pointer(&record, 0); break;
    default: return nt_not_modelled(call, "this information class");
    }
    return nt_answer_fields(call, &record, answer);
}

static const int8_t class_priority[PRIORITY_CLASS_COUNT] = {
    [PRIORITY_CLASS_UNKNOWN] = 8,       [PRIORITY_CLASS_IDLE] = 4,      [PRIORITY_CLASS_NORMAL] = 8,
    [PRIORITY_CLASS_HIGH] = 13,         [PRIORITY_CLASS_REALTIME] = 24, [PRIORITY_CLASS_BELOW_NORMAL] = 6,
    [PRIORITY_CLASS_ABOVE_NORMAL] = 10,
};

/* Threads keep their distance from the process's base, and their end of the class. */
static void set_base_priority(struct machine *machine, struct process *process, int base)
{
    bool realtime = base >= PRIORITY_REALTIME;
    int least = realtime ? PRIORITY_REALTIME : 1, most = realtime ? PRIORITY_LEVELS - 1 : PRIORITY_DYNAMIC_MAX;
    process->base_priority = (int8_t)base;
    for (struct thread *thread = process->first; thread; thread = thread->next) {
        int wanted = base + thread->sched.increment;
        if (thread->sched.saturation)
            wanted = thread->sched.saturation > 0 ? most : least;
        thread_set_base_priority(machine, thread, wanted < least ? least : wanted > most ? most : wanted);
    }
}

/* More than it has needs SeIncreaseBasePriorityPrivilege, and so does the real-time class. */
static ntstatus_t set_process_base(struct nt_call *call, struct process *process, uint64_t base)
{
    if (base == 0 || base >= PRIORITY_LEVELS)
        return STATUS_INVALID_PARAMETER;
    if ((int)base > process->base_priority &&
        !token_has(machine_process(call->machine), SE_INC_BASE_PRIORITY_PRIVILEGE))
        return STATUS_PRIVILEGE_NOT_HELD;
    set_base_priority(call->machine, process, (int)base);
    return STATUS_SUCCESS;
}

/* BOOLEAN Foreground, UCHAR PriorityClass. */
static ntstatus_t set_priority_class(struct nt_call *call, struct process *process, uint64_t value)
{
    uint64_t class = value >> 8;
    if (class >= PRIORITY_CLASS_COUNT)
        return STATUS_INVALID_PARAMETER;
    if (class == PRIORITY_CLASS_REALTIME && process->priority_class != class &&
        !token_has(machine_process(call->machine), SE_INC_BASE_PRIORITY_PRIVILEGE))
        return STATUS_PRIVILEGE_NOT_HELD;
    process->priority_class = (uint8_t) class;
    set_base_priority(call->machine, process, class_priority[class]);
    return STATUS_SUCCESS;
}

static ntstatus_t set_value(struct nt_call *call, struct process *process, uint32_t class, uint64_t value)
{
    switch (class) {
    case PROCESS_BASE_PRIORITY: return set_process_base(call, process, value);
    case PROCESS_PRIORITY_CLASS: return set_priority_class(call, process, value);
    case PROCESS_PRIORITY_BOOST:
        process->boost_disabled = value != 0;
        for (struct thread *thread = process->first; thread; thread = thread->next)
            thread->sched.boost_disabled = process->boost_disabled;
        return STATUS_SUCCESS;
    case PROCESS_AFFINITY_MASK: return value == 1 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case PROCESS_DEFAULT_HARD_ERROR_MODE: process->hard_error_mode = (uint32_t)value; return STATUS_SUCCESS;
    default: return nt_not_modelled(call, "this information class");
    }
}

/* Arguments: 0 process 1 class 2 buffer 3 length. */
static ntstatus_t set_process(struct nt_call *call)
{
    uint32_t class = nt_ulong(call, 1), size = 4;
    struct process *process;
    uint64_t value = 0;
    ntstatus_t status;
    if (nt_set_process_memory(call, &status))
        return status;
    if ((status = nt_process(call, 0, PROCESS_SET_INFORMATION, &process)) != STATUS_SUCCESS)
        return status;
    if (process->life == PROCESS_OVER)
        return STATUS_PROCESS_IS_TERMINATING;
    if (class == PROCESS_PRIORITY_CLASS)
        size = 2;
    else if (class == PROCESS_AFFINITY_MASK)
        size = call->machine->layout->pointer;
    if (nt_ulong(call, 3) != size)
        return STATUS_INFO_LENGTH_MISMATCH;
    if ((status = guest_read(call->machine, call->arguments[2], &value, size)) != STATUS_SUCCESS)
        return status;
    return set_value(call, process, class, value);
}

const struct nt_service nt_services_process[] = {
    {"NtTerminateProcess", 2, terminate_process},
    {"NtSuspendProcess", 1, suspend_process},
    {"NtResumeProcess", 1, resume_process},
    {"NtRaiseHardError", 6, raise_hard_error},
    {"NtQueryInformationProcess", 5, query_process},
    {"NtSetInformationProcess", 4, set_process},
    {0},
};
