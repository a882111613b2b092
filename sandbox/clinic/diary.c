#include "sandbox/clinic/diary.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "sandbox/clinic/catalogue.h"
#include "sandbox/clinic/dice.h"
#include "sandbox/clinic/sheet.h"
#include "sandbox/clinic/words.h"

enum { STREAM_VISITS = 3, STREAM_ROWS = 4 };
enum { TYPE_INITIAL = 1, TYPE_STANDARD = 2 };
enum { ATTENDANCE_BOOKED, ATTENDANCE_ARRIVED, ATTENDANCE_ABSENT };
enum { NO_PATIENT = 0 };

/* When somebody comes, before the row is written. */
struct visit {
    int64_t start; /* wall clock, see moment_of */
    size_t sequence;
    int patient_id; /* NO_PATIENT: a casual entry */
    int location_id;
    int practitioner_id;
    int type_id;
    int series_id; /* 0 for none */
};

struct series {
    int64_t from_day;
    int64_t until_day;
};

struct diary {
    const struct clinic_options *options;
    const struct person *people;
    struct dice dice;
    struct visit *visits;
    size_t visit_count;
    size_t visit_room;
    struct series *series;
    size_t series_count;
    size_t series_room;
};

static void diary_release(struct diary *diary)
{
    free(diary->visits);
    free(diary->series);
}

static void add_visit(struct diary *diary, struct visit visit)
{
    if (diary->visit_count == diary->visit_room) {
        diary->visit_room = diary->visit_room * 2 + 64;
        diary->visits = x_grow_array(diary->visits, diary->visit_room, sizeof(*diary->visits));
    }
    visit.sequence = diary->visit_count;
    diary->visits[diary->visit_count++] = visit;
}

static int add_series(struct diary *diary, int64_t from_day, int64_t until_day)
{
    if (diary->series_count == diary->series_room) {
        diary->series_room = diary->series_room * 2 + 64;
        diary->series = x_grow_array(diary->series, diary->series_room, sizeof(*diary->series));
    }
    diary->series[diary->series_count++] = (struct series){from_day, until_day};
    return (int)diary->series_count;
}

static bool is_sunday(int64_t day)
{
    return (day + 4) % 7 == 0; /* 1970-01-01 was a Thursday */
}

static bool has_left(const struct diary *diary, int practitioner_id, int64_t day)
{
    int64_t last = day_of_leaving(&catalogue_practitioners[practitioner_id - 1], diary->options);

    return last != DAY_NONE && day > last;
}

/* Those who left have hardly any entry after that day: what was left of theirs went to a colleague. Before, two of them
 * saw some of the others' patients. */
static int who_works_on(struct diary *diary, const struct person *person, int64_t day)
{
    int once = person->location_id == 1 ? 4 : 5;

    if (!has_left(diary, once, day) && dice_chance(&diary->dice, 250)) {
        return once;
    }
    if (has_left(diary, person->practitioner_id, day) && !dice_chance(&diary->dice, 5)) {
        return 2;
    }
    return person->practitioner_id;
}

static int draw_type(struct dice *dice)
{
    return dice_chance(dice, 650) ? TYPE_STANDARD : (int)dice_between(dice, 3, APPOINTMENT_TYPE_COUNT - 1);
}

/* Some weeks of visits at the same hour. */
static void add_course(struct diary *diary, const struct person *person, int length, bool first)
{
    struct dice *dice = &diary->dice;
    int64_t day = dice_between(dice, person->first_day, person->last_day);
    int64_t minute = 420 + 15 * dice_between(dice, 0, 46);
    bool regular = length >= 4 && dice_chance(dice, 400);
    struct visit visit = {.patient_id = person->id};
    int i;

    day += is_sunday(day) ? 1 : 0;
    if (regular) {
        visit.series_id = add_series(diary, day, day + 7 * (int64_t)(length - 1));
    }
    for (i = 0; i < length && day <= person->last_day; i++) {
        visit.start = moment_of(day, minute);
        visit.location_id = dice_chance(dice, 940)   ? person->location_id
                            : dice_chance(dice, 100) ? LOCATION_COUNT
                                                     : MAIN_LOCATION_COUNT + 1 - person->location_id;
        visit.practitioner_id = who_works_on(diary, person, day);
        visit.type_id = first && i == 0 ? TYPE_INITIAL : draw_type(dice);
        add_visit(diary, visit);
        day += regular ? 7 : dice_between(dice, 3, 12);
        day += is_sunday(day) ? 1 : 0;
    }
}

