/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_escape.c - names that try to leave D:, with every call that changes something.  The script looks afterwards at
 * what lies beside the host's folder: nothing of it may have been touched.
 *
 * In D: there are the links "out" to the folder beside, "secret" to a file there, "absolute" to the same by its whole
 * path, "up" to "..", "loop" to itself, "dangling" to a file outside that is not there, and "in", which stays inside.
 */
#include "file_service.h"

static const wchar_t *const names[] = {
    L"D:\\..\\outside\\file",
    L"D:\\..",
    L"D:\\.",
    L"D:\\sub\\..\\..\\outside\\file",
    L"D:/../outside/file",
    L"D:\\sub/../../outside/file",
    L"D:\\\\outside",
    L"D:\\out",
    L"D:\\out\\file",
    L"D:\\secret",
    L"D:\\absolute",
    L"D:\\up",
    L"D:\\up\\outside\\file",
    L"D:\\loop",
    L"D:\\dangling",
    L"D:\\in",
    L"D:\\in\\new",
    L"D:\\fifo",
    L"D:\\sub\\file:stream",
    L"D:\\sub\\file::$DATA",
    L"D:\\sub\\:stream",
    L"D:\\sub:x",
    L"D:\\a*b",
    L"D:\\a?b",
    L"D:\\a<b",
    L"D:\\a|b",
    L"D:\\a\"b",
    L"D:\\tab\tb",
    L"D:\\proc\\self\\fd",
    L"\\etc\\passwd",
    L"\\??\\etc\\passwd",
    L"/etc/passwd",
    L"\\Device\\HarddiskVolume1\\work",
    L"\\??\\UNC\\server\\share\\file",
    L"\\??\\PhysicalDrive0",
    L"\\??\\COM1",
    L"\\??\\COM1\\x",
    L"\\??\\PhysicalDrive0\\x",
    L"\\??\\GLOBALROOT\\Device\\HarddiskVolume1\\x",
    L"\\??\\GLOBAL\\D:\\x",
    L"\\??\\D:\\..\\outside\\file",
    L"\\??\\D:..\\outside\\file",
    L"\\??\\D:\\??\\D:\\x",
    L"\\DosDevices\\D:\\..\\x",
    L"\\Device\\PhysicalMemory",
    L"\\\\?\\D:\\x",
    L"\\\\.\\D:\\x",
    L"\\??\\PIPE\\x",
    L"\\??\\D:",
    L"\\??\\D",
    L"\\??\\",
    L"\\",
};

static void say_name(const wchar_t *name)
{
    for (; *name; name++)
        putchar(*name < 0x20 ? '^' : *name);
    printf(":");
}

/* What opening answers for each thing that can be done with a name. */
static void try_name(const wchar_t *name)
{
    static const struct {
        ULONG access, disposition, options;
    } ways[] = {
        {GENERIC_READ, FILE_OPEN, 0},
        {GENERIC_WRITE, FILE_OPEN_IF, FILE_NON_DIRECTORY_FILE},
        {GENERIC_WRITE, FILE_SUPERSEDE, FILE_NON_DIRECTORY_FILE},
        {GENERIC_READ, FILE_CREATE, FILE_DIRECTORY_FILE},
        {DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE},
    };
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING string;
    say_name(name);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        HANDLE file;
        struct opening opening = {.name = name,
                                  .access = ways[i].access,
                                  .share = SHARE_ALL,
                                  .disposition = ways[i].disposition,
                                  .options = ways[i].options};
        NTSTATUS status = open_with(&opening, &file);
        printf(" %s", status_name(status));
        if (NT_SUCCESS(status))
            NtClose(file);
    }
    init_attributes(&attributes, &string, name, NULL);
    printf(" %s\n", status_name(NtDeleteFile(&attributes)));
}

/* A file inside that is moved to each of the names. */
static void try_renames(void)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        HANDLE file = open_file(L"D:\\mover");
        NTSTATUS status = rename_file(file, names[i], NULL, TRUE);
        printf("to ");
        say_name(names[i]);
        printf(" %s\n", status_name(status));
        if (NT_SUCCESS(status))
            rename_file(file, L"D:\\mover", NULL, TRUE);
        NtClose(file);
    }
}

static void try_long(void)
{
    wchar_t name[1500] = L"D:\\";
    for (unsigned i = 3; i < 259; i++)
        name[i] = L'n';
    name[258] = 0;
    say("a name of 255", try_open(name));
    name[258] = L'n';
    say("a name of 256", try_open(name));
    for (unsigned i = 3; i < 1400; i++)
        name[i] = i % 50 == 0 ? L'\\' : L'n';
    say("a path of 1400", try_open(name));
    say("a name that is no UTF-16", try_open(L"D:\\\xD800x"));
}

static void say_win32(const char *name)
{
    HANDLE file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
    DWORD error = GetLastError();
    WIN32_FIND_DATAA data = {0};
    char full[MAX_PATH] = "";
    printf("%s: %s %lu", name, file == INVALID_HANDLE_VALUE ? "error" : "made", error);
    if (file != INVALID_HANDLE_VALUE) {
        printf(", type %lu", GetFileType(file));
        CloseHandle(file);
        DeleteFileA(name);
    }
    GetFullPathNameA(name, sizeof full, full, NULL);
    HANDLE find = FindFirstFileA(name, &data);
    printf(", '%s', find: %s\n", full, find == INVALID_HANDLE_VALUE ? "-" : data.cFileName);
    if (find != INVALID_HANDLE_VALUE)
        FindClose(find);
}

/* The same through Win32, which makes paths whole first. */
static void try_win32(void)
{
    static const char *const paths[] = {
        "D:\\..\\..\\x",
        "D:\\sub\\..\\..\\..\\x",
        "D:\\con",
        "D:\\nul.txt",
        "D:\\sub\\COM1",
        "D:\\lpt9.x",
        "D:\\trailing...",
        "D:\\trailing  ",
        "D:\\.. .\\x",
        "\\\\?\\D:\\..\\x",
        "\\\\?\\D:\\dot.",
        "\\\\?\\D:\\con",
        "\\\\.\\D:\\x",
        "\\\\?\\D:/x",
        "D:x",
        "D:\\sub\\",
        "D:",
        "",
        "\\\\server\\x",
        "\\\\.\\C:\\work\\x",
        "D:\\aux.c\\x",
        "D:\\con .txt",
        "D:\\con:",
        "D:\\com1.",
        "\\\\.\\PhysicalDrive0",
        "\\\\.\\COM1",
        "\\\\.\\NUL",
        "\\\\?\\UNC\\server\\share\\x",
        "\\\\?\\GLOBALROOT\\Device\\HarddiskVolume1\\x",
        "\\\\.\\pipe\\x",
        "\\\\.\\D:\\..\\..\\x",
        "D:\\sub\\ \\x",
        "D:\\sub.\\file",
        "D:\\sub \\..\\..\\..\\x",
        "D:\\file:stream",
        "D:\\sub\\file::$DATA",
        "D:\\...",
        "D:\\out\\*",
        "D:\\in\\*",
        "D:\\up\\*",
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        say_win32(paths[i]);
}

static void list_drive(void)
{
    WIN32_FIND_DATAA data;
    HANDLE find = FindFirstFileA("D:\\*", &data);
    printf("D: holds");
    do
        printf(" %s(%lx)", data.cFileName, data.dwFileAttributes);
    while (FindNextFileA(find, &data));
    printf("\n");
    FindClose(find);
}

int main(void)
{
    list_drive();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        try_name(names[i]);
    try_renames();
    try_long();
    try_win32();
    list_drive();
    return 0;
}
