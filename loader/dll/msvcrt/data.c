/* SPDX-License-Identifier: GPL-2.0-or-later */
/* data.c - the variables that programs import, and the functions that give their addresses. */
#include "crt.h"

extern int __argc;
extern char **__argv, **__initenv, *_pgmptr;
extern wchar_t **__wargv, **__winitenv;
extern int __mb_cur_max, _adjust_fdiv;
extern unsigned _osver, _winver, _winmajor, _winminor, _osplatform;

int __argc;
char **__argv;
wchar_t **__wargv;
char **_environ, **__initenv;
wchar_t **_wenviron, **__winitenv;
char *_acmdln;
wchar_t *_wcmdln;
static char program_path[260];
char *_pgmptr = program_path;

int _fmode; /* 0: text; the program's start-up code writes it */
int _commode;
int __mb_cur_max = 1;
int _adjust_fdiv; /* no processor with the FDIV flaw here */

unsigned _osplatform = 2; /* the modelled system: NT 5.2, build 3790 */
unsigned _osver = 3790, _winmajor = 5, _winminor = 2, _winver = 0x502;

static int app_type;

CRT_API(int *, __p___argc, void)
{
    return &__argc;
}

CRT_API(char ***, __p___argv, void)
{
    return &__argv;
}

CRT_API(wchar_t ***, __p___wargv, void)
{
    return &__wargv;
}

CRT_API(char ***, __p___initenv, void)
{
    return &__initenv;
}

CRT_API(wchar_t ***, __p___winitenv, void)
{
    return &__winitenv;
}

CRT_API(char ***, __p__environ, void)
{
    return &_environ;
}

CRT_API(wchar_t ***, __p__wenviron, void)
{
    return &_wenviron;
}

CRT_API(char **, __p__acmdln, void)
{
    return &_acmdln;
}

CRT_API(wchar_t **, __p__wcmdln, void)
{
    return &_wcmdln;
}

CRT_API(char **, __p__pgmptr, void)
{
    return &_pgmptr;
}

CRT_API(int *, __p__fmode, void)
{
    return &_fmode;
}

CRT_API(int *, __p__commode, void)
{
    return &_commode;
}

CRT_API(int *, __p___mb_cur_max, void)
{
    return &__mb_cur_max;
}

CRT_API(int, ___mb_cur_max_func, void)
{
    return __mb_cur_max;
}

CRT_API(unsigned, ___lc_codepage_func, void)
{
    return 0; /* the "C" locale has no code page */
}

CRT_API(unsigned *, __p__osver, void)
{
    return &_osver;
}

CRT_API(unsigned *, __p__winver, void)
{
    return &_winver;
}

CRT_API(unsigned *, __p__winmajor, void)
{
    return &_winmajor;
}

CRT_API(unsigned *, __p__winminor, void)
{
    return &_winminor;
}

CRT_API(FILE *, __p__iob, void)
{
    return _iob;
}

CRT_API(FILE *, __iob_func, void)
{
    return _iob;
}

CRT_API(void, __set_app_type, int type)
{
    app_type = type;
    GetModuleFileNameA(NULL, program_path, sizeof program_path);
    program_path[sizeof program_path - 1] = '\0';
}

typedef void (*initializer)(void);

CRT_API(void, _initterm, initializer *first, initializer *end)
{
    for (; first < end; first++) {
        if (*first != NULL)
            (*first)();
    }
}
