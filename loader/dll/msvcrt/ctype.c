/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctype.c - classes of characters in the "C" locale, as functions and as the tables that old programs read. */
#include "crt.h"

extern const uint16_t *_pctype, *_pwctype;

static uint16_t table[257]; /* [0] is for EOF */
const uint16_t *_pctype = table + 1;
const uint16_t *_pwctype = table + 1;

static uint16_t class_of(int c)
{
    unsigned class = 0;

    if (c < 0 || c > 0x7F)
        return 0;
    if (c < 0x20 || c == 0x7F)
        class |= C_CONTROL;
    if (c == ' ' || (c >= '\t' && c <= '\r'))
        class |= C_SPACE;
    if (c == ' ')
        class |= C_BLANK;
    if (c >= '0' && c <= '9')
        class |= C_DIGIT | C_HEX;
    else if (c >= 'A' && c <= 'Z')
        class |= C_UPPER | C_ALPHA | (c <= 'F' ? C_HEX : 0);
    else if (c >= 'a' && c <= 'z')
        class |= C_LOWER | C_ALPHA | (c <= 'f' ? C_HEX : 0);
    else if (c > ' ' && c < 0x7F)
        class |= C_PUNCT;
    return (uint16_t) class;
}

void crt_ctype_init(void)
{
    for (int c = 0; c < 256; c++)
        table[c + 1] = class_of(c);
}

CRT_API(const uint16_t **, __p__pctype, void)
{
    return &_pctype;
}

CRT_API(const uint16_t *, __pctype_func, void)
{
    return _pctype;
}

CRT_API(int, _isctype, int c, int mask)
{
    return class_of(c) & mask;
}

CRT_API(int, iswctype, wint_t c, wint_t mask)
{
    return class_of(c) & mask;
}

CRT_API(int, is_wctype, wint_t c, wint_t mask)
{
    return class_of(c) & mask;
}

#define CLASS(narrow, wide, mask)                                                                                      \
    int narrow(int c);                                                                                                 \
    int narrow(int c)                                                                                                  \
    {                                                                                                                  \
        return class_of(c) & (mask);                                                                                   \
    }                                                                                                                  \
    int wide(wint_t c);                                                                                                \
    int wide(wint_t c)                                                                                                 \
    {                                                                                                                  \
        return class_of(c) & (mask);                                                                                   \
    }

CLASS(isalnum, iswalnum, C_ALPHA | C_DIGIT)
CLASS(isalpha, iswalpha, C_ALPHA)
CLASS(iscntrl, iswcntrl, C_CONTROL)
CLASS(isdigit, iswdigit, C_DIGIT)
CLASS(isgraph, iswgraph, C_PUNCT | C_ALPHA | C_DIGIT)
CLASS(islower, iswlower, C_LOWER)
CLASS(isprint, iswprint, C_BLANK | C_PUNCT | C_ALPHA | C_DIGIT)
CLASS(ispunct, iswpunct, C_PUNCT)
CLASS(isspace, iswspace, C_SPACE)
CLASS(isupper, iswupper, C_UPPER)
CLASS(isxdigit, iswxdigit, C_HEX)

int tolower(int c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

int toupper(int c)
{
    return c >= 'a' && c <= 'z' ? c - 32 : c;
}

CRT_API(int, _tolower, int c)
{
    return c + 32;
}

CRT_API(int, _toupper, int c)
{
    return c - 32;
}

wint_t towlower(wint_t c)
{
    return (wint_t)tolower(c);
}

CRT_API(wint_t, towupper, wint_t c)
{
    return (wint_t)toupper(c);
}

CRT_API(int, __isascii, int c)
{
    return (unsigned)c < 0x80;
}

CRT_API(int, __toascii, int c)
{
    return c & 0x7F;
}

CRT_API(int, iswascii, wint_t c)
{
    return c < 0x80;
}

CRT_API(int, __iscsym, int c)
{
    return c == '_' || class_of(c) & (C_ALPHA | C_DIGIT);
}

CRT_API(int, __iscsymf, int c)
{
    return c == '_' || class_of(c) & C_ALPHA;
}

CRT_API(int, isleadbyte, int c)
{
    (void)c;
    return 0;
}
