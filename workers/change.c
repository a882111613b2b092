#include "workers/change.h"

#include "cliniko/path.h"
#include "model/body.h"
#include "workers/doubt.h"

enum { PATH_CAP = 4000 };

struct change {
    struct sender_entity sender; /* first, so that a sender's entity leads back to its change */
    enum entity entity;
    const char *path;
    const char *look; /* "read patients" */
};

static const struct change *change_of(const struct sender *sender)
{
    return (const struct change *)(const void *)sender->entity;
}

static bool compose_archival(struct sender *sender, struct item *item, const struct json *payload, struct text *path,
                             struct text *body, struct fault *fault)
{
    (void)payload;
    (void)body;
    (void)fault;
    path_put_object(path, change_of(sender)->path, item->parent_id, "archive");
    return true;
}

static void on_looked(void *argument, const struct cliniko_answer *answer, const struct fault *fault)
{
    struct item *item = argument;

    item->call = NULL;
    if (fault && fault->kind == FAULT_REFUSED)
        sender_absent(item);
    else if (fault)
        sender_look_failed(item, fault);
    else if (json_is_text(json_member(answer->json, "archived_at")))
        sender_found(item, item->parent_id);
    else
        sender_absent(item);
}

/* A repeated archive may be answered 404 or 422 (API reference 7): the object itself tells. */
static void look_up_archival(struct item *item)
{
    const struct change *change = change_of(item->sender);
    struct text path;

    text_init(&path, PATH_CAP);
    path_put_object(&path, change->path, item->parent_id, NULL);
    path_put_filter(&path, "archived_at", "*", "");
    doubt_ask(item, &path, change->look, on_looked);
    text_release(&path);
}

static bool compose_preference(struct sender *sender, struct item *item, const struct json *payload, struct text *path,
                               struct text *body, struct fault *fault)
{
    struct body_ids ids = {.of[ENTITY_PATIENT] = item->parent_id};

    path_put_object(path, change_of(sender)->path, item->parent_id, NULL);
    return body_write(ENTITY_REMINDER_PREFERENCE, item->key, payload, &ids, body, fault);
}

#define ARCHIVES(what)                                                                                                 \
    .method = HTTP_POST, .effect = CLINIKO_REPEATABLE, .action = (what), .compose = compose_archival,                  \
    .look_up = look_up_archival

static const struct change changes[] = {
    {.sender = {ARCHIVES("archive products")},
     .entity = ENTITY_PRODUCT_ARCHIVAL,
     .path = PATH_PRODUCTS,
     .look = "read products"},
    {.sender = {ARCHIVES("archive billable items")},
     .entity = ENTITY_BILLABLE_ITEM_ARCHIVAL,
     .path = PATH_BILLABLE_ITEMS,
     .look = "read billable items"},
    {.sender = {ARCHIVES("archive appointment types")},
     .entity = ENTITY_APPOINTMENT_TYPE_ARCHIVAL,
     .path = PATH_APPOINTMENT_TYPES,
     .look = "read appointment types"},
    {.sender = {ARCHIVES("archive contacts")},
     .entity = ENTITY_CONTACT_ARCHIVAL,
     .path = PATH_CONTACTS,
     .look = "read contacts"},
    {.sender = {ARCHIVES("archive patients")},
     .entity = ENTITY_ARCHIVAL,
     .path = PATH_PATIENTS,
     .look = "read patients"},
    {.sender = {.method = HTTP_PATCH,
                .effect = CLINIKO_REPEATABLE,
                .action = "set reminder preferences",
                .compose = compose_preference},
     .entity = ENTITY_REMINDER_PREFERENCE,
     .path = PATH_PATIENTS},
    {.path = NULL},
};

const struct sender_entity *change_find(enum entity entity)
{
    for (const struct change *change = changes; change->path; change++)
        if (change->entity == entity)
            return &change->sender;
    return NULL;
}
