/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mm.c - set-up, and the way from the public calls to the instance for the paging format.
 *
 * The state is one region: struct mm, the PFN records, the arena.  A copy of it and of guest RAM is a snapshot.
 * Every call that may take rights from a PTE pays the TLB flush it owes before it returns: one for the whole call. */
#include "mm/mm.h"

#include <assert.h>
#include <string.h>

#include "mm/mi.h"

static void on_move(void *context, uint32_t frame, enum pfn_state from, enum pfn_state to)
{
    struct mm *mm = context;
    struct mm_event event = {.kind = MM_EVENT_PFN,
                             .frame = {frame},
                             .from = pfn_state_name(from),
                             .to = pfn_state_name(to),
                             .va = pfn_pte_address(&mm->pfn.record[frame])};
    mm->config.env->event(mm->config.env->context, &event);
}

/* Moves of frames are told only where somebody listens. */
static void listen(struct mm *mm)
{
    mm->pfn.moved = mm->config.env->event ? on_move : NULL;
    mm->pfn.context = mm;
}

static size_t round_page(size_t size)
{
    return (size + MMU_PAGE_MASK) & ~(size_t)MMU_PAGE_MASK;
}

/* The modelled nonpaged pool: 1 MB and 400 KB for each MB of RAM (nt-reference 4.5), as far as PTEs reach. */
static uint32_t arena_size(uint32_t frame_count)
{
    uint64_t megabytes = frame_count >> 8, size = (1024 + 400 * megabytes) << 10;
    return (uint32_t)(size < ARENA_SIZE_MAX ? size : ARENA_SIZE_MAX);
}

size_t mm_state_size(uint32_t frame_count)
{
    return round_page(sizeof(struct mm)) + round_page((size_t)frame_count * sizeof(struct mmpfn)) +
           arena_size(frame_count) + MMU_PAGE_SIZE + (size_t)frame_count * sizeof(uint32_t);
}

uint64_t mm_most_ram(enum paging_format format)
{
    static const unsigned address_bits[PAGING_FORMAT_COUNT] = {[PAGING_X86] = 32, [PAGING_PAE] = 36, [PAGING_X64] = 40};
    return UINT64_C(1) << address_bits[format];
}

struct mm *mm_init(void *memory, const struct mm_config *config)
{
    static const struct mi_ops *const ops[PAGING_FORMAT_COUNT] = {&mi_ops_x86, &mi_ops_pae, &mi_ops_x64};
    uint32_t frames = config->ram.frame_count;
    uint8_t *at = memory;
    struct mm *mm = memory;

    if (frames < 64 || frames > mm_most_ram(config->format) >> MMU_PAGE_SHIFT)
        return NULL;
    mm->config = *config;
    if (!mm->config.highest_user_address)
        mm->config.highest_user_address = config->format == PAGING_X64 ? UINT64_C(0x7FFFFFEFFFF) : 0x7FFEFFFF;
    mm->ops = ops[config->format];
    mm->fail_frames_after = UINT32_MAX;
    mm->ram_commit_limit = mm->commit_limit = frames > 256 ? frames - frames / 16 : frames;
    mm->pagefile_cap = UINT64_MAX;
    mm->age_next = mm->manager_rested_at = UINT32_MAX;
    at += round_page(sizeof *mm);
    pfn_db_init(&mm->pfn, (struct mmpfn *)(void *)at, frames);
    at += round_page((size_t)frames * sizeof(struct mmpfn));
    mi_tune(mm);
    listen(mm);
    mm->arena = arena_init(at, arena_size(frames));
    at += arena_size(frames);
    mm->look = at;
    mm->tally = (uint32_t *)(void *)(at + MMU_PAGE_SIZE);
    for (unsigned i = 0; i < MI_HELD_SPARE; i++) {
        arena_ref ref = arena_alloc(mm->arena, sizeof(struct mi_held));
        ((struct mi_held *)arena_at(mm->arena, ref))->next = mm->held_spare;
        mm->held_spare = ref;
    }
    return mm->ops->start(mm) == STATUS_SUCCESS ? mm : NULL;
}

/* --- The end of each call ---------------------------------------------------------------------------------- */

void mi_settle(struct mm *mm)
{
    if (!mm->flush_wanted)
        return;
    mm->flush_wanted = false;
    if (mm->config.env->flush_tlb)
        mm->config.env->flush_tlb(mm->config.env->context);
}

/* A call that found no frame, or no commit, may be repeated once there is more: at once where this thread does all the
 * work, else when the daemons have done it (STATUS_MM_WAIT).  => true: repeat it now. */
