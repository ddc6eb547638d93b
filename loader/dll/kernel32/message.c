/* SPDX-License-Identifier: GPL-2.0-or-later */
/* message.c - FormatMessage: texts of the system, of a module's message table or of the caller, with inserts.
 *
 * The work is done on wide text; the narrow call differs in what %s means, and in its result. */
#include "k32.h"

enum { LONGEST = 0xFFFF, INSERTS = 99, SPEC_MAX = 31 };

enum break_style { BREAKS_KEPT, BREAKS_DROPPED, BREAKS_AT_WIDTH };

struct output {
    WCHAR *buffer; /* of the process heap; NULL: no memory */
    DWORD room, used;
    DWORD failed; /* a Win32 error; 0: none */
    enum break_style breaks;
    DWORD width, column, blank; /* BREAKS_AT_WIDTH: the last blank's place + 1 */
};

static void give(struct output *o, WCHAR c)
{
    if (o->failed != 0)
        return;
    if (o->used == o->room) {
        DWORD room = o->room != 0 ? o->room * 2 : 256;
        void *larger = o->buffer != NULL ? RtlReAllocateHeap(RtlProcessHeap(), 0, o->buffer, (room + 1) * sizeof(WCHAR))
                                         : RtlAllocateHeap(RtlProcessHeap(), 0, (room + 1) * sizeof(WCHAR));
        if (larger == NULL || room > 2 * LONGEST) {
            o->failed = larger == NULL ? ERROR_NOT_ENOUGH_MEMORY : ERROR_MORE_DATA;
            if (larger != NULL)
                o->buffer = larger;
            return;
        }
        o->buffer = larger;
        o->room = room;
    }
    o->buffer[o->used++] = c;
}

static void give_line_end(struct output *o)
{
    give(o, L'\r');
    give(o, L'\n');
    o->column = 0;
    o->blank = 0;
}

/* A character of the text, where lines are broken at blanks. */
static void give_flowing(struct output *o, WCHAR c)
{
    give(o, c);
    o->column++;
    if (o->failed != 0 || o->breaks != BREAKS_AT_WIDTH)
        return;
    if (c == L' ')
        o->blank = o->used;
    if (o->column <= o->width || o->blank == 0)
        return;
    DWORD rest = o->used - o->blank; /* what goes to the next line */
    o->buffer[o->blank - 1] = L'\r';
    give(o, L'\n');
    if (o->failed != 0)
        return;
    for (DWORD i = o->used - 1; i > o->blank; i--)
        o->buffer[i] = o->buffer[i - 1];
    o->buffer[o->blank] = L'\n';
    o->column = rest;
    o->blank = 0;
}

/* ---- inserts ---- */

struct source {
    DWORD flags;
    va_list *arguments; /* or an array of them; NULL: none */
    bool narrow;        /* what %s means */
    DWORD next;         /* the argument of a "*" */
};

static ULONG_PTR argument(const struct source *s, DWORD number)
{
    ULONG_PTR value = 0;

    if (s->flags & FORMAT_MESSAGE_ARGUMENT_ARRAY)
        return ((const ULONG_PTR *)s->arguments)[number - 1];
    va_list copy;
    va_copy(copy, *s->arguments);
    while (number-- != 0)
        value = va_arg(copy, ULONG_PTR);
    va_end(copy);
    return value;
}

/* "!" what printf has between "%" and its end "!", taken apart. */
struct spec {
    bool left, zero, plus, alternate, narrow;
    DWORD width, precision; /* NONE */
    WCHAR kind;
};
enum { NONE = 0xFFFFFFFF };

static const WCHAR *take_number(const WCHAR *at, struct source *s, DWORD *ret_number)
{
    DWORD number = 0;

    if (*at == L'*') {
        *ret_number = (DWORD)argument(s, s->next++);
        return at + 1;
    }
    while (*at >= L'0' && *at <= L'9')
        number = number < LONGEST ? number * 10 + (DWORD)(*at++ - L'0') : (at++, number);
    *ret_number = number;
    return at;
}

