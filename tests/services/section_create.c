/* SPDX-License-Identifier: GPL-2.0-or-later */
/* section_create.c - NtCreateSection, NtOpenSection, NtQuerySection, NtExtendSection (nt-reference 5.8). */
#include "section_service.h"

static const struct {
    const char *name;
    ULONG bits;
} words[] = {
    {"none", 0},
    {"COMMIT", SEC_COMMIT},
    {"RESERVE", SEC_RESERVE},
    {"IMAGE", SEC_IMAGE},
    {"FILE", SEC_FILE},
    {"COMMIT|RESERVE", SEC_COMMIT | SEC_RESERVE},
    {"COMMIT|NOCACHE", SEC_COMMIT | SEC_NOCACHE},
    {"IMAGE|COMMIT", SEC_IMAGE | SEC_COMMIT},
    {"IMAGE|RESERVE", SEC_IMAGE | SEC_RESERVE},
    {"IMAGE|NOCACHE", SEC_IMAGE | SEC_NOCACHE},
    {"IMAGE|NO_CHANGE", SEC_IMAGE | 0x400000},
    {"IMAGE|LARGE_PAGES", SEC_IMAGE | 0x80000000},
    {"bit 0", SEC_COMMIT | 1},
    {"bit 1000", SEC_COMMIT | 0x1000},
};

static const ULONG protections[] = {
    0,
    PAGE_NOACCESS,
    PAGE_READONLY,
    PAGE_READWRITE,
    PAGE_WRITECOPY,
    PAGE_EXECUTE,
    PAGE_EXECUTE_READ,
    PAGE_EXECUTE_READWRITE,
    PAGE_EXECUTE_WRITECOPY,
    PAGE_READWRITE | PAGE_GUARD,
    PAGE_READWRITE | PAGE_NOCACHE,
    PAGE_READWRITE | PAGE_READONLY,
    0x10000,
};

static NTSTATUS try_create(ULONG access, LONGLONG size, ULONG protect, ULONG attributes, HANDLE file)
{
    HANDLE section = NULL;
    LARGE_INTEGER bytes = {.QuadPart = size};
    NTSTATUS status = NtCreateSection(&section, access, NULL, size ? &bytes : NULL, protect, attributes, file);
    if (NT_SUCCESS(status))
        NtClose(section);
    return status;
}

static void check_words(void)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        printf("attributes %s: ", words[i].name);
        printf("%s\n", status_name(try_create(SECTION_ALL, PAGE, PAGE_READWRITE, words[i].bits, NULL)));
    }
    for (size_t i = 0; i < sizeof protections / sizeof *protections; i++)
        printf("protection %lx: %s\n", protections[i],
               status_name(try_create(SECTION_ALL, PAGE, protections[i], SEC_COMMIT, NULL)));
    say("attributes before protection", try_create(SECTION_ALL, PAGE, 0, 0, NULL));
    say("protection before size", try_create(SECTION_ALL, 0, 0, SEC_COMMIT, NULL));
}

