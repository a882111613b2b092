#include "workers/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/must.h"
#include "cliniko/limiter.h"
#include "db/account.h"
#include "db/practitioner_key.h"
#include "db/transfer.h"

/* The send slots of one Cliniko user at one rate; shared by the contexts of all its transfers, kept to the end. */
struct slots {
    char *user;
    int64_t rate_per_minute;
    struct limiter *limiter;
    struct slots *next;
};

struct waiter {
    context_fn *done;
    void *argument;
    struct waiter *next;
};

struct entry {
    struct context context; /* first, so that a context leads back to its entry */
    struct contexts *contexts;
    int references;
    bool ready;
    struct waiter *waiters;
    struct entry *next;
};

struct contexts {
    struct contexts_settings settings;
    struct slots *slots;
    struct entry *entries;
};

struct contexts *contexts_new(const struct contexts_settings *settings)
{
    struct contexts *contexts = x_alloc(sizeof *contexts);

    contexts->settings = *settings;
    return contexts;
}

static struct limiter *limiter_for(struct contexts *contexts, const char *user, int64_t rate_per_minute)
{
    struct limiter_settings settings = {.user = user, .rate_per_minute = (int)rate_per_minute};
    struct slots *slots = contexts->slots;

    while (slots && (strcmp(slots->user, user) != 0 || slots->rate_per_minute != rate_per_minute))
        slots = slots->next;
    if (!slots) {
        slots = x_alloc(sizeof *slots);
        slots->user = x_strdup(user);
        slots->rate_per_minute = rate_per_minute;
        slots->limiter = limiter_new(contexts->settings.loop, contexts->settings.bucket, &settings);
        slots->next = contexts->slots;
        contexts->slots = slots;
    }
    return slots->limiter;
}

static void unlink_entry(struct contexts *contexts, struct entry *entry)
{
    struct entry **place = &contexts->entries;

    while (*place && *place != entry)
        place = &(*place)->next;
    if (*place)
        *place = entry->next;
}

static void entry_free(struct entry *entry)
{
    struct context *context = &entry->context;

    while (entry->waiters) {
        struct waiter *waiter = entry->waiters;

        entry->waiters = waiter->next;
        free(waiter);
    }
    db_forget(entry->contexts->settings.db, entry);
    cliniko_close(&context->client);
    for (size_t i = 0; i < context->key_count; i++) {
        cliniko_close(&context->keys[i].client);
        free(context->keys[i].label);
        free(context->keys[i].cliniko_user);
        free(context->keys[i].practitioner_id);
    }
    free(context->keys);
    source_close(&context->opened);
    json_destroy(&context->options);
    free(context->system);
    free(context->source);
    free(context->profile);
    free(context->cliniko_user);
    free(entry);
}

static void release(struct contexts *contexts, struct entry *entry)
{
    if (--entry->references > 0)
        return;
    unlink_entry(contexts, entry);
    entry_free(entry);
}

/* Tells all who wait. With a fault the entry goes; the next who asks starts anew. */
static void answer(struct entry *entry, const struct fault *fault)
{
    struct waiter *waiters = steal(entry->waiters);
    struct contexts *contexts = entry->contexts;

    entry->ready = !fault;
    if (fault)
        unlink_entry(contexts, entry);
    while (waiters) {
        struct waiter *waiter = waiters;

        waiters = waiter->next;
        if (waiter->done)
            waiter->done(waiter->argument, fault ? NULL : &entry->context, fault);
        else if (!fault)
            release(contexts, entry);
        free(waiter);
    }
    if (fault)
        entry_free(entry);
}

/* A client for a sealed key; without a limiter it sends at once. */
static bool open_client(struct entry *entry, const unsigned char *sealed, size_t size, struct limiter *limiter,
                        struct cliniko **ret, struct fault *fault)
{
    const struct contexts_settings *settings = &entry->contexts->settings;
    scoped(secret_free) char *key_in_clear = NULL;
    scoped(key_destroy) struct key *key = NULL;
    struct cliniko_settings client = {.loop = settings->loop,
                                      .http = settings->http,
                                      .limiter = limiter,
                                      .base_url = settings->base_url,
                                      .contact = settings->contact};

