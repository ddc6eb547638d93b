/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process.c - process services: end, hard errors, information. */
#include <string.h>

#include "emu/machine_internal.h"

enum {
    HARD_ERROR_PARAMETERS_MAX = 5,
    HARD_ERROR_TEXT_MAX = 256,
    RESPONSE_NOT_HANDLED = 1,
    BASE_PRIORITY_NORMAL = 8,
};

static ntstatus_t terminate_process(struct nt_call *call)
{
    struct machine *machine = call->machine;
    if (call->arguments[0] == 0)
        return STATUS_SUCCESS; /* all threads but this one */
    ntstatus_t status = nt_check_process(call, 0);
    if (status != STATUS_SUCCESS)
        return status;
    machine->exit_code = nt_ulong(call, 1);
    machine_end(machine, machine->exit_code & 0xFF);
    call->keeps_registers = true;
    return STATUS_SUCCESS;
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
    const char *program = machine->program_name, *first = error->text[0], *second = error->text[1];
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
        machine_say(machine, "%s cannot start: %s is no valid image", program, *first ? first : "a DLL");
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
    machine->exit_code = error.status;
    machine_end(machine, MACHINE_EXIT_CANNOT);
    call->keeps_registers = true;
    return STATUS_SUCCESS;
}

/* --- Information ------------------------------------------------------------------------------------------- */

enum process_class {
    PROCESS_BASIC = 0,
    PROCESS_DEBUG_PORT = 7,
    PROCESS_WOW64 = 26,
};

static ntstatus_t query_process_basic(struct nt_call *call, struct nt_information answer)
{
    const struct machine *machine = call->machine;
    struct guest_record record = record_begin(machine->layout); /* PROCESS_BASIC_INFORMATION */
    record_u32(&record, STATUS_PENDING);
    record_pointer(&record, machine->process.peb);
    record_pointer(&record, 1); /* AffinityMask */
    record_u32(&record, BASE_PRIORITY_NORMAL);
    record_pointer(&record, machine->process.id);
    record_pointer(&record, 0); /* of the parent */
    return nt_answer_record_exact(call, &record, answer);
}

static ntstatus_t query_process(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    const struct machine *machine = call->machine;
    struct nt_information answer = {.buffer = a[2], .room = nt_ulong(call, 3), .returned = a[4]};
    struct guest_record record = record_begin(machine->layout);
    ntstatus_t status;
    if (nt_query_process_memory(call, &status))
        return status;
    status = nt_check_process(call, 0);
    if (status != STATUS_SUCCESS)
        return status;
    switch (nt_ulong(call, 1)) {
    case PROCESS_BASIC: return query_process_basic(call, answer);
    case PROCESS_DEBUG_PORT:
    case PROCESS_WOW64: record_pointer(&record, 0); return nt_answer_record_exact(call, &record, answer);
    default: return nt_not_modelled(call, "this information class");
    }
}

static ntstatus_t set_process(struct nt_call *call)
{
    ntstatus_t status;
    if (nt_set_process_memory(call, &status))
        return status;
    status = nt_check_process(call, 0);
    return status == STATUS_SUCCESS ? nt_not_modelled(call, "this information class") : status;
}

const struct nt_service nt_services_process[] = {
    {"NtTerminateProcess", 2, terminate_process},
    {"NtRaiseHardError", 6, raise_hard_error},
    {"NtQueryInformationProcess", 5, query_process},
    {"NtSetInformationProcess", 4, set_process},
    {0},
};