static void add_person(struct diary *diary, const struct person *person)
{
    struct dice *dice = &diary->dice;
    int64_t left = dice_chance(dice, 150) ? dice_between(dice, 30, 60) : dice_between(dice, 0, 18);
    bool first = true;

    while (left > 0) {
        int length = (int)dice_between(dice, 1, left < 10 ? left : 10);

        add_course(diary, person, length, first);
        first = false;
        left -= length;
    }
}

static void add_casuals(struct diary *diary)
{
    struct dice *dice = &diary->dice;
    size_t count = diary->visit_count / 40;
    int64_t today = diary->options->today;
    size_t i;

    for (i = 0; i < count; i++) {
        struct visit visit = {.patient_id = NO_PATIENT};
        int64_t day = dice_between(dice, today - (int64_t)diary->options->years * 365, today + 60);

        visit.start = moment_of(day, 420 + 15 * dice_between(dice, 0, 46));
        visit.location_id = (int)dice_between(dice, 1, LOCATION_COUNT);
        visit.practitioner_id = (int)dice_between(dice, 1, 2);
        visit.type_id = dice_chance(dice, 300) ? TYPE_STANDARD : 0;
        add_visit(diary, visit);
    }
}

/* Visits in the night in which New South Wales changes its clocks (at 02:00 in October, 03:00 in April) and Queensland,
 * next door, does not: hours that are not there, that are there twice, and an entry across the change. */
static void add_night(struct diary *diary, int64_t day)
{
    static const int minutes[] = {90, 120, 150, 165, 180};
    const struct person *person;
    int location;
    size_t i;

    for (location = 1; location <= LOCATION_COUNT; location++) {
        for (i = 0; i < array_length(minutes); i++) {
            person = &diary->people[dice_next(&diary->dice) % (uint64_t)diary->options->patients];
            add_visit(diary, (struct visit){
                                 .start = moment_of(day, minutes[i]),
                                 .patient_id = person->id,
                                 .location_id = location,
                                 .practitioner_id = (int)dice_between(&diary->dice, 1, 2),
                                 .type_id = 3,
                             });
        }
    }
}

static void add_clock_changes(struct diary *diary)
{
    int64_t today = diary->options->today;
    int64_t day = today - (int64_t)diary->options->years * 365;

    for (; day < today + 200; day++) {
        int64_t year;
        unsigned month;
        unsigned day_of_month;

        date_from_days(day, &year, &month, &day_of_month);
        if (is_sunday(day) && day_of_month <= 7 && (month == 4 || month == 10)) {
            add_night(diary, day);
        }
    }
}

/* What nobody should find in a diary, and everybody does: the future of a patient whose file was archived, and of a
 * practitioner who left. */
static void add_leftovers(struct diary *diary)
{
    int64_t today = diary->options->today;
    bool first = true;
    int i;

    for (i = 0; i < diary->options->patients; i++) {
        const struct person *person = &diary->people[i];

        if (person->archived && !person->merged && (first || person->id % 7 == 0)) {
            first = false;
            add_visit(diary, (struct visit){
                                 .start = moment_of(today + 7 + person->id % 30, 600),
                                 .patient_id = person->id,
                                 .location_id = person->location_id,
                                 .practitioner_id = 1,
                                 .type_id = TYPE_STANDARD,
                             });
        }
    }
    for (i = 0; i < PRACTITIONER_COUNT; i++) {
        if (!catalogue_practitioners[i].active) {
            add_visit(diary, (struct visit){
                                 .start = moment_of(today + 14, 600 + 30 * i),
                                 .patient_id = diary->people[0].id,
                                 .location_id = 1,
                                 .practitioner_id = catalogue_practitioners[i].id,
                                 .type_id = TYPE_STANDARD,
                             });
        }
    }
}

static int by_start(const void *left, const void *right)
{
    const struct visit *a = left;
    const struct visit *b = right;

    if (a->start != b->start) {
        return a->start < b->start ? -1 : 1;
    }
    return a->sequence < b->sequence ? -1 : 1;
}

