/* SPDX-License-Identifier: GPL-2.0-or-later */
/* coherent.c - two processes read and write one file at random, through views and by file calls, and compare all that
 * they see with a plain array that each keeps for itself.
 * usage: coherent SEED STEPS KILOBYTES.  The processes take turns; each knows what the other did in its turns, for both
 * draw from the same sequence.  The last line is a sum of what the file must hold. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { PAGE = 4096, UNIT = 65536, TURN = 25, LENGTH_MAX = 3 * PAGE, VIEWS = 4, GROWTH_MAX = 64 * 1024 };

enum action { LOAD, STORE, READ, WRITE, APPEND, READ_RAW, WRITE_RAW, MAP_AGAIN, FLUSH_VIEW, FLUSH_FILE, ACTIONS };

struct world {
    uint64_t state;
    uint8_t *model;
    uint32_t size, room; /* of the file, and at most */
    unsigned who, step;
    HANDLE file, raw;
    struct {
        uint8_t *base;
        uint32_t offset, size;
    } views[VIEWS];
    uint8_t *aligned; /* LENGTH_MAX bytes */
};

static uint32_t draw(struct world *w, uint32_t bound)
{
    w->state = w->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(w->state >> 33) % bound;
}

static void fail(const struct world *w, const char *what, uint32_t at)
{
    printf("process %u, step %u: %s at %lx, error %lu\n", w->who, w->step, what, (unsigned long)at, GetLastError());
    fflush(stdout);
    ExitProcess(9);
}

static void map_view(struct world *w, unsigned i, uint32_t offset, uint32_t size)
{
    if (w->views[i].base && !UnmapViewOfFile(w->views[i].base))
        fail(w, "unmap", offset);
    HANDLE section = CreateFileMappingA(w->file, NULL, PAGE_READWRITE, 0, 0, NULL);
    w->views[i].base = section ? MapViewOfFile(section, FILE_MAP_WRITE, 0, offset, size) : NULL;
    if (!w->views[i].base)
        fail(w, "map", offset);
    w->views[i].offset = offset;
    w->views[i].size = size;
    CloseHandle(section);
}

static void compare(const struct world *w, const char *what, const uint8_t *bytes, uint32_t at, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++)
        if (bytes[i] != w->model[at + i])
            fail(w, what, at + i);
}

static void transfer(const struct world *w, HANDLE file, enum action action, uint8_t *bytes, uint32_t at,
                     uint32_t length)
{
    DWORD done = 0;
    SetFilePointer(file, (LONG)at, NULL, FILE_BEGIN);
    BOOL good = action == READ || action == READ_RAW ? ReadFile(file, bytes, length, &done, NULL)
                                                     : WriteFile(file, bytes, length, &done, NULL);
    if (!good || done != length)
        fail(w, action == READ || action == READ_RAW ? "read" : "write", at);
}

/* One step: all that is random is drawn by both, done by the one whose turn it is. */
static void step(struct world *w, BOOL mine)
{
    enum action action = draw(w, ACTIONS);
    unsigned i = draw(w, VIEWS);
    uint32_t at = draw(w, w->size), length = 1 + draw(w, LENGTH_MAX), value = draw(w, 256);
    uint32_t view_at = draw(w, w->size / UNIT) * UNIT, view_size = 1 + draw(w, 4 * UNIT);
    uint8_t *bytes = w->aligned;
    if (action == READ_RAW || action == WRITE_RAW) {
        at = at / PAGE * PAGE;
        length = (length + PAGE - 1) / PAGE * PAGE;
    }
    if (action == APPEND)
        at = w->size, length = w->size + length > w->room ? 0 : length;
    else if (length > w->size - at)
        length = w->size - at;
    if (action == READ_RAW || action == WRITE_RAW)
        length = length / PAGE * PAGE;
    if (action == STORE || action == WRITE || action == WRITE_RAW || action == APPEND) {
        for (uint32_t k = 0; k < length; k++)
            w->model[at + k] = (uint8_t)(value + k * 7);
        if (action == APPEND)
            w->size += length;
    }
    if (!mine || length == 0)
        return;
    if (action == LOAD || action == STORE || action == FLUSH_VIEW) {
        if (at < w->views[i].offset || at + length > w->views[i].offset + w->views[i].size) {
            uint32_t from = at / UNIT * UNIT;
            map_view(w, i, from, at + length - from);
        }
    }
    uint8_t *seen = w->views[i].base + (at - w->views[i].offset);
    switch (action) {
    case LOAD: compare(w, "load", seen, at, length); break;
    case STORE: memcpy(seen, w->model + at, length); break;
    case READ:
    case READ_RAW:
        transfer(w, action == READ ? w->file : w->raw, action, bytes, at, length);
        compare(w, action == READ ? "read" : "unbuffered read", bytes, at, length);
        break;
    case WRITE:
    case WRITE_RAW:
    case APPEND:
        memcpy(bytes, w->model + at, length);
        transfer(w, action == WRITE_RAW ? w->raw : w->file, action, bytes, at, length);
        break;
    case MAP_AGAIN: map_view(w, i, view_at, view_size < w->size - view_at ? view_size : w->size - view_at); break;
    case FLUSH_VIEW:
        if (!FlushViewOfFile(seen, length))
            fail(w, "flush of a view", at);
        break;
    case FLUSH_FILE:
        if (!FlushFileBuffers(w->file))
            fail(w, "flush of the file", at);
        break;
    case ACTIONS: break;
    }
}

