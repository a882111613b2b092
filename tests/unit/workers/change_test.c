/* Archivals and reminder preferences: changes that may be made twice. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "sending.h"

TestSuite(change, .timeout = 120);

static const struct {
    enum entity entity;
    enum entity parent;
    const char *payload;
    const char *path;
    const char *object; /* where the object itself is read */
} archivals[] = {
    {ENTITY_PRODUCT_ARCHIVAL, ENTITY_PRODUCT, "{\"product\":\"FD-P\"}", "/v1/products/71/archive", "/v1/products/71"},
    {ENTITY_BILLABLE_ITEM_ARCHIVAL, ENTITY_BILLABLE_ITEM, "{\"billable_item\":\"FD-P\"}",
     "/v1/billable_items/71/archive", "/v1/billable_items/71"},
    {ENTITY_APPOINTMENT_TYPE_ARCHIVAL, ENTITY_APPOINTMENT_TYPE, "{\"appointment_type\":\"FD-P\"}",
     "/v1/appointment_types/71/archive", "/v1/appointment_types/71"},
    {ENTITY_CONTACT_ARCHIVAL, ENTITY_CONTACT, "{\"contact\":\"FD-P\"}", "/v1/contacts/71/archive", "/v1/contacts/71"},
    {ENTITY_ARCHIVAL, ENTITY_PATIENT, "{\"patient\":\"FD-P\"}", "/v1/patients/71/archive", "/v1/patients/71"},
};

static void run_archival(struct sending *sending, size_t index, const struct stub_route *routes, const char *want)
{
    sending_open(sending, routes, "/nowhere");
    sending_map(sending, archivals[index].parent, "FD-P", "71");
    sending_stage(sending, archivals[index].entity, "FD-1", archivals[index].payload);
    sending_run(sending, archivals[index].entity);
    cr_expect_str_eq(sending->ending, "done", "%s: %s", archivals[index].path, sending->ending);
    cr_expect_str_eq(sending_state(sending, "FD-1"), want, "%s", archivals[index].path);
}

Test(change, archives_each_entity)
{
    for (size_t i = 0; i < array_length(archivals); i++) {
        const struct stub_route routes[] = {{.path = archivals[i].path, .status = 204, .body = ""}, {0}};
        struct sending sending;

        run_archival(&sending, i, routes, "created 71");
        cr_expect_str_eq(stub_method(sending.stub), "POST");
        sending_close(&sending);
    }
}

/* Done, but the answer was lost; the repetition is refused, and the object says that it is archived. */
Test(change, accepts_a_refused_repetition_when_it_is_done)
{
    for (size_t i = 0; i < array_length(archivals); i++) {
        const struct stub_route routes[] = {
            {.path = archivals[i].path, .uses = 1, .kind = STUB_DROP},
            {.path = archivals[i].path, .status = 404, .body = "{\"message\":\"not found\"}"},
            {.path = archivals[i].object, .body = "{\"id\":\"71\",\"archived_at\":\"2026-03-01T00:00:00Z\"}"},
            {0},
        };
        struct sending sending;

        run_archival(&sending, i, routes, "created 71");
        cr_expect(strstr(stub_query(sending.stub), "archived_at:*"), "%s", stub_query(sending.stub));
        sending_close(&sending);
    }
}

/* libcurl repeats a change by itself when a reused connection has died; all that is seen here is the refusal. */
Test(change, accepts_a_refusal_when_it_is_done)
{
    for (size_t i = 0; i < array_length(archivals); i++) {
        const struct stub_route routes[] = {
            {.path = archivals[i].path, .status = 404, .body = "{\"message\":\"not found\"}"},
            {.path = archivals[i].object, .body = "{\"id\":\"71\",\"archived_at\":\"2026-03-01T00:00:00Z\"}"},
            {0},
        };
        struct sending sending;

        run_archival(&sending, i, routes, "created 71");
        sending_close(&sending);
    }
}

Test(change, fails_a_refused_repetition_when_it_is_not_done)
{
    for (size_t i = 0; i < array_length(archivals); i++) {
        const struct stub_route routes[] = {
            {.path = archivals[i].path, .uses = 1, .kind = STUB_DROP},
            {.path = archivals[i].path, .status = 422, .body = "{\"errors\":{\"base\":\"has children\"}}"},
            {.path = archivals[i].object, .body = "{\"id\":\"71\",\"archived_at\":null}"},
            {0},
        };
        struct sending sending;

        run_archival(&sending, i, routes, "failed Cliniko refused it (422): base: has children");
        sending_close(&sending);
    }
}

Test(change, sets_reminder_preferences)
{
    static const struct stub_route routes[] = {{.path = "/v1/patients/71", .body = "{\"id\":\"71\"}"}, {0}};
    struct sending sending;

    sending_open(&sending, routes, "/nowhere");
    sending_map(&sending, ENTITY_PATIENT, "FD-P", "71");
    sending_stage(&sending, ENTITY_REMINDER_PREFERENCE, "FD-1",
                  "{\"patient\":\"FD-P\",\"reminder_type\":\"SMS & Email\"}");
    sending_run(&sending, ENTITY_REMINDER_PREFERENCE);
    cr_expect_str_eq(sending_state(&sending, "FD-1"), "created 71");
    cr_expect_str_eq(stub_method(sending.stub), "PATCH");
    cr_expect_str_eq(stub_body(sending.stub),
                     "{\"reminder_type\":\"SMS & Email\",\"receives_confirmation_emails\":true}");
    sending_close(&sending);
}
