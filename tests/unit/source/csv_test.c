#include "source/csv.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"

/* Text that comes in stretches of a given size. */
struct dripping {
    struct slice left;
    size_t stretch;
    char copy[64];
};

static bool drip(void *context, struct slice *ret, struct fault *fault)
{
    struct dripping *source = context;
    size_t size = source->stretch < source->left.size ? source->stretch : source->left.size;

    (void)fault;
    memcpy(source->copy, source->left.data, size < sizeof source->copy ? size : 0);
    *ret = size < sizeof source->copy ? (struct slice){source->copy, size} : (struct slice){source->left.data, size};
    source->left.data += size;
    source->left.size -= size;
    return true;
}

/* The rows as [a][b] lines, NULL as [], empty text as [""]; a fault as "! text". */
static void show(const char *text, size_t size, char separator, size_t stretch, struct text *out)
{
    struct dripping source = {.left = {text, size}, .stretch = stretch};
    struct csv *csv = csv_new(separator, drip, &source);
    const struct value *values = NULL;
    struct fault fault = {0};
    size_t count = 0;

    while (csv_next(csv, &values, &count, &fault) && values) {
        for (size_t i = 0; i < count; i++) {
            if (values[i].type == VALUE_TEXT && values[i].text.size == 0)
                text_puts(out, "[\"\"]");
            else
                text_printf(out, "[%.*s]", (int)values[i].text.size, values[i].text.data);
        }
        text_putc(out, '|');
    }
    if (fault.kind != FAULT_NONE)
        text_printf(out, "! %s", fault.text);
    csv_destroy(&csv);
}

struct csv_case {
    const char *name;
    const char *text;
    const char *want;
};

static const struct csv_case cases[] = {
    {"nothing", "", ""},
    {"one field", "a", "[a]|"},
    {"no final newline", "a,b\n1,2", "[a][b]|[1][2]|"},
    {"final newline", "a,b\n1,2\n", "[a][b]|[1][2]|"},
    {"CRLF", "a,b\r\n1,2\r\n", "[a][b]|[1][2]|"},
    {"CR", "a,b\r1,2\r", "[a][b]|[1][2]|"},
    {"mixed line ends", "a\r\nb\rc\nd", "[a]|[b]|[c]|[d]|"},
    {"blank lines", "a\n\n\r\n\rb\n\n", "[a]|[b]|"},
    {"NULL and empty text", "a,,\"\"\n", "[a][][\"\"]|"},
    {"empty quotes alone are a row", "\"\"\n", "[\"\"]|"},
    {"only separators", ",,\n", "[][][]|"},
    {"separator last", "a,\n", "[a][]|"},
    {"separator last at the end of the file", "a,", "[a][]|"},
    {"quoted separator", "\"a,b\",c\n", "[a,b][c]|"},
    {"quoted newlines", "\"a\r\nb\nc\",d\n", "[a\r\nb\nc][d]|"},
    {"doubled quotes", "\"say \"\"hi\"\"\",\"\"\"\"\n", "[say \"hi\"][\"]|"},
    {"quote within a plain field", "5\" pipe,a \"b\" c\n", "[5\" pipe][a \"b\" c]|"},
    {"blanks after a closing quote", "\"a\"  ,b\n\"c\" \n", "[a][b]|[c]|"},
    {"blanks are kept", " a , b \n", "[ a ][ b ]|"},
    {"text after a closing quote", "x\n\"a\"b,c\n",
     "[x]|! row 2 (line 2), field 1: text follows a closing quote; a quote within quotes is written twice"},
    {"text after a blank after a closing quote", "\"a\" b\n",
     "! row 1 (line 1), field 1: text follows a closing quote; a quote within quotes is written twice"},
    {"open quote", "x\nb,\"abc\ndef\n",
     "[x]|! row 2, field 2: the quote that opens on line 2 is never closed; is the file cut off?"},
    {"lines count newlines within quotes", "\"a\nb\"\n\"c\"d\n",
     "[a\nb]|! row 2 (line 3), field 1: text follows a closing quote; a quote within quotes is written twice"},
};

Test(csv, reads_what_programs_write_however_it_is_cut)
{
    for (size_t i = 0; i < array_length(cases); i++) {
        for (size_t stretch = 1; stretch <= strlen(cases[i].text) + 1; stretch++) {
            struct text got;

            text_init(&got, 2000);
            show(cases[i].text, strlen(cases[i].text), ',', stretch, &got);
            cr_expect_str_eq(text_string(&got), cases[i].want, "%s, in stretches of %zu: got %s, want %s",
                             cases[i].name, stretch, text_string(&got), cases[i].want);
            text_release(&got);
        }
    }
}

Test(csv, other_separators_leave_commas_alone)
{
    struct text got;

    text_init(&got, 2000);
    show("a;b,c\n", 6, ';', 100, &got);
    show("a\tb c\n", 6, '\t', 100, &got);
    cr_expect_str_eq(text_string(&got), "[a][b,c]|[a][b c]|", "got %s", text_string(&got));
    text_release(&got);
}

Test(csv, bounds_fields_and_columns)
{
    struct text input;
    struct text got;

    text_init(&input, CSV_FIELD_BYTES_MAX + 100);
    text_init(&got, 2000);
    text_puts(&input, "a\n\"");
    for (size_t i = 0; i < CSV_FIELD_BYTES_MAX; i += 10)
        text_puts(&input, "0123456789");
    show(text_string(&input), input.size, ',', 1 << 16, &got);
    cr_expect(strstr(text_string(&got), "field 1 is larger than"), "got %s", text_string(&got));
    cr_expect(strstr(text_string(&got), "a quote that opens on line 2 is probably never closed"), "got %s",
              text_string(&got));
    text_clear(&input);
    text_clear(&got);
    for (size_t i = 0; i < CSV_COLUMNS_MAX; i++)
        text_putc(&input, ',');
    show(text_string(&input), input.size, ',', 1 << 16, &got);
    cr_expect(strstr(text_string(&got), "has more than 2000 fields"), "got %s", text_string(&got));
    text_release(&input);
    text_release(&got);
}

Test(csv, finds_the_separator)
{
    static const struct {
        const char *text;
        char want;
    } separators[] = {
        {"a,b\n1,2\n", ','}, {"a;b\n1,5;2,5\n", ';'}, {"Name, first;b;c\nx;y;z\n", ';'},      {"a\tb\n1\t2\n", '\t'},
        {"a|b\n1|2\n", '|'}, {"alone\n1\n", ','},     {"a,b\n\"1;2;3\",4\n\"5;6\",7\n", ','}, {"a,b;c\n", ','},
        {"", ','},
    };

    for (size_t i = 0; i < array_length(separators); i++) {
        char got = csv_detect_separator(slice_of(separators[i].text));

        cr_expect_eq(got, separators[i].want, "'%s': got '%c', want '%c'", separators[i].text, got, separators[i].want);
    }
}
