/*
 * The one error type. A fallible function returns bool and takes a struct fault * last; the caller decides
 * by the kind, people read the text. A fault owns no memory and may be copied.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#define MUST_CHECK             __attribute__((warn_unused_result))
#define PRINTF_LIKE(at, first) __attribute__((format(printf, at, first)))

enum fault_kind {
    FAULT_NONE,      /* nothing went wrong */
    FAULT_RETRY,     /* did not happen; may be tried again, not before retry_after_ms from now */
    FAULT_REFUSED,   /* this record is refused for good; others may go on */
    FAULT_DENIED,    /* the account, key or role is the problem: pause the whole transfer */
    FAULT_IN_DOUBT,  /* sent, but no answer: it may have happened */
    FAULT_GONE,      /* the peer, the lease or the thing asked for is no longer there */
    FAULT_BAD_INPUT, /* a file, flag, message or setting is wrong; the text says where */
    FAULT_INTERNAL,  /* a rule of our own was broken, or the system refused a basic service */
};

enum { FAULT_TEXT_SIZE = 400 };

struct fault {
    enum fault_kind kind;
    int code;               /* HTTP status, errno or 0: for logs, never for decisions */
    int64_t retry_after_ms; /* FAULT_RETRY: how long to wait at least, 0 when the caller chooses */
    char text[FAULT_TEXT_SIZE];
};

/* Fills *fault with a full sentence: what, where, what to do. Always returns false, so that a failing branch is
 * `return fault_set(…)`. Text that does not fit is cut. */
bool fault_set(struct fault *fault, enum fault_kind kind, const char *format, ...) PRINTF_LIKE(3, 4);

/* As fault_set, and keeps errno in code and its message at the end of the text. */
bool fault_errno(struct fault *fault, enum fault_kind kind, const char *format, ...) PRINTF_LIKE(3, 4);

/* Puts context before the text of a fault that a lower floor filled in. Always returns false. */
bool fault_prefix(struct fault *fault, const char *format, ...) PRINTF_LIKE(2, 3);

/* The kind's name as it stands in logs and in the database, for example "in_doubt". */
const char *fault_kind_name(enum fault_kind kind);

#endif
