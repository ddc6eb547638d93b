// SPDX-License-Identifier: GPL-2.0-or-later
/* delay_load.c - a DLL that is loaded when it is first called.  The work is done by a helper in the program (mingw's
 * __delayLoadHelper2), which finds everything through a descriptor; the loader need not know of it. */
#include <stdio.h>
#include <windows.h>

#ifdef _WIN64
#define POINTER ".quad "
#define RVA_THUNK(name) ".rva " name "\n .long 0\n"
#define NAME(name) name
#else
#define POINTER ".long "
#define RVA_THUNK(name) ".rva " name "\n"
#define NAME(name) "_" name
#endif

/* The slot that calls go through: the stub at first, then the function. */
extern int (*delay_slots[])(void);

/* IMAGE_DELAYLOAD_DESCRIPTOR with RVAs: attributes, DLL name, module handle, addresses, names, bound and unload
 * information, time. */
__asm__(".data\n"
        ".balign 8\n"
        "delay_descriptor:\n"
        "    .long 1\n"
        "    .rva delay_dll, delay_module, " NAME(
            "delay_slots") ", delay_names\n"
                           "    .long 0, 0, 0\n"
                           "delay_module: .quad 0\n"
                           ".globl " NAME("delay_slots") "\n" NAME(
                               "delay_slots") ":\n"
                                              "    " POINTER "delay_stub, 0\n"
                                              "delay_names:\n"
                                              "    " RVA_THUNK("delay_hint") "    " POINTER "0\n"
                                                                             "delay_hint: .short 0\n"
                                                                             "    .asciz \"order_b_value\"\n"
                                                                             "delay_dll: .asciz \"order_b" SUFFIX
                                                                             ".dll\"\n"
                                                                             ".text\n"
#ifdef _WIN64
                                                                             ".seh_proc delay_stub\n"
                                                                             "delay_stub:\n"
                                                                             "    subq $0x28, %rsp\n"
                                                                             "    .seh_stackalloc 0x28\n"
                                                                             "    .seh_endprologue\n"
                                                                             "    leaq delay_descriptor(%rip), %rcx\n"
                                                                             "    leaq delay_slots(%rip), %rdx\n"
                                                                             "    call __delayLoadHelper2\n"
                                                                             "    addq $0x28, %rsp\n"
                                                                             "    rex.W jmp *%rax\n"
                                                                             ".seh_endproc\n"
#else
                                                                             "delay_stub:\n"
                                                                             "    pushl $_delay_slots\n"
                                                                             "    pushl $delay_descriptor\n"
                                                                             "    call ___delayLoadHelper2@8\n"
                                                                             "    jmp *%eax\n"
#endif
);

static const char *state(void)
{
    return GetModuleHandleA("order_b" SUFFIX ".dll") != NULL ? "loaded" : "not loaded";
}

int main(void)
{
    int (*volatile stub)(void) = delay_slots[0];
    printf("before: %s\n", state());
    printf("value: %d\n", delay_slots[0]());
    printf("after: %s, the slot %s\n", state(), delay_slots[0] == stub ? "is the stub" : "is the function");
    printf("again: %d\n", delay_slots[0]());
    return 0;
}
