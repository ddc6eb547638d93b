/* SPDX-License-Identifier: GPL-2.0-or-later */
/* io.c - arguments, standard input, files and the exit code, for io.sh.
 *
 *   io args ARGUMENT...   print them, one per line, in brackets
 *   io cat                copy standard input to standard output
 *   io copy FROM TO       copy a file; exit 1 where FROM cannot be read, 2 where TO cannot be written
 *   io exit N             exit code N */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int copy(FILE *from, FILE *to)
{
    int c;
    while ((c = getc(from)) != EOF)
        putc(c, to);
    return fflush(to) == 0 ? 0 : 3;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "args") == 0) {
        for (int i = 2; i < argc; i++)
            printf("[%s]\n", argv[i]);
        return 0;
    }
    if (strcmp(what, "cat") == 0)
        return copy(stdin, stdout);
    if (strcmp(what, "copy") == 0 && argc == 4) {
        FILE *from = fopen(argv[2], "rb");
        if (!from)
            return 1;
        FILE *to = fopen(argv[3], "wb");
        return to ? copy(from, to) | fclose(to) : 2;
    }
    if (strcmp(what, "exit") == 0 && argc == 3)
        return atoi(argv[2]);
    return 99;
}
