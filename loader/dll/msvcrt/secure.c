/* SPDX-License-Identifier: GPL-2.0-or-later */
/* secure.c - the bounded copies of the C library: 0, or an error number and an empty target. */
#include "crt.h"

/* => true when the call may go on; else *ret_error is what to return. */
static bool target_is_valid(const void *to, size_t size, const void *from, char *narrow, int *ret_error)
{
    if (to != NULL && size != 0 && from != NULL)
        return true;
    if (narrow != NULL && size != 0)
        *narrow = '\0';
    crt_set_errno(EINVAL);
    *ret_error = EINVAL;
    return false;
}

CRT_API(int, strcpy_s, char *to, size_t size, const char *from)
{
    int error;

    if (!target_is_valid(to, size, from, to, &error))
        return error;
    if (strlen(from) >= size) {
        *to = '\0';
        crt_set_errno(ERANGE);
        return ERANGE;
    }
    strcpy(to, from);
    return 0;
}

CRT_API(int, strcat_s, char *to, size_t size, const char *from)
{
    int error;

    if (!target_is_valid(to, size, from, to, &error))
        return error;
    size_t used = strlen(to);
    if (used >= size || strlen(from) >= size - used) {
        *to = '\0';
        crt_set_errno(ERANGE);
        return ERANGE;
    }
    strcpy(to + used, from);
    return 0;
}

CRT_API(int, memcpy_s, void *to, size_t size, const void *from, size_t n)
{
    if (n == 0)
        return 0;
    if (to == NULL || from == NULL || size < n) {
        if (to != NULL)
            memset(to, 0, size);
        int error = to == NULL || from == NULL ? EINVAL : ERANGE;
        crt_set_errno(error);
        return error;
    }
    memcpy(to, from, n);
    return 0;
}
