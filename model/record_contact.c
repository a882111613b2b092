/* People and firms that a clinic works with, and what they have in common with patients: how they are reached. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "model/contact.h"
#include "model/letters.h"
#include "model/record_parts.h"

enum { PHONES_MAX = 30 };

void building_put_email(struct building *building, size_t field)
{
    struct slice value = building_line(building, field);
    bool rest = false;
    struct slice address = value.data ? email_find(value, &rest) : value;
    char label[64];
    char name[48];

    building_put(building, record_fields(building->draft->entity)[field].name, address);
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

void building_put_phones(struct building *building, const struct phone_kind *kinds, size_t count)
{
    struct phone_list list = {.count = 0};

    json_key(&building->writer, "phones");
    json_begin_array(&building->writer);
    for (size_t i = 0; i < count; i++)
        put_phones_of(building, kinds[i].field, kinds[i].type, &list);
    json_end_array(&building->writer);
}

static bool put_kind(struct building *building, bool *ret_doctor)
{
    static const char *const kinds[] = {"standard", "doctor", "third_party"};
    struct slice value = building_line(building, CONTACT_KIND);
    const char *kind = value.data ? NULL : kinds[0];

    for (size_t i = 0; value.data && i < array_length(kinds); i++)
        if (strlen(kinds[i]) == value.size && strncasecmp(kinds[i], value.data, value.size) == 0)
            kind = kinds[i];
    if (!kind)
        return building_refuse(building, CONTACT_KIND, value, "is none of standard, doctor, third_party");
    building_put(building, "kind", slice_of(kind));
    *ret_doctor = strcmp(kind, "doctor") == 0;
    return true;
}

/* Only doctors have one (API reference 5.11). */
static bool put_doctor_type(struct building *building, bool is_doctor)
{
    static const char *const types[] = {"general_practitioner", "specialist"};
    struct slice value = building_line(building, CONTACT_DOCTOR);

    if (!value.data)
        return true;
    for (size_t i = 0; i < array_length(types); i++) {
        if (strlen(types[i]) != value.size || strncasecmp(types[i], value.data, value.size) != 0)
            continue;
        if (is_doctor)
            building_put(building, "doctor_type", slice_of(types[i]));
        else
            building_warn(building, CONTACT_DOCTOR, "the contact is no doctor, left out");
        return true;
    }
    return building_refuse(building, CONTACT_DOCTOR, value, "is neither general_practitioner nor specialist");
}

static void put_country(struct building *building)
{
    struct slice value = building_line(building, CONTACT_COUNTRY);

    if (!value.data)
        return;
    if (value.size == 2 && isalpha((unsigned char)value.data[0]) && isalpha((unsigned char)value.data[1])) {
        building_put(building, "country_code", letters_case(value, LETTERS_UPPER, building->record->scratch));
        return;
    }
    building_note(building, "Country", value);
    building_warn(building, CONTACT_COUNTRY, "not two letters, put into the notes");
}

bool record_build_contact(struct building *building)
{
    static const size_t names[] = {CONTACT_FIRST, CONTACT_LAST, CONTACT_PREFERRED, CONTACT_COMPANY};
    static const size_t lines[] = {
        CONTACT_OCCUPATION, CONTACT_PROVIDER, CONTACT_ADDRESS_1, CONTACT_ADDRESS_2,
        CONTACT_ADDRESS_3,  CONTACT_CITY,     CONTACT_STATE,     CONTACT_POST_CODE,
    };
    static const struct phone_kind phones[] = {
        {CONTACT_PHONE_WORK, "Work"}, {CONTACT_PHONE_MOBILE, "Mobile"}, {CONTACT_PHONE_HOME, "Home"},
        {CONTACT_PHONE_FAX, "Fax"},   {CONTACT_PHONE_OTHER, "Other"},
    };
    bool is_doctor = false;

    if (!building_line(building, CONTACT_FIRST).data && !building_line(building, CONTACT_LAST).data &&
        !building_line(building, CONTACT_COMPANY).data)
        return building_refuse(building, CONTACT_LAST, (struct slice){0},
                               "is empty, and so are first_name and company_name: a contact needs one of them");
    building_begin_notes(building, CONTACT_NOTES);
    if (!put_kind(building, &is_doctor) || !put_doctor_type(building, is_doctor))
        return false;
    building_put_line(building, CONTACT_TITLE, false);
    for (size_t i = 0; i < array_length(names); i++)
        building_put_line(building, names[i], true);
    for (size_t i = 0; i < array_length(lines); i++)
        building_put_line(building, lines[i], false);
    put_country(building);
    building_put_email(building, CONTACT_EMAIL);
    building_put_phones(building, phones, array_length(phones));
    building_end_notes(building);
    return building_put_archived(building, CONTACT_ARCHIVED, ENTITY_CONTACT_ARCHIVAL, "contact");
}
