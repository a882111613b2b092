#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "sandbox/filter.h"

enum {
    THING_NAME = RECORD_OWN,
    THING_BORN,
    THING_SEEN,
    THING_COUNT,
    THING_FLAG,
    THING_OWNER,
    THING_TAGS,
    THING_OTHER,
    THING_FIELDS
};

static const struct field fields[THING_FIELDS] = {
    SCHEMA_COMMON_FIELDS(FIELD_FILTER, FIELD_FILTER, FIELD_HIDDEN),
    [THING_NAME] = {.name = "name", .kind = FIELD_TEXT, .flags = FIELD_FILTER},
    [THING_BORN] = {.name = "born", .kind = FIELD_DATE, .flags = FIELD_FILTER},
    [THING_SEEN] = {.name = "seen_at", .kind = FIELD_INSTANT, .flags = FIELD_FILTER},
    [THING_COUNT] = {.name = "count", .kind = FIELD_INTEGER, .flags = FIELD_FILTER},
    [THING_FLAG] = {.name = "flag", .kind = FIELD_BOOL, .flags = FIELD_FILTER},
    [THING_OWNER] = {.name = "owner", .input = "owner_id", .kind = FIELD_ID, .target = "users", .flags = FIELD_FILTER},
    [THING_TAGS] = {.name = "tag_ids", .kind = FIELD_IDS, .flags = FIELD_FILTER},
    [THING_OTHER] = {.name = "other", .kind = FIELD_TEXT},
};

static struct schema_names names;
static const struct schema schema = {"things", fields, THING_FIELDS, &names};

/* Zoë, born 1980-05-09, seen 2026-03-01T00:00:00Z, count 7, flag true, owner 2^63 + 1, tags 11 and 112. */
static struct record *make_record(void)
{
    struct record *record = record_new(&schema);

    record->cells[RECORD_ID].id = 42;
    record->cells[THING_NAME].text = x_strdup("Zoë O'Neil");
    record->cells[THING_BORN].number = 19800509;
    record->cells[THING_SEEN].number = 1772323200;
    record->cells[THING_COUNT].number = 7;
    record->cells[THING_FLAG].number = true;
    record->cells[THING_OWNER].id = UINT64_C(9223372036854775809);
    record->cells[THING_TAGS].text = x_strdup("[\"11\",\"112\"]");
    return record;
}

/* 1 matches, 0 does not, -1 is refused. */
static int outcome(const struct record *record, const char *filters, bool states_only, struct fault *fault)
{
    scoped(string_free) char *raw = x_sprintf("/v1/things?%s", filters);
    struct target target;
    struct filter filter = {0};
    int result = -1;

    cr_assert(target_parse(raw, &target));
    if (filter_parse(&schema, &target, states_only, false, &filter, fault))
        result = filter_matches(&filter, record);
    filter_release(&filter);
    target_release(&target);
    return result;
}

static const struct {
    const char *filter;
    int want;
} matching_cases[] = {
    {"", 1},
    /* text */
    {"q[]=name:=Zoë O'Neil", 1},
    {"q[]=name:=Zoë%20O'Neil", 1},
    {"q[]=name:=Zoë+O'Neil", 1},
    {"q%5B%5D=name%3A%3DZo%C3%AB%20O%27Neil", 1},
    {"q[]=name:=zoë o'neil", 0},
    {"q[]=name:!=Zoë O'Neil", 0},
    {"q[]=name:!=Someone", 1},
    {"q[]=name:~O'N", 1},
    {"q[]=name:~xyz", 0},
    {"q[]=name:~~Z%25Neil", 1},
    {"q[]=name:~~%25O'%25", 1},
    {"q[]=name:~~Z%25Neal", 0},
    {"q[]=name:~~Neil", 0},
    {"q[]=name:~~%25%25l", 1},
    {"q[]=name:?", 1},
    {"q[]=name:!?", 0},
    /* dates */
    {"q[]=born:=1980-05-09", 1},
    {"q[]=born:=1980-05-10", 0},
    {"q[]=born:=****-05-**", 1},
    {"q[]=born:=198*-**-*9", 1},
    {"q[]=born:=****-06-**", 0},
    {"q[]=born:>1980-05-08", 1},
    {"q[]=born:>1980-05-09", 0},
    {"q[]=born:>=1980-05-09", 1},
    {"q[]=born:<1980-05-10", 1},
    {"q[]=born:<=1980-05-08", 0},
    {"q[]=born:?", 1},
    {"q[]=born:!?", 0},
    /* instants */
    {"q[]=seen_at:>=2026-03-01T00:00:00Z&q[]=seen_at:<=2026-03-01T00:00:00Z", 1},
    {"q[]=seen_at:>2026-03-01T00:00:00Z", 0},
    {"q[]=seen_at:<2026-03-01T00:00:01Z", 1},
    {"q[]=seen_at:>=2026-03-01T11:00:00%2B11:00", 1},
    {"q[]=seen_at:?", 1},
    {"q[]=seen_at:!?", 0},
    {"q[]=seen_at:*", 1},
    /* numbers and ids, beyond what a double keeps */
    {"q[]=count:=7", 1},
    {"q[]=count:=1,2,7", 1},
    {"q[]=count:=1,2", 0},
    {"q[]=count:!=7", 0},
    {"q[]=count:>6", 1},
    {"q[]=count:>=8", 0},
    {"q[]=count:<8", 1},
    {"q[]=count:<=6", 0},
    {"q[]=id:=41,42", 1},
    {"q[]=owner_id:=9223372036854775809", 1},
    {"q[]=owner_id:=9223372036854775808", 0},
    {"q[]=owner_id:=5,9223372036854775809", 1},
    {"q[]=owner_id:>9223372036854775808", 1},
    {"q[]=owner_id:?", 1},
    /* booleans */
    {"q[]=flag:=true", 1},
    {"q[]=flag:=false", 0},
    {"q[]=flag:!=false", 1},
    /* elements of arrays */
    {"q[]=tag_ids:~11", 1},
    {"q[]=tag_ids:~112", 1},
    {"q[]=tag_ids:~12", 0},
    {"q[]=tag_ids:~1", 0},
    {"q[]=tag_ids:~", 0},
    /* joined by AND; the older name */
    {"q[]=count:=7&q[]=flag:=true", 1},
    {"q[]=count:=7&q[]=flag:=false", 0},
    {"q=count:=7", 1},
    {"q=count:=8", 0},
    {"page=3&other=x", 1},
};

