/* Several records in doubt at once: one list answers for them, and each finds its own object. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "sending.h"

TestSuite(look_up, .timeout = 120);

enum { HUNDRED = 100, LIST_MAX = 1024 * 1024 };

static const char appointments[] = "/v1/individual_appointments";

static void open_appointments(struct sending *sending, const struct stub_route *routes)
{
    sending_open(sending, routes, "/nowhere");
    sending_map(sending, ENTITY_PRACTITIONER, "FD-U1", "506");
    sending_map(sending, ENTITY_BUSINESS, "FD-S1", "507");
    sending_map(sending, ENTITY_APPOINTMENT_TYPE, "FD-A1", "508");
}

/* Of patient FD-P<n>, at minute n of an hour. */
static void stage_appointment(struct sending *sending, const char *key, int patient, const char *notes)
{
    char payload[500];
    char name[20];
    char id[20];

    snprintf(name, sizeof name, "FD-P%d", patient);
    snprintf(id, sizeof id, "%d", 1000 + patient);
    if (database_number(&sending->database, "select count(*) from id_map where source_key = '%s'", name) == 0)
        sending_map(sending, ENTITY_PATIENT, name, id);
    snprintf(payload, sizeof payload,
             "{\"patient\":\"%s\",\"practitioner\":\"FD-U1\",\"business\":\"FD-S1\",\"appointment_type\":\"FD-A1\","
             "\"starts_at\":\"2026-03-01T%02d:%02d:00Z\",\"ends_at\":\"2026-03-01T23:00:00Z\",\"notes\":\"%s\"}",
             name, patient / 60, patient % 60, notes);
    sending_stage(sending, ENTITY_APPOINTMENT, key, payload);
}

static void put_appointment(struct text *list, const char *id, int patient, const char *notes)
{
    text_printf(list,
                "%s{\"id\":\"%s\",\"created_at\":\"2999-01-01T00:00:00Z\",\"starts_at\":\"2026-03-01T%02d:%02d:00Z\","
                "\"ends_at\":\"2026-03-01T23:00:00Z\",\"notes\":\"%s\","
                "\"patient\":{\"links\":{\"self\":\"{base}/v1/patients/%d\"}},"
                "\"practitioner\":{\"links\":{\"self\":\"{base}/v1/practitioners/506\"}},"
                "\"business\":{\"links\":{\"self\":\"{base}/v1/businesses/507\"}},"
                "\"appointment_type\":{\"links\":{\"self\":\"{base}/v1/appointment_types/508\"}}}",
                list->size ? "," : "{\"individual_appointments\":[", id, patient / 60, patient % 60, notes,
                1000 + patient);
}

static const char *end_list(struct text *list)
{
    text_printf(list, "%s],\"total_entries\":100,\"links\":{}}", list->size ? "" : "{\"individual_appointments\":[");
    return text_string(list);
}

/* As a worker leaves them that died with all answers outstanding. */
static void leave_in_doubt(struct sending *sending)
{
    database_run(&sending->database, "update record set state = 'sending', lease_token = 1, attempts = 1, "
                                     "sent_at = now() - interval '1 minute' where entity <> 'practitioner'");
}

Test(look_up, of_a_hundred_appointments_takes_one_list)
{
    struct text list;
    struct sending sending;
    struct stub_route routes[] = {{.path = appointments}, {0}};

    text_init(&list, LIST_MAX);
    for (int n = HUNDRED; n >= 1; n--) {
        char id[20];

        snprintf(id, sizeof id, "%d", 7000 + n);
        put_appointment(&list, id, n, "");
    }
    routes[0].body = end_list(&list);
    open_appointments(&sending, routes);
    for (int n = 1; n <= HUNDRED; n++) {
        char key[20];

        snprintf(key, sizeof key, "FD-%d", n);
        stage_appointment(&sending, key, n, "");
    }
    leave_in_doubt(&sending);
    sending_run(&sending, ENTITY_APPOINTMENT);
    cr_expect_str_eq(sending.ending, "done", "%s", sending.ending);
    cr_expect_eq(stub_hits(sending.stub, appointments), 1, "%d requests", stub_hits(sending.stub, appointments));
    cr_expect(strstr(stub_query(sending.stub), "patient_id:=1001,1002,1003"), "%s", stub_query(sending.stub));
    cr_expect(strstr(stub_query(sending.stub), "starts_at:>=2026-03-01T00:01:00Z"), "%s", stub_query(sending.stub));
    cr_expect(strstr(stub_query(sending.stub), "starts_at:<=2026-03-01T01:40:00Z"), "%s", stub_query(sending.stub));
    cr_expect_eq(database_number(&sending.database,
                                 "select count(*) from record where state = 'created' and entity = 'appointment' and "
                                 "cliniko_id = (7000 + substr(source_key, 4)::int)::text"),
                 HUNDRED, "a record took another one's object");
    sending_close(&sending);
    text_release(&list);
}

