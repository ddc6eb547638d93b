/* SPDX-License-Identifier: GPL-2.0-or-later */
/* readerror.c - reads that fail, again and again: data larger than RAM, touched at random until the given number of
 * hard faults has been asked for.  Each failure is a STATUS_IN_PAGE_ERROR that says what and where; what could be read
 * is right.
 * usage: readerror KILOBYTES FAILURES SEED */
#include "machine.h"

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

static uint32_t word_of(size_t page, uint32_t version)
{
    return (uint32_t)page * 2654435761u ^ version * 40503u;
}

/* Where the handler is to have seen errors: the data, or code and data of the images. */
static volatile struct {
    const uint8_t *from, *to;
    uint32_t in_data, elsewhere, wrong_place;
} seen;
static const void *volatile touching;

static void look(const EXCEPTION_RECORD *record)
{
    const uint8_t *address = (const uint8_t *)record->ExceptionInformation[1];
    if (address < seen.from || address >= seen.to)
        seen.elsewhere++;
    else if (address == touching && record->ExceptionInformation[0] <= 1)
        seen.in_data++;
    else
        seen.wrong_place++;
}

unsigned run(unsigned argc, const char *const *argv)
{
    if (argc < 4)
        return 2;
    size_t bytes = (size_t)number(argv[1]) << 10, pages = bytes / 4096;
    uint32_t failures = number(argv[2]), state = number(argv[3]) * 2 + 1, wrong = 0, touched = 0;
    volatile uint32_t *data = take(bytes);
    uint8_t *version = take(pages);
    if (!data || !version)
        return 3;
    errors.look = look;
    seen.from = (const uint8_t *)data;
    seen.to = seen.from + bytes;
    for (size_t page = 0; page < pages; page++) {
        touching = (const void *)&data[page * 1024 + 7];
        data[page * 1024 + 7] = word_of(page, 0);
    }
    while (seen.in_data < failures) {
        size_t page = next_random(&state) % pages;
        volatile uint32_t *at = &data[page * 1024 + 7];
        touching = (const void *)at;
        wrong += *at != word_of(page, version[page]);
        touched++;
        if (next_random(&state) % 4 == 0)
            *at = word_of(page, ++version[page]);
    }
    for (size_t page = 0; page < pages; page++) {
        touching = (const void *)&data[page * 1024 + 7];
        wrong += data[page * 1024 + 7] != word_of(page, version[page]);
    }
    say("data wrong: %u, exceptions strange: %u, elsewhere than touched: %u\n", wrong, (uint32_t)errors.strange,
        seen.wrong_place);
    return touched < failures / 4 ? 5 : 0;
}
