/*
 * Large values that stand as files beside the tables of a CSV export: a cell holds the path of a file, relative to the
 * export's folder. Nothing outside that folder is ever opened, and no symbolic link is followed.
 */
#ifndef SOURCE_BLOB_H
#define SOURCE_BLOB_H

#include "base/text.h"
#include "source/folder.h"
#include "source/source.h"

/* As scan_locate, for the text of a cell. A path below a folder "Attachment.files", named after a table, always
 * means a file; any other text does when there is such a file that is not itself a table. */
MUST_CHECK bool blob_locate(const struct folder *folder, struct slice cell, struct text *locator,
                            int64_t *ret_size_bytes, bool *ret_found, struct fault *fault);

/* As source_open_blob. */
MUST_CHECK bool blob_open(const struct folder *folder, const char *locator, struct blob **ret, struct fault *fault);

#endif
