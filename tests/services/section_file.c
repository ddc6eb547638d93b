/* SPDX-License-Identifier: GPL-2.0-or-later */
/* section_file.c - mapped files and file calls on the same file: what each sees of the other, what is refused while a
 * file is mapped, what reaches the file; and the calls of Win32 with their last errors. */
#include "section_service.h"

#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        SetLastError(0);                                                                                               \
        BOOL done = (call);                                                                                            \
        say_try(#call, done, GetLastError());                                                                          \
    } while (0)

static void say_try(const char *what, BOOL done, DWORD error)
{
    printf("%s: %s", what, done ? "yes" : "no");
    if (!done || error)
        printf(", error %lu", error);
    printf("\n");
}

static HANDLE open_win32(const char *name, DWORD access, DWORD disposition, DWORD flags)
{
    return CreateFileA(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, disposition, flags,
                       NULL);
}

static DWORD read_at(HANDLE file, DWORD offset, void *buffer, DWORD length)
{
    DWORD done = 0;
    SetFilePointer(file, (LONG)offset, NULL, FILE_BEGIN);
    ReadFile(file, buffer, length, &done, NULL);
    return done;
}

static DWORD write_at(HANDLE file, DWORD offset, const void *bytes, DWORD length)
{
    DWORD done = 0;
    SetFilePointer(file, (LONG)offset, NULL, FILE_BEGIN);
    WriteFile(file, bytes, length, &done, NULL);
    return done;
}

static void *map(HANDLE section, DWORD access)
{
    void *view = MapViewOfFile(section, access, 0, 0, 0);
    if (!view)
        printf("map: error %lu\n", GetLastError());
    return view;
}

static void check_coherence(void)
{
    static char bytes[3 * PAGE];
    HANDLE file = open_win32("D:\\both", GENERIC_READ | GENERIC_WRITE, CREATE_ALWAYS, 0);
    HANDLE raw = open_win32("D:\\both", GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING, FILE_FLAG_NO_BUFFERING);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 20 * PAGE + 10, NULL);
    char *view = map(section, FILE_MAP_WRITE), *copy = map(section, FILE_MAP_COPY);
    strcpy(view + 5 * PAGE - 3, "across pages");
    printf("read what was stored: %lu bytes", read_at(file, 5 * PAGE - 3, bytes, 20));
    printf(", %.12s\n", bytes);
    write_at(file, 7 * PAGE - 2, "written", 7);
    printf("see what was written: %.7s, in a copy %.7s\n", view + 7 * PAGE - 2, copy + 7 * PAGE - 2);
    copy[7 * PAGE] = '-';
    write_at(file, 7 * PAGE - 2, "WRITTEN", 7);
    printf("and again: %.7s, in a copy %.7s\n", view + 7 * PAGE - 2, copy + 7 * PAGE - 2);
    view[8 * PAGE] = 'r';
    char *aligned = commit(PAGE, PAGE_READWRITE);
    printf("read without buffers: %lu bytes", read_at(raw, 8 * PAGE, aligned, PAGE));
    printf(", %c\n", aligned[0]);
    aligned[1] = 'w';
    write_at(raw, 8 * PAGE, aligned, PAGE);
    printf("written without buffers: %c%c\n", view[8 * PAGE], view[8 * PAGE + 1]);
    printf("the tail: %lu bytes read at the last page", read_at(file, 20 * PAGE, bytes, PAGE));
    view[20 * PAGE + 20] = 'x';
    printf(", beyond the end %lu\n", read_at(file, 20 * PAGE + 10, bytes, PAGE));
    printf("appended: %lu\n", write_at(file, 20 * PAGE + 10, "tail", 4));
    printf("seen in the view: %.4s\n", view + 20 * PAGE + 10);
    TRY(FlushViewOfFile(view, 0));
    TRY(FlushFileBuffers(file));
    UnmapViewOfFile(view);
    UnmapViewOfFile(copy);
    CloseHandle(section);
    printf("read after the views have gone: %lu bytes", read_at(file, 7 * PAGE - 2, bytes, 7));
    printf(", %.7s\n", bytes);
    write_at(file, 0, "after", 5);
    section = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL);
    view = map(section, FILE_MAP_READ);
    printf("mapped anew: %.5s, %.7s\n", view, view + 7 * PAGE - 2);
    UnmapViewOfFile(view);
    CloseHandle(section);
    CloseHandle(raw);
    CloseHandle(file);
}

