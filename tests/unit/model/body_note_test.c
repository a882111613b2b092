/* Bodies of notes and files: titles, descriptions, and the content that Cliniko takes (API reference 5.16, 5.18). */
#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "built.h"
#include "model/body.h"
#include "model/letters.h"

enum { BODY_CAP = 4 * 1024 * 1024, ANSWER_MOST = 60000 };

static const struct body_ids ids = {.of = {[ENTITY_PATIENT] = "1800000000000000001"}};

static struct json *parse(const char *text)
{
    struct json *json = NULL;
    struct fault fault = {0};

    cr_assert(json_parse(text, strlen(text), &json, &fault), "%s: %s", text, fault.text);
    return json;
}

static struct json *note_of(const char *payload_text, const char *plain_text)
{
    scoped(json_destroy) struct json *payload = parse(payload_text);
    struct fault fault = {0};
    struct json *note = NULL;
    struct text out;

    text_init(&out, BODY_CAP);
    cr_assert(body_write_note("FD-N7", payload, &ids, slice_of(plain_text), &out, &fault), "%s", fault.text);
    cr_assert(!out.overflowed);
    note = parse(text_string(&out));
    text_release(&out);
    return note;
}

static const struct json *question_of(const struct json *note, size_t section)
{
    const struct json *sections = json_member(json_member(note, "content"), "sections");

    return json_at(json_member(json_at(sections, section), "questions"), 0);
}

static const char *answer_of(const struct json *note, size_t section)
{
    return json_text(json_member(question_of(note, section), "answer"), NULL);
}

static size_t section_count(const struct json *note)
{
    return json_count(json_member(json_member(note, "content"), "sections"));
}

Test(body_note, is_one_paragraph)
{
    scoped(json_destroy) struct json *payload = parse("{\"dated\":\"2024-03-01 09:30\",\"author\":\"Dr Jane Lee\","
                                                      "\"title\":\"Initial visit\",\"draft\":false}");
    static const char want[] = "{\"patient_id\":\"1800000000000000001\",\"booking_id\":\"1800000000000000009\","
                               "\"title\":\"2024-03-01 09:30, Dr Jane Lee: Initial visit [FD-N7]\",\"draft\":false,"
                               "\"content\":{\"sections\":[{\"questions\":[{\"name\":\"Note\",\"type\":\"paragraph\","
                               "\"answer\":\"<div>Pain 3/10.</div><div><br></div><div>Better.</div>\"}]}]}}";
    struct body_ids with_visit = ids;
    struct fault fault = {0};
    struct text out;

    text_init(&out, BODY_CAP);
    with_visit.of[ENTITY_APPOINTMENT] = "1800000000000000009";
    cr_assert(body_write_note("FD-N7", payload, &with_visit, slice_of("\nPain 3/10.\n\nBetter.\n"), &out, &fault));
    cr_expect_str_eq(text_string(&out), want, "got %s, want %s", text_string(&out), want);
    text_clear(&out);
    cr_expect(!body_write_note("FD-N7", payload, &(struct body_ids){.of = {NULL}}, slice_of("x"), &out, &fault));
    cr_expect_eq(fault.kind, FAULT_REFUSED);
    cr_expect_str_eq(fault.text, "its patient is not in Cliniko");
    text_release(&out);
}

