/*
 * TLS of the stand-in SQL Server. Its handshake travels inside packets of TDS, so whoever holds the connection carries
 * the bytes; after it packets travel inside TLS, and the channel reads and writes the connection itself (MS-TDS
 * 3.2.5.2). TLS 1.2 only: TDS up to 7.4 has no place for what the server of TLS 1.3 sends behind its handshake.
 */
#ifndef SANDBOX_TDS_TLS_H
#define SANDBOX_TDS_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/text.h"

struct tds_tls; /* a certificate and its key */

/* Reads both from PEM files. FAULT_BAD_INPUT when they cannot be read or do not belong together. */
MUST_CHECK bool tds_tls_load(const char *certificate, const char *key, struct tds_tls **ret, struct fault *fault);
void tds_tls_destroy(struct tds_tls **tls);

struct tds_channel; /* one connection's TLS */

struct tds_channel *tds_channel_new(const struct tds_tls *tls); /* owned by the caller */
void tds_channel_destroy(struct tds_channel **channel);

/* A step of the handshake: takes what the client sent, and appends what it must be sent, an alert of failure included.
 * False when the handshake has failed. */
MUST_CHECK bool tds_channel_shake(struct tds_channel *channel, struct slice received, struct text *out, bool *ret_done);

/* After the handshake. The connection stays the caller's. */
void tds_channel_attach(struct tds_channel *channel, int connection);

/* All of the bytes; false when the connection is gone. */
bool tds_channel_read(struct tds_channel *channel, void *buffer, size_t size);
bool tds_channel_write(struct tds_channel *channel, const void *data, size_t size);

#endif
