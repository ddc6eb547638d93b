/* SPDX-License-Identifier: GPL-2.0-or-later */
/* float.c - %e, %f, %g and %a.
 *
 * The decimal digits are gdtoa's (libmingwex).  What this C library does differently from C99 is done here: 17 digits
 * at most and zeros after them, exponents of three digits, and 1.#INF, 1.#QNAN, -1.#IND for what is no number. */
#include "crt.h"

char *__dtoa(double value, int mode, int digits, int *ret_point, int *ret_sign, char **ret_end); /* gdtoa */
void __freedtoa(char *digits);

enum { MOST_DIGITS = 17 };

/* A number to print: digits with the decimal point after the first `point` of them; zeros where they run out. */
struct number {
    char digits[24];
    int n_digits;
    int point;
    int decimals; /* after the decimal point */
    bool show_point;
    bool has_exponent;
    int exponent;
    int exponent_digits;
    char exponent_letter;
};

static unsigned digit_at(const struct number *n, int i)
{
    return i >= 0 && i < n->n_digits ? (unsigned char)n->digits[i] : '0';
}

static void number_body(struct crt_out *out, const void *what)
{
    const struct number *n = what;

    if (n->point <= 0)
        out->put(out, '0');
    for (int i = 0; i < n->point; i++)
        out->put(out, digit_at(n, i));
    if (n->show_point || n->decimals > 0)
        out->put(out, '.');
    for (int i = 0; i < n->decimals; i++)
        out->put(out, digit_at(n, n->point + i));
    if (!n->has_exponent)
        return;
    out->put(out, (unsigned char)n->exponent_letter);
    out->put(out, n->exponent < 0 ? '-' : '+');
    unsigned magnitude = (unsigned)(n->exponent < 0 ? -n->exponent : n->exponent);
    char text[8];
    int length = 0;
    while (magnitude != 0 || length < n->exponent_digits) {
        text[length++] = (char)('0' + magnitude % 10);
        magnitude /= 10;
    }
    while (length > 0)
        out->put(out, (unsigned char)text[--length]);
}

/* gdtoa modes: 2 counts significant digits, 3 counts digits after the point. */
static void take_digits(struct number *n, double value, int mode, int count)
{
    int sign;
    char *text = __dtoa(value, mode, count, &n->point, &sign, NULL);

    n->n_digits = 0;
    while (text != NULL && text[n->n_digits] != '\0' && n->n_digits < (int)sizeof n->digits) {
        n->digits[n->n_digits] = text[n->n_digits];
        n->n_digits++;
    }
    if (text != NULL)
        __freedtoa(text);
    if (n->n_digits == 0) { /* rounds to zero */
        n->digits[0] = '0';
        n->n_digits = 1;
        n->point = value == 0 || mode == 2 ? 1 : -count;
    }
}

static void make_fixed(struct number *n, double value, int precision)
{
    take_digits(n, value, 2, MOST_DIGITS);
    if (n->point + precision < MOST_DIGITS)
        take_digits(n, value, 3, precision);
    n->decimals = precision;
}

static void make_exponential(struct number *n, double value, int precision, const struct crt_spec *spec)
{
    take_digits(n, value, 2, precision < MOST_DIGITS ? precision + 1 : MOST_DIGITS);
    n->has_exponent = true;
    n->exponent = value == 0 ? 0 : n->point - 1;
    n->exponent_digits = 3;
    n->exponent_letter = spec->upper ? 'E' : 'e';
    n->point = 1;
    n->decimals = precision;
}

static void make_general(struct number *n, double value, int precision, const struct crt_spec *spec)
{
    if (precision == 0)
        precision = 1;
    take_digits(n, value, 2, precision < MOST_DIGITS ? precision : MOST_DIGITS);
    int exponent = value == 0 ? 0 : n->point - 1;
    if (exponent < -4 || exponent >= precision)
        make_exponential(n, value, precision - 1, spec);
    else
        n->decimals = precision - 1 - exponent;
    if (!spec->alternate) { /* no zeros at the end: gdtoa gives none */
        int useful = n->n_digits - n->point;
        if (value == 0)
            useful = 0;
        n->decimals = useful > 0 ? (useful < n->decimals ? useful : n->decimals) : 0;
    }
}

static const char *sign_of(const struct crt_spec *spec, bool negative)
{
    return negative ? "-" : spec->plus ? "+" : spec->space ? " " : "";
}

