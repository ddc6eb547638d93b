/* SPDX-License-Identifier: GPL-2.0-or-later */
/* privileges.c - tokens and their privileges, through advapi32; and its registry, in which nothing is. */
#include "win32.h"

static HANDLE token;

static void names(void)
{
    LUID luid = {0, 0};
    char name[40] = "";
    DWORD size;

    TRY("lookup", LookupPrivilegeValueA(NULL, "SeLockMemoryPrivilege", &luid));
    printf("%lu\n", (unsigned long)luid.LowPart);
    TRY("wide, whatever case", LookupPrivilegeValueW(L"", L"sedebugprivilege", &luid));
    printf("%lu\n", (unsigned long)luid.LowPart);
    TRY("unknown", LookupPrivilegeValueA(NULL, "SeNothingPrivilege", &luid));
    luid.LowPart = 15;
    size = sizeof name;
    TRY("name", LookupPrivilegeNameA(NULL, &luid, name, &size));
    printf("%s, %lu\n", name, (unsigned long)size);
    size = 5;
    TRY("short", LookupPrivilegeNameA(NULL, &luid, name, &size));
    printf("needs %lu\n", (unsigned long)size);
    luid.LowPart = 1;
    TRY("unknown number", LookupPrivilegeNameA(NULL, &luid, name, &size));
}

/* What the token says of a privilege: -1 it has not got it. */
static int attributes_of(const char *name)
{
    static union {
        TOKEN_PRIVILEGES p;
        char bytes[1024];
    } all;
    DWORD size;
    LUID luid;

    LookupPrivilegeValueA(NULL, name, &luid);
    if (!GetTokenInformation(token, TokenPrivileges, &all, sizeof all, &size))
        return -2;
    for (DWORD i = 0; i < all.p.PrivilegeCount; i++)
        if (all.p.Privileges[i].Luid.LowPart == luid.LowPart)
            return (int)all.p.Privileges[i].Attributes;
    return -1;
}

static void set(const char *what, const char *name, DWORD attributes)
{
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1, .Privileges[0].Attributes = attributes};

    LookupPrivilegeValueA(NULL, name, &wanted.Privileges[0].Luid);
    SetLastError(77);
    bool done = AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL);
    DWORD error = GetLastError();
    printf("%s: %s, error %lu; has %d\n", what, done ? "yes" : "no", (unsigned long)error, attributes_of(name));
}

static void privileges(void)
{
    HANDLE asks;
    DWORD size = 0;

    TRY("open", OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token));
    TRY("no room", GetTokenInformation(token, TokenPrivileges, NULL, 0, &size));
    check("it says how much", size > 4 && (size - 4) % 12 == 0);
    set("switch on", "SeDebugPrivilege", SE_PRIVILEGE_ENABLED);
    set("switch off", "SeDebugPrivilege", 0);
    set("one that it has not got", "SeTcbPrivilege", SE_PRIVILEGE_ENABLED);
    OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &asks);
    HANDLE old = token;
    token = asks;
    set("with a handle to ask only", "SeDebugPrivilege", SE_PRIVILEGE_ENABLED);
    token = old;
    TRY("no token", GetTokenInformation(GetCurrentProcess(), TokenPrivileges, NULL, 0, &size));
    TRY("of a thread without one", OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, FALSE, &asks));
}

static void registry(void)
{
    HKEY key;
    DWORD size = 0;
    char name[16];

    printf("open a key: %ld\n", (long)RegOpenKeyExA(HKEY_LOCAL_MACHINE, "SOFTWARE\\Microsoft", 0, KEY_READ, &key));
    printf("open the root: %ld\n", (long)RegOpenKeyExA(HKEY_LOCAL_MACHINE, NULL, 0, KEY_READ, &key));
    printf("read a value: %ld\n", (long)RegQueryValueExA(key, "Path", NULL, NULL, NULL, &size));
    printf("list keys: %ld\n", (long)RegEnumKeyExA(key, 0, name, &size, NULL, NULL, NULL, NULL));
    printf("make a key: %ld\n",
           (long)RegCreateKeyExA(HKEY_CURRENT_USER, "Software\\x", 0, NULL, 0, KEY_WRITE, NULL, &key, NULL));
    printf("close: %ld\n", (long)RegCloseKey(HKEY_LOCAL_MACHINE));
    printf("no key: %ld\n", (long)RegCloseKey((HKEY)0x1234));
}

int main(void)
{
    names();
    privileges();
    registry();
    return 0;
}
