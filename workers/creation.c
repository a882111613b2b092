#include "workers/creation.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/must.h"
#include "model/body.h"
#include "workers/look_up.h"

enum { NAMES_MAX = 500 };

const struct creation *creation_find(const struct creation *table, enum entity entity)
{
    while (table->path && table->entity != entity)
        table++;
    return table->path ? table : NULL;
}

void creation_start(struct job *job, const struct creation *table)
{
    const struct creation *creation = creation_find(table, job->entity);

    must(creation);
    sender_start(job, &creation->sender);
}

static void on_ids(void *argument, const struct fault *fault)
{
    struct sender *sender = argument;

    if (fault)
        sender_give_up(sender, fault);
    sender_begin(sender);
}

void creation_begin(struct sender *sender, struct creating *creating)
{
    sender->state = creating;
    creating->creation = (const struct creation *)(const void *)sender->entity;
    creating->ids = ids_load_for(sender->job, creating->creation->entity, on_ids, sender);
}

void creation_open(struct sender *sender)
{
    creation_begin(sender, x_alloc(sizeof(struct creating)));
}

void creation_end(struct sender *sender, struct creating *creating)
{
    look_up_destroy(&creating->look_up, sender->job->db);
    ids_destroy(&creating->ids);
}

void creation_close(struct sender *sender)
{
    struct creating *creating = sender->state;

    creation_end(sender, creating);
    free(creating);
}

void creation_ids(struct item *item, const struct json *payload, struct body_ids *ret)
{
    const struct creating *creating = item->sender->state;
    enum entity entity = creating->creation->entity;
    struct text names;

    text_init(&names, NAMES_MAX);
    ids_fill(creating->ids, entity, payload, item->parent_id, item->link_id, ret);
    body_left_out(entity, payload, ret, &names);
    if (names.size)
        item_warn(item, "went over without what is not in Cliniko: %s", text_string(&names));
    text_release(&names);
}

bool creation_compose(struct sender *sender, struct item *item, const struct json *payload, struct text *path,
                      struct text *body, struct fault *fault)
{
    const struct creating *creating = sender->state;
    struct body_ids ids;

    creation_ids(item, payload, &ids);
    text_puts(path, creating->creation->path);
    return body_write(creating->creation->entity, item->key, payload, &ids, body, fault);
}
