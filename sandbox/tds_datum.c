#include "sandbox/tds_datum.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/must.h"
#include "base/number.h"

enum { PIECE_SIZE = 64 * 1024, CHUNK_SIZE = 8000, DAYS_1900_TO_0001 = 693595, SECONDS_PER_DAY = 24 * 60 * 60 };

static const int64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};

struct tds_datum tds_number(int64_t number)
{
    return (struct tds_datum){.kind = TDS_NUMBER, .number = number};
}

struct tds_datum tds_text(struct slice text)
{
    return (struct tds_datum){.kind = TDS_TEXT, .bytes = text};
}

static bool fail(const struct tds_datum *datum, const char *what, struct fault *fault)
{
    struct slice text = datum->kind == TDS_TEXT ? datum->bytes : slice_of("(not a text)");

    return fault_set(fault, FAULT_BAD_INPUT, "'%.*s' is no value of type %s", text.size < 40 ? (int)text.size : 40,
                     text.data, what);
}

void tds_put_encoded(struct slice text, bool wide, struct text *out)
{
    iconv_t converter = iconv_open(wide ? "UTF-16LE" : "CP1252", "UTF-8");
    char *from = (char *)(uintptr_t)text.data;
    size_t left = text.size;
    char piece[PIECE_SIZE];

    must(converter != (iconv_t)-1);
    while (left) {
        char *to = piece;
        size_t room = sizeof piece;
        bool stopped = iconv(converter, &from, &left, &to, &room) == (size_t)-1 && errno != E2BIG;

        text_put(out, piece, sizeof piece - room);
        if (!stopped)
            continue;
        text_put(out, "?", wide ? 2 : 1);
        do {
            from++;
            left--;
        } while (left && (*from & 0xC0) == 0x80);
    }
    iconv_close(converter);
}

void tds_put_stored(struct slice text, const struct tds_type *type, struct text *out)
{
    bool wide = tds_type_is_wide(type);
    size_t before = out->size;

    tds_put_encoded(text, wide, out);
    if (type->id == TDS_TYPE_CHAR || type->id == TDS_TYPE_NCHAR)
        while (out->size - before < (size_t)type->length && !out->overflowed)
            text_put(out, " ", wide ? 2 : 1);
}

static bool integer_of(const struct tds_datum *datum, int64_t *ret)
{
    struct fault ignored = {0};

    *ret = datum->number;
    return datum->kind == TDS_NUMBER ||
           (datum->kind == TDS_TEXT && number_parse(datum->bytes, INT64_MIN, INT64_MAX, ret, &ignored));
}

static void put_little(uint64_t value, size_t size, struct text *out)
{
    for (size_t i = 0; i < size; i++)
        text_putc(out, (char)(value >> (8 * i) & 0xFF));
}

/* "-12.5" with two digits after the point is -1250. */
static bool scaled(const struct tds_datum *datum, unsigned scale, __int128 *ret)
{
    size_t at = datum->bytes.size && datum->bytes.data[0] == '-';
    bool negative = at == 1;
    unsigned digits = 0;
    bool point = false;

    *ret = datum->number;
    if (datum->kind == TDS_NUMBER) {
        for (unsigned i = 0; i < scale; i++)
            *ret *= 10;
        return true;
    }
    *ret = 0;
    if (datum->kind != TDS_TEXT || at == datum->bytes.size || datum->bytes.size > 42)
        return false;
    for (; at < datum->bytes.size; at++) {
        char byte = datum->bytes.data[at];

        if (byte == '.' && !point) {
            point = true;
            continue;
        }
        if (byte < '0' || byte > '9' || (point && digits == scale))
            return false;
        digits += point;
        *ret = *ret * 10 + (byte - '0');
    }
    for (; digits < scale; digits++)
        *ret *= 10;
    *ret = negative ? -*ret : *ret;
    return true;
}

/* "2025-01-15 09:00:00.003" and its parts; a fraction as units of 10^-7 seconds. */
static bool read_moment(const struct tds_datum *datum, int64_t *ret_days, int64_t *ret_ticks)
{
    unsigned part[6] = {1, 1, 1, 0, 0, 0};
    char text[48] = "";
    char fraction[8] = "0000000";
    const char *point = NULL;
    int read = 0;

    if (datum->kind != TDS_TEXT || datum->bytes.size >= sizeof text)
        return false;
    memcpy(text, datum->bytes.data, datum->bytes.size);
    read = sscanf(text, "%4u-%2u-%2u%*1[ T]%2u:%2u:%2u", &part[0], &part[1], &part[2], &part[3], &part[4], &part[5]);
    if (read != 3 && read != 6)
        read = sscanf(text, "%2u:%2u:%2u", &part[3], &part[4], &part[5]) == 3 ? 6 : 0;
    if (read == 0 || !date_exists(part[0], part[1], part[2]) || part[3] > 23 || part[4] > 59 || part[5] > 59)
        return false;
    point = strchr(text, '.');
    for (size_t i = 0; point && i < 7 && point[i + 1] >= '0' && point[i + 1] <= '9'; i++)
        fraction[i] = point[i + 1];
    *ret_days = days_from_date(part[0], part[1], part[2]) - days_from_date(1900, 1, 1);
    *ret_ticks = (int64_t)(part[3] * 3600 + part[4] * 60 + part[5]) * powers[7] + strtol(fraction, NULL, 10);
    return true;
}

