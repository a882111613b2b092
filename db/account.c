#include "db/account.h"

void account_put(struct db *db, const char *name, const char *shard, int64_t rate_per_minute,
                 const unsigned char *sealed, size_t sealed_size, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "account_put",
        "with put as (insert into account (name, shard, rate_per_minute) values ($1, $2, $3) "
        "  on conflict (name) do update set shard = excluded.shard, rate_per_minute = excluded.rate_per_minute "
        "  returning id), "
        "keyed as (insert into credential (account, sealed) select id, $4::bytea from put where $4 is not null "
        "  on conflict (account) do update set sealed = excluded.sealed, changed_at = now()), "
        "noted as (insert into audit (account, actor, event) "
        "  select id, current_setting('handover.actor'), 'account_key_set' from put where $4 is not null) "
        "select id from put");

    db_bind_text(call, name);
    db_bind_text(call, shard);
    db_bind_integer(call, rate_per_minute);
    if (sealed)
        db_bind_bytes(call, sealed, sealed_size);
    else
        db_bind_text(call, NULL);
    db_send(db, call, done, argument);
}

void account_load(struct db *db, int64_t account, db_done_fn *done, void *argument)
{
    struct db_call *call =
        db_call_new("account_load", "select a.name, a.shard, a.cliniko_user, a.rate_per_minute, c.sealed "
                                    "from account a left join credential c on c.account = a.id where a.id = $1");

    db_bind_integer(call, account);
    db_send(db, call, done, argument);
}

void account_set_user(struct db *db, int64_t account, const char *cliniko_user, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new("account_set_user", "update account set cliniko_user = $2 where id = $1");

    db_bind_integer(call, account);
    db_bind_text(call, cliniko_user);
    db_send(db, call, done, argument);
}

void account_find(struct db *db, const char *name, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "account_find", "select a.id, a.shard, (select m.cliniko_id from id_map m where m.account = a.id and "
                        "m.entity = 'business' order by m.at limit 1) from account a where a.name = $1");

    db_bind_text(call, name);
    db_send(db, call, done, argument);
}

void account_set_key(struct db *db, int64_t account, const unsigned char *sealed, size_t sealed_size, db_done_fn *done,
                     void *argument)
{
    struct db_call *call = db_call_new(
        "account_set_key",
        "with keyed as (insert into credential (account, sealed) values ($1, $2::bytea) "
        "  on conflict (account) do update set sealed = excluded.sealed, changed_at = now() returning account) "
        "insert into audit (account, actor, event) "
        "select account, current_setting('handover.actor'), 'account_key_set' from keyed returning account");

    db_bind_integer(call, account);
    db_bind_bytes(call, sealed, sealed_size);
    db_send(db, call, done, argument);
}
