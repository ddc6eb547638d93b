/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create_process.c - a program that starts itself again: how it is found, what it is told, what it returns.
 *
 * The child says what it sees; its first argument says what it is to do. */
#include "win32.h"

static char self[MAX_PATH], folder[MAX_PATH], *base;

/* ---- the child ---- */

static int child(int argc, char **argv)
{
    char text[256] = "";

    if (strcmp(argv[1], "arguments") == 0) {
        printf("  %d arguments:", argc - 2);
        for (int i = 2; i < argc; i++)
            printf(" <%s>", argv[i]);
        printf("\n");
    } else if (strcmp(argv[1], "line") == 0) {
        char *line = GetCommandLineA();
        printf("  line begins %s\n", *line == '"' ? "with a quote" : "without a quote");
    } else if (strcmp(argv[1], "environment") == 0) {
        printf("  A=%s\n", getenv("A") != NULL ? getenv("A") : "-");
        printf("  PARENT=%s\n", getenv("PARENT") != NULL ? getenv("PARENT") : "-");
    } else if (strcmp(argv[1], "directory") == 0) {
        GetCurrentDirectoryA(sizeof text, text);
        printf("  %s\n", text);
    } else if (strcmp(argv[1], "class") == 0) {
        printf("  %lx\n", (unsigned long)GetPriorityClass(GetCurrentProcess()));
    } else if (strcmp(argv[1], "startup") == 0) {
        STARTUPINFOA info;
        GetStartupInfoA(&info);
        printf("  title %s, flags %lx, show %u, x %lu\n", info.lpTitle, (unsigned long)info.dwFlags, info.wShowWindow,
               (unsigned long)info.dwX);
    } else if (strcmp(argv[1], "exit") == 0) {
        ExitProcess((UINT)atoi(argv[2]));
    } else if (strcmp(argv[1], "crash") == 0) {
        RaiseException(0xE0001234, EXCEPTION_NONCONTINUABLE, 0, NULL);
    }
    fflush(stdout);
    return 5;
}

/* ---- the parent ---- */

static PROCESS_INFORMATION information;

static bool start(const char *application, const char *line, DWORD flags)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    char copy[1024];

    if (line != NULL)
        strcpy(copy, line);
    SetLastError(0);
    return CreateProcessA(application, line != NULL ? copy : NULL, NULL, NULL, FALSE, flags, NULL, NULL, &startup,
                          &information);
}

static DWORD finish(void)
{
    DWORD code = 0;

    WaitForSingleObject(information.hProcess, INFINITE);
    GetExitCodeProcess(information.hProcess, &code);
    CloseHandle(information.hProcess);
    CloseHandle(information.hThread);
    return code;
}

/* Run it; "%s" in the line is the program's name without its folder and extension. */
static void run(const char *what, const char *application, const char *line)
{
    char whole[1024];

    snprintf(whole, sizeof whole, line != NULL ? line : "", base);
    printf("%s:\n", what);
    fflush(stdout);
    if (!start(application, line != NULL ? whole : NULL, 0))
        printf("  error %lu\n", (unsigned long)GetLastError());
    else
        printf("  exit code %lu\n", (unsigned long)finish());
    fflush(stdout);
}

static void find(void)
{
    char text[MAX_PATH], quoted[MAX_PATH + 64];

    run("by name, found beside the parent", NULL, "%s.exe arguments");
    run("extension appended", NULL, "%s arguments");
    run("quoted", NULL, "\"%s.exe\" arguments one \"two three\" four\\\" \"five \\\\\"");
    run("blanks before it", NULL, "  %s line");
    snprintf(quoted, sizeof quoted, "%s line", self);
    run("whole path", NULL, quoted);
    snprintf(text, sizeof text, "%s.exe", base);
    run("application and line", text, "anything arguments at all");
    SetEnvironmentVariableA("ALONE", "1");
    run("application alone", self, NULL);
    SetEnvironmentVariableA("ALONE", NULL);
    run("application without extension", base, "x arguments");
    run("nobody", NULL, "nobody.exe");
    run("no such folder", NULL, "C:\\nowhere\\nobody.exe");
    run("empty line", NULL, "");
    run("quote without an end", NULL, "\"%s.exe arguments");
    run("a folder", "C:\\WINDOWS\\system32", NULL);
    run("a DLL", "C:\\WINDOWS\\system32\\kernel32.dll", NULL);
    TRY("neither", start(NULL, NULL, 0));
}

