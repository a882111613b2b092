#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/memory.h"
#include "model/contact.h"
#include "model/date_format.h"
#include "model/letters.h"
#include "model/record_parts.h"

/* Cliniko takes no patient without both names (API reference 5.12). */
static const char placeholder[] = "(unknown)";

enum { BIRTH_YEAR_LEAST = 1880, PHONES_MAX = 30 };

static void put_name(struct building *building, size_t field, const char *name)
{
    if (building_line(building, field).data) {
        building_put_line(building, field, true);
        return;
    }
    building_put(building, name, slice_of(placeholder));
    building_warn(building, field, "empty, sent as %s", placeholder);
}

/* A birth that cannot be right is worse than none: it goes to the notes as it was. */
static void put_birth(struct building *building)
{
    struct slice value = building_line(building, PATIENT_BIRTH);
    struct moment moment = {0};
    char date[MOMENT_SIZE];
    int64_t least = days_from_date(BIRTH_YEAR_LEAST, 1, 1) * 86400;

    if (!value.data)
        return;
    if (date_format_read("YYYY-MM-DD[ HH:mm[:ss[.f]]]", value, &moment) && moment.wall_seconds >= least &&
        moment.wall_seconds < (building->today + 1) * 86400) {
        moment_put_date(&moment, date);
        building_put(building, "date_of_birth", slice_of(date));
        return;
    }
    building_note(building, "Date of birth as recorded", value);
    building_warn(building, PATIENT_BIRTH, "no date of birth that can be right, put into the notes");
}

static void put_email(struct building *building, size_t field)
{
    struct slice value = building_line(building, field);
    bool rest = false;
    struct slice address = value.data ? email_find(value, &rest) : value;
    char label[64];
    char name[48];

    building_put(building, record_fields(ENTITY_PATIENT)[field].name, address);
    if (!rest)
        return;
    snprintf(label, sizeof label, "%s as recorded", building_label(building, field, name));
    building_note(building, label, value);
    building_warn(building, field,
                  address.data ? "more than one address, all of them are in the notes"
                               : "no address that Cliniko takes, put into the notes");
}

struct phone_list {
    struct slice numbers[PHONES_MAX];
    size_t count;
};

static bool is_known(const struct phone_list *list, struct slice number)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->numbers[i].size == number.size && memcmp(list->numbers[i].data, number.data, number.size) == 0)
            return true;
    return false;
}

/* The same number in two fields is sent once, under the first kind. */
static void put_phones_of(struct building *building, size_t field, const char *type, struct phone_list *list)
{
    struct slice value = building_value(building, field);
    struct slice numbers[PHONES_IN_A_FIELD_MAX];
    bool rest = false;
    size_t count = value.data ? phones_split(value, building->record->scratch, numbers, &rest) : 0;

    for (size_t i = 0; i < count; i++) {
        if (is_known(list, numbers[i]))
            continue;
        list->numbers[list->count++] = numbers[i];
        json_begin_object(&building->writer);
        json_member_text(&building->writer, "type", type);
        building_put(building, "number", numbers[i]);
        json_end_object(&building->writer);
    }
    if (rest) {
        char label[64];

        snprintf(label, sizeof label, "%s phone as recorded", type);
        building_note(building, label, value);
        building_warn(building, field, "not only a number, put into the notes as it was");
    }
}

static void put_phones(struct building *building)
{
    static const struct {
        size_t field;
        const char *type;
    } kinds[] = {
        {PATIENT_PHONE_MOBILE, "Mobile"}, {PATIENT_PHONE_HOME, "Home"},   {PATIENT_PHONE_WORK, "Work"},
        {PATIENT_PHONE_FAX, "Fax"},       {PATIENT_PHONE_OTHER, "Other"},
    };
    struct phone_list list = {.count = 0};

    json_key(&building->writer, "phones");
    json_begin_array(&building->writer);
    for (size_t i = 0; i < array_length(kinds); i++)
        put_phones_of(building, kinds[i].field, kinds[i].type, &list);
    json_end_array(&building->writer);
}

