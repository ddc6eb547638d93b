// SPDX-License-Identifier: GPL-2.0-or-later
/* env.c - environment blocks: NAME=VALUE strings, sorted by name without case, an empty string at the end.
 *
 * A block that is NULL means the process's own.  The first one was made by the kernel inside the process parameters, so
 * it is replaced, never freed; `own` is the one that this file allocated. */
#include "ntdll.h"

static WCHAR *own;

static WCHAR *block_end(WCHAR *block)
{
    while (*block != 0)
        block += wcslen(block) + 1;
    return block;
}

/* The name of an entry ends at the first '=' that is not its first character ("=C:=C:\work"). */
static ULONG name_length(const WCHAR *entry)
{
    ULONG length = entry[0] != 0;
    while (entry[length] != 0 && entry[length] != '=')
        length++;
    return length;
}

/* => the entry of that name, else where it would be inserted (*ret_order < 0, or at the end). */
static WCHAR *find_entry(WCHAR *block, PCUNICODE_STRING name, LONG *ret_order)
{
    *ret_order = -1;
    for (; *block != 0; block += wcslen(block) + 1) {
        UNICODE_STRING entry = {(USHORT)(name_length(block) * 2), 0, block};
        *ret_order = RtlCompareUnicodeString(name, &entry, TRUE);
        if (*ret_order <= 0)
            return block;
    }
    *ret_order = -1;
    return block;
}

/* Blocks from elsewhere need not be sorted: look at each entry. */
static WCHAR *find_value(WCHAR *block, PCUNICODE_STRING name)
{
    for (; *block != 0; block += wcslen(block) + 1) {
        ULONG length = name_length(block);
        UNICODE_STRING entry = {(USHORT)(length * 2), 0, block};
        if (block[length] == '=' && RtlEqualUnicodeString(name, &entry, TRUE))
            return block + length + 1;
    }
    return NULL;
}

/* => STATUS_BUFFER_TOO_SMALL: value->Length is what is needed, in bytes. */
NTSTATUS NTAPI RtlQueryEnvironmentVariable_U(WCHAR *environment, PUNICODE_STRING name, PUNICODE_STRING value)
{
    NTSTATUS status = STATUS_VARIABLE_NOT_FOUND;
    RtlAcquirePebLock();
    WCHAR *block = environment != NULL ? environment : NtCurrentPeb()->ProcessParameters->Environment;
    WCHAR *found = block != NULL ? find_value(block, name) : NULL;
    if (found != NULL) {
        size_t bytes = wcslen(found) * 2;
        value->Length = (USHORT)bytes;
        status = STATUS_BUFFER_TOO_SMALL;
        if (bytes <= value->MaximumLength) {
            memcpy(value->Buffer, found, bytes);
            if (bytes + 2 <= value->MaximumLength)
                value->Buffer[bytes / 2] = 0;
            status = STATUS_SUCCESS;
        }
    }
    RtlReleasePebLock();
    return status;
}

/* A copy of the block with the variable set; value NULL removes it.  NULL when there is no memory. */
static WCHAR *rebuild(WCHAR *block, PCUNICODE_STRING name, PCUNICODE_STRING value)
{
    LONG order;
    WCHAR *end = block_end(block), *at = find_entry(block, name, &order);
    WCHAR *rest = order == 0 ? at + wcslen(at) + 1 : at;
    size_t entry = value != NULL ? name->Length / 2u + 1 + value->Length / 2u + 1 : 0;
    size_t before = at - block, after = end - rest + 1;
    WCHAR *fresh = heap_alloc((before + entry + after + 1) * sizeof(WCHAR)), *to = fresh;
    if (fresh == NULL)
        return NULL;
    memcpy(to, block, before * sizeof(WCHAR));
    to += before;
    if (value != NULL) {
        memcpy(to, name->Buffer, name->Length);
        to += name->Length / 2;
        *to++ = '=';
        memcpy(to, value->Buffer, value->Length);
        to += value->Length / 2;
        *to++ = 0;
    }
    memcpy(to, rest, after * sizeof(WCHAR));
    to[after] = 0; /* an empty block still has two zeros */
    return fresh;
}

