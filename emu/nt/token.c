/* SPDX-License-Identifier: GPL-2.0-or-later */
/* token.c - token services: opening, who it is, privileges.  Impersonation is not modelled: no thread has a token. */
#include "emu/token.h"

#include <string.h>

#include "emu/machine_internal.h"
#include "emu/nt/access.h"

/* --- Opening ------------------------------------------------------------------------------------------------- */

/* output_at: which argument is *handle. */
static ntstatus_t open_token(struct nt_call *call, unsigned output_at, uint32_t attributes)
{
    struct process *process;
    unsigned output;
    ntstatus_t status;
    if ((status = nt_output_pointer(call, call->arguments[output_at], &output)) != STATUS_SUCCESS ||
        (status = nt_process(call, 0, PROCESS_QUERY_INFORMATION, &process)) != STATUS_SUCCESS)
        return status;
    uint32_t handle = nt_new_handle(call, process->token, nt_ulong(call, 1), attributes);
    if (!handle)
        return STATUS_INSUFFICIENT_RESOURCES;
    nt_put_pointer(call, output, handle);
    return STATUS_SUCCESS;
}

static ntstatus_t open_process_token(struct nt_call *call)
{
    return open_token(call, 2, 0);
}

static ntstatus_t open_process_token_ex(struct nt_call *call)
{
    return open_token(call, 3, nt_ulong(call, 2));
}

/* Arguments: 0 thread 1 access 2 as self (3 attributes) 3 or 4 *handle. */
static ntstatus_t open_thread_token(struct nt_call *call)
{
    struct thread *thread;
    ntstatus_t status = nt_thread(call, 0, THREAD_QUERY_INFORMATION, &thread);
    return status == STATUS_SUCCESS ? STATUS_NO_TOKEN : status;
}

/* --- Information --------------------------------------------------------------------------------------------- */

enum token_class {
    TOKEN_USER = 1,
    TOKEN_GROUPS_CLASS,
    TOKEN_PRIVILEGES,
    TOKEN_OWNER,
    TOKEN_PRIMARY_GROUP,
    TOKEN_TYPE = 8,
    TOKEN_STATISTICS = 10,
    TOKEN_SESSION_ID = 12,
};

enum { ANSWER_MAX = 0x200, SE_PRIVILEGE_BY_DEFAULT = 1, SE_PRIVILEGE_ENABLED = 2, TOKEN_PRIMARY = 1 };

/* An answer in the making: structures first, the SIDs that they point to behind. */
struct answer {
    const struct guest_layout *layout;
    va_t base; /* where it will stand */
    uint8_t bytes[ANSWER_MAX];
    uint32_t length;
};

/* A SID at the end.  => its address. */
static va_t append_sid(struct answer *answer, const struct sid *sid)
{
    va_t va = answer->base + answer->length;
    memcpy(answer->bytes + answer->length, sid, sid_size(sid));
    answer->length += (uint32_t)sid_size(sid);
    return va;
}

static void put_sid(struct answer *answer, uint32_t at, const struct sid *sid)
{
    put_pointer(answer->layout, answer->bytes, at, append_sid(answer, sid));
}

/* TOKEN_GROUPS: a count, then SID_AND_ATTRIBUTES each. */
static void describe_groups(struct answer *answer)
{
    uint32_t pointer = answer->layout->pointer;
    put32(answer->bytes, 0, TOKEN_GROUPS);
    answer->length = pointer + TOKEN_GROUPS * 2 * pointer;
    for (uint32_t i = 0; i < TOKEN_GROUPS; i++) {
        uint32_t at = pointer + i * 2 * pointer;
        put32(answer->bytes, at + pointer, token_groups[i].attributes);
        put_sid(answer, at, &token_groups[i].sid);
    }
}

static uint32_t attributes_of(const struct token *token, unsigned privilege)
{
    return (token->by_default >> privilege & 1 ? SE_PRIVILEGE_BY_DEFAULT : 0) |
           (token->enabled >> privilege & 1 ? SE_PRIVILEGE_ENABLED : 0);
}

/* TOKEN_PRIVILEGES: a count, then LUID_AND_ATTRIBUTES each, of those in set. */
static void describe_privileges(const struct token *token, uint64_t set, struct answer *answer)
{
    uint32_t count = 0;
    answer->length = 4;
    for (unsigned i = 0; i < PRIVILEGE_COUNT; i++) {
        if (!(set >> i & 1))
            continue;
        put64(answer->bytes, answer->length, i);
        put32(answer->bytes, answer->length + 8, attributes_of(token, i));
        answer->length += 12;
        count++;
    }
    put32(answer->bytes, 0, count);
}

