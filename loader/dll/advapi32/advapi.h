/* SPDX-License-Identifier: GPL-2.0-or-later */
/* advapi.h - what the sources of our advapi32 share. */
#ifndef SOFTFAULT_DLL_ADVAPI32_ADVAPI_H
#define SOFTFAULT_DLL_ADVAPI32_ADVAPI_H

#include "../nt.h"
#include <stdbool.h>

/* Set the last error.  => FALSE, for the caller to return. */
BOOL advapi_fail(NTSTATUS status);
BOOL advapi_fail_with(DWORD error);
#define advapi_done(status) (NT_SUCCESS(status) ? TRUE : advapi_fail(status))

#endif
