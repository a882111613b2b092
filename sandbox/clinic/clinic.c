#include "sandbox/clinic/clinic.h"

#include <stdlib.h>

#include "base/memory.h"
#include "sandbox/clinic/catalogue.h"
#include "sandbox/clinic/diary.h"
#include "sandbox/clinic/money.h"
#include "sandbox/clinic/notes.h"
#include "sandbox/clinic/papers.h"
#include "sandbox/clinic/people.h"
#include "sandbox/clinic/truth.h"

static void people_free(struct person **people)
{
    free(*people);
    *people = NULL;
}

static bool write_papers(const struct clinic_options *options, const struct person *people, struct truth *truth,
                         struct clinic_counts *counts, struct fault *fault)
{
    int64_t attachments;
    int64_t xrays;
    int64_t letters;

    if (!attachments_write(options, people, &attachments, fault) ||
        !xrays_write(options, people, truth, &xrays, fault) ||
        !letters_write(options, people, truth, &letters, fault)) {
        return false;
    }
    counts->files = attachments + xrays + letters;
    return true;
}

bool clinic_write(const struct clinic_options *options, struct clinic_counts *ret, struct fault *fault)
{
    scoped(people_free) struct person *people = NULL;
    scoped(attended_release) struct attended_list attended = {0};
    scoped(truth_destroy) struct truth *truth = NULL;
    struct clinic_counts counts = {.patients = options->patients};

    if (!truth_create(options->truth, &truth, fault) || !catalogue_write(options, fault) ||
        !prices_write(options, fault) || !people_write(options, &people, fault) ||
        !relations_write(options, people, fault) ||
        !diary_write(options, people, &counts.appointments, &attended, fault) ||
        !money_write(options, &attended, fault) || !notes_write(options, &attended, truth, &counts.notes, fault) ||
        !write_papers(options, people, truth, &counts, fault) || !truth_finish(&truth, fault)) {
        return false;
    }
    *ret = counts;
    return true;
}
