/* Attachments against the local Cliniko and its S3, which serve in the loop of the test: files really stream, policies
 * are really checked, faults are caused. */
#include "workers/attachments.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "local_cliniko.h"
#include "sending.h"
#include "unit/source/folder_fixture.h"

TestSuite(attachments, .timeout = 120);

#define S3_ROUTE     "POST /s3/{bucket}"
#define CREATE_ROUTE "POST /v1/patient_attachments"
#define LIST_ROUTE   "GET /v1/patient_attachments"
#define POST_ROUTE   "GET /v1/patients/{id}/attachment_presigned_post"

struct scene {
    struct sending sending;
    struct local_cliniko *cliniko;
    struct folder_fixture folder;
};

static void scene_open(struct scene *scene, const struct sandbox_options *options)
{
    static const struct stub_route nothing[] = {{0}};
    scoped(string_free) char *files = NULL;

    folder_fixture_make(&scene->folder);
    folder_fixture_write(&scene->folder, "Attachment.csv", "Id,Content\r\n");
    files = x_sprintf("%s/Attachment.files", scene->folder.path);
    cr_assert_eq(mkdir(files, 0700), 0);
    sending_open(&scene->sending, nothing, scene->folder.path);
    scene->cliniko = local_cliniko_open(scene->sending.database.loop, options);
    snprintf(scene->sending.base_url, sizeof scene->sending.base_url, "%s/v1", local_cliniko_url(scene->cliniko));
    sending_map(&scene->sending, ENTITY_PATIENT, "FD-P1", "505");
}

static void scene_close(struct scene *scene)
{
    local_cliniko_close(&scene->cliniko);
    sending_close(&scene->sending);
    folder_fixture_remove(&scene->folder);
}

static const struct sandbox_options plain = {.s3_expiry_seconds = 3600};

static size_t file_count(struct scene *scene)
{
    return json_count(json_member(local_cliniko_ask(scene->cliniko, "/__files"), "files"));
}

/* A member of the attachment whose description ends with this; "" when there is none. */
static const char *file_text(struct scene *scene, const char *ending, const char *member)
{
    const struct json *files = json_member(local_cliniko_ask(scene->cliniko, "/__files"), "files");

    for (const struct json *file = json_first(files); file; file = json_next(file)) {
        const char *description = json_text(json_member(file, "description"), "");
        size_t size = strlen(description);

        if (size >= strlen(ending) && strcmp(description + size - strlen(ending), ending) == 0)
            return json_text(json_member(file, member), "");
    }
    return "";
}

static void write_file(struct scene *scene, const char *name, const char *content, size_t size)
{
    scoped(string_free) char *path = x_sprintf("Attachment.files/%s", name);

    folder_fixture_write_bytes(&scene->folder, path, content, size);
}

/* Stages an attachment whose file stands in the folder, and is so large when it is extracted. */
static void stage_sized(struct scene *scene, const char *key, const char *name, size_t size)
{
    scoped(string_free) char *payload =
        x_sprintf("{\"patient\":\"FD-P1\",\"file_name\":\"%s\",\"content\":{\"locator\":"
                  "\"file:%zu:Attachment.files/%s\",\"size\":%zu}}",
                  name, size, name, size);

    sending_stage(&scene->sending, ENTITY_ATTACHMENT, key, payload);
}

static void stage_file(struct scene *scene, const char *key, const char *name, const char *content)
{
    write_file(scene, name, content, strlen(content));
    stage_sized(scene, key, name, strlen(content));
}

static void stage_three(struct scene *scene)
{
    stage_file(scene, "FD-A1", "one.txt", "one");
    stage_file(scene, "FD-A2", "two.txt", "two two");
    stage_file(scene, "FD-A3", "three.txt", "three three three");
}

static void state_is(struct scene *scene, const char *key, const char *want)
{
    const char *state = sending_state(&scene->sending, key);

    cr_expect(strstr(state, want) == state, "%s: got '%s', want '%s…'", key, state, want);
}

static void run(struct scene *scene, enum entity entity)
{
    sending_run(&scene->sending, entity);
}

