/* Kind "attachments": brings files to Cliniko. For each file: a presigned POST is fetched, the file is streamed to S3,
 * its checksum is written down, then Cliniko is told of it. Two requests a file; what broke off before the last one
 * left nothing but an object that the service removes. A record may need a second file beside its own (documents.h):
 * that one goes first, under a marker of its own, so that the record's own file is always the last. */
#include "workers/attachments.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/must.h"
#include "cliniko/path.h"
#include "cliniko/upload.h"
#include "db/upload.h"
#include "model/body.h"
#include "workers/attachment_parts.h"
#include "workers/stage.h"

enum {
    WINDOW = 16,
    SMALL_BYTES = 1024 * 1024, /* no limit of a single file is as low as that */
    SECONDS_LEAST = 120,       /* that a policy must still be good for (API reference 8.2) */
    BREAKS_MOST = 3,           /* of one file's upload before the file store is probed */
    REFUSALS_MOST = 5,         /* of one file by S3, each with a new presigned POST after a longer pause */
};

static void transit_free(void *argument)
{
    struct transit *transit = argument;

    db_forget(transit->item->sender->job->db, transit);
    if (transit->call)
        cliniko_cancel(&transit->call);
    attachment_search_cancel(&transit->search);
    upload_cancel(&transit->upload);
    document_bytes_close(&transit->bytes);
    upload_post_destroy(&transit->post);
    documents_destroy(&transit->documents);
    json_destroy(&transit->payload);
    free(transit->upload_url);
    free(transit->problem);
    free(transit);
}

bool attachments_carry(enum entity entity)
{
    const char *kind = entity_facts(entity)->kind;

    return kind && strcmp(kind, job_attachments.name) == 0;
}

char *attachment_key(const char *source_key, const char *part)
{
    return x_sprintf("%s%s%s", source_key, part[0] ? "/" : "", part);
}

/* ---- the limit of trial accounts ---- */

static bool has_any(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcasestr(text, *words))
            return true;
    return false;
}

bool attachment_limit_reached(const struct fault *fault, int64_t size_bytes)
{
    static const char *const of_the_account[] = {"storage", "trial", "quota", "billing", "upgrade", NULL};
    static const char *const of_either[] = {"limit", "exceed", "full", NULL};

    if (fault->kind != FAULT_REFUSED && fault->code != 403)
        return false;
    return fault->code == 402 || has_any(fault->text, of_the_account) ||
           (size_bytes <= SMALL_BYTES && has_any(fault->text, of_either));
}

static void on_stop_written(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;

    (void)rows;
    if (fault)
        log_fault(LOG_WARN, &job->log, "attachments_stop_not_written", fault);
}

/* Skips what has not been sent. Records in doubt are asked for first. */
static void skip_rest(struct sender *sender)
{
    const struct attachments *state = sender->state;
    struct item *next = NULL;

    for (struct item *item = sender->items; item; item = next) {
        next = item->after;
        if ((item->state == ITEM_LOADED || item->state == ITEM_STAGING || item->state == ITEM_RESTING) &&
            !item->in_doubt)
            sender_skip(item, state->stopped);
    }
}

/* The files of this transfer stop; everything else goes on. */
static void stop_all(struct item *item, const struct fault *fault)
{
    struct sender *sender = item->sender;
    struct attachments *state = sender->state;
    struct job *job = sender->job;

    if (!state->stopped) {
        state->stopped = x_sprintf("Cliniko's trial limit for attachments is reached: add billing details in Cliniko, "
                                   "then run again. (%s)",
                                   fault->text);
        log_event(LOG_WARN, &job->log, "attachments_stopped", "reason=\"%s\"", fault->text);
        upload_stop(job->db, job->transfer, state->stopped, on_stop_written, job);
    }
    sender_skip(item, state->stopped);
    skip_rest(sender);
    loop_timer_start(sender->step, 0);
}

/* ---- the stage: from the record to a file that is in S3 ---- */

