/* Kind "patients": creates patients, their alerts and reminders, sets at the end how they are reminded, and archives
 * last those that were archived. A patient in doubt is found by old_reference_id, which carries the source key (API
 * reference 7: exact). */
#include "cliniko/path.h"
#include "workers/change.h"
#include "workers/creation.h"
#include "workers/look_up.h"

static const struct creation creations[] = {
    /* The service's string filter may ignore case (API reference 3.2), so the value is compared again. */
    {.sender = {CREATION_SENDER("create patients")},
     .entity = ENTITY_PATIENT,
     .path = PATH_PATIENTS,
     .array = "patients",
     .look = "look for patients",
     .equal = {"old_reference_id"},
     .hidden = {"archived_at"},
     .same = {"old_reference_id"}},
    /* Equal alerts of one patient mean the same. */
    {.sender = {CREATION_SENDER("create medical alerts")},
     .entity = ENTITY_MEDICAL_ALERT,
     .path = PATH_MEDICAL_ALERTS,
     .array = "medical_alerts",
     .look = "look for medical alerts",
     .equal = {"patient_id"},
     .listed = "patient_id",
     .since = true,
     .hidden = {"archived_at"},
     .same = {"name"}},
    {.sender = {CREATION_SENDER("create communications")},
     .entity = ENTITY_REMINDER,
     .path = PATH_COMMUNICATIONS,
     .array = "communications",
     .look = "look for communications",
     .equal = {"patient_id", "category_code"},
     .listed = "patient_id",
     .since = true,
     .hidden = {"archived_at"},
     .marked = "content"},
    {.path = NULL},
};

static void start(struct job *job)
{
    const struct sender_entity *change = change_find(job->entity);

    if (change)
        sender_start(job, change);
    else
        creation_start(job, creations);
}

const struct job_kind job_patients = {
    .name = "patients",
    .start = start,
    .stop = sender_stop,
    .close = sender_close,
};
