/* Preflight: what has no match and matters is asked; what the clinic leaves behind is marked. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "db/question.h"
#include "workers/preflight.h"

enum { ASK_MAX = 600, DETAIL_MAX = 256 * 1024, REASON_MAX = 380 };

static bool any_open(const struct preflight *preflight, enum entity entity)
{
    for (size_t i = 0; i < preflight->open_count; i++)
        if (preflight->open[i].entity == entity)
            return true;
    return false;
}

static void on_counts(struct job *job, enum entity entity, const struct db_rows *rows, const struct fault *fault)
{
    struct preflight *preflight = job->state;

    if (preflight_is_over(job, fault))
        return;
    for (int row = 0; row < db_rows_count(rows); row++)
        for (size_t i = 0; i < preflight->open_count; i++)
            if (preflight->open[i].entity == entity && strcmp(preflight->open[i].key, db_text(rows, row, 0)) == 0)
                preflight->open[i].appointments = db_integer(rows, row, 1);
    preflight_proceed(job);
}

static void on_practitioner_counts(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    on_counts(argument, ENTITY_PRACTITIONER, rows, fault);
}

static void on_business_counts(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    on_counts(argument, ENTITY_BUSINESS, rows, fault);
}

void preflight_count_practitioners(struct job *job)
{
    if (any_open(job->state, ENTITY_PRACTITIONER))
        question_count_by(job->db, job->transfer, ENTITY_PRACTITIONER, on_practitioner_counts, job);
    else
        preflight_proceed(job);
}

void preflight_count_businesses(struct job *job)
{
    if (any_open(job->state, ENTITY_BUSINESS))
        question_count_by(job->db, job->transfer, ENTITY_BUSINESS, on_business_counts, job);
    else
        preflight_proceed(job);
}

static void on_left(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;

    (void)rows;
    if (!preflight_is_over(job, fault))
        preflight_proceed(job);
}

static void leave(struct job *job, enum entity entity, const char *reason)
{
    struct preflight *preflight = job->state;
    const char **keys = x_alloc_array(preflight->open_count + 1, sizeof keys[0]);
    size_t count = 0;

    for (size_t i = 0; i < preflight->open_count; i++)
        if (preflight->open[i].entity == entity && preflight->open[i].leave && preflight->open[i].appointments > 0)
            keys[count++] = preflight->open[i].key;
    if (count > 0)
        question_leave(job->db, job->transfer, entity, keys, count, reason, on_left, job);
    else
        preflight_proceed(job);
    free(keys);
}

void preflight_leave_practitioners(struct job *job)
{
    leave(job, ENTITY_PRACTITIONER, "by choice: its practitioner is not in Cliniko");
}

void preflight_leave_businesses(struct job *job)
{
    leave(job, ENTITY_BUSINESS, "by choice: its location is not in Cliniko");
}

/* Nobody needs a patient's file for a visit that stays behind or cannot be sent. */
void preflight_leave_walk_ins(struct job *job)
{
    question_leave_walk_ins(job->db, job->transfer, "a walk-in whose appointment stays behind", on_left, job);
}

static const struct match_list *list_of(const struct preflight *preflight, enum entity entity)
{
    return entity == ENTITY_PRACTITIONER ? &preflight->practitioners : &preflight->businesses;
}

static void put_choice(struct json_writer *writer, const char *value, const char *meaning)
{
    json_begin_object(writer);
    json_member_text(writer, "value", value);
    json_member_text(writer, "meaning", meaning);
    json_end_object(writer);
}

static char *detail_of(const struct preflight *preflight, const struct preflight_open *open)
{
    const struct match_list *list = list_of(preflight, open->entity);
    size_t proposal = 0;
    struct json_writer writer;
    struct text out;

    text_init(&out, DETAIL_MAX);
    json_write_init(&writer, &out);
    json_begin_object(&writer);
    json_member_text(&writer, "section", entity_facts(open->entity)->name);
    json_member_text(&writer, "key", open->key);
    json_key(&writer, "choices");
    json_begin_array(&writer);
    for (size_t i = 0; i < list->count; i++)
        put_choice(&writer, list->items[i].id, list->items[i].names[0]);
    put_choice(&writer, NULL, "leave these appointments behind");
    json_end_array(&writer);
    if (!(open->same && open->namesakes > 1) && match_propose(list, open->name, &proposal))
        json_member_text(&writer, "proposal", list->items[proposal].id);
    json_end_object(&writer);
    return text_take(&out);
}

static char *ask_of(const struct preflight_open *open)
{
    const char *what = open->entity == ENTITY_PRACTITIONER ? "practitioner" : "location";

    if (open->same && open->namesakes > 1)
        return x_sprintf(
            "Several %ss of the old system are called %s, but only one in Cliniko. Who there stands for this "
            "one (%s)?",
            what, open->name, open->key);
    if (open->same)
        return x_sprintf("The practitioner %s (%s) works at the clinic no longer, and somebody of that name is in "
                         "Cliniko. Who there shall have these appointments?",
                         open->name, open->key);
    if (open->several)
        return x_sprintf("Several %ss in Cliniko are called %s. Which one stands for %s (%s)?", what,
                         open->answer ? open->answer : open->name, open->name, open->key);
    if (open->answer)
        return x_sprintf("The %s %s, given for %s (%s), is not in Cliniko. Who stands for it?", what, open->answer,
                         open->name, open->key);
    return x_sprintf(
        "The %s %s (%s) is not in Cliniko. Create it there under the same name and look again, choose what "
        "stands for it, or leave its appointments behind?",
        what, open->name, open->key);
}

static void on_held(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;

    (void)rows;
    if (!preflight_is_over(job, fault))
        job_done(job);
}

/* Someone to whom no appointment points need not be asked for. */
static bool is_asked(const struct preflight_open *open)
{
    return !open->leave && !open->settled && open->appointments > 0;
}

static void hold(struct job *job, size_t count)
{
    struct preflight *preflight = job->state;
    struct question_row *rows = x_alloc_array(count, sizeof rows[0]);
    char **texts = x_alloc_array(count, 3 * sizeof texts[0]); /* id, question, detail of each */
    struct text reason;
    size_t at = 0;

    text_init(&reason, REASON_MAX);
    text_printf(&reason, "%zu %s open:", count, count == 1 ? "question is" : "questions are");
    for (size_t i = 0; i < preflight->open_count; i++) {
        const struct preflight_open *open = &preflight->open[i];

        if (!is_asked(open))
            continue;
        texts[3 * at] = x_sprintf("%s/%s", entity_facts(open->entity)->name, open->key);
        texts[3 * at + 1] = ask_of(open);
        texts[3 * at + 2] = detail_of(preflight, open);
        rows[at] = (struct question_row){texts[3 * at], texts[3 * at + 1], open->appointments, texts[3 * at + 2]};
        text_printf(&reason, "%s %s %s (%s)", at ? "," : "",
                    open->entity == ENTITY_PRACTITIONER ? "practitioner" : "location", open->name, open->key);
        at++;
    }
    question_hold(job->db, job->transfer, QUESTION_AT_PREFLIGHT, rows, at, text_string(&reason), on_held, job);
    text_release(&reason);
    for (size_t i = 0; i < 3 * at; i++)
        free(texts[i]);
    free(texts);
    free(rows);
}

void preflight_ask(struct job *job)
{
    struct preflight *preflight = job->state;
    size_t count = 0;

    for (size_t i = 0; i < preflight->open_count; i++)
        count += is_asked(&preflight->open[i]);
    if (count > 0 && preflight->findings.size == 0)
        hold(job, count);
    else
        preflight_proceed(job);
}
