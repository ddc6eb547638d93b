/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_path.c - how long Win32's paths may be, backslashes at their end, and servers: GetLastError, or 0. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

enum { LONGEST = 600, NAME = 100 };
#define VERBATIM L"\\\\?\\"

static WCHAR folder[LONGEST]; /* of 204 characters, two folders deep */

static DWORD opened(HANDLE file)
{
    DWORD error = file == INVALID_HANDLE_VALUE ? GetLastError() : 0;
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    return error;
}

static DWORD done(BOOL good)
{
    return good ? 0 : GetLastError();
}

static DWORD create(const WCHAR *name)
{
    return opened(CreateFileW(name, GENERIC_WRITE, 7, NULL, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL));
}

/* A path of so many characters, in prefix and the folder. */
static const WCHAR *path_of(const WCHAR *prefix, unsigned length)
{
    static WCHAR path[LONGEST];
    unsigned skipped = (unsigned)wcslen(prefix), at = 0;
    wcscpy(path, prefix);
    wcscat(path, folder);
    wcscat(path, L"\\");
    for (at = (unsigned)wcslen(path); at < length + skipped; at++)
        path[at] = L'f';
    path[at] = 0;
    return path;
}

static const char *narrow(const WCHAR *wide)
{
    static char text[LONGEST];
    unsigned i = 0;
    do
        text[i] = (char)wide[i];
    while (wide[i++]);
    return text;
}

static void make_folders(void)
{
    wcscpy(folder, L"D:\\");
    for (unsigned depth = 0; depth < 2; depth++) {
        unsigned at = (unsigned)wcslen(folder);
        if (depth)
            folder[at++] = L'\\';
        for (unsigned i = 0; i < NAME; i++)
            folder[at + i] = (WCHAR)(L'a' + depth);
        folder[at + NAME] = 0;
        printf("a folder of %u: %lu\n", (unsigned)wcslen(folder), done(CreateDirectoryW(folder, NULL)));
    }
}

static void check_lengths(void)
{
    for (unsigned length = 258; length <= 262; length++) {
        printf("%u: W %lu,", length, create(path_of(L"", length)));
        printf(" A %lu,",
               opened(CreateFileA(narrow(path_of(L"", length)), GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL)));
        printf(" verbatim %lu\n", create(path_of(VERBATIM, length)));
    }
    printf("verbatim, A: %lu\n",
           opened(CreateFileA(narrow(path_of(VERBATIM, 256)), GENERIC_READ, 7, NULL, OPEN_ALWAYS, 0, NULL)));
    printf("verbatim, A, of 261 with all: %lu\n",
           opened(CreateFileA(narrow(path_of(VERBATIM, 257)), GENERIC_READ, 7, NULL, OPEN_ALWAYS, 0, NULL)));
    printf("as \\\\.\\: %lu\n", create(path_of(L"\\\\.\\", 260)));
}

/* What is there, by a name that is too long for it. */
static void check_calls(void)
{
    WIN32_FIND_DATAW found;
    WCHAR name[LONGEST];
    wcscpy(name, path_of(L"", 260));
    printf("GetFileAttributes: %lu\n", done(GetFileAttributesW(name) != INVALID_FILE_ATTRIBUTES));
    printf("SetFileAttributes: %lu\n", done(SetFileAttributesW(name, 0)));
    printf("FindFirstFile: %lu\n", done(FindFirstFileW(name, &found) != INVALID_HANDLE_VALUE));
    printf("CopyFile: %lu\n", done(CopyFileW(name, L"D:\\copy", FALSE)));
    printf("MoveFile from: %lu\n", done(MoveFileW(name, L"D:\\moved")));
    printf("MoveFile to: %lu\n", done(MoveFileW(path_of(L"", 259), name)));
    printf("DeleteFile: %lu\n", done(DeleteFileW(name)));
    printf("LoadLibrary: %lu\n", done(LoadLibraryW(name) != NULL));
    printf("RemoveDirectory: %lu\n", done(RemoveDirectoryW(name)));
    wcscpy(name, path_of(VERBATIM, 260));
    printf("verbatim: %lu\n", done(GetFileAttributesW(name) != INVALID_FILE_ATTRIBUTES));
    printf("deleted: %lu\n", done(DeleteFileW(name)));
}

static void check_folders(void)
{
    for (unsigned length = 247; length <= 249; length++) {
        printf("a folder of %u: %lu", length, done(CreateDirectoryW(path_of(L"", length), NULL)));
        printf(", verbatim %lu", done(CreateDirectoryW(path_of(VERBATIM, length), NULL)));
        printf(", removed %lu\n", done(RemoveDirectoryW(path_of(VERBATIM, length))));
    }
    DeleteFileW(path_of(VERBATIM, 258));
    DeleteFileW(path_of(VERBATIM, 259));
    CreateDirectoryW(path_of(VERBATIM, 258), NULL);
    CreateDirectoryW(path_of(VERBATIM, 259), NULL);
    printf("into one of 259: %lu\n", done(SetCurrentDirectoryW(path_of(L"", 259))));
    printf("into one of 258: %lu\n", done(SetCurrentDirectoryW(path_of(L"", 258))));
    printf("a file in it: %lu, two up: %lu\n", create(L"x"), create(L"..\\..\\x"));
    SetCurrentDirectoryW(L"D:\\");
    RemoveDirectoryW(path_of(VERBATIM, 258));
    RemoveDirectoryW(path_of(VERBATIM, 259));
    SetCurrentDirectoryW(folder);
    printf("relative, 259 in all: %lu\n", create(path_of(L"", 259) + wcslen(folder) + 1));
    printf("260: %lu\n", create(path_of(L"", 260) + wcslen(folder) + 1));
    SetCurrentDirectoryW(L"D:\\");
}

