/* SPDX-License-Identifier: GPL-2.0-or-later */
/* support.c - see support.h.  RAM and state are plain host memory, so that a sanitizer sees a step outside. */
#include "tests/mm/support.h"

/* --- The world outside mm ---------------------------------------------------------------------------------- */

static void flush_tlb(void *context)
{
    ((struct world *)context)->flushes++;
}

static void drop_code(void *context, pfn_t frame)
{
    ((struct world *)context)->drops++;
}

uint8_t file_byte(uint32_t file, uint32_t image_page, uint32_t offset)
{
    return (uint8_t)(file * 31 + image_page * 17 + offset + 1);
}

static ntstatus_t page_in(void *context, const struct mm_page_in *request, uint8_t *page)
{
    struct world *w = context;
    w->page_ins++;
    w->request = *request;
    uint32_t zeroes = 0;
    while (zeroes < PAGE && page[zeroes] == 0)
        zeroes++;
    ck_assert_msg(zeroes == PAGE, "page_in() got a page that is not zero");
    for (uint32_t i = 0; i < request->valid_bytes; i++) /* also where it fails: mm must not let it be seen */
        page[i] = file_byte(request->file, request->image_page, i);
    if (w->page_in_fails_from && request->image_page >= w->page_in_fails_from)
        return STATUS_IO_DEVICE_ERROR;
    return w->page_in_answer;
}

/* Page files are host memory, made with their first page. */
static uint8_t *place_in(struct world *w, uint32_t pagefile, uint64_t offset)
{
    ck_assert_uint_eq(pagefile, 0);
    ck_assert(offset > 0 && offset < WORLD_PAGEFILE);
    if (!w->pagefile)
        w->pagefile = calloc(WORLD_PAGEFILE, PAGE);
    return (uint8_t *)w->pagefile + offset * PAGE;
}

static ntstatus_t pagefile_read(void *context, uint32_t pagefile, uint64_t offset, uint8_t *page)
{
    struct world *w = context;
    w->pagefile_reads++;
    memcpy(page, place_in(w, pagefile, offset), PAGE);
    return w->pagefile_answer;
}

static ntstatus_t pagefile_look(void *context, uint32_t pagefile, uint64_t offset, uint8_t *page)
{
    struct world *w = context;
    unsigned reads = w->pagefile_reads;
    ntstatus_t answer = w->pagefile_answer;
    w->pagefile_answer = STATUS_SUCCESS;
    ntstatus_t status = pagefile_read(context, pagefile, offset, page);
    w->pagefile_answer = answer;
    w->pagefile_reads = reads;
    return status;
}

static ntstatus_t pagefile_write(void *context, uint32_t pagefile, uint64_t offset, const uint8_t *page)
{
    struct world *w = context;
    w->pagefile_writes++;
    memcpy(place_in(w, pagefile, offset), page, PAGE);
    return w->pagefile_answer;
}

static ntstatus_t io_begin(void *context, const struct mm_io *io)
{
    struct world *w = context;
    w->io = *io;
    return w->io_answer;
}

uint8_t data_byte(uint64_t offset)
{
    return (uint8_t)(offset * 7 + (offset >> 12) * 31 + (offset >> 20) + 3);
}

static struct data_file *file_at(struct world *w, uint32_t file, uint64_t offset, uint32_t length)
{
    ck_assert(file >= DATA_FILE && file < DATA_FILE + DATA_FILES);
    struct data_file *at = &w->file[file - DATA_FILE];
    ck_assert_msg(length > 0 && length <= PAGE && offset + length <= at->size, "%#x bytes at %#" PRIx64 " of %#" PRIx64,
                  length, offset, at->size);
    return at;
}

static ntstatus_t file_read(void *context, uint32_t file, uint64_t offset, uint8_t *bytes, uint32_t length)
{
    struct world *w = context;
    const struct data_file *at = file_at(w, file, offset, length);
    w->file_reads++;
    if (offset < (uint64_t)DATA_PAGES * PAGE)
        memcpy(bytes, at->bytes + offset, length);
    for (uint32_t i = 0; i < length && offset >= (uint64_t)DATA_PAGES * PAGE; i++)
        bytes[i] = data_byte(offset + i);
    return w->file_read_answer;
}

static ntstatus_t file_write(void *context, uint32_t file, uint64_t offset, const uint8_t *bytes, uint32_t length)
{
    struct world *w = context;
    struct data_file *at = file_at(w, file, offset, length);
    w->file_writes++;
    ck_assert(offset < (uint64_t)DATA_PAGES * PAGE);
    if (w->file_write_answer == STATUS_SUCCESS)
        memcpy(at->bytes + offset, bytes, length);
    return w->file_write_answer;
}

