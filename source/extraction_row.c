/* One row of a mapping into a record, a problem, or a count. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model/letters.h"
#include "source/blob_value.h"
#include "source/extraction_parts.h"

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

static void tell_refusal(struct extraction *extraction, const struct fault *fault, bool keeps_row)
{
    struct observed_refusal refused = {*pass_refusal(extraction->pass), fault->text, keeps_row};

    *pass_refusal(extraction->pass) = (struct refusal){0};
    if (extraction->observer)
        extraction->observer->refused(extraction->observer->context, extraction->pass, &refused);
}

/* The row's problem, with its place before it. */
static void emit_problem(struct extraction *extraction, const struct fault *fault, struct staged_record *ret)
{
    tell_refusal(extraction, fault, false);
    text_clear(&extraction->problem);
    if (pass_row_number(extraction->pass))
        text_printf(&extraction->problem, "%.150s, row %" PRIu64 ", ", pass_origin(extraction->pass),
                    pass_row_number(extraction->pass));
    extraction_put_valid(&extraction->problem, fault->text);
    *ret = staged(extraction);
    ret->problem = text_string(&extraction->problem);
    extraction->next_follow_up = extraction->record.follow_up_count;
}

/* Writes prefix and key to `out`. */
static bool put_key(const struct extraction *extraction, struct slice key, struct text *out, struct fault *fault)
{
    text_clear(out);
    if (key.size + strlen(extraction->profile->key_prefix) > EXTRACTION_KEY_BYTES_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "key '%.*s…' is longer than %d bytes",
                         (int)utf8_cut(key, EXTRACTION_QUOTED).size, key.data, EXTRACTION_KEY_BYTES_MAX);
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

/* What became of the record with a key that is not staged. */
static const char *fate_of(struct extraction *extraction, unsigned state)
{
    if (state == KEY_ABSENT)
        return "is not in the source";
    if (state == KEY_PROBLEM)
        return "has a problem of its own";
    snprintf(extraction->fate, sizeof extraction->fate, "was left behind: %s",
             extraction->counts[state - KEY_LEFT].reason);
    return extraction->fate;
}

static bool check_reference(struct extraction *extraction, const struct record_field *field, struct slice key,
                            struct fault *fault)
{
    unsigned state = key_set_find(extraction->keys[field->reference], key);
    struct slice cut = utf8_cut(key, EXTRACTION_QUOTED);
    const char *fate = NULL;

    if (state == KEY_STAGED)
        return true;
    fate = fate_of(extraction, state);
    *pass_refusal(extraction->pass) = (struct refusal){.kind = REFUSAL_DANGLING, .noun = field->name, .fate = fate};
    return fault_set(fault, FAULT_BAD_INPUT, "%s '%.*s' %s", field->name, (int)cut.size, cut.data, fate);
}

static bool evaluate_reference(struct extraction *extraction, const struct record_field *field,
                               const struct expression *expression, struct slice *value, struct fault *fault)
{
    const struct expression_row *row = pass_row(extraction->pass);
    struct text key;
    bool done = false;

    if (!value->data)
        return true;
    text_init(&key, EXTRACTION_KEY_BYTES_MAX * 2);
    done = put_key(extraction, *value, &key, fault) && check_reference(extraction, field, text_slice(&key), fault);
    if (done) {
        *value = scratch_copy(row->scratch, text_slice(&key));
    } else {
        pass_refusal(extraction->pass)->column = expression_first_column(expression);
        pass_refusal(extraction->pass)->value = *value;
    }
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

/* A value that cannot be used: without it there is no record, or the record goes over without it and says so. */
static bool refuse_field(struct extraction *extraction, size_t number, struct record_draft *draft, bool may_fail,
                         const struct fault *why, struct fault *fault)
{
    draft->values[number] = (struct slice){0};
    if (!may_fail) {
        *fault = *why;
        return false;
    }
    tell_refusal(extraction, why, true);
    reject(extraction, number, draft, why);
    return true;
}

/* Files are sent as they are: a text in their place is no file. */
static bool needs_file(enum entity entity, const struct record_field *field)
{
    return field->required && (entity == ENTITY_ATTACHMENT || entity == ENTITY_XRAY);
}

static bool stays_behind(const struct extraction *extraction, size_t column)
{
    const struct profile_column *facts = &extraction->mapping->columns[column];

    return facts->probed && extraction->whole[facts->probe];
}

static bool evaluate_blob(struct extraction *extraction, size_t number, struct record_draft *draft, bool *ret_encrypted,
                          struct fault *fault)
{
    const struct expression_row *row = pass_row(extraction->pass);
    const struct record_field *field = &record_fields(draft->entity)[number];
    enum blob_verdict verdict = BLOB_READY;
    struct slice text = {0};
    long column = -1;

    if (!expression_evaluate_column(extraction->mapping->fields[number], row, &text, &column, fault))
        return false;
    if (!text.data || column < 0)
        return true;
    text_clear(&extraction->blob);
    if (stays_behind(extraction, (size_t)column))
        verdict = BLOB_ENCRYPTED;
    else if (!blob_value_put(extraction->source, extraction->pass, (size_t)column, text,
                             needs_file(draft->entity, field), &extraction->blob, &verdict, fault))
        return false;
    if (extraction->blob.overflowed)
        return fault_set(fault, FAULT_BAD_INPUT, "%s is larger than %d bytes of text", field->name, BLOB_BYTES_MAX);
    *ret_encrypted |= verdict == BLOB_ENCRYPTED;
    if (verdict == BLOB_ENCRYPTED)
        return fault_set(fault, FAULT_BAD_INPUT, "column %s is still encrypted: this row was not decrypted",
                         extraction->mapping->columns[column].name);
    draft->values[number] = scratch_copy(row->scratch, text_slice(&extraction->blob));
    return true;
}

static bool evaluate_field(struct extraction *extraction, size_t number, struct record_draft *draft,
                           bool *ret_encrypted, struct fault *fault)
{
    const struct record_field *field = &record_fields(draft->entity)[number];
    struct slice *value = &draft->values[number];
    struct fault why = {0};

    if (!extraction->mapping->fields[number])
        return true;
    if (field->type == FIELD_BLOB)
        return evaluate_blob(extraction, number, draft, ret_encrypted, fault);
    if (!expression_evaluate(extraction->mapping->fields[number], pass_row(extraction->pass), value, &why))
        return refuse_field(extraction, number, draft, record_field_may_fail(field), &why, fault);
    if (field->type == FIELD_REFERENCE &&
        !evaluate_reference(extraction, field, extraction->mapping->fields[number], value, &why))
        return refuse_field(extraction, number, draft, !field->required, &why, fault);
    return true;
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

static bool build(struct extraction *extraction, bool *ret_encrypted, struct fault *fault)
{
    struct record_draft draft = {.entity = extraction->mapping->entity, .source_key = text_string(&extraction->key)};

    text_clear(&extraction->rejections);
    if (!evaluate_zone(extraction, &draft, fault))
        return false;
    for (size_t i = 0; record_fields(draft.entity)[i].name; i++)
        if (!evaluate_field(extraction, i, &draft, ret_encrypted, fault))
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
    extraction_put_valid(&extraction->warning, text_string(&extraction->record.warning));
    ret->warning = text_string(&extraction->warning);
}

void extraction_emit_follow_up(struct extraction *extraction, struct staged_record *ret)
{
    const struct follow_up *follow = &extraction->record.follow_ups[extraction->next_follow_up++];

    *ret = staged(extraction);
    text_clear(&extraction->follow_key);
    text_printf(&extraction->follow_key, "%s%s", text_string(&extraction->key), follow->suffix);
    ret->entity = follow->entity;
    ret->source_key = text_string(&extraction->follow_key);
    ret->payload = text_slice(&follow->payload);
}

/* A further row of a record that is there, or of one that could not be made. True when the row makes none. */
static bool skip_repeated(struct extraction *extraction)
{
    if (!extraction->mapping->distinct ||
        key_set_find(extraction->keys[extraction->mapping->entity], text_slice(&extraction->key)) == KEY_ABSENT)
        return false;
    extraction->counts[extraction->first_count + extraction->mapping->rule_count].rows++;
    return true;
}

/* Where several rows may give the record, another row still can. */
static void remember_left(struct extraction *extraction, size_t count)
{
    if (!extraction->mapping->distinct)
        key_set_put(extraction->keys[extraction->mapping->entity], text_slice(&extraction->key),
                    KEY_LEFT + (unsigned)count);
}

/* Counts the row; one that is to be named becomes a record that stays behind. */
static bool leave_behind(struct extraction *extraction, size_t rule, struct staged_record *ret)
{
    const struct key_set *keys = extraction->keys[extraction->mapping->entity];
    struct fault ignored = {0};
    size_t count = extraction->first_count + rule;
    bool has_key = evaluate_key(extraction, &ignored);
    bool is_new = has_key && key_set_find(keys, text_slice(&extraction->key)) == KEY_ABSENT;

    extraction->counts[count].rows++;
    if (has_key)
        remember_left(extraction, count);
    if (!extraction->mapping->rules[rule].named)
        return false;
    if (!is_new)
        name_by_place(extraction);
    *ret = staged(extraction);
    ret->problem = extraction->mapping->rules[rule].reason;
    ret->left_behind = true;
    extraction->next_follow_up = extraction->record.follow_up_count;
    return true;
}

/* A row with a key of its own: builds the record and notes what became of the key. True when it gives a record. */
static bool take_row(struct extraction *extraction, struct staged_record *ret)
{
    struct key_set *keys = extraction->keys[extraction->mapping->entity];
    struct slice key = text_slice(&extraction->key);
    size_t encrypted_count = extraction->first_count + extraction->mapping->rule_count + 1;
    struct fault fault = {0};
    bool encrypted = false;

    if (key_set_find(keys, key) != KEY_ABSENT) {
        fault_set(&fault, FAULT_BAD_INPUT, "key '%.*s' is not unique: an earlier row has it too",
                  (int)utf8_cut(key, EXTRACTION_QUOTED).size, key.data);
        name_by_place(extraction);
        emit_problem(extraction, &fault, ret);
        return true;
    }
    if (build(extraction, &encrypted, &fault)) {
        key_set_put(keys, key, KEY_STAGED);
        emit_record(extraction, ret);
        return true;
    }
    if (encrypted && extraction->leaves_encrypted) {
        extraction->counts[encrypted_count].rows++;
        remember_left(extraction, encrypted_count);
        return false;
    }
    key_set_put(keys, key, KEY_PROBLEM);
    emit_problem(extraction, &fault, ret);
    return true;
}

/* What the row is to the mapping: none of its business, left behind by a rule, or a record with a key. */
static bool judge_row(struct extraction *extraction, bool *ret_meant, long *ret_rule, struct fault *fault)
{
    const struct condition *when = extraction->mapping->when;

    *ret_meant = true;
    *ret_rule = -1;
    if (when && !condition_holds(when, pass_row(extraction->pass), ret_meant, fault))
        return false;
    if (!*ret_meant)
        return true;
    return find_rule(extraction, ret_rule, fault) && (*ret_rule >= 0 || evaluate_key(extraction, fault));
}

bool extraction_handle_row(struct extraction *extraction, struct staged_record *ret, bool *ret_made,
                           struct fault *fault)
{
    struct fault problem = {0};
    bool meant = true;
    long rule = -1;
    bool judged = false;

    *ret_made = true;
    if (!pass_check_identities(extraction->pass, fault))
        return false;
    judged = judge_row(extraction, &meant, &rule, &problem);
    if (extraction->observer)
        extraction->observer->row(extraction->observer->context, extraction->pass, meant);
    if (!judged) {
        name_by_place(extraction);
        emit_problem(extraction, &problem, ret);
    } else if (!meant) {
        *ret_made = false;
    } else if (rule >= 0) {
        *ret_made = leave_behind(extraction, (size_t)rule, ret);
    } else {
        *ret_made = !skip_repeated(extraction) && take_row(extraction, ret);
    }
    return true;
}
