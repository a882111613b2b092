/* Compressed records and values, made by hand after the public descriptions (section 10 of the format reference): no
 * real backup with row or page compression was at hand. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "source/bak/compression.h"
#include "source/bak/scalar.h"

enum { CAP = 20000 };

#define BYTES(literal) (const uint8_t *)(literal), sizeof(literal) - 1

static struct bak_scalars *scalars;
static struct scratch *scratch;
static struct bak_piece pieces[BAK_COMPRESSED_COLUMNS_MAX];
static struct bak_piece anchor_pieces[BAK_COMPRESSED_COLUMNS_MAX];

static void set_up(void)
{
    scalars = bak_scalars_new(0x3400D008);
    scratch = scratch_new();
}

static void tear_down(void)
{
    bak_scalars_destroy(&scalars);
    scratch_destroy(&scratch);
}

TestSuite(bak_compression, .init = set_up, .fini = tear_down);

static void put_value(const struct bak_column *column, struct slice bytes, struct text *out)
{
    struct text text;
    struct value value = {0};
    const char *why = NULL;

    text_init(&text, CAP);
    if (bak_scalar_read(scalars, column, (const uint8_t *)bytes.data, bytes.size, 0, &text, &value, &why))
        value_put(&value, out);
    else
        text_printf(out, "!%s", why);
    text_release(&text);
}

static void expect_expanded(struct bak_column column, size_t full, const uint8_t *data, size_t size, const char *wanted)
{
    struct slice bytes = {0};
    const char *why = NULL;
    struct text out;

    text_init(&out, CAP);
    if (bak_expand(&column, full, data, size, scratch, &bytes, &why))
        put_value(&column, bytes, &out);
    else
        text_printf(&out, "!%s", why);
    cr_expect_str_eq(text_string(&out), wanted, "type %u: got %s, want %s", column.type, text_string(&out), wanted);
    text_release(&out);
}

static void expect_type(uint8_t type, size_t full, const uint8_t *data, size_t size, const char *wanted)
{
    expect_expanded((struct bak_column){.type = type}, full, data, size, wanted);
}

Test(bak_compression, integers)
{
    expect_type(BAK_TYPE_INT, 4, BYTES(""), "0");
    expect_type(BAK_TYPE_INT, 4, BYTES("\x81"), "1");
    expect_type(BAK_TYPE_INT, 4, BYTES("\x7F"), "-1");
    expect_type(BAK_TYPE_INT, 4, BYTES("\x00"), "-128");
    expect_type(BAK_TYPE_INT, 4, BYTES("\xFF"), "127");
    expect_type(BAK_TYPE_INT, 4, BYTES("\x80\x80"), "128");
    expect_type(BAK_TYPE_INT, 4, BYTES("\xFF\xFF\xFF\xFF"), "2147483647");
    expect_type(BAK_TYPE_BIGINT, 8, BYTES("\x00\x00\x00\x00\x00\x00\x00\x00"), "-9223372036854775808");
    expect_type(BAK_TYPE_SMALLINT, 2, BYTES("\x83\xE8"), "1000");
    expect_type(BAK_TYPE_TINYINT, 1, BYTES("\x05"), "5");
    expect_type(BAK_TYPE_TINYINT, 1, BYTES(""), "0");
    expect_type(BAK_TYPE_MONEY, 8, BYTES("\x81\xE8\x48"), "12.5000");
    expect_type(BAK_TYPE_INT, 4, BYTES("\x00\x00\x00\x00\x00"), "!a number has more bytes than its type");
}

Test(bak_compression, dates_and_fractions)
{
    struct bak_column precise = {.type = BAK_TYPE_DATETIME2, .scale = 7};

    /* 2025-01-15 09:00: day 45,670 and 9,720,000 ticks as one number */
    expect_type(BAK_TYPE_DATETIME, 8, BYTES("\x80\xB2\x66\x00\x94\x50\xC0"), "2025-01-15 09:00:00.000");
    expect_type(BAK_TYPE_DATETIME, 8, BYTES(""), "1900-01-01 00:00:00.000");
    expect_type(BAK_TYPE_DATE, 3, BYTES("\x06\xf9\x0a"), "1969-11-10");
    expect_expanded(precise, 8, BYTES("\x00\x00\x00\x00\x00\x06\xf9\x0a"), "1969-11-10 00:00:00.0000000");
    expect_type(BAK_TYPE_SMALLDATETIME, 4, BYTES("\xff\xff"), "2079-06-06 00:00:00");
    expect_type(BAK_TYPE_FLOAT, 8, BYTES("\x29\x40"), "12.5");
    expect_type(BAK_TYPE_REAL, 4, BYTES("\x48\x41"), "12.5");
    expect_type(BAK_TYPE_FLOAT, 8, BYTES(""), "0");
}

