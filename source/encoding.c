#include "source/encoding.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/ucnv.h>

#include "base/memory.h"
#include "base/must.h"

/* Windows-1252 text hardly ever looks like UTF-8, so this many characters of it to one stray byte speak for damage. */
enum { PIVOT_SIZE = 4096, CARRY_MAX = 4, DAMAGED_RATIO = 5 };

static const char utf8[] = "UTF-8";

struct decoder {
    UConverter *from; /* NULL for UTF-8, which is only checked */
    UConverter *to;
    UChar pivot[PIVOT_SIZE];
    UChar *pivot_source;
    UChar *pivot_target;
    bool started;
    size_t skip;     /* bytes of the mark still to come */
    uint64_t offset; /* bytes taken so far */
    char name[ENCODING_NAME_SIZE];
    char carry[CARRY_MAX]; /* the beginning of a character whose end is in the next stretch */
    size_t carry_size;
    char *out;
    size_t out_room;
};

static void set_encoding(struct encoding *encoding, const char *name, size_t mark_size)
{
    size_t size = strlen(name) < ENCODING_NAME_SIZE ? strlen(name) : ENCODING_NAME_SIZE - 1;

    memcpy(encoding->name, name, size);
    encoding->name[size] = '\0';
    encoding->mark_size = mark_size;
}

/* True when the stretch begins with a byte order mark. */
static bool find_mark(struct slice head, struct encoding *ret)
{
    if (head.size >= 3 && memcmp(head.data, "\xEF\xBB\xBF", 3) == 0)
        set_encoding(ret, utf8, 3);
    else if (head.size >= 2 && memcmp(head.data, "\xFF\xFE", 2) == 0)
        set_encoding(ret, "UTF-16LE", 2);
    else if (head.size >= 2 && memcmp(head.data, "\xFE\xFF", 2) == 0)
        set_encoding(ret, "UTF-16BE", 2);
    else
        return false;
    return true;
}

/* UTF-16 without a mark: every other byte of western text is NUL. */
static bool looks_like_utf16(struct slice head, struct encoding *ret)
{
    size_t nul[2] = {0, 0};
    size_t size = head.size < 4096 ? head.size : 4096;

    for (size_t i = 0; i < size; i++)
        nul[i % 2] += head.data[i] == '\0';
    if (nul[0] * 4 < size && nul[1] * 4 < size)
        return false;
    set_encoding(ret, nul[1] > nul[0] ? "UTF-16LE" : "UTF-16BE", 0);
    return true;
}

static bool is_ascii(struct slice text)
{
    uint64_t block = 0;
    size_t at = 0;

    for (; at + sizeof block <= text.size; at += sizeof block) {
        memcpy(&block, text.data + at, sizeof block);
        if (block & 0x8080808080808080ull)
            return false;
    }
    for (; at < text.size; at++)
        if (text.data[at] & 0x80)
            return false;
    return true;
}

/* Bytes at the end that begin a character without finishing it. */
static size_t unfinished(struct slice text)
{
    for (size_t back = 1; back <= 3 && back <= text.size; back++) {
        unsigned char byte = (unsigned char)text.data[text.size - back];

        if (byte < 0x80)
            return 0;
        if (byte >= 0xC0) {
            size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;

            return length > back ? back : 0;
        }
    }
    return 0;
}

/* Puts the carried bytes before the stretch, and carries over what the stretch does not finish. */
static struct slice join_carry(char *carry, size_t *carry_size, struct slice bytes, char **out, size_t *out_room)
{
    struct slice joined = bytes;
    size_t left = 0;

    if (*carry_size) {
        if (*out_room < *carry_size + bytes.size) {
            *out_room = *carry_size + bytes.size;
            *out = x_grow_array(*out, *out_room, 1);
        }
        must(*out != NULL);
        memcpy(*out, carry, *carry_size);
        memcpy(*out + *carry_size, bytes.data, bytes.size);
        joined = (struct slice){*out, *carry_size + bytes.size};
    }
    left = unfinished(joined);
    joined.size -= left;
    memcpy(carry, joined.data + joined.size, left);
    *carry_size = left;
    return joined;
}

