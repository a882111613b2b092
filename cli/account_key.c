#include "cli/account_key.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/command.h"
#include "cliniko/client.h"
#include "cliniko/http.h"
#include "cliniko/path.h"
#include "db/account.h"

enum { CHECK_MS = 30000, ANSWER_MS = 60000 };

static void on_found(void *argument, const struct db_rows *found_rows, const struct fault *fault)
{
    struct known_account *found = argument;

    if (fault) {
        found->fault = *fault;
        return;
    }
    found->exists = db_rows_count(found_rows) == 1;
    if (!found->exists)
        return;
    found->account = db_integer(found_rows, 0, ACCOUNT_FOUND_ID);
    snprintf(found->shard, sizeof found->shard, "%s", db_text(found_rows, 0, ACCOUNT_FOUND_SHARD));
    found->known = x_strdup(db_text(found_rows, 0, ACCOUNT_FOUND_PLACE));
}

bool known_account_find(struct db *db, const char *name, struct known_account *found, struct fault *fault)
{
    account_find(db, name, on_found, found);
    if (!db_wait(db, ANSWER_MS, fault))
        return false;
    if (found->fault.kind != FAULT_NONE)
        *fault = found->fault;
    return found->fault.kind == FAULT_NONE;
}

struct check {
    bool answered;
    bool worked;
    bool too_late;
    struct fault fault;
};

static void on_checked(void *argument, const struct cliniko_answer *answer, const struct fault *fault)
{
    struct check *check = argument;

    (void)answer;
    check->answered = true;
    check->worked = !fault;
    if (fault)
        check->fault = *fault;
}

static void on_too_late(void *argument)
{
    struct check *check = argument;

    check->answered = check->too_late = true;
    fault_set(&check->fault, FAULT_RETRY, "Cliniko did not answer within %d s", CHECK_MS / 1000);
}

static void ask(struct loop *loop, struct cliniko *client, const char *known, struct check *check)
{
    struct loop_timer *late = loop_timer_new(loop, on_too_late, check);
    struct cliniko_call *call = NULL;
    struct text path;

    text_init(&path, PATH_SIZE_MAX);
    if (known)
        path_put_object(&path, PATH_BUSINESSES, known, NULL);
    else
        text_puts(&path, PATH_USER);
    call = cliniko_send(client,
                        &(struct cliniko_request){.method = HTTP_GET,
                                                  .effect = CLINIKO_REPEATABLE,
                                                  .path = text_string(&path),
                                                  .action = known ? "read a location" : "read the key's user"},
                        on_checked, check);
    loop_timer_start(late, CHECK_MS);
    while (!check->answered)
        loop_turn(loop, CHECK_MS);
    if (check->too_late)
        cliniko_cancel(&call);
    loop_timer_destroy(&late);
    text_release(&path);
}

bool account_key_check(struct loop *loop, const struct key *key, const char *known, struct fault *fault)
{
    struct http_settings transport = {.ca_file = command_settings.cliniko_ca_file};
    struct cliniko_settings client_settings = {
        .loop = loop, .key = key, .base_url = command_settings.cliniko_url, .contact = "operations@handover.example"};
    struct check check = {.answered = false};
    struct http *http = NULL;
    struct cliniko *client = NULL;
    bool good = http_open(loop, &transport, &http, fault);

    client_settings.http = http;
    good = good && cliniko_open(&client_settings, &client, fault);
    if (good) {
        ask(loop, client, known, &check);
        good = check.worked;
    }
    if (check.answered && !check.worked && known && check.fault.code == 404)
        fault_set(fault, FAULT_DENIED,
                  "This key belongs to another Cliniko account: it does not know the location that was found when the "
                  "transfer began. Nothing was changed.");
    else if (check.answered && !check.worked)
        *fault = check.fault;
    cliniko_close(&client);
    http_close(&http);
    return good;
}

bool account_key_guard(struct loop *loop, struct db *db, const char *name, const char *key_in_clear,
                       struct fault *fault)
{
    struct known_account account = {.exists = false};
    scoped(key_destroy) struct key *key = NULL;
    struct fault why = {0};
    bool good = known_account_find(db, name, &account, fault);

    if (good && account.known && key_in_clear && key_parse(key_in_clear, &key, &why) &&
        !account_key_check(loop, key, account.known, &why) && why.kind == FAULT_DENIED && why.code == 0) {
        *fault = why;
        good = false;
    }
    free(account.known);
    return good;
}
