#include "model/questions.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"

static const char two[] =
    "{\"warnings\": {\"ask\": \"Confidential?\", \"choices\": {\"yes\": \"alerts\", \"no\": \"notes\"}},"
    " \"casual\": {\"ask\": \"What are they?\", \"choices\": {\"notes\": \"a\", \"walk_ins\": \"b\", \"other\": \"c\"},"
    "  \"holds\": [\"other\"], \"about\": {\"table\": \"Appointment\", \"when\": {\"column\": \"PatientID\", \"empty\": "
    "true}}},"
    " \"later\": {\"ask\": \"At the end?\", \"choices\": {\"yes\": \"a\", \"no\": \"b\"}, \"default\": \"yes\"}}";

static struct json *parse(const char *text)
{
    struct json *json = NULL;
    struct fault fault = {0};

    cr_assert(json_parse(text, strlen(text), &json, &fault), "%s", fault.text);
    return json;
}

static struct questions *read_good(const char *text)
{
    scoped(json_destroy) struct json *json = text ? parse(text) : NULL;
    struct questions *questions = NULL;
    struct fault fault = {0};

    cr_assert(questions_read(json, &questions, &fault), "%s", fault.text);
    return questions;
}

Test(questions, are_read_with_their_choices_and_what_they_are_about)
{
    scoped(questions_destroy) struct questions *questions = read_good(two);
    const struct question *casual = questions_find(questions, "casual");

    cr_assert_eq(questions->count, 3);
    cr_expect_null(questions_find(questions, "Casual"));
    cr_expect_str_eq(casual->ask, "What are they?");
    cr_assert_eq(casual->choice_count, 3);
    cr_expect_str_eq(casual->choices[1].value, "walk_ins");
    cr_expect_str_eq(casual->choices[1].meaning, "b");
    cr_expect_not(casual->choices[1].holds);
    cr_expect(casual->choices[2].holds);
    cr_expect_str_eq(casual->about_table, "Appointment");
    cr_expect_not_null(casual->about);
    cr_assert_eq(casual->about_column_count, 1);
    cr_expect_str_eq(casual->about_columns[0], "PatientID");
    cr_expect_null(casual->fallback);
    cr_expect_str_eq(questions_find(questions, "later")->fallback, "yes");
}

Test(questions, a_profile_may_ask_none)
{
    scoped(questions_destroy) struct questions *questions = read_good(NULL);
    scoped(json_destroy) struct json *answers = parse("{\"practitioner\": {\"FD-1\": null, \"FD-2\": \"Ann\"}}");
    struct fault fault = {0};

    cr_expect_eq(questions->count, 0);
    cr_expect(questions_check(questions, answers, &fault), "%s", fault.text);
    cr_expect(questions_check(questions, NULL, &fault));
}

Test(questions, an_answer_that_holds_or_is_missing_leaves_it_open)
{
    scoped(questions_destroy) struct questions *questions = read_good(two);
    scoped(json_destroy) struct json *held = parse("{\"questions\": {\"casual\": \"other\", \"later\": \"no\"}}");
    scoped(json_destroy) struct json *given = parse("{\"questions\": {\"casual\": \"notes\"}}");

    cr_expect_null(question_answer_of(questions_find(questions, "casual"), held));
    cr_expect_null(question_answer_of(questions_find(questions, "warnings"), held));
    cr_expect_str_eq(question_answer_of(questions_find(questions, "later"), held), "no");
    cr_expect_str_eq(question_answer_of(questions_find(questions, "casual"), given), "notes");
    cr_expect_str_eq(question_answer_of(questions_find(questions, "later"), NULL), "yes");
}

Test(questions, mistakes_are_named_with_their_path)
{
    static const struct {
        const char *json;
        const char *says;
    } cases[] = {
        {"[]", "questions: not an object"},
        {"{\"a\": {\"choices\": {\"x\": \"1\", \"y\": \"2\"}}}", "questions.a.ask: missing"},
        {"{\"a\": {\"ask\": \"\", \"choices\": {\"x\": \"1\", \"y\": \"2\"}}}", "questions.a.ask: empty"},
        {"{\"a\": {\"ask\": \"?\", \"choices\": {\"x\": \"1\"}}}",
         "questions.a.choices: not an object of at least two choices"},
        {"{\"a\": {\"ask\": \"?\", \"choices\": {\"x\": \"1\", \"x\": \"2\"}}}",
         "questions.a.choices.x: the choice is there twice"},
        {"{\"a\": {\"ask\": \"?\", \"choices\": {\"x\": \"1\", \"y\": 2}}}", "questions.a.choices.y: not a text"},
        {"{\"a\": {\"ask\": \"?\", \"choices\": {\"x\": \"1\", \"y\": \"2\"}, \"holds\": [\"z\"]}}",
         "questions.a.holds: 'z' is none of the choices"},
        {"{\"a\": {\"ask\": \"?\", \"choices\": {\"x\": \"1\", \"y\": \"2\"}, \"default\": \"z\"}}",
         "questions.a.default: 'z' is none of the choices that let the transfer go on"},
        {"{\"a\": {\"ask\": \"?\", \"choices\": {\"x\": \"1\", \"y\": \"2\"}, \"holds\": [\"x\"], \"default\": \"x\"}}",
         "questions.a.default: 'x' is none"},
        {"{\"a\": {\"ask\": \"?\", \"choices\": {\"x\": \"1\", \"y\": \"2\"}, \"about\": {}}}",
         "questions.a.about.table: missing"},
        {"{\"a\": {\"ask\": \"?\", \"choices\": {\"x\": \"1\", \"y\": \"2\"}, \"about\": {\"table\": \"T\", \"when\": "
         "{\"column\": \"A\", \"join\": \"j\", \"empty\": true}}}}",
         "a question has no joins"},
        {"{\"a\": {\"ask\": \"?\", \"wenn\": 1, \"choices\": {\"x\": \"1\", \"y\": \"2\"}}}",
         "questions.a: no member 'wenn'"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(json_destroy) struct json *json = parse(cases[i].json);
        scoped(questions_destroy) struct questions *questions = NULL;
        struct fault fault = {0};

        cr_expect_not(questions_read(json, &questions, &fault), "%s", cases[i].json);
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
        cr_expect_not_null(strstr(fault.text, cases[i].says), "'%s' lacks '%s'", fault.text, cases[i].says);
    }
}

Test(questions, answers_that_do_not_fit_are_refused)
{
    static const struct {
        const char *answers;
        const char *says;
    } cases[] = {
        {"[]", "not a JSON object"},
        {"{\"practitioners\": {}}", "practitioners: no such section"},
        {"{\"questions\": {\"warning\": \"yes\"}}", "questions.warning: the profile asks no such question"},
        {"{\"questions\": {\"warnings\": \"maybe\"}}", "questions.warnings: 'maybe' is none of yes, no"},
        {"{\"questions\": {\"warnings\": null}}", "questions.warnings:"},
        {"{\"practitioner\": {\"FD-1\": 7}}", "practitioner.FD-1: neither a text"},
        {"{\"business\": []}", "business: not an object"},
    };
    scoped(questions_destroy) struct questions *questions = read_good(two);

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(json_destroy) struct json *answers = parse(cases[i].answers);
        struct fault fault = {0};

        cr_expect_not(questions_check(questions, answers, &fault), "%s", cases[i].answers);
        cr_expect_not_null(strstr(fault.text, cases[i].says), "'%s' lacks '%s'", fault.text, cases[i].says);
    }
}
