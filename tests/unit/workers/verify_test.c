/* What verification asks, and what it notes at the records. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "sending.h"

TestSuite(verify, .timeout = 120);

static void stage_created(struct sending *sending, enum entity entity, const char *key, const char *payload,
                          const char *id)
{
    sending_stage(sending, entity, key, payload);
    database_run(&sending->database,
                 "update record set state = 'created', cliniko_id = '%s' where entity = '%s' and source_key = '%s'", id,
                 entity_facts(entity)->name, key);
    database_run(&sending->database,
                 "insert into transfer_entity (transfer, entity, staged) values (%" PRId64 ", '%s', 1) "
                 "on conflict (transfer, entity) do update set staged = transfer_entity.staged + 1",
                 sending->transfer, entity_facts(entity)->name);
}

static void open_map(struct sending *sending, const struct stub_route *routes)
{
    sending_open(sending, routes, "/nowhere");
    sending_map(sending, ENTITY_PATIENT, "FD-P1", "505");
    sending_map(sending, ENTITY_PRACTITIONER, "FD-U1", "506");
    sending_map(sending, ENTITY_BUSINESS, "FD-S1", "507");
    sending_map(sending, ENTITY_APPOINTMENT_TYPE, "FD-A1", "508");
    sending_map(sending, ENTITY_PRODUCT, "FD-R1", "509");
}

static void run(struct sending *sending)
{
    sending_run_kind(sending, &job_verify, ENTITY_COUNT);
    cr_expect_str_eq(sending->ending, "done");
}

#define PATIENT_LINK ",\"patient\":{\"links\":{\"self\":\"{base}/v1/patients/505\"}}"

static const struct {
    enum entity entity;
    const char *payload;
    const char *path;
    const char *array;
    const char *held;    /* as it was sent */
    const char *differs; /* not as it was sent */
    const char *warning; /* part of it */
} cases[] = {
    {ENTITY_CONCESSION_TYPE, "{\"name\":\"Pension\"}", "/v1/concession_types", "concession_types",
     "\"name\":\"Pension\"", "\"name\":\"Student\"", "another name"},
    {ENTITY_PRODUCT_SUPPLIER, "{\"name\":\"Acme\"}", "/v1/product_suppliers", "product_suppliers", "\"name\":\"Acme\"",
     "\"name\":\"Acne\"", "another name"},
    {ENTITY_CONTACT, "{\"kind\":\"standard\",\"last_name\":\"Lee\"}", "/v1/contacts", "contacts",
     "\"type_code\":0,\"last_name\":\"Lee\",\"notes\":\"[FD-1]\",\"phone_numbers\":[]",
     "\"type_code\":0,\"last_name\":\"Leo\",\"notes\":\"[FD-1]\",\"phone_numbers\":[]", "another last_name"},
    {ENTITY_MEDICAL_ALERT, "{\"patient\":\"FD-P1\",\"name\":\"Latex\"}", "/v1/medical_alerts", "medical_alerts",
     "\"name\":\"Latex\"" PATIENT_LINK,
     "\"name\":\"Latex\",\"patient\":{\"links\":{\"self\":\"{base}/v1/patients/506\"}}", "another patient_id"},
    {ENTITY_PRODUCT_ARCHIVAL, "{\"product\":\"FD-R1\"}", "/v1/products", "products",
     "\"archived_at\":\"2026-01-01T00:00:00Z\"", "\"archived_at\":null", "another archived_at"},
    {ENTITY_REMINDER_PREFERENCE, "{\"patient\":\"FD-P1\",\"reminder_type\":\"SMS\"}", "/v1/patients", "patients",
     "\"reminder_type\":\"SMS\"", "\"reminder_type\":\"None\"", "another reminder_type"},
    {ENTITY_TREATMENT_NOTE,
     "{\"patient\":\"FD-P1\",\"practitioner\":\"FD-U1\",\"dated\":\"2020-01-02\",\"body\":{\"text\":\"better\"}}",
     "/v1/treatment_notes", "treatment_notes",
     "\"title\":\"2020-01-02 [FD-1]\",\"draft\":false,\"content\":{\"sections\":[{\"name\":\"Note\",\"questions\":"
     "[{\"name\":\"Note\",\"type\":\"paragraph\",\"answer\":\"<div>better</div>\"}]}]}" PATIENT_LINK,
     "\"title\":\"2020-01-02 [FD-1]\",\"draft\":false,\"content\":{\"sections\":[{\"name\":\"Note\",\"questions\":"
     "[{\"name\":\"Note\",\"type\":\"paragraph\",\"answer\":\"<div>worse</div>\"}]}]}" PATIENT_LINK,
     "another content"},
};