static void file_forgotten(void *context, uint32_t file)
{
    ((struct world *)context)->file[file - DATA_FILE].forgotten++;
}

static bool user_stack(void *context, mm_process process, struct mm_user_stack *ret_stack)
{
    const struct world *w = context;
    *ret_stack = w->stack;
    return w->has_stack;
}

static void set_stack_limit(void *context, va_t limit)
{
    ((struct world *)context)->stack.limit = limit;
}

/* nt-reference 3.4 as text: a letter for each state, in the order of the enum: who may follow. */
bool legal_move(enum pfn_state from, enum pfn_state to)
{
    static const char letter[] = "ZFSMNBAT";
    static const char *const may_follow[PFN_STATE_COUNT] = {
        [PFN_ZEROED] = "ATB",
        [PFN_FREE] = "ZATB",
        [PFN_STANDBY] = "AFTB",
        [PFN_MODIFIED] = "ASTFB",
        [PFN_MODIFIED_NO_WRITE] = "AMTFB",
        [PFN_BAD] = "",
        [PFN_ACTIVE] = "SMNTFB",
        [PFN_TRANSITION] = "ASMNFB",
    };
    return strchr(may_follow[from], letter[to]) != NULL;
}

static enum pfn_state state_of(const char *name)
{
    enum pfn_state state = 0;
    while (strcmp(pfn_state_name(state), name) != 0)
        state++;
    return state;
}

static void on_event(void *context, const struct mm_event *event)
{
    struct world *w = context;
    w->lost_writes += event->kind == MM_EVENT_LOST_WRITE;
    if (event->kind != MM_EVENT_PFN)
        return;
    enum pfn_state from = state_of(event->from), to = state_of(event->to);
    ck_assert_msg(legal_move(from, to), "frame %#x goes from %s to %s", event->frame.index, event->from, event->to);
    w->moves[from][to]++;
}

static void *zeroed(size_t size)
{
    size_t whole = (size + MMU_PAGE_MASK) & ~(size_t)MMU_PAGE_MASK;
    void *memory = aligned_alloc(MMU_PAGE_SIZE, whole);
    ck_assert_ptr_nonnull(memory);
    return memset(memory, 0, whole);
}

void world_open(struct world *w, enum paging_format format, uint32_t frames)
{
    *w = (struct world){.format = format, .walk = mmu_walker(format), .page_in_answer = STATUS_SUCCESS};
    w->ram = zeroed((size_t)frames * PAGE);
    w->stamp = zeroed((size_t)frames * sizeof *w->stamp);
    w->state_size = mm_state_size(frames);
    w->state = zeroed(w->state_size);
    w->env = (struct mm_env){.context = w,
                             .flush_tlb = flush_tlb,
                             .drop_code = drop_code,
                             .page_in = page_in,
                             .pagefile_read = pagefile_read,
                             .pagefile_write = pagefile_write,
                             .pagefile_look = pagefile_look,
                             .io_begin = io_begin,
                             .event = on_event,
                             .file_read = file_read,
                             .file_write = file_write,
                             .file_forgotten = file_forgotten,
                             .user_stack = user_stack,
                             .set_stack_limit = set_stack_limit};
    struct mm_config config = {
        .format = format,
        .ram = {.base = w->ram, .frame_count = frames, .epoch = 1, .stamp = w->stamp},
        .env = &w->env,
    };
    w->mm = mm_init(w->state, &config);
    ck_assert_ptr_nonnull(w->mm);
    uint32_t pagefile;
    ck_assert_uint_eq(mm_pagefile_create(w->mm, WORLD_PAGEFILE, WORLD_PAGEFILE, &pagefile), STATUS_SUCCESS);
}

void world_stop_watching(struct world *w)
{
    w->env.event = NULL;
    w->mm->pfn.moved = NULL;
}

void world_read_alone(struct world *w)
{
    w->mm->tuning.code_cluster = w->mm->tuning.data_cluster = w->mm->tuning.cluster = 1;
}

void world_stop_paging(struct world *w)
{
    w->mm->tuning = (struct mi_tuning){.modified_maximum = UINT32_MAX};
    world_read_alone(w);
    mm_fail_frames_after(w->mm, UINT32_MAX - 1);
}

void world_close(struct world *w)
{
    free(w->ram);
    free(w->stamp);
    free(w->state);
    free(w->pagefile);
    for (unsigned i = 0; i < DATA_FILES; i++)
        free(w->file[i].bytes);
}

