#include "db/call.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"

enum { PARAMETER_MAX_BYTES = 64 * 1024 * 1024 };

void db_call_free(struct db_call **place)
{
    struct db_call *call = *place;

    for (int i = 0; i < call->count; i++)
        free(call->values[i]);
    text_release(&call->array);
    PQclear(call->result);
    free(call);
    *place = NULL;
}

struct db_call *db_call_new(const char *name, const char *sql)
{
    struct db_call *call = x_alloc(sizeof *call);

    call->name = name;
    call->sql = sql;
    text_init(&call->array, PARAMETER_MAX_BYTES);
    return call;
}

void db_bind_take(struct db_call *call, char **value)
{
    must(call->count < DB_PARAMETERS_MAX);
    call->values[call->count++] = steal(*value);
}

void db_bind_text(struct db_call *call, const char *value)
{
    char *copy = x_strdup(value);

    db_bind_take(call, &copy);
}

void db_bind_integer(struct db_call *call, int64_t value)
{
    char *text = x_sprintf("%lld", (long long)value);

    db_bind_take(call, &text);
}

void db_bind_bool(struct db_call *call, bool value)
{
    db_bind_text(call, value ? "true" : "false");
}

void db_bind_bytes(struct db_call *call, const unsigned char *data, size_t size_bytes)
{
    struct text hex;
    char *value = NULL;

    text_init(&hex, PARAMETER_MAX_BYTES);
    text_puts(&hex, "\\x");
    for (size_t i = 0; i < size_bytes; i++)
        text_printf(&hex, "%02x", data[i]);
    value = text_take(&hex);
    db_bind_take(call, &value);
}

void db_array_begin(struct db_call *call)
{
    text_clear(&call->array);
    text_putc(&call->array, '{');
}

static void separate(struct db_call *call)
{
    if (call->array.size > 1)
        text_putc(&call->array, ',');
}

/* PostgreSQL's array syntax: elements in double quotes, with a backslash before quotes and backslashes. */
void db_array_add(struct db_call *call, const char *value)
{
    separate(call);
    if (!value) {
        text_puts(&call->array, "NULL");
        return;
    }
    text_putc(&call->array, '"');
    while (*value) {
        size_t run = strcspn(value, "\"\\");

        text_put(&call->array, value, run);
        value += run;
        if (*value) {
            text_putc(&call->array, '\\');
            text_putc(&call->array, *value++);
        }
    }
    text_putc(&call->array, '"');
}

void db_array_add_integer(struct db_call *call, int64_t value)
{
    separate(call);
    text_printf(&call->array, "%lld", (long long)value);
}

void db_array_end(struct db_call *call)
{
    char *value = NULL;

    text_putc(&call->array, '}');
    must(!call->array.overflowed);
    value = text_take(&call->array);
    db_bind_take(call, &value);
}
