#include "sandbox/clinic/clinic.h"

#include <stdlib.h>

#include "base/memory.h"
#include "sandbox/clinic/catalogue.h"
#include "sandbox/clinic/diary.h"
#include "sandbox/clinic/people.h"

static void people_free(struct person **people)
{
    free(*people);
    *people = NULL;
}

bool clinic_write(const struct clinic_options *options, struct clinic_counts *ret, struct fault *fault)
{
    scoped(people_free) struct person *people = NULL;
    int64_t appointments = 0;

    if (!catalogue_write(options->folder, options->today, fault) || !people_write(options, &people, fault) ||
        !diary_write(options, people, &appointments, fault)) {
        return false;
    }
    ret->patients = options->patients;
    ret->appointments = appointments;
    return true;
}