Test(bak_compression, decimals)
{
    struct bak_column price = {.type = BAK_TYPE_DECIMAL, .precision = 9, .scale = 2};
    struct bak_column wide = {.type = BAK_TYPE_DECIMAL, .precision = 38, .scale = 10};

    expect_expanded(price, 5, BYTES(""), "0.00");
    /* 1500.00: 1.5 by 10^3, the group 150 = 0010010110 */
    expect_expanded(price, 5, BYTES("\xC3\x25\x80"), "1500.00");
    expect_expanded(price, 5, BYTES("\x43\x25\x80"), "-1500.00");
    /* 0.01: 1 by 10^-2, the group 100 = 0001100100 */
    expect_expanded(price, 5, BYTES("\xBE\x19"), "0.01");
    /* 12345.67: groups 123, 456, 700 = 0001111011 0111001000 1010111100 */
    expect_expanded(price, 5, BYTES("\xC4\x1E\xDC\x8A\xF0"), "12345.67");
    expect_expanded(wide, 17, BYTES("\xC4\x1E\xDC\x8A\xF0"), "12345.6700000000");
    expect_expanded(price, 5, BYTES("\xC0\x1E\xDC\x8A\xF0"), "!a decimal number does not fit its precision");
    expect_expanded(price, 5, BYTES("\xC4\xFF\xFF"), "!a decimal number has digits that are none");
    expect_expanded(price, 5, BYTES("\xC4\x00\x00"), "!a decimal number has digits that are none");
    expect_expanded(price, 5, BYTES("\xC4"), "!a decimal number has digits that are none");
}

Test(bak_compression, texts)
{
    struct bak_column name = {.type = BAK_TYPE_NVARCHAR, .length = 80};
    struct bak_column code = {.type = BAK_TYPE_NCHAR, .length = 10};

    expect_type(BAK_TYPE_CHAR, 5, BYTES("AB"), "AB   ");
    expect_type(BAK_TYPE_VARCHAR, 0, BYTES("AB"), "AB");
    /* SCSU is Latin-1 as it stands; with an even number of characters a byte is added. */
    expect_expanded(name, 0, BYTES("Bl\xE5"), "Blå");
    expect_expanded(name, 0, BYTES("\xD6jer\x00"), "Öjer");
    expect_expanded(name, 0, BYTES("A\x00\xD6\x00"), "AÖ");
    /* Cyrillic by way of its window: the example "Moscow" of the standard */
    expect_expanded(name, 0, BYTES("\x12\x9C\xBE\xC1\xBA\xB2\xB0"), "Москва");
    expect_expanded(code, 10, BYTES("ABC"), "ABC  ");
    expect_expanded(code, 4, BYTES("ABC"), "!a value has more bytes than its type");
}

/* Five columns: an int in the short region, a NULL, a bit, an empty text, and a text in the long region. */
static const uint8_t record[] = "\x21\x05"
                                "\x02\x1B\x0A"
                                "\x85"
                                "\x01\x01\x00\x0A\x00"
                                "Alfreds F.";

Test(bak_compression, parts_of_a_record)
{
    struct bak_compressed row = {.pieces = pieces};
    const char *why = NULL;

    cr_assert(bak_compressed_parse(record, sizeof record - 1, &row, &why), "%s", why);
    cr_expect_eq(row.type, BAK_RECORD_PRIMARY);
    cr_expect_eq(row.columns, 5);
    cr_expect_eq(row.size, sizeof record - 1);
    cr_expect(pieces[0].kind == BAK_PIECE_BYTES && pieces[0].size == 1 && pieces[0].data[0] == 0x85);
    cr_expect_eq(pieces[1].kind, BAK_PIECE_NULL);
    cr_expect_eq(pieces[2].kind, BAK_PIECE_TRUE);
    cr_expect(pieces[3].kind == BAK_PIECE_BYTES && pieces[3].size == 0);
    cr_expect(pieces[4].size == 10 && memcmp(pieces[4].data, "Alfreds F.", 10) == 0);
    for (size_t size = 0; size < sizeof record - 1; size++)
        cr_expect(!bak_compressed_parse(record, size, &row, &why) && why, "cut to %zu bytes", size);
}

Test(bak_compression, clusters_of_thirty_columns_must_be_as_long_as_they_say)
{
    uint8_t wide[2 + 16 + 1 + 31] = {0x01, 31};
    struct bak_compressed row = {.pieces = pieces};
    const char *why = NULL;

    memset(wide + 2, 0x22, 16);
    wide[17] = 0x02;
    wide[18] = 30;
    for (unsigned i = 0; i < 31; i++)
        wide[19 + i] = (uint8_t)(0x80 + i);
    cr_assert(bak_compressed_parse(wide, sizeof wide, &row, &why), "%s", why);
    cr_expect_eq(pieces[30].data[0], 0x80 + 30);
    wide[18] = 29;
    cr_expect(!bak_compressed_parse(wide, sizeof wide, &row, &why));
    cr_expect_str_eq(why, "a cluster of columns is not as long as it says");
}