/* A view may outlive the handles of its section and of its file. */
static void check_life(void)
{
    HANDLE file = open_win32("D:\\life", GENERIC_READ | GENERIC_WRITE, CREATE_ALWAYS, 0);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, PAGE, NULL);
    char *view = map(section, FILE_MAP_WRITE), byte = 0;
    CloseHandle(file);
    CloseHandle(section);
    view[0] = 'L';
    file = open_win32("D:\\life", GENERIC_READ, OPEN_EXISTING, 0);
    read_at(file, 0, &byte, 1);
    printf("stored after the handles were closed: %c\n", byte);
    UnmapViewOfFile(view);
    byte = 0;
    read_at(file, 0, &byte, 1);
    printf("after the view has gone, too: %c\n", byte);
    CloseHandle(file);
}

static BOOL cut(HANDLE file, DWORD size)
{
    SetFilePointer(file, (LONG)size, NULL, FILE_BEGIN);
    return SetEndOfFile(file);
}

static BOOL opens(const char *name, DWORD access, DWORD disposition, DWORD flags)
{
    HANDLE file = open_win32(name, access, disposition, flags);
    DWORD error = GetLastError();
    if (file == INVALID_HANDLE_VALUE)
        return FALSE;
    CloseHandle(file);
    SetLastError(error);
    return TRUE;
}

static void check_refusals(void)
{
    HANDLE file = open_win32("D:\\held", GENERIC_READ | GENERIC_WRITE, CREATE_ALWAYS, 0);
    HANDLE other = open_win32("D:\\other", GENERIC_READ | GENERIC_WRITE, CREATE_ALWAYS, 0);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 2 * UNIT, NULL);
    CloseHandle(other);
    TRY(cut(file, 10));
    char *view = map(section, FILE_MAP_READ);
    CloseHandle(section);
    TRY(cut(file, 10));
    TRY(cut(file, 3 * UNIT));
    TRY(opens("D:\\held", GENERIC_WRITE, CREATE_ALWAYS, 0));
    TRY(opens("D:\\held", GENERIC_WRITE, TRUNCATE_EXISTING, 0));
    TRY(opens("D:\\held", GENERIC_WRITE, OPEN_EXISTING, 0));
    TRY(DeleteFileA("D:\\held"));
    TRY(opens("D:\\held", DELETE, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE));
    TRY(MoveFileExA("D:\\other", "D:\\held", MOVEFILE_REPLACE_EXISTING));
    TRY(MoveFileA("D:\\held", "D:\\moved"));
    TRY(MoveFileA("D:\\moved", "D:\\held"));
    UnmapViewOfFile(view);
    TRY(cut(file, 10));
    TRY(cut(file, 20));
    section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    view = map(section, FILE_MAP_WRITE);
    printf("cut and longer again: %d\n", view[15]);
    UnmapViewOfFile(view);
    CloseHandle(section);
    CloseHandle(file);
    TRY(DeleteFileA("D:\\held"));
    TRY(DeleteFileA("D:\\other"));
}

/* A section of code that is made after the file was stored into is of what was stored. */
static void check_changed_image(void)
{
    enum { STUB = 0x4E }; /* "This program cannot be run in DOS mode" */
    HANDLE file = open_win32("D:\\copy.exe", GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING, 0);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    char *data = map(section, FILE_MAP_WRITE);
    memcpy(data + STUB, "That", 4);
    CloseHandle(section);
    section = CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
    char *image = map(section, FILE_MAP_READ);
    printf("its code now: %.12s\n", image + STUB);
    memcpy(data + STUB, "What", 4);
    printf("and no other: %.12s\n", image + STUB);
    UnmapViewOfFile(image);
    UnmapViewOfFile(data);
    CloseHandle(section);
    CloseHandle(file);
}

