/*
 * A connection to SQL Server, through FreeTDS' db-lib, which gives each value as the server sent it; ct-lib would
 * convert dates and numbers to forms of its own. One statement at a time; its rows are read to the end or given up
 * before the next. What goes wrong becomes a fault that says what to do, with the server's own number in its code.
 */
#ifndef SOURCE_TDS_LINK_H
#define SOURCE_TDS_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "source/tds_url.h"

struct tds_link;

/* Connects: encrypted when the server can, plain otherwise unless the address or a CA file forbids it; as one who only
 * reads (ApplicationIntent). Password and CA file are read from tds_settings. Address and settings are borrowed.
 * FAULT_BAD_INPUT: host, login, database or permission are wrong, the server is older than SQL Server 2005, or TLS was
 * refused. FAULT_RETRY: it does not answer. */
MUST_CHECK bool tds_link_open(const struct tds_url *url, struct tds_link **ret, struct fault *fault);
void tds_link_close(struct tds_link **link);

bool tds_link_is_encrypted(const struct tds_link *link);

/* The connection is gone for good; open another. */
bool tds_link_is_dead(const struct tds_link *link);

/* Sends a statement and waits for its first result; rows of an earlier one that were not read are given up. FAULT_RETRY
 * when the connection is lost or the server silent for longer than the address allows, FAULT_BAD_INPUT when it refuses.
 */
MUST_CHECK bool tds_link_query(struct tds_link *link, const char *statement, struct fault *fault);

/* The next row; *ret_end at the end, which is only told when the server said so itself. */
MUST_CHECK bool tds_link_next(struct tds_link *link, bool *ret_end, struct fault *fault);

/* Gives up what is left of the rows. */
void tds_link_cancel(struct tds_link *link);

/* A value of the row at hand, borrowed until the next one. */
struct tds_cell {
    int type;            /* as db-lib numbers them: SYBINT4, … */
    const uint8_t *data; /* NULL: NULL */
    size_t size;
};

size_t tds_link_columns(const struct tds_link *link);
struct tds_cell tds_link_cell(const struct tds_link *link, size_t column);

/* An integer of any size, and 0 for NULL. */
int64_t tds_link_integer(const struct tds_link *link, size_t column);

/* A text as UTF-8, owned by the caller; NULL for NULL. */
char *tds_link_text(const struct tds_link *link, size_t column);

#endif
