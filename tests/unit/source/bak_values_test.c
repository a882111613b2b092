/* Values from the bytes of rows: every type, its limits, and what is no value. Where the format reference or the
 * server's documentation gives bytes with their meaning these are used. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "source/bak/scalar.h"

enum { LATIN = 0x3400D008, CAP = 100000 };

#define BYTES(literal) (const uint8_t *)(literal), sizeof(literal) - 1

static struct bak_scalars *scalars;

static void set_up(void)
{
    scalars = bak_scalars_new(LATIN);
}

static void tear_down(void)
{
    bak_scalars_destroy(&scalars);
}

TestSuite(bak_values, .init = set_up, .fini = tear_down);

/* "!reason" for what is no value. */
static void expect(struct bak_column column, const uint8_t *data, size_t size, const char *wanted)
{
    struct text out;
    struct text shown;
    struct value value = {0};
    const char *why = NULL;

    text_init(&out, CAP);
    text_init(&shown, CAP);
    if (bak_scalar_read(scalars, &column, data, size, 3, &out, &value, &why))
        value_put(&value, &shown);
    else
        text_printf(&shown, "!%s", why);
    cr_expect_str_eq(text_string(&shown), wanted, "type %u: got %s, want %s", column.type, text_string(&shown), wanted);
    text_release(&out);
    text_release(&shown);
}

static void expect_type(uint8_t type, const uint8_t *data, size_t size, const char *wanted)
{
    expect((struct bak_column){.type = type}, data, size, wanted);
}

Test(bak_values, integers)
{
    expect_type(BAK_TYPE_TINYINT, BYTES("\xFF"), "255");
    expect_type(BAK_TYPE_SMALLINT, BYTES("\x00\x80"), "-32768");
    expect_type(BAK_TYPE_INT, BYTES("\x98\x3a\x00\x00"), "15000");
    expect_type(BAK_TYPE_INT, BYTES("\x00\x00\x00\x80"), "-2147483648");
    expect_type(BAK_TYPE_BIGINT, BYTES("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F"), "9223372036854775807");
    expect_type(BAK_TYPE_BIGINT, BYTES("\x00\x00\x00\x00\x00\x00\x00\x80"), "-9223372036854775808");
    expect_type(BAK_TYPE_BIT, BYTES("\x08"), "1");
    expect_type(BAK_TYPE_BIT, BYTES("\xF7"), "0");
    expect_type(BAK_TYPE_INT, BYTES("\x01\x00"), "!its size is not that of its type");
    expect_type(BAK_TYPE_INT, BYTES(""), "!its size is not that of its type");
    expect_type(BAK_TYPE_BIT, BYTES(""), "!its size is not that of its type");
    expect_type(77, BYTES("\x01"), "!its type is not known");
}

Test(bak_values, exact_numbers)
{
    struct bak_column price = {.type = BAK_TYPE_DECIMAL, .precision = 7, .scale = 2};
    struct bak_column largest = {.type = BAK_TYPE_NUMERIC, .precision = 38, .scale = 10};
    struct bak_column part = {.type = BAK_TYPE_NUMERIC, .precision = 5, .scale = 5};

    expect(price, BYTES("\x01\xf0\x49\x02\x00"), "1500.00");
    expect(price, BYTES("\x00\x01\x00\x00\x00"), "-0.01");
    expect(price, BYTES("\x01\x00\x00\x00\x00"), "0.00");
    expect(price, BYTES("\x00\x00\x00\x00\x00"), "0.00");
    expect(price, BYTES("\x01\x7f\x96\x98\x00"), "99999.99");
    expect(price, BYTES("\x01\x80\x96\x98\x00"), "!its decimal number is out of range");
    expect(price, BYTES("\x02\x01\x00\x00\x00"), "!its decimal number is out of range");
    expect(price, BYTES("\x01\x01\x00\x00"), "!its decimal number is out of range");
    expect(part, BYTES("\x01\x07\x00\x00\x00"), "0.00007");
    /* 10^38 - 1, the greatest there is, and one more */
    expect(largest, BYTES("\x00\xff\xff\xff\xff\x3f\x22\x8a\x09\x7a\xc4\x86\x5a\xa8\x4c\x3b\x4b"),
           "-9999999999999999999999999999.9999999999");
    expect(largest, BYTES("\x00\x00\x00\x00\x00\x40\x22\x8a\x09\x7a\xc4\x86\x5a\xa8\x4c\x3b\x4b"),
           "!its decimal number is out of range");
    expect_type(BAK_TYPE_MONEY, BYTES("\x00\x00\x00\x00\x00\x00\x00\x80"), "-922337203685477.5808");
    expect_type(BAK_TYPE_MONEY, BYTES("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F"), "922337203685477.5807");
    expect_type(BAK_TYPE_MONEY, BYTES("\x48\xe8\x01\x00\x00\x00\x00\x00"), "12.5000");
    expect_type(BAK_TYPE_SMALLMONEY, BYTES("\xFF\xFF\xFF\xFF"), "-0.0001");
    expect_type(BAK_TYPE_SMALLMONEY, BYTES("\x00\x00\x00\x80"), "-214748.3648");
}

