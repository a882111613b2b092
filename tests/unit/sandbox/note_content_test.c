#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "sandbox/note_content.h"

enum { KEPT_MAX = 1024 * 1024 };

Test(note_content, html_is_reduced_to_what_is_permitted)
{
    static const struct {
        const char *html;
        const char *want;
    } cases[] = {
        {"<div>one</div><div><br></div>", "<div>one</div><div><br></div>"},
        {"a\r\nb\tc", "abc"},
        {"<DIV class=\"x\">a</DIV>", "<div>a</div>"},
        {"<script>alert(1)</script>", "alert(1)"},
        {"<p onclick=\"x\">a &amp; b</p>", "<p>a &amp; b</p>"},
        {"<a href=\"https://example.com/x\" target=\"_blank\">l</a>", "<a href=\"https://example.com/x\">l</a>"},
        {"<a href=\"javascript:x\">l</a>", "<a>l</a>"},
        {"1 < 2 and 3 > 2", "1 &lt; 2 and 3 > 2"},
        {"<b><i><u><h1><h2><ul><ol><li><blockquote>", "<b><i><u><h1><h2><ul><ol><li><blockquote>"},
        {"<h3>x</h3><span>y</span><!-- z -->", "xy"},
        {"<br/>", "<br>"},
        {"<unfinished", "&lt;unfinished"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct text kept;

        text_init(&kept, KEPT_MAX);
        note_html_clean(cases[i].html, &kept);
        cr_expect_str_eq(text_string(&kept), cases[i].want, "%s: got %s", cases[i].html, text_string(&kept));
        text_release(&kept);
    }
}

#define QUESTION(members) "{\"sections\":[{\"questions\":[{\"name\":\"n\"," members "}]}]}"

Test(note_content, the_grammar_is_kept)
{
    static const struct {
        const char *content;
        const char *problem; /* NULL: good */
    } cases[] = {
        {"{\"sections\":[{\"name\":\"a\",\"description\":null}]}", NULL},
        {QUESTION("\"type\":\"paragraph\""), NULL},
        {QUESTION("\"type\":\"paragraph\",\"answer\":\"<div>x</div>\""), NULL},
        {QUESTION("\"type\":\"date\",\"answer\":\"2026-03-01\""), NULL},
        {QUESTION("\"type\":\"radiobuttons\",\"answers\":[{\"value\":\"a\",\"selected\":true},{\"value\":\"b\"}]"),
         NULL},
        {QUESTION(
             "\"type\":\"checkboxes\",\"answers\":[{\"value\":\"a\"}],\"other\":{\"enabled\":true,\"selected\":true,"
             "\"value\":\"x\"}"),
         NULL},
        {"5", "'sections'"},
        {"{}", "'sections'"},
        {"{\"sections\":[]}", "'sections'"},
        {"{\"sections\":[5]}", "'sections'"},
        {"{\"sections\":[{\"questions\":[]}]}", "'questions'"},
        {"{\"sections\":[{\"questions\":[{\"type\":\"text\"}]}]}", "'name'"},
        {QUESTION("\"type\":\"essay\""), "'type'"},
        {QUESTION("\"answer\":\"x\""), "'type'"},
        {QUESTION("\"type\":\"text\",\"answer\":\"\""), "'answer'"},
        {QUESTION("\"type\":\"text\",\"answer\":5"), "'answer'"},
        {QUESTION("\"type\":\"checkboxes\",\"answer\":\"x\""), "'answer'"},
        {QUESTION("\"type\":\"date\",\"answer\":\"1 March\""), "date"},
        {QUESTION("\"type\":\"checkboxes\",\"answers\":[]"), "'answers'"},
        {QUESTION("\"type\":\"text\",\"answers\":[{\"value\":\"a\"}]"), "'answers'"},
        {QUESTION("\"type\":\"checkboxes\",\"answers\":[{\"value\":\"a\",\"selected\":false}]"), "'selected'"},
        {QUESTION("\"type\":\"radiobuttons\",\"answers\":[{\"selected\":true},{\"selected\":true}]"), "more than one"},
        {QUESTION("\"type\":\"checkboxes\",\"other\":{\"enabled\":false,\"selected\":true}"), "'other'"},
        {QUESTION("\"type\":\"checkboxes\",\"other\":{\"enabled\":true,\"value\":\"x\"}"), "'other'"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(json_destroy) struct json *json = NULL;
        const char *problem = NULL;
        struct fault fault;
        struct text kept;
        bool good = false;

        text_init(&kept, KEPT_MAX);
        cr_assert(json_parse(cases[i].content, strlen(cases[i].content), &json, &fault), "%s", cases[i].content);
        good = note_content_check(json, &kept, &problem);
        cr_expect_eq(good, !cases[i].problem, "%s: %s", cases[i].content, problem);
        if (good)
            cr_expect_str_eq(text_string(&kept), cases[i].content);
        else if (cases[i].problem)
            cr_expect(strstr(problem, cases[i].problem), "%s: got '%s', want '%s'", cases[i].content, problem,
                      cases[i].problem);
        text_release(&kept);
    }
}
