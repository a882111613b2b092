/* Runs an extraction to its end and keeps what tests ask about. */
#ifndef TESTS_EXTRACTION_FIXTURE_H
#define TESTS_EXTRACTION_FIXTURE_H

#include "source/extraction.h"

struct outcome {
    size_t good[ENTITY_COUNT];
    size_t problems[ENTITY_COUNT];
    size_t warnings[ENTITY_COUNT];
    size_t left[ENTITY_COUNT]; /* named one by one */
    struct text lines;         /* "patient FD-1 {…}\n", "patient FD-2 ! problem\n", "patient FD-1 ~ warning\n",
                                * "attachment FD-1 - why it stays behind\n" */
    struct text counts; /* "patient 8 merged into another patient\n", "invoices 3, 0 unread\n", "balance FD-1 5.00\n" */
    struct fault fault; /* how it ended; FAULT_NONE at the end of the source */
};

/* `profile_path` is a file, or NULL when `profile_json` is the profile itself. */
void outcome_run(struct outcome *outcome, const char *profile_path, const char *profile_json, const char *source_path,
                 const char *time_zone);
/* The same with the clinic's answers, as JSON. */
void outcome_run_answered(struct outcome *outcome, const char *profile_path, const char *profile_json,
                          const char *source_path, const char *time_zone, const char *answers);
void outcome_release(struct outcome *outcome);

/* Fails the test unless the line is among the outcome's. */
void outcome_expect_line(const struct outcome *outcome, const char *line);

/* A profile that ships, by its name below profiles/. Valid until the next call. */
const char *shipped_profile(const char *name);

#endif
