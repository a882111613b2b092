#include "sandbox/tds_reply.h"

#include <limits.h>
#include <string.h>

#include "sandbox/tds_datum.h"

enum {
    TOKEN_COLUMNS = 0x81,
    TOKEN_ERROR = 0xAA,
    TOKEN_INFO = 0xAB,
    TOKEN_LOGIN = 0xAD,
    TOKEN_ROW = 0xD1,
    TOKEN_CHANGE = 0xE3,
    TOKEN_DONE = 0xFD,
    CHANGE_COLLATION = 7,
    COMMAND_SELECT = 0xC1,
    NULLABLE = 1,
    ROWVERSION_USER_TYPE = 80,
    SEVERITY_ERROR = 11,
    NAME_UNITS_MAX = 128,
};

static const char server_name[] = "STANDIN";

void tds_reply_init(struct tds_reply *reply, size_t packet_size, tds_send_fn send, void *context)
{
    *reply = (struct tds_reply){.packet_size = packet_size, .send = send, .context = context};
    text_init(&reply->out, INT_MAX);
}

void tds_reply_release(struct tds_reply *reply)
{
    text_release(&reply->out);
}

void tds_reply_flush(struct tds_reply *reply, bool last)
{
    const char *data = text_string(&reply->out);
    size_t left = reply->out.size;

    while (!reply->broken && (left > reply->packet_size || (last && left))) {
        size_t size = left < reply->packet_size ? left : reply->packet_size;

        reply->broken = !reply->send(reply->context, data, size, last && size == left);
        data += size;
        left -= size;
    }
    if (reply->broken)
        left = 0;
    if (left && data != reply->out.data)
        memmove(reply->out.data, data, left);
    reply->out.size = left;
}

/* A name or text with its length in UTF-16 units before it, in one byte or two. */
static void put_counted(const char *text, size_t length_size, struct text *out)
{
    struct text units;

    text_init(&units, INT_MAX);
    tds_put_encoded(slice_of(text), true, &units);
    if (length_size == 1 && units.size > 2 * NAME_UNITS_MAX)
        units.size = 2 * NAME_UNITS_MAX;
    if (length_size == 1)
        text_putc(out, (char)(units.size / 2));
    else
        tds_put_u16(out, (unsigned)(units.size / 2));
    text_put(out, text_string(&units), units.size);
    text_release(&units);
}

/* A token with the length of its content before it. */
static void put_token(struct tds_reply *reply, unsigned token, struct text *content)
{
    text_putc(&reply->out, (char)token);
    tds_put_u16(&reply->out, (unsigned)content->size);
    text_put(&reply->out, text_string(content), content->size);
    text_release(content);
}

void tds_reply_message(struct tds_reply *reply, int32_t number, int severity, const char *text)
{
    struct text content;

    text_init(&content, UINT16_MAX);
    tds_put_u32(&content, (uint32_t)number);
    text_putc(&content, 1);
    text_putc(&content, (char)severity);
    put_counted(text, 2, &content);
    put_counted(server_name, 1, &content);
    put_counted("", 1, &content);
    tds_put_u32(&content, 1);
    put_token(reply, severity >= SEVERITY_ERROR ? TOKEN_ERROR : TOKEN_INFO, &content);
}

void tds_reply_done(struct tds_reply *reply, unsigned status, uint64_t rows)
{
    text_putc(&reply->out, (char)TOKEN_DONE);
    tds_put_u16(&reply->out, status);
    tds_put_u16(&reply->out, status & TDS_DONE_COUNT ? COMMAND_SELECT : 0);
    if (reply->old)
        tds_put_u32(&reply->out, (uint32_t)rows);
    else
        tds_put_u64(&reply->out, rows);
}

void tds_reply_login(struct tds_reply *reply, uint32_t version)
{
    static const char product[] = {15, 0, 0x10, 0x57};
    struct text content;

    text_init(&content, UINT16_MAX);
    text_putc(&content, 1);
    for (int shift = 24; shift >= 0; shift -= 8)
        text_putc(&content, (char)(version >> shift & 0xFF));
    put_counted("Microsoft SQL Server", 1, &content);
    text_put(&content, product, sizeof product);
    put_token(reply, TOKEN_LOGIN, &content);
}

void tds_reply_change(struct tds_reply *reply, unsigned what, const char *now, const char *before)
{
    struct text content;

    text_init(&content, UINT16_MAX);
    text_putc(&content, (char)what);
    put_counted(now, 1, &content);
    put_counted(before, 1, &content);
    put_token(reply, TOKEN_CHANGE, &content);
}

void tds_reply_collation(struct tds_reply *reply)
{
    struct text content;

    text_init(&content, UINT16_MAX);
    text_putc(&content, CHANGE_COLLATION);
    text_putc(&content, TDS_COLLATION_SIZE);
    text_put(&content, tds_collation, TDS_COLLATION_SIZE);
    text_putc(&content, 0);
    put_token(reply, TOKEN_CHANGE, &content);
}

void tds_reply_columns(struct tds_reply *reply, size_t count)
{
    text_putc(&reply->out, (char)TOKEN_COLUMNS);
    tds_put_u16(&reply->out, (unsigned)count);
}

void tds_reply_column(struct tds_reply *reply, const struct tds_type *type, bool nullable, const char *title,
                      const char *table)
{
    tds_put_u32(&reply->out, type->id == TDS_TYPE_ROWVERSION ? ROWVERSION_USER_TYPE : 0);
    tds_put_u16(&reply->out, nullable ? NULLABLE : 0);
    tds_type_put(type, &reply->out);
    if (tds_type_is_old_large(type)) {
        text_putc(&reply->out, 1);
        put_counted(table, 2, &reply->out);
    }
    put_counted(title, 1, &reply->out);
}

void tds_reply_row(struct tds_reply *reply)
{
    text_putc(&reply->out, (char)TOKEN_ROW);
}
