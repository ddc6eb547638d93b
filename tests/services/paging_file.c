/* SPDX-License-Identifier: GPL-2.0-or-later */
/* paging_file.c - NtCreatePagingFile: who may, names, sizes, how many; what it does for commit. */
#include <stdlib.h>

#include "service.h"

typedef struct {
    USHORT length, room;
    const WCHAR *text;
} STRING;
NTSTATUS NTAPI NtCreatePagingFile(const STRING *name, const LARGE_INTEGER *minimum, const LARGE_INTEGER *maximum,
                                  ULONG priority);

enum { PRIVILEGE_CREATE_PAGEFILE = 15, SYSTEM_PERFORMANCE = 2, SYSTEM_PAGE_FILE = 18, MEGABYTE = 1 << 20 };
#define SIZE(megabytes) ((LONGLONG)(megabytes)*MEGABYTE)

static NTSTATUS create(const WCHAR *name, LONGLONG minimum, LONGLONG maximum)
{
    STRING string = {(USHORT)(2 * lstrlenW(name)), (USHORT)(2 * lstrlenW(name)), name};
    LARGE_INTEGER sizes[2] = {{.QuadPart = minimum}, {.QuadPart = maximum}};
    return NtCreatePagingFile(&string, &sizes[0], &sizes[1], 0);
}

/* CommitLimit, in pages. */
static long commit_limit(void)
{
    static ULONG info[100];
    NtQuerySystemInformation(SYSTEM_PERFORMANCE, info, sizeof info, NULL);
    return (long)info[0x34 / 4];
}

/* What class 18 says: each page file's size in pages, and its name. */
static void list_all(void)
{
    static union {
        ULONG words[4];
        char bytes[40 << 10];
    } all;
    ULONG length, next = 0;
    if (!NT_SUCCESS(NtQuerySystemInformation(SYSTEM_PAGE_FILE, &all, sizeof all, &length)))
        return;
    for (char *at = all.bytes;; at += next) {
        ULONG *record = (ULONG *)(void *)at;
        STRING *name = (STRING *)(void *)(at + 16);
        printf("  %lu pages: %.*ls\n", (unsigned long)record[1], name->length / 2, name->text);
        next = record[0];
        if (next == 0)
            break;
    }
}

static void rights(void)
{
    say("without the privilege", create(L"\\??\\C:\\page.sys", SIZE(2), SIZE(4)));
    say("the privilege", set_privilege(PRIVILEGE_CREATE_PAGEFILE, PRIVILEGE_ON));
}

static void names(void)
{
    static const struct {
        const char *what;
        const WCHAR *name;
    } rows[] = {{"no name", L""},
                {"a relative name", L"page.sys"},
                {"a Win32 name", L"C:\\page.sys"},
                {"no drive", L"\\??\\page.sys"},
                {"a drive that is not there", L"\\??\\Q:\\page.sys"},
                {"a folder that is not there", L"\\??\\C:\\nowhere\\page.sys"},
                {"a folder", L"\\??\\C:\\work"},
                {"a file that is there", L"\\??\\C:\\WINDOWS\\system32\\ntdll.dll"},
                {"a bad character", L"\\??\\C:\\page?.sys"},
                {"a folder by its end", L"\\??\\C:\\page.sys\\"},
                {"out of the folder", L"\\??\\C:\\work\\..\\..\\..\\page.sys"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        say(rows[i].what, create(rows[i].name, SIZE(2), SIZE(4)));
}

static void sizes(void)
{
    static const struct {
        const char *what;
        LONGLONG minimum, maximum;
    } rows[] = {{"nothing", 0, 0},
                {"less than 1 MB", MEGABYTE - 1, SIZE(4)},
                {"maximum below minimum", SIZE(4), SIZE(4) - 4096},
                {"negative minimum", -SIZE(2), SIZE(4)},
                {"negative maximum", SIZE(2), -1},
                {"more than the drive has", SIZE(2), SIZE(4097)}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        say(rows[i].what, create(L"\\??\\C:\\page.sys", rows[i].minimum, rows[i].maximum));
}

static void pointers(void)
{
    LARGE_INTEGER size = {.QuadPart = SIZE(2)};
    STRING string = {0, 0, NULL};
    for (enum place i = PLACE_GOOD + 1; i < PLACES; i++) {
        char what[64];
        if (i == PLACE_READONLY)
            continue;
        snprintf(what, sizeof what, "minimum in a %s", place_names[i]);
        say(what, NtCreatePagingFile(&string, make_place(i, &size, sizeof size), &size, 0));
        snprintf(what, sizeof what, "maximum in a %s", place_names[i]);
        say(what, NtCreatePagingFile(&string, &size, make_place(i, &size, sizeof size), 0));
        snprintf(what, sizeof what, "name in a %s", place_names[i]);
        say(what, NtCreatePagingFile(make_place(i, &string, sizeof string), &size, &size, 0));
    }
}

static void make(const char *what, const WCHAR *name, LONGLONG minimum, LONGLONG maximum)
{
    long before = commit_limit();
    say(what, create(name, minimum, maximum));
    printf("  commit limit %+ld pages\n", commit_limit() - before);
}

/* More data than fitted before, all of it kept. */
static void use(void)
{
    SIZE_T size = SIZE(40), pages = size / PAGE, wrong = 0;
    unsigned *memory = VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!memory) {
        printf("40 MB: error %lu\n", (unsigned long)GetLastError());
        return;
    }
    for (SIZE_T i = 0; i < pages; i++)
        memory[i * (PAGE / 4)] = (unsigned)i * 7;
    for (SIZE_T i = 0; i < pages; i++)
        wrong += memory[i * (PAGE / 4)] != (unsigned)i * 7;
    printf("40 MB: %lu pages wrong\n", (unsigned long)wrong);
    VirtualFree(memory, 0, MEM_RELEASE);
}

static void fill_up(void)
{
    NTSTATUS status = 0;
    int made = 0;
    for (WCHAR c = 'a'; NT_SUCCESS(status) && c <= 'z'; c++) {
        WCHAR name[] = L"\\??\\C:\\page_.sys";
        name[11] = c;
        status = create(name, SIZE(1), SIZE(1));
        made += NT_SUCCESS(status);
    }
    printf("%d more, then %s\n", made, status_name(status));
}

int main(void)
{
    rights();
    names();
    sizes();
    pointers();
    use();
    make("a new one", L"\\??\\C:\\page.sys", SIZE(2), SIZE(4));
    make("grown, in other letters", L"\\DosDevices\\c:\\PAGE.SYS", SIZE(30), SIZE(64));
    make("smaller than it is", L"\\??\\C:\\page.sys", SIZE(2), SIZE(4));
    make("smaller, but it may be as large", L"\\??\\C:\\page.sys", SIZE(2), SIZE(64));
    make("the machine's own", L"\\??\\C:\\pagefile.sys", SIZE(17), SIZE(18));
    make("half a page too much", L"\\??\\C:\\work\\page.sys", SIZE(1) + 2048, SIZE(1) + 2048);
    list_all();
    use();
    fill_up();
    return 0;
}
