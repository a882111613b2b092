/* Mistakes in what a profile says of joins, rows, answers and whole tables: each with the place where it stands. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "model/profile.h"

#define PROFILE(more) "{\"profile\":\"p\",\"system\":\"s\"," more "}"
#define ONE                                                                                                            \
    "\"entities\":{\"tax\":{\"key\":{\"constant\":\"1\"},\"fields\":{\"name\":{\"constant\":\"n\"},\"rate\":{\"constant\":\"1\"}}}}"
#define PATIENT(more, last_name)                                                                                       \
    PROFILE("\"questions\":{\"q\":{\"ask\":\"?\",\"choices\":{\"yes\":\"y\",\"no\":\"n\"}}},"                          \
            "\"entities\":{\"patient\":{\"table\":\"T\"," more "\"key\":\"A\",\"fields\":{\"first_name\":\"A\","       \
            "\"last_name\":" last_name "}}}")
#define JOINS(more) "\"joins\":{\"w\":{\"table\":\"W\",\"key\":\"K\",\"on\":\"A\",\"many\":true}" more "},"
#define W(name)     "{\"column\":\"" name "\",\"join\":\"w\"}"

static void check(const char *json, const char *want)
{
    scoped(profile_destroy) struct profile *profile = NULL;
    struct fault fault = {0};
    bool good = profile_parse(json, strlen(json), &profile, &fault);

    if (want)
        cr_expect(!good && strstr(fault.text, want), "%s: got '%s', want '%s'", json, fault.text, want);
    else
        cr_expect(good, "%s: %s", json, fault.text);
}

Test(profile_language, rows_and_joins)
{
    check(PATIENT(JOINS(""), "{\"rows\":\"w\",\"value\":" W("B") "}"), NULL);
    check(
        PATIENT(JOINS(""), W("B")),
        "entities.patient.fields.last_name: join 'w' has many rows: its columns are read within {\"rows\": \"w\", …}");
    check(PATIENT(JOINS(""), "{\"rows\":\"x\",\"value\":\"B\"}"),
          "entities.patient.fields.last_name: no join 'x' stands before this");
    check(
        PATIENT("\"joins\":{\"w\":{\"table\":\"W\",\"key\":\"K\",\"on\":\"A\"}},", "{\"rows\":\"w\",\"value\":\"B\"}"),
        "last_name: join 'w' has one row: rows goes through a join with \"many\": true");
    check(PATIENT(JOINS(""), "{\"rows\":\"w\",\"value\":{\"rows\":\"w\",\"value\":" W("B") "}}"),
          "entities.patient.fields.last_name.value: rows within rows");
    check(PATIENT(JOINS(""), "{\"rows\":\"w\"}"), "entities.patient.fields.last_name.value: missing");
    check(PATIENT(JOINS(""), "{\"rows\":\"w\",\"order\":7,\"value\":\"B\"}"), "last_name.order: not a text");
    check(PATIENT(JOINS(""), "{\"joined\":[{\"rows\":\"w\",\"value\":" W("B") "}," W("B") "]}"),
          "entities.patient.fields.last_name.joined[1]: join 'w' has many rows");
    check(PATIENT(JOINS(",\"g\":{\"table\":\"G\",\"key\":\"K\",\"on\":" W("G") "}"),
                  "{\"rows\":\"w\",\"value\":{\"column\":\"N\",\"join\":\"g\"}}"),
          NULL);
    check(
        PATIENT(JOINS(",\"g\":{\"table\":\"G\",\"key\":\"K\",\"on\":" W("G") "}"), "{\"column\":\"N\",\"join\":\"g\"}"),
        "last_name: join 'w' has many rows");
    check(PATIENT(JOINS(",\"g\":{\"table\":\"G\",\"key\":\"K\",\"many\":true,\"on\":" W("G") "}"), "\"A\""),
          "entities.patient.joins.g.on: a join of many cannot depend on join 'w', which is one itself");
    check(PATIENT("\"joins\":{\"w\":{\"table\":\"W\",\"key\":\"K\",\"on\":\"A\",\"many\":true,\"follow\":\"F\"}},",
                  "\"A\""),
          "entities.patient.joins.w: a join of many does not follow");
    check(PATIENT("\"joins\":{\"w\":{\"table\":\"W\",\"key\":\"K\",\"on\":\"A\",\"key_through\":\"x\"}},", "\"A\""),
          "entities.patient.joins.w.key_through: no join 'x' stands before this");
    check(PATIENT(JOINS(",\"v\":{\"table\":\"V\",\"key\":\"K\",\"on\":\"A\",\"key_through\":\"w\"}"), "\"A\""),
          "entities.patient.joins.v.key_through: join 'w' has many rows");
    check(PROFILE(
              "\"recognise\":[{\"table\":\"T\",\"columns\":[\"A\"],\"row\":{\"value\":{\"rows\":\"w\",\"value\":\"A\"},"
              "\"is\":\"1\"}}]," ONE),
          "recognise[0].row.value: no join 'w' stands before this");
}

Test(profile_language, answers)
{
    check(PATIENT("\"only_if\":{\"answer\":\"q\",\"is\":\"yes\"},", "{\"answer\":\"q\"}"), NULL);
    check(PATIENT("", "{\"answer\":\"p\"}"), "entities.patient.fields.last_name: no question 'p'; there are: q");
    check(PATIENT("\"only_if\":{\"answer\":\"q\",\"is\":\"maybe\"},", "\"A\""),
          "entities.patient.only_if: question q has no choice 'maybe'");
    check(PATIENT("\"only_if\":{\"column\":\"A\",\"is\":\"yes\"},", "\"A\""),
          "entities.patient.only_if: column 'A': only_if looks at answers alone");
    check(PATIENT("\"only_if\":[{\"answer\":\"q\",\"in\":[\"yes\",\"no\"]},{\"value\":{\"rows\":\"w\"},\"is\":\"1\"}],",
                  "\"A\""),
          "entities.patient.only_if[1].value: there are no joins here");
    check(
        PROFILE("\"questions\":{\"encrypted_content\":{\"ask\":\"?\",\"choices\":{\"yes\":\"y\",\"no\":\"n\"}}}," ONE),
        "questions.encrypted_content.choices: the choices of this question are stop and leave");
}

Test(profile_language, conditions_and_rules)
{
    check(PATIENT("\"when\":{\"column\":\"A\",\"differs_from\":\"B\"},", "\"A\""), NULL);
    check(PATIENT("\"when\":{\"column\":\"A\",\"same_as\":7},", "\"A\""),
          "entities.patient.when.same_as: an expression is a column's name or an object");
    check(PATIENT("\"when\":{\"column\":\"A\",\"same_as\":\"B\",\"is\":\"1\"},", "\"A\""),
          "entities.patient.when: a condition has a column, value or answer, and one of: is is_not");
    check(
        PATIENT("\"leave_behind\":[{\"when\":{\"column\":\"A\",\"is\":\"1\"},\"reason\":\"r\",\"named\":1}],", "\"A\""),
        "entities.patient.leave_behind[0]: neither true nor false");
    check(PATIENT("", "{\"column\":\"A\",\"then\":[{\"money\":\";\"}]}"),
          "last_name.then[0]: money takes the decimal point, \".\" or \",\"");
    check(PATIENT("\"table\":\"U\",", "\"A\""), "entities.patient: member 'table' occurs twice");
}

#define LETTER(joins, content)                                                                                             \
    PROFILE(                                                                                                               \
        "\"entities\":{\"patient\":{\"table\":\"P\",\"key\":\"A\",\"fields\":{\"first_name\":\"A\",\"last_name\":\"A\"}}," \
        "\"letter\":{\"table\":\"T\"," joins "\"key\":\"A\",\"fields\":{\"patient\":\"A\",\"content\":" content "}}}")

Test(profile_language, large_values_are_columns)
{
    check(LETTER("", "\"B\""), NULL);
    check(LETTER("", "{\"first\":[\"B\",{\"if\":{\"column\":\"A\",\"is\":\"1\"},\"value\":\"C\"}]}"), NULL);
    check(LETTER("", "{\"joined\":[\"B\",\"C\"]}"),
          "entities.letter.fields.content: a large value is a column, or the first of several, without steps");
    check(LETTER("", "{\"column\":\"B\",\"then\":[\"trim\"]}"), "content: a large value is a column");
    check(LETTER("", "{\"constant\":\"B\"}"), "content: a large value is a column");
    check(LETTER("\"joins\":{\"w\":{\"table\":\"W\",\"key\":\"K\",\"on\":\"A\"}},", W("B")),
          "content: column 'B' is joined; a large value stands in the mapping's own table");
}

Test(profile_language, whole_tables)
{
    check(PROFILE("\"recognise\":{}," ONE), "recognise: not a list");
    check(PROFILE("\"recognise\":[{\"columns\":[\"A\"]}]," ONE), "recognise[0].table: missing");
    check(PROFILE("\"recognise\":[{\"table\":\"T\"}]," ONE), "recognise[0].columns: missing");
    check(PROFILE("\"recognise\":[{\"table\":\"T\",\"columns\":[\"A\"],\"latest\":\"B\"}]," ONE),
          "recognise[0].latest: says which row, but there is no row");
    check(PROFILE("\"encrypted\":[{\"table\":\"T\"}]," ONE), "encrypted[0].column: missing");
    check(PROFILE("\"left_behind\":[{\"table\":\"T\"}]," ONE), "left_behind[0].what: missing");
    check(PROFILE("\"left_behind\":[{\"what\":\"x\",\"when\":{\"column\":\"A\",\"is\":\"1\"}}]," ONE),
          "left_behind[0].when: column 'A', but the mapping has no table");
    check(PROFILE("\"left_behind\":[{\"what\":\"x\",\"balance\":{}}]," ONE), "left_behind[0].balance: needs a table");
    check(PROFILE("\"left_behind\":[{\"what\":\"x\",\"table\":\"T\",\"balance\":{\"patient\":\"A\"}}]," ONE),
          "left_behind[0].balance.amount: missing");
    check(PROFILE("\"left_behind\":[{\"what\":\"x\",\"table\":\"T\",\"balances\":true}]," ONE),
          "left_behind[0].balances: stands for what the tables with a balance give");
    check(
        PROFILE(
            "\"entities\":{\"attachment\":{\"table\":\"T\",\"key\":\"A\",\"fields\":{\"patient\":\"A\",\"content\":\"A\"}}}"),
        "entities.patient: missing; attachments need it");
}

/* Names and orders of questions do not matter to what is kept. */
Test(profile_language, keeps_what_it_read)
{
    static const char json[] = PROFILE(
        "\"questions\":{\"q\":{\"ask\":\"?\",\"choices\":{\"yes\":\"y\",\"no\":\"n\"}}},"
        "\"encrypted\":[{\"table\":\"letters\",\"column\":\"b\",\"flag\":\"F\"}],"
        "\"entities\":{\"patient\":[{\"table\":\"P\",\"only_if\":{\"answer\":\"q\",\"is\":\"yes\"},\"key\":\"A\","
        "\"fields\":{\"first_name\":\"A\",\"last_name\":\"A\"}},{\"table\":\"Q\",\"key\":\"A\",\"fields\":{\"first_name\":"
        "\"A\",\"last_name\":\"A\"}}],\"letter\":{\"table\":\"Letters\",\"key\":\"A\",\"fields\":{\"patient\":\"A\","
        "\"content\":\"B\"}}}");
    scoped(profile_destroy) struct profile *profile = NULL;
    scoped(json_destroy) struct json *answers = NULL;
    static const char yes[] = "{\"questions\":{\"q\":\"yes\"}}";
    const struct profile_mapping *letter = NULL;
    struct fault fault = {0};
    bool used = true;

    cr_assert(profile_parse(json, strlen(json), &profile, &fault), "%s", fault.text);
    cr_assert_eq(profile->mapping_count, 3);
    letter = &profile->mappings[2];
    cr_assert_eq(letter->column_count, 3);
    cr_expect_str_eq(letter->columns[1].name, "B");
    cr_expect(letter->columns[1].probed && !letter->columns[0].probed);
    cr_expect_eq(letter->columns[1].flag, 2);
    cr_expect_str_eq(letter->columns[2].name, "F");
    cr_assert(profile_mapping_is_used(profile, &profile->mappings[0], NULL, &used, &fault) && !used);
    cr_assert(profile_mapping_is_used(profile, &profile->mappings[1], NULL, &used, &fault) && used);
    cr_assert(json_parse(yes, strlen(yes), &answers, &fault), "%s", fault.text);
    cr_assert(profile_mapping_is_used(profile, &profile->mappings[0], answers, &used, &fault) && used);
}
