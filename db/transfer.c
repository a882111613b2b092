#include "db/transfer.h"

#include "base/text.h"
#include "model/entity.h"

void transfer_create(struct db *db, const struct transfer_spec *spec, db_done_fn *done, void *argument)
{
    struct db_call *call =
        db_call_new("transfer_create", "insert into transfer (account, system, source, profile, options) "
                                       "values ($1, $2, $3, $4, $5::jsonb) returning id");

    db_bind_integer(call, spec->account);
    db_bind_text(call, spec->system);
    db_bind_text(call, spec->source);
    db_bind_text(call, spec->profile);
    db_bind_text(call, spec->options);
    db_send(db, call, done, argument);
}

void transfer_find_open(struct db *db, int64_t account, const char *system, const char *source, db_done_fn *done,
                        void *argument)
{
    struct db_call *call =
        db_call_new("transfer_find_open",
                    "select id, state from transfer where account = $1 and system = $2 and source = $3 and state in "
                    "('draft', 'extracting', 'preflight', 'waiting', 'scheduled', 'running', 'verifying', 'paused') "
                    "order by id desc limit 1");

    db_bind_integer(call, account);
    db_bind_text(call, system);
    db_bind_text(call, source);
    db_send(db, call, done, argument);
}

#define LIVE "('extracting', 'preflight', 'waiting', 'scheduled', 'running', 'verifying', 'paused')"

void transfer_find_live(struct db *db, int64_t account, const char *system, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "transfer_find_live", "select id, state from transfer where account = $1 and system = $2 and state in " LIVE);

    db_bind_integer(call, account);
    db_bind_text(call, system);
    db_send(db, call, done, argument);
}

void transfer_cancel_live(struct db *db, int64_t account, const char *system, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new("transfer_cancel_live",
                                       "update transfer set state = 'cancelled', reason = 'another one took its place' "
                                       "where account = $1 and system = $2 and state in " LIVE " returning id, state");

    db_bind_integer(call, account);
    db_bind_text(call, system);
    db_send(db, call, done, argument);
}

static void send_for(struct db *db, const char *name, const char *sql, int64_t transfer, db_done_fn *done,
                     void *argument)
{
    struct db_call *call = db_call_new(name, sql);

    db_bind_integer(call, transfer);
    db_send(db, call, done, argument);
}

void transfer_start(struct db *db, int64_t transfer, db_done_fn *done, void *argument)
{
    send_for(db, "transfer_start",
             "with moved as (update transfer set state = 'extracting', started_at = now() "
             "  where id = $1 and state = 'draft' returning id), "
             "planned as (insert into task (transfer, kind) select id, 'extract' from moved) "
             "select id from moved",
             transfer, done, argument);
}

void transfer_move(struct db *db, int64_t transfer, enum transfer_state from, enum transfer_state to,
                   const char *reason, db_done_fn *done, void *argument)
{
    struct db_call *call =
        db_call_new("transfer_move", "update transfer set state = $3, reason = $4 where id = $1 and state = $2");

    db_bind_integer(call, transfer);
    db_bind_text(call, transfer_state_name(from));
    db_bind_text(call, transfer_state_name(to));
    db_bind_text(call, reason);
    db_send(db, call, done, argument);
}

void transfer_pause(struct db *db, int64_t transfer, const char *reason, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "transfer_pause", "update transfer set state = 'paused', reason = $2 where id = $1 and state in "
                          "('extracting', 'preflight', 'scheduled', 'running', 'verifying') returning state");

    db_bind_integer(call, transfer);
    db_bind_text(call, reason);
    db_send(db, call, done, argument);
}

void transfer_resume(struct db *db, int64_t transfer, db_done_fn *done, void *argument)
{
    send_for(db, "transfer_resume",
             "with woken as (update task set not_before = now() where transfer = $1 and state = 'ready') "
             "update transfer set state = paused_from, reason = null where id = $1 and state = 'paused' "
             "returning state",
             transfer, done, argument);
}

