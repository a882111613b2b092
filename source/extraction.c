#include "source/extraction.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/must.h"
#include "model/letters.h"
#include "model/record.h"
#include "source/key_set.h"
#include "source/pass.h"
#include "source/source.h"

enum { KEY_BYTES_MAX = 200, PROBLEM_BYTES_MAX = 600, QUOTED = 40, MS_PER_DAY = 24 * 60 * 60 * 1000 };

struct extraction {
    const struct profile *profile;
    char *time_zone; /* to fall back on; NULL for none */
    int64_t today;
    struct source *source;
    struct zones *zones;
    struct key_set *keys[ENTITY_COUNT];
    size_t next_mapping;
    const struct profile_mapping *mapping; /* of the pass at hand */
    struct pass *pass;                     /* NULL between two mappings */
    uint64_t rows_read;
    struct extraction_count *counts; /* one for each rule of the profile, then one for each distinct mapping */
    size_t count_size;
    size_t first_count; /* of the mapping at hand */
    struct record record;
    size_t next_follow_up; /* of the record at hand */
    struct text key;       /* of the record at hand */
    struct text zone;
    struct text problem;
    struct text warning;
    struct text rejections;
};

/* The text without bytes that are not UTF-8: a message may be cut within a character. */
static void put_valid(struct text *out, const char *text)
{
    struct slice left = slice_of(text);

    while (left.size) {
        struct slice one = utf8_cut(left, 1);

        if (one.size && utf8_valid(one.data, one.size))
            text_put(out, one.data, one.size);
        left.data += one.size ? one.size : 1;
        left.size -= one.size ? one.size : 1;
    }
}

static void make_counts(struct extraction *extraction)
{
    const struct profile *profile = extraction->profile;
    size_t size = profile->mapping_count;

    for (size_t i = 0; i < profile->mapping_count; i++)
        size += profile->mappings[i].rule_count;
    extraction->counts = x_alloc_array(size, sizeof *extraction->counts);
    for (size_t i = 0; i < profile->mapping_count; i++) {
        const struct profile_mapping *mapping = &profile->mappings[i];

        for (size_t k = 0; k < mapping->rule_count; k++)
            extraction->counts[extraction->count_size++] =
                (struct extraction_count){.entity = mapping->entity, .reason = mapping->rules[k].reason};
        extraction->counts[extraction->count_size++] = (struct extraction_count){
            .entity = mapping->entity, .reason = "further rows of the same record", .repeated = true};
    }
}

static bool check_mark(struct extraction *extraction, const struct profile_mark *mark, struct fault *fault)
{
    scoped(scan_close) struct scan *scan = NULL;
    size_t table = 0;
    size_t place = 0;

    if (!source_find_table(extraction->source, mark->table, &table, fault) ||
        !source_scan(extraction->source, table, &scan, fault))
        return false;
    for (size_t i = 0; i < mark->column_count; i++)
        if (!scan_find_column(scan, mark->columns[i], &place, fault))
            return false;
    return true;
}

static bool check_source(struct extraction *extraction, struct fault *fault)
{
    const struct profile *profile = extraction->profile;

    for (size_t i = 0; i < profile->mark_count; i++)
        if (!check_mark(extraction, &profile->marks[i], fault))
            return fault_prefix(fault, "this is no source for the profile '%.60s'", profile->name);
    for (size_t i = 0; i < profile->mapping_count; i++)
        if (!pass_check(extraction->source, &profile->mappings[i], fault))
            return false;
    return true;
}

static void init(struct extraction *extraction, const struct extraction_options *options)
{
    extraction->time_zone = x_strdup(options->time_zone);
    extraction->today = options->today ? options->today : clock_wall_ms() / MS_PER_DAY;
    extraction->zones = zones_new();
    for (size_t i = 0; i < ENTITY_COUNT; i++)
        extraction->keys[i] = key_set_new();
    record_init(&extraction->record);
    text_init(&extraction->key, KEY_BYTES_MAX * 2);
    text_init(&extraction->zone, KEY_BYTES_MAX);
    text_init(&extraction->problem, PROBLEM_BYTES_MAX * 2);
    text_init(&extraction->warning, PROBLEM_BYTES_MAX * 4);
    text_init(&extraction->rejections, PROBLEM_BYTES_MAX * 2);
    make_counts(extraction);
}

