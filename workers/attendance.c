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
    struct fault fault;
};

static void open_attendances(struct sender *sender)
{
    sender->state = x_alloc(sizeof(struct attendances));
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

static void on_listed(void *argument, const struct fault *fault)
{
    struct sender *sender = argument;
    struct attendances *state = sender->state;
    struct item *next = NULL;

    state->list = NULL;
    if (!fault && state->fault.kind != FAULT_NONE)
        fault = &state->fault;
    for (struct item *item = sender->items; item && !fault; item = next) {
        next = item->after;
        if (item->state == ITEM_LOADED && !item->target_id)
            sender_skip(item, "Cliniko shows no attendee for its appointment");
    }
    sender_prepared(sender, fault);
}

static void prepare_attendances(struct sender *sender)
{
    struct attendances *state = sender->state;
    struct text ids;
    struct text path;
    size_t count = 0;

    text_init(&ids, PATH_SIZE_MAX);
    text_init(&path, PATH_SIZE_MAX);
    for (struct item *item = sender->items; item; item = item->after)
        if (item->state == ITEM_LOADED && !item->target_id)
            text_printf(&ids, "%s%s", count++ ? "," : "", item->parent_id);
    if (count == 0) {
        sender_prepared(sender, NULL);
    } else {
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
}

static bool compose_attendance(struct sender *sender, const struct item *item, const struct json *payload,
                               struct text *path, struct text *body, struct fault *fault)
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

static bool compose_cancellation(struct sender *sender, const struct item *item, const struct json *payload,
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
