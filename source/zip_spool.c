#include "source/zip_spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zlib.h>

#include "base/memory.h"
#include "base/must.h"
#include "base/text.h"
#include "source/zip_directory.h"
#include "source/zip_unpack.h"

enum {
    LISTED_BYTES_MAX = 200,
    MEGABYTE = 1000 * 1000,
    SPARE_BYTES = 64 * MEGABYTE,
    TRIES_MAX = 100,
    PIECE = 256 * 1024,
    PROVED_AT_ONCE = 16 * 1024 * 1024,
};

static const char name_start[] = "handover-spool-";
static const char part_ending[] = ".part";

struct zip_spool {
    char *path;
    int64_t offset;
    int64_t size;
    char *member;
    int descriptor; /* of the temporary file, locked for as long as it is in use; -1 for none */
    uint32_t crc;   /* by the zip */
    uint32_t sum;   /* of the bytes that were proved so far */
    int64_t proved;
};

static const char *base_of(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash ? slash + 1 : name;
}

static bool fault_several(const char *path, const struct zip_directory *zip, struct fault *fault)
{
    struct text names;

    text_init(&names, LISTED_BYTES_MAX);
    for (size_t i = 0; i < zip->count; i++)
        if (zip_member_is_backup(&zip->members[i]))
            text_printf(&names, "%s%s", names.size ? ", " : "", zip->members[i].name);
    fault_set(fault, FAULT_BAD_INPUT, "%s holds more than one backup: say which with --member NAME. They are: %s%s",
              path, text_string(&names), names.overflowed ? " …" : "");
    text_release(&names);
    return false;
}

/* The named member, or the one that is a backup. */
static bool choose(const char *path, const struct zip_directory *zip, const char *name, const struct zip_member **ret,
                   struct fault *fault)
{
    size_t found = 0;

    *ret = NULL;
    for (size_t i = 0; i < zip->count; i++) {
        const struct zip_member *member = &zip->members[i];
        bool fits = name ? strcmp(member->name, name) == 0 || strcmp(base_of(member->name), name) == 0
                         : zip_member_is_backup(member);

        if (!fits)
            continue;
        *ret = member;
        found++;
    }
    if (found == 1)
        return true;
    if (name)
        return fault_set(fault, FAULT_BAD_INPUT,
                         found ? "%s has more than one file called %.100s: give its name with its folders"
                               : "%s has no file called %.100s",
                         path, name);
    if (found > 1)
        return fault_several(path, zip, fault);
    return fault_set(fault, FAULT_BAD_INPUT, "%s holds no .bak file", path);
}

static bool check_member(const char *path, const struct zip_member *member, struct fault *fault)
{
    if (zip_member_is_encrypted(member))
        return fault_set(fault, FAULT_BAD_INPUT, "%s: %s is protected by a password: pack it without one", path,
                         member->name);
    if (member->size == 0)
        return fault_set(fault, FAULT_BAD_INPUT, "%s: %s is empty", path, member->name);
    if (member->method == ZIP_STORED && member->packed_size != member->size)
        return fault_set(fault, FAULT_BAD_INPUT, "%s is a damaged zip: two sizes of %s do not agree", path,
                         member->name);
    if (member->method != ZIP_STORED && !zip_unpack_knows(member->method))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "%s: %s is packed by a method that is not known here (number %u): unpack it, and give the "
                         ".bak file",
                         path, member->name, member->method);
    return true;
}

static bool read_in_place(int zip, const char *path, const struct zip_member *member, struct zip_spool *spool,
                          struct fault *fault)
{
    struct stat state = {0};

    if (fstat(zip, &state) != 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "%s cannot be read", path);
    if (!zip_member_offset(zip, member, &spool->offset, fault))
        return fault_prefix(fault, "%s", path);
    if (spool->offset > state.st_size - member->size)
        return fault_set(fault, FAULT_BAD_INPUT, "%s is a damaged zip: %s ends after the end of the file", path,
                         member->name);
    spool->path = x_strdup(path);
    return true;
}

static char *spool_folder(const struct zip_spool_options *options)
{
    const char *candidates[] = {options->folder, getenv("HANDOVER_SPOOL"), getenv("TMPDIR"), "/var/tmp"};

    for (size_t i = 0; i < array_length(candidates); i++)
        if (candidates[i] && candidates[i][0])
            return x_strdup(candidates[i]);
    return NULL;
}

