/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_overlay.c - changes beside a host's folder.  See host_overlay.h. */
#define _GNU_SOURCE /* O_TMPFILE, copy_file_range() */
#include "emu/host_overlay.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/host_path.h"
#include "emu/status.h"

enum { NAME_BUCKETS = 256 };

#define PRIVATE_DEVICE (UINT64_MAX - 1) /* of private folders: no host has it */

enum name_kind { NAME_GONE, NAME_HOST, NAME_FILE, NAME_FOLDER };

struct folder_key {
    uint64_t device, inode;
};

/* What a name in a folder means. */
struct overlay_name {
    struct overlay_name *next; /* in its bucket */
    struct folder_key folder;
    enum name_kind kind;
    char *path;      /* HOST: below the root */
    int fd;          /* FILE */
    uint64_t number; /* FOLDER */
    char name[HOST_COMPONENT_MAX];
};

struct overlay_copy {
    struct overlay_copy *next; /* in its bucket */
    uint64_t device, inode;    /* of the host's file */
    int fd;
};

struct host_overlay {
    struct overlay_name *names[NAME_BUCKETS];
    struct overlay_copy *copies[NAME_BUCKETS];
    uint32_t name_count, copy_count;
    uint64_t last_folder;
};

struct host_overlay *overlay_make(void)
{
    return calloc(1, sizeof(struct host_overlay));
}

static void free_name(struct overlay_name *name)
{
    if (name->kind == NAME_FILE)
        close(name->fd);
    free(name->path);
    free(name);
}

void overlay_end(struct host_overlay *overlay)
{
    for (unsigned i = 0; overlay && i < NAME_BUCKETS; i++) {
        for (struct overlay_name *name; (name = overlay->names[i]);) {
            overlay->names[i] = name->next;
            free_name(name);
        }
        for (struct overlay_copy *copy; (copy = overlay->copies[i]);) {
            overlay->copies[i] = copy->next;
            close(copy->fd);
            free(copy);
        }
    }
    free(overlay);
}

/* --- Private files ------------------------------------------------------------------------------------------------ */