static void expect_double(double number, const char *wanted)
{
    uint8_t bytes[sizeof number];

    memcpy(bytes, &number, sizeof number);
    expect_type(BAK_TYPE_FLOAT, bytes, sizeof bytes, wanted);
}

static void expect_single(float number, const char *wanted)
{
    uint8_t bytes[sizeof number];

    memcpy(bytes, &number, sizeof number);
    expect_type(BAK_TYPE_REAL, bytes, sizeof bytes, wanted);
}

Test(bak_values, floating_numbers_have_the_fewest_digits)
{
    expect_double(0.1, "0.1");
    expect_double(0.1 + 0.2, "0.30000000000000004");
    expect_double(-0.0, "0");
    expect_double(15000, "15000");
    expect_double(-1234.5, "-1234.5");
    expect_double(1e20, "100000000000000000000");
    expect_double(1.5e21, "1.5E+21");
    expect_double(5.91486e12, "5914860000000");
    expect_double(1e-20, "0.00000000000000000001");
    expect_double(2.5e-21, "2.5E-21");
    expect_double(1.7976931348623157e308, "1.7976931348623157E+308");
    expect_double(5e-324, "5E-324");
    expect_single(0.15F, "0.15");
    expect_single(16777216, "16777216");
    expect_single(3.4028235e38F, "3.4028235E+38");
    expect_double(0.0 / 0.0, "!it is no number");
    expect_double(1.0 / 0.0, "!it is no number");
}

Test(bak_values, dates_and_times)
{
    struct bak_column precise = {.type = BAK_TYPE_DATETIME2, .scale = 7};
    struct bak_column coarse = {.type = BAK_TYPE_DATETIME2, .scale = 0};
    struct bak_column time = {.type = BAK_TYPE_TIME, .scale = 3};
    struct bak_column offset = {.type = BAK_TYPE_DATETIMEOFFSET, .scale = 7};

    expect_type(BAK_TYPE_DATETIME, BYTES("\xc0\x50\x94\x00\x66\xb2\x00\x00"), "2025-01-15 09:00:00.000");
    expect_type(BAK_TYPE_DATETIME, BYTES("\x01\x00\x00\x00\x00\x00\x00\x00"), "1900-01-01 00:00:00.003");
    expect_type(BAK_TYPE_DATETIME, BYTES("\x02\x00\x00\x00\xFF\xFF\xFF\xFF"), "1899-12-31 00:00:00.007");
    expect_type(BAK_TYPE_DATETIME, BYTES("\xFF\x81\x8b\x01\x7f\x24\x2d\x00"), "9999-12-31 23:59:59.997");
    expect_type(BAK_TYPE_DATETIME, BYTES("\x00\x82\x8b\x01\x00\x00\x00\x00"), "!its date or time is out of range");
    expect_type(BAK_TYPE_DATETIME, BYTES("\x00\x00\x00\x00\x46\x2e\xff\xff"), "1753-01-01 00:00:00.000");
    expect_type(BAK_TYPE_DATETIME, BYTES("\x00\x00\x00\x00\x45\x2e\xff\xff"), "!its date or time is out of range");
    expect_type(BAK_TYPE_SMALLDATETIME, BYTES("\x9f\x05\xff\xff"), "2079-06-06 23:59:00");
    expect_type(BAK_TYPE_SMALLDATETIME, BYTES("\xa0\x05\x00\x00"), "!its date or time is out of range");
    expect_type(BAK_TYPE_DATE, BYTES("\x06\xf9\x0a"), "1969-11-10");
    expect_type(BAK_TYPE_DATE, BYTES("\x00\x00\x00"), "0001-01-01");
    expect_type(BAK_TYPE_DATE, BYTES("\xda\xb9\x37"), "9999-12-31");
    expect_type(BAK_TYPE_DATE, BYTES("\xdb\xb9\x37"), "!its date or time is out of range");
    expect(time, BYTES("\x95\x2c\xb3\x02"), "12:34:56.789");
    expect(time, BYTES("\xff\x5b\x26\x05"), "23:59:59.999");
    expect(time, BYTES("\x00\x5c\x26\x05"), "!its date or time is out of range");
    expect(precise, BYTES("\xff\xbf\x69\x2a\xc9\xda\xb9\x37"), "9999-12-31 23:59:59.9999999");
    expect(precise, BYTES("\x01\x00\x00\x00\x00\x06\xf9\x0a"), "1969-11-10 00:00:00.0000001");
    expect(coarse, BYTES("\x10\x0e\x00\x06\xf9\x0a"), "1969-11-10 01:00:00");
    /* 1969-11-10 23:30 UTC is the next day ten hours further east. */
    expect(offset, BYTES("\x00\x8c\x87\xf9\xc4\x06\xf9\x0a\x58\x02"), "1969-11-11 09:30:00.0000000 +10:00");
    expect(offset, BYTES("\x00\x8c\x87\xf9\xc4\x06\xf9\x0a\x2e\xfe"), "1969-11-10 15:44:00.0000000 -07:46");
    expect(offset, BYTES("\x00\x8c\x87\xf9\xc4\x06\xf9\x0a\x49\x03"), "!its date or time is out of range");
    expect(offset, BYTES("\x00\x00\x00\x00\x00\x00\x00\x00\xc4\xff"), "!its date or time is out of range");
    expect(precise, BYTES("\x01\x00\x00"), "!its date or time is out of range");
}

