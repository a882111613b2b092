#include "workers/look_up.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cliniko/list.h"
#include "cliniko/object.h"
#include "db/record.h"
#include "model/body.h"
#include "workers/doubt.h"

enum {
    CLOCK_SLACK_SECONDS = 300, /* API reference 7: the window begins five minutes early */
    BODY_MAX = 4 * 1024 * 1024,
    DIFFERENCES_MAX = 500,
    PAGE = 100,
};

struct candidate {
    char id[ID_SIZE];
    bool equal; /* to what was sent, in all members */
    bool taken; /* by another record */
};

/* A record that is looked for. */
struct wanted {
    struct item *item;
    struct json *sent; /* its body */
    int64_t since;     /* UTC seconds */
    struct candidate *candidates;
    size_t count;
    size_t room;
    const char *found; /* one of the candidates */
};

struct look_up {
    struct sender *sender;
    const struct creation *creation;
    struct cliniko_list *list;
    struct wanted wanted[PATH_IDS_MAX];
    size_t count;
    bool is_too_long; /* single look-ups take fewer requests */
    struct fault fault;
};

void look_up_destroy(struct look_up **place, struct db *db)
{
    struct look_up *look_up = *place;

    if (!look_up)
        return;
    *place = NULL;
    if (look_up->list)
        cliniko_list_cancel(&look_up->list);
    db_forget(db, look_up);
    for (size_t i = 0; i < look_up->count; i++) {
        json_destroy(&look_up->wanted[i].sent);
        free(look_up->wanted[i].candidates);
    }
    free(look_up);
}

/* Takes the look-up from its job, so that the verdicts may begin the next one. */
static struct look_up *take(struct look_up *look_up)
{
    struct creating *creating = look_up->sender->state;

    creating->look_up = NULL;
    return look_up;
}

static void end_by_fault(struct look_up *look_up, const struct fault *fault)
{
    struct fault why = *fault;

    take(look_up);
    for (size_t i = 0; i < look_up->count; i++)
        sender_look_failed(look_up->wanted[i].item, &why);
    look_up_destroy(&look_up, look_up->sender->job->db);
}

/* ---- what an object of the list may be ---- */

/* "patient_id": the body has the id, the object a relation "patient". One that is not there or cannot be read is a
 * fault: the object may be the one that is looked for. */
static bool relation_is(struct look_up *look_up, const struct json *object, const char *member, const char *id)
{
    char relation[64];
    char held[ID_SIZE];

    snprintf(relation, sizeof relation, "%.*s", (int)(strlen(member) - strlen("_id")), member);
    if (!json_member(object, relation))
        return fault_set(&look_up->fault, FAULT_REFUSED, "Cliniko's answer has no relation '%s'", relation);
    return object_relation(object, relation, held, &look_up->fault) && strcmp(held, id) == 0;
}

static bool is_id(const char *member)
{
    size_t length = strlen(member);

    return length > 3 && strcmp(member + length - 3, "_id") == 0;
}

static bool member_is_same(struct look_up *look_up, const struct json *object, const char *name,
                           const struct json *sent)
{
    const struct json *held = json_member(object, name);

    if (json_is_number(sent))
        return json_is_number(held) && json_number(held, 0) == json_number(sent, 0);
    if (!held && is_id(name))
        return relation_is(look_up, object, name, json_text(sent, ""));
    return strcmp(json_text(held, ""), json_text(sent, "")) == 0;
}

/* Instants may be written in several ways. */
static bool instant_is_same(const struct json *object, const char *name, const struct json *sent)
{
    int64_t one = 0;
    int64_t other = 0;
    struct fault ignored;

    return instant_parse(slice_of(json_text(json_member(object, name), "")), &one, &ignored) &&
           instant_parse(slice_of(json_text(sent, "")), &other, &ignored) && one == other;
}

