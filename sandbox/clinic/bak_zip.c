#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "sandbox/clinic/bak_clinic.h"

enum { PIECE = 1 << 20, DAY_SECONDS = 86400, EVENING = 19 * 3600 };

static bool fault_archive(const char *path, struct archive *archive, struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT, "cannot write %s: %s", path, archive_error_string(archive));
}

static bool copy(int backup, const char *name, struct archive *archive, const char *path, struct fault *fault)
{
    char *buffer = x_alloc_raw(PIECE);
    bool good = true;
    ssize_t got = 1;

    while (good && got > 0) {
        got = read(backup, buffer, PIECE);
        if (got < 0) {
            good = fault_errno(fault, FAULT_BAD_INPUT, "cannot read %s", name);
        } else if (got > 0 && archive_write_data(archive, buffer, (size_t)got) != got) {
            good = fault_archive(path, archive, fault);
        }
    }
    free(buffer);
    return good;
}

/* The member's size stands before it, so that Zip64 is used when it must be. */
static bool put_header(struct archive *archive, const char *path, const char *member, int64_t size, int64_t today,
                       struct fault *fault)
{
    struct archive_entry *entry = archive_entry_new();
    bool good;

    archive_entry_set_pathname(entry, member);
    archive_entry_set_size(entry, size);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    archive_entry_set_mtime(entry, (time_t)(today * DAY_SECONDS + EVENING), 0);
    good = archive_write_header(archive, entry) == ARCHIVE_OK || fault_archive(path, archive, fault);
    archive_entry_free(entry);
    return good;
}

static bool open_zip(struct archive *archive, const char *path, bool stored, struct fault *fault)
{
    if (archive_write_set_format_zip(archive) != ARCHIVE_OK ||
        (stored ? archive_write_zip_set_compression_store(archive)
                : archive_write_zip_set_compression_deflate(archive)) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(archive, 1) != ARCHIVE_OK ||
        archive_write_open_filename(archive, path) != ARCHIVE_OK) {
        return fault_archive(path, archive, fault);
    }
    return true;
}

bool bak_zip_write(const char *path, const char *backup, const char *member, bool stored, int64_t today,
                   struct fault *fault)
{
    scoped(descriptor_close) int descriptor = open(backup, O_RDONLY | O_CLOEXEC);
    struct archive *archive;
    struct stat facts;
    bool good;

    if (descriptor < 0 || fstat(descriptor, &facts) != 0) {
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot read %s", backup);
    }
    archive = archive_write_new();
    good = open_zip(archive, path, stored, fault) && put_header(archive, path, member, facts.st_size, today, fault) &&
           copy(descriptor, backup, archive, path, fault);
    if (archive_write_close(archive) != ARCHIVE_OK && good) {
        good = fault_archive(path, archive, fault);
    }
    archive_write_free(archive);
    if (!good) {
        unlink(path);
    }
    return good;
}
