/* One table of a profile: its joins, columns and expressions. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/memory.h"
#include "model/profile_parts.h"
#include "model/shape.h"

bool profile_need_text(const struct json *object, const char *where, const char *name, char **ret, struct fault *fault)
{
    scoped(string_free) char *path = path_member(where, name);
    const char *text = NULL;

    if (!shape_text(json_member(object, name), path, &text, fault))
        return false;
    if (text[0] == '\0')
        return fault_set(fault, FAULT_BAD_INPUT, "%s: empty", path);
    *ret = x_strdup(text);
    return true;
}

static size_t find_join(const struct profile_mapping *mapping, size_t ready, const char *name)
{
    for (size_t i = 0; i < ready; i++)
        if (strcmp(mapping->joins[i].name, name) == 0)
            return i;
    return PROFILE_ROW;
}

/* A column of a join of many, or of one that depends on such a row, needs a row at hand: an expression "rows" around
 * it. A join that reads it depends on that row as well. */
static bool check_rows(struct profile_reader *reader, size_t join, struct fault *fault)
{
    struct profile_join *joins = reader->mapping->joins;
    size_t many = join == PROFILE_ROW ? PROFILE_ROW : joins[join].many ? join : joins[join].within;

    if (many == PROFILE_ROW || many == reader->open_rows)
        return true;
    if (reader->join_at == PROFILE_ROW)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "join '%.40s' has many rows: its columns are read within {\"rows\": \"%.40s\", …}",
                         joins[many].name, joins[many].name);
    if (joins[reader->join_at].many)
        return fault_set(fault, FAULT_BAD_INPUT, "a join of many cannot depend on join '%.40s', which is one itself",
                         joins[many].name);
    if (joins[reader->join_at].within != PROFILE_ROW && joins[reader->join_at].within != many)
        return fault_set(fault, FAULT_BAD_INPUT, "depends on rows of both '%.40s' and '%.40s'",
                         joins[joins[reader->join_at].within].name, joins[many].name);
    joins[reader->join_at].within = many;
    return true;
}

static bool number_column(void *context, const char *join_name, const char *name, size_t *ret, struct fault *fault)
{
    struct profile_reader *reader = context;
    struct profile_mapping *mapping = reader->mapping;
    size_t join = join_name ? find_join(mapping, reader->joins_ready, join_name) : PROFILE_ROW;

    if (join_name && join == PROFILE_ROW)
        return fault_set(fault, FAULT_BAD_INPUT, "no join '%.40s' stands before this", join_name);
    if (!join_name && !mapping->table)
        return fault_set(fault, FAULT_BAD_INPUT, "column '%.40s', but the mapping has no table", name);
    if (!check_rows(reader, join, fault))
        return false;
    for (size_t i = 0; i < mapping->column_count; i++) {
        if (mapping->columns[i].join == join && strcmp(mapping->columns[i].name, name) == 0) {
            *ret = i;
            return true;
        }
    }
    if (mapping->column_count == PROFILE_COLUMNS_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "more than %d columns in one mapping", PROFILE_COLUMNS_MAX);
    mapping->columns[mapping->column_count] =
        (struct profile_column){.join = join, .name = x_strdup(name), .flag = PROFILE_NO_COLUMN};
    *ret = mapping->column_count++;
    return true;
}

static bool open_rows(void *context, const char *name, size_t *ret, struct fault *fault)
{
    struct profile_reader *reader = context;
    size_t join = find_join(reader->mapping, reader->joins_ready, name);

    if (join == PROFILE_ROW)
        return fault_set(fault, FAULT_BAD_INPUT, "no join '%.40s' stands before this", name);
    if (!reader->mapping->joins[join].many)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "join '%.40s' has one row: rows goes through a join with \"many\": true", name);
    if (reader->open_rows != PROFILE_ROW)
        return fault_set(fault, FAULT_BAD_INPUT, "rows within rows");
    reader->open_rows = join;
    *ret = join;
    return true;
}

static void close_rows(void *context)
{
    struct profile_reader *reader = context;

    reader->open_rows = PROFILE_ROW;
}

void profile_reader_init(struct profile_reader *reader, struct profile_mapping *mapping, const struct json *root,
                         const struct profile *profile)
{
    *reader = (struct profile_reader){.mapping = mapping, .join_at = PROFILE_ROW, .open_rows = PROFILE_ROW};
    reader->expressions = (struct expression_reader){
        .number = number_column,
        .open_rows = open_rows,
        .close_rows = close_rows,
        .context = reader,
        .questions = profile->questions,
        .date_formats = json_member(root, "dates"),
        .empty_dates = json_member(root, "empty_dates"),
    };
}

