#include "model/blob_format.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Looks at the bytes in pieces of the given size. */
static struct blob_look look_at(struct slice bytes, size_t piece)
{
    struct blob_look look = {0};

    for (size_t at = 0; at < bytes.size; at += piece) {
        size_t size = bytes.size - at < piece ? bytes.size - at : piece;

        if (!blob_look_at(&look, (struct slice){bytes.data + at, size}))
            break;
    }
    return look;
}

struct format_case {
    const char *bytes;
    size_t size;
    const char *format;
    bool pictures;
};

#define CASE(text, format, pictures)                                                                                   \
    {                                                                                                                  \
        text, sizeof(text) - 1, format, pictures                                                                       \
    }

Test(blob_format, is_told_by_the_leading_bytes)
{
    static const struct format_case cases[] = {
        CASE("{\\rtf1 hello}", "rtf", false),
        CASE("\xEF\xBB\xBF\r\n{\\rtf1 {\\pict\\pngblip 00}}", "rtf", true),
        CASE("{\\rtf1 {\\object\\objemb}}", "rtf", true),
        CASE("{\\rtf1 see <img> here, \\picw100}", "rtf", false),
        CASE("<p>hello</p>", "html", false),
        CASE("<!DOCTYPE html><html><body><IMG src='x'></body></html>", "html", true),
        CASE("Better. <b>No</b> pain", "html", false),
        CASE("Seen today.<br>Pain 4/10", "html", false),
        CASE("Seen today.<br>Pain <b>4/10</b><img src='x'>", "html", true),
        CASE("\xFF\xFE<\0p\0>\0<\0I\0m\0g\0 \0s\0r\0c\0>\0", "html", true),
        CASE("\xFE\xFF\0{\0\\\0r\0t\0f\0001\0\\\0p\0i\0c\0t", "rtf", true),
        CASE("{\0\\\0r\0t\0f\0001\0 \0a\0}\0", "rtf", false),
        CASE("pain < 5 and > 2, use {\\pict}", "plain", false),
        CASE("<5 reps, then rest", "plain", false),
        CASE("<img", "plain", false),
        CASE("BMI is 31", "plain", false),
        CASE("Schmerz im r\xFC"
             "cken",
             "plain", false),
        CASE("\xFF\xFEh\0i\0", "plain", false),
        CASE("%PDF-1.4", "pdf", false),
        CASE("PK\3\4\0\0\0\0[Content_Types].xml ... word/document.xml", "docx", false),
        CASE("PK\3\4\0\0\0\0[Content_Types].xml word/document.xml PK\3\4 word/media/image1.png", "docx", true),
        CASE("PK\3\4\0\0\0\0[Content_Types].xml ... xl/workbook.xml", "other", false),
        CASE("PK\3\4\0\0\0\0photo.jpg", "other", false),
        CASE("\xFF\xD8\xFF\xE0", "other", false),
        CASE("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "other", false),
        CASE("\1\2\3", "other", false),
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        for (size_t piece = 1; piece < 8; piece += 3) {
            struct blob_look look = look_at((struct slice){cases[i].bytes, cases[i].size}, piece);

            cr_expect_str_eq(blob_format_name(blob_look_format(&look)), cases[i].format, "%s: got %s, want %s",
                             cases[i].bytes, blob_format_name(blob_look_format(&look)), cases[i].format);
            cr_expect_eq(blob_look_has_pictures(&look), cases[i].pictures, "%s", cases[i].bytes);
            cr_expect(!blob_look_is_encrypted(&look));
        }
    }
}

Test(blob_format, finds_a_picture_far_behind_the_head_and_then_stops)
{
    struct blob_look look = {0};
    char filler[BLOB_HEAD_SIZE];

    memset(filler, 'x', sizeof filler);
    cr_expect(blob_look_at(&look, slice_of("{\\rtf1 ")));
    for (int i = 0; i < 100; i++)
        cr_expect(blob_look_at(&look, (struct slice){filler, sizeof filler}));
    cr_expect(!blob_look_has_pictures(&look));
    cr_expect(blob_look_at(&look, slice_of("\\\\pi")));
    cr_expect(!blob_look_at(&look, slice_of("\\pict")));
    cr_expect(blob_look_has_pictures(&look));
    cr_expect_eq(blob_look_format(&look), BLOB_RTF);
}

Test(blob_format, needs_only_the_head_of_a_file)
{
    char head[BLOB_HEAD_SIZE] = "\x89PNG\r\n\x1A\n";
    struct blob_look look = {0};

    cr_expect(!blob_look_at(&look, (struct slice){head, sizeof head}));
    cr_expect_eq(blob_look_format(&look), BLOB_OTHER);
}

static void put_chance(size_t size, char *out)
{
    uint64_t state = 88172645463325252ull;

    for (size_t i = 0; i < size; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out[i] = (char)(state >> 24);
    }
}

static bool is_encrypted(const char *bytes, size_t size)
{
    struct blob_look look = look_at((struct slice){bytes, size}, size);

    return blob_look_is_encrypted(&look);
}

Test(blob_format, knows_what_looks_like_chance)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const size_t sizes[] = {64, 100, 256, 1000, 4096, 100000};
    char *bytes = x_alloc(100000);
    char hex[401] = "";
    char base64[401] = "";

    for (size_t i = 0; i < array_length(sizes); i++) {
        put_chance(sizes[i], bytes);
        cr_expect(is_encrypted(bytes, sizes[i]), "%zu bytes", sizes[i]);
    }
    for (size_t i = 0; i < 200; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned char)bytes[i]);
    for (size_t i = 0; i < 400; i++)
        base64[i] = digits[(unsigned char)bytes[i] % 64];
    cr_expect(is_encrypted(hex, 400));
    cr_expect(is_encrypted(base64, 400));
    cr_expect(!is_encrypted(bytes, 63), "too short to be judged");
    memcpy(bytes, "\xFF\xD8\xFF", 3);
    cr_expect(!is_encrypted(bytes, 4096), "a JPEG is allowed to look like chance");
    free(bytes);
}

