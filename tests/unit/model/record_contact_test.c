#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "built.h"

static struct record_draft contact(void)
{
    return (struct record_draft){.entity = ENTITY_CONTACT, .source_key = "FD-C12"};
}

Test(record_contact, doctor_is_written_in_full)
{
    struct record_draft draft = contact();

    draft_set(&draft, "kind", "Doctor");
    draft_set(&draft, "doctor_type", "general_practitioner");
    draft_set(&draft, "title", "Dr");
    draft_set(&draft, "first_name", "Aoife");
    draft_set(&draft, "last_name", "O'Brien-Nguyễn");
    draft_set(&draft, "preferred_name", "Fee");
    draft_set(&draft, "company_name", "Harbour Medical");
    draft_set(&draft, "occupation", "General practice");
    draft_set(&draft, "provider_number", "2123456A");
    draft_set(&draft, "email", "fee@example.com");
    draft_set(&draft, "address_1", "1 High St");
    draft_set(&draft, "city", "Darwin");
    draft_set(&draft, "state", "NT");
    draft_set(&draft, "post_code", "0800");
    draft_set(&draft, "country_code", "au");
    draft_set(&draft, "phone_work", "(08) 8361 2666");
    draft_set(&draft, "phone_fax", "08 8361 2667; 08 8361 2668");
    draft_set(&draft, "notes", "Prefers fax");
    draft_set(&draft, "archived", "1");
    expect_record(
        &draft,
        "{\"kind\":\"doctor\",\"doctor_type\":\"general_practitioner\",\"title\":\"Dr\",\"first_name\":\"Aoife\","
        "\"last_name\":\"O'Brien-Nguyễn\",\"preferred_name\":\"Fee\",\"company_name\":\"Harbour Medical\","
        "\"occupation\":\"General practice\",\"provider_number\":\"2123456A\",\"address_1\":\"1 High St\","
        "\"city\":\"Darwin\",\"state\":\"NT\",\"post_code\":\"0800\",\"country_code\":\"AU\","
        "\"email\":\"fee@example.com\",\"phones\":[{\"type\":\"Work\",\"number\":\"(08) 8361 2666\"},"
        "{\"type\":\"Fax\",\"number\":\"08 8361 2667\"},{\"type\":\"Fax\",\"number\":\"08 8361 2668\"}],"
        "\"notes\":\"Prefers fax\",\"archived\":true}",
        "", "contact_archival {\"contact\":\"FD-C12\"}");
}

Test(record_contact, one_name_is_enough_and_none_is_not)
{
    static const struct {
        const char *field;
        const char *want;
    } cases[] = {
        {"first_name", "{\"kind\":\"standard\",\"first_name\":\"Madonna\",\"phones\":[]}"},
        {"last_name", "{\"kind\":\"standard\",\"last_name\":\"Madonna\",\"phones\":[]}"},
        {"company_name", "{\"kind\":\"standard\",\"company_name\":\"Madonna\",\"phones\":[]}"},
    };
    struct record_draft nameless = contact();

    for (size_t i = 0; i < array_length(cases); i++) {
        struct record_draft draft = contact();

        draft_set(&draft, cases[i].field, "Madonna");
        expect_record(&draft, cases[i].want, "", "");
    }
    draft_set(&nameless, "preferred_name", "Madge");
    draft_set(&nameless, "email", "m@example.com");
    expect_problem(&nameless, "last_name is empty, and so are first_name and company_name");
}

Test(record_contact, kinds_are_a_closed_list)
{
    struct record_draft draft = contact();

    draft_set(&draft, "company_name", "Yellow Pages");
    draft_set(&draft, "kind", "third_party");
    expect_record(&draft, "{\"kind\":\"third_party\",\"company_name\":\"Yellow Pages\",\"phones\":[]}", "", "");
    draft_set(&draft, "kind", "advertising");
    expect_problem(&draft, "kind: 'advertising' is none of standard, doctor, third_party");
    draft_set(&draft, "kind", "standard");
    draft_set(&draft, "doctor_type", "specialist");
    expect_record(&draft, "{\"kind\":\"standard\",\"company_name\":\"Yellow Pages\",\"phones\":[]}",
                  "doctor_type: the contact is no doctor, left out", "");
    draft_set(&draft, "kind", "doctor");
    draft_set(&draft, "doctor_type", "surgeon");
    expect_problem(&draft, "doctor_type: 'surgeon' is neither general_practitioner nor specialist");
}

