#include "cli/answers.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

static const char profile[] =
    "{\"questions\": {\"warnings\": {\"ask\": \"Confidential?\", \"choices\": {\"yes\": \"a\", \"no\": \"b\"}}}}";

static struct json *parse(const char *text)
{
    struct json *json = NULL;
    struct fault fault = {0};

    cr_assert(json_parse(text, strlen(text), &json, &fault), "%s", fault.text);
    return json;
}

static struct open_questions two_questions(void)
{
    struct open_questions questions = {.items = x_alloc_array(2, sizeof questions.items[0]), .count = 2};

    questions.items[0] = (struct open_question){
        .id = x_strdup("warnings"),
        .ask = x_strdup("Confidential?"),
        .found = 12,
        .detail = parse("{\"section\": \"questions\", \"key\": \"warnings\", \"choices\": [{\"value\": \"yes\", "
                        "\"meaning\": \"as alerts\"}, {\"value\": \"no\", \"meaning\": \"for all\"}]}"),
    };
    questions.items[1] = (struct open_question){
        .id = x_strdup("practitioner/FD-7"),
        .ask = x_strdup("Who is Jo?"),
        .found = 1,
        .detail = parse("{\"section\": \"practitioner\", \"key\": \"FD-7\", \"choices\": [{\"value\": \"101\", "
                        "\"meaning\": \"Joanna\"}, {\"value\": \"102\", \"meaning\": \"Mary\"}, {\"value\": null, "
                        "\"meaning\": \"leave\"}], \"proposal\": \"101\"}"),
    };
    return questions;
}

static size_t answer(const char *typed, struct text *answers, char **ret_shown)
{
    struct open_questions questions = two_questions();
    char *shown = NULL;
    size_t size = 0;
    FILE *in = fmemopen((char *)(uintptr_t)typed, strlen(typed), "r");
    FILE *out = open_memstream(&shown, &size);
    size_t answered = open_questions_ask(&questions, in, out, answers);

    fclose(in);
    fclose(out);
    open_questions_release(&questions);
    *ret_shown = shown;
    return answered;
}

Test(answers, are_asked_by_number_by_value_and_by_proposal)
{
    static const struct {
        const char *typed;
        size_t answered;
        const char *want;
    } cases[] = {
        {"1\n\n", 2, "{\"questions\":{\"warnings\":\"yes\"},\"practitioner\":{\"FD-7\":\"101\"},\"business\":{}}"},
        {"no\n102\n", 2, "{\"questions\":{\"warnings\":\"no\"},\"practitioner\":{\"FD-7\":\"102\"},\"business\":{}}"},
        {"maybe\n\n2\n3\n", 2,
         "{\"questions\":{\"warnings\":\"no\"},\"practitioner\":{\"FD-7\":null},\"business\":{}}"},
        {"yes\r\nleave\r\n", 2,
         "{\"questions\":{\"warnings\":\"yes\"},\"practitioner\":{\"FD-7\":null},\"business\":{}}"},
        {"?\n1\n", 1, "{\"questions\":{},\"practitioner\":{\"FD-7\":\"101\"},\"business\":{}}"},
        {"2\n", 1, "{\"questions\":{\"warnings\":\"no\"},\"practitioner\":{},\"business\":{}}"},
        {"?\n", 0, "{\"questions\":{},\"practitioner\":{},\"business\":{}}"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct text answers;
        scoped(string_free) char *shown = NULL;

        text_init(&answers, ANSWERS_MAX);
        cr_expect_eq(answer(cases[i].typed, &answers, &shown), cases[i].answered, "%s", cases[i].typed);
        cr_expect_str_eq(text_string(&answers), cases[i].want, "%s gave %s", cases[i].typed, text_string(&answers));
        cr_expect_not_null(strstr(shown, "It decides about 12 rows"), "%s", shown);
        cr_expect_eq(strstr(shown, "none of the choices") != NULL, i == 2, "%s", shown);
        text_release(&answers);
    }
}

Test(answers, a_file_is_made_with_the_proposals)
{
    struct open_questions questions = two_questions();
    char path[] = "/tmp/handover-answers-XXXXXX";
    struct fault fault = {0};
    char content[500] = "";
    FILE *file = NULL;

    close(mkstemp(path));
    cr_expect_not(open_questions_write(&questions, path, &fault), "a file that is there was overwritten");
    unlink(path);
    cr_assert(open_questions_write(&questions, path, &fault), "%s", fault.text);
    file = fopen(path, "r");
    cr_assert_gt(fread(content, 1, sizeof content - 1, file), 0);
    fclose(file);
    unlink(path);
    cr_expect_str_eq(content,
                     "{\"questions\":{\"warnings\":\"\"},\"practitioner\":{\"FD-7\":\"101\"},\"business\":{}}\n");
    open_questions_release(&questions);
}

Test(answers, a_file_is_checked_against_the_profile)
{
    static const struct {
        const char *content;
        const char *says; /* NULL: it is good */
    } cases[] = {
        {"{\"questions\": {\"warnings\": \"yes\"}, \"practitioner\": {\"FD-1\": null}}", NULL},
        {"{\"questions\": {\"warnings\": \"\"}}", "questions.warnings: '' is none of yes, no"},
        {"{\"questions\": {\"colour\": \"x\"}}", "the profile asks no such question; it asks: warnings"},
        {"{", "JSON"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        char path[] = "/tmp/handover-answers-XXXXXX";
        int descriptor = mkstemp(path);
        scoped(string_free) char *answers = NULL;
        struct fault fault = {0};

        cr_assert_eq(write(descriptor, cases[i].content, strlen(cases[i].content)), (ssize_t)strlen(cases[i].content));
        close(descriptor);
        cr_expect_eq(answers_read(path, profile, &answers, &fault), cases[i].says == NULL, "%s: %s", cases[i].content,
                     fault.text);
        unlink(path);
        if (!cases[i].says)
            cr_expect_str_eq(answers, cases[i].content);
        else
            cr_expect(strstr(fault.text, cases[i].says) && strstr(fault.text, path), "%s", fault.text);
    }
}