void check_laws(struct world *w)
{
    const char *broken = mm_check(w->mm);
    ck_assert_msg(broken == NULL, "%s: %s", format_name(w->format), broken);
}

mm_process new_process(struct world *w, enum pte_nx_policy nx)
{
    mm_process process = 0;
    ck_assert_uint_eq(mm_process_create(w->mm, nx, &process), STATUS_SUCCESS);
    return process;
}

void end_process(struct world *w, mm_process process)
{
    mm_process_clean(w->mm, process);
    mm_process_delete(w->mm, process);
}

/* --- Access ------------------------------------------------------------------------------------------------ */

enum mm_fault_result fault_once(struct world *w, mm_process process, va_t va, enum mmu_access access,
                                enum mmu_mode mode, unsigned irql, struct mm_fault *f)
{
    *f = (struct mm_fault){.va = va, .access = access, .mode = mode, .irql = irql, .process = process, .thread = 1};
    return mm_access_fault(w->mm, f);
}

enum mm_fault_result touch_as(struct world *w, mm_process process, va_t va, enum mmu_access access, enum mmu_mode mode,
                              struct mm_fault *f)
{
    w->type_count = 0;
    *f = (struct mm_fault){0};
    for (unsigned round = 0; round < TOUCH_MAX; round++) {
        struct mmu_result walk = w->walk(&w->mm->config.ram, mm_process_root(w->mm, process), va, access, mode);
        if (walk.outcome == MMU_OK) {
            f->frame = walk.frame;
            return MM_FAULT_RESOLVED;
        }
        enum mm_fault_result result = fault_once(w, process, va, access, mode, 0, f);
        w->types[w->type_count++] = f->type;
        ck_assert_int_ne(result, MM_FAULT_RETRY);
        if (result != MM_FAULT_RESOLVED)
            return result;
    }
    ck_abort_msg("%s: the access to %#" PRIx64 " faults for ever", format_name(w->format), va);
}

enum mm_fault_result touch(struct world *w, mm_process process, va_t va, enum mmu_access access, struct mm_fault *f)
{
    return touch_as(w, process, va, access, MMU_USER, f);
}

uint8_t read_byte(struct world *w, mm_process process, va_t va)
{
    struct mm_fault f;
    enum mm_fault_result result = touch(w, process, va, MMU_READ, &f);
    ck_assert_msg(result == MM_FAULT_RESOLVED, "%s: reading %#" PRIx64 " gives result %d, status %#x",
                  format_name(w->format), va, result, f.status);
    return mm_frame_read(w->mm, f.frame)[va & MMU_PAGE_MASK];
}

void write_byte(struct world *w, mm_process process, va_t va, uint8_t value)
{
    struct mm_fault f;
    enum mm_fault_result result = touch(w, process, va, MMU_WRITE, &f);
    ck_assert_msg(result == MM_FAULT_RESOLVED, "%s: writing %#" PRIx64 " gives result %d, status %#x",
                  format_name(w->format), va, result, f.status);
    mm_frame_write(w->mm, f.frame)[va & MMU_PAGE_MASK] = value;
}

/* --- Page tables behind mm's back -------------------------------------------------------------------------- */

unsigned format_levels(enum paging_format format)
{
    static const unsigned levels[PAGING_FORMAT_COUNT] = {2, 3, 4};
    return levels[format];
}

unsigned entry_size(enum paging_format format)
{
    return format == PAGING_X86 ? 4 : 8;
}

static uint8_t *entry_at(struct world *w, pfn_t root, va_t va, unsigned level)
{
    unsigned bits = w->format == PAGING_X86 ? 10 : 9;
    pfn_t table = root;

    for (unsigned at = format_levels(w->format);; at--) {
        unsigned index = (unsigned)(va >> (12 + bits * (at - 1))) & ((1u << bits) - 1);
        if (w->format == PAGING_PAE && at == 3)
            index &= 3;
        uint8_t *entry = (uint8_t *)w->ram + (size_t)table.index * PAGE + index * entry_size(w->format);
        if (at == level)
            return entry;
        uint64_t raw = 0;
        memcpy(&raw, entry, entry_size(w->format));
        table.index = (uint32_t)((raw & UINT64_C(0xFFFFFFF000)) >> 12);
        if (!(raw & 1) || table.index >= w->mm->pfn.frame_count)
            return NULL;
    }
}

bool has_entry(struct world *w, mm_process process, va_t va, unsigned level)
{
    return entry_at(w, mm_process_root(w->mm, process), va, level) != NULL;
}