static void run_case(size_t index, const char *object, const char *want)
{
    scoped(string_free) char *list =
        object ? x_sprintf("{\"%s\":[{\"id\":\"8001\",%s}],\"links\":{}}", cases[index].array, object)
               : x_sprintf("{\"%s\":[],\"links\":{}}", cases[index].array);
    const struct stub_route routes[] = {{.path = cases[index].path, .body = list}, {0}};
    struct sending sending;
    const char *warning = NULL;

    open_map(&sending, routes);
    stage_created(&sending, cases[index].entity, "FD-1", cases[index].payload, "8001");
    run(&sending);
    warning = database_text(&sending.database, "select coalesce(warning, '') from record");
    if (want)
        cr_expect(strstr(warning, want), "%s: got '%s', want '%s'", cases[index].path, warning, want);
    else
        cr_expect_str_eq(warning, "", "%s: got '%s'", cases[index].path, warning);
    cr_expect_str_eq(database_text(&sending.database, "select verified || '/' || differing from transfer_entity"),
                     want ? "1/1" : "1/0", "%s", cases[index].path);
    cr_expect(strstr(stub_query(sending.stub), "id:=8001"), "%s", stub_query(sending.stub));
    sending_close(&sending);
}

Test(verify, finds_each_entity_as_it_was_sent)
{
    for (size_t i = 0; i < array_length(cases); i++)
        run_case(i, cases[i].held, NULL);
}

Test(verify, notes_what_differs)
{
    for (size_t i = 0; i < array_length(cases); i++)
        run_case(i, cases[i].differs, cases[i].warning);
}

Test(verify, notes_what_is_not_there)
{
    for (size_t i = 0; i < array_length(cases); i++)
        run_case(i, NULL, "nothing under this id");
}

/* The record's own file and the one beside it, as Cliniko holds them. */
static void run_files(const char *own, const char *beside, const char *want)
{
    scoped(string_free) char *list =
        x_sprintf("{\"patient_attachments\":[{\"id\":\"8001\",\"description\":\"X-ray [FD-1]\"%s" PATIENT_LINK "}"
                  "%s%s%s],\"links\":{}}",
                  own, beside ? ",{\"id\":\"8000\",\"description\":\"X-ray [FD-1/image]\"" PATIENT_LINK : "",
                  beside ? beside : "", beside ? "}" : "");
    const struct stub_route routes[] = {{.path = "/v1/patient_attachments", .body = list}, {0}};
    struct sending sending;

    open_map(&sending, routes);
    stage_created(&sending, ENTITY_XRAY, "FD-1", "{\"patient\":\"FD-P1\",\"content\":{\"locator\":\"x\",\"size\":9}}",
                  "8001");
    database_run(&sending.database,
                 "insert into uploaded_file (transfer, ordinal, part, size_bytes, sha256, cliniko_id) "
                 "select transfer, ordinal, part, size, repeat('a', 64), id from record, "
                 "(values ('', 70, null), ('image', 80, '8000')) f (part, size, id)");
    run(&sending);
    cr_expect_str_eq(database_text(&sending.database, "select coalesce(warning, '') from record"), want);
    cr_expect(strstr(stub_query(sending.stub), "id:=8001,8000"), "%s", stub_query(sending.stub));
    cr_expect_str_eq(database_text(&sending.database, "select verified || '/' || differing from transfer_entity"),
                     want[0] ? "1/1" : "1/0");
    sending_close(&sending);
}

#define PROCESSED(size) ",\"processing_completed\":true,\"size\":" #size

