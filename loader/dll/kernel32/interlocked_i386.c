/* SPDX-License-Identifier: GPL-2.0-or-later */
/* interlocked_i386.c - the Interlocked calls as functions, which only 32-bit programs import; <windows.h> makes them
 * intrinsics, hence the names in assembler. */
#include "k32.h"

LONG WINAPI k32_increment(LONG volatile *value) __asm__("_InterlockedIncrement@4");
LONG WINAPI k32_decrement(LONG volatile *value) __asm__("_InterlockedDecrement@4");
LONG WINAPI k32_exchange(LONG volatile *value, LONG with) __asm__("_InterlockedExchange@8");
LONG WINAPI k32_exchange_add(LONG volatile *value, LONG by) __asm__("_InterlockedExchangeAdd@8");
LONG WINAPI k32_compare_exchange(LONG volatile *value, LONG with, LONG when) __asm__("_InterlockedCompareExchange@12");
LONGLONG WINAPI k32_compare_exchange64(LONGLONG volatile *value, LONGLONG with,
                                       LONGLONG when) __asm__("_InterlockedCompareExchange64@20");

LONG WINAPI k32_increment(LONG volatile *value)
{
    return __atomic_add_fetch(value, 1, __ATOMIC_SEQ_CST);
}

LONG WINAPI k32_decrement(LONG volatile *value)
{
    return __atomic_sub_fetch(value, 1, __ATOMIC_SEQ_CST);
}

LONG WINAPI k32_exchange(LONG volatile *value, LONG with)
{
    return __atomic_exchange_n(value, with, __ATOMIC_SEQ_CST);
}

LONG WINAPI k32_exchange_add(LONG volatile *value, LONG by)
{
    return __atomic_fetch_add(value, by, __ATOMIC_SEQ_CST);
}

LONG WINAPI k32_compare_exchange(LONG volatile *value, LONG with, LONG when)
{
    __atomic_compare_exchange_n(value, &when, with, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return when;
}

LONGLONG WINAPI k32_compare_exchange64(LONGLONG volatile *value, LONGLONG with, LONGLONG when)
{
    return __sync_val_compare_and_swap(value, when, with);
}
