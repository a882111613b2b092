#include "model/blob_format.h"

#include <math.h>
#include <string.h>
#include <strings.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include "base/memory.h"

static const char *const words[] = {"\\pict", "\\object", "<img", "<svg"};

enum { RTF_WORDS = 2, CHANCE_LEAST = 32, LETTERS_LEAST = 16, SCRIPTS_LEAST = 5 };

/* Files that are not text, by how they begin. */
static const struct magic {
    size_t at;
    size_t size;
    const char *bytes;
} known[] = {
    {0, 3, "\xFF\xD8\xFF"},                     /* JPEG */
    {0, 8, "\x89PNG\r\n\x1A\n"},                /* PNG */
    {0, 4, "GIF8"},                             /* GIF */
    {0, 2, "BM"},                               /* BMP */
    {0, 4, "II*\0"},                            /* TIFF */
    {0, 4, "MM\0*"},                            /* TIFF */
    {128, 4, "DICM"},                           /* DICOM */
    {0, 4, "PK\3\4"},                           /* zip, docx, xlsx */
    {0, 8, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"}, /* old Word, Excel, Outlook messages */
    {0, 4, "RIFF"},                             /* WAV, AVI, WebP */
    {4, 4, "ftyp"},                             /* MP4, HEIC */
    {0, 3, "ID3"},                              /* MP3 */
    {0, 4, "fLaC"},                             /* FLAC */
    {0, 4, "\xFF\x4F\xFF\x51"},                 /* JPEG 2000 without a file around it */
    {0, 3, "BZh"},                              /* bzip2 */
    {0, 6,
     "\xFD"
     "7zXZ\0"},                 /* xz */
    {0, 4, "\x28\xB5\x2F\xFD"}, /* zstd */
    {0, 4, "\0\0\1\xB3"},       /* MPEG */
    {0, 2, "\xFF\xF3"},         /* MP3 without tags */
    {0, 2, "\xFF\xFB"},         /* MP3 without tags */
    {0, 4, "OggS"},             /* Ogg */
    {0, 4, "\x1A\x45\xDF\xA3"}, /* Matroska, WebM */
    {0, 4, "\0\0\1\xBA"},       /* MPEG */
    {0, 4, "\x30\x26\xB2\x75"}, /* Windows Media */
    {0, 2, "\x1F\x8B"},         /* gzip */
    {0, 4, "Rar!"},             /* RAR */
    {0, 4, "7z\xBC\xAF"},       /* 7-Zip */
    {0, 4, "\xD7\xCD\xC6\x9A"}, /* Windows metafile */
    {40, 4, " EMF"},            /* enhanced metafile */
    {4, 4, "jP  "},             /* JPEG 2000 */
    {0, 4, "8BPS"},             /* Photoshop */
};

const char *blob_format_name(enum blob_format format)
{
    static const char *const names[] = {
        [BLOB_RTF] = "rtf",   [BLOB_HTML] = "html", [BLOB_PLAIN] = "plain",
        [BLOB_DOCX] = "docx", [BLOB_PDF] = "pdf",   [BLOB_OTHER] = "other",
    };

    return names[format];
}

static bool begins(const struct blob_look *look, size_t at, const char *bytes, size_t size)
{
    return look->head_size >= at + size && memcmp(look->head + at, bytes, size) == 0;
}

/* The head without a byte order mark and blanks before it. */
static struct slice text_of(const struct blob_look *look)
{
    size_t at = begins(look, 0, "\xEF\xBB\xBF", 3) ? 3 : 0;

    while (at < look->head_size && strchr(" \t\r\n", look->head[at]) && look->head[at])
        at++;
    return (struct slice){look->head + at, look->head_size - at};
}

static bool is_rtf(const struct blob_look *look)
{
    struct slice text = text_of(look);

    return text.size >= 5 && memcmp(text.data, "{\\rtf", 5) == 0;
}

/* A tag that stands in what people save as HTML: a note such as "<5 reps" holds none. */
static bool is_tag(struct slice text)
{
    static const char *const tags[] = {"!doctype", "html", "head",  "body",   "div", "p",    "br", "span", "b",
                                       "i",        "u",    "table", "ul",     "ol",  "h1",   "h2", "h3",   "a",
                                       "font",     "img",  "em",    "strong", "!--", "meta", "li", "tr",   "td"};

    for (size_t i = 0; i < array_length(tags); i++) {
        size_t size = strlen(tags[i]);

        if (text.size > size && strncasecmp(text.data, tags[i], size) == 0 && strchr(" />\r\n\t", text.data[size]) &&
            text.data[size])
            return true;
        if (tags[i][0] == '!' && text.size >= size && strncasecmp(text.data, tags[i], size) == 0)
            return true;
    }
    return false;
}

/* HTML begins with a tag, or has one in its head that is closed as well. */
static bool is_html(const struct blob_look *look)
{
    struct slice text = text_of(look);
    bool opened = false;
    bool closed = false;

    if (text.size && text.data[0] == '<' && is_tag((struct slice){text.data + 1, text.size - 1}))
        return true;
    for (size_t i = 0; i + 2 < text.size; i++) {
        if (text.data[i] != '<')
            continue;
        if (text.data[i + 1] == '/')
            closed |= is_tag((struct slice){text.data + i + 2, text.size - i - 2});
        else
            opened |= is_tag((struct slice){text.data + i + 1, text.size - i - 1});
    }
    return opened && closed;
}

static bool is_known_file(const struct blob_look *look)
{
    for (size_t i = 0; i < array_length(known); i++)
        if (begins(look, known[i].at, known[i].bytes, known[i].size))
            return true;
    return false;
}

/* Text has no control characters but those of lines; 16-bit text says so by its mark. */
static bool is_text(const struct blob_look *look)
{
    if (begins(look, 0, "\xFF\xFE", 2) || begins(look, 0, "\xFE\xFF", 2))
        return true;
    for (size_t i = 0; i < look->head_size; i++) {
        unsigned char byte = (unsigned char)look->head[i];

        if (byte < 0x20 && !(byte >= 7 && byte <= 13) && byte != 0x1B)
            return false;
    }
    return true;
}

/* The parts of a Word document are named in the first entries of its zip. */
static bool is_docx(const struct blob_look *look)
{
    return begins(look, 0, "PK\3\4", 4) &&
           (memmem(look->head, look->head_size, "word/", 5) ||
            memmem(look->head, look->head_size, "[Content_Types].xml", 19)) &&
           !memmem(look->head, look->head_size, "xl/", 3) && !memmem(look->head, look->head_size, "ppt/", 4);
}

enum blob_format blob_look_format(const struct blob_look *look)
{
    if (is_rtf(look))
        return BLOB_RTF;
    if (begins(look, 0, "%PDF-", 5))
        return BLOB_PDF;
    if (is_docx(look))
        return BLOB_DOCX;
    if (is_known_file(look) && !(begins(look, 0, "BM", 2) && is_text(look)))
        return BLOB_OTHER;
    if (!is_text(look))
        return BLOB_OTHER;
    return is_html(look) ? BLOB_HTML : BLOB_PLAIN;
}

/* Looks for the words across the borders of pieces. No proper prefix of a word occurs in it again but its first
 * character, so falling back to that is enough. */
static void look_for_pictures(struct blob_look *look, struct slice piece)
{
    for (size_t i = 0; i < piece.size; i++) {
        for (size_t k = 0; k < array_length(words); k++) {
            char byte = piece.data[i];
            char lower = (char)(byte >= 'A' && byte <= 'Z' && k >= RTF_WORDS ? byte + 32 : byte);

            if (lower == words[k][look->words[k]])
                look->words[k]++;
            else
                look->words[k] = lower == words[k][0];
            if (words[k][look->words[k]] == '\0') {
                look->words[k] = 0;
                *(k < RTF_WORDS ? &look->rtf_pictures : &look->html_pictures) = true;
            }
        }
    }
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
    return (format == BLOB_RTF && !look->rtf_pictures) || (format == BLOB_HTML && !look->html_pictures);
}

bool blob_look_has_pictures(const struct blob_look *look)
{
    enum blob_format format = blob_look_format(look);

    return (format == BLOB_RTF && look->rtf_pictures) || (format == BLOB_HTML && look->html_pictures);
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
    struct slice text = text_of(look);
    enum blob_format format = blob_look_format(look);
    size_t size = 0;

    if (look->head_size < BLOB_JUDGED_LEAST || format == BLOB_RTF || format == BLOB_HTML || format == BLOB_PDF ||
        format == BLOB_DOCX || (format == BLOB_OTHER && is_known_file(look)))
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
