/*
 * What a client of TDS 7.2 to 7.4 sends: messages made of packets, the first two of which are PRELOGIN and LOGIN7, then
 * batches of SQL. The bytes are foreign: nothing is read outside of them. Sections are those of MS-TDS.
 */
#ifndef SANDBOX_TDS_MESSAGE_H
#define SANDBOX_TDS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"

enum tds_message_type { /* 2.2.3.1.1 */
                        TDS_MESSAGE_BATCH = 1,
                        TDS_MESSAGE_RPC = 3,
                        TDS_MESSAGE_REPLY = 4,
                        TDS_MESSAGE_ATTENTION = 6,
                        TDS_MESSAGE_LOGIN = 16,
                        TDS_MESSAGE_PRELOGIN = 18,
};

enum { TDS_HEADER_SIZE = 8, TDS_STATUS_LAST = 1 };

struct tds_packet {
    uint8_t type;
    bool last;   /* of its message */
    size_t size; /* with the header */
};

/* Reads a packet's header of TDS_HEADER_SIZE bytes. False when its size is less than that. */
bool tds_packet_read(const uint8_t header[TDS_HEADER_SIZE], struct tds_packet *ret);

enum tds_encryption {                      /* 2.2.6.5 */
                      TDS_ENCRYPT_OFF = 0, /* the login alone */
                      TDS_ENCRYPT_ON = 1,
                      TDS_ENCRYPT_NOT_SUPPORTED = 2,
                      TDS_ENCRYPT_REQUIRED = 3,
};

/* What the client wants to encrypt: the option ENCRYPTION of a PRELOGIN. */
MUST_CHECK bool tds_prelogin_read(struct slice message, uint8_t *ret_encryption, struct fault *fault);

/* The stand-in's answer: version, what is encrypted, no MARS. */
void tds_prelogin_put(enum tds_encryption encryption, struct text *out);

struct tds_login { /* LOGIN7, 2.2.6.4 */
    uint32_t version;
    uint32_t packet_size;
    bool read_only; /* ApplicationIntent=ReadOnly */
    char *user;
    char *password;
    char *database;
    char *application;
};

MUST_CHECK bool tds_login_read(struct slice message, struct tds_login *ret, struct fault *fault);
void tds_login_release(struct tds_login *login);

/* The statements of a batch as UTF-8, owned by the caller (2.2.6.7). Before TDS 7.2 there are no headers before them.
 */
MUST_CHECK bool tds_batch_read(struct slice message, bool has_headers, char **ret, struct fault *fault);

#endif
