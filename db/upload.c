#include "db/upload.h"

#include "db/record.h"

#define HAS_LEASE "exists (select from task where id = $2 and lease_token = $3 and state = 'leased')"

static void bind_lease(struct db_call *call, int64_t transfer, int64_t task, int64_t token)
{
    db_bind_integer(call, transfer);
    db_bind_integer(call, task);
    db_bind_integer(call, token);
}

void upload_prove(struct db *db, int64_t transfer, int64_t task, int64_t token, const struct upload_proof *proof,
                  db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "upload_prove", "insert into uploaded_file (transfer, ordinal, part, size_bytes, sha256) "
                        "select $1, $4, $5, $6, $7 where " HAS_LEASE
                        " on conflict (transfer, ordinal, part) do update set size_bytes = excluded.size_bytes, "
                        "  sha256 = excluded.sha256, cliniko_id = null");

    bind_lease(call, transfer, task, token);
    db_bind_integer(call, proof->ordinal);
    db_bind_text(call, proof->part);
    db_bind_integer(call, proof->size_bytes);
    db_bind_text(call, proof->sha256);
    db_send(db, call, done, argument);
}

void upload_accepted(struct db *db, int64_t transfer, int64_t task, int64_t token, int64_t ordinal, const char *part,
                     const char *cliniko_id, db_done_fn *done, void *argument)
{
    struct db_call *call =
        db_call_new("upload_accepted", "update uploaded_file set cliniko_id = $6 "
                                       "where transfer = $1 and ordinal = $4 and part = $5 and " HAS_LEASE);

    bind_lease(call, transfer, task, token);
    db_bind_integer(call, ordinal);
    db_bind_text(call, part);
    db_bind_text(call, cliniko_id);
    db_send(db, call, done, argument);
}

void upload_load(struct db *db, int64_t transfer, const int64_t *ordinals, size_t count, db_done_fn *done,
                 void *argument)
{
    struct db_call *call =
        db_call_new("upload_load", "select ordinal, part, size_bytes, sha256, cliniko_id from uploaded_file "
                                   "where transfer = $1 and ordinal = any ($2::bigint[]) order by ordinal, part");

    db_bind_integer(call, transfer);
    db_array_begin(call);
    for (size_t i = 0; i < count; i++)
        db_array_add_integer(call, ordinals[i]);
    db_array_end(call);
    db_send(db, call, done, argument);
}

void upload_stop(struct db *db, int64_t transfer, const char *reason, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new("upload_stop", "update transfer set attachments_stopped = $2 "
                                                      "where id = $1 and attachments_stopped is null");

    db_bind_integer(call, transfer);
    db_bind_text(call, reason);
    db_send(db, call, done, argument);
}

void upload_stopped(struct db *db, int64_t transfer, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new("upload_stopped", "select attachments_stopped from transfer where id = $1");

    db_bind_integer(call, transfer);
    db_send(db, call, done, argument);
}

void upload_order(struct db *db, int64_t transfer, int64_t task, int64_t token, enum entity entity, db_done_fn *done,
                  void *argument)
{
    /* The upper half of the entity's ordinals is free, so that no new one meets an old one on the way. */
    struct db_call *call = db_call_new(
        "upload_order",
        "with sized as (select ordinal, row_number() over (order by "
        "    coalesce((payload #>> '{content,size}')::bigint, (payload #>> '{body,size}')::bigint, 0) desc, ordinal) "
        "    as place from record where transfer = $1 and ordinal between $4 and $5) "
        "update record r set ordinal = $6 + s.place from sized s "
        "where r.transfer = $1 and r.ordinal = s.ordinal and r.ordinal <> $6 + s.place and " HAS_LEASE);
    int64_t first = record_first_ordinal(entity);

    bind_lease(call, transfer, task, token);
    db_bind_integer(call, first);
    db_bind_integer(call, first + RECORD_ENTITY_STRIDE - 1);
    db_bind_integer(call, first + RECORD_ENTITY_STRIDE / 2);
    db_send(db, call, done, argument);
}
