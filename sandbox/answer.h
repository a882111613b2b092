/* What the sandbox wants to be sent back, and how. The server carries it out. */
#ifndef SANDBOX_ANSWER_H
#define SANDBOX_ANSWER_H

#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"

enum answer_end {
    ANSWER_SEND,  /* the normal way */
    ANSWER_CLOSE, /* close the connection without a byte */
    ANSWER_CUT,   /* announce the whole body, send half of it, close */
};

enum { ANSWER_ETAG_SIZE = 40 };

struct answer {
    int status;
    const char *content_type; /* borrowed until the answer is sent; NULL for none */
    struct text body;
    char etag[ANSWER_ETAG_SIZE]; /* header; "" for none */
    char *file;                  /* path of a file that is the body; NULL for none */
    int64_t reset;               /* X-RateLimit-Reset, or -1 for no such header */
    enum answer_end end;
    int64_t delay_ms;  /* hold the answer (and the end) for so long */
    bool finish_later; /* nothing is done yet: call sandbox_finish after delay_ms */
    int64_t finish_ms; /* with ANSWER_CLOSE: call sandbox_finish so long after; 0 for never */
};

void answer_init(struct answer *answer);
void answer_clear(struct answer *answer); /* keeps the memory of the body */
void answer_release(struct answer *answer);

void answer_empty(struct answer *answer, int status);
void answer_message(struct answer *answer, int status, const char *format, ...) PRINTF_LIKE(3, 4);
void answer_html(struct answer *answer, int status, const char *title);

/* Marks the body, already written, as JSON. */
void answer_json(struct answer *answer, int status);

#endif
