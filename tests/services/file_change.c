/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_change.c - names that move and go, attributes and times; what the host is left with is in the transcript. */
#include "file_service.h"

static HANDLE open_for(const wchar_t *name, ULONG access)
{
    HANDLE file;
    struct opening opening = {.name = name,
                              .access = access | SYNCHRONIZE,
                              .share = SHARE_ALL,
                              .disposition = FILE_OPEN,
                              .options = FILE_SYNCHRONOUS_IO_NONALERT};
    NTSTATUS status = open_with(&opening, &file);
    if (!NT_SUCCESS(status))
        say("open", status);
    return file;
}

static const char *name_of(HANDLE file)
{
    static char text[260];
    struct {
        ULONG length;
        wchar_t name[260];
    } name = {0, L""};
    IO_STATUS_BLOCK io;
    NtQueryInformationFile(file, &io, &name, sizeof name, 9);
    snprintf(text, sizeof text, "%.*ls", (int)(name.length / 2), name.name);
    return text;
}

static void say_rename(const char *what, HANDLE file, const wchar_t *to, HANDLE root, BOOLEAN replace)
{
    NTSTATUS status = rename_file(file, to, root, replace);
    printf("%s: %s, '%s'\n", what, status_name(status), name_of(file));
}

static void check_renames(void)
{
    make_folder(L"D:\\one");
    make_folder(L"D:\\two");
    make_file(L"D:\\one\\file", "first");
    make_file(L"D:\\two\\other", "second");
    make_file(L"D:\\two\\open", "third");
    make_file(L"D:\\two\\fixed", "fourth");
    SetFileAttributesW(L"D:\\two\\fixed", FILE_ATTRIBUTE_READONLY);
    HANDLE file = open_for(L"D:\\one\\file", DELETE), same = open_for(L"D:\\one\\file", GENERIC_READ);
    HANDLE folder = open_for(L"D:\\one", DELETE), two = open_for(L"D:\\two", FILE_LIST_DIRECTORY);
    HANDLE open = open_for(L"D:\\two\\open", GENERIC_READ);
    say_rename("without the right", same, L"name", NULL, FALSE);
    say_rename("in its folder", file, L"name", NULL, FALSE);
    printf("the other open has it too: '%s'\n", name_of(same));
    say_rename("to another spelling", file, L"NAME", NULL, FALSE);
    say_rename("to itself", file, L"NAME", NULL, FALSE);
    say_rename("a folder with an open file", folder, L"three", NULL, FALSE);
    say_rename("to a whole path", file, L"D:\\two\\moved", NULL, FALSE);
    say_rename("a folder without", folder, L"three", NULL, FALSE);
    say_rename("by a folder", file, L"again", two, FALSE);
    say_rename("onto a file", file, L"other", NULL, FALSE);
    say_rename("onto a file, replaced", file, L"OTHER", NULL, TRUE);
    say_rename("onto an open one", file, L"open", NULL, TRUE);
    say_rename("onto a read-only one", file, L"fixed", NULL, TRUE);
    say_rename("onto a folder", file, L"D:\\three", NULL, TRUE);
    say_rename("to a folder that is not there", file, L"D:\\none\\x", NULL, FALSE);
    say_rename("to another drive", file, L"E:\\x", NULL, FALSE);
    say_rename("to a name that is none", file, L"a*b", NULL, FALSE);
    say_rename("to a path without a folder", file, L"a\\b", NULL, FALSE);
    say_rename("a folder into itself", folder, L"D:\\three\\below", NULL, FALSE);
    say_rename("the drive", open_for(L"D:\\", DELETE), L"x", NULL, FALSE);
    NtClose(open);
    NtClose(same);
    NtClose(file);
    NtClose(folder);
    NtClose(two);
}

