/*
 * Numbers of list paragraphs, for documents whose writer gave the list table but no \listtext before the paragraphs.
 */
#include <limits.h>
#include <string.h>

#include "base/memory.h"
#include "document/numbering.h"
#include "document/rtf_parts.h"

static struct numbering_level *level_at_hand(struct rtf *rtf)
{
    struct numbering_level *levels =
        rtf->list_level < NUMBERING_LEVELS ? numbering_levels(rtf->numbering, rtf->list_pattern) : NULL;

    return levels ? &levels[rtf->list_level] : NULL;
}

/* The number format of \levelnfc. */
static enum numbering_format format_of(int number)
{
    switch (number) {
    case 1:
        return NUMBERING_UPPER_ROMAN;
    case 2:
        return NUMBERING_LOWER_ROMAN;
    case 3:
        return NUMBERING_UPPER_LETTER;
    case 4:
        return NUMBERING_LOWER_LETTER;
    case 5:
        return NUMBERING_ORDINAL;
    case 22:
        return NUMBERING_DECIMAL_ZERO;
    case 23:
        return NUMBERING_BULLET;
    case 255:
        return NUMBERING_NONE;
    default:
        return NUMBERING_DECIMAL;
    }
}

void rtf_begin_list(struct rtf *rtf)
{
    rtf->list_pattern = --rtf->list_unnamed;
    rtf->list_level = 0;
}

static void put_sign(struct numbering_level *level, unsigned codepoint)
{
    struct text sign = {0};

    text_init(&sign, sizeof level->pattern - 1);
    text_put_codepoint(&sign, codepoint);
    memcpy(level->pattern, text_string(&sign), sign.size + 1);
    text_release(&sign);
}

/* A code point of the private area, U+F000 to U+F0FF in UTF-8, is a sign of the level's font. */
void rtf_end_level(struct rtf *rtf, const struct rtf_state *closed)
{
    struct numbering_level *level = level_at_hand(rtf);
    enum symbol_set symbols = rtf_symbols(rtf, closed->font);
    unsigned char *at = level ? (unsigned char *)level->pattern : NULL;

    rtf->list_level++;
    if (!at || at[0] != 0xEF || at[1] < 0x80 || at[1] > 0x83)
        return;
    symbols = symbols == SYMBOL_NONE ? SYMBOL_GREEK : symbols;
    put_sign(level, symbol_codepoint(symbols, (unsigned char)((at[1] & 3U) << 6 | (at[2] & 0x3FU))));
}

void rtf_level_format(struct rtf *rtf, int number)
{
    struct numbering_level *level = level_at_hand(rtf);

    if (level)
        level->format = format_of(number);
}

void rtf_level_start(struct rtf *rtf, int number)
{
    struct numbering_level *level = level_at_hand(rtf);

    if (level)
        level->start = number;
}

static size_t letter_size(const char *data, size_t size_bytes)
{
    size_t size = 1;

    while (size < size_bytes && ((unsigned char)data[size] & 0xC0) == 0x80)
        size++;
    return size;
}

/* The pattern: its length as one byte, then letters, with the bytes 0 to 8 for the numbers of the levels, and a
 * semicolon. */
void rtf_put_level_text(struct rtf *rtf, const char *data, size_t size_bytes)
{
    struct numbering_level *level = level_at_hand(rtf);
    size_t used = level ? strlen(level->pattern) : 0;

    while (level && size_bytes) {
        size_t size = letter_size(data, size_bytes);

        if (!rtf->level_text_begun) {
            rtf->level_text_begun = true;
        } else if (*data >= 0 && *data < NUMBERING_LEVELS && used + 2 < sizeof level->pattern) {
            level->pattern[used++] = '%';
            level->pattern[used++] = (char)('1' + *data);
        } else if (*data != ';' && used + size < sizeof level->pattern) {
            memcpy(level->pattern + used, data, size);
            used += size;
        }
        level->pattern[used] = '\0';
        data += size;
        size_bytes -= size;
    }
}

/* \listid comes behind the levels of its list, and names them. */
void rtf_name_list(struct rtf *rtf, int id)
{
    struct numbering_level *levels = numbering_levels(rtf->numbering, rtf->list_pattern);
    struct numbering_level copy[NUMBERING_LEVELS];

    if (!levels)
        return;
    memcpy(copy, levels, sizeof copy);
    levels = numbering_levels(rtf->numbering, id);
    if (levels)
        memcpy(levels, copy, sizeof copy);
}

void rtf_put_number(struct rtf *rtf)
{
    struct text number = {0};

    if (rtf->numbered)
        return;
    rtf->numbered = true;
    if (rtf->writer_numbers || rtf->state->list == 0)
        return;
    text_init(&number, UINT16_MAX);
    numbering_next(rtf->numbering, rtf->state->list, rtf->state->level, &number);
    document_put(rtf->flow, text_string(&number), number.size);
    text_release(&number);
}
