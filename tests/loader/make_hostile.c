/* SPDX-License-Identifier: GPL-2.0-or-later */
/* make_hostile.c - malformed programs for hostile.sh to run: what the host's parser lets pass, as NT's does, and the
 * guest's loader must then cope with; and some that only fail when they are mapped.
 *
 * Each is a sound program that ends with exit status 7, with one thing wrong.  Prints a line for each: FILE STATUS
 * TEXT, the exit status to expect and what stderr must say ("-": does not matter).
 *
 * arguments: FOLDER 32|64 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/loader/pe_writer.h"

enum {
    GOOD = 7,
    CANNOT = 125,
    DIED = 126,
    NARROW = 1, /* CANNOT in 32 bits; GOOD in 64, which have room for it */
};

#define INVALID "is no valid image"

/* The data section: import descriptors, then what they point to. */
enum {
    SLOT = 0x60, /* lookup table: IAT and names in one */
    HINT = 0x80,
    DLL = 0xa0,
    TLS = 0xc0,
    TLS_INDEX = 0x100,
    CALLBACKS = 0x108,
    LONG_TEXT = 0x180, /* 'x' to the end of the section's page */
    DATA_END = DATA_RAW_SIZE,
    ENDLESS = 0x180, /* in the code section, 'x' to the end of its raw data: a name of more than 4 KB */
};
#define IN_DATA(offset) (DATA_RVA + (uint32_t)(offset))

enum kind {
    END,
    OPTIONAL,  /* 32 bits at this offset of the optional header */
    DIRECTORY, /* RVA of this directory; the size follows */
    DATA,      /* 32 bits in the data section */
    EXPORT,    /* 32 bits in the export directory */
    RELOC,     /* 32 bits in the relocation directory */
    FLAGS,     /* characteristics */
    VIRTUAL,   /* pointer in the data section to this RVA, in the width of the form */
    DLL_NAME,  /* the import comes from names[value] */
    SYMBOL,    /* names[value] is what is imported */
};

static const char *const names[] = {
    "kernel32.dll",        "self.exe", "a.dll",         "nowhere.dll", "", "ExitProcess", "alpha", "loop", "missing",
    "..\\..\\etc\\passwd", "a.dll.",   "truncated.dll", "NUL",         "."};
enum {
    KERNEL32,
    SELF,
    A_DLL,
    NOWHERE,
    NOTHING,
    EXIT_PROCESS,
    ALPHA,
    LOOP,
    MISSING,
    ELSEWHERE,
    DOTTED,
    TRUNCATED,
    DEVICE,
    DOT
};

struct change {
    enum kind kind;
    uint32_t where, value;
};