/* A file that is locked by nobody belongs to nobody. */
static void sweep(const char *folder, const char *own)
{
    DIR *stream = opendir(folder);

    for (const struct dirent *entry = stream ? readdir(stream) : NULL; entry; entry = readdir(stream)) {
        scoped(string_free) char *path = x_sprintf("%s/%s", folder, entry->d_name);
        scoped(descriptor_close) int descriptor = -1;

        if (strncmp(entry->d_name, name_start, sizeof name_start - 1) != 0 || strcmp(path, own) == 0)
            continue;
        descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        if (descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) == 0)
            unlink(path);
    }
    if (stream)
        closedir(stream);
}

static bool check_room(const char *folder, int64_t size, struct fault *fault)
{
    struct statvfs room = {0};
    int64_t free_bytes;

    if (statvfs(folder, &room) != 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "the folder for unpacking, %s, cannot be used", folder);
    free_bytes = (int64_t)room.f_bavail * (int64_t)room.f_frsize;
    if (free_bytes - SPARE_BYTES >= size)
        return true;
    return fault_set(fault, FAULT_BAD_INPUT,
                     "the backup needs %" PRId64 " MB unpacked, but %s has only %" PRId64
                     " MB free: make room, or name a folder on another disk with --spool or HANDOVER_SPOOL",
                     size / MEGABYTE + 1, folder, free_bytes / MEGABYTE);
}

/* True while the path still leads to the file that was opened. */
static bool is_still(int descriptor, const char *path)
{
    struct stat opened = {0};
    struct stat named = {0};

    return fstat(descriptor, &opened) == 0 && stat(path, &named) == 0 && opened.st_ino == named.st_ino &&
           opened.st_dev == named.st_dev;
}

/* Moves a descriptor out of a scoped local. */
static int keep(int *descriptor)
{
    int kept = *descriptor;

    *descriptor = -1;
    return kept;
}

