/* Answers to a transfer's questions: a file of them, or what is asked on a terminal. */
#ifndef CLI_ANSWERS_H
#define CLI_ANSWERS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/fault.h"
#include "base/json.h"
#include "base/text.h"
#include "db/connection.h"

enum { ANSWERS_MAX = 4 * 1024 * 1024 };

/* Reads an answers file and checks it against the questions of a profile (its JSON). *ret is the JSON text. Faults name
 * the file and the member. */
MUST_CHECK bool answers_read(const char *path, const char *profile, char **ret, struct fault *fault);

struct open_question {
    char *id;
    char *ask;
    int64_t found;       /* rows that the answer decides about */
    struct json *detail; /* section, key, choices, proposal */
};

struct open_questions {
    struct open_question *items;
    size_t count;
    struct fault fault;
};

MUST_CHECK bool open_questions_load(struct db *db, int64_t transfer, struct open_questions *ret, struct fault *fault);
void open_questions_release(struct open_questions *questions);

/* For people; or one JSON object a line. */
void open_questions_print(const struct open_questions *questions, FILE *out);
void open_questions_print_json(const struct open_questions *questions, FILE *out);

/* An answers file to fill in: proposals where there are some, empty texts elsewhere. */
MUST_CHECK bool open_questions_write(const struct open_questions *questions, const char *path, struct fault *fault);

/* Asks one after another; appends the answers as JSON. "?" leaves one open. Returns how many were answered. */
size_t open_questions_ask(const struct open_questions *questions, FILE *in, FILE *out, struct text *answers);

/* Hands the answers (JSON) to the transfer, which goes on; "{}" lets it look again. FAULT_REFUSED when no question is
 * open. */
MUST_CHECK bool answers_give(struct db *db, int64_t transfer, const char *answers, struct fault *fault);

#endif