bool mi_repeat_now(struct mm *mm, ntstatus_t *status)
{
    bool no_frame = mm->frames_refused && mi_can_relieve(mm) &&
                    (*status == STATUS_NO_MEMORY || *status == STATUS_INSUFFICIENT_RESOURCES);
    bool no_commit =
        *status == STATUS_COMMITMENT_LIMIT && mm->commit_refused && pagefile_can_extend(mm) && !mm->cannot_extend;
    bool waits = *status == STATUS_MM_WAIT && mm->wait_key == MM_WAIT_FREE_PAGE;

    mm->frames_refused = false;
    if (!no_frame && !no_commit && !waits) {
        if (mm->config.daemons == MM_DAEMONS_INLINE)
            mm->exhausted = false; /* that was for this call */
        return false;
    }
    if (no_commit) {
        mm->extension_wanted += mm->commit_refused;
        mm->signals |= MM_SIGNAL(MM_DEREFERENCE_SEGMENT);
    }
    if (mm->config.daemons == MM_DAEMONS_INLINE) {
        uint32_t before = mm->frames_short = mi_available(mm); /* as many were not enough */
        if ((mi_relieve(mm) && mi_available(mm) > before) || no_commit)
            return true;
        mm->wait_key = mi_first_io(mm);
        mm->exhausted = !mm->wait_key;
        *status = STATUS_MM_WAIT;
        return mm->exhausted;
    }
    if (!mm->frames_awaited || mi_available(mm) < mm->frames_short)
        mm->frames_short = mi_available(mm);
    mm->frames_awaited = true;
    mm->wait_key = MM_WAIT_FREE_PAGE;
    mi_signal(mm);
    *status = STATUS_MM_WAIT;
    return false;
}

/* --- Frames ------------------------------------------------------------------------------------------------ */

const uint8_t *mm_frame_read(const struct mm *mm, pfn_t frame)
{
    assert(frame.index < mm->pfn.frame_count);
    return mm->config.ram.base + (size_t)frame.index * MMU_PAGE_SIZE;
}

uint8_t *mm_frame_write(struct mm *mm, pfn_t frame)
{
    struct mmpfn *pfn = mi_pfn(mm, frame);

    assert(frame.index < mm->pfn.frame_count);
    if (pfn->flags & PFN_CODE_BIT) {
        pfn->flags &= (uint8_t)~PFN_CODE_BIT;
        if (mm->config.env->drop_code)
            mm->config.env->drop_code(mm->config.env->context, frame);
    }
    return mi_frame_write(mm, frame);
}

void mm_frame_note_fetch(struct mm *mm, pfn_t frame)
{
    mi_pfn(mm, frame)->flags |= PFN_CODE_BIT;
}

bool mm_frame_has_code(const struct mm *mm, pfn_t frame)
{
    return mi_pfn(mm, frame)->flags & PFN_CODE_BIT;
}

void mm_frame_forget_code(struct mm *mm, pfn_t frame)
{
    mi_pfn(mm, frame)->flags &= (uint8_t)~PFN_CODE_BIT;
}

uint32_t mm_frames_untouched_from(const struct mm *mm)
{
    return mm->pfn.untouched_from;
}

bool mm_system_frame(const struct mm *mm, va_t va, pfn_t *ret_frame)
{
    return mm->ops->system_frame(mm, va, ret_frame);
}

ntstatus_t mm_system_allocate(struct mm *mm, va_t base, uint64_t size, unsigned protection)
{
    ntstatus_t status;
    do
        status = mm->ops->system_allocate(mm, base, size, protection);
    while (mi_repeat_now(mm, &status));
    mi_settle(mm);
    return status;
}

/* --- Processes --------------------------------------------------------------------------------------------- */

ntstatus_t mm_process_create(struct mm *mm, enum pte_nx_policy nx, mm_process *ret_process)
{
    ntstatus_t status;
    do
        status = mm->ops->process_create(mm, nx, ret_process);
    while (mi_repeat_now(mm, &status));
    mi_settle(mm);
    return status;
}

void mm_process_clean(struct mm *mm, mm_process process)
{
    mm->ops->process_clean(mm, mi_process(mm, process));
    mi_settle(mm);
}

void mm_process_delete(struct mm *mm, mm_process process)
{
    mm->ops->process_delete(mm, mi_process(mm, process));
    mi_settle(mm);
}

