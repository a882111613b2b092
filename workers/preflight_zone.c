/* Preflight: times of the old system are those of a clock on a wall. The zone in which they were read must be that of
 * the location in Cliniko, or every appointment there would stand at another hour. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "db/question.h"
#include "model/zone.h"
#include "workers/preflight.h"

static const struct match_candidate *business_of(const struct preflight *preflight, const char *id)
{
    for (size_t i = 0; i < preflight->businesses.count; i++)
        if (strcmp(preflight->businesses.items[i].id, id) == 0)
            return &preflight->businesses.items[i];
    return NULL;
}

/* Other names of the same zone, and zones whose clocks went alike all the time, are no difference. */
static bool agree(const char *used, const char *wanted, const char *first, const char *last)
{
    scoped(zones_destroy) struct zones *zones = zones_new();
    struct fault ignored = {0};
    struct zone *one = NULL;
    struct zone *other = NULL;
    int64_t from = 0;
    int64_t to = 0;

    if (strcmp(used, wanted) == 0)
        return true;
    return zones_find(zones, used, &one, &ignored) && zones_find(zones, wanted, &other, &ignored) &&
           instant_parse(slice_of(first), &from, &ignored) && instant_parse(slice_of(last), &to, &ignored) &&
           zones_agree(one, other, from, to);
}

/* The rows of a location stand one after another. */
static bool is_first(const struct db_rows *rows, int row)
{
    return row == 0 || strcmp(db_text(rows, row, USED_KEY), db_text(rows, row - 1, USED_KEY)) != 0;
}

static void check(struct preflight *preflight, const struct db_rows *rows, int row, const char *name)
{
    const struct match_candidate *business = business_of(preflight, db_text(rows, row, USED_ID));
    const char *used = db_text(rows, row, USED_ZONE);

    if (!business)
        return;
    if ((!business->time_zone || !business->time_zone[0]) && is_first(rows, row))
        preflight_find(preflight,
                       "The location %s has no time zone in Cliniko: nobody could tell at which hour its appointments "
                       "are. Set it there, with the location.",
                       name);
    else if (used && business->time_zone && business->time_zone[0] &&
             !agree(used, business->time_zone, db_text(rows, row, USED_FIRST), db_text(rows, row, USED_LAST)))
        preflight_find(
            preflight,
            "The times of %" PRId64 " appointments at the location %s (%s) were read in time zone %s, but in "
            "Cliniko the location is in %s: they would land at the wrong hour. Correct the time zone in "
            "Cliniko or in the old system's data; where these name none, in the profile or with "
            "--time-zone.",
            db_integer(rows, row, USED_COUNT), name, db_text(rows, row, USED_KEY), used, business->time_zone);
}

static bool check_all(struct preflight *preflight, const struct db_rows *rows, struct fault *fault)
{
    for (int row = 0; row < db_rows_count(rows); row++) {
        scoped(json_destroy) struct json *payload = NULL;

        if (!json_parse(db_text(rows, row, USED_PAYLOAD), db_size(rows, row, USED_PAYLOAD), &payload, fault))
            return false;
        check(preflight, rows, row, json_text(json_member(payload, "name"), ""));
    }
    return true;
}

static void on_zones(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;
    struct fault own = {0};

    if (!fault && !check_all(job->state, rows, &own))
        fault = &own;
    if (!preflight_is_over(job, fault))
        preflight_proceed(job);
}

void preflight_check_zones(struct job *job)
{
    question_used_zones(job->db, job->transfer, on_zones, job);
}
