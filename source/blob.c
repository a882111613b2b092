#include "source/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/number.h"
#include "source/source_driver.h"

enum { PATH_BYTES_MAX = 1024, LOCATOR_BYTES_MAX = 500 };

static const char scheme[] = "file:";
static const char files_ending[] = ".files";

struct file_blob {
    struct blob base;
    int descriptor;
    int64_t left;
};

/* What a path says before anything is opened. */
struct cell_path {
    char text[PATH_BYTES_MAX + 1]; /* with "/" between its parts */
    bool is_file;                  /* it lies below a folder that is named after a table, "Attachment.files" */
    bool leads_outside;            /* absolute, or with a part that is empty, "." or ".." */
};

static bool leads_outside(const char *path)
{
    for (const char *part = path; part; part = strchr(part, '/') ? strchr(part, '/') + 1 : NULL) {
        size_t size = strcspn(part, "/");

        if (size == 0 || (size == 1 && part[0] == '.') || (size == 2 && part[0] == '.' && part[1] == '.'))
            return true;
    }
    return false;
}

/* "Attachment.files/1.jpg", where Attachment is a table. */
static bool is_below_files(const struct folder *folder, const char *path)
{
    size_t ending = sizeof files_ending - 1;
    size_t size = strcspn(path, "/");

    if (path[size] != '/' || size <= ending || strncasecmp(path + size - ending, files_ending, ending) != 0)
        return false;
    for (size_t i = 0; i < folder->count; i++)
        if (strlen(folder->files[i].table) == size - ending &&
            strncasecmp(folder->files[i].table, path, size - ending) == 0)
            return true;
    return false;
}

/* False when the cell cannot be a path. An export made on Windows may part folders with a backslash. */
static bool read_path(const struct folder *folder, struct slice cell, struct cell_path *ret)
{
    bool backslashes = false;

    if (cell.size == 0 || cell.size > PATH_BYTES_MAX)
        return false;
    backslashes = !memchr(cell.data, '/', cell.size);
    for (size_t i = 0; i < cell.size; i++) {
        if ((unsigned char)cell.data[i] < 0x20)
            return false;
        ret->text[i] = (char)(backslashes && cell.data[i] == '\\' ? '/' : cell.data[i]);
    }
    ret->text[cell.size] = '\0';
    ret->is_file = is_below_files(folder, ret->text);
    ret->leads_outside = leads_outside(ret->text);
    return true;
}

static bool is_table(const struct folder *folder, const char *path)
{
    for (size_t i = 0; i < folder->count; i++)
        if (!folder->files[i].member && strcmp(folder->files[i].origin, path) == 0)
            return true;
    return false;
}

/* Opens the path part by part below the root, so that no link on the way leads elsewhere. -1 and errno, or a
 * descriptor.
 */