static const struct {
    const char *name;
    int status;
    const char *text;
    struct change changes[6];
} programs[] = {
    {"sound", GOOD, "-", {{END, 0, 0}}},
    {"entry-outside", DIED, "C0000005", {{OPTIONAL, 16, 0x7fff0000}}},
    {"entry-in-headers", DIED, "C0000005", {{OPTIONAL, 16, 4}}},
    {"directories-none", GOOD, "-", {{OPTIONAL, 0, 0}}},
    {"directories-4G", GOOD, "-", {{OPTIONAL, 0, 0xffffffff}}},

    {"import-one", GOOD, "-", {{DLL_NAME, 0, KERNEL32}}},
    {"import-itself", GOOD, "-", {{DLL_NAME, 0, SELF}, {SYMBOL, 0, ALPHA}}},
    {"import-forwarder-loop", GOOD, "-", {{DLL_NAME, 0, A_DLL}, {SYMBOL, 0, LOOP}}},
    {"import-dll-circle", GOOD, "-", {{DLL_NAME, 0, A_DLL}, {SYMBOL, 0, ALPHA}}},
    {"import-missing-dll", CANNOT, "nowhere.dll", {{DLL_NAME, 0, NOWHERE}}},
    {"import-no-name", CANNOT, INVALID, {{DLL_NAME, 0, NOTHING}}},
    {"import-climbs", CANNOT, "passwd", {{DLL_NAME, 0, ELSEWHERE}}},
    {"import-device", CANNOT, "softfault: ", {{DLL_NAME, 0, DEVICE}}},
    {"import-dot", CANNOT, "softfault: ", {{DLL_NAME, 0, DOT}}},
    {"import-truncated-dll", CANNOT, INVALID, {{DLL_NAME, 0, TRUNCATED}}},
    {"import-missing-name", GOOD, "-", {{DLL_NAME, 0, KERNEL32}, {SYMBOL, 0, MISSING}}},
    {"import-directory-outside", CANNOT, INVALID, {{DIRECTORY, 1, 0x7ffffff0}, {DIRECTORY, 0x101, 40}}},
    {"import-directory-at-end", CANNOT, INVALID, {{DIRECTORY, 1, IMAGE_SIZE - 8}, {DIRECTORY, 0x101, 40}}},
    {"import-directory-is-text", CANNOT, INVALID, {{DIRECTORY, 1, TEXT_RVA + 0x100}, {DIRECTORY, 0x101, 40}}},
    {"import-name-outside", CANNOT, INVALID, {{DLL_NAME, 0, KERNEL32}, {DATA, 12, 0xfffffff0}}},
    {"import-name-too-long", CANNOT, "which was not found", {{DLL_NAME, 0, KERNEL32}, {DATA, 12, IN_DATA(LONG_TEXT)}}},
    {"import-slots-outside", CANNOT, INVALID, {{DLL_NAME, 0, KERNEL32}, {DATA, 16, 0xfffffff0}}},
    {"import-slots-at-end", CANNOT, INVALID, {{DLL_NAME, 0, KERNEL32}, {DATA, 16, IMAGE_SIZE - 2}}},
    {"import-lookup-outside", CANNOT, INVALID, {{DLL_NAME, 0, KERNEL32}, {DATA, 0, 0x80000000}}},
    {"import-symbol-outside", CANNOT, INVALID, {{DLL_NAME, 0, KERNEL32}, {DATA, SLOT, 0x7ffffff0}}},
    {"import-symbol-endless", CANNOT, INVALID, {{DLL_NAME, 0, KERNEL32}, {DATA, SLOT, TEXT_RVA + ENDLESS - 2}}},
    {"import-slots-in-headers", GOOD, "-", {{DLL_NAME, 0, KERNEL32}, {DATA, 0, IN_DATA(SLOT)}, {DATA, 16, 8}}},
    {"import-slots-in-text",
     GOOD,
     "-",
     {{DLL_NAME, 0, KERNEL32}, {DATA, 0, IN_DATA(SLOT)}, {DATA, 16, TEXT_RVA + 0x100}}},
    {"import-slots-over-descriptors",
     GOOD,
     "-",
     {{DLL_NAME, 0, KERNEL32}, {DATA, 0, IN_DATA(SLOT)}, {DATA, 16, IN_DATA(16)}, {DATA, 20, 1}}},
    {"bound-import-garbage", GOOD, "-", {{DIRECTORY, 11, 0xfffffff0}, {DIRECTORY, 0x10b, 0xffffffff}}},
    {"delay-import-garbage", GOOD, "-", {{DIRECTORY, 13, 0xfffffff0}, {DIRECTORY, 0x10d, 0xffffffff}}},
    {"load-config-garbage", GOOD, "-", {{DIRECTORY, 10, 0xfffffff0}, {DIRECTORY, 0x10a, 0xffffffff}}},
    {"resource-garbage", GOOD, "-", {{DIRECTORY, 2, 0xfffffff0}, {DIRECTORY, 0x102, 0xffffffff}}},

    {"export-functions-4G", GOOD, "-", {{DLL_NAME, 0, SELF}, {SYMBOL, 0, ALPHA}, {EXPORT, 20, 0xffffffff}}},
    {"export-names-4G", GOOD, "-", {{DLL_NAME, 0, SELF}, {SYMBOL, 0, ALPHA}, {EXPORT, 24, 0xffffffff}}},
    {"export-functions-outside", GOOD, "-", {{DLL_NAME, 0, SELF}, {SYMBOL, 0, ALPHA}, {EXPORT, 28, 0xfffffff0}}},
    {"export-names-outside", GOOD, "-", {{DLL_NAME, 0, SELF}, {SYMBOL, 0, ALPHA}, {EXPORT, 32, 0xfffffff0}}},
    {"export-name-outside", GOOD, "-", {{DLL_NAME, 0, SELF}, {SYMBOL, 0, ALPHA}, {EXPORT, 0x50, 0xfffffff0}}},
    {"export-directory-outside", GOOD, "-", {{DLL_NAME, 0, SELF}, {SYMBOL, 0, ALPHA}, {DIRECTORY, 0, 0x7ffffff0}}},

    {"tls-sound", GOOD, "-", {{DIRECTORY, 9, IN_DATA(TLS)}, {DIRECTORY, 0x109, 40}}},
    {"tls-directory-outside", CANNOT, INVALID, {{DIRECTORY, 9, 0x7ffffff0}, {DIRECTORY, 0x109, 40}}},
    {"tls-directory-at-end", CANNOT, INVALID, {{DIRECTORY, 9, IMAGE_SIZE - 4}, {DIRECTORY, 0x109, 40}}},
    {"tls-data-ends-first",
     CANNOT,
     INVALID,
     {{DIRECTORY, 9, IN_DATA(TLS)}, {DIRECTORY, 0x109, 40}, {VIRTUAL, 1, TEXT_RVA}}},
    {"tls-data-outside",
     CANNOT,
     INVALID,
     {{DIRECTORY, 9, IN_DATA(TLS)}, {DIRECTORY, 0x109, 40}, {VIRTUAL, 1, 0x7fff0000}}},
    {"tls-index-outside",
     CANNOT,
     INVALID,
     {{DIRECTORY, 9, IN_DATA(TLS)}, {DIRECTORY, 0x109, 40}, {VIRTUAL, 2, 0x7fff0000}}},
    {"tls-callbacks-outside",
     GOOD,
     "-",
     {{DIRECTORY, 9, IN_DATA(TLS)}, {DIRECTORY, 0x109, 40}, {VIRTUAL, 3, 0x7fff0000}}},
    {"tls-fill-4G", CANNOT, "softfault: ", {{DIRECTORY, 9, IN_DATA(TLS)}, {DIRECTORY, 0x109, 40}, {VIRTUAL, 4, 0}}},

    {"stack-reserve-4G", NARROW, "does not fit in memory", {{OPTIONAL, 72, 0xffff0000}}},
    {"stack-commit-2G", CANNOT, "cannot make the stack", {{OPTIONAL, 1, 0x7fff0000}}},
    {"image-2G", NARROW, "0xC000", {{OPTIONAL, 56, 0x80000000}}},
    {"base-in-kernel-relocatable", GOOD, "-", {{OPTIONAL, 2, 0x80000000}}},
    {"base-in-kernel-stripped", CANNOT, "0xC0000018", {{OPTIONAL, 2, 0x80000000}, {FLAGS, 0, 0x0003}}},
    {"base-in-kernel-bad-relocations", CANNOT, "0xC0000018", {{OPTIONAL, 2, 0x80000000}, {RELOC, 4, 0xfffffff8}}},
    {"base-of-ntdll", GOOD, "-", {{OPTIONAL, 2, 0x7c900000}}},
    {"base-zero", GOOD, "-", {{OPTIONAL, 2, 0}}},
    {"headers-in-overlay", CANNOT, "headers end at", {{OPTIONAL, 3, 0}}},
};

