/*
 * HTTP/1.1 requests on the event loop: one curl multi handle for any number of accounts, kept-alive connections, reused
 * easy handles. It knows nothing of Cliniko, but it knows one thing exactly: whether a request can have reached the
 * other side. A request that makes something new is never sent a second time behind the caller's back (curl would
 * repeat it when a reused connection dies; here that ends as HTTP_LOST).
 *
 * Certificates are always verified, TLS is 1.2 or later. There are no redirects, no cookies, no netrc and no proxies
 * from the environment: keys and patients' data go where the settings say and nowhere else.
 */
#ifndef CLINIKO_HTTP_H
#define CLINIKO_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/loop.h"
#include "base/text.h"

enum {
    HTTP_BODY_MAX = 16 * 1024 * 1024, /* an answer's body in bytes (API reference 4.2) */
    HTTP_HEADERS_MAX = 64 * 1024,     /* an answer's headers in bytes */
    HTTP_STALL_BYTES = 512,           /* a second: what is slower has stalled */
};

struct http;
struct http_headers;
struct http_exchange; /* a request under way */

struct http_settings {
    const char *ca_file;        /* PEM; NULL or "" for the system's authorities */
    int64_t connect_timeout_ms; /* 0 for the default, 10 s */
    int64_t total_timeout_ms;   /* 0 for the default, 60 s: longer than Cliniko's own cut-off of some 30 s */
    int connections_per_host;   /* 0 for the default, 256 */
};

/* The loop must outlive the engine. A CA file that cannot be read is FAULT_BAD_INPUT. */
MUST_CHECK bool http_open(struct loop *loop, const struct http_settings *settings, struct http **ret,
                          struct fault *fault);
void http_close(struct http **http); /* cancels what is under way; no callback is called any more */

/* A fixed list of request headers, made once for each client. Must outlive the requests that use it; wiped at the end.
 */
struct http_headers *http_headers_new(void);
void http_headers_add(struct http_headers *headers, const char *name, const char *value);
void http_headers_destroy(struct http_headers **headers);

enum http_method { HTTP_GET, HTTP_POST, HTTP_PATCH };

/* A form (multipart/form-data, RFC 7578): text fields, then a file as the part "file". The file is read while it is
 * sent, in pieces, so that its size costs no memory. All but `argument` is copied. */
struct http_field {
    const char *name;
    const char *value;
};

/* Gives the file's next bytes, at most `size`; *ret_size is 0 at its end only. False gives the request up. */
typedef bool http_read_fn(void *argument, void *buffer, size_t size, size_t *ret_size);

struct http_form {
    const struct http_field *fields;
    size_t field_count;
    const char *file_name;
    const char *content_type;
    int64_t size_bytes; /* exact: Content-Length is made from it */
    http_read_fn *read;
    void *argument;
};

struct http_request {
    enum http_method method;
    const char *url;                    /* copied */
    struct slice body;                  /* borrowed until the callback or http_cancel; none for HTTP_GET */
    const struct http_headers *headers; /* borrowed as well */
    bool repeatable;                    /* may be sent again unasked when a reused connection turns out to be dead */
    const struct http_form *form;       /* for HTTP_POST, instead of a body; it is never repeatable */
    int stall_s; /* 0: the engine's limit for the whole request. Else there is no such limit, and the request is given
                  * up when so many seconds long fewer than HTTP_STALL_BYTES a second have passed */
    int64_t not_after_ms; /* monotonic: not begun to be sent after this, however long connecting took; 0 for no end */
};

enum http_end {
    HTTP_ANSWERED, /* a whole answer came */
    HTTP_NOT_SENT, /* not one byte of the request left */
    HTTP_LOST,     /* bytes left, but no whole answer came: it may have happened */
};

struct http_answer {
    enum http_end end;
    int status;              /* HTTP_ANSWERED, or HTTP_LOST when the answer had begun; else 0 */
    struct slice body;       /* what came, at most HTTP_BODY_MAX */
    struct slice type;       /* Content-Type; headers that did not come are empty */
    struct slice date;       /* Date */
    struct slice reset;      /* X-RateLimit-Reset */
    struct slice etag;       /* ETag, with its quotes */
    struct slice encryption; /* x-amz-server-side-encryption */
    const char *problem;     /* why it ended other than HTTP_ANSWERED, for people; "" otherwise */
    bool timed_out;
};

/* The answer and what it points to are borrowed during the callback. The callback may send, cancel others and destroy
 * clients, but not close the engine. */
typedef void http_done_fn(void *argument, const struct http_answer *answer);

/* Starts a request. Never fails at once: every outcome, a malformed URL too, comes by one callback in a later turn. The
 * result is valid until then or until http_cancel. */
struct http_exchange *http_send(struct http *http, const struct http_request *request, http_done_fn *done,
                                void *argument);

/* Gives a request up; its callback is not called. What has left has left: the caller treats it as HTTP_LOST. */
void http_cancel(struct http_exchange **exchange);

int http_under_way(const struct http *http);

#endif
