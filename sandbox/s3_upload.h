/*
 * One POST to the bucket, from its headers to its answer, in constant memory: the form is read as it comes in, checked
 * when the file begins (API reference 8.6), and the file's bytes are hashed and, where there is a folder, written.
 */
#ifndef SANDBOX_S3_UPLOAD_H
#define SANDBOX_S3_UPLOAD_H

#include "sandbox/sandbox.h"

struct s3_upload;

/* What the server does after a piece of the body. */
enum s3_step {
    S3_GO_ON,
    S3_RESET, /* break the connection, as a fault rule wants */
    S3_PAUSE, /* take nothing for s3_upload_pause_ms, then go on with the next piece */
};

/* The address of the bucket, as a presigned post names it; no slash at the end. Free with free(). */
char *s3_url(const struct request *request);

/* True for a POST to the bucket: its body goes here instead of into the request. */
bool s3_is_upload(const struct request *request);

/* The request is needed for this call only. */
struct s3_upload *s3_upload_open(struct sandbox *sandbox, const struct request *request, int64_t now_ms);
void s3_upload_destroy(struct s3_upload **upload); /* what was not ended is forgotten */

enum s3_step s3_upload_feed(struct s3_upload *upload, const char *data, size_t size_bytes, int64_t now_ms);
int64_t s3_upload_pause_ms(const struct s3_upload *upload);

/* After the whole body: stores the object, or says what is wrong. Fills an answer that was initialised. */
void s3_upload_end(struct s3_upload *upload, int64_t now_ms, struct answer *answer);

/* What anything else under /s3 is answered. */
void s3_answer_other(const struct request *request, struct answer *answer);

#endif