uint64_t peek_entry(struct world *w, mm_process process, va_t va, unsigned level)
{
    uint64_t raw = 0;
    uint8_t *entry = entry_at(w, mm_process_root(w->mm, process), va, level);
    ck_assert_ptr_nonnull(entry);
    memcpy(&raw, entry, entry_size(w->format));
    return raw;
}

void poke_entry(struct world *w, mm_process process, va_t va, unsigned level, uint64_t raw)
{
    uint8_t *entry = entry_at(w, mm_process_root(w->mm, process), va, level);
    ck_assert_ptr_nonnull(entry);
    memcpy(entry, &raw, entry_size(w->format));
}

uint64_t pte_word(struct world *w, mm_process process, va_t va)
{
    mmpte_t pte = {0};
    ck_assert(mm_peek_pte(w->mm, process, va, &pte));
    return pte.raw;
}

arena_ref section_area(struct world *w, mm_section section)
{
    return mi_section(w->mm, section)->area;
}

static uint8_t *prototype_at(struct world *w, mm_section section, uint32_t page)
{
    const struct control_area *area = mi_area(w->mm, section_area(w, section));
    va_t at = area->prototypes + (va_t)page * entry_size(w->format);
    pfn_t frame;
    ck_assert(mm_system_frame(w->mm, at, &frame));
    return (uint8_t *)w->ram + (size_t)frame.index * PAGE + (at & MMU_PAGE_MASK);
}

uint64_t peek_prototype(struct world *w, mm_section section, uint32_t page)
{
    uint64_t raw = 0;
    memcpy(&raw, prototype_at(w, section, page), entry_size(w->format));
    return raw;
}

void poke_prototype(struct world *w, mm_section section, uint32_t page, uint64_t raw)
{
    memcpy(prototype_at(w, section, page), &raw, entry_size(w->format));
}

uint64_t valid_word(const struct world *w, uint32_t frame, uint64_t flags, enum pte_nx_policy nx)
{
    uint64_t no_execute = nx == PTE_NX_ON && w->format != PAGING_X86 ? UINT64_C(1) << 63 : 0;
    return no_execute | (uint64_t)frame << 12 | flags;
}

/* --- Services ---------------------------------------------------------------------------------------------- */

ntstatus_t allocate(struct world *w, mm_process process, va_t *base, uint64_t *size, uint32_t type, uint32_t protect)
{
    struct mm_allocation request = {.base = *base, .size = *size, .type = type, .protect = protect};
    ntstatus_t status = mm_allocate(w->mm, process, &request);
    *base = request.base;
    *size = request.size;
    return status;
}

void allocate_at(struct world *w, mm_process process, va_t base, uint64_t size, uint32_t type, uint32_t protect)
{
    va_t at = base;
    ntstatus_t status = allocate(w, process, &at, &size, type, protect);
    ck_assert_msg(status == STATUS_SUCCESS && at == base, "allocation at %#" PRIx64 ": status %#x, at %#" PRIx64, base,
                  status, at);
}

void protect_at(struct world *w, mm_process process, va_t base, uint64_t size, uint32_t protect)
{
    uint32_t old;
    ck_assert_uint_eq(mm_protect(w->mm, process, &base, &size, protect, &old), STATUS_SUCCESS);
}

bool trim(struct world *w, mm_process process, va_t va)
{
    return w->mm->ops->trim(w->mm, mi_process(w->mm, process), va);
}

static const struct mm_image_subsection test_subsections[] = {
    {"header", IMAGE_HEADER, 1, 0, 0x400, MM_READONLY},
    {".text", IMAGE_TEXT, 3, 0x400, 3 * PAGE, MM_EXECUTE_READ},
    {".data", IMAGE_DATA, 4, 0x3400, 2 * PAGE + 100, MM_WRITECOPY},
    {".shared", IMAGE_SHARED, 2, 0x6000, PAGE, MM_READWRITE},
    {".rdata", IMAGE_RDATA, 1, 0x7000, PAGE, MM_READONLY},
    {".nothing", IMAGE_NOTHING, 1, 0x8000, PAGE, MM_NOACCESS},
};

const struct mm_image test_image = {
    .file = IMAGE_FILE,
    .preferred_base = IMAGE_BASE,
    .page_count = IMAGE_PAGES,
    .relocatable = true,
    .subsection_count = N_ELEMENTS(test_subsections),
    .subsections = test_subsections,
};

mm_section make_section(struct world *w)
{
    mm_section section = 0;
    ck_assert_uint_eq(mm_section_create_image(w->mm, &test_image, &section), STATUS_SUCCESS);
    return section;
}

va_t map_section(struct world *w, mm_process process, mm_section section)
{
    struct mm_view view = {0};
    ntstatus_t status = mm_map_image(w->mm, process, section, &view);
    ck_assert_msg(nt_success(status), "mapping the image: %#x", status);
    return view.base;
}