Test(body_note, writes_text_as_cliniko_permits)
{
    static const struct {
        const char *text;
        const char *want;
    } cases[] = {
        {"a < b && c > d \"e\" 'f'", "<div>a &lt; b &amp;&amp; c &gt; d \"e\" 'f'</div>"},
        {"<script>x</script>", "<div>&lt;script&gt;x&lt;/script&gt;</div>"},
        {"&amp;", "<div>&amp;amp;</div>"},
        {"a\r\nb\rc\nd\fe", "<div>a</div><div>b</div><div>c</div><div>d</div><div>e</div>"},
        {"a\n \t\nb", "<div>a</div><div><br></div><div>b</div>"},
        {"a\tb\t\tc", "<div>a\u00A0\u00A0\u00A0\u00A0b\u00A0\u00A0\u00A0\u00A0\u00A0\u00A0\u00A0\u00A0c</div>"},
        {"a   b\n  c d", "<div>a\u00A0\u00A0 b</div><div>\u00A0 c d</div>"},
        {"a\x01\x07z\x7F", "<div>az</div>"},
        {"Größe 日本語 \U0001F642", "<div>Größe 日本語 \U0001F642</div>"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(json_destroy) struct json *note = note_of("{}", cases[i].text);
        const char *got = answer_of(note, 0);

        cr_expect(got && strcmp(got, cases[i].want) == 0, "got %s, want %s", got, cases[i].want);
    }
}

Test(body_note, without_text_has_no_answer)
{
    static const char *const texts[] = {"", " ", "\n\r\n \t", "\u00A0\n"};

    for (size_t i = 0; i < array_length(texts); i++) {
        scoped(json_destroy) struct json *note = note_of("{}", texts[i]);

        cr_expect_eq(section_count(note), 1);
        cr_expect_str_eq(json_text(json_member(question_of(note, 0), "type"), "?"), "paragraph");
        cr_expect_null(json_member(question_of(note, 0), "answer"), "an answer that is empty is refused by Cliniko");
    }
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    for (; *text; text++)
        count += strncmp(text, part, strlen(part)) == 0;
    return count;
}

/* 11 characters of markup around a line leave 59,989 for its text. */
Test(body_note, of_60001_characters_is_divided)
{
    scoped(string_free) char *fits = repeated("é", ANSWER_MOST - 11);
    scoped(string_free) char *beyond = repeated("é", ANSWER_MOST + 1);
    scoped(json_destroy) struct json *whole = note_of("{}", fits);
    scoped(json_destroy) struct json *divided = note_of("{}", beyond);

    cr_expect_eq(section_count(whole), 1, "got %zu sections", section_count(whole));
    cr_expect_eq(utf8_length(slice_of(answer_of(whole, 0))), ANSWER_MOST);
    cr_expect_null(json_member(json_at(json_member(json_member(whole, "content"), "sections"), 0), "name"));
    cr_assert_eq(section_count(divided), 2, "got %zu sections", section_count(divided));
    cr_expect_eq(utf8_length(slice_of(answer_of(divided, 0))), ANSWER_MOST);
    cr_expect_eq(count_of(answer_of(divided, 0), "é") + count_of(answer_of(divided, 1), "é"), ANSWER_MOST + 1);
    for (size_t i = 0; i < 2; i++) {
        scoped(string_free) char *want = x_sprintf("Part %zu of 2", i + 1);
        const struct json *section = json_at(json_member(json_member(divided, "content"), "sections"), i);

        cr_expect_str_eq(json_text(json_member(section, "name"), "?"), want);
    }
}

Test(body_note, is_divided_between_lines)
{
    scoped(string_free) char *line = repeated("x", 100 - 11);
    scoped(string_free) char *with_end = x_sprintf("%s\n", line);
    scoped(string_free) char *text = repeated(with_end, 1500);
    scoped(json_destroy) struct json *note = note_of("{}", text);

    cr_assert_eq(section_count(note), 3, "got %zu sections", section_count(note));
    cr_expect_eq(count_of(answer_of(note, 0), "<div>"), 600);
    cr_expect_eq(count_of(answer_of(note, 1), "<div>"), 600);
    cr_expect_eq(count_of(answer_of(note, 2), "<div>"), 300);
    cr_expect_eq(strlen(answer_of(note, 0)), ANSWER_MOST, "got %zu", strlen(answer_of(note, 0)));
}

/* Whatever is in a long line, nothing is lost, no answer is too long and no reference is cut in two. */
Test(body_note, of_one_long_line_is_divided_between_words)
{
    static const struct {
        const char *word;
        const char *markup;
    } cases[] = {{"word ", "word"}, {"&", "&amp;"}, {"<b>& ", "&lt;b&gt;&amp;"}, {"日本語", "語"}, {"\t", "\u00A0"}};
    enum { WORDS = 40000 };

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *words = repeated(cases[i].word, WORDS);
        scoped(string_free) char *text = x_sprintf("first\n%s.\nlast", words);
        scoped(json_destroy) struct json *note = note_of("{}", text);
        size_t found = 0;

        for (size_t section = 0; section < section_count(note); section++) {
            const char *answer = answer_of(note, section);
            size_t size = strlen(answer);

            cr_expect_leq(utf8_length(slice_of(answer)), ANSWER_MOST);
            cr_expect(strncmp(answer, "<div>", 5) == 0 && strcmp(answer + size - 6, "</div>") == 0, "not whole lines");
            cr_expect_eq(count_of(answer, "<div>"), count_of(answer, "</div>"));
            cr_expect_eq(count_of(answer, "&"), count_of(answer, ";"), "a reference is cut");
            cr_expect(utf8_valid(answer, size), "a character is cut");
            found += count_of(answer, cases[i].markup);
        }
        cr_expect_eq(found, WORDS * (cases[i].word[0] == '\t' ? 4 : 1), "%s: got %zu", cases[i].word, found);
    }
}

