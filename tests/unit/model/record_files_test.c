#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "built.h"

static struct record_draft note(void)
{
    struct record_draft draft = {.entity = ENTITY_TREATMENT_NOTE, .source_key = "FD-N7"};

    draft_set(&draft, "patient", "FD-1");
    draft_set(&draft, "practitioner", "FD-2");
    draft_set(&draft, "dated", "2024-03-01T09:30:00");
    draft_set(&draft, "body", "{\"text\":\"Better.\",\"format\":\"plain\"}");
    return draft;
}

#define NOTE_START "{\"patient\":\"FD-1\",\"practitioner\":\"FD-2\","

Test(record_files, note_is_written_in_full)
{
    struct record_draft draft = note();

    draft_set(&draft, "appointment", "FD-A3");
    draft_set(&draft, "title", "Initial\nvisit");
    draft_set(&draft, "author", "Dr Jane Lee");
    draft_set(&draft, "draft", "1");
    draft_set(&draft, "body", "{\"locator\":\"note:17\",\"size\":90000,\"format\":\"rtf\"}");
    expect_record(&draft,
                  NOTE_START "\"appointment\":\"FD-A3\",\"dated\":\"2024-03-01 09:30\",\"title\":\"Initial visit\","
                             "\"author\":\"Dr Jane Lee\",\"body\":{\"locator\":\"note:17\",\"size\":90000,"
                             "\"format\":\"rtf\"},\"draft\":true}",
                  "", "");
}

Test(record_files, note_shows_its_day_as_people_write_it)
{
    static const struct {
        const char *dated;
        const char *want;
    } cases[] = {
        {"2024-03-01T00:00:00", "2024-03-01"},       {"2024-03-01", "2024-03-01"},
        {"2024-03-01 14:05:59", "2024-03-01 14:05"}, {"March 2024", "March 2024"},
        {"2024-03-01T00:00:59", "2024-03-01 00:00"},
    };
    struct record_draft draft = note();

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *want = x_sprintf(
            NOTE_START "\"dated\":\"%s\",\"body\":{\"text\":\"Better.\",\"format\":\"plain\"},\"draft\":false}",
            cases[i].want);

        draft_set(&draft, "dated", cases[i].dated);
        expect_record(&draft, want, "", "");
    }
    draft_clear(&draft, "dated");
    expect_record(&draft, NOTE_START "\"body\":{\"text\":\"Better.\",\"format\":\"plain\"},\"draft\":false}",
                  "dated: empty: the title shows no date", "");
}

Test(record_files, note_goes_over_whoever_wrote_it)
{
    struct record_draft draft = note();

    draft_clear(&draft, "practitioner");
    expect_record(&draft,
                  "{\"patient\":\"FD-1\",\"dated\":\"2024-03-01 09:30\",\"author\":\"author unknown\","
                  "\"body\":{\"text\":\"Better.\",\"format\":\"plain\"},\"draft\":false}",
                  "practitioner: empty: the title says that the author is unknown", "");
    draft_set(&draft, "author", "Dr Jane Lee");
    expect_record(&draft,
                  "{\"patient\":\"FD-1\",\"dated\":\"2024-03-01 09:30\",\"author\":\"Dr Jane Lee\","
                  "\"body\":{\"text\":\"Better.\",\"format\":\"plain\"},\"draft\":false}",
                  "", "");
}

Test(record_files, note_with_pictures_becomes_a_document_as_well)
{
    struct record_draft draft = note();

    draft_set(&draft, "body", "{\"locator\":\"n:1\",\"size\":5,\"pictures\":true}");
    expect_record(&draft,
                  NOTE_START
                  "\"dated\":\"2024-03-01 09:30\",\"body\":{\"locator\":\"n:1\",\"size\":5,\"pictures\":true},"
                  "\"draft\":false}",
                  "",
                  "note_document " NOTE_START "\"dated\":\"2024-03-01 09:30\",\"body\":{\"locator\":\"n:1\",\"size\":5,"
                  "\"pictures\":true},\"draft\":false}");
    draft_set(&draft, "body", "{\"locator\":\"n:1\",\"size\":5,\"pictures\":false}");
    expect_record(&draft,
                  NOTE_START
                  "\"dated\":\"2024-03-01 09:30\",\"body\":{\"locator\":\"n:1\",\"size\":5,\"pictures\":false},"
                  "\"draft\":false}",
                  "", "");
}

