/* Kind "catalogue": creates appointment types. They carry no marker, so one in doubt is found by name and length among
 * those made since it was sent; types that stood there before are never adopted (requirement S0-83). */
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cliniko/list.h"
#include "cliniko/object.h"
#include "cliniko/path.h"
#include "workers/ids.h"
#include "workers/sender.h"

enum { CLOCK_SLACK_SECONDS = 300 }; /* API reference 7: the window begins five minutes early */

struct look {
    struct item *item;
    char *name;
    int duration;
    int64_t since;
    char found[ID_SIZE];
    struct fault fault;
};

struct catalogue {
    struct ids *ids;
    struct look look;
    struct cliniko_list *list;
};

static void on_ids(void *argument, const struct fault *fault)
{
    struct sender *sender = argument;

    if (fault)
        sender_give_up(sender, fault);
    sender_begin(sender);
}

static void open_types(struct sender *sender)
{
    static const enum entity entities[] = {ENTITY_PRACTITIONER, ENTITY_BUSINESS};
    struct catalogue *catalogue = x_alloc(sizeof *catalogue);

    sender->state = catalogue;
    catalogue->ids = ids_load(sender->job, entities, array_length(entities), on_ids, sender);
}

static void close_types(struct sender *sender)
{
    struct catalogue *catalogue = sender->state;

    if (catalogue->list)
        cliniko_list_cancel(&catalogue->list);
    string_free(&catalogue->look.name);
    ids_destroy(&catalogue->ids);
    free(catalogue);
}

static bool compose_type(struct sender *sender, const struct item *item, const struct json *payload, struct text *path,
                         struct text *body, struct fault *fault)
{
    struct catalogue *catalogue = sender->state;
    struct body_ids ids = {0};

    ids.practitioners = ids_all(catalogue->ids, ENTITY_PRACTITIONER, &ids.practitioner_count);
    ids.businesses = ids_all(catalogue->ids, ENTITY_BUSINESS, &ids.business_count);
    text_puts(path, PATH_APPOINTMENT_TYPES);
    return body_write(ENTITY_APPOINTMENT_TYPE, item->key, payload, &ids, body, fault);
}

static bool on_page(void *argument, const struct json *objects, int64_t total_entries)
{
    struct sender *sender = argument;
    struct look *look = &((struct catalogue *)sender->state)->look;

    (void)total_entries;
    for (const struct json *object = json_first(objects); object; object = json_next(object)) {
        struct cliniko_appointment_type type;
        int64_t created = 0;

        if (!object_read_appointment_type(object, &type, &look->fault) ||
            !instant_parse(slice_of(type.created_at), &created, &look->fault))
            return false;
        if (strcmp(type.name, look->name) == 0 && type.duration_minutes == look->duration && created >= look->since)
            memcpy(look->found, type.id, strlen(type.id) + 1);
    }
    return true;
}

static void on_listed(void *argument, const struct fault *fault)
{
    struct sender *sender = argument;
    struct catalogue *catalogue = sender->state;
    struct look *look = &catalogue->look;

    catalogue->list = NULL;
    if (!fault && look->fault.kind != FAULT_NONE)
        fault = &look->fault;
    if (fault)
        sender_look_failed(look->item, fault);
    else if (look->found[0])
        sender_found(look->item, look->found);
    else
        sender_absent(look->item);
}

static void look_up_type(struct item *item)
{
    struct sender *sender = item->sender;
    struct catalogue *catalogue = sender->state;
    struct look *look = &catalogue->look;
    scoped(json_destroy) struct json *payload = NULL;
    struct fault fault = {0};

    string_free(&look->name);
    *look = (struct look){.item = item};
    if (!json_parse(item->payload.data, item->payload.size, &payload, &fault) ||
        !instant_parse(slice_of(item->sent_at), &look->since, &fault)) {
        sender_look_failed(item, &fault);
        return;
    }
    look->since -= CLOCK_SLACK_SECONDS;
    look->name = x_strdup(json_text(json_member(payload, "name"), ""));
    look->duration = (int)json_number(json_member(payload, "duration_minutes"), 0);
    catalogue->list = cliniko_list_start(sender->job->context->client,
                                         &(struct cliniko_list_request){.path = PATH_APPOINTMENT_TYPES,
                                                                        .array = "appointment_types",
                                                                        .action = "list appointment types",
                                                                        .not_after_ms = sender->job->deadline_ms,
                                                                        .attempts = 1},
                                         on_page, on_listed, sender);
}

/* One writer for these small lists: their records have no marker, so two at once could not tell theirs apart. */
static const struct sender_entity type_entity = {
    .method = HTTP_POST,
    .effect = CLINIKO_CREATE,
    .action = "create appointment types",
    .open = open_types,
    .close = close_types,
    .compose = compose_type,
    .look_up = look_up_type,
};

static void start(struct job *job)
{
    sender_start(job, &type_entity);
}

const struct job_kind job_catalogue = {
    .name = "catalogue",
    .start = start,
    .stop = sender_stop,
    .close = sender_close,
};
