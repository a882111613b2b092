#include "base/text.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "base/memory.h"

/* What holds of every buffer, whatever was done to it. */
static void text_sane(const struct text *text)
{
    cr_assert(text->size <= text->cap, "size %zu above cap %zu", text->size, text->cap);
    if (text->data) {
        cr_assert(text->size < text->room, "size %zu, room %zu", text->size, text->room);
        cr_assert_eq(text->data[text->size], '\0', "no NUL at the end");
    } else {
        cr_assert_eq(text->size, 0);
    }
}

Test(text, grows_and_ends_with_a_nul)
{
    struct text text;

    text_init(&text, 100000);
    text_sane(&text);
    cr_expect_str_eq(text_string(&text), "");
    for (int i = 0; i < 10000; i++) {
        text_printf(&text, "%d,", i % 10);
        text_sane(&text);
    }
    cr_expect_eq(text.size, 20000, "got %zu", text.size);
    cr_expect_not(text.overflowed);
    text_release(&text);
    text_sane(&text);
}

Test(text, takes_all_up_to_its_cap_and_nothing_more)
{
    for (size_t size = 8; size <= 10; size++) {
        struct text text;
        bool fits = size <= 9;

        text_init(&text, 9);
        text_put(&text, "0123456789", size);
        text_sane(&text);
        cr_expect_eq(text.overflowed, !fits, "%zu bytes: got %d", size, text.overflowed);
        cr_expect_eq(text.size, fits ? size : 0, "%zu bytes: got %zu", size, text.size);
        text_release(&text);
    }
}

Test(text, with_a_gap_takes_nothing_after_it)
{
    struct text text;

    text_init(&text, 10);
    text_puts(&text, "12345");
    text_puts(&text, "too long");
    text_puts(&text, "6");
    text_printf(&text, "%d", 7);
    text_putc(&text, '8');
    text_sane(&text);
    cr_expect(text.overflowed);
    cr_expect_str_eq(text_string(&text), "12345", "got %s", text_string(&text));
    text_clear(&text);
    cr_expect_not(text.overflowed);
    text_puts(&text, "anew");
    cr_expect_str_eq(text_string(&text), "anew");
    text_release(&text);
}

Test(text, printf_stops_at_the_cap_too)
{
    struct text text;

    text_init(&text, 5);
    text_printf(&text, "%s", "12345");
    cr_expect_not(text.overflowed);
    text_printf(&text, "%s", "");
    cr_expect_not(text.overflowed);
    text_printf(&text, "%d", 6);
    cr_expect(text.overflowed);
    text_sane(&text);
    cr_expect_str_eq(text_string(&text), "12345");
    text_release(&text);
}

Test(text, holds_nuls_inside)
{
    struct text text;

    text_init(&text, 10);
    text_put(&text, "a\0b", 3);
    text_sane(&text);
    cr_expect_eq(text_slice(&text).size, 3);
    text_release(&text);
}

Test(text, taken_leaves_an_empty_buffer)
{
    struct text text;
    scoped(string_free) char *first = NULL;
    scoped(string_free) char *second = NULL;

    text_init(&text, 10);
    text_puts(&text, "abc");
    first = text_take(&text);
    second = text_take(&text);
    cr_expect_str_eq(first, "abc");
    cr_expect_str_eq(second, "");
    text_sane(&text);
    text_puts(&text, "xyz");
    cr_expect_str_eq(text_string(&text), "xyz");
    text_release(&text);
}

Test(text, without_a_cap_is_a_bug, .signal = SIGABRT)
{
    struct text text = {0};

    text_puts(&text, "x");
}

Test(slice, compares_bytes_and_length)
{
    cr_expect(slice_equals(slice_of("abc"), "abc"));
    cr_expect_not(slice_equals(slice_of("abc"), "abcd"));
    cr_expect_not(slice_equals(slice_of("abcd"), "abc"));
    cr_expect(slice_equals((struct slice){NULL, 0}, ""));
    cr_expect_not(slice_equals((struct slice){"a\0b", 3}, "a"));
}

