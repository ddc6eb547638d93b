/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_io.c - NtReadFile, NtWriteFile, sizes and positions, NtLockFile, NtUnlockFile, volumes, controls. */
#include "file_service.h"

#define END_OF_FILE_CLASS 20
#define ALLOCATION_CLASS 19
#define POSITION_CLASS 14

static void say_read(const char *name, HANDLE file, LARGE_INTEGER *offset, ULONG length)
{
    char buffer[64] = {0};
    IO_STATUS_BLOCK io = {.Information = 77};
    NTSTATUS status = NtReadFile(file, NULL, NULL, NULL, &io, buffer, length, offset, NULL);
    printf("%s: %s, %ld '%s'\n", name, status_name(status), NT_SUCCESS(status) ? (long)io.Information : -1L, buffer);
}

static void say_write(const char *name, HANDLE file, LARGE_INTEGER *offset, const char *text)
{
    IO_STATUS_BLOCK io = {.Information = 77};
    NTSTATUS status = NtWriteFile(file, NULL, NULL, NULL, &io, text, (ULONG)strlen(text), offset, NULL);
    printf("%s: %s, %ld\n", name, status_name(status), NT_SUCCESS(status) ? (long)io.Information : -1L);
}

static void say_facts(const char *name, HANDLE file)
{
    struct {
        LARGE_INTEGER allocation, end;
        ULONG links;
        BOOLEAN pending, directory;
    } standard = {0};
    LARGE_INTEGER position = {.QuadPart = -1};
    IO_STATUS_BLOCK io;
    NtQueryInformationFile(file, &io, &standard, sizeof standard, 5);
    NtQueryInformationFile(file, &io, &position, sizeof position, POSITION_CLASS);
    printf("%s: %ld bytes, %ld allocated, %lu links, position %ld\n", name, (long)standard.end.QuadPart,
           (long)standard.allocation.QuadPart, standard.links, (long)position.QuadPart);
}

static void set_number(const char *name, HANDLE file, ULONG class, LONGLONG number)
{
    IO_STATUS_BLOCK io;
    say(name, NtSetInformationFile(file, &io, &number, sizeof number, class));
}

static void check_offsets(void)
{
    HANDLE file = open_file(L"D:\\bytes");
    LARGE_INTEGER at = {.QuadPart = 2}, end = {.QuadPart = -1}, here = {.QuadPart = -2}, beyond = {.QuadPart = 100},
                  negative = {.QuadPart = -3};
    end.HighPart = here.HighPart = -1;
    say_write("write", file, NULL, "0123456789");
    say_read("read at the end", file, NULL, 10);
    say_read("read at 2", file, &at, 3);
    say_read("read on", file, NULL, 3);
    say_read("read at the position", file, &here, 10);
    say_read("read beyond", file, &beyond, 4);
    say_read("read nothing beyond", file, &beyond, 0);
    say_read("read at -3", file, &negative, 4);
    say_write("write at 2", file, &at, "ab");
    say_write("append", file, &end, "end");
    say_write("write at the position", file, &here, "!");
    say_facts("facts", file);
    set_number("to 0", file, POSITION_CLASS, 0);
    say_read("all", file, NULL, 40);
    set_number("position -1", file, POSITION_CLASS, -1);
    set_number("end at 5", file, END_OF_FILE_CLASS, 5);
    set_number("end at -5", file, END_OF_FILE_CLASS, -5);
    say_facts("facts", file);
    set_number("end at 5000", file, END_OF_FILE_CLASS, 5000);
    set_number("allocate 10000", file, ALLOCATION_CLASS, 10000);
    say_facts("facts", file);
    set_number("allocate 3", file, ALLOCATION_CLASS, 3);
    set_number("to 0", file, POSITION_CLASS, 0);
    say_read("all", file, NULL, 40);
    NtClose(file);
}

static HANDLE open_for(const wchar_t *name, ULONG access, ULONG options)
{
    HANDLE file;
    struct opening opening = {
        .name = name, .access = access, .share = SHARE_ALL, .disposition = FILE_OPEN, .options = options};
    say("open", open_with(&opening, &file));
    return file;
}

