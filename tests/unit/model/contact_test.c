#include "model/contact.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"

static void show_phones(const char *field, struct text *out)
{
    struct scratch *scratch = scratch_new();
    struct slice numbers[PHONES_IN_A_FIELD_MAX];
    bool rest = false;
    size_t count = phones_split(slice_of(field), scratch, numbers, &rest);

    for (size_t i = 0; i < count; i++)
        text_printf(out, "[%.*s]", (int)numbers[i].size, numbers[i].data);
    text_puts(out, rest ? "+rest" : "");
    scratch_destroy(&scratch);
}

Test(contact, splits_phones_and_keeps_what_is_no_number)
{
    static const struct {
        const char *field;
        const char *want;
    } cases[] = {
        {"(08) 8361 2666", "[(08) 8361 2666]"},
        {" 0412  345\t678 ", "[0412 345 678]"},
        {"+61 412 345 678", "[+61 412 345 678]"},
        {"ask for Jan", "+rest"},
        {"8361 2666 / 0412 345 678", "[8361 2666][0412 345 678]"},
        {"8361 2666 or 0412 345 678", "[8361 2666][0412 345 678]"},
        {"8361 2666; ask for Jan", "[8361 2666]+rest"},
        {"8361 2666 ask for Jan", "+rest"},
        {"411-863-1758x1858", "[411-863-1758x1858]"},
        {"02 9584 2418 ext 33", "[02 9584 2418 ext 33]"},
        {"02 9584 2418 ext", "+rest"},
        {"(91) 8877665544", "[(91) 8877665544]"},
        {"1234", "+rest"},
        {"12345", "[12345]"},
        {"123456789012345678901", "+rest"},
        {"11111;22222;33333;44444;55555;66666;77777", "[11111][22222][33333][44444][55555][66666]+rest"},
        {";;", ""},
        {"", ""},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct text got;

        text_init(&got, 1000);
        show_phones(cases[i].field, &got);
        cr_expect_str_eq(text_string(&got), cases[i].want, "'%s': got %s, want %s", cases[i].field, text_string(&got),
                         cases[i].want);
        text_release(&got);
    }
}

Test(contact, finds_the_first_address_that_cliniko_takes)
{
    static const struct {
        const char *field;
        const char *want;
        bool rest;
    } cases[] = {
        {"jane@example.com", "jane@example.com", false},
        {"Jane.O'Neil+x@mail.example.com.au", "Jane.O'Neil+x@mail.example.com.au", false},
        {"jane@example.com;tom@example.com", "jane@example.com", true},
        {"none; tom@example.com", "tom@example.com", true},
        {"Jane <jane@example.com>", "jane@example.com", true},
        {"jane@example", "", true},
        {"jane@example.c", "", true},
        {"jane@example.co1", "", true},
        {"@example.com", "", true},
        {"jane@.com", "", true},
        {"jän@example.com", "", true},
        {"a@b@example.com", "", true},
        {"", "", false},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        bool rest = false;
        struct slice got = email_find(slice_of(cases[i].field), &rest);

        cr_expect(got.size == strlen(cases[i].want) && slice_equals(got, cases[i].want), "'%s': got '%.*s', want '%s'",
                  cases[i].field, (int)got.size, got.data, cases[i].want);
        cr_expect_eq(rest, cases[i].rest, "'%s': got rest %d, want %d", cases[i].field, rest, cases[i].rest);
    }
}

Test(contact, takes_dva_numbers_by_the_pattern_of_the_api)
{
    static const struct {
        const char *field;
        const char *want;
    } cases[] = {
        {"VX901122", "VX901122"},
        {"vx 901122", "VX901122"},
        {"N 123456", "N 123456"},
        {"NX1234567", ""},
        {"QSM12345", "QSM12345"},
        {"QSMX1234", "QSMX1234"},
        {"QSMX12345", ""},
        {"AX123456", ""},
        {"VX901122A", "VX901122A"},
        {"VX901122AB", ""},
        {"VX", ""},
        {"123456", ""},
    };
    struct scratch *scratch = scratch_new();

    for (size_t i = 0; i < array_length(cases); i++) {
        struct slice got = dva_number(slice_of(cases[i].field), scratch);

        cr_expect(got.size == strlen(cases[i].want) && slice_equals(got, cases[i].want), "'%s': got '%.*s', want '%s'",
                  cases[i].field, (int)got.size, got.data, cases[i].want);
    }
    scratch_destroy(&scratch);
}

Test(contact, takes_the_reference_digit_off_a_medicare_number)
{
    static const struct {
        const char *field;
        const char *number;
        const char *reference;
    } cases[] = {
        {"2123 45670 1", "2123456701", ""},  {"2123 45670 1 3", "2123456701", "3"},
        {"2123456701/2", "2123456701", "2"}, {"2123456701", "2123456701", ""},
        {"212345670", NULL, NULL},           {"212345670123", NULL, NULL},
        {"2123x56701", NULL, NULL},
    };
    struct scratch *scratch = scratch_new();

    for (size_t i = 0; i < array_length(cases); i++) {
        struct slice number = {0};
        struct slice reference = {0};
        bool got = medicare_split(slice_of(cases[i].field), scratch, &number, &reference);

        cr_expect_eq(got, cases[i].number != NULL, "'%s': got %d", cases[i].field, got);
        cr_expect(!got || (slice_equals(number, cases[i].number) && slice_equals(reference, cases[i].reference)),
                  "'%s': got '%.*s' '%.*s'", cases[i].field, (int)number.size, number.data, (int)reference.size,
                  reference.data);
    }
    scratch_destroy(&scratch);
}
