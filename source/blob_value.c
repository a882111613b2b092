#include "source/blob_value.h"

#include "base/json.h"
#include "base/memory.h"
#include "model/blob_format.h"

enum { PIECE_SIZE = 64 * 1024, LOCATOR_ROOM = 1000 };

bool blob_look_through(struct source *source, const char *locator, struct blob_look *look, struct fault *fault)
{
    scoped(blob_close) struct blob *blob = NULL;
    char piece[PIECE_SIZE];
    size_t size = 0;
    bool more = true;

    if (!source_open_blob(source, locator, &blob, fault))
        return false;
    do {
        if (!blob_read(blob, piece, sizeof piece, &size, fault))
            return false;
        more = size && blob_look_at(look, (struct slice){piece, size});
    } while (more);
    return true;
}

bool blob_flag_is_set(struct slice flag)
{
    return flag.data && (slice_equals(flag, "1") || slice_equals(flag, "-1") ||
                         (flag.size == 4 && (flag.data[0] | 0x20) == 't')); /* "true" in any case */
}

/* A file of a kind nobody knows may look like chance and be right: there the flag decides, where there is one. */
static bool is_encrypted(const struct pass *pass, size_t column, const struct blob_look *look, bool *ret,
                         struct fault *fault)
{
    const struct profile_column *facts = &pass_mapping(pass)->columns[column];
    const struct expression_row *row = pass_row(pass);
    struct slice flag = {0};

    *ret = facts->probed && blob_look_is_encrypted(look);
    if (!*ret || facts->flag == PROFILE_NO_COLUMN || blob_look_format(look) != BLOB_OTHER)
        return true;
    if (!row->read(row->context, facts->flag, &flag, fault))
        return false;
    *ret = blob_flag_is_set(flag);
    return true;
}

static void put_members(const struct blob_look *look, struct json_writer *writer)
{
    json_member_text(writer, "format", blob_format_name(blob_look_format(look)));
    json_member_bool(writer, "pictures", blob_look_has_pictures(look));
}

static void put_file(const char *locator, int64_t size, const struct blob_look *look, struct text *out)
{
    struct json_writer writer;

    json_write_init(&writer, out);
    json_begin_object(&writer);
    json_member_text(&writer, "locator", locator);
    json_member_integer(&writer, "size", size);
    put_members(look, &writer);
    json_end_object(&writer);
}

static void put_text(struct slice text, const struct blob_look *look, struct text *out)
{
    struct json_writer writer;

    json_write_init(&writer, out);
    json_begin_object(&writer);
    json_key(&writer, "text");
    json_put_slice(&writer, text);
    put_members(look, &writer);
    json_end_object(&writer);
}

bool blob_value_put(struct source *source, const struct pass *pass, size_t column, struct slice text, bool needs_file,
                    struct text *out, enum blob_verdict *ret, struct fault *fault)
{
    const char *name = pass_mapping(pass)->columns[column].name;
    scoped(text_release) struct text locator;
    struct blob_look look = {0};
    int64_t size = 0;
    bool found = false;
    bool encrypted = false;

    text_init(&locator, LOCATOR_ROOM);
    if (!pass_locate(pass, column, &locator, &size, &found, fault))
        return fault_prefix(fault, "column %s", name);
    if (found && size == 0)
        return fault_set(fault, FAULT_BAD_INPUT, "column %s names a file that is empty", name);
    if (!found && needs_file)
        return fault_set(fault, FAULT_BAD_INPUT, "column %s does not name a file beside the tables", name);
    if (!found)
        blob_look_at(&look, text);
    else if (!blob_look_through(source, text_string(&locator), &look, fault))
        return fault_prefix(fault, "column %s", name);
    if (!is_encrypted(pass, column, &look, &encrypted, fault))
        return false;
    *ret = encrypted ? BLOB_ENCRYPTED : BLOB_READY;
    if (found)
        put_file(text_string(&locator), size, &look, out);
    else
        put_text(text, &look, out);
    return true;
}
