/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ldr.h - the loader's own view of a module, and the verbs of its files.
 *
 * Everything here runs under the loader lock.  What an image says about itself is not believed: each address of it goes
 * through ldr_at or ldr_string, each loop is bounded by the size of the image.
 *
 * LoadCount counts what programs hold (LdrLoadDll).  A module stays while it has one, or while a module that stays uses
 * it; ldr_sweep unloads the others, circles included. */
#ifndef SOFTFAULT_GUEST_LDR_H
#define SOFTFAULT_GUEST_LDR_H

#include "ntdll.h"

#define LDR_PINNED 0xFFFF   /* LoadCount of a module that stays */
#define LDR_NAME_MAX 260    /* characters of a DLL's name or path */
#define LDR_DEPTH_MAX 64    /* imports below imports; forwarders that forward */
#define LDR_STRING_MAX 4096 /* bytes of a name inside an image, its end included */

struct ldr_module {
    LDR_DATA_TABLE_ENTRY entry; /* first: what the PEB's lists show */
    struct ldr_module **uses;   /* what it imports from; keeps them loaded */
    ULONG use_count;
    bool needed;  /* ldr_sweep's mark */
    bool leaving; /* being unloaded */
    ULONG tls_index;
    PIMAGE_TLS_DIRECTORY tls; /* NULL: none */
};

struct ldr_symbol {
    const char *name; /* NULL: by ordinal */
    ULONG ordinal;
    ULONG hint;
};

/* ldr.c: the lists */
extern RTL_CRITICAL_SECTION ldr_lock;
struct ldr_module *ldr_from_entry(PLDR_DATA_TABLE_ENTRY entry);
struct ldr_module *ldr_find_base(PVOID base);
struct ldr_module *ldr_find_name(PCUNICODE_STRING base_name);
struct ldr_module *ldr_find_path(PCUNICODE_STRING full_name);
struct ldr_module *ldr_add_module(PVOID base, PCUNICODE_STRING full_name);
void ldr_remove_module(struct ldr_module *module);
void ldr_fail_process(NTSTATUS status, PCUNICODE_STRING what); /* hard error, then the end */
extern UNICODE_STRING ldr_failed_dll;                          /* the DLL that made the load fail; no Buffer: none */

/* ldr_image.c: an image's addresses */
PVOID ldr_at(const struct ldr_module *module, ULONG rva, SIZE_T size); /* NULL: not inside the image */
const char *ldr_string(const struct ldr_module *module, ULONG rva);    /* NULL: no end inside the image, or too long */
PVOID ldr_directory(const struct ldr_module *module, ULONG index, SIZE_T least, PULONG ret_size);
/* For a directory that the module cannot run without.
 * => STATUS_SUCCESS and *ret_data, NULL where the image has none; STATUS_INVALID_IMAGE_FORMAT: not inside the image. */
NTSTATUS ldr_needed_directory(const struct ldr_module *module, ULONG index, SIZE_T least, PVOID *ret_data);

/* ldr_map.c: files */
NTSTATUS ldr_normalise_name(PCUNICODE_STRING name, PUNICODE_STRING ret_name); /* the caller frees it */
struct ldr_module *ldr_find_loaded(PCUNICODE_STRING name);
NTSTATUS ldr_map(PCWSTR search_path, PCUNICODE_STRING name, struct ldr_module **ret_module);

/* ldr_import.c, ldr_export.c */
NTSTATUS ldr_load(PCWSTR search_path, PCUNICODE_STRING name, ULONG depth, struct ldr_module **ret_module);
NTSTATUS ldr_require(struct ldr_module *importer, const char *name, size_t length, ULONG depth,
                     struct ldr_module **ret_module);
NTSTATUS ldr_bind(struct ldr_module *module, ULONG depth);
NTSTATUS ldr_find_export(struct ldr_module *module, const struct ldr_symbol *symbol, ULONG depth, PVOID *ret_address);

/* ldr_stub.c: where missing imports go */
PVOID ldr_make_stub(const char *dll, const struct ldr_symbol *symbol);
void ldr_seal_stubs(void);

/* ldr_tls.c */
NTSTATUS ldr_tls_init(void);
NTSTATUS ldr_tls_attach_thread(void);
void ldr_tls_detach_thread(void);
void ldr_tls_callbacks(struct ldr_module *module, ULONG reason, PVOID reserved);

/* ldr_init.c: entry points */
NTSTATUS ldr_run_initialisers(PVOID reserved, struct ldr_module **ret_failed);
void ldr_notify_thread(ULONG reason);
void ldr_release(struct ldr_module *module);
void ldr_sweep(void);

#endif
