/* SPDX-License-Identifier: GPL-2.0-or-later */
/* args.c - the command line, split by the documented rules of Microsoft's C start-up:
 *   - the program's name ends at a space, or at the closing quote; backslashes mean nothing in it;
 *   - 2n backslashes and a quote: n backslashes, and the quote opens or closes;
 *   - 2n+1 backslashes and a quote: n backslashes and a quote;
 *   - two quotes inside quotes: a quote (and the quoted part goes on);
 *   - other backslashes are themselves.
 * Wildcards are not expanded: there is no directory search yet. */
#include "crt.h"

extern int __argc;
extern char **__argv, **__initenv;
extern wchar_t **__wargv, **__winitenv;

/* A sink that counts when it has no storage. */
struct split {
    wchar_t *text;
    wchar_t **vector;
    size_t n_chars;
    size_t n_words;
};

static void give(struct split *s, wchar_t c)
{
    if (s->text != NULL)
        s->text[s->n_chars] = c;
    s->n_chars++;
}

static void begin_word(struct split *s)
{
    if (s->vector != NULL)
        s->vector[s->n_words] = s->text + s->n_chars;
    s->n_words++;
}

static bool is_blank(wchar_t c)
{
    return c == L' ' || c == L'\t';
}

static const wchar_t *split_name(struct split *s, const wchar_t *p)
{
    bool quoted = false;

    begin_word(s);
    for (; *p != L'\0' && (quoted || !is_blank(*p)); p++) {
        if (*p == L'"')
            quoted = !quoted;
        else
            give(s, *p);
    }
    give(s, L'\0');
    return p;
}

static const wchar_t *split_word(struct split *s, const wchar_t *p)
{
    bool quoted = false;

    begin_word(s);
    while (*p != L'\0' && (quoted || !is_blank(*p))) {
        size_t slashes = 0;
        while (*p == L'\\') {
            slashes++;
            p++;
        }
        bool quote = *p == L'"';
        for (size_t n = quote ? slashes / 2 : slashes; n != 0; n--)
            give(s, L'\\');
        if (quote && slashes % 2 != 0) {
            give(s, *p++);
        } else if (quote && quoted && p[1] == L'"') {
            give(s, L'"');
            p += 2;
        } else if (quote) {
            quoted = !quoted;
            p++;
        } else if (*p != L'\0' && (quoted || !is_blank(*p))) {
            give(s, *p++);
        }
    }
    give(s, L'\0');
    return p;
}

static void split_line(struct split *s, const wchar_t *line)
{
    s->n_chars = s->n_words = 0;
    line = split_name(s, line);
    for (;;) {
        while (is_blank(*line))
            line++;
        if (*line == L'\0')
            break;
        line = split_word(s, line);
    }
}

/* => the vector and its strings in one block, or NULL. */
static wchar_t **make_vector(const wchar_t *line, int *ret_count)
{
    struct split s = {.text = NULL};

    split_line(&s, line);
    size_t vector_bytes = (s.n_words + 1) * sizeof(wchar_t *);
    wchar_t **vector = malloc(vector_bytes + s.n_chars * sizeof(wchar_t));
    if (vector == NULL)
        return NULL;
    s.vector = vector;
    s.text = (wchar_t *)((char *)vector + vector_bytes);
    split_line(&s, line);
    vector[s.n_words] = NULL;
    *ret_count = (int)s.n_words;
    return vector;
}

static bool prepare(int *argc)
{
    if (__wargv == NULL)
        __wargv = make_vector(_wcmdln != NULL && *_wcmdln != L'\0' ? _wcmdln : L"", &__argc);
    if (__wargv != NULL && __argv == NULL)
        __argv = crt_narrow_vector(__wargv);
    *argc = __argc;
    return __argv != NULL;
}

enum { OUT_OF_MEMORY = 8 };
void _amsg_exit(int number);

CRT_API(int, __getmainargs, int *argc, char ***argv, char ***env, int wildcards, int *new_mode)
{
    (void)wildcards;
    (void)new_mode;
    if (!prepare(argc))
        _amsg_exit(OUT_OF_MEMORY);
    __initenv = _environ;
    *argv = __argv;
    *env = _environ;
    return 0;
}

CRT_API(int, __wgetmainargs, int *argc, wchar_t ***argv, wchar_t ***env, int wildcards, int *new_mode)
{
    (void)wildcards;
    (void)new_mode;
    if (!prepare(argc))
        _amsg_exit(OUT_OF_MEMORY);
    __winitenv = _wenviron;
    *argv = __wargv;
    *env = _wenviron;
    return 0;
}
