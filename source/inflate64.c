#include "source/inflate64.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum {
    WINDOW = 64 * 1024,
    BITS_MAX = 15,
    QUICK_BITS = 10,
    LITERALS = 288,
    DISTANCES = 32,
    LENGTH_CODES = 19,
    END_OF_BLOCK = 256,
    FIRST_LENGTH = 257,
    LAST_LENGTH = 285,
    REPEAT = 16,
    ZEROS = 17,
    MANY_ZEROS = 18,
};

/* RFC 1951, section 3.2.5; the last length is the one that differs. */
static const uint16_t length_bases[] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                        31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 3};
static const uint8_t length_bits[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                      2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 16};
static const uint32_t distance_bases[] = {1,    2,    3,    4,    5,    7,     9,     13,    17,    25,   33,
                                          49,   65,   97,   129,  193,  257,   385,   513,   769,   1025, 1537,
                                          2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577, 32769, 49153};
static const uint8_t distance_bits[] = {0, 0, 0, 0, 1, 1, 2,  2,  3,  3,  4,  4,  5,  5,  6,  6,
                                        7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14};

/* Codes by their bits as they come; longer ones than QUICK_BITS are found by counting. */
struct code {
    uint16_t counts[BITS_MAX + 1];   /* of each length */
    uint16_t symbols[LITERALS];      /* in the order of their codes */
    uint16_t quick[1 << QUICK_BITS]; /* symbol << 4 | length; 0: longer or none */
};

struct inflation {
    inflate64_fill_fn *fill;
    inflate64_take_fn *take;
    void *context;
    const uint8_t *input;
    size_t left;
    uint64_t bits; /* the low ones come first */
    unsigned bit_count;
    enum inflate64_result result; /* of what went wrong */
    bool failed;
    uint8_t window[WINDOW];
    size_t at;      /* where the next byte goes */
    uint64_t given; /* bytes so far */
    struct code literals;
    struct code distances;
};

static bool fail(struct inflation *inflation, enum inflate64_result result)
{
    if (!inflation->failed)
        inflation->result = result;
    inflation->failed = true;
    return false;
}

static bool next_byte(struct inflation *inflation, uint8_t *ret)
{
    if (inflation->left == 0 && !inflation->fill(inflation->context, &inflation->input, &inflation->left))
        return fail(inflation, INFLATE64_STOPPED);
    if (inflation->left == 0)
        return false;
    *ret = *inflation->input++;
    inflation->left--;
    return true;
}

/* As many bits as asked for, or all there are: codes at the very end may be shorter. */
static void look_ahead(struct inflation *inflation, unsigned count)
{
    uint8_t byte = 0;

    while (inflation->bit_count < count && !inflation->failed && next_byte(inflation, &byte)) {
        inflation->bits |= (uint64_t)byte << inflation->bit_count;
        inflation->bit_count += 8;
    }
}

static void drop(struct inflation *inflation, unsigned count)
{
    inflation->bits >>= count;
    inflation->bit_count -= count;
}

static unsigned take_bits(struct inflation *inflation, unsigned count)
{
    unsigned value;

    look_ahead(inflation, count);
    if (inflation->bit_count < count) {
        fail(inflation, INFLATE64_SHORT);
        return 0;
    }
    value = (unsigned)(inflation->bits & ((UINT64_C(1) << count) - 1));
    drop(inflation, count);
    return value;
}

static unsigned reversed(unsigned code, unsigned length)
{
    unsigned back = 0;

    for (unsigned i = 0; i < length; i++)
        back |= (code >> i & 1) << (length - 1 - i);
    return back;
}

/* False for lengths that ask for more codes than there are; fewer are a code that has gaps, which only a single
 * distance may. */
