/* SPDX-License-Identifier: GPL-2.0-or-later */
/* synced.c - what the program says stands between what count_syncs.c says of the host's fsync(). */
#include <stdio.h>
#include <windows.h>

static void say(const char *what)
{
    printf("%s\n", what);
    fflush(stdout);
}

static HANDLE open_it(const char *name, DWORD flags)
{
    return CreateFileA(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                       OPEN_ALWAYS, flags, NULL);
}

static void put(HANDLE file)
{
    DWORD done;
    if (!WriteFile(file, "bytes", 5, &done, NULL))
        say("not written");
}

int main(void)
{
    HANDLE file = open_it("D:\\plain", 0);
    say("a plain write");
    put(file);
    say("flushed, with its name");
    FlushFileBuffers(file);
    say("flushed again");
    put(file);
    FlushFileBuffers(file);
    say("a view of it is flushed");
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    *view = 'B';
    FlushViewOfFile(view, 0);
    UnmapViewOfFile(view);
    CloseHandle(section);
    CloseHandle(file);
    say("renamed and flushed");
    CreateDirectoryA("D:\\folder", NULL);
    MoveFileA("D:\\plain", "D:\\folder\\moved");
    file = open_it("D:\\folder\\moved", 0);
    FlushFileBuffers(file);
    CloseHandle(file);
    say("written through");
    file = open_it("D:\\through", FILE_FLAG_WRITE_THROUGH);
    put(file);
    CloseHandle(file);
    say("end");
    return 0;
}
