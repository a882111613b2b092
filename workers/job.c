#include "workers/job.h"

#include <string.h>

#include "base/must.h"

const struct job_kind *const job_kinds[] = {&job_extract,     &job_preflight,    &job_catalogue,
                                            &job_patients,    &job_appointments, &job_notes,
                                            &job_attachments, &job_verify,       NULL};

const struct job_kind *job_kind_find(const char *name)
{
    for (const struct job_kind *const *kind = job_kinds; *kind; kind++)
        if (strcmp((*kind)->name, name) == 0)
            return *kind;
    return NULL;
}

void job_ended_by(struct job *job, const struct fault *why)
{
    switch (why->kind) {
    case FAULT_RETRY:
        job_returned(job, why->retry_after_ms > 5000 ? why->retry_after_ms : 5000, why);
        return;
    case FAULT_GONE:
    case FAULT_IN_DOUBT:
        job_returned(job, 1000, why);
        return;
    case FAULT_DENIED:
        job_denied(job, why);
        return;
    case FAULT_REFUSED:
    case FAULT_BAD_INPUT:
    case FAULT_INTERNAL:
        job_failed(job, why);
        return;
    case FAULT_NONE:
        break;
    }
    must(!"a job that ended by no fault");
}
