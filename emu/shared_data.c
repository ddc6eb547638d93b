/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shared_data.c - KUSER_SHARED_DATA: the page of system space that every process can read at 7FFE0000. */
#include <string.h>

#include "emu/machine_internal.h"

enum {
    TICK_MULTIPLIER = 0x0FA00000, /* 15.625 ms in units of 2^-24 ms */
    PRODUCT_SERVER = 3,
    PF_COMPARE_EXCHANGE_DOUBLE = 2,
    PF_MMX = 3,
    PF_XMMI = 6,
    PF_RDTSC = 8,
    PF_PAE = 9,
    PF_XMMI64 = 10,
    PF_NX = 12,
};

/* What shared_data_tick() writes. */
const struct cpu_clock_field shared_data_clock_fields[] = {
    {SHARED_TickCountLow, SHARED_TickCountMultiplier},
    {SHARED_InterruptTime, SHARED_TimeZoneBias},
    {SHARED_TickCount, SHARED_TickCount + 12},
    {0, 0},
};

static uint8_t *shared_page(struct machine *machine)
{
    pfn_t frame;
    if (!mm_system_frame(machine->mm, machine->layout->shared_data_system, &frame))
        return NULL;
    return mm_frame_write(machine->mm, frame);
}

/* KSYSTEM_TIME: a reader compares both high parts. */
static void put_time(uint8_t *page, unsigned offset, uint64_t value)
{
    put64(page, offset, value);
    put32(page, offset + 8, (uint32_t)(value >> 32));
}

void shared_data_tick(struct machine *machine)
{
    uint8_t *page = shared_page(machine);
    if (!page)
        return;
    uint64_t ticks = clock_tick_count(&machine->clock);
    put32(page, SHARED_TickCountLow, (uint32_t)ticks);
    put_time(page, SHARED_TickCount, ticks);
    put_time(page, SHARED_InterruptTime, clock_interrupt_time(&machine->clock));
    put_time(page, SHARED_SystemTime, clock_system_time(&machine->clock));
}

void shared_data_init(struct machine *machine)
{
    uint8_t *page = shared_page(machine);
    if (!page)
        return;
    static const char root[] = "C:\\WINDOWS";
    static const uint8_t features[] = {PF_COMPARE_EXCHANGE_DOUBLE, PF_MMX, PF_XMMI, PF_RDTSC, PF_XMMI64};
    enum machine_dep dep = machine_dep_in_force(machine);
    uint16_t units[sizeof root];
    memcpy(page + SHARED_NtSystemRoot, units, 2 * utf16_from_utf8(root, units, sizeof root));
    put32(page, SHARED_TickCountMultiplier, TICK_MULTIPLIER);
    put16(page, SHARED_ImageNumberLow, machine->layout->machine);
    put16(page, SHARED_ImageNumberHigh, machine->layout->machine);
    put32(page, SHARED_NtProductType, PRODUCT_SERVER);
    page[SHARED_ProductTypeIsValid] = 1;
    put32(page, SHARED_NtMajorVersion, 5);
    put32(page, SHARED_NtMinorVersion, 2);
    for (size_t i = 0; i < sizeof features; i++)
        page[SHARED_ProcessorFeatures + features[i]] = 1;
    if (machine->paging != PAGING_X86) {
        page[SHARED_ProcessorFeatures + PF_PAE] = 1;
        page[SHARED_ProcessorFeatures + PF_NX] = machine->paging == PAGING_X64 || dep != MACHINE_DEP_ALWAYS_OFF;
    }
    page[SHARED_NXSupportPolicy] = (uint8_t)(dep - MACHINE_DEP_ALWAYS_OFF);
    put32(page, SHARED_NumberOfPhysicalPages, machine->ram.frame_count);
    put32(page, SHARED_Cookie, (uint32_t)(machine->options.seed * 2654435761u) ^ 0xBB40E64Eu);
    shared_data_tick(machine);
}