static void run_to_the_end(struct scene *scene)
{
    run(scene, ENTITY_ATTACHMENT);
    cr_expect_str_eq(scene->sending.ending, "done", "got '%s'", scene->sending.ending);
}

/* All three are there, each once. */
static void three_arrived(struct scene *scene, const char *after)
{
    static const char *const keys[] = {"FD-A1", "FD-A2", "FD-A3"};

    for (size_t i = 0; i < array_length(keys); i++)
        state_is(scene, keys[i], "created ");
    cr_expect_eq(file_count(scene), 3, "%s: there are %zu files", after, file_count(scene));
    /* sha256sum of "two two" */
    cr_expect_str_eq(file_text(scene, "[FD-A2]", "sha256"),
                     "3d75fa44f805a9ce034b8a4a564fc0f0710a44057e331e519c31993e61021250", "%s", after);
}

Test(attachments, arrive_with_two_requests_each)
{
    struct scene scene;

    scene_open(&scene, &plain);
    stage_three(&scene);
    run_to_the_end(&scene);
    three_arrived(&scene, "without faults");
    cr_expect_str_eq(file_text(&scene, "[FD-A3]", "filename"), "three.txt");
    cr_expect_eq(local_cliniko_requests(scene.cliniko, POST_ROUTE), 3);
    cr_expect_eq(local_cliniko_requests(scene.cliniko, CREATE_ROUTE), 3);
    cr_expect_eq(database_number(&scene.sending.database, "select count(*) from uploaded_file u join record r using "
                                                          "(transfer, ordinal) where u.part = '' and u.size_bytes = "
                                                          "(payload #>> '{content,size}')::bigint"),
                 3);
    cr_expect_str_eq(file_text(&scene, "[FD-A1]", "sha256"),
                     database_text(&scene.sending.database, "select sha256 from uploaded_file join record using "
                                                            "(transfer, ordinal) where source_key = 'FD-A1'"));
    scene_close(&scene);
}

Test(attachments, survive_what_s3_and_cliniko_do)
{
    static const char *const rules[] = {
        "[{\"route\":\"" S3_ROUTE "\",\"kind\":\"reset\",\"count\":1}]",
        "[{\"route\":\"" S3_ROUTE "\",\"kind\":\"expired\",\"count\":1}]",
        "[{\"route\":\"" S3_ROUTE "\",\"kind\":\"wrong_etag\",\"count\":1}]",
        "[{\"route\":\"" S3_ROUTE "\",\"kind\":\"status\",\"status\":503,\"count\":2}]",
        "[{\"route\":\"" S3_ROUTE "\",\"kind\":\"drop_after\",\"count\":1}]",
        "[{\"route\":\"" CREATE_ROUTE "\",\"kind\":\"drop_after\",\"count\":1}]",
        "[{\"route\":\"" CREATE_ROUTE "\",\"kind\":\"drop_before\",\"count\":1}]",
        "[{\"route\":\"" CREATE_ROUTE "\",\"kind\":\"status\",\"status\":502,\"commit\":true,\"count\":1}]",
        "[{\"route\":\"" POST_ROUTE "\",\"kind\":\"html\",\"count\":1}]",
        "[{\"route\":\"" POST_ROUTE "\",\"kind\":\"truncate\",\"count\":1}]",
        "[{\"route\":\"" POST_ROUTE "\",\"kind\":\"429\",\"ms\":1000,\"count\":1}]",
    };

    for (size_t i = 0; i < array_length(rules); i++) {
        struct scene scene;

        scene_open(&scene, &plain);
        stage_three(&scene);
        local_cliniko_faults(scene.cliniko, rules[i]);
        run_to_the_end(&scene);
        three_arrived(&scene, rules[i]);
        scene_close(&scene);
    }
}

