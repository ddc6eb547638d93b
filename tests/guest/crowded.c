/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crowded.c - programs that use all that they are promised, in little memory (crowded.sh).
 *
 *   crowded hogs N      N processes that lock what they may, and count in more pages than that
 *   crowded tables N    the same, while services work on pages whose page tables are out
 *   crowded threads     as many threads as there may be, and after their stacks have left as many again
 *
 * Prints what must be right whatever was refused; the exit status is 0 if it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum {
    PAGE = 4096,
    HOG_PAGES = 512,
    ROUNDS = 3,
    TABLES = 800,
    BLOCK = 65536,
    HOGS_MAX = 12,
    THREADS_MAX = 1500,
};

static char name[MAX_PATH];

static int hog(void)
{
    int locked = 0, minimum = 300;
    while (minimum > 50 && !SetProcessWorkingSetSize(GetCurrentProcess(), minimum * PAGE, (minimum + 40) * PAGE))
        minimum -= 10;
    volatile char *data = VirtualAlloc(NULL, HOG_PAGES * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!data)
        return 3;
    while (locked < HOG_PAGES && VirtualLock((void *)(data + locked * PAGE), PAGE))
        locked++;
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < HOG_PAGES; i++)
            data[i * PAGE]++;
    Sleep(300);
    for (int i = 0; i < HOG_PAGES; i++)
        if (data[i * PAGE] != ROUNDS)
            return 4;
    return locked > 0 ? 0 : 5;
}

static int start_hogs(HANDLE *process, int wanted)
{
    int count = 0;
    for (int i = 0; i < wanted; i++) {
        STARTUPINFOA startup = {.cb = sizeof startup};
        PROCESS_INFORMATION started;
        char line[MAX_PATH + 8];
        snprintf(line, sizeof line, "\"%s\" hog", name);
        if (CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &started))
            process[count++] = started.hProcess;
    }
    return count;
}

/* => how many did not end well. */
static int wait_for(const HANDLE *process, int count)
{
    int bad = 0;
    for (int i = 0; i < count; i++) {
        DWORD code = 99;
        WaitForSingleObject(process[i], INFINITE);
        GetExitCodeProcess(process[i], &code);
        bad += code != 0;
    }
    return bad;
}

static int hogs(int wanted)
{
    HANDLE process[HOGS_MAX];
    int count = start_hogs(process, wanted), bad = wait_for(process, count);
    printf("hogs %s, wrong %d\n", count > 0 ? "started" : "refused", bad);
    return bad != 0 || count == 0;
}

/* Services on the blocks, each of which has a page table of its own. => how many went wrong. */
static int serve(char **block)
{
    MEMORY_BASIC_INFORMATION info;
    DWORD old;
    int wrong = 0;

    for (int i = 0; i < TABLES; i++) {
        wrong += !VirtualProtect(block[i], BLOCK, PAGE_READONLY, &old) ||
                 !VirtualProtect(block[i], BLOCK, PAGE_READWRITE, &old);
        wrong += i % 5 == 0 && !VirtualAlloc(block[i] + BLOCK / 2, PAGE, MEM_RESET, PAGE_READWRITE);
    }
    for (int i = 0; i < TABLES; i++)
        wrong += !VirtualQuery(block[i], &info, sizeof info) || info.State != MEM_COMMIT || block[i][0] != (char)i;
    return wrong;
}

static int tables(int wanted)
{
    static char *block[TABLES];
    HANDLE process[HOGS_MAX];
    int wrong = 0;

    for (int i = 0; i < TABLES; i++) {
        block[i] =
            VirtualAlloc((char *)0x10000000 + (size_t)i * (2 << 20), BLOCK, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        if (!block[i])
            return 1;
        block[i][0] = (char)i;
        block[i][2 * PAGE] = 1;
    }
    int count = start_hogs(process, wanted);
    for (int round = 0; round < 3; round++)
        wrong += serve(block);
    for (int i = 0; i < TABLES; i += 2)
        wrong += !VirtualFree(block[i], 0, MEM_RELEASE);
    int bad = wait_for(process, count);
    printf("tables wrong %d, hogs %s, wrong %d\n", wrong, count > 0 ? "started" : "refused", bad);
    return wrong || bad;
}

static HANDLE go;

static DWORD WINAPI thread(void *argument)
{
    volatile char stack[2 * PAGE + 800]; /* grows it by two pages */
    (void)argument;
    stack[0] = 1;
    stack[sizeof stack - 1] = 2;
    WaitForSingleObject(go, INFINITE);
    return stack[0] + stack[sizeof stack - 1];
}

static int make_threads(HANDLE *handle, int count)
{
    while (count < THREADS_MAX && (handle[count] = CreateThread(NULL, 0, thread, NULL, 0, NULL)) != NULL)
        count++;
    return count;
}

static int threads(void)
{
    enum { PAGES = 2048 };
    static HANDLE handle[THREADS_MAX];
    go = CreateEventA(NULL, TRUE, FALSE, NULL);
    int count = make_threads(handle, 0), right = 0;
    volatile char *data = VirtualAlloc(NULL, PAGES * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    for (int round = 0; round < 30; round++) {
        for (int i = 0; i < PAGES; i++)
            data[i * PAGE]++;
        Sleep(500);
    }
    int more = make_threads(handle, count);
    SetEvent(go);
    for (int i = 0; i < more; i++) {
        DWORD code = 0;
        WaitForSingleObject(handle[i], INFINITE);
        GetExitCodeThread(handle[i], &code);
        right += code == 3;
    }
    printf("threads %s, more %s, wrong %d\n", count > 50 ? "many" : "few", more > count ? "yes" : "no", more - right);
    return right != more;
}

int main(int argc, char **argv)
{
    int wanted = argc > 2 ? atoi(argv[2]) : 0;
    GetModuleFileNameA(NULL, name, sizeof name);
    wanted = wanted < HOGS_MAX ? wanted : HOGS_MAX;
    if (argc > 1 && strcmp(argv[1], "hog") == 0)
        return hog();
    if (argc > 1 && strcmp(argv[1], "hogs") == 0)
        return hogs(wanted);
    if (argc > 1 && strcmp(argv[1], "tables") == 0)
        return tables(wanted);
    return threads();
}