/* With several records in one list, what the filter says of one of them alone has to be looked at here. */
static bool is_in_its_list(struct look_up *look_up, const struct wanted *wanted, const struct json *object)
{
    const struct creation *creation = look_up->creation;
    const struct json *sent = wanted->sent;

    if (look_up->count == 1)
        return true;
    if (creation->instant && !instant_is_same(object, creation->instant, json_member(sent, creation->instant)))
        return false;
    return !creation->listed || member_is_same(look_up, object, creation->listed, json_member(sent, creation->listed));
}

static bool is_candidate(struct look_up *look_up, const struct wanted *wanted, const struct json *object)
{
    const struct creation *creation = look_up->creation;
    int64_t created = 0;

    if (creation->marked && !body_has_marker(json_text(json_member(object, creation->marked), ""), wanted->item->key))
        return false;
    if (creation->since) {
        if (!instant_parse(slice_of(json_text(json_member(object, "created_at"), "")), &created, &look_up->fault))
            return false;
        if (created < wanted->since)
            return false;
    }
    if (!is_in_its_list(look_up, wanted, object))
        return false;
    for (size_t i = 0; i < CREATION_MEMBERS_MAX && creation->same[i]; i++)
        if (!member_is_same(look_up, object, creation->same[i], json_member(wanted->sent, creation->same[i])))
            return false;
    return true;
}

static void add_candidate(const struct look_up *look_up, struct wanted *wanted, const struct json *object,
                          const char *id)
{
    struct text differences;

    for (size_t i = 0; i < wanted->count; i++)
        if (strcmp(wanted->candidates[i].id, id) == 0)
            return;
    if (wanted->count == wanted->room) {
        wanted->room = wanted->room ? wanted->room * 2 : 4;
        wanted->candidates = x_grow_array(wanted->candidates, wanted->room, sizeof wanted->candidates[0]);
    }
    text_init(&differences, DIFFERENCES_MAX);
    body_compare(look_up->creation->entity, wanted->sent, object, &differences);
    wanted->candidates[wanted->count] = (struct candidate){.equal = differences.size == 0};
    memcpy(wanted->candidates[wanted->count++].id, id, strlen(id) + 1);
    text_release(&differences);
}

static bool on_page(void *argument, const struct json *objects, int64_t total_entries)
{
    struct look_up *look_up = argument;

    look_up->is_too_long = look_up->count > 1 && total_entries > (int64_t)look_up->count * PAGE;
    if (look_up->is_too_long)
        return false;
    for (const struct json *object = json_first(objects); object; object = json_next(object)) {
        const char *id = NULL;

        if (!object_id(object, &id, &look_up->fault))
            return false;
        for (size_t i = 0; i < look_up->count; i++)
            if (is_candidate(look_up, &look_up->wanted[i], object))
                add_candidate(look_up, &look_up->wanted[i], object, id);
        if (look_up->fault.kind != FAULT_NONE)
            return false;
    }
    return true;
}

/* ---- the verdicts ---- */

/* By the record of this key: everybody else's candidates are fewer. NULL: by a record of another system. */
static void mark_taken(struct look_up *look_up, const char *id, const char *key)
{
    for (size_t i = 0; i < look_up->count; i++)
        for (size_t k = 0; k < look_up->wanted[i].count; k++)
            if (strcmp(look_up->wanted[i].candidates[k].id, id) == 0 &&
                !(key && strcmp(look_up->wanted[i].item->key, key) == 0))
                look_up->wanted[i].candidates[k].taken = true;
}

/* Gives each record that has none yet the first object that nobody has. */
static void match(struct look_up *look_up, bool equal_only)
{
    for (size_t i = 0; i < look_up->count; i++) {
        struct wanted *wanted = &look_up->wanted[i];

        for (size_t k = 0; k < wanted->count && !wanted->found; k++) {
            const struct candidate *candidate = &wanted->candidates[k];

            if (candidate->taken || (equal_only && !candidate->equal))
                continue;
            mark_taken(look_up, candidate->id, wanted->item->key);
            wanted->found = candidate->id;
        }
    }
}