/* Bytes up to the first that belongs to no character. */
static size_t valid_size(struct slice text)
{
    size_t at = 0;
    size_t length = 0;

    do {
        at += length;
        for (length = 1; length <= 4 && at + length <= text.size && !utf8_valid(text.data + at, length);)
            length++;
    } while (length <= 4 && at + length <= text.size);
    return at;
}

/* Characters of more than one byte, and bytes that belong to no character. */
struct census {
    uint64_t wide;
    uint64_t stray;
    uint64_t offset;      /* bytes counted */
    uint64_t first_stray; /* offset of the first */
};

static void count_stray(struct census *census, uint64_t offset)
{
    if (census->stray++ == 0)
        census->first_stray = offset;
}

static void count_bytes(struct census *census, struct slice text)
{
    while (text.size) {
        size_t good = valid_size(text);

        for (size_t i = 0; i < good; i++)
            census->wide += (unsigned char)text.data[i] >= 0xC0;
        census->offset += good;
        text.data += good;
        text.size -= good;
        if (text.size == 0)
            return;
        count_stray(census, census->offset++);
        text.data++;
        text.size--;
    }
}

static bool take_census(struct bytes *bytes, struct slice head, struct census *census, struct fault *fault)
{
    char carry[CARRY_MAX];
    size_t carry_size = 0;
    scoped(string_free) char *out = NULL;
    size_t room = 0;

    for (struct slice stretch = head; stretch.size;) {
        if (carry_size || !is_ascii(stretch))
            count_bytes(census, join_carry(carry, &carry_size, stretch, &out, &room));
        else
            census->offset += stretch.size;
        if (!bytes_next(bytes, &stretch, fault))
            return false;
    }
    if (carry_size)
        count_stray(census, census->offset);
    return true;
}

bool encoding_detect(struct bytes *bytes, struct encoding *ret, struct fault *fault)
{
    struct slice head = {0};
    struct census census = {0};

    if (!bytes_next(bytes, &head, fault))
        return false;
    if (find_mark(head, ret) || looks_like_utf16(head, ret))
        return true;
    if (!take_census(bytes, head, &census, fault))
        return false;
    if (census.stray && census.wide >= census.stray * DAMAGED_RATIO)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "this is UTF-8 text, but for %" PRIu64 " bytes, the first of them byte %" PRIu64
                         ": the file is damaged, or glued together from two; export it again",
                         census.stray, census.first_stray);
    set_encoding(ret, census.stray ? "windows-1252" : utf8, 0);
    return true;
}

bool encoding_named(const char *name, struct bytes *bytes, struct encoding *ret, struct fault *fault)
{
    UErrorCode status = U_ZERO_ERROR;
    UConverter *converter = ucnv_open(name, &status);
    struct encoding marked = {0};
    struct slice head = {0};
    const char *known = NULL;

    if (U_FAILURE(status))
        return fault_set(fault, FAULT_BAD_INPUT, "csv.encoding: '%.40s' is no encoding that is known", name);
    known = ucnv_getName(converter, &status);
    set_encoding(ret, strlen(name) < ENCODING_NAME_SIZE ? name : known, 0);
    ucnv_close(converter);
    if (!bytes_next(bytes, &head, fault))
        return false;
    if (find_mark(head, &marked) && (strcmp(marked.name, known) == 0 || strcmp(known, "UTF-16") == 0))
        *ret = marked;
    return true;
}

