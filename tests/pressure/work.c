/* SPDX-License-Identifier: GPL-2.0-or-later */
/* work.c - programs whose data is larger than RAM.
 * usage: work NAME KILOBYTES SEED
 *
 *   sort    quicksort of records; matrix  sums by column and by row; hash  open addressing; list  a chain through all
 *   pages in random order, followed twice; text  a text that is written and searched; family  three children at a time,
 *   each with another of these and a third of the memory
 *
 * Prints "NAME KILOBYTES CHECKSUM"; what it computes depends on nothing but its arguments.  Where the memory is refused
 * it makes do with half; a child says so instead. */
#include "machine.h"

enum { RECORD = 64, KEYS = 12000, NO_MEMORY = 1455, CHILDREN = 3 }; /* RECORD: in words, 256 bytes */

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

/* --- The work ------------------------------------------------------------------------------------------------ */

static void swap(uint32_t *a, uint32_t *b)
{
    for (unsigned i = 0; i < RECORD; i += RECORD - 1) {
        uint32_t word = a[i];
        a[i] = b[i];
        b[i] = word;
    }
}

/* Hoare's, the smaller part first, so that the stack stays small. */
static void quicksort(uint32_t *records, size_t count)
{
    while (count > 1) {
        size_t low = 0, high = count - 1;
        uint32_t pivot = records[(count - 1) / 2 * RECORD];
        for (;;) {
            while (records[low * RECORD] < pivot)
                low++;
            while (records[high * RECORD] > pivot)
                high--;
            if (low >= high)
                break;
            swap(records + low++ * RECORD, records + high-- * RECORD);
        }
        size_t left = high + 1;
        if (left < count - left) {
            quicksort(records, left);
            records += left * RECORD;
            count -= left;
        } else {
            quicksort(records + left * RECORD, count - left);
            count = left;
        }
    }
}

static uint32_t sort(uint32_t *memory, size_t words, uint32_t seed)
{
    size_t count = words / RECORD;
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        memory[i * RECORD] = next_random(&seed);
        memory[i * RECORD + RECORD - 1] = memory[i * RECORD] * 3;
    }
    quicksort(memory, count);
    for (size_t i = 0; i < count; i++) {
        const uint32_t *record = memory + i * RECORD;
        if ((i && record[0] < record[-RECORD]) || record[RECORD - 1] != record[0] * 3)
            return 0xBAD;
        sum = sum * 31 + record[0];
    }
    return sum;
}

static uint32_t matrix(uint32_t *memory, size_t words, uint32_t seed)
{
    size_t side = 1;
    uint32_t sum = 0;
    while ((side + 1) * (side + 1) <= words)
        side++;
    for (size_t y = 0; y < side; y++)
        for (size_t x = 0; x < side; x += 4)
            memory[y * side + x] = (uint32_t)(y * 7 + x) ^ seed;
    for (unsigned i = 0; i < 6; i++) {
        size_t line = next_random(&seed) % side & ~(size_t)3;
        for (size_t k = 0; k < side; k++) /* by column: each step another page */
            sum = sum * 17 + memory[k * side + line] * memory[line * side + (k & ~(size_t)3)];
    }
    return sum;
}

static uint32_t *find(uint32_t *table, size_t places, uint32_t key)
{
    size_t at = (size_t)(((uint64_t)(key * 2654435761u) * places) >> 32);
    while (table[at] && table[at] != key)
        at = at + 1 < places ? at + 1 : 0;
    return &table[at];
}

static uint32_t hash(uint32_t *memory, size_t words, uint32_t seed)
{
    uint32_t first = seed, found = 0;
    for (unsigned i = 0; i < KEYS; i++) {
        uint32_t key = next_random(&seed) | 1;
        *find(memory, words, key) = key;
    }
    for (unsigned i = 0; i < KEYS; i++) {
        uint32_t key = next_random(&first) | 1;
        found += *find(memory, words, key) == key;
        if (i % 3 == 0)
            found += *find(memory, words, key - 1) != 0; /* no key is even */
    }
    return found ^ seed;
}

/* Each page has the number of the next: a cycle through all of them in random order. */
static uint32_t list(uint32_t *memory, size_t words, uint32_t seed)
{
    uint32_t pages = (uint32_t)(words / 1024), sum = 0, at = 0;
    for (uint32_t i = 0; i < pages; i++)
        memory[(size_t)i * 1024 + 5] = i;
    for (uint32_t i = pages - 1; i > 0; i--) { /* Sattolo's */
        uint32_t j = next_random(&seed) % i, *a = memory + (size_t)i * 1024 + 5, *b = memory + (size_t)j * 1024 + 5,
                 t = *a;
        *a = *b;
        *b = t;
    }
    for (unsigned round = 0; round < 2; round++)
        for (uint32_t i = 0; i < pages; i++) {
            at = memory[(size_t)at * 1024 + 5];
            sum = sum * 33 + at;
        }
    return at == 0 ? sum : 0xBAD;
}

