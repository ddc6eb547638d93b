/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keeper.c - a program that keeps its word: what it says is kept was flushed before it said so.
 * usage: keeper FIRST.  Goes on from record FIRST, for ever.  Each record is added to D:\log, written whole to D:\new,
 * which then takes the place of D:\state, and stored in the mapped D:\table; "kept N" follows on standard output. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { RECORD = 32, STATE = 20000, TABLE = 256 };

static HANDLE open_file(const char *name, DWORD disposition)
{
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, disposition, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        printf("%s: error %lu\n", name, GetLastError());
        exit(2);
    }
    return file;
}

static void must(const char *what, BOOL done)
{
    if (!done) {
        printf("%s: error %lu\n", what, GetLastError());
        exit(3);
    }
}

static void add_to_log(HANDLE log, unsigned record)
{
    char line[RECORD + 1];
    DWORD done;
    snprintf(line, sizeof line, "record %-24u\n", record);
    SetFilePointer(log, (LONG)(record * RECORD), NULL, FILE_BEGIN);
    must("write the log", WriteFile(log, line, RECORD, &done, NULL) && done == RECORD);
    must("flush the log", FlushFileBuffers(log));
}

static void replace_state(unsigned record)
{
    static char state[STATE];
    DWORD done;
    HANDLE file = open_file("D:\\new", CREATE_ALWAYS);
    memset(state, 'a' + (int)(record % 26), sizeof state);
    must("write the state", WriteFile(file, state, sizeof state, &done, NULL) && done == sizeof state);
    must("flush the state", FlushFileBuffers(file));
    CloseHandle(file);
    must("rename", MoveFileExA("D:\\new", "D:\\state", MOVEFILE_REPLACE_EXISTING));
}

static uint32_t *table;

static void map_table(void)
{
    HANDLE file = open_file("D:\\table", OPEN_ALWAYS);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, TABLE * 4096, NULL);
    must("create a section", section != NULL);
    table = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    must("map", table != NULL);
    CloseHandle(section);
    CloseHandle(file);
}

static void store(unsigned record)
{
    uint32_t *page = table + record % TABLE * 1024;
    page[0] = page[1023] = record + 1;
    must("flush the table", FlushViewOfFile(page, 4096));
}

int main(int argc, char **argv)
{
    unsigned record = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
    HANDLE log = open_file("D:\\log", OPEN_ALWAYS);
    map_table();
    for (;; record++) {
        add_to_log(log, record);
        replace_state(record);
        store(record);
        printf("kept %u\n", record);
        fflush(stdout);
    }
}
