#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "built.h"

static struct record_draft product(void)
{
    struct record_draft draft = {.entity = ENTITY_PRODUCT, .source_key = "FD-P1"};

    draft_set(&draft, "name", "Foam roller");
    draft_set(&draft, "price", "39.9500");
    return draft;
}

static struct record_draft item(void)
{
    struct record_draft draft = {.entity = ENTITY_BILLABLE_ITEM, .source_key = "FD-S1"};

    draft_set(&draft, "name", "Initial consultation");
    draft_set(&draft, "price", "95");
    return draft;
}

Test(record_catalogue, tax_keeps_its_rate_as_it_was_written)
{
    static const struct {
        const char *rate;
        const char *want;
    } cases[] = {{"10.00", "10"}, {"12.5", "12.5"}, {"0", "0"}, {"0.1000", "0.1"}, {"7.", "7"}, {".5", "0.5"}};
    static const char *const refused[] = {"", "ten", "10%", "-10", "4000000000", "1e1", "1.2.3", "."};
    struct record_draft draft = {.entity = ENTITY_TAX, .source_key = "FD-T10"};

    draft_set(&draft, "name", "GST");
    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *want = x_sprintf("{\"name\":\"GST\",\"rate\":\"%s\"}", cases[i].want);

        draft_set(&draft, "rate", cases[i].rate);
        expect_record(&draft, want, "", "");
    }
    for (size_t i = 0; i < array_length(refused); i++) {
        draft_set(&draft, "rate", refused[i]);
        expect_problem(&draft, "rate");
    }
    draft_set(&draft, "rate", "10");
    draft_clear(&draft, "name");
    expect_problem(&draft, "name is empty");
}

Test(record_catalogue, concession_types_and_suppliers_are_names)
{
    static const enum entity entities[] = {ENTITY_CONCESSION_TYPE, ENTITY_PRODUCT_SUPPLIER};
    scoped(string_free) char *fits = repeated("é", 255);
    scoped(string_free) char *beyond = repeated("é", 256);
    scoped(string_free) char *want = x_sprintf("{\"name\":\"%s\"}", fits);

    for (size_t i = 0; i < array_length(entities); i++) {
        struct record_draft draft = {.entity = entities[i], .source_key = "FD-1"};

        draft_set(&draft, "name", " Pensioner\n(card) ");
        expect_record(&draft, "{\"name\":\"Pensioner (card)\"}", "", "");
        draft_set(&draft, "name", fits);
        expect_record(&draft, want, "", "");
        draft_set(&draft, "name", beyond);
        expect_record(&draft, want, "name: longer than 255 characters, cut there", "");
        draft_set(&draft, "name", " ");
        expect_problem(&draft, "name is empty");
    }
}

Test(record_catalogue, product_is_written_in_full)
{
    struct record_draft draft = product();

    draft_set(&draft, "price_includes_tax", "1");
    draft_set(&draft, "cost_price", "20.1250");
    draft_set(&draft, "item_code", "FR-90");
    draft_set(&draft, "serial_number", "9310071012345");
    draft_set(&draft, "tax", "FD-T10");
    draft_set(&draft, "product_supplier_name", "Ortho Supplies & Co");
    draft_set(&draft, "stock_level", "12.00");
    draft_set(&draft, "notes", "90 cm");
    draft_set(&draft, "archived", "yes");
    expect_record(&draft,
                  "{\"name\":\"Foam roller\",\"price\":\"39.95\",\"price_includes_tax\":true,\"cost_price\":\"20.125\","
                  "\"item_code\":\"FR-90\",\"serial_number\":\"9310071012345\",\"tax\":\"FD-T10\","
                  "\"product_supplier_name\":\"Ortho Supplies & Co\",\"stock_level\":12,\"notes\":\"90 cm\","
                  "\"archived\":true}",
                  "", "product_archival {\"product\":\"FD-P1\"}");
}

