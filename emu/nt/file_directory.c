/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_directory.c - NtQueryDirectoryFile.
 *
 * The folder is read anew at each call, and goes on behind the name that was given last, as in a file system that keeps
 * its names in order: what is deleted or made meanwhile disturbs nothing. */
#include <stdio.h>
#include <string.h>

#include "emu/machine_internal.h"
#include "emu/nt/access.h"

/* Where the fields of an entry are; 0: it has none such. */
struct format {
    uint32_t class;
    uint16_t times, attributes, name_length, name;
};

static const struct format formats[] = {
    {1, 8, 56, 60, 64},   /* FILE_DIRECTORY_INFORMATION */
    {2, 8, 56, 60, 68},   /* FILE_FULL_DIR_INFORMATION */
    {3, 8, 56, 60, 94},   /* FILE_BOTH_DIR_INFORMATION: no short names */
    {12, 0, 0, 8, 12},    /* FILE_NAMES_INFORMATION */
    {37, 8, 56, 60, 104}, /* FILE_ID_BOTH_DIR_INFORMATION */
    {38, 8, 56, 60, 80},  /* FILE_ID_FULL_DIR_INFORMATION */
};

enum { LISTING_MAX = 64 << 10, ID_BOTH_AT = 96, ID_FULL_AT = 72 };

struct listing {
    struct machine *machine;
    const struct format *format;
    const struct object *folder;
    struct host_place place; /* of the folder */
    uint8_t *bytes;
    uint32_t room, used, last; /* last: where the last entry begins */
    bool any, single;
};

/* --- Entries
 * ---------------------------------------------------------------------------------------------------------- */

/* The place of a name in the folder; also of "." and "..". */
static bool place_of(const struct listing *listing, const char *name, struct host_place *ret_place)
{
    char folder[HOST_PATH_MAX], path[HOST_PATH_MAX];
    if (!host_guest_path(&listing->place, folder, sizeof folder))
        return false;
    if (strcmp(name, "..") == 0) {
        char *slash = strrchr(folder, '\\');
        if (slash)
            *slash = 0;
        name = "";
    } else if (strcmp(name, ".") == 0) {
        name = "";
    } else if (listing->place.root) { /* as the host spells it: no need to look for it */
        *ret_place = (struct host_place){.root = listing->place.root};
        int length = snprintf(path, sizeof path, "%s%s%s", listing->place.path, *listing->place.path ? "/" : "", name);
        memcpy(ret_place->path, path, sizeof path);
        return (size_t)length < sizeof path;
    }
    int length = snprintf(path, sizeof path, "\\??\\%.*s%s%s", HOST_PATH_MAX - 8, folder, *name ? "\\" : "", name);
    return (size_t)length < sizeof path && host_locate(&listing->machine->files, path, ret_place) == STATUS_SUCCESS;
}

static void put_facts(struct listing *listing, uint8_t *entry, const struct host_place *place,
                      const struct host_info *info)
{
    const struct format *format = listing->format;
    struct file_node *node = file_node_find(listing->machine, file_key(place, info));
    uint64_t times[FILE_TIMES], sizes[2] = {info->size, file_allocation(info->size)};
    uint32_t attributes = file_attributes(node, info);
    file_times(node, info, times);
    memcpy(entry + format->times, times, sizeof times);
    memcpy(entry + format->times + sizeof times, sizes, sizeof sizes);
    memcpy(entry + format->attributes, &attributes, sizeof attributes);
    uint16_t id_at = format->class == 37 ? ID_BOTH_AT : format->class == 38 ? ID_FULL_AT : 0;
    if (id_at && (node = file_node_get(listing->machine, file_key(place, info)))) {
        uint64_t number = file_number(listing->machine, node);
        memcpy(entry + id_at, &number, sizeof number);
    }
}

enum put_result { PUT_DONE, PUT_FULL, PUT_CUT, PUT_GONE };

/* The next entry.  => PUT_FULL: no room; PUT_CUT: part of the first one's name; PUT_GONE: the file went meanwhile. */
static enum put_result put_entry(struct listing *listing, const char *name)
{
    const struct format *format = listing->format;
    struct host_place place;
    struct host_info info;
    uint16_t units[HOST_COMPONENT_UNITS];
    uint32_t bytes = 2 * utf16_from_utf8(name, units, HOST_COMPONENT_UNITS);
    uint32_t at = listing->any ? (listing->used + 7) & ~7u : 0;
    if (format->times && (!place_of(listing, name, &place) || host_look(&place, &info) != STATUS_SUCCESS))
        return PUT_GONE;
    if (listing->any && (at > listing->room || listing->room - at < format->name + bytes))
        return PUT_FULL;
    uint32_t given = listing->room - at - format->name < bytes ? listing->room - at - format->name : bytes;
    uint8_t *entry = listing->bytes + at;
    memset(entry, 0, format->name);
    if (format->times)
        put_facts(listing, entry, &place, &info);
    memcpy(entry + format->name_length, &bytes, sizeof bytes);
    memcpy(entry + format->name, units, given);
    uint32_t distance = at - listing->last;
    if (listing->any)
        memcpy(listing->bytes + listing->last, &distance, sizeof distance);
    listing->any = true;
    listing->last = at;
    listing->used = at + format->name + given;
    return given < bytes ? PUT_CUT : PUT_DONE;
}

/* --- The search
 * -------------------------------------------------------------------------------------------------------- */

