#include "sandbox/patterns.h"

#include <ctype.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/number.h"
#include "sandbox/problems.h"

enum { DIGITS_MAX = 40 };

static bool is_letter(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static bool is_alphanumeric(char byte)
{
    return is_letter(byte) || (byte >= '0' && byte <= '9');
}

bool pattern_email(const char *text)
{
    const char *at = strrchr(text, '@');
    const char *dot = at ? strrchr(at, '.') : NULL;
    size_t ending = dot ? strlen(dot + 1) : 0;

    if (!at || at == text || !dot || dot == at + 1 || ending < 2 || ending > 63)
        return false;
    for (const char *byte = text; byte < at; byte++)
        if (!is_alphanumeric(*byte) && !strchr("!#$%&'*+/=?^_`{|}~.-", *byte))
            return false;
    for (const char *byte = at + 1; byte < dot; byte++)
        if (!is_alphanumeric(*byte) && *byte != '.' && *byte != '-')
            return false;
    for (const char *byte = dot + 1; *byte; byte++)
        if (!is_letter(*byte))
            return false;
    return true;
}

static bool is_capital(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

/* [NVQSWT]([A-Z ][0-9]{1,6}|[A-Z]{2}[0-9]{1,5}|[A-Z]{3}[0-9]{1,4})[A-Z]? */
bool pattern_dva(const char *text)
{
    size_t letters = 0;
    size_t digits = 0;

    if (!*text || !strchr("NVQSWT", *text))
        return false;
    text++;
    while (letters < 3 && is_capital(text[letters]))
        letters++;
    if (letters == 0 && *text == ' ')
        letters = 1;
    text += letters;
    while (isdigit((unsigned char)text[digits]))
        digits++;
    if (letters == 0 || digits == 0 || digits > 7 - letters)
        return false;
    text += digits;
    return *text == '\0' || (is_capital(*text) && text[1] == '\0');
}

bool pattern_colour(const char *text)
{
    size_t size = strlen(text);

    if (text[0] != '#' || (size != 4 && size != 7))
        return false;
    return strspn(text + 1, "0123456789abcdefABCDEF") == size - 1;
}

bool pattern_price(const char *text)
{
    return pattern_signed_price(text) && text[0] != '-';
}

bool pattern_signed_price(const char *text)
{
    struct fault ignored;
    double price = 0;

    return decimal_parse(slice_of(text), &price, &ignored) && price >= -4e9 && price <= 4e9;
}

/* The digits alone; enough for tests, the real form knows country codes. */
static void put_normalized(struct json_writer *writer, const char *number)
{
    char digits[DIGITS_MAX + 1];
    size_t count = 0;

    for (; *number && count < DIGITS_MAX; number++)
        if (isdigit((unsigned char)*number))
            digits[count++] = *number;
    digits[count] = '\0';
    json_member_text(writer, "normalized_number", digits);
}

static bool is_phone_type(const char *text)
{
    static const char *const types[] = {"Home", "Mobile", "Work", "Fax", "Other"};

    for (size_t i = 0; i < array_length(types); i++)
        if (strcmp(types[i], text) == 0)
            return true;
    return false;
}

bool phones_check(const struct json *value, struct text *kept, const char **ret_problem)
{
    struct json_writer writer;

    *ret_problem = PROBLEM_INVALID;
    json_write_init(&writer, kept);
    json_begin_array(&writer);
    for (const struct json *phone = json_first(value); phone; phone = json_next(phone)) {
        const char *type = json_text(json_member(phone, "phone_type"), "Mobile");
        const char *number = json_text(json_member(phone, "number"), "");

        if (!json_is_object(phone) || !*number)
            return false;
        if (!is_phone_type(type)) {
            *ret_problem = PROBLEM_NOT_IN_LIST;
            return false;
        }
        json_begin_object(&writer);
        json_member_text(&writer, "phone_type", type);
        json_member_text(&writer, "number", number);
        put_normalized(&writer, number);
        json_end_object(&writer);
    }
    json_end_array(&writer);
    return json_is_array(value);
}

bool object_check(const struct json *value, struct text *kept, const char **ret_problem)
{
    struct json_writer writer;

    *ret_problem = PROBLEM_INVALID;
    json_write_init(&writer, kept);
    json_put_value(&writer, value);
    return json_is_object(value);
}

bool pronouns_check(const struct json *value, struct text *kept, const char **ret_problem)
{
    static const char *const names[] = {"accusative", "nominative", "predicative_possessive", "pronominal_possessive",
                                        "reflexive"};

    for (size_t i = 0; i < array_length(names); i++) {
        if (!json_is_text(json_member(value, names[i]))) {
            *ret_problem = PROBLEM_INVALID;
            return false;
        }
    }
    return object_check(value, kept, ret_problem);
}
