/* SPDX-License-Identifier: GPL-2.0-or-later */
/* python.c - what the stubs start: it says what it was given. */
#include <stdio.h>

int main(int argc, char **argv)
{
    printf("python: %d arguments\n", argc - 1);
    for (int i = 1; i < argc; i++)
        printf("  [%s]\n", argv[i]);
    return 7;
}
