#include "model/profile.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"

/* A row of columns "A", "B", "C" with the values at hand. */
struct fake_row {
    const struct profile_mapping *mapping;
    const char *a;
    const char *b;
    const char *c;
};

static bool read_fake(void *context, size_t number, struct slice *ret, struct fault *fault)
{
    const struct fake_row *row = context;
    const char *name = row->mapping->columns[number].name;
    const char *value = strcmp(name, "A") == 0 ? row->a : strcmp(name, "B") == 0 ? row->b : row->c;

    (void)fault;
    *ret = value && value[0] ? slice_of(value) : (struct slice){0};
    return true;
}

static const char *name_fake(void *context, size_t number)
{
    return ((const struct fake_row *)context)->mapping->columns[number].name;
}

/* Evaluates the expression, given as JSON, as the last name of a patient. The answer is "value", "-" for empty, or
 * "! message". */
static void evaluate(const char *expression, const struct fake_row *values, struct text *out)
{
    scoped(string_free) char *json =
        x_sprintf("{\"profile\":\"p\",\"system\":\"s\",\"dates\":[\"DD/MM/YYYY\"],\"empty_dates\":[\"1899-12-30\"],"
                  "\"entities\":{\"patient\":{\"table\":\"T\",\"key\":\"A\",\"fields\":{\"first_name\":\"A\","
                  "\"last_name\":%s}}}}",
                  expression);
    scoped(profile_destroy) struct profile *profile = NULL;
    scoped(scratch_destroy) struct scratch *scratch = scratch_new();
    struct fake_row row = *values;
    struct fault fault = {0};
    struct slice value = {0};

    if (!profile_parse(json, strlen(json), &profile, &fault)) {
        text_printf(out, "!! %s", fault.text);
        return;
    }
    row.mapping = &profile->mappings[0];
    if (!expression_evaluate(
            row.mapping->fields[1],
            &(struct expression_row){.read = read_fake, .name = name_fake, .context = &row, .scratch = scratch}, &value,
            &fault))
        text_printf(out, "! %s", fault.text);
    else
        text_printf(out, "%.*s", value.data ? (int)value.size : 1, value.data ? value.data : "-");
}

struct expression_case {
    const char *expression;
    struct fake_row row;
    const char *want;
};

static void check_cases(const struct expression_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct text got;

        text_init(&got, 1000);
        evaluate(cases[i].expression, &cases[i].row, &got);
        cr_expect_str_eq(text_string(&got), cases[i].want, "%s on '%s': got '%s', want '%s'", cases[i].expression,
                         cases[i].row.a ? cases[i].row.a : "", text_string(&got), cases[i].want);
        text_release(&got);
    }
}

Test(expression, makes_values_of_columns)
{
    static const struct expression_case cases[] = {
        {"\"A\"", {.a = "x"}, "x"},
        {"\"A\"", {.a = NULL}, "-"},
        {"{\"constant\":\"k\"}", {.a = "x"}, "k"},
        {"{\"first\":[\"A\",\"B\",{\"constant\":\"z\"}]}", {.b = "b"}, "b"},
        {"{\"first\":[\"A\",\"B\",{\"constant\":\"z\"}]}", {.c = "c"}, "z"},
        {"{\"joined\":[\"A\",\"B\",\"C\"],\"with\":\", \"}", {.a = "1", .c = "3"}, "1, 3"},
        {"{\"joined\":[\"A\",\"B\"]}", {.c = "3"}, "-"},
        {"{\"if\":{\"column\":\"A\",\"is\":\"1\"},\"value\":\"B\",\"else\":\"C\"}",
         {.a = "1", .b = "b", .c = "c"},
         "b"},
        {"{\"if\":{\"column\":\"A\",\"is\":\"1\"},\"value\":\"B\",\"else\":\"C\"}",
         {.a = "2", .b = "b", .c = "c"},
         "c"},
        {"{\"if\":[{\"column\":\"A\",\"in\":[\"1\",\"2\"]},{\"column\":\"B\",\"empty\":true}],\"value\":{\"constant\":\"y\"}}",
         {.a = "2"},
         "y"},
        {"{\"if\":[{\"column\":\"A\",\"in\":[\"1\",\"2\"]},{\"column\":\"B\",\"empty\":true}],\"value\":{\"constant\":\"y\"}}",
         {.a = "2", .b = "x"},
         "-"},
        {"{\"if\":{\"column\":\"A\",\"below\":0},\"value\":{\"constant\":\"neg\"}}", {.a = "-1"}, "neg"},
        {"{\"if\":{\"column\":\"A\",\"below\":0},\"value\":{\"constant\":\"neg\"}}", {.a = "0"}, "-"},
        {"{\"if\":{\"column\":\"A\",\"below\":0},\"value\":{\"constant\":\"neg\"}}",
         {.a = "x"},
         "! column A: 'x' is not a decimal number"},
    };

    check_cases(cases, array_length(cases));
}

