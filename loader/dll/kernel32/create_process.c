/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create_process.c - CreateProcess: find the program, make the process, tell it what it needs, start its thread.
 *
 *     image section -> process (its image and ntdll are mapped) -> parameters written into it -> thread -> runs
 *
 * From the process on a failure ends it again. */
#include "k32.h"

struct creation {
    const STARTUPINFOW *startup;
    const void *environment; /* of the caller: NULL is the parent's own */
    const WCHAR *directory;
    SECURITY_ATTRIBUTES *process_security, *thread_security;
    BOOL inherit;
    DWORD flags;

    WCHAR path[MAX_PATH]; /* of the program, whole */
    const WCHAR *command_line;
    SECTION_IMAGE_INFORMATION image;
    HANDLE process, thread;
    PEB *peb; /* in the new process */
    CLIENT_ID id;
};

/* ---- the image ---- */

static NTSTATUS open_image(const WCHAR *path, HANDLE *ret_section)
{
    UNICODE_STRING nt_path;
    OBJECT_ATTRIBUTES oa;
    IO_STATUS_BLOCK io;
    HANDLE file;

    if (!RtlDosPathNameToNtPathName_U(path, &nt_path, NULL, NULL))
        return STATUS_OBJECT_PATH_NOT_FOUND;
    InitializeObjectAttributes(&oa, &nt_path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS status =
        NtOpenFile(&file, FILE_EXECUTE | FILE_READ_DATA | SYNCHRONIZE, &oa, &io, FILE_SHARE_READ | FILE_SHARE_DELETE,
                   FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
    RtlFreeUnicodeString(&nt_path);
    if (!NT_SUCCESS(status))
        return status;
    status = NtCreateSection(ret_section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_EXECUTE, SEC_IMAGE, file);
    NtClose(file);
    return status;
}

/* => the failures of a file that is no program for this system. */
static NTSTATUS check_image(const SECTION_IMAGE_INFORMATION *image)
{
    if (image->ImageCharacteristics & IMAGE_FILE_DLL)
        return STATUS_INVALID_IMAGE_FORMAT;
    if (image->SubSystemType != IMAGE_SUBSYSTEM_WINDOWS_GUI && image->SubSystemType != IMAGE_SUBSYSTEM_WINDOWS_CUI)
        return STATUS_INVALID_IMAGE_FORMAT;
    return STATUS_SUCCESS;
}

static NTSTATUS make_process(struct creation *c)
{
    enum { PS_BREAKAWAY = 1, PS_INHERIT_HANDLES = 4 };
    ULONG flags = (c->inherit ? PS_INHERIT_HANDLES : 0) | (c->flags & CREATE_BREAKAWAY_FROM_JOB ? PS_BREAKAWAY : 0);
    PROCESS_BASIC_INFORMATION info;
    struct k32_object object;
    HANDLE section;

    k32_object(c->process_security, NULL, 0, &object);
    NTSTATUS status = open_image(c->path, &section);
    if (!NT_SUCCESS(status))
        return status;
    status = NtQuerySection(section, SectionImageInformation, &c->image, sizeof c->image, NULL);
    if (NT_SUCCESS(status))
        status = check_image(&c->image);
    if (NT_SUCCESS(status))
        status = NtCreateProcessEx(&c->process, PROCESS_ALL_ACCESS, &object.attributes, NtCurrentProcess(), flags,
                                   section, NULL, NULL, 0);
    NtClose(section);
    if (!NT_SUCCESS(status))
        return status;
    status = NtQueryInformationProcess(c->process, ProcessBasicInformation, &info, sizeof info, NULL);
    c->peb = info.PebBaseAddress;
    return status;
}

static NTSTATUS set_priority(const struct creation *c)
{
    UCHAR class = k32_priority_class(c->flags);

    return class ? k32_set_priority_class(c->process, class) : STATUS_SUCCESS; /* 0: the kernel's choice */
}

/* ---- the parameters ---- */

/* Copy a block into memory of the new process. => *ret_address: where it is there. */
static NTSTATUS push(HANDLE process, const void *block, SIZE_T size, void **ret_address)
{
    void *base = NULL;
    SIZE_T room = size;
    NTSTATUS status = NtAllocateVirtualMemory(process, &base, 0, &room, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    if (NT_SUCCESS(status))
        status = NtWriteVirtualMemory(process, base, (void *)(ULONG_PTR)block, size, NULL);
    *ret_address = base;
    return status;
}

static SIZE_T wide_block_length(const WCHAR *block)
{
    SIZE_T n = 0;

    while (block[n] != L'\0')
        n += k32_wcslen(block + n) + 1;
    return n + 1;
}

static SIZE_T narrow_block_length(const char *block)
{
    SIZE_T n = 0;

    while (block[n] != '\0') {
        while (block[n] != '\0')
            n++;
        n++;
    }
    return n + 1;
}

static NTSTATUS push_narrow_environment(HANDLE process, const char *block, void **ret_address)
{
    SIZE_T length = narrow_block_length(block);
    WCHAR *wide = RtlAllocateHeap(RtlProcessHeap(), 0, length * sizeof(WCHAR));

    if (wide == NULL)
        return STATUS_NO_MEMORY;
    for (SIZE_T i = 0; i < length; i++)
        wide[i] = k32_wide_char((UCHAR)block[i]);
    NTSTATUS status = push(process, wide, length * sizeof(WCHAR), ret_address);
    k32_free(wide);
    return status;
}

static NTSTATUS push_environment(const struct creation *c, void **ret_address)
{
    NTSTATUS status;

    if (c->environment != NULL && !(c->flags & CREATE_UNICODE_ENVIRONMENT))
        return push_narrow_environment(c->process, c->environment, ret_address);
    RtlAcquirePebLock();
    const WCHAR *block = c->environment != NULL ? c->environment : NtCurrentPeb()->ProcessParameters->Environment;
    if (block == NULL)
        block = L"\0";
    status = push(c->process, block, wide_block_length(block) * sizeof(WCHAR), ret_address);
    RtlReleasePebLock();
    return status;
}

/* One of the parent's standard handles, for a child that inherits nothing. => NULL where there is none. */
static HANDLE give_handle(const struct creation *c, HANDLE handle)
{
    HANDLE given = NULL;

    if (handle == NULL || handle == INVALID_HANDLE_VALUE)
        return handle;
    return NT_SUCCESS(NtDuplicateObject(NtCurrentProcess(), handle, c->process, &given, 0, 0, DUPLICATE_SAME_ACCESS))
               ? given
               : NULL;
}

static void set_handles(const struct creation *c, RTL_USER_PROCESS_PARAMETERS *p)
{
    const RTL_USER_PROCESS_PARAMETERS *own = NtCurrentPeb()->ProcessParameters;

    p->ConsoleHandle = own->ConsoleHandle;
    if (c->flags & DETACHED_PROCESS)
        p->ConsoleHandle = (HANDLE)(LONG_PTR)-1;
    if (c->startup->dwFlags & STARTF_USESTDHANDLES) {
        p->StandardInput = c->startup->hStdInput;
        p->StandardOutput = c->startup->hStdOutput;
        p->StandardError = c->startup->hStdError;
    } else if (c->inherit) {
        p->StandardInput = own->StandardInput;
        p->StandardOutput = own->StandardOutput;
        p->StandardError = own->StandardError;
    } else if (!(c->flags & DETACHED_PROCESS)) {
        p->StandardInput = give_handle(c, own->StandardInput);
        p->StandardOutput = give_handle(c, own->StandardOutput);
        p->StandardError = give_handle(c, own->StandardError);
    }
}

static void set_window(const struct creation *c, RTL_USER_PROCESS_PARAMETERS *p)
{
    const STARTUPINFOW *s = c->startup;

    p->StartingX = s->dwX;
    p->StartingY = s->dwY;
    p->CountX = s->dwXSize;
    p->CountY = s->dwYSize;
    p->CountCharsX = s->dwXCountChars;
    p->CountCharsY = s->dwYCountChars;
    p->FillAttribute = s->dwFillAttribute;
    p->WindowFlags = s->dwFlags;
    p->ShowWindowFlags = s->wShowWindow;
}

/* The current directory of the child: whole, with a backslash at its end; empty where it is the parent's. */
static bool whole_directory(const WCHAR *directory, WCHAR whole[MAX_PATH + 2])
{
    whole[0] = L'\0';
    if (directory == NULL)
        return true;
    DWORD length = GetFullPathNameW(directory, MAX_PATH, whole, NULL);
    if (length == 0 || length >= MAX_PATH || GetFileAttributesW(whole) == INVALID_FILE_ATTRIBUTES ||
        !(GetFileAttributesW(whole) & FILE_ATTRIBUTE_DIRECTORY))
        return k32_fail_with(ERROR_DIRECTORY);
    if (whole[length - 1] != L'\\') {
        whole[length] = L'\\';
        whole[length + 1] = L'\0';
    }
    return true;
}

static NTSTATUS make_parameters(const struct creation *c, const WCHAR *directory, RTL_USER_PROCESS_PARAMETERS **ret_p)
{
    UNICODE_STRING image, line, current, title, desktop;
    UNICODE_STRING runtime = {c->startup->cbReserved2, c->startup->cbReserved2, (WCHAR *)c->startup->lpReserved2};

    RtlInitUnicodeString(&image, c->path);
    RtlInitUnicodeString(&current, directory);
    RtlInitUnicodeString(&title, c->startup->lpTitle != NULL ? c->startup->lpTitle : c->path);
    RtlInitUnicodeString(&desktop, c->startup->lpDesktop);
    NTSTATUS status = RtlInitUnicodeStringEx(&line, c->command_line);
    if (!NT_SUCCESS(status))
        return status;
    return RtlCreateProcessParameters(ret_p, &image, NULL, *directory != L'\0' ? &current : NULL, &line, NULL, &title,
                                      c->startup->lpDesktop != NULL ? &desktop : NULL, NULL,
                                      runtime.Length != 0 && runtime.Buffer != NULL ? &runtime : NULL);
}

static NTSTATUS push_parameters(struct creation *c, const WCHAR *directory)
{
    RTL_USER_PROCESS_PARAMETERS *p;
    void *environment = NULL, *address = NULL;
    NTSTATUS status = make_parameters(c, directory, &p);

    if (!NT_SUCCESS(status))
        return status;
    set_window(c, p);
    set_handles(c, p);
    status = push_environment(c, &environment);
    p->Environment = environment;
    if (NT_SUCCESS(status))
        status = push(c->process, p, p->Length, &address);
    if (NT_SUCCESS(status))
        status = NtWriteVirtualMemory(c->process, &c->peb->ProcessParameters, &address, sizeof address, NULL);
    RtlDestroyProcessParameters(p);
    return status;
}

/* ---- the thread ---- */

/* Where the program begins: its headers are in the new process, wherever it was put there. */
static NTSTATUS find_entry(const struct creation *c, void **ret_entry)
{
    IMAGE_DOS_HEADER dos;
    IMAGE_NT_HEADERS nt;
    char *base;
    NTSTATUS status = NtReadVirtualMemory(c->process, &c->peb->ImageBaseAddress, &base, sizeof base, NULL);

    if (NT_SUCCESS(status))
        status = NtReadVirtualMemory(c->process, base, &dos, sizeof dos, NULL);
    if (NT_SUCCESS(status))
        status = NtReadVirtualMemory(c->process, base + dos.e_lfanew, &nt, sizeof nt, NULL);
    if (NT_SUCCESS(status))
        *ret_entry = base + nt.OptionalHeader.AddressOfEntryPoint;
    return status;
}

static NTSTATUS make_thread(struct creation *c)
{
    struct k32_object object;
    struct user_thread thread = {.attributes = &object.attributes,
                                 .argument = c->peb,
                                 .stack_reserve = c->image.MaximumStackSize,
                                 .stack_commit = c->image.CommittedStackSize,
                                 .suspended = TRUE};

    k32_object(c->thread_security, NULL, 0, &object);
    NTSTATUS status = find_entry(c, &thread.routine);
    if (NT_SUCCESS(status))
        status = RtlMakeUserThread(c->process, &thread, &c->thread, &c->id);
    return status;
}

/* ---- the calls ---- */

static BOOL create(struct creation *c, PROCESS_INFORMATION *ret_information)
{
    WCHAR directory[MAX_PATH + 2];

    if (!whole_directory(c->directory, directory))
        return FALSE;
    NTSTATUS status = make_process(c);
    if (c->process == NULL)
        return k32_fail(status);
    if (NT_SUCCESS(status))
        status = set_priority(c);
    if (NT_SUCCESS(status))
        status = push_parameters(c, directory);
    if (NT_SUCCESS(status))
        status = make_thread(c);
    if (NT_SUCCESS(status) && !(c->flags & CREATE_SUSPENDED))
        status = NtResumeThread(c->thread, NULL);
    if (!NT_SUCCESS(status)) {
        NtTerminateProcess(c->process, status);
        NtClose(c->process);
        if (c->thread != NULL)
            NtClose(c->thread);
        return k32_fail(status);
    }
    *ret_information = (PROCESS_INFORMATION){c->process, c->thread, (DWORD)(ULONG_PTR)c->id.UniqueProcess,
                                             (DWORD)(ULONG_PTR)c->id.UniqueThread};
    return TRUE;
}

/* => ERROR_NOT_SUPPORTED: nothing can be debugged here. */
static bool flags_are_valid(DWORD flags)
{
    enum { BOTH = DETACHED_PROCESS | CREATE_NEW_CONSOLE };

    if ((flags & BOTH) == BOTH)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (flags & (DEBUG_PROCESS | DEBUG_ONLY_THIS_PROCESS))
        return k32_fail_with(ERROR_NOT_SUPPORTED);
    return true;
}

/* => an application's name is taken as it is, relative to the current directory; else the command line names it. */
BOOL WINAPI CreateProcessW(const WCHAR *application, WCHAR *command_line, SECURITY_ATTRIBUTES *process_security,
                           SECURITY_ATTRIBUTES *thread_security, BOOL inherit, DWORD flags, void *environment,
                           const WCHAR *directory, STARTUPINFOW *startup, PROCESS_INFORMATION *ret_information)
{
    struct creation c = {.startup = startup,
                         .environment = environment,
                         .directory = directory,
                         .process_security = process_security,
                         .thread_security = thread_security,
                         .inherit = inherit,
                         .flags = flags};
    WCHAR *quoted = NULL;

    *ret_information = (PROCESS_INFORMATION){NULL, NULL, 0, 0};
    if (!flags_are_valid(flags))
        return FALSE;
    if (application == NULL && command_line == NULL)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    if (application != NULL) {
        DWORD length = GetFullPathNameW(application, MAX_PATH, c.path, NULL);
        if (length == 0 || length >= MAX_PATH)
            return k32_fail_with(ERROR_PATH_NOT_FOUND);
    } else if (!k32_find_program(command_line, c.path, &quoted)) {
        return FALSE;
    }
    c.command_line = quoted != NULL ? quoted : command_line != NULL ? command_line : application;
    BOOL created = create(&c, ret_information);
    k32_free(quoted);
    return created;
}

BOOL WINAPI CreateProcessA(const char *application, char *command_line, SECURITY_ATTRIBUTES *process_security,
                           SECURITY_ATTRIBUTES *thread_security, BOOL inherit, DWORD flags, void *environment,
                           const char *directory, STARTUPINFOA *startup, PROCESS_INFORMATION *ret_information)
{
    const char *narrow[] = {application, command_line, directory, startup->lpTitle, startup->lpDesktop};
    enum { APPLICATION, LINE, DIRECTORY, TITLE, DESKTOP, COUNT };
    WCHAR *wide[COUNT];
    STARTUPINFOW info;
    bool ready = true;
    BOOL created = FALSE;

    _Static_assert(sizeof info == sizeof *startup, "both forms are laid out alike");
    for (int i = 0; i < COUNT; i++) {
        wide[i] = k32_wide(narrow[i]);
        ready = ready && (narrow[i] == NULL || wide[i] != NULL);
    }
    k32_memcpy(&info, startup, sizeof info);
    info.lpTitle = wide[TITLE];
    info.lpDesktop = wide[DESKTOP];
    if (ready)
        created = CreateProcessW(wide[APPLICATION], wide[LINE], process_security, thread_security, inherit, flags,
                                 environment, wide[DIRECTORY], &info, ret_information);
    for (int i = 0; i < COUNT; i++)
        k32_free(wide[i]);
    return created;
}

/* => above 31, or an error code. */
UINT WINAPI WinExec(const char *command_line, UINT show)
{
    enum { STARTED = 33 };
    STARTUPINFOA startup = {.cb = sizeof startup, .dwFlags = STARTF_USESHOWWINDOW, .wShowWindow = (WORD)show};
    PROCESS_INFORMATION information;

    if (CreateProcessA(NULL, (char *)(ULONG_PTR)command_line, NULL, NULL, FALSE, 0, NULL, NULL, &startup,
                       &information)) {
        NtClose(information.hProcess);
        NtClose(information.hThread);
        return STARTED;
    }
    switch (RtlGetLastWin32Error()) {
    case ERROR_FILE_NOT_FOUND: return ERROR_FILE_NOT_FOUND;
    case ERROR_PATH_NOT_FOUND: return ERROR_PATH_NOT_FOUND;
    case ERROR_BAD_EXE_FORMAT: return ERROR_BAD_FORMAT;
    default: return 0;
    }
}
