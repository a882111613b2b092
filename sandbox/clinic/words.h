/* What people are called, where they live, and what receptionists write: lists to pick from. */
#ifndef SANDBOX_CLINIC_WORDS_H
#define SANDBOX_CLINIC_WORDS_H

#include <stddef.h>

#include "sandbox/clinic/dice.h"

struct name {
    const char *title;
    const char *first;
    const char *middle;
    const char *surname;
    const char *preferred;
    char sex;
};

struct place {
    const char *suburb;
    const char *state; /* free text in old rows */
    const char *post_code;
    int location_id; /* the nearer of our two */
};

/* Common first names and surnames, to be combined freely. */
extern const struct dice_list words_first_names_f;
extern const struct dice_list words_first_names_m;
extern const struct dice_list words_surnames;

/* Whole names that a careless program breaks: other scripts, apostrophes, one name only, blanks at the ends. */
extern const struct name words_hard_names[];
extern const size_t words_hard_names_count;

extern const struct place words_places[];
extern const size_t words_places_count;

extern const struct dice_list words_streets;
extern const struct dice_list words_occupations;
extern const struct dice_list words_patient_notes;
extern const struct dice_list words_warnings;
extern const struct dice_list words_visit_notes;
extern const struct dice_list words_cancel_reasons;
extern const struct dice_list words_casual_names;

#endif
