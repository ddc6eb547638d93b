/* SPDX-License-Identifier: GPL-2.0-or-later */
/* module.c - image files and where they are mapped: which module an address belongs to, by name and symbol. */
#include <ctype.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/machine_internal.h"

static void set_name(struct image_file *file, const char *name)
{
    size_t i = 0;
    for (; name[i] && i + 1 < sizeof file->name; i++)
        file->name[i] = (char)((unsigned char)name[i] < 0x20 ? '?' : tolower((unsigned char)name[i]));
    file->name[i] = 0;
}

ntstatus_t module_open_file(struct machine *machine, int fd, const char *name, struct image_error *ret_error,
                            uint32_t *ret_file)
{
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        *ret_error = (struct image_error){STATUS_INVALID_FILE_FOR_SECTION, "not a regular file"};
        return ret_error->status;
    }
    for (uint32_t i = 0; i < machine->image_count; i++) {
        struct image_file *file = &machine->images[i];
        if (file->device != info.st_dev || file->inode != info.st_ino)
            continue;
        if (file->stale && mm_file_can_delete(machine->mm, i + 1)) {
            file->device = file->inode = 0;
            continue;
        }
        close(fd);
        *ret_file = i + 1;
        return STATUS_SUCCESS;
    }
    if (machine->image_count == IMAGE_FILES_MAX) {
        close(fd);
        *ret_error = (struct image_error){STATUS_INSUFFICIENT_RESOURCES, "too many image files"};
        return ret_error->status;
    }
    struct image_file *file = &machine->images[machine->image_count];
    *file = (struct image_file){.device = info.st_dev, .inode = info.st_ino};
    host_files_device_path(&machine->files, fd, name, file->path, sizeof file->path);
    file->image = image_open(fd, ret_error);
    if (!file->image)
        return ret_error->status;
    machine->image_count++;
    set_name(file, name);
    *ret_file = machine->image_count;
    return STATUS_SUCCESS;
}

ntstatus_t module_create_section(struct machine *machine, uint32_t file, mm_section *ret_section)
{
    struct mm_image layout = *image_layout(machine->images[file - 1].image);
    layout.file = file;
    return mm_section_create_image(machine->mm, &layout, ret_section);
}

ntstatus_t module_map(struct machine *machine, struct process *process, mm_section section, uint32_t file,
                      struct mm_view *view)
{
    if (process->module_count == MODULES_MAX)
        return STATUS_INSUFFICIENT_RESOURCES;
    ntstatus_t status = mm_map_image(machine->mm, process->space, section, view);
    if (!nt_success(status))
        return status;
    module_note(machine, process, &(struct module){.base = view->base, .size = view->size, .file = file});
    return status;
}

void module_note(struct machine *machine, struct process *process, const struct module *module)
{
    struct module *new = &process->modules[process->module_count++];
    *new = *module;
    event_image(machine, process, new);
}

const struct module *module_at(const struct process *process, va_t va)
{
    for (unsigned i = 0; i < process->module_count; i++) {
        const struct module *module = &process->modules[i];
        if (va >= module->base && va - module->base < module->size)
            return module;
    }
    return NULL;
}

void module_forget(struct process *process, va_t va)
{
    const struct module *module = module_at(process, va);
    if (!module)
        return;
    size_t index = (size_t)(module - process->modules);
    process->module_count--;
    memmove(&process->modules[index], &process->modules[index + 1], (process->module_count - index) * sizeof *module);
}

struct image *module_image(const struct machine *machine, const struct module *module)
{
    return machine->images[module->file - 1].image;
}

const char *module_name(const struct machine *machine, const struct module *module)
{
    return machine->images[module->file - 1].name;
}

void module_place(struct machine *machine, const struct process *process, va_t va, struct trace_place *ret_place)
{
    *ret_place = (struct trace_place){.va = va};
    const struct module *module = process ? module_at(process, va) : NULL;
    if (!module)
        return;
    uint32_t symbol_offset = 0;
    ret_place->module = module_name(machine, module);
    ret_place->offset = va - module->base;
    ret_place->symbol = image_symbol(module_image(machine, module), (uint32_t)ret_place->offset, &symbol_offset);
    ret_place->symbol_offset = symbol_offset;
}

/* --- Files by mm's names ------------------------------------------------------------------------------------------ */

const char *machine_file_name(const struct machine *machine, uint32_t file)
{
    const struct mapped_file *mapped = mapped_of(machine, file);
    if (mapped)
        return mapped->name;
    return file && file <= machine->image_count ? machine->images[file - 1].name : NULL;
}

const char *machine_file_path(const struct machine *machine, uint32_t file)
{
    const struct mapped_file *mapped = mapped_of(machine, file);
    if (mapped)
        return mapped->path;
    return file && file <= machine->image_count ? machine->images[file - 1].path : NULL;
}

bool machine_file_identity(const struct machine *machine, uint32_t file, uint64_t *ret_device, uint64_t *ret_inode)
{
    const struct mapped_file *mapped = mapped_of(machine, file);
    if (!mapped && (!file || file > machine->image_count))
        return false;
    *ret_device = mapped ? mapped->device : machine->images[file - 1].device;
    *ret_inode = mapped ? mapped->inode : machine->images[file - 1].inode;
    return *ret_inode != 0;
}
