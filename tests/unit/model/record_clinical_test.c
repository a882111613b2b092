#include <criterion/criterion.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "built.h"
#include "model/letters.h"

static struct record_draft alert(const char *name)
{
    struct record_draft draft = {.entity = ENTITY_MEDICAL_ALERT, .source_key = "FD-W1"};

    draft_set(&draft, "patient", "FD-1");
    draft_set(&draft, "name", name);
    return draft;
}

Test(record_clinical, alert_is_one_line)
{
    struct record_draft draft = alert("Allergic to penicillin\r\nNuts.\n\nCarries an EpiPen;\nleft bag");

    expect_record(&draft,
                  "{\"patient\":\"FD-1\",\"name\":\"Allergic to penicillin; Nuts. Carries an EpiPen; left bag\"}", "",
                  "");
}

Test(record_clinical, alert_needs_a_text_and_a_patient)
{
    struct record_draft draft = alert(" \n ");

    expect_problem(&draft, "name is empty");
    draft_set(&draft, "name", "Nuts");
    draft_clear(&draft, "patient");
    expect_problem(&draft, "patient is empty");
}

Test(record_clinical, alert_of_255_characters_stays_whole)
{
    scoped(string_free) char *text = repeated("é", 255);
    scoped(string_free) char *want = x_sprintf("{\"patient\":\"FD-1\",\"name\":\"%s\"}", text);
    struct record_draft draft = alert(text);

    expect_record(&draft, want, "", "");
}

/* 249 characters leave room for " (1/2)". Without blanks the cut is where the room ends, never within a character. */
Test(record_clinical, alert_of_256_characters_becomes_two)
{
    scoped(string_free) char *text = repeated("é", 256);
    scoped(string_free) char *first = repeated("é", 249);
    scoped(string_free) char *rest = repeated("é", 7);
    scoped(string_free) char *want = x_sprintf("{\"patient\":\"FD-1\",\"name\":\"%s (1/2)\"}", first);
    scoped(string_free) char *follow = x_sprintf("medical_alert/2 {\"patient\":\"FD-1\",\"name\":\"%s (2/2)\"}", rest);
    struct record_draft draft = alert(text);

    expect_record(&draft, want, "", follow);
}

Test(record_clinical, alert_of_510_characters_is_divided_between_words)
{
    scoped(string_free) char *pairs = repeated("abcd efghi ", 46);
    scoped(string_free) char *text = x_sprintf("%sabcd", pairs);
    scoped(string_free) char *first = repeated("abcd efghi ", 22);
    scoped(string_free) char *second = repeated(" abcd efghi", 22);
    scoped(string_free) char *want = x_sprintf("{\"patient\":\"FD-1\",\"name\":\"%sabcd (1/3)\"}", first);
    scoped(string_free) char *follow =
        x_sprintf("medical_alert/2 {\"patient\":\"FD-1\",\"name\":\"efghi%s (2/3)\"}\n"
                  "medical_alert/3 {\"patient\":\"FD-1\",\"name\":\"abcd efghi abcd (3/3)\"}",
                  second);
    struct record_draft draft = alert(text);

    cr_assert_eq(strlen(text), 510);
    expect_record(&draft, want, "", follow);
}

/* The words of a part, without its number; checks that it fits. */
static void put_words(const struct text *payload, bool numbered, struct text *out)
{
    scoped(json_destroy) struct json *json = NULL;
    struct fault fault = {0};
    const char *name = NULL;

    cr_assert(json_parse(text_string(payload), payload->size, &json, &fault), "%s", fault.text);
    name = json_text(json_member(json, "name"), "");
    cr_expect_leq(utf8_length(slice_of(name)), 255, "a part of %zu characters", utf8_length(slice_of(name)));
    cr_expect(utf8_valid(name, strlen(name)), "a character is cut");
    cr_assert(!numbered || strrchr(name, '('), "no number in '%s'", name);
    text_puts(out, out->size ? " " : "");
    text_put(out, name, numbered ? (size_t)(strrchr(name, '(') - name) - 1 : strlen(name));
}

