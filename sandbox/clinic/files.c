#include "sandbox/clinic/files.h"

#include <string.h>

#include <zlib.h>

#include "base/memory.h"
#include "base/must.h"
#include "sandbox/clinic/compose.h"

enum { CONTENT_CAP = 8 * 1024 * 1024, LINES_A_PAGE = 48, LINE_CHARACTERS = 92, PAGES_MAX = 200 };
enum { SECTOR = 512, DOC_TEXT_AT = 512, DOC_STREAM_SECTORS = 8, DOC_TEXT_MAX = 3 * 1024 };

static void put_16(struct text *out, unsigned value)
{
    text_putc(out, (char)(value & 0xFF));
    text_putc(out, (char)(value >> 8 & 0xFF));
}

static void put_32(struct text *out, size_t value)
{
    put_16(out, (unsigned)(value & 0xFFFF));
    put_16(out, (unsigned)(value >> 16 & 0xFFFF));
}

static void put_zeros(struct text *out, size_t count)
{
    while (count-- > 0) {
        text_putc(out, '\0');
    }
}

/* ---- PDF ---- */

static void put_pdf_character(unsigned codepoint, struct text *out)
{
    unsigned byte = codepoint <= 0xFF ? codepoint : '?';

    if (byte == '(' || byte == ')' || byte == '\\') {
        text_putc(out, '\\');
    }
    text_putc(out, (char)(byte == '\t' ? ' ' : byte));
}

/* Writes up to a page of lines, long ones broken at a fixed width; returns where the next page begins. */
static const char *put_pdf_page(const char *text, struct text *out)
{
    int lines = 0;

    text_puts(out, "BT /F1 10 Tf 14 TL 50 790 Td\n");
    while (*text != '\0' && lines < LINES_A_PAGE) {
        int width = 0;

        text_putc(out, '(');
        while (*text != '\n' && *text != '\0' && (width < LINE_CHARACTERS || *text != ' ')) {
            put_pdf_character(next_codepoint(&text), out);
            width++;
        }
        text += *text != '\0';
        text_puts(out, ") Tj T*\n");
        lines++;
    }
    text_puts(out, "ET");
    return text;
}

static void begin_object(struct text *out, size_t *places, size_t number)
{
    places[number] = out->size;
    text_printf(out, "%zu 0 obj\n", number);
}

static void put_pdf_tail(struct text *out, size_t *places, size_t pages)
{
    size_t count = 4 + 2 * pages;
    size_t i;
    size_t start;

    begin_object(out, places, 2);
    text_puts(out, "<</Type/Pages/Kids[");
    for (i = 0; i < pages; i++) {
        text_printf(out, "%zu 0 R ", 4 + 2 * i);
    }
    text_printf(out, "]/Count %zu>>\nendobj\n", pages);
    start = out->size;
    text_printf(out, "xref\n0 %zu\n0000000000 65535 f \n", count);
    for (i = 1; i < count; i++) {
        text_printf(out, "%010zu 00000 n \n", places[i]);
    }
    text_printf(out, "trailer\n<</Size %zu/Root 1 0 R>>\nstartxref\n%zu\n%%%%EOF\n", count, start);
}

