/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dep_policy.c - data execution prevention, asked and set; the calls are looked up, as older systems lack them. */
#include "win32.h"

typedef BOOL(WINAPI *get_policy)(HANDLE process, DWORD *flags, BOOL *permanent);
typedef BOOL(WINAPI *set_policy)(DWORD flags);
typedef DWORD(WINAPI *get_system_policy)(void);

static void *find(const char *name)
{
    return (void *)GetProcAddress(GetModuleHandleA("kernel32"), name);
}

static get_policy get;

static void show(const char *when)
{
    DWORD flags;
    BOOL permanent;

    SetLastError(0);
    if (get(GetCurrentProcess(), &flags, &permanent))
        printf("%s: flags %lu, permanent %d\n", when, (unsigned long)flags, permanent);
    else
        printf("%s: error %lu\n", when, (unsigned long)GetLastError());
}

int main(void)
{
    get_system_policy system = (get_system_policy)find("GetSystemDEPPolicy");
    set_policy set = (set_policy)find("SetProcessDEPPolicy");

    get = (get_policy)find("GetProcessDEPPolicy");
    if (system == NULL || set == NULL || get == NULL)
        return 1;
    printf("system: %lu\n", (unsigned long)system());
    show("at first");
    TRY("unknown flag", set(8));
    TRY("off", set(0));
    show("then");
    TRY("on", set(PROCESS_DEP_ENABLE | PROCESS_DEP_DISABLE_ATL_THUNK_EMULATION));
    show("then");
    TRY("off again", set(0));
    return 0;
}
