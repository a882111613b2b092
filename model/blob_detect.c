/* What a value is, by its leading bytes: the one place that decides it, for the extraction and for the readers. */
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "model/blob_format.h"

enum { HIGH_BYTE = 'x' }; /* stands for every character beyond ASCII where 16-bit text is looked at */

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

static bool begins(struct slice bytes, size_t at, const char *signature, size_t size)
{
    return bytes.size >= at + size && memcmp(bytes.data + at, signature, size) == 0;
}

static bool contains(struct slice bytes, const char *word)
{
    return bytes.size && memmem(bytes.data, bytes.size, word, strlen(word));
}

static struct slice behind(struct slice bytes, size_t size)
{
    return (struct slice){bytes.data + size, bytes.size - size};
}

struct slice blob_skip_blanks(struct slice bytes)
{
    if (begins(bytes, 0, "\xEF\xBB\xBF", 3))
        bytes = behind(bytes, 3);
    while (bytes.size && memchr(" \t\r\n\v\f", bytes.data[0], 6))
        bytes = behind(bytes, 1);
    return bytes;
}

/* ---- text ---- */

/* Text in the Latin alphabet has a zero in every second byte; other scripts have a mark or are not known. */
static bool has_utf16_zeros(struct slice bytes, bool *ret_big_endian)
{
    size_t zeros[2] = {0, 0};
    size_t size = bytes.size < BLOB_HEAD_SIZE ? bytes.size : BLOB_HEAD_SIZE;

    if (size % 2 || size < 4)
        return false;
    for (size_t i = 0; i < size; i++)
        zeros[i % 2] += bytes.data[i] == '\0';
    *ret_big_endian = zeros[0] > zeros[1];
    return zeros[!*ret_big_endian] * 10 >= size * 4 && zeros[*ret_big_endian] * 100 <= size;
}

bool blob_is_utf16(struct slice bytes, bool *ret_big_endian, size_t *ret_mark)
{
    *ret_big_endian = begins(bytes, 0, "\xFE\xFF", 2);
    *ret_mark = *ret_big_endian || begins(bytes, 0, "\xFF\xFE", 2) ? 2 : 0;
    return *ret_mark || has_utf16_zeros(bytes, ret_big_endian);
}

/* A character that the end of the head cuts through is none of the text's faults. */
static struct slice whole_characters(struct slice head)
{
    size_t size = head.size;

    for (size_t back = 1; back <= 3 && back <= size; back++) {
        unsigned char byte = (unsigned char)head.data[size - back];

        if (byte >= 0xC0)
            return (struct slice){head.data, size - back};
        if (byte < 0x80)
            break;
    }
    return head;
}

/* Control characters but those of lines, and a NUL counts twice. */
static size_t odd_bytes(struct slice bytes)
{
    size_t odd = 0;

    for (size_t i = 0; i < bytes.size; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];

        odd += (byte < 0x20 && !memchr("\t\n\v\f\r\x1A\x1B", byte, 7)) || byte == 0x7F;
        odd += byte == 0;
    }
    return odd;
}

bool blob_is_text(struct slice bytes, bool is_cut)
{
    struct slice whole = is_cut ? whole_characters(bytes) : bytes;
    size_t high = 0;

    while (bytes.size && bytes.data[bytes.size - 1] == '\0') /* where a string of C ends */
        bytes.size--;
    if (utf8_valid(bytes.data, bytes.size) || utf8_valid(whole.data, whole.size))
        return odd_bytes(bytes) * 100 <= bytes.size;
    for (size_t i = 0; i < bytes.size; i++)
        high += (unsigned char)bytes.data[i] >= 0x80;
    /* In a Western code page most letters stay ASCII. */
    return odd_bytes(bytes) * 200 <= bytes.size && high * 2 <= bytes.size;
}

/* 16-bit text with a letter for each unit. False when the units are no characters. */
static bool narrow(struct slice bytes, bool big_endian, char *out)
{
    bool is_low_due = false;

    for (size_t i = 0; i + 1 < bytes.size; i += 2) {
        unsigned char high = (unsigned char)bytes.data[i + !big_endian];
        unsigned char low = (unsigned char)bytes.data[i + big_endian];

        if (is_low_due != (high >= 0xDC && high <= 0xDF))
            return false;
        is_low_due = high >= 0xD8 && high <= 0xDB;
        out[i / 2] = (char)(high == 0 && low < 0x80 ? low : HIGH_BYTE);
    }
    return true;
}

/* ---- HTML ---- */

