#include "sandbox/s3_digest.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/must.h"

struct s3_digest {
    EVP_MD_CTX *md5;
    EVP_MD_CTX *sha256;
};

static EVP_MD_CTX *start(const EVP_MD *kind)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    must(context);
    must(EVP_DigestInit_ex(context, kind, NULL) == 1);
    return context;
}

struct s3_digest *s3_digest_new(void)
{
    struct s3_digest *digest = x_alloc(sizeof *digest);

    digest->md5 = start(EVP_md5());
    digest->sha256 = start(EVP_sha256());
    return digest;
}

void s3_digest_add(struct s3_digest *digest, const char *data, size_t size)
{
    must(EVP_DigestUpdate(digest->md5, data, size) == 1);
    must(EVP_DigestUpdate(digest->sha256, data, size) == 1);
}

static void finish(EVP_MD_CTX *context, char *ret, size_t room)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    must(EVP_DigestFinal_ex(context, bytes, &size) == 1);
    sodium_bin2hex(ret, room, bytes, size);
}

void s3_digest_end(struct s3_digest *digest, char ret_md5[S3_MD5_SIZE], char ret_sha256[S3_SHA256_SIZE])
{
    finish(digest->md5, ret_md5, S3_MD5_SIZE);
    finish(digest->sha256, ret_sha256, S3_SHA256_SIZE);
}

void s3_digest_destroy(struct s3_digest **place)
{
    struct s3_digest *digest = *place;

    *place = NULL;
    if (!digest)
        return;
    EVP_MD_CTX_free(digest->md5);
    EVP_MD_CTX_free(digest->sha256);
    free(digest);
}