void transfer_cancel(struct db *db, int64_t transfer, db_done_fn *done, void *argument)
{
    send_for(db, "transfer_cancel",
             "update transfer set state = 'cancelled', reason = 'cancelled by the operator' where id = $1 and state in "
             "('draft', 'extracting', 'preflight', 'waiting', 'scheduled', 'running', 'verifying', 'paused') "
             "returning state",
             transfer, done, argument);
}

void transfer_approve(struct db *db, int64_t transfer, db_done_fn *done, void *argument)
{
    send_for(db, "transfer_approve",
             "update transfer set state = 'scheduled', reason = null where id = $1 and state = 'waiting' "
             "and not exists (select from question where transfer = $1) returning state",
             transfer, done, argument);
}

void transfer_begin_preflight(struct db *db, int64_t transfer, db_done_fn *done, void *argument)
{
    send_for(db, "transfer_begin_preflight",
             "with moved as (update transfer set state = 'preflight' where id = $1 and state = 'extracting' "
             "  returning id) "
             "insert into task (transfer, kind) select id, 'preflight' from moved",
             transfer, done, argument);
}

void transfer_begin_verify(struct db *db, int64_t transfer, db_done_fn *done, void *argument)
{
    send_for(db, "transfer_begin_verify",
             "with moved as (update transfer set state = 'verifying' where id = $1 and state = 'running' "
             "  returning id) "
             "insert into task (transfer, kind) select id, 'verify' from moved",
             transfer, done, argument);
}

/* The entities that are sent, with their phases, as two array parameters. */
static void bind_phases(struct db_call *call)
{
    db_array_begin(call);
    for (int entity = 0; entity < ENTITY_COUNT; entity++)
        if (entity_facts((enum entity)entity)->phase)
            db_array_add(call, entity_facts((enum entity)entity)->name);
    db_array_end(call);
    db_array_begin(call);
    for (int entity = 0; entity < ENTITY_COUNT; entity++)
        if (entity_facts((enum entity)entity)->phase)
            db_array_add_integer(call, entity_facts((enum entity)entity)->phase);
    db_array_end(call);
}

void transfer_overview(struct db *db, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "transfer_overview",
        "select t.id, t.state, t.phase, "
        "  count(k.id) filter (where k.state in ('ready', 'leased')), "
        "  count(k.id) filter (where k.state = 'failed'), "
        "  coalesce(bool_or(k.state = 'done' and k.kind = case t.state when 'extracting' then 'extract' "
        "    when 'verifying' then 'verify' end), false), "
        "  (select min(p.phase) from unnest($1::text[], $2::integer[]) p (entity, phase) where p.phase > t.phase and "
        "    exists (select from transfer_entity e where e.transfer = t.id and e.entity = p.entity and e.staged > 0)), "
        "  coalesce((t.options ->> 'complete')::boolean, false), "
        "  min(k.problem) filter (where k.state = 'failed') "
        "from transfer t left join task k on k.transfer = t.id "
        "where t.state in ('extracting', 'scheduled', 'preflight', 'running', 'verifying', 'review') "
        "group by t.id order by t.id");

    bind_phases(call);
    db_send(db, call, done, argument);
}

void transfer_load(struct db *db, int64_t transfer, db_done_fn *done, void *argument)
{
    send_for(db, "transfer_load",
             "select t.account, t.system, t.source, t.profile, t.options::text, t.state, t.reason, t.phase, "
             "a.rate_per_minute, a.name, "
             "extract(epoch from coalesce(t.ended_at, now()) - coalesce(t.started_at, now()))::float8 "
             "from transfer t join account a on a.id = t.account where t.id = $1",
             transfer, done, argument);
}

void transfer_list(struct db *db, db_done_fn *done, void *argument)
{
    db_send(db,
            db_call_new("transfer_list",
                        "select t.id, a.name, t.state, t.source, to_char(t.created_at at time zone 'utc', "
                        "'YYYY-MM-DD HH24:MI') || ' UTC', t.reason "
                        "from transfer t join account a on a.id = t.account order by t.id desc limit 100"),
            done, argument);
}

