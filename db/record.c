#include "db/record.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/must.h"

struct staged {
    int64_t ordinal;
    enum entity entity;
    char *source_key;
    char *payload;
    char *problem;
    char *warning;
    bool left_behind;
};

struct record_batch {
    struct staged *records;
    size_t count;
    size_t room;
};

int64_t record_first_ordinal(enum entity entity)
{
    return entity * RECORD_ENTITY_STRIDE;
}

struct record_batch *record_batch_new(void)
{
    return x_alloc(sizeof(struct record_batch));
}

void record_batch_destroy(struct record_batch **place)
{
    struct record_batch *batch = *place;

    *place = NULL;
    if (!batch)
        return;
    for (size_t i = 0; i < batch->count; i++) {
        free(batch->records[i].source_key);
        free(batch->records[i].payload);
        free(batch->records[i].problem);
        free(batch->records[i].warning);
    }
    free(batch->records);
    free(batch);
}

size_t record_batch_count(const struct record_batch *batch)
{
    return batch->count;
}

static struct staged *batch_next(struct record_batch *batch)
{
    if (batch->count == batch->room) {
        batch->room = batch->room ? batch->room * 2 : 64;
        batch->records = x_grow_array(batch->records, batch->room, sizeof batch->records[0]);
    }
    return &batch->records[batch->count++];
}

void record_batch_add(struct record_batch *batch, int64_t ordinal, enum entity entity, const char *source_key,
                      struct slice payload, const char *problem, const char *warning)
{
    *batch_next(batch) = (struct staged){.ordinal = ordinal,
                                         .entity = entity,
                                         .source_key = x_strdup(source_key),
                                         .payload = x_strndup(payload.data, payload.size),
                                         .problem = x_strdup(problem),
                                         .warning = x_strdup(warning)};
}

void record_batch_leave(struct record_batch *batch, int64_t ordinal, enum entity entity, const char *source_key,
                        const char *reason)
{
    *batch_next(batch) = (struct staged){.ordinal = ordinal,
                                         .entity = entity,
                                         .source_key = x_strdup(source_key),
                                         .payload = x_strdup("{}"),
                                         .problem = x_strdup(reason),
                                         .left_behind = true};
}

static void bind_lease(struct db_call *call, int64_t transfer, int64_t task, int64_t token)
{
    db_bind_integer(call, transfer);
    db_bind_integer(call, task);
    db_bind_integer(call, token);
}

#define HAS_LEASE "exists (select from task where id = $2 and lease_token = $3 and state = 'leased')"

void record_clear(struct db *db, int64_t transfer, int64_t task, int64_t token, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "record_clear", "with counts as (delete from transfer_entity where transfer = $1 and " HAS_LEASE ") "
                        "delete from record where transfer = $1 and " HAS_LEASE);

    bind_lease(call, transfer, task, token);
    db_send(db, call, done, argument);
}

/* One text member of all records, as an array. */
static void bind_texts(struct db_call *call, const struct record_batch *batch, size_t offset)
{
    db_array_begin(call);
    for (size_t i = 0; i < batch->count; i++)
        db_array_add(call, *(char *const *)(const void *)((const char *)&batch->records[i] + offset));
    db_array_end(call);
}

void record_stage(struct db *db, int64_t transfer, int64_t task, int64_t token, struct record_batch **place,
                  db_done_fn *done, void *argument)
{
    struct record_batch *batch = *place;
    /* A record that stands there with the same ordinal is this very call, run before the connection was lost. */
    struct db_call *call = db_call_new(
        "record_stage",
        "with batch as (select * from unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], "
        "    $10::text[]) as b (ordinal, entity, source_key, payload, problem, warning, state) where " HAS_LEASE "), "
        "staged as (insert into record (transfer, ordinal, entity, source_key, payload, state, problem, warning) "
        "  select $1, ordinal, entity, source_key, payload::jsonb, state, problem, warning from batch "
        "  on conflict do nothing returning ordinal) "
        "select b.ordinal from batch b where not exists (select from staged s where s.ordinal = b.ordinal) and "
        "  not exists (select from record r where r.transfer = $1 and r.ordinal = b.ordinal)");

    bind_lease(call, transfer, task, token);
    db_array_begin(call);
    for (size_t i = 0; i < batch->count; i++)
        db_array_add_integer(call, batch->records[i].ordinal);
    db_array_end(call);
    db_array_begin(call);
    for (size_t i = 0; i < batch->count; i++)
        db_array_add(call, entity_facts(batch->records[i].entity)->name);
    db_array_end(call);
    bind_texts(call, batch, offsetof(struct staged, source_key));
    bind_texts(call, batch, offsetof(struct staged, payload));
    bind_texts(call, batch, offsetof(struct staged, problem));
    bind_texts(call, batch, offsetof(struct staged, warning));
    db_array_begin(call);
    for (size_t i = 0; i < batch->count; i++)
        db_array_add(call, batch->records[i].left_behind ? "left" : batch->records[i].problem ? "excluded" : "staged");
    db_array_end(call);
    record_batch_destroy(place);
    db_send(db, call, done, argument);
}