Test(attachments, whose_file_is_refused_fail_by_name_and_the_others_go_on)
{
    struct scene scene;

    scene_open(&scene, &(struct sandbox_options){.s3_expiry_seconds = 3600, .s3_most_bytes = 10});
    stage_three(&scene);
    stage_sized(&scene, "FD-A4", "gone.txt", 5);
    stage_file(&scene, "FD-A5", "empty.txt", "");
    stage_file(&scene, "FD-A6", "grown.txt", "before");
    write_file(&scene, "grown.txt", "before and after", 16);
    run_to_the_end(&scene);
    state_is(&scene, "FD-A1", "created ");
    state_is(&scene, "FD-A2", "created ");
    state_is(&scene, "FD-A3", "failed The file has 17 bytes; Cliniko takes files of ");
    state_is(&scene, "FD-A4", "failed ");
    state_is(&scene, "FD-A5", "failed The file is empty.");
    state_is(&scene, "FD-A6", "failed ");
    cr_expect_eq(file_count(&scene), 2);
    scene_close(&scene);
}

Test(attachments, that_s3_keeps_refusing_fail_with_its_code)
{
    struct scene scene;

    scene_open(&scene, &plain);
    stage_file(&scene, "FD-A1", "one.txt", "one");
    local_cliniko_faults(scene.cliniko, "[{\"route\":\"" S3_ROUTE "\",\"kind\":\"expired\"}]");
    run_to_the_end(&scene);
    state_is(&scene, "FD-A1", "failed The file store refuses the file of 3 bytes with status 403 AccessDenied");
    cr_expect_eq(local_cliniko_requests(scene.cliniko, POST_ROUTE), 5, "each attempt has a new permission");
    cr_expect_eq(local_cliniko_requests(scene.cliniko, CREATE_ROUTE), 0);
    scene_close(&scene);
}

/* The largest goes first: what is said of it must not be taken for the account's limit. */
Test(attachments, too_large_for_cliniko_fail_alone)
{
    enum { LARGE = 2 * 1024 * 1024 };
    char *large = x_alloc(LARGE);
    struct scene scene;

    scene_open(&scene, &plain);
    scene.sending.settings.uploads = 1;
    memset(large, 'x', LARGE);
    write_file(&scene, "large.txt", large, LARGE);
    stage_sized(&scene, "FD-A0", "large.txt", LARGE);
    stage_three(&scene);
    local_cliniko_faults(scene.cliniko,
                         "[{\"route\":\"" CREATE_ROUTE "\",\"kind\":\"status\",\"status\":422,\"at\":[1],"
                         "\"body\":{\"errors\":{\"attachment\":\"exceeds the maximum size\"}}}]");
    run_to_the_end(&scene);
    state_is(&scene, "FD-A0", "failed ");
    three_arrived(&scene, "behind one that is too large");
    free(large);
    scene_close(&scene);
}

/* All others go through, so it is the file: the transfer must not wait for it. */
Test(attachments, that_always_break_off_fail_by_name)
{
    enum { LARGE = 200 * 1024 };
    char *large = x_alloc(LARGE);
    struct scene scene;

    scene_open(&scene, &plain);
    memset(large, 'x', LARGE);
    write_file(&scene, "large.txt", large, LARGE);
    stage_sized(&scene, "FD-A0", "large.txt", LARGE);
    stage_three(&scene);
    local_cliniko_faults(scene.cliniko, "[{\"route\":\"" S3_ROUTE "\",\"kind\":\"reset\",\"above_bytes\":100000}]");
    run_to_the_end(&scene);
    state_is(&scene, "FD-A0",
             "failed The file store takes others, but not this file, in 4 attempts: The upload broke off after ");
    three_arrived(&scene, "beside one that breaks off");
    free(large);
    scene_close(&scene);
}

/* Nothing goes through, the probe neither: the file waits and does not fail. */
Test(attachments, of_a_file_store_that_was_away_arrive)
{
    struct scene scene;

    scene_open(&scene, &plain);
    stage_file(&scene, "FD-A1", "one.txt", "one");
    local_cliniko_faults(scene.cliniko,
                         "[{\"route\":\"" S3_ROUTE "\",\"kind\":\"status\",\"status\":503,\"count\":4}]");
    run_to_the_end(&scene);
    state_is(&scene, "FD-A1", "created ");
    scene_close(&scene);
}

