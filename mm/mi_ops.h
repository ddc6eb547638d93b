/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mi_ops.h - the entry points of the instances: what mm.c calls, for each paging format. */
#ifndef SOFTFAULT_MM_MI_OPS_H
#define SOFTFAULT_MM_MI_OPS_H

#include "mm/mi.h"

/* The entry points of one instance; each is named after the public function that it stands behind. */
struct mi_ops {
    ntstatus_t (*start)(struct mm *mm);
    ntstatus_t (*process_create)(struct mm *mm, enum pte_nx_policy nx, mm_process *ret_process);
    void (*process_clean)(struct mm *mm, struct mmprocess *process);
    void (*process_delete)(struct mm *mm, struct mmprocess *process);
    enum mm_fault_result (*access_fault)(struct mm *mm, struct mm_fault *fault);
    ntstatus_t (*hold)(struct mm *mm, struct mm_fault *template, va_t va, uint64_t length, enum mmu_access access,
                       void (*observe)(void *context, const struct mm_fault *fault), void *context,
                       struct mm_hold *ret_hold);
    void (*release)(struct mm *mm, struct mm_hold *hold);
    bool (*peek_pte)(const struct mm *mm, const struct mmprocess *process, va_t va, mmpte_t *ret_pte);
    bool (*peek_frame)(const struct mm *mm, const struct mmprocess *process, va_t va, pfn_t *ret_frame);
    ntstatus_t (*allocate)(struct mm *mm, struct mmprocess *process, struct mm_allocation *request);
    ntstatus_t (*free)(struct mm *mm, struct mmprocess *process, va_t *base, uint64_t *size, uint32_t type);
    ntstatus_t (*protect)(struct mm *mm, struct mmprocess *process, va_t *base, uint64_t *size, uint32_t protect,
                          uint32_t *ret_old);
    ntstatus_t (*query)(struct mm *mm, struct mmprocess *process, va_t va, struct mm_region *ret_region);
    ntstatus_t (*allocate_secured)(struct mm *mm, struct mmprocess *process, va_t base, uint64_t size);
    void (*free_secured)(struct mm *mm, struct mmprocess *process, va_t base);
    ntstatus_t (*map_shared_page)(struct mm *mm, struct mmprocess *process, va_t user, va_t system);
    ntstatus_t (*system_allocate)(struct mm *mm, va_t base, uint64_t size, unsigned protection);
    bool (*system_frame)(const struct mm *mm, va_t va, pfn_t *ret_frame);
    ntstatus_t (*section_create_image)(struct mm *mm, const struct mm_image *image, mm_section *ret_section);
    ntstatus_t (*section_create)(struct mm *mm, const struct mm_section_request *request, mm_section *ret_section);
    void (*section_close)(struct mm *mm, struct section *section);
    uint64_t (*area_resident)(const struct mm *mm, const struct control_area *area);
    ntstatus_t (*map_image)(struct mm *mm, struct mmprocess *process, struct control_area *area, struct mm_view *view);
    ntstatus_t (*map_view)(struct mm *mm, struct mmprocess *process, struct section *section,
                           struct mm_map_request *request);
    ntstatus_t (*map_system_view)(struct mm *mm, struct control_area *area, uint64_t offset, uint32_t size,
                                  va_t *ret_va);
    void (*unmap_system_view)(struct mm *mm, va_t va);
    ntstatus_t (*file_flush)(struct mm *mm, struct control_area *area, uint32_t thread, uint64_t first, uint64_t last);
    void (*file_size_changed)(struct mm *mm, struct control_area *area, uint64_t new_size);
    bool (*file_purge)(struct mm *mm, struct control_area *area, uint64_t first, uint64_t last);
    void (*file_allow_writes)(struct mm *mm, struct control_area *area);
    bool (*discard_area)(struct mm *mm, struct control_area *area);
    enum mm_step (*mapped_writer)(struct mm *mm);
    enum mm_step (*reclaim_areas)(struct mm *mm);
    ntstatus_t (*unmap_view)(struct mm *mm, struct mmprocess *process, va_t va);
    ntstatus_t (*lock)(struct mm *mm, struct mm_fault *template, struct mm_range *range, unsigned map,
                       void (*observe)(void *context, const struct mm_fault *fault), void *context);
    ntstatus_t (*unlock)(struct mm *mm, struct mmprocess *process, struct mm_range *range, unsigned map);
    ntstatus_t (*get_write_watch)(struct mm *mm, struct mmprocess *process, struct mm_range range,
                                  enum mm_watch_mode mode, va_t *addresses, size_t room, size_t *ret_count);
    ntstatus_t (*reset_write_watch)(struct mm *mm, struct mmprocess *process, struct mm_range range);
    size_t (*ws_list)(struct mm *mm, struct mmprocess *process, struct mm_ws_page *pages, size_t room);
    bool (*ws_page_at)(struct mm *mm, struct mmprocess *process, va_t va, struct mm_ws_page *ret_page);
    void (*ws_empty)(struct mm *mm, struct mmprocess *process);
    void (*ws_shrink)(struct mm *mm, struct mmprocess *process);
    void (*mark_bad)(struct mm *mm, pfn_t frame);
    const char *(*check)(struct mm *mm);
    bool (*trim)(struct mm *mm, struct mmprocess *process, va_t va); /* tests */
    uint32_t (*ws_trim)(struct mm *mm, struct mmprocess *process, uint64_t entry, uint32_t pages);
    void (*io_done)(struct mm *mm, uint32_t id, ntstatus_t status);
    void (*thread_moved)(struct mm *mm, uint32_t thread);
    enum mm_step (*working_set_manager)(struct mm *mm, enum mm_wake wake);
    enum mm_step (*modified_writer)(struct mm *mm);
    enum mm_step (*zero_page)(struct mm *mm);
    ntstatus_t (*stack_create)(struct mm *mm, uint32_t thread, arena_ref *ret_stack);
    void (*stack_delete)(struct mm *mm, arena_ref stack);
    void (*stack_query)(const struct mm *mm, arena_ref stack, struct mm_stack_info *ret_info);
    void (*stack_outswap)(struct mm *mm, arena_ref stack);
    enum mm_fault_result (*stack_inswap)(struct mm *mm, arena_ref stack, struct mm_fault *fault);
    enum mm_step (*process_outswap)(struct mm *mm, struct mmprocess *process);
};
extern const struct mi_ops mi_ops_x86, mi_ops_pae, mi_ops_x64; /* mi_ops in ops.c */

