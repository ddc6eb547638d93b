/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scan.c - the engine of the scanf family, for both widths. */
#include "crt.h"

enum { SIZE_NONE, SIZE_SHORT, SIZE_LONG, SIZE_64 };
enum { NUMBER_SIZE = 512 };

struct scan {
    struct crt_in *in;
    struct crt_text format;
    size_t at;
    enum crt_secure secure;
    bool suppress;
    int width; /* 0: not given */
    int size;
    unsigned conversion;
};

static bool is_space(unsigned c)
{
    return c < 0x80 && isspace((int)c);
}

static int next(struct crt_in *in)
{
    int c = in->get(in);

    if (c >= 0)
        in->taken++;
    return c;
}

static void put_back(struct crt_in *in, int c)
{
    if (c < 0)
        return;
    in->unget(in, c);
    in->taken--;
}

static void skip_space(struct crt_in *in)
{
    int c;

    while ((c = next(in)) >= 0 && is_space((unsigned)c))
        continue;
    put_back(in, c);
}

static unsigned peek(const struct scan *s, size_t ahead)
{
    return crt_char_at(s->format, s->at + ahead);
}

static void read_spec(struct scan *s)
{
    s->suppress = peek(s, 0) == '*';
    s->at += s->suppress;
    s->width = 0;
    s->size = SIZE_NONE;
    while (peek(s, 0) >= '0' && peek(s, 0) <= '9') {
        s->width = s->width > 100000000 ? s->width : s->width * 10 + (int)(peek(s, 0) - '0');
        s->at++;
    }
    for (;; s->at++) {
        unsigned c = peek(s, 0);
        if (c == 'h')
            s->size = SIZE_SHORT;
        else if (c == 'l')
            s->size = s->size == SIZE_LONG ? SIZE_64 : SIZE_LONG;
        else if (c == 'w')
            s->size = SIZE_LONG;
        else if (c == 'L')
            s->size = SIZE_64;
        else if (c == 'I' && peek(s, 1) == '6' && peek(s, 2) == '4') {
            s->size = SIZE_64;
            s->at += 2;
        } else if (c == 'I' && peek(s, 1) == '3' && peek(s, 2) == '2')
            s->at += 2;
        else if (c != 'z' && c != 't' && c != 'I')
            break;
    }
    s->conversion = peek(s, 0);
    if (s->conversion != 0)
        s->at++;
}

/* ---- numbers: collect what looks like one, then convert it ---- */
static bool continues_integer(const char *text, int n, char c, int *base)
{
    int start = n > 0 && (text[0] == '-' || text[0] == '+');

    if (n == 0 && (c == '-' || c == '+'))
        return true;
    if ((c == 'x' || c == 'X') && n == start + 1 && text[start] == '0' && (*base == 0 || *base == 16)) {
        *base = 16;
        return true;
    }
    if (c >= '0' && c <= '9') {
        if (*base == 0 && n == start)
            *base = c == '0' ? 0 : 10;
        return *base != 8 || c < '8';
    }
    return *base == 16 && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
}

static bool continues_float(const char *text, int n, char c)
{
    bool point = false, exponent = false, digit = false;

    for (int i = 0; i < n; i++) {
        point |= text[i] == '.';
        exponent |= text[i] == 'e' || text[i] == 'E';
        digit |= isdigit((unsigned char)text[i]) != 0;
    }
    if (c >= '0' && c <= '9')
        return true;
    if (c == '-' || c == '+')
        return n == 0 || text[n - 1] == 'e' || text[n - 1] == 'E';
    if (c == '.')
        return !point && !exponent;
    return (c == 'e' || c == 'E') && digit && !exponent;
}

/* => the characters in text; base -1 collects a floating-point number. */
static int collect(struct scan *s, char text[NUMBER_SIZE], int base)
{
    int limit = s->width != 0 && s->width < NUMBER_SIZE - 1 ? s->width : NUMBER_SIZE - 1;
    int n = 0, c = -1;

    while (n < limit && (c = next(s->in)) >= 0) {
        bool goes_on =
            c < 0x80 && (base < 0 ? continues_float(text, n, (char)c) : continues_integer(text, n, (char)c, &base));
        if (!goes_on) {
            put_back(s->in, c);
            break;
        }
        text[n++] = (char)c;
    }
    text[n] = '\0';
    return n;
}

static void store_integer(const struct scan *s, void *to, uint64_t value)
{
    if (s->size == SIZE_64)
        *(uint64_t *)to = value;
    else if (s->size == SIZE_SHORT)
        *(uint16_t *)to = (uint16_t)value;
    else
        *(uint32_t *)to = (uint32_t)value;
}

enum outcome { MATCHED, MISMATCHED, INPUT_ENDED };

static enum outcome outcome_of(bool matched, struct crt_in *in)
{
    if (matched)
        return MATCHED;
    int c = next(in);
    put_back(in, c);
    return c < 0 ? INPUT_ENDED : MISMATCHED;
}

static enum outcome scan_integer(struct scan *s, va_list *args, int base)
{
    char text[NUMBER_SIZE];
    size_t used = 0;
    enum crt_sign sign = s->conversion == 'd' || s->conversion == 'i' ? CONVERT_SIGNED : CONVERT_UNSIGNED;

    skip_space(s->in);
    int n = collect(s, text, base);
    uint64_t value = n != 0 ? crt_to_integer((struct crt_text){text, false}, &used, base, sign, 64) : 0;
    if (used == 0)
        return outcome_of(false, s->in);
    if (!s->suppress)
        store_integer(s, va_arg(*args, void *), value);
    return MATCHED;
}

