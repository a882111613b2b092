#include "workers/creation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/must.h"
#include "cliniko/path.h"
#include "db/record.h"
#include "model/body.h"

enum {
    CLOCK_SLACK_SECONDS = 300, /* API reference 7: the window begins five minutes early */
    BODY_MAX = 4 * 1024 * 1024,
    MARKER_MAX = 600,
    NAMES_MAX = 500,
};

const struct creation *creation_find(const struct creation *table, enum entity entity)
{
    while (table->path && table->entity != entity)
        table++;
    return table->path ? table : NULL;
}

void creation_start(struct job *job, const struct creation *table)
{
    const struct creation *creation = creation_find(table, job->entity);

    must(creation);
    sender_start(job, &creation->sender);
}

static void on_ids(void *argument, const struct fault *fault)
{
    struct sender *sender = argument;

    if (fault)
        sender_give_up(sender, fault);
    sender_begin(sender);
}

void creation_begin(struct sender *sender, struct creating *creating)
{
    sender->state = creating;
    creating->creation = (const struct creation *)(const void *)sender->entity;
    creating->ids = ids_load_for(sender->job, creating->creation->entity, on_ids, sender);
}

void creation_open(struct sender *sender)
{
    creation_begin(sender, x_alloc(sizeof(struct creating)));
}

void creation_end(struct sender *sender, struct creating *creating)
{
    if (creating->list)
        cliniko_list_cancel(&creating->list);
    db_forget(sender->job->db, creating);
    json_destroy(&creating->sent);
    ids_destroy(&creating->ids);
}

void creation_close(struct sender *sender)
{
    struct creating *creating = sender->state;

    creation_end(sender, creating);
    free(creating);
}

void creation_ids(struct item *item, const struct json *payload, struct body_ids *ret)
{
    const struct creating *creating = item->sender->state;
    enum entity entity = creating->creation->entity;
    struct text names;

    text_init(&names, NAMES_MAX);
    ids_fill(creating->ids, entity, payload, item->parent_id, item->link_id, ret);
    body_left_out(entity, payload, ret, &names);
    if (names.size)
        item_warn(item, "went over without what is not in Cliniko: %s", text_string(&names));
    text_release(&names);
}

bool creation_compose(struct sender *sender, struct item *item, const struct json *payload, struct text *path,
                      struct text *body, struct fault *fault)
{
    const struct creating *creating = sender->state;
    struct body_ids ids;

    creation_ids(item, payload, &ids);
    text_puts(path, creating->creation->path);
    return body_write(creating->creation->entity, item->key, payload, &ids, body, fault);
}

/* "patient_id": the body has the id, the object a relation "patient". */
static bool relation_is(const struct json *object, const char *member, const char *id)
{
    char relation[64];
    char held[ID_SIZE];
    struct fault ignored;

    snprintf(relation, sizeof relation, "%.*s", (int)(strlen(member) - strlen("_id")), member);
    return object_relation(object, relation, held, &ignored) && strcmp(held, id) == 0;
}

static bool member_is_same(const struct json *object, const char *name, const struct json *sent)
{
    const struct json *held = json_member(object, name);
    size_t length = strlen(name);

    if (json_is_number(sent))
        return json_is_number(held) && json_number(held, 0) == json_number(sent, 0);
    if (!held && length > 3 && strcmp(name + length - 3, "_id") == 0)
        return relation_is(object, name, json_text(sent, ""));
    return strcmp(json_text(held, ""), json_text(sent, "")) == 0;
}

static bool has_marker(const struct json *object, const char *member, const char *key)
{
    struct text marker;
    bool found = false;

    text_init(&marker, MARKER_MAX);
    body_marker(key, &marker);
    found = marker.size > 0 && strstr(json_text(json_member(object, member), ""), text_string(&marker));
    text_release(&marker);
    return found;
}

static bool is_candidate(struct creating *creating, const struct json *object)
{
    const struct creation *creation = creating->creation;
    int64_t created = 0;

    if (creation->since) {
        if (!instant_parse(slice_of(json_text(json_member(object, "created_at"), "")), &created, &creating->fault))
            return false;
        if (created < creating->since)
            return false;
    }
    for (size_t i = 0; i < CREATION_MEMBERS_MAX && creation->same[i]; i++)
        if (!member_is_same(object, creation->same[i], json_member(creating->sent, creation->same[i])))
            return false;
    return !creation->marked || has_marker(object, creation->marked, creating->asked->key);
}

/* Those that equal what was sent in all members stand first. */
static void add_candidate(struct creating *creating, const struct json *object, const char *id)
{
    struct text differences;
    size_t place = creating->candidate_count;

    if (creating->candidate_count == CREATION_CANDIDATES_MOST)
        return;
    text_init(&differences, NAMES_MAX);
    body_compare(creating->creation->entity, creating->sent, object, &differences);
    if (differences.size == 0) {
        memmove(creating->candidates[1], creating->candidates[0],
                creating->candidate_count * sizeof creating->candidates[0]);
        place = 0;
    }
    memcpy(creating->candidates[place], id, strlen(id) + 1);
    creating->candidate_count++;
    text_release(&differences);
}