/* Not a number: the text takes the place of the decimals, cut (and "rounded") or filled with zeros like them. */
static void put_special(struct crt_out *out, struct crt_spec *spec, const char *text, bool negative)
{
    struct number n = {.digits = "1", .n_digits = 1, .point = 1};
    int length = (int)strlen(text);
    int precision = spec->precision < 0 ? 6 : spec->precision;

    for (int i = 0; i < length; i++)
        n.digits[n.n_digits++] = text[i];
    n.decimals = precision;
    if (spec->conversion == 'g')
        n.decimals = precision - 1 < length ? precision - 1 : length;
    if (n.decimals < 0)
        n.decimals = 0;
    if (n.decimals < length) {
        if (text[n.decimals] >= '5')
            n.digits[n.decimals]++;
        n.n_digits = n.decimals + 1;
    }
    n.show_point = spec->alternate;
    if (spec->conversion == 'e') {
        n.has_exponent = true;
        n.exponent_digits = 3;
        n.exponent_letter = spec->upper ? 'E' : 'e';
    }
    crt_put_body(out, spec, sign_of(spec, negative), number_body, &n);
}

struct hex_number {
    unsigned lead;
    uint64_t fraction; /* 13 digits */
    int precision;
    int exponent;
    bool upper;
    bool show_point;
};

static void hex_body(struct crt_out *out, const void *what)
{
    const struct hex_number *h = what;
    const char *digits = h->upper ? "0123456789ABCDEF" : "0123456789abcdef";

    out->put(out, '0' + h->lead);
    if (h->precision > 0 || h->show_point)
        out->put(out, '.');
    for (int i = 0; i < h->precision; i++)
        out->put(out, i < 13 ? (unsigned char)digits[h->fraction >> (48 - 4 * i) & 0xF] : '0');
    out->put(out, h->upper ? 'P' : 'p');
    out->put(out, h->exponent < 0 ? '-' : '+');
    int magnitude = h->exponent < 0 ? -h->exponent : h->exponent;
    for (int unit = magnitude >= 1000 ? 1000 : magnitude >= 100 ? 100 : magnitude >= 10 ? 10 : 1; unit != 0; unit /= 10)
        out->put(out, (unsigned)('0' + magnitude / unit % 10));
}

static void put_hex(struct crt_out *out, const struct crt_spec *spec, uint64_t bits)
{
    enum { BIAS = 1023, FRACTION_BITS = 52 };
    uint64_t fraction = bits & (((uint64_t)1 << FRACTION_BITS) - 1);
    int biased = (int)(bits >> FRACTION_BITS & 0x7FF);
    struct hex_number h = {
        .lead = biased != 0, .fraction = fraction, .upper = spec->upper, .show_point = spec->alternate};
    char prefix[4];
    size_t n = 0;

    h.exponent = biased != 0 ? biased - BIAS : fraction != 0 ? 1 - BIAS : 0;
    h.precision = spec->precision < 0 ? 13 : spec->precision;
    if (h.precision < 13) { /* round half up */
        uint64_t whole = (uint64_t)h.lead << FRACTION_BITS | fraction;
        whole += (uint64_t)1 << (FRACTION_BITS - 4 * h.precision - 1);
        h.lead = (unsigned)(whole >> FRACTION_BITS);
        h.fraction = whole & (((uint64_t)1 << FRACTION_BITS) - 1);
    }
    for (const char *sign = sign_of(spec, bits >> 63); *sign != '\0'; sign++)
        prefix[n++] = *sign;
    prefix[n++] = '0';
    prefix[n++] = spec->upper ? 'X' : 'x';
    prefix[n] = '\0';
    crt_put_body(out, spec, prefix, hex_body, &h);
}

void crt_format_float(struct crt_out *out, const struct crt_spec *format, double value)
{
    struct crt_spec spec = *format;
    struct number n = {.show_point = spec.alternate};
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    bool negative = bits >> 63;
    if ((bits >> 52 & 0x7FF) == 0x7FF) {
        uint64_t fraction = bits << 12;
        bool quiet = fraction >> 63;
        put_special(out, &spec,
                    fraction == 0                               ? "#INF"
                    : negative && fraction == (uint64_t)1 << 63 ? "#IND"
                    : quiet                                     ? "#QNAN"
                                                                : "#SNAN",
                    negative);
        return;
    }
    if (spec.conversion == 'a') {
        put_hex(out, &spec, bits);
        return;
    }
    int precision = spec.precision < 0 ? 6 : spec.precision;
    if (negative)
        value = -value;
    if (spec.conversion == 'f')
        make_fixed(&n, value, precision);
    else if (spec.conversion == 'e')
        make_exponential(&n, value, precision, &spec);
    else
        make_general(&n, value, precision, &spec);
    crt_put_body(out, &spec, sign_of(&spec, negative), number_body, &n);
}
