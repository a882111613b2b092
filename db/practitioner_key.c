#include "db/practitioner_key.h"

#include "base/text.h"

enum { SEALED_MAX = 4096 };

/* Bytes in an array of bytea are written in its hexadecimal form. */
static void add_bytes(struct db_call *call, const unsigned char *data, size_t size_bytes)
{
    struct text hex;

    text_init(&hex, 2 * SEALED_MAX + 2);
    text_puts(&hex, "\\x");
    for (size_t i = 0; i < size_bytes; i++)
        text_printf(&hex, "%02x", data[i]);
    db_array_add(call, text_string(&hex));
    text_release(&hex);
}

void practitioner_key_replace(struct db *db, int64_t account, const struct practitioner_key_row *keys, size_t count,
                              db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "practitioner_key_replace",
        "with given as (select * from unnest($2::text[], $3::bytea[]) g (label, sealed)), "
        "gone as (delete from practitioner_key where account = $1 and label not in (select label from given)), "
        "noted as (insert into audit (account, actor, event, detail) "
        "  select $1, current_setting('handover.actor'), 'practitioner_keys_set', "
        "    jsonb_build_object('count', (select count(*) from given))) "
        "insert into practitioner_key (account, label, sealed) select $1, label, sealed from given "
        "on conflict (account, label) do update set sealed = excluded.sealed, cliniko_user = null, "
        "  practitioner_id = null, changed_at = now()");

    db_bind_integer(call, account);
    db_array_begin(call);
    for (size_t i = 0; i < count; i++)
        db_array_add(call, keys[i].label);
    db_array_end(call);
    db_array_begin(call);
    for (size_t i = 0; i < count; i++)
        add_bytes(call, keys[i].sealed, keys[i].sealed_size);
    db_array_end(call);
    db_send(db, call, done, argument);
}

void practitioner_key_load(struct db *db, int64_t account, db_done_fn *done, void *argument)
{
    struct db_call *call =
        db_call_new("practitioner_key_load", "select label, sealed, cliniko_user, practitioner_id "
                                             "from practitioner_key where account = $1 order by label");

    db_bind_integer(call, account);
    db_send(db, call, done, argument);
}

void practitioner_key_resolve(struct db *db, int64_t account, const char *label, const char *cliniko_user,
                              const char *practitioner_id, db_done_fn *done, void *argument)
{
    struct db_call *call =
        db_call_new("practitioner_key_resolve", "update practitioner_key set cliniko_user = $3, practitioner_id = $4 "
                                                "where account = $1 and label = $2");

    db_bind_integer(call, account);
    db_bind_text(call, label);
    db_bind_text(call, cliniko_user);
    db_bind_text(call, practitioner_id);
    db_send(db, call, done, argument);
}
