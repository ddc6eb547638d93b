/* SPDX-License-Identifier: GPL-2.0-or-later */
/* search_path.c - where programs and other files are looked for, and which program a command line means. */
#include "k32.h"

/* A list of folders under construction; a list that is too long is cut, as there would be nothing behind it. */
enum { LIST_MAX = 8192 };

struct list {
    WCHAR text[LIST_MAX];
    DWORD length;
};

static void add_text(struct list *list, const WCHAR *text, DWORD length)
{
    for (DWORD i = 0; i < length && list->length < LIST_MAX - 2; i++)
        list->text[list->length++] = text[i];
    list->text[list->length] = L'\0';
}

static void add_folder(struct list *list, const WCHAR *text, DWORD length)
{
    add_text(list, text, length);
    add_text(list, L";", 1);
}

/* The folder of the program, the current one, the system's three, and those of PATH. */
static struct list *usual_places(void)
{
    const UNICODE_STRING *image = &NtCurrentPeb()->ProcessParameters->ImagePathName;
    DWORD folder = image->Length / sizeof(WCHAR);
    WCHAR windows[MAX_PATH];
    struct list *list = RtlAllocateHeap(RtlProcessHeap(), 0, sizeof *list);

    if (list == NULL)
        return NULL;
    list->length = 0;
    while (folder > 0 && image->Buffer[folder - 1] != L'\\')
        folder--;
    add_folder(list, image->Buffer, folder);
    add_folder(list, L".", 1);
    DWORD length = GetWindowsDirectoryW(windows, MAX_PATH);
    add_text(list, windows, length);
    add_folder(list, L"\\system32", 9);
    add_text(list, windows, length);
    add_folder(list, L"\\system", 7);
    add_folder(list, windows, length);
    length = GetEnvironmentVariableW(L"PATH", list->text + list->length, LIST_MAX - list->length);
    if (length == 0 || length >= LIST_MAX - list->length) /* not set, or no room: then nothing was stored */
        list->text[list->length] = L'\0';
    return list;
}

static bool has_extension(const WCHAR *name)
{
    bool dot = false;

    for (; *name != L'\0'; name++)
        dot = *name == L'.' || (dot && *name != L'\\' && *name != L'/');
    return dot;
}

DWORD WINAPI SearchPathW(const WCHAR *places, const WCHAR *name, const WCHAR *extension, DWORD size, WCHAR *buffer,
                         WCHAR **ret_part)
{
    struct list *usual = NULL;
    ULONG bytes = 0;

    if (name == NULL || *name == L'\0') {
        k32_fail_with(ERROR_INVALID_PARAMETER);
        return 0;
    }
    if (places == NULL && (usual = usual_places()) == NULL) {
        k32_fail_with(ERROR_NOT_ENOUGH_MEMORY);
        return 0;
    }
    if (RtlDetermineDosPathNameType_U(name) != RtlPathTypeRelative && RtlDoesFileExists_U(name))
        bytes = RtlGetFullPathName_U(name, size * sizeof(WCHAR), buffer, ret_part);
    else
        bytes = RtlDosSearchPath_U(usual != NULL ? usual->text : places, name, has_extension(name) ? NULL : extension,
                                   size * sizeof(WCHAR), buffer, ret_part);
    k32_free(usual);
    if (bytes == 0)
        k32_fail_with(ERROR_FILE_NOT_FOUND);
    return bytes / sizeof(WCHAR);
}

DWORD WINAPI SearchPathA(const char *places, const char *name, const char *extension, DWORD size, char *buffer,
                         char **ret_part)
{
    WCHAR found[MAX_PATH], *part = NULL, *wide_places = k32_file_wide_any(places), *wide_name = k32_file_wide(name),
                           *wide_extension = k32_file_wide(extension);
    DWORD length = name != NULL && wide_name == NULL
                       ? 0
                       : SearchPathW(wide_places, wide_name, wide_extension, MAX_PATH, found, &part);

    k32_free(wide_places);
    k32_free(wide_name);
    k32_free(wide_extension);
    if (length == 0)
        return 0;
    if (length >= MAX_PATH) {
        k32_fail_with(ERROR_FILENAME_EXCED_RANGE);
        return 0;
    }
    DWORD result = k32_give_file_narrow(found, length, buffer, size);
    if (ret_part != NULL)
        *ret_part = result == length && part != NULL ? buffer + (part - found) : NULL;
    return result;
}

/* ---- command lines ---- */

static bool is_blank(WCHAR c)
{
    return c == L' ' || c == L'\t';
}

/* => the file is there, and no folder. */
static bool find_file(const WCHAR *name, WCHAR path[MAX_PATH])
{
    DWORD length = SearchPathW(NULL, name, L".exe", MAX_PATH, path, NULL);

    return length != 0 && length < MAX_PATH && !(GetFileAttributesW(path) & FILE_ATTRIBUTE_DIRECTORY);
}

static bool copy_name(WCHAR name[MAX_PATH], const WCHAR *text, SIZE_T length)
{
    if (length == 0 || length >= MAX_PATH)
        return false;
    k32_memcpy(name, text, length * sizeof(WCHAR));
    name[length] = L'\0';
    return true;
}

/* The command line with its first length characters in quotes, so that the program will see them as one. */
static WCHAR *quote(const WCHAR *line, SIZE_T length)
{
    SIZE_T rest = k32_wcslen(line + length);
    WCHAR *quoted = RtlAllocateHeap(RtlProcessHeap(), 0, (length + rest + 3) * sizeof(WCHAR));

    if (quoted == NULL) {
        k32_fail_with(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    quoted[0] = quoted[length + 1] = L'"';
    k32_memcpy(quoted + 1, line, length * sizeof(WCHAR));
    k32_memcpy(quoted + length + 2, line + length, (rest + 1) * sizeof(WCHAR));
    return quoted;
}

static bool find_quoted(const WCHAR *line, WCHAR path[MAX_PATH])
{
    WCHAR name[MAX_PATH];
    SIZE_T length = 0;

    while (line[length] != L'\0' && line[length] != L'"')
        length++;
    return copy_name(name, line, length) ? find_file(name, path) : k32_fail_with(ERROR_FILE_NOT_FOUND);
}

/* "C:\a b\c d" may be C:\a with arguments, or C:\a b\c with one, or no arguments at all: the shortest that exists. */
static bool find_unquoted(const WCHAR *line, WCHAR path[MAX_PATH], WCHAR **ret_quoted)
{
    WCHAR name[MAX_PATH];
    DWORD first_error = NO_ERROR;

    for (SIZE_T length = 0;; length++) {
        if (line[length] != L'\0' && !is_blank(line[length]))
            continue;
        if (copy_name(name, line, length) && find_file(name, path)) {
            if (first_error != NO_ERROR && (*ret_quoted = quote(line, length)) == NULL)
                return false;
            return true;
        }
        if (first_error == NO_ERROR) {
            GetFileAttributesW(name); /* which part of it is not there? */
            first_error = RtlGetLastWin32Error() == ERROR_PATH_NOT_FOUND ? ERROR_PATH_NOT_FOUND : ERROR_FILE_NOT_FOUND;
        }
        if (line[length] == L'\0')
            return k32_fail_with(first_error);
    }
}

bool k32_find_program(const WCHAR *line, WCHAR path[MAX_PATH], WCHAR **ret_quoted)
{
    *ret_quoted = NULL;
    while (is_blank(*line))
        line++;
    if (*line == L'\0')
        return k32_fail_with(ERROR_FILE_NOT_FOUND);
    return *line == L'"' ? find_quoted(line + 1, path) : find_unquoted(line, path, ret_quoted);
}
