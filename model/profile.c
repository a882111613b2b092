#include "model/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "model/date_format.h"
#include "model/shape.h"

/* What the mapping at hand is read with. */
struct mapping_reader {
    struct profile_mapping *mapping;
    struct expression_reader expressions;
    size_t joins_ready; /* an expression of a join sees only the joins before it */
};

static size_t find_join(const struct profile_mapping *mapping, size_t ready, const char *name)
{
    for (size_t i = 0; i < ready; i++)
        if (strcmp(mapping->joins[i].name, name) == 0)
            return i;
    return PROFILE_ROW;
}

static bool number_column(void *context, const char *join_name, const char *name, size_t *ret, struct fault *fault)
{
    struct mapping_reader *reader = context;
    struct profile_mapping *mapping = reader->mapping;
    size_t join = join_name ? find_join(mapping, reader->joins_ready, join_name) : PROFILE_ROW;

    if (join_name && join == PROFILE_ROW)
        return fault_set(fault, FAULT_BAD_INPUT, "no join '%.40s' stands before this", join_name);
    if (!join_name && !mapping->table)
        return fault_set(fault, FAULT_BAD_INPUT, "column '%.40s', but the mapping has no table", name);
    for (size_t i = 0; i < mapping->column_count; i++) {
        if (mapping->columns[i].join == join && strcmp(mapping->columns[i].name, name) == 0) {
            *ret = i;
            return true;
        }
    }
    if (mapping->column_count == PROFILE_COLUMNS_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "more than %d columns in one mapping", PROFILE_COLUMNS_MAX);
    mapping->columns[mapping->column_count] = (struct profile_column){join, x_strdup(name)};
    *ret = mapping->column_count++;
    return true;
}

static bool need_text(const struct json *object, const char *where, const char *name, char **ret, struct fault *fault)
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

static bool need_expression(const struct json *object, const char *where, const char *name,
                            const struct mapping_reader *reader, struct expression **ret, struct fault *fault)
{
    scoped(string_free) char *path = path_member(where, name);

    return expression_read(json_member(object, name), path, &reader->expressions, ret, fault);
}

static bool read_join(const struct json *json, const char *where, struct mapping_reader *reader, struct fault *fault)
{
    struct profile_mapping *mapping = reader->mapping;
    struct profile_join *join = &mapping->joins[mapping->join_count++];

    join->name = x_strdup(json_name(json));
    if (!shape_object(json, where, "table key on follow may_miss", fault) ||
        !need_text(json, where, "table", &join->table, fault) || !need_text(json, where, "key", &join->key, fault) ||
        !need_expression(json, where, "on", reader, &join->on, fault) ||
        !shape_optional_text(json_member(json, "follow"), where, &join->follow, fault) ||
        !shape_optional_bool(json_member(json, "may_miss"), where, &join->may_miss, fault))
        return false;
    reader->joins_ready++;
    return true;
}

static bool read_joins(const struct json *joins, const char *where, struct mapping_reader *reader, struct fault *fault)
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

static bool read_rule(const struct json *json, const char *where, struct mapping_reader *reader, struct fault *fault)
{
    struct profile_rule *rule = &reader->mapping->rules[reader->mapping->rule_count++];
    scoped(string_free) char *path = path_member(where, "when");

    return shape_object(json, where, "when reason", fault) && need_text(json, where, "reason", &rule->reason, fault) &&
           condition_read(json_member(json, "when"), path, &reader->expressions, &rule->when, fault);
}

static bool read_rules(const struct json *rules, const char *where, struct mapping_reader *reader, struct fault *fault)
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

static bool read_field(const struct json *json, const char *where, const struct mapping_reader *reader,
                       struct fault *fault)
{
    struct profile_mapping *mapping = reader->mapping;
    scoped(string_free) char *path = path_member(where, json_name(json));
    size_t field = 0;

