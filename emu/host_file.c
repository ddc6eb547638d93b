/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_file.c - the roots, and opening what is beneath them.  See host_file.h. */
#define _GNU_SOURCE /* O_PATH */
#include "emu/host_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emu/host_overlay.h"
#include "emu/host_path.h"
#include "emu/status.h"

int open_beneath(int root, const char *path, uint64_t flags, uint64_t mode)
{
    struct open_how how = {
        .flags = flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NOCTTY | O_NONBLOCK),
        .mode = mode,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

ntstatus_t host_status(int error)
{
    switch (error) {
    case ENOENT: return STATUS_OBJECT_NAME_NOT_FOUND;
    case ENOTDIR: return STATUS_OBJECT_PATH_NOT_FOUND;
    case EEXIST: return STATUS_OBJECT_NAME_COLLISION;
    case EISDIR: return STATUS_FILE_IS_A_DIRECTORY;
    case ENOTEMPTY: return STATUS_DIRECTORY_NOT_EMPTY;
    case ENAMETOOLONG: return STATUS_OBJECT_NAME_INVALID;
    case EMFILE:
    case ENFILE:
    case ENOMEM: return STATUS_INSUFFICIENT_RESOURCES;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return STATUS_DISK_FULL;
    case EROFS: return STATUS_MEDIA_WRITE_PROTECTED;
    case EIO: return STATUS_IO_DEVICE_ERROR;
    case ETXTBSY:
    case EBUSY: return STATUS_SHARING_VIOLATION;
    case EMLINK: return STATUS_TOO_MANY_LINKS;
    case EPIPE: return STATUS_PIPE_BROKEN;
    default: return STATUS_ACCESS_DENIED; /* EXDEV: the name leads out of the root */
    }
}

/* --- Roots ---------------------------------------------------------------------------------------------------- */

static bool is_drive_path(const char *path)
{
    char letter = path[0] & ~0x20;
    return letter >= 'A' && letter <= 'Z' && path[1] == ':' && (path[2] == 0 || path[2] == '\\');
}

const char *host_files_add(struct host_files *files, const char *guest, const char *host, enum host_mode mode)
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
    struct host_overlay *overlay = mode == HOST_PRIVATE ? overlay_make() : NULL;
    if (mode == HOST_PRIVATE && !overlay) {
        close(fd);
        return "no memory";
    }
    struct host_root *root = &files->roots[files->count++];
    memcpy(root->guest, guest, length);
    root->guest[length] = 0;
    root->fd = fd;
    root->mode = mode;
    root->overlay = overlay;
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
    while (files->count) {
        close(files->roots[--files->count].fd);
        overlay_end(files->roots[files->count].overlay);
    }
}

/* --- Looking ---------------------------------------------------------------------------------------------------- */

/* NT's time of the host's; times before 1601 are that. */
static uint64_t nt_time(const struct timespec *time)
{
    const int64_t epoch = 11644473600; /* 1601 to 1970, in seconds */
    int64_t seconds = (int64_t)time->tv_sec;
    if (seconds < -epoch || seconds > INT64_MAX / 10000000 - epoch - 1)
        return 0;
    return (uint64_t)(seconds + epoch) * 10000000 + (uint64_t)time->tv_nsec / 100;
}

ntstatus_t host_look_at(int fd, struct host_info *ret_info)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return host_status(errno);
    if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
        return STATUS_ACCESS_DENIED;
    bool directory = S_ISDIR(info.st_mode);
    *ret_info = (struct host_info){
        .device = info.st_dev,
        .inode = info.st_ino,
        .size = directory ? 0 : (uint64_t)info.st_size,
        .when = nt_time(&info.st_mtim),
        .links = directory || info.st_nlink == 0 ? 1 : (uint32_t)info.st_nlink, /* a private file's: 0 */
        .directory = directory,
        .read_only = !directory && !(info.st_mode & 0222),
    };
    return STATUS_SUCCESS;
}

ntstatus_t host_look(const struct host_place *place, struct host_info *ret_info)
{
    if (!place->root) {
        *ret_info = (struct host_info){.links = 1, .directory = true};
        return STATUS_SUCCESS;
    }
    struct overlay_at at;
    int error = overlay_find(place->root, place->path, &at);
    if (error)
        return host_status(error);
    if (at.kind == OVERLAY_FOLDER) {
        overlay_folder_info(at.number, ret_info);
        return STATUS_SUCCESS;
    }
    int fd = host_open_at(place, O_PATH, 0);
    if (fd < 0)
        return host_status(errno);
    ntstatus_t status = host_look_at(fd, ret_info);
    close(fd);
    return status;
}

/* --- Opening ------------------------------------------------------------------------------------------------------ */