static void put_text(struct pe_file *file, uint32_t raw, const char *text)
{
    memcpy(file->bytes + raw, text, strlen(text) + 1);
}

static void put_pointer(struct pe_file *file, unsigned index, uint32_t rva)
{
    if (file->form == PE_FORM_64)
        put64(file, DATA_RAW + TLS + 8 * index, 0x140000000 + rva);
    else
        put32(file, DATA_RAW + TLS + 4 * index, 0x400000 + rva);
}

/* mov eax, 7; ret.  Imports and thread-local storage are ready but not announced. */
static void make_program(struct pe_file *file, enum pe_form form)
{
    static const uint8_t code[] = {0xb8, GOOD, 0, 0, 0, 0xc3};

    pe_make(file, form);
    memcpy(file->bytes + TEXT_RAW + 0x10, code, sizeof(code));
    uint16_t fix_up = (uint16_t)((form == PE_FORM_64 ? 10u : 3u) << 12 | 0x40); /* not in the code */
    pe_set_relocations(file, TEXT_RVA, &fix_up, 1);
    memset(file->bytes + DATA_RAW, 0, DATA_RAW_SIZE);
    memset(file->bytes + TEXT_RAW + ENDLESS, 'x', TEXT_RAW_SIZE - ENDLESS);
    memset(file->bytes + DATA_RAW + LONG_TEXT, 'x', DATA_END - LONG_TEXT);
    put32(file, DATA_RAW + 12, IN_DATA(DLL));
    put32(file, DATA_RAW + 16, IN_DATA(SLOT));
    put32(file, DATA_RAW + SLOT, IN_DATA(HINT));
    put_text(file, DATA_RAW + HINT + 2, names[EXIT_PROCESS]);
    put_text(file, EXPORT_RAW + 0x40, "self.forward"); /* a forwarder that leads to itself */
    put_pointer(file, 0, IN_DATA(0));
    put_pointer(file, 1, IN_DATA(16));
    put_pointer(file, 2, IN_DATA(TLS_INDEX));
    put_pointer(file, 3, IN_DATA(CALLBACKS));
}