#ifdef PTE_FORMAT
#include "mm/instance.h"

ntstatus_t mi_start(struct mm *mm);
ntstatus_t mi_process_create(struct mm *mm, enum pte_nx_policy nx, mm_process *ret_process);
void mi_process_clean(struct mm *mm, struct mmprocess *process);
void mi_process_delete(struct mm *mm, struct mmprocess *process);
enum mm_fault_result mi_access_fault(struct mm *mm, struct mm_fault *fault);
enum mm_fault_result mi_inner_fault(struct mm *mm, struct mm_fault *fault); /* the same, of one that goes on */
ntstatus_t mi_hold(struct mm *mm, struct mm_fault *template, va_t va, uint64_t length, enum mmu_access access,
                   void (*observe)(void *context, const struct mm_fault *fault), void *context,
                   struct mm_hold *ret_hold);
void mi_release(struct mm *mm, struct mm_hold *hold);
bool mi_peek_pte(const struct mm *mm, const struct mmprocess *process, va_t va, mmpte_t *ret_pte);
bool mi_peek_frame(const struct mm *mm, const struct mmprocess *process, va_t va, pfn_t *ret_frame);
ntstatus_t mi_allocate(struct mm *mm, struct mmprocess *process, struct mm_allocation *request);
ntstatus_t mi_free(struct mm *mm, struct mmprocess *process, va_t *base, uint64_t *size, uint32_t type);
ntstatus_t mi_protect(struct mm *mm, struct mmprocess *process, va_t *base, uint64_t *size, uint32_t protect,
                      uint32_t *ret_old);
