#include "db/task.h"

#include "model/entity.h"

/* The entities of a phase and the kinds of worker that send them, as two array parameters. */
static void bind_phase(struct db_call *call, int64_t phase)
{
    db_array_begin(call);
    for (int entity = 0; entity < ENTITY_COUNT; entity++)
        if (entity_facts((enum entity)entity)->phase == phase)
            db_array_add(call, entity_facts((enum entity)entity)->name);
    db_array_end(call);
    db_array_begin(call);
    for (int entity = 0; entity < ENTITY_COUNT; entity++)
        if (entity_facts((enum entity)entity)->phase == phase)
            db_array_add(call, entity_facts((enum entity)entity)->kind);
    db_array_end(call);
}

void task_adopt_known(struct db *db, int64_t transfer, int64_t phase, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "task_adopt_known",
        "update record r set state = 'created', cliniko_id = m.cliniko_id from transfer t, id_map m, "
        "unnest($2::text[], $3::text[]) p (entity, kind) "
        "where t.id = $1 and r.transfer = t.id and r.entity = p.entity and r.state in ('staged', 'sending') and "
        "m.account = t.account and m.system = t.system and m.entity = r.entity and m.source_key = r.source_key");

    db_bind_integer(call, transfer);
    bind_phase(call, phase);
    db_send(db, call, done, argument);
}

void task_adopt_doubtful(struct db *db, int64_t transfer, int64_t phase, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "task_adopt_doubtful",
        "update record r set state = 'sending', lease_token = o.lease_token, "
        "  sent_there = coalesce(o.sent_there, o.sent_at), sent_at = greatest(o.sent_at, (select max(k.lease_ended_at) "
        "    from task k where k.transfer = o.transfer and o.ordinal between k.first and k.last)) "
        "from transfer t, transfer earlier, record o, unnest($2::text[], $3::text[]) p (entity, kind) "
        "where t.id = $1 and r.transfer = t.id and r.entity = p.entity and r.state = 'staged' and "
        "earlier.account = t.account and earlier.system = t.system and earlier.id < t.id and "
        "earlier.state in ('cancelled', 'failed', 'undone') and o.transfer = earlier.id and o.state = 'sending' and "
        "o.entity = r.entity and o.source_key = r.source_key");

    db_bind_integer(call, transfer);
    bind_phase(call, phase);
    db_send(db, call, done, argument);
}

void task_plan_phase(struct db *db, int64_t transfer, int64_t after, int64_t phase, int64_t size, db_done_fn *done,
                     void *argument)
{
    struct db_call *call = db_call_new(
        "task_plan_phase",
        "with entered as (update transfer set phase = $5 where id = $1 and phase = $4 and state = 'running' "
        "  returning id, account), "
        "sliced as (select e.account, r.entity, p.kind, r.ordinal, "
        "    (row_number() over (partition by r.entity order by r.ordinal) - 1) / $6::bigint as slice "
        "  from entered e join record r on r.transfer = e.id "
        "  join unnest($2::text[], $3::text[]) p (entity, kind) on p.entity = r.entity "
        "  where r.state in ('staged', 'sending')) "
        "insert into task (transfer, kind, entity, phase, first, last, total, single_writer) "
        "select $1, kind, entity, $5, min(ordinal), max(ordinal), count(*), "
        "  case when kind = 'catalogue' then account end from sliced "
        "group by account, kind, entity, slice order by entity, slice");

    db_bind_integer(call, transfer);
    bind_phase(call, phase);
    db_bind_integer(call, after);
    db_bind_integer(call, phase);
    db_bind_integer(call, size);
    db_send(db, call, done, argument);
}

/* The state in which a transfer's tasks of a kind are worked on. */
#define STATE_FOR(task)                                                                                                \
    "case " task ".kind when 'extract' then 'extracting' when 'preflight' then 'preflight' when 'verify' then "        \
    "'verifying' else 'running' end"
#define STATE_FOR_KIND STATE_FOR("k")

void task_ready_kinds(struct db *db, db_done_fn *done, void *argument)
{
    db_send(db,
            db_call_new("task_ready_kinds", "select distinct k.kind from task k join transfer t on t.id = k.transfer "
                                            "where k.state = 'ready' and k.not_before <= now() and "
                                            "t.state = " STATE_FOR_KIND),
            done, argument);
}

