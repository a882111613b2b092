#include "workers/attachment_search.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cliniko/list.h"
#include "cliniko/object.h"
#include "cliniko/path.h"
#include "model/body.h"
#include "workers/context.h"

enum { PAGE = 100 };

struct attachment_search {
    struct attachment_wanted *wanted;
    size_t count;
    bool is_several;
    struct cliniko_list *list;
    struct fault fault; /* of an object */
    attachment_search_fn *done;
    void *argument;
};

void attachment_search_cancel(struct attachment_search **place)
{
    struct attachment_search *search = *place;

    if (!search)
        return;
    *place = NULL;
    if (search->list)
        cliniko_list_cancel(&search->list);
    for (size_t i = 0; i < search->count; i++)
        free(search->wanted[i].key);
    free(search->wanted);
    free(search);
}

/* The mark of another patient's file may be quoted. A file with the mark and no patient may be the one that is looked
 * for: that is a fault, since nothing may be sent on account of it. */
static bool is_it(struct attachment_search *search, const struct json *object, const struct attachment_wanted *wanted)
{
    char patient[ID_SIZE];

    if (!body_has_marker(json_text(json_member(object, "description"), ""), wanted->key) ||
        !object_relation(object, "patient", patient, &search->fault))
        return false;
    if (!patient[0])
        return fault_set(&search->fault, FAULT_REFUSED, "Cliniko's answer does not say whose an attachment is");
    return strcmp(patient, wanted->patient_id) == 0;
}

static bool on_page(void *argument, const struct json *objects, int64_t total_entries)
{
    struct attachment_search *search = argument;

    if (search->is_several && total_entries > (int64_t)search->count * PAGE)
        return fault_set(&search->fault, FAULT_REFUSED, "the list of %zu patients' attachments is too long",
                         search->count);
    for (const struct json *object = json_first(objects); object; object = json_next(object)) {
        const char *id = NULL;

        if (!object_id(object, &id, &search->fault))
            return false;
        for (size_t i = 0; i < search->count; i++)
            if (!search->wanted[i].found[0] && is_it(search, object, &search->wanted[i]))
                memcpy(search->wanted[i].found, id, strlen(id) + 1);
        if (search->fault.kind != FAULT_NONE)
            return false;
    }
    return true;
}

static void on_end(void *argument, const struct fault *fault)
{
    struct attachment_search *search = argument;
    const struct fault *why = fault ? fault : search->fault.kind != FAULT_NONE ? &search->fault : NULL;

    search->list = NULL;
    search->done(search->argument, why ? NULL : search->wanted, why);
}

/* Each patient once: `patient_id:=11,12`. */
static void put_patients(const struct attachment_search *search, struct text *path)
{
    struct text ids;

    text_init(&ids, PATH_SIZE_MAX);
    for (size_t i = 0; i < search->count; i++) {
        bool known = false;

        for (size_t k = 0; k < i && !known; k++)
            known = strcmp(search->wanted[k].patient_id, search->wanted[i].patient_id) == 0;
        if (!known)
            text_printf(&ids, "%s%s", ids.size ? "," : "", search->wanted[i].patient_id);
    }
    path_put_filter(path, "patient_id", "=", text_string(&ids));
    text_release(&ids);
}

static void put_query(const struct attachment_search *search, const struct attachment_search_request *request,
                      struct text *path)
{
    char instant[INSTANT_SIZE];

    text_puts(path, PATH_PATIENT_ATTACHMENTS);
    put_patients(search, path);
    if (request->beginning) {
        path_put_filter(path, "description", "~", request->beginning);
    } else {
        instant_format(request->since, instant);
        path_put_filter(path, "created_at", ">=", instant);
    }
    path_put_filter(path, "archived_at", "*", "");
}

struct attachment_search *attachment_search_start(struct job *job, const struct attachment_search_request *request,
                                                  attachment_search_fn *done, void *argument)
{
    struct attachment_search *search = x_alloc(sizeof *search);
    struct text path;

    *search = (struct attachment_search){.wanted = x_alloc_array(request->count, sizeof search->wanted[0]),
                                         .count = request->count,
                                         .is_several = request->beginning == NULL,
                                         .done = done,
                                         .argument = argument};
    memcpy(search->wanted, request->wanted, request->count * sizeof search->wanted[0]);
    text_init(&path, PATH_SIZE_MAX);
    put_query(search, request, &path);
    search->list = cliniko_list_start(job->context->client,
                                      &(struct cliniko_list_request){.path = text_string(&path),
                                                                     .array = "patient_attachments",
                                                                     .action = "look for attachments",
                                                                     .not_after_ms = job->deadline_ms,
                                                                     .attempts = 1},
                                      on_page, on_end, search);
    text_release(&path);
    return search;
}
