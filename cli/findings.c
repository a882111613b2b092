#include "cli/findings.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/letters.h"

enum { ROOM_AT_FIRST = 256, QUOTED = 60, LEFT_BYTES_MAX = 16 * 1024 * 1024, ROWS_PER_BYTE = 8 };

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; text && *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211ull;
    return (hash ^ 0xFF) * 1099511628211ull;
}

static bool same_text(const char *one, const char *other)
{
    return one == other || (one && other && strcmp(one, other) == 0);
}

static bool same_case(const struct finding *one, const struct finding *other)
{
    return one->kind == other->kind && one->keeps_row == other->keeps_row && same_text(one->where, other->where) &&
           same_text(one->what, other->what) && same_text(one->noun, other->noun) && same_text(one->fate, other->fate);
}

static struct finding **find_place(struct finding **places, size_t room, const struct finding *wanted)
{
    uint64_t hash = 14695981039346656037ull + (uint64_t)wanted->kind; /* FNV-1a */
    size_t at = 0;

    hash = hash_text(hash_text(hash_text(hash, wanted->where), wanted->what), wanted->fate);
    for (at = (size_t)(hash ^ hash >> 32) & (room - 1); places[at] && !same_case(places[at], wanted);)
        at = (at + 1) & (room - 1);
    return &places[at];
}

static void make_room(struct findings *findings)
{
    struct finding **old = findings->places;
    size_t room = findings->room * 2;

    if (findings->count * 4 < findings->room * 3)
        return;
    findings->places = x_alloc_array(room, sizeof(struct finding *));
    for (size_t i = 0; i < findings->room; i++)
        if (old[i])
            *find_place(findings->places, room, old[i]) = old[i];
    findings->room = room;
    free(old);
}

static const char *keep_text(char **at, const char *text)
{
    char *kept = *at;
    size_t size = text ? strlen(text) + 1 : 0;

    if (!text)
        return NULL;
    memcpy(kept, text, size);
    *at += size;
    return kept;
}

static struct finding *keep(const struct finding *found)
{
    const char *const texts[] = {found->where, found->what, found->noun, found->fate};
    struct finding *kept = x_alloc(sizeof *kept);
    size_t size = 1;
    char *at = NULL;

    for (size_t i = 0; i < array_length(texts); i++)
        size += texts[i] ? strlen(texts[i]) + 1 : 0;
    *kept = *found;
    at = kept->texts = x_alloc(size);
    kept->where = keep_text(&at, found->where);
    kept->what = keep_text(&at, found->what);
    kept->noun = keep_text(&at, found->noun);
    kept->fate = keep_text(&at, found->fate);
    return kept;
}

static void add_case(struct findings *findings, const struct finding *found)
{
    struct finding **place = NULL;

    make_room(findings);
    place = find_place(findings->places, findings->room, found);
    if (!*place && findings->count == FINDINGS_MAX) {
        findings->uncounted++;
        return;
    }
    if (!*place) {
        *place = keep(found);
        findings->count++;
    }
    (*place)->rows++;
}

/* "Patient.Sex"; of a column of a joined table "Fund.Name". */
static char *column_path(const struct pass *pass, long column)
{
    const struct profile_mapping *mapping = pass_mapping(pass);
    size_t join = column < 0 ? PROFILE_ROW : mapping->columns[column].join;

    if (column < 0)
        return x_strdup(pass_table(pass));
    return x_sprintf("%s.%s", join == PROFILE_ROW ? pass_table(pass) : mapping->joins[join].table,
                     mapping->columns[column].name);
}

static void observe_refusal(void *context, const struct pass *pass, const struct observed_refusal *refused)
{
    bool is_other = refused->why.kind == REFUSAL_OTHER;
    struct slice cut = utf8_cut(refused->why.value, QUOTED);
    scoped(string_free) char *where = column_path(pass, is_other ? -1 : refused->why.column);
    scoped(string_free) char *value =
        is_other ? x_strdup(refused->text) : x_strndup(cut.data ? cut.data : "", cut.size);
    struct finding found = {.kind = is_other                                ? FINDING_PROBLEM
                                    : refused->why.kind == REFUSAL_DANGLING ? FINDING_DANGLING
                                                                            : FINDING_UNMAPPED,
                            .where = where,
                            .what = value,
                            .keeps_row = refused->keeps_row,
                            .first_row = pass_row_number(pass)};

    if (is_other && refused->keeps_row)
        return; /* the record's warning says so */
    if (found.kind == FINDING_DANGLING) {
        found.noun = refused->why.noun;
        found.fate = refused->why.fate;
    }
    add_case(context, &found);
}

static void mark_row(struct row_set *set, uint64_t row)
{
    size_t at = (size_t)(row / ROWS_PER_BYTE);
    unsigned char bit = (unsigned char)(1u << row % ROWS_PER_BYTE);

    if (at >= set->size) {
        size_t size = at < 64 ? 128 : at * 2;

        set->bits = x_grow_array(set->bits, size, 1);
        memset(set->bits + set->size, 0, size - set->size);
        set->size = size;
    }
    set->count += !(set->bits[at] & bit);
    set->bits[at] |= bit;
}

