/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_file.c - guest path to host file.  See host_file.h.
 *
 * A resolution keeps one path, relative to its root, that grows by the host's spelling of each component.  A name with
 * the exact spelling wins; otherwise the first in byte order among those that differ in case only, so that the answer
 * does not depend on the order in which the host lists a folder. */
#define _GNU_SOURCE /* O_PATH */
#include "emu/host_file.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* openat2() beneath root, never through a magic link, never blocking. */
static int open_beneath(int root, const char *path, uint64_t flags, uint64_t mode)
{
    struct open_how how = {
        .flags = flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NOCTTY | O_NONBLOCK),
        .mode = mode,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

static ntstatus_t status_of_errno(int error)
{
    switch (error) {
    case ENOENT: return STATUS_OBJECT_NAME_NOT_FOUND;
    case ENOTDIR: return STATUS_OBJECT_PATH_NOT_FOUND;
    case EEXIST: return STATUS_OBJECT_NAME_COLLISION;
    case ENAMETOOLONG: return STATUS_OBJECT_NAME_INVALID;
    case EMFILE:
    case ENFILE:
    case ENOMEM: return STATUS_INSUFFICIENT_RESOURCES;
    default: return STATUS_ACCESS_DENIED; /* EXDEV: the name leads out of the root */
    }
}

static bool is_drive_path(const char *path)
{
    char letter = path[0] & ~0x20;
    return letter >= 'A' && letter <= 'Z' && path[1] == ':' && (path[2] == 0 || path[2] == '\\');
}

const char *host_files_add(struct host_files *files, const char *guest, const char *host, bool writable)
{
    if (files->count == HOST_ROOTS_MAX)
        return "too many folders";
    size_t length = strlen(guest);
    while (length && guest[length - 1] == '\\')
        length--;
    if (!is_drive_path(guest) || length >= HOST_PATH_MAX)
        return "the guest's side is no drive or folder such as D: or C:\\data";
    int fd = open(host, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return strerror(errno);
    int probe = open_beneath(fd, ".", O_PATH | O_DIRECTORY, 0);
    if (probe < 0 && errno == ENOSYS) {
        close(fd);
        return "this host's kernel has no openat2 (Linux 5.6 and later do)";
    }
    if (probe >= 0)
        close(probe);
    struct host_root *root = &files->roots[files->count++];
    memcpy(root->guest, guest, length);
    root->guest[length] = 0;
    root->fd = fd;
    root->writable = writable;
    return NULL;
}

void host_files_narrow(struct host_files *files, const char *guest, const char *file)
{
    char folder[HOST_PATH_MAX];
    const char *slash = strrchr(file, '/');
    size_t length = slash ? (size_t)(slash - file) : 0;
    for (unsigned i = 0; slash && length < sizeof folder && i < files->count; i++) {
        struct host_root *root = &files->roots[i];
        if (strcmp(root->guest, guest) != 0)
            continue;
        memcpy(folder, file, length);
        folder[length] = 0;
        int fd =
            faccessat(root->fd, file, R_OK, 0) == 0 ? openat(root->fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
        if (fd >= 0) {
            close(root->fd);
            root->fd = fd;
        }
        return;
    }
}

void host_files_close(struct host_files *files)
{
    while (files->count)
        close(files->roots[--files->count].fd);
}

/* The root with the longest guest folder that path is in or is; *ret_rest is what follows it. */
static const struct host_root *find_root(const struct host_files *files, const char *path, const char **ret_rest)
{
    const struct host_root *best = NULL;
    size_t best_length = 0;
    for (unsigned i = 0; i < files->count; i++) {
        const struct host_root *root = &files->roots[i];
        size_t length = strlen(root->guest);
        if (length < best_length || strncasecmp(root->guest, path, length) != 0)
            continue;
        if (path[length] != 0 && path[length] != '\\')
            continue;
        best = root;
        best_length = length;
        *ret_rest = path + length;
    }
    return best;
}

/* Is path the name of something below a root's descriptor?  => false: errno is ENOENT or ENOTDIR. */
static bool exists_beneath(int root, const char *path)
{
    int fd = open_beneath(root, path, O_PATH, 0);
    if (fd < 0)
        return errno != ENOENT && errno != ENOTDIR;
    close(fd);
    return true;
}

/* In the folder path[0..length) find name without regard to case; the host's spelling is stored at found. */
static bool find_spelling(int root, const char *folder, const char *name, char *found, size_t room)
{
    int fd = open_beneath(root, *folder ? folder : ".", O_RDONLY | O_DIRECTORY, 0);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    bool any = false;
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (strcasecmp(entry->d_name, name) != 0 || strlen(entry->d_name) >= room)
            continue;
        if (any && strcmp(entry->d_name, found) > 0)
            continue;
        strcpy(found, entry->d_name);
        any = true;
    }
    closedir(dir);
    return any;
}

static ntstatus_t check_component(const char *name, size_t length)
{
    if (length == 0 || length > 255)
        return STATUS_OBJECT_NAME_INVALID;
    if (name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.')))
        return STATUS_OBJECT_NAME_INVALID;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)name[i] < 0x20 || strchr("/<>:\"|?*", name[i]))
            return STATUS_OBJECT_NAME_INVALID;
    return STATUS_SUCCESS;
}

/* Append one component to path in the host's spelling.  missing: it is not there (spelled as given). */
static ntstatus_t append_component(int root, char *path, const char *name, size_t length, bool *ret_missing)
{
    char given[256], spelled[256];
    ntstatus_t status = check_component(name, length);
    if (status != STATUS_SUCCESS)
        return status;
    memcpy(given, name, length);
    given[length] = 0;
    char folder[HOST_PATH_MAX];
    size_t end = strlen(path);
    memcpy(folder, path, end + 1);
    if (end + length + 2 > HOST_PATH_MAX)
        return STATUS_OBJECT_NAME_INVALID;
    if (end)
        path[end++] = '/';
    strcpy(path + end, given);
    *ret_missing = false;
    if (exists_beneath(root, path))
        return STATUS_SUCCESS;
    if (errno == ENOTDIR)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (!find_spelling(root, folder, given, spelled, sizeof spelled)) {
        *ret_missing = true;
        return STATUS_SUCCESS;
    }
    if (end + strlen(spelled) + 1 > HOST_PATH_MAX)
        return STATUS_OBJECT_NAME_INVALID;
    strcpy(path + end, spelled);
    return STATUS_SUCCESS;
}

/* Walk rest ("\a\b") beneath root.  => path: relative, "" for the root itself. */
static ntstatus_t walk(int root, const char *rest, char path[HOST_PATH_MAX], bool *ret_missing)
{
    *ret_missing = false;
    path[0] = 0;
    while (*rest == '\\' && rest[1]) {
        if (*ret_missing)
            return STATUS_OBJECT_PATH_NOT_FOUND;
        size_t length = strcspn(++rest, "\\");
        ntstatus_t status = append_component(root, path, rest, length, ret_missing);
        if (status != STATUS_SUCCESS)
            return status;
        rest += length;
    }
    return STATUS_SUCCESS;
}

static ntstatus_t look_at(int fd, struct host_open *request)
{
    struct stat info;
    if (fstat(fd, &info) != 0 || !(S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)))
        return STATUS_ACCESS_DENIED;
    request->directory = S_ISDIR(info.st_mode);
    request->size = request->directory ? 0 : (uint64_t)info.st_size;
    return STATUS_SUCCESS;
}