Test(record_files, note_without_text_goes_over_empty)
{
    static const char *const bodies[] = {NULL, "{\"text\":\"\"}", "{\"text\":\" \\n \"}",
                                         "{\"locator\":\"n:1\",\"size\":0,\"pictures\":true}"};
    struct record_draft draft = note();

    for (size_t i = 0; i < array_length(bodies); i++) {
        if (bodies[i])
            draft_set(&draft, "body", bodies[i]);
        else
            draft_clear(&draft, "body");
        expect_record(&draft, NOTE_START "\"dated\":\"2024-03-01 09:30\",\"body\":{\"text\":\"\"},\"draft\":false}",
                      "body: empty", "");
    }
}

/* The text may be anybody's: a fault does not quote it. */
Test(record_files, content_must_be_a_text_or_a_file)
{
    static const struct {
        const char *body;
        const char *want;
    } cases[] = {
        {"private", "body is no description of a text or a file"},
        {"{\"text\":\"private\"", "body is no description of a text or a file"},
        {"[\"private\"]", "body is no description of a text or a file"},
        {"{\"text\":\"private\",\"x\":[]}", "body is no description of a text or a file"},
        {"{}", "body names neither a text nor a file"},
        {"{\"text\":5}", "body names neither a text nor a file"},
        {"{\"text\":\"private\",\"locator\":\"private\",\"size\":1}", "body names neither a text nor a file"},
        {"{\"locator\":\"\",\"size\":1}", "body names neither a text nor a file"},
        {"{\"locator\":\"private\"}", "body names a file without its size"},
        {"{\"locator\":\"private\",\"size\":-1}", "body names a file without its size"},
        {"{\"locator\":\"private\",\"size\":\"1\"}", "body names a file without its size"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct record_draft draft = note();
        struct zones *zones = zones_new();
        struct record record;
        struct fault fault = {0};

        draft_set(&draft, "body", cases[i].body);
        expect_problem(&draft, cases[i].want);
        record_init(&record);
        cr_expect(!record_build(&draft, zones, 0, &record, &fault));
        cr_expect_null(strstr(fault.text, "private"), "got '%s'", fault.text);
        record_release(&record);
        zones_destroy(&zones);
    }
}

Test(record_files, note_warns_of_a_title_that_does_not_fit)
{
    scoped(string_free) char *fits = repeated("é", 255 - 16 - 2 - 8);
    scoped(string_free) char *beyond = x_sprintf("%sx", fits);
    scoped(string_free) char *want_fits = x_sprintf(
        NOTE_START "\"dated\":\"2024-03-01 09:30\",\"title\":\"%s\",\"body\":{\"text\":\"a\"},\"draft\":false}", fits);
    scoped(string_free) char *want_beyond = x_sprintf(
        NOTE_START "\"dated\":\"2024-03-01 09:30\",\"title\":\"%s\",\"body\":{\"text\":\"a\"},\"draft\":false}",
        beyond);
    struct record_draft draft = note();

    draft_set(&draft, "body", "{\"text\":\"a\"}");
    draft_set(&draft, "title", fits);
    expect_record(&draft, want_fits, "", "");
    draft_set(&draft, "title", beyond);
    expect_record(&draft, want_beyond,
                  "title: longer than 255 characters with date and author, the whole stands at the top of the note",
                  "");
}

Test(record_files, note_keeps_what_could_not_be_read)
{
    struct record_draft draft = note();

    draft_reject(&draft, "author", "#17");
    draft.warning = "author: why";
    expect_record(&draft,
                  NOTE_START "\"dated\":\"2024-03-01 09:30\",\"body\":{\"text\":\"Better.\",\"format\":\"plain\"},"
                             "\"draft\":false,\"notes\":\"Author as recorded: #17\"}",
                  "author: why", "");
}

#define FILE_CONTENT "\"content\":{\"locator\":\"Attachment.files/1.pdf\",\"size\":1234}"

Test(record_files, attachment_is_written_in_full)
{
    struct record_draft draft = {.entity = ENTITY_ATTACHMENT, .source_key = "FD-F1"};

    draft_set(&draft, "patient", "FD-1");
    draft_set(&draft, "content", "{\"locator\":\"Attachment.files/1.pdf\",\"size\":1234}");
    draft_set(&draft, "file_name", "knee (1).pdf");
    draft_set(&draft, "description", "MRI of left knee");
    draft_set(&draft, "category", "Imaging");
    draft_set(&draft, "dated", "2023-05-01T00:00:00");
    expect_record(&draft,
                  "{\"patient\":\"FD-1\"," FILE_CONTENT ",\"file_name\":\"knee (1).pdf\","
                  "\"description\":\"MRI of left knee\",\"category\":\"Imaging\",\"dated\":\"2023-05-01\"}",
                  "", "");
    draft_clear(&draft, "patient");
    expect_problem(&draft, "patient is empty");
}

Test(record_files, attachment_without_content_is_a_problem)
{
    static const char *const contents[] = {NULL, "{\"locator\":\"a\",\"size\":0}", "{\"text\":\"\"}"};
    struct record_draft draft = {.entity = ENTITY_ATTACHMENT, .source_key = "FD-F1"};

    draft_set(&draft, "patient", "FD-1");
    for (size_t i = 0; i < array_length(contents); i++) {
        if (contents[i])
            draft_set(&draft, "content", contents[i]);
        expect_problem(&draft, "content is empty: there is no file to send");
    }
}

Test(record_files, attachment_warns_of_a_description_that_does_not_fit)
{
    scoped(string_free) char *name = repeated("n", 260);
    scoped(string_free) char *want = x_sprintf("{\"patient\":\"FD-1\"," FILE_CONTENT ",\"file_name\":\"%s\"}", name);
    struct record_draft draft = {.entity = ENTITY_ATTACHMENT, .source_key = "FD-F1"};

    draft_set(&draft, "patient", "FD-1");
    draft_set(&draft, "content", "{\"locator\":\"Attachment.files/1.pdf\",\"size\":1234}");
    draft_set(&draft, "file_name", name);
    expect_record(&draft, want, "description: longer than 255 characters with name and date, cut there", "");
}

Test(record_files, xray_may_have_a_report)
{
    struct record_draft draft = {.entity = ENTITY_XRAY, .source_key = "FD-X1"};

    draft_set(&draft, "patient", "FD-1");
    draft_set(&draft, "content", "{\"locator\":\"x\",\"size\":9}");
    draft_set(&draft, "description", "Left knee");
    draft_set(&draft, "dated", "2021-03-04");
    expect_record(&draft,
                  "{\"patient\":\"FD-1\",\"content\":{\"locator\":\"x\",\"size\":9},\"description\":\"Left knee\","
                  "\"dated\":\"2021-03-04\"}",
                  "", "");
    draft_set(&draft, "report", "{\"text\":\" \"}");
    expect_record(&draft,
                  "{\"patient\":\"FD-1\",\"content\":{\"locator\":\"x\",\"size\":9},\"description\":\"Left knee\","
                  "\"dated\":\"2021-03-04\"}",
                  "", "");
    draft_set(&draft, "report", "{\"text\":\"No fracture.\"}");
    draft_set(&draft, "author", "Dr Roe");
    expect_record(&draft,
                  "{\"patient\":\"FD-1\",\"content\":{\"locator\":\"x\",\"size\":9},"
                  "\"report\":{\"text\":\"No fracture.\"},\"description\":\"Left knee\",\"author\":\"Dr Roe\","
                  "\"dated\":\"2021-03-04\"}",
                  "", "");
    draft_set(&draft, "report", "{\"locator\":\"r\"}");
    expect_problem(&draft, "report names a file without its size");
}

Test(record_files, letter_is_written_in_full)
{
    struct record_draft draft = {.entity = ENTITY_LETTER, .source_key = "FD-L1"};

    draft_set(&draft, "patient", "FD-1");
    draft_set(&draft, "content", "{\"locator\":\"l\",\"size\":77,\"format\":\"rtf\"}");
    draft_set(&draft, "description", "Referral");
    draft_set(&draft, "author", "Dr Lee");
    draft_set(&draft, "recipient", "Dr Smith");
    draft_set(&draft, "dated", "2022-02-02T10:00:00");
    expect_record(&draft,
                  "{\"patient\":\"FD-1\",\"content\":{\"locator\":\"l\",\"size\":77,\"format\":\"rtf\"},"
                  "\"description\":\"Referral\",\"author\":\"Dr Lee\",\"recipient\":\"Dr Smith\","
                  "\"dated\":\"2022-02-02 10:00\"}",
                  "", "");
}