/* The window is cut first, along the primary key, and parent and link of each record are then looked up by one probe
 * each: what the planner believes about tables that grow while it works must not matter. */
#define ID_BEHIND(entity, member)                                                                                      \
    "(select m.cliniko_id from id_map m where m.account = w.account and m.system = w.system and m.entity = " entity    \
    " and m.source_key = w.payload ->> " member ")"
#define PARENT_AND_LINK_ID ID_BEHIND("$5", "$6") ", " ID_BEHIND("$7", "$8")

static void bind_window(struct db_call *call, int64_t transfer, enum entity entity, int64_t from, int64_t last,
                        int64_t most)
{
    const struct entity_facts *facts = entity_facts(entity);

    db_bind_integer(call, transfer);
    db_bind_integer(call, from);
    db_bind_integer(call, last);
    db_bind_integer(call, most);
    db_bind_text(call, facts->parent ? entity_facts(facts->parent_entity)->name : NULL);
    db_bind_text(call, facts->parent);
    db_bind_text(call, facts->link ? entity_facts(facts->link_entity)->name : NULL);
    db_bind_text(call, facts->link);
}

void record_load(struct db *db, int64_t transfer, enum entity entity, int64_t from, int64_t last, int64_t most,
                 db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "record_load",
        "with w as materialized (select r.ordinal, r.source_key, r.payload, r.state, r.sent_at, r.sent_there, "
        "    t.account, t.system "
        "    from record r join transfer t on t.id = r.transfer "
        "    where r.transfer = $1 and r.ordinal between $2 and $3 and r.state in ('staged', 'sending') "
        "    order by r.ordinal limit $4) "
        "select w.ordinal, w.source_key, w.payload::text, w.state = 'sending', "
        "  (extract(epoch from now() - case when w.state = 'sending' then greatest(w.sent_at, "
        "    (select max(k.lease_ended_at) from task k where k.transfer = $1 and w.ordinal between k.first and k.last)) "
        "    end) * 1000)::bigint, "
        "  to_char(coalesce(w.sent_there, w.sent_at) at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), "
        "  (select m.cliniko_id from id_map m where m.account = w.account and m.system = w.system and "
        "    m.entity = $9 and m.source_key = w.source_key), " PARENT_AND_LINK_ID " from w order by w.ordinal");

    bind_window(call, transfer, entity, from, last, most);
    db_bind_text(call, entity_facts(entity)->name);
    db_send(db, call, done, argument);
}

void record_intend(struct db *db, int64_t transfer, int64_t task, int64_t token, const int64_t *ordinals,
                   const bool *in_doubt, size_t count, int64_t there, db_done_fn *done, void *argument)
{
    /* The times of a record in doubt stay: the look-up has to wait from the time at which it was sent. */
    struct db_call *call = db_call_new(
        "record_intend", "update record r set state = 'sending', lease_token = $3, "
                         "  sent_at = case when i.in_doubt then r.sent_at else now() end, "
                         "  sent_there = case when i.in_doubt then r.sent_there "
                         "    when $6 > 0 then to_timestamp($6) end, "
                         "  attempts = r.attempts + case when i.in_doubt then 0 else 1 end "
                         "from unnest($4::bigint[], $5::boolean[]) i (ordinal, in_doubt) "
                         "where r.transfer = $1 and r.ordinal = i.ordinal and r.state in ('staged', 'sending') and "
                         "  (r.state = 'staged' or r.lease_token = $3 or i.in_doubt) and " HAS_LEASE);

    bind_lease(call, transfer, task, token);
    db_array_begin(call);
    for (size_t i = 0; i < count; i++)
        db_array_add_integer(call, ordinals[i]);
    db_array_end(call);
    db_array_begin(call);
    for (size_t i = 0; i < count; i++)
        db_array_add(call, in_doubt && in_doubt[i] ? "t" : "f");
    db_array_end(call);
    db_bind_integer(call, there);
    db_send(db, call, done, argument);
}