Test(record_contact, what_cliniko_would_refuse_goes_to_the_notes)
{
    struct record_draft draft = contact();

    draft_set(&draft, "last_name", "Lee");
    draft_set(&draft, "email", "lee@example.com; office@example.com");
    draft_set(&draft, "country_code", "Australia");
    draft_set(&draft, "phone_work", "ask for Jan");
    draft_reject(&draft, "occupation", "?!");
    draft.warning = "occupation: why";
    expect_record(
        &draft,
        "{\"kind\":\"standard\",\"last_name\":\"Lee\",\"email\":\"lee@example.com\",\"phones\":[],"
        "\"notes\":\"Occupation as recorded: ?!\\nCountry: Australia\\n"
        "Email as recorded: lee@example.com; office@example.com\\nWork phone as recorded: ask for Jan\"}",
        "occupation: why; country_code: not two letters, put into the notes; email: more than one address, all "
        "of them are in the notes; phone_work: not only a number, put into the notes as it was",
        "");
}

Test(record_contact, values_beyond_255_characters_go_to_the_notes)
{
    scoped(string_free) char *fits = repeated("ü", 255);
    scoped(string_free) char *beyond = repeated("ü", 256);
    scoped(string_free) char *want =
        x_sprintf("{\"kind\":\"standard\",\"last_name\":\"%s\",\"provider_number\":\"%s\",\"phones\":[],"
                  "\"notes\":\"Last name: %s\\nOccupation: %s\"}",
                  fits, fits, beyond, beyond);
    struct record_draft draft = contact();

    draft_set(&draft, "last_name", beyond);
    draft_set(&draft, "provider_number", fits);
    draft_set(&draft, "occupation", beyond);
    expect_record(&draft, want,
                  "last_name: longer than 255 characters, the whole is in the notes; occupation: longer than 255 "
                  "characters, the whole is in the notes",
                  "");
}

static struct record_draft patient(void)
{
    struct record_draft draft = {.entity = ENTITY_PATIENT, .source_key = "FD-1"};

    draft_set(&draft, "first_name", "A");
    draft_set(&draft, "last_name", "B");
    return draft;
}

Test(record_contact, patients_point_to_contacts_and_concessions)
{
    struct record_draft draft = patient();

    draft_set(&draft, "concession_type", "FD-F2");
    draft_set(&draft, "referring_doctor", "FD-C12");
    draft_set(&draft, "referral_source", "Yellow Pages");
    expect_record(&draft,
                  "{\"first_name\":\"A\",\"last_name\":\"B\",\"phones\":[],\"referral_source\":\"Yellow Pages\","
                  "\"concession_type\":\"FD-F2\",\"referring_doctor\":\"FD-C12\",\"archived\":false}",
                  "", "");
}

/* A contact that is not there is left out: its key says nothing to the clinic, and the warning has it. */
Test(record_contact, patients_go_over_without_a_contact_that_is_missing)
{
    struct record_draft draft = patient();

    draft_reject(&draft, "referring_doctor", "99");
    draft.warning = "referring_doctor: no contact has the key 'FD-99'";
    expect_record(&draft, "{\"first_name\":\"A\",\"last_name\":\"B\",\"phones\":[],\"archived\":false}",
                  "referring_doctor: no contact has the key 'FD-99'", "");
}

Test(record_contact, reminder_preference_of_a_patient_is_set_later)
{
    static const struct {
        const char *value;
        const char *want;
        const char *follow_up;
    } cases[] = {
        {"None", "None", ""},
        {"sms", "SMS", "reminder_preference {\"patient\":\"FD-1\",\"reminder_type\":\"SMS\"}"},
        {"Email", "Email", "reminder_preference {\"patient\":\"FD-1\",\"reminder_type\":\"Email\"}"},
        {"SMS & EMAIL", "SMS & Email", "reminder_preference {\"patient\":\"FD-1\",\"reminder_type\":\"SMS & Email\"}"},
    };
    struct record_draft draft = patient();

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *want = x_sprintf("{\"first_name\":\"A\",\"last_name\":\"B\",\"phones\":[],"
                                                   "\"reminder_preference\":\"%s\",\"archived\":false}",
                                                   cases[i].want);

        draft_set(&draft, "reminder_preference", cases[i].value);
        expect_record(&draft, want, "", cases[i].follow_up);
    }
    draft_set(&draft, "archived", "1");
    draft_set(&draft, "reminder_preference", "SMS");
    expect_record(&draft,
                  "{\"first_name\":\"A\",\"last_name\":\"B\",\"phones\":[],\"reminder_preference\":\"SMS\","
                  "\"archived\":true}",
                  "",
                  "reminder_preference {\"patient\":\"FD-1\",\"reminder_type\":\"SMS\"}\n"
                  "archival {\"patient\":\"FD-1\"}");
    draft_set(&draft, "reminder_preference", "Pigeon");
    expect_problem(&draft, "reminder_preference: 'Pigeon' is none of");
}