Test(look_up, sends_again_only_what_two_lists_did_not_show)
{
    struct text list;
    struct sending sending;
    struct stub_route routes[] = {
        {.path = appointments, .uses = 2},
        {.path = appointments, .uses = 1, .status = 201, .body = "{\"id\":\"9001\"}"},
        {.path = appointments, .status = 201, .body = "{\"id\":\"9002\"}"},
        {0},
    };

    text_init(&list, LIST_MAX);
    put_appointment(&list, "7002", 2, "");
    routes[0].body = end_list(&list);
    open_appointments(&sending, routes);
    stage_appointment(&sending, "FD-1", 1, "");
    stage_appointment(&sending, "FD-2", 2, "");
    stage_appointment(&sending, "FD-3", 3, "");
    leave_in_doubt(&sending);
    sending_run(&sending, ENTITY_APPOINTMENT);
    cr_expect_str_eq(sending.ending, "done", "%s", sending.ending);
    cr_expect_eq(stub_hits(sending.stub, appointments), 4, "%d requests", stub_hits(sending.stub, appointments));
    cr_expect_str_eq(database_text(&sending.database,
                                   "select string_agg(cliniko_id, ' ' order by cliniko_id) from record "
                                   "where state = 'created' and entity = 'appointment'"),
                     "7002 9001 9002");
    cr_expect_str_eq(sending_state(&sending, "FD-2"), "created 7002");
    sending_close(&sending);
    text_release(&list);
}

/* The second of two twins is there: it must not be taken for the first, which differs in its notes. */
Test(look_up, gives_an_object_to_the_record_that_it_equals)
{
    struct text list;
    struct sending sending;
    struct stub_route routes[] = {
        {.path = appointments, .uses = 2},
        {.path = appointments, .status = 201, .body = "{\"id\":\"9001\"}"},
        {0},
    };

    text_init(&list, LIST_MAX);
    put_appointment(&list, "7002", 1, "the second");
    routes[0].body = end_list(&list);
    open_appointments(&sending, routes);
    stage_appointment(&sending, "FD-1", 1, "the first");
    stage_appointment(&sending, "FD-2", 1, "the second");
    leave_in_doubt(&sending);
    sending_run(&sending, ENTITY_APPOINTMENT);
    cr_expect_str_eq(sending.ending, "done", "%s", sending.ending);
    cr_expect_str_eq(sending_state(&sending, "FD-2"), "created 7002");
    cr_expect_str_eq(sending_state(&sending, "FD-1"), "created 9001");
    sending_close(&sending);
    text_release(&list);
}

Test(look_up, asks_singly_when_a_list_of_ids_is_refused)
{
    struct text list;
    struct sending sending;
    struct stub_route routes[] = {
        {.path = appointments, .uses = 1, .status = 400, .body = "{\"message\":\"the URL is too long\"}"},
        {.path = appointments},
        {0},
    };

    text_init(&list, LIST_MAX);
    put_appointment(&list, "7001", 1, "");
    put_appointment(&list, "7002", 1, "");
    routes[1].body = end_list(&list);
    open_appointments(&sending, routes);
    stage_appointment(&sending, "FD-1", 1, "");
    stage_appointment(&sending, "FD-2", 1, "");
    leave_in_doubt(&sending);
    sending_run(&sending, ENTITY_APPOINTMENT);
    cr_expect_str_eq(sending.ending, "done", "%s", sending.ending);
    cr_expect_eq(stub_hits(sending.stub, appointments), 3, "%d requests", stub_hits(sending.stub, appointments));
    cr_expect_str_eq(sending_state(&sending, "FD-1"), "created 7001");
    cr_expect_str_eq(sending_state(&sending, "FD-2"), "created 7002");
    sending_close(&sending);
    text_release(&list);
}

