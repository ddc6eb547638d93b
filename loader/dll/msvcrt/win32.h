/* SPDX-License-Identifier: GPL-2.0-or-later */
/* win32.h - the few Win32 calls that our msvcrt stands on. */
#ifndef SOFTFAULT_DLL_MSVCRT_WIN32_H
#define SOFTFAULT_DLL_MSVCRT_WIN32_H

#include <stddef.h>
#include <stdint.h>

#define WINAPI __stdcall
#define K32 __declspec(dllimport)

typedef void *HANDLE;
#define INVALID_HANDLE_VALUE ((HANDLE)(intptr_t)-1)

K32 void *WINAPI GetProcessHeap(void);
K32 void *WINAPI HeapAlloc(HANDLE heap, uint32_t flags, size_t size);
K32 void *WINAPI HeapReAlloc(HANDLE heap, uint32_t flags, void *block, size_t size);
K32 int WINAPI HeapFree(HANDLE heap, uint32_t flags, void *block);
K32 size_t WINAPI HeapSize(HANDLE heap, uint32_t flags, const void *block);
K32 uint32_t WINAPI GetLastError(void);
K32 void WINAPI SetLastError(uint32_t error);
K32 uint32_t WINAPI TlsAlloc(void);
K32 int WINAPI TlsFree(uint32_t slot);
K32 void *WINAPI TlsGetValue(uint32_t slot);
K32 int WINAPI TlsSetValue(uint32_t slot, void *value);
K32 void WINAPI InitializeCriticalSection(void *section);
K32 void WINAPI EnterCriticalSection(void *section);
K32 void WINAPI LeaveCriticalSection(void *section);
K32 char *WINAPI GetCommandLineA(void);
K32 wchar_t *WINAPI GetCommandLineW(void);
K32 wchar_t *WINAPI GetEnvironmentStringsW(void);
K32 int WINAPI FreeEnvironmentStringsW(wchar_t *block);
K32 int WINAPI SetEnvironmentVariableW(const wchar_t *name, const wchar_t *value);
K32 uint32_t WINAPI GetModuleFileNameA(void *module, char *buffer, uint32_t size);
K32 HANDLE WINAPI GetStdHandle(uint32_t which);
K32 uint32_t WINAPI GetFileType(HANDLE file);
K32 HANDLE WINAPI CreateFileA(const char *name, uint32_t access, uint32_t share, void *security, uint32_t disposition,
                              uint32_t attributes, HANDLE pattern);
K32 HANDLE WINAPI CreateFileW(const wchar_t *name, uint32_t access, uint32_t share, void *security,
                              uint32_t disposition, uint32_t attributes, HANDLE pattern);
K32 int WINAPI ReadFile(HANDLE file, void *buffer, uint32_t size, uint32_t *done, void *overlapped);
K32 int WINAPI WriteFile(HANDLE file, const void *buffer, uint32_t size, uint32_t *done, void *overlapped);
K32 int WINAPI SetFilePointerEx(HANDLE file, int64_t distance, int64_t *position, uint32_t method);
K32 int WINAPI FlushFileBuffers(HANDLE file);
K32 int WINAPI CloseHandle(HANDLE handle);
K32 int WINAPI GetFileSizeEx(HANDLE file, int64_t *size);
K32 uint32_t WINAPI GetFileAttributesA(const char *name);
K32 int WINAPI SetConsoleMode(HANDLE console, uint32_t mode);
K32 void WINAPI GetSystemTimeAsFileTime(uint64_t *time);
K32 uint32_t WINAPI GetTickCount(void);
K32 void WINAPI Sleep(uint32_t milliseconds);
K32 uint32_t WINAPI GetCurrentProcessId(void);
K32 __attribute__((noreturn)) void WINAPI ExitProcess(uint32_t status);
K32 HANDLE WINAPI CreateThread(void *security, size_t stack, uint32_t(WINAPI *routine)(void *), void *argument,
                               uint32_t flags, uint32_t *id);
K32 uint32_t WINAPI ResumeThread(HANDLE thread);
K32 __attribute__((noreturn)) void WINAPI ExitThread(uint32_t code);
K32 uint32_t WINAPI GetFullPathNameA(const char *name, uint32_t size, char *buffer, char **part);
K32 uint32_t WINAPI GetCurrentDirectoryA(uint32_t size, char *buffer);

#endif