static bool put_moment(const struct tds_datum *datum, const struct tds_type *type, struct text *out)
{
    int64_t days = 0;
    int64_t ticks = 0;
    int time_size = type->scale <= 2 ? 3 : type->scale <= 4 ? 4 : 5;

    if (!read_moment(datum, &days, &ticks))
        return false;
    if (type->id != TDS_TYPE_DATE)
        text_putc(out, (char)type->length);
    else
        text_putc(out, 3);
    switch (type->id) {
    case TDS_TYPE_DATETIME: /* 1/300 second, which is 33,333.3 units of 10^-7 */
        put_little((uint64_t)days, 4, out);
        put_little((uint64_t)((ticks * 3 + 50000) / 100000), 4, out);
        return true;
    case TDS_TYPE_SMALLDATETIME:
        put_little((uint64_t)days, 2, out);
        put_little((uint64_t)(ticks / powers[7] / 60), 2, out);
        return true;
    default:
        break;
    }
    if (type->id != TDS_TYPE_DATE)
        put_little((uint64_t)(ticks / powers[7 - type->scale]), (size_t)time_size, out);
    if (type->id != TDS_TYPE_TIME)
        put_little((uint64_t)(days + DAYS_1900_TO_0001), 3, out);
    if (type->id == TDS_TYPE_DATETIMEOFFSET)
        put_little(0, 2, out);
    return true;
}

static bool put_decimal(const struct tds_datum *datum, const struct tds_type *type, struct text *out)
{
    __int128 number = 0;

    if (!scaled(datum, type->scale, &number))
        return false;
    text_putc(out, (char)type->length);
    text_putc(out, number >= 0);
    number = number < 0 ? -number : number;
    for (int i = 1; i < type->length; i++, number >>= 8)
        text_putc(out, (char)(number & 0xFF));
    return number == 0;
}

static bool put_money(const struct tds_datum *datum, const struct tds_type *type, struct text *out)
{
    __int128 number = 0;

    if (!scaled(datum, 4, &number) || number > INT64_MAX || number < INT64_MIN)
        return false;
    text_putc(out, (char)type->length);
    if (type->length == 4) {
        put_little((uint64_t)number, 4, out);
        return number <= INT32_MAX && number >= INT32_MIN;
    }
    put_little((uint64_t)number >> 32, 4, out);
    put_little((uint64_t)number, 4, out);
    return true;
}

static bool put_float(const struct tds_datum *datum, const struct tds_type *type, struct text *out)
{
    double number = (double)datum->number;
    float half = 0;
    uint64_t bits = 0;
    struct fault ignored = {0};

    if (datum->kind == TDS_TEXT && !decimal_parse(datum->bytes, &number, &ignored))
        return false;
    half = (float)number;
    memcpy(&bits, type->length == 4 ? (const void *)&half : (const void *)&number, (size_t)type->length);
    text_putc(out, (char)type->length);
    put_little(bits, (size_t)type->length, out);
    return true;
}

