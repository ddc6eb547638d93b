/* SPDX-License-Identifier: GPL-2.0-or-later */
/* disorder.c - threads of two processes do to three files what they like, all at once: read, write, map, cut, make
 * longer, replace, delete.  A byte that was written is a function of its place in the file; so whatever
 * the order was, a byte that anybody finds is that or zero.
 * usage: disorder SEED THREADS STEPS */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

enum {
    FILES = 3,
    FILE_MAX = 2 << 20,
    LENGTH_MAX = 96 << 10,
    VIEW_MAX = 160 << 10,
    VIEWS = 3,
    SECTOR = 512,
    UNIT = 65536
};
enum { THREADS_MAX = 16, FAILURES_MAX = 5 };

enum action {
    READ,
    WRITE,
    CUT,
    MAP,
    UNMAP,
    LOAD,
    STORE,
    FLUSH_VIEW,
    FLUSH_FILE,
    REMOVE,
    REPLACE,
    FROM_VIEW,
    INTO_VIEW
};

/* As often as they stand here. */
static const enum action actions[] = {READ,       READ,       READ,   WRITE,   WRITE,     WRITE,    CUT,   CUT,
                                      MAP,        MAP,        UNMAP,  UNMAP,   LOAD,      LOAD,     STORE, STORE,
                                      FLUSH_VIEW, FLUSH_FILE, REMOVE, REPLACE, FROM_VIEW, INTO_VIEW};

struct view {
    uint8_t *base; /* NULL: none */
    uint32_t offset, size;
};

struct worker {
    uint64_t state;
    HANDLE file;
    char name[8];
    BOOL unbuffered;
    uint8_t *bytes; /* LENGTH_MAX */
    struct view views[VIEWS];
    struct view *view; /* of this step */
    uint32_t at, length;
};

static unsigned steps;
static volatile LONG failures, done[sizeof actions / sizeof actions[0]];

static uint32_t draw(struct worker *w, uint32_t bound)
{
    w->state = w->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(w->state >> 33) % bound;
}

static uint8_t byte_at(uint32_t offset)
{
    return (uint8_t)(offset * 2654435761u >> 24 | 1);
}

static void fill(uint8_t *bytes, uint32_t at, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++)
        bytes[i] = byte_at(at + i);
}

static void look(const char *what, const uint8_t *bytes, uint32_t at, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++)
        if (bytes[i] && bytes[i] != byte_at(at + i)) {
            printf("%s: %02x at %lx, not %02x\n", what, bytes[i], (unsigned long)(at + i), byte_at(at + i));
            fflush(stdout);
            if (InterlockedIncrement(&failures) > FAILURES_MAX)
                ExitProcess(9);
            return;
        }
}

static void name_any(struct worker *w, char name[8])
{
    sprintf(name, "D:\\s%u", (unsigned)draw(w, FILES));
}

static DWORD transfer(struct worker *w, uint8_t *bytes, uint32_t at, uint32_t length, enum action action)
{
    OVERLAPPED where = {.Offset = at};
    DWORD moved = 0;
    BOOL good = action == READ ? ReadFile(w->file, bytes, length, &moved, &where)
                               : WriteFile(w->file, bytes, length, &moved, &where);
    return good ? moved : 0;
}

static BOOL open_any(struct worker *w)
{
    static const DWORD flags[] = {0, FILE_FLAG_WRITE_THROUGH, FILE_FLAG_NO_BUFFERING, FILE_FLAG_SEQUENTIAL_SCAN,
                                  FILE_FLAG_RANDOM_ACCESS};
    DWORD flag = flags[draw(w, sizeof flags / sizeof flags[0])];
    if (w->file != INVALID_HANDLE_VALUE)
        CloseHandle(w->file);
    name_any(w, w->name);
    w->unbuffered = flag == FILE_FLAG_NO_BUFFERING;
    w->file = CreateFileA(w->name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                          NULL, OPEN_ALWAYS, flag, NULL);
    return w->file != INVALID_HANDLE_VALUE; /* else it is being deleted */
}