/* A task keeps an account's limit busy at a few requests a second, so one for each 60 requests a minute is plenty; two
 * at least, so that the end of one does not leave the account idle. An account without a limit (0) takes 16. Each kind
 * has these to itself: attendances must not keep uploads, which wait for bandwidth, from beginning.
 *
 * Of the kind catalogue an account has one: equal names in those lists could not be told apart when a record of each of
 * two writers was in doubt (API reference 7). A unique index makes sure, should a coordinator that leads no more ask at
 * the same time.
 *
 * A task with which workers died is given to one that has nothing else, so that the next death is its own. Until there
 * is one, the first of its kind gets nothing more.
 *
 * A transfer waits for the last lease of an earlier one of the same system and account, which was cancelled: only then
 * is it known what that one sent. */
void task_lease(struct db *db, const char *kind, const char *worker, int64_t count, int64_t lease_ms, db_done_fn *done,
                void *argument)
{
    struct db_call *call = db_call_new(
        "task_lease",
        "with busy as (select t.account, count(*) as tasks from task k join transfer t on t.id = k.transfer "
        "  where k.state = 'leased' and k.kind = $1 group by t.account), "
        "candidate as (select k.id, coalesce(b.tasks, 0) + row_number() over (partition by t.account order by k.id) "
        "    as place, case when k.kind = 'catalogue' then 1 when a.rate_per_minute = 0 then 16 "
        "      else greatest(2, a.rate_per_minute / 60 + 1) end as most "
        "  from task k join transfer t on t.id = k.transfer join account a on a.id = t.account "
        "  left join busy b on b.account = t.account "
        "  where k.state = 'ready' and k.kind = $1 and k.not_before <= now() and t.state = " STATE_FOR_KIND " "
        "    and not exists (select from task h where h.leased_by = $2 and h.state = 'leased' and "
        "      (h.deaths >= 2 or k.deaths >= 2)) "
        "    and not (k.deaths < 2 and exists (select from task s join transfer u on u.id = s.transfer "
        "      where s.state = 'ready' and s.deaths >= 2 and s.not_before <= now() and u.state = " STATE_FOR(
            "s") " and "
                 "      $2 = (select min(w.name) from worker w where w.state = 'here' and "
                 "        s.kind = any (string_to_array(w.kinds, ','))))) "
                 "    and not exists (select from transfer e join task o on o.transfer = e.id where e.account = t.account and "
                 "      e.system = t.system and e.id < t.id and o.state = 'leased')), "
                 "picked as (select id from candidate where place <= most order by place, id limit $3) "
                 "update task k set state = 'leased', lease_token = nextval('lease_token'), leased_by = $2, "
                 "  lease_until = now() + $4 * interval '1 millisecond', attempts = k.attempts + 1 "
                 "from picked p, transfer t where k.id = p.id and k.state = 'ready' and t.id = k.transfer "
                 "returning k.id, k.lease_token, k.kind, k.transfer, t.account, k.entity, k.first, k.last");

    db_bind_text(call, kind);
    db_bind_text(call, worker);
    db_bind_integer(call, count);
    db_bind_integer(call, lease_ms);
    db_send(db, call, done, argument);
}

void task_renew(struct db *db, const char *worker, const int64_t *tokens, size_t count, int64_t lease_ms,
                db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "task_renew",
        "update task k set lease_until = now() + $3 * interval '1 millisecond' from transfer t "
        "where k.lease_token = any ($2::bigint[]) and k.state = 'leased' and k.leased_by = $1 and t.id = k.transfer "
        "returning k.lease_token, t.state in ('extracting', 'preflight', 'running', 'verifying')");

    db_bind_text(call, worker);
    db_array_begin(call);
    for (size_t i = 0; i < count; i++)
        db_array_add_integer(call, tokens[i]);
    db_array_end(call);
    db_bind_integer(call, lease_ms);
    db_send(db, call, done, argument);
}

