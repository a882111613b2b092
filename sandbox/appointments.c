#include "sandbox/appointments.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sandbox/appointment_types.h"
#include "sandbox/attendees.h"
#include "sandbox/input.h"
#include "sandbox/patients.h"
#include "sandbox/practitioners.h"
#include "sandbox/resource.h"
#include "sandbox/unavailable_blocks.h"

/* Relations are named in a 422 by the service's own names; an unknown type shows as max_attendees (API reference 4.1).
 */
#define RELATION(field, collection, problem_text, extra)                                                               \
    {                                                                                                                  \
        .name = field, .input = field "_id", .problem = problem_text, .kind = FIELD_ID, .target = collection,          \
        .flags = FIELD_INPUT | FIELD_FILTER | (extra)                                                                  \
    }

static const struct field fields[APPOINTMENT_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_FILTER, FIELD_FILTER, FIELD_FILTER),
    [APPOINTMENT_CANCELLATION_NOTE] = {.name = "cancellation_note", .kind = FIELD_TEXT},
    [APPOINTMENT_CANCELLATION_REASON] = {.name = "cancellation_reason", .kind = FIELD_INTEGER},
    [APPOINTMENT_DID_NOT_ARRIVE] = {.name = "did_not_arrive", .kind = FIELD_BOOL},
    [APPOINTMENT_ENDS_AT] = {.name = "ends_at", .kind = FIELD_INSTANT, .flags = FIELD_INPUT | FIELD_FILTER},
    [APPOINTMENT_NOTES] = {.name = "notes", .kind = FIELD_TEXT, .flags = FIELD_INPUT},
    [APPOINTMENT_PATIENT_ARRIVED] = {.name = "patient_arrived", .kind = FIELD_BOOL},
    [APPOINTMENT_REPEAT_RULE] = {.name = "repeat_rule",
                                 .kind = FIELD_JSON,
                                 .flags = FIELD_INPUT,
                                 .check = repeat_rule_check},
    [APPOINTMENT_STARTS_AT] = {.name = "starts_at",
                               .kind = FIELD_INSTANT,
                               .flags = FIELD_INPUT | FIELD_REQUIRED | FIELD_FILTER},
    [APPOINTMENT_TYPE] = RELATION("appointment_type", "appointment_types", "max_attendees", FIELD_REQUIRED),
    [APPOINTMENT_BUSINESS] = RELATION("business", "businesses", "business", FIELD_REQUIRED),
    [APPOINTMENT_PATIENT] = {.name = "patient",
                             .input = "patient_id",
                             .problem = "patient",
                             .kind = FIELD_ID,
                             .target = "patients",
                             .flags = FIELD_INPUT | FIELD_FILTER | FIELD_REQUIRED,
                             .index = 1},
    [APPOINTMENT_PATIENT_CASE] = {.name = "patient_case",
                                  .input = "patient_case_id",
                                  .problem = "patient_case",
                                  .kind = FIELD_ID,
                                  .target = "patient_cases",
                                  .flags = FIELD_INPUT},
    [APPOINTMENT_PRACTITIONER] = RELATION("practitioner", "practitioners", "practitioner", FIELD_REQUIRED),
    [APPOINTMENT_REPEATED_FROM] = {.name = "repeated_from",
                                   .input = "repeated_from_id",
                                   .kind = FIELD_ID,
                                   .target = "individual_appointments",
                                   .flags = FIELD_FILTER},
    [APPOINTMENT_ATTENDEES] = {.name = "attendees", .kind = FIELD_LINK},
    [APPOINTMENT_CONFLICTS] = {.name = "conflicts", .kind = FIELD_LINK},
    [APPOINTMENT_REPEATS] = {.name = "repeats", .kind = FIELD_LINK},
};

static struct schema_names names;
static const struct schema schema = {"individual_appointments", fields, APPOINTMENT_FIELDS, &names};

