// SPDX-License-Identifier: GPL-2.0-or-later
/* crt_string.c - the C string functions, once for char and once for wchar_t. */
#include "ntdll.h"
#include <ctype.h>
#include <string.h>
#include <wchar.h>

#define CHAR_T char
#define UCHAR_T unsigned char
#define CHAR_ARG int
#define NAME(x) str##x
#define INAME(x) _str##x
#define LOWER tolower
#define UPPER toupper
#include "crt_string.inc"
#undef CHAR_T
#undef UCHAR_T
#undef CHAR_ARG
#undef NAME
#undef INAME
#undef LOWER
#undef UPPER

#define CHAR_T wchar_t
#define UCHAR_T wchar_t
#define CHAR_ARG wchar_t
#define NAME(x) wcs##x
#define INAME(x) _wcs##x
#define LOWER towlower
#define UPPER towupper
#include "crt_string.inc"
