#include "sandbox/clinic/money.h"

#include <stdio.h>

#include "base/memory.h"
#include "sandbox/clinic/catalogue.h"
#include "sandbox/clinic/dice.h"
#include "sandbox/clinic/sheet.h"

enum { STREAM_MONEY = 70 };

struct books {
    struct sheet *invoices;
    struct sheet *lines;
    struct sheet *payments;
    struct dice dice;
    int64_t invoice_count;
    int64_t line_count;
    int64_t payment_count;
};

static void books_release(struct books *books)
{
    sheet_destroy(&books->invoices);
    sheet_destroy(&books->lines);
    sheet_destroy(&books->payments);
}

static int64_t write_line(struct books *books, int service_id, int product_id)
{
    int64_t price = service_id > 0 ? catalogue_service_price(service_id) : catalogue_product_price(product_id);

    sheet_integer(books->lines, "InvoiceLineID", ++books->line_count);
    sheet_integer(books->lines, "InvoiceID", books->invoice_count);
    sheet_key(books->lines, "ServiceID", service_id);
    sheet_key(books->lines, "ProductID", product_id);
    sheet_text(books->lines, "Description", service_id > 0 ? "Consultation" : "Product");
    sheet_decimal(books->lines, "Quantity", 100);
    sheet_decimal(books->lines, "UnitPrice", price);
    sheet_decimal(books->lines, "Gst", product_id > 0 ? price / 11 : 0);
    sheet_decimal(books->lines, "Amount", price);
    return price;
}

static void write_payment(struct books *books, const struct attended *visit, int64_t amount)
{
    static const char *const methods[] = {"EFTPOS", "Cash", "HICAPS", "Direct debit"};

    sheet_integer(books->payments, "PaymentID", ++books->payment_count);
    sheet_integer(books->payments, "PatientID", visit->patient_id);
    sheet_integer(books->payments, "InvoiceID", books->invoice_count);
    sheet_moment(books->payments, "PaidAt", visit->start + 45);
    sheet_text(books->payments, "Method", dice_choose(&books->dice, methods));
    sheet_decimal(books->payments, "Amount", amount);
    sheet_text(books->payments, "Reference", NULL);
}

/* What of it is paid: all, nothing, a part, or too much. */
static int64_t draw_paid(struct dice *dice, int64_t total)
{
    int64_t draw = dice_between(dice, 0, 99);

    if (draw < 92) {
        return total;
    }
    return draw < 96 ? 0 : draw < 99 ? total / 2 : total + 500;
}

static void write_invoice(struct books *books, const struct attended *visit)
{
    bool sells = dice_chance(&books->dice, 100);
    bool credit = dice_chance(&books->dice, 15);
    int product_id = (int)dice_between(&books->dice, 1, PRODUCT_COUNT - 1);
    int64_t total;
    int64_t paid;
    char number[24];

    books->invoice_count++;
    total = write_line(books, 1 + visit->type_id % 5, 0);
    total += sells ? write_line(books, 0, product_id) : 0;
    paid = draw_paid(&books->dice, total);
    if (credit) {
        total = -total;
        paid = 0;
    }
    if (paid > 0) {
        write_payment(books, visit, paid);
    }
    snprintf(number, sizeof(number), "INV-%06d", (int)books->invoice_count);
    sheet_integer(books->invoices, "InvoiceID", books->invoice_count);
    sheet_integer(books->invoices, "PatientID", visit->patient_id);
    sheet_key(books->invoices, "PatientAccountID", 0);
    sheet_integer(books->invoices, "PractitionerID", visit->practitioner_id);
    sheet_integer(books->invoices, "AppointmentID", visit->id);
    sheet_text(books->invoices, "InvoiceNumber", number);
    sheet_moment(books->invoices, "InvoiceDate", visit->start + 40);
    sheet_decimal(books->invoices, "Total", total);
    sheet_decimal(books->invoices, "Gst", 0);
    sheet_decimal(books->invoices, "Balance", total - paid);
    sheet_bit(books->invoices, "IsCredit", credit);
}

bool money_write(const struct clinic_options *options, const struct attended_list *attended, struct fault *fault)
{
    scoped(books_release) struct books books = {0};
    size_t i;

    if (!sheet_create(options->folder, clinic_table("Invoice"), &books.invoices, fault) ||
        !sheet_create(options->folder, clinic_table("InvoiceLine"), &books.lines, fault) ||
        !sheet_create(options->folder, clinic_table("Payment"), &books.payments, fault)) {
        return false;
    }
    dice_init(&books.dice, options->seed, STREAM_MONEY);
    for (i = 0; i < attended->count; i++) {
        if (dice_chance(&books.dice, 500)) {
            write_invoice(&books, &attended->entries[i]);
        }
    }
    return sheet_finish(&books.invoices, fault) && sheet_finish(&books.lines, fault) &&
           sheet_finish(&books.payments, fault);
}
