#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "document/document.h"
#include "document_fixture.h"
#include "model/blob_format.h"

#define BYTES(literal) (literal), sizeof(literal) - 1

static const struct {
    const char *bytes;
    size_t size;
    enum document_format want;
} kinds[] = {
    {BYTES(""), DOCUMENT_EMPTY},
    {BYTES(" \r\n\t"), DOCUMENT_EMPTY},
    {BYTES("\xEF\xBB\xBF"), DOCUMENT_EMPTY},
    {BYTES("Left knee: better."), DOCUMENT_PLAIN},
    {BYTES("caf\xE9 and 37\xB0, she said \x93yes\x94"), DOCUMENT_PLAIN},
    {BYTES("Jürgen Großmann"), DOCUMENT_PLAIN},
    {BYTES("柔道"), DOCUMENT_PLAIN},
    {BYTES("text\0"), DOCUMENT_PLAIN},
    {BYTES("pain < 3/10 and > 1/10, <b> in between"), DOCUMENT_PLAIN},
    {BYTES("<3 days, <10 reps"), DOCUMENT_PLAIN},
    {BYTES("\xFF\xFEK\0n\0e\0e\0"), DOCUMENT_PLAIN},
    {BYTES("K\0n\0e\0e\0 \0o\0k\0"), DOCUMENT_PLAIN},
    {BYTES("{\\rtf1 a}"), DOCUMENT_RTF},
    {BYTES("\r\n {\\rtf1 a}"), DOCUMENT_RTF},
    {BYTES("\xFF\xFE{\0\\\0r\0t\0f\0001\0"), DOCUMENT_RTF},
    {BYTES("{\\rtx"), DOCUMENT_PLAIN},
    {BYTES("\xFE\xFF\0{\0\\\0r\0t\0f\0001"), DOCUMENT_RTF},
    {BYTES("{\0\\\0r\0t\0f\0001\0"), DOCUMENT_RTF},
    {BYTES("<html><p>a"), DOCUMENT_HTML},
    {BYTES("Seen today.<br>Pain <b>4/10</b><img src=\"data:\">"), DOCUMENT_HTML},
    {BYTES("Line one<br/>line two"), DOCUMENT_HTML},
    {BYTES("see <b>here</b>"), DOCUMENT_HTML},
    {BYTES("\xFF\xFE<\0p\0>\0h\0i\0"), DOCUMENT_HTML},
    {BYTES("BMI and GIF89 and ID3"), DOCUMENT_PLAIN},
    {BYTES("ID3 tags"), DOCUMENT_PLAIN},
    {BYTES("Shoulder: pulsed field therapy with the  EMF mat."), DOCUMENT_PLAIN},
    {BYTES("<!DOCTYPE HTML PUBLIC \"x\">"), DOCUMENT_HTML},
    {BYTES("\xEF\xBB\xBF\n<!-- x --><DIV class=a>b</DIV>"), DOCUMENT_HTML},
    {BYTES("<p>caf\xE9</p>"), DOCUMENT_HTML},
    {BYTES("<?xml version='1.0'?><html xmlns='x'/>"), DOCUMENT_HTML},
    {BYTES("<?xml version='1.0'?><svg/>"), DOCUMENT_PLAIN},
    {BYTES("%PDF-1.4\n"), DOCUMENT_PDF},
    {BYTES("PK\3\4 [Content_Types].xml word/document.xml"), DOCUMENT_DOCX},
    {BYTES("PK\3\4 [Content_Types].xml xl/workbook.xml"), DOCUMENT_OTHER},
    {BYTES("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 W\0o\0r\0d\0D\0o\0c\0u\0m\0e\0n\0t\0"), DOCUMENT_DOC},
    {BYTES("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 W\0o\0r\0k\0b\0o\0o\0k\0"), DOCUMENT_OTHER},
    {BYTES("\xFF\xD8\xFF\xE0"), DOCUMENT_OTHER},
    {BYTES("\1\2\3\4\5\6\7\10"), DOCUMENT_OTHER},
};

Test(detect, tells_formats_by_their_bytes)
{
    for (size_t i = 0; i < array_length(kinds); i++) {
        enum document_format got = document_detect((struct slice){kinds[i].bytes, kinds[i].size});

        cr_expect_eq(got, kinds[i].want, "case %zu: got %s, want %s", i, document_format_name(got),
                     document_format_name(kinds[i].want));
    }
}

/* What is staged of a note and how its text is read must be the same: else its pictures are lost, or its markup shows.
 */
