/* job.c alone: the kinds and the endings are stand-ins that note what was asked of them. */
#include "workers/job.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

const struct job_kind job_extract = {.name = "extract"};
const struct job_kind job_preflight = {.name = "preflight"};
const struct job_kind job_catalogue = {.name = "catalogue"};
const struct job_kind job_patients = {.name = "patients"};
const struct job_kind job_appointments = {.name = "appointments"};
const struct job_kind job_attachments = {.name = "attachments"};
const struct job_kind job_notes = {.name = "notes"};
const struct job_kind job_verify = {.name = "verify"};

static char ending[500];

void job_done(struct job *job)
{
    (void)job;
    snprintf(ending, sizeof ending, "done");
}

void job_returned(struct job *job, int64_t delay_ms, const struct fault *why)
{
    (void)job;
    snprintf(ending, sizeof ending, "returned after %d: %s", (int)delay_ms, why->text);
}

void job_failed(struct job *job, const struct fault *why)
{
    (void)job;
    snprintf(ending, sizeof ending, "failed: %s", why->text);
}

void job_denied(struct job *job, const struct fault *why)
{
    (void)job;
    snprintf(ending, sizeof ending, "denied: %s", why->text);
}

Test(job, ends_by_the_kind_of_its_fault)
{
    static const struct {
        enum fault_kind kind;
        int64_t retry_after_ms;
        const char *want;
    } cases[] = {
        {FAULT_RETRY, 0, "returned after 5000: why"},
        {FAULT_RETRY, 4999, "returned after 5000: why"},
        {FAULT_RETRY, 60000, "returned after 60000: why"},
        {FAULT_GONE, 0, "returned after 1000: why"},
        {FAULT_IN_DOUBT, 0, "returned after 1000: why"},
        {FAULT_DENIED, 0, "denied: why"},
        {FAULT_REFUSED, 0, "failed: why"},
        {FAULT_BAD_INPUT, 0, "failed: why"},
        {FAULT_INTERNAL, 0, "failed: why"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct job job = {0};
        struct fault fault = {.kind = cases[i].kind, .retry_after_ms = cases[i].retry_after_ms, .text = "why"};

        ending[0] = '\0';
        job_ended_by(&job, &fault);
        cr_expect_str_eq(ending, cases[i].want, "%s: got '%s', want '%s'", fault_kind_name(cases[i].kind), ending,
                         cases[i].want);
    }
}

Test(job, kind_is_found_by_its_whole_name)
{
    static const char *const strangers[] = {"", "patient", "Patients", "patients ", "note"};

    for (const struct job_kind *const *kind = job_kinds; *kind; kind++)
        cr_expect_eq(job_kind_find((*kind)->name), *kind, "%s is not found", (*kind)->name);
    for (size_t i = 0; i < array_length(strangers); i++)
        cr_expect_null(job_kind_find(strangers[i]), "'%s' is found", strangers[i]);
}

/* A phase whose kind no worker takes would wait for ever. */
Test(job, kind_exists_for_every_entity_that_is_sent)
{
    for (int i = 0; i < ENTITY_COUNT; i++) {
        const struct entity_facts *facts = entity_facts((enum entity)i);

        if (facts->phase)
            cr_expect_not_null(job_kind_find(facts->kind), "%s is sent by '%s', which is no kind", facts->name,
                               facts->kind);
    }
}
