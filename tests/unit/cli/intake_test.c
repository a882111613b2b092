#include "cli/intake.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/data_folder.h"
#include "db/seal.h"
#include "support/database.h"

static char folder[] = "/tmp/handover-intake-XXXXXX";
static char key_file[64];
static char answers_file[64];
static char seal_file[64];

static void put(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");

    cr_assert(file && fputs(content, file) >= 0 && fclose(file) == 0, "%s", path);
}

static void set_up(void)
{
    cr_assert(mkdtemp(folder));
    snprintf(key_file, sizeof key_file, "%s/key", folder);
    snprintf(answers_file, sizeof answers_file, "%s/answers", folder);
    snprintf(seal_file, sizeof seal_file, "%s/seal", folder);
    put(key_file, "MS0xLXNlY3JldA-au2\n");
    intake_settings = (struct intake_settings){.profile = PROJECT_DIR "/profiles/front-desk.json",
                                               .to = "https://harbour-physio.au2.cliniko.com",
                                               .key_file = key_file,
                                               .bad_rows = "stop",
                                               .existing = "stop",
                                               .rate = 180};
}

static void tear_down(void)
{
    struct fault fault;

    cr_expect(folder_remove(folder, &fault), "%s", fault.text);
}

TestSuite(intake, .init = set_up, .fini = tear_down, .timeout = 90);

Test(intake, is_read_from_flags_and_files)
{
    struct intake intake = {0};
    struct fault fault = {0};
    scoped(json_destroy) struct json *options = NULL;

    put(answers_file, "{\"practitioner\": {\"1\": \"Mary Smith\", \"2\": null}}");
    intake_settings.answers = answers_file;
    intake_settings.time_zone = "Australia/Perth";
    cr_assert(intake_read(folder, true, &intake, &fault), "%s", fault.text);
    cr_expect_str_eq(intake.source, folder);
    cr_expect_str_eq(intake.system, "front-desk");
    cr_expect_str_eq(intake.account, "harbour-physio.au2");
    cr_expect_str_eq(intake.shard, "au2");
    cr_expect_str_eq(intake.key, "MS0xLXNlY3JldA-au2");
    cr_assert(json_parse(intake.options, strlen(intake.options), &options, &fault), "%s", fault.text);
    cr_expect(json_bool(json_member(options, "approve"), false));
    cr_expect_str_eq(json_text(json_member(options, "subdomain"), "?"), "harbour-physio");
    cr_expect_str_eq(json_text(json_member(options, "bad_rows"), "?"), "stop");
    cr_expect_str_eq(json_text(json_member(options, "time_zone"), "?"), "Australia/Perth");
    cr_expect_str_eq(json_text(json_member(json_member(json_member(options, "answers"), "practitioner"), "1"), "?"),
                     "Mary Smith");
    cr_expect_null(strstr(intake.options, "secret"));
    cr_expect_null(strstr(intake.options, "MS0x"), "the key stands in the options");
    intake_release(&intake);
    cr_expect(!intake.key && !intake.source);
    intake_release(&intake);
}

