// SPDX-License-Identifier: GPL-2.0-or-later
/* wide_text.c - convert the characters of a file: ASCII to UTF-16 with a byte order mark, and a file that begins with
 * such a mark back to ASCII.  By ReadFile and WriteFile, with both buffers on a heap.
 *
 *   wide_text FROM TO [TO...]        each further file is made from the one before
 *
 * In the trace: DemandZero faults for the pages of the heap's first commitment; the buffers stay the same for the whole
 * file, so a longer file takes no more of them. */
#include <stdio.h>
#include <windows.h>

#define CHARACTERS 512 /* of one step */
#define MARK 0xFEFF

struct conversion {
    HANDLE heap, from, to;
    unsigned char *narrow;
    WCHAR *wide;
    DWORD read, written; /* bytes */
};

static int widen(struct conversion *c)
{
    DWORD got, put;
    c->wide[0] = MARK;
    if (!WriteFile(c->to, c->wide, sizeof(WCHAR), &put, NULL))
        return 0;
    c->written = put;
    while (ReadFile(c->from, c->narrow, CHARACTERS, &got, NULL) && got != 0) {
        for (DWORD i = 0; i < got; i++)
            c->wide[i] = c->narrow[i];
        if (!WriteFile(c->to, c->wide, got * sizeof(WCHAR), &put, NULL))
            return 0;
        c->read += got;
        c->written += put;
    }
    return got == 0;
}

static int narrow(struct conversion *c)
{
    DWORD got, put;
    c->read = sizeof(WCHAR);
    while (ReadFile(c->from, c->wide, CHARACTERS * sizeof(WCHAR), &got, NULL) && got != 0) {
        DWORD count = got / sizeof(WCHAR);
        for (DWORD i = 0; i < count; i++)
            c->narrow[i] = c->wide[i] < 0x80 ? (unsigned char)c->wide[i] : '?';
        if (!WriteFile(c->to, c->narrow, count, &put, NULL))
            return 0;
        c->read += got;
        c->written += put;
    }
    return got == 0;
}

/* => whether the file begins with the mark; its position is behind it then, else at the beginning. */
static int begins_with_mark(HANDLE file)
{
    WCHAR first = 0;
    DWORD got = 0;
    if (ReadFile(file, &first, sizeof(first), &got, NULL) && got == sizeof(first) && first == MARK)
        return 1;
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    return 0;
}

static int convert(const char *from, const char *to)
{
    struct conversion c = {.heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0)};
    if (c.heap == NULL)
        return 0;
    c.narrow = HeapAlloc(c.heap, 0, CHARACTERS);
    c.wide = HeapAlloc(c.heap, 0, CHARACTERS * sizeof(WCHAR));
    c.from = CreateFileA(from, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    c.to = CreateFileA(to, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    int done = 0;
    if (c.narrow != NULL && c.wide != NULL && c.from != INVALID_HANDLE_VALUE && c.to != INVALID_HANDLE_VALUE) {
        int is_wide = begins_with_mark(c.from);
        done = is_wide ? narrow(&c) : widen(&c);
        printf("%s to %s: %s, %lu bytes to %lu\n", from, to, is_wide ? "UTF-16 to ASCII" : "ASCII to UTF-16",
               (unsigned long)c.read, (unsigned long)c.written);
    } else {
        printf("%s to %s: error %lu\n", from, to, (unsigned long)GetLastError());
    }
    if (c.from != INVALID_HANDLE_VALUE)
        CloseHandle(c.from);
    if (c.to != INVALID_HANDLE_VALUE)
        CloseHandle(c.to);
    return HeapDestroy(c.heap) && done;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        printf("usage: wide_text FROM TO [TO...]\n");
        return 2;
    }
    for (int i = 2; i < argc; i++) /* each further file is made from the one before */
        if (!convert(argv[i - 1], argv[i]))
            return 1;
    return 0;
}
