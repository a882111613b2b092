#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sandbox/multipart.h"

enum { SEEN_MAX = 1024 * 1024 };

/* What came out, written down: "name|file|type{bytes}" for each part. */
struct seen {
    struct text text;
};

static void on_begin(void *argument, const struct multipart_part *part)
{
    struct seen *seen = argument;

    text_printf(&seen->text, "%s|%s|%s{", part->name, part->has_file_name ? part->file_name : "-", part->content_type);
}

static void on_data(void *argument, const char *data, size_t size)
{
    struct seen *seen = argument;

    text_put(&seen->text, data, size);
}

static void on_end(void *argument)
{
    struct seen *seen = argument;

    text_putc(&seen->text, '}');
}

static const struct multipart_events events = {on_begin, on_data, on_end};

/* Feeds the body in pieces of that size. */
static bool feed(struct seen *seen, const char *boundary, const char *body, size_t size, size_t piece, bool *complete)
{
    struct multipart *multipart = multipart_new(boundary, &events, seen);
    bool good = true;

    text_init(&seen->text, SEEN_MAX);
    for (size_t i = 0; i < size && good; i += piece)
        good = multipart_feed(multipart, body + i, size - i < piece ? size - i : piece);
    *complete = multipart_is_complete(multipart);
    multipart_destroy(&multipart);
    return good;
}

Test(multipart, parts_are_the_same_however_the_bytes_arrive)
{
    static const char body[] =
        "a preamble\r\n--B\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nsome/key\r\n"
        "--B\r\ncontent-disposition: form-data; name=\"empty\"\r\n\r\n\r\n"
        "--B\r\nContent-Type: image/png\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\".png\"\r\n\r\n"
        "\r\n--\r\n\r--\r\n--A\r\n-\r\n\r\n--B--\r\nan epilogue";
    static const char want[] = "key|-|{some/key}empty|-|{}file|a \"b\".png|image/png{\r\n--\r\n\r--\r\n--A\r\n-\r\n}";

    for (size_t piece = 1; piece < sizeof body; piece++) {
        struct seen seen;
        bool complete = false;

        cr_expect(feed(&seen, "B", body, strlen(body), piece, &complete), "pieces of %zu", piece);
        cr_expect(complete, "pieces of %zu", piece);
        cr_expect_str_eq(text_string(&seen.text), want, "pieces of %zu: got %s", piece, text_string(&seen.text));
        text_release(&seen.text);
    }
}

Test(multipart, bytes_that_look_like_a_boundary_are_kept)
{
    static const char boundary[] = "------------------------abcdef";
    struct text body;
    struct text want;
    struct seen seen;
    bool complete = false;

    text_init(&body, SEEN_MAX);
    text_init(&want, SEEN_MAX);
    text_puts(&want, "file|x|{");
    text_printf(&body, "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n", boundary);
    for (size_t cut = 0; cut < strlen(boundary); cut++) {
        text_printf(&body, "\r\n--%.*s", (int)cut, boundary);
        text_printf(&want, "\r\n--%.*s", (int)cut, boundary);
    }
    text_printf(&body, "\r\n--%s--\r\n", boundary);
    text_puts(&want, "}");
    for (size_t piece = 1; piece < 80; piece++) {
        cr_expect(feed(&seen, boundary, body.data, body.size, piece, &complete) && complete);
        cr_expect_str_eq(text_string(&seen.text), text_string(&want), "pieces of %zu", piece);
        text_release(&seen.text);
    }
    text_release(&body);
    text_release(&want);
}

Test(multipart, what_is_no_form_is_refused_or_never_complete)
{
    static const struct {
        const char *body;
        bool good;
    } cases[] = {
        {"", true},
        {"no boundary at all", true},
        {"--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx", true},
        {"--Bx\r\n", false},
        {"--B\r\nContent-Type: text/plain\r\n\r\nno name\r\n--B--", false},
        {"--B\r\n\r\nno head\r\n--B--", false},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct seen seen;
        bool complete = true;

        cr_expect_eq(feed(&seen, "B", cases[i].body, strlen(cases[i].body), 3, &complete), cases[i].good, "case %zu",
                     i);
        cr_expect_not(complete, "case %zu", i);
        text_release(&seen.text);
    }
}

Test(multipart, a_head_has_a_bound)
{
    scoped(string_free) char *line = x_alloc(9000);
    scoped(string_free) char *body = NULL;
    struct seen seen;
    bool complete = true;

    memset(line, 'x', 8999);
    body = x_sprintf("--B\r\nX-Long: %s\r\n", line);
    cr_expect_not(feed(&seen, "B", body, strlen(body), 100, &complete));
    text_release(&seen.text);
}

Test(multipart, boundaries_are_read_from_the_header)
{
    static const struct {
        const char *header;
        const char *want; /* NULL: none */
    } cases[] = {
        {"multipart/form-data; boundary=abc", "abc"},
        {"multipart/form-data; BOUNDARY=\"a b\"; x=y", "a b"},
        {"multipart/form-data; boundary=abc; charset=utf-8", "abc"},
        {"multipart/form-data", NULL},
        {"multipart/form-data; boundary=", NULL},
        {"multipart/form-data; boundary=0123456789012345678901234567890123456789012345678901234567890123456789x", NULL},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        char boundary[MULTIPART_BOUNDARY_SIZE] = "";

        cr_expect_eq(multipart_boundary(cases[i].header, boundary), cases[i].want != NULL, "%s", cases[i].header);
        if (cases[i].want)
            cr_expect_str_eq(boundary, cases[i].want);
    }
}