void mm_process_limit(struct mm *mm, mm_process process, va_t highest)
{
    uint64_t vpn = (highest >> MMU_PAGE_SHIFT) - 16;
    if (vpn < mi_process(mm, process)->highest_vad_vpn)
        mi_process(mm, process)->highest_vad_vpn = vpn;
}

pfn_t mm_process_root(const struct mm *mm, mm_process process)
{
    return mi_process(mm, process)->root;
}

void mm_process_query(const struct mm *mm, mm_process process, struct mm_process_counters *ret_counters)
{
    const struct mmprocess *p = mi_process(mm, process);
    *ret_counters = (struct mm_process_counters){
        .page_faults = p->page_faults,
        .working_set = p->ws_size,
        .peak_working_set = p->ws_peak,
        .private_pages = p->private_pages,
        .commit_charge = p->commit,
        .table_charge = p->table_charge,
        .peak_commit = p->peak_commit,
        .virtual_size = p->virtual_size * MMU_PAGE_SIZE,
        .peak_virtual_size = p->peak_virtual_size * MMU_PAGE_SIZE,
        .page_tables = p->page_tables,
        .locked_pages = p->locked_pages,
    };
}

/* --- Faults ------------------------------------------------------------------------------------------------ */

const char *mm_fault_type_name(enum mm_fault_type type)
{
    static const char *const name[MM_FAULT_TYPE_COUNT] = {
        [MM_FAULT_TYPE_NONE] = "None",
        [MM_FAULT_TYPE_TRANSITION] = "Transition",
        [MM_FAULT_TYPE_DEMAND_ZERO] = "DemandZero",
        [MM_FAULT_TYPE_COPY_ON_WRITE] = "CopyOnWrite",
        [MM_FAULT_TYPE_GUARD_PAGE] = "GuardPage",
        [MM_FAULT_TYPE_HARD_FAULT] = "HardFault",
        [MM_FAULT_TYPE_PROTOTYPE] = "Prototype",
        [MM_FAULT_TYPE_ACCESS_VIOLATION] = "AccessViolation",
        [MM_FAULT_TYPE_NO_EXECUTE] = "NoExecute",
        [MM_FAULT_TYPE_STACK_GROWTH] = "StackGrowth",
        [MM_FAULT_TYPE_IN_PAGE_ERROR] = "InPageError",
        [MM_FAULT_TYPE_DIRTY] = "Dirty",
    };
    return name[type];
}

enum mm_fault_result mm_access_fault(struct mm *mm, struct mm_fault *fault)
{
    enum mm_fault_result result;
    ntstatus_t status;

    do {
        result = mm->ops->access_fault(mm, fault);
        status = result == MM_FAULT_WAIT ? STATUS_MM_WAIT : STATUS_SUCCESS;
    } while (__builtin_expect(result == MM_FAULT_WAIT, 0) && mi_repeat_now(mm, &status));
    mi_settle(mm);
    return result;
}

void mm_await_free_page(struct mm *mm)
{
    mm->frames_awaited = true;
    mi_signal(mm);
}

uint32_t mm_wait_key(const struct mm *mm)
{
    return mm->wait_key;
}

void mm_io_done(struct mm *mm, uint32_t id)
{
    mm_io_failed(mm, id, STATUS_SUCCESS);
}

void mm_thread_moved(struct mm *mm, uint32_t thread)
{
    if (mm->kept_count || mm->flushes)
        mm->ops->thread_moved(mm, thread);
}

ntstatus_t mm_mark_bad(struct mm *mm, pfn_t frame)
{
    if (frame.index >= mm->pfn.frame_count)
        return STATUS_INVALID_PARAMETER_1;
    if (!(mi_pfn(mm, frame)->flags & PFN_REMOVAL_BIT) && mm->ram_commit_limit > 0) {
        mm->ram_commit_limit--;
        mm->commit_limit--;
    }
    mm->ops->mark_bad(mm, frame);
    return STATUS_SUCCESS;
}

/* --- Pages held for a service ------------------------------------------------------------------------------ */

ntstatus_t mm_hold(struct mm *mm, struct mm_fault *template, va_t va, uint64_t length, enum mmu_access access,
                   void (*observe)(void *context, const struct mm_fault *fault), void *context,
                   struct mm_hold *ret_hold)
{
    ntstatus_t status;
    do
        status = mm->ops->hold(mm, template, va, length, access, observe, context, ret_hold);
    while (mi_repeat_now(mm, &status));
    mi_settle(mm);
    return status;
}

void mm_release(struct mm *mm, struct mm_hold *hold)
{
    mm->ops->release(mm, hold);
}