static void stage_patients(struct sending *sending)
{
    sending_stage(sending, ENTITY_PATIENT, "FD-1", "{\"first_name\":\"Ida\",\"last_name\":\"Poe\"}");
    sending_stage(sending, ENTITY_PATIENT, "FD-2", "{\"first_name\":\"Ann\",\"last_name\":\"Lee\"}");
    leave_in_doubt(sending);
}

#define PATIENT(id, reference)                                                                                         \
    "{\"id\":\"" id "\",\"created_at\":\"2999-01-01T00:00:00Z\",\"old_reference_id\":\"" reference "\"}"

Test(look_up, of_patients_asks_for_what_was_made_since)
{
    static const struct stub_route routes[] = {
        {.path = "/v1/patients",
         .body = "{\"patients\":[" PATIENT("7002", "FD-2") "," PATIENT("7009", "FD-9") "," PATIENT(
             "7001", "FD-1") "],\"total_entries\":3,\"links\":{}}"},
        {0},
    };
    struct sending sending;

    sending_open(&sending, routes, "/nowhere");
    stage_patients(&sending);
    sending_run(&sending, ENTITY_PATIENT);
    cr_expect_eq(stub_hits(sending.stub, "/v1/patients"), 1);
    cr_expect(strstr(stub_query(sending.stub), "created_at:>="), "%s", stub_query(sending.stub));
    cr_expect_str_eq(sending_state(&sending, "FD-1"), "created 7001");
    cr_expect_str_eq(sending_state(&sending, "FD-2"), "created 7002");
    sending_close(&sending);
}

/* A list of more pages than there are records would cost more requests than it saves. */
Test(look_up, asks_singly_when_the_list_is_too_long)
{
    static const struct stub_route routes[] = {
        {.path = "/v1/patients", .uses = 1, .body = "{\"patients\":[],\"total_entries\":201,\"links\":{}}"},
        {.path = "/v1/patients",
         .body = "{\"patients\":[" PATIENT("7002", "FD-2") "," PATIENT("7001", "FD-1") "],\"total_entries\":2,"
                                                                                       "\"links\":{}}"},
        {0},
    };
    struct sending sending;

    sending_open(&sending, routes, "/nowhere");
    stage_patients(&sending);
    sending_run(&sending, ENTITY_PATIENT);
    cr_expect_eq(stub_hits(sending.stub, "/v1/patients"), 3, "%d requests", stub_hits(sending.stub, "/v1/patients"));
    cr_expect(strstr(stub_query(sending.stub), "old_reference_id:=FD-2"), "%s", stub_query(sending.stub));
    cr_expect_str_eq(sending_state(&sending, "FD-1"), "created 7001");
    cr_expect_str_eq(sending_state(&sending, "FD-2"), "created 7002");
    sending_close(&sending);
}

#define BLOCK(id, notes)                                                                                               \
    "{\"id\":\"" id "\",\"created_at\":\"2999-01-01T00:00:00Z\",\"starts_at\":\"2026-03-01T00:00:00Z\",\"notes\":"     \
    "\"" notes "\",\"practitioner\":{\"links\":{\"self\":\"{base}/v1/practitioners/506\"}}}"

