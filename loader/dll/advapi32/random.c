/* SPDX-License-Identifier: GPL-2.0-or-later */
/* random.c - RtlGenRandom, which is exported under the name SystemFunction036.
 *
 * Nothing here is random: the numbers follow from the machine's seed (the cookie of the shared user page), the process
 * and how often they were asked for.  The generator is splitmix64. */
#include "advapi.h"

BOOLEAN WINAPI SystemFunction036(void *buffer, ULONG size);

static ULONGLONG next(volatile ULONGLONG *state)
{
    ULONGLONG z = *state += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

BOOLEAN WINAPI SystemFunction036(void *buffer, ULONG size)
{
    static volatile ULONGLONG state;
    UCHAR *bytes = buffer;

    RtlAcquirePebLock();
    if (state == 0)
        state = (ULONGLONG)SharedUserData->Cookie << 32 | (ULONG)(ULONG_PTR)NtCurrentTeb()->ClientId.UniqueProcess;
    for (ULONG i = 0; i < size; i++)
        bytes[i] = (UCHAR)(next(&state) >> 32);
    RtlReleasePebLock();
    return TRUE;
}