/* UTF-16 that holds a cipher: characters of many scripts, many that are none, and in every fourth value of a page a
 * control character, as which no text has them. */
Test(blob_format, knows_text_of_no_language)
{
    static const size_t units[] = {100, 300, 3000};
    struct text text;
    char bytes[6000];

    text_init(&text, 10000);
    for (size_t round = 0; round < 2 * array_length(units); round++) {
        text_clear(&text);
        put_chance(2 * units[round / 2], bytes);
        for (size_t i = 0; i < units[round / 2]; i++) {
            unsigned unit = (unsigned char)bytes[2 * i] | (unsigned)(unsigned char)bytes[2 * i + 1] << 8;

            text_put_codepoint(&text, unit == 0 ? 1 : unit);
        }
        if (round % 2)
            text_putc(&text, 1);
        cr_expect(is_encrypted(text.data, text.size), "%zu characters, round %zu", units[round / 2], round);
    }
    text_release(&text);
}

Test(blob_format, takes_no_honest_text_for_a_cipher)
{
    static const char *const texts[] = {
        "Patient reports less pain since the last visit. Range of motion improved, strength 4/5. Continue programme.",
        "\xD0\x9F\xD0\xB0\xD1\x86\xD0\xB8\xD0\xB5\xD0\xBD\xD1\x82 \xD0\xB6\xD0\xB0\xD0\xBB\xD1\x83\xD0\xB5\xD1\x82"
        "\xD1\x81\xD1\x8F \xD0\xBD\xD0\xB0 \xD0\xB1\xD0\xBE\xD0\xBB\xD1\x8C \xD0\xB2 \xD1\x81\xD0\xBF\xD0\xB8\xD0\xBD"
        "\xD0\xB5, \xD1\x83\xD0\xBB\xD1\x83\xD1\x87\xD1\x88\xD0\xB5\xD0\xBD\xD0\xB8\xD0\xB5",
        "\xE6\x82\xA3\xE8\x80\x85\xE8\x85\xB0\xE7\x97\x9B\xE4\xB8\x89\xE5\xA4\xA9\xEF\xBC\x8C\xE5\xBC\xAF\xE8\x85\xB0"
        "\xE5\x8A\xA0\xE9\x87\x8D\xE3\x80\x82\xE7\x83\xAD\xE6\x95\xB7\xE5\x90\x8E\xE7\xBC\x93\xE8\xA7\xA3\xE3\x80\x82"
        "\xE6\x82\xA3\xE8\x80\x85\xE8\x85\xB0\xE7\x97\x9B",
        "1234567890123456789012345678901234567890123456789012345678901234567890",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "A form feed of an old program, \1 and what else it left between the words of a note that is plain English.",
    };

    for (size_t i = 0; i < array_length(texts); i++)
        cr_expect(!is_encrypted(texts[i], strlen(texts[i])), "%s", texts[i]);
}

static void check_folder(const char *name, bool (*is_right)(const char *name, const struct blob_look *look))
{
    scoped(string_free) char *path = x_sprintf("%s/%s", FIXTURES_DIR, name);
    DIR *folder = opendir(path);

    if (!folder)
        cr_skip_test("there is no folder %s", path);
    for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        scoped(string_free) char *file_path = x_sprintf("%s/%s", path, entry->d_name);
        scoped(file_close) FILE *file = entry->d_name[0] == '.' ? NULL : fopen(file_path, "rb");
        struct blob_look look = {0};
        char piece[5000];
        size_t size = 0;

        if (!file || strstr(entry->d_name, ".md"))
            continue;
        while ((size = fread(piece, 1, sizeof piece, file)) > 0 && blob_look_at(&look, (struct slice){piece, size}))
            continue;
        cr_expect(is_right(entry->d_name, &look), "%s: %s", entry->d_name, blob_format_name(blob_look_format(&look)));
    }
    closedir(folder);
}

static bool is_right_rtf(const char *name, const struct blob_look *look)
{
    (void)name;
    return blob_look_format(look) == BLOB_RTF && !blob_look_is_encrypted(look);
}

static bool is_right_file(const char *name, const struct blob_look *look)
{
    enum blob_format want = strstr(name, ".pdf") ? BLOB_PDF : BLOB_OTHER;

    return blob_look_format(look) == want && !blob_look_is_encrypted(look);
}

Test(blob_format, knows_the_files_that_clinics_have)
{
    check_folder("rtf", is_right_rtf);
    check_folder("files", is_right_file);
}
