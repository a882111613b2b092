#include "model/contact.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "model/letters.h"

enum { PHONE_DIGITS_LEAST = 5, PHONE_DIGITS_MOST = 20, MEDICARE_DIGITS = 10, EMAIL_LENGTH_MAX = 255 };

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Bytes of a word that stands between two numbers, with the blanks around it; 0 for none. */
static size_t word_between(struct slice text, size_t at)
{
    static const char *const words[] = {" or ", " and ", " & ", " ou ", " und ", " o "};

    for (size_t i = 0; i < array_length(words); i++) {
        size_t size = strlen(words[i]);

        if (text.size - at >= size && strncasecmp(text.data + at, words[i], size) == 0)
            return size;
    }
    return 0;
}

static size_t break_at(struct slice text, size_t at)
{
    return strchr(";,/|\n\r", text.data[at]) ? 1 : word_between(text, at);
}

/* "x123", "ext 12", "ext. 12" from `at` to the end. */
static bool is_extension(struct slice piece, size_t at)
{
    static const char *const words[] = {"extension", "ext.", "ext", "x"};

    for (size_t i = 0; i < array_length(words); i++) {
        size_t size = strlen(words[i]);
        size_t from = at + size;

        if (piece.size - at <= size || strncasecmp(piece.data + at, words[i], size) != 0)
            continue;
        while (from < piece.size && piece.data[from] == ' ')
            from++;
        for (at = from; at < piece.size && is_digit(piece.data[at]); at++)
            ;
        return at == piece.size && at > from;
    }
    return false;
}

static bool is_phone(struct slice piece)
{
    size_t digits = 0;

    for (size_t i = 0; i < piece.size; i++) {
        if (is_digit(piece.data[i]))
            digits++;
        else if (!memchr("+()-. ", piece.data[i], 6))
            return digits >= PHONE_DIGITS_LEAST && digits <= PHONE_DIGITS_MOST && is_extension(piece, i);
    }
    return digits >= PHONE_DIGITS_LEAST && digits <= PHONE_DIGITS_MOST;
}

size_t phones_split(struct slice field, struct scratch *scratch, struct slice ret[PHONES_IN_A_FIELD_MAX],
                    bool *ret_rest)
{
    size_t count = 0;
    size_t start = 0;

    *ret_rest = false;
    for (size_t at = 0; at <= field.size; at++) {
        size_t gap = at < field.size ? break_at(field, at) : 1;
        struct slice piece = {field.data + start, at - start};

        if (gap == 0)
            continue;
        piece = letters_one_line(piece, scratch);
        if (count < PHONES_IN_A_FIELD_MAX && is_phone(piece))
            ret[count++] = piece;
        else if (piece.size)
            *ret_rest = true;
        start = at + gap;
        at += gap - 1;
    }
    return count;
}

static bool is_name_letter(char byte)
{
    return isalnum((unsigned char)byte) || (byte && strchr("!#$%&'*+/=?^_`{|}~.-", byte));
}

static bool is_host_letter(char byte)
{
    return isalnum((unsigned char)byte) || byte == '.' || byte == '-';
}

/* ^[A-Z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Z0-9.-]+\.[A-Z]{2,63}$ in either case. */
static bool is_email(struct slice text)
{
    const char *at = text.size <= EMAIL_LENGTH_MAX ? memchr(text.data, '@', text.size) : NULL;
    const char *end = text.data + text.size;
    const char *dot = at ? memrchr(at, '.', (size_t)(end - at)) : NULL;

    if (!at || at == text.data || !dot || dot == at + 1 || end - dot < 3 || end - dot > 64)
        return false;
    for (const char *byte = text.data; byte < at; byte++)
        if (!is_name_letter(*byte))
            return false;
    for (const char *byte = at + 1; byte < dot; byte++)
        if (!is_host_letter(*byte))
            return false;
    for (const char *byte = dot + 1; byte < end; byte++)
        if (!isalpha((unsigned char)*byte))
            return false;
    return true;
}

struct slice email_find(struct slice field, bool *ret_rest)
{
    struct slice found = {0};
    size_t start = 0;

    *ret_rest = false;
    for (size_t at = 0; at <= field.size; at++) {
        struct slice piece = {field.data + start, at - start};

        if (at < field.size && !strchr(";,<>() \t\r\n", field.data[at]))
            continue;
        if (!found.data && piece.size && is_email(piece))
            found = piece;
        else if (piece.size)
            *ret_rest = true;
        start = at + 1;
    }
    return found;
}

static size_t count_upper(struct slice text, size_t from)
{
    size_t count = 0;

    while (from + count < text.size && isupper((unsigned char)text.data[from + count]))
        count++;
    return count;
}

/* ^[NVQSWT]([A-Z ][0-9]{1,6}|[A-Z]{2}[0-9]{1,5}|[A-Z]{3}[0-9]{1,4})[A-Z]?$ */
static bool is_dva(struct slice text)
{
    size_t letters = count_upper(text, 1);
    size_t at = 1 + letters;
    size_t digits = 0;

    if (text.size < 3 || !memchr("NVQSWT", text.data[0], 6) || letters > 3)
        return false;
    if (letters == 0 && text.data[1] == ' ') {
        letters = 1;
        at = 2;
    }
    while (at < text.size && is_digit(text.data[at])) {
        at++;
        digits++;
    }
    if (letters == 0 || digits == 0 || digits > 7 - letters)
        return false;
    return at == text.size || (at + 1 == text.size && isupper((unsigned char)text.data[at]));
}

struct slice dva_number(struct slice field, struct scratch *scratch)
{
    struct slice upper = letters_case(letters_trim(field), LETTERS_UPPER, scratch);
    char *packed = scratch_take(scratch, upper.size + 2);
    size_t size = 0;

    if (is_dva(upper))
        return upper;
    for (size_t i = 0; i < upper.size; i++)
        if (upper.data[i] != ' ' && upper.data[i] != '-')
            packed[size++] = upper.data[i];
    if (is_dva((struct slice){packed, size}))
        return (struct slice){packed, size};
    return (struct slice){0};
}

bool medicare_split(struct slice field, struct scratch *scratch, struct slice *ret_number, struct slice *ret_reference)
{
    char *digits = scratch_take(scratch, field.size + 1);
    size_t size = 0;

    for (size_t i = 0; i < field.size; i++) {
        if (is_digit(field.data[i]))
            digits[size++] = field.data[i];
        else if (!memchr(" -/.", field.data[i], 4))
            return false;
    }
    if (size != MEDICARE_DIGITS && size != MEDICARE_DIGITS + 1)
        return false;
    *ret_number = (struct slice){digits, MEDICARE_DIGITS};
    *ret_reference = size > MEDICARE_DIGITS ? (struct slice){digits + MEDICARE_DIGITS, 1} : (struct slice){0};
    return true;
}

bool colour_valid(struct slice text)
{
    if ((text.size != 4 && text.size != 7) || text.data[0] != '#')
        return false;
    for (size_t i = 1; i < text.size; i++)
        if (!isxdigit((unsigned char)text.data[i]))
            return false;
    return true;
}