Test(expression, changes_values_step_by_step)
{
    static const struct expression_case cases[] = {
        {"{\"column\":\"A\",\"then\":[\"upper\"]}", {.a = "São Tomé"}, "SÃO TOMÉ"},
        {"{\"column\":\"A\",\"then\":[\"lower\"]}", {.a = "ÉCOLE"}, "école"},
        {"{\"column\":\"A\",\"then\":[\"title\"]}", {.a = "O'BRIEN-SMITH de la CRUZ"}, "O'Brien-Smith De La Cruz"},
        {"{\"column\":\"A\",\"then\":[\"title\"]}", {.a = "ST JOHN'S"}, "St John's"},
        {"{\"column\":\"A\",\"then\":[\"digits\"]}", {.a = "(08) 83-61"}, "088361"},
        {"{\"column\":\"A\",\"then\":[\"one_line\"]}", {.a = "a\r\n  b\tc"}, "a b c"},
        {"{\"column\":\"A\",\"then\":[\"colour_bgr\"]}", {.a = "52326"}, "#66cc00"},
        {"{\"column\":\"A\",\"then\":[{\"split\":\",\",\"part\":2}]}", {.a = "x, y ,z"}, "y"},
        {"{\"column\":\"A\",\"then\":[{\"split\":\",\",\"part\":2,\"to_end\":true}]}", {.a = "x, y ,z"}, "y ,z"},
        {"{\"column\":\"A\",\"then\":[{\"split\":\",\",\"part\":-1}]}", {.a = "x,y,z"}, "z"},
        {"{\"column\":\"A\",\"then\":[{\"split\":\",\",\"part\":-4}]}", {.a = "x,y,z"}, "-"},
        {"{\"column\":\"A\",\"then\":[{\"split\":\",\",\"part\":4}]}", {.a = "x,y,z"}, "-"},
        {"{\"column\":\"A\",\"then\":[{\"characters\":[2,3]}]}", {.a = "aéîo"}, "éî"},
        {"{\"column\":\"A\",\"then\":[{\"characters\":[9,10]}]}", {.a = "aéîo"}, "-"},
        {"{\"column\":\"A\",\"then\":[{\"null_if\":[\"n/a\",\"0\"]}]}", {.a = "N/A"}, "-"},
        {"{\"column\":\"A\",\"then\":[{\"prefix\":\"p \"},{\"suffix\":\" s\"}]}", {.a = "x"}, "p x s"},
        {"{\"column\":\"A\",\"then\":[{\"prefix\":\"p \"}]}", {.a = NULL}, "-"},
        {"{\"column\":\"A\",\"then\":[{\"default\":\"d\"},\"upper\"]}", {.a = NULL}, "D"},
        {"{\"column\":\"A\",\"then\":[{\"replace\":[\"--\",\"/\"]}]}", {.a = "a--b--c-"}, "a/b/c-"},
        {"{\"column\":\"A\",\"then\":[{\"map\":{\"M\":\"Male\",\"U\":null}}]}", {.a = "m"}, "Male"},
        {"{\"column\":\"A\",\"then\":[{\"map\":{\"M\":\"Male\",\"U\":null}}]}", {.a = "U"}, "-"},
        {"{\"column\":\"A\",\"then\":[{\"map\":{\"M\":\"Male\",\"U\":null}}]}",
         {.a = "Q"},
         "! column A: 'Q' is not in the profile's value map (M, U)"},
        {"{\"column\":\"A\",\"then\":[{\"map\":{\"M\":\"Male\"},\"otherwise\":\"?\"}]}", {.a = "Q"}, "?"},
        {"{\"column\":\"A\",\"then\":[{\"map\":{\"M\":\"Male\"},\"keep_others\":true}]}", {.a = "Q"}, "Q"},
        {"{\"column\":\"A\",\"then\":[\"date\"]}", {.a = "12/03/1975"}, "1975-03-12"},
        {"{\"column\":\"A\",\"then\":[\"date\"]}", {.a = "1975-03-12 00:00:00.000"}, "1975-03-12"},
        {"{\"column\":\"A\",\"then\":[\"date\"]}", {.a = "1899-12-30 00:00:00"}, "-"},
        {"{\"column\":\"A\",\"then\":[\"date\"]}",
         {.a = "31/02/1990"},
         "! column A: '31/02/1990' is no date that exists, or fits none of the formats: DD/MM/YYYY, YYYY-MM-DD"},
        {"{\"column\":\"A\",\"then\":[{\"date\":[\"M/D/YYYY\"]}]}", {.a = "2/13/1990"}, "1990-02-13"},
        {"{\"column\":\"A\",\"then\":[\"time\",{\"plus_minutes\":90}]}",
         {.a = "2020-02-29 23:00:00"},
         "2020-03-01T00:30:00"},
        {"{\"column\":\"A\",\"then\":[\"money\"]}", {.a = "$1,234.5"}, "1234.50"},
        {"{\"column\":\"A\",\"then\":[{\"money\":\",\"}]}", {.a = "1.234,5"}, "1234.50"},
        {"{\"column\":\"A\",\"then\":[\"money\"]}",
         {.a = "free"},
         "! column A: 'free' is no amount of money with '.' as decimal point"},
        {"{\"column\":\"A\",\"then\":[\"decimal\"]}", {.a = "10.00"}, "10"},
        {"{\"if\":{\"column\":\"A\",\"same_as\":\"B\"},\"value\":\"C\"}", {.a = "1", .b = "1", .c = "c"}, "c"},
        {"{\"if\":{\"column\":\"A\",\"same_as\":\"B\"},\"value\":\"C\"}", {.c = "c"}, "c"},
        {"{\"if\":{\"column\":\"A\",\"differs_from\":\"B\"},\"value\":\"C\"}", {.a = "1", .c = "c"}, "c"},
        {"{\"if\":{\"column\":\"A\",\"differs_from\":\"B\"},\"value\":\"C\"}", {.a = "1", .b = "1"}, "-"},
        {"{\"column\":\"A\",\"then\":[\"time\"]}",
         {.a = "12/03/1975"},
         "! column A: '12/03/1975' is a date without a time of day"},
    };

    check_cases(cases, array_length(cases));
}