static bool make_code(struct code *code, const uint8_t *lengths, unsigned count)
{
    uint16_t starts[BITS_MAX + 2] = {0};
    unsigned next = 0;
    int left = 1;

    memset(code, 0, sizeof *code);
    for (unsigned i = 0; i < count; i++)
        code->counts[lengths[i]]++;
    code->counts[0] = 0;
    for (unsigned length = 1; length <= BITS_MAX; length++) {
        left = left * 2 - code->counts[length];
        if (left < 0)
            return false;
        starts[length + 1] = (uint16_t)(starts[length] + code->counts[length]);
    }
    for (unsigned i = 0; i < count; i++)
        if (lengths[i])
            code->symbols[starts[lengths[i]]++] = (uint16_t)i;
    for (unsigned length = 1, index = 0; length <= QUICK_BITS; length++, next <<= 1)
        for (unsigned i = 0; i < code->counts[length]; i++, next++, index++)
            for (unsigned entry = reversed(next, length); entry < 1U << QUICK_BITS; entry += 1U << length)
                code->quick[entry] = (uint16_t)(code->symbols[index] << 4 | length);
    return true;
}

/* Codes longer than the quick table, bit by bit. */
static unsigned decode_slowly(struct inflation *inflation, const struct code *code)
{
    unsigned value = 0;
    unsigned first = 0;
    unsigned index = 0;

    for (unsigned length = 1; length <= BITS_MAX && length <= inflation->bit_count; length++) {
        value |= (unsigned)(inflation->bits >> (length - 1) & 1);
        if (value - first < code->counts[length]) {
            drop(inflation, length);
            return code->symbols[index + (value - first)];
        }
        index += code->counts[length];
        first = (first + code->counts[length]) << 1;
        value <<= 1;
    }
    fail(inflation, inflation->bit_count < BITS_MAX ? INFLATE64_SHORT : INFLATE64_DAMAGED);
    return 0;
}

static unsigned decode(struct inflation *inflation, const struct code *code)
{
    unsigned entry;

    look_ahead(inflation, BITS_MAX);
    entry = code->quick[inflation->bits & ((1U << QUICK_BITS) - 1)];
    if (entry == 0 || (entry & 15) > inflation->bit_count)
        return decode_slowly(inflation, code);
    drop(inflation, entry & 15);
    return entry >> 4;
}

static bool flush(struct inflation *inflation)
{
    size_t size = inflation->at;

    inflation->at = 0;
    return size == 0 || inflation->take(inflation->context, inflation->window, size) ||
           fail(inflation, INFLATE64_STOPPED);
}

static bool put_byte(struct inflation *inflation, uint8_t byte)
{
    inflation->window[inflation->at++] = byte;
    inflation->given++;
    return inflation->at < WINDOW || flush(inflation);
}

static bool copy(struct inflation *inflation, uint32_t length, uint32_t distance)
{
    if (distance > inflation->given)
        return fail(inflation, INFLATE64_DAMAGED);
    while (length--)
        if (!put_byte(inflation, inflation->window[(inflation->at - distance) & (WINDOW - 1)]))
            return false;
    return true;
}

static bool stored_block(struct inflation *inflation)
{
    unsigned size;
    unsigned check;

    drop(inflation, inflation->bit_count & 7);
    size = take_bits(inflation, 16);
    check = take_bits(inflation, 16);
    if (!inflation->failed && (size ^ check) != 0xFFFF)
        return fail(inflation, INFLATE64_DAMAGED);
    while (size-- && !inflation->failed)
        if (!put_byte(inflation, (uint8_t)take_bits(inflation, 8)))
            return false;
    return !inflation->failed;
}

static bool coded_block(struct inflation *inflation)
{
    while (!inflation->failed) {
        unsigned symbol = decode(inflation, &inflation->literals);
        uint32_t length;
        unsigned code;

        if (inflation->failed || symbol == END_OF_BLOCK)
            break;
        if (symbol < END_OF_BLOCK) {
            put_byte(inflation, (uint8_t)symbol);
            continue;
        }
        if (symbol > LAST_LENGTH)
            return fail(inflation, INFLATE64_DAMAGED);
        length = length_bases[symbol - FIRST_LENGTH] + take_bits(inflation, length_bits[symbol - FIRST_LENGTH]);
        code = decode(inflation, &inflation->distances);
        if (!inflation->failed) {
            uint32_t distance = distance_bases[code] + take_bits(inflation, distance_bits[code]);

            if (!inflation->failed)
                copy(inflation, length, distance);
        }
    }
    return !inflation->failed;
}

