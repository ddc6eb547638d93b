// SPDX-License-Identifier: GPL-2.0-or-later
/* forward_dll.c - a DLL whose exports lead elsewhere, see forward.def.in; one has no name but an ordinal. */
int nameless(void);

int nameless(void)
{
    return 17;
}
