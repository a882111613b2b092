#include "workers/content.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "document/document.h"

enum { NOTE_TEXT_MAX = 60 * 1024 * 1024 };

static bool too_large(int64_t size_bytes, struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT, "it is %" PRId64 " MB large, more than the %" PRId64 " MB that are read",
                     size_bytes / 1000000, CONTENT_MOST_BYTES / 1000000);
}

static bool read_blob(struct source *source, const char *locator, struct content *ret, struct fault *fault)
{
    scoped(blob_close) struct blob *blob = NULL;
    scoped(string_free) char *data = NULL;
    size_t size = 0;
    size_t done = 0;
    size_t got = 1;

    if (!source_open_blob(source, locator, &blob, fault))
        return false;
    if (blob_size(blob) > CONTENT_MOST_BYTES)
        return too_large(blob_size(blob), fault);
    size = (size_t)blob_size(blob);
    data = x_alloc_raw(size + 1);
    while (done < size && got > 0) {
        if (!blob_read(blob, data + done, size - done, &got, fault))
            return false;
        done += got;
    }
    if (done < size)
        return fault_set(fault, FAULT_BAD_INPUT, "it ended after %zu of %zu bytes", done, size);
    data[size] = '\0';
    ret->owned = steal(data);
    ret->bytes = (struct slice){ret->owned, size};
    return true;
}

bool content_read(struct source **source, const char *source_path, const struct json *blob, struct content *ret,
                  struct fault *fault)
{
    const char *text = json_text(json_member(blob, "text"), NULL);
    const char *locator = json_text(json_member(blob, "locator"), NULL);
    struct source_options options = {0}; /* a locator is read as bytes, whatever the text files are */

    *ret = (struct content){0};
    if (text || !locator) {
        ret->bytes = slice_of(text ? text : "");
        return true;
    }
    return (*source || source_open(source_path, &options, source, fault)) && read_blob(*source, locator, ret, fault);
}

void content_release(struct content *content)
{
    free(content->owned);
    *content = (struct content){0};
}

bool content_put_text(const struct content *content, struct text *out, size_t *ret_pictures, struct fault *fault)
{
    scoped(document_destroy) struct document *document = NULL;
    enum document_format format = document_detect(content->bytes);

    *ret_pictures = 0;
    if (format == DOCUMENT_EMPTY)
        return true;
    if (format == DOCUMENT_OTHER && document_looks_encrypted(content->bytes))
        return fault_set(fault, FAULT_BAD_INPUT, "it looks encrypted");
    if (!document_read(content->bytes, format, &document, fault))
        return false;
    document_put_text(document, out);
    *ret_pictures = document_picture_count(document);
    return !out->overflowed || fault_set(fault, FAULT_BAD_INPUT, "its text is larger than %zu MB", out->cap / 1000000);
}

bool content_write_note(struct source **source, const char *source_path, const char *source_key,
                        const struct json *payload, const struct body_ids *ids, struct text *out,
                        size_t *ret_pictures_left, struct fault *fault)
{
    const struct json *body = json_member(payload, "body");
    struct content content = {0};
    struct text text;
    size_t pictures = 0;
    bool good = false;

    text_init(&text, NOTE_TEXT_MAX);
    if (content_read(source, source_path, body, &content, fault) && content_put_text(&content, &text, &pictures, fault))
        good = body_write_note(source_key, payload, ids, text_slice(&text), out, fault);
    else
        fault_prefix(fault, "the note's text cannot be read");
    *ret_pictures_left = json_bool(json_member(body, "pictures"), false) ? 0 : pictures;
    content_release(&content);
    text_release(&text);
    return good;
}
