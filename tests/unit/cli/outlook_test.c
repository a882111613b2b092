#include "cli/outlook.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

static struct progress clinic(int64_t patients)
{
    return (struct progress){
        .transfer = 7,
        .state = TRANSFER_WAITING,
        .rate_per_minute = 200,
        .entity_count = 2,
        .entities = {{.entity = ENTITY_PATIENT, .staged = patients, .planned = -1},
                     {.entity = ENTITY_ATTACHMENT, .staged = 200, .planned = -1}},
    };
}

static void forecast(const struct outlook *outlook, const struct progress *progress, struct text *out)
{
    text_init(out, 4000);
    outlook_put_forecast(outlook, progress, out);
}

Test(outlook, forecast_says_requests_and_time)
{
    struct outlook outlook = {.oldest = "2016-11-28"};
    struct progress progress = clinic(1000);
    struct text out;

    forecast(&outlook, &progress, &out);
    cr_expect_str_eq(text_string(&out),
                     "Forecast: about 1424 requests, 8 minutes at 200 a minute; the uploading of large "
                     "files may take longer.\n");
    text_release(&out);
    progress.rate_per_minute = 0;
    forecast(&outlook, &progress, &out);
    cr_expect_str_eq(text_string(&out),
                     "Forecast: about 1424 requests; the uploading of large files may take longer.\n");
    text_release(&out);
    progress.entity_count = 0;
    forecast(&outlook, &progress, &out);
    cr_expect_eq(out.size, 0);
    text_release(&out);
}

Test(outlook, forecast_warns_of_what_is_large)
{
    static const struct {
        int64_t patients;
        int64_t rate;
        bool is_long;
        const char *says;
        bool wanted;
    } cases[] = {
        {10000, 200, false, "more than 10,000", false},
        {10001, 200, false, "There are 10001 patients, more than 10,000", true},
        {1000, 200, true, "The oldest record is of 2009-03-01, more than 10 years ago", true},
        {1000, 200, false, "more than 10 years", false},
        {280000, 200, false, "That is more than a day", false},
        {290000, 200, false, "That is more than a day", true},
        {290000, 200, false, "25 hours at 200 a minute", true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct outlook outlook = {.oldest = "2009-03-01", .is_long = cases[i].is_long};
        struct progress progress = clinic(cases[i].patients);
        struct text out;

        progress.rate_per_minute = cases[i].rate;
        forecast(&outlook, &progress, &out);
        cr_expect_eq(strstr(text_string(&out), cases[i].says) != NULL, cases[i].wanted, "case %zu: %s", i,
                     text_string(&out));
        text_release(&out);
    }
}

Test(outlook, afterwards_tells_what_people_have_to_do)
{
    struct progress progress = {
        .entity_count = 3,
        .entities = {{.entity = ENTITY_APPOINTMENT_TYPE, .staged = 3},
                     {.entity = ENTITY_TREATMENT_NOTE, .staged = 1},
                     {.entity = ENTITY_LETTER, .staged = 1}},
    };
    static const char *const parts[] = {
        "assign practitioners",         "colour",     "billable items",     "reminder and confirmation templates",
        "templates of treatment notes", "of letters", "formatting is lost", "PDFs of plain text"};
    struct text out;

    text_init(&out, 4000);
    outlook_put_afterwards(&progress, &out);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        cr_expect(strstr(text_string(&out), parts[i]), "no '%s' in %s", parts[i], text_string(&out));
    text_clear(&out);
    progress.entity_count = 0;
    outlook_put_afterwards(&progress, &out);
    cr_expect(!strstr(text_string(&out), "formatting"), "%s", text_string(&out));
    cr_expect(!strstr(text_string(&out), "appointment types"), "%s", text_string(&out));
    text_release(&out);
}
