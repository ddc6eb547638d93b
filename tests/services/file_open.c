/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_open.c - NtCreateFile and NtOpenFile: dispositions, options, sharing, attributes, names. */
#include "file_service.h"

static const char *const did[] = {"superseded", "opened", "created", "overwritten"};

static void say_opening(const char *name, struct opening *opening)
{
    HANDLE file;
    NTSTATUS status = open_with(opening, &file);
    if (NT_SUCCESS(status)) {
        printf("%s: %s\n", name, opening->information < 4 ? did[opening->information] : "?");
        NtClose(file);
    } else {
        say(name, status);
    }
}

/* --- Dispositions: on nothing, on a file, on a folder --------------------------------------------------------- */

static const char *const dispositions[] = {"supersede", "open", "create", "open if", "overwrite", "overwrite if"};

static void check_dispositions(void)
{
    make_file(L"D:\\file", "text");
    make_folder(L"D:\\folder");
    for (ULONG i = 0; i < 7; i++) {
        static const wchar_t *const names[] = {L"D:\\none", L"D:\\file", L"D:\\folder", L"D:\\none\\none"};
        static const char *const what[] = {"nothing", "a file", "a folder", "no folder"};
        for (unsigned j = 0; j < 4; j++) {
            char name[64];
            struct opening opening = {
                .name = names[j], .access = GENERIC_READ, .share = SHARE_ALL, .disposition = i, .options = 0};
            snprintf(name, sizeof name, "%s %s", i < 6 ? dispositions[i] : "disposition 6:", what[j]);
            say_opening(name, &opening);
        }
        DeleteFileW(L"D:\\none");
    }
}

/* --- Options ---------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    struct opening opening;
} options[] = {
    {"a file as folder", {L"D:\\file", GENERIC_READ, 0, SHARE_ALL, FILE_OPEN, FILE_DIRECTORY_FILE, NULL, 0}},
    {"a folder as file", {L"D:\\folder", GENERIC_READ, 0, SHARE_ALL, FILE_OPEN, FILE_NON_DIRECTORY_FILE, NULL, 0}},
    {"a folder as folder", {L"D:\\folder", GENERIC_READ, 0, SHARE_ALL, FILE_OPEN, FILE_DIRECTORY_FILE, NULL, 0}},
    {"a folder for anything", {L"D:\\folder", GENERIC_READ, 0, SHARE_ALL, FILE_OPEN, 0, NULL, 0}},
    {"both kinds", {L"D:\\file", GENERIC_READ, 0, SHARE_ALL, FILE_OPEN, 0x41, NULL, 0}},
    {"overwrite a folder", {L"D:\\folder", GENERIC_READ, 0, SHARE_ALL, FILE_OVERWRITE, FILE_DIRECTORY_FILE, NULL, 0}},
    {"both synchronous", {L"D:\\file", GENERIC_READ | SYNCHRONIZE, 0, SHARE_ALL, FILE_OPEN, 0x30, NULL, 0}},
    {"synchronous without the right", {L"D:\\file", FILE_READ_DATA, 0, SHARE_ALL, FILE_OPEN, 0x20, NULL, 0}},
    {"delete on close without the right", {L"D:\\file", GENERIC_READ, 0, SHARE_ALL, FILE_OPEN, 0x1000, NULL, 0}},
    {"an option that there is not", {L"D:\\file", GENERIC_READ, 0, SHARE_ALL, FILE_OPEN, 0x1000000, NULL, 0}},
    {"a share that there is not", {L"D:\\file", GENERIC_READ, 0, 8, FILE_OPEN, 0, NULL, 0}},
    {"an attribute that there is not", {L"D:\\file", GENERIC_READ, 0x10000, SHARE_ALL, FILE_OPEN, 0, NULL, 0}},
    {"a backslash behind a file", {L"D:\\file\\", GENERIC_READ, 0, SHARE_ALL, FILE_OPEN, 0, NULL, 0}},
    {"a backslash behind a folder", {L"D:\\folder\\", GENERIC_READ, 0, SHARE_ALL, FILE_OPEN, 0, NULL, 0}},
    {"a file as a folder on the way", {L"D:\\file\\none", GENERIC_READ, 0, SHARE_ALL, FILE_OPEN, 0, NULL, 0}},
    {"another spelling", {L"d:\\FiLe", GENERIC_READ, 0, SHARE_ALL, FILE_OPEN, 0, NULL, 0}},
    {"the drive", {L"D:\\", GENERIC_READ, 0, SHARE_ALL, FILE_OPEN, 0, NULL, 0}},
    {"a drive that there is not", {L"X:\\", GENERIC_READ, 0, SHARE_ALL, FILE_OPEN, 0, NULL, 0}},
    {"above the program's folder", {L"C:\\", GENERIC_READ, 0, SHARE_ALL, FILE_OPEN, FILE_DIRECTORY_FILE, NULL, 0}},
    {"make something there", {L"C:\\new", GENERIC_WRITE, 0, SHARE_ALL, FILE_CREATE, 0, NULL, 0}},
    {"make something in a read-only folder", {L"E:\\new", GENERIC_WRITE, 0, 0, FILE_CREATE, 0, NULL, 0}},
    {"make something beside the program", {L"C:\\work\\new", GENERIC_WRITE, 0, 0, FILE_CREATE, 0, NULL, 0}},
    {"a console", {L"CONOUT$", GENERIC_WRITE, 0, SHARE_ALL, FILE_OPEN, 0, NULL, 0}},
    {"nothing", {L"NUL", GENERIC_WRITE, 0, SHARE_ALL, FILE_OPEN_IF, 0, NULL, 0}},
};

static void check_options(void)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct opening opening = options[i].opening;
        say_opening(options[i].name, &opening);
    }
}

/* --- Sharing ------------------------------------------------------------------------------------------------------ */