static void expect_title(const char *payload_text, const char *want)
{
    scoped(json_destroy) struct json *payload = parse(payload_text);
    struct text title;

    text_init(&title, 10000);
    body_note_title("FD-N7", payload, &title);
    cr_expect_str_eq(text_string(&title), want, "%s: got '%s', want '%s'", payload_text, text_string(&title), want);
    text_release(&title);
}

Test(body_note, title_has_no_loose_punctuation)
{
    expect_title("{\"dated\":\"2024-03-01\",\"author\":\"Dr Lee\",\"title\":\"Visit\"}",
                 "2024-03-01, Dr Lee: Visit [FD-N7]");
    expect_title("{\"dated\":\"2024-03-01\",\"title\":\"Visit\"}", "2024-03-01: Visit [FD-N7]");
    expect_title("{\"author\":\"Dr Lee\",\"title\":\"Visit\"}", "Dr Lee: Visit [FD-N7]");
    expect_title("{\"dated\":\"2024-03-01\",\"author\":\"Dr Lee\"}", "2024-03-01, Dr Lee [FD-N7]");
    expect_title("{\"dated\":\"2024-03-01\"}", "2024-03-01 [FD-N7]");
    expect_title("{\"title\":\"Visit\"}", "Visit [FD-N7]");
    expect_title("{}", "[FD-N7]");
}

Test(body_note, title_is_cut_before_the_marker_and_stands_whole_in_the_text)
{
    scoped(string_free) char *long_title = repeated("é", 300);
    scoped(string_free) char *payload = x_sprintf("{\"dated\":\"2024-03-01\",\"title\":\"%s\"}", long_title);
    scoped(string_free) char *rest = repeated("é", 255 - 12 - 1 - 8);
    scoped(string_free) char *want = x_sprintf("2024-03-01: %s… [FD-N7]", rest);
    scoped(string_free) char *want_answer = x_sprintf("<div>2024-03-01: %s</div><div>Better.</div>", long_title);
    scoped(json_destroy) struct json *note = note_of(payload, "Better.");
    const char *title = json_text(json_member(note, "title"), "");

    cr_expect_str_eq(title, want, "got %s, want %s", title, want);
    cr_expect_eq(utf8_length(slice_of(title)), 255, "got %zu", utf8_length(slice_of(title)));
    cr_expect_str_eq(answer_of(note, 0), want_answer, "got %s, want %s", answer_of(note, 0), want_answer);
}

Test(body_note, begins_with_what_could_not_be_read)
{
    scoped(json_destroy) struct json *note = note_of("{\"notes\":\"Author as recorded: #17\"}", "Better.");

    cr_expect_str_eq(answer_of(note, 0), "<div>Author as recorded: #17</div><div>Better.</div>");
}

static void expect_description(enum entity entity, const char *payload_text, const char *want)
{
    scoped(json_destroy) struct json *payload = parse(payload_text);
    struct text description;

    text_init(&description, 10000);
    body_description(entity, "FD-F7", payload, &description);
    cr_expect_str_eq(text_string(&description), want, "%s: got '%s', want '%s'", payload_text,
                     text_string(&description), want);
    text_release(&description);
}