/* => PUT_DONE: go on. */
static enum put_result put_if_wanted(struct listing *listing, struct file_search *search, const char *name)
{
    if (!host_name_matches(search->pattern, name))
        return PUT_DONE;
    enum put_result result = put_entry(listing, name);
    if (result == PUT_GONE)
        return PUT_DONE;
    if (result == PUT_FULL)
        return PUT_FULL;
    search->found = true;
    return result == PUT_DONE && listing->single ? PUT_FULL : result;
}

static int compare_names(const char *a, const char *b)
{
    int order = host_name_compare(a, b);
    return order ? order : strcmp(a, b);
}

/* "." and "..", which the root of a drive does not have.  => PUT_DONE: go on. */
static enum put_result put_dots(struct listing *listing, struct file_search *search)
{
    char path[HOST_PATH_MAX];
    bool is_drive = !host_guest_path(&listing->place, path, sizeof path) || strlen(path) <= 2;
    while (search->phase != SEARCH_NAMES) {
        bool found = search->found, any = listing->any;
        enum put_result result =
            is_drive ? PUT_DONE : put_if_wanted(listing, search, search->phase == SEARCH_DOT ? "." : "..");
        if (result == PUT_FULL && found == search->found && any == listing->any)
            return result; /* not put */
        search->phase = search->phase == SEARCH_DOT ? SEARCH_DOT_DOT : SEARCH_NAMES;
        if (result != PUT_DONE)
            return result;
    }
    return PUT_DONE;
}

static enum put_result put_names(struct listing *listing, struct file_search *search, const struct host_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *name = list->names[i];
        if (*search->last && compare_names(name, search->last) <= 0)
            continue;
        uint32_t used = listing->used;
        enum put_result result = put_if_wanted(listing, search, name);
        if (result != PUT_FULL || listing->used != used)
            strcpy(search->last, name);
        if (result != PUT_DONE)
            return result;
    }
    return PUT_DONE;
}

/* => STATUS_SUCCESS, STATUS_BUFFER_OVERFLOW, STATUS_NO_SUCH_FILE, STATUS_NO_MORE_FILES, host_status(). */
static ntstatus_t fill(struct listing *listing, struct file_search *search)
{
    struct host_list list;
    bool found_before = search->found;
    ntstatus_t status = host_list(&listing->machine->files, &listing->place, &list);
    if (status != STATUS_SUCCESS)
        return status;
    enum put_result result = put_dots(listing, search);
    if (result == PUT_DONE)
        result = put_names(listing, search, &list);
    host_list_free(&list);
    if (listing->any)
        return result == PUT_CUT ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
    return found_before ? STATUS_NO_MORE_FILES : STATUS_NO_SUCH_FILE;
}

/* --- The service
 * -------------------------------------------------------------------------------------------------------- */

static const struct format *find_format(uint32_t class)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (formats[i].class == class)
            return &formats[i];
    return NULL;
}

/* The search of the handle; the pattern counts at its beginning. */
static struct file_search *begin_search(struct machine *machine, struct object *folder, const char *pattern,
                                        bool restart)
{
    struct file_search *search = folder->file.search;
    if (!search) {
        search = folder->file.search = pool_take(&machine->file_table.searches);
        if (!search)
            return NULL;
        strcpy(search->pattern, *pattern ? pattern : "*");
    } else if (restart) {
        search->phase = SEARCH_DOT;
        search->last[0] = 0;
        search->found = false;
    }
    return search;
}

/* Arguments: 0 file 1 event 2 apc 3 its context 4 iosb 5 buffer 6 length 7 class 8 single 9 *pattern 10 restart. */
ntstatus_t nt_query_directory_file(struct nt_call *call)
{
    const uint64_t *a = call->arguments;
    struct machine *machine = call->machine;
    uint8_t bytes[LISTING_MAX];
    char pattern[sizeof((struct file_search *)0)->pattern] = "";
    struct object *folder;
    unsigned io_output, buffer;
    uint32_t length = nt_ulong(call, 6), room = length < LISTING_MAX ? length : LISTING_MAX;
    const struct format *format = find_format(nt_ulong(call, 7));
    ntstatus_t status;
    if (!format)
        return nt_ulong(call, 7) == 0 || nt_ulong(call, 7) > 40 ? STATUS_INVALID_INFO_CLASS
                                                                : nt_not_modelled(call, "this information class");
    if (length < ((format->name + 2u + 7) & ~7u))
        return STATUS_INFO_LENGTH_MISMATCH;
    if ((status = file_with_access(call, 0, FILE_READ_DATA, &folder)) != STATUS_SUCCESS ||
        (status = file_take_turn(call, folder)) != STATUS_SUCCESS)
        return status;
    if (!folder->file.directory || !folder->file.place)
        return STATUS_INVALID_PARAMETER;
    if ((status = nt_output_io(call, a[4], &io_output)) != STATUS_SUCCESS ||
        (status = nt_output(call, a[5], room, &buffer)) != STATUS_SUCCESS ||
        (a[9] && (status = guest_read_string(machine, a[9], pattern, sizeof pattern)) != STATUS_SUCCESS))
        return status;
    struct file_search *search = begin_search(machine, folder, pattern, a[10] & 0xFF);
    if (!search)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct listing listing = {.machine = machine,
                              .format = format,
                              .folder = folder,
                              .place = folder->file.place->host,
                              .bytes = bytes,
                              .room = room,
                              .single = a[8] & 0xFF};
    machine_advance(machine, CLOCK_COST_FILE_IO);
    status = fill(&listing, search);
    if (status == STATUS_SUCCESS || status == STATUS_BUFFER_OVERFLOW) {
        nt_put(call, buffer, 0, bytes, listing.used);
        nt_put_io(call, io_output, status, listing.used);
    }
    file_signal_event(call);
    return status;
}
