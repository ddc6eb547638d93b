/* SPDX-License-Identifier: GPL-2.0-or-later */
/* path.c - paths as text, of at most MAX_PATH characters.  The narrow calls convert and do the same. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <shlwapi.h>

static BOOL is_slash(WCHAR c)
{
    return c == L'\\';
}

/* => where the part after the root begins: "C:\", "\\server\share", "\". */
static WCHAR *after_root(const WCHAR *path)
{
    if (path[0] != L'\0' && path[1] == L':')
        path += is_slash(path[2]) ? 3 : 2;
    else if (is_slash(path[0]) && is_slash(path[1])) {
        path += 2;
        for (int parts = 0; parts < 2 && *path != L'\0'; parts++) {
            while (*path != L'\0' && !is_slash(*path))
                path++;
            if (parts == 0 && is_slash(*path))
                path++;
        }
    } else if (is_slash(path[0])) {
        path++;
    }
    return (WCHAR *)path;
}

BOOL WINAPI PathIsRelativeW(LPCWSTR path)
{
    return path == NULL || *path == L'\0' || !(is_slash(path[0]) || path[1] == L':');
}

BOOL WINAPI PathIsRootW(LPCWSTR path)
{
    if (path == NULL || *path == L'\0' || *after_root(path) != L'\0')
        return FALSE;
    return is_slash(path[0]) || (path[1] == L':' && is_slash(path[2]));
}

LPWSTR WINAPI PathFindFileNameW(LPCWSTR path)
{
    const WCHAR *name = path;

    for (; path != NULL && *path != L'\0'; path++) {
        if ((is_slash(*path) || *path == L':' || *path == L'/') && path[1] != L'\0' && !is_slash(path[1]) &&
            path[1] != L'/')
            name = path + 1;
    }
    return (WCHAR *)name;
}

/* => the dot, or the end. */
LPWSTR WINAPI PathFindExtensionW(LPCWSTR path)
{
    const WCHAR *dot = NULL;

    for (; path != NULL && *path != L'\0'; path++) {
        if (*path == L'.')
            dot = path;
        else if (is_slash(*path) || *path == L' ')
            dot = NULL;
    }
    return (WCHAR *)(dot != NULL ? dot : path);
}

BOOL WINAPI PathRemoveFileSpecW(LPWSTR path)
{
    if (path == NULL)
        return FALSE;
    WCHAR *root = after_root(path), *end = root;
    for (WCHAR *at = root; *at != L'\0'; at++) {
        if (is_slash(*at))
            end = at;
    }
    if (*end == L'\0')
        return FALSE;
    *end = L'\0';
    return TRUE;
}

void WINAPI PathRemoveExtensionW(LPWSTR path)
{
    if (path != NULL)
        *PathFindExtensionW(path) = L'\0';
}

/* => the end of the path, NULL where it would be too long. */
LPWSTR WINAPI PathAddBackslashW(LPWSTR path)
{
    if (path == NULL)
        return NULL;
    int length = lstrlenW(path);
    if (length > 0 && is_slash(path[length - 1]))
        return path + length;
    if (length >= MAX_PATH - 1)
        return NULL;
    if (length == 0)
        return path;
    path[length] = L'\\';
    path[length + 1] = L'\0';
    return path + length + 1;
}

/* Take "." and ".." out of a path. */
BOOL WINAPI PathCanonicalizeW(LPWSTR buffer, LPCWSTR path)
{
    if (buffer == NULL || path == NULL || lstrlenW(path) >= MAX_PATH) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    WCHAR result[MAX_PATH + 1];
    int root = (int)(after_root(path) - path), n = root;
    for (int i = 0; i < root; i++)
        result[i] = path[i];
    for (path += root; *path != L'\0';) {
        int length = 0;
        while (path[length] != L'\0' && !is_slash(path[length]))
            length++;
        if (length == 2 && path[0] == L'.' && path[1] == L'.') {
            if (n > root) /* the part before, with its backslash */
                n--;
            while (n > root && !is_slash(result[n - 1]))
                n--;
        } else if (length != 1 || path[0] != L'.') {
            for (int i = 0; i < length; i++)
                result[n++] = path[i];
            if (is_slash(path[length]))
                result[n++] = L'\\';
        }
        path += length;
        if (is_slash(*path))
            path++;
        else if (n > root && is_slash(result[n - 1]) && length <= 2)
            n--; /* a path that ended in "." or ".." ends without a backslash */
    }
    if (n == 0)
        result[n++] = L'\\';
    for (int i = 0; i < n; i++)
        buffer[i] = result[i];
    buffer[n] = L'\0';
    return TRUE;
}