static void check_parts(const char *word, size_t count)
{
    scoped(string_free) char *text = repeated(word, count);
    struct slice want = letters_trim(slice_of(text));
    struct record_draft draft = alert(text);
    struct zones *zones = zones_new();
    struct record record;
    struct fault fault = {0};
    struct text joined;

    text_init(&joined, 1000000);
    record_init(&record);
    cr_assert(record_build(&draft, zones, 0, &record, &fault), "'%s' %zu times: %s", word, count, fault.text);
    put_words(&record.payload, record.follow_up_count > 0, &joined);
    for (size_t i = 0; i < record.follow_up_count; i++)
        put_words(&record.follow_ups[i].payload, true, &joined);
    cr_expect(joined.size == want.size && memcmp(joined.data, want.data, want.size) == 0,
              "'%s' %zu times: the parts are not the alert", word, count);
    cr_expect_geq((record.follow_up_count + 1) * 255, utf8_length(want));
    text_release(&joined);
    record_release(&record);
    zones_destroy(&zones);
}

/* Whatever the words, the parts fit and hold all of them in their order. */
Test(record_clinical, parts_of_an_alert_are_the_alert)
{
    static const char *const words[] = {"é ", "word ", "Grüße ", "日本語 ", "a-very-long-word-with-hyphens "};

    for (size_t i = 0; i < array_length(words); i++)
        for (size_t count = 40; count < 520; count += 37)
            check_parts(words[i], count);
}

Test(record_clinical, alert_beyond_65_parts_is_refused)
{
    scoped(string_free) char *fits = repeated("x", 65 * 247);
    scoped(string_free) char *beyond = repeated("x", 65 * 247 + 1);
    struct record_draft draft = alert(beyond);
    struct zones *zones = zones_new();
    struct record record;
    struct fault fault = {0};

    expect_problem(&draft, "name is too long for 65 alerts");
    draft_set(&draft, "name", fits);
    record_init(&record);
    cr_assert(record_build(&draft, zones, 0, &record, &fault), "%s", fault.text);
    cr_expect_eq(record.follow_up_count, 64, "got %zu", record.follow_up_count);
    cr_expect_str_eq(record.follow_ups[63].suffix, "/65", "got %s", record.follow_ups[63].suffix);
    record_release(&record);
    zones_destroy(&zones);
}

/* One struct record serves all rows: nothing of a long alert stays for the row after it. */
Test(record_clinical, record_is_used_again_without_a_trace)
{
    scoped(string_free) char *text = repeated("word ", 120);
    struct record_draft draft = alert(text);
    struct record_draft patient = {.entity = ENTITY_PATIENT, .source_key = "FD-1"};
    struct zones *zones = zones_new();
    struct record record;
    struct fault fault = {0};

    draft_set(&patient, "first_name", "A");
    draft_set(&patient, "last_name", "B");
    draft_set(&patient, "archived", "1");
    record_init(&record);
    cr_assert(record_build(&draft, zones, 0, &record, &fault), "%s", fault.text);
    cr_expect_eq(record.follow_up_count, 2, "got %zu follow-ups", record.follow_up_count);
    cr_assert(record_build(&patient, zones, 0, &record, &fault), "%s", fault.text);
    cr_assert_eq(record.follow_up_count, 1, "got %zu follow-ups", record.follow_up_count);
    cr_expect_eq(record.follow_ups[0].entity, ENTITY_ARCHIVAL);
    cr_expect_str_eq(record.follow_ups[0].suffix, "", "got suffix %s", record.follow_ups[0].suffix);
    cr_expect_str_eq(text_string(&record.follow_ups[0].payload), "{\"patient\":\"FD-1\"}");
    record_release(&record);
    zones_destroy(&zones);
}

static struct record_draft reminder(void)
{
    struct record_draft draft = {.entity = ENTITY_REMINDER, .source_key = "FD-W2"};

