#include "model/record.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "built.h"

Test(record, patient_is_written_in_full)
{
    struct record_draft draft = {.entity = ENTITY_PATIENT, .source_key = "FD-1"};

    draft_set(&draft, "first_name", "Zoë");
    draft_set(&draft, "last_name", "O'Brien");
    draft_set(&draft, "date_of_birth", "1975-03-12");
    draft_set(&draft, "email", "zoe@example.com");
    draft_set(&draft, "post_code", "0800");
    draft_set(&draft, "phone_home", "(08) 8361 2666");
    draft_set(&draft, "phone_mobile", "0412 345 678");
    draft_set(&draft, "phone_work", "0412 345 678");
    draft_set(&draft, "medicare", "2123 45670 1 3");
    draft_set(&draft, "notes", "line one\r\nline two");
    draft_set(&draft, "archived", "yes");
    expect_record(
        &draft,
        "{\"first_name\":\"Zoë\",\"last_name\":\"O'Brien\",\"date_of_birth\":\"1975-03-12\",\"post_code\":\"0800\","
        "\"email\":\"zoe@example.com\",\"phones\":[{\"type\":\"Mobile\",\"number\":\"0412 345 678\"},"
        "{\"type\":\"Home\",\"number\":\"(08) 8361 2666\"}],\"medicare\":\"2123456701\","
        "\"medicare_reference_number\":\"3\",\"notes\":\"line one\\nline two\",\"archived\":true}",
        "", "archival {\"patient\":\"FD-1\"}");
}

Test(record, patient_keeps_in_the_notes_what_cliniko_would_refuse)
{
    struct record_draft draft = {.entity = ENTITY_PATIENT, .source_key = "FD-2"};

    draft_set(&draft, "first_name", "Jan");
    draft_set(&draft, "date_of_birth", "2026-03-02");
    draft_set(&draft, "email", "jan@example.com; office@example.com");
    draft_set(&draft, "phone_home", "ask for Jan");
    draft_set(&draft, "dva_card_number", "12345");
    draft_set(&draft, "notes", "Likes tea");
    expect_record(
        &draft,
        "{\"first_name\":\"Jan\",\"last_name\":\"(unknown)\",\"email\":\"jan@example.com\",\"phones\":[],"
        "\"notes\":\"Likes tea\\nDate of birth as recorded: 2026-03-02\\n"
        "Email as recorded: jan@example.com; office@example.com\\nHome phone as recorded: ask for Jan\\n"
        "DVA number as recorded: 12345\",\"archived\":false}",
        "last_name: empty, sent as (unknown); date_of_birth: no date of birth that can be right, put into the notes; "
        "email: more than one address, all of them are in the notes; phone_home: not only a number, put into the "
        "notes as it was; dva_card_number: no DVA number that Cliniko takes, put into the notes",
        "");
}

Test(record, patient_keeps_a_medicare_digit_that_contradicts_the_reference)
{
    struct record_draft draft = {.entity = ENTITY_PATIENT, .source_key = "FD-2"};

    draft_set(&draft, "first_name", "Jan");
    draft_set(&draft, "last_name", "Lee");
    draft_set(&draft, "medicare", "2123 45670 1 3");
    draft_set(&draft, "medicare_reference_number", "3");
    expect_record(&draft,
                  "{\"first_name\":\"Jan\",\"last_name\":\"Lee\",\"phones\":[],\"medicare\":\"2123456701\","
                  "\"medicare_reference_number\":\"3\",\"archived\":false}",
                  "", "");
    draft_set(&draft, "medicare_reference_number", "2");
    expect_record(
        &draft,
        "{\"first_name\":\"Jan\",\"last_name\":\"Lee\",\"phones\":[],\"medicare\":\"2123456701\","
        "\"medicare_reference_number\":\"2\",\"notes\":\"Medicare number as recorded: 2123 45670 1 3\","
        "\"archived\":false}",
        "medicare: its last digit is not the reference number that was recorded beside it and that goes over, "
        "put into the notes",
        "");
}