/* Objects that equal a record in everything are its own before they are anybody else's. */
static void judge(struct look_up *look_up)
{
    take(look_up);
    match(look_up, true);
    match(look_up, false);
    for (size_t i = 0; i < look_up->count; i++) {
        if (look_up->wanted[i].found)
            sender_found(look_up->wanted[i].item, look_up->wanted[i].found);
        else
            sender_absent(look_up->wanted[i].item);
    }
    look_up_destroy(&look_up, look_up->sender->job->db);
}

static void on_taken(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct look_up *look_up = argument;

    if (fault) {
        end_by_fault(look_up, fault);
        return;
    }
    for (int row = 0; row < db_rows_count(rows); row++)
        mark_taken(look_up, db_text(rows, row, 0), db_text(rows, row, 1));
    judge(look_up);
}

static void ask_for_taken(struct look_up *look_up)
{
    struct job *job = look_up->sender->job;
    const char **ids = NULL;
    size_t count = 0;

    for (size_t i = 0; i < look_up->count; i++)
        count += look_up->wanted[i].count;
    if (count == 0) {
        judge(look_up);
        return;
    }
    ids = x_alloc_array(count, sizeof ids[0]);
    count = 0;
    for (size_t i = 0; i < look_up->count; i++)
        for (size_t k = 0; k < look_up->wanted[i].count; k++)
            ids[count++] = look_up->wanted[i].candidates[k].id;
    idmap_taken(job->db, job->context->account, job->context->system, look_up->creation->entity, ids, count, on_taken,
                look_up);
    free(ids);
}

/* ---- the list ---- */

/* All of them are due again, each with a list of its own. */
static void ask_singly(struct look_up *look_up)
{
    struct sender *sender = look_up->sender;
    struct creating *creating = sender->state;

    take(look_up);
    creating->singly = true;
    for (size_t i = 0; i < look_up->count; i++)
        item_move(look_up->wanted[i].item, ITEM_DOUBTFUL);
    look_up_destroy(&look_up, sender->job->db);
    loop_timer_start(sender->step, 0);
}

/* How long a list of ids may be is not documented (API reference 11). */
static bool is_refused_as_list(const struct look_up *look_up, const struct fault *fault)
{
    return fault && look_up->count > 1 && fault->kind == FAULT_REFUSED &&
           (fault->code == 400 || fault->code == 413 || fault->code == 414 || fault->code == 422);
}