static bool on_page(void *argument, const struct json *objects, int64_t total_entries)
{
    struct sender *sender = argument;
    struct creating *creating = sender->state;

    (void)total_entries;
    for (const struct json *object = json_first(objects); object; object = json_next(object)) {
        const char *id = NULL;

        if (!object_id(object, &id, &creating->fault))
            return false;
        if (is_candidate(creating, object))
            add_candidate(creating, object, id);
        else if (creating->fault.kind != FAULT_NONE)
            return false;
    }
    return true;
}

static void on_taken(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct creating *creating = argument;
    struct item *item = creating->asked;

    if (fault) {
        sender_look_failed(item, fault);
        return;
    }
    for (size_t i = 0; i < creating->candidate_count; i++) {
        bool taken = false;

        for (int row = 0; row < db_rows_count(rows) && !taken; row++)
            taken = strcmp(db_text(rows, row, 0), creating->candidates[i]) == 0;
        if (!taken) {
            sender_found(item, creating->candidates[i]);
            return;
        }
    }
    sender_absent(item);
}

static void on_listed(void *argument, const struct fault *fault)
{
    struct sender *sender = argument;
    struct creating *creating = sender->state;
    const char *ids[CREATION_CANDIDATES_MOST];

    creating->list = NULL;
    if (!fault && creating->fault.kind != FAULT_NONE)
        fault = &creating->fault;
    if (fault) {
        sender_look_failed(creating->asked, fault);
        return;
    }
    if (creating->candidate_count == 0) {
        sender_absent(creating->asked);
        return;
    }
    for (size_t i = 0; i < creating->candidate_count; i++)
        ids[i] = creating->candidates[i];
    idmap_taken(sender->job->db, sender->job->context->account, creating->creation->entity, ids,
                creating->candidate_count, on_taken, creating);
}

/* What the record's body is, as far as a look-up needs it, and from when on it may be there. */
static bool recall(struct creating *creating, struct item *item, struct fault *fault)
{
    scoped(json_destroy) struct json *payload = NULL;
    struct body_ids ids;
    struct text body;
    bool good = false;

    json_destroy(&creating->sent);
    creating->asked = item;
    creating->candidate_count = 0;
    creating->fault = (struct fault){0};
    if (!instant_parse(slice_of(item->sent_at), &creating->since, fault) ||
        !json_parse(item->payload.data, item->payload.size, &payload, fault))
        return false;
    creating->since -= CLOCK_SLACK_SECONDS;
    creation_ids(item, payload, &ids);
    text_init(&body, BODY_MAX);
    good = body_expect(creating->creation->entity, item->key, payload, &ids, &body, fault) &&
           json_parse(text_string(&body), body.size, &creating->sent, fault);
    text_release(&body);
    return good;
}

static void put_equal(struct text *path, const char *member, const struct json *value)
{
    char number[40];

    if (json_is_number(value)) {
        snprintf(number, sizeof number, "%.15g", json_number(value, 0));
        path_put_filter(path, member, "=", number);
    } else if (json_text(value, "")[0]) {
        path_put_filter(path, member, "=", json_text(value, ""));
    }
}

static void put_query(const struct creating *creating, struct text *path)
{
    const struct creation *creation = creating->creation;
    char since[INSTANT_SIZE];

    text_puts(path, creation->path);
    for (size_t i = 0; i < CREATION_MEMBERS_MAX && creation->equal[i]; i++)
        put_equal(path, creation->equal[i], json_member(creating->sent, creation->equal[i]));
    if (creation->instant) {
        const char *instant = json_text(json_member(creating->sent, creation->instant), "");

        path_put_filter(path, creation->instant, ">=", instant);
        path_put_filter(path, creation->instant, "<=", instant);
    }
    if (creation->since) {
        instant_format(creating->since, since);
        path_put_filter(path, "created_at", ">=", since);
    }
    for (size_t i = 0; i < CREATION_MEMBERS_MAX && creation->hidden[i]; i++)
        path_put_filter(path, creation->hidden[i], "*", "");
}

void creation_look_up(struct item *item)
{
    struct sender *sender = item->sender;
    struct creating *creating = sender->state;
    struct text path;
    struct fault fault = {0};

    if (!recall(creating, item, &fault)) {
        sender_look_failed(item, &fault);
        return;
    }
    text_init(&path, PATH_SIZE_MAX);
    put_query(creating, &path);
    creating->list = cliniko_list_start(sender->job->context->client,
                                        &(struct cliniko_list_request){.path = text_string(&path),
                                                                       .array = creating->creation->array,
                                                                       .action = creating->creation->look,
                                                                       .not_after_ms = sender->job->deadline_ms,
                                                                       .attempts = 1},
                                        on_page, on_listed, sender);
    text_release(&path);
}