/* Each wrong input gives one sentence that names it, and the key is never in it. */
Test(intake, says_what_is_wrong)
{
    static const struct {
        const char *name;
        const char *profile;
        const char *to;
        const char *key;
        const char *answers;
        const char *bad_rows;
        const char *existing;
        const char *want;
    } cases[] = {
        {.name = "no profile", .profile = "", .want = "--profile"},
        {.name = "profile not there", .profile = "/nonexistent/p.json", .want = "/nonexistent/p.json"},
        {.name = "profile is no profile", .profile = PROJECT_DIR "/.clang-format", .want = ".clang-format"},
        {.name = "no address", .to = "", .want = "--to"},
        {.name = "address of another shard", .to = "https://harbour.uk1.cliniko.com", .want = "--to"},
        {.name = "an odd name", .to = "My Clinic", .want = "--to"},
        {.name = "a name too long",
         .to = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         .want = "--to"},
        {.name = "empty key file", .key = "", .want = "empty"},
        {.name = "a key that is none", .key = "two words-secret", .want = "key"},
        {.name = "answers not there", .answers = NULL, .want = "answers"},
        {.name = "answers no JSON", .answers = "{\"practitioner\": ", .want = "answers"},
        {.name = "answers no object", .answers = "[\"practitioner\"]", .want = "object"},
        {.name = "bad rows", .bad_rows = "ignore", .want = "--bad-rows: 'ignore'"},
        {.name = "existing", .existing = "", .want = "--existing"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct intake intake = {0};
        struct fault fault = {0};

        intake_settings.profile = cases[i].profile ? (cases[i].profile[0] ? cases[i].profile : NULL)
                                                   : PROJECT_DIR "/profiles/front-desk.json";
        intake_settings.to = cases[i].to ? cases[i].to : "clinic-1";
        intake_settings.bad_rows = cases[i].bad_rows ? cases[i].bad_rows : "stop";
        intake_settings.existing = cases[i].existing ? cases[i].existing : "stop";
        put(key_file, cases[i].key ? cases[i].key : "MS0xLXNlY3JldA-au2\n");
        intake_settings.answers = strncmp(cases[i].name, "answers", 7) == 0 ? answers_file : NULL;
        if (cases[i].answers)
            put(answers_file, cases[i].answers);
        cr_expect(!intake_read(folder, false, &intake, &fault), "%s: it was taken", cases[i].name);
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT, "%s: got %s", cases[i].name, fault_kind_name(fault.kind));
        cr_expect(strstr(fault.text, cases[i].want), "%s: got '%s', want '%s'", cases[i].name, fault.text,
                  cases[i].want);
        cr_expect(!strstr(fault.text, "MS0x") && !strstr(fault.text, "secret"), "%s: the key is in '%s'", cases[i].name,
                  fault.text);
        intake_release(&intake);
    }
}

Test(intake, names_a_source_that_is_not_there)
{
    struct intake intake = {0};
    struct fault fault = {0};

    cr_expect(!intake_read("/nonexistent/export.zip", false, &intake, &fault));
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT, "got %s", fault_kind_name(fault.kind));
    cr_expect(strstr(fault.text, "/nonexistent/export.zip"), "got '%s'", fault.text);
    intake_release(&intake);
}

Test(intake, takes_short_names_of_accounts)
{
    static const char *const names[] = {"clinic", "harbour-physio_2.au", "1"};

    for (size_t i = 0; i < array_length(names); i++) {
        struct intake intake = {0};
        struct fault fault = {0};

        intake_settings.to = names[i];
        cr_assert(intake_read(folder, false, &intake, &fault), "%s: %s", names[i], fault.text);
        cr_expect_str_eq(intake.account, names[i]);
        cr_expect_null(strstr(intake.options, "subdomain"));
        intake_release(&intake);
    }
}

Test(intake, is_stored_with_the_key_sealed)
{
    struct database database;
    struct intake intake = {0};
    struct fault fault = {0};
    int64_t transfer = 0;
    int64_t again = 0;
    bool found = true;

    database_open(&database);
    cr_assert(intake_read(folder, false, &intake, &fault), "%s", fault.text);
    command_settings.seal_key_file = "";
    cr_expect(!intake_store(database.db, &intake, false, &transfer, &found, &fault));
    cr_expect(strstr(fault.text, "HANDOVER_SEAL_KEY_FILE"), "got '%s'", fault.text);
    cr_assert(seal_make_file(seal_file, &fault), "%s", fault.text);
    command_settings.seal_key_file = seal_file;
    cr_assert(intake_store(database.db, &intake, false, &transfer, &found, &fault), "%s", fault.text);
    cr_expect(!found);
    cr_expect_str_eq(database_text(&database, "select concat_ws(' ', a.name, a.shard, a.rate_per_minute, t.system, "
                                              "t.state) from transfer t join account a on a.id = t.account"),
                     "harbour-physio.au2 au2 180 front-desk draft");
    cr_expect_eq(database_number(&database, "select count(*) from credential where position('MS0x'::bytea in sealed) "
                                            "> 0"),
                 0, "the key is in the table in clear");
    cr_assert(intake_store(database.db, &intake, true, &again, &found, &fault), "%s", fault.text);
    cr_expect(found, "the open transfer was not found");
    cr_expect_eq(again, transfer);
    cr_assert(intake_store(database.db, &intake, false, &again, &found, &fault), "%s", fault.text);
    cr_expect(!found);
    cr_expect_neq(again, transfer);
    cr_expect_eq(database_number(&database, "select count(*) from account"), 1);
    intake_release(&intake);
    database_close(&database);
}
