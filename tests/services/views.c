/* SPDX-License-Identifier: GPL-2.0-or-later */
/* views.c - NtFlushVirtualMemory and NtAreMappedFilesTheSame (nt-reference 5.7, 5.9). */
#include "service.h"

NTSTATUS NTAPI NtCreateSection(HANDLE *, ULONG access, void *attributes, void *size, ULONG protect, ULONG, HANDLE file);
NTSTATUS NTAPI NtMapViewOfSection(HANDLE, HANDLE process, void **base, ULONG_PTR zero_bits, SIZE_T commit, void *offset,
                                  SIZE_T *size, ULONG inherit, ULONG type, ULONG protect);

struct io_status {
    ULONG_PTR status, information;
};

/* Another view of an image. */
static void *map_again(const char *name)
{
    HANDLE section = NULL, file = CreateFileA(name, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    void *base = NULL;
    SIZE_T size = 0;
    NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READONLY, SEC_IMAGE, file);
    NTSTATUS status = NtMapViewOfSection(section, THIS_PROCESS, &base, 0, 0, NULL, &size, 1, 0, PAGE_EXECUTE_READ);
    printf("another view: %s\n", status_name(status));
    return base;
}

static void check_same(void)
{
    char *program = (char *)GetModuleHandle(NULL), *ntdll = (char *)GetModuleHandleA("ntdll.dll");
    char *again = map_again("C:\\WINDOWS\\system32\\ntdll.dll"), *private = commit(2 * PAGE, PAGE_READWRITE);
    say("two addresses of one view", NtAreMappedFilesTheSame(program, program + PAGE));
    say("two views of one file", NtAreMappedFilesTheSame(ntdll, again));
    say("views of two files", NtAreMappedFilesTheSame(program, ntdll));
    say("a view and private memory", NtAreMappedFilesTheSame(program, private));
    say("private memory and a view", NtAreMappedFilesTheSame(private, program));
    say("private memory and itself", NtAreMappedFilesTheSame(private, private));
    say("a view and free memory", NtAreMappedFilesTheSame(program, (void *)0x10000000));
    say("free memory and private memory", NtAreMappedFilesTheSame((void *)0x10000000, private));
    say("null", NtAreMappedFilesTheSame(NULL, NULL));
    say("system space", NtAreMappedFilesTheSame(program, SYSTEM_ADDRESS));
}

static void check_flush(void)
{
    char *program = (char *)GetModuleHandle(NULL);
    const struct {
        const char *name;
        void *base;
        SIZE_T size;
    } cases[] = {
        {"base at the end of user space", (void *)(ULONG_PTR)USER_END, PAGE},
        {"base in system space", SYSTEM_ADDRESS, PAGE},
        {"size all ones", program, (SIZE_T)-1},
        {"free memory", (void *)0x10000000, PAGE},
        {"private memory", commit(PAGE, PAGE_READWRITE), PAGE},
        {"private memory, size 0", commit(PAGE, PAGE_READWRITE), 0},
        {"an image", program, PAGE},
        {"an image, size 0", program, 0},
    };
    struct io_status io;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        void *base = cases[i].base;
        SIZE_T size = cases[i].size;
        printf("flush, ");
        say(cases[i].name, NtFlushVirtualMemory(THIS_PROCESS, &base, &size, &io));
    }
    void *base = program, *bad = SYSTEM_ADDRESS;
    SIZE_T size = PAGE;
    say("flush, handle 0", NtFlushVirtualMemory(NULL, &base, &size, &io));
    say("flush, handle of an event", NtFlushVirtualMemory(make_event(), &base, &size, &io));
    say("flush, handle and base wrong", NtFlushVirtualMemory(NULL, &bad, &size, &io));
    for (enum place place = 0; place < PLACES; place++) {
        void **base_at = make_place(place, &base, sizeof base);
        SIZE_T *size_at = make_place(place, &size, sizeof size);
        void *io_at = make_place(place, &io, sizeof io);
        printf("flush, base in a %s: ", place_names[place]);
        printf("%s\n", status_name(NtFlushVirtualMemory(THIS_PROCESS, base_at, &size, &io)));
        printf("flush, size in a %s: ", place_names[place]);
        printf("%s\n", status_name(NtFlushVirtualMemory(THIS_PROCESS, &base, size_at, &io)));
        printf("flush, I/O status in a %s: ", place_names[place]);
        printf("%s\n", status_name(NtFlushVirtualMemory(THIS_PROCESS, &base, &size, io_at)));
    }
}

int main(void)
{
    check_same();
    check_flush();
    return 0;
}
