/* What the tests of the embedded services share: a place for a data folder, stand-in programs, and questions to the
 * real PostgreSQL that runs there. All of it fails the test when it does not work. */
#ifndef TESTS_UNIT_CLI_PLACE_H
#define TESTS_UNIT_CLI_PLACE_H

#include <sys/types.h>

#include "cli/embedded.h"

struct place {
    char root[64];
    char data[80];     /* the data folder to be */
    char programs[80]; /* scripts that stand in for coordinator and worker: coordinator, worker */
};

void place_make(struct place *place);
void place_remove(struct place *place);

void write_text(const char *path, const char *text, mode_t mode);
void write_script(const struct place *place, const char *name, const char *body); /* of /bin/sh */

struct embedded_options options_of(const struct place *place); /* two workers */
struct embedded *start(const struct place *place);
void start_check_and_stop(const struct place *place);
void check_refusal(const struct place *place, const char *want); /* a part of the fault's text */

/* The first value that a statement gives, "" for none; the caller frees it with string_free. */
char *ask(const struct embedded *embedded, const char *statement);
void expect_answer(const struct embedded *embedded, const char *statement, const char *want);

void expect_mode(const char *folder, const char *name, mode_t want);

#endif
