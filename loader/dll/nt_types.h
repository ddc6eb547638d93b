/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nt_types.h - strings, objects and I/O: what almost every native call speaks of.  Included by nt.h. */
#ifndef SOFTFAULT_GUEST_NT_TYPES_H
#define SOFTFAULT_GUEST_NT_TYPES_H

/* ---- strings, objects, I/O ---- */

typedef struct _UNICODE_STRING {
    USHORT Length;        /* bytes, without a terminator */
    USHORT MaximumLength; /* bytes */
    WCHAR *Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

typedef struct _STRING {
    USHORT Length;
    USHORT MaximumLength;
    char *Buffer;
} STRING, *PSTRING, ANSI_STRING, *PANSI_STRING, OEM_STRING, *POEM_STRING;
typedef const STRING *PCANSI_STRING;
typedef const char *PCSZ;

typedef struct _OBJECT_ATTRIBUTES {
    ULONG Length;
    HANDLE RootDirectory;
    PUNICODE_STRING ObjectName;
    ULONG Attributes;
    PVOID SecurityDescriptor;
    PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;

#define OBJ_INHERIT 0x02
#define OBJ_PERMANENT 0x10
#define OBJ_EXCLUSIVE 0x20
#define OBJ_CASE_INSENSITIVE 0x40
#define OBJ_OPENIF 0x80
#define InitializeObjectAttributes(oa, name, attributes, root, sd)                                                     \
    ((oa)->Length = sizeof(OBJECT_ATTRIBUTES), (oa)->RootDirectory = (root), (oa)->ObjectName = (name),                \
     (oa)->Attributes = (attributes), (oa)->SecurityDescriptor = (sd), (oa)->SecurityQualityOfService = NULL)

typedef struct _IO_STATUS_BLOCK {
    union {
        NTSTATUS Status;
        PVOID Pointer;
    };
    ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;

typedef VOID(NTAPI *PIO_APC_ROUTINE)(PVOID context, PIO_STATUS_BLOCK io, ULONG reserved);

typedef struct _CLIENT_ID {
    HANDLE UniqueProcess;
    HANDLE UniqueThread;
} CLIENT_ID, *PCLIENT_ID;

#endif
