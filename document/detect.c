#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "document/base64.h"
#include "document/document.h"
#include "document/picture.h"
#include "document/plain.h"

enum {
    SNIFFED_BYTES = 64 * 1024,
    NOISE_BYTES_MIN = 16, /* one block of a cipher */
    NOISE_CHI_SQUARE_MAX = 255 + 5 * 23,
    BASE64_LETTERS_MIN = 64,
};

static bool begins(struct slice bytes, const char *signature, size_t size)
{
    return bytes.size >= size && memcmp(bytes.data, signature, size) == 0;
}

static bool contains_bytes(struct slice bytes, const char *needle, size_t size)
{
    return bytes.size && memmem(bytes.data, bytes.size, needle, size) != NULL;
}

static bool contains(struct slice bytes, const char *needle)
{
    return contains_bytes(bytes, needle, strlen(needle));
}

/* Without what may stand before the first letter: a byte order mark and white space. */
static struct slice skip_blanks(struct slice bytes)
{
    if (begins(bytes, "\xEF\xBB\xBF", 3))
        bytes = (struct slice){bytes.data + 3, bytes.size - 3};
    while (bytes.size && isspace((unsigned char)bytes.data[0])) {
        bytes.data++;
        bytes.size--;
    }
    return bytes;
}

static bool tag_at(struct slice text, const char *name)
{
    size_t size = strlen(name);

    return text.size > size + 1 && text.data[0] == '<' && strncasecmp(text.data + 1, name, size) == 0 &&
           strchr("> \t\r\n/", text.data[size + 1]) != NULL;
}

/* Begins with a tag or declaration of HTML. A text that only mentions a tag further on is plain text. */
static bool is_html(struct slice text)
{
    static const char *const tags[] = {"html", "head",    "body",    "title",      "meta", "style", "p",
                                       "div",  "span",    "br",      "b",          "i",    "u",     "h1",
                                       "h2",   "h3",      "h4",      "h5",         "ul",   "ol",    "table",
                                       "font", "center",  "strong",  "em",         "img",  "a",     "pre",
                                       "hr",   "section", "article", "blockquote", "base", "link"};

    while (text.size >= 4 && memcmp(text.data, "<!--", 4) == 0) {
        const char *end = memmem(text.data, text.size, "-->", 3);

        if (!end)
            return false;
        text.size -= (size_t)(end + 3 - text.data);
        text.data = end + 3;
        text = skip_blanks(text);
    }
    if (text.size > 9 && strncasecmp(text.data, "<!doctype", 9) == 0)
        return memmem(text.data, text.size < 100 ? text.size : 100, "html", 4) ||
               memmem(text.data, text.size < 100 ? text.size : 100, "HTML", 4);
    if (begins(text, "<?xml", 5))
        return contains(text, "<html");
    for (size_t i = 0; i < array_length(tags); i++)
        if (tag_at(text, tags[i]))
            return true;
    return false;
}

/* A zip that names the main part of a word processor's document. */
static bool is_docx(struct slice bytes)
{
    return begins(bytes, "PK\3\4", 4) && contains(bytes, "word/") &&
           (contains(bytes, "[Content_Types].xml") || contains(bytes, "word/document.xml"));
}

/* Text has no control characters but line ends, tabs and a form feed, and a NUL only where a string of C ends. */
static bool is_text(struct slice bytes)
{
    size_t odd = 0;
    size_t high = 0;

    while (bytes.size && bytes.data[bytes.size - 1] == '\0')
        bytes.size--;
    for (size_t i = 0; i < bytes.size; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];

        odd += byte < 0x20 && !strchr("\t\n\v\f\r\x1A", byte);
        odd += byte == 0;
        odd += byte == 0x7F;
        high += byte >= 0x80;
    }
    if (utf8_valid(bytes.data, bytes.size))
        return odd * 100 <= bytes.size;
    /* In a Western code page most letters stay ASCII. */
    return odd * 200 <= bytes.size && high * 2 <= bytes.size;
}

static enum document_format detect_text(struct slice bytes)
{
    struct slice text = skip_blanks(bytes);

    if (begins(text, "{\\rtf", 5) || begins(text, "{\\urtf", 6))
        return DOCUMENT_RTF;
    if (begins(text, "%PDF-", 5))
        return DOCUMENT_PDF;
    if (is_html(text) && is_text(bytes))
        return DOCUMENT_HTML;
    return is_text(bytes) ? DOCUMENT_PLAIN : DOCUMENT_OTHER;
}

/* Greek, Cyrillic and other letters in UTF-16 are no zeros: the mark must be there, and the units must be characters.
 */
