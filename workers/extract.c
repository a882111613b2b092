/* Kind "extract": one pass over the source, staged in batches; a few turns' worth of rows at a time, so that the loop
 * stays alive. An extraction that was interrupted begins anew. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "db/record.h"
#include "db/transfer.h"
#include "model/profile.h"
#include "source/extraction.h"
#include "workers/job.h"

enum {
    BATCH = 500,
    UNDER_WAY_MOST = 3,
    TURN_MS = 20,
};

struct extract {
    struct profile *profile;
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

/* Everything is staged: what came and what was left behind is counted, then the task is done. */
static void count(struct job *job)
{
    struct extract *extract = job->state;

    extract->under_way++;
    record_analyse(job->db, on_counted, job);
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        int64_t left_behind = 0;

        for (size_t i = 0; i < extraction_count_size(extract->extraction); i++) {
            struct extraction_count found = extraction_count_at(extract->extraction, i);

            if (found.entity == (enum entity)entity && !found.repeated)
                left_behind += (int64_t)found.rows;
        }
        if (extract->next_ordinal[entity] == 0 && left_behind == 0)
            continue;
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
        if (!extract->at_end)
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

static void start(struct job *job)
{
    struct extract *extract = x_alloc(sizeof *extract);
    struct extraction_options options = {.time_zone = option_text(job, "time_zone")};
    struct fault fault = {0};

    job->state = extract;
    extract->batch = record_batch_new();
    extract->step = loop_timer_new(job->loop, on_step, job);
    if (!profile_parse(job->context->profile, strlen(job->context->profile), &extract->profile, &fault) ||
        !extraction_open(job->context->source, extract->profile, &options, &extract->extraction, &fault)) {
        job_ended_by(job, &fault);
        return;
    }
    extract->under_way++;
    record_clear(job->db, job->transfer, job->task, job->token, on_cleared, job);
}

static void stop(struct job *job)
{
    struct extract *extract = job->state;

    if (extract->under_way == 0)
        job_returned(job, 0, NULL);
}

static void close_job(struct job *job)
{
    struct extract *extract = job->state;

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
