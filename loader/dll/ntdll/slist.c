// SPDX-License-Identifier: GPL-2.0-or-later
/* slist.c - singly linked lists that threads push to and pop from without a lock.
 *
 * The header is the first entry, the depth and a number that each change raises, and is exchanged as a whole: so a list
 * that came back to the same first entry is seen to have changed.  What a popped entry links to may be read when
 * another thread has that entry already, and has freed it: a read that faults starts the pop anew. */
#include "ntdll.h"

struct parts {
    PSLIST_ENTRY first;
    ULONGLONG depth; /* 16 bits, wraps */
    ULONGLONG sequence;
};

#ifdef _WIN64

static struct parts read_header(const SLIST_HEADER *list)
{
    ULONGLONG low = *(volatile const ULONGLONG *)&list->Alignment;
    ULONGLONG high = *(volatile const ULONGLONG *)&list->Region;
    return (struct parts){(PSLIST_ENTRY)(high & ~(ULONGLONG)0xF), low & 0xFFFF, low >> 16};
}

/* Bit 0 of the upper half says that it is this form of header. */
static bool exchange(PSLIST_HEADER list, struct parts from, struct parts to)
{
    LONG64 low = (LONG64)(from.depth | from.sequence << 16);
    LONG64 high = (LONG64)from.first | (*(volatile LONG64 *)&list->Region & 0xF);
    BOOLEAN done;
    __asm__ volatile("lock cmpxchg16b %1\n\tsete %0"
                     : "=q"(done), "+m"(*list), "+a"(low), "+d"(high)
                     : "b"((to.depth & 0xFFFF) | to.sequence << 16), "c"((LONG64)to.first | 1)
                     : "cc", "memory");
    return done;
}

#else

static struct parts read_header(const SLIST_HEADER *list)
{
    ULONGLONG word = *(volatile const ULONGLONG *)&list->Alignment;
    return (struct parts){(PSLIST_ENTRY)(ULONG)word, word >> 32 & 0xFFFF, word >> 48};
}

static ULONGLONG pack(struct parts parts)
{
    return (ULONG)(ULONG_PTR)parts.first | (parts.depth & 0xFFFF) << 32 | parts.sequence << 48;
}

static bool exchange(PSLIST_HEADER list, struct parts from, struct parts to)
{
    ULONGLONG compare = pack(from);
    return __sync_bool_compare_and_swap(&list->Alignment, compare, pack(to));
}

#endif

VOID NTAPI RtlInitializeSListHead(PSLIST_HEADER list)
{
#ifdef _WIN64
    if ((ULONG_PTR)list & 0xF)
        RtlRaiseStatus(STATUS_DATATYPE_MISALIGNMENT);
#endif
    memset(list, 0, sizeof(*list));
}

PSLIST_ENTRY NTAPI RtlFirstEntrySList(const SLIST_HEADER *list)
{
    return read_header(list).first;
}

WORD NTAPI RtlQueryDepthSList(PSLIST_HEADER list)
{
    return (WORD)read_header(list).depth;
}

PSLIST_ENTRY NTAPI RtlInterlockedPushEntrySList(PSLIST_HEADER list, PSLIST_ENTRY entry)
{
    for (;;) {
        struct parts now = read_header(list);
        entry->Next = now.first;
        if (exchange(list, now, (struct parts){entry, now.depth + 1, now.sequence + 1}))
            return now.first;
    }
}

struct link_read {
    PSLIST_ENTRY entry, next;
};

static VOID NTAPI read_link(PVOID argument)
{
    struct link_read *read = argument;
    read->next = read->entry->Next;
}

/* => an entry that stays first and cannot be read is the program's fault, and raised as such. */
PSLIST_ENTRY NTAPI RtlInterlockedPopEntrySList(PSLIST_HEADER list)
{
    for (;;) {
        struct parts now = read_header(list);
        struct link_read read = {now.first, NULL};
        if (now.first == NULL)
            return NULL;
        if (RtlGuardedCall(read_link, &read) != 0) {
            struct parts later = read_header(list);
            if (later.first == now.first && later.sequence == now.sequence)
                read_link(&read);
            continue;
        }
        if (exchange(list, now, (struct parts){read.next, now.depth - 1, now.sequence + 1}))
            return now.first;
    }
}

PSLIST_ENTRY NTAPI RtlInterlockedFlushSList(PSLIST_HEADER list)
{
    for (;;) {
        struct parts now = read_header(list);
        if (now.first == NULL || exchange(list, now, (struct parts){NULL, 0, now.sequence + 1}))
            return now.first;
    }
}
