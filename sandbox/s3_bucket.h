/*
 * The bucket: what was uploaded, by key. Of every object size, MD5 and SHA-256 are known; its bytes are kept in a file
 * where there is a folder for them.
 */
#ifndef SANDBOX_S3_BUCKET_H
#define SANDBOX_S3_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "sandbox/s3_digest.h"
#include "sandbox/table.h"

enum { S3_HEAD_SIZE = 8 };

struct s3_object {
    char *key;
    char *content_type; /* of the file part; NULL for none */
    char *path;         /* of the kept bytes; NULL when they were not kept */
    int64_t size_bytes;
    char head[S3_HEAD_SIZE]; /* the first bytes */
    size_t head_size;
    char md5[S3_MD5_SIZE];
    char sha256[S3_SHA256_SIZE];
    bool removed; /* the temporary object is gone; its bytes belong to an attachment now */
};

struct s3_bucket {
    const char *folder; /* borrowed; NULL: bytes are not kept */
    struct s3_object **objects;
    size_t count;
    struct hash keys;     /* place + 1 of the newest object with the key */
    uint64_t next_file;   /* number of the next file in the folder */
    uint64_t next_token;  /* of the next presigned post */
    int64_t stored_bytes; /* of all objects */
};

void s3_bucket_init(struct s3_bucket *bucket, const char *folder);
void s3_bucket_release(struct s3_bucket *bucket); /* removes the files too; the folder stays */

/* An unpredictable-looking path element, the same in every run. */
enum { S3_TOKEN_SIZE = 37 };
void s3_bucket_token(struct s3_bucket *bucket, char ret[S3_TOKEN_SIZE]);

/* Takes the object, with its texts. */
void s3_bucket_add(struct s3_bucket *bucket, struct s3_object *object);

/* The place of the newest object with that key which has not been removed. False: there is none. */
bool s3_bucket_find(const struct s3_bucket *bucket, const char *key, size_t *ret_place);

#endif
