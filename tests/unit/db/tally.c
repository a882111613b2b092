#include "tally.h"

static void on_number(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct tally *tally = argument;

    if (fault)
        tally->faults++;
    else
        tally->in_order = tally->in_order && db_integer(rows, 0, 0) == tally->next;
    tally->next++;
}

void send_number(struct db *db, const char *sql, int64_t number, struct tally *tally)
{
    struct db_call *call = db_call_new("number", sql);

    db_bind_integer(call, number);
    db_send(db, call, on_number, tally);
}

void send_plain(struct db *db, const char *name, const char *sql, struct answer *answer)
{
    db_send(db, db_call_new(name, sql), answer_take, answer);
}
