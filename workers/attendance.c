#include "workers/attendance.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cliniko/list.h"
#include "cliniko/object.h"
#include "cliniko/path.h"
#include "workers/doubt.h"

/* The ids of a window's attendees come by one list (API reference 5.14), so the window is as long as such a list. */
struct attendances {
    struct cliniko_list *list;
    size_t ids_most; /* in one list; fewer once a long one was refused */
    int64_t after;   /* ordinal: up to here the window was asked for */
    struct fault fault;
};

static void open_attendances(struct sender *sender)
{
    struct attendances *state = x_alloc(sizeof *state);

    state->ids_most = PATH_IDS_MAX;
    sender->state = state;
    sender_begin(sender);
}

static void close_attendances(struct sender *sender)
{
    struct attendances *state = sender->state;

    if (state->list)
        cliniko_list_cancel(&state->list);
    free(state);
}

/* A list that rests between two attempts would hold up the stop for a minute. */
static void stop_attendances(struct sender *sender)
{
    struct attendances *state = sender->state;

    if (!state->list)
        return;
    cliniko_list_cancel(&state->list);
    sender_prepared(sender, NULL);
}

static bool on_page(void *argument, const struct json *objects, int64_t total_entries)
{
    struct sender *sender = argument;
    struct attendances *state = sender->state;

    (void)total_entries;
    for (const struct json *object = json_first(objects); object; object = json_next(object)) {
        struct cliniko_attendee attendee;

        if (!object_read_attendee(object, &attendee, &state->fault))
            return false;
        for (struct item *item = sender->items; item; item = item->after)
            if (item->state == ITEM_LOADED && !item->target_id && strcmp(item->parent_id, attendee.booking_id) == 0)
                item->target_id = x_strdup(attendee.id);
    }
    return true;
}

static void ask_attendees(struct sender *sender);

/* How long a list may be is not documented (API reference 11): a service that refuses a long one gets shorter ones. */
static bool is_too_long(const struct attendances *state, const struct fault *fault)
{
    return fault && fault->kind == FAULT_REFUSED && state->ids_most > PATH_IDS_SAFE &&
           (fault->code == 400 || fault->code == 413 || fault->code == 414 || fault->code == 422);
}

static void skip_unknown(struct sender *sender)
{
    struct item *next = NULL;

    for (struct item *item = sender->items; item; item = next) {
        next = item->after;
        if (item->state == ITEM_LOADED && !item->target_id)
            sender_skip(item, "Cliniko shows no attendee for its appointment");
    }
}

static void on_listed(void *argument, const struct fault *fault)
{
    struct sender *sender = argument;
    struct attendances *state = sender->state;

    state->list = NULL;
    if (is_too_long(state, fault)) {
        log_fault(LOG_WARN, &sender->job->log, "long_list_refused", fault);
        state->ids_most = PATH_IDS_SAFE;
        state->after = 0;
        ask_attendees(sender);
        return;
    }
    if (!fault && state->fault.kind != FAULT_NONE)
        fault = &state->fault;
    if (fault)
        sender_prepared(sender, fault);
    else
        ask_attendees(sender);
}

/* Asks for the next attendees of the window that are not known; when there are none, the window is prepared. */
static void ask_attendees(struct sender *sender)
{
    struct attendances *state = sender->state;
    struct text ids;
    struct text path;
    size_t count = 0;

    text_init(&ids, PATH_SIZE_MAX);
    text_init(&path, PATH_SIZE_MAX);
    for (struct item *item = sender->items; item && count < state->ids_most; item = item->after) {
        if (item->state != ITEM_LOADED || item->target_id || item->ordinal <= state->after)
            continue;
        text_printf(&ids, "%s%s", count++ ? "," : "", item->parent_id);
        state->after = item->ordinal;
    }
    if (count > 0) {
        text_puts(&path, PATH_ATTENDEES);
        path_put_filter(&path, "booking_id", "=", text_string(&ids));
        state->list = cliniko_list_start(
            sender->job->context->client,
            &(struct cliniko_list_request){
                .path = text_string(&path), .array = "attendees", .action = "list attendees", .attempts = 5},
            on_page, on_listed, sender);
    }
    text_release(&ids);
    text_release(&path);
    if (count == 0) {
        skip_unknown(sender);
        sender_prepared(sender, NULL);
    }
}

static void prepare_attendances(struct sender *sender)
{
    struct attendances *state = sender->state;

    state->after = 0;
    ask_attendees(sender);
}

static bool compose_attendance(struct sender *sender, struct item *item, const struct json *payload, struct text *path,
                               struct text *body, struct fault *fault)
{
    struct body_ids ids = {0};

    (void)sender;
    path_put_object(path, PATH_ATTENDEES, item->target_id, NULL);
    return body_write(ENTITY_ATTENDANCE, item->key, payload, &ids, body, fault);
}

const struct sender_entity attendance_entity = {
    .method = HTTP_PATCH,
    .effect = CLINIKO_REPEATABLE,
    .action = "record attendance",
    .window = PATH_IDS_MAX,
    .open = open_attendances,
    .close = close_attendances,
    .stop = stop_attendances,
    .prepare = prepare_attendances,
    .compose = compose_attendance,
};

static bool compose_cancellation(struct sender *sender, struct item *item, const struct json *payload,
                                 struct text *path, struct text *body, struct fault *fault)
{
    struct body_ids ids = {0};

    (void)sender;
    path_put_object(path, PATH_INDIVIDUAL_APPOINTMENTS, item->parent_id, "cancel");
    return body_write(ENTITY_CANCELLATION, item->key, payload, &ids, body, fault);
}

static void on_cancelled_looked(void *argument, const struct cliniko_answer *answer, const struct fault *fault)
{
    struct item *item = argument;
    struct cliniko_appointment appointment;
    struct fault own = {0};

    item->call = NULL;
    if (fault && fault->kind == FAULT_REFUSED)
        sender_absent(item);
    else if (fault)
        sender_look_failed(item, fault);
    else if (!object_read_appointment(answer->json, &appointment, &own))
        sender_look_failed(item, &own);
    else if (appointment.cancelled)
        sender_found(item, appointment.id);
    else
        sender_absent(item);
}

/* A repeated cancel may be answered 404 or 422 (API reference 7): the appointment itself tells. */
static void look_up_cancellation(struct item *item)
{
    struct text path;

    text_init(&path, PATH_SIZE_MAX);
    path_put_object(&path, PATH_INDIVIDUAL_APPOINTMENTS, item->parent_id, NULL);
    path_put_filter(&path, "cancelled_at", "*", "");
    doubt_ask(item, &path, "read appointments", on_cancelled_looked);
    text_release(&path);
}

const struct sender_entity cancellation_entity = {
    .method = HTTP_PATCH,
    .effect = CLINIKO_REPEATABLE,
    .action = "cancel appointments",
    .compose = compose_cancellation,
    .look_up = look_up_cancellation,
};
