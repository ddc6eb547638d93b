/* SPDX-License-Identifier: GPL-2.0-or-later */
/* locale.c - there is one locale, "C"; and the conversions between bytes and wide characters in it. */
#include "crt.h"

struct lconv {
    const char *decimal_point, *thousands_sep, *grouping, *int_curr_symbol, *currency_symbol, *mon_decimal_point,
        *mon_thousands_sep, *mon_grouping, *positive_sign, *negative_sign;
    char int_frac_digits, frac_digits, p_cs_precedes, p_sep_by_space, n_cs_precedes, n_sep_by_space, p_sign_posn,
        n_sign_posn;
};

static struct lconv c_locale = {".", "",       "",       "",       "",       "",       "",       "",       "",
                                "",  CHAR_MAX, CHAR_MAX, CHAR_MAX, CHAR_MAX, CHAR_MAX, CHAR_MAX, CHAR_MAX, CHAR_MAX};

CRT_API(struct lconv *, localeconv, void)
{
    return &c_locale;
}

CRT_API(int, __lconv_init, void)
{
    return 0;
}

/* => "C", or NULL for any other locale; "" (the user's) is "C" here. */
CRT_API(char *, setlocale, int category, const char *name)
{
    static char c[] = "C";

    if (category < 0 || category > 5 || (name != NULL && *name != '\0' && strcmp(name, "C") != 0))
        return NULL;
    return c;
}

CRT_API(int, mblen, const char *s, size_t n)
{
    return s == NULL || n == 0 || *s == '\0' ? 0 : 1;
}

CRT_API(int, mbtowc, wchar_t *to, const char *s, size_t n)
{
    if (s == NULL || n == 0)
        return 0;
    if (to != NULL)
        *to = (unsigned char)*s;
    return *s != '\0';
}

CRT_API(int, wctomb, char *to, wchar_t c)
{
    if (to == NULL)
        return 0;
    if (c > 0xFF) {
        crt_set_errno(EILSEQ);
        return -1;
    }
    *to = (char)c;
    return 1;
}

CRT_API(size_t, mbstowcs, wchar_t *to, const char *s, size_t n)
{
    size_t i = 0;

    for (; (to == NULL || i < n) && s[i] != '\0'; i++) {
        if (to != NULL)
            to[i] = (unsigned char)s[i];
    }
    if (to != NULL && i < n)
        to[i] = L'\0';
    return i;
}

CRT_API(size_t, wcstombs, char *to, const wchar_t *s, size_t n)
{
    size_t i = 0;

    for (; (to == NULL || i < n) && s[i] != L'\0'; i++) {
        if (s[i] > 0xFF) {
            crt_set_errno(EILSEQ);
            return (size_t)-1;
        }
        if (to != NULL)
            to[i] = (char)s[i];
    }
    if (to != NULL && i < n)
        to[i] = '\0';
    return i;
}