/* --- Data sections ----------------------------------------------------------------------------------------- */

void make_file(struct world *w, unsigned i, uint64_t size)
{
    w->file[i].size = size;
    w->file[i].bytes = malloc((size_t)DATA_PAGES * PAGE);
    for (uint64_t at = 0; at < (uint64_t)DATA_PAGES * PAGE; at++)
        w->file[i].bytes[at] = data_byte(at);
}

mm_section make_data_section(struct world *w, unsigned i, unsigned protection)
{
    struct mm_section_request request = {
        .file = DATA_FILE + i, .file_size = w->file[i].size, .protection = protection, .attributes = SEC_COMMIT};
    mm_section section = 0;
    ck_assert_uint_eq(mm_section_create(w->mm, &request, &section), STATUS_SUCCESS);
    return section;
}

mm_section make_pagefile_section(struct world *w, uint64_t size, uint32_t attributes)
{
    struct mm_section_request request = {.size = size, .protection = MM_READWRITE, .attributes = attributes};
    mm_section section = 0;
    ck_assert_uint_eq(mm_section_create(w->mm, &request, &section), STATUS_SUCCESS);
    return section;
}

ntstatus_t map_part(struct world *w, mm_process process, mm_section section, va_t *base, uint64_t offset, uint64_t size,
                    uint32_t type, uint32_t protect)
{
    struct mm_map_request request = {.base = *base,
                                     .offset = offset,
                                     .view_size = size,
                                     .inherit = MM_VIEW_UNMAP,
                                     .allocation_type = type,
                                     .protect = protect};
    ntstatus_t status = mm_map_view(w->mm, process, section, &request);
    *base = request.base;
    return status;
}

va_t map_data(struct world *w, mm_process process, mm_section section, va_t base, uint32_t protect)
{
    ntstatus_t status = map_part(w, process, section, &base, 0, 0, 0, protect);
    ck_assert_msg(status == STATUS_SUCCESS, "mapping: %#x", status);
    return base;
}

void run_daemon(struct world *w, enum mm_daemon daemon)
{
    for (unsigned i = 0; i < 1000; i++)
        if (mm_daemon_step(w->mm, daemon, MM_WAKE_SIGNAL) != MM_STEP_MORE)
            return;
    ck_abort_msg("%s never rests", mm_daemon_name(daemon));
}

void leave_commit(struct world *w, uint64_t pages)
{
    struct mm_counters c;
    mm_query_counters(w->mm, &c);
    make_pagefile_section(w, (c.commit_limit - c.committed - pages) * PAGE, SEC_COMMIT);
}

void write_modified(struct world *w)
{
    struct mi_tuning tuning = w->mm->tuning;
    w->mm->tuning.modified_goal = 0;
    while (mi_modified_private(w->mm) > 0) {
        w->mm->writing = true;
        mm_daemon_step(w->mm, MM_MODIFIED_WRITER, MM_WAKE_SIGNAL);
        check_laws(w);
    }
    w->mm->tuning = tuning;
}

void take_standby(struct world *w)
{
    mm_process process = new_process(w, PTE_NX_ON);
    struct mm_fault f;
    struct mm_counters c;
    mm_query_counters(w->mm, &c);
    allocate_at(w, process, HERE, (c.zeroed + c.free + c.standby) * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    for (va_t va = HERE; mm_query_counters(w->mm, &c), c.standby > 0; va += PAGE)
        ck_assert_int_eq(touch(w, process, va, MMU_WRITE, &f), MM_FAULT_RESOLVED);
    end_process(w, process);
    check_laws(w);
}

/* --- Odds and ends ----------------------------------------------------------------------------------------- */

uint64_t random_word(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

uint64_t seed_of(const char *what, uint64_t fallback)
{
    const char *text = getenv("SOFTFAULT_SEED");
    uint64_t seed = text ? strtoull(text, NULL, 0) : fallback;
    printf("# %s: seed=%" PRIu64 "\n", what, seed);
    fflush(stdout);
    return seed;
}

const char *format_name(enum paging_format format)
{
    static const char *const name[PAGING_FORMAT_COUNT] = {"x86", "pae", "x64"};
    return name[format];
}

static int run(Suite *suite, enum fork_status fork, enum print_output output)
{
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, fork);
    srunner_run_all(runner, output);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int suite_main(Suite *suite)
{
    return run(suite, CK_FORK_GETENV, CK_ENV);
}

int figures_main(Suite *suite)
{
    return run(suite, CK_NOFORK, CK_NORMAL);
}