static void ask_for_post(struct transit *transit);

/* The record fails; its intent has to be written first, as for everything that is no mere skip. */
static void give_up(struct transit *transit, const struct fault *fault)
{
    free(transit->problem);
    transit->problem = x_strdup(fault->text);
    stage_done(transit->item);
}

static void on_proved(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct transit *transit = argument;
    struct fault gone = {0};

    if (!fault && db_affected(rows) == 0) {
        fault_set(&gone, FAULT_GONE, "the lease was lost while a file was uploaded");
        fault = &gone;
    }
    if (fault) {
        item_move(transit->item, ITEM_LOADED);
        sender_give_up(transit->item->sender, fault);
    } else {
        stage_done(transit->item);
    }
}

static void prove(struct transit *transit, const char *sha256)
{
    const struct document_file *file = &transit->documents->files[transit->file];
    struct job *job = transit->item->sender->job;

    upload_prove(
        job->db, job->transfer, job->task, job->token,
        &(struct upload_proof){
            .ordinal = transit->item->ordinal, .part = file->part, .size_bytes = file->size_bytes, .sha256 = sha256},
        on_proved, transit);
}

/* Where the store is away, all wait for it. A file that breaks off while a probe goes through fails by name, or it
 * would hold up the whole transfer. */
static void on_broken_off(struct transit *transit, struct fault *fault)
{
    if (transit->probe == PROBE_DONE) {
        fault_prefix(fault, "The file store takes others, but not this file, in %d attempts", transit->breaks + 1);
        give_up(transit, fault);
        return;
    }
    if (++transit->breaks >= BREAKS_MOST)
        transit->probe = PROBE_DUE;
    stage_failed(transit->item, fault);
}

static void on_uploaded(void *argument, const struct upload_answer *answer, const struct fault *fault)
{
    struct transit *transit = argument;
    struct fault own = {0};

    transit->upload = NULL;
    document_bytes_close(&transit->bytes);
    upload_post_destroy(&transit->post);
    if (!fault) {
        free(transit->upload_url);
        transit->upload_url = x_strdup(answer->upload_url);
        prove(transit, answer->sha256);
        return;
    }
    own = *fault;
    if (fault->kind == FAULT_BAD_INPUT)
        fault_prefix(&own, "The file cannot be read: ");
    if (fault->kind != FAULT_RETRY)
        give_up(transit, &own);
    else if (fault->code == 0 || fault->code >= 500)
        on_broken_off(transit, &own);
    else if (++transit->refusals < REFUSALS_MOST) /* what S3 says no to gets a new permission, but not for ever */
        stage_failed(transit->item, &own);
    else
        give_up(transit, &own);
}

/* ---- the probe ---- */

static bool read_probe(void *argument, void *buffer, size_t size, size_t *ret_size, struct fault *fault)
{
    struct transit *transit = argument;

    (void)fault;
    *ret_size = transit->probe_read || size == 0 ? 0 : 1;
    memset(buffer, 'x', *ret_size);
    transit->probe_read = true;
    return true;
}

/* The store is there: what broke off so often is tried a last time. */
static void on_probed(void *argument, const struct upload_answer *answer, const struct fault *fault)
{
    struct transit *transit = argument;

    (void)answer;
    transit->upload = NULL;
    upload_post_destroy(&transit->post);
    if (fault && fault->kind == FAULT_RETRY) {
        stage_failed(transit->item, fault);
        return;
    }
    transit->probe = PROBE_DONE;
    ask_for_post(transit);
}

/* One byte that nothing will ever point to: the service removes it. */
static void probe(struct transit *transit)
{
    transit->probe_read = false;
    transit->upload = upload_start(transit->item->sender->job->context->http,
                                   &(struct upload_request){.post = transit->post,
                                                            .file_name = "probe.txt",
                                                            .content_type = "text/plain",
                                                            .size_bytes = 1,
                                                            .read = read_probe,
                                                            .argument = transit},
                                   on_probed, transit);
}