static void check_fault(const char *json, const char *want)
{
    struct profile *profile = NULL;
    struct fault fault = {0};

    cr_expect(!profile_parse(json, strlen(json), &profile, &fault), "passed: %s", json);
    cr_expect(strstr(fault.text, want), "%s: got '%s', want '%s'", json, fault.text, want);
    profile_destroy(&profile);
}

#define PATIENT(body) "{\"profile\":\"p\",\"system\":\"s\",\"entities\":{\"patient\":{" body "}}}"
#define LAST_NAME(expression)                                                                                          \
    PATIENT("\"table\":\"T\",\"key\":\"A\",\"fields\":{\"first_name\":\"A\",\"last_name\":" expression "}")

Test(profile, names_the_place_of_every_mistake)
{
    static const struct {
        const char *json;
        const char *want;
    } cases[] = {
        {"", "not JSON"},
        {"[]", "profile: not an object"},
        {"{}", "profile: missing"},
        {"{\"profile\":\"p\"}", "system: missing"},
        {"{\"profile\":\"p\",\"system\":\"Front Desk\"}", "system: 'Front Desk' is not made of"},
        {"{\"profile\":\"p\",\"system\":\"s\",\"colour\":1}", "profile: no member 'colour' is known here"},
        {"{\"profile\":\"p\",\"profile\":\"q\",\"system\":\"s\"}", "member 'profile' occurs twice"},
        {"{\"profile\":\"p\",\"system\":\"s\"}", "entities: not an object"},
        {"{\"profile\":\"p\",\"system\":\"s\",\"entities\":{}}", "entities: no entity is mapped"},
        {"{\"profile\":\"p\",\"system\":\"s\",\"entities\":{\"invoice\":{}}}", "entities: no member 'invoice'"},
        {"{\"profile\":\"p\",\"system\":\"s\",\"dates\":[\"YYYY\"],\"entities\":{}}", "dates: 'YYYY'"},
        {"{\"profile\":\"p\",\"system\":\"s\",\"csv\":{\"separator\":\";;\"},\"entities\":{}}", "csv.separator"},
        {PATIENT(""), "entities.patient.key: missing"},
        {PATIENT("\"table\":\"T\",\"key\":\"A\""), "entities.patient.fields: missing"},
        {PATIENT("\"key\":\"A\",\"fields\":{}"), "column 'A', but the mapping has no table"},
        {PATIENT("\"table\":\"T\",\"key\":\"A\",\"fields\":{\"first_name\":\"A\"}"),
         "entities.patient.fields.last_name: missing"},
        {PATIENT("\"table\":\"T\",\"key\":\"A\",\"fields\":{\"shoe_size\":\"A\"}"), "patient has no field 'shoe_size'"},
        {LAST_NAME("5"), "entities.patient.fields.last_name: an expression is a column's name or an object"},
        {LAST_NAME("{}"), "an expression has one of the members"},
        {LAST_NAME("{\"column\":\"A\",\"join\":\"j\"}"), "no join 'j' stands before this"},
        {LAST_NAME("{\"column\":\"A\",\"constant\":\"b\"}"), "no member 'constant' is known here"},
        {LAST_NAME("{\"column\":\"A\",\"then\":[\"rot13\"]}"), "last_name.then[0]: no step 'rot13'"},
        {LAST_NAME("{\"column\":\"A\",\"then\":[\"split\"]}"), "step split is written as an object"},
        {LAST_NAME("{\"column\":\"A\",\"then\":[{\"upper\":1}]}"), "step upper is written as its bare name"},
        {LAST_NAME("{\"column\":\"A\",\"then\":[{\"split\":\",\",\"part\":0}]}"), "split takes a text"},
        {LAST_NAME("{\"column\":\"A\",\"then\":[{\"map\":{}}]}"), "then[0].map: not an object of values"},
        {LAST_NAME("{\"column\":\"A\",\"then\":[{\"map\":{\"a\":1}}]}"), "map.a: neither a text nor null"},
        {LAST_NAME("{\"column\":\"A\",\"then\":[{\"date\":[\"MM\"]}]}"), "then[0]: 'MM'"},
        {LAST_NAME("{\"column\":\"A\",\"then\":[{\"characters\":[3,2]}]}"), "characters takes the first and the last"},
        {LAST_NAME("{\"if\":{\"column\":\"A\"},\"value\":\"A\"}"), "last_name.if: a condition has"},
        {LAST_NAME("{\"if\":{\"column\":\"A\",\"is\":\"1\",\"above\":2},\"value\":\"A\"}"),
         "last_name.if: a condition has"},
        {LAST_NAME("{\"if\":{\"column\":\"A\",\"above\":\"2\"},\"value\":\"A\"}"), "take a number"},
        {LAST_NAME("{\"joined\":[\"A\",{\"column\":7}]}"), "last_name.joined[1]: not a text"},
    };

    for (size_t i = 0; i < array_length(cases); i++)
        check_fault(cases[i].json, cases[i].want);
}