/* By another open: the file may have gone, or be mapped. */
static BOOL cut(struct worker *w)
{
    HANDLE file = CreateFileA(w->name, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return FALSE;
    SetFilePointer(file, (LONG)(draw(w, 3) ? w->at : w->at % 5000), NULL, FILE_BEGIN);
    BOOL good = SetEndOfFile(file);
    CloseHandle(file);
    return good;
}

static BOOL map(struct worker *w)
{
    DWORD access = draw(w, 4) ? FILE_MAP_WRITE : FILE_MAP_COPY, wanted = draw(w, 4) ? 0 : draw(w, FILE_MAX);
    if (w->view->base)
        UnmapViewOfFile(w->view->base);
    w->view->base = NULL;
    HANDLE section = CreateFileMappingA(w->file, NULL, PAGE_READWRITE, 0, wanted, NULL);
    DWORD size = GetFileSize(w->file, NULL);
    w->view->offset = w->at & ~(uint32_t)(UNIT - 1);
    if (section && w->view->offset < size) {
        w->view->size = size - w->view->offset < VIEW_MAX ? size - w->view->offset : VIEW_MAX;
        w->view->base = MapViewOfFile(section, access, 0, w->view->offset, w->view->size);
    }
    if (section)
        CloseHandle(section);
    return w->view->base != NULL;
}

/* What is mapped can be neither cut nor removed: now and then nothing is. */
static void unmap_all(struct worker *w)
{
    for (unsigned i = 0; i < VIEWS; i++) {
        if (w->views[i].base)
            UnmapViewOfFile(w->views[i].base);
        w->views[i].base = NULL;
    }
}

static BOOL do_to_view(struct worker *w, enum action action)
{
    struct view *view = w->view;
    if (!view->base)
        return FALSE;
    uint32_t from = draw(w, view->size), length = view->size - from < w->length ? view->size - from : w->length;
    switch (action) {
    case LOAD: look("in a view", view->base + from, view->offset + from, length); return TRUE;
    case STORE: fill(view->base + from, view->offset + from, length); return TRUE;
    case FLUSH_VIEW: return FlushViewOfFile(view->base, length);
    case FROM_VIEW: return transfer(w, view->base, view->offset, view->size & ~(uint32_t)(SECTOR - 1), WRITE) > 0;
    default:
        length = transfer(w, view->base, view->offset, view->size & ~(uint32_t)(SECTOR - 1), READ);
        look("read into a view", view->base, view->offset, length);
        return length > 0;
    }
}

static BOOL do_action(struct worker *w, enum action action)
{
    char other[8];
    DWORD length;
    name_any(w, other);
    switch (action) {
    case READ:
        length = transfer(w, w->bytes, w->at, w->length, READ);
        look(w->unbuffered ? "read unbuffered" : "read", w->bytes, w->at, length);
        return length > 0;
    case WRITE: fill(w->bytes, w->at, w->length); return transfer(w, w->bytes, w->at, w->length, WRITE) == w->length;
    case CUT: return cut(w);
    case MAP: return map(w);
    case FLUSH_FILE: return draw(w, 3) == 0 && FlushFileBuffers(w->file);
    case UNMAP: unmap_all(w); return TRUE;
    case REMOVE: return DeleteFileA(w->name);
    case REPLACE:
        CloseHandle(w->file);
        w->file = INVALID_HANDLE_VALUE;
        return MoveFileExA(w->name, other, MOVEFILE_REPLACE_EXISTING);
    default: return do_to_view(w, action);
    }
}

static DWORD WINAPI work(void *argument)
{
    struct worker *w = argument;
    for (unsigned i = 0; i < steps; i++) {
        if ((w->file == INVALID_HANDLE_VALUE || draw(w, 40) == 0) && !open_any(w)) {
            Sleep(1);
            continue;
        }
        enum action action = actions[draw(w, sizeof actions / sizeof actions[0])];
        w->view = &w->views[draw(w, VIEWS)];
        w->at = draw(w, FILE_MAX);
        w->length = 1 + draw(w, draw(w, 3) ? 9000 : LENGTH_MAX);
        if (w->unbuffered) {
            w->at &= ~(uint32_t)(SECTOR - 1);
            w->length = (w->length + SECTOR - 1) & ~(uint32_t)(SECTOR - 1);
        }
        if (do_action(w, action))
            InterlockedIncrement(&done[action]);
    }
    return 0;
}

static HANDLE start_other(char **words, unsigned seed)
{
    char program[MAX_PATH], line[2 * MAX_PATH];
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION other = {NULL};
    GetModuleFileNameA(NULL, program, sizeof program);
    snprintf(line, sizeof line, "\"%s\" %u %s %s other", program, seed + 1000, words[2], words[3]);
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &other))
        exit(3);
    CloseHandle(other.hThread);
    return other.hProcess;
}

int main(int count, char **words)
{
    static struct worker workers[THREADS_MAX];
    HANDLE threads[THREADS_MAX];
    DWORD code = 0;
    if (count < 4)
        return 2;
    unsigned seed = (unsigned)atoi(words[1]), thread_count = (unsigned)atoi(words[2]);
    steps = (unsigned)atoi(words[3]);
    HANDLE other = count == 4 ? start_other(words, seed) : NULL;
    for (unsigned i = 0; i < thread_count && i < THREADS_MAX; i++) {
        workers[i].state = seed * (uint64_t)THREADS_MAX + i;
        workers[i].file = INVALID_HANDLE_VALUE;
        workers[i].bytes = VirtualAlloc(NULL, LENGTH_MAX + SECTOR, MEM_COMMIT, PAGE_READWRITE);
        threads[i] = CreateThread(NULL, 0, work, &workers[i], 0, NULL);
    }
    WaitForMultipleObjects(thread_count, threads, TRUE, INFINITE);
    if (other) {
        WaitForSingleObject(other, INFINITE);
        GetExitCodeProcess(other, &code);
    }
    printf("%ld failures, done:", failures); /* what never went well proves nothing */
    for (enum action action = READ; action <= INTO_VIEW; action++)
        printf(" %ld", done[action]);
    printf("\n");
    return failures || code ? 1 : 0;
}
