#include "source/draft_column.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/contact.h"
#include "model/date_format.h"
#include "model/letters.h"
#include "source/draft_words.h"
#include "source/key_set.h"
#include "source/plain_value.h"

enum {
    PLENTY_PERCENT = 80,
    PHONE_DIGITS_LEAST = 7,
    SAMPLE_BYTES_MAX = 60,
    TYPE_BYTES_MAX = 100,
    SECONDS_PER_HOUR = 3600,
    HOURS_PER_DAY = 24
};

static const int64_t years_ago_seconds = INT64_C(1104537600); /* 2005-01-01 */

/* In the order of preference where several fit: the day first, as all the world but one country writes it. */
static const struct {
    const char *format;
    bool has_time;
} formats[DRAFT_FORMATS] = {
    {"YYYY-MM-DD", false},
    {"YYYY-MM-DD HH:mm[:ss[.f]]", true},
    {"YYYY-MM-DDTHH:mm[:ss[.f]][Z]", true},
    {"D/M/YYYY", false},
    {"M/D/YYYY", false},
    {"D/M/YYYY H:mm[:ss][ A]", true},
    {"M/D/YYYY h:mm[:ss] A", true},
    {"M/D/YYYY H:mm[:ss]", true},
    {"D.M.YYYY", false},
    {"D.M.YYYY H:mm[:ss]", true},
    {"D-M-YYYY", false},
    {"YYYY/M/D", false},
    {"D MMM YYYY", false},
    {"D-MMM-YYYY", false},
    {"D/M/YY", false},
    {"M/D/YY", false},
};

static void look_at_time(struct draft_column *column, struct slice value)
{
    struct moment moment;
    struct text dated;
    int64_t hour = 0;

    text_init(&dated, 64);
    text_puts(&dated, "2000-01-01 ");
    text_put(&dated, value.data, value.size);
    if (!dated.overflowed && (date_format_read("YYYY-MM-DD H:mm[:ss]", text_slice(&dated), &moment) ||
                              date_format_read("YYYY-MM-DD h:mm[:ss][ ]A", text_slice(&dated), &moment))) {
        hour = moment.wall_seconds / SECONDS_PER_HOUR % HOURS_PER_DAY;
        column->times++;
        column->early += hour >= 1 && hour < 7;
        column->late += hour >= 13;
    }
    text_release(&dated);
}

static void count_digits(struct draft_column *column, struct slice value)
{
    size_t digits = 0;
    size_t points = 0;

    for (size_t i = 0; i < value.size; i++) {
        digits += isdigit((unsigned char)value.data[i]) != 0;
        points += value.data[i] == '.';
    }
    column->integers += digits == value.size;
    column->decimals += points == 1 && digits + 1 == value.size;
}

static void count_contact(struct draft_column *column, struct slice value, struct scratch *scratch)
{
    struct slice numbers[PHONES_IN_A_FIELD_MAX];
    bool rest = false;
    size_t digits = 0;

    column->emails += email_find(value, &rest).data != NULL;
    for (size_t i = 0; i < value.size; i++)
        digits += isdigit((unsigned char)value.data[i]) != 0;
    column->phones += digits >= PHONE_DIGITS_LEAST && phones_split(value, scratch, numbers, &rest) > 0;
}

static void keep_value(struct draft_column *column, struct slice value)
{
    if (column->value_count > DRAFT_VALUES_MAX)
        return;
    for (size_t i = 0; i < column->value_count; i++)
        if (slice_equals(value, column->values[i]))
            return;
    if (column->value_count < DRAFT_VALUES_MAX)
        column->values[column->value_count] = x_strndup(value.data, value.size);
    column->value_count++;
}

static void look_at_dates(struct draft_column *column, struct slice value)
{
    bool years_ago = false;

    for (size_t i = 0; i < DRAFT_FORMATS; i++) {
        struct moment moment;

        if (!date_format_read(formats[i].format, value, &moment))
            continue;
        column->dates[i]++;
        years_ago |= moment.wall_seconds < years_ago_seconds;
    }
    column->years_ago += years_ago;
}

static void look_at(struct draft_column *column, struct slice value, struct scratch *scratch)
{
    column->rows++;
    if (value.size == 0)
        return;
    column->filled++;
    if (!key_set_put(column->seen, value, KEY_STAGED))
        column->repeats++;
    else if (column->sample_count < DRAFT_SAMPLES_MAX && value.size <= SAMPLE_BYTES_MAX)
        column->samples[column->sample_count++] = x_strndup(value.data, value.size);
    column->phone_marks += value.data[0] == '+' || value.data[0] == '0' || value.data[0] == '(';
    column->midnights += memmem(value.data, value.size, "00:00:00", 8) != NULL;
    column->blanks += memchr(value.data, ' ', value.size) != NULL;
    count_digits(column, value);
    count_contact(column, value, scratch);
    look_at_time(column, value);
    look_at_dates(column, value);
    keep_value(column, value);
}

static bool read_rows(struct scan *scan, struct draft_table *table, struct fault *fault)
{
    scoped(scratch_destroy) struct scratch *scratch = scratch_new();
    const struct value *values = NULL;

    for (; table->rows < DRAFT_ROWS_MAX; table->rows++) {
        if (!scan_next(scan, &values, fault))
            return false;
        if (!values)
            return true;
        scratch_clear(scratch);
        for (size_t i = 0; i < table->column_count; i++)
            look_at(&table->columns[i], letters_trim(value_text(&values[i], scratch)), scratch);
    }
    return true;
}