static void upload(struct transit *transit)
{
    const struct document_file *file = &transit->documents->files[transit->file];
    struct sender *sender = transit->item->sender;
    const struct attachments *state = sender->state;
    struct fault fault = {0};

    if (!upload_post_allows(transit->post, file->size_bytes, &fault)) {
        give_up(transit, &fault);
        return;
    }
    if (!document_bytes_open(state->source, transit->payload, file, &transit->bytes, &fault)) {
        fault_prefix(&fault, "The file cannot be read: ");
        give_up(transit, &fault);
        return;
    }
    transit->upload = upload_start(sender->job->context->http,
                                   &(struct upload_request){.post = transit->post,
                                                            .file_name = file->name,
                                                            .content_type = file->content_type,
                                                            .size_bytes = file->size_bytes,
                                                            .read = document_bytes_read,
                                                            .argument = transit->bytes},
                                   on_uploaded, transit);
}

static void on_post(void *argument, const struct cliniko_answer *answer, const struct fault *fault)
{
    struct transit *transit = argument;
    struct fault own = {0};

    transit->call = NULL;
    if (fault && attachment_limit_reached(fault, 0)) { /* it is asked before a size is named */
        stop_all(transit->item, fault);
        return;
    }
    if (fault && fault->kind == FAULT_REFUSED) {
        give_up(transit, fault);
        return;
    }
    if (!fault &&
        !upload_post_read(answer->json, transit->item->sender->job->context->base_url, &transit->post, &own)) {
        own.kind = FAULT_DENIED; /* no file of this transfer can be sent until somebody has looked at it */
        fault = &own;
    }
    if (fault) {
        stage_failed(transit->item, fault);
        return;
    }
    if (upload_post_seconds_left(transit->post, answer->server_seconds) < SECONDS_LEAST &&
        transit->short_posts++ == 0) {
        upload_post_destroy(&transit->post);
        ask_for_post(transit);
        return;
    }
    if (transit->probe == PROBE_DUE)
        probe(transit);
    else
        upload(transit);
}

static void ask_for_post(struct transit *transit)
{
    struct job *job = transit->item->sender->job;
    struct text path;

    text_init(&path, PATH_SIZE_MAX);
    path_put_object(&path, PATH_PATIENTS, transit->item->parent_id, "attachment_presigned_post");
    transit->call = cliniko_send(job->context->client,
                                 &(struct cliniko_request){.method = HTTP_GET,
                                                           .effect = CLINIKO_REPEATABLE,
                                                           .path = text_string(&path),
                                                           .action = "get a place for an attachment",
                                                           .not_after_ms = job->deadline_ms},
                                 on_post, transit);
    text_release(&path);
}

void attachment_next_file(struct transit *transit)
{
    transit->file = 0;
    while (transit->present[transit->file])
        transit->file++;
    must(transit->file < transit->documents->count);
    ask_for_post(transit);
}

/* ---- the engine's calls ---- */

static bool needs_source(const struct json *payload)
{
    for (const struct json *member = json_first(payload); member; member = json_next(member))
        if (json_member(member, "locator"))
            return true;
    return false;
}

/* Decides what goes and makes what has to be made. A source that is gone as a whole is no fault of the record. */
static bool make_documents(struct transit *transit, struct fault *fault)
{
    struct item *item = transit->item;
    struct job *job = item->sender->job;
    struct attachments *state = item->sender->state;

    if (!json_parse(item->payload.data, item->payload.size, &transit->payload, fault))
        return false;
    if (needs_source(transit->payload) && !context_source(job->context, &state->source, fault))
        return false;
    if (documents_make(state->source, job->entity, item->key, transit->payload, &transit->documents, fault)) {
        if (transit->documents->warning)
            item_warn(item, "%s", transit->documents->warning);
        return true;
    }
    if (fault->kind == FAULT_BAD_INPUT && !source_is_there(job->context->source))
        fault_set(fault, FAULT_DENIED, "The source is no longer there for this worker: make it readable, then resume.");
    return false;
}