static void check_agreement(const char *what, struct slice bytes)
{
    static const enum document_format of_blob[] = {
        [BLOB_RTF] = DOCUMENT_RTF,   [BLOB_HTML] = DOCUMENT_HTML, [BLOB_PLAIN] = DOCUMENT_PLAIN,
        [BLOB_DOCX] = DOCUMENT_DOCX, [BLOB_PDF] = DOCUMENT_PDF,   [BLOB_OTHER] = DOCUMENT_OTHER,
    };
    enum document_format got = document_detect(bytes);
    struct blob_look look = {0};
    enum blob_format staged = BLOB_OTHER;

    for (size_t at = 0, size = 0; at < bytes.size; at += size) {
        size = bytes.size - at < 1000 ? bytes.size - at : 1000;
        if (!blob_look_at(&look, (struct slice){bytes.data + at, size}))
            break;
    }
    staged = blob_look_format(&look);
    cr_expect(got == of_blob[staged] || got == DOCUMENT_EMPTY || (got == DOCUMENT_DOC && staged == BLOB_OTHER),
              "%s: read as %s, staged as %s", what, document_format_name(got), blob_format_name(staged));
}

Test(detect, agrees_with_what_is_staged)
{
    static const char *const folders[] = {"rtf", "files", "csv"};

    for (size_t i = 0; i < array_length(kinds); i++) {
        scoped(string_free) char *what = x_sprintf("case %zu", i);

        check_agreement(what, (struct slice){kinds[i].bytes, kinds[i].size});
    }
    for (size_t i = 0; i < array_length(folders); i++)
        fixture_each(folders[i], check_agreement);
}

/* Bytes as a cipher gives them: a fixed stream, so that the test says the same each time. */
static void fill_with_noise(unsigned char *bytes, size_t size, uint64_t seed)
{
    for (size_t i = 0; i < size; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        bytes[i] = (unsigned char)((seed * 0x2545F4914F6CDD1DU) >> 56);
    }
}

Test(detect, takes_noise_of_any_length_for_encrypted)
{
    static const size_t sizes[] = {16, 32, 48, 64, 100, 256, 1000, 4096, 65536, 1000000};
    static unsigned char bytes[1000000];

    for (size_t i = 0; i < array_length(sizes); i++) {
        size_t found = 0;

        for (uint64_t seed = 1; seed <= 20; seed++) {
            fill_with_noise(bytes, sizes[i], seed * 7919);
            found += document_looks_encrypted((struct slice){(char *)bytes, sizes[i]});
        }
        /* A few bytes of noise may be letters by chance. */
        cr_expect(found >= (sizes[i] < 64 ? 15 : 20), "%zu bytes: got %zu of 20", sizes[i], found);
    }
}

Test(detect, takes_base64_of_noise_for_encrypted)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[1001] = "";
    unsigned char noise[1000];

    fill_with_noise(noise, sizeof noise, 42);
    for (size_t i = 0; i < sizeof noise; i++)
        text[i] = alphabet[noise[i] % 64];
    cr_expect(document_looks_encrypted(slice_of(text)));
    text[500] = ' ';
    cr_expect_not(document_looks_encrypted(slice_of(text)), "two words");
    memset(text, 'A', sizeof text - 1);
    cr_expect_not(document_looks_encrypted(slice_of(text)), "zeros");
}

Test(detect, takes_nothing_else_for_encrypted)
{
    static const char *const texts[] = {"", "ok", "Review in two weeks.", "{\\rtf1 a}", "<p>a</p>", "柔道 柔道"};
    static const char *const files[] = {"files/figure1-COVID-00001.jpg", "files/pydicom-CT_small.dcm",
                                        "files/pypdf-habibi.pdf", "rtf/striprtf-french.rtf",
                                        "files/derived-xray-45-rgb24.bmp"};
    static unsigned char bytes[4096];

    for (size_t i = 0; i < array_length(texts); i++)
        cr_expect_not(document_looks_encrypted(slice_of(texts[i])), "%s", texts[i]);
    cr_expect_not(document_looks_encrypted((struct slice){(char *)bytes, sizeof bytes}), "zeros");
    fill_with_noise(bytes, sizeof bytes, 3);
    memcpy(bytes, "\x1F\x8B\x08", 3);
    cr_expect_not(document_looks_encrypted((struct slice){(char *)bytes, sizeof bytes}), "gzip");
    fill_with_noise(bytes, sizeof bytes, 3);
    cr_expect_not(document_looks_encrypted((struct slice){(char *)bytes, 15}), "too short to tell");
    for (size_t i = 0; i < array_length(files); i++) {
        struct text file = {0};

        if (!fixture_bytes(files[i], &file))
            return;
        cr_expect_not(document_looks_encrypted(text_slice(&file)), "%s", files[i]);
        text_release(&file);
    }
}