/* Kept but not carried out: the repeats themselves are not made. */
bool repeat_rule_check(const struct json *value, struct text *kept, const char **ret_problem)
{
    double repeats = json_number(json_member(value, "number_of_repeats"), 1);
    double interval = json_number(json_member(value, "repeating_interval"), 1);
    const char *type = json_text(json_member(value, "repeat_type"), "");
    struct json_writer writer;

    *ret_problem = PROBLEM_INVALID;
    json_write_init(&writer, kept);
    json_put_value(&writer, value);
    return json_is_object(value) && repeats >= 1 && repeats <= 50 && interval >= 1 && interval <= 99 &&
           (strcmp(type, "Daily") == 0 || strcmp(type, "Weekly") == 0 || strcmp(type, "Monthly") == 0);
}

static struct record *related(struct act *act, enum resource_kind kind, int field)
{
    return table_find(act_table(act, kind), act_cell(act, field)->id);
}

/* start + the type's duration, where no end is given or it is set to null (API reference 5.13). */
static void derive_end(struct act *act)
{
    const struct record *type = related(act, RESOURCE_APPOINTMENT_TYPES, APPOINTMENT_TYPE);
    int64_t start = act_cell(act, APPOINTMENT_STARTS_AT)->number;

    if (type && start != CELL_NULL)
        change_number(&act->change, APPOINTMENT_ENDS_AT, start + type->cells[TYPE_DURATION_IN_MINUTES].number * 60);
}

static void check_end(struct act *act)
{
    int64_t start = act_cell(act, APPOINTMENT_STARTS_AT)->number;
    int64_t end = act_cell(act, APPOINTMENT_ENDS_AT)->number;

    if (start != CELL_NULL && end != CELL_NULL && end <= start)
        problems_add(&act->problems, "ends_at", "must be after the start");
}

static void check(struct act *act)
{
    const struct record *practitioner = related(act, RESOURCE_PRACTITIONERS, APPOINTMENT_PRACTITIONER);

    if (act_cell(act, APPOINTMENT_ENDS_AT)->number == CELL_NULL)
        derive_end(act);
    check_end(act);
    patient_check_live(act, APPOINTMENT_PATIENT);
    if (act->options->refuse_inactive && practitioner && practitioner->cells[PRACTITIONER_ACTIVE].number != 1 &&
        !act->seeding)
        problems_add(&act->problems, "practitioner", PROBLEM_INVALID);
    if (!act->record) {
        change_number(&act->change, APPOINTMENT_DID_NOT_ARRIVE, false);
        change_number(&act->change, APPOINTMENT_PATIENT_ARRIVED, false);
    }
}

static void log_notification(struct act *act, const struct record *appointment, enum notification_kind kind,
                             const char *reason)
{
    notifications_add(&act->store->notifications,
                      (struct notification){.account = act->account->id,
                                            .appointment = appointment->cells[RECORD_ID].id,
                                            .patient = appointment->cells[APPOINTMENT_PATIENT].id,
                                            .at = act->now,
                                            .kind = kind,
                                            .reason = reason});
}

static bool has_templates(const struct record *type, int field)
{
    const char *ids = type->cells[field].text;

    return !ids || strcmp(ids, "[]") != 0;
}

/* Both guards must be up for a channel to be quiet: the patient's preference and the type's empty list. */
static void notify(struct act *act, const struct record *appointment)
{
    const struct record *patient =
        table_find(act_table(act, RESOURCE_PATIENTS), appointment->cells[APPOINTMENT_PATIENT].id);
    const struct record *type =
        table_find(act_table(act, RESOURCE_APPOINTMENT_TYPES), appointment->cells[APPOINTMENT_TYPE].id);
    const char *reminder = patient->cells[PATIENT_REMINDER_TYPE].text;

    if (patient->cells[PATIENT_RECEIVES_CONFIRMATION_EMAILS].number != false)
        log_notification(act, appointment, NOTIFICATION_CONFIRMATION, "the patient receives confirmation emails");
    else if (has_templates(type, TYPE_CONFIRMATION_TEMPLATE_IDS))
        log_notification(act, appointment, NOTIFICATION_CONFIRMATION, "the type has confirmation templates");
    if (!reminder || strcmp(reminder, "None") != 0)
        log_notification(act, appointment, NOTIFICATION_REMINDER, "the patient's reminder_type is not None");
    else if (has_templates(type, TYPE_REMINDER_TEMPLATE_IDS))
        log_notification(act, appointment, NOTIFICATION_REMINDER, "the type has reminder templates");
}