/* The first three groups go with their lowest byte first. */
static bool put_guid(const struct tds_datum *datum, struct text *out)
{
    static const int order[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    unsigned char bytes[16];
    char digits[33] = "";
    size_t count = 0;

    if (datum->kind != TDS_TEXT)
        return false;
    for (size_t i = 0; i < datum->bytes.size && count < 32; i++)
        if (datum->bytes.data[i] != '-')
            digits[count++] = datum->bytes.data[i];
    for (size_t i = 0; i < sizeof bytes; i++)
        if (sscanf(digits + 2 * i, "%2hhx", &bytes[i]) != 1)
            return false;
    text_putc(out, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        text_putc(out, (char)bytes[order[i]]);
    return true;
}

static bool put_file(const struct tds_datum *datum, int64_t most, struct text *out, struct fault *fault)
{
    scoped(descriptor_close) int file = open(datum->bytes.data, O_RDONLY | O_CLOEXEC);
    int64_t left = datum->size < most ? datum->size : most;
    int64_t at = datum->from;
    char piece[PIECE_SIZE];

    while (file >= 0 && left > 0) {
        ssize_t got = pread(file, piece, left < PIECE_SIZE ? (size_t)left : PIECE_SIZE, at);

        if (got <= 0)
            break;
        text_put(out, piece, (size_t)got);
        at += got;
        left -= got;
    }
    return (left <= 0 && file >= 0) || fault_errno(fault, FAULT_BAD_INPUT, "cannot read %s", datum->bytes.data);
}

/* "0x00D1" */
static bool put_hexadecimal(struct slice text, struct text *out)
{
    for (size_t i = 2; i + 1 < text.size; i += 2) {
        unsigned char byte = 0;

        if (sscanf(text.data + i, "%2hhx", &byte) != 1)
            return false;
        text_putc(out, (char)byte);
    }
    return text.size >= 2 && text.size % 2 == 0 && text.data[0] == '0' && text.data[1] == 'x';
}

bool tds_datum_put_bytes(const struct tds_datum *datum, int64_t most, struct text *out, struct fault *fault)
{
    switch (datum->kind) {
    case TDS_BYTES:
        text_put(out, datum->bytes.data, (int64_t)datum->bytes.size < most ? datum->bytes.size : (size_t)most);
        return true;
    case TDS_FILE:
        return put_file(datum, most, out, fault);
    case TDS_TEXT:
        return put_hexadecimal(datum->bytes, out) || fail(datum, "varbinary", fault);
    case TDS_NULL:
    case TDS_NUMBER:
        break;
    }
    return fail(datum, "varbinary", fault);
}

static void put_chunks(struct slice bytes, struct text *out)
{
    tds_put_u64(out, bytes.size);
    for (size_t at = 0; at < bytes.size; at += CHUNK_SIZE) {
        size_t size = bytes.size - at < CHUNK_SIZE ? bytes.size - at : CHUNK_SIZE;

        tds_put_u32(out, (uint32_t)size);
        text_put(out, bytes.data + at, size);
    }
    tds_put_u32(out, 0);
}

/* Text or bytes, in one of the three ways in which they travel. */
static bool put_string(const struct tds_datum *datum, const struct tds_type *type, struct text *out,
                       struct fault *fault)
{
    static const char pointer[16 + 8] = "stand-in text pointer";
    scoped(text_release) struct text bytes;
    struct slice whole;

    text_init(&bytes, out->cap);
    if (tds_type_is_bytes(type) || datum->kind == TDS_BYTES || datum->kind == TDS_FILE) {
        if (!tds_datum_put_bytes(datum, INT64_MAX, &bytes, fault))
            return false;
    } else if (datum->kind == TDS_NUMBER) {
        char number[32];

        snprintf(number, sizeof number, "%" PRId64, datum->number);
        tds_put_encoded(slice_of(number), tds_type_is_wide(type), &bytes);
    } else {
        tds_put_stored(datum->bytes, type, &bytes);
    }
    whole = text_slice(&bytes);
    if (tds_type_is_old_large(type)) {
        text_putc(out, 16);
        text_put(out, pointer, sizeof pointer);
        tds_put_u32(out, (uint32_t)whole.size);
        text_put(out, whole.data, whole.size);
    } else if (tds_type_is_chunked(type)) {
        put_chunks(whole, out);
    } else {
        if (whole.size > (size_t)type->length)
            whole.size = (size_t)type->length;
        tds_put_u16(out, (unsigned)whole.size);
        text_put(out, whole.data, whole.size);
    }
    return true;
}

static void put_null(const struct tds_type *type, struct text *out)
{
    if (tds_type_is_old_large(type) || (!tds_type_is_text(type) && !tds_type_is_bytes(type)))
        text_putc(out, 0);
    else if (tds_type_is_chunked(type))
        tds_put_u64(out, UINT64_MAX);
    else
        tds_put_u16(out, 0xFFFF);
}

bool tds_datum_put(const struct tds_datum *datum, const struct tds_type *type, struct text *out, struct fault *fault)
{
    int64_t number = 0;

    if (datum->kind == TDS_NULL) {
        put_null(type, out);
        return true;
    }
    if (tds_type_is_text(type) || tds_type_is_bytes(type))
        return put_string(datum, type, out, fault);
    if (tds_type_is_integer(type)) {
        text_putc(out, (char)type->length);
        put_little(integer_of(datum, &number) ? (uint64_t)number : 0, (size_t)type->length, out);
        return integer_of(datum, &number) || fail(datum, "int", fault);
    }
    switch (type->id) {
    case TDS_TYPE_DECIMAL:
    case TDS_TYPE_NUMERIC:
        return put_decimal(datum, type, out) || fail(datum, "decimal", fault);
    case TDS_TYPE_MONEY:
    case TDS_TYPE_SMALLMONEY:
        return put_money(datum, type, out) || fail(datum, "money", fault);
    case TDS_TYPE_FLOAT:
    case TDS_TYPE_REAL:
        return put_float(datum, type, out) || fail(datum, "float", fault);
    case TDS_TYPE_UNIQUEIDENTIFIER:
        return put_guid(datum, out) || fail(datum, "uniqueidentifier", fault);
    default:
        return put_moment(datum, type, out) || fail(datum, "date or time", fault);
    }
}

int64_t tds_datum_size(const struct tds_datum *datum, const struct tds_type *type)
{
    scoped(text_release) struct text encoded = {0};

    if (datum->kind == TDS_FILE)
        return datum->size;
    if (datum->kind == TDS_BYTES)
        return (int64_t)datum->bytes.size;
    if (datum->kind == TDS_TEXT && tds_type_is_bytes(type)) /* "0x0102" */
        return (int64_t)(datum->bytes.size / 2) - 1;
    if (!tds_type_is_text(type))
        return type->length > 0 ? type->length : 0;
    text_init(&encoded, INT_MAX);
    tds_put_stored(datum->bytes, type, &encoded);
    return (int64_t)encoded.size;
}
