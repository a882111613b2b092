#include "model/record.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/must.h"
#include "base/number.h"
#include "model/contact.h"
#include "model/letters.h"
#include "model/record_parts.h"
#include "model/scratch.h"

enum { PAYLOAD_BYTES_MAX = 8 * 1024 * 1024, QUOTED = 40 };

void record_init(struct record *record)
{
    *record = (struct record){.scratch = scratch_new()};
    text_init(&record->payload, PAYLOAD_BYTES_MAX);
    text_init(&record->warning, WARNING_BYTES_MAX);
    text_init(&record->notes, NOTES_BYTES_MAX);
    for (size_t i = 0; i < RECORD_FOLLOW_UPS_MAX; i++)
        text_init(&record->follow_ups[i].payload, PAYLOAD_BYTES_MAX);
}

void record_release(struct record *record)
{
    text_release(&record->payload);
    text_release(&record->warning);
    text_release(&record->notes);
    for (size_t i = 0; i < RECORD_FOLLOW_UPS_MAX; i++)
        text_release(&record->follow_ups[i].payload);
    scratch_destroy(&record->scratch);
}

struct slice building_value(const struct building *building, size_t field)
{
    struct slice value = building->draft->values[field];

    if (value.data)
        value = letters_clean(value, building->record->scratch);
    return value.size ? value : (struct slice){0};
}

struct slice building_line(const struct building *building, size_t field)
{
    struct slice value = building_value(building, field);

    if (value.data && memchr(value.data, '\n', value.size))
        value = letters_one_line(value, building->record->scratch);
    return value;
}

static const char *field_name(const struct building *building, size_t field)
{
    return record_fields(building->draft->entity)[field].name;
}

const char *building_label(const struct building *building, size_t field, char ret[48])
{
    snprintf(ret, 48, "%s", field_name(building, field));
    ret[0] = (char)toupper((unsigned char)ret[0]);
    for (char *at = ret; *at; at++)
        if (*at == '_')
            *at = ' ';
    return ret;
}

void building_warn(struct building *building, size_t field, const char *format, ...)
{
    struct text *warning = &building->record->warning;
    char sentence[300];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    text_printf(warning, "%s%s: %s", warning->size ? "; " : "", field_name(building, field), sentence);
}

void building_note(struct building *building, const char *label, struct slice value)
{
    struct text *notes = &building->record->notes;

    if (notes->size)
        text_putc(notes, '\n');
    text_printf(notes, "%s: ", label);
    text_put(notes, value.data, value.size);
}

void building_note_rejected(struct building *building)
{
    const struct record_field *fields = record_fields(building->draft->entity);
    char name[48];
    char label[64];

    for (size_t i = 0; fields[i].name; i++) {
        /* A key of the old system says nothing to the clinic: the warning names it. */
        if (!building->draft->rejected[i].data || fields[i].type == FIELD_REFERENCE)
            continue;
        snprintf(label, sizeof label, "%s as recorded", building_label(building, i, name));
        building_note(building, label, building->draft->rejected[i]);
    }
}

void building_put(struct building *building, const char *name, struct slice value)
{
    if (!value.data)
        return;
    json_key(&building->writer, name);
    json_put_slice(&building->writer, value);
}

void building_put_line(struct building *building, size_t field, bool shorten)
{
    struct slice value = building_line(building, field);
    char label[48];

    if (value.size > LIMIT_CHARACTERS && utf8_length(value) > LIMIT_CHARACTERS) {
        building_note(building, building_label(building, field, label), value);
        building_warn(building, field, "longer than %d characters, the whole is in the notes", LIMIT_CHARACTERS);
        value = shorten ? utf8_cut(value, LIMIT_CHARACTERS) : (struct slice){0};
    }
    building_put(building, field_name(building, field), value);
}

void building_put_cut(struct building *building, size_t field)
{
    struct slice value = building_line(building, field);

    if (value.size > LIMIT_CHARACTERS && utf8_length(value) > LIMIT_CHARACTERS) {
        building_warn(building, field, "longer than %d characters, cut there", LIMIT_CHARACTERS);
        value = letters_trim(utf8_cut(value, LIMIT_CHARACTERS));
    }
    building_put(building, field_name(building, field), value);
}

