#include "workers/keys.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cliniko/list.h"
#include "cliniko/object.h"
#include "cliniko/path.h"
#include "db/practitioner_key.h"
#include "workers/match.h"

struct owner {
    char user_id[ID_SIZE];
};

struct keys {
    struct job *job;
    keys_finding_fn *finding;
    keys_done_fn *done;
    void *argument;
    struct loop_timer *later; /* without keys: the end still comes in a later turn */
    struct match_list practitioners;
    struct owner *owners; /* the user of each, by the same index */
    struct cliniko_list *list;
    bool listed_active;
    struct cliniko_call *call;
    size_t next; /* key to ask for */
    struct fault fault;
};

bool keys_are_known(const struct context *context)
{
    for (size_t i = 0; i < context->key_count; i++)
        if (!context->keys[i].practitioner_id)
            return false;
    return true;
}

static void end(struct keys *keys, const struct fault *fault)
{
    keys->done(keys->argument, fault);
}

static void tell(struct keys *keys, const char *format, ...) PRINTF_LIKE(2, 3);

static void tell(struct keys *keys, const char *format, ...)
{
    char sentence[FAULT_TEXT_SIZE * 2];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    keys->finding(keys->argument, sentence);
}

static void note_owner(struct keys *keys, struct context_key *key, const char *user_id)
{
    struct job *job = keys->job;
    const struct match_candidate *owner = NULL;
    size_t meant = 0;

    for (size_t i = 0; i < keys->practitioners.count && !owner; i++)
        if (strcmp(keys->owners[i].user_id, user_id) == 0)
            owner = &keys->practitioners.items[i];
    if (!owner) {
        tell(keys,
             "The key given for %s belongs to a user who is no practitioner in Cliniko: notes cannot be written with "
             "it.",
             key->label);
        return;
    }
    /* A source key names nobody in Cliniko, so there is nothing to compare it with. */
    if (match_find(&keys->practitioners, key->label, &meant) == MATCH_ONE &&
        strcmp(keys->practitioners.items[meant].id, owner->id) != 0) {
        tell(keys, "The key given for %s belongs to another practitioner, %s: correct the file of keys.", key->label,
             owner->names[0]);
        return;
    }
    context_set_key_owner(job->contexts, job->context, key, user_id, owner->id);
    practitioner_key_resolve(job->db, job->context->account, key->label, user_id, owner->id, NULL, NULL);
}

static void ask_next(struct keys *keys);

static void on_user(void *argument, const struct cliniko_answer *answer, const struct fault *fault)
{
    struct keys *keys = argument;
    struct context_key *key = &keys->job->context->keys[keys->next];
    struct cliniko_user user;
    struct fault own = {0};

    keys->call = NULL;
    if (!fault && !object_read_user(answer->json, &user, &own))
        fault = &own;
    if (fault && fault->kind != FAULT_DENIED) {
        end(keys, fault);
        return;
    }
    if (fault)
        tell(keys, "The key given for %s cannot be used: %s.", key->label, fault->text);
    else
        note_owner(keys, key, user.id);
    keys->next++;
    ask_next(keys);
}

static void ask_next(struct keys *keys)
{
    const struct context *context = keys->job->context;

    if (keys->next == context->key_count) {
        end(keys, NULL);
        return;
    }
    keys->call = cliniko_send(
        context->keys[keys->next].client,
        &(struct cliniko_request){
            .method = HTTP_GET, .effect = CLINIKO_REPEATABLE, .path = PATH_USER, .action = "read the key's user"},
        on_user, keys);
}

static bool on_page(void *argument, const struct json *objects, int64_t total_entries)
{
    struct keys *keys = argument;

    (void)total_entries;
    for (const struct json *object = json_first(objects); object; object = json_next(object)) {
        struct cliniko_practitioner practitioner;
        scoped(string_free) char *name = NULL;
        size_t index = keys->practitioners.count;

        if (!object_read_practitioner(object, &practitioner, &keys->fault))
            return false;
        name = x_sprintf("%s %s", practitioner.first_name, practitioner.last_name);
        match_add(&keys->practitioners, practitioner.id, NULL, (const char *const[3]){name, practitioner.label, NULL});
        keys->owners = x_grow_array(keys->owners, index + 1, sizeof keys->owners[0]);
        memcpy(keys->owners[index].user_id, practitioner.user_id, ID_SIZE);
    }
    return true;
}

static void list_practitioners(struct keys *keys);

static void on_listed(void *argument, const struct fault *fault)
{
    struct keys *keys = argument;

    keys->list = NULL;
    if (!fault && keys->fault.kind != FAULT_NONE)
        fault = &keys->fault;
    if (fault) {
        end(keys, fault);
    } else if (!keys->listed_active) {
        keys->listed_active = true;
        list_practitioners(keys);
    } else {
        ask_next(keys);
    }
}

static void list_practitioners(struct keys *keys)
{
    keys->list = cliniko_list_start(
        keys->job->context->client,
        &(struct cliniko_list_request){.path = keys->listed_active ? PATH_PRACTITIONERS_INACTIVE : PATH_PRACTITIONERS,
                                       .array = "practitioners",
                                       .action = "list practitioners",
                                       .attempts = 5},
        on_page, on_listed, keys);
}

static void on_later(void *argument)
{
    end(argument, NULL);
}

struct keys *keys_check(struct job *job, keys_finding_fn *finding, keys_done_fn *done, void *argument)
{
    struct keys *keys = x_alloc(sizeof *keys);

    *keys = (struct keys){.job = job, .finding = finding, .done = done, .argument = argument};
    keys->later = loop_timer_new(job->loop, on_later, keys);
    if (job->context->key_count == 0)
        loop_timer_start(keys->later, 0);
    else
        list_practitioners(keys);
    return keys;
}

void keys_destroy(struct keys **place)
{
    struct keys *keys = *place;

    *place = NULL;
    if (!keys)
        return;
    if (keys->call)
        cliniko_cancel(&keys->call);
    if (keys->list)
        cliniko_list_cancel(&keys->list);
    loop_timer_destroy(&keys->later);
    match_release(&keys->practitioners);
    free(keys->owners);
    free(keys);
}