Test(slice, trims_white_space_at_both_ends)
{
    static const char *const cases[][2] = {
        {"", ""}, {" ", ""}, {" \t\r\n\v\f", ""}, {"a", "a"}, {" a b ", "a b"}, {"\xC2\xA0x", "\xC2\xA0x"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct slice got = slice_trim(slice_of(cases[i][0]));

        cr_expect(slice_equals(got, cases[i][1]), "'%s': got '%.*s', want '%s'", cases[i][0], (int)got.size, got.data,
                  cases[i][1]);
    }
    cr_expect_eq(slice_trim((struct slice){NULL, 0}).size, 0);
}

static const struct {
    const char *name;
    const char *bytes;
    bool valid;
} sequences[] = {
    {"empty", "", true},
    {"ASCII", "\x01 ~\x7F", true},
    {"U+0080", "\xC2\x80", true},
    {"U+07FF", "\xDF\xBF", true},
    {"U+0800", "\xE0\xA0\x80", true},
    {"U+D7FF", "\xED\x9F\xBF", true},
    {"U+E000", "\xEE\x80\x80", true},
    {"U+FFFF", "\xEF\xBF\xBF", true},
    {"U+10000", "\xF0\x90\x80\x80", true},
    {"U+10FFFF", "\xF4\x8F\xBF\xBF", true},
    {"continuation alone", "\x80", false},
    {"last continuation alone", "\xBF", false},
    {"overlong slash", "\xC0\xAF", false},
    {"overlong, C1", "\xC1\xBF", false},
    {"overlong of three", "\xE0\x9F\xBF", false},
    {"overlong of four", "\xF0\x8F\xBF\xBF", false},
    {"first surrogate", "\xED\xA0\x80", false},
    {"last surrogate", "\xED\xBF\xBF", false},
    {"U+110000", "\xF4\x90\x80\x80", false},
    {"F5", "\xF5\x80\x80\x80", false},
    {"five bytes", "\xF8\x88\x80\x80\x80", false},
    {"FE", "\xFE", false},
    {"FF", "\xFF", false},
    {"cut after one of two", "a\xC3", false},
    {"cut after two of three", "a\xE2\x82", false},
    {"cut after three of four", "a\xF0\x9F\xA6", false},
    {"bad second byte", "\xC3(", false},
    {"bad third byte", "\xE2\x82(", false},
    {"bad fourth byte", "\xF0\x9F\xA6(", false},
    {"Latin-1", "Ren\xE9 ", false},
};

Test(utf8, is_checked_to_the_letter)
{
    for (size_t i = 0; i < array_length(sequences); i++) {
        bool got = utf8_valid(sequences[i].bytes, strlen(sequences[i].bytes));

        cr_expect_eq(got, sequences[i].valid, "%s: got %d", sequences[i].name, got);
    }
    cr_expect(utf8_valid(NULL, 0));
    cr_expect(utf8_valid("a\0b", 3));
}

/* No byte is read behind the end, wherever a text is cut: the copies are of the exact size, under AddressSanitizer. */
Test(utf8, is_never_read_behind_its_end)
{
    static const char whole[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\xA6\xB7";

    for (size_t size = 1; size < sizeof whole; size++) {
        char *copy = malloc(size);
        bool at_character = size == 1 || size == 3 || size == 6 || size == 10;

        memcpy(copy, whole, size);
        cr_expect_eq(utf8_valid(copy, size), at_character, "%zu bytes", size);
        free(copy);
    }
}

Test(utf8, code_points_are_written_or_replaced)
{
    static const struct {
        unsigned point;
        const char *want;
    } cases[] = {
        {'A', "A"},
        {0x7F, "\x7F"},
        {0x80, "\xC2\x80"},
        {0x7FF, "\xDF\xBF"},
        {0x800, "\xE0\xA0\x80"},
        {0xFFFF, "\xEF\xBF\xBF"},
        {0x10000, "\xF0\x90\x80\x80"},
        {0x10FFFF, "\xF4\x8F\xBF\xBF"},
        {0xD800, "\xEF\xBF\xBD"},
        {0xDFFF, "\xEF\xBF\xBD"},
        {0x110000, "\xEF\xBF\xBD"},
        {0xFFFFFFFF, "\xEF\xBF\xBD"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct text text;

        text_init(&text, 10);
        text_put_codepoint(&text, cases[i].point);
        cr_expect_str_eq(text_string(&text), cases[i].want, "U+%04X", cases[i].point);
        text_release(&text);
    }
}
