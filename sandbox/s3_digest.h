/* MD5 and SHA-256 of a stream of bytes: what S3 calls an ETag, and what tests compare. */
#ifndef SANDBOX_S3_DIGEST_H
#define SANDBOX_S3_DIGEST_H

#include <stddef.h>

enum { S3_MD5_SIZE = 33, S3_SHA256_SIZE = 65 }; /* as hexadecimal text with its NUL */

struct s3_digest;

struct s3_digest *s3_digest_new(void);
void s3_digest_add(struct s3_digest *digest, const char *data, size_t size_bytes);
void s3_digest_end(struct s3_digest *digest, char ret_md5[S3_MD5_SIZE], char ret_sha256[S3_SHA256_SIZE]); /* once */
void s3_digest_destroy(struct s3_digest **digest);

#endif
