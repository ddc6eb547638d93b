/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_service.h - what the programs of the file transcripts share: the services, names for what they answer, and D:,
 * an empty folder of the host that they may write. */
#ifndef TESTS_SERVICES_FILE_SERVICE_H
#define TESTS_SERVICES_FILE_SERVICE_H

#include "service.h"

typedef struct {
    USHORT Length, MaximumLength;
    WCHAR *Buffer;
} UNICODE_STRING;

typedef struct {
    ULONG Length;
    HANDLE RootDirectory;
    UNICODE_STRING *ObjectName;
    ULONG Attributes;
    void *SecurityDescriptor, *SecurityQualityOfService;
} OBJECT_ATTRIBUTES;

typedef struct {
    union {
        NTSTATUS Status;
        void *Pointer;
    };
    ULONG_PTR Information;
} IO_STATUS_BLOCK;

typedef struct {
    LARGE_INTEGER CreationTime, LastAccessTime, LastWriteTime, ChangeTime;
    ULONG FileAttributes;
} FILE_BASIC_INFORMATION;

NTSTATUS NTAPI NtCreateFile(HANDLE *, ULONG access, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, LARGE_INTEGER *allocation,
                            ULONG attributes, ULONG share, ULONG disposition, ULONG options, void *ea, ULONG ea_length);
NTSTATUS NTAPI NtClose(HANDLE);
NTSTATUS NTAPI NtDuplicateObject(HANDLE source_process, HANDLE source, HANDLE target_process, HANDLE *, ULONG access,
                                 ULONG attributes, ULONG options);
NTSTATUS NTAPI NtReadFile(HANDLE, HANDLE event, void *apc, void *context, IO_STATUS_BLOCK *, void *, ULONG,
                          LARGE_INTEGER *offset, ULONG *key);
NTSTATUS NTAPI NtWriteFile(HANDLE, HANDLE event, void *apc, void *context, IO_STATUS_BLOCK *, const void *, ULONG,
                           LARGE_INTEGER *offset, ULONG *key);
NTSTATUS NTAPI NtQueryInformationFile(HANDLE, IO_STATUS_BLOCK *, void *, ULONG length, ULONG class);
NTSTATUS NTAPI NtSetInformationFile(HANDLE, IO_STATUS_BLOCK *, void *, ULONG length, ULONG class);
NTSTATUS NTAPI NtQueryDirectoryFile(HANDLE, HANDLE event, void *apc, void *context, IO_STATUS_BLOCK *, void *,
                                    ULONG length, ULONG class, BOOLEAN single, UNICODE_STRING *pattern,
                                    BOOLEAN restart);
NTSTATUS NTAPI NtQueryAttributesFile(OBJECT_ATTRIBUTES *, void *);
NTSTATUS NTAPI NtQueryFullAttributesFile(OBJECT_ATTRIBUTES *, void *);
NTSTATUS NTAPI NtDeleteFile(OBJECT_ATTRIBUTES *);
NTSTATUS NTAPI NtQueryVolumeInformationFile(HANDLE, IO_STATUS_BLOCK *, void *, ULONG length, ULONG class);
NTSTATUS NTAPI NtFlushBuffersFile(HANDLE, IO_STATUS_BLOCK *);
NTSTATUS NTAPI NtLockFile(HANDLE, HANDLE event, void *apc, void *context, IO_STATUS_BLOCK *, LARGE_INTEGER *offset,
                          LARGE_INTEGER *length, ULONG key, BOOLEAN fail_at_once, BOOLEAN exclusive);
NTSTATUS NTAPI NtUnlockFile(HANDLE, IO_STATUS_BLOCK *, LARGE_INTEGER *offset, LARGE_INTEGER *length, ULONG key);
NTSTATUS NTAPI NtFsControlFile(HANDLE, HANDLE event, void *apc, void *context, IO_STATUS_BLOCK *, ULONG code, void *,
                               ULONG, void *, ULONG);

enum { SHARE_NONE = 0, SHARE_READ = 1, SHARE_WRITE = 2, SHARE_DELETE = 4, SHARE_ALL = 7 };

/* All arguments of NtCreateFile that matter; the name as in "D:\\a.txt", "\\??\\" is put before it where it has no
 * backslash at its beginning and there is no root. */
struct opening {
    const wchar_t *name;
    ULONG access, attributes, share, disposition, options;
    HANDLE root;
    ULONG_PTR information; /* out: FILE_CREATED, ... */
};
NTSTATUS open_with(struct opening *opening, HANDLE *ret_file);

/* An open for reading and writing, by everybody; ends the program where it fails. */
HANDLE open_file(const wchar_t *name);
/* A file with text in it, closed. */
void make_file(const wchar_t *name, const char *text);
void make_folder(const wchar_t *name);
/* What an open for reading answers, and closes. */
NTSTATUS try_open(const wchar_t *name);
/* Marked for deletion, or not. */
NTSTATUS set_disposition(HANDLE file, BOOLEAN delete);
/* to: a full path, or relative to root, or a name in the same folder. */
NTSTATUS rename_file(HANDLE file, const wchar_t *to, HANDLE root, BOOLEAN replace);
void init_attributes(OBJECT_ATTRIBUTES *attributes, UNICODE_STRING *string, const wchar_t *name, HANDLE root);

#endif
