/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inherit_handles.c - handles: their flags, duplicates, and what a child gets of them. */
#include "win32.h"

static PROCESS_INFORMATION information;

static HANDLE handle_of(const char *text)
{
    return (HANDLE)(LONG_PTR)strtol(text, NULL, 10);
}

/* Sets the event whose number it is given; says by its exit code whether that was one. */
static int child(char **argv)
{
    if (strcmp(argv[1], "say") == 0) {
        printf("  child says: %s\n", argv[2]);
        fflush(stdout);
        return 0;
    }
    return SetEvent(handle_of(argv[2])) ? 1 : 2;
}

static DWORD run(const char *program, HANDLE handle, BOOL inherit)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    char line[MAX_PATH + 64];
    DWORD code = 0;

    snprintf(line, sizeof line, "\"%s\" set %ld", program, (long)(LONG_PTR)handle);
    if (!CreateProcessA(NULL, line, NULL, NULL, inherit, 0, NULL, NULL, &startup, &information))
        return 0;
    WaitForSingleObject(information.hProcess, INFINITE);
    GetExitCodeProcess(information.hProcess, &code);
    CloseHandle(information.hProcess);
    CloseHandle(information.hThread);
    return code;
}

static void inherit(const char *program)
{
    SECURITY_ATTRIBUTES inheritable = {sizeof inheritable, NULL, TRUE};
    HANDLE given = CreateEventA(&inheritable, FALSE, FALSE, NULL), kept = CreateEventA(NULL, FALSE, FALSE, NULL);

    printf("inheritable and inherited: %lu", (unsigned long)run(program, given, TRUE));
    printf(", the event: %lu\n", (unsigned long)WaitForSingleObject(given, 0));
    printf("inheritable, not inherited: %lu", (unsigned long)run(program, given, FALSE));
    printf(", the event: %lu\n", (unsigned long)WaitForSingleObject(given, 0));
    printf("not inheritable: %lu\n", (unsigned long)run(program, kept, TRUE));
    SetHandleInformation(kept, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    printf("made inheritable: %lu\n", (unsigned long)run(program, kept, TRUE));
    SetHandleInformation(given, HANDLE_FLAG_INHERIT, 0);
    printf("made not inheritable: %lu\n", (unsigned long)run(program, given, TRUE));
}

static void flags(void)
{
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    DWORD value = 77;

    TRY("flags", GetHandleInformation(event, &value));
    printf("%lx\n", (unsigned long)value);
    SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, HANDLE_FLAG_PROTECT_FROM_CLOSE);
    GetHandleInformation(event, &value);
    printf("protected: %lx\n", (unsigned long)value);
    TRY("close", CloseHandle(event));
    SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0);
    TRY("close when it is not protected", CloseHandle(event));
    TRY("close again", CloseHandle(event));
    TRY("flags of nothing", GetHandleInformation(event, &value));
}

static void duplicate(const char *program)
{
    HANDLE self = GetCurrentProcess(), event = CreateEventA(NULL, FALSE, FALSE, NULL), other = NULL;
    STARTUPINFOA startup = {.cb = sizeof startup};
    char line[MAX_PATH + 64];
    DWORD value;

    TRY("duplicate", DuplicateHandle(self, event, self, &other, 0, FALSE, DUPLICATE_SAME_ACCESS));
    SetEvent(other);
    printf("the same event: %lu\n", (unsigned long)WaitForSingleObject(event, 0));
    CloseHandle(other);
    DuplicateHandle(self, event, self, &other, SYNCHRONIZE, TRUE, 0);
    GetHandleInformation(other, &value);
    printf("inheritable: %lu\n", (unsigned long)value);
    TRY("set with less access", SetEvent(other));
    TRY("close the source",
        DuplicateHandle(self, other, self, &other, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
    TRY("a bad handle", DuplicateHandle(self, (HANDLE)0x7770, self, &other, 0, FALSE, DUPLICATE_SAME_ACCESS));
    TRY("a real one of this process", DuplicateHandle(self, self, self, &other, 0, FALSE, DUPLICATE_SAME_ACCESS));
    check("it is no pseudo handle", other != self && GetProcessId(other) == GetCurrentProcessId());

    snprintf(line, sizeof line, "\"%s\" set 0", program);
    CreateProcessA(NULL, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &startup, &information);
    TRY("into another process",
        DuplicateHandle(self, event, information.hProcess, &other, 0, FALSE, DUPLICATE_SAME_ACCESS));
    HANDLE back = NULL;
    TRY("and back", DuplicateHandle(information.hProcess, other, self, &back, 0, FALSE,
                                    DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
    SetEvent(back);
    printf("the same event: %lu\n", (unsigned long)WaitForSingleObject(event, 0));
    TerminateProcess(information.hProcess, 0);
    CloseHandle(information.hProcess);
    CloseHandle(information.hThread);
}

/* Standard handles: those given; none. */
static void standard(const char *program)
{
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
    STARTUPINFOA startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES, .hStdOutput = out};
    char line[MAX_PATH + 64];

    snprintf(line, sizeof line, "\"%s\" say given", program);
    CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &information);
    WaitForSingleObject(information.hProcess, INFINITE);
    startup.hStdOutput = NULL;
    snprintf(line, sizeof line, "\"%s\" say nothing", program);
    CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &information);
    printf("without: %lu\n", (unsigned long)WaitForSingleObject(information.hProcess, INFINITE));
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return child(argv);
    flags();
    duplicate(argv[0]);
    inherit(argv[0]);
    fflush(stdout);
    standard(argv[0]);
    return 0;
}
