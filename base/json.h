/*
 * JSON, the one way: a checked, read-only tree for what comes in (cJSON underneath, seen only in json.c), and a writer
 * that appends to a text buffer for what goes out. Numbers are doubles, so ids are strings on both sides.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"

struct json; /* one parsed value: object, array, text, number, true/false or null */

/* Parses exactly one value. Refuses invalid UTF-8, \u0000, trailing bytes and nesting beyond 64. */
MUST_CHECK bool json_parse(const char *data, size_t size_bytes, struct json **ret, struct fault *fault);
void json_destroy(struct json **json);

/* Look-ups accept NULL and give NULL for "not there", so that they chain. Names are case-sensitive. */
const struct json *json_member(const struct json *object, const char *name);
const struct json *json_at(const struct json *array, size_t index); /* linear; iterate with json_first/json_next */
const struct json *json_first(const struct json *container);
const struct json *json_next(const struct json *value);
const char *json_name(const struct json *member); /* name of a member that json_first/json_next gave */
size_t json_count(const struct json *container);  /* 0 for anything that is no array or object */

bool json_is_object(const struct json *json);
bool json_is_array(const struct json *json);
bool json_is_text(const struct json *json);
bool json_is_number(const struct json *json);
bool json_is_bool(const struct json *json);
bool json_is_null(const struct json *json); /* an explicit null; false for NULL */

/* The value when it has that type, else the fallback. */
const char *json_text(const struct json *json, const char *fallback);
bool json_bool(const struct json *json, bool fallback);
double json_number(const struct json *json, double fallback);

/* The same with a fault that names the path, for input that must have a shape: "patients[3].id: not a text".
 * `where` is the path of `object` as the reader would write it, "" at the top. */
MUST_CHECK bool json_need_text(const struct json *object, const char *where, const char *name, const char **ret,
                               struct fault *fault);
MUST_CHECK bool json_need_integer(const struct json *object, const char *where, const char *name, int64_t least,
                                  int64_t greatest, int64_t *ret, struct fault *fault);
MUST_CHECK bool json_need_object(const struct json *object, const char *where, const char *name,
                                 const struct json **ret, struct fault *fault);

/* The writer puts commas and escapes; the caller nests begin and end. Text is written as UTF-8 unescaped where JSON
 * allows it; bytes that are not UTF-8 become U+FFFD. */
struct json_writer {
    struct text *out;
    bool needs_comma;
};

void json_write_init(struct json_writer *writer, struct text *out);
void json_begin_object(struct json_writer *writer);
void json_end_object(struct json_writer *writer);
void json_begin_array(struct json_writer *writer);
void json_end_array(struct json_writer *writer);
void json_key(struct json_writer *writer, const char *name);
void json_put_text(struct json_writer *writer, const char *string); /* NULL writes null */
void json_put_slice(struct json_writer *writer, struct slice text);
void json_put_integer(struct json_writer *writer, int64_t value);
void json_put_number(struct json_writer *writer, double value);
void json_put_bool(struct json_writer *writer, bool value);
void json_put_null(struct json_writer *writer);
void json_put_raw(struct json_writer *writer, struct slice json);          /* already JSON */
void json_put_value(struct json_writer *writer, const struct json *value); /* a parsed tree, NULL writes null */

/* Key and value in one call. */
void json_member_text(struct json_writer *writer, const char *name, const char *string);
void json_member_integer(struct json_writer *writer, const char *name, int64_t value);
void json_member_bool(struct json_writer *writer, const char *name, bool value);

#endif
