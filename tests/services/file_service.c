/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_service.c - see file_service.h. */
#include "file_service.h"

#include <wchar.h>

static void end_with(const char *what, NTSTATUS status)
{
    say(what, status);
    ExitProcess(98);
}

void init_attributes(OBJECT_ATTRIBUTES *attributes, UNICODE_STRING *string, const wchar_t *name, HANDLE root)
{
    static wchar_t text[2][2048];
    static unsigned which;
    wchar_t *to = text[which++ & 1];
    bool whole = root || name[0] == L'\\';
    wcscpy(to, whole ? L"" : L"\\??\\");
    wcscat(to, name);
    string->Buffer = to;
    string->Length = (USHORT)(2 * wcslen(to));
    string->MaximumLength = string->Length + 2;
    enum { OBJ_CASE_INSENSITIVE = 0x40 };
    *attributes = (OBJECT_ATTRIBUTES){sizeof *attributes, root, string, OBJ_CASE_INSENSITIVE, NULL, NULL};
}

NTSTATUS open_with(struct opening *opening, HANDLE *ret_file)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    IO_STATUS_BLOCK io = {.Information = 99};
    init_attributes(&attributes, &name, opening->name, opening->root);
    *ret_file = NULL;
    NTSTATUS status = NtCreateFile(ret_file, opening->access, &attributes, &io, NULL, opening->attributes,
                                   opening->share, opening->disposition, opening->options, NULL, 0);
    opening->information = io.Information;
    return status;
}

HANDLE open_file(const wchar_t *name)
{
    HANDLE file;
    struct opening opening = {
        .name = name,
        .access = GENERIC_READ | GENERIC_WRITE | DELETE | SYNCHRONIZE,
        .share = SHARE_ALL,
        .disposition = FILE_OPEN_IF,
        .options = FILE_SYNCHRONOUS_IO_NONALERT,
    };
    NTSTATUS status = open_with(&opening, &file);
    if (!NT_SUCCESS(status))
        end_with("a file of the test", status);
    return file;
}

void make_file(const wchar_t *name, const char *text)
{
    IO_STATUS_BLOCK io;
    HANDLE file = open_file(name);
    NTSTATUS status = NtWriteFile(file, NULL, NULL, NULL, &io, text, (ULONG)strlen(text), NULL, NULL);
    if (!NT_SUCCESS(status))
        end_with("bytes of the test", status);
    NtClose(file);
}

void make_folder(const wchar_t *name)
{
    HANDLE folder;
    struct opening opening = {.name = name,
                              .access = FILE_LIST_DIRECTORY | SYNCHRONIZE,
                              .disposition = FILE_CREATE,
                              .options = FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT};
    NTSTATUS status = open_with(&opening, &folder);
    if (!NT_SUCCESS(status))
        end_with("a folder of the test", status);
    NtClose(folder);
}

NTSTATUS try_open(const wchar_t *name)
{
    HANDLE file;
    struct opening opening = {.name = name,
                              .access = FILE_READ_DATA | SYNCHRONIZE,
                              .share = SHARE_ALL,
                              .disposition = FILE_OPEN,
                              .options = FILE_SYNCHRONOUS_IO_NONALERT};
    NTSTATUS status = open_with(&opening, &file);
    if (NT_SUCCESS(status))
        NtClose(file);
    return status;
}

NTSTATUS set_disposition(HANDLE file, BOOLEAN delete)
{
    IO_STATUS_BLOCK io;
    return NtSetInformationFile(file, &io, &delete, sizeof delete, 13);
}

NTSTATUS rename_file(HANDLE file, const wchar_t *to, HANDLE root, BOOLEAN replace)
{
    struct {
        BOOLEAN replace;
        HANDLE root;
        ULONG length;
        wchar_t name[512];
    } rename = {replace, root, 0, L""};
    IO_STATUS_BLOCK io;
    bool is_whole = to[0] && to[1] == L':';
    wcscpy(rename.name, is_whole ? L"\\??\\" : L"");
    wcscat(rename.name, to);
    rename.length = (ULONG)(2 * wcslen(rename.name));
    return NtSetInformationFile(file, &io, &rename, (ULONG)(offsetof(typeof(rename), name) + rename.length), 10);
}
