#include "sending.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "db/practitioner_key.h"
#include "db/record.h"

enum { RUN_LIMIT_MS = 90000 };

static void end(struct job *job, const char *how, const struct fault *why)
{
    struct sending *sending = job->worker ? (struct sending *)(void *)job->worker : NULL;

    cr_assert_not_null(sending);
    cr_assert_not(job->ended, "the job ended twice: %s", how);
    job->ended = true;
    snprintf(sending->ending, sizeof sending->ending, "%s%s%s", how, why ? ": " : "", why ? why->text : "");
}

void job_done(struct job *job)
{
    end(job, "done", NULL);
}

void job_returned(struct job *job, int64_t delay_ms, const struct fault *why)
{
    (void)delay_ms;
    end(job, "returned", why);
}

void job_failed(struct job *job, const struct fault *why)
{
    end(job, "failed", why);
}

void job_denied(struct job *job, const struct fault *why)
{
    end(job, "denied", why);
}

static void make_seal(struct sending *sending)
{
    char path[] = "/tmp/sending-XXXXXX";
    struct fault fault = {0};
    int descriptor = mkstemp(path);

    cr_assert(descriptor >= 0);
    close(descriptor);
    unlink(path);
    cr_assert(seal_make_file(path, &fault) && seal_open_file(path, &sending->seal, &fault), "%s", fault.text);
    unlink(path);
}

void sending_open(struct sending *sending, const struct stub_route *routes, const char *source)
{
    struct fault fault = {0};
    struct http_settings http = {0};
    unsigned char *sealed = NULL;
    size_t size = 0;

    *sending = (struct sending){.settings = {.in_flight = 8, .uploads = 2, .in_doubt_wait_ms = 0}};
    database_open(&sending->database);
    make_seal(sending);
    sending->stub = stub_start(routes, false);
    snprintf(sending->base_url, sizeof sending->base_url, "%s/v1", stub_url(sending->stub));
    cr_assert(http_open(sending->database.loop, &http, &sending->http, &fault), "%s", fault.text);
    sending->account = database_account(&sending->database, "clinic", 0);
    sending->transfer = database_number(&sending->database,
                                        "insert into transfer (account, system, source, profile) "
                                        "values (%" PRId64 ", 'old', '%s', '{}') returning id",
                                        sending->account, source);
    seal_close(sending->seal, "main-au1", &sealed, &size);
    {
        struct text hex;

        text_init(&hex, 10000);
        for (size_t i = 0; i < size; i++)
            text_printf(&hex, "%02x", sealed[i]);
        database_run(&sending->database, "insert into credential (account, sealed) values (%" PRId64 ", '\\x%s')",
                     sending->account, text_string(&hex));
        text_release(&hex);
    }
    free(sealed);
}

void sending_give_key(struct sending *sending, const char *label, const char *key, const char *user,
                      const char *practitioner)
{
    unsigned char *sealed = NULL;
    struct practitioner_key_row row = {.label = label};
    struct answer answer = {0};

    seal_close(sending->seal, key, &sealed, &row.sealed_size);
    row.sealed = sealed;
    practitioner_key_replace(sending->database.db, sending->account, &row, 1, answer_take, &answer);
    answer_good(&sending->database, &answer);
    free(sealed);
    if (user)
        database_run(&sending->database, "update practitioner_key set cliniko_user = '%s', practitioner_id = '%s'",
                     user, practitioner);
}

void sending_stage(struct sending *sending, enum entity entity, const char *key, const char *payload)
{
    database_run(&sending->database,
                 "insert into record (transfer, ordinal, entity, source_key, payload, state) select %" PRId64
                 ", coalesce(max(ordinal), %" PRId64 ") + 1, '%s', '%s', '%s', 'staged' from record "
                 "where entity = '%s'",
                 sending->transfer, record_first_ordinal(entity), entity_facts(entity)->name, key, payload,
                 entity_facts(entity)->name);
}

void sending_map(struct sending *sending, enum entity entity, const char *key, const char *id)
{
    database_run(&sending->database,
                 "insert into id_map (account, system, entity, source_key, cliniko_id, transfer) values (%" PRId64
                 ", 'old', '%s', '%s', '%s', 1)",
                 sending->account, entity_facts(entity)->name, key, id);
}

static void on_context(void *argument, struct context *context, const struct fault *fault)
{
    struct sending *sending = argument;

    cr_assert_null(fault, "%s", fault ? fault->text : "");
    sending->context = context;
}

static void open_context(struct sending *sending)
{
    struct fault fault = {0};

    sending->contexts = contexts_new(&(struct contexts_settings){.loop = sending->database.loop,
                                                                 .db = sending->database.db,
                                                                 .http = sending->http,
                                                                 .seal = sending->seal,
                                                                 .base_url = sending->base_url,
                                                                 .contact = "ops@example.com"});
    context_get(sending->contexts, sending->transfer, on_context, sending);
    while (!sending->context)
        cr_assert(db_wait(sending->database.db, 10000, &fault), "%s", fault.text);
}

void sending_run(struct sending *sending, enum entity entity)
{
    sending_run_kind(sending, job_kind_find(entity_facts(entity)->kind), entity);
}

void sending_run_kind(struct sending *sending, const struct job_kind *kind, enum entity entity)
{
    int64_t first = record_first_ordinal(entity) + 1;
    int64_t last = first + 9999;
    struct held_task held = database_task(&sending->database, sending->transfer, kind->name,
                                          entity < ENTITY_COUNT ? entity_facts(entity)->name : "-", first, last);
    struct fault fault = {0};
    int64_t until_ms = clock_monotonic_ms() + RUN_LIMIT_MS;

    open_context(sending);
    sending->ending[0] = '\0';
    sending->job = (struct job){.worker = (struct worker *)(void *)sending,
                                .kind = kind,
                                .loop = sending->database.loop,
                                .db = sending->database.db,
                                .contexts = sending->contexts,
                                .context = sending->context,
                                .settings = &sending->settings,
                                .hungry = &sending->hungry,
                                .task = held.task,
                                .token = held.token,
                                .transfer = sending->transfer,
                                .entity = entity,
                                .first = first,
                                .last = last,
                                .deadline_ms = until_ms};
    kind->start(&sending->job);
    while (!sending->job.ended && clock_monotonic_ms() < until_ms)
        loop_turn(sending->database.loop, 20);
    cr_assert(sending->job.ended, "the job did not end");
    kind->close(&sending->job);
    cr_assert(db_wait(sending->database.db, 10000, &fault), "%s", fault.text);
    context_put(sending->contexts, &sending->context);
    contexts_destroy(&sending->contexts);
}

const char *sending_state(struct sending *sending, const char *key)
{
    return database_text(&sending->database,
                         "select concat_ws(' ', state, coalesce(cliniko_id, problem)) from record "
                         "where source_key = '%s'",
                         key);
}

void sending_close(struct sending *sending)
{
    http_close(&sending->http);
    stub_stop(&sending->stub);
    seal_destroy(&sending->seal);
    database_close(&sending->database);
}