Test(bak_values, identities_and_bytes)
{
    struct bak_column column = {.type = BAK_TYPE_VARBINARY};
    const char *why = NULL;
    struct value value = {0};
    struct text out;

    expect_type(BAK_TYPE_UNIQUEIDENTIFIER, BYTES("\xff\x19\x96\x6f\x86\x8b\x11\xd0\xb4\x2d\x00\xc0\x4f\xc9\x64\xff"),
                "6F9619FF-8B86-D011-B42D-00C04FC964FF");
    text_init(&out, CAP);
    cr_assert(bak_scalar_read(scalars, &column, BYTES("\x00\xFF\x7F"), 0, &out, &value, &why));
    cr_expect_eq(value.type, VALUE_BYTES);
    cr_expect_eq(value.integer, 3);
    cr_expect(memcmp(value.text.data, "\x00\xFF\x7F", 3) == 0);
    text_release(&out);
}

static void expect_text(uint32_t collation, const uint8_t *data, size_t size, const char *wanted)
{
    expect((struct bak_column){.type = BAK_TYPE_VARCHAR, .collation = collation}, data, size, wanted);
}

Test(bak_values, texts_in_the_code_page_of_their_collation)
{
    expect_text(0,
                BYTES("Bl\xE5"
                      "b\xE6r \x80"),
                "Blåbær €");
    expect_text(0xD008, BYTES("\x81\x8D\x8F\x90\x9D"), "\xC2\x81\xC2\x8D\xC2\x8F\xC2\x90\xC2\x9D");
    expect_text(0xF001, BYTES("\xE3\xD1\xE6\xC7"), "مروا");
    expect_text(0xD01A, BYTES("\xDE\xFD\xF0"), "Şığ");
    expect_text(0xD015, BYTES("\xCF\xF0\xE8\xE2\xE5\xF2"), "Привет");
    expect_text(0xD00C, BYTES("\xF9\xEC\xE5\xED"), "שלום");
    expect_text(0xD004, BYTES("\xF8\xE8"), "řč");
    expect_text(0xD010, BYTES("\x93\xFA\x96\x7B"), "日本");
    expect_text(0xD024, BYTES("\xD6\xD0\xB9\xFA"), "中国");
    expect_text(0xD003, BYTES("\xA4\xA4\xB0\xEA"), "中國");
    expect_text(0xD011, BYTES("\xC7\xD1\xB1\xB9"), "한국");
    expect_text(0xD019, BYTES("\xE4\xB7\xC2"), "ไทย");
    expect_text(0x1E00D008, BYTES("\x81"), "ü");
    expect_text(0x2800D008, BYTES("\x9B"), "ø");
    expect_text(0x1E00D008, BYTES("\x81\x1A\x1C\x7F"), "ü\x1A\x1C\x7F");
    expect_text(0xD108, BYTES("\xC3\xA9\xE2\x82\xAC"), "é€");
    expect_text(0xD108, BYTES("a\xC3"), "a\xEF\xBF\xBD");
    expect_text(0, BYTES("a\x00z\x00\x00"), "az");
    expect_text(0, BYTES(""), "");
}