/* Is this, from behind its '<', a tag of the list? A note such as "<5 reps" holds none. */
static bool is_tag(struct slice text, const char *const *names)
{
    for (; *names; names++) {
        size_t size = strlen(*names);

        if (text.size > size && strncasecmp(text.data, *names, size) == 0 && text.data[size] &&
            strchr(" />\r\n\t", text.data[size]))
            return true;
    }
    return false;
}

static bool begins_as_html(struct slice text)
{
    static const char *const tags[] = {
        "html", "head", "body", "title", "meta", "style", "p",          "div",  "span", "br", "b",  "i",
        "u",    "h1",   "h2",   "h3",    "h4",   "h5",    "ul",         "ol",   "li",   "tr", "td", "table",
        "font", "img",  "em",   "a",     "pre",  "hr",    "blockquote", "base", "link", NULL,
    };
    struct slice declaration = {text.data, text.size < 100 ? text.size : 100};

    while (begins(text, 0, "<!--", 4)) {
        const char *end = memmem(text.data, text.size, "-->", 3);

        if (!end)
            return false;
        text = blob_skip_blanks(behind(text, (size_t)(end + 3 - text.data)));
    }
    if (text.size > 9 && strncasecmp(text.data, "<!doctype", 9) == 0)
        return contains(declaration, "html") || contains(declaration, "HTML");
    if (begins(text, 0, "<?xml", 5))
        return contains(text, "<html");
    return text.size && text.data[0] == '<' && is_tag(behind(text, 1), tags);
}

/* Words may come before the first tag: then one must be closed as well, or be of a kind that is never closed. */
static bool is_html(struct slice text)
{
    static const char *const pairs[] = {
        "html", "head", "body", "div", "p", "span", "b",  "i",  "u",  "table", "ul",  "ol",     "h1", "h2",
        "h3",   "h4",   "a",    "em",  "s", "font", "li", "tr", "td", "sub",   "sup", "strong", NULL,
    };
    static const char *const singles[] = {"br", "img", NULL};
    bool opened = false;
    bool closed = false;

    if (begins_as_html(text))
        return true;
    for (size_t i = 0; i + 2 < text.size; i++) {
        if (text.data[i] != '<')
            continue;
        if (is_tag(behind(text, i + 1), singles))
            return true;
        if (text.data[i + 1] == '/')
            closed = closed || is_tag(behind(text, i + 2), pairs);
        else
            opened = opened || is_tag(behind(text, i + 1), pairs);
    }
    return opened && closed;
}

/* ---- all ---- */

/* Signatures that are letters alone may begin a text as well. */
bool blob_is_known_file(struct slice head)
{
    for (size_t i = 0; i < array_length(known); i++) {
        bool is_plain = true;

        if (!begins(head, known[i].at, known[i].bytes, known[i].size))
            continue;
        for (size_t k = 0; k < known[i].size; k++)
            is_plain = is_plain && known[i].bytes[k] >= ' ' && known[i].bytes[k] < 0x7F;
        if (!is_plain || !blob_is_text(head, true))
            return true;
    }
    return false;
}

/* The parts of a Word document are named in the first entries of its zip. */
static bool is_docx(struct slice head)
{
    return begins(head, 0, "PK\3\4", 4) && (contains(head, "word/") || contains(head, "[Content_Types].xml")) &&
           !contains(head, "xl/") && !contains(head, "ppt/");
}

static enum blob_format text_format(struct slice head, bool is_cut)
{
    struct slice text = blob_skip_blanks(head);

    if (begins(text, 0, "{\\rtf", 5) || begins(text, 0, "{\\urtf", 6))
        return BLOB_RTF;
    if (begins(text, 0, "%PDF-", 5))
        return BLOB_PDF;
    /* HTML names its code page, so any share of letters beyond ASCII is right. */
    if (is_html(text) && odd_bytes(text) * 100 <= text.size)
        return BLOB_HTML;
    return blob_is_text(head, is_cut) ? BLOB_PLAIN : BLOB_OTHER;
}

enum blob_format blob_format_of(struct slice bytes)
{
    bool is_cut = bytes.size >= BLOB_HEAD_SIZE;
    struct slice head = {bytes.data, is_cut ? BLOB_HEAD_SIZE : bytes.size};
    char letters[BLOB_HEAD_SIZE / 2] = "";
    bool big_endian = false;
    size_t mark = 0;

    if (is_docx(head))
        return BLOB_DOCX;
    if (blob_is_known_file(head))
        return BLOB_OTHER;
    if (!blob_is_utf16(bytes, &big_endian, &mark))
        return text_format(head, is_cut);
    head = behind(head, mark);
    if (!narrow(head, big_endian, letters))
        return BLOB_OTHER;
    return text_format((struct slice){letters, head.size / 2}, is_cut);
}
