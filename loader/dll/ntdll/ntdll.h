/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ntdll.h - what the files of ntdll share with each other and with nobody else. */
#ifndef SOFTFAULT_GUEST_NTDLL_H
#define SOFTFAULT_GUEST_NTDLL_H

#include "../nt.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

/* ---- crt.c: the C library subset; ntdll exports it, and the compiler calls some of it by itself ---- */

void *__cdecl memcpy(void *to, const void *from, size_t size);
void *__cdecl memmove(void *to, const void *from, size_t size);
void *__cdecl memset(void *to, int value, size_t size);
int __cdecl memcmp(const void *a, const void *b, size_t size);
size_t __cdecl strlen(const char *s);
size_t __cdecl wcslen(const wchar_t *s);
size_t strnlen_in(const char *s, size_t limit); /* limit when no terminator is found */

/* ---- format.c ---- */

int format_string(char *buffer, size_t size, const char *format, va_list args);

/* ---- start.c, start_*.S ---- */

/* A service that does not return came back: end the process. */
DECLSPEC_NORETURN VOID NTAPI start_failed(NTSTATUS status);
DECLSPEC_NORETURN VOID NTAPI start_user_thread(LPTHREAD_START_ROUTINE routine, PVOID argument);

/* Free the stack that this runs on, and end the thread: on the TEB's buffer for names, which nobody needs any more. */
DECLSPEC_NORETURN VOID NTAPI start_leave_stack(PVOID deallocation, NTSTATUS status);

/* Call a DLL's entry point or a TLS callback; survives one that pops the wrong number of arguments. */
BOOL start_call_entry(PVOID routine, PVOID base, ULONG reason, PVOID reserved);

/* ---- exception.c, exception_*.c ---- */

BOOLEAN NTAPI RtlDispatchException(PEXCEPTION_RECORD record, PCONTEXT context);
DECLSPEC_NORETURN VOID NTAPI exception_raise(PEXCEPTION_RECORD record, PCONTEXT context);
/* Raise a status that cannot be continued, because of another exception (or NULL). */
DECLSPEC_NORETURN void exception_raise_status(NTSTATUS status, PEXCEPTION_RECORD cause);
/* Ask the frames of the stack. => true: continue with the context. */
bool exception_dispatch_to_frames(PEXCEPTION_RECORD record, PCONTEXT context);
void exception_init(void);
LONG exception_ask_unhandled_filter(EXCEPTION_POINTERS *pointers);

/* ---- heap.c ---- */

void heap_init_process(PPEB peb);
PVOID heap_alloc(SIZE_T size);  /* from the process heap; NULL when exhausted */
PVOID heap_zalloc(SIZE_T size); /* the same, cleared */
void heap_free(PVOID block);    /* NULL is allowed */

/* ---- string.c ---- */

WCHAR ansi_to_wide(UCHAR c);
UCHAR wide_to_ansi(WCHAR c); /* '?' when the code page has no such character */

/* ---- misc.c, critsect.c ---- */

void peb_lock_init(PPEB peb);
/* The process's keyed event, made when it is first needed; raises where there can be none. */
HANDLE keyed_event(void);

/* ---- ldr_init.c ---- */

/* The process ends: this is its last thread. */
bool ldr_is_shutting_down(void);

/* ---- fls.c ---- */

void fls_init(PPEB peb);
void fls_detach_thread(void);

/* ---- lists ---- */

static inline void list_init(LIST_ENTRY *head)
{
    head->Flink = head->Blink = head;
}

static inline bool list_is_empty(const LIST_ENTRY *head)
{
    return head->Flink == head;
}

static inline void list_insert_before(LIST_ENTRY *where, LIST_ENTRY *entry)
{
    entry->Flink = where;
    entry->Blink = where->Blink;
    where->Blink->Flink = entry;
    where->Blink = entry;
}

static inline void list_insert_tail(LIST_ENTRY *head, LIST_ENTRY *entry)
{
    list_insert_before(head, entry);
}

static inline void list_insert_head(LIST_ENTRY *head, LIST_ENTRY *entry)
{
    list_insert_before(head->Flink, entry);
}

static inline void list_remove(LIST_ENTRY *entry)
{
    entry->Blink->Flink = entry->Flink;
    entry->Flink->Blink = entry->Blink;
    entry->Flink = entry->Blink = entry;
}

#endif
