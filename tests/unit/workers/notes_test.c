/* Treatment notes: whose key writes them, and where their text comes from. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "sending.h"
#include "source/source.h"
#include "unit/source/folder_fixture.h"

TestSuite(notes, .timeout = 120);

#define PLAIN_NOTE                                                                                                     \
    "{\"patient\":\"FD-P1\",\"practitioner\":\"FD-U1\",\"dated\":\"2020-01-02\",\"body\":{\"text\":\"better\"}}"

/* "ann-au1:" and "main-au1:" in base64. */
static const char ann[] = "Basic YW5uLWF1MTo=";
static const char main_key[] = "Basic bWFpbi1hdTE6";

static const struct stub_route accepted[] = {
    {.path = "/v1/treatment_notes", .status = 201, .body = "{\"id\":\"9001\"}"},
    {0},
};

static void open_note(struct sending *sending, const struct stub_route *routes, const char *source, const char *payload)
{
    sending_open(sending, routes, source);
    sending_map(sending, ENTITY_PATIENT, "FD-P1", "505");
    sending_map(sending, ENTITY_PRACTITIONER, "FD-U1", "506");
    sending_stage(sending, ENTITY_TREATMENT_NOTE, "FD-1", payload);
}

Test(notes, are_written_with_their_authors_own_key)
{
    static const struct {
        const char *practitioner; /* whose the key is */
        const char *want;
    } cases[] = {{"506", ann}, {"507", main_key}};

    for (size_t i = 0; i < array_length(cases); i++) {
        struct sending sending;

        open_note(&sending, accepted, "/nowhere", PLAIN_NOTE);
        sending_give_key(&sending, "Ann Lee", "ann-au1", "41", cases[i].practitioner);
        sending_run(&sending, ENTITY_TREATMENT_NOTE);
        cr_expect_str_eq(sending_state(&sending, "FD-1"), "created 9001");
        cr_expect_str_eq(stub_authorization(sending.stub), cases[i].want);
        sending_close(&sending);
    }
}

