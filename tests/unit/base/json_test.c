#include "base/json.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <signal.h>

#include "base/memory.h"

static struct json *parse(const char *text)
{
    struct json *json = NULL;
    struct fault fault = {0};

    cr_assert(json_parse(text, strlen(text), &json, &fault), "'%s': %s", text, fault.text);
    return json;
}

/* Writes what a text parses to; the caller frees it. */
static char *rewritten(const char *text)
{
    scoped(json_destroy) struct json *json = parse(text);
    struct json_writer writer;
    struct text out;

    text_init(&out, 1 << 20);
    json_write_init(&writer, &out);
    json_put_value(&writer, json);
    return text_take(&out);
}

Test(json, comes_out_as_it_went_in)
{
    static const char *const cases[][2] = {
        {"null", "null"},
        {"true", "true"},
        {" false ", "false"},
        {"0", "0"},
        {"-1.5", "-1.5"},
        {"1e3", "1000"},
        {"0.1", "0.1"},
        {"1e300", "1e+300"},
        {"9007199254740991", "9007199254740991"},
        {"-9007199254740991", "-9007199254740991"},
        {"0.30000000000000004", "0.30000000000000004"},
        {"123456789012345.6", "123456789012345.6"},
        {"\"\"", "\"\""},
        {"\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"a\\\"\\\\/\\u0008\\u000c\\n\\r\\t\""},
        {"\"\\u00e9\\ud83e\\uddb7\"", "\"\xC3\xA9\xF0\x9F\xA6\xB7\""},
        {"[]", "[]"},
        {"{}", "{}"},
        {"[1,[2,{\"a\":[]}],\"x\",null]", "[1,[2,{\"a\":[]}],\"x\",null]"},
        {"{\"id\":\"1234567890123456789\",\"\":{\"b\":true}}", "{\"id\":\"1234567890123456789\",\"\":{\"b\":true}}"},
        {"\xEF\xBB\xBF[1]", "[1]"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *got = rewritten(cases[i][0]);

        cr_expect_str_eq(got, cases[i][1], "'%s': got %s, want %s", cases[i][0], got, cases[i][1]);
    }
}

static const struct {
    const char *name;
    const char *text;
} refused[] = {
    {"nothing", ""},
    {"blanks", " \n"},
    {"a word", "nul"},
    {"another word", "nope"},
    {"trailing word", "true x"},
    {"trailing bracket", "[1]]"},
    {"two values", "{} {}"},
    {"trailing comma", "[1,]"},
    {"open array", "[1"},
    {"open object", "{\"a\":1"},
    {"open text", "\"abc"},
    {"open escape", "\"abc\\"},
    {"unknown escape", "\"\\x41\""},
    {"cut escape", "\"\\u12\""},
    {"name without quotes", "{a:1}"},
    {"name without value", "{\"a\"}"},
    {"single quotes", "'a'"},
    {"comment", "[1] // one"},
    {"escaped NUL", "\"a\\u0000b\""},
    {"escaped NUL in a name", "{\"a\\u0000\":1}"},
    {"escaped NUL after a backslash pair", "\"\\\\\\u0000\""},
    {"lone high surrogate", "\"\\ud83e\""},
    {"lone low surrogate", "\"\\uddb7\""},
    {"not UTF-8", "\"\xFF\""},
    {"Latin-1", "\"Ren\xE9\""},
    {"UTF-8 of a surrogate", "\"\xED\xA0\x80\""},
    {"a number beyond all doubles", "1e999"},
    {"such a number inside", "[{\"a\":-1e999}]"},
    {"NaN", "NaN"},
    {"Infinity", "Infinity"},
    {"plus sign", "+1"},
    {"a minus alone", "-"},
};

Test(json, that_is_none_is_refused)
{
    for (size_t i = 0; i < array_length(refused); i++) {
        struct json *json = NULL;
        struct fault fault = {0};

        cr_expect_not(json_parse(refused[i].text, strlen(refused[i].text), &json, &fault), "%s was taken",
                      refused[i].name);
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT, "%s", refused[i].name);
        cr_expect_null(json, "%s: the output was touched", refused[i].name);
        json_destroy(&json);
    }
}