bool profile_read_expression(const struct json *object, const char *where, const char *name,
                             const struct profile_reader *reader, struct expression **ret, struct fault *fault)
{
    scoped(string_free) char *path = path_member(where, name);

    return expression_read(json_member(object, name), path, &reader->expressions, ret, fault);
}

bool profile_read_key(const struct json *object, const char *where, const char *name,
                      const struct profile_reader *reader, struct expression **ret, struct fault *fault)
{
    scoped(string_free) char *path = path_member(where, name);

    return expression_read_key(json_member(object, name), path, &reader->expressions, ret, fault);
}

bool profile_read_condition(const struct json *object, const char *where, const char *name,
                            const struct profile_reader *reader, struct condition **ret, struct fault *fault)
{
    scoped(string_free) char *path = path_member(where, name);

    return !json_member(object, name) ||
           condition_read(json_member(object, name), path, &reader->expressions, ret, fault);
}

static bool read_key_through(const struct json *name, const char *where, struct profile_reader *reader,
                             struct profile_join *join, struct fault *fault)
{
    const struct profile_mapping *mapping = reader->mapping;
    scoped(string_free) char *path = path_member(where, "key_through");
    const char *text = NULL;

    if (!name)
        return true;
    if (!shape_text(name, path, &text, fault))
        return false;
    join->key_through = find_join(mapping, reader->joins_ready, text);
    if (join->key_through == PROFILE_ROW)
        return fault_set(fault, FAULT_BAD_INPUT, "%s: no join '%.40s' stands before this", path, text);
    if (mapping->joins[join->key_through].many)
        return fault_set(fault, FAULT_BAD_INPUT, "%s: join '%.40s' has many rows", path, text);
    return true;
}

static bool read_join(const struct json *json, const char *where, struct profile_reader *reader, struct fault *fault)
{
    struct profile_mapping *mapping = reader->mapping;
    struct profile_join *join = &mapping->joins[mapping->join_count++];

    *join = (struct profile_join){.name = x_strdup(json_name(json)), .key_through = PROFILE_ROW, .within = PROFILE_ROW};
    reader->join_at = reader->joins_ready;
    if (!shape_object(json, where, "table key key_through on follow may_miss many", fault) ||
        !shape_optional_bool(json_member(json, "may_miss"), where, &join->may_miss, fault) ||
        !shape_optional_bool(json_member(json, "many"), where, &join->many, fault) ||
        !profile_need_text(json, where, "table", &join->table, fault) ||
        !profile_need_text(json, where, "key", &join->key, fault) ||
        !read_key_through(json_member(json, "key_through"), where, reader, join, fault) ||
        !profile_read_expression(json, where, "on", reader, &join->on, fault) ||
        !shape_optional_text(json_member(json, "follow"), where, &join->follow, fault))
        return false;
    if (join->many && join->follow)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "%s: a join of many does not follow; its key may go through one that does", where);
    reader->join_at = PROFILE_ROW;
    reader->joins_ready++;
    return true;
}

static bool read_joins(const struct json *joins, const char *where, struct profile_reader *reader, struct fault *fault)
{
    if (joins && !json_is_object(joins))
        return fault_set(fault, FAULT_BAD_INPUT, "%s.joins: not an object", where);
    if (json_count(joins) > PROFILE_JOINS_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "%s.joins: more than %d", where, PROFILE_JOINS_MAX);
    for (const struct json *join = json_first(joins); join; join = json_next(join)) {
        scoped(string_free) char *path = x_sprintf("%s.joins.%.60s", where, json_name(join));

        if (json_member(joins, json_name(join)) != join)
            return fault_set(fault, FAULT_BAD_INPUT, "%s: the join is there twice", path);
        if (!read_join(join, path, reader, fault))
            return false;
    }
    return true;
}

static bool read_rule(const struct json *json, const char *where, struct profile_reader *reader, struct fault *fault)
{
    struct profile_rule *rule = &reader->mapping->rules[reader->mapping->rule_count++];
    scoped(string_free) char *path = path_member(where, "when");

    return shape_object(json, where, "when reason named", fault) &&
           profile_need_text(json, where, "reason", &rule->reason, fault) &&
           shape_optional_bool(json_member(json, "named"), where, &rule->named, fault) &&
           condition_read(json_member(json, "when"), path, &reader->expressions, &rule->when, fault);
}

