/* SPDX-License-Identifier: GPL-2.0-or-later */
/* header.c - a public header compiles alone, twice: HEADER is its name. */
#include HEADER
#include HEADER

int header_compiles(void);
int header_compiles(void)
{
    return 0;
}