static const struct {
    ULONG access, share;
} sharers[] = {
    {FILE_READ_DATA, SHARE_READ},
    {FILE_READ_DATA, SHARE_ALL},
    {FILE_WRITE_DATA, SHARE_READ},
    {FILE_WRITE_DATA, SHARE_READ | SHARE_WRITE},
    {DELETE, SHARE_ALL},
    {FILE_READ_DATA, SHARE_NONE},
    {FILE_READ_ATTRIBUTES, SHARE_NONE},
    {FILE_EXECUTE, SHARE_READ},
};

static void say_sharer(ULONG access, ULONG share)
{
    printf("%s%s%s%s%s/%s%s%s", access == FILE_READ_ATTRIBUTES ? "a" : "", access == FILE_EXECUTE ? "x" : "",
           access & FILE_READ_DATA ? "r" : "", access & FILE_WRITE_DATA ? "w" : "", access & DELETE ? "d" : "",
           share & SHARE_READ ? "r" : "-", share & SHARE_WRITE ? "w" : "-", share & SHARE_DELETE ? "d" : "-");
}

/* Each beside each: access/share of the first, then who may come. */
static void check_sharing(void)
{
    enum { N = sizeof sharers / sizeof *sharers };
    for (unsigned i = 0; i < N; i++) {
        HANDLE first, second;
        struct opening opening = {
            .name = L"D:\\file", .access = sharers[i].access, .share = sharers[i].share, .disposition = FILE_OPEN};
        open_with(&opening, &first);
        printf("beside ");
        say_sharer(sharers[i].access, sharers[i].share);
        printf(":");
        for (unsigned j = 0; j < N; j++) {
            opening.access = sharers[j].access;
            opening.share = sharers[j].share;
            NTSTATUS status = open_with(&opening, &second);
            if (!NT_SUCCESS(status) && status != (NTSTATUS)0xC0000043) {
                printf(" %s", status_name(status));
                continue;
            }
            if (!NT_SUCCESS(status))
                continue;
            printf(" ");
            say_sharer(sharers[j].access, sharers[j].share);
            NtClose(second);
        }
        printf("\n");
        NtClose(first);
    }
}

/* --- Attributes ----------------------------------------------------------------------------------------------- */

static void set_attributes(const wchar_t *name, ULONG attributes)
{
    FILE_BASIC_INFORMATION basic = {.FileAttributes = attributes};
    HANDLE file;
    IO_STATUS_BLOCK io;
    struct opening opening = {
        .name = name, .access = FILE_WRITE_ATTRIBUTES, .share = SHARE_ALL, .disposition = FILE_OPEN};
    open_with(&opening, &file);
    say("attributes", NtSetInformationFile(file, &io, &basic, sizeof basic, 4));
    NtClose(file);
}

static void check_attributes(void)
{
    static const struct {
        const char *name;
        struct opening opening;
    } tries[] = {
        {"read a read-only file", {L"D:\\file", GENERIC_READ, 0, SHARE_ALL, FILE_OPEN, 0, NULL, 0}},
        {"write it", {L"D:\\file", GENERIC_WRITE, 0, SHARE_ALL, FILE_OPEN, 0, NULL, 0}},
        {"append to it", {L"D:\\file", FILE_APPEND_DATA, 0, SHARE_ALL, FILE_OPEN, 0, NULL, 0}},
        {"overwrite it", {L"D:\\file", GENERIC_READ, 0, SHARE_ALL, FILE_OVERWRITE_IF, 0, NULL, 0}},
        {"delete it on close", {L"D:\\file", DELETE, 0, SHARE_ALL, FILE_OPEN, 0x1000, NULL, 0}},
    };
    static const struct opening hidden = {L"D:\\file", GENERIC_WRITE, 0, SHARE_ALL, FILE_OVERWRITE_IF, 0, NULL, 0};
    struct opening opening;
    set_attributes(L"D:\\file", FILE_ATTRIBUTE_READONLY);
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        opening = tries[i].opening;
        say_opening(tries[i].name, &opening);
    }
    set_attributes(L"D:\\file", FILE_ATTRIBUTE_HIDDEN);
    opening = hidden;
    say_opening("overwrite a hidden file", &opening);
    opening.attributes = FILE_ATTRIBUTE_HIDDEN;
    say_opening("overwrite it as a hidden one", &opening);
    printf("its attributes: %lx\n", GetFileAttributesW(L"D:\\file"));
    set_attributes(L"D:\\file", FILE_ATTRIBUTE_NORMAL);
    printf("its attributes: %lx\n", GetFileAttributesW(L"D:\\file"));
}

