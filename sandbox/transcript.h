/*
 * A transcript of all requests to the API and their answers, one JSON object a line, for tests that look at them
 * afterwards. Keys and headers are not in it.
 */
#ifndef SANDBOX_TRANSCRIPT_H
#define SANDBOX_TRANSCRIPT_H

#include "sandbox/sandbox.h"

struct transcript;

/* Appends to the file. */
MUST_CHECK bool transcript_open(const char *path, struct transcript **ret, struct fault *fault);
void transcript_close(struct transcript **transcript);

/* `disturbed`: a fault rule had its hand in this answer. */
void transcript_add(struct transcript *transcript, const struct request *request, const struct answer *answer,
                    bool disturbed);

#endif