static void check_rights(void)
{
    LARGE_INTEGER start = {.QuadPart = 0};
    LONGLONG number = 1;
    IO_STATUS_BLOCK io;
    HANDLE reader = open_for(L"D:\\bytes", GENERIC_READ, FILE_SYNCHRONOUS_IO_NONALERT);
    HANDLE appender = open_for(L"D:\\bytes", FILE_APPEND_DATA | SYNCHRONIZE, FILE_SYNCHRONOUS_IO_NONALERT);
    HANDLE looker = open_for(L"D:\\bytes", FILE_READ_ATTRIBUTES, 0);
    HANDLE overlapped = open_for(L"D:\\bytes", GENERIC_READ | GENERIC_WRITE, 0);
    HANDLE folder = open_for(L"D:\\", GENERIC_READ, 0);
    HANDLE sectors = open_for(L"D:\\bytes", GENERIC_READ | SYNCHRONIZE,
                              FILE_SYNCHRONOUS_IO_NONALERT | FILE_NO_INTERMEDIATE_BUFFERING);
    say_write("write without the right", reader, &start, "x");
    say_read("read without the right", appender, &start, 1);
    say_write("append only, at 0", appender, &start, "more");
    say_facts("facts", reader);
    say_read("read by attributes", looker, &start, 1);
    say("its end", NtSetInformationFile(reader, &io, &number, sizeof number, END_OF_FILE_CLASS));
    say("flush without the right", NtFlushBuffersFile(reader, &io));
    say("flush", NtFlushBuffersFile(appender, &io));
    say_read("overlapped, no offset", overlapped, NULL, 1);
    say_read("overlapped, at 0", overlapped, &start, 1);
    say_read("a folder", folder, &start, 1);
    say_read("three bytes of a sector", sectors, &start, 3);
    say_read("an event", make_event(), &start, 3);
    say_read("no handle", (HANDLE)0x5554, &start, 3);
    say("read the information of a reader", NtQueryInformationFile(appender, &io, &number, sizeof number, 4));
    say("control", NtFsControlFile(reader, NULL, NULL, NULL, &io, 0x9C040, NULL, 0, NULL, 0));
    say("reparse point", NtFsControlFile(reader, NULL, NULL, NULL, &io, 0x900A8, NULL, 0, NULL, 0));
    NtClose(reader);
    NtClose(appender);
    NtClose(looker);
    NtClose(overlapped);
    NtClose(folder);
    NtClose(sectors);
}

/* --- Locks ------------------------------------------------------------------------------------------------------ */

enum kind { SHARED, EXCLUSIVE };

static NTSTATUS lock(HANDLE file, LONGLONG offset, LONGLONG length, ULONG key, enum kind kind)
{
    LARGE_INTEGER at = {.QuadPart = offset}, size = {.QuadPart = length};
    IO_STATUS_BLOCK io;
    return NtLockFile(file, NULL, NULL, NULL, &io, &at, &size, key, TRUE, kind == EXCLUSIVE);
}

static NTSTATUS unlock(HANDLE file, LONGLONG offset, LONGLONG length, ULONG key)
{
    LARGE_INTEGER at = {.QuadPart = offset}, size = {.QuadPart = length};
    IO_STATUS_BLOCK io;
    return NtUnlockFile(file, &io, &at, &size, key);
}

static void check_locks(void)
{
    LARGE_INTEGER at_0 = {.QuadPart = 0}, at_10 = {.QuadPart = 10}, at_18 = {.QuadPart = 18};
    make_file(L"D:\\locked", "abcdefghijklmnopqrstuvwxyz");
    HANDLE a = open_file(L"D:\\locked"), b = open_file(L"D:\\locked");
    say("a locks 10 to 20", lock(a, 10, 10, 0, EXCLUSIVE));
    say("b locks it", lock(b, 10, 10, 0, EXCLUSIVE));
    say("b shares 19", lock(b, 19, 1, 0, SHARED));
    say("b locks 20 to 25", lock(b, 20, 5, 0, EXCLUSIVE));
    say("a locks 15 again", lock(a, 15, 1, 0, EXCLUSIVE));
    say("a shares 15", lock(a, 15, 1, 0, SHARED));
    say_read("a reads it", a, &at_10, 10);
    say_read("b reads it", b, &at_10, 10);
    say_read("b reads into it", b, &at_0, 11);
    say_read("b reads before it", b, &at_0, 10);
    say_write("b writes it", b, &at_18, "x");
    say_write("a writes where it shares", a, &at_10, "XXXXXX");
    say_write("a writes where it does not", a, &at_18, "R");
    say("b unlocks a's", unlock(b, 10, 10, 0));
    say("a unlocks a part", unlock(a, 10, 5, 0));
    say("a unlocks it with a key", unlock(a, 10, 10, 7));
    say("a unlocks it", unlock(a, 10, 10, 0));
    say("twice", unlock(a, 10, 10, 0));
    say_read("b reads", b, &at_10, 10);
    say("b locks what is shared", lock(b, 15, 1, 0, EXCLUSIVE));
    say("b shares it", lock(b, 15, 1, 0, SHARED));
    NtClose(a);
    say("b alone shares it", unlock(b, 15, 1, 0));
    say("with a key", lock(b, 0, 1, 7, EXCLUSIVE));
    say_read("read without the key", b, &at_0, 1);
    say("far beyond the end", lock(b, 0x7FFFFFFFFFFFFFFF, 1, 0, EXCLUSIVE));
    say("beyond all", lock(b, -1, 2, 0, EXCLUSIVE));
    say("a folder", lock(open_for(L"D:\\", GENERIC_READ, 0), 0, 1, 0, EXCLUSIVE));
    NtClose(b);
}