Test(verify, reads_every_file_of_a_record_back)
{
    run_files(PROCESSED(70), PROCESSED(80), "");
    run_files(PROCESSED(70), PROCESSED(81), "Cliniko holds another image beside it: size");
    run_files(PROCESSED(9), PROCESSED(80), "Cliniko holds another size");
    run_files(PROCESSED(9), NULL, "Cliniko holds another size, image beside it: nothing under this id");
    run_files(PROCESSED(70), PROCESSED(80) ",\"content_type\":\"invalid/invalid\"",
              "Cliniko holds another image beside it: content_type: Cliniko takes it for no valid file");
}

enum { MANY = 120 };

static char *concessions(int first, int last)
{
    struct text list;

    text_init(&list, 100000);
    text_puts(&list, "{\"concession_types\":[");
    for (int i = first; i <= last; i++)
        text_printf(&list, "%s{\"id\":\"%d\",\"name\":\"name %d\"}", i > first ? "," : "", 8000 + i, i);
    text_puts(&list, "],\"links\":{}}");
    return text_take(&list);
}

static void run_many(const struct stub_route *routes, int want_lists)
{
    struct sending sending;

    open_map(&sending, routes);
    for (int i = 1; i <= MANY; i++) {
        scoped(string_free) char *key = x_sprintf("FD-%d", i);
        scoped(string_free) char *payload = x_sprintf("{\"name\":\"name %d\"}", i);
        scoped(string_free) char *id = x_sprintf("%d", 8000 + i);

        stage_created(&sending, ENTITY_CONCESSION_TYPE, key, payload, id);
    }
    run(&sending);
    cr_expect_str_eq(database_text(&sending.database, "select verified || '/' || differing from transfer_entity"),
                     "120/0");
    cr_expect_eq(stub_hits(sending.stub, "/v1/concession_types"), want_lists, "got %d lists, want %d",
                 stub_hits(sending.stub, "/v1/concession_types"), want_lists);
    sending_close(&sending);
}

Test(verify, reads_a_hundred_at_a_time)
{
    scoped(string_free) char *first = concessions(1, 100);
    scoped(string_free) char *rest = concessions(101, MANY);
    const struct stub_route routes[] = {{.path = "/v1/concession_types", .uses = 1, .body = first},
                                        {.path = "/v1/concession_types", .body = rest},
                                        {0}};

    run_many(routes, 2);
}

Test(verify, reads_fewer_where_long_lists_are_refused)
{
    scoped(string_free) char *first = concessions(1, 50);
    scoped(string_free) char *second = concessions(51, 100);
    scoped(string_free) char *rest = concessions(101, MANY);
    const struct stub_route routes[] = {
        {.path = "/v1/concession_types", .uses = 1, .status = 414, .type = "text/html", .body = "too long"},
        {.path = "/v1/concession_types", .uses = 1, .body = first},
        {.path = "/v1/concession_types", .uses = 1, .body = second},
        {.path = "/v1/concession_types", .body = rest},
        {0}};

    run_many(routes, 4);
}

/* A file that is still processed has neither name nor size yet: it is asked for again. */
Test(verify, waits_for_files_that_are_processed)
{
    static const struct stub_route routes[] = {
        {.path = "/v1/patient_attachments",
         .uses = 1,
         .body = "{\"patient_attachments\":[{\"id\":\"8001\",\"processing_completed\":false,\"size\":null,"
                 "\"description\":\"knee.pdf [FD-1]\"" PATIENT_LINK "}],\"links\":{}}"},
        {.path = "/v1/patient_attachments",
         .body = "{\"patient_attachments\":[{\"id\":\"8001\",\"processing_completed\":true,\"size\":12,"
                 "\"description\":\"knee.pdf [FD-1]\"" PATIENT_LINK "}],\"links\":{}}"},
        {0}};
    struct sending sending;

    open_map(&sending, routes);
    stage_created(&sending, ENTITY_ATTACHMENT, "FD-1",
                  "{\"patient\":\"FD-P1\",\"file_name\":\"knee.pdf\",\"content\":{\"locator\":\"file:x\",\"size\":12}}",
                  "8001");
    run(&sending);
    cr_expect_eq(stub_hits(sending.stub, "/v1/patient_attachments"), 2);
    cr_expect_str_eq(database_text(&sending.database, "select coalesce(warning, '') from record"), "");
    sending_close(&sending);
}