static int make_file(void)
{
    const char *folder = getenv("TMPDIR");
    int fd = open(folder && *folder ? folder : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return fd >= 0 || errno == EMFILE || errno == ENFILE ? fd : memfd_create("softfault", MFD_CLOEXEC);
}

/* [at, end), or to the end of the file.  => false: errno. */
static bool copy_data(int from, int to, off_t at, off_t end)
{
    uint8_t buffer[16384];
    while (at < end) {
        size_t most = end - at < (off_t)sizeof buffer ? (size_t)(end - at) : sizeof buffer;
        ssize_t done = pread(from, buffer, most, at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return done == 0;
        for (ssize_t written = 0; written < done;) {
            ssize_t more = pwrite(to, buffer + written, (size_t)(done - written), at + written);
            if (more < 0 && errno != EINTR)
                return false;
            written += more > 0 ? more : 0;
        }
        at += done;
    }
    return true;
}

/* Holes stay holes.  => false: errno. */
static bool copy_bytes(int from, int to)
{
    struct stat info;
    if (fstat(from, &info) != 0)
        return false;
    for (off_t at = 0, end; at < info.st_size; at = end) {
        off_t data = lseek(from, at, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            break; /* the rest is a hole */
        at = data < 0 ? at : data;
        end = lseek(from, at, SEEK_HOLE);
        end = end < 0 ? info.st_size : end;
        if (!copy_data(from, to, at, end))
            return false;
    }
    return ftruncate(to, info.st_size) == 0;
}

static unsigned bucket_of(uint64_t device, uint64_t inode)
{
    return (unsigned)((device ^ inode * 0x9E3779B97F4A7C15u) >> 32) % NAME_BUCKETS;
}

static const struct overlay_copy *find_copy(const struct host_overlay *overlay, const struct stat *info)
{
    const struct overlay_copy *copy = overlay->copies[bucket_of(info->st_dev, info->st_ino)];
    while (copy && (copy->device != info->st_dev || copy->inode != info->st_ino))
        copy = copy->next;
    return copy;
}

int overlay_copy_of(const struct host_root *root, int fd)
{
    struct stat info;
    if (!root->overlay || !root->overlay->copy_count || fstat(fd, &info) != 0)
        return -1;
    const struct overlay_copy *copy = find_copy(root->overlay, &info);
    return copy ? copy->fd : -1;
}

int overlay_copy(const struct host_root *root, int fd)
{
    struct host_overlay *overlay = root->overlay;
    struct stat info;
    int known = overlay_copy_of(root, fd);
    if (known >= 0)
        return known;
    if (fstat(fd, &info) != 0)
        return -1;
    if (!S_ISREG(info.st_mode)) {
        errno = EACCES;
        return -1;
    }
    struct overlay_copy *copy = calloc(1, sizeof *copy);
    if (!copy) {
        errno = ENOMEM;
        return -1;
    }
    *copy = (struct overlay_copy){.device = info.st_dev, .inode = info.st_ino, .fd = make_file()};
    const struct timespec times[2] = {info.st_atim, info.st_mtim};
    if (copy->fd < 0 || !copy_bytes(fd, copy->fd) || fchmod(copy->fd, info.st_mode & 0777) != 0 ||
        futimens(copy->fd, times) != 0) {
        int error = errno;
        if (copy->fd >= 0)
            close(copy->fd);
        free(copy);
        errno = error;
        return -1;
    }
    struct overlay_copy **bucket = &overlay->copies[bucket_of(info.st_dev, info.st_ino)];
    copy->next = *bucket;
    *bucket = copy;
    overlay->copy_count++;
    return copy->fd;
}

/* --- Names -------------------------------------------------------------------------------------------------------- */

static struct overlay_name **find_slot(struct host_overlay *overlay, struct folder_key folder, const char *name)
{
    struct overlay_name **at = &overlay->names[bucket_of(folder.device, folder.inode)];
    while (*at && ((*at)->folder.device != folder.device || (*at)->folder.inode != folder.inode ||
                   strcmp((*at)->name, name) != 0))
        at = &(*at)->next;
    return at;
}

/* Who the folder is.  => 0, or errno: no folder. */
static int key_of(const struct host_root *root, const struct overlay_at *folder, struct folder_key *ret_key)
{
    struct stat info;
    *ret_key = (struct folder_key){PRIVATE_DEVICE, folder->number};
    if (folder->kind == OVERLAY_FOLDER)
        return 0;
    if (folder->kind == OVERLAY_FILE)
        return ENOTDIR;
    int fd = open_beneath(root->fd, *folder->path ? folder->path : ".", O_PATH | O_DIRECTORY, 0);
    if (fd < 0)
        return errno;
    int error = fstat(fd, &info) == 0 ? 0 : errno;
    close(fd);
    *ret_key = (struct folder_key){info.st_dev, info.st_ino};
    return error;
}

/* From a folder to what a name in it leads to. */
static int step(const struct host_root *root, struct overlay_at *at, const char *name)
{
    struct folder_key key;
    int error = key_of(root, at, &key);
    if (error)
        return error;
    const struct overlay_name *entry = *find_slot(root->overlay, key, name);
    if (!entry) {
        size_t end = strlen(at->path), length = strlen(name);
        if (at->kind != OVERLAY_HOST)
            return ENOENT;
        if (end + length + 2 > sizeof at->path)
            return ENAMETOOLONG;
        if (end)
            at->path[end++] = '/';
        memcpy(at->path + end, name, length + 1);
        return 0;
    }
    switch (entry->kind) {
    case NAME_GONE: return ENOENT;
    case NAME_HOST: at->kind = OVERLAY_HOST; break;
    case NAME_FILE: at->kind = OVERLAY_FILE; break;
    case NAME_FOLDER: at->kind = OVERLAY_FOLDER; break;
    }
    strcpy(at->path, entry->path ? entry->path : "");
    at->fd = entry->fd;
    at->number = entry->number;
    return 0;
}

int overlay_find(const struct host_root *root, const char *path, struct overlay_at *ret_at)
{
    char name[HOST_COMPONENT_MAX];
    *ret_at = (struct overlay_at){.kind = OVERLAY_HOST, .fd = -1};
    if (!root->overlay || !root->overlay->name_count) {
        strcpy(ret_at->path, path);
        return 0;
    }
    while (*path) {
        size_t length = strcspn(path, "/");
        assert(length < sizeof name); /* host_name_check() */
        memcpy(name, path, length);
        name[length] = 0;
        int error = step(root, ret_at, name);
        if (error)
            return error;
        path += length + (path[length] == '/');
    }
    return 0;
}

/* --- Changes ------------------------------------------------------------------------------------------------------ */

/* The folder of a place, and the last component. */
static int find_folder(const struct host_place *place, struct overlay_at *ret_folder, struct folder_key *ret_key,
                       const char **ret_name)
{
    char folder[HOST_PATH_MAX];
    const char *slash = strrchr(place->path, '/');
    size_t length = slash ? (size_t)(slash - place->path) : 0;
    memcpy(folder, place->path, length);
    folder[length] = 0;
    *ret_name = slash ? slash + 1 : place->path;
    int error = overlay_find(place->root, folder, ret_folder);
    return error ? error : key_of(place->root, ret_folder, ret_key);
}

/* Has the host something of that name there? */
static bool host_has(const struct host_root *root, const struct overlay_at *folder, const char *name)
{
    char path[2 * HOST_PATH_MAX];
    struct stat info;
    if (folder->kind != OVERLAY_HOST)
        return false;
    int fd = open_beneath(root->fd, *folder->path ? folder->path : ".", O_PATH | O_DIRECTORY, 0);
    snprintf(path, sizeof path, "%s", name);
    bool has = fd >= 0 && (fstatat(fd, path, &info, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT);
    if (fd >= 0)
        close(fd);
    return has;
}

/* A name that is to mean something; NULL: no room. */
static struct overlay_name *make_name(struct host_overlay *overlay, struct folder_key folder, const char *name)
{
    struct overlay_name *entry =
        overlay->name_count < HOST_OVERLAY_NAMES_MAX ? calloc(1, sizeof(struct overlay_name)) : NULL;
    if (!entry)
        return NULL;
    entry->folder = folder;
    entry->fd = -1;
    strcpy(entry->name, name);
    return entry;
}

/* It takes the place of what the name meant. */
static void put_name(struct host_overlay *overlay, struct overlay_name *entry)
{
    struct overlay_name **slot = find_slot(overlay, entry->folder, entry->name), *old = *slot;
    entry->next = old ? old->next : NULL;
    *slot = entry;
    if (old)
        free_name(old);
    else
        overlay->name_count++;
}

/* The name means nothing any more: entry GONE where the host has it, else none. */
static void drop_name(struct host_overlay *overlay, struct overlay_name *gone, bool host_has_it)
{
    struct overlay_name **slot = find_slot(overlay, gone->folder, gone->name), *old = *slot;
    if (host_has_it) {
        put_name(overlay, gone);
        return;
    }
    if (old) {
        *slot = old->next;
        overlay->name_count--;
        free_name(old);
    }
    free_name(gone);
}

ntstatus_t overlay_create(const struct host_place *place, bool directory, int *ret_fd)
{
    struct host_overlay *overlay = place->root->overlay;
    struct overlay_at folder;
    struct folder_key key;
    const char *name;
    int error = find_folder(place, &folder, &key, &name);
    if (error)
        return host_status(error);
    struct overlay_name *entry = make_name(overlay, key, name);
    if (!entry)
        return STATUS_DISK_FULL;
    *ret_fd = -1;
    if (directory) {
        entry->kind = NAME_FOLDER;
        entry->number = ++overlay->last_folder;
    } else {
        entry->fd = make_file();
        *ret_fd = entry->fd < 0 ? -1 : fcntl(entry->fd, F_DUPFD_CLOEXEC, 0);
        if (*ret_fd < 0) {
            ntstatus_t status = host_status(errno);
            entry->kind = entry->fd < 0 ? NAME_GONE : NAME_FILE;
            free_name(entry);
            return status;
        }
        entry->kind = NAME_FILE;
    }
    put_name(overlay, entry);
    return STATUS_SUCCESS;
}

ntstatus_t overlay_remove(const struct host_place *place)
{
    struct host_overlay *overlay = place->root->overlay;
    struct overlay_at folder;
    struct folder_key key;
    const char *name;
    int error = find_folder(place, &folder, &key, &name);
    if (error)
        return host_status(error);
    struct overlay_name *gone = make_name(overlay, key, name);
    if (!gone)
        return STATUS_DISK_FULL;
    drop_name(overlay, gone, host_has(place->root, &folder, name));
    return STATUS_SUCCESS;
}

/* The new entry means what is at the old place; what is private moves over. */
static bool take_meaning(struct host_overlay *overlay, struct folder_key folder, const char *name,
                         const struct overlay_at *at, struct overlay_name *entry)
{
    struct overlay_name *old = *find_slot(overlay, folder, name);
    switch (at->kind) {
    case OVERLAY_HOST:
        entry->path = strdup(at->path);
        if (!entry->path)
            return false;
        entry->kind = NAME_HOST;
        break;
    case OVERLAY_FILE:
        assert(old && old->kind == NAME_FILE);
        entry->fd = old->fd;
        entry->kind = NAME_FILE;
        old->kind = NAME_GONE; /* its file is the new name's */
        break;
    case OVERLAY_FOLDER:
        entry->number = at->number;
        entry->kind = NAME_FOLDER;
        break;
    }
    return true;
}

ntstatus_t overlay_rename(const struct host_place *from, struct host_place *to)
{
    struct host_overlay *overlay = from->root->overlay;
    struct overlay_at at, folder, to_folder;
    struct folder_key key, to_key;
    const char *name, *to_name;
    int error = overlay_find(from->root, from->path, &at);
    if (error || (error = find_folder(from, &folder, &key, &name)) ||
        (error = find_folder(to, &to_folder, &to_key, &to_name)))
        return host_status(error);
    bool respell = strcmp(to_name, to->given) != 0 && strlen(to_name) == strlen(to->given);
    struct overlay_name *gone = make_name(overlay, key, name);
    struct overlay_name *entry = make_name(overlay, to_key, respell ? to->given : to_name);
    struct overlay_name *other = respell ? make_name(overlay, to_key, to_name) : NULL;
    if (!gone || !entry || (respell && !other) || !take_meaning(overlay, key, name, &at, entry)) {
        free(gone);
        free(entry);
        free(other);
        return STATUS_DISK_FULL;
    }
    drop_name(overlay, gone, host_has(from->root, &folder, name));
    if (other) /* what is replaced was spelled otherwise */
        drop_name(overlay, other, host_has(from->root, &to_folder, to_name));
    put_name(overlay, entry);
    if (respell)
        memcpy(to->path + (to_name - to->path), to->given, strlen(to->given));
    return STATUS_SUCCESS;
}

/* --- Lists -------------------------------------------------------------------------------------------------------- */

bool overlay_next_name(const struct host_root *root, const struct overlay_at *folder, struct overlay_cursor *cursor,
                       const char **ret_name)
{
    struct folder_key key = {cursor->device, cursor->inode};
    if (!cursor->begun) {
        if (!root->overlay || !root->overlay->name_count || key_of(root, folder, &key) != 0)
            return false;
        *cursor = (struct overlay_cursor){.begun = true, .device = key.device, .inode = key.inode};
        cursor->next = root->overlay->names[bucket_of(key.device, key.inode)];
    }
    for (const struct overlay_name *name = cursor->next; name; name = name->next) {
        if (name->folder.device != key.device || name->folder.inode != key.inode || name->kind == NAME_GONE)
            continue;
        cursor->next = name->next;
        *ret_name = name->name;
        return true;
    }
    return false;
}

bool overlay_shows_host(const struct host_root *root, const struct overlay_at *folder, const char *name)
{
    struct folder_key key;
    if (!root->overlay || !root->overlay->name_count)
        return true;
    return key_of(root, folder, &key) == 0 && !*find_slot(root->overlay, key, name);
}

void overlay_folder_info(uint64_t number, struct host_info *ret_info)
{
    *ret_info = (struct host_info){.device = PRIVATE_DEVICE, .inode = number, .links = 1, .directory = true};
}
