/* What goes up for each kind of record, and that nothing of it is lost. */
#include "workers/documents.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "unit/source/folder_fixture.h"

TestSuite(documents, .timeout = 60);

/* One white pixel. */
static const unsigned char png[] = {0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48,
                                    0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00,
                                    0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78,
                                    0x9c, 0x63, 0xf8, 0x0f, 0x00, 0x01, 0x01, 0x01, 0x00, 0xb1, 0x38, 0xf6, 0x14, 0x00,
                                    0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};
#define PNG_HEX                                                                                                        \
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a"                                                     \
    "7e9b550000000a49444154789c63f80f0001010100b138f6140000000049454e44ae426082"

struct scene {
    struct folder_fixture folder;
    struct source *source;
    struct json *payload;
    struct documents *made;
    struct fault fault;
};

static void scene_open(struct scene *scene)
{
    scoped(string_free) char *files = NULL;

    *scene = (struct scene){0};
    folder_fixture_make(&scene->folder);
    folder_fixture_write(&scene->folder, "Letter.csv", "Id,Content\r\n");
    files = x_sprintf("%s/Letter.files", scene->folder.path);
    cr_assert_eq(mkdir(files, 0700), 0);
    cr_assert(source_open(scene->folder.path, &(struct source_options){0}, &scene->source, &scene->fault), "%s",
              scene->fault.text);
}

static void scene_close(struct scene *scene)
{
    documents_destroy(&scene->made);
    json_destroy(&scene->payload);
    source_close(&scene->source);
    folder_fixture_remove(&scene->folder);
}

/* A file of the old system, as a value of a payload. Free it. */
static char *file(struct scene *scene, const char *name, const void *content, size_t size)
{
    scoped(string_free) char *path = x_sprintf("Letter.files/%s", name);

    folder_fixture_write_bytes(&scene->folder, path, content, size);
    return x_sprintf("{\"locator\":\"file:%zu:%s\",\"size\":%zu}", size, path, size);
}

static bool make(struct scene *scene, enum entity entity, const char *payload)
{
    documents_destroy(&scene->made);
    json_destroy(&scene->payload);
    scene->fault = (struct fault){0};
    cr_assert(json_parse(payload, strlen(payload), &scene->payload, &scene->fault), "%s: %s", payload,
              scene->fault.text);
    return documents_make(scene->source, entity, "FD-9", scene->payload, &scene->made, &scene->fault);
}

/* The files in their order: "image:x-ray-FD-9-image.dcm :x-ray-FD-9.pdf". */
static void files_are(const struct scene *scene, const char *want)
{
    struct text got;

    cr_assert(scene->made, "%s", scene->fault.text);
    text_init(&got, 1000);
    for (size_t i = 0; i < scene->made->count; i++)
        text_printf(&got, "%s%s:%s", i ? " " : "", scene->made->files[i].part, scene->made->files[i].name);
    cr_expect_str_eq(text_string(&got), want, "got '%s', want '%s'", text_string(&got), want);
    text_release(&got);
}

/* Reads a file whole, twice, and compares: `content` NULL wants a PDF. */
static void reads_as(struct scene *scene, size_t index, const void *content, size_t size)
{
    for (int round = 0; round < 2; round++) {
        const struct document_file *file = &scene->made->files[index];
        scoped(document_bytes_close) struct document_bytes *bytes = NULL;
        scoped(string_free) char *read = x_alloc((size_t)file->size_bytes + 8);
        size_t total = 0;
        size_t got = 1;

        cr_assert(document_bytes_open(scene->source, scene->payload, file, &bytes, &scene->fault), "%s",
                  scene->fault.text);
        while (got > 0) {
            cr_assert(document_bytes_read(bytes, read + total, 7 < size ? 7 : 1, &got, &scene->fault));
            total += got;
            if (total > (size_t)file->size_bytes)
                break;
        }
        cr_expect_eq((int64_t)total, file->size_bytes);
        if (content)
            cr_expect(total == size && memcmp(read, content, size) == 0, "another content");
        else
            cr_expect_eq(strncmp(read, "%PDF-", 5), 0, "no PDF");
    }
}

static void warning_says(const struct scene *scene, const char *want)
{
    const char *warning = scene->made->warning ? scene->made->warning : "";

    if (want)
        cr_expect(strstr(warning, want), "got '%s', want '…%s…'", warning, want);
    else
        cr_expect_str_eq(warning, "");
}

