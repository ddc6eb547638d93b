// SPDX-License-Identifier: GPL-2.0-or-later
/* parameters.c - RTL_USER_PROCESS_PARAMETERS: what a process is told by who creates it.
 *
 * The structure and its strings are one block.  Between processes it is denormalised: the strings' pointers are offsets
 * from its start.  The loader of the new process turns them into addresses. */
#include "ntdll.h"

enum { NORMALISED = 1, CURRENT_DIRECTORY_BYTES = 2 * (MAX_PATH + 4) };

enum { STRING_COUNT = 8 };

/* The strings of a block, in the order of their bytes. */
static void list_strings(PRTL_USER_PROCESS_PARAMETERS p, UNICODE_STRING *strings[STRING_COUNT])
{
    strings[0] = &p->CurrentDirectory.DosPath;
    strings[1] = &p->DllPath;
    strings[2] = &p->ImagePathName;
    strings[3] = &p->CommandLine;
    strings[4] = &p->WindowTitle;
    strings[5] = &p->DesktopInfo;
    strings[6] = &p->ShellInfo;
    strings[7] = &p->RuntimeData;
}

PRTL_USER_PROCESS_PARAMETERS NTAPI RtlNormalizeProcessParams(PRTL_USER_PROCESS_PARAMETERS parameters)
{
    UNICODE_STRING *strings[STRING_COUNT];
    if (parameters == NULL || (parameters->Flags & NORMALISED))
        return parameters;
    list_strings(parameters, strings);
    for (unsigned i = 0; i < STRING_COUNT; i++)
        if (strings[i]->Buffer != NULL)
            strings[i]->Buffer = (WCHAR *)((PUCHAR)parameters + (ULONG_PTR)strings[i]->Buffer);
    parameters->Flags |= NORMALISED;
    return parameters;
}

PRTL_USER_PROCESS_PARAMETERS NTAPI RtlDeNormalizeProcessParams(PRTL_USER_PROCESS_PARAMETERS parameters)
{
    UNICODE_STRING *strings[STRING_COUNT];
    if (parameters == NULL || !(parameters->Flags & NORMALISED))
        return parameters;
    list_strings(parameters, strings);
    for (unsigned i = 0; i < STRING_COUNT; i++)
        if (strings[i]->Buffer != NULL)
            strings[i]->Buffer = (WCHAR *)((PUCHAR)strings[i]->Buffer - (ULONG_PTR)parameters);
    parameters->Flags &= ~(ULONG)NORMALISED;
    return parameters;
}

static SIZE_T room_for(const UNICODE_STRING *string)
{
    SIZE_T bytes = string->MaximumLength > string->Length ? string->MaximumLength : string->Length;
    return (bytes + 7) & ~(SIZE_T)7;
}

/* A string of the caller's, or its default; *at is where the next one's bytes go. */
static void put_string(UNICODE_STRING *target, const UNICODE_STRING *source, PUCHAR *at)
{
    if (source->Length == 0 && source->MaximumLength == 0)
        return;
    *target = (UNICODE_STRING){source->Length, source->MaximumLength, (WCHAR *)*at};
    if (target->MaximumLength < target->Length)
        target->MaximumLength = target->Length;
    memcpy(*at, source->Buffer, source->Length);
    if (source->MaximumLength >= source->Length + sizeof(WCHAR))
        target->Buffer[source->Length / 2] = 0;
    *at += room_for(source);
}

static const UNICODE_STRING *string_or(const UNICODE_STRING *given, const UNICODE_STRING *otherwise)
{
    return given != NULL ? given : otherwise;
}

/* => *ret_parameters: denormalised; to be given to RtlDestroyProcessParameters.  The environment is taken as it is. */
NTSTATUS NTAPI RtlCreateProcessParameters(PRTL_USER_PROCESS_PARAMETERS *ret_parameters, PUNICODE_STRING image_path,
                                          PUNICODE_STRING dll_path, PUNICODE_STRING current_directory,
                                          PUNICODE_STRING command_line, WCHAR *environment, PUNICODE_STRING title,
                                          PUNICODE_STRING desktop, PUNICODE_STRING shell, PUNICODE_STRING runtime)
{
    static WCHAR nothing[1];
    const UNICODE_STRING empty = {0, sizeof(nothing), nothing}, none = {0, 0, nothing};
    RtlAcquirePebLock();
    const RTL_USER_PROCESS_PARAMETERS *own = NtCurrentPeb()->ProcessParameters;
    UNICODE_STRING directory = *string_or(current_directory, &own->CurrentDirectory.DosPath);
    if (directory.MaximumLength < CURRENT_DIRECTORY_BYTES)
        directory.MaximumLength = CURRENT_DIRECTORY_BYTES; /* it may change */
    const UNICODE_STRING *sources[STRING_COUNT] = {
        &directory,
        string_or(dll_path, &own->DllPath),
        image_path,
        string_or(command_line, image_path),
        string_or(title, &empty),
        string_or(desktop, &empty),
        string_or(shell, &empty),
        string_or(runtime, &none),
    };
    SIZE_T size = sizeof(*own);
    for (unsigned i = 0; i < STRING_COUNT; i++)
        size += room_for(sources[i]);
    PRTL_USER_PROCESS_PARAMETERS made = heap_zalloc(size);
    if (made != NULL) {
        UNICODE_STRING *targets[STRING_COUNT];
        PUCHAR at = (PUCHAR)(made + 1);
        list_strings(made, targets);
        for (unsigned i = 0; i < STRING_COUNT; i++)
            put_string(targets[i], sources[i], &at);
        made->MaximumLength = made->Length = (ULONG)size;
        made->Flags = NORMALISED;
        made->Environment = environment != NULL ? environment : own->Environment;
        made->ConsoleFlags = own->ConsoleFlags;
    }
    RtlReleasePebLock();
    if (made == NULL)
        return STATUS_NO_MEMORY;
    *ret_parameters = RtlDeNormalizeProcessParams(made);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlDestroyProcessParameters(PRTL_USER_PROCESS_PARAMETERS parameters)
{
    heap_free(parameters);
    return STATUS_SUCCESS;
}
