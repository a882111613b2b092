#include "sandbox/routes.h"

#include <string.h>

#include "base/memory.h"
#include "sandbox/appointment_types.h"
#include "sandbox/appointments.h"
#include "sandbox/attendees.h"
#include "sandbox/list.h"
#include "sandbox/medical_alerts.h"
#include "sandbox/patient_attachments.h"
#include "sandbox/patient_cases.h"
#include "sandbox/practitioners.h"
#include "sandbox/resource.h"
#include "sandbox/settings.h"
#include "sandbox/treatment_notes.h"
#include "sandbox/verbs.h"

/* Only the limits on /users and /settings are documented (API reference 1.2); the others are assumptions: a bookkeeper
 * writes nothing clinical, set-up belongs to those who run the clinic. */
enum {
    MAY_ALL = (1 << ROLE_COUNT) - 1,
    MAY_ADMINISTRATE = 1 << ROLE_ADMINISTRATOR,
    MAY_SET_UP = 1 << ROLE_ADMINISTRATOR | 1 << ROLE_POWER_RECEPTIONIST,
    MAY_BOOK = MAY_ALL & ~(1 << ROLE_BOOKKEEPER),
    MAY_ARCHIVE = MAY_BOOK & ~(1 << ROLE_SCHEDULER),
};

static const struct list_scope everything = {0};

/* The id in the path: segments are v1, collection, id, … */
static const char *path_id(const struct act *act)
{
    return act->target->segments[2];
}

static void list(struct act *act)
{
    list_answer(act, &everything);
}

static void read(struct act *act)
{
    verb_read(act, path_id(act));
}

static void update(struct act *act)
{
    if (verb_find(act, path_id(act)))
        verb_update(act);
}

static void archive(struct act *act)
{
    if (verb_find(act, path_id(act)))
        verb_archive(act);
}

static void unarchive(struct act *act)
{
    verb_unarchive(act, path_id(act));
}

static void list_active(struct act *act)
{
    list_answer(act, &(struct list_scope){.active_only = true});
}

static void list_inactive(struct act *act)
{
    list_answer(act, &(struct list_scope){.inactive_only = true});
}

static void own_user(struct act *act)
{
    char id[ID_SIZE];

    id_format(act->user->id, id);
    verb_read(act, id);
}

static void cancel(struct act *act)
{
    if (verb_find(act, path_id(act)))
        appointment_cancel(act);
}

/* For attendees of group bookings only; those of individual appointments are cancelled with the appointment (API
 * reference 5.14). */
static void cancel_attendee(struct act *act)
{
    if (!verb_find(act, path_id(act)))
        return;
    problems_add(&act->problems, "base", "is not part of a group appointment");
    problems_write(&act->problems, &act->answer->body);
    answer_json(act->answer, 422);
}

static void delete (struct act *act)
{
    if (verb_find(act, path_id(act)))
        verb_delete(act);
}

static void create_note(struct act *act)
{
    if (treatment_note_admits(act))
        verb_create(act);
}

static void update_note(struct act *act)
{
    if (verb_find(act, path_id(act)) && treatment_note_admits(act))
        verb_update(act);
}

/* Newer than the vendor's document: there or not, as a switch says (API reference 5.17). */
static bool has_recalls(struct act *act)
{
    if (!act->options->recalls)
        answer_html(act->answer, 404, "The page you were looking for doesn’t exist");
    return act->options->recalls;
}

static void list_recalls(struct act *act)
{
    if (has_recalls(act))
        list(act);
}

static void read_recall(struct act *act)
{
    if (has_recalls(act))
        read(act);
}

static void create_recall(struct act *act)
{
    if (has_recalls(act))
        verb_create(act);
}

static void update_recall(struct act *act)
{
    if (has_recalls(act))
        update(act);
}

static void archive_recall(struct act *act)
{
    if (has_recalls(act))
        archive(act);
}

static void list_open_cases(struct act *act)
{
    list_answer(act, &(struct list_scope){.not_true = CASE_CLOSED});
}

/* A booking is an appointment or a block; their ids come from one sequence. */
static void read_booking(struct act *act)
{
    uint64_t id = 0;

    if (id_parse(path_id(act), &id) && table_find(act_table(act, RESOURCE_UNAVAILABLE_BLOCKS), id))
        act->kind = RESOURCE_UNAVAILABLE_BLOCKS;
    read(act);
}

static void conflicts(struct act *act)
{
    if (verb_find(act, path_id(act)))
        appointment_conflicts(act);
}