static void check_deletions(void)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    make_folder(L"D:\\full");
    make_file(L"D:\\full\\file", "x");
    HANDLE folder = open_for(L"D:\\full", DELETE), file = open_for(L"D:\\full\\file", DELETE);
    say("a folder that is not empty", set_disposition(folder, TRUE));
    say("a file without the right", set_disposition(open_for(L"D:\\full\\file", GENERIC_READ), TRUE));
    say("a file", set_disposition(file, TRUE));
    NtClose(file);
    say("is still open elsewhere", try_open(L"D:\\full\\file"));
    HANDLE fixed = open_for(L"D:\\two\\fixed", DELETE);
    say("a read-only file", set_disposition(fixed, TRUE));
    NtClose(fixed);
    say("the drive", set_disposition(open_for(L"D:\\", DELETE), TRUE));
    make_file(L"D:\\by name", "x");
    init_attributes(&attributes, &name, L"D:\\by name", NULL);
    say("by name", NtDeleteFile(&attributes));
    say("twice", NtDeleteFile(&attributes));
    init_attributes(&attributes, &name, L"D:\\full", NULL);
    say("a full folder by name", NtDeleteFile(&attributes));
    init_attributes(&attributes, &name, L"C:\\work", NULL);
    say("a folder of the host", NtDeleteFile(&attributes));
}

/* --- Times and attributes ------------------------------------------------------------------------------------- */

#define SOME_TIME 0x1C50000000000000ll

static void say_basic(const char *what, HANDLE file)
{
    FILE_BASIC_INFORMATION basic;
    IO_STATUS_BLOCK io;
    const char *const names[] = {"created", "accessed", "written", "changed"};
    LARGE_INTEGER times[4];
    FILETIME now;
    NtQueryInformationFile(file, &io, &basic, sizeof basic, 4);
    memcpy(times, &basic, sizeof times);
    GetSystemTimeAsFileTime(&now);
    LONGLONG today = (LONGLONG)now.dwHighDateTime << 32 | now.dwLowDateTime;
    printf("%s: attributes %lx", what, basic.FileAttributes);
    for (unsigned i = 0; i < 4; i++) {
        LONGLONG t = times[i].QuadPart;
        printf(", %s %s", names[i],
               t == SOME_TIME                        ? "then"
               : t <= today && t > today - 600000000 ? "now"
                                                     : "at another time");
    }
    printf("\n");
}

static NTSTATUS set_basic(HANDLE file, LONGLONG created, LONGLONG written, ULONG attributes)
{
    FILE_BASIC_INFORMATION basic = {.CreationTime.QuadPart = created, .LastWriteTime.QuadPart = written};
    IO_STATUS_BLOCK io;
    basic.FileAttributes = attributes;
    return NtSetInformationFile(file, &io, &basic, sizeof basic, 4);
}

static void check_basic(void)
{
    IO_STATUS_BLOCK io;
    HANDLE file = open_for(L"E:\\old", GENERIC_READ);
    say_basic("a file of the host", file);
    say("without the right", set_basic(file, SOME_TIME, 0, 0));
    NtClose(file);
    file = open_file(L"D:\\timed");
    say_basic("a new file", file);
    say("creation time", set_basic(file, SOME_TIME, 0, 0));
    say_basic("then", file);
    say("write time", set_basic(file, 0, SOME_TIME, 0));
    NtWriteFile(file, NULL, NULL, NULL, &io, "x", 1, NULL, NULL);
    say_basic("written by who set it", file);
    NtClose(file);
    file = open_file(L"D:\\timed");
    say_basic("opened again", file);
    NtWriteFile(file, NULL, NULL, NULL, &io, "x", 1, NULL, NULL);
    say_basic("written by another", file);
    say("hidden, system, archive", set_basic(file, 0, 0, 0x26));
    say_basic("attributes", file);
    say("none", set_basic(file, 0, 0, 0x80));
    say_basic("attributes", file);
    say("a folder", set_basic(file, 0, 0, 0x10));
    say("such that there are not", set_basic(file, 0, 0, 0x10000));
    say("a time before all", set_basic(file, -5, 0, 0));
    say("written in 1601", set_basic(file, 0, 1, 0));
    NtClose(file);
    file = open_for(L"D:\\two", FILE_WRITE_ATTRIBUTES | FILE_READ_ATTRIBUTES);
    say("a hidden folder", set_basic(file, 0, 0, 0x2));
    say_basic("attributes", file);
    say("a temporary folder", set_basic(file, 0, 0, 0x100));
    NtClose(file);
}

int main(void)
{
    check_renames();
    check_deletions();
    check_basic();
    return 0;
}
