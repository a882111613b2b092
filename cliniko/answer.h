/*
 * What an answer of Cliniko's means: the tables of API reference 4 as a pure function from bytes to a fault kind.
 */
#ifndef CLINIKO_ANSWER_H
#define CLINIKO_ANSWER_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/json.h"
#include "base/text.h"
#include "cliniko/http.h"

/* What was asked. */
struct answer_question {
    bool create;         /* makes something new: no answer leaves it in doubt, and a success must carry an id */
    const char *action;  /* "create patients" */
    const char *shard;   /* "au1" */
    int jitter_permille; /* for the wait after a 429, 0 to 1000 */
};

/* True when it worked: *ret_json is the parsed body, owned by the caller, or NULL when there is none. Otherwise the
 * fault's kind, text, code (HTTP status) and, after a 429, retry_after_ms. */
MUST_CHECK bool answer_judge(const struct http_answer *answer, const struct answer_question *question,
                             struct json **ret_json, struct fault *fault);

/* Appends the reasons of a 400, 404 or 422 as `field: text; field: text`, else its message, else nothing. */
void answer_put_reasons(const struct json *body, struct text *out);

#endif
