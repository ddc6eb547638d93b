/* SPDX-License-Identifier: GPL-2.0-or-later */
/* environ.c - the environment as vectors of strings, narrow and wide, made when the DLL starts. */
#include "crt.h"

K32 int WINAPI WideCharToMultiByte(unsigned code_page, uint32_t flags, const wchar_t *from, int n, char *to, int size,
                                   const char *substitute, int *used);
K32 int WINAPI MultiByteToWideChar(unsigned code_page, uint32_t flags, const char *from, int n, wchar_t *to, int size);

static char *narrow_copy(const wchar_t *wide)
{
    size_t n = wcslen(wide) + 1;
    char *narrow = malloc(n);

    if (narrow != NULL)
        WideCharToMultiByte(0, 0, wide, (int)n, narrow, (int)n, NULL, NULL);
    return narrow;
}

static wchar_t *wide_copy(const char *narrow)
{
    size_t n = strlen(narrow) + 1;
    wchar_t *wide = malloc(n * sizeof *wide);

    if (wide != NULL)
        MultiByteToWideChar(0, 0, narrow, (int)n, wide, (int)n);
    return wide;
}

char **crt_narrow_vector(wchar_t **vector)
{
    size_t n = 0;

    while (vector[n] != NULL)
        n++;
    char **narrow = calloc(n + 1, sizeof *narrow);
    for (size_t i = 0; narrow != NULL && i < n; i++) {
        narrow[i] = narrow_copy(vector[i]);
        if (narrow[i] == NULL)
            return NULL;
    }
    return narrow;
}

/* Variables whose name begins with "=" are the shell's own: programs do not see them. */
static wchar_t **split_block(const wchar_t *block)
{
    size_t n = 0, i = 0;

    for (const wchar_t *p = block; *p != L'\0'; p += wcslen(p) + 1)
        n++;
    wchar_t **vector = calloc(n + 1, sizeof *vector);
    for (const wchar_t *p = block; vector != NULL && *p != L'\0'; p += wcslen(p) + 1) {
        if (*p == L'=')
            continue;
        size_t bytes = (wcslen(p) + 1) * sizeof *p;
        vector[i] = malloc(bytes);
        if (vector[i] == NULL)
            return NULL;
        memcpy(vector[i++], p, bytes);
    }
    return vector;
}

bool crt_environ_init(void)
{
    wchar_t *block = GetEnvironmentStringsW();

    _acmdln = GetCommandLineA();
    _wcmdln = GetCommandLineW();
    if (block == NULL)
        return false;
    _wenviron = split_block(block);
    FreeEnvironmentStringsW(block);
    if (_wenviron == NULL)
        return false;
    _environ = crt_narrow_vector(_wenviron);
    return _environ != NULL;
}

char *getenv(const char *name)
{
    size_t n;

    if (name == NULL || _environ == NULL || (n = strlen(name)) == 0)
        return NULL;
    for (char **p = _environ; *p != NULL; p++) {
        if (_strnicmp(*p, name, n) == 0 && (*p)[n] == '=')
            return *p + n + 1;
    }
    return NULL;
}

CRT_API(wchar_t *, _wgetenv, const wchar_t *name)
{
    size_t n;

    if (name == NULL || _wenviron == NULL || (n = wcslen(name)) == 0)
        return NULL;
    for (wchar_t **p = _wenviron; *p != NULL; p++) {
        if (_wcsnicmp(*p, name, n) == 0 && (*p)[n] == L'=')
            return *p + n + 1;
    }
    return NULL;
}

/* Put a "name=value", or take the variable away when value is empty.
 * => old strings are not freed: getenv() may have given them out. */
static bool change(void ***vector, bool (*is_it)(const void *entry, const void *text, size_t n), const void *text,
                   size_t name_length, void *entry)
{
    size_t n = 0, at;

    while ((*vector)[n] != NULL)
        n++;
    for (at = 0; at < n && !is_it((*vector)[at], text, name_length); at++)
        continue;
    if (entry == NULL) {
        for (; at < n; at++)
            (*vector)[at] = (*vector)[at + 1];
        return true;
    }
    if (at == n) {
        void **longer = realloc(*vector, (n + 2) * sizeof **vector);
        if (longer == NULL)
            return false;
        longer[n + 1] = NULL;
        *vector = longer;
    }
    (*vector)[at] = entry;
    return true;
}

static bool is_narrow(const void *entry, const void *text, size_t n)
{
    return _strnicmp(entry, text, n) == 0 && ((const char *)entry)[n] == '=';
}

static bool is_wide(const void *entry, const void *text, size_t n)
{
    return _wcsnicmp(entry, text, n) == 0 && ((const wchar_t *)entry)[n] == L'=';
}

static int put(const wchar_t *wide)
{
    size_t n = 0;

    while (wide[n] != L'\0' && wide[n] != L'=')
        n++;
    if (n == 0 || wide[n] == L'\0') {
        crt_set_errno(EINVAL);
        return -1;
    }
    bool removes = wide[n + 1] == L'\0';
    size_t bytes = (wcslen(wide) + 1) * sizeof *wide;
    wchar_t *name = malloc(bytes), *wide_entry = removes ? NULL : malloc(bytes);
    char *narrow = narrow_copy(wide);
    bool done = false;
    if (name != NULL && narrow != NULL && (removes || wide_entry != NULL)) {
        memcpy(name, wide, bytes);
        name[n] = L'\0';
        if (!removes)
            memcpy(wide_entry, wide, bytes);
        crt_lock(LOCK_ENVIRON);
        done = change((void ***)(void *)&_wenviron, is_wide, wide, n, wide_entry) &&
               change((void ***)(void *)&_environ, is_narrow, narrow, n, removes ? NULL : narrow);
        crt_unlock(LOCK_ENVIRON);
        done = done && (SetEnvironmentVariableW(name, removes ? NULL : wide + n + 1) || removes);
    }
    free(name);
    return done ? 0 : -1;
}

CRT_API(int, _putenv, const char *text)
{
    wchar_t *wide = text != NULL ? wide_copy(text) : NULL;
    int result = wide != NULL ? put(wide) : -1;

    free(wide);
    return result;
}

CRT_API(int, _wputenv, const wchar_t *text)
{
    return text != NULL ? put(text) : -1;
}
