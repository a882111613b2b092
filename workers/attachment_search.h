/*
 * Which files are in Cliniko already, known by the marks in their descriptions. One list answers for as many records as
 * it can; a single record's is filtered by its mark, bracket included, so that FD-1 never meets FD-10.
 */
#ifndef WORKERS_ATTACHMENT_SEARCH_H
#define WORKERS_ATTACHMENT_SEARCH_H

#include <stdint.h>

#include "base/fault.h"
#include "cliniko/object.h"
#include "workers/job.h"

struct attachment_wanted {
    const char *patient_id; /* borrowed until the search begins */
    char *key;              /* as in the mark: attachment_key; owned by the search once it begins */
    char found[ID_SIZE];    /* "" when it is not there */
};

struct attachment_search_request {
    struct attachment_wanted *wanted; /* copied */
    size_t count;
    const char *beginning; /* of a mark, "[FD-1/": all that is wanted begins so; NULL: by patients and time */
    int64_t since;         /* for lists without a beginning: nothing was made before, UTC seconds */
};

/* Exactly one of wanted and fault is given; `wanted` in the order of the request, borrowed during the callback. Of
 * several records at once FAULT_REFUSED may be about the list alone: it is refused, or longer than single searches. */
typedef void attachment_search_fn(void *argument, const struct attachment_wanted *wanted, const struct fault *fault);

struct attachment_search;
struct attachment_search *attachment_search_start(struct job *job, const struct attachment_search_request *request,
                                                  attachment_search_fn *done, void *argument);
void attachment_search_cancel(struct attachment_search **search); /* no callback any more */

#endif