/* Objects: 1 catalogue, 2 pages, 3 font, then a page and its content each. */
void file_pdf(const char *text, struct text *out)
{
    size_t places[4 + 2 * PAGES_MAX] = {0};
    size_t pages = 0;

    must(out->size == 0);
    text_puts(out, "%PDF-1.4\n%\xE2\xE3\xCF\xD3\n");
    begin_object(out, places, 1);
    text_puts(out, "<</Type/Catalog/Pages 2 0 R>>\nendobj\n");
    begin_object(out, places, 3);
    text_puts(out, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>\nendobj\n");
    do {
        scoped(text_release) struct text content;

        text_init(&content, CONTENT_CAP);
        text = put_pdf_page(text, &content);
        begin_object(out, places, 4 + 2 * pages);
        text_printf(out,
                    "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>"
                    "/Contents %zu 0 R>>\nendobj\n",
                    5 + 2 * pages);
        begin_object(out, places, 5 + 2 * pages);
        text_printf(out, "<</Length %zu>>stream\n", content.size);
        text_put(out, content.data, content.size);
        text_puts(out, "\nendstream\nendobj\n");
        pages++;
    } while (*text != '\0' && pages < PAGES_MAX);
    put_pdf_tail(out, places, pages);
}

/* ---- ZIP and DOCX ---- */

struct member {
    const char *name;
    struct slice content;
};

static void put_zip_facts(struct text *out, const struct member *member)
{
    put_16(out, 20);     /* version that can read it */
    put_16(out, 0x0800); /* names are UTF-8 */
    put_16(out, 0);      /* stored */
    put_16(out, 0);      /* midnight */
    put_16(out, 0x5A21); /* 2025-01-01 */
    put_32(out, crc32(0, (const unsigned char *)member->content.data, (uInt)member->content.size));
    put_32(out, member->content.size);
    put_32(out, member->content.size);
    put_16(out, (unsigned)strlen(member->name));
    put_16(out, 0);
}

static void put_zip(const struct member *members, size_t count, struct text *out)
{
    size_t places[8];
    size_t directory;
    size_t i;

    must(count <= array_length(places) && out->size == 0);
    for (i = 0; i < count; i++) {
        places[i] = out->size;
        text_puts(out, "PK\3\4");
        put_zip_facts(out, &members[i]);
        text_puts(out, members[i].name);
        text_put(out, members[i].content.data, members[i].content.size);
    }
    directory = out->size;
    for (i = 0; i < count; i++) {
        text_puts(out, "PK\1\2");
        put_16(out, 20);
        put_zip_facts(out, &members[i]);
        put_zeros(out, 10);
        put_32(out, places[i]);
        text_puts(out, members[i].name);
    }
    i = out->size - directory;
    text_puts(out, "PK\5\6");
    put_zeros(out, 4);
    put_16(out, (unsigned)count);
    put_16(out, (unsigned)count);
    put_32(out, i);
    put_32(out, directory);
    put_16(out, 0);
}

void file_zip(const char *name, struct slice content, struct text *out)
{
    put_zip(&(struct member){name, content}, 1, out);
}

static void put_xml(const char *from, const char *to, struct text *out)
{
    for (; from < to; from++) {
        if (*from == '&') {
            text_puts(out, "&amp;");
        } else if (*from == '<') {
            text_puts(out, "&lt;");
        } else if (*from == '\t') {
            text_puts(out, "</w:t><w:tab/><w:t xml:space=\"preserve\">");
        } else {
            text_putc(out, *from);
        }
    }
}

void file_docx(const char *text, struct text *out)
{
    static const char types[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
                                "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
                                "<Default Extension=\"rels\" "
                                "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
                                "<Override PartName=\"/word/document.xml\" ContentType=\"application/"
                                "vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
    static const char relations[] =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/"
        "relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/"
        "officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/>"
        "</Relationships>";
    scoped(text_release) struct text body;

    text_init(&body, CONTENT_CAP);
    text_puts(&body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document "
                     "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>");
    while (*text != '\0') {
        const char *end = strchr(text, '\n');

        must(end != NULL);
        text_puts(&body, "<w:p><w:r><w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\">");
        put_xml(text, end, &body);
        text_puts(&body, "</w:t></w:r></w:p>");
        text = end + 1;
    }
    text_puts(&body, "<w:sectPr/></w:body></w:document>");
    put_zip((const struct member[]){{"[Content_Types].xml", slice_of(types)},
                                    {"_rels/.rels", slice_of(relations)},
                                    {"word/document.xml", text_slice(&body)}},
            3, out);
}

/* ---- Word 97 ---- */

static void put_directory_entry(struct text *out, const char *name, unsigned type, unsigned child, size_t start,
                                size_t size)
{
    size_t length = strlen(name);
    size_t i;

    for (i = 0; i < 32; i++) {
        put_16(out, i < length ? (unsigned char)name[i] : 0);
    }
    put_16(out, length > 0 ? (unsigned)(length + 1) * 2 : 0);
    put_16(out, type | 0x0100); /* a black node */
    put_32(out, 0xFFFFFFFF);
    put_32(out, 0xFFFFFFFF);
    put_32(out, child);
    put_zeros(out, 36);
    put_32(out, start);
    put_32(out, size);
    put_32(out, 0);
}

/* MS-CFB: the header, one sector of the allocation table, one of the directory, and the stream from sector 2 on. */
static void put_compound_head(struct text *out)
{
    unsigned i;

    text_put(out, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
    put_zeros(out, 16);
    put_16(out, 0x3E);
    put_16(out, 3);
    put_16(out, 0xFFFE);
    put_16(out, 9); /* sectors of 512 bytes */
    put_16(out, 6);
    put_zeros(out, 10);
    put_32(out, 1); /* one sector of the table */
    put_32(out, 1); /* where the directory is */
    put_32(out, 0);
    put_32(out, 4096);
    put_32(out, 0xFFFFFFFE);
    put_32(out, 0);
    put_32(out, 0xFFFFFFFE);
    put_32(out, 0);
    put_32(out, 0); /* where the table is */
    for (i = 1; i < 109; i++) {
        put_32(out, 0xFFFFFFFF);
    }
    put_32(out, 0xFFFFFFFD);
    put_32(out, 0xFFFFFFFE);
    for (i = 2; i < 2 + DOC_STREAM_SECTORS; i++) {
        put_32(out, i + 1 < 2 + DOC_STREAM_SECTORS ? i + 1 : 0xFFFFFFFE);
    }
    for (; i < SECTOR / 4; i++) {
        put_32(out, 0xFFFFFFFF);
    }
    put_directory_entry(out, "Root Entry", 5, 1, 0xFFFFFFFE, 0);
    put_directory_entry(out, "WordDocument", 2, 0xFFFFFFFF, 2, DOC_STREAM_SECTORS * SECTOR);
    put_directory_entry(out, "", 0, 0xFFFFFFFF, 0, 0);
    put_directory_entry(out, "", 0, 0xFFFFFFFF, 0, 0);
}

void file_doc(const char *text, struct text *out)
{
    scoped(text_release) struct text body;

    text_init(&body, DOC_TEXT_MAX);
    while (*text != '\0' && body.size < DOC_TEXT_MAX) {
        unsigned codepoint = next_codepoint(&text);

        text_putc(&body, (char)(codepoint == '\n' ? '\r' : codepoint <= 0xFF ? codepoint : '?'));
    }
    put_compound_head(out);
    put_16(out, 0xA5EC); /* Word */
    put_16(out, 0x00C1); /* 97 */
    put_zeros(out, 0x18 - 4);
    put_32(out, DOC_TEXT_AT);
    put_32(out, DOC_TEXT_AT + body.size);
    put_zeros(out, DOC_TEXT_AT - 0x20);
    text_put(out, body.data, body.size);
    put_zeros(out, (size_t)DOC_STREAM_SECTORS * SECTOR - DOC_TEXT_AT - body.size);
}