static void put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

/* A page with an anchor ("Melbourne" for its column) and a dictionary of one entry (4 letters of it and "a"), whose
 * ends count from their end. */
static void make_page(struct bak_page *page)
{
    static const uint8_t anchor[] = "\x21\x01\x0A\x01\x01\x00\x09\x00Melbourne";
    uint8_t *info = page->bytes + BAK_PAGE_HEADER_SIZE;
    size_t dictionary = 7 + sizeof anchor - 1;

    memset(page, 0, sizeof *page);
    page->bytes[2] = 0x80;
    info[0] = 0x06;
    put16(info + 3, dictionary);
    put16(info + 5, dictionary + 4 + 2);
    memcpy(info + 7, anchor, sizeof anchor - 1);
    put16(info + dictionary, 1);
    put16(info + dictionary + 2, 2);
    memcpy(info + dictionary + 4,
           "\x04"
           "a",
           2);
    page->header.slots = 1;
    put16(page->bytes + BAK_PAGE_SIZE - 2, BAK_PAGE_HEADER_SIZE + dictionary + 6);
}

static void expect_cell(const struct bak_page_compression *page, const uint8_t *data, size_t size, const char *wanted)
{
    struct bak_column column = {.type = BAK_TYPE_VARCHAR, .length = 40};
    struct bak_column_place place = {.stored = true, .leaf_offset = -1, .null_bit = 1};
    struct bak_compressed row = {.pieces = pieces};
    struct bak_cell cell;
    const char *why = NULL;
    struct text out;

    text_init(&out, CAP);
    cr_assert(bak_compressed_parse(data, size, &row, &why), "%s", why);
    if (!bak_compressed_cell(&row, page, &column, &place, scratch, &cell, &why))
        text_printf(&out, "!%s", why);
    else if (cell.state == BAK_CELL_NULL)
        text_puts(&out, "(NULL)");
    else
        put_value(&column, (struct slice){(const char *)cell.data, cell.size}, &out);
    cr_expect_str_eq(text_string(&out), wanted, "got %s", text_string(&out));
    text_release(&out);
}

Test(bak_compression, anchor_and_dictionary_of_a_page)
{
    struct bak_page page;
    struct bak_page_compression found;
    const char *why = NULL;

    make_page(&page);
    cr_assert(bak_page_compression_read(&page, anchor_pieces, &found, &why), "%s", why);
    cr_assert(found.present && found.has_anchor);
    cr_expect_eq(found.entries, 1);
    expect_cell(&found, BYTES("\x01\x01\x01"), "Melbourne");
    expect_cell(&found, BYTES("\x01\x01\x00"), "(NULL)");
    expect_cell(&found, BYTES("\x01\x01\x05\x03ton"), "Melton");
    expect_cell(&found, BYTES("\x01\x01\x04\x00Ky"), "Ky");
    expect_cell(&found, BYTES("\x01\x01\x04\x80\x03x"), "Melx");
    expect_cell(&found, BYTES("\x01\x01\x0C\x00"), "Melba");
    expect_cell(&found, BYTES("\x01\x01\x0C\x01"), "!it names an entry of the page's dictionary that is not there");
    expect_cell(&found, BYTES("\x01\x01\x02\x0A"), "!it shares more with the page's anchor than there is");
    expect_cell(NULL, BYTES("\x01\x01\x0C\x00"), "!it names an entry of the page's dictionary that is not there");
    expect_cell(NULL, BYTES("\x01\x01\x04Ky!"), "Ky!");
}

Test(bak_compression, a_page_whose_own_part_is_damaged_is_refused)
{
    struct bak_page page;
    struct bak_page_compression found;
    const char *why = NULL;
    uint8_t *info = page.bytes + BAK_PAGE_HEADER_SIZE;

    make_page(&page);
    put16(info + 5, 4000);
    cr_expect(!bak_page_compression_read(&page, anchor_pieces, &found, &why) && why);
    make_page(&page);
    put16(info + 3, 9);
    cr_expect(!bak_page_compression_read(&page, anchor_pieces, &found, &why) && why);
    make_page(&page);
    put16(info + 24, 900);
    cr_expect(!bak_page_compression_read(&page, anchor_pieces, &found, &why) && why);
    make_page(&page);
    info[0] = 0;
    cr_expect(!bak_page_compression_read(&page, anchor_pieces, &found, &why) && why, "the page's flag promises it");
    page.bytes[2] = 0;
    cr_expect(bak_page_compression_read(&page, anchor_pieces, &found, &why) && !found.present);
}