Test(json, escaped_backslash_before_u0000_is_no_nul)
{
    scoped(json_destroy) struct json *json = parse("\"\\\\u0000\"");

    cr_expect_str_eq(json_text(json, ""), "\\u0000");
}

Test(json, with_a_nul_byte_is_refused)
{
    struct json *json = NULL;
    struct fault fault = {0};

    cr_expect_not(json_parse("[1]\0", 4, &json, &fault));
    cr_expect_not(json_parse("\"a\0b\"", 5, &json, &fault));
    cr_expect_not(json_parse(NULL, 0, &json, &fault));
}

Test(json, nests_sixty_four_deep_and_no_deeper)
{
    char text[200];

    for (int depth = 63; depth <= 66; depth++) {
        struct json *json = NULL;
        struct fault fault = {0};
        bool taken = false;

        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        taken = json_parse(text, (size_t)depth * 2, &json, &fault);
        cr_expect_eq(taken, depth <= 64, "%d deep: got %d", depth, taken);
        json_destroy(&json);
    }
}

Test(json, brackets_in_texts_do_not_count_as_depth)
{
    struct text text;
    scoped(json_destroy) struct json *json = NULL;

    text_init(&text, 1000);
    text_putc(&text, '"');
    for (int i = 0; i < 200; i++)
        text_puts(&text, "[{");
    text_putc(&text, '"');
    json = parse(text_string(&text));
    cr_expect(json_is_text(json));
    text_release(&text);
}

/* A whole value that is cut anywhere is none; nothing is read behind the cut (under AddressSanitizer). */
Test(json, cut_anywhere_is_refused)
{
    static const char whole[] = "{\"a\\n\":[1,-2.5e3,\"\\u00e9\xC3\xA9\",null,true],\"b\":{\"c\":\"\"}}";

    for (size_t size = 0; size < sizeof whole - 1; size++) {
        char *copy = malloc(size + !size);
        struct json *json = NULL;
        struct fault fault = {0};

        memcpy(copy, whole, size);
        cr_expect_not(json_parse(copy, size, &json, &fault), "cut to %zu was taken", size);
        json_destroy(&json);
        free(copy);
    }
}

Test(json, look_ups_chain_over_what_is_not_there)
{
    scoped(json_destroy) struct json *json = parse("{\"a\":{\"b\":[10,20]},\"n\":null}");
    const struct json *list = json_member(json_member(json, "a"), "b");

    cr_expect_eq(json_count(list), 2);
    cr_expect(json_number(json_at(list, 1), 0) == 20);
    cr_expect_null(json_at(list, 2));
    cr_expect_null(json_at(list, SIZE_MAX));
    cr_expect_null(json_at(list, (size_t)1 << 32));
    cr_expect_null(json_member(json, "A"), "names must keep their case");
    cr_expect_null(json_member(json_member(json_member(json, "x"), "y"), "z"));
    cr_expect_null(json_member(list, "a"));
    cr_expect_null(json_at(json, 0));
    cr_expect(json_is_null(json_member(json, "n")));
    cr_expect_not(json_is_null(json_member(json, "x")));
    cr_expect_eq(json_count(NULL), 0);
    cr_expect_null(json_first(NULL));
    cr_expect_null(json_next(NULL));
    cr_expect_null(json_name(NULL));
}

Test(json, members_are_walked_in_order)
{
    scoped(json_destroy) struct json *json = parse("{\"one\":1,\"two\":2,\"three\":3}");
    struct text names;

    text_init(&names, 100);
    for (const struct json *member = json_first(json); member; member = json_next(member))
        text_printf(&names, "%s=%.0f ", json_name(member), json_number(member, 0));
    cr_expect_str_eq(text_string(&names), "one=1 two=2 three=3 ");
    text_release(&names);
}

