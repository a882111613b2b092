/*
 * A backup within a zip, so that it can be read at any place: where it lies stored, in the zip itself; where it is
 * deflated, unpacked once into a temporary file that all processes share. The file is removed by the last of them; one
 * that was left by a process that was killed is removed by the next that unpacks anything into the same folder.
 */
#ifndef SOURCE_ZIP_SPOOL_H
#define SOURCE_ZIP_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "source/source.h"

struct zip_spool;

struct zip_spool_options {
    const char *folder;           /* for the temporary file; NULL: HANDOVER_SPOOL, or else TMPDIR, or else /var/tmp */
    source_progress_fn *progress; /* NULL for none */
    void *progress_context;
};

/* `member` names one of several backups in the zip, by its whole name or the part after the last slash; NULL when there
 * is one only. FAULT_BAD_INPUT, with what to do: no backup or several, a password, a packing that is not known, too
 * little room on the disk, a damaged zip (sizes and checksum do not agree). */
MUST_CHECK bool zip_spool_open(const char *path, const char *member, const struct zip_spool_options *options,
                               struct zip_spool **ret, struct fault *fault);
void zip_spool_close(struct zip_spool **spool);

/* Where the backup can be read now. */
const char *zip_spool_path(const struct zip_spool *spool);
int64_t zip_spool_offset(const struct zip_spool *spool);
int64_t zip_spool_size(const struct zip_spool *spool);

/* The name within the zip, and whether it was unpacked. */
const char *zip_spool_member(const struct zip_spool *spool);
bool zip_spool_is_unpacked(const struct zip_spool *spool);

/* Reads on for the checksum of a member that is read in place, some megabytes at a time; *ret_done goes from 0 to 1. At
 * the end *ret_right says whether it is the one in the zip. What was unpacked has been proved by that: its end is there
 * at once. */
MUST_CHECK bool zip_spool_prove(struct zip_spool *spool, double *ret_done, bool *ret_end, bool *ret_right,
                                struct fault *fault);

#endif