Test(record_catalogue, product_prices_are_exact)
{
    static const struct {
        const char *price;
        const char *want;
    } cases[] = {
        {"0", "0.00"},
        {"-0.00", "0.00"},
        {"0.1", "0.10"},
        {"9007199254740993.01", NULL},
        {"3999999999.999999", "3999999999.999999"},
        {"1234567.0000000000000000001", "1234567.0000000000000000001"},
        {"00042.10", "42.10"},
        {"+5", "5.00"},
        {"-2.50", "-2.50"},
    };
    struct record_draft draft = product();

    for (size_t i = 0; i < array_length(cases); i++) {
        draft_set(&draft, "price", cases[i].price);
        if (cases[i].want) {
            scoped(string_free) char *want = x_sprintf("{\"name\":\"Foam roller\",\"price\":\"%s\"}", cases[i].want);

            expect_record(&draft, want, "", "");
        } else {
            expect_problem(&draft, "price: '9007199254740993.01' is no price that Cliniko takes");
        }
    }
    draft_clear(&draft, "price");
    expect_record(&draft, "{\"name\":\"Foam roller\",\"price\":\"0.00\"}", "price: empty, sent as 0.00", "");
    draft_set(&draft, "price", "$5");
    expect_problem(&draft, "price: '$5' is no price");
}

Test(record_catalogue, product_stock_is_counted_in_pieces)
{
    static const struct {
        const char *stock;
        const char *want;
        const char *warning;
    } cases[] = {
        {"-3.00", "\"stock_level\":-3", ""},
        {"0.00", "\"stock_level\":0", ""},
        {"2.50", "\"stock_level\":2,\"notes\":\"Stock level: 2.50\"",
         "stock_level: not a whole number, sent as 2 and put into the notes"},
        {"-2.75", "\"stock_level\":-2,\"notes\":\"Stock level: -2.75\"",
         "stock_level: not a whole number, sent as -2 and put into the notes"},
        {"-0.5", "\"stock_level\":0,\"notes\":\"Stock level: -0.5\"",
         "stock_level: not a whole number, sent as 0 and put into the notes"},
        {"3999999999", "\"stock_level\":3999999999", ""},
        {"4000000000", "\"notes\":\"Stock level: 4000000000\"",
         "stock_level: no number of pieces that Cliniko takes, put into the notes"},
        {"some", "\"notes\":\"Stock level: some\"",
         "stock_level: no number of pieces that Cliniko takes, put into the notes"},
    };
    struct record_draft draft = product();

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *want = x_sprintf("{\"name\":\"Foam roller\",\"price\":\"39.95\",%s}", cases[i].want);

        draft_set(&draft, "stock_level", cases[i].stock);
        expect_record(&draft, want, cases[i].warning, "");
    }
}

Test(record_catalogue, product_values_that_do_not_fit_go_to_the_notes)
{
    scoped(string_free) char *code = repeated("9", 101);
    scoped(string_free) char *serial = repeated("8", 256);
    scoped(string_free) char *want =
        x_sprintf("{\"name\":\"Foam roller\",\"price\":\"39.95\",\"notes\":\"Blue\\nStock level as recorded: a lot\\n"
                  "Cost price: -1\\nItem code: %s\\nSerial number: %s\"}",
                  code, serial);
    struct record_draft draft = product();

    draft_set(&draft, "notes", "Blue");
    draft_set(&draft, "cost_price", "-1");
    draft_set(&draft, "item_code", code);
    draft_set(&draft, "serial_number", serial);
    draft_reject(&draft, "stock_level", "a lot");
    draft.warning = "stock_level: no number";
    expect_record(
        &draft, want,
        "stock_level: no number; cost_price: no cost that Cliniko takes, put into the notes; item_code: longer "
        "than 100 characters, put into the notes; serial_number: longer than 255 characters, put into the notes",
        "");
}

