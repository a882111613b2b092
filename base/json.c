#include "base/json.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"

enum { DEPTH_MAX = 64, BLOCK_LEAST = 1024 };

/* A tree lives in a few blocks that are freed as a whole: cJSON asks for each node and text by itself, which costs more
 * than the parsing. The first allocation of a parse is its root node, so the root lies right behind the first block's
 * head, and the blocks are found again from it. */
struct block {
    struct block *next;
    size_t used;
    size_t room;
    _Alignas(16) char bytes[];
};

/* The blocks of the parse that is under way; NULL otherwise. */
static struct block **parsing;

static void *take(size_t size)
{
    size_t wanted = (size + 15) & ~(size_t)15;
    struct block *block = *parsing;

    while (block->next)
        block = block->next;
    if (block->room - block->used < wanted) {
        size_t room = wanted > 2 * block->room ? wanted : 2 * block->room;

        block->next = x_alloc_raw(sizeof *block + room);
        block = block->next;
        *block = (struct block){.room = room};
    }
    block->used += wanted;
    return block->bytes + block->used - wanted;
}

static void keep(void *memory)
{
    (void)memory;
}

static void free_blocks(struct block **first)
{
    while (*first) {
        struct block *block = *first;

        *first = block->next;
        free(block);
    }
}

static const cJSON *node(const struct json *json)
{
    return (const cJSON *)(const void *)json;
}

static const struct json *wrap(const cJSON *item)
{
    return (const struct json *)(const void *)item;
}

/* cJSON recurses 1000 deep and cuts a text at an escaped NUL; both are refused before it sees them. */
static bool prescan(const char *data, size_t size, struct fault *fault)
{
    bool in_text = false;
    int depth = 0;

    for (size_t i = 0; i < size; i++) {
        if (in_text) {
            if (data[i] == '"')
                in_text = false;
            else if (data[i] == '\\' && i + 1 < size) {
                if (size - i >= 6 && memcmp(data + i, "\\u0000", 6) == 0)
                    return fault_set(fault, FAULT_BAD_INPUT, "JSON text holds a NUL character at byte %zu", i);
                i++;
            }
        } else if (data[i] == '"') {
            in_text = true;
        } else if (data[i] == '{' || data[i] == '[') {
            if (++depth > DEPTH_MAX)
                return fault_set(fault, FAULT_BAD_INPUT, "JSON is nested deeper than %d at byte %zu", DEPTH_MAX, i);
        } else if (data[i] == '}' || data[i] == ']') {
            depth--;
        }
    }
    return true;
}

/* cJSON takes 1e999 for infinity, which nobody could write again. */
static bool check_numbers(const cJSON *item, struct fault *fault)
{
    for (; item; item = item->next) {
        if (cJSON_IsNumber(item) && !isfinite(item->valuedouble))
            return fault_set(fault, FAULT_BAD_INPUT, "JSON holds a number that is too large");
        if (!check_numbers(item->child, fault))
            return false;
    }
    return true;
}

bool json_parse(const char *data, size_t size_bytes, struct json **ret, struct fault *fault)
{
    static cJSON_Hooks hooks = {take, keep};
    struct block *blocks = NULL;
    const char *end = NULL;
    cJSON *tree = NULL;

    if (size_bytes == 0)
        return fault_set(fault, FAULT_BAD_INPUT, "not JSON: it is empty");
    if (!utf8_valid(data, size_bytes))
        return fault_set(fault, FAULT_BAD_INPUT, "JSON is not valid UTF-8");
    if (memchr(data, '\0', size_bytes))
        return fault_set(fault, FAULT_BAD_INPUT, "JSON holds a NUL byte");
    if (!prescan(data, size_bytes, fault))
        return false;
    if (size_bytes > SIZE_MAX / 8)
        return fault_set(fault, FAULT_BAD_INPUT, "JSON is too large");
    blocks = x_alloc_raw(sizeof *blocks + BLOCK_LEAST + 4 * size_bytes);
    *blocks = (struct block){.room = BLOCK_LEAST + 4 * size_bytes};
    parsing = &blocks;
    cJSON_InitHooks(&hooks);
    tree = cJSON_ParseWithLengthOpts(data, size_bytes, &end, false);
    parsing = NULL;
    if (!tree) {
        free_blocks(&blocks);
        return fault_set(fault, FAULT_BAD_INPUT, "not JSON: the error is at byte %zu of %zu",
                         end ? (size_t)(end - data) : 0, size_bytes);
    }
    for (; end < data + size_bytes; end++) {
        if (!strchr(" \t\r\n", *end)) {
            free_blocks(&blocks);
            return fault_set(fault, FAULT_BAD_INPUT, "JSON is followed by other text at byte %zu",
                             (size_t)(end - data));
        }
    }
    if (!check_numbers(tree, fault)) {
        free_blocks(&blocks);
        return false;
    }
    *ret = (struct json *)(void *)tree;
    return true;
}

