#include "model/blob_format.h"

#include <math.h>
#include <string.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include "base/memory.h"

/* What tells of pictures: in RTF, in HTML, and the folder of a Word document in which they stand. */
static const struct {
    const char *word;
    enum blob_format format;
} words[] = {
    {"\\pict", BLOB_RTF}, {"\\object", BLOB_RTF}, {"<img", BLOB_HTML}, {"<svg", BLOB_HTML}, {"word/media/", BLOB_DOCX},
};

enum { CHANCE_LEAST = 32, LETTERS_LEAST = 16, SCRIPTS_LEAST = 5 };

const char *blob_format_name(enum blob_format format)
{
    static const char *const names[] = {
        [BLOB_RTF] = "rtf",   [BLOB_HTML] = "html", [BLOB_PLAIN] = "plain",
        [BLOB_DOCX] = "docx", [BLOB_PDF] = "pdf",   [BLOB_OTHER] = "other",
    };

    return names[format];
}

static struct slice head_of(const struct blob_look *look)
{
    return (struct slice){look->head, look->head_size};
}

enum blob_format blob_look_format(const struct blob_look *look)
{
    return blob_format_of(head_of(look));
}

/* Looks for the words across the borders of pieces. No proper prefix of a word occurs in it again but its first
 * character, so falling back to that is enough. Zeros are passed over: in 16-bit text they stand between the letters.
 */
static void look_for_pictures(struct blob_look *look, struct slice piece)
{
    for (size_t i = 0; i < piece.size; i++) {
        for (size_t k = 0; piece.data[i] && k < array_length(words); k++) {
            const char *word = words[k].word;
            char byte = piece.data[i];
            char lower = (char)(byte >= 'A' && byte <= 'Z' && words[k].format == BLOB_HTML ? byte + 32 : byte);

            if (lower == word[look->words[k]])
                look->words[k]++;
            else
                look->words[k] = lower == word[0];
            if (word[look->words[k]] == '\0') {
                look->words[k] = 0;
                look->pictures[words[k].format] = true;
            }
        }
    }
}

static bool may_have_pictures(enum blob_format format)
{
    return format == BLOB_RTF || format == BLOB_HTML || format == BLOB_DOCX;
}

bool blob_look_at(struct blob_look *look, struct slice piece)
{
    size_t room = BLOB_HEAD_SIZE - look->head_size;
    size_t taken = piece.size < room ? piece.size : room;
    enum blob_format format = BLOB_OTHER;

    memcpy(look->head + look->head_size, piece.data, taken);
    look->head_size += taken;
    look_for_pictures(look, piece);
    if (look->head_size < BLOB_HEAD_SIZE)
        return true;
    format = blob_look_format(look);
    return may_have_pictures(format) && !look->pictures[format];
}

bool blob_look_has_pictures(const struct blob_look *look)
{
    return look->pictures[blob_look_format(look)];
}

/* Chance spreads bytes evenly: the sum of squared differences from the even share stays near 255 (chi-squared with 255
 * degrees of freedom passes 400 once in a hundred million times), and nearly as many different bytes occur as can be
 * expected. Text, images and programs are far from that, and so is a sequence that is too even. */
static bool is_chance(const unsigned char *bytes, size_t size)
{
    size_t counts[256] = {0};
    double different = 0;
    double expected = 256 * (1 - pow(255.0 / 256, (double)size));
    double share = (double)size / 256;
    double sum = 0;

    for (size_t i = 0; i < size; i++)
        different += counts[bytes[i]]++ == 0;
    for (size_t i = 0; i < 256; i++)
        sum += ((double)counts[i] - share) * ((double)counts[i] - share) / share;
    return size >= CHANCE_LEAST && different >= 0.85 * expected && sum > 100 && sum < 400;
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit = (char)(digit | 0x20);
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static int base64_value(char digit)
{
    if (digit >= 'A' && digit <= 'Z')
        return digit - 'A';
    if (digit >= 'a' && digit <= 'z')
        return digit - 'a' + 26;
    if (digit >= '0' && digit <= '9')
        return digit - '0' + 52;
    return digit == '+' ? 62 : digit == '/' ? 63 : -1;
}

/* Bytes that the text stands for, `bits` to each digit; 0 when it holds anything but such digits and line ends. */
static size_t decode(struct slice text, int bits, int (*value_of)(char), unsigned char *out)
{
    unsigned held = 0;
    int count = 0;
    size_t size = 0;

    for (size_t i = 0; i < text.size; i++) {
        int value = value_of(text.data[i]);

        if (text.data[i] == '\r' || text.data[i] == '\n' || text.data[i] == '=')
            continue;
        if (value < 0)
            return 0;
        held = held << bits | (unsigned)value;
        count += bits;
        if (count >= 8) {
            count -= 8;
            out[size++] = (unsigned char)(held >> count);
        }
    }
    return size;
}

/* Ciphers that were stored as text come out as characters of many scripts, another one at each step. */
static bool is_no_language(struct slice text)
{
    bool seen[USCRIPT_CODE_LIMIT] = {false};
    UScriptCode last = USCRIPT_COMMON;
    size_t scripts = 0;
    size_t letters = 0;
    size_t changes = 0;
    int32_t at = 0;

    while (at < (int32_t)text.size) {
        UErrorCode status = U_ZERO_ERROR;
        UScriptCode script = USCRIPT_COMMON;
        UChar32 letter = 0;

        U8_NEXT(text.data, at, (int32_t)text.size, letter);
        script = letter < 0 ? USCRIPT_UNKNOWN : uscript_getScript(letter, &status);
        if (U_FAILURE(status) || script <= USCRIPT_INHERITED || script >= USCRIPT_CODE_LIMIT)
            continue;
        letters++;
        changes += letters > 1 && script != last;
        scripts += !seen[script];
        seen[script] = true;
        last = script;
    }
    return letters >= LETTERS_LEAST && scripts >= SCRIPTS_LEAST && changes * 2 > letters;
}

/* The head may end within a character. */
static bool is_utf8(const struct blob_look *look)
{
    int32_t size = (int32_t)look->head_size;

    U8_TRUNCATE_IF_INCOMPLETE(look->head, 0, size);
    return utf8_valid(look->head, (size_t)size);
}

bool blob_look_is_encrypted(const struct blob_look *look)
{
    unsigned char bytes[BLOB_HEAD_SIZE];
    struct slice text = blob_skip_blanks(head_of(look));
    enum blob_format format = blob_look_format(look);
    size_t size = 0;

    if (look->head_size < BLOB_JUDGED_LEAST || format == BLOB_RTF || format == BLOB_HTML || format == BLOB_PDF ||
        format == BLOB_DOCX || (format == BLOB_OTHER && blob_is_known_file(head_of(look))))
        return false;
    if (is_chance((const unsigned char *)look->head, look->head_size))
        return true;
    if (format == BLOB_OTHER) /* of 65,536 characters that a cipher may hit upon, some are control characters */
        return is_utf8(look) && is_no_language(text);
    if (text.size > 2 && text.data[0] == '0' && text.data[1] == 'x') {
        text.data += 2;
        text.size -= 2;
    }
    size = decode(text, 4, hex_value, bytes);
    if (size == 0)
        size = decode(text, 6, base64_value, bytes);
    if (size)
        return is_chance(bytes, size);
    return is_no_language(text);
}