Test(bak_values, unicode_texts)
{
    expect_type(BAK_TYPE_NVARCHAR, BYTES("\xD6\x00j\x00=\xD8\x00\xDE"), "Öj\xF0\x9F\x98\x80");
    expect_type(BAK_TYPE_NVARCHAR,
                BYTES("a\x00=\xD8"
                      "b\x00"),
                "a\xEF\xBF\xBD"
                "b");
    expect_type(BAK_TYPE_NVARCHAR, BYTES("a\x00\x00\xDE"), "a\xEF\xBF\xBD");
    expect_type(BAK_TYPE_NCHAR, BYTES("A\x00L\x00 \x00 \x00"), "AL  ");
    expect_type(BAK_TYPE_NVARCHAR,
                BYTES("a\x00"
                      "b"),
                "a\xEF\xBF\xBD");
}

/* A character may be divided between two pieces of a large text. */
Test(bak_values, pieces_of_a_text_are_one_text)
{
    static const uint8_t text[] = "\xD6\x00j\x00=\xD8\x00\xDE!\x00";
    struct bak_decoder *decoder = bak_decoder_new(BAK_CODE_PAGE_UTF16);

    for (size_t cut = 0; cut < sizeof text; cut++) {
        struct text out;

        text_init(&out, CAP);
        bak_decoder_put(decoder, text, cut, false, &out);
        bak_decoder_put(decoder, text + cut, sizeof text - 1 - cut, true, &out);
        cr_expect_str_eq(text_string(&out), "Öj\xF0\x9F\x98\x80!", "cut at %zu: %s", cut, text_string(&out));
        text_release(&out);
        if (cut + 1 == sizeof text - 1)
            break;
    }
    bak_decoder_destroy(&decoder);
}

Test(bak_values, variants_say_what_they_are)
{
    expect_type(BAK_TYPE_VARIANT, BYTES("\x38\x01\x2a\x00\x00\x00"), "42");
    expect_type(BAK_TYPE_VARIANT, BYTES("\xa7\x01\x10\x00\x08\xd0\x00\x34h\xE9"), "hé");
    expect_type(BAK_TYPE_VARIANT, BYTES("\xe7\x01\x10\x00\x08\xd0\x00\x34\xD6\x00"), "Ö");
    expect_type(BAK_TYPE_VARIANT, BYTES("\x6a\x01\x07\x02\x01\xf0\x49\x02\x00"), "1500.00");
    expect_type(BAK_TYPE_VARIANT, BYTES("\x2a\x01\x00\x10\x0e\x00\x06\xf9\x0a"), "1969-11-10 01:00:00");
    expect_type(BAK_TYPE_VARIANT, BYTES("\x62\x01\x62\x01"), "!its sql_variant is damaged");
    expect_type(BAK_TYPE_VARIANT, BYTES("\x38"), "!its sql_variant is damaged");
    expect_type(BAK_TYPE_VARIANT, BYTES("\xa7\x01\x10"), "!its sql_variant is damaged");
    expect_type(BAK_TYPE_VARIANT, BYTES("\x38\x01\x2a"), "!its size is not that of its type");
}

Test(bak_values, types_by_name)
{
    static const struct {
        struct bak_column column;
        const char *name;
    } cases[] = {
        {{.type = BAK_TYPE_NVARCHAR, .length = 80}, "nvarchar(40)"},
        {{.type = BAK_TYPE_VARCHAR, .length = -1}, "varchar(max)"},
        {{.type = BAK_TYPE_DECIMAL, .precision = 7, .scale = 2}, "decimal(7,2)"},
        {{.type = BAK_TYPE_DATETIME2, .scale = 7}, "datetime2(7)"},
        {{.type = BAK_TYPE_TIMESTAMP, .length = 8}, "rowversion"},
        {{.type = BAK_TYPE_CLR, .user_type = 130}, "geography"},
        {{.type = 7}, "type 7"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct text out;

        text_init(&out, CAP);
        bak_type_put(&cases[i].column, &out);
        cr_expect_str_eq(text_string(&out), cases[i].name);
        text_release(&out);
    }
}
