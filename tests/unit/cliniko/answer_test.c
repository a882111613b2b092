#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "cliniko/answer.h"

TestSuite(answer, .timeout = 10);

static const char html[] = "<html><body>Bad Gateway 4711</body></html>";
static const char created[] = "{\"id\":\"9007199254740993\"}";

/* API reference 4.2; kinds: what a create gets, and what anything that may be repeated gets. FAULT_NONE: it worked. */
static const struct {
    const char *name;
    enum http_end end;
    int status;
    const char *body;
    enum fault_kind create;
    enum fault_kind repeatable;
} cases[] = {
    {"created", HTTP_ANSWERED, 201, created, FAULT_NONE, FAULT_NONE},
    {"read", HTTP_ANSWERED, 200, created, FAULT_NONE, FAULT_NONE},
    {"no content", HTTP_ANSWERED, 204, "", FAULT_IN_DOUBT, FAULT_NONE},
    {"created without an id", HTTP_ANSWERED, 201, "{}", FAULT_IN_DOUBT, FAULT_NONE},
    {"created with a number as id", HTTP_ANSWERED, 201, "{\"id\":9007199254740993}", FAULT_IN_DOUBT, FAULT_NONE},
    {"created, empty", HTTP_ANSWERED, 201, "", FAULT_IN_DOUBT, FAULT_NONE},
    {"created, cut JSON", HTTP_ANSWERED, 201, "{\"id\":\"1\"", FAULT_IN_DOUBT, FAULT_RETRY},
    {"created, HTML", HTTP_ANSWERED, 201, html, FAULT_IN_DOUBT, FAULT_RETRY},
    {"200, HTML", HTTP_ANSWERED, 200, html, FAULT_IN_DOUBT, FAULT_RETRY},
    {"200, empty", HTTP_ANSWERED, 200, "", FAULT_IN_DOUBT, FAULT_RETRY},
    {"created, truncated", HTTP_LOST, 201, "{\"id\":\"1\"", FAULT_IN_DOUBT, FAULT_RETRY},
    {"never sent", HTTP_NOT_SENT, 0, "", FAULT_RETRY, FAULT_RETRY},
    {"sent, no answer", HTTP_LOST, 0, "", FAULT_IN_DOUBT, FAULT_RETRY},
    {"500", HTTP_ANSWERED, 500, html, FAULT_IN_DOUBT, FAULT_RETRY},
    {"502", HTTP_ANSWERED, 502, html, FAULT_IN_DOUBT, FAULT_RETRY},
    {"503", HTTP_ANSWERED, 503, "", FAULT_IN_DOUBT, FAULT_RETRY},
    {"504", HTTP_ANSWERED, 504, html, FAULT_IN_DOUBT, FAULT_RETRY},
    {"520", HTTP_ANSWERED, 520, html, FAULT_IN_DOUBT, FAULT_RETRY},
    {"408", HTTP_ANSWERED, 408, html, FAULT_IN_DOUBT, FAULT_RETRY},
    {"429", HTTP_ANSWERED, 429, "", FAULT_RETRY, FAULT_RETRY},
    {"429, truncated", HTTP_LOST, 429, "", FAULT_RETRY, FAULT_RETRY},
    {"400", HTTP_ANSWERED, 400, "{\"message\":\"x is not filterable\"}", FAULT_REFUSED, FAULT_REFUSED},
    {"422", HTTP_ANSWERED, 422, "{\"errors\":{\"a\":\"b\"}}", FAULT_REFUSED, FAULT_REFUSED},
    {"422, truncated", HTTP_LOST, 422, "{\"err", FAULT_REFUSED, FAULT_REFUSED},
    {"404", HTTP_ANSWERED, 404, html, FAULT_REFUSED, FAULT_REFUSED},
    {"405", HTTP_ANSWERED, 405, html, FAULT_REFUSED, FAULT_REFUSED},
    {"409", HTTP_ANSWERED, 409, "", FAULT_REFUSED, FAULT_REFUSED},
    {"401", HTTP_ANSWERED, 401, "", FAULT_DENIED, FAULT_DENIED},
    {"401, truncated", HTTP_LOST, 401, "", FAULT_DENIED, FAULT_DENIED},
    {"403", HTTP_ANSWERED, 403, "", FAULT_DENIED, FAULT_DENIED},
    {"301", HTTP_ANSWERED, 301, html, FAULT_DENIED, FAULT_DENIED},
    {"302", HTTP_ANSWERED, 302, "", FAULT_DENIED, FAULT_DENIED},
};

static struct http_answer answer_of(enum http_end end, int status, const char *body)
{
    return (struct http_answer){
        .end = end,
        .status = status,
        .body = slice_of(body),
        .type = slice_of(body[0] == '<' ? "text/html" : "application/json; charset=utf-8"),
        .date = slice_of("Sun, 06 Nov 1994 08:49:37 GMT"),
        .reset = slice_of(status == 429 ? "784111787" : ""),
        .problem = end == HTTP_ANSWERED ? "" : "the network is made of string",
    };
}

static enum fault_kind judge(const struct http_answer *answer, bool create, struct fault *fault)
{
    struct answer_question question = {.create = create, .action = "create patients", .shard = "au2"};
    scoped(json_destroy) struct json *json = NULL;

    *fault = (struct fault){0};
    return answer_judge(answer, &question, &json, fault) ? FAULT_NONE : fault->kind;
}