Test(record, patient_values_beyond_255_characters_go_to_the_notes)
{
    struct record_draft draft = {.entity = ENTITY_PATIENT, .source_key = "FD-3"};
    scoped(string_free) char *fits = x_alloc(256 * 2);
    scoped(string_free) char *long_one = x_alloc(257 * 2);
    scoped(string_free) char *want = NULL;

    for (size_t i = 0; i < 256; i++) {
        memcpy(long_one + 2 * i, "é", 2);
        memcpy(fits + 2 * i, i < 255 ? "é" : "\0\0", 2);
    }
    draft_set(&draft, "first_name", "A");
    draft_set(&draft, "last_name", "B");
    draft_set(&draft, "occupation", long_one);
    draft_set(&draft, "city", fits);
    want = x_sprintf(
        "{\"first_name\":\"A\",\"last_name\":\"B\",\"city\":\"%s\",\"phones\":[],\"notes\":\"Occupation: %s\","
        "\"archived\":false}",
        fits, long_one);
    expect_record(&draft, want, "occupation: longer than 255 characters, the whole is in the notes", "");
}

Test(record, patient_states_must_be_understood)
{
    struct record_draft draft = {.entity = ENTITY_PATIENT, .source_key = "FD-4"};

    draft_set(&draft, "first_name", "A");
    draft_set(&draft, "last_name", "B");
    draft_set(&draft, "archived", "perhaps");
    expect_problem(&draft, "archived: 'perhaps' is neither yes nor no");
}

static struct record_draft appointment(void)
{
    struct record_draft draft = {.entity = ENTITY_APPOINTMENT, .source_key = "FD-9", .time_zone = "Australia/Sydney"};

    draft_set(&draft, "patient", "FD-1");
    draft_set(&draft, "practitioner", "FD-2");
    draft_set(&draft, "business", "FD-3");
    draft_set(&draft, "appointment_type", "FD-4");
    draft_set(&draft, "starts_at", "2026-01-15T09:00:00");
    draft_set(&draft, "duration_minutes", "45");
    return draft;
}

#define REFERENCES                                                                                                     \
    "{\"patient\":\"FD-1\",\"practitioner\":\"FD-2\",\"business\":\"FD-3\",\"appointment_type\":\"FD-4\","
#define UTC_TIMES "\"starts_at\":\"2026-01-14T22:00:00Z\",\"ends_at\":\"2026-01-14T22:45:00Z\""
#define TIMES     UTC_TIMES ",\"time_zone\":\"Australia/Sydney\""

Test(record, appointment_is_written_with_its_state)
{
    struct record_draft draft = appointment();

    expect_record(&draft, REFERENCES TIMES "}", "", "");
    draft_set(&draft, "attendance", "did_not_arrive");
    expect_record(&draft, REFERENCES TIMES ",\"attendance\":\"did_not_arrive\"}", "",
                  "attendance {\"appointment\":\"FD-9\",\"arrived\":false}");
    draft_set(&draft, "attendance", "arrived");
    expect_record(&draft, REFERENCES TIMES ",\"attendance\":\"arrived\"}", "",
                  "attendance {\"appointment\":\"FD-9\",\"arrived\":true}");
}

Test(record, appointment_that_was_cancelled_keeps_why)
{
    struct record_draft draft = appointment();

    draft_set(&draft, "cancelled", "-1");
    draft_set(&draft, "cancel_note", "Flu");
    expect_record(&draft, REFERENCES TIMES ",\"cancelled\":{\"reason\":50,\"note\":\"Flu\"}}", "",
                  "cancellation {\"appointment\":\"FD-9\",\"reason\":50,\"note\":\"Flu\"}");
    draft_set(&draft, "cancel_reason", "30");
    draft_set(&draft, "attendance", "arrived");
    expect_record(
        &draft,
        REFERENCES TIMES ",\"cancelled\":{\"reason\":30,\"note\":\"Flu\\nAttendance was recorded as: arrived\"}}",
        "attendance: recorded, but the appointment is cancelled: put into the note",
        "cancellation {\"appointment\":\"FD-9\",\"reason\":30,\"note\":\"Flu\\nAttendance was recorded as: arrived\"}");
    draft_set(&draft, "cancel_reason", "51");
    expect_problem(&draft, "cancel_reason: '51' is none of");
}

