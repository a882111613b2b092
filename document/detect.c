#include <string.h>

#include "base/memory.h"
#include "document/base64.h"
#include "document/document.h"
#include "document/picture.h"
#include "model/blob_format.h"

enum {
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

/* A zip that names the main part of a word processor's document. */
static bool is_docx(struct slice bytes)
{
    return begins(bytes, "PK\3\4", 4) && contains(bytes, "word/") &&
           (contains(bytes, "[Content_Types].xml") || contains(bytes, "word/document.xml"));
}

enum document_format document_detect(struct slice bytes)
{
    bool big_endian = false;
    size_t mark = 0;

    if (blob_skip_blanks(bytes).size == 0)
        return DOCUMENT_EMPTY;
    if (begins(bytes, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8))
        return contains_bytes(bytes, "W\0o\0r\0d\0D\0o\0c\0u\0m\0e\0n\0t", 23) ? DOCUMENT_DOC : DOCUMENT_OTHER;
    if (begins(bytes, "PK\3\4", 4))
        return is_docx(bytes) ? DOCUMENT_DOCX : DOCUMENT_OTHER;
    switch (blob_format_of(bytes)) {
    case BLOB_RTF:
        return DOCUMENT_RTF;
    case BLOB_PDF:
        return DOCUMENT_PDF;
    case BLOB_HTML:
        return DOCUMENT_HTML;
    case BLOB_PLAIN: /* bytes of another kind may follow what the head decided by */
        return blob_is_utf16(bytes, &big_endian, &mark) || blob_is_text(bytes, false) ? DOCUMENT_PLAIN : DOCUMENT_OTHER;
    case BLOB_DOCX:
    case BLOB_OTHER:
        break;
    }
    return DOCUMENT_OTHER;
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