static void check_sizes(void)
{
    HANDLE empty = open_file(L"D:\\empty"), file = open_file(L"D:\\file"), folder = NULL;
    struct opening opening = {.name = L"D:\\folder",
                              .access = GENERIC_READ,
                              .share = SHARE_ALL,
                              .disposition = FILE_OPEN,
                              .options = FILE_DIRECTORY_FILE};
    open_with(&opening, &folder);
    say("no file, no size", try_create(SECTION_ALL, 0, PAGE_READWRITE, SEC_COMMIT, NULL));
    say("no file, one byte", try_create(SECTION_ALL, 1, PAGE_READWRITE, SEC_COMMIT, NULL));
    say("no file, size -1", try_create(SECTION_ALL, -1, PAGE_READWRITE, SEC_COMMIT, NULL));
    say("no file, 2 to the 50th", try_create(SECTION_ALL, 1ll << 50, PAGE_READWRITE, SEC_RESERVE, NULL));
    say("no file, more than the commit limit", try_create(SECTION_ALL, 1ll << 30, PAGE_READWRITE, SEC_COMMIT, NULL));
    say("no file, as much reserved", try_create(SECTION_ALL, 1ll << 30, PAGE_READWRITE, SEC_RESERVE, NULL));
    say("an image of no file", try_create(SECTION_ALL, 0, PAGE_READONLY, SEC_IMAGE, NULL));
    say("an image of an empty file", try_create(SECTION_ALL, 0, PAGE_READONLY, SEC_IMAGE, empty));
    say("an image of text", try_create(SECTION_ALL, 0, PAGE_READONLY, SEC_IMAGE, file));
    say("a folder", try_create(SECTION_ALL, 0, PAGE_READONLY, SEC_COMMIT, folder));
    say("an event as file", try_create(SECTION_ALL, 0, PAGE_READONLY, SEC_COMMIT, make_event()));
    say("no handle as file", try_create(SECTION_ALL, 0, PAGE_READONLY, SEC_COMMIT, (HANDLE)0x7FF0));
    say("an empty file, no size", try_create(SECTION_ALL, 0, PAGE_READWRITE, SEC_COMMIT, empty));
    say("an empty file, read-only, size", try_create(SECTION_ALL, PAGE, PAGE_READONLY, SEC_COMMIT, empty));
    say("a file, no size", try_create(SECTION_ALL, 0, PAGE_READWRITE, SEC_COMMIT, file));
    say("a file, part of it", try_create(SECTION_ALL, 3, PAGE_READONLY, SEC_COMMIT, file));
    say("a file, read-only, more than it", try_create(SECTION_ALL, 100, PAGE_READONLY, SEC_COMMIT, file));
    say("a file, copied, more than it", try_create(SECTION_ALL, 100, PAGE_WRITECOPY, SEC_COMMIT, file));
    printf("it has %lu bytes\n", GetFileSize(file, NULL));
    say("a file, written, more than it", try_create(SECTION_ALL, 5000, PAGE_READWRITE, SEC_COMMIT, file));
    printf("it has %lu bytes\n", GetFileSize(file, NULL));
    say("a file, reserved", try_create(SECTION_ALL, 0, PAGE_READWRITE, SEC_RESERVE, file));
    NtClose(folder);
    NtClose(file);
    NtClose(empty);
}

/* Which rights on the file each protection needs. */
static void check_file_rights(void)
{
    static const struct {
        const char *name;
        ULONG access;
    } rights[] = {{"read", FILE_READ_DATA},
                  {"write", FILE_WRITE_DATA},
                  {"execute", FILE_EXECUTE},
                  {"read, write", FILE_READ_DATA | FILE_WRITE_DATA},
                  {"read, execute", FILE_READ_DATA | FILE_EXECUTE},
                  {"all three", FILE_READ_DATA | FILE_WRITE_DATA | FILE_EXECUTE}};
    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
        struct opening opening = {.name = L"D:\\file",
                                  .access = rights[i].access | SYNCHRONIZE,
                                  .share = SHARE_ALL,
                                  .disposition = FILE_OPEN,
                                  .options = FILE_SYNCHRONOUS_IO_NONALERT};
        HANDLE file = NULL;
        open_with(&opening, &file);
        printf("a handle to %s makes", rights[i].name);
        for (size_t p = 2; p < 9; p++)
            if (try_create(SECTION_ALL, 0, protections[p], SEC_COMMIT, file) == 0)
                printf(" %lx", protections[p]);
        printf("\n");
        NtClose(file);
    }
}

struct basic {
    void *base;
    ULONG attributes;
    LARGE_INTEGER size;
};

static void say_basic(const char *name, HANDLE section)
{
    struct basic basic = {0};
    SIZE_T returned = 0;
    NTSTATUS status = NtQuerySection(section, 0, &basic, sizeof basic, &returned);
    printf("%s: %s, attributes %lx, size %lx%s%s\n", name, status_name(status), basic.attributes,
           (ULONG)basic.size.QuadPart, basic.base ? ", based" : "", returned == sizeof basic ? "" : ", wrong length");
}