static uint32_t text(uint32_t *memory, size_t words, uint32_t seed)
{
    static const char *const parts[] = {"the page ", "a frame.", "of what ", "writes, ",
                                        "standby ",  "and some", "a fault ", "in RAM. "};
    uint8_t *bytes = (uint8_t *)memory;
    uint32_t found = 0, first = seed;
    size_t length = words * 4;
    for (size_t i = 0; i + 8 <= length; i += 32) {
        const char *part = parts[next_random(&seed) % 8];
        for (unsigned k = 0; k < 8; k++)
            bytes[i + k] = (uint8_t)part[k];
    }
    for (size_t i = 0; i + 8 <= length; i += 32) {
        const char *part = parts[next_random(&first) % 8];
        for (unsigned k = 0; k < 8; k++)
            if (bytes[i + k] != (uint8_t)part[k])
                return 0xBAD;
        found += bytes[i] == 's' && bytes[i + 1] == 't';
    }
    return found;
}

static const struct {
    const char *name;
    uint32_t (*work)(uint32_t *memory, size_t words, uint32_t seed);
} works[] = {{"sort", sort}, {"matrix", matrix}, {"hash", hash}, {"list", list}, {"text", text}};
enum { WORKS = sizeof works / sizeof *works };

/* --- Processes ----------------------------------------------------------------------------------------------- */

static char *append(char *to, const char *from)
{
    while (*from)
        *to++ = *from++;
    *to = 0;
    return to;
}

static char *append_number(char *to, uint32_t value)
{
    char text[12], *at = text + 11;
    *at = 0;
    do
        *--at = (char)('0' + value % 10);
    while (value /= 10);
    return append(to, at);
}

static HANDLE start_child(const char *self, unsigned work, uint32_t kilobytes, uint32_t seed)
{
    static char line[600], given[600];
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION child;
    char *at = append(line, "\"");
    at = append(append(append(at, self), "\" "), works[work].name);
    at = append_number(append(at, " "), kilobytes);
    at = append_number(append(at, " "), seed);
    append(at, " child");
    for (int tries = 0; tries < TRIES; tries++) {
        append(given, line);
        if (CreateProcessA(self, given, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child))
            return child.hProcess;
    }
    return NULL;
}

/* The same event in all: children that have touched all of their memory wait for it, so that all of them run at once
 * and none is done before the others begin. */
static HANDLE gate(void)
{
    HANDLE event = NULL;
    for (int tries = 0; !event && tries < TRIES; tries++)
        event = CreateEventA(NULL, TRUE, FALSE, "pressure");
    return event;
}

static void await(HANDLE object)
{
    for (int tries = 0; tries < TRIES && WaitForSingleObject(object, INFINITE) != WAIT_OBJECT_0; tries++)
        ;
}

static unsigned family(const char *self, uint32_t kilobytes, uint32_t seed)
{
    HANDLE child[CHILDREN], open = gate();
    for (unsigned i = 0; i < CHILDREN; i++) {
        child[i] = start_child(self, (seed + i) % WORKS, kilobytes / CHILDREN & ~3u, seed + i);
        if (!child[i]) {
            say("no child: %u\n", (uint32_t)GetLastError());
            return 3;
        }
    }
    Sleep(5000); /* they get their memory meanwhile */
    SetEvent(open);
    for (unsigned i = 0; i < CHILDREN; i++) {
        DWORD code = 0;
        int tries = 0;
        await(child[i]);
        while (!GetExitCodeProcess(child[i], &code) && tries++ < TRIES)
            ;
        say("%s %u %x\n", works[(seed + i) % WORKS].name, kilobytes / CHILDREN & ~3u, (uint32_t)code);
    }
    return 0;
}

static unsigned one(unsigned work, uint32_t kilobytes, uint32_t seed, int is_child)
{
    uint32_t *memory = NULL;
    while (!(memory = take((size_t)kilobytes << 10)) && !is_child && kilobytes > 64)
        kilobytes = kilobytes / 2 & ~3u;
    if (!memory)
        return NO_MEMORY;
    if (is_child) {
        for (size_t at = 0; at < (size_t)kilobytes << 8; at += 1024)
            ((volatile uint32_t *)memory)[at] = 0;
        await(gate());
    }
    uint32_t sum = works[work].work(memory, (size_t)kilobytes << 8, seed);
    if (is_child)
        return sum;
    say("%s %u %x\n", works[work].name, kilobytes, sum);
    return errors.strange ? 4 : 0;
}

unsigned run(unsigned argc, const char *const *argv)
{
    static char self[300];
    if (argc < 4)
        return 2;
    uint32_t kilobytes = number(argv[2]), seed = number(argv[3]) * 2 + 1;
    for (unsigned i = 0; i < WORKS; i++)
        if (same(argv[1], works[i].name))
            return one(i, kilobytes, seed, argc > 4);
    int tries = 0;
    while (!GetModuleFileNameA(NULL, self, sizeof self) && tries++ < TRIES)
        ;
    return same(argv[1], "family") ? family(self, kilobytes, seed) : 2;
}
