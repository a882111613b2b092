/*
 * Unpacks one deflated member of a zip into a file (method 8 or 9), and proves size and checksum.
 */
#ifndef SOURCE_ZIP_UNPACK_H
#define SOURCE_ZIP_UNPACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "source/source.h"
#include "source/zip_directory.h"

/* True for methods that can be unpacked. */
bool zip_unpack_knows(uint16_t method);

/* Reads the packed bytes from `offset` of the open zip, and writes to the open file. FAULT_BAD_INPUT when the bytes are
 * damaged, or not what the directory says; also when the disk is full. */
MUST_CHECK bool zip_unpack(int zip, int64_t offset, const struct zip_member *member, int to,
                           source_progress_fn *progress, void *progress_context, struct fault *fault);

#endif