Test(record_catalogue, product_states_must_be_understood)
{
    struct record_draft draft = product();

    draft_set(&draft, "price_includes_tax", "perhaps");
    expect_problem(&draft, "price_includes_tax: 'perhaps' is neither yes nor no");
    draft_set(&draft, "price_includes_tax", "0");
    draft_set(&draft, "archived", "?");
    expect_problem(&draft, "archived: '?' is neither yes nor no");
    draft_clear(&draft, "archived");
    draft_clear(&draft, "name");
    expect_problem(&draft, "name is empty");
}

Test(record_catalogue, billable_item_is_a_service_unless_it_says_otherwise)
{
    struct record_draft draft = item();

    draft_set(&draft, "item_code", "500");
    expect_record(
        &draft,
        "{\"name\":\"Initial consultation\",\"item_code\":\"500\",\"item_type\":\"Service\",\"price\":\"95.00\"}", "",
        "");
    draft_set(&draft, "item_type", "product");
    draft_set(&draft, "tax", "FD-T10");
    draft_set(&draft, "archived", "true");
    expect_record(&draft,
                  "{\"name\":\"Initial consultation\",\"item_code\":\"500\",\"item_type\":\"Product\","
                  "\"price\":\"95.00\",\"tax\":\"FD-T10\",\"archived\":true}",
                  "", "billable_item_archival {\"billable_item\":\"FD-S1\"}");
    draft_set(&draft, "item_type", "Gift");
    expect_problem(&draft, "item_type: 'Gift' is none of Service, Product, Other");
}

Test(record_catalogue, billable_item_without_a_price_is_sent_with_zero)
{
    struct record_draft draft = item();

    draft_clear(&draft, "price");
    expect_record(&draft, "{\"name\":\"Initial consultation\",\"item_type\":\"Service\",\"price\":\"0.00\"}",
                  "price: empty, sent as 0.00", "");
    draft_set(&draft, "price", "4000000000.00");
    expect_problem(&draft, "price: '4000000000.00' is no price");
}

Test(record_catalogue, billable_item_keeps_a_long_code_in_its_name)
{
    scoped(string_free) char *fits = repeated("x", 100);
    scoped(string_free) char *beyond = repeated("x", 101);
    scoped(string_free) char *far_beyond = repeated("x", 250);
    scoped(string_free) char *cut = repeated("x", 233);
    scoped(string_free) char *want_fits = x_sprintf(
        "{\"name\":\"Initial consultation\",\"item_code\":\"%s\",\"item_type\":\"Service\",\"price\":\"95.00\"}", fits);
    scoped(string_free) char *want_beyond =
        x_sprintf("{\"name\":\"Initial consultation (%s)\",\"item_type\":\"Service\",\"price\":\"95.00\"}", beyond);
    scoped(string_free) char *want_cut =
        x_sprintf("{\"name\":\"Initial consultation (%s\",\"item_type\":\"Service\",\"price\":\"95.00\"}", cut);
    struct record_draft draft = item();

    draft_set(&draft, "item_code", fits);
    expect_record(&draft, want_fits, "", "");
    draft_set(&draft, "item_code", beyond);
    expect_record(&draft, want_beyond, "item_code: longer than 100 characters, put into the name", "");
    draft_set(&draft, "item_code", far_beyond);
    expect_record(
        &draft, want_cut,
        "item_code: longer than 100 characters, put into the name; name: longer than 255 characters, cut there", "");
}

Test(record_catalogue, appointment_type_points_to_what_is_billed)
{
    struct record_draft draft = {.entity = ENTITY_APPOINTMENT_TYPE, .source_key = "FD-AT1"};

    draft_set(&draft, "name", "Initial");
    draft_set(&draft, "duration_minutes", "45");
    draft_set(&draft, "color", "#ff0000");
    draft_set(&draft, "billable_item", "FD-S1");
    draft_set(&draft, "archived", "1");
    expect_record(&draft,
                  "{\"name\":\"Initial\",\"duration_minutes\":45,\"color\":\"#ff0000\",\"billable_item\":\"FD-S1\","
                  "\"archived\":true}",
                  "", "appointment_type_archival {\"appointment_type\":\"FD-AT1\"}");
}
