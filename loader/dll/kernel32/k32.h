/* SPDX-License-Identifier: GPL-2.0-or-later */
/* k32.h - what the sources of our kernel32 share.
 *
 * Every export follows the same pattern: check what the Win32 layer itself checks, call the native service, and turn a
 * failing status into the thread's last error.  Functions that our machine cannot perform are not defined at all: the
 * loader then reports them by name when they are called. */
#ifndef SOFTFAULT_DLL_KERNEL32_K32_H
#define SOFTFAULT_DLL_KERNEL32_K32_H

#include "../nt.h"
#include <stdbool.h>

#ifndef FILE_OPEN
enum { FILE_SUPERSEDE, FILE_OPEN, FILE_CREATE, FILE_OPEN_IF, FILE_OVERWRITE, FILE_OVERWRITE_IF };
#endif

/* Set the last error from a status.
 * => returns FALSE, for the caller to return. */
BOOL k32_fail(NTSTATUS status);
BOOL k32_fail_with(DWORD error);
#define k32_done(status) (NT_SUCCESS(status) ? TRUE : k32_fail(status))

/* Strings between code pages and UTF-16. */
enum k32_text { K32_COUNTED, K32_TERMINATED };
WCHAR k32_wide_char(UCHAR c);
/* => true and *ret_c when code page 1252 has the character. */
bool k32_ansi_char(WCHAR wide, CHAR *ret_c);
/* => a block of the process heap, or NULL with the last error set; NULL stays NULL without an error. */
WCHAR *k32_wide(const char *ansi);
void k32_free(void *block);
SIZE_T k32_wcslen(const WCHAR *s);

/* Copy a counted wide string to a narrow buffer with the convention of the GetXxxDirectory calls.
 * => returns the length without the terminator, or the size that is needed. */
DWORD k32_give_narrow(const WCHAR *wide, DWORD length, char *buffer, DWORD size);
DWORD k32_give_wide(const WCHAR *wide, DWORD length, WCHAR *buffer, DWORD size);

/* A file name as the kernel takes it.
 * => on success the caller frees with RtlFreeUnicodeString. */
bool k32_nt_path(const WCHAR *path, UNICODE_STRING *ret_path);

/* GetStdHandle()'s numbers are accepted where NT accepts them. */
HANDLE k32_handle(HANDLE handle);
/* => FILE_DEVICE_xxx, or 0 with the last error set. */
ULONG k32_device(HANDLE handle);
enum { K32_DEVICE_CONSOLE = 0x50 };

/* The timeout of a wait: NULL for ever. */
LARGE_INTEGER *k32_timeout(DWORD milliseconds, LARGE_INTEGER *storage);

void k32_memcpy(void *to, const void *from, SIZE_T size);

/* All processes of the system. */
struct k32_process_totals {
    DWORD processes, threads, handles;
};
NTSTATUS k32_count_processes(struct k32_process_totals *ret_totals);

#endif