/* The account's key may be good all the same: the reason has to say which one is not. */
Test(notes, of_a_refused_key_pause_and_name_it)
{
    static const struct {
        int status;
        const char *want;
    } cases[] = {
        {401, "denied: the key of practitioner Ann Lee: the key is not valid on shard au1"},
        {403, "denied: the key of practitioner Ann Lee: Cliniko does not let the user of this key create treatment"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        const struct stub_route routes[] = {{.path = "/v1/treatment_notes", .status = cases[i].status, .body = ""},
                                            {0}};
        struct sending sending;

        open_note(&sending, routes, "/nowhere", PLAIN_NOTE);
        sending_give_key(&sending, "Ann Lee", "ann-au1", "41", "506");
        sending_run(&sending, ENTITY_TREATMENT_NOTE);
        cr_expect_eq(strncmp(sending.ending, cases[i].want, strlen(cases[i].want)), 0, "got '%s', want '%s…'",
                     sending.ending, cases[i].want);
        cr_expect_str_eq(sending_state(&sending, "FD-1"), "staged");
        sending_close(&sending);
    }
}

/* A user who is no practitioner: nothing is marked failed, the operator is told which role is needed. */
Test(notes, by_a_user_who_may_not_write_them_pause)
{
    static const struct stub_route routes[] = {{.path = "/v1/treatment_notes", .status = 403, .body = ""}, {0}};
    struct sending sending;

    open_note(&sending, routes, "/nowhere", PLAIN_NOTE);
    sending_run(&sending, ENTITY_TREATMENT_NOTE);
    cr_expect(strstr(sending.ending, "denied: Cliniko does not let the user of this key create treatment notes"), "%s",
              sending.ending);
    cr_expect_str_eq(sending_state(&sending, "FD-1"), "staged");
    sending_close(&sending);
}

#define PRACTITIONER(id, first, user)                                                                                  \
    "{\"id\":\"" id "\",\"first_name\":\"" first "\",\"last_name\":\"Lee\",\"active\":true,"                           \
    "\"user\":{\"links\":{\"self\":\"{base}/v1/users/" user "\"}}}"

static const char practitioners[] =
    "{\"practitioners\":[" PRACTITIONER("506", "Ann", "41") "," PRACTITIONER("507", "Bo", "42") "],\"links\":{}}";
static const char nobody[] = "{\"practitioners\":[],\"links\":{}}";

Test(notes, ask_whose_a_key_is_that_came_later)
{
    static const struct {
        const char *label;
        int status;
        const char *user;
        const char *ending;
        const char *state;
        const char *known; /* practitioner */
    } cases[] = {
        {"Ann Lee", 200, "{\"id\":\"41\",\"role\":\"practitioner\"}", "done", "created 9001", "506"},
        {"FD-U1", 200, "{\"id\":\"41\",\"role\":\"practitioner\"}", "done", "created 9001", "506"},
        {"506", 200, "{\"id\":\"41\",\"role\":\"practitioner\"}", "done", "created 9001", "506"},
        {"Ann Lee", 200, "{\"id\":\"42\",\"role\":\"practitioner\"}",
         "denied: The key given for Ann Lee belongs to another practitioner, Bo Lee", "staged", ""},
        {"Ann Lee", 200, "{\"id\":\"43\",\"role\":\"receptionist\"}",
         "denied: The key given for Ann Lee belongs to a user who is no practitioner", "staged", ""},
        {"Ann Lee", 401, "", "denied: The key given for Ann Lee cannot be used: the key is not valid", "staged", ""},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        const struct stub_route routes[] = {
            {.path = "/v1/practitioners", .body = practitioners},
            {.path = "/v1/practitioners/inactive", .body = nobody},
            {.path = "/v1/user", .status = cases[i].status, .body = cases[i].user},
            {.path = "/v1/treatment_notes", .status = 201, .body = "{\"id\":\"9001\"}"},
            {0},
        };
        struct sending sending;

        open_note(&sending, routes, "/nowhere", PLAIN_NOTE);
        sending_give_key(&sending, cases[i].label, "ann-au1", NULL, NULL);
        sending_run(&sending, ENTITY_TREATMENT_NOTE);
        cr_expect_eq(strncmp(sending.ending, cases[i].ending, strlen(cases[i].ending)), 0, "case %zu: got '%s'", i,
                     sending.ending);
        cr_expect_str_eq(sending_state(&sending, "FD-1"), cases[i].state, "case %zu", i);
        cr_expect_str_eq(database_text(&sending.database, "select practitioner_id from practitioner_key"),
                         cases[i].known, "case %zu", i);
        if (strcmp(cases[i].state, "created 9001") == 0)
            cr_expect_str_eq(stub_authorization(sending.stub), ann, "case %zu", i);
        sending_close(&sending);
    }
}

/* The payload of a note whose body stands in a file of an export. */
static char *note_in_file(const struct folder_fixture *folder)
{
    struct source *source = NULL;
    struct scan *scan = NULL;
    const struct value *row = NULL;
    struct text locator;
    struct fault fault = {0};
    int64_t size = 0;
    struct source_options options = {0};
    bool found = false;
    char *payload = NULL;

    text_init(&locator, 1000);
    cr_assert(source_open(folder->path, &options, &source, &fault), "%s", fault.text);
    cr_assert(source_scan(source, 0, &scan, &fault) && scan_next(scan, &row, &fault), "%s", fault.text);
    cr_assert(scan_locate(scan, 1, &locator, &size, &found, &fault), "%s", fault.text);
    cr_assert(found);
    payload = x_sprintf("{\"patient\":\"FD-P1\",\"practitioner\":\"FD-U1\",\"dated\":\"2020-01-02\","
                        "\"body\":{\"locator\":\"%s\",\"size\":%lld}}",
                        text_string(&locator), (long long)size);
    scan_close(&scan);
    source_close(&source);
    text_release(&locator);
    return payload;
}

Test(notes, in_files_of_the_source_arrive_as_what_a_person_reads)
{
    struct folder_fixture folder;
    struct sending sending;
    scoped(string_free) char *payload = NULL;

    folder_fixture_make(&folder);
    cr_assert_eq(chdir(folder.path), 0);
    cr_assert_eq(mkdir("Note.files", 0700), 0);
    folder_fixture_write(&folder, "Note.files/1.rtf", "{\\rtf1\\ansi knee {\\b better} < 2\\par pain gone}");
    folder_fixture_write(&folder, "Note.csv", "Id,Body\n1,Note.files/1.rtf\n");
    payload = note_in_file(&folder);
    open_note(&sending, accepted, folder.path, payload);
    sending_run(&sending, ENTITY_TREATMENT_NOTE);
    cr_expect_str_eq(sending_state(&sending, "FD-1"), "created 9001");
    cr_expect(strstr(stub_body(sending.stub), "<div>knee better &lt; 2</div><div>pain gone</div>"), "%s",
              stub_body(sending.stub));
    sending_close(&sending);
    folder_fixture_remove(&folder);
}

/* An empty note in its place would hide that something is missing. */
Test(notes, that_cannot_be_read_fail_by_name)
{
    static const struct {
        const char *content;
        const char *want;
    } cases[] = {
        {"%PDF-1.4\n%", "failed the note's text cannot be read: "},
        {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 a file of Word 97", "failed the note's text cannot be read: "},
        {NULL, "failed the note's text cannot be read: "},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct folder_fixture folder;
        struct sending sending;
        scoped(string_free) char *payload = NULL;
        const char *state = NULL;

        folder_fixture_make(&folder);
        cr_assert_eq(chdir(folder.path), 0);
        cr_assert_eq(mkdir("Note.files", 0700), 0);
        folder_fixture_write(&folder, "Note.files/1.bin", cases[i].content ? cases[i].content : "soon gone");
        folder_fixture_write(&folder, "Note.csv", "Id,Body\n1,Note.files/1.bin\n");
        payload = note_in_file(&folder);
        if (!cases[i].content)
            unlink("Note.files/1.bin");
        open_note(&sending, accepted, folder.path, payload);
        sending_run(&sending, ENTITY_TREATMENT_NOTE);
        state = sending_state(&sending, "FD-1");
        cr_expect_eq(strncmp(state, cases[i].want, strlen(cases[i].want)), 0, "case %zu: got '%s'", i, state);
        cr_expect_eq(stub_hits(sending.stub, "/v1/treatment_notes"), 0, "case %zu: it was sent", i);
        sending_close(&sending);
        folder_fixture_remove(&folder);
    }
}

Test(notes, without_their_visit_go_over_all_the_same)
{
    struct sending sending;

    open_note(&sending, accepted, "/nowhere",
              "{\"patient\":\"FD-P1\",\"practitioner\":\"FD-U1\",\"appointment\":\"FD-V9\",\"dated\":\"2020-01-02\","
              "\"body\":{\"text\":\"x\"}}");
    sending_run(&sending, ENTITY_TREATMENT_NOTE);
    cr_expect_str_eq(sending_state(&sending, "FD-1"), "created 9001");
    cr_expect_null(strstr(stub_body(sending.stub), "booking_id"));
    cr_expect_str_eq(database_text(&sending.database, "select warning from record"),
                     "went over without what is not in Cliniko: appointment");
    sending_close(&sending);
}

/* What was staged says whether a document shows the pictures; a note that turns out to have some is not passed over. */
Test(notes, with_pictures_that_no_document_shows_say_so)
{
    static const struct {
        const char *pictures;
        const char *want;
    } cases[] = {{"true", "(none)"},
                 {"false", "its 1 pictures do not go over: they were not seen when the note was extracted"}};

    for (size_t i = 0; i < array_length(cases); i++) {
        struct sending sending;
        scoped(string_free) char *payload =
            x_sprintf("{\"patient\":\"FD-P1\",\"dated\":\"2020-01-02\",\"body\":{\"text\":\"<p>chart<img "
                      "src=data:image/png;base64,iVBORw0KGgo=></p>\",\"pictures\":%s}}",
                      cases[i].pictures);

        open_note(&sending, accepted, "/nowhere", payload);
        sending_run(&sending, ENTITY_TREATMENT_NOTE);
        cr_expect_str_eq(sending_state(&sending, "FD-1"), "created 9001");
        cr_expect_str_eq(database_text(&sending.database, "select coalesce(warning, '(none)') from record"),
                         cases[i].want);
        sending_close(&sending);
    }
}