/* TOKEN_STATISTICS. */
static void describe_statistics(const struct token *token, struct answer *answer)
{
    enum { SESSION_LUID = 0x10000, AT_AUTHENTICATION = 8, AT_EXPIRES = 16, AT_TYPE = 24, AT_GROUPS = 40, SIZE = 56 };
    answer->length = SIZE;
    put64(answer->bytes, 0, token->id);
    put64(answer->bytes, AT_AUTHENTICATION, SESSION_LUID);
    put64(answer->bytes, AT_EXPIRES, INT64_MAX);
    put32(answer->bytes, AT_TYPE, TOKEN_PRIMARY);
    put32(answer->bytes, AT_GROUPS, TOKEN_GROUPS);
    put32(answer->bytes, AT_GROUPS + 4, (uint32_t)__builtin_popcountll(token->present));
    put64(answer->bytes, AT_GROUPS + 8, token->id + token->modified);
}

/* => false: such a class is not modelled. */
static bool describe(const struct token *token, uint32_t class, struct answer *answer)
{
    uint32_t pointer = answer->layout->pointer;
    switch (class) {
    case TOKEN_USER:
        answer->length = 2 * pointer;
        put_sid(answer, 0, &token_user);
        return true;
    case TOKEN_GROUPS_CLASS: describe_groups(answer); return true;
    case TOKEN_PRIVILEGES: describe_privileges(token, token->present, answer); return true;
    case TOKEN_OWNER:
        answer->length = pointer;
        put_sid(answer, 0, &token_user);
        return true;
    case TOKEN_PRIMARY_GROUP:
        answer->length = pointer;
        put_sid(answer, 0, &token_primary_group);
        return true;
    case TOKEN_TYPE:
        answer->length = 4;
        put32(answer->bytes, 0, TOKEN_PRIMARY);
        return true;
    case TOKEN_STATISTICS: describe_statistics(token, answer); return true;
    case TOKEN_SESSION_ID: answer->length = 4; return true;
    default: return false;
    }
}

static ntstatus_t reference_token(struct nt_call *call, uint32_t access, struct token **ret_token)
{
    struct object *object;
    ntstatus_t status = nt_object(call, 0, (struct object_want){OBJECT_TOKEN, access}, &object);
    if (status == STATUS_SUCCESS)
        *ret_token = &object->token;
    return status;
}

/* Arguments: 0 token 1 class 2 buffer 3 length 4 *needed. */
static ntstatus_t query_token(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    struct answer answer = {.layout = call->machine->layout, .base = a[2]};
    struct token *token;
    unsigned needed, buffer = 0;
    ntstatus_t status;
    if ((status = nt_output(call, a[4], 4, &needed)) != STATUS_SUCCESS ||
        (status = reference_token(call, TOKEN_QUERY, &token)) != STATUS_SUCCESS)
        return status;
    if (!describe(token, nt_ulong(call, 1), &answer))
        return nt_not_modelled(call, "this information class");
    bool fits = nt_ulong(call, 3) >= answer.length;
    if (fits && (status = nt_output(call, a[2], answer.length, &buffer)) != STATUS_SUCCESS)
        return status;
    nt_put32(call, needed, answer.length);
    if (fits)
        nt_put(call, buffer, 0, answer.bytes, answer.length);
    return fits ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
}

/* --- Privileges ---------------------------------------------------------------------------------------------- */

/* Sets out of an array of LUID_AND_ATTRIBUTES at va. */
struct wanted {
    uint64_t enable, disable; /* of those that there are; on a repeated one the last word counts */
    bool unknown;             /* one was asked for that no token has */
};

static ntstatus_t capture_privileges(struct nt_call *call, va_t va, uint32_t count, struct wanted *ret_wanted)
{
    enum { MOST = 1024 };
    *ret_wanted = (struct wanted){0};
    if (count > MOST)
        return STATUS_INVALID_PARAMETER;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t entry[12];
        ntstatus_t status = guest_read(call->machine, va + 12ull * i, entry, sizeof entry);
        if (status != STATUS_SUCCESS)
            return status;
        uint64_t luid = get64(entry, 0), bit = luid < PRIVILEGE_COUNT ? 1ull << luid : 0;
        bool enables = get32(entry, 8) & SE_PRIVILEGE_ENABLED;
        ret_wanted->unknown |= bit == 0;
        ret_wanted->enable = enables ? ret_wanted->enable | bit : ret_wanted->enable & ~bit;
        ret_wanted->disable = enables ? ret_wanted->disable & ~bit : ret_wanted->disable | bit;
    }
    return STATUS_SUCCESS;
}

