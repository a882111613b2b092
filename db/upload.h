/*
 * What was uploaded: a row for each file, written before Cliniko is told of it, and the one reason for which all
 * further files of a transfer stay behind (the storage limit of a trial account, API reference 5.18).
 */
#ifndef DB_UPLOAD_H
#define DB_UPLOAD_H

#include <stdint.h>

#include "db/connection.h"
#include "model/entity.h"

struct upload_proof {
    int64_t ordinal;  /* the record */
    const char *part; /* "" for the record's own file, else the name of one beside it */
    int64_t size_bytes;
    const char *sha256; /* 64 hex digits */
};

/* Affected rows are 0 when the lease was lost. */
void upload_prove(struct db *db, int64_t transfer, int64_t task, int64_t token, const struct upload_proof *proof,
                  db_done_fn *done, void *argument);

/* A file beside the record's own is in Cliniko under this id. */
void upload_accepted(struct db *db, int64_t transfer, int64_t task, int64_t token, int64_t ordinal, const char *part,
                     const char *cliniko_id, db_done_fn *done, void *argument);

/* The files of records, for verification: ordinal, part, size_bytes, sha256, cliniko_id (null for a record's own). */
void upload_load(struct db *db, int64_t transfer, const int64_t *ordinals, size_t count, db_done_fn *done,
                 void *argument);

/* No further attachment of the transfer is sent; the first reason stays. */
void upload_stop(struct db *db, int64_t transfer, const char *reason, db_done_fn *done, void *argument);

/* One row: the reason, or null. */
void upload_stopped(struct db *db, int64_t transfer, db_done_fn *done, void *argument);

/* Gives the staged records of an entity new ordinals, the largest file first, so that no large one is left for the end.
 * Called once, when all are staged; again it changes nothing. */
void upload_order(struct db *db, int64_t transfer, int64_t task, int64_t token, enum entity entity, db_done_fn *done,
                  void *argument);

#endif
