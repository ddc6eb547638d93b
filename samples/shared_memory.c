// SPDX-License-Identifier: GPL-2.0-or-later
/* shared_memory.c - memory of the page file that two processes share: one section that the child finds by its name, and
 * one that it inherits a handle to.
 *
 * In the trace: the parent's first touch of a page is a DemandZero fault of a "mapped" range, the child's of the same
 * page a Prototype fault: the page is there already, and both page tables point to one frame, at different addresses
 * where the views are.  What the child stores the parent sees; what it stores into a copy-on-write view it alone sees.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define PAGE 4096
#define PAGES 16

struct mailbox {
    LONG counter;
    char text[60];
};

static void *map(HANDLE section, DWORD access)
{
    void *view = MapViewOfFile(section, access, 0, 0, 0);
    if (view == NULL)
        printf("a view: error %lu\n", GetLastError());
    return view;
}

static int child(HANDLE inherited)
{
    HANDLE named = OpenFileMappingA(FILE_MAP_READ | FILE_MAP_WRITE, FALSE, "shared_memory sample");
    struct mailbox *box = map(named, FILE_MAP_WRITE), *copy = map(named, FILE_MAP_COPY);
    char *pages = map(inherited, FILE_MAP_READ);
    printf("child: the mailbox says '%s', counter %ld\n", box->text, box->counter);
    for (unsigned i = 0; i < PAGES; i++)
        InterlockedExchangeAdd(&box->counter, pages[i * PAGE]);
    strcpy(box->text, "hello, parent");
    strcpy(copy->text, "for me alone");
    printf("child: its copy says '%s', the mailbox '%s'\n", copy->text, box->text);
    printf("child: to write through the inherited handle: %s\n",
           MapViewOfFile(inherited, FILE_MAP_WRITE, 0, 0, 0) ? "allowed" : "refused");
    fflush(stdout);
    return 7;
}

/* A handle that a child may have, with no more rights than to read. */
static HANDLE make_inheritable(HANDLE section)
{
    HANDLE reader = NULL;
    DuplicateHandle(GetCurrentProcess(), section, GetCurrentProcess(), &reader, SECTION_MAP_READ, TRUE, 0);
    return reader;
}

int main(int argc, char **argv)
{
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION information;
    char line[MAX_PATH + 32];
    DWORD code = 0;

    if (argc > 1)
        return child((HANDLE)(LONG_PTR)atoi(argv[1]));
    HANDLE named = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, "shared_memory sample");
    HANDLE memory = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGES * PAGE, NULL);
    struct mailbox *box = map(named, FILE_MAP_WRITE);
    char *pages = map(memory, FILE_MAP_WRITE);
    strcpy(box->text, "hello, child");
    for (unsigned i = 0; i < PAGES; i++)
        pages[i * PAGE] = (char)i;
    snprintf(line, sizeof(line), "\"%s\" %d", argv[0], (int)(LONG_PTR)make_inheritable(memory));
    if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &information)) {
        printf("CreateProcess failed: %lu\n", GetLastError());
        return 1;
    }
    WaitForSingleObject(information.hProcess, INFINITE);
    GetExitCodeProcess(information.hProcess, &code);
    printf("parent: exit code %lu, the mailbox says '%s', counter %ld\n", code, box->text, box->counter);
    return 0;
}