Test(record, appointment_lengths_that_cannot_be_fall_back_on_the_type)
{
    static const char *const lengths[] = {"0", "-30", "1441", "x", ""};

    for (size_t i = 0; i < array_length(lengths); i++) {
        struct record_draft draft = appointment();
        struct zones *zones = zones_new();
        struct record record;
        struct fault fault = {0};

        record_init(&record);
        draft_set(&draft, "duration_minutes", lengths[i]);
        cr_expect(!record_build(&draft, zones, 0, &record, &fault), "'%s' passed", lengths[i]);
        draft_set(&draft, "usual_duration_minutes", "30");
        cr_assert(record_build(&draft, zones, 0, &record, &fault), "%s", fault.text);
        cr_expect(strstr(text_string(&record.payload), "\"ends_at\":\"2026-01-14T22:30:00Z\""), "got %s",
                  text_string(&record.payload));
        cr_expect(strstr(text_string(&record.warning), "so the 30 minutes of its type are taken"), "got %s",
                  text_string(&record.warning));
        record_release(&record);
        zones_destroy(&zones);
    }
}

Test(record, appointment_of_a_whole_day_is_the_longest)
{
    struct record_draft draft = appointment();

    draft_set(&draft, "duration_minutes", "1440");
    expect_record(
        &draft,
        REFERENCES
        "\"starts_at\":\"2026-01-14T22:00:00Z\",\"ends_at\":\"2026-01-15T22:00:00Z\",\"time_zone\":\"Australia/Sydney\"}",
        "", "");
}

Test(record, appointment_reports_the_edges_of_daylight_saving)
{
    struct record_draft draft = appointment();

    draft_set(&draft, "starts_at", "2026-10-04T02:30:00");
    expect_record(
        &draft,
        REFERENCES
        "\"starts_at\":\"2026-10-03T16:30:00Z\",\"ends_at\":\"2026-10-03T17:15:00Z\",\"time_zone\":\"Australia/Sydney\"}",
        "starts_at: in the hour that daylight saving skipped, moved forward by that hour", "");
    draft_set(&draft, "starts_at", "2026-04-05T02:30:00");
    expect_record(
        &draft,
        REFERENCES
        "\"starts_at\":\"2026-04-04T15:30:00Z\",\"ends_at\":\"2026-04-04T16:15:00Z\",\"time_zone\":\"Australia/Sydney\"}",
        "starts_at: in the hour that daylight saving repeats, taken as the first", "");
}

