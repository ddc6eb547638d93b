/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tls.c - thread-local slots: 64 in the TEB, 1024 more in a block that a thread gets when it first needs it. */
#include "k32.h"

enum { SLOTS = TLS_MINIMUM_AVAILABLE, EXTRA_SLOTS = 1024 };

/* Take the lowest clear bit.
 * => returns its number, or TLS_OUT_OF_INDEXES. */
static DWORD take_bit(ULONG *bits, DWORD count)
{
    for (DWORD i = 0; i < count; i++) {
        ULONG mask = 1u << (i % 32);
        if (!(bits[i / 32] & mask)) {
            bits[i / 32] |= mask;
            return i;
        }
    }
    return TLS_OUT_OF_INDEXES;
}

static void **extra_slots(TEB *teb)
{
    if (teb->TlsExpansionSlots == NULL)
        teb->TlsExpansionSlots = RtlAllocateHeap(RtlProcessHeap(), HEAP_ZERO_MEMORY, EXTRA_SLOTS * sizeof(void *));
    return teb->TlsExpansionSlots;
}

DWORD WINAPI TlsAlloc(void)
{
    TEB *teb = NtCurrentTeb();
    PEB *peb = NtCurrentPeb();
    DWORD slot;

    RtlAcquirePebLock();
    slot = take_bit(peb->TlsBitmapBits, SLOTS);
    if (slot != TLS_OUT_OF_INDEXES) {
        teb->TlsSlots[slot] = NULL;
    } else if (extra_slots(teb) != NULL) {
        slot = take_bit(peb->TlsExpansionBitmapBits, EXTRA_SLOTS);
        if (slot != TLS_OUT_OF_INDEXES) {
            teb->TlsExpansionSlots[slot] = NULL;
            slot += SLOTS;
        }
    }
    RtlReleasePebLock();
    if (slot == TLS_OUT_OF_INDEXES)
        k32_fail_with(ERROR_NO_MORE_ITEMS);
    return slot;
}

/* => NULL when the number is out of range or there is no memory for the extra slots. */
static void **slot_of(DWORD slot)
{
    TEB *teb = NtCurrentTeb();

    if (slot < SLOTS)
        return &teb->TlsSlots[slot];
    if (slot >= SLOTS + EXTRA_SLOTS) {
        k32_fail_with(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    void **extra = extra_slots(teb);
    if (extra == NULL) {
        k32_fail_with(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    return &extra[slot - SLOTS];
}

void *WINAPI TlsGetValue(DWORD slot)
{
    void **value = slot_of(slot);

    if (value == NULL)
        return NULL;
    RtlSetLastWin32Error(NO_ERROR); /* NULL is a valid value: the caller looks here */
    return *value;
}

BOOL WINAPI TlsSetValue(DWORD slot, void *value)
{
    void **place = slot_of(slot);

    if (place == NULL)
        return FALSE;
    *place = value;
    return TRUE;
}

BOOL WINAPI TlsFree(DWORD slot)
{
    PEB *peb = NtCurrentPeb();
    bool in_teb = slot < SLOTS;
    ULONG *bits = in_teb ? peb->TlsBitmapBits : peb->TlsExpansionBitmapBits;
    DWORD bit = in_teb ? slot : slot - SLOTS;
    BOOL freed = FALSE;

    if (slot >= SLOTS + EXTRA_SLOTS)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    RtlAcquirePebLock();
    if (bits[bit / 32] & 1u << bit % 32) {
        void **mine = slot_of(slot);
        if (mine != NULL)
            *mine = NULL;
        NtSetInformationThread(NtCurrentThread(), ThreadZeroTlsCell, &slot, sizeof slot); /* the other threads */
        bits[bit / 32] &= ~(1u << bit % 32);
        freed = TRUE;
    }
    RtlReleasePebLock();
    return freed ? TRUE : k32_fail_with(ERROR_INVALID_PARAMETER);
}