static void apply_optional(struct pe_file *file, uint32_t where, uint32_t value)
{
    bool wide = file->form == PE_FORM_64;

    switch (where) {
    case 0: put32(file, pe_directory_entry(file, 0) - 4, value); break; /* NumberOfRvaAndSizes */
    case 1: put32(file, PE_OPTIONAL_AT + (wide ? 80 : 76), value); break;
    case 2:
        if (wide)
            put64(file, PE_OPTIONAL_AT + 24, value == 0x80000000 ? 0x7ff000000000 : value);
        else
            put32(file, PE_OPTIONAL_AT + 28, value);
        break;
    case 3: /* all headers once more behind everything else */
        memcpy(file->bytes + 0x8000, file->bytes + PE_AT, 0x380);
        put32(file, 0x3c, 0x8000);
        file->size = 0x8400;
        break;
    default: put32(file, PE_OPTIONAL_AT + where, value);
    }
}

static void apply(struct pe_file *file, const struct change *change)
{
    switch (change->kind) {
    case OPTIONAL: apply_optional(file, change->where, change->value); break;
    case DIRECTORY:
        put32(file, pe_directory_entry(file, change->where & 0xff) + (change->where & 0x100 ? 4 : 0), change->value);
        break;
    case DATA: put32(file, DATA_RAW + change->where, change->value); break;
    case EXPORT: put32(file, EXPORT_RAW + change->where, change->value); break;
    case RELOC: put32(file, RELOC_RAW + change->where, change->value); break;
    case FLAGS: put16(file, PE_AT + 22, (uint16_t)change->value); break;
    case VIRTUAL:
        if (change->where == 4)
            put32(file, DATA_RAW + TLS + (file->form == PE_FORM_64 ? 32 : 16), 0xfffffff0);
        else
            put_pointer(file, change->where, change->value);
        break;
    case DLL_NAME:
        put_text(file, DATA_RAW + DLL, names[change->value]);
        put32(file, pe_directory_entry(file, 1), IN_DATA(0));
        put32(file, pe_directory_entry(file, 1) + 4, 40);
        break;
    case SYMBOL: put_text(file, DATA_RAW + HINT + 2, names[change->value]); break;
    case END: break;
    }
}

static void save(const struct pe_file *file, const char *folder, const char *name, const char *suffix)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s%s", folder, name, suffix);
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(file->bytes, 1, file->size, out) != file->size || fclose(out)) {
        perror(path);
        exit(1);
    }
}

/* a.dll and b.dll import from each other; a.dll's "loop" is forwarded to itself. */
static void save_dlls(struct pe_file *file, enum pe_form form, const char *folder)
{
    for (unsigned i = 0; i < 2; i++) {
        make_program(file, form);
        put16(file, PE_AT + 22, 0x2002);
        put32(file, PE_OPTIONAL_AT + 16, 0);
        put_text(file, DATA_RAW + DLL, i == 0 ? "b.dll" : "a.dll");
        put_text(file, DATA_RAW + HINT + 2, "alpha");
        put32(file, pe_directory_entry(file, 1), IN_DATA(0));
        put32(file, pe_directory_entry(file, 1) + 4, 40);
        put_text(file, EXPORT_RAW + 0x40, "a.loop");
        put_text(file, EXPORT_RAW + 0x8b, "loop"); /* for "forward" */
        save(file, folder, i == 0 ? "a" : "b", ".dll");
    }
    file->size = DATA_RAW + 8;
    save(file, folder, "truncated", ".dll");
}

int main(int argc, char **argv)
{
    static struct pe_file file;

    if (argc != 3)
        return 1;
    enum pe_form form = strcmp(argv[2], "64") == 0 ? PE_FORM_64 : PE_FORM_32;
    save_dlls(&file, form, argv[1]);
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        make_program(&file, form);
        for (unsigned k = 0; k < 6; k++)
            apply(&file, &programs[i].changes[k]);
        save(&file, argv[1], programs[i].name, ".exe");
        bool roomy = programs[i].status == NARROW && form == PE_FORM_64;
        int status = programs[i].status != NARROW ? programs[i].status : roomy ? GOOD : CANNOT;
        printf("%s.exe %d %s\n", programs[i].name, status, roomy ? "-" : programs[i].text);
    }
    return 0;
}
