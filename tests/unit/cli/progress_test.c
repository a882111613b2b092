#include "cli/progress.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"

static struct progress running(void)
{
    return (struct progress){
        .transfer = 7,
        .state = TRANSFER_RUNNING,
        .rate_per_minute = 180,
        .seconds = 61.27,
        .entity_count = 4,
        .entities = {{.entity = ENTITY_PRACTITIONER, .staged = 3, .planned = -1},
                     {.entity = ENTITY_PATIENT, .staged = 100, .planned = 90, .created = 40, .failed = 2, .skipped = 1},
                     {.entity = ENTITY_APPOINTMENT, .staged = 5000, .planned = -1, .excluded = 4, .left_behind = 9},
                     {.entity = ENTITY_ATTENDANCE, .staged = 70, .planned = -1}},
    };
}

Test(progress, settled_counts_what_an_earlier_transfer_brought)
{
    static const struct {
        struct progress_entity entity;
        int64_t want;
    } cases[] = {
        {{.staged = 10, .planned = -1}, 0},
        {{.staged = 10, .planned = 10}, 0},
        {{.staged = 10, .planned = 0}, 10},
        {{.staged = 10, .planned = 8, .created = 3, .failed = 1, .skipped = 2}, 8},
        {{.staged = 10, .planned = 10, .created = 10}, 10},
        {{.staged = 0, .planned = -1}, 0},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        int64_t got = progress_settled(&cases[i].entity);

        cr_expect_eq(got, cases[i].want, "case %zu: got %" PRId64 ", want %" PRId64, i, got, cases[i].want);
    }
}

Test(progress, requests_left_are_one_a_record_and_the_reading_back)
{
    static const struct {
        const char *name;
        struct progress_entity entity;
        int64_t want;
    } cases[] = {
        {"none", {.entity = ENTITY_PATIENT, .planned = -1}, 0},
        {"one", {.entity = ENTITY_PATIENT, .staged = 1, .planned = -1}, 2},
        {"100 patients", {.entity = ENTITY_PATIENT, .staged = 100, .planned = -1}, 102},
        {"101 patients", {.entity = ENTITY_PATIENT, .staged = 101, .planned = -1}, 104},
        {"half through", {.entity = ENTITY_PATIENT, .staged = 100, .planned = 100, .created = 50}, 52},
        {"sent", {.entity = ENTITY_PATIENT, .staged = 100, .planned = 100, .created = 100}, 2},
        {"sent and read",
         {.entity = ENTITY_PATIENT, .staged = 100, .planned = 100, .created = 100, .verified = 100},
         0},
        {"attendances are looked up first", {.entity = ENTITY_ATTENDANCE, .staged = 100, .planned = -1}, 104},
        {"files take two", {.entity = ENTITY_XRAY, .staged = 100, .planned = -1}, 202},
        {"matched ones need none", {.entity = ENTITY_PRACTITIONER, .staged = 100, .planned = -1}, 0},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct progress progress = {.entity_count = 1, .entities = {cases[i].entity}};
        int64_t got = progress_requests_left(&progress);

        cr_expect_eq(got, cases[i].want, "%s: got %" PRId64 ", want %" PRId64, cases[i].name, got, cases[i].want);
    }
}

