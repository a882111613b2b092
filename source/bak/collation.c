#include "source/bak/collation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/ucnv.h>

#include "base/memory.h"
#include "base/must.h"

enum { PIECE = 1024, UTF8_OF_PIECE = 4096, PIVOT_SIZE = 1024, NAME_SIZE = 32, WESTERN = 1252 };

struct range {
    uint8_t first;
    uint8_t last;
    uint16_t code_page;
};

/* Top byte of the old collations that are sort orders. */
static const struct range sort_orders[] = {
    {30, 34, 437},    {40, 49, 850},    {50, 54, 1252},   {55, 61, 850},    {80, 96, 1250},
    {104, 108, 1251}, {112, 124, 1253}, {128, 130, 1254}, {136, 138, 1255}, {144, 146, 1256},
    {152, 160, 1257}, {183, 186, 1252}, {210, 219, 1252},
};

/* Low byte of the others: the language. */
static const struct range languages[] = {
    {0x01, 0x01, 1256}, {0x02, 0x02, 1256}, {0x03, 0x03, 950},  {0x04, 0x04, 1250}, {0x06, 0x06, 1251},
    {0x07, 0x07, 1253}, {0x0C, 0x0C, 1255}, {0x0D, 0x0D, 1250}, {0x10, 0x10, 932},  {0x11, 0x11, 949},
    {0x13, 0x14, 1250}, {0x15, 0x15, 1251}, {0x16, 0x18, 1250}, {0x19, 0x19, 874},  {0x1A, 0x1A, 1254},
    {0x1B, 0x1B, 1251}, {0x1C, 0x1C, 1250}, {0x1D, 0x1F, 1257}, {0x20, 0x20, 1258}, {0x24, 0x24, 936},
    {0x25, 0x25, 1256}, {0x2A, 0x2A, 1250}, {0x2B, 0x2B, 932},  {0x2E, 0x2E, 936},  {0x2F, 0x2F, 950},
    {0x30, 0x30, 932},  {0x31, 0x32, 936},  {0x33, 0x34, 950},  {0x37, 0x37, 1251}, {0x38, 0x38, 1254},
    {0x39, 0x3A, 1251}, {0x3E, 0x3E, 950},  {0x40, 0x40, 949},  {0x41, 0x42, 950},  {0x43, 0x44, 936},
    {0x45, 0x46, 950},  {0x48, 0x49, 932},  {0x4C, 0x4C, 1250}, {0x4D, 0x4D, 1251}, {0x4E, 0x4E, 1250},
    {0x4F, 0x4F, 1251}, {0x50, 0x51, 1256}, {0x54, 0x54, 1251}, {0x58, 0x58, 1250}, {0x5B, 0x5B, 1256},
    {0x63, 0x63, 1254}, {0x64, 0x64, 1251},
};

static unsigned find(const struct range *ranges, size_t count, unsigned number)
{
    for (size_t i = 0; i < count; i++)
        if (number >= ranges[i].first && number <= ranges[i].last)
            return ranges[i].code_page;
    return WESTERN;
}

unsigned bak_code_page(uint32_t collation)
{
    if (collation >> 24)
        return find(sort_orders, array_length(sort_orders), collation >> 24);
    if (collation & 0x100)
        return BAK_CODE_PAGE_UTF8;
    return find(languages, array_length(languages), collation & 0xFF);
}

struct bak_decoder {
    UConverter *from;
    UConverter *to;
    UChar pivot[PIVOT_SIZE];
    UChar *pivot_source;
    UChar *pivot_target;
    bool within;   /* a text has begun */
    bool is_ascii; /* bytes below 0x80 are ASCII wherever they stand */
    bool is_ibm;   /* ICU has IBM's view of the code page, in which 1A, 1C and 7F change places */
};

