/* One case of profiles/front-desk.json: a Front Desk export of its own for each test, what comes out, what is expected.
 */
#ifndef TESTS_FRONT_DESK_CASE_H
#define TESTS_FRONT_DESK_CASE_H

#include "extraction_fixture.h"
#include "front_desk_fixture.h"

#define ANSWERS(charge, confidential, casual, more)                                                                    \
    "{\"questions\":{\"charge_types\":\"" charge "\",\"warnings_confidential\":\"" confidential                        \
    "\",\"casual_appointments\":\"" casual "\"" more "}}"

extern struct folder_fixture case_folder;

void case_make(void);
void case_clean(void);

/* Runs an extraction that must reach the end of the source. */
void run(const char *answers, struct outcome *outcome);

void expect_part(const struct outcome *outcome, const char *part);
void expect_no(const struct outcome *outcome, const char *part);
void expect_count(const struct outcome *outcome, const char *line);

/* Four patients: 3 was merged into 2, and 4 into one who is not there. */
void write_patients(void);

#endif
