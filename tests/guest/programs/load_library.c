// SPDX-License-Identifier: GPL-2.0-or-later
/* load_library.c - references to DLLs: how LoadLibrary, FreeLibrary, GetModuleHandle and GetProcAddress go together. */
#include <stdio.h>
#include <windows.h>

#define A "order_a" SUFFIX ".dll"
#define B "order_b" SUFFIX ".dll"
#ifdef _WIN64
#define OTHER_WIDTH "order_b.dll"
#else
#define OTHER_WIDTH "order_b64.dll"
#endif

static void show(const char *when)
{
    printf("%s: a %s, b %s\n", when, GetModuleHandleA(A) != NULL ? "loaded" : "-",
           GetModuleHandleA(B) != NULL ? "loaded" : "-");
}

static void failure(const char *what, int failed)
{
    DWORD error = GetLastError();
    if (failed)
        printf("%s: error %lu\n", what, error);
    else
        printf("%s: no error?\n", what);
}

static void errors(HMODULE a)
{
    failure("LoadLibrary of what is not there", LoadLibraryA("order_nothing.dll") == NULL);
    failure("LoadLibrary of the other width", LoadLibraryA(OTHER_WIDTH) == NULL);
    failure("GetModuleHandle of what is not loaded", GetModuleHandleA("order_c" SUFFIX ".dll") == NULL);
    failure("GetProcAddress of an unknown name", GetProcAddress(a, "order_z_value") == NULL);
    failure("GetProcAddress of an unknown ordinal", GetProcAddress(a, (const char *)(ULONG_PTR)999) == NULL);
    failure("FreeLibrary of no module", !FreeLibrary((HMODULE)(ULONG_PTR)0x12340000));
}

int main(void)
{
    char name[MAX_PATH];
    show("before");
    HMODULE first = LoadLibraryA("order_a" SUFFIX);
    show("a loaded once");
    HMODULE again = LoadLibraryA("ORDER_A" SUFFIX ".DLL");
    printf("loaded again, upper case: %s\n", first == again ? "the same module" : "another module");
    printf("FreeLibrary: %d\n", FreeLibrary(first));
    show("one reference left");
    DWORD length = GetModuleFileNameA(first, name, sizeof(name));
    const char *base = strrchr(name, '\\');
    printf("its file: %s (%s)\n", base != NULL && strcmp(base + 1, A) == 0 ? "order_a.dll" : "another",
           length == strlen(name) ? "whole" : "cut");
    errors(first);
    printf("FreeLibrary: %d\n", FreeLibrary(first));
    show("none left");
    HMODULE own = LoadLibraryA(B);
    first = LoadLibraryA(A);
    FreeLibrary(first);
    show("b loaded, a loaded and freed");
    FreeLibrary(own);
    show("b freed");
    for (int i = 0; i < 3; i++)
        FreeLibrary(LoadLibraryA("kernel32"));
    printf("kernel32 stays: %s\n", GetModuleHandleA("kernel32.dll") != NULL ? "yes" : "no");
    return 0;
}