    if (!record_field_find(mapping->entity, json_name(json), &field))
        return fault_field(where, json_name(json), mapping->entity, fault);
    if (mapping->fields[field])
        return fault_set(fault, FAULT_BAD_INPUT, "%s: the field is there twice", path);
    if (record_fields(mapping->entity)[field].type == FIELD_REFERENCE)
        return expression_read_key(json, path, &reader->expressions, &mapping->fields[field], fault);
    return expression_read(json, path, &reader->expressions, &mapping->fields[field], fault);
}

static bool read_fields(const struct json *json, const char *parent, const struct mapping_reader *reader,
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

/* An appointment's end is either given or follows from its length. */
static bool check_appointment(const struct profile_mapping *mapping, struct fault *fault)
{
    size_t end = 0;
    size_t length = 0;

    if (mapping->entity != ENTITY_APPOINTMENT || !record_field_find(ENTITY_APPOINTMENT, "ends_at", &end) ||
        !record_field_find(ENTITY_APPOINTMENT, "duration_minutes", &length))
        return true;
    if (!mapping->fields[end] && !mapping->fields[length])
        return fault_set(fault, FAULT_BAD_INPUT, "%s.fields: an appointment needs ends_at or duration_minutes",
                         mapping->path);
    return true;
}

static bool read_key(const struct json *json, const char *where, const struct mapping_reader *reader,
                     struct fault *fault)
{
    scoped(string_free) char *path = path_member(where, "key");

    return expression_read_key(json_member(json, "key"), path, &reader->expressions, &reader->mapping->key, fault);
}

static bool read_zone(const struct json *json, const struct json *fallback, const char *where,
                      const struct mapping_reader *reader, struct fault *fault)
{
    scoped(string_free) char *path = path_member(where, "time_zone");
    const struct json *own = json_member(json, "time_zone");

    if (own)
        return expression_read(own, path, &reader->expressions, &reader->mapping->time_zone, fault);
    return !fallback ||
           expression_read(fallback, "time_zone", &reader->expressions, &reader->mapping->time_zone, fault);
}

static bool read_mapping(const struct json *json, const struct json *root, const char *where,
                         struct profile_mapping *mapping, struct fault *fault)
{
    struct mapping_reader reader = {.mapping = mapping};

    reader.expressions = (struct expression_reader){
        .number = number_column,
        .context = &reader,
        .date_formats = json_member(root, "dates"),
        .empty_dates = json_member(root, "empty_dates"),
    };
    mapping->path = x_strdup(where);
    return shape_object(json, where, "table key distinct time_zone leave_behind joins fields", fault) &&
           shape_optional_text(json_member(json, "table"), where, &mapping->table, fault) &&
           shape_optional_bool(json_member(json, "distinct"), where, &mapping->distinct, fault) &&
           read_joins(json_member(json, "joins"), where, &reader, fault) && read_key(json, where, &reader, fault) &&
           read_rules(json_member(json, "leave_behind"), where, &reader, fault) &&
           read_zone(json, json_member(root, "time_zone"), where, &reader, fault) &&
           read_fields(json_member(json, "fields"), where, &reader, fault) && check_appointment(mapping, fault);
}

static bool add_mapping(const struct json *json, const struct json *root, const char *where, enum entity entity,
                        struct profile *profile, struct fault *fault)
{
    struct profile_mapping *mapping = &profile->mappings[profile->mapping_count];

    if (profile->mapping_count == PROFILE_MAPPINGS_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "%s: more than %d mappings", where, PROFILE_MAPPINGS_MAX);
    profile->mapping_count++;
    mapping->entity = entity;
    return read_mapping(json, root, where, mapping, fault);
}

/* One mapping, or a list of them: an entity may come from several tables. */
static bool add_entity(const struct json *json, const struct json *root, enum entity entity, struct profile *profile,
                       struct fault *fault)
{
    scoped(string_free) char *where = path_member("entities", entity_facts(entity)->name);
    size_t at = 0;

    if (!json_is_array(json))
        return add_mapping(json, root, where, entity, profile, fault);
    for (const struct json *item = json_first(json); item; item = json_next(item)) {
        scoped(string_free) char *path = path_element(where, at++);

        if (!add_mapping(item, root, path, entity, profile, fault))
            return false;
    }
    return true;
}

/* An appointment names one of each of four others: without them none could be sent. */
static bool check_references(const struct profile *profile, struct fault *fault)
{
    bool mapped[ENTITY_COUNT] = {false};

    for (size_t i = 0; i < profile->mapping_count; i++)
        mapped[profile->mappings[i].entity] = true;
    for (int entity = ENTITY_BUSINESS; mapped[ENTITY_APPOINTMENT] && entity < ENTITY_APPOINTMENT; entity++)
        if (!mapped[entity])
            return fault_set(fault, FAULT_BAD_INPUT, "entities.%s: missing; appointments need it",
                             entity_facts((enum entity)entity)->name);
    return true;
}

static bool read_entities(const struct json *root, struct profile *profile, struct fault *fault)
{
    const struct json *entities = json_member(root, "entities");

    if (!shape_object(entities, "entities", "business practitioner appointment_type patient appointment", fault))
        return false;
    profile->mappings = x_alloc_array(PROFILE_MAPPINGS_MAX, sizeof *profile->mappings);
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        const struct json *json = json_member(entities, entity_facts((enum entity)entity)->name);

        if (json && !add_entity(json, root, (enum entity)entity, profile, fault))
            return false;
    }
    if (profile->mapping_count == 0)
        return fault_set(fault, FAULT_BAD_INPUT, "entities: no entity is mapped");
    return check_references(profile, fault);
}

