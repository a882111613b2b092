#include "sandbox/seed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/must.h"
#include "sandbox/act.h"
#include "sandbox/input.h"
#include "sandbox/resource.h"
#include "sandbox/users.h"
#include "sandbox/verbs.h"

enum { COPIES_MAX = 100000, ROW_MAX = 4 * 1024 * 1024, WHERE_SIZE = 96, AGE_SECONDS = 365 * 86400 };

/* A row that others may name. */
struct named_row {
    char *name;
    uint64_t id;
};

struct load {
    struct store *store;
    const struct sandbox_options *options;
    struct stats *stats;
    struct account *account;
    struct named_row *names; /* of this account */
    size_t name_count;
    struct hash name_index;
    int64_t created_at; /* of the next row: one second after the last, so that the file's order is kept */
};

static void forget_names(struct load *load)
{
    for (size_t i = 0; i < load->name_count; i++)
        string_free(&load->names[i].name);
    free(load->names);
    load->names = NULL;
    load->name_count = 0;
    hash_release(&load->name_index);
}

static const struct named_row *find_name(const struct load *load, const char *name)
{
    uint32_t place = hash_get(&load->name_index, hash_text(name));

    return place && strcmp(load->names[place - 1].name, name) == 0 ? &load->names[place - 1] : NULL;
}

static bool add_name(struct load *load, const char *where, const char *name, uint64_t id, struct fault *fault)
{
    if (hash_get(&load->name_index, hash_text(name)))
        return fault_set(fault, FAULT_BAD_INPUT, "%s.ref: '%.60s' is taken by an earlier row", where, name);
    load->names = x_grow_array(load->names, load->name_count + 1, sizeof load->names[0]);
    load->names[load->name_count++] = (struct named_row){x_strdup(name), id};
    hash_put(&load->name_index, hash_text(name), (uint32_t)load->name_count);
    return true;
}

/* Copies a value, with every text "@name" replaced by the id of that row. */
static bool resolve(const struct load *load, const char *where, const struct json *value, struct json_writer *writer,
                    struct fault *fault)
{
    const char *text = json_text(value, "");

    if (json_is_array(value)) {
        json_begin_array(writer);
        for (const struct json *item = json_first(value); item; item = json_next(item))
            if (!resolve(load, where, item, writer, fault))
                return false;
        json_end_array(writer);
    } else if (text[0] == '@') {
        const struct named_row *row = find_name(load, text + 1);
        char id[ID_SIZE];

        if (!row)
            return fault_set(fault, FAULT_BAD_INPUT, "%s: no earlier row of this account has the ref '%.60s'", where,
                             text + 1);
        id_format(row->id, id);
        json_put_text(writer, id);
    } else {
        json_put_value(writer, value);
    }
    return true;
}

static bool is_own_member(enum resource_kind kind, const char *name)
{
    return strcmp(name, "ref") == 0 || strcmp(name, "archived") == 0 ||
           (kind == RESOURCE_USERS && strcmp(name, "keys") == 0);
}

static bool check_member(enum resource_kind kind, const char *where, const char *name, struct fault *fault)
{
    const struct schema *schema = resources[kind]->schema;
    int place = schema_find(schema, name, strlen(name));

    if (place >= 0 && schema->fields[place].flags & (FIELD_SEED | FIELD_ON_CREATE))
        return true;
    return fault_set(fault, FAULT_BAD_INPUT, "%s.%.60s: a row of %s has no such field", where, name,
                     schema->collection);
}

/* The row as the body of a create. */
static bool make_body(const struct load *load, enum resource_kind kind, const char *where, const struct json *row,
                      struct json **ret, struct fault *fault)
{
    struct json_writer writer;
    struct text text;
    bool made = true;

    text_init(&text, ROW_MAX);
    json_write_init(&writer, &text);
    json_begin_object(&writer);
    for (const struct json *member = json_first(row); member && made; member = json_next(member)) {
        const char *name = json_name(member);

        if (is_own_member(kind, name))
            continue;
        made = check_member(kind, where, name, fault);
        if (made) {
            json_key(&writer, name);
            made = resolve(load, where, member, &writer, fault);
        }
    }
    json_end_object(&writer);
    made = made && json_parse(text_string(&text), text.size, ret, fault);
    text_release(&text);
    return made;
}

static bool store_row(struct load *load, enum resource_kind kind, const char *where, const struct json *body,
                      struct record **ret, struct fault *fault)
{
    struct act act = {
        .options = load->options,
        .store = load->store,
        .stats = load->stats,
        .account = load->account,
        .now = load->created_at++,
        .kind = kind,
        .body = body,
        .seeding = true,
    };
    const char *id = json_text(json_member(body, "id"), "");
    uint64_t number = 0;