Test(body_note, description_says_what_a_file_is)
{
    expect_description(ENTITY_ATTACHMENT,
                       "{\"file_name\":\"knee (1).pdf\",\"description\":\"MRI\",\"category\":\"Imaging\","
                       "\"dated\":\"2023-05-01\"}",
                       "knee (1).pdf, MRI, Imaging, 2023-05-01 [FD-F7]");
    expect_description(ENTITY_ATTACHMENT, "{\"file_name\":\"a.pdf\",\"description\":\"a.pdf\"}", "a.pdf [FD-F7]");
    expect_description(ENTITY_ATTACHMENT, "{}", "[FD-F7]");
    expect_description(ENTITY_ATTACHMENT, "{\"dated\":\"2023-05-01\"}", "2023-05-01 [FD-F7]");
    expect_description(ENTITY_ATTACHMENT, "{\"file_name\":\"a.pdf\",\"notes\":\"Dated as recorded: 31/2\\nx: y\"}",
                       "a.pdf, Dated as recorded: 31/2 x: y [FD-F7]");
    expect_description(ENTITY_XRAY,
                       "{\"description\":\"Left knee\",\"author\":\"Dr Roe\",\"file_name\":\"k.jpg\","
                       "\"dated\":\"2021-03-04\"}",
                       "X-ray: Left knee, Dr Roe, k.jpg, 2021-03-04 [FD-F7]");
    expect_description(ENTITY_XRAY, "{\"dated\":\"2021-03-04\"}", "X-ray, 2021-03-04 [FD-F7]");
    expect_description(ENTITY_LETTER,
                       "{\"description\":\"Referral\",\"recipient\":\"Dr Smith\",\"author\":\"Dr Lee\","
                       "\"dated\":\"2022-02-02\"}",
                       "Letter: Referral, to Dr Smith, from Dr Lee, 2022-02-02 [FD-F7]");
    expect_description(ENTITY_NOTE_DOCUMENT,
                       "{\"title\":\"Initial visit\",\"author\":\"Dr Lee\",\"dated\":\"2024-03-01 09:30\"}",
                       "Clinical note: Initial visit, Dr Lee, 2024-03-01 09:30 [FD-F7]");
}

Test(body_note, description_keeps_date_and_marker_where_it_is_cut)
{
    scoped(string_free) char *name = repeated("é", 240);
    scoped(string_free) char *payload = x_sprintf("{\"file_name\":\"%s\",\"dated\":\"2023-05-01\"}", name);
    scoped(string_free) char *cut = repeated("é", 255 - 8 - 12 - 1);
    scoped(string_free) char *want = x_sprintf("%s…, 2023-05-01 [FD-F7]", cut);
    scoped(string_free) char *fitting = repeated("é", 255 - 8 - 12);
    scoped(string_free) char *fitting_payload = x_sprintf("{\"file_name\":\"%s\",\"dated\":\"2023-05-01\"}", fitting);
    scoped(string_free) char *fitting_want = x_sprintf("%s, 2023-05-01 [FD-F7]", fitting);

    expect_description(ENTITY_ATTACHMENT, payload, want);
    cr_expect_eq(utf8_length(slice_of(want)), 255);
    expect_description(ENTITY_ATTACHMENT, fitting_payload, fitting_want);
    cr_expect_eq(utf8_length(slice_of(fitting_want)), 255);
}

Test(body_note, attachment_names_its_upload)
{
    scoped(json_destroy) struct json *payload =
        parse("{\"file_name\":\"a.pdf\",\"content\":{\"locator\":\"x\",\"size\":1}}");
    static const char want[] = "{\"patient_id\":\"1800000000000000001\",\"description\":\"a.pdf [FD-F7]\","
                               "\"upload_url\":\"https://b.s3.amazonaws.com/1/a.pdf\"}";
    struct fault fault = {0};
    struct text out;

    text_init(&out, BODY_CAP);
    cr_assert(body_write_attachment(ENTITY_ATTACHMENT, "FD-F7", payload, &ids, "https://b.s3.amazonaws.com/1/a.pdf",
                                    &out, &fault));
    cr_expect_str_eq(text_string(&out), want, "got %s, want %s", text_string(&out), want);
    cr_expect(
        !body_write_attachment(ENTITY_LETTER, "FD-F7", payload, &(struct body_ids){.of = {NULL}}, "u", &out, &fault));
    cr_expect_eq(fault.kind, FAULT_REFUSED);
    text_release(&out);
}

Test(body_note, marker_is_the_key_in_brackets)
{
    struct text marker;

    text_init(&marker, 100);
    body_marker("FD-C12/3", &marker);
    cr_expect_str_eq(text_string(&marker), "[FD-C12/3]");
    text_release(&marker);
}