/* --- Relative names
 * ---------------------------------------------------------------------------------------------------- */

static void check_relative(void)
{
    HANDLE folder, file = open_file(L"D:\\file");
    struct opening opening = {
        .name = L"D:\\folder", .access = GENERIC_READ, .share = SHARE_ALL, .disposition = FILE_OPEN};
    open_with(&opening, &folder);
    static const struct {
        const char *name;
        const wchar_t *text;
        ULONG disposition;
    } names[] = {
        {"make a file by its folder", L"made", FILE_CREATE},
        {"open it", L"MADE", FILE_OPEN},
        {"the folder itself", L"", FILE_OPEN},
        {"a whole path by a folder", L"\\??\\D:\\file", FILE_OPEN},
        {"dot dot by a folder", L"..\\file", FILE_OPEN},
        {"nothing there", L"none", FILE_OPEN},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        opening.name = names[i].text;
        opening.disposition = names[i].disposition;
        opening.root = folder;
        say_opening(names[i].name, &opening);
    }
    opening.root = file;
    opening.name = L"x";
    say_opening("by a file", &opening);
    opening.root = make_event();
    say_opening("by an event", &opening);
    opening.root = (HANDLE)0x5554;
    say_opening("by no handle", &opening);
    NtClose(folder);
    NtClose(file);
}

/* --- Duplicates -------------------------------------------------------------------------------------------------- */

static void say_duplicate(const char *name, HANDLE source, ULONG access)
{
    HANDLE duplicate = NULL;
    say(name, NtDuplicateObject(THIS_PROCESS, source, THIS_PROCESS, &duplicate, access, 0, 0));
    if (duplicate)
        NtClose(duplicate);
}

/* A file is not asked again for more than its handle has; an event is. */
static void check_duplicates(void)
{
    struct opening opening = {L"D:\\file", GENERIC_READ | SYNCHRONIZE, 0, SHARE_ALL, FILE_OPEN, 0, NULL, 0};
    HANDLE reader, writer, folder, nul, event = CreateEventW(NULL, FALSE, FALSE, L"event"), weak;
    open_with(&opening, &reader);
    opening.access |= GENERIC_WRITE;
    open_with(&opening, &writer); /* that the file was opened for writing makes no difference */
    opening.name = L"D:\\folder";
    opening.access = FILE_LIST_DIRECTORY;
    open_with(&opening, &folder);
    opening.name = L"NUL";
    open_with(&opening, &nul);
    say_duplicate("for reading", reader, GENERIC_READ);
    say_duplicate("for less", reader, FILE_READ_DATA);
    say_duplicate("for reading and writing", reader, GENERIC_READ | GENERIC_WRITE);
    say_duplicate("for writing", reader, FILE_WRITE_DATA);
    say_duplicate("for deleting", reader, DELETE);
    say_duplicate("for all that is allowed", reader, MAXIMUM_ALLOWED);
    say_duplicate("of a handle that may", writer, GENERIC_READ | GENERIC_WRITE);
    say_duplicate("for files in a folder", folder, FILE_ADD_FILE);
    say_duplicate("for writing to nothing", nul, GENERIC_WRITE);
    weak = OpenEventW(SYNCHRONIZE, FALSE, L"event");
    say_duplicate("an event for more", weak, EVENT_ALL_ACCESS);
    HANDLE all[] = {reader, writer, folder, nul, event, weak};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        NtClose(all[i]);
}

/* --- The end of a file
 * --------------------------------------------------------------------------------------------------- */

static void check_deletion(void)
{
    HANDLE first, second;
    struct opening opening = {.name = L"D:\\brief",
                              .access = DELETE | GENERIC_READ,
                              .share = SHARE_ALL,
                              .disposition = FILE_CREATE,
                              .options = FILE_DELETE_ON_CLOSE};
    say("delete on close", open_with(&opening, &first));
    opening.disposition = FILE_OPEN;
    opening.options = 0;
    say("a second open", open_with(&opening, &second));
    NtClose(first);
    say("after the first close", try_open(L"D:\\brief"));
    opening.disposition = FILE_CREATE;
    say("made anew meanwhile", open_with(&opening, &first));
    NtClose(second);
    say("after the last close", try_open(L"D:\\brief"));
    first = open_file(L"D:\\brief");
    say("marked", set_disposition(first, TRUE));
    say("open", try_open(L"D:\\brief"));
    say("spared", set_disposition(first, FALSE));
    say("open again", try_open(L"D:\\brief"));
    set_disposition(first, TRUE);
    NtClose(first);
    say("gone", try_open(L"D:\\brief"));
}

int main(void)
{
    check_dispositions();
    check_options();
    check_sharing();
    check_attributes();
    check_relative();
    check_duplicates();
    check_deletion();
    return 0;
}
