/* SPDX-License-Identifier: GPL-2.0-or-later */
/* access_lists.c - security descriptors: made, looked into, and checked where a named object is opened. */
#include "win32.h"

static PSID everyone, administrators;

static void sids(void)
{
    SID_IDENTIFIER_AUTHORITY world = {SECURITY_WORLD_SID_AUTHORITY}, nt = {SECURITY_NT_AUTHORITY};
    DWORD copy[8];
    PSID none;

    TRY("everyone", AllocateAndInitializeSid(&world, 1, SECURITY_WORLD_RID, 0, 0, 0, 0, 0, 0, 0, &everyone));
    TRY("administrators", AllocateAndInitializeSid(&nt, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS, 0, 0,
                                                   0, 0, 0, 0, &administrators));
    TRY("too many", AllocateAndInitializeSid(&nt, 9, 0, 0, 0, 0, 0, 0, 0, 0, &none));
    printf("lengths %lu %lu\n", (unsigned long)GetLengthSid(everyone), (unsigned long)GetLengthSid(administrators));
    check("valid", IsValidSid(everyone));
    TRY("copy", CopySid(sizeof copy, copy, administrators));
    check("equal", EqualSid(copy, administrators) && !EqualSid(copy, everyone));
    TRY("copy to a small place", CopySid(8, copy, administrators));
    check("last part", *GetSidSubAuthority(administrators, 1) == DOMAIN_ALIAS_RID_ADMINS);
}

static void lists(void)
{
    DWORD bytes[64];
    ACL *acl = (ACL *)bytes;
    ACL_SIZE_INFORMATION size;
    ACCESS_ALLOWED_ACE *entry = NULL;

    TRY("list", InitializeAcl(acl, sizeof bytes, ACL_REVISION));
    TRY("revision 9", InitializeAcl(acl, sizeof bytes, 9));
    TRY("deny", AddAccessDeniedAce(acl, ACL_REVISION, EVENT_MODIFY_STATE, everyone));
    TRY("allow", AddAccessAllowedAce(acl, ACL_REVISION, EVENT_ALL_ACCESS, administrators));
    GetAclInformation(acl, &size, sizeof size, AclSizeInformation);
    printf("%lu entries, %lu bytes\n", (unsigned long)size.AceCount, (unsigned long)size.AclBytesInUse);
    TRY("second entry", GetAce(acl, 1, (void **)&entry));
    check("is of the administrators",
          entry->Header.AceType == ACCESS_ALLOWED_ACE_TYPE && EqualSid(&entry->SidStart, administrators));
    TRY("third entry", GetAce(acl, 2, (void **)&entry));
    InitializeAcl(acl, 16, ACL_REVISION);
    TRY("no room", AddAccessAllowedAce(acl, ACL_REVISION, EVENT_ALL_ACCESS, everyone));
    check("valid", IsValidAcl(acl));
}

/* An event with one entry in its list; which ways it can be opened. */
static void open_with(const char *what, const char *name, BOOL with_list, bool allow, DWORD access)
{
    DWORD bytes[64];
    ACL *acl = (ACL *)bytes;
    SECURITY_DESCRIPTOR descriptor;
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, &descriptor, FALSE};
    static const DWORD wanted[] = {SYNCHRONIZE, EVENT_MODIFY_STATE, EVENT_ALL_ACCESS};

    InitializeAcl(acl, sizeof bytes, ACL_REVISION);
    if (access != 0 && allow)
        AddAccessAllowedAce(acl, ACL_REVISION, access, everyone);
    else if (access != 0)
        AddAccessDeniedAce(acl, ACL_REVISION, access, everyone);
    InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    SetSecurityDescriptorDacl(&descriptor, TRUE, with_list ? acl : NULL, FALSE);
    HANDLE event = CreateEventA(&attributes, FALSE, FALSE, name);
    printf("%s: made %s;", what, event != NULL ? "yes" : "no");
    for (int i = 0; i < 3; i++) {
        SetLastError(0);
        HANDLE opened = OpenEventA(wanted[i], FALSE, name);
        printf(" %lu", (unsigned long)GetLastError());
        if (opened != NULL)
            CloseHandle(opened);
    }
    printf("\n");
}

int main(void)
{
    sids();
    lists();
    open_with("no list", "a", FALSE, true, 0);
    open_with("empty list", "b", TRUE, true, 0);
    open_with("to wait", "c", TRUE, true, SYNCHRONIZE);
    open_with("everything", "d", TRUE, true, EVENT_ALL_ACCESS);
    open_with("denied", "e", TRUE, false, EVENT_MODIFY_STATE);
    return 0;
}
