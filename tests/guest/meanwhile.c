/* SPDX-License-Identifier: GPL-2.0-or-later */
/* meanwhile.c - a service waits for a page, and another thread does something to what it works with.
 * usage: meanwhile SCENARIO; on D: is the file cold, 256 KB by byte_at().  meanwhile.py looks at D: afterwards.
 *
 * The first thread's buffer, or file, is not in memory, so that the second thread, which is as important, runs before
 * the service is over.  What is wrong is said in a line and ends the program with status 9. */
#include "meanwhile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

volatile LONG calling;
BOOL overtook;
HANDLE file, other, writer;
uint8_t bytes[LENGTH], line[512] __attribute__((aligned(512)));
static HANDLE original;

void check(BOOL good, const char *what, unsigned long long number)
{
    if (good)
        return;
    printf("%s: %llu, error %lu\n", what, number, GetLastError());
    fflush(stdout);
    ExitProcess(9);
}

uint8_t byte_at(uint32_t offset)
{
    return (uint8_t)(offset * 7 + (offset >> 12) * 13 + 1);
}

HANDLE open_file(const char *name, DWORD access, DWORD disposition, DWORD flags)
{
    HANDLE handle = CreateFileA(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, disposition,
                                flags, NULL);
    check(handle != INVALID_HANDLE_VALUE, name, 0);
    return handle;
}

uint8_t *map_cold(void)
{
    HANDLE cold = open_file("D:\\cold", GENERIC_READ, OPEN_EXISTING, 0);
    uint8_t *view = MapViewOfFile(CreateFileMappingA(cold, NULL, PAGE_READONLY, 0, 0, NULL), FILE_MAP_READ, 0, 0, 0);
    check(view != NULL, "view", 0);
    return view;
}

/* The second thread, which runs as soon as the first one waits. */
HANDLE start(LPTHREAD_START_ROUTINE routine, void *argument)
{
    HANDLE thread = CreateThread(NULL, 0, routine, argument, 0, NULL);
    check(thread != NULL, "thread", 0);
    calling = 1;
    return thread;
}

void finish(HANDLE thread)
{
    calling = 0;
    WaitForSingleObject(thread, INFINITE);
    check(overtook, "the second thread came too late", 0);
    CloseHandle(thread);
}

void check_bytes(const uint8_t *got, uint32_t offset, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++)
        check(got[i] == byte_at(offset + i), "other bytes", i);
}

void append(HANDLE to, const void *from, DWORD length, BOOL at_end)
{
    OVERLAPPED end = {.Offset = 0xFFFFFFFF, .OffsetHigh = 0xFFFFFFFF};
    DWORD done = 0;
    BOOL good = WriteFile(to, from, length, &done, at_end ? &end : NULL);
    check(good && done == length, "appended", done);
}

/* --- Handles that are closed --------------------------------------------------------------------------------- */

static DWORD WINAPI reuse_file(void *name)
{
    HANDLE was = file;
    overtook = calling;
    CloseHandle(file);
    other = open_file(name, GENERIC_READ | GENERIC_WRITE, OPEN_ALWAYS, 0);
    check(other == was, "the handle is not the same", (uintptr_t)other);
    return 0;
}

static void write_closed(void)
{
    uint8_t *cold = map_cold();
    OVERLAPPED at = {0};
    DWORD done = 0;
    file = open_file("D:\\mine", GENERIC_WRITE, CREATE_ALWAYS, FILE_FLAG_OVERLAPPED);
    HANDLE thread = start(reuse_file, "D:\\other");
    BOOL good = WriteFile(file, cold, LENGTH, &done, &at);
    finish(thread);
    check(good && done == LENGTH, "written", done);
    check(GetFileSize(other, NULL) == 0, "bytes in the other file", GetFileSize(other, NULL));
}

static void read_closed(void)
{
    OVERLAPPED at = {0};
    DWORD done = 0;
    file = open_file("D:\\cold", GENERIC_READ, OPEN_EXISTING, FILE_FLAG_OVERLAPPED);
    HANDLE thread = start(reuse_file, "D:\\other");
    BOOL good = ReadFile(file, bytes, LENGTH, &done, &at);
    finish(thread);
    check(good && done == LENGTH, "read", done);
    check_bytes(bytes, 0, LENGTH);
}

static DWORD WINAPI reuse_handle(void *unused)
{
    HANDLE was = original;
    (void)unused;
    overtook = calling;
    CloseHandle(original);
    other = CreateEventA(NULL, FALSE, FALSE, NULL);
    check(other == was, "the handle is not the same", (uintptr_t)other);
    return 0;
}

