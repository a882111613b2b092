/* Any bytes as a zip: its directory is refused or read, its members are unpacked as they say, or refused. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/must.h"
#include "source/source_path.h"
#include "source/zip_directory.h"
#include "source/zip_unpack.h"

enum { UNPACKED_MAX = 4 * 1024 * 1024, MEMBERS_MAX = 20 };

static void unpack(int zip, const struct zip_member *member)
{
    int64_t offset = 0;
    struct fault fault = {0};
    int to;

    (void)zip_member_is_backup(member);
    if (zip_member_is_encrypted(member) || !zip_unpack_knows(member->method) || member->size > UNPACKED_MAX)
        return;
    to = memfd_create("unpacked", 0);
    must(to >= 0);
    if (zip_member_offset(zip, member, &offset, &fault) && zip_unpack(zip, offset, member, to, NULL, NULL, &fault))
        must(lseek(to, 0, SEEK_END) == member->size);
    else
        must(fault.kind == FAULT_BAD_INPUT && fault.text[0]);
    close(to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct zip_directory *zip = NULL;
    struct source_path *path = NULL;
    struct fault fault = {0};
    char name[64];
    int descriptor = memfd_create("zip", 0);

    must(descriptor >= 0 && write(descriptor, data, size) == (ssize_t)size);
    snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
    if (!zip_directory_read(name, &zip, &fault))
        must(fault.kind == FAULT_BAD_INPUT && fault.text[0]);
    for (size_t i = 0; zip && i < zip->count && i < MEMBERS_MAX; i++)
        unpack(descriptor, &zip->members[i]);
    zip_directory_destroy(&zip);
    fault = (struct fault){0};
    if (!source_path_read(name, &path, &fault))
        must(fault.kind == FAULT_BAD_INPUT && fault.text[0]);
    source_path_destroy(&path);
    close(descriptor);
    return 0;
}