/* Code that is mapped is not deleted, nor written. */
static void check_image(void)
{
    TRY(CopyFileA("C:\\work\\program.exe", "D:\\copy.exe", FALSE));
    HANDLE file = open_win32("D:\\copy.exe", GENERIC_READ | GENERIC_EXECUTE, OPEN_EXISTING, 0);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_EXECUTE_READ | SEC_IMAGE, 0, 0, NULL);
    CloseHandle(file);
    TRY(DeleteFileA("D:\\copy.exe"));
    char *view = map(section, FILE_MAP_READ);
    CloseHandle(section);
    TRY(DeleteFileA("D:\\copy.exe"));
    TRY(opens("D:\\copy.exe", GENERIC_WRITE, OPEN_EXISTING, 0));
    printf("it begins with %.2s\n", view);
    file = open_win32("D:\\copy.exe", GENERIC_READ, OPEN_EXISTING, 0);
    section = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL);
    char *data = map(section, FILE_MAP_READ);
    say("its data and its code", NtAreMappedFilesTheSame(data, view));
    CloseHandle(section);
    CloseHandle(file);
    UnmapViewOfFile(view);
    TRY(DeleteFileA("D:\\copy.exe"));
    UnmapViewOfFile(data);
    check_changed_image();
    TRY(DeleteFileA("D:\\copy.exe"));
}

static BOOL makes(HANDLE file, DWORD protect, DWORD size, const char *name)
{
    HANDLE section = CreateFileMappingA(file, NULL, protect, 0, size, name);
    DWORD error = GetLastError();
    if (section)
        CloseHandle(section);
    SetLastError(error);
    return section != NULL;
}

static BOOL maps(HANDLE section, DWORD access, DWORD offset, SIZE_T size, void *base)
{
    void *view = MapViewOfFileEx(section, access, 0, offset, size, base);
    return view && UnmapViewOfFile(view);
}

static BOOL opens_mapping(DWORD access, const char *name)
{
    HANDLE section = OpenFileMappingA(access, FALSE, name);
    return section && CloseHandle(section);
}

