/* SPDX-License-Identifier: GPL-2.0-or-later */
/* real.c - a program for test_real.c: all the usual sections */
#include <stdio.h>

int counted[3000];
int initialised = 42;

int main(void)
{
    return printf("%d\n", initialised + counted[2999]);
}