/* Lists the records of act->kind that belong to the record of `parent` that the path names. */
static struct record *path_parent(struct act *act, enum resource_kind parent)
{
    enum resource_kind kind = act->kind;
    struct record *record = NULL;

    act->kind = parent;
    if (verb_find(act, path_id(act)))
        record = act->record;
    act->kind = kind;
    act->record = NULL;
    return record;
}

static void list_appointment_attendees(struct act *act)
{
    const struct record *parent = path_parent(act, RESOURCE_APPOINTMENTS);

    if (parent)
        list_answer(act, &(struct list_scope){.field = ATTENDEE_BOOKING, .id = parent->cells[RECORD_ID].id});
}

static void list_business_practitioners(struct act *act)
{
    const struct record *parent = path_parent(act, RESOURCE_BUSINESSES);
    bool inactive = act->target->segment_count > 4;

    if (parent)
        list_answer(act, &(struct list_scope){.field = PRACTITIONER_BUSINESS_IDS,
                                              .id = parent->cells[RECORD_ID].id,
                                              .active_only = !inactive,
                                              .inactive_only = inactive});
}

static void list_type_practitioners(struct act *act)
{
    const struct record *parent = path_parent(act, RESOURCE_APPOINTMENT_TYPES);
    bool inactive = act->target->segment_count > 4;
    const char *ids = parent ? parent->cells[TYPE_PRACTITIONER_IDS].text : NULL;

    if (parent)
        list_answer(act,
                    &(struct list_scope){.ids = ids ? ids : "[]", .active_only = !inactive, .inactive_only = inactive});
}

/* The children of an archived patient are still listed (API reference 3.5). */
static void list_of_patient(struct act *act, int field)
{
    uint64_t id = 0;

    if (id_parse(path_id(act), &id) && table_find(act_table(act, RESOURCE_PATIENTS), id))
        list_answer(act, &(struct list_scope){.field = field, .id = id});
    else
        answer_message(act->answer, 404, "Resource not found");
}

static void list_patient_alerts(struct act *act)
{
    list_of_patient(act, ALERT_PATIENT);
}

static void list_patient_notes(struct act *act)
{
    list_of_patient(act, NOTE_PATIENT);
}

static void list_patient_attachments(struct act *act)
{
    list_of_patient(act, ATTACHMENT_PATIENT);
}

/* Where children of archived patients are allowed, so is the way to them. */
static void presign(struct act *act)
{
    uint64_t id = 0;

    act->kind = RESOURCE_PATIENTS;
    if (act->options->archived_parent == ARCHIVED_PARENT_ALLOWED && id_parse(path_id(act), &id))
        act->record = table_find(act_table(act, RESOURCE_PATIENTS), id);
    if (act->record || verb_find(act, path_id(act)))
        attachment_presign(act);
}

static void content(struct act *act)
{
    if (verb_find(act, path_id(act)))
        attachment_content(act);
}

static void list_practitioner_types(struct act *act)
{
    const struct record *parent = path_parent(act, RESOURCE_PRACTITIONERS);

    if (parent)
        list_answer(act, &(struct list_scope){.field = TYPE_PRACTITIONER_IDS, .id = parent->cells[RECORD_ID].id});
}

#define ROUTE(verb, path, resource, may, body, function, ...)                                                          \
    {                                                                                                                  \
        .name = verb " /v1/" path, .method = verb, .segments = {__VA_ARGS__}, .kind = resource, .roles = may,          \
        .takes_body = body, .carry_out = function                                                                      \
    }

/* List, read, create, update, archive and its older name. */
#define READS(collection, resource)                                                                                    \
    ROUTE("GET", collection, resource, MAY_ALL, false, list, collection),                                              \
        ROUTE("GET", collection "/{id}", resource, MAY_ALL, false, read, collection, "{id}")
#define ARCHIVES(collection, resource, may)                                                                            \
    ROUTE("POST", collection "/{id}/archive", resource, may, false, archive, collection, "{id}", "archive"),           \
        ROUTE("DELETE", collection "/{id}", resource, may, false, archive, collection, "{id}")
#define WRITES(collection, resource, may)                                                                              \
    ROUTE("POST", collection, resource, may, true, verb_create, collection),                                           \
        ROUTE("PATCH", collection "/{id}", resource, may, true, update, collection, "{id}")
#define UNARCHIVES(collection, resource, may)                                                                          \
    ROUTE("POST", collection "/{id}/unarchive", resource, may, false, unarchive, collection, "{id}", "unarchive")