Test(json, of_two_members_with_one_name_the_first_counts)
{
    scoped(json_destroy) struct json *json = parse("{\"a\":1,\"A\":2,\"a\":3}");

    cr_expect(json_number(json_member(json, "a"), 0) == 1);
    cr_expect(json_number(json_member(json, "A"), 0) == 2);
    cr_expect_eq(json_count(json), 3);
}

Test(json, values_of_another_type_give_the_fallback)
{
    scoped(json_destroy) struct json *json = parse("{\"text\":\"7\",\"number\":7,\"yes\":true}");

    cr_expect_str_eq(json_text(json_member(json, "text"), "-"), "7");
    cr_expect_str_eq(json_text(json_member(json, "number"), "-"), "-");
    cr_expect(json_number(json_member(json, "text"), -1) == -1);
    cr_expect(json_bool(json_member(json, "number"), false) == false);
    cr_expect(json_bool(json_member(json, "yes"), false) == true);
    cr_expect_null(json_text(NULL, NULL));
}

Test(json, ids_of_nineteen_digits_stay_what_they_are)
{
    scoped(string_free) char *got = rewritten("{\"id\":\"9223372036854775807\"}");

    cr_expect_str_eq(got, "{\"id\":\"9223372036854775807\"}");
}

Test(json, needs_say_where_and_what)
{
    scoped(json_destroy) struct json *json =
        parse("{\"id\":5,\"name\":\"x\",\"list\":[],\"half\":1.5,\"big\":9007199254740993,\"o\":{}}");
    const char *text = NULL;
    const struct json *object = NULL;
    struct fault fault = {0};
    int64_t number = -1;

    cr_expect_not(json_need_text(json, "patients[3]", "id", &text, &fault));
    cr_expect_str_eq(fault.text, "patients[3].id: not a text");
    cr_expect_not(json_need_text(json, "", "none", &text, &fault));
    cr_expect_str_eq(fault.text, "none: missing");
    cr_expect(json_need_text(json, "", "name", &text, &fault));
    cr_expect_str_eq(text, "x");
    cr_expect_not(json_need_object(json, "a", "list", &object, &fault));
    cr_expect_str_eq(fault.text, "a.list: not an object");
    cr_expect(json_need_object(json, "a", "o", &object, &fault));
    cr_expect(json_need_integer(json, "", "id", 5, 5, &number, &fault));
    cr_expect_eq(number, 5);
    number = -1;
    cr_expect_not(json_need_integer(json, "", "id", 6, 9, &number, &fault));
    cr_expect_str_eq(fault.text, "id: not a whole number from 6 to 9");
    cr_expect_not(json_need_integer(json, "", "id", 0, 4, &number, &fault));
    cr_expect_not(json_need_integer(json, "", "half", 0, 9, &number, &fault));
    cr_expect_not(json_need_integer(json, "", "name", 0, 9, &number, &fault));
    cr_expect_not(json_need_integer(json, "", "none", 0, 9, &number, &fault));
    cr_expect_not(json_need_integer(json_member(json, "list"), "", "x", 0, 9, &number, &fault));
    cr_expect_eq(number, -1, "the output was touched");
}

Test(json, whole_numbers_are_exact_or_refused)
{
    static const struct {
        const char *text;
        bool taken;
        int64_t want;
    } cases[] = {
        {"{\"n\":9007199254740991}", true, 9007199254740991},
        {"{\"n\":-9007199254740991}", true, -9007199254740991},
        {"{\"n\":9007199254740993}", false, 0},
        {"{\"n\":9223372036854775807}", false, 0},
        {"{\"n\":1e20}", false, 0},
        {"{\"n\":-0}", true, 0},
        {"{\"n\":1e3}", true, 1000},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(json_destroy) struct json *json = parse(cases[i].text);
        struct fault fault = {0};
        int64_t got = 0;
        bool taken = json_need_integer(json, "", "n", INT64_MIN, INT64_MAX, &got, &fault);

        cr_expect_eq(taken, cases[i].taken, "%s: got %d, %" PRId64, cases[i].text, taken, got);
        cr_expect_eq(got, cases[i].want, "%s: got %" PRId64, cases[i].text, got);
    }
}

