#include "cli/preview.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "document/document.h"
#include "model/body.h"
#include "model/record.h"

enum { NOTE_BYTES_MAX = 4 * 1024 * 1024 };

/* The placeholders of what a record points to. */
struct places {
    char *of[ENTITY_COUNT];
};

static void places_release(struct places *places)
{
    for (size_t i = 0; i < ENTITY_COUNT; i++)
        free(places->of[i]);
}

static void place(struct places *places, enum entity entity, const struct json *key)
{
    if (json_is_text(key) && !places->of[entity])
        places->of[entity] = x_sprintf("<%s %s>", entity_facts(entity)->name, json_text(key, ""));
}

static void find_places(const struct staged_record *record, const struct json *payload, struct places *places)
{
    const struct record_field *fields = record_fields(record->entity);
    const struct entity_facts *facts = entity_facts(record->entity);

    if (facts->parent)
        place(places, facts->parent_entity, json_member(payload, facts->parent));
    if (facts->link)
        place(places, facts->link_entity, json_member(payload, facts->link));
    for (size_t i = 0; fields && fields[i].name; i++)
        if (fields[i].type == FIELD_REFERENCE)
            place(places, fields[i].reference, json_member(payload, fields[i].name));
}

static bool read_blob(struct source *source, const char *locator, char **ret, size_t *ret_size, struct fault *fault)
{
    scoped(blob_close) struct blob *blob = NULL;
    scoped(string_free) char *data = NULL;
    size_t got = 1;

    *ret_size = 0;
    if (!source_open_blob(source, locator, &blob, fault))
        return false;
    if (blob_size(blob) > NOTE_BYTES_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "it is larger than the %d MiB that are shown",
                         NOTE_BYTES_MAX / 1024 / 1024);
    data = x_alloc((size_t)blob_size(blob) + 1);
    while (*ret_size < (size_t)blob_size(blob) && got > 0) {
        if (!blob_read(blob, data + *ret_size, (size_t)blob_size(blob) - *ret_size, &got, fault))
            return false;
        *ret_size += got;
    }
    *ret = steal(data);
    return true;
}

/* What a person reads in the note. */
static bool put_note_text(const struct json *payload, struct source *source, struct text *out, struct fault *fault)
{
    const struct json *body = json_member(payload, "body");
    const char *locator = json_text(json_member(body, "locator"), NULL);
    struct slice bytes = slice_of(json_text(json_member(body, "text"), ""));
    scoped(document_destroy) struct document *document = NULL;
    scoped(string_free) char *owned = NULL;
    enum document_format format;

    if (locator && !read_blob(source, locator, &owned, &bytes.size, fault))
        return false;
    bytes.data = locator ? owned : bytes.data;
    format = document_detect(bytes);
    if (format == DOCUMENT_EMPTY)
        return true;
    if (!document_read(bytes, format, &document, fault))
        return false;
    document_put_text(document, out);
    return true;
}

static bool write_note(const struct staged_record *record, const struct json *payload, const struct body_ids *ids,
                       struct source *source, struct text *out, struct fault *fault)
{
    struct text text;
    bool good = false;

    text_init(&text, out->cap);
    good = put_note_text(payload, source, &text, fault)
               ? body_write_note(record->source_key, payload, ids, text_slice(&text), out, fault)
               : fault_prefix(fault, "the note's text cannot be read");
    text_release(&text);
    return good;
}

static bool write_body(const struct staged_record *record, const struct json *payload, const struct body_ids *ids,
                       struct source *source, struct text *out, struct fault *fault)
{
    switch (record->entity) {
    case ENTITY_BUSINESS:
    case ENTITY_PRACTITIONER:
        text_put(out, record->payload.data, record->payload.size);
        return true;
    case ENTITY_TREATMENT_NOTE:
        return write_note(record, payload, ids, source, out, fault);
    case ENTITY_NOTE_DOCUMENT:
    case ENTITY_ATTACHMENT:
    case ENTITY_XRAY:
    case ENTITY_LETTER:
        return body_write_attachment(record->entity, record->source_key, payload, ids, "<address of the upload>", out,
                                     fault);
    default:
        return body_write(record->entity, record->source_key, payload, ids, out, fault);
    }
}

bool preview_write(const struct staged_record *record, struct source *source, struct text *out, struct fault *fault)
{
    static const char *const all_practitioners[] = {"<every practitioner>"};
    static const char *const all_locations[] = {"<every location>"};
    scoped(json_destroy) struct json *payload = NULL;
    struct places places = {{0}};
    struct body_ids ids = {
        .practitioners = all_practitioners, .practitioner_count = 1, .businesses = all_locations, .business_count = 1};
    bool good = false;

    if (!json_parse(record->payload.data, record->payload.size, &payload, fault))
        return false;
    find_places(record, payload, &places);
    for (size_t i = 0; i < ENTITY_COUNT; i++)
        ids.of[i] = places.of[i];
    good = write_body(record, payload, &ids, source, out, fault);
    places_release(&places);
    return good;
}
