/* SPDX-License-Identifier: GPL-2.0-or-later */
/* win32_file.h - the Win32 calls that our msvcrt's file functions stand on. */
#ifndef SOFTFAULT_DLL_MSVCRT_WIN32_FILE_H
#define SOFTFAULT_DLL_MSVCRT_WIN32_FILE_H

#include "win32.h"

enum { ATTRIBUTE_READONLY = 1, ATTRIBUTE_DIRECTORY = 0x10, ATTRIBUTE_NORMAL = 0x80 };
#define INVALID_ATTRIBUTES 0xFFFFFFFFu

struct win32_time {
    uint32_t low, high; /* FILETIME */
};

struct win32_attributes { /* WIN32_FILE_ATTRIBUTE_DATA */
    uint32_t attributes;
    struct win32_time created, accessed, written;
    uint32_t size_high, size_low;
};

struct win32_information { /* BY_HANDLE_FILE_INFORMATION */
    uint32_t attributes;
    struct win32_time created, accessed, written;
    uint32_t serial, size_high, size_low, links, index_high, index_low;
};

struct win32_find { /* WIN32_FIND_DATAW */
    uint32_t attributes;
    struct win32_time created, accessed, written;
    uint32_t size_high, size_low, reserved[2];
    wchar_t name[260], short_name[14];
};

K32 int WINAPI GetFileAttributesExW(const wchar_t *name, int level, void *data);
K32 uint32_t WINAPI GetFileAttributesW(const wchar_t *name);
K32 int WINAPI SetFileAttributesW(const wchar_t *name, uint32_t attributes);
K32 int WINAPI GetFileInformationByHandle(HANDLE file, void *information);
K32 HANDLE WINAPI FindFirstFileW(const wchar_t *name, void *data);
K32 int WINAPI FindNextFileW(HANDLE find, void *data);
K32 int WINAPI FindClose(HANDLE find);
K32 int WINAPI CreateDirectoryW(const wchar_t *name, void *security);
K32 int WINAPI RemoveDirectoryW(const wchar_t *name);
K32 int WINAPI DeleteFileW(const wchar_t *name);
K32 int WINAPI MoveFileW(const wchar_t *from, const wchar_t *to);
K32 uint32_t WINAPI GetCurrentDirectoryW(uint32_t size, wchar_t *buffer);
K32 int WINAPI SetCurrentDirectoryW(const wchar_t *path);
K32 uint32_t WINAPI GetFullPathNameW(const wchar_t *name, uint32_t size, wchar_t *buffer, wchar_t **part);
K32 int WINAPI MultiByteToWideChar(uint32_t page, uint32_t flags, const char *from, int length, wchar_t *to, int room);
K32 int WINAPI WideCharToMultiByte(uint32_t page, uint32_t flags, const wchar_t *from, int length, char *to, int room,
                                   const char *other, int *used);
K32 int WINAPI AreFileApisANSI(void);

/* A file name in UTF-16, to be freed with free().  => NULL with errno set: no memory; none given (EINVAL). */
wchar_t *crt_file_name(const char *name);
/* The other way, as far as there is room. */
void crt_narrow_name(const wchar_t *name, char *to, int room);

/* time_t of a FILETIME; 0: none. */
int64_t crt_time_of(struct win32_time time);

#endif