#ifdef HANDOVER_UNJOURNALED
#define INTENDED "r.state in ('staged', 'sending') and $3 > 0"
#else
#define INTENDED "r.state = 'sending' and r.lease_token = $3"
#endif

void record_finish(struct db *db, int64_t transfer, int64_t task, int64_t token, const struct record_outcome *outcomes,
                   size_t count, db_done_fn *done, void *argument)
{
    /* A record that was never sent (skipped, matched) is still staged; all others must be held by this lease. */
    struct db_call *call = db_call_new(
        "record_finish",
        "with outcome as (select * from unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[]) "
        "    as o (ordinal, state, cliniko_id, problem, warning)), "
        "changed as (update record r set state = o.state, cliniko_id = o.cliniko_id, problem = o.problem, "
        "    warning = case when o.warning is null or position(o.warning in r.warning) > 0 then r.warning "
        "      else concat_ws('; ', r.warning, o.warning) end "
        "  from outcome o where r.transfer = $1 and r.ordinal = o.ordinal and "
        "    ((" INTENDED ") or "
        "     (r.state = 'staged' and o.state in ('skipped', 'matched') and " HAS_LEASE ")) "
        "  returning r.entity, r.source_key, r.state, r.cliniko_id), "
        "mapped as (insert into id_map (account, system, entity, source_key, cliniko_id, transfer) "
        "  select t.account, t.system, c.entity, c.source_key, c.cliniko_id, t.id "
        "  from changed c, transfer t where t.id = $1 and c.state in ('created', 'matched') and c.cliniko_id is not null "
        "  on conflict (account, system, entity, source_key) do update set cliniko_id = excluded.cliniko_id, "
        "    transfer = excluded.transfer, at = now() where id_map.entity in ('practitioner', 'business') or "
        "    id_map.cliniko_id = excluded.cliniko_id returning 1), "
        "counted as (update task k set created = k.created + c.created, failed = k.failed + c.failed, "
        "    skipped = k.skipped + c.skipped, attempts = case when c.created > 0 then 0 else k.attempts end, deaths = 0 "
        "  from (select count(*) filter (where state = 'created') as created, "
        "      count(*) filter (where state = 'failed') as failed, "
        "      count(*) filter (where state = 'skipped') as skipped from changed) c "
        "  where k.id = $2 and c.created + c.failed + c.skipped > 0) "
        "select (select count(*) from changed), "
        "  (select count(*) from changed where state in ('created', 'matched') and cliniko_id is not null) - "
        "  (select count(*) from mapped)");

    bind_lease(call, transfer, task, token);
    db_array_begin(call);
    for (size_t i = 0; i < count; i++)
        db_array_add_integer(call, outcomes[i].ordinal);
    db_array_end(call);
    db_array_begin(call);
    for (size_t i = 0; i < count; i++)
        db_array_add(call, record_state_name(outcomes[i].state));
    db_array_end(call);
    db_array_begin(call);
    for (size_t i = 0; i < count; i++)
        db_array_add(call, outcomes[i].cliniko_id);
    db_array_end(call);
    db_array_begin(call);
    for (size_t i = 0; i < count; i++)
        db_array_add(call, outcomes[i].problem);
    db_array_end(call);
    db_array_begin(call);
    for (size_t i = 0; i < count; i++)
        db_array_add(call, outcomes[i].warning);
    db_array_end(call);
    db_send(db, call, done, argument);
}

void idmap_load(struct db *db, int64_t account, const char *system, enum entity entity, db_done_fn *done,
                void *argument)
{
    struct db_call *call = db_call_new("idmap_load", "select source_key, cliniko_id from id_map "
                                                     "where account = $1 and system = $2 and entity = $3");

    db_bind_integer(call, account);
    db_bind_text(call, system);
    db_bind_text(call, entity_facts(entity)->name);
    db_send(db, call, done, argument);
}

