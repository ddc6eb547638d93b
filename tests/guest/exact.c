/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exact.c - faults and traps as a program sees them through a vectored handler: the instruction, the registers, the
 * address, the kind of access; and code that changes code.  Each line is a fact of the processor's manual (faults are
 * precise; a read-modify-write faults as a write) or of EXCEPTION_RECORD's public documentation. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

enum { PAGE = 4096 };

static struct {
    DWORD code, eip, ebx, kind, address, parameters, count;
    DWORD resume; /* EIP to go on at; 0: the same instruction */
    void *unprotect;
} seen;

static LONG CALLBACK handler(EXCEPTION_POINTERS *p)
{
    DWORD old;
    seen.code = p->ExceptionRecord->ExceptionCode;
    seen.eip = p->ContextRecord->Eip;
    seen.ebx = p->ContextRecord->Ebx;
    seen.parameters = p->ExceptionRecord->NumberParameters;
    seen.kind = seen.parameters ? (DWORD)p->ExceptionRecord->ExceptionInformation[0] : 99;
    seen.address = seen.parameters > 1 ? (DWORD)p->ExceptionRecord->ExceptionInformation[1] : 0;
    seen.count++;
    if (seen.unprotect) {
        VirtualProtect(seen.unprotect, PAGE, PAGE_EXECUTE_READWRITE, &old);
        seen.unprotect = NULL;
    } else {
        p->ContextRecord->Eip = seen.resume;
    }
    return EXCEPTION_CONTINUE_EXECUTION;
}

/* Call code with EBX = 0 and EDI = data; returns EBX. */
static DWORD call(const void *code, void *data)
{
    DWORD result;
    __asm__ volatile("pushl %%ebx\n\tpushl %%edi\n\txorl %%ebx, %%ebx\n\tmovl %2, %%edi\n\tcall *%1\n\t"
                     "movl %%ebx, %%eax\n\tpopl %%edi\n\tpopl %%ebx"
                     : "=a"(result)
                     : "c"(code), "d"(data)
                     : "memory", "cc");
    return result;
}

static unsigned char *code_page(unsigned pages)
{
    return VirtualAlloc(NULL, pages * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READWRITE);
}

/* A block runs from one page into another that cannot be executed: what comes before has happened, nothing more. */
static void page_edge(void)
{
    static const unsigned char edge[] = {0xC7, 0x07, 7, 0, 0, 0, 0x43, 0x43}; /* mov [edi], 7; inc ebx; inc ebx */
    static const unsigned char rest[] = {0x43, 0xC3};                         /* inc ebx; ret */
    unsigned char *page = code_page(2);
    volatile DWORD stored = 0;
    DWORD old, ebx;

    memcpy(page + PAGE - sizeof edge, edge, sizeof edge);
    memcpy(page + PAGE, rest, sizeof rest);
    VirtualProtect(page + PAGE, PAGE, PAGE_NOACCESS, &old);
    memset(&seen, 0, sizeof seen);
    seen.unprotect = page + PAGE;
    ebx = call(page + PAGE - sizeof edge, (void *)&stored);
    printf("page edge: faults %lu, eip page+%lx, ebx %lu, stored %lu, then ebx %lu\n", seen.count,
           seen.eip - (DWORD)page, seen.ebx, stored, ebx);
}

/* An instruction that lies across the edge starts where it starts. */
static void straddle(void)
{
    static const unsigned char across[] = {0x43, 0x81, 0xC3, 0x10, 0, 0, 0, 0xC3}; /* inc ebx; add ebx, 10; ret */
    unsigned char *page = code_page(2);
    DWORD old, ebx;

    memcpy(page + PAGE - 4, across, sizeof across);
    VirtualProtect(page + PAGE, PAGE, PAGE_NOACCESS, &old);
    memset(&seen, 0, sizeof seen);
    seen.unprotect = page + PAGE;
    ebx = call(page + PAGE - 4, NULL);
    printf("straddling: faults %lu, eip page+%lx, ebx %lu, address page+%lx, then ebx %lx\n", seen.count,
           seen.eip - (DWORD)page, seen.ebx, seen.address - (DWORD)page, ebx);
}

