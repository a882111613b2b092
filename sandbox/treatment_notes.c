#include "sandbox/treatment_notes.h"

#include "base/memory.h"
#include "sandbox/appointments.h"
#include "sandbox/note_content.h"
#include "sandbox/patients.h"
#include "sandbox/patterns.h"
#include "sandbox/practitioners.h"
#include "sandbox/resource.h"

enum template_field {
    TEMPLATE_CONTENT = RECORD_OWN,
    TEMPLATE_NAME,
    TEMPLATE_PRINT_SETTINGS,
    TEMPLATE_FIELDS,
};

static const struct field template_fields[TEMPLATE_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_FILTER, FIELD_FILTER, FIELD_HIDDEN),
    [TEMPLATE_CONTENT] = {.name = "content",
                          .kind = FIELD_JSON,
                          .flags = FIELD_INPUT | FIELD_REQUIRED,
                          .check = note_content_check},
    [TEMPLATE_NAME] = {.name = "name", .kind = FIELD_TEXT, .flags = FIELD_INPUT | FIELD_REQUIRED, .max_length = 255},
    [TEMPLATE_PRINT_SETTINGS] = {.name = "print_settings",
                                 .kind = FIELD_JSON,
                                 .flags = FIELD_INPUT,
                                 .check = object_check},
};

static struct schema_names template_names;
static const struct schema template_schema = {"treatment_note_templates", template_fields, TEMPLATE_FIELDS,
                                              &template_names};

const struct resource treatment_note_template_resource = {.schema = &template_schema};

#define RELATION(field, collection, more)                                                                              \
    {                                                                                                                  \
        .name = field, .input = field "_id", .problem = field, .kind = FIELD_ID, .target = collection,                 \
        .flags = FIELD_INPUT | FIELD_FILTER | (more)                                                                   \
    }

static const struct field fields[NOTE_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_FILTER, FIELD_FILTER, FIELD_HIDDEN),
    [NOTE_CONTENT] = {.name = "content", .kind = FIELD_JSON, .flags = FIELD_INPUT, .check = note_content_check},
    [NOTE_DRAFT] = {.name = "draft", .kind = FIELD_BOOL, .flags = FIELD_INPUT | FIELD_REQUIRED | FIELD_FILTER},
    [NOTE_FINALIZED_AT] = {.name = "finalized_at", .kind = FIELD_INSTANT},
    [NOTE_PINNED_AT] = {.name = "pinned_at", .kind = FIELD_INSTANT},
    [NOTE_TITLE] = {.name = "title", .kind = FIELD_TEXT, .flags = FIELD_INPUT | FIELD_REQUIRED},
    [NOTE_ATTENDEE] = RELATION("attendee", "attendees", 0),
    [NOTE_BOOKING] = RELATION("booking", "bookings", 0),
    [NOTE_PATIENT] = {.name = "patient",
                      .input = "patient_id",
                      .problem = "patient",
                      .kind = FIELD_ID,
                      .target = "patients",
                      .flags = FIELD_INPUT | FIELD_FILTER | FIELD_REQUIRED,
                      .index = 1},
    [NOTE_PRACTITIONER] = {.name = "practitioner",
                           .input = "practitioner_id",
                           .kind = FIELD_ID,
                           .target = "practitioners",
                           .flags = FIELD_SEED | FIELD_FILTER},
    [NOTE_TEMPLATE] = RELATION("treatment_note_template", "treatment_note_templates", 0),
};

static struct schema_names names;
static const struct schema schema = {"treatment_notes", fields, NOTE_FIELDS, &names};

static const struct record *author(struct act *act)
{
    const union cell user = {.id = act->user ? act->user->id : 0};

    return table_first(act_table(act, RESOURCE_PRACTITIONERS), PRACTITIONER_USER, &user);
}

bool treatment_note_admits(struct act *act)
{
    const struct json *content = json_member(act->body, "content");

    if (!author(act)) {
        answer_empty(act->answer, 403);
        return false;
    }
    if (!content || json_is_null(content) || json_is_object(content))
        return true;
    answer_message(act->answer, 422, "must be an object"); /* the one 422 without `errors` */
    return false;
}

static void check_booking(struct act *act)
{
    const struct record *booking = table_find(act_table(act, RESOURCE_APPOINTMENTS), act_cell(act, NOTE_BOOKING)->id);
    uint64_t patient = act_cell(act, NOTE_PATIENT)->id;

    if (booking && patient && booking->cells[APPOINTMENT_PATIENT].id != patient)
        problems_add(&act->problems, "booking", PROBLEM_INVALID);
}

/* Without `draft` false a note stays open; a final one is not changed (assumed). */
static void check(struct act *act)
{
    const struct record *practitioner = act->seeding ? NULL : author(act);

    patient_check_live(act, NOTE_PATIENT);
    check_booking(act);
    if (act->record && act->record->cells[NOTE_DRAFT].number == false)
        problems_add(&act->problems, "base", "has been finalised and cannot be changed");
    if (!act->record && practitioner)
        change_id(&act->change, NOTE_PRACTITIONER, practitioner->cells[RECORD_ID].id);
    if (act_cell(act, NOTE_DRAFT)->number == false)
        change_number(&act->change, NOTE_FINALIZED_AT, act->now);
}

static void extras(const struct act *act, const struct record *note, struct json_writer *writer)
{
    const struct record *practitioner =
        table_find(&act->account->tables[RESOURCE_PRACTITIONERS], note->cells[NOTE_PRACTITIONER].id);

    json_member_text(writer, "author_name", practitioner ? practitioner->cells[PRACTITIONER_LABEL].text : NULL);
}

const struct resource treatment_note_resource = {.schema = &schema, .check = check, .extras = extras};
