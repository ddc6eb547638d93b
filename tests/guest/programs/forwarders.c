// SPDX-License-Identifier: GPL-2.0-or-later
/* forwarders.c - exports that are other DLLs' exports, and exports by ordinal: imported and looked up. */
#include <stdio.h>
#include <windows.h>

__declspec(dllimport) int by_name(void);
__declspec(dllimport) int nameless(void);

static HMODULE forward;

static void *find(const char *name)
{
    return (void *)GetProcAddress(forward, name);
}

static void show_error(const char *name)
{
    void *address = find(name);
    DWORD error = GetLastError();
    printf("%s: %s, error %lu\n", name, address == NULL ? "not found" : "found", error);
}

int main(void)
{
    forward = GetModuleHandleA("forward" SUFFIX ".dll");
    printf("imported: %d, by ordinal: %d\n", by_name(), nameless());
    printf("looked up: %s\n",
           find("by_name") == (void *)GetProcAddress(GetModuleHandleA("order_b" SUFFIX), "order_b_value")
               ? "the function of the other DLL"
               : "something else");
    printf("forwarded twice: %s\n", find("twice") == find("by_name") ? "the same" : "different");
    int(WINAPI * length)(const char *) = (int(WINAPI *)(const char *))find("to_kernel");
    printf("in kernel32: %d\n", length("four"));
    int (*by_ordinal)(void) = (int (*)(void))find((const char *)17);
    printf("ordinal 17: %d\n", by_ordinal());
    printf("its name: %s\n", find("nameless") == NULL ? "none" : "known");
    show_error("missing");
    show_error("nowhere");
    show_error("circle");
    return 0;
}