    if (id_parse(id, &number) && table_find(&load->account->tables[kind], number))
        return fault_set(fault, FAULT_BAD_INPUT, "%s.id: %.30s is taken by an earlier row", where, id);
    if (!verb_store(&act))
        return fault_set(fault, FAULT_BAD_INPUT, "%s.%s: %s", where, act.problems.list[0].field,
                         act.problems.list[0].text);
    *ret = act.record;
    return true;
}

static enum role role_of(const struct record *user)
{
    int role = 0;

    while (role < ROLE_COUNT - 1 && strcmp(role_names[role], user->cells[USER_ROLE].text) != 0)
        role++;
    return (enum role)role;
}

static bool add_user(struct load *load, const char *where, const struct json *row, const struct record *record,
                     struct fault *fault)
{
    struct user *user = store_add_user(load->store, load->account, record->cells[RECORD_ID].id, role_of(record),
                                       record->cells[USER_ACTIVE].number == 1);

    for (const struct json *key = json_first(json_member(row, "keys")); key; key = json_next(key)) {
        if (!store_add_key(load->store, user, json_text(key, ""), fault))
            return fault_prefix(fault, "%s.keys", where);
    }
    return true;
}

static bool load_row(struct load *load, enum resource_kind kind, const char *where, const struct json *row,
                     struct fault *fault)
{
    scoped(json_destroy) struct json *body = NULL;
    const char *ref = json_text(json_member(row, "ref"), NULL);
    struct record *record = NULL;

    if (!json_is_object(row))
        return fault_set(fault, FAULT_BAD_INPUT, "%s: not an object", where);
    if (!make_body(load, kind, where, row, &body, fault) || !store_row(load, kind, where, body, &record, fault))
        return false;
    must(record);
    if (json_bool(json_member(row, "archived"), false))
        record->cells[RECORD_ARCHIVED_AT] = record->cells[RECORD_CREATED_AT];
    if (ref && !add_name(load, where, ref, record->cells[RECORD_ID].id, fault))
        return false;
    return kind != RESOURCE_USERS || add_user(load, where, row, record, fault);
}

static bool load_rows(struct load *load, enum resource_kind kind, size_t number, const struct json *account,
                      struct fault *fault)
{
    const char *collection = resources[kind]->schema->collection;
    const struct json *rows = json_member(account, collection);
    char where[WHERE_SIZE];
    size_t i = 0;

    if (rows && !json_is_array(rows))
        return fault_set(fault, FAULT_BAD_INPUT, "accounts[%zu].%s: not an array", number, collection);
    for (const struct json *row = json_first(rows); row; row = json_next(row)) {
        snprintf(where, sizeof where, "accounts[%zu].%s[%zu]", number, collection, i++);
        if (!load_row(load, kind, where, row, fault))
            return false;
    }
    return true;
}

static char *ids_text(const struct json *ids, const char *fallback)
{
    struct json_writer writer;
    struct text text;

    if (!json_is_array(ids))
        return x_strdup(fallback);
    text_init(&text, ROW_MAX);
    json_write_init(&writer, &text);
    json_put_value(&writer, ids);
    return text_take(&text);
}

static void read_settings(struct account *account, const struct json *settings)
{
    account->default_reminder_type = x_strdup(json_text(json_member(settings, "default_reminder_type"), "SMS & Email"));
    account->terminology = x_strdup(json_text(json_member(settings, "terminology"), "patient"));
    account->has_time_travelers = json_bool(json_member(settings, "has_time_travelers"), false);
    account->time_zone_support = json_bool(json_member(settings, "time_zone_support"), true);
    account->confirmation_templates = ids_text(json_member(settings, "default_confirmation_template_ids"), "[\"71\"]");
    account->reminder_templates = ids_text(json_member(settings, "default_reminder_template_ids"), "[\"72\"]");
}

static bool known_members(const struct json *object, const char *where, const char *const *names, size_t count,
                          struct fault *fault)
{
    for (const struct json *member = json_first(object); member; member = json_next(member)) {
        bool known = resource_find(json_name(member)) != RESOURCE_COUNT;

        for (size_t i = 0; i < count; i++)
            known = known || strcmp(json_name(member), names[i]) == 0;
        if (!known)
            return fault_set(fault, FAULT_BAD_INPUT, "%s.%.60s: there is no such member", where, json_name(member));
    }
    return true;
}