    draft_set(&draft, "patient", "FD-1");
    draft_set(&draft, "text", "Review X-ray\nRing first");
    return draft;
}

Test(record_clinical, reminder_has_a_day)
{
    struct record_draft draft = reminder();

    expect_record(&draft, "{\"patient\":\"FD-1\",\"text\":\"Review X-ray\\nRing first\",\"done\":false}", "", "");
    draft_set(&draft, "due", "2026-05-01");
    draft_set(&draft, "done", "1");
    expect_record(&draft,
                  "{\"patient\":\"FD-1\",\"due\":\"2026-05-01\",\"text\":\"Review X-ray\\nRing first\",\"done\":true}",
                  "", "");
    draft_set(&draft, "due", "2026-05-01T00:00:00");
    expect_record(&draft,
                  "{\"patient\":\"FD-1\",\"due\":\"2026-05-01\",\"text\":\"Review X-ray\\nRing first\",\"done\":true}",
                  "", "");
}

Test(record_clinical, reminder_keeps_a_day_that_cannot_be_read)
{
    struct record_draft draft = reminder();

    draft_set(&draft, "due", "after Easter");
    expect_record(&draft,
                  "{\"patient\":\"FD-1\",\"text\":\"Review X-ray\\nRing first\\nDue as recorded: after Easter\","
                  "\"done\":false}",
                  "due: no date, put into the text", "");
    draft_reject(&draft, "due", "31/02/2026");
    draft.warning = "due: '31/02/2026' is no date";
    expect_record(&draft,
                  "{\"patient\":\"FD-1\",\"text\":\"Review X-ray\\nRing first\\nDue as recorded: 31/02/2026\","
                  "\"done\":false}",
                  "due: '31/02/2026' is no date", "");
    draft_clear(&draft, "text");
    expect_problem(&draft, "text is empty");
}

static struct record_draft block(void)
{
    struct record_draft draft = {
        .entity = ENTITY_UNAVAILABLE_BLOCK, .source_key = "FD-A9", .time_zone = "Australia/Sydney"};

    draft_set(&draft, "practitioner", "FD-2");
    draft_set(&draft, "business", "FD-3");
    draft_set(&draft, "starts_at", "2026-01-15T09:00:00");
    return draft;
}

#define BLOCK_START "{\"practitioner\":\"FD-2\",\"business\":\"FD-3\",\"starts_at\":\"2026-01-14T22:00:00Z\","

Test(record_clinical, block_may_last_for_weeks)
{
    struct record_draft draft = block();

    draft_set(&draft, "duration_minutes", "30");
    draft_set(&draft, "notes", "Staff meeting");
    expect_record(
        &draft,
        BLOCK_START
        "\"ends_at\":\"2026-01-14T22:30:00Z\",\"time_zone\":\"Australia/Sydney\",\"notes\":\"Staff meeting\"}",
        "", "");
    draft_set(&draft, "ends_at", "2026-02-15T09:00:00");
    expect_record(
        &draft,
        BLOCK_START
        "\"ends_at\":\"2026-02-14T22:00:00Z\",\"time_zone\":\"Australia/Sydney\",\"notes\":\"Staff meeting\"}",
        "", "");
    draft_set(&draft, "ends_at", "2027-02-15T09:00:00");
    expect_problem(&draft, "ends_at: '2027-02-15T09:00:00' is not within a year after the start");
}

Test(record_clinical, block_needs_a_length_and_all_it_points_to)
{
    struct record_draft draft = block();

    expect_problem(&draft, "duration_minutes is no length");
    draft_set(&draft, "usual_duration_minutes", "15");
    expect_record(&draft, BLOCK_START "\"ends_at\":\"2026-01-14T22:15:00Z\",\"time_zone\":\"Australia/Sydney\"}",
                  "duration_minutes: empty, so the 15 minutes of its type are taken", "");
    draft_clear(&draft, "business");
    expect_problem(&draft, "business is empty");
}
