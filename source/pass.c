#include "source/pass.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "model/letters.h"
#include "source/lookup.h"
#include "source/plain_value.h"

enum { MANTISSA_DIGITS_MAX = 6, QUOTED = 40 };

struct joined {
    struct lookup *lookup;
    bool evaluated;                /* for the row at hand */
    const struct lookup_row *row;  /* NULL: none; in a join of many the one that was chosen */
    const struct lookup_row **all; /* in a join of many */
    size_t count;
    size_t room;
};

struct pass {
    struct source *source;
    const struct profile *profile;
    const struct profile_mapping *mapping;
    size_t table;
    struct scan *scan;                  /* NULL without a table */
    const struct value *values;         /* the row at hand */
    bool single_done;                   /* the one row of a mapping without a table was given */
    size_t places[PROFILE_COLUMNS_MAX]; /* where the mapping's columns stand in the table's or the join's row */
    bool identities[PROFILE_COLUMNS_MAX];
    bool known[PROFILE_COLUMNS_MAX]; /* texts[] is filled in for the row at hand */
    struct slice texts[PROFILE_COLUMNS_MAX];
    struct joined joins[PROFILE_JOINS_MAX];
    struct scratch *scratch;
    struct refusal refusal;
    char fate[200]; /* what the refusal's points to */
    struct expression_row row;
};

static const char *column_name(void *context, size_t number)
{
    const struct pass *pass = context;

    return pass->mapping->columns[number].name;
}

static bool fault_dangling(struct pass *pass, const struct profile_join *join, struct slice key, struct fault *fault)
{
    long column = expression_first_column(join->on);
    struct slice cut = utf8_cut(key, QUOTED);

    snprintf(pass->fate, sizeof pass->fate, "has no row in %s",
             lookup_origin(pass->joins[join - pass->mapping->joins].lookup));
    pass->refusal = (struct refusal){.kind = REFUSAL_DANGLING, .column = column, .value = key, .fate = pass->fate};
    return fault_set(fault, FAULT_BAD_INPUT, "column %s: '%.*s' has no row in %s",
                     column < 0 ? join->name : pass->mapping->columns[column].name, (int)cut.size, cut.data,
                     lookup_origin(pass->joins[join - pass->mapping->joins].lookup));
}

static void gather_rows(struct joined *joined, const struct lookup_row *first)
{
    joined->count = 0;
    for (const struct lookup_row *row = first; row; row = row->next) {
        if (joined->count == joined->room) {
            joined->room = joined->room ? joined->room * 2 : 16;
            joined->all = x_grow_array(joined->all, joined->room, sizeof(struct lookup_row *));
        }
        joined->all[joined->count++] = row;
    }
}

static bool evaluate_join(struct pass *pass, size_t number, struct fault *fault)
{
    const struct profile_join *join = &pass->mapping->joins[number];
    struct joined *joined = &pass->joins[number];
    struct slice key = {0};

    joined->row = NULL;
    joined->count = 0;
    if (!expression_evaluate(join->on, &pass->row, &key, fault))
        return false;
    if (key.data && join->many) {
        gather_rows(joined, lookup_find(joined->lookup, key));
    } else if (key.data) {
        if (!lookup_follow(joined->lookup, key, &joined->row, fault))
            return fault_prefix(fault, "join %s", join->name);
        if (!joined->row && !join->may_miss)
            return fault_dangling(pass, join, key, fault);
    }
    joined->evaluated = true;
    return true;
}

static bool count_rows(void *context, size_t join, size_t *ret, struct fault *fault)
{
    struct pass *pass = context;

    if (!pass->joins[join].evaluated && !evaluate_join(pass, join, fault))
        return false;
    *ret = pass->joins[join].count;
    return true;
}

/* Joins that depend on the row are looked up anew. */
static void choose_row(void *context, size_t join, size_t row)
{
    struct pass *pass = context;

    pass->joins[join].row = row < pass->joins[join].count ? pass->joins[join].all[row] : NULL;
    for (size_t i = 0; i < pass->mapping->join_count; i++)
        if (pass->mapping->joins[i].within == join)
            pass->joins[i].evaluated = false;
}

static bool read_column(void *context, size_t number, struct slice *ret, struct fault *fault)
{
    struct pass *pass = context;
    size_t join = pass->mapping->columns[number].join;

    if (join == PROFILE_ROW) {
        if (!pass->known[number]) {
            pass->texts[number] = plain_value(pass->profile, &pass->values[pass->places[number]], pass->scratch);
            pass->known[number] = true;
        }
        *ret = pass->texts[number];
        return true;
    }
    if (!pass->joins[join].evaluated && !evaluate_join(pass, join, fault))
        return false;
    *ret = pass->joins[join].row ? pass->joins[join].row->values[pass->places[number]] : (struct slice){0};
    return true;
}