void building_put_within(struct building *building, size_t field, size_t most)
{
    struct slice value = building_line(building, field);
    char label[48];

    if (utf8_length(value) <= most) {
        building_put(building, field_name(building, field), value);
        return;
    }
    building_note(building, building_label(building, field, label), value);
    building_warn(building, field, "longer than %zu characters, put into the notes", most);
}

void building_begin_notes(struct building *building, size_t field)
{
    struct slice notes = building_value(building, field);

    text_put(&building->record->notes, notes.data ? notes.data : "", notes.size);
    building_note_rejected(building);
}

void building_end_notes(struct building *building)
{
    if (building->record->notes.size)
        building_put(building, "notes", text_slice(&building->record->notes));
}

bool building_put_reference(struct building *building, size_t field)
{
    struct slice key = building->draft->values[field];

    if (!key.data && record_fields(building->draft->entity)[field].required)
        return building_refuse(building, field, key, "is empty");
    building_put(building, field_name(building, field), key);
    return true;
}

bool building_decimal(const struct building *building, size_t field, struct decimal *ret)
{
    return decimal_read(building_line(building, field), ret) && decimal_fits(ret);
}

void building_put_decimal(struct building *building, size_t field, const struct decimal *value, size_t places)
{
    struct text digits;

    text_init(&digits, NOTES_BYTES_MAX);
    decimal_put(value, places, &digits);
    building_put(building, field_name(building, field), text_slice(&digits));
    text_release(&digits);
}

bool building_refuse(struct building *building, size_t field, struct slice value, const char *why)
{
    struct slice cut = utf8_cut(value, QUOTED);

    if (!value.data)
        return fault_set(building->fault, FAULT_BAD_INPUT, "%s %s", field_name(building, field), why);
    return fault_set(building->fault, FAULT_BAD_INPUT, "%s: '%.*s' %s", field_name(building, field), (int)cut.size,
                     cut.data, why);
}

static bool is_any(struct slice value, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == value.size && strncasecmp(*words, value.data, value.size) == 0)
            return true;
    return false;
}

bool building_bool(struct building *building, size_t field, bool fallback, bool *ret)
{
    static const char *const yes[] = {"1", "-1", "true", "yes", "y", "t", NULL};
    static const char *const no[] = {"0", "false", "no", "n", "f", NULL};
    struct slice value = building_value(building, field);

    *ret = fallback;
    if (!value.data)
        return true;
    if (!is_any(value, yes) && !is_any(value, no))
        return building_refuse(building, field, value, "is neither yes nor no");
    *ret = is_any(value, yes);
    return true;
}

struct follow_up *building_follow(struct building *building, enum entity entity)
{
    struct record *record = building->record;
    struct follow_up *follow = &record->follow_ups[record->follow_up_count++];

    must(record->follow_up_count <= RECORD_FOLLOW_UPS_MAX);
    follow->entity = entity;
    follow->suffix[0] = '\0';
    text_clear(&follow->payload);
    return follow;
}

void building_follow_archival(struct building *building, enum entity archival, const char *member)
{
    struct follow_up *follow = building_follow(building, archival);
    struct json_writer writer;

    json_write_init(&writer, &follow->payload);
    json_begin_object(&writer);
    json_member_text(&writer, member, building->draft->source_key);
    json_end_object(&writer);
}

bool building_put_archived(struct building *building, size_t field, enum entity archival, const char *member)
{
    bool archived = false;

    if (!building_bool(building, field, false, &archived))
        return false;
    if (archived) {
        json_member_bool(&building->writer, "archived", true);
        building_follow_archival(building, archival, member);
    }
    return true;
}

