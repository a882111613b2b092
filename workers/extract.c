/* Kind "extract": one pass over the source, staged in batches; a few turns' worth of rows at a time, so that the loop
 * stays alive. An extraction that was interrupted begins anew. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "db/left_behind.h"
#include "db/record.h"
#include "db/transfer.h"
#include "db/upload.h"
#include "model/profile.h"
#include "source/extraction.h"
#include "workers/attachments.h"
#include "workers/job.h"
#include "workers/questions.h"

enum {
    BATCH = 500,
    UNDER_WAY_MOST = 3,
    TURN_MS = 20,
};

struct extract {
    struct profile *profile;
    struct questions_stage *questions;
    struct extraction *extraction;
    struct record_batch *batch;
    struct loop_timer *step;
    int64_t next_ordinal[ENTITY_COUNT];
    int64_t warnings[ENTITY_COUNT];
    int64_t excluded;
    int under_way; /* statements without an answer */
    bool at_end;
};

static void end_by(struct job *job, const struct fault *fault)
{
    if (!job->ended)
        job_ended_by(job, fault);
}

static void on_counted(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;
    struct extract *extract = job->state;

    (void)rows;
    extract->under_way--;
    if (fault)
        end_by(job, fault);
    else if (extract->under_way == 0 && !job->ended)
        job_done(job);
}

/* Rows that rules of the profile leave behind without naming them: "appointments: deleted in the diary". */
static void add_rows_left(const struct extraction *extraction, struct left_batch *batch)
{
    for (size_t i = 0; i < extraction_count_size(extraction); i++) {
        struct extraction_count found = extraction_count_at(extraction, i);
        scoped(string_free) char *what = x_sprintf("%s: %s", entity_facts(found.entity)->plural, found.reason);

        if (!found.repeated && !found.named && found.rows > 0)
            left_batch_add(batch, what, found.rows, 0, true, NULL);
    }
}

static void store_left_behind(struct job *job)
{
    struct extract *extract = job->state;
    const struct left_behind *left = extraction_left_behind(extract->extraction);
    struct left_batch *batch = left_batch_new();

    add_rows_left(extract->extraction, batch);
    for (size_t i = 0; i < left_behind_size(left); i++) {
        struct left_entry entry = left_behind_at(left, i);
        bool counted = entry.table || entry.balances;

        if (!counted || entry.rows > 0)
            left_batch_add(batch, entry.what, entry.rows, entry.unread, counted, entry.advice);
    }
    for (size_t i = 0; i < left_behind_balance_size(left); i++) {
        struct left_balance balance = left_behind_balance_at(left, i);

        left_batch_add_balance(batch, balance.source_key, balance.amount);
    }
    extract->under_way++;
    left_behind_store(job->db, job->transfer, job->task, job->token, &batch, on_counted, job);
}

/* Everything is staged: what came and what was left behind is counted, then the task is done. */
static void count(struct job *job)
{
    struct extract *extract = job->state;

    extract->under_way++;
    record_analyse(job->db, on_counted, job);
    store_left_behind(job);
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        int64_t left_behind = 0;

        for (size_t i = 0; i < extraction_count_size(extract->extraction); i++) {
            struct extraction_count found = extraction_count_at(extract->extraction, i);

            if (found.entity == (enum entity)entity && !found.repeated && !found.named)
                left_behind += (int64_t)found.rows;
        }
        if (extract->next_ordinal[entity] == 0 && left_behind == 0)
            continue;
        if (attachments_carry((enum entity)entity)) {
            extract->under_way++;
            upload_order(job->db, job->transfer, job->task, job->token, (enum entity)entity, on_counted, job);
        }
        extract->under_way++;
        transfer_count(job->db, job->transfer, entity_facts((enum entity)entity)->name, left_behind,
                       extract->warnings[entity], on_counted, job);
    }
}

static void on_staged(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;
    struct extract *extract = job->state;
    struct fault own = {0};

    extract->under_way--;
    if (!fault && db_rows_count(rows) > 0) {
        fault_set(&own, FAULT_INTERNAL, "%d records of one batch have keys that were staged before",
                  db_rows_count(rows));
        fault = &own;
    }
    if (fault)
        end_by(job, fault);
    if (job->ended)
        return;
    if (job->stopping && extract->under_way == 0)
        job_returned(job, 0, NULL);
    else if (extract->at_end && extract->under_way == 0)
        count(job);
    else if (!extract->at_end && !job->stopping)
        loop_timer_start(extract->step, 0);
}