bool decoder_new(const struct encoding *encoding, struct decoder **ret, struct fault *fault)
{
    scoped(decoder_destroy) struct decoder *decoder = x_alloc(sizeof *decoder);
    UErrorCode status = U_ZERO_ERROR;

    memcpy(decoder->name, encoding->name, sizeof decoder->name);
    decoder->skip = encoding->mark_size;
    decoder->pivot_source = decoder->pivot;
    decoder->pivot_target = decoder->pivot;
    if (ucnv_compareNames(encoding->name, utf8) != 0) {
        decoder->from = ucnv_open(encoding->name, &status);
        decoder->to = ucnv_open(utf8, &status);
        ucnv_setToUCallBack(decoder->from, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL, &status);
        if (U_FAILURE(status))
            return fault_set(fault, FAULT_BAD_INPUT, "encoding %s cannot be read: ICU says %s", encoding->name,
                             u_errorName(status));
    }
    *ret = steal(decoder);
    return true;
}

void decoder_destroy(struct decoder **decoder)
{
    if (!*decoder)
        return;
    if ((*decoder)->from)
        ucnv_close((*decoder)->from);
    if ((*decoder)->to)
        ucnv_close((*decoder)->to);
    free((*decoder)->out);
    free(*decoder);
    *decoder = NULL;
}

static bool fault_bytes(const struct decoder *decoder, uint64_t offset, struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT,
                     "byte %" PRIu64
                     " is no %s text: name the file's encoding in the profile (csv.encoding), or export "
                     "it as UTF-8",
                     offset, decoder->name);
}

static bool next_utf8(struct decoder *decoder, struct slice bytes, bool end, struct slice *ret, struct fault *fault)
{
    uint64_t start = decoder->offset - decoder->carry_size;

    if (decoder->carry_size == 0 && is_ascii(bytes)) {
        *ret = bytes;
        return true;
    }
    *ret = join_carry(decoder->carry, &decoder->carry_size, bytes, &decoder->out, &decoder->out_room);
    if (utf8_valid(ret->data, ret->size) && !(end && decoder->carry_size))
        return true;
    return fault_bytes(decoder, start + valid_size(*ret), fault);
}

static bool next_other(struct decoder *decoder, struct slice bytes, bool end, struct slice *ret, struct fault *fault)
{
    UErrorCode status = U_ZERO_ERROR;
    const char *source = bytes.data;
    char *target = NULL;

    /* No character takes more than four times its bytes in UTF-8, and some may wait in the pivot. */
    if (decoder->out_room < bytes.size * 4 + PIVOT_SIZE * 4) {
        decoder->out_room = bytes.size * 4 + PIVOT_SIZE * 4;
        decoder->out = x_grow_array(decoder->out, decoder->out_room, 1);
    }
    target = decoder->out;
    ucnv_convertEx(decoder->to, decoder->from, &target, decoder->out + decoder->out_room, &source,
                   bytes.data + bytes.size, decoder->pivot, &decoder->pivot_source, &decoder->pivot_target,
                   decoder->pivot + PIVOT_SIZE, !decoder->started, end, &status);
    decoder->started = true;
    if (U_FAILURE(status))
        return fault_bytes(decoder, decoder->offset + (uint64_t)(source - bytes.data), fault);
    *ret = (struct slice){decoder->out, (size_t)(target - decoder->out)};
    return true;
}

bool decoder_next(struct decoder *decoder, struct slice bytes, struct slice *ret, struct fault *fault)
{
    bool end = bytes.size == 0;
    size_t skip = decoder->skip < bytes.size ? decoder->skip : bytes.size;
    const char *nul = NULL;
    bool done = false;

    decoder->skip -= skip;
    decoder->offset += skip;
    bytes.data = bytes.size ? bytes.data + skip : "";
    bytes.size -= skip;
    done = decoder->from ? next_other(decoder, bytes, end, ret, fault) : next_utf8(decoder, bytes, end, ret, fault);
    if (!done)
        return false;
    nul = ret->size ? memchr(ret->data, '\0', ret->size) : NULL;
    if (nul)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "there is a NUL character near byte %" PRIu64 ": this is no text file, or it is damaged",
                         decoder->offset + (uint64_t)(nul - ret->data));
    decoder->offset += bytes.size;
    return true;
}