static void copy_closed(void)
{
    uint8_t *cold = map_cold();
    SIZE_T done = 0;
    original = OpenProcess(PROCESS_VM_READ, FALSE, GetCurrentProcessId());
    HANDLE thread = start(reuse_handle, NULL);
    BOOL good = ReadProcessMemory(original, cold, bytes, LENGTH, &done);
    finish(thread);
    check(good && done == LENGTH, "read", done);
    check_bytes(bytes, 0, LENGTH);
}

/* The event that is told of the end. */
static void event_closed(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    DWORD done = 0;
    check(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &original, 0, FALSE, DUPLICATE_SAME_ACCESS),
          "duplicate", 0);
    OVERLAPPED at = {.hEvent = original};
    file = open_file("D:\\cold", GENERIC_READ, OPEN_EXISTING, FILE_FLAG_OVERLAPPED);
    HANDLE thread = start(reuse_handle, NULL);
    BOOL good = ReadFile(file, bytes, LENGTH, &done, &at);
    finish(thread);
    check(good && done == LENGTH, "read", done);
    check(WaitForSingleObject(event, 0) == WAIT_OBJECT_0, "the event is not signalled", 0);
    check(WaitForSingleObject(other, 0) == WAIT_TIMEOUT, "the other event is signalled", 0);
}

/* --- Threads that do not come back ---------------------------------------------------------------------------- */

static DWORD WINAPI write_cold(void *cold)
{
    DWORD done;
    calling = 1;
    WriteFile(file, cold, LENGTH, &done, NULL);
    calling = 0;
    return 0;
}

