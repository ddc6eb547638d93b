// SPDX-License-Identifier: GPL-2.0-or-later
/* tree_sort.c - sort the lines of a file through a binary tree on two heaps: one for the nodes, one for the lines.
 *
 *   tree_sort FILE
 *
 * Neither heap is serialized (one thread) and both raise exceptions, so no allocation is checked; a handler around the
 * whole takes what was built away with two calls, whatever went wrong.
 *
 * In the trace: both heaps are reserved at once and committed as they grow: DemandZero faults, one for each page of
 * nodes and of lines, side by side because nodes share their pages with nodes alone. */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

#define NODE_HEAP_SIZE 0x8000
#define DATA_HEAP_SIZE 0x8000

/* ENTER puts the function that it stands in under the handler, LEAVE takes it out (structured_handler.c). */
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

struct node {
    struct node *left, *right;
    char *line;
};

static HANDLE input = INVALID_HANDLE_VALUE, node_heap, data_heap;
static unsigned lines;
static jmp_buf out;

EXCEPTION_DISPOSITION give_up(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *dispatcher);

EXCEPTION_DISPOSITION give_up(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *dispatcher)
{
    (void)frame;
    (void)context;
    (void)dispatcher;
    if (record->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND))
        return ExceptionContinueSearch;
    printf("exception %08lx\n", (unsigned long)record->ExceptionCode);
    longjmp(out, 1);
}

/* A line of the file on the data heap, without its end; NULL at the end of the file. */
static char *read_line(void)
{
    SIZE_T length = 0, room = 16;
    DWORD got = 0;
    char c, *line = HeapAlloc(data_heap, 0, room);

    while (ReadFile(input, &c, 1, &got, NULL) && got == 1 && c != '\n') {
        if (c == '\r')
            continue;
        if (length + 1 == room)
            line = HeapReAlloc(data_heap, 0, line, room *= 2);
        line[length++] = c;
    }
    if (length == 0 && got == 0) {
        HeapFree(data_heap, 0, line);
        return NULL;
    }
    line[length] = '\0';
    return HeapReAlloc(data_heap, HEAP_REALLOC_IN_PLACE_ONLY, line, length + 1);
}

static struct node *fill_tree(void)
{
    struct node *root = NULL;
    for (char *line = read_line(); line != NULL; line = read_line()) {
        struct node **at = &root;
        while (*at != NULL)
            at = strcmp(line, (*at)->line) < 0 ? &(*at)->left : &(*at)->right;
        *at = HeapAlloc(node_heap, HEAP_ZERO_MEMORY, sizeof(**at));
        (*at)->line = line;
        lines++;
    }
    return root;
}

static void scan(const struct node *node)
{
    if (node == NULL)
        return;
    scan(node->left);
    printf("%s\n", node->line);
    scan(node->right);
}

static __attribute__((noinline)) void sort(const char *name)
{
    ENTER(give_up);
    input = CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (input == INVALID_HANDLE_VALUE)
        RaiseException(GetLastError(), 0, 0, NULL);
    node_heap = HeapCreate(HEAP_GENERATE_EXCEPTIONS | HEAP_NO_SERIALIZE, NODE_HEAP_SIZE, 0);
    data_heap = HeapCreate(HEAP_GENERATE_EXCEPTIONS | HEAP_NO_SERIALIZE, DATA_HEAP_SIZE, 0);
    struct node *root = fill_tree();
    printf("sorted file: %s\n", name);
    scan(root);
    LEAVE();
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        printf("usage: tree_sort FILE\n");
        return 2;
    }
    volatile int failed = 1;
    if (setjmp(out) == 0) {
        sort(argv[1]);
        failed = 0;
    }
    printf("%u lines, the heaps are %s\n", lines,
           !failed && HeapValidate(node_heap, 0, NULL) && HeapValidate(data_heap, 0, NULL) ? "sound" : "not looked at");
    if (node_heap != NULL && !HeapDestroy(node_heap))
        printf("HeapDestroy failed\n");
    if (data_heap != NULL && !HeapDestroy(data_heap))
        printf("HeapDestroy failed\n");
    if (input != INVALID_HANDLE_VALUE)
        CloseHandle(input);
    return failed;
}