/* What became of a visit. */
struct outcome {
    int duration_min;
    int attendance;
    int64_t arrived_at;
    int64_t cancelled_at;
    int64_t created_at;
    const char *reason;
    const char *note;
    bool cancelled;
    bool deleted;
};

/* Rows that nobody entered on purpose, at fixed places so that even a small clinic has them. */
static int draw_duration(struct dice *dice, const struct visit *visit, int64_t id)
{
    int type_id = visit->type_id != 0 ? visit->type_id : TYPE_STANDARD;

    if (id % 500 == 77) {
        return 0;
    }
    if (id % 1500 == 400) {
        return -30;
    }
    if (id % 2000 == 900) {
        return 1500;
    }
    return catalogue_types[type_id - 1].duration_min + (dice_chance(dice, 80) ? 15 : 0);
}

static void draw_attendance(struct dice *dice, const struct visit *visit, int64_t now, struct outcome *ret)
{
    bool past = visit->start < now;
    int64_t fate = dice_between(dice, 0, 99);

    ret->attendance = ATTENDANCE_BOOKED;
    ret->arrived_at = MOMENT_NONE;
    if (ret->cancelled || !past || visit->patient_id == NO_PATIENT || fate < 7) {
        return;
    }
    ret->attendance = fate < 14 ? ATTENDANCE_ABSENT : ATTENDANCE_ARRIVED;
    if (ret->attendance == ATTENDANCE_ARRIVED) {
        ret->arrived_at = visit->start + dice_between(dice, -10, 15);
    }
}

static void draw_cancellation(struct dice *dice, const struct visit *visit, int64_t now, struct outcome *ret)
{
    int64_t at = visit->start - dice_between(dice, 0, 4000);

    ret->cancelled = dice_chance(dice, 60);
    ret->cancelled_at = MOMENT_NONE;
    ret->reason = NULL;
    if (ret->cancelled) {
        ret->cancelled_at = at < now ? at : now - 45;
        ret->reason = dice_pick(dice, &words_cancel_reasons);
    }
}

static struct outcome draw_outcome(struct dice *dice, const struct visit *visit, int64_t id, int64_t now)
{
    struct outcome outcome = {.duration_min = draw_duration(dice, visit, id)};
    int64_t created = visit->start - dice_between(dice, 60, 80000);

    draw_cancellation(dice, visit, now, &outcome);
    draw_attendance(dice, visit, now, &outcome);
    if (outcome.cancelled && id % 4 == 0) {
        outcome.attendance = ATTENDANCE_ABSENT; /* both were recorded */
    }
    outcome.note = dice_chance(dice, 300) ? dice_pick(dice, &words_visit_notes) : NULL;
    outcome.deleted = dice_chance(dice, 10);
    outcome.created_at = created < now ? created : now - 60;
    return outcome;
}

static void write_who(struct sheet *sheet, struct dice *dice, const struct visit *visit, int64_t id)
{
    bool casual = visit->patient_id == NO_PATIENT;
    /* No foreign key is declared: some rows point to a patient that is no longer there. */
    int64_t patient_id = visit->patient_id + (!casual && id % 600 == 234 ? MISSING_PATIENT_ID : 0);

    sheet_integer(sheet, "AppointmentID", id);
    sheet_key(sheet, "PatientID", patient_id);
    sheet_text(sheet, "CasualName", casual ? dice_pick(dice, &words_casual_names) : NULL);
    sheet_text(sheet, "CasualPhone", casual && dice_chance(dice, 400) ? "0400 222 333" : NULL);
    sheet_integer(sheet, "PractitionerID", visit->practitioner_id);
    sheet_key(sheet, "LocationID", id % 90 == 13 ? 0 : visit->location_id);
    sheet_key(sheet, "AppointmentTypeID", id % 130 == 29 ? 0 : visit->type_id);
}