Test(progress, time_left_follows_from_the_rate_or_from_a_lower_measured_one)
{
    static const struct {
        const char *name;
        int64_t rate;
        double measured;
        enum transfer_state state;
        int entity_count;
        int64_t want; /* of 102 requests */
    } cases[] = {
        {"the rate is known", 180, 0, TRANSFER_RUNNING, 1, 34},
        {"before anything was measured", 60, 0, TRANSFER_PREFLIGHT, 1, 102},
        {"measured higher", 180, 9, TRANSFER_RUNNING, 1, 34},
        {"measured about the same", 180, 2.5, TRANSFER_RUNNING, 1, 34},
        {"measured lower", 180, 2, TRANSFER_RUNNING, 1, 51},
        {"no limit, measured", 0, 51, TRANSFER_RUNNING, 1, 2},
        {"no limit, not measured", 0, 0, TRANSFER_RUNNING, 1, -1},
        {"the source is not read", 180, 0, TRANSFER_EXTRACTING, 1, -1},
        {"nothing is known", 180, 0, TRANSFER_RUNNING, 0, -1},
        {"completed", 180, 0, TRANSFER_COMPLETED, 1, 0},
        {"in review", 0, 0, TRANSFER_REVIEW, 0, 0},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct progress progress = {.state = cases[i].state,
                                    .rate_per_minute = cases[i].rate,
                                    .entity_count = cases[i].entity_count,
                                    .entities = {{.entity = ENTITY_PATIENT, .staged = 100, .planned = -1}}};
        int64_t got = progress_seconds_left(&progress, cases[i].measured);

        cr_expect_eq(got, cases[i].want, "%s: got %" PRId64 ", want %" PRId64, cases[i].name, got, cases[i].want);
    }
}

Test(progress, duration_is_short)
{
    static const struct {
        int64_t seconds;
        const char *want;
    } cases[] = {{0, "0:00"},       {9, "0:09"},       {245, "4:05"},       {3599, "59:59"},
                 {3600, "1:00:00"}, {3723, "1:02:03"}, {90000, "25:00:00"}, {360000, "100:00:00"}};

    for (size_t i = 0; i < array_length(cases); i++) {
        struct text got;

        text_init(&got, 100);
        progress_put_duration(&got, cases[i].seconds);
        cr_expect_str_eq(text_string(&got), cases[i].want, "%" PRId64 " s: got %s, want %s", cases[i].seconds,
                         text_string(&got), cases[i].want);
        text_release(&got);
    }
}

Test(progress, drawing_keeps_within_the_width)
{
    static const int widths[] = {1, 20, 40, 60, 80, 200};
    struct progress progress = running();

    for (int verifying = 0; verifying < 2; verifying++) {
        progress.state = verifying ? TRANSFER_VERIFYING : TRANSFER_RUNNING;
        for (size_t i = 0; i < array_length(widths); i++) {
            struct text out;
            int lines = 0;

            text_init(&out, 100000);
            progress_draw(&progress, 12.5, widths[i], &out);
            for (const char *line = text_string(&out); *line; lines++) {
                size_t size = strcspn(line, "\n");

                cr_expect_leq(size, (size_t)widths[i], "width %d, line %d: got %zu columns", widths[i], lines, size);
                line += size + 1;
            }
            cr_expect_eq(lines, 4, "width %d: got %d lines, want the heading and three entities", widths[i], lines);
            text_release(&out);
        }
    }
}

Test(progress, drawing_tells_counts_and_troubles)
{
    struct progress progress = running();
    struct text out;

    text_init(&out, 100000);
    progress_draw(&progress, 12.5, 200, &out);
    cr_expect_str_eq(text_string(&out),
                     "transfer 7  running  1:01  12.5 records/s  limit 180/min  left 29:01\n"
                     "  patients                   ##########..........        53 of 100  2 failed  1 skipped\n"
                     "  appointments               ....................         0 of 5000  4 not sendable\n"
                     "  attendances                ....................         0 of 70\n",
                     "got\n%s", text_string(&out));
    text_release(&out);
}

Test(progress, line_is_one_line)
{
    struct progress progress = running();
    struct text out;

    text_init(&out, 100000);
    progress_line(&progress, 0, &out);
    cr_expect_str_eq(text_string(&out),
                     "transfer 7  running  1:01  limit 180/min  left 29:01  53 of 5170 records"
                     "  patients 53/100  2 failed  1 skipped  appointments 0/5000  4 not sendable\n",
                     "got %s", text_string(&out));
    text_release(&out);
}