/* => behind the closing mark; NULL: it is no format that there is. */
static const WCHAR *take_spec(const WCHAR *at, struct source *s, struct spec *spec)
{
    for (;; at++) {
        if (*at == L'-')
            spec->left = true;
        else if (*at == L'0')
            spec->zero = true;
        else if (*at == L'+')
            spec->plus = true;
        else if (*at == L'#')
            spec->alternate = true;
        else
            break;
    }
    if (*at == L'*' || (*at >= L'1' && *at <= L'9'))
        at = take_number(at, s, &spec->width);
    if (*at == L'.')
        at = take_number(at + 1, s, &spec->precision);
    while (*at == L'h' || *at == L'l' || *at == L'w' || *at == L'I') {
        spec->narrow = *at == L'h' || (*at == L'I' && spec->narrow);
        if (*at == L'I' && ((at[1] == L'6' && at[2] == L'4') || (at[1] == L'3' && at[2] == L'2')))
            at += 2;
        at++;
    }
    spec->kind = *at;
    if (*at == L'\0' || at[1] != L'!')
        return NULL;
    return at + 2;
}

static void give_padded(struct output *o, const struct spec *spec, const WCHAR *text, DWORD length)
{
    for (DWORD i = length; !spec->left && spec->width != NONE && i < spec->width && i < LONGEST; i++)
        give_flowing(o, L' ');
    for (DWORD i = 0; i < length; i++)
        give_flowing(o, text[i]);
    for (DWORD i = length; spec->left && spec->width != NONE && i < spec->width && i < LONGEST; i++)
        give_flowing(o, L' ');
}

static void give_string(struct output *o, const struct spec *spec, ULONG_PTR value)
{
    WCHAR *converted = spec->narrow && value != 0 ? k32_wide((const char *)value) : NULL;
    const WCHAR *text = value == 0 ? L"(null)" : spec->narrow ? converted : (const WCHAR *)value;
    DWORD length = 0;

    if (text == NULL) {
        o->failed = ERROR_NOT_ENOUGH_MEMORY;
        return;
    }
    while (length < spec->precision && length < LONGEST && text[length] != L'\0')
        length++;
    give_padded(o, spec, text, length);
    k32_free(converted);
}

static void give_number(struct output *o, const struct spec *spec, ULONG_PTR value)
{
    enum { DIGITS = 24, ZEROS_MAX = 200 };
    WCHAR text[DIGITS + ZEROS_MAX + 4], digits[DIGITS];
    bool is_signed = spec->kind == L'd' || spec->kind == L'i';
    ULONG_PTR rest = spec->kind == L'p' ? value : (DWORD)value;
    ULONG_PTR base = spec->kind == L'o' ? 8 : spec->kind == L'x' || spec->kind == L'X' || spec->kind == L'p' ? 16 : 10;
    DWORD n = 0, length = 0, least = spec->precision != NONE ? spec->precision : 1;

    bool negative = is_signed && (LONG)value < 0;
    if (negative)
        rest = 0 - (DWORD)value, rest = (DWORD)rest;
    if (spec->kind == L'p')
        least = sizeof(void *) * 2;
    for (; rest != 0; rest /= base)
        digits[n++] =
            (WCHAR)(rest % base < 10 ? L'0' + rest % base : (spec->kind == L'x' ? L'a' : L'A') + rest % base - 10);
    if (negative || (is_signed && spec->plus))
        text[length++] = negative ? L'-' : L'+';
    if (spec->alternate && base == 16 && value != 0) {
        text[length++] = L'0';
        text[length++] = spec->kind;
    }
    if (spec->zero && !spec->left && spec->precision == NONE && spec->width != NONE && spec->width > length)
        least = spec->width - length;
    for (DWORD i = n; i < least && i - n < ZEROS_MAX; i++)
        text[length++] = L'0';
    while (n > 0)
        text[length++] = digits[--n];
    give_padded(o, spec, text, length);
}

/* => behind the insert; NULL with o->failed set. */
static const WCHAR *expand_insert(struct output *o, const WCHAR *at, struct source *s)
{
    struct spec spec = {.narrow = s->narrow, .width = NONE, .precision = NONE, .kind = L's'};
    DWORD number = (DWORD)(*at++ - L'0');

    if (*at >= L'0' && *at <= L'9')
        number = number * 10 + (DWORD)(*at++ - L'0');
    if (s->arguments == NULL) {
        o->failed = ERROR_INVALID_PARAMETER;
        return NULL;
    }
    s->next = number;
    if (*at == L'!')
        at = take_spec(at + 1, s, &spec);
    if (at == NULL) {
        o->failed = ERROR_INVALID_PARAMETER;
        return NULL;
    }
    ULONG_PTR value = argument(s, s->next);
    WCHAR one = (WCHAR)value;
    switch (spec.kind) {
    case L'S': spec.narrow = !s->narrow; /* fall through */
    case L's': give_string(o, &spec, value); break;
    case L'c':
    case L'C': give_padded(o, &spec, &one, 1); break;
    case L'd':
    case L'i':
    case L'u':
    case L'x':
    case L'X':
    case L'o':
    case L'p': give_number(o, &spec, value); break;
    default: o->failed = ERROR_INVALID_PARAMETER; return NULL;
    }
    return at;
}

