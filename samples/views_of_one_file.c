// SPDX-License-Identifier: GPL-2.0-or-later
/* views_of_one_file.c - three views of a file (written, read, copied on write), and memory that is reserved as a
 * section and committed page by page.
 *
 * In the trace: the first view's read of a page is a HardFault; the others' are Prototype faults, for the page is in
 * memory; the store into the copy is a CopyOnWrite fault, and that page is the copy's own from then on.  A page that is
 * committed in one view of a reserved section is so in the other: one prototype PTE says it for both. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

#define PAGE 4096
#define UNIT 65536

static const char *state_of(const void *address)
{
    MEMORY_BASIC_INFORMATION info;
    if (VirtualQuery(address, &info, sizeof(info)) != sizeof(info))
        return "VirtualQuery failed";
    if (info.Type != MEM_MAPPED && info.Type != MEM_PRIVATE)
        return "no view";
    if (info.State == MEM_RESERVE)
        return "reserved";
    switch (info.Protect) {
    case PAGE_READONLY: return "PAGE_READONLY";
    case PAGE_READWRITE: return "PAGE_READWRITE";
    case PAGE_WRITECOPY: return "PAGE_WRITECOPY";
    default: return "something else";
    }
}

static void show_file(const char *name)
{
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 2 * PAGE, NULL);
    char *written = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    char *read = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    char *copied = MapViewOfFile(section, FILE_MAP_COPY, 0, 0, 0);
    char bytes[16] = "";
    DWORD done;
    if (!written || !read || !copied)
        return;
    strcpy(written, "one");
    printf("written: '%s', read: '%s', copied: '%s'\n", written, read, copied);
    printf("the copy's first page is %s\n", state_of(copied));
    copied[0] = 'O';
    printf("stored into the copy: '%s', '%s', '%s'\n", written, read, copied);
    printf("the copy's first page is %s\n", state_of(copied));
    printf("and its second %s\n", state_of(copied + PAGE));
    written[1] = 'N';
    printf("stored into the written view: '%s', '%s', '%s'\n", written, read, copied);
    ReadFile(file, bytes, 3, &done, NULL);
    printf("ReadFile: '%s'\n", bytes);
    SetFilePointer(file, PAGE, NULL, FILE_BEGIN);
    WriteFile(file, "two", 3, &done, NULL);
    printf("WriteFile, on the second page: '%s', '%s', '%s'\n", written + PAGE, read + PAGE, copied + PAGE);
    UnmapViewOfFile(written);
    UnmapViewOfFile(read);
    UnmapViewOfFile(copied);
    CloseHandle(section);
    CloseHandle(file);
}

static void show_reserved(void)
{
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 16 * UNIT, NULL);
    char *one = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0), *two = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    if (!one || !two)
        return;
    printf("a reserved section is %s\n", state_of(one));
    VirtualAlloc(one + 3 * PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE);
    strcpy(one + 3 * PAGE, "committed");
    printf("a page of it: '%s' in the other view\n", two + 3 * PAGE);
    printf("which is %s there\n", state_of(two + 3 * PAGE));
    printf("and the page after it %s\n", state_of(two + 4 * PAGE));
    printf("to decommit it: %s\n", VirtualFree(one + 3 * PAGE, PAGE, MEM_DECOMMIT) ? "done" : "refused");
}

int main(int argc, char **argv)
{
    show_file(argc > 1 ? argv[1] : "views.dat");
    show_reserved();
    return 0;
}