static int open_below(const char *root, const char *path)
{
    scoped(descriptor_close) int folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    const char *part = path;

    for (const char *slash = strchr(part, '/'); folder >= 0 && slash; part = slash + 1, slash = strchr(part, '/')) {
        scoped(string_free) char *name = x_strndup(part, (size_t)(slash - part));
        int next = openat(folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int reason = errno;
        struct stat state = {0};

        if (next < 0 && reason == ENOTDIR && fstatat(folder, name, &state, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISLNK(state.st_mode))
            reason = ELOOP;
        descriptor_close(&folder);
        folder = next;
        errno = reason;
    }
    return folder < 0 ? -1 : openat(folder, part, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

/* Opens a regular file; *ret_descriptor stays -1 when there is none of that path. */
static bool open_file(const char *root, const char *path, int *ret_descriptor, int64_t *ret_size, struct fault *fault)
{
    scoped(descriptor_close) int descriptor = open_below(root, path);
    struct stat state = {0};

    *ret_descriptor = -1;
    if (descriptor < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG || errno == ENXIO))
        return true;
    if (descriptor < 0 && errno == ELOOP)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "names a file by way of a symbolic link: links are not followed, put the file itself there");
    if (descriptor < 0 || fstat(descriptor, &state) != 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "names a file that cannot be read");
    if (!S_ISREG(state.st_mode))
        return true;
    *ret_size = state.st_size;
    *ret_descriptor = descriptor_take(&descriptor);
    return true;
}

/* "file:1234:Attachment.files/a%20b.jpg": what is not plain ASCII stands as % and two hexadecimal digits. */
static bool put_locator(const char *path, int64_t size, struct text *locator, struct fault *fault)
{
    size_t before = locator->size;

    text_printf(locator, "%s%" PRId64 ":", scheme, size);
    for (const unsigned char *at = (const unsigned char *)path; *at; at++) {
        if (*at > 0x20 && *at < 0x7F && *at != '%')
            text_putc(locator, (char)*at);
        else
            text_printf(locator, "%%%02X", *at);
    }
    if (locator->overflowed || locator->size - before > LOCATOR_BYTES_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "names a file by a path that is too long: rename it");
    return true;
}

static bool fault_outside(struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT, "names a file outside the folder of the export");
}

/* A path that leads elsewhere is refused where it would name a file, and is nothing but text where it would not. */
static bool check_outside(const char *root, const struct cell_path *path, struct fault *fault)
{
    scoped(string_free) char *whole =
        path->text[0] == '/' ? x_strdup(path->text) : x_sprintf("%s/%s", root, path->text);
    struct stat state = {0};

    if (path->is_file || (stat(whole, &state) == 0 && S_ISREG(state.st_mode)))
        return fault_outside(fault);
    return true;
}

bool blob_locate(const struct folder *folder, struct slice cell, struct text *locator, int64_t *ret_size_bytes,
                 bool *ret_found, struct fault *fault)
{
    scoped(descriptor_close) int descriptor = -1;
    struct cell_path path;

    *ret_found = false;
    if (!folder->root || !read_path(folder, cell, &path))
        return true;
    if (path.leads_outside)
        return check_outside(folder->root, &path, fault);
    if (!strpbrk(path.text, "/.") || is_table(folder, path.text))
        return true;
    if (!open_file(folder->root, path.text, &descriptor, ret_size_bytes, fault))
        return false;
    if (descriptor < 0 && path.is_file)
        return fault_set(fault, FAULT_BAD_INPUT, "names a file that is not there");
    *ret_found = descriptor >= 0;
    return !*ret_found || put_locator(path.text, *ret_size_bytes, locator, fault);
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

static bool fault_locator(struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT, "a locator is not of this source: extract it anew");
}

static bool read_locator(const struct folder *folder, const char *locator, struct cell_path *ret_path,
                         int64_t *ret_size, struct fault *fault)
{
    const char *colon =
        strncmp(locator, scheme, sizeof scheme - 1) == 0 ? strchr(locator + sizeof scheme - 1, ':') : NULL;
    char path[PATH_BYTES_MAX + 1];
    struct fault ignored = {0};
    size_t size = 0;

    if (!colon ||
        !number_parse((struct slice){locator + sizeof scheme - 1, (size_t)(colon - locator) - sizeof scheme + 1}, 0,
                      INT64_MAX, ret_size, &ignored))
        return fault_locator(fault);
    for (const char *at = colon + 1; *at && size < PATH_BYTES_MAX; at++) {
        if (*at != '%') {
            path[size++] = *at;
            continue;
        }
        if (hex_digit(at[1]) < 0 || hex_digit(at[2]) < 0)
            return fault_locator(fault);
        path[size++] = (char)(hex_digit(at[1]) * 16 + hex_digit(at[2]));
        at += 2;
    }
    if (!read_path(folder, (struct slice){path, size}, ret_path) || ret_path->leads_outside)
        return fault_locator(fault);
    return true;
}

static void close_blob(struct blob *base)
{
    descriptor_close(&((struct file_blob *)base)->descriptor);
}

static bool read_file(struct blob *base, void *buffer, size_t size, size_t *ret_size, struct fault *fault)
{
    struct file_blob *blob = (struct file_blob *)base;
    size_t wanted = (int64_t)size < blob->left ? size : (size_t)blob->left;
    ssize_t got = 0;

    *ret_size = 0;
    if (wanted == 0)
        return true;
    do
        got = read(blob->descriptor, buffer, wanted);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "the record's file cannot be read");
    if (got == 0)
        return fault_set(fault, FAULT_BAD_INPUT, "the record's file became shorter while it was read");
    blob->left -= got;
    *ret_size = (size_t)got;
    return true;
}

static const struct blob_driver file_driver = {.close = close_blob, .read = read_file};

bool blob_open(const struct folder *folder, const char *locator, struct blob **ret, struct fault *fault)
{
    scoped(blob_close) struct blob *owned = NULL;
    struct file_blob *blob = NULL;
    struct cell_path path;
    int64_t size = 0;

    if (!read_locator(folder, locator, &path, &size, fault))
        return false;
    if (!folder->root)
        return fault_locator(fault);
    blob = x_alloc(sizeof *blob);
    owned = &blob->base;
    owned->driver = &file_driver;
    blob->descriptor = -1;
    if (!open_file(folder->root, path.text, &blob->descriptor, &owned->size, fault))
        return fault_prefix(fault, "the record");
    if (blob->descriptor < 0)
        return fault_set(fault, FAULT_BAD_INPUT, "the record's file is no longer there");
    if (owned->size != size)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "the record's file has %" PRId64 " bytes, but had %" PRId64 " when it was extracted",
                         owned->size, size);
    blob->left = size;
    *ret = steal(owned);
    return true;
}
