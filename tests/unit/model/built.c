#include "built.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"

enum { FOLLOW_UPS_MAX = 100000 };

static size_t number_of(const struct record_draft *draft, const char *field)
{
    size_t number = 0;

    cr_assert(record_field_find(draft->entity, field, &number), "no field %s", field);
    return number;
}

void draft_set(struct record_draft *draft, const char *field, const char *value)
{
    draft->values[number_of(draft, field)] = slice_of(value);
}

void draft_clear(struct record_draft *draft, const char *field)
{
    draft->values[number_of(draft, field)] = (struct slice){0};
}

void draft_reject(struct record_draft *draft, const char *field, const char *value)
{
    draft_clear(draft, field);
    draft->rejected[number_of(draft, field)] = slice_of(value);
}

static bool build(const struct record_draft *draft, struct record *record, struct fault *fault)
{
    struct zones *zones = zones_new();
    bool good = false;

    record_init(record);
    good = record_build(draft, zones, days_from_date(2026, 3, 1), record, fault);
    zones_destroy(&zones);
    return good;
}

static void put_follow_ups(const struct record *record, struct text *out)
{
    for (size_t i = 0; i < record->follow_up_count; i++) {
        const struct follow_up *follow = &record->follow_ups[i];

        text_printf(out, "%s%s%s %s", i ? "\n" : "", entity_facts(follow->entity)->name, follow->suffix,
                    text_string(&follow->payload));
    }
}

void expect_record(const struct record_draft *draft, const char *payload, const char *warning, const char *follow_ups)
{
    struct record record;
    struct fault fault = {0};
    struct text follows;

    text_init(&follows, FOLLOW_UPS_MAX);
    if (!build(draft, &record, &fault)) {
        cr_expect_fail("got problem '%s', want %s", fault.text, payload);
    } else {
        put_follow_ups(&record, &follows);
        cr_expect_str_eq(text_string(&record.payload), payload, "got %s, want %s", text_string(&record.payload),
                         payload);
        cr_expect_str_eq(text_string(&record.warning), warning, "got warning '%s', want '%s'",
                         text_string(&record.warning), warning);
        cr_expect_str_eq(text_string(&follows), follow_ups, "got follow-ups %s, want %s", text_string(&follows),
                         follow_ups);
    }
    text_release(&follows);
    record_release(&record);
}

void expect_problem(const struct record_draft *draft, const char *part)
{
    struct record record;
    struct fault fault = {0};

    if (build(draft, &record, &fault)) {
        cr_expect_fail("got %s, want the problem '%s'", text_string(&record.payload), part);
    } else {
        cr_expect(strstr(fault.text, part), "got problem '%s', want '%s'", fault.text, part);
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT, "got a %s fault, want bad input", fault_kind_name(fault.kind));
    }
    record_release(&record);
}

char *repeated(const char *text, size_t count)
{
    struct text out;

    text_init(&out, strlen(text) * count + 1);
    for (size_t i = 0; i < count; i++)
        text_puts(&out, text);
    return text_take(&out);
}