/* The limit of a trial account stops the attachments of this transfer; another one sends them later. */
Test(attachments, beyond_the_trial_limit_wait_for_another_run)
{
    static const char want[] = "skipped Cliniko's trial limit for attachments is reached: add billing details";
    struct scene scene;
    int64_t before = 0;

    scene_open(&scene, &(struct sandbox_options){.s3_expiry_seconds = 3600, .trial_bytes = 8});
    scene.sending.settings.uploads = 1;
    stage_three(&scene);
    run_to_the_end(&scene);
    state_is(&scene, "FD-A1", "created ");
    state_is(&scene, "FD-A2", want);
    state_is(&scene, "FD-A3", want);
    cr_expect_eq(file_count(&scene), 1);
    stage_file(&scene, "FD-A9", "nine.txt", "n");
    before = local_cliniko_requests(scene.cliniko, POST_ROUTE);
    run_to_the_end(&scene);
    state_is(&scene, "FD-A9", want);
    cr_expect_eq(local_cliniko_requests(scene.cliniko, POST_ROUTE), before,
                 "a later task of the transfer asks Cliniko again");
    database_run(&scene.sending.database, "update transfer set attachments_stopped = null");
    database_run(&scene.sending.database, UNGUARDED("update record set state = 'staged' where source_key = 'FD-A9'"));
    run_to_the_end(&scene);
    state_is(&scene, "FD-A9", "created ");
    scene_close(&scene);
}

Test(attachments, limit_is_known_by_its_words)
{
    static const struct {
        enum fault_kind kind;
        int code;
        const char *text;
        bool of_large; /* wanted for a file of 50 MB */
        bool of_small; /* and for one of 50 KB */
    } cases[] = {
        {FAULT_REFUSED, 422, "Cliniko refused it (422): base: Storage is full", true, true},
        {FAULT_REFUSED, 422, "temp_attachment_url: exceeds the limit of your Trial", true, true},
        {FAULT_REFUSED, 402, "Cliniko answered 402 to 'create attachments': no body", true, true},
        {FAULT_DENIED, 403, "Cliniko does not let the user of this key: add your billing details", true, true},
        {FAULT_REFUSED, 422, "temp_attachment_url: exceeds the maximum size", false, true},
        {FAULT_REFUSED, 422, "base: the limit is reached", false, true},
        {FAULT_REFUSED, 422, "temp_attachment_url: is invalid", false, false},
        {FAULT_REFUSED, 404, "Cliniko does not know it (404): no body", false, false},
        {FAULT_RETRY, 429, "Cliniko's rate limit is used up", false, false},
        {FAULT_DENIED, 403, "Cliniko does not let the user of this key create attachments", false, false},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct fault fault = {.kind = cases[i].kind, .code = cases[i].code};

        snprintf(fault.text, sizeof fault.text, "%s", cases[i].text);
        cr_expect_eq(attachment_limit_reached(&fault, 50000000), cases[i].of_large, "%s", cases[i].text);
        cr_expect_eq(attachment_limit_reached(&fault, 50000), cases[i].of_small, "%s", cases[i].text);
    }
}

Test(attachments, of_a_source_that_is_gone_pause_the_transfer)
{
    struct scene scene;

    scene_open(&scene, &plain);
    stage_file(&scene, "FD-A1", "one.txt", "one");
    database_run(&scene.sending.database, "update transfer set source = '/nowhere/at/all'");
    run(&scene, ENTITY_ATTACHMENT);
    cr_expect(strstr(scene.sending.ending, "denied: The worker on host "), "got '%s'", scene.sending.ending);
    cr_expect(strstr(scene.sending.ending, "cannot read the source"), "got '%s'", scene.sending.ending);
    state_is(&scene, "FD-A1", "staged");
    scene_close(&scene);
}

/* Stops the job once the permission has come and something is under way, which can but be the upload. */
static void stop_when_uploading(void *argument)
{
    struct scene *scene = argument;
    struct job *job = &scene->sending.job;

    if (!job->stopping && local_cliniko_requests(scene->cliniko, POST_ROUTE) > 0 &&
        http_under_way(scene->sending.http) > 0) {
        job->stopping = true;
        job->kind->stop(job);
    }
}

