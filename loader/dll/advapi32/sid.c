/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sid.c - security identifiers. */
#include "advapi.h"

static DWORD sid_length(const SID *sid)
{
    return GetSidLengthRequired(sid->SubAuthorityCount);
}

DWORD WINAPI GetSidLengthRequired(UCHAR count)
{
    return offsetof(SID, SubAuthority) + count * sizeof(DWORD);
}

BOOL WINAPI IsValidSid(PSID sid)
{
    const SID *s = sid;

    return s != NULL && s->Revision == SID_REVISION && s->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES;
}

BOOL WINAPI InitializeSid(PSID sid, SID_IDENTIFIER_AUTHORITY *authority, BYTE count)
{
    SID *s = sid;

    if (count > SID_MAX_SUB_AUTHORITIES)
        return advapi_fail_with(ERROR_INVALID_PARAMETER);
    s->Revision = SID_REVISION;
    s->SubAuthorityCount = count;
    s->IdentifierAuthority = *authority;
    for (BYTE i = 0; i < count; i++)
        s->SubAuthority[i] = 0;
    return TRUE;
}

SID_IDENTIFIER_AUTHORITY *WINAPI GetSidIdentifierAuthority(PSID sid)
{
    return &((SID *)sid)->IdentifierAuthority;
}

DWORD *WINAPI GetSidSubAuthority(PSID sid, DWORD index)
{
    return &((SID *)sid)->SubAuthority[index];
}

UCHAR *WINAPI GetSidSubAuthorityCount(PSID sid)
{
    return &((SID *)sid)->SubAuthorityCount;
}

DWORD WINAPI GetLengthSid(PSID sid)
{
    return sid_length(sid);
}

BOOL WINAPI CopySid(DWORD size, PSID target, PSID source)
{
    if (size < sid_length(source))
        return advapi_fail(STATUS_BUFFER_TOO_SMALL);
    memcpy(target, source, sid_length(source));
    return TRUE;
}

static bool same(const SID *a, const SID *b, DWORD sub_authorities)
{
    for (int i = 0; i < 6; i++) {
        if (a->IdentifierAuthority.Value[i] != b->IdentifierAuthority.Value[i])
            return false;
    }
    for (DWORD i = 0; i < sub_authorities; i++) {
        if (a->SubAuthority[i] != b->SubAuthority[i])
            return false;
    }
    return a->Revision == b->Revision && a->SubAuthorityCount == b->SubAuthorityCount;
}

BOOL WINAPI EqualSid(PSID a, PSID b)
{
    return same(a, b, ((SID *)a)->SubAuthorityCount);
}

/* All but the last sub-authority. */
BOOL WINAPI EqualPrefixSid(PSID a, PSID b)
{
    DWORD count = ((SID *)a)->SubAuthorityCount;

    return same(a, b, count > 0 ? count - 1 : 0);
}

BOOL WINAPI AllocateAndInitializeSid(SID_IDENTIFIER_AUTHORITY *authority, BYTE count, DWORD s0, DWORD s1, DWORD s2,
                                     DWORD s3, DWORD s4, DWORD s5, DWORD s6, DWORD s7, PSID *ret_sid)
{
    const DWORD values[] = {s0, s1, s2, s3, s4, s5, s6, s7};
    enum { MOST = sizeof values / sizeof values[0] };

    if (count > MOST)
        return advapi_fail(STATUS_INVALID_SID);
    SID *sid = RtlAllocateHeap(RtlProcessHeap(), 0, GetSidLengthRequired(count));
    if (sid == NULL)
        return advapi_fail(STATUS_NO_MEMORY);
    InitializeSid(sid, authority, count);
    for (BYTE i = 0; i < count; i++)
        sid->SubAuthority[i] = values[i];
    *ret_sid = sid;
    return TRUE;
}

PVOID WINAPI FreeSid(PSID sid)
{
    RtlFreeHeap(RtlProcessHeap(), 0, sid);
    return NULL;
}