Test(answer, is_classified_as_the_reference_says)
{
    for (size_t i = 0; i < array_length(cases); i++) {
        struct http_answer answer = answer_of(cases[i].end, cases[i].status, cases[i].body);
        struct fault fault;
        enum fault_kind create = judge(&answer, true, &fault);

        cr_expect_eq(create, cases[i].create, "%s: got %s, want %s", cases[i].name, fault_kind_name(create),
                     fault_kind_name(cases[i].create));
        cr_expect(!strstr(fault.text, "4711"), "%s: the HTML is shown: %s", cases[i].name, fault.text);
        cr_expect(create == FAULT_NONE || fault.code == cases[i].status, "%s: got code %d", cases[i].name, fault.code);
        cr_expect_eq(judge(&answer, false, &fault), cases[i].repeatable, "%s, repeatable: got %s", cases[i].name,
                     fault_kind_name(fault.kind));
    }
}

Test(answer, of_429_says_how_long)
{
    struct http_answer answer = answer_of(HTTP_ANSWERED, 429, "");
    struct fault fault;

    judge(&answer, true, &fault);
    cr_expect_eq(fault.retry_after_ms, 11000, "got %d", (int)fault.retry_after_ms);
}

Test(answer, texts_say_what_to_do)
{
    struct http_answer answer = answer_of(HTTP_ANSWERED, 401, "");
    struct fault fault;

    judge(&answer, true, &fault);
    cr_expect(strstr(fault.text, "the key is not valid on shard au2"), "got %s", fault.text);
    answer = answer_of(HTTP_ANSWERED, 403, "");
    judge(&answer, true, &fault);
    cr_expect(strstr(fault.text, "create patients"), "got %s", fault.text);
    answer = answer_of(HTTP_ANSWERED, 404, html);
    judge(&answer, true, &fault);
    cr_expect(strstr(fault.text, "text/html"), "got %s", fault.text);
    answer = answer_of(HTTP_NOT_SENT, 0, "");
    judge(&answer, true, &fault);
    cr_expect(strstr(fault.text, "made of string"), "got %s", fault.text);
}

/* API reference 4.1. */
static const struct {
    const char *body;
    const char *reasons;
} refusals[] = {
    {"{\"message\":\"Validation Failed\",\"errors\":{\"first_name\":\"can\xe2\x80\x99t be blank\"}}",
     "first_name: can\xe2\x80\x99t be blank"},
    {"{\"errors\":{\"a\":\"is invalid\",\"b\":\"is not a number\"}}", "a: is invalid; b: is not a number"},
    {"{\"errors\":{\"patient\":null,\"b\":\"x\"}}", "patient: no reason given; b: x"},
    {"{\"errors\":{\"a\":[\"x\",\"y\"]}}", "a: x, y"},
    {"{\"errors\":{\"a\":[]}}", "a: no reason given"},
    {"{\"errors\":{\"a\":{\"b\":\"c\"}}}", "a: a reason that is no text"},
    {"{\"errors\":{\"a\":5}}", "a: a reason that is no text"},
    {"{\"message\":\"must be an object\"}", "must be an object"},
    {"{\"message\":\"m\",\"errors\":{}}", "m"},
    {"{\"message\":\"m\",\"errors\":[]}", "m"},
    {"{\"message\":null}", ""},
    {"[]", ""},
    {"\"text\"", ""},
};

Test(answer, reasons_are_flattened)
{
    for (size_t i = 0; i < array_length(refusals); i++) {
        scoped(json_destroy) struct json *body = NULL;
        struct text out;
        struct fault fault;

        text_init(&out, 1000);
        cr_assert(json_parse(refusals[i].body, strlen(refusals[i].body), &body, &fault));
        answer_put_reasons(body, &out);
        cr_expect_str_eq(text_string(&out), refusals[i].reasons, "%s: got '%s'", refusals[i].body, text_string(&out));
        text_release(&out);
    }
}

Test(answer, long_reasons_are_cut_between_characters)
{
    for (size_t shift = 0; shift < 4; shift++) {
        char body[3000] = "{\"errors\":{\"f\":\"";
        size_t at = strlen(body);
        struct http_answer answer;
        struct fault fault;

        for (size_t i = 0; i < shift; i++)
            body[at++] = 'x';
        for (int i = 0; i < 600; i++, at += 3)
            memcpy(body + at, "\xe2\x80\x99", 3);
        memcpy(body + at, "\"}}", 4);
        answer = answer_of(HTTP_ANSWERED, 422, body);
        cr_expect_eq(judge(&answer, true, &fault), FAULT_REFUSED);
        cr_expect(utf8_valid(fault.text, strlen(fault.text)), "shift %zu: %s", shift, fault.text);
        cr_expect(strlen(fault.text) > 200 && strlen(fault.text) < FAULT_TEXT_SIZE - 60);
    }
}

Test(answer, line_breaks_do_not_reach_the_log)
{
    struct http_answer answer = answer_of(HTTP_ANSWERED, 422, "{\"message\":\"one\\ntwo\\u001b[31m\"}");
    struct fault fault;

    judge(&answer, true, &fault);
    cr_expect(strstr(fault.text, "one two"), "got %s", fault.text);
    cr_expect(!strpbrk(fault.text, "\n\r\x1b"));
}
