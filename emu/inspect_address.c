/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect_address.c - !address: the regions of an address space, and what each is for. */
#include <inttypes.h>
#include <string.h>

#include "emu/inspect.h"
#include "emu/machine_internal.h"
#include "mm/inspect.h"

enum { HEAPS_MAX = 1024 };

static va_t read_pointer(const struct inspect *inspect, va_t va)
{
    va_t value = 0;
    unsigned size = inspect->machine->layout->pointer;
    return mm_peek(inspect->mm, inspect->space, va, &value, size) == size ? value : 0;
}

/* Does a heap of the process begin there?  (PEB.ProcessHeaps) */
static bool is_heap(const struct inspect *inspect, va_t base)
{
    const struct guest_layout *layout = inspect->machine->layout;
    va_t peb = inspect->process->peb, table = read_pointer(inspect, peb + layout->peb.ProcessHeaps);
    uint32_t count = 0;

    mm_peek(inspect->mm, inspect->space, peb + layout->peb.NumberOfHeaps, &count, sizeof count);
    for (uint32_t i = 0; i < count && i < HEAPS_MAX; i++)
        if (read_pointer(inspect, table + (va_t)i * layout->pointer) == base)
            return true;
    return false;
}

static const char *thread_usage(const struct inspect *inspect, va_t base, const struct thread **ret_thread)
{
    const struct guest_layout *layout = inspect->machine->layout;

    for (const struct thread *thread = inspect->process->first; thread; thread = thread->next) {
        if (!thread->teb)
            continue;
        *ret_thread = thread;
        if (base == thread->teb)
            return "Teb";
        if (base == read_pointer(inspect, thread->teb + layout->teb.DeallocationStack))
            return "Stack";
    }
    *ret_thread = NULL;
    return NULL;
}

static const char *usage_of(const struct inspect *inspect, const struct mm_region *region,
                            const struct thread **ret_thread)
{
    const char *usage;

    *ret_thread = NULL;
    if (region->state == MEM_FREE)
        return "Free";
    if (region->type == MEM_IMAGE)
        return "Image";
    if (region->allocation_base == inspect->process->peb)
        return "Peb";
    if ((usage = thread_usage(inspect, region->allocation_base, ret_thread)))
        return usage;
    return is_heap(inspect, region->allocation_base) ? "Heap" : "VAR";
}

static const char *type_name(uint32_t type)
{
    return type == MEM_IMAGE     ? "MEM_IMAGE"
           : type == MEM_MAPPED  ? "MEM_MAPPED"
           : type == MEM_PRIVATE ? "MEM_PRIVATE"
                                 : "";
}

static const char *state_name(uint32_t state)
{
    return state == MEM_COMMIT ? "MEM_COMMIT" : state == MEM_RESERVE ? "MEM_RESERVE" : "MEM_FREE";
}

static const char *protect_name(uint32_t protect, char text[64])
{
    static const char *const names[] = {"PAGE_NOACCESS",          "PAGE_READONLY",         "PAGE_READWRITE",
                                        "PAGE_WRITECOPY",         "PAGE_EXECUTE",          "PAGE_EXECUTE_READ",
                                        "PAGE_EXECUTE_READWRITE", "PAGE_EXECUTE_WRITECOPY"};
    const char *name = "";
    for (unsigned i = 0; i < 8; i++)
        if (protect >> i & 1)
            name = names[i];
    snprintf(text, 64, "%s%s%s%s", name, protect & PAGE_GUARD ? " | PAGE_GUARD" : "",
             protect & PAGE_NOCACHE ? " | PAGE_NOCACHE" : "",
             protect & PAGE_WRITECOMBINE ? " | PAGE_WRITECOMBINE" : "");
    return text;
}

static void print_region(const struct inspect *inspect, const struct mm_region *region)
{
    const struct thread *thread;
    int digits = (int)inspect->digits;
    char text[128];

    fprintf(inspect->out, "Usage:                  %s\n", usage_of(inspect, region, &thread));
    fprintf(inspect->out, "Base Address:           %0*" PRIx64 "\n", digits, region->base);
    fprintf(inspect->out, "End Address:            %0*" PRIx64 "\n", digits, region->base + region->size);
    fprintf(inspect->out, "Region Size:            %0*" PRIx64 "\n", digits, region->size);
    if (region->type)
        fprintf(inspect->out, "Type:                   %08" PRIx32 "    %s\n", region->type, type_name(region->type));
    fprintf(inspect->out, "State:                  %08" PRIx32 "    %s\n", region->state, state_name(region->state));
    if (region->protect)
        fprintf(inspect->out, "Protect:                %08" PRIx32 "    %s\n", region->protect,
                protect_name(region->protect, text));
    const struct module *module = module_at(inspect->process, region->base);
    if (module && region->type == MEM_IMAGE)
        fprintf(inspect->out, "Image Name:             %s\n", inspect_file_name(inspect, module->file, text));
    if (thread)
        fprintf(inspect->out, "Thread:                 %x.%x\n", inspect->process->id, thread->id);
}

/* With an address, the region around it alone. */
bool inspect_address(const struct inspect *inspect, const struct inspect_call *call)
{
    struct mm_region region;
    va_t va = 0;

    if (call->argument > mm_inspect_highest_user(inspect->mm)) {
        snprintf(inspect->error, INSPECT_ERROR_SIZE, "address 0x%" PRIx64 ": no user address; the last is 0x%" PRIx64,
                 call->argument, mm_inspect_highest_user(inspect->mm));
        return false;
    }
    for (bool first = true; mm_inspect_region(inspect->mm, inspect->space, va, &region); first = false) {
        va = region.base + region.size;
        if (call->has_argument && va <= call->argument)
            continue;
        if (!first && !call->has_argument)
            fputc('\n', inspect->out);
        print_region(inspect, &region);
        if (call->has_argument)
            return true;
    }
    return true;
}