Test(attachments, on_their_way_are_given_up_when_the_job_is_to_stop)
{
    struct scene scene;
    struct loop_timer *timers[40] = {NULL};

    scene_open(&scene, &plain);
    stage_file(&scene, "FD-A1", "one.txt", "one");
    local_cliniko_faults(scene.cliniko, "[{\"route\":\"" S3_ROUTE "\",\"kind\":\"stall\",\"ms\":60000}]");
    for (size_t i = 0; i < array_length(timers); i++) {
        timers[i] = loop_timer_new(scene.sending.database.loop, stop_when_uploading, &scene);
        loop_timer_start(timers[i], (int64_t)(i + 1) * 100);
    }
    run(&scene, ENTITY_ATTACHMENT);
    for (size_t i = 0; i < array_length(timers); i++)
        loop_timer_destroy(&timers[i]);
    cr_expect_eq(strncmp(scene.sending.ending, "returned", 8), 0, "got '%s'", scene.sending.ending);
    state_is(&scene, "FD-A1", "staged");
    cr_expect_eq(http_under_way(scene.sending.http), 0, "the upload goes on");
    local_cliniko_faults(scene.cliniko, "[]");
    run_to_the_end(&scene);
    state_is(&scene, "FD-A1", "created ");
    cr_expect_eq(file_count(&scene), 1);
    scene_close(&scene);
}

/* An earlier lease sent it and was lost: what is there is adopted, what is not is sent. */
Test(attachments, in_doubt_are_asked_for_before_they_are_sent)
{
    struct scene scene;

    scene_open(&scene, &plain);
    stage_file(&scene, "FD-A1", "one.txt", "one");
    run_to_the_end(&scene);
    stage_file(&scene, "FD-A11", "two.txt", "two");
    database_run(&scene.sending.database,
                 UNGUARDED("update record set state = 'sending', lease_token = 1, cliniko_id = null, "
                           "sent_at = now() - interval '1 minute'"));
    database_run(&scene.sending.database, "delete from id_map where entity = 'attachment'");
    run_to_the_end(&scene);
    state_is(&scene, "FD-A1", "created ");
    state_is(&scene, "FD-A11", "created ");
    cr_expect_eq(file_count(&scene), 2, "got %zu", file_count(&scene));
    cr_expect_eq(local_cliniko_requests(scene.cliniko, LIST_ROUTE), 2, "one for both, one more for what was not there");
    scene_close(&scene);
}

static void put_in_doubt(struct sending *sending)
{
    database_run(&sending->database, "update record set state = 'sending', lease_token = 1, "
                                     "sent_at = now() - interval '1 minute'");
}

#define OF_PATIENT "\"patient\":{\"links\":{\"self\":\"https://api/v1/patients/505\"}}"
#define OF_ANOTHER "\"patient\":{\"links\":{\"self\":\"https://api/v1/patients/506\"}}"

/* Its list may have several pages, marks that begin alike, and the same mark with another patient. */
Test(attachments, in_doubt_are_found_on_any_page)
{
    static const struct stub_route routes[] = {
        {.path = "/v1/patient_attachments",
         .page = "2",
         .body = "{\"patient_attachments\":[{\"id\":\"92\"," OF_PATIENT ",\"description\":\"b [FD-A1]\"}],"
                 "\"total_entries\":3,\"links\":{}}"},
        {.path = "/v1/patient_attachments",
         .body = "{\"patient_attachments\":[{\"id\":\"90\"," OF_ANOTHER ",\"description\":\"b [FD-A1]\"},"
                 "{\"id\":\"91\"," OF_PATIENT ",\"description\":\"a [FD-A1/image]\"}],\"total_entries\":3,"
                 "\"links\":{\"next\":\"{base}/v1/patient_attachments?page=2\"}}"},
        {0},
    };
    struct sending sending;

    sending_open(&sending, routes, "/nowhere");
    sending_map(&sending, ENTITY_PATIENT, "FD-P1", "505");
    sending_stage(&sending, ENTITY_ATTACHMENT, "FD-A1", "{\"patient\":\"FD-P1\"}");
    put_in_doubt(&sending);
    sending_run(&sending, ENTITY_ATTACHMENT);
    cr_expect_str_eq(sending_state(&sending, "FD-A1"), "created 92");
    sending_close(&sending);
}

