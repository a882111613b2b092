#include "cli/left_behind.h"

#include <inttypes.h>

#include "base/json.h"
#include "base/text.h"
#include "db/left_behind.h"

enum { ANSWER_MS = 60000, LINE_MAX_BYTES = 8192 };

struct printing {
    FILE *out;
    bool as_json;
    struct fault fault;
};

static void put_line(struct printing *printing, struct text *line)
{
    fprintf(printing->out, "%s\n", text_string(line));
    text_release(line);
}

static void print_json(struct printing *printing, const struct db_rows *rows, int row)
{
    struct json_writer writer;
    struct text line;

    text_init(&line, LINE_MAX_BYTES);
    json_write_init(&writer, &line);
    json_begin_object(&writer);
    json_member_text(&writer, "left_behind", db_text(rows, row, LEFT_WHAT));
    if (db_is_true(rows, row, LEFT_COUNTED)) {
        json_member_integer(&writer, "found", db_integer(rows, row, LEFT_FOUND));
        json_member_integer(&writer, "unread", db_integer(rows, row, LEFT_UNREAD));
    }
    json_member_text(&writer, "advice", db_text(rows, row, LEFT_ADVICE));
    json_end_object(&writer);
    put_line(printing, &line);
}

static void print_plain(struct printing *printing, const struct db_rows *rows, int row)
{
    const char *advice = db_text(rows, row, LEFT_ADVICE);
    int64_t unread = db_integer(rows, row, LEFT_UNREAD);
    struct text line;

    text_init(&line, LINE_MAX_BYTES);
    text_puts(&line, "  ");
    if (db_is_true(rows, row, LEFT_COUNTED))
        text_printf(&line, "%" PRId64 " ", db_integer(rows, row, LEFT_FOUND));
    text_puts(&line, db_text(rows, row, LEFT_WHAT));
    if (unread > 0)
        text_printf(&line, " (%" PRId64 " rows could not be read)", unread);
    if (advice)
        text_printf(&line, ": %s", advice);
    put_line(printing, &line);
}

static void on_left(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct printing *printing = argument;

    if (fault) {
        printing->fault = *fault;
        return;
    }
    if (db_rows_count(rows) > 0 && !printing->as_json)
        fprintf(printing->out,
                "\nStays behind, by a rule, or since Cliniko has no place for it or it is set up there by hand:\n");
    for (int row = 0; row < db_rows_count(rows); row++) {
        if (printing->as_json)
            print_json(printing, rows, row);
        else
            print_plain(printing, rows, row);
    }
}

static void on_balances(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct printing *printing = argument;

    if (fault) {
        printing->fault = *fault;
        return;
    }
    if (db_rows_count(rows) > 0 && !printing->as_json)
        fprintf(printing->out, "\nBalances, above 0 where the patient owes the clinic:\n");
    for (int row = 0; row < db_rows_count(rows); row++) {
        struct json_writer writer;
        struct text line;

        text_init(&line, LINE_MAX_BYTES);
        json_write_init(&writer, &line);
        if (printing->as_json) {
            json_begin_object(&writer);
            json_member_text(&writer, "balance_of", db_text(rows, row, 0));
            json_member_text(&writer, "amount", db_text(rows, row, 1));
            json_end_object(&writer);
        } else {
            text_printf(&line, "  patient %s: %s", db_text(rows, row, 0), db_text(rows, row, 1));
        }
        put_line(printing, &line);
    }
}

bool left_behind_print(struct db *db, int64_t transfer, bool balances, bool as_json, FILE *out, struct fault *fault)
{
    struct printing printing = {.out = out, .as_json = as_json};

    left_behind_list(db, transfer, on_left, &printing);
    if (balances)
        balance_list(db, transfer, on_balances, &printing);
    if (!db_wait(db, ANSWER_MS, fault)) {
        db_forget(db, &printing);
        return false;
    }
    if (printing.fault.kind == FAULT_NONE)
        return true;
    *fault = printing.fault;
    return false;
}