void json_destroy(struct json **json)
{
    struct block *blocks = NULL;

    if (!*json)
        return;
    blocks = (struct block *)(void *)((char *)*json - offsetof(struct block, bytes));
    free_blocks(&blocks);
    *json = NULL;
}

const struct json *json_member(const struct json *object, const char *name)
{
    return json_is_object(object) ? wrap(cJSON_GetObjectItemCaseSensitive(node(object), name)) : NULL;
}

const struct json *json_at(const struct json *array, size_t index)
{
    return json_is_array(array) && index <= INT32_MAX ? wrap(cJSON_GetArrayItem(node(array), (int)index)) : NULL;
}

const struct json *json_first(const struct json *container)
{
    return json_is_object(container) || json_is_array(container) ? wrap(node(container)->child) : NULL;
}

const struct json *json_next(const struct json *value)
{
    return value ? wrap(node(value)->next) : NULL;
}

const char *json_name(const struct json *member)
{
    return member ? node(member)->string : NULL;
}

size_t json_count(const struct json *container)
{
    return json_is_object(container) || json_is_array(container) ? (size_t)cJSON_GetArraySize(node(container)) : 0;
}

bool json_is_object(const struct json *json)
{
    return json && cJSON_IsObject(node(json));
}

bool json_is_array(const struct json *json)
{
    return json && cJSON_IsArray(node(json));
}

bool json_is_text(const struct json *json)
{
    return json && cJSON_IsString(node(json));
}

bool json_is_number(const struct json *json)
{
    return json && cJSON_IsNumber(node(json));
}

bool json_is_bool(const struct json *json)
{
    return json && cJSON_IsBool(node(json));
}

bool json_is_null(const struct json *json)
{
    return json && cJSON_IsNull(node(json));
}

const char *json_text(const struct json *json, const char *fallback)
{
    return json_is_text(json) ? node(json)->valuestring : fallback;
}

bool json_bool(const struct json *json, bool fallback)
{
    return json_is_bool(json) ? cJSON_IsTrue(node(json)) : fallback;
}

double json_number(const struct json *json, double fallback)
{
    return json_is_number(json) ? node(json)->valuedouble : fallback;
}

static bool wrong(struct fault *fault, const char *where, const char *name, const char *what)
{
    return fault_set(fault, FAULT_BAD_INPUT, "%s%s%s: %s", where, where[0] ? "." : "", name, what);
}

bool json_need_text(const struct json *object, const char *where, const char *name, const char **ret,
                    struct fault *fault)
{
    const struct json *member = json_member(object, name);

    if (!json_is_text(member))
        return wrong(fault, where, name, member ? "not a text" : "missing");
    *ret = json_text(member, "");
    return true;
}

bool json_need_integer(const struct json *object, const char *where, const char *name, int64_t least, int64_t greatest,
                       int64_t *ret, struct fault *fault)
{
    const struct json *member = json_member(object, name);
    double value = json_number(member, NAN);

    if (!member)
        return wrong(fault, where, name, "missing");
    if (!(value >= (double)least && value <= (double)greatest) || value != floor(value) || fabs(value) >= 0x1p53)
        return fault_set(fault, FAULT_BAD_INPUT, "%s%s%s: not a whole number from %" PRId64 " to %" PRId64, where,
                         where[0] ? "." : "", name, least, greatest);
    *ret = (int64_t)value;
    return true;
}

bool json_need_object(const struct json *object, const char *where, const char *name, const struct json **ret,
                      struct fault *fault)
{
    const struct json *member = json_member(object, name);

    if (!json_is_object(member))
        return wrong(fault, where, name, member ? "not an object" : "missing");
    *ret = member;
    return true;
}

void json_write_init(struct json_writer *writer, struct text *out)
{
    *writer = (struct json_writer){.out = out};
}

static void separate(struct json_writer *writer)
{
    if (writer->needs_comma)
        text_putc(writer->out, ',');
    writer->needs_comma = true;
}

static void begin(struct json_writer *writer, char bracket)
{
    separate(writer);
    text_putc(writer->out, bracket);
    writer->needs_comma = false;
}

static void end(struct json_writer *writer, char bracket)
{
    text_putc(writer->out, bracket);
    writer->needs_comma = true;
}

void json_begin_object(struct json_writer *writer)
{
    begin(writer, '{');
}