static void name_of(unsigned code_page, char name[NAME_SIZE])
{
    if (code_page == BAK_CODE_PAGE_UTF16)
        snprintf(name, NAME_SIZE, "UTF-16LE");
    else if (code_page == BAK_CODE_PAGE_UTF8)
        snprintf(name, NAME_SIZE, "UTF-8");
    else if (code_page < 874)
        snprintf(name, NAME_SIZE, "cp%u", code_page);
    else
        snprintf(name, NAME_SIZE, "windows-%u", code_page);
}

struct bak_decoder *bak_decoder_new(unsigned code_page)
{
    struct bak_decoder *decoder = x_alloc(sizeof *decoder);
    UErrorCode status = U_ZERO_ERROR;
    char name[NAME_SIZE];

    name_of(code_page, name);
    decoder->from = ucnv_open(name, &status);
    decoder->to = ucnv_open("UTF-8", &status);
    must(U_SUCCESS(status)); /* ICU has them all */
    decoder->is_ascii = code_page != BAK_CODE_PAGE_UTF16;
    decoder->is_ibm = code_page < 874 || code_page == 932;
    return decoder;
}

void bak_decoder_destroy(struct bak_decoder **decoder)
{
    if (!*decoder)
        return;
    ucnv_close((*decoder)->from);
    ucnv_close((*decoder)->to);
    free(*decoder);
    *decoder = NULL;
}

static void put_without_nul(const char *data, size_t size, struct text *out)
{
    while (size) {
        const char *nul = memchr(data, '\0', size);
        size_t part = nul ? (size_t)(nul - data) : size;

        text_put(out, data, part);
        part += nul != NULL;
        data += part;
        size -= part;
    }
}

static bool is_plain(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] == 0 || data[i] >= 0x80)
            return false;
    return true;
}

static void convert(struct bak_decoder *decoder, const uint8_t *data, size_t size, bool last, struct text *out)
{
    const char *source = size ? (const char *)data : "";
    const char *end = source + size;
    UErrorCode status = U_ZERO_ERROR;
    char buffer[UTF8_OF_PIECE];

    do {
        char *target = buffer;

        status = U_ZERO_ERROR;
        ucnv_convertEx(decoder->to, decoder->from, &target, buffer + sizeof buffer, &source, end, decoder->pivot,
                       &decoder->pivot_source, &decoder->pivot_target, decoder->pivot + PIVOT_SIZE, !decoder->within,
                       last, &status);
        decoder->within = true;
        must(U_SUCCESS(status) || status == U_BUFFER_OVERFLOW_ERROR); /* what is no character is replaced */
        put_without_nul(buffer, (size_t)(target - buffer), out);
    } while (status == U_BUFFER_OVERFLOW_ERROR);
    decoder->within = !last;
}

static uint8_t unchanged_by_ibm(uint8_t byte)
{
    return byte == 0x1A ? 0x7F : byte == 0x1C ? 0x1A : byte == 0x7F ? 0x1C : byte;
}

static void convert_ibm(struct bak_decoder *decoder, const uint8_t *data, size_t size, bool last, struct text *out)
{
    uint8_t piece[PIECE] = {0};

    do {
        size_t part = size < PIECE ? size : PIECE;

        for (size_t i = 0; i < part; i++)
            piece[i] = unchanged_by_ibm(data[i]);
        data += part;
        size -= part;
        convert(decoder, piece, part, last && size == 0, out);
    } while (size);
}

void bak_decoder_put(struct bak_decoder *decoder, const uint8_t *data, size_t size, bool last, struct text *out)
{
    if (!decoder->within) {
        decoder->pivot_source = decoder->pivot;
        decoder->pivot_target = decoder->pivot;
        if (last && decoder->is_ascii && is_plain(data, size)) {
            text_put(out, (const char *)data, size);
            return;
        }
    }
    if (decoder->is_ibm)
        convert_ibm(decoder, size ? data : (const uint8_t *)"", size, last, out);
    else
        convert(decoder, data, size, last, out);
}