Test(filter, every_operator_works_for_the_types_that_take_it)
{
    struct record *record = make_record();

    for (size_t i = 0; i < array_length(matching_cases); i++) {
        struct fault fault = {0};
        int got = outcome(record, matching_cases[i].filter, false, &fault);

        cr_expect_eq(got, matching_cases[i].want, "%s: got %d, want %d (%s)", matching_cases[i].filter, got,
                     matching_cases[i].want, fault.text);
    }
    record_destroy(&schema, &record);
}

Test(filter, wrong_filters_are_refused_with_the_field_in_the_message)
{
    static const struct {
        const char *filter;
        const char *want;
    } cases[] = {
        {"q[]=nothing:=1", "nothing is not filterable"},
        {"q[]=other:=1", "other is not filterable"},
        {"q[]=owner:=1", "owner is not filterable"},
        {"q[]=cancelled_at:*", "cancelled_at is not filterable"},
        {"q[]=name", "name has an operator"},
        {"q[]=name:Zoe", "name has an operator"},
        {"q[]=name:>Zoe", "name has an operator"},
        {"q[]=name:*", "name has an operator"},
        {"q[]=seen_at:=2026-03-01T00:00:00Z", "seen_at has an operator"},
        {"q[]=seen_at:>yesterday", "seen_at is invalid"},
        {"q[]=seen_at:~2026", "seen_at has an operator"},
        {"q[]=born:!=1980-05-09", "born has an operator"},
        {"q[]=born:>****-05-**", "born is invalid"},
        {"q[]=born:=1980-13-01", "born is invalid"},
        {"q[]=count:~7", "count has an operator"},
        {"q[]=count:=x", "count is invalid"},
        {"q[]=count:>1,2", "count is invalid"},
        {"q[]=owner_id:=18446744073709551616", "owner_id is invalid"},
        {"q[]=flag:=maybe", "flag is invalid"},
        {"q[]=flag:?", "flag has an operator"},
        {"q[]=tag_ids:=11", "tag_ids has an operator"},
        {"q[]=name:?x", "name is invalid"},
    };
    struct record *record = make_record();

    for (size_t i = 0; i < array_length(cases); i++) {
        struct fault fault = {0};
        int got = outcome(record, cases[i].filter, false, &fault);

        cr_expect_eq(got, -1, "%s: got %d, want a refusal", cases[i].filter, got);
        cr_expect(strncmp(fault.text, cases[i].want, strlen(cases[i].want)) == 0, "%s: got '%s', want '%s…'",
                  cases[i].filter, fault.text, cases[i].want);
    }
    record_destroy(&schema, &record);
}

Test(filter, a_value_that_is_not_there_matches_only_absence)
{
    static const char *const fails[] = {"q[]=name:!=x", "q[]=count:!=1", "q[]=born:<2000-01-01", "q[]=flag:!=true",
                                        "q[]=tag_ids:~11"};
    struct record *record = record_new(&schema);
    struct fault fault = {0};

    for (size_t i = 0; i < array_length(fails); i++)
        cr_expect_eq(outcome(record, fails[i], false, &fault), 0, "%s: got a match, want none", fails[i]);
    cr_expect_eq(outcome(record, "q[]=name:!?&q[]=count:!?&q[]=born:!?", false, &fault), 1);
    record_destroy(&schema, &record);
}

Test(filter, archived_records_are_hidden_unless_asked_for)
{
    static const struct {
        const char *filter;
        int live;
        int archived;
    } cases[] = {
        {"", 1, 0},
        {"q[]=archived_at:*", 1, 1},
        {"q[]=archived_at:?", 0, 1},
        {"q[]=archived_at:!?", 1, 0},
        {"q[]=archived_at:>2026-01-01T00:00:00Z", 0, 1},
        {"q[]=deleted_at:*", 1, 0},
    };
    struct record *record = make_record();
    struct fault fault = {0};

    for (size_t i = 0; i < array_length(cases); i++) {
        record->cells[RECORD_ARCHIVED_AT].number = CELL_NULL;
        cr_expect_eq(outcome(record, cases[i].filter, true, &fault), cases[i].live, "%s, live", cases[i].filter);
        record->cells[RECORD_ARCHIVED_AT].number = 1772323200;
        cr_expect_eq(outcome(record, cases[i].filter, true, &fault), cases[i].archived, "%s, archived",
                     cases[i].filter);
    }
    cr_expect_eq(outcome(record, "q[]=name:?", true, &fault), -1, "a single record takes state filters only");
    record_destroy(&schema, &record);
}
