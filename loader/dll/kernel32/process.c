/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process.c - processes: numbers, handles, times, start-up data, the end. */
#include "k32.h"

HANDLE WINAPI GetCurrentProcess(void)
{
    return NtCurrentProcess();
}

DWORD WINAPI GetCurrentProcessId(void)
{
    return (DWORD)(ULONG_PTR)NtCurrentTeb()->ClientId.UniqueProcess;
}

HANDLE WINAPI OpenProcess(DWORD access, BOOL inherit, DWORD id)
{
    CLIENT_ID client = {(HANDLE)(ULONG_PTR)id, NULL};
    OBJECT_ATTRIBUTES oa;
    HANDLE process = NULL;

    InitializeObjectAttributes(&oa, NULL, inherit ? OBJ_INHERIT : 0, NULL, NULL);
    NTSTATUS status = NtOpenProcess(&process, access, &oa, &client);
    return k32_opened(status, process);
}

static bool query_process(HANDLE process, PROCESS_BASIC_INFORMATION *info)
{
    NTSTATUS status = NtQueryInformationProcess(process, ProcessBasicInformation, info, sizeof *info, NULL);

    return NT_SUCCESS(status) ? true : k32_fail(status);
}

DWORD WINAPI GetProcessId(HANDLE process)
{
    PROCESS_BASIC_INFORMATION info;

    return query_process(process, &info) ? (DWORD)info.UniqueProcessId : 0;
}

BOOL WINAPI GetExitCodeProcess(HANDLE process, DWORD *code)
{
    PROCESS_BASIC_INFORMATION info;

    if (!query_process(process, &info))
        return FALSE;
    *code = (DWORD)info.ExitStatus;
    return TRUE;
}

void WINAPI ExitProcess(UINT code)
{
    RtlExitUserProcess((NTSTATUS)code);
}

BOOL WINAPI TerminateProcess(HANDLE process, UINT code)
{
    if (process == NULL)
        return k32_fail_with(ERROR_INVALID_HANDLE);
    NTSTATUS status = NtTerminateProcess(process, (NTSTATUS)code);
    return k32_done(status);
}

BOOL WINAPI IsWow64Process(HANDLE process, BOOL *ret_wow64)
{
    (void)process;
    *ret_wow64 = FALSE;
    return TRUE;
}

static FILETIME file_time(LARGE_INTEGER time)
{
    return (FILETIME){time.LowPart, (DWORD)time.HighPart};
}

void k32_give_times(const KERNEL_USER_TIMES *times, FILETIME *created, FILETIME *exited, FILETIME *kernel,
                    FILETIME *user)
{
    *created = file_time(times->CreateTime);
    *exited = file_time(times->ExitTime);
    *kernel = file_time(times->KernelTime);
    *user = file_time(times->UserTime);
}

BOOL WINAPI GetProcessTimes(HANDLE process, FILETIME *created, FILETIME *exited, FILETIME *kernel, FILETIME *user)
{
    KERNEL_USER_TIMES times;
    NTSTATUS status = NtQueryInformationProcess(process, ProcessTimes, &times, sizeof times, NULL);

    if (NT_SUCCESS(status))
        k32_give_times(&times, created, exited, kernel, user);
    return k32_done(status);
}

BOOL WINAPI GetProcessHandleCount(HANDLE process, DWORD *ret_count)
{
    ULONG count;
    NTSTATUS status = NtQueryInformationProcess(process, ProcessHandleCount, &count, sizeof count, NULL);

    if (NT_SUCCESS(status))
        *ret_count = count;
    return k32_done(status);
}

/* => of the current process only: what a program is linked for. */
DWORD WINAPI GetProcessVersion(DWORD id)
{
    const IMAGE_NT_HEADERS *nt = RtlImageNtHeader(NtCurrentPeb()->ImageBaseAddress);

    if ((id != 0 && id != GetCurrentProcessId()) || nt == NULL) {
        k32_fail_with(ERROR_INVALID_PARAMETER);
        return 0;
    }
    return (DWORD)nt->OptionalHeader.MajorSubsystemVersion << 16 | nt->OptionalHeader.MinorSubsystemVersion;
}

WCHAR *WINAPI GetCommandLineW(void)
{
    return NtCurrentPeb()->ProcessParameters->CommandLine.Buffer;
}

char *WINAPI GetCommandLineA(void)
{
    static char *volatile narrow;
    STRING text;

    if (narrow == NULL &&
        NT_SUCCESS(RtlUnicodeStringToAnsiString(&text, &NtCurrentPeb()->ProcessParameters->CommandLine, TRUE)))
        narrow = text.Buffer;
    return narrow;
}

void WINAPI GetStartupInfoW(STARTUPINFOW *info)
{
    const RTL_USER_PROCESS_PARAMETERS *p = NtCurrentPeb()->ProcessParameters;

    *info = (STARTUPINFOW){.cb = sizeof *info,
                           .lpDesktop = p->DesktopInfo.Buffer,
                           .lpTitle = p->WindowTitle.Buffer,
                           .dwX = p->StartingX,
                           .dwY = p->StartingY,
                           .dwXSize = p->CountX,
                           .dwYSize = p->CountY,
                           .dwXCountChars = p->CountCharsX,
                           .dwYCountChars = p->CountCharsY,
                           .dwFillAttribute = p->FillAttribute,
                           .dwFlags = p->WindowFlags,
                           .wShowWindow = (WORD)p->ShowWindowFlags,
                           .cbReserved2 = p->RuntimeData.Length,
                           .lpReserved2 = (BYTE *)p->RuntimeData.Buffer};
    if (info->dwFlags & STARTF_USESTDHANDLES) {
        info->hStdInput = p->StandardInput;
        info->hStdOutput = p->StandardOutput;
        info->hStdError = p->StandardError;
    }
}

static char *narrow_copy(const UNICODE_STRING *wide)
{
    STRING text;

    if (wide->Buffer == NULL || !NT_SUCCESS(RtlUnicodeStringToAnsiString(&text, wide, TRUE)))
        return NULL;
    return text.Buffer;
}

void WINAPI GetStartupInfoA(STARTUPINFOA *info)
{
    static char *volatile title, *volatile desktop;
    const RTL_USER_PROCESS_PARAMETERS *p = NtCurrentPeb()->ProcessParameters;
    STARTUPINFOW wide;

    if (title == NULL)
        title = narrow_copy(&p->WindowTitle);
    if (desktop == NULL)
        desktop = narrow_copy(&p->DesktopInfo);
    GetStartupInfoW(&wide); /* the same layout */
    _Static_assert(sizeof *info == sizeof wide, "both forms are laid out alike");
    k32_memcpy(info, &wide, sizeof *info);
    info->lpTitle = title;
    info->lpDesktop = desktop;
}