static void data_access(const char *name, const unsigned char *bytes, unsigned length, DWORD protect, unsigned offset)
{
    unsigned char *code = code_page(1), *data = code_page(1);
    DWORD old;

    memcpy(code, bytes, length);
    code[length] = 0xC3;
    data[0] = 1;
    VirtualProtect(data, PAGE, protect, &old);
    memset(&seen, 0, sizeof seen);
    seen.resume = (DWORD)code + length;
    call(code, data + offset);
    printf("%s: %08lX kind %lu address data+%lx eip +%lx\n", name, seen.code, seen.kind, seen.address - (DWORD)data,
           seen.eip - (DWORD)code);
}

static void trap(const char *name, const unsigned char *bytes, unsigned length)
{
    unsigned char *code = code_page(1);
    memcpy(code, bytes, length);
    code[length] = 0xC3;
    memset(&seen, 0, sizeof seen);
    seen.resume = (DWORD)code + length;
    call(code, NULL);
    printf("%s: %08lX eip +%lx", name, seen.code, seen.eip - (DWORD)code);
    if (seen.code == STATUS_ACCESS_VIOLATION)
        printf(" kind %lu address %08lX", seen.kind, seen.address);
    printf("\n");
}

/* mov byte [next+1], 5; next: mov bl, 0 (changed to 5 by the store before it, in the same block); ret */
static void own_block(void)
{
    unsigned char *code = code_page(1);
    static const unsigned char text[] = {0xC6, 0x05, 0, 0, 0, 0, 5, 0xB3, 0, 0xC3};
    DWORD target = (DWORD)code + 8, first, second;

    memcpy(code, text, sizeof text);
    memcpy(code + 2, &target, 4);
    first = call(code, NULL);
    code[6] = 9;
    second = call(code, NULL);
    printf("own block: %lu, rewritten: %lu\n", first, second);
}

/* A loop that keeps its counter in the page of its own code. */
static void beside_data(void)
{
    static const unsigned char text[] = {0xFF, 0x87, 0x80, 0,   0, 0, /* inc dword [edi+80] */
                                         0x43, 0x83, 0xFB, 100,       /* inc ebx; cmp ebx, 100 */
                                         0x75, 0xF4, 0xC3};           /* jne; ret */
    unsigned char *page = code_page(1);
    memcpy(page, text, sizeof text);
    DWORD ebx = call(page, page);
    printf("beside data: %lu rounds, counter %lu\n", ebx, *(DWORD *)(page + 0x80));
}

#define BYTES(...) (const unsigned char[]){__VA_ARGS__}, sizeof((const unsigned char[]){__VA_ARGS__})

int main(void)
{
    AddVectoredExceptionHandler(1, handler);
    page_edge();
    straddle();
    data_access("read, no access", BYTES(0x8B, 0x07), PAGE_NOACCESS, 0x123);
    data_access("write, read-only", BYTES(0x89, 0x07), PAGE_READONLY, 0xabc);
    data_access("add to read-only", BYTES(0x83, 0x07, 1), PAGE_READONLY, 0x10);
    data_access("add, no access", BYTES(0x83, 0x07, 1), PAGE_NOACCESS, 0x14);
    data_access("lock inc, no access", BYTES(0xF0, 0xFF, 0x07), PAGE_NOACCESS, 0x18);
    data_access("xchg, no access", BYTES(0x87, 0x07), PAGE_NOACCESS, 0x1c);
    data_access("guard page", BYTES(0x8B, 0x07), PAGE_READWRITE | PAGE_GUARD, 0x20);
    trap("divide by zero", BYTES(0x31, 0xC9, 0xF7, 0xF1));
    trap("int3", BYTES(0xCC));
    trap("ud2", BYTES(0x0F, 0x0B));
    trap("hlt", BYTES(0xF4));
    trap("in", BYTES(0xEC));
    trap("int 77", BYTES(0xCD, 0x77));
    trap("ud2 again", BYTES(0x0F, 0x0B));
    own_block();
    beside_data();
    return 0;
}
