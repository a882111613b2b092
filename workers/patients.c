/* Kind "patients": creates patients, and archives at the very end those that were archived. A patient in doubt is found
 * by old_reference_id, which carries the source key (API reference 7: exact). */
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "cliniko/object.h"
#include "cliniko/path.h"
#include "workers/doubt.h"
#include "workers/sender.h"

enum { PATH_CAP = 4000 };

static bool compose_patient(struct sender *sender, const struct item *item, const struct json *payload,
                            struct text *path, struct text *body, struct fault *fault)
{
    struct body_ids ids = {0};

    (void)sender;
    text_puts(path, PATH_PATIENTS);
    return body_write(ENTITY_PATIENT, item->key, payload, &ids, body, fault);
}

/* The service's string filter may ignore case (API reference 3.2), so the value is compared again here. */
static void on_looked(void *argument, const struct cliniko_answer *answer, const struct fault *fault)
{
    struct item *item = argument;
    struct fault own = {0};

    item->call = NULL;
    if (fault) {
        sender_look_failed(item, fault);
        return;
    }
    for (const struct json *object = json_first(json_member(answer->json, "patients")); object;
         object = json_next(object)) {
        struct cliniko_patient patient;

        if (!object_read_patient(object, &patient, &own)) {
            sender_look_failed(item, &own);
            return;
        }
        if (strcmp(patient.old_reference_id, item->key) == 0) {
            sender_found(item, patient.id);
            return;
        }
    }
    sender_absent(item);
}

static void look_up_patient(struct item *item)
{
    struct text path;

    text_init(&path, PATH_CAP);
    text_puts(&path, PATH_PATIENTS);
    path_put_filter(&path, "old_reference_id", "=", item->key);
    path_put_filter(&path, "archived_at", "*", "");
    path_put_parameter(&path, "per_page", "100");
    doubt_ask(item, &path, "look for patients", on_looked);
    text_release(&path);
}

static const struct sender_entity patient_entity = {
    .method = HTTP_POST,
    .effect = CLINIKO_CREATE,
    .action = "create patients",
    .compose = compose_patient,
    .look_up = look_up_patient,
};

static bool compose_archival(struct sender *sender, const struct item *item, const struct json *payload,
                             struct text *path, struct text *body, struct fault *fault)
{
    (void)sender;
    (void)payload;
    (void)body;
    (void)fault;
    path_put_object(path, PATH_PATIENTS, item->parent_id, "archive");
    return true;
}

static void on_archived_looked(void *argument, const struct cliniko_answer *answer, const struct fault *fault)
{
    struct item *item = argument;
    struct cliniko_patient patient;
    struct fault own = {0};

    item->call = NULL;
    if (fault && fault->kind == FAULT_REFUSED)
        sender_absent(item);
    else if (fault)
        sender_look_failed(item, fault);
    else if (!object_read_patient(answer->json, &patient, &own))
        sender_look_failed(item, &own);
    else if (patient.archived)
        sender_found(item, patient.id);
    else
        sender_absent(item);
}

static void look_up_archival(struct item *item)
{
    struct text path;

    text_init(&path, PATH_CAP);
    path_put_object(&path, PATH_PATIENTS, item->parent_id, NULL);
    path_put_filter(&path, "archived_at", "*", "");
    doubt_ask(item, &path, "read patients", on_archived_looked);
    text_release(&path);
}

static const struct sender_entity archival_entity = {
    .method = HTTP_POST,
    .effect = CLINIKO_REPEATABLE,
    .action = "archive patients",
    .compose = compose_archival,
    .look_up = look_up_archival,
};

static void start(struct job *job)
{
    must(job->entity == ENTITY_PATIENT || job->entity == ENTITY_ARCHIVAL);
    sender_start(job, job->entity == ENTITY_PATIENT ? &patient_entity : &archival_entity);
}

const struct job_kind job_patients = {
    .name = "patients",
    .start = start,
    .stop = sender_stop,
    .close = sender_close,
};
