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

enum { BIRTH_YEAR_LEAST = 1880 };

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

static bool differ(struct slice one, struct slice other)
{
    return one.data && other.data && (one.size != other.size || memcmp(one.data, other.data, one.size) != 0);
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
        if (differ(reference, glued)) {
            building_note(building, "Medicare number as recorded", value);
            building_warn(building, PATIENT_MEDICARE,
                          "its last digit is not the reference number that was recorded beside it and that goes over, "
                          "put into the notes");
        }
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

static void follow_preference(struct building *building, const char *reminder_type)
{
    struct follow_up *follow = building_follow(building, ENTITY_REMINDER_PREFERENCE);
    struct json_writer writer;

    json_write_init(&writer, &follow->payload);
    json_begin_object(&writer);
    json_member_text(&writer, "patient", building->draft->source_key);
    json_member_text(&writer, "reminder_type", reminder_type);
    json_end_object(&writer);
}

/* Patients are created without reminders; how they want them is set when all appointments are there (API reference
 * 5.13). */
static bool put_reminder(struct building *building)
{
    static const char *const allowed[] = {"None", "SMS", "Email", "SMS & Email"};
    struct slice value = building_line(building, PATIENT_REMINDER);

    if (!value.data)
        return true;
    for (size_t i = 0; i < array_length(allowed); i++) {
        if (strlen(allowed[i]) == value.size && strncasecmp(allowed[i], value.data, value.size) == 0) {
            building_put(building, "reminder_preference", slice_of(allowed[i]));
            if (i > 0)
                follow_preference(building, allowed[i]);
            return true;
        }
    }
    return building_refuse(building, PATIENT_REMINDER, value, "is none of None, SMS, Email, SMS & Email");
}

bool record_build_patient(struct building *building)
{
    static const size_t lines[] = {
        PATIENT_SEX,   PATIENT_ADDRESS_1, PATIENT_ADDRESS_2, PATIENT_ADDRESS_3,  PATIENT_CITY,
        PATIENT_STATE, PATIENT_POST_CODE, PATIENT_COUNTRY,   PATIENT_OCCUPATION, PATIENT_EMERGENCY,
    };
    static const struct phone_kind phones[] = {
        {PATIENT_PHONE_MOBILE, "Mobile"}, {PATIENT_PHONE_HOME, "Home"},   {PATIENT_PHONE_WORK, "Work"},
        {PATIENT_PHONE_FAX, "Fax"},       {PATIENT_PHONE_OTHER, "Other"},
    };
    bool archived = false;
    bool walk_in = false;

    if (!building_bool(building, PATIENT_ARCHIVED, false, &archived) ||
        !building_bool(building, PATIENT_WALK_IN, false, &walk_in))
        return false;
    building_begin_notes(building, PATIENT_NOTES);
    put_name(building, PATIENT_FIRST, "first_name");
    put_name(building, PATIENT_LAST, "last_name");
    building_put_line(building, PATIENT_TITLE, false);
    building_put_line(building, PATIENT_PREFERRED, false);
    put_birth(building);
    for (size_t i = 0; i < array_length(lines); i++)
        building_put_line(building, lines[i], false);
    building_put_email(building, PATIENT_EMAIL);
    building_put_phones(building, phones, array_length(phones));
    put_medicare(building);
    put_dva(building);
    building_put_email(building, PATIENT_INVOICE_EMAIL);
    building_put(building, "appointment_notes", building_value(building, PATIENT_APPOINTMENT_NOTES));
    building_put_line(building, PATIENT_REFERRAL_SOURCE, false);
    if (!building_put_reference(building, PATIENT_CONCESSION) || !building_put_reference(building, PATIENT_DOCTOR) ||
        !put_reminder(building))
        return false;
    building_end_notes(building);
    if (walk_in)
        json_member_bool(&building->writer, "walk_in", true);
    json_member_bool(&building->writer, "archived", archived);
    if (archived)
        building_follow_archival(building, ENTITY_ARCHIVAL, "patient");
    return true;
}
