/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slist.c - singly linked lists: their head. */
#include "k32.h"

void WINAPI InitializeSListHead(SLIST_HEADER *list)
{
    *list = (SLIST_HEADER){0};
}
