/* SPDX-License-Identifier: GPL-2.0-or-later */
/* security.h - discretionary access lists of objects: kept as their creator gave them, checked when the object is
 * opened.
 *
 * An object without one lets everybody in; the creator's own handle is never checked, as on NT. */
#ifndef SOFTFAULT_EMU_SECURITY_H
#define SOFTFAULT_EMU_SECURITY_H

#include "emu/object.h"

enum { ACL_MAX = 1024, SECURITIES_MAX = 4096 };

/* An ACL in NT's form; length 0: none. */
struct security {
    uint16_t length;
    uint8_t acl[ACL_MAX];
};

/* Is it a whole and sound ACL?  => STATUS_INVALID_ACL. */
ntstatus_t security_check_acl(const struct security *security);

/* The access that the user gets of desired (generic rights and MAXIMUM_ALLOWED too).  => STATUS_ACCESS_DENIED. */
ntstatus_t security_grant(const struct object *object, uint32_t desired, uint32_t *ret_granted);

#endif
