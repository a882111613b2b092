#include "sandbox/routes.h"

#include <string.h>

#include "base/memory.h"
#include "sandbox/appointment_types.h"
#include "sandbox/appointments.h"
#include "sandbox/attendees.h"
#include "sandbox/list.h"
#include "sandbox/practitioners.h"
#include "sandbox/resource.h"
#include "sandbox/settings.h"
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
    [ROUTES_NONE] = {.name = "unrouted"},
    WRITES("patients", RESOURCE_PATIENTS, MAY_BOOK),
    WRITES("individual_appointments", RESOURCE_APPOINTMENTS, MAY_BOOK),
    WRITES("attendees", RESOURCE_ATTENDEES, MAY_BOOK),
    WRITES("appointment_types", RESOURCE_APPOINTMENT_TYPES, MAY_SET_UP),
    WRITES("businesses", RESOURCE_BUSINESSES, MAY_ADMINISTRATE),
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
    ROUTE("GET", "bookings/{id}", RESOURCE_APPOINTMENTS, MAY_ALL, false, read, "bookings", "{id}"),
    ARCHIVES("patients", RESOURCE_PATIENTS, MAY_ARCHIVE),
    ARCHIVES("individual_appointments", RESOURCE_APPOINTMENTS, MAY_BOOK),
    ARCHIVES("attendees", RESOURCE_ATTENDEES, MAY_BOOK),
    ARCHIVES("appointment_types", RESOURCE_APPOINTMENT_TYPES, MAY_SET_UP),
    ARCHIVES("businesses", RESOURCE_BUSINESSES, MAY_ADMINISTRATE),
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
    for (int i = 1; i < (int)array_length(routes); i++)
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