static struct outcome write_row(struct sheet *sheet, struct dice *dice, const struct visit *visit, int64_t id,
                                int64_t now)
{
    static const char *const users[] = {"reception", "SW", "DN", "web"};
    struct outcome outcome = draw_outcome(dice, visit, id, now);

    write_who(sheet, dice, visit, id);
    sheet_ticks(sheet, "StartTime", visit->start, id % 37 == 5 ? -3 : id % 37 == 6 ? 3 : 0);
    sheet_integer(sheet, "DurationMin", outcome.duration_min);
    sheet_integer(sheet, "Attendance", outcome.attendance);
    sheet_moment(sheet, "ArrivedAt", outcome.arrived_at);
    sheet_bit(sheet, "IsCancelled", outcome.cancelled);
    sheet_moment(sheet, "CancelledAt", outcome.cancelled_at);
    sheet_text(sheet, "CancelReason", outcome.reason);
    sheet_key(sheet, "SeriesID", visit->series_id);
    sheet_text(sheet, "Notes", outcome.note);
    sheet_text(sheet, "CreatedBy", dice_choose(dice, users));
    sheet_moment(sheet, "CreatedAt", outcome.created_at);
    sheet_bit(sheet, "IsDeleted", outcome.deleted);
    return outcome;
}

static void note_attended(struct attended_list *list, const struct visit *visit, int64_t id)
{
    if (list->count == list->room) {
        list->room = list->room * 2 + 64;
        list->entries = x_grow_array(list->entries, list->room, sizeof(*list->entries));
    }
    list->entries[list->count++] =
        (struct attended){(int)id, visit->patient_id, visit->practitioner_id, visit->type_id, visit->start};
}

void attended_release(struct attended_list *list)
{
    free(list->entries);
    *list = (struct attended_list){0};
}

/* True duplicates: two rows that differ in nothing but their key. */
static bool is_doubled(size_t index)
{
    return index % 2500 == 2000;
}

static bool write_appointments(const struct diary *diary, int64_t *ret_count, struct attended_list *ret,
                               struct fault *fault)
{
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    struct outcome outcome;
    int64_t now = moment_of(diary->options->today, 780);
    struct dice dice;
    int64_t id = 0;
    size_t i;

    if (!sheet_create(diary->options->folder, clinic_table("Appointment"), &sheet, fault)) {
        return false;
    }
    for (i = 0; i < diary->visit_count; i++) {
        dice_init(&dice, diary->options->seed + i, STREAM_ROWS);
        outcome = write_row(sheet, &dice, &diary->visits[i], ++id, now);
        if (outcome.attendance == ATTENDANCE_ARRIVED && !outcome.deleted) {
            note_attended(ret, &diary->visits[i], id);
        }
        if (is_doubled(i)) {
            dice_init(&dice, diary->options->seed + i, STREAM_ROWS);
            write_row(sheet, &dice, &diary->visits[i], ++id, now);
        }
    }
    *ret_count = id;
    return sheet_finish(&sheet, fault);
}

static bool write_series(const struct diary *diary, struct fault *fault)
{
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    size_t i;

    if (!sheet_create(diary->options->folder, clinic_table("AppointmentSeries"), &sheet, fault)) {
        return false;
    }
    for (i = 0; i < diary->series_count; i++) {
        sheet_integer(sheet, "SeriesID", (int64_t)i + 1);
        sheet_integer(sheet, "Pattern", 1);
        sheet_integer(sheet, "Every", 1);
        sheet_integer(sheet, "Weekdays", INT64_C(1) << ((diary->series[i].from_day + 4) % 7));
        sheet_date(sheet, "FromDate", diary->series[i].from_day);
        sheet_date(sheet, "UntilDate", diary->series[i].until_day);
    }
    return sheet_finish(&sheet, fault);
}

bool diary_write(const struct clinic_options *options, const struct person *people, int64_t *ret_count,
                 struct attended_list *ret, struct fault *fault)
{
    scoped(diary_release) struct diary diary = {.options = options, .people = people};
    int i;

    dice_init(&diary.dice, options->seed, STREAM_VISITS);
    for (i = 0; i < options->patients; i++) {
        add_person(&diary, &people[i]);
    }
    add_casuals(&diary);
    add_clock_changes(&diary);
    add_leftovers(&diary);
    qsort(diary.visits, diary.visit_count, sizeof(*diary.visits), by_start);
    return write_appointments(&diary, ret_count, ret, fault) && write_series(&diary, fault);
}
