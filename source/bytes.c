#include "source/bytes.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/must.h"

enum { CHUNK_SIZE = 128 * 1024 };

/* No real export is packed tighter than this; a file made to fill disks is. */
static const int64_t bomb_ratio = 200;
static const int64_t bomb_least_bytes = 64LL * 1024 * 1024;

struct bytes {
    int descriptor; /* PACKING_NONE */
    struct archive *archive;
    char *name; /* for messages */
    int64_t packed_size;
    int64_t total;
    char chunk[CHUNK_SIZE];
};

static bool fault_archive(struct bytes *bytes, const char *what, struct fault *fault)
{
    const char *why = archive_error_string(bytes->archive);

    return fault_set(fault, FAULT_BAD_INPUT, "%s %s: %s", bytes->name, what, why ? why : "it is damaged");
}

static bool find_member(struct bytes *bytes, const char *member, struct fault *fault)
{
    struct archive_entry *entry = NULL;
    int result = 0;

    must(member != NULL);
    while ((result = archive_read_next_header(bytes->archive, &entry)) == ARCHIVE_OK || result == ARCHIVE_WARN) {
        const char *name = archive_entry_pathname_utf8(entry);

        if (!name || strcmp(name, member) != 0)
            continue;
        if (archive_entry_is_encrypted(entry))
            return fault_set(fault, FAULT_BAD_INPUT, "%s is protected by a password: pack it without one", bytes->name);
        return true;
    }
    if (result == ARCHIVE_EOF)
        return fault_set(fault, FAULT_BAD_INPUT, "%s is no longer in its zip: was the file changed?", bytes->name);
    return fault_archive(bytes, "cannot be unpacked", fault);
}

static bool open_archive(struct bytes *bytes, const char *path, enum packing packing, const char *member,
                         struct fault *fault)
{
    struct archive_entry *entry = NULL;

    bytes->archive = archive_read_new();
    if (packing == PACKING_ZIP) {
        archive_read_support_format_zip_seekable(bytes->archive);
    } else {
        archive_read_support_filter_gzip(bytes->archive);
        archive_read_support_format_raw(bytes->archive);
    }
    if (archive_read_open_filename(bytes->archive, path, CHUNK_SIZE) != ARCHIVE_OK)
        return fault_archive(bytes, "cannot be opened", fault);
    if (packing == PACKING_ZIP)
        return find_member(bytes, member, fault);
    if (archive_read_next_header(bytes->archive, &entry) != ARCHIVE_OK)
        return fault_archive(bytes, "cannot be unpacked", fault);
    return true;
}

static bool open_packed(struct bytes *bytes, const char *path, enum packing packing, const char *member,
                        struct fault *fault)
{
    struct stat state = {0};

    if (stat(path, &state) != 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "%s cannot be opened", bytes->name);
    bytes->packed_size = state.st_size;
    return open_archive(bytes, path, packing, member, fault);
}

bool bytes_open(const char *path, enum packing packing, const char *member, struct bytes **ret, struct fault *fault)
{
    scoped(bytes_close) struct bytes *bytes = x_alloc(sizeof *bytes);

    bytes->descriptor = -1;
    bytes->name = member ? x_sprintf("%s in %s", member, path) : x_strdup(path);
    if (packing != PACKING_NONE) {
        if (!open_packed(bytes, path, packing, member, fault))
            return false;
    } else {
        bytes->descriptor = open(path, O_RDONLY | O_CLOEXEC);
        if (bytes->descriptor < 0)
            return fault_errno(fault, FAULT_BAD_INPUT, "%s cannot be opened", path);
    }
    *ret = steal(bytes);
    return true;
}

void bytes_close(struct bytes **bytes)
{
    if (!*bytes)
        return;
    if ((*bytes)->archive)
        archive_read_free((*bytes)->archive);
    descriptor_close(&(*bytes)->descriptor);
    free((*bytes)->name);
    free(*bytes);
    *bytes = NULL;
}

static bool next_packed(struct bytes *bytes, struct slice *ret, struct fault *fault)
{
    la_ssize_t size = archive_read_data(bytes->archive, bytes->chunk, CHUNK_SIZE);

    if (size < 0)
        return fault_archive(bytes, "cannot be unpacked", fault);
    bytes->total += size;
    if (bytes->total > bomb_least_bytes && bytes->total / bomb_ratio > bytes->packed_size)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "%s unpacks to more than %" PRId64
                         " times its size, which no export does: unpack it by hand if "
                         "it is right",
                         bytes->name, bomb_ratio);
    *ret = (struct slice){bytes->chunk, (size_t)size};
    return true;
}

bool bytes_next(struct bytes *bytes, struct slice *ret, struct fault *fault)
{
    ssize_t size = 0;

    if (bytes->archive)
        return next_packed(bytes, ret, fault);
    do
        size = read(bytes->descriptor, bytes->chunk, CHUNK_SIZE);
    while (size < 0 && errno == EINTR);
    if (size < 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "%s cannot be read", bytes->name);
    *ret = (struct slice){bytes->chunk, (size_t)size};
    return true;
}
