#include "model/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "model/date_format.h"
#include "model/profile_parts.h"
#include "model/shape.h"

enum { ENTITY_NAMES_BYTES_MAX = 1000 };

const char profile_encrypted_question[] = "encrypted_content";

static bool add_mapping(const struct json *json, const struct json *root, const char *where, enum entity entity,
                        struct profile *profile, struct fault *fault)
{
    struct profile_mapping *mapping = &profile->mappings[profile->mapping_count];

    if (profile->mapping_count == PROFILE_MAPPINGS_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "%s: more than %d mappings", where, PROFILE_MAPPINGS_MAX);
    profile->mapping_count++;
    mapping->entity = entity;
    return profile_read_mapping(json, root, where, profile, mapping, fault);
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
static bool check_reference(const struct profile_mapping *mapping, size_t field, const bool *mapped,
                            struct fault *fault)
{
    const struct record_field *facts = &record_fields(mapping->entity)[field];

    if (facts->type == FIELD_REFERENCE && mapping->fields[field] && !mapped[facts->reference])
        return fault_set(fault, FAULT_BAD_INPUT, "entities.%s: missing; %s need it",
                         entity_facts(facts->reference)->name, entity_facts(mapping->entity)->plural);
    return true;
}

/* What a mapping refers to is mapped as well. */
static bool check_references(const struct profile *profile, struct fault *fault)
{
    bool mapped[ENTITY_COUNT] = {false};

    for (size_t i = 0; i < profile->mapping_count; i++)
        mapped[profile->mappings[i].entity] = true;
    for (size_t i = 0; i < profile->mapping_count; i++)
        for (size_t k = 0; record_fields(profile->mappings[i].entity)[k].name; k++)
            if (!check_reference(&profile->mappings[i], k, mapped, fault))
                return false;
    return true;
}

static bool read_entities(const struct json *root, struct profile *profile, struct fault *fault)
{
    const struct json *entities = json_member(root, "entities");
    struct text names;
    bool good = false;

    text_init(&names, ENTITY_NAMES_BYTES_MAX);
    for (int entity = 0; entity < ENTITY_COUNT; entity++)
        if (record_fields((enum entity)entity))
            text_printf(&names, "%s%s", names.size ? " " : "", entity_facts((enum entity)entity)->name);
    good = shape_object(entities, "entities", text_string(&names), fault);
    text_release(&names);
    if (!good)
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

/* The program itself looks at this answer, so its choices are fixed. */
static bool check_encrypted_question(const struct profile *profile, struct fault *fault)
{
    const struct question *question = questions_find(profile->questions, profile_encrypted_question);

    for (size_t i = 0; question && i < question->choice_count; i++)
        if (strcmp(question->choices[i].value, "stop") != 0 && strcmp(question->choices[i].value, "leave") != 0)
            return fault_set(fault, FAULT_BAD_INPUT,
                             "questions.%s.choices: the choices of this question are stop and leave",
                             profile_encrypted_question);
    return true;
}

static bool read_root(const struct json *root, struct profile *profile, struct fault *fault)
{
    if (!shape_object(
            root, "",
            "profile description system key_prefix csv empty dates empty_dates time_zone recognise encrypted questions "
            "entities left_behind",
            fault) ||
        !profile_need_text(root, "", "profile", &profile->name, fault) ||
        !profile_need_text(root, "", "system", &profile->system, fault) || !check_system(profile->system, fault) ||
        !shape_optional_text(json_member(root, "key_prefix"), "key_prefix", &profile->key_prefix, fault))
        return false;
    if (!profile->key_prefix)
        profile->key_prefix = x_strdup("");
    return check_prefix(profile->key_prefix, fault) && read_csv(json_member(root, "csv"), profile, fault) &&
           read_empty(json_member(root, "empty"), profile, fault) && check_dates(root, fault) &&
           questions_read(json_member(root, "questions"), &profile->questions, fault) &&
           check_encrypted_question(profile, fault) && profile_read_tables(root, profile, fault) &&
           read_entities(root, profile, fault);
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

void profile_destroy(struct profile **profile)
{
    struct profile *old = *profile;

    if (!old)
        return;
    for (size_t i = 0; i < old->mapping_count; i++)
        profile_release_mapping(&old->mappings[i]);
    profile_release_tables(old);
    questions_destroy(&old->questions);
    free(old->mappings);
    free(old->name);
    free(old->system);
    free(old->key_prefix);
    free(old->encoding);
    texts_free(&old->empty);
    free(old);
    *profile = NULL;
}

bool profile_mapping_is_used(const struct profile *profile, const struct profile_mapping *mapping,
                             const struct json *answers, bool *ret, struct fault *fault)
{
    scoped(scratch_destroy) struct scratch *scratch = scratch_new();
    struct expression_row row = {.scratch = scratch, .questions = profile->questions, .answers = answers};

    *ret = true;
    if (mapping->only_if && !condition_holds(mapping->only_if, &row, ret, fault))
        return fault_prefix(fault, "%s.only_if", mapping->path);
    return true;
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