static void stage(struct item *item)
{
    struct sender *sender = item->sender;
    const struct attachments *state = sender->state;
    struct transit *transit = item->staged;
    struct fault fault = {0};

    if (state->stopped) {
        sender_skip(item, state->stopped);
        loop_timer_start(sender->step, 0);
        return;
    }
    if (!transit) {
        transit = x_alloc(sizeof *transit);
        transit->item = item;
        item->staged = transit;
        item->staged_free = transit_free;
    }
    if (!transit->documents && !make_documents(transit, &fault)) {
        json_destroy(&transit->payload);
        if (fault.kind == FAULT_BAD_INPUT)
            give_up(transit, &fault);
        else
            stage_failed(item, &fault);
        return;
    }
    if (transit->documents->count > 1 && !transit->asked)
        attachment_ask_what_is_there(transit);
    else
        attachment_next_file(transit);
}

static bool compose(struct sender *sender, struct item *item, const struct json *payload, struct text *path,
                    struct text *body, struct fault *fault)
{
    const struct transit *transit = item->staged;
    struct body_ids ids = {.of[ENTITY_PATIENT] = item->parent_id};
    scoped(string_free) char *key = NULL;

    if (transit->problem)
        return fault_set(fault, FAULT_BAD_INPUT, "%s", transit->problem);
    key = attachment_key(item->key, transit->documents->files[transit->file].part);
    text_puts(path, PATH_PATIENT_ATTACHMENTS);
    return body_write_attachment(sender->job->entity, key, payload, &ids, transit->upload_url, body, fault);
}

static bool accepted(struct item *item, const char *cliniko_id)
{
    struct transit *transit = item->staged;

    if (transit->file + 1 == transit->documents->count)
        return true;
    transit->present[transit->file] = true;
    attachment_note_accepted(item, transit->documents->files[transit->file].part, cliniko_id);
    return false;
}

static bool refused(struct item *item, const struct fault *fault)
{
    struct transit *transit = item->staged;

    if (attachment_limit_reached(fault, transit->documents->files[transit->file].size_bytes)) {
        stop_all(item, fault);
        return true;
    }
    /* The object was not there any more, or not yet: it is brought once again. */
    if (fault->kind == FAULT_REFUSED && strstr(fault->text, "temp_attachment_url") && transit->reposts++ == 0) {
        stage_again(item);
        return true;
    }
    return false;
}

static void on_stopped_read(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;
    struct sender *sender = job->state;
    struct attachments *state = sender->state;

    if (fault) {
        sender_give_up(sender, fault);
        return;
    }
    if (db_rows_count(rows) == 1)
        state->stopped = x_strdup(db_text(rows, 0, 0));
    sender_begin(sender);
}

static void open_attachments(struct sender *sender)
{
    struct job *job = sender->job;

    sender->state = x_alloc(sizeof(struct attachments));
    upload_stopped(job->db, job->transfer, on_stopped_read, job);
}

static void close_attachments(struct sender *sender)
{
    struct attachments *state = sender->state;

    attachment_search_cancel(&state->search);
    while (sender->items)
        item_drop(sender->items);
    free(state->stopped);
    free(state);
}

static const struct sender_entity attachment_entity = {
    .method = HTTP_POST,
    .effect = CLINIKO_CREATE,
    .action = "create attachments",
    .window = WINDOW,
    .open = open_attachments,
    .close = close_attachments,
    .stage = stage,
    .compose = compose,
    .accepted = accepted,
    .refused = refused,
    .asked_most = PATH_IDS_SAFE,
    .look_up = attachment_look_up,
};

static void start(struct job *job)
{
    sender_start(job, &attachment_entity);
}

const struct job_kind job_attachments = {
    .name = "attachments",
    .start = start,
    .stop = sender_stop,
    .close = sender_close,
};
