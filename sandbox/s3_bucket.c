#include "sandbox/s3_bucket.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

void s3_bucket_init(struct s3_bucket *bucket, const char *folder)
{
    *bucket = (struct s3_bucket){.folder = folder && *folder ? folder : NULL};
}

void s3_bucket_release(struct s3_bucket *bucket)
{
    for (size_t i = 0; i < bucket->count; i++) {
        struct s3_object *object = bucket->objects[i];

        if (object->path)
            unlink(object->path);
        string_free(&object->key);
        string_free(&object->content_type);
        string_free(&object->path);
        free(object);
    }
    free(bucket->objects);
    hash_release(&bucket->keys);
    s3_bucket_init(bucket, bucket->folder);
}

/* In the form of a UUID, as the service's own look. */
void s3_bucket_token(struct s3_bucket *bucket, char ret[S3_TOKEN_SIZE])
{
    unsigned char bytes[16];
    char digits[33];
    uint64_t number = bucket->next_token++;
    size_t at = 0;

    crypto_generichash(bytes, sizeof bytes, (const unsigned char *)&number, sizeof number, NULL, 0);
    sodium_bin2hex(digits, sizeof digits, bytes, sizeof bytes);
    for (size_t i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            ret[at++] = '-';
        ret[at++] = digits[i];
    }
    ret[at] = '\0';
}

void s3_bucket_add(struct s3_bucket *bucket, struct s3_object *object)
{
    bucket->objects = x_grow_array(bucket->objects, bucket->count + 1, sizeof bucket->objects[0]);
    bucket->objects[bucket->count++] = object;
    bucket->stored_bytes += object->size_bytes;
    hash_put(&bucket->keys, hash_text(object->key), (uint32_t)bucket->count);
}

bool s3_bucket_find(const struct s3_bucket *bucket, const char *key, size_t *ret_place)
{
    uint32_t place = hash_get(&bucket->keys, hash_text(key));

    if (!place || strcmp(bucket->objects[place - 1]->key, key) != 0 || bucket->objects[place - 1]->removed)
        return false;
    *ret_place = place - 1;
    return true;
}