/* People quote marks, and one record's text may hold another one's. */
Test(look_up, goes_by_the_last_mark_in_a_text)
{
    static const struct stub_route routes[] = {
        {.path = "/v1/unavailable_blocks",
         .body = "{\"unavailable_blocks\":[" BLOCK("7002", "see [FD-1], until today [FD-2]") "," BLOCK(
             "7001", "[FD-2] moved [FD-1] ") "],\"total_entries\":2,\"links\":{}}"},
        {0},
    };
    struct sending sending;

    open_appointments(&sending, routes);
    for (int n = 1; n <= 2; n++)
        sending_stage(&sending, ENTITY_UNAVAILABLE_BLOCK, n == 1 ? "FD-1" : "FD-2",
                      "{\"practitioner\":\"FD-U1\",\"business\":\"FD-S1\",\"starts_at\":\"2026-03-01T00:00:00Z\","
                      "\"ends_at\":\"2026-03-01T01:00:00Z\"}");
    leave_in_doubt(&sending);
    sending_run(&sending, ENTITY_UNAVAILABLE_BLOCK);
    cr_expect_str_eq(sending.ending, "done", "%s", sending.ending);
    cr_expect_str_eq(sending_state(&sending, "FD-1"), "created 7001");
    cr_expect_str_eq(sending_state(&sending, "FD-2"), "created 7002");
    sending_close(&sending);
}

static void expect_left_in_doubt(const char *practitioner)
{
    struct stub_route routes[] = {{.path = appointments}, {0}};
    struct sending sending;
    struct text list;

    text_init(&list, LIST_MAX);
    text_printf(&list,
                "{\"individual_appointments\":[{\"id\":\"7001\",\"starts_at\":\"2026-03-01T00:01:00Z\","
                "\"patient\":{\"links\":{\"self\":\"{base}/v1/patients/1001\"}}%s}],\"total_entries\":1,\"links\":{}}",
                practitioner);
    routes[0].body = text_string(&list);
    open_appointments(&sending, routes);
    stage_appointment(&sending, "FD-1", 1, "");
    leave_in_doubt(&sending);
    sending_run(&sending, ENTITY_APPOINTMENT);
    cr_expect_str_eq(sending_state(&sending, "FD-1"), "sending");
    cr_expect(strstr(sending.ending, "'practitioner'"), "%s", sending.ending);
    cr_expect_eq(stub_hits(sending.stub, appointments), 1, "it is sent");
    sending_close(&sending);
    text_release(&list);
}

/* What cannot be compared may be the record's own: it is not sent again. */
Test(look_up, does_not_take_an_answer_that_it_cannot_read_for_no)
{
    expect_left_in_doubt(",\"practitioner\":{\"links\":{\"self\":\"{base}/v1/practitioners/?\"}}");
    expect_left_in_doubt("");
}

/* Its outcome was written after all, by the one who had it before. */
Test(look_up, is_not_needed_for_what_another_transfer_brought)
{
    static const struct stub_route routes[] = {{.path = "/v1/patients", .status = 500}, {0}};
    struct sending sending;

    sending_open(&sending, routes, "/nowhere");
    stage_patients(&sending);
    database_run(&sending.database, "update record set state = 'staged' where source_key = 'FD-2'");
    sending_map(&sending, ENTITY_PATIENT, "FD-1", "7001");
    sending_map(&sending, ENTITY_PATIENT, "FD-2", "7002");
    sending_run(&sending, ENTITY_PATIENT);
    cr_expect_str_eq(sending.ending, "done", "%s", sending.ending);
    cr_expect_eq(stub_hits(sending.stub, "/v1/patients"), 0);
    cr_expect_str_eq(sending_state(&sending, "FD-1"), "created 7001");
    cr_expect_str_eq(sending_state(&sending, "FD-2"), "created 7002");
    sending_close(&sending);
}

/* Cliniko's clock decides what is new, whatever this machine's says. */
Test(look_up, begins_at_the_time_that_cliniko_had)
{
    static const struct stub_route routes[] = {
        {.path = "/v1/patients",
         .body = "{\"patients\":[" PATIENT("7002", "FD-2") "," PATIENT("7001", "FD-1") "],\"total_entries\":2,"
                                                                                       "\"links\":{}}"},
        {0},
    };
    struct sending sending;

    sending_open(&sending, routes, "/nowhere");
    stage_patients(&sending);
    database_run(&sending.database, "update record set sent_there = '2001-02-03T04:05:06Z' where source_key = 'FD-1'");
    sending_run(&sending, ENTITY_PATIENT);
    cr_expect(strstr(stub_query(sending.stub), "created_at:>=2001-02-03T04:00:06Z"), "%s", stub_query(sending.stub));
    sending_close(&sending);
}