/* May this request touch an existing / a missing file of the root at all? */
static ntstatus_t check_disposition(const struct host_place *place, struct host_open *request)
{
    bool missing = place->presence == HOST_MISSING;
    bool replaces = request->disposition == FILE_SUPERSEDE || request->disposition == FILE_OVERWRITE ||
                    request->disposition == FILE_OVERWRITE_IF;
    if (missing && (request->disposition == FILE_OPEN || request->disposition == FILE_OVERWRITE))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (!missing && request->disposition == FILE_CREATE)
        return STATUS_OBJECT_NAME_COLLISION;
    if (!host_may_change(place->root) && (missing || replaces || request->write))
        return STATUS_ACCESS_DENIED;
    if (missing)
        request->did = FILE_CREATED;
    else if (replaces)
        request->did = request->disposition == FILE_SUPERSEDE ? FILE_SUPERSEDED : FILE_OVERWRITTEN;
    else
        request->did = FILE_OPENED;
    return STATUS_SUCCESS;
}

/* Make the host's folder and open it. */
static int make_directory(const struct host_place *place)
{
    const char *name;
    int parent = host_open_parent(place, &name), made;
    if (parent < 0)
        return -1;
    made = mkdirat(parent, name, 0777);
    int error = errno;
    close(parent);
    errno = error;
    return made == 0 ? host_open_at(place, O_RDONLY | O_DIRECTORY, 0) : -1;
}

/* A private file to be written; of the host's, a copy. */
static int open_copy(const struct host_place *place)
{
    struct overlay_at at;
    errno = overlay_find(place->root, place->path, &at);
    if (errno || at.kind != OVERLAY_HOST)
        return errno ? -1 : host_open_at(place, O_RDONLY, 0);
    int fd = open_beneath(place->root->fd, at.path, O_RDONLY, 0);
    int copy = fd < 0 ? -1 : overlay_copy(place->root, fd), error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return copy < 0 ? -1 : fcntl(copy, F_DUPFD_CLOEXEC, 0);
}

/* Beside the host's folder.  => a folder may have no descriptor. */
static ntstatus_t open_private(const struct host_place *place, const struct host_open *request, int *ret_fd)
{
    if (request->did == FILE_CREATED)
        return overlay_create(place, request->make_directory, ret_fd);
    bool replaces = request->did != FILE_OPENED;
    bool write = !request->directory && (request->write || request->write_attributes || replaces);
    int fd = write ? open_copy(place) : host_open_at(place, O_RDONLY, 0);
    if (fd < 0 && !(request->directory && errno == EISDIR))
        return host_status(errno);
    if (replaces && !request->keep_contents && ftruncate(fd, 0) != 0) {
        ntstatus_t status = host_status(errno);
        close(fd);
        return status;
    }
    *ret_fd = fd;
    return STATUS_SUCCESS;
}

static int open_host(const struct host_place *place, const struct host_open *request)
{
    if (request->did == FILE_CREATED)
        return request->make_directory ? make_directory(place) : host_open_at(place, O_RDWR | O_CREAT | O_EXCL, 0666);
    bool empty = request->did != FILE_OPENED && !request->keep_contents;
    bool write = !request->directory && (request->write || request->did != FILE_OPENED);
    return host_open_at(place, (write ? O_RDWR : O_RDONLY) | (empty ? O_TRUNC : 0), 0);
}

ntstatus_t host_file_open_at(const struct host_place *place, struct host_open *request)
{
    struct host_info info = {.directory = request->make_directory};
    request->fd = -1;
    ntstatus_t status = check_disposition(place, request);
    if (status != STATUS_SUCCESS)
        return status;
    if (place->presence == HOST_THERE && (status = host_look(place, &info)) != STATUS_SUCCESS)
        return status;
    request->directory = info.directory;
    if (request->directory && request->did != FILE_OPENED && request->did != FILE_CREATED)
        return STATUS_FILE_IS_A_DIRECTORY;
    const char *slash = strrchr(place->path, place->root ? '/' : '\\');
    strcpy(request->name, slash ? slash + 1 : place->path);
    request->size = 0;
    if (!place->root)
        return STATUS_SUCCESS;
    int fd = -1;
    if (place->root->mode == HOST_PRIVATE)
        status = open_private(place, request, &fd);
    else if ((fd = open_host(place, request)) < 0)
        status = host_status(errno);
    if (status != STATUS_SUCCESS || fd < 0)
        return status;
    status = host_look_at(fd, &info);
    if (status != STATUS_SUCCESS) {
        close(fd);
        return status;
    }
    request->fd = fd;
    request->size = info.size;
    return STATUS_SUCCESS;
}

ntstatus_t host_file_open(const struct host_files *files, struct host_open *request)
{
    struct host_place place;
    request->fd = -1;
    ntstatus_t status = host_locate(files, request->path, &place);
    return status == STATUS_SUCCESS ? host_file_open_at(&place, request) : status;
}
