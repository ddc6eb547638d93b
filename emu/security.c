/* SPDX-License-Identifier: GPL-2.0-or-later */
/* security.c - see security.h. */
#include "emu/security.h"

#include "emu/guest_layout.h"
#include "emu/nt/access.h"
#include "emu/status.h"
#include "emu/token.h"

/* ACL: revision, 0, size, count of entries; an entry: type, flags, size, mask, SID. */
enum {
    ACL_SIZE = 2,
    ACL_COUNT = 4,
    ACL_HEADER = 8,
    ACE_TYPE = 0,
    ACE_FLAGS = 1,
    ACE_SIZE = 2,
    ACE_MASK = 4,
    ACE_SID = 8,
    ACE_ALLOWED = 0,
    ACE_DENIED = 1,
    ACE_INHERIT_ONLY = 8,
    ACL_REVISION_MIN = 2,
    ACL_REVISION_MAX = 4,
};

ntstatus_t security_check_acl(const struct security *security)
{
    const uint8_t *acl = security->acl;
    uint32_t at = ACL_HEADER;
    if (security->length < ACL_HEADER || get16(acl, ACL_SIZE) != security->length || acl[0] < ACL_REVISION_MIN ||
        acl[0] > ACL_REVISION_MAX)
        return STATUS_INVALID_ACL;
    for (unsigned i = 0; i < get16(acl, ACL_COUNT); i++) {
        if (at + ACE_SID + 8 > security->length)
            return STATUS_INVALID_ACL;
        uint32_t size = get16(acl, at + ACE_SIZE), sid = 8u + 4u * acl[at + ACE_SID + 1];
        if (size < ACE_SID + sid || size % 4 || at + size > security->length)
            return STATUS_INVALID_ACL;
        at += size;
    }
    return STATUS_SUCCESS;
}

/* The rights that the list gives, entry by entry: what comes first decides. */
static uint32_t rights_of(const struct object *object)
{
    const uint8_t *acl = object->security->acl;
    uint32_t allowed = READ_CONTROL | WRITE_DAC, denied = 0; /* the owner's, whatever the list says */
    uint32_t at = ACL_HEADER;
    for (unsigned i = 0; i < get16(acl, ACL_COUNT); i++) {
        uint32_t size = get16(acl, at + ACE_SIZE);
        uint32_t mask = object_map_access(object->type, get32(acl, at + ACE_MASK));
        if (!(acl[at + ACE_FLAGS] & ACE_INHERIT_ONLY) && token_is(acl + at + ACE_SID, size - ACE_SID)) {
            if (acl[at + ACE_TYPE] == ACE_ALLOWED)
                allowed |= mask & ~denied;
            else if (acl[at + ACE_TYPE] == ACE_DENIED)
                denied |= mask & ~allowed;
        }
        at += size;
    }
    return allowed;
}

ntstatus_t security_grant(const struct object *object, uint32_t desired, uint32_t *ret_granted)
{
    uint32_t wanted = object_map_access(object->type, desired & ~MAXIMUM_ALLOWED);
    if (!object->security) {
        *ret_granted = object_map_access(object->type, desired);
        return STATUS_SUCCESS;
    }
    uint32_t rights = rights_of(object);
    if (wanted & ~rights)
        return STATUS_ACCESS_DENIED;
    *ret_granted = desired & MAXIMUM_ALLOWED ? wanted | rights : wanted;
    return STATUS_SUCCESS;
}
