/* Which of the profile's questions are open and matter: asked before anything is staged, since the answers decide what
 * the rows become. */
#ifndef WORKERS_QUESTIONS_H
#define WORKERS_QUESTIONS_H

#include <stdbool.h>

#include "model/profile.h"
#include "workers/job.h"

struct questions_stage;

/* `held` is true when the transfer waits for answers now: the job has done all that it can. Called once, perhaps before
 * questions_start returns. */
typedef void questions_fn(void *argument, bool held, const struct fault *fault);

/* Checks the answers of the transfer against the profile, counts the rows that open questions are about, and holds the
 * transfer when there are any. The profile is borrowed. */
void questions_start(struct job *job, const struct profile *profile, questions_fn *done, void *argument,
                     struct questions_stage **ret);

/* Gives it up without a callback. */
void questions_stop(struct questions_stage **stage);

#endif