/* What follows a "%".
 * => NULL: the message ends here. */
static const WCHAR *expand_escape(struct output *o, const WCHAR *at, struct source *s)
{
    if (*at >= L'1' && *at <= L'9') {
        if (!(s->flags & FORMAT_MESSAGE_IGNORE_INSERTS))
            return expand_insert(o, at, s);
        give_flowing(o, L'%');
        give_flowing(o, *at);
        return at + 1;
    }
    switch (*at) {
    case L'\0': /* a lone one at the end */
    case L'0': return NULL;
    case L'n': give_line_end(o); break;
    case L'r': give(o, L'\r'); break;
    case L't': give(o, L'\t'); break;
    default: give_flowing(o, *at); break;
    }
    return at + 1;
}

static void expand(struct output *o, const WCHAR *at, struct source *s)
{
    while (at != NULL && *at != L'\0' && o->failed == 0) {
        if (*at == L'%') {
            at = expand_escape(o, at + 1, s);
        } else if (*at == L'\r' || *at == L'\n') {
            at += at[0] == L'\r' && at[1] == L'\n' ? 2 : 1;
            if (o->breaks == BREAKS_KEPT)
                give_line_end(o);
            else if (*at != L'\0')
                give_flowing(o, L' ');
        } else {
            give_flowing(o, *at++);
        }
    }
}

/* ---- where the text comes from ---- */

/* A message of a module's table: blocks of numbers, with the texts one behind the other.
 * => the text, which the caller frees; NULL: it has none of that number. */
static WCHAR *module_text(HMODULE module, DWORD code, DWORD language)
{
    HRSRC found = FindResourceExW(module, (const WCHAR *)RT_MESSAGETABLE, MAKEINTRESOURCEW(1), (WORD)language);
    const BYTE *table = found != NULL ? LockResource(LoadResource(module, found)) : NULL;
    DWORD size = table != NULL ? SizeofResource(module, found) : 0;
    DWORD blocks = size >= 4 ? *(const DWORD *)table : 0;

    for (DWORD i = 0; i < blocks && (i + 1) * 12 + 4 <= size && i < size / 12; i++) {
        const DWORD *block = (const DWORD *)(table + 4 + i * 12); /* first, last, offset of the first text */
        DWORD at = block[2];
        for (DWORD number = block[0]; code >= block[0] && code <= block[1] && at < size && size - at >= 4; number++) {
            const WORD *entry = (const WORD *)(table + at); /* its length, 1: wide text */
            if (entry[0] < 4 || entry[0] > size - at)
                break;
            int count = (entry[0] - 4) / (entry[1] == 1 ? (int)sizeof(WCHAR) : 1);
            if (number == code && entry[1] != 1)
                return k32_wide_counted((const char *)(entry + 2), count);
            if (number == code) {
                WCHAR *text = RtlAllocateHeap(RtlProcessHeap(), 0, ((SIZE_T)count + 1) * sizeof(WCHAR));
                if (text == NULL)
                    return NULL;
                k32_memcpy(text, entry + 2, (SIZE_T)count * sizeof(WCHAR));
                text[count] = L'\0';
                return text;
            }
            at += entry[0];
        }
    }
    return NULL;
}

static WCHAR *system_text(DWORD code)
{
    const char *text = k32_system_text(code);
    WCHAR *wide = text != NULL ? k32_wide_counted(text, lstrlenA(text) + 2) : NULL;

    if (wide != NULL)
        lstrcpyW(wide + lstrlenA(text), L"\r\n");
    return wide;
}

