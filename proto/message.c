#include "proto/message.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "base/number.h"

enum field_type { FIELD_TEXT, FIELD_NUMBER, FIELD_FAULT };

/* One field of one message; `sample_text` and `sample` are alternatives. */
struct field {
    const char *name;
    enum field_type type;
    size_t offset; /* in struct message */
    size_t size;   /* FIELD_TEXT: greatest size in bytes */
    int64_t least;
    int64_t greatest;
    int64_t sample;
    const char *sample_text;
    const char *meaning;
};

struct shape {
    const char *name;
    enum message_direction direction;
    const char *meaning;
    const struct field *fields;
    size_t count;
};

#define MESSAGE(NAME, member, direction, meaning) static const struct field member##_fields[] = {
#define TEXT(member, field, greatest, sample, meaning)                                                                 \
    {#field, FIELD_TEXT, offsetof(struct message, member.field), greatest, 0, 0, 0, sample, meaning},
#define NUMBER(member, field, least, greatest, sample, meaning)                                                        \
    {#field, FIELD_NUMBER, offsetof(struct message, member.field), 0, least, greatest, sample, NULL, meaning},
#define FAULT(member, field, sample, meaning)                                                                          \
    {#field, FIELD_FAULT, offsetof(struct message, member.field), 0, 0, 0, sample, NULL, meaning},
#define END(member)                                                                                                    \
    }                                                                                                                  \
    ;                                                                                                                  \
    _Static_assert(array_length(member##_fields) + 2 <= MESSAGE_FRAMES_MAX, "MESSAGE_FRAMES_MAX is too small");
#include "proto/messages.def"

#define TEXT(member, field, greatest, sample, meaning)                                                                 \
    _Static_assert((greatest) <= MESSAGE_FRAME_SIZE, "MESSAGE_FRAME_SIZE is too small");
#include "proto/messages.def"

static const struct shape shapes[] = {
#define MESSAGE(NAME, member, direction, meaning)                                                                      \
    [MESSAGE_##NAME] = {#NAME, direction, meaning, member##_fields, array_length(member##_fields)},
#define SIGNAL(NAME, direction, meaning) [MESSAGE_##NAME] = {#NAME, direction, meaning, NULL, 0},
#include "proto/messages.def"
};

static const struct shape *shape_of(enum message_type type)
{
    must((size_t)type < array_length(shapes));
    return &shapes[type];
}

const char *message_name(enum message_type type)
{
    return shape_of(type)->name;
}

enum message_direction message_direction(enum message_type type)
{
    return shape_of(type)->direction;
}

static char *text_in(struct message *message, const struct field *field)
{
    return (char *)message + field->offset;
}

static const char *text_of(const struct message *message, const struct field *field)
{
    return (const char *)message + field->offset;
}

static int64_t number_of(const struct message *message, const struct field *field)
{
    int64_t value = 0;

    memcpy(&value, text_of(message, field), sizeof value);
    return value;
}

static enum fault_kind fault_of(const struct message *message, const struct field *field)
{
    enum fault_kind kind = FAULT_NONE;

    memcpy(&kind, text_of(message, field), sizeof kind);
    return kind;
}

static bool is_control(char byte)
{
    return (unsigned char)byte < 0x20 || byte == 0x7F;
}

/* The size of the well-formed character at the start of the bytes, 0 when there is none. */
static size_t character_size(const char *data, size_t left)
{
    for (size_t size = 1; size <= 4 && size <= left; size++)
        if (utf8_valid(data, size))
            return size;
    return 0;
}

void message_set_field(char *field, size_t size_bytes, const char *string)
{
    size_t left = strlen(string);
    size_t used = 0;

    while (left > 0) {
        size_t size = character_size(string, left);
        size_t step = size ? size : 1;

        if (used + step + 1 > size_bytes)
            break;
        memcpy(field + used, string, step);
        if (size == 0)
            field[used] = '?';
        else if (is_control(*string))
            field[used] = ' ';
        used += step;
        string += step;
        left -= step;
    }
    if (used == 0)
        field[used++] = '-';
    memset(field + used, 0, size_bytes - used);
}

/* Every fault of this file: what and where, quoting nothing of the content, which may be anything. */
static bool wrong(struct fault *fault, const struct shape *shape, const struct field *field, const char *rule)
{
    return fault_set(fault, FAULT_BAD_INPUT, "%s: the field %s %s.", shape->name, field->name, rule);
}

static bool check_text(struct slice text, const struct shape *shape, const struct field *field, struct fault *fault)
{
    if (text.size == 0)
        return wrong(fault, shape, field, "is empty");
    if (text.size > field->size)
        return fault_set(fault, FAULT_BAD_INPUT, "%s: the field %s is too long (%zu bytes, at most %zu).", shape->name,
                         field->name, text.size, field->size);
    if (!utf8_valid(text.data, text.size))
        return wrong(fault, shape, field, "is not UTF-8");
    for (size_t i = 0; i < text.size; i++)
        if (is_control(text.data[i]))
            return wrong(fault, shape, field, "holds a control character");
    return true;
}

static bool check_number(int64_t value, const struct shape *shape, const struct field *field, struct fault *fault)
{
    if (value < field->least || value > field->greatest)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "%s: the field %s is %" PRId64 ", which is not within %" PRId64 " to %" PRId64 ".",
                         shape->name, field->name, value, field->least, field->greatest);
    return true;
}

/* Only the one canonical spelling: no blanks, no sign but '-', no leading zeros, so that equal messages are equal
 * bytes. */
static bool decode_number(struct slice frame, const struct shape *shape, const struct field *field,
                          struct message *message, struct fault *fault)
{
    struct fault unused;
    char canonical[24];
    int64_t value = 0;

    if (!number_parse(frame, INT64_MIN, INT64_MAX, &value, &unused))
        return wrong(fault, shape, field, "is not a whole number of 64 bits");
    snprintf(canonical, sizeof canonical, "%" PRId64, value);
    if (!slice_equals(frame, canonical))
        return wrong(fault, shape, field, "is not written as the shortest decimal number");
    if (!check_number(value, shape, field, fault))
        return false;
    memcpy(text_in(message, field), &value, sizeof value);
    return true;
}

static bool decode_fault(struct slice frame, const struct shape *shape, const struct field *field,
                         struct message *message, struct fault *fault)
{
    for (enum fault_kind kind = FAULT_RETRY; kind <= FAULT_INTERNAL; kind++) {
        if (slice_equals(frame, fault_kind_name(kind))) {
            memcpy(text_in(message, field), &kind, sizeof kind);
            return true;
        }
    }
    return wrong(fault, shape, field, "is not the name of a kind of fault");
}

static bool decode_field(struct slice frame, const struct shape *shape, const struct field *field,
                         struct message *message, struct fault *fault)
{
    switch (field->type) {
    case FIELD_TEXT:
        if (!check_text(frame, shape, field, fault))
            return false;
        memcpy(text_in(message, field), frame.data, frame.size);
        return true;
    case FIELD_NUMBER:
        return decode_number(frame, shape, field, message, fault);
    case FIELD_FAULT:
        return decode_fault(frame, shape, field, message, fault);
    }
    must(!"a field type outside its enum");
    return false;
}

static void protocol_name(char ret[24])
{
    snprintf(ret, 24, PROTOCOL_NAME "%d", PROTOCOL_VERSION);
}

static bool check_protocol(struct slice frame, struct fault *fault)
{
    const size_t prefix = sizeof PROTOCOL_NAME - 1;
    struct fault unused;
    char wanted[24];
    int64_t version = 0;

    protocol_name(wanted);
    if (slice_equals(frame, wanted))
        return true;
    if (frame.size > prefix && memcmp(frame.data, PROTOCOL_NAME, prefix) == 0 &&
        number_parse((struct slice){frame.data + prefix, frame.size - prefix}, 0, INT32_MAX, &version, &unused))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "This side speaks version %d of the protocol, the other one version %" PRId64
                         ": run the same release of Handover on both.",
                         PROTOCOL_VERSION, version);
    return fault_set(fault, FAULT_BAD_INPUT, "The first frame is not %s: this is no message of Handover.", wanted);
}

static bool find_type(struct slice frame, enum message_type *ret, struct fault *fault)
{
    for (size_t i = 0; i < array_length(shapes); i++) {
        if (slice_equals(frame, shapes[i].name)) {
            *ret = (enum message_type)i;
            return true;
        }
    }
    return fault_set(fault, FAULT_BAD_INPUT, "The second frame names no type of message of version %d.",
                     PROTOCOL_VERSION);
}

bool message_decode(const struct slice *frames, size_t count, struct message *ret, struct fault *fault)
{
    struct message message = {0};
    const struct shape *shape = NULL;

    if (count < 2)
        return fault_set(fault, FAULT_BAD_INPUT, "A message has at least two frames, and this one has %zu.", count);
    if (!check_protocol(frames[0], fault) || !find_type(frames[1], &message.type, fault))
        return false;
    shape = shape_of(message.type);
    if (count != shape->count + 2)
        return fault_set(fault, FAULT_BAD_INPUT, "%s has %zu fields, and this one came with %zu.", shape->name,
                         shape->count, count - 2);
    for (size_t i = 0; i < shape->count; i++)
        if (!decode_field(frames[i + 2], shape, &shape->fields[i], &message, fault))
            return false;
    *ret = message;
    return true;
}

static bool encode_text(const struct message *message, const struct shape *shape, const struct field *field,
                        struct slice *ret, struct fault *fault)
{
    const char *data = text_of(message, field);
    struct slice text = {data, strnlen(data, field->size + 1)};

    if (!check_text(text, shape, field, fault))
        return false;
    *ret = text;
    return true;
}

static bool encode_field(const struct message *message, const struct shape *shape, const struct field *field,
                         char number[24], struct slice *ret, struct fault *fault)
{
    switch (field->type) {
    case FIELD_TEXT:
        return encode_text(message, shape, field, ret, fault);
    case FIELD_NUMBER:
        if (!check_number(number_of(message, field), shape, field, fault))
            return false;
        snprintf(number, 24, "%" PRId64, number_of(message, field));
        *ret = slice_of(number);
        return true;
    case FIELD_FAULT:
        if (fault_of(message, field) <= FAULT_NONE || fault_of(message, field) > FAULT_INTERNAL)
            return wrong(fault, shape, field, "is no kind of fault");
        *ret = slice_of(fault_kind_name(fault_of(message, field)));
        return true;
    }
    must(!"a field type outside its enum");
    return false;
}

bool message_encode(const struct message *message, struct message_frames *ret, struct fault *fault)
{
    const struct shape *shape = shape_of(message->type);

    protocol_name(ret->numbers[0]);
    ret->frames[0] = slice_of(ret->numbers[0]);
    ret->frames[1] = slice_of(shape->name);
    ret->count = shape->count + 2;
    for (size_t i = 0; i < shape->count; i++) {
        if (!encode_field(message, shape, &shape->fields[i], ret->numbers[i + 2], &ret->frames[i + 2], fault)) {
            fault->kind = FAULT_INTERNAL;
            return fault_prefix(fault, "a message that is to be sent is not valid");
        }
    }
    return true;
}

void message_print(const struct message *message, struct text *out)
{
    const struct shape *shape = shape_of(message->type);

    text_puts(out, shape->name);
    for (size_t i = 0; i < shape->count; i++) {
        const struct field *field = &shape->fields[i];

        switch (field->type) {
        case FIELD_TEXT:
            text_printf(out, " %s=\"%s\"", field->name, text_of(message, field));
            break;
        case FIELD_NUMBER:
            text_printf(out, " %s=%" PRId64, field->name, number_of(message, field));
            break;
        case FIELD_FAULT:
            text_printf(out, " %s=%s", field->name, fault_kind_name(fault_of(message, field)));
            break;
        }
    }
}

void message_sample(enum message_type type, struct message *ret)
{
    const struct shape *shape = shape_of(type);

    *ret = (struct message){.type = type};
    for (size_t i = 0; i < shape->count; i++) {
        const struct field *field = &shape->fields[i];
        enum fault_kind kind = (enum fault_kind)field->sample;

        switch (field->type) {
        case FIELD_TEXT:
            message_set_field(text_in(ret, field), field->size + 1, field->sample_text);
            break;
        case FIELD_NUMBER:
            memcpy(text_in(ret, field), &field->sample, sizeof field->sample);
            break;
        case FIELD_FAULT:
            memcpy(text_in(ret, field), &kind, sizeof kind);
            break;
        }
    }
}

static void print_row(const struct field *field, struct text *out)
{
    text_printf(out, "| | `%s` | ", field->name);
    switch (field->type) {
    case FIELD_TEXT:
        text_printf(out, "text, 1 to %zu bytes", field->size);
        break;
    case FIELD_NUMBER:
        text_printf(out, "number, %" PRId64 " to %" PRId64, field->least, field->greatest);
        break;
    case FIELD_FAULT:
        text_puts(out, "kind of fault");
        break;
    }
    text_printf(out, " | %s |\n", field->meaning);
}

void message_print_table(struct text *out)
{
    text_puts(out, "| message | field | value | meaning |\n| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < array_length(shapes); i++) {
        const char *way = shapes[i].direction == MESSAGE_TO_WORKER ? "to the worker" : "to the coordinator";

        text_printf(out, "| **%s** | | %s | %s |\n", shapes[i].name, way, shapes[i].meaning);
        for (size_t j = 0; j < shapes[i].count; j++)
            print_row(&shapes[i].fields[j], out);
    }
}