static bool build_business(struct building *building)
{
    struct slice zone_text = building_line(building, BUSINESS_ZONE);
    struct fault fault = {0};
    struct zone *zone = NULL;

    if (!building_line(building, BUSINESS_NAME).data)
        return building_refuse(building, BUSINESS_NAME, (struct slice){0}, "is empty");
    building_put_line(building, BUSINESS_NAME, true);
    if (!zone_text.data)
        return true;
    if (zones_find(building->zones, scratch_copy(building->record->scratch, zone_text).data, &zone, &fault))
        building_put(building, "time_zone", slice_of(zone_name(zone)));
    else
        building_warn(building, BUSINESS_ZONE, "%s", fault.text);
    return true;
}

static void put_or_empty(struct building *building, const char *name, struct slice value)
{
    building_put(building, name, value.data ? value : slice_of(""));
}

static bool build_practitioner(struct building *building)
{
    bool active = true;

    if (!building_line(building, PRACTITIONER_FIRST).data && !building_line(building, PRACTITIONER_LAST).data)
        return building_refuse(building, PRACTITIONER_LAST, (struct slice){0}, "and first_name are both empty");
    if (!building_bool(building, PRACTITIONER_ACTIVE, true, &active))
        return false;
    put_or_empty(building, "first_name", building_line(building, PRACTITIONER_FIRST));
    put_or_empty(building, "last_name", building_line(building, PRACTITIONER_LAST));
    building_put_line(building, PRACTITIONER_TITLE, true);
    json_member_bool(&building->writer, "active", active);
    building_put_line(building, PRACTITIONER_DISPLAY, true);
    return true;
}

static bool build_entity(struct building *building)
{
    switch (building->draft->entity) {
    case ENTITY_BUSINESS:
        return build_business(building);
    case ENTITY_PRACTITIONER:
        return build_practitioner(building);
    case ENTITY_TAX:
        return record_build_tax(building);
    case ENTITY_CONCESSION_TYPE:
    case ENTITY_PRODUCT_SUPPLIER:
        return record_build_named(building);
    case ENTITY_PRODUCT:
        return record_build_product(building);
    case ENTITY_BILLABLE_ITEM:
        return record_build_billable_item(building);
    case ENTITY_APPOINTMENT_TYPE:
        return record_build_appointment_type(building);
    case ENTITY_CONTACT:
        return record_build_contact(building);
    case ENTITY_PATIENT:
        return record_build_patient(building);
    case ENTITY_MEDICAL_ALERT:
        return record_build_medical_alert(building);
    case ENTITY_REMINDER:
        return record_build_reminder(building);
    case ENTITY_APPOINTMENT:
        return record_build_appointment(building);
    case ENTITY_UNAVAILABLE_BLOCK:
        return record_build_unavailable_block(building);
    case ENTITY_TREATMENT_NOTE:
        return record_build_treatment_note(building);
    case ENTITY_ATTACHMENT:
    case ENTITY_XRAY:
    case ENTITY_LETTER:
        return record_build_file(building);
    default:
        break;
    }
    return fault_set(building->fault, FAULT_INTERNAL, "a record of this entity only follows from another");
}

static bool check_sizes(const struct record *record, struct fault *fault)
{
    bool overflowed = record->payload.overflowed;

    for (size_t i = 0; i < record->follow_up_count; i++)
        overflowed = overflowed || record->follow_ups[i].payload.overflowed;
    if (record->notes.overflowed)
        return fault_set(fault, FAULT_BAD_INPUT, "its notes are larger than %d bytes", NOTES_BYTES_MAX);
    return !overflowed || fault_set(fault, FAULT_BAD_INPUT, "the record is larger than %d bytes", PAYLOAD_BYTES_MAX);
}

bool record_build(const struct record_draft *draft, struct zones *zones, int64_t today, struct record *record,
                  struct fault *fault)
{
    struct building building = {.draft = draft, .record = record, .zones = zones, .today = today, .fault = fault};

    scratch_clear(record->scratch);
    text_clear(&record->payload);
    text_clear(&record->warning);
    text_clear(&record->notes);
    record->follow_up_count = 0;
    if (draft->warning)
        text_puts(&record->warning, draft->warning);
    json_write_init(&building.writer, &record->payload);
    json_begin_object(&building.writer);
    if (!build_entity(&building))
        return false;
    json_end_object(&building.writer);
    return check_sizes(record, fault);
}
