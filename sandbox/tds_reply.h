/* The tokens of a reply (MS-TDS 2.2.7), sent in packets as they fill up. */
#ifndef SANDBOX_TDS_REPLY_H
#define SANDBOX_TDS_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "sandbox/tds_type.h"

/* Sends the content of one packet; false when the connection is gone. */
typedef bool (*tds_send_fn)(void *context, const char *data, size_t size, bool last);

struct tds_reply {
    struct text out; /* not sent yet */
    size_t packet_size;
    tds_send_fn send;
    void *context;
    bool broken; /* the connection is gone */
    bool old;    /* TDS 7.1: counts of rows have four bytes */
};

void tds_reply_init(struct tds_reply *reply, size_t packet_size, tds_send_fn send, void *context);
void tds_reply_release(struct tds_reply *reply);

/* Sends whole packets; with `last` the rest as well, which ends the message. */
void tds_reply_flush(struct tds_reply *reply, bool last);

/* Severity up to 10 is information, above it an error. */
void tds_reply_message(struct tds_reply *reply, int32_t number, int severity, const char *text);

enum { TDS_DONE_MORE = 1, TDS_DONE_ERROR = 2, TDS_DONE_COUNT = 0x10, TDS_DONE_ATTENTION = 0x20 };

void tds_reply_done(struct tds_reply *reply, unsigned status, uint64_t rows);
void tds_reply_login(struct tds_reply *reply, uint32_t version);

enum { TDS_CHANGE_DATABASE = 1, TDS_CHANGE_LANGUAGE = 2, TDS_CHANGE_PACKET_SIZE = 4 };

void tds_reply_change(struct tds_reply *reply, unsigned what, const char *now, const char *before);
void tds_reply_collation(struct tds_reply *reply);

void tds_reply_columns(struct tds_reply *reply, size_t count);
void tds_reply_column(struct tds_reply *reply, const struct tds_type *type, bool nullable, const char *title,
                      const char *table);

/* Begins a row; its values are appended to reply->out. */
void tds_reply_row(struct tds_reply *reply);

#endif