static bool check_members(const struct json *json, const char *where, struct fault *fault)
{
    static const char *const account_names[] = {"name",    "subdomain",    "shard",    "id",
                                                "country", "country_code", "settings", "copies"};
    static const char *const setting_names[] = {"default_reminder_type",
                                                "has_time_travelers",
                                                "time_zone_support",
                                                "terminology",
                                                "default_confirmation_template_ids",
                                                "default_reminder_template_ids"};

    return known_members(json, where, account_names, array_length(account_names), fault) &&
           known_members(json_member(json, "settings"), where, setting_names, array_length(setting_names), fault);
}

static bool load_account(struct load *load, size_t number, const struct json *json, struct fault *fault)
{
    char where[WHERE_SIZE];
    const char *name = NULL;
    const char *subdomain = NULL;
    bool loaded = true;

    snprintf(where, sizeof where, "accounts[%zu]", number);
    if (!json_need_text(json, where, "name", &name, fault) ||
        !json_need_text(json, where, "subdomain", &subdomain, fault) || !check_members(json, where, fault))
        return false;
    load->account = store_add_account(load->store);
    load->account->name = x_strdup(name);
    load->account->subdomain = x_strdup(subdomain);
    load->account->shard = x_strdup(json_text(json_member(json, "shard"), "au1"));
    load->account->country = x_strdup(json_text(json_member(json, "country"), "Australia"));
    load->account->country_code = x_strdup(json_text(json_member(json, "country_code"), "AU"));
    id_parse(json_text(json_member(json, "id"), ""), &load->account->id);
    read_settings(load->account, json_member(json, "settings"));
    for (int kind = 0; kind < RESOURCE_COUNT && loaded; kind++)
        if (kind != RESOURCE_ATTENDEES && kind != RESOURCE_PATIENT_ATTACHMENTS)
            loaded = load_rows(load, (enum resource_kind)kind, number, json, fault);
    forget_names(load);
    return loaded;
}

/* The account's text with every {n} replaced. */
static bool load_copy(struct load *load, size_t number, int64_t copy, struct slice account, struct fault *fault)
{
    scoped(json_destroy) struct json *json = NULL;
    struct text text;
    bool parsed = false;

    text_init(&text, account.size + account.size / 2 + ROW_MAX);
    for (size_t i = 0; i < account.size; i++) {
        if (account.size - i >= 3 && memcmp(account.data + i, "{n}", 3) == 0) {
            text_printf(&text, "%" PRId64, copy);
            i += 2;
        } else {
            text_putc(&text, account.data[i]);
        }
    }
    parsed = json_parse(text_string(&text), text.size, &json, fault);
    text_release(&text);
    return parsed && load_account(load, number, json, fault);
}

static bool load_copies(struct load *load, size_t number, const struct json *json, struct fault *fault)
{
    struct json_writer writer;
    struct text text;
    int64_t copies = 0;
    bool loaded = true;

    if (!json_need_integer(json, "accounts[]", "copies", 1, COPIES_MAX, &copies, fault))
        return false;
    text_init(&text, SIZE_MAX / 4);
    json_write_init(&writer, &text);
    json_put_value(&writer, json);
    for (int64_t copy = 1; copy <= copies && loaded; copy++)
        loaded = load_copy(load, number, copy, text_slice(&text), fault);
    text_release(&text);
    return loaded;
}

/* Long numbers become texts first, so that ids may stand in the file as either. */
static bool parse(struct slice text, struct json **ret, struct fault *fault)
{
    struct text quoted;
    bool parsed = false;

    text_init(&quoted, text.size * 2 + 64);
    input_quote_long_numbers(text, &quoted);
    parsed = json_parse(text_string(&quoted), quoted.size, ret, fault);
    text_release(&quoted);
    return parsed;
}

bool seed_load(struct store *store, const struct sandbox_options *options, struct stats *stats, struct slice text,
               int64_t now_ms, struct fault *fault)
{
    scoped(json_destroy) struct json *json = NULL;
    struct load load = {.store = store, .options = options, .stats = stats};
    const struct json *accounts = NULL;
    size_t number = 0;

    if (!parse(text, &json, fault))
        return false;
    accounts = json_member(json, "accounts");
    if (!json_is_array(accounts))
        return fault_set(fault, FAULT_BAD_INPUT, "accounts: not an array");
    load.created_at = now_ms / 1000 - AGE_SECONDS;
    for (const struct json *account = json_first(accounts); account; account = json_next(account), number++) {
        bool loaded = json_member(account, "copies") ? load_copies(&load, number, account, fault)
                                                     : load_account(&load, number, account, fault);
        if (!loaded)
            return false;
    }
    return true;
}