ntstatus_t mi_query(struct mm *mm, struct mmprocess *process, va_t va, struct mm_region *ret_region);
ntstatus_t mi_allocate_secured(struct mm *mm, struct mmprocess *process, va_t base, uint64_t size);
void mi_free_secured(struct mm *mm, struct mmprocess *process, va_t base);
ntstatus_t mi_map_shared_page(struct mm *mm, struct mmprocess *process, va_t user, va_t system);
ntstatus_t mi_system_allocate(struct mm *mm, va_t base, uint64_t size, unsigned protection);
bool mi_system_frame(const struct mm *mm, va_t va, pfn_t *ret_frame);
ntstatus_t mi_section_create_image(struct mm *mm, const struct mm_image *image, mm_section *ret_section);
ntstatus_t mi_section_create(struct mm *mm, const struct mm_section_request *request, mm_section *ret_section);
void mi_section_close(struct mm *mm, struct section *section);
ntstatus_t mi_map_view(struct mm *mm, struct mmprocess *process, struct section *section,
                       struct mm_map_request *request);
ntstatus_t mi_map_system_view(struct mm *mm, struct control_area *area, uint64_t offset, uint32_t size, va_t *ret_va);
void mi_unmap_system_view(struct mm *mm, va_t va);
ntstatus_t mi_file_flush(struct mm *mm, struct control_area *area, uint32_t thread, uint64_t first, uint64_t last);
void mi_file_size_changed(struct mm *mm, struct control_area *area, uint64_t new_size);
bool mi_file_purge(struct mm *mm, struct control_area *area, uint64_t first, uint64_t last);
void mi_file_allow_writes(struct mm *mm, struct control_area *area);
bool mi_discard_area(struct mm *mm, struct control_area *area);
enum mm_step mi_mapped_writer(struct mm *mm);
enum mm_step mi_reclaim_areas(struct mm *mm);
ntstatus_t mi_map_image(struct mm *mm, struct mmprocess *process, struct control_area *area, struct mm_view *view);
ntstatus_t mi_unmap_view(struct mm *mm, struct mmprocess *process, va_t va);
ntstatus_t mi_lock(struct mm *mm, struct mm_fault *template, struct mm_range *range, unsigned map,
                   void (*observe)(void *context, const struct mm_fault *fault), void *context);
ntstatus_t mi_unlock(struct mm *mm, struct mmprocess *process, struct mm_range *range, unsigned map);
ntstatus_t mi_get_write_watch(struct mm *mm, struct mmprocess *process, struct mm_range range, enum mm_watch_mode mode,
                              va_t *addresses, size_t room, size_t *ret_count);
ntstatus_t mi_reset_write_watch(struct mm *mm, struct mmprocess *process, struct mm_range range);
size_t mi_ws_list(struct mm *mm, struct mmprocess *process, struct mm_ws_page *pages, size_t room);
bool mi_ws_page_at(struct mm *mm, struct mmprocess *process, va_t va, struct mm_ws_page *ret_page);
void mi_ws_empty(struct mm *mm, struct mmprocess *process);
bool mi_trim(struct mm *mm, struct mmprocess *process, va_t va);
void mi_io_done(struct mm *mm, uint32_t id, ntstatus_t status);
uint32_t mi_ws_trim_from(struct mm *mm, struct mmprocess *process, uint64_t first, uint32_t count);
void mi_thread_moved(struct mm *mm, uint32_t thread);
enum mm_step mi_working_set_manager(struct mm *mm, enum mm_wake wake);
enum mm_step mi_modified_writer(struct mm *mm);
enum mm_step mi_zero_page(struct mm *mm);
ntstatus_t mi_stack_create(struct mm *mm, uint32_t thread, arena_ref *ret_stack);
void mi_stack_delete(struct mm *mm, arena_ref stack);
void mi_stack_query(const struct mm *mm, arena_ref stack, struct mm_stack_info *ret_info);
void mi_stack_outswap(struct mm *mm, arena_ref stack);
enum mm_fault_result mi_stack_inswap(struct mm *mm, arena_ref stack, struct mm_fault *fault);
enum mm_step mi_process_outswap(struct mm *mm, struct mmprocess *process);
const char *mi_check(struct mm *mm);

#endif

#endif
