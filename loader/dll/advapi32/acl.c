/* SPDX-License-Identifier: GPL-2.0-or-later */
/* acl.c - access lists: a header, then entries, each with its size. */
#include "advapi.h"

/* Where the next entry would go. => NULL: the list is malformed. */
static ACE_HEADER *list_end(const ACL *acl)
{
    const UCHAR *at = (const UCHAR *)(acl + 1), *end = (const UCHAR *)acl + acl->AclSize;

    for (WORD i = 0; i < acl->AceCount; i++) {
        const ACE_HEADER *entry = (const ACE_HEADER *)at;
        if ((SIZE_T)(end - at) < sizeof *entry || entry->AceSize < sizeof *entry || entry->AceSize > end - at)
            return NULL;
        at += entry->AceSize;
    }
    return (ACE_HEADER *)(ULONG_PTR)at;
}

BOOL WINAPI IsValidAcl(ACL *acl)
{
    return acl->AclRevision >= MIN_ACL_REVISION && acl->AclRevision <= MAX_ACL_REVISION &&
           acl->AclSize >= sizeof *acl && list_end(acl) != NULL;
}

BOOL WINAPI InitializeAcl(ACL *acl, DWORD size, DWORD revision)
{
    if (size < sizeof *acl)
        return advapi_fail(STATUS_BUFFER_TOO_SMALL);
    if (revision < MIN_ACL_REVISION || revision > MAX_ACL_REVISION || size > 0xFFFF)
        return advapi_fail_with(ERROR_INVALID_PARAMETER);
    *acl = (ACL){.AclRevision = (BYTE)revision, .AclSize = (WORD)(size & ~3u)};
    return TRUE;
}

static BOOL add_entry(ACL *acl, DWORD revision, BYTE type, BYTE flags, DWORD access, PSID sid)
{
    ACCESS_ALLOWED_ACE *entry; /* entries that deny are laid out alike */
    DWORD size = offsetof(ACCESS_ALLOWED_ACE, SidStart) + GetLengthSid(sid);

    if (!IsValidSid(sid))
        return advapi_fail(STATUS_INVALID_SID);
    if (revision > MAX_ACL_REVISION || acl->AclRevision > MAX_ACL_REVISION)
        return advapi_fail(STATUS_REVISION_MISMATCH);
    entry = (ACCESS_ALLOWED_ACE *)list_end(acl);
    if (entry == NULL)
        return advapi_fail(STATUS_INVALID_ACL);
    if (size > (SIZE_T)((UCHAR *)acl + acl->AclSize - (UCHAR *)entry))
        return advapi_fail_with(ERROR_ALLOTTED_SPACE_EXCEEDED);
    entry->Header = (ACE_HEADER){type, flags, (WORD)size};
    entry->Mask = access;
    CopySid(GetLengthSid(sid), &entry->SidStart, sid);
    acl->AceCount++;
    if (revision > acl->AclRevision)
        acl->AclRevision = (BYTE)revision;
    return TRUE;
}

BOOL WINAPI AddAccessAllowedAce(ACL *acl, DWORD revision, DWORD access, PSID sid)
{
    return add_entry(acl, revision, ACCESS_ALLOWED_ACE_TYPE, 0, access, sid);
}

BOOL WINAPI AddAccessAllowedAceEx(ACL *acl, DWORD revision, DWORD flags, DWORD access, PSID sid)
{
    return add_entry(acl, revision, ACCESS_ALLOWED_ACE_TYPE, (BYTE)flags, access, sid);
}

BOOL WINAPI AddAccessDeniedAce(ACL *acl, DWORD revision, DWORD access, PSID sid)
{
    return add_entry(acl, revision, ACCESS_DENIED_ACE_TYPE, 0, access, sid);
}

BOOL WINAPI AddAccessDeniedAceEx(ACL *acl, DWORD revision, DWORD flags, DWORD access, PSID sid)
{
    return add_entry(acl, revision, ACCESS_DENIED_ACE_TYPE, (BYTE)flags, access, sid);
}

BOOL WINAPI GetAce(ACL *acl, DWORD index, void **ret_entry)
{
    UCHAR *at = (UCHAR *)(acl + 1);

    if (index >= acl->AceCount || list_end(acl) == NULL)
        return advapi_fail_with(ERROR_INVALID_PARAMETER);
    for (; index > 0; index--)
        at += ((ACE_HEADER *)at)->AceSize;
    *ret_entry = at;
    return TRUE;
}

BOOL WINAPI GetAclInformation(ACL *acl, void *information, DWORD size, ACL_INFORMATION_CLASS info_class)
{
    ACL_SIZE_INFORMATION *sizes = information;
    ACL_REVISION_INFORMATION *revision = information;
    const UCHAR *end = (const UCHAR *)list_end(acl);

    if (end == NULL || (info_class != AclRevisionInformation && info_class != AclSizeInformation))
        return advapi_fail_with(ERROR_INVALID_PARAMETER);
    if (size < (info_class == AclSizeInformation ? sizeof *sizes : sizeof *revision))
        return advapi_fail(STATUS_BUFFER_TOO_SMALL);
    if (info_class == AclRevisionInformation) {
        revision->AclRevision = acl->AclRevision;
        return TRUE;
    }
    DWORD used = (DWORD)(end - (const UCHAR *)acl);
    *sizes = (ACL_SIZE_INFORMATION){acl->AceCount, used, acl->AclSize - used};
    return TRUE;
}