static void created(struct act *act, struct record *appointment)
{
    attendee_create_for(act, appointment);
    if (!act->seeding)
        notify(act, appointment);
}

static struct record *attendee_of(struct act *act, const struct record *appointment)
{
    return table_first(act_table(act, RESOURCE_ATTENDEES), ATTENDEE_BOOKING, &appointment->cells[RECORD_ID]);
}

/* The attendee follows when the appointment is given to another patient. */
static void changed(struct act *act, struct record *appointment)
{
    struct record *attendee = attendee_of(act, appointment);
    struct change change = {0};

    if (!attendee || attendee->cells[ATTENDEE_PATIENT].id == appointment->cells[APPOINTMENT_PATIENT].id)
        return;
    change_id(&change, ATTENDEE_PATIENT, appointment->cells[APPOINTMENT_PATIENT].id);
    change_number(&change, RECORD_UPDATED_AT, act->now);
    table_change(act_table(act, RESOURCE_ATTENDEES), attendee, &change);
}

void appointment_set_arrival(struct act *act, struct record *appointment, int64_t arrived)
{
    struct change change = {0};

    change_number(&change, APPOINTMENT_PATIENT_ARRIVED, arrived == CELL_NULL ? CELL_NULL : arrived == 1);
    change_number(&change, APPOINTMENT_DID_NOT_ARRIVE, arrived == CELL_NULL ? CELL_NULL : arrived == 0);
    change_number(&change, RECORD_UPDATED_AT, act->now);
    table_change(act_table(act, RESOURCE_APPOINTMENTS), appointment, &change);
}

static const struct {
    int number;
    const char *text;
} reasons[] = {
    {10, "Feeling Better"}, {20, "Condition Worse"}, {30, "Sick"}, {31, "COVID-19 related"},
    {40, "Away"},           {50, "Other"},           {60, "Work"},
};

const char *cancellation_reason_text(int64_t reason)
{
    for (size_t i = 0; i < array_length(reasons); i++)
        if (reasons[i].number == reason)
            return reasons[i].text;
    return NULL;
}

static bool read_cancellation(struct act *act, struct change *change)
{
    const struct json *reason = json_member(act->body, "cancellation_reason");
    const struct json *note = json_member(act->body, "cancellation_note");
    double number = json_number(reason, -1);

    if (!reason || json_is_null(reason))
        problems_add(&act->problems, "cancellation_reason", PROBLEM_BLANK);
    else if (!(number >= 0 && number <= 1000) || number != (int)number || !cancellation_reason_text((int)number))
        problems_add(&act->problems, "cancellation_reason", PROBLEM_NOT_IN_LIST);
    else
        change_number(change, APPOINTMENT_CANCELLATION_REASON, (int64_t)number);
    if (note && !json_is_text(note) && !json_is_null(note))
        problems_add(&act->problems, "cancellation_note", PROBLEM_INVALID);
    if (act->record->cells[RECORD_CANCELLED_AT].number != CELL_NULL)
        problems_add(&act->problems, "base", "has already been cancelled");
    if (act->problems.count)
        return false;
    change->cells[APPOINTMENT_CANCELLATION_NOTE].text = x_strdup(json_text(note, NULL));
    change->set[APPOINTMENT_CANCELLATION_NOTE] = true;
    return true;
}

