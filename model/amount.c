#include "model/amount.h"

#include <string.h>

#include "model/decimal.h"
#include "model/letters.h"

enum { AMOUNT_BYTES_MAX = 60, GROUP = 3 };

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Size of a mark that parts groups of digits: a blank, a no-break space, an apostrophe, or the other of "." and ",". */
static size_t group_mark(struct slice text, char point)
{
    static const char *const marks[] = {" ", "'", "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x99"};

    if (text.size && text.data[0] == (point == '.' ? ',' : '.'))
        return 1;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (text.size >= strlen(marks[i]) && memcmp(text.data, marks[i], strlen(marks[i])) == 0)
            return strlen(marks[i]);
    return 0;
}

static size_t digits_at(struct slice text)
{
    size_t count = 0;

    while (count < text.size && is_digit(text.data[count]))
        count++;
    return count;
}

static struct slice skip(struct slice text, size_t size)
{
    return (struct slice){text.data + size, text.size - size};
}

/* Digits, in groups of three once there is one mark; then the point and the rest. */
static bool put_plain(struct slice text, char point, struct text *out)
{
    size_t digits = digits_at(text);

    text_put(out, text.data, digits);
    text = skip(text, digits);
    while (digits > 0 && digits <= GROUP && group_mark(text, point)) {
        text = skip(text, group_mark(text, point));
        digits = digits_at(text);
        if (digits != GROUP)
            return false;
        text_put(out, text.data, digits);
        text = skip(text, digits);
    }
    if (text.size && text.data[0] == point) {
        text_putc(out, '.');
        text = skip(text, 1);
        digits = digits_at(text);
        text_put(out, text.data, digits);
        text = skip(text, digits);
    }
    return text.size == 0;
}

static bool read_amount(struct slice text, bool negative, char point, size_t places, struct scratch *scratch,
                        struct slice *ret)
{
    struct decimal decimal = {0};
    struct text plain;
    struct text out;
    bool good = false;

    text_init(&plain, AMOUNT_BYTES_MAX);
    text_init(&out, AMOUNT_BYTES_MAX);
    text_puts(&plain, negative ? "-" : "");
    good = put_plain(text, point, &plain) && !plain.overflowed && decimal_read(text_slice(&plain), &decimal);
    if (good) {
        decimal_put(&decimal, places, &out);
        good = !out.overflowed;
        *ret = scratch_copy(scratch, text_slice(&out));
    }
    text_release(&plain);
    text_release(&out);
    return good;
}

bool amount_read_decimal(struct slice text, char point, struct scratch *scratch, struct slice *ret)
{
    bool negative = false;

    text = letters_trim(text);
    if (text.size && (text.data[0] == '-' || text.data[0] == '+')) {
        negative = text.data[0] == '-';
        text = skip(text, 1);
    }
    return read_amount(text, negative, point, 0, scratch, ret);
}

/* "$", "AU$", "AUD", "€": letters and signs that are no digits, marks or signs of the number. */
static bool is_currency(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '$' || (byte & 0x80);
}

static struct slice without_currency(struct slice text)
{
    size_t letters = 0;

    while (letters < text.size && is_currency(text.data[letters]))
        letters++;
    text = letters_trim(skip(text, letters));
    while (letters == 0 && text.size && is_currency(text.data[text.size - 1]))
        text.size--;
    return letters_trim(text);
}

bool amount_read_money(struct slice text, char point, struct scratch *scratch, struct slice *ret)
{
    bool negative = false;

    text = letters_trim(text);
    if (text.size > 2 && text.data[0] == '(' && text.data[text.size - 1] == ')') {
        negative = true;
        text = letters_trim((struct slice){text.data + 1, text.size - 2});
    }
    for (int round = 0; round < 2; round++) {
        if (!negative && text.size && text.data[0] == '-') {
            negative = true;
            text = letters_trim(skip(text, 1));
        } else if (!negative && text.size && text.data[text.size - 1] == '-') {
            negative = true;
            text.size--;
            text = letters_trim(text);
        }
        if (round == 0)
            text = without_currency(text);
    }
    return read_amount(text, negative, point, 2, scratch, ret);
}