static enum document_format detect_utf16(struct slice bytes, const char *name, size_t mark)
{
    struct text text = {0};
    struct slice beginning = {bytes.data + mark, bytes.size - mark};
    enum document_format format = DOCUMENT_OTHER;

    if (beginning.size > SNIFFED_BYTES)
        beginning.size = SNIFFED_BYTES;
    text_init(&text, (size_t)SNIFFED_BYTES * 3);
    if (plain_put_encoded(name, beginning, &text) && !contains(text_slice(&text), "\xEF\xBF\xBD"))
        format = detect_text(text_slice(&text));
    text_release(&text);
    return format;
}

enum document_format document_detect(struct slice bytes)
{
    const char *name = NULL;
    size_t mark = 0;

    if (skip_blanks(bytes).size == 0)
        return DOCUMENT_EMPTY;
    if (begins(bytes, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8))
        return contains_bytes(bytes, "W\0o\0r\0d\0D\0o\0c\0u\0m\0e\0n\0t", 23) ? DOCUMENT_DOC : DOCUMENT_OTHER;
    if (begins(bytes, "PK\3\4", 4))
        return is_docx(bytes) ? DOCUMENT_DOCX : DOCUMENT_OTHER;
    if (begins(bytes, "%PDF-", 5))
        return DOCUMENT_PDF;
    if (picture_detect(bytes) != PICTURE_UNKNOWN)
        return DOCUMENT_OTHER;
    if (plain_is_utf16(bytes, &name, &mark))
        return detect_utf16(bytes, name, mark);
    return detect_text(bytes);
}

/* Files of other kinds whose bytes are near noise since they are compressed. */
static bool is_known_file(struct slice bytes)
{
    static const struct {
        const char *signature;
        size_t at;
        size_t size;
    } known[] = {
        {"\x1F\x8B\x08", 0, 3},
        {"BZh", 0, 3},
        {"\xFD"
         "7zXZ",
         0, 5},
        {"7z\xBC\xAF\x27\x1C", 0, 6},
        {"Rar!", 0, 4},
        {"MSCF", 0, 4},
        {"\x28\xB5\x2F\xFD", 0, 4},
        {"ftyp", 4, 4},
        {"RIFF", 0, 4},
        {"OggS", 0, 4},
        {"ID3", 0, 3},
        {"\x1A\x45\xDF\xA3", 0, 4},
        {"MZ", 0, 2},
        {"\x78\x01", 0, 2},
        {"\x78\x5E", 0, 2},
        {"\x78\x9C", 0, 2},
        {"\x78\xDA", 0, 2},
        {"PK", 0, 2},
        {"\xD0\xCF\x11\xE0", 0, 4},
        {"\xFF\xFB", 0, 2},
    };

    for (size_t i = 0; i < array_length(known); i++)
        if (bytes.size >= known[i].at + known[i].size &&
            memcmp(bytes.data + known[i].at, known[i].signature, known[i].size) == 0)
            return true;
    return false;
}

/* Pearson's chi-square against 256 equally frequent bytes. Noise of any length gives 255 on average with a standard
 * deviation of 22.6 (255 degrees of freedom), so that one stretch of noise in a million lies above the limit, five
 * deviations up. Sixteen bytes of text give about 500 and more, and the more of it the more. */
static bool is_noise(const unsigned char *bytes, size_t size)
{
    size_t counts[256] = {0};
    double squares = 0;

    if (size < NOISE_BYTES_MIN)
        return false;
    for (size_t i = 0; i < size; i++)
        counts[bytes[i]]++;
    for (size_t i = 0; i < 256; i++)
        squares += (double)counts[i] * (double)counts[i];
    return squares * 256 / (double)size - (double)size < NOISE_CHI_SQUARE_MAX;
}

/* One long word of base64, as a text column holds encrypted bytes. Base64 of a file of a known kind is not that. */
static bool is_base64_noise(struct slice text)
{
    scoped(string_free) char *copy = NULL;
    scoped(string_free) char *bytes = NULL;
    struct slice decoded = {0};

    if (text.size < BASE64_LETTERS_MIN || text.size % 4)
        return false;
    copy = x_strndup(text.data, text.size);
    if (strspn(copy, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") != text.size)
        return false;
    bytes = x_alloc_raw(text.size);
    decoded = (struct slice){bytes, base64_decode(copy, (unsigned char *)bytes)};
    return document_looks_encrypted(decoded);
}

bool document_looks_encrypted(struct slice bytes)
{
    enum document_format format = document_detect(bytes);

    if (format == DOCUMENT_PLAIN)
        return is_base64_noise(slice_trim(bytes));
    return format == DOCUMENT_OTHER && picture_detect(bytes) == PICTURE_UNKNOWN && !is_known_file(bytes) &&
           is_noise((const unsigned char *)bytes.data, bytes.size);
}