/* Ten digits with the person's digit glued on are taken apart; anything else stays as it is. */
static void put_medicare(struct building *building)
{
    struct slice value = building_line(building, PATIENT_MEDICARE);
    struct slice reference = building_line(building, PATIENT_MEDICARE_REFERENCE);
    struct slice number = {0};
    struct slice glued = {0};

    if (value.data && medicare_split(value, building->record->scratch, &number, &glued)) {
        building_put(building, "medicare", number);
        building_put(building, "medicare_reference_number", reference.data ? reference : glued);
        return;
    }
    building_put_line(building, PATIENT_MEDICARE, false);
    building_put_line(building, PATIENT_MEDICARE_REFERENCE, false);
}

static void put_dva(struct building *building)
{
    struct slice value = building_line(building, PATIENT_DVA);
    struct slice number = value.data ? dva_number(value, building->record->scratch) : value;

    building_put(building, "dva_card_number", number);
    if (value.data && !number.data) {
        building_note(building, "DVA number as recorded", value);
        building_warn(building, PATIENT_DVA, "no DVA number that Cliniko takes, put into the notes");
    }
}

static bool put_reminder(struct building *building)
{
    static const char *const allowed[] = {"None", "SMS", "Email", "SMS & Email"};
    struct slice value = building_line(building, PATIENT_REMINDER);

    if (!value.data)
        return true;
    for (size_t i = 0; i < array_length(allowed); i++) {
        if (strlen(allowed[i]) == value.size && strncasecmp(allowed[i], value.data, value.size) == 0) {
            building_put(building, "reminder_preference", slice_of(allowed[i]));
            return true;
        }
    }
    return building_refuse(building, PATIENT_REMINDER, value, "is none of None, SMS, Email, SMS & Email");
}

static void put_archival(struct building *building)
{
    struct follow_up *follow = building_follow(building, ENTITY_ARCHIVAL);
    struct json_writer writer;

    json_write_init(&writer, &follow->payload);
    json_begin_object(&writer);
    json_member_text(&writer, "patient", building->draft->source_key);
    json_end_object(&writer);
}

bool record_build_patient(struct building *building)
{
    static const size_t lines[] = {
        PATIENT_SEX,   PATIENT_ADDRESS_1, PATIENT_ADDRESS_2, PATIENT_ADDRESS_3,  PATIENT_CITY,
        PATIENT_STATE, PATIENT_POST_CODE, PATIENT_COUNTRY,   PATIENT_OCCUPATION, PATIENT_EMERGENCY,
    };
    struct slice notes = building_value(building, PATIENT_NOTES);
    bool archived = false;

    if (!building_bool(building, PATIENT_ARCHIVED, false, &archived))
        return false;
    text_put(&building->record->notes, notes.data ? notes.data : "", notes.size);
    building_note_rejected(building);
    put_name(building, PATIENT_FIRST, "first_name");
    put_name(building, PATIENT_LAST, "last_name");
    building_put_line(building, PATIENT_TITLE, false);
    building_put_line(building, PATIENT_PREFERRED, false);
    put_birth(building);
    for (size_t i = 0; i < array_length(lines); i++)
        building_put_line(building, lines[i], false);
    put_email(building, PATIENT_EMAIL);
    put_phones(building);
    put_medicare(building);
    put_dva(building);
    put_email(building, PATIENT_INVOICE_EMAIL);
    building_put(building, "appointment_notes", building_value(building, PATIENT_APPOINTMENT_NOTES));
    if (!put_reminder(building))
        return false;
    if (building->record->notes.size)
        building_put(building, "notes", text_slice(&building->record->notes));
    json_member_bool(&building->writer, "archived", archived);
    if (archived)
        put_archival(building);
    return true;
}
