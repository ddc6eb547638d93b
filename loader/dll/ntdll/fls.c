// SPDX-License-Identifier: GPL-2.0-or-later
/* fls.c - fibre-local storage, of which each thread here is one fibre.
 *
 * A slot has a callback that gets the value of a thread that ends, and those of all threads when it is freed. */
#include "ntdll.h"

#define SLOTS 128

struct fls_data {
    LIST_ENTRY link; /* of PEB.FlsListHead */
    PVOID values[SLOTS];
};

static RTL_CRITICAL_SECTION lock;
static RTL_BITMAP bitmap;
static PFLS_CALLBACK_FUNCTION callbacks[SLOTS];

void fls_init(PPEB peb)
{
    RtlInitializeCriticalSection(&lock);
    RtlInitializeBitMap(&bitmap, peb->FlsBitmapBits, SLOTS);
    RtlSetBits(&bitmap, 0, 1); /* never given out, as in NT */
    peb->FlsBitmap = &bitmap;
    peb->FlsCallback = (PVOID *)callbacks;
    list_init(&peb->FlsListHead);
}

static struct fls_data *own_data(void)
{
    return (struct fls_data *)NtCurrentTeb()->FlsData;
}

static bool make_data(void)
{
    struct fls_data *data = heap_zalloc(sizeof(*data));
    if (data == NULL)
        return false;
    RtlEnterCriticalSection(&lock);
    list_insert_tail(&NtCurrentPeb()->FlsListHead, &data->link);
    RtlLeaveCriticalSection(&lock);
    NtCurrentTeb()->FlsData = (PVOID *)data;
    return true;
}

NTSTATUS NTAPI RtlFlsAlloc(PFLS_CALLBACK_FUNCTION callback, PULONG ret_slot)
{
    if (own_data() == NULL && !make_data())
        return STATUS_NO_MEMORY;
    RtlEnterCriticalSection(&lock);
    ULONG slot = RtlFindClearBitsAndSet(&bitmap, 1, 1);
    if (slot != ~0u) {
        callbacks[slot] = callback;
        own_data()->values[slot] = NULL;
        NtCurrentPeb()->FlsHighIndex = slot > NtCurrentPeb()->FlsHighIndex ? slot : NtCurrentPeb()->FlsHighIndex;
    }
    RtlLeaveCriticalSection(&lock);
    if (slot == ~0u)
        return STATUS_NO_MEMORY;
    *ret_slot = slot;
    return STATUS_SUCCESS;
}

static bool is_allocated(ULONG slot)
{
    return slot < SLOTS && slot > 0 && RtlAreBitsSet(&bitmap, slot, 1);
}

NTSTATUS NTAPI RtlFlsFree(ULONG slot)
{
    RtlEnterCriticalSection(&lock);
    bool allocated = is_allocated(slot);
    PFLS_CALLBACK_FUNCTION callback = allocated ? callbacks[slot] : NULL;
    LIST_ENTRY *head = &NtCurrentPeb()->FlsListHead;
    for (LIST_ENTRY *at = head->Flink; allocated && at != head; at = at->Flink) {
        struct fls_data *data = CONTAINING_RECORD(at, struct fls_data, link);
        PVOID value = data->values[slot];
        data->values[slot] = NULL;
        if (callback != NULL && value != NULL)
            callback(value);
    }
    if (allocated) {
        callbacks[slot] = NULL;
        RtlClearBits(&bitmap, slot, 1);
    }
    RtlLeaveCriticalSection(&lock);
    return allocated ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS NTAPI RtlFlsGetValue(ULONG slot, PVOID *ret_value)
{
    if (slot == 0 || slot >= SLOTS || own_data() == NULL)
        return STATUS_INVALID_PARAMETER;
    *ret_value = own_data()->values[slot];
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlFlsSetValue(ULONG slot, PVOID value)
{
    if (slot == 0 || slot >= SLOTS)
        return STATUS_INVALID_PARAMETER;
    if (own_data() == NULL && !make_data())
        return STATUS_NO_MEMORY;
    own_data()->values[slot] = value;
    return STATUS_SUCCESS;
}

/* => a callback may look at other slots, and set them: those are called as well. */
void fls_detach_thread(void)
{
    struct fls_data *data = own_data();
    if (data == NULL)
        return;
    RtlEnterCriticalSection(&lock);
    for (ULONG slot = 1; slot < SLOTS; slot++) {
        PVOID value = data->values[slot];
        data->values[slot] = NULL;
        if (value != NULL && callbacks[slot] != NULL)
            callbacks[slot](value);
    }
    list_remove(&data->link);
    RtlLeaveCriticalSection(&lock);
    NtCurrentTeb()->FlsData = NULL;
    heap_free(data);
}
