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
WCHAR *k32_wide_counted(const char *ansi, int length); /* length characters, and a terminator */
void k32_free(void *block);
SIZE_T k32_wcslen(const WCHAR *s);

/* Characters and the order of strings (nls_*.c).  There is one locale, 0409. */
bool k32_is_locale(LCID locale); /* 0409, or a number that stands for it */
WORD k32_char_type(WCHAR c, DWORD which);
int k32_compare(DWORD flags, const WCHAR *a, int a_length, const WCHAR *b, int b_length); /* -1, 0, 1 */
int k32_sort_key(DWORD flags, const WCHAR *text, int length, BYTE *buffer, int size);     /* => its bytes */
/* What the calls with a buffer and its size in characters answer: the length with the terminator, or 0 with the last
 * error set; size 0 asks for it. */
int k32_give_text(const WCHAR *text, WCHAR *buffer, int size);
int k32_give_text_narrow(const WCHAR *text, char *buffer, int size);

/* What the system says about an error; NULL: nothing. */
const char *k32_system_text(DWORD code);

/* Copy a counted wide string to a narrow buffer with the convention of the GetXxxDirectory calls.
 * => returns the length without the terminator, or the size that is needed. */
DWORD k32_give_narrow(const WCHAR *wide, DWORD length, char *buffer, DWORD size);
DWORD k32_give_wide(const WCHAR *wide, DWORD length, WCHAR *buffer, DWORD size);

/* The same for names of files, in the code page that SetFileApisToOEM() chose.
 * => NULL also where a name has more than MAX_PATH characters: the TEB's buffer for it has no more. */
WCHAR *k32_file_wide(const char *name);
/* Of any length: a list of folders. */
WCHAR *k32_file_wide_any(const char *name);
DWORD k32_give_file_narrow(const WCHAR *wide, DWORD length, char *buffer, DWORD size);

/* A file name as the kernel takes it.
 * => on success the caller frees with RtlFreeUnicodeString. */
bool k32_nt_path(const WCHAR *path, UNICODE_STRING *ret_path);

/* Open what is there for a call that needs no more than access to it, shared with everybody; options: FILE_xxx.
 * => the handle, or INVALID_HANDLE_VALUE with the last error set. */
HANDLE k32_open(const WCHAR *name, ACCESS_MASK access, ULONG options);
void k32_give_time(LARGE_INTEGER time, FILETIME *ret_time);
LARGE_INTEGER k32_take_time(const FILETIME *time); /* NULL: 0 */

/* GetStdHandle()'s numbers are accepted where NT accepts them. */
HANDLE k32_handle(HANDLE handle);
/* => FILE_DEVICE_xxx, or 0 with the last error set. */
ULONG k32_device(HANDLE handle);
enum { K32_DEVICE_CONSOLE = 0x50 };

/* The attributes of a kernel object that is created or opened, with its name where it has one: they point into
 * the structure. */
struct k32_object {
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    WCHAR text[MAX_PATH + 32];
};
/* => false with the last error set; a NULL or empty name is none. */
bool k32_object(SECURITY_ATTRIBUTES *security, const WCHAR *name, ULONG attributes, struct k32_object *ret_object);
bool k32_object_narrow(SECURITY_ATTRIBUTES *security, const char *name, ULONG attributes,
                       struct k32_object *ret_object);
bool k32_object_to_open(const WCHAR *name, BOOL inherit, struct k32_object *ret_object);
bool k32_object_to_open_narrow(const char *name, BOOL inherit, struct k32_object *ret_object);
/* What a create or open call returns: the handle, or NULL.  Creating says ERROR_ALREADY_EXISTS, or clears the error. */
HANDLE k32_created(NTSTATUS status, HANDLE handle);
HANDLE k32_opened(NTSTATUS status, HANDLE handle);

/* The program that a command line begins with, searched for as CreateProcess does.
 * => false with the last error set; *ret_quoted: NULL, or the line with the program's name in quotes, where it was not
 *    and has blanks; the caller frees it. */
bool k32_find_program(const WCHAR *line, WCHAR path[MAX_PATH], WCHAR **ret_quoted);

/* The PROCESS_PRIORITY_CLASS of creation flags; 0: they name none. */
UCHAR k32_priority_class(DWORD flags);
/* Such a class for a process; the high one for who may not have the real-time class. */
NTSTATUS k32_set_priority_class(HANDLE process, UCHAR class);
void k32_give_times(const KERNEL_USER_TIMES *times, FILETIME *created, FILETIME *exited, FILETIME *kernel,
                    FILETIME *user);

/* Modules that are only looked into; flags: LoadLibraryEx's.  => NULL with the last error set. */
HMODULE k32_load_data_file(const WCHAR *name, DWORD flags);
bool k32_is_data_file(HMODULE module);
BOOL k32_free_data_file(HMODULE module);

/* The timeout of a wait: NULL for ever. */
LARGE_INTEGER *k32_timeout(DWORD milliseconds, LARGE_INTEGER *storage);

void k32_memcpy(void *to, const void *from, SIZE_T size);

/* All processes of the system. */
struct k32_process_totals {
    DWORD processes, threads, handles;
};
NTSTATUS k32_count_processes(struct k32_process_totals *ret_totals);

#endif