static enum outcome scan_float(struct scan *s, va_list *args)
{
    char text[NUMBER_SIZE], *end;

    skip_space(s->in);
    int n = collect(s, text, -1);
    double value = crt_strtod(text, &end);
    if (n == 0 || end == text)
        return outcome_of(false, s->in);
    if (s->suppress)
        return MATCHED;
    if (s->size == SIZE_NONE)
        *va_arg(*args, float *) = (float)value;
    else
        *va_arg(*args, double *) = value;
    return MATCHED;
}

/* ---- characters ---- */
/* A set between brackets: its text, without the circumflex. */
struct set {
    size_t from, to;
    bool negated;
};

static struct set read_set(struct scan *s)
{
    struct set set = {.negated = peek(s, 0) == '^'};

    s->at += set.negated;
    set.from = s->at;
    if (peek(s, 0) == ']')
        s->at++;
    while (peek(s, 0) != 0 && peek(s, 0) != ']')
        s->at++;
    set.to = s->at;
    s->at += peek(s, 0) == ']';
    return set;
}

static bool set_has(const struct scan *s, const struct set *set, unsigned c)
{
    bool found = false;

    for (size_t i = set->from; i < set->to && !found; i++) {
        unsigned low = crt_char_at(s->format, i);
        if (i + 2 < set->to && crt_char_at(s->format, i + 1) == '-') {
            unsigned high = crt_char_at(s->format, i + 2);
            found = low <= high ? c >= low && c <= high : c >= high && c <= low;
            i += 2;
        } else {
            found = c == low;
        }
    }
    return found != set->negated;
}

static bool target_is_wide(const struct scan *s)
{
    if (s->size == SIZE_LONG)
        return true;
    if (s->size == SIZE_SHORT)
        return false;
    return s->format.wide != (s->conversion == 'S' || s->conversion == 'C');
}

static enum outcome scan_characters(struct scan *s, va_list *args, const struct set *set)
{
    bool wide = target_is_wide(s), counted = (s->conversion | 0x20) == 'c';
    int limit = s->width != 0 ? s->width : counted ? 1 : INT_MAX;
    void *to = s->suppress ? NULL : va_arg(*args, void *);
    int room = !s->suppress && s->secure == SCAN_SECURE ? va_arg(*args, int) : INT_MAX;
    int n = 0, c = -1;

    if (set == NULL && !counted)
        skip_space(s->in);
    while (n < limit && (c = next(s->in)) >= 0) {
        bool goes_on = counted || (set != NULL ? set_has(s, set, (unsigned)c) : !is_space((unsigned)c));
        if (!goes_on) {
            put_back(s->in, c);
            break;
        }
        if (n >= room - !counted) {
            if (wide && room > 0)
                *(wchar_t *)to = L'\0';
            else if (room > 0)
                *(char *)to = '\0';
            return MISMATCHED;
        }
        if (to != NULL && wide)
            ((wchar_t *)to)[n] = (wchar_t)c;
        else if (to != NULL)
            ((char *)to)[n] = (char)c;
        n++;
    }
    if (n == 0 || (counted && n < limit))
        return outcome_of(false, s->in);
    if (to != NULL && !counted && wide)
        ((wchar_t *)to)[n] = L'\0';
    else if (to != NULL && !counted)
        ((char *)to)[n] = '\0';
    return MATCHED;
}

static enum outcome scan_one(struct scan *s, va_list *args)
{
    struct set set;

    switch (s->conversion) {
    case 'd':
    case 'u': return scan_integer(s, args, 10);
    case 'i': return scan_integer(s, args, 0);
    case 'o': return scan_integer(s, args, 8);
    case 'p':
    case 'x':
    case 'X': return scan_integer(s, args, 16);
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G': return scan_float(s, args);
    case 's':
    case 'S':
    case 'c':
    case 'C': return scan_characters(s, args, NULL);
    case '[': set = read_set(s); return scan_characters(s, args, &set);
    case 'n':
        if (!s->suppress)
            store_integer(s, va_arg(*args, void *), (uint64_t)s->in->taken);
        return MATCHED;
    default: return MISMATCHED;
    }
}

static enum outcome match_literal(struct crt_in *in, unsigned want)
{
    int c = next(in);

    if (c >= 0 && (unsigned)c == want)
        return MATCHED;
    put_back(in, c);
    return c < 0 ? INPUT_ENDED : MISMATCHED;
}

int crt_scan(struct crt_in *in, struct crt_text format, enum crt_secure secure, va_list args)
{
    struct scan s = {.in = in, .format = format, .secure = secure};
    int stored = 0;
    bool converted = false;
    enum outcome outcome = MATCHED;
    va_list rest;
    unsigned c;

    if (format.start == NULL) {
        crt_set_errno(EINVAL);
        return EOF;
    }
    va_copy(rest, args);
    while (outcome == MATCHED && (c = peek(&s, 0)) != 0) {
        s.at++;
        if (is_space(c)) {
            skip_space(in);
        } else if (c != '%') {
            outcome = match_literal(in, c);
        } else if (peek(&s, 0) == '%') {
            s.at++;
            outcome = match_literal(in, '%');
        } else {
            read_spec(&s);
            outcome = scan_one(&s, &rest);
            if (outcome == MATCHED && s.conversion != 'n') {
                converted = true;
                stored += !s.suppress;
            }
        }
    }
    va_end(rest);
    return outcome == INPUT_ENDED && !converted ? EOF : stored;
}
