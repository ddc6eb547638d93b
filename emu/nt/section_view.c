/* SPDX-License-Identifier: GPL-2.0-or-later */
/* section_view.c - NtMapViewOfSection, NtUnmapViewOfSection (nt-reference 5.8). */
#include "emu/machine_internal.h"
#include "emu/nt/section.h"
#include "emu/nt/vm.h"

enum { GRANULARITY = 64 << 10 };

/* Arguments: 0 section 1 process 2 *base 3 zero bits 4 commit 5 *offset 6 *size 7 inherit 8 type 9 protect. */
struct view_request {
    struct mm_map_request map;
    struct process *process;
    struct object *section;
    unsigned base_output, size_output, offset_output;
};

/* Steps 1 to 3. */
static ntstatus_t check_words(const struct nt_call *call)
{
    const uint32_t types = MEM_COMMIT | MEM_RESERVE | MEM_TOP_DOWN | MEM_LARGE_PAGES | MEM_DOS_LIM | SEC_NO_CHANGE;
    uint32_t inherit = nt_ulong(call, 7);
    unsigned protection;
    if (inherit != MM_VIEW_SHARE && inherit != MM_VIEW_UNMAP)
        return STATUS_INVALID_PARAMETER_8;
    if (nt_ulong(call, 8) & ~types)
        return STATUS_INVALID_PARAMETER_9;
    return mm_protection_from_page(nt_ulong(call, 9), &protection) ? STATUS_SUCCESS : STATUS_INVALID_PAGE_PROTECTION;
}

/* Step 4: base, size and offset, read and written back. */
static ntstatus_t capture(struct nt_call *call, struct view_request *request)
{
    const uint64_t *a = call->arguments;
    ntstatus_t status;
    if ((status = nt_output_pointer(call, a[2], &request->base_output)) != STATUS_SUCCESS ||
        (status = nt_output_pointer(call, a[6], &request->size_output)) != STATUS_SUCCESS ||
        (a[5] && (status = nt_output(call, a[5], sizeof(uint64_t), &request->offset_output)) != STATUS_SUCCESS))
        return status;
    request->map = (struct mm_map_request){.base = nt_get_pointer(call, request->base_output),
                                           .zero_bits = a[3],
                                           .commit_size = a[4],
                                           .view_size = nt_get_pointer(call, request->size_output),
                                           .inherit = nt_ulong(call, 7),
                                           .allocation_type = nt_ulong(call, 8),
                                           .protect = nt_ulong(call, 9)};
    if (a[5])
        mm_hold_read(call->machine->mm, &call->outputs[request->offset_output], 0, &request->map.offset,
                     sizeof request->map.offset);
    return STATUS_SUCCESS;
}

/* Steps 5 and 6. */
static ntstatus_t check_place(const struct nt_call *call, const struct mm_map_request *map)
{
    va_t highest = call->machine->layout->probe_address - GRANULARITY - 1; /* MM_HIGHEST_VAD_ADDRESS */
    if (map->base > highest || highest + 1 - map->base < map->view_size)
        return STATUS_INVALID_PARAMETER_3;
    return nt_check_zero_bits(call, map->zero_bits) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER_4;
}

static ntstatus_t plan(struct nt_call *call, struct view_request *request)
{
    struct object_want want = {OBJECT_SECTION, section_access_for(nt_ulong(call, 9))};
    ntstatus_t status;
    if ((status = check_words(call)) != STATUS_SUCCESS || (status = capture(call, request)) != STATUS_SUCCESS ||
        (status = check_place(call, &request->map)) != STATUS_SUCCESS ||
        (status = nt_process(call, 1, PROCESS_VM_OPERATION, &request->process)) != STATUS_SUCCESS ||
        (status = nt_object(call, 0, want, &request->section)) != STATUS_SUCCESS)
        return status;
    return request->process->cleaned ? STATUS_PROCESS_IS_TERMINATING : STATUS_SUCCESS;
}

/* A view of code is a module, too. */
static ntstatus_t map(struct machine *machine, struct view_request *request)
{
    uint32_t image = request->section->section.image;
    struct process *process = request->process;
    if (image && process->module_count == MODULES_MAX)
        return STATUS_INSUFFICIENT_RESOURCES;
    ntstatus_t status = mm_map_view(machine->mm, process->space, request->section->section.section, &request->map);
    if (!nt_success(status) || !image)
        return status;
    module_note(machine, process, &(struct module){request->map.base, request->map.view_size, image});
    bool foreign = image_info(machine->images[image - 1].image)->machine != machine->layout->machine;
    return foreign ? STATUS_IMAGE_MACHINE_TYPE_MISMATCH : status;
}

/* The name of the file that a section of data is of; NULL: an image, or memory. */
static const char *data_file(const struct machine *machine, const struct object *section)
{
    struct mm_section_info info;
    if (section->section.image)
        return NULL;
    mm_section_query(machine->mm, section->section.section, &info);
    return info.file ? machine_file_name(machine, info.file) : NULL;
}

ntstatus_t nt_map_view_of_section(struct nt_call *call)
{
    struct machine *machine = call->machine;
    struct view_request request = {0};
    ntstatus_t status = plan(call, &request);
    if (status != STATUS_SUCCESS)
        return status;
    status = map(machine, &request);
    if (nt_success(status)) {
        nt_put_pointer(call, request.base_output, request.map.base);
        nt_put_pointer(call, request.size_output, request.map.view_size);
        if (call->arguments[5])
            nt_put(call, request.offset_output, 0, &request.map.offset, sizeof request.map.offset);
    }
    if (status == STATUS_MM_NOT_MODELLED)
        status = nt_not_modelled(call, "this kind of view");
    if (status != STATUS_MM_WAIT)
        event_region(machine, &(struct event_region){.kind = TRACE_MAP,
                                                     .process = request.process,
                                                     .base = request.map.base,
                                                     .size = request.map.view_size,
                                                     .protect = request.map.protect,
                                                     .file = data_file(machine, request.section),
                                                     .file_offset = request.map.offset,
                                                     .status = status});
    return status;
}

/* Arguments: 0 process 1 address. */
ntstatus_t nt_unmap_view_of_section(struct nt_call *call)
{
    struct machine *machine = call->machine;
    va_t va = call->arguments[1];
    struct process *process;
    struct mm_vad_info vad;
    ntstatus_t status = nt_process(call, 0, PROCESS_VM_OPERATION, &process);
    if (status != STATUS_SUCCESS)
        return status;
    struct event_region region = {.kind = TRACE_UNMAP, .process = process, .base = va};
    if (mm_vad_at(machine->mm, process->space, va, &vad) && vad.section) {
        region.base = vad.start;
        region.size = vad.end - vad.start + 1;
    }
    region.status = mm_unmap_view(machine->mm, process->space, va);
    if (region.status == STATUS_MM_WAIT)
        return region.status;
    event_region(machine, &region);
    if (nt_success(region.status))
        module_forget(process, va);
    return region.status;
}