Test(documents, attachment_goes_as_it_is_whatever_it_is)
{
    static const char noise[] = "\x01\x02\x03 anything \xff";
    struct scene scene;
    scoped(string_free) char *value = NULL;
    scoped(string_free) char *payload = NULL;

    scene_open(&scene);
    value = file(&scene, "x", noise, sizeof noise);
    payload = x_sprintf("{\"file_name\":\"My file.dat\",\"content\":%s}", value);
    cr_assert(make(&scene, ENTITY_ATTACHMENT, payload), "%s", scene.fault.text);
    files_are(&scene, ":My-file.dat");
    cr_expect_str_eq(scene.made->files[0].content_type, "application/octet-stream");
    reads_as(&scene, 0, noise, sizeof noise);
    scene_close(&scene);
}

Test(documents, name_without_an_ending_gets_that_of_its_content)
{
    struct scene scene;
    scoped(string_free) char *value = NULL;
    scoped(string_free) char *payload = NULL;
    scoped(string_free) char *nameless = NULL;

    scene_open(&scene);
    value = file(&scene, "x", png, sizeof png);
    payload = x_sprintf("{\"file_name\":\"scan of knee\",\"content\":%s}", value);
    cr_assert(make(&scene, ENTITY_ATTACHMENT, payload), "%s", scene.fault.text);
    files_are(&scene, ":scan-of-knee.png");
    cr_expect_str_eq(scene.made->files[0].content_type, "image/png");
    nameless = x_sprintf("{\"dated\":\"2021-03-04 09:30\",\"content\":%s}", value);
    cr_assert(make(&scene, ENTITY_ATTACHMENT, nameless), "%s", scene.fault.text);
    files_are(&scene, ":file-2021-03-04-FD-9.png");
    scene_close(&scene);
}

/* Under the name it had, Cliniko would take it for damaged. */
Test(documents, name_that_belies_its_content_gets_the_true_ending)
{
    static const struct {
        const char *name;
        const char *bytes;
        const char *want;
        const char *warning;
    } cases[] = {
        {"scan.v2.PDF", "\xFF\xD8\xFF\xE0 ", ":scan.v2.jpg",
         "its name ends in .PDF, but it is a file of the kind .jpg"},
        {"knee.jpg", "%PDF-1.4 ", ":knee.pdf", "but it is a file of the kind .pdf"},
        {"knee.jpeg", "\xFF\xD8\xFF\xE0 ", ":knee.jpeg", NULL},
        {"letter.docx", "{\\rtf1 a}", ":letter.rtf", "but it is a file of the kind .rtf"},
        {"letter.doc", "{\\rtf1 a}", ":letter.doc", NULL},
        {"scan.pdf", "only words", ":scan.txt", "but it is a file of the kind .txt"},
        {"film.png", "PK\3\4 x.jpg ", ":film.zip", "but it is a file of the kind .zip"},
        {"sheet.xlsx", "PK\3\4 xl/workbook.xml", ":sheet.xlsx", NULL},
        {"words.csv", "<p>a</p>", ":words.csv", NULL},
        {"raw.nef", "II*\4 ", ":raw.nef", NULL},
        {"scan.pdf", "\1\2\3\4", ":scan.pdf", NULL},
    };
    struct scene scene;

    scene_open(&scene);
    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *value = file(&scene, "x", cases[i].bytes, strlen(cases[i].bytes));
        scoped(string_free) char *payload = x_sprintf("{\"file_name\":\"%s\",\"content\":%s}", cases[i].name, value);

        cr_assert(make(&scene, ENTITY_ATTACHMENT, payload), "%s", scene.fault.text);
        files_are(&scene, cases[i].want);
        warning_says(&scene, cases[i].warning);
    }
    scene_close(&scene);
}

Test(documents, letters_by_their_format)
{
    static const struct {
        const char *content;
        const char *want;
        const char *warning;
        bool made; /* a PDF, not the bytes as they are */
    } cases[] = {
        {"Dear colleague,\n\nthank you.", ":letter-FD-9.pdf", NULL, true},
        {"{\\rtf1\\ansi Dear {\\b colleague}\\par}", ":letter-FD-9.pdf", NULL, true},
        {"<html><body><p>Dear colleague</p></body></html>", ":letter-FD-9.pdf", NULL, true},
        {"{\\rtf1\\ansi Dear {\\pict\\pngblip " PNG_HEX "}\\par}", ":letter-FD-9.pdf", "its 1 pictures do not go over",
         true},
        {"{\\rtf1\\ansi {\\pict\\pngblip " PNG_HEX "}\\par}", ":letter-FD-9.pdf", NULL, true},
        {"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj", ":letter-FD-9.pdf", NULL, false},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct scene scene;
        scoped(string_free) char *value = NULL;
        scoped(string_free) char *payload = NULL;

        scene_open(&scene);
        value = file(&scene, "x", cases[i].content, strlen(cases[i].content));
        payload = x_sprintf("{\"description\":\"Thanks\",\"author\":\"Dr Lee\",\"content\":%s}", value);
        cr_assert(make(&scene, ENTITY_LETTER, payload), "%zu: %s", i, scene.fault.text);
        files_are(&scene, cases[i].want);
        warning_says(&scene, cases[i].warning);
        cr_expect_eq(scene.made->files[0].descriptor >= 0, cases[i].made, "%zu", i);
        reads_as(&scene, 0, cases[i].made ? NULL : cases[i].content, strlen(cases[i].content));
        scene_close(&scene);
    }
}

