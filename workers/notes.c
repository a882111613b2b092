/* Kind "notes": writes treatment notes as plain text, each with its author's own key where one was given, since a note
 * carries the author of the key that it is written with; the title has the original author anyway. A note in doubt is
 * found by patient, time and the marker in its title. A note whose body cannot be read fails by name: an empty one in
 * its place would hide that something is missing. */
#include <stdlib.h>

#include "base/memory.h"
#include "cliniko/path.h"
#include "workers/content.h"
#include "workers/creation.h"
#include "workers/keys.h"
#include "workers/look_up.h"

struct notes {
    struct creating creating; /* first: the state of every job that creates */
    struct source *source;    /* NULL until a note's body stands there */
    struct keys *keys;
    struct fault denied; /* a key that cannot be used */
};

static void on_finding(void *argument, const char *finding)
{
    struct sender *sender = argument;
    struct notes *notes = sender->state;

    fault_set(&notes->denied, FAULT_DENIED, "%s", finding);
}

static void on_keys(void *argument, const struct fault *fault)
{
    struct sender *sender = argument;
    struct notes *notes = sender->state;

    if (!fault && notes->denied.kind != FAULT_NONE)
        fault = &notes->denied;
    if (fault) {
        sender_give_up(sender, fault);
        sender_begin(sender);
        return;
    }
    creation_begin(sender, &notes->creating);
}

/* A key that was given after the preflight has no owner yet. */
static void open_notes(struct sender *sender)
{
    struct notes *notes = x_alloc(sizeof *notes);

    sender->state = notes;
    if (keys_are_known(sender->job->context))
        creation_begin(sender, &notes->creating);
    else
        notes->keys = keys_check(sender->job, on_finding, on_keys, sender);
}

static void stop_notes(struct sender *sender)
{
    struct notes *notes = sender->state;

    keys_destroy(&notes->keys);
}

static void close_notes(struct sender *sender)
{
    struct notes *notes = sender->state;

    keys_destroy(&notes->keys);
    creation_end(sender, &notes->creating);
    source_close(&notes->source);
    free(notes);
}

static bool compose_note(struct sender *sender, struct item *item, const struct json *payload, struct text *path,
                         struct text *body, struct fault *fault)
{
    struct notes *notes = sender->state;
    struct body_ids ids;
    size_t pictures = 0;

    creation_ids(item, payload, &ids);
    item->client = context_client_for(sender->job->context, ids.of[ENTITY_PRACTITIONER]);
    text_puts(path, PATH_TREATMENT_NOTES);
    if (!content_write_note(&notes->source, sender->job->context->source, item->key, payload, &ids, body, &pictures,
                            fault))
        return false;
    if (pictures)
        item_warn(item, "its %zu pictures do not go over: they were not seen when the note was extracted", pictures);
    return true;
}

static const struct creation creations[] = {
    {.sender = {.method = HTTP_POST,
                .effect = CLINIKO_CREATE,
                .action = "create treatment notes",
                .open = open_notes,
                .close = close_notes,
                .stop = stop_notes,
                .compose = compose_note,
                .asked_most = PATH_IDS_MAX,
                .look_up = look_up_start},
     .entity = ENTITY_TREATMENT_NOTE,
     .path = PATH_TREATMENT_NOTES,
     .array = "treatment_notes",
     .look = "look for treatment notes",
     .equal = {"patient_id"},
     .listed = "patient_id",
     .since = true,
     .hidden = {"archived_at"},
     .marked = "title"},
    {.path = NULL},
};

static void start(struct job *job)
{
    creation_start(job, creations);
}

const struct job_kind job_notes = {
    .name = "notes",
    .start = start,
    .stop = sender_stop,
    .close = sender_close,
};