Test(progress, json_is_one_valid_object)
{
    struct progress progress = running();
    struct text out;
    scoped(json_destroy) struct json *json = NULL;
    struct fault fault = {0};
    const struct json *patients = NULL;

    progress.reason = "a \"quoted\"\nreason";
    text_init(&out, 100000);
    progress_json(&progress, 12.5, &out);
    cr_assert_eq(text_string(&out)[out.size - 1], '\n');
    cr_expect_eq(strchr(text_string(&out), '\n') - text_string(&out), (long)out.size - 1, "it spans lines");
    cr_assert(json_parse(out.data, out.size - 1, &json, &fault), "%s: %s", text_string(&out), fault.text);
    cr_expect_eq(json_number(json_member(json, "transfer"), 0), 7);
    cr_expect_str_eq(json_text(json_member(json, "state"), "?"), "running");
    cr_expect_str_eq(json_text(json_member(json, "reason"), "?"), progress.reason);
    cr_expect(json_number(json_member(json, "seconds"), 0) == 61.2);
    cr_expect_eq(json_number(json_member(json, "seconds_left"), 0), 1741);
    cr_expect_eq(json_count(json_member(json, "entities")), 4);
    patients = json_member(json_member(json, "entities"), "patient");
    cr_expect_eq(json_number(json_member(patients, "staged"), 0), 100);
    cr_expect_eq(json_number(json_member(patients, "settled"), 0), 53);
    cr_expect_eq(json_number(json_member(patients, "failed"), 0), 2);
    cr_expect_eq(json_number(json_member(json_member(json_member(json, "entities"), "practitioner"), "settled"), 0), 3);
    text_clear(&out);
    progress.state = TRANSFER_EXTRACTING;
    progress.reason = NULL;
    progress_json(&progress, 0, &out);
    json_destroy(&json);
    cr_assert(json_parse(out.data, out.size - 1, &json, &fault), "%s", fault.text);
    cr_expect(json_is_null(json_member(json, "seconds_left")));
    cr_expect(json_is_null(json_member(json, "reason")));
    text_release(&out);
}

Test(progress, summary_has_a_row_for_each_entity)
{
    struct progress progress = running();
    struct text out;

    text_init(&out, 100000);
    progress_summary(&progress, &out);
    cr_expect(strstr(text_string(&out), "\n  practitioners                        3        0        0             0"),
              "got\n%s", text_string(&out));
    cr_expect(strstr(text_string(&out), "(matched)\n  patients                            50        2        1"),
              "got\n%s", text_string(&out));
    text_release(&out);
}

Test(progress, exit_status_tells_whether_everything_arrived)
{
    static const struct {
        const char *name;
        enum transfer_state state;
        struct progress_entity entity;
        int want;
    } cases[] = {
        {"all is there", TRANSFER_COMPLETED, {.staged = 5, .planned = 5, .created = 5}, 0},
        {"in review", TRANSFER_REVIEW, {.staged = 5, .planned = 5, .created = 5}, 0},
        {"left behind by rule", TRANSFER_COMPLETED, {.staged = 5, .left_behind = 3, .warnings = 2}, 0},
        {"one failed", TRANSFER_COMPLETED, {.staged = 5, .failed = 1}, 3},
        {"one skipped", TRANSFER_COMPLETED, {.staged = 5, .skipped = 1}, 3},
        {"one not sendable", TRANSFER_COMPLETED, {.staged = 5, .excluded = 1}, 3},
        {"one differs", TRANSFER_REVIEW, {.staged = 5, .differing = 1}, 3},
        {"failed", TRANSFER_FAILED, {.staged = 5, .failed = 1}, 1},
        {"cancelled", TRANSFER_CANCELLED, {.staged = 5}, 1},
        {"paused", TRANSFER_PAUSED, {.staged = 5}, 1},
        {"waiting", TRANSFER_WAITING, {.staged = 5}, 4},
        {"running", TRANSFER_RUNNING, {.staged = 5}, 1},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct progress progress = {.state = cases[i].state, .entity_count = 1, .entities = {cases[i].entity}};
        int got = progress_exit_status(&progress);

        cr_expect_eq(got, cases[i].want, "%s: got %d, want %d", cases[i].name, got, cases[i].want);
    }
}