/* A record without an outcome, since what was to be written of it was refused, keeps its task open. */
void task_done(struct db *db, int64_t task, int64_t token, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "task_done",
        "with open as (select exists (select from task k join record r on r.transfer = k.transfer and "
        "    r.ordinal between k.first and k.last and r.state in ('staged', 'sending') "
        "  where k.id = $1 and k.entity is not null) as is) "
        "update task k set state = case when o.is then 'ready' else 'done' end, leased_by = null, lease_until = null, "
        "  problem = null, ended_at = case when not o.is then now() end, "
        "  lease_ended_at = case when o.is then now() else k.lease_ended_at end, "
        "  not_before = case when o.is then now() + interval '5 seconds' else k.not_before end "
        "from open o where k.id = $1 and k.lease_token = $2 and k.state in ('leased', 'done')");

    db_bind_integer(call, task);
    db_bind_integer(call, token);
    db_send(db, call, done, argument);
}

void task_fail(struct db *db, int64_t task, int64_t token, const char *problem, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "task_fail", "update task set state = 'failed', leased_by = null, lease_until = null, problem = $3, "
                     "ended_at = now() where id = $1 and lease_token = $2 and state in ('leased', 'failed')");

    db_bind_integer(call, task);
    db_bind_integer(call, token);
    db_bind_text(call, problem);
    db_send(db, call, done, argument);
}

void task_return(struct db *db, int64_t task, int64_t token, int64_t delay_ms, const char *problem,
                 const struct task_patience *patience, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "task_return",
        "with held as (select id, attempts >= $5 and coalesce(stuck_since, now()) <= now() - $6 * "
        "    interval '1 millisecond' as tired from task "
        "  where id = $1 and lease_token = $2 and state = 'leased' for update), "
        "returned as (update task k set state = 'ready', leased_by = null, lease_until = null, problem = $4, "
        "    lease_ended_at = now(), deaths = 0, not_before = now() + $3 * interval '1 millisecond', "
        "    attempts = case when h.tired then 0 else k.attempts end, "
        "    stuck_since = case when not h.tired then coalesce(k.stuck_since, now()) end "
        "  from held h where k.id = h.id returning k.transfer, h.tired) "
        "update transfer t set state = 'paused', reason = $4 from returned r where t.id = r.transfer and r.tired and "
        "t.state in ('extracting', 'preflight', 'running', 'verifying')");

    db_bind_integer(call, task);
    db_bind_integer(call, token);
    db_bind_integer(call, delay_ms);
    db_bind_text(call, problem);
    db_bind_integer(call, patience ? patience->attempts : INT32_MAX);
    db_bind_integer(call, patience ? patience->ms : 0);
    db_send(db, call, done, argument);
}

/* On this host a death is seen as such (task_reap_worker); elsewhere a lease that ran out is all that is seen of it. */
void task_reap(struct db *db, const char *host, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "task_reap", "with late as (select id, leased_by from task where state = 'leased' and lease_until < now()) "
                     "update task k set state = 'ready', leased_by = null, lease_until = null, not_before = now(), "
                     "lease_ended_at = now(), "
                     "deaths = k.deaths + case when starts_with(late.leased_by, $1 || ':') then 0 else 1 end "
                     "from late where k.id = late.id and k.state = 'leased' and k.lease_until < now() "
                     "returning k.id, late.leased_by");

    db_bind_text(call, host);
    db_send(db, call, done, argument);
}

void task_reap_worker(struct db *db, const char *worker, db_done_fn *done, void *argument)
{
    struct db_call *call =
        db_call_new("task_reap_worker",
                    "with gone as (update worker set state = 'gone' where name = $1) "
                    "update task set state = 'ready', leased_by = null, lease_until = null, not_before = now(), "
                    "lease_ended_at = now(), deaths = deaths + 1 "
                    "where state = 'leased' and leased_by = $1 returning id");

    db_bind_text(call, worker);
    db_send(db, call, done, argument);
}

/* Its own deadline may lie as late as the end of the lease that is taken from it here, so a late commit is waited for
 * from there. */