/* Columns of a join stand in its row in the order in which the mapping names them. */
static bool bind_columns(struct pass *pass, struct fault *fault)
{
    const struct profile_mapping *mapping = pass->mapping;
    size_t next[PROFILE_JOINS_MAX] = {0};

    for (size_t i = 0; i < mapping->column_count; i++) {
        const struct profile_column *column = &mapping->columns[i];

        if (column->join != PROFILE_ROW)
            pass->places[i] = next[column->join]++;
        else if (!scan_find_column(pass->scan, column->name, &pass->places[i], fault))
            return false;
    }
    return true;
}

static void mark_identities(struct pass *pass)
{
    const struct record_field *fields = record_fields(pass->mapping->entity);

    expression_mark_columns(pass->mapping->key, pass->identities);
    for (size_t i = 0; fields[i].name; i++)
        if (fields[i].type == FIELD_REFERENCE)
            expression_mark_columns(pass->mapping->fields[i], pass->identities);
    for (size_t i = 0; i < pass->mapping->column_count; i++)
        pass->identities[i] = pass->identities[i] && pass->mapping->columns[i].join == PROFILE_ROW;
}

static bool load_joins(struct pass *pass, struct fault *fault)
{
    size_t budget = LOOKUP_BYTES_MAX;

    for (size_t i = 0; i < pass->mapping->join_count; i++) {
        size_t through = pass->mapping->joins[i].key_through;

        if (!lookup_load(pass->source, pass->profile, pass->mapping, i,
                         through == PROFILE_ROW ? NULL : pass->joins[through].lookup, &budget, &pass->joins[i].lookup,
                         fault))
            return fault_prefix(fault, "%s.joins.%s", pass->mapping->path, pass->mapping->joins[i].name);
    }
    return true;
}

static bool open_table(struct pass *pass, struct fault *fault)
{
    if (!source_find_table(pass->source, pass->mapping->table, &pass->table, fault) ||
        !source_scan(pass->source, pass->table, &pass->scan, fault) || !bind_columns(pass, fault))
        return fault_prefix(fault, "%s", pass->mapping->path);
    return true;
}

static bool check_join(struct source *source, const struct profile_mapping *mapping, size_t join, struct fault *fault)
{
    scoped(scan_close) struct scan *scan = NULL;
    size_t table = 0;
    size_t place = 0;

    if (!source_find_table(source, mapping->joins[join].table, &table, fault) ||
        !source_scan(source, table, &scan, fault) || !scan_find_column(scan, mapping->joins[join].key, &place, fault) ||
        (mapping->joins[join].follow && !scan_find_column(scan, mapping->joins[join].follow, &place, fault)))
        return fault_prefix(fault, "%s.joins.%s", mapping->path, mapping->joins[join].name);
    for (size_t i = 0; i < mapping->column_count; i++)
        if (mapping->columns[i].join == join && !scan_find_column(scan, mapping->columns[i].name, &place, fault))
            return fault_prefix(fault, "%s", mapping->path);
    return true;
}

bool pass_check(struct source *source, const struct profile_mapping *mapping, struct fault *fault)
{
    scoped(pass_close) struct pass *pass = x_alloc(sizeof *pass);

    pass->source = source;
    pass->mapping = mapping;
    if (mapping->table && !open_table(pass, fault))
        return false;
    for (size_t i = 0; i < mapping->join_count; i++)
        if (!check_join(source, mapping, i, fault))
            return false;
    return true;
}

bool pass_open(struct source *source, const struct profile *profile, const struct profile_mapping *mapping,
               const struct json *answers, struct pass **ret, struct fault *fault)
{
    scoped(pass_close) struct pass *pass = x_alloc(sizeof *pass);

    pass->source = source;
    pass->profile = profile;
    pass->mapping = mapping;
    pass->scratch = scratch_new();
    pass->row = (struct expression_row){
        .read = read_column,
        .name = column_name,
        .count_rows = count_rows,
        .choose_row = choose_row,
        .context = pass,
        .scratch = pass->scratch,
        .questions = profile->questions,
        .answers = answers,
        .refusal = &pass->refusal,
    };
    if ((mapping->table && !open_table(pass, fault)) || !load_joins(pass, fault))
        return false;
    mark_identities(pass);
    *ret = steal(pass);
    return true;
}