Test(record, appointment_is_refused_when_it_would_be_wrong)
{
    static const struct {
        const char *field;
        const char *value;
        const char *want;
    } cases[] = {
        {"patient", "", "patient is empty"},
        {"starts_at", "", "starts_at is empty"},
        {"starts_at", "15/01/2026 09:00", "starts_at: '15/01/2026 09:00' is no time"},
        {"starts_at", "1899-12-30T09:00:00", "is not within the years 1900 to 2199"},
        {"attendance", "maybe", "attendance: 'maybe' is neither"},
        {"ends_at", "2026-01-15T08:59:00", "ends_at: '2026-01-15T08:59:00' is not within 24 hours after the start"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct record_draft draft = appointment();
        size_t number = 0;

        draft_set(&draft, cases[i].field, cases[i].value);
        cr_assert(record_field_find(ENTITY_APPOINTMENT, cases[i].field, &number));
        if (cases[i].value[0] == '\0')
            draft.values[number] = (struct slice){0};
        expect_problem(&draft, cases[i].want);
    }
}

Test(record, appointment_keeps_in_the_notes_what_could_not_be_read)
{
    struct record_draft draft = appointment();
    size_t number = 0;

    cr_assert(record_field_find(ENTITY_APPOINTMENT, "cancel_note", &number));
    draft.rejected[number] = slice_of("odd");
    draft.warning = "cancel_note: why";
    draft_set(&draft, "notes", "plain");
    expect_record(&draft, REFERENCES TIMES ",\"notes\":\"plain\\nCancel note as recorded: odd\"}", "cancel_note: why",
                  "");
}

Test(record, appointment_without_a_zone_is_refused_unless_it_is_utc)
{
    struct record_draft draft = appointment();

    draft.time_zone = NULL;
    expect_problem(&draft, "has no time zone");
    draft_set(&draft, "starts_at", "2026-01-14T22:00:00Z");
    expect_record(&draft, REFERENCES UTC_TIMES "}", "", "");
}

Test(record, types_locations_and_practitioners_are_written)
{
    struct record_draft type = {.entity = ENTITY_APPOINTMENT_TYPE};
    struct record_draft business = {.entity = ENTITY_BUSINESS};
    struct record_draft practitioner = {.entity = ENTITY_PRACTITIONER};

    draft_set(&type, "name", "Visit");
    draft_set(&type, "duration_minutes", "1440");
    draft_set(&type, "color", "#12345g");
    expect_record(
        &type, "{\"name\":\"Visit\",\"duration_minutes\":30}",
        "duration_minutes: '1440' is not within 1 to 1439, so 30 minutes are taken; color: no colour like #rrggbb, "
        "left out",
        "");
    draft_set(&business, "name", "Balmain");
    draft_set(&business, "time_zone", "W. Australia Standard Time");
    expect_record(&business, "{\"name\":\"Balmain\",\"time_zone\":\"Australia/Perth\"}", "", "");
    draft_set(&practitioner, "last_name", "Nguyễn");
    draft_set(&practitioner, "active", "0");
    expect_record(&practitioner, "{\"first_name\":\"\",\"last_name\":\"Nguyễn\",\"active\":false}", "", "");
}

Test(record, fields_may_fail_that_a_record_is_right_without)
{
    static const struct {
        enum entity entity;
        const char *field;
        bool want;
    } cases[] = {
        {ENTITY_PATIENT, "occupation", true},
        {ENTITY_PATIENT, "first_name", false},
        {ENTITY_PATIENT, "date_of_birth", true},
        {ENTITY_PATIENT, "archived", false},
        {ENTITY_PATIENT, "referring_doctor", true},
        {ENTITY_PATIENT, "concession_type", true},
        {ENTITY_PATIENT, "reminder_preference", false},
        {ENTITY_APPOINTMENT, "patient", false},
        {ENTITY_APPOINTMENT, "ends_at", false},
        {ENTITY_APPOINTMENT, "duration_minutes", false},
        {ENTITY_APPOINTMENT_TYPE, "billable_item", true},
        {ENTITY_BILLABLE_ITEM, "tax", true},
        {ENTITY_PRODUCT, "tax", true},
        {ENTITY_PRODUCT, "price", false},
        {ENTITY_PRODUCT, "stock_level", true},
        {ENTITY_CONTACT, "kind", false},
        {ENTITY_REMINDER, "due", true},
        {ENTITY_TREATMENT_NOTE, "appointment", true},
        {ENTITY_TREATMENT_NOTE, "practitioner", true},
        {ENTITY_TREATMENT_NOTE, "body", false},
        {ENTITY_XRAY, "report", false},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        size_t number = 0;

        cr_assert(record_field_find(cases[i].entity, cases[i].field, &number), "no field %s", cases[i].field);
        cr_expect_eq(record_field_may_fail(&record_fields(cases[i].entity)[number]), cases[i].want, "%s.%s",
                     entity_facts(cases[i].entity)->name, cases[i].field);
    }
}

Test(record, fields_have_a_place_each)
{
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        const struct record_field *fields = record_fields((enum entity)entity);

        for (size_t i = 0; fields && fields[i].name; i++) {
            size_t number = RECORD_FIELDS_MAX;

            cr_expect(record_field_find((enum entity)entity, fields[i].name, &number) && number == i,
                      "%s.%s stands there twice", entity_facts((enum entity)entity)->name, fields[i].name);
            cr_expect_lt(i, RECORD_FIELDS_MAX, "%s has too many fields", entity_facts((enum entity)entity)->name);
            cr_expect_not_null(fields[i].meaning);
        }
    }
}
