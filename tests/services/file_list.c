/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_list.c - NtQueryDirectoryFile: patterns, order, buffers, classes; FindFirstFile's patterns. */
#include "file_service.h"

static HANDLE open_folder(const wchar_t *name)
{
    HANDLE folder;
    struct opening opening = {.name = name,
                              .access = FILE_LIST_DIRECTORY | SYNCHRONIZE,
                              .share = SHARE_ALL,
                              .disposition = FILE_OPEN,
                              .options = FILE_SYNCHRONOUS_IO_NONALERT};
    NTSTATUS status = open_with(&opening, &folder);
    if (!NT_SUCCESS(status))
        say("open", status);
    return folder;
}

enum { SINGLE = 1, RESTART = 2 };

static NTSTATUS query(HANDLE folder, void *buffer, ULONG length, ULONG class, const wchar_t *pattern, unsigned how,
                      ULONG_PTR *ret_bytes)
{
    IO_STATUS_BLOCK io = {.Information = 0};
    UNICODE_STRING name = {0};
    if (pattern)
        name = (UNICODE_STRING){(USHORT)(2 * wcslen(pattern)), (USHORT)(2 * wcslen(pattern)), (wchar_t *)pattern};
    NTSTATUS status = NtQueryDirectoryFile(folder, NULL, NULL, NULL, &io, buffer, length, class, !!(how & SINGLE),
                                           pattern ? &name : NULL, !!(how & RESTART));
    *ret_bytes = io.Information;
    return status;
}

/* Names of the entries of FILE_NAMES_INFORMATION. */
static void print_names(const void *buffer)
{
    const ULONG *entry = buffer;
    for (;; entry = (const ULONG *)((const char *)entry + entry[0])) {
        printf(" %.*ls", (int)(entry[2] / 2), (const wchar_t *)(entry + 3));
        if (!entry[0])
            break;
    }
}

static void list(const wchar_t *pattern)
{
    char buffer[4096];
    ULONG_PTR bytes;
    HANDLE folder = open_folder(L"D:\\list");
    printf("%ls:", pattern);
    NTSTATUS status = query(folder, buffer, sizeof buffer, 12, pattern, 0, &bytes);
    for (; NT_SUCCESS(status); status = query(folder, buffer, sizeof buffer, 12, pattern, 0, &bytes))
        print_names(buffer);
    printf(" %s\n", status_name(status));
    NtClose(folder);
}

static void check_patterns(void)
{
    static const wchar_t *const names[] = {L"b.txt", L"A.txt", L"a.TXT.bak", L"noext",        L"x",
                                           L"xy",    L"Z.c",   L".dot",      L"two words.htm"};
    static const wchar_t *const patterns[] = {
        L"*",   L"",    L"*.txt", L"*.*",   L"a*",   L"?",   L"??",    L"<",         L"<.",  L"<.txt", L">",  L">>",
        L"x>>", L"*\"", L"*\".",  L"NOEXT", L"none", L"*o*", L"a.txt", L">>>>>.txt", L"[a]", L".*",    L"..", L"*.c*"};
    make_folder(L"D:\\list");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        wchar_t path[64] = L"D:\\list\\";
        make_file(wcscat(path, names[i]), "x");
    }
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        list(patterns[i]);
}

