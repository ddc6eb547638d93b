/* SPDX-License-Identifier: GPL-2.0-or-later */
/* due.c - see due.h. */
#include "emu/due.h"

#include <assert.h>
#include <stddef.h>

void due_insert(struct due_queue *queue, struct due *due, uint64_t when)
{
    struct due *before = queue->last;
    assert(!due->queued);
    while (before && before->when > when)
        before = before->previous;
    due->when = when;
    due->queued = true;
    due->previous = before;
    due->next = before ? before->next : queue->first;
    *(due->previous ? &due->previous->next : &queue->first) = due;
    *(due->next ? &due->next->previous : &queue->last) = due;
}

void due_remove(struct due_queue *queue, struct due *due)
{
    if (!due->queued)
        return;
    *(due->previous ? &due->previous->next : &queue->first) = due->next;
    *(due->next ? &due->next->previous : &queue->last) = due->previous;
    due->next = due->previous = NULL;
    due->queued = false;
}
