#include "cliniko/upload.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "cliniko/upload_parts.h"
#include "cliniko/xml.h"

enum {
    STALL_S = 60,
    ELEMENT_MAX = 2000,
    SHA256_SIZE = 32,
    MD5_SIZE = 16,
};

struct upload {
    struct http_exchange *exchange;
    struct http_headers *headers;
    const struct upload_post *post;
    char *file_name;
    int64_t size_bytes;
    int64_t sent_bytes;
    upload_read_fn *read;
    void *read_argument;
    struct fault fault; /* of the source, which ended the upload */
    EVP_MD_CTX *sha256;
    EVP_MD_CTX *md5;
    upload_done_fn *done;
    void *argument;
};

static void upload_free(struct upload *upload)
{
    EVP_MD_CTX_free(upload->sha256);
    EVP_MD_CTX_free(upload->md5);
    http_headers_destroy(&upload->headers);
    free(upload->file_name);
    free(upload);
}

static EVP_MD_CTX *digest_new(const EVP_MD *kind)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();

    must(digest && EVP_DigestInit_ex(digest, kind, NULL) == 1);
    return digest;
}

static void digest_end(EVP_MD_CTX *digest, size_t size, char *ret_hex)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned written = 0;

    must(EVP_DigestFinal_ex(digest, bytes, &written) == 1 && written == size);
    for (size_t i = 0; i < size; i++)
        snprintf(ret_hex + 2 * i, 3, "%02x", bytes[i]);
}

/* ---- what goes out ---- */

/* A file that grew since it was measured would arrive cut short. */
static bool ends_here(struct upload *upload)
{
    char more = 0;
    size_t size = 0;

    if (!upload->read(upload->read_argument, &more, 1, &size, &upload->fault))
        return false;
    return size == 0 || fault_set(&upload->fault, FAULT_BAD_INPUT, "the file holds more than the %lld bytes it should",
                                  (long long)upload->size_bytes);
}

static bool on_read(void *argument, void *buffer, size_t size, size_t *ret_size)
{
    struct upload *upload = argument;
    int64_t left = upload->size_bytes - upload->sent_bytes;

    *ret_size = 0;
    if (left == 0)
        return true;
    if ((int64_t)size > left)
        size = (size_t)left;
    if (!upload->read(upload->read_argument, buffer, size, ret_size, &upload->fault))
        return false;
    if (*ret_size == 0)
        return fault_set(&upload->fault, FAULT_BAD_INPUT, "the file ends after %lld of %lld bytes",
                         (long long)upload->sent_bytes, (long long)upload->size_bytes);
    must(EVP_DigestUpdate(upload->sha256, buffer, *ret_size) == 1 &&
         EVP_DigestUpdate(upload->md5, buffer, *ret_size) == 1);
    upload->sent_bytes += (int64_t)*ret_size;
    return upload->sent_bytes < upload->size_bytes || ends_here(upload);
}

/* ---- what comes back ---- */

static bool set_coded(struct fault *fault, enum fault_kind kind, int status, const char *text)
{
    fault_set(fault, kind, "%s", text);
    fault->code = status;
    return false;
}

/* S3's codes by what can be done (API reference 8.5). The message is not shown: it quotes the policy and the key. */
static bool refused(const struct upload *upload, const struct http_answer *answer, struct fault *fault)
{
    static const char *const final[] = {"EntityTooLarge",       "EntityTooSmall",     "MaxPostPreDataLengthExceeded",
                                        "MalformedPOSTRequest", "PreconditionFailed", "MissingContentLength",
                                        "InvalidArgument"};
    scoped(string_free) char *sentence = NULL;
    struct text code;
    struct text message;
    bool is_final = answer->status == 412 || answer->status == 411;
    bool expired = false;

    text_init(&code, ELEMENT_MAX);
    text_init(&message, ELEMENT_MAX);
    if (!xml_element(answer->body, "Code", &code) || strspn(text_string(&code), "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                                                "abcdefghijklmnopqrstuvwxyz0123456789"
                                                                                "._-") != code.size)
        text_clear(&code);
    expired = xml_element(answer->body, "Message", &message) && strcasestr(text_string(&message), "expired");
    for (size_t i = 0; i < array_length(final); i++)
        is_final = is_final || strcmp(text_string(&code), final[i]) == 0;
    sentence = x_sprintf("The file store refuses the file of %lld bytes with status %d%s%.60s%s.",
                         (long long)upload->size_bytes, answer->status, code.size ? " " : "", text_string(&code),
                         expired ? ": the permission had expired" : "");
    text_release(&code);
    text_release(&message);
    return set_coded(fault, is_final ? FAULT_REFUSED : FAULT_RETRY, answer->status, sentence);
}

static bool is_hex(struct slice text, size_t size)
{
    for (size_t i = 0; i < text.size; i++)
        if (!memchr("0123456789abcdefABCDEF", text.data[i], 22))
            return false;
    return text.size == size;
}

