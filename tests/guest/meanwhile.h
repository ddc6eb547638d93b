/* SPDX-License-Identifier: GPL-2.0-or-later */
/* meanwhile.h - what the scenarios of meanwhile.exe share. */
#ifndef MEANWHILE_H
#define MEANWHILE_H

#include <stdint.h>
#include <windows.h>

enum { PAGE = 4096, LENGTH = 256 << 10 };

extern volatile LONG calling; /* the first thread is in its service */
extern BOOL overtook;         /* the second thread began meanwhile */
extern HANDLE file, other, writer;
extern uint8_t bytes[LENGTH], line[512];

/* What is wrong is said in a line, and the program ends with status 9. */
void check(BOOL good, const char *what, unsigned long long number);

uint8_t byte_at(uint32_t offset); /* of the file cold */
void check_bytes(const uint8_t *got, uint32_t offset, uint32_t length);

HANDLE open_file(const char *name, DWORD access, DWORD disposition, DWORD flags); /* shared in all ways */
uint8_t *map_cold(void);                                                          /* nothing of it is in memory */
void append(HANDLE to, const void *from, DWORD length, BOOL at_end);

/* The second thread, which runs as soon as the first one waits; it sets overtook. */
HANDLE start(LPTHREAD_START_ROUTINE routine, void *argument);
void finish(HANDLE thread);

/* The scenarios of meanwhile_append.c. */
void append_short(void);
void append_long(void);
void append_at_end(void);
void append_unbuffered(void);
void append_fails(void);
void append_beside(void);
void others_bytes_stay(void);

#endif
