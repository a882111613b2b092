#include "db/worker.h"

void worker_here(struct db *db, const char *name, const char *host, int64_t pid, const char *kinds, int64_t slots,
                 db_done_fn *done, void *argument)
{
    struct db_call *call =
        db_call_new("worker_here", "insert into worker (name, host, pid, kinds, slots) values ($1, $2, $3, $4, $5) "
                                   "on conflict (name) do update set kinds = excluded.kinds, slots = excluded.slots, "
                                   "state = 'here', seen_at = now()");

    db_bind_text(call, name);
    db_bind_text(call, host);
    db_bind_integer(call, pid);
    db_bind_text(call, kinds);
    db_bind_integer(call, slots);
    db_send(db, call, done, argument);
}

void worker_gone(struct db *db, const char *name, db_done_fn *done, void *argument)
{
    struct db_call *call =
        db_call_new("worker_gone", "update worker set state = 'gone', seen_at = now() where name = $1");

    db_bind_text(call, name);
    db_send(db, call, done, argument);
}

void worker_seen(struct db *db, const char *const *names, size_t count, db_done_fn *done, void *argument)
{
    struct db_call *call =
        db_call_new("worker_seen", "update worker set seen_at = now(), state = 'here' where name = any ($1::text[])");

    db_array_begin(call);
    for (size_t i = 0; i < count; i++)
        db_array_add(call, names[i]);
    db_array_end(call);
    db_send(db, call, done, argument);
}

void worker_list(struct db *db, db_done_fn *done, void *argument)
{
    db_send(db,
            db_call_new("worker_list",
                        "select w.name, w.host, w.pid, w.kinds, w.slots, "
                        "case when w.seen_at < now() - interval '15 seconds' then 'silent' else w.state end, "
                        "extract(epoch from now() - w.seen_at)::bigint, "
                        "(select count(*) from task k where k.state = 'leased' and k.leased_by = w.name) "
                        "from worker w where w.seen_at > now() - interval '1 minute' order by w.host, w.pid"),
            done, argument);
}

void worker_of_host(struct db *db, const char *host, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "worker_of_host", "select w.name, w.pid from worker w where w.host = $1 and (w.state = 'here' or exists "
                          "(select from task k where k.state = 'leased' and k.leased_by = w.name))");

    db_bind_text(call, host);
    db_send(db, call, done, argument);
}

/* A leader asks several times a second. One that has not for so long hangs or is cut off, and its connection may live
 * on for hours: the standby ends it, and with it the lock. */
#define LEADER_SILENCE "interval '4 seconds'"

void leader_try(struct db *db, db_done_fn *done, void *argument)
{
    /* 0x4c656164 is "Lead". A lock that this session holds already is not taken a second time. */
    db_send(
        db,
        db_call_new("leader_try",
                    "with holder as materialized (select l.pid from pg_locks l where l.locktype = 'advisory' and "
                    "    l.database = (select oid from pg_database where datname = current_database()) and "
                    "    l.objid = 1281712484 and l.granted), "
                    "ended as materialized (select pg_terminate_backend(a.pid) from holder h join pg_stat_activity a "
                    "    on a.pid = h.pid where a.pid <> pg_backend_pid() and a.state like 'idle%' and "
                    "    a.state_change < clock_timestamp() - " LEADER_SILENCE ") "
                    "select case when exists (select from holder where pid = pg_backend_pid()) then true "
                    "when exists (select from holder) then (select count(*) from ended) < 0 "
                    "else pg_try_advisory_lock(1281712484) end"),
        done, argument);
}