bool extraction_open(const char *path, const struct profile *profile, const struct extraction_options *options,
                     struct extraction **ret, struct fault *fault)
{
    scoped(extraction_close) struct extraction *extraction = x_alloc(sizeof *extraction);
    struct source_options source_options = {.encoding = profile->encoding, .separator = profile->separator};
    struct zone *zone = NULL;

    extraction->profile = profile;
    init(extraction, options);
    if (options->time_zone && !zones_find(extraction->zones, options->time_zone, &zone, fault))
        return false;
    if (!source_open(path, &source_options, &extraction->source, fault) || !check_source(extraction, fault))
        return false;
    *ret = steal(extraction);
    return true;
}

void extraction_close(struct extraction **extraction)
{
    struct extraction *old = *extraction;

    if (!old)
        return;
    pass_close(&old->pass);
    source_close(&old->source);
    zones_destroy(&old->zones);
    for (size_t i = 0; i < ENTITY_COUNT; i++)
        key_set_destroy(&old->keys[i]);
    record_release(&old->record);
    text_release(&old->key);
    text_release(&old->zone);
    text_release(&old->problem);
    text_release(&old->warning);
    text_release(&old->rejections);
    free(old->counts);
    free(old->time_zone);
    free(old);
    *extraction = NULL;
}

static struct staged_record staged(const struct extraction *extraction)
{
    return (struct staged_record){
        .entity = extraction->mapping->entity,
        .source_key = text_string(&extraction->key),
        .payload = slice_of("{}"),
        .file = pass_origin(extraction->pass),
        .row = pass_row_number(extraction->pass),
    };
}

/* A row whose own key cannot be used is named after its place. */
static void name_by_place(struct extraction *extraction)
{
    text_clear(&extraction->key);
    text_printf(&extraction->key, "%.150s:%" PRIu64, pass_origin(extraction->pass), pass_row_number(extraction->pass));
}

/* The row's problem, with its place before it. */
static void emit_problem(struct extraction *extraction, const struct fault *fault, struct staged_record *ret)
{
    text_clear(&extraction->problem);
    if (pass_row_number(extraction->pass))
        text_printf(&extraction->problem, "%.150s, row %" PRIu64 ", ", pass_origin(extraction->pass),
                    pass_row_number(extraction->pass));
    put_valid(&extraction->problem, fault->text);
    *ret = staged(extraction);
    ret->problem = text_string(&extraction->problem);
    extraction->next_follow_up = extraction->record.follow_up_count;
}

/* Writes prefix and key to `out`. */
static bool put_key(const struct extraction *extraction, struct slice key, struct text *out, struct fault *fault)
{
    text_clear(out);
    if (key.size + strlen(extraction->profile->key_prefix) > KEY_BYTES_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "key '%.*s…' is longer than %d bytes", (int)utf8_cut(key, QUOTED).size,
                         key.data, KEY_BYTES_MAX);
    for (size_t i = 0; i < key.size; i++)
        if ((unsigned char)key.data[i] < 0x20 || key.data[i] == 0x7F)
            return fault_set(fault, FAULT_BAD_INPUT, "key holds a control character");
    text_puts(out, extraction->profile->key_prefix);
    text_put(out, key.data, key.size);
    return true;
}

static bool evaluate_key(struct extraction *extraction, struct fault *fault)
{
    struct slice key = {0};

    text_clear(&extraction->key);
    if (!expression_evaluate(extraction->mapping->key, pass_row(extraction->pass), &key, fault))
        return false;
    if (!key.data) {
        long column = expression_first_column(extraction->mapping->key);

        return fault_set(fault, FAULT_BAD_INPUT, "column %s: the key is empty",
                         column < 0 ? "?" : extraction->mapping->columns[column].name);
    }
    return put_key(extraction, key, &extraction->key, fault);
}

/* The rule that leaves the row behind, -1 for none. */
static bool find_rule(const struct extraction *extraction, long *ret, struct fault *fault)
{
    *ret = -1;
    for (size_t i = 0; i < extraction->mapping->rule_count; i++) {
        bool holds = false;

        if (!condition_holds(extraction->mapping->rules[i].when, pass_row(extraction->pass), &holds, fault))
            return false;
        if (holds) {
            *ret = (long)i;
            return true;
        }
    }
    return true;
}

static bool check_reference(const struct extraction *extraction, const struct record_field *field, struct slice key,
                            struct fault *fault)
{
    unsigned state = key_set_find(extraction->keys[field->reference], key);
    struct slice cut = utf8_cut(key, QUOTED);

