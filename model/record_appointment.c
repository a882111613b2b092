#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "model/date_format.h"
#include "model/letters.h"
#include "model/record_parts.h"

enum { YEAR_LEAST = 1900, YEAR_MOST = 2199, MINUTES_MAX = 24 * 60, BLOCK_MINUTES_MAX = 366 * 24 * 60 };

/* Cliniko's reasons for a cancellation (API reference 5.13); 50 is "other". */
static const char *const reasons[] = {"10", "20", "30", "31", "40", "50", "60"};

struct span {
    int64_t starts_at; /* UTC seconds */
    int64_t ends_at;
};

static bool to_utc(struct building *building, size_t field, int64_t wall, int64_t *ret)
{
    struct zone *zone = NULL;
    enum wall_kind kind = WALL_PLAIN;

    if (!building->draft->time_zone)
        return building_refuse(building, field, building->draft->values[field],
                               "has no time zone: name one in the profile or on the command line");
    if (!zones_find(building->zones, building->draft->time_zone, &zone, building->fault))
        return fault_prefix(building->fault, "time zone of %s", record_fields(building->draft->entity)[field].name);
    building->zone = zone_name(zone);
    *ret = zone_to_utc(zone, wall, &kind);
    if (kind == WALL_SKIPPED)
        building_warn(building, field, "in the hour that daylight saving skipped, moved forward by that hour");
    if (kind == WALL_TWICE)
        building_warn(building, field, "in the hour that daylight saving repeats, taken as the first");
    return true;
}

static bool read_instant(struct building *building, size_t field, int64_t *ret)
{
    struct slice value = building_line(building, field);
    struct moment moment = {0};
    int64_t least = days_from_date(YEAR_LEAST, 1, 1) * 86400;
    int64_t most = days_from_date(YEAR_MOST + 1, 1, 1) * 86400;

    if (!value.data)
        return building_refuse(building, field, value, "is empty");
    if (!date_format_read("YYYY-MM-DDTHH:mm[:ss[.f]][Z]", value, &moment) &&
        !date_format_read("YYYY-MM-DD HH:mm[:ss[.f]][Z]", value, &moment))
        return building_refuse(building, field, value, "is no time like 2026-03-01T09:30:00: use a step \"time\"");
    if (moment.wall_seconds < least || moment.wall_seconds >= most)
        return building_refuse(building, field, value, "is not within the years 1900 to 2199");
    if (!moment.is_utc)
        return to_utc(building, field, moment.wall_seconds, ret);
    *ret = moment.wall_seconds;
    return true;
}

/* A length of 1 minute to 24 hours, or false with the reason. */
static bool read_minutes(struct building *building, size_t field, int64_t *ret, struct fault *fault)
{
    struct slice value = building_line(building, field);

    if (!value.data)
        return fault_set(fault, FAULT_BAD_INPUT, "empty");
    return number_parse(value, 1, MINUTES_MAX, ret, fault);
}

static bool end_by_length(struct building *building, const struct span_fields *fields, struct span *span)
{
    struct fault why = {0};
    struct fault usual_why = {0};
    int64_t minutes = 0;

    if (!read_minutes(building, fields->duration, &minutes, &why)) {
        if (!read_minutes(building, fields->usual_duration, &minutes, &usual_why))
            return building_refuse(building, fields->duration, building_line(building, fields->duration),
                                   "is no length of 1 minute to 24 hours, and its type has none either");
        building_warn(building, fields->duration, "%s, so the %" PRId64 " minutes of its type are taken", why.text,
                      minutes);
    }
    span->ends_at = span->starts_at + minutes * 60;
    return true;
}

static bool read_span(struct building *building, const struct span_fields *fields, struct span *span)
{
    struct slice end = building_line(building, fields->ends);
    char why[80];

    if (!read_instant(building, fields->starts, &span->starts_at))
        return false;
    if (!end.data)
        return end_by_length(building, fields, span);
    if (!read_instant(building, fields->ends, &span->ends_at))
        return false;
    if (span->ends_at > span->starts_at && span->ends_at - span->starts_at <= fields->minutes_max * 60)
        return true;
    snprintf(why, sizeof why, "is not within %s after the start", fields->longest);
    if (!building_line(building, fields->usual_duration).data)
        return building_refuse(building, fields->ends, end, why);
    building_warn(building, fields->ends, "%s", why + strlen("is "));
    return end_by_length(building, fields, span);
}

static void put_instant(struct building *building, const char *name, int64_t utc)
{
    char instant[INSTANT_SIZE];

    instant_format(utc, instant);
    json_member_text(&building->writer, name, instant);
}

bool building_put_span(struct building *building, const struct span_fields *fields)
{
    struct span span = {0};

    if (!read_span(building, fields, &span))
        return false;
    put_instant(building, "starts_at", span.starts_at);
    put_instant(building, "ends_at", span.ends_at);
    if (building->zone)
        json_member_text(&building->writer, "time_zone", building->zone);
    return true;
}

