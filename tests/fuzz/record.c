/* Any values of any entity: the first byte says which, 0x1E parts the fields. Whatever passes is JSON, its body is JSON
 * within Cliniko's limits, and a body that comes back as it was sent does not differ. */
#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "base/must.h"
#include "model/body.h"
#include "model/letters.h"
#include "model/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FIELD_END = 0x1E, BODY_CAP = 32 * 1024 * 1024, TITLE_MOST = 255, ANSWER_MOST = 60000, TODAY = 20513 };

static const char key[] = "FD-1";

static void fill_ids(struct body_ids *ids)
{
    for (int i = 0; i < ENTITY_COUNT; i++)
        ids->of[i] = "1800000000000000001";
}

static void split_fields(struct slice bytes, struct record_draft *draft)
{
    for (size_t i = 0; i < RECORD_FIELDS_MAX; i++) {
        const char *end = memchr(bytes.data, FIELD_END, bytes.size);
        size_t length = end ? (size_t)(end - bytes.data) : bytes.size;

        if (length)
            draft->values[i] = (struct slice){bytes.data, length};
        if (!end)
            return;
        bytes.data += length + 1;
        bytes.size -= length + 1;
    }
}

static void check_short(const struct json *body, const char *name)
{
    must(utf8_length(slice_of(json_text(json_member(body, name), ""))) <= TITLE_MOST);
}

static void check_answers(const struct json *note)
{
    const struct json *sections = json_member(json_member(note, "content"), "sections");

    must(json_count(sections) > 0);
    for (const struct json *section = json_first(sections); section; section = json_next(section)) {
        const struct json *answer = json_member(json_at(json_member(section, "questions"), 0), "answer");

        must(!answer || json_text(answer, "")[0]);
        must(utf8_length(slice_of(json_text(answer, ""))) <= ANSWER_MOST);
    }
}

static bool write_body(enum entity entity, const struct json *payload, const struct body_ids *ids, struct slice value,
                       struct text *out)
{
    struct fault fault = {0};

    switch (entity) {
    case ENTITY_BUSINESS:
    case ENTITY_PRACTITIONER:
        return false;
    case ENTITY_TREATMENT_NOTE:
        return body_write_note(key, payload, ids, value, out, &fault);
    case ENTITY_NOTE_DOCUMENT:
    case ENTITY_ATTACHMENT:
    case ENTITY_XRAY:
    case ENTITY_LETTER:
        return body_write_attachment(entity, key, payload, ids, "https://a/b", out, &fault);
    default:
        return body_write(entity, key, payload, ids, out, &fault);
    }
}

static void check_payload(enum entity entity, const struct text *payload_text, struct slice value)
{
    struct body_ids ids = {0};
    struct json *payload = NULL;
    struct json *body = NULL;
    struct fault fault = {0};
    struct text out;

    fill_ids(&ids);
    text_init(&out, BODY_CAP);
    must(json_parse(text_string(payload_text), payload_text->size, &payload, &fault));
    if (write_body(entity, payload, &ids, value, &out)) {
        must(json_parse(text_string(&out), out.size, &body, &fault));
        check_short(body, "title");
        check_short(body, "name");
        check_short(body, "description");
        if (entity == ENTITY_TREATMENT_NOTE)
            check_answers(body);
        text_clear(&out);
        body_compare(entity, body, body, &out);
        must(!out.size || !strstr(text_string(&out), "content"));
    }
    text_release(&out);
    json_destroy(&body);
    json_destroy(&payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct record_draft draft = {.source_key = key, .time_zone = "Australia/Sydney"};
    struct slice bytes = {(const char *)data + 1, size ? size - 1 : 0};
    struct zones *zones = NULL;
    struct record record;
    struct fault fault = {0};

    /* Sources give UTF-8 without NUL, or nothing. */
    if (size == 0 || !utf8_valid(bytes.data, bytes.size) || memchr(bytes.data, '\0', bytes.size))
        return 0;
    if (!record_fields(data[0] % ENTITY_COUNT))
        return 0;
    draft.entity = data[0] % ENTITY_COUNT;
    split_fields(bytes, &draft);
    zones = zones_new();
    record_init(&record);
    if (record_build(&draft, zones, TODAY, &record, &fault)) {
        check_payload(draft.entity, &record.payload, bytes);
        for (size_t i = 0; i < record.follow_up_count; i++)
            check_payload(record.follow_ups[i].entity, &record.follow_ups[i].payload, bytes);
    } else {
        must(fault.kind == FAULT_BAD_INPUT && fault.text[0]);
    }
    record_release(&record);
    zones_destroy(&zones);
    return 0;
}
