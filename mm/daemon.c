/* SPDX-License-Identifier: GPL-2.0-or-later */
/* daemon.c - the six system threads as the machine sees them, and their work where there are no threads.
 *
 * mm/ decides what is to be done and in what pieces; who runs when is the scheduler's business (nt-reference 7.4). */
#include "mm/mi.h"

const char *mm_daemon_name(enum mm_daemon daemon)
{
    static const char *const name[MM_DAEMON_COUNT] = {
        [MM_WORKING_SET_MANAGER] = "BalanceSetManager",  [MM_SWAPPER] = "Swapper",
        [MM_MODIFIED_WRITER] = "ModifiedPageWriter",     [MM_MAPPED_WRITER] = "MappedPageWriter",
        [MM_DEREFERENCE_SEGMENT] = "DereferenceSegment", [MM_ZERO_PAGE] = "ZeroPage",
    };
    return name[daemon];
}

const char *mm_daemon_reason(const struct mm *mm, enum mm_daemon daemon)
{
    bool is_low = mi_available(mm) < mm->tuning.minimum;
    switch (daemon) {
    case MM_WORKING_SET_MANAGER: return mm->frames_awaited ? "page awaited" : "memory low";
    case MM_MODIFIED_WRITER: return is_low ? "memory low" : mm->writing ? "modified list long" : "page file has room";
    case MM_MAPPED_WRITER: return is_low ? "memory low" : mm->writing ? "modified list long" : "file to write";
    case MM_DEREFERENCE_SEGMENT:
        return mm->extension_wanted ? "commit awaited" : mm->area_emptied ? "segment unused" : "memory low";
    case MM_ZERO_PAGE: return "free pages";
    case MM_SWAPPER: return "stack to bring";
    case MM_DAEMON_COUNT: break;
    }
    return NULL;
}

unsigned mm_take_signals(struct mm *mm)
{
    unsigned signals = mm->signals;
    mm->signals = 0;
    return signals;
}

uint32_t mm_take_synchronous(struct mm *mm)
{
    uint32_t pages = mm->synchronous_pages;
    mm->synchronous_pages = 0;
    return pages;
}

bool mm_take_bugcheck(struct mm *mm, struct mm_bugcheck *ret_bugcheck)
{
    *ret_bugcheck = mm->bugcheck;
    mm->bugcheck.code = 0;
    return ret_bugcheck->code != 0;
}

static enum mm_step step(struct mm *mm, enum mm_daemon daemon, enum mm_wake wake)
{
    switch (daemon) {
    case MM_WORKING_SET_MANAGER: return mm->ops->working_set_manager(mm, wake);
    case MM_MODIFIED_WRITER: return mm->ops->modified_writer(mm);
    case MM_DEREFERENCE_SEGMENT: return mi_dereference_step(mm);
    case MM_ZERO_PAGE: return mm->ops->zero_page(mm);
    case MM_MAPPED_WRITER: return mm->ops->mapped_writer(mm);
    case MM_SWAPPER:
    case MM_DAEMON_COUNT: break;
    }
    return MM_STEP_IDLE;
}

enum mm_step mm_daemon_step(struct mm *mm, enum mm_daemon daemon, enum mm_wake wake)
{
    mm->wait_key = 0;
    enum mm_step result = step(mm, daemon, wake);
    mi_settle(mm);
    return result;
}

bool mi_relieve(struct mm *mm)
{
    static const enum mm_daemon order[] = {MM_DEREFERENCE_SEGMENT, MM_MODIFIED_WRITER, MM_MAPPED_WRITER,
                                           MM_WORKING_SET_MANAGER, MM_MODIFIED_WRITER, MM_MAPPED_WRITER};
    mm->frames_awaited = true;
    for (unsigned i = 0; i < sizeof order / sizeof order[0]; i++)
        while (step(mm, order[i], MM_WAKE_SIGNAL) == MM_STEP_MORE)
            ;
    mi_settle(mm);
    mm->signals = 0;
    mm->frames_awaited = false;
    return mi_available(mm) > 0;
}

bool mi_relieve_now(struct mm *mm)
{
    unsigned signals = mm->signals;
    bool awaited = mm->frames_awaited;

    mm->synchronous = true;
    bool relieved = mi_relieve(mm);
    mm->synchronous = false;
    mm->signals |= signals | MM_SIGNAL_ATTENTION;
    mm->frames_awaited = awaited;
    return relieved;
}