/* The ETag of an object that came in one piece is its MD5, unless the bucket encrypts with keys of its own. */
static bool arrived_whole(const struct http_answer *answer, const char *md5, struct fault *fault)
{
    struct text element;
    struct slice etag = answer->etag;
    bool differs = false;

    text_init(&element, ELEMENT_MAX);
    if (xml_element(answer->body, "ETag", &element))
        etag = text_slice(&element);
    if (etag.size > 1 && etag.data[0] == '"')
        etag = (struct slice){etag.data + 1, etag.size - 2};
    differs = is_hex(etag, 2 * MD5_SIZE) && strncasecmp(etag.data, md5, etag.size) != 0 &&
              !slice_equals(answer->encryption, "aws:kms") && !slice_equals(answer->encryption, "aws:kms:dsse");
    text_release(&element);
    return !differs || set_coded(fault, FAULT_RETRY, answer->status,
                                 "The bytes that the file store holds are not those that were sent.");
}

/* S3 tells the key; when the post asked for an answer without a body, it is the field with the name put in. */
static bool put_key(const struct upload *upload, const struct http_answer *answer, struct text *out)
{
    static const char variable[] = "${filename}";
    const char *key = upload_post_field(upload->post, "key");
    const char *at = strstr(key, variable);

    if (answer->body.size > 0)
        return xml_element(answer->body, "Key", out) && out->size > 0;
    text_put(out, key, at ? (size_t)(at - key) : strlen(key));
    if (at) {
        text_puts(out, upload->file_name);
        text_puts(out, at + strlen(variable));
    }
    return true;
}

static bool judge(const struct upload *upload, const struct http_answer *answer, const char *md5, struct text *url,
                  struct fault *fault)
{
    bool has_slash = upload->post->url[strlen(upload->post->url) - 1] == '/';

    if (upload->fault.kind != FAULT_NONE) {
        *fault = upload->fault;
        return false;
    }
    if (answer->end != HTTP_ANSWERED)
        return fault_set(fault, FAULT_RETRY, "The upload broke off after %lld of %lld bytes: %s",
                         (long long)upload->sent_bytes, (long long)upload->size_bytes, answer->problem);
    if (answer->status != 200 && answer->status != 201 && answer->status != 204)
        return refused(upload, answer, fault);
    if (upload->sent_bytes != upload->size_bytes)
        return set_coded(fault, FAULT_RETRY, answer->status, "The file store answered before it had the whole file.");
    text_printf(url, "%s%s", upload->post->url, has_slash ? "" : "/");
    if (!put_key(upload, answer, url))
        return set_coded(fault, FAULT_RETRY, answer->status, "The file store's answer does not say where the file is.");
    return arrived_whole(answer, md5, fault);
}

static void on_done(void *argument, const struct http_answer *answer)
{
    struct upload *upload = argument;
    upload_done_fn *done = upload->done;
    void *done_argument = upload->argument;
    char sha256[2 * SHA256_SIZE + 1];
    char md5[2 * MD5_SIZE + 1];
    struct upload_answer result = {.sha256 = sha256, .md5 = md5};
    struct fault fault = {0};
    struct text url;
    bool worked = false;

    text_init(&url, 2 * ELEMENT_MAX);
    digest_end(upload->sha256, SHA256_SIZE, sha256);
    digest_end(upload->md5, MD5_SIZE, md5);
    worked = judge(upload, answer, md5, &url, &fault);
    result.upload_url = text_string(&url);
    upload_free(upload);
    done(done_argument, worked ? &result : NULL, worked ? NULL : &fault);
    text_release(&url);
}

/* ---- under way ---- */

struct upload *upload_start(struct http *http, const struct upload_request *request, upload_done_fn *done,
                            void *argument)
{
    struct upload *upload = x_alloc(sizeof *upload);
    struct http_form form = {.fields = request->post->fields,
                             .field_count = request->post->field_count,
                             .file_name = request->file_name,
                             .content_type = request->content_type,
                             .size_bytes = request->size_bytes,
                             .read = on_read,
                             .argument = upload};

    upload->post = request->post;
    upload->file_name = x_strdup(request->file_name);
    upload->size_bytes = request->size_bytes;
    upload->read = request->read;
    upload->read_argument = request->argument;
    upload->sha256 = digest_new(EVP_sha256());
    upload->md5 = digest_new(EVP_md5());
    upload->done = done;
    upload->argument = argument;
    upload->headers = http_headers_new();
    upload->exchange = http_send(http,
                                 &(struct http_request){.method = HTTP_POST,
                                                        .url = request->post->url,
                                                        .headers = upload->headers,
                                                        .form = &form,
                                                        .stall_s = STALL_S},
                                 on_done, upload);
    return upload;
}

void upload_cancel(struct upload **place)
{
    struct upload *upload = *place;

    *place = NULL;
    if (!upload)
        return;
    http_cancel(&upload->exchange);
    upload_free(upload);
}

int64_t upload_sent_bytes(const struct upload *upload)
{
    return upload->sent_bytes;
}
