#include "source/zip_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

enum {
    END_SIZE = 22,
    COMMENT_MAX = 65535,
    LOCATOR_SIZE = 20,
    END64_SIZE = 56,
    ENTRY_SIZE = 46,
    LOCAL_SIZE = 30,
    MEMBERS_MAX = 100000,
    DIRECTORY_BYTES_MAX = 64 * 1024 * 1024,
    EXTRA_ZIP64 = 1,
    FLAG_ENCRYPTED = 1,
    METHOD_AES = 99,
    MANY = 0xFFFF,
};

static const uint32_t end_mark = 0x06054B50;
static const uint32_t end64_mark = 0x06064B50;
static const uint32_t locator_mark = 0x07064B50;
static const uint32_t entry_mark = 0x02014B50;
static const uint32_t local_mark = 0x04034B50;
static const uint32_t large = 0xFFFFFFFF;

struct zip_file {
    const char *path;
    int descriptor;
    int64_t size;
};

/* Where the directory stands. */
struct location {
    int64_t offset;
    int64_t size;
    int64_t count;
};

static uint16_t u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t u32(const uint8_t *at)
{
    return (uint32_t)u16(at) | (uint32_t)u16(at + 2) << 16;
}

/* Sizes and places beyond what a file can be become negative, and are refused as such. */
static int64_t i64(const uint8_t *at)
{
    return (int64_t)((uint64_t)u32(at) | (uint64_t)u32(at + 4) << 32);
}

static bool read_at(int descriptor, int64_t offset, void *buffer, size_t size)
{
    uint8_t *to = buffer;

    while (size) {
        ssize_t got = pread(descriptor, to, size, offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        to += got;
        offset += got;
        size -= (size_t)got;
    }
    return true;
}

static bool fault_damaged(const char *path, const char *why, struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT, "%s is a damaged or cut-off zip (%s): copy it again", path, why);
}

bool zip_recognise(const char *path)
{
    scoped(descriptor_close) int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    uint8_t head[4];

    return descriptor >= 0 && read_at(descriptor, 0, head, sizeof head) && head[0] == 'P' && head[1] == 'K' &&
           ((head[2] == 3 && head[3] == 4) || (head[2] == 5 && head[3] == 6) || (head[2] == 7 && head[3] == 8));
}

/* Sizes that do not fit the old record stand in a record of their own, found by a locator before the old one. */
static bool find_large(const struct zip_file *zip, int64_t end, struct location *ret, struct fault *fault)
{
    uint8_t locator[LOCATOR_SIZE];
    uint8_t record[END64_SIZE];
    int64_t offset;

    if (end < LOCATOR_SIZE || !read_at(zip->descriptor, end - LOCATOR_SIZE, locator, sizeof locator) ||
        u32(locator) != locator_mark)
        return true;
    offset = i64(locator + 8);
    if (offset < 0 || offset > zip->size - END64_SIZE || !read_at(zip->descriptor, offset, record, sizeof record) ||
        u32(record) != end64_mark)
        return fault_damaged(zip->path, "the end of its directory is missing", fault);
    ret->count = i64(record + 32);
    ret->size = i64(record + 40);
    ret->offset = i64(record + 48);
    return true;
}

static bool find_directory(const struct zip_file *zip, struct location *ret, struct fault *fault)
{
    size_t room = zip->size < END_SIZE + COMMENT_MAX ? (size_t)zip->size : END_SIZE + COMMENT_MAX;
    scoped(string_free) char *tail = x_alloc_raw(room + 1);
    const uint8_t *bytes = (const uint8_t *)tail;

    if (room < END_SIZE || !read_at(zip->descriptor, zip->size - (int64_t)room, tail, room))
        return fault_damaged(zip->path, "it has no directory", fault);
    for (size_t at = room - END_SIZE + 1; at-- > 0;) {
        if (u32(bytes + at) != end_mark || at + END_SIZE + u16(bytes + at + 20) > room)
            continue;
        if (u16(bytes + at + 4) != 0 && u16(bytes + at + 4) != MANY)
            return fault_set(fault, FAULT_BAD_INPUT,
                             "%s is one part of a zip that was split: put the parts together and unpack them",
                             zip->path);
        ret->count = u16(bytes + at + 10);
        ret->size = u32(bytes + at + 12);
        ret->offset = u32(bytes + at + 16);
        return find_large(zip, zip->size - (int64_t)room + (int64_t)at, ret, fault);
    }
    return fault_damaged(zip->path, "it has no directory", fault);
}

