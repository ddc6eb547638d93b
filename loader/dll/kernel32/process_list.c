/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process_list.c - which processes there are, and the page files. */
#define PSAPI_VERSION 2
#include "k32.h"
#include <psapi.h>

enum { FIRST_SIZE = 0x4000, MOST = 0x1000000 };

/* One of the lists of NtQuerySystemInformation, whose length nobody knows beforehand.
 * => a block of the process heap in *ret_list, or a failure. */
static NTSTATUS query_list(ULONG info_class, void **ret_list)
{
    for (ULONG size = FIRST_SIZE; size <= MOST; size *= 2) {
        void *list = RtlAllocateHeap(RtlProcessHeap(), HEAP_ZERO_MEMORY, size);
        if (list == NULL)
            return STATUS_NO_MEMORY;
        NTSTATUS status = NtQuerySystemInformation(info_class, list, size, NULL);
        if (NT_SUCCESS(status)) {
            *ret_list = list;
            return status;
        }
        k32_free(list);
        if (status != STATUS_INFO_LENGTH_MISMATCH)
            return status;
    }
    return STATUS_INSUFFICIENT_RESOURCES;
}

static const SYSTEM_PROCESS_INFORMATION *next_process(const SYSTEM_PROCESS_INFORMATION *at)
{
    return at->NextEntryOffset != 0 ? (const void *)((const char *)at + at->NextEntryOffset) : NULL;
}

NTSTATUS k32_count_processes(struct k32_process_totals *ret_totals)
{
    void *list;
    NTSTATUS status = query_list(SystemProcessInformation, &list);

    if (!NT_SUCCESS(status))
        return status;
    *ret_totals = (struct k32_process_totals){0, 0, 0};
    for (const SYSTEM_PROCESS_INFORMATION *at = list; at != NULL; at = next_process(at)) {
        ret_totals->processes++;
        ret_totals->threads += at->NumberOfThreads;
        ret_totals->handles += at->HandleCount;
    }
    k32_free(list);
    return STATUS_SUCCESS;
}

/* => *ret_needed: the bytes that were stored; a list that is full may be cut. */
BOOL WINAPI K32EnumProcesses(DWORD *ids, DWORD size, DWORD *ret_needed)
{
    void *list;
    DWORD count = 0;
    NTSTATUS status = query_list(SystemProcessInformation, &list);

    if (!NT_SUCCESS(status))
        return k32_fail(status);
    for (const SYSTEM_PROCESS_INFORMATION *at = list; at != NULL && count < size / sizeof *ids; at = next_process(at))
        ids[count++] = (DWORD)(ULONG_PTR)at->UniqueProcessId;
    *ret_needed = count * sizeof *ids;
    k32_free(list);
    return TRUE;
}

/* => stops at the callback that returns FALSE. */
BOOL WINAPI K32EnumPageFilesW(PENUM_PAGE_FILE_CALLBACKW callback, void *context)
{
    void *list;
    NTSTATUS status = query_list(SystemPageFileInformation, &list);

    if (!NT_SUCCESS(status))
        return k32_fail(status);
    for (const SYSTEM_PAGEFILE_INFORMATION *at = list; at->TotalSize != 0;) {
        ENUM_PAGE_FILE_INFORMATION info = {sizeof info, 0, at->TotalSize, at->TotalInUse, at->PeakUsage};
        const WCHAR *name = at->PageFileName.Buffer;
        if (name != NULL && name[0] == '\\' && name[1] == '?' && name[2] == '?' && name[3] == '\\')
            name += 4;
        if (!callback(context, &info, name) || at->NextEntryOffset == 0)
            break;
        at = (const void *)((const char *)at + at->NextEntryOffset);
    }
    k32_free(list);
    return TRUE;
}

struct narrow_page_files {
    PENUM_PAGE_FILE_CALLBACKA callback;
    void *context;
};

static WINBOOL narrow_page_file(void *argument, ENUM_PAGE_FILE_INFORMATION *info, const WCHAR *name)
{
    const struct narrow_page_files *narrow = argument;
    char text[MAX_PATH];

    k32_give_narrow(name, (DWORD)k32_wcslen(name), text, sizeof text);
    return narrow->callback(narrow->context, info, text);
}

BOOL WINAPI K32EnumPageFilesA(PENUM_PAGE_FILE_CALLBACKA callback, void *context)
{
    struct narrow_page_files narrow = {callback, context};

    return K32EnumPageFilesW(narrow_page_file, &narrow);
}
