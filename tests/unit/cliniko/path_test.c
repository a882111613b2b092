#include <criterion/criterion.h>

#include "base/memory.h"
#include "base/text.h"
#include "cliniko/path.h"

TestSuite(path, .timeout = 10);

/* The table of API reference 3.3. */
static const struct {
    const char *field;
    const char *operator;
    const char *value;
    const char *wire;
} filters[] = {
    {"old_reference_id", "=", "FD-1001", "q%5B%5D=old_reference_id%3A%3DFD-1001"},
    {"starts_at", ">=", "2026-03-01T00:00:00Z", "q%5B%5D=starts_at%3A%3E%3D2026-03-01T00%3A00%3A00Z"},
    {"starts_at", "<", "2026-04-01T00:00:00Z", "q%5B%5D=starts_at%3A%3C2026-04-01T00%3A00%3A00Z"},
    {"archived_at", "*", "", "q%5B%5D=archived_at%3A%2A"},
    {"archived_at", "?", "", "q%5B%5D=archived_at%3A%3F"},
    {"processed_at", "!?", "", "q%5B%5D=processed_at%3A%21%3F"},
    {"booking_id", "=", "11,12", "q%5B%5D=booking_id%3A%3D11%2C12"},
    {"last_name", "~", "son", "q%5B%5D=last_name%3A~son"},
    {"last_name", "~~", "O%Neil", "q%5B%5D=last_name%3A~~O%25Neil"},
    {"name", "=", "A+B & C", "q%5B%5D=name%3A%3DA%2BB%20%26%20C"},
    {"first_name", "!=", "Zo\xc3\xab", "q%5B%5D=first_name%3A%21%3DZo%C3%AB"},
};

Test(path, encodes_filters_as_the_reference_shows)
{
    for (size_t i = 0; i < array_length(filters); i++) {
        struct text path;

        text_init(&path, PATH_SIZE_MAX);
        path_put_filter(&path, filters[i].field, filters[i].operator, filters[i].value);
        cr_expect_str_eq(text_string(&path) + 1, filters[i].wire, "got %s, want %s", text_string(&path) + 1,
                         filters[i].wire);
        cr_expect_eq(text_string(&path)[0], '?');
        text_release(&path);
    }
}

Test(path, joins_parameters)
{
    struct text path;

    text_init(&path, PATH_SIZE_MAX);
    text_puts(&path, PATH_PATIENTS);
    path_put_filter(&path, "archived_at", "*", "");
    path_put_filter(&path, "last_name", "=", "X");
    path_put_parameter(&path, "per_page", "100");
    cr_expect_str_eq(text_string(&path), "/patients?q%5B%5D=archived_at%3A%2A&q%5B%5D=last_name%3A%3DX&per_page=100");
    text_release(&path);
}

Test(path, names_objects_and_verbs)
{
    struct text path;

    text_init(&path, PATH_SIZE_MAX);
    path_put_object(&path, PATH_ATTENDEES, "9007199254740993", NULL);
    path_put_object(&path, PATH_INDIVIDUAL_APPOINTMENTS, "7", "cancel");
    cr_expect_str_eq(text_string(&path), "/attendees/9007199254740993/individual_appointments/7/cancel");
    text_release(&path);
}

Test(path, leaves_only_unreserved_bytes_bare)
{
    char bytes[256];
    struct text out;
    size_t bare = 0;

    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    text_init(&out, 1000);
    percent_encode(&out, (struct slice){bytes, sizeof bytes});
    for (size_t i = 0; i < out.size; i++)
        if (out.data[i] == '%')
            i += 2;
        else
            bare++;
    cr_expect_eq(bare, 66, "got %zu, want 66", bare);
    cr_expect_eq(out.size, 66 + 3 * 190);
    text_release(&out);
}