/* Its mark is there, but not whose file it is: it may be the record's, so the record is not sent again. */
Test(attachments, in_doubt_with_an_answer_that_names_no_patient_stay_in_doubt)
{
    static const struct stub_route routes[] = {
        {.path = "/v1/patient_attachments",
         .body = "{\"patient_attachments\":[{\"id\":\"91\",\"description\":\"a [FD-A1]\"}],\"total_entries\":1,"
                 "\"links\":{}}"},
        {0},
    };
    struct sending sending;

    sending_open(&sending, routes, "/nowhere");
    sending_map(&sending, ENTITY_PATIENT, "FD-P1", "505");
    sending_stage(&sending, ENTITY_ATTACHMENT, "FD-A1", "{\"patient\":\"FD-P1\"}");
    put_in_doubt(&sending);
    sending_run(&sending, ENTITY_ATTACHMENT);
    cr_expect_str_eq(sending_state(&sending, "FD-A1"), "sending");
    cr_expect(strstr(sending.ending, "does not say whose"), "%s", sending.ending);
    cr_expect_eq(stub_hits(sending.stub, "/v1/patients/505/attachment_presigned_post"), 0);
    sending_close(&sending);
}

/* A service that refuses the list of several is asked for each, by its own mark. */
Test(attachments, in_doubt_are_asked_for_singly_where_a_list_is_refused)
{
    static const struct stub_route routes[] = {
        {.path = "/v1/patient_attachments", .uses = 1, .status = 400, .body = "{\"message\":\"too many\"}"},
        {.path = "/v1/patient_attachments",
         .body = "{\"patient_attachments\":[{\"id\":\"91\"," OF_PATIENT ",\"description\":\"a [FD-A1]\"},"
                 "{\"id\":\"92\"," OF_PATIENT ",\"description\":\"a [FD-A2]\"}],\"total_entries\":2,\"links\":{}}"},
        {0},
    };
    struct sending sending;

    sending_open(&sending, routes, "/nowhere");
    sending_map(&sending, ENTITY_PATIENT, "FD-P1", "505");
    sending_stage(&sending, ENTITY_ATTACHMENT, "FD-A1", "{\"patient\":\"FD-P1\"}");
    sending_stage(&sending, ENTITY_ATTACHMENT, "FD-A2", "{\"patient\":\"FD-P1\"}");
    put_in_doubt(&sending);
    sending_run(&sending, ENTITY_ATTACHMENT);
    cr_expect_str_eq(sending_state(&sending, "FD-A1"), "created 91");
    cr_expect_str_eq(sending_state(&sending, "FD-A2"), "created 92");
    cr_expect_eq(stub_hits(sending.stub, "/v1/patient_attachments"), 3);
    cr_expect(strstr(stub_query(sending.stub), "description:~[FD-A2]"), "%s", stub_query(sending.stub));
    sending_close(&sending);
}

/* ---- documents ---- */

static void stage_xray(struct scene *scene, const char *image, size_t size)
{
    scoped(string_free) char *payload =
        x_sprintf("{\"patient\":\"FD-P1\",\"dated\":\"2021-03-04\",\"content\":{\"locator\":"
                  "\"file:%zu:Attachment.files/x\",\"size\":%zu},\"report\":{\"text\":\"no fracture\"}}",
                  size, size);

    write_file(scene, "x", image, size);
    sending_stage(&scene->sending, ENTITY_XRAY, "FD-X1", payload);
}