void json_end_object(struct json_writer *writer)
{
    end(writer, '}');
}

void json_begin_array(struct json_writer *writer)
{
    begin(writer, '[');
}

void json_end_array(struct json_writer *writer)
{
    end(writer, ']');
}

/* Copies runs of plain bytes at once and escapes the rest. */
static void put_escaped(struct text *out, const char *data, size_t size)
{
    size_t run = 0;

    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)data[i];

        if (byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7F)
            continue;
        text_put(out, data + run, i - run);
        run = i + 1;
        switch (byte) {
        case '"':
            text_puts(out, "\\\"");
            break;
        case '\\':
            text_puts(out, "\\\\");
            break;
        case '\n':
            text_puts(out, "\\n");
            break;
        case '\r':
            text_puts(out, "\\r");
            break;
        case '\t':
            text_puts(out, "\\t");
            break;
        default:
            text_printf(out, "\\u%04x", byte);
        }
    }
    text_put(out, data + run, size - run);
}

/* The size of the well-formed character at the start of the bytes, 0 when there is none. */
static size_t character_size(const char *data, size_t left)
{
    for (size_t size = 1; size <= 4 && size <= left; size++)
        if (utf8_valid(data, size))
            return size;
    return 0;
}

static void put_quoted(struct text *out, const char *data, size_t size)
{
    text_putc(out, '"');
    if (utf8_valid(data, size)) {
        put_escaped(out, data, size);
    } else {
        for (size_t i = 0, step = 0; i < size; i += step ? step : 1) {
            step = character_size(data + i, size - i);
            if (step)
                put_escaped(out, data + i, step);
            else
                text_put_codepoint(out, 0xFFFD);
        }
    }
    text_putc(out, '"');
}

void json_key(struct json_writer *writer, const char *name)
{
    separate(writer);
    put_quoted(writer->out, name, strlen(name));
    text_putc(writer->out, ':');
    writer->needs_comma = false;
}

void json_put_slice(struct json_writer *writer, struct slice text)
{
    separate(writer);
    put_quoted(writer->out, text.size ? text.data : "", text.size);
}

void json_put_text(struct json_writer *writer, const char *string)
{
    if (string)
        json_put_slice(writer, slice_of(string));
    else
        json_put_null(writer);
}

void json_put_integer(struct json_writer *writer, int64_t value)
{
    separate(writer);
    text_printf(writer->out, "%" PRId64, value);
}

void json_put_number(struct json_writer *writer, double value)
{
    char digits[32];
    int precision = 15;

    must(isfinite(value));
    separate(writer);
    if (value == floor(value) && fabs(value) <= 0x1p53) {
        text_printf(writer->out, "%.0f", value);
        return;
    }
    /* The shortest form that reads back as the same double; 17 digits always do. */
    do
        snprintf(digits, sizeof digits, "%.*g", precision, value);
    while (precision++ < 17 && strtod(digits, NULL) != value);
    text_puts(writer->out, digits);
}

void json_put_bool(struct json_writer *writer, bool value)
{
    separate(writer);
    text_puts(writer->out, value ? "true" : "false");
}

void json_put_null(struct json_writer *writer)
{
    separate(writer);
    text_puts(writer->out, "null");
}

void json_put_raw(struct json_writer *writer, struct slice json)
{
    separate(writer);
    text_put(writer->out, json.data, json.size);
}

void json_put_value(struct json_writer *writer, const struct json *value)
{
    if (json_is_text(value)) {
        json_put_text(writer, json_text(value, ""));
    } else if (json_is_number(value)) {
        json_put_number(writer, json_number(value, 0));
    } else if (json_is_bool(value)) {
        json_put_bool(writer, json_bool(value, false));
    } else if (json_is_array(value)) {
        json_begin_array(writer);
        for (const struct json *item = json_first(value); item; item = json_next(item))
            json_put_value(writer, item);
        json_end_array(writer);
    } else if (json_is_object(value)) {
        json_begin_object(writer);
        for (const struct json *item = json_first(value); item; item = json_next(item)) {
            json_key(writer, json_name(item));
            json_put_value(writer, item);
        }
        json_end_object(writer);
    } else {
        json_put_null(writer);
    }
}

void json_member_text(struct json_writer *writer, const char *name, const char *string)
{
    json_key(writer, name);
    json_put_text(writer, string);
}

void json_member_integer(struct json_writer *writer, const char *name, int64_t value)
{
    json_key(writer, name);
    json_put_integer(writer, value);
}

void json_member_bool(struct json_writer *writer, const char *name, bool value)
{
    json_key(writer, name);
    json_put_bool(writer, value);
}