/* May this request touch an existing / a missing file of the root at all? */
static ntstatus_t check_disposition(const struct host_root *root, struct host_open *request, bool missing)
{
    bool replaces = request->disposition == FILE_SUPERSEDE || request->disposition == FILE_OVERWRITE ||
                    request->disposition == FILE_OVERWRITE_IF;
    if (missing && (request->disposition == FILE_OPEN || request->disposition == FILE_OVERWRITE))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (!missing && request->disposition == FILE_CREATE)
        return STATUS_OBJECT_NAME_COLLISION;
    if (!root->writable && (missing || replaces || request->write))
        return STATUS_ACCESS_DENIED;
    if (missing)
        request->did = 2;
    else if (replaces)
        request->did = request->disposition == FILE_SUPERSEDE ? 0 : 3;
    else
        request->did = 1;
    return STATUS_SUCCESS;
}

/* Open path beneath root as the request (already checked) wants it. */
static ntstatus_t open_path(const struct host_root *root, const char *path, bool missing, struct host_open *request)
{
    const char *name = *path ? path : ".";
    if (!missing) {
        int peek = open_beneath(root->fd, name, O_PATH, 0);
        if (peek < 0)
            return status_of_errno(errno);
        ntstatus_t status = look_at(peek, request);
        close(peek);
        if (status != STATUS_SUCCESS || request->look_only)
            return status;
        if (request->directory && (request->write || request->did != 1))
            return STATUS_FILE_IS_A_DIRECTORY;
    }
    uint64_t flags = request->write && !request->directory ? O_RDWR : O_RDONLY;
    if (missing)
        flags = O_RDWR | O_CREAT | O_EXCL;
    else if (request->did != 1)
        flags = O_RDWR | O_TRUNC;
    int fd = open_beneath(root->fd, name, flags, missing ? 0666 : 0);
    if (fd < 0)
        return status_of_errno(errno);
    ntstatus_t status = look_at(fd, request);
    if (status != STATUS_SUCCESS) {
        close(fd);
        return status;
    }
    request->fd = fd;
    return STATUS_SUCCESS;
}

ntstatus_t host_file_open(const struct host_files *files, struct host_open *request)
{
    const char *path = request->path;
    request->fd = -1;
    if (strncmp(path, "\\??\\", 4) == 0)
        path += 4;
    else if (strncasecmp(path, "\\DosDevices\\", 12) == 0)
        path += 12;
    else
        return *path == '\\' ? STATUS_OBJECT_PATH_NOT_FOUND : STATUS_OBJECT_PATH_SYNTAX_BAD;
    if (!is_drive_path(path))
        return STATUS_OBJECT_NAME_NOT_FOUND;

    const char *rest;
    char relative[HOST_PATH_MAX];
    bool missing;
    const struct host_root *root = find_root(files, path, &rest);
    if (!root)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    ntstatus_t status = walk(root->fd, rest, relative, &missing);
    if (status != STATUS_SUCCESS)
        return status;
    status = check_disposition(root, request, missing);
    if (status != STATUS_SUCCESS)
        return status;
    const char *slash = strrchr(relative, '/');
    strcpy(request->name, slash ? slash + 1 : relative);
    return open_path(root, relative, missing, request);
}
