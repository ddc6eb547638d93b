/* SPDX-License-Identifier: GPL-2.0-or-later */
/* directory.c - folders made, removed and changed to; names deleted, moved and looked at. */
#include "crt.h"
#include "win32_file.h"

enum { ERROR_ACCESS_DENIED = 5, PAGE_ANSI = 0, PAGE_OEM = 1 };

static uint32_t code_page(void)
{
    return AreFileApisANSI() ? PAGE_ANSI : PAGE_OEM;
}

wchar_t *crt_file_name(const char *name)
{
    if (name == NULL) {
        crt_set_errno(EINVAL);
        return NULL;
    }
    int length = MultiByteToWideChar(code_page(), 0, name, -1, NULL, 0);
    wchar_t *wide = malloc((size_t)length * sizeof *wide);
    if (wide == NULL)
        crt_set_errno(ENOMEM);
    else
        MultiByteToWideChar(code_page(), 0, name, -1, wide, length);
    return wide;
}

void crt_narrow_name(const wchar_t *name, char *to, int room)
{
    if (WideCharToMultiByte(code_page(), 0, name, -1, to, room, NULL, NULL) == 0)
        to[0] = '\0';
}

/* ---- calls of one name ---- */

static int done(int ok)
{
    return ok ? 0 : crt_fail(GetLastError());
}

static int with_name(const char *name, int (*call)(const wchar_t *))
{
    wchar_t *wide = crt_file_name(name);
    int result = wide != NULL ? call(wide) : -1;

    free(wide);
    return result;
}

CRT_API(int, _wmkdir, const wchar_t *name)
{
    return done(CreateDirectoryW(name, NULL));
}

CRT_API(int, _mkdir, const char *name)
{
    return with_name(name, _wmkdir);
}

CRT_API(int, _wrmdir, const wchar_t *name)
{
    return done(RemoveDirectoryW(name));
}

CRT_API(int, _rmdir, const char *name)
{
    return with_name(name, _wrmdir);
}

CRT_API(int, _wunlink, const wchar_t *name)
{
    return done(DeleteFileW(name));
}

CRT_API(int, _unlink, const char *name)
{
    return with_name(name, _wunlink);
}

CRT_API(int, _wremove, const wchar_t *name)
{
    return _wunlink(name);
}

CRT_API(int, remove, const char *name)
{
    return _unlink(name);
}

CRT_API(int, _wchdir, const wchar_t *name)
{
    return done(SetCurrentDirectoryW(name));
}

CRT_API(int, _chdir, const char *name)
{
    return with_name(name, _wchdir);
}

CRT_API(int, _wrename, const wchar_t *from, const wchar_t *to)
{
    return done(MoveFileW(from, to));
}

CRT_API(int, rename, const char *from, const char *to)
{
    wchar_t *wide_from = crt_file_name(from), *wide_to = crt_file_name(to);
    int result = wide_from != NULL && wide_to != NULL ? _wrename(wide_from, wide_to) : -1;

    free(wide_from);
    free(wide_to);
    return result;
}

/* ---- rights ---- */

CRT_API(int, _waccess, const wchar_t *name, int mode)
{
    uint32_t attributes = GetFileAttributesW(name);

    if (attributes == INVALID_ATTRIBUTES)
        return crt_fail(GetLastError());
    if ((attributes & ATTRIBUTE_READONLY) && !(attributes & ATTRIBUTE_DIRECTORY) && (mode & 2))
        return crt_fail(ERROR_ACCESS_DENIED);
    return 0;
}

CRT_API(int, _wchmod, const wchar_t *name, int mode)
{
    enum { OWNER_WRITES = 0x80 };
    uint32_t attributes = GetFileAttributesW(name);

    if (attributes == INVALID_ATTRIBUTES)
        return crt_fail(GetLastError());
    attributes = mode & OWNER_WRITES ? attributes & ~(uint32_t)ATTRIBUTE_READONLY : attributes | ATTRIBUTE_READONLY;
    return done(SetFileAttributesW(name, attributes));
}

CRT_API(int, _chmod, const char *name, int mode)
{
    wchar_t *wide = crt_file_name(name);
    int result = wide != NULL ? _wchmod(wide, mode) : -1;

    free(wide);
    return result;
}

/* ---- the current folder ---- */

enum { PATH_ROOM = 1024 };

/* A buffer that is not given is made, of room characters at least. */
static wchar_t *give_wide(const wchar_t *path, wchar_t *buffer, int room)
{
    size_t length = wcslen(path) + 1;

    if (buffer == NULL) {
        buffer = malloc((length > (size_t)room || room < 0 ? length : (size_t)room) * sizeof *buffer);
        if (buffer == NULL) {
            crt_set_errno(ENOMEM);
            return NULL;
        }
    } else if (room < 0 || length > (size_t)room) {
        crt_set_errno(ERANGE);
        return NULL;
    }
    return wcscpy(buffer, path);
}

static char *give_narrow(const wchar_t *path, char *buffer, int room)
{
    char narrow[2 * PATH_ROOM];

    crt_narrow_name(path, narrow, sizeof narrow);
    size_t length = strlen(narrow) + 1;
    if (buffer == NULL) {
        buffer = malloc(length > (size_t)room || room < 0 ? length : (size_t)room);
        if (buffer == NULL) {
            crt_set_errno(ENOMEM);
            return NULL;
        }
    } else if (room < 0 || length > (size_t)room) {
        crt_set_errno(ERANGE);
        return NULL;
    }
    return strcpy(buffer, narrow);
}

static bool current_folder(wchar_t path[PATH_ROOM])
{
    uint32_t length = GetCurrentDirectoryW(PATH_ROOM, path);

    if (length != 0 && length < PATH_ROOM)
        return true;
    crt_set_errno(ENOMEM);
    return false;
}

CRT_API(wchar_t *, _wgetcwd, wchar_t *buffer, int room)
{
    wchar_t path[PATH_ROOM];

    return current_folder(path) ? give_wide(path, buffer, room) : NULL;
}

CRT_API(char *, _getcwd, char *buffer, int room)
{
    wchar_t path[PATH_ROOM];

    return current_folder(path) ? give_narrow(path, buffer, room) : NULL;
}

CRT_API(int, _getdrive, void)
{
    wchar_t path[PATH_ROOM];

    return current_folder(path) && path[1] == L':' ? toupper(path[0]) - 'A' + 1 : 0;
}
