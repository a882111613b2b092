#include "workers/stage.h"

#include "base/memory.h"
#include "workers/doubt.h"

void stage_begin_due(struct sender *sender, int64_t now_ms)
{
    struct item *next = NULL;

    if (!sender->entity->stage || now_ms >= sender->job->deadline_ms || now_ms < sender->resume_ms)
        return;
    for (struct item *item = sender->items; item && sender->staging < sender->job->settings->uploads; item = next) {
        next = item->after;
        if (item->state != ITEM_LOADED || item->in_doubt || item->own_id || item->is_staged)
            continue;
        item_move(item, ITEM_STAGING);
        sender->entity->stage(item);
    }
}

bool stage_lets_intend(const struct item *item)
{
    return !item->sender->entity->stage || item->in_doubt || item->own_id || item->is_staged;
}

void stage_again(struct item *item)
{
    item->is_staged = false;
    item_move(item, ITEM_LOADED);
    loop_timer_start(item->sender->step, 0);
}

void stage_wake(struct item *item)
{
    item_move(item, item->sender->entity->stage && !item->is_staged ? ITEM_LOADED : ITEM_READY);
}

void stage_done(struct item *item)
{
    item->is_staged = true;
    item_move(item, ITEM_LOADED);
    loop_timer_start(item->sender->step, 0);
}

void stage_failed(struct item *item, const struct fault *fault)
{
    struct sender *sender = item->sender;

    loop_timer_start(sender->step, 0);
    if (fault->kind == FAULT_GONE || fault->code == 429) {
        item_move(item, ITEM_LOADED);
        sender_hold(sender);
        return;
    }
    item->attempts++;
    if (fault->kind == FAULT_RETRY && item->attempts < SENDER_ATTEMPTS_MOST) {
        item_rest(item, fault->retry_after_ms);
        return;
    }
    item_move(item, ITEM_LOADED);
    sender_give_up(sender, fault);
}