/* Nothing of the writer's call is left: the file is nobody's. */
static void check_let_go(void)
{
    DWORD length = GetFileSize(file, NULL), done = 0;
    check(calling, "the writer was too fast", 0);
    CloseHandle(file);
    other = CreateFileA("D:\\mine", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    check(other != INVALID_HANDLE_VALUE, "the file is still open", 0);
    check(length < LENGTH, "the file has what was not written", length);
    check(ReadFile(other, bytes, LENGTH, &done, NULL) && done == length, "read", done);
    check_bytes(bytes, 0, length);
    CloseHandle(other);
    check(DeleteFileA("D:\\mine"), "delete", 0);
}

static void begin_writing(DWORD flags)
{
    uint8_t *cold = map_cold();
    file = open_file("D:\\mine", GENERIC_WRITE, CREATE_ALWAYS, flags);
    writer = CreateThread(NULL, 0, write_cold, cold, 0, NULL);
    WIN32_FILE_ATTRIBUTE_DATA data = {0};
    for (int i = 0; i < 100 && !data.nFileSizeLow; i++) {
        SwitchToThread();
        check(GetFileAttributesExA("D:\\mine", GetFileExInfoStandard, &data), "attributes", 0);
    }
}

static void terminated(void)
{
    begin_writing(0);
    TerminateThread(writer, 1);
    check_let_go();
}

static volatile LONG diverted;

static void divert(void)
{
    diverted = 1;
    ExitThread(0);
}

#ifdef _WIN64
#define POINTER Rip
#else
#define POINTER Eip
#endif

static void point_to_divert(CONTEXT *context)
{
#ifdef _WIN64
    context->Rip = (uintptr_t)divert;
    context->Rsp = (context->Rsp & ~15ull) - 8;
#else
    context->Eip = (uintptr_t)divert;
#endif
}

/* Its context is set: its service is done, then it runs on somewhere else. */
static void context_set(void)
{
    CONTEXT context = {.ContextFlags = CONTEXT_CONTROL}, now = context;
    begin_writing(0);
    SuspendThread(writer);
    check(GetThreadContext(writer, &context), "context", 0);
    point_to_divert(&context);
    check(SetThreadContext(writer, &context), "set context", 0);
    check(GetThreadContext(writer, &now), "context", 0);
    check(now.POINTER == context.POINTER, "another context", now.POINTER);
    check(calling, "the writer was too fast", 0);
    check(GetFileSize(file, NULL) == LENGTH, "size", GetFileSize(file, NULL));
    check(!diverted, "the thread ran on while it was suspended", 0);
    ResumeThread(writer);
    WaitForSingleObject(writer, INFINITE);
    check(diverted, "the thread went on behind its call", 0);
}

/* --- One after another ----------------------------------------------------------------------------------------- */

static DWORD WINAPI read_page(void *to)
{
    DWORD done = 0;
    overtook = calling;
    check(ReadFile(file, to, PAGE, &done, NULL) && done == PAGE, "read", done);
    return 0;
}

/* Two threads read from one open, at its position. */
static void turn_read(void)
{
    DWORD done = 0;
    file = open_file("D:\\cold", GENERIC_READ, OPEN_EXISTING, 0);
    HANDLE thread = start(read_page, bytes + PAGE);
    BOOL good = ReadFile(file, bytes, PAGE, &done, NULL);
    finish(thread);
    check(good && done == PAGE, "read", done);
    check_bytes(bytes, 0, 2 * PAGE);
    check(SetFilePointer(file, 0, NULL, FILE_CURRENT) == 2 * PAGE, "position",
          SetFilePointer(file, 0, NULL, FILE_CURRENT));
}

static DWORD WINAPI write_line(void *unused)
{
    (void)unused;
    overtook = calling;
    append(file, line, sizeof line, FALSE);
    return 0;
}

static void turn_write(void)
{
    uint8_t *cold = map_cold();
    memset(line, 'B', sizeof line);
    file = open_file("D:\\mine", GENERIC_WRITE, CREATE_ALWAYS, 0);
    HANDLE thread = start(write_line, NULL);
    append(file, cold, LENGTH, FALSE);
    finish(thread);
}

static volatile DWORD position;

static DWORD WINAPI ask_position(void *unused)
{
    (void)unused;
    overtook = calling;
    position = SetFilePointer(file, 0, NULL, FILE_CURRENT);
    return 0;
}

static void turn_query(void)
{
    DWORD done = 0;
    file = open_file("D:\\cold", GENERIC_READ, OPEN_EXISTING, 0);
    HANDLE thread = start(ask_position, NULL);
    BOOL good = ReadFile(file, bytes, LENGTH, &done, NULL);
    finish(thread);
    check(good && done == LENGTH, "read", done);
    check(position == LENGTH, "position", position);
}

static DWORD WINAPI close_and_open(void *unused)
{
    (void)unused;
    overtook = calling;
    CloseHandle(file);
    other = CreateFileA("D:\\mine", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    check(other != INVALID_HANDLE_VALUE, "the file is still open", 0);
    check(GetFileSize(other, NULL) == LENGTH, "size", GetFileSize(other, NULL));
    return 0;
}

/* The last handle is closed: that, too, waits for the transfer. */
static void turn_closed(void)
{
    uint8_t *cold = map_cold();
    file = open_file("D:\\mine", GENERIC_WRITE, CREATE_ALWAYS, 0);
    HANDLE thread = start(close_and_open, NULL);
    append(file, cold, LENGTH, FALSE);
    finish(thread);
}

static DWORD WINAPI read_resident(void *unused)
{
    OVERLAPPED at = {0};
    DWORD done = 0;
    (void)unused;
    overtook = calling;
    check(ReadFile(file, line, sizeof line, &done, &at) && done == sizeof line, "read", done);
    check(calling, "an asynchronous read waited for another one", 0);
    return 0;
}

/* Asynchronous opens are not served one after another. */
static void turn_none(void)
{
    OVERLAPPED at = {0};
    DWORD done = 0;
    file = open_file("D:\\cold", GENERIC_READ, OPEN_EXISTING, FILE_FLAG_OVERLAPPED | FILE_FLAG_RANDOM_ACCESS);
    check(ReadFile(file, bytes, PAGE, &done, &at) && done == PAGE, "read", done);
    HANDLE thread = start(read_resident, NULL);
    at = (OVERLAPPED){.Offset = LENGTH / 2};
    BOOL good = ReadFile(file, bytes, LENGTH / 2, &done, &at);
    finish(thread);
    check(good && done == LENGTH / 2, "read", done);
    check_bytes(bytes, LENGTH / 2, LENGTH / 2);
}

/* Who has the turn is terminated, and one who waits for it, too. */
static void turn_terminated(void)
{
    memset(line, 'B', sizeof line);
    begin_writing(0);
    HANDLE second = CreateThread(NULL, 0, write_line, NULL, 0, NULL),
           third = CreateThread(NULL, 0, write_line, NULL, 0, NULL);
    for (int i = 0; i < 10; i++)
        SwitchToThread();
    check(calling, "the writer was too fast", 0);
    TerminateThread(second, 1);
    TerminateThread(writer, 1);
    check(WaitForSingleObject(third, 10000) == WAIT_OBJECT_0, "the third thread never has its turn", 0);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    append(file, line, sizeof line, FALSE);
    SetEndOfFile(file);
}

/* A thread that is suspended in its turn ends that first. */
static void turn_suspended(void)
{
    memset(line, 'B', sizeof line);
    begin_writing(0);
    SuspendThread(writer);
    check(calling, "the writer was too fast", 0);
    append(file, line, sizeof line, FALSE);
    check(calling, "the writer is not suspended", 0);
    check(GetFileSize(file, NULL) == LENGTH + sizeof line, "size", GetFileSize(file, NULL));
    ResumeThread(writer);
    WaitForSingleObject(writer, INFINITE);
    check(!calling, "the writer has not gone on", 0);
}

/* A thread that waits for its turn gets another context: it has its turn, and no more there. */
static void turn_context(void)
{
    CONTEXT context = {.ContextFlags = CONTEXT_CONTROL};
    memset(line, 'B', sizeof line);
    begin_writing(0);
    HANDLE second = CreateThread(NULL, 0, write_line, NULL, 0, NULL);
    for (int i = 0; i < 10; i++)
        SwitchToThread();
    check(calling, "the writer was too fast", 0);
    SuspendThread(second);
    check(GetThreadContext(second, &context), "context", 0);
    point_to_divert(&context);
    check(SetThreadContext(second, &context), "set context", 0);
    append(file, line, sizeof line, FALSE);
    WaitForSingleObject(writer, INFINITE);
    check(!diverted, "the thread ran on while it was suspended", 0);
    ResumeThread(second);
    WaitForSingleObject(second, INFINITE);
    check(diverted, "the thread went on behind its call", 0);
}

/* What GetThreadContext says is set again: nothing changes. */
static void context_kept(void)
{
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};
    begin_writing(0);
    SuspendThread(writer);
    check(GetThreadContext(writer, &context) && SetThreadContext(writer, &context), "context", 0);
    ResumeThread(writer);
    check(calling, "the writer was too fast", 0);
    WaitForSingleObject(writer, INFINITE);
    check(!calling, "the writer has not gone on", 0);
}

typedef LONG(NTAPI *write_service)(HANDLE, HANDLE, void *, void *, void *, void *, ULONG, LARGE_INTEGER *, ULONG *);
static write_service stub; /* a copy of NtWriteFile */

static DWORD WINAPI write_through_stub(void *cold)
{
    ULONG_PTR io[2];
    calling = 1;
    stub(file, NULL, NULL, NULL, io, cold, LENGTH, NULL, NULL);
    return 0;
}

static LONG CALLBACK loop(EXCEPTION_POINTERS *pointers)
{
    diverted = 1;
    while (diverted)
        ;
    return pointers != NULL;
}

/* The code that calls the service goes while it waits: the thread has an exception, and no turn any more. */
static void turn_fault(void)
{
    enum { STUB = 32 };
    memset(line, 'B', sizeof line);
    stub = (write_service)VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_EXECUTE_READWRITE);
    memcpy((void *)stub, (void *)GetProcAddress(GetModuleHandleA("ntdll"), "NtWriteFile"), STUB);
    AddVectoredExceptionHandler(1, loop);
    file = open_file("D:\\mine", GENERIC_WRITE, CREATE_ALWAYS, 0);
    CreateThread(NULL, 0, write_through_stub, map_cold(), 0, NULL);
    while (!GetFileSize(open_file("D:\\mine", GENERIC_READ, OPEN_EXISTING, 0), NULL))
        SwitchToThread();
    VirtualFree((void *)stub, 0, MEM_RELEASE);
    append(file, line, sizeof line, FALSE);
    check(diverted, "the thread had no exception", 0);
    CloseHandle(file);
    check(DeleteFileA("D:\\mine"), "delete", 0);
}

/* The process ends, and so does its file. */
static void process_ends(void)
{
    begin_writing(FILE_FLAG_DELETE_ON_CLOSE);
    check(calling, "the writer was too fast", 0);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } scenarios[] = {
        {"write-closed", write_closed},
        {"read-closed", read_closed},
        {"copy-closed", copy_closed},
        {"event-closed", event_closed},
        {"append-short", append_short},
        {"append-long", append_long},
        {"append-unbuffered", append_unbuffered},
        {"append-at-end", append_at_end},
        {"append-fails", append_fails},
        {"terminated", terminated},
        {"context-set", context_set},
        {"turn-read", turn_read},
        {"turn-write", turn_write},
        {"turn-query", turn_query},
        {"turn-closed", turn_closed},
        {"turn-none", turn_none},
        {"turn-terminated", turn_terminated},
        {"turn-suspended", turn_suspended},
        {"turn-context", turn_context},
        {"context-kept", context_kept},
        {"turn-fault", turn_fault},
        {"others-bytes-stay", others_bytes_stay},
        {"append-beside", append_beside},
        {"process-ends", process_ends},
    };
    const char *what = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        if (!strcmp(scenarios[i].name, what)) {
            scenarios[i].run();
            return 0;
        }
    return 2;
}