Test(documents, word_97_letter_goes_as_it_is_and_says_so)
{
    char word[1024] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
    struct scene scene;
    scoped(string_free) char *value = NULL;
    scoped(string_free) char *payload = NULL;

    memcpy(word + 600, "W\0o\0r\0d\0D\0o\0c\0u\0m\0e\0n\0t", 23);
    scene_open(&scene);
    value = file(&scene, "x", word, sizeof word);
    payload = x_sprintf("{\"content\":%s}", value);
    cr_assert(make(&scene, ENTITY_LETTER, payload), "%s", scene.fault.text);
    reads_as(&scene, 0, word, sizeof word);
    cr_expect_eq(scene.made->count, 1);
    scene_close(&scene);
}

Test(documents, what_cannot_be_a_document_is_named)
{
    struct scene scene;
    unsigned char noise[4096];
    unsigned state = 1;
    scoped(string_free) char *value = NULL;
    scoped(string_free) char *payload = NULL;

    for (size_t i = 0; i < sizeof noise; i++) {
        state = state * 1664525 + 1013904223;
        noise[i] = (unsigned char)(state >> 24);
    }
    scene_open(&scene);
    value = file(&scene, "x", noise, sizeof noise);
    payload = x_sprintf("{\"content\":%s}", value);
    cr_expect_not(make(&scene, ENTITY_LETTER, payload));
    cr_expect_eq(scene.fault.kind, FAULT_BAD_INPUT);
    cr_expect(strstr(scene.fault.text, "looks encrypted"), "%s", scene.fault.text);
    cr_expect_not(make(&scene, ENTITY_LETTER, "{\"content\":{\"text\":\"  \"}}"));
    cr_expect_str_eq(scene.fault.text, "The letter is empty.");
    cr_expect_not(make(&scene, ENTITY_NOTE_DOCUMENT, "{\"body\":{\"text\":\"\"}}"));
    cr_expect_str_eq(scene.fault.text, "The note is empty.");
    cr_expect_not(make(&scene, ENTITY_ATTACHMENT, "{\"content\":{\"text\":\"\"}}"));
    cr_expect_str_eq(scene.fault.text, "The file is empty.");
    cr_expect_not(
        make(&scene, ENTITY_ATTACHMENT, "{\"content\":{\"locator\":\"file:9:Letter.files/gone\",\"size\":9}}"));
    cr_expect_eq(scene.fault.kind, FAULT_BAD_INPUT);
    scene_close(&scene);
}

Test(documents, note_shows_its_pictures_or_brings_its_original)
{
    struct scene scene;

    scene_open(&scene);
    cr_assert(make(&scene, ENTITY_NOTE_DOCUMENT,
                   "{\"title\":\"Visit\",\"dated\":\"2020-02-03\",\"body\":{\"text\":\"{\\\\rtf1 See "
                   "{\\\\pict\\\\pngblip " PNG_HEX "} there\\\\par}\"}}"),
              "%s", scene.fault.text);
    files_are(&scene, ":note-2020-02-03-FD-9.pdf");
    warning_says(&scene, NULL);
    cr_assert(make(&scene, ENTITY_NOTE_DOCUMENT,
                   "{\"title\":\"Visit\",\"dated\":\"2020-02-03\",\"body\":{\"text\":\"{\\\\rtf1 See "
                   "{\\\\pict\\\\pngblip 89504e47deadbeef} there\\\\par}\"}}"),
              "%s", scene.fault.text);
    files_are(&scene, "original:note-2020-02-03-FD-9-original.rtf :note-2020-02-03-FD-9.pdf");
    warning_says(&scene, "the original is attached too");
    scene_close(&scene);
}

