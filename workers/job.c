#include "workers/job.h"

#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "base/text.h"

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

bool job_kinds_read(const char *wanted, char *ret, size_t size, struct fault *fault)
{
    struct text kinds;

    text_init(&kinds, size - 1);
    if (strcmp(wanted, "all") == 0) {
        for (const struct job_kind *const *kind = job_kinds; *kind; kind++)
            text_printf(&kinds, "%s%s", kinds.size ? "," : "", (*kind)->name);
    } else {
        text_puts(&kinds, wanted);
    }
    snprintf(ret, size, "%s", text_string(&kinds));
    text_release(&kinds);
    for (const char *at = ret; *at;) {
        size_t length = strcspn(at, ",");
        char name[33] = "";

        if (length < sizeof name)
            memcpy(name, at, length);
        if (!job_kind_find(name))
            return fault_set(fault, FAULT_BAD_INPUT,
                             "--kind: '%.*s' is no kind of work. There are extract, preflight, catalogue, patients, "
                             "appointments, notes, attachments and verify, or all.",
                             (int)length, at);
        at += length;
        at += *at == ',';
    }
    return ret[0] || fault_set(fault, FAULT_BAD_INPUT, "--kind is empty: name at least one kind of work.");
}
