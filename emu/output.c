/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output.c - see output.h
 *
 * The file has no name while it is written, so that even a killed softfault leaves nothing behind; at the end it is
 * linked beside the target and renamed over it in one step. */
#define _GNU_SOURCE
#include "emu/output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool use_descriptor(struct output *output, int descriptor, enum output_kind kind)
{
    if (descriptor < 0)
        return false;
    output->kind = kind;
    output->file = fdopen(descriptor, "w");
    if (!output->file)
        close(descriptor);
    return output->file != NULL;
}

static bool open_beside(struct output *output)
{
    char copy[OUTPUT_PATH_SIZE];
    mode_t mask = umask(0);

    umask(mask);
    memcpy(copy, output->path, sizeof(copy));
    if (use_descriptor(output, open(dirname(copy), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666), OUTPUT_NAMELESS))
        return true;
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT)
        return false;
    snprintf(output->temporary, sizeof(output->temporary), "%s.partial-XXXXXX", output->path);
    int descriptor = mkostemp(output->temporary, O_CLOEXEC);
    if (descriptor >= 0)
        fchmod(descriptor, 0666 & ~mask);
    return use_descriptor(output, descriptor, OUTPUT_TEMPORARY);
}

bool output_open(struct output *output, const char *path)
{
    struct stat entry;

    memset(output, 0, sizeof(*output));
    output->kind = OUTPUT_STDOUT;
    output->file = stdout;
    if (!path)
        return true;
    output->file = NULL;
    if (strlen(path) >= sizeof(output->path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    strcpy(output->path, path);
    if (stat(path, &entry) == 0) {
        if (S_ISDIR(entry.st_mode)) {
            errno = EISDIR;
            return false;
        }
        if (access(path, W_OK) < 0)
            return false;
        if (!S_ISREG(entry.st_mode))
            return use_descriptor(output, open(path, O_WRONLY | O_CLOEXEC), OUTPUT_DIRECT);
        char *real = realpath(path, NULL); /* replace the file, not a link to it */
        if (real && strlen(real) < sizeof(output->path))
            strcpy(output->path, real);
        free(real);
    }
    return open_beside(output);
}

/* Give the nameless file a name beside its target. */
static bool link_beside(struct output *output)
{
    char self[64];

    snprintf(self, sizeof(self), "/proc/self/fd/%d", fileno(output->file));
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(output->temporary, sizeof(output->temporary), "%s.partial-%u", output->path, i);
        if (linkat(AT_FDCWD, self, AT_FDCWD, output->temporary, AT_SYMLINK_FOLLOW) == 0)
            return true;
        if (errno != EEXIST)
            break;
    }
    output->temporary[0] = 0;
    return false;
}

static bool appear(struct output *output)
{
    if (output->kind == OUTPUT_NAMELESS && !link_beside(output))
        return false;
    return rename(output->temporary, output->path) == 0;
}

bool output_finish(struct output *output)
{
    bool named = output->kind == OUTPUT_NAMELESS || output->kind == OUTPUT_TEMPORARY;
    bool good = fflush(output->file) == 0 && !ferror(output->file);

    if (good && named)
        good = appear(output);
    int error = errno;
    if (!good && named && output->temporary[0])
        unlink(output->temporary);
    if (output->kind != OUTPUT_STDOUT)
        fclose(output->file);
    errno = error ? error : EIO;
    return good;
}

void output_abandon(struct output *output)
{
    if (output->kind == OUTPUT_TEMPORARY)
        unlink(output->temporary);
    if (output->kind != OUTPUT_STDOUT)
        fclose(output->file);
}