static struct table_use *use_table(struct findings *findings, const char *name)
{
    for (size_t i = 0; i < findings->table_count; i++)
        if (strcmp(findings->tables[i].name, name) == 0)
            return &findings->tables[i];
    findings->tables = x_grow_array(findings->tables, findings->table_count + 1, sizeof *findings->tables);
    findings->tables[findings->table_count] = (struct table_use){.name = x_strdup(name)};
    return &findings->tables[findings->table_count++];
}

static void count_empty(struct mapping_use *use, const struct pass *pass)
{
    const struct profile_mapping *mapping = pass_mapping(pass);
    const struct expression_row *row = pass_row(pass);

    for (size_t i = 0; i < mapping->column_count; i++) {
        struct slice value = {0};
        struct fault ignored = {0};

        if (mapping->columns[i].join == PROFILE_ROW && row->read(row->context, i, &value, &ignored))
            use->empty[i] += value.data == NULL;
    }
}

/* NULL for an entry of what stays behind. */
static struct mapping_use *use_mapping(struct findings *findings, const struct pass *pass)
{
    const struct profile *profile = findings->profile;

    for (size_t i = 0; i < profile->mapping_count; i++)
        if (&profile->mappings[i] == pass_mapping(pass))
            return &findings->mappings[i];
    return NULL;
}

static void observe_row(void *context, const struct pass *pass, bool taken)
{
    struct findings *findings = context;
    struct mapping_use *mapping = use_mapping(findings, pass);
    bool distinct = pass_mapping(pass)->distinct;
    struct table_use *table = NULL;
    uint64_t number = pass_row_number(pass);

    if (number == 0)
        return;
    table = use_table(findings, pass_table(pass));
    table->has_plain |= !distinct;
    if (taken)
        mark_row(distinct ? &table->taken_distinct : &table->taken, number);
    if (!mapping)
        return;
    if (!mapping->table)
        mapping->table = x_strdup(pass_table(pass));
    mapping->rows++;
    table->rows = mapping->rows > table->rows ? mapping->rows : table->rows;
    if (!taken)
        return;
    mapping->taken++;
    count_empty(mapping, pass);
}

void findings_init(struct findings *findings, const struct profile *profile)
{
    *findings = (struct findings){
        .profile = profile,
        .observer = {.context = findings, .row = observe_row, .refused = observe_refusal},
        .room = ROOM_AT_FIRST,
        .places = x_alloc_array(ROOM_AT_FIRST, sizeof(struct finding *)),
        .mappings = x_alloc_array(profile->mapping_count + 1, sizeof(struct mapping_use)),
    };
    text_init(&findings->left, LEFT_BYTES_MAX);
    text_init(&findings->coverage, LEFT_BYTES_MAX);
}

void findings_release(struct findings *findings)
{
    for (size_t i = 0; i < findings->room; i++) {
        if (!findings->places[i])
            continue;
        free(findings->places[i]->texts);
        free(findings->places[i]);
    }
    free(findings->places);
    for (size_t i = 0; i < findings->table_count; i++) {
        free(findings->tables[i].name);
        free(findings->tables[i].taken.bits);
        free(findings->tables[i].taken_distinct.bits);
    }
    free(findings->tables);
    for (size_t i = 0; findings->profile && i < findings->profile->mapping_count; i++)
        free(findings->mappings[i].table);
    free(findings->mappings);
    text_release(&findings->left);
    text_release(&findings->coverage);
    fit_release(&findings->fit);
    *findings = (struct findings){0};
}

void findings_take(struct findings *findings, const struct staged_record *record)
{
    const char *name = entity_facts(record->entity)->name;
    struct finding warning = {
        .kind = FINDING_WARNING, .where = name, .what = record->warning, .keeps_row = true, .first_row = record->row};

    if (record->left_behind) {
        findings->left_count++;
        text_printf(&findings->left, "%s %s: %s\n", name, record->source_key, record->problem);
        return;
    }
    if (record->problem) {
        findings->problems[record->entity]++;
        findings->problem_count++;
        return;
    }
    findings->records[record->entity]++;
    if (!record->warning)
        return;
    findings->warnings[record->entity]++;
    add_case(findings, &warning);
}

uint64_t findings_lost_rows(const struct table_use *table)
{
    uint64_t taken = table->has_plain ? table->taken.count : table->taken_distinct.count;

    return table->rows > taken ? table->rows - taken : 0;
}

static int compare_findings(const void *left, const void *right)
{
    const struct finding *one = *(struct finding *const *)left;
    const struct finding *other = *(struct finding *const *)right;
    int order = 0;

    if (one->kind == FINDING_DANGLING) {
        order = strcmp(one->where, other->where);
        order = order ? order : strcmp(one->fate, other->fate);
        order = order ? order : (int)one->keeps_row - (int)other->keeps_row;
    }
    if (order == 0 && one->rows != other->rows)
        order = one->rows > other->rows ? -1 : 1;
    if (order == 0 && one->first_row != other->first_row)
        order = one->first_row < other->first_row ? -1 : 1;
    return order ? order : strcmp(one->what, other->what);
}

struct finding **findings_list(const struct findings *findings, enum finding_kind kind, size_t *ret_count)
{
    struct finding **list = x_alloc_array(findings->count + 1, sizeof(struct finding *));
    size_t count = 0;

    for (size_t i = 0; i < findings->room; i++)
        if (findings->places[i] && findings->places[i]->kind == kind)
            list[count++] = findings->places[i];
    if (count)
        qsort(list, count, sizeof(struct finding *), compare_findings);
    *ret_count = count;
    return list;
}
