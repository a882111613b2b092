#include "sandbox/render.h"

#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "sandbox/resource.h"

enum { NAME_MAX_SIZE = 80 };

/* Names and links hold nothing that JSON escapes: they are put as they are, in one piece. */
static void put_name(struct json_writer *writer, const char *name)
{
    char piece[NAME_MAX_SIZE + 4];
    size_t length = strlen(name);
    size_t size = 0;

    must(length <= NAME_MAX_SIZE);
    if (writer->needs_comma)
        piece[size++] = ',';
    piece[size++] = '"';
    memcpy(piece + size, name, length);
    size += length;
    piece[size++] = '"';
    piece[size++] = ':';
    text_put(writer->out, piece, size);
    writer->needs_comma = false;
}

static void put_literal(struct json_writer *writer, const char *text, size_t size)
{
    text_put(writer->out, text, size);
    writer->needs_comma = true;
}

static void put_link(const struct act *act, const char *collection, const char *id, const char *suffix,
                     struct json_writer *writer)
{
    struct text *out = writer->out;

    text_puts(out, "{\"links\":{\"self\":\"");
    text_puts(out, act->base);
    text_puts(out, collection);
    text_putc(out, '/');
    text_puts(out, id);
    text_puts(out, suffix);
    text_puts(out, "\"}}");
    writer->needs_comma = true;
}

void render_relation(const struct act *act, const char *name, const char *collection, uint64_t id, const char *suffix,
                     struct json_writer *writer)
{
    char text[ID_SIZE];

    if (id) {
        id_format(id, text);
        put_name(writer, name);
        put_link(act, collection, text, suffix, writer);
    } else if (!act->options->omit_missing_relation) {
        put_name(writer, name);
        put_literal(writer, "null", 4);
    }
}

static void put_instant(struct json_writer *writer, int64_t seconds)
{
    char quoted[INSTANT_SIZE + 2];

    quoted[0] = '"';
    instant_format(seconds, quoted + 1);
    quoted[INSTANT_SIZE] = '"';
    put_literal(writer, quoted, INSTANT_SIZE + 1);
}

static void put_date(struct json_writer *writer, int64_t date)
{
    char quoted[DATE_SIZE + 2];

    quoted[0] = '"';
    date_format(date, quoted + 1);
    quoted[DATE_SIZE] = '"';
    put_literal(writer, quoted, DATE_SIZE + 1);
}

static void put_id(struct json_writer *writer, const char *id)
{
    text_putc(writer->out, '"');
    text_puts(writer->out, id);
    text_putc(writer->out, '"');
    writer->needs_comma = true;
}

static void put_value(const struct field *field, const union cell *cell, struct json_writer *writer)
{
    char id[ID_SIZE];

    if (cell_is_null(field->kind, cell)) {
        put_literal(writer, "null", 4);
        return;
    }
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_DECIMAL:
        json_put_text(writer, cell->text);
        break;
    case FIELD_BOOL:
        if (cell->number)
            put_literal(writer, "true", 4);
        else
            put_literal(writer, "false", 5);
        break;
    case FIELD_INTEGER:
        json_put_integer(writer, cell->number);
        break;
    case FIELD_DATE:
        put_date(writer, cell->number);
        break;
    case FIELD_INSTANT:
        put_instant(writer, cell->number);
        break;
    case FIELD_NUMBER:
    case FIELD_IDS:
    case FIELD_JSON:
        put_literal(writer, cell->text, strlen(cell->text));
        break;
    case FIELD_ID:
        id_format(cell->id, id);
        put_id(writer, id);
        break;
    case FIELD_LINK:
        break;
    }
}

void render_record(const struct act *act, enum resource_kind kind, const struct record *record,
                   struct json_writer *writer)
{
    const struct schema *schema = resources[kind]->schema;
    char id[ID_SIZE];

    id_format(record->cells[RECORD_ID].id, id);
    json_begin_object(writer);
    for (int i = 0; i < schema->count; i++) {
        const struct field *field = &schema->fields[i];

        if (field->flags & FIELD_HIDDEN)
            continue;
        if (field->kind == FIELD_ID && field->target) {
            render_relation(act, field->name, field->target, record->cells[i].id, "", writer);
            continue;
        }
        put_name(writer, field->name);
        if (field->kind == FIELD_LINK) {
            text_puts(writer->out, "{\"links\":{\"self\":\"");
            text_puts(writer->out, act->base);
            text_puts(writer->out, schema->collection);
            text_putc(writer->out, '/');
            text_puts(writer->out, id);
            text_putc(writer->out, '/');
            text_puts(writer->out, field->name);
            put_literal(writer, "\"}}", 3);
        } else {
            put_value(field, &record->cells[i], writer);
        }
    }
    if (resources[kind]->extras)
        resources[kind]->extras(act, record, writer);
    put_name(writer, "links");
    text_puts(writer->out, "{\"self\":\"");
    text_puts(writer->out, act->base);
    text_puts(writer->out, schema->collection);
    text_putc(writer->out, '/');
    text_puts(writer->out, id);
    put_literal(writer, "\"}", 2);
    json_end_object(writer);
}