static HANDLE image_section(const char *name)
{
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_EXECUTE, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE section = make_section(0, PAGE_EXECUTE_READ, SEC_IMAGE, file);
    NtClose(file);
    return section;
}

static void check_query(void)
{
    HANDLE file = open_file(L"D:\\file"), memory = make_section(5000, PAGE_READWRITE, SEC_COMMIT, NULL);
    HANDLE image = image_section("C:\\work\\program.exe"), weak = NULL;
    HANDLE reserved = make_section(UNIT, PAGE_READWRITE, SEC_RESERVE, NULL);
    HANDLE based = make_section(UNIT, PAGE_READWRITE, SEC_COMMIT | SEC_BASED, NULL);
    HANDLE whole = make_section(0, PAGE_READONLY, SEC_COMMIT, file),
           part = make_section(3, PAGE_READONLY, SEC_COMMIT, file);
    UCHAR room[0x80];
    SIZE_T returned = 77;
    say_basic("memory", memory);
    say_basic("reserved", reserved);
    say_basic("based", based);
    say_basic("a file", whole);
    say_basic("part of a file", part);
    struct basic basic;
    NtQuerySection(image, 0, &basic, sizeof basic, NULL);
    printf("an image: attributes %lx\n", basic.attributes);
    say("image information", NtQuerySection(image, 1, room, sizeof(void *) == 8 ? 0x40 : 0x30, &returned));
    printf("its length: %s\n", returned == (sizeof(void *) == 8 ? 0x40 : 0x30) ? "right" : "wrong");
    say("image information of data", NtQuerySection(whole, 1, room, sizeof room, NULL));
    say("too little room", NtQuerySection(memory, 0, room, sizeof basic - 1, NULL));
    say("too little room for an image's", NtQuerySection(image, 1, room, 0x2F, NULL));
    say("more room than needed", NtQuerySection(memory, 0, room, sizeof room, &returned));
    say("class 2", NtQuerySection(memory, 2, room, sizeof room, NULL));
    say("class before handle", NtQuerySection(NULL, 2, room, sizeof room, NULL));
    say("length before handle", NtQuerySection(NULL, 0, room, 1, NULL));
    say("handle 0", NtQuerySection(NULL, 0, room, sizeof room, NULL));
    say("a file's handle", NtQuerySection(file, 0, room, sizeof room, NULL));
    DuplicateHandle(THIS_PROCESS, memory, THIS_PROCESS, &weak, SECTION_MAP_READ, FALSE, 0);
    say("without the right", NtQuerySection(weak, 0, room, sizeof room, NULL));
    say("no buffer", NtQuerySection(memory, 0, NULL, sizeof basic, NULL));
    HANDLE all[] = {file, memory, image, weak, reserved, based, whole, part};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        NtClose(all[i]);
}

static void say_extend(const char *name, HANDLE section, LONGLONG size)
{
    LARGE_INTEGER bytes = {.QuadPart = size};
    NTSTATUS status = NtExtendSection(section, &bytes);
    printf("extend %s: %s, %lx\n", name, status_name(status), (ULONG)bytes.QuadPart);
}

