/* Kind "appointments": creates appointments. One in doubt is found by patient and start, compared in practitioner, type
 * and location, and adopted unless the ID map has it for another record: so true doubles of the old system stay two. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/must.h"
#include "cliniko/object.h"
#include "cliniko/path.h"
#include "db/record.h"
#include "workers/attendance.h"
#include "workers/doubt.h"
#include "workers/ids.h"
#include "workers/sender.h"

enum { CANDIDATES_MOST = 100, PATH_CAP = 4000 };

struct appointments {
    struct ids *ids;
    struct item *asked; /* the item whose look-up is under way; one at a time */
    char candidates[CANDIDATES_MOST][ID_SIZE];
    size_t candidate_count;
};

static void on_ids(void *argument, const struct fault *fault)
{
    struct sender *sender = argument;

    if (fault)
        sender_give_up(sender, fault);
    sender_begin(sender);
}

static void open_appointments(struct sender *sender)
{
    static const enum entity entities[] = {ENTITY_PRACTITIONER, ENTITY_BUSINESS, ENTITY_APPOINTMENT_TYPE};
    struct appointments *state = x_alloc(sizeof *state);

    sender->state = state;
    state->ids = ids_load(sender->job, entities, array_length(entities), on_ids, sender);
}

static void close_appointments(struct sender *sender)
{
    struct appointments *state = sender->state;

    db_forget(sender->job->db, state);
    ids_destroy(&state->ids);
    free(state);
}

static struct body_ids ids_of(const struct sender *sender, const struct item *item, const struct json *payload)
{
    const struct appointments *state = sender->state;

    return (struct body_ids){
        .of[ENTITY_PATIENT] = item->parent_id,
        .of[ENTITY_PRACTITIONER] =
            ids_find(state->ids, ENTITY_PRACTITIONER, json_text(json_member(payload, "practitioner"), NULL)),
        .of[ENTITY_BUSINESS] = ids_find(state->ids, ENTITY_BUSINESS, json_text(json_member(payload, "business"), NULL)),
        .of[ENTITY_APPOINTMENT_TYPE] =
            ids_find(state->ids, ENTITY_APPOINTMENT_TYPE, json_text(json_member(payload, "appointment_type"), NULL))};
}

static bool compose_appointment(struct sender *sender, const struct item *item, const struct json *payload,
                                struct text *path, struct text *body, struct fault *fault)
{
    struct body_ids ids = ids_of(sender, item, payload);

    text_puts(path, PATH_INDIVIDUAL_APPOINTMENTS);
    return body_write(ENTITY_APPOINTMENT, item->key, payload, &ids, body, fault);
}

static void on_taken(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct appointments *state = argument;
    struct item *item = state->asked;

    if (fault) {
        sender_look_failed(item, fault);
        return;
    }
    for (size_t i = 0; i < state->candidate_count; i++) {
        bool taken = false;

        for (int row = 0; row < db_rows_count(rows) && !taken; row++)
            taken = strcmp(db_text(rows, row, 0), state->candidates[i]) == 0;
        if (!taken) {
            sender_found(item, state->candidates[i]);
            return;
        }
    }
    sender_absent(item);
}

static bool collect_candidates(struct item *item, const struct json *objects, struct fault *fault)
{
    struct appointments *state = item->sender->state;
    scoped(json_destroy) struct json *payload = NULL;
    struct body_ids ids;

    state->candidate_count = 0;
    if (!json_parse(item->payload.data, item->payload.size, &payload, fault))
        return false;
    ids = ids_of(item->sender, item, payload);
    for (const struct json *object = json_first(objects); object && state->candidate_count < CANDIDATES_MOST;
         object = json_next(object)) {
        struct cliniko_appointment found;

        if (!object_read_appointment(object, &found, fault))
            return false;
        if (ids.of[ENTITY_PRACTITIONER] && ids.of[ENTITY_BUSINESS] && ids.of[ENTITY_APPOINTMENT_TYPE] &&
            strcmp(found.practitioner_id, ids.of[ENTITY_PRACTITIONER]) == 0 &&
            strcmp(found.business_id, ids.of[ENTITY_BUSINESS]) == 0 &&
            strcmp(found.appointment_type_id, ids.of[ENTITY_APPOINTMENT_TYPE]) == 0)
            memcpy(state->candidates[state->candidate_count++], found.id, strlen(found.id) + 1);
    }
    return true;
}

static void on_looked(void *argument, const struct cliniko_answer *answer, const struct fault *fault)
{
    struct item *item = argument;
    struct sender *sender = item->sender;
    struct appointments *state = sender->state;
    struct fault own = {0};
    const char *ids[CANDIDATES_MOST];

    item->call = NULL;
    if (!fault && !collect_candidates(item, json_member(answer->json, "individual_appointments"), &own))
        fault = &own;
    if (fault) {
        sender_look_failed(item, fault);
        return;
    }
    for (size_t i = 0; i < state->candidate_count; i++)
        ids[i] = state->candidates[i];
    state->asked = item;
    idmap_taken(sender->job->db, sender->job->context->account, ENTITY_APPOINTMENT, ids, state->candidate_count,
                on_taken, state);
}

static void look_up_appointment(struct item *item)
{
    scoped(string_free) char *starts_at = item_member(item, "starts_at");
    struct text path;

    text_init(&path, PATH_CAP);
    text_puts(&path, PATH_INDIVIDUAL_APPOINTMENTS);
    path_put_filter(&path, "patient_id", "=", item->parent_id);
    path_put_filter(&path, "starts_at", ">=", starts_at ? starts_at : "");
    path_put_filter(&path, "starts_at", "<=", starts_at ? starts_at : "");
    path_put_filter(&path, "archived_at", "*", "");
    path_put_filter(&path, "cancelled_at", "*", "");
    path_put_parameter(&path, "per_page", "100");
    doubt_ask(item, &path, "look for appointments", on_looked);
    text_release(&path);
}

static const struct sender_entity appointment_entity = {
    .method = HTTP_POST,
    .effect = CLINIKO_CREATE,
    .action = "create appointments",
    .open = open_appointments,
    .close = close_appointments,
    .compose = compose_appointment,
    .look_up = look_up_appointment,
};

static void start(struct job *job)
{
    const struct sender_entity *entity = &appointment_entity;

    if (job->entity == ENTITY_ATTENDANCE)
        entity = &attendance_entity;
    else if (job->entity == ENTITY_CANCELLATION)
        entity = &cancellation_entity;
    else
        must(job->entity == ENTITY_APPOINTMENT);
    sender_start(job, entity);
}

const struct job_kind job_appointments = {
    .name = "appointments",
    .start = start,
    .stop = sender_stop,
    .close = sender_close,
};
