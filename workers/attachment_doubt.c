/* Which files of a record are in Cliniko already: of one that may be half there, and of those that are in doubt. */
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cliniko/path.h"
#include "db/upload.h"
#include "workers/attachment_parts.h"
#include "workers/attachments.h"
#include "workers/doubt.h"
#include "workers/stage.h"

enum { CLOCK_SLACK_SECONDS = 300 }; /* a search for what was sent begins so much earlier (API reference 7) */

static void on_noted(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct job *job = argument;

    (void)rows;
    if (fault)
        log_fault(LOG_WARN, &job->log, "file_beside_not_written", fault);
}

void attachment_note_accepted(struct item *item, const char *part, const char *cliniko_id)
{
    struct job *job = item->sender->job;

    upload_accepted(job->db, job->transfer, job->task, job->token, item->ordinal, part, cliniko_id, on_noted, job);
}

static void on_asked(void *argument, const struct attachment_wanted *wanted, const struct fault *fault)
{
    struct transit *transit = argument;

    if (fault) {
        attachment_search_cancel(&transit->search);
        stage_failed(transit->item, fault);
        return;
    }
    transit->asked = true;
    for (size_t i = 0; i + 1 < transit->documents->count; i++) {
        transit->present[i] = wanted[i].found[0];
        if (wanted[i].found[0])
            attachment_note_accepted(transit->item, transit->documents->files[i].part, wanted[i].found);
    }
    attachment_search_cancel(&transit->search);
    attachment_next_file(transit);
}

void attachment_ask_what_is_there(struct transit *transit)
{
    const struct item *item = transit->item;
    scoped(string_free) char *beginning = x_sprintf("[%s/", item->key);
    struct attachment_wanted wanted[DOCUMENTS_MOST] = {0};
    size_t count = transit->documents->count - 1;

    for (size_t i = 0; i < count; i++)
        wanted[i] = (struct attachment_wanted){.patient_id = item->parent_id,
                                               .key = attachment_key(item->key, transit->documents->files[i].part)};
    transit->search = attachment_search_start(
        item->sender->job,
        &(struct attachment_search_request){.wanted = wanted, .count = count, .beginning = beginning}, on_asked,
        transit);
}

/* ---- records in doubt ---- */

static struct item *first_asking(const struct sender *sender)
{
    struct item *item = sender->items;

    while (item && item->state != ITEM_ASKING)
        item = item->after;
    return item;
}

/* The verdict on the next item that is asked for; it may leave the sender by it. */
static void judge(struct item *item, const struct attachment_wanted *wanted)
{
    struct transit *transit = item->staged;

    if (transit)
        transit->asked = false;
    if (wanted->found[0])
        sender_found(item, wanted->found);
    else
        sender_absent(item);
}

/* All of them are due again, each with a search of its own. */
static void ask_singly(struct sender *sender)
{
    struct attachments *state = sender->state;

    state->singly = true;
    for (struct item *item = first_asking(sender); item; item = first_asking(sender))
        item_move(item, ITEM_DOUBTFUL);
    loop_timer_start(sender->step, 0);
}

/* The record's own file goes last: where it is, all of the record is. */
static void on_looked(void *argument, const struct attachment_wanted *wanted, const struct fault *fault)
{
    struct sender *sender = argument;
    struct attachments *state = sender->state;
    struct attachment_search *search = steal(state->search);
    bool is_several = sender->asking > 1;

    if (fault && is_several && fault->kind == FAULT_REFUSED) {
        ask_singly(sender);
    } else {
        for (struct item *item = first_asking(sender); item; item = first_asking(sender)) {
            if (fault)
                sender_look_failed(item, fault);
            else
                judge(item, wanted++);
        }
    }
    attachment_search_cancel(&search);
}

/* When the first of them may have been made. */
static int64_t sent_since(const struct item *item, int64_t since)
{
    int64_t sent = 0;
    struct fault ignored = {0};

    if (!instant_parse(slice_of(item->sent_at ? item->sent_at : ""), &sent, &ignored))
        return 0;
    return sent - CLOCK_SLACK_SECONDS < since ? sent - CLOCK_SLACK_SECONDS : since;
}

void attachment_look_up(struct item *first)
{
    struct sender *sender = first->sender;
    struct attachments *state = sender->state;
    struct attachment_wanted wanted[PATH_IDS_SAFE] = {0};
    scoped(string_free) char *beginning = NULL;
    int64_t since = INT64_MAX;
    size_t count = 0;

    for (struct item *item = first; item; item = item->after) {
        if (item->state != ITEM_ASKING)
            continue;
        if (state->singly && count > 0) {
            item_move(item, ITEM_DOUBTFUL);
            continue;
        }
        since = sent_since(item, since);
        wanted[count++] =
            (struct attachment_wanted){.patient_id = item->parent_id, .key = attachment_key(item->key, "")};
    }
    beginning = count == 1 ? x_sprintf("[%s]", first->key) : NULL;
    state->search = attachment_search_start(
        sender->job,
        &(struct attachment_search_request){.wanted = wanted, .count = count, .beginning = beginning, .since = since},
        on_looked, sender);
}
