/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process.c - this process and thread: numbers, pseudo handles, start-up data, the end. */
#include "k32.h"

enum { ThreadQueryBasic = 0 };

HANDLE WINAPI GetCurrentProcess(void)
{
    return NtCurrentProcess();
}

HANDLE WINAPI GetCurrentThread(void)
{
    return NtCurrentThread();
}

DWORD WINAPI GetCurrentProcessId(void)
{
    return (DWORD)(ULONG_PTR)NtCurrentTeb()->ClientId.UniqueProcess;
}

DWORD WINAPI GetCurrentThreadId(void)
{
    return (DWORD)(ULONG_PTR)NtCurrentTeb()->ClientId.UniqueThread;
}

DWORD WINAPI GetCurrentProcessorNumber(void)
{
    return 0; /* one virtual CPU */
}

DWORD WINAPI GetProcessId(HANDLE process)
{
    PROCESS_BASIC_INFORMATION info;
    NTSTATUS status = NtQueryInformationProcess(process, ProcessBasicInformation, &info, sizeof info, NULL);

    if (!NT_SUCCESS(status)) {
        k32_fail(status);
        return 0;
    }
    return (DWORD)info.UniqueProcessId;
}

DWORD WINAPI GetThreadId(HANDLE thread)
{
    THREAD_BASIC_INFORMATION info;
    NTSTATUS status = NtQueryInformationThread(thread, ThreadQueryBasic, &info, sizeof info, NULL);

    if (!NT_SUCCESS(status)) {
        k32_fail(status);
        return 0;
    }
    return (DWORD)(ULONG_PTR)info.ClientId.UniqueThread;
}

BOOL WINAPI GetExitCodeProcess(HANDLE process, DWORD *code)
{
    PROCESS_BASIC_INFORMATION info;
    NTSTATUS status = NtQueryInformationProcess(process, ProcessBasicInformation, &info, sizeof info, NULL);

    if (NT_SUCCESS(status))
        *code = (DWORD)info.ExitStatus;
    return k32_done(status);
}

BOOL WINAPI GetExitCodeThread(HANDLE thread, DWORD *code)
{
    THREAD_BASIC_INFORMATION info;
    NTSTATUS status = NtQueryInformationThread(thread, ThreadQueryBasic, &info, sizeof info, NULL);

    if (NT_SUCCESS(status))
        *code = (DWORD)info.ExitStatus;
    return k32_done(status);
}

void WINAPI ExitProcess(UINT code)
{
    LdrShutdownProcess();
    for (;;)
        NtTerminateProcess(NtCurrentProcess(), (NTSTATUS)code);
}

void WINAPI ExitThread(DWORD code)
{
    RtlExitUserThread((NTSTATUS)code);
}

BOOL WINAPI TerminateProcess(HANDLE process, UINT code)
{
    if (process == NULL)
        return k32_fail_with(ERROR_INVALID_HANDLE);
    NTSTATUS status = NtTerminateProcess(process, (NTSTATUS)code);
    return k32_done(status);
}

BOOL WINAPI TerminateThread(HANDLE thread, DWORD code)
{
    if (thread == NULL)
        return k32_fail_with(ERROR_INVALID_HANDLE);
    NTSTATUS status = NtTerminateThread(thread, (NTSTATUS)code);
    return k32_done(status);
}

BOOL WINAPI IsWow64Process(HANDLE process, BOOL *ret_wow64)
{
    (void)process;
    *ret_wow64 = FALSE;
    return TRUE;
}

BOOL WINAPI GetThreadContext(HANDLE thread, CONTEXT *context)
{
    NTSTATUS status = NtGetContextThread(thread, context);
    return k32_done(status);
}

BOOL WINAPI SetThreadContext(HANDLE thread, const CONTEXT *context)
{
    NTSTATUS status = NtSetContextThread(thread, (CONTEXT *)(ULONG_PTR)context);
    return k32_done(status);
}

BOOL WINAPI SwitchToThread(void)
{
    return NtYieldExecution() != STATUS_NO_YIELD_PERFORMED;
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