static bool read_rules(const struct json *rules, const char *where, struct profile_reader *reader, struct fault *fault)
{
    if (rules && !json_is_array(rules))
        return fault_set(fault, FAULT_BAD_INPUT, "%s.leave_behind: not a list", where);
    if (json_count(rules) > PROFILE_RULES_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "%s.leave_behind: more than %d rules", where, PROFILE_RULES_MAX);
    for (const struct json *rule = json_first(rules); rule; rule = json_next(rule)) {
        scoped(string_free) char *path = x_sprintf("%s.leave_behind[%zu]", where, reader->mapping->rule_count);

        if (!read_rule(rule, path, reader, fault))
            return false;
    }
    return true;
}

static bool fault_field(const char *where, const char *name, enum entity entity, struct fault *fault)
{
    const struct record_field *fields = record_fields(entity);
    struct text known;

    text_init(&known, 300);
    for (; fields->name; fields++)
        text_printf(&known, " %s", fields->name);
    fault_set(fault, FAULT_BAD_INPUT, "%s: %s has no field '%.40s'; there are:%s", where, entity_facts(entity)->name,
              name, text_string(&known));
    text_release(&known);
    return false;
}

/* A large value is found by the column that holds it, so it comes from one of the mapping's own table, as it is. */
static bool check_blob(const struct profile_mapping *mapping, const struct expression *expression, const char *where,
                       struct fault *fault)
{
    bool columns[PROFILE_COLUMNS_MAX] = {false};

    if (!expression_is_column(expression))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "%s: a large value is a column, or the first of several, without steps", where);
    expression_mark_columns(expression, columns);
    for (size_t i = 0; i < mapping->column_count; i++)
        if (columns[i] && mapping->columns[i].join != PROFILE_ROW)
            return fault_set(fault, FAULT_BAD_INPUT,
                             "%s: column '%.40s' is joined; a large value stands in the mapping's own table", where,
                             mapping->columns[i].name);
    return true;
}

static bool read_field(const struct json *json, const char *where, const struct profile_reader *reader,
                       struct fault *fault)
{
    struct profile_mapping *mapping = reader->mapping;
    scoped(string_free) char *path = path_member(where, json_name(json));
    enum field_type type = FIELD_TEXT;
    size_t field = 0;

    if (!record_field_find(mapping->entity, json_name(json), &field))
        return fault_field(where, json_name(json), mapping->entity, fault);
    if (mapping->fields[field])
        return fault_set(fault, FAULT_BAD_INPUT, "%s: the field is there twice", path);
    type = record_fields(mapping->entity)[field].type;
    if (type == FIELD_REFERENCE)
        return expression_read_key(json, path, &reader->expressions, &mapping->fields[field], fault);
    return expression_read(json, path, &reader->expressions, &mapping->fields[field], fault) &&
           (type != FIELD_BLOB || check_blob(mapping, mapping->fields[field], path, fault));
}

static bool read_fields(const struct json *json, const char *parent, const struct profile_reader *reader,
                        struct fault *fault)
{
    const struct profile_mapping *mapping = reader->mapping;
    const struct record_field *known = record_fields(mapping->entity);
    scoped(string_free) char *where = path_member(parent, "fields");

    if (!json_is_object(json))
        return fault_set(fault, FAULT_BAD_INPUT, "%s: %s", where, json ? "not an object" : "missing");
    for (const struct json *field = json_first(json); field; field = json_next(field))
        if (!read_field(field, where, reader, fault))
            return false;
    for (size_t i = 0; known[i].name; i++)
        if (known[i].required && !mapping->fields[i])
            return fault_set(fault, FAULT_BAD_INPUT, "%s.%s: missing; every %s needs it", where, known[i].name,
                             entity_facts(mapping->entity)->name);
    return true;
}

/* The end of an appointment or a block is either given or follows from its length. */
static bool check_length(const struct profile_mapping *mapping, struct fault *fault)
{
    size_t end = 0;
    size_t length = 0;

    if (!record_field_find(mapping->entity, "ends_at", &end) ||
        !record_field_find(mapping->entity, "duration_minutes", &length))
        return true;
    if (!mapping->fields[end] && !mapping->fields[length])
        return fault_set(fault, FAULT_BAD_INPUT, "%s.fields: %s need ends_at or duration_minutes", mapping->path,
                         entity_facts(mapping->entity)->plural);
    return true;
}