static const struct route routes[] = {
    [ROUTES_NONE] = {.name = "unrouted", .method = ""},
    [ROUTES_S3] = {.name = "POST /s3/{bucket}", .method = ""},
    WRITES("patients", RESOURCE_PATIENTS, MAY_BOOK),
    WRITES("individual_appointments", RESOURCE_APPOINTMENTS, MAY_BOOK),
    WRITES("attendees", RESOURCE_ATTENDEES, MAY_BOOK),
    WRITES("appointment_types", RESOURCE_APPOINTMENT_TYPES, MAY_SET_UP),
    WRITES("businesses", RESOURCE_BUSINESSES, MAY_ADMINISTRATE),
    ROUTE("POST", "treatment_notes", RESOURCE_TREATMENT_NOTES, MAY_ALL, true, create_note, "treatment_notes"),
    ROUTE("PATCH", "treatment_notes/{id}", RESOURCE_TREATMENT_NOTES, MAY_ALL, true, update_note, "treatment_notes",
          "{id}"),
    WRITES("medical_alerts", RESOURCE_MEDICAL_ALERTS, MAY_BOOK),
    WRITES("communications", RESOURCE_COMMUNICATIONS, MAY_BOOK),
    ROUTE("GET", "patients/{id}/attachment_presigned_post", RESOURCE_PATIENT_ATTACHMENTS, MAY_BOOK, false, presign,
          "patients", "{id}", "attachment_presigned_post"),
    ROUTE("POST", "patient_attachments", RESOURCE_PATIENT_ATTACHMENTS, MAY_BOOK, true, verb_create,
          "patient_attachments"),
    WRITES("contacts", RESOURCE_CONTACTS, MAY_BOOK),
    WRITES("unavailable_blocks", RESOURCE_UNAVAILABLE_BLOCKS, MAY_BOOK),
    WRITES("patient_cases", RESOURCE_PATIENT_CASES, MAY_BOOK),
    WRITES("taxes", RESOURCE_TAXES, MAY_SET_UP),
    WRITES("concession_types", RESOURCE_CONCESSION_TYPES, MAY_SET_UP),
    WRITES("product_suppliers", RESOURCE_PRODUCT_SUPPLIERS, MAY_SET_UP),
    WRITES("products", RESOURCE_PRODUCTS, MAY_SET_UP),
    WRITES("billable_items", RESOURCE_BILLABLE_ITEMS, MAY_SET_UP),
    WRITES("treatment_note_templates", RESOURCE_TREATMENT_NOTE_TEMPLATES, MAY_SET_UP),
    READS("patients", RESOURCE_PATIENTS),
    READS("individual_appointments", RESOURCE_APPOINTMENTS),
    READS("attendees", RESOURCE_ATTENDEES),
    READS("appointment_types", RESOURCE_APPOINTMENT_TYPES),
    READS("businesses", RESOURCE_BUSINESSES),
    ROUTE("PATCH", "individual_appointments/{id}/cancel", RESOURCE_APPOINTMENTS, MAY_BOOK, true, cancel,
          "individual_appointments", "{id}", "cancel"),
    ROUTE("PATCH", "attendees/{id}/cancel", RESOURCE_ATTENDEES, MAY_BOOK, true, cancel_attendee, "attendees", "{id}",
          "cancel"),
    ROUTE("GET", "individual_appointments/{id}/conflicts", RESOURCE_APPOINTMENTS, MAY_ALL, false, conflicts,
          "individual_appointments", "{id}", "conflicts"),
    ROUTE("GET", "individual_appointments/{id}/attendees", RESOURCE_ATTENDEES, MAY_ALL, false,
          list_appointment_attendees, "individual_appointments", "{id}", "attendees"),
    ROUTE("GET", "unavailable_blocks/{id}/conflicts", RESOURCE_UNAVAILABLE_BLOCKS, MAY_ALL, false, conflicts,
          "unavailable_blocks", "{id}", "conflicts"),
    ROUTE("GET", "bookings/{id}", RESOURCE_APPOINTMENTS, MAY_ALL, false, read_booking, "bookings", "{id}"),
    READS("treatment_notes", RESOURCE_TREATMENT_NOTES),
    READS("patient_attachments", RESOURCE_PATIENT_ATTACHMENTS),
    ROUTE("GET", "patient_attachments/{id}/content", RESOURCE_PATIENT_ATTACHMENTS, MAY_ALL, false, content,
          "patient_attachments", "{id}", "content"),
    ROUTE("GET", "patients/{id}/patient_attachments", RESOURCE_PATIENT_ATTACHMENTS, MAY_ALL, false,
          list_patient_attachments, "patients", "{id}", "patient_attachments"),
    READS("medical_alerts", RESOURCE_MEDICAL_ALERTS),
    READS("communications", RESOURCE_COMMUNICATIONS),
    READS("contacts", RESOURCE_CONTACTS),
    READS("unavailable_blocks", RESOURCE_UNAVAILABLE_BLOCKS),
    ROUTE("GET", "patient_cases/active", RESOURCE_PATIENT_CASES, MAY_ALL, false, list_open_cases, "patient_cases",
          "active"),
    READS("patient_cases", RESOURCE_PATIENT_CASES),
    READS("taxes", RESOURCE_TAXES),
    READS("concession_types", RESOURCE_CONCESSION_TYPES),
    READS("concession_prices", RESOURCE_CONCESSION_PRICES),
    READS("product_suppliers", RESOURCE_PRODUCT_SUPPLIERS),
    READS("products", RESOURCE_PRODUCTS),
    ROUTE("POST", "stock_adjustments", RESOURCE_STOCK_ADJUSTMENTS, MAY_SET_UP, true, verb_create, "stock_adjustments"),
    READS("stock_adjustments", RESOURCE_STOCK_ADJUSTMENTS),
    READS("billable_items", RESOURCE_BILLABLE_ITEMS),
    READS("treatment_note_templates", RESOURCE_TREATMENT_NOTE_TEMPLATES),
    ROUTE("GET", "patients/{id}/medical_alerts", RESOURCE_MEDICAL_ALERTS, MAY_ALL, false, list_patient_alerts,
          "patients", "{id}", "medical_alerts"),
    ROUTE("GET", "patients/{id}/treatment_notes", RESOURCE_TREATMENT_NOTES, MAY_ALL, false, list_patient_notes,
          "patients", "{id}", "treatment_notes"),
    ROUTE("GET", "recall_types", RESOURCE_RECALL_TYPES, MAY_ALL, false, list_recalls, "recall_types"),
    ROUTE("GET", "recall_types/{id}", RESOURCE_RECALL_TYPES, MAY_ALL, false, read_recall, "recall_types", "{id}"),
    ROUTE("POST", "recall_types", RESOURCE_RECALL_TYPES, MAY_SET_UP, true, create_recall, "recall_types"),
    ROUTE("GET", "recalls", RESOURCE_RECALLS, MAY_ALL, false, list_recalls, "recalls"),
    ROUTE("GET", "recalls/{id}", RESOURCE_RECALLS, MAY_ALL, false, read_recall, "recalls", "{id}"),
    ROUTE("POST", "recalls", RESOURCE_RECALLS, MAY_BOOK, true, create_recall, "recalls"),
    ROUTE("PATCH", "recalls/{id}", RESOURCE_RECALLS, MAY_BOOK, true, update_recall, "recalls", "{id}"),
    ROUTE("POST", "recalls/{id}/archive", RESOURCE_RECALLS, MAY_BOOK, false, archive_recall, "recalls", "{id}",
          "archive"),
    ARCHIVES("patients", RESOURCE_PATIENTS, MAY_ARCHIVE),
    ARCHIVES("individual_appointments", RESOURCE_APPOINTMENTS, MAY_BOOK),
    ARCHIVES("attendees", RESOURCE_ATTENDEES, MAY_BOOK),
    ARCHIVES("appointment_types", RESOURCE_APPOINTMENT_TYPES, MAY_SET_UP),
    ARCHIVES("businesses", RESOURCE_BUSINESSES, MAY_ADMINISTRATE),
    ARCHIVES("treatment_notes", RESOURCE_TREATMENT_NOTES, MAY_ARCHIVE),
    ARCHIVES("patient_attachments", RESOURCE_PATIENT_ATTACHMENTS, MAY_ARCHIVE),
    ARCHIVES("medical_alerts", RESOURCE_MEDICAL_ALERTS, MAY_ARCHIVE),
    ARCHIVES("contacts", RESOURCE_CONTACTS, MAY_ARCHIVE),
    ARCHIVES("unavailable_blocks", RESOURCE_UNAVAILABLE_BLOCKS, MAY_BOOK),
    ARCHIVES("product_suppliers", RESOURCE_PRODUCT_SUPPLIERS, MAY_SET_UP),
    ARCHIVES("products", RESOURCE_PRODUCTS, MAY_SET_UP),
    ARCHIVES("billable_items", RESOURCE_BILLABLE_ITEMS, MAY_SET_UP),
    ARCHIVES("treatment_note_templates", RESOURCE_TREATMENT_NOTE_TEMPLATES, MAY_SET_UP),
    ROUTE("POST", "communications/{id}/archive", RESOURCE_COMMUNICATIONS, MAY_ARCHIVE, false, archive, "communications",
          "{id}", "archive"),
    ROUTE("POST", "patient_cases/{id}/archive", RESOURCE_PATIENT_CASES, MAY_ARCHIVE, false, archive, "patient_cases",
          "{id}", "archive"),
    ROUTE("DELETE", "taxes/{id}", RESOURCE_TAXES, MAY_SET_UP, false, delete, "taxes", "{id}"),
    UNARCHIVES("patients", RESOURCE_PATIENTS, MAY_ARCHIVE),
    UNARCHIVES("businesses", RESOURCE_BUSINESSES, MAY_ADMINISTRATE),
    ROUTE("GET", "practitioners", RESOURCE_PRACTITIONERS, MAY_ALL, false, list_active, "practitioners"),
    ROUTE("GET", "practitioners/inactive", RESOURCE_PRACTITIONERS, MAY_ALL, false, list_inactive, "practitioners",
          "inactive"),
    ROUTE("GET", "practitioners/{id}", RESOURCE_PRACTITIONERS, MAY_ALL, false, read, "practitioners", "{id}"),
    ROUTE("GET", "practitioners/{id}/appointment_types", RESOURCE_APPOINTMENT_TYPES, MAY_ALL, false,
          list_practitioner_types, "practitioners", "{id}", "appointment_types"),
    ROUTE("GET", "businesses/{id}/practitioners", RESOURCE_PRACTITIONERS, MAY_ALL, false, list_business_practitioners,
          "businesses", "{id}", "practitioners"),
    ROUTE("GET", "businesses/{id}/practitioners/inactive", RESOURCE_PRACTITIONERS, MAY_ALL, false,
          list_business_practitioners, "businesses", "{id}", "practitioners", "inactive"),
    ROUTE("GET", "appointment_types/{id}/practitioners", RESOURCE_PRACTITIONERS, MAY_ALL, false,
          list_type_practitioners, "appointment_types", "{id}", "practitioners"),
    ROUTE("GET", "appointment_types/{id}/practitioners/inactive", RESOURCE_PRACTITIONERS, MAY_ALL, false,
          list_type_practitioners, "appointment_types", "{id}", "practitioners", "inactive"),
    ROUTE("GET", "user", RESOURCE_USERS, MAY_ALL, false, own_user, "user"),
    ROUTE("GET", "users", RESOURCE_USERS, MAY_ADMINISTRATE, false, list, "users"),
    ROUTE("GET", "users/{id}", RESOURCE_USERS, MAY_ADMINISTRATE, false, read, "users", "{id}"),
    ROUTE("GET", "settings/public", RESOURCE_USERS, MAY_ALL, false, settings_answer, "settings", "public"),
    ROUTE("GET", "settings", RESOURCE_USERS, MAY_ADMINISTRATE, false, settings_answer, "settings"),
};

