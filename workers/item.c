#include "workers/item.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "cliniko/client.h"
#include "db/record.h"
#include "model/entity.h"
#include "workers/sender.h"

enum { BODY_MAX = 64 * 1024 * 1024, WARNING_SIZE = 1000 };

static void unlink_item(struct sender *sender, struct item *item)
{
    if (item->before)
        item->before->after = item->after;
    else
        sender->items = item->after;
    if (item->after)
        item->after->before = item->before;
    else
        sender->last_item = item->before;
}

static void item_free(struct item *item)
{
    if (item->call)
        cliniko_cancel(&item->call);
    if (item->staged)
        item->staged_free(item->staged);
    free(item->key);
    free((void *)(uintptr_t)item->payload.data);
    free(item->parent_id);
    free(item->sent_at);
    free(item->own_id);
    free(item->link_id);
    free(item->target_id);
    free(item->warning);
    free(item->refusal);
    text_release(&item->body);
    free(item);
}

static bool is_unsent(enum item_state state)
{
    return state == ITEM_LOADED || state == ITEM_STAGING || state == ITEM_INTENDING || state == ITEM_READY;
}

static bool is_timed(enum item_state state)
{
    return state == ITEM_RESTING || state == ITEM_DOUBTFUL;
}

void item_move(struct item *item, enum item_state state)
{
    struct sender *sender = item->sender;

    sender->unsent += is_unsent(state) - is_unsent(item->state);
    sender->staging += (state == ITEM_STAGING) - (item->state == ITEM_STAGING);
    sender->sent += (state == ITEM_SENT) - (item->state == ITEM_SENT);
    sender->timed += is_timed(state) - is_timed(item->state);
    sender->asking += (state == ITEM_ASKING) - (item->state == ITEM_ASKING);
    item->state = state;
}

void item_drop(struct item *item)
{
    struct sender *sender = item->sender;

    item_move(item, ITEM_GONE);
    unlink_item(sender, item);
    item_free(item);
}

void item_add(struct sender *sender, const struct db_rows *rows, int row)
{
    struct item *item = x_alloc(sizeof *item);
    const char *payload = db_text(rows, row, RECORD_PAYLOAD);

    item->sender = sender;
    item->ordinal = db_integer(rows, row, RECORD_ORDINAL);
    item->key = x_strdup(db_text(rows, row, RECORD_KEY));
    item->payload.size = db_size(rows, row, RECORD_PAYLOAD);
    item->payload.data = x_strndup(payload, item->payload.size);
    item->parent_id = x_strdup(db_text(rows, row, RECORD_PARENT_ID));
    item->link_id = x_strdup(db_text(rows, row, RECORD_LINK_ID));
    item->own_id = x_strdup(db_text(rows, row, RECORD_OWN_ID));
    item->in_doubt = db_is_true(rows, row, RECORD_IS_SENDING);
    if (item->in_doubt) {
        item->sent_at = x_strdup(db_text(rows, row, RECORD_SENT_AT));
        item->due_ms = db_integer(rows, row, RECORD_SENT_AGO_MS);
    }
    text_init(&item->body, BODY_MAX);
    item->before = sender->last_item;
    if (sender->last_item)
        sender->last_item->after = item;
    else
        sender->items = item;
    sender->last_item = item;
    sender->unsent++;
    sender->next_ordinal = item->ordinal + 1;
}

void item_warn(struct item *item, const char *format, ...)
{
    scoped(string_free) char *warning = NULL;
    va_list arguments;
    char text[WARNING_SIZE];

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (item->warning && strstr(item->warning, text)) /* a second attempt says the same */
        return;
    warning = x_sprintf("%s%s%s", item->warning ? item->warning : "", item->warning ? "; " : "", text);
    free(item->warning);
    item->warning = steal(warning);
}

char *item_member(const struct item *item, const char *name)
{
    scoped(json_destroy) struct json *payload = NULL;
    struct fault fault;

    if (!json_parse(item->payload.data, item->payload.size, &payload, &fault))
        return NULL;
    return x_strdup(json_text(json_member(payload, name), NULL));
}

void item_crash_if_told(const struct item *item)
{
#ifndef NDEBUG
    const char *wanted = getenv("TESTING_CRASH_AT_RECORD");
    scoped(string_free) char *name = x_sprintf("%s %s", entity_facts(item->sender->job->entity)->name, item->key);

    if (wanted && strcmp(wanted, name) == 0)
        abort();
#else
    (void)item;
#endif
}