/* --- What there is to know --------------------------------------------------------------------------------------- */

static void check_information(void)
{
    static const struct {
        ULONG class, length;
        const char *name;
    } classes[] = {
        {4, 40, "basic"},         {5, 24, "standard"}, {6, 8, "internal"},  {7, 4, "EA"},
        {8, 4, "access"},         {9, 8, "name"},      {14, 8, "position"}, {16, 4, "mode"},
        {17, 4, "alignment"},     {18, 104, "all"},    {22, 32, "stream"},  {34, 56, "network open"},
        {35, 8, "attribute tag"}, {0, 8, "class 0"},   {60, 8, "class 60"},
    };
    unsigned char buffer[512];
    IO_STATUS_BLOCK io;
    HANDLE file = open_file(L"D:\\bytes"), folder = open_for(L"D:\\", GENERIC_READ, 0);
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        memset(buffer, 0, sizeof buffer);
        NTSTATUS one_less = NtQueryInformationFile(file, &io, buffer, classes[i].length - 1, classes[i].class);
        io.Information = 0;
        NTSTATUS enough = NtQueryInformationFile(file, &io, buffer, sizeof buffer, classes[i].class);
        printf("%s: %s; %s, %lu bytes\n", classes[i].name, status_name(one_less), status_name(enough),
               (unsigned long)io.Information);
    }
    NtQueryInformationFile(file, &io, buffer, sizeof buffer, 9);
    printf("name: %lu bytes '%.*ls'\n", *(ULONG *)buffer, (int)(*(ULONG *)buffer / 2), (wchar_t *)(buffer + 4));
    say("half of the name", NtQueryInformationFile(file, &io, buffer, 8, 9));
    NtQueryInformationFile(folder, &io, buffer, sizeof buffer, 9);
    printf("the drive's name: '%.*ls'\n", (int)(*(ULONG *)buffer / 2), (wchar_t *)(buffer + 4));
    HANDLE again = open_file(L"D:\\BYTES");
    ULONGLONG first = 0, second = 1;
    NtQueryInformationFile(file, &io, &first, 8, 6);
    NtQueryInformationFile(again, &io, &second, 8, 6);
    printf("the same file: %s\n", first == second ? "the same number" : "another number");
    NtClose(again);
    NtClose(file);
    NtClose(folder);
}

static void check_volume(void)
{
    unsigned char buffer[256] = {0};
    ULONG *words = (ULONG *)buffer;
    IO_STATUS_BLOCK io;
    HANDLE drive = open_for(L"D:\\", FILE_READ_ATTRIBUTES, 0);
    for (ULONG class = 0; class <= 10; class ++) {
        NTSTATUS status = class == 2 || class == 6 || class == 8 || class == 9 /* not modelled: said to the user */
                              ? 0
                              : NtQueryVolumeInformationFile(drive, &io, buffer, sizeof buffer, class);
        if (class != 2 && class != 6 && class != 8 && class != 9)
            printf("volume class %lu: %s\n", class, status_name(status));
    }
    NtQueryVolumeInformationFile(drive, &io, buffer, sizeof buffer, 3);
    printf("size: %lu clusters, %lu free, %lu sectors of %lu bytes\n", words[0], words[2], words[4], words[5]);
    NtQueryVolumeInformationFile(drive, &io, buffer, sizeof buffer, 1);
    printf("serial number: %lx\n", words[2]);
    NtQueryVolumeInformationFile(drive, &io, buffer, sizeof buffer, 5);
    printf("file system: %.4ls, flags %lx, names of %lu\n", (wchar_t *)(buffer + 12), words[0], words[1]);
    say("too short", NtQueryVolumeInformationFile(drive, &io, buffer, 23, 3));
    NtClose(drive);
}

int main(void)
{
    check_offsets();
    check_rights();
    check_locks();
    check_information();
    check_volume();
    return 0;
}