static void check_steps(void)
{
    char buffer[256];
    ULONG_PTR bytes;
    HANDLE folder = open_folder(L"D:\\list");
    NTSTATUS status;
    printf("one by one:");
    while (NT_SUCCESS(status = query(folder, buffer, sizeof buffer, 12, L"*.t*", SINGLE, &bytes)))
        print_names(buffer);
    printf(" %s\n", status_name(status));
    printf("again, the pattern stays:");
    for (unsigned how = RESTART; NT_SUCCESS(status = query(folder, buffer, sizeof buffer, 12, L"*", how, &bytes));
         how = 0)
        print_names(buffer);
    printf(" %s\n", status_name(status));
    query(folder, buffer, sizeof buffer, 12, NULL, RESTART | SINGLE, &bytes);
    DeleteFileW(L"D:\\list\\b.txt");
    printf("one deleted and one made meanwhile:");
    make_file(L"D:\\list\\c.text", "x");
    while (NT_SUCCESS(status = query(folder, buffer, sizeof buffer, 12, NULL, SINGLE, &bytes)))
        print_names(buffer);
    printf(" %s\n", status_name(status));
    NtClose(folder);
    folder = open_folder(L"D:\\list");
    printf("in a small buffer:");
    while (NT_SUCCESS(status = query(folder, buffer, 60, 12, L"*", 0, &bytes))) {
        print_names(buffer);
        printf(" |");
    }
    printf(" %s\n", status_name(status));
    status = query(folder, buffer, 24, 12, L"*", RESTART, &bytes);
    NtClose(folder);
    folder = open_folder(L"D:\\list");
    status = query(folder, buffer, 20, 12, L"two*", 0, &bytes);
    printf("too small for a name: %s, %lu bytes, '%.4ls'\n", status_name(status), (unsigned long)bytes,
           (wchar_t *)(buffer + 12));
    say("and then", query(folder, buffer, 200, 12, NULL, 0, &bytes));
    say("too small for an entry", query(folder, buffer, 8, 12, NULL, RESTART, &bytes));
    say("class 0", query(folder, buffer, 200, 0, NULL, RESTART, &bytes));
    NtClose(folder);
}

static void check_classes(void)
{
    static const struct {
        ULONG class, name_at;
    } classes[] = {{1, 64}, {2, 68}, {3, 94}, {12, 12}, {37, 104}, {38, 80}};
    unsigned char buffer[512];
    ULONG_PTR bytes;
    HANDLE folder = open_folder(L"D:\\list");
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        memset(buffer, 0xEE, sizeof buffer);
        const wchar_t *name = (const wchar_t *)(buffer + classes[i].name_at);
        NTSTATUS status = query(folder, buffer, sizeof buffer, classes[i].class, L"x", RESTART | SINGLE, &bytes);
        printf("class %lu: %s, %lu bytes, '%.1ls'", classes[i].class, status_name(status), (unsigned long)bytes, name);
        if (classes[i].class != 12)
            printf(", %lu bytes in %lu, attributes %lx", *(ULONG *)(buffer + 40), *(ULONG *)(buffer + 48),
                   *(ULONG *)(buffer + 56));
        printf("\n");
    }
    NtClose(folder);
    HANDLE file = open_file(L"D:\\list\\x");
    say("a file", query(file, buffer, sizeof buffer, 12, NULL, 0, &bytes));
    NtClose(file);
    folder = open_folder(L"D:\\");
    printf("the drive:");
    if (NT_SUCCESS(query(folder, buffer, sizeof buffer, 12, NULL, 0, &bytes)))
        print_names(buffer);
    printf("\n");
    NtClose(folder);
}

/* --- Win32 -------------------------------------------------------------------------------------------------------- */

static void find(const char *pattern)
{
    WIN32_FIND_DATAA data;
    HANDLE handle = FindFirstFileA(pattern, &data);
    printf("find %s:", pattern);
    if (handle == INVALID_HANDLE_VALUE) {
        printf(" error %lu\n", GetLastError());
        return;
    }
    do
        printf(" %s", data.cFileName);
    while (FindNextFileA(handle, &data));
    printf(" error %lu\n", GetLastError());
    FindClose(handle);
}

static void check_find(void)
{
    static const char *const patterns[] = {"D:\\list\\*.*",
                                           "D:\\list\\*",
                                           "D:\\list\\*.",
                                           "D:\\list\\?.*",
                                           "D:\\list\\??",
                                           "D:\\list\\a.t?t",
                                           "D:\\list\\*.c",
                                           "D:/list/X",
                                           "D:\\list",
                                           "D:\\list\\",
                                           "D:\\",
                                           "D:\\*",
                                           "D:\\none\\*",
                                           "D:\\list\\none",
                                           "D:\\list\\x\\*",
                                           "C:\\*",
                                           "Q:\\*",
                                           "",
                                           "D:\\list\\.\\x*",
                                           "D:\\list\\..\\list\\n*"};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        find(patterns[i]);
    BOOL closed = FindClose(INVALID_HANDLE_VALUE);
    printf("no handle: %d, error %lu\n", closed, GetLastError());
}

int main(void)
{
    check_patterns();
    check_steps();
    check_classes();
    check_find();
    return 0;
}
