// SPDX-License-Identifier: GPL-2.0-or-later
/* virtual_unwind.c - RtlVirtualUnwind on made-up functions: one row for each unwind code, and for the places in a
 * function where it must do something else (prologue, epilogue, chained data).
 *
 * Word n of the stack holds the number n; rsp points to word 0 and rbp to word 16 (unless a row says otherwise), so
 * that each result tells where it was read. */
#include "guard.h"
#include <string.h>

enum { FUNCTION = 0x1000, FUNCTION_END = 0x1100, OTHER = 0x1200, INFO = 0x2000, CHAINED_INFO = 0x2100 };
enum { RBX = 3, RBP = 5, RSI = 6, XMM7 = 7, HANDLER = 0x1234 };
enum { EHANDLER = 1 << 3, CHAININFO = 4 << 3, WORDS = 96 };

#define CODE(offset, op, info) offset, (op) | (info) << 4
#define SLOT(value) (value) & 0xFF, (value) >> 8

struct row {
    const char *name;
    unsigned char info[24]; /* version and flags, prologue size, number of slots, frame register; codes; tail */
    unsigned char at;       /* offset of the program counter */
    unsigned char code[12]; /* what stands there; otherwise nops */
};

static const struct row rows[] = {
    {"no codes", {1, 0, 0, 0}, 0x20, {0}},
    {"push", {1, 1, 1, 0, CODE(1, 0, RBX)}, 0x20, {0}},
    {"push, before it", {1, 1, 1, 0, CODE(1, 0, RBX)}, 0, {0}},
    {"small allocation", {1, 4, 1, 0, CODE(4, 2, 4)}, 0x20, {0}},
    {"large allocation", {1, 7, 2, 0, CODE(7, 1, 0), SLOT(24)}, 0x20, {0}},
    {"large allocation, 32 bits", {1, 7, 3, 0, CODE(7, 1, 1), SLOT(256), SLOT(0)}, 0x20, {0}},
    {"frame pointer", {1, 8, 2, RBP | 2 << 4, CODE(8, 3, 0), CODE(1, 0, RBP)}, 0x20, {0}},
    {"frame pointer, before it is set", {1, 8, 2, RBP | 2 << 4, CODE(8, 3, 0), CODE(1, 0, RBP)}, 4, {0}},
    {"save", {1, 9, 3, 0, CODE(9, 4, RSI), SLOT(2), CODE(4, 2, 9)}, 0x20, {0}},
    {"save far", {1, 9, 4, 0, CODE(9, 5, RSI), SLOT(40), SLOT(0), CODE(4, 2, 9)}, 0x20, {0}},
    {"save xmm (version 1)", {1, 9, 3, 0, CODE(9, 6, XMM7), SLOT(3), CODE(4, 2, 9)}, 0x20, {0}},
    {"save xmm far (version 1)", {1, 9, 4, 0, CODE(9, 7, XMM7), SLOT(32), SLOT(0), CODE(4, 2, 9)}, 0x20, {0}},
    {"epilogue codes (version 2)", {2, 4, 3, 0, CODE(3, 6, 1), SLOT(0), CODE(4, 2, 9)}, 0x20, {0}},
    {"save xmm128", {1, 9, 3, 0, CODE(9, 8, XMM7), SLOT(2), CODE(4, 2, 9)}, 0x20, {0}},
    {"save xmm128 far", {1, 9, 4, 0, CODE(9, 9, XMM7), SLOT(32), SLOT(0), CODE(4, 2, 9)}, 0x20, {0}},
    {"machine frame", {1, 0, 2, 0, CODE(0, 2, 3), CODE(0, 10, 0)}, 0x20, {0}},
    {"machine frame with error code", {1, 0, 2, 0, CODE(0, 2, 3), CODE(0, 10, 1)}, 0x20, {0}},
    {"saves from the frame pointer", {1, 8, 3, RBP | 1 << 4, CODE(8, 4, RBX), SLOT(3), CODE(4, 3, 0)}, 0x20, {0}},
    {"handler in the body", {1 | EHANDLER, 4, 1, 0, CODE(4, 2, 4), 0, 0, SLOT(HANDLER), 0, 0}, 0x20, {0}},
    {"no handler in the prologue", {1 | EHANDLER, 4, 1, 0, CODE(4, 2, 4), 0, 0, SLOT(HANDLER), 0, 0}, 2, {0}},
    {"chained",
     {1 | CHAININFO, 4, 1, 0, CODE(4, 2, 4), 0, 0, SLOT(OTHER), 0, 0, SLOT(OTHER + 0x10), 0, 0, SLOT(CHAINED_INFO), 0,
      0},
     0x20,
     {0}},
    {"epilogue: add, pop, ret",
     {1, 4, 2, 0, CODE(4, 2, 4), CODE(1, 0, RBX)},
     0x20,
     {0x48, 0x83, 0xC4, 0x28, 0x5B, 0xC3}},
    {"epilogue: pop, ret", {1, 4, 2, 0, CODE(4, 2, 4), CODE(1, 0, RBX)}, 0x20, {0x5B, 0xC3}},
    {"epilogue: ret", {1, 4, 2, 0, CODE(4, 2, 4), CODE(1, 0, RBX)}, 0x20, {0xC3}},
    {"epilogue: rep ret", {1, 4, 2, 0, CODE(4, 2, 4), CODE(1, 0, RBX)}, 0x20, {0xF3, 0xC3}},
    {"epilogue: add 32 bits, ret", {1, 4, 1, 0, CODE(4, 2, 4)}, 0x20, {0x48, 0x81, 0xC4, 0x28, 0, 0, 0, 0xC3}},
    {"epilogue: lea from rbp, pop, ret",
     {1, 8, 2, RBP | 2 << 4, CODE(8, 3, 0), CODE(1, 0, RBP)},
     0x20,
     {0x48, 0x8D, 0x65, 0x08, 0x5D, 0xC3}},
    {"epilogue: jump to another function", {1, 4, 1, 0, CODE(4, 2, 4)}, 0x20, {0xE9, 0xDB, 0x01, 0, 0}},
    {"no epilogue: jump inside", {1, 4, 1, 0, CODE(4, 2, 4)}, 0x20, {0xEB, 0x10}},
    {"epilogue: rex jump", {1, 4, 1, 0, CODE(4, 2, 4)}, 0x20, {0x48, 0xFF, 0xE0}},
    {"no epilogue: jump by register", {1, 4, 1, 0, CODE(4, 2, 4)}, 0x20, {0xFF, 0xE0}},
    {"no epilogue: a lone pop", {1, 4, 1, 0, CODE(4, 2, 4)}, 0x20, {0x5B, 0x90}},
};