static char *written_text(const char *data, size_t size)
{
    struct json_writer writer;
    struct text out;

    text_init(&out, 1000);
    json_write_init(&writer, &out);
    json_put_slice(&writer, (struct slice){data, size});
    return text_take(&out);
}

Test(writer, escapes_what_json_does_not_allow)
{
    static const struct {
        const char *name;
        const char *data;
        size_t size;
        const char *want;
    } cases[] = {
        {"plain", "abc", 3, "\"abc\""},
        {"empty", "", 0, "\"\""},
        {"quotes", "a\"b\\", 4, "\"a\\\"b\\\\\""},
        {"controls", "\x01\x1F\n\r\t\x7F", 6, "\"\\u0001\\u001f\\n\\r\\t\\u007f\""},
        {"a NUL inside", "a\0b", 3, "\"a\\u0000b\""},
        {"UTF-8 as it is", "\xC3\xA9\xF0\x9F\xA6\xB7", 6, "\"\xC3\xA9\xF0\x9F\xA6\xB7\""},
        {"bad bytes alone are replaced", "\xC3\xA9\xFF\xC3\xA9", 5, "\"\xC3\xA9\xEF\xBF\xBD\xC3\xA9\""},
        {"Latin-1", "Ren\xE9", 4, "\"Ren\xEF\xBF\xBD\""},
        {"cut character", "a\xE2\x82", 3, "\"a\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"bad byte before a quote", "\xFF\"", 2, "\"\xEF\xBF\xBD\\\"\""},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *got = written_text(cases[i].data, cases[i].size);

        cr_expect_str_eq(got, cases[i].want, "%s: got %s, want %s", cases[i].name, got, cases[i].want);
    }
}

Test(writer, puts_commas_where_they_belong)
{
    struct json_writer writer;
    struct text out;

    text_init(&out, 1000);
    json_write_init(&writer, &out);
    json_begin_object(&writer);
    json_member_text(&writer, "a", "x");
    json_member_text(&writer, "none", NULL);
    json_key(&writer, "list");
    json_begin_array(&writer);
    json_put_integer(&writer, INT64_MAX);
    json_put_integer(&writer, INT64_MIN);
    json_begin_array(&writer);
    json_end_array(&writer);
    json_begin_object(&writer);
    json_end_object(&writer);
    json_put_raw(&writer, slice_of("{\"raw\":1}"));
    json_put_null(&writer);
    json_end_array(&writer);
    json_member_integer(&writer, "n", -1);
    json_member_bool(&writer, "b", true);
    json_key(&writer, "d");
    json_put_number(&writer, 0.5);
    json_end_object(&writer);
    cr_expect_str_eq(text_string(&out),
                     "{\"a\":\"x\",\"none\":null,\"list\":[9223372036854775807,-9223372036854775808,"
                     "[],{},{\"raw\":1},null],\"n\":-1,\"b\":true,\"d\":0.5}",
                     "got %s", text_string(&out));
    text_release(&out);
}

Test(writer, numbers_come_back_as_the_same_double)
{
    static const double cases[] = {0.1,
                                   1.0 / 3,
                                   2.0 / 3,
                                   1e15,
                                   1e15 + 0.5,
                                   1e16,
                                   9007199254740991.0,
                                   5e-324,
                                   1e-7,
                                   1.7976931348623157e308,
                                   123456789.123456789,
                                   -0.30000000000000004};

    for (size_t i = 0; i < array_length(cases); i++) {
        struct json_writer writer;
        struct text out;
        scoped(json_destroy) struct json *json = NULL;

        text_init(&out, 100);
        json_write_init(&writer, &out);
        json_put_number(&writer, cases[i]);
        json = parse(text_string(&out));
        cr_expect(json_number(json, 0) == cases[i], "%.17g: got %s", cases[i], text_string(&out));
        text_release(&out);
    }
}

Test(writer, does_not_take_what_is_no_number, .signal = SIGABRT)
{
    struct json_writer writer;
    struct text out;

    text_init(&out, 100);
    json_write_init(&writer, &out);
    json_put_number(&writer, 1e308 * 10);
}