static bool read_attendance(struct building *building, struct slice *ret)
{
    *ret = building_line(building, APPOINTMENT_ATTENDANCE);
    if (ret->data && !slice_equals(*ret, "arrived") && !slice_equals(*ret, "did_not_arrive"))
        return building_refuse(building, APPOINTMENT_ATTENDANCE, *ret, "is neither arrived nor did_not_arrive");
    return true;
}

static bool read_reason(struct building *building, struct slice *ret)
{
    struct slice value = building_line(building, APPOINTMENT_CANCEL_REASON);

    *ret = slice_of("50");
    if (!value.data)
        return true;
    for (size_t i = 0; i < array_length(reasons); i++) {
        if (slice_equals(value, reasons[i])) {
            *ret = value;
            return true;
        }
    }
    return building_refuse(building, APPOINTMENT_CANCEL_REASON, value, "is none of 10, 20, 30, 31, 40, 50, 60");
}

static void put_attendance(struct building *building, struct slice attendance)
{
    struct follow_up *follow = building_follow(building, ENTITY_ATTENDANCE);
    struct json_writer writer;

    building_put(building, "attendance", attendance);
    json_write_init(&writer, &follow->payload);
    json_begin_object(&writer);
    json_member_text(&writer, "appointment", building->draft->source_key);
    json_member_bool(&writer, "arrived", slice_equals(attendance, "arrived"));
    json_end_object(&writer);
}

static void put_reason_and_note(struct json_writer *writer, struct slice reason, struct slice note)
{
    json_key(writer, "reason");
    json_put_raw(writer, reason);
    if (note.data) {
        json_key(writer, "note");
        json_put_slice(writer, note);
    }
}

static void put_cancellation(struct building *building, struct slice reason, struct slice attendance)
{
    struct follow_up *follow = building_follow(building, ENTITY_CANCELLATION);
    struct slice note = building_value(building, APPOINTMENT_CANCEL_NOTE);
    struct text *all = &building->record->notes;
    struct json_writer writer;

    text_clear(all);
    text_put(all, note.data ? note.data : "", note.size);
    if (attendance.data) {
        building_note(building, "Attendance was recorded as",
                      slice_of(slice_equals(attendance, "arrived") ? "arrived" : "did not arrive"));
        building_warn(building, APPOINTMENT_ATTENDANCE,
                      "recorded, but the appointment is cancelled: put into the note");
    }
    note = all->size ? text_slice(all) : (struct slice){0};
    json_key(&building->writer, "cancelled");
    json_begin_object(&building->writer);
    put_reason_and_note(&building->writer, reason, note);
    json_end_object(&building->writer);
    json_write_init(&writer, &follow->payload);
    json_begin_object(&writer);
    json_member_text(&writer, "appointment", building->draft->source_key);
    put_reason_and_note(&writer, reason, note);
    json_end_object(&writer);
}

bool record_build_appointment(struct building *building)
{
    static const struct span_fields span = {.starts = APPOINTMENT_STARTS,
                                            .ends = APPOINTMENT_ENDS,
                                            .duration = APPOINTMENT_DURATION,
                                            .usual_duration = APPOINTMENT_USUAL_DURATION,
                                            .minutes_max = MINUTES_MAX,
                                            .longest = "24 hours"};
    struct slice attendance = {0};
    struct slice reason = {0};
    bool cancelled = false;

    for (size_t field = APPOINTMENT_PATIENT; field <= APPOINTMENT_TYPE; field++)
        if (!building_put_reference(building, field))
            return false;
    if (!building_put_span(building, &span) || !building_bool(building, APPOINTMENT_CANCELLED, false, &cancelled) ||
        !read_attendance(building, &attendance) || !read_reason(building, &reason))
        return false;
    building_begin_notes(building, APPOINTMENT_NOTES);
    building_end_notes(building);
    if (cancelled)
        put_cancellation(building, reason, attendance);
    else if (attendance.data)
        put_attendance(building, attendance);
    return true;
}

/* A calendar note; leave may last for weeks. */
bool record_build_unavailable_block(struct building *building)
{
    static const struct span_fields span = {.starts = BLOCK_STARTS,
                                            .ends = BLOCK_ENDS,
                                            .duration = BLOCK_DURATION,
                                            .usual_duration = BLOCK_USUAL_DURATION,
                                            .minutes_max = BLOCK_MINUTES_MAX,
                                            .longest = "a year"};

    if (!building_put_reference(building, BLOCK_PRACTITIONER) || !building_put_reference(building, BLOCK_BUSINESS) ||
        !building_put_span(building, &span))
        return false;
    building_begin_notes(building, BLOCK_NOTES);
    building_end_notes(building);
    return true;
}