/* "nvarchar(40)" and the like: the names of SQL Server, of which others use some too. */
static enum draft_type type_of(const char *declared, bool *ret_long)
{
    static const struct {
        const char *begins;
        enum draft_type type;
    } types[] = {
        {"datetime", DRAFT_TYPE_MOMENT},   {"smalldatetime", DRAFT_TYPE_MOMENT},
        {"date", DRAFT_TYPE_DATE},         {"timestamp", DRAFT_TYPE_NUMBER},
        {"rowversion", DRAFT_TYPE_NUMBER}, {"time", DRAFT_TYPE_TIME},
        {"bit", DRAFT_TYPE_BIT},           {"varbinary", DRAFT_TYPE_BYTES},
        {"binary", DRAFT_TYPE_BYTES},      {"image", DRAFT_TYPE_BYTES},
        {"nvarchar", DRAFT_TYPE_TEXT},     {"varchar", DRAFT_TYPE_TEXT},
        {"nchar", DRAFT_TYPE_TEXT},        {"char", DRAFT_TYPE_TEXT},
        {"ntext", DRAFT_TYPE_TEXT},        {"text", DRAFT_TYPE_TEXT},
        {"int", DRAFT_TYPE_NUMBER},        {"bigint", DRAFT_TYPE_NUMBER},
        {"smallint", DRAFT_TYPE_NUMBER},   {"tinyint", DRAFT_TYPE_NUMBER},
        {"decimal", DRAFT_TYPE_NUMBER},    {"numeric", DRAFT_TYPE_NUMBER},
        {"money", DRAFT_TYPE_NUMBER},      {"smallmoney", DRAFT_TYPE_NUMBER},
        {"float", DRAFT_TYPE_NUMBER},      {"real", DRAFT_TYPE_NUMBER},
    };

    *ret_long = strstr(declared, "(max)") || strcmp(declared, "text") == 0 || strcmp(declared, "ntext") == 0;
    for (size_t i = 0; i < array_length(types); i++)
        if (strncmp(declared, types[i].begins, strlen(types[i].begins)) == 0)
            return types[i].type;
    return DRAFT_TYPE_UNKNOWN;
}

static char *words_kept(const char *name)
{
    struct text words;
    char *kept = NULL;

    text_init(&words, 190);
    words_of(name, &words);
    kept = x_strdup(words.overflowed ? " " : text_string(&words));
    text_release(&words);
    return kept;
}

static void name_columns(const struct source *source, const struct scan *scan, struct draft_table *table)
{
    struct text type;

    text_init(&type, TYPE_BYTES_MAX);
    table->column_count = scan_column_count(scan);
    table->columns = x_alloc_array(table->column_count, sizeof *table->columns);
    for (size_t i = 0; i < table->column_count; i++) {
        struct draft_column *column = &table->columns[i];

        column->name = x_strdup(scan_column_name(scan, i));
        column->words = words_kept(column->name);
        column->seen = key_set_new();
        source_keys_of(source, table->number, i, &column->keys);
        text_clear(&type);
        scan_column_type(scan, i, &type);
        if (column->keys.known)
            column->type = type_of(text_string(&type), &column->long_text);
    }
    text_release(&type);
}

bool draft_table_read(struct source *source, size_t number, struct draft_table *ret, struct fault *fault)
{
    scoped(scan_close) struct scan *scan = NULL;
    bool done = false;

    if (!source_scan(source, number, &scan, fault))
        return false;
    *ret = (struct draft_table){.number = number, .name = x_strdup(source_table_name(source, number))};
    ret->words = words_kept(ret->name);
    name_columns(source, scan, ret);
    done = read_rows(scan, ret, fault);
    if (!done)
        draft_table_release(ret);
    return done;
}

void draft_table_release(struct draft_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        free(table->columns[i].name);
        free(table->columns[i].words);
        for (size_t k = 0; k < DRAFT_VALUES_MAX; k++)
            free(table->columns[i].values[k]);
        for (size_t k = 0; k < DRAFT_SAMPLES_MAX; k++)
            free(table->columns[i].samples[k]);
        key_set_destroy(&table->columns[i].seen);
    }
    free(table->columns);
    free(table->name);
    free(table->words);
    *table = (struct draft_table){0};
}

const char *draft_date_format(const struct draft_column *column, bool *ret_has_time, bool *ret_ambiguous)
{
    size_t best = 0;

    *ret_ambiguous = false;
    for (size_t i = 1; i < DRAFT_FORMATS; i++)
        if (column->dates[i] > column->dates[best])
            best = i;
    if (column->filled == 0 || !draft_mostly(column, column->dates[best], PLENTY_PERCENT))
        return NULL;
    for (size_t i = best + 1; i < DRAFT_FORMATS; i++)
        *ret_ambiguous |= column->dates[i] == column->dates[best] && formats[i].has_time == formats[best].has_time;
    *ret_has_time = formats[best].has_time;
    return formats[best].format;
}

bool draft_mostly(const struct draft_column *column, size_t counted, unsigned percent)
{
    return column->filled > 0 && counted * 100 >= column->filled * percent;
}

unsigned draft_share_found(const struct draft_column *column, const struct draft_column *in)
{
    size_t found = 0;

    for (size_t i = 0; i < column->sample_count; i++)
        found += key_set_find(in->seen, slice_of(column->samples[i])) != KEY_ABSENT;
    return column->sample_count ? (unsigned)(found * 100 / column->sample_count) : 0;
}
