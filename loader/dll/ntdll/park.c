// SPDX-License-Identifier: GPL-2.0-or-later
/* park.c - see park.h. */
#include "park.h"

static RTL_CRITICAL_SECTION lock;
static LIST_ENTRY queue;

void park_init(void)
{
    RtlInitializeCriticalSection(&lock);
    list_init(&queue);
}

void park_enter(void)
{
    RtlEnterCriticalSection(&lock);
}

void park_leave(void)
{
    RtlLeaveCriticalSection(&lock);
}

void park_add(struct park_waiter *waiter, const park_word *word, ULONG kind)
{
    waiter->word = word;
    waiter->kind = kind;
    list_insert_tail(&queue, &waiter->link);
}

struct park_waiter *park_first(const park_word *word)
{
    for (LIST_ENTRY *at = queue.Flink; at != &queue; at = at->Flink) {
        struct park_waiter *waiter = CONTAINING_RECORD(at, struct park_waiter, link);
        if (waiter->word == word)
            return waiter;
    }
    return NULL;
}

void park_take(struct park_waiter *waiter)
{
    list_remove(&waiter->link);
    waiter->word = NULL;
}

NTSTATUS park_wait(struct park_waiter *waiter, PLARGE_INTEGER timeout)
{
    NTSTATUS status = NtWaitForKeyedEvent(keyed_event(), waiter, FALSE, timeout);
    if (status != STATUS_TIMEOUT)
        return status;
    park_enter();
    bool taken = waiter->word == NULL;
    if (!taken)
        park_take(waiter);
    park_leave();
    return taken ? NtWaitForKeyedEvent(keyed_event(), waiter, FALSE, NULL) : status; /* its waker waits to meet it */
}

void park_wake(struct park_waiter *waiter)
{
    NtReleaseKeyedEvent(keyed_event(), waiter, FALSE, NULL);
}