static void check_errors(void)
{
    HANDLE nothing = INVALID_HANDLE_VALUE,
           empty = open_win32("D:\\empty", GENERIC_READ | GENERIC_WRITE, CREATE_ALWAYS, 0);
    HANDLE file = open_win32("D:\\ten", GENERIC_READ | GENERIC_WRITE, CREATE_ALWAYS, 0), event = make_event();
    write_at(file, 0, "0123456789", 10);
    HANDLE reader = open_win32("D:\\ten", GENERIC_READ, OPEN_EXISTING, 0);
    TRY(makes(nothing, PAGE_READWRITE, 0, NULL));
    TRY(makes(nothing, PAGE_READWRITE, 1, NULL));
    TRY(makes(nothing, PAGE_READWRITE | SEC_RESERVE, UNIT, NULL));
    TRY(makes(nothing, PAGE_READWRITE | SEC_IMAGE, UNIT, NULL));
    TRY(makes(nothing, 0, 1, NULL));
    TRY(makes(event, PAGE_READWRITE, 1, NULL));
    TRY(makes(empty, PAGE_READONLY, 0, NULL));
    TRY(makes(empty, PAGE_READONLY, 1, NULL));
    TRY(makes(file, PAGE_READONLY, 11, NULL));
    TRY(makes(file, PAGE_READWRITE, 0, NULL));
    TRY(makes(reader, PAGE_READWRITE, 0, NULL));
    TRY(makes(reader, PAGE_WRITECOPY, 0, NULL));
    TRY(makes(file, PAGE_READONLY | SEC_IMAGE, 0, NULL));
    HANDLE named = CreateFileMappingA(nothing, NULL, PAGE_READWRITE, 0, UNIT, "memory");
    TRY(makes(nothing, PAGE_READWRITE, UNIT, "memory"));
    TRY(makes(nothing, PAGE_READWRITE, UNIT, "Local\\memory"));
    CloseHandle(CreateMutexA(NULL, FALSE, "a mutex"));
    HANDLE mutex = CreateMutexA(NULL, FALSE, "a mutex");
    TRY(makes(nothing, PAGE_READWRITE, UNIT, "a mutex"));
    TRY(opens_mapping(FILE_MAP_READ, "memory"));
    TRY(opens_mapping(FILE_MAP_ALL_ACCESS, "memory"));
    TRY(opens_mapping(FILE_MAP_READ, "no memory"));
    TRY(opens_mapping(FILE_MAP_READ, "a mutex"));
    TRY(opens_mapping(FILE_MAP_READ, NULL));
    HANDLE readable = CreateFileMappingA(reader, NULL, PAGE_READONLY, 0, 0, NULL);
    TRY(maps(named, FILE_MAP_WRITE, 0, 0, NULL));
    TRY(maps(named, FILE_MAP_COPY, 0, 0, NULL));
    TRY(maps(named, FILE_MAP_ALL_ACCESS, 0, 0, NULL));
    TRY(maps(named, FILE_MAP_READ | FILE_MAP_EXECUTE, 0, 0, NULL));
    TRY(maps(named, FILE_MAP_READ, 0, UNIT + 1, NULL));
    TRY(maps(named, FILE_MAP_READ, PAGE, 0, NULL));
    TRY(maps(named, FILE_MAP_READ, 2 * UNIT, 0, NULL));
    TRY(maps(named, FILE_MAP_READ, 0, 0, (void *)0x10001000));
    TRY(maps(named, FILE_MAP_READ, 0, 0, (void *)0x10000000));
    TRY(maps(named, FILE_MAP_READ, 0, 0, GetModuleHandle(NULL)));
    TRY(maps(readable, FILE_MAP_WRITE, 0, 0, NULL));
    TRY(maps(readable, FILE_MAP_COPY, 0, 0, NULL));
    TRY(maps(event, FILE_MAP_READ, 0, 0, NULL));
    TRY(maps(NULL, FILE_MAP_READ, 0, 0, NULL));
    char *view = map(named, FILE_MAP_WRITE), *private = commit(PAGE, PAGE_READWRITE);
    TRY(FlushViewOfFile(view, 0));
    TRY(FlushViewOfFile(view, 2 * UNIT));
    TRY(FlushViewOfFile(private, 0));
    TRY(UnmapViewOfFile(private));
    TRY(UnmapViewOfFile(NULL));
    TRY(UnmapViewOfFile(view));
    TRY(UnmapViewOfFile(view));
    HANDLE all[] = {empty, file, reader, named, readable, mutex, event};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        CloseHandle(all[i]);
}

/* A section whose access list lets its finder do no more than read, or nothing. */
static void check_access_list(void)
{
    /* An ACL with one ACE: Everyone (S-1-1-0) is allowed SECTION_MAP_READ | SECTION_QUERY. */
    static BYTE list[] = {2, 0, 28, 0, 1, 0, 0, 0, 0, 0, 20, 0, 5, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0};
    static BYTE nobody[] = {2, 0, 8, 0, 0, 0, 0, 0};
    SECURITY_DESCRIPTOR descriptor = {.Revision = 1, .Control = SE_DACL_PRESENT, .Dacl = (ACL *)list};
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, &descriptor, FALSE};
    HANDLE readers = CreateFileMappingA(INVALID_HANDLE_VALUE, &attributes, PAGE_READWRITE, 0, PAGE, "for readers");
    descriptor.Dacl = (ACL *)nobody;
    HANDLE none = CreateFileMappingA(INVALID_HANDLE_VALUE, &attributes, PAGE_READWRITE, 0, PAGE, "for nobody");
    TRY(maps(readers, FILE_MAP_WRITE, 0, 0, NULL));
    TRY(opens_mapping(FILE_MAP_READ, "for readers"));
    TRY(opens_mapping(FILE_MAP_WRITE, "for readers"));
    TRY(opens_mapping(FILE_MAP_READ, "for nobody"));
    TRY(makes(INVALID_HANDLE_VALUE, PAGE_READONLY, PAGE, "for nobody"));
    CloseHandle(readers);
    CloseHandle(none);
}

int main(void)
{
    check_coherence();
    check_life();
    check_refusals();
    check_image();
    check_errors();
    check_access_list();
    return 0;
}