/* An image that a page cannot show goes as it is, with the report beside it. */
Test(attachments, of_an_xray_with_a_strange_image_are_two)
{
    char image[140] = {0};
    struct scene scene;

    memcpy(image + 128, "DICM", 4);
    scene_open(&scene, &plain);
    stage_xray(&scene, image, sizeof image);
    run(&scene, ENTITY_XRAY);
    cr_expect_str_eq(scene.sending.ending, "done");
    state_is(&scene, "FD-X1", "created ");
    cr_expect_eq(file_count(&scene), 2);
    cr_expect_str_eq(file_text(&scene, "[FD-X1]", "filename"), "x-ray-2021-03-04-FD-X1.pdf");
    cr_expect(strstr(file_text(&scene, "[FD-X1/image]", "filename"), "x-ray-2021-03-04-FD-X1-image"), "got %s",
              file_text(&scene, "[FD-X1/image]", "filename"));
    cr_expect_eq(database_number(&scene.sending.database,
                                 "select count(*) from uploaded_file where part = 'image' and cliniko_id is not null"),
                 1);
    scene_close(&scene);
}

/* Half of it is there from an earlier run: only the rest is sent. */
Test(attachments, that_are_half_there_are_completed)
{
    char image[140] = {0};
    struct scene scene;

    memcpy(image + 128, "DICM", 4);
    scene_open(&scene, &plain);
    stage_xray(&scene, image, sizeof image);
    local_cliniko_faults(scene.cliniko,
                         "[{\"route\":\"" CREATE_ROUTE "\",\"kind\":\"status\",\"status\":422,\"at\":[2],"
                         "\"body\":{\"message\":\"Validation Failed\",\"errors\":{\"base\":\"no\"}}}]");
    run(&scene, ENTITY_XRAY);
    state_is(&scene, "FD-X1", "failed ");
    cr_expect_eq(file_count(&scene), 1);
    local_cliniko_faults(scene.cliniko, "[]");
    database_run(&scene.sending.database, UNGUARDED("update record set state = 'staged'"));
    run(&scene, ENTITY_XRAY);
    state_is(&scene, "FD-X1", "created ");
    cr_expect_eq(file_count(&scene), 2, "got %zu", file_count(&scene));
    scene_close(&scene);
}

/* Whichever of the two creates got no answer, each file is there once. */
Test(attachments, of_two_files_survive_a_lost_answer)
{
    static const char *const rules[] = {"[{\"route\":\"" CREATE_ROUTE "\",\"kind\":\"drop_after\",\"at\":[1]}]",
                                        "[{\"route\":\"" CREATE_ROUTE "\",\"kind\":\"drop_after\",\"at\":[2]}]"};

    for (size_t i = 0; i < array_length(rules); i++) {
        char image[140] = {0};
        struct scene scene;

        memcpy(image + 128, "DICM", 4);
        scene_open(&scene, &plain);
        stage_xray(&scene, image, sizeof image);
        local_cliniko_faults(scene.cliniko, rules[i]);
        run(&scene, ENTITY_XRAY);
        cr_expect_str_eq(scene.sending.ending, "done");
        state_is(&scene, "FD-X1", "created ");
        cr_expect_eq(file_count(&scene), 2, "%s: got %zu", rules[i], file_count(&scene));
        cr_expect_str_neq(file_text(&scene, "[FD-X1/image]", "sha256"), "");
        scene_close(&scene);
    }
}

Test(attachments, of_letters_are_pdfs_of_their_text)
{
    struct scene scene;

    scene_open(&scene, &plain);
    sending_stage(&scene.sending, ENTITY_LETTER, "FD-L1",
                  "{\"patient\":\"FD-P1\",\"dated\":\"2020-05-06\",\"description\":\"Thanks\","
                  "\"content\":{\"text\":\"Dear colleague\\nthank you\"}}");
    sending_stage(&scene.sending, ENTITY_LETTER, "FD-L2", "{\"patient\":\"FD-P1\",\"content\":{\"text\":\" \"}}");
    run(&scene, ENTITY_LETTER);
    state_is(&scene, "FD-L1", "created ");
    state_is(&scene, "FD-L2", "failed The letter is empty.");
    cr_expect_str_eq(file_text(&scene, "[FD-L1]", "filename"), "letter-2020-05-06-FD-L1.pdf");
    scene_close(&scene);
}