static bool read_zone(const struct json *json, const struct json *fallback, const char *where,
                      const struct profile_reader *reader, struct fault *fault)
{
    scoped(string_free) char *path = path_member(where, "time_zone");
    const struct json *own = json_member(json, "time_zone");

    if (own)
        return expression_read(own, path, &reader->expressions, &reader->mapping->time_zone, fault);
    return !fallback ||
           expression_read(fallback, "time_zone", &reader->expressions, &reader->mapping->time_zone, fault);
}

static bool refuse_column(void *context, const char *join, const char *name, size_t *ret, struct fault *fault)
{
    (void)context, (void)join, (void)ret;
    return fault_set(fault, FAULT_BAD_INPUT, "column '%.40s': only_if looks at answers alone", name);
}

bool profile_read_only_if(const struct json *json, const char *where, const struct profile *profile,
                          struct profile_mapping *mapping, struct fault *fault)
{
    struct expression_reader reader = {.number = refuse_column, .questions = profile->questions};
    scoped(string_free) char *path = path_member(where, "only_if");

    return !json_member(json, "only_if") ||
           condition_read(json_member(json, "only_if"), path, &reader, &mapping->only_if, fault);
}

bool profile_read_table(const struct json *json, const char *where, struct profile_reader *reader, struct fault *fault)
{
    scoped(string_free) char *path = path_member(where, "table");

    reader->mapping->path = x_strdup(where);
    return shape_optional_text(json_member(json, "table"), path, &reader->mapping->table, fault) &&
           read_joins(json_member(json, "joins"), where, reader, fault);
}

/* Columns that may be encrypted are read together with the column that says so. */
static bool mark_probed(const struct profile *profile, const char *where, struct profile_reader *reader,
                        struct fault *fault)
{
    struct profile_mapping *mapping = reader->mapping;

    for (size_t i = 0; mapping->table && i < profile->probe_count; i++) {
        const struct profile_probe *probe = &profile->probes[i];

        for (size_t k = 0; strcasecmp(probe->table, mapping->table) == 0 && k < mapping->column_count; k++) {
            size_t flag = PROFILE_NO_COLUMN;

            if (mapping->columns[k].join != PROFILE_ROW || strcasecmp(mapping->columns[k].name, probe->column) != 0)
                continue;
            if (probe->flag && !number_column(reader, NULL, probe->flag, &flag, fault))
                return fault_prefix(fault, "%s", where);
            mapping->columns[k].probed = true;
            mapping->columns[k].probe = i;
            mapping->columns[k].flag = flag;
        }
    }
    return true;
}

bool profile_read_mapping(const struct json *json, const struct json *root, const char *where,
                          const struct profile *profile, struct profile_mapping *mapping, struct fault *fault)
{
    struct profile_reader reader;

    profile_reader_init(&reader, mapping, root, profile);
    return shape_object(json, where, "table only_if when key distinct time_zone leave_behind joins fields", fault) &&
           profile_read_only_if(json, where, profile, mapping, fault) &&
           shape_optional_bool(json_member(json, "distinct"), where, &mapping->distinct, fault) &&
           profile_read_table(json, where, &reader, fault) &&
           profile_read_condition(json, where, "when", &reader, &mapping->when, fault) &&
           profile_read_key(json, where, "key", &reader, &mapping->key, fault) &&
           read_rules(json_member(json, "leave_behind"), where, &reader, fault) &&
           read_zone(json, json_member(root, "time_zone"), where, &reader, fault) &&
           read_fields(json_member(json, "fields"), where, &reader, fault) && check_length(mapping, fault) &&
           mark_probed(profile, where, &reader, fault);
}

void profile_release_mapping(struct profile_mapping *mapping)
{
    free(mapping->path);
    free(mapping->table);
    condition_destroy(&mapping->only_if);
    condition_destroy(&mapping->when);
    expression_destroy(&mapping->key);
    expression_destroy(&mapping->time_zone);
    for (size_t i = 0; i < RECORD_FIELDS_MAX; i++)
        expression_destroy(&mapping->fields[i]);
    for (size_t i = 0; i < mapping->rule_count; i++) {
        free(mapping->rules[i].reason);
        condition_destroy(&mapping->rules[i].when);
    }
    for (size_t i = 0; i < mapping->join_count; i++) {
        free(mapping->joins[i].name);
        free(mapping->joins[i].table);
        free(mapping->joins[i].key);
        free(mapping->joins[i].follow);
        expression_destroy(&mapping->joins[i].on);
    }
    for (size_t i = 0; i < mapping->column_count; i++)
        free(mapping->columns[i].name);
}