Test(profile, wants_all_that_an_appointment_refers_to)
{
    check_fault("{\"profile\":\"p\",\"system\":\"s\",\"entities\":{\"appointment\":{\"table\":\"T\",\"key\":\"A\","
                "\"fields\":{\"patient\":\"A\",\"practitioner\":\"A\",\"business\":\"A\",\"appointment_type\":\"A\","
                "\"starts_at\":\"A\",\"duration_minutes\":\"A\"}}}}",
                "entities.patient: missing; appointments need it");
    check_fault("{\"profile\":\"p\",\"system\":\"s\",\"entities\":{\"appointment\":{\"table\":\"T\",\"key\":\"A\","
                "\"fields\":{\"patient\":\"A\",\"practitioner\":\"A\",\"business\":\"A\",\"appointment_type\":\"A\","
                "\"starts_at\":\"A\"}}}}",
                "appointments need ends_at or duration_minutes");
}

Test(profile, that_ship_are_right)
{
    static const char *const names[] = {"front-desk.json", "examples/noshow.json", "examples/ysl2.json",
                                        "examples/perez.json"};

    for (size_t i = 0; i < array_length(names); i++) {
        scoped(string_free) char *path = x_sprintf("%s/profiles/%s", PROJECT_DIR, names[i]);
        scoped(profile_destroy) struct profile *profile = NULL;
        struct fault fault = {0};

        cr_expect(profile_load(path, &profile, &fault), "%s", fault.text);
    }
}

Test(profile, that_cannot_be_opened_is_named)
{
    struct profile *profile = NULL;
    struct fault fault = {0};

    cr_assert(!profile_load("/nonexistent/p.json", &profile, &fault));
    cr_expect(strstr(fault.text, "profile /nonexistent/p.json cannot be opened"), "got '%s'", fault.text);
}
