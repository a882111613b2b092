#include "db/question.h"

static const char *stage_name(enum question_stage stage)
{
    return stage == QUESTION_AT_EXTRACTION ? "extracting" : "preflight";
}

void question_hold(struct db *db, int64_t transfer, enum question_stage stage, const struct question_row *questions,
                   size_t count, const char *reason, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "question_hold",
        "with held as (update transfer set state = 'waiting', reason = $3 where id = $1 and state = $2 returning id), "
        "cleared as (delete from question where transfer in (select id from held) and "
        "  not (id = any ($4::text[]))) "
        "insert into question (transfer, id, stage, place, ask, found, detail) "
        "select h.id, q.id, $2, q.place, q.ask, q.found, q.detail::jsonb from held h, "
        "  unnest($4::text[], $5::text[], $6::bigint[], $7::text[]) with ordinality "
        "  as q (id, ask, found, detail, place) "
        "on conflict (transfer, id) do update set stage = excluded.stage, place = excluded.place, ask = excluded.ask, "
        "found = excluded.found, detail = excluded.detail");

    db_bind_integer(call, transfer);
    db_bind_text(call, stage_name(stage));
    db_bind_text(call, reason);
    db_array_begin(call);
    for (size_t i = 0; i < count; i++)
        db_array_add(call, questions[i].id);
    db_array_end(call);
    db_array_begin(call);
    for (size_t i = 0; i < count; i++)
        db_array_add(call, questions[i].ask);
    db_array_end(call);
    db_array_begin(call);
    for (size_t i = 0; i < count; i++)
        db_array_add_integer(call, questions[i].found);
    db_array_end(call);
    db_array_begin(call);
    for (size_t i = 0; i < count; i++)
        db_array_add(call, questions[i].detail);
    db_array_end(call);
    db_send(db, call, done, argument);
}

void question_list(struct db *db, int64_t transfer, db_done_fn *done, void *argument)
{
    struct db_call *call =
        db_call_new("question_list", "select id, ask, found, detail::text from question where transfer = $1 "
                                     "order by place, id");

    db_bind_integer(call, transfer);
    db_send(db, call, done, argument);
}

/* Sections are merged member by member: an answer that is given again replaces the earlier one. The task of the stage
 * is planned anew; the one that asked is done. */
void question_answer(struct db *db, int64_t transfer, const char *answers, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "question_answer",
        "with stage as (select stage from question where transfer = $1 order by stage limit 1), "
        "merged as (select jsonb_object_agg(s.section, coalesce(t.options #> array['answers', s.section], '{}') || "
        "    coalesce($2::jsonb -> s.section, '{}')) as answers "
        "  from transfer t, (select jsonb_object_keys(coalesce(options -> 'answers', '{}')) as section from transfer "
        "    where id = $1 union select jsonb_object_keys($2::jsonb)) s where t.id = $1), "
        "moved as (update transfer t set state = stage.stage, reason = null, "
        "    options = jsonb_set(t.options, '{answers}', coalesce(merged.answers, '{}')) "
        "  from stage, merged where t.id = $1 and t.state = 'waiting' returning t.id, t.state), "
        "answered as (delete from question where transfer in (select id from moved)), "
        "over as (delete from task k using moved where k.transfer = moved.id and k.kind = case moved.state "
        "    when 'extracting' then 'extract' else 'preflight' end), "
        "planned as (insert into task (transfer, kind) select id, case state when 'extracting' then 'extract' "
        "    else 'preflight' end from moved) "
        "select state from moved");

    db_bind_integer(call, transfer);
    db_bind_text(call, answers);
    db_send(db, call, done, argument);
}

void question_count_by(struct db *db, int64_t transfer, enum entity entity, db_done_fn *done, void *argument)
{
    struct db_call *call =
        db_call_new("question_count_by", "select payload ->> $2, count(*) from record where transfer = $1 and "
                                         "entity in ('appointment', 'unavailable_block') and state = 'staged' "
                                         "and payload ->> $2 is not null group by 1");

    db_bind_integer(call, transfer);
    db_bind_text(call, entity_facts(entity)->name);
    db_send(db, call, done, argument);
}

void question_leave_walk_ins(struct db *db, int64_t transfer, const char *reason, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "question_leave_walk_ins",
        "with gone as (update record p set state = 'left', problem = $2 where transfer = $1 and entity = 'patient' and "
        "    state = 'staged' and payload @> '{\"walk_in\": true}' and not exists (select from record a where "
        "    a.transfer = $1 and a.entity = 'appointment' and a.state = 'staged' and "
        "    a.payload ->> 'patient' = p.source_key) returning entity, source_key), "
        "followed as (update record set state = 'left', problem = $2 where transfer = $1 and "
        "    entity in ('reminder_preference', 'archival') and state = 'staged' and payload ->> 'patient' in "
        "    (select source_key from gone) returning entity) "
        "update transfer_entity e set staged = e.staged - c.rows, left_behind = e.left_behind + c.rows "
        "from (select entity, count(*) as rows from (select entity from gone union all select entity from followed) a "
        "  group by entity) c where e.transfer = $1 and e.entity = c.entity");

    db_bind_integer(call, transfer);
    db_bind_text(call, reason);
    db_send(db, call, done, argument);
}

void question_used_zones(struct db *db, int64_t transfer, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "question_used_zones",
        "with used as (select payload ->> 'business' as business, payload ->> 'time_zone' as zone, count(*) as entries, "
        "    min(payload ->> 'starts_at') as first, max(payload ->> 'starts_at') as last from record "
        "  where transfer = $1 and entity in ('appointment', 'unavailable_block') and state = 'staged' group by 1, 2) "
        "select b.source_key, b.payload::text, b.cliniko_id, u.zone, u.entries, u.first, u.last from used u "
        "join record b on b.transfer = $1 and b.entity = 'business' and b.source_key = u.business "
        "where b.state = 'matched' order by b.ordinal, u.zone");

    db_bind_integer(call, transfer);
    db_send(db, call, done, argument);
}

void question_leave(struct db *db, int64_t transfer, enum entity entity, const char *const *keys, size_t count,
                    const char *reason, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "question_leave",
        "with gone as (update record set state = 'left', problem = $4 where transfer = $1 and "
        "    entity in ('appointment', 'unavailable_block') and state = 'staged' and payload ->> $2 = any ($3::text[]) "
        "  returning entity, source_key), "
        "followed as (update record set state = 'left', problem = $4 where transfer = $1 and "
        "    entity in ('attendance', 'cancellation') and state = 'staged' and source_key in "
        "    (select source_key from gone where entity = 'appointment') returning entity) "
        "update transfer_entity e set staged = e.staged - c.rows, left_behind = e.left_behind + c.rows "
        "from (select entity, count(*) as rows from (select entity from gone union all select entity from followed) a "
        "  group by entity) c where e.transfer = $1 and e.entity = c.entity");

    db_bind_integer(call, transfer);
    db_bind_text(call, entity_facts(entity)->name);
    db_array_begin(call);
    for (size_t i = 0; i < count; i++)
        db_array_add(call, keys[i]);
    db_array_end(call);
    db_bind_text(call, reason);
    db_send(db, call, done, argument);
}