static bool read_mark(const struct json *json, const char *where, struct profile_mark *mark, struct fault *fault)
{
    scoped(string_free) char *columns_path = path_member(where, "columns");

    if (!shape_object(json, where, "table columns", fault) || !need_text(json, where, "table", &mark->table, fault) ||
        !shape_texts(json_member(json, "columns"), columns_path, &mark->columns, fault))
        return false;
    mark->column_count = texts_count(mark->columns);
    return true;
}

static bool read_marks(const struct json *marks, struct profile *profile, struct fault *fault)
{
    if (!marks)
        return true;
    if (!json_is_array(marks))
        return fault_set(fault, FAULT_BAD_INPUT, "recognise: not a list");
    profile->marks = x_alloc_array(json_count(marks) + 1, sizeof *profile->marks);
    for (const struct json *mark = json_first(marks); mark; mark = json_next(mark)) {
        scoped(string_free) char *path = path_element("recognise", profile->mark_count);

        profile->mark_count++;
        if (!read_mark(mark, path, &profile->marks[profile->mark_count - 1], fault))
            return false;
    }
    return true;
}

static bool read_csv(const struct json *csv, struct profile *profile, struct fault *fault)
{
    scoped(string_free) char *separator = NULL;

    if (!csv)
        return true;
    if (!shape_object(csv, "csv", "encoding separator", fault) ||
        !shape_optional_text(json_member(csv, "encoding"), "csv.encoding", &profile->encoding, fault) ||
        !shape_optional_text(json_member(csv, "separator"), "csv.separator", &separator, fault))
        return false;
    if (separator && (strlen(separator) != 1 || strchr("\"\r\n", separator[0]) || (separator[0] & 0x80)))
        return fault_set(fault, FAULT_BAD_INPUT, "csv.separator: not one ASCII character such as , or ;");
    profile->separator = separator ? separator[0] : '\0';
    return true;
}

static bool read_empty(const struct json *empty, struct profile *profile, struct fault *fault)
{
    if (empty)
        return shape_texts(empty, "empty", &profile->empty, fault);
    profile->empty = x_alloc_array(1, sizeof(char *));
    return true;
}

/* The system is part of every source key in the ID map, so its letters are few and plain. */
static bool check_system(const char *system, struct fault *fault)
{
    if (strlen(system) > 40 || strspn(system, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(system))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "system: '%.40s' is not made of at most 40 characters of a-z, 0-9 and -", system);
    return true;
}