/* Store what is changed, as it was before. */
static ntstatus_t plan_previous(struct nt_call *call, const struct token *token, uint64_t changed, unsigned *ret_output)
{
    const uint64_t *a = call->arguments;
    struct answer previous = {.layout = call->machine->layout};
    unsigned needed = 0, buffer = 0;
    ntstatus_t status = STATUS_SUCCESS;
    describe_privileges(token, changed, &previous);
    if ((status = nt_output(call, a[5], 4, &needed)) != STATUS_SUCCESS)
        return status;
    if (nt_ulong(call, 3) < previous.length) {
        nt_put32(call, needed, previous.length);
        return STATUS_BUFFER_TOO_SMALL;
    }
    if ((status = nt_output(call, a[4], previous.length, &buffer)) != STATUS_SUCCESS)
        return status;
    nt_put32(call, needed, previous.length);
    nt_put(call, buffer, 0, previous.bytes, previous.length);
    *ret_output = buffer;
    return STATUS_SUCCESS;
}

/* Arguments: 0 token 1 disable all 2 *new state 3 length 4 *previous state 5 *needed. */
static ntstatus_t adjust_privileges(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    bool disable_all = a[1] & 0xFF;
    struct wanted wanted = {.disable = UINT64_MAX};
    struct token *token;
    uint32_t count;
    unsigned previous;
    ntstatus_t status;
    if (!disable_all) {
        if (!a[2])
            return STATUS_INVALID_PARAMETER;
        if ((status = guest_read(call->machine, a[2], &count, sizeof count)) != STATUS_SUCCESS ||
            (status = capture_privileges(call, a[2] + 4, count, &wanted)) != STATUS_SUCCESS)
            return status;
    }
    uint32_t access = TOKEN_ADJUST_PRIVILEGES | (a[4] ? TOKEN_QUERY : 0);
    if ((status = reference_token(call, access, &token)) != STATUS_SUCCESS)
        return status;
    uint64_t enabled = (token->enabled | (wanted.enable & token->present)) & ~wanted.disable;
    if (a[4] && (status = plan_previous(call, token, enabled ^ token->enabled, &previous)) != STATUS_SUCCESS)
        return status;
    token->modified += enabled != token->enabled;
    token->enabled = enabled;
    uint64_t asked = disable_all ? 0 : wanted.enable | wanted.disable;
    return wanted.unknown || (asked & ~token->present) ? STATUS_NOT_ALL_ASSIGNED : STATUS_SUCCESS;
}

/* Arguments: 0 token 1 *PRIVILEGE_SET 2 *result. */
static ntstatus_t privilege_check(struct nt_call *call)
{
    const uint32_t all_necessary = 1, used_for_access = 0x80000000u;
    const uint64_t *a = call->arguments;
    uint8_t head[8], set[8 + 64 * 12];
    struct token *token;
    unsigned output, entries, held = 0;
    ntstatus_t status;
    if ((status = nt_output(call, a[2], 1, &output)) != STATUS_SUCCESS ||
        (status = guest_read(call->machine, a[1], head, sizeof head)) != STATUS_SUCCESS)
        return status;
    uint32_t count = get32(head, 0);
    if (count > 64)
        return STATUS_INVALID_PARAMETER;
    uint32_t length = 8 + 12 * count;
    if ((status = nt_output(call, a[1], length, &entries)) != STATUS_SUCCESS ||
        (status = reference_token(call, TOKEN_QUERY, &token)) != STATUS_SUCCESS)
        return status;
    mm_hold_read(call->machine->mm, &call->outputs[entries], 0, set, length);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t luid = get64(set, 8 + 12 * i);
        bool has = luid < PRIVILEGE_COUNT && (token->enabled >> luid & 1);
        held += has;
        if (has)
            put32(set, 8 + 12 * i + 8, get32(set, 8 + 12 * i + 8) | used_for_access);
    }
    uint8_t result = get32(head, 4) & all_necessary ? held == count : held > 0;
    nt_put(call, entries, 0, set, length);
    nt_put(call, output, 0, &result, 1);
    return STATUS_SUCCESS;
}

const struct nt_service nt_services_token[] = {
    {"NtOpenProcessToken", 3, open_process_token}, {"NtOpenProcessTokenEx", 4, open_process_token_ex},
    {"NtOpenThreadToken", 4, open_thread_token},   {"NtOpenThreadTokenEx", 5, open_thread_token},
    {"NtQueryInformationToken", 5, query_token},   {"NtAdjustPrivilegesToken", 6, adjust_privileges},
    {"NtPrivilegeCheck", 3, privilege_check},      {0},
};
