/* SPDX-License-Identifier: GPL-2.0-or-later */
/* section.h - what the section services share. */
#ifndef SOFTFAULT_EMU_NT_SECTION_H
#define SOFTFAULT_EMU_NT_SECTION_H

#include "emu/nt/access.h"
#include "emu/nt/service.h"

/* Rights on a section that a view of a PAGE_* protection needs (nt-reference 5.8).  => protection is a valid one. */
uint32_t section_access_for(uint32_t protect);
/* Rights on a file that a section of that protection needs. */
uint32_t section_file_access_for(uint32_t protect);

ntstatus_t nt_map_view_of_section(struct nt_call *call);
ntstatus_t nt_unmap_view_of_section(struct nt_call *call);
ntstatus_t nt_query_section(struct nt_call *call);
ntstatus_t nt_extend_section(struct nt_call *call);

#endif
