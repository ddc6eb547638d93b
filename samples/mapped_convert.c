// SPDX-License-Identifier: GPL-2.0-or-later
/* mapped_convert.c - convert a file of ASCII characters to Unicode with both files mapped: a loop over two pointers, no
 * read, no write.  A handler deletes the output that is half written when a page of either file cannot be had.
 *
 *   mapped_convert FROM TO           convert FROM
 *   mapped_convert FROM TO LINES     make FROM first, of so many lines
 *
 * In the trace: a HardFault for each cluster of FROM that is read, Prototype faults for its other pages; TO's pages are
 * HardFaults too, for a file that was just made longer is read as zeroes.  No page of TO is written until it is
 * flushed, unmapped and trimmed, or the run is over.  With --inject pagein-error=200 a read fails sooner or later: the
 * fault is an InPageError then, and the exception's third parameter tells why. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

/* ENTER puts the function that it stands in under the handler, LEAVE takes it out. */
#ifdef _WIN64
#define ENTER(handler) __asm__ volatile(".seh_handler " #handler ", @except")
#define LEAVE() ((void)0)
#else
struct registration {
    struct registration *next;
    void *handler;
};
#define ENTER(routine)                                                                                                 \
    volatile struct registration frame = {.handler = (void *)(routine)};                                               \
    __asm__ volatile("movl %%fs:0, %0" : "=r"(frame.next));                                                            \
    __asm__ volatile("movl %0, %%fs:0" : : "r"(&frame) : "memory")
#define LEAVE() __asm__ volatile("movl %0, %%fs:0" : : "r"(frame.next) : "memory")
#endif

/* A file and a view of all of it. */
struct mapped {
    HANDLE file, section;
    unsigned char *view;
    DWORD size;
};

static struct mapped from, to;
static jmp_buf failed;
static EXCEPTION_RECORD last;

EXCEPTION_DISPOSITION give_up(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *dispatcher);

EXCEPTION_DISPOSITION give_up(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *dispatcher)
{
    (void)frame;
    (void)context;
    (void)dispatcher;
    if (record->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND))
        return ExceptionContinueSearch;
    last = *record;
    longjmp(failed, 1);
}

static void close_mapped(struct mapped *mapped)
{
    if (mapped->view)
        UnmapViewOfFile(mapped->view);
    if (mapped->section)
        CloseHandle(mapped->section);
    if (mapped->file && mapped->file != INVALID_HANDLE_VALUE)
        CloseHandle(mapped->file);
    memset(mapped, 0, sizeof *mapped);
}

/* size: 0: the file's. */
static int map_file(struct mapped *mapped, const char *name, DWORD access, DWORD disposition, DWORD size)
{
    int writes = access & GENERIC_WRITE;
    mapped->file = CreateFileA(name, access, 0, NULL, disposition, FILE_ATTRIBUTE_NORMAL, NULL);
    if (mapped->file == INVALID_HANDLE_VALUE)
        return 0;
    mapped->size = size ? size : GetFileSize(mapped->file, NULL);
    mapped->section = CreateFileMappingA(mapped->file, NULL, writes ? PAGE_READWRITE : PAGE_READONLY, 0, size, NULL);
    if (mapped->section)
        mapped->view = MapViewOfFile(mapped->section, writes ? FILE_MAP_WRITE : FILE_MAP_READ, 0, 0, 0);
    return mapped->view != NULL;
}

static __attribute__((noinline)) void convert(void)
{
    ENTER(give_up);
    const volatile unsigned char *in = from.view, *end = from.view + from.size;
    volatile WCHAR *out = (volatile WCHAR *)to.view;
    while (in < end)
        *out++ = *in++;
    LEAVE();
}

/* => was it done?  The output is whole, or is not there. */
static int convert_file(const char *from_name, const char *to_name)
{
    volatile int complete = 0;
    if (!map_file(&from, from_name, GENERIC_READ, OPEN_EXISTING, 0) ||
        !map_file(&to, to_name, GENERIC_READ | GENERIC_WRITE, CREATE_ALWAYS, 2 * from.size)) {
        printf("the files cannot be mapped: error %lu\n", GetLastError());
    } else if (setjmp(failed) == 0) {
        convert();
        complete = 1;
    } else {
        const char *which =
            (unsigned char *)last.ExceptionInformation[1] - from.view < (ptrdiff_t)from.size ? "input" : "output";
        printf("exception %08lx, status %08lx, %s\n", last.ExceptionCode, (unsigned long)last.ExceptionInformation[2],
               last.ExceptionCode == EXCEPTION_IN_PAGE_ERROR ? which : "elsewhere");
    }
    close_mapped(&to);
    close_mapped(&from);
    if (!complete)
        printf("the output is deleted: %s\n", DeleteFileA(to_name) ? "yes" : "no");
    return complete;
}

static void make_input(const char *name, unsigned lines)
{
    DWORD done;
    char line[33];
    HANDLE file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    for (unsigned i = 0; i < lines; i++) {
        snprintf(line, sizeof line, "%07u abcdefghijklmnopqrstuvw\n", i);
        WriteFile(file, line, 32, &done, NULL);
    }
    CloseHandle(file);
}

/* Read the output as a file: does each character say what the input's does? */
static void compare(const char *from_name, const char *to_name)
{
    static unsigned char narrow[4096];
    static WCHAR wide[4096];
    HANDLE in = CreateFileA(from_name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE out = CreateFileA(to_name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    DWORD got = 0, wide_got, characters = 0, wrong = 0;
    while (ReadFile(in, narrow, sizeof narrow, &got, NULL) && got) {
        if (!ReadFile(out, wide, got * 2, &wide_got, NULL) || wide_got != got * 2)
            wrong++;
        for (DWORD i = 0; i < got; i++)
            wrong += wide[i] != narrow[i];
        characters += got;
    }
    printf("%lu characters, %lu bytes of Unicode, %lu wrong\n", characters, GetFileSize(out, NULL), wrong);
    CloseHandle(in);
    CloseHandle(out);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        printf("usage: mapped_convert FROM TO [LINES]\n");
        return 2;
    }
    if (argc > 3)
        make_input(argv[1], (unsigned)atoi(argv[3]));
    if (convert_file(argv[1], argv[2]))
        compare(argv[1], argv[2]);
    return 0;
}
