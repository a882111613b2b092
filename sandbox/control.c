#include "sandbox/control.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/number.h"
#include "sandbox/patient_attachments.h"
#include "sandbox/resource.h"
#include "sandbox/routes.h"
#include "sandbox/seed.h"

enum { NOTIFICATIONS_SHOWN = 1000, STATUS_NAME_SIZE = 16 };

struct control {
    struct sandbox *sandbox;
    const struct request *request;
    const struct target *target;
    int64_t now_ms;
    struct answer *answer;
    struct json_writer writer;
};

static void health(struct control *control)
{
    json_begin_object(&control->writer);
    json_member_text(&control->writer, "status", "ok");
    json_end_object(&control->writer);
    answer_json(control->answer, 200);
}

static void write_statuses(const uint32_t *counts, struct json_writer *writer)
{
    json_begin_object(writer);
    for (int status = 0; status < STATS_STATUS_MAX; status++) {
        char name[STATUS_NAME_SIZE];

        if (!counts[status])
            continue;
        snprintf(name, sizeof name, "%d", status);
        json_member_integer(writer, status ? name : "closed", counts[status]);
    }
    json_end_object(writer);
}

static void write_routes(const struct stats *stats, struct json_writer *writer)
{
    json_key(writer, "routes");
    json_begin_object(writer);
    for (int i = 0; i < route_count(); i++) {
        bool used = false;

        for (int status = 0; status < STATS_STATUS_MAX; status++)
            used = used || stats->counts[i][status];
        if (!used)
            continue;
        json_key(writer, route_at(i)->name);
        write_statuses(stats->counts[i], writer);
    }
    json_end_object(writer);
}

static void write_records(const struct sandbox *sandbox, struct json_writer *writer)
{
    json_key(writer, "creates");
    json_begin_object(writer);
    for (int i = 0; i < RESOURCE_COUNT; i++)
        if (sandbox->stats.creates[i])
            json_member_integer(writer, resources[i]->schema->collection, (int64_t)sandbox->stats.creates[i]);
    json_end_object(writer);
    json_key(writer, "records");
    json_begin_object(writer);
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        int64_t count = 0;

        for (size_t j = 0; j < sandbox->store.account_count; j++)
            count += sandbox->store.accounts[j]->tables[i].count;
        json_member_integer(writer, resources[i]->schema->collection, count);
    }
    json_end_object(writer);
}

static void write_users(const struct store *store, struct json_writer *writer)
{
    json_key(writer, "users");
    json_begin_array(writer);
    for (size_t i = 0; i < store->user_count; i++) {
        const struct user *user = store->users[i];
        char id[ID_SIZE];

        if (!user->traffic.requests)
            continue;
        id_format(user->id, id);
        json_begin_object(writer);
        json_member_text(writer, "account", user->account->subdomain);
        json_member_text(writer, "user_id", id);
        traffic_write(&user->traffic, writer);
        json_end_object(writer);
    }
    json_end_array(writer);
}

static void write_minutes(const struct stats *stats, struct json_writer *writer)
{
    json_key(writer, "minutes");
    json_begin_array(writer);
    for (size_t i = 0; i < stats->minute_count; i++) {
        json_begin_object(writer);
        json_member_integer(writer, "starts_at", stats->minutes[i].minute * (WINDOW_MS / 1000));
        json_member_integer(writer, "requests", (int64_t)stats->minutes[i].count);
        json_end_object(writer);
    }
    json_end_array(writer);
}

static void show_stats(struct control *control)
{
    struct json_writer *writer = &control->writer;

    json_begin_object(writer);
    traffic_write(&control->sandbox->stats.all, writer);
    json_member_integer(writer, "notifications", (int64_t)control->sandbox->store.notifications.count);
    write_records(control->sandbox, writer);
    write_routes(&control->sandbox->stats, writer);
    write_minutes(&control->sandbox->stats, writer);
    write_users(&control->sandbox->store, writer);
    json_end_object(writer);
    answer_json(control->answer, 200);
}

static void show_notifications(struct control *control)
{
    notifications_write(&control->sandbox->store.notifications, NOTIFICATIONS_SHOWN, &control->writer);
    answer_json(control->answer, 200);
}

static void show_files(struct control *control)
{
    attachments_write(control->sandbox, &control->writer);
    answer_json(control->answer, 200);
}