_Static_assert(array_length(routes) <= STATS_ROUTES_MAX, "the statistics have no room for that many routes");

int route_count(void)
{
    return array_length(routes);
}

const struct route *route_at(int number)
{
    return &routes[number];
}

static bool fits(const struct route *route, const char *method, const struct target *target)
{
    if (strcmp(route->method, method) != 0)
        return false;
    for (int i = 0; i < TARGET_SEGMENTS_MAX - 1; i++) {
        const char *wanted = route->segments[i];
        const char *given = i + 1 < target->segment_count ? target->segments[i + 1] : NULL;

        if (!wanted || !given)
            return !wanted && !given;
        if (wanted[0] != '{' && strcmp(wanted, given) != 0)
            return false;
    }
    return true;
}

int route_find(const char *method, const struct target *target)
{
    if (target->segment_count < 2 || strcmp(target->segments[0], "v1") != 0)
        return ROUTES_NONE;
    for (int i = ROUTES_FIRST; i < (int)array_length(routes); i++)
        if (fits(&routes[i], method, target))
            return i;
    return ROUTES_NONE;
}

int route_named(const char *name)
{
    for (int i = 0; i < (int)array_length(routes); i++)
        if (strcmp(routes[i].name, name) == 0)
            return i;
    return -1;
}

bool route_allows(const struct route *route, enum role role)
{
    return route->roles & 1U << role;
}