    if (state == KEY_STAGED)
        return true;
    if (state == KEY_ABSENT)
        return fault_set(fault, FAULT_BAD_INPUT, "%s '%.*s' is not in the source", field->name, (int)cut.size,
                         cut.data);
    if (state == KEY_PROBLEM)
        return fault_set(fault, FAULT_BAD_INPUT, "%s '%.*s' has a problem of its own", field->name, (int)cut.size,
                         cut.data);
    return fault_set(fault, FAULT_BAD_INPUT, "%s '%.*s' was left behind: %s", field->name, (int)cut.size, cut.data,
                     extraction->counts[state - KEY_LEFT].reason);
}

static bool evaluate_reference(struct extraction *extraction, const struct record_field *field, struct slice *value,
                               struct fault *fault)
{
    const struct expression_row *row = pass_row(extraction->pass);
    struct text key;
    bool done = false;

    if (!value->data)
        return true;
    text_init(&key, KEY_BYTES_MAX * 2);
    done = put_key(extraction, *value, &key, fault) && check_reference(extraction, field, text_slice(&key), fault);
    if (done)
        *value = scratch_copy(row->scratch, text_slice(&key));
    text_release(&key);
    return done;
}

/* What the source says where a field could not be made of it. */
static struct slice raw_value(const struct extraction *extraction, const struct expression *expression)
{
    const struct expression_row *row = pass_row(extraction->pass);
    long column = expression_first_column(expression);
    struct slice value = {0};
    struct fault ignored = {0};

    if (column >= 0 && !row->read(row->context, (size_t)column, &value, &ignored))
        return (struct slice){0};
    return value;
}

static void reject(struct extraction *extraction, size_t field, struct record_draft *draft, const struct fault *fault)
{
    struct text *rejections = &extraction->rejections;

    draft->rejected[field] = raw_value(extraction, extraction->mapping->fields[field]);
    text_printf(rejections, "%s%s: %s", rejections->size ? "; " : "", record_fields(draft->entity)[field].name,
                fault->text);
    draft->warning = text_string(rejections);
}

static bool evaluate_field(struct extraction *extraction, size_t number, struct record_draft *draft,
                           struct fault *fault)
{
    const struct record_field *field = &record_fields(draft->entity)[number];
    struct slice *value = &draft->values[number];

    if (!extraction->mapping->fields[number])
        return true;
    if (!expression_evaluate(extraction->mapping->fields[number], pass_row(extraction->pass), value, fault)) {
        *value = (struct slice){0};
        if (!record_field_may_fail(field))
            return false;
        reject(extraction, number, draft, fault);
        return true;
    }
    return field->type != FIELD_REFERENCE || evaluate_reference(extraction, field, value, fault);
}

static bool evaluate_zone(struct extraction *extraction, struct record_draft *draft, struct fault *fault)
{
    struct slice zone = {0};

    draft->time_zone = extraction->time_zone;
    if (!extraction->mapping->time_zone)
        return true;
    if (!expression_evaluate(extraction->mapping->time_zone, pass_row(extraction->pass), &zone, fault))
        return fault_prefix(fault, "time zone");
    if (!zone.data)
        return true;
    text_clear(&extraction->zone);
    text_put(&extraction->zone, zone.data, zone.size);
    draft->time_zone = text_string(&extraction->zone);
    return true;
}

static bool build(struct extraction *extraction, struct fault *fault)
{
    struct record_draft draft = {.entity = extraction->mapping->entity, .source_key = text_string(&extraction->key)};

    text_clear(&extraction->rejections);
    if (!evaluate_zone(extraction, &draft, fault))
        return false;
    for (size_t i = 0; record_fields(draft.entity)[i].name; i++)
        if (!evaluate_field(extraction, i, &draft, fault))
            return false;
    return record_build(&draft, extraction->zones, extraction->today, &extraction->record, fault);
}

static void emit_record(struct extraction *extraction, struct staged_record *ret)
{
    *ret = staged(extraction);
    ret->payload = text_slice(&extraction->record.payload);
    extraction->next_follow_up = 0;
    if (extraction->record.warning.size == 0)
        return;
    text_clear(&extraction->warning);
    put_valid(&extraction->warning, text_string(&extraction->record.warning));
    ret->warning = text_string(&extraction->warning);
}

static void emit_follow_up(struct extraction *extraction, struct staged_record *ret)
{
    const struct follow_up *follow = &extraction->record.follow_ups[extraction->next_follow_up++];

    *ret = staged(extraction);
    ret->entity = follow->entity;
    ret->payload = text_slice(&follow->payload);
}