size_t mm_peek(const struct mm *mm, mm_process process, va_t va, void *buffer, size_t length)
{
    size_t done = 0;
    while (done < length) {
        pfn_t frame;
        size_t at = (va + done) & MMU_PAGE_MASK, run = MMU_PAGE_SIZE - at;
        if (!mm->ops->peek_frame(mm, mi_process(mm, process), va + done, &frame))
            break;
        run = run < length - done ? run : length - done;
        memcpy((uint8_t *)buffer + done, mm_frame_read(mm, frame) + at, run);
        done += run;
    }
    return done;
}

bool mm_peek_pte(const struct mm *mm, mm_process process, va_t va, mmpte_t *ret_pte)
{
    return mm->ops->peek_pte(mm, mi_process(mm, process), va, ret_pte);
}

/* --- Services ---------------------------------------------------------------------------------------------- */

ntstatus_t mm_allocate(struct mm *mm, mm_process process, struct mm_allocation *request)
{
    struct mm_allocation work; /* untouched on failure */
    ntstatus_t status;
    do {
        work = *request;
        status = mm->ops->allocate(mm, mi_process(mm, process), &work);
    } while (mi_repeat_now(mm, &status));
    if (status == STATUS_SUCCESS)
        *request = work;
    mi_settle(mm);
    return status;
}

ntstatus_t mm_free(struct mm *mm, mm_process process, va_t *base, uint64_t *size, uint32_t type)
{
    ntstatus_t status;
    do
        status = mm->ops->free(mm, mi_process(mm, process), base, size, type);
    while (mi_repeat_now(mm, &status));
    mi_settle(mm);
    return status;
}

ntstatus_t mm_protect(struct mm *mm, mm_process process, va_t *base, uint64_t *size, uint32_t protect,
                      uint32_t *ret_old)
{
    ntstatus_t status;
    do
        status = mm->ops->protect(mm, mi_process(mm, process), base, size, protect, ret_old);
    while (mi_repeat_now(mm, &status));
    mi_settle(mm);
    return status;
}

ntstatus_t mm_query(struct mm *mm, mm_process process, va_t va, struct mm_region *ret_region)
{
    return mm->ops->query(mm, mi_process(mm, process), va, ret_region);
}

ntstatus_t mm_allocate_secured(struct mm *mm, mm_process process, va_t base, uint64_t size)
{
    ntstatus_t status;
    do
        status = mm->ops->allocate_secured(mm, mi_process(mm, process), base, size);
    while (mi_repeat_now(mm, &status));
    mi_settle(mm);
    return status;
}

void mm_free_secured(struct mm *mm, mm_process process, va_t base)
{
    mm->ops->free_secured(mm, mi_process(mm, process), base);
}

ntstatus_t mm_map_shared_page(struct mm *mm, mm_process process, va_t user, va_t system)
{
    ntstatus_t status;
    do
        status = mm->ops->map_shared_page(mm, mi_process(mm, process), user, system);
    while (mi_repeat_now(mm, &status));
    mi_settle(mm);
    return status;
}

bool mm_vad_at(const struct mm *mm, mm_process process, va_t va, struct mm_vad_info *ret_info)
{
    static const char *const kind[VAD_KIND_COUNT] = {"private", "image", "shared", "mapped"};
    if (va > mm->config.highest_user_address)
        process = mm->system;
    const struct mmvad *vad = vad_find(mm->arena, &mi_process(mm, process)->vads, va >> MMU_PAGE_SHIFT);
    if (!vad)
        return false;
    *ret_info = (struct mm_vad_info){
        .start = vad->start_vpn << MMU_PAGE_SHIFT,
        .end = vad->end_vpn << MMU_PAGE_SHIFT | MMU_PAGE_MASK,
        .kind = process == mm->system ? "cache" : kind[vad->kind],
        .protect = mm_page_from_protection(vad->protection),
        .committed = vad->kind != VAD_PRIVATE || vad->mem_commit,
        .section = vad->control_area,
        .file = vad->control_area ? mi_area(mm, vad->control_area)->file : 0,
        .offset = vad->first_page << MMU_PAGE_SHIFT,
    };
    return true;
}

ntstatus_t mm_lock(struct mm *mm, struct mm_fault *template, struct mm_range *range, unsigned map,
                   void (*observe)(void *context, const struct mm_fault *fault), void *context)
{
    ntstatus_t status;
    do
        status = mm->ops->lock(mm, template, range, map, observe, context);
    while (mi_repeat_now(mm, &status));
    mm->locking = (struct mi_locking){0};
    mi_settle(mm);
    return status;
}

