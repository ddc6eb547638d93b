/* SPDX-License-Identifier: GPL-2.0-or-later */
/* many_views.c - more sections than there is memory for their prototype PTEs: page-file sections, committed and
 * reserved, files and images, all mapped at once and visited in turns.
 * usage: many_views SECTIONS FOLDER.  What it prints depends on nothing but the first. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

enum { PAGE = 4096, PAGES = 64, BYTES = PAGES * PAGE, FILES = 6, IMAGES = 3, ROUNDS = 3, MOST = 400 };

static struct view {
    volatile uint32_t *base;
    HANDLE section;
    int reserved, is_file;
} views[MOST + FILES];

static void fail(const char *what, unsigned at)
{
    printf("%s %u: error %lu\n", what, at, GetLastError());
    fflush(stdout);
    ExitProcess(9);
}

static uint32_t word_of(unsigned view, unsigned page, unsigned round)
{
    return (view * 2654435761u + page * 40503u + round * 97u) | 1;
}

/* Pages of a reserved section are committed one after the other, round after round. */
static unsigned pages_of(const struct view *view, unsigned round)
{
    return view->reserved ? PAGES / ROUNDS * (round + 1) : PAGES;
}

static void make_section(unsigned i)
{
    struct view *view = &views[i];
    view->reserved = i % 4 == 1;
    view->section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL,
                                       PAGE_READWRITE | (view->reserved ? SEC_RESERVE : SEC_COMMIT), 0, BYTES, NULL);
    view->base = view->section ? MapViewOfFile(view->section, FILE_MAP_WRITE, 0, 0, 0) : NULL;
    if (!view->base)
        fail("section", i);
}

static void make_file(unsigned i, const char *folder)
{
    char name[MAX_PATH];
    struct view *view = &views[i];
    snprintf(name, sizeof name, "%s\\many%u", folder, i);
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    view->is_file = 1;
    view->section =
        file == INVALID_HANDLE_VALUE ? NULL : CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, BYTES, NULL);
    view->base = view->section ? MapViewOfFile(view->section, FILE_MAP_WRITE, 0, 0, 0) : NULL;
    if (!view->base)
        fail("file", i);
    CloseHandle(file);
}

/* The same image at several bases: prototype PTEs for each. => a sum of what all must have alike */
static uint32_t read_images(void)
{
    char name[MAX_PATH];
    uint32_t sum = 0;
    GetModuleFileNameA(GetModuleHandleA("msvcrt.dll"), name, sizeof name);
    HANDLE file = CreateFileA(name, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
    for (unsigned i = 0; i < IMAGES; i++) {
        const uint8_t *base = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
        if (!base)
            fail("image", i);
        const IMAGE_DOS_HEADER *dos = (const void *)base;
        const IMAGE_NT_HEADERS *nt = (const void *)(base + dos->e_lfanew);
        uint32_t size = nt->OptionalHeader.SizeOfImage, one = nt->FileHeader.TimeDateStamp;
        for (uint32_t at = 0; at < size; at += PAGE)
            one += base[at] != 0;
        if (i > 0 && one != sum)
            fail("images differ", i);
        sum = one;
    }
    CloseHandle(section);
    CloseHandle(file);
    return sum > 0;
}

static void write_round(unsigned count, unsigned round)
{
    for (unsigned i = 0; i < count; i++) {
        struct view *view = &views[(i * 37) % count];
        unsigned index = (unsigned)(view - views), pages = pages_of(view, round);
        if (view->reserved && !VirtualAlloc((void *)(uintptr_t)view->base, pages * PAGE, MEM_COMMIT, PAGE_READWRITE))
            fail("commit", index);
        for (unsigned page = round; page < pages; page += ROUNDS)
            view->base[page * PAGE / 4 + round] = word_of(index, page, round);
    }
}

static uint32_t check_round(unsigned count, unsigned round)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < count; i++)
        for (unsigned page = round; page < pages_of(&views[i], round); page += ROUNDS) {
            uint32_t word = views[i].base[page * PAGE / 4 + round];
            if (word != word_of(i, page, round))
                fail(views[i].is_file ? "file's page" : "section's page", i * 1000 + page);
            sum = sum * 31 + word;
        }
    return sum;
}

/* What is committed of a reserved section, asked while its prototype PTEs may be anywhere. */
static unsigned count_committed(unsigned count)
{
    unsigned pages = 0;
    for (unsigned i = 0; i < count; i++) {
        MEMORY_BASIC_INFORMATION region;
        if (!VirtualQuery((const void *)(uintptr_t)views[i].base, &region, sizeof region))
            fail("query", i);
        pages += (unsigned)(region.RegionSize / PAGE);
    }
    return pages;
}

int main(int argc, char **argv)
{
    unsigned sections = argc > 1 ? (unsigned)atoi(argv[1]) : 0, count = sections + FILES;
    if (argc < 3 || sections == 0 || sections > MOST)
        return 2;
    for (unsigned i = 0; i < sections; i++)
        make_section(i);
    for (unsigned i = sections; i < count; i++)
        make_file(i, argv[2]);
    printf("images: %s\n", read_images() ? "alike" : "?");
    for (unsigned round = 0; round < ROUNDS; round++) {
        write_round(count, round);
        printf("round %u: sum %08x, %u pages committed\n", round, check_round(count, round), count_committed(count));
    }
    for (unsigned i = 0; i < count; i += 2)
        if (!UnmapViewOfFile((const void *)(uintptr_t)views[i].base) || !CloseHandle(views[i].section))
            fail("unmap", i);
    uint32_t sum = 0;
    for (unsigned i = 1; i < count; i += 2)
        for (unsigned page = 0; page < pages_of(&views[i], 0); page += ROUNDS)
            sum = sum * 31 + views[i].base[page * PAGE / 4];
    printf("the others: sum %08x\n", sum);
    return 0;
}