void appointment_cancel(struct act *act)
{
    struct record *attendee = attendee_of(act, act->record);
    struct change change = {0};

    if (!read_cancellation(act, &change)) {
        change_release(&schema, &change);
        problems_write(&act->problems, &act->answer->body);
        answer_json(act->answer, 422);
        return;
    }
    change_number(&change, RECORD_CANCELLED_AT, act->now);
    change_number(&change, RECORD_UPDATED_AT, act->now);
    table_change(act_table(act, RESOURCE_APPOINTMENTS), act->record, &change);
    if (attendee)
        attendee_cancel(act, attendee, act->record);
    answer_empty(act->answer, 204);
}

/* A stretch of a practitioner's time. */
struct stretch {
    const struct record *record;
    uint64_t practitioner;
    int64_t start;
    int64_t end;
};

static struct stretch stretch_of(enum resource_kind kind, const struct record *record)
{
    const union cell *cells = record->cells;

    if (kind == RESOURCE_UNAVAILABLE_BLOCKS)
        return (struct stretch){record, cells[BLOCK_PRACTITIONER].id, cells[BLOCK_STARTS_AT].number,
                                cells[BLOCK_ENDS_AT].number};
    return (struct stretch){record, cells[APPOINTMENT_PRACTITIONER].id, cells[APPOINTMENT_STARTS_AT].number,
                            cells[APPOINTMENT_ENDS_AT].number};
}

static bool overlaps(const struct stretch *one, const struct stretch *other)
{
    return one->record != other->record && one->practitioner == other->practitioner && one->start < other->end &&
           other->start < one->end && other->record->cells[RECORD_CANCELLED_AT].number == CELL_NULL &&
           other->record->cells[RECORD_ARCHIVED_AT].number == CELL_NULL;
}

void appointment_conflicts(struct act *act)
{
    static const enum resource_kind kinds[] = {RESOURCE_APPOINTMENTS, RESOURCE_UNAVAILABLE_BLOCKS};
    struct stretch own = stretch_of(act->kind, act->record);
    bool exist = false;

    for (size_t which = 0; which < array_length(kinds); which++) {
        const struct table *table = act_table(act, kinds[which]);

        for (uint32_t i = 0; i < table->count && !exist; i++) {
            struct stretch other = stretch_of(kinds[which], table->rows[i]);

            exist = overlaps(&own, &other);
        }
    }
    text_printf(&act->answer->body, "{\"conflicts\":{\"exist\":%s}}", exist ? "true" : "false");
    answer_json(act->answer, 200);
}

static void extras(const struct act *act, const struct record *record, struct json_writer *writer)
{
    const struct record *patient =
        table_find(&act->account->tables[RESOURCE_PATIENTS], record->cells[APPOINTMENT_PATIENT].id);
    scoped(string_free) char *name =
        patient ? x_sprintf("%s %s", patient->cells[PATIENT_FIRST_NAME].text, patient->cells[PATIENT_LAST_NAME].text)
                : NULL;

    json_member_text(writer, "booking_ip_address", NULL);
    json_member_text(writer, "cancellation_reason_description",
                     cancellation_reason_text(record->cells[APPOINTMENT_CANCELLATION_REASON].number));
    json_member_bool(writer, "email_reminder_sent", false);
    json_member_bool(writer, "has_patient_appointment_notes",
                     patient && patient->cells[PATIENT_APPOINTMENT_NOTES].text != NULL);
    json_member_text(writer, "invoice_status", NULL);
    json_member_bool(writer, "online_booking_policy_accepted", false);
    json_member_text(writer, "patient_name", name);
    json_member_bool(writer, "sms_reminder_sent", false);
    json_member_text(writer, "telehealth_url", NULL);
    json_member_text(writer, "treatment_note_status", NULL);
}

const struct resource appointment_resource = {
    .schema = &schema,
    .check = check,
    .created = created,
    .changed = changed,
    .extras = extras,
};