void transfer_progress(struct db *db, int64_t transfer, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "transfer_progress",
        "select e.entity, e.staged, e.excluded, e.left_behind, e.warnings, sum(k.total), "
        "  sum(k.created), sum(k.failed), sum(k.skipped), count(*) filter (where k.state = 'leased'), "
        "  e.verified, e.differing "
        "from transfer_entity e "
        "left join task k on k.transfer = e.transfer and k.entity = e.entity "
        "where e.transfer = $1 group by e.transfer, e.entity order by array_position($2::text[], e.entity)");

    db_bind_integer(call, transfer);
    db_array_begin(call);
    for (int entity = 0; entity < ENTITY_COUNT; entity++)
        db_array_add(call, entity_facts((enum entity)entity)->name);
    db_array_end(call);
    db_send(db, call, done, argument);
}

void transfer_problems(struct db *db, int64_t transfer, int64_t most, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new("transfer_problems",
                                       "select entity, source_key, state, problem from record where transfer = $1 and "
                                       "state in ('skipped', 'excluded', 'failed') order by ordinal limit $2");

    db_bind_integer(call, transfer);
    db_bind_integer(call, most);
    db_send(db, call, done, argument);
}

void transfer_named_left(struct db *db, int64_t transfer, int64_t most, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new("transfer_named_left",
                                       "select entity, source_key, state, problem from record where transfer = $1 and "
                                       "state = 'left' order by ordinal limit $2");

    db_bind_integer(call, transfer);
    db_bind_integer(call, most);
    db_send(db, call, done, argument);
}

void transfer_warnings(struct db *db, int64_t transfer, int64_t most, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new("transfer_warnings",
                                       "select entity, source_key, 'warning', warning from record where transfer = $1 "
                                       "and warning is not null and state in ('created', 'matched') "
                                       "order by ordinal limit $2");

    db_bind_integer(call, transfer);
    db_bind_integer(call, most);
    db_send(db, call, done, argument);
}

void transfer_extent(struct db *db, int64_t transfer, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "transfer_extent",
        "with dated as (select entity, coalesce(payload ->> 'starts_at', payload ->> 'dated') as at from record "
        "  where transfer = $1 and state in ('staged', 'sending', 'created') and entity in ('appointment', "
        "    'unavailable_block', 'treatment_note', 'attachment', 'xray', 'letter')), "
        "found as (select count(*) filter (where entity = 'appointment' and at < clock.time) as past, "
        "    count(*) filter (where entity = 'appointment' and at >= clock.time) as to_come, "
        "    min(substr(at, 1, 10)) filter (where at ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}') as oldest "
        "  from dated, to_char(now() at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') as clock (time)) "
        "select past, to_come, oldest, "
        "  coalesce(oldest < to_char(now() - interval '10 years', 'YYYY-MM-DD'), false) from found");

    db_bind_integer(call, transfer);
    db_send(db, call, done, argument);
}

void transfer_count(struct db *db, int64_t transfer, const char *entity, int64_t left_behind, int64_t warnings,
                    db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "transfer_count",
        "insert into transfer_entity (transfer, entity, staged, excluded, left_behind, warnings) "
        "select $1, $2, count(*) filter (where state not in ('excluded', 'left')), "
        "  count(*) filter (where state = 'excluded'), $3 + count(*) filter (where state = 'left'), $4 "
        "from record where transfer = $1 and entity = $2 "
        "on conflict (transfer, entity) do update set staged = excluded.staged, excluded = excluded.excluded, "
        "left_behind = excluded.left_behind, warnings = excluded.warnings");

    db_bind_integer(call, transfer);
    db_bind_text(call, entity);
    db_bind_integer(call, left_behind);
    db_bind_integer(call, warnings);
    db_send(db, call, done, argument);
}