static void ends(void)
{
    char line[MAX_PATH];
    DWORD code;

    run("exit code", NULL, "%s exit 1234567");
    run("dies", NULL, "%s crash");
    snprintf(line, sizeof line, "%s exit 9", base);
    start(NULL, line, CREATE_SUSPENDED);
    GetExitCodeProcess(information.hProcess, &code);
    printf("suspended: code %lu, wait %lu\n", (unsigned long)code,
           (unsigned long)WaitForSingleObject(information.hProcess, 20));
    check("ids", information.dwProcessId == GetProcessId(information.hProcess) &&
                     information.dwThreadId == GetThreadId(information.hThread) &&
                     information.dwProcessId != GetCurrentProcessId());
    printf("resumed: %lu\n", (unsigned long)ResumeThread(information.hThread));
    printf("exit code %lu\n", (unsigned long)finish());
    start(NULL, line, CREATE_SUSPENDED);
    TRY("killed before it began", TerminateProcess(information.hProcess, 77));
    printf("exit code %lu\n", (unsigned long)finish());
    HANDLE opened = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, GetCurrentProcessId());
    TRY("kill with a handle to ask only", TerminateProcess(opened, 1));
    TRY("open nobody", OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, 0x7770));
    TRY("kill null", TerminateProcess(NULL, 1));
}

static void tell(void)
{
    STARTUPINFOA startup = {.cb = sizeof startup,
                            .lpTitle = (char *)(UINT_PTR) "a title",
                            .dwFlags = STARTF_USESHOWWINDOW,
                            .wShowWindow = 3,
                            .dwX = 17};
    char line[MAX_PATH];

    SetEnvironmentVariableA("PARENT", "has it");
    run("the parent's environment", NULL, "%s environment");
    snprintf(line, sizeof line, "%s environment", base);
    char narrow[] = "A=narrow\0";
    WCHAR wide[] = L"A=wide\0";
    if (CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, narrow, NULL, &startup, &information))
        finish();
    if (CreateProcessA(NULL, line, NULL, NULL, FALSE, CREATE_UNICODE_ENVIRONMENT, wide, NULL, &startup, &information))
        finish();
    snprintf(line, sizeof line, "%s directory", base);
    if (CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, "C:\\WINDOWS\\system32", &startup, &information))
        finish();
    TRY("no such directory",
        CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, "C:\\nowhere", &startup, &information));
    snprintf(line, sizeof line, "%s startup", base);
    if (CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &information))
        finish();
    snprintf(line, sizeof line, "%s class", base);
    start(NULL, line, ABOVE_NORMAL_PRIORITY_CLASS);
    finish();
    SetPriorityClass(GetCurrentProcess(), IDLE_PRIORITY_CLASS);
    start(NULL, line, 0);
    finish();
    SetPriorityClass(GetCurrentProcess(), HIGH_PRIORITY_CLASS);
    start(NULL, line, 0);
    finish();
    TRY("console flags that contradict", start(NULL, line, DETACHED_PROCESS | CREATE_NEW_CONSOLE));
    TRY("to be debugged", start(NULL, line, DEBUG_PROCESS));
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return child(argc, argv);
    if (getenv("ALONE") != NULL) {
        printf("  no arguments\n");
        return 6;
    }
    GetModuleFileNameA(NULL, self, sizeof self);
    strcpy(folder, self);
    base = strrchr(folder, '\\') + 1;
    base[-1] = '\0';
    *strrchr(base, '.') = '\0';
    find();
    ends();
    tell();
    return 0;
}