void task_reap_silent(struct db *db, const char *worker, int64_t lease_ms, int64_t silent_ms, db_done_fn *done,
                      void *argument)
{
    struct db_call *call =
        db_call_new("task_reap_silent",
                    "update task set state = 'ready', leased_by = null, lease_until = null, not_before = now(), "
                    "lease_ended_at = lease_until, deaths = deaths + 1 where state = 'leased' and leased_by = $1 and "
                    "lease_until < now() + ($2::bigint - $3::bigint) * interval '1 millisecond' returning id");

    db_bind_text(call, worker);
    db_bind_integer(call, lease_ms);
    db_bind_integer(call, silent_ms);
    db_send(db, call, done, argument);
}

void task_return_unknown(struct db *db, const char *worker, const int64_t *tokens, size_t count, db_done_fn *done,
                         void *argument)
{
    struct db_call *call = db_call_new(
        "task_return_unknown",
        "update task set state = 'ready', leased_by = null, lease_until = null, not_before = now(), "
        "lease_ended_at = now() where state = 'leased' and leased_by = $1 and not (lease_token = any ($2::bigint[]))");

    db_bind_text(call, worker);
    db_array_begin(call);
    for (size_t i = 0; i < count; i++)
        db_array_add_integer(call, tokens[i]);
    db_array_end(call);
    db_send(db, call, done, argument);
}

/* A task with which workers died twice without getting anything done is cut in two; each half may then cost one more
 * worker before it is cut again. One record at which four died, the last two of them with nothing else to do, is given
 * up, by name: perhaps it is in Cliniko, since the worker may have died with its answer. */
void task_isolate(struct db *db, db_done_fn *done, void *argument)
{
    db_send(
        db,
        db_call_new(
            "task_isolate",
            "with deadly as materialized (select k.* from task k where k.state = 'ready' and k.deaths >= 2 and "
            "    k.entity is not null for update), "
            "open as (select k.id, r.ordinal, row_number() over (partition by k.id order by r.ordinal) as place, "
            "    count(*) over (partition by k.id) as records from deadly k join record r on r.transfer = k.transfer "
            "    and r.ordinal between k.first and k.last and r.state in ('staged', 'sending')), "
            "half as (select id, min(ordinal) filter (where place > records / 2) as second, "
            "    count(*) filter (where place > records / 2) as moved from open where records > 1 group by id), "
            "first as (update task k set last = h.second - 1, total = k.total - h.moved, deaths = 1 from half h "
            "  where k.id = h.id), "
            "second as (insert into task (transfer, kind, entity, phase, first, last, total, deaths, lease_ended_at, "
            "    single_writer) "
            "  select k.transfer, k.kind, k.entity, k.phase, h.second, k.last, h.moved, 1, k.lease_ended_at, "
            "    k.single_writer "
            "  from half h join deadly k on k.id = h.id), "
            "given_up as (update record r set state = 'failed', problem = 'a worker crashed each of ' || k.deaths || "
            "    ' times that it had this record; whether it is in Cliniko is not known' from open o "
            "    join deadly k on k.id = o.id where o.records = 1 and k.deaths >= 4 and r.transfer = k.transfer and "
            "    r.ordinal = o.ordinal returning k.id, r.source_key), "
            "counted as (update task k set failed = k.failed + 1, deaths = 0 from given_up g where k.id = g.id), "
            "stage as (select k.transfer from task k where k.state = 'ready' and k.entity is null and k.deaths >= 5), "
            "calm as (update task k set deaths = 0 where k.state = 'ready' and k.entity is null and k.deaths >= 5), "
            "paused as (update transfer t set state = 'paused', reason = 'five workers in a row crashed at the same "
            "task: see their logs; then resume' from stage s where t.id = s.transfer and t.state in ('extracting', "
            "  'preflight', 'running', 'verifying')) "
            "select d.id, h.second, g.source_key from deadly d left join half h on h.id = d.id "
            "left join given_up g on g.id = d.id where h.id is not null or g.id is not null"),
        done, argument);
}

void task_unwanted(struct db *db, db_done_fn *done, void *argument)
{
    db_send(db,
            db_call_new("task_unwanted",
                        "select k.id, k.lease_token, k.leased_by from task k join transfer t on t.id = k.transfer "
                        "where k.state = 'leased' and t.state not in ('extracting', 'preflight', 'running', "
                        "'verifying')"),
            done, argument);
}
