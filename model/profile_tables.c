/* What a profile says of whole tables: by which a source is recognised, which stay behind, which may be encrypted. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/profile_parts.h"
#include "model/shape.h"

static bool check_list(const struct json *list, const char *where, struct fault *fault)
{
    if (!json_is_array(list))
        return fault_set(fault, FAULT_BAD_INPUT, "%s: not a list", where);
    if (json_count(list) > PROFILE_TABLES_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "%s: more than %d", where, PROFILE_TABLES_MAX);
    return true;
}

static bool read_latest(const struct json *json, const char *where, struct profile_reader *reader,
                        struct profile_mark *mark, struct fault *fault)
{
    scoped(string_free) char *path = path_member(where, "latest");
    const char *column = NULL;

    mark->latest = PROFILE_NO_COLUMN;
    if (!json_member(json, "latest"))
        return true;
    if (!shape_text(json_member(json, "latest"), path, &column, fault))
        return false;
    if (!reader->expressions.number(reader, NULL, column, &mark->latest, fault))
        return fault_prefix(fault, "%s", path);
    if (!mark->row)
        return fault_set(fault, FAULT_BAD_INPUT, "%s: says which row, but there is no row", path);
    return true;
}

static bool read_mark(const struct json *json, const struct json *root, const char *where,
                      const struct profile *profile, struct profile_mark *mark, struct fault *fault)
{
    scoped(string_free) char *columns_path = path_member(where, "columns");
    scoped(string_free) char *otherwise_path = path_member(where, "otherwise");
    struct profile_reader reader;

    profile_reader_init(&reader, &mark->reading, root, profile);
    if (!shape_object(json, where, "table columns row latest otherwise", fault) ||
        !profile_read_table(json, where, &reader, fault) ||
        !shape_texts(json_member(json, "columns"), columns_path, &mark->columns, fault) ||
        !profile_read_condition(json, where, "row", &reader, &mark->row, fault) ||
        !read_latest(json, where, &reader, mark, fault) ||
        !shape_optional_text(json_member(json, "otherwise"), otherwise_path, &mark->otherwise, fault))
        return false;
    if (!mark->reading.table)
        return fault_set(fault, FAULT_BAD_INPUT, "%s.table: missing", where);
    mark->column_count = texts_count(mark->columns);
    return true;
}

static bool read_marks(const struct json *root, struct profile *profile, struct fault *fault)
{
    const struct json *marks = json_member(root, "recognise");

    if (!marks)
        return true;
    if (!check_list(marks, "recognise", fault))
        return false;
    profile->marks = x_alloc_array(json_count(marks) + 1, sizeof *profile->marks);
    for (const struct json *mark = json_first(marks); mark; mark = json_next(mark)) {
        scoped(string_free) char *path = path_element("recognise", profile->mark_count);

        profile->mark_count++;
        if (!read_mark(mark, root, path, profile, &profile->marks[profile->mark_count - 1], fault))
            return false;
    }
    return true;
}

/* {"patient": key, "amount": expression, "pays": true}: the row changes what that patient owes. */
static bool read_balance(const struct json *json, const char *where, const struct profile_reader *reader,
                         struct profile_left *left, struct fault *fault)
{
    scoped(string_free) char *path = path_member(where, "balance");
    scoped(string_free) char *pays_path = path_member(path, "pays");

    if (!json)
        return true;
    if (!left->reading.table)
        return fault_set(fault, FAULT_BAD_INPUT, "%s: needs a table", path);
    return shape_object(json, path, "patient amount pays", fault) &&
           profile_read_key(json, path, "patient", reader, &left->patient, fault) &&
           profile_read_expression(json, path, "amount", reader, &left->amount, fault) &&
           shape_optional_bool(json_member(json, "pays"), pays_path, &left->pays, fault);
}