/* Sizes of 4 GB and more stand in an extra field, in this order, those only that did not fit. */
static bool read_large(const uint8_t *extra, size_t size, struct zip_member *member)
{
    int64_t *const fields[] = {&member->size, &member->packed_size, &member->header_offset};

    while (size >= 4) {
        size_t length = u16(extra + 2);

        if (length > size - 4)
            return false;
        if (u16(extra) == EXTRA_ZIP64) {
            const uint8_t *at = extra + 4;

            for (size_t i = 0; i < array_length(fields); i++) {
                if (*fields[i] != large)
                    continue;
                if (extra + 4 + length - at < 8)
                    return false;
                *fields[i] = i64(at);
                at += 8;
            }
        }
        extra += 4 + length;
        size -= 4 + length;
    }
    return true;
}

/* Reads one entry; *ret_size is how long it is. */
static bool read_entry(const uint8_t *at, size_t room, const struct zip_file *zip, struct zip_member *ret,
                       size_t *ret_size)
{
    size_t name_size;
    size_t extra_size;

    if (room < ENTRY_SIZE || u32(at) != entry_mark)
        return false;
    name_size = u16(at + 28);
    extra_size = u16(at + 30);
    *ret_size = ENTRY_SIZE + name_size + extra_size + u16(at + 32);
    if (*ret_size > room)
        return false;
    *ret = (struct zip_member){
        .flags = u16(at + 8),
        .method = u16(at + 10),
        .crc = u32(at + 16),
        .packed_size = u32(at + 20),
        .size = u32(at + 24),
        .header_offset = u32(at + 42),
    };
    if (!read_large(at + ENTRY_SIZE + name_size, extra_size, ret) || ret->size < 0 || ret->packed_size < 0 ||
        ret->packed_size > zip->size || ret->header_offset < 0 || ret->header_offset > zip->size - LOCAL_SIZE)
        return false;
    ret->name = x_strndup((const char *)at + ENTRY_SIZE, name_size);
    return true;
}

static bool read_entries(const struct zip_file *zip, const struct location *location, struct zip_directory *ret,
                         struct fault *fault)
{
    scoped(string_free) char *directory = NULL;
    const uint8_t *at = NULL;
    size_t room = (size_t)location->size;

    if (location->count < 0 || location->count > MEMBERS_MAX || location->size < 0 ||
        location->size > DIRECTORY_BYTES_MAX || location->offset < 0 || location->offset > zip->size - location->size)
        return fault_damaged(zip->path, "its directory lies outside the file", fault);
    directory = x_alloc_raw(room + 1);
    if (!read_at(zip->descriptor, location->offset, directory, room))
        return fault_damaged(zip->path, "its directory cannot be read", fault);
    at = (const uint8_t *)directory;
    ret->members = x_alloc_array((size_t)location->count + 1, sizeof *ret->members);
    for (int64_t i = 0; i < location->count; i++) {
        size_t size = 0;

        if (!read_entry(at, room, zip, &ret->members[ret->count], &size))
            return fault_damaged(zip->path, "its directory is damaged", fault);
        ret->count++;
        at += size;
        room -= size;
    }
    return true;
}

bool zip_directory_read(const char *path, struct zip_directory **ret, struct fault *fault)
{
    scoped(zip_directory_destroy) struct zip_directory *directory = x_alloc(sizeof *directory);
    scoped(descriptor_close) int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    struct stat state = {0};
    struct location location = {0};
    struct zip_file zip = {.path = path, .descriptor = descriptor};

    if (descriptor < 0 || fstat(descriptor, &state) != 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "%s cannot be opened", path);
    zip.size = state.st_size;
    if (!find_directory(&zip, &location, fault) || !read_entries(&zip, &location, directory, fault))
        return false;
    *ret = steal(directory);
    return true;
}

void zip_directory_destroy(struct zip_directory **zip)
{
    if (!*zip)
        return;
    for (size_t i = 0; i < (*zip)->count; i++)
        free((*zip)->members[i].name);
    free((*zip)->members);
    free(*zip);
    *zip = NULL;
}

bool zip_member_is_backup(const struct zip_member *member)
{
    size_t size = strlen(member->name);
    const char *slash = strrchr(member->name, '/');
    const char *base = slash ? slash + 1 : member->name;

    return size > 4 && strcasecmp(member->name + size - 4, ".bak") == 0 && base[0] != '.' &&
           strncmp(member->name, "__MACOSX/", 9) != 0;
}

bool zip_member_is_encrypted(const struct zip_member *member)
{
    return member->flags & FLAG_ENCRYPTED || member->method == METHOD_AES;
}

bool zip_member_offset(int descriptor, const struct zip_member *member, int64_t *ret, struct fault *fault)
{
    uint8_t local[LOCAL_SIZE];

    if (!read_at(descriptor, member->header_offset, local, sizeof local) || u32(local) != local_mark)
        return fault_set(fault, FAULT_BAD_INPUT, "the zip is damaged: %s does not begin where its directory says",
                         member->name);
    *ret = member->header_offset + LOCAL_SIZE + u16(local + 26) + u16(local + 28);
    return true;
}