ntstatus_t mm_unlock(struct mm *mm, mm_process process, struct mm_range *range, unsigned map)
{
    ntstatus_t status = mm->ops->unlock(mm, mi_process(mm, process), range, map);
    mi_settle(mm);
    return status;
}

ntstatus_t mm_get_write_watch(struct mm *mm, mm_process process, struct mm_range range, enum mm_watch_mode mode,
                              va_t *addresses, size_t room, size_t *ret_count)
{
    ntstatus_t status = mm->ops->get_write_watch(mm, mi_process(mm, process), range, mode, addresses, room, ret_count);
    mi_settle(mm);
    return status;
}

ntstatus_t mm_reset_write_watch(struct mm *mm, mm_process process, struct mm_range range)
{
    ntstatus_t status = mm->ops->reset_write_watch(mm, mi_process(mm, process), range);
    mi_settle(mm);
    return status;
}

/* --- Kernel stacks, and processes that leave memory --------------------------------------------------------- */

ntstatus_t mm_stack_create(struct mm *mm, uint32_t thread, mm_stack *ret_stack)
{
    ntstatus_t status;
    do
        status = mm->ops->stack_create(mm, thread, ret_stack);
    while (mi_repeat_now(mm, &status));
    mi_settle(mm);
    return status == STATUS_COMMITMENT_LIMIT ? STATUS_INSUFFICIENT_RESOURCES : status;
}

void mm_stack_delete(struct mm *mm, mm_stack stack)
{
    mm->ops->stack_delete(mm, stack);
    mi_settle(mm);
}

void mm_stack_query(const struct mm *mm, mm_stack stack, struct mm_stack_info *ret_info)
{
    mm->ops->stack_query(mm, stack, ret_info);
}

void mm_stack_outswap(struct mm *mm, mm_stack stack)
{
    mm->ops->stack_outswap(mm, stack);
    mi_settle(mm);
}

bool mm_stack_has_room(const struct mm *mm, mm_stack stack)
{
    struct mm_stack_info info;
    mm->ops->stack_query(mm, stack, &info);
    return mi_resident_available(mm) >= (info.base - info.limit) >> MMU_PAGE_SHIFT;
}

enum mm_fault_result mm_stack_inswap(struct mm *mm, mm_stack stack, struct mm_fault *fault)
{
    enum mm_fault_result result;
    ntstatus_t status;

    do {
        result = mm->ops->stack_inswap(mm, stack, fault);
        status = result == MM_FAULT_RAISE ? fault->status : result == MM_FAULT_WAIT ? STATUS_MM_WAIT : STATUS_SUCCESS;
    } while (mi_repeat_now(mm, &status));
    mi_settle(mm);
    return result == MM_FAULT_RAISE && status == STATUS_MM_WAIT ? MM_FAULT_WAIT : result;
}

enum mm_step mm_process_outswap(struct mm *mm, mm_process process)
{
    enum mm_step result = mm->ops->process_outswap(mm, mi_process(mm, process));
    mi_settle(mm);
    return result;
}

void mm_process_inswap(struct mm *mm, mm_process process)
{
    mi_process(mm, process)->swap_limit = MI_IN_MEMORY;
}

/* --- Working sets ------------------------------------------------------------------------------------------ */

size_t mm_ws_list(struct mm *mm, mm_process process, struct mm_ws_page *pages, size_t room)
{
    return mm->ops->ws_list(mm, mi_process(mm, process), pages, room);
}

bool mm_ws_page_at(struct mm *mm, mm_process process, va_t va, struct mm_ws_page *ret_page)
{
    return mm->ops->ws_page_at(mm, mi_process(mm, process), va, ret_page);
}

void mm_ws_empty(struct mm *mm, mm_process process)
{
    mm->ops->ws_empty(mm, mi_process(mm, process));
    mi_settle(mm);
}

void mm_process_set_nx(struct mm *mm, mm_process process, enum pte_nx_policy nx)
{
    mi_process(mm, process)->nx = mm->config.format == PAGING_X86 ? PTE_NX_OFF : nx;
}

/* --- The whole --------------------------------------------------------------------------------------------- */

const char *mm_check(struct mm *mm)
{
    return mm->ops->check(mm);
}

void mm_fail_frames_after(struct mm *mm, uint32_t n)
{
    mm->fail_frames_after = n;
}

void mm_fail_objects_after(struct mm *mm, uint32_t n)
{
    arena_fail_after(mm->arena, n);
}