Test(documents, xray_alone_goes_as_it_is_and_with_its_report_as_one_pdf)
{
    struct scene scene;
    scoped(string_free) char *value = NULL;
    scoped(string_free) char *alone = NULL;
    scoped(string_free) char *reported = NULL;
    scoped(string_free) char *empty = NULL;

    scene_open(&scene);
    value = file(&scene, "x", png, sizeof png);
    alone = x_sprintf("{\"file_name\":\"hip.png\",\"content\":%s}", value);
    cr_assert(make(&scene, ENTITY_XRAY, alone), "%s", scene.fault.text);
    files_are(&scene, ":hip.png");
    empty = x_sprintf("{\"file_name\":\"hip.png\",\"report\":{\"text\":\"\"},\"content\":%s}", value);
    cr_assert(make(&scene, ENTITY_XRAY, empty), "%s", scene.fault.text);
    files_are(&scene, ":hip.png");
    reads_as(&scene, 0, png, sizeof png);
    reported = x_sprintf("{\"file_name\":\"hip.png\",\"report\":{\"text\":\"No fracture.\"},\"content\":%s}", value);
    cr_assert(make(&scene, ENTITY_XRAY, reported), "%s", scene.fault.text);
    files_are(&scene, ":x-ray-FD-9.pdf");
    reads_as(&scene, 0, NULL, 0);
    scene_close(&scene);
}

Test(documents, xray_that_no_page_can_show_has_its_report_beside)
{
    static const char *const images[] = {"\x89PNG\r\n\x1a\nbroken", "what is this"};

    for (size_t i = 0; i < array_length(images); i++) {
        struct scene scene;
        scoped(string_free) char *value = NULL;
        scoped(string_free) char *payload = NULL;

        scene_open(&scene);
        value = file(&scene, "x", images[i], strlen(images[i]));
        payload = x_sprintf("{\"file_name\":\"hip.img\",\"report\":{\"text\":\"No fracture.\"},\"content\":%s}", value);
        cr_assert(make(&scene, ENTITY_XRAY, payload), "%s", scene.fault.text);
        files_are(&scene, "image:hip.img :x-ray-FD-9.pdf");
        reads_as(&scene, 0, images[i], strlen(images[i]));
        scene_close(&scene);
    }
}

/* A report that is a file of its own kind goes beside the image. */
/* Two pixels by two, explicit little endian, 8 bits. */
#define DICOM                                                                                                          \
    "DICM\2\0\0\0UL\4\0\34\0\0\0\2\0\20\0UI\24\0001.2.840.10008.1.2.1\0"                                               \
    "\50\0\2\0US\2\0\1\0\50\0\4\0CS\14\0MONOCHROME2 \50\0\20\0US\2\0\2\0\50\0\21\0US\2\0\2\0\50\0\0\1US\2\0\10\0"      \
    "\50\0\1\1US\2\0\10\0\50\0\2\1US\2\0\7\0\50\0\3\1US\2\0\0\0\340\177\20\0OB\0\0\4\0\0\0\0\100\200\377"

/* What a page cannot show of it goes along, and the image is on the page all the same. */
Test(documents, xray_in_dicom_is_drawn_and_stays_as_it_is_beside)
{
    char image[128 + sizeof DICOM - 1] = {0};
    struct scene scene;
    scoped(string_free) char *value = NULL;
    scoped(string_free) char *payload = NULL;
    scoped(document_bytes_close) struct document_bytes *bytes = NULL;
    char pdf[64 * 1024];
    size_t size = 0;

    memcpy(image + 128, DICOM, sizeof DICOM - 1);
    scene_open(&scene);
    value = file(&scene, "x", image, sizeof image);
    payload = x_sprintf("{\"file_name\":\"hip.dcm\",\"report\":{\"text\":\"No fracture.\"},\"content\":%s}", value);
    cr_assert(make(&scene, ENTITY_XRAY, payload), "%s", scene.fault.text);
    files_are(&scene, "image:hip.dcm :x-ray-FD-9.pdf");
    reads_as(&scene, 0, image, sizeof image);
    cr_assert(document_bytes_open(scene.source, scene.payload, &scene.made->files[1], &bytes, &scene.fault));
    cr_assert(document_bytes_read(bytes, pdf, sizeof pdf, &size, &scene.fault));
    cr_expect(memmem(pdf, size, "/Subtype /Image", 15), "the image is not on the page");
    scene_close(&scene);
}

Test(documents, xray_with_a_report_in_pdf_brings_both)
{
    static const char report[] = "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj";
    struct scene scene;
    scoped(string_free) char *value = NULL;
    scoped(string_free) char *words = NULL;
    scoped(string_free) char *payload = NULL;

    scene_open(&scene);
    value = file(&scene, "x", png, sizeof png);
    words = file(&scene, "r", report, strlen(report));
    payload = x_sprintf("{\"file_name\":\"hip.png\",\"report\":%s,\"content\":%s}", words, value);
    cr_assert(make(&scene, ENTITY_XRAY, payload), "%s", scene.fault.text);
    files_are(&scene, "report:x-ray-FD-9-report.pdf :hip.png");
    reads_as(&scene, 0, report, strlen(report));
    reads_as(&scene, 1, png, sizeof png);
    scene_close(&scene);
}
