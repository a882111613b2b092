#include "sandbox/record.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"

bool cell_is_text(enum field_kind kind)
{
    return kind == FIELD_TEXT || kind == FIELD_IDS || kind == FIELD_JSON || kind == FIELD_NUMBER ||
           kind == FIELD_DECIMAL;
}

bool cell_is_null(enum field_kind kind, const union cell *cell)
{
    if (cell_is_text(kind))
        return !cell->text;
    if (kind == FIELD_ID)
        return cell->id == 0;
    return cell->number == CELL_NULL;
}

void cell_clear(enum field_kind kind, union cell *cell)
{
    if (cell_is_text(kind))
        string_free(&cell->text);
    else if (kind == FIELD_ID)
        cell->id = 0;
    else
        cell->number = CELL_NULL;
}

static void empty_cell(enum field_kind kind, union cell *cell)
{
    if (cell_is_text(kind))
        cell->text = NULL;
    else if (kind == FIELD_ID)
        cell->id = 0;
    else
        cell->number = CELL_NULL;
}

struct record *record_new(const struct schema *schema)
{
    struct record *record = x_alloc(sizeof *record + (size_t)schema->count * sizeof record->cells[0]);

    for (int i = 0; i < schema->count; i++)
        empty_cell(schema->fields[i].kind, &record->cells[i]);
    return record;
}

void record_destroy(const struct schema *schema, struct record **place)
{
    struct record *record = *place;

    *place = NULL;
    if (!record)
        return;
    for (int i = 0; i < schema->count; i++)
        cell_clear(schema->fields[i].kind, &record->cells[i]);
    free(record);
}

void record_apply(const struct schema *schema, struct record *record, struct change *change)
{
    for (int i = 0; i < schema->count; i++) {
        if (!change->set[i])
            continue;
        cell_clear(schema->fields[i].kind, &record->cells[i]);
        record->cells[i] = change->cells[i];
        change->set[i] = false;
    }
}

void change_release(const struct schema *schema, struct change *change)
{
    for (int i = 0; i < schema->count; i++) {
        if (change->set[i])
            cell_clear(schema->fields[i].kind, &change->cells[i]);
        change->set[i] = false;
    }
}

void change_number(struct change *change, int field, int64_t value)
{
    change->cells[field].number = value;
    change->set[field] = true;
}

void change_text(struct change *change, int field, const char *text)
{
    if (change->set[field])
        string_free(&change->cells[field].text);
    change->cells[field].text = x_strdup(text);
    change->set[field] = true;
}

void change_id(struct change *change, int field, uint64_t id)
{
    change->cells[field].id = id;
    change->set[field] = true;
}

bool id_parse(const char *text, uint64_t *ret)
{
    uint64_t id = 0;

    if (text[0] < '1' || text[0] > '9')
        return false;
    for (; *text; text++) {
        uint64_t digit = (uint64_t)(*text - '0');

        if (!isdigit((unsigned char)*text) || id > (UINT64_MAX - digit) / 10)
            return false;
        id = id * 10 + digit;
    }
    *ret = id;
    return true;
}

void id_format(uint64_t id, char ret[ID_SIZE])
{
    char digits[ID_SIZE];
    size_t at = sizeof digits;

    digits[--at] = '\0';
    do {
        digits[--at] = (char)('0' + id % 10);
        id /= 10;
    } while (id);
    memcpy(ret, digits + at, sizeof digits - at);
}

bool date_parse(const char *text, int64_t *ret)
{
    int parts[3] = {0, 0, 0};
    int part = 0;

    if (strlen(text) != 10)
        return false;
    for (int i = 0; i < 10; i++) {
        if (i == 4 || i == 7) {
            if (text[i] != '-')
                return false;
            part++;
        } else {
            if (!isdigit((unsigned char)text[i]))
                return false;
            parts[part] = parts[part] * 10 + (text[i] - '0');
        }
    }
    if (!date_exists(parts[0], (unsigned)parts[1], (unsigned)parts[2]))
        return false;
    *ret = (int64_t)parts[0] * 10000 + parts[1] * 100 + parts[2];
    return true;
}

void date_format(int64_t date, char ret[DATE_SIZE])
{
    const int64_t parts[] = {date / 10000, date / 100 % 100, date % 100};
    const int widths[] = {4, 2, 2};
    int at = 10;

    ret[at] = '\0';
    for (int part = 2; part >= 0; part--) {
        int64_t left = parts[part];

        for (int i = 0; i < widths[part]; i++, left /= 10)
            ret[--at] = (char)('0' + left % 10);
        if (part > 0)
            ret[--at] = '-';
    }
}