/* The entry that the chained row leads to: it pushed rsi, and has the handler. */
static const unsigned char chained_info[] = {1 | EHANDLER, 1, 1, 0, CODE(1, 0, RSI), 0, 0, SLOT(HANDLER), 0, 0};

static unsigned char image[0x3000];
static ULONG64 stack[WORDS] __attribute__((aligned(16)));

static void unwind(const struct row *row)
{
    RUNTIME_FUNCTION function = {.BeginAddress = FUNCTION, .EndAddress = FUNCTION_END, .UnwindData = INFO};
    CONTEXT context = {.Rsp = (ULONG_PTR)stack, .Rbp = (ULONG_PTR)&stack[16], .Rbx = 1003, .Rsi = 1006};
    void *data = NULL;
    DWORD64 frame = 0;
    memset(image + FUNCTION, 0x90, FUNCTION_END - FUNCTION);
    if (row->code[0] != 0)
        memcpy(image + FUNCTION + row->at, row->code, sizeof(row->code));
    memcpy(image + INFO, row->info, sizeof(row->info));
    memcpy(image + CHAINED_INFO, chained_info, sizeof(chained_info));
    PEXCEPTION_ROUTINE handler =
        RtlVirtualUnwind(UNW_FLAG_EHANDLER, (ULONG_PTR)image, (ULONG_PTR)image + FUNCTION + row->at, &function,
                         &context, &data, &frame, NULL);
    printf("%s: rip %lu, rsp %ld, frame %ld", row->name, (unsigned long)context.Rip,
           (long)((LONG64)(context.Rsp - (ULONG_PTR)stack) / 8), (long)((LONG64)(frame - (ULONG_PTR)stack) / 8));
    if (context.Rbx != 1003)
        printf(", rbx %lu", (unsigned long)context.Rbx);
    if (context.Rbp != (ULONG_PTR)&stack[16])
        printf(", rbp %lu", (unsigned long)context.Rbp);
    if (context.Rsi != 1006)
        printf(", rsi %lu", (unsigned long)context.Rsi);
    if (context.Xmm7.Low != 0 || context.Xmm7.High != 0)
        printf(", xmm7 %lu %lu", (unsigned long)context.Xmm7.Low, (unsigned long)context.Xmm7.High);
    if (handler != NULL)
        printf(", handler %lx", (unsigned long)((ULONG_PTR)handler - (ULONG_PTR)image));
    printf("\n");
}

int main(void)
{
    for (int i = 0; i < WORDS; i++)
        stack[i] = (ULONG64)i;
    stack[7] = stack[8] = (ULONG_PTR)&stack[50]; /* the rsp of the machine frames */
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        unwind(&rows[i]);
    return 0;
}