    if (!settings->seal)
        return fault_set(fault, FAULT_DENIED, "This worker has no sealing key: set HANDOVER_SEAL_KEY_FILE.");
    if (!seal_reveal(settings->seal, sealed, size, &key_in_clear, fault) || !key_parse(key_in_clear, &key, fault))
        return false;
    client.key = key;
    return cliniko_open(&client, ret, fault);
}

static bool read_account(struct entry *entry, const struct db_rows *rows, struct fault *fault)
{
    scoped(db_bytes_free) unsigned char *sealed = NULL;
    struct context *context = &entry->context;
    char account[40];
    size_t size = 0;

    if (db_rows_count(rows) != 1)
        return fault_set(fault, FAULT_GONE, "The account of transfer %lld is no longer there.",
                         (long long)context->transfer);
    context->cliniko_user = x_strdup(db_text(rows, 0, ACCOUNT_USER));
    sealed = db_bytes(rows, 0, ACCOUNT_SEALED, &size);
    if (!sealed)
        return fault_set(fault, FAULT_DENIED, "There is no API key for account %s: give one with --key-file.",
                         db_text(rows, 0, ACCOUNT_NAME));
    snprintf(account, sizeof account, "account-%lld", (long long)context->account);
    return open_client(
        entry, sealed, size,
        limiter_for(entry->contexts, context->cliniko_user ? context->cliniko_user : account, context->rate_per_minute),
        &context->client, fault);
}

/* Whose a key is may not be known yet: then it is asked for before anything is written with it. */
static bool read_keys(struct entry *entry, const struct db_rows *rows, struct fault *fault)
{
    struct context *context = &entry->context;
    int count = db_rows_count(rows);

    context->keys = x_alloc_array((size_t)count, sizeof context->keys[0]);
    for (int row = 0; row < count; row++) {
        struct context_key *key = &context->keys[context->key_count++];
        scoped(db_bytes_free) unsigned char *sealed = NULL;
        size_t size = 0;

        sealed = db_bytes(rows, row, PRACTITIONER_KEY_SEALED, &size);
        key->label = x_strdup(db_text(rows, row, PRACTITIONER_KEY_LABEL));
        key->cliniko_user = x_strdup(db_text(rows, row, PRACTITIONER_KEY_USER));
        key->practitioner_id = x_strdup(db_text(rows, row, PRACTITIONER_KEY_ID));
        if (!open_client(entry, sealed, size,
                         key->cliniko_user ? limiter_for(entry->contexts, key->cliniko_user, context->rate_per_minute)
                                           : NULL,
                         &key->client, fault))
            return fault_prefix(fault, "the key of %s", key->label);
    }
    return true;
}

static void on_keys(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct entry *entry = argument;
    struct fault own = {0};

    if (!fault && !read_keys(entry, rows, &own))
        fault = &own;
    answer(entry, fault);
}

static void on_account(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct entry *entry = argument;
    struct fault own = {0};

    if (!fault && !read_account(entry, rows, &own))
        fault = &own;
    if (fault)
        answer(entry, fault);
    else
        practitioner_key_load(entry->contexts->settings.db, entry->context.account, on_keys, entry);
}

static bool read_transfer(struct entry *entry, const struct db_rows *rows, struct fault *fault)
{
    struct context *context = &entry->context;
    const char *options = NULL;

    if (db_rows_count(rows) != 1)
        return fault_set(fault, FAULT_GONE, "There is no transfer %lld.", (long long)context->transfer);
    context->account = db_integer(rows, 0, TRANSFER_ACCOUNT);
    context->rate_per_minute = db_integer(rows, 0, TRANSFER_RATE);
    context->system = x_strdup(db_text(rows, 0, TRANSFER_SYSTEM));
    context->source = x_strdup(db_text(rows, 0, TRANSFER_SOURCE));
    context->profile = x_strdup(db_text(rows, 0, TRANSFER_PROFILE));
    options = db_text(rows, 0, TRANSFER_OPTIONS);
    return json_parse(options, strlen(options), &context->options, fault);
}

static void on_transfer(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct entry *entry = argument;
    struct fault own = {0};

    if (!fault && !read_transfer(entry, rows, &own))
        fault = &own;
    if (fault)
        answer(entry, fault);
    else
        account_load(entry->contexts->settings.db, entry->context.account, on_account, entry);
}

static void add_waiter(struct entry *entry, context_fn *done, void *argument)
{
    struct waiter *waiter = x_alloc(sizeof *waiter);

    *waiter = (struct waiter){done, argument, entry->waiters};
    entry->waiters = waiter;
}