void idmap_count(struct db *db, int64_t account, enum entity entity, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new("idmap_count", "select count(*) from id_map where account = $1 and entity = $2");

    db_bind_integer(call, account);
    db_bind_text(call, entity_facts(entity)->name);
    db_send(db, call, done, argument);
}

void idmap_taken(struct db *db, int64_t account, const char *system, enum entity entity, const char *const *ids,
                 size_t count, db_done_fn *done, void *argument)
{
    struct db_call *call =
        db_call_new("idmap_taken", "select cliniko_id, case when system = $4 then source_key end from id_map "
                                   "where account = $1 and entity = $2 and cliniko_id = any ($3::text[])");

    db_bind_integer(call, account);
    db_bind_text(call, entity_facts(entity)->name);
    db_array_begin(call);
    for (size_t i = 0; i < count; i++)
        db_array_add(call, ids[i]);
    db_array_end(call);
    db_bind_text(call, system);
    db_send(db, call, done, argument);
}

void record_verified(struct db *db, int64_t transfer, enum entity entity, int64_t verified, int64_t differing,
                     const int64_t *ordinals, char *const *differences, size_t count, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "record_verified", "with differing as (update record r set warning = concat_ws('; ', "
                           "    nullif(regexp_replace(r.warning, '(; )?Cliniko holds another .*$', ''), ''), "
                           "    'Cliniko holds another ' || d.difference) "
                           "  from unnest($4::bigint[], $5::text[]) d (ordinal, difference) "
                           "  where r.transfer = $1 and r.ordinal = d.ordinal returning r.ordinal) "
                           "update transfer_entity set verified = $3, differing = $6 "
                           "where transfer = $1 and entity = $2");

    db_bind_integer(call, transfer);
    db_bind_text(call, entity_facts(entity)->name);
    db_bind_integer(call, verified);
    db_array_begin(call);
    for (size_t i = 0; i < count; i++)
        db_array_add_integer(call, ordinals[i]);
    db_array_end(call);
    db_array_begin(call);
    for (size_t i = 0; i < count; i++)
        db_array_add(call, differences[i]);
    db_array_end(call);
    db_bind_integer(call, differing);
    db_send(db, call, done, argument);
}

void record_scan(struct db *db, int64_t transfer, enum entity entity, const char *state, int64_t after, int64_t most,
                 db_done_fn *done, void *argument)
{
    struct db_call *call =
        db_call_new("record_scan",
                    "with w as materialized (select r.ordinal, r.source_key, r.payload, r.cliniko_id, t.account, "
                    "    t.system from record r join transfer t on t.id = r.transfer "
                    "    where r.transfer = $1 and r.ordinal between $2 and $3 and r.state = $9 "
                    "    order by r.ordinal limit $4) "
                    "select w.ordinal, w.source_key, w.payload::text, w.cliniko_id, " PARENT_AND_LINK_ID
                    ", (select jsonb_agg(jsonb_build_array(f.part, f.size_bytes, f.cliniko_id) order by f.part)::text "
                    "     from uploaded_file f where f.transfer = $1 and f.ordinal = w.ordinal) "
                    "from w order by w.ordinal");
    int64_t first = record_first_ordinal(entity);

    bind_window(call, transfer, entity, after + 1 > first ? after + 1 : first, first + RECORD_ENTITY_STRIDE - 1, most);
    db_bind_text(call, state);
    db_send(db, call, done, argument);
}

/* What extraction left behind has no payload. */
void record_reconsider(struct db *db, int64_t transfer, int64_t task, int64_t token, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "record_reconsider",
        "with unmatched as (update record set state = 'staged', cliniko_id = null where transfer = $1 and "
        "    state = 'matched' and entity in ('business', 'practitioner', 'tax') and " HAS_LEASE "), "
        "back as (update record set state = 'staged', problem = null where transfer = $1 and state = 'left' and "
        "    payload <> '{}' and " HAS_LEASE " returning entity) "
        "update transfer_entity e set staged = e.staged + c.rows, left_behind = e.left_behind - c.rows "
        "from (select entity, count(*) as rows from back group by entity) c "
        "where e.transfer = $1 and e.entity = c.entity");

    bind_lease(call, transfer, task, token);
    db_send(db, call, done, argument);
}

void record_analyse(struct db *db, db_done_fn *done, void *argument)
{
    db_send(db, db_call_new("record_analyse", "analyze record"), done, argument);
}