static void show_faults(struct control *control)
{
    fault_rules_write(&control->sandbox->faults, &control->writer);
    answer_json(control->answer, 200);
}

static void put_faults(struct control *control)
{
    struct fault fault = {0};

    if (sandbox_set_faults(control->sandbox, control->request->body, &fault))
        show_faults(control);
    else
        answer_message(control->answer, 400, "%s", fault.text);
}

static void delete_faults(struct control *control)
{
    fault_rules_release(&control->sandbox->faults);
    answer_empty(control->answer, 204);
}

/* What has been used of the old limit counts in the new one only where the window is the same. */
static bool read_limit(const struct json *json, struct limit_policy *policy, struct fault *fault)
{
    const char *window = NULL;
    const char *header = NULL;

    if (json_member(json, "limit") && !json_need_integer(json, "", "limit", 0, INT32_MAX, &policy->per_minute, fault))
        return false;
    if (json_member(json, "window") &&
        (!json_need_text(json, "", "window", &window, fault) || !limit_window_parse(window, &policy->window)))
        return fault_set(fault, FAULT_BAD_INPUT, "window: none of fixed, sliding, bucket");
    if (json_member(json, "header") &&
        (!json_need_text(json, "", "header", &header, fault) || !limit_header_parse(header, &policy->header)))
        return fault_set(fault, FAULT_BAD_INPUT, "header: none of right, missing, past, future");
    policy->count_refused = json_bool(json_member(json, "count_refused"), policy->count_refused);
    return true;
}

static void put_limit(struct control *control)
{
    scoped(json_destroy) struct json *json = NULL;
    struct limit_policy policy = control->sandbox->options.limit;
    struct fault fault = {0};

    if (!json_parse(control->request->body.data, control->request->body.size, &json, &fault) ||
        !read_limit(json, &policy, &fault)) {
        answer_message(control->answer, 400, "%s", fault.text);
        return;
    }
    control->sandbox->options.limit = policy;
    answer_empty(control->answer, 204);
}

static void reset_stats(struct sandbox *sandbox)
{
    stats_release(&sandbox->stats);
    for (size_t i = 0; i < sandbox->store.user_count; i++) {
        traffic_release(&sandbox->store.users[i]->traffic);
        limiter_release(&sandbox->store.users[i]->limiter);
    }
}

/* Back to the seed; with ?only=stats the records stay. */
static void reset(struct control *control)
{
    struct sandbox *sandbox = control->sandbox;
    const char *only = target_parameter(control->target, "only");
    struct fault fault = {0};

    if (only && strcmp(only, "stats") != 0) {
        answer_message(control->answer, 400, "only: stats is the one that there is");
        return;
    }
    reset_stats(sandbox);
    if (!only) {
        store_release(&sandbox->store);
        s3_bucket_release(&sandbox->bucket);
        fault_rules_release(&sandbox->faults);
        if (!seed_load(&sandbox->store, &sandbox->options, &sandbox->stats, text_slice(&sandbox->seed), control->now_ms,
                       &fault)) {
            answer_message(control->answer, 500, "%s", fault.text);
            return;
        }
    }
    answer_empty(control->answer, 204);
}

void control_answer(struct sandbox *sandbox, const struct request *request, const struct target *target, int64_t now_ms,
                    struct answer *answer)
{
    static const struct {
        const char *method;
        const char *name;
        void (*carry_out)(struct control *);
    } actions[] = {
        {"GET", "__health", health},
        {"GET", "__stats", show_stats},
        {"GET", "__notifications", show_notifications},
        {"GET", "__files", show_files},
        {"GET", "__faults", show_faults},
        {"PUT", "__faults", put_faults},
        {"DELETE", "__faults", delete_faults},
        {"PUT", "__limit", put_limit},
        {"POST", "__reset", reset},
    };
    struct control control = {sandbox, request, target, now_ms, answer, {0}};

    json_write_init(&control.writer, &answer->body);
    for (size_t i = 0; i < array_length(actions); i++) {
        if (request->from_loopback && target->segment_count == 1 && strcmp(actions[i].name, target->segments[0]) == 0 &&
            strcmp(actions[i].method, request->method) == 0) {
            actions[i].carry_out(&control);
            return;
        }
    }
    answer_html(answer, 404, "Not Found");
}
