#include "workers/doubt.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cliniko/path.h"
#include "workers/stage.h"

/* Times are rounded up, so that what was sent within a moment is looked up together. */
static int64_t together(const struct sender *sender, int64_t due_ms)
{
    int64_t step_ms = sender->job->settings->in_doubt_wait_ms / 16;

    return step_ms > 0 ? (due_ms + step_ms - 1) / step_ms * step_ms : due_ms;
}

/* The second look comes a little sooner than the first: 35 s, then 30 s (API reference 7). */
static int64_t second_wait_ms(const struct sender *sender)
{
    return sender->job->settings->in_doubt_wait_ms * 6 / 7;
}

static void log_item(const struct item *item, enum log_level level, const char *event)
{
    struct log_context context = item->sender->job->log;

    context.record = item->key;
    log_event(level, &context, event, "looks=%d attempts=%d", item->looks, item->attempts);
}

static void on_time(void *argument, const struct cliniko_answer *answer, const struct fault *fault)
{
    struct sender *sender = argument;

    sender->time_call = NULL;
    /* Any answer has the time; what is wrong with it, the records will hear as well. */
    if (answer->status == 0 && fault)
        sender_give_up(sender, fault);
    sender->knows_time = true;
    sender_begin(sender);
}

bool doubt_learns_time(struct sender *sender)
{
    struct job *job = sender->job;

    if (sender->knows_time || cliniko_server_seconds(job->context->client) > 0)
        return false;
    sender->time_call = cliniko_send(
        job->context->client,
        &(struct cliniko_request){
            .method = HTTP_GET, .effect = CLINIKO_REPEATABLE, .path = PATH_USER, .action = "ask for the time"},
        on_time, sender);
    return true;
}

void doubt_begin(struct item *item, int64_t sent_ago_ms)
{
    int64_t wait_ms = item->sender->job->settings->in_doubt_wait_ms - sent_ago_ms;
    int64_t now_ms = clock_monotonic_ms();

    item_move(item, ITEM_DOUBTFUL);
    item->due_ms = wait_ms > 0 ? together(item->sender, now_ms + wait_ms) : now_ms;
    item->looks = 0;
    if (!item->sent_at) {
        char instant[INSTANT_SIZE];

        instant_format(item->sent_there > 0 ? item->sent_there : clock_wall_ms() / 1000, instant);
        item->sent_at = x_strdup(instant);
    }
    log_item(item, LOG_WARN, "record_in_doubt");
}

void doubt_recheck(struct item *item, const struct fault *refusal)
{
    free(item->refusal);
    item->refusal = x_strdup(refusal->text);
    item_move(item, ITEM_DOUBTFUL);
    item->due_ms = 0;
}

bool doubt_holds(const struct sender *sender)
{
    int64_t now_ms = clock_monotonic_ms();

    if (!sender->entity->alone || sender->timed == 0)
        return sender->entity->alone && sender->asking;
    for (const struct item *item = sender->items; item; item = item->after)
        if (item->state == ITEM_ASKING || (item->state == ITEM_DOUBTFUL && item->due_ms <= now_ms))
            return true;
    return false;
}

void doubt_ask_next(struct sender *sender, int64_t now_ms)
{
    int64_t most = sender->entity->asked_most > 0 ? sender->entity->asked_most : 1;
    struct item *first = NULL;

    if (sender->asking || now_ms >= sender->job->deadline_ms || (sender->entity->alone && sender->sent > 0))
        return;
    for (struct item *item = sender->items; item && sender->asking < most; item = item->after) {
        if (item->state != ITEM_DOUBTFUL || item->due_ms > now_ms)
            continue;
        item_move(item, ITEM_ASKING);
        first = first ? first : item;
    }
    if (!first)
        return;
    /* What was adopted so far must be in the ID map before the next look-up reads it. */
    sender_flush(sender);
    sender->entity->look_up(first);
}

void doubt_ask(struct item *item, const struct text *path, const char *action, cliniko_done_fn *done)
{
    struct job *job = item->sender->job;

    item->call = cliniko_send(job->context->client,
                              &(struct cliniko_request){.method = HTTP_GET,
                                                        .effect = CLINIKO_REPEATABLE,
                                                        .path = text_string(path),
                                                        .action = action,
                                                        .not_after_ms = job->deadline_ms},
                              done, item);
}

void sender_found(struct item *item, const char *cliniko_id)
{
    struct sender *sender = item->sender;

    log_item(item, LOG_INFO, "record_adopted");
    item_settle(item, RECORD_CREATED, cliniko_id, NULL);
    loop_timer_start(sender->step, 0);
}

void sender_absent(struct item *item)
{
    struct sender *sender = item->sender;

    loop_timer_start(sender->step, 0);
    if (sender->entity->effect == CLINIKO_REPEATABLE) {
        item_settle(item, RECORD_FAILED, NULL, item->refusal);
        return;
    }
    item->looks++;
    log_item(item, LOG_INFO, "record_not_found");
    if (item->looks < 2) {
        item_move(item, ITEM_DOUBTFUL);
        item->due_ms = together(sender, clock_monotonic_ms() + second_wait_ms(sender));
        return;
    }
    /* It is not there. Its intent is written anew, so that the next to doubt it counts from the new time. */
    item->in_doubt = false;
    free(item->sent_at);
    item->sent_at = NULL;
    stage_again(item);
}

void sender_look_failed(struct item *item, const struct fault *fault)
{
    struct sender *sender = item->sender;

    if (fault->kind == FAULT_RETRY || fault->kind == FAULT_GONE || fault->kind == FAULT_IN_DOUBT) {
        item_move(item, ITEM_DOUBTFUL);
        item->due_ms = clock_monotonic_ms() + (fault->retry_after_ms > 2000 ? fault->retry_after_ms : 2000);
    } else {
        item_move(item, ITEM_DOUBTFUL);
        item->due_ms = clock_monotonic_ms() + 60000;
        sender_give_up(sender, fault);
    }
    loop_timer_start(sender->step, 0);
}