void pass_close(struct pass **pass)
{
    if (!*pass)
        return;
    scan_close(&(*pass)->scan);
    for (size_t i = 0; i < PROFILE_JOINS_MAX; i++) {
        lookup_destroy(&(*pass)->joins[i].lookup);
        free((*pass)->joins[i].all);
    }
    scratch_destroy(&(*pass)->scratch);
    free(*pass);
    *pass = NULL;
}

bool pass_next(struct pass *pass, bool *ret_end, struct fault *fault)
{
    scratch_clear(pass->scratch);
    memset(pass->known, 0, sizeof pass->known);
    pass->refusal = (struct refusal){0};
    for (size_t i = 0; i < pass->mapping->join_count; i++)
        pass->joins[i].evaluated = false;
    if (!pass->scan) {
        *ret_end = pass->single_done;
        pass->single_done = true;
        return true;
    }
    if (!scan_next(pass->scan, &pass->values, fault))
        return false;
    *ret_end = pass->values == NULL;
    return true;
}

const struct profile_mapping *pass_mapping(const struct pass *pass)
{
    return pass->mapping;
}

const struct expression_row *pass_row(const struct pass *pass)
{
    return &pass->row;
}

struct refusal *pass_refusal(struct pass *pass)
{
    return &pass->refusal;
}

bool pass_locate(const struct pass *pass, size_t column, struct text *locator, int64_t *ret_size_bytes, bool *ret_found,
                 struct fault *fault)
{
    must(pass->scan && pass->mapping->columns[column].join == PROFILE_ROW);
    return scan_locate(pass->scan, pass->places[column], locator, ret_size_bytes, ret_found, fault);
}

const char *pass_table(const struct pass *pass)
{
    return pass->scan ? source_table_name(pass->source, pass->table) : "profile";
}

const char *pass_origin(const struct pass *pass)
{
    return pass->scan ? source_table_origin(pass->source, pass->table) : "profile";
}

uint64_t pass_row_number(const struct pass *pass)
{
    return pass->scan ? scan_row(pass->scan) : 0;
}

/* "5.91486E+12": one digit, at most six more, and an exponent with its sign, as spreadsheets show large numbers. */
static bool is_mangled(struct slice text)
{
    size_t at = 1;
    size_t digits = 0;

    if (text.size < 5 || text.data[0] < '1' || text.data[0] > '9')
        return false;
    if (text.data[at] == '.') {
        for (at++; at < text.size && text.data[at] >= '0' && text.data[at] <= '9'; at++)
            digits++;
        if (digits == 0 || digits > MANTISSA_DIGITS_MAX)
            return false;
    }
    if (text.size - at < 4 || (text.data[at] != 'E' && text.data[at] != 'e') || text.data[at + 1] != '+')
        return false;
    for (at += 2; at < text.size; at++)
        if (text.data[at] < '0' || text.data[at] > '9')
            return false;
    return true;
}

static bool count_mangled(struct pass *pass, size_t column, uint64_t *ret_mangled, uint64_t *ret_rows,
                          struct fault *fault)
{
    scoped(scan_close) struct scan *scan = NULL;
    const struct value *values = NULL;

    *ret_mangled = 0;
    *ret_rows = 0;
    if (!source_scan(pass->source, pass->table, &scan, fault))
        return false;
    do {
        if (!scan_next(scan, &values, fault))
            return false;
        *ret_rows += values != NULL;
        *ret_mangled += values && is_mangled(letters_trim(values[pass->places[column]].text));
    } while (values);
    return true;
}

static bool fault_mangled(struct pass *pass, size_t column, struct slice value, struct fault *fault)
{
    uint64_t mangled = 0;
    uint64_t rows = 0;

    if (!count_mangled(pass, column, &mangled, &rows, fault))
        return false;
    return fault_set(
        fault, FAULT_BAD_INPUT,
        "%s, row %" PRIu64 ", column %s: '%.*s'. A spreadsheet has rounded %" PRIu64 " of the %" PRIu64
        " values of this column: the identities were lost, and different people now look alike. Export again "
        "with the column as text, and do not save the file from a spreadsheet",
        pass_origin(pass), pass_row_number(pass), pass->mapping->columns[column].name,
        (int)utf8_cut(value, QUOTED).size, value.data, mangled, rows);
}

bool pass_check_identities(struct pass *pass, struct fault *fault)
{
    for (size_t i = 0; i < pass->mapping->column_count; i++) {
        struct slice value = {0};

        if (!pass->identities[i])
            continue;
        if (!read_column(pass, i, &value, fault))
            return false;
        if (value.data && is_mangled(value))
            return fault_mangled(pass, i, value, fault);
    }
    return true;
}
