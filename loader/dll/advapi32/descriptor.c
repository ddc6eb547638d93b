/* SPDX-License-Identifier: GPL-2.0-or-later */
/* descriptor.c - security descriptors: owner, group and access lists, by pointers, or by offsets from their start. */
#include "advapi.h"

BOOL WINAPI InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, DWORD revision)
{
    if (revision != SECURITY_DESCRIPTOR_REVISION)
        return advapi_fail(STATUS_UNKNOWN_REVISION);
    *(SECURITY_DESCRIPTOR *)descriptor = (SECURITY_DESCRIPTOR){.Revision = SECURITY_DESCRIPTOR_REVISION};
    return TRUE;
}

/* What the members say, in either form. */
struct parts {
    PSID owner, group;
    ACL *sacl, *dacl;
};

static void *at_offset(const void *descriptor, DWORD offset)
{
    return offset != 0 ? (UCHAR *)(ULONG_PTR)descriptor + offset : NULL;
}

static struct parts parts_of(PSECURITY_DESCRIPTOR descriptor)
{
    const SECURITY_DESCRIPTOR *d = descriptor;
    const SECURITY_DESCRIPTOR_RELATIVE *r = descriptor;

    if (d->Control & SE_SELF_RELATIVE)
        return (struct parts){at_offset(r, r->Owner), at_offset(r, r->Group), at_offset(r, r->Sacl),
                              at_offset(r, r->Dacl)};
    return (struct parts){d->Owner, d->Group, d->Sacl, d->Dacl};
}

static WORD control_of(PSECURITY_DESCRIPTOR descriptor)
{
    return ((SECURITY_DESCRIPTOR *)descriptor)->Control;
}

BOOL WINAPI IsValidSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor)
{
    const SECURITY_DESCRIPTOR *d = descriptor;

    if (d == NULL || d->Revision != SECURITY_DESCRIPTOR_REVISION)
        return FALSE;
    struct parts parts = parts_of(descriptor);
    return (parts.owner == NULL || IsValidSid(parts.owner)) && (parts.group == NULL || IsValidSid(parts.group)) &&
           (!(d->Control & SE_DACL_PRESENT) || parts.dacl == NULL || IsValidAcl(parts.dacl)) &&
           (!(d->Control & SE_SACL_PRESENT) || parts.sacl == NULL || IsValidAcl(parts.sacl));
}

static DWORD rounded(DWORD size)
{
    return (size + 3) & ~3u;
}

DWORD WINAPI GetSecurityDescriptorLength(PSECURITY_DESCRIPTOR descriptor)
{
    struct parts parts = parts_of(descriptor);
    DWORD length =
        control_of(descriptor) & SE_SELF_RELATIVE ? sizeof(SECURITY_DESCRIPTOR_RELATIVE) : sizeof(SECURITY_DESCRIPTOR);

    length += parts.owner != NULL ? rounded(GetLengthSid(parts.owner)) : 0;
    length += parts.group != NULL ? rounded(GetLengthSid(parts.group)) : 0;
    if (control_of(descriptor) & SE_DACL_PRESENT && parts.dacl != NULL)
        length += rounded(parts.dacl->AclSize);
    if (control_of(descriptor) & SE_SACL_PRESENT && parts.sacl != NULL)
        length += rounded(parts.sacl->AclSize);
    return length;
}

BOOL WINAPI GetSecurityDescriptorControl(PSECURITY_DESCRIPTOR descriptor, SECURITY_DESCRIPTOR_CONTROL *ret_control,
                                         DWORD *ret_revision)
{
    *ret_revision = ((SECURITY_DESCRIPTOR *)descriptor)->Revision;
    if (*ret_revision != SECURITY_DESCRIPTOR_REVISION)
        return advapi_fail(STATUS_UNKNOWN_REVISION);
    *ret_control = control_of(descriptor);
    return TRUE;
}

/* => only a descriptor with pointers can be changed. */
static bool can_change(PSECURITY_DESCRIPTOR descriptor)
{
    const SECURITY_DESCRIPTOR *d = descriptor;

    if (d->Revision != SECURITY_DESCRIPTOR_REVISION)
        return advapi_fail(STATUS_UNKNOWN_REVISION);
    return d->Control & SE_SELF_RELATIVE ? advapi_fail(STATUS_INVALID_SECURITY_DESCR) : true;
}

static void set_bit(WORD *control, WORD bit, BOOL on)
{
    *control = (WORD)(on ? *control | bit : *control & ~bit);
}

BOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR descriptor, BOOL present, ACL *dacl, BOOL defaulted)
{
    SECURITY_DESCRIPTOR *d = descriptor;

    if (!can_change(descriptor))
        return FALSE;
    set_bit(&d->Control, SE_DACL_PRESENT, present);
    set_bit(&d->Control, SE_DACL_DEFAULTED, present && defaulted);
    d->Dacl = present ? dacl : NULL;
    return TRUE;
}

BOOL WINAPI SetSecurityDescriptorSacl(PSECURITY_DESCRIPTOR descriptor, BOOL present, ACL *sacl, BOOL defaulted)
{
    SECURITY_DESCRIPTOR *d = descriptor;

    if (!can_change(descriptor))
        return FALSE;
    set_bit(&d->Control, SE_SACL_PRESENT, present);
    set_bit(&d->Control, SE_SACL_DEFAULTED, present && defaulted);
    d->Sacl = present ? sacl : NULL;
    return TRUE;
}

BOOL WINAPI SetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR descriptor, PSID owner, BOOL defaulted)
{
    SECURITY_DESCRIPTOR *d = descriptor;

    if (!can_change(descriptor))
        return FALSE;
    set_bit(&d->Control, SE_OWNER_DEFAULTED, defaulted);
    d->Owner = owner;
    return TRUE;
}

BOOL WINAPI SetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR descriptor, PSID group, BOOL defaulted)
{
    SECURITY_DESCRIPTOR *d = descriptor;

    if (!can_change(descriptor))
        return FALSE;
    set_bit(&d->Control, SE_GROUP_DEFAULTED, defaulted);
    d->Group = group;
    return TRUE;
}

BOOL WINAPI GetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR descriptor, BOOL *ret_present, ACL **ret_dacl,
                                      BOOL *ret_defaulted)
{
    *ret_present = (control_of(descriptor) & SE_DACL_PRESENT) != 0;
    if (*ret_present) {
        *ret_dacl = parts_of(descriptor).dacl;
        *ret_defaulted = (control_of(descriptor) & SE_DACL_DEFAULTED) != 0;
    }
    return TRUE;
}

BOOL WINAPI GetSecurityDescriptorSacl(PSECURITY_DESCRIPTOR descriptor, BOOL *ret_present, ACL **ret_sacl,
                                      BOOL *ret_defaulted)
{
    *ret_present = (control_of(descriptor) & SE_SACL_PRESENT) != 0;
    if (*ret_present) {
        *ret_sacl = parts_of(descriptor).sacl;
        *ret_defaulted = (control_of(descriptor) & SE_SACL_DEFAULTED) != 0;
    }
    return TRUE;
}

BOOL WINAPI GetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR descriptor, PSID *ret_owner, BOOL *ret_defaulted)
{
    *ret_owner = parts_of(descriptor).owner;
    *ret_defaulted = (control_of(descriptor) & SE_OWNER_DEFAULTED) != 0;
    return TRUE;
}

BOOL WINAPI GetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR descriptor, PSID *ret_group, BOOL *ret_defaulted)
{
    *ret_group = parts_of(descriptor).group;
    *ret_defaulted = (control_of(descriptor) & SE_GROUP_DEFAULTED) != 0;
    return TRUE;
}