NTSTATUS NTAPI RtlSetEnvironmentVariable(WCHAR **environment, PUNICODE_STRING name, PUNICODE_STRING value)
{
    static WCHAR none[2];
    if (name->Length < 2)
        return STATUS_INVALID_PARAMETER;
    for (ULONG i = 1; i < name->Length / 2u; i++)
        if (name->Buffer[i] == '=')
            return STATUS_INVALID_PARAMETER;
    if (value != NULL && value->Buffer == NULL)
        value = NULL;
    RtlAcquirePebLock();
    PRTL_USER_PROCESS_PARAMETERS parameters = NtCurrentPeb()->ProcessParameters;
    WCHAR *old = environment != NULL ? *environment : parameters->Environment;
    WCHAR *fresh = rebuild(old != NULL ? old : none, name, value);
    if (fresh != NULL && environment != NULL) {
        heap_free(old);
        *environment = fresh;
    } else if (fresh != NULL) {
        heap_free(own);
        own = parameters->Environment = fresh;
    }
    RtlReleasePebLock();
    return fresh != NULL ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

NTSTATUS NTAPI RtlCreateEnvironment(BOOLEAN clone, WCHAR **ret_environment)
{
    static WCHAR none[2];
    RtlAcquirePebLock();
    WCHAR *from = clone ? NtCurrentPeb()->ProcessParameters->Environment : NULL;
    if (from == NULL)
        from = none;
    size_t count = block_end(from) - from + 2;
    WCHAR *copy = heap_zalloc(count * sizeof(WCHAR));
    if (copy != NULL) {
        memcpy(copy, from, (count - 1) * sizeof(WCHAR));
        *ret_environment = copy;
    }
    RtlReleasePebLock();
    return copy != NULL ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

NTSTATUS NTAPI RtlDestroyEnvironment(WCHAR *environment)
{
    heap_free(environment);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlSetCurrentEnvironment(WCHAR *environment, WCHAR **ret_old)
{
    RtlAcquirePebLock();
    PRTL_USER_PROCESS_PARAMETERS parameters = NtCurrentPeb()->ProcessParameters;
    WCHAR *old = parameters->Environment;
    parameters->Environment = environment;
    if (ret_old != NULL)
        *ret_old = old;
    else
        heap_free(own);
    own = environment;
    RtlReleasePebLock();
    return STATUS_SUCCESS;
}

/* => a %NAME% that is not set stays as it is; *ret_length counts bytes with the terminator. */
NTSTATUS NTAPI RtlExpandEnvironmentStrings_U(WCHAR *environment, PUNICODE_STRING source, PUNICODE_STRING target,
                                             PULONG ret_length)
{
    ULONG count = source->Length / 2, need = 0, room = target->MaximumLength / 2;
    RtlAcquirePebLock();
    WCHAR *block = environment != NULL ? environment : NtCurrentPeb()->ProcessParameters->Environment;
    for (ULONG i = 0; i < count;) {
        const WCHAR *piece = source->Buffer + i;
        ULONG length = 1, skip = 1, close = i + 1;
        while (*piece == '%' && close < count && source->Buffer[close] != '%')
            close++;
        if (*piece == '%' && close < count && block != NULL) {
            UNICODE_STRING name = {(USHORT)((close - i - 1) * 2), 0, source->Buffer + i + 1};
            const WCHAR *value = name.Length > 0 ? find_value(block, &name) : NULL;
            if (value != NULL) {
                piece = value;
                length = (ULONG)wcslen(value);
                skip = close - i + 1;
            }
        }
        for (ULONG k = 0; k < length && need + k < room; k++)
            target->Buffer[need + k] = piece[k];
        need += length;
        i += skip;
    }
    RtlReleasePebLock();
    if (ret_length != NULL)
        *ret_length = need * 2 + 2;
    if (need >= room)
        return STATUS_BUFFER_TOO_SMALL;
    target->Buffer[need] = 0;
    target->Length = (USHORT)(need * 2);
    return STATUS_SUCCESS;
}