static void check_extend(void)
{
    HANDLE file = open_file(L"D:\\file"), memory = make_section(PAGE, PAGE_READWRITE, SEC_COMMIT, NULL);
    HANDLE section = make_section(0, PAGE_READWRITE, SEC_COMMIT, file), image = image_section("C:\\work\\program.exe");
    HANDLE readonly = make_section(3, PAGE_READONLY, SEC_COMMIT, file);
    HANDLE copied = make_section(0, PAGE_WRITECOPY, SEC_COMMIT, file);
    HANDLE weak = NULL;
    void *base, *again;
    SIZE_T size;
    DuplicateHandle(THIS_PROCESS, section, THIS_PROCESS, &weak, SECTION_QUERY, FALSE, 0);
    say("map", map_whole(section, PAGE_READWRITE, &base, &size));
    printf("a view of %lx bytes\n", (ULONG)size);
    say_extend("memory", memory, 2 * PAGE);
    say_extend("an image", image, 1 << 24);
    say_extend("without the right", weak, 20000);
    say_extend("handle 0", NULL, 20000);
    say_extend("one for reading, beyond the file", readonly, 20000);
    say_extend("one for copies, beyond the file", copied, 20000);
    say_extend("one for reading, within the file", readonly, 4000);
    printf("the file has %lu bytes\n", GetFileSize(file, NULL));
    say_extend("to less", section, 10);
    say_extend("to more", section, 20000);
    printf("the file has %lu bytes\n", GetFileSize(file, NULL));
    say_basic("the section", section);
    say("map again", map_whole(section, PAGE_READWRITE, &again, &size));
    printf("a view of %lx bytes\n", (ULONG)size);
    ((char *)again)[19999] = 'z';
    printf("beyond the first view: %lx\n", poke((char *)base + 19999));
    NtUnmapViewOfSection(THIS_PROCESS, base);
    NtUnmapViewOfSection(THIS_PROCESS, again);
    HANDLE all[] = {file, memory, section, readonly, copied, image, weak};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        NtClose(all[i]);
}

static NTSTATUS create_named(const wchar_t *name, ULONG flags, ULONG access, LONGLONG size, HANDLE *ret_section)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING string;
    LARGE_INTEGER bytes = {.QuadPart = size};
    init_attributes(&attributes, &string, name, NULL);
    attributes.Attributes |= flags;
    return NtCreateSection(ret_section, access, &attributes, &bytes, PAGE_READWRITE, SEC_COMMIT, NULL);
}

static NTSTATUS open_named(const wchar_t *name, ULONG access, HANDLE *ret_section)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING string;
    init_attributes(&attributes, &string, name, NULL);
    return NtOpenSection(ret_section, access, &attributes);
}

static void check_names(void)
{
    enum { OPENIF = 0x80 };
    HANDLE one = NULL, two = NULL, event = CreateEventA(NULL, TRUE, FALSE, "an event");
    const wchar_t *name = L"\\BaseNamedObjects\\shared";
    say("open before it is made", open_named(name, SECTION_MAP_READ, &two));
    say("make", create_named(name, 0, SECTION_ALL, PAGE, &one));
    say("make again", create_named(name, 0, SECTION_ALL, PAGE, &two));
    say("make or open", create_named(name, OPENIF, SECTION_ALL, 5 * PAGE, &two));
    say_basic("what was opened", two);
    NtClose(two);
    say("make or open, no size", create_named(name, OPENIF, SECTION_ALL, 0, &two));
    say("make or open what is an event",
        create_named(L"\\BaseNamedObjects\\an event", OPENIF, SECTION_ALL, PAGE, &two));
    say("open", open_named(name, SECTION_MAP_READ, &two));
    void *base;
    SIZE_T size;
    say("map it to read", map_whole(two, PAGE_READONLY, &base, &size));
    say("map it to write", map_whole(two, PAGE_READWRITE, &base, &size));
    NtClose(two);
    say("open what is an event", open_named(L"\\BaseNamedObjects\\an event", SECTION_MAP_READ, &two));
    say("open nothing", open_named(L"\\BaseNamedObjects\\nothing", SECTION_MAP_READ, &two));
    say("open in no folder", open_named(L"\\Nowhere\\nothing", SECTION_MAP_READ, &two));
    NtClose(one);
    say("open after the last close: a view keeps the pages, no name", open_named(name, SECTION_MAP_READ, &two));
    NtClose(event);
}

int main(void)
{
    make_file(L"D:\\empty", "");
    make_file(L"D:\\file", "0123456789");
    make_folder(L"D:\\folder");
    check_words();
    check_sizes();
    check_file_rights();
    check_query();
    check_extend();
    check_names();
    return 0;
}