static bool check_prefix(const char *prefix, struct fault *fault)
{
    if (strlen(prefix) > 40)
        return fault_set(fault, FAULT_BAD_INPUT, "key_prefix: longer than 40 bytes");
    return true;
}

/* The formats are checked here once more, so that a wrong one is found even when no step uses it. */
static bool check_dates(const struct json *root, struct fault *fault)
{
    const struct json *formats = json_member(root, "dates");
    scoped(texts_free) char **list = NULL;
    scoped(texts_free) char **empty = NULL;

    if (formats && !shape_texts(formats, "dates", &list, fault))
        return false;
    for (char **format = list; format && *format; format++)
        if (!date_format_check(*format, fault))
            return fault_prefix(fault, "dates");
    return !json_member(root, "empty_dates") ||
           shape_texts(json_member(root, "empty_dates"), "empty_dates", &empty, fault);
}

static bool read_root(const struct json *root, struct profile *profile, struct fault *fault)
{
    if (!shape_object(root, "",
                      "profile description system key_prefix csv empty dates empty_dates time_zone recognise entities",
                      fault) ||
        !need_text(root, "", "profile", &profile->name, fault) ||
        !need_text(root, "", "system", &profile->system, fault) || !check_system(profile->system, fault) ||
        !shape_optional_text(json_member(root, "key_prefix"), "key_prefix", &profile->key_prefix, fault))
        return false;
    if (!profile->key_prefix)
        profile->key_prefix = x_strdup("");
    return check_prefix(profile->key_prefix, fault) && read_csv(json_member(root, "csv"), profile, fault) &&
           read_empty(json_member(root, "empty"), profile, fault) && check_dates(root, fault) &&
           read_marks(json_member(root, "recognise"), profile, fault) && read_entities(root, profile, fault);
}

bool profile_parse(const char *json, size_t size_bytes, struct profile **ret, struct fault *fault)
{
    scoped(json_destroy) struct json *root = NULL;
    scoped(profile_destroy) struct profile *profile = NULL;

    if (size_bytes > PROFILE_SIZE_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "the profile is larger than %d bytes", PROFILE_SIZE_MAX);
    if (!json_parse(json, size_bytes, &root, fault))
        return false;
    profile = x_alloc(sizeof *profile);
    if (!read_root(root, profile, fault))
        return false;
    *ret = steal(profile);
    return true;
}

bool profile_load(const char *path, struct profile **ret, struct fault *fault)
{
    scoped(file_close) FILE *file = fopen(path, "rb");
    scoped(string_free) char *content = NULL;
    size_t size = 0;

    if (!file)
        return fault_errno(fault, FAULT_BAD_INPUT, "profile %s cannot be opened", path);
    content = x_alloc(PROFILE_SIZE_MAX + 2);
    size = fread(content, 1, PROFILE_SIZE_MAX + 1, file);
    if (ferror(file))
        return fault_errno(fault, FAULT_BAD_INPUT, "profile %s cannot be read", path);
    if (!profile_parse(content, size, ret, fault))
        return fault_prefix(fault, "profile %s", path);
    return true;
}

static void release_mapping(struct profile_mapping *mapping)
{
    free(mapping->path);
    free(mapping->table);
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

void profile_destroy(struct profile **profile)
{
    struct profile *old = *profile;

    if (!old)
        return;
    for (size_t i = 0; i < old->mapping_count; i++)
        release_mapping(&old->mappings[i]);
    for (size_t i = 0; i < old->mark_count; i++) {
        free(old->marks[i].table);
        texts_free(&old->marks[i].columns);
    }
    free(old->mappings);
    free(old->marks);
    free(old->name);
    free(old->system);
    free(old->key_prefix);
    free(old->encoding);
    texts_free(&old->empty);
    free(old);
    *profile = NULL;
}

bool profile_is_empty(const struct profile *profile, struct slice value)
{
    if (value.size == 0)
        return true;
    for (char **empty = profile->empty; *empty; empty++)
        if (slice_equals(value, *empty))
            return true;
    return false;
}