static bool read_one_left(const struct json *json, const struct json *root, const char *where,
                          const struct profile *profile, struct profile_left *left, struct fault *fault)
{
    scoped(string_free) char *advice_path = path_member(where, "advice");
    scoped(string_free) char *balances_path = path_member(where, "balances");
    struct profile_reader reader;

    profile_reader_init(&reader, &left->reading, root, profile);
    if (!shape_object(json, where, "what advice only_if table joins when balance balances", fault) ||
        !profile_need_text(json, where, "what", &left->what, fault) ||
        !shape_optional_text(json_member(json, "advice"), advice_path, &left->advice, fault) ||
        !profile_read_only_if(json, where, profile, &left->reading, fault) ||
        !profile_read_table(json, where, &reader, fault) ||
        !profile_read_condition(json, where, "when", &reader, &left->when, fault) ||
        !read_balance(json_member(json, "balance"), where, &reader, left, fault) ||
        !shape_optional_bool(json_member(json, "balances"), balances_path, &left->balances, fault))
        return false;
    if (left->reading.only_if && !left->reading.table)
        return fault_set(fault, FAULT_BAD_INPUT, "%s: only_if is about counting, and there is no table", where);
    if (left->balances && left->reading.table)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "%s: stands for what the tables with a balance give, and has no table itself", balances_path);
    return true;
}

static bool read_left(const struct json *root, struct profile *profile, struct fault *fault)
{
    const struct json *list = json_member(root, "left_behind");

    if (!list)
        return true;
    if (!check_list(list, "left_behind", fault))
        return false;
    profile->left = x_alloc_array(json_count(list) + 1, sizeof *profile->left);
    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        scoped(string_free) char *path = path_element("left_behind", profile->left_count);

        profile->left_count++;
        if (!read_one_left(item, root, path, profile, &profile->left[profile->left_count - 1], fault))
            return false;
    }
    return true;
}

static bool read_probes(const struct json *root, struct profile *profile, struct fault *fault)
{
    const struct json *list = json_member(root, "encrypted");

    if (!list)
        return true;
    if (!check_list(list, "encrypted", fault))
        return false;
    profile->probes = x_alloc_array(json_count(list) + 1, sizeof *profile->probes);
    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        struct profile_probe *probe = &profile->probes[profile->probe_count];
        scoped(string_free) char *path = path_element("encrypted", profile->probe_count++);
        scoped(string_free) char *flag_path = path_member(path, "flag");
        scoped(string_free) char *message_path = path_member(path, "message");

        if (!shape_object(item, path, "table column flag message", fault) ||
            !profile_need_text(item, path, "table", &probe->table, fault) ||
            !profile_need_text(item, path, "column", &probe->column, fault) ||
            !shape_optional_text(json_member(item, "flag"), flag_path, &probe->flag, fault) ||
            !shape_optional_text(json_member(item, "message"), message_path, &probe->message, fault))
            return false;
    }
    return true;
}

bool profile_read_tables(const struct json *root, struct profile *profile, struct fault *fault)
{
    return read_marks(root, profile, fault) && read_left(root, profile, fault) && read_probes(root, profile, fault);
}

void profile_release_tables(struct profile *profile)
{
    for (size_t i = 0; i < profile->mark_count; i++) {
        profile_release_mapping(&profile->marks[i].reading);
        texts_free(&profile->marks[i].columns);
        condition_destroy(&profile->marks[i].row);
        free(profile->marks[i].otherwise);
    }
    for (size_t i = 0; i < profile->left_count; i++) {
        profile_release_mapping(&profile->left[i].reading);
        free(profile->left[i].what);
        free(profile->left[i].advice);
        condition_destroy(&profile->left[i].when);
        expression_destroy(&profile->left[i].patient);
        expression_destroy(&profile->left[i].amount);
    }
    for (size_t i = 0; i < profile->probe_count; i++) {
        free(profile->probes[i].table);
        free(profile->probes[i].column);
        free(profile->probes[i].flag);
        free(profile->probes[i].message);
    }
    free(profile->marks);
    free(profile->left);
    free(profile->probes);
}
