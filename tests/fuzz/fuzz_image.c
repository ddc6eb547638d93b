/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_image.c - libFuzzer target: bytes as an image file, from the parser to pages in two address spaces.
 *
 *   bytes -> memfd -> image_open -> every question of image.h
 *         -> mm_section_create_image -> map at its base, page in and compare with image_read
 *         -> map in a second process where the base is taken: relocated pages -> unmap, close, everything given back
 *
 * PE32 goes under PAE (x86 where the file's size is odd), PE32+ under x64.  The memory manager is made anew for each
 * input, in pages that the kernel zeroes: an input that fails alone fails again.  Whatever the bytes are, refusing them
 * is right; a law of mm_check() that breaks, a leak, a page that differs or a layout that mm refuses is not. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "loader/image.h"

enum {
    FRAMES = 512,
    PAGES_MAX = 96,           /* looked at from the start of an image, and at the ends of its runs */
    SECTION_PAGES_MAX = 8192, /* larger images only parsed: their prototype PTEs take all the time */
    FAULTS_MAX = 8,           /* for one access */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DEMAND(condition, ...)                                                                                         \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "fuzz_image: " __VA_ARGS__);                                                               \
            fputc('\n', stderr);                                                                                       \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

struct world {
    struct mm *mm;
    mmu_walk_fn *walk;
    struct mmu_ram ram;
    struct mm_env env;
    struct image *image;
};

/* --- The machine-less world --------------------------------------------------------------------------------- */

static ntstatus_t page_in(void *context, const struct mm_page_in *request, uint8_t *page)
{
    const struct world *w = context;
    return image_page_in(w->image, request, page);
}

static bool no_stack(void *context, mm_process process, struct mm_user_stack *ret_stack)
{
    return false;
}

/* Memory that lives as long as the process and is zero again for each input. */
static uint8_t *zeroed_memory(size_t size)
{
    static uint8_t *memory;

    if (!memory) {
        memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        DEMAND(memory != MAP_FAILED, "no memory");
    } else {
        madvise(memory, size, MADV_DONTNEED);
    }
    return memory;
}

static void make_mm(struct world *w, enum paging_format format)
{
    size_t state = mm_state_size(FRAMES), ram = (size_t)FRAMES * MMU_PAGE_SIZE;
    uint8_t *memory = zeroed_memory(state + ram + FRAMES * sizeof(uint32_t) + MMU_PAGE_SIZE);

    w->env = (struct mm_env){.context = w, .page_in = page_in, .user_stack = no_stack};
    w->ram = (struct mmu_ram){.base = memory, .frame_count = FRAMES, .epoch = 1, .stamp = (void *)(memory + ram)};
    struct mm_config config = {.format = format, .ram = w->ram, .env = &w->env};
    w->walk = mmu_walker(format);
    w->mm = mm_init(memory + ram + MMU_PAGE_SIZE, &config);
    DEMAND(w->mm, "mm_init");
}

static void check(struct world *w, const char *when)
{
    const char *broken = mm_check(w->mm);
    DEMAND(!broken, "%s: %s", when, broken);
}

/* One access as a CPU makes it.  => the page's bytes; NULL: an exception, as it must be for some. */
static const uint8_t *touch(struct world *w, mm_process process, va_t va, enum mmu_access access)
{
    for (unsigned i = 0; i < FAULTS_MAX; i++) {
        struct mmu_result walked = w->walk(&w->ram, mm_process_root(w->mm, process), va, access, MMU_USER);
        if (walked.outcome == MMU_OK)
            return mm_frame_read(w->mm, walked.frame);
        struct mm_fault fault = {.va = va, .access = access, .mode = MMU_USER, .process = process, .thread = 8};
        enum mm_fault_result result = mm_access_fault(w->mm, &fault);
        DEMAND(result == MM_FAULT_RESOLVED || result == MM_FAULT_RAISE, "fault at %#llx: result %d, %s",
               (unsigned long long)va, (int)result, fault.not_modelled ? fault.not_modelled : "");
        if (result == MM_FAULT_RAISE)
            return NULL;
    }
    DEMAND(false, "%u faults at %#llx do not help", FAULTS_MAX, (unsigned long long)va);
    return NULL;
}

/* --- What is done with an image ----------------------------------------------------------------------------- */

static void count_export(void *context, const char *name, uint32_t rva)
{
    const struct world *w = context;
    DEMAND(rva < image_info(w->image)->size_of_image, "export %s at %#x", name, rva);
    DEMAND(image_export(w->image, name), "export %s is not found", name);
}

static void ask_everything(struct world *w)
{
    const struct image_info *info = image_info(w->image);
    uint32_t step = info->size_of_image / 61 + 1, offset, size;
    uint8_t bytes[64];

    for (uint64_t rva = 0; rva < (uint64_t)info->size_of_image + step; rva += step) {
        const char *name = image_symbol(w->image, (uint32_t)rva, &offset);
        DEMAND(!name || offset <= rva, "symbol %s after %#llx", name, (unsigned long long)rva);
        image_read(w->image, (uint32_t)rva, bytes, sizeof(bytes));
    }
    for (unsigned i = 0; i <= IMAGE_DIRECTORY_COUNT; i++) {
        if (image_directory(w->image, i, &offset, &size) && i != IMAGE_DIRECTORY_SECURITY)
            DEMAND((uint64_t)offset + size <= info->size_of_image, "directory %u outside", i);
    }
    image_each_export(w->image, count_export, w);
}

static bool is_looked_at(const struct mm_image_subsection *run, uint32_t page)
{
    return page < PAGES_MAX || page == run->first_page || page == run->first_page + run->page_count - 1;
}

/* Page everything in, by reads, then some by writes and fetches.  => at_base: unrelocated, so compare. */
static void touch_pages(struct world *w, mm_process process, va_t base, bool at_base)
{
    const struct mm_image *layout = image_layout(w->image);
    uint8_t want[MMU_PAGE_SIZE];

    for (uint32_t i = 0; i < layout->subsection_count; i++) {
        const struct mm_image_subsection *run = &layout->subsections[i];
        for (uint32_t page = run->first_page; page < run->first_page + run->page_count; page++) {
            va_t va = base + (uint64_t)page * MMU_PAGE_SIZE;
            if (!is_looked_at(run, page)) {
                page = page < run->first_page + run->page_count - 2 ? run->first_page + run->page_count - 2 : page;
                continue;
            }
            const uint8_t *bytes = touch(w, process, va, MMU_READ);
            if (bytes && at_base) {
                DEMAND(image_read(w->image, page * MMU_PAGE_SIZE, want, sizeof(want)) == sizeof(want), "short read");
                DEMAND(memcmp(bytes, want, sizeof(want)) == 0, "page %u differs from the file", page);
            }
            touch(w, process, va + 5, page & 1 ? MMU_WRITE : MMU_EXECUTE);
        }
    }
}

/* A process with the image in it; where crowded, its own place is taken. */
static mm_process map(struct world *w, mm_section section, bool crowded, va_t *ret_base)
{
    const struct mm_image *layout = image_layout(w->image);
    struct mm_allocation taken = {
        .base = layout->preferred_base, .size = 1, .type = MEM_RESERVE, .protect = PAGE_NOACCESS};
    struct mm_view view = {0};
    mm_process process;

    DEMAND(mm_process_create(w->mm, PTE_NX_ON, &process) == STATUS_SUCCESS, "no process");
    if (crowded)
        mm_allocate(w->mm, process, &taken); /* fails where no image can be either */
    ntstatus_t status = mm_map_image(w->mm, process, section, &view);
    *ret_base = nt_success(status) ? view.base : 0;
    DEMAND(status != STATUS_SUCCESS || view.base == layout->preferred_base, "mapped elsewhere");
    DEMAND(status != STATUS_IMAGE_NOT_AT_BASE || (layout->relocatable && view.base != layout->preferred_base),
           "moved without need or permission");
    return process;
}

static void use_section(struct world *w)
{
    const struct mm_image *layout = image_layout(w->image);
    struct mm_counters before, after;
    mm_process process[2];
    mm_section section;
    va_t base[2];

    ntstatus_t status = mm_section_create_image(w->mm, layout, &section);
    DEMAND(status != STATUS_INVALID_IMAGE_FORMAT, "mm refuses the layout");
    if (!nt_success(status))
        return;
    mm_section_close(w->mm, section); /* leaves only page tables of system space, which stay */
    mm_query_counters(w->mm, &before);
    DEMAND(mm_section_create_image(w->mm, layout, &section) == STATUS_SUCCESS, "no second time");
    for (unsigned i = 0; i < 2; i++) {
        process[i] = map(w, section, i == 1, &base[i]);
        if (base[i])
            touch_pages(w, process[i], base[i], base[i] == layout->preferred_base);
    }
    check(w, "pages in");
    mm_section_close(w->mm, section);
    for (unsigned i = 0; i < 2; i++) {
        if (base[i])
            DEMAND(mm_unmap_view(w->mm, process[i], base[i]) == STATUS_SUCCESS, "unmap");
        mm_process_clean(w->mm, process[i]);
        mm_process_delete(w->mm, process[i]);
    }
    check(w, "kept for its pages");
    DEMAND(mm_file_can_delete(w->mm, layout->file), "what nobody uses does not go");
    check(w, "all gone");
    mm_query_counters(w->mm, &after);
    DEMAND(before.committed == after.committed, "commit charge leaks");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    struct image_error error = {.text = ""};
    struct world w = {0};

    if (fd < 0)
        fd = memfd_create("image", MFD_CLOEXEC);
    DEMAND(fd >= 0 && ftruncate(fd, (off_t)size) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size, "no memfd");
    w.image = image_open(dup(fd), &error);
    if (!w.image) {
        DEMAND((error.status >> 30) == 3 && error.text[0], "refused without a reason: %08x", error.status);
        return 0;
    }
    ask_everything(&w);
    if (image_layout(w.image)->page_count <= SECTION_PAGES_MAX) {
        bool wide = image_info(w.image)->machine == IMAGE_MACHINE_AMD64;
        make_mm(&w, wide ? PAGING_X64 : size & 1 ? PAGING_X86 : PAGING_PAE);
        use_section(&w);
    }
    image_close(w.image);
    return 0;
}