/* Components, and what is long only before it is made whole. */
static void check_components(void)
{
    WCHAR name[LONGEST] = L"D:\\";
    for (unsigned i = 3; i < 3 + 255; i++)
        name[i] = L'n';
    name[3 + 255] = 0;
    printf("a name of 255: %lu\n", create(name));
    name[3 + 255] = L'n';
    name[3 + 256] = 0;
    printf("a name of 256: %lu\n", create(name));
    wcscpy(name, VERBATIM L"D:\\");
    for (unsigned i = 7; i < 7 + 256; i++)
        name[i] = L'n';
    name[7 + 256] = 0;
    printf("verbatim: %lu\n", create(name));
    wcscpy(name, L"D:");
    for (unsigned i = 0; i < 100; i++)
        wcscat(name, L"\\x\\..");
    wcscat(name, L"\\x");
    printf("%u characters that are 4: W %lu,", (unsigned)wcslen(name), create(name));
    printf(" A %lu\n", opened(CreateFileA(narrow(name), GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL)));
}

static void check_backslash(void)
{
    static const struct {
        const char *name;
        DWORD access, disposition, flags;
    } cases[] = {
        {"D:\\dir", GENERIC_READ, OPEN_EXISTING, 0},
        {"D:\\dir\\", GENERIC_READ, OPEN_EXISTING, 0},
        {"D:\\dir/", GENERIC_READ, OPEN_EXISTING, 0},
        {"D:\\dir\\", GENERIC_READ, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS},
        {"D:\\dir\\", GENERIC_WRITE, CREATE_ALWAYS, 0},
        {"D:\\dir\\", GENERIC_WRITE, CREATE_NEW, 0},
        {"D:\\", GENERIC_READ, OPEN_EXISTING, 0},
        {"D:\\none\\", GENERIC_READ, OPEN_EXISTING, 0},
        {"D:\\none\\", GENERIC_WRITE, CREATE_NEW, 0},
        {"D:\\none\\none\\", GENERIC_READ, OPEN_EXISTING, 0},
        {"D:\\x\\", GENERIC_READ, OPEN_EXISTING, 0},
    };
    CreateDirectoryA("D:\\dir", NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        printf(
            "'%s' %lu %lx: %lu\n", cases[i].name, cases[i].disposition, cases[i].flags,
            opened(CreateFileA(cases[i].name, cases[i].access, 7, NULL, cases[i].disposition, cases[i].flags, NULL)));
}

static void check_servers(void)
{
    static const char *const names[] = {
        "\\\\server\\share\\x",         "\\\\server\\share\\",          "\\\\server\\share",   "//server/share/x",
        "\\\\?\\UNC\\server\\share\\x", "\\\\.\\UNC\\server\\share\\x", "\\\\127.0.0.1\\c$\\x"};
    WIN32_FIND_DATAA found;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        printf("%s: %lu\n", names[i], opened(CreateFileA(names[i], GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL)));
    printf("GetFileAttributes: %lu\n", done(GetFileAttributesA(names[0]) != INVALID_FILE_ATTRIBUTES));
    printf("CreateDirectory: %lu\n", done(CreateDirectoryA(names[0], NULL)));
    printf("MoveFile: %lu\n", done(MoveFileExA("D:\\x", names[0], 0)));
    printf("FindFirstFile: %lu\n", done(FindFirstFileA("\\\\server\\share\\*", &found) != INVALID_HANDLE_VALUE));
    printf("LoadLibrary: %lu\n", done(LoadLibraryA("\\\\server\\share\\x.dll") != NULL));
    printf("SetCurrentDirectory: %lu\n", done(SetCurrentDirectoryA("\\\\server\\share")));
}

/* All below D: goes. */
static void clean(const WCHAR *where)
{
    WCHAR path[2 * LONGEST];
    WIN32_FIND_DATAW data;
    swprintf(path, 2 * LONGEST, L"%ls\\*", where);
    HANDLE find = FindFirstFileW(path, &data);
    for (BOOL more = find != INVALID_HANDLE_VALUE; more; more = FindNextFileW(find, &data)) {
        if (data.cFileName[0] == L'.')
            continue;
        swprintf(path, 2 * LONGEST, L"%ls\\%ls", where, data.cFileName);
        if (data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
            clean(path);
        printf("%s %.3s...: %lu\n", data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY ? "folder" : "file",
               narrow(data.cFileName),
               done(data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY ? RemoveDirectoryW(path) : DeleteFileW(path)));
    }
    FindClose(find);
}

int main(void)
{
    make_folders();
    check_lengths();
    check_calls();
    check_folders();
    check_components();
    check_backslash();
    check_servers();
    SetCurrentDirectoryA("C:\\work");
    clean(VERBATIM L"D:");
    return 0;
}
