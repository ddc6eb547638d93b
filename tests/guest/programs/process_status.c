/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process_status.c - modules and their names.  Built twice: with psapi.dll, and with the K32 names of kernel32. */
#include "win32.h"
#include <psapi.h>

static HANDLE self;

static void modules(void)
{
    HMODULE list[64];
    char name[MAX_PATH];
    DWORD needed = 0;
    MODULEINFO info;

    TRY("modules", EnumProcessModules(self, list, sizeof list, &needed));
    check("the program comes first", needed >= 3 * sizeof list[0] && list[0] == GetModuleHandleA(NULL));
    for (DWORD i = 0; i < 3; i++) {
        GetModuleBaseNameA(self, list[i], name, sizeof name);
        if (i > 0)
            printf("then %s\n", name);
    }
    TRY("no room", EnumProcessModules(self, list, 0, &needed));
    check("it says how much", needed >= 3 * sizeof list[0]);
    TRY("information", GetModuleInformation(self, GetModuleHandleA("ntdll"), &info, sizeof info));
    check("of ntdll", info.lpBaseOfDll == GetModuleHandleA("ntdll") && info.SizeOfImage > 0x10000);
    TRY("short information", GetModuleInformation(self, NULL, &info, sizeof info - 1));
    TRY("no such module", GetModuleInformation(self, (HMODULE)0x1230000, &info, sizeof info));
}

static void names(void)
{
    HMODULE ntdll = GetModuleHandleA("ntdll");
    char name[MAX_PATH], *page = VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_READWRITE);
    WCHAR wide[MAX_PATH];

    TRY("file name", GetModuleFileNameExA(self, ntdll, name, sizeof name));
    printf("%s\n", name);
    TRY("wide file name", GetModuleFileNameExW(self, ntdll, wide, MAX_PATH));
    printf("%ls\n", wide);
    SetLastError(0);
    DWORD length = GetModuleFileNameExA(self, ntdll, name, 6);
    printf("cut: %lu, \"%s\", error %lu\n", (unsigned long)length, name, (unsigned long)GetLastError());
    TRY("mapped file", GetMappedFileNameA(self, ntdll, name, sizeof name));
    printf("%s\n", strrchr(name, '\\') + 1);
    TRY("nothing mapped", GetMappedFileNameA(self, page, name, sizeof name));
    TRY("image file", GetProcessImageFileNameA(self, name, sizeof name));
    check("a path of the kernel's", strncmp(name, "\\Device\\", 8) == 0);
    TRY("bad handle", GetModuleFileNameExA((HANDLE)0x7770, ntdll, name, sizeof name));
}

int main(void)
{
    self = GetCurrentProcess();
    modules();
    names();
    return 0;
}