void context_get(struct contexts *contexts, int64_t transfer, context_fn *done, void *argument)
{
    struct entry *entry = contexts->entries;

    while (entry && entry->context.transfer != transfer)
        entry = entry->next;
    if (entry) {
        entry->references++;
        if (entry->ready)
            done(argument, &entry->context, NULL);
        else
            add_waiter(entry, done, argument);
        return;
    }
    entry = x_alloc(sizeof *entry);
    entry->context.transfer = transfer;
    entry->context.http = contexts->settings.http;
    entry->context.base_url = contexts->settings.base_url;
    entry->contexts = contexts;
    entry->references = 1;
    entry->next = contexts->entries;
    contexts->entries = entry;
    add_waiter(entry, done, argument);
    transfer_load(contexts->settings.db, transfer, on_transfer, entry);
}

void context_forget(struct contexts *contexts, const void *argument)
{
    for (struct entry *entry = contexts->entries; entry; entry = entry->next)
        for (struct waiter *waiter = entry->waiters; waiter; waiter = waiter->next)
            if (waiter->argument == argument)
                waiter->done = NULL;
}

void context_put(struct contexts *contexts, struct context **place)
{
    struct entry *entry = (struct entry *)(void *)*place;

    *place = NULL;
    if (entry)
        release(contexts, entry);
}

void context_retire(struct contexts *contexts, struct context *context)
{
    struct fault why = {0};

    fault_set(&why, FAULT_GONE, "the transfer was told to stop");
    cliniko_shut(context->client, &why);
    for (size_t i = 0; i < context->key_count; i++)
        cliniko_shut(context->keys[i].client, &why);
    unlink_entry(contexts, (struct entry *)(void *)context);
}

void context_set_user(struct contexts *contexts, struct context *context, const char *cliniko_user)
{
    if (context->cliniko_user && strcmp(context->cliniko_user, cliniko_user) == 0)
        return;
    free(context->cliniko_user);
    context->cliniko_user = x_strdup(cliniko_user);
    cliniko_set_limiter(context->client, limiter_for(contexts, cliniko_user, context->rate_per_minute));
}

bool context_source(struct context *context, struct source **ret, struct fault *fault)
{
    char host[256] = "";
    struct fault why = {0};

    gethostname(host, sizeof host - 1);
    if (!context->opened && !source_open(context->source, &(struct source_options){0}, &context->opened, &why)) {
        if (why.kind == FAULT_RETRY) { /* a live server that does not answer now */
            *fault = why;
            return false;
        }
        return fault_set(fault, FAULT_DENIED,
                         "The worker on host %s cannot read the source: %s. Make it readable there, then resume.", host,
                         why.text);
    }
    *ret = context->opened;
    return true;
}

void context_set_key_owner(struct contexts *contexts, struct context *context, struct context_key *key,
                           const char *cliniko_user, const char *practitioner_id)
{
    free(key->cliniko_user);
    free(key->practitioner_id);
    key->cliniko_user = x_strdup(cliniko_user);
    key->practitioner_id = x_strdup(practitioner_id);
    cliniko_set_limiter(key->client, limiter_for(contexts, cliniko_user, context->rate_per_minute));
}

struct cliniko *context_client_for(const struct context *context, const char *practitioner_id)
{
    for (size_t i = 0; practitioner_id && i < context->key_count; i++)
        if (context->keys[i].practitioner_id && strcmp(context->keys[i].practitioner_id, practitioner_id) == 0)
            return context->keys[i].client;
    return context->client;
}

const struct context_key *context_key_of(const struct context *context, const struct cliniko *client)
{
    for (size_t i = 0; i < context->key_count; i++)
        if (context->keys[i].client == client)
            return &context->keys[i];
    return NULL;
}

void contexts_destroy(struct contexts **place)
{
    struct contexts *contexts = *place;

    *place = NULL;
    if (!contexts)
        return;
    while (contexts->entries) {
        struct entry *entry = contexts->entries;

        contexts->entries = entry->next;
        entry_free(entry);
    }
    while (contexts->slots) {
        struct slots *slots = contexts->slots;

        contexts->slots = slots->next;
        limiter_destroy(&slots->limiter);
        free(slots->user);
        free(slots);
    }
    free(contexts);
}