static void stage(struct job *job)
{
    struct extract *extract = job->state;

    if (record_batch_count(extract->batch) == 0)
        return;
    extract->under_way++;
    record_stage(job->db, job->transfer, job->task, job->token, &extract->batch, on_staged, job);
    extract->batch = record_batch_new();
}

static void add(struct extract *extract, const struct staged_record *record)
{
    int64_t ordinal = record_first_ordinal(record->entity) + ++extract->next_ordinal[record->entity];

    if (record->left_behind) {
        record_batch_leave(extract->batch, ordinal, record->entity, record->source_key, record->problem);
        return;
    }
    extract->warnings[record->entity] += record->warning != NULL;
    extract->excluded += record->problem != NULL;
    record_batch_add(extract->batch, ordinal, record->entity, record->source_key, record->payload, record->problem,
                     record->warning);
}

static void on_step(void *argument)
{
    struct job *job = argument;
    struct extract *extract = job->state;
    int64_t until_ms = clock_monotonic_ms() + TURN_MS;
    struct fault fault = {0};

    if (job->ended || job->stopping)
        return;
    while (!extract->at_end && extract->under_way < UNDER_WAY_MOST) {
        struct staged_record record = {0};

        if (!extraction_next(extract->extraction, &record, &extract->at_end, &fault)) {
            job_ended_by(job, &fault);
            return;
        }
        if (record.source_key)
            add(extract, &record);
        if (extract->at_end || record_batch_count(extract->batch) >= BATCH)
            stage(job);
        if (clock_monotonic_ms() >= until_ms)
            break;
    }
    if (!extract->at_end && extract->under_way < UNDER_WAY_MOST)
        loop_timer_start(extract->step, 0);
    else if (extract->at_end && extract->under_way == 0)
        count(job);
}

static void on_cleared(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;
    struct extract *extract = job->state;

    (void)rows;
    extract->under_way--;
    if (fault)
        end_by(job, fault);
    else if (job->stopping && !job->ended)
        job_returned(job, 0, NULL);
    else
        loop_timer_start(extract->step, 0);
}

static const char *option_text(const struct job *job, const char *name)
{
    return json_text(json_member(job->context->options, name), NULL);
}

/* No question is open any more: the answers decide what the rows become. */
static void open_source(struct job *job)
{
    struct extract *extract = job->state;
    struct extraction_options options = {.time_zone = option_text(job, "time_zone"),
                                         .answers = json_member(job->context->options, "answers")};
    struct fault fault = {0};

    if (!extraction_open(job->context->source, extract->profile, &options, &extract->extraction, &fault)) {
        job_ended_by(job, &fault);
        return;
    }
    extract->under_way++;
    record_clear(job->db, job->transfer, job->task, job->token, on_cleared, job);
}

static void on_questions(void *argument, bool held, const struct fault *fault)
{
    struct job *job = argument;

    if (job->ended)
        return;
    if (fault)
        job_ended_by(job, fault);
    else if (held)
        job_done(job);
    else if (job->stopping)
        job_returned(job, 0, NULL);
    else
        open_source(job);
}

static void start(struct job *job)
{
    struct extract *extract = x_alloc(sizeof *extract);
    struct fault fault = {0};

    job->state = extract;
    extract->batch = record_batch_new();
    extract->step = loop_timer_new(job->loop, on_step, job);
    if (profile_parse(job->context->profile, strlen(job->context->profile), &extract->profile, &fault))
        questions_start(job, extract->profile, on_questions, job, &extract->questions);
    else
        job_ended_by(job, &fault);
}

static void stop(struct job *job)
{
    struct extract *extract = job->state;

    if (extract->under_way == 0 && extract->extraction)
        job_returned(job, 0, NULL);
}

static void close_job(struct job *job)
{
    struct extract *extract = job->state;

    questions_stop(&extract->questions);
    record_batch_destroy(&extract->batch);
    extraction_close(&extract->extraction);
    profile_destroy(&extract->profile);
    loop_timer_destroy(&extract->step);
    free(extract);
}

const struct job_kind job_extract = {
    .name = "extract",
    .start = start,
    .stop = stop,
    .close = close_job,
};