static void make_fixed(struct inflation *inflation)
{
    uint8_t lengths[LITERALS];

    for (unsigned i = 0; i < LITERALS; i++)
        lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    make_code(&inflation->literals, lengths, LITERALS);
    memset(lengths, 5, DISTANCES);
    make_code(&inflation->distances, lengths, DISTANCES);
}

/* The lengths of both codes, packed by a code of their own. */
static bool read_lengths(struct inflation *inflation, uint8_t *lengths, unsigned wanted)
{
    unsigned count = 0;

    while (count < wanted) {
        unsigned symbol = decode(inflation, &inflation->literals);
        uint8_t value = 0;
        unsigned times = 1;

        if (symbol < REPEAT)
            value = (uint8_t)symbol;
        else if (symbol == REPEAT && count == 0)
            return fail(inflation, INFLATE64_DAMAGED);
        else if (symbol == REPEAT)
            value = lengths[count - 1];
        if (symbol >= REPEAT)
            times = symbol == REPEAT  ? 3 + take_bits(inflation, 2)
                    : symbol == ZEROS ? 3 + take_bits(inflation, 3)
                                      : 11 + take_bits(inflation, 7);
        if (inflation->failed || times > wanted - count)
            return fail(inflation, INFLATE64_DAMAGED);
        memset(lengths + count, value, times);
        count += times;
    }
    return true;
}

static bool make_dynamic(struct inflation *inflation)
{
    static const uint8_t order[LENGTH_CODES] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    uint8_t lengths[LITERALS + DISTANCES] = {0};
    unsigned literals = take_bits(inflation, 5) + 257;
    unsigned distances = take_bits(inflation, 5) + 1;
    unsigned codes = take_bits(inflation, 4) + 4;

    for (unsigned i = 0; i < codes; i++)
        lengths[order[i]] = (uint8_t)take_bits(inflation, 3);
    if (inflation->failed || literals > LITERALS || !make_code(&inflation->literals, lengths, LENGTH_CODES))
        return fail(inflation, INFLATE64_DAMAGED);
    memset(lengths, 0, sizeof lengths);
    if (!read_lengths(inflation, lengths, literals + distances))
        return false;
    if (lengths[END_OF_BLOCK] == 0 || !make_code(&inflation->literals, lengths, literals) ||
        !make_code(&inflation->distances, lengths + literals, distances))
        return fail(inflation, INFLATE64_DAMAGED);
    return true;
}

static bool next_block(struct inflation *inflation, bool *ret_last)
{
    *ret_last = take_bits(inflation, 1);
    switch (take_bits(inflation, 2)) {
    case 0:
        return !inflation->failed && stored_block(inflation);
    case 1:
        make_fixed(inflation);
        return !inflation->failed && coded_block(inflation);
    case 2:
        return !inflation->failed && make_dynamic(inflation) && coded_block(inflation);
    default:
        return fail(inflation, INFLATE64_DAMAGED);
    }
}

enum inflate64_result inflate64(inflate64_fill_fn *fill, inflate64_take_fn *take, void *context)
{
    struct inflation *inflation = x_alloc(sizeof *inflation);
    enum inflate64_result result;
    bool last = false;

    inflation->fill = fill;
    inflation->take = take;
    inflation->context = context;
    while (!last && next_block(inflation, &last))
        ;
    if (!inflation->failed)
        flush(inflation);
    result = inflation->failed ? inflation->result : INFLATE64_DONE;
    free(inflation);
    return result;
}
