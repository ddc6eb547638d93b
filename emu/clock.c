/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock.c - see clock.h. */
#include "emu/clock.h"

uint64_t clock_advance(struct clock *clock, uint64_t nanoseconds)
{
    uint64_t ticks = clock->now / CLOCK_TICK_NS;
    uint64_t room = CLOCK_END - clock->now;
    clock->now += nanoseconds < room ? nanoseconds : room;
    return clock->now / CLOCK_TICK_NS - ticks;
}

bool clock_limit_reached(const struct clock *clock)
{
    return clock->limit && clock->now >= clock->limit;
}

uint64_t clock_until_event(const struct clock *clock)
{
    uint64_t tick = CLOCK_TICK_NS - clock->now % CLOCK_TICK_NS;
    uint64_t limit = clock->limit > clock->now ? clock->limit - clock->now : tick;
    return limit < tick ? limit : tick;
}

static uint64_t ticked_time(const struct clock *clock)
{
    return clock->now / CLOCK_TICK_NS * (CLOCK_TICK_NS / 100);
}

uint64_t clock_interrupt_time(const struct clock *clock)
{
    return CLOCK_BOOT_INTERRUPT_TIME + ticked_time(clock);
}

uint64_t clock_system_time(const struct clock *clock)
{
    return CLOCK_BOOT_SYSTEM_TIME + ticked_time(clock);
}

uint64_t clock_tick_count(const struct clock *clock)
{
    return clock_interrupt_time(clock) / (CLOCK_TICK_NS / 100);
}

uint64_t clock_performance_counter(const struct clock *clock)
{
    return CLOCK_BOOT_INTERRUPT_TIME + clock->now / 100;
}

uint64_t clock_time_stamp(const struct clock *clock)
{
    return CLOCK_BOOT_INTERRUPT_TIME * 100 + clock->now;
}