static HANDLE open_file(DWORD disposition, DWORD flags)
{
    return CreateFileA("D:\\file", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, disposition,
                       flags, NULL);
}

static void begin(struct world *w, DWORD disposition)
{
    w->file = open_file(disposition, 0);
    w->raw = open_file(OPEN_EXISTING, FILE_FLAG_NO_BUFFERING);
    w->model = VirtualAlloc(NULL, w->room, MEM_COMMIT, PAGE_READWRITE);
    w->aligned = VirtualAlloc(NULL, LENGTH_MAX + PAGE, MEM_COMMIT, PAGE_READWRITE);
    if (w->file == INVALID_HANDLE_VALUE || w->raw == INVALID_HANDLE_VALUE || !w->model || !w->aligned)
        fail(w, "begin", 0);
    if (disposition == CREATE_ALWAYS) {
        SetFilePointer(w->file, (LONG)w->size, NULL, FILE_BEGIN);
        SetEndOfFile(w->file);
    }
    for (unsigned i = 0; i < VIEWS; i++)
        map_view(w, i, 0, PAGE);
}

/* Turn after turn; events[0] is set when it is the first one's, events[1] the other's. */
static void take_turns(struct world *w, unsigned steps, HANDLE events[2])
{
    for (w->step = 0; w->step < steps; w->step++) {
        unsigned whose = w->step / TURN % 2;
        if (w->step % TURN == 0 && whose == w->who)
            WaitForSingleObject(events[whose], INFINITE);
        step(w, whose == w->who);
        if (w->step % TURN == TURN - 1 && whose == w->who)
            SetEvent(events[!whose]);
    }
}

int main(int argc, char **argv)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION child;
    DWORD code = 0, sum = 0;
    if (argc < 4)
        return 2;
    unsigned steps = (unsigned)atoi(argv[2]) / (2 * TURN) * (2 * TURN);
    struct world w = {.state = strtoul(argv[1], NULL, 10) + 1, .size = (uint32_t)atoi(argv[3]) * 1024, .who = argc > 4};
    w.room = w.size + GROWTH_MAX;
    HANDLE events[2] = {CreateEventA(NULL, FALSE, TRUE, "first"), CreateEventA(NULL, FALSE, FALSE, "second")};
    begin(&w, w.who ? OPEN_EXISTING : CREATE_ALWAYS);
    if (!w.who) {
        char line[MAX_PATH + 64];
        snprintf(line, sizeof line, "\"%s\" %s %s %s child", argv[0], argv[1], argv[2], argv[3]);
        if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child))
            fail(&w, "CreateProcess", 0);
    }
    take_turns(&w, steps, events);
    if (w.who)
        return 0;
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    for (uint32_t i = 0; i < w.size; i++)
        sum = sum * 31 + w.model[i];
    printf("%u steps, the other's exit code %lu, %lu bytes, sum %08lx\n", steps, code, (unsigned long)w.size, sum);
    return 0;
}