/* A relative file below folder, a rooted one on its drive, another as it is. => NULL: too long; buffer is empty. */
LPWSTR WINAPI PathCombineW(LPWSTR buffer, LPCWSTR folder, LPCWSTR file)
{
    WCHAR joined[MAX_PATH + 1] = {0};

    if (buffer == NULL)
        return NULL;
    *joined = L'\0';
    if (folder == NULL && file == NULL) {
        *buffer = L'\0';
        return NULL;
    }
    const WCHAR *first = folder, *second = file;
    if (file == NULL || *file == L'\0')
        second = NULL;
    else if (folder == NULL || *folder == L'\0' || !PathIsRelativeW(file))
        first = NULL;
    int root = first == NULL && second != NULL && is_slash(second[0]) && !is_slash(second[1]) && folder != NULL
                   ? (int)(after_root(folder) - folder)
                   : 0;
    int length = (first != NULL ? lstrlenW(first) : root) + (second != NULL ? lstrlenW(second) : 0) + 1;
    if (length >= MAX_PATH) {
        *buffer = L'\0';
        return NULL;
    }
    if (root > 0) {
        lstrcpynW(joined, folder, root + 1);
        second++; /* the root has its backslash */
    }
    if (first != NULL) {
        lstrcpynW(joined, first, MAX_PATH);
        if (second != NULL)
            PathAddBackslashW(joined);
    }
    if (second != NULL)
        lstrcpynW(joined + lstrlenW(joined), second, MAX_PATH - lstrlenW(joined));
    return PathCanonicalizeW(buffer, joined) ? buffer : NULL;
}

BOOL WINAPI PathAppendW(LPWSTR path, LPCWSTR more)
{
    WCHAR joined[MAX_PATH];

    if (path == NULL || more == NULL)
        return FALSE;
    while (is_slash(*more) && !is_slash(more[1]))
        more++;
    if (PathCombineW(joined, path, more) == NULL)
        return FALSE;
    lstrcpynW(path, joined, MAX_PATH);
    return TRUE;
}

BOOL WINAPI PathFileExistsW(LPCWSTR path)
{
    return path != NULL && GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

void WINAPI PathStripPathW(LPWSTR path)
{
    const WCHAR *name = PathFindFileNameW(path);

    if (path == NULL || name == path)
        return;
    while ((*path++ = *name++) != L'\0')
        ;
}

void WINAPI PathQuoteSpacesW(LPWSTR path)
{
    int length = path != NULL ? lstrlenW(path) : 0;

    if (StrChrW(path, L' ') == NULL || length + 3 > MAX_PATH)
        return;
    for (int i = length; i > 0; i--)
        path[i] = path[i - 1];
    path[0] = L'"';
    path[length + 1] = L'"';
    path[length + 2] = L'\0';
}

void WINAPI PathUnquoteSpacesW(LPWSTR path)
{
    int length = path != NULL ? lstrlenW(path) : 0;

    if (length < 2 || path[0] != L'"' || path[length - 1] != L'"')
        return;
    for (int i = 0; i < length - 2; i++)
        path[i] = path[i + 1];
    path[length - 2] = L'\0';
}

/* ---- the narrow ones that have a wide one to do the work ---- */

static BOOL widen(LPCSTR path, WCHAR wide[MAX_PATH])
{
    return path != NULL && MultiByteToWideChar(CP_ACP, 0, path, -1, wide, MAX_PATH) != 0;
}

static BOOL narrow(const WCHAR *wide, LPSTR path)
{
    return WideCharToMultiByte(CP_ACP, 0, wide, -1, path, MAX_PATH, NULL, NULL) != 0;
}

BOOL WINAPI PathRemoveFileSpecA(LPSTR path)
{
    WCHAR wide[MAX_PATH];

    return widen(path, wide) && PathRemoveFileSpecW(wide) && narrow(wide, path);
}

LPSTR WINAPI PathCombineA(LPSTR buffer, LPCSTR folder, LPCSTR file)
{
    WCHAR wide_folder[MAX_PATH], wide_file[MAX_PATH], joined[MAX_PATH + 1];

    if (buffer == NULL || (folder != NULL && !widen(folder, wide_folder)) || (file != NULL && !widen(file, wide_file)))
        return NULL;
    if (PathCombineW(joined, folder != NULL ? wide_folder : NULL, file != NULL ? wide_file : NULL) == NULL) {
        *buffer = '\0';
        return NULL;
    }
    return narrow(joined, buffer) ? buffer : NULL;
}

BOOL WINAPI PathFileExistsA(LPCSTR path)
{
    return path != NULL && GetFileAttributesA(path) != INVALID_FILE_ATTRIBUTES;
}