/* A key that is already there: a further row of the same record, or a mistake of the source. True when the row makes no
 * record. */
static bool skip_repeated(struct extraction *extraction)
{
    struct extraction_count *count = &extraction->counts[extraction->first_count + extraction->mapping->rule_count];

    if (!extraction->mapping->distinct ||
        key_set_find(extraction->keys[extraction->mapping->entity], text_slice(&extraction->key)) == KEY_ABSENT)
        return false;
    count->rows++;
    return true;
}

static void leave_behind(struct extraction *extraction, size_t rule)
{
    struct fault ignored = {0};
    size_t count = extraction->first_count + rule;

    extraction->counts[count].rows++;
    if (evaluate_key(extraction, &ignored))
        key_set_put(extraction->keys[extraction->mapping->entity], text_slice(&extraction->key),
                    KEY_LEFT + (unsigned)count);
}

/* A row with a key of its own: builds the record and notes what became of the key. */
static void take_row(struct extraction *extraction, struct staged_record *ret)
{
    struct key_set *keys = extraction->keys[extraction->mapping->entity];
    struct slice key = text_slice(&extraction->key);
    struct fault fault = {0};

    if (key_set_find(keys, key) != KEY_ABSENT) {
        fault_set(&fault, FAULT_BAD_INPUT, "key '%.*s' is not unique: an earlier row has it too",
                  (int)utf8_cut(key, QUOTED).size, key.data);
        name_by_place(extraction);
        emit_problem(extraction, &fault, ret);
        return;
    }
    if (build(extraction, &fault)) {
        key_set_put(keys, key, KEY_STAGED);
        emit_record(extraction, ret);
    } else {
        key_set_put(keys, key, KEY_PROBLEM);
        emit_problem(extraction, &fault, ret);
    }
}

/* Handles the row at hand; *ret_made when it gives a record or a problem. */
static bool handle_row(struct extraction *extraction, struct staged_record *ret, bool *ret_made, struct fault *fault)
{
    struct fault problem = {0};
    long rule = -1;

    *ret_made = true;
    if (!pass_check_identities(extraction->pass, fault))
        return false;
    if (!find_rule(extraction, &rule, &problem) || (rule < 0 && !evaluate_key(extraction, &problem))) {
        name_by_place(extraction);
        emit_problem(extraction, &problem, ret);
        return true;
    }
    if (rule >= 0) {
        leave_behind(extraction, (size_t)rule);
        *ret_made = false;
        return true;
    }
    if (skip_repeated(extraction)) {
        *ret_made = false;
        return true;
    }
    take_row(extraction, ret);
    return true;
}

static bool open_next_pass(struct extraction *extraction, struct fault *fault)
{
    const struct profile *profile = extraction->profile;

    if (extraction->mapping)
        extraction->first_count += extraction->mapping->rule_count + 1;
    extraction->mapping = &profile->mappings[extraction->next_mapping++];
    return pass_open(extraction->source, profile, extraction->mapping, &extraction->pass, fault);
}

static bool next_row(struct extraction *extraction, struct staged_record *ret, bool *ret_made, struct fault *fault)
{
    bool end = false;

    *ret_made = false;
    if (!pass_next(extraction->pass, &end, fault))
        return false;
    if (end) {
        pass_close(&extraction->pass);
        return true;
    }
    extraction->rows_read += pass_row_number(extraction->pass) > 0;
    return handle_row(extraction, ret, ret_made, fault);
}

bool extraction_next(struct extraction *extraction, struct staged_record *ret, bool *ret_end, struct fault *fault)
{
    bool made = false;

    *ret_end = false;
    if (extraction->pass && extraction->next_follow_up < extraction->record.follow_up_count) {
        emit_follow_up(extraction, ret);
        return true;
    }
    while (!made) {
        if (!extraction->pass && extraction->next_mapping == extraction->profile->mapping_count) {
            *ret_end = true;
            return true;
        }
        if (!extraction->pass && !open_next_pass(extraction, fault))
            return false;
        if (!next_row(extraction, ret, &made, fault))
            return false;
    }
    return true;
}

size_t extraction_count_size(const struct extraction *extraction)
{
    return extraction->count_size;
}

struct extraction_count extraction_count_at(const struct extraction *extraction, size_t index)
{
    must(index < extraction->count_size);
    return extraction->counts[index];
}

uint64_t extraction_rows_read(const struct extraction *extraction)
{
    return extraction->rows_read;
}