static void on_listed(void *argument, const struct fault *fault)
{
    struct look_up *look_up = argument;

    look_up->list = NULL;
    if (!fault && look_up->fault.kind != FAULT_NONE)
        fault = &look_up->fault;
    if (look_up->is_too_long || is_refused_as_list(look_up, fault))
        ask_singly(look_up);
    else if (fault)
        end_by_fault(look_up, fault);
    else
        ask_for_taken(look_up);
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

/* The ids of all records, each once: `patient_id:=11,12`. */
static void put_listed(const struct look_up *look_up, struct text *path)
{
    const char *member = look_up->creation->listed;
    struct text ids;

    text_init(&ids, PATH_SIZE_MAX);
    for (size_t i = 0; i < look_up->count; i++) {
        const char *id = json_text(json_member(look_up->wanted[i].sent, member), "");
        bool known = false;

        for (size_t k = 0; k < i && !known; k++)
            known = strcmp(json_text(json_member(look_up->wanted[k].sent, member), ""), id) == 0;
        if (!known)
            text_printf(&ids, "%s%s", ids.size ? "," : "", id);
    }
    path_put_filter(path, member, "=", text_string(&ids));
    text_release(&ids);
}

static void put_instants(const struct look_up *look_up, struct text *path)
{
    const char *member = look_up->creation->instant;
    const char *first = json_text(json_member(look_up->wanted[0].sent, member), "");
    const char *last = first;

    /* All are written in UTC and to the second, so their texts are in the order of time. */
    for (size_t i = 1; i < look_up->count; i++) {
        const char *instant = json_text(json_member(look_up->wanted[i].sent, member), "");

        first = strcmp(instant, first) < 0 ? instant : first;
        last = strcmp(instant, last) > 0 ? instant : last;
    }
    path_put_filter(path, member, ">=", first);
    path_put_filter(path, member, "<=", last);
}

static void put_since(const struct look_up *look_up, struct text *path)
{
    int64_t since = look_up->wanted[0].since;
    char instant[INSTANT_SIZE];

    for (size_t i = 1; i < look_up->count; i++)
        since = look_up->wanted[i].since < since ? look_up->wanted[i].since : since;
    instant_format(since, instant);
    path_put_filter(path, "created_at", ">=", instant);
}

static void put_query(const struct look_up *look_up, struct text *path)
{
    const struct creation *creation = look_up->creation;
    bool several = look_up->count > 1;

    text_puts(path, creation->path);
    if (several && creation->listed)
        put_listed(look_up, path);
    for (size_t i = 0; !several && i < CREATION_MEMBERS_MAX && creation->equal[i]; i++)
        put_equal(path, creation->equal[i], json_member(look_up->wanted[0].sent, creation->equal[i]));
    if (creation->instant)
        put_instants(look_up, path);
    if (creation->since || (several && !creation->listed))
        put_since(look_up, path);
    for (size_t i = 0; i < CREATION_MEMBERS_MAX && creation->hidden[i]; i++)
        path_put_filter(path, creation->hidden[i], "*", "");
}

/* What the record's body is, as far as a look-up needs it, and from when on it may be there. */
static bool recall(struct look_up *look_up, struct item *item, struct fault *fault)
{
    struct wanted *wanted = &look_up->wanted[look_up->count++];
    scoped(json_destroy) struct json *payload = NULL;
    struct body_ids ids;
    struct text body;
    bool good = false;

    wanted->item = item;
    if (!instant_parse(slice_of(item->sent_at), &wanted->since, fault) ||
        !json_parse(item->payload.data, item->payload.size, &payload, fault))
        return false;
    wanted->since -= CLOCK_SLACK_SECONDS;
    creation_ids(item, payload, &ids);
    text_init(&body, BODY_MAX);
    good = body_expect(look_up->creation->entity, item->key, payload, &ids, &body, fault) &&
           json_parse(text_string(&body), body.size, &wanted->sent, fault);
    text_release(&body);
    return good;
}

/* A record that cannot be recalled is left out, with its own fault; the others are looked up. */
static void recall_all(struct look_up *look_up, struct item *first)
{
    const struct creating *creating = look_up->sender->state;
    struct item *next = NULL;

    for (struct item *item = first; item; item = next) {
        struct fault fault = {0};

        next = item->after;
        if (item->state != ITEM_ASKING)
            continue;
        if (creating->singly && look_up->count > 0) {
            item_move(item, ITEM_DOUBTFUL);
        } else if (!recall(look_up, item, &fault)) {
            json_destroy(&look_up->wanted[--look_up->count].sent);
            look_up->wanted[look_up->count] = (struct wanted){0};
            sender_look_failed(item, &fault);
        }
    }
}

void look_up_start(struct item *item)
{
    struct sender *sender = item->sender;
    struct creating *creating = sender->state;
    struct look_up *look_up = x_alloc(sizeof *look_up);
    struct text path;

    creating->look_up = look_up;
    look_up->sender = sender;
    look_up->creation = creating->creation;
    recall_all(look_up, item);
    if (look_up->count == 0) {
        look_up_destroy(&creating->look_up, sender->job->db);
        return;
    }
    text_init(&path, PATH_SIZE_MAX);
    put_query(look_up, &path);
    look_up->list = cliniko_list_start(sender->job->context->client,
                                       &(struct cliniko_list_request){.path = text_string(&path),
                                                                      .array = look_up->creation->array,
                                                                      .action = look_up->creation->look,
                                                                      .not_after_ms = sender->job->deadline_ms,
                                                                      .attempts = 1},
                                       on_page, on_listed, look_up);
    text_release(&path);
}
