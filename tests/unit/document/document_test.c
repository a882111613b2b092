#include "document/document.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "document/document_build.h"
#include "document_fixture.h"

static const struct shown_case lines[] = {
    {"line ends of every kind", "a\nb\r\nc\rd\fe", "a|b|c|d|e"},
    {"empty lines", "a\n\n\nb\n", "a|||b"},
    {"one line", "a", "a"},
    {"Windows-1252", "caf\xE9 \x96 5\x80", "café – 5€"},
    {"UTF-8 with a mark",
     "\xEF\xBB\xBF"
     "π",
     "π"},
    {"control characters",
     "a\x01\x02"
     "b\tc\x7F"
     "d",
     "ab\tcd"},
    {"nothing", "", ""},
};

Test(document, shows_plain_text)
{
    check_shown(lines, array_length(lines), DOCUMENT_PLAIN);
}

Test(document, shows_utf16)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *want;
    } cases[] = {
        {"\xFF\xFE"
         "a\0\n\0\xC0\x03",
         8, "a|π"},
        {"\xFE\xFF"
         "\0a\0\n\x03\xC0",
         8, "a|π"},
        {"a\0b\0c\0d\0", 8, "abcd"},
        {"\0a\0b\0c\0d", 8, "abcd"},
        {"\xFF\xFE\x3D\xD8\0\xDE", 6, "😀"},
        {"\xFF\xFE\x3D\xD8", 4, "\uFFFD"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *got = shown((struct slice){cases[i].bytes, cases[i].size}, DOCUMENT_PLAIN);

        cr_expect_str_eq(got, cases[i].want, "case %zu: got '%s', want '%s'", i, got, cases[i].want);
    }
}

Test(document, refuses_formats_that_hold_no_text_it_can_read)
{
    scoped(string_free) char *pdf = shown(slice_of("%PDF-"), DOCUMENT_PDF);
    scoped(string_free) char *doc = shown(slice_of("x"), DOCUMENT_DOC);
    scoped(string_free) char *empty = shown(slice_of("  "), DOCUMENT_EMPTY);

    cr_expect_str_eq(pdf, "! text cannot be read out of PDF; keep the file as it is", "got %s", pdf);
    cr_expect_str_eq(doc, "! text cannot be read out of DOC; keep the file as it is", "got %s", doc);
    cr_expect_str_eq(empty, "", "got %s", empty);
}

Test(document, refuses_what_is_too_large)
{
    struct slice bytes = {"", (size_t)DOCUMENT_BYTES_MAX + 1};
    scoped(string_free) char *got = shown(bytes, DOCUMENT_RTF);

    cr_expect_str_eq(got, "! the document has 268435457 bytes; up to 268435456 are read", "got %s", got);
}

/* Paragraphs and pictures in their order: a picture within a paragraph parts its text, and joins it in plain text. */
Test(document, keeps_pictures_in_their_place)
{
    struct document *document = document_new();
    struct text text = {0};
    struct picture picture = {.format = PICTURE_PNG, .bytes = x_alloc(1), .size = 1};
    struct picture second = {.format = PICTURE_GIF, .bytes = x_alloc(1), .size = 1};

    document_end_paragraph(document);
    document_puts(document, "see ");
    document_put_picture(document, picture);
    document_puts(document, " here");
    document_end_paragraph(document);
    document_put_picture(document, second);
    document_end_paragraph(document);
    document_puts(document, "end");
    document_end_paragraph(document);
    document_end_paragraph(document);
    cr_assert_eq(document_block_count(document), 7, "got %zu", document_block_count(document));
    cr_expect(slice_equals(document_block_at(document, 0).text, ""));
    cr_expect(document_block_at(document, 0).text.data != NULL);
    cr_expect(slice_equals(document_block_at(document, 1).text, "see "));
    cr_expect_eq(document_block_at(document, 2).picture->format, PICTURE_PNG);
    cr_expect(document_block_at(document, 2).text.data == NULL);
    cr_expect(slice_equals(document_block_at(document, 3).text, "here"));
    cr_expect_eq(document_block_at(document, 4).picture->format, PICTURE_GIF);
    cr_expect(slice_equals(document_block_at(document, 5).text, "end"));
    cr_expect_eq(document_picture_count(document), 2);
    text_init(&text, 100);
    text_puts(&text, "> ");
    document_put_text(document, &text);
    cr_expect_str_eq(text_string(&text), "> see  here\n\nend", "got '%s'", text_string(&text));
    text_release(&text);
    document_destroy(&document);
}

Test(document, puts_text_without_blank_lines_at_its_ends)
{
    static const struct {
        const char *text;
        const char *want;
    } cases[] = {{"\n \na\n\nb\n\n", "a\n\nb"}, {"", ""}, {"\n\n", ""}, {"a", "a"}, {"\ta\nb ", "\ta\nb "}};

    for (size_t i = 0; i < array_length(cases); i++) {
        struct document *document = document_of_text(slice_of(cases[i].text));
        struct text text = {0};

        text_init(&text, 100);
        document_put_text(document, &text);
        cr_expect_str_eq(text_string(&text), cases[i].want, "case %zu: got '%s', want '%s'", i, text_string(&text),
                         cases[i].want);
        text_release(&text);
        document_destroy(&document);
    }
}
