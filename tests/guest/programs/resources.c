/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resources.c - resources written into a copy of the program, found again, and the copy run.
 *
 * With an argument it is the copy: it looks into itself.  See ../resources.sh, which looks into it from outside. */
#include "win32.h"

static const char *type_name(const char *type)
{
    static char text[16];

    if (!IS_INTRESOURCE(type))
        return type;
    snprintf(text, sizeof text, "#%u", (unsigned)(ULONG_PTR)type);
    return text;
}

static BOOL CALLBACK each_language(HMODULE module, LPCSTR type, LPCSTR name, WORD language, LONG_PTR context)
{
    HRSRC found = FindResourceExA(module, type, name, language);
    const char *data = LockResource(LoadResource(module, found));

    (void)context;
    printf("    %04x: %lu bytes, %.8s\n", language, (unsigned long)SizeofResource(module, found), data ? data : "none");
    return TRUE;
}

static BOOL CALLBACK each_name(HMODULE module, LPCSTR type, LPSTR name, LONG_PTR context)
{
    printf("  %s\n", type_name(name));
    return EnumResourceLanguagesA(module, type, name, each_language, context);
}

static BOOL CALLBACK each_type(HMODULE module, LPSTR type, LONG_PTR context)
{
    printf("%s\n", type_name(type));
    return EnumResourceNamesA(module, type, each_name, context);
}

static BOOL CALLBACK stop(HMODULE module, LPSTR type, LONG_PTR context)
{
    (void)module, (void)type, (void)context;
    return FALSE;
}

static void list(const char *path)
{
    HMODULE module = LoadLibraryExA(path, NULL, LOAD_LIBRARY_AS_DATAFILE);

    check("bit 0 of the handle", (ULONG_PTR)module & 1);
    TRY("list", EnumResourceTypesA(module, each_type, 0));
    TRY("list, stopped", EnumResourceTypesA(module, stop, 0));
    TRY("no such type", FindResourceA(module, "x", "NOTYPE"));
    TRY("no such name", FindResourceA(module, "x", "DATA"));
    TRY("no such language", FindResourceExA(module, "DATA", "ALPHA", 0x0411));
    TRY("small letters", FindResourceA(module, "alpha", "data"));
    TRY("a number as text", FindResourceA(module, "#7", (char *)RT_RCDATA));
    TRY("free", FreeLibrary(module));
}

static bool put(HANDLE update, const char *type, const char *name, WORD language, const char *text, DWORD size)
{
    return UpdateResourceA(update, type, name, language, (void *)text, size);
}

static void write_first(const char *path)
{
    static const WORD strings[] = {0, 2, 'h', 'i', 3, 'y', 'o', 'u', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    HANDLE update = BeginUpdateResourceA(path, TRUE);

    check("begin", update != NULL);
    check("data", put(update, "data", "beta", 0x409, "one", 3) && put(update, "data", "alpha", 0x409, "english", 7) &&
                      put(update, "data", "alpha", 0x407, "deutsch", 7) &&
                      put(update, (char *)RT_RCDATA, MAKEINTRESOURCEA(7), 0x409, "seven", 5) &&
                      put(update, (char *)RT_RCDATA, MAKEINTRESOURCEA(3), 0x409, "three", 5));
    check("strings", put(update, (char *)RT_STRING, MAKEINTRESOURCEA(1), 0x409, (const char *)strings, sizeof strings));
    TRY("end", EndUpdateResourceA(update, FALSE));
}

static void change(const char *path)
{
    enum { LARGE = 100000 };
    char *large = calloc(1, LARGE);
    HANDLE update = BeginUpdateResourceA(path, FALSE);

    memcpy(large, "large", 5);
    check("replace", put(update, "DATA", "BETA", 0x409, large, LARGE));
    check("delete", put(update, (char *)RT_RCDATA, MAKEINTRESOURCEA(3), 0x409, NULL, 0));
    TRY("delete again", put(update, (char *)RT_RCDATA, MAKEINTRESOURCEA(3), 0x409, NULL, 0));
    TRY("end", EndUpdateResourceA(update, FALSE));
    TRY("end again", EndUpdateResourceA(update, FALSE));
    update = BeginUpdateResourceA(path, TRUE);
    put(update, "GONE", "GONE", 0, "gone", 4);
    TRY("discard", EndUpdateResourceA(update, TRUE));
    free(large);
}

static void run_copy(const char *path)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    char line[MAX_PATH + 16];
    DWORD code = 0;

    fflush(stdout);
    snprintf(line, sizeof line, "\"%s\" copy", path);
    if (!TRY("start the copy", CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process)))
        return;
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    printf("its exit code: %lu\n", (unsigned long)code);
}

static int be_the_copy(void)
{
    HRSRC found = FindResourceA(NULL, "BETA", "DATA");
    const char *data = LockResource(LoadResource(NULL, found));
    char text[16], cut[3];

    printf("the copy's own: %s, %lu bytes\n", data ? data : "none", (unsigned long)SizeofResource(NULL, found));
    printf("string 1: %d %s\n", LoadStringA(NULL, 1, text, sizeof text), text);
    printf("string 2, cut: %d %s\n", LoadStringA(NULL, 2, cut, sizeof cut), cut);
    printf("string 3: %d\n", LoadStringA(NULL, 3, text, sizeof text));
    return 5;
}

int main(int argc, char **argv)
{
    static const char path[] = "D:\\copy.exe";
    char own[MAX_PATH];

    (void)argv;
    if (argc > 1)
        return be_the_copy();
    GetModuleFileNameA(NULL, own, MAX_PATH);
    TRY("copy", CopyFileA(own, path, FALSE));
    TRY("no such file", BeginUpdateResourceA("no such file.exe", FALSE));
    TRY("no handle", EndUpdateResourceA(NULL, FALSE));
    write_first(path);
    list(path);
    change(path);
    list(path);
    run_copy(path);
    return 0;
}