/* => the text, which the caller frees; NULL with the last error set. */
static WCHAR *find_text(DWORD flags, const void *source, DWORD code, DWORD language, bool narrow)
{
    WCHAR *text = NULL;

    if (flags & FORMAT_MESSAGE_FROM_STRING) {
        if (source == NULL) {
            k32_fail_with(ERROR_INVALID_PARAMETER);
            return NULL;
        }
        if (narrow)
            return k32_wide(source);
        SIZE_T size = (k32_wcslen(source) + 1) * sizeof(WCHAR);
        if ((text = RtlAllocateHeap(RtlProcessHeap(), 0, size)) == NULL)
            k32_fail_with(ERROR_NOT_ENOUGH_MEMORY);
        else
            k32_memcpy(text, source, size);
        return text;
    }
    if (flags & FORMAT_MESSAGE_FROM_HMODULE)
        text = module_text((HMODULE)source, code, language);
    if (text != NULL || !(flags & FORMAT_MESSAGE_FROM_SYSTEM)) {
        if (text == NULL && RtlGetLastWin32Error() != ERROR_RESOURCE_LANG_NOT_FOUND &&
            RtlGetLastWin32Error() != ERROR_RESOURCE_TYPE_NOT_FOUND &&
            RtlGetLastWin32Error() != ERROR_RESOURCE_DATA_NOT_FOUND)
            k32_fail_with(ERROR_MR_MID_NOT_FOUND);
        return text;
    }
    if (language != 0 && PRIMARYLANGID(language) != LANG_ENGLISH && language != LANG_SYSTEM_DEFAULT &&
        language != LANG_USER_DEFAULT) {
        k32_fail_with(ERROR_RESOURCE_LANG_NOT_FOUND);
        return NULL;
    }
    if ((text = system_text(code)) == NULL)
        k32_fail_with(ERROR_MR_MID_NOT_FOUND);
    return text;
}

/* => the message, which the caller frees, and *ret_length; NULL with the last error set. */
static WCHAR *make_message(DWORD flags, const void *source, DWORD code, DWORD language, va_list *arguments, bool narrow,
                           DWORD *ret_length)
{
    enum { FROM = FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_FROM_SYSTEM };
    DWORD width = flags & FORMAT_MESSAGE_MAX_WIDTH_MASK;
    struct source s = {.flags = flags, .arguments = arguments, .narrow = narrow};
    struct output o = {.width = width};

    if (!(flags & FROM) || ((flags & FORMAT_MESSAGE_FROM_STRING) && (flags & FROM & ~FORMAT_MESSAGE_FROM_STRING))) {
        k32_fail_with(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    WCHAR *text = find_text(flags, source, code, language, narrow);
    if (text == NULL)
        return NULL;
    o.breaks = width == 0 ? BREAKS_KEPT : width == FORMAT_MESSAGE_MAX_WIDTH_MASK ? BREAKS_DROPPED : BREAKS_AT_WIDTH;
    expand(&o, text, &s);
    give(&o, L'\0');
    k32_free(text);
    if (o.failed == 0 && o.used > LONGEST)
        o.failed = ERROR_MORE_DATA;
    if (o.failed == 0) {
        *ret_length = o.used - 1;
        return o.buffer;
    }
    k32_free(o.buffer);
    k32_fail_with(o.failed);
    return NULL;
}

/* => where the result goes, for length characters and an end mark; NULL with the last error set. */
static void *find_room(DWORD flags, void *buffer, DWORD size, DWORD length, SIZE_T unit)
{
    if (!(flags & FORMAT_MESSAGE_ALLOCATE_BUFFER)) {
        if (length < size)
            return buffer;
        k32_fail_with(ERROR_INSUFFICIENT_BUFFER);
        return NULL;
    }
    void *block = LocalAlloc(0, (length + 1 > size ? length + 1 : size) * unit);
    if (block != NULL)
        *(void **)buffer = block;
    return block;
}

DWORD WINAPI FormatMessageW(DWORD flags, const void *source, DWORD code, DWORD language, WCHAR *buffer, DWORD size,
                            va_list *arguments)
{
    DWORD length = 0;

    if (buffer == NULL)
        return (DWORD)k32_fail_with(ERROR_INVALID_PARAMETER);
    if (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER)
        *(void **)buffer = NULL;
    WCHAR *message = make_message(flags, source, code, language, arguments, false, &length);
    WCHAR *to = message != NULL ? find_room(flags, buffer, size, length, sizeof(WCHAR)) : NULL;
    if (to != NULL)
        k32_memcpy(to, message, (length + 1) * sizeof(WCHAR));
    k32_free(message);
    return to != NULL ? length : 0;
}

DWORD WINAPI FormatMessageA(DWORD flags, const void *source, DWORD code, DWORD language, char *buffer, DWORD size,
                            va_list *arguments)
{
    DWORD length = 0;

    if (buffer == NULL)
        return (DWORD)k32_fail_with(ERROR_INVALID_PARAMETER);
    if (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER)
        *(void **)buffer = NULL;
    WCHAR *message = make_message(flags, source, code, language, arguments, true, &length);
    char *to = message != NULL ? find_room(flags, buffer, size, length, 1) : NULL;
    if (to != NULL)
        k32_give_narrow(message, length, to, length + 1);
    k32_free(message);
    return to != NULL ? length : 0;
}