/* In a folder that others can write to, a file of the same name may be somebody else's. */
static bool is_own(int descriptor)
{
    struct stat state = {0};

    return fstat(descriptor, &state) == 0 && S_ISREG(state.st_mode) && state.st_uid == geteuid() &&
           (state.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

/* Opens the finished file and keeps it from being swept; *ret stays -1 when there is none. */
static bool join(const char *path, int64_t size, int *ret)
{
    scoped(descriptor_close) int descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    struct stat state = {0};

    if (descriptor < 0 || !is_own(descriptor) || flock(descriptor, LOCK_SH) != 0 || !is_still(descriptor, path) ||
        fstat(descriptor, &state) != 0 || state.st_size != size)
        return false;
    *ret = keep(&descriptor);
    return true;
}

static bool unpack_into(int zip, const struct zip_member *member, int to, const struct zip_spool_options *options,
                        struct fault *fault)
{
    int64_t offset = 0;

    if (ftruncate(to, 0) != 0 || lseek(to, 0, SEEK_SET) != 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "the temporary file for unpacking cannot be written");
    return zip_member_offset(zip, member, &offset, fault) &&
           zip_unpack(zip, offset, member, to, options->progress, options->progress_context, fault);
}

/* Unpacks under another name, so that a file of the final name is always whole. While another process does so this one
 * waits, and leaves *ret at -1: the caller looks again. */
static bool unpack(int zip, const struct zip_member *member, const char *folder, const char *path,
                   const struct zip_spool_options *options, int *ret, struct fault *fault)
{
    scoped(string_free) char *part = x_sprintf("%s%s", path, part_ending);
    scoped(descriptor_close) int descriptor = open(part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (descriptor < 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "the folder for unpacking, %s, cannot be written to", folder);
    if (!is_own(descriptor))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "%s is not this user's own file, or others can read it: take it away, or name another folder "
                         "for unpacking with --spool or HANDOVER_SPOOL",
                         part);
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK && flock(descriptor, LOCK_SH) == 0
                   ? true
                   : fault_errno(fault, FAULT_BAD_INPUT, "the temporary file %s cannot be locked", part);
    if (!is_still(descriptor, part) || join(path, member->size, ret))
        return true;
    sweep(folder, part);
    if (!check_room(folder, member->size, fault) || !unpack_into(zip, member, descriptor, options, fault)) {
        unlink(part);
        return false;
    }
    if (flock(descriptor, LOCK_SH) != 0 || rename(part, path) != 0) {
        unlink(part);
        return fault_errno(fault, FAULT_BAD_INPUT, "the temporary file %s cannot be renamed", part);
    }
    *ret = keep(&descriptor);
    return true;
}

/* The same name for the same member of the same zip, in every process. */
static char *spool_path(const char *folder, const struct stat *zip, const struct zip_member *member)
{
    return x_sprintf("%s/%s%" PRIx64 "-%" PRIx64 "-%" PRIx64 "-%" PRIx64 "-%08" PRIx32 ".bak", folder, name_start,
                     (uint64_t)zip->st_dev, (uint64_t)zip->st_ino, (uint64_t)zip->st_mtim.tv_sec,
                     (uint64_t)member->header_offset, member->crc);
}

static bool read_unpacked(int zip, const char *path, const struct zip_member *member,
                          const struct zip_spool_options *options, struct zip_spool *spool, struct fault *fault)
{
    scoped(string_free) char *folder = spool_folder(options);
    struct stat state = {0};

    if (fstat(zip, &state) != 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "%s cannot be read", path);
    spool->path = spool_path(folder, &state, member);
    for (int i = 0; i < TRIES_MAX && spool->descriptor < 0; i++)
        if (!join(spool->path, member->size, &spool->descriptor) &&
            !unpack(zip, member, folder, spool->path, options, &spool->descriptor, fault))
            return fault_prefix(fault, "%s", path);
    return spool->descriptor >= 0 ||
           fault_set(fault, FAULT_BAD_INPUT, "%s cannot be unpacked: its temporary file in %s keeps vanishing", path,
                     folder);
}

bool zip_spool_open(const char *path, const char *name, const struct zip_spool_options *options, struct zip_spool **ret,
                    struct fault *fault)
{
    scoped(zip_directory_destroy) struct zip_directory *directory = NULL;
    scoped(zip_spool_close) struct zip_spool *spool = x_alloc(sizeof *spool);
    scoped(descriptor_close) int zip = open(path, O_RDONLY | O_CLOEXEC);
    const struct zip_member *member = NULL;

    spool->descriptor = -1;
    if (zip < 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "%s cannot be opened", path);
    if (!zip_directory_read(path, &directory, fault) || !choose(path, directory, name, &member, fault))
        return false;
    must(member != NULL);
    if (!check_member(path, member, fault))
        return false;
    spool->size = member->size;
    spool->crc = member->crc;
    spool->member = x_strdup(member->name);
    if (!(member->method == ZIP_STORED ? read_in_place(zip, path, member, spool, fault)
                                       : read_unpacked(zip, path, member, options, spool, fault)))
        return false;
    *ret = steal(spool);
    return true;
}

void zip_spool_close(struct zip_spool **spool)
{
    if (!*spool)
        return;
    /* Whoever can lock it for himself is the last. */
    if ((*spool)->descriptor >= 0 && flock((*spool)->descriptor, LOCK_EX | LOCK_NB) == 0 &&
        is_still((*spool)->descriptor, (*spool)->path))
        unlink((*spool)->path);
    descriptor_close(&(*spool)->descriptor);
    free((*spool)->path);
    free((*spool)->member);
    free(*spool);
    *spool = NULL;
}

const char *zip_spool_path(const struct zip_spool *spool)
{
    return spool->path;
}

int64_t zip_spool_offset(const struct zip_spool *spool)
{
    return spool->offset;
}

int64_t zip_spool_size(const struct zip_spool *spool)
{
    return spool->size;
}

const char *zip_spool_member(const struct zip_spool *spool)
{
    return spool->member;
}

bool zip_spool_prove(struct zip_spool *spool, double *ret_done, bool *ret_end, bool *ret_right, struct fault *fault)
{
    scoped(descriptor_close) int zip = -1;
    scoped(string_free) char *piece = NULL;
    int64_t end = spool->proved + PROVED_AT_ONCE < spool->size ? spool->proved + PROVED_AT_ONCE : spool->size;

    if (!zip_spool_is_unpacked(spool)) {
        piece = x_alloc_raw(PIECE);
        zip = open(spool->path, O_RDONLY | O_CLOEXEC);
        if (zip < 0)
            return fault_errno(fault, FAULT_BAD_INPUT, "%s cannot be opened", spool->path);
    }
    while (piece && spool->proved < end) {
        size_t wanted = end - spool->proved < PIECE ? (size_t)(end - spool->proved) : PIECE;
        ssize_t got = pread(zip, piece, wanted, spool->offset + spool->proved);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fault_errno(fault, FAULT_BAD_INPUT, "%s cannot be read to its end", spool->path);
        spool->sum = (uint32_t)crc32(spool->sum, (const uint8_t *)piece, (uInt)got);
        spool->proved += got;
    }
    *ret_end = !piece || spool->proved == spool->size;
    *ret_done = *ret_end ? 1 : (double)spool->proved / (double)spool->size;
    *ret_right = !piece || spool->sum == spool->crc;
    return true;
}

bool zip_spool_is_unpacked(const struct zip_spool *spool)
{
    return spool->descriptor >= 0;
}
