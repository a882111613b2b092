/* Kind "appointments": creates appointments and blocks, and sets what became of appointments. One in doubt is found by
 * patient and start, compared in practitioner, type and location, and adopted unless the ID map has it for another
 * record: so true doubles of the old system stay two. */
#include "cliniko/path.h"
#include "workers/attendance.h"
#include "workers/creation.h"
#include "workers/look_up.h"

static const struct creation creations[] = {
    {.sender = {CREATION_SENDER("create appointments")},
     .entity = ENTITY_APPOINTMENT,
     .path = PATH_INDIVIDUAL_APPOINTMENTS,
     .array = "individual_appointments",
     .look = "look for appointments",
     .equal = {"patient_id"},
     .listed = "patient_id",
     .instant = "starts_at",
     .hidden = {"archived_at", "cancelled_at"},
     .same = {"practitioner_id", "business_id", "appointment_type_id"}},
    {.sender = {CREATION_SENDER("create unavailable blocks")},
     .entity = ENTITY_UNAVAILABLE_BLOCK,
     .path = PATH_UNAVAILABLE_BLOCKS,
     .array = "unavailable_blocks",
     .look = "look for unavailable blocks",
     .equal = {"practitioner_id"},
     .listed = "practitioner_id",
     .instant = "starts_at",
     .hidden = {"archived_at"},
     .marked = "notes"},
    {.path = NULL},
};

static void start(struct job *job)
{
    if (job->entity == ENTITY_ATTENDANCE)
        sender_start(job, &attendance_entity);
    else if (job->entity == ENTITY_CANCELLATION)
        sender_start(job, &cancellation_entity);
    else
        creation_start(job, creations);
}

const struct job_kind job_appointments = {
    .name = "appointments",
    .start = start,
    .stop = sender_stop,
    .close = sender_close,
};
