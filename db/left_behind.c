#include "db/left_behind.h"

#include <stdlib.h>

#include "base/memory.h"

struct left {
    char *what;
    uint64_t found;
    uint64_t unread;
    bool counted;
    char *advice;
};

struct owed {
    char *source_key;
    char *amount;
};

struct left_batch {
    struct left *items;
    size_t count;
    struct owed *balances;
    size_t balance_count;
    size_t balance_room;
};

struct left_batch *left_batch_new(void)
{
    return x_alloc(sizeof(struct left_batch));
}

void left_batch_destroy(struct left_batch **place)
{
    struct left_batch *batch = *place;

    *place = NULL;
    if (!batch)
        return;
    for (size_t i = 0; i < batch->count; i++) {
        free(batch->items[i].what);
        free(batch->items[i].advice);
    }
    for (size_t i = 0; i < batch->balance_count; i++) {
        free(batch->balances[i].source_key);
        free(batch->balances[i].amount);
    }
    free(batch->items);
    free(batch->balances);
    free(batch);
}

void left_batch_add(struct left_batch *batch, const char *what, uint64_t found, uint64_t unread, bool counted,
                    const char *advice)
{
    batch->items = x_grow_array(batch->items, batch->count + 1, sizeof batch->items[0]);
    batch->items[batch->count++] = (struct left){x_strdup(what), found, unread, counted, x_strdup(advice)};
}

void left_batch_add_balance(struct left_batch *batch, const char *source_key, const char *amount)
{
    if (batch->balance_count == batch->balance_room) {
        batch->balance_room = batch->balance_room ? batch->balance_room * 2 : 64;
        batch->balances = x_grow_array(batch->balances, batch->balance_room, sizeof batch->balances[0]);
    }
    batch->balances[batch->balance_count++] = (struct owed){x_strdup(source_key), x_strdup(amount)};
}

static void bind_items(struct db_call *call, const struct left_batch *batch)
{
    db_array_begin(call);
    for (size_t i = 0; i < batch->count; i++)
        db_array_add(call, batch->items[i].what);
    db_array_end(call);
    db_array_begin(call);
    for (size_t i = 0; i < batch->count; i++)
        db_array_add_integer(call, (int64_t)batch->items[i].found);
    db_array_end(call);
    db_array_begin(call);
    for (size_t i = 0; i < batch->count; i++)
        db_array_add_integer(call, (int64_t)batch->items[i].unread);
    db_array_end(call);
    db_array_begin(call);
    for (size_t i = 0; i < batch->count; i++)
        db_array_add(call, batch->items[i].counted ? "true" : "false");
    db_array_end(call);
    db_array_begin(call);
    for (size_t i = 0; i < batch->count; i++)
        db_array_add(call, batch->items[i].advice);
    db_array_end(call);
}

static void bind_balances(struct db_call *call, const struct left_batch *batch)
{
    db_array_begin(call);
    for (size_t i = 0; i < batch->balance_count; i++)
        db_array_add(call, batch->balances[i].source_key);
    db_array_end(call);
    db_array_begin(call);
    for (size_t i = 0; i < batch->balance_count; i++)
        db_array_add(call, batch->balances[i].amount);
    db_array_end(call);
}

/* Rows that are there already are changed in place, since the statement may run twice; those beyond are removed. */
void left_behind_store(struct db *db, int64_t transfer, int64_t task, int64_t token, struct left_batch **place,
                       db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new(
        "left_behind_store",
        "with held as (select transfer from task where transfer = $1 and id = $2 and lease_token = $3 and "
        "    state = 'leased'), "
        "over as (delete from left_behind l using held where l.transfer = held.transfer and "
        "  l.place > cardinality($4::text[])), "
        "paid as (delete from balance b using held where b.transfer = held.transfer and "
        "  not b.source_key = any ($9::text[])), "
        "owed as (insert into balance (transfer, source_key, amount) "
        "  select held.transfer, b.source_key, b.amount::numeric from held, unnest($9::text[], $10::text[]) "
        "  as b (source_key, amount) on conflict (transfer, source_key) do update set amount = excluded.amount) "
        "insert into left_behind (transfer, place, what, found, unread, counted, advice) "
        "select held.transfer, l.place, l.what, l.found, l.unread, l.counted, l.advice from held, "
        "  unnest($4::text[], $5::bigint[], $6::bigint[], $7::boolean[], $8::text[]) with ordinality "
        "  as l (what, found, unread, counted, advice, place) "
        "on conflict (transfer, place) do update set what = excluded.what, found = excluded.found, "
        "unread = excluded.unread, counted = excluded.counted, advice = excluded.advice");

    db_bind_integer(call, transfer);
    db_bind_integer(call, task);
    db_bind_integer(call, token);
    bind_items(call, *place);
    bind_balances(call, *place);
    left_batch_destroy(place);
    db_send(db, call, done, argument);
}

void left_behind_list(struct db *db, int64_t transfer, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new("left_behind_list", "select what, found, unread, counted, advice from "
                                                           "left_behind where transfer = $1 order by place");

    db_bind_integer(call, transfer);
    db_send(db, call, done, argument);
}

void balance_list(struct db *db, int64_t transfer, db_done_fn *done, void *argument)
{
    struct db_call *call = db_call_new("balance_list", "select source_key, amount::text from balance "
                                                       "where transfer = $1 order by amount desc, source_key");

    db_bind_integer(call, transfer);
    db_send(db, call, done, argument);
}
