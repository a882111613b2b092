#include "model/letters.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

static const unsigned char no_break_space[] = {0xC2, 0xA0};
static const unsigned char byte_order_mark[] = {0xEF, 0xBB, 0xBF};

static bool is_blank(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Bytes of blank at the start, 0 for none. */
static size_t leading_blank(struct slice text)
{
    if (text.size && is_blank(text.data[0]))
        return 1;
    if (text.size >= 2 && memcmp(text.data, no_break_space, 2) == 0)
        return 2;
    return text.size >= 3 && memcmp(text.data, byte_order_mark, 3) == 0 ? 3 : 0;
}

static size_t trailing_blank(struct slice text)
{
    const char *end = NULL;

    if (text.size == 0)
        return 0;
    end = text.data + text.size;
    if (is_blank(end[-1]))
        return 1;
    if (text.size >= 2 && memcmp(end - 2, no_break_space, 2) == 0)
        return 2;
    return text.size >= 3 && memcmp(end - 3, byte_order_mark, 3) == 0 ? 3 : 0;
}

struct slice letters_trim(struct slice text)
{
    size_t blank = 0;

    while ((blank = leading_blank(text)) > 0) {
        text.data += blank;
        text.size -= blank;
    }
    while ((blank = trailing_blank(text)) > 0)
        text.size -= blank;
    return text;
}

/* True when the letter at `at` begins a word: after no letter, or after the apostrophe of "O'Brien" and "D'Arcy". */
static bool begins_word(struct slice text, size_t at, size_t word_start)
{
    return at == word_start || (at == word_start + 2 && text.data[at - 1] == '\'');
}

static UChar32 change_case(struct slice text, size_t at, UChar32 letter, enum letters_case wanted, size_t *word_start)
{
    bool in_word = u_isalpha(letter) || letter == '\'' || u_isdigit(letter);

    if (wanted == LETTERS_UPPER)
        return u_toupper(letter);
    if (wanted == LETTERS_LOWER)
        return u_tolower(letter);
    if (!in_word) {
        *word_start = at + (size_t)U8_LENGTH(letter);
        return letter;
    }
    return begins_word(text, at, *word_start) ? u_totitle(letter) : u_tolower(letter);
}

struct slice letters_case(struct slice text, enum letters_case wanted, struct scratch *scratch)
{
    char *out = scratch_take(scratch, text.size * 3 + 1); /* no simple case mapping grows a letter more than that */
    size_t size = 0;
    size_t word_start = 0;

    for (size_t at = 0; at < text.size;) {
        size_t start = at;
        UChar32 letter = 0;

        U8_NEXT_OR_FFFD((const uint8_t *)text.data, at, text.size, letter);
        letter = change_case(text, start, letter, wanted, &word_start);
        U8_APPEND_UNSAFE((uint8_t *)out, size, letter);
    }
    return (struct slice){out, size};
}

struct slice letters_one_line(struct slice text, struct scratch *scratch)
{
    char *out = scratch_take(scratch, text.size + 1);
    size_t size = 0;

    text = letters_trim(text);
    while (text.size) {
        size_t blank = leading_blank(text);

        if (blank == 0) {
            out[size++] = text.data[0];
            blank = 1;
        } else if (size && out[size - 1] != ' ') {
            out[size++] = ' ';
        }
        text.data += blank;
        text.size -= blank;
    }
    return (struct slice){out, size};
}

static bool is_clean(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (((unsigned char)text.data[i] < 0x20 && text.data[i] != '\n' && text.data[i] != '\t') ||
            text.data[i] == 0x7F)
            return false;
    return true;
}

struct slice letters_clean(struct slice text, struct scratch *scratch)
{
    char *out = NULL;
    size_t size = 0;

    text = letters_trim(text);
    if (is_clean(text))
        return text;
    out = scratch_take(scratch, text.size + 1);
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];

        if (byte == '\r' && !(i + 1 < text.size && text.data[i + 1] == '\n'))
            out[size++] = '\n';
        else if ((byte >= 0x20 && byte != 0x7F) || byte == '\n' || byte == '\t')
            out[size++] = text.data[i];
    }
    return (struct slice){out, size};
}

size_t utf8_length(struct slice text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.size; i++)
        count += ((unsigned char)text.data[i] & 0xC0) != 0x80;
    return count;
}

struct slice utf8_cut(struct slice text, size_t count)
{
    size_t at = 0;

    for (; at < text.size; at++) {
        if (((unsigned char)text.data[at] & 0xC0) == 0x80)
            continue;
        if (count == 0)
            break;
        count--;
    }
    return (struct slice){text.data, at};
}
