/* Attendances: as few requests as the service allows. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "sending.h"

TestSuite(attendance, .timeout = 120);

enum { APPOINTMENTS = 120, LIST_MAX = 100000 };

/* The attendees of appointments `first` to `last`; number `missing` is not there (0: all are). */
static char *attendees(int first, int last, int missing)
{
    struct text list;
    const char *comma = "";

    text_init(&list, LIST_MAX);
    text_puts(&list, "{\"attendees\":[");
    for (int i = first; i <= last; i++) {
        if (i == missing)
            continue;
        text_printf(&list,
                    "%s{\"id\":\"%d\",\"booking\":{\"links\":{\"self\":\"{base}/v1/bookings/%d\"}},"
                    "\"patient\":{\"links\":{\"self\":\"{base}/v1/patients/5\"}}}",
                    comma, 7000 + i, 3000 + i);
        comma = ",";
    }
    text_puts(&list, "],\"links\":{}}");
    return text_take(&list);
}

static void open_with(struct sending *sending, const struct stub_route *routes)
{
    sending_open(sending, routes, "/nowhere");
    for (int i = 1; i <= APPOINTMENTS; i++) {
        scoped(string_free) char *key = x_sprintf("FD-%d", i);
        scoped(string_free) char *id = x_sprintf("%d", 3000 + i);
        scoped(string_free) char *payload = x_sprintf("{\"appointment\":\"%s\",\"arrived\":true}", key);

        sending_map(sending, ENTITY_APPOINTMENT, key, id);
        sending_stage(sending, ENTITY_ATTENDANCE, key, payload);
    }
    sending_run(sending, ENTITY_ATTENDANCE);
    cr_expect_str_eq(sending->ending, "done");
}

Test(attendance, takes_one_list_for_a_hundred)
{
    scoped(string_free) char *list = attendees(1, APPOINTMENTS, 0);
    const struct stub_route routes[] = {
        {.path = "/v1/attendees", .body = list}, {.path = "/v1/attendees/*", .body = "{\"id\":\"1\"}"}, {0}};
    struct sending sending;

    open_with(&sending, routes);
    cr_expect_eq(database_number(&sending.database, "select count(*) from record where state = 'created' and "
                                                    "cliniko_id::int = substr(source_key, 4)::int + 7000"),
                 APPOINTMENTS);
    cr_expect_eq(stub_hits(sending.stub, "/v1/attendees"), 2, "got %d lists, want 2",
                 stub_hits(sending.stub, "/v1/attendees"));
    sending_close(&sending);
}

Test(attendance, takes_shorter_lists_where_long_ones_are_refused)
{
    static const int statuses[] = {400, 414};

    for (size_t i = 0; i < array_length(statuses); i++) {
        scoped(string_free) char *first = attendees(1, 50, 0);
        scoped(string_free) char *second = attendees(51, 100, 0);
        scoped(string_free) char *rest = attendees(101, APPOINTMENTS, 0);
        const struct stub_route routes[] = {
            {.path = "/v1/attendees", .uses = 1, .status = statuses[i], .type = "text/html", .body = "too long"},
            {.path = "/v1/attendees", .uses = 1, .body = first},
            {.path = "/v1/attendees", .uses = 1, .body = second},
            {.path = "/v1/attendees", .uses = 1, .body = rest},
            {.path = "/v1/attendees/*", .body = "{\"id\":\"1\"}"},
            {0}};
        struct sending sending;

        open_with(&sending, routes);
        cr_expect_eq(database_number(&sending.database, "select count(*) from record where state = 'created'"),
                     APPOINTMENTS);
        cr_expect_eq(stub_hits(sending.stub, "/v1/attendees"), 4, "%d: got %d lists, want one refused and three",
                     statuses[i], stub_hits(sending.stub, "/v1/attendees"));
        sending_close(&sending);
    }
}

Test(attendance, without_an_attendee_is_skipped_by_name)
{
    scoped(string_free) char *list = attendees(1, APPOINTMENTS, 7);
    const struct stub_route routes[] = {
        {.path = "/v1/attendees", .body = list}, {.path = "/v1/attendees/*", .body = "{\"id\":\"1\"}"}, {0}};
    struct sending sending;

    open_with(&sending, routes);
    cr_expect_str_eq(sending_state(&sending, "FD-7"), "skipped Cliniko shows no attendee for its appointment");
    cr_expect_eq(database_number(&sending.database, "select count(*) from record where state = 'created'"),
                 APPOINTMENTS - 1);
    sending_close(&sending);
}
