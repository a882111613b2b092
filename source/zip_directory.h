/*
 * What a zip holds, from its directory at the end (APPNOTE.TXT 6.3, sections 4.3.7 to 4.3.16; Zip64 too).
 */
#ifndef SOURCE_ZIP_DIRECTORY_H
#define SOURCE_ZIP_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

enum zip_method { ZIP_STORED = 0, ZIP_DEFLATED = 8, ZIP_DEFLATED_64 = 9 };

struct zip_member {
    char *name; /* as it stands: UTF-8, or an old code page */
    uint16_t flags;
    uint16_t method; /* enum zip_method, or another number */
    uint32_t crc;
    int64_t packed_size;
    int64_t size;
    int64_t header_offset; /* of its local header */
};

struct zip_directory {
    struct zip_member *members;
    size_t count;
};

/* True when the file begins like a zip. */
bool zip_recognise(const char *path);

/* FAULT_BAD_INPUT when the zip is damaged, cut off, or one part of several. */
MUST_CHECK bool zip_directory_read(const char *path, struct zip_directory **ret, struct fault *fault);
void zip_directory_destroy(struct zip_directory **zip);

/* By its name: "….bak", outside of folders that only systems make. */
bool zip_member_is_backup(const struct zip_member *member);

bool zip_member_is_encrypted(const struct zip_member *member);

/* Where the member's packed bytes begin in the open file. */
MUST_CHECK bool zip_member_offset(int descriptor, const struct zip_member *member, int64_t *ret, struct fault *fault);

#endif
